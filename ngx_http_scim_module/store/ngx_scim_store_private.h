
/*
 * What the files of store/ share and nobody else sees: the state of a request,
 * the database with its waiting reads, and the helpers that build jobs and
 * read their results.
 */


#ifndef NGX_SCIM_STORE_PRIVATE_H_INCLUDED
#define NGX_SCIM_STORE_PRIVATE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_scim_pg.h"
#include "ngx_scim_store.h"
#include "ngx_scim_store_sql.h"


/* the contract of sql/ that this code was written for */
#define NGX_SCIM_STORE_CONTRACT  3

/* 2000-01-01T00:00:00Z, from which PostgreSQL counts microseconds */
#define NGX_SCIM_STORE_EPOCH  946684800

#define NGX_SCIM_STORE_BATCH     32    /* point reads of one statement */
#define NGX_SCIM_STORE_KEYS      (NGX_SCIM_STORE_BY_EXTERNAL_ID + 1)


typedef struct ngx_scim_store_op_s        ngx_scim_store_op_t;
typedef struct ngx_scim_store_changed_s   ngx_scim_store_changed_t;
typedef struct ngx_scim_store_failures_s  ngx_scim_store_failures_t;

/* reads the outcome of a job */
typedef void (*ngx_scim_store_step_pt)(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);

/* runs when a pause is over */
typedef void (*ngx_scim_store_wake_pt)(ngx_scim_store_op_t *op);


typedef struct {
    ngx_scim_pg_conf_t         conf;         /* first: the public type */

    ngx_queue_t                reads[NGX_SCIM_STORE_KEYS];
    ngx_queue_t                missing;      /* malformed ids */
    ngx_event_t                event;        /* gathers what waits */
    ngx_uint_t                 turn;         /* whose queue is first */
    ngx_uint_t                 batches;      /* on their way */
    time_t                     logged;       /* last critical line */

    ngx_uint_t                 background;   /* jobs that nobody waits for */
    ngx_msec_t                 notify;       /* an interval; 0: off */
    ngx_event_t                notify_event;
    ngx_scim_store_changed_t  *changed;      /* tenants, since the last one */
    ngx_event_t                failures_event;
    ngx_scim_store_failures_t *failures;     /* of authentication */

    unsigned                   closing:1;    /* no job is taken any more */
} ngx_scim_store_db_t;


/* what sr->state points to: a request and the operation it is in */
struct ngx_scim_store_op_s {
    ngx_scim_store_request_t   sr;           /* first */
    ngx_scim_store_db_t       *db;
    ngx_msec_t                 deadline;     /* of the operation */

    ngx_scim_pg_job_t         *job;          /* submitted, or NULL */
    ngx_scim_store_step_pt     step;
    ngx_event_t                timer;        /* a pause between two jobs */
    ngx_scim_store_wake_pt     wake;

    /* a read that waits for its batch */
    ngx_queue_t                queue;
    ngx_scim_store_key_e       by;
    scim_str_t                 key;
    u_char                     uuid[16];     /* key of BY_ID */

    ngx_uint_t                 limit;        /* a page of members */

    /* a search */
    ngx_scim_store_pt          handler;      /* while a point read answers */
    int64_t                    count;
    int64_t                    total;        /* known before; -1: not */

    /* a write */
    ngx_scim_pg_job_t         *write;        /* as built, to be run again */
    ngx_scim_store_step_pt     written;
    const scim_resource_t     *resource;     /* create */
    int64_t                    version;
    int                        pid;          /* of the lost connection */
    char                       backend[64];

    unsigned                   cursor:1;     /* a search goes by cursor, */
    unsigned                   shown:1;      /* and shows what it finds */
    unsigned                   busy:1;       /* the handler is still due */
    unsigned                   waiting:1;    /* in a queue of db */
    unsigned                   alone:1;      /* its batch failed */
    unsigned                   calling:1;    /* its handler is running */
    unsigned                   done:1;       /* http/ is through with it */
    unsigned                   tenant_made:1;
    unsigned                   again:1;      /* run again after the fence */
    unsigned                   tries:4;
};


/* fills the parameters of one statement, in their order; a failed allocation
 * is kept in "failed" and told once, at the end */
typedef struct {
    ngx_pool_t                *pool;
    ngx_scim_pg_query_t       *query;
    unsigned                   failed:1;
} ngx_scim_store_params_t;


/* ngx_scim_store.c */

/* the database's pool of connections; NULL when it is being closed, or memory
 * is short */
ngx_scim_pg_pool_t *ngx_scim_store_pool(ngx_scim_store_db_t *db);

/* a job whose first statement admits it to the rows of sr's tenant; *p is
 * ready for the next ones; NULL: memory is short */
ngx_scim_pg_job_t *ngx_scim_store_job(ngx_scim_store_op_t *op,
    ngx_scim_pg_lane_e lane, ngx_scim_store_params_t *p);

/* a copy that can be submitted once more; NULL: memory is short */
ngx_scim_pg_job_t *ngx_scim_store_job_copy(ngx_scim_store_op_t *op,
    const ngx_scim_pg_job_t *job);

/* sends it; "step" will read its outcome */
ngx_int_t ngx_scim_store_submit(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job, ngx_scim_store_step_pt step);

/* calls "wake" after some msec, if the deadline leaves them; else NGX_DECLINED
 * and nothing is called */
ngx_int_t ngx_scim_store_pause(ngx_scim_store_op_t *op, ngx_msec_t msec,
    ngx_scim_store_wake_pt wake);

/* the operation has ended: status and the rest stand in op->sr */
void ngx_scim_store_finish(ngx_scim_store_op_t *op,
    ngx_scim_store_status_e status);
void ngx_scim_store_nomem(ngx_scim_store_op_t *op);

/* begins an operation: clears what the last one left */
void ngx_scim_store_begin(ngx_scim_store_op_t *op);


/* ngx_scim_store_read.c */

/* answers NOT_FOUND at the end of the loop's turn, without the database */
void ngx_scim_store_missing(ngx_scim_store_op_t *op);


/*
 * ngx_scim_store_background.c: jobs that no request waits for
 */

/* a job of the work lane in "pool", which is its own from the next call on;
 * NULL: there are enough of them, or memory is short */
ngx_scim_pg_job_t *ngx_scim_store_background(ngx_scim_store_db_t *db,
    ngx_pool_t *pool, ngx_scim_store_params_t *p);

/* sends it, or drops it; its pool is destroyed at its end */
void ngx_scim_store_background_send(ngx_scim_pg_job_t *job,
    ngx_scim_store_params_t *p);


/* ngx_scim_store_notify.c: something of the tenant has been committed; those
 * who listen will be told, without anybody waiting for it */
void ngx_scim_store_notify(ngx_scim_store_db_t *db, const ngx_str_t *tenant);

/* forgets what has gathered; the database is being closed */
void ngx_scim_store_notify_stop(ngx_scim_store_db_t *db);

/* ngx_scim_store_refused.c: the same for failed authentications */
void ngx_scim_store_failures_stop(ngx_scim_store_db_t *db);


/*
 * ngx_scim_store_result.c: results come in PostgreSQL's binary formats
 */

/* rows [row, row + n) of a result, from the column "col" on, as the rows of
 * op->sr; documents stay in the result; NGX_ERROR: memory is short */
ngx_int_t ngx_scim_store_rows(ngx_scim_store_op_t *op, PGresult *res, int row,
    int n, int col);

/* the type of that name in the registry of op->sr, or NULL */
const scim_resource_type_t *ngx_scim_store_type(ngx_scim_store_op_t *op,
    const scim_str_t *name);

/* bigint or integer, not negative; 0 for null */
int64_t ngx_scim_store_int8(PGresult *res, int row, int col);

/* boolean of the first row; 0 for null */
ngx_uint_t ngx_scim_store_true(PGresult *res, int col);


/* ngx_scim_store_write.c */

/* the write again, with the same request id */
void ngx_scim_store_write_again(ngx_scim_store_op_t *op);

/* the job has ended, and its client has left: whoever reads events is told */
void ngx_scim_store_write_left(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);


/* ngx_scim_store_replace.c */

/* the row that a resource to be created takes over: the application's, which
 * nobody has written yet, or a deleted one ("back") */
ngx_int_t ngx_scim_store_take_over(ngx_scim_store_op_t *op,
    const u_char *uuid, int64_t version, ngx_uint_t back);


/* ngx_scim_store_create.c */

/* that row has become another meanwhile */
void ngx_scim_store_create_again(ngx_scim_store_op_t *op);


/* ngx_scim_store_fence.c: outcome unknown */
void ngx_scim_store_fence(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job);

/* the request id is there already: answers what was written under it */
void ngx_scim_store_fence_look(ngx_scim_store_op_t *op);


/* ngx_scim_store_error.c */

/* the one place where outcomes of jobs become errors; fills op->sr.error and
 * returns the status to finish with */
ngx_scim_store_status_e ngx_scim_store_error(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);

/* how often the transaction may be run again by itself */
ngx_uint_t ngx_scim_store_error_retries(ngx_scim_pg_job_t *job);

/* tells in the error log what somebody has to mend: no answer does */
void ngx_scim_store_error_background(ngx_scim_store_db_t *db,
    ngx_scim_pg_job_t *job);

void ngx_scim_store_error_busy(scim_error_t *err);
void ngx_scim_store_error_unavailable(scim_error_t *err);
void ngx_scim_store_error_disabled(scim_error_t *err);
void ngx_scim_store_error_protected(scim_error_t *err);
void ngx_scim_store_error_group(scim_error_t *err);
void ngx_scim_store_error_members(scim_error_t *err);
void ngx_scim_store_error_seats(scim_error_t *err, int64_t seats);
void ngx_scim_store_error_taken(scim_error_t *err, const scim_str_t *attr);
void ngx_scim_store_error_unknown(scim_error_t *err);
void ngx_scim_store_error_circle(scim_error_t *err);
void ngx_scim_store_error_nesting(scim_error_t *err, ngx_uint_t limit);


/* ngx_scim_store_param.c */

/* begins the next statement of the job */
void ngx_scim_store_query(ngx_scim_store_params_t *p,
    ngx_scim_pg_job_t *job, const char *sql);

/* the first statement of every job: the tenants whose rows it may touch, with
 * commas between them */
void ngx_scim_store_admit(ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job,
    const scim_str_t *tenants);

/* values are copied: what http/ gave may be gone when a job runs again */
void ngx_scim_store_param_text(ngx_scim_store_params_t *p,
    const scim_str_t *s);
void ngx_scim_store_param_uuid(ngx_scim_store_params_t *p,
    const u_char *uuid);
void ngx_scim_store_param_int8(ngx_scim_store_params_t *p, int64_t n);
void ngx_scim_store_param_bool(ngx_scim_store_params_t *p, ngx_uint_t b);

/* arrays: the first element and the distance from one to the next */
void ngx_scim_store_param_texts(ngx_scim_store_params_t *p,
    const scim_str_t *first, size_t stride, ngx_uint_t n);
void ngx_scim_store_param_uuids(ngx_scim_store_params_t *p,
    const u_char *first, size_t stride, ngx_uint_t n);
void ngx_scim_store_param_bools(ngx_scim_store_params_t *p,
    const u_char *flags, ngx_uint_t n);


/* ngx_scim_store_uuid.c */

/* a new UUID of version 7: grows with time, so that indexes do at their end */
ngx_int_t ngx_scim_store_uuid(u_char *uuid);

/* NGX_DECLINED for all but the canonical form, which is in lower case */
ngx_int_t ngx_scim_store_uuid_parse(u_char *uuid, const scim_str_t *text);
void ngx_scim_store_uuid_text(u_char *text, const u_char *uuid);


#endif /* NGX_SCIM_STORE_PRIVATE_H_INCLUDED */
