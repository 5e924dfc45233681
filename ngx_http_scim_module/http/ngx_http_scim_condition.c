
/*
 * If-Match and If-None-Match (RFC 7644 section 3.14, RFC 9110 section 13.1).
 * nginx's own filter would compare strongly, and with the answer's ETag, that
 * is, after a write.  Called by the operations that read or change one
 * resource.
 */


#include "ngx_http_scim_module.h"


static ngx_int_t ngx_http_scim_precondition(ngx_http_scim_ctx_t *ctx,
    int64_t version);
static ngx_uint_t ngx_http_scim_condition_match(ngx_table_elt_t *h,
    int64_t version);
static ngx_int_t ngx_http_scim_condition_failed(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);


ngx_uint_t
ngx_http_scim_conditional(ngx_http_scim_ctx_t *ctx)
{
    ngx_http_request_t  *r;

    if (ctx->bulk) {
        return ctx->item->version.data != NULL;
    }

    r = ctx->request;

    return r->headers_in.if_match || r->headers_in.if_none_match;
}


ngx_int_t
ngx_http_scim_check_loaded(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    int64_t  version;

    if (ctx->sr->status != NGX_SCIM_STORE_OK) {
        return ngx_http_scim_send_failure(r, ctx);
    }

    version = ctx->sr->rows->version;

    switch (ngx_http_scim_precondition(ctx, version)) {

    case NGX_HTTP_NOT_MODIFIED:
        return ngx_http_scim_send(r, ctx, NGX_HTTP_NOT_MODIFIED, NULL,
                                  version, NULL);

    case NGX_HTTP_PRECONDITION_FAILED:
        return ngx_http_scim_condition_failed(r, ctx);

    default: /* NGX_OK */
        return NGX_DECLINED;
    }
}


static ngx_int_t
ngx_http_scim_precondition(ngx_http_scim_ctx_t *ctx, int64_t version)
{
    ngx_http_request_t  *r;

    if (ctx->bulk) {

        /* the header's conditions are not those of its operations */

        return (ctx->item->version.data == NULL
                || scim_etag_match(&ctx->item->version, version))
               ? NGX_OK : NGX_HTTP_PRECONDITION_FAILED;
    }

    r = ctx->request;

    if (r->headers_in.if_match
        && !ngx_http_scim_condition_match(r->headers_in.if_match, version))
    {
        return NGX_HTTP_PRECONDITION_FAILED;
    }

    if (r->headers_in.if_none_match
        && ngx_http_scim_condition_match(r->headers_in.if_none_match, version))
    {
        return (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
               ? NGX_HTTP_NOT_MODIFIED : NGX_HTTP_PRECONDITION_FAILED;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_scim_condition_match(ngx_table_elt_t *h, int64_t version)
{
    scim_str_t  value;

#if (nginx_version >= 1023000)
    for ( /* void */ ; h; h = h->next)
#endif
    {
        value.len = h->value.len;
        value.data = h->value.data;

        if (scim_etag_match(&value, version)) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_scim_condition_failed(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx)
{
    scim_error_t  err;

    scim_error(&err, NGX_HTTP_PRECONDITION_FAILED, SCIM_TYPE_NONE,
               "the resource has another version");

    return ngx_http_scim_send_error(r, ctx, &err);
}
