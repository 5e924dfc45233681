
/*
 * From the parameters of a query, as text, to what they mean for each resource
 * type.  Called by scim_query.c and scim_query_search.c.
 *
 * What RFC 7644 leaves open is decided so:
 *
 *   - Without "count" a page is as large as the limit allows.
 *   - "sortBy" has to lead to a value: an attribute that no type knows, one
 *     that is never returned, a complex one without "value", a whole schema
 *     and brackets are 400 invalidPath.  Table 9 of RFC 7644 names that for
 *     PATCH only, but of its words no other says what is wrong.
 */


#include "scim_query_param.h"


typedef struct {
    scim_arena_t                *arena;
    const scim_resource_type_t  *types;
    size_t                       n;
    const scim_query_params_t   *params;
    const scim_query_limits_t   *limits;
    scim_query_t                *query;
    scim_error_t                *err;
} scim_query_maker_t;


static int scim_query_views(scim_query_maker_t *m);
static int scim_query_select(scim_query_maker_t *m,
    const scim_resource_type_t *rtype, scim_select_t *select,
    const scim_str_t *value);
static size_t scim_query_select_max(const scim_resource_type_t *rtype);
static size_t scim_query_schema_size(const scim_schema_t *schema);
static int scim_query_selected(const scim_select_t *select,
    const scim_path_t *path);
static int scim_query_sort(scim_query_maker_t *m, scim_str_t *value);
static int scim_query_sort_path(scim_query_maker_t *m, scim_path_t *path);
static int scim_query_paging(scim_query_maker_t *m);
static int scim_query_number(scim_query_maker_t *m, scim_query_e param,
    scim_type_e type, int64_t *number);
static int scim_query_order(scim_query_maker_t *m, const scim_str_t *value);
static void scim_query_trim(scim_str_t *s);


/* in the order of scim_query_e */

static const char *const  scim_query_names[] = {
    "filter",
    "attributes",
    "excludedAttributes",
    "startIndex",
    "count",
    "sortBy",
    "sortOrder",
    "cursor"
};


scim_query_e
scim_query_param(const scim_str_t *name)
{
    size_t  i;

    for (i = 0; i < SCIM_QUERY_UNKNOWN; i++) {
        if (scim_str_is(name, scim_query_names[i])) {
            break;
        }
    }

    return (scim_query_e) i;
}


const char *
scim_query_param_name(scim_query_e param)
{
    return scim_query_names[param];
}


void
scim_query_init(scim_query_t *query, const scim_query_limits_t *limits)
{
    memset(query, 0, sizeof(scim_query_t));

    query->start_index = 1;
    query->count = limits->results;
}


int
scim_query_make(scim_arena_t *arena, const scim_resource_type_t *types,
    size_t n, const scim_query_params_t *params,
    const scim_query_limits_t *limits, scim_query_t *query, scim_error_t *err)
{
    scim_str_t          sort_by;
    scim_query_maker_t  m;

    scim_query_init(query, limits);

    m.arena = arena;
    m.types = types;
    m.n = n;
    m.params = params;
    m.limits = limits;
    m.query = query;
    m.err = err;

    if (params->values[SCIM_QUERY_ATTRIBUTES].data
        && params->values[SCIM_QUERY_EXCLUDED].data)
    {
        return scim_error(err, 400, SCIM_INVALID_VALUE,
                          "attributes and excludedAttributes exclude each "
                          "other");
    }

    sort_by = params->values[SCIM_QUERY_SORT_BY];

    if (scim_query_paging(&m) != SCIM_OK
        || scim_query_views(&m) != SCIM_OK
        || scim_query_sort(&m, &sort_by) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_query_order(&m, &params->values[SCIM_QUERY_SORT_ORDER]);
}


static int
scim_query_views(scim_query_maker_t *m)
{
    size_t             i;
    scim_view_t       *view;
    const scim_str_t  *values;

    values = m->params->values;

    m->query->views = scim_calloc(m->arena, m->n * sizeof(scim_view_t));
    if (m->query->views == NULL) {
        return scim_error_nomem(m->err);
    }

    m->query->nviews = m->n;

    if (values[SCIM_QUERY_FILTER].data) {
        m->query->has_filter = 1;
        m->query->filter = values[SCIM_QUERY_FILTER];
    }

    for (i = 0; i < m->n; i++) {
        view = &m->query->views[i];
        view->rtype = &m->types[i];

        if (scim_query_select(m, view->rtype, &view->attributes,
                              &values[SCIM_QUERY_ATTRIBUTES])
            != SCIM_OK
            || scim_query_select(m, view->rtype, &view->excluded,
                                 &values[SCIM_QUERY_EXCLUDED])
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        if (m->query->has_filter
            && scim_filter_parse(m->arena, view->rtype, m->types,
                                 m->n > 1 ? m->n : 0, &m->query->filter,
                                 m->limits->filter_depth,
                                 m->limits->filter_length, &view->filter,
                                 m->err)
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


/* each attribute once, however often it is named */

static int
scim_query_select(scim_query_maker_t *m, const scim_resource_type_t *rtype,
    scim_select_t *select, const scim_str_t *value)
{
    int          rc;
    size_t       i, n, max, start;
    scim_str_t   name;
    scim_path_t  path;

    if (value->data == NULL) {
        return SCIM_OK;
    }

    n = 1;

    for (i = 0; i < value->len; i++) {
        n += (value->data[i] == ',');
    }

    max = scim_query_select_max(rtype);

    select->given = 1;
    select->paths = scim_alloc(m->arena,
                               (n < max ? n : max) * sizeof(scim_path_t));

    if (select->paths == NULL) {
        return scim_error_nomem(m->err);
    }

    start = 0;

    for (i = 0; i <= value->len; i++) {
        if (i < value->len && value->data[i] != ',') {
            continue;
        }

        name.data = value->data + start;
        name.len = i - start;
        start = i + 1;

        scim_query_trim(&name);

        rc = name.len ? scim_path_resolve(rtype, &name, &path,
                                          SCIM_INVALID_VALUE, m->err)
                      : SCIM_DECLINED;

        if (rc == SCIM_ERROR) {
            return SCIM_ERROR;
        }

        if (rc == SCIM_OK && !scim_query_selected(select, &path)) {
            select->paths[select->n++] = path;
        }
    }

    return SCIM_OK;
}


/* how many paths the type has: no selection is longer */

static size_t
scim_query_select_max(const scim_resource_type_t *rtype)
{
    size_t  i, n;

    n = scim_query_schema_size(scim_schema_common())
        + scim_query_schema_size(rtype->schema);

    for (i = 0; i < rtype->nextensions; i++) {
        n += scim_query_schema_size(rtype->extensions[i].schema);
    }

    return n;
}


static size_t
scim_query_schema_size(const scim_schema_t *schema)
{
    size_t  i, n;

    n = 1 + schema->nattrs;

    for (i = 0; i < schema->nattrs; i++) {
        n += schema->attrs[i].nsubs;
    }

    return n;
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
scim_query_sort(scim_query_maker_t *m, scim_str_t *value)
{
    int           rc, known;
    size_t        i;
    scim_path_t  *path;

    scim_query_trim(value);

    if (value->len == 0) {
        return SCIM_OK;
    }

    m->query->sort_by = *value;

    known = 0;

    for (i = 0; i < m->n; i++) {
        path = &m->query->views[i].sort;

        rc = scim_path_resolve(&m->types[i], value, path, SCIM_INVALID_PATH,
                               m->err);

        if (rc == SCIM_ERROR) {
            return scim_error(m->err, 400, SCIM_INVALID_PATH,
                              "the attribute in sortBy is malformed");
        }

        if (rc == SCIM_DECLINED) {
            memset(path, 0, sizeof(scim_path_t));
            continue;
        }

        if (scim_query_sort_path(m, path) != SCIM_OK) {
            return SCIM_ERROR;
        }

        known = 1;
    }

    if (!known) {
        return scim_error(m->err, 400, SCIM_INVALID_PATH,
                          "the attribute %S in sortBy is unknown", value);
    }

    return SCIM_OK;
}


static int
scim_query_sort_path(scim_query_maker_t *m, scim_path_t *path)
{
    static const scim_str_t  value = scim_string("value");

    if (path->attr == NULL) {
        return scim_error(m->err, 400, SCIM_INVALID_PATH,
                          "%S in sortBy is a schema and not an attribute",
                          &path->text);
    }

    if (scim_path_target(path)->type == SCIM_ATTR_COMPLEX) {
        path->sub = path->sub ? NULL : scim_attr_sub(path->attr, &value);

        if (path->sub == NULL) {
            return scim_error(m->err, 400, SCIM_INVALID_PATH,
                              "%S is complex, sortBy has to name one of its "
                              "sub-attributes", &path->text);
        }
    }

    if (path->attr->returned == SCIM_RETURNED_NEVER
        || scim_path_target(path)->returned == SCIM_RETURNED_NEVER)
    {
        return scim_error(m->err, 400, SCIM_INVALID_PATH,
                          "the attribute %S is never returned and cannot be "
                          "used in sortBy", &path->text);
    }

    return SCIM_OK;
}


static int
scim_query_paging(scim_query_maker_t *m)
{
    scim_type_e        type;
    scim_query_t      *query;
    const scim_str_t  *cursor;

    query = m->query;
    cursor = &m->params->values[SCIM_QUERY_CURSOR];
    type = SCIM_INVALID_VALUE;

    if (cursor->data) {
        type = SCIM_INVALID_COUNT;
        query->cursor = *cursor;

        if (m->params->values[SCIM_QUERY_START_INDEX].data) {
            return scim_error(m->err, 400, SCIM_INVALID_VALUE,
                              "cursor and startIndex exclude each other");
        }
    }

    if (scim_query_number(m, SCIM_QUERY_START_INDEX, SCIM_INVALID_VALUE,
                          &query->start_index)
        != SCIM_OK
        || scim_query_number(m, SCIM_QUERY_COUNT, type, &query->count)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (query->start_index < 1) {
        query->start_index = 1;
    }

    if (query->count < 0) {
        query->count = 0;

    } else if ((uint64_t) query->count > m->limits->results) {
        query->count = m->limits->results;
    }

    return SCIM_OK;
}


/* *number stays as it is when the parameter is absent */

static int
scim_query_number(scim_query_maker_t *m, scim_query_e param, scim_type_e type,
    int64_t *number)
{
    int         digit, minus;
    size_t      i;
    int64_t     n;
    scim_str_t  s;

    s = m->params->values[param];

    if (s.data == NULL) {
        return SCIM_OK;
    }

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

    return scim_error(m->err, 400, type,
                      "the query parameter %s is not an integer",
                      scim_query_names[param]);
}


static int
scim_query_order(scim_query_maker_t *m, const scim_str_t *value)
{
    scim_str_t  s;

    if (value->data == NULL) {
        return SCIM_OK;
    }

    s = *value;
    scim_query_trim(&s);

    if (scim_str_is(&s, "descending")) {
        m->query->descending = 1;
        return SCIM_OK;
    }

    if (scim_str_is(&s, "ascending")) {
        return SCIM_OK;
    }

    return scim_error(m->err, 400, SCIM_INVALID_VALUE,
                      "the query parameter sortOrder is neither ascending nor "
                      "descending");
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
