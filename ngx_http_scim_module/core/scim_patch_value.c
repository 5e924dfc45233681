
/*
 * Values of operations: the forms in which clients send them, and what they
 * do to single attributes and to complex values.  Called by
 * scim_patch_apply.c, scim_patch_list.c and scim_patch_members.c.
 */


#include "scim_patch_private.h"


/* of JSON within a string */
#define SCIM_PATCH_DEPTH  16
#define SCIM_PATCH_KEYS   256


static int scim_patch_unwrap(scim_value_t *v, const scim_path_t *path,
    const scim_json_t **value);
static int scim_patch_array(scim_value_t *v, const scim_json_t **value);
static int scim_patch_roles(scim_value_t *v, scim_path_t *path,
    const scim_json_t **value);
static int scim_patch_role(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t *list);
static int scim_patch_role_object(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, const scim_json_t *role, scim_json_t *list);
static int scim_patch_role_value(const scim_json_t *role);
static int scim_patch_says_none(const scim_json_t *object);
static const scim_attr_t *scim_patch_sub(scim_value_t *v,
    const scim_attr_t *attr, const scim_str_t *name);
static void scim_patch_stale(const scim_attr_t *attr, scim_json_t *object,
    const scim_json_t *was);


static const scim_str_t  scim_value_name = scim_string("value");
static const scim_str_t  scim_display_name = scim_string("display");
static const scim_str_t  scim_ref_name = scim_string("$ref");
static const scim_str_t  scim_roles_name = scim_string("roles");

/* how roles call their "display" */
static const scim_str_t  scim_role_display = scim_string("displayName");

/* OneLogin's templates name the manager's id so */
static const scim_str_t  scim_manager_id = scim_string("managerId");


int
scim_patch_prepare(scim_value_t *v, scim_patch_e op, scim_path_t *path,
    const scim_json_t **value)
{
    int                 list;
    const scim_attr_t  *target;

    if (*value == NULL) {
        return SCIM_OK;
    }

    target = scim_path_target(path);
    list = target->multi && (path->filter == NULL || path->sub);

    if (v->policy->strict) {

        /* RFC 7644 section 3.5.2.1 allows an object to be added */

        if (list && op == SCIM_PATCH_ADD && path->sub == NULL
            && (*value)->type != SCIM_JSON_ARRAY && !scim_patch_empty(*value))
        {
            return scim_patch_array(v, value);
        }

        return SCIM_OK;
    }

    if ((list || target->type == SCIM_ATTR_COMPLEX)
        && scim_patch_decode(v, value) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (scim_patch_unwrap(v, path, value) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (!list && (*value)->type == SCIM_JSON_ARRAY && (*value)->n == 1) {
        *value = (*value)->first;
    }

    if (path->attr->multi && path->attr->type == SCIM_ATTR_COMPLEX
        && scim_str_eq(&path->attr->name, &scim_roles_name)
        && scim_attr_sub(path->attr, &scim_value_name))
    {
        return scim_patch_roles(v, path, value);
    }

    return SCIM_OK;
}


/* {"emails": [..]} for the path "emails" */

static int
scim_patch_unwrap(scim_value_t *v, const scim_path_t *path,
    const scim_json_t **value)
{
    const scim_json_t  *inner;

    if ((*value)->type != SCIM_JSON_OBJECT || (*value)->n != 1
        || path->sub || path->attr->type != SCIM_ATTR_COMPLEX)
    {
        return SCIM_OK;
    }

    inner = (*value)->first;

    if (scim_attr_sub(path->attr, &inner->name)
        || !scim_str_caseeq(&inner->name, &path->attr->name))
    {
        return SCIM_OK;
    }

    *value = inner;

    return scim_patch_decode(v, value);
}


static int
scim_patch_array(scim_value_t *v, const scim_json_t **value)
{
    scim_json_t  *array, *copy;

    array = scim_json_new(v->arena, SCIM_JSON_ARRAY);
    copy = scim_value_copy(v->arena, *value);

    if (array == NULL || copy == NULL) {
        return scim_error_nomem(v->err);
    }

    scim_json_append(array, NULL, copy);
    *value = array;

    return SCIM_OK;
}


int
scim_patch_decode(scim_value_t *v, const scim_json_t **value)
{
    size_t               i;
    scim_json_t         *json;
    scim_error_t         err;
    const scim_str_t    *s;
    scim_json_limits_t   limits;

    if ((*value)->type != SCIM_JSON_STRING) {
        return SCIM_OK;
    }

    s = &(*value)->str;

    for (i = 0; i < s->len && strchr(" \t\r\n", s->data[i]); i++) {
        /* void */
    }

    if (i == s->len || (s->data[i] != '{' && s->data[i] != '[')) {
        return SCIM_OK;
    }

    limits.depth = SCIM_PATCH_DEPTH;
    limits.keys = SCIM_PATCH_KEYS;
    limits.values = s->len;
    limits.nodes = s->len;
    limits.string = s->len;

    if (scim_json_parse(v->arena, &limits, s, &json, &err) != SCIM_OK) {

        if (err.status >= 500) {
            *v->err = err;
            return SCIM_ERROR;
        }

        return SCIM_OK;
    }

    *value = json;

    return SCIM_OK;
}


/*
 * Entra ID sends the value of a role as the JSON of {"id", "value",
 * "displayName"}, or of several such objects.
 */

static int
scim_patch_roles(scim_value_t *v, scim_path_t *path,
    const scim_json_t **value)
{
    scim_json_t        *list, *object, *copy;
    const scim_json_t  *e;

    list = scim_json_new(v->arena, SCIM_JSON_ARRAY);
    if (list == NULL) {
        return scim_error_nomem(v->err);
    }

    if (path->sub) {

        if ((*value)->type != SCIM_JSON_STRING
            || !scim_str_eq(&path->sub->name, &scim_value_name))
        {
            return SCIM_OK;
        }

        object = scim_json_new(v->arena, SCIM_JSON_OBJECT);
        copy = scim_value_copy(v->arena, *value);

        if (object == NULL || copy == NULL) {
            return scim_error_nomem(v->err);
        }

        scim_json_append(object, &scim_value_name, copy);

        if (scim_patch_role(v, path->attr, object, list) != SCIM_OK) {
            return SCIM_ERROR;
        }

        /* an element's only where there was one object, and it said more */

        if (list->n == 1 && list->first->n > 1 && path->filter) {
            path->sub = NULL;
            *value = list->first;

        } else if (list->n == 1) {
            *value = scim_json_get(list->first, &scim_value_name);
        }

        return SCIM_OK;
    }

    if ((*value)->type == SCIM_JSON_ARRAY) {
        for (e = (*value)->first; e; e = e->next) {
            if (scim_patch_role(v, path->attr, e, list) != SCIM_OK) {
                return SCIM_ERROR;
            }
        }

        *value = list;
        return SCIM_OK;
    }

    if (scim_patch_role(v, path->attr, *value, list) != SCIM_OK) {
        return SCIM_ERROR;
    }

    *value = list->n == 1 ? list->first : list;

    return SCIM_OK;
}


/* appends what one element says, or the element as it came */

static int
scim_patch_role(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t *list)
{
    scim_json_t        *copy;
    const scim_json_t  *role, *e;

    role = in->type == SCIM_JSON_OBJECT ? scim_json_get(in, &scim_value_name)
                                        : in;

    if (role && role->type == SCIM_JSON_STRING
        && scim_patch_decode(v, &role) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (role && scim_patch_role_value(role)) {
        return scim_patch_role_object(v, attr, in, role, list);
    }

    if (role && role->type == SCIM_JSON_ARRAY && role->n) {

        for (e = role->first; e && scim_patch_role_value(e); e = e->next) {
            /* void */
        }

        if (e == NULL) {
            for (e = role->first; e; e = e->next) {
                if (scim_patch_role_object(v, attr, in, e, list) != SCIM_OK) {
                    return SCIM_ERROR;
                }
            }

            return SCIM_OK;
        }
    }

    /* the string was the value of the operation, and is decoded already */

    if (scim_patch_role_value(in) && scim_json_get(in, &scim_role_display)) {
        return scim_patch_role_object(v, attr, NULL, in, list);
    }

    copy = scim_value_copy(v->arena, in);
    if (copy == NULL) {
        return scim_error_nomem(v->err);
    }

    scim_json_append(list, NULL, copy);

    return SCIM_OK;
}


/* what stands beside the string goes before what stands within it */

static int
scim_patch_role_object(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, const scim_json_t *role, scim_json_t *list)
{
    scim_json_t        *object, *copy;
    const scim_str_t   *name;
    const scim_json_t  *m;

    object = scim_json_new(v->arena, SCIM_JSON_OBJECT);
    if (object == NULL) {
        return scim_error_nomem(v->err);
    }

    for (m = in && in->type == SCIM_JSON_OBJECT ? in->first : NULL;
         m;
         m = m->next)
    {
        if (scim_str_caseeq(&m->name, &scim_value_name)) {
            continue;
        }

        copy = scim_value_copy(v->arena, m);
        if (copy == NULL) {
            return scim_error_nomem(v->err);
        }

        scim_json_append(object, &m->name, copy);
    }

    for (m = role->first; m; m = m->next) {
        name = &m->name;

        if (scim_str_caseeq(name, &scim_role_display)) {
            name = &scim_display_name;
        }

        if (scim_attr_sub(attr, name) == NULL || scim_json_get(object, name)) {
            continue;
        }

        copy = scim_value_copy(v->arena, m);
        if (copy == NULL) {
            return scim_error_nomem(v->err);
        }

        scim_json_append(object, name, copy);
    }

    scim_json_append(list, NULL, object);

    return SCIM_OK;
}


static int
scim_patch_role_value(const scim_json_t *role)
{
    const scim_json_t  *value;

    value = scim_json_get(role, &scim_value_name);

    return value && value->type == SCIM_JSON_STRING && value->str.len;
}


int
scim_patch_empty(const scim_json_t *value)
{
    if (value == NULL) {
        return 1;
    }

    switch (value->type) {

    case SCIM_JSON_NULL:
        return 1;

    case SCIM_JSON_STRING:
        return value->str.len == 0;

    case SCIM_JSON_ARRAY:
        return value->n == 0;

    default:
        return 0;
    }
}


int
scim_patch_set(scim_value_t *v, scim_json_t *object, const scim_attr_t *attr,
    const scim_json_t *in)
{
    scim_json_t        *out;
    const scim_json_t  *was;

    out = NULL;

    if (in && scim_value_accept(v, attr, in, &out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    was = scim_json_get(object, &attr->name);

    if (attr->mutability == SCIM_IMMUTABLE && was
        && (out == NULL || !scim_json_equal(out, was)))
    {
        return scim_value_error(v, attr, SCIM_MUTABILITY, "is immutable");
    }

    if (in == NULL && attr->required) {
        return scim_value_error(v, attr, SCIM_MUTABILITY, "is required");
    }

    if (scim_value_required(v, attr, out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_patch_put(object, &attr->name, out);

    return SCIM_OK;
}


int
scim_patch_set_sub(scim_value_t *v, const scim_attr_t *attr,
    scim_json_t *object, const scim_attr_t *sub, const scim_json_t *in)
{
    int                 rc;
    const scim_json_t  *was;

    was = scim_json_get(object, &scim_value_name);

    v->parent = attr;
    rc = scim_patch_set(v, object, sub, in);
    v->parent = NULL;

    if (rc == SCIM_OK && !scim_str_eq(&sub->name, &scim_ref_name)) {
        scim_patch_stale(attr, object, was);
    }

    return rc;
}


int
scim_patch_complex(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t **in)
{
    int           strict;
    scim_json_t  *object, *value;

    strict = v->policy->strict;

    if (scim_patch_empty(*in)
        && !(strict && *in && (*in)->type == SCIM_JSON_STRING))
    {
        *in = NULL;
        return SCIM_OK;
    }

    if ((*in)->type == SCIM_JSON_STRING && !strict
        && scim_attr_sub(attr, &scim_value_name))
    {
        object = scim_json_new(v->arena, SCIM_JSON_OBJECT);
        value = scim_value_copy(v->arena, *in);

        if (object == NULL || value == NULL) {
            return scim_error_nomem(v->err);
        }

        scim_json_append(object, &scim_value_name, value);
        *in = object;
    }

    if ((*in)->type != SCIM_JSON_OBJECT) {
        return scim_value_error(v, attr, SCIM_INVALID_VALUE,
                                "must be an object");
    }

    if (!strict && scim_patch_says_none(*in)) {
        *in = NULL;
    }

    return SCIM_OK;
}


/* {"value": ""}: there is no such thing any more */

static int
scim_patch_says_none(const scim_json_t *object)
{
    const scim_json_t  *m;

    if (scim_json_get(object, &scim_value_name) == NULL) {
        return 0;
    }

    for (m = object->first; m; m = m->next) {
        if (!scim_patch_empty(m)) {
            return 0;
        }
    }

    return 1;
}


int
scim_patch_merge(scim_value_t *v, const scim_attr_t *attr,
    scim_json_t *object, const scim_json_t *in)
{
    const scim_attr_t  *sub;
    const scim_json_t  *m, *was;

    was = scim_json_get(object, &scim_value_name);
    v->parent = attr;

    for (m = in->first; m; m = m->next) {
        sub = scim_patch_sub(v, attr, &m->name);

        if (sub == NULL) {

            if (v->policy->unknown != SCIM_UNKNOWN_REJECT) {
                continue;
            }

            return scim_value_foreign(v, &m->name, SCIM_INVALID_SYNTAX);
        }

        if (sub->mutability != SCIM_READ_ONLY
            && scim_patch_set(v, object, sub, m) != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    v->parent = NULL;

    if (scim_json_get(in, &scim_ref_name) == NULL) {
        scim_patch_stale(attr, object, was);
    }

    return SCIM_OK;
}


static const scim_attr_t *
scim_patch_sub(scim_value_t *v, const scim_attr_t *attr,
    const scim_str_t *name)
{
    const scim_attr_t  *sub;

    sub = scim_attr_sub(attr, name);

    if (sub == NULL && !v->policy->strict
        && scim_str_caseeq(name, &scim_manager_id))
    {
        sub = scim_attr_sub(attr, &scim_value_name);
    }

    return sub;
}


/* a reference to who is no longer the value */

static void
scim_patch_stale(const scim_attr_t *attr, scim_json_t *object,
    const scim_json_t *was)
{
    const scim_attr_t  *ref;
    const scim_json_t  *now;

    ref = scim_attr_sub(attr, &scim_ref_name);

    if (ref == NULL || ref->required || ref->mutability == SCIM_IMMUTABLE
        || was == NULL)
    {
        return;
    }

    now = scim_json_get(object, &scim_value_name);

    if (now == NULL || !scim_json_equal(now, was)) {
        scim_patch_put(object, &scim_ref_name, NULL);
    }
}


void
scim_patch_put(scim_json_t *object, const scim_str_t *name,
    scim_json_t *value)
{
    scim_json_t  *m, *prev;

    prev = NULL;

    for (m = object->first; m; m = m->next) {

        if (scim_str_caseeq(&m->name, name)) {
            break;
        }

        prev = m;
    }

    if (m == value) {
        return;
    }

    if (m == NULL) {
        scim_json_append(object, name, value);
        return;
    }

    if (value) {
        value->name = m->name;
        value->next = m->next;

    } else {
        value = m->next;
        object->n--;
    }

    if (prev) {
        prev->next = value;

    } else {
        object->first = value;
    }

    if (object->last == m) {
        object->last = value ? value : prev;
    }
}


/* the depth of this recursion is the parser's limit */

scim_json_t *
scim_patch_copy(scim_arena_t *arena, const scim_json_t *json)
{
    scim_json_t        *copy, *m;
    const scim_json_t  *child;

    copy = scim_value_copy(arena, json);
    if (copy == NULL) {
        return NULL;
    }

    copy->first = NULL;
    copy->last = NULL;
    copy->n = 0;

    for (child = json->first; child; child = child->next) {

        m = scim_patch_copy(arena, child);
        if (m == NULL) {
            return NULL;
        }

        scim_json_append(copy, json->type == SCIM_JSON_OBJECT ? &child->name
                                                              : NULL, m);
    }

    return copy;
}
