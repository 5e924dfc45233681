
/*
 * A tenant's rules put into a registry of its own: schemas with an attribute
 * whose uniqueness changes are copied, and types get what their resources must
 * have (scim_resource_demand.c looks whether they do).  Called by http/ while
 * the configuration is read.
 */


#include "scim_path.h"
#include "scim_registry_rules.h"


typedef struct {
    scim_arena_t           *arena;
    scim_error_t           *err;
    scim_resource_type_t   *types;
    scim_extension_t      **extensions;    /* of each type, ours */
    size_t                  ntypes;
    scim_schema_t         **copies;
    size_t                  ncopies;
} scim_rules_t;

/* a rule whose names are found */
typedef struct {
    scim_rule_e             rule;
    scim_resource_type_t   *rtype;
    scim_path_t             path;
    scim_str_t              kind;          /* data NULL: none */
} scim_rule_found_t;


static int scim_rules_init(scim_rules_t *r, const scim_registry_t *base,
    size_t n);
static int scim_rules_find(scim_rules_t *r, const scim_rule_t *rule,
    scim_rule_found_t *f);
static scim_resource_type_t *scim_rules_type(scim_rules_t *r,
    scim_str_t *text);
static int scim_rules_brackets(scim_rules_t *r, scim_str_t *text,
    scim_rule_found_t *f);
static int scim_rules_check(scim_rules_t *r, const scim_rule_found_t *f);
static int scim_rules_unique(scim_rules_t *r, const scim_rule_found_t *f);
static int scim_rules_shared(scim_rules_t *r, const scim_rule_found_t *f);
static int scim_rules_own(const scim_rule_found_t *f);
static int scim_rules_set(scim_rules_t *r, const scim_rule_found_t *f);
static scim_schema_t *scim_rules_copy(scim_rules_t *r,
    const scim_schema_t *schema);
static void scim_rules_replace(scim_rules_t *r, const scim_schema_t *old,
    const scim_schema_t *schema);
static int scim_rules_demand(scim_rules_t *r, const scim_rule_found_t *f,
    size_t n);
static int scim_rules_fault(scim_rules_t *r, const char *what);


static const scim_str_t  scim_user_type = scim_string("User");
static const scim_str_t  scim_type_name = scim_string("type");
static const scim_str_t  scim_external_name = scim_string("externalId");
static const scim_str_t  scim_user_name = scim_string("userName");


int
scim_registry_rules(scim_arena_t *arena, const scim_registry_t *base,
    const scim_rule_t *rules, size_t n, const scim_registry_t **registry,
    size_t *fault, scim_error_t *err)
{
    size_t              i;
    scim_rules_t        r;
    scim_registry_t    *made;
    scim_rule_found_t   f;

    memset(&r, 0, sizeof(scim_rules_t));

    r.arena = arena;
    r.err = err;

    *fault = 0;

    if (scim_rules_init(&r, base, n) != SCIM_OK) {
        return scim_error_nomem(err);
    }

    for (i = 0; i < n; i++) {
        *fault = i;

        if (scim_rules_find(&r, &rules[i], &f) != SCIM_OK
            || scim_rules_check(&r, &f) != SCIM_OK
            || (f.rule != SCIM_RULE_REQUIRE
                && scim_rules_set(&r, &f) != SCIM_OK))
        {
            return SCIM_ERROR;
        }
    }

    /* now that no attribute moves any more */

    for (i = 0; i < n; i++) {
        *fault = i;

        if (rules[i].rule == SCIM_RULE_REQUIRE
            && (scim_rules_find(&r, &rules[i], &f) != SCIM_OK
                || scim_rules_demand(&r, &f, n) != SCIM_OK))
        {
            return SCIM_ERROR;
        }
    }

    made = scim_calloc(arena, sizeof(scim_registry_t));
    if (made == NULL) {
        return scim_error_nomem(err);
    }

    made->types = r.types;
    made->ntypes = r.ntypes;
    *registry = made;

    return SCIM_OK;
}


static int
scim_rules_init(scim_rules_t *r, const scim_registry_t *base, size_t n)
{
    size_t                 i, size;
    scim_resource_type_t  *type;

    r->ntypes = base->ntypes;
    r->types = scim_calloc(r->arena,
                           base->ntypes * sizeof(scim_resource_type_t));
    r->extensions = scim_calloc(r->arena,
                                base->ntypes * sizeof(scim_extension_t *));
    r->copies = scim_calloc(r->arena, n * sizeof(scim_schema_t *));

    if (r->types == NULL || r->extensions == NULL || r->copies == NULL) {
        return SCIM_ERROR;
    }

    for (i = 0; i < base->ntypes; i++) {
        type = &r->types[i];
        *type = base->types[i];
        type->demands = NULL;
        type->ndemands = 0;

        size = type->nextensions * sizeof(scim_extension_t);

        r->extensions[i] = scim_calloc(r->arena, size);
        if (r->extensions[i] == NULL) {
            return SCIM_ERROR;
        }

        if (size) {
            memcpy(r->extensions[i], type->extensions, size);
        }

        type->extensions = r->extensions[i];
    }

    return SCIM_OK;
}


static int
scim_rules_find(scim_rules_t *r, const scim_rule_t *rule,
    scim_rule_found_t *f)
{
    int         rc;
    scim_str_t  text;

    memset(f, 0, sizeof(scim_rule_found_t));

    text = rule->text;

    f->rule = rule->rule;
    f->rtype = scim_rules_type(r, &text);

    if (f->rtype == NULL) {
        return scim_rules_fault(r, "there is no resource type \"User\"");
    }

    if (scim_rules_brackets(r, &text, f) != SCIM_OK) {
        return SCIM_ERROR;
    }

    rc = scim_path_resolve(f->rtype, &text, &f->path, SCIM_TYPE_NONE, r->err);

    if (rc == SCIM_DECLINED || (rc == SCIM_OK && f->path.attr == NULL)) {
        return scim_error(r->err, 400, SCIM_TYPE_NONE,
                          "resource type \"%S\" has no such attribute",
                          &f->rtype->name);
    }

    return rc;
}


/* the type's name and its colon are taken off the text; a URN has none */

static scim_resource_type_t *
scim_rules_type(scim_rules_t *r, scim_str_t *text)
{
    size_t                 i, len;
    scim_str_t             name;
    scim_resource_type_t  *user;

    user = NULL;

    for (i = 0; i < r->ntypes; i++) {
        len = r->types[i].name.len;

        name.len = len;
        name.data = text->data;

        if (text->len > len && text->data[len] == ':'
            && scim_str_eq(&name, &r->types[i].name))
        {
            text->data += len + 1;
            text->len -= len + 1;

            return &r->types[i];
        }

        if (scim_str_eq(&r->types[i].name, &scim_user_type)) {
            user = &r->types[i];
        }
    }

    return user;
}


/* "[" type "]" is taken out of the text: at its end, or before a "." */

static int
scim_rules_brackets(scim_rules_t *r, scim_str_t *text, scim_rule_found_t *f)
{
    scim_buf_t      b;
    unsigned char  *left, *right, *end;

    left = memchr(text->data, '[', text->len);

    if (left == NULL) {
        return SCIM_OK;
    }

    end = text->data + text->len;
    right = memchr(left, ']', (size_t) (end - left));

    if (right == NULL || right == left + 1
        || (right + 1 != end && right[1] != '.'))
    {
        return scim_rules_fault(r, "the brackets are malformed");
    }

    f->kind.data = left + 1;
    f->kind.len = (size_t) (right - left - 1);

    scim_buf_init(&b, r->arena, text->len);
    scim_buf_add(&b, text->data, (size_t) (left - text->data));
    scim_buf_add(&b, right + 1, (size_t) (end - right - 1));

    if (b.failed) {
        return scim_error_nomem(r->err);
    }

    text->data = b.data;
    text->len = b.len;

    return SCIM_OK;
}


static int
scim_rules_check(scim_rules_t *r, const scim_rule_found_t *f)
{
    const scim_path_t  *path;

    path = &f->path;

    if (path->schema == scim_schema_common()
        && !scim_str_eq(&path->attr->name, &scim_external_name))
    {
        return scim_rules_fault(r, "the server itself sets that attribute");
    }

    if (!scim_attr_stored(path->attr)
        || (path->sub && !scim_attr_stored(path->sub)))
    {
        return scim_rules_fault(r, "that attribute is readOnly, or not kept "
                                   "with the resource");
    }

    if (f->kind.data
        && (f->rule != SCIM_RULE_REQUIRE || !path->attr->multi
            || scim_attr_sub(path->attr, &scim_type_name) == NULL))
    {
        return scim_rules_fault(r, "no type can stand in brackets there");
    }

    switch (f->rule) {

    case SCIM_RULE_UNIQUE:
        return scim_rules_unique(r, f);

    case SCIM_RULE_SHARED:
        return scim_rules_shared(r, f);

    default:
        return SCIM_OK;
    }
}


/* values that are equal when their texts are */

static int
scim_rules_unique(scim_rules_t *r, const scim_rule_found_t *f)
{
    switch (scim_path_target(&f->path)->type) {

    case SCIM_ATTR_STRING:
    case SCIM_ATTR_INTEGER:
    case SCIM_ATTR_REFERENCE:
        return SCIM_OK;

    case SCIM_ATTR_COMPLEX:
        return scim_rules_fault(r, "a complex attribute cannot be unique, "
                                   "name one of its sub-attributes");

    default:
        return scim_rules_fault(r, "only strings, integers and references "
                                   "can be unique");
    }
}


static int
scim_rules_shared(scim_rules_t *r, const scim_rule_found_t *f)
{
    if (scim_rules_own(f)
        || (f->path.attr == f->rtype->name_attr
            && scim_str_eq(&f->path.attr->name, &scim_user_name)))
    {
        return scim_rules_fault(r, "that attribute is always unique");
    }

    return SCIM_OK;
}


/* externalId, which has a column of its own */

static int
scim_rules_own(const scim_rule_found_t *f)
{
    return f->path.schema == scim_schema_common();
}


static int
scim_rules_set(scim_rules_t *r, const scim_rule_found_t *f)
{
    size_t              i;
    scim_attr_t        *attr, *subs;
    scim_schema_t      *schema;
    const scim_attr_t  *was;

    if (scim_rules_own(f)) {
        return SCIM_OK;
    }

    was = f->path.attr;
    i = (size_t) (was - f->path.schema->attrs);

    schema = scim_rules_copy(r, f->path.schema);
    if (schema == NULL) {
        return scim_error_nomem(r->err);
    }

    attr = (scim_attr_t *) &schema->attrs[i];

    if (f->path.sub) {
        subs = scim_alloc(r->arena, attr->nsubs * sizeof(scim_attr_t));
        if (subs == NULL) {
            return scim_error_nomem(r->err);
        }

        memcpy(subs, attr->subs, attr->nsubs * sizeof(scim_attr_t));

        i = (size_t) (f->path.sub - attr->subs);
        attr->subs = subs;
        attr = &subs[i];
    }

    if (f->rule == SCIM_RULE_SHARED) {
        attr->uniqueness = SCIM_UNIQUE_NONE;
        return SCIM_OK;
    }

    attr->uniqueness = SCIM_UNIQUE_SERVER;
    attr->indexed = 1;

    if (attr->max == 0 || attr->max > SCIM_KEY_MAX) {
        attr->max = SCIM_KEY_MAX;
    }

    return SCIM_OK;
}


/* ours to change, in the place of "schema" in all types that have it */

static scim_schema_t *
scim_rules_copy(scim_rules_t *r, const scim_schema_t *schema)
{
    size_t          i;
    scim_attr_t    *attrs;
    scim_schema_t  *copy;

    for (i = 0; i < r->ncopies; i++) {
        if (r->copies[i] == schema) {
            return r->copies[i];
        }
    }

    copy = scim_calloc(r->arena, sizeof(scim_schema_t));
    attrs = scim_alloc(r->arena, schema->nattrs * sizeof(scim_attr_t));

    if (copy == NULL || attrs == NULL) {
        return NULL;
    }

    memcpy(attrs, schema->attrs, schema->nattrs * sizeof(scim_attr_t));

    *copy = *schema;
    copy->attrs = attrs;

    scim_rules_replace(r, schema, copy);
    r->copies[r->ncopies++] = copy;

    return copy;
}


static void
scim_rules_replace(scim_rules_t *r, const scim_schema_t *old,
    const scim_schema_t *schema)
{
    size_t                 i, j;
    scim_resource_type_t  *type;

    for (i = 0; i < r->ntypes; i++) {
        type = &r->types[i];

        if (type->schema == old) {
            type->schema = schema;

            if (type->name_attr) {
                type->name_attr = schema->attrs
                                  + (type->name_attr - old->attrs);
            }
        }

        for (j = 0; j < type->nextensions; j++) {
            if (r->extensions[i][j].schema == old) {
                r->extensions[i][j].schema = schema;
            }
        }
    }
}


static int
scim_rules_demand(scim_rules_t *r, const scim_rule_found_t *f, size_t n)
{
    scim_demand_t  *demands, *demand;

    demands = (scim_demand_t *) f->rtype->demands;

    if (demands == NULL) {
        demands = scim_calloc(r->arena, n * sizeof(scim_demand_t));
        if (demands == NULL) {
            return scim_error_nomem(r->err);
        }

        f->rtype->demands = demands;
    }

    demand = &demands[f->rtype->ndemands++];

    demand->attr = f->path.attr;
    demand->sub = f->path.sub;
    demand->kind = f->kind;

    if (f->path.schema != f->rtype->schema
        && f->path.schema != scim_schema_common())
    {
        demand->extension = f->path.schema;
    }

    return SCIM_OK;
}


static int
scim_rules_fault(scim_rules_t *r, const char *what)
{
    return scim_error(r->err, 400, SCIM_TYPE_NONE, "%s", what);
}
