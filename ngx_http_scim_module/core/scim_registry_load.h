
/*
 * The JSON of RFC 7643 sections 6 and 7 on its way to a registry: schemas and
 * resource types read one by one.  Used by scim_registry.c, which checks what
 * they say of each other.
 */


#ifndef SCIM_REGISTRY_LOAD_H_INCLUDED
#define SCIM_REGISTRY_LOAD_H_INCLUDED


#include "scim_json.h"
#include "scim_registry.h"


/* resource -> attribute -> sub-attribute, or -> extension */
#define SCIM_LOAD_DEPTH  4

/* bytes of a URN, of a name, of a text */
#define SCIM_LOAD_URN    255
#define SCIM_LOAD_NAME   128
#define SCIM_LOAD_TEXT   4096

/* attributes of a schema, sub-attributes, words of a list, extensions */
#define SCIM_LOAD_MANY   256


/* where in the text the reader is: name[index], or [index] without a name */
typedef struct {
    const char      *name;
    size_t           index;
} scim_load_place_t;


typedef struct {
    scim_arena_t       *arena;
    scim_error_t       *err;
    scim_load_place_t   places[SCIM_LOAD_DEPTH];
    size_t              nplaces;
} scim_load_t;


/* an extension as a type names it; schema NULL: to be found by its URN */
typedef struct {
    scim_str_t              urn;
    const scim_schema_t    *schema;
    unsigned                required:1;
} scim_load_extension_t;

/* a resource type before its schemas are found */
typedef struct scim_load_type_s  scim_load_type_t;

struct scim_load_type_s {
    scim_load_type_t       *next;
    scim_str_t              name;
    scim_str_t              endpoint;
    scim_str_t              description;
    scim_str_t              urn;
    const scim_schema_t    *schema;          /* NULL: to be found */
    scim_load_extension_t  *extensions;
    size_t                  nextensions;
};


/* one resource of a text */
typedef int (*scim_load_pt)(void *data, scim_load_t *l,
    const scim_json_t *json);


/* parses "text" and calls "handler" for the resource that it is, or for each
 * one of the list that it is; *err tells line and column of malformed JSON */
int scim_load_each(scim_arena_t *arena, const scim_str_t *text,
    scim_load_pt handler, void *data, scim_error_t *err);

/* a schema, a resource type; SCIM_ERROR with *l->err filled */
int scim_load_schema(scim_load_t *l, const scim_json_t *json,
    scim_schema_t **schema);
int scim_load_type(scim_load_t *l, const scim_json_t *json,
    scim_load_type_t **type);

/*
 * Members of an object by name; null is as good as nothing.  What is absent
 * leaves NULL as data or as array, and booleans and words as they were.
 */
int scim_load_urn(scim_load_t *l, const scim_json_t *json, const char *key,
    scim_str_t *urn);
int scim_load_string(scim_load_t *l, const scim_json_t *json,
    const char *key, size_t max, int required, scim_str_t *value);
int scim_load_boolean(scim_load_t *l, const scim_json_t *json,
    const char *key, int *value);
int scim_load_array(scim_load_t *l, const scim_json_t *json, const char *key,
    const scim_json_t **array);
int scim_load_strings(scim_load_t *l, const scim_json_t *json,
    const char *key, const scim_str_t **values, size_t *n);

/* *value: which of "words", ended by NULL; "what" says which there are */
int scim_load_word(scim_load_t *l, const scim_json_t *json, const char *key,
    const char *const *words, const char *what, int *value);

/* ATTRNAME of RFC 7643 section 2.1, but for "$" */
int scim_load_name(const scim_str_t *s);

/* fills the error: 400, "place.key: what"; returns SCIM_ERROR */
int scim_load_fault(scim_load_t *l, const char *key, const char *what);

/* the attribute that names resources of a schema; NULL: none */
const scim_attr_t *scim_load_name_attr(const scim_schema_t *schema);


#endif /* SCIM_REGISTRY_LOAD_H_INCLUDED */
