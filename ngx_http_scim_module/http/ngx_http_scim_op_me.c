
/*
 * /Me (RFC 7644 section 3.11): the user whose userName stands with the token.
 * Found by name, then the operation runs as if the path had named the id.
 * Called by the content handler.
 */


#include "ngx_http_scim_module.h"
#include "scim_fold.h"


static void ngx_http_scim_me_found(ngx_scim_store_request_t *sr);
static ngx_int_t ngx_http_scim_me_operate(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);


ngx_int_t
ngx_http_scim_me(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    scim_str_t  name, key;

    name.len = ctx->token->me.len;
    name.data = ctx->token->me.data;

    ctx->sr->handler = ngx_http_scim_me_found;

    if (scim_fold(&ctx->sr->arena, &name, &key) != SCIM_OK
        || ngx_scim_store_get(ctx->sr, NGX_SCIM_STORE_BY_NAME, &key) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DONE;
}


static void
ngx_http_scim_me_found(ngx_scim_store_request_t *sr)
{
    ngx_int_t             rc;
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_resume(sr);
    r = ctx->request;

    if (sr->status == NGX_SCIM_STORE_OK) {
        rc = ngx_http_scim_me_operate(r, ctx);

    } else {
        rc = ngx_http_scim_send_failure(r, ctx);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(ctx, rc);
    }
}


static ngx_int_t
ngx_http_scim_me_operate(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    scim_str_t  id;

    id = ctx->sr->rows->id;

    ctx->id.len = id.len;
    ctx->id.data = ngx_pnalloc(r->pool, id.len);

    if (ctx->id.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(ctx->id.data, id.data, id.len);

    return ngx_http_scim_operate(r, ctx);
}
