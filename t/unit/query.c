
/* Query strings: decoding, paging, selection, what is ignored and refused. */


#include "tap.h"
#include "types.h"
#include "scim_query.h"


#define MAX  INT64_MAX


typedef struct {
    const char  *args;
    int64_t      start_index;
    int64_t      count;
} page_case_t;

typedef struct {
    const char  *args;
    scim_type_e  type;
    const char  *detail;
} bad_case_t;

typedef struct {
    const char  *args;
    const char  *attributes;   /* NULL: not given */
    const char  *excluded;
} select_case_t;

typedef struct {
    const char  *args;
    const char  *literal;      /* of the one comparison; NULL: no filter */
} filter_case_t;

typedef struct {
    const char  *args;
    const char  *sort_by;
    int          descending;
} sort_case_t;


static const scim_query_limits_t  limits = { 200, 4, 100 };


static const page_case_t  pages[] = {
    { "", 1, 200 },
    { "startIndex=1", 1, 200 },
    { "startIndex=7&count=10", 7, 10 },
    { "STARTINDEX=7&Count=10", 7, 10 },
    { "startIndex=0", 1, 200 },
    { "startIndex=-5", 1, 200 },
    { "startIndex=9223372036854775807", MAX, 200 },
    { "startIndex=9223372036854775808", MAX, 200 },
    { "startIndex=99999999999999999999999999", MAX, 200 },
    { "startIndex=-99999999999999999999999999", 1, 200 },
    { "startIndex=0000000000000000000000000005", 5, 200 },
    { "count=0", 1, 0 },
    { "count=-1", 1, 0 },
    { "count=199", 1, 199 },
    { "count=200", 1, 200 },
    { "count=201", 1, 200 },
    { "count=99999999999999999999", 1, 200 },
    { "count=-99999999999999999999", 1, 0 },
    { "count=%2b5", 1, 5 },
    { "count=+5", 1, 5 },
    { "count=%205+", 1, 5 },
    { "count=%35", 1, 5 },
    { "c%6funt=5", 1, 5 },

    /* no harm */

    { "count=", 1, 200 },
    { "count=&count=5", 1, 5 },
    { "count", 1, 200 },
    { "count=5&", 1, 5 },
    { "&&count=5&&", 1, 5 },
    { "=", 1, 200 },
    { "=x&count=5", 1, 5 },
    { "?count=5", 1, 5 },
    { "??count=5", 1, 5 },
    { "aadOptscim062020?count=5", 1, 5 },
    { "aadOptscim062020&count=5", 1, 5 },
    { "AzureAdScimPatch062020&startIndex=2", 2, 200 },
    { "count?=5", 1, 200 },
    { "x=%zz&count=5", 1, 5 },
    { "x=%&count=5", 1, 5 },
    { "x=%00&count=5", 1, 5 },
    { "x=1&x=2&count=5", 1, 5 },
    { "countt=9&coun=9", 1, 200 }
};


static const bad_case_t  bad[] = {
    { "count=ten", SCIM_INVALID_VALUE, "parameter count is not an integer" },
    { "startIndex=ten", SCIM_INVALID_VALUE,
      "parameter startIndex is not an integer" },
    { "startIndex=1.5", SCIM_INVALID_VALUE, "startIndex" },
    { "startIndex=1e3", SCIM_INVALID_VALUE, "startIndex" },
    { "startIndex=1x", SCIM_INVALID_VALUE, "startIndex" },
    { "startIndex=1+2", SCIM_INVALID_VALUE, "startIndex" },
    { "startIndex=--1", SCIM_INVALID_VALUE, "startIndex" },
    { "startIndex=-", SCIM_INVALID_VALUE, "startIndex" },
    { "startIndex=+", SCIM_INVALID_VALUE, "startIndex" },
    { "startIndex=0x10", SCIM_INVALID_VALUE, "startIndex" },
    { "startIndex=99999999999999999999x", SCIM_INVALID_VALUE, "startIndex" },
    { "startIndex=1=1", SCIM_INVALID_VALUE, "startIndex" },
    { "count=%", SCIM_INVALID_VALUE, "count is not valid percent-encoded" },
    { "count=%3", SCIM_INVALID_VALUE, "percent-encoded" },
    { "count=%3&x=0", SCIM_INVALID_VALUE, "percent-encoded" },
    { "count=%3g", SCIM_INVALID_VALUE, "percent-encoded" },
    { "count=%g3", SCIM_INVALID_VALUE, "percent-encoded" },
    { "filter=title+pr%00", SCIM_INVALID_VALUE, "filter is not valid" },
    { "filter=title+eq+%22%ff%22", SCIM_INVALID_VALUE, "filter is not valid" },
    { "filter=title+eq+%22%c0%80%22", SCIM_INVALID_VALUE,
      "filter is not valid" },
    { "filter=title+eq+%22%ed%a0%80%22", SCIM_INVALID_VALUE,
      "filter is not valid" },
    { "filter=%", SCIM_INVALID_VALUE, "filter is not valid" },
    { "attributes=%00", SCIM_INVALID_VALUE, "attributes is not valid" },
    { "sortBy=%00", SCIM_INVALID_VALUE, "sortBy is not valid" },
    { "%zz=1", SCIM_INVALID_VALUE, "name of a query parameter" },
    { "%=1", SCIM_INVALID_VALUE, "name of a query parameter" },
    { "%00=1", SCIM_INVALID_VALUE, "name of a query parameter" },
    { "%ff", SCIM_INVALID_VALUE, "name of a query parameter" },

    { "count=1&count=2", SCIM_INVALID_VALUE, "count is given twice" },
    { "count=1&COUNT=1", SCIM_INVALID_VALUE, "count is given twice" },
    { "filter=id+pr&filter=title+pr", SCIM_INVALID_VALUE,
      "filter is given twice" },
    { "sortOrder=ascending&sortOrder=ascending", SCIM_INVALID_VALUE,
      "sortOrder is given twice" },

    { "attributes=id&excludedAttributes=name", SCIM_INVALID_VALUE,
      "exclude each other" },
    { "excludedAttributes=nosuch&attributes=nosuch", SCIM_INVALID_VALUE,
      "exclude each other" },
    { "attributes=user%20Name", SCIM_INVALID_VALUE, "malformed" },
    { "attributes=id,name.", SCIM_INVALID_VALUE, "malformed" },
    { "excludedAttributes=emails%5btype%20pr%5d", SCIM_INVALID_VALUE,
      "malformed" },

    { "sortOrder=up", SCIM_INVALID_VALUE, "sortOrder" },
    { "sortOrder=ascendingg", SCIM_INVALID_VALUE, "sortOrder" },
    { "sortOrder=+", SCIM_INVALID_VALUE, "sortOrder" },

    { "filter=", SCIM_INVALID_FILTER, "empty" },
    { "filter", SCIM_INVALID_FILTER, "empty" },
    { "filter=+", SCIM_INVALID_FILTER, "empty" },
    { "filter=nosuch+pr", SCIM_INVALID_FILTER, "nosuch" },
    { "filter=(((((title+pr)))))", SCIM_INVALID_FILTER,
      "deeper than 4 levels" },
    { "filter=userName%20eq%20%27x%27", SCIM_INVALID_FILTER, "single quotes" }
};


static const select_case_t  selects[] = {
    { "", NULL, NULL },
    { "attributes=", NULL, NULL },
    { "attributes=&excludedAttributes=", NULL, NULL },
    { "attributes=userName", "userName", NULL },
    { "attributes=USERNAME", "userName", NULL },
    { "Attributes=userName,name.givenName", "userName name.givenName", NULL },
    { "attributes=+userName+,%20emails.value%20", "userName emails.value",
      NULL },
    { "attributes=userName%2Cid", "userName id", NULL },
    { "attributes=,,userName,,id,", "userName id", NULL },
    { "attributes=,", "", NULL },
    { "attributes=+", "", NULL },
    { "attributes=nosuch", "", NULL },
    { "attributes=nosuch,id,name.nosuch,urn:x:y", "id", NULL },
    { "attributes=id,ID,userName,id", "id userName", NULL },
    { "attributes=name,name.givenName,name", "name name.givenName", NULL },
    { "attributes=" URN_ENT ":department," URN_USER ":title",
      "department title", NULL },
    { "attributes=" URN_ENT, "-", NULL },
    { "attributes=manager", "manager", NULL },
    { "excludedAttributes=emails,groups.$ref", NULL, "emails groups.$ref" },
    { "excludedattributes=groups.%24ref&attributes=", NULL, "groups.$ref" }
};


static const filter_case_t  filters[] = {
    { "count=1", NULL },
    { "filter=userName+eq+%22x%22", "x" },
    { "filter=userName%20eq%20%22x%22", "x" },
    { "FILTER=userName%20eq%20%22x%22", "x" },
    { "filter=userName eq \"x\"", "x" },
    { "filter=userName%09eq%22x%22", "x" },
    { "filter=userName+eq+%22a%2bb%22", "a+b" },
    { "filter=userName+eq+%22a%26b%3dc%22", "a&b=c" },
    { "filter=userName+eq+%22a=b?c%22", "a=b?c" },
    { "filter=userName+eq+%22100%25%22", "100%" },
    { "filter=userName+eq+%22%2525%22", "%25" },
    { "filter=userName+eq+%22%c3%a5%22", "\xc3\xa5" },
    { "filter=userName+eq+%22%5cu00e5%22", "\xc3\xa5" },
    { "aadOptscim062020&filter=userName+eq+%22x%22", "x" },
    { "?filter=userName+eq+%22x%22&", "x" }
};


static const sort_case_t  sorts[] = {
    { "", "", 0 },
    { "sortBy=", "", 0 },
    { "sortBy=userName", "userName", 0 },
    { "sortBy=+name.familyName+&sortOrder=descending", "name.familyName", 1 },
    { "sortOrder=DESCENDING&sortBy=id", "id", 1 },
    { "sortOrder=%20descending+", "", 1 },
    { "sortOrder=", "", 0 }
};


static int
parse(const char *args, scim_query_t *query, scim_error_t *err)
{
    scim_str_t  s;

    s = tap_str(args);

    memset(query, 0xa5, sizeof(scim_query_t));
    memset(err, 0, sizeof(scim_error_t));

    return scim_query_parse(tap_arena(), user_type(), 1, &s, &limits, query,
                            err);
}


static void
join(const scim_select_t *select, char *out)
{
    size_t              i;
    const scim_path_t  *path;

    *out = '\0';

    for (i = 0; i < select->n; i++) {
        path = &select->paths[i];

        out += sprintf(out, "%s%.*s%s%.*s", i ? " " : "",
                       path->attr ? (int) path->attr->name.len : 1,
                       path->attr ? (char *) path->attr->name.data : "-",
                       path->sub ? "." : "",
                       path->sub ? (int) path->sub->name.len : 0,
                       path->sub ? (char *) path->sub->name.data : "");
    }
}


static void
selected(const scim_select_t *select, const char *want, const char *args)
{
    char        got[256];
    scim_str_t  s;

    is(select->given, want != NULL, "[%s] given", args);

    if (select->given) {
        join(select, got);

        s.data = (unsigned char *) got;
        s.len = strlen(got);

        is_str(&s, want ? want : "", "[%s] selected", args);
    }
}


static void
test_good(void)
{
    size_t        i;
    scim_query_t  q;
    scim_error_t  err;

    for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        is(parse(pages[i].args, &q, &err), SCIM_OK, "[%s]", pages[i].args);
        is(q.start_index, pages[i].start_index, "[%s] start", pages[i].args);
        is(q.count, pages[i].count, "[%s] count", pages[i].args);
        ok(q.nviews == 1 && q.views[0].rtype == user_type()
           && q.views[0].filter == NULL && !q.has_filter
           && !q.views[0].attributes.given && !q.views[0].excluded.given
           && q.views[0].sort.attr == NULL && q.sort_by.len == 0
           && !q.descending && q.cursor.data == NULL && q.filter.len == 0,
           "[%s] nothing else", pages[i].args);
    }

    for (i = 0; i < sizeof(selects) / sizeof(selects[0]); i++) {
        is(parse(selects[i].args, &q, &err), SCIM_OK, "[%s]",
           selects[i].args);
        selected(&q.views[0].attributes, selects[i].attributes,
                 selects[i].args);
        selected(&q.views[0].excluded, selects[i].excluded, selects[i].args);
    }

    for (i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        if (!ok(parse(filters[i].args, &q, &err) == SCIM_OK
                && (q.views[0].filter != NULL)
                   == (filters[i].literal != NULL)
                && q.has_filter == (filters[i].literal != NULL), "[%s]",
                filters[i].args))
        {
            diag("%s", err.detail);
            continue;
        }

        if (q.has_filter) {
            is_str(&q.views[0].filter->value->str, filters[i].literal,
                   "[%s] literal", filters[i].args);
        }
    }

    for (i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
        is(parse(sorts[i].args, &q, &err), SCIM_OK, "[%s]", sorts[i].args);
        is_str(&q.sort_by, sorts[i].sort_by, "[%s] by", sorts[i].args);
        is(q.descending, sorts[i].descending, "[%s] order", sorts[i].args);
    }
}


static void
test_bad(void)
{
    int           rc;
    size_t        i;
    scim_query_t  q;
    scim_error_t  err;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        rc = parse(bad[i].args, &q, &err);

        if (!ok(rc == SCIM_ERROR && err.status == 400
                && err.type == bad[i].type
                && strstr(err.detail, bad[i].detail),
                "refused [%s]", bad[i].args))
        {
            diag("%s", rc == SCIM_OK ? "accepted" : err.detail);
        }
    }
}


/* without a type only has_filter is told, and little can be wrong */

static void
test_discovery(void)
{
    size_t        i;
    scim_str_t    s;
    scim_query_t  q;
    scim_error_t  err;

    static const struct {
        const char  *args;
        unsigned     has_filter;
    } cases[] = {
        { "", 0 },
        { "count=ten&attributes=x+y&sortOrder=up", 0 },
        { "filter=nosuch+regex+(", 1 },
        { "filter=", 1 },
        { "filter", 1 },
        { "filter=%zz", 1 },
        { "x=filter", 0 },
        { "a=1&FILTER=id+pr", 1 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        s = tap_str(cases[i].args);

        is(scim_query_parse(tap_arena(), NULL, 0, &s, &limits, &q, &err),
           SCIM_OK, "discovery [%s]", cases[i].args);
        is(q.has_filter, cases[i].has_filter, "discovery [%s] filter",
           cases[i].args);
        ok(q.nviews == 0 && q.start_index == 1 && q.count == 200,
           "discovery [%s] nothing else", cases[i].args);
    }
}


static void
test_limits(void)
{
    char          args[128];
    size_t        i;
    scim_str_t    s;
    scim_query_t  q;
    scim_error_t  err;

    /* length counts decoded bytes */

    for (i = 100; i <= 101; i++) {
        memset(args, 'x', sizeof(args));
        memcpy(args, "filter=title%20eq%20%22", 23);
        memcpy(args + 23 + i - 11, "%22", 4);

        is(parse(args, &q, &err), i == 100 ? SCIM_OK : SCIM_ERROR,
           "filter of %d bytes", (int) i);
    }

    ok(err.type == SCIM_INVALID_FILTER
       && strstr(err.detail, "longer than 100 bytes"), "and its error");

    s.data = NULL;
    s.len = 0;

    is(scim_query_parse(tap_arena(), user_type(), 1, &s, &limits, &q, &err),
       SCIM_OK, "no query string");
    is(q.count, 200, "and its count");
}


static int
parse_nomem(scim_arena_t *arena, void *data)
{
    scim_query_t  q;
    scim_error_t  err;

    if (scim_query_parse(arena, user_type(), 1, data, &limits, &q, &err)
        == SCIM_OK)
    {
        return SCIM_OK;
    }

    return err.status == 503 ? SCIM_ERROR : SCIM_OK;
}


int
main(void)
{
    scim_str_t  s;

    test_good();
    test_bad();
    test_discovery();
    test_limits();

    s = tap_str("filter=emails%5btype+eq+%22a%5cu0041%22%5d&attributes=id,"
                "userName,name.givenName&count=5&sortBy=id");
    tap_nomem(parse_nomem, &s, "a query with everything");

    return done_testing();
}
