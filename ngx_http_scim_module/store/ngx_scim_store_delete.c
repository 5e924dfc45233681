
/*
 * Delete.  Called by http/ (ngx_scim_store.h).
 *
 * Who is a member is taken out of his groups, whose rows are locked first and
 * in the order of their ids.  Locks of so many kinds stand in the way of
 * others in the same transaction: a delete has one of its own.
 */


#include "ngx_scim_store_write.h"


static void ngx_scim_store_lock_groups(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job, const u_char *uuid);
static ngx_uint_t ngx_scim_store_delete_member(
    const scim_resource_type_t *type);
static void ngx_scim_store_deleted(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);


/* the resource and the groups that it is in */

static const char  ngx_scim_store_lock_groups_sql[] =
    "with g as materialized ("
        "select w.id from ("
            "select $2::uuid as id"
            " union all"
            " (select y.group_id from scim.member y"
            " where y.tenant = $1::text"
                  " and " NGX_SCIM_STORE_AT("y.member_id", "$2")
            " order by y.member_id offset 0)) w"
        " order by w.id), "
    "x as materialized ("
        "select x.id from g cross join lateral ("
            "select x.id from scim.resource x"
            " where x.tenant = $1 and x.id = g.id"
            " offset 0 for no key update) x)"
    "select count(*) from x";


/* who makes it a member of one more waits from here on, and finds it gone */

static const char  ngx_scim_store_lock_resource_sql[] =
    "select from scim.resource x"
    " where x.tenant = $1::text and x.id = $2::uuid"
    " for update";


/*
 * The groups' rows are all locked, so that they stay where they are: found by
 * their places, whatever the planner thinks of the table.
 *
 * $6 the version, 0: any.  Back: enabled; the version that there is, or null;
 * whether it was deleted.
 */

static const char  ngx_scim_store_delete_sql[] =
    "with " NGX_SCIM_STORE_TENANT ", "
    "r as ("
        "delete from scim.resource x using t"
        " where t.enabled and x.tenant = $1 and x.id = $2::uuid"
              " and coalesce(x.deleted_at is null and x.type = $3::text, false)"
              " and ($6::bigint = 0 or x.version = $6)"
        " returning x.version, x.active), "
    "d as ("
        "delete from scim.member y"
        " where y.ctid = any(array("
            "select m.ctid from r cross join lateral ("
                "select y.ctid from scim.member y"
                " where y.tenant = $1"
                      " and " NGX_SCIM_STORE_AT("y.member_id", "$2")
                " order by y.member_id offset 0) m))"
        " returning y.group_id), "
    "g as ("
        "update scim.resource x"
        " set members = x.members - 1, version = x.version + 1,"
            " modified = now()"
        " where x.ctid = any(array("
            "select y.ctid from d cross join lateral ("
                "select x.ctid" NGX_SCIM_STORE_ROW("d.group_id") ") y))"
        " returning 1), "
    NGX_SCIM_STORE_AUDIT("'delete'", "204", "r.version", "null", "0") ", "
    "u as ("
        "update scim.tenant"
        " set users = users - ($3 = 'User')::int,"
            " groups = groups - ($3 = 'Group')::int,"
            " active_users = active_users - ($3 = 'User' and r.active)::int"
        " from r"
        " where name = $1 and exists (select from a)"
              " and (select count(*) from g) >= 0"
        " returning 1)"
    "select t.enabled,"
          " (select x.version"
           " from (select x.*" NGX_SCIM_STORE_ROW("$2") ") x"
           " where x.type = $3 and x.deleted_at is null) as version,"
          " exists (select from u) as deleted"
    " from t";


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

    if (ngx_scim_store_delete_member(sr->type)) {
        ngx_scim_store_lock_groups(op, &p, job, uuid);

        ngx_scim_store_query(&p, job, ngx_scim_store_lock_resource_sql);
        ngx_scim_store_param_tenant(op, &p);
        ngx_scim_store_param_uuid(&p, uuid);

        /* once more: those that it came into meanwhile */

        ngx_scim_store_lock_groups(op, &p, job, uuid);
    }

    ngx_scim_store_query(&p, job, ngx_scim_store_delete_sql);
    ngx_scim_store_param_key(op, &p, uuid);
    ngx_scim_store_param_audit(op, &p);
    ngx_scim_store_param_int8(&p, version);

    ngx_scim_store_solo(op, job);

    return ngx_scim_store_write(op, job, &p, ngx_scim_store_deleted);
}


static void
ngx_scim_store_lock_groups(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job, const u_char *uuid)
{
    ngx_scim_store_query(p, job, ngx_scim_store_lock_groups_sql);
    ngx_scim_store_param_tenant(op, p);
    ngx_scim_store_param_uuid(p, uuid);
}


/* can it be in a group? */

static ngx_uint_t
ngx_scim_store_delete_member(const scim_resource_type_t *type)
{
    static const scim_str_t  user = scim_string("User");
    static const scim_str_t  group = scim_string("Group");

    return scim_str_eq(&type->name, &user) || scim_str_eq(&type->name, &group);
}


static void
ngx_scim_store_deleted(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult  *res;

    res = ngx_scim_store_write_result(job);

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

    if (PQgetisnull(res, 0, 1)) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_NOT_FOUND);
        return;
    }

    /* any version would have done: somebody else has deleted it meanwhile */

    if (op->version == 0) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_NOT_FOUND);
        return;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_CHANGED);
}
