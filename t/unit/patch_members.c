
/*
 * Members of groups: scim_patch_members(), for programs that change nothing
 * else, and scim_patch_apply(), which must say the same.
 */


#include "patch.h"


#define GROUP  "'displayName':'g'"

#define add(value)      "{'op':'add','path':'members','value':" value "}"
#define replace(value)  "{'op':'replace','path':'members','value':" value "}"
#define remove(value)   "{'op':'remove','path':'members','value':" value "}"
#define select(filter)  "{'op':'remove','path':'members[" filter "]'}"
#define remove_all      "{'op':'remove','path':'members'}"

#define A  "{'value':'a'}"
#define B  "{'value':'b'}"
#define C  "{'value':'c'}"

#define UPPER  "2819C223-7F76-453A-919D-413861904646"
#define LOWER  "2819c223-7f76-453a-919d-413861904646"


/* "+" whom to add, "-" whom to remove, "=" the whole list */

static const patch_case_t  members[] = {

    { "RFC 7644 3.5.2.1, add a member", "",
      add("[{'display':'Babs Jensen','$ref':'https://example.com/v2/Users/"
          LOWER "','value':'" LOWER "'}]"), "+ " LOWER, NULL },
    { "RFC 7644 3.5.2.2, remove a member", "",
      select("value eq `" LOWER "`"), "- " LOWER, NULL },
    { "RFC 7644 3.5.2.2, remove all", "", remove_all, "=", NULL },
    { "RFC 7644 3.5.2.2, remove and add", "",
      select("value eq`a`") "," add("[" B "]"), "+ b - a", NULL },
    { "RFC 7644 3.5.2.2, another list", "", remove_all ","
      add("[" A "," B "]"), "= a b", NULL },
    { "RFC 7644 3.5.2.3, another list", "", replace("[" A "," B "]"),
      "= a b", NULL },
    { "the first of all figures, by the attribute's URN", "",
      "{'op':'add','path':'urn:ietf:params:scim:schemas:core:2.0:Group:"
      "members','value':[" A "]}", "+ a", NULL },

    { "add without a path", "", "{'op':'add','value':{'members':[" A "]}}",
      "+ a", NULL },
    { "replace without a path", "",
      "{'op':'replace','value':{'Members':[" A "],'id':'x'}}", "= a", NULL },
    { "replace by an empty list, without a path", "",
      "{'op':'replace','value':{'members':[]}}", "=", NULL },
    { "replace by an empty list", "", replace("[]"), "=", NULL },
    { "replace by null", "", replace("null"), "=", NULL },
    { "replace by an empty string", "", replace("''"), "=", NULL },
    { "add of an empty list", "", add("[]"), "", NULL },
    { "add of null", "", add("null"), "", NULL },
    { "add of an object", "", add(A), "+ a", NULL },
    { "replace by an object", "", replace(A), "= a",
      "#invalidValue operation 1: attribute \"members\" must be an array" },
    { "add of a string", "", add("'a'"), "+ a", "#invalidValue" },
    { "add of strings", "", add("['a','b']"), "+ a b", "#invalidValue" },
    { "add of JSON in a string", "", add("'[{`value`:`a`}]'"), "+ a",
      "#invalidValue" },
    { "add of the attribute's name", "", add("{'members':[" A "]}"), "+ a",
      "" },
    { "a number for a member", "", add("[1]"),
      "#invalidValue operation 1: attribute \"members\" must be an object",
      NULL },
    { "a number for its id", "", add("[{'value':1}]"),
      "#invalidValue operation 1: attribute \"members.value\" must be a "
      "string", NULL },
    { "null for a reference and a name", "",
      add("[{'$ref':null,'value':'a','display':null}]"), "+ a", NULL },
    { "a reference alone", "", add("[{'$ref':'https://x.example/Users/a'}]"),
      "+ a", NULL },
    { "a reference beside null", "", add("[{'$ref':'../Users/a',"
      "'value':null}]"), "+ a", NULL },
    { "who is nobody", "", add("[{},null,{'value':null}," A "]"), "+ a",
      NULL },
    { "one twice", "", add("[" A "," B "," A "]"), "+ a b", NULL },
    { "one twice, in two operations", "", add("[" A "]") "," add("[" B ","
      A "]"), "+ a b", NULL },
    { "in either case", "", add("[{'value':'" LOWER "'},{'value':'" UPPER
      "'}]"), "+ " LOWER, NULL },

    { "remove of a list", "", remove("[" A "," B "]"), "- a b",
      "#invalidValue operation 1: \"remove\" takes no value" },
    { "remove of an object", "", remove(A), "- a", "#invalidValue" },
    { "remove of a string", "", remove("'a'"), "- a", "#invalidValue" },
    { "remove of references", "", remove("[{'$ref':null,'value':'a'}]"),
      "- a", "#invalidValue" },
    { "remove of the attribute's name", "", remove("{'members':[" A "]}"),
      "- a", "#invalidValue" },
    { "remove of an empty list", "", remove("[]"), "", "#invalidValue" },
    { "remove of null", "", remove("null"), "=", NULL },
    { "remove of an empty string", "", remove("''"), "=", "#invalidValue" },
    { "remove without a path", "",
      "{'op':'Remove','value':{'members':[" A "]}}", "- a",
      "#invalidSyntax" },
    { "remove without a path, in lower case", "",
      "{'op':'remove','value':{'members':[" A "]}}", "- a", "#noTarget" },

    { "or", "", select("value eq `a` or value eq `b` or value eq `c`"),
      "- a b c", NULL },
    { "or in parentheses", "",
      select("(value eq `a` or value eq `b`) or (value eq `c`)"), "- a b c",
      NULL },
    { "type beside it", "", select("value eq `a` and type eq `User`"), "- a",
      NULL },
    { "type before it, and or", "",
      select("type eq `User` and value eq `a` or value eq `b`"), "- a b",
      NULL },
    { "names and operators in any case", "", select("Value EQ `a`"), "- a",
      NULL },
    { "type alone", "", select("type eq `User`"),
      "#invalidFilter operation 1: attribute \"members\" can be selected by",
      NULL },
    { "display", "", select("display eq `a`"), "#invalidFilter", NULL },
    { "another operator", "", select("value sw `a`"), "#invalidFilter",
      NULL },
    { "present", "", select("value pr"), "#invalidFilter", NULL },
    { "null", "", select("value eq null"), "#invalidFilter", NULL },
    { "not", "", select("not (value eq `a`)"), "#invalidFilter", NULL },
    { "two values at once", "", select("value eq `a` and value eq `b`"),
      "#invalidFilter", NULL },
    { "or within and", "",
      select("(value eq `a` or value eq `b`) and type eq `User`"),
      "#invalidFilter", NULL },

    { "add through a filter", "",
      "{'op':'add','path':'members[value eq `a`]','value':{}}", "+ a",
      "#mutability" },
    { "replace through a filter", "",
      "{'op':'replace','path':'members[value eq `a`]','value':" B "}",
      "#mutability operation 1: attribute \"members\" has immutable values",
      NULL },
    { "a member's id", "",
      "{'op':'replace','path':'members[value eq `a`].value','value':'b'}",
      "#mutability operation 1: attribute \"members.value\" is immutable",
      NULL },
    { "a member's id, removed", "",
      "{'op':'remove','path':'members[value eq `a`].value'}", "#mutability",
      NULL },
    { "a member's name", "",
      "{'op':'replace','path':'members[value eq `a`].display','value':'b'}",
      "#mutability operation 1: attribute \"members.display\" is readOnly",
      NULL },
    { "all members' type", "",
      "{'op':'add','path':'members.type','value':'User'}", "#mutability",
      NULL },
    { "figure 8, displayName is none of a member's", "",
      "{'op':'remove','path':'members[value eq `a`].displayName'}",
      "#invalidPath operation 1: attribute \"members.displayName\" is "
      "unknown", NULL },

    { "added, then removed", "", add("[" A "," B "]") ","
      select("value eq `a`"), "+ b - a", NULL },
    { "removed, then added", "", select("value eq `a`") "," add("[" A "]"),
      "+ a", NULL },
    { "replaced, then one removed", "", replace("[" A "," B "]") ","
      select("value eq `a`"), "= b", NULL },
    { "replaced, then one added", "", replace("[" A "]") "," add("[" B "]"),
      "= a b", NULL },
    { "added, then replaced", "", add("[" A "]") "," replace("[" B "]"),
      "= b", NULL },
    { "removed in another case", "", add("[{'value':'" LOWER "'}]") ","
      select("value eq `" UPPER "`"), "- " LOWER, NULL },
    { "all removed, one added, removed, added", "", remove_all "," add("[" A
      "]") "," select("value eq `a`") "," add("[" A "," C "]"), "= a c",
      NULL },

    { "as many as allowed", "", add("['1','2','3','4','5','6','7','8','9',"
      "'10','11','12','13','14','15','16','17','18','19','20']"),
      "+ 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
      "#invalidValue" },
    { "one more", "", add("['1','2','3','4','5','6','7','8','9',"
      "'10','11','12','13','14','15','16','17','18','19','20','21']"),
      "#invalidValue operation 1: attribute \"members\" has more than 20 "
      "values", NULL },
    { "in two operations", "", add("['1','2','3','4','5','6','7','8','9',"
      "'10','11','12','13','14','15','16','17','18','19','20']") ","
      add("['21']"), "#invalidValue attribute \"members\" has more than 20 "
      "values", "#invalidValue" },
    { "as many, and others removed", "", add("['1','2','3','4','5','6','7',"
      "'8','9','10','11','12','13','14','15','16','17','18','19','20']") ","
      select("value eq `21`"),
      "+ 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 - 21",
      "#invalidValue" },
    { "too many removed, in two operations", "", remove("['1','2','3','4','5',"
      "'6','7','8','9','10','11']") "," remove("['12','13','14','15','16',"
      "'17','18','19','20','21','22']"), "#invalidValue attribute "
      "\"members\" has more than 20 values", "#invalidValue" },
    { "the operation that failed", "", add("[" A "]") "," add("[1]"),
      "#invalidValue operation 2: ", NULL }
};


static char *
members_list(char *p, const scim_str_t *ids, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        *p++ = ' ';
        memcpy(p, ids[i].data, ids[i].len);
        p += ids[i].len;
    }

    return p;
}


static void
members_text(char *p, const scim_members_t *m)
{
    if (m->replace) {
        *p++ = '=';
        p = members_list(p, m->add, m->nadd);

    } else if (m->nadd) {
        *p++ = '+';
        p = members_list(p, m->add, m->nadd);
    }

    if (m->nremove) {

        if (m->nadd || m->replace) {
            *p++ = ' ';
        }

        *p++ = '-';
        p = members_list(p, m->remove, m->nremove);
    }

    *p = '\0';
}


static int
members_run(scim_arena_t *arena, void *data)
{
    patch_run_t  *run = data;

    int             rc;
    scim_patch_t    patch;
    scim_members_t  m;

    if (patch_program(arena, run, &patch) != SCIM_OK) {
        return SCIM_ERROR;
    }

    rc = scim_patch_members(arena, run->rtype, run->policy, &patch, &m, &err);
    res.members = m;

    return rc;
}


static int
members_short(scim_arena_t *arena, void *data)
{
    if (members_run(arena, data) != SCIM_ERROR || err.status != 503) {
        return SCIM_OK;
    }

    return SCIM_ERROR;
}


static void
members_case(patch_run_t *run, const char *profile, const char *want)
{
    int    rc;
    char   text[1024];
    char   name[256];

    memset(&err, 0, sizeof(scim_error_t));
    rc = members_run(tap_arena(), run);

    if (*want == '#') {
        patch_refused(rc, want, run->c->name, profile);

    } else if (is(rc, SCIM_OK, "%s (%s)", run->c->name, profile)) {
        members_text(text, &res.members);
        ok(strcmp(text, want) == 0, "%s: members", run->c->name);

        if (strcmp(text, want) != 0) {
            diag("got \"%s\", expected \"%s\"", text, want);
        }

    } else {
        diag("%d %s", err.status, err.detail);
    }

    /* and with the document */

    (void) snprintf(name, sizeof(name), "%s, %s", run->c->name, profile);
    memset(&err, 0, sizeof(scim_error_t));
    rc = patch_run(tap_arena(), run);

    if (*want == '#') {
        patch_refused(rc, want, run->c->name, "applied");

    } else if (is(rc, SCIM_OK, "%s: applied", name)) {
        members_text(text, &res.members);
        ok(strcmp(text, want) == 0, "%s: members", name);
    }

    tap_free();
}


static void
test_members(void)
{
    size_t       i;
    patch_run_t  run;

    run.rtype = patch_type("Groups");
    run.base = GROUP;

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        run.c = &members[i];

        run.policy = &tolerant;
        members_case(&run, "tolerant", members[i].want);
        tap_nomem(members_short, &run, members[i].name);

        run.policy = &strict;
        members_case(&run, "strict",
                     members[i].strict ? members[i].strict : members[i].want);
    }
}


/* what needs the document */

static void
test_mixed(void)
{
    char          text[256];
    size_t        i;
    patch_run_t   run;
    patch_case_t  c;

    static const struct {
        const char  *ops;
        const char  *text;
        const char  *want;
    } mixed[] = {
        { add("[" A "]") ",{'op':'replace','path':'displayName',"
          "'value':'h'}", "'displayName':'h'", "+ a" },
        { "{'op':'replace','value':{'id':'x','displayName':'h',"
          "'members':[" A "]}}", "'displayName':'h'", "= a" },
        { "{'op':'replace','value':{'id':'x','displayName':'g'}}",
          "'displayName':'g'", "" },
        { "{'op':'add','path':'externalId','value':'e'}",
          "'displayName':'g','externalId':'e'", "" },
        { "{'op':'replace','value':{'id':'x'}}", "'displayName':'g'", "" }
    };

    memset(&c, 0, sizeof(patch_case_t));
    c.current = "";

    run.rtype = patch_type("Groups");
    run.base = GROUP;
    run.policy = &tolerant;
    run.c = &c;

    for (i = 0; i < sizeof(mixed) / sizeof(mixed[0]); i++) {
        c.ops = mixed[i].ops;

        is(members_run(tap_arena(), &run), SCIM_DECLINED,
           "needs the document: %s", c.ops);
        is(patch_run(tap_arena(), &run), SCIM_OK, "runs");

        members_text(text, &res.members);
        ok(strcmp(text, mixed[i].want) == 0, "members \"%s\"", text);

        (void) snprintf(text, sizeof(text), "!%s", mixed[i].text);
        ok(scim_json_equal(res.doc, patch_document(tap_arena(), &run, text)),
           "document");
    }

    run.rtype = patch_type("Users");
    run.base = "'userName':'u','active':true";
    c.ops = "{'op':'replace','value':{'id':'x'}}";
    is(members_run(tap_arena(), &run), SCIM_DECLINED, "nothing to do");

    c.ops = "{'op':'add','path':'members','value':[" A "]}";
    is(members_run(tap_arena(), &run), SCIM_ERROR, "a user has no members");

    run.rtype = patch_type("Groups");
    run.base = GROUP;
    c.ops = add("[{'value':'a','nope':1}]");
    is(members_run(tap_arena(), &run), SCIM_OK, "an unknown name is ignored");

    tolerant.unknown = SCIM_UNKNOWN_REJECT;
    is(members_run(tap_arena(), &run), SCIM_ERROR, "or refused");
    tolerant.unknown = SCIM_UNKNOWN_IGNORE;

    tap_free();
}


/* many: what takes the square of the number would not end */

static void
test_many(void)
{
    int              i, n;
    char             id[16];
    scim_str_t       s, path;
    scim_json_t     *body, *ops, *op, *list, *member;
    scim_error_t     e;
    scim_patch_t     patch;
    scim_policy_t    policy;
    scim_arena_t    *arena;
    scim_members_t   m;

    static const scim_str_t  op_name = scim_string("op");
    static const scim_str_t  path_name = scim_string("path");
    static const scim_str_t  value_name = scim_string("value");
    static const scim_str_t  operations = scim_string("Operations");
    static const scim_str_t  words[] = {
        scim_string("add"), scim_string("remove")
    };

    n = 100000;
    arena = tap_arena();
    policy = tolerant;
    policy.members = (size_t) n;
    path = tap_str("members");

    body = scim_json_new(arena, SCIM_JSON_OBJECT);
    ops = scim_json_new(arena, SCIM_JSON_ARRAY);
    scim_json_append(body, &operations, ops);

    list = NULL;

    for (i = 0; i < 2 * n; i++) {

        if (i % n == 0) {
            op = scim_json_new(arena, SCIM_JSON_OBJECT);
            list = scim_json_new(arena, SCIM_JSON_ARRAY);
            scim_json_append(op, &op_name,
                             scim_json_new_string(arena, &words[i / n]));
            scim_json_append(op, &path_name,
                             scim_json_new_string(arena, &path));
            scim_json_append(op, &value_name, list);
            scim_json_append(ops, NULL, op);
        }

        (void) snprintf(id, sizeof(id), "%d", i % n / (i < n ? 1 : 2));
        s.len = strlen(id);
        s.data = (unsigned char *) id;
        (void) scim_str_dup(arena, &s, &s);

        member = scim_json_new(arena, SCIM_JSON_OBJECT);
        scim_json_append(member, &value_name, scim_json_new_string(arena, &s));
        scim_json_append(list, NULL, member);
    }

    is(scim_patch_parse(arena, patch_type("Groups"), &policy, &patch_limits,
                        body, &patch, &e), SCIM_OK, "many are parsed");
    is(scim_patch_members(arena, patch_type("Groups"), &policy, &patch, &m,
                          &e), SCIM_OK, "many are changed");
    is((long long) m.nadd, n / 2, "added");
    is((long long) m.nremove, n / 2, "removed");

    tap_free();
}


int
main(void)
{
    test_members();
    test_mixed();
    test_many();

    return done_testing();
}
