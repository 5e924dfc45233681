#!/bin/sh

# make, make install: builds the dynamic module in objs/ against the headers of
# Debian's nginx-dev, or against the nginx source tree that NGINX_SRC names.
# "configure" stops after nginx's configure, "install" copies the module to
# where nginx looks for it.
# nginx's configure is run in a tree of symbolic links in objs/, so that
# nothing is written elsewhere and all paths are relative.

set -eu

lib=$(dirname "$0")
. "$lib/common.sh"

tree=$objs/nginx
stamp=$objs/configured


# what a new configure is needed for

inputs() {
    printf '%s\n' "$src"
    cksum < "$root/config"
    cksum < "$root/ngx_http_scim_module/ngx_http_scim_module.map"
    cksum < "$src/src/core/nginx.h"
    (cd "$root" && ls ngx_http_scim_module/*/*.[ch])
}


configure() {
    say "configuring ${src}"

    rm -rf "$tree" "$stamp" "$objs/addon" "$objs/Makefile"
    mkdir -p "$tree"

    for name in auto configure src; do
        if [ -e "$src/$name" ]; then
            ln -s "$src/$name" "$tree/$name"
        fi
    done

    # a tree from the repository has it in auto/

    configure=./configure
    [ -e "$tree/configure" ] || configure=auto/configure

    # conf_flags is bash: the array NGX_CONF_FLAGS

    bash -c '
        set -e
        NGX_CONF_FLAGS=( --with-compat --with-debug )
        if [ -f "$1/conf_flags" ]; then . "$1/conf_flags"; fi
        cc_opt=; ld_opt=

        if command -v dpkg-buildflags > /dev/null; then
            cc_opt="$(dpkg-buildflags --get CFLAGS) \
                    $(dpkg-buildflags --get CPPFLAGS)"
            ld_opt="$(dpkg-buildflags --get LDFLAGS)"
        fi

        # the checkout may be anywhere, even in a folder with spaces
        cc_opt="$(printf "%s" "$cc_opt" | sed "s/-ffile-prefix-map=.*=\.//")"

        cd "$2"
        "$3" --with-cc-opt="$cc_opt -fPIC" --with-ld-opt="$ld_opt -fPIC" \
             "${NGX_CONF_FLAGS[@]}" \
             --add-dynamic-module=../.. --builddir=..
    ' bash "$src" "$tree" "$configure" > "$objs/configure.log" 2>&1 \
    || {
        tail -n 6 "$objs/configure.log" >&2
        die "configure failed; objs/configure.log and objs/autoconf.err" \
            "have it all"
    }

    inputs > "$stamp"
}


src=${NGINX_SRC:-/usr/share/nginx/src}

[ -f "$src/src/core/nginx.h" ] \
|| die "no nginx headers in $src: run \"make deps\"" \
       "(on Debian: apt-get install nginx-dev), or set NGINX_SRC"

src=$(cd "$src" && pwd -P)

mkdir -p "$objs"

# two at a time would write the same files

if program flock > /dev/null; then
    exec 9> "$objs/lock"
    flock 9
fi

if ! [ -f "$objs/Makefile" ] \
   || ! [ "$(inputs)" = "$(cat "$stamp" 2>/dev/null)" ]
then
    configure
fi

[ "${1-}" != configure ] || exit 0

jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# no output of a build that is up to date, all of one that fails

if ! make -q -C "$tree" -f ../Makefile modules > /dev/null 2>&1; then
    say "compiling the module"

    make -C "$tree" -f ../Makefile -j "$jobs" modules \
        > "$objs/build.log" 2>&1 \
    || {
        grep -v '^\(cc\|gcc\|make\|[[:space:]]-o\)' "$objs/build.log" \
            | grep . >&2 || :
        die "compilation failed; objs/build.log has it all"
    }

    say "built objs/ngx_http_scim_module.so"
fi

if [ "${1-}" = install ]; then
    nginx=$(program "${NGINX:-nginx}") || die "no nginx found"
    dir=${DESTDIR-}$("$nginx" -V 2>&1 \
                     | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')
    [ "$dir" != "${DESTDIR-}" ] \
    || dir=${DESTDIR-}$("$nginx" -V 2>&1 \
                        | sed -n 's/.*--prefix=\([^ ]*\).*/\1/p')/modules

    mkdir -p "$dir"
    cp "$module" "$dir/ngx_http_scim_module.so.new"
    chmod 644 "$dir/ngx_http_scim_module.so.new"
    mv "$dir/ngx_http_scim_module.so.new" "$dir/ngx_http_scim_module.so"
    say "installed $dir/ngx_http_scim_module.so"
fi
