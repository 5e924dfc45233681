#!/bin/sh

# Moves a tenant from one database to another, with psql alone:
#
#   move-tenant.sh copy   SOURCE TARGET TENANT
#   move-tenant.sh enable SOURCE TARGET TENANT
#   move-tenant.sh delete SOURCE TARGET TENANT
#
# SOURCE and TARGET are connection strings ("host=... dbname=...") of whoever
# owns the schema; the TARGET has had the same sql/ applied.
#
# copy      disables the tenant, so that writes are answered 403; copies its
#           rows in one transaction, and compares them before that ends.  If it
#           fails, the target is as it was: mend it and repeat, or enable the
#           tenant in the source again.
# enable    when nginx.conf leads the tenant to the target ("database" in its
#           block) and was reloaded: lets writes in there.
# delete    takes the tenant out of the source.
#
# Workers of the application must not acknowledge events of the tenant between
# "copy" and "enable".

set -eu

# rows go in this order, and out in the other: none is there before what it
# refers to
tables='tenant resource resource_key member event consumer done token audit
        auth_failure'


die() {
    printf '%s\n' "$*" >&2
    exit 1
}


# echo would read the backslashes of psql's commands

say() {
    printf '%s\n' "$*"
}


# run CONNINFO [argument...]: SQL of the standard input; an error ends it

run() {
    db=$1
    shift
    PGOPTIONS='-c client_min_messages=warning -c timezone=UTC' \
        psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$db" "$@" -f -
}


key() {
    [ "$1" = tenant ] && say name || say tenant
}


# columns of a table in the source: their order may be another in the target

columns() {
    say "select string_agg(quote_ident(attname), ', ' order by attnum)
          from pg_attribute
          where attrelid = 'scim.$1'::regclass and attnum > 0
                and not attisdropped;" | run "$source"
}


# one line for each table: name, rows, sum of their hashes

sums() {
    for table in $tables; do
        say "select '$table', count(*), coalesce(sum(hashtextextended(
                  row($(cat "$folder/$table.columns"))::text, 0)), 0)
              from scim.$table where $(key "$table") = '$tenant'"
        [ "$table" = auth_failure ] || say 'union all'
    done
}


copy() {
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 1' INT TERM HUP

    for table in $tables; do
        columns "$table" > "$folder/$table.columns"
    done

    say "select count(*) from scim.enable_tenant('$tenant', false);" \
    | run "$source" > /dev/null

    # out: everything of one snapshot

    {
        say 'begin isolation level repeatable read read only;'

        for table in $tables; do
            say "copy (select $(cat "$folder/$table.columns")
                        from scim.$table where $(key "$table") = '$tenant')
                  to stdout \\g '$folder/$table.rows'"
        done

        say "copy ($(sums)) to stdout \\g '$folder/sums'"
        say 'commit;'
    } | run "$source"

    # in: all or nothing

    {
        say 'begin;'

        for table in $tables; do
            say "\\copy scim.$table ($(cat "$folder/$table.columns")) \
from '$folder/$table.rows'"
        done

        say "create temporary table sums (name text, n bigint, sum numeric)
              on commit drop;"
        say "\\copy sums from '$folder/sums'"
        say "do \$\$
              begin
                  if (select count(*) from sums) = 0
                     or exists (table sums except ($(sums)))
                  then
                      raise exception 'rows are not the same';
                  end if;
              end
              \$\$;"
        say 'commit;'
        say 'select count(scim.maintain());'
    } | run "$target" > /dev/null

    cut -f 1,2 "$folder/sums"
}


# the tenant's row in a database: t, f, or nothing when there is none

enabled() {
    say "select enabled from scim.tenant where name = '$tenant';" | run "$1"
}


enable() {
    [ -n "$(enabled "$target")" ] || die "$tenant is not in the target"
    [ "$(enabled "$source")" != t ] || die "$tenant is enabled in the source"

    say "select count(*) from scim.enable_tenant('$tenant', true);" \
    | run "$target" > /dev/null
}


delete() {
    [ "$(enabled "$target")" = t ] \
    || die "$tenant is not enabled in the target"
    [ "$(enabled "$source")" = f ] \
    || die "$tenant is not disabled in the source"

    {
        say 'begin;'
        say "select from scim.tenant where name = '$tenant' for update;"

        reverse=

        for table in $tables; do
            reverse="$table $reverse"
        done

        for table in $reverse; do
            say "delete from scim.$table where $(key "$table") = '$tenant';"
        done

        say 'commit;'
    } | run "$source"
}


[ $# = 4 ] || die "usage: $0 copy|enable|delete SOURCE TARGET TENANT"

source=$2
target=$3
tenant=$4

[ -n "$tenant" ] && [ -z "$(printf %s "$tenant" | tr -d 'A-Za-z0-9._-')" ] \
|| die "no name of a tenant: $tenant"

case $1 in
copy|enable|delete)  "$1" ;;
*)                   die "$1: no such command" ;;
esac
