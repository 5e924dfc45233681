
/*
 * Query strings: decoding, paging, selection, sorting, several types, what is
 * ignored and refused.
 */


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
    const char  *path;         /* "": none */
} sort_case_t;

typedef struct {
    const char  *args;
    const char  *cursor;       /* NULL: none */
    int64_t      count;
} cursor_case_t;

typedef struct {
    const char  *args;
    const char  *user;         /* filter, sort and selection for User, */
    const char  *group;        /* for Group */
} types_case_t;


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
    { "filter=userName%20eq%20%27x%27", SCIM_INVALID_FILTER, "single quotes" },

    { "sortBy=nosuch", SCIM_INVALID_PATH, "nosuch in sortBy is unknown" },
    { "sortBy=name.nosuch", SCIM_INVALID_PATH, "unknown" },
    { "sortBy=urn:x:y:z", SCIM_INVALID_PATH, "unknown" },
    { "sortBy=members", SCIM_INVALID_PATH, "unknown" },
    { "sortBy=user+Name", SCIM_INVALID_PATH, "sortBy is malformed" },
    { "sortBy=emails%5btype+eq+%22work%22%5d.value", SCIM_INVALID_PATH,
      "sortBy is malformed" },
    { "sortBy=userName,id", SCIM_INVALID_PATH, "sortBy is malformed" },
    { "sortBy=" URN_USER, SCIM_INVALID_PATH, "is a schema" },
    { "sortBy=" URN_ENT, SCIM_INVALID_PATH, "is a schema" },
    { "sortBy=name", SCIM_INVALID_PATH, "name is complex" },
    { "sortBy=addresses", SCIM_INVALID_PATH, "addresses is complex" },
    { "sortBy=meta", SCIM_INVALID_PATH, "meta is complex" },
    { "sortBy=password", SCIM_INVALID_PATH, "never returned" },
    { "sortBy=id&sortBy=id", SCIM_INVALID_VALUE, "sortBy is given twice" },

    { "cursor=&startIndex=1", SCIM_INVALID_VALUE,
      "cursor and startIndex exclude each other" },
    { "startIndex=x&cursor=x", SCIM_INVALID_VALUE, "exclude each other" },
    { "cursor=&count=ten", SCIM_INVALID_COUNT, "count is not an integer" },
    { "count=1.5&cursor=x", SCIM_INVALID_COUNT, "count is not an integer" },
    { "cursor=&cursor=", SCIM_INVALID_VALUE, "cursor is given twice" },
    { "cursor=%ff", SCIM_INVALID_VALUE, "cursor is not valid" }
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
    { "", "", 0, "" },
    { "sortBy=", "", 0, "" },
    { "sortBy=+", "", 0, "" },
    { "sortBy=userName", "userName", 0, "userName" },
    { "sortBy=USERname", "USERname", 0, "userName" },
    { "sortBy=+name.familyName+&sortOrder=descending", "name.familyName", 1,
      "name.familyName" },
    { "sortOrder=DESCENDING&sortBy=id", "id", 1, "id" },
    { "sortBy=meta.lastModified&sortOrder=Ascending", "meta.lastModified", 0,
      "meta.lastModified" },
    { "sortBy=emails", "emails", 0, "emails.value" },
    { "sortBy=emails.type", "emails.type", 0, "emails.type" },
    { "sortBy=manager", "manager", 0, "manager.value" },
    { "sortBy=" URN_ENT ":manager", URN_ENT ":manager", 0, "manager.value" },
    { "sortBy=" URN_ENT ":department", URN_ENT ":department", 0,
      "department" },
    { "sortBy=schemas", "schemas", 0, "schemas" },
    { "sortBy=active", "active", 0, "active" },
    { "sortOrder=%20descending+", "", 1, "" },
    { "sortOrder=", "", 0, "" }
};


static const cursor_case_t  cursors[] = {
    { "count=3", NULL, 3 },
    { "cursor=", "", 200 },
    { "cursor", "", 200 },
    { "CURSOR=&count=3", "", 3 },
    { "cursor=aB-_%2b9&count=3", "aB-_+9", 3 },
    { "cursor=x&startIndex=", "x", 200 },
    { "cursor=x&count=-3", "x", 0 },
    { "cursor=x&count=201", "x", 200 },
    { "count=0&cursor=", "", 0 }
};


/* both types are searched */

static const types_case_t  both[] = {
    { "", "- - -", "- - -" },
    { "filter=id+pr", "pr:id - -", "pr:id - -" },
    { "filter=userName+eq+%22x%22", "eq:userName - -", "absent:userName - -" },
    { "filter=members+pr", "absent:members - -", "pr:members - -" },
    { "filter=displayName+co+%22x%22", "co:displayName - -",
      "co:displayName - -" },
    { "sortBy=userName", "- userName -", "- - -" },
    { "sortBy=displayName", "- displayName -", "- displayName -" },
    { "sortBy=members", "- - -", "- members.value -" },
    { "sortBy=members.value&attributes=members.value,userName,id",
      "- - userName+id", "- members.value members.value+id" },
    { "attributes=nosuch", "- - 0", "- - 0" }
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
where(const scim_path_t *path, char *out)
{
    *out = '\0';

    if (path->attr) {
        (void) sprintf(out, "%.*s%s%.*s", (int) path->attr->name.len,
                       path->attr->name.data, path->sub ? "." : "",
                       path->sub ? (int) path->sub->name.len : 0,
                       path->sub ? (char *) path->sub->name.data : "");
    }
}


static void
test_good(void)
{
    char          got[256];
    size_t        i;
    scim_str_t    s;
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
            ok(q.filter.len != 0, "[%s] text", filters[i].args);
            is_str(&q.views[0].filter->value->str, filters[i].literal,
                   "[%s] literal", filters[i].args);
        }
    }

    for (i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
        is(parse(sorts[i].args, &q, &err), SCIM_OK, "[%s]", sorts[i].args);
        is_str(&q.sort_by, sorts[i].sort_by, "[%s] by", sorts[i].args);
        is(q.descending, sorts[i].descending, "[%s] order", sorts[i].args);

        where(&q.views[0].sort, got);
        s.data = (unsigned char *) got;
        s.len = strlen(got);
        is_str(&s, sorts[i].path, "[%s] path", sorts[i].args);
    }

    for (i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
        is(parse(cursors[i].args, &q, &err), SCIM_OK, "[%s]",
           cursors[i].args);
        is(q.count, cursors[i].count, "[%s] count", cursors[i].args);
        is(q.start_index, 1, "[%s] startIndex", cursors[i].args);
        is(q.cursor.data != NULL, cursors[i].cursor != NULL,
           "[%s] has a cursor", cursors[i].args);

        if (cursors[i].cursor) {
            is_str(&q.cursor, cursors[i].cursor, "[%s] cursor",
                   cursors[i].args);
        }
    }
}


/* "filter sort attributes" of a view */

static void
seen(const scim_view_t *view, char *out)
{
    size_t  i;

    if (view->filter) {
        out += sprintf(out, "%s:%.*s ",
                       view->filter->op == SCIM_FILTER_ABSENT ? "absent"
                       : view->filter->op == SCIM_FILTER_PR ? "pr"
                       : view->filter->op == SCIM_FILTER_EQ ? "eq" : "co",
                       (int) view->filter->path.text.len,
                       view->filter->path.text.data);

    } else {
        out += sprintf(out, "- ");
    }

    where(&view->sort, out);
    out += strlen(out);
    out += sprintf(out, "%s ", view->sort.attr ? "" : "-");

    if (!view->attributes.given) {
        (void) sprintf(out, "-");

    } else if (view->attributes.n == 0) {
        (void) sprintf(out, "0");
    }

    for (i = 0; i < view->attributes.n; i++) {
        if (i) {
            *out++ = '+';
        }

        where(&view->attributes.paths[i], out);
        out += strlen(out);
    }
}


static void
test_types(void)
{
    char                    got[256];
    size_t                  i, j;
    scim_str_t              s, args;
    scim_query_t            q;
    scim_error_t            err;
    const scim_registry_t  *registry;

    static const char *const  bad_args[] = {
        "filter=nosuch+pr", "sortBy=nosuch", "attributes=a+b"
    };

    registry = scim_registry_builtin();

    for (i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
        args = tap_str(both[i].args);

        if (!is(scim_query_parse(tap_arena(), registry->types, 2, &args,
                                 &limits, &q, &err),
                SCIM_OK, "both [%s]", both[i].args))
        {
            diag("%s", err.detail);
            continue;
        }

        is(q.nviews, 2, "both [%s] views", both[i].args);

        for (j = 0; j < 2; j++) {
            ok(q.views[j].rtype == &registry->types[j], "both [%s] type %d",
               both[i].args, (int) j);

            seen(&q.views[j], got);
            s.data = (unsigned char *) got;
            s.len = strlen(got);
            is_str(&s, j ? both[i].group : both[i].user, "both [%s] view %d",
                   both[i].args, (int) j);
        }
    }

    for (i = 0; i < sizeof(bad_args) / sizeof(bad_args[0]); i++) {
        args = tap_str(bad_args[i]);

        is(scim_query_parse(tap_arena(), registry->types, 2, &args, &limits,
                            &q, &err),
           SCIM_ERROR, "both, refused [%s]", bad_args[i]);
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
    test_types();
    test_discovery();
    test_limits();

    s = tap_str("filter=emails%5btype+eq+%22a%5cu0041%22%5d&attributes=id,"
                "userName,name.givenName&count=5&sortBy=emails&cursor=x");
    tap_nomem(parse_nomem, &s, "a query with everything");

    return done_testing();
}
