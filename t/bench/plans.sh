#!/bin/sh

# make plans: the searches of t/sql/searches on a tenant of 300,000 users
# inside a million, in a private cluster that is removed at the end.  Prints
# TAP, and how long each search took.  USERS, OTHERS (tenants) and EACH (users
# of these) make it smaller.

set -eu

lib=$(dirname "$0")/../lib
. "$lib/common.sh"
. "$lib/postgres.sh"

users=${USERS:-300000}
others=${OTHERS:-1000}
each=${EACH:-700}
first=$((users / 3))

cd "$root"

trap 'pg_clean' EXIT
trap 'exit 130' INT TERM HUP

pg_init "$root/.plans"
pg_create
pg_start plans "" -c fsync=off -c full_page_writes=off -c autovacuum=off \
    -c shared_buffers=1GB -c max_wal_size=8GB
pg_migrate

perl t/sql/searches.pl t/sql/searches > "$pg_home/searches.psql"


# CASE [psql option...]: as the module's role

plans() {
    label=$1
    shift

    psql -X -q -A -t -U scim_module -v ON_ERROR_STOP=1 \
        -v searches="$pg_home/searches.psql" -v when="$label" "$@" << 'END'
set scim.tenants = 'big,small';
\i :searches
\i t/sql/search_plans.psql
\i t/sql/search_plans.psql
\i t/sql/search_plans.psql
\i t/sql/search_plans.psql
END
}


check() {
    PGOPTIONS="-c plan_cache_mode=force_generic_plan" plans "$1, generic"
    plans "$1, by itself"
}


say "making $users users, and $others tenants of $each"

psql -X -q -v ON_ERROR_STOP=1 -f t/sql/tap.psql
psql -X -q -v ON_ERROR_STOP=1 -v users="$users" -v others="$others" \
     -v each="$each" -v first="$first" -f t/sql/search_data.psql

{
    check "never analyzed"
    psql -X -q -c 'vacuum analyze'
    check "analyzed"

    psql -X -q -A -t -U scim_module << END
set scim.tenants = 'big,small';
\\i $pg_home/searches.psql
\\echo
\\timing on
$(sed -n -e 's/^\([a-z_0-9]*\) *|.*/\\echo \1\n:\1 \\g \/dev\/null/' \
         -e '/^\\/{p;s/^[^\n]*\n//;p;}' t/sql/searches)
END
} > "$pg_home/plans.out"

cat "$pg_home/plans.out"

! grep -q '^not ok' "$pg_home/plans.out" || exit 1
