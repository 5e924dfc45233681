
/*
 * $scim_uri: what was asked for, fit for a log.  The path is shown as far as
 * the route knows it, parameters by name, and of their values only those that
 * cannot hold personal data.  Called through the table of
 * ngx_http_scim_variables.c, and for the path by ngx_http_scim_log.c.
 */


#include "ngx_http_scim_module.h"


typedef struct {
    ngx_str_t    name;
    const char  *chars;       /* what a value may have; NULL: never shown */
} ngx_http_scim_parameter_t;


static ngx_uint_t ngx_http_scim_uri_shows(ngx_str_t *text, const char *chars);
static u_char *ngx_http_scim_uri_args(u_char *p, u_char *last,
    ngx_str_t *args);
static u_char *ngx_http_scim_uri_arg(u_char *p, u_char *last, ngx_str_t *arg);


#define NGX_HTTP_SCIM_DIGITS   "0123456789"
#define NGX_HTTP_SCIM_LETTERS  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"                   \
                               "abcdefghijklmnopqrstuvwxyz"
#define NGX_HTTP_SCIM_WORD     NGX_HTTP_SCIM_LETTERS NGX_HTTP_SCIM_DIGITS     \
                               ".:_-"


static ngx_http_scim_parameter_t  ngx_http_scim_parameters[] = {
    { ngx_string("filter"), NULL },
    { ngx_string("startIndex"), NGX_HTTP_SCIM_DIGITS "-" },
    { ngx_string("count"), NGX_HTTP_SCIM_DIGITS "-" },
    { ngx_string("attributes"), NGX_HTTP_SCIM_WORD "$,+" },
    { ngx_string("excludedAttributes"), NGX_HTTP_SCIM_WORD "$,+" },
    { ngx_string("sortBy"), NGX_HTTP_SCIM_WORD "$" },
    { ngx_string("sortOrder"), NGX_HTTP_SCIM_LETTERS },
    { ngx_string("cursor"), NULL },
    { ngx_null_string, NULL }
};


ngx_int_t
ngx_http_scim_variable_uri(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                    *p, *last;
    size_t                     len;
    ngx_http_scim_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_scim_module);

    if (slcf->database == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    /* a "-" may stand for nothing, once in a path and in each parameter */

    len = r->uri.len + 2 * r->args.len + slcf->prefix.len + 8;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = p + len;

    v->data = p;

    p = ngx_http_scim_uri_path(r, slcf, p, last);
    p = ngx_http_scim_uri_args(p, last, &r->args);

    v->len = p - v->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


u_char *
ngx_http_scim_uri_path(ngx_http_request_t *r, ngx_http_scim_loc_conf_t *conf,
    u_char *p, u_char *last)
{
    ngx_str_t            head;
    ngx_uint_t           shows;
    ngx_http_scim_ctx_t  ctx, *own;

    /* the request's own may be missing, and memory for it too */

    ngx_memzero(&ctx, sizeof(ngx_http_scim_ctx_t));

    own = ngx_http_scim_find_ctx(r);

    ctx.conf = conf;
    ctx.token = own ? own->token : NULL;
    ctx.authenticated = 1;

    ngx_http_scim_route(r, &ctx);

    if (ctx.operation == NGX_HTTP_SCIM_NONE && ctx.allow == 0) {
        return ngx_slprintf(p, last, "%V/-", &conf->prefix);
    }

    if (ctx.id.len == 0) {
        return ngx_slprintf(p, last, "%V", &r->uri);
    }

    head.len = ctx.id.data - r->uri.data;
    head.data = r->uri.data;

    shows = ctx.type ? ngx_http_scim_is_uuid(&ctx.id)
                     : ngx_http_scim_uri_shows(&ctx.id,
                                               NGX_HTTP_SCIM_WORD);

    return ngx_slprintf(p, last, shows ? "%V%V" : "%V-", &head, &ctx.id);
}


static ngx_uint_t
ngx_http_scim_uri_shows(ngx_str_t *text, const char *chars)
{
    size_t  i;

    if (chars == NULL) {
        return 0;
    }

    for (i = 0; i < text->len; i++) {
        if (text->data[i] == '\0' || !ngx_strchr(chars, text->data[i])) {
            return 0;
        }
    }

    return 1;
}


static u_char *
ngx_http_scim_uri_args(u_char *p, u_char *last, ngx_str_t *args)
{
    u_char     *end, *stop;
    ngx_str_t   arg;

    if (args->len == 0) {
        return p;
    }

    *p++ = '?';

    arg.data = args->data;
    stop = args->data + args->len;

    for ( ;; ) {

        end = ngx_strlchr(arg.data, stop, '&');

        arg.len = (end ? end : stop) - arg.data;

        p = ngx_http_scim_uri_arg(p, last, &arg);

        if (end == NULL) {
            return p;
        }

        p = ngx_slprintf(p, last, "&");

        arg.data = end + 1;
    }
}


static u_char *
ngx_http_scim_uri_arg(u_char *p, u_char *last, ngx_str_t *arg)
{
    u_char                     *equals;
    ngx_str_t                   name, value;
    ngx_http_scim_parameter_t  *param;

    name = *arg;
    ngx_str_null(&value);

    equals = ngx_strlchr(arg->data, arg->data + arg->len, '=');

    if (equals) {
        name.len = equals - arg->data;
        value.data = equals + 1;
        value.len = arg->data + arg->len - value.data;
    }

    for (param = ngx_http_scim_parameters; param->name.len; param++) {

        if (param->name.len != name.len
            || ngx_strncasecmp(param->name.data, name.data, name.len) != 0)
        {
            continue;
        }

        if (ngx_http_scim_uri_shows(&value, param->chars)) {
            return ngx_slprintf(p, last, "%V=%V", &param->name, &value);
        }

        return ngx_slprintf(p, last, "%V=-", &param->name);
    }

    return ngx_slprintf(p, last, "-");
}
