
/*
 * The tables of the resource types compiled in, line by line against RFC 7643
 * section 8.7.1 (with what scim_schema_builtin.c says of its differences), and
 * the look-ups.
 */


#include "tap.h"

#include "scim_schema.h"


/*
 * path type [multi] [required] [exact] mutability returned uniqueness
 * [rows] [canonical values] [@reference types]
 */

static const char *const  user_lines[] = {
    "userName string required readWrite default server",
    "name complex readWrite default none",
    "name.formatted string readWrite default none",
    "name.familyName string readWrite default none",
    "name.givenName string readWrite default none",
    "name.middleName string readWrite default none",
    "name.honorificPrefix string readWrite default none",
    "name.honorificSuffix string readWrite default none",
    "displayName string readWrite default none",
    "nickName string readWrite default none",
    "profileUrl reference exact readWrite default none @external",
    "title string readWrite default none",
    "userType string readWrite default none",
    "preferredLanguage string readWrite default none",
    "locale string readWrite default none",
    "timezone string readWrite default none",
    "active boolean readWrite default none",
    "password string writeOnly never none",
    "emails complex multi readWrite default none",
    "emails.value string readWrite default none",
    "emails.display string readWrite default none",
    "emails.type string readWrite default none work/home/other",
    "emails.primary boolean readWrite default none",
    "phoneNumbers complex multi readWrite default none",
    "phoneNumbers.value string readWrite default none",
    "phoneNumbers.display string readWrite default none",
    "phoneNumbers.type string readWrite default none "
      "work/home/mobile/fax/pager/other",
    "phoneNumbers.primary boolean readWrite default none",
    "ims complex multi readWrite default none",
    "ims.value string readWrite default none",
    "ims.display string readWrite default none",
    "ims.type string readWrite default none "
      "aim/gtalk/icq/xmpp/msn/skype/qq/yahoo/other",
    "ims.primary boolean readWrite default none",
    "photos complex multi readWrite default none",
    "photos.value reference exact readWrite default none @external",
    "photos.display string readWrite default none",
    "photos.type string readWrite default none photo/thumbnail",
    "photos.primary boolean readWrite default none",
    "addresses complex multi readWrite default none",
    "addresses.formatted string readWrite default none",
    "addresses.streetAddress string readWrite default none",
    "addresses.locality string readWrite default none",
    "addresses.region string readWrite default none",
    "addresses.postalCode string readWrite default none",
    "addresses.country string readWrite default none",
    "addresses.type string readWrite default none work/home/other",
    "addresses.primary boolean readWrite default none",
    "groups complex multi readOnly default none groups",
    "groups.value string readOnly default none",
    "groups.$ref reference exact readOnly default none @User/Group",
    "groups.display string readOnly default none",
    "groups.type string readOnly default none direct/indirect",
    "entitlements complex multi readWrite default none",
    "entitlements.value string readWrite default none",
    "entitlements.display string readWrite default none",
    "entitlements.type string readWrite default none",
    "entitlements.primary boolean readWrite default none",
    "roles complex multi readWrite default none",
    "roles.value string readWrite default none",
    "roles.display string readWrite default none",
    "roles.type string readWrite default none",
    "roles.primary boolean readWrite default none",
    "x509Certificates complex multi readWrite default none",
    "x509Certificates.value binary exact readWrite default none",
    "x509Certificates.display string readWrite default none",
    "x509Certificates.type string readWrite default none",
    "x509Certificates.primary boolean readWrite default none"
};


static const char *const  enterprise_lines[] = {
    "employeeNumber string readWrite default none",
    "costCenter string readWrite default none",
    "organization string readWrite default none",
    "division string readWrite default none",
    "department string readWrite default none",
    "manager complex readWrite default none",
    "manager.value string readWrite default none",
    "manager.$ref reference exact readWrite default none @User",
    "manager.displayName string readOnly default none"
};


static const char *const  group_lines[] = {
    "displayName string required readWrite default server",
    "members complex multi readWrite default none members",
    "members.value string immutable default none",
    "members.$ref reference exact immutable default none @User/Group",
    "members.type string immutable default none User/Group",
    "members.display string readOnly default none"
};


static const char *const  common_lines[] = {
    "schemas reference multi required readWrite always none @uri",
    "id string required exact readOnly always server",
    "externalId string exact readWrite default none",
    "meta complex readOnly default none",
    "meta.resourceType string exact readOnly default none",
    "meta.created dateTime readOnly default none",
    "meta.lastModified dateTime readOnly default none",
    "meta.location reference exact readOnly default none @uri",
    "meta.version string exact readOnly default none"
};


static const char *const  types[] = {
    "string", "boolean", "decimal", "integer", "dateTime", "binary",
    "reference", "complex"
};

static const char *const  mutabilities[] = {
    "readWrite", "readOnly", "immutable", "writeOnly"
};

static const char *const  returneds[] = {
    "default", "always", "never", "request"
};

static const char *const  uniquenesses[] = { "none", "server", "global" };

static const char *const  sources[] = { "", "members", "groups" };


static void
put_list(scim_buf_t *b, const char *lead, const scim_str_t *values, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        scim_buf_add(b, i ? "/" : lead, strlen(i ? "/" : lead));
        scim_buf_str(b, &values[i]);
    }
}


static void
put_word(scim_buf_t *b, const char *word)
{
    scim_buf_char(b, ' ');
    scim_buf_add(b, word, strlen(word));
}


static void
check_line(const scim_attr_t *parent, const scim_attr_t *attr,
    const char *want)
{
    scim_buf_t  b;
    scim_str_t  line;

    scim_buf_init(&b, tap_arena(), 128);

    if (parent) {
        scim_buf_str(&b, &parent->name);
        scim_buf_char(&b, '.');
    }

    scim_buf_str(&b, &attr->name);
    put_word(&b, types[attr->type]);

    if (attr->multi) {
        put_word(&b, "multi");
    }

    if (attr->required) {
        put_word(&b, "required");
    }

    if (attr->case_exact) {
        put_word(&b, "exact");
    }

    put_word(&b, mutabilities[attr->mutability]);
    put_word(&b, returneds[attr->returned]);
    put_word(&b, uniquenesses[attr->uniqueness]);

    if (attr->source != SCIM_SOURCE_DOC) {
        put_word(&b, sources[attr->source]);
    }

    put_list(&b, " ", attr->canonical, attr->ncanonical);
    put_list(&b, " @", attr->references, attr->nreferences);

    line.len = b.len;
    line.data = b.data;

    is_str(&line, want, "%s", want);
    ok(attr->description.len > 0, "it is described");

    tap_free();
}


static void
check_schema(const scim_schema_t *schema, const char *const *lines, size_t n)
{
    size_t              i, j, k;
    const scim_attr_t  *attr;

    k = 0;

    for (i = 0; i < schema->nattrs; i++) {
        attr = &schema->attrs[i];

        check_line(NULL, attr, k < n ? lines[k] : "nothing more");
        k++;

        for (j = 0; j < attr->nsubs; j++) {
            check_line(attr, &attr->subs[j], k < n ? lines[k] : "nothing");
            k++;
        }
    }

    is((long long) k, (long long) n, "attributes of %.*s",
       (int) schema->name.len, schema->name.data);
}


static void
test_lookup(void)
{
    scim_str_t                   s;
    const scim_attr_t           *attr;
    const scim_schema_t         *common;
    const scim_registry_t       *registry;
    const scim_resource_type_t  *type;

    registry = scim_registry_builtin();
    common = scim_schema_common();

    s = tap_str("Users");
    type = scim_registry_endpoint(registry, &s);

    if (!ok(type != NULL, "the endpoint of users")) {
        return;
    }

    is_str(&type->endpoint, "/Users", "its path");
    is_str(&type->name_attr->name, "userName", "its name attribute");

    s = tap_str("Groups");
    type = scim_registry_endpoint(registry, &s);

    if (!ok(type != NULL, "the endpoint of groups")) {
        return;
    }

    is_str(&type->name, "Group", "its name");
    is_str(&type->name_attr->name, "displayName", "its name attribute");
    is((long long) type->nextensions, 0, "it has no extensions");

    type = &registry->types[0];

    s = tap_str("users");
    ok(scim_registry_endpoint(registry, &s) == NULL, "endpoints have a case");
    s = tap_str("User");
    ok(scim_registry_endpoint(registry, &s) == NULL, "a part of an endpoint");
    s = tap_str("Usersx");
    ok(scim_registry_endpoint(registry, &s) == NULL, "more than an endpoint");
    s = tap_str("");
    ok(scim_registry_endpoint(registry, &s) == NULL, "no endpoint");

    s = tap_str("urn:IETF:params:scim:schemas:core:2.0:user");
    ok(scim_resource_type_schema(type, &s) == type->schema, "its schema");
    s = tap_str("urn:ietf:params:scim:schemas:extension:enterprise:2.0:USER");
    ok(scim_resource_type_schema(type, &s) == type->extensions[0].schema,
       "its extension");
    s = tap_str("urn:scim:schemas:core:1.0");
    ok(scim_resource_type_schema(type, &s) == NULL, "an alias is no URN");
    s = tap_str("");
    ok(scim_resource_type_schema(type, &s) == NULL, "nothing is no URN");

    s = tap_str("EMAILS");
    attr = scim_schema_attr(type->schema, &s);

    if (ok(attr != NULL, "attributes have no case")) {
        s = tap_str("Value");
        attr = scim_attr_sub(attr, &s);
        ok(attr && attr->indexed, "nor have sub-attributes");
    }

    s = tap_str("email");
    ok(scim_schema_attr(type->schema, &s) == NULL, "no such attribute");
    s = tap_str("id");
    ok(scim_schema_attr(type->schema, &s) == NULL, "id is common");
    ok(scim_schema_attr(common, &s) != NULL, "as all common ones");
    is((long long) common->id.len, 0, "whose schema has no URN");

    tap_free();
}


/* what a resource's document holds */

static void
test_stored(void)
{
    size_t                       i;
    scim_str_t                   s;
    scim_attr_t                  attr;
    const scim_attr_t           *found;
    const scim_resource_type_t  *types;

    static const struct {
        int          type;
        const char  *name;
        int          stored;
    } cases[] = {
        { 0, "userName", 1 },
        { 0, "emails", 1 },
        { 0, "groups", 0 },
        { 0, "password", 0 },
        { 1, "displayName", 1 },
        { 1, "members", 0 }
    };

    types = scim_registry_builtin()->types;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        s = tap_str(cases[i].name);
        found = scim_schema_attr(types[cases[i].type].schema, &s);

        if (ok(found != NULL, "%s", cases[i].name)) {
            is(scim_attr_stored(found), cases[i].stored, "is stored");
        }
    }

    memset(&attr, 0, sizeof(scim_attr_t));
    attr.mutability = SCIM_WRITE_ONLY;
    scim_str_set(&attr.name, "pin");
    is(scim_attr_stored(&attr), 1, "what is writeOnly is stored");
    scim_str_set(&attr.name, "PassWord");
    is(scim_attr_stored(&attr), 0, "but for passwords");

    tap_free();
}


int
main(void)
{
    const scim_resource_type_t  *user, *group;

    user = &scim_registry_builtin()->types[0];
    group = &scim_registry_builtin()->types[1];

    check_schema(user->schema, user_lines,
                 sizeof(user_lines) / sizeof(user_lines[0]));
    check_schema(user->extensions[0].schema, enterprise_lines,
                 sizeof(enterprise_lines) / sizeof(enterprise_lines[0]));
    check_schema(group->schema, group_lines,
                 sizeof(group_lines) / sizeof(group_lines[0]));
    check_schema(scim_schema_common(), common_lines,
                 sizeof(common_lines) / sizeof(common_lines[0]));

    test_lookup();
    test_stored();

    return done_testing();
}
