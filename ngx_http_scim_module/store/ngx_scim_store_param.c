
/*
 * Parameters of statements in PostgreSQL's binary formats: with their length,
 * because text parameters end at NUL.  Called by whoever in store/ builds a
 * job.
 */


#include "ngx_scim_store_private.h"


/* pg_type.h is not part of the client's headers */
#define NGX_SCIM_STORE_OID_BOOL    16
#define NGX_SCIM_STORE_OID_INT8    20
#define NGX_SCIM_STORE_OID_TEXT    25
#define NGX_SCIM_STORE_OID_BOOLS   1000
#define NGX_SCIM_STORE_OID_TEXTS   1009
#define NGX_SCIM_STORE_OID_UUID    2950
#define NGX_SCIM_STORE_OID_UUIDS   2951

/* dimensions, "has nulls", type of the elements, size, lower bound */
#define NGX_SCIM_STORE_ARRAY_HEAD  20


/* what writes for an older contract does not say so, and is refused */

static const char  ngx_scim_store_admit_sql[] =
    "select pg_catalog.set_config('scim.tenants', $1, true),"
          " pg_catalog.set_config('scim.contract', '3', true)";


static u_char *ngx_scim_store_param(ngx_scim_store_params_t *p, Oid type,
    size_t len);
static u_char *ngx_scim_store_array_head(u_char *b, Oid type, ngx_uint_t n);
static u_char *ngx_scim_store_put_int4(u_char *b, uint32_t n);


void
ngx_scim_store_query(ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job,
    const char *sql)
{
    p->query = &job->queries[job->n++];
    p->query->sql = sql;
    p->query->rare = 0;
    p->query->n = 0;
    p->query->format = 1;
}


void
ngx_scim_store_admit(ngx_scim_store_params_t *p, ngx_scim_pg_job_t *job,
    const scim_str_t *tenants)
{
    ngx_scim_store_query(p, job, ngx_scim_store_admit_sql);
    ngx_scim_store_param_text(p, tenants);
}


void
ngx_scim_store_param_text(ngx_scim_store_params_t *p, const scim_str_t *s)
{
    u_char  *b;

    b = ngx_scim_store_param(p, NGX_SCIM_STORE_OID_TEXT, s->len);

    if (b == NULL) {
        return;
    }

    if (s->data == NULL) {
        p->query->values[p->query->n - 1] = NULL;
        return;
    }

    ngx_memcpy(b, s->data, s->len);
}


void
ngx_scim_store_param_uuid(ngx_scim_store_params_t *p, const u_char *uuid)
{
    u_char  *b;

    b = ngx_scim_store_param(p, NGX_SCIM_STORE_OID_UUID, 16);

    if (b != NULL) {
        ngx_memcpy(b, uuid, 16);
    }
}


void
ngx_scim_store_param_int8(ngx_scim_store_params_t *p, int64_t n)
{
    u_char  *b;

    b = ngx_scim_store_param(p, NGX_SCIM_STORE_OID_INT8, 8);

    if (b != NULL) {
        b = ngx_scim_store_put_int4(b, (uint32_t) ((uint64_t) n >> 32));
        (void) ngx_scim_store_put_int4(b, (uint32_t) n);
    }
}


void
ngx_scim_store_param_bool(ngx_scim_store_params_t *p, ngx_uint_t flag)
{
    u_char  *b;

    b = ngx_scim_store_param(p, NGX_SCIM_STORE_OID_BOOL, 1);

    if (b != NULL) {
        *b = (u_char) (flag ? 1 : 0);
    }
}


void
ngx_scim_store_param_texts(ngx_scim_store_params_t *p,
    const scim_str_t *first, size_t stride, ngx_uint_t n)
{
    size_t             len;
    u_char            *b;
    ngx_uint_t         i;
    const u_char      *e;
    const scim_str_t  *s;

    len = NGX_SCIM_STORE_ARRAY_HEAD;
    e = (const u_char *) first;

    for (i = 0; i < n; i++) {
        s = (const scim_str_t *) (e + i * stride);
        len += 4 + s->len;
    }

    b = ngx_scim_store_param(p, NGX_SCIM_STORE_OID_TEXTS, len);

    if (b == NULL) {
        return;
    }

    b = ngx_scim_store_array_head(b, NGX_SCIM_STORE_OID_TEXT, n);

    for (i = 0; i < n; i++) {
        s = (const scim_str_t *) (e + i * stride);
        b = ngx_scim_store_put_int4(b, (uint32_t) s->len);

        if (s->len) {
            b = ngx_cpymem(b, s->data, s->len);
        }
    }
}


void
ngx_scim_store_param_uuids(ngx_scim_store_params_t *p, const u_char *first,
    size_t stride, ngx_uint_t n)
{
    u_char      *b;
    ngx_uint_t   i;

    b = ngx_scim_store_param(p, NGX_SCIM_STORE_OID_UUIDS,
                             NGX_SCIM_STORE_ARRAY_HEAD + n * (4 + 16));
    if (b == NULL) {
        return;
    }

    b = ngx_scim_store_array_head(b, NGX_SCIM_STORE_OID_UUID, n);

    for (i = 0; i < n; i++) {
        b = ngx_scim_store_put_int4(b, 16);
        b = ngx_cpymem(b, first + i * stride, 16);
    }
}


void
ngx_scim_store_param_bools(ngx_scim_store_params_t *p, const u_char *flags,
    ngx_uint_t n)
{
    u_char      *b;
    ngx_uint_t   i;

    b = ngx_scim_store_param(p, NGX_SCIM_STORE_OID_BOOLS,
                             NGX_SCIM_STORE_ARRAY_HEAD + n * (4 + 1));
    if (b == NULL) {
        return;
    }

    b = ngx_scim_store_array_head(b, NGX_SCIM_STORE_OID_BOOL, n);

    for (i = 0; i < n; i++) {
        b = ngx_scim_store_put_int4(b, 1);
        *b++ = flags[i];
    }
}


/* the next parameter: room for "len" bytes, never NULL for an empty string */

static u_char *
ngx_scim_store_param(ngx_scim_store_params_t *p, Oid type, size_t len)
{
    u_char               *b;
    ngx_scim_pg_query_t  *q;

    q = p->query;

    if (p->failed || q->n == NGX_SCIM_PG_PARAMS || len > NGX_MAX_INT32_VALUE) {
        p->failed = 1;
        return NULL;
    }

    b = ngx_pnalloc(p->pool, len + 1);
    if (b == NULL) {
        p->failed = 1;
        return NULL;
    }

    q->types[q->n] = type;
    q->values[q->n] = (const char *) b;
    q->lengths[q->n] = (int) len;
    q->formats[q->n] = 1;
    q->n++;

    return b;
}


static u_char *
ngx_scim_store_array_head(u_char *b, Oid type, ngx_uint_t n)
{
    b = ngx_scim_store_put_int4(b, 1);
    b = ngx_scim_store_put_int4(b, 0);
    b = ngx_scim_store_put_int4(b, (uint32_t) type);
    b = ngx_scim_store_put_int4(b, (uint32_t) n);

    return ngx_scim_store_put_int4(b, 1);
}


static u_char *
ngx_scim_store_put_int4(u_char *b, uint32_t n)
{
    *b++ = (u_char) (n >> 24);
    *b++ = (u_char) (n >> 16);
    *b++ = (u_char) (n >> 8);
    *b++ = (u_char) n;

    return b;
}
