-- What the application does: switches of a tenant, people it has known before,
-- groups it publishes, accounts it shuts, people to be forgotten.
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
-- attr(doc, path)                                       scim_app
-- enable_tenant, set_seats, set_settings                scim_app
-- import_user, forget_user, link                        scim_app
-- publish_group, retire_group, app_set_members          scim_app
-- app_set_active, erase, purge                          scim_app
--
-- lock_tenant, uuid7, note, emit, leave_groups, app_resource, shape, accept,
-- accept_list, check_free, set_keys, pick: for these and 012_tokens.sql alone

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

create or replace function scim.note(tenant text, request uuid, op text,
        type text, id uuid, status integer, version_from bigint,
        version_to bigint, token text default '')
    returns void
    language sql
    volatile
    set search_path = pg_catalog, pg_temp
as $$
    insert into scim.audit (tenant, request_id, token_name, op,
                            resource_type, resource_id, status,
                            version_from, version_to, origin)
    values (note.tenant, note.request, note.token, note.op, note.type,
            note.id, note.status, note.version_from, note.version_to, 'app');
$$;


-- Events of one type, one for each of "ids", in their order; for
-- group.member_... "members" has the member of each.  Those of a deletion come
-- while the rows are still there.

create or replace function scim.emit(tenant text, request uuid, type text,
        ids uuid[], members uuid[] default null, changed text[] default null)
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
                            version, app_ref, external_id, origin, request_id,
                            changed, member_id, member_kind, member_app_ref,
                            doc)
    select emit.tenant, before + q.n, emit.type, r.type, r.id,
           case when not gone then r.version end, r.app_ref, r.external_id,
           'app', emit.request, emit.changed, m.id,
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

create or replace function scim.leave_groups(tenant text, id uuid,
        request uuid)
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
            modified = now()
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

    perform scim.emit(leave_groups.tenant, leave_groups.request,
                      'group.member_removed', groups,
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

    perform scim.note(enable_tenant.tenant, scim.uuid7(), 'enable_tenant',
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
        perform scim.note(set_seats.tenant, scim.uuid7(), 'set_seats',
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
        perform scim.note(set_settings.tenant, scim.uuid7(), 'set_settings',
                          'Tenant', null, 200, null, null);
    end if;
end
$$;

revoke all on function scim.lock_tenant(text), scim.uuid7(),
    scim.note(text, uuid, text, text, uuid, integer, bigint, bigint, text),
    scim.emit(text, uuid, text, uuid[], uuid[], text[]),
    scim.leave_groups(text, uuid, uuid),
    scim.app_resource(text, text, text), scim.enable_tenant(text, boolean),
    scim.set_seats(text, bigint), scim.set_settings(text, jsonb)
    from public;
grant execute on function scim.enable_tenant(text, boolean),
    scim.set_seats(text, bigint), scim.set_settings(text, jsonb) to scim_app;


-- What a user that is imported may have: core and enterprise schema.  "s" is a
-- string, "k" a short one, "e" one whose case matters, "x" base64, "b" a
-- boolean; a list is made of what stands in it.

create or replace function scim.shape() returns jsonb
    language sql
    immutable
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
    select $json${
        "externalId": "k", "userName": "k", "displayName": "k",
        "nickName": "s", "profileUrl": "s", "title": "s", "userType": "s",
        "preferredLanguage": "s", "locale": "s", "timezone": "s",
        "active": "b",
        "name": {"formatted": "s", "familyName": "s", "givenName": "s",
                 "middleName": "s", "honorificPrefix": "s",
                 "honorificSuffix": "s"},
        "emails": [{"value": "k", "display": "s", "type": "s",
                    "primary": "b"}],
        "phoneNumbers": [{"value": "s", "display": "s", "type": "s",
                          "primary": "b"}],
        "ims": [{"value": "s", "display": "s", "type": "s",
                 "primary": "b"}],
        "photos": [{"value": "e", "display": "s", "type": "s",
                    "primary": "b"}],
        "addresses": [{"formatted": "s", "streetAddress": "s",
                       "locality": "s", "region": "s", "postalCode": "s",
                       "country": "s", "type": "s", "primary": "b"}],
        "entitlements": [{"value": "s", "display": "s", "type": "s",
                          "primary": "b"}],
        "roles": [{"value": "s", "display": "s", "type": "s",
                   "primary": "b"}],
        "x509Certificates": [{"value": "x", "display": "s", "type": "s",
                              "primary": "b"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": "s", "costCenter": "s", "organization": "s",
            "division": "s", "department": "s",
            "manager": {"value": "s", "$ref": "s"}}
    }$json$::jsonb;
$$;


-- A value in the form in which the module keeps it: what is empty is not
-- there; null if nothing is left.  An error for what the shape does not know.

create or replace function scim.accept(shape jsonb, value jsonb, path text)
    returns jsonb
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
declare
    kind constant text := jsonb_typeof(value);
    form constant text := jsonb_typeof(shape);
    letter constant text := shape #>> '{}';
    wanted constant text := case form when 'string'
        then case letter when 'b' then 'boolean' else 'string' end
        else form end;
    most constant integer := case letter when 'k' then 1024 else 8192 end;
    made jsonb;
    part jsonb;
    name text;
begin
    if kind = 'null' then
        return null;
    end if;

    if kind <> wanted then
        raise exception 'attribute "%" must be of type %', path, wanted
              using errcode = 'invalid_parameter_value';
    end if;

    if form = 'object' then
        made := '{}';

        for name, part in select * from jsonb_each(value) loop
            if shape -> name is null then
                raise exception 'attribute "%" is not known',
                      concat_ws('.', nullif(path, ''), name)
                      using errcode = 'invalid_parameter_value',
                            hint = 'Names are written as in RFC 7643.';
            end if;

            part := scim.accept(shape -> name, part,
                                concat_ws('.', nullif(path, ''), name));

            if part is not null then
                made := made || jsonb_build_object(name, part);
            end if;
        end loop;

        return nullif(made, '{}');
    end if;

    if form = 'array' then
        return scim.accept_list(shape -> 0, value, path);
    end if;

    if wanted = 'boolean' then
        return value;
    end if;

    if octet_length(value #>> '{}') > most then
        raise exception 'attribute "%" is longer than % bytes', path, most
              using errcode = 'invalid_parameter_value';
    end if;

    if letter = 'x' and value #>> '{}' !~ '^[0-9A-Za-z+/_\r\n-]*'
                                          '[=\r\n]*$'
    then
        raise exception 'attribute "%" must be base64', path
              using errcode = 'invalid_parameter_value';
    end if;

    return nullif(value, '""');
end
$$;


-- The elements of a list: each (value, type) once, one primary.  One that
-- tells no more than what kind it would be is none.

create or replace function scim.accept_list(shape jsonb, list jsonb,
        path text)
    returns jsonb
    language sql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
    with e as materialized (
        select x.n, scim.accept(accept_list.shape, x.value,
                                accept_list.path) as v
        from jsonb_array_elements(accept_list.list)
             with ordinality x(value, n)
    ), k as (
        select e.n, e.v, e.v -> 'primary' = 'true' as chosen,
               min(e.n) over (partition by
                   case when e.v ? 'value' then 0 else e.n end,
                   case when accept_list.shape ->> 'value' in ('e', 'x')
                        then e.v ->> 'value'
                        else scim.fold(e.v ->> 'value') end,
                   scim.fold(e.v ->> 'type')) as twin
        from e
        where e.v - 'type' - 'primary' <> '{}'
    ), p as (
        select coalesce(min(k.n) filter (where k.chosen and k.n = k.twin),
                        (array_agg(k.twin order by k.n)
                         filter (where k.chosen))[1]) as n
        from k
    )
    select jsonb_agg(case when k.n = p.n then k.v || '{"primary": true}'
                          when k.chosen then k.v || '{"primary": false}'
                          else k.v end
                     order by k.n)
    from k cross join p
    where k.n = k.twin;
$$;


-- A user whom the application has known before SCIM came, or a change of him;
-- the row is found by app_ref.  Nobody is told.  Once SCIM has written it, and
-- when SCIM has deleted it, only "protected" is still the application's.

create or replace function scim.import_user(tenant text, app_ref text,
        attrs jsonb, protected boolean default false)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set plan_cache_mode = force_generic_plan
as $$
declare
    core constant text := 'urn:ietf:params:scim:schemas:core:2.0:User';
    request constant uuid := scim.uuid7();
    was scim.resource;
    r scim.resource;
begin
    perform scim.lock_tenant(import_user.tenant);

    if coalesce(app_ref, '') = '' or protected is null then
        raise exception 'app_ref and protected must be given'
              using errcode = 'invalid_parameter_value';
    end if;

    was := scim.app_resource(import_user.tenant, 'User',
                             import_user.app_ref);

    if was.id is null then
        select y.* into was
        from (select x.* from scim.resource x
              where x.tenant = import_user.tenant and x.type = 'User'
                    and x.app_ref between import_user.app_ref
                                      and import_user.app_ref
                    and x.deleted_at is not null
              order by x.app_ref offset 0) y
        order by y.deleted_at desc limit 1;
    end if;

    if was.managed or was.deleted_at is not null then
        if was.protected <> protected then
            update scim.resource x set protected = import_user.protected
            where x.tenant = import_user.tenant and x.id = was.id;

            perform scim.note(import_user.tenant, request, 'import_user',
                              'User', was.id, 200, was.version, was.version);
        end if;

        return was.id;
    end if;

    if jsonb_typeof(attrs) is distinct from 'object' then
        raise exception 'attrs must be a JSON object'
              using errcode = 'invalid_parameter_value';
    end if;

    r.doc := scim.accept(scim.shape(),
                         attrs - array['schemas', 'id', 'meta', 'groups',
                                       'password'], '');
    r.name := r.doc ->> 'userName';

    if coalesce(r.name, '') !~ '[^\x01-\x20]' then
        raise exception 'attribute "userName" is required'
              using errcode = 'invalid_parameter_value';
    end if;

    r.active := coalesce((r.doc ->> 'active')::boolean, was.active, true);
    r.doc := r.doc || jsonb_build_object(
        'active', r.active,
        'schemas', array[core] || array(select u from jsonb_object_keys(r.doc) u
                                        where u like 'urn:%'));

    if octet_length(r.doc::text) > 262144 then
        raise exception 'the user is longer than 262144 bytes'
              using errcode = 'invalid_parameter_value';
    end if;

    r.id := coalesce(was.id, scim.uuid7());
    r.name_key := scim.fold(r.name);
    r.external_id := r.doc ->> 'externalId';

    perform scim.check_free(import_user.tenant, 'User', r.id, r.name_key,
                            r.external_id);

    if was.id is null then
        insert into scim.resource (tenant, id, type, name, name_key,
                                   external_id, active, doc, managed,
                                   protected, app_ref, origin)
        values (import_user.tenant, r.id, 'User', r.name, r.name_key,
                r.external_id, r.active, r.doc, false, import_user.protected,
                import_user.app_ref, 'app');
    else
        update scim.resource x
        set name = r.name, name_key = r.name_key,
            external_id = r.external_id, active = r.active, doc = r.doc,
            protected = import_user.protected,
            deactivated_by = case when not r.active then x.deactivated_by end,
            version = x.version + (x.doc <> r.doc)::integer,
            modified = case when x.doc <> r.doc then now()
                            else x.modified end
        where x.tenant = import_user.tenant and x.id = r.id
              and (x.doc <> r.doc or x.protected <> import_user.protected);

        if not found then
            return r.id;
        end if;
    end if;

    perform scim.set_keys(import_user.tenant, r.id, r.doc);

    update scim.tenant t
    set users = t.users + (was.id is null)::integer,
        active_users = t.active_users + r.active::integer
                       - coalesce(was.active, false)::integer
    where t.name = import_user.tenant
          and (was.id is null or was.active <> r.active);

    perform scim.note(import_user.tenant, request, 'import_user', 'User',
                      r.id, case when was.id is null then 201 else 200 end,
                      was.version, case when was.id is null then 1
                          else was.version + (was.doc <> r.doc)::integer end);

    return r.id;
end
$$;


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


-- The keys by which a user is found, beside his name.

create or replace function scim.set_keys(tenant text, id uuid, doc jsonb)
    returns void
    language sql
    volatile
    set search_path = pg_catalog, pg_temp
as $$
    delete from scim.resource_key k
    where k.ctid = any(array(
              select x.ctid from scim.resource_key x
              where x.tenant = set_keys.tenant
                    and x.id between set_keys.id and set_keys.id
              order by x.id))
          and k.key not in (
              select scim.fold(e ->> 'value')
              from jsonb_path_query(set_keys.doc, '$.emails[*]') e
              where e ? 'value');

    insert into scim.resource_key (tenant, type, attr, key, id)
    select distinct set_keys.tenant, 'User', 'emails.value',
           scim.fold(e ->> 'value'), set_keys.id
    from jsonb_path_query(set_keys.doc, '$.emails[*]') e
    where e ? 'value'
    on conflict (tenant, type, attr, key, id) do nothing;
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
    request constant uuid := scim.uuid7();
    r scim.resource;
    gone uuid[];
begin
    perform scim.lock_tenant(forget_user.tenant);

    r := scim.app_resource(forget_user.tenant, 'User', forget_user.app_ref);

    if r.managed then
        update scim.resource x set app_ref = null, protected = false
        where x.tenant = forget_user.tenant and x.id = r.id;

    elsif r.id is not null then
        perform scim.leave_groups(forget_user.tenant, r.id, request);

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

    perform scim.note(forget_user.tenant, request, 'forget_user', 'User',
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

    perform scim.note(link.tenant, scim.uuid7(), 'link', r.type, r.id, 200,
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
    request constant uuid := scim.uuid7();
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
        version = x.version + 1, modified = now()
    where x.tenant = app_set_active.tenant and x.id = r.id;

    perform scim.note(app_set_active.tenant, request, 'app_set_active',
                      'User', r.id, 200, r.version, r.version + 1);
    perform scim.emit(app_set_active.tenant, request,
                      case when active then 'user.reactivated'
                      else 'user.deactivated' end,
                      array[r.id], null, array['active']);

    return true;
end
$$;


-- A group of the application's, by its app_ref: made, or brought up to date.
-- SCIM may read it, and write its members if that is wanted.

create or replace function scim.publish_group(tenant text, app_ref text,
        name text, kind text default null,
        members_writable boolean default true)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set plan_cache_mode = force_generic_plan
as $$
declare
    request constant uuid := scim.uuid7();
    r scim.resource;
    made boolean;
begin
    perform scim.lock_tenant(publish_group.tenant);

    if coalesce(app_ref, '') = '' or members_writable is null then
        raise exception 'app_ref and members_writable must be given'
              using errcode = 'invalid_parameter_value';
    end if;

    if coalesce(name, '') !~ '[^\x01-\x20]' or octet_length(name) > 1024 then
        raise exception 'a group''s name must have 1 to 1024 bytes'
              using errcode = 'invalid_parameter_value';
    end if;

    r := scim.app_resource(publish_group.tenant, 'Group',
                           publish_group.app_ref);
    made := r.id is null;

    if made then
        r.id := scim.uuid7();
    end if;

    perform scim.check_free(publish_group.tenant, 'Group', r.id,
                            scim.fold(name), null);

    if made then
        insert into scim.resource (tenant, id, type, name, name_key, doc,
                                   managed, app_ref, origin, kind,
                                   members_writable, self_writable)
        values (publish_group.tenant, r.id, 'Group', publish_group.name,
                scim.fold(publish_group.name),
                jsonb_build_object(
                    'schemas', array['urn:ietf:params:scim:schemas:core:2.0:'
                                     'Group'],
                    'displayName', publish_group.name),
                false, publish_group.app_ref, 'app', publish_group.kind,
                publish_group.members_writable, false);

        update scim.tenant t set groups = t.groups + 1
        where t.name = publish_group.tenant;
    else
        update scim.resource x
        set name = publish_group.name,
            name_key = scim.fold(publish_group.name),
            doc = x.doc || jsonb_build_object('displayName',
                                              publish_group.name),
            version = x.version + (x.name <> publish_group.name)::integer,
            modified = case when x.name <> publish_group.name then now()
                            else x.modified end,
            kind = publish_group.kind,
            members_writable = publish_group.members_writable,
            self_writable = false
        where x.tenant = publish_group.tenant and x.id = r.id
              and (x.name, x.kind, x.members_writable, x.self_writable)
                  is distinct from
                  (publish_group.name, publish_group.kind,
                   publish_group.members_writable, false);

        if not found then
            return r.id;
        end if;
    end if;

    perform scim.note(publish_group.tenant, request, 'publish_group',
                      'Group', r.id, case when made then 201 else 200 end,
                      r.version,
                      case when made then 1
                      else r.version + (r.name <> name)::integer end);

    if made then
        perform scim.emit(publish_group.tenant, request, 'group.created',
                          array[r.id]);

    elsif r.name <> name then
        perform scim.emit(publish_group.tenant, request, 'group.updated',
                          array[r.id], null, array['displayName']);
    end if;

    return r.id;
end
$$;


-- The group is published no more.  What the application has made goes; a group
-- that SCIM has made stays, without app_ref and kind.  False if there was none.

create or replace function scim.retire_group(tenant text, app_ref text)
    returns boolean
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set plan_cache_mode = force_generic_plan
as $$
declare
    request constant uuid := scim.uuid7();
    r scim.resource;
begin
    perform scim.lock_tenant(retire_group.tenant);

    r := scim.app_resource(retire_group.tenant, 'Group',
                           retire_group.app_ref);

    if r.id is null then
        return false;
    end if;

    if r.origin = 'scim' then
        update scim.resource x
        set app_ref = null, kind = null, members_writable = true,
            self_writable = true
        where x.tenant = retire_group.tenant and x.id = r.id;

        perform scim.note(retire_group.tenant, request, 'retire_group',
                          'Group', r.id, 200, r.version, r.version);

        return true;
    end if;

    perform scim.note(retire_group.tenant, request, 'retire_group', 'Group',
                      r.id, 204, r.version, null);
    perform scim.leave_groups(retire_group.tenant, r.id, request);
    perform scim.emit(retire_group.tenant, request, 'group.deleted',
                      array[r.id]);

    delete from scim.resource x
    where x.tenant = retire_group.tenant and x.id = r.id;

    update scim.tenant t set groups = t.groups - 1
    where t.name = retire_group.tenant;

    return true;
end
$$;


-- The users of a group, all of them, by their app_ref; groups in it stay.
-- True if that is a change.

create or replace function scim.app_set_members(tenant text, group_ref text,
        user_refs text[])
    returns boolean
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set plan_cache_mode = force_generic_plan
as $$
declare
    request constant uuid := scim.uuid7();
    r scim.resource;
    users uuid[];
    came uuid[];
    went uuid[];
begin
    perform scim.lock_tenant(app_set_members.tenant);

    r := scim.app_resource(app_set_members.tenant, 'Group',
                           app_set_members.group_ref);

    if r.id is null then
        raise exception 'there is no group with this app_ref'
              using errcode = 'no_data_found';
    end if;

    if user_refs is null then
        raise exception 'user_refs must be given'
              using errcode = 'invalid_parameter_value';
    end if;

    select coalesce(array_agg(distinct u.id), '{}') into users
    from unnest(user_refs) q(app_ref)
         left join lateral (
             select x.id from scim.resource x
             where x.tenant = app_set_members.tenant and x.type = 'User'
                   and x.app_ref between q.app_ref and q.app_ref
                   and x.deleted_at is null
             order by x.app_ref limit 1) u on true;

    if array_position(users, null) is not null then
        raise exception 'a user of the list is not known'
              using errcode = 'no_data_found';
    end if;

    with d as (
        delete from scim.member m
        where m.ctid = any(array(
                  select x.ctid from scim.member x
                  where x.tenant = app_set_members.tenant
                        and x.group_id between r.id and r.id
                  order by x.group_id))
              and m.kind = 'u'
              and m.member_id not in (select q.id from unnest(users) q(id))
        returning m.member_id
    )
    select coalesce(array_agg(d.member_id order by d.member_id), '{}')
    into went from d;

    with i as (
        insert into scim.member (tenant, group_id, member_id, kind)
        select app_set_members.tenant, r.id, q.id, 'u'
        from unnest(users) q(id)
        on conflict do nothing
        returning scim.member.member_id
    )
    select coalesce(array_agg(i.member_id order by i.member_id), '{}')
    into came from i;

    if cardinality(came) + cardinality(went) = 0 then
        return false;
    end if;

    update scim.resource x
    set members = x.members + cardinality(came) - cardinality(went),
        version = x.version + 1, modified = now()
    where x.tenant = app_set_members.tenant and x.id = r.id;

    perform scim.note(app_set_members.tenant, request, 'app_set_members',
                      'Group', r.id, 200, r.version, r.version + 1);
    perform scim.emit(app_set_members.tenant, request, 'group.member_removed',
                      array_fill(r.id, array[cardinality(went)]), went);
    perform scim.emit(app_set_members.tenant, request, 'group.member_added',
                      array_fill(r.id, array[cardinality(came)]), came);

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
    request constant uuid := scim.uuid7();
    r scim.resource;
    known boolean;
    told boolean;
begin
    perform scim.lock_tenant(erase.tenant);

    select x.* into r from scim.resource x
    where x.tenant = erase.tenant and x.id = erase.id and x.type = 'User';

    known := found;

    if known and r.deleted_at is null then
        perform scim.leave_groups(erase.tenant, r.id, request);
        perform scim.emit(erase.tenant, request, 'user.deleted', array[r.id]);

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
        perform scim.note(erase.tenant, request, 'erase', 'User', erase.id,
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
        perform scim.note(purge.tenant, scim.uuid7(), 'purge', 'Tenant', null,
                          200, null, null);
    end if;

    return n;
end
$$;

revoke all on function scim.shape(), scim.accept(jsonb, jsonb, text),
    scim.accept_list(jsonb, jsonb, text),
    scim.check_free(text, text, uuid, text, text),
    scim.set_keys(text, uuid, jsonb),
    scim.import_user(text, text, jsonb, boolean),
    scim.forget_user(text, text), scim.link(text, uuid, text),
    scim.app_set_active(text, text, boolean),
    scim.publish_group(text, text, text, text, boolean),
    scim.retire_group(text, text), scim.app_set_members(text, text, text[]),
    scim.erase(text, uuid), scim.purge(text, interval)
    from public;
grant execute on function scim.import_user(text, text, jsonb, boolean),
    scim.forget_user(text, text), scim.link(text, uuid, text),
    scim.app_set_active(text, text, boolean),
    scim.publish_group(text, text, text, text, boolean),
    scim.retire_group(text, text), scim.app_set_members(text, text, text[]),
    scim.erase(text, uuid), scim.purge(text, interval)
    to scim_app;


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
