
/*
 * The block of scim_tenant: its directives have a table of their own, so that
 * their names are short and valid nowhere else.  Called by nginx while it
 * reads the configuration.
 */


#include "ngx_http_scim_module.h"


typedef struct {
    ngx_http_scim_main_conf_t   *smcf;
    ngx_http_scim_tenant_t      *tenant;
    ngx_uint_t                   ntokens;
    unsigned                     database:1;     /* was given */
    unsigned                     unknown:1;
    unsigned                     members:1;
} ngx_http_scim_block_t;


typedef struct {
    ngx_str_t                    name;
    ngx_uint_t                   min;            /* arguments */
    ngx_uint_t                   max;
    char                      *(*set)(ngx_conf_t *cf,
                                      ngx_http_scim_block_t *block);
} ngx_http_scim_block_command_t;


typedef struct {
    ngx_str_t                    name;           /* with "=" */
    char                      *(*set)(ngx_http_scim_token_t *token,
                                      ngx_str_t *value);
} ngx_http_scim_token_param_t;


static ngx_http_scim_tenant_t *ngx_http_scim_tenant_add(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *smcf, ngx_str_t *name);
static char *ngx_http_scim_block(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_http_scim_block_token(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_database(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_profile(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_unknown(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_members(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_schema(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_type(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
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


static ngx_http_scim_block_command_t  ngx_http_scim_block_commands[] = {
    { ngx_string("token"), 2, 7, ngx_http_scim_block_token },
    { ngx_string("database"), 1, 1, ngx_http_scim_block_database },
    { ngx_string("profile"), 1, 1, ngx_http_scim_block_profile },
    { ngx_string("unknown_attributes"), 1, 1, ngx_http_scim_block_unknown },
    { ngx_string("unknown_members"), 1, 1, ngx_http_scim_block_members },
    { ngx_string("scim_schema"), 1, 3, ngx_http_scim_block_schema },
    { ngx_string("scim_resource_type"), 1, 1, ngx_http_scim_block_type },
    { ngx_null_string, 0, 0, NULL }
};


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
    { ngx_null_string, NULL }
};


char *
ngx_http_scim_conf_tenant(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_scim_main_conf_t *smcf = conf;

    char                   *rv;
    ngx_str_t              *value;
    ngx_conf_t              save;
    ngx_http_scim_block_t   block;

    value = cf->args->elts;

    ngx_memzero(&block, sizeof(ngx_http_scim_block_t));

    block.smcf = smcf;
    block.tenant = ngx_http_scim_tenant_add(cf, smcf, &value[1]);

    if (block.tenant == NULL) {
        return NGX_CONF_ERROR;
    }

    save = *cf;
    cf->handler = ngx_http_scim_block;
    cf->handler_conf = &block;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv == NGX_CONF_OK && block.ntokens == 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "tenant \"%V\" has no token, nobody can use it",
                           &block.tenant->name);
    }

    return rv;
}


static ngx_http_scim_tenant_t *
ngx_http_scim_tenant_add(ngx_conf_t *cf, ngx_http_scim_main_conf_t *smcf,
    ngx_str_t *name)
{
    uint32_t                 hash;
    ngx_http_scim_tenant_t  *tenant;

    if (!ngx_http_scim_conf_name(name)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid tenant name \"%V\", it must be 1 to 64 "
                           "characters of A-Z, a-z, 0-9, \".\", \"_\" and "
                           "\"-\"", name);
        return NULL;
    }

    hash = ngx_crc32_long(name->data, name->len);

    if (ngx_str_rbtree_lookup(&smcf->names, name, hash)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate tenant \"%V\"", name);
        return NULL;
    }

    tenant = ngx_pcalloc(cf->pool, sizeof(ngx_http_scim_tenant_t));
    if (tenant == NULL) {
        return NULL;
    }

    tenant->name = *name;
    tenant->policy.unknown = SCIM_UNKNOWN_IGNORE;
    tenant->profile = NGX_CONF_UNSET_UINT;

    tenant->node.str = *name;
    tenant->node.node.key = hash;
    ngx_rbtree_insert(&smcf->names, &tenant->node.node);

    return tenant;
}


static char *
ngx_http_scim_block(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_http_scim_block_t *block = conf;

    char                           *rv;
    ngx_str_t                      *value;
    ngx_http_scim_block_command_t  *cmd;

    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "include") == 0 && cf->args->nelts == 2) {
        return ngx_conf_include(cf, dummy, conf);
    }

    for (cmd = ngx_http_scim_block_commands; cmd->name.len; cmd++) {

        if (cmd->name.len != value[0].len
            || ngx_memcmp(cmd->name.data, value[0].data, value[0].len) != 0)
        {
            continue;
        }

        if (cf->args->nelts - 1 < cmd->min || cf->args->nelts - 1 > cmd->max) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid number of arguments in \"%V\" "
                               "directive", &cmd->name);
            return NGX_CONF_ERROR;
        }

        rv = cmd->set(cf, block);

        if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" directive of tenant \"%V\" %s",
                               &cmd->name, &block->tenant->name, rv);
            return NGX_CONF_ERROR;
        }

        return rv;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown directive in the block of tenant \"%V\"; "
                       "\"token\", \"database\", \"profile\", "
                       "\"unknown_attributes\", \"unknown_members\", "
                       "\"scim_schema\", \"scim_resource_type\" and "
                       "\"include\" are known",
                       &block->tenant->name);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_scim_block_token(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    char                   *rv;
    ngx_str_t              *value;
    ngx_http_scim_token_t  *token;

    value = cf->args->elts;

    token = ngx_pcalloc(cf->pool, sizeof(ngx_http_scim_token_t));
    if (token == NULL) {
        return NGX_CONF_ERROR;
    }

    token->tenant = block->tenant;
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

    if (token->expires == 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "a token of tenant \"%V\" never expires",
                           &block->tenant->name);

    } else if (token->expires <= ngx_time()) {
        return "has a date in \"expires\" that is over";
    }

    if (ngx_http_scim_auth_add(cf, block->smcf, token) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    block->ntokens++;

    return NGX_CONF_OK;
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
                   "\"expires=\", \"name=\", \"scope=\" and \"me=\" are "
                   "known, and a secret is given by its digest alone: "
                   "\"make token\" makes both";
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


/* users:r, users:rw, the same of groups and others, separated by commas */

static char *
ngx_http_scim_token_scope(ngx_http_scim_token_t *token, ngx_str_t *value)
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

    token->rights = 0;
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
            return "needs \"users:r\", \"users:rw\", \"groups:r\", "
                   "\"groups:rw\", \"others:r\" or \"others:rw\", "
                   "separated by commas, in \"scope=\"";
        }

        token->rights |= scopes[i].rights;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_block_database(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    ngx_str_t  *value;

    if (block->database) {
        return "is duplicate";
    }

    block->database = 1;

    value = cf->args->elts;

    if (ngx_http_scim_conf_ref(cf, block->smcf, &value[1],
                               &block->tenant->database)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_block_profile(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    ngx_str_t  *value;

    if (block->tenant->profile != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "tolerant") == 0) {
        block->tenant->profile = NGX_HTTP_SCIM_TOLERANT;

    } else if (ngx_strcmp(value[1].data, "strict") == 0) {
        block->tenant->profile = NGX_HTTP_SCIM_STRICT;
        block->tenant->policy.strict = 1;

    } else {
        return "must be \"tolerant\" or \"strict\"";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_block_unknown(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    ngx_str_t  *value;

    if (block->unknown) {
        return "is duplicate";
    }

    block->unknown = 1;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "ignore") == 0) {
        block->tenant->policy.unknown = SCIM_UNKNOWN_IGNORE;

    } else if (ngx_strcmp(value[1].data, "reject") == 0) {
        block->tenant->policy.unknown = SCIM_UNKNOWN_REJECT;

    } else if (ngx_strcmp(value[1].data, "keep") == 0) {
        block->tenant->policy.unknown = SCIM_UNKNOWN_KEEP;

    } else {
        return "must be \"ignore\", \"reject\" or \"keep\"";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_block_members(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    ngx_str_t  *value;

    if (block->members) {
        return "is duplicate";
    }

    block->members = 1;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "reject") == 0) {
        block->tenant->reject_unknown = 1;

    } else if (ngx_strcmp(value[1].data, "ignore") != 0) {
        return "must be \"ignore\" or \"reject\"";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_block_schema(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    return ngx_http_scim_conf_file(cf, &block->tenant->schemas, 1);
}


static char *
ngx_http_scim_block_type(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    return ngx_http_scim_conf_file(cf, &block->tenant->types, 0);
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
