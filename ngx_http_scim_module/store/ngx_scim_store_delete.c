
/*
 * Delete.  Called by http/ (ngx_scim_store.h).
 *
 * The row goes, or it stays as a tombstone, which SCIM does not see: then its
 * keys and, of a group, its members go.  A member goes out of its groups.
 */


#include "ngx_scim_store_write.h"


static void ngx_scim_store_deleted(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);


/* those who have the row's id in that column: what an index finds, by place */

#define NGX_SCIM_STORE_RELATED(table, column)                                 \
    "delete from scim." table " y"                                            \
    " where y.ctid = any(array("                                              \
        "select m.ctid from r cross join lateral ("                           \
            "select y.ctid from scim." table " y"                             \
            " where y.tenant = $1"                                            \
                  " and " NGX_SCIM_STORE_AT("y." column, "$2")                \
            " order by y." column " offset 0) m))"

#define NGX_SCIM_STORE_HARD                                                   \
    "r as ("                                                                  \
        "delete from scim.resource x using o"                                 \
        " where o.kept = 0 and x.tenant = $1 and x.id = $2"                   \
        " returning x.active, x.external_id, x.app_ref, x.doc,"               \
                  " null::bigint as version), "

#define NGX_SCIM_STORE_TOMBSTONE                                              \
    "r as ("                                                                  \
        "update scim.resource x"                                              \
        " set deleted_at = now(), version = x.version + 1,"                   \
            " modified = clock_timestamp(), last_write = now(),"              \
            " last_token = $5, managed = true, members = 0"                   \
        " from o"                                                             \
        " where o.kept = 0 and x.tenant = $1 and x.id = $2"                   \
        " returning x.active, x.external_id, x.app_ref, x.doc, x.version), "  \
    "k as (" NGX_SCIM_STORE_RELATED("resource_key", "id") "), "               \
    "i as (" NGX_SCIM_STORE_RELATED("member", "group_id") "), "

/*
 * Nobody else writes in the tenant, so that the groups' rows stay where they
 * are: found by their places, whatever the planner thinks of the table.
 */

#define NGX_SCIM_STORE_DELETE(row)                                            \
    "with " NGX_SCIM_STORE_TENANT ", "                                        \
    "o as materialized ("                                                     \
        "select x.version, case"                                              \
              " when x.protected"                                             \
              " then " NGX_SCIM_STORE_TEXT_OF(NGX_SCIM_STORE_KEPT_ROW)        \
              " when not x.self_writable"                                     \
              " then " NGX_SCIM_STORE_TEXT_OF(NGX_SCIM_STORE_KEPT_GROUP)      \
              " else 0 end as kept"                                           \
        " from (select x.*" NGX_SCIM_STORE_ROW("$2::uuid") ") x cross join t" \
        " where t.enabled and x.type = $3::text and x.deleted_at is null"     \
              " and ($8::bigint = 0 or x.version = $8)), "                    \
    row                                                                       \
    "d as (" NGX_SCIM_STORE_RELATED("member", "member_id")                    \
        " returning y.group_id), "                                            \
    "g as ("                                                                  \
        "update scim.resource x"                                              \
        " set members = x.members - 1, version = x.version + 1,"              \
            " modified = clock_timestamp()"                                   \
        " where x.ctid = any(array("                                          \
            "select y.ctid from d cross join lateral ("                       \
                "select x.ctid" NGX_SCIM_STORE_ROW("d.group_id") ") y))"      \
        " returning x.id, x.version, x.app_ref, x.external_id), "             \
    NGX_SCIM_STORE_AUDIT("'delete'", "204", "(select o.version from o)",      \
                         "r.version", "0") ", "                               \
    "l as materialized ("                                                     \
        "select row_number() over (order by w.id nulls last) as k, w.*"       \
        " from (select g.id, g.version, g.app_ref, g.external_id from g"      \
              " union all"                                                    \
              " select null, r.version, r.app_ref, r.external_id from r) w"   \
    "), "                                                                     \
    NGX_SCIM_STORE_COUNT("- ($3 = 'User')::int",                              \
                         "- ($3 = 'User' and r.active)::int",                 \
                         "- ($3 = 'Group')::int") ", "                        \
    NGX_SCIM_STORE_TELL(                                                      \
        "case when l.id is null then lower($3) || '.deleted'"                 \
            " else 'group.member_removed' end,"                               \
        " case when l.id is null then $3 else 'Group' end,"                   \
        " coalesce(l.id, $2), l.version, l.app_ref, l.external_id, null,"     \
        " case when l.id is not null then $2 end,"                            \
        " case when l.id is not null"                                         \
             " then case $3 when 'User' then 'u'::\"char\" else 'g' end end," \
        " case when l.id is not null then r.app_ref end,"                     \
        " case when l.id is null then r.doc end"                              \
        " from u cross join r cross join l")                                  \
    " select t.enabled, coalesce((select u.told from u), false) as told,"     \
           " (select x.version"                                               \
            " from (select x.*" NGX_SCIM_STORE_ROW("$2") ") x"                \
            " where x.type = $3 and x.deleted_at is null) as version,"        \
           " o.kept"                                                          \
    " from t left join o on true"


/*
 * The row itself, or a tombstone.  $8 the version, 0: any.  A deletion always
 * has events: told says that it is done.  Back: the version that there was, or
 * null; what of it the application keeps for itself.
 */

static const char *const  ngx_scim_store_delete_sql[] = {
    NGX_SCIM_STORE_DELETE(NGX_SCIM_STORE_HARD),
    NGX_SCIM_STORE_DELETE(NGX_SCIM_STORE_TOMBSTONE)
};


ngx_int_t
ngx_scim_store_delete(ngx_scim_store_request_t *sr, const scim_str_t *id,
    int64_t version)
{
    u_char                    uuid[16];
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_op_t      *op = sr->state;
    ngx_scim_store_params_t   p;
    static const scim_str_t   group = scim_string("Group");

    ngx_scim_store_begin(op);

    op->version = version;

    if (ngx_scim_store_uuid_parse(uuid, id) != NGX_OK) {
        ngx_scim_store_missing(op);
        return NGX_OK;
    }

    job = ngx_scim_store_write_job(op, &p);
    if (job == NULL) {
        return NGX_ERROR;
    }

    ngx_scim_store_query(&p, job, ngx_scim_store_delete_sql[sr->tombstone]);
    ngx_scim_store_param_key(op, &p, uuid);
    ngx_scim_store_param_audit(op, &p);
    ngx_scim_store_param_int8(&p, version);

    /* its members may be many */

    job->solo = scim_str_eq(&sr->type->name, &group);

    return ngx_scim_store_write(op, job, &p, ngx_scim_store_deleted);
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

    if (ngx_scim_store_refused_tenant(op, res) == NGX_OK) {
        return;
    }

    if (ngx_scim_store_true(res, 1)) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_OK);
        return;
    }

    if (PQgetisnull(res, 0, 2)) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_NOT_FOUND);
        return;
    }

    if (ngx_scim_store_refused_kept(op, res, 3) == NGX_OK) {
        return;
    }

    /* any version would have done: somebody else has deleted it meanwhile */

    if (op->version == 0) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_NOT_FOUND);
        return;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_CHANGED);
}
