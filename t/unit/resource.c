
/*
 * scim_resource_accept(): bodies as identity providers send them, in both
 * profiles, and what is kept of them.
 */


#include "tap.h"
#include "resource.h"


#define CORE        "urn:ietf:params:scim:schemas:core:2.0:User"
#define ENTERPRISE  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

#define HEAD        "{\"schemas\":[\"" CORE "\"]"
#define HEAD2       "{\"schemas\":[\"" CORE "\",\"" ENTERPRISE "\"]"
#define ACTIVE      ",\"active\":true"
#define EXT         ",\"" ENTERPRISE "\":"


typedef struct {
    const char     *name;
    const char     *body;
    const char     *tolerant;     /* what is kept; NULL: see error */
    const char     *strict;
    const char     *error;        /* detail, in either profile */
} case_t;


static scim_policy_t  strict = { SCIM_UNKNOWN_IGNORE, 1, 100, 100, 65536,
                                 0, 0 };


static const case_t  cases[] = {

    /* schemas */

    { "the least",
      HEAD ",\"userName\":\"a\"}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL },

    { "no schemas",
      "{\"userName\":\"a\"}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL,
      "attribute \"schemas\" is required" },

    { "empty schemas",
      "{\"schemas\":[],\"userName\":\"a\"}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL,
      "attribute \"schemas\" is required" },

    { "schemas null",
      "{\"schemas\":null,\"userName\":\"a\"}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL,
      "attribute \"schemas\" is required" },

    { "schemas a string",
      "{\"schemas\":\"" CORE "\",\"userName\":\"a\"}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL,
      "attribute \"schemas\" must be an array" },

    { "schemas an object",
      "{\"schemas\":{},\"userName\":\"a\"}", NULL, NULL,
      "attribute \"schemas\" must be an array" },

    { "schemas with a number",
      "{\"schemas\":[1],\"userName\":\"a\"}", NULL, NULL,
      "attribute \"schemas\" must hold strings" },

    { "schemas of a group",
      "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],"
      "\"userName\":\"a\"}", NULL, NULL,
      "attribute \"schemas\" must hold \"" CORE "\"" },

    { "schemas late, in another case, with an unknown URN",
      "{\"USERNAME\":\"a\",\"Schemas\":[\"urn:x\","
      "\"URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:USER\"]}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL },

    { "only the extension's URN",
      "{\"schemas\":[\"" ENTERPRISE "\"],\"userName\":\"a\"}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL,
      "attribute \"schemas\" must hold \"" CORE "\"" },

    { "old URNs",
      "{\"schemas\":[\"urn:scim:schemas:core:1.0\","
      "\"urn:scim:schemas:extension:enterprise:1.0\"],\"userName\":\"a\","
      "\"urn:scim:schemas:extension:enterprise:1.0\":"
      "{\"department\":\"d\",\"manager\":{\"managerId\":\"m\"}}}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT
      "{\"department\":\"d\",\"manager\":{\"value\":\"m\"}}}", NULL,
      "attribute \"schemas\" must hold \"" CORE "\"" },

    { "old URNs of 2.0",
      "{\"schemas\":[\"urn:scim:schemas:core:2.0\"],\"userName\":\"a\","
      "\"urn:scim:schemas:extension:enterprise:2.0\":{\"division\":\"d\"}}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT "{\"division\":\"d\"}}", NULL,
      "attribute \"schemas\" must hold \"" CORE "\"" },

    { "an extension's old URN beside the type's own",
      HEAD ",\"userName\":\"a\",\"urn:scim:schemas:extension:enterprise:"
      "1.0\":{\"division\":\"d\"}}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT "{\"division\":\"d\"}}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL },

    { "not an object", "[]", NULL, NULL, "the body must be a JSON object" },

    /* names */

    { "order and spelling of the tables",
      HEAD ",\"ACTIVE\":true,\"Name\":{\"GIVENNAME\":\"g\","
      "\"familyname\":\"f\"},\"username\":\"a\",\"externalid\":\"x\"}",
      HEAD ",\"externalId\":\"x\",\"userName\":\"a\",\"name\":{"
      "\"familyName\":\"f\",\"givenName\":\"g\"}" ACTIVE "}",
      HEAD ",\"externalId\":\"x\",\"userName\":\"a\",\"name\":{"
      "\"familyName\":\"f\",\"givenName\":\"g\"}" ACTIVE "}", NULL },

    { "names with URNs",
      HEAD ",\"" CORE ":userName\":\"a\",\"" ENTERPRISE
      ":department\":\"d\"}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT "{\"department\":\"d\"}}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT "{\"department\":\"d\"}}", NULL },

    { "an attribute by two names",
      HEAD ",\"userName\":\"a\",\"" CORE ":userName\":\"b\"}", NULL, NULL,
      "attribute \"userName\" is given twice" },

    { "schemas in the extension, its URN in another case",
      HEAD ",\"userName\":\"a\","
      "\"URN:ietf:params:scim:schemas:extension:Enterprise:2.0:user\":"
      "{\"schemas\":[\"" ENTERPRISE "\"],\"costCenter\":\"c\"}}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT "{\"costCenter\":\"c\"}}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT "{\"costCenter\":\"c\"}}", NULL },

    { "an empty extension",
      HEAD2 ",\"userName\":\"a\"" EXT "{\"costCenter\":null}}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL },

    { "an extension that is null",
      HEAD2 ",\"userName\":\"a\"" EXT "null}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL },

    { "an extension that is no object",
      HEAD2 ",\"userName\":\"a\"" EXT "\"x\"}", NULL, NULL,
      "attribute \"" ENTERPRISE "\" must be an object" },

    { "readOnly and unknown",
      HEAD ",\"id\":\"x\",\"meta\":{\"version\":1},\"groups\":"
      "[{\"value\":\"g\"}],\"userName\":\"a\",\"zzz\":1,"
      "\"name.givenName\":\"dots are for PATCH\"" EXT
      "{\"manager\":{\"value\":\"m\",\"displayName\":\"M\",\"zzz\":2}}}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT
      "{\"manager\":{\"value\":\"m\"}}}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT
      "{\"manager\":{\"value\":\"m\"}}}", NULL },

    /* absence */

    { "null, [] and {}",
      HEAD ",\"userName\":\"a\",\"title\":null,\"roles\":[],\"name\":{},"
      "\"emails\":null,\"addresses\":[{}],\"ims\":[null],\"active\":null}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL },

    { "an empty string",
      HEAD ",\"userName\":\"a\",\"title\":\"\",\"name\":{\"givenName\":\"\"}}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}",
      HEAD ",\"userName\":\"a\",\"name\":{\"givenName\":\"\"},\"title\":\"\""
      ACTIVE "}", NULL },

    { "an empty string for a complex value",
      HEAD ",\"userName\":\"a\",\"name\":\"\"}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL,
      "attribute \"name\" must be an object" },

    { "an empty phone number",
      HEAD ",\"userName\":\"a\",\"phoneNumbers\":[{\"value\":\"\","
      "\"primary\":true,\"type\":\"work\"}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL },

    { "a role that is only displayed, and one that is not even that",
      HEAD ",\"userName\":\"a\",\"roles\":[{\"display\":\"R\"},"
      "{\"type\":\"t\",\"primary\":true}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE ",\"roles\":[{\"display\":\"R\"}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE ",\"roles\":[{\"display\":\"R\"}]}",
      NULL },

    { "an address of a kind only",
      HEAD ",\"userName\":\"a\",\"addresses\":[{\"type\":\"work\","
      "\"primary\":true},{\"type\":\"home\",\"country\":\"DE\"}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE ",\"addresses\":"
      "[{\"country\":\"DE\",\"type\":\"home\"}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE ",\"addresses\":"
      "[{\"country\":\"DE\",\"type\":\"home\"}]}", NULL },

    { "values are kept as they came",
      HEAD ",\"userName\":\" A b \",\"locale\":\"no such\","
      "\"profileUrl\":\"no URL\",\"roles\":[{\"type\":\"odd\","
      "\"value\":\"R \"}]}",
      HEAD ",\"userName\":\" A b \",\"profileUrl\":\"no URL\","
      "\"locale\":\"no such\"" ACTIVE
      ",\"roles\":[{\"value\":\"R \",\"type\":\"odd\"}]}",
      HEAD ",\"userName\":\" A b \",\"profileUrl\":\"no URL\","
      "\"locale\":\"no such\"" ACTIVE
      ",\"roles\":[{\"value\":\"R \",\"type\":\"odd\"}]}", NULL },

    /* required */

    { "no userName", HEAD "}", NULL, NULL,
      "attribute \"userName\" is required" },

    { "userName null", HEAD ",\"userName\":null}", NULL, NULL,
      "attribute \"userName\" is required" },

    { "userName blank", HEAD ",\"userName\":\" \\t\\n\"}", NULL, NULL,
      "attribute \"userName\" must not be blank" },

    /* types */

    { "a number for externalId",
      HEAD ",\"userName\":\"a\",\"externalId\":1}", NULL, NULL,
      "attribute \"externalId\" must be a string" },

    { "an array for title",
      HEAD ",\"userName\":\"a\",\"title\":[\"x\"]}", NULL, NULL,
      "attribute \"title\" must be a string" },

    { "a number for a sub-attribute",
      HEAD ",\"userName\":\"a\",\"emails\":[{\"value\":1}]}", NULL, NULL,
      "attribute \"emails.value\" must be a string" },

    { "a number in the extension",
      HEAD ",\"userName\":\"a\"" EXT "{\"manager\":{\"value\":1}}}",
      NULL, NULL,
      "attribute \"" ENTERPRISE ":manager.value\" must be a string" },

    { "active a string",
      HEAD ",\"userName\":\"a\",\"active\":\"False\"}",
      HEAD ",\"userName\":\"a\",\"active\":false}", NULL,
      "attribute \"active\" must be true or false" },

    { "active another string",
      HEAD ",\"userName\":\"a\",\"active\":\"yes\"}", NULL, NULL,
      "attribute \"active\" must be true or false" },

    { "active empty",
      HEAD ",\"userName\":\"a\",\"active\":\"\"}", NULL, NULL,
      "attribute \"active\" must be true or false" },

    { "active a number",
      HEAD ",\"userName\":\"a\",\"active\":0}", NULL, NULL,
      "attribute \"active\" must be true or false" },

    { "primary a string",
      HEAD ",\"userName\":\"a\",\"roles\":[{\"primary\":\"True\","
      "\"value\":\"r\"}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE
      ",\"roles\":[{\"value\":\"r\",\"primary\":true}]}", NULL,
      "attribute \"roles.primary\" must be true or false" },

    { "a certificate",
      HEAD ",\"userName\":\"a\",\"x509Certificates\":[{\"value\":\"QUJD\"}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE
      ",\"x509Certificates\":[{\"value\":\"QUJD\"}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE
      ",\"x509Certificates\":[{\"value\":\"QUJD\"}]}", NULL },

    { "a certificate that is none",
      HEAD ",\"userName\":\"a\",\"x509Certificates\":[{\"value\":\"Q D\"}]}",
      NULL, NULL,
      "attribute \"x509Certificates.value\" must be a base64 string" },

    { "a password is not kept",
      HEAD ",\"userName\":\"a\",\"password\":\"t1meMa$heen\"}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL },

    { "a password of the wrong type",
      HEAD ",\"userName\":\"a\",\"password\":{}}", NULL, NULL,
      "attribute \"password\" must be a string" },

    /* lists */

    { "one object for a list",
      HEAD ",\"userName\":\"a\",\"emails\":{\"value\":\"e\"}}",
      HEAD ",\"userName\":\"a\"" ACTIVE ",\"emails\":[{\"value\":\"e\"}]}",
      NULL, "attribute \"emails\" must be an array" },

    { "strings in a list",
      HEAD ",\"userName\":\"a\",\"emails\":[\"e\",\"\",\"f\"]}",
      HEAD ",\"userName\":\"a\"" ACTIVE
      ",\"emails\":[{\"value\":\"e\"},{\"value\":\"f\"}]}", NULL,
      "attribute \"emails\" must be an object" },

    { "a string for a list",
      HEAD ",\"userName\":\"a\",\"emails\":\"e\"}",
      HEAD ",\"userName\":\"a\"" ACTIVE ",\"emails\":[{\"value\":\"e\"}]}",
      NULL, "attribute \"emails\" must be an array" },

    { "a string for an address",
      HEAD ",\"userName\":\"a\",\"addresses\":[\"e\"]}", NULL, NULL,
      "attribute \"addresses\" must be an object" },

    { "numbers in a list",
      HEAD ",\"userName\":\"a\",\"emails\":[1]}", NULL, NULL,
      "attribute \"emails\" must be an object" },

    { "equal values",
      HEAD ",\"userName\":\"a\",\"emails\":["
      "{\"value\":\"E@x\",\"type\":\"work\",\"display\":\"1\"},"
      "{\"value\":\"e@X\",\"type\":\"Work\",\"display\":\"2\"},"
      "{\"value\":\"e@x\",\"type\":\"home\"},{\"value\":\"e@x\"},"
      "{\"value\":\"E@X\"}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE ",\"emails\":["
      "{\"value\":\"E@x\",\"display\":\"1\",\"type\":\"work\"},"
      "{\"value\":\"e@x\",\"type\":\"home\"},{\"value\":\"e@x\"}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE ",\"emails\":["
      "{\"value\":\"E@x\",\"display\":\"1\",\"type\":\"work\"},"
      "{\"value\":\"e@x\",\"type\":\"home\"},{\"value\":\"e@x\"}]}", NULL },

    { "values that differ in case where case counts",
      HEAD ",\"userName\":\"a\",\"photos\":[{\"value\":\"/A\"},"
      "{\"value\":\"/a\"},{\"value\":\"/A\"}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE
      ",\"photos\":[{\"value\":\"/A\"},{\"value\":\"/a\"}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE
      ",\"photos\":[{\"value\":\"/A\"},{\"value\":\"/a\"}]}", NULL },

    { "two primaries",
      HEAD ",\"userName\":\"a\",\"ims\":[{\"value\":\"a\"},"
      "{\"value\":\"b\",\"primary\":true},{\"value\":\"c\",\"primary\":true},"
      "{\"value\":\"d\",\"primary\":false}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE ",\"ims\":[{\"value\":\"a\"},"
      "{\"value\":\"b\",\"primary\":true},"
      "{\"value\":\"c\",\"primary\":false},"
      "{\"value\":\"d\",\"primary\":false}]}", NULL,
      "attribute \"ims\" has more than one primary value" },

    { "two primaries that are one",
      HEAD ",\"userName\":\"a\",\"ims\":[{\"value\":\"b\",\"primary\":true},"
      "{\"value\":\"B\",\"primary\":true}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE
      ",\"ims\":[{\"value\":\"b\",\"primary\":true}]}",
      HEAD ",\"userName\":\"a\"" ACTIVE
      ",\"ims\":[{\"value\":\"b\",\"primary\":true}]}", NULL },

    /* manager */

    { "manager a string",
      HEAD ",\"userName\":\"a\"" EXT "{\"manager\":\"m\"}}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT
      "{\"manager\":{\"value\":\"m\"}}}", NULL,
      "attribute \"" ENTERPRISE ":manager\" must be an object" },

    { "manager an object with a reference",
      HEAD ",\"userName\":\"a\"" EXT
      "{\"manager\":{\"$ref\":\"../Users/m\",\"value\":\"m\"}}}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT
      "{\"manager\":{\"value\":\"m\",\"$ref\":\"../Users/m\"}}}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT
      "{\"manager\":{\"value\":\"m\",\"$ref\":\"../Users/m\"}}}", NULL },

    { "manager empty",
      HEAD ",\"userName\":\"a\"" EXT "{\"manager\":\"\"}}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL,
      "attribute \"" ENTERPRISE ":manager\" must be an object" },

    { "manager with an empty value",
      HEAD ",\"userName\":\"a\"" EXT
      "{\"manager\":{\"$ref\":null,\"value\":\"\"}}}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL },

    { "manager null",
      HEAD ",\"userName\":\"a\"" EXT "{\"manager\":null}}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL },

    { "managerId",
      HEAD ",\"userName\":\"a\"" EXT "{\"manager\":{\"managerId\":\"m\"}}}",
      HEAD2 ",\"userName\":\"a\"" ACTIVE EXT
      "{\"manager\":{\"value\":\"m\"}}}",
      HEAD ",\"userName\":\"a\"" ACTIVE "}", NULL },

    { "manager a number",
      HEAD ",\"userName\":\"a\"" EXT "{\"manager\":7}}", NULL, NULL,
      "attribute \"" ENTERPRISE ":manager\" must be an object" },

    /* what identity providers send */

    { "OneLogin's template, no phone",
      "{\"schemas\":[\"" CORE "\"],\"userName\":\"ada@example.com\","
      "\"name\":{\"formatted\":\"Ada Lovelace\",\"givenName\":\"Ada\","
      "\"familyName\":\"Lovelace\"},\"emails\":[{\"value\":"
      "\"ada@example.com\",\"primary\":true,\"type\":\"work\"}],"
      "\"phoneNumbers\":[{\"value\":\"\",\"primary\":true,"
      "\"type\":\"work\"}]}",
      HEAD ",\"userName\":\"ada@example.com\",\"name\":{\"formatted\":"
      "\"Ada Lovelace\",\"familyName\":\"Lovelace\",\"givenName\":\"Ada\"}"
      ACTIVE ",\"emails\":[{\"value\":\"ada@example.com\",\"type\":\"work\","
      "\"primary\":true}]}",
      HEAD ",\"userName\":\"ada@example.com\",\"name\":{\"formatted\":"
      "\"Ada Lovelace\",\"familyName\":\"Lovelace\",\"givenName\":\"Ada\"}"
      ACTIVE ",\"emails\":[{\"value\":\"ada@example.com\",\"type\":\"work\","
      "\"primary\":true}]}", NULL },

    { "OneLogin's odd one",
      "{\"schemas\":[\"urn:scim:schemas:core:2.0\"],\"id\":null,"
      "\"active\":\"true\",\"userName\":\"a\",\"title\":\"\","
      "\"emails\":{\"value\":\"a@x\"}}",
      HEAD ",\"userName\":\"a\"" ACTIVE ",\"emails\":[{\"value\":\"a@x\"}]}",
      NULL, "attribute \"schemas\" must hold \"" CORE "\"" },

    { "Okta's create",
      HEAD ",\"userName\":\"test.user@okta.local\",\"name\":{"
      "\"givenName\":\"Test\",\"familyName\":\"User\"},\"emails\":[{"
      "\"primary\":true,\"value\":\"test.user@okta.local\","
      "\"type\":\"work\"}],\"displayName\":\"Test User\","
      "\"locale\":\"en-US\",\"externalId\":\"00ujl29u0le5T6Aj10h7\","
      "\"groups\":[],\"password\":\"1mz050nq\",\"active\":true}",
      HEAD ",\"externalId\":\"00ujl29u0le5T6Aj10h7\","
      "\"userName\":\"test.user@okta.local\",\"name\":{"
      "\"familyName\":\"User\",\"givenName\":\"Test\"},"
      "\"displayName\":\"Test User\",\"locale\":\"en-US\"" ACTIVE
      ",\"emails\":[{\"value\":\"test.user@okta.local\",\"type\":\"work\","
      "\"primary\":true}]}",
      HEAD ",\"externalId\":\"00ujl29u0le5T6Aj10h7\","
      "\"userName\":\"test.user@okta.local\",\"name\":{"
      "\"familyName\":\"User\",\"givenName\":\"Test\"},"
      "\"displayName\":\"Test User\",\"locale\":\"en-US\"" ACTIVE
      ",\"emails\":[{\"value\":\"test.user@okta.local\",\"type\":\"work\","
      "\"primary\":true}]}", NULL },

    { "Okta's PUT of the whole answer",
      "{\"id\":\"2819c223-7f76-453a-919d-413861904646\","
      "\"schemas\":[\"" CORE "\",\"" ENTERPRISE "\"],"
      "\"userName\":\"a\",\"active\":false,\"groups\":"
      "[{\"value\":\"g\",\"display\":\"G\"}]" EXT
      "{\"department\":\"d\",\"manager\":{\"value\":\"m\","
      "\"displayName\":\"M\"}},\"urn:okta:custom:1.0\":{\"x\":1},"
      "\"meta\":{\"resourceType\":\"User\",\"created\":"
      "\"2020-01-01T00:00:00Z\",\"version\":\"W/\\\"7\\\"\"}}",
      HEAD2 ",\"userName\":\"a\",\"active\":false" EXT
      "{\"department\":\"d\",\"manager\":{\"value\":\"m\"}}}",
      HEAD2 ",\"userName\":\"a\",\"active\":false" EXT
      "{\"department\":\"d\",\"manager\":{\"value\":\"m\"}}}", NULL },

    { "Entra's create",
      HEAD2 ",\"externalId\":\"jdoe\",\"userName\":\"jdoe@x\","
      "\"active\":true,\"displayName\":\"J\",\"emails\":[{\"primary\":true,"
      "\"type\":\"work\",\"value\":\"jdoe@x\"}],\"meta\":{\"resourceType\":"
      "\"User\"},\"name\":{\"formatted\":null,\"familyName\":\"D\"},"
      "\"roles\":[],\"title\":null,\"department\":null,\"manager\":null}",
      HEAD ",\"externalId\":\"jdoe\",\"userName\":\"jdoe@x\",\"name\":{"
      "\"familyName\":\"D\"},\"displayName\":\"J\"" ACTIVE ",\"emails\":[{"
      "\"value\":\"jdoe@x\",\"type\":\"work\",\"primary\":true}]}",
      HEAD ",\"externalId\":\"jdoe\",\"userName\":\"jdoe@x\",\"name\":{"
      "\"familyName\":\"D\"},\"displayName\":\"J\"" ACTIVE ",\"emails\":[{"
      "\"value\":\"jdoe@x\",\"type\":\"work\",\"primary\":true}]}", NULL },

    { "four mapped attributes",
      HEAD ",\"userName\":\"k@just.example\",\"externalId\":\"4\","
      "\"name\":{\"familyName\":\"K\\u00fchn\",\"givenName\":\"J\"}}",
      HEAD ",\"externalId\":\"4\",\"userName\":\"k@just.example\","
      "\"name\":{\"familyName\":\"K\303\274hn\",\"givenName\":\"J\"}"
      ACTIVE "}",
      HEAD ",\"externalId\":\"4\",\"userName\":\"k@just.example\","
      "\"name\":{\"familyName\":\"K\303\274hn\",\"givenName\":\"J\"}"
      ACTIVE "}", NULL }
};


static int
accept_as(const scim_policy_t *policy, const char *body, const char *current)
{
    accept_t  a;

    memset(&err, 0, sizeof(scim_error_t));

    a.policy = policy;
    a.rtype = user();
    a.body = body;
    a.current = current;

    return accept_in(tap_arena(), &a);
}


static void
one_case(const case_t *c, const scim_policy_t *policy, const char *want)
{
    int         rc;
    char        name[128];
    accept_t    a;

    (void) snprintf(name, sizeof(name), "%s, %s", c->name,
                    policy->strict ? "strict" : "tolerant");

    rc = accept_as(policy, c->body, NULL);

    if (want) {
        if (is(rc, SCIM_OK, "%s: accepted", name)) {
            is_str(&res.text, want, "%s: kept", name);

        } else {
            diag("%s", err.detail);
        }

        a.policy = policy;
        a.rtype = user();
        a.body = c->body;
        a.current = NULL;
        tap_nomem(accept_short, &a, name);

    } else {
        is(rc, SCIM_ERROR, "%s: refused", name);
        detail_is(c->error, name);
    }

    tap_free();
}


static void
test_columns(void)
{
    is(accept_as(&tolerant, HEAD ",\"userName\":\"Stra\303\237e\","
                 "\"externalId\":\"Ab\",\"active\":false,\"emails\":["
                 "{\"value\":\"B@x\",\"type\":\"work\"},{\"value\":\"a@x\"},"
                 "{\"value\":\"b@X\",\"type\":\"home\"}]}", NULL),
       SCIM_OK, "columns: accepted");

    is_str(&res.name, "Stra\303\237e", "name as sent");
    is_str(&res.name_key, "strasse", "name folded");
    is_str(&res.external_id, "Ab", "externalId");
    is(res.active, 0, "inactive");
    is((long long) res.nkeys, 2, "each address once");

    if (res.nkeys == 2) {
        is_str(&res.keys[0].attr, "emails.value", "path of the first");
        is_str(&res.keys[0].key, "b@x", "key of the first");
        is_str(&res.keys[1].attr, "emails.value", "path of the second");
        is_str(&res.keys[1].key, "a@x", "key of the second");
    }

    is(accept_as(&tolerant, HEAD ",\"userName\":\"a\",\"phoneNumbers\":"
                 "[{\"value\":\"1\"}]}", NULL),
       SCIM_OK, "no columns: accepted");

    ok(res.external_id.data == NULL, "no externalId");
    is(res.active, 1, "active");
    is((long long) res.nkeys, 0, "no keys");

    tap_free();
}


static void
test_put(void)
{
    is(accept_as(&strict, HEAD ",\"userName\":\"b\"}",
                 HEAD ",\"userName\":\"a\",\"title\":\"t\","
                 "\"active\":false}"),
       SCIM_OK, "PUT");
    is_str(&res.text, HEAD ",\"userName\":\"b\",\"active\":false}",
           "active stays, the rest goes");
    is(res.active, 0, "it is told");

    is(accept_as(&tolerant, HEAD ",\"userName\":\"b\",\"active\":\"TRUE\"}",
                 HEAD ",\"userName\":\"a\",\"active\":false}"),
       SCIM_OK, "PUT that activates");
    is(res.active, 1, "active as sent");

    tap_free();
}


static void
test_unknown(void)
{
    scim_policy_t  p;

    p = tolerant;
    p.unknown = SCIM_UNKNOWN_REJECT;

    accept_as(&p, HEAD ",\"userName\":\"a\",\"zzz\":1}", NULL);
    detail_is("attribute \"zzz\" is unknown", "reject");
    is(err.type, SCIM_INVALID_SYNTAX, "reject: invalidSyntax");

    accept_as(&p, HEAD ",\"userName\":\"a\",\"name\":{\"zzz\":1}}", NULL);
    detail_is("attribute \"name.zzz\" is unknown", "reject a sub-attribute");

    accept_as(&p, HEAD ",\"userName\":\"a\",\"emails\":[{\"value\":\"e\","
              "\"zzz\":1}]}", NULL);
    detail_is("attribute \"emails.zzz\" is unknown", "reject in an element");

    accept_as(&p, HEAD ",\"userName\":\"a\"" EXT "{\"zzz\":1}}", NULL);
    detail_is("attribute \"" ENTERPRISE ":zzz\" is unknown",
              "reject in an extension");

    accept_as(&p, HEAD ",\"userName\":\"a\",\"" CORE ":zzz\":1}", NULL);
    detail_is("attribute \"" CORE ":zzz\" is unknown", "reject with a URN");

    is(accept_as(&p, HEAD ",\"id\":1,\"meta\":{\"x\":1},\"groups\":[],"
                 "\"userName\":\"a\"" EXT "{\"schemas\":[],\"manager\":"
                 "{\"managerId\":\"m\",\"displayName\":\"d\"}}}", NULL),
       SCIM_OK, "readOnly and forgiven ones are not unknown");

    p.strict = 1;
    accept_as(&p, HEAD ",\"userName\":\"a\"" EXT
              "{\"manager\":{\"managerId\":\"m\"}}}", NULL);
    detail_is("attribute \"" ENTERPRISE ":manager.managerId\" is unknown",
              "reject managerId when strict");

    p = strict;
    p.unknown = SCIM_UNKNOWN_KEEP;

    is(accept_as(&p, HEAD ",\"URN:x:y\":{\"A\":[1,{\"b\":null}]},"
                 "\"userName\":\"a\",\"zzzzz\":{\"a\":1},\"urn:e\":{},"
                 "\"urn:s\":\"s\",\"name\":{\"zzz\":{\"a\":1}},"
                 "\"" CORE ":zzz\":{\"a\":1}" EXT "{\"urn:z\":{\"a\":1}}}",
                 NULL),
       SCIM_OK, "keep");
    is_str(&res.text, "{\"schemas\":[\"" CORE "\",\"URN:x:y\"],"
           "\"userName\":\"a\"" ACTIVE ",\"URN:x:y\":{\"A\":[1,"
           "{\"b\":null}]}}", "unknown extensions are kept as they came");

    is(accept_as(&p, HEAD ",\"userName\":\"a\",\"urn:n\":{\"a\":[1e300]}}",
                 NULL),
       SCIM_OK, "keep a large number");

    accept_as(&p, HEAD ",\"userName\":\"a\",\"urn:n\":{\"a\":[1e301]}}",
              NULL);
    detail_is("a value of attribute \"urn:n\" must be a number of at most 64 "
              "characters", "keep no number that a database cannot hold");

    tap_free();
}


/* a body whose attribute has "n" bytes */

static const char *
long_body(const char *attr, size_t n)
{
    static char  body[32768];

    size_t       len;

    len = (size_t) snprintf(body, sizeof(body), "%s,\"userName\":\"a\",\"%s\":"
                            "\"", HEAD, attr);

    if (strcmp(attr, "userName") == 0) {
        len = (size_t) snprintf(body, sizeof(body), "%s,\"userName\":\"",
                                HEAD);
    }

    memset(body + len, 'x', n);
    memcpy(body + len + n, "\"}", 3);

    return body;
}


static void
test_limits(void)
{
    char           list[4096];
    size_t         i, len, size;
    scim_policy_t  p;

    static const struct {
        const char  *attr;
        size_t       max;
        const char  *detail;
    } limits[] = {
        { "userName", 1024,
          "attribute \"userName\" is longer than 1024 bytes" },
        { "externalId", 1024,
          "attribute \"externalId\" is longer than 1024 bytes" },
        { "displayName", 1024,
          "attribute \"displayName\" is longer than 1024 bytes" },
        { "emails", 1024,
          "attribute \"emails.value\" is longer than 1024 bytes" },
        { "title", 8192, "attribute \"title\" is longer than 8192 bytes" },
        { "roles", 8192,
          "attribute \"roles.value\" is longer than 8192 bytes" },
        { "password", 8192,
          "attribute \"password\" is longer than 8192 bytes" }
    };

    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        is(accept_as(&tolerant, long_body(limits[i].attr, limits[i].max),
                     NULL),
           SCIM_OK, "%s, as long as may be", limits[i].attr);

        is(accept_as(&tolerant, long_body(limits[i].attr, limits[i].max + 1),
                     NULL),
           SCIM_ERROR, "%s, a byte longer", limits[i].attr);
        detail_is(limits[i].detail, limits[i].attr);
        is(err.type, SCIM_INVALID_VALUE, "invalidValue");

        tap_free();
    }

    p = tolerant;
    p.values = 3;

    for (i = 3; i < 5; i++) {
        len = (size_t) snprintf(list, sizeof(list), "%s,\"userName\":\"a\","
                                "\"roles\":[\"a\",\"b\",\"c\"%s]}", HEAD,
                                i == 4 ? ",\"a\"" : "");

        is(accept_as(&p, list, NULL), i == 3 ? SCIM_OK : SCIM_ERROR,
           "%d of 3 values", (int) i);
    }

    detail_is("attribute \"roles\" has more than 3 values", "values");

    len = strlen(HEAD ",\"userName\":\"a\"" ACTIVE "}");

    for (size = len - 1; size <= len; size++) {
        p.size = size;
        is(accept_as(&p, HEAD ",\"userName\":\"a\"}", NULL),
           size == len ? SCIM_OK : SCIM_ERROR, "%d bytes of %d", (int) len,
           (int) size);
    }

    tap_free();
}


/* many values, from the one end and from the other */

static void
test_many(void)
{
    int            i, turn;
    char          *body;
    size_t         len;
    scim_policy_t  p;

    p = tolerant;
    p.values = 10000;
    p.size = 1024 * 1024;

    body = malloc(1024 * 1024);

    for (turn = 0; turn < 2; turn++) {
        len = (size_t) sprintf(body, "%s,\"userName\":\"a\",\"emails\":[",
                               HEAD);

        for (i = 0; i < 9999; i++) {
            len += (size_t) sprintf(body + len, "{\"value\":\"u%d@x\"},",
                                    turn ? 9999 - i : i / 3);
        }

        (void) sprintf(body + len, "{\"value\":\"U7@X\"}]}");

        is(accept_as(&p, body, NULL), SCIM_OK, "10,000 values");
        is((long long) res.nkeys, turn ? 9999 : 3333, "all found");

        tap_free();
    }

    free(body);
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        one_case(&cases[i], &tolerant, cases[i].tolerant);
        one_case(&cases[i], &strict, cases[i].strict);
    }

    test_columns();
    test_put();
    test_unknown();
    test_limits();
    test_many();

    return done_testing();
}
