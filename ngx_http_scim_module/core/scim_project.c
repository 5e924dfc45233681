
/*
 * Representations: the stored document with id, groups, meta and members
 * around it, whole or cut to what a projection asks for (RFC 7644 section 3.9,
 * RFC 7643 section 2.2, "returned").  Called by http/ for each resource of an
 * answer, and for each member of a group.
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
    const scim_view_t           *view;
} scim_project_t;


static const scim_attr_t *scim_project_source(const scim_view_t *view,
    scim_source_e source);
static int scim_project_shows(const scim_view_t *view, scim_source_e source);
static int scim_project_plain(const scim_resource_type_t *rtype,
    const scim_view_t *view);
static int scim_project_schema_plain(const scim_schema_t *schema);
static int scim_project_attrs_plain(const scim_attr_t *attrs, size_t n);
static int scim_project_text(scim_buf_t *b, const scim_str_t *doc);
static int scim_project_tree(scim_project_t *p, scim_buf_t *b,
    const scim_str_t *doc, scim_error_t *err);
static scim_json_t *scim_project_field(scim_project_t *p, scim_json_t *m);
static scim_json_t *scim_project_object(scim_project_t *p,
    const scim_schema_t *schema, scim_json_t *object);
static scim_json_t *scim_project_attr(scim_project_t *p,
    const scim_schema_t *schema, const scim_attr_t *attr,
    scim_json_t *value);
static scim_json_t *scim_project_subs(scim_project_t *p,
    const scim_schema_t *schema, const scim_attr_t *attr,
    scim_json_t *object);
static int scim_project_keep(const scim_view_t *view,
    const scim_schema_t *schema, const scim_attr_t *attr);
static int scim_project_keep_sub(const scim_view_t *view,
    const scim_schema_t *schema, const scim_attr_t *attr,
    const scim_attr_t *sub);
static scim_mention_e scim_project_mention(const scim_select_t *select,
    const scim_schema_t *schema, const scim_attr_t *attr,
    const scim_attr_t *sub);
static int scim_project_groups_list(scim_project_t *p, scim_buf_t *b,
    const scim_stored_t *res, const scim_str_t *base, scim_error_t *err);
static int scim_project_group_ref(scim_project_t *p, scim_json_t *group,
    const scim_str_t *base);
static void scim_project_meta(scim_project_t *p, scim_buf_t *b,
    const scim_stored_t *res, const scim_str_t *base);
static void scim_project_sub_name(scim_buf_t *b, int *open,
    const scim_str_t *name);
static void scim_project_url(scim_buf_t *b, const scim_str_t *base,
    const scim_str_t *endpoint, const scim_str_t *id);


static const scim_str_t  scim_meta_name = scim_string("meta");
static const scim_str_t  scim_value_name = scim_string("value");
static const scim_str_t  scim_ref_name = scim_string("$ref");
static const scim_str_t  scim_type_name = scim_string("type");
static const scim_str_t  scim_display_name = scim_string("display");

static const scim_str_t  scim_groups_endpoint = scim_string("/Groups");

static const scim_str_t  scim_meta_fields[] = {
    scim_string("resourceType"),
    scim_string("created"),
    scim_string("lastModified"),
    scim_string("location"),
    scim_string("version")
};


int
scim_project_members(const scim_view_t *view)
{
    return scim_project_shows(view, SCIM_SOURCE_MEMBERS);
}


int
scim_project_groups(const scim_view_t *view)
{
    return scim_project_shows(view, SCIM_SOURCE_GROUPS);
}


int
scim_project_begin(scim_arena_t *arena, scim_buf_t *b,
    const scim_view_t *view, const scim_stored_t *res, const scim_str_t *base,
    scim_error_t *err)
{
    int             rc;
    scim_project_t  p;

    p.arena = arena;
    p.rtype = res->rtype;
    p.view = view;

    scim_buf_lit(b, "{\"id\":\"");
    scim_buf_str(b, &res->id);
    scim_buf_char(b, '"');

    if (scim_project_plain(res->rtype, view)) {
        rc = scim_project_text(b, &res->doc);

    } else {
        rc = scim_project_tree(&p, b, &res->doc, err);
    }

    if (rc == SCIM_OK && res->groups.len) {
        rc = scim_project_groups_list(&p, b, res, base, err);
    }

    if (rc == SCIM_DECLINED) {
        return scim_error(err, 500, SCIM_TYPE_NONE,
                          "the stored resource is damaged");
    }

    if (rc != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_project_meta(&p, b, res, base);

    return b->failed ? scim_error_nomem(err) : SCIM_OK;
}


void
scim_project_member(scim_buf_t *b, const scim_view_t *view,
    const scim_member_t *member, const scim_str_t *base, int first)
{
    int                 open;
    size_t              i;
    const scim_attr_t  *attr, *sub;

    attr = scim_project_source(view, SCIM_SOURCE_MEMBERS);

    if (first) {
        scim_buf_char(b, ',');
        scim_json_write_string(b, &attr->name);
        scim_buf_lit(b, ":[");

    } else {
        scim_buf_char(b, ',');
    }

    scim_buf_char(b, '{');
    open = 0;

    for (i = 0; i < attr->nsubs; i++) {
        sub = &attr->subs[i];

        if (!scim_project_keep_sub(view, view->rtype->schema, attr, sub)) {
            continue;
        }

        if (scim_str_eq(&sub->name, &scim_value_name)) {
            scim_project_sub_name(b, &open, &sub->name);
            scim_json_write_string(b, &member->id);

        } else if (scim_str_eq(&sub->name, &scim_ref_name)) {
            scim_project_sub_name(b, &open, &sub->name);
            scim_project_url(b, base, &member->rtype->endpoint, &member->id);

        } else if (scim_str_eq(&sub->name, &scim_type_name)) {
            scim_project_sub_name(b, &open, &sub->name);
            scim_json_write_string(b, &member->rtype->name);

        } else if (scim_str_eq(&sub->name, &scim_display_name)
                   && member->display.len)
        {
            scim_project_sub_name(b, &open, &sub->name);
            scim_json_write_string(b, &member->display);
        }
    }

    scim_buf_char(b, '}');
}


void
scim_project_end(scim_buf_t *b, int members)
{
    if (members) {
        scim_buf_char(b, ']');
    }

    scim_buf_char(b, '}');
}


void
scim_project_list_head(scim_buf_t *b, int64_t total, int64_t start_index,
    int64_t items, const scim_str_t *next)
{
    scim_buf_lit(b, "{\"schemas\":"
                    "[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"]"
                    ",\"totalResults\":");
    scim_buf_int(b, total);

    if (start_index) {
        scim_buf_lit(b, ",\"startIndex\":");
        scim_buf_int(b, start_index);
    }

    scim_buf_lit(b, ",\"itemsPerPage\":");
    scim_buf_int(b, items);

    if (next && next->data) {
        scim_buf_lit(b, ",\"nextCursor\":");
        scim_json_write_string(b, next);
    }

    scim_buf_lit(b, ",\"Resources\":[");
}


void
scim_project_list_tail(scim_buf_t *b)
{
    scim_buf_lit(b, "]}");
}


/* the attribute that is kept in this way; NULL: the type has none */

static const scim_attr_t *
scim_project_source(const scim_view_t *view, scim_source_e source)
{
    size_t                i;
    const scim_schema_t  *schema;

    schema = view->rtype->schema;

    for (i = 0; i < schema->nattrs; i++) {
        if (schema->attrs[i].source == source) {
            return &schema->attrs[i];
        }
    }

    return NULL;
}


static int
scim_project_shows(const scim_view_t *view, scim_source_e source)
{
    size_t                i;
    const scim_attr_t    *attr;
    const scim_schema_t  *schema;

    schema = view->rtype->schema;
    attr = scim_project_source(view, source);

    if (attr == NULL || !scim_project_keep(view, schema, attr)) {
        return 0;
    }

    for (i = 0; i < attr->nsubs; i++) {
        if (scim_project_keep_sub(view, schema, attr, &attr->subs[i])) {
            return 1;
        }
    }

    return 0;
}


/* whether all that is stored is returned */

static int
scim_project_plain(const scim_resource_type_t *rtype,
    const scim_view_t *view)
{
    size_t  i;

    if (view->attributes.given || view->excluded.given) {
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

        if (!scim_attr_stored(&attrs[i])) {
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
        out = scim_project_field(p, m);

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
scim_project_field(scim_project_t *p, scim_json_t *m)
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

    return p->view->attributes.given ? NULL : m;
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

    if (!scim_project_keep(p->view, schema, attr)) {
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

        if (sub && scim_project_keep_sub(p->view, schema, attr, sub)) {
            scim_json_append(object, &m->name, m);
        }
    }

    return object->n ? object : NULL;
}


/* whether the attribute, or a part of it, is to be returned */

static int
scim_project_keep(const scim_view_t *view, const scim_schema_t *schema,
    const scim_attr_t *attr)
{
    scim_mention_e  mention;

    if (attr->returned == SCIM_RETURNED_ALWAYS) {
        return 1;
    }

    if (attr->returned == SCIM_RETURNED_NEVER) {
        return 0;
    }

    if (view->attributes.given) {
        mention = scim_project_mention(&view->attributes, schema, attr, NULL);

        return mention != SCIM_MENTION_NONE;
    }

    if (attr->returned == SCIM_RETURNED_REQUEST) {
        return 0;
    }

    if (view->excluded.given) {
        mention = scim_project_mention(&view->excluded, schema, attr, NULL);

        return mention != SCIM_MENTION_ALL;
    }

    return 1;
}


/* the same for a sub-attribute of an attribute that is to be returned */

static int
scim_project_keep_sub(const scim_view_t *view, const scim_schema_t *schema,
    const scim_attr_t *attr, const scim_attr_t *sub)
{
    scim_mention_e  mention;

    if (sub->returned == SCIM_RETURNED_ALWAYS) {
        return 1;
    }

    if (sub->returned == SCIM_RETURNED_NEVER) {
        return 0;
    }

    if (view->attributes.given) {
        mention = scim_project_mention(&view->attributes, schema, attr, sub);

        return mention == SCIM_MENTION_SUBS
               || ((mention == SCIM_MENTION_ALL
                    || attr->returned == SCIM_RETURNED_ALWAYS)
                   && sub->returned == SCIM_RETURNED_DEFAULT);
    }

    if (sub->returned == SCIM_RETURNED_REQUEST) {
        return 0;
    }

    if (view->excluded.given) {
        mention = scim_project_mention(&view->excluded, schema, attr, sub);

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


/* a user's groups; DECLINED: damaged */

static int
scim_project_groups_list(scim_project_t *p, scim_buf_t *b,
    const scim_stored_t *res, const scim_str_t *base, scim_error_t *err)
{
    scim_json_t        *groups, *g;
    const scim_attr_t  *attr;

    attr = scim_project_source(p->view, SCIM_SOURCE_GROUPS);

    if (attr == NULL) {
        return SCIM_OK;
    }

    if (scim_json_parse(p->arena, NULL, &res->groups, &groups, err)
        != SCIM_OK)
    {
        return err->status == 503 ? SCIM_ERROR : SCIM_DECLINED;
    }

    if (groups->type != SCIM_JSON_ARRAY) {
        return SCIM_DECLINED;
    }

    for (g = groups->first; g; g = g->next) {

        if (g->type != SCIM_JSON_OBJECT) {
            return SCIM_DECLINED;
        }

        if (scim_project_group_ref(p, g, base) != SCIM_OK) {
            return scim_error_nomem(err);
        }
    }

    groups = scim_project_attr(p, p->rtype->schema, attr, groups);

    if (groups && groups->n) {
        scim_buf_char(b, ',');
        scim_json_write_string(b, &attr->name);
        scim_buf_char(b, ':');
        scim_json_write(b, groups);
    }

    return SCIM_OK;
}


static int
scim_project_group_ref(scim_project_t *p, scim_json_t *group,
    const scim_str_t *base)
{
    scim_buf_t    b;
    scim_str_t    url;
    scim_json_t  *value, *ref;

    value = scim_json_get(group, &scim_value_name);

    if (value == NULL) {
        return SCIM_OK;
    }

    scim_buf_init(&b, p->arena, base->len + scim_groups_endpoint.len + 1
                                + value->str.len);
    scim_buf_str(&b, base);
    scim_buf_str(&b, &scim_groups_endpoint);
    scim_buf_char(&b, '/');
    scim_buf_str(&b, &value->str);

    url.len = b.len;
    url.data = b.data;

    ref = scim_json_new_string(p->arena, &url);

    if (b.failed || ref == NULL) {
        return SCIM_ERROR;
    }

    scim_json_append(group, &scim_ref_name, ref);

    return SCIM_OK;
}


static void
scim_project_meta(scim_project_t *p, scim_buf_t *b,
    const scim_stored_t *res, const scim_str_t *base)
{
    int                   open;
    size_t                i;
    scim_str_t            values[SCIM_META_N];
    unsigned char         etag[SCIM_ETAG_LEN];
    const scim_attr_t    *meta, *sub;
    const scim_schema_t  *common;

    common = scim_schema_common();
    meta = scim_schema_attr(common, &scim_meta_name);

    if (!scim_project_keep(p->view, common, meta)) {
        return;
    }

    values[SCIM_META_TYPE] = p->rtype->name;
    values[SCIM_META_CREATED] = res->created;
    values[SCIM_META_MODIFIED] = res->modified;
    values[SCIM_META_VERSION].len = scim_etag_write(etag, res->version);
    values[SCIM_META_VERSION].data = etag;

    open = 0;

    for (i = 0; i < SCIM_META_N; i++) {
        sub = scim_attr_sub(meta, &scim_meta_fields[i]);

        if (sub == NULL || !scim_project_keep_sub(p->view, common, meta, sub))
        {
            continue;
        }

        if (!open) {
            scim_buf_lit(b, ",\"meta\":{");
        }

        scim_project_sub_name(b, &open, &sub->name);

        if (i == SCIM_META_LOCATION) {
            scim_project_url(b, base, &p->rtype->endpoint, &res->id);

        } else {
            scim_json_write_string(b, &values[i]);
        }
    }

    if (open) {
        scim_buf_char(b, '}');
    }
}


static void
scim_project_sub_name(scim_buf_t *b, int *open, const scim_str_t *name)
{
    if (*open) {
        scim_buf_char(b, ',');
    }

    *open = 1;

    scim_json_write_string(b, name);
    scim_buf_char(b, ':');
}


/* endpoints and ids need no escaping, a base URL may */

static void
scim_project_url(scim_buf_t *b, const scim_str_t *base,
    const scim_str_t *endpoint, const scim_str_t *id)
{
    scim_json_write_string(b, base);

    if (b->failed) {
        return;
    }

    /* the closing quote comes behind the path */

    b->len--;

    scim_buf_str(b, endpoint);
    scim_buf_char(b, '/');
    scim_buf_str(b, id);
    scim_buf_char(b, '"');
}
