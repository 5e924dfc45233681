# Read by the other scripts: where things are, and small tools.  Needs $lib,
# the folder of this file, set by the caller.

umask 022
LC_ALL=C
export LC_ALL
unset MAKEFLAGS MFLAGS MAKELEVEL

root=$(cd "$lib/../.." && pwd -P) || exit 1
objs=$root/objs
module=$objs/ngx_http_scim_module.so


say() {
    printf '== %s\n' "$*"
}


die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}


# path of a program, also from the folders that a user's PATH may lack

program() {
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin command -v "$1"
}


random_hex() {
    od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'
}


# of a text, without a newline

sha256() {
    printf '%s' "$1" | sha256sum | cut -d ' ' -f 1
}


next_year() {
    date -u -d '+1 year' +%Y-%m-%d 2>/dev/null || date -u -v+1y +%Y-%m-%d
}


# the newest PostgreSQL server's programs: PGBIN, Debian's place, or the PATH

postgres_bin() {
    if [ -n "${PGBIN-}" ]; then
        echo "$PGBIN"
        return
    fi

    newest=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null \
             | sort -t / -k 5 -n | tail -n 1)
    newest=${newest:-$(command -v postgres || :)}

    [ -z "$newest" ] || dirname "$newest"
}
