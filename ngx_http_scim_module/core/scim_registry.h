
/*
 * Registries from RFC 7643 section 7 JSON: the built-in types with extension
 * schemas and resource types that an installation adds.  Called by http/
 * while the configuration is read; nothing here changes afterwards.
 */


#ifndef SCIM_REGISTRY_H_INCLUDED
#define SCIM_REGISTRY_H_INCLUDED


#include "scim_error.h"
#include "scim_schema.h"


typedef struct scim_registry_builder_s  scim_registry_builder_t;


/* what "extends" of a schema may say beside a type's name */
typedef struct {
    scim_str_t   type;         /* "User"; data NULL: by the URN's last part,
                                  if a type has that name */
    unsigned     required:1;
} scim_extends_t;


/*
 * A builder that begins with all of "base" (scim_registry_builtin(), or what a
 * builder has made before).  NULL: memory is short.
 */
scim_registry_builder_t *scim_registry_builder(scim_arena_t *arena,
    const scim_registry_t *base);

/*
 * Adds a schema: one object of RFC 7643 section 7, or a list of them (array or
 * ListResponse); "extends" is for each of them, NULL is an empty one.  *err
 * (status 400) names the place of a fault: line and column of malformed JSON,
 * else the path in it ("attributes[2].subAttributes[0].type").  A URN that is
 * there already, names that differ in case only, attributes without name or
 * with an unknown type, mutability, returned or uniqueness, subAttributes of
 * what is not complex, are faults.
 */
int scim_registry_add_schema(scim_registry_builder_t *b,
    const scim_str_t *text, const scim_extends_t *extends, scim_error_t *err);

/*
 * Adds a resource type (RFC 7643 section 6), or replaces the one of its name;
 * schemas that it names may be added later.
 */
int scim_registry_add_type(scim_registry_builder_t *b, const scim_str_t *text,
    scim_error_t *err);

/*
 * Checks what the parts say of each other: schemas that types name, endpoints
 * that are taken or reserved (Bulk, Me, Schemas, ...), extensions without a
 * type.  *registry lives as long as the arena.
 */
int scim_registry_build(scim_registry_builder_t *b,
    const scim_registry_t **registry, scim_error_t *err);


#endif /* SCIM_REGISTRY_H_INCLUDED */
