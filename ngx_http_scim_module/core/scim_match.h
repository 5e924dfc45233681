
/*
 * Whether an element of a multi-valued attribute satisfies a value path's
 * filter (RFC 7644 sections 3.4.2.2 and 3.5.2).  Called by scim_patch_list.c;
 * lists are filtered by PostgreSQL (store/ngx_scim_store_filter.c), which must
 * agree.
 */


#ifndef SCIM_MATCH_H_INCLUDED
#define SCIM_MATCH_H_INCLUDED


#include "scim_filter.h"


/*
 * 1: "element" (an object, or a simple value, which its filter calls "value")
 * matches; 0: it does not; SCIM_ERROR when memory is short.  Strings compare
 * by their key (scim_fold) unless the attribute is caseExact, numbers by
 * value, dates by instant.
 */
int scim_match(scim_arena_t *arena, const scim_filter_t *filter,
    const scim_json_t *element, scim_error_t *err);


#endif /* SCIM_MATCH_H_INCLUDED */
