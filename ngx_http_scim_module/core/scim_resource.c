
/*
 * A whole resource in canonical form: what must be there, what may not change,
 * what goes into columns of its own or becomes rows, and the keys by which it
 * is found.  Called by the write operations of http/.  scim_resource_body.c
 * sorts the body's members, scim_resource_value.c checks their values.
 */


#include "scim_resource_body.h"
#include "scim_resource_demand.h"
#include "scim_resource_list.h"


static int scim_accept_build(scim_accept_t *a);
static int scim_accept_extensions(scim_accept_t *a, scim_json_t *schemas);
static int scim_accept_attrs(scim_accept_t *a, scim_slot_t *slot,
    const scim_json_t *current, scim_json_t *object);
static int scim_accept_attr(scim_accept_t *a, const scim_attr_t *attr,
    const scim_json_t *in, const scim_json_t *current, scim_json_t **out);
static int scim_accept_members(scim_accept_t *a, const scim_attr_t *attr,
    const scim_json_t *in);
static int scim_accept_immutable(scim_accept_t *a, const scim_attr_t *attr,
    const scim_json_t *current, scim_json_t **out);
static int scim_accept_active(scim_accept_t *a, const scim_json_t *current,
    scim_json_t **out);
static int scim_accept_urn(scim_accept_t *a, scim_json_t *schemas,
    const scim_str_t *urn);
static int scim_accept_columns(scim_accept_t *a);
static int scim_accept_keys(scim_accept_t *a);
static int scim_accept_attr_keys(scim_accept_t *a, const scim_attr_t *attr,
    const scim_json_t *value);
static int scim_accept_add_keys(scim_accept_t *a, const scim_attr_t *attr,
    const scim_attr_t *sub, const scim_json_t *value);
static size_t scim_accept_leaves(const scim_json_t *value,
    const scim_attr_t *sub, const scim_json_t **leaves, size_t n);
static int scim_accept_key_path(scim_accept_t *a, const scim_attr_t *attr,
    const scim_attr_t *sub, scim_str_t *path);
static int scim_accept_text(scim_accept_t *a);


static const scim_str_t  scim_schemas_name = scim_string("schemas");
static const scim_str_t  scim_external_name = scim_string("externalId");
static const scim_str_t  scim_active_name = scim_string("active");


int
scim_resource_accept(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_policy_t *policy, const scim_json_t *body,
    const scim_json_t *current, scim_resource_t *resource, scim_error_t *err)
{
    scim_accept_t  a;

    memset(&a, 0, sizeof(scim_accept_t));
    memset(resource, 0, sizeof(scim_resource_t));

    a.value.arena = arena;
    a.value.policy = policy;
    a.value.err = err;
    a.rtype = rtype;
    a.current = current;
    a.resource = resource;
    a.missing = policy->missing && !policy->patched;

    a.external = scim_schema_attr(scim_schema_common(), &scim_external_name);
    a.active = scim_schema_attr(rtype->schema, &scim_active_name);

    if (a.active && (a.active->type != SCIM_ATTR_BOOLEAN || a.active->multi)) {
        a.active = NULL;
    }

    if (scim_body_sort(&a, body) != SCIM_OK
        || scim_accept_build(&a) != SCIM_OK
        || scim_demands_met(&a.value, rtype, resource->doc,
                            policy->patched ? current : NULL)
           != SCIM_OK
        || scim_accept_columns(&a) != SCIM_OK
        || scim_accept_keys(&a) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_accept_text(&a);
}


static int
scim_accept_build(scim_accept_t *a)
{
    scim_json_t  *doc, *schemas;

    doc = scim_json_new(a->value.arena, SCIM_JSON_OBJECT);
    schemas = scim_json_new(a->value.arena, SCIM_JSON_ARRAY);

    if (doc == NULL || schemas == NULL) {
        return scim_error_nomem(a->value.err);
    }

    a->resource->doc = doc;
    scim_json_append(doc, &scim_schemas_name, schemas);

    if (scim_accept_urn(a, schemas, &a->rtype->schema->id) != SCIM_OK
        || scim_accept_attrs(a, &a->slots[SCIM_SLOT_COMMON], a->current, doc)
           != SCIM_OK
        || scim_accept_attrs(a, &a->slots[SCIM_SLOT_CORE], a->current, doc)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_accept_extensions(a, schemas);
}


static int
scim_accept_extensions(scim_accept_t *a, scim_json_t *schemas)
{
    size_t                i;
    scim_json_t          *object, *m, *next;
    const scim_json_t    *current;
    const scim_schema_t  *schema;

    for (i = SCIM_SLOT_EXTENSION; i < a->nslots; i++) {
        schema = a->slots[i].schema;
        a->value.schema = schema;

        object = scim_json_new(a->value.arena, SCIM_JSON_OBJECT);
        if (object == NULL) {
            return scim_error_nomem(a->value.err);
        }

        current = a->current ? scim_json_get(a->current, &schema->id) : NULL;

        a->missing = a->value.policy->missing && !a->slots[i].cleared
                     && !a->value.policy->patched;

        if (scim_accept_attrs(a, &a->slots[i], current, object) != SCIM_OK) {
            return SCIM_ERROR;
        }

        a->value.schema = NULL;

        if (object->n == 0) {

            if (a->rtype->extensions[i - SCIM_SLOT_EXTENSION].required) {
                return scim_error(a->value.err, 400, SCIM_INVALID_VALUE,
                                  "extension \"%[%S%]\" is required",
                                  &schema->id);
            }

            continue;
        }

        scim_json_append(a->resource->doc, &schema->id, object);

        if (scim_accept_urn(a, schemas, &schema->id) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    for (m = a->kept->first; m; m = next) {
        next = m->next;
        scim_json_append(a->resource->doc, &m->name, m);

        if (scim_accept_urn(a, schemas, &m->name) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_accept_attrs(scim_accept_t *a, scim_slot_t *slot,
    const scim_json_t *current, scim_json_t *object)
{
    size_t              i;
    scim_json_t        *value;
    const scim_attr_t  *attr;
    const scim_json_t  *was;

    for (i = 0; i < slot->schema->nattrs; i++) {
        attr = &slot->schema->attrs[i];

        if (attr->mutability == SCIM_READ_ONLY
            || scim_str_eq(&attr->name, &scim_schemas_name))
        {
            continue;
        }

        if (attr->source == SCIM_SOURCE_MEMBERS) {

            if (scim_accept_members(a, attr, slot->values[i]) != SCIM_OK) {
                return SCIM_ERROR;
            }

            continue;
        }

        was = current ? scim_json_get(current, &attr->name) : NULL;

        if (scim_accept_attr(a, attr, slot->values[i], was, &value)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        /* passwords: checked, but never kept */

        if (value && scim_attr_stored(attr)) {
            scim_json_append(object, &attr->name, value);
        }
    }

    return SCIM_OK;
}


static int
scim_accept_attr(scim_accept_t *a, const scim_attr_t *attr,
    const scim_json_t *in, const scim_json_t *current, scim_json_t **out)
{
    *out = NULL;

    if (in && scim_value_accept(&a->value, attr, in, out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (current && scim_accept_immutable(a, attr, current, out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    /* a client that cannot read a value cannot send it back */

    if (current && in == NULL && !a->value.policy->patched
        && (a->missing || attr->mutability == SCIM_WRITE_ONLY))
    {
        *out = scim_value_copy(a->value.arena, current);
        if (*out == NULL) {
            return scim_error_nomem(a->value.err);
        }
    }

    if (attr == a->active && scim_accept_active(a, current, out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (scim_value_required(&a->value, attr, *out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (*out && attr == a->external) {
        a->resource->external_id = (*out)->str;
    }

    if (*out && attr == a->rtype->name_attr) {
        a->resource->name = (*out)->str;
    }

    return SCIM_OK;
}


/* the whole list of what is kept as rows, from now on */

static int
scim_accept_members(scim_accept_t *a, const scim_attr_t *attr,
    const scim_json_t *in)
{
    scim_json_t     *list;
    scim_members_t  *members;

    list = NULL;
    members = &a->resource->members;

    if (in == NULL && a->current && a->missing) {
        return SCIM_OK;
    }

    members->replace = 1;

    if (in && scim_value_accept(&a->value, attr, in, &list) != SCIM_OK) {
        return SCIM_ERROR;
    }

    return scim_list_ids(&a->value, attr, list, &members->add,
                         &members->nadd);
}


/*
 * What is immutable keeps the value that it has.  Elements of a multi-valued
 * attribute come and go as wholes, so that there is nothing to compare.
 */

static int
scim_accept_immutable(scim_accept_t *a, const scim_attr_t *attr,
    const scim_json_t *current, scim_json_t **out)
{
    int                 rc;
    size_t              i;
    scim_json_t        *value, *copy;
    const scim_attr_t  *sub;
    const scim_json_t  *was;

    if (attr->mutability == SCIM_IMMUTABLE) {

        if (*out && !scim_json_equal(*out, current)) {
            return scim_value_error(&a->value, attr, SCIM_MUTABILITY,
                                    "is immutable");
        }

        *out = scim_value_copy(a->value.arena, current);

        return *out ? SCIM_OK : scim_error_nomem(a->value.err);
    }

    if (attr->type != SCIM_ATTR_COMPLEX || attr->multi || *out == NULL) {
        return SCIM_OK;
    }

    for (i = 0; i < attr->nsubs; i++) {
        sub = &attr->subs[i];
        was = scim_json_get(current, &sub->name);

        if (sub->mutability != SCIM_IMMUTABLE || was == NULL) {
            continue;
        }

        value = scim_json_get(*out, &sub->name);
        copy = value;

        a->value.parent = attr;
        rc = scim_accept_immutable(a, sub, was, &copy);
        a->value.parent = NULL;

        if (rc != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (value == NULL) {
            scim_json_append(*out, &sub->name, copy);
        }
    }

    return SCIM_OK;
}


/* always there: as sent, as it was, or true */

static int
scim_accept_active(scim_accept_t *a, const scim_json_t *current,
    scim_json_t **out)
{
    int  active;

    if (*out == NULL) {

        /* who has no such value any more does not get in */

        if (a->value.policy->patched || (a->current && current == NULL)) {
            a->resource->active = 0;
            return SCIM_OK;
        }

        active = current && current->type == SCIM_JSON_BOOLEAN
                 ? current->boolean : 1;

        *out = scim_json_new_boolean(a->value.arena, active);
        if (*out == NULL) {
            return scim_error_nomem(a->value.err);
        }
    }

    a->resource->active = (*out)->boolean;

    return SCIM_OK;
}


static int
scim_accept_urn(scim_accept_t *a, scim_json_t *schemas,
    const scim_str_t *urn)
{
    scim_json_t  *value;

    value = scim_json_new_string(a->value.arena, urn);
    if (value == NULL) {
        return scim_error_nomem(a->value.err);
    }

    scim_json_append(schemas, NULL, value);

    return SCIM_OK;
}


/* what goes into columns of its own, beside the document */

static int
scim_accept_columns(scim_accept_t *a)
{
    scim_json_t         value;
    const scim_attr_t  *attr;

    if (a->active == NULL) {
        a->resource->active = 1;
    }

    attr = a->rtype->name_attr;

    if (a->resource->name.data == NULL) {
        scim_str_set(&a->resource->name, "");
        return SCIM_OK;
    }

    if (attr->uniqueness == SCIM_UNIQUE_NONE) {
        return SCIM_OK;
    }

    memset(&value, 0, sizeof(scim_json_t));
    value.type = SCIM_JSON_STRING;
    value.str = a->resource->name;

    return scim_value_key(&a->value, attr, &value, &a->resource->name_key);
}


/* further look-up keys: what the tables call indexed */

static int
scim_accept_keys(scim_accept_t *a)
{
    size_t              i, j;
    const scim_attr_t  *attr;
    const scim_json_t  *object, *value;

    for (i = SCIM_SLOT_CORE; i < a->nslots; i++) {
        object = a->resource->doc;

        if (i >= SCIM_SLOT_EXTENSION) {
            a->value.schema = a->slots[i].schema;
            object = scim_json_get(object, &a->value.schema->id);
        }

        for (j = 0; object && j < a->slots[i].schema->nattrs; j++) {
            attr = &a->slots[i].schema->attrs[j];

            if (attr == a->rtype->name_attr) {
                continue;
            }

            value = scim_json_get(object, &attr->name);

            if (value && scim_accept_attr_keys(a, attr, value) != SCIM_OK) {
                return SCIM_ERROR;
            }
        }
    }

    return SCIM_OK;
}


static int
scim_accept_attr_keys(scim_accept_t *a, const scim_attr_t *attr,
    const scim_json_t *value)
{
    size_t  i;

    if (attr->indexed) {
        return scim_accept_add_keys(a, attr, NULL, value);
    }

    for (i = 0; i < attr->nsubs; i++) {
        if (attr->subs[i].indexed
            && scim_accept_add_keys(a, attr, &attr->subs[i], value)
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_accept_add_keys(scim_accept_t *a, const scim_attr_t *attr,
    const scim_attr_t *sub, const scim_json_t *value)
{
    size_t               i, n;
    scim_str_t           path;
    scim_key_t          *keys, *key;
    scim_pair_t         *pairs;
    scim_arena_t        *arena;
    const scim_attr_t   *target;
    const scim_json_t  **leaves;

    n = scim_accept_leaves(value, sub, NULL, 0);
    if (n == 0) {
        return SCIM_OK;
    }

    arena = a->value.arena;
    target = sub ? sub : attr;

    leaves = scim_alloc(arena, n * sizeof(scim_json_t *));
    pairs = scim_calloc(arena, n * sizeof(scim_pair_t));
    keys = scim_alloc(arena, (a->resource->nkeys + n) * sizeof(scim_key_t));

    if (leaves == NULL || pairs == NULL || keys == NULL) {
        return scim_error_nomem(a->value.err);
    }

    (void) scim_accept_leaves(value, sub, leaves, 0);

    for (i = 0; i < n; i++) {
        if (scim_value_key(&a->value, target, leaves[i], &pairs[i].value)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    if (scim_pairs_mark(arena, pairs, n) != SCIM_OK
        || scim_accept_key_path(a, attr, sub, &path) != SCIM_OK)
    {
        return scim_error_nomem(a->value.err);
    }

    if (a->resource->nkeys) {
        memcpy(keys, a->resource->keys,
               a->resource->nkeys * sizeof(scim_key_t));
    }

    a->resource->keys = keys;

    for (i = 0; i < n; i++) {
        if (pairs[i].twin) {
            continue;
        }

        key = &keys[a->resource->nkeys++];
        key->attr = path;
        key->key = pairs[i].value;
        key->unique = target->uniqueness != SCIM_UNIQUE_NONE;
    }

    return SCIM_OK;
}


/* simple values of the attribute or of its sub-attribute; leaves NULL: only
 * counts them.  Lists and objects nest once each. */

static size_t
scim_accept_leaves(const scim_json_t *value, const scim_attr_t *sub,
    const scim_json_t **leaves, size_t n)
{
    const scim_json_t  *e;

    if (value->type == SCIM_JSON_ARRAY) {

        for (e = value->first; e; e = e->next) {
            n = scim_accept_leaves(e, sub, leaves, n);
        }

        return n;
    }

    if (value->type == SCIM_JSON_OBJECT) {
        e = sub ? scim_json_get(value, &sub->name) : NULL;

        return e ? scim_accept_leaves(e, NULL, leaves, n) : n;
    }

    if (leaves) {
        leaves[n] = value;
    }

    return n + 1;
}


/* [URN ":"] attribute ["." sub-attribute], in the tables' spelling */

static int
scim_accept_key_path(scim_accept_t *a, const scim_attr_t *attr,
    const scim_attr_t *sub, scim_str_t *path)
{
    scim_buf_t  b;

    scim_buf_init(&b, a->value.arena, 0);

    if (a->value.schema) {
        scim_buf_str(&b, &a->value.schema->id);
        scim_buf_char(&b, ':');
    }

    scim_buf_str(&b, &attr->name);

    if (sub) {
        scim_buf_char(&b, '.');
        scim_buf_str(&b, &sub->name);
    }

    path->len = b.len;
    path->data = b.data;

    return b.failed ? SCIM_ERROR : SCIM_OK;
}


static int
scim_accept_text(scim_accept_t *a)
{
    scim_buf_t  b;

    scim_buf_init(&b, a->value.arena, 1024);
    scim_json_write(&b, a->resource->doc);

    if (b.failed) {
        return scim_error_nomem(a->value.err);
    }

    if (b.len > a->value.policy->size) {
        return scim_error(a->value.err, 400, SCIM_INVALID_VALUE,
                          "the resource is longer than %z bytes",
                          a->value.policy->size);
    }

    a->resource->text.len = b.len;
    a->resource->text.data = b.data;

    return SCIM_OK;
}
