
/*
 * Fuzz target of query strings, filters, attribute paths and entity tags: the
 * input is taken for each of them.  Linked with libFuzzer, or with replay.c to
 * run a corpus again.
 */


#include <stdlib.h>

#include "scim_etag.h"
#include "scim_query.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *fuzz_alloc(void *data, size_t size);
static void fuzz_check(int rc, const scim_error_t *err);


typedef struct fuzz_block_s  fuzz_block_t;

struct fuzz_block_s {
    fuzz_block_t  *next;
    void          *pad;         /* keeps what follows aligned */
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                          rc;
    scim_str_t                   text;
    scim_path_t                  path;
    scim_query_t                 query;
    scim_error_t                 err;
    scim_arena_t                 arena;
    fuzz_block_t                *blocks, *b;
    scim_filter_t               *filter;
    const scim_resource_type_t  *rtype;

    static const scim_str_t           name = scim_string("Users");
    static const scim_query_limits_t  limits = { 200, 40, 8192 };

    blocks = NULL;
    scim_arena_init(&arena, fuzz_alloc, &blocks);
    rtype = scim_registry_endpoint(scim_registry_builtin(), &name);

    text.data = (unsigned char *) data;
    text.len = size;

    rc = scim_filter_parse(&arena, rtype, &text, 40, 8192, &filter, &err);
    fuzz_check(rc, &err);

    rc = scim_query_parse(&arena, rtype, &text, &limits, &query, &err);
    fuzz_check(rc, &err);

    rc = scim_path_resolve(rtype, &text, &path, SCIM_INVALID_PATH, &err);

    if (rc == SCIM_OK && path.schema == NULL) {
        abort();
    }

    (void) scim_etag_match(&text, 7);

    while (blocks) {
        b = blocks;
        blocks = b->next;
        free(b);
    }

    return 0;
}


static void *
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


/* whatever comes in is taken or is the client's mistake */

static void
fuzz_check(int rc, const scim_error_t *err)
{
    if (rc != SCIM_OK && (err->status != 400 || err->len == 0)) {
        abort();
    }
}
