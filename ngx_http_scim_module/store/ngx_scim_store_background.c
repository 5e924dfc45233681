
/*
 * Jobs that no request waits for: what they bring is lost when the database
 * cannot take it, and the error log tells when that will not pass by itself.
 * Called by ngx_scim_store_notify.c, _refused.c and _token.c.
 */


#include "ngx_scim_store_private.h"


typedef struct {
    ngx_scim_pg_job_t      job;          /* first */
    ngx_scim_store_db_t   *db;
    ngx_pool_t            *pool;
} ngx_scim_store_background_t;


static void ngx_scim_store_background_ended(ngx_scim_pg_job_t *job);


ngx_scim_pg_job_t *
ngx_scim_store_background(ngx_scim_store_db_t *db, ngx_pool_t *pool,
    ngx_scim_store_params_t *p)
{
    ngx_scim_store_background_t  *bg;

    /* requests find room in the queue, whatever there is to be told */

    if (db->closing || 2 * db->background >= db->conf.queue) {
        return NULL;
    }

    bg = ngx_pcalloc(pool, sizeof(ngx_scim_store_background_t));
    if (bg == NULL) {
        return NULL;
    }

    bg->db = db;
    bg->pool = pool;

    bg->job.lane = NGX_SCIM_PG_WORK;
    bg->job.handler = ngx_scim_store_background_ended;
    bg->job.data = bg;
    bg->job.log = ngx_cycle->log;

    p->pool = pool;
    p->failed = 0;

    return &bg->job;
}


void
ngx_scim_store_background_send(ngx_scim_pg_job_t *job,
    ngx_scim_store_params_t *p)
{
    ngx_scim_pg_pool_t           *pool;
    ngx_scim_store_background_t  *bg = job->data;

    pool = ngx_scim_store_pool(bg->db);

    if (p->failed || pool == NULL || ngx_scim_pg_submit(pool, job) != NGX_OK) {
        ngx_destroy_pool(bg->pool);
        return;
    }

    bg->db->background++;
}


static void
ngx_scim_store_background_ended(ngx_scim_pg_job_t *job)
{
    ngx_scim_store_background_t  *bg = job->data;

    bg->db->background--;

    ngx_scim_store_error_background(bg->db, job);

    ngx_destroy_pool(bg->pool);
}
