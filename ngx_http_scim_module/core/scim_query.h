
/*
 * Parameters of a read: filter, projection, paging, sorting (RFC 7644
 * sections 3.4.2, 3.4.3 and 3.9, RFC 9865).  Made from a query string or from
 * the body of a search; used by http/ and store/.
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


/* what the query means for resources of one type */
typedef struct {
    const scim_resource_type_t  *rtype;
    scim_filter_t               *filter;     /* NULL: all */
    scim_select_t                attributes;
    scim_select_t                excluded;
    scim_path_t                  sort;       /* attr NULL: no sortBy, or the
                                                type does not know it */
} scim_view_t;


typedef struct {
    scim_view_t    *views;           /* one for each type that was given */
    size_t          nviews;
    int64_t         start_index;     /* 1 or more */
    int64_t         count;           /* 0 to limits.results */
    scim_str_t      filter;          /* texts as sent, for a cursor's digest; */
    scim_str_t      sort_by;         /* len 0: none */
    scim_str_t      cursor;          /* data NULL: index paging; len 0: first
                                        page */
    unsigned        descending:1;
    unsigned        has_filter:1;    /* also without types */
} scim_query_t;


/*
 * Parses a raw query string ("a=b&c=d", percent-encoded, "+" is a space) for
 * resources of "n" types in a row, of which all are searched (n 0: discovery,
 * where only has_filter is told).  Parameter names compare without case;
 * unknown ones (Entra's flag) are ignored; an empty one, a trailing "&" and a
 * repeated "?" do no harm.  startIndex below 1 is 1, count below 0 is 0,
 * numbers beyond 64 bits are clamped, other text is 400 invalidValue (with a
 * cursor: invalidCount).  attributes and excludedAttributes together are 400
 * invalidValue, cursor and startIndex too.
 *
 * A name in a filter or in sortBy that none of the types knows is 400
 * invalidFilter or invalidPath; one that only some know has no value for the
 * others.  sortBy may end at a complex attribute, which stands for its
 * "value".
 */
int scim_query_parse(scim_arena_t *arena, const scim_resource_type_t *types,
    size_t n, const scim_str_t *args, const scim_query_limits_t *limits,
    scim_query_t *query, scim_error_t *err);

/*
 * The same from the body of a POST to .search: an object with schemas (RFC 7644
 * section 3.4.3; tolerated when absent), names in any case, attributes as an
 * array of strings (or one string with commas), numbers as numbers (or strings
 * of digits), null as absent; unknown members are ignored.
 */
int scim_query_search(scim_arena_t *arena, const scim_resource_type_t *types,
    size_t n, const scim_json_t *body, const scim_query_limits_t *limits,
    scim_query_t *query, scim_error_t *err);


#endif /* SCIM_QUERY_H_INCLUDED */
