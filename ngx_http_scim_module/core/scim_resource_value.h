
/*
 * One attribute's value: from what a client sent to its canonical form (RFC
 * 7643 sections 2.2 to 2.5).  Used for whole resources by scim_resource.c,
 * which decides what concerns more than one attribute, and for PATCH.
 */


#ifndef SCIM_RESOURCE_VALUE_H_INCLUDED
#define SCIM_RESOURCE_VALUE_H_INCLUDED


#include "scim_resource.h"


typedef struct {
    scim_arena_t         *arena;
    const scim_policy_t  *policy;
    const scim_schema_t  *schema;    /* extension; NULL: core or common */
    const scim_attr_t    *parent;    /* complex attribute around, or NULL */
    scim_error_t         *err;
} scim_value_t;


/*
 * Checks "in" against the attribute and makes its canonical form, new nodes
 * that share strings with "in".  *out is NULL when the value counts as absent.
 * readOnly attributes are the caller's: they never get here.
 */
int scim_value_accept(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *in, scim_json_t **out);

/* 400 invalidValue when a required attribute has no value or a blank one */
int scim_value_required(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *out);

/* fills the error: 400, "attribute "path" what"; returns SCIM_ERROR */
int scim_value_error(scim_value_t *v, const scim_attr_t *attr,
    scim_type_e type, const char *what);

/* the same: 400 invalidValue, "attribute "path" what limit unit" */
int scim_value_too_much(scim_value_t *v, const scim_attr_t *attr,
    const char *what, size_t limit, const char *unit);

/* the same for a name that no schema has */
int scim_value_foreign(scim_value_t *v, const scim_str_t *name,
    scim_type_e type);

/* says which attribute the error is about that is in v->err already */
void scim_value_about(scim_value_t *v, const scim_attr_t *attr);

/* comparison key of a simple value; SCIM_ERROR when memory is short */
int scim_value_key(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t *value, scim_str_t *key);

/* a copy of the node that shares what is below; NULL: memory is short */
scim_json_t *scim_value_copy(scim_arena_t *arena, const scim_json_t *json);

/* NULL: PostgreSQL can hold all numbers in it, which is not so of every number
 * that JSON can write; else what is wrong with one */
const char *scim_value_numbers(const scim_json_t *json);


#endif /* SCIM_RESOURCE_VALUE_H_INCLUDED */
