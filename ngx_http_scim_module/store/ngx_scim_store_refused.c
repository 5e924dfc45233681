
/*
 * What did not come to be: audit rows of refused writes, and counts of failed
 * authentications.  Called by http/ (ngx_scim_store.h); nobody waits for
 * either.
 */


#include "ngx_scim_store_private.h"


/* different ones of an interval: a tenant and a reason each */
#define NGX_SCIM_STORE_FAILURES       1000
#define NGX_SCIM_STORE_FAILURES_TIME  1000      /* msec */
#define NGX_SCIM_STORE_FAILURES_KEY   128


typedef struct ngx_scim_store_failure_s  ngx_scim_store_failure_t;

struct ngx_scim_store_failure_s {
    ngx_str_node_t              node;           /* reason, " ", tenant */
    scim_str_t                  tenant;
    scim_str_t                  reason;
    ngx_uint_t                  count;
    ngx_scim_store_failure_t   *next;
};


struct ngx_scim_store_failures_s {
    ngx_pool_t                 *pool;
    ngx_rbtree_t                tree;
    ngx_rbtree_node_t           sentinel;
    ngx_scim_store_failure_t   *list;
    ngx_uint_t                  n;
};


static void ngx_scim_store_refused_params(ngx_scim_store_params_t *p,
    ngx_scim_store_request_t *sr, const ngx_scim_store_refusal_t *refusal);
static void ngx_scim_store_param_word(ngx_scim_store_params_t *p,
    const char *word);
static ngx_scim_store_failures_t *ngx_scim_store_failures(
    ngx_scim_store_db_t *db);
static ngx_scim_store_failure_t *ngx_scim_store_failure(
    ngx_scim_store_failures_t *failures, ngx_str_t *tenant,
    const char *reason);
static void ngx_scim_store_failures_send(ngx_event_t *ev);


/* a request has one row: that of a write that was done is not touched */

static const char  ngx_scim_store_refused_sql[] =
    "insert into scim.audit (tenant, request_id, token_name, op,"
                           " resource_type, resource_id, status, scim_type,"
                           " attribute, ms, client)"
    " select $1::text, $2::uuid, $3::text, $4::text, $5::text,"
           " $6::text::uuid, $7::bigint, $8::text, $9::text, $10::bigint,"
           " $11::text"
    " on conflict do nothing";


static const char  ngx_scim_store_failures_sql[] =
    "select scim.count_failures($1::text[], $2::text[],"
                              " $3::text[]::bigint[])";


void
ngx_scim_store_refused(ngx_scim_store_request_t *sr,
    const ngx_scim_store_refusal_t *refusal)
{
    scim_str_t                tenant;
    ngx_scim_pg_job_t        *job;
    ngx_scim_store_op_t      *op = sr->state;
    ngx_scim_store_params_t   p;

    job = ngx_scim_store_background(op->db, sr->pool, &p);

    if (job == NULL) {
        ngx_destroy_pool(sr->pool);
        return;
    }

    job->group = 1;
    job->owner = sr->tenant;

    tenant.len = sr->tenant.len;
    tenant.data = sr->tenant.data;

    ngx_scim_store_admit(&p, job, &tenant);

    ngx_scim_store_query(&p, job, ngx_scim_store_refused_sql);
    ngx_scim_store_param_text(&p, &tenant);
    ngx_scim_store_refused_params(&p, sr, refusal);

    ngx_scim_store_background_send(job, &p);
}


static void
ngx_scim_store_refused_params(ngx_scim_store_params_t *p,
    ngx_scim_store_request_t *sr, const ngx_scim_store_refusal_t *refusal)
{
    u_char      uuid[16];
    scim_str_t  s;

    s.len = 36;
    s.data = sr->request_id;
    (void) ngx_scim_store_uuid_parse(uuid, &s);
    ngx_scim_store_param_uuid(p, uuid);

    s.len = sr->token_name.len;
    s.data = s.len ? sr->token_name.data : (u_char *) "";
    ngx_scim_store_param_text(p, &s);

    ngx_scim_store_param_word(p, refusal->op);

    s = refusal->type;
    s.data = s.len ? s.data : (u_char *) "";
    ngx_scim_store_param_text(p, &s);

    s = refusal->id;

    if (ngx_scim_store_uuid_parse(uuid, &s) != NGX_OK) {
        s.len = 0;
        s.data = NULL;
    }

    ngx_scim_store_param_text(p, &s);

    ngx_scim_store_param_int8(p, refusal->status);
    ngx_scim_store_param_word(p, refusal->scim_type);

    s = refusal->attr;
    s.data = s.len ? s.data : NULL;
    ngx_scim_store_param_text(p, &s);

    ngx_scim_store_param_int8(p, (int64_t) refusal->ms);

    s.len = sr->client.len;
    s.data = s.len ? sr->client.data : NULL;
    ngx_scim_store_param_text(p, &s);
}


static void
ngx_scim_store_param_word(ngx_scim_store_params_t *p, const char *word)
{
    scim_str_t  s;

    s.len = word ? ngx_strlen(word) : 0;
    s.data = (u_char *) word;

    ngx_scim_store_param_text(p, &s);
}


void
ngx_scim_store_auth_failed(ngx_scim_store_database_t *database,
    ngx_str_t *tenant, const char *reason)
{
    ngx_scim_store_db_t        *db = (ngx_scim_store_db_t *) database;
    ngx_scim_store_failure_t   *failure;
    ngx_scim_store_failures_t  *failures;

    if (db->closing) {
        return;
    }

    failures = db->failures ? db->failures : ngx_scim_store_failures(db);
    if (failures == NULL) {
        return;
    }

    failure = ngx_scim_store_failure(failures, tenant, reason);

    if (failure) {
        failure->count++;
    }
}


static ngx_scim_store_failures_t *
ngx_scim_store_failures(ngx_scim_store_db_t *db)
{
    ngx_pool_t                 *pool;
    ngx_scim_store_failures_t  *failures;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 8, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    failures = ngx_pcalloc(pool, sizeof(ngx_scim_store_failures_t));
    if (failures == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    failures->pool = pool;
    ngx_rbtree_init(&failures->tree, &failures->sentinel,
                    ngx_str_rbtree_insert_value);

    db->failures = failures;

    db->failures_event.handler = ngx_scim_store_failures_send;
    db->failures_event.data = db;
    db->failures_event.log = ngx_cycle->log;
    db->failures_event.cancelable = 1;

    ngx_add_timer(&db->failures_event, NGX_SCIM_STORE_FAILURES_TIME);

    return failures;
}


/* that of the tenant and the reason, made on first use; NULL: there are too
 * many, or memory is short */

static ngx_scim_store_failure_t *
ngx_scim_store_failure(ngx_scim_store_failures_t *failures, ngx_str_t *tenant,
    const char *reason)
{
    u_char                     buf[NGX_SCIM_STORE_FAILURES_KEY];
    uint32_t                   hash;
    ngx_str_t                  key;
    ngx_scim_store_failure_t  *failure;

    key.data = buf;
    key.len = ngx_snprintf(buf, sizeof(buf), "%s %V", reason, tenant) - buf;

    hash = ngx_crc32_short(key.data, key.len);

    failure = (ngx_scim_store_failure_t *)
                  ngx_str_rbtree_lookup(&failures->tree, &key, hash);

    if (failure || failures->n == NGX_SCIM_STORE_FAILURES) {
        return failure;
    }

    failure = ngx_pcalloc(failures->pool, sizeof(ngx_scim_store_failure_t));
    if (failure == NULL) {
        return NULL;
    }

    failure->node.str.len = key.len;
    failure->node.str.data = ngx_pstrdup(failures->pool, &key);
    if (failure->node.str.data == NULL) {
        return NULL;
    }

    failure->reason.len = ngx_strlen(reason);
    failure->reason.data = failure->node.str.data;
    failure->tenant.len = key.len - failure->reason.len - 1;
    failure->tenant.data = failure->node.str.data + failure->reason.len + 1;

    failure->node.node.key = hash;
    ngx_rbtree_insert(&failures->tree, &failure->node.node);

    failure->next = failures->list;
    failures->list = failure;
    failures->n++;

    return failure;
}


static void
ngx_scim_store_failures_send(ngx_event_t *ev)
{
    ngx_uint_t                  i;
    scim_str_t                 *tenants, *reasons, *counts;
    ngx_pool_t                 *pool;
    ngx_scim_pg_job_t          *job;
    ngx_scim_store_db_t        *db = ev->data;
    ngx_scim_store_params_t     p;
    ngx_scim_store_failure_t   *f;
    ngx_scim_store_failures_t  *failures;

    failures = db->failures;
    db->failures = NULL;
    pool = failures->pool;

    job = ngx_scim_store_background(db, pool, &p);
    tenants = ngx_palloc(pool, 3 * failures->n * sizeof(scim_str_t));

    if (job == NULL || tenants == NULL) {
        ngx_destroy_pool(pool);
        return;
    }

    reasons = tenants + failures->n;
    counts = reasons + failures->n;

    for (i = 0, f = failures->list; f; i++, f = f->next) {
        tenants[i] = f->tenant;
        reasons[i] = f->reason;

        counts[i].data = ngx_pnalloc(pool, NGX_INT_T_LEN);
        if (counts[i].data == NULL) {
            ngx_destroy_pool(pool);
            return;
        }

        counts[i].len = ngx_sprintf(counts[i].data, "%ui", f->count)
                        - counts[i].data;
    }

    ngx_scim_store_query(&p, job, ngx_scim_store_failures_sql);
    ngx_scim_store_param_texts(&p, tenants, sizeof(scim_str_t), i);
    ngx_scim_store_param_texts(&p, reasons, sizeof(scim_str_t), i);
    ngx_scim_store_param_texts(&p, counts, sizeof(scim_str_t), i);

    ngx_scim_store_background_send(job, &p);
}


void
ngx_scim_store_failures_stop(ngx_scim_store_db_t *db)
{
    if (db->failures_event.timer_set) {
        ngx_del_timer(&db->failures_event);
    }

    if (db->failures) {
        ngx_destroy_pool(db->failures->pool);
        db->failures = NULL;
    }
}
