
/*
 * PATCH (RFC 7644 section 3.5.2): from a body to a program, and from a stored
 * document and a program to a new resource.  One engine for every resource
 * type, with what identity providers really send.  Called by the write
 * operations of http/.
 */


#ifndef SCIM_PATCH_H_INCLUDED
#define SCIM_PATCH_H_INCLUDED


#include "scim_path.h"
#include "scim_resource.h"


typedef enum {
    SCIM_PATCH_ADD = 0,
    SCIM_PATCH_REPLACE,
    SCIM_PATCH_REMOVE
} scim_patch_e;


/* one target; a value without a path has become as many as it has members */
typedef struct {
    scim_patch_e        op;
    scim_path_t         path;        /* attr NULL: an extension as a whole;
                                        schema NULL: something under a URN that
                                        nobody knows, and kept */
    const scim_json_t  *value;       /* NULL: none was given */
    size_t              index;       /* in the message, from 0 */
} scim_patch_op_t;


typedef struct {
    scim_patch_op_t    *ops;
    size_t              n;
} scim_patch_t;


typedef struct {
    size_t              operations;
    size_t              filter_depth;
    size_t              filter_length;   /* bytes of a path */
} scim_patch_limits_t;


/*
 * Parses a PatchOp message.  400 invalidSyntax: not such a message, no
 * Operations, an unknown op; 400 invalidValue: a value that is missing (RFC
 * 7644 table 9); 400 invalidPath: malformed, or no such attribute (where the
 * policy ignores unknown attributes, an extension URN that nobody knows is
 * passed over, as are unknown names inside a value); 400 invalidFilter; 400
 * mutability: an explicit path to a readOnly target; 400 noTarget: remove
 * without a path; 413: too many operations.  What the profiles differ in is
 * listed in scim_patch.c.
 */
int scim_patch_parse(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_policy_t *policy, const scim_patch_limits_t *limits,
    const scim_json_t *body, scim_patch_t *patch, scim_error_t *err);

/*
 * SCIM_OK with *members filled when the program changes nothing but what is
 * kept as rows: it can be carried out without the document.  SCIM_DECLINED:
 * scim_patch_apply() is needed.
 */
int scim_patch_members(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_policy_t *policy, const scim_patch_t *patch,
    scim_members_t *members, scim_error_t *err);

/*
 * Applies the program to a copy of "current", a stored document, all or
 * nothing.  The result is checked as a whole, as a PUT's body is; its members
 * are the change that the program makes to them (replace only where the
 * program replaces the list).  When nothing changes, resource->doc equals
 * "current" (scim_json_equal) and members say nothing.
 */
int scim_patch_apply(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_policy_t *policy, const scim_patch_t *patch,
    const scim_json_t *current, scim_resource_t *resource,
    scim_error_t *err);


#endif /* SCIM_PATCH_H_INCLUDED */
