
/*
 * Harness of the unit tests: TAP on stdout and memory that can run out.  Each
 * t/unit/NAME.c is a program that includes this file once, links with all of
 * core/ and ends with "return done_testing();".
 *
 *     plan(n)                     optional: how many results there must be
 *     ok(cond, fmt, ...)          a result; returns cond
 *     is(got, want, fmt, ...)     integers are equal
 *     is_str(got, want, fmt, ...) a scim_str_t * holds the C string
 *     diag(fmt, ...)              a remark
 *     done_testing()              prints the plan, frees all, exit code
 *
 *     tap_arena()        a new arena over malloc
 *     tap_bytes(p, len)  a scim_str_t over an own copy of just "len" bytes, so
 *                        that ASan sees a read beyond it
 *     tap_str("text")    the same for a C string
 *     tap_free()         frees what the three above gave so far
 *
 *     tap_nomem(fn, data, name)
 *
 * runs "int fn(scim_arena_t *arena, void *data)" again and again, each time in
 * a new arena that lacks memory a bit later, until fn runs untouched.  fn has
 * to return SCIM_OK when all was done and anything else when it was told that
 * memory is short; one that returns SCIM_OK although an allocation failed
 * makes the one result of tap_nomem() "not ok".  What fn allocates is freed
 * after each run: keep no pointer to it.
 */


#ifndef TAP_H_INCLUDED
#define TAP_H_INCLUDED


#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scim_arena.h"
#include "scim_str.h"


#if defined(__GNUC__)
#define TAP_PRINTF(fmt)  __attribute__((format(printf, fmt, fmt + 1), unused))
#define TAP_UNUSED       __attribute__((unused))
#else
#define TAP_PRINTF(fmt)
#define TAP_UNUSED
#endif


typedef struct tap_block_s  tap_block_t;

struct tap_block_s {
    tap_block_t  *next;
    void         *data;
};


typedef struct {
    tap_block_t  *blocks;
    size_t        calls;       /* of the allocator */
    size_t        fail;        /* the call to fail, from 1; 0: none */
    unsigned      forever:1;   /* and each call after it */
    unsigned      failed:1;    /* one has failed */
} tap_mem_t;


static int        tap_count;
static int        tap_bad;
static int        tap_plan = -1;
static tap_mem_t  tap_mem;


/* scim_alloc_pt: "data" is a tap_mem_t */
static TAP_UNUSED void *
tap_alloc(void *data, size_t size)
{
    tap_mem_t    *mem = data;
    tap_block_t  *b;

    mem->calls++;

    if (mem->fail && (mem->calls == mem->fail
                      || (mem->forever && mem->calls > mem->fail)))
    {
        mem->failed = 1;
        return NULL;
    }

    b = malloc(sizeof(tap_block_t));
    if (b == NULL) {
        abort();
    }

    b->data = malloc(size ? size : 1);
    if (b->data == NULL) {
        abort();
    }

    b->next = mem->blocks;
    mem->blocks = b;

    /* nobody may count on zeroes */
    memset(b->data, 0xa5, size);

    return b->data;
}


static TAP_UNUSED void
tap_mem_free(tap_mem_t *mem)
{
    tap_block_t  *b;

    while (mem->blocks) {
        b = mem->blocks;
        mem->blocks = b->next;
        free(b->data);
        free(b);
    }

    memset(mem, 0, sizeof(tap_mem_t));
}


static TAP_UNUSED void
tap_free(void)
{
    tap_mem_free(&tap_mem);
}


static TAP_UNUSED scim_arena_t *
tap_arena(void)
{
    scim_arena_t  *arena;

    arena = tap_alloc(&tap_mem, sizeof(scim_arena_t));
    scim_arena_init(arena, tap_alloc, &tap_mem);

    return arena;
}


static TAP_UNUSED scim_str_t
tap_bytes(const void *p, size_t len)
{
    scim_str_t  s;

    s.len = len;
    s.data = tap_alloc(&tap_mem, len);

    if (len) {
        memcpy(s.data, p, len);
    }

    return s;
}


static TAP_UNUSED scim_str_t
tap_str(const char *text)
{
    return tap_bytes(text, strlen(text));
}


static TAP_PRINTF(1) void
diag(const char *fmt, ...)
{
    va_list  args;

    printf("# ");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
}


static TAP_UNUSED void
tap_result(int pass, const char *fmt, va_list args)
{
    tap_count++;

    if (!pass) {
        tap_bad++;
    }

    printf("%sok %d - ", pass ? "" : "not ", tap_count);
    vprintf(fmt, args);
    printf("\n");
    fflush(stdout);
}


static TAP_UNUSED void
plan(int n)
{
    tap_plan = n;
    printf("1..%d\n", n);
}


static TAP_PRINTF(2) int
ok(int cond, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    tap_result(cond, fmt, args);
    va_end(args);

    return cond;
}


static TAP_PRINTF(3) int
is(long long got, long long want, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    tap_result(got == want, fmt, args);
    va_end(args);

    if (got != want) {
        diag("got %lld, expected %lld", got, want);
    }

    return got == want;
}


static TAP_PRINTF(3) int
is_str(const scim_str_t *got, const char *want, const char *fmt, ...)
{
    int      pass;
    va_list  args;

    pass = got && got->len == strlen(want)
           && (got->len == 0 || memcmp(got->data, want, got->len) == 0);

    va_start(args, fmt);
    tap_result(pass, fmt, args);
    va_end(args);

    if (!pass && got) {
        diag("got \"%.*s\", expected \"%s\"", (int) got->len,
             got->len ? (char *) got->data : "", want);

    } else if (!pass) {
        diag("got NULL, expected \"%s\"", want);
    }

    return pass;
}


static TAP_UNUSED int
done_testing(void)
{
    tap_free();

    if (tap_plan == -1) {
        printf("1..%d\n", tap_count);

    } else if (tap_plan != tap_count) {
        diag("planned %d results, got %d", tap_plan, tap_count);
        tap_bad++;
    }

    if (tap_bad) {
        diag("%d of %d failed", tap_bad, tap_count);
    }

    fflush(stdout);

    return tap_bad != 0;
}


typedef int (*tap_fn_pt)(scim_arena_t *arena, void *data);


/*
 * One run of tap_nomem(): the arena owns "room" bytes, then its allocator's
 * call number "fail" fails.  1: untouched and fine, 0: failed and said so,
 * -1: wrong.
 */
static TAP_UNUSED int
tap_nomem_run(tap_fn_pt fn, void *data, size_t room, size_t fail, int forever)
{
    int           rc, failed;
    tap_mem_t     mem;
    scim_arena_t  arena;

    memset(&mem, 0, sizeof(tap_mem_t));
    scim_arena_init(&arena, tap_alloc, &mem);

    if (room) {
        arena.last = tap_alloc(&mem, room);
        arena.end = arena.last + room;
    }

    mem.calls = 0;
    mem.fail = fail;
    mem.forever = forever;

    rc = fn(&arena, data);
    failed = mem.failed;
    tap_mem_free(&mem);

    if (failed) {
        return rc == SCIM_OK ? -1 : 0;
    }

    return rc == SCIM_OK ? 1 : -1;
}


static TAP_UNUSED int
tap_nomem(tap_fn_pt fn, void *data, const char *name)
{
    int     rc, forever;
    size_t  n;

    for (forever = 0; forever < 2; forever++) {

        for (n = 1; /* void */ ; n++) {
            rc = tap_nomem_run(fn, data, 0, n, forever);

            if (rc == -1) {
                ok(0, "%s, memory short", name);
                diag("wrong when allocation %d failed", (int) n);
                return 0;
            }

            if (rc == 1) {
                break;
            }
        }

        /* an arena takes memory by chunks: let it end within the first one */

        for (n = 0; /* void */ ; n += 1 + n / 256) {
            rc = tap_nomem_run(fn, data, n, 1, forever);

            if (rc == -1) {
                ok(0, "%s, memory short", name);
                diag("wrong with %d bytes of memory", (int) n);
                return 0;
            }

            if (rc == 1) {
                break;
            }
        }
    }

    return ok(1, "%s, memory short", name);
}


#endif /* TAP_H_INCLUDED */
