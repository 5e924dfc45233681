
/*
 * The comparison key of a string: Unicode NFC and full case folding.  The one
 * place where case is folded; uniqueness and "eq" use the same key, and SQL
 * never folds (RFC 7643 section 2.3.1, caseExact).  Only user of utf8proc.
 */


#ifndef SCIM_FOLD_H_INCLUDED
#define SCIM_FOLD_H_INCLUDED


#include "scim_str.h"


/*
 * key: allocated in the arena; pure ASCII is folded without utf8proc.
 * SCIM_ERROR when memory is short or "s" is not UTF-8.
 */
int scim_fold(scim_arena_t *arena, const scim_str_t *s, scim_str_t *key);


#endif /* SCIM_FOLD_H_INCLUDED */
