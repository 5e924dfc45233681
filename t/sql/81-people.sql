-- People whom the application has known before SCIM came: imported, linked,
-- forgotten, shut out, erased.

select scim.create_tenant('acme'), scim.create_tenant('beta') \g /dev/null

create function pg_temp.counts() returns text language sql as $$
    select concat_ws(' ', users, active_users, groups, event_no)
    from scim.tenant where name = 'acme'
$$;

create function pg_temp.who(id uuid) returns text language sql as $$
    select coalesce(app_ref, name) from scim.resource r
    where r.tenant = 'acme' and r.id = who.id
$$;

create function pg_temp.id(ref text) returns uuid language sql as $$
    select r.id from scim.resource r
    where r.tenant = 'acme' and r.app_ref = ref
$$;

-- what a refusal says

create function pg_temp.why(sql text) returns text language plpgsql as $$
begin
    execute sql;
    return null;
exception when others then
    return sqlerrm;
end
$$;

-- events and audit rows behind the last ones that were looked at

create temporary table seen as select 0::bigint as n;
create temporary table seen_request (request uuid);

create function pg_temp.news() returns text language plpgsql as $$
declare
    told text;
begin
    select concat_ws(' | ',
        (select string_agg(concat_ws(' ', e.type, e.app_ref, 'v' || e.version,
                                     e.changed::text, e.member_app_ref,
                                     case when e.doc is not null
                                     then 'doc' end), ', ' order by e.n)
         from scim.event e, seen where e.tenant = 'acme' and e.n > seen.n),
        (select string_agg(concat_ws(' ', a.op, a.status,
                                     a.version_from || '-' || a.version_to),
                           ', ' order by a.at, a.op)
         from scim.audit a
         where a.tenant = 'acme' and a.token_name = ''
               and a.request_id not in (select request from seen_request)))
    into told;

    update seen
    set n = (select t.event_no from scim.tenant t where t.name = 'acme');

    insert into seen_request
    select a.request_id from scim.audit a where a.tenant = 'acme';

    return told;
end
$$;

-- importing

set role scim_app;

select scim.import_user('acme', 'a1', '{
    "schemas": ["urn:x"], "id": "7", "meta": {}, "groups": [],
    "password": "p", "userName": "Bob@Ex.com", "externalId": "E1",
    "title": "", "nickName": null, "ims": [], "name": {"givenName": "Bob",
                                                       "familyName": ""},
    "emails": [{"value": "Bob@Ex.com", "type": "work"},
               {"value": "bob@ex.com", "type": "Work", "primary": true},
               {"value": "b2@ex.com", "type": "home", "primary": true},
               {"type": "other", "primary": true}],
    "addresses": [{"country": "DE"}, {"country": "DE"}],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "department": "D", "manager": {"value": ""}}
}') as a1 \gset

reset role;

select tap.is((select doc::text from scim.resource where app_ref = 'a1'),
    '{"name": {"givenName": "Bob"}, "active": true, "emails": '
    '[{"type": "work", "value": "Bob@Ex.com"}, '
    '{"type": "home", "value": "b2@ex.com", "primary": true}], '
    '"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", '
    '"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"], '
    '"userName": "Bob@Ex.com", "addresses": [{"country": "DE"}, '
    '{"country": "DE"}], "externalId": "E1", '
    '"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": '
    '{"department": "D"}}', 'import_user: the document as SCIM would keep it');
select tap.is((select concat_ws(' ', name, name_key, external_id, active,
                                version, managed, protected, origin,
                                last_write is null, deactivated_by, members,
                                substr(id::text, 15, 1))
               from scim.resource where app_ref = 'a1'),
              'Bob@Ex.com bob@ex.com E1 t 1 f f app t 0 7',
              'import_user: the columns');
select tap.is((select string_agg(concat_ws(' ', type, attr, key, uniq), ', '
                                 order by key)
               from scim.resource_key where id = :'a1'),
              'User emails.value b2@ex.com f, User emails.value bob@ex.com f',
              'import_user: the keys');
select tap.is(pg_temp.counts(), '1 1 0 0', 'import_user: counted');
select tap.is(pg_temp.news(), 'import_user 201',
              'import_user: in the audit, no event');

set role scim_app;

select tap.is(scim.import_user('acme', 'a1', '{
    "userName": "Bob@Ex.com", "externalId": "E1",
    "name": {"givenName": "Bob"}, "active": true,
    "emails": [{"value": "Bob@Ex.com", "type": "work"},
               {"value": "b2@ex.com", "type": "home", "primary": true}],
    "addresses": [{"country": "DE"}, {"country": "DE"}],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
        "department": "D"}}')::text, :'a1', 'the same again: the same row');

reset role;
select tap.is(pg_temp.news(), '', 'which does not change');

set role scim_app;
select tap.is(scim.import_user('acme', 'a1', '{
    "userName": "bob", "active": false,
    "emails": [{"value": "B2@ex.com"}, {"value": "b3@ex.com"}]}',
    true)::text, :'a1', 'changed');
reset role;

select tap.is((select concat_ws(' ', name, name_key, coalesce(external_id, '-'),
                                active, version, managed, protected,
                                modified > created)
               from scim.resource where app_ref = 'a1'),
              'bob bob - f 2 f t t', 'the row is what it is now');
select tap.is((select string_agg(key, ' ' order by key)
               from scim.resource_key where id = :'a1'),
              'b2@ex.com b3@ex.com', 'and its keys');
select tap.is(pg_temp.counts() || ', ' || pg_temp.news(),
              '1 0 0 0, import_user 200 1-2', 'without an event');

select scim.import_user('acme', 'a1', '{"userName": "bob"}') \g /dev/null
select tap.is((select concat_ws(' ', active, version, protected)
               from scim.resource where app_ref = 'a1'), 'f 3 f',
              'active stays when it is not named');
select scim.import_user('acme', 'a1', '{"userName": "bob"}', true) \g /dev/null
select tap.is((select concat_ws(' ', version, protected)
               from scim.resource where app_ref = 'a1') || ', '
              || pg_temp.news(),
              '3 t, import_user 200 2-3, import_user 200 3-3',
              'to protect him is no new version');

-- what is no user

select tap.fails(format('select scim.import_user(''acme'', ''bad'', %L)', bad),
                 '22023', 'import_user: ' || left(bad, 60))
from (values ('[]'), ('"x"'), ('{}'), ('{"userName": ""}'),
             ('{"userName": " "}'), ('{"userName": 1}'), ('{"userName": null}'),
             ('{"userName": ["x"]}'), ('{"username": "x"}'),
             ('{"userName": "x", "externalId": 7}'),
             ('{"userName": "x", "active": "true"}'),
             ('{"userName": "x", "emails": {"value": "x"}}'),
             ('{"userName": "x", "emails": ["x"]}'),
             ('{"userName": "x", "emails": [{"value": 1}]}'),
             ('{"userName": "x", "emails": [{"Value": "x"}]}'),
             ('{"userName": "x", "emails": [{"primary": "true"}]}'),
             ('{"userName": "x", "name": "x"}'),
             ('{"userName": "x", "x509Certificates": [{"value": "?"}]}'),
             ('{"userName": "x", "urn:x:y": {"a": 1}}'),
             ('{"userName": "x", "colour": "red"}')) v(bad);

select tap.fails(format('select scim.import_user(''acme'', ''bad'', %L)',
                        jsonb_build_object('userName', n)), '22023',
                 'import_user: a userName that is too long')
from repeat('ä', 513) n;
select tap.fails('select scim.import_user(''acme'', '''', ''{}'')', '22023',
                 'import_user: no app_ref');
select tap.fails('select scim.import_user(''none'', ''x'', ''{}'')', 'P0002',
                 'import_user: no such tenant');
select tap.is(pg_temp.counts(), '1 0 0 0', 'nothing has come of these');

-- who has the same name

select scim.import_user('acme', 'a2', '{"userName": "Straße",
                                        "externalId": "E2"}') as a2 \gset
select tap.fails('select scim.import_user(''acme'', ''a3'',
                      ''{"userName": "STRASSE"}'')', '23505',
                 'a name that is taken, in whatever case');
select tap.fails('select scim.import_user(''acme'', ''a3'',
                      ''{"userName": "x", "externalId": "E2"}'')', '23505',
                 'an externalId that is taken');
select tap.is(pg_temp.why('select scim.import_user(''acme'', ''a3'',
                      ''{"userName": "x", "externalId": "E2"}'')'),
              'another user has this externalId', 'as it is told');
select tap.fails('select scim.import_user(''acme'', ''a1'',
                      ''{"userName": "strasse"}'')', '23505',
                 'nor may one who is there take it');
select tap.ok(scim.import_user('beta', 'a2', '{"userName": "Strasse"}')
              <> :'a2', 'in another tenant he may');

-- whom SCIM has written is SCIM's

select pg_temp.news() \g /dev/null
update scim.resource set managed = true where id = :'a2';
select tap.is(scim.import_user('acme', 'a2', '{"userName": "other"}',
                               true)::text, :'a2', 'a managed user');
select tap.is((select concat_ws(' ', name, version, protected)
               from scim.resource where id = :'a2') || ', '
              || pg_temp.news(), 'Straße 1 t, import_user 200 1-1',
              'keeps what SCIM wrote, and is protected');
select scim.import_user('acme', 'a2', null, true) \g /dev/null
select tap.is(pg_temp.news(), '', 'once');
select tap.is(scim.forget_user('acme', 'a2')::text, 'true',
              'forget_user: a managed one');
select tap.is((select concat_ws(' ', name, protected, app_ref is null)
               from scim.resource where id = :'a2') || ', '
              || pg_temp.news(), 'Straße f t, forget_user 200 1-1',
              'stays, and belongs to no account');
select tap.fails('select scim.import_user(''acme'', ''a2'',
                      ''{"userName": "strasse"}'')', '23505',
                 'and is not imported by his name');

select scim.link('acme', :'a2', 'a2'), scim.link('acme', :'a2', 'a2')
\g /dev/null
select tap.is(pg_temp.who(:'a2') || ', ' || pg_temp.news(),
              'a2, link 200 1-1', 'link: he belongs to it again');
select tap.fails(format('select scim.link(''acme'', %L, ''a1'')', :'a2'),
                 '23505', 'link: not to one that is taken');
select tap.is(pg_temp.why(format('select scim.link(''acme'', %L, ''a1'')',
                                 :'a2')), 'another user has this app_ref',
              'link: as it is told');
select tap.fails(format('select scim.link(''acme'', %L, null)', :'a2'),
                 '22023', 'link: to none');
select tap.fails(format('select scim.link(''beta'', %L, ''a9'')', :'a2'),
                 'P0002', 'link: not another tenant''s');

-- the application forgets

select scim.publish_group('acme', 'r1', 'Role'),
       scim.publish_group('acme', 'r2', 'Other'),
       scim.app_set_members('acme', 'r1', '{a1,a2}'),
       scim.app_set_members('acme', 'r2', '{a1}'),
       pg_temp.news()
\g /dev/null

select tap.is(scim.forget_user('acme', 'a1')::text, 'true', 'forget_user');
select tap.is(pg_temp.news(),
              'group.member_removed r1 v3 a1, group.member_removed r2 v3 a1 | '
              'forget_user 200', 'he leaves his groups');
select tap.is((select string_agg(concat_ws(' ', app_ref, members, version),
                                 ', ' order by id)
               from scim.resource where type = 'Group')
              || ', ' || pg_temp.counts(), 'r1 1 3, r2 0 3, 1 1 2 7',
              'which are counted');
select tap.is((select count(*)::text from scim.resource_key), '0',
              'his keys are gone');
select tap.is(scim.forget_user('acme', 'a1')::text, 'false',
              'forget_user: nobody');

-- tombstones belong to SCIM

update scim.resource set deleted_at = now(), managed = false where id = :'a2';
update scim.tenant set users = 0, active_users = 0 where name = 'acme';
delete from scim.member where member_id = :'a2';
update scim.resource set members = 0;

select tap.is(scim.import_user('acme', 'a2', '{"userName": "x"}')::text,
              :'a2', 'import_user: whom SCIM has deleted stays deleted');
select tap.is(pg_temp.counts() || ' ' || (select name from scim.resource
                                          where id = :'a2'),
              '0 0 2 7 Straße', 'as he was, and uncounted');
select tap.is(scim.forget_user('acme', 'a2')::text, 'true',
              'until he is forgotten');
select tap.ok(scim.import_user('acme', 'a2', '{"userName": "x"}') <> :'a2',
              'then he is another one');
select tap.fails(format('select scim.link(''acme'', %L, ''a9'')', :'a2'),
                 'P0002', 'link: no tombstone');

-- shut out, let in; seats

select pg_temp.news() \g /dev/null
select scim.import_user('acme', 'b' || i, jsonb_build_object('userName',
                                                             'b' || i))
from generate_series(1, 3) i
\g /dev/null
select pg_temp.news() \g /dev/null

set role scim_app;
select tap.is(scim.app_set_active('acme', 'b1', false)::text, 'true',
              'app_set_active: off');
reset role;
select tap.is((select concat_ws(' ', active, doc -> 'active', deactivated_by,
                                version, last_write is null)
               from scim.resource where app_ref = 'b1') || ', '
              || pg_temp.counts() || ', ' || pg_temp.news(),
              'f false app 2 t, 4 3 2 8, '
              'user.deactivated b1 v2 {active} | app_set_active 200 1-2',
              'he is out');
select tap.is(scim.app_set_active('acme', 'b1', false)::text || ', '
              || pg_temp.news(), 'false, ', 'he was');
select tap.is((select string_agg(concat_ws(' ', origin, token_name,
                                           request_id), ',')
               from scim.event where type = 'user.deactivated'), 'app',
              'the event says who it was');

select scim.set_seats('acme', 3) \g /dev/null
select tap.fails('select scim.app_set_active(''acme'', ''b1'', true)',
                 'SC403', 'no seat is left');
select tap.is((select active::text from scim.resource where app_ref = 'b1')
              || ' ' || pg_temp.counts(), 'false 4 3 2 8', 'he stays out');
select scim.set_seats('acme', 4), pg_temp.news() \g /dev/null
select tap.is(scim.app_set_active('acme', 'b1', true)::text || ', '
              || pg_temp.news(), 'true, user.reactivated b1 v3 {active} | '
              'app_set_active 200 2-3', 'one more: he is in');
select tap.is((select concat_ws(' ', active, doc -> 'active',
                                deactivated_by)
               from scim.resource where app_ref = 'b1') || ', '
              || pg_temp.counts(), 't true, 4 4 2 9', 'again');
select scim.set_seats('acme', 1) \g /dev/null
select tap.is(pg_temp.counts() || ' ' || scim.app_set_active('acme', 'b2',
                                                             false)
              || ' ' || pg_temp.counts(), '4 4 2 9 true 4 3 2 10',
              'fewer seats shut nobody out, and nobody in');
select tap.fails('select scim.app_set_active(''acme'', ''b2'', true)', 'SC403',
                 'who is out stays out');
select tap.fails('select scim.set_seats(''acme'', -1)', '23514',
                 'seats are not below none');
select scim.set_seats('acme', null), scim.app_set_active('acme', 'b2', true)
\g /dev/null
select tap.is(pg_temp.counts(), '4 4 2 11', 'without a limit');
select tap.fails('select scim.app_set_active(''acme'', ''none'', true)',
                 'P0002', 'app_set_active: nobody');
select tap.fails('select scim.app_set_active(''acme'', ''b1'', null)',
                 '22023', 'app_set_active: neither');

-- erased

select scim.app_set_members('acme', 'r1', '{b1,b2}'),
       scim.app_set_members('acme', 'r1', '{b2}'),
       scim.app_set_members('acme', 'r1', '{b1,b2}'),
       scim.issue_token('acme', 'his', '1 day', me => 'B1'),
       pg_temp.id('b1') as b1
\gset
update scim.event set doc = '{"userName": "b1"}', external_id = 'E'
where resource_id = :'b1' and n = 8;
select pg_temp.news() \g /dev/null

set role scim_app;
select tap.is(scim.erase('acme', :'b1')::text, 'true', 'erase');
reset role;

select tap.is(pg_temp.news(), 'group.member_removed r1 v7, user.deleted | '
              'erase 204', 'he leaves his groups, and is gone');
select tap.is(pg_temp.counts() || ' ' || (select members::text
                                          from scim.resource
                                          where app_ref = 'r1'),
              '3 3 2 17 1', 'uncounted');
select tap.is((select count(*)::text from scim.resource r
               where r::text ~ '\mb1\M')
              || (select count(*)::text from scim.event e
                  where e::text ~ '\mb1\M')
              || (select count(*)::text from scim.member
                  where member_id = :'b1')
              || (select count(*)::text from scim.token where me is not null),
              '0000', 'nothing tells of him');
select tap.is((select string_agg(n::text, ' ' order by n)
               from scim.event where tenant = 'acme'),
              (select string_agg(n::text, ' ' order by n)
               from generate_series(1, 17) n), 'no number is missing');
select tap.is(scim.erase('acme', :'b1')::text, 'true',
              'once more: events are there');
select tap.is(scim.erase('beta', :'b1')::text, 'false',
              'erase: another tenant''s');
select tap.is(scim.erase('acme', pg_temp.id('r1'))::text || ', '
              || coalesce(pg_temp.who(pg_temp.id('r1')), 'gone'),
              'false, r1', 'erase: no group');

update scim.event set doc = '{}', app_ref = 'k' where resource_id = :'a2';
select pg_temp.news() \g /dev/null
select tap.is(scim.erase('acme', :'a2')::text || ', ' || pg_temp.news(),
              'true, erase 204', 'erase: a tombstone has been deleted');
select tap.is((select count(*)::text from scim.resource where id = :'a2'), '0',
              'and is gone');

-- tombstones are purged

select tap.is(scim.purge('acme', '0')::text || pg_temp.news(), '0',
              'purge: nothing');
update scim.resource set deleted_at = now() - interval '31 days'
where app_ref in ('b2', 'r2');
update scim.resource set deleted_at = now() - interval '29 days'
where app_ref = 'b3';
select tap.is(scim.purge('acme', '30 days')::text || ', ' || pg_temp.news(),
              '2, purge 200', 'purge: those that are older');
select tap.is((select string_agg(app_ref, ' ' order by app_ref)
               from scim.resource where tenant = 'acme'), 'a2 b3 r1',
              'the others stay');
select tap.is(scim.purge('beta', '0')::text, '0',
              'purge: nothing of another tenant''s');
select tap.fails('select scim.purge(''acme'', ''-1 day'')', '22023',
                 'purge: nothing of tomorrow');
select tap.fails('select scim.purge(''acme'', null)', '22023',
                 'purge: how old?');

-- switches

select pg_temp.news() \g /dev/null
select tap.is(concat_ws(' ', scim.enable_tenant('acme', true),
                        scim.enable_tenant('acme', false),
                        scim.enable_tenant('acme', false)), 'f t f',
              'enable_tenant');
select scim.set_settings('acme', '{"invite": true}') \g /dev/null
select scim.set_settings('acme', '{"invite": true}') \g /dev/null
select tap.is((select concat_ws(' ', enabled, settings) from scim.tenant
               where name = 'acme') || ', ' || pg_temp.news(),
              'f {"invite": true}, enable_tenant 200, set_settings 200',
              'what the tenant is set to');
select tap.fails('select scim.set_settings(''acme'', ''[]'')', '22023',
                 'settings are an object');
select tap.fails('select scim.enable_tenant(''none'', true)', 'P0002',
                 'no such tenant');
select tap.fails('select scim.set_seats(''none'', 1)', 'P0002',
                 'no seats in none');

-- many at a time for five seats

select scim.create_tenant('seats'), scim.set_seats('seats', 5) \g /dev/null

select scim.import_user('seats', 's' || i,
                        jsonb_build_object('userName', 's' || i,
                                           'active', false))
from generate_series(1, 8) i
\g /dev/null

create function public.try(ref text, active boolean) returns boolean
    language plpgsql as $$
begin
    return scim.app_set_active('seats', ref, active);
exception when sqlstate 'SC403' then
    return false;
end
$$;

create procedure public.play() language plpgsql as $$
begin
    for i in 1 .. 200 loop
        perform public.try('s' || 1 + floor(random() * 8), random() < 0.7);
        commit;
    end loop;
end
$$;

\setenv SCIM_DB :DBNAME
\! for i in 1 2 3 4 5 6; do psql -X -q -d "$SCIM_DB" -c 'call public.play()' & done; wait

select public.try('s' || i, true) from generate_series(1, 8) i \g /dev/null

select tap.is((select t.active_users::text from scim.tenant t
               where t.name = 'seats')
              || ' ' || (select count(*)::text from scim.resource r
                         where r.tenant = 'seats' and r.active), '5 5',
              'seats: exactly as many as there are');
select tap.is((select string_agg(x.n::text, ' ')
               from (select sum(case e.type when 'user.reactivated' then 1
                                else -1 end) over (order by e.n) as n
                     from scim.event e where e.tenant = 'seats') x
               where x.n not between 0 and 5), null,
              'seats: never one more in between');
select tap.is((select string_agg(x.n::text, ' ')
               from (select e.n, e.type = lag(e.type) over (
                         partition by e.resource_id order by e.n) as again
                     from scim.event e where e.tenant = 'seats') x
               where x.again), null, 'seats: who is in is not let in again');
select tap.is((select (count(*) > 5 and count(*) = max(e.n))::text
               from scim.event e where e.tenant = 'seats'), 'true',
              'seats: each change has an event, numbers have no gap');


-- in a long transaction: modified is the time of the change

select scim.create_tenant('later'),
       scim.import_user('later', 'u1', '{"userName": "u1"}'),
       scim.import_user('later', 'u2', '{"userName": "u2"}'),
       scim.import_user('later', 'u3', '{"userName": "u3"}'),
       scim.publish_group('later', 'g1', 'g1'),
       scim.publish_group('later', 'g2', 'g2'),
       scim.publish_group('later', 'g3', 'g3'),
       scim.app_set_members('later', 'g3', array['u3'])
\g /dev/null

begin;
select scim.import_user('later', 'u1', '{"userName": "other"}'),
       scim.app_set_active('later', 'u2', false),
       scim.publish_group('later', 'g1', 'other'),
       scim.app_set_members('later', 'g2', array['u1', 'u2']),
       scim.forget_user('later', 'u3')
\g /dev/null
select tap.is((select string_agg(r.app_ref || ' ' || r.version, ', '
                                 order by r.app_ref)
               from scim.resource r
               where r.tenant = 'later' and r.modified > now()),
              'g1 2, g2 2, g3 3, u1 2, u2 2',
              'modified: when it was, not when the transaction began');
commit;
