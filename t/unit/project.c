
/*
 * scim_project.c: what is sent of a stored resource, whole and cut.
 */


#include "tap.h"

#include "scim_project.h"


#define CORE        "urn:ietf:params:scim:schemas:core:2.0:User"
#define ENTERPRISE  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

#define ID          "{\"id\":\"2819c223-7f76-453a-919d-413861904646\""
#define META                                                                  \
    "\"resourceType\":\"User\",\"created\":\"2020-01-02T03:04:05.678Z\","     \
    "\"lastModified\":\"2021-01-02T03:04:05Z\",\"location\":"                 \
    "\"https://x.example/v2/Users/2819c223-7f76-453a-919d-413861904646\","    \
    "\"version\":\"W/\\\"7\\\"\""

/* as PostgreSQL writes a jsonb value */
#define SCHEMAS     "[\"" CORE "\", \"" ENTERPRISE "\"]"
#define STORED                                                                \
    "{\"name\": {\"givenName\": \"Ada\", \"familyName\": \"L\"}, "            \
    "\"active\": true, \"emails\": [{\"type\": \"work\", \"value\": \"a@x\"," \
    " \"primary\": true}, {\"type\": \"home\"}], \"schemas\": " SCHEMAS ", "  \
    "\"userName\": \"ada\", \"externalId\": \"7\", "                          \
    "\"urn:x\": {\"y\": [1]}, \"" ENTERPRISE "\": "                           \
    "{\"manager\": {\"value\": \"m\"}, \"department\": \"d\"}}"

#define OUT_SCHEMAS  ",\"schemas\":[\"" CORE "\",\"" ENTERPRISE "\"]"
#define OUT_NAME     ",\"name\":{\"givenName\":\"Ada\",\"familyName\":\"L\"}"
#define OUT_ACTIVE   ",\"active\":true"
#define OUT_EMAILS                                                            \
    ",\"emails\":[{\"type\":\"work\",\"value\":\"a@x\",\"primary\":true},"    \
    "{\"type\":\"home\"}]"
#define OUT_USER     ",\"userName\":\"ada\""
#define OUT_EXTERNAL ",\"externalId\":\"7\""
#define OUT_UNKNOWN  ",\"urn:x\":{\"y\":[1]}"
#define OUT_EXT                                                               \
    ",\"" ENTERPRISE "\":{\"manager\":{\"value\":\"m\"},"                     \
    "\"department\":\"d\"}"
#define OUT_META     ",\"meta\":{" META "}"


typedef struct {
    const scim_resource_type_t  *rtype;
    const char                  *args;
    const char                  *doc;
    scim_str_t                   text;
} project_t;


static scim_error_t  err;


static const struct {
    const char  *args;
    const char  *want;
} cases[] = {

    { "attributes=userName",
      ID OUT_SCHEMAS OUT_USER "}" },

    { "attributes=id",
      ID OUT_SCHEMAS "}" },

    { "attributes=noSuchThing",
      ID OUT_SCHEMAS "}" },

    { "attributes=USERNAME,name.givenname,externalId",
      ID ",\"name\":{\"givenName\":\"Ada\"}" OUT_SCHEMAS OUT_USER
      OUT_EXTERNAL "}" },

    { "attributes=name,name.givenName",
      ID OUT_NAME OUT_SCHEMAS "}" },

    { "attributes=name.formatted",
      ID OUT_SCHEMAS "}" },

    { "attributes=emails.value",
      ID ",\"emails\":[{\"value\":\"a@x\"}]" OUT_SCHEMAS "}" },

    { "attributes=emails.type,emails.value",
      ID ",\"emails\":[{\"type\":\"work\",\"value\":\"a@x\"},"
      "{\"type\":\"home\"}]" OUT_SCHEMAS "}" },

    { "attributes=emails.display",
      ID OUT_SCHEMAS "}" },

    { "attributes=password,groups",
      ID OUT_SCHEMAS "}" },

    { "attributes=meta",
      ID OUT_SCHEMAS OUT_META "}" },

    { "attributes=meta.location",
      ID OUT_SCHEMAS ",\"meta\":{\"location\":\"https://x.example/v2/Users/"
      "2819c223-7f76-453a-919d-413861904646\"}}" },

    { "attributes=meta.resourceType,meta.version",
      ID OUT_SCHEMAS ",\"meta\":{\"resourceType\":\"User\","
      "\"version\":\"W/\\\"7\\\"\"}}" },

    { "attributes=" ENTERPRISE,
      ID OUT_SCHEMAS OUT_EXT "}" },

    { "attributes=" ENTERPRISE ":department",
      ID OUT_SCHEMAS ",\"" ENTERPRISE "\":{\"department\":\"d\"}}" },

    { "attributes=" ENTERPRISE ":manager.value," ENTERPRISE ":costCenter",
      ID OUT_SCHEMAS ",\"" ENTERPRISE "\":{\"manager\":{\"value\":\"m\"}}}" },

    { "attributes=" CORE ":userName",
      ID OUT_SCHEMAS OUT_USER "}" },

    { "attributes=Department",
      ID OUT_SCHEMAS ",\"" ENTERPRISE "\":{\"department\":\"d\"}}" },

    { "excludedAttributes=emails,meta",
      ID OUT_NAME OUT_ACTIVE OUT_SCHEMAS OUT_USER OUT_EXTERNAL OUT_UNKNOWN
      OUT_EXT "}" },

    { "excludedAttributes=id,schemas,userName",
      ID OUT_NAME OUT_ACTIVE OUT_EMAILS OUT_SCHEMAS OUT_EXTERNAL OUT_UNKNOWN
      OUT_EXT OUT_META "}" },

    { "excludedAttributes=name.givenName,name.familyName,emails.type,meta",
      ID OUT_ACTIVE ",\"emails\":[{\"value\":\"a@x\",\"primary\":true}]"
      OUT_SCHEMAS OUT_USER OUT_EXTERNAL OUT_UNKNOWN OUT_EXT "}" },

    { "excludedAttributes=" ENTERPRISE ",meta.created,meta.lastModified,"
      "meta.location,externalId",
      ID OUT_NAME OUT_ACTIVE OUT_EMAILS OUT_SCHEMAS OUT_USER OUT_UNKNOWN
      ",\"meta\":{\"resourceType\":\"User\",\"version\":\"W/\\\"7\\\"\"}}" },

    { "excludedAttributes=" ENTERPRISE ":manager,meta",
      ID OUT_NAME OUT_ACTIVE OUT_EMAILS OUT_SCHEMAS OUT_USER OUT_EXTERNAL
      OUT_UNKNOWN ",\"" ENTERPRISE "\":{\"department\":\"d\"}}" },

    { "excludedAttributes=noSuchThing",
      ID OUT_NAME OUT_ACTIVE OUT_EMAILS OUT_SCHEMAS OUT_USER OUT_EXTERNAL
      OUT_UNKNOWN OUT_EXT OUT_META "}" }
};


static const scim_resource_type_t *
user(void)
{
    scim_str_t  name = scim_string("Users");

    return scim_registry_endpoint(scim_registry_builtin(), &name);
}


static int
project(scim_arena_t *arena, void *data)
{
    project_t           *p = data;
    scim_str_t           args, base = scim_string("https://x.example/v2");
    scim_buf_t           b;
    scim_query_t         query;
    scim_stored_t        res;
    scim_query_limits_t  limits = { 100, 40, 4096 };

    memset(&query, 0, sizeof(scim_query_t));
    memset(&err, 0, sizeof(scim_error_t));

    if (p->args) {
        args.len = strlen(p->args);
        args.data = (unsigned char *) p->args;

        if (scim_query_parse(arena, p->rtype, &args, &limits, &query, &err)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    scim_str_set(&res.id, "2819c223-7f76-453a-919d-413861904646");
    scim_str_set(&res.created, "2020-01-02T03:04:05.678Z");
    scim_str_set(&res.modified, "2021-01-02T03:04:05Z");
    res.doc.len = strlen(p->doc);
    res.doc.data = (unsigned char *) p->doc;
    res.version = 7;

    scim_buf_init(&b, arena, 16);

    if (scim_project_write(arena, &b, p->rtype, &res,
                           p->args ? &query : NULL, &base, &err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    p->text.len = b.len;
    p->text.data = b.data;

    return SCIM_OK;
}


/* for tap_nomem(): short of memory is 503 and nothing else */

static int
project_short(scim_arena_t *arena, void *data)
{
    if (project(arena, data) == SCIM_OK || err.status != 503) {
        return SCIM_OK;
    }

    return SCIM_ERROR;
}


static void
test_whole(void)
{
    project_t  p;

    memset(&p, 0, sizeof(project_t));
    p.rtype = user();
    p.doc = STORED;

    is(project(tap_arena(), &p), SCIM_OK, "the whole resource");
    is_str(&p.text, ID ",\"name\": {\"givenName\": \"Ada\", "
           "\"familyName\": \"L\"}, \"active\": true, \"emails\": "
           "[{\"type\": \"work\", \"value\": \"a@x\", \"primary\": true}, "
           "{\"type\": \"home\"}], \"schemas\": " SCHEMAS ", \"userName\": "
           "\"ada\", \"externalId\": \"7\", \"urn:x\": {\"y\": [1]}, \""
           ENTERPRISE "\": {\"manager\": {\"value\": \"m\"}, "
           "\"department\": \"d\"}" OUT_META "}",
           "passed on as PostgreSQL wrote it");
    tap_nomem(project_short, &p, "the whole resource");

    p.args = "count=1";
    is(project(tap_arena(), &p), SCIM_OK, "parameters without a projection");
    ok(strstr((char *) tap_bytes(p.text.data, p.text.len).data, "\": {")
       != NULL, "do not parse it");

    p.args = NULL;
    p.doc = "{}";
    is(project(tap_arena(), &p), SCIM_OK, "an empty document");
    is_str(&p.text, ID OUT_META "}", "leaves no comma behind");

    p.doc = "[]";
    is(project(tap_arena(), &p), SCIM_ERROR, "a damaged document");
    is(err.status, 500, "is our fault");

    p.doc = "";
    is(project(tap_arena(), &p), SCIM_ERROR, "no document");
    is(err.status, 500, "is our fault");

    p.args = "attributes=userName";
    p.doc = "[]";
    is(project(tap_arena(), &p), SCIM_ERROR, "a damaged document, cut");
    is(err.status, 500, "is our fault");

    p.doc = "{\"a\":";
    is(project(tap_arena(), &p), SCIM_ERROR, "half a document, cut");
    is(err.status, 500, "is our fault");

    tap_free();
}


static void
test_cut(void)
{
    size_t     i;
    project_t  p;

    memset(&p, 0, sizeof(project_t));
    p.rtype = user();
    p.doc = STORED;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        p.args = cases[i].args;

        if (!is(project(tap_arena(), &p), SCIM_OK, "%s", p.args)) {
            diag("%s", err.detail);
        }

        is_str(&p.text, cases[i].want, "%s: what is sent", p.args);
        tap_nomem(project_short, &p, p.args);
        tap_free();
    }
}


/* attributes that are returned always, never and on request */

#define attr(name, returned, type, subs, n)                                   \
    { scim_string(name), scim_string(""), type, SCIM_READ_WRITE,              \
      returned, SCIM_UNIQUE_NONE, 0, 0, 0, 0, 0, NULL, 0, NULL, 0, subs, n }

#define SUBS                                                                  \
    "{\"always\": \"4\", \"never\": \"5\", \"request\": \"6\", "              \
    "\"default\": \"7\"}"

#define KEPT(name, more)                                                      \
    ",\"" name "\":{\"always\":\"4\"" more ",\"default\":\"7\"}"

#define string(name, returned)                                                \
    attr(name, returned, SCIM_ATTR_STRING, NULL, 0)


static const scim_attr_t  subs[] = {
    string("always", SCIM_RETURNED_ALWAYS),
    string("never", SCIM_RETURNED_NEVER),
    string("request", SCIM_RETURNED_REQUEST),
    string("default", SCIM_RETURNED_DEFAULT)
};

static const scim_attr_t  attrs[] = {
    string("a", SCIM_RETURNED_ALWAYS),
    string("n", SCIM_RETURNED_NEVER),
    string("r", SCIM_RETURNED_REQUEST),
    attr("c", SCIM_RETURNED_DEFAULT, SCIM_ATTR_COMPLEX, subs, 4),
    attr("k", SCIM_RETURNED_ALWAYS, SCIM_ATTR_COMPLEX, subs, 4)
};

static const scim_schema_t  schema = {
    scim_string("urn:thing"), scim_string("Thing"), scim_string(""),
    attrs, 5, NULL, 0
};

static const scim_extension_t  extensions[] = { { &schema, 0 } };

static const scim_resource_type_t  thing = {
    scim_string("User"), scim_string("/Users"), scim_string(""),
    &schema, NULL, NULL, 0
};


static const struct {
    const char  *args;
    const char  *want;
} returned[] = {
    { NULL, ",\"a\":\"1\"" KEPT("c", "") KEPT("k", "") OUT_META },
    { "attributes=a", ",\"a\":\"1\"" KEPT("k", "") },
    { "attributes=n,c.never",
      ",\"a\":\"1\",\"c\":{\"always\":\"4\"}" KEPT("k", "") },
    { "attributes=r,c",
      ",\"a\":\"1\",\"r\":\"3\"" KEPT("c", "") KEPT("k", "") },
    { "attributes=c.request,k.request",
      ",\"a\":\"1\",\"c\":{\"always\":\"4\",\"request\":\"6\"}"
      KEPT("k", ",\"request\":\"6\"") },
    { "attributes=c,c.request",
      ",\"a\":\"1\"" KEPT("c", ",\"request\":\"6\"") KEPT("k", "") },
    { "attributes=c.request,c",
      ",\"a\":\"1\"" KEPT("c", ",\"request\":\"6\"") KEPT("k", "") },
    { "excludedAttributes=a,c.always,c.default,k,meta",
      ",\"a\":\"1\",\"c\":{\"always\":\"4\"}" KEPT("k", "") },
    { "excludedAttributes=k.always,k.default,c,meta",
      ",\"a\":\"1\",\"k\":{\"always\":\"4\"}" },
    { "excludedAttributes=c,meta", ",\"a\":\"1\"" KEPT("k", "") }
};


static void
test_returned(void)
{
    char                  want[512];
    size_t                i;
    project_t             p;
    scim_resource_type_t  rtype;

    memset(&p, 0, sizeof(project_t));
    p.rtype = &thing;
    p.doc = "{\"a\": \"1\", \"n\": \"2\", \"r\": \"3\", \"c\": " SUBS
            ", \"k\": " SUBS "}";

    for (i = 0; i < sizeof(returned) / sizeof(returned[0]); i++) {
        p.args = returned[i].args;
        (void) snprintf(want, sizeof(want), ID "%s}", returned[i].want);

        is(project(tap_arena(), &p), SCIM_OK, "returned, %s",
           p.args ? p.args : "all");
        is_str(&p.text, want, "what is sent");
    }

    rtype = *user();
    rtype.extensions = extensions;
    rtype.nextensions = 1;

    p.rtype = &rtype;
    p.args = NULL;
    p.doc = "{\"urn:thing\": {\"n\": \"2\", \"gone\": 1}}";

    is(project(tap_arena(), &p), SCIM_OK, "never, in an extension");
    is_str(&p.text, ID OUT_META "}", "it is not there");

    tap_free();
}


static void
test_base(void)
{
    scim_str_t     base = scim_string("http://x/\"\\");
    scim_buf_t     b;
    scim_stored_t  res;
    scim_arena_t  *arena;

    arena = tap_arena();
    memset(&res, 0, sizeof(scim_stored_t));
    scim_str_set(&res.id, "i");
    scim_str_set(&res.doc, "{\"a\": 1}");
    res.version = INT64_MAX;

    scim_buf_init(&b, arena, 0);

    is(scim_project_write(arena, &b, user(), &res, NULL, &base, &err),
       SCIM_OK, "an odd base URL");

    is_str(&(scim_str_t) { b.len, b.data },
           "{\"id\":\"i\",\"a\": 1,\"meta\":{\"resourceType\":\"User\","
           "\"created\":\"\",\"lastModified\":\"\",\"location\":"
           "\"http://x/\\\"\\\\/Users/i\",\"version\":"
           "\"W/\\\"9223372036854775807\\\"\"}}", "is escaped");

    scim_buf_init(&b, arena, 0);
    scim_project_list_head(&b, 250, 101, 2);
    scim_buf_lit(&b, "{},{}");
    scim_project_list_tail(&b);

    is_str(&(scim_str_t) { b.len, b.data },
           "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:"
           "ListResponse\"],\"totalResults\":250,\"startIndex\":101,"
           "\"itemsPerPage\":2,\"Resources\":[{},{}]}", "a list");

    tap_free();
}


int
main(void)
{
    test_whole();
    test_cut();
    test_returned();
    test_base();

    return done_testing();
}
