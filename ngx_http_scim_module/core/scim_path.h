
/*
 * Attribute paths (RFC 7644 section 3.10 and figure 7 of 3.5.2):
 * [URN (":" / ".")] attr ["[" filter "]"] ["." sub], resolved against a
 * resource type.  Used by scim_filter.c, scim_query_param.c and PATCH.
 */


#ifndef SCIM_PATH_H_INCLUDED
#define SCIM_PATH_H_INCLUDED


#include "scim_error.h"
#include "scim_schema.h"


typedef struct scim_filter_s  scim_filter_t;


typedef struct {
    scim_str_t            text;      /* as it was sent */
    const scim_schema_t  *schema;    /* never NULL once resolved */
    const scim_attr_t    *attr;      /* NULL: the schema as a whole */
    const scim_attr_t    *sub;       /* NULL: none named */
    scim_filter_t        *filter;    /* value path, or NULL */
} scim_path_t;


/*
 * Resolves an attribute path without brackets.  Names and URNs are compared
 * without case; the longest URN that the type knows wins, so that dots and
 * colons inside a URN do no harm.  SCIM_DECLINED, with *err untouched, when
 * the type has no such attribute; SCIM_ERROR with 400 and scimType "type" when
 * it is malformed.
 */
int scim_path_resolve(const scim_resource_type_t *rtype,
    const scim_str_t *text, scim_path_t *path, scim_type_e type,
    scim_error_t *err);

/* the attribute at the path's end: sub when there is one, else attr */
const scim_attr_t *scim_path_target(const scim_path_t *path);


#endif /* SCIM_PATH_H_INCLUDED */
