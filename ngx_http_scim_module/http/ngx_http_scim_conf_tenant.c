
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
    ngx_uint_t                   seen;           /* bits of commands */
} ngx_http_scim_block_t;


typedef struct {
    ngx_str_t                    name;
    ngx_uint_t                   min;            /* arguments */
    ngx_uint_t                   max;
    ngx_uint_t                   once;
    char                      *(*set)(ngx_conf_t *cf,
                                      ngx_http_scim_block_t *block);
} ngx_http_scim_block_command_t;


static ngx_http_scim_tenant_t *ngx_http_scim_tenant_add(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *smcf, ngx_str_t *name);
static char *ngx_http_scim_tenant_check(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_http_scim_block_unheard(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static ngx_int_t ngx_http_scim_block_word(ngx_conf_t *cf,
    const char *const *words);
static char *ngx_http_scim_block_token(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_source(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_cache(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_database(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_profile(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_unknown(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_members(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_seats(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_delete(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_restore(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_adopt(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_require(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_unique(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_missing(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_schema(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);
static char *ngx_http_scim_block_type(ngx_conf_t *cf,
    ngx_http_scim_block_t *block);


static ngx_http_scim_block_command_t  ngx_http_scim_block_commands[] = {
    { ngx_string("token"), 2, 8, 0, ngx_http_scim_block_token },
    { ngx_string("token_source"), 1, 1, 1, ngx_http_scim_block_source },
    { ngx_string("token_cache"), 1, 1, 1, ngx_http_scim_block_cache },
    { ngx_string("database"), 1, 1, 1, ngx_http_scim_block_database },
    { ngx_string("profile"), 1, 1, 1, ngx_http_scim_block_profile },
    { ngx_string("unknown_attributes"), 1, 1, 1, ngx_http_scim_block_unknown },
    { ngx_string("unknown_members"), 1, 1, 1, ngx_http_scim_block_members },
    { ngx_string("seats"), 1, 1, 1, ngx_http_scim_block_seats },
    { ngx_string("delete"), 1, 1, 1, ngx_http_scim_block_delete },
    { ngx_string("restore"), 1, 1, 1, ngx_http_scim_block_restore },
    { ngx_string("adopt"), 1, 1, 1, ngx_http_scim_block_adopt },
    { ngx_string("require"), 1, 64, 0, ngx_http_scim_block_require },
    { ngx_string("unique"), 1, 64, 0, ngx_http_scim_block_unique },
    { ngx_string("put_missing"), 1, 1, 1, ngx_http_scim_block_missing },
    { ngx_string("scim_schema"), 1, 3, 0, ngx_http_scim_block_schema },
    { ngx_string("scim_resource_type"), 1, 1, 0, ngx_http_scim_block_type },
    { ngx_null_string, 0, 0, 0, NULL }
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

    return rv == NGX_CONF_OK ? ngx_http_scim_tenant_check(cf, &block) : rv;
}


/* the block has been read: where its tokens are to be found */

static char *
ngx_http_scim_tenant_check(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    ngx_http_scim_tenant_t  *tenant;

    tenant = block->tenant;

    if (tenant == block->smcf->others
        && tenant->token_source != NGX_HTTP_SCIM_TOKENS_DATABASE)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"scim_tenant *\" needs \"token_source "
                           "database\", the tenants it stands for have no "
                           "other tokens");
        return NGX_CONF_ERROR;
    }

    if (tenant->token_source == NGX_HTTP_SCIM_TOKENS_DATABASE
        && block->ntokens)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "tenant \"%V\" has \"token\" directives, which "
                           "\"token_source database\" passes over",
                           &tenant->name);
        return NGX_CONF_ERROR;
    }

    if (tenant->token_source != NGX_HTTP_SCIM_TOKENS_CONFIG) {
        block->smcf->bearer = 1;
        block->smcf->basic = 1;

        return NGX_CONF_OK;
    }

    if (block->ntokens == 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "tenant \"%V\" has no token, nobody can use it",
                           &tenant->name);
    }

    return NGX_CONF_OK;
}


static ngx_http_scim_tenant_t *
ngx_http_scim_tenant_add(ngx_conf_t *cf, ngx_http_scim_main_conf_t *smcf,
    ngx_str_t *name)
{
    uint32_t                 hash;
    ngx_uint_t               others;
    ngx_http_scim_tenant_t  *tenant;

    /* "*" is among the names, and the name of nobody */

    others = (name->len == 1 && name->data[0] == '*');

    if (!others && !ngx_http_scim_conf_name(name)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid tenant name \"%V\", it must be 1 to 64 "
                           "characters of A-Z, a-z, 0-9, \".\", \"_\" and "
                           "\"-\", or \"*\"", name);
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
    tenant->token_cache = 5;
    tenant->seats = -1;

    if (others) {
        smcf->others = tenant;
    }

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
    ngx_uint_t                      bit;
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

        bit = (ngx_uint_t) 1 << (cmd - ngx_http_scim_block_commands);

        rv = (cmd->once && (block->seen & bit)) ? "is duplicate"
                                                : cmd->set(cf, block);
        block->seen |= bit;

        if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" directive of tenant \"%V\" %s",
                               &cmd->name, &block->tenant->name, rv);
            return NGX_CONF_ERROR;
        }

        return rv;
    }

    return ngx_http_scim_block_unheard(cf, block);
}


static char *
ngx_http_scim_block_unheard(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    u_char                         *p, buf[NGX_MAX_CONF_ERRSTR];
    ngx_http_scim_block_command_t  *cmd;

    p = buf;

    for (cmd = ngx_http_scim_block_commands; cmd->name.len; cmd++) {
        p = ngx_slprintf(p, buf + sizeof(buf), "\"%V\", ", &cmd->name);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown directive in the block of tenant \"%V\"; "
                       "%*sand \"include\" are known",
                       &block->tenant->name, (size_t) (p - buf), buf);

    return NGX_CONF_ERROR;
}


/* which of the words the argument is; NGX_ERROR: none */

static ngx_int_t
ngx_http_scim_block_word(ngx_conf_t *cf, const char *const *words)
{
    ngx_int_t   i;
    ngx_str_t  *value;

    value = cf->args->elts;

    for (i = 0; words[i]; i++) {
        if (ngx_strcmp(value[1].data, words[i]) == 0) {
            return i;
        }
    }

    return NGX_ERROR;
}


static char *
ngx_http_scim_block_token(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    block->ntokens++;

    return ngx_http_scim_conf_token(cf, block->smcf, block->tenant);
}


static char *
ngx_http_scim_block_source(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    ngx_int_t  n;

    /* in the order of ngx_http_scim_tokens_e */

    static const char *const  words[] = { "config", "database", "both", NULL };

    n = ngx_http_scim_block_word(cf, words);

    if (n == NGX_ERROR) {
        return "must be \"config\", \"database\" or \"both\"";
    }

    block->tenant->token_source = (ngx_http_scim_tokens_e) n;

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_block_cache(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    time_t      sec;
    ngx_str_t  *value;

    value = cf->args->elts;

    sec = ngx_parse_time(&value[1], 1);

    if (sec == (time_t) NGX_ERROR || sec > 3600) {
        return "must be a time up to 1h";
    }

    block->tenant->token_cache = sec;

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_block_database(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    ngx_str_t  *value;

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

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "reject") == 0) {
        block->tenant->reject_unknown = 1;

    } else if (ngx_strcmp(value[1].data, "ignore") != 0) {
        return "must be \"ignore\" or \"reject\"";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_block_seats(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    ngx_int_t   n;
    ngx_str_t  *value;

    value = cf->args->elts;

    n = ngx_atoi(value[1].data, value[1].len);

    if (n == NGX_ERROR) {
        return "must be a number";
    }

    block->tenant->seats = n;

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_block_delete(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    ngx_int_t  n;

    static const char *const  words[] = { "hard", "tombstone", NULL };

    n = ngx_http_scim_block_word(cf, words);

    if (n == NGX_ERROR) {
        return "must be \"hard\" or \"tombstone\"";
    }

    block->tenant->tombstone = (n == 1);

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_block_restore(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    ngx_int_t  n;

    static const char *const  words[] = { "off", "on", NULL };

    n = ngx_http_scim_block_word(cf, words);

    if (n == NGX_ERROR) {
        return "must be \"on\" or \"off\"";
    }

    block->tenant->restore = (n == 1);

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_block_adopt(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    ngx_int_t  n;

    /* in the order of ngx_scim_store_adopt_e */

    static const char *const  words[] = {
        "off", "userName", "externalId", "emails", NULL
    };

    n = ngx_http_scim_block_word(cf, words);

    if (n == NGX_ERROR) {
        return "must be \"off\", \"userName\", \"externalId\" or "
               "\"emails\"";
    }

    block->tenant->adopt = (ngx_scim_store_adopt_e) n;

    return NGX_CONF_OK;
}


static char *
ngx_http_scim_block_require(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    return ngx_http_scim_conf_rules(cf, block->tenant, 0);
}


static char *
ngx_http_scim_block_unique(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    return ngx_http_scim_conf_rules(cf, block->tenant, 1);
}


static char *
ngx_http_scim_block_missing(ngx_conf_t *cf, ngx_http_scim_block_t *block)
{
    ngx_int_t  n;

    static const char *const  words[] = { "clear", "keep", NULL };

    n = ngx_http_scim_block_word(cf, words);

    if (n == NGX_ERROR) {
        return "must be \"clear\" or \"keep\"";
    }

    block->tenant->policy.missing = (n == 1);

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
