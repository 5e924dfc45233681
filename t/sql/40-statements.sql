-- The module's own statements: what each answers, and what it leaves behind.
-- #1 and #2 are ids of resources, @1 and so on of requests (tap.psql).

\c - scim_module
\i :statements

begin;
execute scim_admit('acme') \g /dev/null

select tap.is(tap.row($$execute scim_create0('acme', #1, 'User', @1, 'tok',
    null, null, 'Bob', 'bob', 'x1', true, '{}', '{emails.value}', '{a@x}',
    '{f}', -1)$$, 'id'),
    'no row', 'create: no row for an unknown tenant');

execute scim_tenant('acme') \g /dev/null
execute scim_tenant('beta') \g /dev/null

select tap.is(tap.row($$execute scim_create0('acme', #1, 'User', @1, 'tok',
    null, null, 'Bob', 'bob', 'x1', true, '{"userName": "Bob"}',
    '{emails.value,emails.value}', '{a@x,b@x}', '{f,f}', -1)$$,
    'enabled name_taken external_taken id version doc'),
    'true false false 00000000-0000-7000-8000-000000000001 1 '
    '{"userName": "Bob"}',
    'create: the new row');
select tap.is((select count(*)::text from scim.resource_key), '2',
              'create: its keys');
select tap.is((select users || ' ' || active_users from scim.tenant), '1 1',
              'create: counted');
select tap.is((select concat_ws(' ', op, status, token_name, version_to)
               from scim.audit), 'create 201 tok 1', 'create: audited');

select tap.is(tap.row($$execute scim_create0('acme', #2, 'User', @2, 'tok',
    null, null, 'BOB', 'bob', 'x2', true, '{}', '{}', '{}', '{}', -1)$$,
    'name_taken external_taken id'), 'true false -', 'create: name taken');
select tap.is(tap.row($$execute scim_create0('acme', #2, 'User', @2, 'tok',
    null, null, 'Ann', 'ann', 'x1', true, '{}', '{}', '{}', '{}', -1)$$,
    'name_taken external_taken id'), 'false true -',
    'create: externalId taken');
select tap.is((select users || ' ' || active_users from scim.tenant) || ' '
              || (select count(*) from scim.audit), '1 1 1',
              'create: a conflict leaves nothing');

select tap.is(tap.row($$execute scim_create0('acme', #2, 'User', @3, 'tok',
    null, null, 'Ann', 'ann', null, false, '{}', '{}', '{}', '{}', -1)$$,
    'version'), '1',
    'create: without externalId');
select tap.is((select users || ' ' || active_users from scim.tenant), '2 1',
              'create: an inactive one is not active');

select tap.is(tap.row($$execute scim_replace0('acme', #1, 'User', @4, 'tok',
    null, null, 'Bob', 'bob', 'x9', false, '{"active": false}',
    '{emails.value,emails.value}', '{b@x,c@x}', '{f,f}', 1, false, 'replace',
    -1)$$,
    'id version doc'),
    '00000000-0000-7000-8000-000000000001 2 {"active": false}',
    'replace: the new version');
select tap.is((select string_agg(key, ' ' order by key)
               from scim.resource_key), 'b@x c@x', 'replace: its keys');
select tap.is((select users || ' ' || active_users from scim.tenant), '2 0',
              'replace: counted');

select tap.is(tap.row($$execute scim_replace0('acme', #1, 'User', @5, 'tok',
    null, null, 'Bob', 'bob', 'x9', false, '{"active": false}', '{}',
    '{}', '{}', 2, false, 'replace',
    -1)$$,
    'version'), '2', 'replace: an equal one is no new version');
select tap.is((select count(*)::text from scim.audit), '3',
              'replace: nor is it audited');
select tap.is(tap.row($$execute scim_replace0('acme', #1, 'User', @5, 'tok',
    null, null, 'Bob', 'bob', 'x9', false, '{"active": 1}', '{}', '{}',
    '{}', 1, false, 'replace',
    -1)$$,
    'name_taken external_taken id'), '- - -',
    'replace: another version, no row');
select tap.is(tap.row($$execute scim_replace0('acme', #1, 'User', @5, 'tok',
    null, null, 'Ann', 'ann', 'x9', false, '{"active": 1}', '{}', '{}',
    '{}', 2, false, 'replace',
    -1)$$,
    'name_taken external_taken id'), 'true false -', 'replace: name taken');
select tap.is(tap.row($$execute scim_replace0('acme', #2, 'User', @5, 'tok',
    null, null, 'Ann', 'ann', 'x9', false, '{"active": 1}', '{}', '{}',
    '{}', 1, false, 'replace',
    -1)$$,
    'name_taken external_taken id'), 'false true -',
    'replace: externalId taken');
select tap.is(tap.row($$execute scim_replace0('acme', #2, 'User', @6, 'tok',
    null, null, 'Ann', 'ann', null, true, '{"active": true}', '{}', '{}',
    '{}', 1, false, 'replace',
    -1)$$, 'version'), '2', 'replace: active again');
select tap.is((select users || ' ' || active_users from scim.tenant), '2 1',
              'replace: counted again');

select tap.is(tap.rows($$execute scim_get0('{acme,acme,beta,acme}',
    '{User,Group,User,User}', '{00000000-0000-7000-8000-000000000001,
                                00000000-0000-7000-8000-000000000001,
                                00000000-0000-7000-8000-000000000001,
                                00000000-0000-7000-8000-000000000002}',
     '{f,f,f,f}')$$),
    '2', 'get by id: neither another type nor another tenant');
select tap.is(tap.row($$execute scim_get1('{beta,acme}', '{User,User}',
    '{bob,bob}', '{f,f}')$$, 'n id'), '2 00000000-0000-7000-8000-000000000001',
    'get by name, numbered as asked');
select tap.is(tap.row($$execute scim_get2('{acme}', '{User}', '{x9}', '{f}')$$,
    'n id'), '1 00000000-0000-7000-8000-000000000001', 'get by externalId');

select tap.is(tap.rows($$execute scim_list('acme', false, 'User', 0, 10)$$), '2',
              'list: all');
select tap.is(tap.row($$execute scim_list('acme', false, 'User', 0, 1)$$, 'total id'),
              '2 00000000-0000-7000-8000-000000000001', 'list: the first');
select tap.is(tap.row($$execute scim_list('acme', false, 'User', 1, 1)$$, 'total id'),
              '2 00000000-0000-7000-8000-000000000002', 'list: the second');
select tap.is(tap.row($$execute scim_list('acme', false, 'User', 2, 1)$$, 'total id'),
              '2 -', 'list: past the end');
select tap.is(tap.row($$execute scim_list('acme', false, 'User', 4611686018427387903,
    10)$$, 'total id'), '2 -', 'list: far past the end');
select tap.is(tap.row($$execute scim_list('acme', false, 'User', 0, 0)$$,
              'total id'), '2 -', 'list: only counted');
select tap.is(tap.row($$execute scim_list('acme', false, 'Group', 0, 10)$$,
              'total id'), '0 -', 'list: no groups');

select tap.is(tap.row($$execute scim_look('acme', @3, false)$$,
              'op id version'),
    'create 00000000-0000-7000-8000-000000000002 2',
    'look: what was written under a request id, as it is now');
select tap.is(tap.row($$execute scim_look('acme', @9, false)$$,
    'op'), 'no row',
              'look: nothing was');

execute scim_admit('acme,beta') \g /dev/null

select tap.is(tap.row($$execute scim_replace0('beta', #1, 'User', @7, 'tok',
    null, null, 'Eve', 'eve', 'x7', true, '{"active": 7}', '{}', '{}',
    '{}', 2, false, 'replace',
    -1)$$, 'id'), '-',
    'replace: another tenant''s');
select tap.is(tap.row($$execute scim_delete0('beta', #1, 'User', @7, 'tok',
    null, null, 0)$$, 'version told'), '- false', 'delete: another tenant''s');

execute scim_admit('acme') \g /dev/null

select tap.is(tap.row($$execute scim_delete0('acme', #1, 'User', @7, 'tok',
    null, null, 1)$$, 'version told'), '2 false', 'delete: another version');
select tap.is(tap.row($$execute scim_delete0('acme', #1, 'Group', @7, 'tok',
    null, null, 0)$$, 'version told'), '- false', 'delete: another type');
select tap.is(tap.row($$execute scim_delete0('acme', #1, 'User', @7, 'tok',
    null, null, 2)$$, 'told'), 'true', 'delete: done');
select tap.is(tap.row($$execute scim_delete0('acme', #1, 'User', @8, 'tok',
    null, null, 0)$$, 'version told'), '- false', 'delete: gone already');
select tap.is(tap.row($$execute scim_delete0('acme', #2, 'User', @8, 'tok',
    null, null, 0)$$, 'told'), 'true', 'delete: any version');
select tap.is((select users || ' ' || active_users from scim.tenant), '0 0',
              'delete: counted');
select tap.is((select count(*)::text from scim.resource_key), '0',
              'delete: its keys are gone');
select tap.is(tap.row($$execute scim_look('acme', @8, false)$$, 'op id'),
              'delete -',              'look: deleted');

select tap.is(tap.row($$execute scim_create0('acme', #1, 'User', @9, 'tok',
    null, null, 'Bob', 'bob', 'x1', true, '{}', '{}', '{}', '{}', -1)$$,
    'version'), '1',
    'create: the name is free again');
commit;

\c - postgres

select tap.is((select string_agg(concat_ws(' ', n, type, version,
                   right(resource_id::text, 1),
                   array_to_string(changed, ',')), '; ' order by n)
               from scim.event),
    '1 user.created 1 1; 2 user.created 1 2; 3 user.updated 2 1 userName; '
    '4 user.deactivated 2 1 active; 5 user.reactivated 2 2 active; '
    '6 user.deleted 1; 7 user.deleted 2; 8 user.created 1 1',
    'events: of each of these, and of nothing else');
select tap.is((select event_no::text from scim.tenant where name = 'acme'),
              '8', 'events: as many as the tenant has');

update scim.tenant set enabled = false where name = 'acme';

\c - scim_module
\i :statements

begin;
execute scim_admit('acme') \g /dev/null

select tap.is(tap.row($$execute scim_create0('acme', #2, 'User', @0, 'tok',
    null, null, 'Ann', 'ann', null, true, '{}', '{}', '{}', '{}', -1)$$,
    'enabled id'),
    'false -', 'disabled: nothing is created');
select tap.is(tap.row($$execute scim_replace0('acme', #1, 'User', @0, 'tok',
    null, null, 'Ann', 'ann', null, true, '{"a": 1}', '{}', '{}', '{}', 1,
    false, 'replace', -1)$$,
    'enabled id'), 'false -', 'disabled: nothing is replaced');
select tap.is(tap.row($$execute scim_delete0('acme', #1, 'User', @0, 'tok',
    null, null, 0)$$, 'enabled told'), 'false false',
    'disabled: nothing is deleted');
commit;
