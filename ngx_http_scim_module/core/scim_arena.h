
/*
 * Memory of the core: a bump allocator over an allocator that the caller
 * brings (an nginx pool, malloc in the unit tests, one that fails on purpose).
 * Nothing is freed singly; the caller frees what its allocator handed out.
 */


#ifndef SCIM_ARENA_H_INCLUDED
#define SCIM_ARENA_H_INCLUDED


#include <stddef.h>


/* returns "size" bytes aligned for any type, or NULL */
typedef void *(*scim_alloc_pt)(void *data, size_t size);


typedef struct {
    scim_alloc_pt   alloc;
    void           *data;
    unsigned char  *last;      /* free bytes of the current chunk */
    unsigned char  *end;
} scim_arena_t;


void scim_arena_init(scim_arena_t *arena, scim_alloc_pt alloc, void *data);

/* aligned for any type; NULL when the allocator has no more */
void *scim_alloc(scim_arena_t *arena, size_t size);

/* the same, zeroed */
void *scim_calloc(scim_arena_t *arena, size_t size);

/* for bytes: no alignment */
unsigned char *scim_alloc_bytes(scim_arena_t *arena, size_t size);


#endif /* SCIM_ARENA_H_INCLUDED */
