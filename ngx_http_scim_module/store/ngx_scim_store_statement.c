
/*
 * The statement of a search: who matches, in which order, and what of it the
 * page shows.  Called by ngx_scim_store_search.c.
 *
 * Each type that is searched is a branch, a query of ids.  Where the total has
 * to be counted, all ids are gathered and the page is cut out of them; where
 * it is known, each branch ends where the page does.  The page's rows are read
 * by id, whatever led to them.
 *
 * Order: the sort key, then (created, id), all in one direction.  Missing keys
 * come last, or first when descending, which is PostgreSQL's default.
 */


#include "ngx_scim_store_sql.h"


/* pages that end beyond are rare, and cost more than their plan */
#define NGX_SCIM_STORE_FAR_PAGE  1000000


typedef enum {
    NGX_SCIM_STORE_BY_CREATED = 0,
    NGX_SCIM_STORE_BY_NAME_KEY,      /* of one type: unique, never null */
    NGX_SCIM_STORE_BY_ROW_ID,
    NGX_SCIM_STORE_BY_SORT_KEY
} ngx_scim_store_order_e;


/* what the functions here hand around */
typedef struct {
    ngx_scim_store_sql_t         *s;
    const ngx_scim_store_page_t  *page;
    ngx_scim_store_index_t       *indexes;   /* of the views */
    ngx_scim_store_order_e        order;
    scim_str_t                    after;     /* id */
    int64_t                       created;   /* and time of creation */
    int                           behind;    /* a place to go on from */
    int                           mixed;     /* keys of different types: as
                                                text */
    int                           numeric;
    int                           desc;
} ngx_scim_store_writer_t;


static int ngx_scim_store_indexes(ngx_scim_store_writer_t *w);
static void ngx_scim_store_order(ngx_scim_store_writer_t *w);
static int ngx_scim_store_order_by(ngx_scim_store_writer_t *w,
    const char *name, const char *sub);
static int ngx_scim_store_after(ngx_scim_store_writer_t *w);
static int ngx_scim_store_known(ngx_scim_store_writer_t *w);
static int ngx_scim_store_counted_page(ngx_scim_store_writer_t *w);
static int ngx_scim_store_known_page(ngx_scim_store_writer_t *w);
static void ngx_scim_store_total(ngx_scim_store_writer_t *w);
static int ngx_scim_store_branches(ngx_scim_store_writer_t *w, int limited);
static int ngx_scim_store_branch(ngx_scim_store_writer_t *w, size_t i,
    int limited);
static void ngx_scim_store_branch_key(ngx_scim_store_writer_t *w,
    const ngx_scim_store_scope_t *scope, const scim_path_t *path);
static void ngx_scim_store_branch_from(ngx_scim_store_writer_t *w,
    const ngx_scim_store_scope_t *scope, size_t i);
static void ngx_scim_store_branch_end(ngx_scim_store_writer_t *w);
static void ngx_scim_store_keyset(ngx_scim_store_writer_t *w);
static void ngx_scim_store_keyset_key(ngx_scim_store_writer_t *w);
static void ngx_scim_store_keyset_sign(ngx_scim_store_writer_t *w);
static void ngx_scim_store_keyset_value(ngx_scim_store_writer_t *w);
static void ngx_scim_store_keyset_place(ngx_scim_store_writer_t *w);
static void ngx_scim_store_keyset_id(ngx_scim_store_writer_t *w);
static void ngx_scim_store_order_text(ngx_scim_store_writer_t *w,
    const char *alias);
static void ngx_scim_store_page_limits(ngx_scim_store_writer_t *w);
static void ngx_scim_store_page_rows(ngx_scim_store_writer_t *w);


int
ngx_scim_store_statement(ngx_scim_store_sql_t *s,
    const ngx_scim_store_page_t *page)
{
    int                      rc;
    ngx_scim_store_writer_t  w;

    memset(&w, 0, sizeof(ngx_scim_store_writer_t));

    w.s = s;
    w.page = page;
    w.behind = page->cursor && !page->first;

    s->location = page->base;
    s->keyed = 1;

    scim_buf_init(&s->b, s->arena, 2048);

    s->values[0].type = NGX_SCIM_STORE_VALUE_TEXT;
    s->values[0].text = page->tenant;
    s->values[1].type = NGX_SCIM_STORE_VALUE_BOOL;
    s->values[1].number = page->groups;
    s->values[2].type = NGX_SCIM_STORE_VALUE_TEXTS;
    s->values[2].list = s->literals;
    s->n = 3;

    if (ngx_scim_store_indexes(&w) != SCIM_OK
        || ngx_scim_store_after(&w) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    ngx_scim_store_order(&w);

    if (ngx_scim_store_known(&w)) {
        rc = ngx_scim_store_known_page(&w);

    } else {
        s->counted = 1;
        rc = ngx_scim_store_counted_page(&w);
    }

    if (rc != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_buf_char(&s->b, '\0');

    s->values[2].n = s->nliterals;

    return s->b.failed ? scim_error_nomem(s->err) : SCIM_OK;
}


static int
ngx_scim_store_indexes(ngx_scim_store_writer_t *w)
{
    size_t                   i;
    const scim_view_t       *view;
    ngx_scim_store_scope_t   scope;

    w->indexes = scim_calloc(w->s->arena, (w->page->nviews + 1)
                                          * sizeof(ngx_scim_store_index_t));
    if (w->indexes == NULL) {
        return scim_error_nomem(w->s->err);
    }

    for (i = 0; i < w->page->nviews; i++) {
        view = &w->page->views[i];

        if (view->filter == NULL) {
            continue;
        }

        scope.sql = w->s;
        scope.rtype = view->rtype;
        scope.parent = NULL;

        if (ngx_scim_store_index(&scope, view->filter, &w->indexes[i])
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static void
ngx_scim_store_order(ngx_scim_store_writer_t *w)
{
    int                      numbers, texts;
    size_t                   i;
    const scim_view_t       *view;
    ngx_scim_store_as_e      as;
    ngx_scim_store_scope_t   scope;

    numbers = 0;
    texts = 0;

    for (i = 0; i < w->page->nviews; i++) {
        view = &w->page->views[i];

        if (view->sort.attr == NULL) {
            continue;
        }

        scope.sql = w->s;
        scope.rtype = view->rtype;
        scope.parent = NULL;

        as = ngx_scim_store_path_as(&scope, &view->sort);

        if (as >= NGX_SCIM_STORE_AS_NUMBER) {
            numbers = 1;

        } else {
            texts = 1;
        }

        if (w->page->nviews == 1 && as == NGX_SCIM_STORE_AS_KEY
            && view->sort.attr->required)
        {
            w->order = NGX_SCIM_STORE_BY_NAME_KEY;
        }
    }

    /* without sortBy there is nothing to descend (RFC 7644 section 3.4.2.3) */

    w->desc = w->page->descending && (numbers || texts);
    w->numeric = numbers && !texts;
    w->mixed = numbers && texts;

    if ((!numbers && !texts)
        || w->order == NGX_SCIM_STORE_BY_NAME_KEY
        || ngx_scim_store_order_by(w, "meta", "created"))
    {
        return;
    }

    if (ngx_scim_store_order_by(w, "id", NULL)) {
        w->order = NGX_SCIM_STORE_BY_ROW_ID;
        return;
    }

    w->order = NGX_SCIM_STORE_BY_SORT_KEY;
}


/* whether all types are sorted by this attribute */

static int
ngx_scim_store_order_by(ngx_scim_store_writer_t *w, const char *name,
    const char *sub)
{
    size_t              i;
    const scim_path_t  *path;

    for (i = 0; i < w->page->nviews; i++) {
        path = &w->page->views[i].sort;

        if (path->attr == NULL
            || !ngx_scim_store_common(path, name)
            || (sub && (path->sub == NULL
                        || !scim_str_is(&path->sub->name, sub))))
        {
            return 0;
        }
    }

    return 1;
}


/* "microseconds/id": where the page before ended */

static int
ngx_scim_store_after(ngx_scim_store_writer_t *w)
{
    size_t             i;
    scim_str_t         id;
    const scim_str_t  *s;

    if (!w->behind) {
        return SCIM_OK;
    }

    s = &w->page->after_id;

    for (i = 0; i < s->len && i < 18; i++) {
        if (s->data[i] < '0' || s->data[i] > '9') {
            break;
        }

        w->created = w->created * 10 + (s->data[i] - '0');
    }

    if (i == s->len || s->data[i] != '/') {
        goto invalid;
    }

    id.len = s->len - i - 1;
    id.data = s->data + i + 1;

    if (ngx_scim_store_canonical(w->s->arena, &id, 0, &w->after) == SCIM_OK) {
        return SCIM_OK;
    }

invalid:

    return scim_error(w->s->err, 400, SCIM_INVALID_CURSOR,
                      "the cursor is none of this server's");
}


/* whether the total need not be counted: the tenant's row has it, or an
 * earlier page told it */

static int
ngx_scim_store_known(ngx_scim_store_writer_t *w)
{
    size_t              i;
    const scim_view_t  *view;

    if (w->behind && w->page->total >= 0) {
        return 1;
    }

    for (i = 0; i < w->page->nviews; i++) {
        view = &w->page->views[i];

        if (w->indexes[i].found == NGX_SCIM_STORE_NO_ROWS) {
            continue;
        }

        if (view->filter
            || (!scim_str_is(&view->rtype->name, "User")
                && !scim_str_is(&view->rtype->name, "Group")))
        {
            return 0;
        }
    }

    return 1;
}


static int
ngx_scim_store_counted_page(ngx_scim_store_writer_t *w)
{
    ngx_scim_store_sql_t  *s = w->s;

    if (w->page->count == 0) {
        ngx_scim_store_put(s, "select count(*) from (");

        if (ngx_scim_store_branches(w, 0) != SCIM_OK) {
            return SCIM_ERROR;
        }

        ngx_scim_store_put(s, ") m");

        return SCIM_OK;
    }

    ngx_scim_store_put(s, "with m as materialized (");

    if (ngx_scim_store_branches(w, 0) != SCIM_OK) {
        return SCIM_ERROR;
    }

    ngx_scim_store_put(s, "), p as materialized (select * from m");

    if (w->behind) {
        ngx_scim_store_put(s, " where ");
        ngx_scim_store_keyset_key(w);
    }

    ngx_scim_store_order_text(w, "");
    ngx_scim_store_page_limits(w);
    ngx_scim_store_put(s, ") select t.total, q.*"
                          " from (select count(*) as total from m) t");
    ngx_scim_store_page_rows(w);

    return SCIM_OK;
}


static int
ngx_scim_store_known_page(ngx_scim_store_writer_t *w)
{
    ngx_scim_store_sql_t  *s = w->s;

    if (w->page->count == 0) {
        ngx_scim_store_put(s, "select ");
        ngx_scim_store_total(w);

        return SCIM_OK;
    }

    ngx_scim_store_put(s, "with p as materialized (select * from (");

    if (ngx_scim_store_branches(w, 1) != SCIM_OK) {
        return SCIM_ERROR;
    }

    ngx_scim_store_put(s, ") m");
    ngx_scim_store_order_text(w, "");
    ngx_scim_store_page_limits(w);
    ngx_scim_store_put(s, ") select t.total, q.* from (select ");
    ngx_scim_store_total(w);
    ngx_scim_store_put(s, " as total offset 0) t");
    ngx_scim_store_page_rows(w);

    return SCIM_OK;
}


static void
ngx_scim_store_total(ngx_scim_store_writer_t *w)
{
    size_t                 i;
    ngx_scim_store_sql_t  *s = w->s;

    if (w->behind && w->page->total >= 0) {
        ngx_scim_store_value_int8(s, w->page->total);
        return;
    }

    ngx_scim_store_put(s, "coalesce((select 0::bigint");

    for (i = 0; i < w->page->nviews; i++) {

        if (w->indexes[i].found == NGX_SCIM_STORE_NO_ROWS) {
            continue;
        }

        if (scim_str_is(&w->page->views[i].rtype->name, "User")) {
            ngx_scim_store_put(s, " + users");

        } else {
            ngx_scim_store_put(s, " + groups");
        }
    }

    ngx_scim_store_put(s, " from scim.tenant where name = $1::text), 0)");
}


/* ids with what orders them; limited: no more than the page needs */

static int
ngx_scim_store_branches(ngx_scim_store_writer_t *w, int limited)
{
    size_t                 i, n;
    ngx_scim_store_sql_t  *s = w->s;

    n = 0;

    for (i = 0; i < w->page->nviews; i++) {

        if (w->indexes[i].found == NGX_SCIM_STORE_NO_ROWS) {
            continue;
        }

        if (n++) {
            ngx_scim_store_put(s, " union all ");
        }

        if (limited) {
            ngx_scim_store_put(s, "(");
        }

        if (ngx_scim_store_branch(w, i, limited) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (limited) {
            ngx_scim_store_put(s, ")");
        }
    }

    if (n == 0) {
        ngx_scim_store_put(s, "select null::uuid as id,"
                              " null::timestamptz as c,"
                              " null::text as k where false");
    }

    return SCIM_OK;
}


static int
ngx_scim_store_branch(ngx_scim_store_writer_t *w, size_t i, int limited)
{
    int                      keyed;
    const scim_view_t       *view;
    ngx_scim_store_sql_t    *s = w->s;
    ngx_scim_store_scope_t   scope;

    view = &w->page->views[i];

    scope.sql = s;
    scope.rtype = view->rtype;
    scope.parent = NULL;

    keyed = limited && w->behind && w->order == NGX_SCIM_STORE_BY_SORT_KEY;

    if (keyed) {
        ngx_scim_store_put(s, "select * from (");
    }

    ngx_scim_store_put(s, "select r.id, r.created as c, ");
    ngx_scim_store_branch_key(w, &scope, &view->sort);
    ngx_scim_store_put(s, " as k from ");
    ngx_scim_store_branch_from(w, &scope, i);

    if (view->filter) {
        ngx_scim_store_put(s, " and ");

        if (ngx_scim_store_condition(&scope, view->filter) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    if (keyed) {
        ngx_scim_store_put(s, ") b where ");
        ngx_scim_store_keyset_key(w);

    } else if (limited && w->behind) {
        ngx_scim_store_put(s, " and ");
        ngx_scim_store_keyset(w);
    }

    if (limited) {
        ngx_scim_store_order_text(w, "");
        ngx_scim_store_branch_end(w);
    }

    return SCIM_OK;
}


static void
ngx_scim_store_branch_key(ngx_scim_store_writer_t *w,
    const ngx_scim_store_scope_t *scope, const scim_path_t *path)
{
    ngx_scim_store_sql_t  *s = w->s;

    if (w->order == NGX_SCIM_STORE_BY_NAME_KEY) {
        ngx_scim_store_put(s, "r.name_key");

    } else if (w->order == NGX_SCIM_STORE_BY_SORT_KEY && path->attr) {
        ngx_scim_store_path_sort(scope, path, w->mixed);

    } else if (w->numeric) {
        ngx_scim_store_put(s, "null::numeric");

    } else {
        ngx_scim_store_put(s, "(null::text collate \"C\")");
    }
}


static void
ngx_scim_store_branch_from(ngx_scim_store_writer_t *w,
    const ngx_scim_store_scope_t *scope, size_t i)
{
    ngx_scim_store_sql_t  *s = w->s;

    if (w->indexes[i].found == NGX_SCIM_STORE_INDEX) {
        ngx_scim_store_index_rows(scope, &w->indexes[i]);
        ngx_scim_store_put(s, " d cross join lateral (select x.*"
                              NGX_SCIM_STORE_ROW("d.id") ") r"
                              " where r.deleted_at is null and r.type = ");
        ngx_scim_store_quote(s, &scope->rtype->name);
        return;
    }

    s->keyed = 0;

    ngx_scim_store_put(s, "scim.resource r where r.tenant = $1::text"
                          " and r.deleted_at is null and r.type = ");
    ngx_scim_store_quote(s, &scope->rtype->name);
}


/*
 * The page's end as a constant, rounded up: the planner has to know that few
 * rows are wanted, or it sorts them all.
 */

static void
ngx_scim_store_branch_end(ngx_scim_store_writer_t *w)
{
    int64_t  end, limit;

    if (w->page->start > NGX_SCIM_STORE_FAR_PAGE
        || w->page->count > NGX_SCIM_STORE_FAR_PAGE)
    {
        return;
    }

    end = w->page->start + w->page->count + 1;

    for (limit = 100; limit < end; limit *= 10) {
        /* void */
    }

    ngx_scim_store_put(w->s, " limit ");
    scim_buf_int(&w->s->b, limit);
}


/* behind the last row of the page before, where an index has the order */

static void
ngx_scim_store_keyset(ngx_scim_store_writer_t *w)
{
    ngx_scim_store_sql_t  *s = w->s;

    switch (w->order) {

    case NGX_SCIM_STORE_BY_NAME_KEY:
        ngx_scim_store_put(s, "r.name_key");
        break;

    case NGX_SCIM_STORE_BY_ROW_ID:
        ngx_scim_store_put(s, "r.id");
        break;

    default:
        ngx_scim_store_put(s, "(r.created, r.id)");
    }

    ngx_scim_store_keyset_sign(w);

    switch (w->order) {

    case NGX_SCIM_STORE_BY_NAME_KEY:
        ngx_scim_store_keyset_value(w);
        break;

    case NGX_SCIM_STORE_BY_ROW_ID:
        ngx_scim_store_keyset_id(w);
        break;

    default:
        ngx_scim_store_keyset_place(w);
    }
}


/* the same for what has been gathered, missing keys and all */

static void
ngx_scim_store_keyset_key(ngx_scim_store_writer_t *w)
{
    ngx_scim_store_sql_t  *s = w->s;

    if (w->order == NGX_SCIM_STORE_BY_NAME_KEY) {
        ngx_scim_store_put(s, "k");
        ngx_scim_store_keyset_sign(w);
        ngx_scim_store_keyset_value(w);
        return;
    }

    if (w->order == NGX_SCIM_STORE_BY_SORT_KEY) {

        if (w->page->after_key.data == NULL) {

            if (w->desc) {
                ngx_scim_store_put(s, "(k is not null or ");

            } else {
                ngx_scim_store_put(s, "(k is null and ");
            }

        } else {

            if (w->desc) {
                ngx_scim_store_put(s, "(k < ");

            } else {
                ngx_scim_store_put(s, "(k is null or k > ");
            }

            ngx_scim_store_keyset_value(w);
            ngx_scim_store_put(s, " or k = ");
            ngx_scim_store_keyset_value(w);
            ngx_scim_store_put(s, " and ");
        }

    } else {
        ngx_scim_store_put(s, "(");
    }

    if (w->order == NGX_SCIM_STORE_BY_ROW_ID) {
        ngx_scim_store_put(s, "id");

    } else {
        ngx_scim_store_put(s, "(c, id)");
    }

    ngx_scim_store_keyset_sign(w);

    if (w->order == NGX_SCIM_STORE_BY_ROW_ID) {
        ngx_scim_store_keyset_id(w);

    } else {
        ngx_scim_store_keyset_place(w);
    }

    ngx_scim_store_put(s, ")");
}


static void
ngx_scim_store_keyset_sign(ngx_scim_store_writer_t *w)
{
    if (w->desc) {
        ngx_scim_store_put(w->s, " < ");

    } else {
        ngx_scim_store_put(w->s, " > ");
    }
}


static void
ngx_scim_store_keyset_value(ngx_scim_store_writer_t *w)
{
    ngx_scim_store_put(w->s, "(select ");
    ngx_scim_store_value_text(w->s, &w->page->after_key);

    if (w->numeric) {
        ngx_scim_store_put(w->s, "::numeric");
    }

    ngx_scim_store_put(w->s, ")");
}


static void
ngx_scim_store_keyset_place(ngx_scim_store_writer_t *w)
{
    ngx_scim_store_put(w->s, "((select timestamptz '2000-01-01 00:00:00+00'"
                             " + interval '1 microsecond' * ");
    ngx_scim_store_value_int8(w->s, w->created);
    ngx_scim_store_put(w->s, "), ");
    ngx_scim_store_keyset_id(w);
    ngx_scim_store_put(w->s, ")");
}


static void
ngx_scim_store_keyset_id(ngx_scim_store_writer_t *w)
{
    ngx_scim_store_put(w->s, "(select ");
    ngx_scim_store_value_text(w->s, &w->after);
    ngx_scim_store_put(w->s, "::uuid)");
}


static void
ngx_scim_store_order_text(ngx_scim_store_writer_t *w, const char *alias)
{
    size_t                 i, n;
    ngx_scim_store_sql_t  *s = w->s;
    const char            *columns[3];

    n = 0;

    if (w->order == NGX_SCIM_STORE_BY_SORT_KEY
        || w->order == NGX_SCIM_STORE_BY_NAME_KEY)
    {
        columns[n++] = "k";
    }

    if (w->order == NGX_SCIM_STORE_BY_SORT_KEY
        || w->order == NGX_SCIM_STORE_BY_CREATED)
    {
        columns[n++] = "c";
    }

    if (w->order != NGX_SCIM_STORE_BY_NAME_KEY) {
        columns[n++] = "id";
    }

    ngx_scim_store_put(s, " order by ");

    for (i = 0; i < n; i++) {

        if (i) {
            ngx_scim_store_put(s, ", ");
        }

        scim_buf_add(&s->b, alias, strlen(alias));
        scim_buf_add(&s->b, columns[i], strlen(columns[i]));

        if (w->desc) {
            ngx_scim_store_put(s, " desc");
        }
    }
}


/* a cursor's page has one row more, which tells that there is another page */

static void
ngx_scim_store_page_limits(ngx_scim_store_writer_t *w)
{
    ngx_scim_store_put(w->s, " offset ");
    ngx_scim_store_value_int8(w->s, w->page->start);
    ngx_scim_store_put(w->s, " limit ");
    ngx_scim_store_value_int8(w->s, w->page->count + w->page->cursor);
}


static void
ngx_scim_store_page_rows(ngx_scim_store_writer_t *w)
{
    ngx_scim_store_put(w->s,
        " left join lateral (select " NGX_SCIM_STORE_COLUMNS("r")
            ", p.k::text as key"
        " from p cross join lateral (select x.id, x.version, x.created,"
            " x.modified, x.doc, x.members, x.type, "
            NGX_SCIM_STORE_GROUPS("x", "$2::boolean") ", "
            NGX_SCIM_STORE_SETTLED("x")
            NGX_SCIM_STORE_ROW("p.id") ") r");

    ngx_scim_store_order_text(w, "p.");

    ngx_scim_store_put(w->s, ") q on true");
}
