
/*
 * JSON values: a tree, the piecewise parser that makes it (the only user of
 * yajl) and the writer.  Called by http/ for bodies, by scim_project.c for
 * stored documents, by scim_filter.c for literals.
 */


#ifndef SCIM_JSON_H_INCLUDED
#define SCIM_JSON_H_INCLUDED


#include "scim_error.h"


typedef enum {
    SCIM_JSON_NULL = 0,
    SCIM_JSON_BOOLEAN,
    SCIM_JSON_NUMBER,
    SCIM_JSON_STRING,
    SCIM_JSON_ARRAY,
    SCIM_JSON_OBJECT
} scim_json_e;


typedef struct scim_json_s  scim_json_t;

struct scim_json_s {
    scim_json_e   type;
    unsigned      boolean:1;
    scim_str_t    name;        /* key, for a member of an object */
    scim_str_t    str;         /* string, or a number's text as it was sent */
    scim_json_t  *first;       /* members of an object, elements of an array */
    scim_json_t  *last;
    scim_json_t  *next;
    size_t        n;           /* how many */
};


/* limits of a document; each is inclusive */
typedef struct {
    size_t        depth;       /* nested arrays and objects */
    size_t        keys;        /* members of one object */
    size_t        values;      /* elements of one array */
    size_t        nodes;       /* values in all */
    size_t        string;      /* bytes of one string */
} scim_json_limits_t;


typedef struct scim_json_parser_s  scim_json_parser_t;


/*
 * Parser for one document in pieces.  Names that differ only in ASCII case
 * count as duplicates (400 invalidSyntax).  Returns NULL when memory is short.
 * The tree lives in the arena.  scim_json_parser_free() on every path: yajl's
 * own memory comes from malloc.  Limits NULL: trusted text, at most 1024 deep,
 * whose bytes and names are not checked.
 */
scim_json_parser_t *scim_json_parser(scim_arena_t *arena,
    const scim_json_limits_t *limits);
int scim_json_feed(scim_json_parser_t *p, const unsigned char *data,
    size_t len, scim_error_t *err);
int scim_json_finish(scim_json_parser_t *p, scim_json_t **json,
    scim_error_t *err);
void scim_json_parser_free(scim_json_parser_t *p);

/* the whole of it for a text in one piece; limits NULL: trusted text */
int scim_json_parse(scim_arena_t *arena, const scim_json_limits_t *limits,
    const scim_str_t *text, scim_json_t **json, scim_error_t *err);

/* makers, NULL when memory is short; strings are not copied */
scim_json_t *scim_json_new(scim_arena_t *arena, scim_json_e type);
scim_json_t *scim_json_new_string(scim_arena_t *arena, const scim_str_t *s);
scim_json_t *scim_json_new_boolean(scim_arena_t *arena, int value);

/* appends a value to an array, or to an object under "name" (no copy) */
void scim_json_append(scim_json_t *parent, const scim_str_t *name,
    scim_json_t *value);

/* member by name, ASCII case ignored; NULL when there is none */
scim_json_t *scim_json_get(const scim_json_t *object, const scim_str_t *name);

/* equal as values: members in any order, elements in order, numbers by their
 * text */
int scim_json_equal(const scim_json_t *a, const scim_json_t *b);

/* the text, without white space; strings escaped as RFC 8259 needs, no more */
void scim_json_write(scim_buf_t *b, const scim_json_t *json);
void scim_json_write_string(scim_buf_t *b, const scim_str_t *s);


#endif /* SCIM_JSON_H_INCLUDED */
