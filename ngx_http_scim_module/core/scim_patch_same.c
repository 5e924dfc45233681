
/*
 * Which elements of a list are the same: what an operation adds and what is
 * there already, what it brings to be removed.  Called by scim_patch_list.c;
 * scim_patch_members.c sorts with it too.
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
    scim_patch_entry_t *entry);
static int scim_same_text(scim_patch_list_t *l, const scim_json_t *e,
    scim_patch_entry_t *entry);
static int scim_same_cmp(const scim_patch_entry_t *a,
    const scim_patch_entry_t *b);
static int scim_same_str_cmp(const scim_str_t *a, const scim_str_t *b);


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

    same = scim_calloc(l->value->arena, n * sizeof(scim_json_t *));
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
    size_t               i, total, head;
    scim_json_t         *e, **elements;
    scim_arena_t        *arena;
    scim_patch_entry_t  *entries;

    arena = l->value->arena;
    total = l->list->n + n;

    entries = scim_alloc(arena, total * sizeof(scim_patch_entry_t));
    elements = scim_alloc(arena, total * sizeof(scim_json_t *));

    if (entries == NULL || elements == NULL) {
        return scim_error_nomem(l->value->err);
    }

    e = l->list->n ? l->list->first : first;

    for (i = 0; i < total; i++) {

        if (scim_same_key(l, e, &entries[i]) != SCIM_OK) {
            return SCIM_ERROR;
        }

        entries[i].n = i;
        elements[i] = e;
        e = i + 1 == l->list->n ? first : e->next;
    }

    if (scim_patch_sort(arena, entries, total) != SCIM_OK) {
        return scim_error_nomem(l->value->err);
    }

    head = 0;

    for (i = 1; i < total; i++) {

        if (!scim_str_eq(&entries[i].key, &entries[head].key)
            || !scim_str_eq(&entries[i].type, &entries[head].type))
        {
            head = i;
            continue;
        }

        if (entries[i].n >= total - n) {
            same[entries[i].n - (total - n)] = elements[entries[head].n];
        }
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
    size_t               i, n;
    scim_json_t         *e, *prev, *next;
    const scim_json_t   *given;
    scim_patch_entry_t   entry, *entries;

    if (in == NULL || in->type == SCIM_JSON_NULL) {
        memset(l->list, 0, sizeof(scim_json_t));
        l->list->type = SCIM_JSON_ARRAY;
        return SCIM_OK;
    }

    given = in->type == SCIM_JSON_ARRAY ? in->first : in;
    n = in->type == SCIM_JSON_ARRAY ? in->n : 1;

    if (n > l->value->policy->values) {
        return scim_error(l->value->err, 400, SCIM_INVALID_VALUE,
                          "attribute \"%S\" has more than %z values",
                          &l->attr->name, l->value->policy->values);
    }

    entries = scim_alloc(l->value->arena, n * sizeof(scim_patch_entry_t));
    if (entries == NULL) {
        return scim_error_nomem(l->value->err);
    }

    for (i = 0; i < n; i++) {
        if (scim_same_key(l, given, &entries[i]) != SCIM_OK) {
            return SCIM_ERROR;
        }

        given = given->next;
    }

    prev = NULL;

    for (e = l->list->first; e; e = next) {
        next = e->next;

        if (scim_same_key(l, e, &entry) != SCIM_OK) {
            return SCIM_ERROR;
        }

        for (i = 0; i < n; i++) {
            if (scim_str_eq(&entries[i].key, &entry.key)
                && (scim_str_eq(&entries[i].type, &entry.type)
                    || (entries[i].type.len == 0
                        && !scim_str_eq(&entry.type, &scim_whole))))
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
    scim_patch_entry_t *entry)
{
    const scim_attr_t  *value_attr, *type_attr;
    const scim_json_t  *value, *type;

    memset(entry, 0, sizeof(scim_patch_entry_t));

    if (l->attr->type != SCIM_ATTR_COMPLEX) {
        return scim_value_key(l->value, l->attr, e, &entry->key);
    }

    value_attr = scim_attr_sub(l->attr, &scim_value_name);
    type_attr = scim_attr_sub(l->attr, &scim_type_name);

    value = scim_json_get(e, &scim_value_name);
    type = scim_json_get(e, &scim_type_name);

    if (e->type == SCIM_JSON_STRING) {
        value = e;
    }

    if (value_attr == NULL || scim_patch_empty(value)) {
        return scim_same_text(l, e, entry);
    }

    if (scim_value_key(l->value, value_attr, value, &entry->key) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (type_attr == NULL || scim_patch_empty(type)) {
        return SCIM_OK;
    }

    return scim_value_key(l->value, type_attr, type, &entry->type);
}


/* the whole of it but for "primary", in the order of the schema */

static int
scim_same_text(scim_patch_list_t *l, const scim_json_t *e,
    scim_patch_entry_t *entry)
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

    entry->key.data = b.data;
    entry->key.len = b.len;
    entry->type = scim_whole;

    return SCIM_OK;
}


/*
 * A merge sort from the bottom up.  No hash: a client could choose values that
 * collide.
 */

int
scim_patch_sort(scim_arena_t *arena, scim_patch_entry_t *entries, size_t n)
{
    size_t               i, l, r, mid, end, width;
    scim_patch_entry_t  *from, *to, *swap;

    if (n < 2) {
        return SCIM_OK;
    }

    from = entries;

    to = scim_alloc(arena, n * sizeof(scim_patch_entry_t));
    if (to == NULL) {
        return SCIM_ERROR;
    }

    for (width = 1; width < n; width *= 2) {

        for (i = 0; i < n; i = end) {
            mid = width < n - i ? i + width : n;
            end = width < n - mid ? mid + width : n;
            l = i;
            r = mid;

            while (l < mid || r < end) {
                if (r == end
                    || (l < mid && scim_same_cmp(&from[l], &from[r]) <= 0))
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

    if (from != entries) {
        memcpy(entries, from, n * sizeof(scim_patch_entry_t));
    }

    return SCIM_OK;
}


static int
scim_same_cmp(const scim_patch_entry_t *a, const scim_patch_entry_t *b)
{
    int  rc;

    rc = scim_same_str_cmp(&a->key, &b->key);

    if (rc == 0) {
        rc = scim_same_str_cmp(&a->type, &b->type);
    }

    if (rc) {
        return rc;
    }

    return a->n == b->n ? 0 : (a->n < b->n ? -1 : 1);
}


static int
scim_same_str_cmp(const scim_str_t *a, const scim_str_t *b)
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
