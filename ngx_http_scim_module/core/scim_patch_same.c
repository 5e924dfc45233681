
/*
 * Which elements of a list are the same: what an operation adds and what is
 * there already, what it brings to be removed.  Called by scim_patch_list.c.
 *
 * Elements are the same by value and type (RFC 7643 section 2.4); those that
 * have no value by all that they have, "primary" excepted.
 */


#include "scim_patch_private.h"


static int scim_same_find(scim_patch_list_t *l, scim_json_t *first, size_t n,
    scim_json_t **same);
static int scim_same_merge(scim_patch_list_t *l, scim_json_t *e,
    const scim_json_t *in);
static int scim_same_key(scim_patch_list_t *l, const scim_json_t *e,
    scim_pair_t *pair);
static int scim_same_text(scim_patch_list_t *l, const scim_json_t *e,
    scim_pair_t *pair);


static const scim_str_t  scim_value_name = scim_string("value");
static const scim_str_t  scim_type_name = scim_string("type");
static const scim_str_t  scim_primary_name = scim_string("primary");

/* no string is this: it is no UTF-8 */
static const scim_str_t  scim_whole = scim_string("\xff");


int
scim_patch_append(scim_patch_list_t *l, scim_json_t *first, size_t n)
{
    size_t         i;
    scim_json_t   *e, *next, **same;

    same = scim_alloc(l->value->arena, n * sizeof(scim_json_t *));
    if (same == NULL) {
        return scim_error_nomem(l->value->err);
    }

    if (scim_same_find(l, first, n, same) != SCIM_OK) {
        return SCIM_ERROR;
    }

    e = first;

    for (i = 0; i < n; i++) {
        next = e->next;

        if (same[i] == NULL) {
            scim_json_append(l->list, NULL, e);
            scim_patch_note(l, e, e);

        } else if (e->type == SCIM_JSON_OBJECT) {

            if (scim_same_merge(l, same[i], e) != SCIM_OK) {
                return SCIM_ERROR;
            }

            scim_patch_note(l, same[i], e);
        }

        e = next;
    }

    return SCIM_OK;
}


/* for each new element the one before it that is the same, or NULL */

static int
scim_same_find(scim_patch_list_t *l, scim_json_t *first, size_t n,
    scim_json_t **same)
{
    size_t         i, total;
    scim_json_t   *e;
    scim_pair_t   *pairs;
    scim_arena_t  *arena;

    arena = l->value->arena;
    total = l->list->n + n;

    pairs = scim_alloc(arena, total * sizeof(scim_pair_t));
    if (pairs == NULL) {
        return scim_error_nomem(l->value->err);
    }

    e = l->list->n ? l->list->first : first;

    for (i = 0; i < total; i++) {

        if (scim_same_key(l, e, &pairs[i]) != SCIM_OK) {
            return SCIM_ERROR;
        }

        pairs[i].element = e;
        e = i + 1 == l->list->n ? first : e->next;
    }

    if (scim_pairs_mark(arena, pairs, total) != SCIM_OK) {
        return scim_error_nomem(l->value->err);
    }

    for (i = 0; i < n; i++) {
        e = NULL;

        if (pairs[total - n + i].twin) {
            e = pairs[total - n + i].twin->element;
        }

        same[i] = e;
    }

    return SCIM_OK;
}


/* value and type are equal, and stay spelled as they are */

static int
scim_same_merge(scim_patch_list_t *l, scim_json_t *e, const scim_json_t *in)
{
    const scim_attr_t  *sub;
    const scim_json_t  *m;

    for (m = in->first; m; m = m->next) {
        sub = scim_attr_sub(l->attr, &m->name);

        if (sub == NULL || scim_str_eq(&sub->name, &scim_value_name)
            || scim_str_eq(&sub->name, &scim_type_name))
        {
            continue;
        }

        if (scim_patch_set_sub(l->value, l->attr, e, sub, m) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


int
scim_patch_remove(scim_patch_list_t *l, const scim_json_t *in)
{
    size_t              i, n;
    scim_json_t        *e, *prev, *next;
    scim_pair_t         pair, *pairs;
    const scim_json_t  *given;

    if (in && in->type == SCIM_JSON_ARRAY && in->n == 0) {
        return SCIM_OK;
    }

    if (scim_patch_empty(in)) {
        l->list->first = NULL;
        l->list->last = NULL;
        l->list->n = 0;
        return SCIM_OK;
    }

    given = in->type == SCIM_JSON_ARRAY ? in->first : in;
    n = in->type == SCIM_JSON_ARRAY ? in->n : 1;

    if (n > l->value->policy->values) {
        return scim_value_too_much(l->value, l->attr, "has more than",
                                   l->value->policy->values, "values");
    }

    pairs = scim_alloc(l->value->arena, n * sizeof(scim_pair_t));
    if (pairs == NULL) {
        return scim_error_nomem(l->value->err);
    }

    for (i = 0; i < n; i++) {
        if (scim_same_key(l, given, &pairs[i]) != SCIM_OK) {
            return SCIM_ERROR;
        }

        given = given->next;
    }

    prev = NULL;

    for (e = l->list->first; e; e = next) {
        next = e->next;

        if (scim_same_key(l, e, &pair) != SCIM_OK) {
            return SCIM_ERROR;
        }

        for (i = 0; i < n; i++) {
            if (scim_str_eq(&pairs[i].value, &pair.value)
                && (scim_str_eq(&pairs[i].type, &pair.type)
                    || (pairs[i].type.len == 0
                        && !scim_str_eq(&pair.type, &scim_whole))))
            {
                break;
            }
        }

        if (i < n) {
            scim_patch_drop(l->list, prev, e);

        } else {
            prev = e;
        }
    }

    return SCIM_OK;
}


static int
scim_same_key(scim_patch_list_t *l, const scim_json_t *e,
    scim_pair_t *pair)
{
    const scim_attr_t  *value_attr, *type_attr;
    const scim_json_t  *value, *type;

    memset(pair, 0, sizeof(scim_pair_t));

    if (l->attr->type != SCIM_ATTR_COMPLEX) {
        return scim_value_key(l->value, l->attr, e, &pair->value);
    }

    value_attr = scim_attr_sub(l->attr, &scim_value_name);
    type_attr = scim_attr_sub(l->attr, &scim_type_name);

    value = scim_json_get(e, &scim_value_name);
    type = scim_json_get(e, &scim_type_name);

    if (e->type == SCIM_JSON_STRING) {
        value = e;
    }

    if (value_attr == NULL || scim_patch_empty(value)) {
        return scim_same_text(l, e, pair);
    }

    if (scim_value_key(l->value, value_attr, value, &pair->value) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (type_attr == NULL || scim_patch_empty(type)) {
        return SCIM_OK;
    }

    return scim_value_key(l->value, type_attr, type, &pair->type);
}


/* the whole of it but for "primary", in the order of the schema */

static int
scim_same_text(scim_patch_list_t *l, const scim_json_t *e,
    scim_pair_t *pair)
{
    size_t              i;
    scim_buf_t          b;
    const scim_json_t  *m;

    scim_buf_init(&b, l->value->arena, 64);

    for (i = 0; i < l->attr->nsubs; i++) {
        m = scim_json_get(e, &l->attr->subs[i].name);

        if (m == NULL || scim_str_eq(&l->attr->subs[i].name,
                                     &scim_primary_name))
        {
            continue;
        }

        scim_json_write_string(&b, &l->attr->subs[i].name);
        scim_json_write(&b, m);
    }

    if (b.failed) {
        return scim_error_nomem(l->value->err);
    }

    pair->value.data = b.data;
    pair->value.len = b.len;
    pair->type = scim_whole;

    return SCIM_OK;
}
