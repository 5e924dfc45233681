-- Plans of the writes of users, of those that take over a row, and of
-- tombstones: by index, whatever there is.  Once with plans that were made while
-- the tables were empty, once with plans made for large ones; generic ones both
-- times.

create function tap.write_plans(made text) returns setof text
    language plpgsql as
$$
declare
    u text := '''20000000-0000-7000-8000-0000000';
    w text := made || ': ';
begin
    return next tap.plan($x$execute scim_lock('acme')$x$, 1,
        w || 'lock the tenant');
    return next tap.plan($x$execute scim_create0('acme', gen_random_uuid(),
        'User', gen_random_uuid(), 't', null, null, 'N', gen_random_uuid(),
        'n', true, '{}', '{emails.value}', '{n@x}', '{f}', 50000)$x$, 3,
        w || 'create');

    -- who is found is not written by this statement; the tenant's row is looked
    -- at twice, a row with an address has a key besides

    return next tap.plan($x$execute scim_create2('acme', gen_random_uuid(),
        'User', gen_random_uuid(), 't', null, null, 'N', 'u20077', 'n',
        true, '{}', '{emails.value}', '{u20077@x}', '{f}', -1, 'userName',
        false)$x$, 5, w || 'create, adopt by userName');
    return next tap.plan($x$execute scim_create2('acme', gen_random_uuid(),
        'User', gen_random_uuid(), 't', null, null, 'N', 'n', 'x20077',
        true, '{}', '{emails.value}', '{u20077@x}', '{f}', -1, 'externalId',
        false)$x$, 4, w || 'create, adopt by externalId');
    return next tap.plan($x$execute scim_create2('acme', gen_random_uuid(),
        'User', gen_random_uuid(), 't', null, null, 'N', 'n', 'n',
        true, '{}', '{emails.value}', '{u20077@x}', '{f}', -1, 'emails',
        false)$x$, 5, w || 'create, adopt by emails');
    return next tap.plan($x$execute scim_create2('acme', gen_random_uuid(),
        'User', gen_random_uuid(), 't', null, null, 'N', 'n', 'x25077',
        true, '{}', '{emails.value}', '{u20077@x}', '{f}', -1, null,
        true)$x$, 3, w || 'create, restore');
    return next tap.plan($x$execute scim_create2('acme', gen_random_uuid(),
        'User', gen_random_uuid(), 't', null, null, 'N', gen_random_uuid(),
        gen_random_uuid(), true, '{}', '{emails.value}',
        array[gen_random_uuid()::text], '{f}', -1, 'emails', true)$x$, 3,
        w || 'create, nobody to be taken over');
    return next tap.plan($x$execute scim_create3('acme', gen_random_uuid(),
        'Group', gen_random_uuid(), 't', null, null, 'N', gen_random_uuid(),
        'x25077', true, '{}', '{}', '{}', '{}',
        '{20000000-0000-7000-8000-000000000001}', 0, false)$x$, 4,
        w || 'create a group, nobody to be restored');

    return next tap.plan(format($x$execute scim_replace0('acme', %s00007',
        'User', gen_random_uuid(), 't', null, null, 'N', 'n7', 'n7', false,
        '{"a": 1}', '{emails.value}', '{n7@x}', '{f}', 1, false, 'replace',
        -1)$x$, u), 6, w || 'replace');
    return next tap.plan(format($x$execute scim_replace0('acme', %s20077',
        'User', gen_random_uuid(), 't', null, null, 'N', 'n8', 'n8', false,
        '{"a": 1}', '{emails.value}', '{n8@x}', '{f}', 1, false, 'adopt',
        -1)$x$, u), 6, w || 'adopt');
    return next tap.plan(format($x$execute scim_replace0('acme', %s25077',
        'User', gen_random_uuid(), 't', null, null, 'N', 'n9', 'n9', true,
        '{"a": 1}', '{emails.value}', '{n9@x}', '{f}', 1, false, 'restore',
        50000)$x$, u), 5, w || 'restore');
    return next tap.plan(format($x$execute scim_delete0('acme', %s00009',
        'User', gen_random_uuid(), 't', null, null, 0)$x$, u), 5,
        w || 'delete');
    return next tap.plan(format($x$execute scim_delete1('acme', %s00010',
        'User', gen_random_uuid(), 't', null, null, 0)$x$, u), 6,
        w || 'leave a tombstone');
    return next tap.plan($x$execute scim_delete1('acme',
        '30000000-0000-7000-8000-000000000001', 'Group', gen_random_uuid(),
        't', null, null, 0)$x$, 25, w || 'leave a tombstone of a group of 10');
end
$$;

select scim.create_tenant('acme') \g /dev/null

\c - scim_module
set plan_cache_mode = force_generic_plan;
set scim.tenants = 'acme';
set scim.contract = '3';
\i :statements

begin;
select count(*) from tap.write_plans('empty') x \g /dev/null
rollback;

-- 20,000 users of SCIM's, 5,000 that were imported, as many tombstones; groups

insert into scim.resource (tenant, id, type, name, name_key, external_id, doc,
                           managed, deleted_at)
select 'acme', ('20000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid,
       'User', 'U' || i, 'u' || i, 'x' || i, '{}', i <= 20000 or i > 25000,
       case when i > 25000 then now() end
from generate_series(1, 30000) i;

insert into scim.resource_key (tenant, type, attr, key, id)
select tenant, type, 'emails.value', name_key || '@x', id from scim.resource
where deleted_at is null;

insert into scim.resource (tenant, id, type, name, name_key, doc, members)
select 'acme', ('30000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid,
       'Group', 'G' || i, 'g' || i, '{}', 10
from generate_series(1, 200) i;

insert into scim.member (tenant, group_id, member_id, kind)
select 'acme', ('30000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid,
       ('20000000-0000-7000-8000-' || lpad((i * 10 + k + 1000)::text, 12,
                                           '0'))::uuid, 'u'
from generate_series(1, 200) i, generate_series(0, 9) k;

begin;
select * from tap.write_plans('made when empty');
rollback;

\c - postgres

vacuum analyze scim.resource;
vacuum analyze scim.resource_key;
vacuum analyze scim.member;
vacuum analyze scim.tenant;

\c - scim_module
set plan_cache_mode = force_generic_plan;
set scim.tenants = 'acme';
set scim.contract = '3';
\i :statements

begin;
select * from tap.write_plans('made when large');
rollback;
