
/*
 * Change of a group's members alone, without having read the group.  Called by
 * http/ (ngx_scim_store.h).
 */


#include "ngx_scim_store_write.h"


static void ngx_scim_store_changed(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);


/*
 * $6 the version, 0: any; $7 to be added, $8 to be removed, $9 how many are no
 * ids, $10 reject, $11 solo, $12 replace (all others are removed).  Back:
 * enabled; whether there is one of that version; the version that there is;
 * the row, null when it was refused; what speaks against the members.  A group
 * that has them already is not written: no new version, no audit row.
 */

static const char  ngx_scim_store_change_sql[] =
    "with recursive " NGX_SCIM_STORE_TENANT ", "
    "o as materialized ("
        "select x.id, x.version, x.created, x.modified, x.doc, x.members,"
              " x.type"
        " from (select x.*" NGX_SCIM_STORE_ROW("$2::uuid") ") x"
        " where x.type = $3::text and x.deleted_at is null"
              " and ($6::bigint = 0 or x.version = $6)), "
    NGX_SCIM_STORE_CANDIDATES("o", "$7", "$9", "$11") ", "
    "g as materialized ("
        "select o.* from o, t, v"
        " where t.enabled and " NGX_SCIM_STORE_AGREED("$10") "), "
    NGX_SCIM_STORE_MEMBERS("$8", "$12") ", "
    "r as ("
        "update scim.resource x"
        " set members = x.members + n.came - n.went, managed = true,"
            " version = x.version + 1, modified = now(), last_write = now()"
        " from g, n"
        " where n.came + n.went > 0 and x.tenant = $1 and x.id = $2"
        " returning x.id, x.version, x.created, x.modified, x.doc, x.members,"
                  " x.type), "
    NGX_SCIM_STORE_AUDIT("'patch'", "200", "r.version - 1", "r.version",
                         "(select v.unknown from v)")
    "select t.enabled, exists (select from o) as found,"
          " (select x.version"
           " from (select x.*" NGX_SCIM_STORE_ROW("$2") ") x"
           " where x.type = $3 and x.deleted_at is null"
                 " and not exists (select from o)) as other, "
          NGX_SCIM_STORE_COLUMNS("n")
          ", v.unknown, v.apart, v.circle, v.deep"
    " from t left join v on true"
    " left join ("
        "select w.*, null::text as groups"
        " from (select r.* from r"
              " union all"
              " select g.* from g where not exists (select from r)) w"
    ") n on true";


ngx_int_t
ngx_scim_store_change_members(ngx_scim_store_request_t *sr,
    const scim_str_t *id, int64_t version, const scim_members_t *members)
{
    u_char                    uuid[16];
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_op_t      *op = sr->state;
    ngx_scim_store_ids_t      add, remove;
    ngx_scim_store_params_t   p;

    ngx_scim_store_begin(op);

    if (ngx_scim_store_uuid_parse(uuid, id) != NGX_OK) {
        ngx_scim_store_missing(op);
        return NGX_OK;
    }

    job = ngx_scim_store_job(op, NGX_SCIM_PG_WORK, &p);

    if (job == NULL
        || ngx_scim_store_ids(sr->pool, members->add, members->nadd, &add)
            != NGX_OK
        || ngx_scim_store_ids(sr->pool, members->remove, members->nremove,
                              &remove)
            != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_scim_store_lock_group(op, &p, job, uuid);
    ngx_scim_store_lock_members(op, &p, job, uuid, &add);

    ngx_scim_store_query(&p, job, ngx_scim_store_change_sql);
    ngx_scim_store_param_key(op, &p, uuid);
    ngx_scim_store_param_audit(op, &p);
    ngx_scim_store_param_int8(&p, version);
    ngx_scim_store_param_uuids(&p, add.uuids, 16, add.n);
    ngx_scim_store_param_uuids(&p, remove.uuids, 16, remove.n);
    ngx_scim_store_param_int8(&p, (int64_t) add.garbage);
    ngx_scim_store_param_bool(&p, sr->reject_unknown);
    ngx_scim_store_param_solo(op, &p);
    ngx_scim_store_param_bool(&p, members->replace);

    if (members->replace
        || add.n + remove.n > NGX_SCIM_STORE_SHARED_MEMBERS)
    {
        ngx_scim_store_solo(op, job);
    }

    return ngx_scim_store_write(op, job, &p, ngx_scim_store_changed);
}


static void
ngx_scim_store_changed(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult   *res;
    ngx_int_t   rc;

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

    if (!PQgetisnull(res, 0, 3)) {
        ngx_scim_store_written_row(op, res, 3);
        return;
    }

    if (!ngx_scim_store_true(res, 1)) {
        ngx_scim_store_finish(op, PQgetisnull(res, 0, 2)
                                  ? NGX_SCIM_STORE_NOT_FOUND
                                  : NGX_SCIM_STORE_CHANGED);
        return;
    }

    rc = ngx_scim_store_refused(op, res, 3 + NGX_SCIM_STORE_NCOLUMNS);

    if (rc == NGX_DONE) {
        return;
    }

    if (rc == NGX_OK) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);
        return;
    }

    ngx_scim_store_write_race(op);
}
