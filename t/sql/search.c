
/*
 * Prints the statements that the module sends for searches, with the values
 * of their parameters, for tests that read plans.  Each line of the standard
 * input is
 *
 *     name | tenant | types | options | filter
 *
 * where options are sort=NAME, desc, groups, start=N, count=N, cursor, and for
 * a page in the middle key=TEXT, id=PLACE, total=N.  For each one the output
 * has "prepare search_name(...) as ..." and a psql variable "name" that holds
 * the "execute".
 */


#include <stdio.h>
#include <stdlib.h>

#include "ngx_scim_store_sql.h"


/* what stands before the next "|", without the spaces around it */

static char *
field(char **line)
{
    char  *begin, *end, *next;

    begin = *line + strspn(*line, " ");
    end = begin + strcspn(begin, "|\n");
    next = *end == '|' ? end + 1 : end;

    while (end > begin && end[-1] == ' ') {
        end--;
    }

    *line = next;
    *end = '\0';

    return begin;
}


static void
fail(const char *name, const char *why)
{
    fprintf(stderr, "%s: %s\n", name, why);
    exit(1);
}


static void *
allocate(void *data, size_t size)
{
    return malloc(size);
}


static scim_str_t
string(const char *text)
{
    scim_str_t  s;

    s.len = text ? strlen(text) : 0;
    s.data = (unsigned char *) text;

    return s;
}


static const char *
option(const char *options, const char *name)
{
    char        *value;
    size_t       len;
    const char  *p;

    p = strstr(options, name);
    if (p == NULL) {
        return NULL;
    }

    p += strlen(name);
    len = strcspn(p, " ");

    value = calloc(1, len + 1);
    memcpy(value, p, len);

    return value;
}


static long long
number(const char *options, const char *name, long long absent)
{
    const char  *value;

    value = option(options, name);

    return value ? atoll(value) : absent;
}


static void
print_text(const scim_str_t *s)
{
    size_t  i;

    if (s->data == NULL) {
        printf("null");
        return;
    }

    putchar('\'');

    for (i = 0; i < s->len; i++) {
        if (s->data[i] == '\'') {
            putchar('\'');
        }

        putchar(s->data[i]);
    }

    putchar('\'');
}


static void
print_statement(const char *name, ngx_scim_store_sql_t *s)
{
    size_t                   i, k;
    ngx_scim_store_value_t  *v;

    static const char  *types[] = { "text", "text[]", "bigint", "boolean" };

    printf("prepare search_%s(", name);

    for (i = 0; i < s->n; i++) {
        printf("%s%s", i ? ", " : "", types[s->values[i].type]);
    }

    printf(") as %s;\nselect $call$execute search_%s(", (char *) s->b.data,
           name);

    for (i = 0; i < s->n; i++) {
        v = &s->values[i];

        if (i) {
            printf(", ");
        }

        switch (v->type) {

        case NGX_SCIM_STORE_VALUE_TEXT:
            print_text(&v->text);
            break;

        case NGX_SCIM_STORE_VALUE_TEXTS:
            printf("array[");

            for (k = 0; k < v->n; k++) {
                printf("%s", k ? ", " : "");
                print_text(&v->list[k]);
            }

            printf("]::text[]");
            break;

        case NGX_SCIM_STORE_VALUE_BOOL:
            printf("%s", v->number ? "true" : "false");
            break;

        default:
            printf("%lld", (long long) v->number);
        }
    }

    printf(")$call$ as \"%s\" \\gset\n", name);
}


/* the types of "names", separated by commas */

static size_t
find_types(char *names, scim_resource_type_t *types)
{
    char                   *name;
    size_t                  i, n;
    const scim_registry_t  *registry;

    registry = scim_registry_builtin();
    n = 0;

    for (name = strtok(names, ","); name; name = strtok(NULL, ",")) {
        for (i = 0; i < registry->ntypes; i++) {
            if (n < 2 && scim_str_is(&registry->types[i].name, name)) {
                types[n++] = registry->types[i];
            }
        }
    }

    return n;
}


/* filter and order, by way of the body of a POST to .search */

static void
parse_query(scim_arena_t *arena, const char *name, const char *filter,
    const char *sort, scim_resource_type_t *types, size_t ntypes,
    scim_query_t *query)
{
    scim_str_t           s;
    scim_buf_t           body;
    scim_json_t         *json;
    scim_error_t         err;
    scim_query_limits_t  limits;

    scim_buf_init(&body, arena, 256);
    scim_buf_lit(&body, "{\"count\":100");

    if (*filter) {
        s = string(filter);
        scim_buf_lit(&body, ",\"filter\":");
        scim_json_write_string(&body, &s);
    }

    if (sort) {
        s = string(sort);
        scim_buf_lit(&body, ",\"sortBy\":");
        scim_json_write_string(&body, &s);
    }

    scim_buf_lit(&body, "}");

    s.len = body.len;
    s.data = body.data;

    limits.results = 1000;
    limits.filter_depth = 40;
    limits.filter_length = 65536;

    if (scim_json_parse(arena, NULL, &s, &json, &err) != SCIM_OK
        || scim_query_search(arena, types, ntypes, json, &limits, query, &err)
           != SCIM_OK)
    {
        fail(name, err.detail);
    }
}


static void
print_search(char *line)
{
    char                   *name, *tenant, *types, *options;
    size_t                  n;
    scim_error_t            err;
    scim_arena_t            arena;
    scim_query_t            query;
    scim_resource_type_t    rtypes[2];
    ngx_scim_store_sql_t   *s;
    ngx_scim_store_page_t   page;

    name = field(&line);
    tenant = field(&line);
    types = field(&line);
    options = field(&line);

    scim_arena_init(&arena, allocate, NULL);

    n = find_types(types, rtypes);
    parse_query(&arena, name, field(&line), option(options, "sort="), rtypes,
                n, &query);

    memset(&page, 0, sizeof(page));

    page.tenant = string(tenant);
    page.base = string("https://example.com/scim/v2");
    page.views = query.views;
    page.nviews = query.nviews;
    page.descending = strstr(options, "desc") != NULL;
    page.groups = strstr(options, "groups") != NULL;
    page.cursor = strstr(options, "cursor") != NULL;
    page.first = page.cursor && !strstr(options, "id=");
    page.after_key = string(option(options, "key="));
    page.after_id = string(option(options, "id="));
    page.start = number(options, "start=", 0);
    page.count = number(options, "count=", 100);
    page.total = number(options, "total=", -1);

    s = scim_calloc(&arena, sizeof(ngx_scim_store_sql_t));
    s->arena = &arena;
    s->err = &err;

    if (ngx_scim_store_statement(s, &page) != SCIM_OK) {
        fail(name, err.detail);
    }

    print_statement(name, s);
}


int
main(void)
{
    char  line[65536];

    while (fgets(line, sizeof(line), stdin)) {
        if (line[0] != '\n' && line[0] != '#') {
            print_search(line);
        }
    }

    return 0;
}
