#!/bin/sh

# make run, make start, make stop: a private PostgreSQL and an nginx with the
# module, to try it out.  All is in .run/ (.run/home names the folder of the
# data, when that had to be elsewhere); .run/env has the addresses and secrets
# of this throw-away stack, for scripts:  . .run/env

set -eu

lib=$(dirname "$0")
. "$lib/common.sh"
. "$lib/postgres.sh"

run=$root/.run
env=$run/env
base=/scim/v2


nginx_pid() {
    pid=$(cat "$pg_home/nginx.pid" 2>/dev/null) || return 1
    [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && echo "$pid"
}


# PORT: can it be listened on?

port_free() {
    perl -MIO::Socket::INET -e '
        exit !IO::Socket::INET->new(Listen => 1, ReuseAddr => 1,
                                    LocalAddr => "127.0.0.1",
                                    LocalPort => shift)' "$1"
}


choose_port() {
    if [ -n "${SCIM_PORT-}" ]; then
        port_free "$SCIM_PORT" || die "port $SCIM_PORT (SCIM_PORT) is in use"
        port=$SCIM_PORT
        return
    fi

    last=$(printf '%s' "${SCIM_BASE_URL-}" \
           | sed -n 's,.*127\.0\.0\.1:\([0-9]*\)/.*,\1,p')

    for port in $last 8080 8081 8082 8083; do
        if port_free "$port"; then
            return
        fi
    done

    port=$(perl -MIO::Socket::INET -e '
        print IO::Socket::INET->new(Listen => 1,
                                    LocalAddr => "127.0.0.1")->sockport')
}


# secrets of an earlier start, or new ones

load_env() {
    SCIM_BASE_URL= SCIM_TENANT= SCIM_TOKEN= SCIM_TOKEN2= SCIM_BASIC2=

    if [ -f "$env" ]; then
        . "$env"
    fi

    SCIM_TENANT=acme
    SCIM_TOKEN=${SCIM_TOKEN:-scim_$(random_hex)}
    SCIM_TOKEN2=${SCIM_TOKEN2:-scim_$(random_hex)}
    SCIM_BASIC2=${SCIM_BASIC2:-globex:$(random_hex)}
}


save_env() {
    (umask 077 && cat > "$env.new") << END
SCIM_BASE_URL='$SCIM_BASE_URL'
SCIM_TENANT='$SCIM_TENANT'
SCIM_TOKEN='$SCIM_TOKEN'
SCIM_TOKEN2='$SCIM_TOKEN2'
SCIM_BASIC2='$SCIM_BASIC2'
PGHOST='$PGHOST'
PGPORT='$PGPORT'
PGDATABASE='$PGDATABASE'
NGINX_PID='$(nginx_pid)'
export SCIM_BASE_URL SCIM_TENANT SCIM_TOKEN SCIM_TOKEN2 SCIM_BASIC2
export PGHOST PGPORT PGDATABASE
END
    mv "$env.new" "$env"
}


# the template's @NAME@ filled in; a worker of a master that root started runs
# as the user who may enter the socket's folder

write_conf() {
    user=
    [ -z "$pg_user" ] || user="user $worker $group;"

    sed -e "s|@USER@|$user|" \
        -e "s|@MODULE@|$pg_home/ngx_http_scim_module.so|" \
        -e "s|@HOME@|$pg_home|g" \
        -e "s|@PORT@|$port|" \
        -e "s|@BASE@|$base|g" \
        -e "s|@BASE_URL@|http://127.0.0.1:$port$base|" \
        -e "s|@CONNINFO@|host=$PGHOST port=$PGPORT dbname=$PGDATABASE|" \
        -e "s|@EXPIRES@|$(next_year)|" \
        -e "s|@DIGEST@|$(sha256 "$SCIM_TOKEN")|" \
        -e "s|@DIGEST2@|$(sha256 "$SCIM_TOKEN2")|" \
        -e "s|@USER2@|${SCIM_BASIC2%%:*}|" \
        -e "s|@BASIC2@|$(sha256 "${SCIM_BASIC2#*:}")|" \
        "$lib/nginx.conf.in" > "$run/nginx.conf"
}


# nginx with "-c" and all paths our own

our_nginx() {
    "$nginx" -p "$pg_home" -c "$run/nginx.conf" -e "$pg_home/error.log" "$@"
}


# the master removes its pid file last

stop_nginx() {
    pid=$(nginx_pid) || return 0
    kill -QUIT "$pid" 2>/dev/null || return 0
    wait_gone 30 && return 0

    kill -TERM "$pid" 2>/dev/null || return 0
    wait_gone 50 || kill -KILL "$pid" 2>/dev/null || return 0
}


# wait_gone TENTHS

wait_gone() {
    n=0
    while [ -e "$pg_home/nginx.pid" ]; do
        [ "$n" -lt "$1" ] || return 1
        n=$((n + 1))
        sleep 0.1
    done
}


start() {
    nginx=$(program "${NGINX:-nginx}") || die "no nginx: run \"make deps\""
    unset NGINX    # to nginx itself: sockets that it inherits
    worker=nobody
    ! id www-data > /dev/null 2>&1 || worker=www-data
    group=$(id -gn "$worker")

    load_env
    stop_nginx
    choose_port

    pg_create
    pg_running || say "starting PostgreSQL"
    pg_start scim "$group"

    say "applying sql/ to database $PGDATABASE"
    pg_migrate

    say "starting nginx on 127.0.0.1:$port"
    cp "$module" "$pg_home/ngx_http_scim_module.so.new"
    mv "$pg_home/ngx_http_scim_module.so.new" "$pg_home/ngx_http_scim_module.so"
    mkdir -p "$pg_home/tmp"
    write_conf
    our_nginx || die "nginx did not start"

    # it has detached; the pid file comes a moment later

    n=0
    until nginx_pid > /dev/null || [ "$n" = 30 ]; do
        n=$((n + 1))
        sleep 0.1
    done

    nginx_pid > /dev/null || die "nginx did not start: see $pg_home/error.log"
    SCIM_BASE_URL=http://127.0.0.1:$port$base
    save_env
}


stop() {
    stop_nginx
    pg_stop
    [ ! -f "$env" ] || sed -i -e "s/^NGINX_PID=.*/NGINX_PID=''/" "$env"
}


# the end of "run"

finish() {
    trap '' EXIT INT TERM HUP
    [ -z "$follower" ] || kill "$follower" 2>/dev/null || :
    echo
    say "stopping"
    stop
    exit "$1"
}


show() {
    a="-H 'Authorization: Bearer $SCIM_TOKEN'"
    j="-H 'Content-Type: application/scim+json'"
    url=$SCIM_BASE_URL/Users
    user='"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]'
    user=$user',"userName":"ada@example.com"'
    user=$user',"name":{"givenName":"Ada","familyName":"Lovelace"}'
    find="curl -sG $a"
    find="$find --data-urlencode 'filter=userName eq \"ada@example.com\"' $url"
    id="grep -o '[0-9a-f]\{8\}-[0-9a-f-]\{27\}' | head -n 1"
    op='{"op":"replace","path":"active","value":false}'
    patch='"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]'
    patch="curl -s -X PATCH $a $j -d '{$patch,\"Operations\":[$op]}' $url"

    cat << END

base URL   $SCIM_BASE_URL
tenant     $SCIM_TENANT
token      $SCIM_TOKEN
database   psql -h $PGHOST -p $PGPORT -d $PGDATABASE
all of it  . .run/env

create a user:
curl -s $a $j -d '{$user}' $url

find it:
$find

deactivate it:
$patch/\$($find | $id)

END
}


case ${1-} in

run)
    pg_init "$run"
    follower=
    trap 'finish $?' EXIT
    trap 'finish 0' INT TERM HUP
    start
    show
    say "the log; Ctrl-C stops nginx and PostgreSQL"
    tail -n 0 -F "$pg_home/access.log" "$pg_home/error.log" 2>/dev/null &
    follower=$!
    wait "$follower"
    ;;

start)
    pg_init "$run"
    start
    show
    say "running in the background; \"make stop\" stops it"
    ;;

stop)
    [ -d "$run" ] || exit 0
    pg_init "$run"
    say "stopping"
    stop
    ;;

clean)
    [ -d "$run" ] || exit 0
    pg_init "$run"
    stop_nginx
    pg_clean
    ;;

*)
    die "usage: $0 run|start|stop|clean"
    ;;

esac
