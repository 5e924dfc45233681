-- Tokens that the application issues.  Only digests are kept, and nobody but
-- the owner may read them.  lock_tenant() and note() are in 013_app.sql.
--
-- find_token(tenant, kind, digest)      scim_module
-- token_used(tenant, name)              scim_module
-- issue_token(tenant, name, ttl, ...)   scim_app
-- revoke_token(tenant, name)            scim_app
-- v_token                               scim_app

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

do $$
begin
    if not (select relrowsecurity from pg_class
            where oid = 'scim.token'::regclass)
    then
        alter table scim.token enable row level security;
    end if;
end
$$;

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



-- The token has been used; noted once an hour at most, and not while somebody
-- changes it.

create or replace function scim.token_used(tenant text, name text)
    returns void
    language sql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
as $$
    update scim.token k set last_used = now()
    from (select x.tenant, x.name from scim.token x
          where x.tenant = token_used.tenant and x.name = token_used.name
                and (x.last_used is null
                     or x.last_used <= now() - interval '1 hour')
          for no key update skip locked) u
    where k.tenant = u.tenant and k.name = u.name;
$$;

revoke all on function scim.token_used(text, text) from public;
grant execute on function scim.token_used(text, text) to scim_module;


-- Makes a token and returns its text, this once: "scim_", the tenant, "_", 43
-- random letters and digits, and 6 hexadecimal digits of the SHA-256 of all
-- before them, by which a scanner of secrets can tell it from other text.
--
-- The randomness is that of three UUIDs, 122 bits each.  The digest is taken
-- in an assignment of its own: no statement has the text among its parameters.

create or replace function scim.issue_token(tenant text, name text,
        ttl interval, scope text default null, meta jsonb default '{}',
        kind text default 'bearer', revoke_others boolean default false,
        me text default null)
    returns text
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    secret text;
    digest bytea;
begin
    perform scim.lock_tenant(issue_token.tenant);

    if ttl is null or ttl <= interval '0' then
        raise exception 'a token''s ttl must be above zero'
              using errcode = 'invalid_parameter_value';
    end if;

    if scope !~ ('^(users|groups|others):rw?'
                 '(,(users|groups|others):rw?)*$')
    then
        raise exception 'a token''s scope is a list of users:r, users:rw, '
                        'groups:r, groups:rw, others:r and others:rw, '
                        'with commas between them'
              using errcode = 'invalid_parameter_value';
    end if;

    if jsonb_typeof(meta) is distinct from 'object' then
        raise exception 'a token''s meta must be a JSON object'
              using errcode = 'invalid_parameter_value';
    end if;

    if octet_length(me) not between 1 and 1024 then
        raise exception 'a token''s me must have 1 to 1024 bytes'
              using errcode = 'invalid_parameter_value';
    end if;

    if revoke_others then
        update scim.token k set revoked_at = now()
        where k.tenant = issue_token.tenant and k.revoked_at is null;

    elsif exists (select from scim.token k
                  where k.tenant = issue_token.tenant
                        and k.name = issue_token.name
                        and k.revoked_at is null and k.expires_at > now())
    then
        raise exception 'the tenant has a token of this name that is good'
              using errcode = 'unique_violation',
                    hint = 'Choose another name, or revoke it first.';
    end if;

    delete from scim.token k
    where k.tenant = issue_token.tenant and k.name = issue_token.name;

    secret := 'scim_' || tenant || '_'
              || translate(encode(sha256(uuid_send(gen_random_uuid())
                                         || uuid_send(gen_random_uuid())
                                         || uuid_send(gen_random_uuid())),
                                  'base64'), '+/=', 'Zz');
    secret := secret
              || left(encode(sha256(convert_to(secret, 'UTF8')), 'hex'), 6);
    digest := sha256(convert_to(secret, 'UTF8'));

    insert into scim.token (tenant, name, kind, digest, scope, me, meta,
                            expires_at)
    values (issue_token.tenant, issue_token.name, issue_token.kind,
            digest, issue_token.scope, issue_token.me, issue_token.meta,
            now() + issue_token.ttl);

    perform scim.note(issue_token.tenant, 'issue_token',
                      'Token', null, 201, null, null, issue_token.name);

    return secret;
end
$$;


-- Ends a token at once; true if it was good until now or would have become so.
-- Does not wait for whoever has locked the tenant's row.

create or replace function scim.revoke_token(tenant text, name text)
    returns boolean
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from scim.tenant t
                   where t.name = revoke_token.tenant)
    then
        raise exception 'there is no such tenant'
              using errcode = 'no_data_found';
    end if;

    update scim.token k set revoked_at = now()
    where k.tenant = revoke_token.tenant and k.name = revoke_token.name
          and k.revoked_at is null and k.expires_at > now();

    if not found then
        return false;
    end if;

    perform scim.note(revoke_token.tenant, 'revoke_token',
                      'Token', null, 200, null, null, revoke_token.name);

    return true;
end
$$;

revoke all on function scim.issue_token(text, text, interval, text, jsonb,
    text, boolean, text), scim.revoke_token(text, text) from public;
grant execute on function scim.issue_token(text, text, interval, text, jsonb,
    text, boolean, text), scim.revoke_token(text, text) to scim_app;


-- All tokens of every tenant, without what could be guessed or used.

create or replace view scim.v_token as
select tenant,
       name,
       kind,
       case when revoked_at is not null then 'revoked'
            when expires_at <= now() then 'expired'
            when not_before > now() then 'not yet'
            else 'live' end as state,
       scope,
       me,
       meta,
       created,
       not_before,
       expires_at,
       revoked_at,
       last_used
from scim.token;

revoke all on scim.v_token from public;
grant select on scim.v_token to scim_app;

commit;
