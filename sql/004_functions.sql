-- Functions of the contract.  Each runs as its owner, with a search path that
-- no caller can change; nobody may call it but who is named here.
--
-- create_tenant(name)   scim_module, scim_app

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- Makes a tenant; true when it is new.  Says nothing of an existing one, be it
-- enabled or not.

create or replace function scim.create_tenant(name text)
    returns boolean
    language sql
    volatile
    strict
    security definer
    set search_path = pg_catalog, pg_temp
as $$
    with t as (
        insert into scim.tenant (name) values (create_tenant.name)
        on conflict do nothing
        returning 1
    )
    select exists (select from t);
$$;

revoke all on function scim.create_tenant(text) from public;
grant execute on function scim.create_tenant(text) to scim_module, scim_app;

commit;
