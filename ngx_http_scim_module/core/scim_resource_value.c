
/*
 * Values of attributes: structure and absence.  The simple types' syntax is
 * checked in scim_resource_type.c, lists as wholes in scim_resource_list.c.
 * Complex values do not nest (RFC 7643 section 2.3.8), so that the calls
 * between the functions here go no deeper than attribute, element,
 * sub-attribute.
 */


#include "scim_fold.h"
#include "scim_resource_list.h"
#include "scim_resource_type.h"


#define SCIM_VALUE_MAX  8192


static int scim_value_multi(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t **out);
static int scim_value_element(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t **out);
static int scim_value_single(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t **out);
static int scim_value_complex(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t **out);
static int scim_value_subs(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t *object);
static const scim_json_t *scim_value_member(scim_value_t *v,
    const scim_json_t *in, const scim_attr_t *sub);
static int scim_value_unknown(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in);
static scim_json_t *scim_value_wrap(scim_value_t *v, const scim_json_t *in);
static int scim_value_simple(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t **out);
static int scim_value_length(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in);
static int scim_value_says(const scim_attr_t *attr, const scim_json_t *object);
static void scim_value_where(scim_value_t *v, const scim_str_t **schema,
    const scim_str_t **parent);


static const scim_str_t  scim_value_name = scim_string("value");
static const scim_str_t  scim_type_name = scim_string("type");
static const scim_str_t  scim_primary_name = scim_string("primary");

/* OneLogin's templates name the manager's id so */
static const scim_str_t  scim_manager_id = scim_string("managerId");

static const scim_str_t  scim_empty = scim_null_str;


int
scim_value_accept(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t **out)
{
    *out = NULL;

    /* null and an empty array mean "no value" (RFC 7643 section 2.5) */

    if (in->type == SCIM_JSON_NULL
        || (in->type == SCIM_JSON_ARRAY && in->n == 0))
    {
        return SCIM_OK;
    }

    if (attr->multi) {
        return scim_value_multi(v, attr, in, out);
    }

    return scim_value_single(v, attr, in, out);
}


int
scim_value_required(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *out)
{
    size_t  i;

    if (!attr->required) {
        return SCIM_OK;
    }

    if (out == NULL) {
        return scim_value_error(v, attr, SCIM_INVALID_VALUE, "is required");
    }

    if (out->type != SCIM_JSON_STRING) {
        return SCIM_OK;
    }

    for (i = 0; i < out->str.len; i++) {
        if (out->str.data[i] > ' ') {
            return SCIM_OK;
        }
    }

    return scim_value_error(v, attr, SCIM_INVALID_VALUE, "must not be blank");
}


static int
scim_value_multi(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t **out)
{
    size_t              max;
    scim_json_t        *list, *value;
    const scim_json_t  *e;

    list = scim_json_new(v->arena, SCIM_JSON_ARRAY);
    if (list == NULL) {
        return scim_error_nomem(v->err);
    }

    if (in->type == SCIM_JSON_ARRAY) {
        max = attr->source == SCIM_SOURCE_MEMBERS ? v->policy->members
                                                  : v->policy->values;

        if (in->n > max) {
            return scim_value_too_much(v, attr, "has more than", max,
                                       "values");
        }

        e = in->first;

    } else if (v->policy->strict) {
        return scim_value_error(v, attr, SCIM_INVALID_VALUE,
                                "must be an array");

    } else {
        e = in;
    }

    while (e) {

        if (scim_value_element(v, attr, e, &value) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (value) {
            scim_json_append(list, NULL, value);
        }

        e = e == in ? NULL : e->next;
    }

    if (attr->type == SCIM_ATTR_COMPLEX
        && attr->source == SCIM_SOURCE_DOC
        && (scim_list_distinct(v, attr, &list) != SCIM_OK
            || scim_list_primary(v, attr, list) != SCIM_OK))
    {
        return SCIM_ERROR;
    }

    if (list->n) {
        *out = list;
    }

    return SCIM_OK;
}


static int
scim_value_element(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t **out)
{
    *out = NULL;

    if (in->type == SCIM_JSON_NULL
        || (in->type == SCIM_JSON_STRING && in->str.len == 0))
    {
        return SCIM_OK;
    }

    if (scim_value_single(v, attr, in, out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (*out && attr->type == SCIM_ATTR_COMPLEX
        && !scim_value_says(attr, *out))
    {
        *out = NULL;
    }

    return SCIM_OK;
}


/*
 * In lists of the RFC's common form (section 2.4), an element that says no
 * more than what kind it would be is none.
 */

static int
scim_value_says(const scim_attr_t *attr, const scim_json_t *object)
{
    const scim_json_t  *m;

    if (scim_attr_sub(attr, &scim_value_name) == NULL
        && scim_attr_sub(attr, &scim_primary_name) == NULL)
    {
        return 1;
    }

    for (m = object->first; m; m = m->next) {
        if (!scim_str_eq(&m->name, &scim_type_name)
            && !scim_str_eq(&m->name, &scim_primary_name))
        {
            return 1;
        }
    }

    return 0;
}


static int
scim_value_single(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t **out)
{
    if (attr->type == SCIM_ATTR_COMPLEX) {
        return scim_value_complex(v, attr, in, out);
    }

    return scim_value_simple(v, attr, in, out);
}


static int
scim_value_complex(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t **out)
{
    int                 rc;
    scim_json_t        *object, *wrapped;
    const scim_attr_t  *parent;

    if (in->type == SCIM_JSON_STRING && !v->policy->strict) {

        if (in->str.len == 0) {
            return SCIM_OK;
        }

        if (scim_attr_sub(attr, &scim_value_name)) {
            wrapped = scim_value_wrap(v, in);
            if (wrapped == NULL) {
                return scim_error_nomem(v->err);
            }

            in = wrapped;
        }
    }

    if (in->type != SCIM_JSON_OBJECT) {
        return scim_value_error(v, attr, SCIM_INVALID_VALUE,
                                "must be an object");
    }

    if (scim_value_unknown(v, attr, in) != SCIM_OK) {
        return SCIM_ERROR;
    }

    object = scim_json_new(v->arena, SCIM_JSON_OBJECT);
    if (object == NULL) {
        return scim_error_nomem(v->err);
    }

    parent = v->parent;
    v->parent = attr;

    rc = scim_value_subs(v, attr, in, object);

    v->parent = parent;

    *out = object->n ? object : NULL;

    return rc;
}


static int
scim_value_subs(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t *object)
{
    size_t              i;
    scim_json_t        *value;
    const scim_attr_t  *sub;
    const scim_json_t  *m;

    for (i = 0; i < attr->nsubs; i++) {
        sub = &attr->subs[i];

        if (sub->mutability == SCIM_READ_ONLY) {
            continue;
        }

        value = NULL;
        m = scim_value_member(v, in, sub);

        if (m && scim_value_accept(v, sub, m, &value) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (scim_value_required(v, sub, value) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (value && scim_attr_stored(sub)) {
            scim_json_append(object, &sub->name, value);
        }
    }

    return SCIM_OK;
}


static const scim_json_t *
scim_value_member(scim_value_t *v, const scim_json_t *in,
    const scim_attr_t *sub)
{
    const scim_json_t  *m;

    m = scim_json_get(in, &sub->name);

    if (m == NULL && !v->policy->strict
        && scim_str_eq(&sub->name, &scim_value_name))
    {
        m = scim_json_get(in, &scim_manager_id);
    }

    return m;
}


static int
scim_value_unknown(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in)
{
    const scim_json_t  *m;

    if (v->policy->unknown != SCIM_UNKNOWN_REJECT) {
        return SCIM_OK;
    }

    for (m = in->first; m; m = m->next) {

        if (scim_attr_sub(attr, &m->name)
            || (!v->policy->strict
                && scim_str_caseeq(&m->name, &scim_manager_id)
                && scim_attr_sub(attr, &scim_value_name)))
        {
            continue;
        }

        v->parent = attr;

        return scim_value_foreign(v, &m->name, SCIM_INVALID_SYNTAX);
    }

    return SCIM_OK;
}


/* "x" for {"value": "x"}: managers and elements of lists are sent so */

static scim_json_t *
scim_value_wrap(scim_value_t *v, const scim_json_t *in)
{
    scim_json_t  *object, *value;

    object = scim_json_new(v->arena, SCIM_JSON_OBJECT);
    value = scim_json_new_string(v->arena, &in->str);

    if (object == NULL || value == NULL) {
        return NULL;
    }

    scim_json_append(object, &scim_value_name, value);

    return object;
}


static int
scim_value_simple(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t **out)
{
    int          boolean;
    const char  *why;

    boolean = in->boolean;

    if (in->type == SCIM_JSON_STRING
        && in->str.len == 0
        && attr->type != SCIM_ATTR_BOOLEAN
        && (!v->policy->strict
            || (v->parent && scim_str_eq(&attr->name, &scim_value_name))))
    {
        return SCIM_OK;
    }

    why = scim_type_check(attr, in, v->policy->strict, &boolean);

    if (why) {
        return scim_value_error(v, attr, SCIM_INVALID_VALUE, why);
    }

    if (scim_value_length(v, attr, in) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (attr->type == SCIM_ATTR_BOOLEAN) {
        *out = scim_json_new_boolean(v->arena, boolean);

    } else {
        *out = scim_value_copy(v->arena, in);
    }

    return *out ? SCIM_OK : scim_error_nomem(v->err);
}


static int
scim_value_length(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in)
{
    size_t  max;

    max = attr->max ? attr->max : SCIM_VALUE_MAX;

    if (in->type != SCIM_JSON_STRING || in->str.len <= max) {
        return SCIM_OK;
    }

    return scim_value_too_much(v, attr, "is longer than", max, "bytes");
}


int
scim_value_key(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *value, scim_str_t *key)
{
    static const scim_str_t  yes = scim_string("true");
    static const scim_str_t  no = scim_string("false");

    if (value->type == SCIM_JSON_BOOLEAN) {
        *key = value->boolean ? yes : no;
        return SCIM_OK;
    }

    if (value->type != SCIM_JSON_STRING || attr->case_exact) {
        *key = value->str;
        return SCIM_OK;
    }

    if (scim_fold(v->arena, &value->str, key) != SCIM_OK) {
        return scim_error_nomem(v->err);
    }

    return SCIM_OK;
}


scim_json_t *
scim_value_copy(scim_arena_t *arena, const scim_json_t *json)
{
    scim_json_t  *copy;

    copy = scim_json_new(arena, json->type);

    if (copy) {
        *copy = *json;
        copy->next = NULL;
    }

    return copy;
}


int
scim_value_error(scim_value_t *v, const scim_attr_t *attr, scim_type_e type,
    const char *what)
{
    const scim_str_t  *schema, *parent;

    scim_value_where(v, &schema, &parent);

    return scim_error(v->err, 400, type, "attribute \"%[%S%s%S%s%S%]\" %s",
                      schema, schema->len ? ":" : "",
                      parent, parent->len ? "." : "", &attr->name, what);
}


int
scim_value_too_much(scim_value_t *v, const scim_attr_t *attr,
    const char *what, size_t limit, const char *unit)
{
    const scim_str_t  *schema, *parent;

    scim_value_where(v, &schema, &parent);

    return scim_error(v->err, 400, SCIM_INVALID_VALUE,
                      "attribute \"%[%S%s%S%s%S%]\" %s %z %s",
                      schema, schema->len ? ":" : "",
                      parent, parent->len ? "." : "", &attr->name,
                      what, limit, unit);
}


int
scim_value_foreign(scim_value_t *v, const scim_str_t *name,
    scim_type_e type)
{
    const scim_str_t  *schema, *parent;

    scim_value_where(v, &schema, &parent);

    return scim_error(v->err, 400, type, "attribute \"%S%s%S%s%S\" is unknown",
                      schema, schema->len ? ":" : "",
                      parent, parent->len ? "." : "", name);
}


void
scim_value_about(scim_value_t *v, const scim_attr_t *attr)
{
    scim_error_t       err;
    const scim_str_t  *schema, *parent;

    scim_value_where(v, &schema, &parent);

    (void) scim_error(&err, 400, SCIM_TYPE_NONE, "%[%S%s%S%s%S%]",
                      schema, schema->len ? ":" : "",
                      parent, parent->len ? "." : "", &attr->name);

    memcpy(v->err->attr, err.attr, SCIM_ERROR_ATTR);
}


static void
scim_value_where(scim_value_t *v, const scim_str_t **schema,
    const scim_str_t **parent)
{
    *schema = v->schema ? &v->schema->id : &scim_empty;
    *parent = v->parent ? &v->parent->name : &scim_empty;
}


/* the depth of this recursion is the parser's limit */

const char *
scim_value_numbers(const scim_json_t *json)
{
    const char         *why;
    const scim_json_t  *m;

    static const scim_attr_t  decimal = { .type = SCIM_ATTR_DECIMAL };

    if (json->type == SCIM_JSON_NUMBER) {
        return scim_type_check(&decimal, json, 0, NULL);
    }

    for (m = json->first; m; m = m->next) {
        why = scim_value_numbers(m);

        if (why) {
            return why;
        }
    }

    return NULL;
}
