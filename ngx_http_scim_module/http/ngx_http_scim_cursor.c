
/*
 * Cursors (RFC 9865) as clients see them: base64url of a signature and of what
 * scim_cursor.c wrote.  Called by ngx_http_scim_op_read.c.
 *
 * The signature is HMAC-SHA256 under scim_cursor_key; a digest of tenant,
 * types, filter and order is part of what is signed, so that a cursor is good
 * for its own query alone.  At the root a token with another scope asks for
 * other types.
 */


#include "ngx_http_scim_module.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>


#define NGX_HTTP_SCIM_MAC  32


static int ngx_http_scim_cursor_query(ngx_http_scim_ctx_t *ctx,
    u_char *digest);
static int ngx_http_scim_cursor_mac(ngx_http_scim_ctx_t *ctx, u_char *data,
    size_t len, u_char *mac);
static int ngx_http_scim_cursor_invalid(scim_error_t *err);


int
ngx_http_scim_cursor_seal(ngx_http_scim_ctx_t *ctx, scim_cursor_t *cursor,
    scim_str_t *text)
{
    u_char      *mac;
    ngx_str_t    src, dst;
    scim_buf_t   b;

    cursor->expires = ngx_time() + ctx->conf->cursor_timeout;

    if (ngx_http_scim_cursor_query(ctx, cursor->query) != SCIM_OK) {
        return SCIM_ERROR;
    }

    mac = ngx_pcalloc(ctx->request->pool, NGX_HTTP_SCIM_MAC);
    if (mac == NULL) {
        return SCIM_ERROR;
    }

    scim_buf_init(&b, &ctx->arena, 256);
    scim_buf_add(&b, mac, NGX_HTTP_SCIM_MAC);
    scim_cursor_write(&b, cursor);

    if (b.failed
        || ngx_http_scim_cursor_mac(ctx, b.data + NGX_HTTP_SCIM_MAC,
                                    b.len - NGX_HTTP_SCIM_MAC, b.data)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    src.len = b.len;
    src.data = b.data;

    dst.data = ngx_pnalloc(ctx->request->pool,
                           ngx_base64_encoded_length(b.len));
    if (dst.data == NULL) {
        return SCIM_ERROR;
    }

    ngx_encode_base64url(&dst, &src);

    text->len = dst.len;
    text->data = dst.data;

    return SCIM_OK;
}


int
ngx_http_scim_cursor_open(ngx_http_scim_ctx_t *ctx, const scim_str_t *text,
    scim_cursor_t *cursor, scim_error_t *err)
{
    u_char      mac[NGX_HTTP_SCIM_MAC], query[SCIM_CURSOR_DIGEST];
    ngx_str_t   src, dst;
    scim_str_t  bytes;

    src.len = text->len;
    src.data = text->data;

    dst.data = ngx_pnalloc(ctx->request->pool,
                           ngx_base64_decoded_length(text->len));
    if (dst.data == NULL) {
        return scim_error_nomem(err);
    }

    if (ngx_decode_base64url(&dst, &src) != NGX_OK
        || dst.len <= NGX_HTTP_SCIM_MAC)
    {
        return ngx_http_scim_cursor_invalid(err);
    }

    bytes.len = dst.len - NGX_HTTP_SCIM_MAC;
    bytes.data = dst.data + NGX_HTTP_SCIM_MAC;

    if (ngx_http_scim_cursor_mac(ctx, bytes.data, bytes.len, mac) != SCIM_OK
        || ngx_http_scim_cursor_query(ctx, query) != SCIM_OK)
    {
        return scim_error_nomem(err);
    }

    if (CRYPTO_memcmp(mac, dst.data, NGX_HTTP_SCIM_MAC) != 0
        || scim_cursor_read(&bytes, cursor) != SCIM_OK
        || CRYPTO_memcmp(query, cursor->query, SCIM_CURSOR_DIGEST) != 0)
    {
        return ngx_http_scim_cursor_invalid(err);
    }

    if (cursor->expires <= (int64_t) ngx_time()) {
        return scim_error(err, NGX_HTTP_BAD_REQUEST, SCIM_EXPIRED_CURSOR,
                          "the cursor has expired, begin with an empty one");
    }

    return SCIM_OK;
}


static int
ngx_http_scim_cursor_query(ngx_http_scim_ctx_t *ctx, u_char *digest)
{
    size_t        i;
    unsigned int  n;
    scim_buf_t    b;

    scim_buf_init(&b, &ctx->arena, 256);

    /* lengths, so that no two queries look alike */

    scim_buf_int(&b, ctx->token->tenant->name.len);
    scim_buf_char(&b, ',');
    scim_buf_int(&b, ctx->query.filter.len);
    scim_buf_char(&b, ',');
    scim_buf_int(&b, ctx->query.sort_by.len);
    scim_buf_char(&b, ctx->query.descending ? 'd' : 'a');
    scim_buf_add(&b, ctx->token->tenant->name.data,
                 ctx->token->tenant->name.len);
    scim_buf_str(&b, &ctx->query.filter);
    scim_buf_str(&b, &ctx->query.sort_by);

    scim_buf_char(&b, ctx->root ? 'r' : 't');

    for (i = 0; i < ctx->query.nviews; i++) {
        scim_buf_str(&b, &ctx->query.views[i].rtype->endpoint);
    }

    if (b.failed
        || EVP_Digest(b.data, b.len, digest, &n, EVP_sha256(), NULL) != 1)
    {
        return SCIM_ERROR;
    }

    return SCIM_OK;
}


static int
ngx_http_scim_cursor_mac(ngx_http_scim_ctx_t *ctx, u_char *data, size_t len,
    u_char *mac)
{
    unsigned int                n;
    ngx_http_scim_main_conf_t  *smcf;

    smcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_scim_module);

    if (HMAC(EVP_sha256(), smcf->cursor_key.data, smcf->cursor_key.len, data,
             len, mac, &n)
        == NULL)
    {
        return SCIM_ERROR;
    }

    return SCIM_OK;
}


static int
ngx_http_scim_cursor_invalid(scim_error_t *err)
{
    return scim_error(err, NGX_HTTP_BAD_REQUEST, SCIM_INVALID_CURSOR,
                      "the cursor is not one of this query");
}
