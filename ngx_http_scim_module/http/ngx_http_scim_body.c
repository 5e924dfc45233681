
/*
 * Request bodies: what media types are taken, and the way from nginx's chain
 * of buffers and temporary files, piece by piece, into the JSON parser.
 * Called by the content handler once the body has been read.
 */


#include "ngx_http_scim_module.h"


#define NGX_HTTP_SCIM_PIECE  16384


static ngx_uint_t ngx_http_scim_media_type(ngx_str_t *value, const char *type);
static size_t ngx_http_scim_body_values(ngx_http_scim_ctx_t *ctx);
static int ngx_http_scim_body_feed(ngx_http_request_t *r,
    scim_json_parser_t *parser, scim_error_t *err);
static int ngx_http_scim_body_file(ngx_http_request_t *r, ngx_buf_t *b,
    scim_json_parser_t *parser, scim_error_t *err);


int
ngx_http_scim_body_type(ngx_http_request_t *r, scim_error_t *err)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;
    ngx_list_part_t  *part;

    h = r->headers_in.content_type;

    if (h && h->value.len
        && !ngx_http_scim_media_type(&h->value, "application/scim+json")
        && !ngx_http_scim_media_type(&h->value, "application/json"))
    {
        return scim_error(err, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, SCIM_TYPE_NONE,
                          "the body must be application/scim+json");
    }

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return SCIM_OK;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == sizeof("Content-Encoding") - 1
            && ngx_strncasecmp(h[i].key.data, (u_char *) "Content-Encoding",
                               sizeof("Content-Encoding") - 1)
               == 0
            && (h[i].value.len != sizeof("identity") - 1
                || ngx_strncasecmp(h[i].value.data, (u_char *) "identity",
                                   sizeof("identity") - 1)
                   != 0))
        {
            return scim_error(err, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
                              SCIM_TYPE_NONE,
                              "a body with a Content-Encoding is not taken");
        }
    }
}


/* 1 when the value is "type", alone or with parameters behind it */

static ngx_uint_t
ngx_http_scim_media_type(ngx_str_t *value, const char *type)
{
    size_t  len;

    len = ngx_strlen(type);

    if (value->len < len
        || ngx_strncasecmp(value->data, (u_char *) type, len) != 0)
    {
        return 0;
    }

    while (len < value->len
           && (value->data[len] == ' ' || value->data[len] == '\t'))
    {
        len++;
    }

    return len == value->len || value->data[len] == ';';
}


int
ngx_http_scim_body(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    scim_error_t *err)
{
    int                        rc;
    scim_json_limits_t         limits;
    scim_json_parser_t        *parser;
    ngx_http_scim_loc_conf_t  *slcf;

    slcf = ctx->conf;

    limits.depth = slcf->max_json_depth;
    limits.keys = slcf->max_json_keys;
    limits.values = ngx_http_scim_body_values(ctx);
    limits.nodes = slcf->max_json_nodes;
    limits.string = slcf->max_string;

    parser = scim_json_parser(&ctx->sr->arena, &limits);
    if (parser == NULL) {
        return scim_error_nomem(err);
    }

    rc = ngx_http_scim_body_feed(r, parser, err);

    if (rc == SCIM_OK) {
        rc = scim_json_finish(parser, &ctx->body, err);
    }

    scim_json_parser_free(parser);

    return rc;
}


/* how long a list may be; attributes' own limits are checked later */

static size_t
ngx_http_scim_body_values(ngx_http_scim_ctx_t *ctx)
{
    size_t                i, n;
    const scim_schema_t  *schema;

    n = ctx->conf->max_values;

    if (ctx->operation == NGX_HTTP_SCIM_BULK) {
        n = ngx_max(n, ctx->conf->max_members);
    }

    if (ctx->operation == NGX_HTTP_SCIM_BULK
        || ctx->operation == NGX_HTTP_SCIM_PATCH)
    {
        n = ngx_max(n, ctx->conf->max_operations);
    }

    if (ctx->type == NULL) {
        return n;
    }

    schema = ctx->type->schema;

    for (i = 0; i < schema->nattrs; i++) {
        if (schema->attrs[i].source == SCIM_SOURCE_MEMBERS) {
            return ngx_max(n, ctx->conf->max_members);
        }
    }

    return n;
}


static int
ngx_http_scim_body_feed(ngx_http_request_t *r, scim_json_parser_t *parser,
    scim_error_t *err)
{
    int           rc;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    /* no body at all leaves r->request_body or its chain empty */

    if (r->request_body == NULL) {
        return SCIM_OK;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (b->in_file) {
            rc = ngx_http_scim_body_file(r, b, parser, err);

        } else {
            rc = scim_json_feed(parser, b->pos, b->last - b->pos, err);
        }

        if (rc != SCIM_OK) {
            return rc;
        }
    }

    return SCIM_OK;
}


static int
ngx_http_scim_body_file(ngx_http_request_t *r, ngx_buf_t *b,
    scim_json_parser_t *parser, scim_error_t *err)
{
    off_t     pos;
    u_char   *piece;
    size_t    size;
    ssize_t   n;

    piece = ngx_palloc(r->pool, NGX_HTTP_SCIM_PIECE);
    if (piece == NULL) {
        return scim_error_nomem(err);
    }

    for (pos = b->file_pos; pos < b->file_last; pos += n) {

        size = (size_t) ngx_min(b->file_last - pos, NGX_HTTP_SCIM_PIECE);

        n = ngx_read_file(b->file, piece, size, pos);

        if (n <= 0) {
            return scim_error(err, NGX_HTTP_INTERNAL_SERVER_ERROR,
                              SCIM_TYPE_NONE,
                              "the request body could not be read");
        }

        if (scim_json_feed(parser, piece, n, err) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}
