-- Plans of the statements of groups: the cost of a change does not know the
-- size of the group.  Once with plans that were made while the tables were
-- empty, once with plans made for large ones; generic ones both times.

create function tap.group_plans(made text) returns setof text
    language plpgsql as
$$
declare
    g text := '''30000000-0000-7000-8000-000000000000''';
    h text := '''30000000-0000-7000-8000-000000000001''';
    w text := made || ': ';
begin
    return next tap.plan(format($x$execute scim_change('acme', %s, 'Group',
    gen_random_uuid(), 't', null, null, 0,
    '{20000000-0000-7000-8000-000000029999}', '{}', 0, false, false)$x$, g), 5,
        w || 'add one to 20,000');
    return next tap.plan(format($x$execute scim_change('acme', %s, 'Group',
    gen_random_uuid(), 't', null, null, 0, '{}',
    '{20000000-0000-7000-8000-000000000777}', 0, false, false)$x$, g), 6,
        w || 'take one of 20,000');
    return next tap.plan(format($x$execute scim_change('acme', %s, 'Group',
    gen_random_uuid(), 't', null, null, 0,
    '{20000000-0000-7000-8000-000000000005}',
    '{20000000-0000-7000-8000-000000029998}', 0, false, false)$x$, g), 5,
        w || 'add one that is in, take one that is not');
    return next tap.plan(format($x$execute scim_change('acme', %s, 'Group',
    gen_random_uuid(), 't', null, null, 0, array[%s]::uuid[], '{}', 0,
    false, false)$x$, h, g), 6, w || 'a group of 20,000 into another');
    return next tap.plan(format($x$execute scim_replace1('acme', %s, 'Group',
    gen_random_uuid(), 't', null, null, 'G', 'g', null, true, '{"a": 1}',
    '{}', '{}', '{}', 3, false, 'patch', '{}', '{}', 0, false, false)$x$, g), 6,
        w || 'rename a group of 20,000');
    return next tap.plan($x$execute scim_create1('acme', gen_random_uuid(),
    'Group', gen_random_uuid(), 't', null, null, 'N',
    gen_random_uuid()::text, null, true, '{}', '{}', '{}', '{}',
    '{20000000-0000-7000-8000-000000000001,
          20000000-0000-7000-8000-000000000002}',
    0, false)$x$, 4,
        w || 'create a group of two');
    execute 'execute scim_members_plan';
    return next tap.plan(format($x$execute scim_members('acme',
        array[%s, %s]::uuid[], '00000000-0000-0000-0000-000000000000',
        11)$x$, g, h), 22, w || 'a page of 20,000');
    return next tap.plan(format($x$execute scim_members('acme',
        array[%s, %s]::uuid[], '20000000-0000-7000-8000-000000010000',
        11)$x$, g, h), 22, w || 'a page in the middle of 20,000');
    return next tap.plan($x$execute scim_get0('{acme}', '{User}',
        '{20000000-0000-7000-8000-000000029997}', '{t}')$x$, 1,
        w || 'a user in no group');
    return next tap.plan($x$execute scim_delete0('acme',
    '20000000-0000-7000-8000-000000000003', 'User', gen_random_uuid(),
    't', null, null, 0)$x$, 9, w || 'delete a member');
end
$$;

select scim.create_tenant('acme') \g /dev/null

\c - scim_module
set plan_cache_mode = force_generic_plan;
set scim.tenants = 'acme';
set scim.contract = '3';
\i :statements

begin;
select count(*) from tap.group_plans('empty') x \g /dev/null
rollback;

insert into scim.resource (tenant, id, type, name, name_key, doc, members)
select 'acme', ('20000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid,
       'User', 'U' || i, 'u' || i, '{}'::jsonb, 0
from generate_series(1, 30000) i
union all
select 'acme', ('30000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid,
       'Group', 'G' || i, 'g' || i, '{}', case i when 0 then 20000 else 10 end
from generate_series(0, 2000) i;

insert into scim.member (tenant, group_id, member_id, kind)
select 'acme', '30000000-0000-7000-8000-000000000000',
       ('20000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'u'
from generate_series(1, 20000) i
union all
select 'acme', ('30000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid,
       ('20000000-0000-7000-8000-' || lpad(((i * 10 + k) % 20000 + 1)::text,
                                           12, '0'))::uuid, 'u'
from generate_series(1, 2000) i, generate_series(0, 9) k;

begin;
select * from tap.group_plans('made when empty');
rollback;

\c - postgres

vacuum analyze scim.resource;
vacuum analyze scim.member;
vacuum analyze scim.tenant;

\c - scim_module
set plan_cache_mode = force_generic_plan;
set scim.tenants = 'acme';
set scim.contract = '3';
\i :statements

begin;
select * from tap.group_plans('made when large');
rollback;
