-- Groups that the application publishes: its roles, its teams.  SCIM reads them
-- and, where that is wanted, writes their members.  How the rows are looked up:
-- 013_app.sql.
--
-- publish_group(tenant, app_ref, name, kind, ...)    scim_app
-- retire_group(tenant, app_ref)                      scim_app
-- app_set_members(tenant, group_ref, user_refs)      scim_app

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


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
            modified = case when x.name <> publish_group.name
                            then clock_timestamp() else x.modified end,
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

    perform scim.note(publish_group.tenant, 'publish_group',
                      'Group', r.id, case when made then 201 else 200 end,
                      r.version,
                      case when made then 1
                      else r.version + (r.name <> name)::integer end);

    if made then
        perform scim.emit(publish_group.tenant, 'group.created', array[r.id]);

    elsif r.name <> name then
        perform scim.emit(publish_group.tenant, 'group.updated',
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

        perform scim.note(retire_group.tenant, 'retire_group',
                          'Group', r.id, 200, r.version, r.version);

        return true;
    end if;

    perform scim.note(retire_group.tenant, 'retire_group', 'Group',
                      r.id, 204, r.version, null);
    perform scim.leave_groups(retire_group.tenant, r.id);
    perform scim.emit(retire_group.tenant, 'group.deleted', array[r.id]);

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
        version = x.version + 1, modified = clock_timestamp()
    where x.tenant = app_set_members.tenant and x.id = r.id;

    perform scim.note(app_set_members.tenant, 'app_set_members',
                      'Group', r.id, 200, r.version, r.version + 1);
    perform scim.emit(app_set_members.tenant, 'group.member_removed',
                      array_fill(r.id, array[cardinality(went)]), went);
    perform scim.emit(app_set_members.tenant, 'group.member_added',
                      array_fill(r.id, array[cardinality(came)]), came);

    return true;
end
$$;

revoke all on function
    scim.publish_group(text, text, text, text, boolean),
    scim.retire_group(text, text), scim.app_set_members(text, text, text[])
    from public;
grant execute on function
    scim.publish_group(text, text, text, text, boolean),
    scim.retire_group(text, text), scim.app_set_members(text, text, text[])
    to scim_app;

commit;
