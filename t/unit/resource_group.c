
/*
 * scim_resource_accept(): members of a group, which become rows; duplicates
 * that were the primary one.
 */


#include "tap.h"
#include "resource.h"


#define GROUP  "urn:ietf:params:scim:schemas:core:2.0:Group"
#define HEAD   "{\"schemas\":[\"" GROUP "\"]"
#define NAMED  HEAD ",\"displayName\":\"G\""

#define CORE   "urn:ietf:params:scim:schemas:core:2.0:User"


static scim_policy_t  strict = { SCIM_UNKNOWN_IGNORE, 1, 3, 4, 65536, 0, 0 };
static scim_policy_t  reject = { SCIM_UNKNOWN_REJECT, 0, 3, 4, 65536, 0, 0 };
static scim_policy_t  small = { SCIM_UNKNOWN_IGNORE, 0, 3, 4, 65536, 0, 0 };


/* ids joined by spaces; NULL: refused, with the detail */

static const struct {
    const char     *members;
    scim_policy_t  *policy;
    const char     *ids;
    const char     *detail;
} cases[] = {

    { "", &strict, "", NULL },
    { ",\"members\":null", &strict, "", NULL },
    { ",\"members\":[]", &strict, "", NULL },

    { ",\"members\":[{\"value\":\"b\"},{\"value\":\"a\"}]", &strict, "b a",
      NULL },
    { ",\"MEMBERS\":[{\"Value\":\"a\"}]", &strict, "a", NULL },
    { ",\"" GROUP ":members\":[{\"value\":\"a\"}]", &strict, "a", NULL },
    { ",\"members\":[{\"value\":\"a\",\"$ref\":null,\"type\":\"Robot\","
      "\"display\":7}]", &strict, "a", NULL },

    /* each once, the first stays; a type makes no difference */

    { ",\"members\":[{\"value\":\"a\"},{\"value\":\"b\"},{\"value\":\"a\"},"
      "{\"value\":\"A\",\"type\":\"Group\"}]", &strict, "a b", NULL },

    /* by URL alone */

    { ",\"members\":[{\"$ref\":\"https://x/Users/u-1\"},"
      "{\"$ref\":\"u-2\"},{\"value\":\"u-3\",\"$ref\":\"../Users/u-4\"}]",
      &strict, "u-1 u-2 u-3", NULL },
    { ",\"members\":[{\"$ref\":\"https://x/Users/\"},{\"value\":\"a\"}]",
      &strict, "a", NULL },
    { ",\"members\":[{\"value\":\"\",\"$ref\":\"/a\"}]", &strict, "a", NULL },
    { ",\"members\":[{\"$ref\":\"/a\"},{\"value\":\"a\"}]", &strict, "a",
      NULL },

    /* nobody */

    { ",\"members\":[{},{\"value\":null},{\"value\":\"\"},null,\"\","
      "{\"type\":\"User\"}]", &tolerant, "", NULL },

    /* quirks */

    { ",\"members\":[\"a\",\"b\"]", &tolerant, "a b", NULL },
    { ",\"members\":[\"a\"]", &strict, NULL,
      "attribute \"members\" must be an object" },
    { ",\"members\":{\"value\":\"a\"}", &tolerant, "a", NULL },
    { ",\"members\":{\"value\":\"a\"}", &strict, NULL,
      "attribute \"members\" must be an array" },
    { ",\"members\":\"a\"", &tolerant, "a", NULL },

    /* what cannot be */

    { ",\"members\":[{\"value\":1}]", &tolerant, NULL,
      "attribute \"members.value\" must be a string" },
    { ",\"members\":[1]", &tolerant, NULL,
      "attribute \"members\" must be an object" },
    { ",\"members\":[{\"value\":\"a\",\"x\":1}]", &tolerant, "a", NULL },
    { ",\"members\":[{\"value\":\"a\",\"x\":1}]", &reject, NULL,
      "attribute \"members.x\" is unknown" },

    /* their own limit */

    { ",\"members\":[{\"value\":\"a\"},{\"value\":\"b\"},{\"value\":\"c\"},"
      "{\"value\":\"d\"}]", &small, "a b c d", NULL },
    { ",\"members\":[{\"value\":\"a\"},{\"value\":\"b\"},{\"value\":\"c\"},"
      "{\"value\":\"d\"},{\"value\":\"d\"}]", &small, NULL,
      "attribute \"members\" has more than 4 values" }
};


static scim_str_t
joined(const scim_members_t *m)
{
    size_t      i;
    scim_buf_t  b;

    scim_buf_init(&b, tap_arena(), 64);

    for (i = 0; i < m->nadd; i++) {

        if (i) {
            scim_buf_char(&b, ' ');
        }

        scim_buf_str(&b, &m->add[i]);
    }

    return (scim_str_t) { b.len, b.data };
}


static void
test_members(void)
{
    char        body[1024];
    size_t      i;
    accept_t    a;
    scim_str_t  ids;

    memset(&a, 0, sizeof(accept_t));
    a.rtype = &scim_registry_builtin()->types[1];
    a.body = body;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void) snprintf(body, sizeof(body), NAMED "%s}", cases[i].members);
        a.policy = cases[i].policy;

        if (cases[i].ids == NULL) {
            is(accept_in(tap_arena(), &a), SCIM_ERROR, "refused: %s",
               cases[i].members);
            detail_is(cases[i].detail, "members");
            continue;
        }

        if (!is(accept_in(tap_arena(), &a), SCIM_OK, "accepted: %s",
                cases[i].members))
        {
            diag("%s", err.detail);
            continue;
        }

        ids = joined(&res.members);
        is_str(&ids, cases[i].ids, "their ids");
        is_str(&res.text, NAMED "}", "they are not in the document");
        is(res.members.replace, 1, "it is the whole list");
        is((long long) res.members.nremove, 0, "nothing is taken away");

        tap_nomem(accept_short, &a, "members");
        tap_free();
    }

    tap_free();
}


static void
test_group(void)
{
    accept_t  a;

    memset(&a, 0, sizeof(accept_t));
    a.policy = &strict;
    a.rtype = &scim_registry_builtin()->types[1];

    a.body = HEAD ",\"displayName\":\"Gr\303\234n\",\"externalId\":\"E\","
             "\"active\":false,\"id\":\"x\",\"meta\":{}}";
    is(accept_in(tap_arena(), &a), SCIM_OK, "a group");
    is_str(&res.text, HEAD ",\"externalId\":\"E\",\"displayName\":"
           "\"Gr\303\234n\"}", "its document");
    is_str(&res.name, "Gr\303\234n", "its name");
    is_str(&res.name_key, "gr\303\274n", "its key");
    is_str(&res.external_id, "E", "its externalId");
    is(res.active, 1, "it has no active");

    a.body = HEAD "}";
    is(accept_in(tap_arena(), &a), SCIM_ERROR, "no displayName");
    detail_is("attribute \"displayName\" is required", "displayName");

    a.policy = &tolerant;

    a.body = "{\"schemas\":[\"http://schemas.microsoft.com/2006/11/"
             "ResourceManagement/ADSCIM/2.0/Group\"],\"displayName\":\"G\"}";
    is(accept_in(tap_arena(), &a), SCIM_OK, "an URN of Entra's");
    is_str(&res.text, NAMED "}", "is not stored");

    a.body = "{\"schemas\":[\"urn:scim:schemas:core:1.0\"],"
             "\"displayName\":\"G\"}";
    is(accept_in(tap_arena(), &a), SCIM_OK, "an older URN");

    a.body = "{\"schemas\":[\"" CORE "\"],\"displayName\":\"G\"}";
    is(accept_in(tap_arena(), &a), SCIM_ERROR, "a user's URN");

    a.rtype = &scim_registry_builtin()->types[0];
    a.body = "{\"userName\":\"u\",\"groups\":[{\"value\":\"g\"}],"
             "\"members\":[{\"value\":\"m\"}]}";
    is(accept_in(tap_arena(), &a), SCIM_OK, "a user");
    is(res.members.replace, 0, "has no members");
    is_str(&res.text, "{\"schemas\":[\"" CORE "\"],\"userName\":\"u\","
           "\"active\":true}", "nor groups of its own");

    tap_free();
}


/* of equal (type, value) the first stays, primary if one of them is */

static const struct {
    const char  *emails;
    const char  *kept;
} primaries[] = {

    { "{\"value\":\"a\",\"type\":\"work\"},"
      "{\"value\":\"A\",\"type\":\"work\",\"primary\":true}",
      "{\"value\":\"a\",\"type\":\"work\",\"primary\":true}" },

    { "{\"value\":\"a\",\"primary\":false},{\"value\":\"b\"},"
      "{\"value\":\"a\",\"primary\":true}",
      "{\"value\":\"a\",\"primary\":true},{\"value\":\"b\"}" },

    { "{\"value\":\"a\"},{\"value\":\"b\",\"primary\":true},"
      "{\"value\":\"a\",\"primary\":true}",
      "{\"value\":\"a\"},{\"value\":\"b\",\"primary\":true}" },

    { "{\"value\":\"a\",\"primary\":true},{\"value\":\"a\",\"primary\":true}",
      "{\"value\":\"a\",\"primary\":true}" },

    { "{\"value\":\"a\"},{\"value\":\"b\"},{\"value\":\"b\"},"
      "{\"value\":\"b\",\"primary\":true},{\"value\":\"a\",\"primary\":true}",
      "{\"value\":\"a\"},{\"value\":\"b\",\"primary\":true}" },

    { "{\"value\":\"a\"},{\"value\":\"a\",\"primary\":false}",
      "{\"value\":\"a\"}" }
};


static void
test_primary(void)
{
    char      body[1024], want[1024];
    size_t    i;
    accept_t  a;

    memset(&a, 0, sizeof(accept_t));
    a.policy = &tolerant;
    a.rtype = user();
    a.body = body;

    for (i = 0; i < sizeof(primaries) / sizeof(primaries[0]); i++) {
        (void) snprintf(body, sizeof(body), "{\"userName\":\"u\","
                        "\"emails\":[%s]}", primaries[i].emails);
        (void) snprintf(want, sizeof(want), "{\"schemas\":[\"" CORE "\"],"
                        "\"userName\":\"u\",\"active\":true,"
                        "\"emails\":[%s]}", primaries[i].kept);

        is(accept_in(tap_arena(), &a), SCIM_OK, "primary: %s",
           primaries[i].emails);
        is_str(&res.text, want, "what is kept");
        tap_nomem(accept_short, &a, "primary");
    }

    tap_free();
}


/* from the one end and from the other */

static void
test_many(void)
{
    int            i;
    char          *body;
    size_t         len;
    accept_t       a;
    scim_policy_t  p;

    p = tolerant;
    p.members = 20000;

    body = malloc(1024 * 1024);
    len = (size_t) sprintf(body, NAMED ",\"members\":[");

    for (i = 0; i < 20000; i++) {
        len += (size_t) sprintf(body + len, "%s{\"value\":\"%d\"}",
                                i ? "," : "", i < 10000 ? i : 19999 - i);
    }

    (void) sprintf(body + len, "]}");

    memset(&a, 0, sizeof(accept_t));
    a.policy = &p;
    a.rtype = &scim_registry_builtin()->types[1];
    a.body = body;

    is(accept_in(tap_arena(), &a), SCIM_OK, "many members");
    is((long long) res.members.nadd, 10000, "each once");

    if (res.members.nadd == 10000) {
        is_str(&res.members.add[0], "0", "the first");
        is_str(&res.members.add[9999], "9999", "the last");
    }

    free(body);
    tap_free();
}


int
main(void)
{
    test_group();
    test_members();
    test_primary();
    test_many();

    return done_testing();
}
