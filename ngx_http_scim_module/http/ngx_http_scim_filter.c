
/*
 * nginx's own errors as SCIM errors (scim_errors): what nginx, or a module
 * like limit_req, answers in place of ours gets the media type and the body of
 * RFC 7644 section 3.12.  Called by nginx for each response.
 */


#include "ngx_http_scim_module.h"


typedef struct {
    ngx_uint_t    status;
    scim_type_e   type;
    const char   *detail;
} ngx_http_scim_own_error_t;


static ngx_int_t ngx_http_scim_header_filter(ngx_http_request_t *r);
static ngx_uint_t ngx_http_scim_filter_applies(ngx_http_request_t *r);
static const ngx_http_scim_own_error_t *ngx_http_scim_filter_error(
    ngx_uint_t status);
static ngx_int_t ngx_http_scim_filter_replace(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
static ngx_int_t ngx_http_scim_filter_headers(ngx_http_request_t *r);
static ngx_int_t ngx_http_scim_filter_add(ngx_http_request_t *r,
    const char *name, const char *text);
static ngx_int_t ngx_http_scim_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);


static const ngx_http_scim_own_error_t  ngx_http_scim_own_errors[] = {
    { NGX_HTTP_BAD_REQUEST, SCIM_INVALID_SYNTAX, "the request is malformed" },
    { NGX_HTTP_UNAUTHORIZED, SCIM_TYPE_NONE, "authentication is needed" },
    { NGX_HTTP_FORBIDDEN, SCIM_TYPE_NONE, "the server forbids the request" },
    { NGX_HTTP_NOT_FOUND, SCIM_TYPE_NONE, "no such endpoint" },
    { NGX_HTTP_NOT_ALLOWED, SCIM_TYPE_NONE, "the method is not allowed" },
    { NGX_HTTP_REQUEST_TIME_OUT, SCIM_TYPE_NONE,
      "the request did not arrive in time" },
    { NGX_HTTP_LENGTH_REQUIRED, SCIM_TYPE_NONE,
      "the request needs a Content-Length" },
    { NGX_HTTP_PRECONDITION_FAILED, SCIM_TYPE_NONE,
      "a precondition does not hold" },
    { NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, SCIM_TYPE_NONE,
      "the request's body is too large" },
    { NGX_HTTP_REQUEST_URI_TOO_LARGE, SCIM_TYPE_NONE,
      "the request's URI is too long" },
    { NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, SCIM_TYPE_NONE,
      "the media type is not supported" },
    { NGX_HTTP_MISDIRECTED_REQUEST, SCIM_TYPE_NONE,
      "the connection does not serve this host" },
    { NGX_HTTP_TOO_MANY_REQUESTS, SCIM_TYPE_NONE,
      "too many requests, try again later" },
    { NGX_HTTP_NOT_IMPLEMENTED, SCIM_TYPE_NONE,
      "the server does not know how to do this" },
    { NGX_HTTP_BAD_GATEWAY, SCIM_TYPE_NONE,
      "a server behind this one gave no valid answer" },
    { NGX_HTTP_SERVICE_UNAVAILABLE, SCIM_TYPE_NONE,
      "the service is not available, try again later" },
    { NGX_HTTP_GATEWAY_TIME_OUT, SCIM_TYPE_NONE,
      "a server behind this one did not answer in time" },
    { NGX_HTTP_VERSION_NOT_SUPPORTED, SCIM_TYPE_NONE,
      "the version of HTTP is not supported" },
    { NGX_HTTP_INSUFFICIENT_STORAGE, SCIM_TYPE_NONE,
      "the server has no room left" },
    { 0, SCIM_TYPE_NONE, NULL }
};


static const ngx_http_scim_own_error_t  ngx_http_scim_client_error = {
    0, SCIM_TYPE_NONE, "the request cannot be served"
};


static const ngx_http_scim_own_error_t  ngx_http_scim_server_error = {
    0, SCIM_TYPE_NONE, "the server failed"
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_int_t
ngx_http_scim_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_scim_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_scim_body_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_http_scim_header_filter(ngx_http_request_t *r)
{
    ngx_http_scim_ctx_t  *ctx;

    if (!ngx_http_scim_filter_applies(r)) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_scim_ctx(r);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (ctx->answered) {
        return ngx_http_next_header_filter(r);
    }

    if (ngx_http_scim_filter_replace(r, ctx) != NGX_OK
        || ngx_http_scim_filter_headers(r) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_uint_t
ngx_http_scim_filter_applies(ngx_http_request_t *r)
{
    ngx_http_scim_loc_conf_t  *slcf;

    if (r != r->main || r->headers_out.status < 400) {
        return 0;
    }

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_scim_module);

    if (slcf->errors != 1) {
        return 0;
    }

    /* the answer of another server is not nginx's error */

    return r->upstream == NULL
           || r->upstream->headers_in.status_n != r->headers_out.status;
}


static const ngx_http_scim_own_error_t *
ngx_http_scim_filter_error(ngx_uint_t status)
{
    const ngx_http_scim_own_error_t  *e;

    for (e = ngx_http_scim_own_errors; e->status; e++) {
        if (e->status == status) {
            return e;
        }
    }

    return (status < 500) ? &ngx_http_scim_client_error
                          : &ngx_http_scim_server_error;
}


static ngx_int_t
ngx_http_scim_filter_replace(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    ngx_uint_t                        status;
    scim_buf_t                        b;
    scim_error_t                     *err;
    const ngx_http_scim_own_error_t  *own;

    status = r->headers_out.status;

    /* 494 to 497 are nginx's own numbers, clients get 400 */

    if (status >= NGX_HTTP_REQUEST_HEADER_TOO_LARGE
        && status <= NGX_HTTP_TO_HTTPS)
    {
        status = NGX_HTTP_BAD_REQUEST;
        r->headers_out.status = status;
        r->headers_out.status_line.len = 0;
    }

    own = ngx_http_scim_filter_error(status);

    err = ngx_palloc(r->pool, sizeof(scim_error_t));
    if (err == NULL) {
        return NGX_ERROR;
    }

    (void) scim_error(err, status, own->type, "%s", own->detail);

    scim_buf_init(&b, &ctx->arena, 256);
    scim_error_write(&b, err);

    if (b.failed) {
        return NGX_ERROR;
    }

    ctx->error = err;
    ctx->replaced = 1;
    ctx->replacement.len = b.len;
    ctx->replacement.data = b.data;

    ngx_str_set(&r->headers_out.content_type, "application/scim+json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_str_null(&r->headers_out.charset);

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    r->headers_out.content_length_n = b.len;

    return NGX_OK;
}


static ngx_int_t
ngx_http_scim_filter_headers(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    if (r->headers_out.content_encoding) {
        r->headers_out.content_encoding->hash = 0;
        r->headers_out.content_encoding = NULL;
    }

    switch (r->headers_out.status) {

    case NGX_HTTP_TOO_MANY_REQUESTS:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        rc = ngx_http_scim_filter_add(r, "Retry-After", "5");
        break;

    case NGX_HTTP_NOT_ALLOWED:
        rc = ngx_http_scim_filter_add(r, "Allow",
                                      "GET, HEAD, POST, PUT, PATCH, DELETE");
        break;

    default:
        rc = NGX_OK;
    }

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_scim_filter_add(r, "Cache-Control", "no-store");
}


/* adds the header line unless there is one already */

static ngx_int_t
ngx_http_scim_filter_add(ngx_http_request_t *r, const char *name,
    const char *text)
{
    size_t            len;
    ngx_str_t         value;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);

    for (part = &r->headers_out.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].hash
                && h[i].key.len == len
                && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
            {
                return NGX_OK;
            }
        }
    }

    value.data = (u_char *) text;
    value.len = ngx_strlen(text);

    return ngx_http_scim_add_header(r, name, &value) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_scim_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t            *b;
    ngx_chain_t          *cl, out;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_scim_module);

    if (ctx == NULL || !ctx->replaced || in == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    if (ctx->replacement.len == 0) {
        return ngx_http_next_body_filter(r, NULL);
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = ctx->replacement.data;
    b->last = b->pos + ctx->replacement.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    ctx->replacement.len = 0;

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}
