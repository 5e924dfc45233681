#!/bin/sh

# make conformance: public conformance suites against the module.
#
# Starts a PostgreSQL and an nginx of this run's own in objs/conformance/run,
# with two tenants, one of each profile, that have the resource type of
# test-resource.*.json besides the usual ones; runs every suite against both
# tenants; report.pl prints the figures and compares what was found with
# expected.txt.  Exit status 1: something was found that is not in there.
#
#   scim2-tester, scim-sanity   from PyPI, versions as in requirements.txt
#   scim2/test-suite            from the Go module proxy, version below; or
#                               SCIM_GO_SUITE names the program that its
#                               compliance tests compile to
#
# A suite that is not to be had is skipped, and the summary says so.  Results
# and nginx's error log stay in objs/conformance.

set -eu

here=$(dirname "$0")
lib=$here/../lib
. "$lib/common.sh"
. "$lib/postgres.sh"

work=$objs/conformance
results=$work/results
venv=$work/venv
base=/scim/v2

go_module=github.com/scim2/test-suite
go_version=v0.0.0-20260328090300-3d80a46970a0


nginx_pid() {
    cat "$pg_home/nginx.pid" 2>/dev/null
}


finish() {
    trap '' EXIT INT TERM HUP

    if [ -n "$started" ]; then
        pid=$(nginx_pid) && kill -TERM "$pid" 2>/dev/null || :
        n=0
        while [ -e "$pg_home/nginx.pid" ] && [ "$n" -lt 100 ]; do
            n=$((n + 1))
            sleep 0.1
        done

        cp "$pg_home/error.log" "$work/error.log" 2>/dev/null || :
        pg_clean
    fi

    exit "$1"
}


free_port() {
    perl -MIO::Socket::INET -e '
        print IO::Socket::INET->new(Listen => 1,
                                    LocalAddr => "127.0.0.1")->sockport'
}


# tenant NAME PROFILE: a block of the configuration

tenant() {
    cat << END
    scim_tenant  $1 {
        token    bearer sha256=$(sha256 "$token-$1") me=conformance
                 expires=$(next_year);
        profile  $2;
    }

END
}


write_conf() {
    user=
    [ -z "$pg_user" ] || user="user $worker $group;"
    conninfo="host=$PGHOST port=$PGPORT dbname=$PGDATABASE user=scim_module"

    cat > "$pg_home/nginx.conf" << END
$user
worker_processes  2;
pid               $pg_home/nginx.pid;
error_log         $pg_home/error.log notice;
load_module       $pg_home/ngx_http_scim_module.so;

events {
    worker_connections  512;
}

http {
    access_log                off;
    client_body_buffer_size   1m;
    client_body_temp_path     $pg_home/tmp/body;
    proxy_temp_path           $pg_home/tmp/proxy;
    fastcgi_temp_path         $pg_home/tmp/fastcgi;
    uwsgi_temp_path           $pg_home/tmp/uwsgi;
    scgi_temp_path            $pg_home/tmp/scgi;

    scim_database  main  "$conninfo";

    scim_schema         $pg_home/test-resource.schema.json;
    scim_resource_type  $pg_home/test-resource.type.json;

$(tenant tolerant tolerant)

$(tenant strict strict)

    server {
        listen       127.0.0.1:$port;
        server_name  127.0.0.1;
        scim_errors  on;

        location $base/ {
            scim_pass         main;
            scim_base_url     $url;
            scim_max_results  100;
        }

        # scim2/test-suite puts the base URL before every \$ref that it
        # follows, also before one that is a whole URL
        location ~ ^$base/http: {
            rewrite  ^$base/http:/+[^/]+(/.*) \$1 last;
        }
    }
}
END
}


start() {
    nginx=$(program "${NGINX:-nginx}") || die "no nginx: run \"make deps\""
    unset NGINX    # to nginx itself: sockets that it inherits
    worker=nobody
    ! id www-data > /dev/null 2>&1 || worker=www-data
    group=$(id -gn "$worker")

    # what a run that was killed has left

    if [ -d "$work/run" ]; then
        pg_init "$work/run"
        pid=$(nginx_pid) && kill -TERM "$pid" 2>/dev/null || :
        pg_clean
    fi

    pg_init "$work/run"
    started=1

    pg_create -N
    pg_start scim "$group" -c fsync=off -c full_page_writes=off
    pg_migrate

    port=$(free_port)
    url=http://127.0.0.1:$port$base
    token=$(random_hex)

    mkdir -p "$pg_home/tmp"
    cp "$module" "$here"/test-resource.*.json "$pg_home"
    chmod 644 "$pg_home"/test-resource.*.json
    write_conf

    say "starting nginx on 127.0.0.1:$port"
    "$nginx" -p "$pg_home" -c "$pg_home/nginx.conf" -e "$pg_home/error.log" \
    || die "nginx did not start"

    n=0
    until curl -s -o /dev/null "http://127.0.0.1:$port/" || [ "$n" = 50 ]; do
        n=$((n + 1))
        sleep 0.1
    done

    # whom /Me stands for

    for tenant in tolerant strict; do
        curl -s -f -o /dev/null "$url/Users" \
             -H "Authorization: Bearer $token-$tenant" \
             -H 'Content-Type: application/scim+json' -d '{"schemas":
                 ["urn:ietf:params:scim:schemas:core:2.0:User"],
                 "userName": "conformance"}' \
        || die "no user could be created in tenant $tenant"
    done
}


# skip SUITE REASON

skip() {
    printf '%s\n' "$2" > "$results/$1.skipped"
}


# the two suites of PyPI, installed anew when requirements.txt has changed

python_suites() {
    python=$(program python3) || {
        skip scim2-tester "there is no python3"
        skip scim-sanity "there is no python3"
        return 1
    }

    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        skip scim2-tester "it wants Python 3.11 or newer"
        skip scim-sanity "its dependencies here want Python 3.11 or newer"
        return 1
    }

    ! cmp -s "$here/requirements.txt" "$venv/requirements.txt" || return 0

    say "installing scim2-tester and scim-sanity"
    rm -rf "$venv"

    if "$python" -m venv "$venv" > "$work/pip.log" 2>&1 \
       && "$venv/bin/python" -m pip install --disable-pip-version-check -q \
              -r "$here/requirements.txt" >> "$work/pip.log" 2>&1
    then
        cp "$here/requirements.txt" "$venv/requirements.txt"
        return 0
    fi

    rm -rf "$venv"
    tail -n 3 "$work/pip.log" >&2
    skip scim2-tester "it could not be installed, see $work/pip.log"
    skip scim-sanity "it could not be installed, see $work/pip.log"
    return 1
}


# compiled anew when the version is another one

go_suite_program() {
    [ -z "${SCIM_GO_SUITE-}" ] || return 0

    go=$(program go) || {
        skip scim2-test-suite "there is no go"
        return 1
    }

    SCIM_GO_SUITE=$work/go/$go_version
    [ ! -x "$SCIM_GO_SUITE" ] || return 0

    say "compiling scim2/test-suite"
    rm -rf "$work/go"
    mkdir -p "$work/go"

    (
        cd "$work/go"
        export GOFLAGS=-mod=mod GOTOOLCHAIN=local

        "$go" mod init conformance \
        && "$go" get -t "$go_module/compliance@$go_version" \
        && "$go" test -c -o "$SCIM_GO_SUITE" "$go_module/compliance"
    ) > "$work/go.log" 2>&1 && return 0

    tail -n 3 "$work/go.log" >&2
    skip scim2-test-suite "it could not be compiled, see $work/go.log"
    return 1
}


# suite SUITE COMMAND...: its standard output is the result; a suite that ends
# without one has failed

suite() {
    name=$1
    shift

    for tenant in tolerant strict; do
        say "$name, $tenant"
        secret=$token-$tenant
        "$@" > "$results/$name.$tenant.json" \
             2> "$results/$name.$tenant.log" || :
    done
}


tester() {
    "$venv/bin/python" "$here/tester.py" "$url" "$secret"
}


sanity() {
    "$venv/bin/scim-sanity" probe "$url" --token "$secret" --json-output \
        --i-accept-side-effects
}


# the suite writes its JSON beside the text

go_suite() {
    (cd "$results" \
     && "$SCIM_GO_SUITE" -test.v -test.count=1 -scim.url="$url" \
            -scim.token="$secret" -scim.report="$work/report.txt" >&2) || :
    cat "$work/report.json" && rm "$work/report.txt" "$work/report.json"
}


started=
mkdir -p "$work"
rm -rf "$results"
mkdir -p "$results"

trap 'finish $?' EXIT
trap 'finish 130' INT TERM HUP

sh "$lib/build.sh"
start

if python_suites; then
    suite scim2-tester tester
    suite scim-sanity sanity
fi

if go_suite_program; then
    suite scim2-test-suite go_suite
fi

rc=0
perl "$here/report.pl" "$here/expected.txt" "$results" || rc=1

if grep -E '\[(alert|crit|emerg)\]|AddressSanitizer' "$pg_home/error.log"
then
    echo "conformance: nginx's error log has complaints, see above"
    rc=1
fi

exit "$rc"
