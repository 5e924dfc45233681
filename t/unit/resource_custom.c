
/*
 * scim_resource_accept(): what no attribute of User has, numbers, dates,
 * binary and immutable values, lists of strings and required extensions.
 */


#include "tap.h"
#include "resource.h"


#define simple(name, type, mutability, multi, indexed)                        \
    { scim_string(name), scim_string(""), type, mutability,                   \
      SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, multi, 0, 0,  \
      indexed, 0, NULL, 0, NULL, 0, NULL, 0 }


static const scim_attr_t  subs[] = {
    { scim_string("value"), scim_string(""), SCIM_ATTR_STRING,
      SCIM_IMMUTABLE, SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE,
      SCIM_SOURCE_DOC, 0, 1, 1, 1, 0, NULL, 0, NULL, 0, NULL, 0 },
    { scim_string("note"), scim_string(""), SCIM_ATTR_STRING,
      SCIM_READ_WRITE, SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE,
      SCIM_SOURCE_DOC, 0, 0, 0, 0, 0, NULL, 0, NULL, 0, NULL, 0 }
};

static const scim_attr_t  attrs[] = {
    simple("i", SCIM_ATTR_INTEGER, SCIM_READ_WRITE, 0, 0),
    simple("d", SCIM_ATTR_DECIMAL, SCIM_READ_WRITE, 0, 0),
    simple("t", SCIM_ATTR_DATETIME, SCIM_READ_WRITE, 0, 0),
    simple("b", SCIM_ATTR_BINARY, SCIM_READ_WRITE, 0, 0),
    simple("m", SCIM_ATTR_STRING, SCIM_READ_WRITE, 1, 1),
    simple("once", SCIM_ATTR_STRING, SCIM_IMMUTABLE, 0, 0),
    { scim_string("c"), scim_string(""), SCIM_ATTR_COMPLEX,
      SCIM_READ_WRITE, SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE,
      SCIM_SOURCE_DOC, 0, 0, 0, 0, 0, NULL, 0, NULL, 0, subs, 2 }
};

static const scim_schema_t  schema = {
    scim_string("urn:thing"), scim_string("Thing"), scim_string(""),
    attrs, 7, NULL, 0
};

static const scim_extension_t  required = { &schema, 1 };

static const scim_resource_type_t  thing = {
    scim_string("Thing"), scim_string("/Things"), scim_string(""),
    &schema, NULL, NULL, 0, NULL, 0
};


static const struct {
    const char  *body;
    const char  *current;
    const char  *kept;
} values[] = {
    { "{\"i\":9223372036854775807}", NULL,
      "\"i\":9223372036854775807" },
    { "{\"i\":-9223372036854775808}", NULL,
      "\"i\":-9223372036854775808" },
    { "{\"i\":9223372036854775808}", NULL, NULL },
    { "{\"i\":-9223372036854775809}", NULL, NULL },
    { "{\"i\":92233720368547758070}", NULL, NULL },
    { "{\"i\":1.0}", NULL, NULL },
    { "{\"i\":1e3}", NULL, NULL },
    { "{\"i\":\"1\"}", NULL, NULL },
    { "{\"d\":-1.50e+10}", NULL, "\"d\":-1.50e+10" },
    { "{\"d\":1e300}", NULL, "\"d\":1e300" },
    { "{\"d\":1e301}", NULL, NULL },
    { "{\"d\":1e99999999999999999999999}", NULL, NULL },
    { "{\"d\":0."
      "00000000000000000000000000000000000000000000000000000000000001}",
      NULL,
      "\"d\":0."
      "00000000000000000000000000000000000000000000000000000000000001" },
    { "{\"d\":0."
      "000000000000000000000000000000000000000000000000000000000000001}",
      NULL, NULL },
    { "{\"d\":true}", NULL, NULL },
    { "{\"t\":\"2008-02-29T23:59:60.123Z\"}", NULL,
      "\"t\":\"2008-02-29T23:59:60.123Z\"" },
    { "{\"t\":\"2008-01-23T04:56:22\"}", NULL,
      "\"t\":\"2008-01-23T04:56:22\"" },
    { "{\"t\":\"2008-01-23T04:56:22-05:30\"}", NULL,
      "\"t\":\"2008-01-23T04:56:22-05:30\"" },
    { "{\"t\":\"1900-02-29T00:00:00Z\"}", NULL, NULL },
    { "{\"t\":\"2008-13-01T00:00:00Z\"}", NULL, NULL },
    { "{\"t\":\"2008-00-01T00:00:00Z\"}", NULL, NULL },
    { "{\"t\":\"2008-01-00T00:00:00Z\"}", NULL, NULL },
    { "{\"t\":\"2008-01-01T24:00:00Z\"}", NULL, NULL },
    { "{\"t\":\"2008-01-01T00:60:00Z\"}", NULL, NULL },
    { "{\"t\":\"2008-01-01T00:00:61Z\"}", NULL, NULL },
    { "{\"t\":\"2008-01-01T00:00:00.Z\"}", NULL, NULL },
    { "{\"t\":\"2008-01-01T00:00:00+0100\"}", NULL, NULL },
    { "{\"t\":\"2008-01-01T00:00:00+15:00\"}", NULL, NULL },
    { "{\"t\":\"2008-01-01T00:00:00Zx\"}", NULL, NULL },
    { "{\"t\":\"2008-01-01 00:00:00Z\"}", NULL, NULL },
    { "{\"t\":\"2008-01-01\"}", NULL, NULL },
    { "{\"t\":1}", NULL, NULL },
    { "{\"b\":\"QQ==\"}", NULL, "\"b\":\"QQ==\"" },
    { "{\"b\":\"a-_\\r\\nQ\"}", NULL, "\"b\":\"a-_\\r\\nQ\"" },
    { "{\"b\":\"Q===\"}", NULL, NULL },
    { "{\"b\":\"Q=Q\"}", NULL, NULL },
    { "{\"m\":[\"x\",\"\",null,\"X\"]}", NULL, "\"m\":[\"x\",\"X\"]" },
    { "{\"m\":\"x\"}", NULL, "\"m\":[\"x\"]" },
    { "{\"m\":[{\"value\":\"x\"}]}", NULL, NULL },
    { "{\"once\":\"x\"}", "{}", "\"once\":\"x\"" },
    { "{\"once\":\"x\"}", "{\"once\":\"x\"}", "\"once\":\"x\"" },
    { "{}", "{\"once\":\"x\"}", "\"once\":\"x\"" },
    { "{\"once\":\"y\"}", "{\"once\":\"x\"}", NULL },
    { "{\"c\":{\"note\":\"n\"}}", NULL, NULL },
    { "{\"c\":{\"value\":\" \"}}", NULL, NULL },
    { "{\"c\":{\"value\":\"x\"}}", "{\"c\":{\"value\":\"x\"}}",
      "\"c\":{\"value\":\"x\"}" },
    { "{\"c\":{\"value\":\"y\"}}", "{\"c\":{\"value\":\"x\"}}", NULL },
    { "{\"c\":null}", "{\"c\":{\"value\":\"x\"}}", "" }
};


static void
test_values(void)
{
    char      want[256];
    size_t    i;
    accept_t  a;

    memset(&a, 0, sizeof(accept_t));
    a.policy = &tolerant;
    a.rtype = &thing;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        a.body = values[i].body;
        a.current = values[i].current;

        if (values[i].kept == NULL) {
            is(accept_in(tap_arena(), &a), SCIM_ERROR, "refused: %s",
               values[i].body);
            is(err.status, 400, "with 400");
            continue;
        }

        (void) snprintf(want, sizeof(want), "{\"schemas\":[\"urn:thing\"]%s%s}",
                        *values[i].kept ? "," : "", values[i].kept);

        is(accept_in(tap_arena(), &a), SCIM_OK, "accepted: %s", values[i].body);
        is_str(&res.text, want, "kept: %s", values[i].body);
    }

    tap_free();
}


static void
test_immutable(void)
{
    accept_t  a;

    memset(&a, 0, sizeof(accept_t));
    a.policy = &tolerant;
    a.rtype = &thing;

    a.body = "{\"once\":\"y\"}";
    a.current = "{\"once\":\"x\"}";
    (void) accept_in(tap_arena(), &a);
    is(err.type, SCIM_MUTABILITY, "immutable: mutability");
    detail_is("attribute \"once\" is immutable", "immutable");

    a.body = "{\"c\":{\"value\":\"y\"}}";
    a.current = "{\"c\":{\"value\":\"x\"}}";
    (void) accept_in(tap_arena(), &a);
    detail_is("attribute \"c.value\" is immutable", "immutable within");

    tap_free();
}


/* a type as a schema file may describe it */

static const scim_attr_t  box_subs[] = {
    { .name = scim_string("tags"), .multi = 1, .indexed = 1,
      .uniqueness = SCIM_UNIQUE_SERVER, .max = 16 },
    { .name = scim_string("pin"), .mutability = SCIM_WRITE_ONLY,
      .returned = SCIM_RETURNED_NEVER },
    { .name = scim_string("password"), .mutability = SCIM_WRITE_ONLY,
      .returned = SCIM_RETURNED_NEVER },
    { .name = scim_string("set"), .mutability = SCIM_READ_ONLY }
};

static const scim_attr_t  kind_subs[] = {
    { .name = scim_string("type") },
    { .name = scim_string("display") }
};

static const scim_attr_t  box_attrs[] = {
    { .name = scim_string("label"), .required = 1, .case_exact = 1 },
    { .name = scim_string("serial"), .type = SCIM_ATTR_INTEGER,
      .uniqueness = SCIM_UNIQUE_GLOBAL, .indexed = 1 },
    { .name = scim_string("codes"), .multi = 1, .case_exact = 1,
      .uniqueness = SCIM_UNIQUE_SERVER, .indexed = 1 },
    { .name = scim_string("boxes"), .type = SCIM_ATTR_COMPLEX, .multi = 1,
      .subs = box_subs, .nsubs = 4 },
    { .name = scim_string("kinds"), .type = SCIM_ATTR_COMPLEX, .multi = 1,
      .subs = kind_subs, .nsubs = 2 },
    { .name = scim_string("secret"), .mutability = SCIM_WRITE_ONLY,
      .returned = SCIM_RETURNED_NEVER },
    { .name = scim_string("password"), .mutability = SCIM_WRITE_ONLY,
      .returned = SCIM_RETURNED_NEVER },
    { .name = scim_string("active"), .multi = 1, .type = SCIM_ATTR_BOOLEAN }
};

static const scim_schema_t  box_schema = {
    .id = scim_string("urn:box"), .attrs = box_attrs, .nattrs = 8
};

static const scim_resource_type_t  box = {
    .name = scim_string("Box"), .endpoint = scim_string("/Boxes"),
    .schema = &box_schema, .name_attr = &box_attrs[0]
};


static void
test_box(void)
{
    size_t    i;
    accept_t  a;

    static const struct {
        const char  *attr;
        const char  *key;
    } keys[] = {
        { "serial", "7" },
        { "codes", "A" },
        { "codes", "a" },
        { "boxes.tags", "x" },
        { "boxes.tags", "y" },
        { "boxes.tags", "z" }
    };

    memset(&a, 0, sizeof(accept_t));
    a.policy = &tolerant;
    a.rtype = &box;
    a.body = "{\"label\":\"L\",\"serial\":7,\"codes\":[\"A\",\"a\",\"A\"],"
             "\"boxes\":[{\"tags\":[\"X\",\"y\"],\"pin\":\"1\","
             "\"password\":\"2\",\"set\":\"3\"},{\"tags\":\"Z\"},"
             "{\"tags\":[\"Y\"]},{\"pin\":\"4\"}]}";

    is(accept_in(tap_arena(), &a), SCIM_OK, "a box");
    is_str(&res.text, "{\"schemas\":[\"urn:box\"],\"label\":\"L\","
           "\"serial\":7,\"codes\":[\"A\",\"a\",\"A\"],\"boxes\":["
           "{\"tags\":[\"X\",\"y\"],\"pin\":\"1\"},{\"tags\":[\"Z\"]},"
           "{\"tags\":[\"Y\"]},{\"pin\":\"4\"}]}",
           "writeOnly is kept, passwords are not");
    is_str(&res.name, "L", "its name");
    ok(res.name_key.data == NULL, "need not be unique");
    is(res.active, 1, "a list of booleans is no active");
    is(res.members.replace, 0, "it has no members");
    is((long long) res.nkeys, 6, "its keys");

    for (i = 0; i < 6 && i < res.nkeys; i++) {
        is_str(&res.keys[i].attr, keys[i].attr, "path");
        is_str(&res.keys[i].key, keys[i].key, "key");
        is(res.keys[i].unique, 1, "is unique");
    }

    tap_nomem(accept_short, &a, "a box");

    a.body = "{\"label\":\"l\",\"kinds\":[{\"type\":\"a\"},"
             "{\"display\":\"b\"},{}]}";
    is(accept_in(tap_arena(), &a), SCIM_OK, "kinds");
    is_str(&res.text, "{\"schemas\":[\"urn:box\"],\"label\":\"l\","
           "\"kinds\":[{\"type\":\"a\"},{\"display\":\"b\"}]}",
           "that are all there is");

    a.body = "{\"label\":\"l\",\"boxes\":[{\"tags\":"
             "\"12345678901234567\"}]}";
    is(accept_in(tap_arena(), &a), SCIM_ERROR, "too long a tag");
    detail_is("attribute \"boxes.tags\" is longer than 16 bytes", "tag");

    tap_free();
}


/* who cannot read a value cannot send it back */

static void
test_write_only(void)
{
    accept_t  a;

    memset(&a, 0, sizeof(accept_t));
    a.policy = &tolerant;
    a.rtype = &box;
    a.current = "{\"label\":\"L\",\"secret\":\"s\"}";

    a.body = "{\"label\":\"M\"}";
    is(accept_in(tap_arena(), &a), SCIM_OK, "absent");
    is_str(&res.text, "{\"schemas\":[\"urn:box\"],\"label\":\"M\","
           "\"secret\":\"s\"}", "it stays");
    tap_nomem(accept_short, &a, "writeOnly");

    a.body = "{\"label\":\"M\",\"secret\":\"t\"}";
    is(accept_in(tap_arena(), &a), SCIM_OK, "sent");
    is_str(&res.text, "{\"schemas\":[\"urn:box\"],\"label\":\"M\","
           "\"secret\":\"t\"}", "it is another");

    a.body = "{\"label\":\"M\",\"secret\":null}";
    is(accept_in(tap_arena(), &a), SCIM_OK, "null");
    is_str(&res.text, "{\"schemas\":[\"urn:box\"],\"label\":\"M\"}",
           "it goes");

    tap_free();
}


static void
test_keys(void)
{
    accept_t  a;

    memset(&a, 0, sizeof(accept_t));
    a.policy = &tolerant;
    a.rtype = &thing;

    a.body = "{\"c\":{\"value\":\"Y\"},\"m\":[\"Q\",\"q\"]}";
    a.current = NULL;
    (void) accept_in(tap_arena(), &a);
    is(res.active, 1, "a type without active is active");
    ok(res.name.len == 0 && res.name.data && res.name_key.data == NULL,
       "and has no name");
    is((long long) res.nkeys, 2, "keys of both kinds");

    if (res.nkeys == 2) {
        is_str(&res.keys[0].attr, "m", "path of a simple attribute");
        is_str(&res.keys[0].key, "q", "its key");
        is_str(&res.keys[1].attr, "c.value", "path of a single complex one");
        is_str(&res.keys[1].key, "Y", "its key, where case counts");
        is(res.keys[0].unique || res.keys[1].unique, 0,
           "others may have them");
    }

    tap_nomem(accept_short, &a, "keys");

    tap_free();
}


static void
test_extension(void)
{
    accept_t              a;
    scim_resource_type_t  rtype;

    rtype = *user();
    rtype.extensions = &required;
    rtype.nextensions = 1;

    memset(&a, 0, sizeof(accept_t));
    a.policy = &tolerant;
    a.rtype = &rtype;

    a.body = "{\"userName\":\"a\"}";
    is(accept_in(tap_arena(), &a), SCIM_ERROR, "an extension is required");
    detail_is("extension \"urn:thing\" is required", "extension");

    a.body = "{\"userName\":\"a\",\"urn:thing:m\":[\"Q\"]}";
    is(accept_in(tap_arena(), &a), SCIM_OK, "it is there");
    is((long long) res.nkeys, 1, "keys of an extension");

    if (res.nkeys == 1) {
        is_str(&res.keys[0].attr, "urn:thing:m", "path with the URN");
    }

    a.body = "{\"userName\":\"a\",\"urn:thing\":{\"i\":2,\"once\":\"y\"}}";
    a.current = "{\"userName\":\"a\",\"urn:thing\":{\"once\":\"x\"}}";
    is(accept_in(tap_arena(), &a), SCIM_ERROR, "immutable in an extension");
    detail_is("attribute \"urn:thing:once\" is immutable", "extension");

    tap_free();
}


int
main(void)
{
    test_values();
    test_immutable();
    test_keys();
    test_box();
    test_write_only();
    test_extension();

    return done_testing();
}
