
/*
 * The pool of one database in one process: chooses connections for what
 * waits, opens them when they are wanted, backs off when the database is
 * away, closes them.  Created and closed by store/; otherwise driven by its
 * posted event and its timers.
 */


#include "ngx_scim_pg_private.h"


static ngx_scim_pg_pool_t *ngx_scim_pg_pool_create(ngx_scim_pg_conf_t *conf,
    ngx_log_t *log);
static ngx_int_t ngx_scim_pg_lane_init(ngx_scim_pg_pool_t *pool,
    ngx_scim_pg_lane_t *lane, ngx_uint_t n, ngx_uint_t depth);
static void ngx_scim_pg_event(ngx_event_t *ev);
static void ngx_scim_pg_lane_run(ngx_scim_pg_lane_t *lane);
static ngx_scim_pg_conn_t *ngx_scim_pg_lane_choose(ngx_scim_pg_lane_t *lane);
static void ngx_scim_pg_lane_send(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_conn_t *conn);
static void ngx_scim_pg_lane_grow(ngx_scim_pg_lane_t *lane);
static ngx_uint_t ngx_scim_pg_lane_usable(ngx_scim_pg_lane_t *lane);
static void ngx_scim_pg_lane_refuse(ngx_scim_pg_lane_t *lane);
static void ngx_scim_pg_lane_timer(ngx_event_t *ev);
static void ngx_scim_pg_janitor(ngx_event_t *ev);


#define ngx_scim_pg_conn_usable(conn)                                         \
    ((conn)->state == NGX_SCIM_PG_READY && !(conn)->draining                  \
     && !(conn)->silent)


ngx_scim_pg_pool_t *
ngx_scim_pg_pool(ngx_scim_pg_conf_t *conf, ngx_log_t *log)
{
    if (conf->pool == NULL) {
        conf->pool = ngx_scim_pg_pool_create(conf, log);
    }

    return conf->pool;
}


static ngx_scim_pg_pool_t *
ngx_scim_pg_pool_create(ngx_scim_pg_conf_t *conf, ngx_log_t *log)
{
    ngx_pool_t          *p;
    ngx_scim_pg_pool_t  *pool;

    p = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, log);
    if (p == NULL) {
        return NULL;
    }

    pool = ngx_pcalloc(p, sizeof(ngx_scim_pg_pool_t));
    if (pool == NULL) {
        goto failed;
    }

    pool->conf = conf;
    pool->pool = p;

    ngx_queue_init(&pool->done);

    pool->event.handler = ngx_scim_pg_event;
    pool->event.data = pool;
    pool->event.log = log;

    pool->janitor.handler = ngx_scim_pg_janitor;
    pool->janitor.data = pool;
    pool->janitor.log = log;
    pool->janitor.cancelable = 1;

    if (ngx_scim_pg_lane_init(pool, &pool->lanes[NGX_SCIM_PG_READ],
                              conf->read, conf->depth)
        != NGX_OK
        || ngx_scim_pg_lane_init(pool, &pool->lanes[NGX_SCIM_PG_WORK],
                                 conf->work, 1)
           != NGX_OK)
    {
        goto failed;
    }

    /* nginx has initialized OpenSSL */

    PQinitOpenSSL(0, 0);

    ngx_scim_pg_post(pool);

    return pool;

failed:

    ngx_destroy_pool(p);

    return NULL;
}


static ngx_int_t
ngx_scim_pg_lane_init(ngx_scim_pg_pool_t *pool, ngx_scim_pg_lane_t *lane,
    ngx_uint_t n, ngx_uint_t depth)
{
    ngx_uint_t           i;
    ngx_scim_pg_conn_t  *conn;

    lane->pool = pool;
    lane->n = ngx_max(n, 1);
    lane->depth = ngx_max(depth, 1);
    lane->open = 1;

    ngx_queue_init(&lane->front);
    ngx_queue_init(&lane->rotation[0]);
    ngx_queue_init(&lane->rotation[1]);

    lane->timer.handler = ngx_scim_pg_lane_timer;
    lane->timer.data = lane;
    lane->timer.log = pool->pool->log;
    lane->timer.cancelable = 1;

    lane->conns = ngx_pcalloc(pool->pool,
                              lane->n * sizeof(ngx_scim_pg_conn_t));
    if (lane->conns == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < lane->n; i++) {
        conn = &lane->conns[i];

        conn->lane = lane;
        conn->size = ngx_max(lane->depth, NGX_SCIM_PG_SETUP);
        conn->segments = ngx_palloc(pool->pool,
                                 conn->size * sizeof(ngx_scim_pg_segment_t));
        if (conn->segments == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* jobs of one turn of the event loop are sent together, by a posted event */

void
ngx_scim_pg_post(ngx_scim_pg_pool_t *pool)
{
    if (!pool->closing) {
        ngx_post_event(&pool->event, &ngx_posted_events);
    }
}


static void
ngx_scim_pg_event(ngx_event_t *ev)
{
    ngx_scim_pg_pool_t  *pool;

    pool = ev->data;

    pool->delivering = 1;

    ngx_scim_pg_job_deliver(pool);

    pool->delivering = 0;

    if (pool->closed) {
        ngx_destroy_pool(pool->pool);
        return;
    }

    ngx_scim_pg_lane_run(&pool->lanes[NGX_SCIM_PG_READ]);
    ngx_scim_pg_lane_run(&pool->lanes[NGX_SCIM_PG_WORK]);
}


static void
ngx_scim_pg_lane_run(ngx_scim_pg_lane_t *lane)
{
    ngx_uint_t           i;
    ngx_scim_pg_conn_t  *conn;

    for (i = 0; i < lane->n; i++) {
        conn = &lane->conns[i];

        if (conn->state == NGX_SCIM_PG_READY && conn->n == 0
            && (conn->draining || (ngx_exiting && lane->pool->waiting == 0)))
        {
            ngx_scim_pg_conn_close(conn);
        }
    }

    while (!ngx_scim_pg_queue_empty(lane)) {
        conn = ngx_scim_pg_lane_choose(lane);
        if (conn == NULL) {
            break;
        }

        ngx_scim_pg_lane_send(lane, conn);
    }

    for (i = 0; i < lane->n; i++) {
        if (lane->conns[i].dirty) {
            ngx_scim_pg_conn_flush(&lane->conns[i]);
        }
    }

    if (ngx_scim_pg_lane_down(lane)) {
        ngx_scim_pg_lane_refuse(lane);
    }

    ngx_scim_pg_lane_grow(lane);
}


/* the least loaded connection */

static ngx_scim_pg_conn_t *
ngx_scim_pg_lane_choose(ngx_scim_pg_lane_t *lane)
{
    ngx_uint_t           i;
    ngx_scim_pg_conn_t  *conn, *best;

    best = NULL;

    for (i = 0; i < lane->n; i++) {
        conn = &lane->conns[i];

        if (ngx_scim_pg_conn_usable(conn)
            && conn->n < lane->depth
            && (best == NULL || conn->n < best->n))
        {
            best = conn;
        }
    }

    return best;
}


static void
ngx_scim_pg_lane_send(ngx_scim_pg_lane_t *lane, ngx_scim_pg_conn_t *conn)
{
    ngx_scim_pg_segment_t  *segment;

    segment = ngx_scim_pg_segment(conn, NGX_SCIM_PG_SEGMENT_JOBS);

    (void) ngx_scim_pg_queue_take(lane, segment);

    if (ngx_scim_pg_segment_send(conn, segment) != NGX_OK) {
        ngx_scim_pg_segment_unsent(conn, segment);
        ngx_scim_pg_conn_lost(conn, NULL);
    }
}


/*
 * Opens a connection when what waits finds none, one at a time.  The read
 * lane also wants another one before the first is loaded to its depth, so
 * that a slow or dead connection does not hold all reads.
 */

static void
ngx_scim_pg_lane_grow(ngx_scim_pg_lane_t *lane)
{
    ngx_uint_t           i, open, load, spare;
    ngx_scim_pg_conn_t  *conn, *closed;

    if (lane->opening) {
        return;
    }

    open = lane->open && !ngx_exiting;
    lane->open = 0;

    load = 0;
    spare = 0;
    closed = NULL;

    for (i = 0; i < lane->n; i++) {
        conn = &lane->conns[i];

        if (conn->state == NGX_SCIM_PG_CLOSED) {
            if (closed == NULL) {
                closed = conn;
            }

            continue;
        }

        load += conn->n;

        if (ngx_scim_pg_conn_usable(conn)) {
            spare += (lane->depth + 3) / 4;
        }
    }

    if (closed == NULL) {
        return;
    }

    if (!open) {

        if (lane->timer.timer_set) {
            return;
        }

        if (ngx_scim_pg_queue_empty(lane)
            && (lane->depth == 1 || load <= spare))
        {
            return;
        }
    }

    ngx_scim_pg_conn_open(closed);
}


static ngx_uint_t
ngx_scim_pg_lane_usable(ngx_scim_pg_lane_t *lane)
{
    ngx_uint_t  i;

    for (i = 0; i < lane->n; i++) {
        if (ngx_scim_pg_conn_usable(&lane->conns[i])) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_scim_pg_lane_room(ngx_scim_pg_lane_t *lane)
{
    ngx_uint_t           i, n;
    ngx_scim_pg_conn_t  *conn;

    n = 0;

    for (i = 0; i < lane->n; i++) {
        conn = &lane->conns[i];

        if (ngx_scim_pg_conn_usable(conn) && conn->n < lane->depth) {
            n += lane->depth - conn->n;
        }
    }

    return n;
}


/* the first attempt is waited for; after it has failed, jobs are refused at
 * once until a connection is up */

ngx_uint_t
ngx_scim_pg_lane_down(ngx_scim_pg_lane_t *lane)
{
    return lane->failures && !ngx_scim_pg_lane_usable(lane);
}


static void
ngx_scim_pg_lane_refuse(ngx_scim_pg_lane_t *lane)
{
    ngx_scim_pg_job_t  *job;

    for ( ;; ) {
        job = ngx_scim_pg_queue_any(lane);
        if (job == NULL) {
            return;
        }

        ngx_scim_pg_job_finish(job, NGX_SCIM_PG_UNAVAILABLE);
    }
}


void
ngx_scim_pg_lane_opened(ngx_scim_pg_lane_t *lane)
{
    ngx_uint_t           i;
    ngx_scim_pg_pool_t  *pool;

    pool = lane->pool;

    lane->opening--;

    if (lane->failures) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "scim database \"%V\": connected again",
                      &pool->conf->name);
    }

    /* the other lane has reason to try, too */

    for (i = 0; i < 2; i++) {
        lane = &pool->lanes[i];

        lane->failures = 0;

        if (lane->timer.timer_set) {
            ngx_del_timer(&lane->timer);
        }
    }

    if (!pool->janitor.timer_set) {
        ngx_add_timer(&pool->janitor, NGX_SCIM_PG_JANITOR);
    }

    ngx_scim_pg_post(pool);
}


void
ngx_scim_pg_lane_failed(ngx_scim_pg_lane_t *lane)
{
    ngx_msec_t  delay;

    lane->failures++;

    delay = NGX_SCIM_PG_DELAY_MAX;

    if (lane->failures <= NGX_SCIM_PG_DOUBLINGS) {
        delay = NGX_SCIM_PG_DELAY_MIN << (lane->failures - 1);
    }

    delay = delay / 2 + (ngx_msec_t) ngx_random() % (delay / 2 + 1);

    ngx_add_timer(&lane->timer, delay);

    ngx_scim_pg_post(lane->pool);
}


static void
ngx_scim_pg_lane_timer(ngx_event_t *ev)
{
    ngx_scim_pg_lane_t  *lane;

    lane = ev->data;

    if (ngx_scim_pg_lane_usable(lane) && ngx_scim_pg_queue_empty(lane)) {
        lane->failures = 0;
        return;
    }

    lane->open = 1;

    ngx_scim_pg_post(lane->pool);
}


void
ngx_scim_pg_renew(ngx_scim_pg_pool_t *pool)
{
    ngx_uint_t           i, k;
    ngx_scim_pg_lane_t  *lane;

    for (i = 0; i < 2; i++) {
        lane = &pool->lanes[i];

        for (k = 0; k < lane->n; k++) {
            if (lane->conns[k].state == NGX_SCIM_PG_READY) {
                lane->conns[k].draining = 1;
            }
        }
    }

    ngx_scim_pg_post(pool);
}


/* closes connections that a burst has left, and those that have grown old */

static void
ngx_scim_pg_janitor(ngx_event_t *ev)
{
    ngx_uint_t           i, k, up, n;
    ngx_scim_pg_conn_t  *conn;
    ngx_scim_pg_lane_t  *lane;
    ngx_scim_pg_pool_t  *pool;

    pool = ev->data;
    n = 0;

    for (i = 0; i < 2; i++) {
        lane = &pool->lanes[i];
        up = 0;

        for (k = 0; k < lane->n; k++) {
            conn = &lane->conns[k];

            if (conn->state != NGX_SCIM_PG_READY) {
                continue;
            }

            if (conn->n == 0
                && (ngx_current_msec - conn->opened >= NGX_SCIM_PG_AGE
                    || (up && ngx_current_msec - conn->used
                              >= NGX_SCIM_PG_IDLE)))
            {
                ngx_scim_pg_conn_close(conn);
                continue;
            }

            up++;
        }

        n += up;
    }

    if (n) {
        ngx_add_timer(ev, NGX_SCIM_PG_JANITOR);
    }
}


/*
 * May be called by a job's handler; then the memory is freed when the pool's
 * event handler is through.
 */

void
ngx_scim_pg_close(ngx_scim_pg_conf_t *conf)
{
    ngx_uint_t           i, k;
    ngx_scim_pg_conn_t  *conn;
    ngx_scim_pg_lane_t  *lane;
    ngx_scim_pg_pool_t  *pool;

    pool = conf->pool;

    if (pool == NULL || pool->closing) {
        return;
    }

    pool->closing = 1;

    if (pool->event.posted) {
        ngx_delete_posted_event(&pool->event);
    }

    if (pool->janitor.timer_set) {
        ngx_del_timer(&pool->janitor);
    }

    for (i = 0; i < 2; i++) {
        lane = &pool->lanes[i];

        for (k = 0; k < lane->n; k++) {
            conn = &lane->conns[k];

            if (conn->state == NGX_SCIM_PG_READY) {
                ngx_scim_pg_abandon(conn);
            }

            ngx_scim_pg_conn_close(conn);
        }

        if (lane->timer.timer_set) {
            ngx_del_timer(&lane->timer);
        }

        ngx_scim_pg_lane_refuse(lane);
    }

    ngx_scim_pg_job_deliver(pool);

    conf->pool = NULL;

    if (pool->delivering) {
        pool->closed = 1;
        return;
    }

    ngx_destroy_pool(pool->pool);
}
