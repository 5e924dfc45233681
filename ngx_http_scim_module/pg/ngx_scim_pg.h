
/*
 * Asynchronous PostgreSQL client on nginx events: the whole interface.  Knows
 * nothing of SCIM and HTTP.  Called by store/ (jobs) and, through it, by the
 * module's directives and process hooks.
 *
 * A database has a pool in each worker; a pool has two lanes of connections.
 * A job is a list of statements that travel as one segment: what stands
 * between two Syncs, one implicit transaction.  Jobs that allow it share a
 * segment, and so a commit.
 */


#ifndef NGX_SCIM_PG_H_INCLUDED
#define NGX_SCIM_PG_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <libpq-fe.h>


#define NGX_SCIM_PG_PARAMS   24      /* of one statement */
#define NGX_SCIM_PG_QUERIES  4       /* of one job */
#define NGX_SCIM_PG_GROUP    16      /* jobs that share a segment at most */


typedef struct ngx_scim_pg_conf_s  ngx_scim_pg_conf_t;
typedef struct ngx_scim_pg_pool_s  ngx_scim_pg_pool_t;
typedef struct ngx_scim_pg_job_s   ngx_scim_pg_job_t;


/*
 * Reads the result of conf->setup on a fresh connection.  NGX_OK: the
 * connection may serve; else *why is a constant sentence for the log, and the
 * connection is closed (the database counts as unavailable until it fits).
 */
typedef ngx_int_t (*ngx_scim_pg_check_pt)(PGresult *result, ngx_str_t *why);

/* called once a job; the results live until it returns */
typedef void (*ngx_scim_pg_job_pt)(ngx_scim_pg_job_t *job);


/* one database of the configuration; lives as long as its cycle */
struct ngx_scim_pg_conf_s {
    ngx_str_t              name;
    ngx_str_t              conninfo;          /* never printed */
    ngx_uint_t             read;              /* connections of a lane */
    ngx_uint_t             work;
    ngx_uint_t             depth;             /* segments on the wire of one
                                                 read connection */
    ngx_uint_t             queue;             /* jobs that wait, both lanes */
    ngx_msec_t             timeout;           /* deadline of a job */
    ngx_msec_t             connect_timeout;
    ngx_flag_t             prepare;           /* off for old poolers */
    const char            *setup;             /* statement run at connect */
    ngx_scim_pg_check_pt   check;
    ngx_scim_pg_pool_t    *pool;              /* of this process, or NULL */
};


typedef enum {
    NGX_SCIM_PG_READ = 0,                     /* short reads by unique key */
    NGX_SCIM_PG_WORK                          /* all else */
} ngx_scim_pg_lane_e;


typedef enum {
    NGX_SCIM_PG_OK = 0,
    NGX_SCIM_PG_FAILED,        /* an error of the server: sqlstate is set and
                                  nothing of the job was applied */
    NGX_SCIM_PG_UNAVAILABLE,   /* never sent: no connection */
    NGX_SCIM_PG_OVERLOADED,    /* never sent: the queue is full */
    NGX_SCIM_PG_TIMEOUT,       /* the deadline passed; "sent" tells whether
                                  the server may have it */
    NGX_SCIM_PG_LOST           /* connection lost after it was sent, before
                                  the answer: outcome unknown */
} ngx_scim_pg_status_e;


/*
 * A statement with its parameters.  "sql" is compared by content, together
 * with the types, and copied when it is prepared for the first time: a pool
 * keeps 512 different ones prepared, what comes later goes by its text.  Of
 * the "rare" ones, whose texts are put together, 384, and none before it has
 * come a second time: the others always have room.  It ends with NUL.  Strings
 * go as format 1 with their length (text format would end at NUL).
 */
typedef struct {
    const char            *sql;
    unsigned               rare:1;
    ngx_uint_t             n;
    Oid                    types[NGX_SCIM_PG_PARAMS];
    const char            *values[NGX_SCIM_PG_PARAMS];   /* NULL: SQL null */
    int                    lengths[NGX_SCIM_PG_PARAMS];
    int                    formats[NGX_SCIM_PG_PARAMS];
    int                    format;         /* of the result: 0 text, 1 binary */
    PGresult              *result;                       /* out */
} ngx_scim_pg_query_t;


/*
 * Belongs to the caller, with all it points to, from submit until its handler
 * is called or ngx_scim_pg_cancel() returned NGX_OK.
 */
struct ngx_scim_pg_job_s {
    ngx_scim_pg_lane_e     lane;
    unsigned               readonly:1;        /* may be sent again blindly */
    unsigned               group:1;           /* may share its segment: each
                                                 statement reports conflicts as
                                                 results, not as errors */
    unsigned               solo:1;            /* group, but it shares none:
                                                 only its owner's others wait
                                                 for it */
    ngx_str_t              owner;             /* whose turn it is: the queue is
                                                 fair between owners */
    ngx_msec_t             timeout;           /* 0: the database's */
    ngx_uint_t             n;
    ngx_scim_pg_query_t    queries[NGX_SCIM_PG_QUERIES];

    ngx_scim_pg_job_pt     handler;
    void                  *data;
    ngx_log_t             *log;               /* of the worker, not of a
                                                 request */

    /* out */
    ngx_scim_pg_status_e   status;
    unsigned               sent:1;
    char                   sqlstate[6];       /* "" when not FAILED */
    char                   constraint[64];    /* of a 23xxx, "" else */
    char                   message[128];      /* SCnnn only: text, for detail */
    char                   hint[32];          /* SCnnn only: scimType */
    int                    pid;               /* LOST, TIMEOUT: backend and */
    char                   backend[64];       /* its start, for the fence */
    ngx_msec_t             elapsed;           /* from submit to handler */

    /* private to pg/ */
    ngx_queue_t            queue;
    ngx_event_t            timer;
    ngx_msec_t             started;
    void                  *segment;
    ngx_scim_pg_pool_t    *pool;
    unsigned               state:4;
    unsigned               retried:1;
    unsigned               alone:1;           /* shares no segment */
};


/*
 * Checks a conninfo string, without connecting, and sets what the client
 * needs in it.  Returns NGX_CONF_OK or a constant reason that holds no part of
 * the string.
 */
char *ngx_scim_pg_conf_check(ngx_pool_t *pool, ngx_scim_pg_conf_t *conf);

/*
 * The pool of this process for "conf", created at the first call: in single
 * process mode a reload does not run init_process.  NULL when memory is short.
 */
ngx_scim_pg_pool_t *ngx_scim_pg_pool(ngx_scim_pg_conf_t *conf,
    ngx_log_t *log);

/*
 * Takes a job.  NGX_OK: the handler will be called, later, never from within
 * this call.  NGX_ERROR: memory is short, it will not be called.
 */
ngx_int_t ngx_scim_pg_submit(ngx_scim_pg_pool_t *pool,
    ngx_scim_pg_job_t *job);

/* NGX_OK: the job had not been sent and is the caller's again, the handler
 * will not be called.  NGX_DECLINED: it is on the wire, the handler will be */
ngx_int_t ngx_scim_pg_cancel(ngx_scim_pg_job_t *job);

/* closes all connections; jobs still there end as UNAVAILABLE or LOST.  For
 * exit_process, and for the clean-up of a cycle in single process mode */
void ngx_scim_pg_close(ngx_scim_pg_conf_t *conf);


#endif /* NGX_SCIM_PG_H_INCLUDED */
