
/*
 * Reading of RFC 7643 section 7 JSON: the text, its strings, flags and words,
 * and the place of a fault.  Called by scim_registry_load.c for the parts of a
 * schema or resource type, by scim_registry.c for the whole.
 */


#include <stdio.h>

#include "scim_registry_load.h"


/* bytes of a place as it is told */
#define SCIM_LOAD_PLACE  128


static int scim_load_json(scim_arena_t *arena, const scim_str_t *text,
    scim_json_t **json, scim_error_t *err);
static int scim_load_malformed(const scim_str_t *text, size_t offset,
    scim_error_t *err);
static const scim_json_t *scim_load_get(const scim_json_t *json,
    const char *key);


int
scim_load_each(scim_arena_t *arena, const scim_str_t *text,
    scim_load_pt handler, void *data, scim_error_t *err)
{
    scim_load_t         l;
    scim_json_t        *json;
    const scim_json_t  *list, *e;

    memset(&l, 0, sizeof(scim_load_t));
    l.arena = arena;
    l.err = err;

    if (scim_load_json(arena, text, &json, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    list = json;

    if (json->type == SCIM_JSON_OBJECT) {
        list = scim_load_get(json, "Resources");

        if (list == NULL) {
            return handler(data, &l, json);
        }

        l.places[0].name = "Resources";
    }

    if (list->type != SCIM_JSON_ARRAY) {
        return scim_load_fault(&l, l.places[0].name,
                               "must be an object or a list of them");
    }

    l.nplaces = 1;

    for (e = list->first; e; e = e->next) {

        if (handler(data, &l, e) != SCIM_OK) {
            return SCIM_ERROR;
        }

        l.places[0].index++;
    }

    return SCIM_OK;
}


/* byte by byte, so that the place of a fault is known */

static int
scim_load_json(scim_arena_t *arena, const scim_str_t *text,
    scim_json_t **json, scim_error_t *err)
{
    int                  rc;
    size_t               i;
    scim_json_parser_t  *p;

    static const scim_json_limits_t  limits = { 16, 256, 4096, 262144, 8192 };

    p = scim_json_parser(arena, &limits);
    if (p == NULL) {
        return scim_error_nomem(err);
    }

    rc = SCIM_OK;

    for (i = 0; i < text->len && rc == SCIM_OK; i++) {
        rc = scim_json_feed(p, text->data + i, 1, err);
    }

    if (rc == SCIM_OK) {
        rc = scim_json_finish(p, json, err);
        i++;
    }

    scim_json_parser_free(p);

    if (rc != SCIM_OK) {
        return err->status == 503 ? SCIM_ERROR
                                  : scim_load_malformed(text, i - 1, err);
    }

    return SCIM_OK;
}


/* the parser speaks of a request's body */

static int
scim_load_malformed(const scim_str_t *text, size_t offset,
    scim_error_t *err)
{
    char    why[SCIM_ERROR_DETAIL], *p;
    size_t  i, line, column;

    line = 1;
    column = 1;

    for (i = 0; i < offset && i < text->len; i++) {
        column++;

        if (text->data[i] == '\n') {
            line++;
            column = 1;
        }
    }

    memcpy(why, err->detail, err->len);
    why[err->len] = '\0';

    p = strstr(why, "body");

    if (p) {
        memcpy(p, "text", sizeof("text") - 1);
    }

    /* said better by line and column */

    p = strstr(why, " near byte ");

    if (p) {
        *p = '\0';
    }

    return scim_error(err, 400, SCIM_TYPE_NONE, "line %z, column %z: %s", line,
                      column, why);
}


/* what would end a name in a path, a list, a filter or a URL is refused */

int
scim_load_urn(scim_load_t *l, const scim_json_t *json, const char *key,
    scim_str_t *urn)
{
    size_t         i;
    scim_str_t     prefix;
    unsigned char  c;

    if (scim_load_string(l, json, key, SCIM_LOAD_URN, 1, urn) != SCIM_OK) {
        return SCIM_ERROR;
    }

    prefix.len = sizeof("urn:") - 1;
    prefix.data = urn->data;

    if (urn->len <= prefix.len || !scim_str_is(&prefix, "urn:")
        || urn->data[urn->len - 1] == ':')
    {
        return scim_load_fault(l, key, "must be a URN");
    }

    for (i = 0; i < urn->len; i++) {
        c = urn->data[i];

        if (c <= ' ' || c >= 0x7f || strchr("\"'\\[](){}<>|^`,?#%&", c)) {
            return scim_load_fault(l, key,
                                   "has a character that no URN may have");
        }
    }

    return SCIM_OK;
}


int
scim_load_name(const scim_str_t *s)
{
    size_t         i;
    unsigned char  c, lower;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];
        lower = c | 0x20;

        if (lower >= 'a' && lower <= 'z') {
            continue;
        }

        if (i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '_')) {
            return 0;
        }
    }

    return s->len != 0;
}


int
scim_load_string(scim_load_t *l, const scim_json_t *json, const char *key,
    size_t max, int required, scim_str_t *value)
{
    const scim_json_t  *m;

    value->len = 0;
    value->data = NULL;

    m = scim_load_get(json, key);

    if (m == NULL) {
        return required ? scim_load_fault(l, key, "is required") : SCIM_OK;
    }

    if (m->type != SCIM_JSON_STRING) {
        return scim_load_fault(l, key, "must be a string");
    }

    if (m->str.len > max) {
        return scim_load_fault(l, key, "is too long");
    }

    if (required && m->str.len == 0) {
        return scim_load_fault(l, key, "must not be empty");
    }

    *value = m->str;

    return SCIM_OK;
}


int
scim_load_boolean(scim_load_t *l, const scim_json_t *json, const char *key,
    int *value)
{
    const scim_json_t  *m;

    m = scim_load_get(json, key);

    if (m == NULL) {
        return SCIM_OK;
    }

    if (m->type != SCIM_JSON_BOOLEAN) {
        return scim_load_fault(l, key, "must be true or false");
    }

    *value = m->boolean;

    return SCIM_OK;
}


int
scim_load_word(scim_load_t *l, const scim_json_t *json, const char *key,
    const char *const *words, const char *what, int *value)
{
    int                 i;
    const scim_json_t  *m;

    m = scim_load_get(json, key);

    if (m == NULL) {
        return SCIM_OK;
    }

    for (i = 0; m->type == SCIM_JSON_STRING && words[i]; i++) {
        if (scim_str_is(&m->str, words[i])) {
            *value = i;
            return SCIM_OK;
        }
    }

    return scim_load_fault(l, key, what);
}


int
scim_load_strings(scim_load_t *l, const scim_json_t *json, const char *key,
    const scim_str_t **values, size_t *n)
{
    size_t              i;
    scim_str_t         *strings;
    const scim_json_t  *array, *e;

    if (scim_load_array(l, json, key, &array) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (array == NULL || array->n == 0) {
        return SCIM_OK;
    }

    strings = scim_alloc(l->arena, array->n * sizeof(scim_str_t));
    if (strings == NULL) {
        return scim_error_nomem(l->err);
    }

    for (i = 0, e = array->first; e; i++, e = e->next) {

        if (e->type != SCIM_JSON_STRING) {
            return scim_load_fault(l, key, "must hold strings");
        }

        strings[i] = e->str;
    }

    *values = strings;
    *n = i;

    return SCIM_OK;
}


int
scim_load_array(scim_load_t *l, const scim_json_t *json, const char *key,
    const scim_json_t **array)
{
    *array = scim_load_get(json, key);

    if (*array == NULL) {
        return SCIM_OK;
    }

    if ((*array)->type != SCIM_JSON_ARRAY) {
        return scim_load_fault(l, key, "must be an array");
    }

    if ((*array)->n > SCIM_LOAD_MANY) {
        return scim_load_fault(l, key, "has more than 256 elements");
    }

    return SCIM_OK;
}


static const scim_json_t *
scim_load_get(const scim_json_t *json, const char *key)
{
    scim_str_t          name;
    const scim_json_t  *m;

    name.len = strlen(key);
    name.data = (unsigned char *) key;

    m = scim_json_get(json, &name);

    return m && m->type != SCIM_JSON_NULL ? m : NULL;
}


int
scim_load_fault(scim_load_t *l, const char *key, const char *what)
{
    int                       n;
    char                      place[SCIM_LOAD_PLACE];
    size_t                    i, len;
    const scim_load_place_t  *p;

    len = 0;
    place[0] = '\0';

    for (i = 0; i < l->nplaces; i++) {
        p = &l->places[i];

        n = snprintf(place + len, sizeof(place) - len, "%s%s[%zu]",
                     i ? "." : "", p->name ? p->name : "", p->index);

        if (n < 0 || (size_t) n >= sizeof(place) - len) {
            break;
        }

        len += (size_t) n;
    }

    if (key) {
        return scim_error(l->err, 400, SCIM_TYPE_NONE, "%s%s%s: %s", place,
                          len ? "." : "", key, what);
    }

    return scim_error(l->err, 400, SCIM_TYPE_NONE, "%s%s%s", place,
                      len ? ": " : "", what);
}
