
/*
 * A resource type with what User lacks: numbers, extensions whose URNs have
 * dots, begin alike or hide behind each other, names that several schemas
 * share.  For the tests of paths and filters.
 */


#ifndef TYPES_H_INCLUDED
#define TYPES_H_INCLUDED


#include "scim_schema.h"


#define URN_THING  "urn:example:params:scim:schemas:core:2.0:Thing"
#define URN_SHORT  "urn:example:params:scim:schemas:extension:acme:2.0:Thing"
#define URN_LONG   URN_SHORT ":more.1"


static const scim_attr_t  thing_link_subs[] = {
    { .name = scim_string("id"), .type = SCIM_ATTR_INTEGER },
    { .name = scim_string("secret"), .returned = SCIM_RETURNED_NEVER }
};

static const scim_attr_t  thing_vault_subs[] = {
    { .name = scim_string("key"), .type = SCIM_ATTR_STRING }
};

static const scim_attr_t  thing_attrs[] = {
    { .name = scim_string("label"), .type = SCIM_ATTR_STRING },
    { .name = scim_string("size"), .type = SCIM_ATTR_INTEGER },
    { .name = scim_string("weight"), .type = SCIM_ATTR_DECIMAL },
    { .name = scim_string("seen"), .type = SCIM_ATTR_DATETIME },
    { .name = scim_string("blob"), .type = SCIM_ATTR_BINARY },
    { .name = scim_string("shared"), .type = SCIM_ATTR_STRING }
};

static const scim_attr_t  thing_short_attrs[] = {
    { .name = scim_string("linkedResource"), .type = SCIM_ATTR_COMPLEX,
      .subs = thing_link_subs, .nsubs = 2 },
    { .name = scim_string("shared"), .type = SCIM_ATTR_BOOLEAN },
    { .name = scim_string("twice"), .type = SCIM_ATTR_STRING },
    { .name = scim_string("id"), .type = SCIM_ATTR_STRING }
};

static const scim_attr_t  thing_long_attrs[] = {
    { .name = scim_string("twice"), .type = SCIM_ATTR_BOOLEAN },
    { .name = scim_string("vault"), .type = SCIM_ATTR_COMPLEX,
      .returned = SCIM_RETURNED_NEVER, .subs = thing_vault_subs, .nsubs = 1 }
};

static const scim_schema_t  thing_schema = {
    .id = scim_string(URN_THING), .attrs = thing_attrs, .nattrs = 6
};

static const scim_schema_t  thing_short = {
    .id = scim_string(URN_SHORT), .attrs = thing_short_attrs, .nattrs = 4
};

static const scim_schema_t  thing_long = {
    .id = scim_string(URN_LONG), .attrs = thing_long_attrs, .nattrs = 2
};

static const scim_extension_t  thing_extensions[] = {
    { .schema = &thing_short },
    { .schema = &thing_long }
};

static const scim_resource_type_t  thing_type = {
    .name = scim_string("Thing"),
    .endpoint = scim_string("/Things"),
    .schema = &thing_schema,
    .extensions = thing_extensions,
    .nextensions = 2
};


#define URN_USER  "urn:ietf:params:scim:schemas:core:2.0:User"
#define URN_ENT   "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


static inline const scim_resource_type_t *
user_type(void)
{
    const scim_str_t  name = scim_string("Users");

    return scim_registry_endpoint(scim_registry_builtin(), &name);
}


#endif /* TYPES_H_INCLUDED */
