-- The audit by months: where rows go, how partitions come and go; failed
-- authentication is counted.

select scim.create_tenant('acme'), scim.create_tenant('beta') \g /dev/null

select current_user as owner \gset

create schema test;

-- a request id of that time

create function test.id(at timestamptz) returns uuid language sql
    security definer as $$
    select (left(scim.audit_from(at)::text, 14)
            || substr(gen_random_uuid()::text, 15))::uuid
$$;

create function test.month(ago integer) returns text language sql as $$
    select to_char(now() at time zone 'UTC' - ago * interval '1 month',
                   '"audit_"YYYYMM')
$$;

create function test.write(id uuid) returns void language sql as $$
    insert into scim.audit (tenant, request_id, token_name, op, resource_type,
                            resource_id, status)
    values ('acme', id, 't', 'create', 'User', gen_random_uuid(), 201)
$$;

create function test.rows() returns text language sql as $$
    select string_agg(part || '=' || n, ' ' order by part collate "C")
    from (select tableoid::regclass::text as part, count(*) as n
          from scim.audit group by 1) x
$$;

grant usage on schema test to scim_module, scim_app;

select tap.is((select count(*)::text from scim.audit_parts()), '13',
              'this month and twelve more');
select tap.is((select count(*)::text from scim.audit_parts() a
               where not exists (select from scim.audit_parts() b
                                 where b.low = a.high)), '1',
              'without a gap');
select tap.is(scim.audit_from('2026-11-22 04:06:16.789+00')::text,
              '01a2016e-edd5-0000-0000-000000000000',
              'the first id of a time');
select tap.is(scim.audit_from('1960-01-01 00:00+00')::text,
              '00000000-0000-0000-0000-000000000000', 'of any time');

set role scim_module;
begin;
select set_config('scim.tenants', 'acme', true),
       set_config('scim.contract', '3', true) \g /dev/null
select test.write(test.id(now())), test.write(test.id(now())),
       test.write('ffffffff-0000-7000-8000-000000000001') \g /dev/null
commit;
reset role;

select tap.is(test.rows(), format('scim.%s=2 scim.audit_default=1',
                                  test.month(0)),
              'rows of now, and of no time');

select tap.fails(format('select test.write(%L)',
                        (select request_id from scim.audit limit 1)), '23505',
                 'a request id is unique in its tenant');

-- maintain

set role scim_app;
select tap.is(scim.maintain()::text, '0', 'all partitions are there');
reset role;

do $$
begin
    execute format('drop table scim.%I', test.month(0));
    execute format('drop table scim.%I', test.month(-12));
end
$$;

select test.write(test.id(now())), test.write(test.id(now())),
       test.write(test.id(now() - interval '2 months')),
       test.write(test.id('2001-01-01')) \g /dev/null

select tap.is(test.rows(), 'scim.audit_default=5', 'nothing else fits');

set role scim_app;
select tap.is(scim.maintain()::text, '3',
              'the missing ones, and one for what is older');
reset role;

select tap.is(test.rows(), format(
                  'scim.%s=1 scim.%s=2 scim.audit_default=2', test.month(2),
                  test.month(0)), 'where the rows are now');
select tap.is((select string_agg(relname, ' ') from pg_class
               where relname ~ '^audit_[0-9]+$' and not relrowsecurity), null,
              'row level security is on');
select tap.is((select count(*)::text from pg_class c,
                      aclexplode(c.relacl) x
               where relname ~ '^audit_[0-9b]'
                     and x.grantee <> c.relowner), '0',
              'and nobody reaches a partition by itself');

-- retention

set role scim_app;
select tap.is(scim.drop_audit('1 year')::text, '0', 'nothing is that old');
select tap.is(scim.drop_audit('31 days')::text, '1', 'what is older goes');
select tap.is(scim.drop_audit('-10 years')::text, '0',
              'what is written now stays');
reset role;

select tap.is(test.rows(), format('scim.%s=2 scim.audit_default=2',
                                  test.month(0)), 'the rest is there');

update scim.audit_default set at = now() - interval '40 days'
where request_id > 'f0000000-0000-0000-0000-000000000000';

set role scim_app;
select tap.is(scim.drop_audit('31 days')::text, '0', 'no partition more');
reset role;

select tap.is(test.rows(), format('scim.%s=2 scim.audit_default=1',
                                  test.month(0)),
              'but rows that are in no month');

-- what the module does with it is as cheap as before

insert into scim.audit (tenant, request_id, token_name, op, resource_type,
                        resource_id, status)
select 'acme', test.id(now()), 't', 'create', 'User', gen_random_uuid(), 201
from generate_series(1, 20000);

select test.write('01a2016e-edd5-7000-8000-000000000001') \g /dev/null

\c - scim_module
\i :statements

begin;
select set_config('scim.tenants', 'acme', true),
       set_config('scim.contract', '3', true) \g /dev/null
\set look '''01a2016e-edd5-7000-8000-000000000001'', false)'
select tap.reads('execute scim_look(''acme'', ' || :'look', 1, 10,
                 'the look for a request reads one partition');

create function pg_temp.parts() returns text language plpgsql as $$
declare
    p jsonb;
begin
    execute $x$explain (format json) execute scim_look('acme',
                   '01a2016e-edd5-7000-8000-000000000001', false)$x$ into p;

    return (select count(distinct n ->> 'Relation Name')
            from jsonb_path_query(p, '$.**') n
            where n ->> 'Relation Name' like 'audit%');
end
$$;

select tap.is(pg_temp.parts(), '1', 'and plans for no other');
commit;

-- who reads

select tap.fails('select * from scim.v_audit', '42501',
                 'the view is the application''s');
select tap.fails('select scim.maintain()', '42501', 'so are the functions');

-- failures

select scim.count_failures('{acme,"",acme,acme}',
                           '{token expired,unknown token,token expired,scope}',
                           '{2,5,1,7}') \g /dev/null
select scim.count_failures('{acme,null}', '{token expired,unknown token}',
                           '{1,1}') \g /dev/null
select tap.fails('select * from scim.auth_failure', '42501',
                 'the module reads no count');

\c - :owner
set role scim_app;

select tap.is((select string_agg(tenant || '/' || reason || '=' || n, ', '
                                 order by tenant, reason)
               from scim.v_auth_failure
               where hour = date_trunc('hour', now(), 'UTC')
                     or hour = date_trunc('hour', now(), 'UTC')
                               - interval '1 hour'),
              '/unknown token=6, acme/scope=7, acme/token expired=4',
              'failures are counted');
select tap.fails('select scim.count_failures(''{a}'', ''{b}'', ''{1}'')',
                 '42501', 'by the module alone');
select tap.is((select string_agg(distinct concat_ws(' ', tenant, op, status,
                                                    origin), '')
               from scim.v_audit), 'acme create 201 scim', 'the audit is read');

reset role;
update scim.auth_failure set hour = hour - interval '3 days'
where reason = 'scope';
select scim.drop_audit('1 day') \g /dev/null
select tap.is((select count(*)::text from scim.auth_failure), '2',
              'old counts go with the audit');
