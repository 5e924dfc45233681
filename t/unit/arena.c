
/*
 * scim_arena.c: alignment, sizes, chunks, and what happens without memory.
 */


#include <stdint.h>

#include "tap.h"


static void
alignment(void)
{
    int             aligned, apart;
    size_t          i;
    unsigned char  *p, *bytes;
    scim_arena_t   *arena;

    arena = tap_arena();
    aligned = 1;
    apart = 1;

    for (i = 0; i < 3000; i++) {
        bytes = scim_alloc_bytes(arena, i % 7);
        p = scim_alloc(arena, i);

        if (p == NULL || bytes == NULL) {
            aligned = 0;
            break;
        }

        /* the last bytes are ours too */

        memset(bytes, 0x11, i % 7);
        memset(p, 0x22, i);

        if ((uintptr_t) p % 8) {
            aligned = 0;
        }

        if (i % 7 && bytes[i % 7 - 1] != 0x11) {
            apart = 0;
        }
    }

    ok(aligned, "3000 blocks are aligned to 8 bytes");
    ok(apart, "blocks do not overlap");
}


static void
zeroes(void)
{
    int             zero;
    size_t          i;
    unsigned char  *p;

    p = scim_calloc(tap_arena(), 5000);
    zero = (p != NULL);

    for (i = 0; zero && i < 5000; i++) {
        zero = (p[i] == 0);
    }

    ok(zero, "scim_calloc() gives zeroes");
}


static void
sizes(void)
{
    tap_mem_t     mem;
    scim_arena_t  arena, *a;

    a = tap_arena();

    ok(scim_alloc(a, 0) != NULL, "no bytes are a block");
    ok(scim_alloc(a, SIZE_MAX) == NULL, "SIZE_MAX bytes are none");
    ok(scim_alloc(a, SIZE_MAX / 2 + 1) == NULL, "half as many are none");
    ok(scim_alloc_bytes(a, SIZE_MAX) == NULL, "the same without alignment");
    ok(scim_calloc(a, SIZE_MAX) == NULL, "the same zeroed");
    ok(scim_alloc(a, 100) != NULL, "the arena is as good as before");

    memset(&mem, 0, sizeof(tap_mem_t));
    mem.fail = 1;
    mem.forever = 1;
    scim_arena_init(&arena, tap_alloc, &mem);

    ok(scim_alloc(&arena, 1) == NULL, "no memory, small block");
    ok(scim_alloc(&arena, 100000) == NULL, "no memory, big block");
    ok(scim_calloc(&arena, 10) == NULL, "no memory, zeroed block");
    ok(scim_alloc_bytes(&arena, 10) == NULL, "no memory, bytes");

    mem.fail = 0;

    ok(scim_alloc(&arena, 1) != NULL, "memory is back");

    tap_mem_free(&mem);
}


static void
chunks(void)
{
#if !defined(__SANITIZE_ADDRESS__)

    size_t        i;
    tap_mem_t     mem;
    scim_arena_t  arena;

    memset(&mem, 0, sizeof(tap_mem_t));
    scim_arena_init(&arena, tap_alloc, &mem);

    for (i = 0; i < 100; i++) {
        scim_alloc(&arena, 16);
    }

    is(mem.calls, 1, "100 small blocks come from one chunk");

    scim_alloc(&arena, 100000);
    is(mem.calls, 2, "a big one comes by itself");

    scim_alloc(&arena, 16);
    is(mem.calls, 2, "and the chunk goes on");

    tap_mem_free(&mem);

#endif
}


/* the harness itself: an answer of "fine" in spite of a failure is seen */

static int
careless(scim_arena_t *arena, void *data)
{
    (void) scim_alloc(arena, 10);

    return SCIM_OK;
}


static int
careful(scim_arena_t *arena, void *data)
{
    int  i;

    for (i = 0; i < 10; i++) {
        if (scim_alloc(arena, 900) == NULL) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static void
harness(void)
{
    is(tap_nomem_run(careless, NULL, 0, 1, 0), -1, "a lost failure is seen");
    is(tap_nomem_run(careful, NULL, 0, 1, 0), 0, "a reported one is fine");
    is(tap_nomem_run(careful, NULL, 0, 1000, 0), 1, "an untouched run ends");
    tap_nomem(careful, NULL, "ten blocks");
}


int
main(void)
{
    alignment();
    zeroes();
    sizes();
    chunks();
    harness();

    return done_testing();
}
