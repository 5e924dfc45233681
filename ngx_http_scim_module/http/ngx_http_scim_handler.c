
/*
 * The content handler of scim_pass: a request's way from its header to the
 * start of its operation.  Route, token, scope, parameters, body, in this
 * order; no database connection is asked for before all of them are done.
 */


#include "ngx_http_scim_module.h"


static int ngx_http_scim_admit(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    scim_error_t *err);
static int ngx_http_scim_routed(ngx_http_scim_ctx_t *ctx, scim_error_t *err);
static int ngx_http_scim_scope(ngx_http_scim_ctx_t *ctx, scim_error_t *err);
static int ngx_http_scim_parameters(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, scim_error_t *err);
static ngx_int_t ngx_http_scim_refuse(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, scim_error_t *err);
static ngx_int_t ngx_http_scim_start(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
static void ngx_http_scim_body_read(ngx_http_request_t *r);
static ngx_int_t ngx_http_scim_run(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
static void ngx_http_scim_cleanup(void *data);


ngx_int_t
ngx_http_scim_handler(ngx_http_request_t *r)
{
    ngx_int_t             rc;
    scim_error_t          err;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /*
     * nginx would compare If-Match with the ETag of our answer, that is,
     * after the write was committed
     */

    r->disable_not_modified = 1;

    if (ngx_http_scim_admit(r, ctx, &err) != SCIM_OK) {
        return ngx_http_scim_refuse(r, ctx, &err);
    }

    if (r->method & (NGX_HTTP_POST|NGX_HTTP_PUT)) {

        if (ngx_http_scim_body_type(r, &err) != SCIM_OK) {
            return ngx_http_scim_refuse(r, ctx, &err);
        }

        rc = ngx_http_read_client_request_body(r, ngx_http_scim_body_read);

        return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_scim_start(r, ctx);

    if (rc == NGX_DONE) {
        r->main->count++;
    }

    return rc;
}


static int
ngx_http_scim_admit(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    scim_error_t *err)
{
    /* a variable may have asked before a rewrite or an error_page */

    ctx->routed = 0;

    ngx_http_scim_route(r, ctx);

    if (ngx_http_scim_authenticate(r, ctx) != NGX_OK) {
        return scim_error(err, NGX_HTTP_UNAUTHORIZED, SCIM_TYPE_NONE,
                          "a valid token is needed");
    }

    if (ngx_http_scim_routed(ctx, err) != SCIM_OK
        || ngx_http_scim_scope(ctx, err) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return ngx_http_scim_parameters(r, ctx, err);
}


static int
ngx_http_scim_routed(ngx_http_scim_ctx_t *ctx, scim_error_t *err)
{
    if (ctx->operation != NGX_HTTP_SCIM_NONE) {
        return SCIM_OK;
    }

    if (ctx->allow) {
        return scim_error(err, NGX_HTTP_NOT_ALLOWED, SCIM_TYPE_NONE,
                          "the endpoint does not know this method");
    }

    return scim_error(err, NGX_HTTP_NOT_FOUND, SCIM_TYPE_NONE,
                      "no such endpoint");
}


static int
ngx_http_scim_scope(ngx_http_scim_ctx_t *ctx, scim_error_t *err)
{
    ngx_uint_t  right;

    if (ctx->type == NULL) {
        return SCIM_OK;
    }

    right = (ctx->operation == NGX_HTTP_SCIM_GET
             || ctx->operation == NGX_HTTP_SCIM_LIST)
            ? NGX_HTTP_SCIM_USERS_READ : NGX_HTTP_SCIM_USERS_WRITE;

    if (ctx->token->rights & right) {
        return SCIM_OK;
    }

    return scim_error(err, NGX_HTTP_FORBIDDEN, SCIM_TYPE_NONE,
                      "the token's scope does not allow this operation");
}


static int
ngx_http_scim_parameters(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    scim_error_t *err)
{
    scim_str_t           args;
    scim_query_limits_t  limits;

    args.len = r->args.len;
    args.data = r->args.data;

    limits.results = ctx->conf->max_results;
    limits.filter_depth = ctx->conf->max_filter_depth;
    limits.filter_length = ctx->conf->max_filter_length;

    return scim_query_parse(&ctx->arena, ctx->type, &args, &limits,
                            &ctx->query, err);
}


static ngx_int_t
ngx_http_scim_refuse(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    scim_error_t *err)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);

    return (rc == NGX_OK) ? ngx_http_scim_send_error(r, ctx, err) : rc;
}


/*
 * The operation is run with the request's references as they are: NGX_DONE
 * says that an answer will follow and one of them belongs to it.
 */

static ngx_int_t
ngx_http_scim_start(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    ngx_http_cleanup_t          *cln;
    ngx_http_scim_tenant_t      *tenant;
    ngx_scim_store_database_t   *db;

    if (ctx->type == NULL) {
        return ngx_http_scim_discover(r, ctx);
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* of a first run, when error_page has come back here */

    ngx_http_scim_cleanup(ctx);

    tenant = ctx->token->tenant;
    db = tenant->database ? tenant->database : ctx->conf->database;

    ctx->sr = ngx_scim_store_request(db, ngx_cycle->log);
    if (ctx->sr == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_scim_cleanup;
    cln->data = ctx;

    ctx->sr->tenant = tenant->name;
    ctx->sr->token_name = ctx->token->name;
    ctx->sr->type = ctx->type;
    ctx->sr->data = r;

    ngx_memcpy(ctx->request_id, ctx->sr->request_id, sizeof(ctx->request_id));
    ctx->has_request_id = 1;

    /* a client that leaves ends the request, not what is in PostgreSQL */

    r->read_event_handler = ngx_http_test_reading;
    r->connection->log->action = "waiting for PostgreSQL";

    return ngx_http_scim_run(r, ctx);
}


static void
ngx_http_scim_body_read(ngx_http_request_t *r)
{
    ngx_int_t             rc;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_ctx(r);

    rc = ctx ? ngx_http_scim_start(r, ctx) : NGX_HTTP_INTERNAL_SERVER_ERROR;

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}


static ngx_int_t
ngx_http_scim_run(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    scim_error_t  err;

    if (r->method & (NGX_HTTP_POST|NGX_HTTP_PUT)
        && ngx_http_scim_body(r, ctx, &err) != SCIM_OK)
    {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    switch (ctx->operation) {

    case NGX_HTTP_SCIM_GET:
        return ngx_http_scim_get(r, ctx);

    case NGX_HTTP_SCIM_LIST:
        return ngx_http_scim_list(r, ctx);

    case NGX_HTTP_SCIM_CREATE:
        return ngx_http_scim_create(r, ctx);

    case NGX_HTTP_SCIM_REPLACE:
        return ngx_http_scim_replace(r, ctx);

    default: /* NGX_HTTP_SCIM_DELETE */
        return ngx_http_scim_delete(r, ctx);
    }
}


ngx_http_scim_ctx_t *
ngx_http_scim_resume(ngx_http_request_t *r, ngx_scim_store_request_t *sr)
{
    ngx_http_scim_ctx_t  *ctx;

    /* there is one: the request would have abandoned sr else */

    ctx = ngx_http_scim_ctx(r);

    ctx->db_time = sr->db_time;
    ctx->segments = sr->segments;

    ngx_http_set_log_request(r->connection->log, r);
    r->connection->log->action = "sending to client";

    return ctx;
}


void
ngx_http_scim_finish(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_connection_t  *c;

    c = r->connection;

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_scim_cleanup(void *data)
{
    ngx_http_scim_ctx_t *ctx = data;

    if (ctx->sr) {
        ngx_scim_store_done(ctx->sr);
        ctx->sr = NULL;
    }
}
