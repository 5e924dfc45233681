-- The contract's number, last, so that a module sees it only when all before
-- it is there: its file stays the last one.  Read by scim_module at each
-- connect.
--
-- 1  users
-- 2  groups, custom types, unique keys; a module written for 1 could still serve
--    users
-- 3  events, seats, tokens, tombstones; an older module would write changes that
--    have no events, and may not

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';

insert into scim.schema_version (contract, module_min, module_max)
values (3, 3, 3)
on conflict (one) do update
    set contract = excluded.contract,
        module_min = excluded.module_min,
        module_max = excluded.module_max,
        applied = now()
    where schema_version.contract < excluded.contract;

commit;
