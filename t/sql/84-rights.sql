-- What the application may do, and nothing else; docs/contract.md lists it.

create function pg_temp.may(who text) returns table(name text)
    language sql as $$
    select distinct p.proname::text from pg_proc p
    where p.pronamespace = 'scim'::regnamespace
          and has_function_privilege(who, p.oid, 'execute')
$$;

\set contract `cat :folder/../../docs/contract.md`

create temporary table documented as
select case when m[2] is null then 'view' else 'function' end as kind,
       m[1] as name
from regexp_matches(:'contract', '(?:^|\n)### scim\.([a-z0-9_]+)(\()?',
                    'g') m;

select tap.is((select string_agg(m.name, ' ' order by m.name)
               from pg_temp.may('scim_app') m
               where strpos(:'contract', 'scim.' || m.name || '(') = 0), null,
              'each function of the application is in docs/contract.md');
select tap.is((select string_agg(d.name, ' ' order by d.name)
               from documented d
               where d.kind = 'function'
                     and d.name not in (
                         select m.name from pg_temp.may('scim_app') m
                         union select m.name from pg_temp.may('scim_module') m
                         union select 'app_users')), null,
              'each function in docs/contract.md is there');
select tap.is((select string_agg(c.relname, ' ' order by c.relname)
               from pg_class c
               where c.relnamespace = 'scim'::regnamespace and c.relkind = 'v'
                     and has_table_privilege('scim_app', c.oid, 'select')
                     and c.relname::text not in (
                         select d.name from documented d
                         where d.kind = 'view')), null,
              'each view of the application is in docs/contract.md');
select tap.is((select string_agg(d.name, ' ' order by d.name)
               from documented d
               where d.kind = 'view'
                     and not exists (
                         select from pg_class c
                         where c.relnamespace = 'scim'::regnamespace
                               and c.relkind = 'v' and c.relname = d.name
                               and has_table_privilege('scim_app', c.oid,
                                                       'select'))), null,
              'each view in docs/contract.md is there');

-- each column of a view stands in its section, or in that of the view that
-- this one is like

create function pg_temp.section(contract text, name text) returns text
    language sql as $$
    select split_part(split_part(contract, '### scim.' || name || e'\n', 2),
                      e'\n### ', 1)
$$;

select tap.is((select string_agg(c.relname || '.' || a.attname, ' ')
               from pg_class c
                    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
                    cross join lateral (
                        select pg_temp.section(:'contract', c.relname)
                               || case c.relname
                                  when 'v_user_all' then
                                      pg_temp.section(:'contract', 'v_user')
                                  when 'v_phone' then
                                      pg_temp.section(:'contract', 'v_email')
                                  else '' end as text) s
               where c.relnamespace = 'scim'::regnamespace and c.relkind = 'v'
                     and has_table_privilege('scim_app', c.oid, 'select')
                     and strpos(s.text, '`' || a.attname || '`') = 0),
              null, 'each column of a view is in docs/contract.md');

-- who may do what

select tap.is((select string_agg(m.name, ' ' order by m.name)
               from pg_temp.may('public') m), null,
              'PUBLIC may call no function');
select tap.is((select string_agg(m.name, ' ' order by m.name)
               from pg_temp.may('scim_app') m
               where m.name in (select x.name
                                from pg_temp.may('scim_module') x)),
              'create_tenant', 'the module and the application share one');
select tap.is((select string_agg(p.proname, ' ' order by p.proname)
               from pg_proc p
               where p.pronamespace = 'scim'::regnamespace
                     and has_function_privilege('scim_app', p.oid, 'execute')
                     and not p.prosecdef and p.provolatile = 'v'), null,
              'what the application changes is changed by the owner');
select tap.is((select string_agg(p.oid::regprocedure::text, ' ')
               from pg_proc p
               where p.pronamespace = 'scim'::regnamespace and p.prosecdef
                     and coalesce(p.proconfig, '{}') @>
                         '{"search_path=pg_catalog, pg_temp"}' is not true),
              null, 'no caller can change a search path');
select tap.is((select string_agg(c.relname, ' ')
               from pg_class c
               where c.relnamespace = 'scim'::regnamespace
                     and c.relkind in ('r', 'p')
                     and (has_table_privilege('scim_app', c.oid, 'select')
                          or has_table_privilege('scim_app', c.oid, 'insert')
                          or has_table_privilege('scim_app', c.oid, 'update')
                          or has_table_privilege('scim_app', c.oid, 'delete')
                          or has_any_column_privilege('scim_app', c.oid,
                                                      'select'))), null,
              'the application has no table');
select tap.is((select string_agg(r.rolname || '.' || c.relname || '.'
                                 || a.attname, ' ')
               from pg_class c
                    join pg_attribute a on a.attrelid = c.oid
                    cross join pg_roles r
               where c.relnamespace = 'scim'::regnamespace
                     and r.rolname in ('scim_app', 'scim_module')
                     and (a.attname like '%digest%'
                          or a.attname like '%secret%')
                     and has_column_privilege(r.oid, c.oid, a.attnum,
                                              'select')), null,
              'nobody reads a digest');
select tap.is((select string_agg(p.oid::regprocedure::text, ' ')
               from pg_proc p
               where p.pronamespace = 'scim'::regnamespace
                     and (p.prorettype = 'bytea'::regtype
                          or 'bytea'::regtype = any (p.proallargtypes)
                             and p.proargmodes && '{o,b,t}'::"char"[]
                             and p.proname <> 'find_token')), null,
              'no function gives one back');

-- a caller's search path, and functions of his, change nothing

select scim.create_tenant('acme') \g /dev/null
create schema evil;
grant all on schema evil to scim_app;
set role scim_app;
create function evil.now() returns timestamptz language sql
    as $$ select 'infinity'::timestamptz $$;
create function evil.gen_random_uuid() returns uuid language sql
    as $$ select '00000000-0000-0000-0000-000000000000'::uuid $$;
create function evil.uuid_send(uuid) returns bytea language sql
    as $$ select ''::bytea $$;
set search_path = evil, pg_catalog;

select scim.issue_token('acme', 'a', '1 day') as a \gset
select scim.issue_token('acme', 'b', '1 day') as b \gset
select scim.import_user('acme', 'u', '{"userName": "u"}') \g /dev/null

reset search_path;

select tap.ok(:'a' <> :'b', 'a token''s randomness is PostgreSQL''s');
select tap.ok((select expires_at < now() + interval '2 days'
               from scim.v_token where name = 'a'), 'and its time');

select tap.fails('select scim.emit(''acme'', ''user.created'', ''{}'')',
                 '42501', 'events are written by what changes');
select tap.fails('select scim.lock_tenant(''acme'')', '42501',
                 'locks are what functions take');
select tap.fails('select scim.note(''acme'', ''x'', ''y'', null, 1, 1, 1)',
                 '42501', 'the audit, too');
select tap.fails('update scim.v_group set managed = false', '42501',
                 'views are for reading');
select tap.fails('update scim.v_login set active = true', '42501',
                 'all of them');
select tap.fails('delete from scim.v_token', '42501', 'tokens, too');

reset role;
drop schema evil cascade;
