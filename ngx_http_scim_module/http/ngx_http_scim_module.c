
/*
 * The module: directives, their defaults and inheritance, and what is done
 * when nginx and its processes start and end.  Called by nginx alone, but for
 * the request's context, which every file of http/ asks for.
 */


#include "ngx_http_scim_module.h"


typedef struct {
    ngx_conf_post_handler_pt  post_handler;
    ngx_uint_t                low;
    ngx_uint_t                high;
} ngx_http_scim_bounds_t;


static ngx_int_t ngx_http_scim_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_scim_postconfiguration(ngx_conf_t *cf);
static void *ngx_http_scim_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_scim_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_scim_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_scim_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static void ngx_http_scim_merge_limits(ngx_http_scim_loc_conf_t *prev,
    ngx_http_scim_loc_conf_t *conf);
static void ngx_http_scim_check_body(ngx_conf_t *cf,
    ngx_http_core_loc_conf_t *clcf);
static scim_document_t *ngx_http_scim_provider(ngx_conf_t *cf,
    ngx_http_scim_loc_conf_t *conf);
static char *ngx_http_scim_check_bounds(ngx_conf_t *cf, void *post,
    void *data);
static ngx_int_t ngx_http_scim_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_scim_init_process(ngx_cycle_t *cycle);
static void ngx_http_scim_exit_process(ngx_cycle_t *cycle);
static void *ngx_http_scim_pool_alloc(void *data, size_t size);
static void ngx_http_scim_ctx_cleanup(void *data);


static ngx_conf_enum_t  ngx_http_scim_profiles[] = {
    { ngx_string("tolerant"), NGX_HTTP_SCIM_TOLERANT },
    { ngx_string("strict"), NGX_HTTP_SCIM_STRICT },
    { ngx_null_string, 0 }
};


static ngx_http_scim_bounds_t  ngx_http_scim_results_bounds = {
    ngx_http_scim_check_bounds, 1, 10000
};


/* of what is walked by recursion: far from the end of a worker's stack */

static ngx_http_scim_bounds_t  ngx_http_scim_depth_bounds = {
    ngx_http_scim_check_bounds, 1, 1000
};


static ngx_http_scim_bounds_t  ngx_http_scim_count_bounds = {
    ngx_http_scim_check_bounds, 1, 10000000
};


static ngx_http_scim_bounds_t  ngx_http_scim_text_bounds = {
    ngx_http_scim_check_bounds, 1, 1024 * 1024
};


static ngx_http_scim_bounds_t  ngx_http_scim_resource_bounds = {
    ngx_http_scim_check_bounds, 1, 64 * 1024 * 1024
};


static ngx_http_scim_bounds_t  ngx_http_scim_operations_bounds = {
    ngx_http_scim_check_bounds, 1, 100000
};


static ngx_http_scim_bounds_t  ngx_http_scim_members_bounds = {
    ngx_http_scim_check_bounds, 0, 10000000
};


static ngx_http_scim_bounds_t  ngx_http_scim_timeout_bounds = {
    ngx_http_scim_check_bounds, 1, 366 * 24 * 3600
};


static ngx_command_t  ngx_http_scim_commands[] = {

    { ngx_string("scim_database"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_scim_conf_database,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_tenant"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_scim_conf_tenant,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_pass"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_scim_conf_pass,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_base_url"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_scim_conf_base_url,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_errors"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, errors),
      NULL },

    { ngx_string("scim_profile"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, profile),
      ngx_http_scim_profiles },

    { ngx_string("scim_max_results"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, max_results),
      &ngx_http_scim_results_bounds },

    { ngx_string("scim_max_filter_depth"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, max_filter_depth),
      &ngx_http_scim_depth_bounds },

    { ngx_string("scim_max_filter_length"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, max_filter_length),
      &ngx_http_scim_text_bounds },

    { ngx_string("scim_max_json_depth"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, max_json_depth),
      &ngx_http_scim_depth_bounds },

    { ngx_string("scim_max_json_keys"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, max_json_keys),
      &ngx_http_scim_count_bounds },

    { ngx_string("scim_max_json_nodes"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, max_json_nodes),
      &ngx_http_scim_count_bounds },

    { ngx_string("scim_max_values"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, max_values),
      &ngx_http_scim_count_bounds },

    { ngx_string("scim_max_string"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, max_string),
      &ngx_http_scim_text_bounds },

    { ngx_string("scim_max_resource"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, max_resource),
      &ngx_http_scim_resource_bounds },

    { ngx_string("scim_max_operations"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, max_operations),
      &ngx_http_scim_operations_bounds },

    { ngx_string("scim_max_payload"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, max_payload),
      &ngx_http_scim_resource_bounds },

    { ngx_string("scim_max_members"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, max_members),
      &ngx_http_scim_count_bounds },

    { ngx_string("scim_patch_members"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, patch_members),
      &ngx_http_scim_members_bounds },

    { ngx_string("scim_cursor_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_scim_loc_conf_t, cursor_timeout),
      &ngx_http_scim_timeout_bounds },

    { ngx_string("scim_cursor_key"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_scim_conf_cursor_key,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_schema"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE123,
      ngx_http_scim_conf_schema,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_resource_type"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_scim_conf_type,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_scim_module_ctx = {
    ngx_http_scim_preconfiguration,        /* preconfiguration */
    ngx_http_scim_postconfiguration,       /* postconfiguration */

    ngx_http_scim_create_main_conf,        /* create main configuration */
    ngx_http_scim_init_main_conf,          /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_scim_create_loc_conf,         /* create location configuration */
    ngx_http_scim_merge_loc_conf           /* merge location configuration */
};


ngx_module_t  ngx_http_scim_module = {
    NGX_MODULE_V1,
    &ngx_http_scim_module_ctx,             /* module context */
    ngx_http_scim_commands,                /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_scim_init_module,             /* init module */
    ngx_http_scim_init_process,            /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_scim_exit_process,            /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_scim_preconfiguration(ngx_conf_t *cf)
{
    return ngx_http_scim_add_variables(cf);
}


static ngx_int_t
ngx_http_scim_postconfiguration(ngx_conf_t *cf)
{
    if (ngx_http_scim_log_init(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_scim_filter_init(cf);
}


static void *
ngx_http_scim_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_scim_main_conf_t  *smcf;

    /*
     * set by ngx_pcalloc():
     *
     *     smcf->tokens = NULL;
     *     smcf->mask = 0;
     *     smcf->ntokens = 0;
     *     smcf->others = NULL;
     *     smcf->known = NULL;
     *     smcf->schemas = NULL;
     *     smcf->types = NULL;
     *     smcf->registry = NULL;
     *     smcf->discovery = NULL;
     *     smcf->cursor_key = { 0, NULL };
     *     smcf->bearer = 0;
     *     smcf->basic = 0;
     */

    smcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_scim_main_conf_t));
    if (smcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&smcf->databases, cf->pool, 2,
                       sizeof(ngx_http_scim_database_t))
        != NGX_OK)
    {
        return NULL;
    }

    ngx_rbtree_init(&smcf->names, &smcf->sentinel,
                    ngx_str_rbtree_insert_value);

    return smcf;
}


static char *
ngx_http_scim_init_main_conf(ngx_conf_t *cf, void *conf)
{
    if (ngx_http_scim_conf_resolve(cf, conf) != NGX_CONF_OK
        || ngx_http_scim_conf_key(cf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_scim_conf_registries(cf, conf);
}


static void *
ngx_http_scim_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_scim_loc_conf_t  *slcf;

    /*
     * set by ngx_pcalloc():
     *
     *     slcf->database = NULL;
     *     slcf->prefix = { 0, NULL };
     *     slcf->base_url = { 0, NULL };
     *     slcf->provider = NULL;
     */

    slcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_scim_loc_conf_t));
    if (slcf == NULL) {
        return NULL;
    }

    slcf->errors = NGX_CONF_UNSET;
    slcf->profile = NGX_CONF_UNSET_UINT;
    slcf->max_results = NGX_CONF_UNSET_UINT;
    slcf->max_filter_depth = NGX_CONF_UNSET_UINT;
    slcf->max_filter_length = NGX_CONF_UNSET_SIZE;
    slcf->max_json_depth = NGX_CONF_UNSET_UINT;
    slcf->max_json_keys = NGX_CONF_UNSET_UINT;
    slcf->max_json_nodes = NGX_CONF_UNSET_UINT;
    slcf->max_values = NGX_CONF_UNSET_UINT;
    slcf->max_string = NGX_CONF_UNSET_SIZE;
    slcf->max_resource = NGX_CONF_UNSET_SIZE;
    slcf->max_operations = NGX_CONF_UNSET_UINT;
    slcf->max_payload = NGX_CONF_UNSET_SIZE;
    slcf->max_members = NGX_CONF_UNSET_UINT;
    slcf->patch_members = NGX_CONF_UNSET_UINT;
    slcf->cursor_timeout = NGX_CONF_UNSET;

    return slcf;
}


static char *
ngx_http_scim_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_scim_loc_conf_t *prev = parent;
    ngx_http_scim_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    ngx_http_scim_merge_limits(prev, conf);

    ngx_conf_merge_str_value(conf->base_url, prev->base_url, "");
    ngx_conf_merge_uint_value(conf->profile, prev->profile,
                              NGX_HTTP_SCIM_TOLERANT);

    /* stays unset where nobody said anything: off, but for scim_pass */

    if (conf->errors == NGX_CONF_UNSET) {
        conf->errors = prev->errors;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->database) {
        if (conf->errors == NGX_CONF_UNSET) {
            conf->errors = 1;
        }

        ngx_http_scim_check_body(cf, clcf);

        conf->provider = ngx_http_scim_provider(cf, conf);

        return conf->provider ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    /* "if" and "limit_except" inside of a location with scim_pass */

    if (clcf->noname && prev->database) {
        conf->database = prev->database;
        conf->prefix = prev->prefix;
        conf->provider = prev->provider;

        if (clcf->lmt_excpt && clcf->handler == NULL) {
            clcf->handler = ngx_http_scim_handler;
        }
    }

    return NGX_CONF_OK;
}


static void
ngx_http_scim_merge_limits(ngx_http_scim_loc_conf_t *prev,
    ngx_http_scim_loc_conf_t *conf)
{
    ngx_conf_merge_uint_value(conf->max_results, prev->max_results, 200);
    ngx_conf_merge_uint_value(conf->max_filter_depth, prev->max_filter_depth,
                              40);
    ngx_conf_merge_size_value(conf->max_filter_length,
                              prev->max_filter_length, 8 * 1024);
    ngx_conf_merge_uint_value(conf->max_json_depth, prev->max_json_depth, 32);
    ngx_conf_merge_uint_value(conf->max_json_keys, prev->max_json_keys, 512);
    ngx_conf_merge_uint_value(conf->max_json_nodes, prev->max_json_nodes,
                              100000);
    ngx_conf_merge_uint_value(conf->max_values, prev->max_values, 10000);
    ngx_conf_merge_size_value(conf->max_string, prev->max_string, 8 * 1024);
    ngx_conf_merge_size_value(conf->max_resource, prev->max_resource,
                              256 * 1024);
    ngx_conf_merge_uint_value(conf->max_operations, prev->max_operations,
                              1000);
    ngx_conf_merge_size_value(conf->max_payload, prev->max_payload,
                              1024 * 1024);
    ngx_conf_merge_uint_value(conf->max_members, prev->max_members, 20000);
    ngx_conf_merge_uint_value(conf->patch_members, prev->patch_members, 1000);
    ngx_conf_merge_sec_value(conf->cursor_timeout, prev->cursor_timeout, 3600);
}


/* bodies hold personal data: they had better not touch the disk */

static void
ngx_http_scim_check_body(ngx_conf_t *cf, ngx_http_core_loc_conf_t *clcf)
{
    if (clcf->client_max_body_size
        && (off_t) clcf->client_body_buffer_size >= clcf->client_max_body_size)
    {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"client_body_buffer_size\" is less than "
                  "\"client_max_body_size\" in location \"%V\" with "
                  "\"scim_pass\": larger bodies are written to temporary "
                  "files", &clcf->name);
}


static scim_document_t *
ngx_http_scim_provider(ngx_conf_t *cf, ngx_http_scim_loc_conf_t *conf)
{
    scim_arena_t                arena;
    scim_document_t            *provider;
    scim_features_t             features;
    ngx_http_scim_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_scim_module);

    ngx_memzero(&features, sizeof(scim_features_t));

    features.max_results = conf->max_results;
    features.max_operations = conf->max_operations;
    features.max_payload = conf->max_payload;
    features.cursor_timeout = conf->cursor_timeout;
    features.bearer = smcf->bearer;
    features.basic = smcf->basic;

    provider = ngx_pcalloc(cf->pool, sizeof(scim_document_t));
    if (provider == NULL) {
        return NULL;
    }

    ngx_http_scim_arena(&arena, cf->pool);

    return scim_discovery_provider(&arena, &features, provider) == SCIM_OK
           ? provider : NULL;
}


/* numbers and sizes: both are as wide as a pointer */

static char *
ngx_http_scim_check_bounds(ngx_conf_t *cf, void *post, void *data)
{
    ngx_http_scim_bounds_t *bounds = post;
    ngx_uint_t *np = data;

    ngx_str_t  *value;

    if (*np >= bounds->low && *np <= bounds->high) {
        return NGX_CONF_OK;
    }

    value = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"%V\" directive, it must "
                       "be between %ui and %ui",
                       &value[1], &value[0], bounds->low, bounds->high);

    return NGX_CONF_ERROR;
}


/* tells how many connections PostgreSQL must allow */

static ngx_int_t
ngx_http_scim_init_module(ngx_cycle_t *cycle)
{
    ngx_uint_t                  i, n, workers;
    ngx_core_conf_t            *ccf;
    ngx_http_scim_database_t   *db;
    ngx_http_scim_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_scim_module);

    if (smcf == NULL || smcf->databases.nelts == 0) {
        return NGX_OK;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    workers = ccf->master ? ccf->worker_processes : 1;
    db = smcf->databases.elts;
    n = 0;

    for (i = 0; i < smcf->databases.nelts; i++) {
        n += ngx_scim_store_connections(db[i].store);
    }

    ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                  "scim: at most %ui connections to %ui database(s), "
                  "%ui for each of %ui worker process(es); twice as many "
                  "while reloading",
                  n * workers, smcf->databases.nelts, n, workers);

    return NGX_OK;
}


static ngx_int_t
ngx_http_scim_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                  i;
    ngx_http_scim_database_t   *db;
    ngx_http_scim_main_conf_t  *smcf;

    /* not in the processes of the cache */

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_scim_module);

    if (smcf == NULL) {
        return NGX_OK;
    }

    db = smcf->databases.elts;

    for (i = 0; i < smcf->databases.nelts; i++) {
        ngx_scim_store_open(db[i].store, cycle->log);
    }

    return NGX_OK;
}


static void
ngx_http_scim_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                  i;
    ngx_http_scim_database_t   *db;
    ngx_http_scim_main_conf_t  *smcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return;
    }

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_scim_module);

    if (smcf == NULL) {
        return;
    }

    db = smcf->databases.elts;

    for (i = 0; i < smcf->databases.nelts; i++) {
        ngx_scim_store_close(db[i].store);
    }
}


void
ngx_http_scim_arena(scim_arena_t *arena, ngx_pool_t *pool)
{
    scim_arena_init(arena, ngx_http_scim_pool_alloc, pool);
}


static void *
ngx_http_scim_pool_alloc(void *data, size_t size)
{
    return ngx_palloc(data, size);
}


ngx_http_scim_ctx_t *
ngx_http_scim_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t        *cln;
    ngx_http_scim_ctx_t       *ctx;
    ngx_http_scim_loc_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_scim_module);

    ctx = ngx_http_scim_find_ctx(r);

    if (ctx) {
        if (ctx->conf == conf || conf->database == NULL) {
            return ctx;
        }

        /* came into another location: all that depends on it is void */

        ctx->routed = 0;
        ctx->authenticated = 0;
        ctx->stated = 0;
        ctx->base.len = 0;
        ctx->answered = 0;
        ctx->conf = conf;

        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_scim_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_scim_ctx_t));

    cln->handler = ngx_http_scim_ctx_cleanup;

    ngx_http_scim_arena(&ctx->arena, r->pool);

    ctx->request = r;
    ctx->conf = conf;
    ctx->results = -1;

    ngx_http_set_ctx(r, ctx, ngx_http_scim_module);

    return ctx;
}


ngx_http_scim_ctx_t *
ngx_http_scim_find_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t   *cln;
    ngx_http_scim_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_scim_module);

    if (ctx) {
        return ctx;
    }

    /* zeroed by an internal redirect; a subrequest has the same pool */

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_http_scim_ctx_cleanup) {
            continue;
        }

        ctx = cln->data;

        if (ctx->request == r) {
            ngx_http_set_ctx(r, ctx, ngx_http_scim_module);
            return ctx;
        }
    }

    return NULL;
}


/* marks the context in the pool's list, so that it can be found there */

static void
ngx_http_scim_ctx_cleanup(void *data)
{
    ngx_http_scim_ctx_t *ctx = data;

    ctx->request = NULL;
}
