
/*
 * PATCH (RFC 7644 section 3.5.2): parse, then either change members without
 * reading the resource, or read it, apply the program here, and write on the
 * condition that the version is still the one that was read.  Steps stand in
 * the order in which they run.
 */


#include "ngx_http_scim_module.h"


static int ngx_http_scim_patch_parse(ngx_http_scim_ctx_t *ctx,
    scim_policy_t *policy, scim_error_t *err);
static ngx_int_t ngx_http_scim_patch_members(ngx_http_scim_ctx_t *ctx,
    const scim_members_t *members);
static ngx_int_t ngx_http_scim_patch_load(ngx_http_scim_ctx_t *ctx);
static void ngx_http_scim_patch_loaded(ngx_scim_store_request_t *sr);
static ngx_int_t ngx_http_scim_patch_apply(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
static ngx_uint_t ngx_http_scim_patch_nothing(ngx_http_scim_ctx_t *ctx,
    const scim_json_t *current);
static void ngx_http_scim_patch_done(ngx_scim_store_request_t *sr);
static ngx_int_t ngx_http_scim_patch_answer(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
static ngx_uint_t ngx_http_scim_patch_large(ngx_http_scim_ctx_t *ctx);


ngx_int_t
ngx_http_scim_patch(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    int              rc;
    scim_error_t     err;
    scim_policy_t    policy;
    scim_members_t   members;

    ngx_http_scim_policy(ctx, &policy);

    if (ngx_http_scim_patch_parse(ctx, &policy, &err) != SCIM_OK) {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    rc = scim_patch_members(&ctx->sr->arena, ctx->type, &policy, &ctx->patch,
                            &members, &err);

    if (rc == SCIM_ERROR) {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    /* a condition is told of a version, which must be read first */

    if (rc == SCIM_DECLINED || ngx_http_scim_conditional(ctx)) {
        return ngx_http_scim_patch_load(ctx);
    }

    return ngx_http_scim_patch_members(ctx, &members);
}


static int
ngx_http_scim_patch_parse(ngx_http_scim_ctx_t *ctx, scim_policy_t *policy,
    scim_error_t *err)
{
    scim_patch_limits_t  limits;

    limits.operations = ctx->conf->max_operations;
    limits.filter_depth = ctx->conf->max_filter_depth;
    limits.filter_length = ctx->conf->max_filter_length;

    return scim_patch_parse(&ctx->sr->arena, ctx->type, policy, &limits,
                            ctx->body, &ctx->patch, err);
}


static ngx_int_t
ngx_http_scim_patch_members(ngx_http_scim_ctx_t *ctx,
    const scim_members_t *members)
{
    scim_str_t  id;

    id.len = ctx->id.len;
    id.data = ctx->id.data;

    ctx->sr->handler = ngx_http_scim_patch_done;

    return ngx_scim_store_change_members(ctx->sr, &id, 0, members) == NGX_OK
           ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_scim_patch_load(ngx_http_scim_ctx_t *ctx)
{
    scim_str_t  id;

    id.len = ctx->id.len;
    id.data = ctx->id.data;

    ctx->sr->handler = ngx_http_scim_patch_loaded;

    return ngx_scim_store_get(ctx->sr, NGX_SCIM_STORE_BY_ID, &id) == NGX_OK
           ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_scim_patch_loaded(ngx_scim_store_request_t *sr)
{
    ngx_int_t             rc;
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_resume(sr);
    r = ctx->request;

    rc = ngx_http_scim_check_loaded(r, ctx);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_scim_patch_apply(r, ctx);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(ctx, rc);
    }
}


static ngx_int_t
ngx_http_scim_patch_apply(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    scim_str_t                 id;
    scim_json_t               *current;
    scim_error_t               err;
    scim_policy_t              policy;
    ngx_scim_store_request_t  *sr;

    sr = ctx->sr;

    ngx_http_scim_policy(ctx, &policy);

    if (scim_json_parse(&sr->arena, NULL, &sr->rows->doc, &current, &err)
            != SCIM_OK
        || scim_patch_apply(&sr->arena, ctx->type, &policy, &ctx->patch,
                            current, &ctx->resource, &err)
            != SCIM_OK)
    {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    if (ngx_http_scim_patch_nothing(ctx, current)) {
        return ngx_http_scim_patch_answer(r, ctx);
    }

    sr->handler = ngx_http_scim_patch_done;
    sr->patch = 1;

    id.len = ctx->id.len;
    id.data = ctx->id.data;

    return ngx_scim_store_replace(sr, &id, sr->rows->version, &ctx->resource)
           == NGX_OK ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* no new version, no new lastModified (RFC 7644 section 3.5.2.1) */

static ngx_uint_t
ngx_http_scim_patch_nothing(ngx_http_scim_ctx_t *ctx,
    const scim_json_t *current)
{
    scim_members_t  *members;

    members = &ctx->resource.members;

    return ctx->sr->rows->settled
           && !members->replace && members->nadd == 0 && members->nremove == 0
           && scim_json_equal(ctx->resource.doc, current);
}


static void
ngx_http_scim_patch_done(ngx_scim_store_request_t *sr)
{
    ngx_int_t             rc;
    ngx_http_request_t   *r;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_resume(sr);
    r = ctx->request;

    switch (sr->status) {

    case NGX_SCIM_STORE_OK:
        rc = ngx_http_scim_patch_answer(r, ctx);
        break;

    case NGX_SCIM_STORE_CHANGED:

        if (++ctx->tries < NGX_HTTP_SCIM_TRIES) {
            rc = ngx_http_scim_patch_load(ctx);
            break;
        }

        rc = ngx_http_scim_changed(r, ctx);
        break;

    default:
        rc = ngx_http_scim_send_failure(r, ctx);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(ctx, rc);
    }
}


static ngx_int_t
ngx_http_scim_patch_answer(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    scim_stored_t  *res;

    res = ctx->sr->rows;

    if (!ngx_http_scim_patch_large(ctx)) {
        return ngx_http_scim_send_resource(r, ctx, NGX_HTTP_OK, res);
    }

    ngx_memcpy(ctx->resource_id, res->id.data,
               ngx_min(res->id.len, sizeof(ctx->resource_id)));
    ctx->has_resource_id = 1;

    return ngx_http_scim_send(r, ctx, NGX_HTTP_NO_CONTENT, NULL, res->version,
                              NULL);
}


/* who adds one member to a large group does not want to read all of them */

static ngx_uint_t
ngx_http_scim_patch_large(ngx_http_scim_ctx_t *ctx)
{
    return ctx->bulk == NULL
           && ctx->sr->rows->members > (int64_t) ctx->conf->patch_members
           && scim_project_members(ngx_http_scim_view(ctx, ctx->type));
}
