
/*
 * From a raw query string to a query.  Called by the read operations of http/.
 *
 * What RFC 7644 leaves open is decided so:
 *
 *   - A known parameter that is given twice is 400 invalidValue; proxies and
 *     servers differ in which one they take.
 *   - A parameter with an empty value counts as absent, but for "filter": an
 *     empty filter is 400 invalidFilter.
 *   - Values of unknown parameters are not looked at, not even decoded.
 *   - Of a name such as "?filter" or "flag?filter" the part behind the last
 *     "?" counts: clients append their query to URLs that have one already.
 *   - Malformed percent-encoding, bytes that are not UTF-8 and U+0000 are 400
 *     invalidValue.
 *   - Without "count" a page is as large as the limit allows.
 *   - "sortBy" is kept as text, whether the type knows it or not.
 */


#include "scim_query.h"
#include "scim_utf8.h"


typedef enum {
    SCIM_QUERY_FILTER = 0,
    SCIM_QUERY_ATTRIBUTES,
    SCIM_QUERY_EXCLUDED,
    SCIM_QUERY_START_INDEX,
    SCIM_QUERY_COUNT,
    SCIM_QUERY_SORT_BY,
    SCIM_QUERY_SORT_ORDER,
    SCIM_QUERY_UNKNOWN
} scim_query_e;


typedef struct {
    scim_arena_t                *arena;
    const scim_resource_type_t  *rtype;
    const scim_query_limits_t   *limits;
    scim_query_t                *query;
    unsigned char               *last;     /* room for decoded text */
    unsigned                     seen;     /* bit mask of scim_query_e */
    scim_error_t                *err;
} scim_query_parser_t;


static int scim_query_pair(scim_query_parser_t *p, scim_str_t *name,
    scim_str_t *value);
static int scim_query_decode(scim_query_parser_t *p, scim_str_t *s);
static int scim_query_hex(unsigned char c);
static scim_query_e scim_query_name(const scim_str_t *name);
static int scim_query_set(scim_query_parser_t *p, scim_query_e param,
    scim_str_t *value);
static int scim_query_select(scim_query_parser_t *p, scim_select_t *select,
    const scim_str_t *value);
static int scim_query_selected(const scim_select_t *select,
    const scim_path_t *path);
static int scim_query_number(scim_query_parser_t *p, scim_query_e param,
    const scim_str_t *value, int64_t *number);
static int scim_query_order(scim_query_parser_t *p, const scim_str_t *value);
static int scim_query_split(scim_str_t *rest, unsigned char c,
    scim_str_t *part);
static void scim_query_trim(scim_str_t *s);


/* in the order of scim_query_e */

static const char *const  scim_query_names[] = {
    "filter",
    "attributes",
    "excludedAttributes",
    "startIndex",
    "count",
    "sortBy",
    "sortOrder"
};


int
scim_query_parse(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_str_t *args, const scim_query_limits_t *limits,
    scim_query_t *query, scim_error_t *err)
{
    scim_str_t           rest, name, value;
    scim_query_parser_t  p;

    memset(query, 0, sizeof(scim_query_t));

    query->start_index = 1;
    query->count = limits->results;

    if (args->len == 0) {
        return SCIM_OK;
    }

    p.arena = arena;
    p.rtype = rtype;
    p.limits = limits;
    p.query = query;
    p.seen = 0;
    p.err = err;

    p.last = scim_alloc_bytes(arena, args->len);
    if (p.last == NULL) {
        return scim_error_nomem(err);
    }

    rest = *args;

    while (scim_query_split(&rest, '&', &value)) {
        (void) scim_query_split(&value, '=', &name);

        if (scim_query_pair(&p, &name, &value) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    if (query->attributes.given && query->excluded.given) {
        return scim_error(err, 400, SCIM_INVALID_VALUE,
                          "attributes and excludedAttributes exclude each "
                          "other");
    }

    return SCIM_OK;
}


static int
scim_query_pair(scim_query_parser_t *p, scim_str_t *name, scim_str_t *value)
{
    scim_query_e  param;

    if (scim_query_decode(p, name) != SCIM_OK) {
        return scim_error(p->err, 400, SCIM_INVALID_VALUE,
                          "the name of a query parameter is not valid "
                          "percent-encoded UTF-8");
    }

    param = scim_query_name(name);

    if (param == SCIM_QUERY_UNKNOWN) {
        return SCIM_OK;
    }

    if (param == SCIM_QUERY_FILTER) {
        p->query->has_filter = 1;

    } else if (value->len == 0) {
        return SCIM_OK;
    }

    if (p->rtype == NULL) {
        return SCIM_OK;
    }

    if (p->seen & (1u << param)) {
        return scim_error(p->err, 400, SCIM_INVALID_VALUE,
                          "the query parameter %s is given twice",
                          scim_query_names[param]);
    }

    p->seen |= 1u << param;

    if (scim_query_decode(p, value) != SCIM_OK) {
        return scim_error(p->err, 400, SCIM_INVALID_VALUE,
                          "the value of the query parameter %s is not valid "
                          "percent-encoded UTF-8", scim_query_names[param]);
    }

    return scim_query_set(p, param, value);
}


/* into p->last, which has room for all: decoded text is never longer */

static int
scim_query_decode(scim_query_parser_t *p, scim_str_t *s)
{
    int             high, low;
    size_t          i;
    unsigned char   c;
    unsigned char  *start;

    start = p->last;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (c == '+') {
            c = ' ';

        } else if (c == '%') {

            if (s->len - i < sizeof("%00") - 1) {
                return SCIM_ERROR;
            }

            high = scim_query_hex(s->data[i + 1]);
            low = scim_query_hex(s->data[i + 2]);

            if (high == -1 || low == -1) {
                return SCIM_ERROR;
            }

            c = high * 16 + low;
            i += 2;
        }

        *p->last++ = c;
    }

    s->data = start;
    s->len = p->last - start;

    return scim_utf8_valid(s) ? SCIM_OK : SCIM_ERROR;
}


static int
scim_query_hex(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return -1;
}


static scim_query_e
scim_query_name(const scim_str_t *name)
{
    size_t      i;
    scim_str_t  part;

    for (i = name->len; i && name->data[i - 1] != '?'; i--) { /* void */ }

    part.data = name->data + i;
    part.len = name->len - i;

    for (i = 0; i < SCIM_QUERY_UNKNOWN; i++) {
        if (scim_str_is(&part, scim_query_names[i])) {
            break;
        }
    }

    return (scim_query_e) i;
}


static int
scim_query_set(scim_query_parser_t *p, scim_query_e param, scim_str_t *value)
{
    scim_query_t  *query;

    query = p->query;

    switch (param) {

    case SCIM_QUERY_FILTER:
        return scim_filter_parse(p->arena, p->rtype, value,
                                 p->limits->filter_depth,
                                 p->limits->filter_length, &query->filter,
                                 p->err);

    case SCIM_QUERY_ATTRIBUTES:
        return scim_query_select(p, &query->attributes, value);

    case SCIM_QUERY_EXCLUDED:
        return scim_query_select(p, &query->excluded, value);

    case SCIM_QUERY_START_INDEX:

        if (scim_query_number(p, param, value, &query->start_index)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        if (query->start_index < 1) {
            query->start_index = 1;
        }

        return SCIM_OK;

    case SCIM_QUERY_COUNT:

        if (scim_query_number(p, param, value, &query->count) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (query->count < 0) {
            query->count = 0;

        } else if ((uint64_t) query->count > p->limits->results) {
            query->count = p->limits->results;
        }

        return SCIM_OK;

    case SCIM_QUERY_SORT_BY:
        scim_query_trim(value);
        query->sort_by = *value;
        return SCIM_OK;

    default: /* SCIM_QUERY_SORT_ORDER */
        return scim_query_order(p, value);
    }
}


/* each attribute once, however often it is named */

static int
scim_query_select(scim_query_parser_t *p, scim_select_t *select,
    const scim_str_t *value)
{
    int           rc;
    size_t        i, n;
    scim_str_t    rest, name;
    scim_path_t  *path;

    n = 1;

    for (i = 0; i < value->len; i++) {
        n += (value->data[i] == ',');
    }

    select->given = 1;
    select->paths = scim_alloc(p->arena, n * sizeof(scim_path_t));

    if (select->paths == NULL) {
        return scim_error_nomem(p->err);
    }

    rest = *value;

    while (scim_query_split(&rest, ',', &name)) {
        scim_query_trim(&name);

        if (name.len == 0) {
            continue;
        }

        path = &select->paths[select->n];

        rc = scim_path_resolve(p->rtype, &name, path, SCIM_INVALID_VALUE,
                               p->err);

        if (rc == SCIM_ERROR) {
            return SCIM_ERROR;
        }

        if (rc == SCIM_OK && !scim_query_selected(select, path)) {
            select->n++;
        }
    }

    return SCIM_OK;
}


static int
scim_query_selected(const scim_select_t *select, const scim_path_t *path)
{
    size_t              i;
    const scim_path_t  *other;

    for (i = 0; i < select->n; i++) {
        other = &select->paths[i];

        if (other->schema == path->schema && other->attr == path->attr
            && other->sub == path->sub)
        {
            return 1;
        }
    }

    return 0;
}


static int
scim_query_number(scim_query_parser_t *p, scim_query_e param,
    const scim_str_t *value, int64_t *number)
{
    int         digit, minus;
    size_t      i;
    int64_t     n;
    scim_str_t  s;

    s = *value;
    scim_query_trim(&s);

    minus = (s.len && s.data[0] == '-');
    i = minus || (s.len && s.data[0] == '+');

    if (i == s.len) {
        goto invalid;
    }

    n = 0;

    for ( /* void */ ; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            goto invalid;
        }

        digit = s.data[i] - '0';

        if (n > (INT64_MAX - digit) / 10) {
            n = INT64_MAX;

        } else {
            n = n * 10 + digit;
        }
    }

    *number = minus ? -n : n;

    return SCIM_OK;

invalid:

    return scim_error(p->err, 400, SCIM_INVALID_VALUE,
                      "the query parameter %s is not an integer",
                      scim_query_names[param]);
}


static int
scim_query_order(scim_query_parser_t *p, const scim_str_t *value)
{
    scim_str_t  s;

    s = *value;
    scim_query_trim(&s);

    if (scim_str_is(&s, "descending")) {
        p->query->descending = 1;
        return SCIM_OK;
    }

    if (scim_str_is(&s, "ascending")) {
        return SCIM_OK;
    }

    return scim_error(p->err, 400, SCIM_INVALID_VALUE,
                      "the query parameter sortOrder is neither ascending nor "
                      "descending");
}


/*
 * Cuts the part before the next "c" off "rest"; 0 when nothing is left.  Of a
 * "rest" without "c" all goes.
 */

static int
scim_query_split(scim_str_t *rest, unsigned char c, scim_str_t *part)
{
    unsigned char  *p;

    if (rest->len == 0) {
        *part = *rest;
        return 0;
    }

    part->data = rest->data;
    p = memchr(rest->data, c, rest->len);

    if (p == NULL) {
        part->len = rest->len;
        rest->data += rest->len;
        rest->len = 0;
        return 1;
    }

    part->len = p - rest->data;
    rest->data += part->len + 1;
    rest->len -= part->len + 1;

    return 1;
}


static void
scim_query_trim(scim_str_t *s)
{
    while (s->len && s->data[0] == ' ') {
        s->data++;
        s->len--;
    }

    while (s->len && s->data[s->len - 1] == ' ') {
        s->len--;
    }
}
