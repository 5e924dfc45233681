-- The contract's number, last, so that a module sees it only when all before
-- it is there: its file stays the last one.  Read by scim_module at each
-- connect; 001_roles.sql keeps these files off a database of a later one.
--
-- 1  users
-- 2  groups, custom types, unique keys; a module written for 1 could still
--    serve users
-- 3  events, seats, tokens, tombstones; an older module would write changes
--    that have no events, and may not

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

-- From here on a module tells in each transaction which contract it was written
-- for: every change has a row in the audit, so that one of an older module that
-- is still connected is refused whole (SQLSTATE 42501).

do $$
begin
    if not exists (select from pg_policy
                   where polrelid = 'scim.audit'::regclass
                         and polname = 'contract')
    then
        create policy contract on scim.audit as restrictive for insert
            to scim_module
            with check (coalesce(nullif(pg_catalog.current_setting(
                'scim.contract', true), ''), '0')::integer >= 3);
    end if;
end
$$;

insert into scim.schema_version (contract, module_min, module_max)
values (3, 3, 3)
on conflict (one) do update
    set contract = excluded.contract,
        module_min = excluded.module_min,
        module_max = excluded.module_max,
        applied = now()
    where schema_version.contract < excluded.contract;

commit;
