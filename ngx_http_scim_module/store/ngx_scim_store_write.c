
/*
 * The life of a write, whatever it is: sent, answered, run again, and what its
 * outcome means.  Called by the files of the single writes.
 *
 * A write is one transaction: the resource, its look-up keys, its members, the
 * audit row, and last the tenant's row.  Every branch is there in the one row
 * that its last statement gives.
 */


#include "ngx_scim_store_write.h"


#define NGX_SCIM_STORE_TRIES   3
#define NGX_SCIM_STORE_JITTER  40     /* msec */


static void ngx_scim_store_write_answered(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_write_failed(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static ngx_int_t ngx_scim_store_retry(ngx_scim_store_op_t *op);
static int ngx_libc_cdecl ngx_scim_store_ids_compare(const void *one,
    const void *two);


static const char  ngx_scim_store_lock_group_sql[] =
    "select from scim.resource x"
    " where x.tenant = $1::text and x.id = $2::uuid"
    " for no key update";


/* those who are members stay: whoever deletes one waits for the group's row */

static const char  ngx_scim_store_lock_members_sql[] =
    "with m as materialized ("
        "select x.type"
        " from unnest((select $3::uuid[])) q(id)"
        " cross join lateral ("
            "select x.type from scim.resource x"
            " where x.tenant = $1::text and x.id = q.id"
                  " and x.type in ('User', 'Group')"
                  " and not exists (select from scim.member y"
                                  " where y.tenant = $1"
                                        " and y.group_id = $2::uuid"
                                        " and y.member_id = q.id)"
            " offset 0 for key share) x)"
    "select case when $4::boolean and bool_or(m.type = 'Group')"
               " then pg_catalog.pg_advisory_xact_lock("
                   "pg_catalog.hashtextextended("
                       "'scim.member ' || $1, 0)) end"
    " from m";


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


void
ngx_scim_store_write_alone(ngx_scim_store_op_t *op)
{
    ngx_scim_store_solo(op, op->write);

    ngx_scim_store_write_again(op);
}


void
ngx_scim_store_solo(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    job->solo = 1;

    if (op->solo) {
        *op->solo = 1;
    }
}


static void
ngx_scim_store_write_answered(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    switch (job->status) {

    case NGX_SCIM_PG_OK:
        op->written(op, job);
        break;

    case NGX_SCIM_PG_LOST:
        ngx_scim_store_fence(op, job);
        break;

    default:
        ngx_scim_store_write_failed(op, job);
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

    if (ngx_strcmp(job->constraint, "audit_pkey") == 0) {
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
ngx_scim_store_taken(ngx_scim_store_op_t *op, PGresult *res, int col)
{
    scim_str_t                key;
    const scim_attr_t        *name;
    static const scim_str_t   external = scim_string("externalId");

    name = op->sr.type->name_attr;

    if (name != NULL && ngx_scim_store_true(res, col)) {
        ngx_scim_store_error_taken(&op->sr.error, &name->name);
        return NGX_OK;
    }

    if (ngx_scim_store_true(res, col + 1)) {
        ngx_scim_store_error_taken(&op->sr.error, &external);
        return NGX_OK;
    }

    if (!PQgetisnull(res, 0, col + 2)) {
        key.len = (size_t) PQgetlength(res, 0, col + 2);
        key.data = (u_char *) PQgetvalue(res, 0, col + 2);

        ngx_scim_store_error_taken(&op->sr.error, &key);
        return NGX_OK;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_scim_store_refused(ngx_scim_store_op_t *op, PGresult *res, int col)
{
    if (ngx_scim_store_true(res, col + 1)) {
        ngx_scim_store_write_alone(op);
        return NGX_DONE;
    }

    if (ngx_scim_store_true(res, col + 2)) {
        ngx_scim_store_error_circle(&op->sr.error);
        return NGX_OK;
    }

    if (ngx_scim_store_true(res, col + 3)) {
        ngx_scim_store_error_nesting(&op->sr.error, NGX_SCIM_STORE_NESTING);
        return NGX_OK;
    }

    if (op->sr.reject_unknown && ngx_scim_store_int8(res, 0, col) > 0) {
        ngx_scim_store_error_unknown(&op->sr.error);
        return NGX_OK;
    }

    return NGX_DECLINED;
}


void
ngx_scim_store_lock_group(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job, const u_char *uuid)
{
    ngx_scim_store_rank(job, uuid);

    ngx_scim_store_query(p, job, ngx_scim_store_lock_group_sql);
    ngx_scim_store_param_tenant(op, p);
    ngx_scim_store_param_uuid(p, uuid);
}


void
ngx_scim_store_rank(ngx_scim_pg_job_t *job, const u_char *uuid)
{
    uint64_t    rank;
    ngx_uint_t  i;

    rank = 0;

    for (i = 0; i < 8; i++) {
        rank = (rank << 8) | uuid[i];
    }

    job->rank = rank ? rank : 1;
}


void
ngx_scim_store_lock_members(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job, const u_char *uuid,
    const ngx_scim_store_ids_t *ids)
{
    if (ids->n == 0) {
        return;
    }

    ngx_scim_store_query(p, job, ngx_scim_store_lock_members_sql);
    ngx_scim_store_param_tenant(op, p);
    ngx_scim_store_param_uuid(p, uuid);
    ngx_scim_store_param_uuids(p, ids->uuids, 16, ids->n);
    ngx_scim_store_param_solo(op, p);
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


/* whether the write is alone in its transaction: one value for all of its
 * statements, which changes when it has to be */

void
ngx_scim_store_param_solo(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p)
{
    ngx_scim_pg_query_t  *query;

    ngx_scim_store_param_bool(p, 0);

    if (p->failed) {
        return;
    }

    query = p->query;

    if (op->solo == NULL) {
        op->solo = (u_char *) query->values[query->n - 1];
    }

    query->values[query->n - 1] = (const char *) op->solo;
}
