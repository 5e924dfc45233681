-- Tokens that the application issues.  Only digests are kept, and nobody but
-- the owner may read them.
--
-- find_token(tenant, kind, digest)      scim_module

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

create table if not exists scim.token (
    tenant     text collate "C" not null references scim.tenant,
    name       text collate "C" not null
                   check (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    kind       text collate "C" not null check (kind in ('bearer', 'basic')),
    digest     bytea not null check (octet_length(digest) = 32),
    scope      text,                            -- null: all
    me         text,                            -- userName of /Me
    meta       jsonb not null default '{}',
    created    timestamptz not null default now(),
    not_before timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    last_used  timestamptz,

    primary key (tenant, name)
);

create unique index if not exists token_digest
    on scim.token (tenant, kind, digest);

alter table scim.token enable row level security;

revoke all on scim.token from public, scim_app, scim_module;


-- Whether the tenant is enabled (null: there is none), and the token that has
-- this digest, if it is good now; "fresh": its use need not be noted again.
-- A null digest asks for the tenant alone.

create or replace function scim.find_token(tenant text, kind text,
        digest bytea, out enabled boolean, out name text, out scope text,
        out me text, out meta jsonb, out expires_at timestamptz,
        out fresh boolean)
    language sql
    stable
    security definer
    set search_path = pg_catalog, pg_temp
as $$
    select (select t.enabled from scim.tenant t
            where t.name = find_token.tenant),
           k.name, k.scope, k.me, k.meta, k.expires_at,
           k.last_used > now() - interval '1 hour'
    from (select) one
         left join scim.token k
         on k.tenant = find_token.tenant and k.kind = find_token.kind
            and k.digest = find_token.digest and k.revoked_at is null
            and k.not_before <= now() and k.expires_at > now();
$$;

revoke all on function scim.find_token(text, text, bytea) from public;
grant execute on function scim.find_token(text, text, bytea) to scim_module;

commit;
