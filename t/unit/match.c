
/*
 * scim_match(): elements against the filters of value paths, and the order of
 * numbers and dates.
 */


#include "tap.h"

#include "scim_match.h"
#include "scim_match_value.h"


static const scim_attr_t  item_subs[] = {
    { .name = scim_string("value"), .type = SCIM_ATTR_STRING },
    { .name = scim_string("exact"), .type = SCIM_ATTR_STRING,
      .case_exact = 1 },
    { .name = scim_string("flag"), .type = SCIM_ATTR_BOOLEAN },
    { .name = scim_string("count"), .type = SCIM_ATTR_INTEGER },
    { .name = scim_string("weight"), .type = SCIM_ATTR_DECIMAL },
    { .name = scim_string("seen"), .type = SCIM_ATTR_DATETIME },
    { .name = scim_string("tags"), .type = SCIM_ATTR_STRING, .multi = 1 }
};

static const scim_attr_t  items = {
    .name = scim_string("items"), .type = SCIM_ATTR_COMPLEX, .multi = 1,
    .subs = item_subs, .nsubs = 7
};

static const scim_attr_t  words = {
    .name = scim_string("words"), .type = SCIM_ATTR_STRING, .multi = 1
};

static const scim_schema_t  schema = {
    .id = scim_string("urn:thing"), .attrs = &items, .nattrs = 1
};


/* texts are JSON and filters with ' for " */

typedef struct {
    const char  *element;
    const char  *filter;
    int          want;
} match_case_t;


static const match_case_t  cases[] = {

    { "{'value':'a'}", "value eq 'a'", 1 },
    { "{'value':'a'}", "value eq 'A'", 1 },
    { "{'VALUE':'a'}", "Value EQ 'a'", 1 },
    { "{'value':'a'}", "value eq 'b'", 0 },
    { "{'exact':'a'}", "exact eq 'A'", 0 },
    { "{'exact':'a'}", "exact eq 'a'", 1 },
    { "{'value':'\xc3\x84'}", "value eq '\xc3\xa4'", 1 },
    { "{'value':'a\xcc\x88'}", "value eq '\xc3\x84'", 1 },
    { "{'value':'stra\xc3\x9f" "e'}", "value eq 'STRASSE'", 1 },
    { "{'exact':'\xc3\x84'}", "exact eq '\xc3\xa4'", 0 },
    { "{'value':'a'}", "value ne 'b'", 1 },
    { "{'value':'a'}", "value ne 'A'", 0 },
    { "{}", "value ne 'a'", 1 },
    { "{}", "value eq 'a'", 0 },
    { "{}", "value eq null", 1 },
    { "{}", "value ne null", 0 },
    { "{'value':'a'}", "value eq null", 0 },
    { "{'value':'a'}", "value ne null", 1 },
    { "{'value':null}", "value eq null", 1 },
    { "{}", "value gt 'a'", 0 },
    { "{}", "value le 'a'", 0 },
    { "{}", "value co ''", 0 },
    { "{'value':'a'}", "value pr", 1 },
    { "{'value':''}", "value pr", 0 },
    { "{'value':null}", "value pr", 0 },
    { "{}", "value pr", 0 },
    { "{'flag':false}", "flag pr", 1 },
    { "{'tags':[]}", "tags pr", 0 },
    { "{'count':0}", "count pr", 1 },

    { "{'value':'abc'}", "value co 'B'", 1 },
    { "{'value':'abc'}", "value co 'abcd'", 0 },
    { "{'value':'abc'}", "value co ''", 1 },
    { "{'value':'abc'}", "value co 'bd'", 0 },
    { "{'value':'abc'}", "value sw 'AB'", 1 },
    { "{'value':'abc'}", "value sw 'b'", 0 },
    { "{'value':'abc'}", "value sw 'abcd'", 0 },
    { "{'value':'abc'}", "value ew 'BC'", 1 },
    { "{'value':'abc'}", "value ew 'b'", 0 },
    { "{'value':'abc'}", "value ew 'abcd'", 0 },
    { "{'value':'100%'}", "value sw '1%'", 0 },
    { "{'value':'a\xc3\x84z'}", "value co '\xc3\xa4Z'", 1 },
    { "{'value':'b'}", "value gt 'A'", 1 },
    { "{'value':'a'}", "value gt 'A'", 0 },
    { "{'value':'a'}", "value ge 'A'", 1 },
    { "{'value':'a'}", "value lt 'ab'", 1 },
    { "{'value':'ab'}", "value le 'a'", 0 },
    { "{'value':'10'}", "value lt '9'", 1 },

    { "{'flag':true}", "flag eq true", 1 },
    { "{'flag':true}", "flag eq 'True'", 1 },
    { "{'flag':true}", "flag eq false", 0 },
    { "{'flag':false}", "flag ne true", 1 },
    { "{}", "flag eq false", 0 },
    { "{}", "flag ne true", 1 },

    { "{'count':10}", "count eq 10", 1 },
    { "{'count':10}", "count gt 9", 1 },
    { "{'count':-10}", "count lt 9", 1 },
    { "{'count':9223372036854775807}", "count gt 9223372036854775806", 1 },
    { "{'weight':1.50}", "weight eq 1.5", 1 },
    { "{'weight':1.5e2}", "weight eq 150", 1 },
    { "{'weight':1.5e2}", "weight ne 150", 0 },
    { "{'weight':0.1}", "weight lt 0.11", 1 },
    { "{'count':'10'}", "count eq 10", 0 },

    { "{'seen':'2024-01-01T00:00:00Z'}", "seen eq '2024-01-01T00:00:00'", 1 },
    { "{'seen':'2024-01-01T01:00:00+01:00'}",
      "seen eq '2024-01-01T00:00:00Z'", 1 },
    { "{'seen':'2024-01-01T00:00:00.5Z'}",
      "seen gt '2024-01-01T00:00:00Z'", 1 },
    { "{'seen':'never'}", "seen gt '2024-01-01T00:00:00Z'", 1 },
    { "{'seen':'never'}", "seen eq '2024-01-01T00:00:00Z'", 0 },

    { "{'tags':['x','y']}", "tags eq 'Y'", 1 },
    { "{'tags':['x','y']}", "tags ne 'y'", 1 },
    { "{'tags':['y','Y']}", "tags ne 'y'", 0 },
    { "{'tags':['x','y']}", "tags ne 'z'", 1 },
    { "{'tags':['x','y']}", "tags sw 'z'", 0 },

    { "{'value':'a','flag':true}", "value eq 'a' and flag eq true", 1 },
    { "{'value':'a','flag':true}", "value eq 'b' and flag eq true", 0 },
    { "{'value':'a','flag':true}", "value eq 'a' and flag eq false", 0 },
    { "{'value':'a'}", "value eq 'b' or value eq 'a'", 1 },
    { "{'value':'a'}", "value eq 'a' or value eq 'b'", 1 },
    { "{'value':'a'}", "value eq 'b' or value eq 'c' or value eq 'd'", 0 },
    { "{'value':'a'}", "value eq 'b' or value eq 'c' or value eq 'a'", 1 },
    { "{'value':'a','flag':true}",
      "value eq 'b' and flag eq true or value eq 'a'", 1 },
    { "{'value':'a','flag':true}",
      "(value eq 'b' or value eq 'a') and flag eq false", 0 },
    { "{'value':'a'}", "not (value eq 'a')", 0 },
    { "{'value':'a'}", "not (value eq 'b' or flag pr)", 1 },
    { "{'value':'a'}", "exact eq 'a'", 0 }
};


static const match_case_t  simple[] = {
    { "'x'", "value eq 'X'", 1 },
    { "'x'", "value pr", 1 },
    { "''", "value pr", 0 },
    { "'xy'", "value sw 'x' and value ew 'y'", 1 },
    { "'x'", "value ne 'x'", 0 }
};


typedef struct {
    const scim_attr_t   *attr;
    const match_case_t  *c;
} match_run_t;


static scim_error_t  err;


static scim_str_t
quoted(char *buf, const char *text)
{
    size_t      i;
    scim_str_t  s;

    for (i = 0; text[i]; i++) {
        buf[i] = text[i] == '\'' ? '"' : text[i];
    }

    s.len = i;
    s.data = (unsigned char *) buf;

    return s;
}


static int
match(scim_arena_t *arena, const match_run_t *run)
{
    char            element_text[256], filter_text[256];
    scim_str_t      s, f;
    scim_json_t    *element;
    scim_filter_t  *filter;

    s = quoted(element_text, run->c->element);
    f = quoted(filter_text, run->c->filter);

    if (scim_json_parse(arena, NULL, &s, &element, &err) != SCIM_OK
        || scim_filter_parse_value(arena, &schema, run->attr, &f, 10, 256,
                                   &filter, &err)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_match(arena, filter, element, &err);
}


static int
match_short(scim_arena_t *arena, void *data)
{
    match_run_t  *run = data;

    if (match(arena, run) == SCIM_ERROR && err.status == 503) {
        return SCIM_ERROR;
    }

    return SCIM_OK;
}


static void
test_cases(const scim_attr_t *attr, const match_case_t *c, size_t n)
{
    size_t       i;
    match_run_t  run;

    run.attr = attr;

    for (i = 0; i < n; i++) {
        run.c = &c[i];

        is(match(tap_arena(), &run), c[i].want, "%s: %s", c[i].element,
           c[i].filter);
        tap_nomem(match_short, &run, c[i].filter);
    }

    tap_free();
}


/* a long list does not eat memory: no key outlives its comparison */

static void
test_memory(void)
{
    int             i;
    char            element_text[256], filter_text[256];
    size_t          calls;
    scim_str_t      s, f;
    scim_json_t    *element;
    scim_arena_t   *arena;
    scim_filter_t  *filter;

    s = quoted(element_text, "{'value':'\xc3\x84'}");
    f = quoted(filter_text, "value eq '\xc3\xa4'");
    arena = tap_arena();

    if (scim_json_parse(arena, NULL, &s, &element, &err) != SCIM_OK
        || scim_filter_parse_value(arena, &schema, &items, &f, 10, 256,
                                   &filter, &err)
           != SCIM_OK)
    {
        ok(0, "parsed");
        return;
    }

    (void) scim_match(arena, filter, element, &err);
    calls = tap_mem.calls;

    for (i = 0; i < 10000; i++) {
        (void) scim_match(arena, filter, element, &err);
    }

#if defined(__SANITIZE_ADDRESS__)
    ok(tap_mem.calls >= calls, "memory of many comparisons");
#else
    ok(tap_mem.calls <= calls + 1, "memory of many comparisons");
#endif

    tap_free();
}


static void
test_order(void)
{
    int         rc, cmp;
    size_t      i;
    scim_str_t  a, b;

    static const struct {
        const char  *a;
        const char  *b;
        int          want;           /* 2: none */
    } numbers[] = {
        { "0", "-0", 0 }, { "0", "0.00", 0 }, { "0e5", "0", 0 },
        { "1", "0", 1 }, { "-1", "0", -1 }, { "0", "1", -1 },
        { "0", "-1", 1 }, { "1", "-1", 1 }, { "-1", "1", -1 },
        { "10", "9", 1 }, { "-10", "-9", -1 }, { "0.1", "0.09", 1 },
        { "100", "1e2", 0 }, { "100", "1E+2", 0 }, { "0.01", "1e-2", 0 },
        { "12.5", "125e-1", 0 }, { "12.5", "12.50", 0 },
        { "12.5", "12.51", -1 }, { "123456789012345678",
          "123456789012345679", -1 }, { "1e0001", "10", 0 },
        { "1e9999", "1", 1 }, { "1e-9999", "1", -1 },
        { "0.000123", "1.23e-4", 0 }, { "1.", "1", 0 },
        { "1e10000", "1", 2 }, { "", "1", 2 }, { "x", "1", 2 },
        { "1x", "1", 2 }, { "1.2.3", "1", 2 }, { "1e", "1", 2 },
        { "1e+", "1", 2 }, { "-", "1", 2 }, { "1", "1e1x", 2 }
    };

    static const struct {
        const char  *a;
        const char  *b;
        int          want;
    } dates[] = {
        { "2024-01-01T00:00:00Z", "2024-01-01T00:00:00", 0 },
        { "2024-01-01T00:00:00Z", "2024-01-01T00:00:01Z", -1 },
        { "2024-03-01T00:00:00Z", "2024-02-29T23:59:59Z", 1 },
        { "2023-03-01T00:00:00+00:30", "2023-02-28T23:30:00Z", 0 },
        { "2024-12-31T23:00:00-01:00", "2025-01-01T00:00:00Z", 0 },
        { "2000-03-01T00:00:00Z", "2000-02-29T24:00:00Z", 0 },
        { "1900-03-01T00:00:00Z", "1900-02-28T24:00:00Z", 0 },
        { "2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.10Z", 0 },
        { "2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.09Z", 1 },
        { "2024-01-01T00:00:00.000001Z", "2024-01-01T00:00:00Z", 1 },
        { "2024-01-01T00:00:00+14:00", "2023-12-31T10:00:00Z", 0 },
        { "2024-01-01T00:00:60Z", "2024-01-01T00:01:00Z", 0 },
        { "2024-01-01", "2024-01-01T00:00:00Z", 2 },
        { "2024-01-01 00:00:00Z", "2024-01-01T00:00:00Z", 2 },
        { "2024-01-01T00:00:00+1", "2024-01-01T00:00:00Z", 2 },
        { "2024-01-01T00:00:00Zx", "2024-01-01T00:00:00Z", 2 },
        { "2024-01-01T00:00:00+01x00", "2024-01-01T00:00:00Z", 2 },
        { "x024-01-01T00:00:00Z", "2024-01-01T00:00:00Z", 2 }
    };

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        a = tap_str(numbers[i].a);
        b = tap_str(numbers[i].b);
        rc = scim_match_numbers(&a, &b, &cmp);

        is(rc == SCIM_OK ? cmp : 2, numbers[i].want, "%s and %s",
           numbers[i].a, numbers[i].b);
    }

    for (i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        a = tap_str(dates[i].a);
        b = tap_str(dates[i].b);
        rc = scim_match_dates(&a, &b, &cmp);

        is(rc == SCIM_OK ? cmp : 2, dates[i].want, "%s and %s", dates[i].a,
           dates[i].b);
    }

    tap_free();
}


/* what other types alone have: no value path holds it, whole filters do */

static void
test_absent(void)
{
    scim_json_t    null, text, element;
    scim_filter_t  f;

    memset(&f, 0, sizeof(scim_filter_t));
    memset(&null, 0, sizeof(scim_json_t));
    memset(&text, 0, sizeof(scim_json_t));
    memset(&element, 0, sizeof(scim_json_t));

    text.type = SCIM_JSON_STRING;
    element.type = SCIM_JSON_OBJECT;
    f.op = SCIM_FILTER_ABSENT;

    f.was = SCIM_FILTER_EQ;
    f.value = &text;
    is(scim_match(tap_arena(), &f, &element, &err), 0, "eq");

    f.value = &null;
    is(scim_match(tap_arena(), &f, &element, &err), 1, "eq null");

    f.was = SCIM_FILTER_NE;
    is(scim_match(tap_arena(), &f, &element, &err), 0, "ne null");

    f.value = &text;
    is(scim_match(tap_arena(), &f, &element, &err), 1, "ne");

    f.was = SCIM_FILTER_PR;
    f.value = NULL;
    is(scim_match(tap_arena(), &f, &element, &err), 0, "pr");

    f.op = SCIM_FILTER_VALUE;
    is(scim_match(tap_arena(), &f, &element, &err), 0, "a value path");

    tap_free();
}


int
main(void)
{
    test_cases(&items, cases, sizeof(cases) / sizeof(cases[0]));
    test_cases(&words, simple, sizeof(simple) / sizeof(simple[0]));
    test_memory();
    test_order();
    test_absent();

    return done_testing();
}
