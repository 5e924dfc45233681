-- People whom the application has known before SCIM came: their rows are as the
-- module would have made them of a POST.  How the rows are looked up:
-- 013_app.sql.
--
-- import_user(tenant, app_ref, attrs, protected)    scim_app
--
-- shape, accept, accept_list, set_keys: for this one alone

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


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

            perform scim.note(import_user.tenant, 'import_user',
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
            modified = case when x.doc <> r.doc then clock_timestamp()
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

    perform scim.note(import_user.tenant, 'import_user', 'User',
                      r.id, case when was.id is null then 201 else 200 end,
                      was.version, case when was.id is null then 1
                          else was.version + (was.doc <> r.doc)::integer end);

    return r.id;
end
$$;

revoke all on function scim.shape(), scim.accept(jsonb, jsonb, text),
    scim.accept_list(jsonb, jsonb, text), scim.set_keys(text, uuid, jsonb),
    scim.import_user(text, text, jsonb, boolean)
    from public;
grant execute on function scim.import_user(text, text, jsonb, boolean)
    to scim_app;

commit;
