-- The audit: refused writes beside the accepted ones.
--
-- scim_module   inserts into scim.audit

\set ON_ERROR_STOP on

begin;

set local lock_timeout = '5s';
set local client_min_messages = warning;

alter table scim.audit
    add column if not exists attribute text,    -- what a refusal was about
    add column if not exists origin text collate "C" not null default 'scim',
    alter column resource_id drop not null;

commit;
