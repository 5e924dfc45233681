
/*
 * Lists as wholes: what stands twice in them, which element is the primary
 * one, and the ids of members.  Called by scim_resource_value.c for
 * multi-valued attributes, by scim_resource.c and PATCH for members.
 */


#include "scim_resource_list.h"


static int scim_list_pairs(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *list, scim_pair_t *pairs, size_t *n);
static int scim_list_promote(scim_value_t *v, scim_json_t *list,
    scim_json_t *twin);
static int scim_list_is_primary(const scim_json_t *element);
static int scim_list_id(const scim_json_t *element, scim_str_t *id);
static int scim_pair_cmp(const scim_pair_t *a, const scim_pair_t *b);
static int scim_key_cmp(const scim_str_t *a, const scim_str_t *b);


static const scim_str_t  scim_value_name = scim_string("value");
static const scim_str_t  scim_type_name = scim_string("type");
static const scim_str_t  scim_primary_name = scim_string("primary");
static const scim_str_t  scim_ref_name = scim_string("$ref");


int
scim_list_distinct(scim_value_t *v, const scim_attr_t *attr,
    scim_json_t **list)
{
    size_t              i, n;
    scim_json_t        *e, *next, *distinct, *promoted;
    scim_pair_t        *pairs;
    const scim_attr_t  *value;

    value = scim_attr_sub(attr, &scim_value_name);

    if (value == NULL || value->multi || (*list)->n < 2) {
        return SCIM_OK;
    }

    pairs = scim_calloc(v->arena, (*list)->n * sizeof(scim_pair_t));
    distinct = scim_json_new(v->arena, SCIM_JSON_ARRAY);

    if (pairs == NULL || distinct == NULL) {
        return scim_error_nomem(v->err);
    }

    if (scim_list_pairs(v, attr, *list, pairs, &n) != SCIM_OK) {
        return SCIM_ERROR;
    }

    i = 0;
    promoted = NULL;

    for (e = (*list)->first; e; e = next) {
        next = e->next;

        if (i < n && pairs[i].element == e && pairs[i++].twin) {

            if (promoted == NULL && scim_list_is_primary(e)) {
                promoted = pairs[i - 1].twin->element;
            }

            continue;
        }

        scim_json_append(distinct, NULL, e);
    }

    *list = distinct;

    return promoted ? scim_list_promote(v, distinct, promoted) : SCIM_OK;
}


static int
scim_list_pairs(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *list, scim_pair_t *pairs, size_t *n)
{
    scim_json_t        *e, *value, *type;
    scim_pair_t        *pair;
    const scim_attr_t  *value_attr, *type_attr;

    value_attr = scim_attr_sub(attr, &scim_value_name);
    type_attr = scim_attr_sub(attr, &scim_type_name);

    *n = 0;

    for (e = list->first; e; e = e->next) {
        value = scim_json_get(e, &scim_value_name);
        type = scim_json_get(e, &scim_type_name);

        if (value == NULL) {
            continue;
        }

        pair = &pairs[(*n)++];
        pair->element = e;

        if (scim_value_key(v, value_attr, value, &pair->value) != SCIM_OK
            || (type_attr && type
                && scim_value_key(v, type_attr, type, &pair->type)
                   != SCIM_OK))
        {
            return SCIM_ERROR;
        }
    }

    if (scim_pairs_mark(v->arena, pairs, *n) != SCIM_OK) {
        return scim_error_nomem(v->err);
    }

    return SCIM_OK;
}


/* the primary element has gone, its twin stays */

static int
scim_list_promote(scim_value_t *v, scim_json_t *list, scim_json_t *twin)
{
    scim_json_t  *e, *primary;

    for (e = list->first; e; e = e->next) {
        if (scim_list_is_primary(e)) {
            return SCIM_OK;
        }
    }

    primary = scim_json_get(twin, &scim_primary_name);

    if (primary) {
        primary->boolean = 1;
        return SCIM_OK;
    }

    primary = scim_json_new_boolean(v->arena, 1);
    if (primary == NULL) {
        return scim_error_nomem(v->err);
    }

    scim_json_append(twin, &scim_primary_name, primary);

    return SCIM_OK;
}


int
scim_list_primary(scim_value_t *v, const scim_attr_t *attr,
    scim_json_t *list)
{
    int           seen;
    scim_json_t  *e;

    seen = 0;

    for (e = list->first; e; e = e->next) {

        if (!scim_list_is_primary(e)) {
            continue;
        }

        if (seen && v->policy->strict) {
            return scim_value_error(v, attr, SCIM_INVALID_VALUE,
                                    "has more than one primary value");
        }

        if (seen) {
            scim_json_get(e, &scim_primary_name)->boolean = 0;
        }

        seen = 1;
    }

    return SCIM_OK;
}


static int
scim_list_is_primary(const scim_json_t *element)
{
    const scim_json_t  *primary;

    primary = scim_json_get(element, &scim_primary_name);

    return primary && primary->type == SCIM_JSON_BOOLEAN && primary->boolean;
}


int
scim_list_ids(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *list, scim_str_t **ids, size_t *n)
{
    size_t              i, npairs;
    scim_str_t         *id;
    scim_json_t         value;
    scim_pair_t        *pairs;
    const scim_attr_t  *sub;
    const scim_json_t  *e;

    *n = 0;
    *ids = NULL;

    if (list == NULL || list->n == 0) {
        return SCIM_OK;
    }

    sub = scim_attr_sub(attr, &scim_value_name);
    id = scim_alloc(v->arena, list->n * sizeof(scim_str_t));
    pairs = scim_calloc(v->arena, list->n * sizeof(scim_pair_t));

    if (id == NULL || pairs == NULL) {
        return scim_error_nomem(v->err);
    }

    memset(&value, 0, sizeof(scim_json_t));
    value.type = SCIM_JSON_STRING;
    npairs = 0;

    for (e = list->first; e; e = e->next) {

        if (scim_list_id(e, &id[npairs]) != SCIM_OK) {
            continue;
        }

        value.str = id[npairs];

        if (scim_value_key(v, sub, &value, &pairs[npairs].value) != SCIM_OK) {
            return SCIM_ERROR;
        }

        npairs++;
    }

    if (scim_pairs_mark(v->arena, pairs, npairs) != SCIM_OK) {
        return scim_error_nomem(v->err);
    }

    for (i = 0; i < npairs; i++) {
        if (pairs[i].twin == NULL) {
            id[(*n)++] = id[i];
        }
    }

    *ids = id;

    return SCIM_OK;
}


static int
scim_list_id(const scim_json_t *element, scim_str_t *id)
{
    size_t              i;
    const scim_json_t  *m;

    m = scim_json_get(element, &scim_value_name);

    if (m) {
        *id = m->str;
        return SCIM_OK;
    }

    m = scim_json_get(element, &scim_ref_name);

    if (m == NULL) {
        return SCIM_DECLINED;
    }

    for (i = m->str.len; i && m->str.data[i - 1] != '/'; i--) { /* void */ }

    id->len = m->str.len - i;
    id->data = m->str.data + i;

    return id->len ? SCIM_OK : SCIM_DECLINED;
}


/*
 * A merge sort from the bottom up, stable, so that of equal pairs the first
 * one comes first.  No hash: a client could choose values that collide.
 */

int
scim_pairs_mark(scim_arena_t *arena, scim_pair_t *pairs, size_t n)
{
    size_t         i, l, r, mid, end, width;
    scim_pair_t  **from, **to, **swap;

    if (n < 2) {
        return SCIM_OK;
    }

    from = scim_alloc(arena, n * sizeof(scim_pair_t *));
    to = scim_alloc(arena, n * sizeof(scim_pair_t *));

    if (from == NULL || to == NULL) {
        return SCIM_ERROR;
    }

    for (i = 0; i < n; i++) {
        from[i] = &pairs[i];
    }

    for (width = 1; width < n; width *= 2) {

        for (i = 0; i < n; i = end) {
            mid = width < n - i ? i + width : n;
            end = width < n - mid ? mid + width : n;
            l = i;
            r = mid;

            while (l < mid || r < end) {
                if (r == end
                    || (l < mid && scim_pair_cmp(from[l], from[r]) <= 0))
                {
                    to[l + r - mid] = from[l];
                    l++;

                } else {
                    to[l + r - mid] = from[r];
                    r++;
                }
            }
        }

        swap = from;
        from = to;
        to = swap;
    }

    for (i = 1; i < n; i++) {
        if (scim_pair_cmp(from[i - 1], from[i]) == 0) {
            from[i]->twin = from[i - 1]->twin ? from[i - 1]->twin
                                              : from[i - 1];
        }
    }

    return SCIM_OK;
}


static int
scim_pair_cmp(const scim_pair_t *a, const scim_pair_t *b)
{
    int  rc;

    rc = scim_key_cmp(&a->value, &b->value);

    return rc ? rc : scim_key_cmp(&a->type, &b->type);
}


static int
scim_key_cmp(const scim_str_t *a, const scim_str_t *b)
{
    int     rc;
    size_t  len;

    len = a->len < b->len ? a->len : b->len;
    rc = len ? memcmp(a->data, b->data, len) : 0;

    if (rc) {
        return rc;
    }

    return a->len == b->len ? 0 : (a->len < b->len ? -1 : 1);
}
