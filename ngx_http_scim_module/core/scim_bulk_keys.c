
/*
 * Operations in the order of their bulkIds or of their resources' ids.  Called
 * by scim_bulk.c, scim_bulk_refs.c and scim_bulk_plan.c.
 */


#include "scim_bulk_plan.h"


static void scim_bulk_merge(const scim_bulk_key_t *a, size_t na,
    const scim_bulk_key_t *b, size_t nb, scim_bulk_key_t *out);
static int scim_bulk_compare(const scim_str_t *a, const scim_str_t *b);


int
scim_bulk_keys(scim_arena_t *arena, const scim_bulk_t *bulk,
    scim_bulk_key_t **keys, size_t *n, scim_error_t *err)
{
    size_t                 i;
    const scim_bulk_op_t  *op;

    *n = 0;
    *keys = scim_alloc(arena, bulk->n * sizeof(scim_bulk_key_t));

    if (*keys == NULL) {
        return scim_error_nomem(err);
    }

    for (i = 0; i < bulk->n; i++) {
        op = &bulk->ops[i];

        if (op->method == SCIM_BULK_POST) {
            (*keys)[*n].name = op->bulk_id;
            (*keys)[*n].index = i;
            (*n)++;
        }
    }

    return scim_bulk_sort(arena, *keys, *n, err);
}


int
scim_bulk_sort(scim_arena_t *arena, scim_bulk_key_t *keys, size_t n,
    scim_error_t *err)
{
    size_t            i, width, na, nb;
    scim_bulk_key_t  *from, *to, *other, *swap;

    other = scim_alloc(arena, n * sizeof(scim_bulk_key_t));
    if (other == NULL) {
        return scim_error_nomem(err);
    }

    from = keys;
    to = other;

    for (width = 1; width < n; width *= 2) {

        for (i = 0; i < n; i += na + nb) {
            na = n - i < width ? n - i : width;
            nb = n - i - na < width ? n - i - na : width;

            scim_bulk_merge(from + i, na, from + i + na, nb, to + i);
        }

        swap = from;
        from = to;
        to = swap;
    }

    if (from != keys) {
        memcpy(keys, from, n * sizeof(scim_bulk_key_t));
    }

    return SCIM_OK;
}


static void
scim_bulk_merge(const scim_bulk_key_t *a, size_t na, const scim_bulk_key_t *b,
    size_t nb, scim_bulk_key_t *out)
{
    while (na || nb) {

        if (nb == 0 || (na && scim_bulk_compare(&a->name, &b->name) <= 0)) {
            *out++ = *a++;
            na--;

        } else {
            *out++ = *b++;
            nb--;
        }
    }
}


int
scim_bulk_find(const scim_bulk_key_t *keys, size_t n, const scim_str_t *name,
    size_t *index)
{
    int     rc;
    size_t  low, high, middle;

    low = 0;
    high = n;

    while (low < high) {
        middle = low + (high - low) / 2;
        rc = scim_bulk_compare(name, &keys[middle].name);

        if (rc == 0) {
            *index = keys[middle].index;
            return SCIM_OK;
        }

        if (rc < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return SCIM_DECLINED;
}


static int
scim_bulk_compare(const scim_str_t *a, const scim_str_t *b)
{
    int     rc;
    size_t  len;

    len = a->len < b->len ? a->len : b->len;
    rc = len ? memcmp(a->data, b->data, len) : 0;

    if (rc) {
        return rc;
    }

    return a->len < b->len ? -1 : a->len > b->len;
}
