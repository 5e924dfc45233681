
/*
 * scim_str.c: comparisons, copies and the growing buffer.
 */


#include "tap.h"


static void
comparisons(void)
{
    int         c, right;
    scim_str_t  a, b, upper, empty = scim_null_str;

    a = tap_str("userName");
    b = tap_str("USERname");

    ok(scim_str_eq(&a, &a), "equal to itself");
    ok(!scim_str_eq(&a, &b), "case matters to scim_str_eq()");
    ok(scim_str_caseeq(&a, &b), "case does not to scim_str_caseeq()");
    ok(scim_str_is(&b, "username"), "nor to scim_str_is()");
    ok(!scim_str_is(&b, "usernam"), "a shorter text differs");
    ok(!scim_str_is(&b, "usernamed"), "a longer text differs");
    ok(!scim_str_is(&empty, "a"), "the empty string is not \"a\"");
    ok(scim_str_is(&empty, ""), "the empty string is \"\"");
    ok(scim_str_eq(&empty, &empty), "empty strings are equal");
    ok(scim_str_caseeq(&empty, &empty), "but for case, too");

    a = tap_bytes("a\0b", 3);
    b = tap_bytes("a\0c", 3);
    ok(!scim_str_eq(&a, &b), "bytes behind a NUL count");
    ok(!scim_str_caseeq(&a, &b), "but for case, too");
    ok(!scim_str_is(&a, "a"), "and a C string has none");

    right = 1;

    for (c = 0; c < 256; c++) {
        a.len = 1;
        a.data[0] = (unsigned char) c;
        upper.len = 1;
        upper.data = b.data;
        upper.data[0] = (unsigned char) (c ^ 0x20);

        if (scim_str_caseeq(&a, &upper)
            != ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
        {
            right = 0;
            diag("byte %d", c);
        }
    }

    ok(right, "ASCII letters alone have a case");
}


static void
copies(void)
{
    scim_str_t  a, b;

    a = tap_str("text");

    is(scim_str_dup(tap_arena(), &b, &a), SCIM_OK, "copied");
    is_str(&b, "text", "the copy is equal");
    ok(b.data != a.data, "and apart");
    is(b.data[4], 0, "NUL behind it");

    is(scim_str_dup(tap_arena(), &a, &a), SCIM_OK, "copied onto itself");
    is_str(&a, "text", "equal");

    a.len = 0;
    a.data = NULL;
    is(scim_str_dup(tap_arena(), &b, &a), SCIM_OK, "the empty string");
    ok(b.data && b.len == 0 && b.data[0] == 0, "is copied to \"\"");

    a.len = SIZE_MAX;
    is(scim_str_dup(tap_arena(), &b, &a), SCIM_ERROR, "too long to copy");
    ok(b.data == NULL && b.len == 0, "gives nothing");
}


static void
buffers(void)
{
    size_t      i, n;
    scim_buf_t  b;
    scim_str_t  s;

    scim_buf_init(&b, tap_arena(), 0);
    scim_buf_add(&b, NULL, 0);
    is(b.len, 0, "nothing added");
    ok(!b.failed, "is no failure");

    scim_buf_lit(&b, "a");
    scim_buf_char(&b, ' ');
    s = tap_str("string");
    scim_buf_str(&b, &s);
    scim_buf_char(&b, ' ');
    scim_buf_int(&b, 0);
    scim_buf_char(&b, ' ');
    scim_buf_int(&b, -7);
    scim_buf_char(&b, ' ');
    scim_buf_int(&b, INT64_MAX);
    scim_buf_char(&b, ' ');
    scim_buf_int(&b, INT64_MIN);

    s.data = b.data;
    s.len = b.len;
    is_str(&s, "a string 0 -7 9223372036854775807 -9223372036854775808",
           "pieces and numbers");

    for (n = 1; n < 300; n += 13) {
        scim_buf_init(&b, tap_arena(), n);

        for (i = 0; i < 5000; i++) {
            scim_buf_char(&b, (unsigned char) i);
        }

        for (i = 0; i < b.len && b.data[i] == (unsigned char) i; i++) {
            /* void */
        }

        if (b.failed || b.len != 5000 || i != 5000) {
            break;
        }
    }

    ok(n >= 300, "grows byte by byte from any size");

    scim_buf_init(&b, tap_arena(), 8);
    scim_buf_lit(&b, "abc");
    scim_buf_add(&b, "x", SIZE_MAX - 1);
    ok(b.failed, "a length that cannot be is a failure");
    is(b.len, 3, "that adds nothing");
    scim_buf_lit(&b, "d");
    is(b.len, 3, "and nothing comes after it");
}


static int
fill(scim_arena_t *arena, void *data)
{
    int         i;
    scim_buf_t  b;

    scim_buf_init(&b, arena, 10);

    for (i = 0; i < 500; i++) {
        scim_buf_lit(&b, "0123456789");
        scim_buf_int(&b, i);
        scim_buf_char(&b, ' ');
    }

    if (b.failed) {
        return SCIM_ERROR;
    }

    return b.len > 5000 ? SCIM_OK : SCIM_ERROR;
}


static int
copy(scim_arena_t *arena, void *data)
{
    scim_str_t  s;

    return scim_str_dup(arena, &s, data);
}


int
main(void)
{
    scim_str_t  s;

    comparisons();
    copies();
    buffers();

    tap_nomem(fill, NULL, "buffer");

    s = tap_str("text");
    tap_nomem(copy, &s, "copy");

    return done_testing();
}
