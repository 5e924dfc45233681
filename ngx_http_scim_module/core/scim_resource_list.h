
/*
 * Lists of values as wholes, behind the check of each element.  Used by
 * scim_resource_value.c, scim_resource.c, and for changes of members by PATCH.
 */


#ifndef SCIM_RESOURCE_LIST_H_INCLUDED
#define SCIM_RESOURCE_LIST_H_INCLUDED


#include "scim_resource_value.h"


/* a value to be found twice: (value, type) of an element, or a key */
typedef struct scim_pair_s  scim_pair_t;

struct scim_pair_s {
    scim_str_t            value;
    scim_str_t            type;
    scim_json_t          *element;
    scim_pair_t          *twin;      /* the first that it equals, or NULL */
};


/*
 * Of equal (type, value) the first stays (RFC 7643 section 2.4).  When the
 * primary one goes so, the one that stays takes its place.
 */
int scim_list_distinct(scim_value_t *v, const scim_attr_t *attr,
    scim_json_t **list);

/* two primaries: 400 invalidValue (strict), or the first is it (tolerant) */
int scim_list_primary(scim_value_t *v, const scim_attr_t *attr,
    scim_json_t *list);

/*
 * The ids in a list that scim_value_accept() made for an attribute which is
 * kept as rows, in order and each once: "value", or the last segment of "$ref"
 * where there is no value.
 */
int scim_list_ids(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *list, scim_str_t **ids, size_t *n);

/* sets "twin" of each pair that equals one before it; SCIM_ERROR: memory is
 * short */
int scim_pairs_mark(scim_arena_t *arena, scim_pair_t *pairs, size_t n);


#endif /* SCIM_RESOURCE_LIST_H_INCLUDED */
