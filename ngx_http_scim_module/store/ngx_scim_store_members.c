
/*
 * Members of groups, in pages.  Called by http/ (ngx_scim_store.h).
 *
 * A page is a short statement, however large the group is, and the next one is
 * asked for when the client has taken this one: no memory and no connection is
 * held for a slow reader.
 */


#include "ngx_scim_store_private.h"


static ngx_int_t ngx_scim_store_members_params(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, const scim_str_t *ids, ngx_uint_t n,
    const scim_str_t *after, ngx_uint_t limit);
static void ngx_scim_store_members_answered(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static ngx_int_t ngx_scim_store_members_rows(ngx_scim_store_op_t *op,
    PGresult *res, ngx_uint_t n);
static void ngx_scim_store_member(ngx_scim_store_op_t *op,
    ngx_scim_store_member_t *m, u_char *id, PGresult *res, int row);


/* a plan that sorts is made for the groups that most are, and reads all of the
 * one that is not */

static const char  ngx_scim_store_members_plan_sql[] =
    "select pg_catalog.set_config('enable_sort', 'off', true),"
          " pg_catalog.set_config('enable_bitmapscan', 'off', true)";


/*
 * $2 the groups, $3 the member behind which the first of them begins, $4 how
 * many rows.  Lateral from the array on: the order of the array and, in it,
 * of the index is the order in which rows come, so that there is nothing to
 * sort and the limit ends the search.
 */

static const char  ngx_scim_store_members_sql[] =
    "select q.n, m.member_id, m.kind::text, r.display"
    " from unnest((select $2::uuid[])) with ordinality q(id, n)"
    " cross join lateral ("
        "select y.member_id, y.kind from scim.member y"
        " where y.tenant = $1::text"
              " and (y.group_id, y.member_id) > (q.id, case q.n"
                  " when 1 then $3::uuid"
                  " else '00000000-0000-0000-0000-000000000000' end)"
              " and y.group_id <= q.id"
        " order by y.group_id, y.member_id limit $4::bigint) m"
    " cross join lateral ("
        "select x.doc ->> 'displayName' as display"
        NGX_SCIM_STORE_ROW("m.member_id")
    ") r"
    " limit $4";


ngx_int_t
ngx_scim_store_members(ngx_scim_store_request_t *sr, const scim_str_t *ids,
    ngx_uint_t n, const scim_str_t *after, ngx_uint_t limit)
{
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_op_t      *op = sr->state;
    ngx_scim_store_params_t   p;

    ngx_scim_store_begin(op);

    job = ngx_scim_store_job(op, NGX_SCIM_PG_WORK, &p);
    if (job == NULL) {
        return NGX_ERROR;
    }

    job->readonly = 1;
    op->limit = limit;

    ngx_scim_store_query(&p, job, ngx_scim_store_members_plan_sql);
    ngx_scim_store_query(&p, job, ngx_scim_store_members_sql);

    if (ngx_scim_store_members_params(op, &p, ids, n, after, limit) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_scim_store_submit(op, job, ngx_scim_store_members_answered);
}


/* one row more than asked for tells whether there is a next page */

static ngx_int_t
ngx_scim_store_members_params(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, const scim_str_t *ids, ngx_uint_t n,
    const scim_str_t *after, ngx_uint_t limit)
{
    u_char      *uuids, begin[16];
    scim_str_t   tenant;
    ngx_uint_t   i;

    uuids = ngx_pcalloc(op->sr.pool, (n + 1) * 16);
    if (uuids == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (ngx_scim_store_uuid_parse(uuids + i * 16, &ids[i]) != NGX_OK) {
            ngx_memzero(uuids + i * 16, 16);
        }
    }

    if (after->data == NULL
        || ngx_scim_store_uuid_parse(begin, after) != NGX_OK)
    {
        ngx_memzero(begin, 16);
    }

    tenant.len = op->sr.tenant.len;
    tenant.data = op->sr.tenant.data;

    ngx_scim_store_param_text(p, &tenant);
    ngx_scim_store_param_uuids(p, uuids, 16, n);
    ngx_scim_store_param_uuid(p, begin);
    ngx_scim_store_param_int8(p, (int64_t) limit + 1);

    return p->failed ? NGX_ERROR : NGX_OK;
}


static void
ngx_scim_store_members_answered(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job)
{
    PGresult    *res;
    ngx_uint_t   n;

    if (job->status != NGX_SCIM_PG_OK) {
        ngx_scim_store_finish(op, ngx_scim_store_error(op, job));
        return;
    }

    res = job->queries[2].result;
    n = (ngx_uint_t) PQntuples(res);

    if (n > op->limit) {
        n = op->limit;
        op->sr.more = 1;
    }

    if (ngx_scim_store_members_rows(op, res, n) != NGX_OK) {
        ngx_scim_store_nomem(op);
        return;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_OK);
}


static ngx_int_t
ngx_scim_store_members_rows(ngx_scim_store_op_t *op, PGresult *res,
    ngx_uint_t n)
{
    u_char                   *ids;
    ngx_uint_t                i;
    ngx_scim_store_member_t  *members;

    members = ngx_palloc(op->sr.pool,
                         n * (sizeof(ngx_scim_store_member_t) + 36) + 1);
    if (members == NULL) {
        return NGX_ERROR;
    }

    ids = (u_char *) &members[n];

    for (i = 0; i < n; i++) {
        ngx_scim_store_member(op, &members[i], ids + i * 36, res, (int) i);
    }

    op->sr.members = members;
    op->sr.nmembers = n;

    return NGX_OK;
}


/* names stay in the result */

static void
ngx_scim_store_member(ngx_scim_store_op_t *op, ngx_scim_store_member_t *m,
    u_char *id, PGresult *res, int row)
{
    static const scim_str_t  user = scim_string("User");
    static const scim_str_t  group = scim_string("Group");

    m->group = (ngx_uint_t) ngx_scim_store_int8(res, row, 0) - 1;

    m->member.id.len = 36;
    m->member.id.data = id;
    ngx_scim_store_uuid_text(id, (u_char *) PQgetvalue(res, row, 1));

    m->member.rtype = ngx_scim_store_type(op,
                          *PQgetvalue(res, row, 2) == 'u' ? &user : &group);

    m->member.display.len = (size_t) PQgetlength(res, row, 3);
    m->member.display.data = (u_char *) PQgetvalue(res, row, 3);
}
