-- The migrations (run.t applies them twice) leave what was there, and name the
-- contract.

select tap.is((select contract || ' ' || module_min || ' ' || module_max
               from scim.schema_version), '3 3 3', 'the contract');

select tap.fails('insert into scim.schema_version
                  values (false, 9, 9, 9)', '23514',
                 'the contract is one row');

select tap.is((select string_agg(c.relname || '.' || p.polname, ' '
                                 order by c.relname, p.polname)
               from pg_policy p
               join pg_class c on c.oid = p.polrelid
               where c.relnamespace = 'scim'::regnamespace),
              'audit.contract audit.tenants event.tenants member.tenants '
              'resource.tenants resource_key.tenants schema_version.contract '
              'tenant.tenants', 'the policies, after two rounds');

-- a file that is applied again, alone, takes nothing from who is running

\ir ../../sql/003_security.sql

select tap.ok(has_table_privilege('scim_app', 'scim.v_user', 'select'),
              'the application keeps its views meanwhile');

-- files of this contract keep off a database of a later one

update scim.schema_version set contract = 4;

\setenv PGDATABASE :DBNAME
\setenv FOLDER :folder
\set failed `sh "$FOLDER/fixtures/apply.sh" "$FOLDER/../../sql"`

select tap.ok(:'failed' like '001_roles.sql%', 'a later contract is refused');
select tap.is((select contract::text from scim.schema_version), '4',
              'and stays');
