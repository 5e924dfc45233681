
/*
 * The statements of a pool, each text once, so that a connection can tell by
 * an index whether it has prepared one.  Called by ngx_scim_pg_pipeline.c for
 * each query that it sends.
 */


#include "ngx_scim_pg_private.h"


static ngx_scim_pg_statement_t *ngx_scim_pg_statement_find(
    ngx_scim_pg_pool_t *pool, ngx_scim_pg_query_t *query);
static ngx_uint_t ngx_scim_pg_statement_due(ngx_scim_pg_pool_t *pool,
    ngx_scim_pg_query_t *query, uint64_t hash);
static ngx_uint_t ngx_scim_pg_statement_is(ngx_scim_pg_statement_t *st,
    ngx_scim_pg_query_t *query);
static uint64_t ngx_scim_pg_statement_hash(ngx_scim_pg_query_t *query);


/* the address is tried first; the text is compared all the same, since memory
 * of a statement may have become that of another */

ngx_scim_pg_statement_t *
ngx_scim_pg_statement(ngx_scim_pg_pool_t *pool, ngx_scim_pg_query_t *query)
{
    ngx_scim_pg_cached_t     *cached;
    ngx_scim_pg_statement_t  *st;

    cached = &pool->cached[((uintptr_t) query->sql >> 4)
                           % NGX_SCIM_PG_BUCKETS];

    if (cached->sql == query->sql
        && ngx_scim_pg_statement_is(cached->statement, query))
    {
        return cached->statement;
    }

    st = ngx_scim_pg_statement_find(pool, query);

    if (st) {
        cached->sql = query->sql;
        cached->statement = st;
    }

    return st;
}


static ngx_scim_pg_statement_t *
ngx_scim_pg_statement_find(ngx_scim_pg_pool_t *pool,
    ngx_scim_pg_query_t *query)
{
    size_t                     len;
    uint64_t                   hash;
    ngx_scim_pg_statement_t   *st, **bucket;

    hash = ngx_scim_pg_statement_hash(query);
    bucket = &pool->statements[hash % NGX_SCIM_PG_BUCKETS];

    for (st = *bucket; st; st = st->next) {
        if (st->hash == hash && ngx_scim_pg_statement_is(st, query)) {
            return st;
        }
    }

    if (pool->nstatements == NGX_SCIM_PG_STATEMENTS
        || !ngx_scim_pg_statement_due(pool, query, hash))
    {
        return NULL;
    }

    st = ngx_pcalloc(pool->pool, sizeof(ngx_scim_pg_statement_t));
    if (st == NULL) {
        return NULL;
    }

    len = ngx_strlen(query->sql) + 1;

    st->sql = ngx_pnalloc(pool->pool, len);
    if (st->sql == NULL) {
        return NULL;
    }

    ngx_memcpy(st->sql, query->sql, len);
    ngx_memcpy(st->types, query->types, query->n * sizeof(Oid));

    st->n = query->n;
    st->hash = hash;
    st->index = pool->nstatements++;

    if (query->rare) {
        pool->nrare++;
    }

    ngx_sprintf((u_char *) st->name, "scim_%016xL%Z", (int64_t) hash);

    st->next = *bucket;
    *bucket = st;

    return st;
}


/* whether it is worth to be prepared: of the rare ones, those that come again
 * before others take their place among those seen */

static ngx_uint_t
ngx_scim_pg_statement_due(ngx_scim_pg_pool_t *pool,
    ngx_scim_pg_query_t *query, uint64_t hash)
{
    uint64_t  *seen;

    if (!query->rare) {
        return 1;
    }

    if (pool->nrare == NGX_SCIM_PG_RARE) {
        return 0;
    }

    seen = &pool->seen[hash % NGX_SCIM_PG_SEEN];

    if (*seen == hash) {
        return 1;
    }

    *seen = hash;

    return 0;
}


static ngx_uint_t
ngx_scim_pg_statement_is(ngx_scim_pg_statement_t *st,
    ngx_scim_pg_query_t *query)
{
    return st->n == query->n
           && ngx_strcmp(st->sql, query->sql) == 0
           && ngx_memcmp(st->types, query->types, st->n * sizeof(Oid)) == 0;
}


static uint64_t
ngx_scim_pg_statement_hash(ngx_scim_pg_query_t *query)
{
    size_t    len;
    uint32_t  high, low;

    len = ngx_strlen(query->sql);

    high = ngx_murmur_hash2((u_char *) query->sql, len);

    ngx_crc32_init(low);
    ngx_crc32_update(&low, (u_char *) query->sql, len);
    ngx_crc32_update(&low, (u_char *) query->types, query->n * sizeof(Oid));
    ngx_crc32_final(low);

    return ((uint64_t) high << 32) | low;
}
