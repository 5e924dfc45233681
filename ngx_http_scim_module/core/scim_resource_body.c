
/*
 * The members of a body sorted to the attributes of the resource type's
 * schemas: by name, by name with URN, within an extension's object; and what
 * belongs to none of them.  Called by scim_resource.c.
 */


#include "scim_resource_body.h"


static int scim_body_init(scim_accept_t *a);
static int scim_body_schemas(scim_accept_t *a, const scim_json_t *body);
static int scim_body_is_type(scim_accept_t *a, const scim_str_t *urn);
static int scim_body_members(scim_accept_t *a, const scim_json_t *body);
static scim_slot_t *scim_body_slot(scim_accept_t *a, const scim_str_t *urn);
static int scim_body_fill(scim_accept_t *a, scim_slot_t *slot,
    const scim_str_t *name, const scim_json_t *value);
static int scim_body_qualified(scim_accept_t *a, const scim_json_t *m);
static int scim_body_object(scim_accept_t *a, scim_slot_t *slot,
    const scim_json_t *m);
static int scim_body_unknown(scim_accept_t *a, const scim_json_t *m,
    const scim_schema_t *schema);
static int scim_body_keep(scim_accept_t *a, const scim_json_t *m);
static int scim_body_kept(scim_accept_t *a, const scim_json_t *m);
static int scim_body_stay(scim_accept_t *a, const scim_json_t *body);
static int scim_body_append(scim_accept_t *a, scim_json_t *object,
    const scim_str_t *name, const scim_json_t *value);
static int scim_body_is_urn(const scim_json_t *m);


static const scim_str_t  scim_schemas_name = scim_string("schemas");
static const scim_str_t  scim_urn_prefix = scim_string("urn:");


int
scim_body_sort(scim_accept_t *a, const scim_json_t *body)
{
    if (body->type != SCIM_JSON_OBJECT) {
        return scim_error(a->value.err, 400, SCIM_INVALID_SYNTAX,
                          "the body must be a JSON object");
    }

    if (scim_body_init(a) != SCIM_OK || scim_body_schemas(a, body) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (scim_body_members(a, body) != SCIM_OK) {
        return SCIM_ERROR;
    }

    return a->current && a->missing ? scim_body_stay(a, body) : SCIM_OK;
}


static int
scim_body_init(scim_accept_t *a)
{
    size_t         i;
    scim_slot_t   *slot;
    scim_arena_t  *arena;

    arena = a->value.arena;

    a->nslots = SCIM_SLOT_EXTENSION + a->rtype->nextensions;
    a->slots = scim_calloc(arena, a->nslots * sizeof(scim_slot_t));
    a->kept = scim_json_new(arena, SCIM_JSON_OBJECT);

    if (a->slots == NULL || a->kept == NULL) {
        return scim_error_nomem(a->value.err);
    }

    for (i = 0; i < a->nslots; i++) {
        slot = &a->slots[i];

        if (i == SCIM_SLOT_COMMON) {
            slot->schema = scim_schema_common();

        } else if (i == SCIM_SLOT_CORE) {
            slot->schema = a->rtype->schema;

        } else {
            slot->schema = a->rtype->extensions[i - SCIM_SLOT_EXTENSION]
                           .schema;
        }

        slot->values = scim_calloc(arena, slot->schema->nattrs
                                          * sizeof(scim_json_t *));
        if (slot->values == NULL) {
            return scim_error_nomem(a->value.err);
        }
    }

    return SCIM_OK;
}


/*
 * "schemas" must name the type's schema.  The tolerant profile takes its
 * older URNs, one of its extensions alone, and no "schemas" at all.  URNs
 * that nobody knows do no harm.
 */

static int
scim_body_schemas(scim_accept_t *a, const scim_json_t *body)
{
    int                 found;
    scim_error_t       *err;
    const scim_json_t  *schemas, *urn;

    err = a->value.err;
    schemas = scim_json_get(body, &scim_schemas_name);

    if (schemas == NULL || schemas->type == SCIM_JSON_NULL
        || (schemas->type == SCIM_JSON_ARRAY && schemas->n == 0))
    {
        if (!a->value.policy->strict) {
            return SCIM_OK;
        }

        return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                          "attribute \"%[schemas%]\" is required");
    }

    if (schemas->type == SCIM_JSON_STRING && !a->value.policy->strict) {
        found = scim_body_is_type(a, &schemas->str);

    } else if (schemas->type == SCIM_JSON_ARRAY) {
        found = 0;

        for (urn = schemas->first; urn; urn = urn->next) {
            if (urn->type != SCIM_JSON_STRING) {
                return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                                  "attribute \"%[schemas%]\" must hold "
                                  "strings");
            }

            found |= scim_body_is_type(a, &urn->str);
        }

    } else {
        return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                          "attribute \"%[schemas%]\" must be an array");
    }

    if (!found) {
        return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                          "attribute \"%[schemas%]\" must hold \"%S\"",
                          &a->rtype->schema->id);
    }

    return SCIM_OK;
}


static int
scim_body_is_type(scim_accept_t *a, const scim_str_t *urn)
{
    if (a->value.policy->strict) {
        return scim_str_caseeq(&a->rtype->schema->id, urn);
    }

    return scim_body_slot(a, urn) != NULL;
}


/* puts each member of the body where its attribute expects it */

static int
scim_body_members(scim_accept_t *a, const scim_json_t *body)
{
    int                 rc;
    scim_slot_t        *slot;
    const scim_json_t  *m;

    for (m = body->first; m; m = m->next) {

        rc = scim_body_fill(a, &a->slots[SCIM_SLOT_COMMON], &m->name, m);

        if (rc == SCIM_DECLINED) {
            rc = scim_body_fill(a, &a->slots[SCIM_SLOT_CORE], &m->name, m);
        }

        if (rc == SCIM_DECLINED) {
            slot = scim_body_slot(a, &m->name);
            rc = slot ? scim_body_object(a, slot, m)
                      : scim_body_qualified(a, m);
        }

        if (rc == SCIM_DECLINED) {
            rc = scim_body_unknown(a, m, NULL);
        }

        if (rc != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static scim_slot_t *
scim_body_slot(scim_accept_t *a, const scim_str_t *urn)
{
    size_t                i, j;
    const scim_schema_t  *schema;

    for (i = SCIM_SLOT_CORE; i < a->nslots; i++) {
        schema = a->slots[i].schema;

        if (scim_str_caseeq(&schema->id, urn)) {
            return &a->slots[i];
        }

        for (j = 0; j < schema->naliases && !a->value.policy->strict; j++) {
            if (scim_str_caseeq(&schema->aliases[j], urn)) {
                return &a->slots[i];
            }
        }
    }

    return NULL;
}


/* SCIM_DECLINED: the schema has no such attribute */

static int
scim_body_fill(scim_accept_t *a, scim_slot_t *slot, const scim_str_t *name,
    const scim_json_t *value)
{
    size_t              i;
    const scim_attr_t  *attr;

    attr = scim_schema_attr(slot->schema, name);
    if (attr == NULL) {
        return SCIM_DECLINED;
    }

    i = (size_t) (attr - slot->schema->attrs);

    /* once by its name and once with its URN */

    if (slot->values[i]) {
        if (slot >= &a->slots[SCIM_SLOT_EXTENSION]) {
            a->value.schema = slot->schema;
        }

        return scim_value_error(&a->value, attr, SCIM_INVALID_SYNTAX,
                                "is given twice");
    }

    slot->values[i] = value;

    return SCIM_OK;
}


/* "urn:...:User:userName" */

static int
scim_body_qualified(scim_accept_t *a, const scim_json_t *m)
{
    int                   rc;
    size_t                i;
    scim_str_t            urn;
    scim_json_t           member;
    const scim_str_t     *id;
    const scim_schema_t  *schema;

    schema = NULL;

    for (i = SCIM_SLOT_CORE; i < a->nslots; i++) {
        id = &a->slots[i].schema->id;

        if (m->name.len <= id->len + 1 || m->name.data[id->len] != ':') {
            continue;
        }

        urn.len = id->len;
        urn.data = m->name.data;

        if (!scim_str_caseeq(&urn, id)) {
            continue;
        }

        schema = a->slots[i].schema;

        member = *m;
        member.name.len = m->name.len - id->len - 1;
        member.name.data = m->name.data + id->len + 1;

        rc = scim_body_fill(a, &a->slots[i], &member.name, m);

        if (rc != SCIM_DECLINED) {
            return rc;
        }
    }

    return schema ? scim_body_unknown(a, &member, schema) : SCIM_DECLINED;
}


/* the object under a schema's URN */

static int
scim_body_object(scim_accept_t *a, scim_slot_t *slot, const scim_json_t *m)
{
    int                 rc;
    const scim_json_t  *value;

    if (m->type == SCIM_JSON_NULL
        || (m->type == SCIM_JSON_ARRAY && m->n == 0))
    {
        slot->cleared = 1;
        return SCIM_OK;
    }

    if (m->type != SCIM_JSON_OBJECT) {
        return scim_error(a->value.err, 400, SCIM_INVALID_VALUE,
                          "attribute \"%[%S%]\" must be an object",
                          &slot->schema->id);
    }

    for (value = m->first; value; value = value->next) {

        rc = scim_body_fill(a, slot, &value->name, value);

        /* some libraries repeat "schemas" in there */

        if (rc == SCIM_DECLINED
            && !scim_str_caseeq(&value->name, &scim_schemas_name))
        {
            rc = scim_body_unknown(a, value, slot->schema);
        }

        if (rc == SCIM_ERROR) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_body_unknown(scim_accept_t *a, const scim_json_t *m,
    const scim_schema_t *schema)
{
    switch (a->value.policy->unknown) {

    case SCIM_UNKNOWN_IGNORE:
        return SCIM_OK;

    case SCIM_UNKNOWN_REJECT:
        a->value.schema = schema;

        return scim_value_foreign(&a->value, &m->name, SCIM_INVALID_SYNTAX);

    case SCIM_UNKNOWN_KEEP:
        break;
    }

    /* PATCH alone sees groups with what was kept by other rules */

    if (schema || (scim_resource_type_members(a->rtype)
                   && !a->value.policy->patched))
    {
        return SCIM_OK;
    }

    return scim_body_keep(a, m);
}


/* an object under a URN that nobody registered */

static int
scim_body_keep(scim_accept_t *a, const scim_json_t *m)
{
    const char  *why;

    if (m->type != SCIM_JSON_OBJECT || m->n == 0 || !scim_body_is_urn(m)) {
        return SCIM_OK;
    }

    why = scim_value_numbers(m);

    if (why) {
        return scim_error(a->value.err, 400, SCIM_INVALID_VALUE,
                          "a value of attribute \"%S\" %s", &m->name, why);
    }

    return scim_body_kept(a, m);
}


/* it stays as it came, with the names as they were first spelled */

static int
scim_body_kept(scim_accept_t *a, const scim_json_t *m)
{
    scim_json_t        *object;
    const scim_json_t  *was, *e, *old;

    object = scim_json_new(a->value.arena, SCIM_JSON_OBJECT);
    if (object == NULL) {
        return scim_error_nomem(a->value.err);
    }

    was = a->current ? scim_json_get(a->current, &m->name) : NULL;

    for (e = m->first; e; e = e->next) {
        old = was ? scim_json_get(was, &e->name) : NULL;

        if ((!a->missing || e->type != SCIM_JSON_NULL)
            && scim_body_append(a, object, old ? &old->name : &e->name, e)
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    for (e = was && a->missing ? was->first : NULL; e; e = e->next) {
        if (scim_json_get(m, &e->name) == NULL
            && scim_body_append(a, object, &e->name, e) != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    if (object->n) {
        scim_json_append(a->kept, was ? &was->name : &m->name, object);
    }

    return SCIM_OK;
}


/* what was kept before, and is not in the body, or not looked at there */

static int
scim_body_stay(scim_accept_t *a, const scim_json_t *body)
{
    const scim_json_t  *m, *in;

    for (m = a->current->first; m; m = m->next) {

        if (m->type != SCIM_JSON_OBJECT || !scim_body_is_urn(m)
            || scim_body_slot(a, &m->name))
        {
            continue;
        }

        in = scim_json_get(body, &m->name);

        if ((in == NULL || (in->type == SCIM_JSON_OBJECT
                            && a->value.policy->unknown != SCIM_UNKNOWN_KEEP))
            && scim_body_append(a, a->kept, &m->name, m) != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_body_append(scim_accept_t *a, scim_json_t *object,
    const scim_str_t *name, const scim_json_t *value)
{
    scim_json_t  *copy;

    copy = scim_value_copy(a->value.arena, value);
    if (copy == NULL) {
        return scim_error_nomem(a->value.err);
    }

    scim_json_append(object, name, copy);

    return SCIM_OK;
}


static int
scim_body_is_urn(const scim_json_t *m)
{
    scim_str_t  prefix;

    prefix.len = scim_urn_prefix.len;
    prefix.data = m->name.data;

    return m->name.len > prefix.len
           && scim_str_caseeq(&prefix, &scim_urn_prefix);
}
