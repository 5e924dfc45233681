
/*
 * Fuzz target of filters, query strings, bodies of searches and entity tags:
 * the input is taken for each of them, for one type and for all.
 */


#include "fuzz.h"
#include "scim_etag.h"
#include "scim_query.h"


static void fuzz_filter(const scim_filter_t *filter, size_t depth);


static const scim_query_limits_t  fuzz_limits = { 200, 40, 8192 };


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                     rc;
    size_t                  i, n;
    scim_str_t              text;
    scim_json_t            *json;
    scim_query_t            query;
    scim_error_t            err;
    scim_arena_t            arena;
    fuzz_block_t           *blocks;
    scim_filter_t          *filter;
    const scim_registry_t  *registry;

    static const scim_json_limits_t  limits = { 64, 512, 512, 1024, 8192 };

    blocks = NULL;
    scim_arena_init(&arena, fuzz_alloc, &blocks);
    registry = scim_registry_builtin();

    text.data = (unsigned char *) data;
    text.len = size;

    for (n = 1; n <= registry->ntypes; n++) {

        rc = scim_filter_parse(&arena, registry->types, registry->types,
                               n - 1, &text, 40, 8192, &filter, &err);
        fuzz_check(rc, &err);

        if (rc == SCIM_OK) {
            fuzz_filter(filter, 2 * 40 + 4);
        }

        rc = scim_query_parse(&arena, registry->types, n, &text, &fuzz_limits,
                              &query, &err);
        fuzz_check(rc, &err);

        for (i = 0; rc == SCIM_OK && i < n; i++) {
            if (query.views[i].rtype != &registry->types[i]) {
                abort();
            }
        }
    }

    if (scim_json_parse(&arena, &limits, &text, &json, &err) == SCIM_OK) {
        rc = scim_query_search(&arena, registry->types, registry->ntypes, json,
                               &fuzz_limits, &query, &err);
        fuzz_check(rc, &err);
    }

    (void) scim_etag_match(&text, 7);

    fuzz_free(blocks);

    return 0;
}


/* no deeper than scim_filter.h says, nothing left out */

static void
fuzz_filter(const scim_filter_t *f, size_t depth)
{
    if (depth == 0) {
        abort();
    }

    for ( /* void */ ; f; f = f->right) {

        if (f->op <= SCIM_FILTER_VALUE && f->left == NULL) {
            abort();
        }

        if (f->op > SCIM_FILTER_NOT && f->path.attr == NULL) {
            abort();
        }

        if (f->op > SCIM_FILTER_PR && f->value == NULL) {
            abort();
        }

        if (f->left) {
            fuzz_filter(f->left, depth - 1);
        }
    }
}
