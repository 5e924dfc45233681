
/*
 * Schemas and resource types from JSON.  Called by scim_registry.c while the
 * configuration is read.  What RFC 7643 leaves out has the defaults of its
 * section 2.2; what would contradict itself later is a fault here, with its
 * place.
 */


#include "scim_registry_load.h"


static int scim_load_attrs(scim_load_t *l, const scim_json_t *json,
    const char *key, scim_attr_t **attrs, size_t *nattrs);
static int scim_load_attr(scim_load_t *l, const scim_json_t *json,
    int sub, scim_attr_t *attr);
static int scim_load_traits(scim_load_t *l, const scim_json_t *json,
    scim_attr_t *attr);
static int scim_load_returned(scim_load_t *l, const scim_json_t *json,
    scim_attr_t *attr);
static int scim_load_subs(scim_load_t *l, const scim_json_t *json, int sub,
    scim_attr_t *attr);
static void scim_load_bound(scim_attr_t *attr);
static int scim_load_names_resource(const scim_attr_t *attr);
static int scim_load_extensions(scim_load_t *l, const scim_json_t *json,
    scim_load_type_t *type);
static int scim_load_extension(scim_load_t *l, const scim_json_t *json,
    const scim_load_type_t *type, scim_load_extension_t *extension);
static int scim_load_endpoint(scim_load_t *l, const scim_str_t *endpoint);


static const char *const  scim_load_types[] = {
    "string", "boolean", "decimal", "integer", "dateTime", "binary",
    "reference", "complex", NULL
};

static const char *const  scim_load_mutabilities[] = {
    "readWrite", "readOnly", "immutable", "writeOnly", NULL
};

static const char *const  scim_load_returneds[] = {
    "default", "always", "never", "request", NULL
};

static const char *const  scim_load_uniquenesses[] = {
    "none", "server", "global", NULL
};

/* what the module serves itself below a base URL */
static const char *const  scim_load_reserved[] = {
    "/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/Bulk", "/Me",
    NULL
};


int
scim_load_schema(scim_load_t *l, const scim_json_t *json,
    scim_schema_t **schema)
{
    scim_attr_t        *attrs;
    const scim_attr_t  *name;

    if (json->type != SCIM_JSON_OBJECT) {
        return scim_load_fault(l, NULL, "must be an object");
    }

    *schema = scim_calloc(l->arena, sizeof(scim_schema_t));
    if (*schema == NULL) {
        return scim_error_nomem(l->err);
    }

    if (scim_load_urn(l, json, "id", &(*schema)->id) != SCIM_OK
        || scim_load_string(l, json, "name", SCIM_LOAD_NAME, 0,
                            &(*schema)->name)
           != SCIM_OK
        || scim_load_string(l, json, "description", SCIM_LOAD_TEXT, 0,
                            &(*schema)->description)
           != SCIM_OK
        || scim_load_attrs(l, json, "attributes", &attrs, &(*schema)->nattrs)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    (*schema)->attrs = attrs;
    name = scim_load_name_attr(*schema);

    /* may become a type's name, which has an index */

    if (name) {
        scim_load_bound(&attrs[name - attrs]);
    }

    return SCIM_OK;
}


static int
scim_load_attrs(scim_load_t *l, const scim_json_t *json, const char *key,
    scim_attr_t **attrs, size_t *nattrs)
{
    int                 sub;
    size_t              i, n;
    scim_attr_t        *attr;
    const scim_json_t  *array, *e;

    sub = key[0] == 's';

    if (scim_load_array(l, json, key, &array) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (array == NULL || array->n == 0) {
        return scim_load_fault(l, key, "is required");
    }

    attr = scim_calloc(l->arena, array->n * sizeof(scim_attr_t));
    if (attr == NULL) {
        return scim_error_nomem(l->err);
    }

    l->places[l->nplaces].name = key;
    l->nplaces++;

    for (n = 0, e = array->first; e; n++, e = e->next) {
        l->places[l->nplaces - 1].index = n;

        if (scim_load_attr(l, e, sub, &attr[n]) != SCIM_OK) {
            return SCIM_ERROR;
        }

        for (i = 0; i < n; i++) {
            if (scim_str_caseeq(&attr[i].name, &attr[n].name)) {
                return scim_load_fault(l, "name", "stands there twice");
            }
        }
    }

    l->nplaces--;

    *attrs = attr;
    *nattrs = n;

    return SCIM_OK;
}


static int
scim_load_attr(scim_load_t *l, const scim_json_t *json, int sub,
    scim_attr_t *attr)
{
    if (json->type != SCIM_JSON_OBJECT) {
        return scim_load_fault(l, NULL, "must be an object");
    }

    if (scim_load_string(l, json, "name", SCIM_LOAD_NAME, 1, &attr->name)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (!scim_load_name(&attr->name)
        && !(sub && scim_str_is(&attr->name, "$ref")))
    {
        return scim_load_fault(l, "name", "is no name of an attribute");
    }

    if (!sub && scim_str_is(&attr->name, "schemas")) {
        return scim_load_fault(l, "name", "is reserved");
    }

    if (scim_load_string(l, json, "description", SCIM_LOAD_TEXT, 0,
                         &attr->description)
           != SCIM_OK
        || scim_load_traits(l, json, attr) != SCIM_OK
        || scim_load_strings(l, json, "canonicalValues", &attr->canonical,
                             &attr->ncanonical)
           != SCIM_OK
        || scim_load_strings(l, json, "referenceTypes", &attr->references,
                             &attr->nreferences)
           != SCIM_OK
        || scim_load_subs(l, json, sub, attr) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (attr->uniqueness != SCIM_UNIQUE_NONE
        && attr->type != SCIM_ATTR_COMPLEX)
    {
        attr->indexed = 1;
        scim_load_bound(attr);
    }

    return SCIM_OK;
}


static int
scim_load_traits(scim_load_t *l, const scim_json_t *json, scim_attr_t *attr)
{
    int  type, multi, required, exact, mutability, uniqueness;

    type = SCIM_ATTR_STRING;
    multi = 0;
    required = 0;
    mutability = SCIM_READ_WRITE;
    uniqueness = SCIM_UNIQUE_NONE;

    if (scim_load_word(l, json, "type", scim_load_types,
                       "is no type of RFC 7643", &type)
           != SCIM_OK
        || scim_load_boolean(l, json, "multiValued", &multi) != SCIM_OK
        || scim_load_boolean(l, json, "required", &required) != SCIM_OK
        || scim_load_word(l, json, "mutability", scim_load_mutabilities,
                          "must be readOnly, readWrite, immutable or "
                          "writeOnly", &mutability)
           != SCIM_OK
        || scim_load_word(l, json, "uniqueness", scim_load_uniquenesses,
                          "must be none, server or global", &uniqueness)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    /* RFC 7643 sections 2.3.6 and 2.3.7 */

    exact = type == SCIM_ATTR_BINARY || type == SCIM_ATTR_REFERENCE;

    if (scim_load_boolean(l, json, "caseExact", &exact) != SCIM_OK) {
        return SCIM_ERROR;
    }

    attr->type = (scim_attr_e) type;
    attr->multi = multi;
    attr->required = required;
    attr->case_exact = exact;
    attr->mutability = (scim_mutability_e) mutability;
    attr->uniqueness = (scim_uniqueness_e) uniqueness;

    return scim_load_returned(l, json, attr);
}


static int
scim_load_returned(scim_load_t *l, const scim_json_t *json, scim_attr_t *attr)
{
    int  returned;

    returned = attr->mutability == SCIM_WRITE_ONLY ? SCIM_RETURNED_NEVER
                                                   : SCIM_RETURNED_DEFAULT;

    if (scim_load_word(l, json, "returned", scim_load_returneds,
                       "must be always, never, default or request", &returned)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (attr->mutability == SCIM_WRITE_ONLY
        && returned != SCIM_RETURNED_NEVER)
    {
        return scim_load_fault(l, "returned",
                               "must be never for what is writeOnly");
    }

    attr->returned = (scim_returned_e) returned;

    return SCIM_OK;
}


static int
scim_load_subs(scim_load_t *l, const scim_json_t *json, int sub,
    scim_attr_t *attr)
{
    scim_attr_t        *subs;
    const scim_json_t  *array;

    if (attr->type == SCIM_ATTR_COMPLEX) {

        if (sub) {
            return scim_load_fault(l, "type",
                                   "must not be complex in a sub-attribute");
        }

        if (scim_load_attrs(l, json, "subAttributes", &subs, &attr->nsubs)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        attr->subs = subs;

        return SCIM_OK;
    }

    if (scim_load_array(l, json, "subAttributes", &array) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (array && array->n) {
        return scim_load_fault(l, "subAttributes",
                               "only a complex attribute has them");
    }

    return SCIM_OK;
}


static void
scim_load_bound(scim_attr_t *attr)
{
    attr->max = SCIM_KEY_MAX;
}


/*
 * The first one that each resource must have and no two share; else one that
 * is called as names are.
 */

const scim_attr_t *
scim_load_name_attr(const scim_schema_t *schema)
{
    size_t              i;
    scim_str_t          s;
    const scim_attr_t  *attr;

    static const char *const  names[] = { "userName", "displayName", "name" };

    for (i = 0; i < schema->nattrs; i++) {
        attr = &schema->attrs[i];

        if (attr->required && attr->uniqueness != SCIM_UNIQUE_NONE
            && scim_load_names_resource(attr))
        {
            return attr;
        }
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        s.len = strlen(names[i]);
        s.data = (unsigned char *) names[i];

        attr = scim_schema_attr(schema, &s);

        if (attr && scim_load_names_resource(attr)) {
            return attr;
        }
    }

    return NULL;
}


static int
scim_load_names_resource(const scim_attr_t *attr)
{
    return attr->type == SCIM_ATTR_STRING
           && !attr->multi
           && attr->returned != SCIM_RETURNED_NEVER
           && scim_attr_stored(attr);
}


int
scim_load_type(scim_load_t *l, const scim_json_t *json,
    scim_load_type_t **type)
{
    scim_str_t         id;
    scim_load_type_t  *t;

    if (json->type != SCIM_JSON_OBJECT) {
        return scim_load_fault(l, NULL, "must be an object");
    }

    t = scim_calloc(l->arena, sizeof(scim_load_type_t));
    if (t == NULL) {
        return scim_error_nomem(l->err);
    }

    if (scim_load_string(l, json, "name", SCIM_LOAD_NAME, 1, &t->name)
           != SCIM_OK
        || scim_load_string(l, json, "id", SCIM_LOAD_NAME, 0, &id) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (!scim_load_name(&t->name)) {
        return scim_load_fault(l, "name", "is no name of a resource type");
    }

    if (id.data && !scim_str_eq(&id, &t->name)) {
        return scim_load_fault(l, "id", "must be the same as the name");
    }

    if (scim_load_string(l, json, "description", SCIM_LOAD_TEXT, 0,
                         &t->description)
           != SCIM_OK
        || scim_load_string(l, json, "endpoint", SCIM_LOAD_NAME, 1,
                            &t->endpoint)
           != SCIM_OK
        || scim_load_endpoint(l, &t->endpoint) != SCIM_OK
        || scim_load_urn(l, json, "schema", &t->urn) != SCIM_OK
        || scim_load_extensions(l, json, t) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    *type = t;

    return SCIM_OK;
}


static int
scim_load_extensions(scim_load_t *l, const scim_json_t *json,
    scim_load_type_t *type)
{
    size_t                  n;
    const scim_json_t      *array, *e;
    scim_load_extension_t  *extensions;

    if (scim_load_array(l, json, "schemaExtensions", &array) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (array == NULL || array->n == 0) {
        return SCIM_OK;
    }

    extensions = scim_calloc(l->arena,
                             array->n * sizeof(scim_load_extension_t));
    if (extensions == NULL) {
        return scim_error_nomem(l->err);
    }

    type->extensions = extensions;

    l->places[l->nplaces].name = "schemaExtensions";
    l->nplaces++;

    for (n = 0, e = array->first; e; n++, e = e->next) {
        l->places[l->nplaces - 1].index = n;

        if (scim_load_extension(l, e, type, &extensions[n]) != SCIM_OK) {
            return SCIM_ERROR;
        }

        type->nextensions++;
    }

    l->nplaces--;

    return SCIM_OK;
}


static int
scim_load_extension(scim_load_t *l, const scim_json_t *json,
    const scim_load_type_t *type, scim_load_extension_t *extension)
{
    int     required;
    size_t  i;

    if (json->type != SCIM_JSON_OBJECT) {
        return scim_load_fault(l, NULL, "must be an object");
    }

    required = 0;

    if (scim_load_urn(l, json, "schema", &extension->urn) != SCIM_OK
        || scim_load_boolean(l, json, "required", &required) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    extension->required = required;

    if (scim_str_caseeq(&type->urn, &extension->urn)) {
        return scim_load_fault(l, "schema", "is the type's own schema");
    }

    for (i = 0; i < type->nextensions; i++) {
        if (scim_str_caseeq(&type->extensions[i].urn, &extension->urn)) {
            return scim_load_fault(l, "schema", "stands there twice");
        }
    }

    return SCIM_OK;
}


/* "/Name", one segment that needs no escaping in a URL */

static int
scim_load_endpoint(scim_load_t *l, const scim_str_t *endpoint)
{
    size_t      i;
    scim_str_t  name;

    name.len = endpoint->len - 1;
    name.data = endpoint->data + 1;

    if (endpoint->data[0] != '/' || !scim_load_name(&name)) {
        return scim_load_fault(l, "endpoint",
                               "must be a slash and a name");
    }

    for (i = 0; scim_load_reserved[i]; i++) {
        if (scim_str_is(endpoint, scim_load_reserved[i])) {
            return scim_load_fault(l, "endpoint", "is reserved");
        }
    }

    return SCIM_OK;
}
