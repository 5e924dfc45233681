
/*
 * The directive token of a tenant's block, and scopes, which tokens of the
 * database have as well.  Called by ngx_http_scim_conf_tenant.c while the
 * configuration is read, and by ngx_http_scim_token.c.
 */


#include "ngx_http_scim_module.h"
#include "scim_resource_value.h"


typedef struct {
    ngx_str_t                    name;           /* with "=" */
    char                      *(*set)(ngx_http_scim_token_t *token,
                                      ngx_str_t *value);
} ngx_http_scim_token_param_t;


static char *ngx_http_scim_token_params(ngx_conf_t *cf,
    ngx_http_scim_token_t *token);
static char *ngx_http_scim_token_digest(ngx_http_scim_token_t *token,
    ngx_str_t *value);
static char *ngx_http_scim_token_name(ngx_http_scim_token_t *token,
    ngx_str_t *value);
static char *ngx_http_scim_token_user(ngx_http_scim_token_t *token,
    ngx_str_t *value);
static char *ngx_http_scim_token_expires(ngx_http_scim_token_t *token,
    ngx_str_t *value);
static char *ngx_http_scim_token_scope(ngx_http_scim_token_t *token,
    ngx_str_t *value);
static char *ngx_http_scim_token_me(ngx_http_scim_token_t *token,
    ngx_str_t *value);
static char *ngx_http_scim_token_meta(ngx_http_scim_token_t *token,
    ngx_str_t *value);
static ngx_int_t ngx_http_scim_token_object(ngx_conf_t *cf, ngx_str_t *meta);


/* the order is that of the bits in ngx_http_scim_token_params() */

#define NGX_HTTP_SCIM_PARAM_SHA256   0x01
#define NGX_HTTP_SCIM_PARAM_USER     0x02
#define NGX_HTTP_SCIM_PARAM_EXPIRES  0x04

static ngx_http_scim_token_param_t  ngx_http_scim_token_table[] = {
    { ngx_string("sha256="), ngx_http_scim_token_digest },
    { ngx_string("user="), ngx_http_scim_token_user },
    { ngx_string("expires="), ngx_http_scim_token_expires },
    { ngx_string("name="), ngx_http_scim_token_name },
    { ngx_string("scope="), ngx_http_scim_token_scope },
    { ngx_string("me="), ngx_http_scim_token_me },
    { ngx_string("meta="), ngx_http_scim_token_meta },
    { ngx_null_string, NULL }
};


char *
ngx_http_scim_conf_token(ngx_conf_t *cf, ngx_http_scim_main_conf_t *smcf,
    ngx_http_scim_tenant_t *tenant)
{
    char                   *rv;
    ngx_str_t              *value;
    ngx_http_scim_token_t  *token;

    value = cf->args->elts;

    token = ngx_pcalloc(cf->pool, sizeof(ngx_http_scim_token_t));
    if (token == NULL) {
        return NGX_CONF_ERROR;
    }

    token->tenant = tenant;
    token->rights = NGX_HTTP_SCIM_ALL;

    if (ngx_strcmp(value[1].data, "basic") == 0) {
        token->basic = 1;

    } else if (ngx_strcmp(value[1].data, "bearer") != 0) {
        return "must begin with \"bearer\" or \"basic\"";
    }

    rv = ngx_http_scim_token_params(cf, token);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (ngx_http_scim_token_object(cf, &token->meta) != NGX_OK) {
        return "needs a JSON object in \"meta=\"";
    }

    if (token->expires == 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "a token of tenant \"%V\" never expires",
                           &tenant->name);

    } else if (token->expires <= ngx_time()) {
        return "has a date in \"expires\" that is over";
    }

    return ngx_http_scim_auth_add(cf, smcf, token) == NGX_OK ? NGX_CONF_OK
                                                             : NGX_CONF_ERROR;
}


/* whatever is not known may be a secret, so it is not repeated */

static char *
ngx_http_scim_token_params(ngx_conf_t *cf, ngx_http_scim_token_t *token)
{
    char                         *rv;
    ngx_str_t                    *value, param;
    ngx_uint_t                    i, n, seen;
    ngx_http_scim_token_param_t  *p;

    value = cf->args->elts;
    seen = 0;

    for (i = 2; i < cf->args->nelts; i++) {

        for (n = 0, p = ngx_http_scim_token_table; p->name.len; n++, p++) {
            if (ngx_strncmp(value[i].data, p->name.data, p->name.len) == 0) {
                break;
            }
        }

        if (p->name.len == 0) {
            return "has an unknown parameter; \"sha256=\", \"user=\", "
                   "\"expires=\", \"name=\", \"scope=\", \"me=\" and "
                   "\"meta=\" are known, and a secret is given by its "
                   "digest alone: \"make token\" makes both";
        }

        if (seen & (1 << n)) {
            return "has a parameter twice";
        }

        seen |= 1 << n;

        param.data = value[i].data + p->name.len;
        param.len = value[i].len - p->name.len;

        rv = p->set(token, &param);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (!(seen & NGX_HTTP_SCIM_PARAM_SHA256)) {
        return "needs \"sha256=\" with the digest of its secret: "
               "\"make token\" makes both";
    }

    if (!(seen & NGX_HTTP_SCIM_PARAM_EXPIRES)) {
        return "needs \"expires=\" with a date, or \"expires=never\"";
    }

    if (token->basic && !(seen & NGX_HTTP_SCIM_PARAM_USER)) {
        return "needs \"user=\" after \"basic\"";
    }

    if (!token->basic && (seen & NGX_HTTP_SCIM_PARAM_USER)) {
        return "has \"user=\", which \"basic\" alone may have";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_token_digest(ngx_http_scim_token_t *token, ngx_str_t *value)
{
    ngx_int_t    n;
    ngx_uint_t   i;

    static char  err[] = "needs 64 hexadecimal digits in \"sha256=\": "
                         "\"make token\" makes them";

    if (value->len != 2 * NGX_HTTP_SCIM_DIGEST) {
        return err;
    }

    for (i = 0; i < NGX_HTTP_SCIM_DIGEST; i++) {

        n = ngx_hextoi(value->data + 2 * i, 2);
        if (n == NGX_ERROR) {
            return err;
        }

        token->digest[i] = (u_char) n;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_token_name(ngx_http_scim_token_t *token, ngx_str_t *value)
{
    if (!ngx_http_scim_conf_name(value)) {
        return "needs 1 to 64 characters of A-Z, a-z, 0-9, \".\", \"_\" and "
               "\"-\" in \"name=\"";
    }

    token->name = *value;

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_token_user(ngx_http_scim_token_t *token, ngx_str_t *value)
{
    if (value->len == 0
        || ngx_strlchr(value->data, value->data + value->len, ':'))
    {
        return "needs a name without colon in \"user=\"";
    }

    token->user = *value;

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_token_expires(ngx_http_scim_token_t *token, ngx_str_t *value)
{
    if (value->len == 5 && ngx_strncmp(value->data, "never", 5) == 0) {
        token->expires = 0;
        return NGX_CONF_OK;
    }

    token->expires = ngx_http_scim_conf_time(value);

    if (token->expires == NGX_ERROR) {
        return "needs a date as 2030-12-31 or 2030-12-31T23:59:59Z, or "
               "\"never\", in \"expires=\"";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_token_scope(ngx_http_scim_token_t *token, ngx_str_t *value)
{
    if (ngx_http_scim_conf_scope(value, &token->rights) != NGX_OK) {
        return "needs \"users:r\", \"users:rw\", \"groups:r\", "
               "\"groups:rw\", \"others:r\" or \"others:rw\", "
               "separated by commas, in \"scope=\"";
    }

    return NGX_CONF_OK;
}


/* users:r, users:rw, the same of groups and others, separated by commas */

ngx_int_t
ngx_http_scim_conf_scope(ngx_str_t *value, ngx_uint_t *rights)
{
    u_char      *p, *last, *end;
    ngx_uint_t   i;

    static const struct {
        ngx_str_t   name;
        ngx_uint_t  rights;
    } scopes[] = {
        { ngx_string("users:r"), NGX_HTTP_SCIM_USERS_READ },
        { ngx_string("users:rw"),
          NGX_HTTP_SCIM_USERS_READ|NGX_HTTP_SCIM_USERS_WRITE },
        { ngx_string("groups:r"), NGX_HTTP_SCIM_GROUPS_READ },
        { ngx_string("groups:rw"),
          NGX_HTTP_SCIM_GROUPS_READ|NGX_HTTP_SCIM_GROUPS_WRITE },
        { ngx_string("others:r"), NGX_HTTP_SCIM_OTHERS_READ },
        { ngx_string("others:rw"),
          NGX_HTTP_SCIM_OTHERS_READ|NGX_HTTP_SCIM_OTHERS_WRITE },
        { ngx_null_string, 0 }
    };

    *rights = 0;
    last = value->data + value->len;

    for (p = value->data; p <= last; p = end + 1) {

        end = ngx_strlchr(p, last, ',');

        if (end == NULL) {
            end = last;
        }

        for (i = 0; scopes[i].name.len; i++) {
            if (scopes[i].name.len == (size_t) (end - p)
                && ngx_memcmp(scopes[i].name.data, p, end - p) == 0)
            {
                break;
            }
        }

        if (scopes[i].name.len == 0) {
            *rights = 0;
            return NGX_ERROR;
        }

        *rights |= scopes[i].rights;
    }

    return NGX_OK;
}


/* a userName; whether there is such a user is seen when it is asked for */

static char *
ngx_http_scim_token_me(ngx_http_scim_token_t *token, ngx_str_t *value)
{
    if (value->len == 0) {
        return "needs a userName in \"me=\"";
    }

    token->me = *value;

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_token_meta(ngx_http_scim_token_t *token, ngx_str_t *value)
{
    if (value->len == 0) {
        return "needs a JSON object in \"meta=\"";
    }

    token->meta = *value;

    return NGX_CONF_OK;
}


/* NGX_ERROR: it is no JSON object, or PostgreSQL cannot hold it; none at all
 * will do */

static ngx_int_t
ngx_http_scim_token_object(ngx_conf_t *cf, ngx_str_t *meta)
{
    scim_str_t           text;
    scim_json_t         *json;
    scim_arena_t         arena;
    scim_error_t         err;
    scim_json_limits_t   limits;

    if (meta->len == 0) {
        return NGX_OK;
    }

    limits.depth = 16;
    limits.keys = 100;
    limits.values = 1000;
    limits.nodes = 1000;
    limits.string = 4096;

    text.len = meta->len;
    text.data = meta->data;

    ngx_http_scim_arena(&arena, cf->temp_pool);

    return (scim_json_parse(&arena, &limits, &text, &json, &err) == SCIM_OK
            && json->type == SCIM_JSON_OBJECT
            && scim_value_numbers(json) == NULL) ? NGX_OK : NGX_ERROR;
}
