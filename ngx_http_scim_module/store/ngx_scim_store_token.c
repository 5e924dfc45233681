
/*
 * Tokens and tenants that the database knows, by scim.find_token().  Called by
 * http/ (ngx_scim_store.h), which keeps the answers for some seconds.
 */


#include "ngx_scim_store_private.h"


#define NGX_SCIM_STORE_DIGEST  32


enum {
    NGX_SCIM_STORE_TOKEN_ENABLED = 0,
    NGX_SCIM_STORE_TOKEN_NAME,
    NGX_SCIM_STORE_TOKEN_SCOPE,
    NGX_SCIM_STORE_TOKEN_ME,
    NGX_SCIM_STORE_TOKEN_META,
    NGX_SCIM_STORE_TOKEN_EXPIRES,
    NGX_SCIM_STORE_TOKEN_FRESH
};


static void ngx_scim_store_token_found(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);
static ngx_int_t ngx_scim_store_token_read(ngx_scim_store_op_t *op,
    PGresult *res);
static ngx_int_t ngx_scim_store_token_text(ngx_scim_store_op_t *op,
    PGresult *res, int col, ngx_str_t *text);
static void ngx_scim_store_token_used(ngx_scim_store_op_t *op);


static const char  ngx_scim_store_find_token_sql[] =
    "select f.enabled, f.name, f.scope, f.me, f.meta::text, f.expires_at,"
          " f.fresh"
    " from scim.find_token($1::text, $2::text,"
                         " pg_catalog.decode($3::text, 'hex')) f";


static const char  ngx_scim_store_token_used_sql[] =
    "select scim.token_used($1::text, $2::text)";


/* the function has the owner's rights: it needs no admission to rows */

ngx_int_t
ngx_scim_store_find_token(ngx_scim_store_request_t *sr, ngx_uint_t basic,
    const u_char *digest)
{
    u_char                    hex[2 * NGX_SCIM_STORE_DIGEST];
    scim_str_t                s;
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_op_t      *op = sr->state;
    ngx_scim_store_params_t   p;

    ngx_scim_store_begin(op);

    job = ngx_pcalloc(sr->pool, sizeof(ngx_scim_pg_job_t));
    if (job == NULL) {
        return NGX_ERROR;
    }

    job->lane = NGX_SCIM_PG_READ;
    job->readonly = 1;
    job->owner = sr->tenant;

    p.pool = sr->pool;
    p.failed = 0;

    ngx_scim_store_query(&p, job, ngx_scim_store_find_token_sql);

    s.len = sr->tenant.len;
    s.data = sr->tenant.data;
    ngx_scim_store_param_text(&p, &s);

    s.len = basic ? 5 : 6;
    s.data = (u_char *) (basic ? "basic" : "bearer");
    ngx_scim_store_param_text(&p, &s);

    s.len = 0;
    s.data = NULL;

    if (digest) {
        s.data = hex;
        s.len = ngx_hex_dump(hex, (u_char *) digest, NGX_SCIM_STORE_DIGEST)
                - hex;
    }

    ngx_scim_store_param_text(&p, &s);

    if (p.failed) {
        return NGX_ERROR;
    }

    return ngx_scim_store_submit(op, job, ngx_scim_store_token_found);
}


static void
ngx_scim_store_token_found(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    PGresult  *res;

    if (job->status != NGX_SCIM_PG_OK) {
        ngx_scim_store_finish(op, ngx_scim_store_error(op, job));
        return;
    }

    res = job->queries[0].result;

    if (ngx_scim_store_token_read(op, res) != NGX_OK) {
        ngx_scim_store_nomem(op);
        return;
    }

    if (op->sr.token.found
        && !ngx_scim_store_true(res, NGX_SCIM_STORE_TOKEN_FRESH))
    {
        ngx_scim_store_token_used(op);
    }

    ngx_scim_store_finish(op, NGX_SCIM_STORE_OK);
}


static ngx_int_t
ngx_scim_store_token_read(ngx_scim_store_op_t *op, PGresult *res)
{
    ngx_scim_store_token_t  *token;

    token = &op->sr.token;

    ngx_memzero(token, sizeof(ngx_scim_store_token_t));

    token->known = !PQgetisnull(res, 0, NGX_SCIM_STORE_TOKEN_ENABLED);
    token->enabled = !token->known
                     || ngx_scim_store_true(res, NGX_SCIM_STORE_TOKEN_ENABLED);

    token->found = !PQgetisnull(res, 0, NGX_SCIM_STORE_TOKEN_NAME);

    if (!token->found) {
        return NGX_OK;
    }

    /* "infinity" is a number, too, and far enough */

    token->expires = (time_t) (ngx_scim_store_int8(res, 0,
                                              NGX_SCIM_STORE_TOKEN_EXPIRES)
                               / 1000000 + NGX_SCIM_STORE_EPOCH);

    if (ngx_scim_store_token_text(op, res, NGX_SCIM_STORE_TOKEN_NAME,
                                  &token->name) != NGX_OK
        || ngx_scim_store_token_text(op, res, NGX_SCIM_STORE_TOKEN_SCOPE,
                                     &token->scope) != NGX_OK
        || ngx_scim_store_token_text(op, res, NGX_SCIM_STORE_TOKEN_ME,
                                     &token->me) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_scim_store_token_text(op, res, NGX_SCIM_STORE_TOKEN_META,
                                     &token->meta);
}


static ngx_int_t
ngx_scim_store_token_text(ngx_scim_store_op_t *op, PGresult *res, int col,
    ngx_str_t *text)
{
    ngx_str_t  value;

    if (PQgetisnull(res, 0, col)) {
        return NGX_OK;
    }

    value.len = (size_t) PQgetlength(res, 0, col);
    value.data = (u_char *) PQgetvalue(res, 0, col);

    text->len = value.len;
    text->data = ngx_pstrdup(op->sr.pool, &value);

    return text->data ? NGX_OK : NGX_ERROR;
}


static void
ngx_scim_store_token_used(ngx_scim_store_op_t *op)
{
    ngx_pool_t               *pool;
    scim_str_t                s;
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_params_t   p;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 8, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    job = ngx_scim_store_background(op->db, pool, &p);
    if (job == NULL) {
        ngx_destroy_pool(pool);
        return;
    }

    ngx_scim_store_query(&p, job, ngx_scim_store_token_used_sql);

    s.len = op->sr.tenant.len;
    s.data = op->sr.tenant.data;
    ngx_scim_store_param_text(&p, &s);

    s.len = op->sr.token.name.len;
    s.data = op->sr.token.name.data;
    ngx_scim_store_param_text(&p, &s);

    ngx_scim_store_background_send(job, &p);
}
