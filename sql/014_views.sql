-- What the application reads: the views of the contract, with the columns that
-- came with contract 3, and values of documents.  Views run with their owner's
-- rights: nobody but scim_app may read them.
--
-- v_user, v_user_all, v_email, v_phone          scim_app
-- v_group, v_group_member, v_user_group         scim_app
-- v_login, v_orphan, v_drift, v_health          scim_app
-- find_login(tenant, name_id)                   scim_app
-- attr(doc, path)                               scim_app
-- app_users(view)                               the schema's owner

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- All users of every tenant, tombstones too, flat; whatever has no column is
-- in doc.  email, phone: the primary one, else the first.

create or replace view scim.v_user_all as
select tenant,
       id,
       external_id,
       name as user_name,
       active,
       doc #>> '{name,givenName}' as given_name,
       doc #>> '{name,familyName}' as family_name,
       doc #>> '{name,formatted}' as formatted_name,
       doc ->> 'displayName' as display_name,
       coalesce(jsonb_path_query_first(doc,
                    '$.emails[*] ? (@.primary == true).value') #>> '{}',
                doc #>> '{emails,0,value}') as email,
       coalesce(jsonb_path_query_first(doc,
                    '$.phoneNumbers[*] ? (@.primary == true).value') #>> '{}',
                doc #>> '{phoneNumbers,0,value}') as phone,
       doc ->> 'title' as title,
       doc ->> 'userType' as user_type,
       doc ->> 'locale' as locale,
       doc ->> 'preferredLanguage' as preferred_language,
       doc ->> 'timezone' as timezone,
       e ->> 'employeeNumber' as employee_number,
       e ->> 'costCenter' as cost_center,
       e ->> 'organization' as organization,
       e ->> 'division' as division,
       e ->> 'department' as department,
       e #>> '{manager,value}' as manager,
       app_ref,
       managed,
       created,
       modified,
       version,
       doc,
       doc #>> '{name,honorificPrefix}' as honorific_prefix,
       doc #>> '{name,honorificSuffix}' as honorific_suffix,
       protected,
       origin,
       deactivated_by,
       last_write as last_write_at,
       last_token as token_name,
       deleted_at
from scim.resource
     cross join lateral (select doc ->
         'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User') x(e)
where type = 'User';


-- Those who are live.

create or replace view scim.v_user as
select tenant, id, external_id, user_name, active, given_name, family_name,
       formatted_name, display_name, email, phone, title, user_type, locale,
       preferred_language, timezone, employee_number, cost_center,
       organization, division, department, manager, app_ref, managed, created,
       modified, version, doc, honorific_prefix, honorific_suffix, protected,
       origin, deactivated_by, last_write_at, token_name
from scim.v_user_all
where deleted_at is null;


-- Each e-mail address, each phone number of a live user.

create or replace view scim.v_email as
select r.tenant,
       r.id as user_id,
       e ->> 'value' as value,
       e ->> 'type' as type,
       coalesce((e ->> 'primary')::boolean, false) as is_primary
from scim.resource r
     cross join lateral jsonb_path_query(r.doc, '$.emails[*]') e
where r.type = 'User' and r.deleted_at is null;

create or replace view scim.v_phone as
select r.tenant,
       r.id as user_id,
       e ->> 'value' as value,
       e ->> 'type' as type,
       coalesce((e ->> 'primary')::boolean, false) as is_primary
from scim.resource r
     cross join lateral jsonb_path_query(r.doc, '$.phoneNumbers[*]') e
where r.type = 'User' and r.deleted_at is null;


-- One row for each live group of every tenant.

create or replace view scim.v_group as
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
       doc,
       kind,
       members_writable,
       self_writable,
       origin
from scim.resource
where type = 'Group' and deleted_at is null;


-- One row for each membership: of a user, or of a group in a group.  Who does
-- not ask for an app_ref does not pay for it.

create or replace view scim.v_group_member as
select m.tenant,
       m.group_id,
       m.member_id,
       case m.kind when 'u' then 'user' else 'group' end as kind,
       g.app_ref as group_app_ref,
       x.app_ref as member_app_ref
from scim.member m
     left join scim.resource g on g.tenant = m.tenant and g.id = m.group_id
     left join scim.resource x on x.tenant = m.tenant and x.id = m.member_id;


-- The groups that a live user is in, himself (depth 1) or through others; each
-- once, by the shortest way.  Climbs from the user: a condition on tenant and
-- user_id is passed down.  The indexes of what is live are kept out by
-- coalesce(), as a user by his id is found by one index alone.

create or replace view scim.v_user_group as
select u.tenant,
       u.id as user_id,
       g.id as group_id,
       w.depth,
       g.name as display_name,
       g.external_id,
       g.app_ref,
       g.kind
from scim.resource u
     cross join lateral (
         with recursive up(id, depth) as (
             (select m.group_id, 1 from scim.member m
              where m.tenant = u.tenant and m.member_id between u.id and u.id
              order by m.member_id)
             union
             select m.group_id, up.depth + 1
             from up
                  cross join lateral (
                      select y.group_id from scim.member y
                      where y.tenant = u.tenant
                            and y.member_id between up.id and up.id
                      order by y.member_id offset 0) m
             where up.depth < 16
         )
         select up.id, min(up.depth) as depth from up group by up.id) w
     cross join lateral (
         select x.id, x.name, x.external_id, x.app_ref, x.kind, x.deleted_at
         from scim.resource x
         where x.tenant = u.tenant and x.id = w.id
         offset 0) g
where coalesce(u.type = 'User' and u.deleted_at is null, false)
      and g.deleted_at is null;


-- Who may log in, and who may not.

create or replace view scim.v_login as
select tenant,
       id,
       external_id,
       name as user_name,
       active,
       app_ref
from scim.resource
where type = 'User' and deleted_at is null;


-- The user whose externalId this is, to the letter: one row, or none.

create or replace function scim.find_login(tenant text, name_id text)
    returns setof scim.v_login
    language sql
    stable
    strict
    security definer
    rows 1
    set search_path = pg_catalog, pg_temp
as $$
    select l.* from scim.v_login l
    where l.tenant = find_login.tenant
          and l.external_id between find_login.name_id and find_login.name_id
    order by l.external_id limit 1;
$$;

revoke all on function scim.find_login(text, text) from public;
grant execute on function scim.find_login(text, text) to scim_app;


-- The accounts of the application: none, until app_users() has been called.

do $$
begin
    if to_regclass('scim.app_user') is null then
        create view scim.app_user as
        select null::text collate "C" as tenant,
               null::text collate "default" as app_ref,
               null::boolean as active
        where false;
    end if;
end
$$;

revoke all on scim.app_user from public;


-- From now on they are the rows of this table or view, which has the columns
-- tenant, app_ref and active; null: none.

create or replace function scim.app_users(accounts regclass) returns void
    language plpgsql
    volatile
    set search_path = pg_catalog, pg_temp
as $$
begin
    execute 'create or replace view scim.app_user as '
            'select tenant::text collate "C" as tenant, '
            'app_ref::text collate "default" as app_ref, '
            'active::boolean as active '
            || coalesce('from ' || accounts,
                        'from (select null, null, null) '
                        'n(tenant, app_ref, active) where false');
end
$$;

revoke all on function scim.app_users(regclass) from public;


-- Accounts without a live user.

create or replace view scim.v_orphan as
select a.tenant,
       a.app_ref,
       a.active
from scim.app_user a
where not exists (
    select from scim.resource r
    where r.tenant = a.tenant and r.type = 'User' and r.app_ref = a.app_ref
          and r.deleted_at is null);


-- Users who are shut out here and not there, or there and not here; and those
-- whose account the application has not named.

create or replace view scim.v_drift as
select r.tenant,
       r.id,
       r.app_ref,
       r.name as user_name,
       r.active,
       a.active as app_active,
       case when r.app_ref is null then 'unlinked'
            else 'active' end as what
from scim.resource r
     left join scim.app_user a
     on a.tenant = r.tenant and a.app_ref = r.app_ref
where r.type = 'User' and r.deleted_at is null
      and (r.app_ref is null or a.active <> r.active);


-- One row for each tenant.  lag: events that the slowest consumer has not
-- acknowledged; null when there is no consumer.

create or replace view scim.v_health as
select t.name as tenant,
       t.enabled,
       t.event_no,
       t.users,
       t.active_users,
       t.groups,
       t.max_active as seats,
       (select a.at from scim.audit a
        where a.tenant = t.name and a.origin = 'scim' and a.status < 300
        order by a.request_id desc limit 1) as last_write,
       (select max(c.lag) from scim.v_consumer c
        where c.tenant = t.name) as lag,
       (select count(*) from scim.audit a
        where a.tenant = t.name and a.status >= 400
              and a.request_id >= scim.audit_from(now()
                                                  - interval '25 hours')
              and a.at > now() - interval '24 hours') as refused_24h,
       (select coalesce(sum(f.n), 0)::bigint from scim.auth_failure f
        where f.tenant = t.name
              and f.hour > now() - interval '25 hours') as auth_failed_24h,
       (select count(*) from scim.token k
        where k.tenant = t.name and k.revoked_at is null
              and k.expires_at > now()
              and k.expires_at <= now() + interval '30 days')
       as tokens_expiring,
       (select s.contract from scim.schema_version s) as contract
from scim.tenant t;

revoke all on scim.v_user, scim.v_user_all, scim.v_email, scim.v_phone,
    scim.v_group, scim.v_group_member, scim.v_user_group, scim.v_login,
    scim.v_orphan, scim.v_drift, scim.v_health from public;
grant select on scim.v_user, scim.v_user_all, scim.v_email, scim.v_phone,
    scim.v_group, scim.v_group_member, scim.v_user_group, scim.v_login,
    scim.v_orphan, scim.v_drift, scim.v_health to scim_app;


-- For the next one: a member of an object, whatever the case of its name.

create or replace function scim.pick(object jsonb, name text) returns jsonb
    language sql
    immutable
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
    select nullif(coalesce(pick.object -> pick.name,
                           (select m.value from jsonb_each(pick.object) m
                            where lower(m.key) = lower(pick.name) limit 1)),
                  'null')
    where jsonb_typeof(pick.object) = 'object';
$$;


-- What stands in a document under a full SCIM path, or null: an attribute, its
-- sub-attribute, those of a schema behind its URN and a colon (or a dot).  Of
-- a list without a value filter all of it; with one, the first that matches.

create or replace function scim.attr(doc jsonb, path text) returns jsonb
    language plpgsql
    immutable
    strict
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    word constant text := '[A-Za-z$][A-Za-z0-9$_-]*';
    urn text;
    part text[];
    filter text;
    term text[];
    subs text[] := '{}';
    wanted jsonb[] := '{}';
    object jsonb := doc;
    value jsonb;
    element jsonb;
begin
    select s.urn into urn
    from (select jsonb_object_keys(doc) as urn
          union select doc #>> '{schemas,0}') s
    where s.urn ilike 'urn:%'
          and lower(left(path, length(s.urn))) = lower(s.urn)
          and substr(path, length(s.urn) + 1, 1) in (':', '.', '')
          and substr(path, length(s.urn) + 2) !~ '^[^[]*:'
    order by length(s.urn) desc limit 1;

    if urn is not null then
        object := coalesce(doc -> urn, doc);

        if length(path) = length(urn) then
            return object;
        end if;

        part := array[substr(path, length(urn) + 2)];

    elsif path ilike 'urn:%' then
        return null;

    else
        part := array[path];
    end if;

    part := regexp_match(part[1], '^(' || word || ')(?:\[(.*)\])?'
                                  || '(?:\.(' || word || '))?$');

    if part is null then
        raise exception 'this is no path of an attribute'
              using errcode = 'invalid_parameter_value';
    end if;

    value := scim.pick(object, part[1]);

    if part[2] is null then
        if part[3] is null then
            return value;
        end if;

        if jsonb_typeof(value) <> 'array' then
            return scim.pick(value, part[3]);
        end if;

        return (select jsonb_agg(x.found order by x.n)
                from (select e.n, scim.pick(e.value, part[3]) as found
                      from jsonb_array_elements(value)
                           with ordinality e(value, n)) x
                where x.found is not null);
    end if;

    filter := part[2];

    while filter is not null loop
        term := regexp_match(filter, '^\s*(' || word || ')\s+[eE][qQ]\s+'
            '("(?:[^"\\]|\\.)*"|true|false|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)'
            '(?:\s+[aA][nN][dD]\s+(.*)|\s*)$');

        if term is null then
            raise exception 'a value filter is "attribute eq value", several '
                            'of them with "and" between them'
                  using errcode = 'invalid_parameter_value';
        end if;

        subs := subs || term[1];
        wanted := wanted || term[2]::jsonb;
        filter := term[3];
    end loop;

    for element in
        select * from jsonb_array_elements(
            case jsonb_typeof(value) when 'array' then value
            else jsonb_build_array(value) end)
    loop
        if not exists (
            select from unnest(subs, wanted) q(sub, value)
                 cross join lateral (
                     select case when jsonb_typeof(element) = 'object'
                                 then scim.pick(element, q.sub)
                                 when lower(q.sub) = 'value'
                                 then element end as is) has
            where case when jsonb_typeof(has.is) = 'string'
                            and jsonb_typeof(q.value) = 'string'
                       then scim.fold(has.is #>> '{}')
                            <> scim.fold(q.value #>> '{}')
                       else has.is is distinct from q.value end)
        then
            if part[3] is null then
                return element;
            end if;

            return scim.pick(element, part[3]);
        end if;
    end loop;

    return null;
end
$$;

revoke all on function scim.pick(jsonb, text), scim.attr(jsonb, text)
    from public;
grant execute on function scim.attr(jsonb, text) to scim_app;

commit;
