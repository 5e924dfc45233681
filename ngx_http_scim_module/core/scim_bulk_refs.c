
/*
 * Ids in place of bulkIds, wherever an operation refers to one (RFC 7644
 * section 3.7.2), and the edges that follow.  Called by scim_bulk_plan.c.
 */


#include "scim_bulk_plan.h"


#define SCIM_BULK_PREFIX  (sizeof("bulkId:") - 1)


typedef struct {
    scim_bulk_plan_t   *plan;
    scim_bulk_op_t     *op;
    size_t              index;
    const scim_attr_t  *members;     /* NULL: the type has none */
} scim_bulk_walk_t;


static void scim_bulk_own(scim_bulk_walk_t *w);
static void scim_bulk_unknown(scim_bulk_walk_t *w);
static const scim_attr_t *scim_bulk_members(const scim_bulk_op_t *op);
static int scim_bulk_walk(scim_bulk_walk_t *w, scim_json_t *json,
    scim_bulk_why_e why, int top);
static int scim_bulk_string(scim_bulk_walk_t *w, scim_json_t *json,
    scim_bulk_why_e why);
static int scim_bulk_patch_path(scim_bulk_walk_t *w, scim_json_t *json,
    scim_bulk_why_e why);
static int scim_bulk_replace(scim_bulk_walk_t *w, scim_str_t *s, size_t start,
    scim_bulk_why_e why);
static int scim_bulk_id(scim_bulk_walk_t *w, const scim_str_t *s, size_t start,
    size_t end, scim_bulk_why_e why, const scim_str_t **id);
static int scim_bulk_refer(scim_bulk_walk_t *w, size_t to,
    scim_bulk_why_e why);
static int scim_bulk_starts(const scim_str_t *s, size_t i, const char *text);
static int scim_bulk_names(const scim_str_t *name, const scim_str_t *last);


int
scim_bulk_refs(scim_bulk_plan_t *plan, size_t index)
{
    scim_bulk_walk_t  w;

    w.plan = plan;
    w.op = &plan->bulk->ops[index];
    w.index = index;
    w.members = scim_bulk_members(w.op);

    if (w.op->rtype == NULL) {
        return SCIM_OK;
    }

    if (w.op->method != SCIM_BULK_POST
        && scim_bulk_starts(&w.op->id, 0, "bulkId:"))
    {
        scim_bulk_own(&w);
    }

    if (w.op->data == NULL) {
        return SCIM_OK;
    }

    /* only those that make something can be waited for in a circle */

    return scim_bulk_walk(&w, w.op->data, w.op->method == SCIM_BULK_POST
                                          ? SCIM_BULK_REFERENCE
                                          : SCIM_BULK_MEMBER, 1);
}


/* the edge follows from the id that both have then */

static void
scim_bulk_own(scim_bulk_walk_t *w)
{
    size_t      to;
    scim_str_t  name;

    name.data = w->op->id.data + SCIM_BULK_PREFIX;
    name.len = w->op->id.len - SCIM_BULK_PREFIX;

    if (scim_bulk_find(w->plan->keys, w->plan->nkeys, &name, &to) == SCIM_OK) {
        w->op->id = w->plan->bulk->ops[to].id;

    } else {
        scim_bulk_unknown(w);
    }
}


static void
scim_bulk_unknown(scim_bulk_walk_t *w)
{
    if (w->op->error.status == 0) {
        (void) scim_error(&w->op->error, 409, SCIM_TYPE_NONE,
                          "the operation refers to a bulkId that no POST of "
                          "the request has");
    }
}


static const scim_attr_t *
scim_bulk_members(const scim_bulk_op_t *op)
{
    size_t              i;
    const scim_attr_t  *attr;

    if (op->rtype == NULL) {
        return NULL;
    }

    for (i = 0; i < op->rtype->schema->nattrs; i++) {
        attr = &op->rtype->schema->attrs[i];

        if (attr->source == SCIM_SOURCE_MEMBERS) {
            return attr;
        }
    }

    return NULL;
}


/* no deeper than the parser of the body allowed */

static int
scim_bulk_walk(scim_bulk_walk_t *w, scim_json_t *json, scim_bulk_why_e why,
    int top)
{
    scim_json_t           *v;
    scim_bulk_why_e        below;
    const scim_bulk_op_t  *op;

    op = w->op;

    if (json->type == SCIM_JSON_STRING) {
        return scim_bulk_string(w, json, why);
    }

    for (v = json->first; v; v = v->next) {
        below = why;

        if (top && w->members && scim_bulk_names(&v->name, &w->members->name))
        {
            below = SCIM_BULK_MEMBER;
        }

        if (op->method == SCIM_BULK_PATCH && op->rtype->name_attr
            && scim_bulk_names(&v->name, &op->rtype->name_attr->name))
        {
            w->plan->renames[w->index] = 1;
        }

        if (scim_bulk_walk(w, v, below, 0) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_bulk_string(scim_bulk_walk_t *w, scim_json_t *json, scim_bulk_why_e why)
{
    size_t                 i;
    const scim_bulk_op_t  *op;

    op = w->op;

    if (scim_bulk_starts(&json->str, 0, "bulkId:")) {
        return scim_bulk_replace(w, &json->str, 0, why);
    }

    if (op->method == SCIM_BULK_PATCH && scim_str_is(&json->name, "path")) {

        if (op->rtype->name_attr
            && scim_bulk_names(&json->str, &op->rtype->name_attr->name))
        {
            w->plan->renames[w->index] = 1;
        }

        return scim_bulk_patch_path(w, json, why);
    }

    for (i = json->str.len; i; i--) {

        if (json->str.data[i - 1] == '/'
            && scim_bulk_starts(&json->str, i, "bulkId:"))
        {
            return scim_bulk_replace(w, &json->str, i, why);
        }
    }

    return SCIM_OK;
}


/* literals of its filter: a bulkId with a backslash in it is not found */

static int
scim_bulk_patch_path(scim_bulk_walk_t *w, scim_json_t *json,
    scim_bulk_why_e why)
{
    int                rc;
    size_t             i, end, from;
    scim_buf_t         b;
    scim_str_t        *s;
    const scim_str_t  *id;

    s = &json->str;
    from = 0;

    /* each replacement copies what is before it, and nothing twice */

    for (i = 1; i < s->len; i++) {

        if (s->data[i - 1] != '"' || !scim_bulk_starts(s, i, "bulkId:")) {
            continue;
        }

        for (end = i; end < s->len; end++) {
            if (s->data[end] == '"') {
                break;
            }
        }

        rc = scim_bulk_id(w, s, i, end, why, &id);

        if (rc == SCIM_ERROR) {
            return SCIM_ERROR;
        }

        if (rc == SCIM_DECLINED) {
            continue;
        }

        if (from == 0) {
            scim_buf_init(&b, w->plan->arena, s->len + id->len);
        }

        scim_buf_add(&b, s->data + from, i - from);
        scim_buf_str(&b, id);

        from = end;
        i = end;
    }

    if (from == 0) {
        return SCIM_OK;
    }

    scim_buf_add(&b, s->data + from, s->len - from);

    if (b.failed) {
        return scim_error_nomem(w->plan->err);
    }

    s->data = b.data;
    s->len = b.len;

    return SCIM_OK;
}


/* "bulkId:..." from start to the end of "s" */

static int
scim_bulk_replace(scim_bulk_walk_t *w, scim_str_t *s, size_t start,
    scim_bulk_why_e why)
{
    int                rc;
    scim_str_t         text;
    const scim_str_t  *id;

    rc = scim_bulk_id(w, s, start, s->len, why, &id);

    if (rc != SCIM_OK) {
        return rc == SCIM_DECLINED ? SCIM_OK : SCIM_ERROR;
    }

    if (start == 0) {
        *s = *id;
        return SCIM_OK;
    }

    text.len = start + id->len;
    text.data = scim_alloc_bytes(w->plan->arena, text.len);

    if (text.data == NULL) {
        return scim_error_nomem(w->plan->err);
    }

    memcpy(text.data, s->data, start);

    if (id->len) {
        memcpy(text.data + start, id->data, id->len);
    }

    *s = text;

    return SCIM_OK;
}


/* the id that "bulkId:..." from start to end in "s" stands for */

static int
scim_bulk_id(scim_bulk_walk_t *w, const scim_str_t *s, size_t start,
    size_t end, scim_bulk_why_e why, const scim_str_t **id)
{
    size_t      to;
    scim_str_t  name;

    name.data = s->data + start + SCIM_BULK_PREFIX;
    name.len = end - start - SCIM_BULK_PREFIX;

    if (scim_bulk_find(w->plan->keys, w->plan->nkeys, &name, &to) != SCIM_OK) {
        scim_bulk_unknown(w);
        return SCIM_DECLINED;
    }

    *id = &w->plan->bulk->ops[to].id;

    return scim_bulk_refer(w, to, why);
}


/* once for each pair, but for a member that was another reference before */

static int
scim_bulk_refer(scim_bulk_walk_t *w, size_t to, scim_bulk_why_e why)
{
    size_t  *mark;

    if (to == w->index && why != SCIM_BULK_MEMBER) {
        return SCIM_OK;
    }

    mark = &w->plan->marks[2 * to + (why == SCIM_BULK_MEMBER)];

    if (*mark == w->index + 1) {
        return SCIM_OK;
    }

    *mark = w->index + 1;

    return scim_bulk_edge(w->plan, w->index, to, why);
}


static int
scim_bulk_starts(const scim_str_t *s, size_t i, const char *text)
{
    size_t  len;

    len = strlen(text);

    return s->len >= len && i <= s->len - len
           && memcmp(s->data + i, text, len) == 0;
}


/* "last" by itself or behind a URN, and a colon or a dot */

static int
scim_bulk_names(const scim_str_t *name, const scim_str_t *last)
{
    scim_str_t  end;

    if (name->len < last->len
        || (name->len > last->len
            && name->data[name->len - last->len - 1] != ':'
            && name->data[name->len - last->len - 1] != '.'))
    {
        return 0;
    }

    end.data = name->data + name->len - last->len;
    end.len = last->len;

    return scim_str_caseeq(&end, last);
}
