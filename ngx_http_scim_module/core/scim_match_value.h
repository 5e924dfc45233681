
/*
 * Order of numbers and of dates by what they mean and not by how they are
 * written.  Used by scim_match.c alone.
 */


#ifndef SCIM_MATCH_VALUE_H_INCLUDED
#define SCIM_MATCH_VALUE_H_INCLUDED


#include "scim_str.h"


/* *cmp: below, equal to or above 0; SCIM_ERROR when one of them is no number
 * as JSON writes it, or its exponent is beyond four digits */
int scim_match_numbers(const scim_str_t *a, const scim_str_t *b, int *cmp);

/* the same for instants, YYYY-MM-DDThh:mm:ss[.digits][Z|+hh:mm|-hh:mm]; what
 * has no zone is UTC */
int scim_match_dates(const scim_str_t *a, const scim_str_t *b, int *cmp);


#endif /* SCIM_MATCH_VALUE_H_INCLUDED */
