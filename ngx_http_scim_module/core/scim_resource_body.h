
/*
 * A body on its way to a resource: what was sent for each attribute.  Shared
 * by scim_resource_body.c, which sorts it, and scim_resource.c, which makes
 * the resource of it.
 */


#ifndef SCIM_RESOURCE_BODY_H_INCLUDED
#define SCIM_RESOURCE_BODY_H_INCLUDED


#include "scim_resource_value.h"


/* what was sent for each attribute of a schema; NULL: nothing */
typedef struct {
    const scim_schema_t         *schema;
    const scim_json_t          **values;
    unsigned                     cleared:1;  /* null under its URN */
} scim_slot_t;


/* slots in the order of output: common, the type's own, its extensions */
#define SCIM_SLOT_COMMON     0
#define SCIM_SLOT_CORE       1
#define SCIM_SLOT_EXTENSION  2


typedef struct {
    scim_value_t                 value;
    const scim_resource_type_t  *rtype;
    const scim_json_t           *current;    /* NULL on POST */
    scim_slot_t                 *slots;
    size_t                       nslots;
    scim_json_t                 *kept;       /* extensions nobody knows */
    const scim_attr_t           *external;
    const scim_attr_t           *active;     /* NULL: type has none */
    scim_resource_t             *resource;
    unsigned                     missing:1;  /* what is missing stays */
} scim_accept_t;


/* fills slots and kept; 400 for a body that does not fit the type */
int scim_body_sort(scim_accept_t *a, const scim_json_t *body);


#endif /* SCIM_RESOURCE_BODY_H_INCLUDED */
