
/*
 * What the files of http/ share: configuration, the request's context, and
 * one prototype for each step of a request's life.  http/ is the edge: it
 * knows nginx and HTTP, calls core/ and store/, and never libpq.
 */


#ifndef NGX_HTTP_SCIM_MODULE_H_INCLUDED
#define NGX_HTTP_SCIM_MODULE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_scim_store.h"
#include "scim_discovery.h"
#include "scim_etag.h"


#define NGX_HTTP_SCIM_DIGEST  32


/* rights of a token; a scope= names them, none means all */
#define NGX_HTTP_SCIM_USERS_READ    0x01
#define NGX_HTTP_SCIM_USERS_WRITE   0x02
#define NGX_HTTP_SCIM_GROUPS_READ   0x04
#define NGX_HTTP_SCIM_GROUPS_WRITE  0x08
#define NGX_HTTP_SCIM_ALL           0x0f


#define NGX_HTTP_SCIM_TOLERANT  0
#define NGX_HTTP_SCIM_STRICT    1


typedef struct {
    ngx_str_t                    name;
    ngx_scim_store_database_t   *store;
} ngx_http_scim_database_t;


typedef struct {
    ngx_str_node_t               node;       /* in main conf's names */
    ngx_str_t                    name;
    ngx_scim_store_database_t   *database;   /* NULL: the location's */
    ngx_uint_t                   profile;    /* NGX_CONF_UNSET_UINT: the
                                                location's */
    scim_policy_t                policy;     /* strict is set where used */
} ngx_http_scim_tenant_t;


typedef struct {
    u_char                       digest[NGX_HTTP_SCIM_DIGEST];
    ngx_http_scim_tenant_t      *tenant;
    ngx_str_t                    name;
    ngx_str_t                    user;       /* basic only */
    time_t                       expires;    /* 0: never */
    ngx_uint_t                   rights;
    unsigned                     basic:1;
} ngx_http_scim_token_t;


typedef struct {
    ngx_array_t                  databases;  /* ngx_http_scim_database_t */
    ngx_http_scim_token_t      **tokens;     /* open addressing by digest */
    ngx_uint_t                   mask;       /* slots - 1 */
    ngx_uint_t                   ntokens;
    ngx_rbtree_t                 names;      /* tenants by name, for checks */
    ngx_rbtree_node_t            sentinel;
    ngx_array_t                  refs;       /* databases named before all are
                                                known; gone after start */
    unsigned                     bearer:1;   /* schemes that any tenant has */
    unsigned                     basic:1;
} ngx_http_scim_main_conf_t;


typedef struct {
    ngx_scim_store_database_t   *database;
    ngx_str_t                    prefix;     /* the location's name without a
                                                slash at its end */
    ngx_str_t                    base_url;   /* scim_base_url, the same */
    ngx_flag_t                   errors;
    ngx_uint_t                   profile;    /* tolerant or strict */
    ngx_uint_t                   max_results;
    ngx_uint_t                   max_filter_depth;
    size_t                       max_filter_length;
    ngx_uint_t                   max_json_depth;
    ngx_uint_t                   max_json_keys;
    ngx_uint_t                   max_json_nodes;
    ngx_uint_t                   max_values;
    size_t                       max_string;
    size_t                       max_resource;
    scim_discovery_t            *discovery;  /* of scim_pass; NULL elsewhere */
} ngx_http_scim_loc_conf_t;


typedef enum {
    NGX_HTTP_SCIM_NONE = 0,        /* no such endpoint */
    NGX_HTTP_SCIM_PROVIDER_CONFIG,
    NGX_HTTP_SCIM_RESOURCE_TYPES,
    NGX_HTTP_SCIM_SCHEMAS,
    NGX_HTTP_SCIM_GET,
    NGX_HTTP_SCIM_LIST,
    NGX_HTTP_SCIM_CREATE,
    NGX_HTTP_SCIM_REPLACE,
    NGX_HTTP_SCIM_DELETE
} ngx_http_scim_operation_e;


/*
 * In r->pool; zeroed by nginx at an internal redirect.  Route and
 * authentication are filled on first use, by a variable or by the handler.
 */
typedef struct {
    ngx_http_request_t          *request;
    ngx_http_scim_loc_conf_t    *conf;
    scim_arena_t                 arena;      /* over r->pool */

    ngx_http_scim_operation_e    operation;
    ngx_uint_t                   allow;      /* NGX_HTTP_GET|..., for 405 */
    const scim_resource_type_t  *type;       /* NULL but for resources */
    ngx_str_t                    id;         /* as in the path */
    unsigned                     routed:1;

    ngx_http_scim_token_t       *token;      /* NULL: 401 */
    unsigned                     authenticated:1;    /* looked at */
    unsigned                     answered:1; /* ours: the filter keeps off */
    unsigned                     replaced:1; /* nginx's, rewritten by it */
    unsigned                     tries:3;    /* replace */

    ngx_str_t                    base;       /* URL, computed on first use */
    ngx_str_t                    replacement;    /* body still to be sent */
    scim_query_t                 query;
    scim_json_t                 *body;
    scim_resource_t              resource;
    ngx_scim_store_request_t    *sr;

    /* for variables */
    scim_error_t                *error;      /* what was answered, or NULL */
    int64_t                      version;    /* 0: none */
    ngx_int_t                    results;    /* -1: none */
    u_char                       resource_id[36];
    unsigned                     has_resource_id:1;
    ngx_msec_t                   db_time;
    ngx_uint_t                   segments;
    u_char                       request_id[36];
    unsigned                     has_request_id:1;
} ngx_http_scim_ctx_t;


/* ngx_http_scim_module.c */

extern ngx_module_t  ngx_http_scim_module;

/* context of the request, made on first use; NULL: memory is short.  Found
 * again after an internal redirect */
ngx_http_scim_ctx_t *ngx_http_scim_ctx(ngx_http_request_t *r);

/* the same without making one; NULL: the request has none */
ngx_http_scim_ctx_t *ngx_http_scim_find_ctx(ngx_http_request_t *r);

/* ngx_http_scim_conf.c: handlers of scim_database, scim_tenant, scim_pass,
 * scim_base_url, called while the configuration is read */
char *ngx_http_scim_conf_database(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_scim_conf_tenant(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);                           /* ngx_http_scim_conf_tenant.c */
char *ngx_http_scim_conf_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_scim_conf_base_url(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* databases that scim_pass and tenants name, looked up once all are known */
char *ngx_http_scim_conf_resolve(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *mcf);

/* remembers to set *slot to the database "name" */
ngx_int_t ngx_http_scim_conf_ref(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *mcf, ngx_str_t *name,
    ngx_scim_store_database_t **slot);

/* the time from which on a token with this "expires=" is no good; NGX_ERROR:
 * not a date (ngx_http_scim_conf_time.c) */
time_t ngx_http_scim_conf_time(ngx_str_t *value);

/* 1: may name a tenant, a token or a database ([A-Za-z0-9._-]{1,64}) */
ngx_uint_t ngx_http_scim_conf_name(ngx_str_t *name);

/* ngx_http_scim_auth.c: adds a token while the configuration is read.
 * NGX_ERROR: its digest is there already (which is told with file and line),
 * or memory is short */
ngx_int_t ngx_http_scim_auth_add(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *mcf, ngx_http_scim_token_t *token);

/*
 * Fills ctx->token from the Authorization header alone (RFC 6750 section 2.1,
 * RFC 7617); a pure function of header, location and time.  NGX_OK, or
 * NGX_DECLINED: nobody, 401.
 */
ngx_int_t ngx_http_scim_authenticate(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* ngx_http_scim_route.c: method and path below the location to an operation;
 * fills operation, allow, type, id.  Never fails */
void ngx_http_scim_route(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx);

/* the operation's name for logs: "list", "create", "schemas" */
ngx_str_t *ngx_http_scim_operation_name(ngx_http_scim_operation_e op);

/* ngx_http_scim_handler.c: the content handler of scim_pass */
ngx_int_t ngx_http_scim_handler(ngx_http_request_t *r);

/*
 * First call of a store handler: the request's context, with log and counters
 * brought up to date.
 */
ngx_http_scim_ctx_t *ngx_http_scim_resume(ngx_http_request_t *r,
    ngx_scim_store_request_t *sr);

/* last call of a store handler: finalizes with "rc" */
void ngx_http_scim_finish(ngx_http_request_t *r, ngx_int_t rc);

/* ngx_http_scim_body.c: 415 when the body's type or coding is not taken */
int ngx_http_scim_body_type(ngx_http_request_t *r, scim_error_t *err);

/* the body that was read to ctx->body; SCIM_OK or SCIM_ERROR */
int ngx_http_scim_body(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    scim_error_t *err);

/*
 * ngx_http_scim_condition.c: If-Match and If-None-Match by weak comparison
 * (RFC 7644 section 3.14), before anything is written.
 */

/* 1 when the request has one of them */
ngx_uint_t ngx_http_scim_conditional(ngx_http_request_t *r);

/*
 * What the store has read for this operation: NGX_DECLINED when it is there
 * and no condition speaks against it.  Else it has been answered: 304, 404,
 * 412 or the store's error; returns what ngx_http_scim_send() does.
 */
ngx_int_t ngx_http_scim_check_loaded(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* 412 */
ngx_int_t ngx_http_scim_send_precondition_failed(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/*
 * The operations.  Each starts after route, authentication and, for writes,
 * body; returns NGX_DONE (an answer will follow; r->main->count was raised
 * by the caller) or a status for ngx_http_finalize_request().
 */

/* ngx_http_scim_op_discovery.c */
ngx_int_t ngx_http_scim_discover(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* ngx_http_scim_op_read.c */
ngx_int_t ngx_http_scim_get(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
ngx_int_t ngx_http_scim_list(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* ngx_http_scim_op_write.c */
ngx_int_t ngx_http_scim_create(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
ngx_int_t ngx_http_scim_replace(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
ngx_int_t ngx_http_scim_delete(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* ngx_http_scim_respond.c */

/* URL that Location and meta.location start with: scim_base_url, or scheme,
 * server_name and port of the server, and the location's prefix; never the
 * Host header.  NULL: memory is short */
ngx_str_t *ngx_http_scim_base(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* sends a body, application/scim+json; version 0: no ETag; location NULL:
 * no Location header.  body NULL: no content (204, 304).  Returns what
 * ngx_http_output_filter() does */
ngx_int_t ngx_http_scim_send(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    ngx_uint_t status, ngx_str_t *body, int64_t version, ngx_str_t *location);

/* one stored resource, cut to the projection: 200 or 201 with Location */
ngx_int_t ngx_http_scim_send_resource(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, ngx_uint_t status, scim_stored_t *res);

/* an error as RFC 7644 section 3.12 has it, with WWW-Authenticate, Allow or
 * Retry-After where the status asks for one */
ngx_int_t ngx_http_scim_send_error(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, scim_error_t *err);

/* what the store could not do: 404 or sr->error */
ngx_int_t ngx_http_scim_send_failure(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* adds a header line to the answer; "value" lives as long as the request */
ngx_table_elt_t *ngx_http_scim_add_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);

/* ngx_http_scim_filter.c: nginx's own errors as SCIM JSON (scim_errors) */
ngx_int_t ngx_http_scim_filter_init(ngx_conf_t *cf);

/* ngx_http_scim_log.c: error log lines of SCIM requests without the query */
ngx_int_t ngx_http_scim_log_init(ngx_conf_t *cf);

/* ngx_http_scim_variables.c */
ngx_int_t ngx_http_scim_add_variables(ngx_conf_t *cf);
ngx_int_t ngx_http_scim_variable_uri(ngx_http_request_t *r,
    ngx_http_variable_value_t *v,
    uintptr_t data);                       /* ngx_http_scim_variable_uri.c */

/* writes the request's path to the log line that ends at "last"; what is no
 * endpoint and no id of ours is shown as "-".  Returns the new end */
u_char *ngx_http_scim_uri_path(ngx_http_request_t *r,
    ngx_http_scim_loc_conf_t *conf, u_char *p, u_char *last);

/* 1: 36 characters that a UUID may have */
ngx_uint_t ngx_http_scim_is_uuid(ngx_str_t *id);


#endif /* NGX_HTTP_SCIM_MODULE_H_INCLUDED */
