
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
#include "scim_bulk.h"
#include "scim_cursor.h"
#include "scim_discovery.h"
#include "scim_etag.h"
#include "scim_patch.h"


#define NGX_HTTP_SCIM_DIGEST  32
#define NGX_HTTP_SCIM_NAME    64      /* bytes, of a tenant or a token */


/* rights of a token; a scope= names them, none means all */
#define NGX_HTTP_SCIM_USERS_READ    0x01
#define NGX_HTTP_SCIM_USERS_WRITE   0x02
#define NGX_HTTP_SCIM_GROUPS_READ   0x04
#define NGX_HTTP_SCIM_GROUPS_WRITE  0x08
#define NGX_HTTP_SCIM_OTHERS_READ   0x10    /* custom resource types */
#define NGX_HTTP_SCIM_OTHERS_WRITE  0x20
#define NGX_HTTP_SCIM_ALL           0x3f


/* times that a replace or a patch reads again what others changed meanwhile */
#define NGX_HTTP_SCIM_TRIES  5


#define NGX_HTTP_SCIM_TOLERANT  0
#define NGX_HTTP_SCIM_STRICT    1


/* where a tenant's tokens are */
typedef enum {
    NGX_HTTP_SCIM_TOKENS_CONFIG = 0,
    NGX_HTTP_SCIM_TOKENS_DATABASE,
    NGX_HTTP_SCIM_TOKENS_BOTH
} ngx_http_scim_tokens_e;


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
    unsigned                     reject_unknown:1;   /* unknown_members */
    unsigned                     tombstone:1;    /* delete tombstone */
    unsigned                     restore:1;
    ngx_scim_store_adopt_e       adopt;
    int64_t                      seats;      /* -1: the database alone says */
    ngx_http_scim_tokens_e       token_source;
    time_t                       token_cache;    /* seconds */
    ngx_array_t                 *schemas;    /* ngx_http_scim_file_t, until */
    ngx_array_t                 *types;      /* the registry is built */
    ngx_array_t                 *rules;      /* of require and unique */
    const scim_registry_t       *registry;   /* main conf's, or its own */
    scim_discovery_t            *discovery;  /* NULL: written on request */
} ngx_http_scim_tenant_t;


/* a file of scim_schema or scim_resource_type */
typedef struct {
    ngx_str_t                    name;       /* full path */
    ngx_str_t                    extends;    /* "extends=", may be empty */
    ngx_str_t                    conf;       /* where it was named */
    ngx_uint_t                   line;
    unsigned                     required:1;
} ngx_http_scim_file_t;


typedef struct {
    u_char                       digest[NGX_HTTP_SCIM_DIGEST];
    ngx_http_scim_tenant_t      *tenant;
    ngx_str_t                    name;
    ngx_str_t                    user;       /* basic only */
    ngx_str_t                    me;         /* userName that /Me stands for */
    ngx_str_t                    meta;       /* JSON object for events, or
                                                empty */
    time_t                       expires;    /* 0: never */
    ngx_uint_t                   rights;
    unsigned                     basic:1;
} ngx_http_scim_token_t;


/* what a client has shown */
typedef struct {
    ngx_str_t                    secret;
    ngx_str_t                    user;       /* basic only */
    ngx_uint_t                   basic;
    u_char                       digest[NGX_HTTP_SCIM_DIGEST];
} ngx_http_scim_credentials_t;


/* what the database is asked for: a token, or whether a tenant is enabled */
typedef struct {
    ngx_scim_store_database_t   *database;
    ngx_http_scim_tenant_t      *tenant;     /* whose block it is, or "*" */
    ngx_str_t                    name;       /* the tenant's */
    u_char                       digest[NGX_HTTP_SCIM_DIGEST];
    unsigned                     basic:1;
    unsigned                     state:1;    /* of the tenant; no digest */
    ngx_scim_store_request_t    *sr;         /* NULL: not being asked */
} ngx_http_scim_question_t;


/* why nobody was found */
typedef struct {
    const char                  *reason;
    ngx_str_t                    tenant;     /* empty: nobody knows */
    ngx_scim_store_database_t   *database;   /* NULL: the location's */
} ngx_http_scim_failure_t;


typedef struct ngx_http_scim_known_s  ngx_http_scim_known_t;


typedef struct {
    ngx_array_t                  databases;  /* ngx_http_scim_database_t */
    ngx_http_scim_token_t      **tokens;     /* open addressing by digest */
    ngx_uint_t                   mask;       /* slots - 1 */
    ngx_uint_t                   ntokens;
    ngx_rbtree_t                 names;      /* tenants by name */
    ngx_rbtree_node_t            sentinel;
    ngx_http_scim_tenant_t      *others;     /* "*", or NULL */
    ngx_http_scim_known_t       *known;      /* of this process, or NULL */
    ngx_array_t                  refs;       /* databases named before all are
                                                known; gone after start */
    ngx_array_t                 *schemas;    /* ngx_http_scim_file_t */
    ngx_array_t                 *types;
    const scim_registry_t       *registry;
    scim_discovery_t            *discovery;
    ngx_str_t                    cursor_key; /* raw bytes */
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
    ngx_uint_t                   max_operations;     /* Bulk and PATCH */
    size_t                       max_payload;        /* Bulk */
    ngx_uint_t                   max_members;        /* of one request */
    ngx_uint_t                   patch_members;      /* more: 204 */
    time_t                       cursor_timeout;
    scim_document_t             *provider;   /* of scim_pass; NULL elsewhere */
} ngx_http_scim_loc_conf_t;


typedef enum {
    NGX_HTTP_SCIM_NONE = 0,        /* no such endpoint */
    NGX_HTTP_SCIM_PROVIDER_CONFIG,
    NGX_HTTP_SCIM_RESOURCE_TYPES,
    NGX_HTTP_SCIM_SCHEMAS,
    NGX_HTTP_SCIM_GET,
    NGX_HTTP_SCIM_LIST,
    NGX_HTTP_SCIM_SEARCH,          /* the same by POST */
    NGX_HTTP_SCIM_CREATE,
    NGX_HTTP_SCIM_REPLACE,
    NGX_HTTP_SCIM_PATCH,
    NGX_HTTP_SCIM_DELETE,
    NGX_HTTP_SCIM_BULK
} ngx_http_scim_operation_e;


typedef struct ngx_http_scim_ctx_s     ngx_http_scim_ctx_t;
typedef struct ngx_http_scim_bulk_s    ngx_http_scim_bulk_t;
typedef struct ngx_http_scim_stream_s  ngx_http_scim_stream_t;


/*
 * In r->pool; zeroed by nginx at an internal redirect.  Route and
 * authentication are filled on first use, by a variable or by the handler.
 * Each operation of a Bulk request has one of its own, a copy of the request's
 * with "bulk" set.
 */
struct ngx_http_scim_ctx_s {
    ngx_http_request_t          *request;
    ngx_http_scim_loc_conf_t    *conf;
    scim_arena_t                 arena;      /* over r->pool */

    ngx_http_scim_operation_e    operation;
    ngx_uint_t                   allow;      /* NGX_HTTP_GET|..., for 405 */
    const scim_registry_t       *registry;   /* the tenant's; without a token
                                                main conf's */
    const scim_resource_type_t  *type;       /* NULL but for resources, and
                                                at the root */
    ngx_str_t                    id;         /* as in the path */
    unsigned                     routed:1;
    unsigned                     root:1;     /* list or search of all types */
    unsigned                     me:1;       /* /Me */

    ngx_http_scim_token_t       *token;      /* NULL: 401 */
    ngx_http_scim_question_t    *question;   /* to the database, or NULL */
    ngx_http_scim_failure_t      failure;    /* why there is no token */
    unsigned                     authenticated:1;    /* looked at */
    unsigned                     stated:1;   /* disabled is known */
    unsigned                     disabled:1; /* the tenant */
    unsigned                     answered:1; /* ours: the filter keeps off */
    unsigned                     replaced:1; /* nginx's, rewritten by it */
    unsigned                     tries:3;    /* replace, patch */

    ngx_str_t                    base;       /* URL, computed on first use */
    ngx_str_t                    replacement;    /* body still to be sent */
    scim_query_t                 query;
    scim_json_t                 *body;
    scim_patch_t                 patch;
    scim_resource_t              resource;
    ngx_scim_store_request_t    *sr;
    ngx_msec_t                   sr_time;    /* of sr, told already */
    ngx_uint_t                   sr_segments;
    ngx_http_scim_stream_t      *stream;     /* NULL: in one piece */

    ngx_http_scim_bulk_t        *bulk;       /* NULL: answers go to the
                                                client */
    scim_bulk_op_t              *item;       /* the operation of bulk */

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
};


/* ngx_http_scim_module.c */

extern ngx_module_t  ngx_http_scim_module;

/* context of the request, made on first use; NULL: memory is short.  Found
 * again after an internal redirect */
ngx_http_scim_ctx_t *ngx_http_scim_ctx(ngx_http_request_t *r);

/* the same without making one; NULL: the request has none */
ngx_http_scim_ctx_t *ngx_http_scim_find_ctx(ngx_http_request_t *r);

/* what the query means for resources of the type */
const scim_view_t *ngx_http_scim_view(ngx_http_scim_ctx_t *ctx,
    const scim_resource_type_t *type);

/* an arena over an nginx pool */
void ngx_http_scim_arena(scim_arena_t *arena, ngx_pool_t *pool);

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

/* scim_cursor_key; and the key, drawn at random, where nobody gave one */
char *ngx_http_scim_conf_cursor_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_scim_conf_key(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *mcf);

/* remembers to set *slot to the database "name" */
ngx_int_t ngx_http_scim_conf_ref(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *mcf, ngx_str_t *name,
    ngx_scim_store_database_t **slot);

/* the time from which on a token with this "expires=" is no good; NGX_ERROR:
 * not a date (ngx_http_scim_conf_time.c) */
time_t ngx_http_scim_conf_time(ngx_str_t *value);

/* ngx_http_scim_conf_token.c: the directive token of a tenant's block */
char *ngx_http_scim_conf_token(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *mcf, ngx_http_scim_tenant_t *tenant);

/* the rights in the text of a scope; NGX_ERROR: it is none, and gives none */
ngx_int_t ngx_http_scim_conf_scope(ngx_str_t *value, ngx_uint_t *rights);

/* 1: may name a tenant, a token or a database ([A-Za-z0-9._-]{1,64}) */
ngx_uint_t ngx_http_scim_conf_name(ngx_str_t *name);

/* ngx_http_scim_conf_schema.c: scim_schema and scim_resource_type, at http
 * level and in a tenant's block ("files" is created on first use) */
char *ngx_http_scim_conf_schema(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_scim_conf_type(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_scim_conf_file(ngx_conf_t *cf, ngx_array_t **files,
    ngx_uint_t schema);

/* ngx_http_scim_conf_policy.c: "require" or "unique" of a tenant's block */
char *ngx_http_scim_conf_rules(ngx_conf_t *cf, ngx_http_scim_tenant_t *tenant,
    ngx_uint_t unique);

/* puts the tenant's rules into its registry.  NGX_ERROR: an attribute does
 * not exist, or cannot be so (which is told with file and line) */
ngx_int_t ngx_http_scim_conf_ruled(ngx_conf_t *cf,
    ngx_http_scim_tenant_t *tenant);

/* builds main conf's registry and its discovery documents, and the registries
 * of tenants with files of their own, once the configuration is read */
char *ngx_http_scim_conf_registries(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *mcf);

/* ngx_http_scim_auth.c: adds a token while the configuration is read.
 * NGX_ERROR: its digest is there already (which is told with file and line),
 * or memory is short */
ngx_int_t ngx_http_scim_auth_add(ngx_conf_t *cf,
    ngx_http_scim_main_conf_t *mcf, ngx_http_scim_token_t *token);

/*
 * Fills ctx->token from the Authorization header alone (RFC 6750 section 2.1,
 * RFC 7617); a pure function of header, location, time and what the database
 * has said lately.  NGX_OK; NGX_DECLINED: nobody, 401; NGX_AGAIN: the database
 * has to be asked for ctx->question; NGX_ERROR: memory is short.
 */
ngx_int_t ngx_http_scim_authenticate(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* SHA-256 */
ngx_int_t ngx_http_scim_auth_digest(const ngx_str_t *secret, u_char *digest);

/* ngx_http_scim_identity.c: the same for a token of the database */
ngx_int_t ngx_http_scim_identify(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, const ngx_http_scim_credentials_t *cred);

/* asks for it and goes on with ngx_http_scim_proceed(): NGX_DONE, or a status;
 * called by the content handler */
ngx_int_t ngx_http_scim_ask(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx);

/* runs the operation, unless the tenant is disabled, for which the database
 * may be asked; returns what ngx_http_scim_operate() does */
ngx_int_t ngx_http_scim_state(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* tenant, token and client, for a store request, which outlives ours */
ngx_int_t ngx_http_scim_identity_store(ngx_scim_store_request_t *sr,
    ngx_http_scim_ctx_t *ctx);

/* ngx_http_scim_token.c: the answer to a question, if it is young enough, until
 * the next one is learnt; NULL: the database has to be asked.  "elapsed": the
 * answer's age in msec */
const ngx_scim_store_token_t *ngx_http_scim_token_recall(
    ngx_http_scim_main_conf_t *mcf, const ngx_http_scim_question_t *q);
void ngx_http_scim_token_learn(ngx_http_scim_main_conf_t *mcf,
    const ngx_http_scim_question_t *q, const ngx_scim_store_token_t *token,
    ngx_msec_t elapsed);

/* ngx_http_scim_route.c: method and path below the location to an operation;
 * fills operation, allow, registry, type, id.  Never fails */
void ngx_http_scim_route(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx);

/* the operation's name for logs: "list", "create", "schemas" */
ngx_str_t *ngx_http_scim_operation_name(ngx_http_scim_operation_e op);

/* ngx_http_scim_handler.c: the content handler of scim_pass */
ngx_int_t ngx_http_scim_handler(ngx_http_request_t *r);

/* the rest of it, once it is known who asks; "refuse": an answer before the
 * body was read */
ngx_int_t ngx_http_scim_proceed(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
ngx_int_t ngx_http_scim_refuse(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, scim_error_t *err);

/* a store request for the operation of "ctx", as ctx->sr; an earlier one is
 * given up.  NGX_ERROR: memory is short */
ngx_int_t ngx_http_scim_store(ngx_http_scim_ctx_t *ctx);

/* what the tenant decides, and the location where the tenant is silent */
void ngx_http_scim_policy(ngx_http_scim_ctx_t *ctx, scim_policy_t *policy);

/* whether a view of the query shows User.groups */
ngx_uint_t ngx_http_scim_wants_groups(ngx_http_scim_ctx_t *ctx);

/* whether the token may read or write resources of the type */
ngx_uint_t ngx_http_scim_may(ngx_http_scim_token_t *token,
    const scim_resource_type_t *type, ngx_uint_t write);

/* starts the operation: NGX_DONE, or what ngx_http_scim_send() returned */
ngx_int_t ngx_http_scim_operate(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/*
 * First call of a store handler: the operation's context, with log and
 * counters brought up to date.
 */
ngx_http_scim_ctx_t *ngx_http_scim_resume(ngx_scim_store_request_t *sr);

/* last call of a store handler: finalizes with "rc", or hands it to Bulk */
void ngx_http_scim_finish(ngx_http_scim_ctx_t *ctx, ngx_int_t rc);

/* ngx_http_scim_body.c: 415 when the body's type or coding is not taken */
int ngx_http_scim_body_type(ngx_http_request_t *r, scim_error_t *err);

/* the body that was read to ctx->body; SCIM_OK or SCIM_ERROR */
int ngx_http_scim_body(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    scim_error_t *err);

/*
 * ngx_http_scim_condition.c: If-Match and If-None-Match by weak comparison
 * (RFC 7644 section 3.14), before anything is written.
 */

/* 1 when the operation has one of them */
ngx_uint_t ngx_http_scim_conditional(ngx_http_scim_ctx_t *ctx);

/*
 * What the store has read for this operation: NGX_DECLINED when it is there
 * and no condition speaks against it.  Else it has been answered: 304, 404,
 * 412 or the store's error; returns what ngx_http_scim_send() does.
 */
ngx_int_t ngx_http_scim_check_loaded(ngx_http_request_t *r,
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

/* ngx_http_scim_op_search.c: the same with parameters from ctx->body */
ngx_int_t ngx_http_scim_search(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* ngx_http_scim_op_me.c: finds the user that /Me stands for, then runs the
 * operation on it (RFC 7644 section 3.11) */
ngx_int_t ngx_http_scim_me(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx);

/* ngx_http_scim_op_write.c */
ngx_int_t ngx_http_scim_create(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
ngx_int_t ngx_http_scim_replace(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);
ngx_int_t ngx_http_scim_delete(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* 503: others were faster each time */
ngx_int_t ngx_http_scim_changed(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* ngx_http_scim_op_patch.c */
ngx_int_t ngx_http_scim_patch(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* ngx_http_scim_op_bulk.c */
ngx_int_t ngx_http_scim_bulk(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx);

/* what would have gone to the client is kept for the BulkResponse; NGX_OK */
ngx_int_t ngx_http_scim_bulk_result(ngx_http_scim_ctx_t *ctx,
    ngx_uint_t status, int64_t version, scim_error_t *err);

/* an operation has ended, "rc" as in ngx_http_scim_finish() */
void ngx_http_scim_bulk_finish(ngx_http_scim_ctx_t *ctx, ngx_int_t rc);

/*
 * ngx_http_scim_stream.c: resources whose members are rows.  Sends what "n"
 * rows of ctx->sr look like, with their members read page by page: in one
 * piece when all fit the first page, else chunk by chunk as the client takes
 * them, with no connection to the database held in between.
 *
 * list NULL: one resource, answered with "status", ETag and, for 201,
 * Location.  Returns NGX_DONE, an answer will follow, or a status.
 */
typedef struct {
    int64_t                      total;
    int64_t                      start_index;    /* 0: cursor paging */
    scim_str_t                   next;           /* data NULL: none */
} ngx_http_scim_page_t;

ngx_int_t ngx_http_scim_stream(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, ngx_uint_t status, ngx_http_scim_page_t *list);

/* 1 when one of the rows has members that are to be shown */
ngx_uint_t ngx_http_scim_stream_needed(ngx_http_scim_ctx_t *ctx);

/* ngx_http_scim_cursor.c: cursors of RFC 9865 as text, signed (HMAC-SHA256)
 * and bound to tenant, types, filter and order.  seal: SCIM_ERROR when
 * memory is short; open: 400 invalidCursor or expiredCursor */
int ngx_http_scim_cursor_seal(ngx_http_scim_ctx_t *ctx,
    scim_cursor_t *cursor, scim_str_t *text);
int ngx_http_scim_cursor_open(ngx_http_scim_ctx_t *ctx,
    const scim_str_t *text, scim_cursor_t *cursor, scim_error_t *err);

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

/* one stored resource, cut to the projection: 200 or 201 with Location.  Reads
 * members where they are shown, and then returns NGX_DONE */
ngx_int_t ngx_http_scim_send_resource(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, ngx_uint_t status, scim_stored_t *res);

/* base, endpoint and id of a resource; data NULL: memory is short */
void ngx_http_scim_location(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    const scim_stored_t *res, ngx_str_t *location);

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

/* header lines of an answer with a body (Cache-Control, Content-Type, and as
 * in ngx_http_scim_send()), length -1: not known yet */
ngx_int_t ngx_http_scim_send_header(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, ngx_uint_t status, off_t length,
    int64_t version, ngx_str_t *location);

/* ngx_http_scim_refused.c: an error was answered; of a write that is somebody's
 * an audit row tells.  Called for each answer, before it is sent */
void ngx_http_scim_refused(ngx_http_scim_ctx_t *ctx, scim_error_t *err);

/* nobody was found: counted by tenant and reason */
void ngx_http_scim_auth_failed(ngx_http_scim_ctx_t *ctx);

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
