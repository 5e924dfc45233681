
/*
 * From a filter's tree to the condition of a statement (RFC 7644 section
 * 3.4.2.2).  Called by ngx_scim_store_statement.c.
 *
 *   - A comparison with what is absent is null in SQL, which counts as false;
 *     whatever turns it round (ne, not) takes null for false first.
 *   - "ne" is the opposite of "eq": true when the attribute is absent.
 *   - Of several values any may match; "ne" asks for one that differs, or for
 *     none at all.  In brackets all of it has to be true of one element.
 *   - "eq null" asks whether the attribute is absent, "ne null" is "pr".
 */


#include "ngx_scim_store_sql.h"
#include "scim_fold.h"


/* digits of an exponent that numeric takes */
#define NGX_SCIM_STORE_EXPONENT  4


static int ngx_scim_store_leaf(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter);
static int ngx_scim_store_value_path(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter);
static const scim_str_t *ngx_scim_store_only(
    const ngx_scim_store_scope_t *scope, const scim_filter_t *filter);
static int ngx_scim_store_leaf_rows(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter);
static int ngx_scim_store_leaf_key(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter);
static int ngx_scim_store_leaf_any(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter);
static int ngx_scim_store_compare(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter);
static int ngx_scim_store_compared(
    const ngx_scim_store_scope_t *scope, const scim_filter_t *filter);
static int ngx_scim_store_exponent(const scim_str_t *number);


static const char *const  ngx_scim_store_operators[] = {
    " = ", " = ", "", "", "", " > ", " >= ", " < ", " <= "
};


/* "left" by recursion, "right" in a loop: see scim_filter.h */

int
ngx_scim_store_condition(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter)
{
    int                    rc;
    size_t                 open;
    ngx_scim_store_sql_t  *s = scope->sql;

    for (open = 0;
         filter->op == SCIM_FILTER_AND || filter->op == SCIM_FILTER_OR;
         open++)
    {
        ngx_scim_store_put(s, "(");

        if (ngx_scim_store_condition(scope, filter->left) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (filter->op == SCIM_FILTER_AND) {
            ngx_scim_store_put(s, " and ");

        } else {
            ngx_scim_store_put(s, " or ");
        }

        filter = filter->right;
    }

    if (filter->op == SCIM_FILTER_NOT) {
        ngx_scim_store_put(s, "not coalesce(");
        rc = ngx_scim_store_condition(scope, filter->left);
        ngx_scim_store_put(s, ", false)");

    } else if (filter->op == SCIM_FILTER_VALUE) {
        rc = ngx_scim_store_value_path(scope, filter);

    } else {
        rc = ngx_scim_store_leaf(scope, filter);
    }

    while (open-- > 0) {
        ngx_scim_store_put(s, ")");
    }

    return rc;
}


static int
ngx_scim_store_leaf(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter)
{
    int                    rc, null;
    ngx_scim_store_sql_t  *s = scope->sql;

    if (s->leaves++ == NGX_SCIM_STORE_COMPARES) {
        return scim_error(s->err, 400, SCIM_INVALID_FILTER,
                          "the filter has more than %d comparisons",
                          NGX_SCIM_STORE_COMPARES);
    }

    null = filter->value && filter->value->type == SCIM_JSON_NULL;

    if (filter->op == SCIM_FILTER_ABSENT) {

        if (filter->was == SCIM_FILTER_NE
            || (filter->was == SCIM_FILTER_EQ && null))
        {
            ngx_scim_store_put(s, "true");

        } else {
            ngx_scim_store_put(s, "false");
        }

        return SCIM_OK;
    }

    if (filter->op == SCIM_FILTER_PR || null) {

        if (filter->op == SCIM_FILTER_EQ) {
            ngx_scim_store_put(s, "not ");
        }

        ngx_scim_store_path_present(scope, &filter->path);

        return SCIM_OK;
    }

    rc = ngx_scim_store_leaf_rows(scope, filter);

    if (rc == SCIM_DECLINED) {
        rc = ngx_scim_store_leaf_key(scope, filter);
    }

    if (rc != SCIM_DECLINED) {
        return rc;
    }

    if (ngx_scim_store_path_multi(scope, &filter->path)) {
        return ngx_scim_store_leaf_any(scope, filter);
    }

    return ngx_scim_store_compare(scope, filter);
}


static int
ngx_scim_store_value_path(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter)
{
    int                      rc;
    const scim_str_t        *member;
    ngx_scim_store_sql_t    *s = scope->sql;
    ngx_scim_store_scope_t   element;

    /* there is one "meta", and it is in columns */

    if (ngx_scim_store_common(&filter->path, "meta")) {
        return ngx_scim_store_condition(scope, filter->left);
    }

    element = *scope;
    element.parent = &filter->path;
    member = NULL;

    if (filter->path.attr->source == SCIM_SOURCE_MEMBERS) {
        member = ngx_scim_store_only(&element, filter->left);
    }

    ngx_scim_store_put(s, "exists (select from ");
    ngx_scim_store_path_elements(scope, &filter->path, member);
    ngx_scim_store_put(s, " where ");

    rc = ngx_scim_store_condition(&element, filter->left);

    ngx_scim_store_put(s, ")");

    return rc;
}


/* the one member that the filter in brackets asks for: a large group must not
 * be read for it */

static const scim_str_t *
ngx_scim_store_only(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter)
{
    scim_str_t           *id;
    const scim_filter_t  *leaf;

    id = scim_alloc(scope->sql->arena, sizeof(scim_str_t));
    if (id == NULL) {
        return NULL;
    }

    for ( ;; ) {
        leaf = filter->op == SCIM_FILTER_AND ? filter->left : filter;

        if (leaf->op == SCIM_FILTER_EQ
            && scim_str_is(&leaf->path.sub->name, "value")
            && leaf->value->type == SCIM_JSON_STRING
            && ngx_scim_store_canonical(scope->sql->arena, &leaf->value->str,
                                        !leaf->path.sub->case_exact, id)
               == SCIM_OK)
        {
            return id;
        }

        if (filter->op != SCIM_FILTER_AND) {
            return NULL;
        }

        filter = filter->right;
    }
}


/* eq and ne of ids that are rows' keys; SCIM_DECLINED for all else */

static int
ngx_scim_store_leaf_rows(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter)
{
    int                    id, rc;
    scim_str_t             key;
    const scim_attr_t     *target;
    ngx_scim_store_sql_t  *s = scope->sql;

    target = scim_path_target(&filter->path);
    id = ngx_scim_store_common(&filter->path, "id");

    if (scope->parent
        || (filter->op != SCIM_FILTER_EQ && filter->op != SCIM_FILTER_NE)
        || (!id && (filter->path.attr->source == SCIM_SOURCE_DOC
                    || !scim_str_is(&target->name, "value"))))
    {
        return SCIM_DECLINED;
    }

    if (filter->path.attr->source == SCIM_SOURCE_GROUPS
        && filter->op == SCIM_FILTER_NE)
    {
        return SCIM_DECLINED;
    }

    rc = ngx_scim_store_canonical(s->arena, &filter->value->str,
                                  !target->case_exact, &key);
    if (rc == SCIM_ERROR) {
        return scim_error_nomem(s->err);
    }

    if (rc == SCIM_DECLINED) {

        if (filter->op == SCIM_FILTER_EQ) {
            ngx_scim_store_put(s, "false");

        } else {
            ngx_scim_store_put(s, "true");
        }

        return SCIM_OK;
    }

    /* another one than this: there are two, or it is another */

    if (filter->op == SCIM_FILTER_NE) {
        ngx_scim_store_put(s, "not (");

        if (!id) {
            ngx_scim_store_put(s, "coalesce(r.members, 0) = 1 and ");
        }
    }

    if (id) {
        ngx_scim_store_put(s, "r.id = (select ");
        ngx_scim_store_literal(s, &key);
        ngx_scim_store_put(s, "::uuid)");

    } else if (filter->path.attr->source == SCIM_SOURCE_MEMBERS) {
        ngx_scim_store_put(s, "exists (select from scim.member y"
                              " where y.tenant = $1::text and "
                              NGX_SCIM_STORE_AT("y.group_id", "r.id")
                              " and y.member_id = (select ");
        ngx_scim_store_literal(s, &key);
        ngx_scim_store_put(s, "::uuid) offset 0)");

    } else {
        /* "is true" keeps it from becoming a join: it is to be hashed */

        ngx_scim_store_put(s, "(r.id in (with recursive g(id) as (select ");
        ngx_scim_store_literal(s, &key);
        ngx_scim_store_put(s, "::uuid");
        ngx_scim_store_path_closure(s);
        ngx_scim_store_put(s, ")) is true");
    }

    if (filter->op == SCIM_FILTER_NE) {
        ngx_scim_store_put(s, ")");
    }

    return SCIM_OK;
}


/* eq of what is a look-up key: by the key, so that index and condition never
 * disagree; SCIM_DECLINED for all else */

static int
ngx_scim_store_leaf_key(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter)
{
    scim_str_t             attr, key;
    ngx_scim_store_sql_t  *s = scope->sql;

    if (scope->parent || filter->op != SCIM_FILTER_EQ) {
        return SCIM_DECLINED;
    }

    if (ngx_scim_store_index_attr(scope, &filter->path, &attr) != SCIM_OK) {
        return scim_error_nomem(s->err);
    }

    if (attr.data == NULL) {
        return SCIM_DECLINED;
    }

    key = filter->value->str;

    if (ngx_scim_store_path_as(scope, &filter->path)
            == NGX_SCIM_STORE_AS_FOLDED
        && scim_fold(s->arena, &key, &key) != SCIM_OK)
    {
        return scim_error_nomem(s->err);
    }

    ngx_scim_store_put(s, "exists (select from scim.resource_key y"
                          " where y.tenant = $1::text and y.type = ");
    ngx_scim_store_quote(s, &scope->rtype->name);
    ngx_scim_store_put(s, " and y.attr = ");
    ngx_scim_store_quote(s, &attr);
    ngx_scim_store_put(s, " and y.id = r.id and y.key = (select ");
    ngx_scim_store_literal(s, &key);
    ngx_scim_store_put(s, ") offset 0)");

    return SCIM_OK;
}


static int
ngx_scim_store_leaf_any(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter)
{
    ngx_scim_store_sql_t  *s = scope->sql;

    if (filter->op == SCIM_FILTER_NE) {
        ngx_scim_store_put(s, "(not ");
        ngx_scim_store_path_present(scope, &filter->path);
        ngx_scim_store_put(s, " or ");
    }

    ngx_scim_store_put(s, "exists (select from ");
    ngx_scim_store_path_elements(scope, &filter->path, NULL);
    ngx_scim_store_put(s, " where ");

    if (filter->op == SCIM_FILTER_NE) {
        ngx_scim_store_path_value(scope, &filter->path, 1);
        ngx_scim_store_put(s, " <> ");

        if (ngx_scim_store_compared(scope, filter) != SCIM_OK) {
            return SCIM_ERROR;
        }

        ngx_scim_store_put(s, "))");

        return SCIM_OK;
    }

    if (ngx_scim_store_compare(scope, filter) != SCIM_OK) {
        return SCIM_ERROR;
    }

    ngx_scim_store_put(s, ")");

    return SCIM_OK;
}


/* of one value with the literal */

static int
ngx_scim_store_compare(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter)
{
    int                    present;
    const char            *op;
    ngx_scim_store_sql_t  *s = scope->sql;

    /* an empty string is no value; elsewhere it does not matter */

    present = (filter->op == SCIM_FILTER_LT || filter->op == SCIM_FILTER_LE
               || filter->value->str.len == 0);

    switch (filter->op) {

    case SCIM_FILTER_CO:
        ngx_scim_store_put(s, "strpos(");
        break;

    case SCIM_FILTER_SW:
        ngx_scim_store_put(s, "starts_with(");
        break;

    case SCIM_FILTER_EW:
        ngx_scim_store_put(s, "right(");
        break;

    case SCIM_FILTER_NE:
        ngx_scim_store_put(s, "not coalesce(");
        break;

    default:
        break;
    }

    ngx_scim_store_path_value(scope, &filter->path, present);

    op = ngx_scim_store_operators[filter->op - SCIM_FILTER_EQ];
    scim_buf_add(&s->b, op, strlen(op));

    if (*op == '\0') {
        ngx_scim_store_put(s, ", ");
    }

    if (filter->op == SCIM_FILTER_EW) {
        ngx_scim_store_put(s, "length(");
    }

    if (ngx_scim_store_compared(scope, filter) != SCIM_OK) {
        return SCIM_ERROR;
    }

    switch (filter->op) {

    case SCIM_FILTER_CO:
        ngx_scim_store_put(s, ") > 0");
        return SCIM_OK;

    case SCIM_FILTER_SW:
        ngx_scim_store_put(s, ")");
        return SCIM_OK;

    case SCIM_FILTER_EW:
        ngx_scim_store_put(s, ")) = ");
        return ngx_scim_store_compared(scope, filter);

    case SCIM_FILTER_NE:
        ngx_scim_store_put(s, ", false)");
        return SCIM_OK;

    default:
        return SCIM_OK;
    }
}


/* in a subquery, so that it is made once and not for each row */

static int
ngx_scim_store_compared(const ngx_scim_store_scope_t *scope,
    const scim_filter_t *filter)
{
    scim_str_t             key;
    ngx_scim_store_sql_t  *s = scope->sql;

    switch (ngx_scim_store_path_as(scope, &filter->path)) {

    case NGX_SCIM_STORE_AS_BOOLEAN:

        if (filter->value->boolean) {
            ngx_scim_store_put(s, "'true'::jsonb");

        } else {
            ngx_scim_store_put(s, "'false'::jsonb");
        }

        break;

    case NGX_SCIM_STORE_AS_NUMBER:

        if (ngx_scim_store_exponent(&filter->value->str) != SCIM_OK) {
            return scim_error(s->err, 400, SCIM_INVALID_FILTER,
                              "the number that %S is compared with is out of "
                              "range", &filter->path.text);
        }

        ngx_scim_store_put(s, "(select ");
        ngx_scim_store_literal(s, &filter->value->str);
        ngx_scim_store_put(s, "::numeric)");
        break;

    case NGX_SCIM_STORE_AS_TIME:
        ngx_scim_store_put(s, "(select scim.instant(");
        ngx_scim_store_literal(s, &filter->value->str);
        ngx_scim_store_put(s, "))");
        break;

    case NGX_SCIM_STORE_AS_KEY:

        if (scim_fold(s->arena, &filter->value->str, &key) != SCIM_OK) {
            return scim_error_nomem(s->err);
        }

        ngx_scim_store_put(s, "(select ");
        ngx_scim_store_literal(s, &key);
        ngx_scim_store_put(s, ")");
        break;

    case NGX_SCIM_STORE_AS_EXACT:
        ngx_scim_store_put(s, "(select ");
        ngx_scim_store_literal(s, &filter->value->str);
        ngx_scim_store_put(s, ")");
        break;

    default:
        ngx_scim_store_put(s, "(select scim.fold(");
        ngx_scim_store_literal(s, &filter->value->str);
        ngx_scim_store_put(s, "))");
    }

    return SCIM_OK;
}


/* JSON's numbers have exponents of any length */

static int
ngx_scim_store_exponent(const scim_str_t *number)
{
    size_t  i, digits;

    for (i = 0; i < number->len && (number->data[i] | 0x20) != 'e'; i++) {
        /* void */
    }

    digits = 0;

    for ( /* void */ ; i < number->len; i++) {
        if (number->data[i] >= '0' && number->data[i] <= '9'
            && (digits || number->data[i] != '0'))
        {
            digits++;
        }
    }

    return digits <= NGX_SCIM_STORE_EXPONENT ? SCIM_OK : SCIM_ERROR;
}
