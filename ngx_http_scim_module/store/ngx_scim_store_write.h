
/*
 * What the writes share: the life of one (ngx_scim_store_write.c), its
 * parameters, and the pieces their statements are put together from.
 *
 * A conflict is a result and not an error, so that writes may share a commit.
 * Locks are taken in this order: the group's row, or those of all groups whose
 * members change, in the order of their ids; rows of new members, in the order
 * of their ids; the tenant's nesting of groups; the tenant's row.  Who waits
 * for a lock reads afterwards, in a statement and so a snapshot of its own.
 *
 * A transaction of several writes keeps to it, too: those that change a row
 * are sorted by its id, and those that change a row and the tenant's are not
 * among them (a deletion, a user who becomes active or inactive, a group that
 * is made with members).  Those that make a user come last, and begin with the
 * tenant's row: of two that make the same, the second waits there.
 */


#ifndef NGX_SCIM_STORE_WRITE_H_INCLUDED
#define NGX_SCIM_STORE_WRITE_H_INCLUDED


#include "ngx_scim_store_private.h"


/* $1 tenant, $2 id, $3 type, $4 request id, $5 token's name in all of them;
 * those that write a resource: $6 name, $7 name_key, $8 external_id, $9
 * active, $10 doc, $11 to $13 attributes, keys and uniqueness of its keys */

#define NGX_SCIM_STORE_TENANT                                                 \
    "t as materialized (select enabled from scim.tenant"                      \
                      " where name = $1::text)"

#define NGX_SCIM_STORE_TENANT_LOCKED                                          \
    "t as materialized (select enabled from scim.tenant"                      \
                      " where name = $1::text for no key update)"

#define NGX_SCIM_STORE_AUDIT(op, status, from, to, unknown)                   \
    "a as (insert into scim.audit (tenant, request_id, token_name, op,"       \
                                 " resource_type, resource_id, status,"       \
                                 " version_from, version_to,"                 \
                                 " unknown_members)"                          \
         " select $1, $4::uuid, $5::text, " op ", $3, $2, " status ", "     \
                  from ", " to ", " unknown " from r returning 1)"

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
    " from unnest($11::text[], $12::text[], $13::boolean[])"                  \
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
        " from " from " cross join unnest($11, $12, $13) q(attr, key, uniq)"  \
        " on conflict (tenant, type, attr, key, id) do nothing returning 1)"


/* a write that brings or takes more members has a transaction of its own:
 * others would wait for it */
#define NGX_SCIM_STORE_SHARED_MEMBERS  100

/* groups in groups: so many in a row at most */
#define NGX_SCIM_STORE_NESTING  16

/*
 * Members to be ("ids"), and what speaks against them; "from" has one row when
 * there is somebody who could get them.
 *
 * c        each: "fresh" if it is no member yet; kind, null for nobody's id
 * up, down only when a fresh one is a group: the groups above this one, and
 *          the fresh ones with the groups below them
 * v        one row: unknown, how many are nobody's ("garbage": how many are no
 *          id at all); apart, a fresh one is a group and "solo" is not set;
 *          circle; deep
 */

#define NGX_SCIM_STORE_CANDIDATES(from, ids, garbage, solo)                   \
    "c as materialized ("                                                     \
        "select q.id, m.kind is null as fresh,"                               \
              " coalesce(m.kind, case r.type when 'User' then 'u'::\"char\""  \
                               " when 'Group' then 'g' end) as kind"          \
        " from " from                                                         \
        " cross join unnest((select " ids "::uuid[])) q(id)"                  \
        " left join lateral ("                                                \
            "select y.kind from scim.member y"                                \
            " where y.tenant = $1 and y.group_id = $2::uuid"                  \
                  " and y.member_id = q.id"                                   \
            " offset 0) m on true"                                            \
        " left join lateral ("                                                \
            "select x.type, x.deleted_at from scim.resource x"                \
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
              " coalesce(bool_or(c.fresh and c.kind = 'g'), false)"           \
              " and not " solo "::boolean as apart,"                          \
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
    "not v.apart and not v.circle and not v.deep"                             \
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
        " on conflict do nothing returning 1), "                              \
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
        " returning 1), "                                                     \
    "s as ("                                                                  \
        "delete from scim.member y"                                           \
        " where y.ctid = any(array("                                          \
            "select m.ctid from g cross join lateral ("                       \
                "select y.ctid, y.member_id from scim.member y"               \
                " where y.tenant = $1"                                        \
                      " and " NGX_SCIM_STORE_AT("y.group_id", "$2")           \
                " order by y.group_id offset 0) m"                            \
            " where " replace " and m.member_id not in (select c.id from c)))"\
        " returning 1), "                                                     \
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


/*
 * Statements before the one that does the work.  The group: who has to wait
 * for its row waits here.  Members to be: none of them is deleted from here
 * on, and when there is a group among them, and the write is alone in its
 * transaction, nobody else changes how the tenant's groups are nested.
 */
void ngx_scim_store_lock_group(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job, const u_char *uuid);
void ngx_scim_store_lock_members(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job, const u_char *uuid,
    const ngx_scim_store_ids_t *ids);

/* sends the job, whose last statement does the work */
ngx_int_t ngx_scim_store_write(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job, ngx_scim_store_params_t *p,
    ngx_scim_store_step_pt written);

/* the write again, after a pause: what is in its way was committed after the
 * statement's snapshot */
void ngx_scim_store_write_race(ngx_scim_store_op_t *op);

/* the write again, in a transaction of its own, with "solo" set */
void ngx_scim_store_write_alone(ngx_scim_store_op_t *op);

/* it will have a transaction of its own from the beginning; the parameters are
 * there */
void ngx_scim_store_solo(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job);

/* the write's place among others of its transaction: by the row it changes */
void ngx_scim_store_rank(ngx_scim_pg_job_t *job, const u_char *uuid);

/* outcomes */
PGresult *ngx_scim_store_write_result(ngx_scim_pg_job_t *job);
void ngx_scim_store_written_row(ngx_scim_store_op_t *op, PGresult *res,
    int col);

/* NGX_OK with the error filled when one of the three columns (name taken,
 * external_id taken, attribute of a taken key) says so */
ngx_int_t ngx_scim_store_taken(ngx_scim_store_op_t *op, PGresult *res,
    int col);

/* the same for the columns of "v"; NGX_DONE: it is running again */
ngx_int_t ngx_scim_store_refused(ngx_scim_store_op_t *op, PGresult *res,
    int col);

/* parameters */
void ngx_scim_store_param_tenant(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p);
void ngx_scim_store_param_key(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, const u_char *uuid);
void ngx_scim_store_param_audit(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p);
void ngx_scim_store_param_resource(ngx_scim_store_params_t *p,
    const scim_resource_t *resource);
void ngx_scim_store_param_solo(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p);


#endif /* NGX_SCIM_STORE_WRITE_H_INCLUDED */
