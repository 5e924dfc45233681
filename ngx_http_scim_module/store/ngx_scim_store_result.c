
/*
 * Results in PostgreSQL's binary formats: bigint, boolean, and the columns of
 * a resource as core/ takes them.  Called by whoever in store/ reads the
 * outcome of a job.
 */


#include "ngx_scim_store_private.h"


#define NGX_SCIM_STORE_UUID   36
#define NGX_SCIM_STORE_TIME   (sizeof("2026-01-01T00:00:00.000Z") - 1)

/* text of one row that is not in the result itself */
#define NGX_SCIM_STORE_TEXT                                                   \
    (NGX_SCIM_STORE_UUID + 2 * NGX_SCIM_STORE_TIME)


static void ngx_scim_store_row(ngx_scim_store_op_t *op, scim_stored_t *row,
    u_char *text, PGresult *res, int i, int col);
static void ngx_scim_store_time(u_char *text, int64_t usec);
static u_char *ngx_scim_store_digits(u_char *p, ngx_uint_t n, ngx_uint_t len,
    u_char end);


ngx_int_t
ngx_scim_store_rows(ngx_scim_store_op_t *op, PGresult *res, int row, int n,
    int col)
{
    int             i;
    u_char         *text;
    scim_stored_t  *rows;

    rows = ngx_palloc(op->sr.pool,
                      (size_t) n * (sizeof(scim_stored_t)
                                    + NGX_SCIM_STORE_TEXT));
    if (rows == NULL) {
        return NGX_ERROR;
    }

    text = (u_char *) &rows[n];

    for (i = 0; i < n; i++) {
        ngx_scim_store_row(op, &rows[i], text, res, row + i, col);
        text += NGX_SCIM_STORE_TEXT;
    }

    op->sr.rows = rows;
    op->sr.nrows = (ngx_uint_t) n;

    return NGX_OK;
}


static void
ngx_scim_store_row(ngx_scim_store_op_t *op, scim_stored_t *row, u_char *text,
    PGresult *res, int i, int col)
{
    scim_str_t  type;

    row->id.len = NGX_SCIM_STORE_UUID;
    row->id.data = text;
    ngx_scim_store_uuid_text(text, (u_char *) PQgetvalue(res, i, col));
    text += NGX_SCIM_STORE_UUID;

    row->version = ngx_scim_store_int8(res, i, col + 1);

    row->created.len = NGX_SCIM_STORE_TIME;
    row->created.data = text;
    ngx_scim_store_time(text, ngx_scim_store_int8(res, i, col + 2));
    text += NGX_SCIM_STORE_TIME;

    row->modified.len = NGX_SCIM_STORE_TIME;
    row->modified.data = text;
    ngx_scim_store_time(text, ngx_scim_store_int8(res, i, col + 3));

    /* jsonb is a byte that tells the version of the format, and text */

    row->doc.len = (size_t) PQgetlength(res, i, col + 4) - 1;
    row->doc.data = (u_char *) PQgetvalue(res, i, col + 4) + 1;

    row->members = ngx_scim_store_int8(res, i, col + 5);

    type.len = (size_t) PQgetlength(res, i, col + 6);
    type.data = (u_char *) PQgetvalue(res, i, col + 6);

    row->rtype = ngx_scim_store_type(op, &type);

    row->groups.len = (size_t) PQgetlength(res, i, col + 7);
    row->groups.data = (u_char *) PQgetvalue(res, i, col + 7);

    row->settled = !PQgetisnull(res, i, col + 8)
                   && *PQgetvalue(res, i, col + 8) != 0;
}


const scim_resource_type_t *
ngx_scim_store_type(ngx_scim_store_op_t *op, const scim_str_t *name)
{
    size_t                       i;
    const scim_registry_t       *registry;
    const scim_resource_type_t  *type;

    type = op->sr.type;

    if (type != NULL && scim_str_eq(&type->name, name)) {
        return type;
    }

    registry = op->sr.registry;

    for (i = 0; i < registry->ntypes; i++) {
        if (scim_str_eq(&registry->types[i].name, name)) {
            return &registry->types[i];
        }
    }

    return NULL;
}


int64_t
ngx_scim_store_int8(PGresult *res, int row, int col)
{
    int        i, len;
    u_char    *p;
    uint64_t   n;

    if (PQgetisnull(res, row, col)) {
        return 0;
    }

    p = (u_char *) PQgetvalue(res, row, col);
    n = 0;

    len = PQgetlength(res, row, col);

    for (i = 0; i < len; i++) {
        n = (n << 8) | p[i];
    }

    return (int64_t) n;
}


ngx_uint_t
ngx_scim_store_true(PGresult *res, int col)
{
    return !PQgetisnull(res, 0, col) && *PQgetvalue(res, 0, col) != 0;
}


/* RFC 3339, as xsd:dateTime has it (RFC 7643 section 2.3.5), in UTC */

static void
ngx_scim_store_time(u_char *text, int64_t usec)
{
    time_t    sec;
    ngx_tm_t  tm;

    usec += (int64_t) NGX_SCIM_STORE_EPOCH * 1000000;

    sec = (time_t) (usec / 1000000);

    ngx_gmtime(sec, &tm);

    text = ngx_scim_store_digits(text, tm.ngx_tm_year, 4, '-');
    text = ngx_scim_store_digits(text, tm.ngx_tm_mon, 2, '-');
    text = ngx_scim_store_digits(text, tm.ngx_tm_mday, 2, 'T');
    text = ngx_scim_store_digits(text, tm.ngx_tm_hour, 2, ':');
    text = ngx_scim_store_digits(text, tm.ngx_tm_min, 2, ':');
    text = ngx_scim_store_digits(text, tm.ngx_tm_sec, 2, '.');

    (void) ngx_scim_store_digits(text, usec / 1000 % 1000, 3, 'Z');
}


/* "len" digits of "n" and the character behind them */

static u_char *
ngx_scim_store_digits(u_char *p, ngx_uint_t n, ngx_uint_t len, u_char end)
{
    ngx_uint_t  i;

    for (i = len; i-- > 0; /* void */) {
        p[i] = (u_char) ('0' + n % 10);
        n /= 10;
    }

    p[len] = end;

    return p + len + 1;
}
