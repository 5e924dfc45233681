
/*
 * Reading resources: one by id (RFC 7644 section 3.4.1), a list or what a
 * filter finds (3.4.2).  Steps stand in the order in which they run.
 */


#include "ngx_http_scim_module.h"


static void ngx_http_scim_get_done(ngx_scim_store_request_t *sr);
static void ngx_http_scim_find_done(ngx_scim_store_request_t *sr);
static void ngx_http_scim_list_done(ngx_scim_store_request_t *sr);
static ngx_int_t ngx_http_scim_send_list(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, int64_t total, ngx_uint_t n);
static int ngx_http_scim_write_list(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, int64_t total, ngx_uint_t n, scim_buf_t *b,
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

    r = sr->data;
    ctx = ngx_http_scim_resume(r, sr);

    rc = ngx_http_scim_check_loaded(r, ctx);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_scim_send_resource(r, ctx, NGX_HTTP_OK, sr->rows);
    }

    ngx_http_scim_finish(r, rc);
}


ngx_int_t
ngx_http_scim_list(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    ngx_int_t             rc;
    scim_str_t            key;
    scim_error_t          err;
    ngx_scim_store_key_e  by;

    if (ctx->query.filter == NULL) {
        ctx->sr->handler = ngx_http_scim_list_done;

        rc = ngx_scim_store_list(ctx->sr, ctx->query.start_index - 1,
                                 ctx->query.count);

        return rc == NGX_OK ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_scim_store_filter(ctx->sr, ctx->query.filter, &by, &key, &err);

    if (rc == NGX_DECLINED) {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    ctx->sr->handler = ngx_http_scim_find_done;

    if (rc != NGX_OK || ngx_scim_store_get(ctx->sr, by, &key) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DONE;
}


/* a filter that a unique key answers: one resource or none */

static void
ngx_http_scim_find_done(ngx_scim_store_request_t *sr)
{
    ngx_int_t             rc;
    ngx_uint_t            n;
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    r = sr->data;
    ctx = ngx_http_scim_resume(r, sr);

    switch (sr->status) {

    case NGX_SCIM_STORE_OK:
        n = (ctx->query.start_index == 1 && ctx->query.count > 0);
        rc = ngx_http_scim_send_list(r, ctx, 1, n);
        break;

    case NGX_SCIM_STORE_NOT_FOUND:
        rc = ngx_http_scim_send_list(r, ctx, 0, 0);
        break;

    default:
        rc = ngx_http_scim_send_failure(r, ctx);
    }

    ngx_http_scim_finish(r, rc);
}


static void
ngx_http_scim_list_done(ngx_scim_store_request_t *sr)
{
    ngx_int_t             rc;
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    r = sr->data;
    ctx = ngx_http_scim_resume(r, sr);

    if (sr->status == NGX_SCIM_STORE_OK) {
        rc = ngx_http_scim_send_list(r, ctx, sr->total, sr->nrows);

    } else {
        rc = ngx_http_scim_send_failure(r, ctx);
    }

    ngx_http_scim_finish(r, rc);
}


static ngx_int_t
ngx_http_scim_send_list(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    int64_t total, ngx_uint_t n)
{
    ngx_str_t     body;
    scim_buf_t    b;
    scim_error_t  err;

    ctx->results = n;

    if (ngx_http_scim_write_list(r, ctx, total, n, &b, &err) != SCIM_OK) {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    body.len = b.len;
    body.data = b.data;

    return ngx_http_scim_send(r, ctx, NGX_HTTP_OK, &body, 0, NULL);
}


static int
ngx_http_scim_write_list(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    int64_t total, ngx_uint_t n, scim_buf_t *b, scim_error_t *err)
{
    size_t          size;
    ngx_str_t      *base;
    scim_str_t      s;
    ngx_uint_t      i;
    scim_stored_t  *rows;

    base = ngx_http_scim_base(r, ctx);
    if (base == NULL) {
        return scim_error_nomem(err);
    }

    s.len = base->len;
    s.data = base->data;

    rows = ctx->sr->rows;
    size = 256;

    for (i = 0; i < n; i++) {
        size += rows[i].doc.len + s.len + 320;
    }

    scim_buf_init(b, &ctx->arena, size);
    scim_project_list_head(b, total, ctx->query.start_index, n);

    for (i = 0; i < n; i++) {

        if (i) {
            scim_buf_char(b, ',');
        }

        if (scim_project_write(&ctx->arena, b, ctx->type, &rows[i],
                               &ctx->query, &s, err)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    scim_project_list_tail(b);

    return b->failed ? scim_error_nomem(err) : SCIM_OK;
}
