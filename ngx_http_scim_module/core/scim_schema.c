
/*
 * Questions to the schema tables: resource types by endpoint, schemas by URN,
 * attributes and sub-attributes by name, and what a document holds.  Called by
 * whatever resolves a name that a client sent: paths, bodies, projections,
 * routes.
 */


#include "scim_schema.h"


static const scim_attr_t *scim_attr_find(const scim_attr_t *attrs, size_t n,
    const scim_str_t *name);


static const scim_str_t  scim_password_name = scim_string("password");


const scim_resource_type_t *
scim_registry_endpoint(const scim_registry_t *registry,
    const scim_str_t *segment)
{
    size_t             i;
    const scim_str_t  *endpoint;

    for (i = 0; i < registry->ntypes; i++) {
        endpoint = &registry->types[i].endpoint;

        /* an endpoint is kept with its leading slash */

        if (endpoint->len == segment->len + 1
            && memcmp(endpoint->data + 1, segment->data, segment->len) == 0)
        {
            return &registry->types[i];
        }
    }

    return NULL;
}


const scim_attr_t *
scim_schema_attr(const scim_schema_t *schema, const scim_str_t *name)
{
    return scim_attr_find(schema->attrs, schema->nattrs, name);
}


const scim_attr_t *
scim_attr_sub(const scim_attr_t *attr, const scim_str_t *name)
{
    return scim_attr_find(attr->subs, attr->nsubs, name);
}


int
scim_attr_stored(const scim_attr_t *attr)
{
    if (attr->source != SCIM_SOURCE_DOC || attr->mutability == SCIM_READ_ONLY)
    {
        return 0;
    }

    return attr->mutability != SCIM_WRITE_ONLY
           || !scim_str_caseeq(&attr->name, &scim_password_name);
}


int
scim_resource_type_members(const scim_resource_type_t *type)
{
    size_t  i;

    for (i = 0; i < type->schema->nattrs; i++) {
        if (type->schema->attrs[i].source == SCIM_SOURCE_MEMBERS) {
            return 1;
        }
    }

    return 0;
}


const scim_schema_t *
scim_resource_type_schema(const scim_resource_type_t *type,
    const scim_str_t *urn)
{
    size_t  i;

    if (scim_str_caseeq(&type->schema->id, urn)) {
        return type->schema;
    }

    for (i = 0; i < type->nextensions; i++) {
        if (scim_str_caseeq(&type->extensions[i].schema->id, urn)) {
            return type->extensions[i].schema;
        }
    }

    return NULL;
}


static const scim_attr_t *
scim_attr_find(const scim_attr_t *attrs, size_t n, const scim_str_t *name)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (scim_str_caseeq(&attrs[i].name, name)) {
            return &attrs[i];
        }
    }

    return NULL;
}
