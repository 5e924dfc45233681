
/*
 * What the files of pg/ share and nobody else sees.
 *
 * Jobs end in one place only: whatever ends a job puts it into pool->done and
 * posts the pool's event, whose handler calls the jobs' handlers and then
 * sends what waits.  So no code that works on a connection is ever re-entered
 * by a caller's handler.
 *
 * Messages go to ngx_cycle->log, whose file is open.  In a single process the
 * log of an older cycle is not: after a reload its descriptor may belong to
 * somebody else.
 */


#ifndef NGX_SCIM_PG_PRIVATE_H_INCLUDED
#define NGX_SCIM_PG_PRIVATE_H_INCLUDED


#include "ngx_scim_pg.h"


#define NGX_SCIM_PG_STATEMENTS   512     /* prepared on one connection */
#define NGX_SCIM_PG_RARE         384     /* of these, rare ones */
#define NGX_SCIM_PG_SEEN         1024    /* rare ones that came once */
#define NGX_SCIM_PG_BUCKETS      256     /* of the tables of statements and
                                            owners, a power of 2 */
#define NGX_SCIM_PG_SETUP        2       /* segments of a fresh connection */

#define NGX_SCIM_PG_DELAY_MIN    100     /* back-off, ms */
#define NGX_SCIM_PG_DELAY_MAX    5000
#define NGX_SCIM_PG_DOUBLINGS    6

#define NGX_SCIM_PG_GRACE        1000    /* ms for a connection on which a job
                                            timed out, to show a sign of life */
#define NGX_SCIM_PG_JANITOR      30000
#define NGX_SCIM_PG_IDLE         60000   /* surplus connections live so long */
#define NGX_SCIM_PG_AGE          3600000


typedef struct ngx_scim_pg_conn_s       ngx_scim_pg_conn_t;
typedef struct ngx_scim_pg_lane_s       ngx_scim_pg_lane_t;
typedef struct ngx_scim_pg_owner_s      ngx_scim_pg_owner_t;
typedef struct ngx_scim_pg_statement_s  ngx_scim_pg_statement_t;


/* job->state */
enum {
    NGX_SCIM_PG_JOB_FREE = 0,           /* the caller's */
    NGX_SCIM_PG_JOB_QUEUED,             /* job->segment: its owner, or NULL in
                                           lane->front */
    NGX_SCIM_PG_JOB_SENT,               /* job->segment: its segment */
    NGX_SCIM_PG_JOB_DONE                /* in pool->done */
};


/* a statement that some connection has prepared; "name" derives from the
 * content, so that a name can never stand for another text */
struct ngx_scim_pg_statement_s {
    ngx_scim_pg_statement_t    *next;
    uint64_t                    hash;
    ngx_uint_t                  index;
    ngx_uint_t                  n;
    Oid                         types[NGX_SCIM_PG_PARAMS];
    char                       *sql;
    char                        name[24];
};


typedef struct {
    const char                 *sql;
    ngx_scim_pg_statement_t    *statement;
} ngx_scim_pg_cached_t;


/* a statement on one connection */
enum {
    NGX_SCIM_PG_UNKNOWN = 0,
    NGX_SCIM_PG_FRESH,                  /* Parse is in this segment */
    NGX_SCIM_PG_PARSING,                /* in one on its way: may yet fail */
    NGX_SCIM_PG_PREPARED
};


/*
 * Jobs of one owner that wait.  Owners are told apart by a hash alone: two
 * that share it share their turn, nothing else.  Grouped jobs of an owner are
 * in no more than one segment at a time: they lock the same rows, and two
 * such segments could block each other.  Of its other jobs no more are on the
 * wire than leave connections to others.
 */
struct ngx_scim_pg_owner_s {
    ngx_queue_t                 queue;  /* in a rotation */
    ngx_queue_t                 jobs;
    ngx_scim_pg_owner_t        *next;   /* in a bucket, or free */
    uint32_t                    key;
    ngx_uint_t                  busy;   /* its jobs on the wire */
    unsigned                    group:1;
    unsigned                    active:1;    /* in the rotation */
    unsigned                    apart:1;     /* shares with no other owner */
};


typedef struct {
    ngx_scim_pg_job_t          *job;    /* NULL: timed out meanwhile */
    ngx_scim_pg_owner_t        *owner;  /* held, or NULL */
    ngx_uint_t                  n;
    ngx_uint_t                  parse;  /* bits: queries with a Parse */
    ngx_scim_pg_statement_t    *statements[NGX_SCIM_PG_QUERIES];
} ngx_scim_pg_entry_t;


typedef enum {
    NGX_SCIM_PG_SEGMENT_JOBS = 0,
    NGX_SCIM_PG_SEGMENT_OPTION,         /* setup that may fail */
    NGX_SCIM_PG_SEGMENT_SETUP
} ngx_scim_pg_segment_e;


typedef struct {
    ngx_scim_pg_segment_e       kind;
    ngx_scim_pg_conn_t         *conn;
    ngx_uint_t                  n;
    ngx_uint_t                  entry;  /* whose result comes next */
    ngx_uint_t                  query;
    unsigned                    parsed:1;
    unsigned                    failed:1;
    unsigned                    stale:1;     /* a prepared statement was */
    char                        sqlstate[6];
    ngx_scim_pg_entry_t         entries[NGX_SCIM_PG_GROUP];
} ngx_scim_pg_segment_t;


typedef enum {
    NGX_SCIM_PG_CLOSED = 0,
    NGX_SCIM_PG_CONNECTING,
    NGX_SCIM_PG_SETTING,
    NGX_SCIM_PG_READY
} ngx_scim_pg_state_e;


struct ngx_scim_pg_conn_s {
    ngx_scim_pg_lane_t         *lane;
    ngx_scim_pg_state_e         state;
    PGconn                     *pg;
    void                       *ssl;
    ngx_connection_t           *connection;  /* NULL: not registered */
    ngx_event_t                 timer;       /* of connecting; when READY, of
                                                a server that is silent */

    ngx_scim_pg_segment_t      *segments;    /* ring, oldest at "first" */
    ngx_uint_t                  size;
    ngx_uint_t                  first;
    ngx_uint_t                  n;

    ngx_msec_t                  opened;
    ngx_msec_t                  used;
    int                         pid;
    char                        backend[64];
    char                        sqlstate[6]; /* of the FATAL, "" else */
    unsigned                    draining:1;  /* takes no more segments */
    unsigned                    silent:1;    /* a job timed out on it */
    unsigned                    broken:1;    /* FATAL was seen */
    unsigned                    dirty:1;     /* to be flushed */
    u_char                      statements[NGX_SCIM_PG_STATEMENTS];
};


struct ngx_scim_pg_lane_s {
    ngx_scim_pg_pool_t         *pool;
    ngx_scim_pg_conn_t         *conns;
    ngx_uint_t                  n;
    ngx_uint_t                  depth;
    ngx_uint_t                  opening;

    ngx_queue_t                 front;       /* jobs that go again, alone */
    ngx_queue_t                 rotation[2]; /* owners: [1] of grouped jobs */
    ngx_uint_t                  turn;
    ngx_scim_pg_owner_t        *owners[NGX_SCIM_PG_BUCKETS];

    ngx_uint_t                  failures;    /* attempts in a row */
    ngx_msec_t                  tried;
    ngx_event_t                 timer;       /* back-off */
    unsigned                    open:1;      /* wanted, whether jobs wait or
                                                not */
};


struct ngx_scim_pg_pool_s {
    ngx_scim_pg_conf_t         *conf;
    ngx_pool_t                 *pool;
    ngx_scim_pg_lane_t          lanes[2];
    ngx_event_t                 event;       /* posted */
    ngx_event_t                 janitor;
    ngx_queue_t                 done;
    ngx_uint_t                  waiting;     /* jobs in both queues */

    ngx_scim_pg_owner_t        *free_owners;
    ngx_scim_pg_statement_t    *statements[NGX_SCIM_PG_BUCKETS];
    ngx_uint_t                  nstatements;
    ngx_uint_t                  nrare;
    uint64_t                    seen[NGX_SCIM_PG_SEEN];    /* hashes */
    ngx_scim_pg_cached_t        cached[NGX_SCIM_PG_BUCKETS];

    time_t                      connect_logged;
    time_t                      setup_logged;
    unsigned                    delivering:1;
    unsigned                    closing:1;
    unsigned                    closed:1;
};


/* ngx_scim_pg_conn.c */

/* starts an attempt on a closed connection; its end is told to the lane */
void ngx_scim_pg_conn_open(ngx_scim_pg_conn_t *conn);

/* closes it, whatever its state; its segments must have been dealt with */
void ngx_scim_pg_conn_close(ngx_scim_pg_conn_t *conn);

/* sends what libpq has buffered */
void ngx_scim_pg_conn_flush(ngx_scim_pg_conn_t *conn);

/* the connection is lost: ends or queues again what is on the wire */
void ngx_scim_pg_conn_lost(ngx_scim_pg_conn_t *conn, const char *reason);

/* a FATAL error was seen: the connection is lost */
void ngx_scim_pg_conn_fatal(ngx_scim_pg_conn_t *conn, const PGresult *result);

/* results of the setup, from the pipeline; NGX_ERROR: of no use, close it */
ngx_int_t ngx_scim_pg_conn_setting(ngx_scim_pg_conn_t *conn, ngx_uint_t query,
    PGresult *result);

/* the segment of the setup has ended; may close the connection */
void ngx_scim_pg_conn_set(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment);


/* ngx_scim_pg_pipeline.c */

/* the next free segment of the ring; the caller saw that there is one */
ngx_scim_pg_segment_t *ngx_scim_pg_segment(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_e kind);

/* sends a segment of jobs; after NGX_ERROR the connection is of no use, and
 * the segment has not been sent and is not in the ring */
ngx_int_t ngx_scim_pg_segment_send(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment);

/* ends a segment with Sync and puts it into the ring */
ngx_int_t ngx_scim_pg_segment_sync(ngx_scim_pg_conn_t *conn);

/* takes all results that have arrived; may close the connection */
void ngx_scim_pg_results(ngx_scim_pg_conn_t *conn);

/* what was on the wire of a lost connection */
void ngx_scim_pg_abandon(ngx_scim_pg_conn_t *conn);

/* the jobs of a segment that was not sent */
void ngx_scim_pg_segment_unsent(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment);


/* ngx_scim_pg_statement.c */

/* NULL: not to be prepared */
ngx_scim_pg_statement_t *ngx_scim_pg_statement(ngx_scim_pg_pool_t *pool,
    ngx_scim_pg_query_t *query);


/* ngx_scim_pg_queue.c */

ngx_int_t ngx_scim_pg_queue_push(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_job_t *job);
void ngx_scim_pg_queue_again(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_job_t *job);
void ngx_scim_pg_queue_remove(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_job_t *job);
ngx_uint_t ngx_scim_pg_queue_empty(ngx_scim_pg_lane_t *lane);

/* next jobs for one segment, those that may share it; 0: nobody may go now */
ngx_uint_t ngx_scim_pg_queue_take(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_segment_t *segment);

/* any job, for the end of all; NULL: there is none */
ngx_scim_pg_job_t *ngx_scim_pg_queue_any(ngx_scim_pg_lane_t *lane);

void ngx_scim_pg_owner_release(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_owner_t *owner);


/* ngx_scim_pg_pool.c */

void ngx_scim_pg_post(ngx_scim_pg_pool_t *pool);
void ngx_scim_pg_lane_opened(ngx_scim_pg_lane_t *lane);
void ngx_scim_pg_lane_failed(ngx_scim_pg_lane_t *lane);
ngx_uint_t ngx_scim_pg_lane_down(ngx_scim_pg_lane_t *lane);

/* segments that could be sent now */
ngx_uint_t ngx_scim_pg_lane_room(ngx_scim_pg_lane_t *lane);

/* all connections are closed as soon as nothing is on their wire */
void ngx_scim_pg_renew(ngx_scim_pg_pool_t *pool);


/* ngx_scim_pg_job.c */

void ngx_scim_pg_job_finish(ngx_scim_pg_job_t *job,
    ngx_scim_pg_status_e status);
void ngx_scim_pg_job_clear(ngx_scim_pg_job_t *job);
void ngx_scim_pg_job_deliver(ngx_scim_pg_pool_t *pool);


#endif /* NGX_SCIM_PG_PRIVATE_H_INCLUDED */
