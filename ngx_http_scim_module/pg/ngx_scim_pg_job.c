
/*
 * The life of a job: submitted, cancelled, out of time, finished, delivered.
 * Submit and cancel are called by store/, the rest by the files of pg/.
 */


#include "ngx_scim_pg_private.h"


static void ngx_scim_pg_job_timeout(ngx_event_t *ev);


ngx_int_t
ngx_scim_pg_submit(ngx_scim_pg_pool_t *pool, ngx_scim_pg_job_t *job)
{
    ngx_uint_t           i;
    ngx_scim_pg_lane_t  *lane;

    if (pool->closing || job->n == 0 || job->n > NGX_SCIM_PG_QUERIES) {
        return NGX_ERROR;
    }

    lane = &pool->lanes[job->lane];

    job->pool = pool;
    job->segment = NULL;
    job->started = ngx_current_msec;
    job->state = NGX_SCIM_PG_JOB_FREE;
    job->retried = 0;
    job->alone = 0;
    job->sent = 0;
    job->sqlstate[0] = '\0';
    job->constraint[0] = '\0';
    job->message[0] = '\0';
    job->hint[0] = '\0';
    job->pid = 0;
    job->backend[0] = '\0';

    for (i = 0; i < job->n; i++) {
        job->queries[i].result = NULL;
    }

    ngx_memzero(&job->timer, sizeof(ngx_event_t));

    if (ngx_scim_pg_lane_down(lane)) {

        if (lane->opening == 0
            && ngx_current_msec - lane->tried >= NGX_SCIM_PG_DELAY_MIN)
        {
            lane->open = 1;
        }

        ngx_scim_pg_job_finish(job, NGX_SCIM_PG_UNAVAILABLE);
        return NGX_OK;
    }

    /* jobs of this turn that a connection is free for do not wait */

    if (pool->waiting >= pool->conf->queue
        && pool->waiting - pool->conf->queue >= ngx_scim_pg_lane_room(lane))
    {
        ngx_scim_pg_job_finish(job, NGX_SCIM_PG_OVERLOADED);
        return NGX_OK;
    }

    if (ngx_scim_pg_queue_push(lane, job) != NGX_OK) {
        return NGX_ERROR;
    }

    /* not cancelable: it keeps a worker that quits alive */

    job->timer.handler = ngx_scim_pg_job_timeout;
    job->timer.data = job;
    job->timer.log = job->log;

    ngx_add_timer(&job->timer,
                  job->timeout ? job->timeout : pool->conf->timeout);

    ngx_scim_pg_post(pool);

    return NGX_OK;
}


ngx_int_t
ngx_scim_pg_cancel(ngx_scim_pg_job_t *job)
{
    if (job->state != NGX_SCIM_PG_JOB_QUEUED) {
        return NGX_DECLINED;
    }

    ngx_scim_pg_queue_remove(&job->pool->lanes[job->lane], job);

    if (job->timer.timer_set) {
        ngx_del_timer(&job->timer);
    }

    job->state = NGX_SCIM_PG_JOB_FREE;

    return NGX_OK;
}


static void
ngx_scim_pg_job_timeout(ngx_event_t *ev)
{
    ngx_uint_t              i;
    ngx_scim_pg_job_t      *job;
    ngx_scim_pg_conn_t     *conn;
    ngx_scim_pg_segment_t  *segment;

    job = ev->data;

    if (job->state == NGX_SCIM_PG_JOB_QUEUED) {
        ngx_scim_pg_queue_remove(&job->pool->lanes[job->lane], job);
        ngx_scim_pg_job_finish(job, NGX_SCIM_PG_TIMEOUT);
        return;
    }

    if (job->state != NGX_SCIM_PG_JOB_SENT) {
        return;
    }

    /* the segment stays in line, its results will be dropped */

    segment = job->segment;
    conn = segment->conn;

    for (i = 0; i < segment->n; i++) {
        if (segment->entries[i].job == job) {
            segment->entries[i].job = NULL;
        }
    }

    conn->silent = 1;

    if (!conn->timer.timer_set) {
        ngx_add_timer(&conn->timer, NGX_SCIM_PG_GRACE);
    }

    job->pid = conn->pid;
    ngx_memcpy(job->backend, conn->backend, sizeof(job->backend));

    ngx_scim_pg_job_finish(job, NGX_SCIM_PG_TIMEOUT);
}


/* drops the results that a job has got so far */

void
ngx_scim_pg_job_clear(ngx_scim_pg_job_t *job)
{
    ngx_uint_t  i;

    for (i = 0; i < job->n; i++) {
        PQclear(job->queries[i].result);
        job->queries[i].result = NULL;
    }
}


/* the job is in no queue and no segment any more */

void
ngx_scim_pg_job_finish(ngx_scim_pg_job_t *job, ngx_scim_pg_status_e status)
{
    if (status != NGX_SCIM_PG_OK) {
        ngx_scim_pg_job_clear(job);
    }

    job->status = status;
    job->segment = NULL;
    job->state = NGX_SCIM_PG_JOB_DONE;
    job->elapsed = ngx_current_msec - job->started;

    ngx_queue_insert_tail(&job->pool->done, &job->queue);

    ngx_scim_pg_post(job->pool);
}


/*
 * Calls the handlers of all jobs that have ended.  A handler may submit and
 * cancel jobs, free the memory of its own, and close the pool.
 */

void
ngx_scim_pg_job_deliver(ngx_scim_pg_pool_t *pool)
{
    PGresult           *results[NGX_SCIM_PG_QUERIES];
    ngx_uint_t          i, n;
    ngx_queue_t        *q;
    ngx_scim_pg_job_t  *job;

    while (!ngx_queue_empty(&pool->done)) {
        q = ngx_queue_head(&pool->done);
        ngx_queue_remove(q);

        job = ngx_queue_data(q, ngx_scim_pg_job_t, queue);
        n = job->n;

        for (i = 0; i < n; i++) {
            results[i] = job->queries[i].result;
        }

        if (job->timer.timer_set) {
            ngx_del_timer(&job->timer);
        }

        job->state = NGX_SCIM_PG_JOB_FREE;
        job->handler(job);

        for (i = 0; i < n; i++) {
            PQclear(results[i]);
        }
    }
}
