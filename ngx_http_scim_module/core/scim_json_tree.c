
/*
 * The tree of JSON values: making, searching, comparing.  The parser builds
 * trees with it, and so does everything in core/ that answers in JSON.
 */


#include "scim_json.h"


static int scim_json_equal_members(const scim_json_t *a,
    const scim_json_t *b);


scim_json_t *
scim_json_new(scim_arena_t *arena, scim_json_e type)
{
    scim_json_t  *json;

    json = scim_calloc(arena, sizeof(scim_json_t));

    if (json) {
        json->type = type;
    }

    return json;
}


scim_json_t *
scim_json_new_string(scim_arena_t *arena, const scim_str_t *s)
{
    scim_json_t  *json;

    json = scim_json_new(arena, SCIM_JSON_STRING);

    if (json) {
        json->str = *s;
    }

    return json;
}


scim_json_t *
scim_json_new_boolean(scim_arena_t *arena, int value)
{
    scim_json_t  *json;

    json = scim_json_new(arena, SCIM_JSON_BOOLEAN);

    if (json) {
        json->boolean = (value != 0);
    }

    return json;
}


void
scim_json_append(scim_json_t *parent, const scim_str_t *name,
    scim_json_t *value)
{
    if (name) {
        value->name = *name;

    } else {
        value->name.len = 0;
        value->name.data = NULL;
    }

    value->next = NULL;

    if (parent->last) {
        parent->last->next = value;

    } else {
        parent->first = value;
    }

    parent->last = value;
    parent->n++;
}


scim_json_t *
scim_json_get(const scim_json_t *object, const scim_str_t *name)
{
    scim_json_t  *v;

    if (object->type != SCIM_JSON_OBJECT) {
        return NULL;
    }

    for (v = object->first; v; v = v->next) {
        if (scim_str_caseeq(&v->name, name)) {
            return v;
        }
    }

    return NULL;
}


int
scim_json_equal(const scim_json_t *a, const scim_json_t *b)
{
    const scim_json_t  *v, *w;

    if (a->type != b->type || a->n != b->n) {
        return 0;
    }

    switch (a->type) {

    case SCIM_JSON_NULL:
        return 1;

    case SCIM_JSON_BOOLEAN:
        return a->boolean == b->boolean;

    case SCIM_JSON_NUMBER:
    case SCIM_JSON_STRING:
        return scim_str_eq(&a->str, &b->str);

    case SCIM_JSON_ARRAY:
        for (v = a->first, w = b->first; v && w; v = v->next, w = w->next) {
            if (!scim_json_equal(v, w)) {
                return 0;
            }
        }

        return 1;

    default: /* SCIM_JSON_OBJECT */
        return scim_json_equal_members(a, b);
    }
}


static int
scim_json_equal_members(const scim_json_t *a, const scim_json_t *b)
{
    const scim_json_t  *v, *w, *guess;

    /* mostly the members stand in the same order */

    guess = b->first;

    for (v = a->first; v; v = v->next) {

        if (guess && scim_str_caseeq(&guess->name, &v->name)) {
            w = guess;

        } else {
            w = scim_json_get(b, &v->name);
        }

        if (w == NULL || !scim_json_equal(v, w)) {
            return 0;
        }

        guess = w->next;
    }

    return 1;
}
