
/*
 * A write whose connection was lost between its last byte and its answer: was
 * it done?  Called by ngx_scim_store_write.c.  Steps stand in the order in
 * which they run.
 *
 * Fence, then look: on another connection the lost backend is ended, so that
 * its transaction is over, one way or the other; then the request id tells
 * which.  Found: the answer is what it would have been.  Not found: nothing
 * happened, and the write runs once more under the same id, in a segment of
 * its own: what ended the backend may be another write that shared the first.
 */


#include "ngx_scim_store_private.h"


#define NGX_SCIM_STORE_FENCE_PAUSE  250    /* msec, while no connection is up */


static void ngx_scim_store_fence_send(ngx_scim_store_op_t *op);
static ngx_int_t ngx_scim_store_fence_query(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job, ngx_scim_store_params_t *p);
static void ngx_scim_store_fence_answered(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_fence_wait(ngx_scim_store_op_t *op);
static void ngx_scim_store_fence_found(ngx_scim_store_op_t *op,
    PGresult *res);
static void ngx_scim_store_fence_give_up(ngx_scim_store_op_t *op);


/* no row: that backend has gone by itself; false: it is still there */

static const char  ngx_scim_store_fence_sql[] =
    "select pg_catalog.pg_terminate_backend(pid, 1000)"
    " from pg_catalog.pg_stat_activity"
    " where pid = $1::bigint::int and backend_start = $2::text::timestamptz";


static const char  ngx_scim_store_look_sql[] =
    "select a.op, " NGX_SCIM_STORE_COLUMNS("r")
    " from scim.audit a"
    " left join lateral ("
        "select x.*, " NGX_SCIM_STORE_GROUPS("x", "$3::boolean") ", "
                     NGX_SCIM_STORE_SETTLED("x")
        NGX_SCIM_STORE_ROW("a.resource_id")
    ") r on r.deleted_at is null"
    " where a.tenant = $1::text and a.request_id = $2::uuid";


void
ngx_scim_store_fence(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    if (op->again) {

        /* lost twice: the client may repeat it later */

        ngx_scim_store_fence_give_up(op);
        return;
    }

    op->pid = job->pid;
    ngx_memcpy(op->backend, job->backend, sizeof(op->backend));

    ngx_scim_store_fence_send(op);
}


void
ngx_scim_store_fence_look(ngx_scim_store_op_t *op)
{
    op->pid = 0;

    ngx_scim_store_fence_send(op);
}


static void
ngx_scim_store_fence_send(ngx_scim_store_op_t *op)
{
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_params_t   p;

    job = ngx_scim_store_job(op, NGX_SCIM_PG_WORK, &p);

    if (job == NULL
        || ngx_scim_store_fence_query(op, job, &p) != NGX_OK
        || ngx_scim_store_submit(op, job, ngx_scim_store_fence_answered)
           != NGX_OK)
    {
        ngx_scim_store_nomem(op);
    }
}


static ngx_int_t
ngx_scim_store_fence_query(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job,
    ngx_scim_store_params_t *p)
{
    u_char      uuid[16];
    scim_str_t  s;

    job->readonly = 1;

    ngx_scim_store_query(p, job, ngx_scim_store_fence_sql);
    ngx_scim_store_param_int8(p, op->pid);

    s.data = (u_char *) op->backend;
    s.len = ngx_strlen(op->backend);

    if (s.len == 0) {
        s.data = NULL;
    }

    ngx_scim_store_param_text(p, &s);

    ngx_scim_store_query(p, job, ngx_scim_store_look_sql);

    s.data = op->sr.tenant.data;
    s.len = op->sr.tenant.len;
    ngx_scim_store_param_text(p, &s);

    s.data = op->sr.request_id;
    s.len = 36;
    (void) ngx_scim_store_uuid_parse(uuid, &s);
    ngx_scim_store_param_uuid(p, uuid);
    ngx_scim_store_param_bool(p, op->sr.want_groups);

    return p->failed ? NGX_ERROR : NGX_OK;
}


static void
ngx_scim_store_fence_answered(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult  *fence, *look;

    if (job->status != NGX_SCIM_PG_OK) {
        ngx_scim_store_fence_wait(op);
        return;
    }

    fence = job->queries[1].result;
    look = job->queries[2].result;

    if (PQntuples(look) != 0) {
        ngx_scim_store_fence_found(op, look);
        return;
    }

    if (PQntuples(fence) != 0 && !ngx_scim_store_true(fence, 0)) {
        ngx_scim_store_fence_wait(op);
        return;
    }

    op->again = 1;
    op->write->solo = 1;

    ngx_scim_store_write_again(op);
}


/* an outage, most likely: once more, as long as the deadline allows */

static void
ngx_scim_store_fence_wait(ngx_scim_store_op_t *op)
{
    if (ngx_scim_store_pause(op, NGX_SCIM_STORE_FENCE_PAUSE,
                             ngx_scim_store_fence_send)
        != NGX_OK)
    {
        ngx_scim_store_fence_give_up(op);
    }
}


static void
ngx_scim_store_fence_found(ngx_scim_store_op_t *op, PGresult *res)
{
    ngx_scim_store_notify(op->db, &op->sr.tenant);

    if (ngx_strcmp(PQgetvalue(res, 0, 0), "delete") == 0) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_OK);
        return;
    }

    if (PQgetisnull(res, 0, 1)) {

        /* written, and deleted by somebody else since */

        ngx_scim_store_fence_give_up(op);
        return;
    }

    if (ngx_scim_store_rows(op, res, 0, 1, 1) != NGX_OK) {
        ngx_scim_store_nomem(op);
        return;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_OK);
}


static void
ngx_scim_store_fence_give_up(ngx_scim_store_op_t *op)
{
    ngx_scim_store_error_unavailable(&op->sr.error);
    ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);
}
