
/*
 * What the fuzz targets share: an arena over malloc, so that ASan knows the end
 * of each block that is larger than a chunk, and all of it freed at the end.
 */


#ifndef FUZZ_H_INCLUDED
#define FUZZ_H_INCLUDED


#include <stdlib.h>

#include "scim_error.h"


typedef struct fuzz_block_s  fuzz_block_t;

struct fuzz_block_s {
    fuzz_block_t  *next;
    void          *pad;         /* keeps what follows aligned */
};


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static inline void *
fuzz_alloc(void *data, size_t size)
{
    fuzz_block_t  *b, **blocks;

    blocks = data;

    b = malloc(sizeof(fuzz_block_t) + size);
    if (b == NULL) {
        return NULL;
    }

    b->next = *blocks;
    *blocks = b;

    return b + 1;
}


static inline void
fuzz_free(fuzz_block_t *blocks)
{
    fuzz_block_t  *b;

    while (blocks) {
        b = blocks;
        blocks = b->next;
        free(b);
    }
}


/* whatever comes in is taken or is the client's mistake */

static inline void
fuzz_check(int rc, const scim_error_t *err)
{
    if (rc != SCIM_OK
        && (err->status < 400 || err->status > 499 || err->len == 0))
    {
        abort();
    }
}


#endif /* FUZZ_H_INCLUDED */
