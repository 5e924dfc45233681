
/*
 * Replace: a resource's document, and if it is a group's its members with it.
 * Called by http/ (ngx_scim_store.h), and by a create that takes over a row
 * (ngx_scim_store_create.c).
 */


#include "ngx_scim_store_write.h"


static ngx_int_t ngx_scim_store_replace_send(ngx_scim_store_op_t *op,
    const u_char *uuid, int64_t version, const char *as,
    const scim_resource_t *resource, ngx_scim_store_step_pt written);
static ngx_int_t ngx_scim_store_replace_members(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, const scim_members_t *members,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_replaced(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_taken_over(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static ngx_int_t ngx_scim_store_replace_refused(ngx_scim_store_op_t *op,
    PGresult *res);


/*
 * As it was read: $16 is the version, $18 what the write is: "replace",
 * "patch", or a create that takes the row over, "adopt" or "restore".  kept:
 * what of it the application keeps for itself (NGX_SCIM_STORE_KEPT_...).  A row
 * that is restored lets go of an app_ref that is another's meanwhile.
 */

#define NGX_SCIM_STORE_OLD(members)                                           \
    "o as materialized ("                                                     \
        "select x.*, " NGX_SCIM_STORE_KEPT(members) " as kept,"               \
              " (x.gone or x.name_key is distinct from $9::text) and "        \
              NGX_SCIM_STORE_TAKEN("name_key", "$9") " as name_taken,"        \
              " (x.gone or x.external_id is distinct from $10::text) and "    \
              NGX_SCIM_STORE_TAKEN("external_id", "$10") " as external_taken,"\
              " " NGX_SCIM_STORE_KEY_TAKEN " as key_taken,"                   \
              " x.gone and " NGX_SCIM_STORE_TAKEN("app_ref", "x.app_ref")     \
              " as ref_taken"                                                 \
        " from ("                                                             \
            "select x.*, x.doc = $12::text::jsonb as same,"                   \
                  " x.deleted_at is not null as gone"                         \
            NGX_SCIM_STORE_ROW("$2::uuid") ") x"                              \
        " where x.type = $3::text and x.version = $16::bigint"                \
              " and x.gone = ($18::text = 'restore')"                         \
              " and ($18 <> 'adopt' or not x.managed)"                        \
              " and ($18 in ('replace', 'patch') or not x.protected)), "

#define NGX_SCIM_STORE_KEPT(members)                                          \
    "case when x.protected"                                                   \
         " then " NGX_SCIM_STORE_TEXT_OF(NGX_SCIM_STORE_KEPT_ROW)             \
         " when not x.self_writable and ($18 <> 'patch' or not x.same)"       \
         " then " NGX_SCIM_STORE_TEXT_OF(NGX_SCIM_STORE_KEPT_GROUP)           \
         members                                                              \
         " else 0 end"

#define NGX_SCIM_STORE_KEPT_FROM_ALL                                          \
    " when not x.members_writable"                                            \
    " then " NGX_SCIM_STORE_TEXT_OF(NGX_SCIM_STORE_KEPT_MEMBERS)

#define NGX_SCIM_STORE_FREE                                                   \
    "t.enabled and o.kept = 0 and not o.name_taken and not o.external_taken"  \
    " and o.key_taken is null"

/* the first write of a user makes him SCIM's, whatever else it changes */

#define NGX_SCIM_STORE_NEWS                                                   \
    "(not o.same or o.gone or $3 = 'User' and not o.managed)"

#define NGX_SCIM_STORE_UPDATE(members, from)                                  \
    "r as ("                                                                  \
        "update scim.resource x"                                              \
        " set name = $8::text, name_key = $9, external_id = $10,"             \
            " active = $11::boolean, doc = $12::jsonb, managed = true,"       \
            " version = x.version + 1, modified = clock_timestamp(),"         \
            " last_write = now(), last_token = $5, deleted_at = null,"        \
            " app_ref = case when not (select o.ref_taken from o)"            \
                           " then x.app_ref end,"                             \
            " deactivated_by = case when $3 <> 'User' or $11 then null"       \
                                  " when x.active then 'scim'"                \
                                  " else x.deactivated_by end,"               \
            " members = x.members" members                                    \
        " from " from                                                         \
              " and x.tenant = $1 and x.id = $2 and x.version = $16"          \
        NGX_SCIM_STORE_WRITTEN "), "

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
                "select from unnest($13, $14, $15) q(attr, key, uniq)"        \
                " where q.attr = w.attr and q.key = w.key"                    \
                      " and q.uniq = w.uniq)))"                               \
        " returning 1), "                                                     \
    NGX_SCIM_STORE_KEYS_IN("(select count(*) from z) w cross join r") ", "

#define NGX_SCIM_STORE_REPLACE_AUDIT(unknown)                                 \
    NGX_SCIM_STORE_AUDIT("case when $18 in ('adopt', 'restore')"              \
                         " then 'create' else $18 end",                       \
                         "case when $18 in ('adopt', 'restore')"              \
                         " then 201 else 200 end",                            \
                         "$16", "r.version", unknown) ", "

/* h: what has happened, one row when there is one in "r" */

#define NGX_SCIM_STORE_HAPPENED                                               \
    "h as materialized ("                                                     \
        "select o.active as was, o.managed, o.gone,"                          \
              " case when o.same then '{}'"                                   \
                   " else scim.changed(o.doc, r.doc) end as changed"          \
        " from o cross join r), "

#define NGX_SCIM_STORE_REPLACED                                               \
    "select t.enabled, coalesce((select u.told from u), false) as told, "     \
          NGX_SCIM_STORE_COLUMNS("n")                                         \
          ", o.kept, o.name_taken, o.external_taken, o.key_taken, "

/* an equal one is not written: no new version, no audit row, no event.  $17:
 * with the groups it is in */

#define NGX_SCIM_STORE_NOW(same)                                              \
    "("                                                                       \
        "select w.*, " NGX_SCIM_STORE_GROUPS("w", "$17::boolean") ", "        \
              NGX_SCIM_STORE_SETTLED("w")                                     \
        " from ("                                                             \
            "select r.* from r"                                               \
            " union all"                                                      \
            " select o.tenant, o.id, o.version, o.created, o.modified, o.doc,"\
                   " o.members, o.type, o.managed, o.protected,"              \
                   " o.self_writable, o.app_ref, o.external_id from " same    \
        ") w) n on true"


/*
 * Without members: $19 seats; a group that comes back has them, be they none.
 * With members: $19 to be added, $20 to be removed, $21 how many are no ids,
 * $22 reject, $23 replace (all others are removed).  Back: the row, null when
 * the version is not that one or the resource has gone; what is kept by the
 * application, null likewise; name taken, external_id taken, attribute of a
 * taken key; how many seats there are, if all are taken; what speaks against
 * the members.
 */

static const char *const  ngx_scim_store_replace_sql[] = {

    "with " NGX_SCIM_STORE_TENANT_SEATS("$19") ", "
    NGX_SCIM_STORE_OLD("")
    "f as materialized ("
        "select $3::text = 'User' and $11::boolean"
              " and (not o.active or o.gone)"
              " and coalesce(" NGX_SCIM_STORE_FULL ", false) as full"
        " from o, t), "
    NGX_SCIM_STORE_UPDATE("", "o, t, f where " NGX_SCIM_STORE_FREE
                          " and not f.full"
                          " and " NGX_SCIM_STORE_NEWS)
    NGX_SCIM_STORE_NEW_KEYS
    NGX_SCIM_STORE_REPLACE_AUDIT("0")
    NGX_SCIM_STORE_HAPPENED
    "l as materialized ("
        "select row_number() over (order by w.ord) as k, w.type, w.changed"
        " from h cross join lateral (values"
            " (1, 'user.adopted', null::text[],"
             " $3 = 'User' and not h.managed and not h.gone),"
            " (2, lower($3) || '.updated',"
             " case when $3 <> 'User' or h.was = $11 and h.changed = '{active}'"
                  " then h.changed"
                  " else array_remove(h.changed, 'active') end,"
             " case when h.gone then $3 <> 'User' or not $11"
                  " else h.changed <> '{}'"
                       " and ($3 <> 'User' or h.was = $11"
                            " or h.changed <> '{active}') end),"
            " (3, case when $11 then 'user.reactivated'"
                     " else 'user.deactivated' end, '{active}',"
             " $3 = 'User' and case when h.gone then $11"
                                  " else h.was <> $11 end))"
        " w(ord, type, changed, told)"
        " where w.told), "
    NGX_SCIM_STORE_COUNT(
        "(select h.gone from h)::int * ($3 = 'User')::int",
        "(select $11::int - (h.was and not h.gone)::int from h)"
        " * ($3 = 'User')::int",
        "0") ", "
    NGX_SCIM_STORE_TELL("l.type, $3, $2, r.version, r.app_ref,"
                        " r.external_id, l.changed, null, null, null, null"
                        " from u cross join r cross join l") " "
    NGX_SCIM_STORE_REPLACED
    "case when f.full then t.seats end as seats"
    " from t left join o on true left join f on true"
    " left join " NGX_SCIM_STORE_NOW("o where o.kept = 0"
                                     " and not " NGX_SCIM_STORE_NEWS),

    "with recursive " NGX_SCIM_STORE_TENANT ", "
    NGX_SCIM_STORE_OLD(NGX_SCIM_STORE_KEPT_FROM_ALL)
    NGX_SCIM_STORE_CANDIDATES("o", "$19", "$21") ", "
    "g as materialized ("
        "select " NGX_SCIM_STORE_NEWS " as news from o, t, v"
        " where " NGX_SCIM_STORE_FREE
              " and " NGX_SCIM_STORE_AGREED("$22") "), "
    NGX_SCIM_STORE_MEMBERS("$20", "$23") ", "
    NGX_SCIM_STORE_UPDATE(" + n.came - n.went",
                          "g, n where (g.news or n.came + n.went > 0)")
    NGX_SCIM_STORE_NEW_KEYS
    NGX_SCIM_STORE_REPLACE_AUDIT("(select v.unknown from v)")
    NGX_SCIM_STORE_HAPPENED
    NGX_SCIM_STORE_GROUP_EVENTS(
        "select 1 as ord, 'group.updated' as type, h.changed from h"
        " where h.changed <> '{}' or h.gone") ", "
    NGX_SCIM_STORE_COUNT("0", "0", "(select h.gone from h)::int") ", "
    NGX_SCIM_STORE_GROUP_TELL " "
    NGX_SCIM_STORE_REPLACED
    "null::bigint as seats, v.unknown, v.circle, v.deep"
    " from t left join o on true left join v on true"
    " left join " NGX_SCIM_STORE_NOW("o, g where not exists (select from r)")
};

/* columns of the results */
#define NGX_SCIM_STORE_REPLACED_ROW    2
#define NGX_SCIM_STORE_REPLACED_KEPT                                          \
    (NGX_SCIM_STORE_REPLACED_ROW + NGX_SCIM_STORE_NCOLUMNS)
#define NGX_SCIM_STORE_REPLACED_TAKEN  (NGX_SCIM_STORE_REPLACED_KEPT + 1)
#define NGX_SCIM_STORE_REPLACED_FULL   (NGX_SCIM_STORE_REPLACED_TAKEN + 3)
#define NGX_SCIM_STORE_REPLACED_UNFIT  (NGX_SCIM_STORE_REPLACED_FULL + 1)


ngx_int_t
ngx_scim_store_replace(ngx_scim_store_request_t *sr, const scim_str_t *id,
    int64_t version, const scim_resource_t *resource)
{
    u_char                uuid[16];
    ngx_scim_store_op_t  *op = sr->state;

    ngx_scim_store_begin(op);

    if (ngx_scim_store_uuid_parse(uuid, id) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_scim_store_replace_send(op, uuid, version,
                                       sr->patch ? "patch" : "replace",
                                       resource, ngx_scim_store_replaced);
}


ngx_int_t
ngx_scim_store_take_over(ngx_scim_store_op_t *op, const u_char *uuid,
    int64_t version, ngx_uint_t back)
{
    /* what was lost and run again has written nothing */

    op->again = 0;

    return ngx_scim_store_replace_send(op, uuid, version,
                                       back ? "restore" : "adopt",
                                       op->resource,
                                       ngx_scim_store_taken_over);
}


static ngx_int_t
ngx_scim_store_replace_send(ngx_scim_store_op_t *op, const u_char *uuid,
    int64_t version, const char *as, const scim_resource_t *resource,
    ngx_scim_store_step_pt written)
{
    scim_str_t                name;
    ngx_uint_t                n;
    ngx_scim_pg_job_t        *job;
    const scim_members_t     *members;
    ngx_scim_store_params_t   p;

    job = ngx_scim_store_write_job(op, &p);
    if (job == NULL) {
        return NGX_ERROR;
    }

    members = &resource->members;
    n = members->replace || members->nadd || members->nremove;

    name.len = ngx_strlen(as);
    name.data = (u_char *) as;

    ngx_scim_store_query(&p, job, ngx_scim_store_replace_sql[n]);
    ngx_scim_store_param_key(op, &p, uuid);
    ngx_scim_store_param_audit(op, &p);
    ngx_scim_store_param_resource(&p, resource);
    ngx_scim_store_param_int8(&p, version);
    ngx_scim_store_param_bool(&p, op->sr.want_groups);
    ngx_scim_store_param_text(&p, &name);

    if (n == 0) {
        ngx_scim_store_param_int8(&p, op->sr.seats);

    } else if (ngx_scim_store_replace_members(op, &p, members, job) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_scim_store_write(op, job, &p, written);
}


static ngx_int_t
ngx_scim_store_replace_members(ngx_scim_store_op_t *op,
    ngx_scim_store_params_t *p, const scim_members_t *members,
    ngx_scim_pg_job_t *job)
{
    ngx_scim_store_ids_t  add, remove;

    if (ngx_scim_store_ids(op->sr.pool, members->add, members->nadd, &add)
            != NGX_OK
        || ngx_scim_store_ids(op->sr.pool, members->remove, members->nremove,
                              &remove)
            != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_scim_store_param_uuids(p, add.uuids, 16, add.n);
    ngx_scim_store_param_uuids(p, remove.uuids, 16, remove.n);
    ngx_scim_store_param_int8(p, (int64_t) add.garbage);
    ngx_scim_store_param_bool(p, op->sr.reject_unknown);
    ngx_scim_store_param_bool(p, members->replace);

    job->solo = members->replace
                || add.n + remove.n > NGX_SCIM_STORE_SHARED_MEMBERS;

    return NGX_OK;
}


static void
ngx_scim_store_replaced(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult  *res;

    res = ngx_scim_store_write_result(job);

    if (PQntuples(res) != 0
        && ngx_scim_store_replace_refused(op, res) == NGX_OK)
    {
        return;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_CHANGED);
}


/* another one was faster: the create looks again, or ends in a conflict */

static void
ngx_scim_store_taken_over(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult  *res;

    res = ngx_scim_store_write_result(job);

    if (PQntuples(res) != 0
        && ngx_scim_store_replace_refused(op, res) == NGX_OK)
    {
        return;
    }

    ngx_scim_store_create_again(op);
}


/* NGX_OK: the operation is finished, with the row or an error; else there is
 * none of that version */

static ngx_int_t
ngx_scim_store_replace_refused(ngx_scim_store_op_t *op, PGresult *res)
{
    if (ngx_scim_store_refused_tenant(op, res) == NGX_OK) {
        return NGX_OK;
    }

    if (!PQgetisnull(res, 0, NGX_SCIM_STORE_REPLACED_ROW)) {
        ngx_scim_store_written_row(op, res, NGX_SCIM_STORE_REPLACED_ROW);
        return NGX_OK;
    }

    if (PQgetisnull(res, 0, NGX_SCIM_STORE_REPLACED_KEPT)) {
        return NGX_DECLINED;
    }

    if (ngx_scim_store_refused_kept(op, res, NGX_SCIM_STORE_REPLACED_KEPT)
            == NGX_OK
        || ngx_scim_store_refused_taken(op, res,
                                        NGX_SCIM_STORE_REPLACED_TAKEN)
            == NGX_OK
        || ngx_scim_store_refused_full(op, res, NGX_SCIM_STORE_REPLACED_FULL)
            == NGX_OK)
    {
        return NGX_OK;
    }

    if (PQnfields(res) > NGX_SCIM_STORE_REPLACED_UNFIT) {
        return ngx_scim_store_refused_unfit(op, res,
                                            NGX_SCIM_STORE_REPLACED_UNFIT);
    }

    return NGX_DECLINED;
}
