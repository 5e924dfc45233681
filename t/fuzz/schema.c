
/*
 * Fuzz target of schema and resource type files.  The input is a schema file
 * and, behind a NUL if there is one, a resource type file; what can be built
 * of it must give discovery documents that are JSON and take a body.  Linked
 * with libFuzzer, or with replay.c to run a corpus again.
 */


#include <stdlib.h>

#include "scim_discovery.h"
#include "scim_registry.h"
#include "scim_resource.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *fuzz_alloc(void *data, size_t size);
static int fuzz_build(scim_arena_t *arena, const uint8_t *data, size_t size,
    const scim_registry_t **registry, scim_error_t *err);
static void fuzz_discovery(scim_arena_t *arena,
    const scim_registry_t *registry);
static void fuzz_document(scim_arena_t *arena, const scim_document_t *doc);
static void fuzz_resource(scim_arena_t *arena,
    const scim_resource_type_t *type);


typedef struct fuzz_block_s  fuzz_block_t;

struct fuzz_block_s {
    fuzz_block_t  *next;
    void          *pad;         /* keeps what follows aligned */
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                  i;
    scim_error_t            err;
    scim_arena_t            arena;
    fuzz_block_t           *blocks, *b;
    const scim_registry_t  *registry;

    blocks = NULL;
    scim_arena_init(&arena, fuzz_alloc, &blocks);

    if (fuzz_build(&arena, data, size, &registry, &err) == SCIM_OK) {
        fuzz_discovery(&arena, registry);

        for (i = 0; i < registry->ntypes; i++) {
            fuzz_resource(&arena, &registry->types[i]);
        }

    } else if (err.status != 400 || err.len == 0) {
        abort();
    }

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


static int
fuzz_build(scim_arena_t *arena, const uint8_t *data, size_t size,
    const scim_registry_t **registry, scim_error_t *err)
{
    scim_str_t                schema, type;
    const uint8_t            *nul;
    scim_registry_builder_t  *b;

    nul = size ? memchr(data, '\0', size) : NULL;

    schema.data = (unsigned char *) data;
    schema.len = nul ? (size_t) (nul - data) : size;

    b = scim_registry_builder(arena, scim_registry_builtin());

    if (b == NULL
        || scim_registry_add_schema(b, &schema, NULL, err) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (nul) {
        type.data = (unsigned char *) nul + 1;
        type.len = size - schema.len - 1;

        if (scim_registry_add_type(b, &type, err) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return scim_registry_build(b, registry, err);
}


static void
fuzz_discovery(scim_arena_t *arena, const scim_registry_t *registry)
{
    size_t            i;
    scim_discovery_t  d;

    if (scim_discovery_render(arena, registry, &d) != SCIM_OK) {
        abort();
    }

    fuzz_document(arena, &d.types);
    fuzz_document(arena, &d.schemas);

    for (i = 0; i < d.nschemas; i++) {
        fuzz_document(arena, &d.schema[i].doc);
    }
}


static void
fuzz_document(scim_arena_t *arena, const scim_document_t *doc)
{
    scim_str_t     base, text;
    scim_buf_t     b;
    scim_json_t   *json;
    scim_error_t   err;

    scim_str_set(&base, "https://x.example");

    scim_buf_init(&b, arena, doc->len);
    scim_document_write(&b, doc, &base);

    text.len = b.len;
    text.data = b.data;

    if (b.failed
        || scim_json_parse(arena, NULL, &text, &json, &err) != SCIM_OK)
    {
        abort();
    }
}


/* each attribute with a value that may or may not fit */

static void
fuzz_resource(scim_arena_t *arena, const scim_resource_type_t *type)
{
    size_t            i;
    scim_json_t      *body, *value;
    scim_error_t      err;
    scim_resource_t   resource;

    static const scim_str_t     word = scim_string("word");
    static const scim_policy_t  policy = { SCIM_UNKNOWN_IGNORE, 0, 9, 9,
                                           4096, 0, 0 };

    body = scim_json_new(arena, SCIM_JSON_OBJECT);
    if (body == NULL) {
        abort();
    }

    for (i = 0; i < type->schema->nattrs; i++) {
        value = scim_json_new_string(arena, &word);
        if (value == NULL) {
            abort();
        }

        scim_json_append(body, &type->schema->attrs[i].name, value);
    }

    if (scim_resource_accept(arena, type, &policy, body, NULL, &resource,
                             &err)
        != SCIM_OK
        && err.status != 400)
    {
        abort();
    }
}
