
/*
 * Databases and requests of the store: configuration, a request's life, and
 * how a job goes to pg/ and comes back.  Called by http/ (ngx_scim_store.h)
 * and by the operations in the other files of store/.
 */


#include "ngx_scim_store_private.h"


#define NGX_SCIM_STORE_POOL  4096


typedef struct {
    ngx_str_t    name;
    ngx_uint_t   offset;           /* in ngx_scim_store_db_t */
    ngx_int_t    max;
    ngx_uint_t   time;             /* in milliseconds, not a number */
    char        *error;
} ngx_scim_store_arg_t;


static char *ngx_scim_store_arg(ngx_scim_store_db_t *db, ngx_str_t *arg);
static void ngx_scim_store_cleanup(void *data);
static ngx_int_t ngx_scim_store_check(PGresult *result, ngx_str_t *why);
static ngx_int_t ngx_scim_store_version(PGresult *result, int column);
static void *ngx_scim_store_alloc(void *data, size_t size);
static void ngx_scim_store_answered(ngx_scim_pg_job_t *job);
static void ngx_scim_store_wake(ngx_event_t *ev);
static void ngx_scim_store_release(ngx_scim_store_op_t *op);


static const char  ngx_scim_store_setup_sql[] =
    "select contract, module_min, module_max from scim.schema_version";


static ngx_scim_store_arg_t  ngx_scim_store_args[] = {

    { ngx_string("read="),
      offsetof(ngx_scim_store_db_t, conf.read), 64, 0,
      "parameter \"read\" must be a number from 1 to 64" },

    { ngx_string("work="),
      offsetof(ngx_scim_store_db_t, conf.work), 64, 0,
      "parameter \"work\" must be a number from 1 to 64" },

    { ngx_string("depth="),
      offsetof(ngx_scim_store_db_t, conf.depth), 256, 0,
      "parameter \"depth\" must be a number from 1 to 256" },

    { ngx_string("queue="),
      offsetof(ngx_scim_store_db_t, conf.queue), 1048576, 0,
      "parameter \"queue\" must be a number from 1 to 1048576" },

    { ngx_string("timeout="),
      offsetof(ngx_scim_store_db_t, conf.timeout), 3600000, 1,
      "parameter \"timeout\" must be a time up to 1h" },

    { ngx_string("connect_timeout="),
      offsetof(ngx_scim_store_db_t, conf.connect_timeout), 3600000, 1,
      "parameter \"connect_timeout\" must be a time up to 1h" },

    { ngx_string("notify="),
      offsetof(ngx_scim_store_db_t, notify), 3600000, 1,
      "parameter \"notify\" must be a time up to 1h, or \"off\"" }
};


ngx_scim_store_database_t *
ngx_scim_store_database(ngx_pool_t *pool, ngx_str_t *name,
    ngx_str_t *conninfo, ngx_str_t *args, ngx_uint_t nargs, char **err)
{
    ngx_uint_t            i;
    ngx_pool_cleanup_t   *cln;
    ngx_scim_store_db_t  *db;

    *err = "out of memory";

    db = ngx_pcalloc(pool, sizeof(ngx_scim_store_db_t));
    if (db == NULL) {
        return NULL;
    }

    db->conf.name = *name;
    db->conf.conninfo = *conninfo;
    db->conf.read = 2;
    db->conf.work = 6;
    db->conf.depth = 16;
    db->conf.queue = 1024;
    db->conf.timeout = 20000;
    db->conf.connect_timeout = 2000;
    db->conf.prepare = 1;
    db->conf.setup = ngx_scim_store_setup_sql;
    db->conf.check = ngx_scim_store_check;
    db->notify = 200;

    for (i = 0; i < NGX_SCIM_STORE_KEYS; i++) {
        ngx_queue_init(&db->reads[i]);
    }

    ngx_queue_init(&db->missing);

    for (i = 0; i < nargs; i++) {
        *err = ngx_scim_store_arg(db, &args[i]);
        if (*err != NGX_CONF_OK) {
            return NULL;
        }
    }

    *err = ngx_scim_pg_conf_check(pool, &db->conf);
    if (*err != NGX_CONF_OK) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        *err = "out of memory";
        return NULL;
    }

    cln->handler = ngx_scim_store_cleanup;
    cln->data = db;

    return &db->conf;
}


/* an unknown parameter is not repeated: it may be a piece of a conninfo that
 * lacks its quotes */

static char *
ngx_scim_store_arg(ngx_scim_store_db_t *db, ngx_str_t *arg)
{
    u_char                *value;
    size_t                 len;
    ngx_int_t              n;
    ngx_str_t              s;
    ngx_uint_t             i;
    ngx_scim_store_arg_t  *a;

    if (arg->len == 10 && ngx_strncmp(arg->data, "prepare=on", 10) == 0) {
        db->conf.prepare = 1;
        return NGX_CONF_OK;
    }

    if (arg->len == 11 && ngx_strncmp(arg->data, "prepare=off", 11) == 0) {
        db->conf.prepare = 0;
        return NGX_CONF_OK;
    }

    if (arg->len == 10 && ngx_strncmp(arg->data, "notify=off", 10) == 0) {
        db->notify = 0;
        return NGX_CONF_OK;
    }

    for (i = 0; i < sizeof(ngx_scim_store_args) / sizeof(*a); i++) {
        a = &ngx_scim_store_args[i];

        if (arg->len <= a->name.len
            || ngx_strncmp(arg->data, a->name.data, a->name.len) != 0)
        {
            continue;
        }

        value = arg->data + a->name.len;
        len = arg->len - a->name.len;

        s.len = len;
        s.data = value;

        n = a->time ? ngx_parse_time(&s, 0) : ngx_atoi(value, len);

        if (n == NGX_ERROR || n < 1 || n > a->max) {
            return a->error;
        }

        /* times are as wide as numbers */

        *(ngx_uint_t *) ((u_char *) db + a->offset) = (ngx_uint_t) n;

        return NGX_CONF_OK;
    }

    return "unknown parameter: known are \"read\", \"work\", \"depth\", "
           "\"queue\", \"timeout\", \"connect_timeout\", \"notify\" and "
           "\"prepare=on|off\"";
}


static void
ngx_scim_store_cleanup(void *data)
{
    ngx_scim_store_db_t  *db = data;

    /* the jobs that end now post the event */

    ngx_scim_store_close(&db->conf);

    if (db->event.posted) {
        ngx_delete_posted_event(&db->event);
    }
}


ngx_uint_t
ngx_scim_store_connections(ngx_scim_store_database_t *db)
{
    return db->read + db->work;
}


void
ngx_scim_store_open(ngx_scim_store_database_t *db, ngx_log_t *log)
{
    (void) ngx_scim_pg_pool(db, log);
}


void
ngx_scim_store_close(ngx_scim_store_database_t *database)
{
    ngx_scim_store_db_t  *db = (ngx_scim_store_db_t *) database;

    db->closing = 1;

    ngx_scim_store_notify_stop(db);
    ngx_scim_store_failures_stop(db);

    if (db->conf.pool != NULL) {
        ngx_scim_pg_close(&db->conf);
    }
}


/* a connection serves only when the schema's contract includes ours */

static ngx_int_t
ngx_scim_store_check(PGresult *result, ngx_str_t *why)
{
    ngx_int_t  min, max;

    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) {
        ngx_str_set(why, "schema \"scim\" is missing or this role may not "
                         "read it: apply sql/");
        return NGX_ERROR;
    }

    min = ngx_scim_store_version(result, 1);
    max = ngx_scim_store_version(result, 2);

    if (min == NGX_ERROR || max == NGX_ERROR) {
        ngx_str_set(why, "scim.schema_version cannot be read");
        return NGX_ERROR;
    }

    if (max < NGX_SCIM_STORE_CONTRACT) {
        ngx_str_set(why, "schema \"scim\" is older than this module: apply "
                         "its sql/");
        return NGX_ERROR;
    }

    if (min > NGX_SCIM_STORE_CONTRACT) {
        ngx_str_set(why, "schema \"scim\" is too new for this module: "
                         "update the module");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_store_version(PGresult *result, int column)
{
    return ngx_atoi((u_char *) PQgetvalue(result, 0, column),
                    (size_t) PQgetlength(result, 0, column));
}


ngx_scim_store_request_t *
ngx_scim_store_request(ngx_scim_store_database_t *db, ngx_log_t *log)
{
    u_char                uuid[16], id[16];
    ngx_pool_t           *pool;
    ngx_scim_store_op_t  *op;

    pool = ngx_create_pool(NGX_SCIM_STORE_POOL, log);
    if (pool == NULL) {
        return NULL;
    }

    op = ngx_pcalloc(pool, sizeof(ngx_scim_store_op_t));

    if (op == NULL
        || ngx_scim_store_uuid(uuid) != NGX_OK
        || ngx_scim_store_uuid(id) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    ngx_scim_store_uuid_text(op->sr.request_id, uuid);
    ngx_scim_store_uuid_text(op->sr.new_id, id);

    op->db = (ngx_scim_store_db_t *) db;
    op->timer.data = op;
    op->timer.log = log;
    op->timer.handler = ngx_scim_store_wake;

    op->sr.pool = pool;
    op->sr.log = log;
    op->sr.database = db;
    op->sr.seats = -1;
    op->sr.state = op;

    scim_arena_init(&op->sr.arena, ngx_scim_store_alloc, pool);

    return &op->sr;
}


static void *
ngx_scim_store_alloc(void *data, size_t size)
{
    return ngx_palloc(data, size);
}


void
ngx_scim_store_begin(ngx_scim_store_op_t *op)
{
    op->deadline = ngx_current_msec + op->db->conf.timeout;
    op->alone = 0;
    op->again = 0;
    op->tenant_made = 0;
    op->tries = 0;
    op->write = NULL;

    op->sr.rows = NULL;
    op->sr.nrows = 0;
    op->sr.total = 0;
    op->sr.more = 0;

    /* pages may be many and large */

    if (op->sr.members != NULL) {
        (void) ngx_pfree(op->sr.pool, op->sr.members);
        op->sr.members = NULL;
    }

    op->sr.nmembers = 0;
}


ngx_scim_pg_job_t *
ngx_scim_store_job(ngx_scim_store_op_t *op, ngx_scim_pg_lane_e lane,
    ngx_scim_store_params_t *p)
{
    scim_str_t          tenant;
    ngx_scim_pg_job_t  *job;

    job = ngx_pcalloc(op->sr.pool, sizeof(ngx_scim_pg_job_t));
    if (job == NULL) {
        return NULL;
    }

    job->lane = lane;
    job->owner = op->sr.tenant;

    p->pool = op->sr.pool;
    p->failed = 0;

    tenant.len = op->sr.tenant.len;
    tenant.data = op->sr.tenant.data;

    ngx_scim_store_admit(p, job, &tenant);

    return job;
}


ngx_scim_pg_job_t *
ngx_scim_store_job_copy(ngx_scim_store_op_t *op, const ngx_scim_pg_job_t *job)
{
    ngx_uint_t          i;
    ngx_scim_pg_job_t  *copy;

    copy = ngx_pcalloc(op->sr.pool, sizeof(ngx_scim_pg_job_t));
    if (copy == NULL) {
        return NULL;
    }

    copy->lane = job->lane;
    copy->readonly = job->readonly;
    copy->group = job->group;
    copy->solo = job->solo;
    copy->owner = job->owner;
    copy->n = job->n;

    for (i = 0; i < job->n; i++) {
        copy->queries[i] = job->queries[i];
        copy->queries[i].result = NULL;
    }

    return copy;
}


ngx_int_t
ngx_scim_store_submit(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job,
    ngx_scim_store_step_pt step)
{
    ngx_msec_int_t       left;
    ngx_scim_pg_pool_t  *pool;

    pool = ngx_scim_store_pool(op->db);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    left = (ngx_msec_int_t) (op->deadline - ngx_current_msec);

    job->timeout = left > 0 ? (ngx_msec_t) left : 1;
    job->handler = ngx_scim_store_answered;
    job->data = op;
    job->log = op->sr.log;

    if (ngx_scim_pg_submit(pool, job) != NGX_OK) {
        return NGX_ERROR;
    }

    op->job = job;
    op->step = step;
    op->busy = 1;

    return NGX_OK;
}


/* what ends because the database is closed must not open it again */

ngx_scim_pg_pool_t *
ngx_scim_store_pool(ngx_scim_store_db_t *db)
{
    if (db->closing) {
        return NULL;
    }

    return ngx_scim_pg_pool(&db->conf, ngx_cycle->log);
}


static void
ngx_scim_store_answered(ngx_scim_pg_job_t *job)
{
    ngx_scim_store_op_t  *op = job->data;

    op->job = NULL;

    op->sr.db_time += job->elapsed;
    op->sr.segments++;

    if (op->done) {

        /* nobody waits: whatever the outcome is, it stands */

        ngx_scim_store_write_left(op, job);

        op->busy = 0;
        ngx_scim_store_release(op);
        return;
    }

    op->step(op, job);
}


ngx_int_t
ngx_scim_store_pause(ngx_scim_store_op_t *op, ngx_msec_t msec,
    ngx_scim_store_wake_pt wake)
{
    if (op->db->closing
        || (ngx_msec_int_t) (op->deadline - ngx_current_msec - msec) <= 0)
    {
        return NGX_DECLINED;
    }

    op->wake = wake;
    ngx_add_timer(&op->timer, msec);

    return NGX_OK;
}


static void
ngx_scim_store_wake(ngx_event_t *ev)
{
    ngx_scim_store_op_t  *op = ev->data;

    op->wake(op);
}


void
ngx_scim_store_finish(ngx_scim_store_op_t *op, ngx_scim_store_status_e status)
{
    op->busy = 0;

    if (!op->done) {
        op->sr.status = status;
        op->calling = 1;

        op->sr.handler(&op->sr);

        op->calling = 0;
    }

    if (op->done) {
        ngx_scim_store_release(op);
    }
}


void
ngx_scim_store_nomem(ngx_scim_store_op_t *op)
{
    (void) scim_error_nomem(&op->sr.error);
    ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);
}


void
ngx_scim_store_done(ngx_scim_store_request_t *sr)
{
    ngx_scim_store_op_t  *op = sr->state;

    sr->handler = NULL;
    op->done = 1;

    if (!op->calling) {
        ngx_scim_store_release(op);
    }
}


/* frees the request, unless something of it is on the wire: that frees it at
 * its end */

static void
ngx_scim_store_release(ngx_scim_store_op_t *op)
{
    if (op->waiting) {
        ngx_queue_remove(&op->queue);

    } else if (op->timer.timer_set) {
        ngx_del_timer(&op->timer);

    } else if (op->job != NULL) {

        if (ngx_scim_pg_cancel(op->job) != NGX_OK) {
            return;
        }

    } else if (op->busy) {
        return;
    }

    ngx_destroy_pool(op->sr.pool);
}
