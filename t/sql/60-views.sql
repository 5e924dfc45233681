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
        null, true, '{}');

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
