
/*
 * Tells listeners of the channel "scim" which tenants have changed: those of
 * an interval, each once, in one statement.  Called by the writes after their
 * commit.  Who listens has to look for events now and then all the same: what
 * the database cannot take now is not told, nor what a worker had gathered
 * when it ended.
 */


#include "ngx_scim_store_private.h"


/* tenants of one statement */
#define NGX_SCIM_STORE_CHANGED  4096


typedef struct ngx_scim_store_tenant_s  ngx_scim_store_tenant_t;

struct ngx_scim_store_tenant_s {
    ngx_str_node_t             node;
    ngx_scim_store_tenant_t   *next;
};


struct ngx_scim_store_changed_s {
    ngx_pool_t                *pool;
    ngx_rbtree_t               names;
    ngx_rbtree_node_t          sentinel;
    ngx_scim_store_tenant_t   *tenants;
    ngx_uint_t                 n;
};


static ngx_scim_store_changed_t *ngx_scim_store_changed(
    ngx_scim_store_db_t *db);
static void ngx_scim_store_notify_timer(ngx_event_t *ev);
static void ngx_scim_store_notify_send(ngx_scim_store_db_t *db);


static const char  ngx_scim_store_notify_sql[] =
    "select pg_catalog.pg_notify('scim', q.t)"
    " from pg_catalog.unnest($1::text[]) q(t)";


void
ngx_scim_store_notify(ngx_scim_store_db_t *db, const ngx_str_t *tenant)
{
    uint32_t                   hash;
    ngx_str_t                  name;
    ngx_scim_store_tenant_t   *t;
    ngx_scim_store_changed_t  *changed;

    if (db->notify == 0 || db->closing) {
        return;
    }

    changed = db->changed ? db->changed : ngx_scim_store_changed(db);
    if (changed == NULL) {
        return;
    }

    name = *tenant;
    hash = ngx_crc32_short(name.data, name.len);

    if (ngx_str_rbtree_lookup(&changed->names, &name, hash) == NULL) {

        t = ngx_palloc(changed->pool, sizeof(ngx_scim_store_tenant_t));
        if (t == NULL) {
            return;
        }

        t->node.str.len = name.len;
        t->node.str.data = ngx_pstrdup(changed->pool, &name);
        if (t->node.str.data == NULL) {
            return;
        }

        t->node.node.key = hash;
        ngx_rbtree_insert(&changed->names, &t->node.node);

        t->next = changed->tenants;
        changed->tenants = t;
        changed->n++;
    }

    /* a worker that ends has no time for another interval */

    if (changed->n == NGX_SCIM_STORE_CHANGED || ngx_exiting) {
        ngx_scim_store_notify_send(db);
    }
}


static ngx_scim_store_changed_t *
ngx_scim_store_changed(ngx_scim_store_db_t *db)
{
    ngx_pool_t                *pool;
    ngx_scim_store_changed_t  *changed;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 4, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    changed = ngx_pcalloc(pool, sizeof(ngx_scim_store_changed_t));
    if (changed == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    changed->pool = pool;
    ngx_rbtree_init(&changed->names, &changed->sentinel,
                    ngx_str_rbtree_insert_value);

    db->changed = changed;

    if (!db->notify_event.timer_set) {
        db->notify_event.handler = ngx_scim_store_notify_timer;
        db->notify_event.data = db;
        db->notify_event.log = ngx_cycle->log;
        db->notify_event.cancelable = 1;

        ngx_add_timer(&db->notify_event, db->notify);
    }

    return changed;
}


static void
ngx_scim_store_notify_timer(ngx_event_t *ev)
{
    ngx_scim_store_notify_send(ev->data);
}


static void
ngx_scim_store_notify_send(ngx_scim_store_db_t *db)
{
    scim_str_t                *names;
    ngx_uint_t                 i;
    ngx_scim_pg_job_t         *job;
    ngx_scim_store_params_t    p;
    ngx_scim_store_tenant_t   *t;
    ngx_scim_store_changed_t  *changed;

    changed = db->changed;

    if (changed == NULL) {
        return;
    }

    db->changed = NULL;

    job = ngx_scim_store_background(db, changed->pool, &p);
    names = ngx_palloc(changed->pool, changed->n * sizeof(scim_str_t));

    if (job == NULL || names == NULL) {
        ngx_destroy_pool(changed->pool);
        return;
    }

    for (i = 0, t = changed->tenants; t; i++, t = t->next) {
        names[i].len = t->node.str.len;
        names[i].data = t->node.str.data;
    }

    ngx_scim_store_query(&p, job, ngx_scim_store_notify_sql);
    ngx_scim_store_param_texts(&p, names, sizeof(scim_str_t), changed->n);

    ngx_scim_store_background_send(job, &p);
}


void
ngx_scim_store_notify_stop(ngx_scim_store_db_t *db)
{
    if (db->notify_event.timer_set) {
        ngx_del_timer(&db->notify_event);
    }

    if (db->changed) {
        ngx_destroy_pool(db->changed->pool);
        db->changed = NULL;
    }
}
