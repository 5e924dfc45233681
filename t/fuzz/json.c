
/*
 * Fuzz target of the JSON parser and writer: the first byte says how the rest
 * is cut in two, as bodies arrive.  What is taken must be the same in one
 * piece, and what is written must be read as the same value.
 */


#include "fuzz.h"
#include "scim_json.h"


static int fuzz_pieces(scim_arena_t *arena, const scim_str_t *text,
    size_t cut, scim_json_t **json, scim_error_t *err);
static void fuzz_again(scim_arena_t *arena, const scim_json_t *json);


static const scim_json_limits_t  fuzz_limits = { 8, 16, 16, 64, 256 };


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int            whole, pieces;
    scim_str_t     text;
    scim_json_t   *a, *b;
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

    pieces = fuzz_pieces(&arena, &text, data[0], &b, &err);
    whole = scim_json_parse(&arena, &fuzz_limits, &text, &a, &err);

    if (whole != SCIM_OK && (err.status < 400 || err.status > 499)) {
        abort();
    }

    if (whole != pieces) {
        abort();
    }

    if (whole == SCIM_OK) {
        if (!scim_json_equal(a, b)) {
            abort();
        }

        fuzz_again(&arena, a);
    }

    fuzz_free(blocks);

    return 0;
}


static int
fuzz_pieces(scim_arena_t *arena, const scim_str_t *text, size_t cut,
    scim_json_t **json, scim_error_t *err)
{
    int                  rc;
    scim_json_parser_t  *p;

    if (cut > text->len) {
        cut = text->len;
    }

    p = scim_json_parser(arena, &fuzz_limits);
    if (p == NULL) {
        abort();
    }

    rc = scim_json_feed(p, text->data, cut, err);

    if (rc == SCIM_OK) {
        rc = scim_json_feed(p, text->data + cut, text->len - cut, err);
    }

    if (rc == SCIM_OK) {
        rc = scim_json_finish(p, json, err);
    }

    scim_json_parser_free(p);

    return rc;
}


static void
fuzz_again(scim_arena_t *arena, const scim_json_t *json)
{
    scim_buf_t    b;
    scim_str_t    text;
    scim_json_t  *again;
    scim_error_t  err;

    scim_buf_init(&b, arena, 64);
    scim_json_write(&b, json);

    text.data = b.data;
    text.len = b.len;

    if (b.failed
        || scim_json_parse(arena, &fuzz_limits, &text, &again, &err)
           != SCIM_OK
        || !scim_json_equal(json, again))
    {
        abort();
    }
}
