
/*
 * Method and path below the location to one operation: the only place that
 * knows endpoints (RFC 7644 section 3.2).  Called by the content handler, and
 * by variables that are asked for before it.
 */


#include "ngx_http_scim_module.h"


typedef struct {
    ngx_str_t                   name;
    ngx_http_scim_operation_e   operation;
    unsigned                    id:1;       /* may have one more segment */
} ngx_http_scim_endpoint_t;

typedef struct {
    ngx_uint_t                  method;
    ngx_http_scim_operation_e   operation;
} ngx_http_scim_method_t;


static void ngx_http_scim_route_registry(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
static ngx_uint_t ngx_http_scim_split(ngx_str_t *path, ngx_str_t *segments,
    ngx_uint_t n);
static ngx_uint_t ngx_http_scim_route_discovery(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, ngx_str_t *segments, ngx_uint_t n);
static ngx_uint_t ngx_http_scim_route_message(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, ngx_str_t *segments, ngx_uint_t n);
static ngx_uint_t ngx_http_scim_segment(ngx_str_t *segment, const char *name);
static const scim_resource_type_t *ngx_http_scim_route_type(
    ngx_http_scim_ctx_t *ctx, const char *name);
static void ngx_http_scim_route_resource(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, ngx_str_t *segments, ngx_uint_t n);
static void ngx_http_scim_route_methods(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, const ngx_http_scim_method_t *methods);


static ngx_http_scim_endpoint_t  ngx_http_scim_endpoints[] = {
    { ngx_string("ServiceProviderConfig"), NGX_HTTP_SCIM_PROVIDER_CONFIG, 0 },
    { ngx_string("ResourceTypes"), NGX_HTTP_SCIM_RESOURCE_TYPES, 1 },
    { ngx_string("Schemas"), NGX_HTTP_SCIM_SCHEMAS, 1 }
};


static const ngx_http_scim_method_t  ngx_http_scim_on_collection[] = {
    { NGX_HTTP_GET, NGX_HTTP_SCIM_LIST },
    { NGX_HTTP_HEAD, NGX_HTTP_SCIM_LIST },
    { NGX_HTTP_POST, NGX_HTTP_SCIM_CREATE },
    { 0, NGX_HTTP_SCIM_NONE }
};


static const ngx_http_scim_method_t  ngx_http_scim_on_resource[] = {
    { NGX_HTTP_GET, NGX_HTTP_SCIM_GET },
    { NGX_HTTP_HEAD, NGX_HTTP_SCIM_GET },
    { NGX_HTTP_PUT, NGX_HTTP_SCIM_REPLACE },
    { NGX_HTTP_PATCH, NGX_HTTP_SCIM_PATCH },
    { NGX_HTTP_DELETE, NGX_HTTP_SCIM_DELETE },
    { 0, NGX_HTTP_SCIM_NONE }
};


static const ngx_http_scim_method_t  ngx_http_scim_on_root[] = {
    { NGX_HTTP_GET, NGX_HTTP_SCIM_LIST },
    { NGX_HTTP_HEAD, NGX_HTTP_SCIM_LIST },
    { 0, NGX_HTTP_SCIM_NONE }
};


static const ngx_http_scim_method_t  ngx_http_scim_on_search[] = {
    { NGX_HTTP_POST, NGX_HTTP_SCIM_SEARCH },
    { 0, NGX_HTTP_SCIM_NONE }
};


static const ngx_http_scim_method_t  ngx_http_scim_on_bulk[] = {
    { NGX_HTTP_POST, NGX_HTTP_SCIM_BULK },
    { 0, NGX_HTTP_SCIM_NONE }
};


/* in the order of ngx_http_scim_operation_e */
static ngx_str_t  ngx_http_scim_operation_names[] = {
    ngx_string("-"),
    ngx_string("provider_config"),
    ngx_string("resource_types"),
    ngx_string("schemas"),
    ngx_string("get"),
    ngx_string("list"),
    ngx_string("search"),
    ngx_string("create"),
    ngx_string("replace"),
    ngx_string("patch"),
    ngx_string("delete"),
    ngx_string("bulk")
};


void
ngx_http_scim_route(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    ngx_str_t   path, segments[2];
    ngx_uint_t  n;

    if (ctx->routed) {
        return;
    }

    ctx->routed = 1;
    ctx->operation = NGX_HTTP_SCIM_NONE;
    ctx->allow = 0;
    ctx->type = NULL;
    ctx->root = 0;
    ctx->me = 0;
    ngx_str_null(&ctx->id);

    ngx_http_scim_route_registry(r, ctx);

    /* a rewrite may have put another path in its place */

    if (r->uri.len < ctx->conf->prefix.len
        || ngx_filename_cmp(r->uri.data, ctx->conf->prefix.data,
                            ctx->conf->prefix.len)
           != 0)
    {
        return;
    }

    path.len = r->uri.len - ctx->conf->prefix.len;
    path.data = r->uri.data + ctx->conf->prefix.len;

    if (path.len == 0 || (path.len == 1 && path.data[0] == '/')) {
        ctx->root = 1;
        ngx_http_scim_route_methods(r, ctx, ngx_http_scim_on_root);
        return;
    }

    n = ngx_http_scim_split(&path, segments, 2);

    if (n == 0
        || ngx_http_scim_route_discovery(r, ctx, segments, n)
        || ngx_http_scim_route_message(r, ctx, segments, n))
    {
        return;
    }

    ngx_http_scim_route_resource(r, ctx, segments, n);
}


static void
ngx_http_scim_route_registry(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    ngx_http_scim_main_conf_t  *smcf;

    if (ngx_http_scim_authenticate(r, ctx) == NGX_OK) {
        ctx->registry = ctx->token->tenant->registry;
        return;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_http_scim_module);

    ctx->registry = smcf->registry;
}


/*
 * Splits "/a/b" or "/a/b/" into its segments and returns how many there are;
 * 0 when there are none, more than "n", or an empty one.
 */

static ngx_uint_t
ngx_http_scim_split(ngx_str_t *path, ngx_str_t *segments, ngx_uint_t n)
{
    u_char      *p, *last, *slash;
    ngx_uint_t   i;

    p = path->data;
    last = p + path->len;

    for (i = 0; p < last && *p == '/' && p + 1 < last; i++) {

        if (i == n) {
            return 0;
        }

        p++;
        slash = ngx_strlchr(p, last, '/');

        if (slash == NULL) {
            slash = last;
        }

        if (slash == p) {
            return 0;
        }

        segments[i].data = p;
        segments[i].len = slash - p;

        p = slash;
    }

    /* what is left is a trailing slash, or no slash where one must be */

    return (p == last || *p == '/') ? i : 0;
}


/* returns 1 when the first segment names an endpoint of discovery */

static ngx_uint_t
ngx_http_scim_route_discovery(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    ngx_str_t *segments, ngx_uint_t n)
{
    ngx_uint_t                 i;
    ngx_http_scim_endpoint_t  *endpoint;

    for (i = 0;
         i < sizeof(ngx_http_scim_endpoints) / sizeof(*endpoint);
         i++)
    {
        endpoint = &ngx_http_scim_endpoints[i];

        if (endpoint->name.len != segments[0].len
            || ngx_memcmp(endpoint->name.data, segments[0].data,
                          segments[0].len)
               != 0)
        {
            continue;
        }

        if (n == 2 && !endpoint->id) {
            return 1;
        }

        ctx->allow = NGX_HTTP_GET|NGX_HTTP_HEAD;

        if (r->method & ctx->allow) {
            ctx->operation = endpoint->operation;
        }

        if (n == 2) {
            ctx->id = segments[1];
        }

        return 1;
    }

    return 0;
}


/* returns 1 for .search at the root, Bulk and Me */

static ngx_uint_t
ngx_http_scim_route_message(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    ngx_str_t *segments, ngx_uint_t n)
{
    if (n != 1) {
        return 0;
    }

    if (ngx_http_scim_segment(&segments[0], ".search")) {
        ctx->root = 1;
        ngx_http_scim_route_methods(r, ctx, ngx_http_scim_on_search);
        return 1;
    }

    if (ngx_http_scim_segment(&segments[0], "Bulk")) {
        ngx_http_scim_route_methods(r, ctx, ngx_http_scim_on_bulk);
        return 1;
    }

    if (ngx_http_scim_segment(&segments[0], "Me")) {
        ctx->type = ngx_http_scim_route_type(ctx, "Users");

        if (ctx->type) {
            ctx->me = 1;
            ngx_http_scim_route_methods(r, ctx, ngx_http_scim_on_resource);
        }

        return 1;
    }

    return 0;
}


static ngx_uint_t
ngx_http_scim_segment(ngx_str_t *segment, const char *name)
{
    return segment->len == ngx_strlen(name)
           && ngx_memcmp(segment->data, name, segment->len) == 0;
}


static const scim_resource_type_t *
ngx_http_scim_route_type(ngx_http_scim_ctx_t *ctx, const char *name)
{
    scim_str_t  segment;

    segment.len = ngx_strlen(name);
    segment.data = (u_char *) name;

    return scim_registry_endpoint(ctx->registry, &segment);
}


static void
ngx_http_scim_route_resource(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    ngx_str_t *segments, ngx_uint_t n)
{
    scim_str_t  name;

    name.len = segments[0].len;
    name.data = segments[0].data;

    ctx->type = scim_registry_endpoint(ctx->registry, &name);

    if (ctx->type == NULL) {
        return;
    }

    if (n == 1) {
        ngx_http_scim_route_methods(r, ctx, ngx_http_scim_on_collection);
        return;
    }

    if (ngx_http_scim_segment(&segments[1], ".search")) {
        ngx_http_scim_route_methods(r, ctx, ngx_http_scim_on_search);
        return;
    }

    ctx->id = segments[1];

    ngx_http_scim_route_methods(r, ctx, ngx_http_scim_on_resource);
}


static void
ngx_http_scim_route_methods(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    const ngx_http_scim_method_t *methods)
{
    for ( /* void */ ; methods->method; methods++) {

        ctx->allow |= methods->method;

        if (r->method == methods->method) {
            ctx->operation = methods->operation;
        }
    }
}


ngx_str_t *
ngx_http_scim_operation_name(ngx_http_scim_operation_e op)
{
    return &ngx_http_scim_operation_names[op];
}
