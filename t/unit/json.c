
/*
 * The parser: what is taken, what is refused and with which words, limits,
 * texts in pieces, memory that runs out.
 */


#include "scim_json.h"
#include "tap.h"


static const scim_json_limits_t  limits = { 32, 512, 10000, 100000, 8192 };


static int
parse(const scim_json_limits_t *l, const scim_str_t *s, scim_json_t **json,
    scim_error_t *err)
{
    memset(err, 0, sizeof(scim_error_t));
    *json = NULL;

    return scim_json_parse(tap_arena(), l, s, json, err);
}


/* the same in pieces of "step" bytes, each in a block of its own */

static int
parse_pieces(const scim_json_limits_t *l, const scim_str_t *s, size_t step,
    scim_json_t **json, scim_error_t *err)
{
    int                  rc;
    size_t               i, n;
    scim_str_t           piece;
    scim_json_parser_t  *p;

    memset(err, 0, sizeof(scim_error_t));
    *json = NULL;

    p = scim_json_parser(tap_arena(), l);
    if (p == NULL) {
        return SCIM_DECLINED;
    }

    rc = SCIM_OK;

    for (i = 0; rc == SCIM_OK && i < s->len; i += n) {
        n = s->len - i < step ? s->len - i : step;
        piece = tap_bytes(s->data + i, n);
        rc = scim_json_feed(p, piece.data, piece.len, err);
    }

    if (rc == SCIM_OK) {
        rc = scim_json_finish(p, json, err);
    }

    scim_json_parser_free(p);

    return rc;
}


static scim_str_t
text_of(const scim_json_t *json)
{
    scim_buf_t  b;
    scim_str_t  s;

    scim_buf_init(&b, tap_arena(), 0);
    scim_json_write(&b, json);

    s.len = b.len;
    s.data = b.data;

    return s;
}


/* "text", parsed whole and in pieces of any size, is written as "want" */

static void
good_bytes(const char *text, size_t len, const char *want, const char *name)
{
    size_t         step;
    scim_str_t     s, out;
    scim_json_t   *json;
    scim_error_t   err;

    s = tap_bytes(text, len);

    if (parse(&limits, &s, &json, &err) != SCIM_OK) {
        ok(0, "%s", name);
        diag("%s", err.detail);
        return;
    }

    out = text_of(json);

    if (!is_str(&out, want, "%s", name)) {
        return;
    }

    for (step = 1; step < 8; step++) {

        if (parse_pieces(&limits, &s, step, &json, &err) != SCIM_OK) {
            ok(0, "%s, in pieces of %d", name, (int) step);
            diag("%s", err.detail);
            return;
        }

        out = text_of(json);

        if (out.len != strlen(want) || memcmp(out.data, want, out.len) != 0) {
            ok(0, "%s, in pieces of %d", name, (int) step);
            return;
        }
    }

    if (parse(NULL, &s, &json, &err) != SCIM_OK) {
        ok(0, "%s, as trusted text", name);
    }
}


#define good(text, want)                                                      \
    good_bytes(text, sizeof(text) - 1, want, "good: " #text)

#define same(text)  good(text, text)


/* "text" is refused with these words, whole and in pieces alike */

static void
bad_bytes(const scim_json_limits_t *l, const scim_str_t *s, scim_type_e type,
    const char *detail, const char *name)
{
    size_t         step;
    scim_json_t   *json;
    scim_error_t   err, again;

    if (parse(l, s, &json, &err) == SCIM_OK) {
        ok(0, "%s", name);
        diag("taken");
        return;
    }

    if (err.status != 400 || err.type != type
        || strcmp(err.detail, detail) != 0)
    {
        ok(0, "%s", name);
        diag("%d %s %s", err.status, scim_error_type_name(err.type),
             err.detail);
        return;
    }

    for (step = 1; step < 8; step++) {

        /* pieces need not be tried one by one where there are very many */

        if (s->len > 10000) {
            break;
        }

        if (parse_pieces(l, s, step, &json, &again) == SCIM_OK
            || again.status != 400 || again.type != type
            || strcmp(again.detail, detail) != 0)
        {
            ok(0, "%s, in pieces of %d", name, (int) step);
            diag("%s", again.detail);
            return;
        }
    }

    ok(1, "%s", name);
}


static void
bad_text(const char *text, size_t len, scim_type_e type, const char *detail,
    const char *name)
{
    scim_str_t  s;

    s = tap_bytes(text, len);
    bad_bytes(&limits, &s, type, detail, name);
}


#define bad(text, detail)                                                     \
    bad_text(text, sizeof(text) - 1, SCIM_INVALID_SYNTAX, detail,             \
             "bad: " #text)

#define bad_value(text, detail)                                               \
    bad_text(text, sizeof(text) - 1, SCIM_INVALID_VALUE, detail,              \
             "bad: " #text)

#define INVALID(pos)   "the body is not valid JSON near byte " #pos
#define UTF8(pos)      "invalid UTF-8 in the body at byte " #pos
#define UNPAIRED(pos)  "unpaired surrogate in the body at byte " #pos
#define ZERO(pos)      "U+0000 in the body at byte " #pos
#define CONTROL(pos)   "control character in the body at byte " #pos
#define OPEN(pos)      "unterminated string in the body at byte " #pos
#define EMPTY          "the body is empty"
#define TWICE          "a name stands twice in an object"
#define MARK           "the body begins with a byte order mark"


static void
taken(void)
{
    same("null");
    same("true");
    same("false");
    same("\"\"");
    same("\"a\"");
    same("[]");
    same("{}");
    same("[[],{},[{}]]");
    same("{\"a\":1,\"b\":[true,null,\"x\"],\"c\":{\"d\":\"e\"}}");
    same("{\"\":\"\"}");
    good(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n", "{\"a\":[1,2]}");

    /* numbers are kept as they were sent */

    same("0");
    same("-0");
    same("12345678901234567890123");
    same("9223372036854775808");
    same("1e999");
    same("1.0");
    same("-1.5E+10");
    same("0.000");
    same("[1e400000]");

    /* the writer escapes what it must */

    good("\"\\u0041\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
         "\"A/\\b\\f\\n\\r\\t\\\"\\\\\"");
    good("\"\\u0001\\u001f\\u007f\"", "\"\\u0001\\u001f\x7f\"");
    good("\"\\u00e9\\u20AC\\ud83d\\ude00\"",
         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    same("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    good("\"\\uD83D\\uDE00 and \\\\u0000\"",
         "\"\xf0\x9f\x98\x80 and \\\\u0000\"");
    good("{\"\\u0061b\":1}", "{\"ab\":1}");

    /* names that differ by more than ASCII case */

    same("{\"a\":1,\"b\":2,\"ab\":3,\"\xc3\xa9\":4,\"\xc3\x89\":5}");
    same("[{\"a\":1},{\"a\":2},{\"A\":3}]");
    same("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}");
}


static void
refused(void)
{
    bad("", EMPTY);
    bad(" \r\n\t ", EMPTY);
    bad("\xef\xbb\xbf{}", MARK);
    bad("\xef\xbb\xbf", MARK);
    bad("\xef\xbb", INVALID(0));
    bad("\xef\xbb{}", INVALID(0));
    bad("\xef\xbb{\xbf", INVALID(0));

    bad("{", INVALID(1));
    bad("[", INVALID(1));
    bad("[1,", INVALID(3));
    bad("{\"a\"", INVALID(4));
    bad("\"abc", OPEN(4));
    bad("{\"a", OPEN(3));
    bad("{}\"", OPEN(3));
    bad("1\"x", OPEN(3));
    bad("\"a\"\"", OPEN(4));
    bad("\"a\\\"", OPEN(4));
    bad("tru", INVALID(3));
    bad("1.", INVALID(2));
    bad("-", INVALID(1));
    bad("\"\\u00", OPEN(5));

    /* duplicates, in any spelling and depth */

    bad("{\"active\":true,\"Active\":false}", TWICE);
    bad("{\"a\":1,\"b\":2,\"a\":3}", TWICE);
    bad("{\"a\":1,\"\\u0061\":3}", TWICE);
    bad("{\"a\":1,\"\\u0041\":3}", TWICE);
    bad("{\"x\":[{\"URN:a:b\":1,\"urn:A:B\":2}]}", TWICE);
    bad("{\"x\":{\"y\":1},\"X\":{}}", TWICE);
    bad("{\"\":1,\"\":2}", TWICE);

    /* bytes that yajl would take */

    bad("\"\xc0\xaf\"", UTF8(1));
    bad("\"\xed\xa0\x80\"", UTF8(2));
    bad("\"\xf4\x90\x80\x80\"", UTF8(2));
    bad("\"\xf5\x80\x80\x80\"", UTF8(1));
    bad("\"\xc3\"", UTF8(2));
    bad("\"\xc3", UTF8(2));
    bad("{\"\xff\":1}", UTF8(2));
    bad("\"\\ud83d\"", UNPAIRED(7));
    bad("\"\\ude00\"", UNPAIRED(6));
    bad("\"\\ud83d\\u0041\"", UNPAIRED(12));
    bad("{\"\\ud83d\":1}", UNPAIRED(8));
    bad("[\"\\ud83d", UNPAIRED(8));

    bad_value("\"\\u0000\"", ZERO(6));
    bad_value("\"admin\\u0000evil\"", ZERO(11));
    bad_value("{\"\\u0000\":1}", ZERO(7));
    bad_value("{\"a\":[\"\\u0000\"]}", ZERO(12));
    bad_value("\"a\0b\"", ZERO(2));
    bad_value("{\0}", ZERO(1));

    /* white space of yajl that is none of JSON */

    bad("\x0c{}", CONTROL(0));
    bad("{}\x0b", CONTROL(2));
    bad("[1,\x0c" "2]", CONTROL(3));
    bad("[\x01]", CONTROL(1));

    /* the first error counts, whoever finds it */

    bad("{]\"\xff\"", INVALID(2));
    bad("{\"a\":1,\"a\":\"\xff\"}", TWICE);
}


/* what is no JSON; the offset is yajl's, so that only the words are compared */

static void
syntax(void)
{
    int            rc;
    size_t         i, step;
    scim_str_t     s;
    scim_json_t   *json;
    scim_error_t   err;

    static const char *const  texts[] = {
        "NaN", "Infinity", "-Infinity", "0x1", "01", "-01", "1.", ".5", "+1",
        "1e", "1e+", "--1", "1 2", "{} {}", "[1]x", "{}]", "/* a */ 1",
        "// a\n1", "[1] // a", "[1,]", "[,1]", "{\"a\":1,}", "{,}", "{a:1}",
        "{'a':1}", "'a'", "{1:2}", "{\"a\"}", "{\"a\" 1}", "[1 2]", "]", "}",
        "[}", "{]", "\"a\nb\"", "\"a\tb\"", "\"a\x01\"", "\"\\x41\"",
        "\"\\u00zz\"", "\"\\u004\"", "True", "nul", "nulll",
        "1.e5", "1e5.5", "-a", "\xc2\xa0{}", "\xe2\x80\xa8", "undefined", ",",
        ":", "a=b", "<a/>", "{\"a\":}", "[\"a\":1]"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        s = tap_str(texts[i]);

        for (step = 0; step < 4; step++) {
            rc = step ? parse_pieces(&limits, &s, step, &json, &err)
                      : parse(&limits, &s, &json, &err);

            if (rc != SCIM_ERROR || err.status != 400
                || err.type != SCIM_INVALID_SYNTAX
                || strncmp(err.detail, INVALID(), 36) != 0)
            {
                break;
            }
        }

        if (!ok(step == 4, "no JSON: %d", (int) i)) {
            diag("%s: %s", texts[i], err.detail);
        }

        if (parse(NULL, &s, &json, &err) == SCIM_OK) {
            ok(0, "no JSON, though trusted: %d", (int) i);
        }
    }
}


/* no detail shows what was sent */

static void
echo(void)
{
    size_t         i;
    scim_str_t     s;
    scim_json_t   *json;
    scim_error_t   err;

    static const char *const  texts[] = {
        "{\"canary\":1,\"Canary\":2}", "[canary]", "\"canary", "\"canary\xff",
        "\"canary\\u0000\"", "{\"a\":\"canary\"", "{\"canary\" canary}"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        s = tap_str(texts[i]);
        (void) parse(&limits, &s, &json, &err);
        ok(err.len && strstr(err.detail, "anary") == NULL, "no echo, %d",
           (int) i);
    }
}


/* "open", n times "item" with commas between, "close"; %n is a number */

static scim_str_t
repeat(const char *open, const char *item, size_t n, const char *comma,
    const char *close)
{
    char        number[24];
    size_t      i;
    scim_buf_t  b;
    scim_str_t  s;
    const char  *p;

    scim_buf_init(&b, tap_arena(), 1024);
    scim_buf_add(&b, open, strlen(open));

    for (i = 0; i < n; i++) {
        if (i) {
            scim_buf_add(&b, comma, strlen(comma));
        }

        for (p = item; *p; p++) {
            if (*p == '#') {
                (void) snprintf(number, sizeof(number), "%d", (int) i);
                scim_buf_add(&b, number, strlen(number));

            } else {
                scim_buf_char(&b, (unsigned char) *p);
            }
        }
    }

    scim_buf_add(&b, close, strlen(close));

    s.len = b.len;
    s.data = b.data;

    return s;
}


/* "n" levels: [[[...]]] or {"a":{"a":...}} */

static scim_str_t
nested(const char *open, const char *inner, const char *close, size_t n)
{
    scim_str_t  a, b;
    scim_buf_t  buf;

    a = repeat("", open, n, "", inner);
    b = repeat("", close, n, "", "");

    scim_buf_init(&buf, tap_arena(), a.len + b.len);
    scim_buf_str(&buf, &a);
    scim_buf_str(&buf, &b);

    a.len = buf.len;
    a.data = buf.data;

    return a;
}


static void
within(const scim_json_limits_t *l, scim_str_t s, const char *name)
{
    size_t         step;
    scim_json_t   *json;
    scim_error_t   err;

    memset(&err, 0, sizeof(scim_error_t));

    if (parse(l, &s, &json, &err) != SCIM_OK) {
        ok(0, "%s", name);
        diag("%s", err.detail);
        return;
    }

    for (step = 1; step < 5; step++) {
        if (parse_pieces(l, &s, step * step, &json, &err) != SCIM_OK) {
            ok(0, "%s, in pieces of %d", name, (int) step);
            diag("%s", err.detail);
            return;
        }
    }

    ok(1, "%s", name);
}


static void
beyond(const scim_json_limits_t *l, scim_str_t s, scim_type_e type,
    const char *detail, const char *name)
{
    bad_bytes(l, &s, type, detail, name);
    tap_free();
}


static void
limits_kept(void)
{
    scim_json_limits_t  l = { 5, 20, 7, 30, 10 };

    within(&l, nested("[", "1", "]", 5), "depth of arrays at the limit");
    beyond(&l, nested("[", "", "]", 6), SCIM_INVALID_SYNTAX,
           "the body is nested deeper than 5 levels", "and above");
    within(&l, nested("{\"a\":", "1", "}", 5), "depth of objects");
    beyond(&l, nested("{\"a\":", "1", "}", 6), SCIM_INVALID_SYNTAX,
           "the body is nested deeper than 5 levels", "and above");
    within(&l, nested("[{\"a\":", "[]", "}]", 2), "depth of both");
    beyond(&l, nested("[{\"a\":", "[[]]", "}]", 2), SCIM_INVALID_SYNTAX,
           "the body is nested deeper than 5 levels", "and above");
    within(&l, repeat("[", "[[[[]]]]", 6, ",", "]"), "depth goes back");

    within(&l, repeat("{", "\"#\":1", 20, ",", "}"), "members");
    beyond(&l, repeat("{", "\"#\":1", 21, ",", "}"), SCIM_INVALID_SYNTAX,
           "an object has more than 20 members", "and above");

    within(&l, repeat("[", "1", 7, ",", "]"), "values of an array");
    beyond(&l, repeat("[", "1", 8, ",", "]"), SCIM_INVALID_VALUE,
           "an array has more than 7 values", "and above");
    beyond(&l, repeat("[", "{}", 8, ",", "]"), SCIM_INVALID_VALUE,
           "an array has more than 7 values", "of objects");
    beyond(&l, repeat("[", "[]", 8, ",", "]"), SCIM_INVALID_VALUE,
           "an array has more than 7 values", "of arrays");

    /* 1 + 5 * (1 + 4) + 4 */

    within(&l, repeat("{\"a\":1,\"b\":2,\"c\":3,\"d\":4,",
                      "\"#\":[1,true,null,\"\"]", 5, ",", "}"),
           "values in all");
    beyond(&l, repeat("{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,",
                      "\"#\":[1,true,null,\"\"]", 5, ",", "}"),
           SCIM_INVALID_SYNTAX, "the body has more than 30 values",
           "and above");

    within(&l, repeat("\"", "x", 10, "", "\""), "bytes of a string");
    beyond(&l, repeat("\"", "x", 11, "", "\""), SCIM_INVALID_VALUE,
           "a string is longer than 10 bytes", "and above");
    within(&l, repeat("\"", "\\u20ac", 3, "", "x\""), "bytes, not characters");
    beyond(&l, repeat("\"", "\\u20ac", 4, "", "\""), SCIM_INVALID_VALUE,
           "a string is longer than 10 bytes", "and above");
    within(&l, repeat("{\"", "x", 10, "", "\":1}"), "bytes of a name");
    beyond(&l, repeat("{\"", "x", 11, "", "\":1}"), SCIM_INVALID_VALUE,
           "a string is longer than 10 bytes", "and above");

    within(&limits, repeat("[", "1", 64, "", "]"), "bytes of a number");
    beyond(&limits, repeat("[", "1", 65, "", "]"), SCIM_INVALID_VALUE,
           "a number is longer than 64 bytes", "and above");
    beyond(&limits, repeat("", "1", 65, "", ""), SCIM_INVALID_VALUE,
           "a number is longer than 64 bytes", "found at the end");
    tap_free();
}


static void
limits_of_a_server(void)
{
    within(&limits, repeat("{", "\"k#\":1", 512, ",", "}"), "512 members");
    beyond(&limits, repeat("{", "\"k#\":1", 513, ",", "}"),
           SCIM_INVALID_SYNTAX, "an object has more than 512 members",
           "513 members");
    beyond(&limits, repeat("{", "\"k#\":1", 500, ",", ",\"K7\":1}"),
           SCIM_INVALID_SYNTAX, TWICE, "a duplicate among 500");
    beyond(&limits, repeat("{", "\"k#\":1", 511, ",", ",\"K510\":1}"),
           SCIM_INVALID_SYNTAX, TWICE, "the last one of 511");
    beyond(&limits, repeat("[{", "\"k#\":1", 100, ",",
                           "},{\"k5\":1,\"k6\":1,\"K5\":2}]"),
           SCIM_INVALID_SYNTAX, TWICE, "names of an earlier object are gone");
    within(&limits, repeat("[{", "\"k#\":{\"a\":1}", 100, ",",
                           "},{\"k5\":1,\"k6\":1}]"),
           "they may come again");

    beyond(&limits, nested("[", "", "]", 1000000), SCIM_INVALID_SYNTAX,
           "the body is nested deeper than 32 levels", "a million arrays");
    beyond(&limits, nested("{\"a\":", "", "}", 1000000), SCIM_INVALID_SYNTAX,
           "the body is nested deeper than 32 levels", "a million objects");
    beyond(&limits, repeat("", "[", 1000000, "", ""), SCIM_INVALID_SYNTAX,
           "the body is nested deeper than 32 levels", "never closed");
    beyond(&limits, repeat("", "1", 1000000, "", ""), SCIM_INVALID_VALUE,
           "a number is longer than 64 bytes", "a million digits");
}


static void
trusted(void)
{
    scim_str_t     s, out;
    scim_json_t   *json;
    scim_error_t   err;

    s = repeat("{", "\"k#\":1", 2000, ",", "}");
    is(parse(NULL, &s, &json, &err), SCIM_OK, "trusted: members");
    is(json ? json->n : 0, 2000, "all of them");

    s = repeat("\"", "x", 100000, "", "\"");
    is(parse(NULL, &s, &json, &err), SCIM_OK, "trusted: a string");

    s = repeat("", "1", 1000, "", "");
    is(parse(NULL, &s, &json, &err), SCIM_OK, "trusted: a number");

    s = nested("[", "", "]", 1024);
    is(parse(NULL, &s, &json, &err), SCIM_OK, "trusted: depth");
    out = text_of(json);
    ok(scim_str_eq(&s, &out), "written as deep");

    s = nested("[", "", "]", 1025);
    is(parse(NULL, &s, &json, &err), SCIM_ERROR, "but not without an end");
    tap_free();
}


/* strings of many lengths, cut anywhere, come out as they went in */

static void
strings(void)
{
    int            right;
    size_t         n, at;
    scim_buf_t     b;
    scim_str_t     s, out, part;
    scim_json_t   *json;
    scim_error_t   err;

    right = 1;

    for (n = 0; n < 40; n++) {
        for (at = 0; at <= n; at++) {
            part = repeat("", "x", n, "", "");

            if (at < n) {
                part.data[at] = (unsigned char) (n % 2 ? '\x1f' : '"');
            }

            scim_buf_init(&b, tap_arena(), 0);
            scim_json_write_string(&b, &part);
            s.data = b.data;
            s.len = b.len;

            if (parse_pieces(&limits, &s, 1 + at % 5, &json, &err) != SCIM_OK
                || json->type != SCIM_JSON_STRING
                || !scim_str_eq(&json->str, &part)
                || json->str.data[json->str.len] != '\0')
            {
                right = 0;
                diag("length %d, at %d", (int) n, (int) at);
            }
        }

        tap_free();
    }

    ok(right, "a byte to escape at each place of a string");

    right = 1;

    for (n = 0; n < 256; n++) {
        part = repeat("", "x", 20, "", "");
        part.data[9] = (unsigned char) n;

        scim_buf_init(&b, tap_arena(), 0);
        scim_json_write_string(&b, &part);

        out.len = b.len;
        out.data = b.data;

        if ((n < 0x20 || n == '"' || n == '\\')
            ? out.len <= 22 : (out.len != 22 || out.data[10] != n))
        {
            right = 0;
            diag("byte %d", (int) n);
        }
    }

    ok(right, "which bytes are escaped");
    tap_free();
}


static void
failed_parser(void)
{
    scim_str_t           s;
    scim_json_t         *json;
    scim_error_t         err;
    scim_json_parser_t  *p;

    p = scim_json_parser(tap_arena(), &limits);
    s = tap_str("{]");

    is(scim_json_feed(p, s.data, s.len, &err), SCIM_ERROR, "an error");
    memset(&err, 0, sizeof(scim_error_t));
    is(scim_json_feed(p, s.data, 1, &err), SCIM_ERROR, "stays");
    is(err.status, 400, "with its words");
    memset(&err, 0, sizeof(scim_error_t));
    is(scim_json_finish(p, &json, &err), SCIM_ERROR, "to the end");
    is(err.status, 400, "with its words");

    scim_json_parser_free(p);

    p = scim_json_parser(tap_arena(), &limits);
    s = tap_str("{}\xff");

    is(scim_json_feed(p, s.data, s.len, &err), SCIM_ERROR, "bad bytes");
    is(scim_json_finish(p, &json, &err), SCIM_ERROR, "fail to the end");

    scim_json_parser_free(p);

    p = scim_json_parser(tap_arena(), &limits);
    is(scim_json_feed(p, NULL, 0, &err), SCIM_OK, "no bytes are no error");
    is(scim_json_finish(p, &json, &err), SCIM_ERROR, "but no body either");
    scim_json_parser_free(p);
    scim_json_parser_free(p);
    ok(1, "freed twice");
}


static int
parse_write(scim_arena_t *arena, void *data)
{
    scim_str_t     s;
    scim_buf_t     b;
    scim_json_t   *json;
    scim_error_t   err;

    s = *(scim_str_t *) data;

    if (scim_json_parse(arena, &limits, &s, &json, &err) != SCIM_OK) {
        return err.status == 503 ? SCIM_ERROR : SCIM_OK;
    }

    scim_buf_init(&b, arena, 8);
    scim_json_write(&b, json);

    return b.failed ? SCIM_ERROR : SCIM_OK;
}


int
main(void)
{
    scim_str_t  s;

    taken();
    refused();
    syntax();
    echo();
    tap_free();
    limits_kept();
    limits_of_a_server();
    trusted();
    strings();
    failed_parser();

    s = repeat("{\"schemas\":[\"urn:a\"],\"n\":[[1],{\"a\":\"\\u00e9\"}],",
               "\"k#\":{\"a\":\"b\"}", 20, ",", ",\"z\":null}");
    tap_nomem(parse_write, &s, "parser and writer");

    return done_testing();
}
