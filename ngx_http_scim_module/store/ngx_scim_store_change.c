
/*
 * Change of a group's members alone, without having read the group.  Called by
 * http/ (ngx_scim_store.h).
 */


#include "ngx_scim_store_write.h"


static void ngx_scim_store_changed(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);


/*
 * $8 the version, 0: any; $9 to be added, $10 to be removed, $11 how many are
 * no ids, $12 reject, $13 replace (all others are removed).  Back: the row,
 * null when it was refused; whether there is one of that version; the version
 * that there is; what of it the application keeps for itself; what speaks
 * against the members.  A group that has them already is not written: no new
 * version, no audit row, no event.
 */

static const char  ngx_scim_store_change_sql[] =
    "with recursive " NGX_SCIM_STORE_TENANT ", "
    "o as materialized ("
        "select x.id, x.version, x.created, x.modified, x.doc, x.members,"
              " x.type, x.managed, x.protected, x.self_writable, case"
              " when x.protected"
              " then " NGX_SCIM_STORE_TEXT_OF(NGX_SCIM_STORE_KEPT_ROW)
              " when not x.members_writable"
              " then " NGX_SCIM_STORE_TEXT_OF(NGX_SCIM_STORE_KEPT_MEMBERS)
              " else 0 end as kept"
        " from (select x.*" NGX_SCIM_STORE_ROW("$2::uuid") ") x"
        " where x.type = $3::text and x.deleted_at is null"
              " and ($8::bigint = 0 or x.version = $8)), "
    NGX_SCIM_STORE_CANDIDATES("o", "$9", "$11") ", "
    "g as materialized ("
        "select o.* from o, t, v"
        " where t.enabled and o.kept = 0"
              " and " NGX_SCIM_STORE_AGREED("$12") "), "
    NGX_SCIM_STORE_MEMBERS("$10", "$13") ", "
    "r as ("
        "update scim.resource x"
        " set members = x.members + n.came - n.went, managed = true,"
            " version = x.version + 1, modified = clock_timestamp(),"
            " last_write = now(), last_token = $5"
        " from g, n"
        " where n.came + n.went > 0 and x.tenant = $1 and x.id = $2"
        NGX_SCIM_STORE_WRITTEN "), "
    NGX_SCIM_STORE_AUDIT("'patch'", "200", "r.version - 1", "r.version",
                         "(select v.unknown from v)") ", "
    NGX_SCIM_STORE_GROUP_EVENTS("select 1 as ord, null::text as type,"
                                " null::text[] as changed where false") ", "
    NGX_SCIM_STORE_COUNT("0", "0", "0") ", "
    NGX_SCIM_STORE_GROUP_TELL " "
    "select t.enabled, coalesce((select u.told from u), false) as told, "
          NGX_SCIM_STORE_COLUMNS("n") ","
          " o.id is not null as found,"
          " (select x.version"
           " from (select x.*" NGX_SCIM_STORE_ROW("$2") ") x"
           " where x.type = $3 and x.deleted_at is null"
                 " and o.id is null) as other,"
          " o.kept, v.unknown, v.circle, v.deep"
    " from t left join o on true left join v on true"
    " left join ("
        "select w.*, null::text as groups, " NGX_SCIM_STORE_SETTLED("w")
        " from (select r.id, r.version, r.created, r.modified, r.doc,"
                     " r.members, r.type, r.managed, r.protected,"
                     " r.self_writable from r"
              " union all"
              " select g.id, g.version, g.created, g.modified, g.doc,"
                     " g.members, g.type, g.managed, g.protected,"
                     " g.self_writable"
              " from g where not exists (select from r)) w"
    ") n on true";

/* columns of the result */
#define NGX_SCIM_STORE_CHANGED_ROW    2
#define NGX_SCIM_STORE_CHANGED_FOUND                                          \
    (NGX_SCIM_STORE_CHANGED_ROW + NGX_SCIM_STORE_NCOLUMNS)
#define NGX_SCIM_STORE_CHANGED_OTHER  (NGX_SCIM_STORE_CHANGED_FOUND + 1)
#define NGX_SCIM_STORE_CHANGED_KEPT   (NGX_SCIM_STORE_CHANGED_OTHER + 1)
#define NGX_SCIM_STORE_CHANGED_UNFIT  (NGX_SCIM_STORE_CHANGED_KEPT + 1)


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

    job = ngx_scim_store_write_job(op, &p);

    if (job == NULL
        || ngx_scim_store_ids(sr->pool, members->add, members->nadd, &add)
            != NGX_OK
        || ngx_scim_store_ids(sr->pool, members->remove, members->nremove,
                              &remove)
            != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_scim_store_query(&p, job, ngx_scim_store_change_sql);
    ngx_scim_store_param_key(op, &p, uuid);
    ngx_scim_store_param_audit(op, &p);
    ngx_scim_store_param_int8(&p, version);
    ngx_scim_store_param_uuids(&p, add.uuids, 16, add.n);
    ngx_scim_store_param_uuids(&p, remove.uuids, 16, remove.n);
    ngx_scim_store_param_int8(&p, (int64_t) add.garbage);
    ngx_scim_store_param_bool(&p, sr->reject_unknown);
    ngx_scim_store_param_bool(&p, members->replace);

    job->solo = members->replace
                || add.n + remove.n > NGX_SCIM_STORE_SHARED_MEMBERS;

    return ngx_scim_store_write(op, job, &p, ngx_scim_store_changed);
}


static void
ngx_scim_store_changed(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult  *res;

    res = ngx_scim_store_write_result(job);

    if (PQntuples(res) == 0) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_NOT_FOUND);
        return;
    }

    if (ngx_scim_store_refused_tenant(op, res) == NGX_OK) {
        return;
    }

    if (!PQgetisnull(res, 0, NGX_SCIM_STORE_CHANGED_ROW)) {
        ngx_scim_store_written_row(op, res, NGX_SCIM_STORE_CHANGED_ROW);
        return;
    }

    if (!ngx_scim_store_true(res, NGX_SCIM_STORE_CHANGED_FOUND)) {
        ngx_scim_store_finish(op,
                              PQgetisnull(res, 0, NGX_SCIM_STORE_CHANGED_OTHER)
                              ? NGX_SCIM_STORE_NOT_FOUND
                              : NGX_SCIM_STORE_CHANGED);
        return;
    }

    if (ngx_scim_store_refused_kept(op, res, NGX_SCIM_STORE_CHANGED_KEPT)
            == NGX_OK
        || ngx_scim_store_refused_unfit(op, res, NGX_SCIM_STORE_CHANGED_UNFIT)
            == NGX_OK)
    {
        return;
    }

    ngx_scim_store_write_race(op);
}
