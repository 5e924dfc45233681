
/*
 * Reading resources: one by id (RFC 7644 section 3.4.1), and what a query finds
 * (3.4.2, RFC 9865).  Steps stand in the order in which they run.
 */


#include "ngx_http_scim_module.h"


static void ngx_http_scim_get_done(ngx_scim_store_request_t *sr);
static int ngx_http_scim_list_search(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, ngx_scim_store_search_t *search,
    scim_error_t *err);
static void ngx_http_scim_list_done(ngx_scim_store_request_t *sr);
static ngx_int_t ngx_http_scim_list_send(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
static int ngx_http_scim_list_page(ngx_http_scim_ctx_t *ctx,
    ngx_http_scim_page_t *page, scim_error_t *err);
static int ngx_http_scim_list_write(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, ngx_http_scim_page_t *page, scim_buf_t *b,
    scim_error_t *err);


ngx_int_t
ngx_http_scim_get(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    scim_str_t  id;

    id.len = ctx->id.len;
    id.data = ctx->id.data;

    ctx->sr->handler = ngx_http_scim_get_done;

    return ngx_scim_store_get(ctx->sr, NGX_SCIM_STORE_BY_ID, &id) == NGX_OK
           ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_scim_get_done(ngx_scim_store_request_t *sr)
{
    ngx_int_t             rc;
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_resume(sr);
    r = ctx->request;

    rc = ngx_http_scim_check_loaded(r, ctx);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_scim_send_resource(r, ctx, NGX_HTTP_OK, sr->rows);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(ctx, rc);
    }
}


ngx_int_t
ngx_http_scim_list(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    ngx_int_t                rc;
    scim_error_t             err;
    ngx_scim_store_search_t  search;

    if (ngx_http_scim_list_search(r, ctx, &search, &err) != SCIM_OK) {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    ctx->sr->handler = ngx_http_scim_list_done;

    rc = ngx_scim_store_search(ctx->sr, &search, &err);

    switch (rc) {

    case NGX_OK:
        return NGX_DONE;

    case NGX_DECLINED:
        return ngx_http_scim_send_error(r, ctx, &err);

    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


static int
ngx_http_scim_list_search(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    ngx_scim_store_search_t *search, scim_error_t *err)
{
    ngx_str_t      *base;
    scim_query_t   *query;
    scim_cursor_t   cursor;

    query = &ctx->query;

    base = ngx_http_scim_base(r, ctx);
    if (base == NULL) {
        return scim_error_nomem(err);
    }

    ngx_memzero(search, sizeof(ngx_scim_store_search_t));

    search->views = query->views;
    search->nviews = query->nviews;
    search->descending = query->descending;
    search->start = query->start_index - 1;
    search->count = query->count;
    search->total = -1;
    search->base.len = base->len;
    search->base.data = base->data;

    if (query->cursor.data == NULL) {
        return SCIM_OK;
    }

    search->cursor = 1;
    search->first = (query->cursor.len == 0);

    if (search->first) {
        return SCIM_OK;
    }

    if (ngx_http_scim_cursor_open(ctx, &query->cursor, &cursor, err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    search->total = cursor.total;
    search->after_key = cursor.key;
    search->after_id = cursor.id;

    return SCIM_OK;
}


static void
ngx_http_scim_list_done(ngx_scim_store_request_t *sr)
{
    ngx_int_t             rc;
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_resume(sr);
    r = ctx->request;

    if (sr->status == NGX_SCIM_STORE_OK) {
        rc = ngx_http_scim_list_send(r, ctx);

    } else {
        rc = ngx_http_scim_send_failure(r, ctx);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(ctx, rc);
    }
}


static ngx_int_t
ngx_http_scim_list_send(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    ngx_str_t             body;
    scim_buf_t            b;
    scim_error_t          err;
    ngx_http_scim_page_t  page;

    ctx->results = ctx->sr->nrows;

    if (ngx_http_scim_list_page(ctx, &page, &err) != SCIM_OK) {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    if (ngx_http_scim_stream_needed(ctx)) {
        return ngx_http_scim_stream(r, ctx, NGX_HTTP_OK, &page);
    }

    if (ngx_http_scim_list_write(r, ctx, &page, &b, &err) != SCIM_OK) {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    body.len = b.len;
    body.data = b.data;

    return ngx_http_scim_send(r, ctx, NGX_HTTP_OK, &body, 0, NULL);
}


static int
ngx_http_scim_list_page(ngx_http_scim_ctx_t *ctx, ngx_http_scim_page_t *page,
    scim_error_t *err)
{
    scim_cursor_t              cursor;
    ngx_scim_store_request_t  *sr;

    sr = ctx->sr;

    ngx_memzero(page, sizeof(ngx_http_scim_page_t));

    page->total = sr->total;

    if (ctx->query.cursor.data == NULL) {
        page->start_index = ctx->query.start_index;
        return SCIM_OK;
    }

    if (!sr->more) {
        return SCIM_OK;
    }

    ngx_memzero(&cursor, sizeof(scim_cursor_t));

    cursor.total = sr->total;
    cursor.key = sr->last_key;
    cursor.id = sr->last_id;

    if (ngx_http_scim_cursor_seal(ctx, &cursor, &page->next) != SCIM_OK) {
        return scim_error_nomem(err);
    }

    return SCIM_OK;
}


static int
ngx_http_scim_list_write(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    ngx_http_scim_page_t *page, scim_buf_t *b, scim_error_t *err)
{
    size_t              size;
    ngx_str_t          *base;
    scim_str_t          s;
    ngx_uint_t          i, n;
    scim_stored_t      *rows;
    const scim_view_t  *view;

    base = ngx_http_scim_base(r, ctx);
    if (base == NULL) {
        return scim_error_nomem(err);
    }

    s.len = base->len;
    s.data = base->data;

    rows = ctx->sr->rows;
    n = ctx->sr->nrows;
    size = 256 + page->next.len;

    for (i = 0; i < n; i++) {
        size += rows[i].doc.len + rows[i].groups.len + s.len + 320;
    }

    scim_buf_init(b, &ctx->arena, size);
    scim_project_list_head(b, page->total, page->start_index, n, &page->next);

    for (i = 0; i < n; i++) {

        if (i) {
            scim_buf_char(b, ',');
        }

        view = ngx_http_scim_view(ctx, rows[i].rtype);

        if (scim_project_begin(&ctx->arena, b, view, &rows[i], &s, err)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        scim_project_end(b, 0);
    }

    scim_project_list_tail(b);

    return b->failed ? scim_error_nomem(err) : SCIM_OK;
}
