
/*
 * Registries put together: the types of a registry that is there, schemas and
 * types that scim_registry_load.c reads, and the rules that hold between
 * them.  Called by http/ while the configuration is read.
 */


#include "scim_registry_load.h"


/* bounds of a registry */
#define SCIM_REGISTRY_TYPES       64
#define SCIM_REGISTRY_SCHEMAS     256


typedef struct scim_registry_schema_s  scim_registry_schema_t;

struct scim_registry_schema_s {
    scim_registry_schema_t  *next;
    const scim_schema_t     *schema;
    scim_extends_t           extends;
    unsigned                 added:1;      /* here, not by the base */
    unsigned                 used:1;       /* by a type */
};


struct scim_registry_builder_s {
    scim_arena_t            *arena;
    scim_registry_schema_t  *schemas;
    scim_registry_schema_t **last_schema;
    size_t                   nschemas;
    scim_load_type_t        *types;
    scim_load_type_t       **last_type;
    size_t                   ntypes;
    const scim_extends_t    *extends;      /* of the file being read */
};


static int scim_registry_base_type(scim_registry_builder_t *b,
    const scim_resource_type_t *type);
static int scim_registry_base_schema(scim_registry_builder_t *b,
    const scim_schema_t *schema);
static int scim_registry_push_schema(scim_registry_builder_t *b,
    const scim_schema_t *schema, scim_registry_schema_t **pushed);
static void scim_registry_push_type(scim_registry_builder_t *b,
    scim_load_type_t *type);
static int scim_registry_schema(void *data, scim_load_t *l,
    const scim_json_t *json);
static int scim_registry_type(void *data, scim_load_t *l,
    const scim_json_t *json);
static scim_registry_schema_t *scim_registry_find(scim_registry_builder_t *b,
    const scim_str_t *urn);
static int scim_registry_resolve(scim_registry_builder_t *b,
    scim_load_type_t *type, scim_error_t *err);
static const scim_schema_t *scim_registry_use(scim_registry_builder_t *b,
    const scim_load_type_t *type, const scim_str_t *urn, scim_error_t *err);
static int scim_registry_own(const scim_load_type_t *type, scim_error_t *err);
static int scim_registry_builtins(const scim_load_type_t *type,
    scim_error_t *err);
static int scim_registry_endpoints(const scim_load_type_t *type,
    scim_error_t *err);
static int scim_registry_extend(scim_registry_builder_t *b,
    scim_registry_schema_t *s, scim_error_t *err);
static void scim_registry_require(scim_registry_builder_t *b,
    const scim_registry_schema_t *s);
static scim_load_type_t *scim_registry_extended(scim_registry_builder_t *b,
    const scim_registry_schema_t *s);
static int scim_registry_add_extension(scim_registry_builder_t *b,
    scim_load_type_t *type, const scim_registry_schema_t *s,
    scim_error_t *err);
static int scim_registry_rows(const scim_schema_t *schema);
static int scim_registry_finish(scim_registry_builder_t *b,
    const scim_load_type_t *from, scim_resource_type_t *type);


/* attributes that every resource has */
static const char *const  scim_registry_common[] = {
    "id", "externalId", "meta"
};


scim_registry_builder_t *
scim_registry_builder(scim_arena_t *arena, const scim_registry_t *base)
{
    size_t                    i;
    scim_registry_builder_t  *b;

    b = scim_calloc(arena, sizeof(scim_registry_builder_t));
    if (b == NULL) {
        return NULL;
    }

    b->arena = arena;
    b->last_schema = &b->schemas;
    b->last_type = &b->types;

    for (i = 0; i < base->ntypes; i++) {
        if (scim_registry_base_type(b, &base->types[i]) != SCIM_OK) {
            return NULL;
        }
    }

    return b;
}


static int
scim_registry_base_type(scim_registry_builder_t *b,
    const scim_resource_type_t *type)
{
    size_t             i;
    scim_load_type_t  *t;

    t = scim_calloc(b->arena, sizeof(scim_load_type_t));
    if (t == NULL) {
        return SCIM_ERROR;
    }

    t->extensions = scim_calloc(b->arena, type->nextensions
                                          * sizeof(scim_load_extension_t));
    if (t->extensions == NULL) {
        return SCIM_ERROR;
    }

    t->name = type->name;
    t->endpoint = type->endpoint;
    t->description = type->description;
    t->urn = type->schema->id;
    t->nextensions = type->nextensions;

    if (scim_registry_base_schema(b, type->schema) != SCIM_OK) {
        return SCIM_ERROR;
    }

    for (i = 0; i < type->nextensions; i++) {
        t->extensions[i].urn = type->extensions[i].schema->id;
        t->extensions[i].required = type->extensions[i].required;

        if (scim_registry_base_schema(b, type->extensions[i].schema)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    scim_registry_push_type(b, t);

    return SCIM_OK;
}


/* types may share one */

static int
scim_registry_base_schema(scim_registry_builder_t *b,
    const scim_schema_t *schema)
{
    scim_registry_schema_t  *s;

    if (scim_registry_find(b, &schema->id)) {
        return SCIM_OK;
    }

    return scim_registry_push_schema(b, schema, &s);
}


static int
scim_registry_push_schema(scim_registry_builder_t *b,
    const scim_schema_t *schema, scim_registry_schema_t **pushed)
{
    scim_registry_schema_t  *s;

    s = scim_calloc(b->arena, sizeof(scim_registry_schema_t));
    if (s == NULL) {
        return SCIM_ERROR;
    }

    s->schema = schema;

    *b->last_schema = s;
    b->last_schema = &s->next;
    b->nschemas++;

    *pushed = s;

    return SCIM_OK;
}


static void
scim_registry_push_type(scim_registry_builder_t *b, scim_load_type_t *type)
{
    *b->last_type = type;
    b->last_type = &type->next;
    b->ntypes++;
}


int
scim_registry_add_schema(scim_registry_builder_t *b, const scim_str_t *text,
    const scim_extends_t *extends, scim_error_t *err)
{
    b->extends = extends;

    return scim_load_each(b->arena, text, scim_registry_schema, b, err);
}


int
scim_registry_add_type(scim_registry_builder_t *b, const scim_str_t *text,
    scim_error_t *err)
{
    return scim_load_each(b->arena, text, scim_registry_type, b, err);
}


static int
scim_registry_schema(void *data, scim_load_t *l, const scim_json_t *json)
{
    scim_schema_t            *schema;
    scim_registry_schema_t   *s;
    scim_registry_builder_t  *b = data;

    if (scim_load_schema(l, json, &schema) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (scim_registry_find(b, &schema->id)) {
        return scim_load_fault(l, "id", "is the URN of another schema");
    }

    if (b->nschemas == SCIM_REGISTRY_SCHEMAS) {
        return scim_load_fault(l, NULL, "too many schemas");
    }

    if (scim_registry_push_schema(b, schema, &s) != SCIM_OK) {
        return scim_error_nomem(l->err);
    }

    s->added = 1;

    if (b->extends) {
        s->extends = *b->extends;
    }

    return SCIM_OK;
}


static int
scim_registry_type(void *data, scim_load_t *l, const scim_json_t *json)
{
    scim_load_type_t         *type, **p;
    scim_registry_builder_t  *b = data;

    if (scim_load_type(l, json, &type) != SCIM_OK) {
        return SCIM_ERROR;
    }

    for (p = &b->types; *p; p = &(*p)->next) {

        if (scim_str_eq(&(*p)->name, &type->name)) {
            type->next = (*p)->next;

            if (b->last_type == &(*p)->next) {
                b->last_type = &type->next;
            }

            *p = type;

            return SCIM_OK;
        }

        if (scim_str_caseeq(&(*p)->name, &type->name)) {
            return scim_load_fault(l, "name", "differs from that of another "
                                   "type in case only");
        }
    }

    if (b->ntypes == SCIM_REGISTRY_TYPES) {
        return scim_load_fault(l, NULL, "too many resource types");
    }

    scim_registry_push_type(b, type);

    return SCIM_OK;
}


/* by its URN or an older one */

static scim_registry_schema_t *
scim_registry_find(scim_registry_builder_t *b, const scim_str_t *urn)
{
    size_t                   i;
    scim_registry_schema_t  *s;

    for (s = b->schemas; s; s = s->next) {

        if (scim_str_caseeq(&s->schema->id, urn)) {
            return s;
        }

        for (i = 0; i < s->schema->naliases; i++) {
            if (scim_str_caseeq(&s->schema->aliases[i], urn)) {
                return s;
            }
        }
    }

    return NULL;
}


int
scim_registry_build(scim_registry_builder_t *b,
    const scim_registry_t **registry, scim_error_t *err)
{
    size_t                   n;
    scim_registry_t         *r;
    scim_load_type_t        *t;
    scim_resource_type_t    *types;
    scim_registry_schema_t  *s;

    for (t = b->types; t; t = t->next) {
        if (scim_registry_resolve(b, t, err) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    for (s = b->schemas; s; s = s->next) {
        if (s->added && scim_registry_extend(b, s, err) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    r = scim_calloc(b->arena, sizeof(scim_registry_t));
    types = scim_calloc(b->arena, b->ntypes * sizeof(scim_resource_type_t));

    if (r == NULL || types == NULL) {
        return scim_error_nomem(err);
    }

    for (n = 0, t = b->types; t; n++, t = t->next) {
        if (scim_registry_finish(b, t, &types[n]) != SCIM_OK) {
            return scim_error_nomem(err);
        }
    }

    r->types = types;
    r->ntypes = n;
    *registry = r;

    return SCIM_OK;
}


/* a type's URNs become schemas */

static int
scim_registry_resolve(scim_registry_builder_t *b, scim_load_type_t *type,
    scim_error_t *err)
{
    size_t                  i;
    scim_load_extension_t  *ext;

    type->schema = scim_registry_use(b, type, &type->urn, err);

    if (type->schema == NULL
        || scim_registry_own(type, err) != SCIM_OK
        || scim_registry_builtins(type, err) != SCIM_OK
        || scim_registry_endpoints(type, err) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    for (i = 0; i < type->nextensions; i++) {
        ext = &type->extensions[i];
        ext->schema = scim_registry_use(b, type, &ext->urn, err);

        if (ext->schema == NULL) {
            return SCIM_ERROR;
        }

        if (scim_registry_rows(ext->schema)) {
            return scim_error(err, 400, SCIM_TYPE_NONE,
                              "resource type \"%S\": schema \"%S\" cannot be "
                              "an extension", &type->name, &ext->urn);
        }
    }

    return SCIM_OK;
}


static const scim_schema_t *
scim_registry_use(scim_registry_builder_t *b, const scim_load_type_t *type,
    const scim_str_t *urn, scim_error_t *err)
{
    scim_registry_schema_t  *s;

    s = scim_registry_find(b, urn);

    if (s == NULL || !scim_str_caseeq(&s->schema->id, urn)) {
        (void) scim_error(err, 400, SCIM_TYPE_NONE,
                          "resource type \"%S\": there is no schema \"%S\"",
                          &type->name, urn);
        return NULL;
    }

    s->used = 1;

    return s->schema;
}


/* names of the common attributes are taken in a type's own schema */

static int
scim_registry_own(const scim_load_type_t *type, scim_error_t *err)
{
    size_t      i;
    scim_str_t  name;

    for (i = 0;
         i < sizeof(scim_registry_common) / sizeof(scim_registry_common[0]);
         i++)
    {
        name.len = strlen(scim_registry_common[i]);
        name.data = (unsigned char *) scim_registry_common[i];

        if (scim_schema_attr(type->schema, &name)) {
            return scim_error(err, 400, SCIM_TYPE_NONE,
                              "resource type \"%S\": its schema has an "
                              "attribute \"%S\", which all resources have",
                              &type->name, &name);
        }
    }

    return SCIM_OK;
}


/* what is kept as rows ties a user and a group to their schemas */

static int
scim_registry_builtins(const scim_load_type_t *type, scim_error_t *err)
{
    int                          name, schema;
    size_t                       i;
    const scim_registry_t       *builtin;
    const scim_resource_type_t  *t;

    builtin = scim_registry_builtin();

    for (i = 0; i < builtin->ntypes; i++) {
        t = &builtin->types[i];
        name = scim_str_caseeq(&t->name, &type->name);
        schema = t->schema == type->schema;

        if (!name && !schema) {
            continue;
        }

        if (name && schema && scim_str_eq(&t->endpoint, &type->endpoint)) {
            continue;
        }

        return scim_error(err, 400, SCIM_TYPE_NONE,
                          "resource type \"%S\": name \"%S\", endpoint \"%S\" "
                          "and schema \"%S\" belong together", &type->name,
                          &t->name, &t->endpoint, &t->schema->id);
    }

    return SCIM_OK;
}


static int
scim_registry_endpoints(const scim_load_type_t *type, scim_error_t *err)
{
    const scim_load_type_t  *t;

    for (t = type->next; t; t = t->next) {
        if (scim_str_caseeq(&t->endpoint, &type->endpoint)) {
            return scim_error(err, 400, SCIM_TYPE_NONE,
                              "resource types \"%S\" and \"%S\" have one "
                              "endpoint", &type->name, &t->name);
        }
    }

    return SCIM_OK;
}


/* an added schema extends the type that it is said to extend; else, unless a
 * type names it, the one that its URN ends with */

static int
scim_registry_extend(scim_registry_builder_t *b, scim_registry_schema_t *s,
    scim_error_t *err)
{
    scim_load_type_t  *type;

    if (s->extends.type.data == NULL && s->used) {
        scim_registry_require(b, s);
        return SCIM_OK;
    }

    type = scim_registry_extended(b, s);

    if (type) {
        return scim_registry_add_extension(b, type, s, err);
    }

    if (s->extends.type.data) {
        return scim_error(err, 400, SCIM_TYPE_NONE,
                          "schema \"%S\": there is no resource type \"%S\"",
                          &s->schema->id, &s->extends.type);
    }

    return scim_error(err, 400, SCIM_TYPE_NONE,
                      "schema \"%S\": no resource type has it",
                      &s->schema->id);
}


/* types that name the schema may leave it to the schema to be required */

static void
scim_registry_require(scim_registry_builder_t *b,
    const scim_registry_schema_t *s)
{
    size_t             i;
    scim_load_type_t  *t;

    for (t = b->types; t; t = t->next) {
        for (i = 0; i < t->nextensions; i++) {
            if (t->extensions[i].schema == s->schema) {
                t->extensions[i].required |= s->extends.required;
            }
        }
    }
}


static scim_load_type_t *
scim_registry_extended(scim_registry_builder_t *b,
    const scim_registry_schema_t *s)
{
    size_t             i;
    scim_str_t         name;
    const scim_str_t  *urn;
    scim_load_type_t  *t;

    name = s->extends.type;

    if (name.data == NULL) {
        urn = &s->schema->id;

        for (i = urn->len; i && urn->data[i - 1] != ':'; i--) { /* void */ }

        name.len = urn->len - i;
        name.data = urn->data + i;
    }

    for (t = b->types; t; t = t->next) {
        if (scim_str_eq(&t->name, &name)) {
            return t;
        }
    }

    return NULL;
}


static int
scim_registry_add_extension(scim_registry_builder_t *b,
    scim_load_type_t *type, const scim_registry_schema_t *s,
    scim_error_t *err)
{
    size_t                  i, n;
    scim_load_extension_t  *ext;

    if (type->schema == s->schema) {
        return scim_error(err, 400, SCIM_TYPE_NONE,
                          "schema \"%S\" is that of resource type \"%S\" and "
                          "cannot extend it", &s->schema->id, &type->name);
    }

    n = type->nextensions;

    for (i = 0; i < n; i++) {
        if (type->extensions[i].schema == s->schema) {
            type->extensions[i].required |= s->extends.required;
            return SCIM_OK;
        }
    }

    ext = scim_calloc(b->arena, (n + 1) * sizeof(scim_load_extension_t));
    if (ext == NULL) {
        return scim_error_nomem(err);
    }

    if (n) {
        memcpy(ext, type->extensions, n * sizeof(scim_load_extension_t));
    }

    ext[n].urn = s->schema->id;
    ext[n].schema = s->schema;
    ext[n].required = s->extends.required;

    type->extensions = ext;
    type->nextensions = n + 1;

    return SCIM_OK;
}


/* whether the schema has attributes that are not in a document */

static int
scim_registry_rows(const scim_schema_t *schema)
{
    size_t  i;

    for (i = 0; i < schema->nattrs; i++) {
        if (schema->attrs[i].source != SCIM_SOURCE_DOC) {
            return 1;
        }
    }

    return 0;
}


static int
scim_registry_finish(scim_registry_builder_t *b, const scim_load_type_t *from,
    scim_resource_type_t *type)
{
    size_t             i;
    scim_extension_t  *ext;

    ext = scim_calloc(b->arena, from->nextensions * sizeof(scim_extension_t));
    if (ext == NULL) {
        return SCIM_ERROR;
    }

    for (i = 0; i < from->nextensions; i++) {
        ext[i].schema = from->extensions[i].schema;
        ext[i].required = from->extensions[i].required;
    }

    type->name = from->name;
    type->endpoint = from->endpoint;
    type->description = from->description;
    type->schema = from->schema;
    type->name_attr = scim_load_name_attr(from->schema);
    type->extensions = ext;
    type->nextensions = from->nextensions;

    return SCIM_OK;
}
