
/*
 * Filters (RFC 7644 section 3.4.2.2): the whole grammar to a tree whose
 * attributes are resolved and whose literals are checked against their types.
 * Made by scim_query.c; compiled to SQL by store/ngx_scim_store_filter.c.
 */


#ifndef SCIM_FILTER_H_INCLUDED
#define SCIM_FILTER_H_INCLUDED


#include "scim_json.h"
#include "scim_path.h"


typedef enum {
    SCIM_FILTER_AND = 0,
    SCIM_FILTER_OR,
    SCIM_FILTER_NOT,
    SCIM_FILTER_VALUE,         /* attr[left] */
    SCIM_FILTER_ABSENT,        /* an attribute that only other types have:
                                  false; "was" is the operator */
    SCIM_FILTER_PR,
    SCIM_FILTER_EQ,
    SCIM_FILTER_NE,
    SCIM_FILTER_CO,
    SCIM_FILTER_SW,
    SCIM_FILTER_EW,
    SCIM_FILTER_GT,
    SCIM_FILTER_GE,
    SCIM_FILTER_LT,
    SCIM_FILTER_LE
} scim_filter_e;


struct scim_filter_s {
    scim_filter_e   op;
    scim_filter_t  *left;      /* and, or, not (left only), value path */
    scim_filter_t  *right;
    scim_path_t     path;      /* comparisons, pr and value path */
    scim_json_t    *value;     /* literal of a comparison */
    scim_filter_e   was;       /* of ABSENT: "ne" and "eq null" are true */
};


/*
 * Parses "text" for resources of "rtype".  Depth counts parentheses, brackets
 * and "not"; "length" bounds the text in bytes; both give 400 invalidFilter,
 * as does everything malformed, an unknown attribute, an operator that the
 * attribute's type forbids.  The tree lives in the arena and refers to "text".
 * "others": types one of which may know what "rtype" does not; such a
 * comparison becomes ABSENT (RFC 7644 section 3.4.2.1).
 *
 * Chains of "and" and of "or" lean to the right: who recurses into "left" and
 * loops over "right" goes no deeper than twice "depth" plus four.
 */
int scim_filter_parse(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_resource_type_t *others, size_t nothers, const scim_str_t *text,
    size_t depth, size_t length, scim_filter_t **filter, scim_error_t *err);

/*
 * The filter between the brackets of a value path, for the elements of "attr";
 * names are its sub-attributes.  "schema" is the one that "attr" stands in.
 */
int scim_filter_parse_value(scim_arena_t *arena, const scim_schema_t *schema,
    const scim_attr_t *attr, const scim_str_t *text, size_t depth,
    size_t length, scim_filter_t **filter, scim_error_t *err);


#endif /* SCIM_FILTER_H_INCLUDED */
