
/*
 * Searches: a page of what matches, and how many match in all.  Called by
 * http/ (ngx_scim_store.h).  Steps stand in the order in which they run.
 *
 *   - One unique key is asked for: a point read, which shares its statement
 *     with others.
 *   - All of a type, in the order of creation: one statement for all pages.
 *   - All else: ngx_scim_store_statement.c puts a statement together.
 */


#include "ngx_scim_store_private.h"
#include "scim_fold.h"


/* past any end, and sums with it fit a bigint */
#define NGX_SCIM_STORE_FAR   (INT64_MAX / 2)

/* keys that a statement of the read lane may ask for */
#define NGX_SCIM_STORE_FEW   32

/* microseconds, "/", id */
#define NGX_SCIM_STORE_PLACE  (NGX_INT64_LEN + 1 + 36)


static ngx_int_t ngx_scim_store_search_key(ngx_scim_store_request_t *sr,
    const ngx_scim_store_search_t *search, ngx_scim_store_key_e *by,
    scim_str_t *key);
static ngx_int_t ngx_scim_store_search_get(ngx_scim_store_request_t *sr,
    const ngx_scim_store_search_t *search, ngx_scim_store_key_e by,
    const scim_str_t *key);
static void ngx_scim_store_search_got(ngx_scim_store_request_t *sr);
static ngx_uint_t ngx_scim_store_search_plain(
    const ngx_scim_store_search_t *search);
static ngx_int_t ngx_scim_store_search_list(ngx_scim_store_request_t *sr,
    const ngx_scim_store_search_t *search);
static ngx_int_t ngx_scim_store_search_statement(
    ngx_scim_store_request_t *sr, const ngx_scim_store_search_t *search,
    scim_error_t *err);
static ngx_int_t ngx_scim_store_search_send(ngx_scim_store_op_t *op,
    ngx_scim_store_sql_t *s);
static ngx_uint_t ngx_scim_store_search_short(ngx_scim_store_sql_t *s);
static void ngx_scim_store_search_values(ngx_scim_store_params_t *p,
    ngx_scim_store_sql_t *s);
static void ngx_scim_store_searched(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static ngx_int_t ngx_scim_store_search_rows(ngx_scim_store_op_t *op,
    PGresult *res);
static ngx_int_t ngx_scim_store_search_place(ngx_scim_store_op_t *op,
    PGresult *res, int row);


/*
 * The page's place is found in the index alone, from the end that is nearer,
 * then its rows are read.  The tenant's row knows the total, in the same
 * snapshot; types that it has no counter for are counted.
 */

static const char  ngx_scim_store_list_sql[] =
    "select t.total, p.*"
    " from (select case $3::text"
                 " when 'User' then users"
                 " when 'Group' then groups"
                 " else (select count(*) from scim.resource c"
                       " where c.tenant = $1::text and c.type = $3"
                             " and c.deleted_at is null) end as total"
          " from scim.tenant where name = $1 offset 0) t"
    " left join lateral ("
        "select " NGX_SCIM_STORE_COLUMNS("r") ", null::text as key"
        " from (("
            "select f.created, f.id from scim.resource f"
            " where f.tenant = $1 and f.type = $3 and f.deleted_at is null"
                  " and $4::bigint <= t.total / 2"
            " order by f.created, f.id"
            " limit $5::bigint offset $4"
            ") union all ("
            "select b.created, b.id from scim.resource b"
            " where b.tenant = $1 and b.type = $3 and b.deleted_at is null"
                  " and $4 > t.total / 2"
            " order by b.created desc, b.id desc"
            " limit greatest(least($5, t.total - $4), 0)"
            " offset greatest(t.total - $4 - $5, 0)"
            ")) o"
            " cross join lateral ("
                "select x.id, x.version, x.created, x.modified, x.doc,"
                      " x.members, x.type, "
                      NGX_SCIM_STORE_GROUPS("x", "$2::boolean") ", "
                      NGX_SCIM_STORE_SETTLED("x")
                NGX_SCIM_STORE_ROW("o.id") ") r"
        " order by o.created, o.id"
    ") p on true";


ngx_int_t
ngx_scim_store_search(ngx_scim_store_request_t *sr,
    const ngx_scim_store_search_t *search, scim_error_t *err)
{
    ngx_int_t             rc;
    scim_str_t            key;
    ngx_scim_store_op_t  *op = sr->state;
    ngx_scim_store_key_e  by;

    op->count = search->count;
    op->cursor = search->cursor;
    op->total = search->cursor && !search->first ? search->total : -1;

    sr->more = 0;
    sr->last_key.len = 0;
    sr->last_key.data = NULL;
    sr->last_id.len = 0;
    sr->last_id.data = NULL;

    rc = ngx_scim_store_search_key(sr, search, &by, &key);

    if (rc == NGX_OK) {
        return ngx_scim_store_search_get(sr, search, by, &key);
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (ngx_scim_store_search_plain(search)) {
        return ngx_scim_store_search_list(sr, search);
    }

    return ngx_scim_store_search_statement(sr, search, err);
}


/* NGX_DECLINED: not one unique key alone */

static ngx_int_t
ngx_scim_store_search_key(ngx_scim_store_request_t *sr,
    const ngx_scim_store_search_t *search, ngx_scim_store_key_e *by,
    scim_str_t *key)
{
    const scim_filter_t     *filter;
    ngx_scim_store_scope_t   scope;

    filter = search->nviews == 1 ? search->views->filter : NULL;

    if (filter == NULL
        || filter->op != SCIM_FILTER_EQ
        || filter->value->type != SCIM_JSON_STRING
        || sr->type != search->views->rtype)
    {
        return NGX_DECLINED;
    }

    *key = filter->value->str;

    if (ngx_scim_store_common(&filter->path, "id")) {
        *by = NGX_SCIM_STORE_BY_ID;
        return NGX_OK;
    }

    if (ngx_scim_store_common(&filter->path, "externalId")) {
        *by = NGX_SCIM_STORE_BY_EXTERNAL_ID;
        return NGX_OK;
    }

    scope.sql = NULL;
    scope.rtype = sr->type;
    scope.parent = NULL;

    if (!ngx_scim_store_path_name(&scope, &filter->path)) {
        return NGX_DECLINED;
    }

    *by = NGX_SCIM_STORE_BY_NAME;

    if (filter->path.attr->case_exact) {
        return NGX_OK;
    }

    return scim_fold(&sr->arena, &filter->value->str, key) == SCIM_OK
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_scim_store_search_get(ngx_scim_store_request_t *sr,
    const ngx_scim_store_search_t *search, ngx_scim_store_key_e by,
    const scim_str_t *key)
{
    ngx_scim_store_op_t  *op = sr->state;

    op->shown = search->count > 0
                && (search->cursor ? search->first : search->start == 0);

    op->handler = sr->handler;
    sr->handler = ngx_scim_store_search_got;

    if (ngx_scim_store_get(sr, by, key) != NGX_OK) {
        sr->handler = op->handler;
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* one or none: as a list has it */

static void
ngx_scim_store_search_got(ngx_scim_store_request_t *sr)
{
    ngx_scim_store_op_t  *op = sr->state;

    sr->handler = op->handler;

    if (sr->status == NGX_SCIM_STORE_NOT_FOUND) {
        sr->status = NGX_SCIM_STORE_OK;
        sr->nrows = 0;
    }

    if (sr->status == NGX_SCIM_STORE_OK) {
        sr->total = op->total < 0 ? (int64_t) sr->nrows : op->total;

        if (!op->shown) {
            sr->nrows = 0;
        }

        if (sr->nrows && op->cursor) {
            sr->last_id = sr->rows->id;
        }
    }

    sr->handler(sr);
}


/* all of one type, in the order of creation, by the index of the first row */

static ngx_uint_t
ngx_scim_store_search_plain(const ngx_scim_store_search_t *search)
{
    return search->nviews == 1
           && search->views->filter == NULL
           && search->views->sort.attr == NULL
           && (!search->cursor || search->first);
}


static ngx_int_t
ngx_scim_store_search_list(ngx_scim_store_request_t *sr,
    const ngx_scim_store_search_t *search)
{
    int64_t                   start, limit;
    scim_str_t                tenant;
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_op_t      *op = sr->state;
    ngx_scim_store_params_t   p;

    ngx_scim_store_begin(op);

    job = ngx_scim_store_job(op, NGX_SCIM_PG_WORK, &p);
    if (job == NULL) {
        return NGX_ERROR;
    }

    job->readonly = 1;

    tenant.len = sr->tenant.len;
    tenant.data = sr->tenant.data;

    start = search->cursor ? 0 : ngx_min(search->start, NGX_SCIM_STORE_FAR);
    limit = search->count + (search->cursor && search->count);

    ngx_scim_store_query(&p, job, ngx_scim_store_list_sql);
    ngx_scim_store_param_text(&p, &tenant);
    ngx_scim_store_param_bool(&p, sr->want_groups);
    ngx_scim_store_param_text(&p, &search->views->rtype->name);
    ngx_scim_store_param_int8(&p, start);
    ngx_scim_store_param_int8(&p, limit);

    if (p.failed) {
        return NGX_ERROR;
    }

    return ngx_scim_store_submit(op, job, ngx_scim_store_searched);
}


static ngx_int_t
ngx_scim_store_search_statement(ngx_scim_store_request_t *sr,
    const ngx_scim_store_search_t *search, scim_error_t *err)
{
    ngx_scim_store_sql_t   *s;
    ngx_scim_store_page_t   page;

    s = ngx_pcalloc(sr->pool, sizeof(ngx_scim_store_sql_t));
    if (s == NULL) {
        return NGX_ERROR;
    }

    s->arena = &sr->arena;
    s->err = err;

    ngx_memzero(&page, sizeof(ngx_scim_store_page_t));

    page.tenant.len = sr->tenant.len;
    page.tenant.data = sr->tenant.data;
    page.base = search->base;
    page.views = search->views;
    page.nviews = search->nviews;
    page.start = search->cursor ? 0
                                : ngx_min(search->start, NGX_SCIM_STORE_FAR);
    page.count = search->count;
    page.total = search->total;
    page.after_key = search->after_key;
    page.after_id = search->after_id;
    page.descending = search->descending;
    page.cursor = search->cursor;
    page.first = search->first;
    page.groups = sr->want_groups;

    if (ngx_scim_store_statement(s, &page) != SCIM_OK) {
        return NGX_DECLINED;
    }

    return ngx_scim_store_search_send(sr->state, s);
}


static ngx_int_t
ngx_scim_store_search_send(ngx_scim_store_op_t *op, ngx_scim_store_sql_t *s)
{
    ngx_scim_pg_job_t        *job;
    ngx_scim_pg_lane_e        lane;
    ngx_scim_store_params_t   p;

    ngx_scim_store_begin(op);

    lane = ngx_scim_store_search_short(s) ? NGX_SCIM_PG_READ
                                          : NGX_SCIM_PG_WORK;

    job = ngx_scim_store_job(op, lane, &p);
    if (job == NULL) {
        return NGX_ERROR;
    }

    job->readonly = 1;

    ngx_scim_store_query(&p, job, (char *) s->b.data);
    p.query->rare = 1;

    ngx_scim_store_search_values(&p, s);

    if (p.failed) {
        return NGX_ERROR;
    }

    return ngx_scim_store_submit(op, job, ngx_scim_store_searched);
}


/* a few rows by unique keys: others may wait behind it */

static ngx_uint_t
ngx_scim_store_search_short(ngx_scim_store_sql_t *s)
{
    size_t  i, n;

    n = s->nliterals;

    for (i = 3; i < s->n; i++) {
        n += s->values[i].n;
    }

    return s->keyed && n <= NGX_SCIM_STORE_FEW;
}


static void
ngx_scim_store_search_values(ngx_scim_store_params_t *p,
    ngx_scim_store_sql_t *s)
{
    size_t                   i;
    ngx_scim_store_value_t  *value;

    for (i = 0; i < s->n; i++) {
        value = &s->values[i];

        switch (value->type) {

        case NGX_SCIM_STORE_VALUE_TEXT:
            ngx_scim_store_param_text(p, &value->text);
            break;

        case NGX_SCIM_STORE_VALUE_TEXTS:
            ngx_scim_store_param_texts(p, value->list, sizeof(scim_str_t),
                                       value->n);
            break;

        case NGX_SCIM_STORE_VALUE_BOOL:
            ngx_scim_store_param_bool(p, value->number != 0);
            break;

        default:
            ngx_scim_store_param_int8(p, value->number);
        }
    }
}


static void
ngx_scim_store_searched(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult  *res;

    if (job->status != NGX_SCIM_PG_OK) {
        ngx_scim_store_finish(op, ngx_scim_store_error(op, job));
        return;
    }

    res = job->queries[1].result;

    /* a tenant without a row has no resources either */

    op->sr.total = 0;

    if (PQntuples(res)) {
        op->sr.total = ngx_scim_store_int8(res, 0, 0);
    }

    if (op->total >= 0) {
        op->sr.total = op->total;
    }

    if (ngx_scim_store_search_rows(op, res) != NGX_OK) {
        ngx_scim_store_nomem(op);
        return;
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_OK);
}


static ngx_int_t
ngx_scim_store_search_rows(ngx_scim_store_op_t *op, PGresult *res)
{
    int  n;

    n = PQntuples(res);

    if (n == 0 || PQnfields(res) == 1 || PQgetisnull(res, 0, 1)) {
        return NGX_OK;
    }

    if (op->cursor && n > op->count) {
        n = (int) op->count;
        op->sr.more = 1;
    }

    if (op->cursor && ngx_scim_store_search_place(op, res, n - 1) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_scim_store_rows(op, res, 0, n, 1);
}


/* where the next page begins: behind this row */

static ngx_int_t
ngx_scim_store_search_place(ngx_scim_store_op_t *op, PGresult *res, int row)
{
    int        key;
    u_char    *p, uuid[36];

    key = 1 + NGX_SCIM_STORE_NCOLUMNS;

    if (!PQgetisnull(res, row, key)) {
        op->sr.last_key.len = (size_t) PQgetlength(res, row, key);
        op->sr.last_key.data = (u_char *) PQgetvalue(res, row, key);
    }

    p = ngx_pnalloc(op->sr.pool, NGX_SCIM_STORE_PLACE);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_scim_store_uuid_text(uuid, (u_char *) PQgetvalue(res, row, 1));

    op->sr.last_id.data = p;

    p = ngx_sprintf(p, "%L/%*s", ngx_scim_store_int8(res, row, 3),
                    (size_t) 36, uuid);

    op->sr.last_id.len = (size_t) (p - op->sr.last_id.data);

    return NGX_OK;
}
