
/*
 * scim_error.c: the format, its limits and the body that is sent.
 */


#include "scim_json.h"
#include "tap.h"


static scim_str_t
body(const scim_error_t *err)
{
    scim_buf_t  b;
    scim_str_t  s;

    scim_buf_init(&b, tap_arena(), 64);
    scim_error_write(&b, err);

    s.len = b.len;
    s.data = b.data;

    return s;
}


static void
format(void)
{
    scim_str_t    s;
    scim_error_t  err;

    memset(&err, 0xff, sizeof(scim_error_t));
    s = tap_str("user\"N\x01\xc3\xa9");

    is(scim_error(&err, 400, SCIM_INVALID_VALUE, "%s of %S: %d, %z%", "type",
                  &s, -5, (size_t) 7),
       SCIM_ERROR, "returns SCIM_ERROR");
    is(err.status, 400, "status");
    is(err.type, SCIM_INVALID_VALUE, "type");
    is(err.retry_after, 0, "no Retry-After");
    ok(strcmp(err.detail, "type of user\"N???: -5, 7%") == 0, "detail");
    is(err.len, strlen(err.detail), "its length");

    (void) scim_error(&err, 500, SCIM_TYPE_NONE, "%x %s", "a");
    ok(strcmp(err.detail, "%x a") == 0, "an unknown conversion is text");

    (void) scim_error(&err, 500, SCIM_TYPE_NONE, "%z", SIZE_MAX);
    is(err.len, 20, "the largest size");

    (void) scim_error(&err, 500, SCIM_TYPE_NONE, "");
    is(err.len, 0, "no detail");
}


static void
limits(void)
{
    char          text[400];
    size_t        i;
    scim_str_t    s;
    scim_error_t  err;

    memset(text, 'a', sizeof(text));
    s = tap_bytes(text, 128);
    (void) scim_error(&err, 400, SCIM_TYPE_NONE, "%S", &s);
    is(err.len, 128, "a name of 128 bytes is whole");

    s = tap_bytes(text, 129);
    (void) scim_error(&err, 400, SCIM_TYPE_NONE, "%S", &s);
    is(err.len, 128, "one of 129 is cut");

    for (i = 250; i < 260; i++) {
        text[i] = '\0';
        (void) scim_error(&err, 400, SCIM_TYPE_NONE, "%s", text);

        if (err.len != (i < 255 ? i : 255) || err.detail[err.len] != '\0') {
            break;
        }

        text[i] = 'a';
    }

    is(i, 260, "details around the limit are cut at it");

    memcpy(text + 254, "\xc3\xa9", 3);
    (void) scim_error(&err, 400, SCIM_TYPE_NONE, "%s", text);
    is(err.len, 254, "no character is cut in two");

    text[300] = '\0';
    s = tap_bytes(text, 128);
    (void) scim_error(&err, 400, SCIM_TYPE_NONE, "%s%S%d%z", text, &s, 1,
                      (size_t) 2);
    ok(err.len <= 255, "all conversions stop at the limit");
}


/* between %[ and %] stands the name of an attribute */

static void
attrs(void)
{
    char          text[300];
    scim_str_t    s, bad;
    scim_error_t  err;

    memset(&err, 0xff, sizeof(scim_error_t));
    memset(text, 'a', sizeof(text));

    (void) scim_error(&err, 400, SCIM_TYPE_NONE, "%s", "userName");
    ok(strcmp(err.attr, "") == 0, "no attribute");

    s = tap_str("urn:x");
    bad = tap_str("\xc3\xa9");

    (void) scim_error(&err, 400, SCIM_TYPE_NONE, "a \"%[%S%s%s%]\" b %S", &s,
                      ":", "c.d", &bad);
    ok(strcmp(err.attr, "urn:x:c.d") == 0, "an attribute in pieces");
    ok(strcmp(err.detail, "a \"urn:x:c.d\" b ??") == 0, "and in the detail");

    (void) scim_error(&err, 400, SCIM_TYPE_NONE, "%[members%]: bad");
    ok(strcmp(err.attr, "members") == 0, "an attribute of the format");
    ok(strcmp(err.detail, "members: bad") == 0, "and in the detail");

    (void) scim_error(&err, 400, SCIM_TYPE_NONE, "%[a%S%]", &bad);
    ok(strcmp(err.attr, "") == 0, "what is not ASCII is none");
    ok(strcmp(err.detail, "a??") == 0, "but in the detail");

    s = tap_str("a b");
    (void) scim_error(&err, 400, SCIM_TYPE_NONE, "%[%S%]", &s);
    ok(strcmp(err.attr, "") == 0, "nor what has a space");

    s = tap_bytes(text, 255);
    (void) scim_error(&err, 400, SCIM_TYPE_NONE, "%[%S%]", &s);
    is(strlen(err.attr), 255, "the longest");
    is(err.len, 128, "cut in the detail alone");

    (void) scim_error(&err, 400, SCIM_TYPE_NONE, "%[%S%s%]", &s, "b");
    ok(strcmp(err.attr, "") == 0, "a longer one is none");
}


static void
types(void)
{
    size_t       i;
    const char  *name;

    static const char *const  names[] = {
        "invalidFilter", "tooMany", "uniqueness", "mutability",
        "invalidSyntax", "invalidPath", "noTarget", "invalidValue",
        "invalidVers", "sensitive", "invalidCursor", "expiredCursor",
        "invalidCount"
    };

    ok(scim_error_type_name(SCIM_TYPE_NONE) == NULL, "no type, no name");

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        name = scim_error_type_name((scim_type_e) (i + 1));
        ok(name && strcmp(name, names[i]) == 0, "%s", names[i]);
    }

    is(i, SCIM_INVALID_COUNT, "all of them");
    ok(scim_error_type_name((scim_type_e) (i + 1)) == NULL, "and no more");
}


static void
bodies(void)
{
    scim_str_t    s;
    scim_error_t  err;

    (void) scim_error(&err, 409, SCIM_UNIQUENESS, "%s", "a \"b\"");
    s = body(&err);
    is_str(&s, "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"]"
               ",\"status\":\"409\",\"scimType\":\"uniqueness\","
               "\"detail\":\"a \\\"b\\\"\"}",
           "with a type");

    (void) scim_error(&err, 404, SCIM_TYPE_NONE, "no such resource");
    s = body(&err);
    is_str(&s, "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"]"
               ",\"status\":\"404\",\"detail\":\"no such resource\"}",
           "without one");

    is(scim_error_nomem(&err), SCIM_ERROR, "out of memory is an error");
    is(err.status, 503, "503");
    ok(err.retry_after > 0, "to be repeated");
    ok(err.len > 0, "with words");
}


static int
write_body(scim_arena_t *arena, void *data)
{
    scim_buf_t  b;

    scim_buf_init(&b, arena, 16);
    scim_error_write(&b, data);

    return b.failed ? SCIM_ERROR : SCIM_OK;
}


int
main(void)
{
    scim_error_t  err;

    format();
    limits();
    attrs();
    types();
    bodies();

    (void) scim_error_nomem(&err);
    tap_nomem(write_body, &err, "body");

    return done_testing();
}
