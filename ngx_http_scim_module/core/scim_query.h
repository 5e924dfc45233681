
/*
 * Parameters of a read: filter, projection, paging, sorting (RFC 7644
 * sections 3.4.2 and 3.9).  Made from a query string by scim_query_parse();
 * used by http/ and store/.
 */


#ifndef SCIM_QUERY_H_INCLUDED
#define SCIM_QUERY_H_INCLUDED


#include "scim_filter.h"


typedef struct {
    size_t          results;         /* page size, count is cut to it */
    size_t          filter_depth;
    size_t          filter_length;   /* bytes */
} scim_query_limits_t;


/* attributes= or excludedAttributes=: names that the type does not know are
 * passed over */
typedef struct {
    scim_path_t    *paths;
    size_t          n;
    unsigned        given:1;         /* the parameter stood in the request */
} scim_select_t;


typedef struct {
    scim_filter_t  *filter;          /* NULL: all */
    scim_select_t   attributes;
    scim_select_t   excluded;
    int64_t         start_index;     /* 1 or more */
    int64_t         count;           /* 0 to limits.results */
    scim_str_t      sort_by;         /* len 0: none */
    unsigned        descending:1;
    unsigned        has_filter:1;    /* also when rtype is NULL */
} scim_query_t;


/*
 * Parses a raw query string ("a=b&c=d", percent-encoded, "+" is a space).
 * Parameter names compare without case; unknown ones (Entra's flag) are
 * ignored; an empty one, a trailing "&" and a repeated "?" do no harm.
 * startIndex below 1 is 1, count below 0 is 0, numbers beyond 64 bits are
 * clamped, other text is 400 invalidValue.  attributes and excludedAttributes
 * together are 400 invalidValue.  "rtype" NULL: discovery, only has_filter is
 * told.
 */
int scim_query_parse(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_str_t *args, const scim_query_limits_t *limits,
    scim_query_t *query, scim_error_t *err);


#endif /* SCIM_QUERY_H_INCLUDED */
