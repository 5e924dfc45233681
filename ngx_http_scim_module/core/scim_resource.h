
/*
 * From what a client sent to what is kept: a resource checked against its
 * schemas, in canonical form, with the keys by which it is found (RFC 7643
 * section 2, RFC 7644 sections 3.3 and 3.5.1).  Called by the write
 * operations of http/.
 */


#ifndef SCIM_RESOURCE_H_INCLUDED
#define SCIM_RESOURCE_H_INCLUDED


#include "scim_json.h"
#include "scim_schema.h"


typedef enum {
    SCIM_UNKNOWN_IGNORE = 0,
    SCIM_UNKNOWN_REJECT,
    SCIM_UNKNOWN_KEEP
} scim_unknown_e;


/* what a tenant's block of the configuration decides */
typedef struct {
    scim_unknown_e  unknown;         /* attributes that no schema knows */
    unsigned        strict:1;        /* profile: no known quirk is forgiven */
    size_t          values;          /* elements of a multi-valued attribute */
    size_t          members;         /* the same, where they are rows */
    size_t          size;            /* bytes of the document */
    unsigned        patched:1;       /* PATCH: what is missing was taken
                                        away */
    unsigned        missing:1;       /* PUT: what is missing stays */
} scim_policy_t;


/* a further look-up key (emails.value): canonical path and comparison key.
 * unique: no other resource of the type may have it (uniqueness server or
 * global of an attribute that is not the type's name) */
typedef struct {
    scim_str_t      attr;
    scim_str_t      key;
    unsigned        unique:1;
} scim_key_t;


/*
 * Values of the attribute that is kept as rows (Group.members): ids as they
 * were sent, each once.  replace: "add" is the whole list from now on and
 * "remove" is empty; else what to add and what to remove, no id in both.
 */
typedef struct {
    scim_str_t     *add;
    size_t          nadd;
    scim_str_t     *remove;
    size_t          nremove;
    unsigned        replace:1;
} scim_members_t;


typedef struct {
    scim_json_t    *doc;             /* canonical: no id, meta, groups,
                                        password; schemas and active are in */
    scim_str_t      text;            /* the same, written */
    scim_str_t      name;            /* userName as sent; "" when the type
                                        has no name_attr or it is absent */
    scim_str_t      name_key;        /* its key; data NULL: need not be
                                        unique */
    scim_str_t      external_id;     /* data NULL: none */
    scim_key_t     *keys;            /* distinct; emails.value for User */
    size_t          nkeys;
    scim_members_t  members;         /* POST and PUT: replace is set when the
                                        type has such an attribute */
    unsigned        active:1;
} scim_resource_t;


/*
 * Accepts the body of a POST ("current" NULL) or of a PUT ("current" is the
 * stored document).  readOnly attributes are passed over, wherever they stand;
 * null, [] and "" as the value of an element mean absent; an immutable one may
 * not change (400 mutability); absent "active" is true on POST and kept on
 * PUT; what is writeOnly and absent (not null) is kept on PUT, and so is all
 * that is absent where policy->missing says so; of equal (type, value) pairs
 * the first stays, primary if one of them is; two primaries are 400
 * invalidValue (strict) or the first wins (tolerant).  Unless strict, strings
 * "True" and "false" are taken for booleans, and a string for a manager, who
 * is always kept as an object.  Errors: 400 invalidSyntax (not an object,
 * wrong schemas), 400 invalidValue (type, length, missing required), naming
 * the attribute.
 */
int scim_resource_accept(scim_arena_t *arena,
    const scim_resource_type_t *rtype, const scim_policy_t *policy,
    const scim_json_t *body, const scim_json_t *current,
    scim_resource_t *resource, scim_error_t *err);


#endif /* SCIM_RESOURCE_H_INCLUDED */
