-- Least rights: who may do what.

select tap.is((select string_agg(c.oid::regclass::text, ' ') from pg_class c
               join pg_roles r on r.oid = c.relowner
               where r.rolname in ('scim_module', 'scim_app')), null,
              'the roles own no relation');

select tap.is((select string_agg(n.nspname, ' ') from pg_namespace n
               join pg_roles r on r.oid = n.nspowner
               where r.rolname in ('scim_module', 'scim_app')), null,
              'the roles own no schema');

select tap.is((select string_agg(rolname, ' ') from pg_roles
               where rolname in ('scim_module', 'scim_app')
                     and (rolsuper or rolcreatedb or rolcreaterole
                          or rolreplication or rolbypassrls)), null,
              'the roles have no attribute of power');

select tap.is((select string_agg(c.relname, ' ') from pg_class c
               where c.relnamespace = 'scim'::regnamespace
                     and c.relkind in ('r', 'p') and not c.relrowsecurity),
              null, 'row level security is on everywhere');

select tap.is((select string_agg(p.oid::regprocedure::text, ' ')
               from pg_proc p
               where p.pronamespace = 'scim'::regnamespace and p.prosecdef
                     and not exists (select from unnest(p.proconfig) c
                                     where c = 'search_path=pg_catalog, '
                                               'pg_temp')), null,
              'functions with their owner''s rights have a fixed search path');

select tap.is((select string_agg(p.oid::regprocedure::text, ' ')
               from pg_proc p
               where p.pronamespace = 'scim'::regnamespace
                     and has_function_privilege('public', p.oid, 'execute')),
              null, 'PUBLIC may call no function');

select tap.is((select string_agg(c.relname, ' ')
               from pg_class c, aclexplode(c.relacl) x
               where c.relnamespace = 'scim'::regnamespace
                     and x.grantee = 0), null,
              'PUBLIC may use no relation');

select tap.is((select string_agg(c.relname, ' ')
               from pg_class c, aclexplode(c.relacl) x
               where c.relnamespace = 'scim'::regnamespace
                     and x.grantee = 'scim_app'::regrole
                     and (c.relkind <> 'v' or x.privilege_type <> 'SELECT')),
              null, 'scim_app may read views and nothing else');

select scim.create_tenant('acme') \g /dev/null

set role scim_module;

select tap.fails('create table scim.x (i int)', '42501', 'no table in scim');
select tap.fails('create schema x', '42501', 'no schema');
select tap.fails('alter table scim.resource add x int', '42501',
                 'no alter table');
select tap.fails('alter table scim.resource disable row level security',
                 '42501', 'no way around row level security');
select tap.fails('drop table scim.audit', '42501', 'no drop');
select tap.fails('truncate scim.resource', '42501', 'no truncate');
select tap.fails('insert into scim.tenant (name) values (''x'')', '42501',
                 'no tenant but by create_tenant');
select tap.fails('update scim.tenant set enabled = true', '42501',
                 'no tenant is enabled');
select tap.fails(format('update scim.resource set %I = %1$I', c), '42501',
                 c || ' is the application''s')
from unnest(array['protected', 'kind', 'members_writable', 'self_writable',
                  'origin', 'tenant', 'id', 'type', 'created']) c;
select tap.fails('delete from scim.tenant', '42501', 'no tenant is deleted');
select tap.fails('update scim.audit set op = ''x''', '42501',
                 'no audit row is changed');
select tap.fails('delete from scim.audit', '42501',
                 'no audit row is deleted');
select tap.fails('update scim.schema_version set contract = 2', '42501',
                 'the contract is not the module''s');
select tap.fails('select * from scim.v_user', '42501',
                 'the views are the application''s');
select tap.is(scim.create_tenant('acme')::text, 'false',
              'create_tenant of a known one');
select tap.is(scim.create_tenant('beta')::text, 'true',
              'create_tenant of a new one');
select tap.fails('select scim.create_tenant(''a,b'')', '23514',
                 'a tenant''s name has no comma');
select tap.fails('select scim.create_tenant('''')', '23514',
                 'nor is it empty');
select tap.fails('select scim.create_tenant(repeat(''a'', 65))', '23514',
                 'nor longer than 64');

reset role;

-- a change and its audit row are one statement

begin;
set local role scim_module;
select set_config('scim.tenants', 'acme', true) \g /dev/null

create function pg_temp.audit() returns text language sql as $$
    select $x$insert into scim.audit (tenant, request_id, token_name, op,
                                      resource_type, status)
              values ('acme', gen_random_uuid(), 't', 'create', 'User', 201)$x$
$$;

select tap.fails(pg_temp.audit(), '42501',
                 'a module of a contract without events writes nothing');
select set_config('scim.contract', '2', true) \g /dev/null
select tap.fails(pg_temp.audit(), '42501', 'whichever it is');
select set_config('scim.contract', '3', true) \g /dev/null
select tap.is(tap.rows(pg_temp.audit()), '1', 'one of this contract does');
rollback;

set role scim_app;

select tap.is((select count(*)::text from scim.v_user), '0',
              'scim_app reads v_user');
select tap.fails('select * from scim.resource', '42501',
                 'scim_app reads no table');

reset role;
create role scim_stranger;
set role scim_stranger;

select tap.fails('select scim.create_tenant(''c'')', '42501',
                 'a stranger calls nothing');
select tap.fails('select * from scim.v_user', '42501',
                 'a stranger reads nothing');

reset role;
drop role scim_stranger;
