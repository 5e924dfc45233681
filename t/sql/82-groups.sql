-- Groups that the application publishes, and their members.

select scim.create_tenant('acme'), scim.create_tenant('beta') \g /dev/null

create function pg_temp.counts() returns text language sql as $$
    select concat_ws(' ', users, active_users, groups, event_no)
    from scim.tenant where name = 'acme'
$$;

create temporary table seen as select 0::bigint as n;
create temporary table seen_request (request uuid);

create function pg_temp.news() returns text language plpgsql as $$
declare
    told text;
begin
    select concat_ws(' | ',
        (select string_agg(concat_ws(' ', e.type, e.app_ref, 'v' || e.version,
                                     e.changed::text, e.member_kind,
                                     e.member_app_ref,
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

create function pg_temp.members(ref text) returns text language sql as $$
    select concat_ws(' ', g.members, g.version,
                     string_agg(x.app_ref, ',' order by x.app_ref))
    from scim.resource g
         left join scim.member m on m.tenant = g.tenant and m.group_id = g.id
         left join scim.resource x on x.tenant = g.tenant
                                      and x.id = m.member_id
    where g.tenant = 'acme' and g.app_ref = ref
    group by g.id, g.members, g.version
$$;

-- published

set role scim_app;
select scim.publish_group('acme', 'r1', 'Größe', 'role') as r1 \gset
reset role;

select tap.is((select concat_ws(' ', type, name, name_key, active, version,
                                managed, origin, kind, members_writable,
                                self_writable, members, doc)
               from scim.resource where id = :'r1'),
              'Group Größe grösse t 1 f app role t f 0 {"schemas": '
              '["urn:ietf:params:scim:schemas:core:2.0:Group"], '
              '"displayName": "Größe"}', 'publish_group: the row');
select tap.is(pg_temp.counts() || ', ' || pg_temp.news(),
              '0 0 1 1, group.created r1 v1 | publish_group 201',
              'publish_group: the event');
select tap.is(concat_ws(', ', scim.publish_group('acme', 'r1', 'Größe', 'role')
                              = :'r1', pg_temp.news()), 't, ',
              'the same again changes nothing');
select tap.is(concat_ws(', ', scim.publish_group('acme', 'r1', 'Grösse',
                                                 'role') = :'r1',
                        pg_temp.news(), pg_temp.counts()),
              't, group.updated r1 v2 {displayName} | publish_group 200 1-2, '
              '0 0 1 2', 'renamed');
select tap.is(concat_ws(', ', scim.publish_group('acme', 'r1', 'Grösse',
                                                 'team', false) = :'r1',
                        pg_temp.news(), pg_temp.counts()),
              't, publish_group 200 2-2, 0 0 1 2',
              'of another kind: no new version');
select tap.is((select concat_ws(' ', name, name_key, doc ->> 'displayName',
                                kind, members_writable, version)
               from scim.resource where id = :'r1'),
              'Grösse grösse Grösse team f 2', 'it is what it is now');

select tap.fails('select scim.publish_group(''acme'', ''r2'', ''GRÖSSE'')',
                 '23505', 'a name that is taken');
select tap.ok(scim.publish_group('beta', 'r1', 'Grösse') <> :'r1',
              'in another tenant it is not');
select tap.fails(format('select scim.publish_group(''acme'', %s)', bad),
                 '22023', 'publish_group: ' || left(bad, 20))
from (values ('''x'', '''''), ('''x'', '' '''), ('''x'', null'),
             (''''', ''x'''), ('null, ''x'''), ('''x'', ''x'', ''k'', null'),
             ('''x'', repeat(''ä'', 513)')) v(bad);
select tap.fails('select scim.publish_group(''none'', ''r'', ''r'')', 'P0002',
                 'publish_group: no such tenant');

-- its members

insert into scim.resource (tenant, id, type, name, name_key, app_ref, doc)
select 'acme', ('00000000-0000-7000-8000-10000000000' || i)::uuid, 'User',
       'u' || i, 'u' || i, 'u' || i, '{}'
from generate_series(1, 5) i;
update scim.tenant set users = 5, active_users = 5 where name = 'acme';
select scim.import_user('beta', 'v1', '{"userName": "v1"}') \g /dev/null
select pg_temp.news() \g /dev/null

set role scim_app;
select tap.is(scim.app_set_members('acme', 'r1', '{u3,u1,u2,u1}')::text,
              'true', 'app_set_members');
reset role;

select tap.is(pg_temp.members('r1') || ', ' || pg_temp.news(),
              '3 3 u1,u2,u3, group.member_added r1 v3 u u1, '
              'group.member_added r1 v3 u u2, group.member_added r1 v3 u u3 | '
              'app_set_members 200 2-3', 'each has an event');
select tap.is(concat_ws(', ', scim.app_set_members('acme', 'r1',
                                                   '{u1,u2,u3}'),
                        pg_temp.news()), 'f, ', 'the same list');
select tap.is(concat_ws(', ', scim.app_set_members('acme', 'r1', '{u4,u2,u5}'),
                        pg_temp.members('r1'), pg_temp.news()),
              't, 3 4 u2,u4,u5, group.member_removed r1 v4 u u1, '
              'group.member_removed r1 v4 u u3, '
              'group.member_added r1 v4 u u4, '
              'group.member_added r1 v4 u u5 | app_set_members 200 3-4',
              'those who go first');
select tap.is((select string_agg(e.n::text, ' ' order by e.n)
               from scim.event e where e.tenant = 'acme'),
              '1 2 3 4 5 6 7 8 9', 'no number is missing');

select tap.fails('select scim.app_set_members(''acme'', ''r1'', ''{u1,no}'')',
                 'P0002', 'app_set_members: nobody');
select tap.fails('select scim.app_set_members(''acme'', ''r1'', ''{v1}'')',
                 'P0002', 'app_set_members: another tenant''s');
select tap.fails('select scim.app_set_members(''acme'', ''r1'', ''{null}'')',
                 'P0002', 'app_set_members: null');
select tap.fails('select scim.app_set_members(''acme'', ''r1'', null)',
                 '22023', 'app_set_members: no list');
select tap.fails('select scim.app_set_members(''acme'', ''r9'', ''{}'')',
                 'P0002', 'app_set_members: no such group');
select tap.fails('select scim.app_set_members(''acme'', ''u1'', ''{}'')',
                 'P0002', 'app_set_members: of a user');
select tap.is(pg_temp.members('r1'), '3 4 u2,u4,u5', 'nothing came of these');

-- groups in it stay; who holds it hears of its end

select scim.publish_group('acme', 'in', 'Inner') as inner \gset
select scim.publish_group('acme', 'out', 'Outer') as outer \gset
insert into scim.member (tenant, group_id, member_id, kind)
values ('acme', :'r1', :'inner', 'g'), ('acme', :'outer', :'r1', 'g');
update scim.resource set members = members + 1
where id in (:'r1', :'outer');
select pg_temp.news() \g /dev/null

select tap.is(concat_ws(', ', scim.app_set_members('acme', 'r1', '{}'),
                        pg_temp.members('r1')), 't, 1 5 in',
              'app_set_members: groups in the group stay');
select scim.app_set_members('acme', 'r1', '{u1}'), pg_temp.news() \g /dev/null

set role scim_app;
select tap.is(scim.retire_group('acme', 'r1')::text, 'true', 'retire_group');
reset role;

select tap.is(concat_ws(', ', pg_temp.news(), pg_temp.counts(),
                        pg_temp.members('out')),
              'group.member_removed out v2 g r1, group.deleted r1 doc | '
              'retire_group 204, 5 5 2 17, 0 2', 'it is gone');
select tap.is((select count(*)::text from scim.member where tenant = 'acme'),
              '0', 'and its members');
select tap.is(scim.retire_group('acme', 'r1')::text, 'false',
              'retire_group: nothing');

-- a group of SCIM's becomes the application's, and SCIM's again

insert into scim.resource (tenant, id, type, name, name_key, doc)
values ('acme', '00000000-0000-7000-8000-000000000009', 'Group', 'Staff',
        'staff', '{"displayName": "Staff", "externalId": "E"}');
update scim.tenant set groups = groups + 1 where name = 'acme';
select tap.fails('select scim.publish_group(''acme'', ''s'', ''STAFF'')',
                 '23505', 'the name of a group of SCIM''s is taken');
select scim.link('acme', '00000000-0000-7000-8000-000000000009', 's'),
       scim.publish_group('acme', 's', 'Staff', 'team', false),
       pg_temp.news()
\g /dev/null

create function pg_temp.staff() returns text language sql as $$
    select concat_ws(' ', name, version, managed, origin, kind,
                     members_writable, self_writable, app_ref, doc)
    from scim.resource where name = 'Staff'
$$;

select tap.is(pg_temp.staff(), 'Staff 1 t scim team f f s '
              '{"externalId": "E", "displayName": "Staff"}',
              'linked and published');
select tap.is(concat_ws(', ', scim.retire_group('acme', 's'), pg_temp.news()),
              't, retire_group 200 1-1', 'retired: no event');
select tap.is(pg_temp.staff(), 'Staff 1 t scim t t '
              '{"externalId": "E", "displayName": "Staff"}',
              'it is what it was');

select tap.is((select count(*)::text from scim.event e
               where e.tenant = 'acme' and (e.origin <> 'app'
                                            or e.token_name is not null
                                            or e.request_id is not null)),
              '0', 'all that is the application''s doing');

-- many

select scim.import_user('acme', 'm' || i,
                        jsonb_build_object('userName', 'm' || i))
from generate_series(1, 1000) i
\g /dev/null
select scim.publish_group('acme', 'big', 'Big'),
       scim.app_set_members('acme', 'big',
           array(select 'm' || i from generate_series(1, 1000) i))
\g /dev/null
select tap.is((select members::text from scim.resource where app_ref = 'big')
              || ' ' || (select count(*)::text from scim.event e
                         where e.app_ref = 'big')
              || ' ' || (select count(*)::text from scim.member),
              '1000 1001 1000',
              'a thousand members');
select tap.is((select (max(n) = count(*))::text from scim.event
               where tenant = 'acme')
              || (select (event_no = (select max(n) from scim.event
                                      where tenant = 'acme'))::text
                  from scim.tenant where name = 'acme'), 'truetrue',
              'numbers without a gap');

-- workers are woken, once a transaction, and only if there is something

\setenv SCIM_DB :DBNAME
\set heard `psql -X -q -A -t -d "$SCIM_DB" -c 'listen scim' -c "select scim.publish_group('acme', 'n1', 'N1'), scim.publish_group('acme', 'n2', 'N2')" -c 'select 1'`
\set quiet `psql -X -q -A -t -d "$SCIM_DB" -c 'listen scim' -c "select scim.publish_group('acme', 'n1', 'N1')" -c 'select 1'`

select tap.is((select count(*)::text
               from regexp_matches(:'heard',
                                   '"scim" with payload "acme"', 'g')), '1',
              'notified once');
select tap.ok(:'quiet' not like '%payload%', 'not when nothing has changed');
