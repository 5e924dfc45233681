
/*
 * What is told of those who were refused: an audit row of each write, a count
 * of those who were nobody.  Called where errors are answered.
 */


#include "ngx_http_scim_module.h"


static ngx_uint_t ngx_http_scim_refused_write(ngx_http_scim_ctx_t *ctx,
    scim_error_t *err);
static void ngx_http_scim_refused_id(ngx_http_scim_ctx_t *ctx,
    ngx_scim_store_request_t *sr);
static ngx_msec_t ngx_http_scim_refused_time(ngx_http_request_t *r);


void
ngx_http_scim_refused(ngx_http_scim_ctx_t *ctx, scim_error_t *err)
{
    ngx_http_scim_tenant_t    *tenant;
    ngx_scim_store_request_t  *sr;
    ngx_scim_store_refusal_t   refusal;

    if (!ngx_http_scim_refused_write(ctx, err)) {
        return;
    }

    tenant = ctx->token->tenant;

    sr = ngx_scim_store_request(tenant->database ? tenant->database
                                                 : ctx->conf->database,
                                ngx_cycle->log);
    if (sr == NULL) {
        return;
    }

    ngx_http_scim_refused_id(ctx, sr);

    ngx_memzero(&refusal, sizeof(ngx_scim_store_refusal_t));

    refusal.op = (char *) ngx_http_scim_operation_name(ctx->operation)->data;
    refusal.status = err->status;
    refusal.scim_type = scim_error_type_name(err->type);
    refusal.attr.data = (u_char *) err->attr;
    refusal.attr.len = ngx_strlen(err->attr);
    refusal.ms = ngx_http_scim_refused_time(ctx->request);

    if (ctx->type) {
        refusal.type = ctx->type->name;
    }

    /* that of a resource which was not made is of no use */

    if (ctx->operation != NGX_HTTP_SCIM_CREATE) {
        refusal.id.len = ctx->id.len;
        refusal.id.data = ctx->id.data;
    }

    if (ngx_http_scim_identity_store(sr, ctx) != NGX_OK) {
        ngx_scim_store_done(sr);
        return;
    }

    ngx_scim_store_refused(sr, &refusal);
}


/* faults of ours, and of the database, are in the error log */

static ngx_uint_t
ngx_http_scim_refused_write(ngx_http_scim_ctx_t *ctx, scim_error_t *err)
{
    if (ctx->token == NULL || err->status < 400 || err->status > 499) {
        return 0;
    }

    switch (ctx->operation) {

    case NGX_HTTP_SCIM_CREATE:
    case NGX_HTTP_SCIM_REPLACE:
    case NGX_HTTP_SCIM_PATCH:
    case NGX_HTTP_SCIM_DELETE:
    case NGX_HTTP_SCIM_BULK:
        return 1;

    default:
        return 0;
    }
}


/* nothing was written under the request's id, so it is that of the row */

static void
ngx_http_scim_refused_id(ngx_http_scim_ctx_t *ctx,
    ngx_scim_store_request_t *sr)
{
    if (ctx->sr) {
        ngx_memcpy(sr->request_id, ctx->sr->request_id,
                   sizeof(sr->request_id));
        return;
    }

    if (!ctx->has_request_id) {
        ngx_memcpy(ctx->request_id, sr->request_id, sizeof(ctx->request_id));
        ctx->has_request_id = 1;
        return;
    }

    ngx_memcpy(sr->request_id, ctx->request_id, sizeof(sr->request_id));
}


static ngx_msec_t
ngx_http_scim_refused_time(ngx_http_request_t *r)
{
    ngx_time_t      *tp;
    ngx_msec_int_t   ms;

    tp = ngx_timeofday();

    ms = (ngx_msec_int_t) ((tp->sec - r->start_sec) * 1000
                           + (tp->msec - r->start_msec));

    return (ngx_msec_t) ngx_max(ms, 0);
}


void
ngx_http_scim_auth_failed(ngx_http_scim_ctx_t *ctx)
{
    ngx_http_scim_failure_t    *failure;
    ngx_scim_store_database_t  *db;

    failure = &ctx->failure;
    db = failure->database ? failure->database : ctx->conf->database;

    ngx_scim_store_auth_failed(db, &failure->tenant, failure->reason);
}
