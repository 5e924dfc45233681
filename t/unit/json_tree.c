
/*
 * scim_json_tree.c: making, searching, unlinking and comparing values.
 */


#include "scim_json.h"
#include "tap.h"


static scim_json_t *
parse(const char *text)
{
    scim_str_t    s;
    scim_json_t  *json;
    scim_error_t  err;

    s = tap_str(text);

    if (scim_json_parse(tap_arena(), NULL, &s, &json, &err) != SCIM_OK) {
        ok(0, "parses: %s", text);
        exit(1);
    }

    return json;
}


static void
written(const scim_json_t *json, const char *want, const char *name)
{
    scim_buf_t  b;
    scim_str_t  s;

    scim_buf_init(&b, tap_arena(), 0);
    scim_json_write(&b, json);

    s.len = b.len;
    s.data = b.data;

    is_str(&s, want, "%s", name);
}


static void
makers(void)
{
    scim_str_t     s, name;
    scim_json_t   *object, *array, *v;
    scim_arena_t  *arena;

    arena = tap_arena();

    object = scim_json_new(arena, SCIM_JSON_OBJECT);
    written(object, "{}", "empty object");

    s = tap_str("text");
    name = tap_str("a");
    scim_json_append(object, &name, scim_json_new_string(arena, &s));

    array = scim_json_new(arena, SCIM_JSON_ARRAY);
    written(array, "[]", "empty array");

    v = scim_json_new_boolean(arena, 256);
    v->name = name;
    scim_json_append(array, NULL, v);
    is(v->name.len, 0, "an element has no name");
    scim_json_append(array, NULL, scim_json_new_boolean(arena, 0));
    scim_json_append(array, NULL, scim_json_new(arena, SCIM_JSON_NULL));
    is(array->n, 3, "three elements");

    s = tap_str("-12.50");
    v = scim_json_new(arena, SCIM_JSON_NUMBER);
    v->str = s;
    scim_json_append(array, NULL, v);

    name = tap_str("b");
    scim_json_append(object, &name, array);

    written(object, "{\"a\":\"text\",\"b\":[true,false,null,-12.50]}",
            "a tree of each type");
}


static void
members(void)
{
    scim_str_t    name;
    scim_json_t  *json, *v;

    json = parse("{\"userName\":\"a\",\"name\":{\"userName\":1},\"x\":3}");

    name = tap_str("USERNAME");
    v = scim_json_get(json, &name);
    ok(v && v->type == SCIM_JSON_STRING, "found without case");
    is_str(&v->name, "userName", "its name as it was sent");

    name = tap_str("user");
    ok(scim_json_get(json, &name) == NULL, "a prefix is not found");
    name = tap_str("0");
    ok(scim_json_get(parse("[1]"), &name) == NULL, "an array has no members");
    ok(scim_json_get(parse("\"a\""), &name) == NULL, "nor has a string");
}


static void
equal(const char *a, const char *b, int want)
{
    is(scim_json_equal(parse(a), parse(b)), want, "%s %s %s", a,
       want ? "is" : "is not", b);
    is(scim_json_equal(parse(b), parse(a)), want, "and the other way round");
}


static void
comparisons(void)
{
    equal("null", "null", 1);
    equal("true", "true", 1);
    equal("true", "false", 0);
    equal("null", "false", 0);
    equal("1", "\"1\"", 0);
    equal("1", "1.0", 0);
    equal("-0", "0", 0);
    equal("\"a\"", "\"\\u0061\"", 1);
    equal("\"a\"", "\"A\"", 0);
    equal("[]", "{}", 0);
    equal("[1,2]", "[1,2]", 1);
    equal("[1,2]", "[2,1]", 0);
    equal("[1,2]", "[1]", 0);
    equal("{}", "{}", 1);
    equal("{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3,\"a\":1,\"b\":2}", 1);
    equal("{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}", 0);
    equal("{\"a\":1,\"b\":2}", "{\"a\":1}", 0);
    equal("{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", 0);
    equal("{\"active\":true}", "{\"Active\":true}", 1);
    equal("{\"a\":[{\"b\":[1,{\"c\":null}]}]}",
          "{\"a\":[{\"b\":[1,{\"c\":null}]}]}", 1);
    equal("{\"a\":[{\"b\":[1,{\"c\":null}]}]}",
          "{\"a\":[{\"b\":[1,{\"c\":false}]}]}", 0);
}


static int
make(scim_arena_t *arena, void *data)
{
    scim_str_t    s = scim_string("a");
    scim_json_t  *object, *v;

    object = scim_json_new(arena, SCIM_JSON_OBJECT);
    if (object == NULL) {
        return SCIM_ERROR;
    }

    v = scim_json_new_string(arena, &s);
    if (v == NULL) {
        return SCIM_ERROR;
    }

    scim_json_append(object, &s, v);

    return scim_json_new_boolean(arena, 1) ? SCIM_OK : SCIM_ERROR;
}


int
main(void)
{
    makers();
    members();
    comparisons();

    tap_nomem(make, NULL, "makers");

    return done_testing();
}
