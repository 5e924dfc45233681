
/*
 * scim_fold.c: which strings share a key, over all of Unicode where it is
 * about a rule.
 */


#include <stdint.h>

#include "scim_fold.h"
#include "scim_utf8.h"
#include "tap.h"


static void
key(const char *text, const char *want, const char *name)
{
    scim_str_t  s, k;

    s = tap_str(text);

    if (!is(scim_fold(tap_arena(), &s, &k), SCIM_OK, "%s: folds", name)) {
        return;
    }

    is_str(&k, want, "%s", name);
}


static void
same(const char *a, const char *b, int want, const char *name)
{
    scim_str_t  s, t, k, l;

    s = tap_str(a);
    t = tap_str(b);

    if (scim_fold(tap_arena(), &s, &k) != SCIM_OK
        || scim_fold(tap_arena(), &t, &l) != SCIM_OK)
    {
        ok(0, "%s", name);
        return;
    }

    is(scim_str_eq(&k, &l), want, "%s", name);
}


static void
keys(void)
{
    key("", "", "empty");
    key("BJensen@Example.COM", "bjensen@example.com", "ASCII");
    key("AMZamz09", "amzamz09", "ASCII letters and digits");
    key("[\\]^_`{|}~@", "[\\]^_`{|}~@", "ASCII that is no letter");
    key("stra\xc3\x9f" "e", "strasse", "sharp s");
    key("STRA\xe1\xba\x9e" "E", "strasse", "capital sharp s");
    key("\xe2\x84\xaa", "k", "Kelvin sign");
    key("\xe2\x84\xab", "\xc3\xa5", "Angstrom sign");
    key("\xc3\x85", "\xc3\xa5", "A with ring");
    key("A\xcc\x8a", "\xc3\xa5", "A and ring");
    key("\xc3\x89", "\xc3\xa9", "E acute, composed");
    key("E\xcc\x81", "\xc3\xa9", "E acute, decomposed");
    key("\xc4\xb0", "i\xcc\x87", "dotted capital I keeps its dot");
    key("\xc4\xb1", "\xc4\xb1", "dotless i stays");
    key("I", "i", "I is i");
    key("\xce\xa3\xcf\x83\xcf\x82", "\xcf\x83\xcf\x83\xcf\x83",
        "the three sigmas");
    key("\xef\xac\x81", "fi", "ligature fi");
    key("\xf0\x90\x90\x80", "\xf0\x90\x90\xa8", "Deseret, four bytes");
    key("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c", "Hangul");
    key("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "emoji");
    key("\xe2\x91\xa0", "\xe2\x91\xa0", "no compatibility forms");
    key("\xef\xbd\x81", "\xef\xbd\x81", "full width a is not a");

    same("\xc3\x89" "cole", "e\xcc\x81" "COLE", 1, "NFC and NFD");
    same("\xc4\xb0", "i", 0, "dotted capital I is not i");
    same("\xc4\xb1", "i", 0, "dotless i is not i");
    same("\xc4\xb1", "I", 0, "nor I");
    same("a\xcc\xa3\xcc\x81", "a\xcc\x81\xcc\xa3", 1, "order of marks");
    same("\xd0\xb0", "a", 0, "Cyrillic a is not a");
    same("\xe1\xbe\xb4", "\xce\xb1\xcd\x85\xcc\x81", 1, "U+0345 before a mark");
}


static void
refused(void)
{
    size_t      i;
    scim_str_t  s, k;

    static const char *const  texts[] = {
        "\xc0\xaf", "a\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "a\xc3",
        "\x80"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        s = tap_str(texts[i]);
        is(scim_fold(tap_arena(), &s, &k), SCIM_ERROR, "no UTF-8, %d",
           (int) i);
    }
}


static size_t
encode(unsigned char *p, uint32_t c)
{
    if (c < 0x80) {
        p[0] = (unsigned char) c;
        return 1;
    }

    if (c < 0x800) {
        p[0] = (unsigned char) (0xc0 | c >> 6);
        p[1] = (unsigned char) (0x80 | (c & 0x3f));
        return 2;
    }

    if (c < 0x10000) {
        p[0] = (unsigned char) (0xe0 | c >> 12);
        p[1] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
        p[2] = (unsigned char) (0x80 | (c & 0x3f));
        return 3;
    }

    p[0] = (unsigned char) (0xf0 | c >> 18);
    p[1] = (unsigned char) (0x80 | (c >> 12 & 0x3f));
    p[2] = (unsigned char) (0x80 | (c >> 6 & 0x3f));
    p[3] = (unsigned char) (0x80 | (c & 0x3f));

    return 4;
}


/* a key is its own key: for all code points, alone and among marks */

static void
idempotent(void)
{
    int            right;
    size_t         m, n;
    uint32_t       c;
    scim_str_t     s, k, l;
    scim_arena_t  *arena;
    unsigned char  p[32];

    static const char *const  marks[] = {
        "", "\xcc\x81", "\xcc\x87", "\xcd\x85", "\xcc\xa3\xcc\x88",
        "\xcd\x85\xcc\x81"
    };

    right = 1;
    s.data = p;

    for (m = 0; m < sizeof(marks) / sizeof(marks[0]); m++) {
        for (c = 1; c < 0x30000; c++) {

            if (c >= 0xd800 && c <= 0xdfff) {
                continue;
            }

            if (c % 256 == 0) {
                tap_free();
            }

            arena = tap_arena();

            n = encode(p, c);
            memcpy(p + n, marks[m], strlen(marks[m]));
            s.len = n + strlen(marks[m]);

            if (scim_fold(arena, &s, &k) != SCIM_OK
                || scim_fold(arena, &k, &l) != SCIM_OK
                || !scim_str_eq(&k, &l)
                || !scim_utf8_valid(&k))
            {
                right = 0;
                diag("U+%04X, marks %d", (unsigned) c, (int) m);
            }
        }
    }

    ok(right, "a key is its own key");
}


static void
long_text(void)
{
    size_t      i;
    scim_str_t  s, k;

    s.len = 3 * 3000;
    s.data = tap_alloc(&tap_mem, s.len);

    /* U+0390 grows to six bytes when decomposed */

    for (i = 0; i < 3000; i++) {
        memcpy(s.data + 3 * i, "\xce\x90 ", 3);
    }

    is(scim_fold(tap_arena(), &s, &k), SCIM_OK, "a long text folds");
    is(k.len, s.len, "and is composed again");
}


/* utf8proc is no part of this build, so that ASan does not watch it */

static void
no_byte_beyond(void)
{
    size_t          n;
    uint64_t        room[8];
    tap_mem_t       mem;
    scim_str_t      s, k;
    scim_arena_t    arena;
    unsigned char  *p;

    s = tap_str("\xf0\x90\x90\x80\xf0\x90\x90\x80");
    p = (unsigned char *) room;

    for (n = 0; n < 40; n++) {
        memset(room, 0x5a, sizeof(room));
        memset(&mem, 0, sizeof(tap_mem_t));
        mem.fail = 1;
        mem.forever = 1;

        scim_arena_init(&arena, tap_alloc, &mem);
        arena.last = p;
        arena.end = p + n;

        (void) scim_fold(&arena, &s, &k);

        if (p[n] != 0x5a) {
            break;
        }
    }

    is(n, 40, "no byte is written beyond what was allocated");
}


static int
fold(scim_arena_t *arena, void *data)
{
    scim_str_t  key;

    return scim_fold(arena, data, &key);
}


int
main(void)
{
    scim_str_t  s;

    keys();
    refused();
    idempotent();
    long_text();
    no_byte_beyond();

    s = tap_str("ABC");
    tap_nomem(fold, &s, "ASCII");
    s = tap_str("\xc3\x89" "cole");
    tap_nomem(fold, &s, "other text");

    return done_testing();
}
