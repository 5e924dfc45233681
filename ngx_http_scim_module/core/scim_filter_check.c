
/*
 * What attribute types allow in a filter: operators and literals.  Called by
 * scim_filter.c for each comparison.
 *
 * An operator that a type forbids is an error, never a comparison that is
 * false: booleans and binaries know eq and ne only, numbers and dates no
 * substrings.
 */


#include "scim_filter_check.h"


#define SCIM_FILTER_FRACTION  9      /* digits of a second's fraction */


typedef struct {
    char           name[3];
    scim_filter_e  op;
} scim_filter_op_t;


static int scim_filter_check_literal(scim_arena_t *arena,
    scim_filter_t *node, size_t pos, scim_error_t *err);
static int scim_filter_date(scim_arena_t *arena, scim_filter_t *node,
    size_t pos, scim_error_t *err);
static int scim_filter_date_valid(const scim_str_t *s, int *zone);
static int scim_filter_zone_valid(const scim_str_t *s);
static int scim_filter_2digits(const unsigned char *p, int min, int max,
    int *n);


/* in the order of scim_filter_e */

static const scim_filter_op_t  scim_filter_ops[] = {
    { "pr", SCIM_FILTER_PR },
    { "eq", SCIM_FILTER_EQ },
    { "ne", SCIM_FILTER_NE },
    { "co", SCIM_FILTER_CO },
    { "sw", SCIM_FILTER_SW },
    { "ew", SCIM_FILTER_EW },
    { "gt", SCIM_FILTER_GT },
    { "ge", SCIM_FILTER_GE },
    { "lt", SCIM_FILTER_LT },
    { "le", SCIM_FILTER_LE }
};


int
scim_filter_operator(const scim_str_t *name, scim_filter_e *op)
{
    size_t  i;

    for (i = 0; i < sizeof(scim_filter_ops) / sizeof(scim_filter_ops[0]); i++)
    {
        if (scim_str_is(name, scim_filter_ops[i].name)) {
            *op = scim_filter_ops[i].op;
            return SCIM_OK;
        }
    }

    return SCIM_ERROR;
}


int
scim_filter_check(scim_arena_t *arena, scim_filter_t *node, size_t pos,
    scim_error_t *err)
{
    int  equality, substring, allowed;

    equality = (node->op == SCIM_FILTER_EQ || node->op == SCIM_FILTER_NE);
    substring = (node->op == SCIM_FILTER_CO || node->op == SCIM_FILTER_SW
                 || node->op == SCIM_FILTER_EW);

    switch (scim_path_target(&node->path)->type) {

    case SCIM_ATTR_BOOLEAN:
    case SCIM_ATTR_BINARY:
        allowed = equality;
        break;

    case SCIM_ATTR_DECIMAL:
    case SCIM_ATTR_INTEGER:
    case SCIM_ATTR_DATETIME:
        allowed = !substring;
        break;

    default:
        allowed = 1;
    }

    if (!allowed) {
        return scim_error(err, 400, SCIM_INVALID_FILTER,
                          "the type of %S does not allow the operator %s",
                          &node->path.text,
                          scim_filter_ops[node->op - SCIM_FILTER_PR].name);
    }

    if (node->value->type != SCIM_JSON_NULL) {
        return scim_filter_check_literal(arena, node, pos, err);
    }

    if (!equality) {
        return scim_error(err, 400, SCIM_INVALID_FILTER,
                          "null at offset %z of the filter can be compared by "
                          "eq and ne only", pos);
    }

    return SCIM_OK;
}


static int
scim_filter_check_literal(scim_arena_t *arena, scim_filter_t *node, size_t pos,
    scim_error_t *err)
{
    const char   *needs;
    scim_json_t  *value;

    value = node->value;

    switch (scim_path_target(&node->path)->type) {

    case SCIM_ATTR_BOOLEAN:

        if (value->type == SCIM_JSON_BOOLEAN) {
            return SCIM_OK;
        }

        if (value->type == SCIM_JSON_STRING
            && (scim_str_is(&value->str, "true")
                || scim_str_is(&value->str, "false")))
        {
            node->value = scim_json_new_boolean(arena,
                                                value->str.len == 4);

            return node->value ? SCIM_OK : scim_error_nomem(err);
        }

        needs = "true or false";
        break;

    case SCIM_ATTR_DECIMAL:

        if (value->type == SCIM_JSON_NUMBER) {
            return SCIM_OK;
        }

        needs = "a number";
        break;

    case SCIM_ATTR_INTEGER:

        if (value->type == SCIM_JSON_NUMBER
            && !memchr(value->str.data, '.', value->str.len)
            && !memchr(value->str.data, 'e', value->str.len)
            && !memchr(value->str.data, 'E', value->str.len))
        {
            return SCIM_OK;
        }

        needs = "an integer";
        break;

    case SCIM_ATTR_DATETIME:
        return scim_filter_date(arena, node, pos, err);

    default:

        if (value->type == SCIM_JSON_STRING) {
            return SCIM_OK;
        }

        needs = "a string in double quotes";
    }

    return scim_error(err, 400, SCIM_INVALID_FILTER,
                      "%S is compared with %s, and the value at offset %z of "
                      "the filter is none", &node->path.text, needs,
                      pos);
}


static int
scim_filter_date(scim_arena_t *arena, scim_filter_t *node, size_t pos,
    scim_error_t *err)
{
    int             zone;
    scim_str_t     *s;
    unsigned char  *text;

    s = &node->value->str;

    if (node->value->type != SCIM_JSON_STRING
        || !scim_filter_date_valid(s, &zone))
    {
        return scim_error(err, 400, SCIM_INVALID_FILTER,
                          "%S is compared with a date and time such as "
                          "\"2024-02-29T13:00:00Z\", and the value at offset "
                          "%z of the filter is none", &node->path.text,
                          pos);
    }

    if (zone) {
        return SCIM_OK;
    }

    text = scim_alloc_bytes(arena, s->len + 1);
    if (text == NULL) {
        return scim_error_nomem(err);
    }

    memcpy(text, s->data, s->len);
    text[s->len++] = 'Z';
    s->data = text;

    return SCIM_OK;
}


/* xsd:dateTime with a year of four digits (RFC 7643 section 2.3.5) */

static int
scim_filter_date_valid(const scim_str_t *s, int *zone)
{
    int                   century, year, month, day, last, leap, n;
    size_t                i, start;
    scim_str_t            rest;
    const unsigned char  *d;

    static const int  days[] = { 31, 28, 31, 30, 31, 30,
                                 31, 31, 30, 31, 30, 31 };

    d = s->data;

    if (s->len < sizeof("2024-02-29T13:00:00") - 1
        || d[4] != '-' || d[7] != '-' || d[10] != 'T'
        || d[13] != ':' || d[16] != ':'
        || !scim_filter_2digits(d, 0, 99, &century)
        || !scim_filter_2digits(d + 2, century ? 0 : 1, 99, &year)
        || !scim_filter_2digits(d + 5, 1, 12, &month)
        || !scim_filter_2digits(d + 8, 1, 31, &day)
        || !scim_filter_2digits(d + 11, 0, 23, &n)
        || !scim_filter_2digits(d + 14, 0, 59, &n)
        || !scim_filter_2digits(d + 17, 0, 59, &n))
    {
        return 0;
    }

    leap = (year ? year % 4 == 0 : century % 4 == 0);
    last = days[month - 1] + (month == 2 && leap);

    if (day > last) {
        return 0;
    }

    i = sizeof("2024-02-29T13:00:00") - 1;

    if (i < s->len && d[i] == '.') {
        start = ++i;

        while (i < s->len && d[i] >= '0' && d[i] <= '9') {
            i++;
        }

        if (i == start || i - start > SCIM_FILTER_FRACTION) {
            return 0;
        }
    }

    rest.data = s->data + i;
    rest.len = s->len - i;

    *zone = (rest.len != 0);

    return rest.len == 0 || scim_filter_zone_valid(&rest);
}


static int
scim_filter_zone_valid(const scim_str_t *s)
{
    int  hours, minutes;

    if (s->len == 1) {
        return s->data[0] == 'Z';
    }

    return s->len == sizeof("+01:00") - 1
           && (s->data[0] == '+' || s->data[0] == '-')
           && s->data[3] == ':'
           && scim_filter_2digits(s->data + 1, 0, 14, &hours)
           && scim_filter_2digits(s->data + 4, 0, hours == 14 ? 0 : 59,
                                  &minutes);
}


static int
scim_filter_2digits(const unsigned char *p, int min, int max, int *n)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9') {
        return 0;
    }

    *n = (p[0] - '0') * 10 + p[1] - '0';

    return *n >= min && *n <= max;
}
