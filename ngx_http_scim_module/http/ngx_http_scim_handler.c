
/*
 * The content handler of scim_pass: a request's way from its header to the
 * start of its operation.  Token, route, scope, parameters, body, in this
 * order; no database connection is asked for before all of them are done, but
 * for a token that the database alone can know.
 */


#include "ngx_http_scim_module.h"


#define NGX_HTTP_SCIM_BODY  (NGX_HTTP_POST|NGX_HTTP_PUT|NGX_HTTP_PATCH)


static int ngx_http_scim_admit(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    scim_error_t *err);
static int ngx_http_scim_routed(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, scim_error_t *err);
static int ngx_http_scim_scope(ngx_http_scim_ctx_t *ctx, scim_error_t *err);
static int ngx_http_scim_parameters(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, scim_error_t *err);
static ngx_int_t ngx_http_scim_types(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, const scim_resource_type_t **types, size_t *n);
static ngx_int_t ngx_http_scim_start(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
static void ngx_http_scim_body_read(ngx_http_request_t *r);
static void ngx_http_scim_cleanup(void *data);


ngx_int_t
ngx_http_scim_handler(ngx_http_request_t *r)
{
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

    switch (ngx_http_scim_authenticate(r, ctx)) {

    case NGX_AGAIN:
        return ngx_http_scim_ask(r, ctx);

    case NGX_ERROR:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;

    default: /* NGX_OK, NGX_DECLINED */
        return ngx_http_scim_proceed(r, ctx);
    }
}


ngx_int_t
ngx_http_scim_proceed(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    ngx_int_t     rc;
    scim_error_t  err;

    if (ngx_http_scim_admit(r, ctx, &err) != SCIM_OK) {
        return ngx_http_scim_refuse(r, ctx, &err);
    }

    if (r->method & NGX_HTTP_SCIM_BODY) {

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

    if (ctx->token == NULL) {
        ngx_http_scim_auth_failed(ctx);

        return scim_error(err, NGX_HTTP_UNAUTHORIZED, SCIM_TYPE_NONE,
                          "a valid token is needed");
    }

    if (ngx_http_scim_routed(r, ctx, err) != SCIM_OK
        || ngx_http_scim_scope(ctx, err) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return ngx_http_scim_parameters(r, ctx, err);
}


static int
ngx_http_scim_routed(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    scim_error_t *err)
{
    if (ctx->operation == NGX_HTTP_SCIM_NONE) {

        if (ctx->allow) {
            return scim_error(err, NGX_HTTP_NOT_ALLOWED, SCIM_TYPE_NONE,
                              "the endpoint does not know this method");
        }

        return scim_error(err, NGX_HTTP_NOT_FOUND, SCIM_TYPE_NONE,
                          "no such endpoint");
    }

    if (ctx->me && ctx->token->me.len == 0) {
        return scim_error(err, NGX_HTTP_NOT_IMPLEMENTED, SCIM_TYPE_NONE,
                          "the token stands for no user");
    }

    if (ctx->operation == NGX_HTTP_SCIM_BULK
        && r->headers_in.content_length_n > (off_t) ctx->conf->max_payload)
    {
        return scim_error(err, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                          SCIM_TYPE_NONE,
                          "the request is larger than maxPayloadSize, "
                          "%z bytes", ctx->conf->max_payload);
    }

    return SCIM_OK;
}


static int
ngx_http_scim_scope(ngx_http_scim_ctx_t *ctx, scim_error_t *err)
{
    ngx_uint_t  write;

    /* of Bulk and at the root each type is looked at where it is known */

    if (ctx->type == NULL) {
        return SCIM_OK;
    }

    write = (ctx->operation != NGX_HTTP_SCIM_GET
             && ctx->operation != NGX_HTTP_SCIM_LIST
             && ctx->operation != NGX_HTTP_SCIM_SEARCH);

    if (ngx_http_scim_may(ctx->token, ctx->type, write)) {
        return SCIM_OK;
    }

    return scim_error(err, NGX_HTTP_FORBIDDEN, SCIM_TYPE_NONE,
                      "the token's scope does not allow this operation");
}


ngx_uint_t
ngx_http_scim_may(ngx_http_scim_token_t *token,
    const scim_resource_type_t *type, ngx_uint_t write)
{
    ngx_uint_t  right;

    right = NGX_HTTP_SCIM_OTHERS_READ;

    if (scim_str_is(&type->name, "User")) {
        right = NGX_HTTP_SCIM_USERS_READ;

    } else if (scim_str_is(&type->name, "Group")) {
        right = NGX_HTTP_SCIM_GROUPS_READ;
    }

    /* the bit of writing stands beside that of reading */

    return (token->rights & (write ? right << 1 : right)) != 0;
}


static int
ngx_http_scim_parameters(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    scim_error_t *err)
{
    size_t                       n;
    scim_str_t                   args;
    scim_query_limits_t          limits;
    const scim_resource_type_t  *types;

    args.len = r->args.len;
    args.data = r->args.data;

    limits.results = ctx->conf->max_results;
    limits.filter_depth = ctx->conf->max_filter_depth;
    limits.filter_length = ctx->conf->max_filter_length;

    if (ngx_http_scim_types(r, ctx, &types, &n) != NGX_OK) {
        return scim_error_nomem(err);
    }

    if (ctx->root && n == 0) {
        return scim_error(err, NGX_HTTP_FORBIDDEN, SCIM_TYPE_NONE,
                          "the token's scope does not allow this operation");
    }

    if (ctx->operation == NGX_HTTP_SCIM_SEARCH) {

        /* they stand in the body */

        ngx_str_null(&args);
    }

    return scim_query_parse(&ctx->arena, types, n, &args, &limits,
                            &ctx->query, err);
}


/* what is asked for: one type, at the root all that the token may read */

static ngx_int_t
ngx_http_scim_types(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    const scim_resource_type_t **types, size_t *n)
{
    size_t                 i;
    scim_resource_type_t  *list;

    *types = ctx->type;
    *n = (ctx->type != NULL);

    if (!ctx->root) {
        return NGX_OK;
    }

    list = ngx_palloc(r->pool, ctx->registry->ntypes
                               * sizeof(scim_resource_type_t));
    if (list == NULL) {
        return NGX_ERROR;
    }

    *types = list;

    for (i = 0; i < ctx->registry->ntypes; i++) {
        if (ngx_http_scim_may(ctx->token, &ctx->registry->types[i], 0)) {
            list[(*n)++] = ctx->registry->types[i];
        }
    }

    return NGX_OK;
}


ngx_int_t
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
    scim_error_t         err;
    ngx_http_cleanup_t  *cln;

    if (ctx->type == NULL && !ctx->root
        && ctx->operation != NGX_HTTP_SCIM_BULK)
    {
        return ngx_http_scim_discover(r, ctx);
    }

    cln = ngx_http_cleanup_add(r, 0);

    if (cln == NULL || ngx_http_scim_store(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_scim_cleanup;
    cln->data = ctx;

    ngx_memcpy(ctx->request_id, ctx->sr->request_id, sizeof(ctx->request_id));
    ctx->has_request_id = 1;

    /* a client that leaves ends the request, not what is in PostgreSQL */

    r->read_event_handler = ngx_http_test_reading;
    r->connection->log->action = "waiting for PostgreSQL";

    if (r->method & NGX_HTTP_SCIM_BODY
        && ngx_http_scim_body(r, ctx, &err) != SCIM_OK)
    {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    /* a write that reads nothing looks at the tenant in its transaction */

    return ctx->operation == NGX_HTTP_SCIM_CREATE
           ? ngx_http_scim_operate(r, ctx) : ngx_http_scim_state(r, ctx);
}


ngx_int_t
ngx_http_scim_store(ngx_http_scim_ctx_t *ctx)
{
    ngx_http_scim_tenant_t     *tenant;
    ngx_scim_store_request_t   *sr;
    ngx_scim_store_database_t  *db;

    tenant = ctx->token->tenant;
    db = tenant->database ? tenant->database : ctx->conf->database;

    sr = ngx_scim_store_request(db, ngx_cycle->log);
    if (sr == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_scim_identity_store(sr, ctx) != NGX_OK) {
        ngx_scim_store_done(sr);
        return NGX_ERROR;
    }

    sr->seats = tenant->seats;
    sr->adopt = tenant->adopt;
    sr->tombstone = tenant->tombstone;
    sr->restore = tenant->restore;
    sr->registry = ctx->registry;
    sr->type = ctx->type;
    sr->reject_unknown = tenant->reject_unknown;
    sr->want_groups = ngx_http_scim_wants_groups(ctx);
    sr->data = ctx;

    /* there is one when error_page has come back here, or between pages */

    ngx_http_scim_cleanup(ctx);

    ctx->sr = sr;
    ctx->sr_time = 0;
    ctx->sr_segments = 0;

    return NGX_OK;
}


ngx_uint_t
ngx_http_scim_wants_groups(ngx_http_scim_ctx_t *ctx)
{
    size_t  i;

    for (i = 0; i < ctx->query.nviews; i++) {
        if (scim_project_groups(&ctx->query.views[i])) {
            return 1;
        }
    }

    return 0;
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


ngx_int_t
ngx_http_scim_operate(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    switch (ctx->operation) {

    case NGX_HTTP_SCIM_GET:
        return ngx_http_scim_get(r, ctx);

    case NGX_HTTP_SCIM_LIST:
        return ngx_http_scim_list(r, ctx);

    case NGX_HTTP_SCIM_SEARCH:
        return ngx_http_scim_search(r, ctx);

    case NGX_HTTP_SCIM_CREATE:
        return ngx_http_scim_create(r, ctx);

    case NGX_HTTP_SCIM_REPLACE:
        return ngx_http_scim_replace(r, ctx);

    case NGX_HTTP_SCIM_PATCH:
        return ngx_http_scim_patch(r, ctx);

    case NGX_HTTP_SCIM_BULK:
        return ngx_http_scim_bulk(r, ctx);

    default: /* NGX_HTTP_SCIM_DELETE */
        return ngx_http_scim_delete(r, ctx);
    }
}


void
ngx_http_scim_policy(ngx_http_scim_ctx_t *ctx, scim_policy_t *policy)
{
    ngx_http_scim_tenant_t  *tenant;

    tenant = ctx->token->tenant;

    *policy = tenant->policy;

    policy->values = ctx->conf->max_values;
    policy->members = ctx->conf->max_members;
    policy->size = ctx->conf->max_resource;

    if (tenant->profile == NGX_CONF_UNSET_UINT) {
        policy->strict = ctx->conf->profile;
    }
}


const scim_view_t *
ngx_http_scim_view(ngx_http_scim_ctx_t *ctx, const scim_resource_type_t *type)
{
    size_t  i;

    for (i = 0; i + 1 < ctx->query.nviews; i++) {

        /* a copy of the registry's own, when the token may not read all */

        if (ctx->query.views[i].rtype->endpoint.data == type->endpoint.data) {
            break;
        }
    }

    return &ctx->query.views[i];
}


ngx_http_scim_ctx_t *
ngx_http_scim_resume(ngx_scim_store_request_t *sr)
{
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    ctx = sr->data;
    r = ctx->request;

    ctx->db_time += sr->db_time - ctx->sr_time;
    ctx->sr_time = sr->db_time;
    ctx->segments += sr->segments - ctx->sr_segments;
    ctx->sr_segments = sr->segments;

    ngx_http_set_log_request(r->connection->log, r);
    r->connection->log->action = "sending to client";

    return ctx;
}


void
ngx_http_scim_finish(ngx_http_scim_ctx_t *ctx, ngx_int_t rc)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    if (ctx->bulk) {
        ngx_http_scim_bulk_finish(ctx, rc);
        return;
    }

    r = ctx->request;
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
