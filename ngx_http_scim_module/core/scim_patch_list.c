
/*
 * Operations on multi-valued attributes: whole lists, elements that a filter
 * selects, and the one that is primary (RFC 7644 section 3.5.2, RFC 7643
 * section 2.4).  Called by scim_patch_apply.c; which elements are the same is
 * decided in scim_patch_same.c.
 */


#include "scim_match.h"
#include "scim_patch_private.h"


static int scim_multi_run(scim_patch_list_t *l, scim_patch_e op,
    const scim_path_t *path, const scim_json_t *in);
static int scim_multi_selected(scim_patch_list_t *l, scim_patch_e op,
    const scim_path_t *path, const scim_json_t *in);
static int scim_multi_unmatched(scim_patch_list_t *l, scim_patch_e op,
    const scim_path_t *path, const scim_json_t *in);
static int scim_multi_create(scim_patch_list_t *l, const scim_path_t *path,
    const scim_json_t *in);
static int scim_multi_create_simple(scim_patch_list_t *l,
    const scim_path_t *path, const scim_json_t *in);
static int scim_multi_equals(scim_patch_list_t *l, const scim_filter_t *filter,
    scim_json_t *e);
static int scim_multi_all(scim_patch_list_t *l, scim_patch_e op,
    const scim_path_t *path, const scim_json_t *in);
static int scim_multi_element(scim_patch_list_t *l, scim_patch_e op,
    const scim_attr_t *sub, const scim_json_t *in, scim_json_t *e);
static int scim_multi_simple(scim_patch_list_t *l, const scim_json_t *in,
    scim_json_t *e);
static int scim_multi_replace(scim_patch_list_t *l, const scim_json_t *in);
static int scim_multi_add(scim_patch_list_t *l, const scim_json_t *in);
static int scim_multi_primary(scim_patch_list_t *l);
static scim_json_t *scim_multi_flag(const scim_json_t *e);


static const scim_str_t  scim_primary_name = scim_string("primary");


int
scim_patch_list(scim_value_t *v, scim_json_t *object, scim_patch_e op,
    const scim_path_t *path, const scim_json_t *in)
{
    size_t             n;
    scim_json_t       *was;
    scim_patch_list_t  l;

    memset(&l, 0, sizeof(scim_patch_list_t));

    l.value = v;
    l.attr = path->attr;

    was = scim_json_get(object, &l.attr->name);
    l.list = was;

    if (was == NULL || was->type != SCIM_JSON_ARRAY) {
        l.list = scim_json_new(v->arena, SCIM_JSON_ARRAY);
        if (l.list == NULL) {
            return scim_error_nomem(v->err);
        }
    }

    n = l.list->n;

    if (scim_multi_run(&l, op, path, in) != SCIM_OK
        || scim_multi_primary(&l) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (l.list->n > n && l.list->n > v->policy->values) {
        return scim_value_too_much(v, l.attr, "has more than",
                                   v->policy->values, "values");
    }

    if (l.list->n) {
        scim_patch_put(object, &l.attr->name, l.list);
        return SCIM_OK;
    }

    if (l.attr->required && (n || op == SCIM_PATCH_REPLACE)) {
        return scim_value_error(v, l.attr,
                                op == SCIM_PATCH_REMOVE ? SCIM_MUTABILITY
                                                        : SCIM_INVALID_VALUE,
                                "is required");
    }

    scim_patch_put(object, &l.attr->name, NULL);

    return SCIM_OK;
}


static int
scim_multi_run(scim_patch_list_t *l, scim_patch_e op, const scim_path_t *path,
    const scim_json_t *in)
{
    if (path->filter) {
        return scim_multi_selected(l, op, path, in);
    }

    if (path->sub) {
        return scim_multi_all(l, op, path, in);
    }

    switch (op) {

    case SCIM_PATCH_ADD:
        return scim_multi_add(l, in);

    case SCIM_PATCH_REPLACE:
        return scim_multi_replace(l, in);

    default: /* SCIM_PATCH_REMOVE */
        return scim_patch_remove(l, in);
    }
}


/* path: attr[filter] or attr[filter].sub */

static int
scim_multi_selected(scim_patch_list_t *l, scim_patch_e op,
    const scim_path_t *path, const scim_json_t *in)
{
    int           rc;
    size_t        matched;
    scim_json_t  *e, *prev, *next;

    matched = 0;
    prev = NULL;

    for (e = l->list->first; e; e = next) {
        next = e->next;

        rc = scim_match(l->value->arena, path->filter, e, l->value->err);

        if (rc == SCIM_ERROR) {
            return SCIM_ERROR;
        }

        if (rc == 0) {
            prev = e;
            continue;
        }

        matched++;

        rc = scim_multi_element(l, op, path->sub, in, e);

        if (rc == SCIM_ERROR) {
            return SCIM_ERROR;
        }

        if (rc == SCIM_DECLINED) {
            scim_patch_drop(l->list, prev, e);
            continue;
        }

        prev = e;
    }

    return matched ? SCIM_OK : scim_multi_unmatched(l, op, path, in);
}


static int
scim_multi_unmatched(scim_patch_list_t *l, scim_patch_e op,
    const scim_path_t *path, const scim_json_t *in)
{
    if (!l->value->policy->strict) {

        if (op == SCIM_PATCH_REMOVE) {
            return SCIM_OK;
        }

        if (op == SCIM_PATCH_ADD) {
            return scim_multi_create(l, path, in);
        }
    }

    return scim_value_error(l->value, l->attr, SCIM_NO_TARGET,
                            "has no value that matches the filter");
}


/* an element with what the filter asks for, and what the operation adds */

static int
scim_multi_create(scim_patch_list_t *l, const scim_path_t *path,
    const scim_json_t *in)
{
    int            rc;
    scim_json_t   *e;
    scim_value_t  *v;

    v = l->value;

    if (l->attr->type != SCIM_ATTR_COMPLEX) {
        return scim_multi_create_simple(l, path, in);
    }

    if (path->sub == NULL && scim_patch_complex(v, l->attr, &in) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (scim_patch_empty(in)) {
        return SCIM_OK;
    }

    e = scim_json_new(v->arena, SCIM_JSON_OBJECT);
    if (e == NULL) {
        return scim_error_nomem(v->err);
    }

    if (scim_multi_equals(l, path->filter, e) != SCIM_OK) {
        return SCIM_ERROR;
    }

    rc = scim_match(v->arena, path->filter, e, v->err);

    if (rc == SCIM_ERROR
        || scim_multi_element(l, SCIM_PATCH_ADD, path->sub, in, e)
           == SCIM_ERROR)
    {
        return SCIM_ERROR;
    }

    if (rc == 0) {
        rc = scim_match(v->arena, path->filter, e, v->err);
    }

    if (rc == 0) {
        return scim_value_error(v, l->attr, SCIM_NO_TARGET,
                                "has no value that matches the filter, and "
                                "none can be made of it");
    }

    /* it may turn out to be another one, that lacked what the filter wants */

    l->primary = NULL;

    return rc == SCIM_ERROR ? SCIM_ERROR : scim_patch_append(l, e, 1);
}


static int
scim_multi_create_simple(scim_patch_list_t *l, const scim_path_t *path,
    const scim_json_t *in)
{
    int           rc;
    scim_json_t  *out;

    if (scim_value_accept(l->value, l->attr, in, &out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (out == NULL) {
        return SCIM_OK;
    }

    rc = scim_match(l->value->arena, path->filter, out->first,
                    l->value->err);

    if (rc == 0) {
        return scim_value_error(l->value, l->attr, SCIM_NO_TARGET,
                                "has no value that matches the filter");
    }

    return rc == SCIM_ERROR ? SCIM_ERROR
                            : scim_patch_append(l, out->first, out->n);
}


/* the comparisons by "eq" that "and" joins */

static int
scim_multi_equals(scim_patch_list_t *l, const scim_filter_t *filter,
    scim_json_t *e)
{
    for ( /* void */ ; filter->op == SCIM_FILTER_AND; filter = filter->right) {
        if (scim_multi_equals(l, filter->left, e) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    if (filter->op != SCIM_FILTER_EQ || filter->path.sub == NULL
        || filter->path.sub->mutability == SCIM_READ_ONLY
        || filter->value->type == SCIM_JSON_NULL)
    {
        return SCIM_OK;
    }

    return scim_patch_set_sub(l->value, l->attr, e, filter->path.sub,
                              filter->value);
}


/* path: attr.sub, for each element */

static int
scim_multi_all(scim_patch_list_t *l, scim_patch_e op, const scim_path_t *path,
    const scim_json_t *in)
{
    scim_json_t  *e;

    for (e = l->list->first; e; e = e->next) {
        if (scim_multi_element(l, op, path->sub, in, e) == SCIM_ERROR) {
            return SCIM_ERROR;
        }
    }

    if (l->list->n || op == SCIM_PATCH_REMOVE || scim_patch_empty(in)) {
        return SCIM_OK;
    }

    e = scim_json_new(l->value->arena, SCIM_JSON_OBJECT);
    if (e == NULL) {
        return scim_error_nomem(l->value->err);
    }

    if (scim_multi_element(l, op, path->sub, in, e) == SCIM_ERROR) {
        return SCIM_ERROR;
    }

    l->primary = NULL;

    return scim_patch_append(l, e, 1);
}


/* SCIM_DECLINED: there is nothing left of it */

static int
scim_multi_element(scim_patch_list_t *l, scim_patch_e op,
    const scim_attr_t *sub, const scim_json_t *in, scim_json_t *e)
{
    int            rc;
    scim_value_t  *v;

    v = l->value;

    if (op == SCIM_PATCH_REMOVE) {

        if (sub == NULL) {
            return SCIM_DECLINED;
        }

        return scim_patch_set_sub(v, l->attr, e, sub, NULL);
    }

    if (l->attr->type != SCIM_ATTR_COMPLEX) {
        return scim_multi_simple(l, in, e);
    }

    if (sub) {
        rc = scim_patch_set_sub(v, l->attr, e, sub, in);

        if (rc == SCIM_OK && scim_str_eq(&sub->name, &scim_primary_name)) {
            scim_patch_note(l, e, NULL);
        }

        return rc;
    }

    if (scim_patch_complex(v, l->attr, &in) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (in == NULL) {
        return SCIM_DECLINED;
    }

    if (scim_patch_merge(v, l->attr, e, in) != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_patch_note(l, e, in);

    return SCIM_OK;
}


static int
scim_multi_simple(scim_patch_list_t *l, const scim_json_t *in, scim_json_t *e)
{
    scim_attr_t   single;
    scim_json_t  *out, *next;

    single = *l->attr;
    single.multi = 0;

    if (scim_value_accept(l->value, &single, in, &out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (out == NULL) {
        return SCIM_DECLINED;
    }

    next = e->next;
    *e = *out;
    e->next = next;

    return SCIM_OK;
}


static int
scim_multi_replace(scim_patch_list_t *l, const scim_json_t *in)
{
    scim_json_t  *out;

    if (scim_patch_empty(in)
        && !(l->value->policy->strict && in->type == SCIM_JSON_STRING))
    {
        out = NULL;

    } else if (scim_value_accept(l->value, l->attr, in, &out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (out == NULL) {
        out = scim_json_new(l->value->arena, SCIM_JSON_ARRAY);
        if (out == NULL) {
            return scim_error_nomem(l->value->err);
        }
    }

    l->list = out;

    return SCIM_OK;
}


static int
scim_multi_add(scim_patch_list_t *l, const scim_json_t *in)
{
    scim_json_t  *out;

    if (scim_value_accept(l->value, l->attr, in, &out) != SCIM_OK) {
        return SCIM_ERROR;
    }

    return out ? scim_patch_append(l, out->first, out->n) : SCIM_OK;
}


void
scim_patch_drop(scim_json_t *list, scim_json_t *prev, scim_json_t *e)
{
    if (prev) {
        prev->next = e->next;

    } else {
        list->first = e->next;
    }

    if (list->last == e) {
        list->last = prev;
    }

    list->n--;
}


void
scim_patch_note(scim_patch_list_t *l, scim_json_t *e, const scim_json_t *sent)
{
    const scim_json_t  *flag;

    flag = scim_multi_flag(e);

    if (flag == NULL || !flag->boolean || l->primary == e
        || (sent && scim_json_get(sent, &scim_primary_name) == NULL))
    {
        return;
    }

    if (l->primary) {
        l->several = 1;

    } else {
        l->primary = e;
    }
}


static int
scim_multi_primary(scim_patch_list_t *l)
{
    scim_json_t  *e, *flag;

    if (l->primary == NULL) {
        return SCIM_OK;
    }

    if (l->several && l->value->policy->strict) {
        return scim_value_error(l->value, l->attr, SCIM_INVALID_VALUE,
                                "has more than one primary value");
    }

    for (e = l->list->first; e; e = e->next) {
        flag = scim_multi_flag(e);

        if (flag && e != l->primary) {
            flag->boolean = 0;
        }
    }

    return SCIM_OK;
}


static scim_json_t *
scim_multi_flag(const scim_json_t *e)
{
    scim_json_t  *flag;

    flag = scim_json_get(e, &scim_primary_name);

    return flag && flag->type == SCIM_JSON_BOOLEAN ? flag : NULL;
}
