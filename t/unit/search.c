
/*
 * Bodies of searches: the same as query strings, in JSON.  What parameters
 * mean is tested in query.c.
 */


#include "tap.h"
#include "types.h"
#include "scim_query.h"


#define SCHEMA  "\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:"       \
                "SearchRequest\"]"


typedef struct {
    const char  *body;
    const char  *args;         /* the same as a query string */
} good_case_t;

typedef struct {
    const char  *body;
    scim_type_e  type;
    const char  *detail;
} bad_case_t;


static const scim_query_limits_t  limits = { 200, 4, 100 };


static const good_case_t  good[] = {

    { "{}", "" },
    { "{" SCHEMA "}", "" },
    { "{\"SCHEMAS\":[1,\"URN:ietf:params:scim:api:messages:2.0:searchrequest"
      "\"]}", "" },
    { "{\"schemas\":null}", "" },

    /* figure of section 3.4.3 */

    { "{" SCHEMA ",\"attributes\":[\"displayName\",\"userName\"],"
      "\"filter\":\"displayName sw \\\"smith\\\"\",\"startIndex\":1,"
      "\"count\":10}",
      "attributes=displayName,userName&filter=displayName+sw+%22smith%22"
      "&startIndex=1&count=10" },

    { "{\"ATTRIBUTES\":[\"userName\"]}", "attributes=userName" },
    { "{\"attributes\":\"userName, id\"}", "attributes=userName,id" },
    { "{\"attributes\":[\"userName,id\",\" title \"]}",
      "attributes=userName,id,title" },
    { "{\"attributes\":[]}", "" },
    { "{\"attributes\":\"\"}", "" },
    { "{\"attributes\":null,\"excludedAttributes\":[\"emails\"]}",
      "excludedAttributes=emails" },
    { "{\"attributes\":[\"\"]}", "attributes=," },
    { "{\"attributes\":[\"nosuch\"]}", "attributes=nosuch" },
    { "{\"excludedAttributes\":\"nosuch,id\"}",
      "excludedAttributes=nosuch,id" },

    { "{\"filter\":null,\"sortBy\":null,\"sortOrder\":null,\"count\":null,"
      "\"startIndex\":null,\"cursor\":null}", "" },
    { "{\"sortBy\":\"emails\",\"sortOrder\":\"descending\"}",
      "sortBy=emails&sortOrder=descending" },
    { "{\"SortBy\":\"\",\"SORTORDER\":\"\"}", "" },
    { "{\"count\":0}", "count=0" },
    { "{\"count\":\"7\",\"startIndex\":\"3\"}", "count=7&startIndex=3" },
    { "{\"count\":-1,\"startIndex\":-1}", "count=-1&startIndex=-1" },
    { "{\"count\":99999999999999999999}", "count=99999999999999999999" },
    { "{\"count\":\"\"}", "" },
    { "{\"cursor\":\"\",\"count\":5}", "cursor=&count=5" },
    { "{\"cursor\":\"abc\"}", "cursor=abc" },

    { "{\"unknown\":{\"filter\":1},\"x\":[1]}", "" }
};


static const bad_case_t  bad[] = {
    { "[]", SCIM_INVALID_SYNTAX, "not an object" },
    { "\"x\"", SCIM_INVALID_SYNTAX, "not an object" },
    { "{\"schemas\":[]}", SCIM_INVALID_SYNTAX, "SearchRequest" },
    { "{\"schemas\":\"urn:ietf:params:scim:api:messages:2.0:SearchRequest\"}",
      SCIM_INVALID_SYNTAX, "SearchRequest" },
    { "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"]}",
      SCIM_INVALID_SYNTAX, "SearchRequest" },

    { "{\"filter\":5}", SCIM_INVALID_VALUE, "filter is of the wrong type" },
    { "{\"filter\":[\"id pr\"]}", SCIM_INVALID_VALUE, "filter" },
    { "{\"filter\":\"\"}", SCIM_INVALID_FILTER, "empty" },
    { "{\"filter\":\"nosuch pr\"}", SCIM_INVALID_FILTER, "nosuch" },
    { "{\"filter\":\"(((((title pr)))))\"}", SCIM_INVALID_FILTER,
      "deeper than 4 levels" },
    { "{\"sortBy\":1}", SCIM_INVALID_VALUE, "sortBy is of the wrong type" },
    { "{\"sortBy\":\"nosuch\"}", SCIM_INVALID_PATH, "nosuch" },
    { "{\"sortOrder\":true}", SCIM_INVALID_VALUE, "sortOrder" },
    { "{\"sortOrder\":\"up\"}", SCIM_INVALID_VALUE, "sortOrder" },
    { "{\"count\":true}", SCIM_INVALID_VALUE, "count is of the wrong type" },
    { "{\"count\":1.5}", SCIM_INVALID_VALUE, "count is not an integer" },
    { "{\"count\":1e2}", SCIM_INVALID_VALUE, "count is not an integer" },
    { "{\"count\":\"ten\"}", SCIM_INVALID_VALUE, "count is not an integer" },
    { "{\"count\":\"ten\",\"cursor\":\"\"}", SCIM_INVALID_COUNT,
      "count is not an integer" },
    { "{\"startIndex\":[1]}", SCIM_INVALID_VALUE, "startIndex" },
    { "{\"startIndex\":1,\"cursor\":\"\"}", SCIM_INVALID_VALUE,
      "exclude each other" },
    { "{\"cursor\":5}", SCIM_INVALID_VALUE, "cursor is of the wrong type" },
    { "{\"attributes\":5}", SCIM_INVALID_VALUE, "attributes is of the wrong" },
    { "{\"attributes\":{\"a\":1}}", SCIM_INVALID_VALUE, "attributes" },
    { "{\"attributes\":[5]}", SCIM_INVALID_VALUE, "element of attributes" },
    { "{\"attributes\":[null]}", SCIM_INVALID_VALUE, "element of attributes" },
    { "{\"attributes\":[\"user Name\"]}", SCIM_INVALID_VALUE, "malformed" },
    { "{\"attributes\":[\"id\"],\"excludedAttributes\":[\"name\"]}",
      SCIM_INVALID_VALUE, "exclude each other" }
};


static scim_json_t *
json(const char *text)
{
    scim_str_t    s;
    scim_json_t  *json;
    scim_error_t  err;

    s = tap_str(text);

    if (scim_json_parse(tap_arena(), NULL, &s, &json, &err) != SCIM_OK) {
        diag("%s: %s", text, err.detail);
        return NULL;
    }

    return json;
}


static int
same_path(const scim_path_t *a, const scim_path_t *b)
{
    return a->schema == b->schema && a->attr == b->attr && a->sub == b->sub;
}


static int
same_select(const scim_select_t *a, const scim_select_t *b)
{
    size_t  i;

    if (a->given != b->given || a->n != b->n) {
        return 0;
    }

    for (i = 0; i < a->n; i++) {
        if (!same_path(&a->paths[i], &b->paths[i])) {
            return 0;
        }
    }

    return 1;
}


static int
same(const scim_query_t *a, const scim_query_t *b)
{
    size_t              i;
    const scim_view_t  *v, *w;

    if (a->nviews != b->nviews || a->start_index != b->start_index
        || a->count != b->count || !scim_str_eq(&a->filter, &b->filter)
        || !scim_str_eq(&a->sort_by, &b->sort_by)
        || (a->cursor.data == NULL) != (b->cursor.data == NULL)
        || !scim_str_eq(&a->cursor, &b->cursor)
        || a->descending != b->descending || a->has_filter != b->has_filter)
    {
        return 0;
    }

    for (i = 0; i < a->nviews; i++) {
        v = &a->views[i];
        w = &b->views[i];

        if (v->rtype != w->rtype
            || (v->filter == NULL) != (w->filter == NULL)
            || (v->filter && v->filter->op != w->filter->op)
            || !same_select(&v->attributes, &w->attributes)
            || !same_select(&v->excluded, &w->excluded)
            || !same_path(&v->sort, &w->sort))
        {
            return 0;
        }
    }

    return 1;
}


static void
test_good(void)
{
    size_t                  i, n;
    scim_str_t              args;
    scim_query_t            a, b;
    scim_error_t            err;
    const scim_registry_t  *registry;

    registry = scim_registry_builtin();

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {

        for (n = 1; n <= 2; n++) {
            memset(&a, 0xa5, sizeof(scim_query_t));
            args = tap_str(good[i].args);

            if (!is(scim_query_search(tap_arena(), registry->types, n,
                                      json(good[i].body), &limits, &a, &err),
                    SCIM_OK, "%d types %s", (int) n, good[i].body))
            {
                diag("%s", err.detail);
                continue;
            }

            ok(scim_query_parse(tap_arena(), registry->types, n, &args,
                                &limits, &b, &err) == SCIM_OK
               && same(&a, &b), "is %s", good[i].args);
        }
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
        memset(&err, 0, sizeof(scim_error_t));

        rc = scim_query_search(tap_arena(), user_type(), 1, json(bad[i].body),
                               &limits, &q, &err);

        if (!ok(rc == SCIM_ERROR && err.status == 400
                && err.type == bad[i].type
                && strstr(err.detail, bad[i].detail),
                "refused %s", bad[i].body))
        {
            diag("%s", rc == SCIM_OK ? "accepted" : err.detail);
        }
    }

    is(scim_query_search(tap_arena(), user_type(), 1, NULL, &limits, &q, &err),
       SCIM_ERROR, "no body");
}


static void
test_discovery(void)
{
    scim_query_t  q;
    scim_error_t  err;

    is(scim_query_search(tap_arena(), NULL, 0,
                         json("{\"filter\":\"nosuch (\",\"sortBy\":\"?\"}"),
                         &limits, &q, &err),
       SCIM_OK, "no types");
    ok(q.has_filter && q.nviews == 0 && q.count == 200 && q.start_index == 1,
       "only the filter is told");
}


static int
search_nomem(scim_arena_t *arena, void *data)
{
    scim_query_t            q;
    scim_error_t            err;
    const scim_registry_t  *registry;

    registry = scim_registry_builtin();

    if (scim_query_search(arena, registry->types, registry->ntypes, data,
                          &limits, &q, &err)
        == SCIM_OK)
    {
        return SCIM_OK;
    }

    return err.status == 503 ? SCIM_ERROR : SCIM_OK;
}


int
main(void)
{
    test_good();
    test_bad();
    test_discovery();

    tap_nomem(search_nomem,
              json("{\"filter\":\"emails[type eq \\\"work\\\"] and id pr\","
                   "\"attributes\":[\"id\",\"userName\",\"members.value\"],"
                   "\"sortBy\":\"members\",\"cursor\":\"\"}"),
              "a search with everything");

    return done_testing();
}
