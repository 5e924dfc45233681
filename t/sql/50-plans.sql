-- Plans of the hot statements: by index, touching no more rows than come back,
-- on a large tenant, a small one, and an empty database.  Generic plans, as a
-- connection has them after its first few statements.

\c - scim_module
set plan_cache_mode = force_generic_plan;
set scim.tenants = 'large,small';
set scim.contract = '3';
\i :statements

select tap.plan($$execute scim_get0('{large}', '{User}',
                                    array[gen_random_uuid()], '{f}')$$,
                0, 'empty database: by id');
select tap.plan($$execute scim_get1('{large}', '{User}', '{x}', '{f}')$$,
                0, 'empty database: by name');
select tap.plan($$execute scim_list('large', false, 'User', 0, 100)$$,
                0, 'empty database: list');

\c - postgres

select scim.create_tenant('large'), scim.create_tenant('small') \g /dev/null

insert into scim.resource (tenant, id, type, name, name_key, external_id,
                           created, doc)
select t, gen_random_uuid(), 'User', 'U' || i, 'u' || i, 'x' || i,
       now() + i * interval '1 ms',
       jsonb_build_object('userName', 'U' || i, 'title', repeat('x ', 200))
from (values ('large', 20000), ('small', 250)) v(t, n),
     generate_series(1, v.n) i;

insert into scim.resource_key
select tenant, type, 'emails.value', name_key || '@x', id from scim.resource;

update scim.tenant t
set users = (select count(*) from scim.resource r where r.tenant = t.name);

vacuum analyze scim.resource;
vacuum analyze scim.resource_key;
vacuum analyze scim.tenant;

\c - scim_module
set plan_cache_mode = force_generic_plan;
set scim.tenants = 'large,small';
set scim.contract = '3';
\i :statements

select array_agg(id) as ids, min(id::text) as id
from (select id from scim.resource where tenant = 'large' limit 32) x \gset
select id as small from scim.resource where tenant = 'small' limit 1 \gset
select tap.plan(format('execute scim_get0('
                       'array_fill(''large''::text, array[32]), '
                       'array_fill(''User''::text, array[32]), %L, '
                       'array_fill(false, array[32]))', :'ids'),
                32, 'large: 32 by id');
select tap.plan(format('execute scim_get0(''{small}'', ''{User}'', ''{%s}'', '
                       '''{f}'')', :'small'), 1, 'small: by id');
select tap.plan($$execute scim_get1('{large,small}', '{User,User}',
                                    '{u77,u77}', '{f,f}')$$, 2, 'by name');
select tap.plan($$execute scim_get2('{large,small}', '{User,User}',
                                    '{x77,x77}', '{f,f}')$$, 2,
                'by externalId');

-- the tenant's row, the index entries passed over, and each row of the page

select tap.plan($$execute scim_list('large', false, 'User', 0, 100)$$, 201,
                'large: the first page');
select tap.plan($$execute scim_list('large', false, 'User', 19900, 100)$$, 201,
                'large: the last page, from its own end');
select tap.plan($$execute scim_list('large', false, 'User', 20000, 100)$$, 1,
                'large: past the end');
select tap.plan($$execute scim_list('small', false, 'User', 100, 10)$$, 121,
                'small: a page in the middle');

begin;
select tap.plan($$execute scim_create0('large', gen_random_uuid(), 'User',
    gen_random_uuid(), 't', null, null, 'N', 'n', 'n', true, '{}',
    '{emails.value}', '{n@x}', '{f}', -1)$$, 2, 'create');
select tap.plan($$execute scim_create0('large', gen_random_uuid(), 'User',
    gen_random_uuid(), 't', null, null, 'N', 'u77', 'n', true, '{}',
    '{emails.value}', '{n@x}', '{f}', -1)$$, 4, 'create: name taken');
select tap.plan(format($$execute scim_replace0('large', %L, 'User',
    gen_random_uuid(), 't', null, null, 'N', 'n2', 'n2', true, '{}',
    '{emails.value}', '{n2@x}', '{f}', 1, false, 'replace', -1)$$, :'id'),
    5, 'replace');
select tap.plan(format($$execute scim_delete0('large', %L, 'User',
    gen_random_uuid(), 't', null, null, 0)$$, :'id'), 5, 'delete');
rollback;

select tap.plan($$execute scim_look('large', gen_random_uuid(), false)$$, 0,
                'look');
