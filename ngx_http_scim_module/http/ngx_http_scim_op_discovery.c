
/*
 * ServiceProviderConfig, ResourceTypes and Schemas (RFC 7644 section 4): the
 * documents that were rendered with the configuration, or, of a tenant with
 * files of its own, are rendered now.
 */


#include "ngx_http_scim_module.h"


static scim_discovery_t *ngx_http_scim_documents(ngx_http_scim_ctx_t *ctx);
static const scim_document_t *ngx_http_scim_document(ngx_http_scim_ctx_t *ctx,
    scim_discovery_t *d);


ngx_int_t
ngx_http_scim_discover(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    ngx_str_t              *base, body;
    scim_buf_t              b;
    scim_str_t              s;
    scim_error_t            err;
    scim_discovery_t       *d;
    const scim_document_t  *doc;

    if (ctx->query.has_filter
        && ctx->operation != NGX_HTTP_SCIM_PROVIDER_CONFIG)
    {
        scim_error(&err, NGX_HTTP_FORBIDDEN, SCIM_TYPE_NONE,
                   "the endpoint takes no filter");
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    doc = ctx->conf->provider;

    if (ctx->operation != NGX_HTTP_SCIM_PROVIDER_CONFIG) {
        d = ngx_http_scim_documents(ctx);
        if (d == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        doc = ngx_http_scim_document(ctx, d);
    }

    if (doc == NULL) {
        scim_error(&err, NGX_HTTP_NOT_FOUND, SCIM_TYPE_NONE,
                   "no such document");
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    base = ngx_http_scim_base(r, ctx);
    if (base == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    s.len = base->len;
    s.data = base->data;

    scim_buf_init(&b, &ctx->arena, doc->len + doc->n * s.len);
    scim_document_write(&b, doc, &s);

    if (b.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.len = b.len;
    body.data = b.data;

    return ngx_http_scim_send(r, ctx, NGX_HTTP_OK, &body, 0, NULL);
}


static scim_discovery_t *
ngx_http_scim_documents(ngx_http_scim_ctx_t *ctx)
{
    scim_discovery_t  *d;

    /* route and handler have seen a token */

    d = ctx->token->tenant->discovery;

    if (d) {
        return d;
    }

    d = scim_alloc(&ctx->arena, sizeof(scim_discovery_t));
    if (d == NULL) {
        return NULL;
    }

    return scim_discovery_render(&ctx->arena, ctx->registry, d) == SCIM_OK
           ? d : NULL;
}


static const scim_document_t *
ngx_http_scim_document(ngx_http_scim_ctx_t *ctx, scim_discovery_t *d)
{
    scim_str_t  id;

    id.len = ctx->id.len;
    id.data = ctx->id.data;

    if (ctx->operation == NGX_HTTP_SCIM_RESOURCE_TYPES) {
        return id.len ? scim_discovery_type(d, &id) : &d->types;
    }

    return id.len ? scim_discovery_schema(d, &id) : &d->schemas;
}
