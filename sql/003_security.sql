-- Row level security and the rights on the tables.
--
-- scim_module   reads and writes the rows of the tenants that its transaction
--               lists in the setting scim.tenants (comma between them).  Unset
--               or empty: no row is seen and none can be written.  It can
--               neither make nor enable a tenant, nor change an audit row or
--               what of a resource is the application's.
-- scim_app      no right on any table.
-- PUBLIC        none.

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

-- The list stands in a subquery, so that it is split once a statement and not
-- for each row; "|| ''" keeps it out of the index conditions, where each
-- statement has the tenant anyway and a long list would cost a search for each
-- of its elements.

do $$
declare
    t text;
    c text;
begin
    foreach t in array array['tenant', 'resource', 'resource_key', 'member',
                             'audit']
    loop
        if not exists (select from pg_class
                       where oid = format('scim.%I', t)::regclass
                             and relrowsecurity)
        then
            execute format('alter table scim.%I enable row level security',
                           t);
        end if;

        c := case t when 'tenant' then 'name' else 'tenant' end;

        if not exists (select from pg_policy
                       where polrelid = format('scim.%I', t)::regclass
                             and polname = 'tenants')
        then
            execute format('create policy tenants on scim.%I to scim_module '
                           'using (%I || '''' = any ((select pg_catalog.'
                           'string_to_array(pg_catalog.current_setting('
                           '''scim.tenants'', true), '',''))::text[]))', t, c);
        end if;
    end loop;

    -- of no tenant, and for the module to read

    if not exists (select from pg_policy
                   where polrelid = 'scim.schema_version'::regclass)
    then
        alter table scim.schema_version enable row level security;
        create policy contract on scim.schema_version for select
            to scim_module using (true);
    end if;
end
$$;

-- Not "all tables": that would take the views from a running application until
-- 005_views.sql gives them back.

revoke all on scim.tenant, scim.resource, scim.resource_key, scim.member,
    scim.audit, scim.schema_version from public, scim_app;

grant select on scim.schema_version, scim.tenant to scim_module;
grant update (event_no, users, active_users, groups) on scim.tenant
    to scim_module;
grant select, insert, delete on scim.resource to scim_module;
grant select, insert, delete on scim.resource_key, scim.member
    to scim_module;
grant select, insert on scim.audit to scim_module;


-- Of a resource the module changes what SCIM writes, and not what is the
-- application's: protected, kind, origin, who may write a group.  Columns that
-- later files add have their right from there.

do $$
declare
    c text;
begin
    if has_table_privilege('scim_module', 'scim.resource', 'update') then
        revoke update on scim.resource from scim_module;
    end if;

    for c in
        select attname from pg_attribute
        where attrelid = 'scim.resource'::regclass and not attisdropped
              and attname = any (array[
                  'name', 'name_key', 'external_id', 'active', 'version',
                  'modified', 'doc', 'managed', 'app_ref', 'last_write',
                  'deactivated_by', 'deleted_at', 'members', 'last_token'])
    loop
        execute format('grant update (%I) on scim.resource to scim_module', c);
    end loop;
end
$$;

commit;
