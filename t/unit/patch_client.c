
/*
 * PATCH of users: paths, extensions, messages, the oddities of identity
 * providers, and what changes nothing.
 */


#include "patch_user.h"


/* paths that are wrong, or right and not allowed */

static const patch_case_t  paths[] = {

    { "unknown", "", add("nope", "1"),
      "#invalidPath operation 1: attribute \"nope\" is unknown", NULL },
    { "unknown, removed", "", remove("nope"), "#invalidPath", NULL },
    { "an unknown sub-attribute", "", add("name.nope", "1"), "#invalidPath",
      NULL },
    { "behind a filter", "", add("emails[type eq `x`].nope", "1"),
      "#invalidPath operation 1: attribute \"emails.nope\" is unknown",
      NULL },
    { "in a known extension", "", add(ENT ":nope", "1"), "#invalidPath",
      NULL },
    { "under a URN that nobody knows", "", add("urn:x:User:nope", "1"), "",
      "#invalidPath" },
    { "removed", "", remove("urn:x:User"), "", "#invalidPath" },
    { "with brackets", "", remove("urn:x:User:a[b eq 1].c"), "",
      "#invalidPath" },
    { "malformed", "", add("a b", "1"),
      "#invalidPath operation 1: the path is malformed", NULL },
    { "two dots", "", add("name.givenName.x", "1"), "#invalidPath", NULL },
    { "a dot at the end", "", add("name.", "1"), "#invalidPath", NULL },
    { "an open bracket", "", remove("emails[type eq `x`"),
      "#invalidPath operation 1: the path is malformed", NULL },
    { "an open string", "", remove("emails[type eq `x]"), "#invalidPath",
      NULL },
    { "something behind the bracket", "", remove("emails[type eq `x`]value"),
      "#invalidPath", NULL },
    { "a dot alone behind it", "", remove("emails[type eq `x`]."),
      "#invalidPath", NULL },
    { "a sub-attribute before the bracket", "",
      remove("emails.value[type eq `x`]"), "#invalidPath", NULL },
    { "a filter on what has one value", "", remove("name[givenName pr]"),
      "#invalidPath operation 1: attribute \"name\" has one value only",
      NULL },
    { "a filter on a URN", "", remove(ENT "[a pr]"), "#invalidPath", NULL },
    { "too deep a filter", "",
      remove("emails[((((((((((((type pr))))))))))))]"), "#invalidFilter",
      NULL },
    { "an empty path", "", "{'op':'add','path':'','value':{'title':'t'}}",
      "'title':'t'", "#invalidPath" },
    { "null for a path", "", "{'op':'add','path':null,'value':{'title':'t'}}",
      "'title':'t'", NULL },
    { "a number for a path", "", "{'op':'add','path':1,'value':'t'}",
      "#invalidPath operation 1: attribute \"path\" must be a string", NULL },
    { "id", "", replace("id", "'x'"),
      "#mutability operation 1: attribute \"id\" is readOnly", NULL },
    { "meta", "", remove("meta"), "#mutability", NULL },
    { "meta.created", "", replace("meta.created", "'x'"),
      "#mutability operation 1: attribute \"meta\" is readOnly", NULL },
    { "groups", "", add("groups", "[{'value':'g'}]"), "#mutability", NULL },
    { "groups through a filter", "", remove("groups[value eq `g`]"),
      "#mutability", NULL },
    { "manager.displayName", "", replace(ENT ":manager.displayName", "'x'"),
      "#mutability operation 1: attribute \"" ENT ":manager.displayName\" is "
      "readOnly", NULL },
    { "schemas, added", "", add("schemas", "['" ENT "']"), "", NULL },
    { "schemas, replaced", "", replace("schemas", "['" CORE "']"), "", NULL },
    { "schemas, removed", "", remove("schemas"),
      "#mutability operation 1: attribute \"schemas\" is required", NULL },
    { "schemas, emptied", "", replace("schemas", "[]"), "#invalidValue",
      NULL },
    { "schemas, a number", "", replace("schemas", "1"), "#invalidValue",
      NULL },
    { "the operation that failed", "", add("title", "'t'") ","
      add("title", "'t'") "," add("nope", "1"), "#invalidPath operation 3: ",
      NULL }
};


/* EnterpriseUser */

static const patch_case_t  extensions[] = {

    { "an attribute", "", add(ENT ":department", "'d'"),
      "'" ENT "':{'department':'d'}", NULL },
    { "its last one removed", "'" ENT "':{'department':'d'}",
      remove(ENT ":department"), "", NULL },
    { "without URN", "", add("department", "'d'"),
      "'" ENT "':{'department':'d'}", "#invalidPath" },
    { "an older URN", "", add("urn:scim:schemas:extension:enterprise:1.0:"
      "department", "'d'"), "'" ENT "':{'department':'d'}", "#invalidPath" },
    { "an older URN of the type", "", add("urn:scim:schemas:core:2.0:title",
      "'t'"), "'title':'t'", "#invalidPath" },
    { "as a whole", "'" ENT "':{'division':'v'}",
      replace(ENT, "{'department':'d'}"),
      "'" ENT "':{'division':'v','department':'d'}", NULL },
    { "with schemas in it", "", add(ENT, "{'schemas':['" ENT "'],"
      "'Department':'d','nope':1}"), "'" ENT "':{'department':'d'}", NULL },
    { "as JSON in a string", "", add(ENT, "'{`department`:`d`}'"),
      "'" ENT "':{'department':'d'}", "#invalidValue" },
    { "in an array", "", add(ENT, "[{'department':'d'}]"),
      "'" ENT "':{'department':'d'}", "#invalidValue" },
    { "removed as a whole", "'" ENT "':{'division':'v'}", remove(ENT), "",
      NULL },
    { "removed where there is none", "", remove(ENT), "", NULL },
    { "null", "'" ENT "':{'division':'v'}", replace(ENT, "null"), "", NULL },
    { "null without a path", "'" ENT "':{'division':'v'}",
      replaces("{'" ENT "':null}"), "", NULL },
    { "a string", "", add(ENT, "'x'"),
      "#invalidValue operation 1: attribute \"" ENT "\" must be an object",
      NULL },
    { "the type's URN, added", "", add(CORE, "{'title':'t'}"), "'title':'t'",
      NULL },
    { "the type's URN, removed", "", remove(CORE), "#mutability", NULL },
    { "a sub-attribute in any case", "", add(ENT ":Manager.Value", "'m'"),
      "'" ENT "':{'manager':{'value':'m'}}", NULL },
    { "dotted names in its object", "",
      add(ENT, "{'manager.value':'m'}"),
      "'" ENT "':{'manager':{'value':'m'}}", NULL },

    { "manager as an object", "", add(ENT ":manager", "{'value':'m'}"),
      "'" ENT "':{'manager':{'value':'m'}}", NULL },
    { "manager as a string", "", add(ENT ":manager", "'m'"),
      "'" ENT "':{'manager':{'value':'m'}}", "#invalidValue" },
    { "manager with managerId", "", add(ENT ":manager", "{'managerId':'m'}"),
      "'" ENT "':{'manager':{'value':'m'}}", "" },
    { "manager in a list, without URN", "",
      add("manager", "[{'$ref':'/Users/m','value':'m'}]"),
      "'" ENT "':{'manager':{'$ref':'/Users/m','value':'m'}}",
      "#invalidPath" },
    { "two managers", "", add(ENT ":manager", "[{'value':'m'},"
      "{'value':'n'}]"), "#invalidValue", NULL },
    { "manager, an empty string", "'" ENT "':{'manager':{'value':'m'}}",
      replace(ENT ":manager", "''"), "", "#invalidValue" },
    { "manager, null", "'" ENT "':{'manager':{'value':'m'}}",
      replace(ENT ":manager", "null"), "", NULL },
    { "manager with an empty value", "'" ENT "':{'manager':{'value':'m',"
      "'$ref':'r'}}", replace(ENT ":manager", "{'value':''}"), "", NULL },
    { "manager with null for a value", "'" ENT "':{'manager':{'value':'m',"
      "'$ref':'r'}}", replace(ENT ":manager", "{'value':null}"), "", NULL },
    { "manager.value, an empty string", "'" ENT "':{'manager':{'value':'m',"
      "'$ref':'r'}}", replace(ENT ":manager.value", "''"), "", NULL },
    { "manager removed", "'" ENT "':{'manager':{'value':'m','$ref':'r'}}",
      remove(ENT ":manager"), "", NULL },
    { "another manager drops the reference",
      "'" ENT "':{'manager':{'value':'m','$ref':'r'}}",
      replace(ENT ":manager", "{'value':'n'}"),
      "'" ENT "':{'manager':{'value':'n'}}", NULL },
    { "by path too", "'" ENT "':{'manager':{'value':'m','$ref':'r'}}",
      replace(ENT ":manager.value", "'n'"),
      "'" ENT "':{'manager':{'value':'n'}}", NULL },
    { "the same manager keeps it",
      "'" ENT "':{'manager':{'value':'m','$ref':'r'}}",
      replace(ENT ":manager", "{'value':'m'}"),
      "'" ENT "':{'manager':{'value':'m','$ref':'r'}}", NULL },
    { "readOnly within a value is passed over", "",
      add(ENT ":manager", "{'value':'m','displayName':'d'}"),
      "'" ENT "':{'manager':{'value':'m'}}", NULL }
};


/* roles of Entra ID */

static const patch_case_t  roles[] = {

    { "an object in a string", "", add("roles", "[{'value':'" ROLE("1")
      "'}]"), "'roles':[{'value':'v1','display':'d1'}]",
      "'roles':[{'value':'" ROLE("1") "'}]" },
    { "several", "", add("roles", "[{'value':'" ROLE("1") "'},{'value':'"
      ROLE("2") "'}]"), "'roles':[{'value':'v1','display':'d1'},"
      "{'value':'v2','display':'d2'}]",
      "'roles':[{'value':'" ROLE("1") "'},{'value':'" ROLE("2") "'}]" },
    { "a list in one string", "", add("roles", "[{'value':'[" ROLE("1") ","
      ROLE("2") "]'}]"), "'roles':[{'value':'v1','display':'d1'},"
      "{'value':'v2','display':'d2'}]",
      "'roles':[{'value':'[" ROLE("1") "," ROLE("2") "]'}]" },
    { "the string alone", "", add("roles", "'" ROLE("1") "'"),
      "'roles':[{'value':'v1','display':'d1'}]", "#invalidValue" },
    { "with a type beside it", "", replace("roles", "[{'value':'" ROLE("1")
      "','type':'WindowsAzureActiveDirectoryRole','display':'x'}]"),
      "'roles':[{'value':'v1','display':'x',"
      "'type':'WindowsAzureActiveDirectoryRole'}]",
      "'roles':[{'value':'" ROLE("1") "','display':'x',"
      "'type':'WindowsAzureActiveDirectoryRole'}]" },
    { "through a filter", "", add("roles[primary eq `True`].value", "'"
      ROLE("1") "'"), "'roles':[{'value':'v1','display':'d1',"
      "'primary':true}]", "#noTarget" },
    { "a string that is no role", "", add("roles", "[{'value':'{`a`:1}'}]"),
      "'roles':[{'value':'{`a`:1}'}]", NULL },
    { "removed", "'roles':[{'value':'v1'},{'value':'v2'}]",
      op("remove", "roles", "[{'value':'" ROLE("1") "'}]"),
      "'roles':[{'value':'v2'}]", "#invalidValue" },
    { "elsewhere it is a string", "",
      add("entitlements", "[{'value':'" ROLE("1") "'}]"),
      "'entitlements':[{'value':'" ROLE("1") "'}]", NULL },
    { "primary as a string", "", add("roles", "[{'value':'a',"
      "'primary':'True'}]"), "'roles':[{'value':'a','primary':true}]",
      "#invalidValue" }
};


/* messages */

#define URN  "'schemas':['urn:ietf:params:scim:api:messages:2.0:PatchOp']"

static const patch_case_t  messages[] = {

    { "words in any case", "'nickName':'n'",
      "{'op':'Add','path':'title','value':'t'},"
      "{'Op':'REPLACE','Path':'title','Value':'x'},"
      "{'op':'Remove','path':'nickName'}", "'title':'x'",
      "#invalidSyntax operation 1: attribute \"op\" must be" },
    { "an unknown word", "", "{'op':'move','path':'title','value':'t'}",
      "#invalidSyntax operation 1: attribute \"op\" must be", NULL },
    { "no word", "", "{'path':'title','value':'t'}", "#invalidSyntax", NULL },
    { "a number for a word", "", "{'op':1,'path':'title','value':'t'}",
      "#invalidSyntax operation 1: attribute \"op\" must be a string", NULL },
    { "no value for add", "", "{'op':'add','path':'title'}",
      "#invalidValue operation 1: attribute \"value\" is required", NULL },
    { "no value for replace", "", "{'op':'replace','path':'title'}",
      "#invalidValue", NULL },
    { "no value and no path", "", "{'op':'replace'}", "#invalidValue", NULL },
    { "a string for an operation", "", "'add'",
      "#invalidSyntax operation 1: it must be an object", NULL },
    { "no schemas", "", "!{'Operations':[" add("title", "'t'") "]}",
      "'title':'t'", "#invalidSyntax attribute \"schemas\" is required" },
    { "schemas of something else", "",
      "!{'schemas':['" CORE "'],'Operations':[" add("title", "'t'") "]}",
      "#invalidSyntax attribute \"schemas\" must hold", NULL },
    { "schemas as a string", "",
      "!{'schemas':'urn:ietf:params:scim:api:messages:2.0:PatchOp',"
      "'Operations':[" add("title", "'t'") "]}", "'title':'t'",
      "#invalidSyntax" },
    { "a number for schemas", "", "!{'schemas':1,'Operations':["
      add("title", "'t'") "]}", "#invalidSyntax", NULL },
    { "names in any case, schemas last", "", "!{'operations':["
      add("title", "'t'") "],'SCHEMAS':["
      "'URN:ietf:params:scim:api:messages:2.0:patchop']}", "'title':'t'",
      NULL },
    { "no Operations", "", "!{" URN "}",
      "#invalidSyntax attribute \"Operations\" is required", NULL },
    { "no operation", "", "", "#invalidSyntax", NULL },
    { "Operations as one object", "", "!{" URN ",'Operations':"
      add("title", "'t'") "}", "'title':'t'", "#invalidSyntax" },
    { "a string for Operations", "", "!{" URN ",'Operations':'x'}",
      "#invalidSyntax", NULL },
    { "the operation itself", "", "!" add("title", "'t'"), "'title':'t'",
      "#invalidSyntax" },
    { "an array of operations", "", "![" add("title", "'t'") ","
      remove("title") "]", "", "#invalidSyntax the body must be" },
    { "an empty array", "", "![]", "#invalidSyntax", NULL },
    { "a string", "", "!'x'", "#invalidSyntax", NULL },
    { "as many operations as allowed", "",
#define OPS  add("title", "'a'") "," add("title", "'b'") ","                  \
             add("title", "'c'") "," add("title", "'d'") ","                  \
             add("title", "'e'")
      OPS "," OPS "," OPS "," OPS, "'title':'e'", NULL },
    { "one more", "", OPS "," OPS "," OPS "," OPS "," remove("title"),
      "#413 there are more than 20 operations", NULL }
};


/* nothing comes of it */

static const struct {
    const char  *current;
    const char  *ops;
} noops[] = {
    { "'title':'t'", add("title", "'t'") },
    { "'title':'t'", replaces("{'title':'t','id':'x'}") },
    { "'emails':[" WORK "]", add("emails", "[" WORK "]") },
    { "'emails':[" WORK "]", replace("emails", "[" WORK "]") },
    { "'emails':[" WORK "]", replace("emails[type eq `work`].value", "'w'") },
    { "'title':'t'", add("title", "'s'") "," replace("title", "'t'") },
    { "'emails':[" WORK "]", remove("emails") "," add("emails", WORK) },
    { "", remove("title") },
    { "", replaces("{'active':true}") },
    { "'" ENT "':{'manager':{'value':'m'}}",
      add(ENT ":manager.value", "'m'") },
    { "'" ENT "':{'department':'d'}", replaces("{'" ENT ":department':'d'}") }
};


static void
test_noops(void)
{
    size_t         i;
    patch_run_t    run;
    patch_case_t   c;
    scim_json_t   *current;
    scim_arena_t  *arena;

    memset(&c, 0, sizeof(patch_case_t));
    run.rtype = patch_type("Users");
    run.policy = &tolerant;
    run.base = USER;
    run.c = &c;

    for (i = 0; i < sizeof(noops) / sizeof(noops[0]); i++) {
        c.current = noops[i].current;
        c.ops = noops[i].ops;
        arena = tap_arena();

        is(patch_run(arena, &run), SCIM_OK, "it runs");
        current = patch_document(arena, &run, c.current);
        ok(current && scim_json_equal(res.doc, current), "no change: %s",
           c.ops);
    }

    c.current = "'title':'t'";
    c.ops = add("title", "'T'");
    arena = tap_arena();
    is(patch_run(arena, &run), SCIM_OK, "it runs");
    current = patch_document(arena, &run, c.current);
    ok(current && !scim_json_equal(res.doc, current), "a letter is a change");

    tap_free();
}


static void
test_long_path(void)
{
    char          ops[1024];
    patch_run_t   run;
    patch_case_t  c;

    memset(&c, 0, sizeof(patch_case_t));
    c.name = "a path that is too long";
    c.current = "";
    c.ops = ops;

    (void) snprintf(ops, sizeof(ops),
                    "{'op':'remove','path':'emails[value eq `%0500d`]'}", 1);

    run.rtype = patch_type("Users");
    run.policy = &tolerant;
    run.base = USER;
    run.c = &c;

    patch_case(&run, "tolerant",
               "#invalidPath operation 1: the path is longer than 512 bytes");
}


int
main(void)
{
    patch_table(patch_type("Users"), USER, paths);
    patch_table(patch_type("Users"), USER, extensions);
    patch_table(patch_type("Users"), USER, roles);
    patch_table(patch_type("Users"), USER, messages);
    test_noops();
    test_long_path();

    return done_testing();
}
