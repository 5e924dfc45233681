-- What the application and the module share of a resource and a tenant beyond
-- SCIM itself: seats, settings, kinds of groups, who may write what.  An older
-- database gets the columns here.
--
-- changed(jsonb, jsonb)         scim_module

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

alter table scim.tenant
    add column if not exists max_active bigint      -- seats; null: no limit
        check (max_active >= 0),
    add column if not exists settings jsonb not null default '{}';

commit;

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

-- kind: what the application calls a group that it has published ("role",
-- "team"); members_writable, self_writable: whether SCIM may change its
-- members, and the group itself.  last_token: who wrote last.

alter table scim.resource
    add column if not exists kind text,
    add column if not exists members_writable boolean not null default true,
    add column if not exists self_writable boolean not null default true,
    add column if not exists last_token text;

create unique index if not exists resource_app_ref
    on scim.resource (tenant, type, app_ref)
    where app_ref is not null and deleted_at is null;

create index if not exists resource_tombstone
    on scim.resource (tenant, type, external_id, deleted_at)
    where deleted_at is not null;

commit;

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- The names of attributes in which two documents differ, in order: of
-- extensions each attribute, behind its schema's URN and a colon.  The list of
-- schemas is named only where nothing else differs.  In this language, whose
-- plans are kept: each write that changes something calls it.

create or replace function scim.changed(old jsonb, new jsonb) returns text[]
    language plpgsql
    immutable
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        with d as (
            select coalesce(o.key, n.key) as name, o.value as old,
                   n.value as new
            from jsonb_each(changed.old) o
                 full join jsonb_each(changed.new) n using (key)
            where o.value is distinct from n.value
        ), a as (
            select d.name from d
            where d.name <> 'schemas' and d.name !~* '^urn:'
            union all
            select d.name || ':' || x.key
            from d
                 cross join lateral (
                     select coalesce(o.key, n.key) as key
                     from jsonb_each(case jsonb_typeof(d.old) when 'object'
                                     then d.old else '{}' end) o
                          full join
                          jsonb_each(case jsonb_typeof(d.new) when 'object'
                                     then d.new else '{}' end) n using (key)
                     where o.value is distinct from n.value) x
            where d.name ~* '^urn:'
        )
        select coalesce((select array_agg(a.name order by a.name) from a),
                        (select array_agg(d.name order by d.name) from d),
                        '{}')
    );
end
$$;

revoke all on function scim.changed(jsonb, jsonb) from public;
grant execute on function scim.changed(jsonb, jsonb) to scim_module;

grant update (last_token) on scim.resource to scim_module;

commit;
