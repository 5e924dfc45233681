
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
    const char                  *groups;
    scim_str_t                   text;
    int                          shows_members;
    int                          shows_groups;
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
    return &scim_registry_builtin()->types[0];
}


static const scim_resource_type_t *
group(void)
{
    return &scim_registry_builtin()->types[1];
}


/* "args" may be NULL; the view is that of the query's only type */

static scim_view_t *
view_of(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const char *args)
{
    scim_str_t           s;
    scim_query_t         query;
    scim_query_limits_t  limits = { 100, 40, 4096 };

    s.len = args ? strlen(args) : 0;
    s.data = (unsigned char *) args;

    if (scim_query_parse(arena, rtype, 1, &s, &limits, &query, &err)
        != SCIM_OK)
    {
        return NULL;
    }

    return query.views;
}


static int
project(scim_arena_t *arena, void *data)
{
    project_t      *p = data;
    scim_str_t      base = scim_string("https://x.example/v2");
    scim_buf_t      b;
    scim_view_t    *view;
    scim_stored_t   res;

    memset(&err, 0, sizeof(scim_error_t));

    view = view_of(arena, p->rtype, p->args);

    if (view == NULL) {
        return SCIM_ERROR;
    }

    memset(&res, 0, sizeof(scim_stored_t));
    res.rtype = p->rtype;
    scim_str_set(&res.id, "2819c223-7f76-453a-919d-413861904646");
    scim_str_set(&res.created, "2020-01-02T03:04:05.678Z");
    scim_str_set(&res.modified, "2021-01-02T03:04:05Z");
    res.doc.len = strlen(p->doc);
    res.doc.data = (unsigned char *) p->doc;
    res.version = 7;

    if (p->groups) {
        res.groups.len = strlen(p->groups);
        res.groups.data = (unsigned char *) p->groups;
    }

    p->shows_members = scim_project_members(view);
    p->shows_groups = scim_project_groups(view);

    scim_buf_init(&b, arena, 16);

    if (scim_project_begin(arena, &b, view, &res, &base, &err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_project_end(&b, 0);

    if (b.failed) {
        return scim_error_nomem(&err);
    }

    p->text.len = b.len;
    p->text.data = b.data;

    return SCIM_OK;
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
    ok(has(&p.text, "\": {"), "do not parse it");

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
      returned, SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, 0, 0, 0, NULL, 0,    \
      NULL, 0, subs, n }

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
    attr("k", SCIM_RETURNED_ALWAYS, SCIM_ATTR_COMPLEX, subs, 4),
    { .name = scim_string("w"), .mutability = SCIM_WRITE_ONLY,
      .returned = SCIM_RETURNED_NEVER }
};

static const scim_schema_t  schema = {
    scim_string("urn:thing"), scim_string("Thing"), scim_string(""),
    attrs, 6, NULL, 0
};

/* only what is writeOnly keeps it from being passed on unparsed */

static const scim_schema_t  secret = {
    scim_string("urn:secret"), scim_string("Secret"), scim_string(""),
    attrs + 5, 1, NULL, 0
};

static const scim_resource_type_t  secrets = {
    scim_string("Secret"), scim_string("/Secrets"), scim_string(""),
    &secret, NULL, NULL, 0, NULL, 0
};

/* the same for what is returned on request */

static const scim_schema_t  requested = {
    scim_string("urn:requested"), scim_string("Requested"), scim_string(""),
    attrs + 2, 1, NULL, 0
};

static const scim_resource_type_t  requests = {
    scim_string("Requested"), scim_string("/Requests"), scim_string(""),
    &requested, NULL, NULL, 0, NULL, 0
};

static const scim_extension_t  extensions[] = { { &schema, 0 } };

static const scim_resource_type_t  thing = {
    scim_string("User"), scim_string("/Users"), scim_string(""),
    &schema, NULL, NULL, 0, NULL, 0
};


static const struct {
    const char  *args;
    const char  *want;
} returned[] = {
    { NULL, ",\"a\":\"1\"" KEPT("c", "") KEPT("k", "") OUT_META },
    { "attributes=a", ",\"a\":\"1\"" KEPT("k", "") },
    { "attributes=w,n,c.never",
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
            ", \"k\": " SUBS ", \"w\": \"8\"}";

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

    p.rtype = &secrets;
    p.doc = "{\"schemas\": [\"urn:secret\"], \"w\": \"8\"}";

    is(project(tap_arena(), &p), SCIM_OK, "writeOnly");
    ok(!has(&p.text, "\"w\""), "stays inside");

    p.rtype = &requests;
    p.doc = "{\"schemas\": [\"urn:requested\"], \"r\": \"3\"}";

    is(project(tap_arena(), &p), SCIM_OK, "on request alone");
    ok(!has(&p.text, "\"r\""), "is not there unless asked for");

    tap_free();
}


#define STORED_GROUPS                                                         \
    "[{\"type\": \"direct\", \"value\": \"g-1\", \"display\": \"A \\\"\"}, "  \
    "{\"type\": \"indirect\", \"value\": \"g-2\", \"display\": \"B\"}]"

#define REF(id)  "\"$ref\":\"https://x.example/v2/Groups/" id "\""


/* a user's groups, as the view shows them */

static const struct {
    const char  *args;
    const char  *want;
    int          shows;
} groups[] = {

    { NULL,
      ",\"groups\":[{\"type\":\"direct\",\"value\":\"g-1\",\"display\":"
      "\"A \\\"\"," REF("g-1") "},{\"type\":\"indirect\",\"value\":\"g-2\","
      "\"display\":\"B\"," REF("g-2") "}]" OUT_META, 1 },

    { "attributes=groups.value",
      ",\"groups\":[{\"value\":\"g-1\"},{\"value\":\"g-2\"}]", 1 },

    { "attributes=Groups.$REF",
      ",\"groups\":[{" REF("g-1") "},{" REF("g-2") "}]", 1 },

    { "attributes=" CORE ":groups.type",
      ",\"groups\":[{\"type\":\"direct\"},{\"type\":\"indirect\"}]", 1 },

    { "attributes=userName", "", 0 },

    { "excludedAttributes=groups", OUT_META, 0 },

    { "excludedAttributes=groups.display,groups.$ref,meta",
      ",\"groups\":[{\"type\":\"direct\",\"value\":\"g-1\"},"
      "{\"type\":\"indirect\",\"value\":\"g-2\"}]", 1 },

    { "excludedAttributes=groups.display,groups.$ref,groups.type,"
      "groups.value,meta", "", 0 }
};


static void
test_groups(void)
{
    char       want[1024];
    size_t     i;
    project_t  p;

    static const char *const  damaged[] = { "{}", "[1]", "[", "null" };

    memset(&p, 0, sizeof(project_t));
    p.rtype = user();
    p.doc = "{}";
    p.groups = STORED_GROUPS;

    for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        p.args = groups[i].args;
        (void) snprintf(want, sizeof(want), ID "%s}", groups[i].want);

        is(project(tap_arena(), &p), SCIM_OK, "groups, %s",
           p.args ? p.args : "all");
        is_str(&p.text, want, "what is sent");
        is(p.shows_groups, groups[i].shows, "whether it is asked for");
        is(p.shows_members, 0, "no members");
        tap_nomem(project_short, &p, "groups");
    }

    p.args = NULL;
    p.groups = "[]";
    is(project(tap_arena(), &p), SCIM_OK, "no groups");
    is_str(&p.text, ID OUT_META "}", "no list");

    p.groups = "[{\"type\":\"direct\"}]";
    is(project(tap_arena(), &p), SCIM_OK, "a group without an id");
    is_str(&p.text, ID ",\"groups\":[{\"type\":\"direct\"}]" OUT_META "}",
           "has no URL");

    for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        p.groups = damaged[i];
        is(project(tap_arena(), &p), SCIM_ERROR, "damaged groups");
        is(err.status, 500, "are our fault");
    }

    p.rtype = group();
    p.groups = STORED_GROUPS;
    is(project(tap_arena(), &p), SCIM_OK, "groups of a group");
    ok(!has(&p.text, "groups\""), "there is no such attribute");

    tap_free();
}


#define M1_URL  "\"$ref\":\"http://x/\\\"/Users/m-1\""
#define M2_URL  "\"$ref\":\"http://x/\\\"/Groups/m-2\""


static const struct {
    const char  *args;
    const char  *want;         /* NULL: not asked for */
} members[] = {

    { NULL,
      "[{\"value\":\"m-1\"," M1_URL ",\"type\":\"User\",\"display\":"
      "\"A\\\\\"},{\"value\":\"m-2\"," M2_URL ",\"type\":\"Group\"}]" },

    { "attributes=members",
      "[{\"value\":\"m-1\"," M1_URL ",\"type\":\"User\",\"display\":"
      "\"A\\\\\"},{\"value\":\"m-2\"," M2_URL ",\"type\":\"Group\"}]" },

    { "attributes=displayName,members.value",
      "[{\"value\":\"m-1\"},{\"value\":\"m-2\"}]" },

    { "attributes=members.type,MEMBERS.display",
      "[{\"type\":\"User\",\"display\":\"A\\\\\"},{\"type\":\"Group\"}]" },

    { "excludedAttributes=members.$ref,members.display,members.type",
      "[{\"value\":\"m-1\"},{\"value\":\"m-2\"}]" },

    { "attributes=urn:ietf:params:scim:schemas:core:2.0:Group:members.$ref",
      "[{" M1_URL "},{" M2_URL "}]" },

    { "excludedAttributes=members", NULL },
    { "attributes=displayName", NULL },
    { "attributes=id", NULL },
    { "excludedAttributes=members.value,members.$ref,members.type,"
      "members.display", NULL }
};


static int
project_members(scim_arena_t *arena, void *data)
{
    project_t      *p = data;
    scim_str_t      base = scim_string("http://x/\"");
    scim_buf_t      b;
    scim_view_t    *view;
    scim_member_t   m[2];

    view = view_of(arena, group(), p->args);

    if (view == NULL) {
        return SCIM_ERROR;
    }

    p->shows_members = scim_project_members(view);

    scim_str_set(&m[0].id, "m-1");
    scim_str_set(&m[0].display, "A\\");
    m[0].rtype = user();
    scim_str_set(&m[1].id, "m-2");
    scim_str_set(&m[1].display, "");
    m[1].rtype = group();

    scim_buf_init(&b, arena, 1);
    scim_buf_char(&b, '{');

    if (p->shows_members) {
        scim_project_member(&b, view, &m[0], &base, 1);
        scim_project_member(&b, view, &m[1], &base, 0);
    }

    scim_project_end(&b, p->shows_members);

    p->text.len = b.len;
    p->text.data = b.data;

    return b.failed ? SCIM_ERROR : SCIM_OK;
}


static void
test_members(void)
{
    char       want[512];
    size_t     i;
    project_t  p;

    memset(&p, 0, sizeof(project_t));

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        p.args = members[i].args;
        (void) snprintf(want, sizeof(want), members[i].want
                        ? "{,\"members\":%s}" : "{}", members[i].want);

        is(project_members(tap_arena(), &p), SCIM_OK, "members, %s",
           p.args ? p.args : "all");
        is(p.shows_members, members[i].want != NULL,
           "whether they are asked for");
        is_str(&p.text, want, "what is sent");
        tap_nomem(project_members, &p, "members");
    }

    tap_free();
}


static void
test_base(void)
{
    scim_str_t     base = scim_string("http://x/\"\\");
    scim_str_t     next = scim_string("c-1"), none = scim_null_str;
    scim_buf_t     b;
    scim_stored_t  res;
    scim_arena_t  *arena;

    arena = tap_arena();
    memset(&res, 0, sizeof(scim_stored_t));
    res.rtype = user();
    scim_str_set(&res.id, "i");
    scim_str_set(&res.doc, "{\"a\": 1}");
    res.version = INT64_MAX;

    scim_buf_init(&b, arena, 0);

    is(scim_project_begin(arena, &b, view_of(arena, user(), NULL), &res,
                          &base, &err),
       SCIM_OK, "an odd base URL");
    scim_project_end(&b, 0);

    is_str(&(scim_str_t) { b.len, b.data },
           "{\"id\":\"i\",\"a\": 1,\"meta\":{\"resourceType\":\"User\","
           "\"created\":\"\",\"lastModified\":\"\",\"location\":"
           "\"http://x/\\\"\\\\/Users/i\",\"version\":"
           "\"W/\\\"9223372036854775807\\\"\"}}", "is escaped");

    scim_buf_init(&b, arena, 0);
    scim_project_list_head(&b, 250, 101, 2, NULL);
    scim_buf_lit(&b, "{},{}");
    scim_project_list_tail(&b);

    is_str(&(scim_str_t) { b.len, b.data },
           "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:"
           "ListResponse\"],\"totalResults\":250,\"startIndex\":101,"
           "\"itemsPerPage\":2,\"Resources\":[{},{}]}", "a list");

    scim_buf_init(&b, arena, 0);
    scim_project_list_head(&b, 250, 0, 2, &next);
    scim_project_list_tail(&b);

    is_str(&(scim_str_t) { b.len, b.data },
           "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:"
           "ListResponse\"],\"totalResults\":250,\"itemsPerPage\":2,"
           "\"nextCursor\":\"c-1\",\"Resources\":[]}", "a page by cursor");

    scim_buf_init(&b, arena, 0);
    scim_project_list_head(&b, 0, 0, 0, &none);
    scim_project_list_tail(&b);

    is_str(&(scim_str_t) { b.len, b.data },
           "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:"
           "ListResponse\"],\"totalResults\":0,\"itemsPerPage\":0,"
           "\"Resources\":[]}", "the last page by cursor");

    tap_free();
}


int
main(void)
{
    test_whole();
    test_cut();
    test_returned();
    test_groups();
    test_members();
    test_base();

    return done_testing();
}
