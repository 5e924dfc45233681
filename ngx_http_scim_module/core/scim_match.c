
/*
 * Filters of value paths, decided element by element.  Called by
 * scim_patch_list.c.  What is absent, an empty string too, equals null and
 * nothing else; "ne" is the opposite of "eq"; a sub-attribute with several
 * values matches when one of them does.
 */


#include "scim_fold.h"
#include "scim_match.h"
#include "scim_match_value.h"


static int scim_match_compare(scim_arena_t *arena,
    const scim_filter_t *filter, const scim_json_t *element,
    scim_error_t *err);
static const scim_json_t *scim_match_get(const scim_filter_t *filter,
    const scim_json_t *element);
static int scim_match_one(scim_arena_t *arena, const scim_filter_t *filter,
    const scim_json_t *value, scim_error_t *err);
static int scim_match_present(const scim_json_t *value);
static int scim_match_absent(const scim_filter_t *filter, scim_filter_e op);
static int scim_match_value(scim_arena_t *arena, const scim_filter_t *filter,
    scim_filter_e op, const scim_json_t *value, scim_error_t *err);
static int scim_match_string(scim_arena_t *arena, const scim_filter_t *filter,
    scim_filter_e op, const scim_json_t *value, scim_error_t *err);
static int scim_match_text(scim_filter_e op, const scim_str_t *a,
    const scim_str_t *b);
static int scim_match_order(scim_filter_e op, int cmp);
static int scim_match_ascii(const scim_str_t *s);


/* "left" is walked by recursion, "right" in a loop: see scim_filter.h */

int
scim_match(scim_arena_t *arena, const scim_filter_t *filter,
    const scim_json_t *element, scim_error_t *err)
{
    int  rc;

    for ( ;; ) {

        switch (filter->op) {

        case SCIM_FILTER_AND:
        case SCIM_FILTER_OR:
            rc = scim_match(arena, filter->left, element, err);

            if (rc == SCIM_ERROR
                || rc == (filter->op == SCIM_FILTER_OR))
            {
                return rc;
            }

            filter = filter->right;
            continue;

        case SCIM_FILTER_NOT:
            rc = scim_match(arena, filter->left, element, err);

            return rc == SCIM_ERROR ? SCIM_ERROR : !rc;

        case SCIM_FILTER_VALUE:
            return 0;

        case SCIM_FILTER_ABSENT:
            return scim_match_absent(filter, filter->was);

        default:
            return scim_match_compare(arena, filter, element, err);
        }
    }
}


static int
scim_match_compare(scim_arena_t *arena, const scim_filter_t *filter,
    const scim_json_t *element, scim_error_t *err)
{
    int                 rc;
    const scim_json_t  *value, *v;

    value = scim_match_get(filter, element);

    if (filter->op == SCIM_FILTER_PR) {
        return scim_match_present(value);
    }

    if (!scim_match_present(value)) {
        return scim_match_absent(filter, filter->op);
    }

    if (filter->value->type == SCIM_JSON_NULL) {
        return filter->op == SCIM_FILTER_NE;
    }

    if (value->type != SCIM_JSON_ARRAY) {
        return scim_match_one(arena, filter, value, err);
    }

    rc = 0;

    for (v = value->first; v && rc == 0; v = v->next) {
        rc = scim_match_one(arena, filter, v, err);
    }

    return rc;
}


static int
scim_match_one(scim_arena_t *arena, const scim_filter_t *filter,
    const scim_json_t *value, scim_error_t *err)
{
    int  rc;

    if (filter->op != SCIM_FILTER_NE) {
        return scim_match_value(arena, filter, filter->op, value, err);
    }

    rc = scim_match_value(arena, filter, SCIM_FILTER_EQ, value, err);

    return rc == SCIM_ERROR ? SCIM_ERROR : !rc;
}


static const scim_json_t *
scim_match_get(const scim_filter_t *filter, const scim_json_t *element)
{
    if (element->type != SCIM_JSON_OBJECT) {
        return element;
    }

    return scim_json_get(element, &scim_path_target(&filter->path)->name);
}


static int
scim_match_present(const scim_json_t *value)
{
    if (value == NULL) {
        return 0;
    }

    switch (value->type) {

    case SCIM_JSON_NULL:
        return 0;

    case SCIM_JSON_STRING:
        return value->str.len != 0;

    case SCIM_JSON_ARRAY:
    case SCIM_JSON_OBJECT:
        return value->n != 0;

    default:
        return 1;
    }
}


static int
scim_match_absent(const scim_filter_t *filter, scim_filter_e op)
{
    int  null;

    null = filter->value && filter->value->type == SCIM_JSON_NULL;

    return (op == SCIM_FILTER_EQ && null) || (op == SCIM_FILTER_NE && !null);
}


static int
scim_match_value(scim_arena_t *arena, const scim_filter_t *filter,
    scim_filter_e op, const scim_json_t *value, scim_error_t *err)
{
    int                 cmp;
    const scim_json_t  *literal;

    literal = filter->value;

    if (value->type != literal->type) {
        return 0;
    }

    switch (value->type) {

    case SCIM_JSON_BOOLEAN:
        return op == SCIM_FILTER_EQ && value->boolean == literal->boolean;

    case SCIM_JSON_NUMBER:

        if (scim_match_numbers(&value->str, &literal->str, &cmp) != SCIM_OK) {
            return op == SCIM_FILTER_EQ
                   && scim_str_eq(&value->str, &literal->str);
        }

        return scim_match_order(op, cmp);

    case SCIM_JSON_STRING:

        if (scim_path_target(&filter->path)->type == SCIM_ATTR_DATETIME
            && scim_match_dates(&value->str, &literal->str, &cmp) == SCIM_OK)
        {
            return scim_match_order(op, cmp);
        }

        return scim_match_string(arena, filter, op, value, err);

    default:
        return 0;
    }
}


static int
scim_match_string(scim_arena_t *arena, const scim_filter_t *filter,
    scim_filter_e op, const scim_json_t *value, scim_error_t *err)
{
    int           rc;
    scim_str_t    a, b;
    scim_arena_t  mark;

    a = value->str;
    b = filter->value->str;

    if (scim_path_target(&filter->path)->case_exact) {
        return scim_match_text(op, &a, &b);
    }

    /* most are ASCII and compared for equality: no memory is needed then */

    if (op == SCIM_FILTER_EQ && scim_match_ascii(&a) && scim_match_ascii(&b)) {
        return scim_str_caseeq(&a, &b);
    }

    mark = *arena;

    if (scim_fold(arena, &a, &a) != SCIM_OK
        || scim_fold(arena, &b, &b) != SCIM_OK)
    {
        return scim_error_nomem(err);
    }

    rc = scim_match_text(op, &a, &b);

    /* nobody keeps the keys: a long list must not eat memory */

    if (mark.end == arena->end) {
        arena->last = mark.last;
    }

    return rc;
}


static int
scim_match_text(scim_filter_e op, const scim_str_t *a, const scim_str_t *b)
{
    int     cmp;
    size_t  i, len;

    switch (op) {

    case SCIM_FILTER_CO:

        for (i = 0; a->len >= b->len && i <= a->len - b->len; i++) {
            if (b->len == 0 || memcmp(a->data + i, b->data, b->len) == 0) {
                return 1;
            }
        }

        return 0;

    case SCIM_FILTER_SW:
        return a->len >= b->len
               && (b->len == 0 || memcmp(a->data, b->data, b->len) == 0);

    case SCIM_FILTER_EW:
        return a->len >= b->len
               && (b->len == 0
                   || memcmp(a->data + a->len - b->len, b->data, b->len)
                      == 0);

    default:
        len = a->len < b->len ? a->len : b->len;
        cmp = len ? memcmp(a->data, b->data, len) : 0;

        if (cmp == 0 && a->len != b->len) {
            cmp = a->len < b->len ? -1 : 1;
        }

        return scim_match_order(op, cmp);
    }
}


static int
scim_match_order(scim_filter_e op, int cmp)
{
    switch (op) {

    case SCIM_FILTER_EQ:
        return cmp == 0;

    case SCIM_FILTER_GT:
        return cmp > 0;

    case SCIM_FILTER_GE:
        return cmp >= 0;

    case SCIM_FILTER_LT:
        return cmp < 0;

    case SCIM_FILTER_LE:
        return cmp <= 0;

    default:
        return 0;
    }
}


static int
scim_match_ascii(const scim_str_t *s)
{
    size_t         i;
    unsigned char  any;

    any = 0;

    for (i = 0; i < s->len; i++) {
        any |= s->data[i];
    }

    return (any & 0x80) == 0;
}
