
/*
 * The bump allocator behind all memory of core/.  A chunk comes from the
 * caller's allocator; what is big for a chunk is asked for by itself.
 */


#include <stdint.h>

#include "scim_str.h"


/* under ASan each object is a block of its own, that it can watch */
#if defined(__SANITIZE_ADDRESS__)
#define SCIM_ARENA_CHUNK  0
#else
#define SCIM_ARENA_CHUNK  4096
#endif

/* pointers, 64-bit integers, doubles: core/ has no type that needs more */
#define SCIM_ARENA_ALIGN  8


static void *scim_arena_get(scim_arena_t *arena, size_t size, size_t align);


void
scim_arena_init(scim_arena_t *arena, scim_alloc_pt alloc, void *data)
{
    arena->alloc = alloc;
    arena->data = data;
    arena->last = NULL;
    arena->end = NULL;
}


void *
scim_alloc(scim_arena_t *arena, size_t size)
{
    return scim_arena_get(arena, size, SCIM_ARENA_ALIGN);
}


void *
scim_calloc(scim_arena_t *arena, size_t size)
{
    void  *p;

    p = scim_arena_get(arena, size, SCIM_ARENA_ALIGN);

    if (p) {
        memset(p, 0, size);
    }

    return p;
}


unsigned char *
scim_alloc_bytes(scim_arena_t *arena, size_t size)
{
    return scim_arena_get(arena, size, 1);
}


static void *
scim_arena_get(scim_arena_t *arena, size_t size, size_t align)
{
    size_t          over;
    unsigned char  *p;

    /* a size that went below zero */

    if (size > SIZE_MAX / 2) {
        return NULL;
    }

    if (arena->last) {
        over = (uintptr_t) arena->last & (align - 1);
        p = over ? arena->last + (align - over) : arena->last;

        if (p <= arena->end && size <= (size_t) (arena->end - p)) {
            arena->last = p + size;
            return p;
        }
    }

    if (size > SCIM_ARENA_CHUNK / 4) {
        return arena->alloc(arena->data, size);
    }

    p = arena->alloc(arena->data, SCIM_ARENA_CHUNK);
    if (p == NULL) {
        return NULL;
    }

    arena->last = p + size;
    arena->end = p + SCIM_ARENA_CHUNK;

    return p;
}
