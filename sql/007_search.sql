-- Functions that the module's searches compare and sort by; docs/filters.md
-- says what a filter means.  Nobody but scim_module may call them.
--
-- fold(text)      text           scim_module
-- number(jsonb)   numeric        scim_module
-- instant(text)   timestamptz    scim_module

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- What two strings have in common that differ in case, or in how they are
-- composed, only: Unicode NFC and full case folding, as the module folds keys,
-- but for Cherokee, whose small letters are taken here and its capitals there.
-- Upper and then lower case unfolds what has several forms; a capital sharp s
-- has no other upper case and dotless i is no form of i; a final sigma is a
-- sigma.
--
-- Not strict and without a search path, so that it becomes part of the
-- statement (its names are bound here, once); null gives null.

create or replace function scim.fold(text) returns text
    language sql
    immutable
    parallel safe
    return case
        when octet_length($1) = length($1) then lower($1 collate "C")
        else translate(
                 normalize(
                     lower(upper(translate(normalize($1, NFC),
                                           U&'\0131\1E9E', U&'\FDD0\00DF')
                                 collate "und-x-icu")
                           collate "und-x-icu"),
                     NFC),
                 U&'\03C2\FDD0', U&'\03C3\0131') collate "C"
        end;


-- A JSON number; null for all else, such as what was kept when the attribute
-- had another type.

create or replace function scim.number(jsonb) returns numeric
    language sql
    immutable
    parallel safe
    return case when jsonb_typeof($1) = 'number' then $1::numeric end;


-- A date and time of RFC 3339 (without a zone: UTC); null for what is none,
-- and for years that PostgreSQL's calendar does not share with ISO 8601.

create or replace function scim.instant(text) returns timestamptz
    language sql
    immutable
    parallel safe
    set search_path = pg_catalog, pg_temp
    set datestyle = 'ISO, YMD'
    set timezone = 'UTC'
as $$
    select case
        when $1 !~ ('^(?!0000)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])'
                    '[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?'
                    '([Zz]|[+-](0\d|1[0-4]):[0-5]\d)?$')
        then null
        when substr($1, 9, 2)::integer
             > extract(day from make_date(substr($1, 1, 4)::integer,
                                          substr($1, 6, 2)::integer, 1)
                                + interval '1 month - 1 day')
        then null
        else $1::timestamptz
        end
$$;


revoke all on function scim.fold(text), scim.number(jsonb),
    scim.instant(text) from public;
grant execute on function scim.fold(text), scim.number(jsonb),
    scim.instant(text) to scim_module;

commit;
