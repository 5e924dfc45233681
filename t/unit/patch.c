
/*
 * scim_patch_apply() on users: what RFC 7644 sections 3.5.2.1 to 3.5.2.3 say
 * of attributes, lists and elements.
 */


#include "patch_user.h"


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
    { "a dot behind the URN", "", add(CORE ".title", "'t'"),
      "'title':'t'", "#invalidPath" },
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
    { "active taken away", "", remove("active"), "!'userName':'u'", NULL },
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
    { "a value that reads like another without one",
      "'emails':[{'type':'work','display':'d'}]",
      op("remove", "emails", "{'value':'`display``d``type``work`'}"),
      "'emails':[{'type':'work','display':'d'}]", "#invalidValue" },
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
      "{'value':'7'},{'value':'8'},{'value':'9'},{'value':'a'},"
      "{'value':'b'}]"),
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
    { "added, there already, and primary now",
      "'emails':[{'value':'w','primary':true},{'value':'h'}]",
      add("emails[display eq `d`]", "{'value':'h','primary':true}"),
      "'emails':[{'value':'w','primary':false},"
      "{'value':'h','display':'d','primary':true}]", "#noTarget" },
    { "emptied, then added",
      "'emails':[{'type':'work','value':'w','display':'d'}]",
      replace("emails[type eq `work`]", "{'value':''}") ","
      add("emails[type eq `work`].value", "'x'"),
      "'emails':[{'type':'work','value':'x'}]",
      "'emails':[{'type':'work','value':'x','display':'d'}]" },
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


int
main(void)
{
    patch_table(patch_type("Users"), USER, single);
    patch_table(patch_type("Users"), USER, pathless);
    patch_table(patch_type("Users"), USER, lists);
    patch_table(patch_type("Users"), USER, selected);

    return done_testing();
}
