-- The audit: refused writes beside the accepted ones, partitioned by month.
-- Request ids grow with time (UUID version 7: milliseconds are the first 48
-- bits), so a range of them is a range of time.  Failed authentication is
-- counted by the hour.
--
-- scim_module                                 inserts into scim.audit
-- count_failures(tenants, reasons, counts)    scim_module
-- v_audit, v_auth_failure                     scim_app
-- audit_from(at)                              scim_app
-- maintain()                                  scim_app
-- drop_audit(older_than)                      scim_app
--
-- A plain table of an older contract becomes the first partition as it is: a
-- constraint that new rows keep to, checked for the old ones while nobody
-- waits, tells PostgreSQL that it fits.  Each step can be run again, and goes
-- on where the last run has ended.

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

do $$
begin
    if not exists (select from pg_attribute
                   where attrelid = 'scim.audit'::regclass
                         and attname = 'attribute')
    then
        alter table scim.audit
            add column attribute text,    -- what a refusal was about
            add column origin text collate "C" not null default 'scim';
    end if;

    if exists (select from pg_attribute
               where attrelid = 'scim.audit'::regclass
                     and attname = 'resource_id' and attnotnull)
    then
        alter table scim.audit alter column resource_id drop not null;
    end if;
end
$$;


-- The first request id of a time.

create or replace function scim.audit_from(at timestamptz) returns uuid
    language sql
    immutable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
    select (lpad(to_hex(greatest(extract(epoch from at) * 1000, 0)::bigint),
                 12, '0') || repeat('0', 20))::uuid;
$$;


-- The month of a request id, in UTC.

create or replace function scim.audit_month(id uuid) returns timestamp
    language sql
    immutable
    strict
    parallel safe
    set search_path = pg_catalog, pg_temp
as $$
    select date_trunc('month', to_timestamp(
               ('x' || replace(left(id::text, 13), '-', ''))
               ::bit(48)::bigint / 1000.0) at time zone 'UTC');
$$;

revoke all on function scim.audit_from(timestamptz), scim.audit_month(uuid)
    from public;

commit;


-- Step 1: new rows keep to the bound, the first of a month that is one month
-- away at least: time enough to run this again, should it be interrupted.

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

do $$
declare
    bound uuid;
begin
    if (select relkind from pg_class where oid = 'scim.audit'::regclass) = 'p'
    then
        return;
    end if;

    select substring(pg_get_constraintdef(oid)
                     from '''([0-9a-f-]{36})''')::uuid
    into bound
    from pg_constraint
    where conrelid = 'scim.audit'::regclass and conname = 'audit_bound';

    if bound > scim.audit_from(now() + interval '7 days') then
        return;
    end if;

    if found then
        alter table scim.audit drop constraint audit_bound;
    end if;

    execute format('alter table scim.audit add constraint audit_bound '
                   'check (request_id < %L) not valid',
                   scim.audit_from((date_trunc('month', now(), 'UTC')
                                    at time zone 'UTC' + interval '2 months')
                                   at time zone 'UTC'));
end
$$;

commit;


-- Step 2: what is there and does not keep to it (ids that are no times) goes
-- to what will be the default partition.

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

do $$
declare
    bound uuid;
begin
    if (select relkind from pg_class where oid = 'scim.audit'::regclass) = 'p'
    then
        return;
    end if;

    if to_regclass('scim.audit_default') is null then
        create table scim.audit_default (like scim.audit including defaults,
                                         primary key (tenant, request_id));
        alter table scim.audit_default enable row level security;
        revoke all on scim.audit_default from public;
    end if;

    select substring(pg_get_constraintdef(oid)
                     from '''([0-9a-f-]{36})''')::uuid
    into bound
    from pg_constraint
    where conrelid = 'scim.audit'::regclass and conname = 'audit_bound'
          and not convalidated;

    with d as (
        delete from scim.audit where request_id >= bound returning *
    )
    insert into scim.audit_default select * from d;
end
$$;

commit;


-- Step 3: the others are checked, while the table is written on.

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

do $$
begin
    if exists (select from pg_constraint
               where conrelid = 'scim.audit'::regclass
                     and conname = 'audit_bound' and not convalidated)
    then
        alter table scim.audit validate constraint audit_bound;
    end if;
end
$$;

commit;


-- Step 4: the table becomes a partition, of which nothing has to be read.  Who
-- writes meanwhile waits for a moment.

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

do $$
declare
    bound uuid;
    name text;
begin
    if (select relkind from pg_class where oid = 'scim.audit'::regclass) = 'p'
    then
        return;
    end if;

    lock table scim.audit in access exclusive mode;

    select substring(pg_get_constraintdef(oid)
                     from '''([0-9a-f-]{36})''')::uuid
    into strict bound
    from pg_constraint
    where conrelid = 'scim.audit'::regclass and conname = 'audit_bound'
          and convalidated;

    name := to_char(scim.audit_month(bound), '"audit_before_"YYYYMM');

    execute format('alter table scim.audit rename to %I', name);
    execute format('alter table scim.%I rename constraint audit_pkey to %I',
                   name, name || '_pkey');
    execute format('create table scim.audit (like scim.%I including defaults, '
                   'primary key (tenant, request_id)) '
                   'partition by range (request_id)', name);
    execute format('alter table scim.audit attach partition scim.%I '
                   'for values from (minvalue) to (%L)', name, bound);
    execute format('alter table scim.%I drop constraint audit_bound', name);
    execute format('drop policy if exists tenants on scim.%I', name);
    execute format('revoke all on scim.%I from public, scim_module', name);

    alter table scim.audit attach partition scim.audit_default default;
    alter table scim.audit enable row level security;

    create policy tenants on scim.audit to scim_module
        using (tenant || '' = any ((select pg_catalog.string_to_array(
            pg_catalog.current_setting('scim.tenants', true),
            ','))::text[]));

    revoke all on scim.audit from public, scim_app;
    grant select, insert on scim.audit to scim_module;
end
$$;

commit;

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- For the functions below: partitions but the default one, and their ranges.

create or replace function scim.audit_parts(out part text, out low uuid,
                                            out high uuid)
    returns setof record
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
    select c.relname,
           coalesce(substring(b.text from 'FROM \(''([0-9a-f-]{36})''\)')::uuid,
                    '00000000-0000-0000-0000-000000000000'),
           substring(b.text from 'TO \(''([0-9a-f-]{36})''\)')::uuid
    from pg_inherits i
         join pg_class c on c.oid = i.inhrelid
         cross join lateral (
             select pg_get_expr(c.relpartbound, c.oid) as text) b
    where i.inhparent = 'scim.audit'::regclass and b.text <> 'DEFAULT';
$$;

revoke all on function scim.audit_parts() from public;


-- Makes the partitions that are missing: of this month, the next twelve, and
-- of each month that has rows in the default partition, which move; returns
-- how many.  Ids that are no times of this age stay there.

create or replace function scim.maintain() returns integer
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '5s'
    set client_min_messages = warning
as $$
declare
    this timestamp := date_trunc('month', now() at time zone 'UTC');
    months timestamp[];
    m timestamp;
    name text;
    low uuid;
    high uuid;
begin
    perform pg_advisory_xact_lock(hashtextextended('scim.audit', 0));

    select array_agg(x.at order by x.at) into months
    from (select this + i * interval '1 month' as at
          from generate_series(0, 12) i
          union
          select scim.audit_month(d.request_id) from scim.audit_default d
          where d.request_id >= scim.audit_from('2020-01-01 00:00+00')
                and d.request_id < scim.audit_from((this + interval '1 month')
                                                   at time zone 'UTC')) x
    where not exists (
        select from scim.audit_parts() p
        where scim.audit_from(x.at at time zone 'UTC') >= p.low
              and scim.audit_from(x.at at time zone 'UTC') < p.high);

    -- most rows move before anybody has to wait, the last ones meanwhile

    for i in 1 .. 2 loop
        foreach m in array coalesce(months, '{}') loop
            name := to_char(m, '"audit_"YYYYMM');
            low := scim.audit_from(m at time zone 'UTC');
            high := scim.audit_from((m + interval '1 month')
                                    at time zone 'UTC');

            if i = 1 then
                execute format('create table scim.%I '
                               '(like scim.audit including defaults)', name);
                execute format('alter table scim.%I enable row level security',
                               name);
                execute format('revoke all on scim.%I from public', name);
            end if;

            execute format('with d as (delete from scim.audit_default '
                           'where request_id >= %L and request_id < %L '
                           'returning *) insert into scim.%I select * from d',
                           low, high, name);

            if i = 2 then
                execute format('alter table scim.audit attach partition '
                               'scim.%I for values from (%L) to (%L)',
                               name, low, high);
            end if;
        end loop;

        -- a row that is on its way to the default partition must not find
        -- that it belongs to another one now

        if i = 1 and months is not null then
            lock table only scim.audit in access exclusive mode;
        end if;
    end loop;

    return coalesce(cardinality(months), 0);
end
$$;


-- Drops the partitions whose rows are all older, by a day at least: the module
-- looks for what it has just written.  Of the default partition, and of what is
-- counted, rows.  Returns how many partitions.

create or replace function scim.drop_audit(older_than interval)
    returns integer
    language plpgsql
    volatile
    strict
    security definer
    set search_path = pg_catalog, pg_temp
    set lock_timeout = '5s'
as $$
declare
    before timestamptz := now() - greatest(older_than, interval '1 day');
    name text;
    n integer := 0;
begin
    perform pg_advisory_xact_lock(hashtextextended('scim.audit', 0));

    for name in
        select p.part from scim.audit_parts() p
        where p.high <= scim.audit_from(before)
    loop
        execute format('drop table scim.%I', name);
        n := n + 1;
    end loop;

    delete from scim.audit_default d where d.at < before;
    delete from scim.auth_failure f where f.hour < before;

    return n;
end
$$;

revoke all on function scim.maintain(), scim.drop_audit(interval)
    from public;
grant execute on function scim.audit_from(timestamptz), scim.maintain(),
    scim.drop_audit(interval) to scim_app;


create or replace view scim.v_audit as
select tenant,
       request_id,
       at,
       token_name,
       op,
       resource_type,
       resource_id,
       status,
       scim_type,
       attribute,
       version_from,
       version_to,
       unknown_members,
       origin,
       ms,
       client
from scim.audit;

revoke all on scim.v_audit from public;
grant select on scim.v_audit to scim_app;


-- How often authentication failed, and why.  Without a tenant: nobody knows
-- whose it was.

create table if not exists scim.auth_failure (
    tenant text collate "C" not null default '',
    hour   timestamptz not null,
    reason text collate "C" not null,
    n      bigint not null,

    primary key (tenant, hour, reason)
);

do $$
begin
    if not (select relrowsecurity from pg_class
            where oid = 'scim.auth_failure'::regclass)
    then
        alter table scim.auth_failure enable row level security;
    end if;
end
$$;

revoke all on scim.auth_failure from public, scim_app, scim_module;


-- Adds to the counts of this hour: of each tenant and reason so many.

create or replace function scim.count_failures(tenants text[], reasons text[],
                                               counts bigint[])
    returns void
    language sql
    volatile
    strict
    security definer
    set search_path = pg_catalog, pg_temp
as $$
    insert into scim.auth_failure as f (tenant, hour, reason, n)
    select coalesce(q.tenant, ''), date_trunc('hour', now(), 'UTC'), q.reason,
           sum(q.n)
    from unnest(tenants, reasons, counts) q(tenant, reason, n)
    group by 1, 3
    order by 1, 3
    on conflict (tenant, hour, reason) do update set n = f.n + excluded.n;
$$;

revoke all on function scim.count_failures(text[], text[], bigint[])
    from public;
grant execute on function scim.count_failures(text[], text[], bigint[])
    to scim_module;

create or replace view scim.v_auth_failure as
select tenant,
       hour,
       reason,
       n
from scim.auth_failure;

revoke all on scim.v_auth_failure from public;
grant select on scim.v_auth_failure to scim_app;

commit;


-- The partitions of now, in place of a first one that is empty.

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

do $$
declare
    part text;
    empty boolean;
begin
    select p.part into part from scim.audit_parts() p
    where p.part like 'audit\_before\_%';

    for try in 1 .. 2 loop
        exit when part is null;

        execute format('select not exists (select from scim.%I)', part)
        into empty;

        exit when not empty;

        if try = 1 then
            lock table scim.audit in access exclusive mode;
        else
            execute format('drop table scim.%I', part);
        end if;
    end loop;

    perform scim.maintain();
end
$$;

commit;
