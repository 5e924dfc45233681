
/*
 * Replace: a resource's document, and if it is a group's its members with it.
 * Called by http/ (ngx_scim_store.h).
 */


#include "ngx_scim_store_write.h"


static ngx_int_t ngx_scim_store_replace_group(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job, const u_char *uuid,
    int64_t version, const scim_resource_t *resource);
static void ngx_scim_store_param_new(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, const u_char *uuid, int64_t version,
    const scim_resource_t *resource);
static void ngx_scim_store_param_name(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p);
static void ngx_scim_store_replaced(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);


/* as it was read: $14 is the version */

#define NGX_SCIM_STORE_OLD                                                    \
    "o as materialized ("                                                     \
        "select x.tenant, x.id, x.version, x.created, x.modified, x.doc,"     \
              " x.members, x.type, x.active,"                                 \
              " x.doc = $10::text::jsonb as same,"                            \
              " x.name_key is distinct from $7::text and "                    \
              NGX_SCIM_STORE_TAKEN("name_key", "$7") " as name_taken,"        \
              " x.external_id is distinct from $8::text and "                 \
              NGX_SCIM_STORE_TAKEN("external_id", "$8") " as external_taken," \
              " " NGX_SCIM_STORE_KEY_TAKEN " as key_taken"                    \
        " from (select x.*" NGX_SCIM_STORE_ROW("$2::uuid") ") x"              \
        " where x.type = $3::text and x.version = $14::bigint"                \
              " and x.deleted_at is null), "

#define NGX_SCIM_STORE_FREE                                                   \
    "t.enabled and not o.name_taken and not o.external_taken"                 \
    " and o.key_taken is null"

/* the tenant's counts */

#define NGX_SCIM_STORE_STAYS  "$3 <> 'User' or o.active = $9"

#define NGX_SCIM_STORE_UPDATE(members, from)                                  \
    "r as ("                                                                  \
        "update scim.resource x"                                              \
        " set name = $6::text, name_key = $7, external_id = $8,"              \
            " active = $9::boolean, doc = $10::jsonb, managed = true,"        \
            " version = x.version + 1, modified = now(), last_write = now()," \
            " members = x.members" members                                    \
        " from " from                                                         \
              " and x.tenant = $1 and x.id = $2 and x.version = $14"          \
        " returning x.tenant, x.id, x.version, x.created, x.modified, x.doc," \
                  " x.members, x.type), "

/* a key whose uniqueness is another now goes, too, and comes again */

#define NGX_SCIM_STORE_NEW_KEYS                                               \
    "z as ("                                                                  \
        "delete from scim.resource_key y"                                     \
        " where y.ctid = any(array("                                          \
            "select w.ctid from r cross join lateral ("                       \
                "select y.ctid, y.attr, y.key, y.uniq"                        \
                " from scim.resource_key y"                                   \
                " where y.tenant = $1 and " NGX_SCIM_STORE_AT("y.id", "$2")   \
                " order by y.id offset 0) w"                                  \
            " where not exists ("                                             \
                "select from unnest($11, $12, $13) q(attr, key, uniq)"        \
                " where q.attr = w.attr and q.key = w.key"                    \
                      " and q.uniq = w.uniq)))"                               \
        " returning 1), "                                                     \
    NGX_SCIM_STORE_KEYS_IN("(select count(*) from z) w cross join r") ", "

#define NGX_SCIM_STORE_REPLACED                                               \
    "select t.enabled, o.name_taken, o.external_taken, o.key_taken, "         \
          NGX_SCIM_STORE_COLUMNS("n")

/* an equal one is not written: no new version, no audit row.  $15: with the
 * groups it is in */

#define NGX_SCIM_STORE_NOW(written, same)                                     \
    "("                                                                       \
        "select w.*, " NGX_SCIM_STORE_GROUPS("w", "$15::boolean")             \
        " from ("                                                             \
            "select r.* from " written                                        \
            " union all"                                                      \
            " select o.tenant, o.id, o.version, o.created, o.modified, o.doc,"\
                   " o.members, o.type from " same                            \
        ") w) n on true"


/*
 * Without members: $16 solo.  With members: $16 to be added, $17 to be removed,
 * $18 how many are no ids, $19 reject, $20 solo, $21 replace (all others are
 * removed).  Last what the audit row calls it.  Back: enabled; name taken,
 * external_id taken, attribute of a taken key; the row, null when the version
 * is not that one or the resource has gone; whether it must be written alone,
 * or what speaks against the members.
 */

static const char *const  ngx_scim_store_replace_sql[] = {

    "with " NGX_SCIM_STORE_TENANT ", "
    NGX_SCIM_STORE_OLD
    NGX_SCIM_STORE_UPDATE("", "o, t where " NGX_SCIM_STORE_FREE
                          " and not o.same"
                          " and ($16::boolean or " NGX_SCIM_STORE_STAYS ")")
    NGX_SCIM_STORE_NEW_KEYS
    NGX_SCIM_STORE_AUDIT("$17::text", "200", "$14", "r.version", "0") ", "
    "u as ("
        "update scim.tenant"
        " set active_users = active_users + $9::int - o.active::int"
        " from o"
        " where name = $1 and not (" NGX_SCIM_STORE_STAYS ")"
              " and exists (select from a)"
              " and (select count(*) from k) >= 0"
        " returning 1)"
    NGX_SCIM_STORE_REPLACED
    ", not $16 and not (" NGX_SCIM_STORE_STAYS ") as apart"
    " from t left join o on true"
    " left join " NGX_SCIM_STORE_NOW("r left join u on true",
                                     "o where o.same"),

    "with recursive " NGX_SCIM_STORE_TENANT ", "
    NGX_SCIM_STORE_OLD
    NGX_SCIM_STORE_CANDIDATES("o", "$16", "$18", "$20") ", "
    "g as materialized ("
        "select o.same from o, t, v"
        " where " NGX_SCIM_STORE_FREE
              " and " NGX_SCIM_STORE_AGREED("$19") "), "
    NGX_SCIM_STORE_MEMBERS("$17", "$21") ", "
    NGX_SCIM_STORE_UPDATE(" + n.came - n.went",
                          "g, n where (not g.same or n.came + n.went > 0)")
    NGX_SCIM_STORE_NEW_KEYS
    NGX_SCIM_STORE_AUDIT("$22::text", "200", "$14", "r.version",
                         "(select v.unknown from v)")
    NGX_SCIM_STORE_REPLACED ", v.unknown, v.apart, v.circle, v.deep"
    " from t left join o on true left join v on true"
    " left join " NGX_SCIM_STORE_NOW("r", "o, g"
                                     " where not exists (select from r)")
};


ngx_int_t
ngx_scim_store_replace(ngx_scim_store_request_t *sr, const scim_str_t *id,
    int64_t version, const scim_resource_t *resource)
{
    u_char                    uuid[16];
    ngx_scim_pg_job_t        *job;
    const scim_members_t     *members;
    ngx_scim_store_op_t      *op = sr->state;
    ngx_scim_store_params_t   p;

    ngx_scim_store_begin(op);

    job = ngx_scim_store_job(op, NGX_SCIM_PG_WORK, &p);

    if (job == NULL || ngx_scim_store_uuid_parse(uuid, id) != NGX_OK) {
        return NGX_ERROR;
    }

    members = &resource->members;

    if (members->replace || members->nadd || members->nremove) {

        if (ngx_scim_store_replace_group(op, &p, job, uuid, version, resource)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

    } else {
        ngx_scim_store_rank(job, uuid);

        ngx_scim_store_query(&p, job, ngx_scim_store_replace_sql[0]);
        ngx_scim_store_param_new(op, &p, uuid, version, resource);
        ngx_scim_store_param_solo(op, &p);
        ngx_scim_store_param_name(op, &p);
    }

    return ngx_scim_store_write(op, job, &p, ngx_scim_store_replaced);
}


static ngx_int_t
ngx_scim_store_replace_group(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job, const u_char *uuid,
    int64_t version, const scim_resource_t *resource)
{
    ngx_scim_store_ids_t   add, remove;
    const scim_members_t  *members;

    members = &resource->members;

    if (ngx_scim_store_ids(op->sr.pool, members->add, members->nadd, &add)
            != NGX_OK
        || ngx_scim_store_ids(op->sr.pool, members->remove, members->nremove,
                              &remove)
            != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_scim_store_lock_group(op, p, job, uuid);
    ngx_scim_store_lock_members(op, p, job, uuid, &add);

    ngx_scim_store_query(p, job, ngx_scim_store_replace_sql[1]);
    ngx_scim_store_param_new(op, p, uuid, version, resource);
    ngx_scim_store_param_uuids(p, add.uuids, 16, add.n);
    ngx_scim_store_param_uuids(p, remove.uuids, 16, remove.n);
    ngx_scim_store_param_int8(p, (int64_t) add.garbage);
    ngx_scim_store_param_bool(p, op->sr.reject_unknown);
    ngx_scim_store_param_solo(op, p);
    ngx_scim_store_param_bool(p, members->replace);
    ngx_scim_store_param_name(op, p);

    if (members->replace
        || add.n + remove.n > NGX_SCIM_STORE_SHARED_MEMBERS)
    {
        ngx_scim_store_solo(op, job);
    }

    return NGX_OK;
}


static void
ngx_scim_store_param_new(ngx_scim_store_op_t *op, ngx_scim_store_params_t *p,
    const u_char *uuid, int64_t version, const scim_resource_t *resource)
{
    ngx_scim_store_param_key(op, p, uuid);
    ngx_scim_store_param_audit(op, p);
    ngx_scim_store_param_resource(p, resource);
    ngx_scim_store_param_int8(p, version);
    ngx_scim_store_param_bool(p, op->sr.want_groups);
}


static void
ngx_scim_store_param_name(ngx_scim_store_op_t *op, ngx_scim_store_params_t *p)
{
    static const scim_str_t  patch = scim_string("patch");
    static const scim_str_t  replace = scim_string("replace");

    ngx_scim_store_param_text(p, op->sr.patch ? &patch : &replace);
}


static void
ngx_scim_store_replaced(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult   *res;
    ngx_int_t   rc;

    res = ngx_scim_store_write_result(job);

    if (PQntuples(res) == 0) {
        ngx_scim_store_finish(op, NGX_SCIM_STORE_CHANGED);
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

    if (PQnfields(res) == 5 + NGX_SCIM_STORE_NCOLUMNS) {

        if (ngx_scim_store_true(res, 4 + NGX_SCIM_STORE_NCOLUMNS)) {
            ngx_scim_store_write_alone(op);
            return;
        }

    } else if (!PQgetisnull(res, 0, 1)) {

        /* of that version, and yet not written */

        rc = ngx_scim_store_refused(op, res, 4 + NGX_SCIM_STORE_NCOLUMNS);

        if (rc == NGX_DONE) {
            return;
        }

        if (rc == NGX_OK) {
            ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);
            return;
        }
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_CHANGED);
}
