
/*
 * Fuzz target of Bulk: a request is parsed, put in order and run, where the
 * first byte says how many operations run at a time and which ones fail.  It
 * must come to its end, and its answer must be JSON.
 */


#include <stdio.h>

#include "fuzz.h"
#include "scim_bulk.h"


#define FUZZ_WIDTH  8


static void fuzz_ids(scim_arena_t *arena, scim_bulk_t *bulk);
static void fuzz_run(scim_bulk_t *bulk, unsigned how);
static void fuzz_answer(scim_arena_t *arena, const scim_bulk_t *bulk);


static const scim_json_limits_t  fuzz_limits = { 16, 64, 256, 1024, 1024 };


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int            rc;
    scim_str_t     text;
    scim_bulk_t    bulk;
    scim_json_t   *body;
    scim_error_t   err;
    scim_arena_t   arena;
    fuzz_block_t  *blocks;

    if (size == 0) {
        return 0;
    }

    blocks = NULL;
    scim_arena_init(&arena, fuzz_alloc, &blocks);

    text.data = (unsigned char *) data + 1;
    text.len = size - 1;

    if (scim_json_parse(&arena, &fuzz_limits, &text, &body, &err) == SCIM_OK) {
        rc = scim_bulk_parse(&arena, scim_registry_builtin(), 32, body, &bulk,
                             &err);
        fuzz_check(rc, &err);

        if (rc == SCIM_OK) {
            fuzz_ids(&arena, &bulk);

            if (scim_bulk_resolve(&arena, &bulk, &err) != SCIM_OK) {
                abort();
            }

            fuzz_run(&bulk, data[0]);
            fuzz_answer(&arena, &bulk);
        }
    }

    fuzz_free(blocks);

    return 0;
}


static void
fuzz_ids(scim_arena_t *arena, scim_bulk_t *bulk)
{
    size_t       i;
    scim_str_t  *id;

    for (i = 0; i < bulk->n; i++) {

        if (bulk->ops[i].method == SCIM_BULK_POST) {
            id = &bulk->ops[i].id;
            id->data = scim_alloc_bytes(arena, 16);
            id->len = (size_t) snprintf((char *) id->data, 16, "id-%d",
                                        (int) i);
        }
    }
}


static void
fuzz_run(scim_bulk_t *bulk, unsigned how)
{
    size_t           n, width, failed;
    scim_bulk_op_t  *op, *running[FUZZ_WIDTH];

    n = 0;
    failed = 0;
    width = how % FUZZ_WIDTH + 1;

    for ( ;; ) {

        while (n < width && (op = scim_bulk_next(bulk)) != NULL) {
            if (op->state != SCIM_BULK_RUNNING || op->rtype == NULL
                || op->id.len == 0 || op->nafter
                || (bulk->fail_on_errors
                    && (int64_t) failed >= bulk->fail_on_errors))
            {
                abort();
            }

            running[n++] = op;
        }

        if (n == 0) {
            break;
        }

        op = running[--n];
        op->state = SCIM_BULK_DONE;
        op->status = 200;
        op->etag = 1;

        if ((how >> 3) & (1u << (op - bulk->ops) % 5)) {
            op->state = SCIM_BULK_FAILED;
            (void) scim_error(&op->error, 400, SCIM_INVALID_VALUE, "no");
            failed++;
        }
    }

    if (!scim_bulk_ended(bulk)) {
        abort();
    }

    for (n = 0; n < bulk->n && bulk->fail_on_errors == 0; n++) {
        if (bulk->ops[n].state == SCIM_BULK_WAITING) {
            abort();
        }
    }
}


static void
fuzz_answer(scim_arena_t *arena, const scim_bulk_t *bulk)
{
    scim_buf_t    b;
    scim_str_t    text;
    scim_json_t  *json;
    scim_error_t  err;

    static const scim_str_t          base = scim_string("https://h/v2");
    static const scim_json_limits_t  limits = { 16, 64, 64, 1024, 4096 };

    scim_buf_init(&b, arena, 64);
    scim_bulk_write(&b, bulk, &base);

    text.data = b.data;
    text.len = b.len;

    if (b.failed
        || scim_json_parse(arena, &limits, &text, &json, &err) != SCIM_OK)
    {
        abort();
    }
}
