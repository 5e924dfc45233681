
/*
 * A tenant's rules: a registry with them, the faults of each, what they do to
 * bodies, and a PUT that leaves alone what it does not name.
 */


#include "resource.h"
#include "scim_discovery.h"
#include "scim_patch.h"
#include "scim_registry_rules.h"


#define CORE  "urn:ietf:params:scim:schemas:core:2.0:User"
#define ENT   "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define GROUP "urn:ietf:params:scim:schemas:core:2.0:Group"

#define RULES  8


/* "!" before a name: SCIM_RULE_UNIQUE; "-": SCIM_RULE_SHARED */
typedef struct {
    const char             *names[RULES];
    const scim_registry_t  *base;
    const scim_registry_t  *registry;
    size_t                  fault;
} rules_t;


static int
rule(scim_arena_t *arena, void *data)
{
    size_t        n;
    rules_t      *t = data;
    const char   *name;
    scim_rule_t   rules[RULES];

    memset(&err, 0, sizeof(scim_error_t));

    for (n = 0; n < RULES && t->names[n]; n++) {
        name = t->names[n];
        rules[n].rule = SCIM_RULE_REQUIRE;

        if (*name == '!' || *name == '-') {
            rules[n].rule = *name == '!' ? SCIM_RULE_UNIQUE
                                         : SCIM_RULE_SHARED;
            name++;
        }

        rules[n].text = tap_str(name);
    }

    return scim_registry_rules(arena, t->base ? t->base
                                              : scim_registry_builtin(),
                               rules, n, &t->registry, &t->fault, &err);
}


static int
rule_short(scim_arena_t *arena, void *data)
{
    if (rule(arena, data) == SCIM_OK || err.status != 503) {
        return SCIM_OK;
    }

    return SCIM_ERROR;
}


static const scim_resource_type_t *
type_of(const rules_t *t, const char *endpoint)
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


static const struct {
    const char  *name;
    const char  *want;
} faults[] = {
    { "nope", "resource type \"User\" has no such attribute" },
    { "Group:userName", "resource type \"Group\" has no such attribute" },
    { "name.nope", "resource type \"User\" has no such attribute" },
    { CORE, "resource type \"User\" has no such attribute" },
    { "urn:x:y:a", "resource type \"User\" has no such attribute" },
    { "", "an attribute name is malformed" },
    { "Group:", "an attribute name is malformed" },
    { "a b", "an attribute name is malformed" },
    { "emails[", "the brackets are malformed" },
    { "emails[]", "the brackets are malformed" },
    { "emails[a]b", "the brackets are malformed" },
    { "name[a]", "no type can stand in brackets there" },
    { "!emails[a].value", "no type can stand in brackets there" },
    { "id", "the server itself sets that attribute" },
    { "meta.created", "the server itself sets that attribute" },
    { "password", "that attribute is readOnly, or not kept with the "
      "resource" },
    { "Group:members.value", "that attribute is readOnly, or not kept with "
      "the resource" },
    { "manager.displayName", "that attribute is readOnly, or not kept with "
      "the resource" },
    { "!name", "a complex attribute cannot be unique, name one of its "
      "sub-attributes" },
    { "!active", "only strings, integers and references can be unique" },
    { "!x509Certificates.value", "only strings, integers and references can "
      "be unique" },
    { "-userName", "that attribute is always unique" },
    { "-externalId", "that attribute is always unique" },
    { "-Group:externalId", "that attribute is always unique" }
};


static void
test_faults(void)
{
    size_t      i;
    rules_t     t;
    scim_str_t  s;

    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        memset(&t, 0, sizeof(rules_t));
        t.names[0] = "title";
        t.names[1] = faults[i].name;

        is(rule(tap_arena(), &t), SCIM_ERROR, "%s", faults[i].name);
        is(err.status, 400, "its status");
        is(t.fault, 1, "its index");

        s.len = err.len;
        s.data = (unsigned char *) err.detail;
        is_str(&s, faults[i].want, "%s", faults[i].want);
    }

    tap_free();
}


static void
test_registry(void)
{
    rules_t                      t, more;
    scim_str_t                   s;
    const scim_schema_t         *ent;
    const scim_resource_type_t  *was, *type, *group;

    memset(&t, 0, sizeof(rules_t));
    t.names[0] = "!nickName";
    t.names[1] = "name.givenName";
    t.names[2] = "!EMAILS.Value";
    t.names[3] = "-Group:displayName";
    t.names[4] = "emails[work]";

    is(rule(tap_arena(), &t), SCIM_OK, "rules");

    was = user();
    type = type_of(&t, "Users");
    group = type_of(&t, "Groups");

    ok(type->schema != was->schema, "a schema of its own");
    ok(type->extensions[0].schema == was->extensions[0].schema,
       "an extension that is shared");
    ok(type->name_attr == &type->schema->attrs[0], "the name's attribute");
    ok(group->name_attr == attr_of(group->schema, "displayName"),
       "that of groups");

    is(attr_of(type->schema, "nickName")->uniqueness, SCIM_UNIQUE_SERVER,
       "unique");
    is(attr_of(type->schema, "nickName")->max, SCIM_KEY_MAX, "and bounded");
    is(attr_of(was->schema, "nickName")->uniqueness, SCIM_UNIQUE_NONE,
       "the base is as it was");
    s = tap_str("value");
    is(scim_attr_sub(attr_of(type->schema, "emails"), &s)->uniqueness,
       SCIM_UNIQUE_SERVER, "a sub-attribute");
    is(scim_attr_sub(attr_of(was->schema, "emails"), &s)->uniqueness,
       SCIM_UNIQUE_NONE, "the base is as it was");
    is(group->name_attr->uniqueness, SCIM_UNIQUE_NONE, "not unique");

    is(type->ndemands, 2, "two demands");
    is(group->ndemands, 0, "none of groups");
    ok(type->demands[0].attr == attr_of(type->schema, "name"),
       "of the schema's copy");
    is_str(&type->demands[0].sub->name, "givenName", "of a sub-attribute");
    is_str(&type->demands[1].kind, "work", "of a type");

    /* rules upon rules, in an extension */

    memset(&more, 0, sizeof(rules_t));
    more.base = t.registry;
    more.names[0] = "!" ENT ":employeeNumber";
    more.names[1] = "-nickName";
    more.names[2] = "!externalId";
    more.names[3] = "!userName";

    is(rule(tap_arena(), &more), SCIM_OK, "more rules");
    type = type_of(&more, "Users");
    ent = type->extensions[0].schema;
    is(type->ndemands, 0, "which require nothing");
    is(attr_of(ent, "employeeNumber")->uniqueness, SCIM_UNIQUE_SERVER,
       "of an extension");
    is(attr_of(type->schema, "nickName")->uniqueness, SCIM_UNIQUE_NONE,
       "taken away again");

    tap_nomem(rule_short, &t, "memory");
    tap_nomem(rule_short, &more, "memory of more");
    tap_free();
}


/* of an attribute's object in /Schemas */

static int
shown(const scim_registry_t *registry, const char *urn, const char *name)
{
    char              text[64];
    scim_str_t        id;
    const char       *p;
    scim_buf_t        b;
    scim_discovery_t  d;

    static const scim_str_t  base = scim_string("http://x");

    if (scim_discovery_render(tap_arena(), registry, &d) != SCIM_OK) {
        return -1;
    }

    id = tap_str(urn);
    scim_buf_init(&b, tap_arena(), 1024);
    scim_document_write(&b, scim_discovery_schema(&d, &id), &base);
    scim_buf_char(&b, '\0');

    (void) snprintf(text, sizeof(text), "{\"name\":\"%s\"", name);
    p = strstr((char *) b.data, text);

    if (p) {
        p = strstr(p, "\"required\":");
    }

    return p ? strncmp(p + 11, "true", 4) == 0 : -1;
}


static void
test_shown(void)
{
    rules_t  t;

    memset(&t, 0, sizeof(rules_t));
    t.names[0] = "name.givenName";
    t.names[1] = "emails[work]";
    t.names[2] = "department";
    t.names[3] = "externalId";

    is(rule(tap_arena(), &t), SCIM_OK, "rules to be shown");
    is(shown(t.registry, CORE, "userName"), 1, "required by the schema");
    is(shown(t.registry, CORE, "name"), 1, "required");
    is(shown(t.registry, CORE, "givenName"), 1, "a sub-attribute");
    is(shown(t.registry, CORE, "familyName"), 0, "its neighbour is not");
    is(shown(t.registry, CORE, "emails"), 1, "a list");
    is(shown(t.registry, ENT, "department"), 1, "in an extension");
    is(shown(t.registry, ENT, "division"), 0, "its neighbour is not");
    is(shown(scim_registry_builtin(), CORE, "name"), 0, "not elsewhere");

    tap_free();
}


static int
accept_with(const scim_policy_t *policy, const scim_resource_type_t *rtype,
    const char *body, const char *current)
{
    char      text[2048], was[2048], *p;
    accept_t  a;

    a.policy = policy;
    a.rtype = rtype;
    a.body = text;
    a.current = current ? was : NULL;

    (void) snprintf(text, sizeof(text), "%s", body);
    (void) snprintf(was, sizeof(was), "%s", current ? current : "");

    for (p = text; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }

    for (p = was; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }

    tap_nomem(accept_short, &a, "memory");

    return accept_in(tap_arena(), &a);
}


static const struct {
    const char  *rule;
    const char  *body;         /* without userName */
    const char  *attr;         /* NULL: accepted */
} demanded[] = {
    { "title", "'title':'t'", NULL },
    { "title", "'title':' '", "title" },
    { "title", "", "title" },
    { "externalId", "'externalId':'x'", NULL },
    { "externalId", "", "externalId" },
    { "active", "", NULL },
    { "name", "'name':{'givenName':'g'}", NULL },
    { "name", "'name':{}", "name" },
    { "name.givenName", "'name':{'givenName':'g'}", NULL },
    { "NAME.givenname", "'name':{'familyName':'f'}", "name.givenName" },
    { "emails", "'emails':[{'value':'v'}]", NULL },
    { "emails", "'emails':[]", "emails" },
    { "emails[work]", "'emails':[{'value':'v'},{'value':'w','type':'WORK'}]",
      NULL },
    { "emails[work]", "'emails':[{'value':'v','type':'home'}]", "emails" },
    { "emails[work]", "'emails':[{'display':'v','type':'work'}]", "emails" },
    { "emails[work].display", "'emails':[{'display':'v','type':'work'}]",
      NULL },
    { "emails[work].display", "'emails':[{'value':'v','type':'work'}]",
      "emails.display" },
    { "emails.display", "'emails':[{'value':'v'},{'display':'d'}]", NULL },
    { "emails.display", "'emails':[{'value':'v'}]", "emails.display" },
    { "addresses[home]", "'addresses':[{'type':'home','country':'DE'}]",
      NULL },
    { "department", "'" ENT "':{'department':'d'}", NULL },
    { ENT ":department", "'" ENT "':{'division':'d'}", ENT ":department" },
    { ENT ":manager.value", "'" ENT ":manager':'m'", NULL },
    { ENT ":manager.value", "", ENT ":manager.value" }
};


static void
test_demands(void)
{
    int      rc;
    char     body[512];
    size_t   i;
    rules_t  t;

    for (i = 0; i < sizeof(demanded) / sizeof(demanded[0]); i++) {
        memset(&t, 0, sizeof(rules_t));
        t.names[0] = demanded[i].rule;

        is(rule(tap_arena(), &t), SCIM_OK, "%s", demanded[i].rule);

        (void) snprintf(body, sizeof(body), "{'userName':'u'%s%s}",
                        *demanded[i].body ? "," : "", demanded[i].body);

        rc = accept_with(&tolerant, type_of(&t, "Users"), body, NULL);

        if (demanded[i].attr == NULL) {
            is(rc, SCIM_OK, "has it: %s", body);

        } else {
            ok(rc == SCIM_ERROR && err.status == 400
               && err.type == SCIM_INVALID_VALUE
               && strcmp(err.attr, demanded[i].attr) == 0,
               "has it not: %s", body);
        }

        tap_free();
    }
}


static void
test_patched(void)
{
    rules_t        t;
    const char    *with, *without;
    scim_policy_t  patched;

    memset(&t, 0, sizeof(rules_t));
    t.names[0] = "title";
    is(rule(tap_arena(), &t), SCIM_OK, "a rule");

    patched = tolerant;
    patched.patched = 1;

    with = "{'userName':'u','active':true,'title':'t'}";
    without = "{'userName':'u','active':true}";

    is(accept_with(&patched, type_of(&t, "Users"), without, with), SCIM_ERROR,
       "PATCH may not take it away");
    is(accept_with(&patched, type_of(&t, "Users"), without, without), SCIM_OK,
       "and may leave its absence alone");
    is(accept_with(&patched, type_of(&t, "Users"), with, without), SCIM_OK,
       "or give it");
    is(accept_with(&tolerant, type_of(&t, "Users"), without, without),
       SCIM_ERROR, "PUT must give it");

    tap_free();
}


static const char  old[] =
    "{'userName':'u','externalId':'x','active':false,'title':'t',"
    "'name':{'givenName':'g','familyName':'f'},'emails':[{'value':'e'}],"
    "'" ENT "':{'department':'d','division':'v'},"
    "'urn:x:Y':{'Abc':1,'Def':{'g':2}},'urn:z:z':{'a':1}}";

static const struct {
    const char  *body;
    const char  *want;         /* without schemas */
} missing[] = {
    { "{}", "'externalId':'x','userName':'u','name':{'givenName':'g',"
      "'familyName':'f'},'title':'t','active':false,'emails':[{'value':'e'}],"
      "'" ENT "':{'division':'v','department':'d'},"
      "'urn:x:Y':{'Abc':1,'Def':{'g':2}},'urn:z:z':{'a':1}}" },
    { "{'externalId':null,'name':{'givenName':'h'},'title':'','emails':[],"
      "'active':null,'" ENT "':{'division':null},'urn:z:z':null,"
      "'URN:X:y':{'ABC':2,'def':null,'new':3}}",
      "'userName':'u','name':{'givenName':'h'},'active':false,"
      "'" ENT "':{'department':'d'},'urn:x:Y':{'Abc':2,'new':3}}" },
    { "{'" ENT "':null,'urn:x:Y':[],'urn:z:z':{'a':null},'emails':null,"
      "'name':null,'externalId':'y'}",
      "'externalId':'y','userName':'u','title':'t','active':false}" }
};


static void
test_missing(void)
{
    char           want[1024], *p;
    size_t         i;
    scim_str_t     text;
    scim_policy_t  keep;

    keep = tolerant;
    keep.missing = 1;
    keep.unknown = SCIM_UNKNOWN_KEEP;

    for (i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
        is(accept_with(&keep, user(), missing[i].body, old), SCIM_OK, "%s",
           missing[i].body);

        (void) snprintf(want, sizeof(want), "%s", missing[i].want);

        for (p = want; *p; p++) {
            *p = *p == '\'' ? '"' : *p;
        }

        text.data = memchr(res.text.data, ']', res.text.len);
        text.data += 2;
        text.len = res.text.len - (size_t) (text.data - res.text.data);
        is_str(&text, want, "what is left");

        tap_free();
    }

    is(accept_with(&keep, user(), "{}", NULL), SCIM_ERROR,
       "a POST has nothing to be kept");

    keep.unknown = SCIM_UNKNOWN_IGNORE;
    is(accept_with(&keep, user(), "{'urn:x:Y':{'Abc':2}}", "{'userName':'u',"
                   "'urn:x:Y':{'Abc':1}}"), SCIM_OK, "ignored");
    (void) snprintf(want, sizeof(want), "%.*s", (int) res.text.len,
                    (char *) res.text.data);
    ok(strstr(want, "\"Abc\":1") != NULL, "what is ignored changes nothing");

    tap_free();
}


static void
test_group(void)
{
    rules_t        t;
    scim_policy_t  keep;

    memset(&t, 0, sizeof(rules_t));
    t.names[0] = "-Group:displayName";
    is(rule(tap_arena(), &t), SCIM_OK, "equal names");

    keep = tolerant;
    keep.missing = 1;
    keep.unknown = SCIM_UNKNOWN_KEEP;

    is(accept_with(&keep, type_of(&t, "Groups"), "{}", "{'displayName':'g'}"),
       SCIM_OK, "nothing named");
    ok(!res.members.replace && res.members.nadd == 0, "members stay");
    ok(res.name.len == 1 && res.name_key.data == NULL,
       "a name, and no key of it");

    is(accept_with(&keep, type_of(&t, "Groups"), "{'members':null}",
                   "{'displayName':'g'}"), SCIM_OK, "no members");
    ok(res.members.replace && res.members.nadd == 0, "members go");

    is(accept_with(&keep, type_of(&t, "Groups"), "{'displayName':'g',"
                   "'urn:x:y':{'a':1}}", NULL), SCIM_OK, "an extension");
    is(res.doc->n, 2, "that a group cannot have");

    tap_free();
}


int
main(void)
{
    test_faults();
    test_registry();
    test_shown();
    test_demands();
    test_patched();
    test_missing();
    test_group();

    return done_testing();
}
