
/*
 * Writes: create, replace, delete.  Called by http/ (ngx_scim_store.h).
 *
 * Each is one statement, and so one transaction: the resource, its look-up
 * keys, the audit row, and last the tenant's row.  A conflict is a result and
 * not an error, so that writes may share a commit; every branch is there in
 * the one row that comes back.
 */


#include "ngx_scim_store_private.h"


#define NGX_SCIM_STORE_TRIES   3
#define NGX_SCIM_STORE_JITTER  40     /* msec */


static ngx_int_t ngx_scim_store_write(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job, ngx_scim_store_params_t *p,
    ngx_scim_store_step_pt written);
static void ngx_scim_store_write_answered(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_write_failed(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_write_race(ngx_scim_store_op_t *op);
static ngx_int_t ngx_scim_store_retry(ngx_scim_store_op_t *op);
static void ngx_scim_store_created(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_make_tenant(ngx_scim_store_op_t *op);
static void ngx_scim_store_tenant_made(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_replaced(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_deleted(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_written_row(ngx_scim_store_op_t *op, PGresult *res,
    int col);
static ngx_int_t ngx_scim_store_taken(ngx_scim_store_op_t *op, PGresult *res,
    int col);
static void ngx_scim_store_param_key(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, const u_char *uuid);
static void ngx_scim_store_param_resource(ngx_scim_store_params_t *p,
    const scim_resource_t *resource);
static void ngx_scim_store_param_audit(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p);


/* $1 tenant, $2 id, $3 type, $4 request id, $5 token's name in all three */

#define NGX_SCIM_STORE_TENANT                                                 \
    "t as materialized (select enabled from scim.tenant"                      \
                      " where name = $1::text)"

#define NGX_SCIM_STORE_AUDIT(op, status, from, to)                            \
    "a as (insert into scim.audit (tenant, request_id, token_name, op,"       \
                                 " resource_type, resource_id, status,"       \
                                 " version_from, version_to)"                 \
         " select $1, $4::uuid, $5::text, '" op "', $3, $2, " status ", "     \
                  from ", " to " from r returning 1)"

/* is the key with another live resource?  Asked in the rare case only, or
 * where "and" stands before it */

#define NGX_SCIM_STORE_TAKEN(column, value)                                   \
    "exists (select from scim.resource c"                                     \
           " where c.tenant = $1 and c.type = $3 and c." column " = " value   \
                 " and c.deleted_at is null and c.id <> $2)"


/*
 * $6 name, $7 name_key, $8 external_id, $9 active, $10 doc, $11 and $12 keys.
 * Back: enabled (null: no such tenant); name taken, external_id taken; the
 * row, null when none was made.
 */

static const char  ngx_scim_store_create_sql[] =
    "with " NGX_SCIM_STORE_TENANT ", "
    "r as ("
        "insert into scim.resource (tenant, id, type, name, name_key,"
                                  " external_id, active, doc, last_write)"
        " select $1, $2::uuid, $3::text, $6::text, $7::text, $8::text,"
               " $9::boolean, $10::text::jsonb, now()"
        " from t where t.enabled"
        " on conflict do nothing"
        " returning id, version, created, modified, doc), "
    "k as ("
        "insert into scim.resource_key (tenant, type, attr, key, id)"
        " select $1, $3, q.attr, q.key, $2"
        " from r cross join unnest($11::text[], $12::text[]) q(attr, key)"
        " on conflict do nothing returning 1), "
    NGX_SCIM_STORE_AUDIT("create", "201", "null", "r.version") ", "
    "u as ("
        "update scim.tenant"
        " set users = users + ($3 = 'User')::int,"
            " groups = groups + ($3 = 'Group')::int,"
            " active_users = active_users + ($3 = 'User' and $9)::int"
        " where name = $1 and exists (select from a)"
              " and (select count(*) from k) >= 0"
        " returning 1)"
    "select t.enabled,"
          " n.id is null and " NGX_SCIM_STORE_TAKEN("name_key", "$7")
          " as name_taken,"
          " n.id is null and " NGX_SCIM_STORE_TAKEN("external_id", "$8")
          " as external_taken, "
          NGX_SCIM_STORE_COLUMNS("n")
    " from t left join (select r.* from u cross join r) n on true";


/*
 * $6 to $12 as above, $13 the version that was read.  Back: enabled; name
 * taken, external_id taken; the row, null when the version is not that one or
 * the resource has gone.  An equal document is not written: no new version,
 * no audit row.
 */

static const char  ngx_scim_store_replace_sql[] =
    "with " NGX_SCIM_STORE_TENANT ", "
    "o as materialized ("
        "select x.id, x.version, x.created, x.modified, x.doc, x.active,"
              " x.doc = $10::text::jsonb as same,"
              " x.name_key is distinct from $7::text and "
              NGX_SCIM_STORE_TAKEN("name_key", "$7") " as name_taken,"
              " x.external_id is distinct from $8::text and "
              NGX_SCIM_STORE_TAKEN("external_id", "$8") " as external_taken"
        " from scim.resource x"
        " where x.tenant = $1 and x.id = $2::uuid and x.type = $3::text"
              " and x.version = $13::bigint and x.deleted_at is null), "
    "r as ("
        "update scim.resource x"
        " set name = $6::text, name_key = $7, external_id = $8,"
            " active = $9::boolean, doc = $10::jsonb, managed = true,"
            " version = x.version + 1, modified = now(), last_write = now()"
        " from o, t"
        " where t.enabled and not o.same"
              " and not o.name_taken and not o.external_taken"
              " and x.tenant = $1 and x.id = $2 and x.version = $13"
              " and x.deleted_at is null"
        " returning x.id, x.version, x.created, x.modified, x.doc), "
    "d as ("
        "delete from scim.resource_key y using r"
        " where y.tenant = $1 and y.id = $2 and not exists ("
            "select from unnest($11::text[], $12::text[]) q(attr, key)"
            " where q.attr = y.attr and q.key = y.key)"
        " returning 1), "
    "k as ("
        "insert into scim.resource_key (tenant, type, attr, key, id)"
        " select $1, $3, q.attr, q.key, $2"
        " from r cross join unnest($11, $12) q(attr, key)"
        " on conflict do nothing returning 1), "
    NGX_SCIM_STORE_AUDIT("replace", "200", "$13", "r.version") ", "
    "u as ("
        "update scim.tenant"
        " set active_users = active_users + $9::int - o.active::int"
        " from o"
        " where name = $1 and $3 = 'User' and o.active <> $9"
              " and exists (select from a)"
              " and (select count(*) from d) + (select count(*) from k) >= 0"
        " returning 1)"
    "select t.enabled, o.name_taken, o.external_taken, "
          NGX_SCIM_STORE_COLUMNS("n")
    " from t left join o on true"
    " left join ("
        "select r.* from r left join u on true"
        " union all"
        " select o.id, o.version, o.created, o.modified, o.doc from o"
        " where o.same) n on true";


/*
 * $6 the version, 0: any.  Back: enabled; the version that there is, or null;
 * whether it was deleted.
 */

static const char  ngx_scim_store_delete_sql[] =
    "with " NGX_SCIM_STORE_TENANT ", "
    "r as ("
        "delete from scim.resource x using t"
        " where t.enabled"
              " and x.tenant = $1 and x.id = $2::uuid and x.type = $3::text"
              " and x.deleted_at is null"
              " and ($6::bigint = 0 or x.version = $6)"
        " returning x.version, x.active), "
    NGX_SCIM_STORE_AUDIT("delete", "204", "r.version", "null") ", "
    "u as ("
        "update scim.tenant"
        " set users = users - ($3 = 'User')::int,"
            " groups = groups - ($3 = 'Group')::int,"
            " active_users = active_users - ($3 = 'User' and r.active)::int"
        " from r"
        " where name = $1 and exists (select from a)"
        " returning 1)"
    "select t.enabled,"
          " (select x.version from scim.resource x"
           " where x.tenant = $1 and x.id = $2 and x.type = $3"
                 " and x.deleted_at is null) as version,"
          " exists (select from u) as deleted"
    " from t";


static const char  ngx_scim_store_tenant_sql[] =
    "select scim.create_tenant($1::text)";


ngx_int_t
ngx_scim_store_create(ngx_scim_store_request_t *sr,
    const scim_resource_t *resource)
{
    u_char                    uuid[16];
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_op_t      *op = sr->state;
    ngx_scim_store_params_t   p;

    ngx_scim_store_begin(op);

    job = ngx_scim_store_job(op, NGX_SCIM_PG_WORK, &p);

    if (job == NULL || ngx_scim_store_uuid(uuid) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_scim_store_query(&p, job, ngx_scim_store_create_sql);
    ngx_scim_store_param_key(op, &p, uuid);
    ngx_scim_store_param_audit(op, &p);
    ngx_scim_store_param_resource(&p, resource);

    return ngx_scim_store_write(op, job, &p, ngx_scim_store_created);
}


ngx_int_t
ngx_scim_store_replace(ngx_scim_store_request_t *sr, const scim_str_t *id,
    int64_t version, const scim_resource_t *resource)
{
    u_char                    uuid[16];
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_op_t      *op = sr->state;
    ngx_scim_store_params_t   p;

    ngx_scim_store_begin(op);

    job = ngx_scim_store_job(op, NGX_SCIM_PG_WORK, &p);

    if (job == NULL || ngx_scim_store_uuid_parse(uuid, id) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_scim_store_query(&p, job, ngx_scim_store_replace_sql);
    ngx_scim_store_param_key(op, &p, uuid);
    ngx_scim_store_param_audit(op, &p);
    ngx_scim_store_param_resource(&p, resource);
    ngx_scim_store_param_int8(&p, version);

    return ngx_scim_store_write(op, job, &p, ngx_scim_store_replaced);
}


ngx_int_t
ngx_scim_store_delete(ngx_scim_store_request_t *sr, const scim_str_t *id,
    int64_t version)
{
    u_char                    uuid[16];
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_op_t      *op = sr->state;
    ngx_scim_store_params_t   p;

    ngx_scim_store_begin(op);

    op->version = version;

    if (ngx_scim_store_uuid_parse(uuid, id) != NGX_OK) {
        ngx_scim_store_missing(op);
        return NGX_OK;
    }

    job = ngx_scim_store_job(op, NGX_SCIM_PG_WORK, &p);
    if (job == NULL) {
        return NGX_ERROR;
    }

    ngx_scim_store_query(&p, job, ngx_scim_store_delete_sql);
    ngx_scim_store_param_key(op, &p, uuid);
    ngx_scim_store_param_audit(op, &p);
    ngx_scim_store_param_int8(&p, version);

    return ngx_scim_store_write(op, job, &p, ngx_scim_store_deleted);
}


/* the job as built is kept: what is sent is a copy */

static ngx_int_t
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

    ngx_scim_store_finish(op, ngx_scim_store_error(op, job));
}


/* neither written nor seen why: what is in the way was committed after the
 * statement's snapshot */

static void
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


static void
ngx_scim_store_created(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult  *res;

    res = job->queries[1].result;

    if (PQntuples(res) == 0) {

        if (op->tenant_made) {
            ngx_scim_store_write_race(op);
            return;
        }

        ngx_scim_store_make_tenant(op);
        return;
    }

    if (!ngx_scim_store_true(res, 0)) {
        ngx_scim_store_error_disabled(&op->sr.error);
        ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);
        return;
    }

    if (!PQgetisnull(res, 0, 3)) {
        ngx_scim_store_written_row(op, res, 3);
        return;
    }

    if (ngx_scim_store_taken(op, res, 1) == NGX_OK) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_CONFLICT);
        return;
    }

    ngx_scim_store_write_race(op);
}


/* the configuration knows the tenant, the database does not yet */

static void
ngx_scim_store_make_tenant(ngx_scim_store_op_t *op)
{
    scim_str_t                tenant;
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_params_t   p;

    job = ngx_scim_store_job(op, NGX_SCIM_PG_WORK, &p);
    if (job == NULL) {
        ngx_scim_store_nomem(op);
        return;
    }

    tenant.len = op->sr.tenant.len;
    tenant.data = op->sr.tenant.data;

    ngx_scim_store_query(&p, job, ngx_scim_store_tenant_sql);
    ngx_scim_store_param_text(&p, &tenant);

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


static void
ngx_scim_store_replaced(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult  *res;

    res = job->queries[1].result;

    if (PQntuples(res) == 0) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_CHANGED);
        return;
    }

    if (!ngx_scim_store_true(res, 0)) {
        ngx_scim_store_error_disabled(&op->sr.error);
        ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);
        return;
    }

    if (!PQgetisnull(res, 0, 3)) {
        ngx_scim_store_written_row(op, res, 3);
        return;
    }

    if (ngx_scim_store_taken(op, res, 1) == NGX_OK) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_CONFLICT);
        return;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_CHANGED);
}


static void
ngx_scim_store_deleted(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult  *res;

    res = job->queries[1].result;

    if (PQntuples(res) == 0) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_NOT_FOUND);
        return;
    }

    if (!ngx_scim_store_true(res, 0)) {
        ngx_scim_store_error_disabled(&op->sr.error);
        ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);
        return;
    }

    if (ngx_scim_store_true(res, 2)) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_OK);
        return;
    }

    /* any version would have done: somebody else has deleted it meanwhile */

    if (PQgetisnull(res, 0, 1) || op->version == 0) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_NOT_FOUND);
        return;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_CHANGED);
}


static void
ngx_scim_store_written_row(ngx_scim_store_op_t *op, PGresult *res, int col)
{
    if (ngx_scim_store_rows(op, res, 0, 1, col) != NGX_OK) {
        ngx_scim_store_nomem(op);
        return;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_OK);
}


/* NGX_OK with the error filled when one of the two columns says so */

static ngx_int_t
ngx_scim_store_taken(ngx_scim_store_op_t *op, PGresult *res, int col)
{
    static const scim_str_t  external = scim_string("externalId");

    if (ngx_scim_store_true(res, col)) {
        ngx_scim_store_error_taken(&op->sr.error,
                                   &op->sr.type->name_attr->name);
        return NGX_OK;
    }

    if (ngx_scim_store_true(res, col + 1)) {
        ngx_scim_store_error_taken(&op->sr.error, &external);
        return NGX_OK;
    }

    return NGX_DECLINED;
}


static void
ngx_scim_store_param_key(ngx_scim_store_op_t *op, ngx_scim_store_params_t *p,
    const u_char *uuid)
{
    scim_str_t  tenant;

    tenant.len = op->sr.tenant.len;
    tenant.data = op->sr.tenant.data;

    ngx_scim_store_param_text(p, &tenant);
    ngx_scim_store_param_uuid(p, uuid);
    ngx_scim_store_param_text(p, &op->sr.type->name);
}


static void
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


static void
ngx_scim_store_param_resource(ngx_scim_store_params_t *p,
    const scim_resource_t *resource)
{
    ngx_scim_store_param_text(p, &resource->name);
    ngx_scim_store_param_text(p, &resource->name_key);
    ngx_scim_store_param_text(p, &resource->external_id);
    ngx_scim_store_param_bool(p, resource->active);
    ngx_scim_store_param_text(p, &resource->text);

    if (resource->nkeys == 0) {
        ngx_scim_store_param_texts(p, NULL, 0, 0);
        ngx_scim_store_param_texts(p, NULL, 0, 0);
        return;
    }

    ngx_scim_store_param_texts(p, &resource->keys[0].attr, sizeof(scim_key_t),
                               resource->nkeys);
    ngx_scim_store_param_texts(p, &resource->keys[0].key, sizeof(scim_key_t),
                               resource->nkeys);
}
