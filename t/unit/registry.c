
/*
 * Registries from files: what is taken, what it becomes, and each fault with
 * its place.
 */


#include "tap.h"

#include "scim_registry.h"


#define USER   "urn:ietf:params:scim:schemas:core:2.0:User"
#define GROUP  "urn:ietf:params:scim:schemas:core:2.0:Group"
#define ENT    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define PLAN   "urn:example:plan:2.0:User"
#define DEVICE "urn:example:core:2.0:Device"

/* an attribute list of one */
#define ONE    "\"attributes\":[{\"name\":\"a\"}]"

#define PLAN_SCHEMA    "{\"id\":\"" PLAN "\"," ONE "}"
#define DEVICE_SCHEMA                                                         \
    "{\"id\":\"" DEVICE "\",\"name\":\"Device\",\"description\":\"D\","       \
    "\"attributes\":[{\"name\":\"displayName\"},"                             \
    "{\"name\":\"serial\",\"required\":true,\"uniqueness\":\"global\"}]}"
#define DEVICE_TYPE                                                           \
    "{\"name\":\"Device\",\"endpoint\":\"/Devices\",\"schema\":\"" DEVICE "\"}"


/* what is built of: schema files, then type files, ended by NULL */
typedef struct {
    const char             *schemas[4];
    const char             *types[4];
    scim_extends_t          extends;
    const scim_registry_t  *base;
    const scim_registry_t  *registry;
} build_t;


static scim_error_t  err;


static int
build(scim_arena_t *arena, void *data)
{
    int                       i;
    build_t                  *t = data;
    scim_str_t                s;
    scim_registry_builder_t  *b;

    memset(&err, 0, sizeof(scim_error_t));

    b = scim_registry_builder(arena, t->base ? t->base
                                             : scim_registry_builtin());
    if (b == NULL) {
        return scim_error_nomem(&err);
    }

    for (i = 0; t->schemas[i]; i++) {
        s = tap_str(t->schemas[i]);

        if (scim_registry_add_schema(b, &s, &t->extends, &err) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    for (i = 0; t->types[i]; i++) {
        s = tap_str(t->types[i]);

        if (scim_registry_add_type(b, &s, &err) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return scim_registry_build(b, &t->registry, &err);
}


/* for tap_nomem(): short of memory is 503 and nothing else */

static int
build_short(scim_arena_t *arena, void *data)
{
    if (build(arena, data) == SCIM_OK || err.status != 503) {
        return SCIM_OK;
    }

    return SCIM_ERROR;
}


static int
built(build_t *t, const char *name)
{
    if (is(build(tap_arena(), t), SCIM_OK, "%s", name)) {
        return 1;
    }

    diag("%.*s", (int) err.len, err.detail);

    return 0;
}


static void
fault(build_t *t, const char *want)
{
    scim_str_t  s;

    is(build(tap_arena(), t), SCIM_ERROR, "a fault");
    is(err.status, 400, "its status");

    s.len = err.len;
    s.data = (unsigned char *) err.detail;
    is_str(&s, want, "%s", want);
}


static const scim_resource_type_t *
type_of(const build_t *t, const char *endpoint)
{
    scim_str_t  s;

    s = tap_str(endpoint);

    return scim_registry_endpoint(t->registry, &s);
}


static const scim_attr_t *
attr_of(const scim_schema_t *schema, const char *name)
{
    scim_str_t  s;

    s = tap_str(name);

    return scim_schema_attr(schema, &s);
}


static const char  everything[] =
    "{\"schemas\":[\"x\"],\"id\":\"" PLAN "\",\"NAME\":\"Plan\","
    "\"description\":\"What a plan needs\",\"meta\":{},\"attributes\":["
    "{\"name\":\"plain\",\"type\":null,\"subAttributes\":[]},"
    "{\"name\":\"all\",\"type\":\"INTEGER\",\"multiValued\":true,"
    "\"description\":\"D\",\"required\":true,\"caseExact\":true,"
    "\"mutability\":\"immutable\",\"returned\":\"always\","
    "\"uniqueness\":\"global\",\"canonicalValues\":[\"1\",\"2\"]},"
    "{\"name\":\"bin\",\"type\":\"binary\",\"mutability\":\"readOnly\","
    "\"returned\":\"request\"},"
    "{\"name\":\"ref\",\"type\":\"reference\",\"returned\":\"never\","
    "\"uniqueness\":\"server\",\"referenceTypes\":[\"User\"]},"
    "{\"name\":\"low\",\"type\":\"reference\",\"caseExact\":false,"
    "\"mutability\":\"writeOnly\"},"
    "{\"name\":\"c\",\"type\":\"complex\",\"multiValued\":true,"
    "\"uniqueness\":\"server\",\"subAttributes\":["
    "{\"name\":\"$ref\",\"type\":\"reference\"},"
    "{\"name\":\"value\",\"multiValued\":true,\"uniqueness\":"
    "\"server\"}]},"
    "{\"name\":\"when\",\"type\":\"dateTime\"}]}";


/* all characteristics, and what stands for those that are not there */

static void
test_characteristics(void)
{
    size_t                i;
    build_t               t;
    const scim_attr_t    *a, *sub;
    const scim_schema_t  *schema;

    static const struct {
        const char         *name;
        scim_attr_e         type;
        int                 exact;
        scim_mutability_e   mutability;
        scim_returned_e     returned;
        scim_uniqueness_e   uniqueness;
        int                 indexed;
    } attrs[] = {
        { "plain", SCIM_ATTR_STRING, 0, SCIM_READ_WRITE,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 0 },
        { "all", SCIM_ATTR_INTEGER, 1, SCIM_IMMUTABLE, SCIM_RETURNED_ALWAYS,
          SCIM_UNIQUE_GLOBAL, 1 },
        { "bin", SCIM_ATTR_BINARY, 1, SCIM_READ_ONLY, SCIM_RETURNED_REQUEST,
          SCIM_UNIQUE_NONE, 0 },
        { "ref", SCIM_ATTR_REFERENCE, 1, SCIM_READ_WRITE,
          SCIM_RETURNED_NEVER, SCIM_UNIQUE_SERVER, 1 },
        { "low", SCIM_ATTR_REFERENCE, 0, SCIM_WRITE_ONLY,
          SCIM_RETURNED_NEVER, SCIM_UNIQUE_NONE, 0 },
        { "c", SCIM_ATTR_COMPLEX, 0, SCIM_READ_WRITE, SCIM_RETURNED_DEFAULT,
          SCIM_UNIQUE_SERVER, 0 },
        { "when", SCIM_ATTR_DATETIME, 0, SCIM_READ_WRITE,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 0 }
    };

    memset(&t, 0, sizeof(build_t));
    t.schemas[0] = everything;

    if (!built(&t, "all characteristics")) {
        return;
    }

    is((long long) type_of(&t, "Users")->nextensions, 2, "it extends User");
    schema = type_of(&t, "Users")->extensions[1].schema;
    is(type_of(&t, "Users")->extensions[1].required, 0, "and need not");

    is_str(&schema->id, PLAN, "id");
    is_str(&schema->name, "Plan", "name");
    is_str(&schema->description, "What a plan needs", "description");
    is((long long) schema->nattrs, 7, "attributes");

    for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
        a = attr_of(schema, attrs[i].name);

        if (!ok(a != NULL, "%s", attrs[i].name)) {
            continue;
        }

        is(a->type, attrs[i].type, "type");
        is(a->case_exact, attrs[i].exact, "caseExact");
        is(a->mutability, attrs[i].mutability, "mutability");
        is(a->returned, attrs[i].returned, "returned");
        is(a->uniqueness, attrs[i].uniqueness, "uniqueness");
        is(a->indexed, attrs[i].indexed, "indexed");
        is((long long) a->max, a->indexed ? SCIM_KEY_MAX : 0, "length");
        is(a->source, SCIM_SOURCE_DOC, "in the document");
    }

    a = attr_of(schema, "all");
    is(a->multi && a->required, 1, "multiValued and required");
    is_str(&a->description, "D", "description");
    is((long long) a->ncanonical, 2, "canonical values");
    is_str(&a->canonical[1], "2", "the second");

    a = attr_of(schema, "ref");
    is(a->multi || a->required, 0, "neither");
    is((long long) a->nreferences, 1, "reference types");

    a = attr_of(schema, "c");
    is((long long) a->nsubs, 2, "sub-attributes");
    sub = &a->subs[1];
    is_str(&sub->name, "value", "the second");
    is(sub->indexed && sub->multi, 1, "is indexed");
    is_str(&a->subs[0].name, "$ref", "the first");

    tap_nomem(build_short, &t, "all characteristics");
    tap_free();
}


static void
test_types(void)
{
    build_t                      t, more, again;
    const scim_resource_type_t  *type;

    memset(&t, 0, sizeof(build_t));
    t.schemas[0] = "[" DEVICE_SCHEMA "," PLAN_SCHEMA "]";
    t.schemas[1] = "{\"schemas\":[],\"Resources\":["
                   "{\"id\":\"urn:example:more.1:Device\"," ONE "}]}";
    t.types[0] = "{\"schemas\":[\"x\"],\"id\":\"Device\",\"name\":\"Device\","
                 "\"endpoint\":\"/Devices\",\"description\":\"A device\","
                 "\"schema\":\"urn:EXAMPLE:core:2.0:Device\","
                 "\"schemaExtensions\":[{\"schema\":\"" ENT "\","
                 "\"required\":true},"
                 "{\"schema\":\"urn:example:more.1:Device\"}]}";

    if (!built(&t, "a type of one's own")) {
        return;
    }

    is((long long) t.registry->ntypes, 3, "three types");
    type = type_of(&t, "Devices");

    if (ok(type != NULL, "its endpoint")) {
        is_str(&type->name, "Device", "its name");
        is_str(&type->description, "A device", "its description");
        is_str(&type->schema->id, DEVICE, "its schema");
        is_str(&type->name_attr->name, "serial", "what names devices");
        is((long long) type->name_attr->max, SCIM_KEY_MAX, "its length");
        is((long long) type->nextensions, 2, "its extensions");
        is_str(&type->extensions[0].schema->id, ENT, "the first");
        is(type->extensions[0].required, 1, "is required");
        is(type->extensions[1].required, 0, "the second is not");
    }

    is((long long) type_of(&t, "Users")->nextensions, 2, "User has one more");
    ok(type_of(&t, "Users")->schema
       == scim_registry_builtin()->types[0].schema, "and its own schema");
    ok(type_of(&t, "Users")->name_attr
       == scim_registry_builtin()->types[0].name_attr, "and its name");
    ok(type_of(&t, "Groups") != NULL, "Group is there");
    again = t;
    tap_nomem(build_short, &again, "a type of one's own");

    /* on top of it, as a tenant has it */

    memset(&more, 0, sizeof(build_t));
    more.base = t.registry;
    more.schemas[0] = "{\"id\":\"urn:example:tag\"," ONE "}";
    scim_str_set(&more.extends.type, "Device");
    more.extends.required = 1;

    if (built(&more, "on top of another")) {
        type = type_of(&more, "Devices");
        is((long long) type->nextensions, 3, "one more extension");
        is_str(&type->extensions[2].schema->id, "urn:example:tag", "is it");
        is(type->extensions[2].required, 1, "it is required");
        is((long long) type_of(&t, "Devices")->nextensions, 2,
           "what is below stays");
        tap_nomem(build_short, &more, "on top of another");
    }

    more.schemas[0] = PLAN_SCHEMA;
    fault(&more, "id: is the URN of another schema");

    tap_free();
}


/* a type in the place of another */

static void
test_replaced(void)
{
    build_t                      t;
    const scim_resource_type_t  *type;

    memset(&t, 0, sizeof(build_t));
    t.schemas[0] = PLAN_SCHEMA;
    t.extends.required = 1;
    t.types[0] = "{\"name\":\"Group\",\"endpoint\":\"/Groups\",\"schema\":"
                 "\"" GROUP "\",\"description\":\"Team\"}";
    t.types[1] = "{\"name\":\"User\",\"endpoint\":\"/Users\",\"schema\":"
                 "\"" USER "\",\"schemaExtensions\":[{\"schema\":\"" PLAN
                 "\",\"required\":false}]}";
    t.types[2] = DEVICE_TYPE;
    t.schemas[1] = DEVICE_SCHEMA;
    t.extends.type.data = NULL;

    if (!built(&t, "User with another extension")) {
        return;
    }

    is((long long) t.registry->ntypes, 3, "types");
    is_str(&t.registry->types[0].name, "User", "in its place");
    is_str(&t.registry->types[2].name, "Device", "behind what was there");

    type = type_of(&t, "Users");
    is((long long) type->nextensions, 1, "one extension");
    is_str(&type->extensions[0].schema->id, PLAN, "is it");
    is(type->extensions[0].required, 1, "required by its schema's file");
    is(attr_of(type->schema, "groups")->source, SCIM_SOURCE_GROUPS,
       "groups are what they were");

    type = type_of(&t, "Groups");
    is_str(&type->description, "Team", "Group, described anew");
    is(attr_of(type->schema, "members")->source, SCIM_SOURCE_MEMBERS,
       "members are what they were");

    /* twice: the last one holds */

    t.types[3] = NULL;
    t.types[0] = DEVICE_TYPE;
    t.types[1] = "{\"name\":\"Device\",\"endpoint\":\"/Things\",\"schema\":"
                 "\"" DEVICE "\"}";
    t.types[2] = "{\"name\":\"Other\",\"endpoint\":\"/Others\",\"schema\":"
                 "\"" DEVICE "\"}";

    if (built(&t, "a type twice, a schema for two")) {
        is((long long) t.registry->ntypes, 4, "types");
        ok(type_of(&t, "Devices") == NULL, "the first is gone");
        ok(type_of(&t, "Things") != NULL, "the second is there");
        ok(type_of(&t, "Others") != NULL, "what came later, too");
    }

    tap_free();
}


/* which attribute names a type's resources */

static void
test_name_attr(void)
{
    char                schema[512];
    size_t              i;
    build_t             t;
    const scim_attr_t  *attr;

    static const struct {
        const char  *attrs;
        const char  *name;
    } cases[] = {
        { "{\"name\":\"a\"}", NULL },
        { "{\"name\":\"displayName\"},{\"name\":\"USERNAME\"}", "USERNAME" },
        { "{\"name\":\"name\"},{\"name\":\"displayName\"}", "displayName" },
        { "{\"name\":\"name\"}", "name" },
        { "{\"name\":\"name\",\"multiValued\":true}", NULL },
        { "{\"name\":\"name\",\"type\":\"integer\"}", NULL },
        { "{\"name\":\"name\",\"mutability\":\"readOnly\"}", NULL },
        { "{\"name\":\"name\",\"returned\":\"never\"}", NULL },
        { "{\"name\":\"name\"},{\"name\":\"a\",\"required\":true}", "name" },
        { "{\"name\":\"name\"},{\"name\":\"a\",\"uniqueness\":\"server\"}",
          "name" },
        { "{\"name\":\"name\"},{\"name\":\"a\",\"uniqueness\":\"server\","
          "\"required\":true}", "a" },
        { "{\"name\":\"name\"},{\"name\":\"a\",\"uniqueness\":\"server\","
          "\"required\":true,\"type\":\"integer\"}", "name" }
    };

    memset(&t, 0, sizeof(build_t));
    t.schemas[0] = schema;
    t.types[0] = DEVICE_TYPE;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void) snprintf(schema, sizeof(schema),
                        "{\"id\":\"" DEVICE "\",\"attributes\":[%s]}",
                        cases[i].attrs);

        if (!built(&t, cases[i].attrs)) {
            continue;
        }

        attr = type_of(&t, "Devices")->name_attr;

        if (cases[i].name == NULL) {
            ok(attr == NULL, "no name");

        } else if (ok(attr != NULL, "a name")) {
            is_str(&attr->name, cases[i].name, "is it");
            is((long long) attr->max, SCIM_KEY_MAX, "its length");
        }
    }

    tap_free();
}


#define WITH(attrs)  "{\"id\":\"" PLAN "\",\"attributes\":[" attrs "]}"
#define SUBS(subs)                                                            \
    WITH("{\"name\":\"x\"},{\"name\":\"c\",\"type\":\"complex\","             \
         "\"subAttributes\":[" subs "]}")


static const struct {
    const char  *text;
    const char  *fault;
} schemas[] = {

    /* JSON */

    { "", "line 1, column 1: the text is empty" },
    { "{\n  \"id\": x\n}",
      "line 2, column 9: the text is not valid JSON" },
    { "{\"a\":1,\n\"A\":2}", "line 2, column 3: a name stands twice in an "
      "object" },
    { "{\"id\":1", "line 1, column 8: the text is not valid JSON" },
    { "\"x\"", "must be an object or a list of them" },
    { "{\"Resources\":{}}", "Resources: must be an object or a list of them" },
    { "[1]", "[0]: must be an object" },
    { "[[]]", "[0]: must be an object" },

    /* the schema */

    { "{}", "id: is required" },
    { "{\"id\":null}", "id: is required" },
    { "{\"id\":1}", "id: must be a string" },
    { "{\"id\":\"\"}", "id: must not be empty" },
    { "{\"id\":\"x\"}", "id: must be a URN" },
    { "{\"id\":\"urn:\"}", "id: must be a URN" },
    { "{\"id\":\"urn:x:\"}", "id: must be a URN" },
    { "{\"id\":\"http://x/y\"}", "id: must be a URN" },
    { "{\"id\":\"urn:x y\"}", "id: has a character that no URN may have" },
    { "{\"id\":\"urn:x\\\"y\"}", "id: has a character that no URN may have" },
    { "{\"id\":\"urn:x[y\"}", "id: has a character that no URN may have" },
    { "{\"id\":\"urn:x,y\"}", "id: has a character that no URN may have" },
    { "{\"id\":\"urn:\303\274\"}",
      "id: has a character that no URN may have" },
    { "{\"id\":\"urn:x\\u007f\"}",
      "id: has a character that no URN may have" },
    { "{\"id\":\"" USER "\"," ONE "}", "id: is the URN of another schema" },
    { "{\"id\":\"urn:IETF:params:scim:schemas:core:2.0:group\"," ONE "}",
      "id: is the URN of another schema" },
    { "{\"id\":\"" ENT "\"," ONE "}", "id: is the URN of another schema" },
    { "{\"id\":\"urn:scim:schemas:core:1.0\"," ONE "}",
      "id: is the URN of another schema" },
    { "[" PLAN_SCHEMA "," PLAN_SCHEMA "]",
      "[1].id: is the URN of another schema" },
    { "{\"id\":\"urn:x:y\",\"name\":1}", "name: must be a string" },
    { "{\"id\":\"urn:x:y\",\"description\":[]}",
      "description: must be a string" },
    { "{\"id\":\"urn:x:y\"}", "attributes: is required" },
    { "{\"id\":\"urn:x:y\",\"attributes\":[]}", "attributes: is required" },
    { "{\"id\":\"urn:x:y\",\"attributes\":{}}",
      "attributes: must be an array" },
    { "{\"id\":\"urn:x:nobody\"," ONE "}",
      "schema \"urn:x:nobody\": no resource type has it" },

    /* attributes */

    { WITH("1"), "attributes[0]: must be an object" },
    { WITH("{}"), "attributes[0].name: is required" },
    { WITH("{\"name\":\"\"}"), "attributes[0].name: must not be empty" },
    { WITH("{\"name\":\"1a\"}"),
      "attributes[0].name: is no name of an attribute" },
    { WITH("{\"name\":\"a.b\"}"),
      "attributes[0].name: is no name of an attribute" },
    { WITH("{\"name\":\"a:b\"}"),
      "attributes[0].name: is no name of an attribute" },
    { WITH("{\"name\":\"$ref\"}"),
      "attributes[0].name: is no name of an attribute" },
    { WITH("{\"name\":\"Schemas\"}"), "attributes[0].name: is reserved" },
    { WITH("{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"A\"}"),
      "attributes[2].name: stands there twice" },
    { WITH("{\"name\":\"a\",\"type\":\"text\"}"),
      "attributes[0].type: is no type of RFC 7643" },
    { WITH("{\"name\":\"a\",\"type\":1}"),
      "attributes[0].type: is no type of RFC 7643" },
    { WITH("{\"name\":\"a\",\"multiValued\":\"true\"}"),
      "attributes[0].multiValued: must be true or false" },
    { WITH("{\"name\":\"a\",\"required\":0}"),
      "attributes[0].required: must be true or false" },
    { WITH("{\"name\":\"a\",\"caseExact\":0}"),
      "attributes[0].caseExact: must be true or false" },
    { WITH("{\"name\":\"a\",\"mutability\":\"x\"}"),
      "attributes[0].mutability: must be readOnly, readWrite, immutable or "
      "writeOnly" },
    { WITH("{\"name\":\"a\",\"returned\":\"x\"}"),
      "attributes[0].returned: must be always, never, default or request" },
    { WITH("{\"name\":\"a\",\"uniqueness\":\"x\"}"),
      "attributes[0].uniqueness: must be none, server or global" },
    { WITH("{\"name\":\"a\",\"mutability\":\"writeOnly\",\"returned\":"
           "\"default\"}"),
      "attributes[0].returned: must be never for what is writeOnly" },
    { WITH("{\"name\":\"a\",\"canonicalValues\":\"x\"}"),
      "attributes[0].canonicalValues: must be an array" },
    { WITH("{\"name\":\"a\",\"canonicalValues\":[1]}"),
      "attributes[0].canonicalValues: must hold strings" },
    { WITH("{\"name\":\"a\",\"referenceTypes\":[null]}"),
      "attributes[0].referenceTypes: must hold strings" },
    { WITH("{\"name\":\"a\",\"subAttributes\":[{\"name\":\"b\"}]}"),
      "attributes[0].subAttributes: only a complex attribute has them" },
    { WITH("{\"name\":\"a\",\"type\":\"complex\"}"),
      "attributes[0].subAttributes: is required" },
    { SUBS(""), "attributes[1].subAttributes: is required" },
    { SUBS("{\"name\":\"v\"},{\"name\":\"w\",\"type\":\"?\"}"),
      "attributes[1].subAttributes[1].type: is no type of RFC 7643" },
    { SUBS("{\"name\":\"v\",\"type\":\"complex\",\"subAttributes\":"
           "[{\"name\":\"x\"}]}"),
      "attributes[1].subAttributes[0].type: must not be complex in a "
      "sub-attribute" },
    { SUBS("{\"name\":\"v\"},{\"name\":\"V\"}"),
      "attributes[1].subAttributes[1].name: stands there twice" },
    { "{\"Resources\":[" DEVICE_SCHEMA "," SUBS("{\"name\":\"-\"}") "]}",
      "Resources[1].attributes[1].subAttributes[0].name: is no name of an "
      "attribute" }
};


static const struct {
    const char  *text;
    const char  *fault;
} types[] = {
    { "{", "line 1, column 2: the text is not valid JSON" },
    { "[\"x\"]", "[0]: must be an object" },
    { "{}", "name: is required" },
    { "{\"name\":\"a b\"}", "name: is no name of a resource type" },
    { "{\"name\":\"T\",\"id\":\"U\"}", "id: must be the same as the name" },
    { "{\"name\":\"T\"}", "endpoint: is required" },
    { "{\"name\":\"T\",\"endpoint\":\"Ts\"}",
      "endpoint: must be a slash and a name" },
    { "{\"name\":\"T\",\"endpoint\":\"/\"}",
      "endpoint: must be a slash and a name" },
    { "{\"name\":\"T\",\"endpoint\":\"/T/s\"}",
      "endpoint: must be a slash and a name" },
    { "{\"name\":\"T\",\"endpoint\":\"/.search\"}",
      "endpoint: must be a slash and a name" },
    { "{\"name\":\"T\",\"endpoint\":\"/me\"}", "endpoint: is reserved" },
    { "{\"name\":\"T\",\"endpoint\":\"/Bulk\"}", "endpoint: is reserved" },
    { "{\"name\":\"T\",\"endpoint\":\"/Schemas\"}", "endpoint: is reserved" },
    { "{\"name\":\"T\",\"endpoint\":\"/ResourceTypes\"}",
      "endpoint: is reserved" },
    { "{\"name\":\"T\",\"endpoint\":\"/ServiceProviderConfig\"}",
      "endpoint: is reserved" },
    { "{\"name\":\"T\",\"endpoint\":\"/Ts\"}", "schema: is required" },
    { "{\"name\":\"T\",\"endpoint\":\"/Ts\",\"schema\":\"x\"}",
      "schema: must be a URN" },
    { "{\"name\":\"T\",\"endpoint\":\"/Ts\",\"schema\":\"urn:x:y\"}",
      "resource type \"T\": there is no schema \"urn:x:y\"" },
    { "{\"name\":\"T\",\"endpoint\":\"/Ts\",\"schema\":\"urn:x:y\","
      "\"schemaExtensions\":{}}", "schemaExtensions: must be an array" },
    { "{\"name\":\"T\",\"endpoint\":\"/Ts\",\"schema\":\"urn:x:y\","
      "\"schemaExtensions\":[1]}", "schemaExtensions[0]: must be an object" },
    { "{\"name\":\"T\",\"endpoint\":\"/Ts\",\"schema\":\"urn:x:y\","
      "\"schemaExtensions\":[{}]}",
      "schemaExtensions[0].schema: is required" },
    { "{\"name\":\"T\",\"endpoint\":\"/Ts\",\"schema\":\"urn:x:y\","
      "\"schemaExtensions\":[{\"schema\":\"urn:X:y\"}]}",
      "schemaExtensions[0].schema: is the type's own schema" },
    { "{\"name\":\"T\",\"endpoint\":\"/Ts\",\"schema\":\"urn:x:y\","
      "\"schemaExtensions\":[{\"schema\":\"urn:x:z\"},"
      "{\"schema\":\"urn:x:Z\"}]}",
      "schemaExtensions[1].schema: stands there twice" },
    { "{\"name\":\"T\",\"endpoint\":\"/Ts\",\"schema\":\"urn:x:y\","
      "\"schemaExtensions\":[{\"schema\":\"urn:x:z\",\"required\":1}]}",
      "schemaExtensions[0].required: must be true or false" },
    { "{\"name\":\"user\",\"endpoint\":\"/U\",\"schema\":\"urn:x:y\"}",
      "name: differs from that of another type in case only" },

    /* what the parts say of each other; Device is there */

    { "{\"name\":\"T\",\"endpoint\":\"/Ts\",\"schema\":\"" DEVICE "\","
      "\"schemaExtensions\":[{\"schema\":\"urn:x:z\"}]}",
      "resource type \"T\": there is no schema \"urn:x:z\"" },
    { "{\"name\":\"T\",\"endpoint\":\"/devices\",\"schema\":\"" DEVICE "\"}",
      "resource types \"Device\" and \"T\" have one endpoint" },
    { "{\"name\":\"T\",\"endpoint\":\"/USERS\",\"schema\":\"" DEVICE "\"}",
      "resource types \"User\" and \"T\" have one endpoint" },
    { "{\"name\":\"T\",\"endpoint\":\"/Ts\",\"schema\":\"" DEVICE "\","
      "\"schemaExtensions\":[{\"schema\":\"" GROUP "\"}]}",
      "resource type \"T\": schema \"" GROUP "\" cannot be an extension" },
    { "{\"name\":\"Robot\",\"endpoint\":\"/Robots\",\"schema\":\"" USER "\"}",
      "resource type \"Robot\": name \"User\", endpoint \"/Users\" and schema "
      "\"" USER "\" belong together" },
    { "{\"name\":\"User\",\"endpoint\":\"/People\",\"schema\":\"" USER "\"}",
      "resource type \"User\": name \"User\", endpoint \"/Users\" and schema "
      "\"" USER "\" belong together" },
    { "{\"name\":\"Group\",\"endpoint\":\"/Groups\",\"schema\":\"" DEVICE
      "\"}",
      "resource type \"Group\": name \"Group\", endpoint \"/Groups\" and "
      "schema \"" GROUP "\" belong together" },
    { "{\"name\":\"T\",\"endpoint\":\"/Ts\",\"schema\":"
      "\"urn:scim:schemas:core:1.0\"}",
      "resource type \"T\": there is no schema \"urn:scim:schemas:core:1.0\"" }
};


static void
test_faults(void)
{
    size_t   i;
    build_t  t;

    memset(&t, 0, sizeof(build_t));

    for (i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
        t.schemas[0] = schemas[i].text;
        fault(&t, schemas[i].fault);
        tap_nomem(build_short, &t, schemas[i].fault);
        tap_free();
    }

    t.schemas[0] = DEVICE_SCHEMA;
    t.types[0] = DEVICE_TYPE;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        t.types[1] = types[i].text;
        fault(&t, types[i].fault);
        tap_free();
    }

    /* names of common attributes */

    t.types[1] = NULL;
    t.schemas[0] = "{\"id\":\"" DEVICE "\",\"attributes\":[{\"name\":"
                   "\"ExternalID\"}]}";
    fault(&t, "resource type \"Device\": its schema has an attribute "
          "\"externalId\", which all resources have");

    t.types[0] = NULL;
    t.schemas[0] = WITH("{\"name\":\"id\"}");
    (void) built(&t, "an extension may have an id");

    /* extends= */

    t.schemas[0] = PLAN_SCHEMA;
    scim_str_set(&t.extends.type, "Nobody");
    fault(&t, "schema \"" PLAN "\": there is no resource type \"Nobody\"");

    t.schemas[0] = DEVICE_SCHEMA;
    t.types[0] = DEVICE_TYPE;
    scim_str_set(&t.extends.type, "Device");
    fault(&t, "schema \"" DEVICE "\" is that of resource type \"Device\" and "
          "cannot extend it");

    scim_str_set(&t.extends.type, "User");
    (void) built(&t, "a type's schema may extend another type");
    is((long long) type_of(&t, "Users")->nextensions, 2, "it does");

    tap_free();
}


/* each at its limit and beyond */

static void
test_limits(void)
{
    char     *text, urn[300], name[200];
    size_t    i, n, len;
    build_t   t;

    text = malloc(1024 * 1024);

    memset(&t, 0, sizeof(build_t));
    t.schemas[0] = text;
    scim_str_set(&t.extends.type, "User");

    for (n = 255; n < 257; n++) {
        memset(urn, 'x', n);
        memcpy(urn, "urn:", 4);
        urn[n] = '\0';
        (void) sprintf(text, "{\"id\":\"%s\"," ONE "}", urn);

        if (n == 255) {
            (void) built(&t, "a URN of 255 bytes");

        } else {
            fault(&t, "id: is too long");
        }
    }

    for (n = 128; n < 130; n++) {
        memset(name, 'x', n);
        name[n] = '\0';
        (void) sprintf(text, WITH("{\"name\":\"%s\"}"), name);

        if (n == 128) {
            (void) built(&t, "a name of 128 bytes");

        } else {
            fault(&t, "attributes[0].name: is too long");
        }
    }

    for (n = 256; n < 258; n++) {
        len = (size_t) sprintf(text, "{\"id\":\"" PLAN "\",\"attributes\":[");

        for (i = 0; i < n; i++) {
            len += (size_t) sprintf(text + len, "%s{\"name\":\"a%d\"}",
                                    i ? "," : "", (int) i);
        }

        (void) sprintf(text + len, "]}");

        if (n == 256) {
            (void) built(&t, "256 attributes");

        } else {
            fault(&t, "attributes: has more than 256 elements");
        }
    }

    free(text);
    tap_free();
}


static void
test_numbers(void)
{
    char     *text;
    size_t    i, n, len;
    build_t   t;

    text = malloc(1024 * 1024);

    memset(&t, 0, sizeof(build_t));
    t.schemas[0] = text;
    scim_str_set(&t.extends.type, "User");

    /* three are built in */

    for (n = 253; n < 255; n++) {
        len = (size_t) sprintf(text, "[");

        for (i = 0; i < n; i++) {
            len += (size_t) sprintf(text + len, "%s{\"id\":\"urn:x:%d\"," ONE
                                    "}", i ? "," : "", (int) i);
        }

        (void) sprintf(text + len, "]");

        if (n == 253) {
            (void) built(&t, "256 schemas");

        } else {
            fault(&t, "[253]: too many schemas");
        }
    }

    t.schemas[0] = DEVICE_SCHEMA;
    t.types[0] = text;

    for (n = 62; n < 64; n++) {
        len = (size_t) sprintf(text, "[");

        for (i = 0; i < n; i++) {
            len += (size_t) sprintf(text + len, "%s{\"name\":\"T%d\","
                                    "\"endpoint\":\"/T%d\",\"schema\":\""
                                    DEVICE "\"}", i ? "," : "", (int) i,
                                    (int) i);
        }

        (void) sprintf(text + len, "]");

        if (n == 62) {
            (void) built(&t, "64 types");

        } else {
            fault(&t, "[62]: too many resource types");
        }
    }

    free(text);
    tap_free();
}


int
main(void)
{
    test_characteristics();
    test_types();
    test_replaced();
    test_name_attr();
    test_faults();
    test_limits();
    test_numbers();

    return done_testing();
}
