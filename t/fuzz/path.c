
/*
 * Fuzz target of attribute paths and of the filters in their brackets.  A path
 * that resolves must do so again when it is written in full.
 */


#include "fuzz.h"
#include "scim_filter.h"


static void fuzz_again(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_path_t *path);
static void fuzz_value(scim_arena_t *arena, const scim_schema_t *schema,
    const scim_str_t *text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                          rc;
    size_t                       i;
    scim_str_t                   text;
    scim_path_t                  path;
    scim_error_t                 err;
    scim_arena_t                 arena;
    fuzz_block_t                *blocks;
    const scim_registry_t       *registry;
    const scim_resource_type_t  *rtype;

    blocks = NULL;
    scim_arena_init(&arena, fuzz_alloc, &blocks);
    registry = scim_registry_builtin();

    text.data = (unsigned char *) data;
    text.len = size;

    for (i = 0; i < registry->ntypes; i++) {
        rtype = &registry->types[i];

        rc = scim_path_resolve(rtype, &text, &path, SCIM_INVALID_PATH, &err);

        if (rc == SCIM_ERROR) {
            fuzz_check(rc, &err);
        }

        if (rc == SCIM_OK) {
            fuzz_again(&arena, rtype, &path);
        }

        fuzz_value(&arena, rtype->schema, &text);
    }

    fuzz_value(&arena, scim_schema_common(), &text);

    fuzz_free(blocks);

    return 0;
}


static void
fuzz_again(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_path_t *path)
{
    scim_buf_t    b;
    scim_str_t    text;
    scim_path_t   again;
    scim_error_t  err;

    scim_buf_init(&b, arena, 64);
    scim_buf_str(&b, &path->schema->id);

    if (path->attr) {
        if (path->schema->id.len) {
            scim_buf_char(&b, ':');
        }

        scim_buf_str(&b, &path->attr->name);
    }

    if (path->sub) {
        scim_buf_char(&b, '.');
        scim_buf_str(&b, &path->sub->name);
    }

    text.data = b.data;
    text.len = b.len;

    if (scim_path_resolve(rtype, &text, &again, SCIM_INVALID_PATH, &err)
        != SCIM_OK
        || again.schema != path->schema || again.attr != path->attr
        || again.sub != path->sub)
    {
        abort();
    }
}


static void
fuzz_value(scim_arena_t *arena, const scim_schema_t *schema,
    const scim_str_t *text)
{
    int             rc;
    size_t          i;
    scim_error_t    err;
    scim_filter_t  *filter;

    for (i = 0; i < schema->nattrs; i++) {
        rc = scim_filter_parse_value(arena, schema, &schema->attrs[i], text,
                                     10, 512, &filter, &err);
        fuzz_check(rc, &err);
    }
}
