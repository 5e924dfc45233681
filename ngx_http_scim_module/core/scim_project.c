
/*
 * Representations: the stored document with id and meta around it, whole or
 * cut to what a projection asks for (RFC 7644 section 3.9, RFC 7643 section
 * 2.2, "returned").  Called by http/ for each resource of an answer.
 */


#include "scim_project.h"
#include "scim_etag.h"


/* sub-attributes of meta, in the order of output */
#define SCIM_META_TYPE      0
#define SCIM_META_CREATED   1
#define SCIM_META_MODIFIED  2
#define SCIM_META_LOCATION  3
#define SCIM_META_VERSION   4
#define SCIM_META_N         5


/* how a projection mentions an attribute */
typedef enum {
    SCIM_MENTION_NONE = 0,
    SCIM_MENTION_SUBS,         /* some of its sub-attributes */
    SCIM_MENTION_ALL
} scim_mention_e;


typedef struct {
    scim_arena_t                *arena;
    const scim_resource_type_t  *rtype;
    const scim_query_t          *query;
} scim_project_t;


static int scim_project_plain(const scim_resource_type_t *rtype,
    const scim_query_t *query);
static int scim_project_schema_plain(const scim_schema_t *schema);
static int scim_project_attrs_plain(const scim_attr_t *attrs, size_t n);
static int scim_project_text(scim_buf_t *b, const scim_str_t *doc);
static int scim_project_tree(scim_project_t *p, scim_buf_t *b,
    const scim_str_t *doc, scim_error_t *err);
static scim_json_t *scim_project_member(scim_project_t *p, scim_json_t *m);
static scim_json_t *scim_project_object(scim_project_t *p,
    const scim_schema_t *schema, scim_json_t *object);
static scim_json_t *scim_project_attr(scim_project_t *p,
    const scim_schema_t *schema, const scim_attr_t *attr,
    scim_json_t *value);
static scim_json_t *scim_project_subs(scim_project_t *p,
    const scim_schema_t *schema, const scim_attr_t *attr,
    scim_json_t *object);
static int scim_project_keep(scim_project_t *p, const scim_schema_t *schema,
    const scim_attr_t *attr);
static int scim_project_keep_sub(scim_project_t *p,
    const scim_schema_t *schema, const scim_attr_t *attr,
    const scim_attr_t *sub);
static scim_mention_e scim_project_mention(const scim_select_t *select,
    const scim_schema_t *schema, const scim_attr_t *attr,
    const scim_attr_t *sub);
static int scim_project_meta(scim_project_t *p, scim_buf_t *b,
    const scim_stored_t *res, const scim_str_t *base);
static int scim_project_meta_field(scim_project_t *p, const scim_attr_t *meta,
    const scim_str_t *name);


static const scim_str_t  scim_meta_name = scim_string("meta");

static const scim_str_t  scim_meta_fields[] = {
    scim_string("resourceType"),
    scim_string("created"),
    scim_string("lastModified"),
    scim_string("location"),
    scim_string("version")
};


int
scim_project_write(scim_arena_t *arena, scim_buf_t *b,
    const scim_resource_type_t *rtype, const scim_stored_t *res,
    const scim_query_t *query, const scim_str_t *base, scim_error_t *err)
{
    int             rc;
    scim_project_t  p;

    p.arena = arena;
    p.rtype = rtype;
    p.query = query;

    scim_buf_lit(b, "{\"id\":\"");
    scim_buf_str(b, &res->id);
    scim_buf_char(b, '"');

    if (scim_project_plain(rtype, query)) {
        p.query = NULL;
        rc = scim_project_text(b, &res->doc);

    } else {
        rc = scim_project_tree(&p, b, &res->doc, err);
    }

    if (rc == SCIM_DECLINED) {
        return scim_error(err, 500, SCIM_TYPE_NONE,
                          "the stored resource is damaged");
    }

    if (rc != SCIM_OK) {
        return SCIM_ERROR;
    }

    rc = scim_project_meta(&p, b, res, base);

    scim_buf_char(b, '}');

    return rc == SCIM_OK && !b->failed ? SCIM_OK : scim_error_nomem(err);
}


void
scim_project_list_head(scim_buf_t *b, int64_t total, int64_t start_index,
    int64_t items)
{
    scim_buf_lit(b, "{\"schemas\":"
                    "[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"]"
                    ",\"totalResults\":");
    scim_buf_int(b, total);
    scim_buf_lit(b, ",\"startIndex\":");
    scim_buf_int(b, start_index);
    scim_buf_lit(b, ",\"itemsPerPage\":");
    scim_buf_int(b, items);
    scim_buf_lit(b, ",\"Resources\":[");
}


void
scim_project_list_tail(scim_buf_t *b)
{
    scim_buf_lit(b, "]}");
}


/* whether all that is stored is returned */

static int
scim_project_plain(const scim_resource_type_t *rtype,
    const scim_query_t *query)
{
    size_t  i;

    if (query && (query->attributes.given || query->excluded.given)) {
        return 0;
    }

    if (!scim_project_schema_plain(rtype->schema)) {
        return 0;
    }

    for (i = 0; i < rtype->nextensions; i++) {
        if (!scim_project_schema_plain(rtype->extensions[i].schema)) {
            return 0;
        }
    }

    return 1;
}


static int
scim_project_schema_plain(const scim_schema_t *schema)
{
    size_t  i;

    if (!scim_project_attrs_plain(schema->attrs, schema->nattrs)) {
        return 0;
    }

    for (i = 0; i < schema->nattrs; i++) {
        if (!scim_project_attrs_plain(schema->attrs[i].subs,
                                      schema->attrs[i].nsubs))
        {
            return 0;
        }
    }

    return 1;
}


static int
scim_project_attrs_plain(const scim_attr_t *attrs, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {

        /* what is writeOnly or readOnly is not in the document */

        if (attrs[i].mutability == SCIM_WRITE_ONLY
            || attrs[i].mutability == SCIM_READ_ONLY)
        {
            continue;
        }

        if (attrs[i].returned == SCIM_RETURNED_NEVER
            || attrs[i].returned == SCIM_RETURNED_REQUEST)
        {
            return 0;
        }
    }

    return 1;
}


/* the stored object's inside, as PostgreSQL wrote it; DECLINED: damaged */

static int
scim_project_text(scim_buf_t *b, const scim_str_t *doc)
{
    if (doc->len < 2 || doc->data[0] != '{'
        || doc->data[doc->len - 1] != '}')
    {
        return SCIM_DECLINED;
    }

    if (doc->len > 2) {
        scim_buf_char(b, ',');
        scim_buf_add(b, doc->data + 1, doc->len - 2);
    }

    return SCIM_OK;
}


static int
scim_project_tree(scim_project_t *p, scim_buf_t *b, const scim_str_t *doc,
    scim_error_t *err)
{
    scim_json_t  *json, *m, *next, *out;

    if (scim_json_parse(p->arena, NULL, doc, &json, err) != SCIM_OK) {
        return err->status == 503 ? SCIM_ERROR : SCIM_DECLINED;
    }

    if (json->type != SCIM_JSON_OBJECT) {
        return SCIM_DECLINED;
    }

    for (m = json->first; m; m = next) {
        next = m->next;
        out = scim_project_member(p, m);

        if (out) {
            scim_buf_char(b, ',');
            scim_json_write_string(b, &m->name);
            scim_buf_char(b, ':');
            scim_json_write(b, out);
        }
    }

    return SCIM_OK;
}


/* a member of the document, cut; NULL: nothing of it is asked for */

static scim_json_t *
scim_project_member(scim_project_t *p, scim_json_t *m)
{
    const scim_attr_t    *attr;
    const scim_schema_t  *schema;

    schema = p->rtype->schema;
    attr = scim_schema_attr(schema, &m->name);

    if (attr == NULL) {
        schema = scim_schema_common();
        attr = scim_schema_attr(schema, &m->name);
    }

    if (attr) {
        return scim_project_attr(p, schema, attr, m);
    }

    schema = scim_resource_type_schema(p->rtype, &m->name);

    if (schema && m->type == SCIM_JSON_OBJECT) {
        return scim_project_object(p, schema, m);
    }

    /* an extension that nobody knows: no path can name it */

    return p->query && p->query->attributes.given ? NULL : m;
}


static scim_json_t *
scim_project_object(scim_project_t *p, const scim_schema_t *schema,
    scim_json_t *object)
{
    scim_json_t        *m, *next, *value;
    const scim_attr_t  *attr;

    m = object->first;

    object->first = NULL;
    object->last = NULL;
    object->n = 0;

    for ( /* void */ ; m; m = next) {
        next = m->next;
        attr = scim_schema_attr(schema, &m->name);

        if (attr == NULL) {
            continue;
        }

        value = scim_project_attr(p, schema, attr, m);

        if (value) {
            scim_json_append(object, &value->name, value);
        }
    }

    return object->n ? object : NULL;
}


static scim_json_t *
scim_project_attr(scim_project_t *p, const scim_schema_t *schema,
    const scim_attr_t *attr, scim_json_t *value)
{
    scim_json_t  *e, *next;

    if (!scim_project_keep(p, schema, attr)) {
        return NULL;
    }

    if (attr->type != SCIM_ATTR_COMPLEX) {
        return value;
    }

    if (value->type != SCIM_JSON_ARRAY) {
        return scim_project_subs(p, schema, attr, value);
    }

    e = value->first;

    value->first = NULL;
    value->last = NULL;
    value->n = 0;

    for ( /* void */ ; e; e = next) {
        next = e->next;

        if (scim_project_subs(p, schema, attr, e)) {
            scim_json_append(value, NULL, e);
        }
    }

    return value->n ? value : NULL;
}


static scim_json_t *
scim_project_subs(scim_project_t *p, const scim_schema_t *schema,
    const scim_attr_t *attr, scim_json_t *object)
{
    scim_json_t        *m, *next;
    const scim_attr_t  *sub;

    m = object->first;

    object->first = NULL;
    object->last = NULL;
    object->n = 0;

    for ( /* void */ ; m; m = next) {
        next = m->next;
        sub = scim_attr_sub(attr, &m->name);

        if (sub && scim_project_keep_sub(p, schema, attr, sub)) {
            scim_json_append(object, &m->name, m);
        }
    }

    return object->n ? object : NULL;
}


/* whether the attribute, or a part of it, is to be returned */

static int
scim_project_keep(scim_project_t *p, const scim_schema_t *schema,
    const scim_attr_t *attr)
{
    scim_mention_e       mention;
    const scim_query_t  *q;

    q = p->query;

    if (attr->returned == SCIM_RETURNED_ALWAYS) {
        return 1;
    }

    if (attr->returned == SCIM_RETURNED_NEVER) {
        return 0;
    }

    if (q && q->attributes.given) {
        mention = scim_project_mention(&q->attributes, schema, attr, NULL);

        return mention != SCIM_MENTION_NONE;
    }

    if (attr->returned == SCIM_RETURNED_REQUEST) {
        return 0;
    }

    if (q && q->excluded.given) {
        mention = scim_project_mention(&q->excluded, schema, attr, NULL);

        return mention != SCIM_MENTION_ALL;
    }

    return 1;
}


/* the same for a sub-attribute of an attribute that is to be returned */

static int
scim_project_keep_sub(scim_project_t *p, const scim_schema_t *schema,
    const scim_attr_t *attr, const scim_attr_t *sub)
{
    scim_mention_e       mention;
    const scim_query_t  *q;

    q = p->query;

    if (sub->returned == SCIM_RETURNED_ALWAYS) {
        return 1;
    }

    if (sub->returned == SCIM_RETURNED_NEVER) {
        return 0;
    }

    if (q && q->attributes.given) {
        mention = scim_project_mention(&q->attributes, schema, attr, sub);

        return mention == SCIM_MENTION_SUBS
               || ((mention == SCIM_MENTION_ALL
                    || attr->returned == SCIM_RETURNED_ALWAYS)
                   && sub->returned == SCIM_RETURNED_DEFAULT);
    }

    if (sub->returned == SCIM_RETURNED_REQUEST) {
        return 0;
    }

    if (q && q->excluded.given) {
        mention = scim_project_mention(&q->excluded, schema, attr, sub);

        return mention != SCIM_MENTION_SUBS;
    }

    return 1;
}


/*
 * Without "sub": ALL when a path names the attribute or its whole schema,
 * SUBS when it names a sub-attribute.  With "sub": SUBS when a path names just
 * that one.
 */

static scim_mention_e
scim_project_mention(const scim_select_t *select,
    const scim_schema_t *schema, const scim_attr_t *attr,
    const scim_attr_t *sub)
{
    size_t              i;
    scim_mention_e      mention;
    const scim_path_t  *path;

    mention = SCIM_MENTION_NONE;

    for (i = 0; i < select->n; i++) {
        path = &select->paths[i];

        if (path->attr == NULL) {

            if (path->schema == schema && mention == SCIM_MENTION_NONE) {
                mention = SCIM_MENTION_ALL;
            }

            continue;
        }

        if (path->attr != attr) {
            continue;
        }

        if (sub && path->sub == sub) {
            return SCIM_MENTION_SUBS;
        }

        if (path->sub == NULL) {
            mention = SCIM_MENTION_ALL;

        } else if (sub == NULL && mention == SCIM_MENTION_NONE) {
            mention = SCIM_MENTION_SUBS;
        }
    }

    return mention;
}


static int
scim_project_meta(scim_project_t *p, scim_buf_t *b,
    const scim_stored_t *res, const scim_str_t *base)
{
    int                 open;
    size_t              i;
    scim_str_t          values[SCIM_META_N];
    scim_buf_t          location;
    unsigned char       etag[SCIM_ETAG_LEN];
    const scim_attr_t  *meta;

    meta = scim_schema_attr(scim_schema_common(), &scim_meta_name);

    if (!scim_project_keep(p, scim_schema_common(), meta)) {
        return SCIM_OK;
    }

    scim_buf_init(&location, p->arena, base->len + p->rtype->endpoint.len + 1
                                       + res->id.len);
    scim_buf_str(&location, base);
    scim_buf_str(&location, &p->rtype->endpoint);
    scim_buf_char(&location, '/');
    scim_buf_str(&location, &res->id);

    if (location.failed) {
        return SCIM_ERROR;
    }

    values[SCIM_META_TYPE] = p->rtype->name;
    values[SCIM_META_CREATED] = res->created;
    values[SCIM_META_MODIFIED] = res->modified;
    values[SCIM_META_LOCATION].len = location.len;
    values[SCIM_META_LOCATION].data = location.data;
    values[SCIM_META_VERSION].len = scim_etag_write(etag, res->version);
    values[SCIM_META_VERSION].data = etag;

    open = 0;

    for (i = 0; i < SCIM_META_N; i++) {

        if (!scim_project_meta_field(p, meta, &scim_meta_fields[i])) {
            continue;
        }

        if (open) {
            scim_buf_char(b, ',');

        } else {
            scim_buf_lit(b, ",\"meta\":{");
            open = 1;
        }

        scim_json_write_string(b, &scim_meta_fields[i]);
        scim_buf_char(b, ':');
        scim_json_write_string(b, &values[i]);
    }

    if (open) {
        scim_buf_char(b, '}');
    }

    return SCIM_OK;
}


static int
scim_project_meta_field(scim_project_t *p, const scim_attr_t *meta,
    const scim_str_t *name)
{
    const scim_attr_t  *sub;

    if (p->query == NULL) {
        return 1;
    }

    sub = scim_attr_sub(meta, name);

    return sub && scim_project_keep_sub(p, scim_schema_common(), meta, sub);
}
