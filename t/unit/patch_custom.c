
/*
 * PATCH of a type that is nobody's: numbers, dates, lists of strings,
 * immutable and required attributes, extensions whose URNs have dots and hide
 * behind each other.
 */


#include "patch.h"


#define THING  "urn:example:thing:2.0:Thing"
#define SHORT  "urn:example:extension:acme:2.0:Thing"
#define LONG   SHORT ":more.1"

#define op(name, path, value)                                                 \
    "{'op':'" name "','path':'" path "','value':" value "}"
#define add(path, value)      op("add", path, value)
#define replace(path, value)  op("replace", path, value)
#define remove(path)          "{'op':'remove','path':'" path "'}"
#define adds(value)           "{'op':'add','value':" value "}"


static const scim_attr_t  item_subs[] = {
    { .name = scim_string("value"), .type = SCIM_ATTR_STRING,
      .mutability = SCIM_IMMUTABLE, .required = 1 },
    { .name = scim_string("type"), .type = SCIM_ATTR_STRING },
    { .name = scim_string("note"), .type = SCIM_ATTR_STRING },
    { .name = scim_string("seal"), .type = SCIM_ATTR_STRING,
      .mutability = SCIM_IMMUTABLE },
    { .name = scim_string("count"), .type = SCIM_ATTR_INTEGER },
    { .name = scim_string("seen"), .type = SCIM_ATTR_DATETIME },
    { .name = scim_string("tags"), .type = SCIM_ATTR_STRING, .multi = 1 },
    { .name = scim_string("locked"), .type = SCIM_ATTR_STRING,
      .mutability = SCIM_READ_ONLY }
};

static const scim_attr_t  thing_attrs[] = {
    { .name = scim_string("label"), .type = SCIM_ATTR_STRING },
    { .name = scim_string("size"), .type = SCIM_ATTR_INTEGER },
    { .name = scim_string("seen"), .type = SCIM_ATTR_DATETIME },
    { .name = scim_string("words"), .type = SCIM_ATTR_STRING, .multi = 1 },
    { .name = scim_string("exact"), .type = SCIM_ATTR_STRING, .multi = 1,
      .case_exact = 1 },
    { .name = scim_string("once"), .type = SCIM_ATTR_STRING,
      .mutability = SCIM_IMMUTABLE },
    { .name = scim_string("items"), .type = SCIM_ATTR_COMPLEX, .multi = 1,
      .subs = item_subs, .nsubs = 8 },
    { .name = scim_string("fixed"), .type = SCIM_ATTR_COMPLEX, .multi = 1,
      .mutability = SCIM_IMMUTABLE, .subs = item_subs, .nsubs = 8 },
    { .name = scim_string("one"), .type = SCIM_ATTR_COMPLEX,
      .subs = item_subs, .nsubs = 8 },
    { .name = scim_string("needed"), .type = SCIM_ATTR_STRING, .multi = 1,
      .required = 1 },
    { .name = scim_string("pin"), .type = SCIM_ATTR_STRING,
      .mutability = SCIM_WRITE_ONLY, .returned = SCIM_RETURNED_NEVER }
};

static const scim_attr_t  link_subs[] = {
    { .name = scim_string("id"), .type = SCIM_ATTR_INTEGER },
    { .name = scim_string("name"), .type = SCIM_ATTR_STRING }
};

static const scim_attr_t  short_attrs[] = {
    { .name = scim_string("linkedResource"), .type = SCIM_ATTR_COMPLEX,
      .subs = link_subs, .nsubs = 2 },
    { .name = scim_string("list"), .type = SCIM_ATTR_COMPLEX, .multi = 1,
      .subs = link_subs, .nsubs = 2 },
    { .name = scim_string("stamp"), .type = SCIM_ATTR_STRING,
      .mutability = SCIM_IMMUTABLE }
};

static const scim_attr_t  long_attrs[] = {
    { .name = scim_string("twice"), .type = SCIM_ATTR_BOOLEAN }
};

static const scim_schema_t  thing_schema = {
    .id = scim_string(THING), .attrs = thing_attrs, .nattrs = 11
};

static const scim_schema_t  short_schema = {
    .id = scim_string(SHORT), .attrs = short_attrs, .nattrs = 3
};

static const scim_schema_t  long_schema = {
    .id = scim_string(LONG), .attrs = long_attrs, .nattrs = 1
};

static const scim_extension_t  extensions[] = {
    { .schema = &short_schema },
    { .schema = &long_schema, .required = 1 }
};

static const scim_resource_type_t  thing = {
    .name = scim_string("Thing"),
    .endpoint = scim_string("/Things"),
    .schema = &thing_schema,
    .extensions = extensions,
    .nextensions = 2
};


static const patch_case_t  simple[] = {

    { "a number", "", add("size", "7"), "'size':7", NULL },
    { "a number in an array", "", add("size", "[7]"), "'size':7",
      "#invalidValue" },
    { "a string for a number", "", add("size", "'7'"),
      "#invalidValue operation 1: attribute \"size\" must be a whole number",
      NULL },
    { "a date", "", add("seen", "'2024-01-01T00:00:00Z'"),
      "'seen':'2024-01-01T00:00:00Z'", NULL },

    { "what cannot be read stays", "'pin':'1'", add("size", "1"),
      "'size':1,'pin':'1'", NULL },
    { "what cannot be read is taken away", "'pin':'1'", remove("pin"), "",
      NULL },
    { "the same by null", "'pin':'1'", replace("pin", "null"), "", NULL },

    { "words added", "'words':['a']", add("words", "['b','a','A']"),
      "'words':['a','b']", NULL },
    { "where case counts", "'exact':['a']", add("exact", "['A','a']"),
      "'exact':['a','A']", NULL },
    { "a single word", "'words':['a']", add("words", "'b'"),
      "'words':['a','b']", NULL },
    { "words replaced", "'words':['a']", replace("words", "['b','c']"),
      "'words':['b','c']", NULL },
    { "words removed", "'words':['a','b']", remove("words"), "", NULL },
    { "one removed by value", "'words':['a','b']",
      op("remove", "words", "['A']"), "'words':['b']", "#invalidValue" },
    { "too many removed by value", "", op("remove", "words",
      "['1','2','3','4','5','6','7','8','9','10','11']"), "#invalidValue",
      "#invalidValue" },
    { "one removed by a filter", "'words':['a','b']",
      remove("words[value eq `A`]"), "'words':['b']", NULL },
    { "where case counts, by a filter", "'exact':['a','b']",
      remove("exact[value eq `A`]"), "'exact':['a','b']", "#noTarget" },
    { "one replaced through a filter", "'words':['a','b']",
      replace("words[value eq `a`]", "'c'"), "'words':['c','b']", NULL },
    { "one in an array for one", "'words':['a','b']",
      replace("words[value eq `a`]", "['c']"), "'words':['c','b']",
      "#invalidValue" },
    { "two for one", "'words':['a','b']",
      replace("words[value eq `a`]", "['c','d']"), "#invalidValue", NULL },
    { "nothing for one", "'words':['a','b']",
      replace("words[value eq `a`]", "null"), "'words':['b']", NULL },
    { "one added through a filter", "'words':['a']",
      add("words[value eq `b`]", "'b'"), "'words':['a','b']", "#noTarget" },
    { "one that does not match it", "'words':['a']",
      add("words[value eq `b`]", "'c'"), "#noTarget", NULL },
    { "one that is empty", "'words':['a']",
      add("words[value eq `b`]", "''"), "'words':['a']", "#noTarget" },
    { "words as JSON in a string", "", add("words", "'[`a`,`b`]'"),
      "'words':['a','b']", "'words':['[`a`,`b`]']" },
    { "a sub-attribute of what has none", "", add("words.value", "'a'"),
      "#invalidPath", NULL },

    { "what is required, replaced", "", replace("needed", "['x']"),
      "!'needed':['x'],'" LONG "':{'twice':true}", NULL },
    { "emptied", "", replace("needed", "[]"),
      "#invalidValue operation 1: attribute \"needed\" is required", NULL },
    { "removed", "", remove("needed"),
      "#mutability operation 1: attribute \"needed\" is required", NULL },
    { "its last value removed", "", remove("needed[value eq `n`]"),
      "#mutability operation 1: attribute \"needed\" is required", NULL }
};


static const patch_case_t  immutable[] = {

    { "set where there is none", "", add("once", "'a'"), "'once':'a'", NULL },
    { "set to what it is", "'once':'a'", replace("once", "'a'"),
      "'once':'a'", NULL },
    { "changed", "'once':'a'", replace("once", "'b'"),
      "#mutability operation 1: attribute \"once\" is immutable", NULL },
    { "removed", "'once':'a'", remove("once"), "#mutability", NULL },
    { "removed where there is none", "", remove("once"), "", NULL },
    { "set and changed", "", add("once", "'a'") "," add("once", "'b'"),
      "#mutability operation 2: ", NULL },
    { "changed without a path", "'once':'a'", adds("{'once':'b'}"),
      "#mutability", NULL },

    { "a list set", "", add("fixed", "[{'value':'a'}]"),
      "'fixed':[{'value':'a'}]", NULL },
    { "set to what it is", "'fixed':[{'value':'a'}]",
      replace("fixed", "[{'value':'a'}]"), "'fixed':[{'value':'a'}]", NULL },
    { "added to", "'fixed':[{'value':'a'}]", add("fixed", "[{'value':'b'}]"),
      "#mutability operation 1: attribute \"fixed\" is immutable", NULL },
    { "added to with what is there", "'fixed':[{'value':'a'}]",
      add("fixed", "[{'value':'a'}]"), "'fixed':[{'value':'a'}]", NULL },
    { "set and added to", "", add("fixed", "[{'value':'a'}]") ","
      add("fixed", "[{'value':'b'}]"),
      "#mutability operation 2: attribute \"fixed\" is immutable", NULL },
    { "removed from", "'fixed':[{'value':'a'},{'value':'b'}]",
      remove("fixed[value eq `a`]"), "#mutability", NULL },
    { "removed", "'fixed':[{'value':'a'}]", remove("fixed"), "#mutability",
      NULL },

    { "a sub-attribute of an element", "'items':[{'value':'a'}]",
      replace("items[value eq `a`].value", "'b'"),
      "#mutability operation 1: attribute \"items.value\" is immutable",
      NULL },
    { "removed", "'items':[{'value':'a'}]",
      remove("items[value eq `a`].value"), "#mutability", NULL },
    { "set where there is none", "'items':[{'value':'a'}]",
      add("items[value eq `a`].seal", "'s'"),
      "'items':[{'value':'a','seal':'s'}]", NULL },
    { "changed by a merge", "'items':[{'value':'a','seal':'s'}]",
      replace("items[value eq `a`]", "{'seal':'t','note':'n'}"),
      "#mutability operation 1: attribute \"items.seal\" is immutable",
      NULL },
    { "elements come and go", "'items':[{'value':'a'},{'value':'b'}]",
      remove("items[value eq `a`]") "," add("items", "[{'value':'c'}]"),
      "'items':[{'value':'b'},{'value':'c'}]", NULL },
    { "the list replaced", "'items':[{'value':'a'}]",
      replace("items", "[{'value':'c'}]"), "'items':[{'value':'c'}]", NULL },
    { "a sub-attribute of a single value", "'one':{'value':'a'}",
      replace("one", "{'value':'b'}"), "#mutability", NULL },
    { "the others of it", "'one':{'value':'a'}",
      replace("one", "{'value':'a','note':'n'}"),
      "'one':{'value':'a','note':'n'}", NULL },
    { "others alone", "'one':{'value':'a'}", replace("one", "{'note':'n'}"),
      "'one':{'value':'a','note':'n'}", NULL },
    { "the whole removed", "'one':{'value':'a'}", remove("one"), "", NULL },
    { "what is required within is missing", "", add("one", "{'note':'n'}"),
      "#invalidValue operation 1: attribute \"one.value\" is required",
      NULL },
    { "in an element", "", add("items", "[{'note':'n'}]"),
      "#invalidValue operation 1: attribute \"items.value\" is required",
      NULL },
    { "what nobody can write is asked for", "",
      add("items[value eq `a` and locked eq `x`].note", "'n'"), "#noTarget",
      NULL },
    { "an element made bit by bit", "",
      add("items[value eq `a`].note", "'n'"),
      "'items':[{'value':'a','note':'n'}]", "#noTarget" },
    { "one whose value comes later", "",
      add("items[type eq `t`].note", "'n'") ","
      add("items[type eq `t`].value", "'a'"),
      "'items':[{'value':'a','type':'t','note':'n'}]", "#noTarget" }
};


static const patch_case_t  filters[] = {

    { "a number", "'items':[{'value':'a','count':9},{'value':'b',"
      "'count':10}]", remove("items[count gt 9]"),
      "'items':[{'value':'a','count':9}]", NULL },
    { "a date", "'items':[{'value':'a','seen':'2024-01-01T00:00:00Z'},"
      "{'value':'b','seen':'2024-01-01T00:00:00+01:00'}]",
      remove("items[seen lt `2024-01-01T00:00:00Z`]"),
      "'items':[{'value':'a','seen':'2024-01-01T00:00:00Z'}]", NULL },
    { "one of several values", "'items':[{'value':'a','tags':['x','y']},"
      "{'value':'b','tags':['z']}]", remove("items[tags eq `Y`]"),
      "'items':[{'value':'b','tags':['z']}]", NULL },
    { "several values set", "'items':[{'value':'a'}]",
      add("items[value eq `a`].tags", "['x','y']"),
      "'items':[{'value':'a','tags':['x','y']}]", NULL },
    { "one of them", "'items':[{'value':'a'}]",
      add("items[value eq `a`].tags", "'x'"),
      "'items':[{'value':'a','tags':['x']}]", "#invalidValue" }
};


static const patch_case_t  urns[] = {

    { "a URN with dots", "", add(SHORT ":linkedResource.id", "7"),
      "'" SHORT "':{'linkedResource':{'id':7}}", NULL },
    { "as a key", "", adds("{'" SHORT ":linkedResource.id':7}"),
      "'" SHORT "':{'linkedResource':{'id':7}}", NULL },
    { "a URN that hides another", "!'needed':['n']",
      add(LONG ":twice", "true"), "", NULL },
    { "as a whole", "!'needed':['n']", add(LONG, "{'twice':'True'}"), "",
      "#invalidValue" },
    { "as a key", "!'needed':['n']", adds("{'" LONG "':{'twice':true}}"), "",
      NULL },
    { "within the shorter one", "!'needed':['n']",
      adds("{'" SHORT "':{'more.1':{'twice':true}}}"), "", NULL },
    { "a list in an extension", "", add(SHORT ":list[id eq 7].name", "'x'"),
      "'" SHORT "':{'list':[{'id':7,'name':'x'}]}", "#noTarget" },
    { "as a key of the extension's object", "'" SHORT "':{'list':[{'id':7}]}",
      add(SHORT, "{'list[id eq 7].name':'x'}"),
      "'" SHORT "':{'list':[{'id':7,'name':'x'}]}", NULL },
    { "a required extension", "", remove(LONG),
      "#mutability operation 1: extension \"" LONG "\" is required", NULL },
    { "its only attribute", "", remove(LONG ":twice"),
      "#invalidValue operation 1: extension \"" LONG "\" is required", NULL },
    { "an extension with what is immutable", "'" SHORT "':{'stamp':'s'}",
      remove(SHORT), "#mutability operation 1: attribute \"" SHORT ":stamp\" "
      "is immutable", NULL },
    { "without", "'" SHORT "':{'list':[{'id':7}]}", remove(SHORT), "", NULL }
};


static void
test_memory(void)
{
    size_t        i;
    patch_run_t   run;
    patch_case_t  c;

    static const char *const  ops[] = {
        add("words", "['b','a']") "," remove("words[value eq `A`]"),
        add("fixed", "[{'value':'a'}]") "," add("once", "'a'"),
        add("words[value eq `c`]", "'c'"),
        replace("words[value eq `a`]", "['c']"),
        add(SHORT, "{'list[id eq 7].name':'x'}")
    };

    memset(&c, 0, sizeof(patch_case_t));
    c.current = "'words':['a'],'fixed':[{'value':'a'}]";

    run.rtype = &thing;
    run.policy = &tolerant;
    run.base = "'needed':['n'],'" LONG "':{'twice':true}";
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
    const char  *base = "'needed':['n'],'" LONG "':{'twice':true}";

    patch_table(&thing, base, simple);
    patch_table(&thing, base, immutable);
    patch_table(&thing, base, filters);
    patch_table(&thing, base, urns);
    test_memory();

    return done_testing();
}
