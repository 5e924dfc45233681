
/*
 * The life of a write, whatever it is: sent, answered, run again, and what its
 * outcome means.  Called by the files of the single writes.
 *
 * A write is one transaction: the resource, its look-up keys, its members, the
 * audit row, the tenant's counts, the events.  Every branch is there in the one
 * row that its last statement gives.
 */


#include "ngx_scim_store_write.h"


#define NGX_SCIM_STORE_JITTER  40     /* msec */


static void ngx_scim_store_write_answered(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_write_tell(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_write_failed(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static ngx_int_t ngx_scim_store_retry(ngx_scim_store_op_t *op);
static int ngx_libc_cdecl ngx_scim_store_ids_compare(const void *one,
    const void *two);
static void ngx_scim_store_param_given(ngx_scim_store_params_t *p,
    const ngx_str_t *text);


static const char  ngx_scim_store_lock_sql[] =
    "select from scim.tenant where name = $1::text for no key update";


ngx_scim_pg_job_t *
ngx_scim_store_write_job(ngx_scim_store_op_t *op, ngx_scim_store_params_t *p)
{
    ngx_scim_pg_job_t  *job;

    job = ngx_scim_store_job(op, NGX_SCIM_PG_WORK, p);
    if (job == NULL) {
        return NULL;
    }

    ngx_scim_store_query(p, job, ngx_scim_store_lock_sql);
    ngx_scim_store_param_tenant(op, p);

    return job;
}


/* the job as built is kept: what is sent is a copy */

ngx_int_t
ngx_scim_store_write(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job,
    ngx_scim_store_params_t *p, ngx_scim_store_step_pt written)
{
    if (p->failed) {
        return NGX_ERROR;
    }

    job->group = 1;

    op->write = job;
    op->written = written;

    job = ngx_scim_store_job_copy(op, job);
    if (job == NULL) {
        return NGX_ERROR;
    }

    return ngx_scim_store_submit(op, job, ngx_scim_store_write_answered);
}


void
ngx_scim_store_write_again(ngx_scim_store_op_t *op)
{
    ngx_scim_pg_job_t  *job;

    job = ngx_scim_store_job_copy(op, op->write);

    if (job == NULL
        || ngx_scim_store_submit(op, job, ngx_scim_store_write_answered)
           != NGX_OK)
    {
        ngx_scim_store_nomem(op);
    }
}


static void
ngx_scim_store_write_answered(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    switch (job->status) {

    case NGX_SCIM_PG_OK:
        ngx_scim_store_write_tell(op, job);
        op->written(op, job);
        break;

    case NGX_SCIM_PG_LOST:
        ngx_scim_store_fence(op, job);
        break;

    default:
        ngx_scim_store_write_failed(op, job);
    }
}


void
ngx_scim_store_write_left(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    if (op->step == ngx_scim_store_write_answered
        && job->status == NGX_SCIM_PG_OK)
    {
        ngx_scim_store_write_tell(op, job);
    }
}


static void
ngx_scim_store_write_tell(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult  *res;

    res = ngx_scim_store_write_result(job);

    if (PQntuples(res) != 0 && ngx_scim_store_true(res, 1)) {
        ngx_scim_store_notify(op->db, &op->sr.tenant);
    }
}


static void
ngx_scim_store_write_failed(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    if (op->tries < ngx_scim_store_error_retries(job)
        && ngx_scim_store_retry(op) == NGX_OK)
    {
        return;
    }

    /* each partition of the audit has a name of its own; a table of the
     * application's may have one like it, so that this is asked once */

    if (ngx_strncmp(job->constraint, "audit_", 6) == 0
        && ngx_strcmp(job->sqlstate, "23505") == 0
        && !op->again)
    {
        ngx_scim_store_fence_look(op);
        return;
    }

    /* the statement itself can say which attribute it is */

    if (ngx_strcmp(job->constraint, "resource_key_unique") == 0) {
        ngx_scim_store_write_race(op);
        return;
    }

    ngx_scim_store_finish(op, ngx_scim_store_error(op, job));
}


void
ngx_scim_store_write_race(ngx_scim_store_op_t *op)
{
    if (op->tries < NGX_SCIM_STORE_TRIES
        && ngx_scim_store_retry(op) == NGX_OK)
    {
        return;
    }

    ngx_scim_store_error_busy(&op->sr.error);
    ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);
}


static ngx_int_t
ngx_scim_store_retry(ngx_scim_store_op_t *op)
{
    op->tries++;

    return ngx_scim_store_pause(op, 1 + ngx_random() % NGX_SCIM_STORE_JITTER,
                                ngx_scim_store_write_again);
}


PGresult *
ngx_scim_store_write_result(ngx_scim_pg_job_t *job)
{
    return job->queries[job->n - 1].result;
}


void
ngx_scim_store_written_row(ngx_scim_store_op_t *op, PGresult *res, int col)
{
    if (ngx_scim_store_rows(op, res, 0, 1, col) != NGX_OK) {
        ngx_scim_store_nomem(op);
        return;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_OK);
}


ngx_int_t
ngx_scim_store_refused_tenant(ngx_scim_store_op_t *op, PGresult *res)
{
    if (ngx_scim_store_true(res, 0)) {
        return NGX_DECLINED;
    }

    ngx_scim_store_error_disabled(&op->sr.error);
    ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);

    return NGX_OK;
}


ngx_int_t
ngx_scim_store_refused_kept(ngx_scim_store_op_t *op, PGresult *res, int col)
{
    switch (ngx_scim_store_int8(res, 0, col)) {

    case NGX_SCIM_STORE_KEPT_ROW:
        ngx_scim_store_error_protected(&op->sr.error);
        break;

    case NGX_SCIM_STORE_KEPT_GROUP:
        ngx_scim_store_error_group(&op->sr.error);
        break;

    case NGX_SCIM_STORE_KEPT_MEMBERS:
        ngx_scim_store_error_members(&op->sr.error);
        break;

    default:
        return NGX_DECLINED;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);

    return NGX_OK;
}


ngx_int_t
ngx_scim_store_refused_taken(ngx_scim_store_op_t *op, PGresult *res, int col)
{
    scim_str_t                key;
    const scim_attr_t        *name;
    static const scim_str_t   external = scim_string("externalId");

    name = op->sr.type->name_attr;

    if (name != NULL && ngx_scim_store_true(res, col)) {
        ngx_scim_store_error_taken(&op->sr.error, &name->name);

    } else if (ngx_scim_store_true(res, col + 1)) {
        ngx_scim_store_error_taken(&op->sr.error, &external);

    } else if (!PQgetisnull(res, 0, col + 2)) {
        key.len = (size_t) PQgetlength(res, 0, col + 2);
        key.data = (u_char *) PQgetvalue(res, 0, col + 2);

        ngx_scim_store_error_taken(&op->sr.error, &key);

    } else {
        return NGX_DECLINED;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_CONFLICT);

    return NGX_OK;
}


ngx_int_t
ngx_scim_store_refused_full(ngx_scim_store_op_t *op, PGresult *res, int col)
{
    if (PQgetisnull(res, 0, col)) {
        return NGX_DECLINED;
    }

    ngx_scim_store_error_seats(&op->sr.error,
                               ngx_scim_store_int8(res, 0, col));
    ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);

    return NGX_OK;
}


ngx_int_t
ngx_scim_store_refused_unfit(ngx_scim_store_op_t *op, PGresult *res, int col)
{
    if (ngx_scim_store_true(res, col + 1)) {
        ngx_scim_store_error_circle(&op->sr.error);

    } else if (ngx_scim_store_true(res, col + 2)) {
        ngx_scim_store_error_nesting(&op->sr.error, NGX_SCIM_STORE_NESTING);

    } else if (op->sr.reject_unknown && ngx_scim_store_int8(res, 0, col) > 0) {
        ngx_scim_store_error_unknown(&op->sr.error);

    } else {
        return NGX_DECLINED;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);

    return NGX_OK;
}


ngx_int_t
ngx_scim_store_ids(ngx_pool_t *pool, const scim_str_t *ids, size_t n,
    ngx_scim_store_ids_t *sorted)
{
    u_char      *uuid;
    size_t       i;
    ngx_uint_t   k;

    sorted->n = 0;
    sorted->garbage = 0;

    sorted->uuids = ngx_palloc(pool, (n + 1) * 16);
    if (sorted->uuids == NULL) {
        return NGX_ERROR;
    }

    uuid = sorted->uuids;

    for (i = 0; i < n; i++) {
        if (ngx_scim_store_uuid_parse(uuid, &ids[i]) == NGX_OK) {
            uuid += 16;

        } else {
            sorted->garbage++;
        }
    }

    n -= sorted->garbage;

    if (n == 0) {
        return NGX_OK;
    }

    ngx_qsort(sorted->uuids, n, 16, ngx_scim_store_ids_compare);

    uuid = sorted->uuids;
    sorted->n = 1;

    for (k = 1; k < n; k++) {
        if (ngx_memcmp(uuid, sorted->uuids + k * 16, 16) != 0) {
            uuid = sorted->uuids + sorted->n++ * 16;
            ngx_memmove(uuid, sorted->uuids + k * 16, 16);
        }
    }

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_scim_store_ids_compare(const void *one, const void *two)
{
    return ngx_memcmp(one, two, 16);
}


void
ngx_scim_store_param_tenant(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p)
{
    scim_str_t  tenant;

    tenant.len = op->sr.tenant.len;
    tenant.data = op->sr.tenant.data;

    ngx_scim_store_param_text(p, &tenant);
}


void
ngx_scim_store_param_key(ngx_scim_store_op_t *op, ngx_scim_store_params_t *p,
    const u_char *uuid)
{
    ngx_scim_store_param_tenant(op, p);
    ngx_scim_store_param_uuid(p, uuid);
    ngx_scim_store_param_text(p, &op->sr.type->name);
}


void
ngx_scim_store_param_audit(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p)
{
    u_char      uuid[16];
    scim_str_t  s;

    s.len = 36;
    s.data = op->sr.request_id;

    (void) ngx_scim_store_uuid_parse(uuid, &s);

    ngx_scim_store_param_uuid(p, uuid);

    s.len = op->sr.token_name.len;
    s.data = s.len ? op->sr.token_name.data : (u_char *) "";

    ngx_scim_store_param_text(p, &s);

    ngx_scim_store_param_given(p, &op->sr.token_meta);
    ngx_scim_store_param_given(p, &op->sr.client);
}


/* null for an empty string */

static void
ngx_scim_store_param_given(ngx_scim_store_params_t *p, const ngx_str_t *text)
{
    scim_str_t  s;

    s.len = text->len;
    s.data = s.len ? text->data : NULL;

    ngx_scim_store_param_text(p, &s);
}


void
ngx_scim_store_param_resource(ngx_scim_store_params_t *p,
    const scim_resource_t *resource)
{
    size_t             n;
    u_char            *unique;
    ngx_uint_t         i;
    scim_str_t         name;
    const scim_key_t  *keys;

    name = resource->name;

    if (name.data == NULL) {
        name.data = (u_char *) "";
    }

    ngx_scim_store_param_text(p, &name);
    ngx_scim_store_param_text(p, &resource->name_key);
    ngx_scim_store_param_text(p, &resource->external_id);
    ngx_scim_store_param_bool(p, resource->active);
    ngx_scim_store_param_text(p, &resource->text);

    keys = resource->keys;
    n = resource->nkeys;

    unique = ngx_palloc(p->pool, n + 1);
    if (unique == NULL) {
        p->failed = 1;
        return;
    }

    for (i = 0; i < n; i++) {
        unique[i] = keys[i].unique;
    }

    ngx_scim_store_param_texts(p, n ? &keys->attr : NULL, sizeof(scim_key_t),
                               n);
    ngx_scim_store_param_texts(p, n ? &keys->key : NULL, sizeof(scim_key_t),
                               n);
    ngx_scim_store_param_bools(p, unique, n);
}
