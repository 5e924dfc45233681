
/*
 * From a raw query string to a query.  Called by the read operations of http/;
 * what the parameters mean is in scim_query_param.c.
 *
 * What RFC 7644 leaves open is decided so:
 *
 *   - A known parameter that is given twice is 400 invalidValue; proxies and
 *     servers differ in which one they take.
 *   - A parameter with an empty value counts as absent, but for "cursor",
 *     where it asks for the first page, and "filter": an empty filter is 400
 *     invalidFilter.
 *   - Values of unknown parameters are not looked at, not even decoded.
 *   - Of a name such as "?filter" or "flag?filter" the part behind the last
 *     "?" counts: clients append their query to URLs that have one already.
 *   - Malformed percent-encoding, bytes that are not UTF-8 and U+0000 are 400
 *     invalidValue.
 */


#include "scim_query_param.h"
#include "scim_utf8.h"


typedef struct {
    scim_query_params_t   params;
    scim_query_t         *query;
    unsigned char        *last;         /* room for decoded text */
    unsigned              decode:1;     /* values too */
    scim_error_t         *err;
} scim_query_parser_t;


static int scim_query_pair(scim_query_parser_t *p, scim_str_t *name,
    scim_str_t *value);
static int scim_query_decode(scim_query_parser_t *p, scim_str_t *s);
static int scim_query_hex(unsigned char c);
static void scim_query_last_name(scim_str_t *name);
static int scim_query_split(scim_str_t *rest, unsigned char c,
    scim_str_t *part);


int
scim_query_parse(scim_arena_t *arena, const scim_resource_type_t *types,
    size_t n, const scim_str_t *args, const scim_query_limits_t *limits,
    scim_query_t *query, scim_error_t *err)
{
    scim_str_t           rest, name, value;
    scim_query_parser_t  p;

    memset(&p.params, 0, sizeof(scim_query_params_t));
    scim_query_init(query, limits);

    p.query = query;
    p.decode = (n != 0);
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

    if (n == 0) {
        return SCIM_OK;
    }

    return scim_query_make(arena, types, n, &p.params, limits, query, err);
}


static int
scim_query_pair(scim_query_parser_t *p, scim_str_t *name, scim_str_t *value)
{
    scim_str_t    *param;
    scim_query_e   i;

    if (scim_query_decode(p, name) != SCIM_OK) {
        return scim_error(p->err, 400, SCIM_INVALID_VALUE,
                          "the name of a query parameter is not valid "
                          "percent-encoded UTF-8");
    }

    scim_query_last_name(name);
    i = scim_query_param(name);

    if (i == SCIM_QUERY_UNKNOWN) {
        return SCIM_OK;
    }

    if (i == SCIM_QUERY_FILTER) {
        p->query->has_filter = 1;

    } else if (value->len == 0 && i != SCIM_QUERY_CURSOR) {
        return SCIM_OK;
    }

    if (!p->decode) {
        return SCIM_OK;
    }

    param = &p->params.values[i];

    if (param->data) {
        return scim_error(p->err, 400, SCIM_INVALID_VALUE,
                          "the query parameter %s is given twice",
                          scim_query_param_name(i));
    }

    if (scim_query_decode(p, value) != SCIM_OK) {
        return scim_error(p->err, 400, SCIM_INVALID_VALUE,
                          "the value of the query parameter %s is not valid "
                          "percent-encoded UTF-8", scim_query_param_name(i));
    }

    *param = *value;

    return SCIM_OK;
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


static void
scim_query_last_name(scim_str_t *name)
{
    size_t  i;

    for (i = name->len; i && name->data[i - 1] != '?'; i--) { /* void */ }

    name->data += i;
    name->len -= i;
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
