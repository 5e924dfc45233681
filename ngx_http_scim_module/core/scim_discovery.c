
/*
 * The documents by which a client learns what the service provider can do,
 * written once from the registry and the features (RFC 7643 sections 5 to 7).
 * Called when the configuration is read, and by the discovery operations of
 * http/ to write a document with its base URL.
 */


#include "scim_discovery.h"
#include "scim_project.h"


#define SCIM_URN_CONFIG                                                       \
    "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
#define SCIM_URN_TYPE                                                         \
    "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
#define SCIM_URN_SCHEMA                                                       \
    "urn:ietf:params:scim:schemas:core:2.0:Schema"


/* a document while it is written: where a base URL comes in */
typedef struct {
    scim_buf_t              b;
    size_t                 *cuts;      /* offsets */
    size_t                  ncuts;
    const scim_registry_t  *registry;  /* NULL: it is about none */
} scim_draft_t;


static void scim_discovery_scheme(scim_buf_t *b, int comma, const char *type,
    const char *name, const char *description, const char *uri);
static int scim_discovery_types(scim_arena_t *arena,
    const scim_registry_t *registry, scim_discovery_t *d);
static void scim_discovery_put_type(scim_draft_t *draft,
    const scim_resource_type_t *type);
static int scim_discovery_schemas(scim_arena_t *arena,
    const scim_registry_t *registry, scim_discovery_t *d);
static size_t scim_discovery_collect(const scim_registry_t *registry,
    const scim_schema_t **schemas);
static size_t scim_discovery_add(const scim_schema_t **schemas, size_t n,
    const scim_schema_t *schema);
static void scim_discovery_put_schema(scim_draft_t *draft,
    const scim_schema_t *schema);
static void scim_discovery_attr(scim_draft_t *draft,
    const scim_attr_t *attr);
static void scim_discovery_attr_head(scim_draft_t *draft,
    const scim_attr_t *attr);
static int scim_discovery_required(const scim_registry_t *registry,
    const scim_attr_t *attr);
static void scim_discovery_strings(scim_buf_t *b, const char *name,
    const scim_str_t *values, size_t n);
static void scim_discovery_meta(scim_draft_t *draft, const char *type,
    const char *path, const scim_str_t *id);
static void scim_discovery_text(scim_buf_t *b, const char *text);
static void scim_discovery_string(scim_buf_t *b, const char *text,
    const scim_str_t *value);
static void scim_discovery_bool(scim_buf_t *b, const char *text, int value);
static void scim_discovery_inner(scim_buf_t *b, const scim_str_t *s);
static int scim_draft_init(scim_arena_t *arena, scim_draft_t *draft,
    size_t cuts);
static int scim_draft_done(scim_arena_t *arena, scim_draft_t *draft,
    scim_document_t *doc);


static const char *const  scim_words_type[] = {
    "string", "boolean", "decimal", "integer", "dateTime", "binary",
    "reference", "complex"
};

static const char *const  scim_words_mutability[] = {
    "readWrite", "readOnly", "immutable", "writeOnly"
};

static const char *const  scim_words_returned[] = {
    "default", "always", "never", "request"
};

static const char *const  scim_words_uniqueness[] = {
    "none", "server", "global"
};


int
scim_discovery_render(scim_arena_t *arena, const scim_registry_t *registry,
    scim_discovery_t *discovery)
{
    memset(discovery, 0, sizeof(scim_discovery_t));

    if (scim_discovery_types(arena, registry, discovery) != SCIM_OK) {
        return SCIM_ERROR;
    }

    return scim_discovery_schemas(arena, registry, discovery);
}


int
scim_discovery_provider(scim_arena_t *arena, const scim_features_t *features,
    scim_document_t *provider)
{
    scim_buf_t    *b;
    scim_draft_t   draft;

    if (scim_draft_init(arena, &draft, 1) != SCIM_OK) {
        return SCIM_ERROR;
    }

    b = &draft.b;

    scim_buf_lit(b, "{\"schemas\":[\"" SCIM_URN_CONFIG "\"],");
    scim_buf_lit(b, "\"patch\":{\"supported\":true}"
                    ",\"bulk\":{\"supported\":true,\"maxOperations\":");
    scim_buf_int(b, (int64_t) features->max_operations);
    scim_buf_lit(b, ",\"maxPayloadSize\":");
    scim_buf_int(b, (int64_t) features->max_payload);
    scim_buf_lit(b, "},\"filter\":{\"supported\":true,\"maxResults\":");
    scim_buf_int(b, (int64_t) features->max_results);
    scim_buf_lit(b, "},\"changePassword\":{\"supported\":false}"
                    ",\"sort\":{\"supported\":true}"
                    ",\"etag\":{\"supported\":true}"
                    ",\"pagination\":{\"cursor\":true,\"index\":true"
                    ",\"defaultPaginationMethod\":\"index\""
                    ",\"defaultPageSize\":");
    scim_buf_int(b, (int64_t) features->max_results);
    scim_buf_lit(b, ",\"maxPageSize\":");
    scim_buf_int(b, (int64_t) features->max_results);
    scim_buf_lit(b, ",\"cursorTimeout\":");
    scim_buf_int(b, (int64_t) features->cursor_timeout);
    scim_buf_lit(b, "},\"authenticationSchemes\":[");

    if (features->bearer) {
        scim_discovery_scheme(b, 0, "oauthbearertoken", "Bearer token",
                              "A token in the Authorization header",
                              "https://www.rfc-editor.org/info/rfc6750");
    }

    if (features->basic) {
        scim_discovery_scheme(b, features->bearer, "httpbasic", "HTTP Basic",
                              "A user name and a password in the "
                              "Authorization header",
                              "https://www.rfc-editor.org/info/rfc7617");
    }

    scim_buf_char(b, ']');
    scim_discovery_meta(&draft, "ServiceProviderConfig",
                        "/ServiceProviderConfig", NULL);
    scim_buf_char(b, '}');

    return scim_draft_done(arena, &draft, provider);
}


const scim_document_t *
scim_discovery_type(const scim_discovery_t *d, const scim_str_t *name)
{
    size_t  i;

    for (i = 0; i < d->ntypes; i++) {
        if (scim_str_eq(&d->type[i].id, name)) {
            return &d->type[i].doc;
        }
    }

    return NULL;
}


const scim_document_t *
scim_discovery_schema(const scim_discovery_t *d, const scim_str_t *id)
{
    size_t  i;

    for (i = 0; i < d->nschemas; i++) {
        if (scim_str_caseeq(&d->schema[i].id, id)) {
            return &d->schema[i].doc;
        }
    }

    return NULL;
}


void
scim_document_write(scim_buf_t *b, const scim_document_t *doc,
    const scim_str_t *base)
{
    size_t  i;

    for (i = 0; i < doc->n; i++) {

        if (i) {
            scim_discovery_inner(b, base);
        }

        scim_buf_str(b, &doc->pieces[i]);
    }
}


static void
scim_discovery_scheme(scim_buf_t *b, int comma, const char *type,
    const char *name, const char *description, const char *uri)
{
    if (comma) {
        scim_buf_char(b, ',');
    }

    scim_buf_lit(b, "{\"type\":\"");
    scim_discovery_text(b, type);
    scim_buf_lit(b, "\",\"name\":\"");
    scim_discovery_text(b, name);
    scim_buf_lit(b, "\",\"description\":\"");
    scim_discovery_text(b, description);
    scim_buf_lit(b, "\",\"specUri\":\"");
    scim_discovery_text(b, uri);
    scim_discovery_bool(b, "\",\"primary\":", !comma);
    scim_buf_char(b, '}');
}


static int
scim_discovery_types(scim_arena_t *arena, const scim_registry_t *registry,
    scim_discovery_t *d)
{
    size_t        i, n;
    scim_draft_t  list, one;

    n = registry->ntypes;

    d->type = scim_calloc(arena, n * sizeof(scim_named_document_t));

    if (d->type == NULL || scim_draft_init(arena, &list, n) != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_project_list_head(&list.b, (int64_t) n, 1, (int64_t) n, NULL);

    for (i = 0; i < n; i++) {

        if (scim_draft_init(arena, &one, 1) != SCIM_OK) {
            return SCIM_ERROR;
        }

        scim_discovery_put_type(&one, &registry->types[i]);

        if (scim_draft_done(arena, &one, &d->type[i].doc) != SCIM_OK) {
            return SCIM_ERROR;
        }

        d->type[i].id = registry->types[i].name;
        d->ntypes++;

        if (i) {
            scim_buf_char(&list.b, ',');
        }

        scim_discovery_put_type(&list, &registry->types[i]);
    }

    scim_project_list_tail(&list.b);

    return scim_draft_done(arena, &list, &d->types);
}


static void
scim_discovery_put_type(scim_draft_t *draft, const scim_resource_type_t *type)
{
    size_t       i;
    scim_buf_t  *b;

    b = &draft->b;

    scim_buf_lit(b, "{\"schemas\":[\"" SCIM_URN_TYPE "\"],\"id\":");
    scim_json_write_string(b, &type->name);
    scim_buf_lit(b, ",\"name\":");
    scim_json_write_string(b, &type->name);
    scim_buf_lit(b, ",\"endpoint\":");
    scim_json_write_string(b, &type->endpoint);
    scim_discovery_string(b, ",\"description\":", &type->description);
    scim_buf_lit(b, ",\"schema\":");
    scim_json_write_string(b, &type->schema->id);

    for (i = 0; i < type->nextensions; i++) {

        if (i) {
            scim_buf_char(b, ',');

        } else {
            scim_buf_lit(b, ",\"schemaExtensions\":[");
        }

        scim_buf_lit(b, "{\"schema\":");
        scim_json_write_string(b, &type->extensions[i].schema->id);
        scim_discovery_bool(b, ",\"required\":", type->extensions[i].required);
        scim_buf_char(b, '}');
    }

    if (i) {
        scim_buf_char(b, ']');
    }

    scim_discovery_meta(draft, "ResourceType", "/ResourceTypes/",
                        &type->name);
    scim_buf_char(b, '}');
}


static int
scim_discovery_schemas(scim_arena_t *arena, const scim_registry_t *registry,
    scim_discovery_t *d)
{
    size_t                 i, n;
    scim_draft_t           list, one;
    const scim_schema_t  **schemas;

    n = 0;

    for (i = 0; i < registry->ntypes; i++) {
        n += 1 + registry->types[i].nextensions;
    }

    schemas = scim_calloc(arena, n * sizeof(scim_schema_t *));
    d->schema = scim_calloc(arena, n * sizeof(scim_named_document_t));

    if (schemas == NULL || d->schema == NULL
        || scim_draft_init(arena, &list, n) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    list.registry = registry;
    n = scim_discovery_collect(registry, schemas);

    scim_project_list_head(&list.b, (int64_t) n, 1, (int64_t) n, NULL);

    for (i = 0; i < n; i++) {

        if (scim_draft_init(arena, &one, 1) != SCIM_OK) {
            return SCIM_ERROR;
        }

        one.registry = registry;
        scim_discovery_put_schema(&one, schemas[i]);

        if (scim_draft_done(arena, &one, &d->schema[i].doc) != SCIM_OK) {
            return SCIM_ERROR;
        }

        d->schema[i].id = schemas[i]->id;
        d->nschemas++;

        if (i) {
            scim_buf_char(&list.b, ',');
        }

        scim_discovery_put_schema(&list, schemas[i]);
    }

    scim_project_list_tail(&list.b);

    return scim_draft_done(arena, &list, &d->schemas);
}


/* each schema once, though types may share one */

static size_t
scim_discovery_collect(const scim_registry_t *registry,
    const scim_schema_t **schemas)
{
    size_t                       i, j, n;
    const scim_resource_type_t  *type;

    n = 0;

    for (i = 0; i < registry->ntypes; i++) {
        type = &registry->types[i];

        n = scim_discovery_add(schemas, n, type->schema);

        for (j = 0; j < type->nextensions; j++) {
            n = scim_discovery_add(schemas, n, type->extensions[j].schema);
        }
    }

    return n;
}


static size_t
scim_discovery_add(const scim_schema_t **schemas, size_t n,
    const scim_schema_t *schema)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (scim_str_caseeq(&schemas[i]->id, &schema->id)) {
            return n;
        }
    }

    schemas[n] = schema;

    return n + 1;
}


static void
scim_discovery_put_schema(scim_draft_t *draft, const scim_schema_t *schema)
{
    size_t       i;
    scim_buf_t  *b;

    b = &draft->b;

    scim_buf_lit(b, "{\"schemas\":[\"" SCIM_URN_SCHEMA "\"],\"id\":");
    scim_json_write_string(b, &schema->id);
    scim_discovery_string(b, ",\"name\":", &schema->name);
    scim_discovery_string(b, ",\"description\":", &schema->description);
    scim_buf_lit(b, ",\"attributes\":[");

    for (i = 0; i < schema->nattrs; i++) {

        if (i) {
            scim_buf_char(b, ',');
        }

        scim_discovery_attr(draft, &schema->attrs[i]);
    }

    scim_buf_char(b, ']');
    scim_discovery_meta(draft, "Schema", "/Schemas/", &schema->id);
    scim_buf_char(b, '}');
}


/* sub-attributes have none themselves (RFC 7643 section 2.3.8) */

static void
scim_discovery_attr(scim_draft_t *draft, const scim_attr_t *attr)
{
    size_t       i;
    scim_buf_t  *b;

    b = &draft->b;

    scim_discovery_attr_head(draft, attr);

    for (i = 0; i < attr->nsubs; i++) {

        if (i) {
            scim_buf_char(b, ',');

        } else {
            scim_buf_lit(b, ",\"subAttributes\":[");
        }

        scim_discovery_attr_head(draft, &attr->subs[i]);
        scim_buf_char(b, '}');
    }

    if (i) {
        scim_buf_char(b, ']');
    }

    scim_buf_char(b, '}');
}


static void
scim_discovery_attr_head(scim_draft_t *draft, const scim_attr_t *attr)
{
    scim_buf_t  *b;

    b = &draft->b;

    scim_buf_lit(b, "{\"name\":");
    scim_json_write_string(b, &attr->name);
    scim_buf_lit(b, ",\"type\":\"");
    scim_discovery_text(b, scim_words_type[attr->type]);
    scim_discovery_bool(b, "\",\"multiValued\":", attr->multi);
    scim_discovery_string(b, ",\"description\":", &attr->description);
    scim_discovery_bool(b, ",\"required\":",
                        scim_discovery_required(draft->registry, attr));
    scim_discovery_bool(b, ",\"caseExact\":", attr->case_exact);
    scim_buf_lit(b, ",\"mutability\":\"");
    scim_discovery_text(b, scim_words_mutability[attr->mutability]);
    scim_buf_lit(b, "\",\"returned\":\"");
    scim_discovery_text(b, scim_words_returned[attr->returned]);
    scim_buf_lit(b, "\",\"uniqueness\":\"");
    scim_discovery_text(b, scim_words_uniqueness[attr->uniqueness]);
    scim_buf_char(b, '"');

    scim_discovery_strings(b, ",\"canonicalValues\":[", attr->canonical,
                           attr->ncanonical);
    scim_discovery_strings(b, ",\"referenceTypes\":[", attr->references,
                           attr->nreferences);
}


/* by its schema, or by the tenant */

static int
scim_discovery_required(const scim_registry_t *registry,
    const scim_attr_t *attr)
{
    size_t                i, j;
    const scim_demand_t  *demand;

    if (attr->required) {
        return 1;
    }

    for (i = 0; i < registry->ntypes; i++) {
        for (j = 0; j < registry->types[i].ndemands; j++) {
            demand = &registry->types[i].demands[j];

            if (demand->attr == attr || demand->sub == attr) {
                return 1;
            }
        }
    }

    return 0;
}


static void
scim_discovery_strings(scim_buf_t *b, const char *name,
    const scim_str_t *values, size_t n)
{
    size_t  i;

    if (n == 0) {
        return;
    }

    scim_discovery_text(b, name);

    for (i = 0; i < n; i++) {

        if (i) {
            scim_buf_char(b, ',');
        }

        scim_json_write_string(b, &values[i]);
    }

    scim_buf_char(b, ']');
}


static void
scim_discovery_meta(scim_draft_t *draft, const char *type, const char *path,
    const scim_str_t *id)
{
    scim_buf_t  *b;

    b = &draft->b;

    scim_buf_lit(b, ",\"meta\":{\"resourceType\":\"");
    scim_discovery_text(b, type);
    scim_buf_lit(b, "\",\"location\":\"");

    draft->cuts[draft->ncuts++] = b->len;

    scim_discovery_text(b, path);

    if (id) {
        scim_discovery_inner(b, id);
    }

    scim_buf_lit(b, "\"}");
}


static void
scim_discovery_text(scim_buf_t *b, const char *text)
{
    scim_buf_add(b, text, strlen(text));
}


/* a member that may be missing */

static void
scim_discovery_string(scim_buf_t *b, const char *text,
    const scim_str_t *value)
{
    if (value->len) {
        scim_discovery_text(b, text);
        scim_json_write_string(b, value);
    }
}


static void
scim_discovery_bool(scim_buf_t *b, const char *text, int value)
{
    scim_discovery_text(b, text);
    scim_discovery_text(b, value ? "true" : "false");
}


/* "s" escaped, as a part of a string */

static void
scim_discovery_inner(scim_buf_t *b, const scim_str_t *s)
{
    scim_buf_t  quoted;

    if (b->failed) {
        return;
    }

    scim_buf_init(&quoted, b->arena, s->len + 2);
    scim_json_write_string(&quoted, s);

    if (quoted.failed) {
        b->failed = 1;
        return;
    }

    scim_buf_add(b, quoted.data + 1, quoted.len - 2);
}


static int
scim_draft_init(scim_arena_t *arena, scim_draft_t *draft, size_t cuts)
{
    scim_buf_init(&draft->b, arena, 1024);

    draft->ncuts = 0;
    draft->registry = NULL;
    draft->cuts = scim_alloc(arena, cuts * sizeof(size_t));

    return draft->cuts ? SCIM_OK : SCIM_ERROR;
}


static int
scim_draft_done(scim_arena_t *arena, scim_draft_t *draft,
    scim_document_t *doc)
{
    size_t  i, from, to;

    if (draft->b.failed) {
        return SCIM_ERROR;
    }

    doc->n = draft->ncuts + 1;
    doc->len = draft->b.len;
    doc->pieces = scim_alloc(arena, doc->n * sizeof(scim_str_t));

    if (doc->pieces == NULL) {
        return SCIM_ERROR;
    }

    from = 0;

    for (i = 0; i < doc->n; i++) {
        to = i < draft->ncuts ? draft->cuts[i] : draft->b.len;

        doc->pieces[i].len = to - from;
        doc->pieces[i].data = draft->b.data + from;
        from = to;
    }

    return SCIM_OK;
}
