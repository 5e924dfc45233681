-- Groups: what their statements answer, and that the count of members, the
-- versions and the tenant's counts are right after each.  #1 to #4 are users,
-- #5 to #9 groups.

\c - scim_module
\i :statements

begin;
execute scim_admit('acme') \g /dev/null
execute scim_tenant('acme') \g /dev/null
execute scim_tenant('beta') \g /dev/null

-- "count" rows of a group as they are, and as the group says; its version

create function pg_temp.group(n int) returns text language sql as $$
    select (select count(*) from scim.member
            where group_id = r.id) || ' ' || members || ' v' || version
    from scim.resource r
    where id = ('00000000-0000-7000-8000-00000000000' || n)::uuid
$$;

create function pg_temp.request() returns text language sql as $$
    select concat_ws(' ', op, resource_type, version_from, version_to,
                     unknown_members)
    from scim.audit order by ctid desc limit 1
$$;

select tap.row(format($$execute scim_create0('acme', #%s, 'User', @?, 't',
    null, null, 'U%s', 'u%s', null, true, '{}', '{}', '{}', '{}', -1)$$,
    n, n, n), 'id') from generate_series(1, 4) n \g /dev/null


-- create

select tap.is(tap.row($$execute scim_create1('acme', #5, 'Group', @?, 't',
    null, null, 'G', 'g', null, true, '{"displayName": "G"}', '{}', '{}',
    '{}', array[#1, #2, #9]::uuid[], 1, false)$$,
    'version members type groups unknown circle deep'),
    '1 2 Group - 2 false false', 'create: with members');
select tap.is(pg_temp.group(5), '2 2 v1', 'create: members are there');
select tap.is((select string_agg(kind::text, '') from scim.member), 'uu',
              'create: they are users');
select tap.is(pg_temp.request(), 'create Group 1 2',
              'create: the unknown ones are told');
select tap.is((select users || ' ' || groups from scim.tenant), '4 1',
              'create: counted');

select tap.is(tap.row($$execute scim_create1('acme', #6, 'Group', @?, 't',
    null, null, 'H', 'h', null, true, '{}', '{}', '{}', '{}',
    array[#1, #9]::uuid[], 0, true)$$, 'id unknown'), '- 1',
    'create: refused for an unknown one');
select tap.is(tap.row($$execute scim_create1('acme', #6, 'Group', @?, 't',
    null, null, 'H', 'h', null, true, '{}', '{}', '{}', '{}', '{}', 1,
    true)$$,
    'id unknown'), '- 1', 'create: refused for what is no id');
select tap.is(tap.row($$execute scim_create1('acme', #6, 'Group', @?, 't',
    null, null, 'G', 'g', null, true, '{}', '{}', '{}', '{}',
    array[#1]::uuid[], 0, false)$$, 'id name_taken'), '- true',
    'create: name taken');
select tap.is(tap.row($$execute scim_create1('acme', #6, 'Group', @?, 't',
    null, null, 'H', 'h', null, true, '{}', '{}', '{}', '{}',
    array[#6]::uuid[], 0, false)$$, 'id circle'), '- true',
    'create: it is not in itself');
select tap.is((select count(*) || ' ' || (select count(*) from scim.member)
               from scim.resource where type = 'Group'), '1 2',
              'create: what is refused leaves nothing');
select tap.is(tap.row($$execute scim_create1('acme', #6, 'Group', @?, 't',
    null, null, 'H', 'h', null, true, '{}', '{}', '{}', '{}',
    array[#5, #3]::uuid[], 0, false)$$, 'members'), '2',
    'create: of a group and a user');
select tap.is((select string_agg(kind::text, '' order by kind)
               from scim.member
               where group_id = '00000000-0000-7000-8000-000000000006'),
              'gu', 'create: kinds');


-- change

select tap.is(tap.row($$execute scim_change('acme', #5, 'Group', @?, 't', null,
    null, 0, array[#2, #3]::uuid[], array[#1, #4]::uuid[], 0, false, false)$$,
    'version members found other'), '2 2 true -', 'change: one in, one out');
select tap.is(pg_temp.group(5), '2 2 v2', 'change: its rows');
select tap.is(pg_temp.request(), 'patch Group 1 2 0', 'change: audited');
select tap.is(tap.row($$execute scim_change('acme', #5, 'Group', @?, 't', null,
    null, 0, array[#2, #3]::uuid[], array[#1]::uuid[], 3, false, false)$$,
    'version members unknown'), '2 2 3', 'change: nothing to be done');
select tap.is(pg_temp.group(5) || ' ' || pg_temp.request(),
              '2 2 v2 patch Group 1 2 0', 'change: nothing was done');
select tap.is(tap.row($$execute scim_change('acme', #5, 'Group', @?, 't', null,
    null, 1, array[#1]::uuid[], '{}', 0, false, false)$$,
    'id found other'), '- false 2', 'change: another version');
select tap.is(tap.row($$execute scim_change('acme', #9, 'Group', @?, 't', null,
    null, 0, array[#1]::uuid[], '{}', 0, false, false)$$,
    'id found other'), '- false -', 'change: no such group');
select tap.is(tap.row($$execute scim_change('acme', #1, 'Group', @?, 't', null,
    null, 0, array[#2]::uuid[], '{}', 0, false, false)$$,
    'id found other'), '- false -', 'change: a user is no group');
select tap.is(tap.row($$execute scim_change('acme', #5, 'Group', @?, 't', null,
    null, 2, array[#1, #8]::uuid[], '{}', 0, true, false)$$,
    'id found unknown'), '- true 1', 'change: refused for an unknown one');
select tap.is(pg_temp.group(5), '2 2 v2', 'change: nothing was done');
select tap.is(tap.row($$execute scim_change('acme', #5, 'Group', @?, 't', null,
    null, 2, array[#1, #4, #8]::uuid[], '{}', 0, false, true)$$,
    'version members unknown'), '3 2 1', 'change: another list');
select tap.is((select string_agg(right(member_id::text, 1), '' order by 1)
               from scim.member
               where group_id = '00000000-0000-7000-8000-000000000005'), '14',
              'change: exactly these');
select tap.is(pg_temp.request(), 'patch Group 2 3 1',
              'change: the unknown one is told');
select tap.is(tap.row($$execute scim_change('acme', #5, 'Group', @?, 't', null,
    null, 0, '{}', '{}', 0, false, true)$$, 'version members'), '4 0',
    'change: an empty list');
select tap.is(pg_temp.group(5), '0 0 v4', 'change: nobody is left');


-- groups in groups: #6 holds #5 already

select tap.is(tap.row($$execute scim_change('acme', #5, 'Group', @?, 't', null,
    null, 0, array[#6]::uuid[], '{}', 0, false, false)$$, 'id circle deep'),
    '- true false', 'nesting: no circle');
select tap.is(tap.row($$execute scim_change('acme', #5, 'Group', @?, 't', null,
    null, 0, array[#5]::uuid[], '{}', 0, false, false)$$, 'id circle'),
    '- true', 'nesting: not in itself');
select tap.is(tap.row($$execute scim_change('acme', #6, 'Group', @?, 't', null,
    null, 0, array[#1, #5]::uuid[], '{}', 0, false, false)$$,
    'version members'), '2 3', 'nesting: one that is in already needs no care');

select tap.row(format($$execute scim_create0('acme',
    '20000000-0000-7000-8000-0000000000%s', 'Group', gen_random_uuid(),
    't', null, null, 'N%s', 'n%s', null, true, '{}', '{}', '{}', '{}', -1)$$,
    n, n, n), 'id')
from generate_series(11, 27) n \g /dev/null

create function pg_temp.nest(a int, b int, columns text) returns text
    language sql as
$$
    select tap.row(format($x$execute scim_change('acme',
    '20000000-0000-7000-8000-0000000000%s', 'Group', gen_random_uuid(),
    't', null, null, 0,
    array['20000000-0000-7000-8000-0000000000%s']::uuid[], '{}', 0, false,
    false)$x$, a, b), columns)
$$;

-- 11 to 18 in a row, 19 to 26 in a row

select pg_temp.nest(n, n + 1, 'id') from generate_series(11, 17) n
\g /dev/null
select pg_temp.nest(n, n + 1, 'id') from generate_series(19, 25) n
\g /dev/null

select tap.is(pg_temp.nest(18, 19, 'members deep'), '1 false',
              'nesting: sixteen in a row');
select tap.is(pg_temp.nest(26, 27, 'id deep'), '- true',
              'nesting: not one more below');
select tap.is(pg_temp.nest(27, 11, 'id deep'), '- true',
              'nesting: not one more above');
select tap.is(pg_temp.nest(26, 11, 'id circle'), '- true',
              'nesting: no circle through all of them');
select tap.is(tap.row($$execute scim_create1('acme', #9, 'Group', @?, 't',
    null, null, 'T', 't', null, true, '{}', '{}', '{}', '{}',
    '{20000000-0000-7000-8000-000000000011}', 0, false)$$, 'id deep'),
    '- true', 'nesting: nor a new one above');
select tap.is(tap.row($$execute scim_create1('acme', #9, 'Group', @?, 't',
    null, null, 'T', 't', null, true, '{}', '{}', '{}', '{}',
    '{20000000-0000-7000-8000-000000000012}', 0, false)$$,
    'members deep'), '1 false', 'nesting: but on the second');


-- what a user is in: #4 in 26, in all above it, and in #5

select tap.row($$execute scim_change('acme',
    '20000000-0000-7000-8000-000000000026', 'Group', gen_random_uuid(),
    't', null, null, 0, array[#4]::uuid[], '{}', 0, false, false)$$, 'id')
\g /dev/null
select tap.row($$execute scim_change('acme',
    '20000000-0000-7000-8000-000000000012', 'Group', gen_random_uuid(),
    't', null, null, 0, array[#4]::uuid[], '{}', 0, false, false)$$, 'id')
\g /dev/null

select tap.is((select count(*) || ' '
                      || count(*) filter (where g ->> 'type' = 'direct')
                      || ' ' || string_agg(g ->> 'display', ','
                                           order by g ->> 'display')
               from jsonb_array_elements(scim.user_groups('acme',
                   '00000000-0000-7000-8000-000000000004')::jsonb) g),
              '17 2 N11,N12,N13,N14,N15,N16,N17,N18,N19,N20,N21,N22,N23,N24,'
              'N25,N26,T', 'user_groups: direct and indirect, each once');
select tap.is((select g ->> 'type'
               from jsonb_array_elements(scim.user_groups('acme',
                   '00000000-0000-7000-8000-000000000004')::jsonb) g
               where g ->> 'display' = 'N12'), 'direct',
              'user_groups: both is direct');
select tap.is(scim.user_groups('acme',
                  '00000000-0000-7000-8000-000000000002'), null,
              'user_groups: in none');
select tap.is(scim.user_groups('beta',
                  '00000000-0000-7000-8000-000000000004'), null,
              'user_groups: not of another tenant');
select tap.is(tap.row($$execute scim_get0('{acme}', '{User}',
    array[#1]::uuid[], '{t}')$$, 'groups'),
    '[{"type": "direct", "value": "00000000-0000-7000-8000-000000000006", '
    '"display": "H"}]', 'get: with groups');
select tap.is(tap.row($$execute scim_get0('{acme}', '{User}',
    array[#1]::uuid[], '{f}')$$, 'groups members type'), '- 0 User',
    'get: without');
select tap.is(tap.row($$execute scim_replace0('acme', #1, 'User', @?, 't',
    null, null, 'U1', 'u1', null, true, '{"a": 1}', '{}', '{}', '{}', 1,
    true, 'replace', -1)$$,
    'version groups'),
    '2 [{"type": "direct", "value": "00000000-0000-7000-8000-000000000006", '
    '"display": "H"}]', 'replace: with groups');


-- replace of a group

select tap.is(tap.row($$execute scim_replace1('acme', #6, 'Group', @?, 't',
    null, null, 'H', 'h', null, true, '{}', '{}', '{}', '{}', 2, false,
    'replace', array[#1, #3, #5]::uuid[], '{}', 0, false, true)$$,
    'version members'), '2 3', 'replace: equal');
select tap.is(tap.row($$execute scim_replace1('acme', #6, 'Group', @?, 't',
    null, null, 'I', 'i', 'x', true, '{"displayName": "I"}',
    '{emails.value}', '{a}', '{f}', 2, false, 'replace',
    array[#1, #3, #5]::uuid[], '{}', 0, false, true)$$,
    'version members doc'), '3 3 {"displayName": "I"}',
    'replace: the document alone');
select tap.is(tap.row($$execute scim_replace1('acme', #6, 'Group', @?, 't',
    null, null, 'I', 'i', 'x', true, '{"displayName": "I"}',
    '{emails.value}', '{a}', '{f}', 3, false, 'replace',
    array[#1, #2, #8]::uuid[], '{}', 1, false, true)$$,
    'version members doc unknown'), '4 2 {"displayName": "I"} 2',
    'replace: the members alone');
select tap.is(pg_temp.group(6) || ' ' || pg_temp.request(),
              '2 2 v4 replace Group 3 4 2', 'replace: their rows');
select tap.is(tap.row($$execute scim_replace1('acme', #6, 'Group', @?, 't',
    null, null, 'I', 'i', 'x', true, '{}', '{}', '{}', '{}', 3, false,
    'replace', '{}', '{}', 0, false, true)$$, 'id name_taken'), '- -',
    'replace: another version');
select tap.is(tap.row($$execute scim_replace1('acme', #6, 'Group', @?, 't',
    null, null, 'G', 'g', 'x', true, '{}', '{}', '{}', '{}', 4, false,
    'replace', '{}', '{}', 0, false, true)$$, 'id name_taken'), '- true',
    'replace: name taken');
select tap.is(tap.row($$execute scim_replace1('acme', #6, 'Group', @?, 't',
    null, null, 'J', 'j', 'x', true, '{}', '{}', '{}', '{}', 4, false,
    'replace', array[#8]::uuid[], '{}', 0, true, true)$$,
    'id name_taken unknown'), '- false 1', 'replace: refused');
select tap.is(pg_temp.group(6), '2 2 v4', 'replace: nothing was done');
select tap.is(tap.row($$execute scim_replace1('acme', #6, 'Group', @?, 't',
    null, null, 'J', 'j', 'x', true, '{}', '{}', '{}', '{}', 4, false,
    'replace', array[#3]::uuid[], array[#1]::uuid[], 0, false, false)$$,
    'version members doc'), '5 2 {}', 'replace: one in, one out');
select tap.is((select string_agg(right(member_id::text, 1), '' order by 1)
               from scim.member
               where group_id = '00000000-0000-7000-8000-000000000006'), '23',
              'replace: exactly these');


-- pages of members: groups #6 (2, 3), #5 (none), #9 that holds a group; who
-- has a displayName is displayed by it

update scim.resource set doc = '{"displayName": "Two"}'
where id = '00000000-0000-7000-8000-000000000002';

select tap.is((select string_agg(x, ' ') from (
    select tap.row(format($$execute scim_members('acme',
        array[#6, #5, #9]::uuid[], %L, %s)$$, a, l),
        'n member_id kind display') x
    from (values ('00000000-0000-0000-0000-000000000000', 1),
                 ('00000000-0000-7000-8000-000000000002', 1),
                 ('00000000-0000-7000-8000-000000000003', 1)) v(a, l)) y),
    '1 00000000-0000-7000-8000-000000000002 u Two '
    '1 00000000-0000-7000-8000-000000000003 u - '
    '3 20000000-0000-7000-8000-000000000012 g -',
    'members: from where one stopped, across groups');
select tap.is(tap.rows($$execute scim_members('acme', array[
    '00000000-0000-7000-8000-000000000006']::uuid[],
    '00000000-0000-0000-0000-000000000000', 1)$$), '1', 'members: limited');
select tap.is(tap.rows($$execute scim_members('beta', array[
    '00000000-0000-7000-8000-000000000006']::uuid[],
    '00000000-0000-0000-0000-000000000000', 9)$$), '0',
    'members: not another tenant''s');


-- keys that are unique

select tap.is(tap.row($$execute scim_replace0('acme', #1, 'User', @?, 't',
    null, null, 'U1', 'u1', null, true, '{"a": 2}', '{badge,plain}',
    '{7,7}', '{t,f}', 2, false, 'replace', -1)$$, 'version key_taken'),
    '3 -', 'unique: the first');
select tap.is(tap.row($$execute scim_replace0('acme', #2, 'User', @?, 't',
    null, null, 'U2', 'u2', null, true, '{"a": 2}', '{plain,badge}',
    '{7,7}', '{f,t}', 1, false, 'replace', -1)$$, 'version key_taken'),
    '- badge', 'unique: taken, by name');
select tap.is(tap.row($$execute scim_create0('acme', #8, 'User', @?, 't', null,
    null, 'U8', 'u8', null, true, '{}', '{plain,badge}', '{7,7}', '{f,t}',
    -1)$$, 'id key_taken'),
    '- badge', 'unique: nor is one made');
select tap.is(tap.row($$execute scim_create0('acme', #8, 'Thing',
    gen_random_uuid(), 't', null, null, '', null, null, true, '{}',
    '{badge}', '{7}', '{t}', -1)$$, 'version type key_taken'),
    '1 Thing -', 'unique: for each type');
select tap.is(tap.row($$execute scim_replace0('acme', #2, 'User', @?, 't',
    null, null, 'U2', 'u2', null, true, '{"a": 2}', '{plain,badge}',
    '{7,7}', '{f,f}', 1, false, 'replace', -1)$$, 'version key_taken'),
    '2 -', 'unique: only what is to be');
select tap.is(tap.row($$execute scim_replace0('acme', #1, 'User', @?, 't',
    null, null, 'U1', 'u1', null, true, '{"a": 3}', '{badge,plain}',
    '{8,7}', '{t,f}', 3, false, 'replace', -1)$$, 'version'),
    '4', 'unique: set free');
select tap.is(tap.row($$execute scim_replace0('acme', #2, 'User', @?, 't',
    null, null, 'U2', 'u2', null, true, '{"a": 4}', '{plain,badge}',
    '{7,7}', '{f,t}', 2, false, 'replace', -1)$$, 'version key_taken'),
    '3 -', 'unique: a key becomes so');
select tap.is((select string_agg(concat_ws(' ', attr, key, uniq), ', '
                                 order by attr)
               from scim.resource_key
               where id = '00000000-0000-7000-8000-000000000002'),
              'badge 7 t, plain 7 f', 'unique: and is kept so');
select tap.fails($$insert into scim.resource_key
    values ('acme', 'User', 'badge', '8',
            '00000000-0000-7000-8000-000000000002', true)$$, '23505',
    'unique: the index watches');


-- delete: the user in #5, #6, 12 and 26

select tap.row($$execute scim_change('acme', #5, 'Group', gen_random_uuid(),
    't', null, null, 0, array[#2, #4]::uuid[], '{}', 0, false, false)$$, 'id')
\g /dev/null

select tap.is(tap.row($$execute scim_delete0('acme', #4, 'User', @?, 't', null,
    null, 9)$$,
    'version told'), '1 false', 'delete: another version');
select tap.is(pg_temp.group(5), '2 2 v5', 'delete: nothing was done');

select tap.is(tap.row($$execute scim_delete0('acme', #4, 'User', @?, 't', null,
    null, 1)$$,
    'told'), 'true', 'delete: done');
select tap.is(pg_temp.group(5), '1 1 v6', 'delete: gone from its groups');
select tap.is((select count(*)::text from scim.audit
               where op = 'patch' and version_to = 6), '0',
              'delete: which have no audit row for it');

-- a group in a group, which holds others

select tap.is(tap.row($$execute scim_delete0('acme',
    '20000000-0000-7000-8000-000000000012', 'Group', gen_random_uuid(),
    't', null, null, 0)$$, 'told'), 'true', 'delete: a group');
select tap.is(pg_temp.group(9), '0 0 v2', 'delete: gone from its parents');
select tap.is((select count(*)::text from scim.member
               where group_id = '20000000-0000-7000-8000-000000000012'), '0',
              'delete: with its members');
select tap.is((select users || ' ' || groups from scim.tenant),
              (select count(*) filter (where type = 'User') || ' '
                      || count(*) filter (where type = 'Group')
               from scim.resource), 'delete: counted');
select tap.is((select count(*)::text from scim.resource r
               where members <> (select count(*) from scim.member m
                                 where m.group_id = r.id)), '0',
              'every count is right');

commit;

-- of a tenant that is not enabled

\c - postgres

update scim.tenant set enabled = false where name = 'acme';

\c - scim_module
\i :statements

begin;
execute scim_admit('acme') \g /dev/null

select tap.is(tap.row($$execute scim_create1('acme', #9, 'Group', @?, 't',
    null, null, 'New', 'new', null, true, '{}', '{}', '{}', '{}',
    array[#1]::uuid[], 0, false)$$, 'enabled id'), 'false -',
    'disabled: nothing is created');
select tap.is(tap.row($$execute scim_change('acme', #5, 'Group', @?, 't', null,
    null, 0, array[#1, #2, #3]::uuid[], '{}', 0, false, false)$$,
    'enabled id told'), 'false - false', 'disabled: nobody comes');
select tap.is(tap.row($$execute scim_replace1('acme', #5, 'Group', @?, 't',
    null, null, 'New', 'new', null, true, '{"a": 1}', '{}', '{}', '{}', 6,
    false, 'replace', '{}', '{}', 0, false, true)$$,
    'enabled id told'), 'false - false', 'disabled: nobody goes');
commit;
