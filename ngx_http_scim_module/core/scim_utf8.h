
/*
 * Strict check of raw JSON bytes before yajl sees them: UTF-8 without overlong
 * forms and surrogates, paired \u escapes, no U+0000 in any spelling, no
 * white space but that of JSON.  Called by scim_json.c for bodies and by
 * scim_query.c for decoded query strings.
 */


#ifndef SCIM_UTF8_H_INCLUDED
#define SCIM_UTF8_H_INCLUDED


#include "scim_str.h"


/* state of a check that runs over pieces; zero it to begin */
typedef struct {
    uint32_t    high;          /* pending high surrogate of a \u escape */
    uint32_t    code;          /* hex digits of a \u escape so far */
    unsigned    need;          /* continuation bytes still to come */
    unsigned    lower;         /* bounds of the next continuation byte */
    unsigned    upper;
    unsigned    state;         /* outside string, in string, after \, in \u */
    unsigned    digits;
} scim_utf8_t;


/*
 * Checks the next piece of a JSON text.  SCIM_OK, or SCIM_ERROR with *why set
 * to a constant text ("invalid UTF-8", "unpaired surrogate", "U+0000",
 * "control character") and *pos to the offset in the piece.
 */
int scim_utf8_json(scim_utf8_t *u, const unsigned char *p, size_t len,
    size_t *pos, const char **why);

/* SCIM_ERROR when the text ended inside a character, a surrogate pair or a
 * string ("unterminated string") */
int scim_utf8_json_end(scim_utf8_t *u, const char **why);

/* 1 when "s" is well-formed UTF-8 without U+0000 */
int scim_utf8_valid(const scim_str_t *s);


#endif /* SCIM_UTF8_H_INCLUDED */
