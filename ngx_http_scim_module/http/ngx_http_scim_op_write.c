
/*
 * Writing resources: create (RFC 7644 section 3.3), replace (3.5.1), delete
 * (3.6).  Steps stand in the order in which they run; nothing waits for the
 * worker inside a transaction: a replace reads, computes here, and writes on
 * the condition that the version is still the one it read.
 */


#include "ngx_http_scim_module.h"


static void ngx_http_scim_create_done(ngx_scim_store_request_t *sr);
static ngx_int_t ngx_http_scim_replace_load(ngx_http_scim_ctx_t *ctx);
static void ngx_http_scim_replace_loaded(ngx_scim_store_request_t *sr);
static ngx_int_t ngx_http_scim_replace_apply(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
static void ngx_http_scim_replace_done(ngx_scim_store_request_t *sr);
static ngx_int_t ngx_http_scim_delete_load(ngx_http_scim_ctx_t *ctx);
static void ngx_http_scim_delete_loaded(ngx_scim_store_request_t *sr);
static ngx_int_t ngx_http_scim_delete_save(ngx_http_scim_ctx_t *ctx,
    int64_t version);
static void ngx_http_scim_delete_done(ngx_scim_store_request_t *sr);
static scim_str_t *ngx_http_scim_id(ngx_http_scim_ctx_t *ctx, scim_str_t *id);


ngx_int_t
ngx_http_scim_create(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    scim_error_t   err;
    scim_policy_t  policy;

    ngx_http_scim_policy(ctx, &policy);

    if (ctx->bulk) {

        /* known from the start, so that others could refer to it */

        ngx_memcpy(ctx->sr->new_id, ctx->item->id.data,
                   sizeof(ctx->sr->new_id));
    }

    if (scim_resource_accept(&ctx->sr->arena, ctx->type, &policy, ctx->body,
                             NULL, &ctx->resource, &err)
        != SCIM_OK)
    {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    ctx->sr->handler = ngx_http_scim_create_done;

    return ngx_scim_store_create(ctx->sr, &ctx->resource) == NGX_OK
           ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_scim_create_done(ngx_scim_store_request_t *sr)
{
    ngx_int_t             rc;
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_resume(sr);
    r = ctx->request;

    if (sr->status == NGX_SCIM_STORE_OK) {
        rc = ngx_http_scim_send_resource(r, ctx, NGX_HTTP_CREATED, sr->rows);

    } else {
        rc = ngx_http_scim_send_failure(r, ctx);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(ctx, rc);
    }
}


ngx_int_t
ngx_http_scim_replace(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    return ngx_http_scim_replace_load(ctx);
}


static ngx_int_t
ngx_http_scim_replace_load(ngx_http_scim_ctx_t *ctx)
{
    scim_str_t  id;

    ctx->sr->handler = ngx_http_scim_replace_loaded;

    return ngx_scim_store_get(ctx->sr, NGX_SCIM_STORE_BY_ID,
                              ngx_http_scim_id(ctx, &id))
           == NGX_OK ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_scim_replace_loaded(ngx_scim_store_request_t *sr)
{
    ngx_int_t             rc;
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_resume(sr);
    r = ctx->request;

    rc = ngx_http_scim_check_loaded(r, ctx);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_scim_replace_apply(r, ctx);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(ctx, rc);
    }
}


static ngx_int_t
ngx_http_scim_replace_apply(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    scim_str_t                 id;
    scim_json_t               *current;
    scim_error_t               err;
    scim_policy_t              policy;
    ngx_scim_store_request_t  *sr;

    sr = ctx->sr;

    ngx_http_scim_policy(ctx, &policy);

    if (scim_json_parse(&sr->arena, NULL, &sr->rows->doc, &current, &err)
            != SCIM_OK
        || scim_resource_accept(&sr->arena, ctx->type, &policy, ctx->body,
                                current, &ctx->resource, &err)
            != SCIM_OK)
    {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    if (sr->rows->settled
        && !ctx->resource.members.replace
        && scim_json_equal(ctx->resource.doc, current))
    {

        /* nothing changes: no new version, no new lastModified */

        return ngx_http_scim_send_resource(r, ctx, NGX_HTTP_OK, sr->rows);
    }

    sr->handler = ngx_http_scim_replace_done;

    return ngx_scim_store_replace(sr, ngx_http_scim_id(ctx, &id),
                                  sr->rows->version, &ctx->resource)
           == NGX_OK ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_scim_replace_done(ngx_scim_store_request_t *sr)
{
    ngx_int_t             rc;
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_resume(sr);
    r = ctx->request;

    switch (sr->status) {

    case NGX_SCIM_STORE_OK:
        rc = ngx_http_scim_send_resource(r, ctx, NGX_HTTP_OK, sr->rows);
        break;

    case NGX_SCIM_STORE_CHANGED:

        if (++ctx->tries < NGX_HTTP_SCIM_TRIES) {
            rc = ngx_http_scim_replace_load(ctx);
            break;
        }

        rc = ngx_http_scim_changed(r, ctx);
        break;

    default:
        rc = ngx_http_scim_send_failure(r, ctx);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(ctx, rc);
    }
}


/* a client without If-Match may try again */

ngx_int_t
ngx_http_scim_changed(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    scim_error_t  err;

    scim_error(&err, NGX_HTTP_SERVICE_UNAVAILABLE, SCIM_TYPE_NONE,
               "the resource is being changed by others, try again");
    err.retry_after = 1;

    return ngx_http_scim_send_error(r, ctx, &err);
}


ngx_int_t
ngx_http_scim_delete(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    if (!ngx_http_scim_conditional(ctx)) {
        return ngx_http_scim_delete_save(ctx, 0);
    }

    return ngx_http_scim_delete_load(ctx);
}


static ngx_int_t
ngx_http_scim_delete_load(ngx_http_scim_ctx_t *ctx)
{
    scim_str_t  id;

    ctx->sr->handler = ngx_http_scim_delete_loaded;

    return ngx_scim_store_get(ctx->sr, NGX_SCIM_STORE_BY_ID,
                              ngx_http_scim_id(ctx, &id))
           == NGX_OK ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_scim_delete_loaded(ngx_scim_store_request_t *sr)
{
    ngx_int_t             rc;
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_resume(sr);
    r = ctx->request;

    rc = ngx_http_scim_check_loaded(r, ctx);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_scim_delete_save(ctx, sr->rows->version);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(ctx, rc);
    }
}


static ngx_int_t
ngx_http_scim_delete_save(ngx_http_scim_ctx_t *ctx, int64_t version)
{
    scim_str_t  id;

    ctx->sr->handler = ngx_http_scim_delete_done;

    return ngx_scim_store_delete(ctx->sr, ngx_http_scim_id(ctx, &id), version)
           == NGX_OK ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_scim_delete_done(ngx_scim_store_request_t *sr)
{
    ngx_int_t             rc;
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_resume(sr);
    r = ctx->request;

    switch (sr->status) {

    case NGX_SCIM_STORE_OK:
        rc = ngx_http_scim_send(r, ctx, NGX_HTTP_NO_CONTENT, NULL, 0, NULL);
        break;

    case NGX_SCIM_STORE_CHANGED:

        /* the condition may hold for the new version, too */

        if (++ctx->tries < NGX_HTTP_SCIM_TRIES) {
            rc = ngx_http_scim_delete_load(ctx);
            break;
        }

        rc = ngx_http_scim_changed(r, ctx);
        break;

    default:
        rc = ngx_http_scim_send_failure(r, ctx);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(ctx, rc);
    }
}


static scim_str_t *
ngx_http_scim_id(ngx_http_scim_ctx_t *ctx, scim_str_t *id)
{
    id->len = ctx->id.len;
    id->data = ctx->id.data;

    return id;
}
