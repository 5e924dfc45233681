
/*
 * Variables, for log_format and as keys of limit_req.  None holds a secret or
 * what a person is called.  Called by nginx, before the content handler or
 * long after it.
 */


#include "ngx_http_scim_module.h"


static ngx_http_scim_ctx_t *ngx_http_scim_variable_ctx(ngx_http_request_t *r);
static ngx_int_t ngx_http_scim_variable_text(ngx_http_variable_value_t *v,
    size_t len, const u_char *data);
static ngx_int_t ngx_http_scim_variable_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, int64_t n);
static ngx_int_t ngx_http_scim_variable_tenant(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_scim_variable_token_name(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_scim_variable_operation(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_scim_variable_resource_type(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_scim_variable_resource_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_scim_variable_version(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_scim_variable_error(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_scim_variable_results(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_scim_variable_db_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_scim_variable_db_segments(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_scim_variable_request_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_http_variable_t  ngx_http_scim_vars[] = {

    { ngx_string("scim_tenant"), NULL,
      ngx_http_scim_variable_tenant, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("scim_token_name"), NULL,
      ngx_http_scim_variable_token_name, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("scim_operation"), NULL,
      ngx_http_scim_variable_operation, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("scim_resource_type"), NULL,
      ngx_http_scim_variable_resource_type, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("scim_resource_id"), NULL,
      ngx_http_scim_variable_resource_id, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("scim_version"), NULL,
      ngx_http_scim_variable_version, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("scim_error"), NULL,
      ngx_http_scim_variable_error, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("scim_results"), NULL,
      ngx_http_scim_variable_results, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("scim_db_time"), NULL,
      ngx_http_scim_variable_db_time, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("scim_db_segments"), NULL,
      ngx_http_scim_variable_db_segments, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("scim_request_id"), NULL,
      ngx_http_scim_variable_request_id, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("scim_uri"), NULL,
      ngx_http_scim_variable_uri, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_scim_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_scim_vars; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


/* NULL where there is no scim_pass and has been none for this request */

static ngx_http_scim_ctx_t *
ngx_http_scim_variable_ctx(ngx_http_request_t *r)
{
    ngx_http_scim_ctx_t       *ctx;
    ngx_http_scim_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_scim_module);

    ctx = slcf->database ? ngx_http_scim_ctx(r) : ngx_http_scim_find_ctx(r);

    return (ctx && ctx->conf->database) ? ctx : NULL;
}


/* data NULL: not found */

static ngx_int_t
ngx_http_scim_variable_text(ngx_http_variable_value_t *v, size_t len,
    const u_char *data)
{
    if (data == NULL || len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = len;
    v->data = (u_char *) data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_scim_variable_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, int64_t n)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_scim_variable_text(v, ngx_sprintf(p, "%L", n) - p, p);
}


static ngx_int_t
ngx_http_scim_variable_tenant(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t            *name;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_variable_ctx(r);

    if (ctx == NULL || ngx_http_scim_authenticate(r, ctx) != NGX_OK) {
        v->not_found = 1;
        return NGX_OK;
    }

    name = &ctx->token->tenant->name;

    return ngx_http_scim_variable_text(v, name->len, name->data);
}


static ngx_int_t
ngx_http_scim_variable_token_name(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_variable_ctx(r);

    if (ctx == NULL || ngx_http_scim_authenticate(r, ctx) != NGX_OK) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_scim_variable_text(v, ctx->token->name.len,
                                       ctx->token->name.data);
}


static ngx_int_t
ngx_http_scim_variable_operation(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t            *name;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_variable_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_scim_route(r, ctx);

    if (ctx->operation == NGX_HTTP_SCIM_NONE) {
        v->not_found = 1;
        return NGX_OK;
    }

    name = ngx_http_scim_operation_name(ctx->operation);

    return ngx_http_scim_variable_text(v, name->len, name->data);
}


static ngx_int_t
ngx_http_scim_variable_resource_type(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_variable_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_scim_route(r, ctx);

    if (ctx->type == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_scim_variable_text(v, ctx->type->name.len,
                                       ctx->type->name.data);
}


/* of what was sent, else of the path: there, only if it may be ours */

static ngx_int_t
ngx_http_scim_variable_resource_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_variable_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    if (ctx->has_resource_id) {
        return ngx_http_scim_variable_text(v, sizeof(ctx->resource_id),
                                           ctx->resource_id);
    }

    ngx_http_scim_route(r, ctx);

    if (ctx->type == NULL || !ngx_http_scim_is_uuid(&ctx->id)) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_scim_variable_text(v, ctx->id.len, ctx->id.data);
}


static ngx_int_t
ngx_http_scim_variable_version(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_variable_ctx(r);

    if (ctx == NULL || ctx->version == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_scim_variable_number(r, v, ctx->version);
}


/* "409 uniqueness", or the status alone where there is no scimType */

static ngx_int_t
ngx_http_scim_variable_error(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char               *p, *last;
    const char           *name;
    ngx_http_scim_ctx_t  *ctx;

    /* nginx's own errors are told outside of scim_pass, too */

    ctx = ngx_http_scim_find_ctx(r);

    if (ctx == NULL || ctx->error == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, 32);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = ngx_snprintf(p, 32, "%d", ctx->error->status);

    name = scim_error_type_name(ctx->error->type);

    if (name) {
        last = ngx_slprintf(last, p + 32, " %s", name);
    }

    return ngx_http_scim_variable_text(v, last - p, p);
}


static ngx_int_t
ngx_http_scim_variable_results(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_variable_ctx(r);

    if (ctx == NULL || ctx->results < 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_scim_variable_number(r, v, ctx->results);
}


static ngx_int_t
ngx_http_scim_variable_db_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char               *p, *last;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_variable_ctx(r);

    if (ctx == NULL || ctx->segments == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_TIME_T_LEN + 4);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = ngx_sprintf(p, "%T.%03M", (time_t) (ctx->db_time / 1000),
                       ctx->db_time % 1000);

    return ngx_http_scim_variable_text(v, last - p, p);
}


static ngx_int_t
ngx_http_scim_variable_db_segments(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_variable_ctx(r);

    if (ctx == NULL || ctx->segments == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_scim_variable_number(r, v, ctx->segments);
}


static ngx_int_t
ngx_http_scim_variable_request_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_scim_variable_ctx(r);

    if (ctx == NULL || !ctx->has_request_id) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_scim_variable_text(v, sizeof(ctx->request_id),
                                       ctx->request_id);
}


ngx_uint_t
ngx_http_scim_is_uuid(ngx_str_t *id)
{
    u_char      c;
    ngx_uint_t  i;

    if (id->len != 36) {
        return 0;
    }

    for (i = 0; i < id->len; i++) {

        c = id->data[i] | 0x20;

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
            && id->data[i] != '-')
        {
            return 0;
        }
    }

    return 1;
}
