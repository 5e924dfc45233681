#!/bin/sh

# make test, unit suites apart: runs the suites named (unit asan sql t seeds
# fault valgrind), or single files of them, in one prove, against a PostgreSQL
# of this run's own.  "clean" removes what earlier runs have left.
#
# The tests find in the environment:
#   PGHOST PGPORT PGUSER PGDATABASE    a superuser's way to the database
#                                      scim_test, to which sql/ is applied
#   SCIM_TEST_DIR                      a folder for scratch files
#   TEST_NGINX_*                       what Test::Nginx wants
# and the programs of PostgreSQL in PATH.  PROVE holds options of prove.

set -eu

lib=$(dirname "$0")
. "$lib/common.sh"
. "$lib/postgres.sh"

tests=$root/.test


# folders of runs that have ended without cleaning up

prune() {
    for folder in "$tests"/[0-9]*; do
        [ -d "$folder" ] || continue

        if ! kill -0 "${folder##*/}" 2>/dev/null; then
            (pg_init "$folder" && pg_clean)
        fi
    done
}


# what is kept of a failed run: the logs

finish() {
    trap '' EXIT INT TERM HUP

    if [ -n "$started" ]; then
        if [ "$1" != 0 ]; then
            mkdir -p "$tests/failed"
            cp "$pg_data/log" "$tests/failed/postgres.log" 2>/dev/null || :
            cp "$pg_home"/servroot*/logs/error.log "$tests/failed/" \
                2>/dev/null || :
        fi

        pg_clean
    fi

    exit "$1"
}


database() {
    [ -z "$started" ] || return 0

    prune
    rm -rf "$tests/failed"
    mkdir -p "$tests"
    pg_init "$tests/$$"
    started=1

    pg_create -N
    pg_start scim_test '' -c fsync=off -c full_page_writes=off \
        -c max_connections=300

    SCIM_TEST_DIR=$pg_home
    PGUSER=postgres
    export SCIM_TEST_DIR PGUSER

    pg_migrate
}


# a free port below those that the kernel gives to clients

free_port() {
    perl -MIO::Socket::INET -e '
        my $first = 10000 + ($$ * 8) % 20000;
        for my $port ($first .. $first + 2000) {
            next if !IO::Socket::INET->new(Listen => 1,
                        LocalAddr => "127.0.0.1", LocalPort => $port);
            print $port;
            exit;
        }'
}


with_nginx() {
    [ -z "${TEST_NGINX_SERVROOT-}" ] || return 0

    sh "$lib/build.sh"
    database

    # names without spaces, whatever the path of the checkout

    cp "$module" "$pg_home/ngx_http_scim_module.so"
    TEST_NGINX_LOAD_MODULES=$pg_home/ngx_http_scim_module.so
    TEST_NGINX_SERVROOT=$pg_home/servroot
    TEST_NGINX_BINARY=$(program "${NGINX:-nginx}") \
    || die "no nginx: run \"make deps\""
    unset NGINX    # to nginx itself: sockets that it inherits
    TEST_NGINX_PORT=${TEST_NGINX_PORT:-$(free_port)}
    export TEST_NGINX_LOAD_MODULES TEST_NGINX_SERVROOT TEST_NGINX_BINARY \
           TEST_NGINX_PORT
}


# adds the names that exist to prove's arguments

add() {
    for file in "$@"; do
        [ ! -f "$file" ] || list="$list $file"
    done
}


suite() {
    case $1 in

    unit)
        make -s -j4 -C t/unit programs
        make -s -j4 -C t/fuzz programs
        add $(make -s -C t/unit list) $(make -s -C t/fuzz list)
        ;;

    asan)
        make -s -j4 -C t/unit programs SANITIZE=1
        add $(make -s -C t/unit list SANITIZE=1)
        ;;

    sql)
        database
        add ${files:-t/sql/*.t}
        ;;

    t)
        with_nginx
        add ${files:-t/[0-9]*.t}
        ;;

    seeds)
        with_nginx
        add ${files:-t/seeds/*.t}
        ;;

    fault)
        with_nginx
        add ${files:-t/fault/*.t}
        ;;

    esac
}


# the core's programs, then nginx with the module, under valgrind; Test::Nginx
# looks for its suppressions in the current folder and does not fail by
# itself when valgrind complains

under_valgrind() {
    make -s -j4 -C t/unit programs
    with_nginx

    prove --exec 'valgrind -q --leak-check=full --error-exitcode=9' \
        ${PROVE-} $(make -s -C t/unit list)

    cp t/lib/valgrind.suppress "$pg_home"
    ln -s "$root/t" "$pg_home/t"
    cd "$pg_home"

    rc=0
    TEST_NGINX_USE_VALGRIND=1 TEST_NGINX_SLEEP=1 \
        prove ${PROVE-} ${files:-t/[0-9]*.t} > valgrind.out 2>&1 || rc=$?

    cat valgrind.out
    ! grep -q '^==[0-9]*== ' valgrind.out || die "valgrind complains, see above"
    exit "$rc"
}


started=
suites=
files=

for arg in "$@"; do
    case $arg in
    unit|asan|sql|t|seeds|fault|valgrind)  suites="$suites $arg" ;;
    clean)                           suites=clean ;;
    *)                               files="$files $arg" ;;
    esac
done

cd "$root"

if [ "$suites" = clean ]; then
    [ -d "$tests" ] || exit 0
    prune
    rm -rf "$tests"
    exit 0
fi

trap 'finish $?' EXIT
trap 'finish 130' INT TERM HUP

case $suites in
*valgrind*)
    under_valgrind
    ;;
esac

list=

for name in $suites; do
    suite "$name"
done

[ -n "$list" ] || die "no tests found"

say "running the tests"
prove --exec 'sh t/lib/one.sh' ${PROVE-} $list
