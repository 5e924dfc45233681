-- A database of contract 1 or 2, with data, gets what came later and keeps what
-- it has; applied to it again, the files of the older contract take nothing
-- away.

\setenv PGDATABASE :DBNAME
\setenv FOLDER :folder

-- users of two tenants, groups, and three rows of the audit, of which one has
-- an id that is no time

create function tap.fill() returns void language sql as $$
    select scim.create_tenant('acme'), scim.create_tenant('beta');

    insert into scim.resource (tenant, id, type, name, name_key, doc)
    select t, ('00000000-0000-7000-8000-00000000000' || n)::uuid,
           case when n < 4 then 'User' else 'Group' end, 'R' || n, 'r' || n,
           '{}'
    from (values ('acme'), ('beta')) v(t), generate_series(1, 6) n;

    insert into scim.member (tenant, group_id, member_id, kind)
    values ('acme', '00000000-0000-7000-8000-000000000004',
            '00000000-0000-7000-8000-000000000001', 'u'),
           ('acme', '00000000-0000-7000-8000-000000000004',
            '00000000-0000-7000-8000-000000000002', 'u'),
           ('acme', '00000000-0000-7000-8000-000000000005',
            '00000000-0000-7000-8000-000000000004', 'g'),
           ('beta', '00000000-0000-7000-8000-000000000005',
            '00000000-0000-7000-8000-000000000001', 'u');

    insert into scim.resource_key (tenant, type, attr, key, id)
    values ('acme', 'User', 'emails.value', 'a@x',
            '00000000-0000-7000-8000-000000000001'),
           ('acme', 'User', 'emails.value', 'a@x',
            '00000000-0000-7000-8000-000000000002');

    insert into scim.audit (tenant, request_id, token_name, op, resource_type,
                            resource_id, status)
    select 'acme', id::uuid, 't', 'create', 'User',
           '00000000-0000-7000-8000-000000000001', 201
    from (values ('019a0000-0000-7000-8000-000000000001'),
                 ('00000000-0000-7000-8000-000000000001'),
                 ('ffffffff-0000-4000-8000-000000000001')) v(id)
$$ set check_function_bodies = off;

create table tap.before (tenant text, id uuid, version bigint,
                         modified timestamptz, doc jsonb);
create table tap.file (node oid);

create function tap.remember() returns void language sql as $$
    truncate tap.before;
    insert into tap.before
    select tenant, id, version, modified, doc from scim.resource;
    truncate tap.file;
    insert into tap.file values (pg_relation_filenode('scim.audit'));
$$;

create function tap.counts() returns text language sql as $$
    select string_agg(tenant || right(id::text, 1) || '=' || members, ' '
                      order by tenant, id)
    from scim.resource where members > 0
$$;

-- what the module and the application stand on, in one line each

create function tap.things() returns table (thing text) language plpgsql as $$
begin
return query
select 'table ' || c.relname || '.' || a.attname || ' '
       || format_type(a.atttypid, a.atttypmod) || a.attnotnull as thing
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
where c.relnamespace = 'scim'::regnamespace
      and c.relkind in ('r', 'p', 'v', 'i', 'I') and not a.attisdropped
union all
select 'right ' || c.relname || ' ' || c.relacl::text || c.relrowsecurity
from pg_class c
where c.relnamespace = 'scim'::regnamespace and c.relkind <> 'c'
union all
select 'function ' || p.oid::regprocedure || coalesce(p.proacl::text, '')
       || md5(p.prosrc)
from pg_proc p where p.pronamespace = 'scim'::regnamespace
union all
select 'policy ' || polname || polrelid::regclass
       || pg_get_expr(polqual, polrelid)
from pg_policy
union all
select 'view ' || viewname || md5(definition) from pg_views
where schemaname = 'scim'
union all
select 'contract ' || contract || module_min || module_max
from scim.schema_version;
end
$$;

create table tap.kept as select * from tap.things();


-- after an upgrade from contract v

create function tap.upgraded(v integer) returns setof text
    language plpgsql as $$
begin
    return next tap.is((select string_agg(k.thing, ', ') from tap.kept k
                   where not exists (select from tap.things() t
                                     where t.thing = k.thing)
                         and k.thing !~ 'audit_2'), null,
                  v || ': all is there that a new database has');
    return next tap.is((select string_agg(t.thing, ', ') from tap.things() t
                   where not exists (select from tap.kept k
                                     where t.thing = k.thing)
                         and t.thing !~ 'audit_(before_)?2'), null,
                  v || ': and nothing else');
    return next tap.is(tap.counts(), 'acme4=2 acme5=1 beta5=1',
                  v || ': the members of each group are counted');
    return next tap.is((select count(*)::text from tap.before
                   join scim.resource using (tenant, id, version, modified,
                                             doc)),
                  '12', v || ': every resource is what it was');
    return next tap.is((select string_agg(key || ' ' || uniq, ', ')
                   from scim.resource_key), 'a@x false, a@x false',
                  v || ': keys that are there need not be unique');
    return next tap.is((select string_agg(left(request_id::text, 8) || ' '
                                     || unknown_members || origin, ', '
                                     order by request_id)
                   from scim.audit),
                  '00000000 0scim, 019a0000 0scim, ffffffff 0scim',
                  v || ': audit rows stay');
    return next tap.is((select string_agg(case
                       when p.relname like 'audit\_before\_2%' then 'first'
                       else p.relname end || count, ' ' order by count)
                   from (select tableoid, count(*) from scim.audit group by 1)
                        x join pg_class p on p.oid = x.tableoid),
                  'audit_default1 first2',
                  v || ': in the first partition, or nowhere in time');
    return next tap.is((select pg_relation_filenode(p.oid)::text from pg_class p
                   where p.relname like 'audit\_before\_2%'
                         and relkind = 'r'),
                  (select node::text from tap.file),
                  v || ': which is the old table, not written anew');
    return next tap.is((select count(*)::text from pg_constraint
                   where conname = 'audit_bound'), '0',
                  v || ': and has no check of its own');
    return next tap.is((select count(*)::text from scim.audit_parts() p
                   where p.high > scim.audit_from(now() + interval '2 months')
                         and p.low < scim.audit_from(now()
                                                     + interval '12 months')),
                  '11', v || ': the months ahead have theirs');
end
$$;

-- the files of the older contract again: what they would lose they are refused,
-- or they put back what is the same; but they let the module's role update each
-- column of a resource

create function tap.downgraded(v integer) returns setof text
    language plpgsql as $$
begin
    return next tap.is((select string_agg(thing, ', ') from tap.things()
                        where thing like 'contract%'), 'contract 333',
                       v || ', and its files again: the contract stays');
    return next tap.is((select string_agg(k.thing, ', ') from tap.kept k
                        where not exists (select from tap.things() t
                                          where t.thing = k.thing)
                              and k.thing !~ 'audit_2|^right resource '),
                       null, v || ', and its files again: nothing is lost');
    return next tap.is((select count(*)::text from tap.before
                        join scim.resource using (tenant, id, version,
                                                  modified, doc)),
                       '12', v || ', and its files again: the data are there');
end
$$;


-- from contract 1

drop schema scim cascade;
\! sh "$FOLDER/fixtures/apply.sh" "$FOLDER/fixtures/contract-1"

select tap.is((select string_agg(attname, ' ') from pg_attribute
               where attname in ('members', 'uniq', 'unknown_members')
                     and attrelid::regclass::text like 'scim.%'), null,
              '1: what came later is not there');

select tap.fill(), tap.remember() \g /dev/null

\! sh "$FOLDER/fixtures/apply.sh" "$FOLDER/../../sql"

select tap.upgraded(1);

-- on a live database: what is counted since is not counted anew

update scim.resource set members = 7
where tenant = 'beta' and id = '00000000-0000-7000-8000-000000000006';

\! sh "$FOLDER/fixtures/apply.sh" "$FOLDER/../../sql"

select tap.is(tap.counts(), 'acme4=2 acme5=1 beta5=1 beta6=7',
              '1: again, nothing is counted anew');

update scim.resource set members = 0
where tenant = 'beta' and id = '00000000-0000-7000-8000-000000000006';

select tap.upgraded(1);

\set failed `sh "$FOLDER/fixtures/apply.sh" "$FOLDER/fixtures/contract-1"`
select tap.downgraded(1);


-- from contract 2

drop schema scim cascade;
\! sh "$FOLDER/fixtures/apply.sh" "$FOLDER/fixtures/contract-2"

select tap.fill() \g /dev/null
update scim.resource r set members = (select count(*) from scim.member m
    where m.tenant = r.tenant and m.group_id = r.id);
select tap.remember() \g /dev/null

\! sh "$FOLDER/fixtures/apply.sh" "$FOLDER/../../sql"

select tap.upgraded(2);

\set failed `sh "$FOLDER/fixtures/apply.sh" "$FOLDER/fixtures/contract-2"`
select tap.downgraded(2);

-- the audit's migration, ended after each of its transactions, and run again;
-- rows come meanwhile, and one has an id that is no time

create function tap.interrupted(k integer) returns text language sql as $$
    select tap.is((select string_agg(p.relname || n, ' ' order by n)
                   from (select tableoid, count(*) as n from scim.audit
                         group by 1) x
                        join pg_class p on p.oid = x.tableoid),
                  (select 'audit_default1 ' || p.part || 3
                   from scim.audit_parts() p where p.part like '%before%'),
                  'interrupted after transaction ' || k || ': rows stay')
$$ set check_function_bodies = off;

\set k 1
\ir fixtures/interrupted.psql
\set k 2
\ir fixtures/interrupted.psql
\set k 3
\ir fixtures/interrupted.psql
\set k 4
\ir fixtures/interrupted.psql
\set k 5
\ir fixtures/interrupted.psql
\set k 6
\ir fixtures/interrupted.psql

set role scim_module;
begin;
select set_config('scim.tenants', 'acme', true) \g /dev/null
select tap.is((select string_agg(g ->> 'display' || ' ' || (g ->> 'type'),
                                 ', ')
               from jsonb_array_elements(scim.user_groups('acme',
                   '00000000-0000-7000-8000-000000000001')::jsonb) g),
              'R4 direct, R5 indirect', 'the module sees groups of before');
commit;
