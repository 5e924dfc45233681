
/*
 * scim_schema and scim_resource_type: files with RFC 7643 section 7 JSON, at
 * http level or in a tenant's block.  Remembered while the configuration is
 * read, and made into registries at its end, so that the order of directives
 * does not matter; whatever is wrong is told with file and place.
 */


#include "ngx_http_scim_module.h"
#include "scim_registry.h"


#define NGX_HTTP_SCIM_FILE_MAX  (4 * 1024 * 1024)


static char *ngx_http_scim_conf_extends(ngx_conf_t *cf,
    ngx_http_scim_file_t *file);
static ngx_int_t ngx_http_scim_registry(ngx_conf_t *cf,
    const scim_registry_t *base, ngx_array_t *schemas, ngx_array_t *types,
    const scim_registry_t **registry);
static ngx_int_t ngx_http_scim_registry_files(ngx_conf_t *cf,
    scim_registry_builder_t *b, ngx_array_t *files, ngx_uint_t schemas);
static ngx_int_t ngx_http_scim_registry_file(ngx_conf_t *cf,
    scim_registry_builder_t *b, ngx_http_scim_file_t *file, ngx_uint_t schema);
static ngx_int_t ngx_http_scim_registry_read(ngx_conf_t *cf,
    ngx_http_scim_file_t *file, scim_str_t *text);
static scim_discovery_t *ngx_http_scim_registry_documents(ngx_conf_t *cf,
    const scim_registry_t *registry);
static char *ngx_http_scim_registry_tenants(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *smcf, ngx_rbtree_node_t *node);
static char *ngx_http_scim_registry_tenant(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *smcf, ngx_http_scim_tenant_t *tenant);


char *
ngx_http_scim_conf_schema(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_scim_main_conf_t *smcf = conf;

    return ngx_http_scim_conf_file(cf, &smcf->schemas, 1);
}


char *
ngx_http_scim_conf_type(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_scim_main_conf_t *smcf = conf;

    return ngx_http_scim_conf_file(cf, &smcf->types, 0);
}


char *
ngx_http_scim_conf_file(ngx_conf_t *cf, ngx_array_t **files,
    ngx_uint_t schema)
{
    ngx_str_t             *value;
    ngx_http_scim_file_t  *file;

    if (*files == NULL) {
        *files = ngx_array_create(cf->pool, 2, sizeof(ngx_http_scim_file_t));
        if (*files == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    file = ngx_array_push(*files);
    if (file == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(file, sizeof(ngx_http_scim_file_t));

    value = cf->args->elts;

    file->name = value[1];
    file->conf = cf->conf_file->file.name;
    file->line = cf->conf_file->line;

    if (ngx_conf_full_name(cf->cycle, &file->name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return schema ? ngx_http_scim_conf_extends(cf, file) : NGX_CONF_OK;
}


/* extends=TYPE and required */

static char *
ngx_http_scim_conf_extends(ngx_conf_t *cf, ngx_http_scim_file_t *file)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "required") == 0) {
            file->required = 1;
            continue;
        }

        if (ngx_strncmp(value[i].data, "extends=", 8) == 0
            && value[i].len > 8)
        {
            file->extends.data = value[i].data + 8;
            file->extends.len = value[i].len - 8;
            continue;
        }

        return "may have the parameters \"extends=\" with a resource type's "
               "name and \"required\" behind its file";
    }

    return NGX_CONF_OK;
}


char *
ngx_http_scim_conf_registries(ngx_conf_t *cf, ngx_http_scim_main_conf_t *smcf)
{
    if (ngx_http_scim_registry(cf, scim_registry_builtin(), smcf->schemas,
                               smcf->types, &smcf->registry)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    smcf->discovery = ngx_http_scim_registry_documents(cf, smcf->registry);

    if (smcf->discovery == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_scim_registry_tenants(cf, smcf, smcf->names.root);
}


/* the tree is as deep as the logarithm of the number of tenants */

static char *
ngx_http_scim_registry_tenants(ngx_conf_t *cf, ngx_http_scim_main_conf_t *smcf,
    ngx_rbtree_node_t *node)
{
    ngx_http_scim_tenant_t  *tenant;

    if (node == smcf->names.sentinel) {
        return NGX_CONF_OK;
    }

    tenant = (ngx_http_scim_tenant_t *) node;

    if (ngx_http_scim_registry_tenant(cf, smcf, tenant) != NGX_CONF_OK
        || ngx_http_scim_registry_tenants(cf, smcf, node->left) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_scim_registry_tenants(cf, smcf, node->right);
}


static char *
ngx_http_scim_registry_tenant(ngx_conf_t *cf, ngx_http_scim_main_conf_t *smcf,
    ngx_http_scim_tenant_t *tenant)
{
    tenant->registry = smcf->registry;
    tenant->discovery = smcf->discovery;

    if (tenant->schemas == NULL && tenant->types == NULL
        && tenant->rules == NULL)
    {
        return NGX_CONF_OK;
    }

    if (ngx_http_scim_registry(cf, smcf->registry, tenant->schemas,
                               tenant->types, &tenant->registry)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (tenant->rules && ngx_http_scim_conf_ruled(cf, tenant) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* seldom asked for, and large: written when it is */

    tenant->discovery = NULL;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_scim_registry(ngx_conf_t *cf, const scim_registry_t *base,
    ngx_array_t *schemas, ngx_array_t *types,
    const scim_registry_t **registry)
{
    ngx_str_t                 name;
    ngx_uint_t                line;
    scim_arena_t              arena;
    scim_error_t              err;
    ngx_http_scim_file_t     *file;
    scim_registry_builder_t  *b;

    if (schemas == NULL && types == NULL) {
        *registry = base;
        return NGX_OK;
    }

    ngx_http_scim_arena(&arena, cf->pool);

    b = scim_registry_builder(&arena, base);

    if (b == NULL
        || ngx_http_scim_registry_files(cf, b, schemas, 1) != NGX_OK
        || ngx_http_scim_registry_files(cf, b, types, 0) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (scim_registry_build(b, registry, &err) == SCIM_OK) {
        return NGX_OK;
    }

    file = types ? types->elts : schemas->elts;
    name = file->conf;
    line = file->line;

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "schemas and resource types do not fit together: %*s in "
                  "%V:%ui", err.len, err.detail, &name, line);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_scim_registry_files(ngx_conf_t *cf, scim_registry_builder_t *b,
    ngx_array_t *files, ngx_uint_t schemas)
{
    ngx_uint_t             i;
    ngx_http_scim_file_t  *file;

    if (files == NULL) {
        return NGX_OK;
    }

    file = files->elts;

    for (i = 0; i < files->nelts; i++) {
        if (ngx_http_scim_registry_file(cf, b, &file[i], schemas) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_scim_registry_file(ngx_conf_t *cf, scim_registry_builder_t *b,
    ngx_http_scim_file_t *file, ngx_uint_t schema)
{
    int             rc;
    scim_str_t      text;
    scim_error_t    err;
    scim_extends_t  extends;

    if (ngx_http_scim_registry_read(cf, file, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (schema) {
        extends.type.len = file->extends.len;
        extends.type.data = file->extends.data;
        extends.required = file->required;

        rc = scim_registry_add_schema(b, &text, &extends, &err);

    } else {
        rc = scim_registry_add_type(b, &text, &err);
    }

    if (rc == SCIM_OK) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "invalid %s in \"%V\": %*s, named in %V:%ui",
                  schema ? "schema" : "resource type", &file->name, err.len,
                  err.detail, &file->conf, file->line);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_scim_registry_read(ngx_conf_t *cf, ngx_http_scim_file_t *file,
    scim_str_t *text)
{
    size_t       size;
    ssize_t      n;
    ngx_err_t    err;
    ngx_file_t   f;

    ngx_memzero(&f, sizeof(ngx_file_t));

    f.name = file->name;
    f.log = cf->log;
    f.fd = ngx_open_file(f.name.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (f.fd == NGX_INVALID_FILE) {
        err = ngx_errno;
        ngx_log_error(NGX_LOG_EMERG, cf->log, err,
                      ngx_open_file_n " \"%V\" failed, named in %V:%ui",
                      &f.name, &file->conf, file->line);
        return NGX_ERROR;
    }

    n = NGX_ERROR;

    if (ngx_fd_info(f.fd, &f.info) != NGX_FILE_ERROR
        && ngx_file_size(&f.info) <= NGX_HTTP_SCIM_FILE_MAX)
    {
        size = (size_t) ngx_file_size(&f.info);

        text->len = size;
        text->data = ngx_pnalloc(cf->pool, size + 1);

        if (text->data) {
            n = ngx_read_file(&f, text->data, size, 0);
        }
    }

    if (ngx_close_file(f.fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cf->log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &f.name);
    }

    if (n != NGX_ERROR && (size_t) n == text->len) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"%V\" cannot be read, or has more than 4m, named in "
                  "%V:%ui", &f.name, &file->conf, file->line);

    return NGX_ERROR;
}


static scim_discovery_t *
ngx_http_scim_registry_documents(ngx_conf_t *cf,
    const scim_registry_t *registry)
{
    scim_arena_t       arena;
    scim_discovery_t  *discovery;

    discovery = ngx_pcalloc(cf->pool, sizeof(scim_discovery_t));
    if (discovery == NULL) {
        return NULL;
    }

    ngx_http_scim_arena(&arena, cf->pool);

    return scim_discovery_render(&arena, registry, discovery) == SCIM_OK
           ? discovery : NULL;
}
