-- Events: what changed, in order, one gapless number per tenant; and who has
-- read how far.  Written in the transaction of the change, its number taken
-- from the tenant's row.
--
-- scim_module                           inserts into scim.event
-- v_event, v_consumer                   scim_app
-- events(consumer, tenant, max)         scim_app
-- ack(consumer, tenant, n)              scim_app
-- pending(consumer)                     scim_app
-- replay(consumer, tenant, type)        scim_app
-- once(tenant, id, what)                scim_app
-- drop_consumer(consumer, tenant)       scim_app
-- trim_events(tenant, older_than)       scim_app

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

create table if not exists scim.event (
    tenant         text collate "C" not null,
    n              bigint not null,
    at             timestamptz not null default clock_timestamp(),
    type           text collate "C" not null,   -- 'user.created', ...
    resource_type  text collate "C" not null,
    resource_id    uuid not null,
    version        bigint,                      -- afterwards; null: it is gone
    app_ref        text,
    external_id    text,
    origin         text collate "C" not null default 'scim',   -- or 'app'
    token_name     text,
    token_meta     jsonb,
    request_id     uuid,
    changed        text[],                      -- attributes
    member_id      uuid,                        -- group.member_...
    member_kind    "char" check (member_kind in ('u', 'g')),
    member_app_ref text,
    doc            jsonb,                       -- the last one, of a deletion

    primary key (tenant, n)
);


-- n: the last event that the consumer has acknowledged.  The replay of a type
-- goes by id: behind replay_after all is still to come.  What events() has
-- given since ends at replay_sent, the last of all ids when that was the rest,
-- and is acknowledged with number replay_n.

create table if not exists scim.consumer (
    tenant       text collate "C" not null references scim.tenant,
    name         text collate "C" not null
                     check (length(name) between 1 and 64),
    n            bigint not null default 0,
    replay_type  text collate "C",
    replay_after uuid,
    replay_sent  uuid,
    replay_n     bigint,
    read_at      timestamptz,

    primary key (tenant, name)
);


-- What scim.once() has allowed.

create table if not exists scim.done (
    tenant      text collate "C" not null references scim.tenant,
    resource_id uuid not null,
    what        text collate "C" not null,
    at          timestamptz not null default now(),

    primary key (tenant, resource_id, what)
);

do $$
declare
    t text;
begin
    foreach t in array array['event', 'consumer', 'done'] loop
        if not (select relrowsecurity from pg_class
                where oid = format('scim.%I', t)::regclass)
        then
            execute format('alter table scim.%I enable row level security',
                           t);
        end if;
    end loop;

    if not exists (select from pg_policy
                   where polrelid = 'scim.event'::regclass
                         and polname = 'tenants')
    then
        create policy tenants on scim.event to scim_module
            using (tenant || '' = any ((select pg_catalog.string_to_array(
                pg_catalog.current_setting('scim.tenants', true),
                ','))::text[]));
    end if;
end
$$;

revoke all on scim.event, scim.consumer, scim.done from public, scim_app;
grant insert on scim.event to scim_module;

commit;

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- For the functions below: the consumer's row, locked until the transaction
-- ends, made when there is none.  Who makes one keeps trim_events() away until
-- then: it would not see it.

create or replace function scim.lock_consumer(consumer text, tenant text)
    returns scim.consumer
    language plpgsql
    volatile
    set search_path = pg_catalog, pg_temp
as $$
declare
    c scim.consumer;
begin
    select * into c from scim.consumer x
    where x.tenant = lock_consumer.tenant and x.name = lock_consumer.consumer
    for no key update;

    if found then
        return c;
    end if;

    if not exists (select from scim.tenant t
                   where t.name = lock_consumer.tenant)
    then
        raise exception 'no tenant "%"', tenant using errcode = 'P0002';
    end if;

    perform pg_advisory_xact_lock_shared(
        hashtextextended('scim.consumer ' || tenant, 0));

    insert into scim.consumer (tenant, name) values (tenant, consumer)
    on conflict do nothing;

    select * into c from scim.consumer x
    where x.tenant = lock_consumer.tenant and x.name = lock_consumer.consumer
    for no key update;

    return c;
end
$$;


-- The next events of a tenant, in order, "max" at most; of a replay that has
-- been asked for, what there is room for behind them.  Nothing is acknowledged.
-- Of two workers of one name the second waits until the first one's
-- transaction has ended, and goes on where that has come to.
--
-- What is replayed is of the same snapshot as the events before it: a resource
-- as it was after the last of them.  Its number is that one's, or the last that
-- was acknowledged.
--
-- The settings are for plans: one that was made while there were no rows has to
-- be right for a million, and what they make of its cost is no reason to
-- compile it.

create or replace function scim.events(consumer text, tenant text,
                                       max integer default 100)
    returns setof scim.event
    language plpgsql
    volatile
    strict
    security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set jit = off
    set enable_bitmapscan = off
    set enable_sort = off
as $$
declare
    c scim.consumer := scim.lock_consumer(consumer, tenant);
    r record;
    total integer := 0;
    replayed integer := 0;
    last scim.event;
begin
    for r in
        with live as materialized (
            select e.n, e.resource_id as id, e as event
            from scim.event e
            where e.tenant = events.tenant and e.n > c.n
            order by e.n
            limit greatest(events.max, 0)
        ), head as materialized (
            select count(*) as count, coalesce(max(l.n), c.n) as n from live l
        ), again as materialized (
            select x.* from scim.resource x
            where c.replay_type is not null
                  and x.tenant = events.tenant
                  and x.id > coalesce(c.replay_after,
                                 '00000000-0000-0000-0000-000000000000')
                  and x.type = c.replay_type and x.managed
                  and x.deleted_at is null
            order by x.id
            limit greatest(events.max - (select h.count from head h), 0)
        )
        select 0 as part, l.n, l.id, l.event from live l
        union all
        select 1, h.n, x.id,
               row(x.tenant, h.n, now(), lower(x.type) || '.resync', x.type,
                   x.id, x.version, x.app_ref, x.external_id, 'scim', null,
                   null, null, null, null, null, null, null)::scim.event
        from again x cross join head h
        order by part, n, id
    loop
        return next r.event;
        last := r.event;
        total := total + 1;
        replayed := replayed + r.part;
    end loop;

    if c.replay_type is not null and total < max and replayed = 0 then

        -- all of it has been acknowledged

        update scim.consumer x
        set replay_type = null, replay_after = null, replay_sent = null,
            replay_n = null, read_at = now()
        where x.tenant = events.tenant and x.name = events.consumer;

    else
        update scim.consumer x
        set replay_sent = case
                when replayed = 0 then null
                when total < max then 'ffffffff-ffff-ffff-ffff-ffffffffffff'
                else last.resource_id end,
            replay_n = case when replayed > 0 then last.n end,
            read_at = now()
        where x.tenant = events.tenant and x.name = events.consumer;
    end if;
end
$$;


-- All up to number n has been dealt with; never goes back, nor beyond the last
-- event.  Returns the number that is acknowledged now.

create or replace function scim.ack(consumer text, tenant text, n bigint)
    returns bigint
    language plpgsql
    volatile
    strict
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    acked bigint;
begin
    update scim.consumer x
    set n = greatest(x.n, least(ack.n, (select t.event_no from scim.tenant t
                                        where t.name = ack.tenant))),
        replay_type = case when s.ended then null else x.replay_type end,
        replay_after = case when s.ended then null
                            when s.acked then x.replay_sent
                            else x.replay_after end,
        replay_sent = case when s.acked then null else x.replay_sent end,
        replay_n = case when s.acked then null else x.replay_n end
    from (select y.tenant, y.name, y.replay_n <= ack.n as acked,
                 y.replay_n <= ack.n and y.replay_sent
                     = 'ffffffff-ffff-ffff-ffff-ffffffffffff' as ended
          from scim.consumer y
          where y.tenant = ack.tenant and y.name = ack.consumer
          for no key update) s
    where x.tenant = s.tenant and x.name = s.name
    returning x.n into acked;

    if not found then
        raise exception 'no consumer "%" of tenant "%"', consumer, tenant
              using errcode = 'P0002';
    end if;

    return acked;
end
$$;


-- Tenants that have something for the consumer, be it new to them, and how
-- much: events, and one more for a replay, however long.

create or replace function scim.pending(consumer text)
    returns table (tenant text, n bigint)
    language sql
    stable
    strict
    security definer
    rows 100
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set jit = off
as $$
    select t.name,
           coalesce(t.event_no - e.n + 1, 0)
           + case when c.replay_type is null then 0 else 1 end
    from scim.tenant t
         left join scim.consumer c
         on c.tenant = t.name and c.name = pending.consumer
         left join lateral (
             select x.n from scim.event x
             where x.tenant = t.name and x.n > coalesce(c.n, 0)
             order by x.n limit 1) e on t.event_no > coalesce(c.n, 0)
    where e.n is not null or c.replay_type is not null
    order by t.name;
$$;


-- Gives the consumer each resource of the type that SCIM has written once more,
-- as "<type>.resync"; from the beginning, if that is under way.  Null ends it.

create or replace function scim.replay(consumer text, tenant text, type text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    c scim.consumer := scim.lock_consumer(consumer, tenant);
begin
    if c.replay_type <> type then
        raise exception 'a replay of % is under way', c.replay_type
              using errcode = 'object_in_use';
    end if;

    update scim.consumer x
    set replay_type = replay.type, replay_after = null, replay_sent = null,
        replay_n = null
    where x.tenant = replay.tenant and x.name = replay.consumer;
end
$$;


-- True once in the life of a resource for each "what".

create or replace function scim.once(tenant text, id uuid, what text)
    returns boolean
    language sql
    volatile
    strict
    security definer
    set search_path = pg_catalog, pg_temp
as $$
    with d as (
        insert into scim.done (tenant, resource_id, what)
        values (once.tenant, once.id, once.what)
        on conflict do nothing
        returning 1
    )
    select exists (select from d);
$$;


-- Forgets a consumer of the tenant, whom trim_events() waits for no more; true
-- when there was one.

create or replace function scim.drop_consumer(consumer text, tenant text)
    returns boolean
    language sql
    volatile
    strict
    security definer
    set search_path = pg_catalog, pg_temp
as $$
    with d as (
        delete from scim.consumer c
        where c.tenant = drop_consumer.tenant
              and c.name = drop_consumer.consumer
        returning 1
    )
    select exists (select from d);
$$;


-- Deletes events from the first on, as long as they are older and every
-- consumer of the tenant has acknowledged them; returns how many.

create or replace function scim.trim_events(tenant text, older_than interval)
    returns bigint
    language plpgsql
    volatile
    strict
    security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set jit = off
    set enable_bitmapscan = off
    set enable_sort = off
as $$
declare
    upto bigint;
    count bigint;
begin
    perform pg_advisory_xact_lock(
        hashtextextended('scim.consumer ' || tenant, 0));

    select least(t.event_no,
                 (select min(c.n) from scim.consumer c
                  where c.tenant = t.name),
                 (select e.n - 1 from scim.event e
                  where e.tenant = t.name and e.at >= now() - older_than
                  order by e.n limit 1))
    into upto
    from scim.tenant t where t.name = trim_events.tenant;

    delete from scim.event e
    where e.tenant = trim_events.tenant and e.n <= upto;

    get diagnostics count = row_count;
    return count;
end
$$;

do $$
declare
    f regprocedure;
begin
    foreach f in array array['scim.events(text, text, integer)',
                             'scim.ack(text, text, bigint)',
                             'scim.pending(text)',
                             'scim.replay(text, text, text)',
                             'scim.once(text, uuid, text)',
                             'scim.drop_consumer(text, text)',
                             'scim.trim_events(text, interval)']
    loop
        execute format('revoke all on function %s from public', f);
        execute format('grant execute on function %s to scim_app', f);
    end loop;
end
$$;

revoke all on function scim.lock_consumer(text, text) from public;


-- The events that are kept.

create or replace view scim.v_event as
select tenant,
       n,
       at,
       type,
       resource_type,
       resource_id,
       version,
       app_ref,
       external_id,
       origin,
       token_name,
       token_meta,
       request_id,
       changed,
       member_id,
       case member_kind when 'u' then 'user' when 'g' then 'group' end
           as member_kind,
       member_app_ref,
       doc
from scim.event;


-- How far each consumer has come: lag events wait, the first since "waiting".

create or replace view scim.v_consumer as
select c.tenant,
       c.name as consumer,
       c.n,
       t.event_no,
       coalesce(t.event_no - e.n + 1, 0) as lag,
       e.at as waiting,
       c.read_at,
       c.replay_type
from scim.consumer c
     join scim.tenant t on t.name = c.tenant
     left join lateral (
         select x.n, x.at from scim.event x
         where x.tenant = c.tenant and x.n > c.n
         order by x.n limit 1) e on true;

revoke all on scim.v_event, scim.v_consumer from public;
grant select on scim.v_event, scim.v_consumer to scim_app;

commit;
