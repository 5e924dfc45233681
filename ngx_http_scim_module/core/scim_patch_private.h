
/*
 * What the files of the PATCH engine share: scim_patch.c reads a message into
 * a program, scim_patch_path.c its paths; scim_patch_apply.c runs it, with
 * scim_patch_value.c (values and complex values), scim_patch_list.c and
 * scim_patch_same.c (lists) and scim_patch_members.c (what is kept as rows).
 */


#ifndef SCIM_PATCH_PRIVATE_H_INCLUDED
#define SCIM_PATCH_PRIVATE_H_INCLUDED


#include "scim_filter.h"
#include "scim_patch.h"
#include "scim_resource_list.h"


typedef struct {
    scim_value_t                 value;      /* arena, policy, err */
    const scim_resource_type_t  *rtype;
    const scim_patch_limits_t   *limits;
    scim_patch_t                *patch;
    size_t                       size;       /* places of patch->ops */
    scim_patch_e                 op;         /* of the current operation */
    size_t                       index;
} scim_patch_parser_t;


/* what a program does to rows, one event for each id */
typedef struct {
    scim_str_t                   id;
    unsigned                     add:1;
    unsigned                     keep:1;
} scim_patch_event_t;

typedef struct {
    scim_patch_event_t          *events;
    size_t                       n;
    size_t                       size;
    unsigned                     replace:1;
} scim_patch_rows_t;


/* a multi-valued attribute while an operation changes it */
typedef struct {
    scim_value_t                *value;
    const scim_attr_t           *attr;
    scim_json_t                 *list;
    scim_json_t                 *primary;    /* first one that was set */
    unsigned                     several:1;
} scim_patch_list_t;


/*
 * Resolves a path, or a key of a value without a path ("key"): names in such
 * a value that are unknown or readOnly are passed over.  SCIM_DECLINED: so it
 * is here; path->schema NULL: under a URN that nobody knows, and kept.
 */
int scim_patch_path(scim_patch_parser_t *p, const scim_str_t *text, int key,
    scim_path_t *path);

/* which schema errors have to name: only extensions' are */
void scim_patch_where(scim_value_t *v, const scim_resource_type_t *rtype,
    const scim_path_t *path);

/* puts "operation N: " before what *err says; returns SCIM_ERROR */
int scim_patch_fail(scim_error_t *err, size_t index);


/* tolerant forms of a value made plain; path->sub may go */
int scim_patch_prepare(scim_value_t *v, scim_patch_e op, scim_path_t *path,
    const scim_json_t **value);

/* JSON within a string; what is none stays the string that it was */
int scim_patch_decode(scim_value_t *v, const scim_json_t **value);

/* null, "", [] or nothing at all */
int scim_patch_empty(const scim_json_t *value);

/*
 * Gives an attribute of the object a value, "in" NULL takes it away.  Under
 * v->parent it is a sub-attribute.  A required attribute must stay (400
 * mutability when "in" is NULL, else invalidValue), an immutable one may be
 * set but not changed.
 */
int scim_patch_set(scim_value_t *v, scim_json_t *object,
    const scim_attr_t *attr, const scim_json_t *in);

/* the same for a sub-attribute of "attr"; "$ref" to an old "value" goes */
int scim_patch_set_sub(scim_value_t *v, const scim_attr_t *attr,
    scim_json_t *object, const scim_attr_t *sub, const scim_json_t *in);

/* "in" as an object of sub-attributes; NULL: it says that there is none */
int scim_patch_complex(scim_value_t *v, const scim_attr_t *attr,
    const scim_json_t **in);

/* sets what "in" names, and leaves the other sub-attributes */
int scim_patch_merge(scim_value_t *v, const scim_attr_t *attr,
    scim_json_t *object, const scim_json_t *in);

/* member of an object by name, replaced, appended or (value NULL) removed */
void scim_patch_put(scim_json_t *object, const scim_str_t *name,
    scim_json_t *value);

/* a copy of all that is below; NULL: memory is short */
scim_json_t *scim_patch_copy(scim_arena_t *arena, const scim_json_t *json);


/* an operation on a multi-valued attribute of "object" */
int scim_patch_list(scim_value_t *v, scim_json_t *object, scim_patch_e op,
    const scim_path_t *path, const scim_json_t *in);

/* an element that the operation may have made primary; "sent": what it was
 * given, NULL: just that */
void scim_patch_note(scim_patch_list_t *l, scim_json_t *e,
    const scim_json_t *sent);

/* takes the element behind "prev" (NULL: the first one) out of the list */
void scim_patch_drop(scim_json_t *list, scim_json_t *prev, scim_json_t *e);

/* "n" new elements from "first" on; what is there already is merged */
int scim_patch_append(scim_patch_list_t *l, scim_json_t *first, size_t n);

/* all, or the elements that the operation brings */
int scim_patch_remove(scim_patch_list_t *l, const scim_json_t *in);


/* an operation on what is kept as rows; and what all of them come to */
int scim_patch_rows(scim_value_t *v, scim_patch_rows_t *rows,
    const scim_patch_op_t *op);
int scim_patch_rows_end(scim_value_t *v, const scim_attr_t *attr,
    scim_patch_rows_t *rows, scim_members_t *members);


#endif /* SCIM_PATCH_PRIVATE_H_INCLUDED */
