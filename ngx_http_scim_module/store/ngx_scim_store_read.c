
/*
 * Reads of one resource by a unique key.  Called by http/ (ngx_scim_store.h)
 * and by ngx_scim_store_search.c.
 *
 * Point reads that arrive in one turn of the event loop for one database go
 * down as one statement over arrays; while enough of these are on their way,
 * the next ones gather.  All three look-ups are one statement each, whatever
 * the number of keys.
 */


#include "ngx_scim_store_private.h"


/* batches on the wire for each connection of the read lane */
#define NGX_SCIM_STORE_BATCHES  4


typedef struct {
    ngx_scim_store_db_t     *db;
    ngx_pool_t              *pool;
    ngx_uint_t               n;
    ngx_scim_store_op_t     *ops[NGX_SCIM_STORE_BATCH];
    ngx_scim_pg_job_t        job;
} ngx_scim_store_batch_t;


static void ngx_scim_store_enqueue(ngx_scim_store_op_t *op,
    ngx_queue_t *queue);
static ngx_scim_store_op_t *ngx_scim_store_dequeue(ngx_queue_t *queue);
static void ngx_scim_store_gather(ngx_event_t *ev);
static ngx_queue_t *ngx_scim_store_turn(ngx_scim_store_db_t *db);
static void ngx_scim_store_send(ngx_scim_store_db_t *db, ngx_queue_t *queue);
static ngx_scim_store_batch_t *ngx_scim_store_batch(ngx_scim_store_db_t *db,
    ngx_queue_t *queue);
static ngx_int_t ngx_scim_store_batch_job(ngx_scim_store_batch_t *batch);
static ngx_int_t ngx_scim_store_batch_tenants(ngx_scim_store_batch_t *batch,
    scim_str_t *list);
static void ngx_scim_store_batch_answered(ngx_scim_pg_job_t *job);
static void ngx_scim_store_batch_apart(ngx_scim_store_batch_t *batch);
static void ngx_scim_store_batch_rows(ngx_scim_store_batch_t *batch);
static void ngx_scim_store_batch_failed(ngx_scim_store_batch_t *batch);


/*
 * Subqueries around the arrays: the planner must not see how many keys there
 * are, or it plans anew for each statement; "offset 0" and "limit 1" keep it
 * at one search by index for each key, however small it believes the table to
 * be.  Which index it takes must not depend on that either: an id leads to
 * deleted rows too, since the other indexes know only live ones; a key is
 * looked for as NGX_SCIM_STORE_AT() says.
 */

#define NGX_SCIM_STORE_GET(type, condition)                                   \
    "select q.n, " NGX_SCIM_STORE_COLUMNS("r")                                \
    " from unnest((select $1::text[]), (select $2::text[]),"                  \
                " (select $3::" type "[]), (select $4::boolean[]))"           \
         " with ordinality q(tenant, type, key, want, n)"                     \
         " cross join lateral ("                                              \
             "select x.id, x.version, x.created, x.modified, x.doc,"          \
                   " x.members, x.type, x.deleted_at, "                       \
                   NGX_SCIM_STORE_GROUPS("x", "q.want") ", "                  \
                   NGX_SCIM_STORE_SETTLED("x")                                \
             " from scim.resource x"                                          \
             " where x.tenant = q.tenant and " condition ") r"                \
    " where r.type = q.type and r.deleted_at is null"

#define NGX_SCIM_STORE_GET_KEY(column)                                        \
    NGX_SCIM_STORE_GET("text",                                                \
        "x.type = q.type and x.deleted_at is null and "                       \
        NGX_SCIM_STORE_AT(column, "q.key")                                    \
        " order by " column " limit 1")


static const char *const  ngx_scim_store_get_sql[NGX_SCIM_STORE_KEYS] = {
    NGX_SCIM_STORE_GET("uuid", "x.id = q.key offset 0"),
    NGX_SCIM_STORE_GET_KEY("x.name_key"),
    NGX_SCIM_STORE_GET_KEY("x.external_id")
};


ngx_int_t
ngx_scim_store_get(ngx_scim_store_request_t *sr, ngx_scim_store_key_e by,
    const scim_str_t *key)
{
    ngx_scim_store_op_t  *op = sr->state;

    ngx_scim_store_begin(op);

    op->by = by;
    op->key = *key;

    if (by == NGX_SCIM_STORE_BY_ID
        && ngx_scim_store_uuid_parse(op->uuid, key) != NGX_OK)
    {
        ngx_scim_store_missing(op);
        return NGX_OK;
    }

    ngx_scim_store_enqueue(op, &op->db->reads[by]);

    return NGX_OK;
}


void
ngx_scim_store_missing(ngx_scim_store_op_t *op)
{
    ngx_scim_store_enqueue(op, &op->db->missing);
}


static void
ngx_scim_store_enqueue(ngx_scim_store_op_t *op, ngx_queue_t *queue)
{
    ngx_scim_store_db_t  *db;

    db = op->db;

    ngx_queue_insert_tail(queue, &op->queue);

    op->waiting = 1;
    op->busy = 1;

    db->event.data = db;
    db->event.log = ngx_cycle->log;
    db->event.handler = ngx_scim_store_gather;

    ngx_post_event(&db->event, &ngx_posted_events);
}


static ngx_scim_store_op_t *
ngx_scim_store_dequeue(ngx_queue_t *queue)
{
    ngx_queue_t          *q;
    ngx_scim_store_op_t  *op;

    q = ngx_queue_head(queue);
    ngx_queue_remove(q);

    op = ngx_queue_data(q, ngx_scim_store_op_t, queue);
    op->waiting = 0;

    return op;
}


/* the loop's turn ends: what has come in travels together */

static void
ngx_scim_store_gather(ngx_event_t *ev)
{
    ngx_queue_t          *queue;
    ngx_scim_store_db_t  *db = ev->data;

    while (!ngx_queue_empty(&db->missing)) {
        ngx_scim_store_finish(ngx_scim_store_dequeue(&db->missing),
                              NGX_SCIM_STORE_NOT_FOUND);
    }

    while (db->batches < db->conf.read * NGX_SCIM_STORE_BATCHES) {
        queue = ngx_scim_store_turn(db);

        if (queue == NULL) {
            return;
        }

        ngx_scim_store_send(db, queue);
    }
}


/* the next queue that is not empty, each in its turn */

static ngx_queue_t *
ngx_scim_store_turn(ngx_scim_store_db_t *db)
{
    ngx_uint_t    i;
    ngx_queue_t  *queue;

    for (i = 0; i < NGX_SCIM_STORE_KEYS; i++) {
        db->turn = (db->turn + 1) % NGX_SCIM_STORE_KEYS;
        queue = &db->reads[db->turn];

        if (!ngx_queue_empty(queue)) {
            return queue;
        }
    }

    return NULL;
}


static void
ngx_scim_store_send(ngx_scim_store_db_t *db, ngx_queue_t *queue)
{
    ngx_scim_pg_pool_t      *pool;
    ngx_scim_store_batch_t  *batch;

    pool = ngx_scim_store_pool(db);
    batch = ngx_scim_store_batch(db, queue);

    if (batch == NULL) {
        ngx_scim_store_nomem(ngx_scim_store_dequeue(queue));
        return;
    }

    if (pool == NULL
        || ngx_scim_store_batch_job(batch) != NGX_OK
        || ngx_scim_pg_submit(pool, &batch->job) != NGX_OK)
    {
        ngx_scim_store_batch_failed(batch);
        ngx_destroy_pool(batch->pool);
        return;
    }

    db->batches++;
}


/* up to NGX_SCIM_STORE_BATCH reads; one that must go alone does */

static ngx_scim_store_batch_t *
ngx_scim_store_batch(ngx_scim_store_db_t *db, ngx_queue_t *queue)
{
    ngx_pool_t              *pool;
    ngx_scim_store_op_t     *op;
    ngx_scim_store_batch_t  *batch;

    pool = ngx_create_pool(8192, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    batch = ngx_pcalloc(pool, sizeof(ngx_scim_store_batch_t));
    if (batch == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    batch->db = db;
    batch->pool = pool;

    while (batch->n < NGX_SCIM_STORE_BATCH && !ngx_queue_empty(queue)) {
        op = ngx_queue_data(ngx_queue_head(queue), ngx_scim_store_op_t,
                            queue);

        if (op->alone && batch->n) {
            break;
        }

        batch->ops[batch->n++] = ngx_scim_store_dequeue(queue);

        if (op->alone) {
            break;
        }
    }

    return batch;
}


static ngx_int_t
ngx_scim_store_batch_job(ngx_scim_store_batch_t *batch)
{
    u_char                    ids[NGX_SCIM_STORE_BATCH][16],
                              want[NGX_SCIM_STORE_BATCH];
    scim_str_t                list, tenants[NGX_SCIM_STORE_BATCH],
                              types[NGX_SCIM_STORE_BATCH],
                              keys[NGX_SCIM_STORE_BATCH];
    ngx_uint_t                i;
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_op_t      *op;
    ngx_scim_store_params_t   p;

    job = &batch->job;

    job->lane = NGX_SCIM_PG_READ;
    job->readonly = 1;
    job->handler = ngx_scim_store_batch_answered;
    job->data = batch;
    job->log = ngx_cycle->log;

    for (i = 0; i < batch->n; i++) {
        op = batch->ops[i];

        tenants[i].len = op->sr.tenant.len;
        tenants[i].data = op->sr.tenant.data;
        types[i] = op->sr.type->name;
        keys[i] = op->key;
        want[i] = op->sr.want_groups;
        ngx_memcpy(ids[i], op->uuid, 16);
    }

    if (batch->n == 1) {
        job->owner = batch->ops[0]->sr.tenant;
    }

    if (ngx_scim_store_batch_tenants(batch, &list) != NGX_OK) {
        return NGX_ERROR;
    }

    p.pool = batch->pool;
    p.failed = 0;

    ngx_scim_store_admit(&p, job, &list);

    op = batch->ops[0];

    ngx_scim_store_query(&p, job, ngx_scim_store_get_sql[op->by]);
    ngx_scim_store_param_texts(&p, tenants, sizeof(scim_str_t), batch->n);
    ngx_scim_store_param_texts(&p, types, sizeof(scim_str_t), batch->n);

    if (op->by == NGX_SCIM_STORE_BY_ID) {
        ngx_scim_store_param_uuids(&p, ids[0], 16, batch->n);

    } else {
        ngx_scim_store_param_texts(&p, keys, sizeof(scim_str_t), batch->n);
    }

    ngx_scim_store_param_bools(&p, want, batch->n);

    return p.failed ? NGX_ERROR : NGX_OK;
}


/* the tenants of the batch, each once, with commas between them */

static ngx_int_t
ngx_scim_store_batch_tenants(ngx_scim_store_batch_t *batch, scim_str_t *list)
{
    size_t       len;
    u_char      *p;
    ngx_str_t   *a, *b;
    ngx_uint_t   i, j;

    len = 0;

    for (i = 0; i < batch->n; i++) {
        len += batch->ops[i]->sr.tenant.len + 1;
    }

    p = ngx_pnalloc(batch->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    list->data = p;

    for (i = 0; i < batch->n; i++) {
        a = &batch->ops[i]->sr.tenant;

        for (j = 0; j < i; j++) {
            b = &batch->ops[j]->sr.tenant;

            if (a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0)
            {
                break;
            }
        }

        if (j < i) {
            continue;
        }

        if (i) {
            *p++ = ',';
        }

        p = ngx_cpymem(p, a->data, a->len);
    }

    list->len = (size_t) (p - list->data);

    return NGX_OK;
}


static void
ngx_scim_store_batch_answered(ngx_scim_pg_job_t *job)
{
    ngx_uint_t               i;
    ngx_scim_store_db_t     *db;
    ngx_scim_store_batch_t  *batch = job->data;

    db = batch->db;
    db->batches--;

    for (i = 0; i < batch->n; i++) {
        batch->ops[i]->sr.db_time += job->elapsed;
        batch->ops[i]->sr.segments++;
    }

    if (job->status == NGX_SCIM_PG_OK) {
        ngx_scim_store_batch_rows(batch);

    } else if (job->status == NGX_SCIM_PG_FAILED && batch->n > 1) {
        ngx_scim_store_batch_apart(batch);

    } else {
        ngx_scim_store_batch_failed(batch);
    }

    ngx_destroy_pool(batch->pool);

    /* more may have gathered meanwhile */

    ngx_post_event(&db->event, &ngx_posted_events);
}


/* one of them may be to blame: each again, alone */

static void
ngx_scim_store_batch_apart(ngx_scim_store_batch_t *batch)
{
    ngx_uint_t            i;
    ngx_scim_store_op_t  *op;

    for (i = 0; i < batch->n; i++) {
        op = batch->ops[i];

        if (op->done) {
            ngx_scim_store_finish(op, NGX_SCIM_STORE_ERROR);
            continue;
        }

        op->alone = 1;
        ngx_scim_store_enqueue(op, &op->db->reads[op->by]);
    }
}


static void
ngx_scim_store_batch_rows(ngx_scim_store_batch_t *batch)
{
    int                   i, n, rows[NGX_SCIM_STORE_BATCH];
    int64_t               item;
    PGresult             *res;
    ngx_uint_t            k;
    ngx_scim_store_op_t  *op;

    res = batch->job.queries[1].result;

    for (k = 0; k < batch->n; k++) {
        rows[k] = -1;
    }

    n = PQntuples(res);

    for (i = 0; i < n; i++) {
        item = ngx_scim_store_int8(res, i, 0);

        if (item >= 1 && item <= (int64_t) batch->n) {
            rows[item - 1] = i;
        }
    }

    for (k = 0; k < batch->n; k++) {
        op = batch->ops[k];

        if (op->done || rows[k] == -1) {
            ngx_scim_store_finish(op, NGX_SCIM_STORE_NOT_FOUND);
            continue;
        }

        if (ngx_scim_store_rows(op, res, rows[k], 1, 1) != NGX_OK) {
            ngx_scim_store_nomem(op);
            continue;
        }

        ngx_scim_store_finish(op, NGX_SCIM_STORE_OK);
    }
}


static void
ngx_scim_store_batch_failed(ngx_scim_store_batch_t *batch)
{
    ngx_uint_t                i;
    ngx_scim_store_op_t      *op;
    ngx_scim_store_status_e   status;

    for (i = 0; i < batch->n; i++) {
        op = batch->ops[i];

        if (batch->job.status == NGX_SCIM_PG_OK) {
            ngx_scim_store_nomem(op);           /* never submitted */
            continue;
        }

        status = ngx_scim_store_error(op, &batch->job);
        ngx_scim_store_finish(op, status);
    }
}
