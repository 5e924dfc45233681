-- Events: what changed, in order, one gapless number per tenant; and who has
-- read how far.  Written in the transaction of the change, its number taken
-- from the tenant's row.
--
-- scim_module   inserts into scim.event

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
-- goes by id: behind replay_after all is still to come; replay_sent is how far
-- events() has gone since.

create table if not exists scim.consumer (
    tenant       text collate "C" not null references scim.tenant,
    name         text collate "C" not null,
    n            bigint not null default 0,
    replay_type  text collate "C",
    replay_after uuid,
    replay_sent  uuid,
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

alter table scim.event enable row level security;
alter table scim.consumer enable row level security;
alter table scim.done enable row level security;

do $$
begin
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
