-- What the application does: switches of a tenant, people it knows, accounts it
-- shuts, people to be forgotten.  Importing is in 015_import.sql, groups are in
-- 016_groups.sql.
--
-- Each of these begins with the tenant's row, in a statement of its own, and
-- so waits for every write of the tenant and is seen by the next; each keeps
-- the counts, writes its audit row and its events, and leaves rows as the
-- module would.
--
-- Plans are made once a session, maybe while the tables are empty, and must be
-- right when they are large: rows are looked up by a range of one value, in
-- the order of the index that is meant, and changed by their places.
--
-- enable_tenant, set_seats, set_settings        scim_app
-- forget_user, link, app_set_active             scim_app
-- erase, purge                                  scim_app
--
-- lock_tenant, uuid7, note, emit, leave_groups, app_resource, check_free: for
-- these and those of 012_tokens.sql, 015_import.sql and 016_groups.sql alone

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

create index if not exists resource_gone_ref
    on scim.resource (tenant, type, app_ref)
    where app_ref is not null and deleted_at is not null;

commit;

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- From here to the end of the transaction nothing else changes the tenant.

create or replace function scim.lock_tenant(tenant text) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform from scim.tenant t
    where t.name = lock_tenant.tenant
    for no key update;

    if not found then
        raise exception 'there is no such tenant'
              using errcode = 'no_data_found',
                    hint = 'Make it with scim.create_tenant().';
    end if;
end
$$;


-- A UUID of version 7: milliseconds, then randomness.

create or replace function scim.uuid7() returns uuid
    language sql
    volatile
    set search_path = pg_catalog, pg_temp
as $$
    select encode(
        set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
                    placing substring(int8send(floor(
                        extract(epoch from clock_timestamp()) * 1000
                        )::bigint) from 3)
                    from 1 for 6),
            52, 1), 53, 1), 'hex')::uuid;
$$;


-- The audit row of a call.

create or replace function scim.note(tenant text, op text, type text,
        id uuid, status integer, version_from bigint, version_to bigint,
        token text default '')
    returns void
    language sql
    volatile
    set search_path = pg_catalog, pg_temp
as $$
    insert into scim.audit (tenant, request_id, token_name, op,
                            resource_type, resource_id, status,
                            version_from, version_to, origin)
    values (note.tenant, scim.uuid7(), note.token, note.op, note.type,
            note.id, note.status, note.version_from, note.version_to, 'app');
$$;


-- Events of one type, one for each of "ids", in their order; for
-- group.member_... "members" has the member of each.  Those of a deletion come
-- while the rows are still there.

create or replace function scim.emit(tenant text, type text, ids uuid[],
        members uuid[] default null, changed text[] default null)
    returns void
    language plpgsql
    volatile
    set search_path = pg_catalog, pg_temp
as $$
declare
    before bigint;
    gone constant boolean := type like '%.deleted';
begin
    if cardinality(ids) = 0 then
        return;
    end if;

    update scim.tenant t set event_no = t.event_no + cardinality(ids)
    where t.name = emit.tenant
    returning t.event_no - cardinality(ids) into strict before;

    insert into scim.event (tenant, n, type, resource_type, resource_id,
                            version, app_ref, external_id, origin, changed,
                            member_id, member_kind, member_app_ref, doc)
    select emit.tenant, before + q.n, emit.type, r.type, r.id,
           case when not gone then r.version end, r.app_ref, r.external_id,
           'app', emit.changed, m.id,
           case m.type when 'User' then 'u' when 'Group' then 'g' end::"char",
           m.app_ref, case when gone then r.doc end
    from unnest(ids, members) with ordinality q(id, member, n)
         cross join lateral (
             select x.* from scim.resource x
             where x.tenant = emit.tenant and x.id = q.id
             offset 0) r
         left join lateral (
             select x.id, x.type, x.app_ref from scim.resource x
             where x.tenant = emit.tenant and x.id = q.member
             offset 0) m on true;

    perform pg_notify('scim', emit.tenant);
end
$$;


-- Takes who is about to be deleted out of the groups that hold him.

create or replace function scim.leave_groups(tenant text, id uuid)
    returns void
    language plpgsql
    volatile
    set search_path = pg_catalog, pg_temp
as $$
declare
    groups uuid[];
begin
    with d as (
        delete from scim.member m
        where m.ctid = any(array(
            select x.ctid from scim.member x
            where x.tenant = leave_groups.tenant
                  and x.member_id between leave_groups.id
                                      and leave_groups.id
            order by x.member_id))
        returning m.group_id
    ), g as (
        update scim.resource r
        set members = r.members - 1, version = r.version + 1,
            modified = clock_timestamp()
        where r.ctid = any(array(
            select y.ctid
            from d
                 cross join lateral (
                     select x.ctid from scim.resource x
                     where x.tenant = leave_groups.tenant
                           and x.id = d.group_id
                     offset 0) y))
        returning r.id
    )
    select coalesce(array_agg(g.id order by g.id), '{}') into groups from g;

    perform scim.emit(leave_groups.tenant, 'group.member_removed', groups,
                      array_fill(leave_groups.id,
                                 array[cardinality(groups)]));
end
$$;


-- The live resource that the application knows by this name; no row: null.

create or replace function scim.app_resource(tenant text, type text,
        app_ref text)
    returns scim.resource
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select x from scim.resource x
    where x.tenant = app_resource.tenant and x.type = app_resource.type
          and x.app_ref between app_resource.app_ref
                            and app_resource.app_ref
          and x.deleted_at is null
    order by x.app_ref limit 1;
$$;


-- Lets a tenant in, or not; true if that is a change.  While it is not enabled
-- the module answers 403.

create or replace function scim.enable_tenant(tenant text, enabled boolean)
    returns boolean
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform scim.lock_tenant(enable_tenant.tenant);

    update scim.tenant t set enabled = enable_tenant.enabled
    where t.name = enable_tenant.tenant
          and t.enabled is distinct from enable_tenant.enabled;

    if not found then
        return false;
    end if;

    perform scim.note(enable_tenant.tenant, 'enable_tenant',
                      'Tenant', null, 200, null, null);

    return true;
end
$$;


-- How many users may be active at a time; null: any number.  Nobody is shut
-- out by a lower one.

create or replace function scim.set_seats(tenant text, seats bigint)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform scim.lock_tenant(set_seats.tenant);

    update scim.tenant t set max_active = set_seats.seats
    where t.name = set_seats.tenant
          and t.max_active is distinct from set_seats.seats;

    if found then
        perform scim.note(set_seats.tenant, 'set_seats',
                          'Tenant', null, 200, null, null);
    end if;
end
$$;


-- What the application wants to remember of a tenant: an object.

create or replace function scim.set_settings(tenant text, settings jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform scim.lock_tenant(set_settings.tenant);

    if jsonb_typeof(settings) is distinct from 'object' then
        raise exception 'settings must be a JSON object'
              using errcode = 'invalid_parameter_value';
    end if;

    update scim.tenant t set settings = set_settings.settings
    where t.name = set_settings.tenant
          and t.settings <> set_settings.settings;

    if found then
        perform scim.note(set_settings.tenant, 'set_settings',
                          'Tenant', null, 200, null, null);
    end if;
end
$$;

revoke all on function scim.lock_tenant(text), scim.uuid7(),
    scim.note(text, text, text, uuid, integer, bigint, bigint, text),
    scim.emit(text, text, uuid[], uuid[], text[]),
    scim.leave_groups(text, uuid),
    scim.app_resource(text, text, text), scim.enable_tenant(text, boolean),
    scim.set_seats(text, bigint), scim.set_settings(text, jsonb)
    from public;
grant execute on function scim.enable_tenant(text, boolean),
    scim.set_seats(text, bigint), scim.set_settings(text, jsonb) to scim_app;


-- Is the name, or the externalId, with another live resource of the type?

create or replace function scim.check_free(tenant text, type text, id uuid,
        name_key text, external_id text)
    returns void
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    other uuid;
    what text := case type when 'User' then 'userName'
                 else 'displayName' end;
begin
    select x.id into other from scim.resource x
    where x.tenant = check_free.tenant and x.type = check_free.type
          and x.name_key between check_free.name_key and check_free.name_key
          and x.deleted_at is null and x.id <> check_free.id
    order by x.name_key limit 1;

    if other is null then
        what := 'externalId';

        select x.id into other from scim.resource x
        where x.tenant = check_free.tenant and x.type = check_free.type
              and x.external_id between check_free.external_id
                                    and check_free.external_id
              and x.deleted_at is null and x.id <> check_free.id
        order by x.external_id limit 1;
    end if;

    if other is not null then
        raise exception 'another % has this %', lower(type), what
              using errcode = 'unique_violation',
                    detail = 'Its id is ' || other || '.',
                    hint = 'If it is the same one, call scim.link().';
    end if;
end
$$;


-- The application knows the user no more.  Whom SCIM has never written goes;
-- of another only app_ref and "protected" are taken back.  False if there was
-- none.

create or replace function scim.forget_user(tenant text, app_ref text)
    returns boolean
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set plan_cache_mode = force_generic_plan
as $$
declare
    r scim.resource;
    gone uuid[];
begin
    perform scim.lock_tenant(forget_user.tenant);

    r := scim.app_resource(forget_user.tenant, 'User', forget_user.app_ref);

    if r.managed then
        update scim.resource x set app_ref = null, protected = false
        where x.tenant = forget_user.tenant and x.id = r.id;

    elsif r.id is not null then
        perform scim.leave_groups(forget_user.tenant, r.id);

        delete from scim.resource x
        where x.tenant = forget_user.tenant and x.id = r.id;

        update scim.tenant t
        set users = t.users - 1,
            active_users = t.active_users - r.active::integer
        where t.name = forget_user.tenant;
    end if;

    with u as (
        update scim.resource g set app_ref = null, protected = false
        where g.ctid = any(array(
            select x.ctid from scim.resource x
            where x.tenant = forget_user.tenant and x.type = 'User'
                  and x.app_ref between forget_user.app_ref
                                    and forget_user.app_ref
                  and x.deleted_at is not null
            order by x.app_ref))
        returning g.id
    )
    select array_agg(u.id) into gone from u;

    if r.id is null and gone is null then
        return false;
    end if;

    perform scim.note(forget_user.tenant, 'forget_user', 'User',
                      coalesce(r.id, gone[1]), 200, r.version,
                      case when r.managed then r.version end);

    return true;
end
$$;


-- A live user or group gets the application's name for it.

create or replace function scim.link(tenant text, id uuid, app_ref text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set plan_cache_mode = force_generic_plan
as $$
declare
    r scim.resource;
    other scim.resource;
begin
    perform scim.lock_tenant(link.tenant);

    if coalesce(app_ref, '') = '' then
        raise exception 'app_ref must be given'
              using errcode = 'invalid_parameter_value',
                    hint = 'To take it back, call scim.forget_user() or '
                           'scim.retire_group().';
    end if;

    select x.* into r from scim.resource x
    where x.tenant = link.tenant and x.id = link.id;

    if r.id is null or r.deleted_at is not null then
        raise exception 'there is no resource with this id'
              using errcode = 'no_data_found';
    end if;

    if r.app_ref = app_ref then
        return;
    end if;

    other := scim.app_resource(link.tenant, r.type, link.app_ref);

    if other.id is not null then
        raise exception 'another % has this app_ref', lower(r.type)
              using errcode = 'unique_violation',
                    hint = 'Take it back first: scim.forget_user() or '
                           'scim.retire_group().';
    end if;

    update scim.resource x set app_ref = link.app_ref
    where x.tenant = link.tenant and x.id = link.id;

    perform scim.note(link.tenant, 'link', r.type, r.id, 200,
                      r.version, r.version);
end
$$;


-- Shuts a user out, or lets him in again; true if that is a change.

create or replace function scim.app_set_active(tenant text, app_ref text,
        active boolean)
    returns boolean
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set plan_cache_mode = force_generic_plan
as $$
declare
    seats bigint;
    r scim.resource;
begin
    perform scim.lock_tenant(app_set_active.tenant);

    r := scim.app_resource(app_set_active.tenant, 'User',
                           app_set_active.app_ref);

    if r.id is null then
        raise exception 'there is no user with this app_ref'
              using errcode = 'no_data_found';
    end if;

    if active is null then
        raise exception 'active must be true or false'
              using errcode = 'invalid_parameter_value';
    end if;

    if r.active = active then
        return false;
    end if;

    update scim.tenant t
    set active_users = t.active_users + case when app_set_active.active
                                        then 1 else -1 end
    where t.name = app_set_active.tenant
    returning case when app_set_active.active
                        and t.active_users > t.max_active
              then t.max_active end
    into seats;

    if seats is not null then
        raise exception 'active: all % seats are taken', seats
              using errcode = 'SC403';
    end if;

    update scim.resource x
    set active = app_set_active.active,
        doc = x.doc || jsonb_build_object('active', app_set_active.active),
        deactivated_by = case when not app_set_active.active then 'app' end,
        version = x.version + 1, modified = clock_timestamp()
    where x.tenant = app_set_active.tenant and x.id = r.id;

    perform scim.note(app_set_active.tenant, 'app_set_active',
                      'User', r.id, 200, r.version, r.version + 1);
    perform scim.emit(app_set_active.tenant,
                      case when active then 'user.reactivated'
                      else 'user.deactivated' end,
                      array[r.id], null, array['active']);

    return true;
end
$$;


-- Everything that tells of a person goes, out of old events too, whose rows
-- and numbers stay.  Whoever was live is deleted, and an event without his
-- data says so.  False if there was nothing.

create or replace function scim.erase(tenant text, id uuid)
    returns boolean
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set plan_cache_mode = force_generic_plan
as $$
declare
    r scim.resource;
    known boolean;
    told boolean;
begin
    perform scim.lock_tenant(erase.tenant);

    select x.* into r from scim.resource x
    where x.tenant = erase.tenant and x.id = erase.id and x.type = 'User';

    known := found;

    if known and r.deleted_at is null then
        perform scim.leave_groups(erase.tenant, r.id);
        perform scim.emit(erase.tenant, 'user.deleted', array[r.id]);

        update scim.tenant t
        set users = t.users - 1,
            active_users = t.active_users - r.active::integer
        where t.name = erase.tenant;
    end if;

    delete from scim.resource x
    where x.tenant = erase.tenant and x.id = erase.id and x.type = 'User';

    update scim.event e set doc = null, external_id = null, app_ref = null
    where e.tenant = erase.tenant and e.resource_id = erase.id
          and e.resource_type = 'User';

    told := found;

    update scim.event e set member_app_ref = null
    where e.tenant = erase.tenant and e.member_id = erase.id
          and e.member_kind = 'u';

    told := told or found;

    update scim.token k set me = null
    where k.tenant = erase.tenant and scim.fold(k.me) = r.name_key;

    if known or told then
        perform scim.note(erase.tenant, 'erase', 'User', erase.id,
                          204, r.version, null);
    end if;

    return known or told;
end
$$;


-- Tombstones that are older than that go for good; how many.

create or replace function scim.purge(tenant text, older_than interval)
    returns bigint
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set plan_cache_mode = force_generic_plan
as $$
declare
    n bigint;
begin
    perform scim.lock_tenant(purge.tenant);

    if older_than is null or older_than < interval '0' then
        raise exception 'older_than must not be negative'
              using errcode = 'invalid_parameter_value';
    end if;

    delete from scim.resource r
    where r.ctid = any(array(
        select x.ctid from scim.resource x
        where x.tenant = purge.tenant and x.type >= ''
              and x.deleted_at is not null
              and x.deleted_at <= now() - older_than
        order by x.type));

    get diagnostics n = row_count;

    if n > 0 then
        perform scim.note(purge.tenant, 'purge', 'Tenant', null,
                          200, null, null);
    end if;

    return n;
end
$$;

revoke all on function scim.check_free(text, text, uuid, text, text),
    scim.forget_user(text, text), scim.link(text, uuid, text),
    scim.app_set_active(text, text, boolean), scim.erase(text, uuid),
    scim.purge(text, interval)
    from public;
grant execute on function scim.forget_user(text, text),
    scim.link(text, uuid, text),
    scim.app_set_active(text, text, boolean), scim.erase(text, uuid),
    scim.purge(text, interval)
    to scim_app;

commit;
