# Read by stack.sh and test.sh: a private PostgreSQL cluster on a Unix socket.
#
# PostgreSQL refuses to run as root, so root runs it as user postgres (or
# nobody), who must be able to reach the folder; and the path of a socket has
# room for 107 bytes only, so the socket has a folder of its own in /tmp.
# Whoever may enter that folder is trusted: its owner, and the group of
# nginx's workers when nginx was started by root.


# pg_init FOLDER: sets PATH, pg_user, pg_data, pg_home ... for the cluster of
# FOLDER (".run", ".test")

pg_init() {
    pg_folder=$1
    pg_bin=$(postgres_bin)

    [ -n "$pg_bin" ] || die "no PostgreSQL server found: run \"make deps\""

    PATH=$pg_bin:$PATH
    export PATH

    # settings of the caller must not lead to another server

    unset PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD PGSERVICE PGOPTIONS \
          PGHOSTADDR PGDATA PGSSLMODE PGSYSCONFDIR

    pg_me=$(id -un)
    pg_user=

    if [ "$(id -u)" = 0 ]; then
        pg_user=postgres
        id "$pg_user" > /dev/null 2>&1 || pg_user=nobody
    fi

    mkdir -p "$pg_folder"
    pg_home=$(pg_find_home "$pg_folder")
    pg_data=$pg_home/pg
}


# as_pg COMMAND...: as the server's user

as_pg() {
    if [ -n "$pg_user" ]; then
        (cd / && setpriv --reuid="$pg_user" --regid="$(id -g "$pg_user")" \
                         --clear-groups env HOME=/ "$@")
    else
        "$@"
    fi
}


# where data can be: the folder itself, unless the server's user (or a worker
# of nginx) cannot reach it or its path has characters that configuration
# files would have to escape; then one in /var/tmp, whose name is kept

pg_find_home() {
    if [ -f "$1/home" ] && [ -d "$(cat "$1/home")" ]; then
        cat "$1/home"
        return
    fi

    if as_pg test -x "$1" && ! printf '%s' "$1" | grep -q '[^A-Za-z0-9/._+-]'
    then
        printf '%s\n' "$1" > "$1/home"
    else
        home=$(mktemp -d /var/tmp/scim-XXXXXXXX)
        chmod 711 "$home"
        printf '%s\n' "$home" > "$1/home"
    fi

    cat "$1/home"
}


pg_running() {
    [ -s "$pg_data/postmaster.pid" ] \
    && as_pg "$pg_bin/pg_ctl" -D "$pg_data" status > /dev/null 2>&1
}


# pg_create [initdb option...]: the cluster, when there is none

pg_create() {
    [ ! -f "$pg_data/PG_VERSION" ] || return 0

    say "creating a private PostgreSQL cluster"

    rm -rf "$pg_data"
    mkdir -p "$pg_data"
    chmod 700 "$pg_data"
    [ -z "$pg_user" ] || chown "$pg_user:$(id -g "$pg_user")" "$pg_data"

    as_pg "$pg_bin/initdb" -D "$pg_data" -U postgres -A trust -E UTF8 \
        --locale=C "$@" > "$pg_folder/initdb.log" 2>&1 \
    || {
        tail -n 5 "$pg_folder/initdb.log" >&2
        rm -rf "$pg_data"
        die "initdb failed"
    }
}


# pg_start DATABASE [WORKER-GROUP [postgres option...]]: starts the server,
# makes the database and the caller's role; sets PGHOST, PGPORT, PGDATABASE

pg_start() {
    pg_database=$1
    pg_group=${2-}
    shift $(( $# > 1 ? 2 : $# ))

    if [ -f "$pg_data/PG_VERSION" ]; then
        version=$(cat "$pg_data/PG_VERSION")
        "$pg_bin/postgres" --version | grep -q " $version[.0-9a-z ]" \
        || "$pg_bin/postgres" --version | grep -q " $version\$" \
        || die "$pg_data was made by PostgreSQL $version, which has gone;" \
               "set PGBIN to its programs, or run \"make distclean\""
    fi

    if ! pg_running; then
        PGHOST=$(mktemp -d /tmp/scim-XXXXXXXX)
        printf '%s\n' "$PGHOST" > "$pg_folder/socket"

        # the server makes the socket, the workers of nginx connect to it

        if [ -n "$pg_user" ]; then
            chown "$pg_user:${pg_group:-$(id -g "$pg_user")}" "$PGHOST"
            chmod 710 "$PGHOST"
        else
            chmod 700 "$PGHOST"
        fi

        as_pg "$pg_bin/pg_ctl" -D "$pg_data" -l "$pg_data/log" -s -w -t 120 \
            -o "-c listen_addresses= -c unix_socket_directories=$PGHOST \
                -c port=5432 $*" \
            start \
        || {
            tail -n 5 "$pg_data/log" >&2
            die "PostgreSQL did not start"
        }
    fi

    PGHOST=$(cat "$pg_folder/socket")
    PGPORT=5432
    PGDATABASE=$pg_database
    export PGHOST PGPORT PGDATABASE

    psql -X -q -U postgres -d postgres -v ON_ERROR_STOP=1 \
         -v me="$pg_me" -v db="$pg_database" << 'END'
SELECT format('CREATE ROLE %I SUPERUSER LOGIN', :'me')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'me')
\gexec
SELECT format('CREATE DATABASE %I', :'db')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'db')
\gexec
END
}


# sql/*.sql in the order of their numbers; they can run twice

pg_migrate() {
    for file in "$root"/sql/*.sql; do
        [ -f "$file" ] || continue
        psql -X -q -v ON_ERROR_STOP=1 -f "$file" > "$pg_folder/sql.log" 2>&1 \
        || {
            cat "$pg_folder/sql.log" >&2
            die "sql/${file##*/} could not be applied"
        }
    done
}


pg_stop() {
    if pg_running; then
        as_pg "$pg_bin/pg_ctl" -D "$pg_data" -s -m fast -w stop
    fi

    if [ -f "$pg_folder/socket" ]; then
        rm -rf "$(cat "$pg_folder/socket")"
        rm -f "$pg_folder/socket"
    fi
}


# removes all that pg_init() made

pg_clean() {
    pg_stop
    rm -rf "$pg_home" "$pg_folder"
}
