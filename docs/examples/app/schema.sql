-- A product's own schema, and how it hangs together with SCIM: what the product
-- changes goes to SCIM by triggers, what SCIM changes comes back by worker.py.
--
-- Run by a superuser, behind sql/*.sql; can run again.  The product logs in as
-- app_user and needs no right but scim_app.

\set ON_ERROR_STOP on

begin;

set local client_min_messages = warning;

do $$
begin
    if not exists (select from pg_roles where rolname = 'app_user') then
        create role app_user login;
    end if;
end
$$;

grant scim_app to app_user;
create schema if not exists app authorization app_user;
set local role app_user;


-- --- what the product has

-- A customer.  invite: 'always', 'never', or the path of an attribute whose
-- value true asks for it.  on_delete: what becomes of the account when SCIM
-- deletes the user.

create table if not exists app.company (
    tenant    text primary key,
    plan      boolean not null default true,    -- SCIM is part of it
    seats     bigint,                           -- null: no limit
    invite    text not null default 'always',
    on_delete text not null default 'lock' check (on_delete in ('lock',
                                                                'remove'))
);


-- An account.  locked is the product's own lock and scim_state the other one:
-- two reasons why somebody cannot log in, never mixed.

create table if not exists app.users (
    id         bigint generated always as identity primary key,
    tenant     text not null references app.company,
    mail       text not null,
    profile    jsonb not null default '{}',
    owner      boolean not null default false,  -- SCIM may look, not touch
    locked     boolean not null default false,
    scim_id    uuid,
    managed    boolean not null default false,  -- SCIM has the say
    scim_state text not null default 'active'
                   check (scim_state in ('active', 'inactive', 'deleted')),
    unique (tenant, id),
    unique (tenant, scim_id)
);

create unique index if not exists users_mail
    on app.users (tenant, lower(mail)) where not managed;


-- The same for everybody; made with the account.

create table if not exists app.calendars (
    user_id bigint not null references app.users on delete cascade,
    name    text not null
);

create table if not exists app.roles (
    tenant     text not null references app.company,
    role       text not null,
    name       text not null,
    assignable boolean not null default true,   -- from outside
    primary key (tenant, role)
);

create table if not exists app.rights (
    tenant  text not null,
    user_id bigint not null,
    role    text not null,
    primary key (tenant, user_id, role),
    foreign key (tenant, user_id) references app.users (tenant, id)
        on delete cascade,
    foreign key (tenant, role) references app.roles on delete cascade
);

create table if not exists app.sessions (
    id      uuid primary key default gen_random_uuid(),
    tenant  text not null,
    user_id bigint not null,
    foreign key (tenant, user_id) references app.users (tenant, id)
        on delete cascade
);


-- Mail that is to be sent.  The key stands in the Message-ID: a mail that is
-- sent twice is known as one.

create table if not exists app.outbox (
    tenant  text not null,
    key     text not null,
    kind    text not null,
    mail    text not null,
    login   text not null,
    sent_at timestamptz,
    primary key (tenant, key)
);

create index if not exists outbox_unsent
    on app.outbox (tenant, key) where sent_at is null;


-- Which SCIM attribute goes into which field of the profile; a new customer
-- begins with two.

create table if not exists app.mapping (
    tenant text not null references app.company,
    field  text not null,
    path   text not null,
    primary key (tenant, field)
);


-- What SCIM has done, for the page of the customer's admin; error: why the
-- product could not follow.

create table if not exists app.history (
    line    bigint generated always as identity primary key,
    tenant  text not null,
    n       bigint not null,
    type    text not null,
    scim_id uuid not null,
    error   text
);

create index if not exists history_n on app.history (tenant, n);


-- --- what the product tells SCIM

create or replace function app.tell_company() returns trigger
    language plpgsql
as $$
begin
    perform scim.create_tenant(new.tenant);
    perform scim.enable_tenant(new.tenant, new.plan);
    perform scim.set_seats(new.tenant, new.seats);

    insert into app.mapping (tenant, field, path)
    values (new.tenant, 'given_name', 'name.givenName'),
           (new.tenant, 'family_name', 'name.familyName')
    on conflict do nothing;

    return null;
end
$$;

create or replace trigger tell after insert or update of plan, seats
    on app.company for each row execute function app.tell_company();


-- People that SCIM has not taken over are shown to it, so that the identity
-- provider finds them.  The address is the one that only the user can change:
-- who may write another into a profile must not become somebody else by it.

create or replace function app.tell_user() returns trigger
    language plpgsql
as $$
begin
    if tg_op = 'DELETE' then
        perform scim.forget_user(old.tenant, old.id::text);
        return old;
    end if;

    new.scim_id := scim.import_user(new.tenant, new.id::text,
        jsonb_strip_nulls(jsonb_build_object(
            'userName', new.mail,
            'active', not new.locked,
            'name', jsonb_build_object(
                'givenName', new.profile ->> 'given_name',
                'familyName', new.profile ->> 'family_name'),
            'emails', jsonb_build_array(jsonb_build_object(
                'value', new.mail, 'type', 'work', 'primary', true)))),
        new.owner);

    return new;
end
$$;

create or replace trigger tell before insert
    on app.users for each row when (not new.managed)
    execute function app.tell_user();

create or replace trigger tell_again
    before update of mail, profile, owner, locked
    on app.users for each row when (not new.managed and not old.managed)
    execute function app.tell_user();

create or replace trigger forget after delete
    on app.users for each row when (not old.managed)
    execute function app.tell_user();


-- Roles that may be given from outside become groups; what is no group cannot
-- be given away by whoever holds a token.

create or replace function app.tell_role() returns trigger
    language plpgsql
as $$
begin
    if tg_op <> 'DELETE' and new.assignable then
        perform scim.publish_group(new.tenant, new.role, new.name, 'role',
                                   true);

    elsif tg_op <> 'INSERT' and old.assignable then
        perform scim.retire_group(old.tenant, old.role);
    end if;

    return null;
end
$$;

create or replace trigger tell after insert or update of name, assignable
    or delete on app.roles for each row execute function app.tell_role();


-- Another mapping: the worker is given everybody once more.

create or replace function app.tell_mapping() returns trigger
    language plpgsql
as $$
begin
    perform scim.replay('app', coalesce(new.tenant, old.tenant), 'User');
    return null;
end
$$;

create or replace trigger tell after insert or update or delete
    on app.mapping for each row execute function app.tell_mapping();


-- --- what SCIM tells the product at once

-- A session for whom the identity provider has named (SAML's NameID is the
-- externalId), or null.  The account is locked first, so that this waits for a
-- worker who is ending sessions, or he for this; what SCIM says is read behind
-- that, and needs no worker.

create or replace function app.login(tenant text, name_id text) returns uuid
    language plpgsql
as $$
declare
    account bigint;
    session uuid;
begin
    select u.id into account
    from scim.find_login(login.tenant, name_id) l
         join app.users u on u.tenant = l.tenant and u.id = l.app_ref::bigint
    for share of u;

    insert into app.sessions (tenant, user_id)
    select u.tenant, u.id
    from scim.find_login(login.tenant, name_id) l
         join app.users u on u.tenant = l.tenant and u.id = l.app_ref::bigint
    where u.id = account and l.active and not u.locked
    returning id into session;

    return session;
end
$$;


-- --- what SCIM compares for scim.v_orphan and scim.v_drift

create or replace view app.accounts as
select tenant, id::text as app_ref,
       scim_state = 'active' and not locked as active
from app.users where scim_state <> 'deleted';

reset role;
do $$ begin perform scim.app_users('app.accounts'); end $$;

commit;
