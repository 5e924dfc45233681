
/*
 * Create.  Called by http/ (ngx_scim_store.h).
 *
 * Where a resource may take over a row that is there already (one that the
 * application has imported, or a deleted one), the statement looks for such a
 * row first, and if there is one it makes nothing: the resource goes into that
 * row (ngx_scim_store_replace.c), under the same request id.
 */


#include "ngx_scim_store_write.h"


static ngx_int_t ngx_scim_store_create_send(ngx_scim_store_op_t *op);
static ngx_int_t ngx_scim_store_create_members(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, const scim_members_t *members);
static void ngx_scim_store_create_over(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p);
static void ngx_scim_store_created(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_create_found(ngx_scim_store_op_t *op,
    PGresult *res, int col);
static void ngx_scim_store_make_tenant(ngx_scim_store_op_t *op);
static void ngx_scim_store_tenant_made(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);


#define NGX_SCIM_STORE_KEY                                                    \
    "y as materialized (select " NGX_SCIM_STORE_KEY_TAKEN " as attr), "

/* the application's rows that nobody has written yet */

#define NGX_SCIM_STORE_IMPORTED(x)                                            \
    x ".deleted_at is null and not " x ".managed and not " x ".protected"

#define NGX_SCIM_STORE_ADOPT_BY(by, column, value)                            \
    "(select x.id, x.version, false as back"                                  \
    " from scim.resource x"                                                   \
    " where $17::text = '" by "' and x.tenant = $1 and x.type = 'User'"       \
          " and " NGX_SCIM_STORE_AT("x." column, value)                       \
          " and " NGX_SCIM_STORE_IMPORTED("x")                                \
    " order by x." column " limit 1)"

/* only if it is the only one */

#define NGX_SCIM_STORE_ADOPT_BY_EMAILS                                        \
    "(select (array_agg(x.id))[1], min(x.version), false"                     \
    " from (select distinct w.id"                                             \
          " from unnest($13::text[], $14::text[]) q(attr, key)"               \
          " cross join lateral ("                                             \
              "select c.id from scim.resource_key c"                          \
              " where c.tenant = $1 and c.type = 'User'"                      \
                    " and c.attr = 'emails.value'"                            \
                    " and " NGX_SCIM_STORE_AT("c.key", "q.key")               \
              " offset 0) w"                                                  \
          " where $17 = 'emails' and q.attr = 'emails.value') w"              \
    " cross join lateral (select x.*" NGX_SCIM_STORE_ROW("w.id") ") x"        \
    " where " NGX_SCIM_STORE_IMPORTED("x")                                    \
    " having count(*) = 1)"

#define NGX_SCIM_STORE_RESTORE(wanted)                                        \
    "(select x.id, x.version, true as back"                                   \
    " from scim.resource x"                                                   \
    " where " wanted " and x.tenant = $1 and x.type = $3::text"               \
          " and " NGX_SCIM_STORE_AT("x.external_id", "$10::text")             \
          " and x.deleted_at is not null"                                     \
          " and not x.protected and x.self_writable"                          \
    " order by x.external_id desc, x.deleted_at desc limit 1)"

/* the row to be taken over; what is alive goes before what was */

#define NGX_SCIM_STORE_FOUND(rows)                                            \
    "m as materialized ("                                                     \
        "select f.id, f.version, f.back from (" rows ") f"                    \
        " order by f.back limit 1), "

/* "from" has a row if nothing speaks against it */

#define NGX_SCIM_STORE_INSERT(members, from)                                  \
    "r as ("                                                                  \
        "insert into scim.resource as x (tenant, id, type, name, name_key,"   \
                                       " external_id, active, doc,"           \
                                       " last_write, last_token, members)"    \
        " select $1, $2::uuid, $3::text, $8::text, $9::text, $10::text,"      \
               " $11::boolean, $12::text::jsonb, now(), $5, " members         \
        " from " from                                                         \
        " on conflict do nothing"                                             \
        NGX_SCIM_STORE_WRITTEN "), "                                          \
    NGX_SCIM_STORE_KEYS_IN("r") ", "

/* nobody is in a group yet when he is made */

#define NGX_SCIM_STORE_CREATED(full, found)                                   \
    "select t.enabled, coalesce(n.told, false) as told, "                     \
          NGX_SCIM_STORE_COLUMNS("n") ","                                     \
          " n.id is null and " NGX_SCIM_STORE_TAKEN("name_key", "$9")         \
          " as name_taken,"                                                   \
          " n.id is null and " NGX_SCIM_STORE_TAKEN("external_id", "$10")     \
          " as external_taken,"                                               \
          " y.attr as key_taken, " full " as seats, " found

#define NGX_SCIM_STORE_NEW                                                    \
    " left join (select r.*, null::text as groups, "                          \
                 NGX_SCIM_STORE_SETTLED("r") ", u.told"                       \
               " from u cross join r) n on true"


/* $16 seats */

#define NGX_SCIM_STORE_CREATE(look, free, found, from)                        \
    "with " NGX_SCIM_STORE_TENANT_SEATS("$16") ", "                           \
    NGX_SCIM_STORE_KEY                                                        \
    look                                                                      \
    "f as materialized ("                                                     \
        "select $3::text = 'User' and $11::boolean"                           \
              " and coalesce(" NGX_SCIM_STORE_FULL ", false) as full"         \
        " from t), "                                                          \
    NGX_SCIM_STORE_INSERT("0", "t cross join y cross join f"                  \
                          " where t.enabled and y.attr is null"               \
                                " and not f.full" free)                       \
    NGX_SCIM_STORE_AUDIT("'create'", "201", "null", "r.version", "0") ", "    \
    "l as materialized ("                                                     \
        "select 1 as k, lower($3) || '.created' as type from r), "            \
    NGX_SCIM_STORE_COUNT("($3 = 'User')::int",                                \
                         "($3 = 'User' and $11)::int",                        \
                         "($3 = 'Group')::int") ", "                          \
    NGX_SCIM_STORE_TELL("l.type, $3, $2, r.version, r.app_ref,"               \
                        " r.external_id, null, null, null, null, null"        \
                        " from u cross join r cross join l")                  \
    " " NGX_SCIM_STORE_CREATED("case when f.full then t.seats end", found)    \
    " from t cross join y cross join f" from NGX_SCIM_STORE_NEW


/* a group; $16 the members, $17 how many of them are no ids, $18 reject */

#define NGX_SCIM_STORE_CREATE_GROUP(look, free, found, from)                  \
    "with recursive " NGX_SCIM_STORE_TENANT ", "                              \
    NGX_SCIM_STORE_KEY                                                        \
    look                                                                      \
    NGX_SCIM_STORE_CANDIDATES("t", "$16", "$17") ", "                         \
    "g as materialized ("                                                     \
        "select (select count(*) from c where c.kind is not null)::int"       \
               " as came"                                                     \
        " from t cross join y cross join v"                                   \
        " where t.enabled and y.attr is null"                                 \
              " and " NGX_SCIM_STORE_AGREED("$18") free "), "                 \
    NGX_SCIM_STORE_INSERT("g.came", "g")                                      \
    "i as ("                                                                  \
        "insert into scim.member (tenant, group_id, member_id, kind)"         \
        " select $1, $2, c.id, c.kind from r cross join c"                    \
        " where c.kind is not null returning member_id), "                    \
    NGX_SCIM_STORE_AUDIT("'create'", "201", "null", "r.version",              \
                         "(select v.unknown from v)") ", "                    \
    "l as materialized ("                                                     \
        "select row_number() over (order by w.ord, w.member_id) as k, w.*"    \
        " from ("                                                             \
            "select 1 as ord, 'group.created' as type,"                       \
                  " null::uuid as member_id, null::\"char\" as kind,"         \
                  " null::text as ref from r"                                 \
            " union all"                                                      \
            " select 2, 'group.member_added', c.id, c.kind, c.app_ref"        \
            " from i join c on c.id = i.member_id"                            \
        ") w), "                                                              \
    NGX_SCIM_STORE_COUNT("0", "0", "1") ", "                                  \
    NGX_SCIM_STORE_TELL("l.type, $3, $2, r.version, r.app_ref,"               \
                        " r.external_id, null, l.member_id, l.kind, l.ref,"   \
                        " null from u cross join r cross join l")             \
    " " NGX_SCIM_STORE_CREATED("null::bigint", found)                         \
    ", v.unknown, v.circle, v.deep"                                           \
    " from t cross join y cross join v" from NGX_SCIM_STORE_NEW


/* look, free, found, from */

#define NGX_SCIM_STORE_ANEW                                                   \
    "", "", "null::uuid as found, null::bigint as found_version,"             \
    " null::boolean as back", ""

#define NGX_SCIM_STORE_OVER(rows)                                             \
    NGX_SCIM_STORE_FOUND(rows), " and not exists (select from m)",            \
    "m.id as found, m.version as found_version, m.back",                      \
    " left join m on true"

#define NGX_SCIM_STORE_TEXT(macro, pieces)  macro(pieces)


/*
 * Without and with members; the same where a row may be taken over: then $17 is
 * by what one is adopted (null: not at all), $18 whether one is restored, which
 * with members is why the statement is taken.  Back: the row, null when none
 * was made; name taken, external_id taken, attribute of a taken key; how many
 * seats there are, if all are taken; id and version of the row to be taken
 * over, and whether it was deleted; what speaks against the members.
 */

static const char *const  ngx_scim_store_create_sql[] = {

    NGX_SCIM_STORE_TEXT(NGX_SCIM_STORE_CREATE, NGX_SCIM_STORE_ANEW),

    NGX_SCIM_STORE_TEXT(NGX_SCIM_STORE_CREATE_GROUP, NGX_SCIM_STORE_ANEW),

    NGX_SCIM_STORE_TEXT(NGX_SCIM_STORE_CREATE, NGX_SCIM_STORE_OVER(
        NGX_SCIM_STORE_ADOPT_BY("userName", "name_key", "$9::text")
        " union all "
        NGX_SCIM_STORE_ADOPT_BY("externalId", "external_id", "$10::text")
        " union all " NGX_SCIM_STORE_ADOPT_BY_EMAILS
        " union all " NGX_SCIM_STORE_RESTORE("$18::boolean"))),

    NGX_SCIM_STORE_TEXT(NGX_SCIM_STORE_CREATE_GROUP, NGX_SCIM_STORE_OVER(
        NGX_SCIM_STORE_RESTORE("true")))
};

/* columns of the results */
#define NGX_SCIM_STORE_CREATED_ROW     2
#define NGX_SCIM_STORE_CREATED_TAKEN                                          \
    (NGX_SCIM_STORE_CREATED_ROW + NGX_SCIM_STORE_NCOLUMNS)
#define NGX_SCIM_STORE_CREATED_FULL    (NGX_SCIM_STORE_CREATED_TAKEN + 3)
#define NGX_SCIM_STORE_CREATED_FOUND   (NGX_SCIM_STORE_CREATED_FULL + 1)
#define NGX_SCIM_STORE_CREATED_UNFIT   (NGX_SCIM_STORE_CREATED_FOUND + 3)


static const char  ngx_scim_store_tenant_sql[] =
    "select scim.create_tenant($1::text)";


ngx_int_t
ngx_scim_store_create(ngx_scim_store_request_t *sr,
    const scim_resource_t *resource)
{
    ngx_scim_store_op_t  *op = sr->state;

    ngx_scim_store_begin(op);

    op->resource = resource;

    return ngx_scim_store_create_send(op);
}


void
ngx_scim_store_create_again(ngx_scim_store_op_t *op)
{
    if (op->tries++ == NGX_SCIM_STORE_TRIES) {
        ngx_scim_store_error_busy(&op->sr.error);
        ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);
        return;
    }

    if (ngx_scim_store_create_send(op) != NGX_OK) {
        ngx_scim_store_nomem(op);
    }
}


static ngx_int_t
ngx_scim_store_create_send(ngx_scim_store_op_t *op)
{
    u_char                    uuid[16];
    scim_str_t                id;
    ngx_uint_t                n;
    ngx_scim_pg_job_t        *job;
    const scim_resource_t    *resource;
    ngx_scim_store_params_t   p;

    resource = op->resource;

    id.len = 36;
    id.data = op->sr.new_id;

    job = ngx_scim_store_write_job(op, &p);

    if (job == NULL || ngx_scim_store_uuid_parse(uuid, &id) != NGX_OK) {
        return NGX_ERROR;
    }

    if (resource->members.nadd) {
        n = op->sr.restore ? 3 : 1;

    } else {
        n = (op->sr.restore || op->sr.adopt) ? 2 : 0;
    }

    ngx_scim_store_query(&p, job, ngx_scim_store_create_sql[n]);
    ngx_scim_store_param_key(op, &p, uuid);
    ngx_scim_store_param_audit(op, &p);
    ngx_scim_store_param_resource(&p, resource);

    if (resource->members.nadd) {

        if (ngx_scim_store_create_members(op, &p, &resource->members)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        job->solo = resource->members.nadd > NGX_SCIM_STORE_SHARED_MEMBERS;

    } else {
        ngx_scim_store_param_int8(&p, op->sr.seats);

        if (n == 2) {
            ngx_scim_store_create_over(op, &p);
        }
    }

    return ngx_scim_store_write(op, job, &p, ngx_scim_store_created);
}


static ngx_int_t
ngx_scim_store_create_members(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, const scim_members_t *members)
{
    ngx_scim_store_ids_t  ids;

    if (ngx_scim_store_ids(op->sr.pool, members->add, members->nadd, &ids)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_scim_store_param_uuids(p, ids.uuids, 16, ids.n);
    ngx_scim_store_param_int8(p, (int64_t) ids.garbage);
    ngx_scim_store_param_bool(p, op->sr.reject_unknown);

    return NGX_OK;
}


/* only users are adopted */

static void
ngx_scim_store_create_over(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p)
{
    ngx_uint_t               by;
    static const scim_str_t  user = scim_string("User");

    static const scim_str_t  adopt[] = {
        { 0, NULL },
        scim_string("userName"),
        scim_string("externalId"),
        scim_string("emails")
    };

    by = op->sr.adopt;

    if (!scim_str_eq(&op->sr.type->name, &user)) {
        by = NGX_SCIM_STORE_ADOPT_OFF;
    }

    ngx_scim_store_param_text(p, &adopt[by]);
    ngx_scim_store_param_bool(p, op->sr.restore);
}


static void
ngx_scim_store_created(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult  *res;

    res = ngx_scim_store_write_result(job);

    if (PQntuples(res) == 0) {

        if (op->tenant_made) {
            ngx_scim_store_write_race(op);
            return;
        }

        ngx_scim_store_make_tenant(op);
        return;
    }

    if (ngx_scim_store_refused_tenant(op, res) == NGX_OK) {
        return;
    }

    if (!PQgetisnull(res, 0, NGX_SCIM_STORE_CREATED_ROW)) {
        ngx_scim_store_written_row(op, res, NGX_SCIM_STORE_CREATED_ROW);
        return;
    }

    if (!PQgetisnull(res, 0, NGX_SCIM_STORE_CREATED_FOUND)) {
        ngx_scim_store_create_found(op, res, NGX_SCIM_STORE_CREATED_FOUND);
        return;
    }

    if (ngx_scim_store_refused_taken(op, res, NGX_SCIM_STORE_CREATED_TAKEN)
            == NGX_OK
        || ngx_scim_store_refused_full(op, res, NGX_SCIM_STORE_CREATED_FULL)
            == NGX_OK)
    {
        return;
    }

    if (PQnfields(res) > NGX_SCIM_STORE_CREATED_UNFIT
        && ngx_scim_store_refused_unfit(op, res, NGX_SCIM_STORE_CREATED_UNFIT)
           == NGX_OK)
    {
        return;
    }

    ngx_scim_store_write_race(op);
}


static void
ngx_scim_store_create_found(ngx_scim_store_op_t *op, PGresult *res, int col)
{
    if (ngx_scim_store_take_over(op, (u_char *) PQgetvalue(res, 0, col),
                                 ngx_scim_store_int8(res, 0, col + 1),
                                 ngx_scim_store_true(res, col + 2))
        != NGX_OK)
    {
        ngx_scim_store_nomem(op);
    }
}


/* the configuration knows the tenant, the database does not yet */

static void
ngx_scim_store_make_tenant(ngx_scim_store_op_t *op)
{
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_params_t   p;

    job = ngx_scim_store_job(op, NGX_SCIM_PG_WORK, &p);
    if (job == NULL) {
        ngx_scim_store_nomem(op);
        return;
    }

    ngx_scim_store_query(&p, job, ngx_scim_store_tenant_sql);
    ngx_scim_store_param_tenant(op, &p);

    if (p.failed
        || ngx_scim_store_submit(op, job, ngx_scim_store_tenant_made)
           != NGX_OK)
    {
        ngx_scim_store_nomem(op);
    }
}


static void
ngx_scim_store_tenant_made(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    if (job->status != NGX_SCIM_PG_OK) {
        ngx_scim_store_finish(op, ngx_scim_store_error(op, job));
        return;
    }

    op->tenant_made = 1;

    ngx_scim_store_write_again(op);
}
