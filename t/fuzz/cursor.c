
/*
 * Fuzz target of cursors, behind their signature: what is read must be written
 * as the same bytes.
 */


#include "fuzz.h"
#include "scim_cursor.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scim_buf_t      b;
    scim_str_t      bytes;
    scim_arena_t    arena;
    fuzz_block_t   *blocks;
    scim_cursor_t   cursor;

    blocks = NULL;
    scim_arena_init(&arena, fuzz_alloc, &blocks);

    bytes.data = (unsigned char *) data;
    bytes.len = size;

    if (scim_cursor_read(&bytes, &cursor) == SCIM_OK) {
        scim_buf_init(&b, &arena, 0);
        scim_cursor_write(&b, &cursor);

        if (b.failed || b.len != size || memcmp(b.data, data, size) != 0) {
            abort();
        }
    }

    fuzz_free(blocks);

    return 0;
}
