-- Tokens that the application issues: shown once, kept as digests, good until
-- they are over or revoked.

select scim.create_tenant('ac_me'), scim.create_tenant('beta') \g /dev/null

create function pg_temp.found(secret text, tenant text, kind text)
    returns text language sql as $$
    select concat_ws(' ', enabled, name, scope, me, meta, fresh)
    from scim.find_token(tenant, kind, sha256(convert_to(secret, 'UTF8')))
$$;

set role scim_app;

select scim.issue_token('ac_me', 'okta', '1 day', 'users:rw,groups:r',
                        '{"login": "google"}', me => 'bob') as secret \gset
select scim.issue_token('ac_me', 'old', '1 day', kind => 'basic') as basic
\gset

reset role;

select tap.ok(:'secret' ~ '^scim_ac_me_[A-Za-z0-9]{43}[0-9a-f]{6}$',
              'a token has its form');
select tap.is(right(:'secret', 6),
              left(encode(sha256(convert_to(left(:'secret', -6), 'UTF8')),
                          'hex'), 6), 'and its check digits');
select tap.is((select count(distinct scim.issue_token('beta', 't' || i,
                                                      '1 day'))::text
               from generate_series(1, 50) i), '50', 'no two are equal');

select tap.is((select concat_ws(' ', count(*),
                                count(*) filter (where octet_length(digest)
                                                       = 32))
               from scim.token where tenant = 'ac_me'), '2 2',
              'digests are kept');
select tap.is((select count(*)::text from scim.token k
               where position(substr(:'secret', 12) in k::text) > 0), '0',
              'and nothing of the text');
select tap.is((select string_agg(column_name, ' ')
               from information_schema.columns
               where table_schema = 'scim' and table_name = 'v_token'
                     and (column_name like '%digest%'
                          or data_type = 'bytea')), null,
              'v_token has no digest');

set role scim_module;

select tap.is(pg_temp.found(:'secret', 'ac_me', 'bearer'),
              't okta users:rw,groups:r bob {"login": "google"}',
              'the module finds it');
select tap.is(pg_temp.found(:'secret', 'ac_me', 'basic'), 't',
              'as what it is');
select tap.is(pg_temp.found(:'basic', 'ac_me', 'basic'), 't old {}',
              'and what is to be used as a password');
select tap.is(pg_temp.found(:'secret', 'beta', 'bearer'), 't',
              'in its tenant');
select tap.is(pg_temp.found(:'secret', 'nobody', 'bearer'), '',
              'not where there is none');
select tap.fails('select * from scim.token', '42501',
                 'the module reads no token');
select tap.fails('select scim.issue_token(''beta'', ''x'', ''1 day'')',
                 '42501', 'nor does it make one');

-- its use is noted once an hour

select scim.token_used('ac_me', 'okta') \g /dev/null
select tap.is(pg_temp.found(:'secret', 'ac_me', 'bearer'),
              't okta users:rw,groups:r bob {"login": "google"} t',
              'its use is noted');

reset role;

update scim.token set last_used = now() - interval '59 minutes'
where name = 'okta';
select scim.token_used('ac_me', 'okta') \g /dev/null
select tap.ok((select last_used < now() - interval '58 minutes'
               from scim.token where name = 'okta'),
              'not again within the hour');

update scim.token set last_used = now() - interval '61 minutes'
where name = 'okta';
select tap.is(pg_temp.found(:'secret', 'ac_me', 'bearer'),
              't okta users:rw,groups:r bob {"login": "google"} f',
              'then it is to be noted');
select scim.token_used('ac_me', 'okta') \g /dev/null
select tap.ok((select last_used > now() - interval '58 minutes'
               from scim.token where name = 'okta'), 'and is');
select tap.is((select count(*)::text from scim.token
               where last_used is not null), '1', 'that of no other');

-- what is asked for must make sense

set role scim_app;

select tap.fails('select scim.issue_token(''none'', ''t'', ''1 day'')',
                 'P0002', 'no such tenant');
select tap.fails(format('select scim.issue_token(''beta'', %s)', bad), state,
                 'issue_token: ' || bad)
from (values ('''x'', ''0''', '22023'), ('''x'', ''-1 day''', '22023'),
             ('''x'', null', '22023'), ('''a b'', ''1 day''', '23514'),
             (''''', ''1 day''', '23514'), ('null, ''1 day''', '23502'),
             ('''x'', ''1 day'', ''''', '22023'),
             ('''x'', ''1 day'', ''users''', '22023'),
             ('''x'', ''1 day'', ''users:w''', '22023'),
             ('''x'', ''1 day'', ''users:rw,''', '22023'),
             ('''x'', ''1 day'', ''users:rw groups:r''', '22023'),
             ('''x'', ''1 day'', ''all:rw''', '22023'),
             ('''x'', ''1 day'', null, ''[]''', '22023'),
             ('''x'', ''1 day'', null, null', '22023'),
             ('''x'', ''1 day'', kind => ''mac''', '23514'),
             ('''x'', ''1 day'', me => ''''', '22023')) v(bad, state);

-- names, and what becomes of the older ones

select tap.fails('select scim.issue_token(''ac_me'', ''okta'', ''1 day'')',
                 '23505', 'a name that is in use');
select tap.fails('select scim.issue_token(''ac_me'', ''okta'', ''1 day'',
                                          kind => ''basic'')',
                 '23505', 'of whatever kind');
select tap.is(scim.revoke_token('ac_me', 'okta')::text, 'true',
              'revoke_token');
select tap.is(scim.revoke_token('ac_me', 'okta')::text, 'false',
              'revoke_token: again');
select tap.is(scim.revoke_token('ac_me', 'none')::text, 'false',
              'revoke_token: nobody''s');
select tap.is(scim.revoke_token('beta', 'old')::text, 'false',
              'revoke_token: another tenant''s');
select tap.fails('select scim.revoke_token(''none'', ''okta'')', 'P0002',
                 'revoke_token: no such tenant');

select scim.issue_token('ac_me', 'okta', '1 day') as second \gset

reset role;

select tap.is(pg_temp.found(:'secret', 'ac_me', 'bearer')
              || pg_temp.found(:'second', 'ac_me', 'bearer'),
              'tt okta {}', 'its name is free then, it itself no good');

update scim.token set expires_at = now(), created = '2000-01-01'
where name = 'okta';
select tap.is(pg_temp.found(:'second', 'ac_me', 'bearer'), 't',
              'one that is over is no good');
select scim.issue_token('ac_me', 'okta', '1 day') as third \gset
select tap.is((select (created > '2000-01-02')::text || count(*) over ()
               from scim.token where name = 'okta'), 'true1',
              'its name is free, too');

select scim.issue_token('ac_me', 'okta', '1 day', revoke_others => true)
       as fourth \gset
select tap.is(pg_temp.found(:'third', 'ac_me', 'bearer')
              || pg_temp.found(:'basic', 'ac_me', 'basic')
              || pg_temp.found(:'fourth', 'ac_me', 'bearer'),
              'ttt okta {}', 'a new one in place of all others');
select tap.is((select count(*)::text from scim.v_token
               where tenant = 'beta' and state = 'live'), '50',
              'not of those of another tenant');

update scim.token set not_before = now() + interval '1 hour'
where tenant = 'ac_me' and name = 'okta';
select tap.is(pg_temp.found(:'fourth', 'ac_me', 'bearer'), 't',
              'one whose time is still to come is no good yet');
update scim.token set not_before = now()
where tenant = 'ac_me' and name = 'okta';
select tap.is(pg_temp.found(:'fourth', 'ac_me', 'bearer'), 't okta {}',
              'then it is');

-- what the application sees

update scim.token set not_before = now() + interval '1 hour'
where tenant = 'beta' and name = 't1';
update scim.token set expires_at = now()
where tenant = 'beta' and name = 't2';

set role scim_app;

select tap.is((select string_agg(name || ' ' || state, ', ' order by name)
               from scim.v_token
               where tenant = 'ac_me' or name in ('t1', 't2', 't3')),
              'okta live, old revoked, t1 not yet, t2 expired, t3 live',
              'v_token: in which state each is');
select tap.fails('select scim.find_token(''beta'', ''bearer'', null)',
                 '42501', 'the application finds no token by its digest');
select tap.fails('select scim.token_used(''beta'', ''t1'')', '42501',
                 'nor does it note its use');

reset role;

select tap.is((select string_agg(op || ' ' || token_name, ', '
                                 order by request_id)
               from scim.audit
               where tenant = 'ac_me' and origin = 'app'
                     and resource_type = 'Token'),
              'issue_token okta, issue_token old, revoke_token okta, '
              'issue_token okta, issue_token okta, issue_token okta',
              'the audit knows when');

-- when the tenant is not enabled

select scim.enable_tenant('ac_me', false) \g /dev/null
select tap.is(pg_temp.found(:'fourth', 'ac_me', 'bearer'), 'f okta {}',
              'a tenant that is not enabled');
