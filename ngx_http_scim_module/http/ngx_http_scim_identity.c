
/*
 * Tokens that the database knows, and tenants that are disabled: who asks,
 * where the configuration alone cannot tell.  Called by ngx_http_scim_auth.c
 * (a look at what is known) and by the content handler (asks the database).
 *
 * The text of such a token is "scim_", the tenant's name, "_", 43 letters and
 * digits, and 6 hexadecimal digits of the SHA-256 of all before them.
 */


#include "ngx_http_scim_module.h"


#define NGX_HTTP_SCIM_TOKEN_HEAD      5
#define NGX_HTTP_SCIM_TOKEN_RANDOM    43
#define NGX_HTTP_SCIM_TOKEN_CHECK     6
#define NGX_HTTP_SCIM_TOKEN_TAIL                                              \
    (NGX_HTTP_SCIM_TOKEN_RANDOM + NGX_HTTP_SCIM_TOKEN_CHECK)


static ngx_int_t ngx_http_scim_token_parse(
    const ngx_http_scim_credentials_t *cred, ngx_str_t *name);
static ngx_http_scim_tenant_t *ngx_http_scim_token_tenant(
    ngx_http_scim_main_conf_t *smcf, ngx_str_t *name);
static ngx_int_t ngx_http_scim_identified(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, const ngx_scim_store_token_t *answer);
static ngx_http_scim_token_t *ngx_http_scim_identity(ngx_http_request_t *r,
    const ngx_http_scim_question_t *q, const ngx_scim_store_token_t *answer);
static void ngx_http_scim_ask_done(ngx_scim_store_request_t *sr);
static void ngx_http_scim_ask_cleanup(void *data);
static void ngx_http_scim_state_question(ngx_http_scim_ctx_t *ctx,
    ngx_http_scim_question_t *q);
static void ngx_http_scim_state_done(ngx_scim_store_request_t *sr);
static ngx_int_t ngx_http_scim_stated(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
static ngx_int_t ngx_http_scim_copy(ngx_pool_t *pool, ngx_str_t *to,
    const ngx_str_t *from);


ngx_int_t
ngx_http_scim_identify(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    const ngx_http_scim_credentials_t *cred)
{
    ngx_str_t                      name;
    ngx_http_scim_tenant_t        *tenant;
    ngx_http_scim_question_t      *q;
    ngx_http_scim_main_conf_t     *smcf;
    const ngx_scim_store_token_t  *answer;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_scim_module);

    if (ngx_http_scim_token_parse(cred, &name) != NGX_OK) {
        return NGX_DECLINED;
    }

    tenant = ngx_http_scim_token_tenant(smcf, &name);
    if (tenant == NULL) {
        return NGX_DECLINED;
    }

    q = ctx->question;

    if (q == NULL) {
        q = ngx_pcalloc(r->pool, sizeof(ngx_http_scim_question_t));

        if (q == NULL || ngx_http_scim_copy(r->pool, &q->name, &name) != NGX_OK)
        {
            return NGX_ERROR;
        }

        ctx->question = q;
    }

    q->tenant = tenant;
    q->database = tenant->database ? tenant->database : ctx->conf->database;
    q->basic = cred->basic;
    ngx_memcpy(q->digest, cred->digest, NGX_HTTP_SCIM_DIGEST);

    answer = ngx_http_scim_token_recall(smcf, q);

    return answer ? ngx_http_scim_identified(r, ctx, answer) : NGX_AGAIN;
}


/* a text whose check digits are wrong was never a token: nobody is asked */

static ngx_int_t
ngx_http_scim_token_parse(const ngx_http_scim_credentials_t *cred,
    ngx_str_t *name)
{
    u_char      c, *p, *check, digest[NGX_HTTP_SCIM_DIGEST],
                hex[NGX_HTTP_SCIM_TOKEN_CHECK];
    ngx_str_t   text;

    text = cred->secret;

    if (text.len < NGX_HTTP_SCIM_TOKEN_HEAD + 2 + NGX_HTTP_SCIM_TOKEN_TAIL
        || ngx_strncmp(text.data, "scim_", NGX_HTTP_SCIM_TOKEN_HEAD) != 0)
    {
        return NGX_DECLINED;
    }

    check = text.data + text.len - NGX_HTTP_SCIM_TOKEN_CHECK;
    p = check - NGX_HTTP_SCIM_TOKEN_RANDOM;

    name->data = text.data + NGX_HTTP_SCIM_TOKEN_HEAD;
    name->len = p - 1 - name->data;

    if (p[-1] != '_' || !ngx_http_scim_conf_name(name)) {
        return NGX_DECLINED;
    }

    for ( /* void */ ; p < check; p++) {
        c = *p | 0x20;

        if (!(c >= 'a' && c <= 'z') && !(*p >= '0' && *p <= '9')) {
            return NGX_DECLINED;
        }
    }

    text.len -= NGX_HTTP_SCIM_TOKEN_CHECK;

    if (ngx_http_scim_auth_digest(&text, digest) != NGX_OK) {
        return NGX_DECLINED;
    }

    (void) ngx_hex_dump(hex, digest, NGX_HTTP_SCIM_TOKEN_CHECK / 2);

    if (ngx_memcmp(hex, check, NGX_HTTP_SCIM_TOKEN_CHECK) != 0) {
        return NGX_DECLINED;
    }

    /* the user is the tenant's name once more */

    if (cred->basic
        && (cred->user.len != name->len
            || ngx_memcmp(cred->user.data, name->data, name->len) != 0))
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* whose block it is; NULL: no token of the database is good for it */

static ngx_http_scim_tenant_t *
ngx_http_scim_token_tenant(ngx_http_scim_main_conf_t *smcf, ngx_str_t *name)
{
    uint32_t                 hash;
    ngx_http_scim_tenant_t  *tenant;

    hash = ngx_crc32_long(name->data, name->len);

    tenant = (ngx_http_scim_tenant_t *)
                 ngx_str_rbtree_lookup(&smcf->names, name, hash);

    if (tenant == NULL) {
        return smcf->others;
    }

    return tenant->token_source == NGX_HTTP_SCIM_TOKENS_CONFIG ? NULL : tenant;
}


/* takes the answer to ctx->question: NGX_OK, NGX_DECLINED, or NGX_ERROR when
 * memory is short */

static ngx_int_t
ngx_http_scim_identified(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    const ngx_scim_store_token_t *answer)
{
    ngx_http_scim_question_t  *q;

    q = ctx->question;

    ctx->authenticated = 1;

    if (answer->found && answer->expires > ngx_time()) {
        ctx->token = ngx_http_scim_identity(r, q, answer);
        ctx->stated = 1;
        ctx->disabled = !answer->enabled;

        if (ctx->token) {
            return NGX_OK;
        }

        ctx->authenticated = 0;
        return NGX_ERROR;
    }

    ctx->failure.reason = answer->found ? "expired" : "unknown";

    if (answer->known) {
        ctx->failure.tenant = q->name;
        ctx->failure.database = q->database;
    }

    return NGX_DECLINED;
}


/* a token as the configuration would have it, as long as the request lives; a
 * tenant without a block is what "*" says, under its own name */

static ngx_http_scim_token_t *
ngx_http_scim_identity(ngx_http_request_t *r,
    const ngx_http_scim_question_t *q, const ngx_scim_store_token_t *answer)
{
    ngx_str_t               scope;
    ngx_http_scim_token_t  *token;

    token = ngx_pcalloc(r->pool, sizeof(ngx_http_scim_token_t));

    if (token == NULL
        || ngx_http_scim_copy(r->pool, &token->name, &answer->name) != NGX_OK
        || ngx_http_scim_copy(r->pool, &token->me, &answer->me) != NGX_OK
        || ngx_http_scim_copy(r->pool, &token->meta, &answer->meta) != NGX_OK)
    {
        return NULL;
    }

    token->basic = q->basic;
    token->expires = answer->expires;
    token->rights = NGX_HTTP_SCIM_ALL;

    /* what is no scope gives no rights */

    scope = answer->scope;

    if (scope.data) {
        (void) ngx_http_scim_conf_scope(&scope, &token->rights);
    }

    token->tenant = q->tenant;

    if (q->name.len == q->tenant->name.len
        && ngx_memcmp(q->name.data, q->tenant->name.data, q->name.len) == 0)
    {
        return token;
    }

    token->tenant = ngx_palloc(r->pool, sizeof(ngx_http_scim_tenant_t));
    if (token->tenant == NULL) {
        return NULL;
    }

    *token->tenant = *q->tenant;
    token->tenant->name = q->name;

    return token;
}


ngx_int_t
ngx_http_scim_ask(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    ngx_http_cleanup_t        *cln;
    ngx_http_scim_question_t  *q;
    ngx_scim_store_request_t  *sr;

    q = ctx->question;

    cln = ngx_http_cleanup_add(r, 0);
    sr = ngx_scim_store_request(q->database, ngx_cycle->log);

    if (cln == NULL || sr == NULL) {
        goto failed;
    }

    sr->handler = ngx_http_scim_ask_done;
    sr->data = ctx;

    if (ngx_http_scim_copy(sr->pool, &sr->tenant, &q->name) != NGX_OK
        || ngx_scim_store_find_token(sr, q->basic, q->digest) != NGX_OK)
    {
        goto failed;
    }

    q->sr = sr;

    cln->handler = ngx_http_scim_ask_cleanup;
    cln->data = q;

    r->read_event_handler = ngx_http_test_reading;
    r->connection->log->action = "asking PostgreSQL for a token";

    r->main->count++;

    return NGX_DONE;

failed:

    if (sr) {
        ngx_scim_store_done(sr);
    }

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_scim_ask_done(ngx_scim_store_request_t *sr)
{
    ngx_int_t                   rc;
    scim_error_t                err;
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_scim_ctx_t        *ctx;
    ngx_http_scim_main_conf_t  *smcf;

    ctx = sr->data;
    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);
    c->log->action = "sending to client";
    r->read_event_handler = ngx_http_block_reading;

    ctx->db_time += sr->db_time;
    ctx->segments += sr->segments;

    if (sr->status == NGX_SCIM_STORE_OK) {
        smcf = ngx_http_get_module_main_conf(r, ngx_http_scim_module);
        ngx_http_scim_token_learn(smcf, ctx->question, &sr->token,
                                  sr->db_time);

        rc = ngx_http_scim_identified(r, ctx, &sr->token);

    } else {
        err = sr->error;
        rc = NGX_AGAIN;
    }

    ngx_http_scim_ask_cleanup(ctx->question);

    switch (rc) {

    case NGX_AGAIN:
        rc = ngx_http_scim_refuse(r, ctx, &err);
        break;

    case NGX_ERROR:
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
        break;

    default: /* NGX_OK, NGX_DECLINED */
        rc = ngx_http_scim_proceed(r, ctx);
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_scim_ask_cleanup(void *data)
{
    ngx_http_scim_question_t *q = data;

    if (q->sr) {
        ngx_scim_store_done(q->sr);
        q->sr = NULL;
    }
}


ngx_int_t
ngx_http_scim_state(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    ngx_http_scim_question_t       q;
    ngx_http_scim_main_conf_t     *smcf;
    const ngx_scim_store_token_t  *answer;

    if (!ctx->stated) {
        smcf = ngx_http_get_module_main_conf(r, ngx_http_scim_module);

        ngx_http_scim_state_question(ctx, &q);
        answer = ngx_http_scim_token_recall(smcf, &q);

        if (answer == NULL) {
            ctx->sr->handler = ngx_http_scim_state_done;

            return ngx_scim_store_find_token(ctx->sr, 0, NULL) == NGX_OK
                   ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->stated = 1;
        ctx->disabled = !answer->enabled;
    }

    return ngx_http_scim_stated(r, ctx);
}


static void
ngx_http_scim_state_question(ngx_http_scim_ctx_t *ctx,
    ngx_http_scim_question_t *q)
{
    ngx_memzero(q, sizeof(ngx_http_scim_question_t));

    q->tenant = ctx->token->tenant;
    q->name = q->tenant->name;
    q->database = ctx->sr->database;
    q->state = 1;
}


static void
ngx_http_scim_state_done(ngx_scim_store_request_t *sr)
{
    ngx_int_t                   rc;
    ngx_http_request_t         *r;
    ngx_http_scim_ctx_t        *ctx;
    ngx_http_scim_question_t    q;
    ngx_http_scim_main_conf_t  *smcf;

    ctx = ngx_http_scim_resume(sr);
    r = ctx->request;

    if (sr->status == NGX_SCIM_STORE_OK) {
        smcf = ngx_http_get_module_main_conf(r, ngx_http_scim_module);

        ngx_http_scim_state_question(ctx, &q);
        ngx_http_scim_token_learn(smcf, &q, &sr->token, sr->db_time);

        ctx->stated = 1;
        ctx->disabled = !sr->token.enabled;

        rc = ngx_http_scim_stated(r, ctx);

    } else {
        rc = ngx_http_scim_send_failure(r, ctx);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(ctx, rc);
    }
}


static ngx_int_t
ngx_http_scim_stated(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    scim_error_t  err;

    if (!ctx->disabled) {
        return ctx->me ? ngx_http_scim_me(r, ctx)
                       : ngx_http_scim_operate(r, ctx);
    }

    (void) scim_error(&err, NGX_HTTP_FORBIDDEN, SCIM_TYPE_NONE,
                      "the tenant is disabled");

    return ngx_http_scim_send_error(r, ctx, &err);
}


ngx_int_t
ngx_http_scim_identity_store(ngx_scim_store_request_t *sr,
    ngx_http_scim_ctx_t *ctx)
{
    ngx_http_scim_token_t  *token;

    token = ctx->token;

    if (ngx_http_scim_copy(sr->pool, &sr->tenant, &token->tenant->name)
            != NGX_OK
        || ngx_http_scim_copy(sr->pool, &sr->token_name, &token->name)
            != NGX_OK
        || ngx_http_scim_copy(sr->pool, &sr->token_meta, &token->meta)
            != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_scim_copy(sr->pool, &sr->client,
                              &ctx->request->connection->addr_text);
}


static ngx_int_t
ngx_http_scim_copy(ngx_pool_t *pool, ngx_str_t *to, const ngx_str_t *from)
{
    ngx_str_null(to);

    if (from->data == NULL) {
        return NGX_OK;
    }

    to->data = ngx_pnalloc(pool, from->len);
    if (to->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(to->data, from->data, from->len);
    to->len = from->len;

    return NGX_OK;
}
