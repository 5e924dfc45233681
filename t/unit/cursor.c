
/*
 * Cursors: what is written is read as the same, and nothing else is read: cut,
 * longer, or changed where the layout has no choice.
 */


#include "tap.h"
#include "scim_cursor.h"


#define HEAD  (2 + 8 + 8 + SCIM_CURSOR_DIGEST)


typedef struct {
    const char   *name;
    int64_t       expires;
    int64_t       total;
    const char   *key;         /* NULL: none */
    size_t        key_len;
    const char   *id;
} cursor_case_t;


static const cursor_case_t  cases[] = {
    { "plain", 1700000000, 42, "smith", 5, "u1" },
    { "no key", 1700000000, 42, NULL, 0, "u1" },
    { "empty key", 1700000000, 42, "", 0, "u1" },
    { "zeroes", 0, 0, "\0\0", 2, "x" },
    { "largest", INT64_MAX, INT64_MAX, "\xff\x00\x7f", 3,
      "2024-02-29T00:00:00Z 2819c223-7f76-453a-919d-413861904646" }
};


static scim_str_t
written(const cursor_case_t *t, scim_cursor_t *c)
{
    size_t      i;
    scim_buf_t  b;
    scim_str_t  bytes;

    memset(c, 0, sizeof(scim_cursor_t));

    c->expires = t->expires;
    c->total = t->total;

    for (i = 0; i < SCIM_CURSOR_DIGEST; i++) {
        c->query[i] = (unsigned char) (i * 37 + 1);
    }

    if (t->key) {
        c->key = tap_bytes(t->key, t->key_len);
    }

    c->id = tap_str(t->id);

    scim_buf_init(&b, tap_arena(), 0);
    scim_cursor_write(&b, c);

    bytes = tap_bytes(b.data, b.len);

    return bytes;
}


static void
test_round(const cursor_case_t *t)
{
    scim_str_t     bytes;
    scim_cursor_t  in, out;

    bytes = written(t, &in);
    memset(&out, 0xa5, sizeof(scim_cursor_t));

    is(scim_cursor_read(&bytes, &out), SCIM_OK, "%s", t->name);
    is(bytes.len, HEAD + 8 + in.key.len + in.id.len, "%s: length", t->name);
    is(out.expires, in.expires, "%s: expires", t->name);
    is(out.total, in.total, "%s: total", t->name);
    ok(memcmp(out.query, in.query, SCIM_CURSOR_DIGEST) == 0, "%s: query",
       t->name);
    ok(scim_str_eq(&out.id, &in.id), "%s: id", t->name);
    ok((out.key.data == NULL) == (t->key == NULL)
       && scim_str_eq(&out.key, &in.key), "%s: key", t->name);
}


static void
test_refused(const cursor_case_t *t)
{
    int            taken;
    size_t         i, n;
    scim_str_t     bytes, s;
    unsigned char  *copy;
    scim_cursor_t  in, out;

    bytes = written(t, &in);
    taken = 0;

    for (n = 0; n < bytes.len; n++) {
        s = tap_bytes(bytes.data, n);
        taken += (scim_cursor_read(&s, &out) == SCIM_OK);
    }

    is(taken, 0, "%s: nothing shorter", t->name);

    copy = malloc(bytes.len + 4);
    memcpy(copy, bytes.data, bytes.len);
    memset(copy + bytes.len, 0, 4);

    for (n = 1; n <= 4; n++) {
        s = tap_bytes(copy, bytes.len + n);
        taken += (scim_cursor_read(&s, &out) == SCIM_OK);
    }

    is(taken, 0, "%s: nothing behind the end", t->name);

    /* version, the word on the key, signs, both lengths */

    for (i = 0; i < bytes.len; i++) {

        if (!(i < 2 || i == 2 || i == 10 || (i >= HEAD && i < HEAD + 4)
              || (i >= HEAD + 4 + in.key.len && i < HEAD + 8 + in.key.len)))
        {
            continue;
        }

        memcpy(copy, bytes.data, bytes.len);
        copy[i] ^= 0x80;

        s = tap_bytes(copy, bytes.len);
        taken += (scim_cursor_read(&s, &out) == SCIM_OK);
    }

    is(taken, 0, "%s: nothing changed", t->name);

    memcpy(copy, bytes.data, bytes.len);
    copy[1] ^= 1;
    s = tap_bytes(copy, bytes.len);

    is(scim_cursor_read(&s, &out), in.key.len ? SCIM_ERROR : SCIM_OK,
       "%s: no key with a length", t->name);

    free(copy);
}


static void
test_empty(void)
{
    scim_str_t     s;
    scim_cursor_t  out;

    static const cursor_case_t  no_id = { "no id", 1, 1, "k", 1, "" };

    s.data = NULL;
    s.len = 0;
    is(scim_cursor_read(&s, &out), SCIM_ERROR, "no bytes");

    s = written(&no_id, &out);
    is(scim_cursor_read(&s, &out), SCIM_ERROR, "no id");
}


static int
write_nomem(scim_arena_t *arena, void *data)
{
    scim_buf_t  b;

    scim_buf_init(&b, arena, 0);
    scim_cursor_write(&b, data);

    return b.failed ? SCIM_ERROR : SCIM_OK;
}


int
main(void)
{
    size_t         i;
    scim_cursor_t  cursor;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_round(&cases[i]);
        test_refused(&cases[i]);
    }

    test_empty();

    (void) written(&cases[0], &cursor);
    tap_nomem(write_nomem, &cursor, "a cursor");

    return done_testing();
}
