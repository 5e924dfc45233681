-- A database of contract 1, with data, gets what came later, and keeps what it
-- has.

drop schema scim cascade;

\ir ../../sql/001_roles.sql
\ir ../../sql/002_tables.sql
\ir ../../sql/003_security.sql
\ir ../../sql/004_functions.sql
\ir ../../sql/005_views.sql

insert into scim.schema_version values (true, 1, 1, 1);

select tap.is((select string_agg(attname, ' ') from pg_attribute
               where attname in ('members', 'uniq', 'unknown_members')
                     and attrelid::regclass::text like 'scim.%'), null,
              'what came later is not there');

select scim.create_tenant('acme'), scim.create_tenant('beta') \g /dev/null

insert into scim.resource (tenant, id, type, name, name_key, doc)
select t, ('00000000-0000-7000-8000-00000000000' || n)::uuid,
       case when n < 4 then 'User' else 'Group' end, 'R' || n, 'r' || n, '{}'
from (values ('acme'), ('beta')) v(t), generate_series(1, 6) n;

insert into scim.member (tenant, group_id, member_id, kind)
values ('acme', '00000000-0000-7000-8000-000000000004',
        '00000000-0000-7000-8000-000000000001', 'u'),
       ('acme', '00000000-0000-7000-8000-000000000004',
        '00000000-0000-7000-8000-000000000002', 'u'),
       ('acme', '00000000-0000-7000-8000-000000000005',
        '00000000-0000-7000-8000-000000000004', 'g'),
       ('beta', '00000000-0000-7000-8000-000000000005',
        '00000000-0000-7000-8000-000000000001', 'u');

insert into scim.resource_key
values ('acme', 'User', 'emails.value', 'a@x',
        '00000000-0000-7000-8000-000000000001'),
       ('acme', 'User', 'emails.value', 'a@x',
        '00000000-0000-7000-8000-000000000002');

insert into scim.audit (tenant, request_id, token_name, op, resource_type,
                        resource_id, status)
values ('acme', gen_random_uuid(), 't', 'create', 'User', gen_random_uuid(),
        201);

create temporary table before as
select tenant, id, version, modified, doc from scim.resource;

\ir ../../sql/008_groups.sql
\ir ../../sql/099_contract.sql

create function pg_temp.counts() returns text language sql as $$
    select string_agg(tenant || right(id::text, 1) || '=' || members, ' '
                      order by tenant, id)
    from scim.resource where members > 0
$$;

select tap.is(pg_temp.counts(), 'acme4=2 acme5=1 beta5=1',
              'the members of each group are counted');
select tap.is((select count(*)::text from before
               join scim.resource using (tenant, id, version, modified, doc)),
              '12', 'every resource is what it was');
select tap.is((select string_agg(key || ' ' || uniq, ', ')
               from scim.resource_key), 'a@x false, a@x false',
              'keys that are there need not be unique');
select tap.is((select string_agg(unknown_members::text, '')
               from scim.audit), '0', 'audit rows stay');
select tap.is((select contract || ' ' || module_min || ' ' || module_max
               from scim.schema_version), '2 1 2', 'the contract');

-- on a live database: what is counted since is not counted anew

update scim.resource set members = 7
where tenant = 'beta' and id = '00000000-0000-7000-8000-000000000006';

\ir ../../sql/008_groups.sql
\ir ../../sql/099_contract.sql

select tap.is(pg_temp.counts(), 'acme4=2 acme5=1 beta5=1 beta6=7',
              'again: nothing changes');

set role scim_module;
begin;
select set_config('scim.tenants', 'acme', true) \g /dev/null
select tap.is((select string_agg(g ->> 'display' || ' ' || (g ->> 'type'),
                                 ', ')
               from jsonb_array_elements(scim.user_groups('acme',
                   '00000000-0000-7000-8000-000000000001')::jsonb) g),
              'R4 direct, R5 indirect', 'the module sees groups of before');
commit;
