-- Tables and indexes.  Nobody but their owner may use them until
-- 003_security.sql has said who may.
--
-- Every primary key, unique index and foreign key begins with the tenant: an
-- edge between two tenants cannot be stored.  Comparison keys (name_key,
-- resource_key.key) are folded by the module; SQL never folds.
--
-- Each table has a transaction of its own: to look whether its indexes are
-- there takes a lock on it.

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- The customer, and the ledger of its rows: counts are kept here so that no
-- request has to count.  Updated last in each transaction.

create table if not exists scim.tenant (
    name         text collate "C" primary key,
    enabled      boolean not null default true,
    event_no     bigint not null default 0,     -- number of the last event
    users        bigint not null default 0,     -- live rows
    active_users bigint not null default 0,
    groups       bigint not null default 0,
    created      timestamptz not null default now(),

    -- a name never holds a comma: scim.tenants is a list of them
    constraint tenant_name_check check (name ~ '^[A-Za-z0-9._-]{1,64}$')
) with (fillfactor = 50);


-- Users, groups and custom types alike: the accepted document, whole, and the
-- columns by which it is found.

create table if not exists scim.resource (
    tenant         text collate "C" not null references scim.tenant,
    id             uuid not null,
    type           text collate "C" not null,   -- 'User', 'Group', ...
    name           text not null,               -- userName, displayName
    name_key       text collate "C",            -- its key; null: not unique
    external_id    text collate "C",
    active         boolean not null default true,
    version        bigint not null default 1,
    created        timestamptz not null default now(),
    modified       timestamptz not null default now(),
    doc            jsonb not null,              -- without id, meta, groups
    managed        boolean not null default true,   -- written by SCIM once
    protected      boolean not null default false,
    app_ref        text,                        -- the application's own key
    origin         text not null default 'scim',
    last_write     timestamptz,
    deactivated_by text,
    deleted_at     timestamptz,

    primary key (tenant, id)
) with (fillfactor = 80);

create unique index if not exists resource_name
    on scim.resource (tenant, type, name_key) where deleted_at is null;

create unique index if not exists resource_external
    on scim.resource (tenant, type, external_id) where deleted_at is null;

create index if not exists resource_page
    on scim.resource (tenant, type, created, id) where deleted_at is null;


commit;

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- Further look-up keys of a resource: emails.value and the like.

create table if not exists scim.resource_key (
    tenant text collate "C" not null,
    type   text collate "C" not null,
    attr   text collate "C" not null,
    key    text collate "C" not null,
    id     uuid not null,

    primary key (tenant, type, attr, key, id),
    foreign key (tenant, id) references scim.resource on delete cascade
);

create index if not exists resource_key_id on scim.resource_key (tenant, id);


commit;

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- Who is in which group; never part of the group's document.

create table if not exists scim.member (
    tenant    text collate "C" not null,
    group_id  uuid not null,
    member_id uuid not null,
    kind      "char" not null check (kind in ('u', 'g')),

    primary key (tenant, group_id, member_id),
    foreign key (tenant, group_id) references scim.resource on delete cascade,
    foreign key (tenant, member_id) references scim.resource on delete cascade
);

create index if not exists member_of
    on scim.member (tenant, member_id, group_id);


commit;

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;


-- One row for each accepted change, in the same transaction; outlives the
-- resource.  The request id is how the module finds out whether a write whose
-- answer was lost took place.  It grows with time (UUID version 7), so that
-- the table can be partitioned by ranges of it.

create table if not exists scim.audit (
    tenant        text collate "C" not null,
    request_id    uuid not null,
    at            timestamptz not null default now(),
    token_name    text not null,
    op            text collate "C" not null,    -- create, replace, patch, ...
    resource_type text collate "C" not null,
    resource_id   uuid not null,
    status        smallint not null,            -- HTTP status of the answer
    scim_type     text,
    version_from  bigint,
    version_to    bigint,
    ms            integer,
    client        text,

    primary key (tenant, request_id)
);


-- What the module and this schema agreed upon; one row.  A module written for
-- contract n may serve while module_min <= n <= module_max.

create table if not exists scim.schema_version (
    one        boolean primary key default true check (one),
    contract   integer not null,
    module_min integer not null,
    module_max integer not null,
    applied    timestamptz not null default now()
);

commit;
