-- Events: who reads them gets each in order until it is acknowledged, replays
-- included; what somebody has not acknowledged is kept.

select scim.create_tenant('acme'), scim.create_tenant('beta') \g /dev/null

create schema test;

create function test.id(n integer) returns uuid language sql immutable as
$$ select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;

-- "n" more events of the tenant, of user 1

create function test.happen(t text, k integer) returns void language sql as
$$
    with x as (
        update scim.tenant set event_no = event_no + k where name = t
        returning event_no
    )
    insert into scim.event (tenant, n, type, resource_type, resource_id,
                            version, changed)
    select t, event_no - k + i, 'user.updated', 'User', test.id(1), i,
           array['title']
    from x, generate_series(1, k) i
$$;

-- what a consumer gets: numbers and types, in order

create function test.get(c text, t text, k integer) returns text
    language sql as
$$
    select coalesce(string_agg(e.n || case when e.type like '%.resync'
                        then '=' || e.type || ltrim(right(e.resource_id::text,
                                                          12), '0')
                        else '' end, ' '), '-')
    from scim.events(c, t, k) e
$$;

grant usage on schema test to scim_app;
set role scim_app;

-- plans that are made now, while nothing is there, and kept

select test.get('old', 'beta', 5) from generate_series(1, 7) \g /dev/null
select scim.replay('old', 'beta', 'User') \g /dev/null
select test.get('old', 'beta', 5) from generate_series(1, 7) \g /dev/null

-- reading

select tap.is(test.get('app', 'acme', 10), '-', 'nothing has happened');
select tap.is((select consumer || ' ' || n || ' ' || lag from scim.v_consumer
               where tenant = 'acme'), 'app 0 0',
              'the first call makes the consumer');
select tap.is((select count(*)::text from scim.pending('app')), '0',
              'nothing waits');

reset role;
select test.happen('acme', 5) \g /dev/null
set role scim_app;

select tap.is((select tenant || n from scim.pending('app')), 'acme5',
              'five events wait');
select tap.is((select tenant || n from scim.pending('new')), 'acme5',
              'so they do for whom nobody has seen yet');
select tap.is(test.get('app', 'acme', 3), '1 2 3', 'the first three');
select tap.is(test.get('app', 'acme', 3), '1 2 3',
              'again, as long as they are not acknowledged');
select tap.is(scim.ack('app', 'acme', 2)::text, '2', 'two are acknowledged');
select tap.is(test.get('app', 'acme', 10), '3 4 5', 'the others');
select tap.is((select n from scim.pending('app'))::text, '3', 'wait');
select tap.is((select lag || ' ' || (waiting = (select at from scim.v_event
                   where tenant = 'acme' and n = 3)) from scim.v_consumer
               where tenant = 'acme' and consumer = 'app'), '3 true',
              'since when, tells the view');
select tap.is(scim.ack('app', 'acme', 1)::text, '2', 'nothing goes back');
select tap.is(scim.ack('app', 'acme', 99)::text, '5',
              'nor beyond the last event');
select tap.is(scim.ack('app', 'acme', null)::text, null, 'null is nothing');
select tap.is(test.get('app', 'acme', 10), '-', 'all is acknowledged');
select tap.is((select count(*)::text from scim.pending('app')), '0',
              'and nothing waits');
select tap.is(test.get('other', 'acme', 2), '1 2',
              'another consumer goes by itself');
select tap.is(test.get('other', 'acme', 0), '-', 'none at most');
select tap.is((select string_agg(concat_ws(' ', type, resource_type, version,
                                           origin, changed), '')
               from scim.events('other', 'acme', 1)),
              'user.updated User 1 scim {title}', 'columns of an event');
select tap.fails('select * from scim.events(''app'', ''none'', 1)', 'P0002',
                 'no such tenant');
select tap.fails('select scim.ack(''none'', ''acme'', 1)', 'P0002',
                 'no such consumer');

-- rolled back: as if it had never been

begin;
select test.get('third', 'acme', 5) \g /dev/null
select scim.ack('third', 'acme', 5) \g /dev/null
rollback;
select tap.is(test.get('third', 'acme', 10), '1 2 3 4 5',
              'what was rolled back comes again');
select scim.ack('third', 'acme', 5) \g /dev/null

-- once

select tap.is(scim.once('acme', test.id(1), 'invite')::text, 'true',
              'once');
select tap.is(scim.once('acme', test.id(1), 'invite')::text, 'false',
              'not twice');
select tap.is(scim.once('acme', test.id(1), 'greet')::text, 'true',
              'something else');
select tap.is(scim.once('beta', test.id(1), 'invite')::text, 'true',
              'the same id of another tenant');

begin;
select scim.once('acme', test.id(2), 'invite') \g /dev/null
rollback;
select tap.is(scim.once('acme', test.id(2), 'invite')::text, 'true',
              'what was rolled back has not been');

-- retention

select tap.is(scim.trim_events('acme', '0 seconds')::text, '0',
              '"other" has read nothing: all is kept');
select scim.ack('other', 'acme', 3) \g /dev/null
select tap.is(scim.trim_events('acme', '1 hour')::text, '0',
              'nothing is that old');
select tap.is(scim.trim_events('acme', '0 seconds')::text, '3',
              'what all have read goes');
select tap.is(test.get('other', 'acme', 9), '4 5', 'the rest is there');
select tap.is(test.get('new', 'acme', 9), '4 5',
              'a new consumer begins with the oldest that is kept');
select tap.is((select n::text from scim.pending('new')), '2',
              'and only that waits for it');
select tap.is((select lag::text from scim.v_consumer
               where tenant = 'acme' and consumer = 'new'), '2',
              'as the view says');
select scim.ack('other', 'acme', 5) \g /dev/null
select tap.is(scim.trim_events('acme', '0 seconds')::text, '0',
              'the new one has read nothing');
select tap.is(scim.drop_consumer('new', 'acme')::text, 'true',
              'it is forgotten');
select tap.is(scim.drop_consumer('new', 'acme')::text, 'false', 'once');
select tap.is(scim.trim_events('acme', '0 seconds')::text, '2',
              'then nobody waits');
select tap.is((select count(*)::text from scim.pending('new')), '0',
              'events that are gone wait for nobody');

reset role;
select test.happen('acme', 6) \g /dev/null
update scim.event set at = now() - interval '2 days'
where tenant = 'acme' and n in (6, 7, 9);
set role scim_app;

select scim.ack(c, 'acme', 10) from unnest(array['app', 'other', 'third']) c
\g /dev/null
select tap.is(scim.trim_events('acme', '1 day')::text, '2',
              'whatever the clock did, no gap is made');
select tap.is((select string_agg(n::text, ' ' order by n) from scim.v_event
               where tenant = 'acme'), '8 9 10 11', 'the numbers left');
select tap.is(scim.trim_events('none', '0 days')::text, '0',
              'nobody''s events');

-- replays

reset role;

insert into scim.resource (tenant, id, type, name, doc, managed, version,
                           app_ref, external_id, deleted_at)
select 'acme', test.id(i), case when i <= 8 then 'User' else 'Group' end,
       'r' || i, '{}', i not in (3, 9), i, 'ref' || i, 'x' || i,
       case when i = 4 then now() end
from generate_series(1, 9) i;

set role scim_app;

select scim.ack('app', 'acme', 11), scim.replay('app', 'acme', 'User')
\g /dev/null
select tap.is((select n::text from scim.pending('app')), '1',
              'a replay waits');
select tap.fails('select scim.replay(''app'', ''acme'', ''Group'')', '55006',
                 'one replay at a time');
select tap.is(test.get('app', 'acme', 2),
              '11=user.resync1 11=user.resync2',
              'the first two, under the last number');
select tap.is(test.get('app', 'acme', 3),
              '11=user.resync1 11=user.resync2 11=user.resync5',
              'again, without those that are unmanaged or deleted');
select tap.is((select concat_ws(' ', resource_type, version, app_ref,
                                external_id, origin, doc, changed)
               from scim.events('app', 'acme', 3) offset 2),
              'User 5 ref5 x5 scim', 'columns of a resource');
select scim.ack('app', 'acme', 10) \g /dev/null
select tap.is(test.get('app', 'acme', 3),
              '11=user.resync1 11=user.resync2 11=user.resync5',
              'another number acknowledges none of it');
select scim.ack('app', 'acme', 11) \g /dev/null

reset role;
select test.happen('acme', 2) \g /dev/null
set role scim_app;

select tap.is(test.get('app', 'acme', 2), '12 13',
              'what has happened since comes first');
select scim.ack('app', 'acme', 12) \g /dev/null
select tap.is(test.get('app', 'acme', 3),
              '13 13=user.resync6 13=user.resync7',
              'the replay where there is room');
select scim.ack('app', 'acme', 13) \g /dev/null
select tap.is(test.get('app', 'acme', 2), '13=user.resync8', 'the last');
select tap.is((select n::text from scim.pending('app')), '1',
              'which still waits');
select scim.ack('app', 'acme', 13) \g /dev/null
select tap.is((select count(*)::text from scim.pending('app')), '0',
              'until it is acknowledged');
select tap.is((select replay_type from scim.v_consumer
               where tenant = 'acme' and consumer = 'app'), null,
              'that was the end of it');
select tap.is(test.get('app', 'acme', 9), '-', 'and nothing comes');

select scim.replay('app', 'acme', 'User') \g /dev/null
select test.get('app', 'acme', 6), scim.ack('app', 'acme', 13) \g /dev/null
select tap.is(test.get('app', 'acme', 6), '-',
              'a replay that fills the last page');
select tap.is((select count(*)::text from scim.pending('app')), '0',
              'ends with the empty one');
select scim.replay('app', 'acme', 'Group') \g /dev/null
select tap.is(test.get('app', 'acme', 6), '-', 'a replay of nothing ends');
select tap.is((select count(*)::text from scim.pending('app')), '0',
              'without an acknowledgement');
select scim.replay('app', 'acme', 'User') \g /dev/null
select scim.replay('app', 'acme', null) \g /dev/null
select tap.is(test.get('app', 'acme', 6), '-', 'a replay is called off');

-- many

reset role;

select test.happen('beta', 100000) \g /dev/null
insert into scim.resource (tenant, id, type, name, doc)
select 'beta', test.id(i), 'User', 'r' || i, '{}'
from generate_series(1, 30000) i;

set role scim_app;

select scim.ack('old', 'beta', 50000) \g /dev/null
select tap.reads('select * from scim.events(''old'', ''beta'', 100)', 0, 100,
                 'a page in the middle is cheap: plans made on empty tables');
select tap.reads('select * from scim.pending(''old'')', 0, 40,
                 'so is it to see that there is one');
select scim.ack('old', 'beta', 100000), scim.replay('old', 'beta', 'User')
\g /dev/null
select tap.reads('select * from scim.events(''old'', ''beta'', 100)', 0, 200,
                 'so is a replay');

\c

set role scim_app;

select tap.reads('select * from scim.events(''old'', ''beta'', 100)', 0, 200,
                 'with plans made now, too');
select scim.replay('old', 'beta', null) \g /dev/null
select tap.reads('select * from scim.events(''new'', ''beta'', 100)', 0, 200,
                 'and events');

-- whose they are

reset role;
set role scim_module;

select tap.fails('select * from scim.event', '42501',
                 'the module reads no event');
select tap.fails('select * from scim.events(''app'', ''acme'', 1)', '42501',
                 'nor calls the functions');
select tap.fails($$insert into scim.event (tenant, n, type, resource_type,
    resource_id) values ('acme', 99, 'x', 'User', gen_random_uuid())$$,
    '42501', 'and writes for whom it was admitted to');

reset role;
set role scim_app;

select tap.fails('select scim.lock_consumer(''app'', ''acme'')', '42501',
                 'what is inside is nobody''s');
select tap.fails('delete from scim.event', '42501',
                 'the application deletes by trim_events() alone');
