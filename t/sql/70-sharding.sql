-- The schema can be distributed by tenant: every table has it, and every key
-- begins with it, whoever adds to the schema.  Each check is shown a table that
-- does not, to see that it would tell.

create function tap.tenant(t oid) returns text language sql as $$
    select case when t = 'scim.tenant'::regclass then 'name' else 'tenant' end
$$;

create view tap.tables as
select oid, relname, relrowsecurity, relacl, relowner from pg_class
where relnamespace = 'scim'::regnamespace and relkind in ('r', 'p')
      and relname <> 'schema_version';

-- what is wrong, in words

create view tap.wrong as
select t.relname || ' has no tenant' as what from tap.tables t
where not exists (select from pg_attribute a
                  where a.attrelid = t.oid and a.attname = tap.tenant(t.oid)
                        and a.attnotnull)
union all
select t.relname || ' has no primary key' from tap.tables t
where not exists (select from pg_constraint c
                  where c.conrelid = t.oid and c.contype = 'p')
union all
select 'index ' || x.relname || ' begins with something else'
from tap.tables t
     join pg_index i on i.indrelid = t.oid
     join pg_class x on x.oid = i.indexrelid
     left join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
where a.attname is distinct from tap.tenant(t.oid)
union all
select c.conname || ' begins with something else'
from tap.tables t
     join pg_constraint c on c.conrelid = t.oid and c.contype in ('p', 'u', 'f')
     join pg_attribute a on a.attrelid = t.oid and a.attnum = c.conkey[1]
     left join pg_attribute f on f.attrelid = c.confrelid
                                 and f.attnum = c.confkey[1]
where a.attname <> tap.tenant(t.oid)
      or c.contype = 'f' and f.attname <> tap.tenant(c.confrelid)
union all
select c.conname || ' excludes across tenants'
from tap.tables t
     join pg_constraint c on c.conrelid = t.oid and c.contype = 'x'
union all
select t.relname || '.' || a.attname || ' takes numbers of a sequence'
from tap.tables t
     join pg_attribute a on a.attrelid = t.oid
     left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
where a.attidentity <> ''
      or pg_get_expr(d.adbin, d.adrelid) like '%nextval%'
union all
select t.relname || ' has no row level security' from tap.tables t
where not t.relrowsecurity
union all
select c.relname || ' gives PUBLIC rights'
from pg_class c,
     aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's'
                                   else 'r' end::"char", c.relowner))) x
where c.relnamespace = 'scim'::regnamespace and x.grantee = 0
      and c.relkind in ('r', 'p', 'v', 'S');

select tap.is((select string_agg(what, ', ' order by what collate "C")
               from tap.wrong), null, 'all begins with the tenant');
select tap.ok((select count(*) from tap.tables) > 20,
              'of every table, partitions too');

begin;

create table scim.loose (id bigserial primary key, name text unique,
                         tenant text references scim.tenant);
grant select on scim.loose to public;

select tap.is((select string_agg(what, ', ' order by what collate "C")
               from tap.wrong),
              'index loose_name_key begins with something else, '
              'index loose_pkey begins with something else, '
              'loose gives PUBLIC rights, loose has no row level security, '
              'loose has no tenant, loose.id takes numbers of a sequence, '
              'loose_name_key begins with something else, '
              'loose_pkey begins with something else', 'a loose one is seen');

create table scim.crossed (
    tenant text collate "C", id uuid, other text collate "C" not null,
    primary key (tenant, id),
    foreign key (other, id) references scim.resource,
    exclude using btree (id with =));
alter table scim.crossed enable row level security;

select tap.is((select string_agg(what, ', ' order by what collate "C")
               from tap.wrong where what like '%crossed%'),
              'crossed_id_excl excludes across tenants, '
              'crossed_other_id_fkey begins with something else, '
              'index crossed_id_excl begins with something else',
              'so is one whose rows can refer to another tenant''s');

rollback;
