
/*
 * SCIM operations as SQL: the interface of the only code that knows tables.
 * Called by the operations of http/, one store request for each SCIM request.
 *
 * A store request has a pool of its own and outlives the HTTP request: when
 * the client leaves, http/ abandons it, and what is on its way to PostgreSQL
 * still ends well.
 */


#ifndef NGX_SCIM_STORE_H_INCLUDED
#define NGX_SCIM_STORE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>

#include "scim_error.h"
#include "scim_filter.h"
#include "scim_project.h"
#include "scim_resource.h"


typedef struct ngx_scim_pg_conf_s        ngx_scim_store_database_t;
typedef struct ngx_scim_store_request_s  ngx_scim_store_request_t;

/* called once for each operation below that returned NGX_OK; rows, error and
 * all they point to live until it returns or starts the next operation */
typedef void (*ngx_scim_store_pt)(ngx_scim_store_request_t *sr);


typedef enum {
    NGX_SCIM_STORE_OK = 0,
    NGX_SCIM_STORE_NOT_FOUND,      /* no such resource (not an error of list) */
    NGX_SCIM_STORE_CONFLICT,       /* uniqueness: error is filled, 409 */
    NGX_SCIM_STORE_CHANGED,        /* replace, delete: the version is another
                                      one now; read again */
    NGX_SCIM_STORE_ERROR           /* error is filled */
} ngx_scim_store_status_e;


/* what a resource to be created may meet, and take over instead: a row that
 * the application has imported, and SCIM has not written yet */
typedef enum {
    NGX_SCIM_STORE_ADOPT_OFF = 0,
    NGX_SCIM_STORE_ADOPT_NAME,
    NGX_SCIM_STORE_ADOPT_EXTERNAL_ID,
    NGX_SCIM_STORE_ADOPT_EMAILS
} ngx_scim_store_adopt_e;


/* a token that the database knows; "found" is 0 when there is none, or it is
 * revoked or expired.  A tenant without a row counts as enabled */
typedef struct {
    ngx_str_t                    name;
    ngx_str_t                    scope;        /* data NULL: all */
    ngx_str_t                    me;
    ngx_str_t                    meta;         /* JSON object */
    time_t                       expires;
    unsigned                     found:1;
    unsigned                     known:1;      /* the tenant has a row */
    unsigned                     enabled:1;
} ngx_scim_store_token_t;


/* a write that was refused; for its audit row */
typedef struct {
    const char                  *op;           /* create, replace, ... */
    scim_str_t                   type;         /* of the resource; may be
                                                  empty */
    scim_str_t                   id;           /* may be empty, or no UUID */
    scim_str_t                   attr;         /* may be empty */
    int                          status;
    const char                  *scim_type;    /* or NULL */
    ngx_msec_t                   ms;
} ngx_scim_store_refusal_t;


/* a member, and whose: the index of the group in what was asked for */
typedef struct {
    ngx_uint_t                   group;
    scim_member_t                member;
} ngx_scim_store_member_t;


struct ngx_scim_store_request_s {
    ngx_pool_t                  *pool;
    scim_arena_t                 arena;        /* over pool */
    ngx_log_t                   *log;          /* the worker's */

    /* in: set by the caller before the first operation */
    ngx_scim_store_database_t   *database;
    ngx_str_t                    tenant;
    ngx_str_t                    token_name;   /* for the audit row */
    ngx_str_t                    token_meta;   /* JSON for events, or empty */
    ngx_str_t                    client;       /* address, or empty */
    int64_t                      seats;        /* active users at most, -1:
                                                  the tenant's row alone says */
    ngx_scim_store_adopt_e       adopt;        /* create */
    const scim_resource_type_t  *type;         /* NULL: views of a search */
    const scim_registry_t       *registry;     /* the tenant's */
    u_char                       request_id[36];   /* UUID text, made with the
                                                      request */
    u_char                       new_id[36];   /* create: the id; drawn with
                                                  the request */
    unsigned                     want_groups:1;    /* rows: groups are filled */
    unsigned                     patch:1;      /* replace: audited as such */
    unsigned                     reject_unknown:1; /* members that are nobody:
                                                      400, else left out */
    unsigned                     tombstone:1;  /* delete: the row stays */
    unsigned                     restore:1;    /* create: that of this
                                                  externalId comes back */

    ngx_scim_store_pt            handler;      /* NULL once abandoned */
    void                        *data;

    /* out */
    ngx_scim_store_status_e      status;
    scim_error_t                 error;
    scim_stored_t               *rows;
    ngx_uint_t                   nrows;
    int64_t                      total;        /* search: all that match */
    unsigned                     more:1;       /* search by cursor, members:
                                                  there is a next page */
    scim_str_t                   last_key;     /* search by cursor: place of */
    scim_str_t                   last_id;      /* the last row */
    ngx_scim_store_member_t     *members;
    ngx_uint_t                   nmembers;
    ngx_scim_store_token_t       token;
    ngx_msec_t                   db_time;      /* so far, all segments */
    ngx_uint_t                   segments;

    /* private to store/ */
    void                        *state;
};


/* keys by which one resource is found in the read lane */
typedef enum {
    NGX_SCIM_STORE_BY_ID = 0,
    NGX_SCIM_STORE_BY_NAME,        /* folded key */
    NGX_SCIM_STORE_BY_EXTERNAL_ID
} ngx_scim_store_key_e;


/*
 * Configuration: parses "conninfo" and the name=value parameters of
 * scim_database (args, nargs: read=2 depth=16 work=6 queue=1024 timeout=20s
 * connect_timeout=2s notify=200ms prepare=on) into a new database.  Returns
 * NULL with *err set to a sentence that names the parameter and holds no part
 * of conninfo.  The database's connections are closed by a clean-up of "pool".
 */
ngx_scim_store_database_t *ngx_scim_store_database(ngx_pool_t *pool,
    ngx_str_t *name, ngx_str_t *conninfo, ngx_str_t *args, ngx_uint_t nargs,
    char **err);

/* connections that one worker opens to the database at most */
ngx_uint_t ngx_scim_store_connections(ngx_scim_store_database_t *db);

/* opens the pool ahead of the first request; for init_process */
void ngx_scim_store_open(ngx_scim_store_database_t *db, ngx_log_t *log);

/* closes it; for exit_process */
void ngx_scim_store_close(ngx_scim_store_database_t *db);


/* a new request with its pool, arena and request id; NULL: memory is short */
ngx_scim_store_request_t *ngx_scim_store_request(
    ngx_scim_store_database_t *db, ngx_log_t *log);

/* an id for a resource to be created, 36 characters; NGX_ERROR: no
 * randomness */
ngx_int_t ngx_scim_store_new_id(u_char *text);

/*
 * The HTTP side is through with it, or its client has gone.  A read, or a
 * write that was not sent, is dropped; a write on its way runs to its end.
 * The pool is destroyed at once or when the last job has ended.
 */
void ngx_scim_store_done(ngx_scim_store_request_t *sr);


/*
 * The operations.  NGX_OK: the handler will be called, later.  NGX_ERROR:
 * memory is short.  Every statement carries sr->tenant.
 */

/* one resource by a unique key; reads of one loop turn travel together */
ngx_int_t ngx_scim_store_get(ngx_scim_store_request_t *sr,
    ngx_scim_store_key_e by, const scim_str_t *key);

/*
 * A page of what matches (RFC 7644 sections 3.4.2 and 3.4.3, RFC 9865).  By
 * index: rows [start, start + count) of the order; by cursor: count rows
 * behind the one at (after_key, after_id).
 */
typedef struct {
    const scim_view_t           *views;        /* types, filters, sort */
    ngx_uint_t                   nviews;
    unsigned                     descending:1;
    unsigned                     cursor:1;
    unsigned                     first:1;      /* cursor: from the beginning */
    int64_t                      start;        /* from 0 */
    int64_t                      count;
    int64_t                      total;        /* cursor: known from its first
                                                  page; -1: count */
    scim_str_t                   after_key;    /* last_key and last_id of the */
    scim_str_t                   after_id;     /* page before */
    scim_str_t                   base;         /* URL; for meta.location */
} ngx_scim_store_search_t;

/*
 * rows, total, and for a cursor more, last_key, last_id.  NGX_DECLINED with
 * *err filled (400 invalidFilter, invalidPath) when a filter or an order has no
 * SQL form.  A filter that a unique key answers goes with the point reads.
 */
ngx_int_t ngx_scim_store_search(ngx_scim_store_request_t *sr,
    const ngx_scim_store_search_t *search, scim_error_t *err);

/*
 * Up to "limit" members of the groups "ids", in the order of these and then of
 * the members' ids, behind member "after" (data NULL: from the beginning) of
 * the first of them.  Fills members and more; groups that are gone have none.
 */
ngx_int_t ngx_scim_store_members(ngx_scim_store_request_t *sr,
    const scim_str_t *ids, ngx_uint_t n, const scim_str_t *after,
    ngx_uint_t limit);

/* one row back: the new resource, or the one that was adopted or restored.
 * Every seat taken is 403.  Members that are nobody's id are left out
 * and counted in the audit row, or refused (sr->reject_unknown); a circle of
 * groups, or too deep a nesting, is 400 invalidValue */
ngx_int_t ngx_scim_store_create(ngx_scim_store_request_t *sr,
    const scim_resource_t *resource);

/* "version" is the one that the resource was read with; one row back */
ngx_int_t ngx_scim_store_replace(ngx_scim_store_request_t *sr,
    const scim_str_t *id, int64_t version, const scim_resource_t *resource);

/*
 * Only what is kept as rows, without having read the resource; version 0:
 * whatever it is.  One row back, its version the same when nothing changed.
 * Costs in proportion to what is added and removed.
 */
ngx_int_t ngx_scim_store_change_members(ngx_scim_store_request_t *sr,
    const scim_str_t *id, int64_t version, const scim_members_t *members);

/*
 * Fills sr->token from the SHA-256 digest of a secret (32 bytes), or from the
 * tenant alone (digest NULL).  The use of a token is noted once an hour.
 */
ngx_int_t ngx_scim_store_find_token(ngx_scim_store_request_t *sr,
    ngx_uint_t basic, const u_char *digest);

/*
 * An audit row for a write that was refused, under the request's id; nobody
 * waits for it, and it is dropped when the database cannot take it now.  "sr"
 * is a request of its own, with tenant, token_name, client and request_id set;
 * it is done with it.
 */
void ngx_scim_store_refused(ngx_scim_store_request_t *sr,
    const ngx_scim_store_refusal_t *refusal);

/*
 * Counts a failed authentication; the worker writes the counts from time to
 * time.  "tenant" is empty when nobody knows whose it was; "reason" is a
 * constant word: "unknown", "expired", "scheme", ...
 */
void ngx_scim_store_auth_failed(ngx_scim_store_database_t *db,
    ngx_str_t *tenant, const char *reason);

/* version 0: whatever it is */
ngx_int_t ngx_scim_store_delete(ngx_scim_store_request_t *sr,
    const scim_str_t *id, int64_t version);


#endif /* NGX_SCIM_STORE_H_INCLUDED */
