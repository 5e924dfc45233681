-- Between tenants: nothing is seen, nothing is written, no edge can be stored.

select scim.create_tenant('acme'), scim.create_tenant('beta') \g /dev/null

insert into scim.resource (tenant, id, type, name, name_key, doc)
values ('acme', '00000000-0000-7000-8000-000000000001', 'User', 'a', 'a', '{}'),
       ('beta', '00000000-0000-7000-8000-000000000002', 'User', 'a', 'a', '{}'),
       ('acme', '00000000-0000-7000-8000-000000000003', 'Group', 'g', 'g',
        '{}');

insert into scim.audit (tenant, request_id, token_name, op, resource_type,
                        resource_id, status)
select t.name, gen_random_uuid(), '', 'x', 'User', gen_random_uuid(), 200
from scim.tenant t;

select tap.ok(true, 'the same name in two tenants');

select tap.fails($$insert into scim.resource_key values
    ('beta', 'User', 'emails.value', 'x',
     '00000000-0000-7000-8000-000000000001')$$, '23503',
    'no key of another tenant''s resource, not even for the owner');
select tap.fails($$insert into scim.member values
    ('acme', '00000000-0000-7000-8000-000000000003',
     '00000000-0000-7000-8000-000000000002', 'u')$$, '23503',
    'no member of another tenant');
select tap.fails($$insert into scim.member values
    ('beta', '00000000-0000-7000-8000-000000000003',
     '00000000-0000-7000-8000-000000000002', 'u')$$, '23503',
    'no group of another tenant');
select tap.fails($$insert into scim.resource
    (tenant, id, type, name, doc)
    values ('none', gen_random_uuid(), 'User', 'x', '{}')$$, '23503',
    'no resource without a tenant');

set role scim_module;

select tap.is((select count(*)::text from scim.resource), '0',
              'unset: nothing is seen');
select tap.is((select count(*)::text from scim.tenant), '0',
              'unset: no tenant either');
select tap.is((select count(*)::text from scim.audit), '0',
              'unset: no audit');
select tap.fails($$insert into scim.resource (tenant, id, type, name, doc)
    values ('acme', gen_random_uuid(), 'User', 'x', '{}')$$, '42501',
    'unset: nothing is written');
select tap.is(tap.rows('delete from scim.resource'), '0',
              'unset: nothing is deleted');

begin;
select set_config('scim.tenants', 'acme', true),
       set_config('scim.contract', '3', true) \g /dev/null

select tap.is((select string_agg(distinct tenant, ' ') from scim.resource),
              'acme', 'set: one''s own rows');
select tap.is((select string_agg(name, ' ') from scim.tenant), 'acme',
              'set: one''s own tenant');
select tap.fails($$insert into scim.resource (tenant, id, type, name, doc)
    values ('beta', gen_random_uuid(), 'User', 'x', '{}')$$, '42501',
    'set: no row for another');
select tap.fails($$update scim.resource set tenant = 'beta'
    where type = 'User'$$, '42501', 'set: no row is moved to another');
select tap.is(tap.rows($$update scim.resource set name = 'x'
    where tenant = 'beta'$$), '0', 'set: no row of another is changed');
select tap.is(tap.rows($$delete from scim.resource where id =
    '00000000-0000-7000-8000-000000000002'$$), '0',
    'set: nor deleted');
select tap.fails($$insert into scim.audit (tenant, request_id, token_name, op,
    resource_type, resource_id, status) values ('beta', gen_random_uuid(), '',
    'x', 'User', gen_random_uuid(), 200)$$, '42501',
    'set: no audit row in another''s name');
select tap.fails($$insert into scim.event (tenant, n, type, resource_type,
    resource_id) values ('beta', 1, 'x', 'User', gen_random_uuid())$$, '42501',
    'set: nor an event');
select tap.is((select string_agg(tenant, ' ') from scim.audit), 'acme',
              'set: one''s own audit');
commit;

select tap.is((select count(*)::text from scim.resource), '0',
              'after the transaction: nothing is seen again');

begin;
select set_config('scim.tenants', 'beta,acme', true) \g /dev/null
select tap.is((select count(distinct tenant)::text from scim.resource), '2',
              'a list admits each of it');
select set_config('scim.tenants', 'acm', true) \g /dev/null
select tap.is((select count(*)::text from scim.resource), '0',
              'a part of a name admits nobody');
select set_config('scim.tenants', 'acme%', true) \g /dev/null
select tap.is((select count(*)::text from scim.resource), '0',
              'there are no patterns');
select set_config('scim.tenants', '', true) \g /dev/null
select tap.is((select count(*)::text from scim.resource), '0',
              'nor does an empty list');
commit;
