
/*
 * From an attribute's path to the SQL expression of its value.  Called by
 * ngx_scim_store_filter.c for comparisons and by ngx_scim_store_statement.c
 * for sorting.
 *
 * "r" is a row of scim.resource.  Of an attribute with several values each is
 * an "e": the value itself where the document holds it, an object where it
 * comes from rows or where brackets ask for several of its sub-attributes.
 */


#include "ngx_scim_store_sql.h"


/* what counts as a value: false and 0 do, "", [] and {} do not */
#define NGX_SCIM_STORE_PRESENT                                                \
    " ? (@.type() == \"boolean\" || @.type() == \"number\""                   \
       " || @.type() == \"string\" && @ != \"\")"

/* memberships of one kind in the groups of "g" */
#define NGX_SCIM_STORE_INSIDE(kind)                                          \
    "select s.id from g cross join lateral ("                                 \
        "select y.member_id as id from scim.member y"                         \
        " where y.tenant = $1::text and "                                     \
              NGX_SCIM_STORE_AT("y.group_id", "g.id")                         \
              " and y.kind = '" kind "'"                                      \
        " order by y.group_id offset 0) s"


static const scim_attr_t *ngx_scim_store_path_owner(
    const ngx_scim_store_scope_t *scope, const scim_path_t *path);
static void ngx_scim_store_path_raw(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path, int json);
static void ngx_scim_store_path_element(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path, int json);
static void ngx_scim_store_path_meta(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path);
static void ngx_scim_store_path_members(ngx_scim_store_sql_t *s,
    const scim_str_t *member);
static void ngx_scim_store_path_doc(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path);
static int ngx_scim_store_path_rows_present(
    const ngx_scim_store_scope_t *scope, const scim_path_t *path);
static int ngx_scim_store_path_time(const scim_path_t *path);


ngx_scim_store_as_e
ngx_scim_store_path_as(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path)
{
    const scim_attr_t  *target;

    target = scim_path_target(path);

    switch (target->type) {

    case SCIM_ATTR_BOOLEAN:
        return NGX_SCIM_STORE_AS_BOOLEAN;

    case SCIM_ATTR_DECIMAL:
    case SCIM_ATTR_INTEGER:
        return NGX_SCIM_STORE_AS_NUMBER;

    case SCIM_ATTR_DATETIME:
        return NGX_SCIM_STORE_AS_TIME;

    case SCIM_ATTR_BINARY:
        return NGX_SCIM_STORE_AS_EXACT;

    default:

        if (target->case_exact) {
            return NGX_SCIM_STORE_AS_EXACT;
        }

        return ngx_scim_store_path_name(scope, path)
               ? NGX_SCIM_STORE_AS_KEY : NGX_SCIM_STORE_AS_FOLDED;
    }
}


int
ngx_scim_store_path_name(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path)
{
    return scope->parent == NULL
           && path->attr == scope->rtype->name_attr
           && path->attr->uniqueness != SCIM_UNIQUE_NONE;
}


int
ngx_scim_store_path_multi(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path)
{
    if (path->sub && path->sub->multi) {
        return 1;
    }

    return scope->parent == NULL && path->attr->multi;
}


/* the attribute whose rows, and not the document, have the value */

static const scim_attr_t *
ngx_scim_store_path_owner(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path)
{
    const scim_attr_t  *attr;

    attr = scope->parent ? scope->parent->attr : path->attr;

    return attr->source == SCIM_SOURCE_DOC ? NULL : attr;
}


void
ngx_scim_store_path_value(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path, int present)
{
    ngx_scim_store_as_e    as;
    ngx_scim_store_sql_t  *s = scope->sql;

    as = ngx_scim_store_path_as(scope, path);

    switch (as) {

    case NGX_SCIM_STORE_AS_KEY:
        ngx_scim_store_put(s, "r.name_key");
        return;

    case NGX_SCIM_STORE_AS_NUMBER:
        ngx_scim_store_put(s, "scim.number(");
        ngx_scim_store_path_raw(scope, path, 1);
        ngx_scim_store_put(s, ")");
        return;

    case NGX_SCIM_STORE_AS_TIME:

        if (ngx_scim_store_path_time(path)) {
            ngx_scim_store_path_raw(scope, path, 0);
            return;
        }

        ngx_scim_store_put(s, "scim.instant(");
        ngx_scim_store_path_raw(scope, path, 0);
        ngx_scim_store_put(s, ")");
        return;

    case NGX_SCIM_STORE_AS_BOOLEAN:
        ngx_scim_store_path_raw(scope, path, 1);
        return;

    default:
        break;
    }

    ngx_scim_store_put(s, "(");

    if (as == NGX_SCIM_STORE_AS_FOLDED) {
        ngx_scim_store_put(s, "scim.fold(");
    }

    if (present) {
        ngx_scim_store_put(s, "nullif(");
    }

    ngx_scim_store_path_raw(scope, path, 0);

    if (present) {
        ngx_scim_store_put(s, ", '')");
    }

    if (as == NGX_SCIM_STORE_AS_FOLDED) {
        ngx_scim_store_put(s, ")");
    }

    ngx_scim_store_put(s, " collate \"C\")");
}


/* the value as text, or as jsonb */

static void
ngx_scim_store_path_raw(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path, int json)
{
    ngx_scim_store_sql_t  *s = scope->sql;

    if (scope->parent
        || ngx_scim_store_path_multi(scope, path)
        || ngx_scim_store_path_owner(scope, path))
    {
        ngx_scim_store_path_element(scope, path, json);
        return;
    }

    if (ngx_scim_store_common(path, "id")) {
        ngx_scim_store_put(s, "r.id::text");
        return;
    }

    if (ngx_scim_store_common(path, "externalId")) {
        ngx_scim_store_put(s, "r.external_id");
        return;
    }

    if (ngx_scim_store_common(path, "meta")) {
        ngx_scim_store_path_meta(scope, path);
        return;
    }

    ngx_scim_store_put(s, "(r.doc");

    if (path->schema != scope->rtype->schema
        && path->schema != scim_schema_common())
    {
        ngx_scim_store_put(s, " -> ");
        ngx_scim_store_quote(s, &path->schema->id);
    }

    if (path->sub) {
        ngx_scim_store_put(s, " -> ");
        ngx_scim_store_quote(s, &path->attr->name);
    }

    if (json) {
        ngx_scim_store_put(s, " -> ");

    } else {
        ngx_scim_store_put(s, " ->> ");
    }

    ngx_scim_store_quote(s, &scim_path_target(path)->name);
    ngx_scim_store_put(s, ")");
}


static void
ngx_scim_store_path_element(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path, int json)
{
    const scim_attr_t     *owner;
    ngx_scim_store_sql_t  *s = scope->sql;

    owner = ngx_scim_store_path_owner(scope, path);

    if (path->sub == NULL
        || path->sub->multi
        || (owner == NULL && scope->parent == NULL))
    {
        if (json) {
            ngx_scim_store_put(s, "e.e");

        } else {
            ngx_scim_store_put(s, "(e.e #>> '{}')");
        }

        return;
    }

    if (owner && scim_str_is(&path->sub->name, "$ref")) {
        ngx_scim_store_put(s, "(");
        ngx_scim_store_base(s);

        if (owner->source == SCIM_SOURCE_GROUPS) {
            ngx_scim_store_put(s, " || '/Groups/'");

        } else {
            ngx_scim_store_put(s, " || case e.e ->> 'type' when 'Group'"
                                  " then '/Groups/' else '/Users/' end");
        }

        ngx_scim_store_put(s, " || (e.e ->> 'value'))");
        return;
    }

    if (json) {
        ngx_scim_store_put(s, "(e.e -> ");

    } else {
        ngx_scim_store_put(s, "(e.e ->> ");
    }

    ngx_scim_store_quote(s, &path->sub->name);
    ngx_scim_store_put(s, ")");
}


static int
ngx_scim_store_path_time(const scim_path_t *path)
{
    return ngx_scim_store_common(path, "meta") && path->sub
           && path->sub->type == SCIM_ATTR_DATETIME;
}


/* times as they are told to clients, in milliseconds */

static void
ngx_scim_store_path_meta(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path)
{
    const scim_str_t      *name;
    ngx_scim_store_sql_t  *s = scope->sql;

    name = &path->sub->name;

    if (scim_str_is(name, "created")) {
        ngx_scim_store_put(s, "date_trunc('milliseconds', r.created)");

    } else if (scim_str_is(name, "lastModified")) {
        ngx_scim_store_put(s, "date_trunc('milliseconds', r.modified)");

    } else if (scim_str_is(name, "version")) {
        ngx_scim_store_put(s, "('W/\"' || r.version || '\"')");

    } else if (scim_str_is(name, "resourceType")) {
        ngx_scim_store_quote(s, &scope->rtype->name);
        ngx_scim_store_put(s, "::text");

    } else {
        ngx_scim_store_put(s, "(");
        ngx_scim_store_base(s);
        ngx_scim_store_put(s, " || ");
        ngx_scim_store_quote(s, &scope->rtype->endpoint);
        ngx_scim_store_put(s, " || '/' || r.id)");
    }
}


void
ngx_scim_store_path_elements(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path, const scim_str_t *member)
{
    const scim_attr_t     *owner;
    ngx_scim_store_sql_t  *s = scope->sql;

    if (scope->parent) {
        ngx_scim_store_put(s, "jsonb_path_query(e.e, 'lax $");
        ngx_scim_store_quote_member(s, &path->sub->name);
        ngx_scim_store_put(s, "[*]') with ordinality e(e, n)");
        return;
    }

    owner = ngx_scim_store_path_owner(scope, path);

    if (owner == NULL) {
        ngx_scim_store_put(s, "jsonb_path_query(r.doc, 'lax $");
        ngx_scim_store_path_doc(scope, path);
        ngx_scim_store_put(s, "') with ordinality e(e, n)");
        return;
    }

    s->keyed = 0;

    if (owner->source == SCIM_SOURCE_GROUPS) {
        ngx_scim_store_put(s, "jsonb_array_elements(scim.user_groups($1::text,"
                              " r.id)::jsonb) with ordinality e(e, n)");
        return;
    }

    ngx_scim_store_path_members(s, member);
}


static void
ngx_scim_store_path_members(ngx_scim_store_sql_t *s, const scim_str_t *member)
{
    ngx_scim_store_put(s, "(select jsonb_build_object("
                              "'value', gm.member_id::text,"
                              " 'type', x.type, 'display', x.display),"
                              " gm.member_id"
                          " from (select y.member_id from scim.member y"
                                " where y.tenant = $1::text and "
                                NGX_SCIM_STORE_AT("y.group_id", "r.id"));

    if (member) {
        ngx_scim_store_put(s, " and y.member_id = (select ");
        ngx_scim_store_literal(s, member);
        ngx_scim_store_put(s, "::uuid)");
    }

    ngx_scim_store_put(s, " order by y.group_id, y.member_id offset 0) gm"
                          " cross join lateral (select x.type, x.deleted_at,"
                              " x.doc ->> 'displayName' as display"
                          NGX_SCIM_STORE_ROW("gm.member_id") ") x"
                          " where x.deleted_at is null) e(e, n)");
}


/* ."URN"."attribute"[*]."sub-attribute"[*] */

static void
ngx_scim_store_path_doc(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path)
{
    ngx_scim_store_sql_t  *s = scope->sql;

    if (path->schema != scope->rtype->schema
        && path->schema != scim_schema_common())
    {
        ngx_scim_store_quote_member(s, &path->schema->id);
    }

    ngx_scim_store_quote_member(s, &path->attr->name);
    ngx_scim_store_put(s, "[*]");

    if (path->sub) {
        ngx_scim_store_quote_member(s, &path->sub->name);
        ngx_scim_store_put(s, "[*]");
    }
}


void
ngx_scim_store_path_present(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path)
{
    ngx_scim_store_sql_t  *s = scope->sql;

    if (ngx_scim_store_path_rows_present(scope, path)) {
        return;
    }

    if (scope->parent) {
        ngx_scim_store_put(s, "coalesce(e.e @? 'lax $");

        if (path->sub) {
            ngx_scim_store_quote_member(s, &path->sub->name);
        }

    } else {
        ngx_scim_store_put(s, "coalesce(r.doc @? 'lax $");
        ngx_scim_store_path_doc(scope, path);

        if (path->sub == NULL && path->attr->type == SCIM_ATTR_COMPLEX) {
            ngx_scim_store_put(s, ".*");
        }
    }

    ngx_scim_store_put(s, NGX_SCIM_STORE_PRESENT "', false)");
}


/* what is in columns and in rows; 0: it is in the document */

static int
ngx_scim_store_path_rows_present(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path)
{
    const scim_attr_t     *owner;
    ngx_scim_store_sql_t  *s = scope->sql;

    owner = ngx_scim_store_path_owner(scope, path);

    if (ngx_scim_store_common(path, "id")
        || ngx_scim_store_common(path, "meta")
        || (owner && scope->parent && scim_str_is(&path->sub->name, "$ref")))
    {
        ngx_scim_store_put(s, "true");
        return 1;
    }

    if (ngx_scim_store_common(path, "externalId")) {
        ngx_scim_store_put(s, "coalesce(r.external_id <> '', false)");
        return 1;
    }

    if (ngx_scim_store_path_name(scope, path)) {
        ngx_scim_store_put(s, "coalesce(r.name_key <> '', false)");
        return 1;
    }

    if (owner == NULL || scope->parent) {
        return 0;
    }

    if (path->sub && scim_str_is(&path->sub->name, "display")) {
        ngx_scim_store_put(s, "exists (select from ");
        ngx_scim_store_path_elements(scope, path, NULL);
        ngx_scim_store_put(s, " where e.e ->> 'display' <> '')");

    } else if (owner->source == SCIM_SOURCE_MEMBERS) {
        ngx_scim_store_put(s, "coalesce(r.members > 0, false)");

    } else {
        ngx_scim_store_put(s, "exists (select from scim.member y"
                              " where y.tenant = $1::text and "
                              NGX_SCIM_STORE_AT("y.member_id", "r.id")
                              " offset 0)");
    }

    return 1;
}


/* behind "with recursive g(id) as (select ...", which is where it begins */

void
ngx_scim_store_path_closure(ngx_scim_store_sql_t *s)
{
    s->keyed = 0;

    ngx_scim_store_put(s, " union " NGX_SCIM_STORE_INSIDE("g") ") "
                          NGX_SCIM_STORE_INSIDE("u"));
}


/*
 * Of several values the primary one counts, or else the first (RFC 7644
 * section 3.4.2.3).
 */

void
ngx_scim_store_path_sort(const ngx_scim_store_scope_t *scope,
    const scim_path_t *path, int text)
{
    scim_path_t              whole;
    ngx_scim_store_as_e      as;
    ngx_scim_store_sql_t    *s = scope->sql;
    ngx_scim_store_scope_t   element;

    element = *scope;
    whole = *path;

    if (ngx_scim_store_path_multi(scope, path)) {

        if (path->sub == NULL || !path->sub->multi) {
            whole.sub = NULL;
            element.parent = path;
        }

        ngx_scim_store_put(s, "(select ");
    }

    as = ngx_scim_store_path_as(scope, path);

    if (as == NGX_SCIM_STORE_AS_TIME) {
        ngx_scim_store_put(s, "extract(epoch from ");
        ngx_scim_store_path_value(&element, path, 1);
        ngx_scim_store_put(s, ")");

    } else if (as == NGX_SCIM_STORE_AS_BOOLEAN) {
        ngx_scim_store_put(s, "case ");
        ngx_scim_store_path_value(&element, path, 1);
        ngx_scim_store_put(s, " when 'true'::jsonb then 1::numeric"
                              " when 'false'::jsonb then 0::numeric end");

    } else {
        ngx_scim_store_path_value(&element, path, 1);
    }

    if (text && as >= NGX_SCIM_STORE_AS_NUMBER) {
        ngx_scim_store_put(s, "::text");
    }

    if (ngx_scim_store_path_multi(scope, path)) {
        ngx_scim_store_put(s, " from ");
        ngx_scim_store_path_elements(scope, &whole, NULL);
        ngx_scim_store_put(s, " order by ((e.e -> 'primary') = 'true'::jsonb)"
                              " is true desc, e.n limit 1)");
    }
}
