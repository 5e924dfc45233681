
/*
 * Filters of a value path by themselves, as PATCH has them, and filters for one
 * type of several that are searched.
 */


#include "tap.h"
#include "types.h"
#include "scim_filter.h"


#define DEPTH   4
#define LENGTH  100


typedef struct {
    const char  *attr;
    const char  *text;
    const char  *want;         /* tree, or part of the detail */
} value_case_t;


static const char *const  ops[] = {
    "and", "or", "not", "value", "absent", "pr", "eq", "ne", "co", "sw", "ew",
    "gt", "ge", "lt", "le"
};


static const value_case_t  good[] = {
    { "emails", "type eq \"work\"", "(eq emails.type \"work\")" },
    { "emails", "TYPE EQ\"work\"and Value co \"@\"",
      "(and (eq emails.type \"work\") (co emails.value \"@\"))" },
    { "emails", "not (type eq \"work\") or (primary eq \"True\")",
      "(or (not (eq emails.type \"work\")) (eq emails.primary true))" },
    { "emails", "value pr", "(pr emails.value)" },
    { "emails", "display eq null", "(eq emails.display null)" },
    { "addresses", "streetAddress sw \"x\"",
      "(sw addresses.streetAddress \"x\")" },
    { "name", "familyName eq \"x\"", "(eq name.familyName \"x\")" },
    { "groups", "$ref pr", "(pr groups.$ref)" },

    /* elements that are no objects */

    { "schemas", "value eq \"urn:x\"", "(eq schemas \"urn:x\")" },
    { "schemas", "VALUE pr", "(pr schemas)" },
    { "schemas", "not (value sw \"urn:\")",
      "(not (sw schemas \"urn:\"))" }
};


static const value_case_t  bad[] = {
    { "emails", "", "empty" },
    { "emails", "  ", "empty" },
    { "emails", "type", "operators" },
    { "emails", "type eq", "value at offset 7" },
    { "emails", "type eq \"work\"]", "its end at offset 14" },
    { "emails", "type eq \"work\" and", "attribute name" },
    { "emails", "nosuch eq \"x\"", "emails has no sub-attribute" },
    { "emails", "userName eq \"x\"", "emails has no sub-attribute" },
    { "emails", "emails.type eq \"x\"", "emails has no sub-attribute" },
    { "emails", "emails[type pr]", "brackets within brackets" },
    { "emails", "type[value pr]", "brackets within brackets" },
    { "emails", "primary gt true", "does not allow the operator gt" },
    { "emails", "value eq 5", "compared with a string" },
    { "emails", "value eq 'x'", "single quotes" },
    { "emails", "(((((value pr)))))", "deeper than 4 levels" },
    { "emails", "value eq \"\xff\"", "UTF-8" },
    { "schemas", "schemas eq \"x\"", "schemas has no sub-attribute" },
    { "schemas", "type eq \"x\"", "schemas has no sub-attribute" },
    { "schemas", "value eq 5", "compared with a string" },
    { "password", "value eq \"x\"", "never returned" }
};


/* for User, where Group and Thing are searched too */

static const value_case_t  others[] = {
    { "", "userName eq \"x\"", "(eq userName \"x\")" },
    { "", "members eq \"x\"", "(absent-eq members.value \"x\")" },
    { "", "MEMBERS.value ne \"x\"", "(absent-ne members.value \"x\")" },
    { "", "members pr", "(absent-pr members)" },
    { "", "members eq null", "(absent-eq members.value null)" },
    { "", "members ne null", "(absent-pr members.value null)" },
    { "", "urn:ietf:params:scim:schemas:core:2.0:Group:members pr",
      "(absent-pr members)" },
    { "", "members[value eq \"x\"]", "(absent-value members)" },
    { "", "members[value eq \"x\"].display pr and userName pr",
      "(and (absent-value members) (pr userName))" },
    { "", "not (members[type eq \"User\"]) or size gt 5",
      "(or (not (absent-value members)) (absent-gt size 5))" },
    { "", "name.givenName pr or linkedResource.id eq 7",
      "(or (pr name.givenName) (absent-eq linkedResource.id 7))" },
    { "", URN_SHORT ":twice co \"x\"", "(absent-co twice \"x\")" }
};


static const value_case_t  others_bad[] = {
    { "", "nosuch pr", "nosuch in the filter is unknown" },
    { "", "members.nosuch pr", "unknown" },
    { "", "members[nosuch pr]", "members has no sub-attribute" },
    { "", "size co 5", "does not allow the operator co" },
    { "", "size eq \"5\"", "compared with an integer" },
    { "", "linkedResource.secret pr", "never returned" },
    { "", "vault.key eq \"x\"", "never returned" },
    { "", "vault[key eq \"x\"]", "never returned" },
    { "", "linkedResource eq 5", "is complex" },
    { "", URN_THING " pr", "is a schema" },
    { "", "userName gt 5", "compared with a string" }
};


static const scim_resource_type_t  *types;


static void
print(scim_buf_t *b, const scim_filter_t *f)
{
    scim_buf_char(b, '(');
    scim_buf_add(b, ops[f->op], strlen(ops[f->op]));

    if (f->op == SCIM_FILTER_ABSENT) {
        scim_buf_char(b, '-');
        scim_buf_add(b, ops[f->was], strlen(ops[f->was]));
    }

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


static int
parse(scim_arena_t *arena, const value_case_t *t, scim_filter_t **filter,
    scim_error_t *err)
{
    scim_str_t            text, name;
    const scim_attr_t    *attr;
    const scim_schema_t  *schema;

    memset(err, 0, sizeof(scim_error_t));
    *filter = NULL;

    text = tap_str(t->text);

    if (*t->attr == '\0') {
        return scim_filter_parse(arena, &types[0], types, 3, &text, DEPTH,
                                 LENGTH, filter, err);
    }

    name = tap_str(t->attr);
    schema = user_type()->schema;
    attr = scim_schema_attr(schema, &name);

    if (attr == NULL) {
        schema = scim_schema_common();
        attr = scim_schema_attr(schema, &name);
    }

    return scim_filter_parse_value(arena, schema, attr, &text, DEPTH, LENGTH,
                                   filter, err);
}


static void
test_good(const value_case_t *t, size_t n)
{
    scim_buf_t      b;
    scim_str_t      got;
    scim_error_t    err;
    scim_filter_t  *filter;

    for ( /* void */ ; n; n--, t++) {

        if (parse(tap_arena(), t, &filter, &err) != SCIM_OK) {
            ok(0, "%s[%s]", t->attr, t->text);
            diag("%s", err.detail);
            continue;
        }

        scim_buf_init(&b, tap_arena(), 64);
        print(&b, filter);
        got.data = b.data;
        got.len = b.len;

        is_str(&got, t->want, "%s[%s]", t->attr, t->text);
    }
}


static void
test_bad(const value_case_t *t, size_t n)
{
    int             rc;
    scim_error_t    err;
    scim_filter_t  *filter;

    for ( /* void */ ; n; n--, t++) {
        rc = parse(tap_arena(), t, &filter, &err);

        if (!ok(rc == SCIM_ERROR && err.status == 400
                && err.type == SCIM_INVALID_FILTER
                && strstr(err.detail, t->want),
                "refused %s[%s]", t->attr, t->text))
        {
            diag("%s", rc == SCIM_OK ? "accepted" : err.detail);
        }
    }
}


static void
test_length(void)
{
    char            text[LENGTH + 2];
    value_case_t    t;
    scim_error_t    err;
    scim_filter_t  *filter;

    memset(text, ' ', sizeof(text));
    memcpy(text, "value pr", 8);
    text[LENGTH] = '\0';

    t.attr = "emails";
    t.text = text;

    is(parse(tap_arena(), &t, &filter, &err), SCIM_OK, "length L");

    text[LENGTH] = ' ';
    text[LENGTH + 1] = '\0';

    is(parse(tap_arena(), &t, &filter, &err), SCIM_ERROR, "length L + 1");
}


static int
parse_nomem(scim_arena_t *arena, void *data)
{
    scim_error_t    err;
    scim_filter_t  *filter;

    if (parse(arena, data, &filter, &err) == SCIM_OK) {
        return SCIM_OK;
    }

    return err.status == 503 ? SCIM_ERROR : SCIM_OK;
}


#define each(table)  table, sizeof(table) / sizeof(table[0])


int
main(void)
{
    scim_resource_type_t  all[3];

    static value_case_t  value = {
        "emails", "not (type eq \"\\u0061\") and primary eq \"True\"", NULL
    };
    static value_case_t  absent = {
        "", "members[value eq \"x\"].type pr or members ne null", NULL
    };

    all[0] = scim_registry_builtin()->types[0];
    all[1] = scim_registry_builtin()->types[1];
    all[2] = thing_type;
    types = all;

    test_good(each(good));
    test_bad(each(bad));
    test_length();
    test_good(each(others));
    test_bad(each(others_bad));

    tap_nomem(parse_nomem, &value, "the filter of a value path");
    tap_nomem(parse_nomem, &absent, "a filter for other types");

    return done_testing();
}
