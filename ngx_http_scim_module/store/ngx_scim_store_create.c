
/*
 * Create.  Called by http/ (ngx_scim_store.h).
 */


#include "ngx_scim_store_write.h"


static ngx_int_t ngx_scim_store_create_group(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job, const u_char *uuid,
    const scim_resource_t *resource);
static void ngx_scim_store_created(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_make_tenant(ngx_scim_store_op_t *op);
static void ngx_scim_store_tenant_made(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);


#define NGX_SCIM_STORE_KEY                                                    \
    "y as materialized (select " NGX_SCIM_STORE_KEY_TAKEN " as attr), "

/* "from" has a row if nothing speaks against it */

#define NGX_SCIM_STORE_INSERT(members, from)                                  \
    "r as ("                                                                  \
        "insert into scim.resource (tenant, id, type, name, name_key,"        \
                                  " external_id, active, doc, last_write,"    \
                                  " members)"                                 \
        " select $1, $2::uuid, $3::text, $6::text, $7::text, $8::text,"       \
               " $9::boolean, $10::text::jsonb, now(), " members              \
        " from " from                                                         \
        " on conflict do nothing"                                             \
        " returning id, version, created, modified, doc, members, type), "

#define NGX_SCIM_STORE_COUNT(rows)                                            \
    "u as ("                                                                  \
        "update scim.tenant"                                                  \
        " set users = users + ($3 = 'User')::int,"                            \
            " groups = groups + ($3 = 'Group')::int,"                         \
            " active_users = active_users + ($3 = 'User' and $9)::int"        \
        " where name = $1 and exists (select from a)"                         \
              " and " rows " >= 0"                                            \
        " returning 1)"

#define NGX_SCIM_STORE_CREATED                                                \
    "select t.enabled,"                                                       \
          " n.id is null and " NGX_SCIM_STORE_TAKEN("name_key", "$7")         \
          " as name_taken,"                                                   \
          " n.id is null and " NGX_SCIM_STORE_TAKEN("external_id", "$8")      \
          " as external_taken,"                                               \
          " y.attr as key_taken, "                                            \
          NGX_SCIM_STORE_COLUMNS("n")

/* nobody is in a group yet when he is made */

#define NGX_SCIM_STORE_NEW                                                    \
    "(select r.*, null::text as groups from u cross join r) n"


/*
 * Without and with members; these are $14, $15 how many of them are no ids,
 * $16 reject, $17 solo.  Back: enabled (null: no such tenant); name taken,
 * external_id taken, attribute of a taken key; the row, null when none was
 * made; what speaks against the members.
 */

static const char *const  ngx_scim_store_create_sql[] = {

    "with " NGX_SCIM_STORE_TENANT_LOCKED ", "
    NGX_SCIM_STORE_KEY
    NGX_SCIM_STORE_INSERT("0", "t cross join y"
                          " where t.enabled and y.attr is null")
    NGX_SCIM_STORE_KEYS_IN("r") ", "
    NGX_SCIM_STORE_AUDIT("'create'", "201", "null", "r.version", "0") ", "
    NGX_SCIM_STORE_COUNT("(select count(*) from k)")
    NGX_SCIM_STORE_CREATED
    " from t cross join y left join " NGX_SCIM_STORE_NEW " on true",

    "with recursive " NGX_SCIM_STORE_TENANT ", "
    NGX_SCIM_STORE_KEY
    NGX_SCIM_STORE_CANDIDATES("t", "$14", "$15", "$17") ", "
    "g as materialized ("
        "select (select count(*) from c where c.kind is not null)::int as came"
        " from t cross join y cross join v"
        " where t.enabled and y.attr is null"
              " and " NGX_SCIM_STORE_AGREED("$16") "), "
    NGX_SCIM_STORE_INSERT("g.came", "g")
    "i as ("
        "insert into scim.member (tenant, group_id, member_id, kind)"
        " select $1, $2, c.id, c.kind from r cross join c"
        " where c.kind is not null returning 1), "
    NGX_SCIM_STORE_KEYS_IN("r") ", "
    NGX_SCIM_STORE_AUDIT("'create'", "201", "null", "r.version",
                         "(select v.unknown from v)") ", "
    NGX_SCIM_STORE_COUNT("(select count(*) from k)"
                         " + (select count(*) from i)")
    NGX_SCIM_STORE_CREATED ", v.unknown, v.apart, v.circle, v.deep"
    " from t cross join y cross join v"
    " left join " NGX_SCIM_STORE_NEW " on true"
};


static const char  ngx_scim_store_tenant_sql[] =
    "select scim.create_tenant($1::text)";


ngx_int_t
ngx_scim_store_create(ngx_scim_store_request_t *sr,
    const scim_resource_t *resource)
{
    u_char                    uuid[16];
    scim_str_t                id;
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_op_t      *op = sr->state;
    ngx_scim_store_params_t   p;

    ngx_scim_store_begin(op);

    id.len = 36;
    id.data = sr->new_id;

    job = ngx_scim_store_job(op, NGX_SCIM_PG_WORK, &p);

    if (job == NULL || ngx_scim_store_uuid_parse(uuid, &id) != NGX_OK) {
        return NGX_ERROR;
    }

    if (resource->members.nadd) {

        if (ngx_scim_store_create_group(op, &p, job, uuid, resource) != NGX_OK)
        {
            return NGX_ERROR;
        }

    } else {
        ngx_scim_store_query(&p, job, ngx_scim_store_create_sql[0]);
        ngx_scim_store_param_key(op, &p, uuid);
        ngx_scim_store_param_audit(op, &p);
        ngx_scim_store_param_resource(&p, resource);
    }

    return ngx_scim_store_write(op, job, &p, ngx_scim_store_created);
}


static ngx_int_t
ngx_scim_store_create_group(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job, const u_char *uuid,
    const scim_resource_t *resource)
{
    ngx_scim_store_ids_t  ids;

    if (ngx_scim_store_ids(op->sr.pool, resource->members.add,
                           resource->members.nadd, &ids)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_scim_store_lock_members(op, p, job, uuid, &ids);

    ngx_scim_store_query(p, job, ngx_scim_store_create_sql[1]);
    ngx_scim_store_param_key(op, p, uuid);
    ngx_scim_store_param_audit(op, p);
    ngx_scim_store_param_resource(p, resource);
    ngx_scim_store_param_uuids(p, ids.uuids, 16, ids.n);
    ngx_scim_store_param_int8(p, (int64_t) ids.garbage);
    ngx_scim_store_param_bool(p, op->sr.reject_unknown);
    ngx_scim_store_param_solo(op, p);

    ngx_scim_store_solo(op, job);

    return NGX_OK;
}


static void
ngx_scim_store_created(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult   *res;
    ngx_int_t   rc;

    res = ngx_scim_store_write_result(job);

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

    if (!PQgetisnull(res, 0, 4)) {
        ngx_scim_store_written_row(op, res, 4);
        return;
    }

    if (ngx_scim_store_taken(op, res, 1) == NGX_OK) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_CONFLICT);
        return;
    }

    if (PQnfields(res) > 4 + NGX_SCIM_STORE_NCOLUMNS) {
        rc = ngx_scim_store_refused(op, res, 4 + NGX_SCIM_STORE_NCOLUMNS);

        if (rc == NGX_DONE) {
            return;
        }

        if (rc == NGX_OK) {
            ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);
            return;
        }
    }

    ngx_scim_store_write_race(op);
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
