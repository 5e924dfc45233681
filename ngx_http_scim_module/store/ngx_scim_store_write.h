
/*
 * What the writes share: the life of one (ngx_scim_store_write.c), its
 * parameters, and the pieces their statements are put together from.
 *
 * A conflict is a result and not an error, so that writes may share a commit.
 *
 * A write begins with the tenant's row, which it locks in a statement of its
 * own: the writes of a tenant come one after another, and what stands there
 * after the wait is what the next statement reads, in a snapshot of its own.
 * So no other lock is needed, events have numbers without a gap, and seats are
 * counted exactly.  Functions of the application do the same.  A transaction
 * of several writes is sorted by tenant, everywhere in the same order
 * (ngx_scim_pg_queue.c): no two of them wait for each other.
 */


#ifndef NGX_SCIM_STORE_WRITE_H_INCLUDED
#define NGX_SCIM_STORE_WRITE_H_INCLUDED


#include "ngx_scim_store_private.h"


#define NGX_SCIM_STORE_TRIES  3


/* $1 tenant, $2 id, $3 type, $4 request id, $5 token's name, $6 its meta, $7
 * the client's address in all of them; those that write a resource: $8 name,
 * $9 name_key, $10 external_id, $11 active, $12 doc, $13 to $15 attributes,
 * keys and uniqueness of its keys.  Back in all of them, as the first columns:
 * whether the tenant is enabled (no row: there is none), and whether there are
 * new events */

#define NGX_SCIM_STORE_TENANT                                                 \
    "t as materialized (select enabled from scim.tenant"                      \
                      " where name = $1::text)"

/* "seats": of the configuration, -1 for no limit */

#define NGX_SCIM_STORE_TENANT_SEATS(seats)                                    \
    "t as materialized ("                                                     \
        "select enabled, active_users,"                                       \
              " least(max_active, nullif(" seats "::bigint, -1)) as seats"    \
        " from scim.tenant where name = $1::text)"

/* nobody can become active; null when there is no limit */

#define NGX_SCIM_STORE_FULL  "t.active_users >= t.seats"

/* what becomes of a row that is written: "x" is its alias */

#define NGX_SCIM_STORE_WRITTEN                                                \
    " returning x.tenant, x.id, x.version, x.created, x.modified, x.doc,"     \
              " x.members, x.type, x.managed, x.protected, x.self_writable,"  \
              " x.app_ref, x.external_id"

#define NGX_SCIM_STORE_AUDIT(op, status, from, to, unknown)                   \
    "a as (insert into scim.audit (tenant, request_id, token_name, client,"   \
                                 " op, resource_type, resource_id, status,"   \
                                 " version_from, version_to,"                 \
                                 " unknown_members)"                          \
         " select $1, $4::uuid, $5::text, $7::text, " op ", $3, $2,"          \
                " " status ", " from ", " to ", " unknown " from r)"

/*
 * The tenant's row, if there is a row in "r": its counts, and as many numbers
 * of events as "l" has rows.  These are told in the order of their column "k",
 * from 1 on, behind u.before.
 */

#define NGX_SCIM_STORE_COUNT(users, active, groups)                           \
    "u as ("                                                                  \
        "update scim.tenant"                                                  \
        " set event_no = event_no + b.n,"                                     \
            " users = users + (" users "),"                                   \
            " active_users = active_users + (" active "),"                    \
            " groups = groups + (" groups ")"                                 \
        " from (select count(*) as n from l) b, r"                            \
        " where name = $1"                                                    \
        " returning event_no - b.n as before, b.n > 0 as told)"

/* "events" of a query begin with type, resource's type, id, version, app_ref
 * and external_id; then changed, member's id, kind and app_ref, doc */

#define NGX_SCIM_STORE_TELL(events)                                           \
    "e as ("                                                                  \
        "insert into scim.event (tenant, token_name, token_meta, request_id," \
                               " n, type, resource_type, resource_id,"        \
                               " version, app_ref, external_id, changed,"     \
                               " member_id, member_kind, member_app_ref,"     \
                               " doc)"                                        \
        " select $1, $5, $6::text::jsonb, $4, u.before + l.k, " events ")"

/* events of the group itself, and of its members: "document" is a query of
 * ord, type and changed; those who went by "d" and "s", who came by "i" */

#define NGX_SCIM_STORE_GROUP_EVENTS(document)                                 \
    "l as materialized ("                                                     \
        "select row_number() over (order by w.ord, w.member_id) as k, w.*"    \
        " from ("                                                             \
            "select w.ord, w.type, w.changed, null::uuid as member_id,"       \
                  " null::\"char\" as kind, null::text as ref"                \
            " from (" document ") w"                                          \
            " union all"                                                      \
            " select 2, 'group.member_removed', null, w.member_id, w.kind,"   \
                   " x.app_ref"                                               \
            " from (select d.member_id, d.kind from d"                        \
                  " union all select s.member_id, s.kind from s) w"           \
            " left join lateral (select x.app_ref"                            \
                NGX_SCIM_STORE_ROW("w.member_id") ") x on true"               \
            " union all"                                                      \
            " select 3, 'group.member_added', null, c.id, c.kind, c.app_ref"  \
            " from i join c on c.id = i.member_id"                            \
        ") w)"

#define NGX_SCIM_STORE_GROUP_TELL                                             \
    NGX_SCIM_STORE_TELL("l.type, $3, $2, r.version, r.app_ref,"               \
                        " r.external_id, l.changed, l.member_id, l.kind,"     \
                        " l.ref, null from u cross join r cross join l")

/* is the key with another live resource?  Asked in the rare case only, or
 * where "and" stands before it.  Ordered, so that no plan takes another index
 * than the key's */

#define NGX_SCIM_STORE_TAKEN(column, value)                                   \
    "coalesce((select true from scim.resource c"                              \
             " where c.tenant = $1 and c.type = $3 and "                      \
                   NGX_SCIM_STORE_AT("c." column, value)                      \
                   " and c.deleted_at is null and c.id <> $2"                 \
             " order by c." column " limit 1), false)"

/* the first attribute whose unique key is with another resource, or null */

#define NGX_SCIM_STORE_KEY_TAKEN                                              \
    "(select q.attr"                                                          \
    " from unnest($13::text[], $14::text[], $15::boolean[])"                  \
         " q(attr, key, uniq)"                                                \
         " cross join lateral ("                                              \
             "select from scim.resource_key c"                                \
             " where c.tenant = $1 and c.type = $3::text and c.attr = q.attr" \
                   " and " NGX_SCIM_STORE_AT("c.key", "q.key")                \
                   " and c.uniq and c.id <> $2::uuid"                         \
             " offset 0) c"                                                   \
    " where q.uniq limit 1)"

/* its keys, new ones only; a unique one that is taken is an error */

#define NGX_SCIM_STORE_KEYS_IN(from)                                          \
    "k as ("                                                                  \
        "insert into scim.resource_key (tenant, type, attr, key, id, uniq)"   \
        " select $1, $3, q.attr, q.key, $2, q.uniq"                           \
        " from " from " cross join unnest($13, $14, $15) q(attr, key, uniq)"  \
        " on conflict (tenant, type, attr, key, id) do nothing)"


/* what the application keeps for itself: smallint, 0 for nothing */
#define NGX_SCIM_STORE_KEPT_ROW      1
#define NGX_SCIM_STORE_KEPT_GROUP    2
#define NGX_SCIM_STORE_KEPT_MEMBERS  3

/* a write that brings or takes more members has a transaction of its own:
 * others would wait for it */
#define NGX_SCIM_STORE_SHARED_MEMBERS  100

/* groups in groups: so many in a row at most */
#define NGX_SCIM_STORE_NESTING  16

/*
 * Members to be ("ids"), and what speaks against them; "from" has one row when
 * there is somebody who could get them.
 *
 * c        each: "fresh" if it is no member yet; kind, null for nobody's id;
 *          a fresh one's app_ref
 * up, down only when a fresh one is a group: the groups above this one, and
 *          the fresh ones with the groups below them
 * v        one row: unknown, how many are nobody's ("garbage": how many are no
 *          id at all); circle; deep
 */

#define NGX_SCIM_STORE_CANDIDATES(from, ids, garbage)                         \
    "c as materialized ("                                                     \
        "select q.id, m.kind is null as fresh,"                               \
              " coalesce(m.kind, case r.type when 'User' then 'u'::\"char\""  \
                               " when 'Group' then 'g' end) as kind,"         \
              " r.app_ref"                                                    \
        " from " from                                                         \
        " cross join unnest((select " ids "::uuid[])) q(id)"                  \
        " left join lateral ("                                                \
            "select y.kind from scim.member y"                                \
            " where y.tenant = $1 and y.group_id = $2::uuid"                  \
                  " and y.member_id = q.id"                                   \
            " offset 0) m on true"                                            \
        " left join lateral ("                                                \
            "select x.type, x.deleted_at, x.app_ref from scim.resource x"     \
            " where x.tenant = $1 and x.id = q.id and m.kind is null"         \
            " offset 0) r on r.deleted_at is null), "                         \
    "up(id, depth) as ("                                                      \
        "select $2::uuid, 0"                                                  \
        " where exists (select from c where c.fresh and c.kind = 'g')"        \
        " union"                                                              \
        " select y.group_id, up.depth + 1"                                    \
        " from up cross join lateral ("                                       \
            "select m.group_id from scim.member m"                            \
            " where m.tenant = $1"                                            \
                  " and " NGX_SCIM_STORE_AT("m.member_id", "up.id")           \
            " order by m.member_id offset 0) y"                               \
        " where up.depth < " NGX_SCIM_STORE_TEXT_OF(NGX_SCIM_STORE_NESTING)   \
    "), "                                                                     \
    "down(id, depth) as ("                                                    \
        "select c.id, 1 from c where c.fresh and c.kind = 'g'"                \
        " union"                                                              \
        " select y.member_id, down.depth + 1"                                 \
        " from down cross join lateral ("                                     \
            "select m.member_id from scim.member m"                           \
            " where m.tenant = $1 and m.kind = 'g'"                           \
                  " and " NGX_SCIM_STORE_AT("m.group_id", "down.id")          \
            " order by m.group_id offset 0) y"                                \
        " where down.depth < " NGX_SCIM_STORE_TEXT_OF(NGX_SCIM_STORE_NESTING) \
    "), "                                                                     \
    "v as materialized ("                                                     \
        "select count(*) filter (where c.kind is null) + " garbage "::bigint" \
              " as unknown,"                                                  \
              " coalesce(bool_or(c.id = $2), false)"                          \
              " or exists (select from up where up.id in"                     \
                         " (select c.id from c"                               \
                          " where c.fresh and c.kind = 'g')) as circle,"      \
              " coalesce((select max(up.depth) from up), 0)"                  \
              " + coalesce((select max(down.depth) from down), 0)"            \
              " >= " NGX_SCIM_STORE_TEXT_OF(NGX_SCIM_STORE_NESTING) " as deep"\
        " from c)"

#define NGX_SCIM_STORE_TEXT_OF(number)  NGX_SCIM_STORE_TEXT_OF_(number)
#define NGX_SCIM_STORE_TEXT_OF_(number)  #number

/* nothing does; "reject": unknown ones do */

#define NGX_SCIM_STORE_AGREED(reject)                                         \
    "not v.circle and not v.deep"                                             \
    " and (v.unknown = 0 or not " reject "::boolean)"

/*
 * The rows of a group, if there is a row in "g": i fresh ones, d the ids in
 * "remove", s all others when "replace".  n tells how many came and went.
 */

#define NGX_SCIM_STORE_MEMBERS(remove, replace)                               \
    "i as ("                                                                  \
        "insert into scim.member (tenant, group_id, member_id, kind)"         \
        " select $1, $2, c.id, c.kind from g cross join c"                    \
        " where c.fresh and c.kind is not null"                               \
        " on conflict do nothing returning member_id), "                      \
    "d as ("                                                                  \
        "delete from scim.member y"                                           \
        " where y.ctid = any(array("                                          \
            "select m.ctid"                                                   \
            " from g cross join unnest((select " remove "::uuid[])) q(id)"    \
            " cross join lateral ("                                           \
                "select y.ctid from scim.member y"                            \
                " where y.tenant = $1 and y.group_id = $2"                    \
                      " and y.member_id = q.id"                               \
                " offset 0) m"                                                \
            " where not " replace "::boolean))"                               \
        " returning y.member_id, y.kind), "                                   \
    "s as ("                                                                  \
        "delete from scim.member y"                                           \
        " where y.ctid = any(array("                                          \
            "select m.ctid from g cross join lateral ("                       \
                "select y.ctid, y.member_id from scim.member y"               \
                " where y.tenant = $1"                                        \
                      " and " NGX_SCIM_STORE_AT("y.group_id", "$2")           \
                " order by y.group_id offset 0) m"                            \
            " where " replace " and m.member_id not in (select c.id from c)))"\
        " returning y.member_id, y.kind), "                                   \
    "n as materialized ("                                                     \
        "select (select count(*) from i)::int as came,"                       \
              " ((select count(*) from d)"                                    \
              " + (select count(*) from s))::int as went)"


/* ids in the order of PostgreSQL's uuid, each once */
typedef struct {
    u_char      *uuids;
    ngx_uint_t   n;
    ngx_uint_t   garbage;          /* no UUIDs */
} ngx_scim_store_ids_t;

ngx_int_t ngx_scim_store_ids(ngx_pool_t *pool, const scim_str_t *ids,
    size_t n, ngx_scim_store_ids_t *sorted);


/* a job whose first statements admit it to the tenant's rows and lock the
 * tenant's; *p is ready for the one that does the work */
ngx_scim_pg_job_t *ngx_scim_store_write_job(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p);

/* sends the job, whose last statement does the work */
ngx_int_t ngx_scim_store_write(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job, ngx_scim_store_params_t *p,
    ngx_scim_store_step_pt written);

/* the write again, after a pause: somebody who does not lock the tenant's row
 * was in its way */
void ngx_scim_store_write_race(ngx_scim_store_op_t *op);

/* outcomes */
PGresult *ngx_scim_store_write_result(ngx_scim_pg_job_t *job);
void ngx_scim_store_written_row(ngx_scim_store_op_t *op, PGresult *res,
    int col);

/*
 * NGX_OK: it was refused, and the operation is finished.
 *
 * tenant: the first column
 * kept:   the column tells who keeps it from SCIM (NGX_SCIM_STORE_KEPT_...)
 * taken:  three columns: name, externalId, attribute of another key
 * full:   the number of seats, null when one is free
 * unfit:  the columns of "v"
 */
ngx_int_t ngx_scim_store_refused_tenant(ngx_scim_store_op_t *op,
    PGresult *res);
ngx_int_t ngx_scim_store_refused_kept(ngx_scim_store_op_t *op, PGresult *res,
    int col);
ngx_int_t ngx_scim_store_refused_taken(ngx_scim_store_op_t *op,
    PGresult *res, int col);
ngx_int_t ngx_scim_store_refused_full(ngx_scim_store_op_t *op, PGresult *res,
    int col);
ngx_int_t ngx_scim_store_refused_unfit(ngx_scim_store_op_t *op,
    PGresult *res, int col);

/* parameters */
void ngx_scim_store_param_tenant(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p);
void ngx_scim_store_param_key(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, const u_char *uuid);
void ngx_scim_store_param_audit(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p);
void ngx_scim_store_param_resource(ngx_scim_store_params_t *p,
    const scim_resource_t *resource);


#endif /* NGX_SCIM_STORE_WRITE_H_INCLUDED */
