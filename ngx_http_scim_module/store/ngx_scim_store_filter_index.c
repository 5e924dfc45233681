
/*
 * Which index finds what a filter asks for.  Called by
 * ngx_scim_store_statement.c: when there is one, it drives the statement, and
 * the filter is checked on the rows that it leads to and on no others.
 *
 * Of what "and" joins, the best part drives; of what "or" joins, each part has
 * to.  Conditions that nothing can meet drive best of all.
 */


#include "ngx_scim_store_sql.h"
#include "scim_fold.h"


/* the fewer rows a kind leads to, the smaller */
enum {
    NGX_SCIM_STORE_ROWS_ID = 0,
    NGX_SCIM_STORE_ROWS_NAME,
    NGX_SCIM_STORE_ROWS_EXTERNAL_ID,
    NGX_SCIM_STORE_ROWS_KEY,
    NGX_SCIM_STORE_ROWS_MEMBER,
    NGX_SCIM_STORE_ROWS_PREFIX,
    NGX_SCIM_STORE_ROWS_GROUP
};


static int ngx_scim_store_index_and(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index);
static int ngx_scim_store_index_or(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index);
static int ngx_scim_store_index_merge(ngx_scim_store_sql_t *s,
    ngx_scim_store_index_t *index, const ngx_scim_store_index_t *other);
static int ngx_scim_store_index_leaf(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index);
static int ngx_scim_store_index_rows_leaf(
    const ngx_scim_store_scope_t *scope, const scim_filter_t *filter,
    ngx_scim_store_index_t *index);
static int ngx_scim_store_index_prefix(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index);
static int ngx_scim_store_index_add(ngx_scim_store_sql_t *s,
    ngx_scim_store_index_t *index, unsigned kind, const scim_str_t *key,
    const scim_str_t *end, const scim_str_t *attr);
static int ngx_scim_store_index_push(scim_arena_t *arena,
    ngx_scim_store_source_t *source, const scim_str_t *key,
    const scim_str_t *end);
static int ngx_scim_store_index_id(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index,
    unsigned kind);
static int ngx_scim_store_index_after(scim_arena_t *arena,
    const scim_str_t *prefix, scim_str_t *end);
static size_t ngx_scim_store_index_utf8(unsigned char *p, uint32_t code);
static void ngx_scim_store_index_source(const ngx_scim_store_scope_t *scope,
    const ngx_scim_store_source_t *source);
static void ngx_scim_store_index_column(const ngx_scim_store_scope_t *scope,
    const ngx_scim_store_source_t *source);


int
ngx_scim_store_index(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index)
{
    ngx_scim_store_scope_t  element;

    memset(index, 0, sizeof(ngx_scim_store_index_t));

    switch (filter->op) {

    case SCIM_FILTER_AND:
        return ngx_scim_store_index_and(scope, filter, index);

    case SCIM_FILTER_OR:
        return ngx_scim_store_index_or(scope, filter, index);

    case SCIM_FILTER_NOT:
        return SCIM_OK;

    case SCIM_FILTER_VALUE:
        element = *scope;

        if (!ngx_scim_store_common(&filter->path, "meta")) {
            element.parent = &filter->path;
        }

        return ngx_scim_store_index(&element, filter->left, index);

    case SCIM_FILTER_ABSENT:

        if (filter->was != SCIM_FILTER_NE
            && !(filter->was == SCIM_FILTER_EQ
                 && filter->value->type == SCIM_JSON_NULL))
        {
            index->found = NGX_SCIM_STORE_NO_ROWS;
        }

        return SCIM_OK;

    default:
        return ngx_scim_store_index_leaf(scope, filter, index);
    }
}


static int
ngx_scim_store_index_and(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index)
{
    int                     last;
    ngx_scim_store_index_t  part;

    for ( ;; ) {
        last = (filter->op != SCIM_FILTER_AND);

        if (ngx_scim_store_index(scope, last ? filter : filter->left, &part)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        if (part.found == NGX_SCIM_STORE_NO_ROWS) {
            *index = part;
            return SCIM_OK;
        }

        if (part.found == NGX_SCIM_STORE_INDEX
            && (index->found == NGX_SCIM_STORE_NO_INDEX
                || part.rank < index->rank))
        {
            *index = part;
        }

        if (last) {
            return SCIM_OK;
        }

        filter = filter->right;
    }
}


static int
ngx_scim_store_index_or(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index)
{
    int                     last;
    ngx_scim_store_index_t  part;

    index->found = NGX_SCIM_STORE_NO_ROWS;

    for ( ;; ) {
        last = (filter->op != SCIM_FILTER_OR);

        if (ngx_scim_store_index(scope, last ? filter : filter->left, &part)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        if (part.found == NGX_SCIM_STORE_NO_INDEX
            || part.n + index->n > NGX_SCIM_STORE_DRIVERS)
        {
            memset(index, 0, sizeof(ngx_scim_store_index_t));
            return SCIM_OK;
        }

        if (ngx_scim_store_index_merge(scope->sql, index, &part) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (last) {
            return SCIM_OK;
        }

        filter = filter->right;
    }
}


/* keys of one kind gather in one list, so that their number is not part of
 * the statement's text */

static int
ngx_scim_store_index_merge(ngx_scim_store_sql_t *s,
    ngx_scim_store_index_t *index, const ngx_scim_store_index_t *other)
{
    size_t                          i;
    const ngx_scim_store_source_t  *source;

    for (source = other->sources; source; source = source->next) {
        for (i = 0; i < source->n; i++) {
            if (ngx_scim_store_index_add(s, index, source->kind,
                                         &source->keys[i], &source->ends[i],
                                         &source->attr)
                != SCIM_OK)
            {
                return SCIM_ERROR;
            }
        }
    }

    return SCIM_OK;
}


static int
ngx_scim_store_index_leaf(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index)
{
    scim_str_t             attr, key;
    ngx_scim_store_sql_t  *s = scope->sql;

    if (filter->value == NULL || filter->value->type != SCIM_JSON_STRING) {
        return SCIM_OK;
    }

    if (filter->op == SCIM_FILTER_SW) {
        return ngx_scim_store_index_prefix(scope, filter, index);
    }

    if (filter->op != SCIM_FILTER_EQ) {
        return SCIM_OK;
    }

    key = filter->value->str;

    if (ngx_scim_store_common(&filter->path, "meta")
        && scim_str_is(&filter->path.sub->name, "resourceType")
        && !scim_str_eq(&key, &scope->rtype->name))
    {
        index->found = NGX_SCIM_STORE_NO_ROWS;
        return SCIM_OK;
    }

    if (ngx_scim_store_common(&filter->path, "id")
        || filter->path.attr->source != SCIM_SOURCE_DOC)
    {
        return ngx_scim_store_index_rows_leaf(scope, filter, index);
    }

    if (ngx_scim_store_common(&filter->path, "externalId")) {
        return ngx_scim_store_index_add(s, index,
                                        NGX_SCIM_STORE_ROWS_EXTERNAL_ID, &key,
                                        &key, NULL);
    }

    if (ngx_scim_store_index_attr(scope, &filter->path, &attr) != SCIM_OK) {
        return scim_error_nomem(s->err);
    }

    if (attr.data == NULL && !ngx_scim_store_path_name(scope, &filter->path)) {
        return SCIM_OK;
    }

    if (!scim_path_target(&filter->path)->case_exact
        && scim_fold(s->arena, &key, &key) != SCIM_OK)
    {
        return scim_error_nomem(s->err);
    }

    if (attr.data == NULL) {
        return ngx_scim_store_index_add(s, index, NGX_SCIM_STORE_ROWS_NAME,
                                        &key, &key, NULL);
    }

    return ngx_scim_store_index_add(s, index, NGX_SCIM_STORE_ROWS_KEY, &key,
                                    &key, &attr);
}


static int
ngx_scim_store_index_rows_leaf(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index)
{
    switch (filter->path.attr->source) {

    case SCIM_SOURCE_MEMBERS:

        if (!scim_str_is(&filter->path.sub->name, "value")) {
            return SCIM_OK;
        }

        return ngx_scim_store_index_id(scope, filter, index,
                                       NGX_SCIM_STORE_ROWS_MEMBER);

    case SCIM_SOURCE_GROUPS:

        if (!scim_str_is(&filter->path.sub->name, "value")) {
            return SCIM_OK;
        }

        return ngx_scim_store_index_id(scope, filter, index,
                                       NGX_SCIM_STORE_ROWS_GROUP);

    default:
        return ngx_scim_store_index_id(scope, filter, index,
                                       NGX_SCIM_STORE_ROWS_ID);
    }
}


static int
ngx_scim_store_index_id(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index, unsigned kind)
{
    int                    rc;
    scim_str_t             id;
    ngx_scim_store_sql_t  *s = scope->sql;

    rc = ngx_scim_store_canonical(s->arena, &filter->value->str,
                                  !scim_path_target(&filter->path)->case_exact,
                                  &id);
    if (rc == SCIM_ERROR) {
        return scim_error_nomem(s->err);
    }

    if (rc == SCIM_DECLINED) {
        index->found = NGX_SCIM_STORE_NO_ROWS;
        return SCIM_OK;
    }

    return ngx_scim_store_index_add(s, index, kind, &id, &id, NULL);
}


static int
ngx_scim_store_index_prefix(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter, ngx_scim_store_index_t *index)
{
    int                    rc;
    scim_str_t             key, end;
    ngx_scim_store_sql_t  *s = scope->sql;

    if (!ngx_scim_store_path_name(scope, &filter->path)) {
        return SCIM_OK;
    }

    key = filter->value->str;

    if (!filter->path.attr->case_exact
        && scim_fold(s->arena, &key, &key) != SCIM_OK)
    {
        return scim_error_nomem(s->err);
    }

    rc = ngx_scim_store_index_after(s->arena, &key, &end);

    if (rc != SCIM_OK) {
        return rc == SCIM_ERROR ? scim_error_nomem(s->err) : SCIM_OK;
    }

    return ngx_scim_store_index_add(s, index, NGX_SCIM_STORE_ROWS_PREFIX,
                                    &key, &end, NULL);
}


/* the first string behind all that begin with the prefix: the last of its
 * characters that has a next one is that; bytes of UTF-8 order as characters
 * do */

static int
ngx_scim_store_index_after(scim_arena_t *arena, const scim_str_t *prefix,
    scim_str_t *end)
{
    size_t          len, n;
    uint32_t        code;
    unsigned char  *p;

    p = scim_alloc_bytes(arena, prefix->len + 4);
    if (p == NULL) {
        return SCIM_ERROR;
    }

    if (prefix->len) {
        memcpy(p, prefix->data, prefix->len);
    }

    for (len = prefix->len; len; len -= n) {
        code = 0;

        for (n = 1; n < len && n < 4 && (p[len - n] & 0xc0) == 0x80; n++) {
            code |= (uint32_t) (p[len - n] & 0x3f) << (6 * (n - 1));
        }

        if (n == 1) {
            code = p[len - 1];

        } else {
            code |= (uint32_t) (p[len - n] & (0x7f >> n)) << (6 * (n - 1));
        }

        if (code == 0x10ffff) {
            continue;
        }

        code = (code == 0xd7ff) ? 0xe000 : code + 1;

        end->len = len - n + ngx_scim_store_index_utf8(p + len - n, code);
        end->data = p;

        return SCIM_OK;
    }

    return SCIM_DECLINED;
}


static size_t
ngx_scim_store_index_utf8(unsigned char *p, uint32_t code)
{
    if (code < 0x80) {
        p[0] = (unsigned char) code;
        return 1;
    }

    if (code < 0x800) {
        p[0] = (unsigned char) (0xc0 | code >> 6);
        p[1] = (unsigned char) (0x80 | (code & 0x3f));
        return 2;
    }

    if (code < 0x10000) {
        p[0] = (unsigned char) (0xe0 | code >> 12);
        p[1] = (unsigned char) (0x80 | (code >> 6 & 0x3f));
        p[2] = (unsigned char) (0x80 | (code & 0x3f));
        return 3;
    }

    p[0] = (unsigned char) (0xf0 | code >> 18);
    p[1] = (unsigned char) (0x80 | (code >> 12 & 0x3f));
    p[2] = (unsigned char) (0x80 | (code >> 6 & 0x3f));
    p[3] = (unsigned char) (0x80 | (code & 0x3f));

    return 4;
}


static int
ngx_scim_store_index_add(ngx_scim_store_sql_t *s,
    ngx_scim_store_index_t *index, unsigned kind, const scim_str_t *key,
    const scim_str_t *end, const scim_str_t *attr)
{
    ngx_scim_store_source_t  *source, **last;

    for (last = &index->sources; *last; last = &(*last)->next) {
        source = *last;

        if (source->kind == kind
            && (kind != NGX_SCIM_STORE_ROWS_KEY
                || scim_str_eq(&source->attr, attr)))
        {
            break;
        }
    }

    source = *last;

    if (source == NULL) {
        source = scim_calloc(s->arena, sizeof(ngx_scim_store_source_t));
        if (source == NULL) {
            return scim_error_nomem(s->err);
        }

        *last = source;
        source->kind = kind;

        if (attr) {
            source->attr = *attr;
        }
    }

    if (ngx_scim_store_index_push(s->arena, source, key, end) != SCIM_OK) {
        return scim_error_nomem(s->err);
    }

    index->found = NGX_SCIM_STORE_INDEX;
    index->n++;

    if (index->rank < kind) {
        index->rank = kind;
    }

    return SCIM_OK;
}


/* room for a power of two of keys, doubled when it is full */

static int
ngx_scim_store_index_push(scim_arena_t *arena,
    ngx_scim_store_source_t *source, const scim_str_t *key,
    const scim_str_t *end)
{
    size_t       n;
    scim_str_t  *keys;

    n = source->n;

    if ((n & (n - 1)) == 0) {
        keys = scim_alloc(arena, (n ? 4 * n : 2) * sizeof(scim_str_t));
        if (keys == NULL) {
            return SCIM_ERROR;
        }

        if (n) {
            memcpy(keys, source->keys, n * sizeof(scim_str_t));
            memcpy(keys + 2 * n, source->ends, n * sizeof(scim_str_t));
        }

        source->keys = keys;
        source->ends = keys + (n ? 2 * n : 1);
    }

    source->keys[n] = *key;
    source->ends[n] = *end;
    source->n++;

    return SCIM_OK;
}


/* [URN ":"] attribute ["." sub-attribute], as scim_resource.c writes it */

int
ngx_scim_store_index_attr(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path, scim_str_t *attr)
{
    scim_buf_t          b;
    const scim_attr_t  *target;

    attr->len = 0;
    attr->data = NULL;

    target = scim_path_target(path);

    if ((target->type != SCIM_ATTR_STRING
         && target->type != SCIM_ATTR_REFERENCE)
        || path->schema == scim_schema_common()
        || path->attr->source != SCIM_SOURCE_DOC
        || path->attr == scope->rtype->name_attr
        || (!target->indexed && target->uniqueness == SCIM_UNIQUE_NONE))
    {
        return SCIM_OK;
    }

    scim_buf_init(&b, scope->sql->arena, 64);

    if (path->schema != scope->rtype->schema) {
        scim_buf_str(&b, &path->schema->id);
        scim_buf_char(&b, ':');
    }

    scim_buf_str(&b, &path->attr->name);

    if (path->sub) {
        scim_buf_char(&b, '.');
        scim_buf_str(&b, &path->sub->name);
    }

    attr->len = b.len;
    attr->data = b.data;

    return b.failed ? SCIM_ERROR : SCIM_OK;
}


void
ngx_scim_store_index_rows(const ngx_scim_store_scope_t *scope,
    const ngx_scim_store_index_t *index)
{
    ngx_scim_store_sql_t           *s = scope->sql;
    const ngx_scim_store_source_t  *source;

    if (index->rank > NGX_SCIM_STORE_ROWS_EXTERNAL_ID) {
        s->keyed = 0;
    }

    ngx_scim_store_put(s, "(select distinct d.id from (");

    for (source = index->sources; source; source = source->next) {

        if (source != index->sources) {
            ngx_scim_store_put(s, " union all ");
        }

        ngx_scim_store_index_source(scope, source);
    }

    ngx_scim_store_put(s, ") d)");
}


static void
ngx_scim_store_index_source(const ngx_scim_store_scope_t *scope,
    const ngx_scim_store_source_t *source)
{
    ngx_scim_store_sql_t  *s = scope->sql;

    switch (source->kind) {

    case NGX_SCIM_STORE_ROWS_ID:
        ngx_scim_store_put(s, "select q.id from unnest((select ");
        ngx_scim_store_value_texts(s, source->keys, source->n);
        ngx_scim_store_put(s, "::uuid[])) q(id)");
        break;

    case NGX_SCIM_STORE_ROWS_MEMBER:
        ngx_scim_store_put(s, "select y.id from unnest((select ");
        ngx_scim_store_value_texts(s, source->keys, source->n);
        ngx_scim_store_put(s, "::uuid[])) q(key) cross join lateral ("
                              "select x.group_id as id from scim.member x"
                              " where x.tenant = $1::text and "
                              NGX_SCIM_STORE_AT("x.member_id", "q.key")
                              " order by x.member_id offset 0) y");
        break;

    case NGX_SCIM_STORE_ROWS_GROUP:
        ngx_scim_store_put(s, "select y.id from (with recursive g(id) as ("
                              "select q.id from unnest((select ");
        ngx_scim_store_value_texts(s, source->keys, source->n);
        ngx_scim_store_put(s, "::uuid[])) q(id)");
        ngx_scim_store_path_closure(s);
        ngx_scim_store_put(s, ") y");
        break;

    default:
        ngx_scim_store_index_column(scope, source);
    }
}


/* by a column of text */

static void
ngx_scim_store_index_column(const ngx_scim_store_scope_t *scope,
    const ngx_scim_store_source_t *source)
{
    ngx_scim_store_sql_t  *s = scope->sql;

    ngx_scim_store_put(s, "select y.id from unnest((select ");
    ngx_scim_store_value_texts(s, source->keys, source->n);

    if (source->kind == NGX_SCIM_STORE_ROWS_PREFIX) {
        ngx_scim_store_put(s, "), (select ");
        ngx_scim_store_value_texts(s, source->ends, source->n);
        ngx_scim_store_put(s, ")) q(key, last) cross join lateral (");

    } else {
        ngx_scim_store_put(s, ")) q(key) cross join lateral (");
    }

    if (source->kind == NGX_SCIM_STORE_ROWS_KEY) {
        ngx_scim_store_put(s, "select x.id from scim.resource_key x");

    } else {
        ngx_scim_store_put(s, "select x.id from scim.resource x");
    }

    ngx_scim_store_put(s, " where x.tenant = $1::text and x.type = ");
    ngx_scim_store_quote(s, &scope->rtype->name);

    switch (source->kind) {

    case NGX_SCIM_STORE_ROWS_KEY:
        ngx_scim_store_put(s, " and x.attr = ");
        ngx_scim_store_quote(s, &source->attr);
        ngx_scim_store_put(s, " and " NGX_SCIM_STORE_AT("x.key", "q.key")
                              " order by x.key offset 0) y");
        break;

    case NGX_SCIM_STORE_ROWS_EXTERNAL_ID:
        ngx_scim_store_put(s, " and x.deleted_at is null and "
                              NGX_SCIM_STORE_AT("x.external_id", "q.key")
                              " order by x.external_id limit 1) y");
        break;

    case NGX_SCIM_STORE_ROWS_PREFIX:
        ngx_scim_store_put(s, " and x.deleted_at is null"
                              " and x.name_key >= q.key"
                              " and x.name_key < q.last"
                              " order by x.name_key offset 0) y");
        break;

    default:
        ngx_scim_store_put(s, " and x.deleted_at is null and "
                              NGX_SCIM_STORE_AT("x.name_key", "q.key")
                              " order by x.name_key limit 1) y");
    }
}
