
/*
 * scim_patch_apply() on users: what RFC 7644 sections 3.5.2.1 to 3.5.2.3 say,
 * and what identity providers send.
 */


#include "patch.h"


#define USER  "'userName':'u','active':true"

#define WORK  "{'type':'work','value':'w'}"
#define HOME  "{'type':'home','value':'h'}"

#define op(name, path, value)                                                 \
    "{'op':'" name "','path':'" path "','value':" value "}"
#define add(path, value)      op("add", path, value)
#define replace(path, value)  op("replace", path, value)
#define remove(path)          "{'op':'remove','path':'" path "'}"
#define adds(value)           "{'op':'add','value':" value "}"
#define replaces(value)       "{'op':'replace','value':" value "}"


/* single attributes, simple and complex */

static const patch_case_t  single[] = {

    { "add where there is none", "", add("title", "'t'"), "'title':'t'",
      NULL },
    { "add where there is one", "'title':'s'", add("title", "'t'"),
      "'title':'t'", NULL },
    { "replace where there is one", "'title':'s'", replace("title", "'t'"),
      "'title':'t'", NULL },
    { "replace where there is none is add", "", replace("title", "'t'"),
      "'title':'t'", NULL },
    { "remove", "'title':'s'", remove("title"), "", NULL },
    { "remove where there is none", "", remove("title"), "", NULL },
    { "remove of one value with a value", "'title':'s'",
      op("remove", "title", "'other'"), "",
      "#invalidValue operation 1: \"remove\" takes no value" },
    { "remove with null for a value", "'title':'s'",
      op("remove", "title", "null"), "", NULL },
    { "null is remove", "'title':'s'", replace("title", "null"), "", NULL },
    { "add of null is remove", "'title':'s'", add("title", "null"), "", NULL },
    { "an empty string", "'title':'s'", replace("title", "''"), "",
      "'title':''" },
    { "an empty array", "'title':'s'", replace("title", "[]"), "", NULL },
    { "an array of one", "", replace("title", "['t']"), "'title':'t'",
      "#invalidValue operation 1: attribute \"title\" must be a string" },
    { "an array of two", "", replace("title", "['t','s']"),
      "#invalidValue operation 1: attribute \"title\" must be a string",
      NULL },
    { "a number for a string", "", replace("title", "1"),
      "#invalidValue operation 1: attribute \"title\" must be a string",
      NULL },
    { "names in any case", "", add("TITLE", "'t'") "," add("Name.GIVENNAME",
      "'g'"), "'title':'t','name':{'givenName':'g'}", NULL },
    { "the type's URN in front", "", add(CORE ":title", "'t'"),
      "'title':'t'", NULL },
    { "in another case, and a sub-attribute", "",
      add("URN:ietf:params:scim:schemas:core:2.0:user:name.familyName", "'f'"),
      "'name':{'familyName':'f'}", NULL },
    { "externalId", "", add("externalId", "'e'"), "'externalId':'e'", NULL },
    { "with the type's URN", "", add(CORE ":externalId", "'e'"),
      "'externalId':'e'", NULL },
    { "operations in order", "", add("title", "'a'") "," replace("title",
      "'b'") "," remove("title") "," add("title", "'c'"), "'title':'c'",
      NULL },
    { "userName", "", replace("userName", "'v'"),
      "!'userName':'v','active':true", NULL },
    { "removing what is required", "", remove("userName"),
      "#mutability operation 1: attribute \"userName\" is required", NULL },
    { "null for what is required", "", replace("userName", "null"),
      "#invalidValue operation 1: attribute \"userName\" is required", NULL },
    { "a blank for what is required", "", replace("userName", "' '"),
      "#invalidValue operation 1: attribute \"userName\" must not be blank",
      NULL },
    { "an empty string for what is required", "", replaces("{'userName':''}"),
      "#invalidValue operation 1: attribute \"userName\" ", NULL },
    { "removed first, then given", "", remove("userName") ","
      add("userName", "'v'"), "#mutability operation 1: ", NULL },
    { "active", "", replace("active", "false"),
      "!'userName':'u','active':false", NULL },
    { "active as a string", "", replace("active", "'False'"),
      "!'userName':'u','active':false",
      "#invalidValue operation 1: attribute \"active\" must be true or "
      "false" },
    { "active as a string without a path", "", replaces("{'active':'fAlSe'}"),
      "!'userName':'u','active':false", "#invalidValue" },
    { "active as another string", "", replace("active", "'no'"),
      "#invalidValue", NULL },
    { "active in an array", "", replace("active", "[false]"),
      "!'userName':'u','active':false", "#invalidValue" },
    { "a password leaves nothing behind", "", replace("password", "'p'"), "",
      NULL },
    { "but must be one", "", replace("password", "1"), "#invalidValue", NULL },
    { "an empty one", "", replace("password", "''") "," remove("password"),
      "", NULL },

    { "a complex value", "", add("name", "{'givenName':'g'}"),
      "'name':{'givenName':'g'}", NULL },
    { "merged by add", "'name':{'givenName':'g','familyName':'f'}",
      add("name", "{'givenName':'x'}"),
      "'name':{'givenName':'x','familyName':'f'}", NULL },
    { "merged by replace", "'name':{'givenName':'g','familyName':'f'}",
      replace("name", "{'GivenName':'x','middleName':'m'}"),
      "'name':{'givenName':'x','familyName':'f','middleName':'m'}", NULL },
    { "merged without a path", "'name':{'givenName':'g','familyName':'f'}",
      replaces("{'name':{'givenName':'x'}}"),
      "'name':{'givenName':'x','familyName':'f'}", NULL },
    { "null within", "'name':{'givenName':'g','familyName':'f'}",
      replace("name", "{'givenName':null}"), "'name':{'familyName':'f'}",
      NULL },
    { "the last one gone", "'name':{'givenName':'g'}",
      replace("name", "{'givenName':null}"), "", NULL },
    { "an empty object names nothing", "'name':{'givenName':'g'}",
      replace("name", "{}"), "'name':{'givenName':'g'}", NULL },
    { "null as a whole", "'name':{'givenName':'g'}", replace("name", "null"),
      "", NULL },
    { "an empty string as a whole", "'name':{'givenName':'g'}",
      replace("name", "''"), "",
      "#invalidValue operation 1: attribute \"name\" must be an object" },
    { "remove as a whole", "'name':{'givenName':'g'}", remove("name"), "",
      NULL },
    { "a string for a complex value", "", replace("name", "'x'"),
      "#invalidValue operation 1: attribute \"name\" must be an object",
      NULL },
    { "a sub-attribute", "'name':{'familyName':'f'}",
      add("name.givenName", "'g'"),
      "'name':{'familyName':'f','givenName':'g'}", NULL },
    { "of what is not there", "", replace("name.givenName", "'g'"),
      "'name':{'givenName':'g'}", NULL },
    { "remove of one", "'name':{'familyName':'f','givenName':'g'}",
      remove("name.givenName"), "'name':{'familyName':'f'}", NULL },
    { "remove of the last one", "'name':{'givenName':'g'}",
      remove("name.givenName"), "", NULL },
    { "remove of one that is not there", "", remove("name.givenName"), "",
      NULL },
    { "null for one", "'name':{'familyName':'f','givenName':'g'}",
      replace("name.givenName", "null"), "'name':{'familyName':'f'}", NULL },
    { "an unknown one within", "", add("name", "{'nick':'x','givenName':'g'}"),
      "'name':{'givenName':'g'}", NULL },
    { "a wrong one within", "", add("name", "{'givenName':1}"),
      "#invalidValue operation 1: attribute \"name.givenName\" must be a "
      "string", NULL },
    { "a complex value as JSON in a string", "",
      replace("name", "'{`givenName`:`g`}'"), "'name':{'givenName':'g'}",
      "#invalidValue" },
    { "a string that only looks so", "", replace("title", "'{`a`:1}'"),
      "'title':'{`a`:1}'", NULL },
    { "the attribute's name once more", "",
      replace("name", "{'name':{'givenName':'g'}}"),
      "'name':{'givenName':'g'}", "" }
};


/* values without a path */

static const patch_case_t  pathless[] = {

    { "several attributes", "'title':'s'",
      adds("{'title':'t','nickname':'n'}"), "'title':'t','nickName':'n'",
      NULL },
    { "RFC 7644 3.5.2.1, second example", "'emails':[" WORK "]",
      adds("{'emails':[{'value':'babs@jensen.org','type':'home'}],"
           "'nickname':'Babs'}"),
      "'emails':[" WORK ",{'value':'babs@jensen.org','type':'home'}],"
      "'nickName':'Babs'", NULL },
    { "dotted names", "'name':{'familyName':'f'}",
      replaces("{'name.givenName':'g','displayName':'d'}"),
      "'name':{'familyName':'f','givenName':'g'},'displayName':'d'", NULL },
    { "names with URNs", "",
      replaces("{'" ENT ":department':'d','" CORE ":title':'t','" ENT
               ":manager.value':'m'}"),
      "'title':'t','" ENT "':{'department':'d','manager':{'value':'m'}}",
      NULL },
    { "a value path as a name", "'emails':[" WORK "]",
      replaces("{'emails[type eq `work`].value':'x'}"),
      "'emails':[{'type':'work','value':'x'}]", NULL },
    { "one that matches nothing, added", "",
      adds("{'emails[type eq `work`].value':'x'}"),
      "'emails':[{'type':'work','value':'x'}]", "#noTarget" },
    { "one that matches nothing, replaced", "",
      replaces("{'emails[type eq `work`].value':'x'}"),
      "#noTarget operation 1: ", NULL },
    { "a broken filter in a name", "",
      replaces("{'emails[type eq ].value':'x'}"), "#invalidFilter", NULL },
    { "what is readOnly is passed over", "",
      replaces("{'id':'x','meta':{'version':'1'},'groups':[{'value':'g'}],"
               "'schemas':['" CORE "'],'title':'t'}"), "'title':'t'", NULL },
    { "so are unknown names", "",
      replaces("{'nope':1,'name.nope':1,'urn:x:nope':1,'a b':1,'':1,"
               "'" ENT ":nope':1,'title':'t'}"), "'title':'t'", NULL },
    { "an extension's object", "'" ENT "':{'division':'v'}",
      replaces("{'" ENT "':{'department':'d','schemas':['" ENT "']}}"),
      "'" ENT "':{'division':'v','department':'d'}", NULL },
    { "the type's own object", "", replaces("{'" CORE "':{'title':'t'}}"),
      "'title':'t'", NULL },
    { "schemas within schemas", "", replaces("{'" CORE "':{'" CORE "':{'"
      CORE "':{'title':'t'}}}}"), "", NULL },
    { "null takes away", "'title':'s','emails':[" WORK "]",
      replaces("{'title':null,'emails':[]}"), "", NULL },
    { "nothing at all", "'title':'s'", replaces("{}"), "'title':'s'", NULL },
    { "the value as JSON in a string", "", replaces("'{`title`:`t`}'"),
      "'title':'t'", "#invalidValue operation 1: without a path" },
    { "in an array of one", "", replaces("[{'title':'t'}]"), "'title':'t'",
      "#invalidValue" },
    { "an array", "", replaces("[{'title':'t'},{}]"), "#invalidValue", NULL },
    { "a string", "", adds("'t'"), "#invalidValue", NULL },
    { "null", "", adds("null"), "#invalidValue", NULL },
    { "a broken JSON string", "", adds("'{`t`'"), "#invalidValue", NULL },
    { "lists are replaced", "'emails':[" WORK "," HOME "]",
      replaces("{'emails':[{'value':'x'}]}"), "'emails':[{'value':'x'}]",
      NULL },
    { "an extension's attribute without URN", "",
      replaces("{'department':'d'}"), "'" ENT "':{'department':'d'}", "" },
    { "an error within tells its operation", "", add("title", "'t'") ","
      replaces("{'title':'x','active':7}"),
      "#invalidValue operation 2: attribute \"active\" must be", NULL },
    { "remove of what a value names", "'title':'s','nickName':'n',"
      "'emails':[" WORK "," HOME "]",
      "{'op':'remove','value':{'title':'s','emails':[" WORK "]}}",
      "'nickName':'n','emails':[" HOME "]",
      "#noTarget operation 1: \"remove\" needs a path" },
    { "remove of nothing", "", "{'op':'remove'}",
      "#noTarget operation 1: \"remove\" needs a path", NULL },
    { "remove of null", "", "{'op':'remove','path':null,'value':null}",
      "#noTarget", NULL }
};


/* lists as wholes */

static const patch_case_t  lists[] = {

    { "add to none", "", add("emails", "[" WORK "]"), "'emails':[" WORK "]",
      NULL },
    { "add to one", "'emails':[" WORK "]", add("emails", "[" HOME "]"),
      "'emails':[" WORK "," HOME "]", NULL },
    { "add of an object", "'emails':[" WORK "]", add("emails", HOME),
      "'emails':[" WORK "," HOME "]", NULL },
    { "add of a string", "", add("emails", "'x'"),
      "'emails':[{'value':'x'}]", "#invalidValue" },
    { "add of what is there", "'emails':[" WORK "]",
      add("emails", "[" WORK "]"), "'emails':[" WORK "]", NULL },
    { "in another spelling", "'emails':[" WORK "]",
      add("emails", "[{'type':'WORK','value':'W'}]"), "'emails':[" WORK "]",
      NULL },
    { "add of the same value of another type", "'emails':[" WORK "]",
      add("emails", "[{'type':'home','value':'w'}]"),
      "'emails':[" WORK ",{'type':'home','value':'w'}]", NULL },
    { "add of one with more to say", "'emails':[" WORK "]",
      add("emails", "[{'type':'work','value':'w','display':'d'}]"),
      "'emails':[{'type':'work','value':'w','display':'d'}]", NULL },
    { "add of one twice", "", add("emails", "[" WORK "," WORK "]"),
      "'emails':[" WORK "]", NULL },
    { "add of nothing", "'emails':[" WORK "]", add("emails", "[]"),
      "'emails':[" WORK "]", NULL },
    { "add of null", "'emails':[" WORK "]", add("emails", "null"),
      "'emails':[" WORK "]", NULL },
    { "an address that is there", "'addresses':[{'type':'work','locality':'l',"
      "'country':'c'}]", add("addresses", "[{'country':'c','locality':'l',"
      "'type':'work'}]"), "'addresses':[{'type':'work','locality':'l',"
      "'country':'c'}]", NULL },
    { "one that is not", "'addresses':[{'locality':'l'}]",
      add("addresses", "[{'locality':'m'}]"),
      "'addresses':[{'locality':'l'},{'locality':'m'}]", NULL },
    { "one that becomes primary", "'addresses':[{'locality':'l'}]",
      add("addresses", "[{'locality':'l','primary':true}]"),
      "'addresses':[{'locality':'l','primary':true}]", NULL },
    { "replace", "'emails':[" WORK "," HOME "]",
      replace("emails", "[{'value':'x'}]"), "'emails':[{'value':'x'}]",
      NULL },
    { "replace of none", "", replace("emails", "[" WORK "]"),
      "'emails':[" WORK "]", NULL },
    { "replace by an object", "'emails':[" WORK "]", replace("emails", HOME),
      "'emails':[" HOME "]", "#invalidValue operation 1: attribute "
      "\"emails\" must be an array" },
    { "replace by nothing", "'emails':[" WORK "]", replace("emails", "[]"),
      "", NULL },
    { "replace by null", "'emails':[" WORK "]", replace("emails", "null"), "",
      NULL },
    { "replace by an empty string", "'emails':[" WORK "]",
      replace("emails", "''"), "", "#invalidValue" },
    { "replace by one twice", "", replace("emails", "[" WORK "," WORK "]"),
      "'emails':[" WORK "]", NULL },
    { "replace by JSON in a string", "",
      replace("emails", "'[{`value`:`x`}]'"), "'emails':[{'value':'x'}]",
      "#invalidValue" },
    { "the attribute's name once more", "",
      replace("emails", "{'Emails':[{'value':'x'}]}"),
      "'emails':[{'value':'x'}]", "#invalidValue" },
    { "remove", "'emails':[" WORK "," HOME "]", remove("emails"), "", NULL },
    { "remove of a list", "'emails':[" WORK "," HOME "]",
      op("remove", "emails", "[{'type':'work','value':'W'}]"),
      "'emails':[" HOME "]", "#invalidValue" },
    { "remove of an object", "'emails':[" WORK "," HOME "]",
      op("remove", "emails", "{'value':'h'}"), "'emails':[" WORK "]",
      "#invalidValue" },
    { "remove of a string", "'emails':[" WORK "," HOME "]",
      op("remove", "emails", "'h'"), "'emails':[" WORK "]", "#invalidValue" },
    { "remove of who is not there", "'emails':[" WORK "]",
      op("remove", "emails", "[{'value':'x'},{'value':'w','type':'home'}]"),
      "'emails':[" WORK "]", "#invalidValue" },
    { "remove of an empty list", "'emails':[" WORK "]",
      op("remove", "emails", "[]"), "'emails':[" WORK "]", "#invalidValue" },
    { "remove of an empty string", "'emails':[" WORK "]",
      op("remove", "emails", "''"), "", "#invalidValue" },
    { "remove of all that there is", "'emails':[" WORK "]",
      op("remove", "emails", "[" WORK "]"), "", "#invalidValue" },
    { "remove of an address", "'addresses':[{'locality':'l','primary':true},"
      "{'locality':'m'}]", op("remove", "addresses", "[{'locality':'l'}]"),
      "'addresses':[{'locality':'m'}]", "#invalidValue" },
    { "more values than allowed", "'emails':[{'value':'1'},{'value':'2'}]",
      add("emails", "[{'value':'3'},{'value':'4'},{'value':'5'},{'value':'6'},"
      "{'value':'7'},{'value':'8'},{'value':'9'},{'value':'a'},{'value':'b'}]"),
      "#invalidValue operation 1: attribute \"emails\" has more than 10 "
      "values", NULL },
    { "as many as allowed", "'emails':[{'value':'1'},{'value':'2'}]",
      add("emails", "[{'value':'3'},{'value':'4'},{'value':'5'},{'value':'6'},"
      "{'value':'7'},{'value':'8'},{'value':'9'},{'value':'a'}]"),
      "'emails':[{'value':'1'},{'value':'2'},{'value':'3'},{'value':'4'},"
      "{'value':'5'},{'value':'6'},{'value':'7'},{'value':'8'},{'value':'9'},"
      "{'value':'a'}]", NULL },

    { "a new primary", "'emails':[{'value':'w','primary':true}]",
      add("emails", "[{'value':'h','primary':true}]"),
      "'emails':[{'value':'w','primary':false},{'value':'h',"
      "'primary':true}]", NULL },
    { "an old one becomes primary", "'emails':[{'value':'w','primary':true},"
      "{'value':'h'}]", add("emails", "[{'value':'h','primary':true}]"),
      "'emails':[{'value':'w','primary':false},{'value':'h',"
      "'primary':true}]", NULL },
    { "primary as a string", "'emails':[{'value':'w','primary':true}]",
      add("emails", "[{'value':'h','primary':'True'}]"),
      "'emails':[{'value':'w','primary':false},{'value':'h',"
      "'primary':true}]", "#invalidValue" },
    { "two new primaries", "", add("emails",
      "[{'value':'w','primary':true},{'value':'h','primary':true}]"),
      "'emails':[{'value':'w','primary':true},{'value':'h',"
      "'primary':false}]", "#invalidValue operation 1: attribute \"emails\" "
      "has more than one primary value" },
    { "one that is not primary leaves the other",
      "'emails':[{'value':'w','primary':true}]",
      add("emails", "[{'value':'h','primary':false}]"),
      "'emails':[{'value':'w','primary':true},{'value':'h',"
      "'primary':false}]", NULL },

    { "a sub-attribute of all", "'emails':[" WORK "," HOME "]",
      replace("emails.display", "'d'"),
      "'emails':[{'type':'work','value':'w','display':'d'},"
      "{'type':'home','value':'h','display':'d'}]", NULL },
    { "a sub-attribute of none", "", add("emails.value", "'x'"),
      "'emails':[{'value':'x'}]", NULL },
    { "replaced, of none", "", replace("emails.value", "'x'"),
      "'emails':[{'value':'x'}]", NULL },
    { "an empty one of none", "", replace("emails.value", "null"), "", NULL },
    { "primary of the only one", "'emails':[" WORK "]",
      replace("emails.primary", "true"),
      "'emails':[{'type':'work','value':'w','primary':true}]", NULL },
    { "primary of all", "'emails':[" WORK "," HOME "]",
      replace("emails.primary", "true"),
      "'emails':[{'type':'work','value':'w','primary':true},"
      "{'type':'home','value':'h','primary':false}]", "#invalidValue" },
    { "remove of a sub-attribute of all", "'emails':[" WORK "," HOME "]",
      remove("emails.type"), "'emails':[{'value':'w'},{'value':'h'}]",
      NULL },
    { "remove of what makes them up", "'emails':[" WORK "," HOME "]",
      remove("emails.value"), "", NULL },
    { "remove of a sub-attribute of none", "", remove("emails.value"), "",
      NULL }
};


/* value paths */

static const patch_case_t  selected[] = {

    { "replace of a sub-attribute", "'emails':[" WORK "," HOME "]",
      replace("emails[type eq `work`].value", "'x'"),
      "'emails':[{'type':'work','value':'x'}," HOME "]", NULL },
    { "RFC 7644 3.5.2.3, streetAddress",
      "'addresses':[{'type':'work','streetAddress':'s','locality':'l'}]",
      replace("addresses[type eq `work`].streetAddress",
              "'1010 Broadway Ave'"),
      "'addresses':[{'type':'work','streetAddress':'1010 Broadway Ave',"
      "'locality':'l'}]", NULL },
    { "RFC 7644 3.5.2.3, the whole address",
      "'addresses':[{'type':'work','streetAddress':'s'},"
      "{'type':'home','locality':'l','primary':true}]",
      replace("addresses[type eq `work`]", "{'type':'work',"
      "'streetAddress':'911 Universal City Plaza','locality':'Hollywood',"
      "'region':'CA','postalCode':'91608','country':'US','formatted':"
      "'911 Universal City Plaza\\nHollywood, CA 91608 US',"
      "'primary':true}"),
      "'addresses':[{'type':'work','streetAddress':"
      "'911 Universal City Plaza','locality':'Hollywood','region':'CA',"
      "'postalCode':'91608','country':'US','formatted':"
      "'911 Universal City Plaza\\nHollywood, CA 91608 US','primary':true},"
      "{'type':'home','locality':'l','primary':false}]", NULL },
    { "RFC 7644 3.5.2.2, work and example.com",
      "'emails':[{'type':'work','value':'a@example.com'},"
      "{'type':'work','value':'a@example.org'},"
      "{'type':'home','value':'b@example.com'}]",
      remove("emails[type eq `work` and value ew `example.com`]"),
      "'emails':[{'type':'work','value':'a@example.org'},"
      "{'type':'home','value':'b@example.com'}]", NULL },
    { "an element is merged", "'emails':[" WORK "," HOME "]",
      replace("emails[type eq `work`]", "{'display':'d'}"),
      "'emails':[{'type':'work','value':'w','display':'d'}," HOME "]",
      NULL },
    { "by add too", "'emails':[" WORK "]",
      add("emails[type eq `work`]", "{'value':'x'}"),
      "'emails':[{'type':'work','value':'x'}]", NULL },
    { "in an array of one", "'emails':[" WORK "]",
      replace("emails[type eq `work`]", "[{'value':'x'}]"),
      "'emails':[{'type':'work','value':'x'}]", "#invalidValue" },
    { "as a string", "'emails':[" WORK "]",
      replace("emails[type eq `work`]", "'x'"),
      "'emails':[{'type':'work','value':'x'}]", "#invalidValue" },
    { "all that match", "'emails':[" WORK "," HOME "]",
      replace("emails[value pr].display", "'d'"),
      "'emails':[{'type':'work','value':'w','display':'d'},"
      "{'type':'home','value':'h','display':'d'}]", NULL },
    { "add sets it", "'emails':[" WORK "]",
      add("emails[type eq `work`].value", "'x'"),
      "'emails':[{'type':'work','value':'x'}]", NULL },
    { "null for an element", "'emails':[" WORK "," HOME "]",
      replace("emails[type eq `work`]", "null"), "'emails':[" HOME "]",
      NULL },
    { "an empty value for an element", "'emails':[" WORK "," HOME "]",
      replace("emails[type eq `work`]", "{'value':''}"),
      "'emails':[" HOME "]", NULL },
    { "an empty string for its value", "'emails':[" WORK "," HOME "]",
      replace("emails[type eq `work`].value", "''"), "'emails':[" HOME "]",
      NULL },
    { "an empty string for its display",
      "'emails':[{'type':'work','value':'w','display':'d'}]",
      replace("emails[type eq `work`].display", "''"),
      "'emails':[" WORK "]",
      "'emails':[{'type':'work','value':'w','display':''}]" },
    { "remove of an element", "'emails':[" WORK "," HOME "]",
      remove("emails[type eq `work`]"), "'emails':[" HOME "]", NULL },
    { "remove of the last element", "'emails':[" WORK "," HOME "]",
      remove("emails[type eq `home`]"), "'emails':[" WORK "]", NULL },
    { "then add", "'emails':[" WORK "," HOME "]",
      remove("emails[type eq `home`]") "," add("emails", "{'value':'x'}"),
      "'emails':[" WORK ",{'value':'x'}]", NULL },
    { "remove of all elements", "'emails':[" WORK "," HOME "]",
      remove("emails[value pr]"), "", NULL },
    { "remove of a sub-attribute", "'emails':[{'type':'work','value':'w',"
      "'display':'d'}]", remove("emails[type eq `work`].display"),
      "'emails':[" WORK "]", NULL },
    { "remove through a filter ignores a value", "'emails':[" WORK "," HOME
      "]", op("remove", "emails[type eq `work`]", "'h'"),
      "'emails':[" HOME "]", "#invalidValue" },
    { "remove through a filter that matches nothing", "'emails':[" WORK "]",
      remove("emails[type eq `home`]"), "'emails':[" WORK "]",
      "#noTarget operation 1: attribute \"emails\" has no value that matches "
      "the filter" },
    { "the same with a sub-attribute", "", remove("emails[type eq `x`].value"),
      "", "#noTarget" },
    { "replace through a filter that matches nothing", "'emails':[" WORK "]",
      replace("emails[type eq `home`].value", "'x'"),
      "#noTarget operation 1: attribute \"emails\" has no value that matches",
      NULL },
    { "the same without a sub-attribute", "",
      replace("emails[type eq `home`]", "{'value':'x'}"), "#noTarget", NULL },
    { "add through a filter that matches nothing", "'emails':[" WORK "]",
      add("emails[type eq `home`].value", "'x'"),
      "'emails':[" WORK ",{'type':'home','value':'x'}]", "#noTarget" },
    { "the same without a sub-attribute", "",
      add("emails[type eq `home`]", "{'value':'x'}"),
      "'emails':[{'type':'home','value':'x'}]", "#noTarget" },
    { "of an empty value", "", add("emails[type eq `home`].value", "''"), "",
      "#noTarget" },
    { "with several conditions", "",
      add("emails[type eq `home` and primary eq true].value", "'x'"),
      "'emails':[{'type':'home','primary':true,'value':'x'}]", "#noTarget" },
    { "with one that the value meets", "",
      add("emails[type eq `home` and value sw `x`].value", "'xy'"),
      "'emails':[{'type':'home','value':'xy'}]", "#noTarget" },
    { "with one that it does not meet", "",
      add("emails[type eq `home` and value sw `x`].value", "'y'"),
      "#noTarget", NULL },
    { "with the value that it replaces", "",
      add("emails[value eq `x`].value", "'y'"), "'emails':[{'value':'y'}]",
      "#noTarget" },
    { "with or", "", add("emails[type eq `a` or type eq `b`].value", "'y'"),
      "#noTarget", NULL },
    { "with not", "", add("emails[not (type eq `a`)].value", "'y'"),
      "'emails':[{'value':'y'}]", "#noTarget" },
    { "the following operations hit it", "",
      add("addresses[type eq `work`].streetAddress", "'s'") ","
      add("addresses[type eq `work`].locality", "'l'") ","
      replace("addresses[type eq `work`].country", "'c'"),
      "'addresses':[{'type':'work','streetAddress':'s','locality':'l',"
      "'country':'c'}]", "#noTarget" },
    { "even when it has no value yet", "",
      add("phoneNumbers[type eq `mobile`].display", "'d'") ","
      add("phoneNumbers[type eq `mobile`].value", "'v'"),
      "'phoneNumbers':[{'type':'mobile','display':'d','value':'v'}]",
      "#noTarget" },
    { "sub-attributes in any case", "'addresses':[{'type':'other',"
      "'formatted':'f'}]",
      replace("addresses[type eq `other`].Formatted", "'g'"),
      "'addresses':[{'type':'other','formatted':'g'}]", NULL },
    { "the same, added", "", add("Addresses[Type Eq `other`].FORMATTED",
      "'g'"), "'addresses':[{'type':'other','formatted':'g'}]", "#noTarget" },
    { "literals in any case", "'emails':[" WORK "]",
      replace("emails[type eq `WORK`].value", "'x'"),
      "'emails':[{'type':'work','value':'x'}]", NULL },
    { "a boolean as a string in the filter", "'roles':[{'value':'a',"
      "'primary':true}]", replace("roles[primary eq `True`].value", "'b'"),
      "'roles':[{'value':'b','primary':true}]", NULL },
    { "the same, added", "", add("roles[primary eq `True`].value", "'b'"),
      "'roles':[{'value':'b','primary':true}]", "#noTarget" },
    { "added, and there already", "'roles':[{'value':'b'},{'value':'c'}]",
      add("roles[primary eq `True`].value", "'b'"),
      "'roles':[{'value':'b','primary':true},{'value':'c'}]", "#noTarget" },
    { "primary through a filter", "'emails':[{'value':'w','primary':true},"
      "{'value':'h'}]", replace("emails[value eq `h`].primary", "true"),
      "'emails':[{'value':'w','primary':false},{'value':'h',"
      "'primary':true}]", NULL },
    { "primary of two through a filter", "'emails':[" WORK "," HOME "]",
      replace("emails[value pr].primary", "true"),
      "'emails':[{'type':'work','value':'w','primary':true},"
      "{'type':'home','value':'h','primary':false}]", "#invalidValue" },
    { "primary of an added element", "'emails':[{'value':'w',"
      "'primary':true}]", add("emails[type eq `home`]",
      "{'value':'h','primary':'true'}"),
      "'emails':[{'value':'w','primary':false},{'type':'home','value':'h',"
      "'primary':true}]", "#noTarget" },
    { "a bracket and a quote within the filter",
      "'emails':[{'value':']`]'},{'value':'x'}]",
      remove("emails[value eq `]\\\\`]`]"), "'emails':[{'value':'x'}]",
      NULL },
    { "a bracket within the filter", "'emails':[{'value':'a]b'},"
      "{'value':'x'}]", remove("emails[value eq `a]b`]"),
      "'emails':[{'value':'x'}]", NULL },
    { "no space before the literal", "'emails':[" WORK "," HOME "]",
      remove("emails[type eq`work`]"), "'emails':[" HOME "]", NULL },
    { "an unknown name in the filter", "", remove("emails[nope eq `x`]"),
      "#invalidFilter operation 1: ", NULL },
    { "no filter between the brackets", "", remove("emails[]"),
      "#invalidFilter", NULL },
    { "made equal to another", "'emails':[{'value':'w'},{'value':'h'}]",
      replace("emails[value eq `h`].value", "'w'"), "'emails':[{'value':'w'}]",
      NULL },
    { "the URN in front", "'emails':[" WORK "]",
      replace(CORE ":emails[type eq `work`].value", "'x'"),
      "'emails':[{'type':'work','value':'x'}]", NULL }
};


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

#define ROLE(id)  "{`id`:`" id "`,`value`:`v" id "`,`displayName`:`d" id "`}"

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
    { "'" ENT "':{'manager':{'value':'m'}}", add(ENT ":manager.value", "'m'") },
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
test_unknown(void)
{
    scim_policy_t  keep, reject;
    patch_run_t    run;
    size_t         i;

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
        { "no name behind the colon", "", add("urn:x:", "1"),
          "#invalidPath", NULL },
        { "brackets", "", add("urn:x:y:a[b eq 1]", "1"), "",
          "#invalidPath" },
        { "the longest wins", "'urn:x:y':{'a':1},'urn:x:y:z':{'a':1}",
          replace("urn:x:y:z:a", "2"),
          "'urn:x:y':{'a':1},'urn:x:y:z':{'a':2}", NULL },
        { "what is no URN", "", add("http://x/y", "{'a':1}"), "",
          "#invalidPath" },
        { "a name", "", adds("{'nope':{'a':1}}"), "", NULL }
    };

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
    patch_table(patch_type("Users"), USER, single);
    patch_table(patch_type("Users"), USER, pathless);
    patch_table(patch_type("Users"), USER, lists);
    patch_table(patch_type("Users"), USER, selected);
    patch_table(patch_type("Users"), USER, paths);
    patch_table(patch_type("Users"), USER, extensions);
    patch_table(patch_type("Users"), USER, roles);
    patch_table(patch_type("Users"), USER, messages);
    test_noops();
    test_unknown();
    test_memory();
    test_long_path();

    return done_testing();
}
