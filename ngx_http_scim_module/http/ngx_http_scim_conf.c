
/*
 * Directives that need more than a slot: scim_database, scim_pass,
 * scim_base_url and scim_cursor_key, and the look-up of the databases that
 * others name.  Called by nginx while it reads the configuration; whatever is
 * wrong is told with file and line, and no secret is.
 */


#include "ngx_http_scim_module.h"

#include <openssl/rand.h>


#define NGX_HTTP_SCIM_KEY  32


typedef struct {
    ngx_str_t                     name;
    ngx_scim_store_database_t   **slot;
    ngx_str_t                     file;
    ngx_uint_t                    line;
} ngx_http_scim_ref_t;


static ngx_scim_store_database_t *ngx_http_scim_conf_find(
    ngx_http_scim_main_conf_t *smcf, ngx_str_t *name);
static ngx_int_t ngx_http_scim_conf_location(ngx_conf_t *cf,
    ngx_http_core_loc_conf_t *clcf);
static ngx_int_t ngx_http_scim_conf_url(ngx_str_t *url);


char *
ngx_http_scim_conf_database(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_scim_main_conf_t *smcf = conf;

    char                      *err;
    ngx_str_t                 *value;
    ngx_http_scim_database_t  *db;

    value = cf->args->elts;

    if (!ngx_http_scim_conf_name(&value[1])) {
        return "must have a name of 1 to 64 characters of A-Z, a-z, 0-9, "
               "\".\", \"_\" and \"-\"";
    }

    if (ngx_http_scim_conf_find(smcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate database \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    db = ngx_array_push(&smcf->databases);
    if (db == NULL) {
        return NGX_CONF_ERROR;
    }

    err = "memory is short";

    db->name = value[1];
    db->store = ngx_scim_store_database(cf->pool, &value[1], &value[2],
                                        &value[3], cf->args->nelts - 3, &err);
    if (db->store == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s in \"scim_database\" \"%V\"", err,
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_scim_store_database_t *
ngx_http_scim_conf_find(ngx_http_scim_main_conf_t *smcf, ngx_str_t *name)
{
    ngx_uint_t                 i;
    ngx_http_scim_database_t  *db;

    db = smcf->databases.elts;

    for (i = 0; i < smcf->databases.nelts; i++) {
        if (db[i].name.len == name->len
            && ngx_memcmp(db[i].name.data, name->data, name->len) == 0)
        {
            return db[i].store;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_scim_conf_name(ngx_str_t *name)
{
    u_char  *p, *last;

    last = name->data + name->len;

    for (p = name->data; p < last; p++) {

        if ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z')
            || (*p >= '0' && *p <= '9')
            || *p == '.' || *p == '_' || *p == '-')
        {
            continue;
        }

        return 0;
    }

    return name->len > 0 && name->len <= NGX_HTTP_SCIM_NAME;
}


char *
ngx_http_scim_conf_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_scim_loc_conf_t *slcf = conf;

    ngx_str_t                  *value;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_scim_main_conf_t  *smcf;

    if (slcf->prefix.data) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (ngx_http_scim_conf_location(cf, clcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    clcf->handler = ngx_http_scim_handler;

    slcf->prefix = clcf->name;

    while (slcf->prefix.len
           && slcf->prefix.data[slcf->prefix.len - 1] == '/')
    {
        slcf->prefix.len--;
    }

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_scim_module);
    value = cf->args->elts;

    if (ngx_http_scim_conf_ref(cf, smcf, &value[1], &slcf->database)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* what stands behind the location's name is the path of the endpoint */

static ngx_int_t
ngx_http_scim_conf_location(ngx_conf_t *cf, ngx_http_core_loc_conf_t *clcf)
{
    char  *kind;

    kind = NULL;

    if (clcf->named) {
        kind = "a named location";

    } else if (clcf->exact_match) {
        kind = "an exact (\"=\") location";
    }

#if (NGX_PCRE)
    if (clcf->regex) {
        kind = "a location with a regular expression";
    }
#endif

    if (kind == NULL) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"scim_pass\" cannot be in %s, it needs a location "
                       "with a prefix such as \"/scim/v2/\"", kind);

    return NGX_ERROR;
}


ngx_int_t
ngx_http_scim_conf_ref(ngx_conf_t *cf, ngx_http_scim_main_conf_t *smcf,
    ngx_str_t *name, ngx_scim_store_database_t **slot)
{
    ngx_http_scim_ref_t  *ref;

    if (smcf->refs.elts == NULL
        && ngx_array_init(&smcf->refs, cf->temp_pool, 4,
                          sizeof(ngx_http_scim_ref_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ref = ngx_array_push(&smcf->refs);
    if (ref == NULL) {
        return NGX_ERROR;
    }

    ref->name = *name;
    ref->slot = slot;
    ref->file = cf->conf_file->file.name;
    ref->line = cf->conf_file->line;

    return NGX_OK;
}


char *
ngx_http_scim_conf_resolve(ngx_conf_t *cf, ngx_http_scim_main_conf_t *smcf)
{
    ngx_uint_t            i;
    ngx_http_scim_ref_t  *ref;

    ref = smcf->refs.elts;

    for (i = 0; i < smcf->refs.nelts; i++) {

        *ref[i].slot = ngx_http_scim_conf_find(smcf, &ref[i].name);

        if (*ref[i].slot) {
            continue;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "unknown database \"%V\", no \"scim_database\" has this "
                      "name, in %V:%ui",
                      &ref[i].name, &ref[i].file, ref[i].line);

        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_scim_conf_base_url(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_scim_loc_conf_t *slcf = conf;

    ngx_str_t  *value;

    if (slcf->base_url.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    slcf->base_url = value[1];

    while (slcf->base_url.len
           && slcf->base_url.data[slcf->base_url.len - 1] == '/')
    {
        slcf->base_url.len--;
    }

    if (ngx_http_scim_conf_url(&slcf->base_url) == NGX_OK) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"scim_base_url\" directive, "
                       "it must be an \"http://\" or \"https://\" URL with a "
                       "host, without user, query, fragment, variables and "
                       "white space",
                       &value[1]);

    return NGX_CONF_ERROR;
}


/* it goes into JSON and header lines as it is */

static ngx_int_t
ngx_http_scim_conf_url(ngx_str_t *url)
{
    u_char  *p, *last;

    p = url->data;
    last = p + url->len;

    if (url->len > 7 && ngx_strncasecmp(p, (u_char *) "http://", 7) == 0) {
        p += 7;

    } else if (url->len > 8
               && ngx_strncasecmp(p, (u_char *) "https://", 8) == 0)
    {
        p += 8;

    } else {
        return NGX_ERROR;
    }

    if (*p == '/' || *p == ':') {
        return NGX_ERROR;
    }

    for ( /* void */ ; p < last; p++) {

        if (*p <= 0x20 || *p >= 0x7f || ngx_strchr("?#@$\"\\<>", *p)) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


char *
ngx_http_scim_conf_cursor_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_scim_main_conf_t *smcf = conf;

    ngx_str_t  *value;

    if (smcf->cursor_key.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len < NGX_HTTP_SCIM_KEY) {
        return "needs a secret of 32 characters or more";
    }

    smcf->cursor_key = value[1];

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_scim_conf_key(ngx_conf_t *cf, ngx_http_scim_main_conf_t *smcf)
{
    if (smcf->cursor_key.data) {
        return NGX_OK;
    }

    smcf->cursor_key.data = ngx_pnalloc(cf->pool, NGX_HTTP_SCIM_KEY);

    if (smcf->cursor_key.data == NULL
        || RAND_bytes(smcf->cursor_key.data, NGX_HTTP_SCIM_KEY) != 1)
    {
        return NGX_ERROR;
    }

    smcf->cursor_key.len = NGX_HTTP_SCIM_KEY;

    return NGX_OK;
}
