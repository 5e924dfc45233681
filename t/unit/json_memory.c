
/*
 * yajl takes its memory from malloc() and does not check it: here each of its
 * allocations fails once.  The parser is compiled into this program, with an
 * allocator in the place of malloc() that counts.
 */


#include <stdlib.h>


static void *memory_malloc(size_t size);
static void *memory_realloc(void *p, size_t size);
static void memory_free(void *p);


#define malloc   memory_malloc
#define realloc  memory_realloc
#define free     memory_free

#include "scim_json.c"

#undef malloc
#undef realloc
#undef free

#include "tap.h"


static size_t  memory_calls;
static size_t  memory_fail;
static long    memory_blocks;


static void *
memory_malloc(size_t size)
{
    void  *p;

    if (++memory_calls == memory_fail) {
        return NULL;
    }

    p = malloc(size);

    if (p) {
        memory_blocks++;
        memset(p, 0xa5, size);
    }

    return p;
}


static void *
memory_realloc(void *p, size_t size)
{
    return ++memory_calls == memory_fail ? NULL : realloc(p, size);
}


static void
memory_free(void *p)
{
    memory_blocks--;
    free(p);
}


/* "text" in pieces of "step" bytes: status, 0 when it was taken */

static int
feed(const scim_str_t *text, size_t step)
{
    size_t               i, n;
    scim_json_t         *json;
    scim_error_t         err;
    scim_json_parser_t  *p;

    static const scim_json_limits_t  limits = { 200, 10, 10, 1000, 100000 };

    p = scim_json_parser(tap_arena(), &limits);
    if (p == NULL) {
        return 503;
    }

    err.status = 0;

    for (i = 0; i < text->len && err.status == 0; i += n) {
        n = text->len - i < step ? text->len - i : step;
        (void) scim_json_feed(p, text->data + i, n, &err);
    }

    if (err.status == 0) {
        (void) scim_json_finish(p, &json, &err);
    }

    scim_json_parser_free(p);

    return err.status;
}


static void
failures(const scim_str_t *text, size_t step, int want, const char *name)
{
    int     status, right;
    size_t  n;

    right = 1;
    memory_fail = 0;

    is(feed(text, step), want, "%s, untouched", name);
    is(memory_blocks, 0, "nothing is left");

    for (n = 1; n < 1000; n++) {
        memory_calls = 0;
        memory_fail = n;

        status = feed(text, step);

        if (memory_blocks != 0) {
            right = 0;
            diag("%ld blocks are left after failure %d", memory_blocks,
                 (int) n);
        }

        if (memory_calls < n) {
            right &= (status == want);
            break;
        }

        if (status != 503) {
            right = 0;
            diag("status %d after failure %d", status, (int) n);
        }

        tap_free();
    }

    ok(right && n > 2 && n < 1000, "%s: each of %d allocations fails", name,
       (int) n - 1);
}


int
main(void)
{
    size_t         i;
    scim_str_t     s, bad;
    unsigned char  text[20000];

    /* deep, with a long string that holds an escape: all of yajl's buffers */

    memset(text, '[', 200);
    memset(text + 200, 'x', 15000);
    text[200] = '"';
    text[201] = '\\';
    text[202] = 'n';
    text[15199] = '"';
    memset(text + 15200, ']', 200);

    s.data = text;
    s.len = 15400;
    bad = s;
    bad.len--;

    for (i = 1; i < 20000; i = i * 8 + 1) {
        failures(&s, i, 0, "good text");
        failures(&bad, i, 400, "bad text");
    }

    return done_testing();
}
