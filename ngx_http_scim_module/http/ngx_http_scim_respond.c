
/*
 * Answers: header lines, bodies, errors.  Everything that this module sends
 * goes through ngx_http_scim_send(); what nginx sends in its place passes
 * ngx_http_scim_filter.c.
 */


#include "ngx_http_scim_module.h"


static ngx_int_t ngx_http_scim_server_name(ngx_http_request_t *r,
    ngx_str_t *name, ngx_uint_t *port);
static ngx_int_t ngx_http_scim_headers(ngx_http_request_t *r, int64_t version,
    ngx_str_t *location);
static ngx_int_t ngx_http_scim_error_headers(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, scim_error_t *err);
static ngx_int_t ngx_http_scim_challenge(ngx_http_request_t *r);
static ngx_int_t ngx_http_scim_allow(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);


static const struct {
    ngx_uint_t  method;
    ngx_str_t   name;
} ngx_http_scim_methods[] = {
    { NGX_HTTP_GET, ngx_string("GET") },
    { NGX_HTTP_HEAD, ngx_string("HEAD") },
    { NGX_HTTP_POST, ngx_string("POST") },
    { NGX_HTTP_PUT, ngx_string("PUT") },
    { NGX_HTTP_PATCH, ngx_string("PATCH") },
    { NGX_HTTP_DELETE, ngx_string("DELETE") }
};


ngx_str_t *
ngx_http_scim_base(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    u_char      *p;
    ngx_str_t    name, *scheme;
    ngx_uint_t   port, standard;

    static ngx_str_t  http = ngx_string("http");
    static ngx_str_t  https = ngx_string("https");

    if (ctx->base.len) {
        return &ctx->base;
    }

    if (ctx->conf->base_url.len) {
        ctx->base = ctx->conf->base_url;
        return &ctx->base;
    }

    scheme = &http;
    standard = 80;

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        scheme = &https;
        standard = 443;
    }
#else
    (void) https;
#endif

    if (ngx_http_scim_server_name(r, &name, &port) != NGX_OK) {
        return NULL;
    }

    p = ngx_pnalloc(r->pool, scheme->len + sizeof("://:65535") + name.len
                             + ctx->conf->prefix.len);
    if (p == NULL) {
        return NULL;
    }

    ctx->base.data = p;

    p = ngx_sprintf(p, "%V://%V", scheme, &name);

    if (port && port != standard) {
        p = ngx_sprintf(p, ":%ui", port);
    }

    p = ngx_cpymem(p, ctx->conf->prefix.data, ctx->conf->prefix.len);

    ctx->base.len = p - ctx->base.data;

    return &ctx->base;
}


/*
 * The server's first name, as it stands in the configuration, or the address
 * that took the connection; never what the client calls it.
 */

static ngx_int_t
ngx_http_scim_server_name(ngx_http_request_t *r, ngx_str_t *name,
    ngx_uint_t *port)
{
    u_char                    *p;
    ngx_http_core_srv_conf_t  *cscf;

    if (ngx_connection_local_sockaddr(r->connection, NULL, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    *port = ngx_inet_get_port(r->connection->local_sockaddr);

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    *name = cscf->server_name;

    for (p = name->data; p < name->data + name->len; p++) {
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
              || (*p >= '0' && *p <= '9') || *p == '-' || *p == '.'))
        {
            break;
        }
    }

    if (name->len && name->data[0] != '.' && p == name->data + name->len) {
        return NGX_OK;
    }

    if (*port == 0) {
        ngx_str_set(name, "localhost");
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_SOCKADDR_STRLEN + 2);
    if (p == NULL) {
        return NGX_ERROR;
    }

    name->data = p + 1;
    name->len = NGX_SOCKADDR_STRLEN;

    if (ngx_connection_local_sockaddr(r->connection, name, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_strlchr(name->data, name->data + name->len, ':')) {

        /* IPv6 */

        *p = '[';
        name->data[name->len] = ']';

        name->data = p;
        name->len += 2;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_scim_send(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    ngx_uint_t status, ngx_str_t *body, int64_t version, ngx_str_t *location)
{
    ngx_int_t    rc;
    ngx_buf_t   *b;
    ngx_chain_t  out;

    if (ctx->bulk) {
        return ngx_http_scim_bulk_result(ctx, status, version, NULL);
    }

    if (body == NULL) {
        r->headers_out.status = status;

        if (ngx_http_scim_headers(r, version, location) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->version = version;
        ctx->answered = 1;
        r->header_only = 1;

        return ngx_http_send_header(r);
    }

    rc = ngx_http_scim_send_header(r, ctx, status, body->len, version,
                                   location);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_scim_send_header(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    ngx_uint_t status, off_t length, int64_t version, ngx_str_t *location)
{
    r->headers_out.status = status;

    if (ngx_http_scim_headers(r, version, location) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->version = version;
    ctx->answered = 1;

    ngx_str_set(&r->headers_out.content_type, "application/scim+json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.content_length_n = length;

    return ngx_http_send_header(r);
}


static ngx_int_t
ngx_http_scim_headers(ngx_http_request_t *r, int64_t version,
    ngx_str_t *location)
{
    ngx_str_t         value;
    ngx_table_elt_t  *h;

    ngx_str_set(&value, "no-store");

    if (ngx_http_scim_add_header(r, "Cache-Control", &value) == NULL) {
        return NGX_ERROR;
    }

    if (version) {
        value.data = ngx_pnalloc(r->pool, SCIM_ETAG_LEN);
        if (value.data == NULL) {
            return NGX_ERROR;
        }

        value.len = scim_etag_write(value.data, version);

        h = ngx_http_scim_add_header(r, "ETag", &value);
        if (h == NULL) {
            return NGX_ERROR;
        }

        r->headers_out.etag = h;
    }

    if (location) {
        h = ngx_http_scim_add_header(r, "Location", location);
        if (h == NULL) {
            return NGX_ERROR;
        }

        r->headers_out.location = h;
    }

    return NGX_OK;
}


ngx_table_elt_t *
ngx_http_scim_add_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;
    h->lowcase_key = NULL;

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return h;
}


ngx_int_t
ngx_http_scim_send_resource(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    ngx_uint_t status, scim_stored_t *res)
{
    ngx_str_t           body, location, *base;
    scim_buf_t          b;
    scim_str_t          s;
    scim_error_t        err;
    const scim_view_t  *view;

    ngx_memcpy(ctx->resource_id, res->id.data,
               ngx_min(res->id.len, sizeof(ctx->resource_id)));
    ctx->has_resource_id = 1;

    if (ctx->bulk) {
        return ngx_http_scim_bulk_result(ctx, status, res->version, NULL);
    }

    if (ngx_http_scim_stream_needed(ctx)) {
        return ngx_http_scim_stream(r, ctx, status, NULL);
    }

    base = ngx_http_scim_base(r, ctx);
    ngx_http_scim_location(r, ctx, res, &location);

    if (base == NULL || location.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    s.len = base->len;
    s.data = base->data;

    view = ngx_http_scim_view(ctx, res->rtype);

    scim_buf_init(&b, &ctx->arena, res->doc.len + base->len + 320);

    if (scim_project_begin(&ctx->arena, &b, view, res, &s, &err) != SCIM_OK) {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    scim_project_end(&b, 0);

    if (b.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.len = b.len;
    body.data = b.data;

    return ngx_http_scim_send(r, ctx, status, &body, res->version,
                              status == NGX_HTTP_CREATED ? &location : NULL);
}


void
ngx_http_scim_location(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    const scim_stored_t *res, ngx_str_t *location)
{
    u_char      *p;
    ngx_str_t   *base;
    scim_str_t   endpoint;

    ngx_str_null(location);

    base = ngx_http_scim_base(r, ctx);
    if (base == NULL) {
        return;
    }

    endpoint = res->rtype->endpoint;

    p = ngx_pnalloc(r->pool, base->len + endpoint.len + 1 + res->id.len);
    if (p == NULL) {
        return;
    }

    location->data = p;

    p = ngx_cpymem(p, base->data, base->len);
    p = ngx_cpymem(p, endpoint.data, endpoint.len);
    *p++ = '/';
    p = ngx_cpymem(p, res->id.data, res->id.len);

    location->len = p - location->data;
}


ngx_int_t
ngx_http_scim_send_failure(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    scim_error_t  err;

    if (ctx->sr->status != NGX_SCIM_STORE_NOT_FOUND) {
        return ngx_http_scim_send_error(r, ctx, &ctx->sr->error);
    }

    scim_error(&err, NGX_HTTP_NOT_FOUND, SCIM_TYPE_NONE, "no such resource");

    return ngx_http_scim_send_error(r, ctx, &err);
}


ngx_int_t
ngx_http_scim_send_error(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    scim_error_t *err)
{
    ngx_str_t   body;
    scim_buf_t  b;

    if (ctx->bulk) {
        return ngx_http_scim_bulk_result(ctx, err->status, 0, err);
    }

    ngx_http_scim_refused(ctx, err);

    ctx->error = ngx_palloc(r->pool, sizeof(scim_error_t));
    if (ctx->error == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    *ctx->error = *err;

    scim_buf_init(&b, &ctx->arena, 512);
    scim_error_write(&b, err);

    if (b.failed || ngx_http_scim_error_headers(r, ctx, err) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.len = b.len;
    body.data = b.data;

    return ngx_http_scim_send(r, ctx, err->status, &body, 0, NULL);
}


static ngx_int_t
ngx_http_scim_error_headers(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    scim_error_t *err)
{
    ngx_str_t  value;

    if (err->retry_after) {
        value.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
        if (value.data == NULL) {
            return NGX_ERROR;
        }

        value.len = ngx_sprintf(value.data, "%d", err->retry_after)
                    - value.data;

        if (ngx_http_scim_add_header(r, "Retry-After", &value) == NULL) {
            return NGX_ERROR;
        }
    }

    switch (err->status) {

    case NGX_HTTP_UNAUTHORIZED:
        return ngx_http_scim_challenge(r);

    case NGX_HTTP_NOT_ALLOWED:
        return ngx_http_scim_allow(r, ctx);

    default:
        return NGX_OK;
    }
}


/* a challenge for each scheme that some tenant of the server uses */

static ngx_int_t
ngx_http_scim_challenge(ngx_http_request_t *r)
{
    ngx_str_t                   value;
    ngx_table_elt_t            *h;
    ngx_http_scim_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_scim_module);

    if (smcf->bearer || !smcf->basic) {
        ngx_str_set(&value, "Bearer realm=\"scim\"");

        if (r->headers_in.authorization) {
            ngx_str_set(&value,
                        "Bearer realm=\"scim\", error=\"invalid_token\"");
        }

        h = ngx_http_scim_add_header(r, "WWW-Authenticate", &value);
        if (h == NULL) {
            return NGX_ERROR;
        }

        r->headers_out.www_authenticate = h;
    }

    if (smcf->basic) {
        ngx_str_set(&value, "Basic realm=\"scim\", charset=\"UTF-8\"");

        if (ngx_http_scim_add_header(r, "WWW-Authenticate", &value) == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_scim_allow(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    u_char      *p;
    ngx_str_t    value;
    ngx_uint_t   i;

    value.data = ngx_pnalloc(r->pool,
                             sizeof("GET, HEAD, POST, PUT, PATCH, DELETE"));
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    p = value.data;

    for (i = 0;
         i < sizeof(ngx_http_scim_methods) / sizeof(ngx_http_scim_methods[0]);
         i++)
    {
        if (!(ctx->allow & ngx_http_scim_methods[i].method)) {
            continue;
        }

        if (p != value.data) {
            *p++ = ',';
            *p++ = ' ';
        }

        p = ngx_cpymem(p, ngx_http_scim_methods[i].name.data,
                       ngx_http_scim_methods[i].name.len);
    }

    value.len = p - value.data;

    return ngx_http_scim_add_header(r, "Allow", &value) ? NGX_OK : NGX_ERROR;
}
