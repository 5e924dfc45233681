
/*
 * Tokens and literals of filters.  Used by scim_filter.c alone.
 */


#ifndef SCIM_FILTER_LEX_H_INCLUDED
#define SCIM_FILTER_LEX_H_INCLUDED


#include "scim_json.h"


typedef enum {
    SCIM_TOKEN_END = 0,
    SCIM_TOKEN_OPEN,           /* ( */
    SCIM_TOKEN_CLOSE,          /* ) */
    SCIM_TOKEN_LEFT,           /* [ */
    SCIM_TOKEN_RIGHT,          /* ] */
    SCIM_TOKEN_STRING,         /* between double quotes, quotes included */
    SCIM_TOKEN_BROKEN,         /* a string without its end */
    SCIM_TOKEN_WORD            /* all else up to a space or one of these */
} scim_token_e;


typedef struct {
    scim_token_e   type;
    scim_str_t     text;       /* part of the filter's text */
    size_t         pos;        /* its offset there */
    unsigned       escaped:1;  /* string with a backslash */
} scim_token_t;


typedef struct {
    scim_str_t     text;
    size_t         pos;        /* where the next token is looked for */
    scim_token_t   token;      /* the current one */
} scim_lexer_t;


/* the first token becomes the current one */
void scim_lexer_init(scim_lexer_t *lex, const scim_str_t *text);

/* goes to the next token; at the end it stays there */
void scim_lexer_next(scim_lexer_t *lex);

/* the token as a JSON string, number, boolean or null; else 400
 * invalidFilter */
int scim_lexer_literal(scim_arena_t *arena, const scim_token_t *token,
    scim_json_t **value, scim_error_t *err);


#endif /* SCIM_FILTER_LEX_H_INCLUDED */
