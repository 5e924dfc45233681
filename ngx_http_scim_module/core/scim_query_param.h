
/*
 * The parameters of a query by name, as text, before they mean anything.  Used
 * by scim_query.c and scim_query_search.c, which find them in a query string
 * and in a body.
 */


#ifndef SCIM_QUERY_PARAM_H_INCLUDED
#define SCIM_QUERY_PARAM_H_INCLUDED


#include "scim_query.h"


typedef enum {
    SCIM_QUERY_FILTER = 0,
    SCIM_QUERY_ATTRIBUTES,
    SCIM_QUERY_EXCLUDED,
    SCIM_QUERY_START_INDEX,
    SCIM_QUERY_COUNT,
    SCIM_QUERY_SORT_BY,
    SCIM_QUERY_SORT_ORDER,
    SCIM_QUERY_CURSOR,
    SCIM_QUERY_UNKNOWN
} scim_query_e;


typedef struct {
    scim_str_t    values[SCIM_QUERY_UNKNOWN];    /* data NULL: absent */
} scim_query_params_t;


/* ASCII case ignored */
scim_query_e scim_query_param(const scim_str_t *name);

/* for error texts */
const char *scim_query_param_name(scim_query_e param);

/* the query of the parameters, for "n" types, one at least */
int scim_query_make(scim_arena_t *arena, const scim_resource_type_t *types,
    size_t n, const scim_query_params_t *params,
    const scim_query_limits_t *limits, scim_query_t *query, scim_error_t *err);

/* the query without any, also for no types */
void scim_query_init(scim_query_t *query, const scim_query_limits_t *limits);


#endif /* SCIM_QUERY_PARAM_H_INCLUDED */
