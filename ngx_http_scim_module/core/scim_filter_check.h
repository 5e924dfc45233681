
/*
 * Operators of filters and what attribute types allow of them.  Used by
 * scim_filter.c alone.
 */


#ifndef SCIM_FILTER_CHECK_H_INCLUDED
#define SCIM_FILTER_CHECK_H_INCLUDED


#include "scim_filter.h"


/* "eq", "co", "pr", ... in any case; SCIM_ERROR when there is no such one */
int scim_filter_operator(const scim_str_t *name, scim_filter_e *op);

/*
 * Whether the type of the node's attribute allows its operator and literal;
 * brings the literal into the attribute's type.  "pos" is where the literal
 * stands in the filter.  Errors are 400 invalidFilter.
 */
int scim_filter_check(scim_arena_t *arena, scim_filter_t *node, size_t pos,
    scim_error_t *err);


#endif /* SCIM_FILTER_CHECK_H_INCLUDED */
