
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
    const scim_resource_type_t  *rtype;
    scim_str_t                   id;         /* canonical UUID text */
    scim_str_t                   doc;        /* JSON object, stored form */
    scim_str_t                   groups;     /* JSON array of {"value","type",
                                                "display"}; len 0: none, or
                                                not asked for */
    scim_str_t                   created;    /* RFC 3339, UTC */
    scim_str_t                   modified;
    int64_t                      version;
    int64_t                      members;    /* how many rows it has */
    unsigned                     settled:1;  /* a write that changes nothing
                                                need not reach the database:
                                                SCIM owns the row */
} scim_stored_t;

/* a row of a group */
typedef struct {
    scim_str_t                   id;
    scim_str_t                   display;
    const scim_resource_type_t  *rtype;      /* User or Group */
} scim_member_t;


/* whether the view shows what is kept as rows: then the store must be asked
 * for it (RFC 7644 section 3.9: what is left out is not read) */
int scim_project_members(const scim_view_t *view);
int scim_project_groups(const scim_view_t *view);

/*
 * Appends the JSON text of *res to "b", without members, the object left open;
 * scim_project_end() closes it.  "base" is the URL that meta.location starts
 * with, without a slash at its end.  Without a projection (neither select
 * given) the stored text is passed on unparsed; else it is parsed, cut and
 * written anew.  id, schemas and attributes that are returned "always" stay in
 * any case; "never" is never there.
 */
int scim_project_begin(scim_arena_t *arena, scim_buf_t *b,
    const scim_view_t *view, const scim_stored_t *res, const scim_str_t *base,
    scim_error_t *err);

/* one member, after begin; "first": it opens the list.  value, $ref, type and
 * display as the view shows them */
void scim_project_member(scim_buf_t *b, const scim_view_t *view,
    const scim_member_t *member, const scim_str_t *base, int first);

/* closes the list, when members were written, and the resource */
void scim_project_end(scim_buf_t *b, int members);

/*
 * The head and the tail of a ListResponse (RFC 7644 section 3.4.2): the
 * caller writes the resources, separated by commas, in between.  start_index
 * 0: none (cursor paging, RFC 9865); next: nextCursor, data NULL: none.
 */
void scim_project_list_head(scim_buf_t *b, int64_t total, int64_t start_index,
    int64_t items, const scim_str_t *next);
void scim_project_list_tail(scim_buf_t *b);


#endif /* SCIM_PROJECT_H_INCLUDED */
