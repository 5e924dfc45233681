-- The schema "scim" and its two roles.  Run by whoever owns the database and
-- may create roles; can be run again at any time.
--
-- scim_module   the nginx module logs in as this role.  It owns nothing, can
--               do no DDL and sees only the tenants that its transaction
--               names.  How it authenticates (password, peer, certificate) is
--               set by the operator.
-- scim_app      what the application may do, granted to the application's own
--               role: "grant scim_app to my_app".  Reads the views, calls the
--               functions, touches no table.

\set ON_ERROR_STOP on

-- Files of an older contract than the database's would put older functions in
-- place of what is there.

do $$
declare
    contract integer;
begin
    if to_regclass('scim.schema_version') is not null then
        select v.contract into contract from scim.schema_version v;

        if contract > 3 then
            raise exception 'the database has contract %, these files bring 3',
                            contract;
        end if;
    end if;
end
$$;

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

do $$
begin
    if not exists (select from pg_roles where rolname = 'scim_module') then
        create role scim_module login
            nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
    end if;

    if not exists (select from pg_roles where rolname = 'scim_app') then
        create role scim_app nologin
            nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
    end if;
end
$$;

-- Plans are made once and kept: one that was made while the tables were small
-- must still be right when they are large.  This role reads by index only, so
-- the planner need not guess; and no plan of it gains from compilation.  Nor
-- does one from the parameters: making it anew would cost more than it takes.
alter role scim_module set enable_seqscan = off;
alter role scim_module set jit = off;
alter role scim_module set plan_cache_mode = force_generic_plan;

create schema if not exists scim;

revoke all on schema scim from public;
grant usage on schema scim to scim_module, scim_app;

commit;
