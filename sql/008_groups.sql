-- Groups: how many members each has, which groups a user is in, what the
-- application reads of them; keys that are unique.  An older database gets the
-- columns and their values here.
--
-- v_group, v_group_member       scim_app
-- user_groups(tenant, id)       scim_module

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- Rows of scim.member of a group: each statement that changes them keeps it.
-- Counted here once, while the new column keeps everybody else out: a module of
-- contract 1 has no groups, so there is little to count.

do $$
begin
    if exists (select from pg_attribute
               where attrelid = 'scim.resource'::regclass
                     and attname = 'members' and not attisdropped)
    then
        return;
    end if;

    alter table scim.resource add column members integer not null default 0;
    grant update (members) on scim.resource to scim_module;

    update scim.resource r set members = m.n
    from (select tenant, group_id, count(*) as n from scim.member
          group by tenant, group_id) m
    where r.tenant = m.tenant and r.id = m.group_id;
end
$$;

-- That lock ends here; each of the next ones is another table's.

commit;

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- How many of a request's members were nobody's id, and so left out.

alter table scim.audit
    add column if not exists unknown_members integer not null default 0;

commit;

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- Keys that no other resource of the type may have: attributes whose
-- uniqueness is "server" or "global", but for those in resource.name_key.

alter table scim.resource_key
    add column if not exists uniq boolean not null default false;

create unique index if not exists resource_key_unique
    on scim.resource_key (tenant, type, attr, key) where uniq;


commit;

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- The groups in a group, found without passing its users.

create index if not exists member_nested
    on scim.member (tenant, group_id, member_id) where kind = 'g';


-- The groups that a user is in, "direct" or "indirect", ordered by id: a JSON
-- array of {"value", "display", "type"}, null when there is none.  Runs with
-- the caller's rights, so sees what he may see.  In this language, whose plans
-- are kept.  Most groups are in no other one: then nothing has to be climbed.

create or replace function scim.user_groups(tenant text, id uuid)
    returns text
    language plpgsql
    stable
    strict
    parallel safe
as $$
begin
    if exists (
        select from scim.member m
             cross join lateral (
                 select from scim.member y
                 where y.tenant = user_groups.tenant
                       and y.member_id between m.group_id and m.group_id
                 order by y.member_id limit 1) y
        where m.tenant = user_groups.tenant
              and m.member_id between user_groups.id and user_groups.id)
    then
        return (
            with recursive up(id, depth) as (
                select m.group_id, 1
                from scim.member m
                where m.tenant = user_groups.tenant
                      and m.member_id between user_groups.id
                                          and user_groups.id
                union
                select m.group_id, up.depth + 1
                from up
                     cross join lateral (
                         select y.group_id from scim.member y
                         where y.tenant = user_groups.tenant
                               and y.member_id between up.id and up.id
                         order by y.member_id offset 0) m
                where up.depth < 16
            ), g(id, depth) as (
                select up.id, pg_catalog.min(up.depth) from up group by up.id
            )
            select pg_catalog.jsonb_agg(
                       pg_catalog.jsonb_build_object('value', g.id,
                           'display', r.name,
                           'type', case g.depth when 1 then 'direct'
                                   else 'indirect' end)
                       order by g.id)
            from g
                 cross join lateral (
                     select x.name, x.deleted_at from scim.resource x
                     where x.tenant = user_groups.tenant and x.id = g.id
                     offset 0) r
            where r.deleted_at is null
        )::text;
    end if;

    return (
        select pg_catalog.jsonb_agg(
                   pg_catalog.jsonb_build_object('value', g.id,
                       'display', r.name, 'type', 'direct')
                   order by g.id)
        from (select m.group_id as id from scim.member m
              where m.tenant = user_groups.tenant
                    and m.member_id between user_groups.id and user_groups.id
              order by m.member_id offset 0) g
             cross join lateral (
                 select x.name, x.deleted_at from scim.resource x
                 where x.tenant = user_groups.tenant and x.id = g.id
                 offset 0) r
        where r.deleted_at is null
    )::text;
end
$$;

revoke all on function scim.user_groups(text, uuid) from public;
grant execute on function scim.user_groups(text, uuid) to scim_module;


-- One row for each live group of every tenant.  This one and the next are made
-- once: 014_views.sql adds the columns that came later.

select to_regclass('scim.v_group') is null as new \gset
\if :new
create view scim.v_group as
select tenant,
       id,
       external_id,
       name as display_name,
       members,
       app_ref,
       managed,
       created,
       modified,
       version,
       doc
from scim.resource
where type = 'Group' and deleted_at is null;


-- One row for each membership: of a user, or of a group in a group.

create view scim.v_group_member as
select tenant,
       group_id,
       member_id,
       case kind when 'u' then 'user' else 'group' end as kind
from scim.member;
\endif

revoke all on scim.v_group, scim.v_group_member from public;
grant select on scim.v_group, scim.v_group_member to scim_app;

commit;
