
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


static void
print_search(char *line)
{
    char                         *name, *tenant, *types, *options, *filter;
    char                         *type;
    size_t                        i, n;
    scim_str_t                    args;
    scim_buf_t                    body;
    scim_json_t                  *json;
    scim_error_t                  err;
    scim_arena_t                  arena;
    scim_query_t                  query;
    const char                   *value;
    scim_query_limits_t           limits;
    scim_resource_type_t          rtypes[2];
    ngx_scim_store_sql_t         *s;
    ngx_scim_store_page_t         page;
    const scim_registry_t        *registry;

    name = field(&line);
    tenant = field(&line);
    types = field(&line);
    options = field(&line);
    filter = field(&line);

    registry = scim_registry_builtin();
    scim_arena_init(&arena, allocate, NULL);
    memset(&page, 0, sizeof(page));

    n = 0;

    for (type = strtok(types, ","); type; type = strtok(NULL, ",")) {
        for (i = 0; i < registry->ntypes; i++) {
            if (n < 2 && scim_str_is(&registry->types[i].name, type)) {
                rtypes[n++] = registry->types[i];
            }
        }
    }

    scim_buf_init(&body, &arena, 256);
    scim_buf_lit(&body, "{\"count\":100");

    if (*filter) {
        args = string(filter);
        scim_buf_lit(&body, ",\"filter\":");
        scim_json_write_string(&body, &args);
    }

    value = option(options, "sort=");

    if (value) {
        args = string(value);
        scim_buf_lit(&body, ",\"sortBy\":");
        scim_json_write_string(&body, &args);
    }

    scim_buf_lit(&body, "}");

    args.len = body.len;
    args.data = body.data;

    limits.results = 1000;
    limits.filter_depth = 40;
    limits.filter_length = 65536;

    if (scim_json_parse(&arena, NULL, &args, &json, &err) != SCIM_OK
        || scim_query_search(&arena, rtypes, n, json, &limits, &query, &err)
           != SCIM_OK)
    {
        fail(name, err.detail);
    }

    page.tenant = string(tenant);
    page.base = string("https://example.com/scim/v2");
    page.views = query.views;
    page.nviews = query.nviews;
    page.count = 100;
    page.total = -1;
    page.descending = strstr(options, "desc") != NULL;
    page.groups = strstr(options, "groups") != NULL;
    page.cursor = strstr(options, "cursor") != NULL;
    page.first = page.cursor && !strstr(options, "id=");
    page.after_key = string(option(options, "key="));
    page.after_id = string(option(options, "id="));

    value = option(options, "start=");
    page.start = value ? atoll(value) : 0;

    value = option(options, "count=");
    page.count = value ? atoll(value) : 100;

    value = option(options, "total=");
    page.total = value ? atoll(value) : -1;

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
