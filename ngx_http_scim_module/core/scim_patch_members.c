
/*
 * Operations on what is kept as rows (Group.members): whom they add and whom
 * they remove, and what the whole program comes to.  Its cost is that of the
 * operations, whatever the group's size.  Called by http/ for programs that do
 * nothing else, and by scim_patch_apply.c.
 */


#include "scim_patch_private.h"


static int scim_rows_filter(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_attr_t *attr, const scim_filter_t *filter, int add);
static int scim_rows_term(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_attr_t *attr, const scim_filter_t *filter, int add);
static int scim_rows_values(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_attr_t *attr, const scim_json_t *in, int add);
static int scim_rows_event(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_str_t *id, int add);
static void scim_rows_clear(scim_patch_rows_t *rows);
static int scim_rows_settle(scim_value_t *v, const scim_attr_t *attr,
    scim_patch_rows_t *rows);
static int scim_rows_unsupported(scim_value_t *v, const scim_attr_t *attr);


static const scim_str_t  scim_value_name = scim_string("value");
static const scim_str_t  scim_type_name = scim_string("type");


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
        || (op->op == SCIM_PATCH_REMOVE && scim_patch_empty(in)
            && (in == NULL || in->type != SCIM_JSON_ARRAY)))
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


/* the elements are read as those of a PUT are */

static int
scim_rows_values(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_attr_t *attr, const scim_json_t *in, int add)
{
    size_t        i, n;
    scim_str_t   *ids;
    scim_json_t  *list;

    if (scim_value_accept(v, attr, in, &list) != SCIM_OK
        || scim_list_ids(v, attr, list, &ids, &n) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (scim_rows_event(v, rows, &ids[i], add) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
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

    if (members->add == NULL || members->remove == NULL) {
        return scim_error_nomem(v->err);
    }

    if (scim_rows_settle(v, attr, rows) != SCIM_OK) {
        return SCIM_ERROR;
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
        return scim_value_too_much(v, attr, "has more than",
                                   v->policy->members, "values");
    }

    return SCIM_OK;
}


/* the last event of an id decides, in the place of its first one */

static int
scim_rows_settle(scim_value_t *v, const scim_attr_t *attr,
    scim_patch_rows_t *rows)
{
    size_t              i;
    scim_json_t         value;
    scim_pair_t        *pairs;
    const scim_attr_t  *sub;

    sub = scim_attr_sub(attr, &scim_value_name);

    pairs = scim_calloc(v->arena, rows->n * sizeof(scim_pair_t));
    if (pairs == NULL) {
        return scim_error_nomem(v->err);
    }

    memset(&value, 0, sizeof(scim_json_t));
    value.type = SCIM_JSON_STRING;

    for (i = 0; i < rows->n; i++) {
        value.str = rows->events[i].id;

        if (scim_value_key(v, sub, &value, &pairs[i].value) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    if (scim_pairs_mark(v->arena, pairs, rows->n) != SCIM_OK) {
        return scim_error_nomem(v->err);
    }

    for (i = 0; i < rows->n; i++) {

        if (pairs[i].twin == NULL) {
            rows->events[i].keep = 1;

        } else {
            rows->events[pairs[i].twin - pairs].add = rows->events[i].add;
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
