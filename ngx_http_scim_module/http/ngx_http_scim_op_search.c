
/*
 * POST to .search (RFC 7644 section 3.4.3): a query whose parameters stand in
 * the body.  Called by the content handler.
 */


#include "ngx_http_scim_module.h"


ngx_int_t
ngx_http_scim_search(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    size_t                 i, n;
    scim_error_t           err;
    scim_query_limits_t    limits;
    scim_resource_type_t  *types;

    limits.results = ctx->conf->max_results;
    limits.filter_depth = ctx->conf->max_filter_depth;
    limits.filter_length = ctx->conf->max_filter_length;

    /* an empty query has been parsed for the types that there are */

    n = ctx->query.nviews;

    types = ngx_palloc(r->pool, n * sizeof(scim_resource_type_t));
    if (types == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < n; i++) {
        types[i] = *ctx->query.views[i].rtype;
    }

    if (scim_query_search(&ctx->arena, types, n, ctx->body, &limits,
                          &ctx->query, &err)
        != SCIM_OK)
    {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    ctx->sr->want_groups = ngx_http_scim_wants_groups(ctx);

    return ngx_http_scim_list(r, ctx);
}
