-- The migrations (run.t applies them twice) leave what was there, and name the
-- contract.

select tap.is((select contract || ' ' || module_min || ' ' || module_max
               from scim.schema_version), '2 1 2', 'the contract');

select tap.fails('insert into scim.schema_version
                  values (false, 9, 9, 9)', '23514',
                 'the contract is one row');

select tap.is((select count(*)::text from pg_policy p
               join pg_class c on c.oid = p.polrelid
               where c.relnamespace = 'scim'::regnamespace), '5',
              'one policy a table, after two rounds');

-- every key and unique index begins with the tenant

select tap.is((select string_agg(i.indexrelid::regclass::text, ' ')
               from pg_index i
               join pg_class c on c.oid = i.indrelid
               join pg_attribute a on a.attrelid = c.oid
                                      and a.attnum = i.indkey[0]
               where c.relnamespace = 'scim'::regnamespace
                     and c.relname <> 'schema_version'
                     and a.attname <> case c.relname when 'tenant' then 'name'
                                      else 'tenant' end), null,
              'every index begins with the tenant');

-- a file that is applied again, alone, takes nothing from who is running

\ir ../../sql/003_security.sql

select tap.ok(has_table_privilege('scim_app', 'scim.v_user', 'select'),
              'the application keeps its views meanwhile');
