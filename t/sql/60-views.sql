-- What the application sees.

select scim.create_tenant('acme') \g /dev/null

insert into scim.resource (tenant, id, type, name, name_key, external_id,
                           active, doc)
values ('acme', '00000000-0000-7000-8000-000000000001', 'User', 'Bob', 'bob',
        'x1', false,
        '{"name": {"givenName": "Bob", "familyName": "Jensen"},
          "displayName": "B. J.", "locale": "de-DE",
          "emails": [{"value": "a@x"}, {"value": "b@x", "primary": true}],
          "phoneNumbers": [{"value": "1"}, {"value": "2"}],
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
              {"department": "D", "manager": {"value": "m"}}}'),
       ('acme', '00000000-0000-7000-8000-000000000002', 'Group', 'G', 'g',
        null, true, '{}'),
       ('acme', '00000000-0000-7000-8000-000000000003', 'User', 'gone', 'gone',
        null, true, '{"emails": [{"value": "gone@x"}],
                      "phoneNumbers": [{"value": "3"}]}');

update scim.resource set deleted_at = now() where name = 'gone';

set role scim_app;

select tap.is((select string_agg(user_name, ' ') from scim.v_user), 'Bob',
              'v_user: live users only');
select tap.is((select concat_ws(' ', external_id, active, given_name,
                                family_name, display_name, email, phone,
                                locale, department, manager, version)
               from scim.v_user),
              'x1 f Bob Jensen B. J. b@x 1 de-DE D m 1',
              'v_user: flat, with the primary e-mail');

reset role;

insert into scim.member values
    ('acme', '00000000-0000-7000-8000-000000000002',
     '00000000-0000-7000-8000-000000000001', 'u');
update scim.resource set members = 1, app_ref = 'k' where name = 'G';

set role scim_app;

select tap.is((select concat_ws(' ', tenant, display_name, members, app_ref,
                                managed, version, doc)
               from scim.v_group), 'acme G 1 k t 1 {}',
              'v_group: live groups only');
select tap.is((select concat_ws(' ', tenant, right(group_id::text, 1),
                                right(member_id::text, 1), kind)
               from scim.v_group_member), 'acme 2 1 user',
              'v_group_member: who is in which');
select tap.fails($$select scim.user_groups('acme',
    '00000000-0000-7000-8000-000000000001')$$, '42501',
    'user_groups is the module''s');

reset role;

-- what came with contract 3

update scim.resource
set doc = jsonb_set(doc, '{name}', '{"honorificPrefix": "Dr.",
                                     "honorificSuffix": "III"}'),
    last_write = '2030-01-02', last_token = 'okta', protected = true,
    deactivated_by = 'scim', app_ref = 'a1'
where name = 'Bob';

set role scim_app;

select tap.is((select concat_ws(' ', honorific_prefix, honorific_suffix,
                                protected, origin, deactivated_by,
                                last_write_at::date, token_name)
               from scim.v_user), 'Dr. III t scim scim 2030-01-02 okta',
              'v_user: titles, who wrote, who shut him out');
select tap.is((select string_agg(user_name || (deleted_at is null)::text, ' '
                                 order by user_name)
               from scim.v_user_all), 'Bobtrue gonefalse',
              'v_user_all: tombstones too');
select tap.is((select string_agg(concat_ws(' ', right(user_id::text, 1), value,
                                           type, is_primary), ', '
                                 order by value)
               from scim.v_email), '1 a@x f, 1 b@x t',
              'v_email: each address');
select tap.is((select string_agg(concat_ws(' ', right(user_id::text, 1), value,
                                           type, is_primary), ', '
                                 order by value)
               from scim.v_phone), '1 1 f, 1 2 f', 'v_phone: each number');
select tap.is((select concat_ws(' ', group_app_ref, member_app_ref)
               from scim.v_group_member), 'k a1',
              'v_group_member: both sides by the application''s keys');
select tap.is((select concat_ws(' ', kind, members_writable, self_writable,
                                origin)
               from scim.v_group), 't t scim', 'v_group: who may write it');

reset role;

-- in groups of groups

select scim.create_tenant('beta') \g /dev/null

insert into scim.resource (tenant, id, type, name, name_key, app_ref, doc)
select t, ('00000000-0000-7000-8000-00000000010' || n)::uuid, 'Group',
       'G' || n, t || n, 'r' || n, '{}'
from (values ('acme'), ('beta')) v(t), generate_series(1, 4) n;

create function pg_temp.put(g integer, m uuid, k "char") returns void
    language sql as $$
    insert into scim.member (tenant, group_id, member_id, kind)
    values ('acme', ('00000000-0000-7000-8000-00000000010' || g)::uuid, m, k)
$$;

select pg_temp.put(1, '00000000-0000-7000-8000-000000000001', 'u'),
       pg_temp.put(3, '00000000-0000-7000-8000-000000000001', 'u'),
       pg_temp.put(2, '00000000-0000-7000-8000-000000000101', 'g'),
       pg_temp.put(3, '00000000-0000-7000-8000-000000000102', 'g'),
       pg_temp.put(4, '00000000-0000-7000-8000-000000000103', 'g')
\g /dev/null

set role scim_app;

select tap.is((select string_agg(concat_ws(' ', display_name, app_ref, depth),
                                 ', ' order by display_name)
               from scim.v_user_group
               where tenant = 'acme' and user_id =
                   '00000000-0000-7000-8000-000000000001'),
              'G k 1, G1 r1 1, G2 r2 2, G3 r3 1, G4 r4 2',
              'v_user_group: direct and through others, by the shortest way');
select tap.is((select count(*)::text from scim.v_user_group
               where tenant = 'beta'), '0',
              'v_user_group: of this tenant alone');

reset role;

update scim.resource set deleted_at = now() where name = 'G1';

select tap.is((select string_agg(display_name, ' ' order by display_name)
               from scim.v_user_group), 'G G2 G3 G4',
              'v_user_group: live groups');
select tap.is((select string_agg(distinct display_name, ' ')
               from scim.v_group), 'G G2 G3 G4', 'v_group: live groups');

-- large: of 100,000 members one, in a group in groups; the plan is right
-- before anything is known of the tables

insert into scim.resource (tenant, id, type, name, name_key, external_id, doc)
select 'beta', ('10000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
       'User', 'u' || n, 'u' || n, 'e' || n, '{}'
from generate_series(1, 100000) n;

insert into scim.member (tenant, group_id, member_id, kind)
select 'beta', '00000000-0000-7000-8000-000000000101',
       ('10000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'u'
from generate_series(1, 100000) n;

insert into scim.member (tenant, group_id, member_id, kind)
values ('beta', '00000000-0000-7000-8000-000000000102',
        '00000000-0000-7000-8000-000000000101', 'g'),
       ('beta', '00000000-0000-7000-8000-000000000103',
        '00000000-0000-7000-8000-000000000102', 'g');

create function pg_temp.fast(what text) returns setof text language sql as $$
    select tap.reads('select * from scim.v_user_group
                      where tenant = ''beta'' and user_id =
                          ''10000000-0000-7000-8000-000000077777''',
                     20, 60, 'v_user_group of one in 100,000, ' || what)
    union all
    select tap.reads('select * from scim.find_login(''beta'', ''e77777'')', 5,
                     40, 'find_login of one in 100,000, ' || what)
$$;

select pg_temp.fast('unknown tables');
analyze scim.resource, scim.member;
select pg_temp.fast('known ones');
select tap.reads('select * from scim.v_login where tenant = ''beta''
                      and external_id = ''e77777''', 5, 20,
                 'v_login of one in 100,000');
select tap.reads('select * from scim.v_user where tenant = ''beta''
                      and app_ref = ''r1''', 5, 20, 'v_user by app_ref');

-- logging in

update scim.resource set external_id = null where tenant = 'acme';
update scim.resource set external_id = 'E1', active = true where name = 'Bob';
set role scim_app;

select tap.is((select concat_ws(' ', tenant, right(id::text, 1), external_id,
                                user_name, active, app_ref)
               from scim.v_login where tenant = 'acme'), 'acme 1 E1 Bob t a1',
              'v_login: live users');
select tap.is((select user_name from scim.find_login('acme', 'E1')), 'Bob',
              'find_login: by externalId');
select tap.is((select count(*)::text from scim.find_login('acme', 'e1')), '0',
              'find_login: to the letter');
select tap.is((select count(*)::text from scim.find_login('beta', 'E1')), '0',
              'find_login: of this tenant');
select tap.is((select count(*)::text from scim.find_login('acme', null)), '0',
              'find_login: nobody without an externalId');

-- the application's accounts

select tap.is((select count(*)::text from scim.v_orphan), '0',
              'v_orphan: no accounts yet');
select tap.fails('select scim.app_users(null)', '42501',
                 'app_users is the owner''s');

reset role;

create view public.account as
select 'acme' as tenant, v.ref::varchar(9) as app_ref, v.active
from (values ('a1', true), ('a2', false)) v(ref, active);

select scim.app_users('public.account') \g /dev/null
insert into scim.resource (tenant, id, type, name, name_key, app_ref, doc)
values ('acme', '00000000-0000-7000-8000-000000000201', 'User', 'Eve', 'eve',
        null, '{}');
update scim.resource set app_ref = 'a2' where name = 'gone';

set role scim_app;

select tap.is((select string_agg(concat_ws(' ', tenant, app_ref, active), ',')
               from scim.v_orphan), 'acme a2 f',
              'v_orphan: an account without a user');
select tap.is((select string_agg(concat_ws(' ', user_name, what), ', ')
               from scim.v_drift where tenant = 'acme'), 'Eve unlinked',
              'v_drift: a user without an account');

reset role;
update scim.resource set active = false where name = 'Bob';
set role scim_app;

select tap.is((select string_agg(concat_ws(' ', user_name, app_ref, active,
                                           app_active, what), ', '
                                 order by user_name)
               from scim.v_drift where tenant = 'acme'),
              'Bob a1 f t active, Eve t unlinked',
              'v_drift: shut out here and not there');

reset role;
select scim.app_users(null) \g /dev/null
select tap.is((select count(*)::text from scim.app_user), '0',
              'app_users(null): no accounts again');
drop view public.account;

-- how a tenant is

update scim.tenant set event_no = 9, max_active = 5, users = 2,
                       active_users = 1
where name = 'acme';
insert into scim.event (tenant, n, type, resource_type, resource_id)
select 'acme', n, 'user.updated', 'User', gen_random_uuid()
from generate_series(3, 9) n;
insert into scim.consumer (tenant, name, n) values ('acme', 'a', 8),
                                                   ('acme', 'late', 0);
insert into scim.audit (tenant, request_id, at, token_name, op, resource_type,
                        status)
values ('acme', scim.uuid7(), now() - interval '1 hour', 't', 'create', 'User',
        201),
       ('acme', scim.uuid7(), now(), 't', 'create', 'User', 409),
       ('beta', scim.uuid7(), now(), 't', 'create', 'User', 409);
insert into scim.auth_failure (tenant, hour, reason, n)
values ('acme', now(), 'unknown', 3), ('acme', now(), 'expired', 4),
       ('acme', now() - interval '2 days', 'unknown', 100);
select scim.issue_token('acme', 'short', '20 days'),
       scim.issue_token('acme', 'long', '40 days'),
       scim.issue_token('acme', 'ended', '20 days'),
       scim.revoke_token('acme', 'ended')
\g /dev/null

set role scim_app;

select tap.is((select concat_ws(' ', enabled, event_no, users, active_users,
                                groups, seats, lag, refused_24h,
                                auth_failed_24h, tokens_expiring, contract,
                                round(extract(epoch from now() - last_write)))
               from scim.v_health where tenant = 'acme'),
              't 9 2 1 0 5 7 1 7 1 3 3600', 'v_health: a tenant in one row');
select tap.is((select concat_ws(' ', seats, lag, last_write, refused_24h)
               from scim.v_health where tenant = 'beta'), '1',
              'v_health: of each its own');

reset role;
