
/*
 * scim_discovery.c: the documents are JSON, complete, true and carry the base
 * URL where it belongs.
 */


#include "tap.h"

#include "scim_discovery.h"


#define CORE        "urn:ietf:params:scim:schemas:core:2.0:User"
#define GROUP       "urn:ietf:params:scim:schemas:core:2.0:Group"
#define ENTERPRISE  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

#define META(type, path)                                                      \
    ",\"meta\":{\"resourceType\":\"" type "\",\"location\":"                  \
    "\"https://x.example/v2" path "\"}}"

#define USER_TYPE                                                             \
    "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:ResourceType\"],"  \
    "\"id\":\"User\",\"name\":\"User\",\"endpoint\":\"/Users\","              \
    "\"description\":\"User account\",\"schema\":\"" CORE "\","               \
    "\"schemaExtensions\":[{\"schema\":\"" ENTERPRISE "\","                   \
    "\"required\":false}]" META("ResourceType", "/ResourceTypes/User")

#define GROUP_TYPE                                                            \
    "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:ResourceType\"],"  \
    "\"id\":\"Group\",\"name\":\"Group\",\"endpoint\":\"/Groups\","           \
    "\"description\":\"Group of users and groups\",\"schema\":\"" GROUP "\""  \
    META("ResourceType", "/ResourceTypes/Group")

#define LIST(n)                                                               \
    "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],"  \
    "\"totalResults\":" n ",\"startIndex\":1,\"itemsPerPage\":" n             \
    ",\"Resources\":["


static scim_features_t  features = { 100, 1000, 1048576, 3600, 1, 1 };


static int
render(scim_arena_t *arena, void *data)
{
    return scim_discovery_render(arena, scim_registry_builtin(), data);
}


static int
provider(scim_arena_t *arena, void *data)
{
    return scim_discovery_provider(arena, &features, data);
}


static scim_str_t
text(scim_arena_t *arena, const scim_document_t *doc, const char *base)
{
    size_t      i, len;
    scim_str_t  b, s;
    scim_buf_t  buf;

    b = tap_str(base);

    scim_buf_init(&buf, arena, 0);
    scim_document_write(&buf, doc, &b);

    s.len = buf.len;
    s.data = buf.data;

    len = 0;

    for (i = 0; i < doc->n; i++) {
        len += doc->pieces[i].len;
    }

    is((long long) doc->len, (long long) len, "length of the pieces");

    return s;
}


static int
has(const scim_str_t *s, const char *want)
{
    size_t  i, len;

    len = strlen(want);

    for (i = 0; i + len <= s->len; i++) {
        if (memcmp(s->data + i, want, len) == 0) {
            return 1;
        }
    }

    return 0;
}


static scim_json_t *
json_of(scim_arena_t *arena, const scim_str_t *s, const char *name)
{
    scim_json_t   *json;
    scim_error_t   err;

    if (scim_json_parse(arena, NULL, s, &json, &err) != SCIM_OK) {
        ok(0, "%s is JSON", name);
        return NULL;
    }

    ok(1, "%s is JSON", name);
    ok(!has(s, "null"), "%s has no null", name);

    return json;
}


static void
test_provider(scim_arena_t *arena)
{
    scim_str_t       s;
    scim_document_t  d;

    is(provider(arena, &d), SCIM_OK, "ServiceProviderConfig is rendered");
    s = text(arena, &d, "https://x.example/v2");

    is_str(&s, "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:"
           "ServiceProviderConfig\"],\"patch\":{\"supported\":true},"
           "\"bulk\":{\"supported\":true,\"maxOperations\":1000,"
           "\"maxPayloadSize\":1048576},\"filter\":{\"supported\":true,"
           "\"maxResults\":100},\"changePassword\":{\"supported\":false},"
           "\"sort\":{\"supported\":true},\"etag\":{\"supported\":true},"
           "\"pagination\":{\"cursor\":true,\"index\":true,"
           "\"defaultPaginationMethod\":\"index\",\"defaultPageSize\":100,"
           "\"maxPageSize\":100,\"cursorTimeout\":3600},"
           "\"authenticationSchemes\":[{\"type\":\"oauthbearertoken\","
           "\"name\":\"Bearer token\",\"description\":\"A token in the "
           "Authorization header\",\"specUri\":"
           "\"https://www.rfc-editor.org/info/rfc6750\",\"primary\":true},"
           "{\"type\":\"httpbasic\",\"name\":\"HTTP Basic\","
           "\"description\":\"A user name and a password in the "
           "Authorization header\",\"specUri\":"
           "\"https://www.rfc-editor.org/info/rfc7617\",\"primary\":false}]"
           META("ServiceProviderConfig", "/ServiceProviderConfig"),
           "ServiceProviderConfig");

    s = text(arena, &d, "http://\"\\/");
    ok(has(&s, "\"location\":\"http://\\\"\\\\//ServiceProviderConfig\""),
       "the base URL is escaped");

    tap_nomem(provider, &d, "ServiceProviderConfig");
}


static void
test_features(scim_arena_t *arena)
{
    scim_str_t       s;
    scim_document_t  d;
    scim_features_t  f = { 7, 8, 9, 10, 0, 1 };

    is(scim_discovery_provider(arena, &f, &d), SCIM_OK, "other features");

    s = text(arena, &d, "");
    (void) json_of(arena, &s, "other features");

    ok(has(&s, "\"maxOperations\":8,\"maxPayloadSize\":9}"), "Bulk");
    ok(has(&s, "\"maxResults\":7}"), "page size");
    ok(has(&s, "\"defaultPageSize\":7,\"maxPageSize\":7,"
           "\"cursorTimeout\":10}"), "pagination");
    ok(has(&s, "\"authenticationSchemes\":[{\"type\":\"httpbasic\""),
       "Basic alone");
    ok(has(&s, "\"primary\":true}]"), "is the primary");

    f.basic = 0;
    is(scim_discovery_provider(arena, &f, &d), SCIM_OK, "no authentication");
    s = text(arena, &d, "");
    ok(has(&s, "\"authenticationSchemes\":[],"), "an empty list");
}


static void
test_types(scim_arena_t *arena, scim_discovery_t *d)
{
    scim_str_t              s, name;
    const scim_document_t  *doc;

    s = text(arena, &d->types, "https://x.example/v2");
    is_str(&s, LIST("2") USER_TYPE "," GROUP_TYPE "]}", "ResourceTypes");

    name = tap_str("User");
    doc = scim_discovery_type(d, &name);

    if (ok(doc != NULL, "by name")) {
        s = text(arena, doc, "https://x.example/v2");
        is_str(&s, USER_TYPE, "User");
    }

    name = tap_str("user");
    ok(scim_discovery_type(d, &name) == NULL, "names have a case");
    name = tap_str("");
    ok(scim_discovery_type(d, &name) == NULL, "nothing is no type");
}


static void
check_attrs(const scim_json_t *attrs, const scim_attr_t *table, size_t n)
{
    size_t              i, j;
    const scim_json_t  *a, *v;

    static const char *const  keys[] = {
        "name", "type", "multiValued", "description", "required",
        "caseExact", "mutability", "returned", "uniqueness"
    };

    is(attrs ? (long long) attrs->n : 0, (long long) n, "attributes in all");

    a = attrs ? attrs->first : NULL;

    for (i = 0; a && i < n; i++, a = a->next) {
        v = a->first;

        for (j = 0; j < 9 && v; j++, v = v->next) {
            if (!scim_str_is(&v->name, keys[j])) {
                break;
            }
        }

        is((long long) j, 9, "characteristics of %.*s",
           (int) table[i].name.len, table[i].name.data);

        if (table[i].ncanonical) {
            ok(v && scim_str_is(&v->name, "canonicalValues")
               && v->n == table[i].ncanonical, "canonical values");
            v = v ? v->next : NULL;
        }

        if (table[i].nreferences) {
            ok(v && scim_str_is(&v->name, "referenceTypes")
               && v->n == table[i].nreferences, "reference types");
            v = v ? v->next : NULL;
        }

        if (table[i].nsubs) {
            ok(v && scim_str_is(&v->name, "subAttributes"),
               "sub-attributes");
            check_attrs(v, table[i].subs, table[i].nsubs);
            v = v ? v->next : NULL;
        }

        ok(v == NULL, "nothing else");
    }
}


static void
test_schemas(scim_arena_t *arena, scim_discovery_t *d)
{
    size_t                  i;
    scim_str_t              s, id, list, attributes;
    scim_json_t            *json;
    const scim_schema_t    *schema[3];
    const scim_document_t  *doc;

    schema[0] = scim_registry_builtin()->types[0].schema;
    schema[1] = scim_registry_builtin()->types[0].extensions[0].schema;
    schema[2] = scim_registry_builtin()->types[1].schema;

    list = text(arena, &d->schemas, "https://x.example/v2");
    (void) json_of(arena, &list, "Schemas");
    is((long long) d->nschemas, 3, "three schemas");
    ok(has(&list, LIST("3")), "a list of three");

    attributes = tap_str("attributes");

    for (i = 0; i < 3; i++) {
        id = tap_str((char *) schema[i]->id.data);
        id.data[0] = 'U';

        doc = scim_discovery_schema(d, &id);

        if (!ok(doc != NULL, "a schema by its URN, in another case")) {
            continue;
        }

        s = text(arena, doc, "https://x.example/v2");
        json = json_of(arena, &s, "a schema");

        scim_str_dup(arena, &id, &s);
        ok(has(&list, (char *) id.data), "it is in the list");

        if (json) {
            check_attrs(scim_json_get(json, &attributes), schema[i]->attrs,
                        schema[i]->nattrs);
        }
    }

    ok(has(&list, "{\"name\":\"userName\",\"type\":\"string\","
           "\"multiValued\":false,\"description\":\"Name that identifies the "
           "user to the service provider, often used to log in\","
           "\"required\":true,\"caseExact\":false,\"mutability\":"
           "\"readWrite\",\"returned\":\"default\",\"uniqueness\":"
           "\"server\"}"), "userName");
    ok(has(&list, "\"mutability\":\"writeOnly\",\"returned\":\"never\""),
       "password");
    ok(has(&list, "\"canonicalValues\":[\"work\",\"home\",\"other\"]"),
       "canonical values");
    ok(has(&list, "\"referenceTypes\":[\"User\"]"), "reference types");
    ok(has(&list, META("Schema", "/Schemas/" ENTERPRISE)), "meta");

    id = tap_str("urn:x");
    ok(scim_discovery_schema(d, &id) == NULL, "no such schema");
}


/* what a schema file may leave out is not there, and nothing is lost */

static void
test_custom(scim_arena_t *arena)
{
    scim_str_t            s;
    scim_registry_t       registry;
    scim_discovery_t      d;
    scim_resource_type_t  type;

    static const scim_str_t  refs[] = { scim_string("Thing") };

    static const scim_attr_t  attrs[] = {
        { .name = scim_string("serial"), .type = SCIM_ATTR_INTEGER,
          .mutability = SCIM_IMMUTABLE, .returned = SCIM_RETURNED_REQUEST,
          .uniqueness = SCIM_UNIQUE_GLOBAL, .required = 1, .indexed = 1 },
        { .name = scim_string("part"), .type = SCIM_ATTR_REFERENCE,
          .multi = 1, .case_exact = 1, .references = refs,
          .nreferences = 1 }
    };

    static const scim_schema_t  schema = {
        .id = scim_string("urn:example:Thing"), .attrs = attrs, .nattrs = 2
    };

    memset(&type, 0, sizeof(scim_resource_type_t));
    scim_str_set(&type.name, "Thing");
    scim_str_set(&type.endpoint, "/Things");
    type.schema = &schema;

    registry.types = &type;
    registry.ntypes = 1;

    is(scim_discovery_render(arena, &registry, &d), SCIM_OK, "a custom type");

    s = text(arena, &d.type[0].doc, "");
    is_str(&s, "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:"
           "ResourceType\"],\"id\":\"Thing\",\"name\":\"Thing\","
           "\"endpoint\":\"/Things\",\"schema\":\"urn:example:Thing\","
           "\"meta\":{\"resourceType\":\"ResourceType\",\"location\":"
           "\"/ResourceTypes/Thing\"}}", "without what it has not");

    s = text(arena, &d.schema[0].doc, "");
    is_str(&s, "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:"
           "Schema\"],\"id\":\"urn:example:Thing\",\"attributes\":["
           "{\"name\":\"serial\",\"type\":\"integer\",\"multiValued\":false,"
           "\"required\":true,\"caseExact\":false,\"mutability\":"
           "\"immutable\",\"returned\":\"request\",\"uniqueness\":"
           "\"global\"},{\"name\":\"part\",\"type\":\"reference\","
           "\"multiValued\":true,\"required\":false,\"caseExact\":true,"
           "\"mutability\":\"readWrite\",\"returned\":\"default\","
           "\"uniqueness\":\"none\",\"referenceTypes\":[\"Thing\"]}],"
           "\"meta\":{\"resourceType\":\"Schema\",\"location\":"
           "\"/Schemas/urn:example:Thing\"}}", "its schema");
}


/* a schema shared by two types stands there once */

static void
test_shared(scim_arena_t *arena)
{
    scim_str_t            s;
    scim_registry_t       registry;
    scim_discovery_t      d;
    scim_resource_type_t  types[2];

    types[0] = scim_registry_builtin()->types[0];
    types[1] = types[0];
    scim_str_set(&types[1].name, "Robot");
    scim_str_set(&types[1].endpoint, "/Robots");
    types[1].nextensions = 0;

    registry.types = types;
    registry.ntypes = 2;

    is(scim_discovery_render(arena, &registry, &d), SCIM_OK,
       "two types");
    is((long long) d.ntypes, 2, "both are there");
    is((long long) d.nschemas, 2, "their schema once");

    s = text(arena, &d.types, "");
    (void) json_of(arena, &s, "a list of two");
    ok(has(&s, "\"schema\":\"" CORE "\",\"meta\":{"), "no extensions");
    ok(has(&s, "\"location\":\"/ResourceTypes/Robot\""), "own location");
}


int
main(void)
{
    scim_arena_t      *arena;
    scim_discovery_t   d;

    arena = tap_arena();

    is(render(arena, &d), SCIM_OK, "rendered");

    test_provider(arena);
    test_features(arena);
    test_types(arena, &d);
    test_schemas(arena, &d);
    test_custom(arena);
    test_shared(arena);

    tap_nomem(render, &d, "rendering");

    return done_testing();
}
