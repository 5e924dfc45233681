
/*
 * A program applied to a copy of a stored document, and what comes of it
 * checked as a whole (RFC 7644 section 3.5.2).  Called by the write operations
 * of http/.
 */


#include "scim_patch_private.h"


typedef struct {
    scim_value_t                 value;
    const scim_resource_type_t  *rtype;
    scim_json_t                 *root;
    scim_patch_rows_t            rows;
    const scim_attr_t           *members;    /* kept as rows; NULL: none yet */
} scim_patch_apply_t;


static int scim_patch_run(scim_patch_apply_t *a, const scim_patch_op_t *op);
static int scim_patch_attr(scim_patch_apply_t *a, const scim_patch_op_t *op);
static int scim_patch_single(scim_value_t *v, scim_json_t *object,
    scim_patch_e op, const scim_path_t *path, const scim_json_t *in);
static int scim_patch_single_complex(scim_value_t *v, scim_json_t *object,
    scim_patch_e op, const scim_path_t *path, const scim_json_t *in);
static int scim_patch_container(scim_patch_apply_t *a,
    const scim_path_t *path, scim_json_t **object);
static int scim_patch_extension(scim_patch_apply_t *a,
    const scim_path_t *path);
static int scim_patch_kept(scim_patch_apply_t *a, const scim_patch_op_t *op);
static int scim_patch_kept_find(scim_patch_apply_t *a,
    const scim_str_t *text, int whole, scim_json_t **object,
    scim_str_t *rest);
static int scim_patch_kept_set(scim_patch_apply_t *a, scim_json_t *object,
    const scim_patch_op_t *op, const scim_str_t *name);
static int scim_patch_kept_add(scim_patch_apply_t *a, scim_json_t *was,
    const scim_json_t *in);
static int scim_patch_kept_merge(scim_patch_apply_t *a, scim_json_t *object,
    const scim_json_t *in);
static int scim_patch_end(scim_patch_apply_t *a, const scim_patch_t *patch,
    const scim_json_t *current, scim_resource_t *resource);


static const scim_json_t  scim_null = { .type = SCIM_JSON_NULL };


int
scim_patch_apply(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_policy_t *policy, const scim_patch_t *patch,
    const scim_json_t *current, scim_resource_t *resource, scim_error_t *err)
{
    size_t              i;
    scim_patch_apply_t  a;

    memset(&a, 0, sizeof(scim_patch_apply_t));

    a.value.arena = arena;
    a.value.policy = policy;
    a.value.err = err;
    a.rtype = rtype;

    a.root = scim_patch_copy(arena, current);
    if (a.root == NULL) {
        return scim_error_nomem(err);
    }

    for (i = 0; i < patch->n; i++) {
        if (scim_patch_run(&a, &patch->ops[i]) != SCIM_OK) {
            return scim_patch_fail(err, patch->ops[i].index);
        }
    }

    if (scim_patch_end(&a, patch, current, resource) != SCIM_OK) {

        /* whose fault it is can be told when there is one operation */

        if (patch->n && patch->ops[0].index == patch->ops[patch->n - 1].index)
        {
            return scim_patch_fail(err, patch->ops[0].index);
        }

        return SCIM_ERROR;
    }

    return SCIM_OK;
}


static int
scim_patch_run(scim_patch_apply_t *a, const scim_patch_op_t *op)
{
    if (op->path.schema == NULL) {
        return scim_patch_kept(a, op);
    }

    scim_patch_where(&a->value, a->rtype, &op->path);

    if (op->path.attr == NULL) {
        return scim_patch_extension(a, &op->path);
    }

    if (op->path.attr->source == SCIM_SOURCE_MEMBERS) {
        a->members = op->path.attr;
        return scim_patch_rows(&a->value, &a->rows, op);
    }

    return scim_patch_attr(a, op);
}


static int
scim_patch_attr(scim_patch_apply_t *a, const scim_patch_op_t *op)
{
    int                 rc;
    scim_path_t         path;
    scim_json_t        *object, *was, *now;
    const scim_attr_t  *attr;
    const scim_json_t  *in;

    path = op->path;
    in = op->value;
    attr = path.attr;
    was = NULL;

    if (scim_patch_prepare(&a->value, op->op, &path, &in) != SCIM_OK
        || scim_patch_container(a, &path, &object) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    now = scim_json_get(object, &attr->name);

    if (now && attr->mutability == SCIM_IMMUTABLE) {
        was = scim_patch_copy(a->value.arena, now);
        if (was == NULL) {
            return scim_error_nomem(a->value.err);
        }
    }

    if (attr->multi) {
        rc = scim_patch_list(&a->value, object, op->op, &path, in);

    } else {
        rc = scim_patch_single(&a->value, object, op->op, &path, in);
    }

    if (rc != SCIM_OK || was == NULL) {
        return rc;
    }

    now = scim_json_get(object, &attr->name);

    if (now == NULL || !scim_json_equal(now, was)) {
        return scim_value_error(&a->value, attr, SCIM_MUTABILITY,
                                "is immutable");
    }

    return SCIM_OK;
}


static int
scim_patch_single(scim_value_t *v, scim_json_t *object, scim_patch_e op,
    const scim_path_t *path, const scim_json_t *in)
{
    if (op == SCIM_PATCH_REMOVE) {
        in = NULL;
    }

    if (path->attr->type == SCIM_ATTR_COMPLEX
        && (path->sub || op != SCIM_PATCH_REMOVE))
    {
        return scim_patch_single_complex(v, object, op, path, in);
    }

    return scim_patch_set(v, object, path->attr, in);
}


static int
scim_patch_single_complex(scim_value_t *v, scim_json_t *object,
    scim_patch_e op, const scim_path_t *path, const scim_json_t *in)
{
    int           rc;
    scim_json_t  *complex;

    complex = scim_json_get(object, &path->attr->name);

    if (path->sub == NULL) {

        if (scim_patch_complex(v, path->attr, &in) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (in == NULL) {
            return scim_patch_set(v, object, path->attr, &scim_null);
        }
    }

    if (complex == NULL) {

        if (op == SCIM_PATCH_REMOVE) {
            return SCIM_OK;
        }

        complex = scim_json_new(v->arena, SCIM_JSON_OBJECT);
        if (complex == NULL) {
            return scim_error_nomem(v->err);
        }

        scim_json_append(object, &path->attr->name, complex);
    }

    if (path->sub) {
        rc = scim_patch_set_sub(v, path->attr, complex, path->sub, in);

    } else {
        rc = scim_patch_merge(v, path->attr, complex, in);
    }

    if (rc != SCIM_OK || complex->n) {
        return rc;
    }

    /* it has no sub-attribute any more */

    return scim_patch_set(v, object, path->attr, in ? &scim_null : NULL);
}


/* the object that holds the attributes of the path's schema */

static int
scim_patch_container(scim_patch_apply_t *a, const scim_path_t *path,
    scim_json_t **object)
{
    *object = a->root;

    if (a->value.schema == NULL) {
        return SCIM_OK;
    }

    *object = scim_json_get(a->root, &path->schema->id);

    if (*object && (*object)->type == SCIM_JSON_OBJECT) {
        return SCIM_OK;
    }

    *object = scim_json_new(a->value.arena, SCIM_JSON_OBJECT);
    if (*object == NULL) {
        return scim_error_nomem(a->value.err);
    }

    scim_patch_put(a->root, &path->schema->id, *object);

    return SCIM_OK;
}


/* an extension is removed as a whole */

static int
scim_patch_extension(scim_patch_apply_t *a, const scim_path_t *path)
{
    size_t              i;
    scim_json_t        *object;
    const scim_attr_t  *attr;

    object = scim_json_get(a->root, &path->schema->id);
    if (object == NULL) {
        return SCIM_OK;
    }

    for (i = 0; i < path->schema->nattrs; i++) {
        attr = &path->schema->attrs[i];

        if (attr->mutability == SCIM_IMMUTABLE
            && scim_json_get(object, &attr->name))
        {
            return scim_value_error(&a->value, attr, SCIM_MUTABILITY,
                                    "is immutable");
        }
    }

    for (i = 0; i < a->rtype->nextensions; i++) {
        if (a->rtype->extensions[i].schema == path->schema
            && a->rtype->extensions[i].required)
        {
            return scim_error(a->value.err, 400, SCIM_MUTABILITY,
                              "extension \"%[%S%]\" is required",
                              &path->schema->id);
        }
    }

    scim_patch_put(a->root, &path->schema->id, NULL);

    return SCIM_OK;
}


/* under a URN that nobody registered: kept as it comes */

static int
scim_patch_kept(scim_patch_apply_t *a, const scim_patch_op_t *op)
{
    int                 whole;
    scim_str_t          rest, name;
    scim_json_t        *object, *inner;
    unsigned char      *dot;

    whole = (op->op == SCIM_PATCH_REMOVE || op->value->type == SCIM_JSON_OBJECT
             || op->value->type == SCIM_JSON_NULL);

    if (scim_patch_kept_find(a, &op->path.text, whole, &object, &rest)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (rest.len == 0) {
        return scim_patch_kept_set(a, a->root, op, &object->name);
    }

    dot = memchr(rest.data, '.', rest.len);

    if (dot == NULL || dot == rest.data || dot + 1 == rest.data + rest.len) {
        return scim_patch_kept_set(a, object, op, &rest);
    }

    name.data = rest.data;
    name.len = (size_t) (dot - rest.data);
    rest.data = dot + 1;
    rest.len -= name.len + 1;

    inner = scim_json_get(object, &name);

    if (inner == NULL || inner->type != SCIM_JSON_OBJECT) {

        if (op->op == SCIM_PATCH_REMOVE) {
            return SCIM_OK;
        }

        inner = scim_json_new(a->value.arena, SCIM_JSON_OBJECT);
        if (inner == NULL) {
            return scim_error_nomem(a->value.err);
        }

        scim_patch_put(object, &name, inner);
    }

    return scim_patch_kept_set(a, inner, op, &rest);
}


/*
 * The object whose URN the text begins with, and what stands behind it.  When
 * there is none yet, the text is a URN as a whole or one up to its last colon.
 */

static int
scim_patch_kept_find(scim_patch_apply_t *a, const scim_str_t *text, int whole,
    scim_json_t **object, scim_str_t *rest)
{
    size_t        i;
    scim_str_t    urn;
    scim_json_t  *m;

    urn = *text;
    *object = NULL;

    for (m = a->root->first; m; m = m->next) {

        if (m->name.len > text->len
            || (m->name.len < text->len && text->data[m->name.len] != ':')
            || memchr(m->name.data, ':', m->name.len) == NULL
            || m->type != SCIM_JSON_OBJECT
            || (*object && (*object)->name.len > m->name.len))
        {
            continue;
        }

        urn.len = m->name.len;

        if (scim_str_caseeq(&urn, &m->name)) {
            *object = m;
        }
    }

    if (*object == NULL) {
        urn.len = text->len;

        for (i = text->len; !whole && i; i--) {
            if (text->data[i - 1] == ':') {
                urn.len = i - 1;
                break;
            }
        }

        if (urn.len <= sizeof("urn:") - 1 || urn.len + 1 == text->len) {
            return scim_error(a->value.err, 400, SCIM_INVALID_PATH,
                              "the path is malformed");
        }

        *object = scim_json_new(a->value.arena, SCIM_JSON_OBJECT);
        if (*object == NULL) {
            return scim_error_nomem(a->value.err);
        }

        scim_json_append(a->root, &urn, *object);
    }

    i = (*object)->name.len;
    i += i < text->len;

    rest->data = text->data + i;
    rest->len = text->len - i;

    return SCIM_OK;
}


static int
scim_patch_kept_set(scim_patch_apply_t *a, scim_json_t *object,
    const scim_patch_op_t *op, const scim_str_t *name)
{
    scim_json_t        *was, *copy;
    const scim_json_t  *in;

    in = op->value;
    was = scim_json_get(object, name);

    if (op->op == SCIM_PATCH_REMOVE || in->type == SCIM_JSON_NULL) {
        scim_patch_put(object, name, NULL);
        return SCIM_OK;
    }

    if (was && was->type == SCIM_JSON_OBJECT && in->type == SCIM_JSON_OBJECT) {
        return scim_patch_kept_merge(a, was, in);
    }

    if (was && was->type == SCIM_JSON_ARRAY && op->op == SCIM_PATCH_ADD) {
        return scim_patch_kept_add(a, was, in);
    }

    if (object == a->root && in->type != SCIM_JSON_OBJECT) {
        return scim_error(a->value.err, 400, SCIM_INVALID_VALUE,
                          "attribute \"%S\" must be an object", name);
    }

    copy = scim_patch_copy(a->value.arena, in);
    if (copy == NULL) {
        return scim_error_nomem(a->value.err);
    }

    scim_patch_put(object, name, copy);

    return SCIM_OK;
}


static int
scim_patch_kept_add(scim_patch_apply_t *a, scim_json_t *was,
    const scim_json_t *in)
{
    scim_json_t        *copy, *m;
    const scim_json_t  *e;

    for (e = in->type == SCIM_JSON_ARRAY ? in->first : in;
         e;
         e = e == in ? NULL : e->next)
    {
        for (m = was->first; m && !scim_json_equal(m, e); m = m->next) {
            /* void */
        }

        if (m) {
            continue;
        }

        if (was->n >= a->value.policy->values) {
            return scim_error(a->value.err, 400, SCIM_INVALID_VALUE,
                              "attribute \"%S\" has more than %z values",
                              &was->name, a->value.policy->values);
        }

        copy = scim_patch_copy(a->value.arena, e);
        if (copy == NULL) {
            return scim_error_nomem(a->value.err);
        }

        scim_json_append(was, NULL, copy);
    }

    return SCIM_OK;
}


static int
scim_patch_kept_merge(scim_patch_apply_t *a, scim_json_t *object,
    const scim_json_t *in)
{
    scim_json_t        *copy;
    const scim_json_t  *m;

    for (m = in->first; m; m = m->next) {

        copy = NULL;

        if (m->type != SCIM_JSON_NULL) {
            copy = scim_patch_copy(a->value.arena, m);
            if (copy == NULL) {
                return scim_error_nomem(a->value.err);
            }
        }

        scim_patch_put(object, &m->name, copy);
    }

    return SCIM_OK;
}


/* the result is a resource like one that was sent as a whole */

static int
scim_patch_end(scim_patch_apply_t *a, const scim_patch_t *patch,
    const scim_json_t *current, scim_resource_t *resource)
{
    scim_policy_t   policy;
    scim_members_t  members;

    memset(&members, 0, sizeof(scim_members_t));

    if (a->members
        && scim_patch_rows_end(&a->value, a->members, &a->rows, &members)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    /* what was kept before stays, whatever is done to what comes today */

    policy = *a->value.policy;
    policy.unknown = SCIM_UNKNOWN_KEEP;
    policy.patched = 1;

    if (scim_resource_accept(a->value.arena, a->rtype, &policy, a->root,
                             current, resource, a->value.err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    resource->members = members;

    return SCIM_OK;
}
