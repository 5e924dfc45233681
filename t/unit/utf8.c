
/*
 * scim_utf8.c: tables of bytes, escapes, and texts cut in pieces.
 */


#include "scim_utf8.h"
#include "tap.h"


/* the check of "s" in two pieces, the first of "cut" bytes; offset of what is
 * bad, or -1 */

static long
check(const scim_str_t *s, size_t cut, const char **why)
{
    size_t       pos;
    scim_utf8_t  u;

    memset(&u, 0, sizeof(scim_utf8_t));
    *why = NULL;

    if (scim_utf8_json(&u, s->data, cut, &pos, why) != SCIM_OK) {
        return (long) pos;
    }

    if (scim_utf8_json(&u, s->data + cut, s->len - cut, &pos, why) != SCIM_OK)
    {
        return (long) (cut + pos);
    }

    if (scim_utf8_json_end(&u, why) != SCIM_OK) {
        return (long) s->len;
    }

    return -1;
}


/* every cut, and byte by byte, give the same */

static void
text(const char *p, size_t len, long want, const char *reason,
    const char *name)
{
    long         got;
    size_t       i, pos;
    scim_str_t   s;
    scim_utf8_t  u;
    const char  *why;

    s = tap_bytes(p, len);

    for (i = 0; i <= len; i++) {
        got = check(&s, i, &why);

        if (got != want
            || (why == NULL) != (reason == NULL)
            || (why && strcmp(why, reason) != 0))
        {
            ok(0, "%s", name);
            diag("cut at %d: %ld, %s", (int) i, got, why ? why : "fine");
            return;
        }
    }

    memset(&u, 0, sizeof(scim_utf8_t));
    got = -1;

    for (i = 0; i < len; i++) {
        if (scim_utf8_json(&u, s.data + i, 1, &pos, &why) != SCIM_OK) {
            got = (long) i;
            break;
        }
    }

    if (got == -1 && scim_utf8_json_end(&u, &why) != SCIM_OK) {
        got = (long) len;
    }

    is(got, want, "%s", name);
}


#define good(p)              text(p, sizeof(p) - 1, -1, NULL, "good: " #p)
#define bad(p, pos, reason)  text(p, sizeof(p) - 1, pos, reason, "bad: " #p)

#define INVALID   "invalid UTF-8"
#define UNPAIRED  "unpaired surrogate"
#define ZERO      "U+0000"
#define CONTROL   "control character"
#define OPEN      "unterminated string"


static void
texts(void)
{
    good("");
    good("{\"a\":\"b\"}");
    good("\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
    good("\"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"");
    good("\"\\u00e9\\uD83D\\uDE00\\ud83d\\ude00\"");
    good("\"\\\\u0000\"");
    good("\"\\\\ud83d\"");
    good("\"\\\"\\u0001\"");
    good("\\u0000");
    good("\\ud83d");
    good("\"\\\\\" \\u0000");
    good("\"\\u00zz\"");
    good("\"\\\xc3\xa9x\"");

    bad("\"\xc0\xaf\"", 1, INVALID);
    bad("\"\xed\xa0\x80\"", 2, INVALID);
    bad("\"\xf4\x90\x80\x80\"", 2, INVALID);
    bad("\"\xf5\x80\x80\x80\"", 1, INVALID);
    bad("\"\x80\"", 1, INVALID);
    bad("\"\xc3\"", 2, INVALID);
    bad("\"\xe2\x82\"", 3, INVALID);
    bad("\"\xf0\x9f\x98\"", 4, INVALID);
    bad("\"\xff\"", 1, INVALID);
    bad("\"\xfe\xff\"", 1, INVALID);
    bad("{\xc3(", 2, INVALID);
    bad("\"\xc3", 2, INVALID);
    bad("\"\xf0\x9f\x98", 4, INVALID);

    bad("\"\\ud83d\"", 7, UNPAIRED);
    bad("\"\\ud83dx\"", 7, UNPAIRED);
    bad("\"\\ud83d\xc3\xa9\"", 7, UNPAIRED);
    bad("\"\\ud83d\\n\"", 8, UNPAIRED);
    bad("\"\\ud83d\\u0041\"", 12, UNPAIRED);
    bad("\"\\ud83d\\ud83d\"", 12, UNPAIRED);
    bad("\"\\ude00\"", 6, UNPAIRED);
    bad("\"\\uDFFF\"", 6, UNPAIRED);
    bad("\"\\ud83d\\ux\"", 9, UNPAIRED);
    bad("\"\\ud83d", 7, UNPAIRED);
    bad("\"\\ud83d\\u", 9, UNPAIRED);
    bad("\"\\ud83d\\ude0", 12, UNPAIRED);

    bad("\"\\u0000\"", 6, ZERO);
    bad("\"admin\\u0000evil\"", 11, ZERO);
    bad("{\"\\u0000\":1}", 7, ZERO);
    bad("\"\\uD83D\\u0000\"", 12, ZERO);
    bad("\"\0\"", 1, ZERO);
    bad("{\0}", 1, ZERO);
    bad("\"\\\0\"", 2, ZERO);
    bad("\"\\u0\0\"", 4, ZERO);
    bad("\0", 0, ZERO);

    good(" \t\r\n{}");
    bad("{\x0b}", 1, CONTROL);
    bad("\x0c", 0, CONTROL);
    bad("\"\"\x1f", 2, CONTROL);
    bad("\"", 1, OPEN);
    bad("\"\\", 2, OPEN);
    bad("\"\\u00", 5, OPEN);
    bad("{}\"", 3, OPEN);
    good("\"\x0b\x0c\x1f\"");
}


/* every code point as it is encoded, and as one that is too long */

static void
code_points(void)
{
    int            right;
    uint32_t       c;
    scim_str_t     s;
    unsigned char  p[4];

    right = 1;
    s.data = p;

    for (c = 1; c < 0x200000; c++) {

        if (c < 0x80) {
            s.len = 1;
            p[0] = (unsigned char) c;

        } else if (c < 0x800) {
            s.len = 2;
            p[0] = (unsigned char) (0xc0 | c >> 6);
            p[1] = (unsigned char) (0x80 | (c & 0x3f));

        } else if (c < 0x10000) {
            s.len = 3;
            p[0] = (unsigned char) (0xe0 | c >> 12);
            p[1] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
            p[2] = (unsigned char) (0x80 | (c & 0x3f));

        } else {
            s.len = 4;
            p[0] = (unsigned char) (0xf0 | c >> 18);
            p[1] = (unsigned char) (0x80 | (c >> 12 & 0x3f));
            p[2] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
            p[3] = (unsigned char) (0x80 | (c & 0x3f));
        }

        if (scim_utf8_valid(&s)
            != (c < 0xd800 || (c > 0xdfff && c < 0x110000)))
        {
            right = 0;
            diag("U+%04X", (unsigned) c);
            break;
        }
    }

    ok(right, "each code point but the surrogates, and none above U+10FFFF");

    right = 1;

    for (c = 0; c < 0x10000; c++) {
        s.len = c < 0x800 ? 3 : 4;

        if (s.len == 3) {
            p[0] = 0xe0;
            p[1] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
            p[2] = (unsigned char) (0x80 | (c & 0x3f));

        } else {
            p[0] = 0xf0;
            p[1] = (unsigned char) (0x80 | (c >> 12 & 0x3f));
            p[2] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
            p[3] = (unsigned char) (0x80 | (c & 0x3f));
        }

        if (scim_utf8_valid(&s)) {
            right = 0;
            diag("U+%04X", (unsigned) c);
            break;
        }
    }

    ok(right, "no form longer than needed");
}


/* two bytes in all combinations, against the rule said in other words */

static void
pairs(void)
{
    int            i, j, right;
    scim_str_t     s;
    unsigned char  p[2];

    right = 1;
    s.data = p;
    s.len = 2;

    for (i = 0; i < 256; i++) {
        for (j = 0; j < 256; j++) {
            p[0] = (unsigned char) i;
            p[1] = (unsigned char) j;

            if (scim_utf8_valid(&s)
                != ((i > 0 && i < 0x80 && j > 0 && j < 0x80)
                    || (i >= 0xc2 && i <= 0xdf && (j & 0xc0) == 0x80)))
            {
                right = 0;
                diag("bytes %02x %02x", i, j);
            }
        }
    }

    ok(right, "all pairs of bytes");
}


static void
valid(void)
{
    scim_str_t  s;

    s = tap_str("");
    ok(scim_utf8_valid(&s), "the empty string");
    s = tap_str("a\xc3\xa9\xf0\x9f\x98\x80");
    ok(scim_utf8_valid(&s), "one, two and four bytes");
    s = tap_str("a\xc3");
    ok(!scim_utf8_valid(&s), "ends within a character");
    s = tap_bytes("a\0b", 3);
    ok(!scim_utf8_valid(&s), "holds U+0000");
    s = tap_str("\\u0000\\ud83d");
    ok(scim_utf8_valid(&s), "escapes mean nothing outside of JSON");
}


int
main(void)
{
    texts();
    code_points();
    pairs();
    valid();

    return done_testing();
}
