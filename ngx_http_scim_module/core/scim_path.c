
/*
 * Attribute paths to registry nodes.  Called by scim_filter.c for the names in
 * a filter, by scim_query_param.c for those in attributes, excludedAttributes
 * and sortBy, and by scim_patch.c.
 *
 * A name without URN is looked for among the common attributes, then in the
 * type's own schema, then in its extensions in their order: identity providers
 * send "manager" bare.  The type's own URN may stand before common attributes
 * too.  A URN alone resolves with attr NULL, the type's own not excepted.  A
 * dot between URN and name is as good as a colon: clients send that as well.
 */


#include "scim_path.h"


static const scim_schema_t *scim_path_urn(const scim_resource_type_t *rtype,
    const scim_str_t *text);
static int scim_path_has_urn(const scim_schema_t *schema,
    const scim_str_t *text);
static int scim_path_uri(const scim_str_t *text);
static int scim_path_split(const scim_str_t *rest, scim_str_t *name,
    scim_str_t *sub);
static int scim_path_name(const scim_str_t *name);
static int scim_path_attr(const scim_resource_type_t *rtype,
    const scim_str_t *name, scim_path_t *path);
static int scim_path_in(const scim_schema_t *schema, const scim_str_t *name,
    scim_path_t *path);


int
scim_path_resolve(const scim_resource_type_t *rtype, const scim_str_t *text,
    scim_path_t *path, scim_type_e type, scim_error_t *err)
{
    scim_str_t  rest, name, sub;

    memset(path, 0, sizeof(scim_path_t));

    path->text = *text;
    path->schema = scim_path_urn(rtype, text);
    rest = *text;

    if (path->schema) {
        if (path->schema->id.len == text->len) {
            return SCIM_OK;
        }

        rest.data += path->schema->id.len + 1;
        rest.len -= path->schema->id.len + 1;
    }

    if (rest.len && memchr(rest.data, ':', rest.len)) {

        /* a schema that the type does not know */

        if (scim_path_uri(&rest)) {
            return SCIM_DECLINED;
        }

        return scim_error(err, 400, type, "an attribute name is malformed");
    }

    if (scim_path_split(&rest, &name, &sub) != SCIM_OK) {
        return scim_error(err, 400, type, "an attribute name is malformed");
    }

    if (scim_path_attr(rtype, &name, path) != SCIM_OK) {
        return SCIM_DECLINED;
    }

    if (sub.len) {
        path->sub = scim_attr_sub(path->attr, &sub);

        if (path->sub == NULL) {
            return SCIM_DECLINED;
        }
    }

    return SCIM_OK;
}


const scim_attr_t *
scim_path_target(const scim_path_t *path)
{
    return path->sub ? path->sub : path->attr;
}


static const scim_schema_t *
scim_path_urn(const scim_resource_type_t *rtype, const scim_str_t *text)
{
    size_t                i;
    const scim_schema_t  *schema, *best;

    best = NULL;

    if (scim_path_has_urn(rtype->schema, text)) {
        best = rtype->schema;
    }

    for (i = 0; i < rtype->nextensions; i++) {
        schema = rtype->extensions[i].schema;

        if (scim_path_has_urn(schema, text)
            && (best == NULL || schema->id.len > best->id.len))
        {
            best = schema;
        }
    }

    return best;
}


static int
scim_path_has_urn(const scim_schema_t *schema, const scim_str_t *text)
{
    scim_str_t  head, rest, name, sub;

    if (schema->id.len == 0 || text->len < schema->id.len) {
        return 0;
    }

    head.data = text->data;
    head.len = schema->id.len;

    if (!scim_str_caseeq(&head, &schema->id)) {
        return 0;
    }

    if (text->len == head.len || text->data[head.len] == ':') {
        return 1;
    }

    /* else it may be the beginning of another URN */

    rest.data = text->data + head.len + 1;
    rest.len = text->len - head.len - 1;

    return text->data[head.len] == '.'
           && scim_path_split(&rest, &name, &sub) == SCIM_OK;
}


static int
scim_path_uri(const scim_str_t *text)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (c <= ' ' || c >= 0x7f || strchr("\"()<>[\\]^`{|}", c)) {
            return 0;
        }
    }

    return text->data[text->len - 1] != ':';
}


static int
scim_path_split(const scim_str_t *rest, scim_str_t *name, scim_str_t *sub)
{
    unsigned char  *dot;

    *name = *rest;
    sub->data = NULL;
    sub->len = 0;

    dot = rest->len ? memchr(rest->data, '.', rest->len) : NULL;

    if (dot) {
        name->len = dot - rest->data;
        sub->data = dot + 1;
        sub->len = rest->len - name->len - 1;

        if (!scim_path_name(sub)) {
            return SCIM_ERROR;
        }
    }

    return scim_path_name(name) ? SCIM_OK : SCIM_ERROR;
}


/* ATTRNAME of RFC 7643 section 2.1, and "$ref" */

static int
scim_path_name(const scim_str_t *name)
{
    size_t         i;
    unsigned char  c, lower;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];
        lower = c | 0x20;

        if ((lower >= 'a' && lower <= 'z') || c == '$') {
            continue;
        }

        if (i && ((c >= '0' && c <= '9') || c == '-' || c == '_')) {
            continue;
        }

        return 0;
    }

    return name->len != 0;
}


static int
scim_path_attr(const scim_resource_type_t *rtype, const scim_str_t *name,
    scim_path_t *path)
{
    size_t  i;

    if (path->schema && path->schema != rtype->schema) {
        return scim_path_in(path->schema, name, path);
    }

    if (scim_path_in(scim_schema_common(), name, path) == SCIM_OK
        || scim_path_in(rtype->schema, name, path) == SCIM_OK)
    {
        return SCIM_OK;
    }

    if (path->schema) {
        return SCIM_ERROR;
    }

    for (i = 0; i < rtype->nextensions; i++) {
        if (scim_path_in(rtype->extensions[i].schema, name, path) == SCIM_OK) {
            return SCIM_OK;
        }
    }

    return SCIM_ERROR;
}


static int
scim_path_in(const scim_schema_t *schema, const scim_str_t *name,
    scim_path_t *path)
{
    const scim_attr_t  *attr;

    attr = scim_schema_attr(schema, name);

    if (attr == NULL) {
        return SCIM_ERROR;
    }

    path->schema = schema;
    path->attr = attr;

    return SCIM_OK;
}
