
/*
 * What one tenant wants of attributes beyond their schemas: that they are
 * there, that they are unique, or that they need not be.  Called by http/
 * while the configuration is read.
 */


#ifndef SCIM_REGISTRY_RULES_H_INCLUDED
#define SCIM_REGISTRY_RULES_H_INCLUDED


#include "scim_error.h"
#include "scim_schema.h"


typedef enum {
    SCIM_RULE_REQUIRE = 0,
    SCIM_RULE_UNIQUE,
    SCIM_RULE_SHARED           /* "unique NAME=off" */
} scim_rule_e;


/*
 * [Type ":"] [URN ":"] attribute ["[" type "]"] ["." sub-attribute], of the
 * type "User" where none is named; "[" type "]" for SCIM_RULE_REQUIRE alone:
 * one of the elements must be of that type.
 */
typedef struct {
    scim_str_t    text;
    scim_rule_e   rule;
} scim_rule_t;


/*
 * A registry like "base" with "n" rules in it, which are all its rules to
 * require something.  Shares what no rule touches; both live as long as the
 * arena.  *err (status 400) tells what is wrong with the rule of index *fault.
 */
int scim_registry_rules(scim_arena_t *arena, const scim_registry_t *base,
    const scim_rule_t *rules, size_t n, const scim_registry_t **registry,
    size_t *fault, scim_error_t *err);


#endif /* SCIM_REGISTRY_RULES_H_INCLUDED */
