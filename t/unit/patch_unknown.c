
/*
 * PATCH of users: what no schema knows, as the policy has it, and memory that
 * runs short.
 */


#include "patch_user.h"


static const patch_case_t  rejected[] = {
    { "unknown name", "", replaces("{'nope':1}"),
      "#invalidPath operation 1: attribute \"nope\" is unknown", NULL },
    { "malformed name", "", replaces("{'a b':1}"), "#invalidPath", NULL },
    { "unknown within", "", add("name", "{'nope':1}"),
      "#invalidSyntax operation 1: attribute \"name.nope\" is unknown",
      NULL },
    { "unknown in an element", "", add("emails", "[{'nope':1}]"),
      "#invalidSyntax", NULL },
    { "unknown in a selected element", "'emails':[" WORK "]",
      replace("emails[type pr]", "{'nope':1}"), "#invalidSyntax", NULL },
    { "unknown URN", "", add("urn:x:y", "{'a':1}"), "#invalidPath",
      NULL },
    { "unknown URN in a value", "", adds("{'urn:x:y':{'a':1}}"),
      "#invalidPath", NULL },
    { "in an extension", "", add(ENT, "{'nope':1}"), "#invalidPath",
      NULL },
    { "id and schemas are known", "", adds("{'id':1,'schemas':[]}"), "",
      NULL },
    { "what was kept before stays", "'urn:x:y':{'a':1}",
      add("title", "'t'"), "'title':'t','urn:x:y':{'a':1}", NULL }
};


static const patch_case_t  kept[] = {
    { "an object", "", adds("{'urn:x:y':{'a':1,'b':null}}"),
      "'urn:x:y':{'a':1}", NULL },
    { "by path", "", add("urn:x:y", "{'a':{'b':[1]}}"),
      "'urn:x:y':{'a':{'b':[1]}}", NULL },
    { "merged", "'urn:x:y':{'a':1,'b':2}", replace("urn:x:y", "{'b':3}"),
      "'urn:x:y':{'a':1,'b':3}", NULL },
    { "in another case", "'urn:x:y':{'a':1}",
      replace("URN:X:Y", "{'A':3}"), "'urn:x:y':{'a':3}", NULL },
    { "removed", "'urn:x:y':{'a':1}", remove("urn:x:y"), "", NULL },
    { "removed by null", "'urn:x:y':{'a':1}",
      adds("{'urn:x:y':null}"), "", NULL },
    { "removed where there is none", "", remove("urn:x:y"), "", NULL },
    { "an attribute removed where there is none", "",
      remove("urn:x:y:a.b"), "", NULL },
    { "an attribute", "'urn:x:y':{'a':1}", replace("urn:x:y:b", "'c'"),
      "'urn:x:y':{'a':1,'b':'c'}", NULL },
    { "an attribute of a new one", "", add("urn:x:2.0:User:b.c", "true"),
      "'urn:x:2.0:User':{'b':{'c':true}}", NULL },
    { "a sub-attribute", "'urn:x:y':{'a':{'b':1}}",
      replace("urn:x:y:a.c", "2"), "'urn:x:y':{'a':{'b':1,'c':2}}",
      NULL },
    { "an attribute removed", "'urn:x:y':{'a':1,'b':2}",
      remove("urn:x:y:a"), "'urn:x:y':{'b':2}", NULL },
    { "a sub-attribute removed", "'urn:x:y':{'a':{'b':1,'c':2}}",
      remove("urn:x:y:a.b"), "'urn:x:y':{'a':{'c':2}}", NULL },
    { "of what has none", "'urn:x:y':{'a':1}", remove("urn:x:y:a.b"),
      "'urn:x:y':{'a':1}", NULL },
    { "the last one removed", "'urn:x:y':{'a':1}", remove("urn:x:y:a"),
      "", NULL },
    { "added to an array", "'urn:x:y':{'a':[1,2]}",
      add("urn:x:y:a", "[2,3]"), "'urn:x:y':{'a':[1,2,3]}", NULL },
    { "an array replaced", "'urn:x:y':{'a':[1,2]}",
      replace("urn:x:y:a", "[3]"), "'urn:x:y':{'a':[3]}", NULL },
    { "one value added", "'urn:x:y':{'a':['p']}", add("urn:x:y:a", "'q'"),
      "'urn:x:y':{'a':['p','q']}", NULL },
    { "too many", "'urn:x:y':{'a':[1]}",
      add("urn:x:y:a", "[1,2,3,4,5,6,7,8,9,10,11]"), "#invalidValue",
      NULL },
    { "a string as a whole", "'urn:x:y':{'a':1}",
      replace("urn:x:y", "'s'"), "#invalidValue", NULL },
    { "a number that is none", "", add("urn:x:y", "{'a':1e999}"),
      "#invalidValue operation 1: ", NULL },
    { "a URN that is too short", "", add("urn:a", "1"),
      "#invalidPath operation 1: the path is malformed", NULL },
    { "no name behind the colon", "", add("urn:x:", "1"),
      "#invalidPath", NULL },
    { "brackets", "", add("urn:x:y:a[b eq 1]", "1"), "",
      "#invalidPath" },
    { "the longest wins", "'urn:x:y':{'a':1},'urn:x:y:z':{'a':1}",
      replace("urn:x:y:z:a", "2"),
      "'urn:x:y':{'a':1},'urn:x:y:z':{'a':2}", NULL },
    { "and comes first", "'urn:x:y:z':{'a':1},'urn:x:y':{'a':1}",
      replace("urn:x:y:z:a", "2"),
      "'urn:x:y:z':{'a':2},'urn:x:y':{'a':1}", NULL },
    { "what is no URN", "", add("http://x/y", "{'a':1}"), "",
      "#invalidPath" },
    { "a name", "", adds("{'nope':{'a':1}}"), "", NULL }
};


static void
test_unknown(void)
{
    scim_policy_t  keep, reject;
    patch_run_t    run;
    size_t         i;

    run.rtype = patch_type("Users");
    run.base = USER;

    reject = tolerant;
    reject.unknown = SCIM_UNKNOWN_REJECT;
    run.policy = &reject;

    for (i = 0; i < sizeof(rejected) / sizeof(rejected[0]); i++) {
        run.c = &rejected[i];
        patch_case(&run, "reject", run.c->want);
    }

    for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        run.c = &kept[i];

        keep = tolerant;
        keep.unknown = SCIM_UNKNOWN_KEEP;
        run.policy = &keep;
        patch_case(&run, "keep", run.c->want);

        keep.strict = 1;
        patch_case(&run, "keep, strict",
                   run.c->strict ? run.c->strict : run.c->want);

        keep.strict = 0;
        tap_nomem(patch_short, &run, run.c->name);
    }
}


/* every kind of operation, each allocation fails once */

static void
test_memory(void)
{
    size_t        i;
    patch_run_t   run;
    patch_case_t  c;

    static const char *const  ops[] = {
        adds("{'title':'t','name':{'givenName':'g'},'emails':[" WORK "],"
             "'" ENT "':{'department':'d'},'urn:x:y':{'a':[1]}}"),
        add("emails[type eq `other`].value", "'\xc3\x84'"),
        add("emails.display", "'d'") "," remove("emails[value co `\xc3\xa4`]"),
        add("roles", "[{'value':'[" ROLE("1") "," ROLE("2") "]'}]"),
        add("roles[primary eq `True`].value", "'" ROLE("1") "'"),
        replace("urn:scim:schemas:extension:enterprise:1.0:manager", "'m'"),
        op("remove", "emails", "[" WORK "]"),
        op("remove", "addresses", "[{'locality':'l'}]"),
        add("addresses", "[{'locality':'l'},{'locality':'m'}]"),
        replace("emails", "{'emails':'[{`value`:`x`}]'}"),
        "!" add("title", "'t'")
    };

    memset(&c, 0, sizeof(patch_case_t));
    c.current = "'emails':[" WORK ",{'value':'\xc3\xa4'}],"
                "'addresses':[{'locality':'l'}],"
                "'" ENT "':{'manager':{'value':'m'}}";

    run.rtype = patch_type("Users");
    run.policy = &tolerant;
    run.base = USER;
    run.c = &c;

    for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        c.ops = ops[i];
        c.name = ops[i];

        is(patch_run(tap_arena(), &run), SCIM_OK, "it runs: %s", c.ops);
        tap_nomem(patch_short, &run, "memory");
    }

    tap_free();
}


int
main(void)
{
    test_unknown();
    test_memory();

    return done_testing();
}
