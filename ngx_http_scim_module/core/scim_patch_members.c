
/*
 * Operations on what is kept as rows (Group.members): whom they add and whom
 * they remove, and what the whole program comes to.  Its cost is that of the
 * operations, whatever the group's size.  Called by http/ for programs that do
 * nothing else, and by scim_patch_apply.c.
 */


#include "scim_patch_private.h"


/* bytes of a UUID's text, in which case does not count */
#define SCIM_PATCH_UUID  36


static int scim_rows_filter(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_attr_t *attr, const scim_filter_t *filter, int add);
static int scim_rows_term(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_attr_t *attr, const scim_filter_t *filter, int add);
static int scim_rows_values(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_attr_t *attr, const scim_json_t *in, int add);
static int scim_rows_id(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_str_t *id);
static int scim_rows_known(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in);
static void scim_rows_last_segment(const scim_str_t *ref, scim_str_t *id);
static int scim_rows_event(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_str_t *id, int add);
static void scim_rows_clear(scim_patch_rows_t *rows);
static int scim_rows_settle(scim_value_t *v, scim_patch_rows_t *rows);
static int scim_rows_key(scim_arena_t *arena, const scim_str_t *id,
    scim_str_t *key);
static int scim_rows_unsupported(scim_value_t *v, const scim_attr_t *attr);


static const scim_str_t  scim_value_name = scim_string("value");
static const scim_str_t  scim_type_name = scim_string("type");
static const scim_str_t  scim_ref_name = scim_string("$ref");


int
scim_patch_members(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_policy_t *policy, const scim_patch_t *patch,
    scim_members_t *members, scim_error_t *err)
{
    size_t                  i;
    scim_value_t            v;
    scim_patch_rows_t       rows;
    const scim_path_t      *path;

    memset(members, 0, sizeof(scim_members_t));

    for (i = 0; i < patch->n; i++) {
        path = &patch->ops[i].path;

        if (path->schema == NULL || path->attr == NULL
            || path->attr->source != SCIM_SOURCE_MEMBERS)
        {
            return SCIM_DECLINED;
        }
    }

    if (patch->n == 0) {
        return SCIM_DECLINED;
    }

    memset(&v, 0, sizeof(scim_value_t));
    memset(&rows, 0, sizeof(scim_patch_rows_t));

    v.arena = arena;
    v.policy = policy;
    v.err = err;

    for (i = 0; i < patch->n; i++) {

        scim_patch_where(&v, rtype, &patch->ops[i].path);

        if (scim_patch_rows(&v, &rows, &patch->ops[i]) != SCIM_OK) {
            return scim_patch_fail(err, patch->ops[i].index);
        }
    }

    return scim_patch_rows_end(&v, patch->ops[0].path.attr, &rows, members);
}


int
scim_patch_rows(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_patch_op_t *op)
{
    int                 add;
    scim_path_t         path;
    const scim_json_t  *in;

    path = op->path;
    in = op->value;
    add = (op->op != SCIM_PATCH_REMOVE);

    if (path.filter) {

        if (op->op == SCIM_PATCH_REPLACE || (add && v->policy->strict)) {
            return scim_value_error(v, path.attr, SCIM_MUTABILITY,
                                    "has immutable values");
        }

        return scim_rows_filter(v, rows, path.attr, path.filter, add);
    }

    if (scim_patch_prepare(v, op->op, &path, &in) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (op->op == SCIM_PATCH_REPLACE
        || (op->op == SCIM_PATCH_REMOVE
            && (in == NULL || in->type == SCIM_JSON_NULL)))
    {
        scim_rows_clear(rows);
    }

    if (scim_patch_empty(in)) {
        return SCIM_OK;
    }

    return scim_rows_values(v, rows, path.attr, in, add);
}


/* terms joined by "or"; the depth of this recursion is the filter's */

static int
scim_rows_filter(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_attr_t *attr, const scim_filter_t *filter, int add)
{
    for ( /* void */ ; filter->op == SCIM_FILTER_OR; filter = filter->right) {
        if (scim_rows_filter(v, rows, attr, filter->left, add) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return scim_rows_term(v, rows, attr, filter, add);
}


/* value eq "x", with "type eq" before or behind it */

static int
scim_rows_term(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_attr_t *attr, const scim_filter_t *filter, int add)
{
    const scim_str_t     *id;
    const scim_filter_t  *term;

    id = NULL;

    while (filter) {
        term = filter;
        filter = NULL;

        if (term->op == SCIM_FILTER_AND) {
            filter = term->right;
            term = term->left;
        }

        if (term->op != SCIM_FILTER_EQ || term->path.sub == NULL
            || term->value->type != SCIM_JSON_STRING)
        {
            return scim_rows_unsupported(v, attr);
        }

        if (scim_str_eq(&term->path.sub->name, &scim_type_name)) {
            continue;
        }

        if (id || !scim_str_eq(&term->path.sub->name, &scim_value_name)) {
            return scim_rows_unsupported(v, attr);
        }

        id = &term->value->str;
    }

    if (id == NULL) {
        return scim_rows_unsupported(v, attr);
    }

    return scim_rows_event(v, rows, id, add);
}


static int
scim_rows_values(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_attr_t *attr, const scim_json_t *in, int add)
{
    scim_str_t          id;
    const scim_json_t  *e;

    if (in->type == SCIM_JSON_ARRAY) {

        if (in->n > v->policy->members) {
            return scim_error(v->err, 400, SCIM_INVALID_VALUE,
                              "attribute \"%S\" has more than %z values",
                              &attr->name, v->policy->members);
        }

        e = in->first;

    } else if (v->policy->strict) {
        return scim_value_error(v, attr, SCIM_INVALID_VALUE,
                                "must be an array");

    } else {
        e = in;
    }

    while (e) {

        if (!scim_patch_empty(e)) {

            if (scim_rows_id(v, attr, e, &id) != SCIM_OK
                || scim_rows_event(v, rows, &id, add) != SCIM_OK)
            {
                return SCIM_ERROR;
            }
        }

        e = e == in ? NULL : e->next;
    }

    return SCIM_OK;
}


static int
scim_rows_id(scim_value_t *v, const scim_attr_t *attr, const scim_json_t *in,
    scim_str_t *id)
{
    int                 rc;
    scim_json_t        *out;
    const scim_attr_t  *sub;
    const scim_json_t  *value, *ref;

    ref = NULL;
    sub = scim_attr_sub(attr, &scim_value_name);

    if (in->type == SCIM_JSON_STRING && !v->policy->strict) {
        value = in;

    } else if (in->type == SCIM_JSON_OBJECT) {
        value = scim_json_get(in, &scim_value_name);
        ref = scim_json_get(in, &scim_ref_name);

        if (scim_rows_known(v, attr, in) != SCIM_OK) {
            return SCIM_ERROR;
        }

    } else {
        return scim_value_error(v, attr, SCIM_INVALID_VALUE,
                                "must hold objects");
    }

    id->len = 0;

    if (sub && !scim_patch_empty(value)) {
        v->parent = attr;
        rc = scim_value_accept(v, sub, value, &out);
        v->parent = NULL;

        if (rc != SCIM_OK) {
            return SCIM_ERROR;
        }

        *id = out->str;

    } else if (ref && ref->type == SCIM_JSON_STRING) {
        scim_rows_last_segment(&ref->str, id);
    }

    if (id->len) {
        return SCIM_OK;
    }

    return scim_value_error(v, attr, SCIM_INVALID_VALUE,
                            "has a value without an identifier");
}


static int
scim_rows_known(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in)
{
    scim_attr_t         unknown;
    const scim_json_t  *m;

    if (v->policy->unknown != SCIM_UNKNOWN_REJECT) {
        return SCIM_OK;
    }

    for (m = in->first; m; m = m->next) {

        if (scim_attr_sub(attr, &m->name)) {
            continue;
        }

        memset(&unknown, 0, sizeof(scim_attr_t));
        unknown.name = m->name;
        v->parent = attr;

        return scim_value_error(v, &unknown, SCIM_INVALID_SYNTAX,
                                "is unknown");
    }

    return SCIM_OK;
}


static void
scim_rows_last_segment(const scim_str_t *ref, scim_str_t *id)
{
    size_t  i;

    for (i = ref->len; i && ref->data[i - 1] != '/'; i--) {
        /* void */
    }

    id->data = ref->data + i;
    id->len = ref->len - i;
}


static int
scim_rows_event(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_str_t *id, int add)
{
    size_t               size;
    scim_patch_event_t  *events;

    if (rows->n == rows->size) {
        size = rows->size ? rows->size * 2 : 16;

        events = scim_alloc(v->arena, size * sizeof(scim_patch_event_t));
        if (events == NULL) {
            return scim_error_nomem(v->err);
        }

        if (rows->n) {
            memcpy(events, rows->events,
                   rows->n * sizeof(scim_patch_event_t));
        }

        rows->events = events;
        rows->size = size;
    }

    rows->events[rows->n].id = *id;
    rows->events[rows->n].add = (add != 0);
    rows->events[rows->n].keep = 0;
    rows->n++;

    return SCIM_OK;
}


/* whatever came before does not matter any more */

static void
scim_rows_clear(scim_patch_rows_t *rows)
{
    rows->n = 0;
    rows->replace = 1;
}


int
scim_patch_rows_end(scim_value_t *v, const scim_attr_t *attr,
    scim_patch_rows_t *rows, scim_members_t *members)
{
    size_t               i;
    scim_patch_event_t  *event;

    memset(members, 0, sizeof(scim_members_t));
    members->replace = rows->replace;

    if (rows->n == 0) {
        return SCIM_OK;
    }

    members->add = scim_alloc(v->arena, rows->n * sizeof(scim_str_t));
    members->remove = scim_alloc(v->arena, rows->n * sizeof(scim_str_t));

    if (members->add == NULL || members->remove == NULL
        || scim_rows_settle(v, rows) != SCIM_OK)
    {
        return scim_error_nomem(v->err);
    }

    for (i = 0; i < rows->n; i++) {
        event = &rows->events[i];

        if (!event->keep) {
            continue;
        }

        if (event->add) {
            members->add[members->nadd++] = event->id;

        } else if (!rows->replace) {
            members->remove[members->nremove++] = event->id;
        }
    }

    if (members->nadd > v->policy->members
        || members->nremove > v->policy->members)
    {
        return scim_error(v->err, 400, SCIM_INVALID_VALUE,
                          "attribute \"%S\" has more than %z values",
                          &attr->name, v->policy->members);
    }

    return SCIM_OK;
}


/* the last event of an id decides, in the place of its first one */

static int
scim_rows_settle(scim_value_t *v, scim_patch_rows_t *rows)
{
    size_t               i;
    scim_patch_entry_t  *entries;
    scim_patch_event_t  *first;

    entries = scim_calloc(v->arena, rows->n * sizeof(scim_patch_entry_t));
    if (entries == NULL) {
        return SCIM_ERROR;
    }

    for (i = 0; i < rows->n; i++) {
        entries[i].n = i;

        if (scim_rows_key(v->arena, &rows->events[i].id, &entries[i].key)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    if (scim_patch_sort(v->arena, entries, rows->n) != SCIM_OK) {
        return SCIM_ERROR;
    }

    first = NULL;

    for (i = 0; i < rows->n; i++) {

        if (i == 0 || !scim_str_eq(&entries[i].key, &entries[i - 1].key)) {
            first = &rows->events[entries[i].n];
            first->keep = 1;
        }

        first->add = rows->events[entries[i].n].add;
    }

    return SCIM_OK;
}


static int
scim_rows_key(scim_arena_t *arena, const scim_str_t *id, scim_str_t *key)
{
    size_t  i;

    if (id->len != SCIM_PATCH_UUID) {
        *key = *id;
        return SCIM_OK;
    }

    if (scim_str_dup(arena, key, id) != SCIM_OK) {
        return SCIM_ERROR;
    }

    for (i = 0; i < key->len; i++) {
        if (key->data[i] >= 'A' && key->data[i] <= 'Z') {
            key->data[i] |= 0x20;
        }
    }

    return SCIM_OK;
}


static int
scim_rows_unsupported(scim_value_t *v, const scim_attr_t *attr)
{
    return scim_value_error(v, attr, SCIM_INVALID_FILTER,
                            "can be selected by \"value eq\" alone");
}
