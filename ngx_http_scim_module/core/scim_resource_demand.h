
/*
 * Whether a resource has what its tenant requires.  Called by
 * scim_resource.c.
 */


#ifndef SCIM_RESOURCE_DEMAND_H_INCLUDED
#define SCIM_RESOURCE_DEMAND_H_INCLUDED


#include "scim_resource_value.h"


/*
 * 400 invalidValue for the first of the type's demands that the document does
 * not meet.  "current" is the document before a PATCH, which may leave alone
 * what was missing there, and NULL for POST and PUT.
 */
int scim_demands_met(scim_value_t *v, const scim_resource_type_t *rtype,
    const scim_json_t *doc, const scim_json_t *current);


#endif /* SCIM_RESOURCE_DEMAND_H_INCLUDED */
