
/*
 * Syntax of the simple types (RFC 7643 sections 2.3.1 to 2.3.7).  Used by
 * scim_resource_value.c for what a client wants to be kept.
 */


#ifndef SCIM_RESOURCE_TYPE_H_INCLUDED
#define SCIM_RESOURCE_TYPE_H_INCLUDED


#include "scim_json.h"
#include "scim_schema.h"


/*
 * NULL when "in" is a value of the attribute's type, else what is wrong, as
 * the end of a sentence that begins with the attribute's name.  *boolean is
 * set for booleans; unless strict, "True" and "false" are taken for them.
 */
const char *scim_type_check(const scim_attr_t *attr, const scim_json_t *in,
    int strict, int *boolean);


#endif /* SCIM_RESOURCE_TYPE_H_INCLUDED */
