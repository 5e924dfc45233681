
/*
 * What the parts of Bulk share: bulkIds and ids in order, and the graph of
 * what waits for what.  Used by scim_bulk.c, scim_bulk_keys.c,
 * scim_bulk_refs.c and scim_bulk_plan.c.
 */


#ifndef SCIM_BULK_PLAN_H_INCLUDED
#define SCIM_BULK_PLAN_H_INCLUDED


#include "scim_bulk.h"


/* a name of an operation: its bulkId, or its resource's id */
typedef struct {
    scim_str_t          name;
    size_t              index;       /* in bulk->ops */
} scim_bulk_key_t;


/* why "from" waits for "to" */
typedef enum {
    SCIM_BULK_MEMBER = 0,      /* needs it: member, or the resource itself */
    SCIM_BULK_REFERENCE,       /* needs it: any other reference */
    SCIM_BULK_RESOURCE,        /* comes after it on the same resource */
    SCIM_BULK_NAME,            /* comes after it for a name's sake */
    SCIM_BULK_DROPPED          /* waits no longer */
} scim_bulk_why_e;


typedef struct {
    size_t              from;
    size_t              to;
    scim_bulk_why_e     why;
} scim_bulk_edge_t;


typedef struct {
    scim_arena_t       *arena;
    scim_bulk_t        *bulk;
    scim_bulk_key_t    *keys;        /* bulkIds of POST, sorted */
    size_t              nkeys;
    scim_bulk_edge_t   *edges;
    size_t              nedges;
    size_t              size;        /* room for edges */
    size_t             *marks;       /* of references, two per operation */
    unsigned char      *renames;     /* PATCH that may change the name */
    scim_error_t       *err;
} scim_bulk_plan_t;


/* by name, equal ones by index, in n log n steps; 503 when memory is short */
int scim_bulk_sort(scim_arena_t *arena, scim_bulk_key_t *keys, size_t n,
    scim_error_t *err);

/* bulkIds of all POST operations, sorted */
int scim_bulk_keys(scim_arena_t *arena, const scim_bulk_t *bulk,
    scim_bulk_key_t **keys, size_t *n, scim_error_t *err);

/* SCIM_DECLINED when there is no such name */
int scim_bulk_find(const scim_bulk_key_t *keys, size_t n,
    const scim_str_t *name, size_t *index);

int scim_bulk_edge(scim_bulk_plan_t *plan, size_t from, size_t to,
    scim_bulk_why_e why);

/* ids for bulkIds in the path and the data of an operation, and its edges */
int scim_bulk_refs(scim_bulk_plan_t *plan, size_t index);


#endif /* SCIM_BULK_PLAN_H_INCLUDED */
