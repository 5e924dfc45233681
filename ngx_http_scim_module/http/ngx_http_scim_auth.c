
/*
 * Who asks: the Authorization header to a token, and with it to a tenant.
 * Owns the table of tokens, filled while the configuration is read; of those
 * that the database has, ngx_http_scim_identity.c knows.  Called by the
 * content handler, and by variables before it.
 */


#include "ngx_http_scim_module.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>


#define NGX_HTTP_SCIM_SECRET  4096      /* bytes of what follows the scheme */


static ngx_int_t ngx_http_scim_auth_grow(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *mcf);
static ngx_uint_t ngx_http_scim_auth_slot(ngx_http_scim_main_conf_t *mcf,
    u_char *digest);
static ngx_int_t ngx_http_scim_auth_scheme(ngx_str_t *header,
    ngx_http_scim_credentials_t *cred);
static ngx_int_t ngx_http_scim_auth_basic(ngx_http_scim_credentials_t *cred,
    u_char *buf);
static ngx_int_t ngx_http_scim_auth_look(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, ngx_http_scim_credentials_t *cred);
static ngx_http_scim_token_t *ngx_http_scim_auth_find(
    ngx_http_scim_main_conf_t *mcf, ngx_http_scim_credentials_t *cred);
static ngx_int_t ngx_http_scim_auth_expired(ngx_http_scim_ctx_t *ctx,
    ngx_http_scim_token_t *token);


ngx_int_t
ngx_http_scim_auth_add(ngx_conf_t *cf, ngx_http_scim_main_conf_t *mcf,
    ngx_http_scim_token_t *token)
{
    ngx_uint_t              i;
    ngx_http_scim_token_t  *t;

    if (2 * (mcf->ntokens + 1) > mcf->mask
        && ngx_http_scim_auth_grow(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    i = ngx_http_scim_auth_slot(mcf, token->digest);

    for (t = mcf->tokens[i]; t; t = mcf->tokens[i]) {

        if (ngx_memcmp(t->digest, token->digest, NGX_HTTP_SCIM_DIGEST) == 0) {

            if (t->tenant != token->tenant) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "tenants \"%V\" and \"%V\" have the same "
                                   "token", &t->tenant->name,
                                   &token->tenant->name);
                return NGX_ERROR;
            }

            if (t->basic == token->basic) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "tenant \"%V\" has the same token twice",
                                   &token->tenant->name);
                return NGX_ERROR;
            }
        }

        i = (i + 1) & mcf->mask;
    }

    mcf->tokens[i] = token;
    mcf->ntokens++;

    if (token->basic) {
        mcf->basic = 1;

    } else {
        mcf->bearer = 1;
    }

    return NGX_OK;
}


/* at most half of the slots are taken: a run of probes is short and ends */

static ngx_int_t
ngx_http_scim_auth_grow(ngx_conf_t *cf, ngx_http_scim_main_conf_t *mcf)
{
    ngx_uint_t               i, j, n;
    ngx_http_scim_token_t  **old;

    old = mcf->tokens;
    n = old ? mcf->mask + 1 : 0;

    mcf->mask = old ? 2 * n - 1 : 15;

    mcf->tokens = ngx_pcalloc(cf->pool, (mcf->mask + 1)
                                        * sizeof(ngx_http_scim_token_t *));
    if (mcf->tokens == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {

        if (old[i] == NULL) {
            continue;
        }

        j = ngx_http_scim_auth_slot(mcf, old[i]->digest);

        while (mcf->tokens[j]) {
            j = (j + 1) & mcf->mask;
        }

        mcf->tokens[j] = old[i];
    }

    if (old) {
        (void) ngx_pfree(cf->pool, old);
    }

    return NGX_OK;
}


/* hashed once more: nobody has to believe that a configured digest is one */

static ngx_uint_t
ngx_http_scim_auth_slot(ngx_http_scim_main_conf_t *mcf, u_char *digest)
{
    return ngx_murmur_hash2(digest, NGX_HTTP_SCIM_DIGEST) & mcf->mask;
}


ngx_int_t
ngx_http_scim_authenticate(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    u_char                        buf[NGX_HTTP_SCIM_SECRET];
    ngx_int_t                     rc;
    ngx_table_elt_t              *h;
    ngx_http_scim_credentials_t   cred;

    if (ctx->authenticated) {
        return ctx->token ? NGX_OK : NGX_DECLINED;
    }

    ctx->authenticated = 1;
    ctx->token = NULL;
    ngx_memzero(&ctx->failure, sizeof(ngx_http_scim_failure_t));

    /* there is one at most: nginx refuses a second one with 400 */

    h = r->headers_in.authorization;

    if (h == NULL) {
        ctx->failure.reason = "missing";
        return NGX_DECLINED;
    }

    ctx->failure.reason = "scheme";

    if (ngx_http_scim_auth_scheme(&h->value, &cred) != NGX_OK) {
        return NGX_DECLINED;
    }

    rc = cred.basic ? ngx_http_scim_auth_basic(&cred, buf) : NGX_OK;

    if (rc == NGX_OK) {
        ctx->failure.reason = "unknown";
        rc = ngx_http_scim_auth_look(r, ctx, &cred);
    }

    if (cred.basic) {
        ngx_explicit_memzero(buf, sizeof(buf));
    }

    return rc;
}


/* the configuration first, then what the database has said; NGX_AGAIN: it has
 * to be asked */

static ngx_int_t
ngx_http_scim_auth_look(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    ngx_http_scim_credentials_t *cred)
{
    ngx_int_t               rc;
    ngx_http_scim_token_t  *token;

    if (ngx_http_scim_auth_digest(&cred->secret, cred->digest) != NGX_OK) {
        return NGX_DECLINED;
    }

    token = ngx_http_scim_auth_find(
                ngx_http_get_module_main_conf(r, ngx_http_scim_module), cred);

    if (token) {

        if (token->expires && token->expires <= ngx_time()) {
            return ngx_http_scim_auth_expired(ctx, token);
        }

        ctx->token = token;
        return NGX_OK;
    }

    rc = ngx_http_scim_identify(r, ctx, cred);

    ctx->authenticated = (rc == NGX_OK || rc == NGX_DECLINED);

    return rc;
}


static ngx_int_t
ngx_http_scim_auth_expired(ngx_http_scim_ctx_t *ctx,
    ngx_http_scim_token_t *token)
{
    ctx->failure.reason = "expired";
    ctx->failure.tenant = token->tenant->name;
    ctx->failure.database = token->tenant->database;

    return NGX_DECLINED;
}


/* "Bearer" or "Basic" in any case, spaces, and the rest */

static ngx_int_t
ngx_http_scim_auth_scheme(ngx_str_t *header, ngx_http_scim_credentials_t *cred)
{
    u_char  *p, *last;
    size_t   len;

    last = header->data + header->len;

    for (p = header->data; p < last && *p != ' '; p++) { /* void */ }

    len = p - header->data;

    if (len == 6 && ngx_strncasecmp(header->data, (u_char *) "bearer", 6) == 0)
    {
        cred->basic = 0;

    } else if (len == 5
               && ngx_strncasecmp(header->data, (u_char *) "basic", 5) == 0)
    {
        cred->basic = 1;

    } else {
        return NGX_DECLINED;
    }

    while (p < last && *p == ' ') {
        p++;
    }

    cred->secret.data = p;
    cred->secret.len = last - p;
    ngx_str_null(&cred->user);

    if (cred->secret.len == 0 || cred->secret.len > NGX_HTTP_SCIM_SECRET) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* base64 of user ":" password; the first colon ends the user */

static ngx_int_t
ngx_http_scim_auth_basic(ngx_http_scim_credentials_t *cred, u_char *buf)
{
    u_char     *colon;
    ngx_str_t   text;

    text.data = buf;

    if (ngx_decode_base64(&text, &cred->secret) != NGX_OK) {
        return NGX_DECLINED;
    }

    colon = ngx_strlchr(text.data, text.data + text.len, ':');

    if (colon == NULL) {
        return NGX_DECLINED;
    }

    cred->user.data = text.data;
    cred->user.len = colon - text.data;

    cred->secret.data = colon + 1;
    cred->secret.len = text.data + text.len - cred->secret.data;

    return NGX_OK;
}


/*
 * What is looked up is a digest, which tells nothing of how much of a secret
 * was right; all tokens of the run are compared, in constant time each.
 */

static ngx_http_scim_token_t *
ngx_http_scim_auth_find(ngx_http_scim_main_conf_t *mcf,
    ngx_http_scim_credentials_t *cred)
{
    ngx_uint_t              i;
    ngx_http_scim_token_t  *t, *found;

    if (mcf->tokens == NULL) {
        return NULL;
    }

    found = NULL;
    i = ngx_http_scim_auth_slot(mcf, cred->digest);

    for (t = mcf->tokens[i]; t; t = mcf->tokens[i]) {

        if (CRYPTO_memcmp(t->digest, cred->digest, NGX_HTTP_SCIM_DIGEST) == 0
            && t->basic == cred->basic
            && t->user.len == cred->user.len
            && CRYPTO_memcmp(t->user.data, cred->user.data, t->user.len) == 0)
        {
            found = t;
        }

        i = (i + 1) & mcf->mask;
    }

    return found;
}


ngx_int_t
ngx_http_scim_auth_digest(const ngx_str_t *secret, u_char *digest)
{
    unsigned int  n;

    static const EVP_MD  *md;

    /* OpenSSL 3 looks an algorithm up at each use, unless it was fetched */

    if (md == NULL) {
#if (OPENSSL_VERSION_NUMBER >= 0x30000000L)
        md = EVP_MD_fetch(NULL, "SHA256", NULL);
#else
        md = EVP_sha256();
#endif
    }

    if (md == NULL
        || EVP_Digest(secret->data, secret->len, digest, &n, md, NULL) != 1
        || n != NGX_HTTP_SCIM_DIGEST)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
