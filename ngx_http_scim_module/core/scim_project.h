
/*
 * From what is kept to what is sent: one resource's representation with id
 * and meta, cut to attributes and excludedAttributes (RFC 7644 section 3.9),
 * and the ListResponse around many (3.4.2).  Called by http/.
 */


#ifndef SCIM_PROJECT_H_INCLUDED
#define SCIM_PROJECT_H_INCLUDED


#include "scim_query.h"


/* a resource as the store hands it over; strings belong to the store */
typedef struct {
    scim_str_t      id;              /* canonical UUID text */
    scim_str_t      doc;             /* JSON object, stored form */
    scim_str_t      created;         /* RFC 3339, UTC */
    scim_str_t      modified;
    int64_t         version;
} scim_stored_t;


/*
 * Appends the JSON text of *res to "b".  "base" is the URL that
 * meta.location starts with, without a slash at its end.  Without a
 * projection (neither select given) the stored text is passed on unparsed;
 * else it is parsed, cut and written anew.  id, schemas and attributes that
 * are returned "always" stay in any case; "never" is never there.
 */
int scim_project_write(scim_arena_t *arena, scim_buf_t *b,
    const scim_resource_type_t *rtype, const scim_stored_t *res,
    const scim_query_t *query, const scim_str_t *base, scim_error_t *err);

/*
 * The head and the tail of a ListResponse (RFC 7644 section 3.4.2): the
 * caller writes the resources, separated by commas, in between.
 */
void scim_project_list_head(scim_buf_t *b, int64_t total, int64_t start_index,
    int64_t items);
void scim_project_list_tail(scim_buf_t *b);


#endif /* SCIM_PROJECT_H_INCLUDED */
