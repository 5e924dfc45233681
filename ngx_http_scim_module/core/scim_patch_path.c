
/*
 * Paths of PATCH (RFC 7644 section 3.5.2, figure 7) and keys of values that
 * have none, resolved against a resource type.  Called by scim_patch.c.
 */


#include "scim_patch_private.h"


static int scim_patch_alias(scim_patch_parser_t *p, scim_str_t *name);
static int scim_patch_alias_of(scim_patch_parser_t *p,
    const scim_schema_t *schema, scim_str_t *name);
static int scim_patch_loose(scim_patch_parser_t *p, const scim_str_t *name,
    const scim_path_t *path);
static int scim_patch_unknown(scim_patch_parser_t *p, const scim_str_t *name,
    int key, int brackets, scim_path_t *path);
static int scim_patch_brackets(scim_patch_parser_t *p,
    const scim_str_t *text, size_t left, scim_path_t *path);
static int scim_patch_right(const scim_str_t *text, size_t left,
    size_t *right);
static int scim_patch_sub_name(scim_patch_parser_t *p,
    const scim_str_t *rest, scim_path_t *path);
static int scim_patch_writable(scim_patch_parser_t *p, int key,
    const scim_path_t *path);
static int scim_patch_malformed(scim_patch_parser_t *p);


int
scim_patch_path(scim_patch_parser_t *p, const scim_str_t *text, int key,
    scim_path_t *path)
{
    int             rc;
    scim_str_t      name;
    scim_error_t    err;
    unsigned char  *left;

    if (text->len > p->limits->filter_length) {
        return scim_error(p->value.err, 400, SCIM_INVALID_PATH,
                          "the path is longer than %z bytes",
                          p->limits->filter_length);
    }

    name = *text;
    left = text->len ? memchr(text->data, '[', text->len) : NULL;

    if (left) {
        name.len = (size_t) (left - text->data);
    }

    if (!p->value.policy->strict && scim_patch_alias(p, &name) != SCIM_OK) {
        return SCIM_ERROR;
    }

    rc = scim_path_resolve(p->rtype, &name, path, SCIM_INVALID_PATH, &err);

    if (rc == SCIM_OK && p->value.policy->strict
        && scim_patch_loose(p, &name, path))
    {
        memset(path, 0, sizeof(scim_path_t));
        rc = SCIM_DECLINED;
    }

    path->text = *text;

    if (rc == SCIM_ERROR) {

        if (key && p->value.policy->unknown != SCIM_UNKNOWN_REJECT) {
            return SCIM_DECLINED;
        }

        return scim_patch_malformed(p);
    }

    if (rc == SCIM_DECLINED) {
        return scim_patch_unknown(p, &name, key, left != NULL, path);
    }

    if (left
        && scim_patch_brackets(p, text, (size_t) (left - text->data), path)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_patch_writable(p, key, path);
}


void
scim_patch_where(scim_value_t *v, const scim_resource_type_t *rtype,
    const scim_path_t *path)
{
    v->parent = NULL;
    v->schema = path->schema;

    if (path->schema == rtype->schema || path->schema == scim_schema_common())
    {
        v->schema = NULL;
    }
}


/* an older URN in front is replaced by today's */

static int
scim_patch_alias(scim_patch_parser_t *p, scim_str_t *name)
{
    int     rc;
    size_t  i;

    rc = scim_patch_alias_of(p, p->rtype->schema, name);

    for (i = 0; i < p->rtype->nextensions && rc == SCIM_DECLINED; i++) {
        rc = scim_patch_alias_of(p, p->rtype->extensions[i].schema, name);
    }

    return rc == SCIM_ERROR ? SCIM_ERROR : SCIM_OK;
}


static int
scim_patch_alias_of(scim_patch_parser_t *p, const scim_schema_t *schema,
    scim_str_t *name)
{
    size_t             i;
    scim_buf_t         b;
    scim_str_t         head;
    const scim_str_t  *alias;

    for (i = 0; i < schema->naliases; i++) {
        alias = &schema->aliases[i];

        if (name->len < alias->len
            || (name->len > alias->len && name->data[alias->len] != ':'))
        {
            continue;
        }

        head.data = name->data;
        head.len = alias->len;

        if (!scim_str_caseeq(&head, alias)) {
            continue;
        }

        scim_buf_init(&b, p->value.arena, schema->id.len + name->len);
        scim_buf_str(&b, &schema->id);
        scim_buf_add(&b, name->data + alias->len, name->len - alias->len);

        if (b.failed) {
            return scim_error_nomem(p->value.err);
        }

        name->data = b.data;
        name->len = b.len;

        return SCIM_OK;
    }

    return SCIM_DECLINED;
}


/* an extension's attribute without its URN, or one with a dot behind the URN:
 * not what RFC 7644 section 3.10 wants */

static int
scim_patch_loose(scim_patch_parser_t *p, const scim_str_t *name,
    const scim_path_t *path)
{
    const scim_schema_t  *schema;

    schema = path->schema;

    if (memchr(name->data, ':', name->len) == NULL) {
        return schema != p->rtype->schema && schema != scim_schema_common();
    }

    if (schema == scim_schema_common()) {

        /* the type's own URN may stand before these */

        schema = p->rtype->schema;
    }

    return name->len > schema->id.len && name->data[schema->id.len] == '.';
}


static int
scim_patch_unknown(scim_patch_parser_t *p, const scim_str_t *name, int key,
    int brackets, scim_path_t *path)
{
    int             foreign;
    scim_str_t      urn;
    scim_unknown_e  unknown;

    unknown = p->value.policy->unknown;
    foreign = path->schema == NULL && memchr(name->data, ':', name->len);

    urn.data = name->data;
    urn.len = name->len < sizeof("urn:") - 1 ? name->len : sizeof("urn:") - 1;

    if (foreign && unknown == SCIM_UNKNOWN_KEEP && !brackets
        && scim_str_is(&urn, "urn:") && !scim_resource_type_members(p->rtype))
    {
        path->attr = NULL;
        return SCIM_OK;
    }

    if (unknown != SCIM_UNKNOWN_REJECT
        && (key || (foreign && !p->value.policy->strict)))
    {
        return SCIM_DECLINED;
    }

    return scim_error(p->value.err, 400, SCIM_INVALID_PATH,
                      "attribute \"%S\" is unknown", name);
}


/* "[" filter "]" ["." sub], behind a multi-valued attribute */

static int
scim_patch_brackets(scim_patch_parser_t *p, const scim_str_t *text,
    size_t left, scim_path_t *path)
{
    size_t      right;
    scim_str_t  filter, rest;

    if (scim_patch_right(text, left, &right) != SCIM_OK) {
        return scim_patch_malformed(p);
    }

    scim_patch_where(&p->value, p->rtype, path);

    if (path->attr == NULL || path->sub) {
        return scim_patch_malformed(p);
    }

    if (!path->attr->multi) {
        return scim_value_error(&p->value, path->attr, SCIM_INVALID_PATH,
                                "has one value only, so that no filter can "
                                "follow it");
    }

    filter.data = text->data + left + 1;
    filter.len = right - left - 1;

    if (scim_filter_parse_value(p->value.arena, path->schema, path->attr,
                                &filter, p->limits->filter_depth,
                                p->limits->filter_length, &path->filter,
                                p->value.err)
        != SCIM_OK)
    {
        scim_value_about(&p->value, path->attr);
        return SCIM_ERROR;
    }

    rest.data = text->data + right + 1;
    rest.len = text->len - right - 1;

    return rest.len ? scim_patch_sub_name(p, &rest, path) : SCIM_OK;
}


/* the bracket that closes the one at "left": not one within a string */

static int
scim_patch_right(const scim_str_t *text, size_t left, size_t *right)
{
    int     string;
    size_t  i;

    string = 0;

    for (i = left + 1; i < text->len; i++) {

        switch (text->data[i]) {

        case '\\':
            i += string;
            break;

        case '"':
            string = !string;
            break;

        case ']':

            if (!string) {
                *right = i;
                return SCIM_OK;
            }

            break;
        }
    }

    return SCIM_ERROR;
}


static int
scim_patch_sub_name(scim_patch_parser_t *p, const scim_str_t *rest,
    scim_path_t *path)
{
    scim_str_t  name;

    if (rest->len < 2 || rest->data[0] != '.') {
        return scim_patch_malformed(p);
    }

    name.data = rest->data + 1;
    name.len = rest->len - 1;

    path->sub = scim_attr_sub(path->attr, &name);

    if (path->sub == NULL) {
        p->value.parent = path->attr;
        return scim_value_foreign(&p->value, &name, SCIM_INVALID_PATH);
    }

    return SCIM_OK;
}


static int
scim_patch_writable(scim_patch_parser_t *p, int key, const scim_path_t *path)
{
    const scim_attr_t  *attr;

    attr = path->attr;

    if (attr == NULL) {
        return SCIM_OK;
    }

    scim_patch_where(&p->value, p->rtype, path);

    if (path->sub && attr->mutability != SCIM_READ_ONLY) {
        p->value.parent = attr;
        attr = path->sub;
    }

    if (attr->mutability == SCIM_READ_ONLY) {

        if (key) {
            return SCIM_DECLINED;
        }

        return scim_value_error(&p->value, attr, SCIM_MUTABILITY,
                                "is readOnly");
    }

    /* what is kept as rows has nothing that could change within a row */

    if (path->sub && path->attr->source == SCIM_SOURCE_MEMBERS) {
        return scim_value_error(&p->value, attr, SCIM_MUTABILITY,
                                "is immutable");
    }

    return SCIM_OK;
}


static int
scim_patch_malformed(scim_patch_parser_t *p)
{
    return scim_error(p->value.err, 400, SCIM_INVALID_PATH,
                      "the path is malformed");
}
