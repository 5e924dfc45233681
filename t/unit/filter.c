
/*
 * Filters: the tree as an S-expression, each way to be wrong, the limits at L
 * and L + 1, text that is cut or changed at each byte, and memory that ends.
 */


#include "tap.h"
#include "types.h"
#include "scim_filter.h"


#define DEPTH   40
#define LENGTH  8192


typedef struct {
    const char  *text;
    const char  *want;         /* tree, or part of the detail */
} filter_case_t;


static const char *const  ops[] = {
    "and", "or", "not", "value", "absent", "pr", "eq", "ne", "co", "sw", "ew",
    "gt", "ge", "lt", "le"
};


static const filter_case_t  user_good[] = {

    /* the examples of RFC 7644 figure 2 */

    { "userName eq \"bjensen\"", "(eq userName \"bjensen\")" },
    { "name.familyName co \"O'Malley\"",
      "(co name.familyName \"O'Malley\")" },
    { "userName sw \"J\"", "(sw userName \"J\")" },
    { "urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"",
      "(sw userName \"J\")" },
    { "title pr", "(pr title)" },
    { "meta.lastModified gt \"2011-05-13T04:42:34Z\"",
      "(gt meta.lastModified \"2011-05-13T04:42:34Z\")" },
    { "meta.lastModified ge \"2011-05-13T04:42:34Z\"",
      "(ge meta.lastModified \"2011-05-13T04:42:34Z\")" },
    { "meta.lastModified lt \"2011-05-13T04:42:34Z\"",
      "(lt meta.lastModified \"2011-05-13T04:42:34Z\")" },
    { "meta.lastModified le \"2011-05-13T04:42:34Z\"",
      "(le meta.lastModified \"2011-05-13T04:42:34Z\")" },
    { "title pr and userType eq \"Employee\"",
      "(and (pr title) (eq userType \"Employee\"))" },
    { "title pr or userType eq \"Intern\"",
      "(or (pr title) (eq userType \"Intern\"))" },
    { "schemas eq "
      "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"",
      "(eq schemas "
      "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\")" },
    { "userType eq \"Employee\" and (emails co \"example.com\" or\n"
      "  emails.value co \"example.org\")",
      "(and (eq userType \"Employee\") (or (co emails.value \"example.com\") "
      "(co emails.value \"example.org\")))" },
    { "userType ne \"Employee\" and not (emails co \"example.com\" or "
      "emails.value co \"example.org\")",
      "(and (ne userType \"Employee\") (not (or (co emails.value "
      "\"example.com\") (co emails.value \"example.org\"))))" },
    { "userType eq \"Employee\" and (emails.type eq \"work\")",
      "(and (eq userType \"Employee\") (eq emails.type \"work\"))" },
    { "userType eq \"Employee\" and emails[type eq \"work\" and "
      "value co \"@example.com\"]",
      "(and (eq userType \"Employee\") (value emails (and (eq emails.type "
      "\"work\") (co emails.value \"@example.com\"))))" },
    { "emails[type eq \"work\" and value co \"@example.com\"] or "
      "ims[type eq \"xmpp\" and value co \"@foo.com\"]",
      "(or (value emails (and (eq emails.type \"work\") "
      "(co emails.value \"@example.com\"))) (value ims (and (eq ims.type "
      "\"xmpp\") (co ims.value \"@foo.com\"))))" },

    /* letter case, spaces */

    { "USERNAME Eq \"john\"", "(eq userName \"john\")" },
    { "userName EQ \"John\"", "(eq userName \"John\")" },
    { "TITLE PR AND NOT (Name.GIVENNAME pR) Or id eq \"1\"",
      "(or (and (pr title) (not (pr name.givenName))) (eq id \"1\"))" },
    { "  userName   eq   \"x\"  ", "(eq userName \"x\")" },
    { "userName\teq\r\n\"x\"", "(eq userName \"x\")" },
    { "userName eq\"x\"", "(eq userName \"x\")" },
    { "emails[type eq\"work\"]",
      "(value emails (eq emails.type \"work\"))" },
    { "userName eq \"x\"and title pr",
      "(and (eq userName \"x\") (pr title))" },
    { "not(title pr)and(id pr)", "(and (not (pr title)) (pr id))" },

    /* every operator */

    { "title eq \"a\"", "(eq title \"a\")" },
    { "title ne \"a\"", "(ne title \"a\")" },
    { "title co \"a\"", "(co title \"a\")" },
    { "title sw \"a\"", "(sw title \"a\")" },
    { "title ew \"a\"", "(ew title \"a\")" },
    { "title gt \"a\"", "(gt title \"a\")" },
    { "title ge \"a\"", "(ge title \"a\")" },
    { "title lt \"a\"", "(lt title \"a\")" },
    { "title le \"a\"", "(le title \"a\")" },

    /* precedence, chains, grouping */

    { "title pr or id pr and userName pr",
      "(or (pr title) (and (pr id) (pr userName)))" },
    { "title pr and id pr or userName pr",
      "(or (and (pr title) (pr id)) (pr userName))" },
    { "(title pr or id pr) and userName pr",
      "(and (or (pr title) (pr id)) (pr userName))" },
    { "not (title pr) and id pr", "(and (not (pr title)) (pr id))" },
    { "not (title pr and id pr)", "(not (and (pr title) (pr id)))" },
    { "not (not (title pr))", "(not (not (pr title)))" },
    { "title pr and id pr and userName pr",
      "(and (pr title) (and (pr id) (pr userName)))" },
    { "title pr or id pr or userName pr",
      "(or (pr title) (or (pr id) (pr userName)))" },
    { "((title pr))", "(pr title)" },

    /* value paths */

    { "emails[type eq \"work\"].value eq \"x\"",
      "(value emails (and (eq emails.type \"work\") "
      "(eq emails.value \"x\")))" },
    { "emails[type eq \"work\" or primary eq true].value pr and id pr",
      "(and (value emails (and (or (eq emails.type \"work\") "
      "(eq emails.primary true)) (pr emails.value))) (pr id))" },
    { "emails[not (type eq \"work\") and (value pr or display pr)]",
      "(value emails (and (not (eq emails.type \"work\")) "
      "(or (pr emails.value) (pr emails.display))))" },
    { "addresses[type eq \"work\"].STREETADDRESS co \"x\"",
      "(value addresses (and (eq addresses.type \"work\") "
      "(co addresses.streetAddress \"x\")))" },
    { "(emails[type pr]) and emails[value pr].type eq \"home\"",
      "(and (value emails (pr emails.type)) (value emails (and "
      "(pr emails.value) (eq emails.type \"home\"))))" },
    { "name[givenName eq \"x\"]", "(value name (eq name.givenName \"x\"))" },
    { "urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq \"work\"]",
      "(value emails (eq emails.type \"work\"))" },
    { URN_ENT ":manager[value eq \"m\"]",
      "(value manager (eq manager.value \"m\"))" },

    /* names */

    { "emails eq \"x\"", "(eq emails.value \"x\")" },
    { "emails pr", "(pr emails)" },
    { "name pr", "(pr name)" },
    { "meta pr", "(pr meta)" },
    { URN_ENT ":department eq \"x\"", "(eq department \"x\")" },
    { URN_ENT ":manager eq \"m\"", "(eq manager.value \"m\")" },
    { "id eq \"u\" and manager eq \"m\"",
      "(and (eq id \"u\") (eq manager.value \"m\"))" },
    { "manager eq \"m\" and id eq \"u\"",
      "(and (eq manager.value \"m\") (eq id \"u\"))" },
    { "meta.resourceType eq \"User\"",
      "(eq meta.resourceType \"User\")" },
    { "meta.version eq \"W/\\\"1\\\"\"",
      "(eq meta.version \"W/\\\"1\\\"\")" },
    { "groups.$ref pr", "(pr groups.$ref)" },
    { "externalId ne null", "(ne externalId null)" },

    /* literals */

    { "active eq true", "(eq active true)" },
    { "active eq True", "(eq active true)" },
    { "active ne FALSE", "(ne active false)" },
    { "active eq \"False\"", "(eq active false)" },
    { "roles[primary eq \"True\"].value eq \"a\"",
      "(value roles (and (eq roles.primary true) (eq roles.value \"a\")))" },
    { "title eq \"True\"", "(eq title \"True\")" },
    { "title eq null", "(eq title null)" },
    { "emails eq null", "(eq emails.value null)" },
    { "title eq \"\"", "(eq title \"\")" },
    { "title eq \"a\\\"b\\\\c\\/d\"", "(eq title \"a\\\"b\\\\c/d\")" },
    { "title eq \"\\u00e5\"", "(eq title \"\xc3\xa5\")" },
    { "title eq \"\xc3\xa5\"", "(eq title \"\xc3\xa5\")" },
    { "title eq \"\\ud83d\\ude00\"", "(eq title \"\xf0\x9f\x98\x80\")" },
    { "title eq \"\\n\\t\"", "(eq title \"\\n\\t\")" },
    { "title eq \"x]) and (\"", "(eq title \"x]) and (\")" },
    { "title eq \"%_';--/*\"", "(eq title \"%_';--/*\")" },
    { "meta.created gt \"2024-02-29T23:59:59.123456789+14:00\"",
      "(gt meta.created \"2024-02-29T23:59:59.123456789+14:00\")" },
    { "meta.created gt \"2024-01-31T00:00:00\"",
      "(gt meta.created \"2024-01-31T00:00:00Z\")" },
    { "meta.created gt \"0001-01-31T00:00:00.5-05:30\"",
      "(gt meta.created \"0001-01-31T00:00:00.5-05:30\")" },
    { "meta.created gt \"2000-02-29T00:00:00Z\"",
      "(gt meta.created \"2000-02-29T00:00:00Z\")" },
    { "meta.created ne null", "(ne meta.created null)" },
    { "x509Certificates.value eq \"MII=\"",
      "(eq x509Certificates.value \"MII=\")" },
    { "profileUrl sw \"https://\"", "(sw profileUrl \"https://\")" }
};


static const filter_case_t  thing_good[] = {
    { "size eq 5", "(eq size 5)" },
    { "size ge -12", "(ge size -12)" },
    { "size lt 0", "(lt size 0)" },
    { "size ne null", "(ne size null)" },
    { "weight gt 1.5e3", "(gt weight 1.5e3)" },
    { "weight eq -0.25E-10", "(eq weight -0.25E-10)" },
    { "weight le 7", "(le weight 7)" },
    { "blob ne \"AA==\"", "(ne blob \"AA==\")" },
    { "linkedResource.id eq 7", "(eq linkedResource.id 7)" },
    { URN_SHORT ":linkedResource.id eq 7", "(eq linkedResource.id 7)" },
    { URN_SHORT ":linkedResource[id eq 7].id gt 1",
      "(value linkedResource (and (eq linkedResource.id 7) "
      "(gt linkedResource.id 1)))" },
    { URN_LONG ":twice eq true", "(eq twice true)" },
    { "(size gt 1)", "(gt size 1)" }
};


static const filter_case_t  user_bad[] = {

    { "", "empty" },
    { "   ", "empty" },
    { "\t\r\n", "empty" },

    /* what the grammar forbids */

    { "userName", "operators eq, ne, co, sw, ew, gt, ge, lt, le, pr at "
                  "offset 8" },
    { "userName ", "operators" },
    { "userName eq", "value at offset 11" },
    { "userName eq eq \"x\"", "value at offset 12" },
    { "userName \"x\"", "operators" },
    { "userName = \"x\"", "operators" },
    { "userName regex \"x\"", "at offset 9" },
    { "userName eqq \"x\"", "operators" },
    { "userName eq\"x", "no closing quote" },
    { "userName eq \"x\\\"", "no closing quote" },
    { "userName eq \"x\\", "no closing quote" },
    { "userName eq \"", "no closing quote" },
    { "userName eq \"x\" \"y\"", "its end at offset 16" },
    { "userName eq \"x\" y", "its end at offset 16" },
    { "userName eq \"x\" and", "attribute name at offset 19" },
    { "userName eq \"x\" or", "attribute name" },
    { "userName eq \"x\" and and id pr", "operators" },
    { "and userName pr", "operators" },
    { "or", "operators" },
    { "not", "after \"not\" at offset 3" },
    { "not userName pr", "after \"not\" at offset 4" },
    { "not not (userName pr)", "after \"not\"" },
    { "title pr title pr", "its end" },
    { "title pr \"x\"", "its end" },
    { "title pr not (id pr)", "its end" },
    { "(title pr", "\")\" at offset 9" },
    { "((title pr)", "\")\"" },
    { "title pr)", "its end at offset 8" },
    { "(title pr)))", "its end at offset 10" },
    { ")))", "attribute name at offset 0" },
    { "()", "attribute name at offset 1" },
    { "(", "attribute name" },
    { "not ()", "attribute name" },
    { "(userName) eq \"x\"", "operators" },
    { "\"userName\" eq \"x\"", "attribute name at offset 0" },
    { "\"", "attribute name" },
    { "]", "attribute name" },
    { "[type eq \"work\"]", "attribute name" },
    { "emails[", "attribute name at offset 7" },
    { "emails[]", "attribute name at offset 7" },
    { "emails[type eq \"work\"", "\"]\" at offset 21" },
    { "emails[type eq \"work\")", "\"]\"" },
    { "(emails[type eq \"work\")]", "\"]\"" },
    { "emails[(type eq \"work\"]", "\")\"" },
    { "emails[type eq \"work\"]]", "its end" },
    { "emails[type eq \"work\"] pr", "its end" },
    { "emails[type eq \"work\"] eq \"x\"", "its end" },
    { "emails[type eq \"work\"] .value eq \"x\"", "its end" },
    { "emails[type eq \"work\"]value eq \"x\"", "its end" },
    { "emails[type eq \"work\"].value", "operators" },
    { "emails[type eq \"work\"]. eq \"x\"", "emails has no sub-attribute" },
    { "emails[type eq \"work\"].value[type pr]", "operators" },
    { "emails[type[value pr]]", "brackets within brackets" },
    { "emails[type eq \"work\"].value eq", "value at offset" },
    { "emails.[type pr]", "malformed" },

    /* names */

    { "nosuch eq \"x\"", "attribute nosuch in the filter is unknown" },
    { "name.nosuch pr", "attribute name.nosuch in the filter is unknown" },
    { "userName.value eq \"x\"", "unknown" },
    { "urn:x:User:userName eq \"x\"", "unknown" },
    { URN_ENT ":userName eq \"x\"", "unknown" },
    { "emails[nosuch eq \"work\"]", "emails has no sub-attribute" },
    { "emails[emails.type eq \"work\"]", "emails has no sub-attribute" },
    { "emails[type eq \"work\"].nosuch pr", "emails has no sub-attribute" },
    { "emails[userName eq \"x\"]", "emails has no sub-attribute" },
    { "nosuch[type pr]", "unknown" },
    { "userName[value pr]", "userName has no sub-attributes" },
    { "schemas[value pr]", "schemas has no sub-attributes" },
    { "emails.type[value pr]", "emails.type has no sub-attributes" },
    { "user@name eq \"x\"", "offset 0 of the filter is malformed" },
    { "title pr and .x eq \"x\"", "offset 13 of the filter is malformed" },
    { "us\xc3\xa9r eq \"x\"", "malformed" },
    { URN_ENT " pr", "is a schema" },
    { URN_ENT "[department pr]", "is a schema" },
    { "name eq \"x\"", "name is complex" },
    { "addresses co \"x\"", "addresses is complex" },
    { "meta gt \"x\"", "meta is complex" },
    { "name eq null", "name is complex" },
    { "password eq \"secret\"", "password is never returned" },
    { "password pr", "password is never returned" },
    { "PASSWORD sw \"s\"", "never returned" },

    /* operators that a type forbids */

    { "active gt true", "active does not allow the operator gt" },
    { "active ge true", "operator ge" },
    { "active lt false", "operator lt" },
    { "active le false", "operator le" },
    { "active co true", "operator co" },
    { "active sw \"t\"", "operator sw" },
    { "active ew \"e\"", "operator ew" },
    { "emails[primary gt true]", "primary does not allow" },
    { "x509Certificates.value gt \"AA\"", "operator gt" },
    { "x509Certificates co \"AA\"", "operator co" },
    { "x509Certificates[value le \"AA\"]", "operator le" },
    { "meta.created co \"2011\"", "operator co" },
    { "meta.created sw \"2011\"", "operator sw" },
    { "title gt null", "null at offset 9" },
    { "title co null", "null at offset 9" },
    { "active gt null", "operator gt" },

    /* literals of the wrong type */

    { "title eq true", "title is compared with a string" },
    { "title eq 5", "title is compared with a string" },
    { "id eq 5", "id is compared with a string" },
    { "profileUrl eq false", "compared with a string" },
    { "x509Certificates.value eq 1", "compared with a string" },
    { "active eq 1", "active is compared with true or false" },
    { "active eq \"yes\"", "compared with true or false" },
    { "active eq \"\"", "compared with true or false" },
    { "meta.created gt 5", "date and time" },
    { "meta.created gt true", "date and time" },
    { "meta.created gt \"\"", "date and time" },
    { "meta.created gt \"yesterday\"", "date and time" },
    { "meta.created gt \"2011-05-13\"", "date and time" },
    { "meta.created gt \"2011-05-13T04:42\"", "date and time" },
    { "meta.created gt \"2011-05-13T04:42:34X\"", "date and time" },
    { "meta.created gt \"2011-05-13T04:42:34ZZ\"", "date and time" },
    { "meta.created gt \"2011-05-13T04:42:34z\"", "date and time" },
    { "meta.created gt \"2011-05-13 04:42:34Z\"", "date and time" },
    { "meta.created gt \"2011-05-13T04:42:34.Z\"", "date and time" },
    { "meta.created gt \"2011-05-13T04:42:34.1234567890Z\"",
      "date and time" },
    { "meta.created gt \"2011-05-13T04:42:34+1:00\"", "date and time" },
    { "meta.created gt \"2011-05-13T04:42:34+0100\"", "date and time" },
    { "meta.created gt \"2011-05-13T04:42:34+14:01\"", "date and time" },
    { "meta.created gt \"2011-05-13T04:42:34+01:60\"", "date and time" },
    { "meta.created gt \"2011-05-13T04:42:34+\"", "date and time" },
    { "meta.created gt \"2011-00-13T04:42:34Z\"", "date and time" },
    { "meta.created gt \"2011-13-13T04:42:34Z\"", "date and time" },
    { "meta.created gt \"2011-05-00T04:42:34Z\"", "date and time" },
    { "meta.created gt \"2011-04-31T04:42:34Z\"", "date and time" },
    { "meta.created gt \"2011-02-29T04:42:34Z\"", "date and time" },
    { "meta.created gt \"1900-02-29T04:42:34Z\"", "date and time" },
    { "meta.created gt \"2011-05-13T24:00:00Z\"", "date and time" },
    { "meta.created gt \"2011-05-13T23:60:00Z\"", "date and time" },
    { "meta.created gt \"2011-05-13T23:59:60Z\"", "date and time" },
    { "meta.created gt \"0000-05-13T23:59:00Z\"", "date and time" },
    { "meta.created gt \"20x1-05-13T23:59:00Z\"", "date and time" },
    { "meta.created gt \"-2011-05-13T23:59:00Z\"", "date and time" },

    /* literals that are none */

    { "userName eq bjensen", "at offset 12 of the filter is not a JSON" },
    { "userName eq 'bjensen'", "single quotes" },
    { "emails[type eq 'work'].value eq \"x\"", "single quotes" },
    { "userName eq (\"x\")", "value at offset 12" },
    { "userName eq [\"x\"]", "value at offset 12" },
    { "userName eq {\"x\":1}", "not a JSON string" },
    { "userName eq userName", "not a JSON string" },
    { "title eq truee", "not a JSON string" },
    { "title eq \"\\x\"", "not a valid JSON string" },
    { "title eq \"\\u12\"", "not a valid JSON string" },
    { "title eq \"\\u12g4\"", "not a valid JSON string" },
    { "title eq \"\\u0000\"", "not a valid JSON string" },
    { "title eq \"a\\u0000b\"", "not a valid JSON string" },
    { "title eq \"\\ud800\"", "not a valid JSON string" },
    { "title eq \"\\ude00\\ud83d\"", "not a valid JSON string" },
    { "title eq \"\\ud83dx\"", "not a valid JSON string" },
    { "title eq \"a\nb\"", "not a valid JSON string" },
    { "title eq \"a\x1f" "b\"", "not a valid JSON string" },
    { "title eq \"\\n\n\"", "not a valid JSON string" },
    { "title eq \"\xff\"", "UTF-8" },
    { "title eq \"\xc3\"", "UTF-8" },
    { "title eq \"\xc0\x80\"", "UTF-8" },
    { "title eq \"\xed\xa0\x80\"", "UTF-8" }
};


static const filter_case_t  thing_bad[] = {
    { "size eq \"5\"", "size is compared with an integer" },
    { "size eq 1.0", "compared with an integer" },
    { "size eq 1e2", "compared with an integer" },
    { "size eq true", "compared with an integer" },
    { "size co 5", "size does not allow the operator co" },
    { "weight ew 5", "weight does not allow the operator ew" },
    { "weight eq \"5\"", "weight is compared with a number" },
    { "weight eq 05", "not a JSON" },
    { "weight eq 5.", "not a JSON" },
    { "weight eq .5", "not a JSON" },
    { "weight eq -", "not a JSON" },
    { "weight eq +5", "not a JSON" },
    { "weight eq 5e", "not a JSON" },
    { "weight eq 5e+", "not a JSON" },
    { "weight eq 5e100", "not a JSON" },
    { "weight eq 0x10", "not a JSON" },
    { "weight eq NaN", "not a JSON" },
    { "weight eq 5x", "not a JSON" },
    { "weight eq 11111111111111111111111111111111111111111111111111111111111"
      "111111", "not a JSON" },
    { "blob sw \"AA\"", "blob does not allow the operator sw" },
    { "linkedResource eq 7", "linkedResource is complex" },
    { "linkedResource.secret eq \"x\"", "never returned" },
    { "linkedResource[secret eq \"x\"]", "never returned" },
    { "linkedResource[id eq 1].secret pr", "never returned" },
    { URN_LONG ":shared eq \"x\"", "unknown" }
};


static int
parse(const scim_resource_type_t *rtype, const scim_str_t *text, size_t depth,
    size_t length, scim_filter_t **filter, scim_error_t *err)
{
    *filter = NULL;
    memset(err, 0, sizeof(scim_error_t));

    return scim_filter_parse(tap_arena(), rtype, NULL, 0, text, depth, length,
                             filter, err);
}


static void
print(scim_buf_t *b, const scim_filter_t *f)
{
    scim_buf_char(b, '(');
    scim_buf_add(b, ops[f->op], strlen(ops[f->op]));

    if (f->path.attr) {
        scim_buf_char(b, ' ');
        scim_buf_str(b, &f->path.attr->name);

        if (f->path.sub) {
            scim_buf_char(b, '.');
            scim_buf_str(b, &f->path.sub->name);
        }
    }

    if (f->left) {
        scim_buf_char(b, ' ');
        print(b, f->left);
    }

    if (f->right) {
        scim_buf_char(b, ' ');
        print(b, f->right);
    }

    if (f->value) {
        scim_buf_char(b, ' ');
        scim_json_write(b, f->value);
    }

    scim_buf_char(b, ')');
}


static void
good(const scim_resource_type_t *rtype, const filter_case_t *t, size_t n)
{
    size_t          i;
    scim_buf_t      b;
    scim_str_t      text, got;
    scim_error_t    err;
    scim_filter_t  *filter;

    for (i = 0; i < n; i++) {
        text = tap_str(t[i].text);

        if (parse(rtype, &text, DEPTH, LENGTH, &filter, &err) != SCIM_OK) {
            ok(0, "[%s]", t[i].text);
            diag("%s", err.detail);
            continue;
        }

        scim_buf_init(&b, tap_arena(), 256);
        print(&b, filter);
        got.data = b.data;
        got.len = b.len;

        is_str(&got, t[i].want, "[%s]", t[i].text);
    }
}


static void
bad(const scim_resource_type_t *rtype, const filter_case_t *t, size_t n)
{
    int             rc, pass;
    size_t          i;
    scim_str_t      text;
    scim_error_t    err;
    scim_filter_t  *filter;

    for (i = 0; i < n; i++) {
        text = tap_str(t[i].text);
        rc = parse(rtype, &text, DEPTH, LENGTH, &filter, &err);

        pass = (rc == SCIM_ERROR && filter == NULL && err.status == 400
                && err.type == SCIM_INVALID_FILTER
                && strstr(err.detail, t[i].want)
                && err.len < SCIM_ERROR_DETAIL - 1);

        ok(pass, "refused [%s]", t[i].text);

        if (!pass) {
            diag("%s", rc == SCIM_OK ? "accepted" : err.detail);
        }
    }
}


/* no detail repeats a literal, nor what may be one */

static void
secrets(void)
{
    size_t          i;
    scim_str_t      text;
    scim_error_t    err;
    scim_filter_t  *filter;

    static const char *const  texts[] = {
        "userName eq canary",
        "userName eq 'canary'",
        "userName eq \"canary",
        "userName eq \"canary\" x",
        "userName eq \"x\" canary",
        "userName eq \"canary\\x\"",
        "userName canary",
        "userName canary \"x\"",
        "canary",
        "\"canary\" eq userName",
        "canary@example.com eq \"x\"",
        "active eq \"canary\"",
        "meta.created gt \"canary\"",
        "password eq \"canary\"",
        "nosuch eq \"canary\"",
        "emails[canary eq \"work\"]",
        "emails[type eq \"work\"].canary eq \"x\"",
        "emails[type canary]",
        "emails[type eq canary]"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        text = tap_str(texts[i]);

        ok(parse(user_type(), &text, DEPTH, LENGTH, &filter, &err)
           == SCIM_ERROR && err.len && strstr(err.detail, "canary") == NULL,
           "nothing of [%s] in the detail", texts[i]);
    }
}


/* "open" n times, "title pr", "close" n times */

static int
nested(const char *open, const char *close, size_t n, size_t depth,
    scim_error_t *err)
{
    size_t          i, nopen, nclose;
    scim_str_t      text;
    unsigned char  *p;
    scim_filter_t  *filter;

    nopen = strlen(open);
    nclose = strlen(close);

    text.len = n * (nopen + nclose) + sizeof("title pr") - 1;
    text.data = p = malloc(text.len);

    for (i = 0; i < n; i++) {
        memcpy(p, open, nopen);
        p += nopen;
    }

    memcpy(p, "title pr", sizeof("title pr") - 1);
    p += sizeof("title pr") - 1;

    for (i = 0; i < n; i++) {
        memcpy(p, close, nclose);
        p += nclose;
    }

    i = parse(user_type(), &text, depth, text.len, &filter, err);
    free(text.data);

    return (int) i;
}


static void
depth(void)
{
    scim_str_t      text;
    scim_error_t    err;
    scim_filter_t  *filter;

    is(nested("(", ")", 0, 0, &err), SCIM_OK, "depth 0 of 0");
    is(nested("(", ")", 1, 0, &err), SCIM_ERROR, "depth 1 of 0");
    is(nested("(", ")", 39, 40, &err), SCIM_OK, "depth 39 of 40");
    is(nested("(", ")", 40, 40, &err), SCIM_OK, "depth 40 of 40");
    is(nested("(", ")", 41, 40, &err), SCIM_ERROR, "depth 41 of 40");
    ok(err.status == 400 && err.type == SCIM_INVALID_FILTER
       && strstr(err.detail, "deeper than 40 levels"), "and its error");
    is(nested("(", "", 1000000, 40, &err), SCIM_ERROR, "depth 10^6");
    is(nested("(", ")", 1000000, 40, &err), SCIM_ERROR, "depth 10^6, closed");
    is(nested("", ")", 1000000, 40, &err), SCIM_ERROR, "10^6 closed");
    is(nested("emails[", "", 1000000, 40, &err), SCIM_ERROR,
       "10^6 brackets");
    is(nested("not ", "", 1000000, 40, &err), SCIM_ERROR, "10^6 times not");

    is(nested("not (", ")", 20, 40, &err), SCIM_OK, "not, depth 40 of 40");
    is(nested("not (", ")", 20, 39, &err), SCIM_ERROR, "not, depth 40 of 39");

    text = tap_str("(emails[not (type pr)].value pr)");
    is(parse(user_type(), &text, 4, LENGTH, &filter, &err), SCIM_OK,
       "brackets, depth 4 of 4");
    is(parse(user_type(), &text, 3, LENGTH, &filter, &err), SCIM_ERROR,
       "brackets, depth 4 of 3");

    /* depth is how deep, not how many */

    text = tap_str("(title pr) and not (id pr) or emails[type pr] and "
                   "emails[type pr].value pr and (id pr)");
    is(parse(user_type(), &text, 2, LENGTH, &filter, &err), SCIM_OK,
       "depth 2 side by side");
}


static void
length(void)
{
    scim_str_t      text;
    scim_error_t    err;
    scim_filter_t  *filter;

    text = tap_str("title eq \"abc\"");

    is(parse(user_type(), &text, DEPTH, text.len, &filter, &err), SCIM_OK,
       "length L");
    is(parse(user_type(), &text, DEPTH, text.len - 1, &filter, &err),
       SCIM_ERROR, "length L + 1");
    ok(err.status == 400 && err.type == SCIM_INVALID_FILTER
       && strstr(err.detail, "longer than 13 bytes"), "and its error");

    text = tap_bytes("title eq \"a\0b\"", 14);
    is(parse(user_type(), &text, DEPTH, LENGTH, &filter, &err), SCIM_ERROR,
       "NUL in a literal");
    text = tap_bytes("title\0 pr", 9);
    is(parse(user_type(), &text, DEPTH, LENGTH, &filter, &err), SCIM_ERROR,
       "NUL in a name");
    text = tap_bytes("title pr\0", 9);
    is(parse(user_type(), &text, DEPTH, LENGTH, &filter, &err), SCIM_ERROR,
       "NUL at the end");

    text.data = NULL;
    text.len = 0;
    is(parse(user_type(), &text, DEPTH, LENGTH, &filter, &err), SCIM_ERROR,
       "no text at all");
}


/* a walker that recurses into "left" only stays as deep as the text nests */

static size_t
left_depth(const scim_filter_t *f)
{
    size_t  n, max;

    for (max = 0; f; f = f->right) {
        n = f->left ? 1 + left_depth(f->left) : 0;

        if (n > max) {
            max = n;
        }
    }

    return max;
}


static void
chains(void)
{
    size_t          i, n;
    scim_buf_t      b;
    scim_str_t      text;
    scim_error_t    err;
    scim_filter_t  *filter, *f;

    scim_buf_init(&b, tap_arena(), 1024);

    for (i = 0; i < 10000; i++) {
        scim_buf_lit(&b, "title pr and id pr or ");
    }

    scim_buf_lit(&b, "id pr");
    text.data = b.data;
    text.len = b.len;

    is(parse(user_type(), &text, 0, text.len, &filter, &err), SCIM_OK,
       "a chain of 20001 terms");
    is((long long) left_depth(filter), 2, "it leans to the right");

    n = 0;

    for (f = filter; f->op == SCIM_FILTER_OR; f = f->right) {
        n += (f->left->op == SCIM_FILTER_AND);
    }

    is((long long) n, 10000, "nothing is lost of it");
}


/* each prefix of each good filter, and each byte replaced: no crash, and an
 * error of the right kind */

static void
mangle(const scim_resource_type_t *rtype, const filter_case_t *t, size_t n)
{
    int             wrong;
    char            copy[512];
    size_t          i, j, k, len;
    scim_str_t      text;
    scim_error_t    err;
    scim_filter_t  *filter;

    static const char  bytes[] = "\"\\()[].: 'x\x01\xff";

    wrong = 0;

    for (i = 0; i < n; i++) {
        len = strlen(t[i].text);

        for (j = 0; j < len; j++) {
            text = tap_bytes(t[i].text, j);

            if (parse(rtype, &text, DEPTH, LENGTH, &filter, &err) != SCIM_OK
                && (err.status != 400 || err.type != SCIM_INVALID_FILTER))
            {
                wrong++;
            }

            for (k = 0; k < sizeof(bytes); k++) {
                memcpy(copy, t[i].text, len);
                copy[j] = bytes[k];
                text = tap_bytes(copy, len);

                if (parse(rtype, &text, DEPTH, LENGTH, &filter, &err)
                    != SCIM_OK
                    && (err.status != 400
                        || err.type != SCIM_INVALID_FILTER))
                {
                    wrong++;
                }
            }
        }

        tap_free();
    }

    is(wrong, 0, "%d filters, cut and changed at each byte", (int) n);
}


static int
parse_nomem(scim_arena_t *arena, void *data)
{
    scim_error_t    err;
    scim_filter_t  *filter;

    if (scim_filter_parse(arena, user_type(), NULL, 0, data, DEPTH, LENGTH,
                          &filter, &err)
        == SCIM_OK)
    {
        return SCIM_OK;
    }

    /* anything but "no memory" counts as a wrong success */

    return err.status == 503 ? SCIM_ERROR : SCIM_OK;
}


#define each(table)  table, sizeof(table) / sizeof(table[0])


int
main(void)
{
    scim_str_t  text;

    good(user_type(), each(user_good));
    good(&thing_type, each(thing_good));
    bad(user_type(), each(user_bad));
    bad(&thing_type, each(thing_bad));
    secrets();
    depth();
    length();
    chains();
    tap_free();
    mangle(user_type(), each(user_good));
    mangle(&thing_type, each(thing_good));

    text = tap_str("not (emails[type eq \"work\"].value eq \"\\u00e5\" or "
                   "active eq \"True\") and title co \"x\" and externalId eq "
                   "null or meta.created gt \"2024-01-31T00:00:00\"");
    tap_nomem(parse_nomem, &text, "a filter with everything");

    return done_testing();
}
