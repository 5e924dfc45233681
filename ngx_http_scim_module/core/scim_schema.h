
/*
 * What a service provider knows of its resources: types, schemas, attributes
 * and their characteristics (RFC 7643 sections 2, 6 and 7).  Tables of
 * scim_schema_builtin.c make the registry of User, Group and EnterpriseUser,
 * scim_registry.c adds what an installation brings; the rest of core/ asks it
 * and has no attribute's name in its code but where the RFC gives one a
 * meaning of its own (active, primary, ...).
 */


#ifndef SCIM_SCHEMA_H_INCLUDED
#define SCIM_SCHEMA_H_INCLUDED


#include "scim_str.h"


/* bytes of a value that goes into an index of the database */
#define SCIM_KEY_MAX  1024


typedef enum {
    SCIM_ATTR_STRING = 0,
    SCIM_ATTR_BOOLEAN,
    SCIM_ATTR_DECIMAL,
    SCIM_ATTR_INTEGER,
    SCIM_ATTR_DATETIME,
    SCIM_ATTR_BINARY,
    SCIM_ATTR_REFERENCE,
    SCIM_ATTR_COMPLEX
} scim_attr_e;

typedef enum {
    SCIM_READ_WRITE = 0,
    SCIM_READ_ONLY,
    SCIM_IMMUTABLE,
    SCIM_WRITE_ONLY
} scim_mutability_e;

typedef enum {
    SCIM_RETURNED_DEFAULT = 0,
    SCIM_RETURNED_ALWAYS,
    SCIM_RETURNED_NEVER,
    SCIM_RETURNED_REQUEST
} scim_returned_e;

typedef enum {
    SCIM_UNIQUE_NONE = 0,
    SCIM_UNIQUE_SERVER,
    SCIM_UNIQUE_GLOBAL
} scim_uniqueness_e;


/* where an attribute's value is kept */
typedef enum {
    SCIM_SOURCE_DOC = 0,       /* in the resource's document */
    SCIM_SOURCE_MEMBERS,       /* rows: Group.members */
    SCIM_SOURCE_GROUPS         /* computed from these rows: User.groups */
} scim_source_e;


typedef struct scim_attr_s           scim_attr_t;
typedef struct scim_schema_s         scim_schema_t;
typedef struct scim_extension_s      scim_extension_t;
typedef struct scim_demand_s         scim_demand_t;
typedef struct scim_resource_type_s  scim_resource_type_t;
typedef struct scim_registry_s       scim_registry_t;


struct scim_attr_s {
    scim_str_t            name;
    scim_str_t            description;
    scim_attr_e           type;
    scim_mutability_e     mutability;
    scim_returned_e       returned;
    scim_uniqueness_e     uniqueness;
    scim_source_e         source;
    unsigned              multi:1;
    unsigned              required:1;
    unsigned              case_exact:1;
    unsigned              indexed:1;     /* values are look-up keys too */
    size_t                max;           /* bytes of a string; 0: 8192 */
    const scim_str_t     *canonical;     /* canonicalValues */
    size_t                ncanonical;
    const scim_str_t     *references;    /* referenceTypes */
    size_t                nreferences;
    const scim_attr_t    *subs;          /* subAttributes */
    size_t                nsubs;
};

struct scim_schema_s {
    scim_str_t            id;            /* URN */
    scim_str_t            name;
    scim_str_t            description;
    const scim_attr_t    *attrs;
    size_t                nattrs;
    const scim_str_t     *aliases;       /* older URNs, forgiven by the */
    size_t                naliases;      /* tolerant profile */
};

struct scim_extension_s {
    const scim_schema_t  *schema;
    unsigned              required:1;
};

/* what a tenant requires of the type's resources beyond the schemas */
struct scim_demand_s {
    const scim_schema_t  *extension;     /* NULL: not within an extension */
    const scim_attr_t    *attr;
    const scim_attr_t    *sub;           /* NULL: any */
    scim_str_t            kind;          /* "type" of an element of the list;
                                            data NULL: any */
};

struct scim_resource_type_s {
    scim_str_t               name;       /* "User", also its id */
    scim_str_t               endpoint;   /* "/Users" */
    scim_str_t               description;
    const scim_schema_t     *schema;
    const scim_attr_t       *name_attr;  /* goes to column "name": userName;
                                            NULL: the type has none */
    const scim_extension_t  *extensions;
    size_t                   nextensions;
    const scim_demand_t     *demands;
    size_t                   ndemands;
};

struct scim_registry_s {
    const scim_resource_type_t  *types;
    size_t                       ntypes;
};


/* registry of the resource types compiled in; never NULL, never changes */
const scim_registry_t *scim_registry_builtin(void);

/* id, externalId, meta and schemas: common to all (RFC 7643 section 3.1); its
 * own id is empty and /Schemas does not show it */
const scim_schema_t *scim_schema_common(void);

/* by endpoint segment ("Users"), compared exactly; NULL when there is none */
const scim_resource_type_t *scim_registry_endpoint(
    const scim_registry_t *registry, const scim_str_t *segment);

/* case-insensitive look-ups; NULL when there is none */
const scim_attr_t *scim_schema_attr(const scim_schema_t *schema,
    const scim_str_t *name);
const scim_attr_t *scim_attr_sub(const scim_attr_t *attr,
    const scim_str_t *name);

/* whether values of the attribute stand in a resource's document: not what
 * the server computes, what is kept as rows, and passwords */
int scim_attr_stored(const scim_attr_t *attr);

/* 1: resources of the type have values that are kept as rows */
int scim_resource_type_members(const scim_resource_type_t *type);

/* the type's own schema or one of its extensions by URN; NULL when neither */
const scim_schema_t *scim_resource_type_schema(
    const scim_resource_type_t *type, const scim_str_t *urn);


#endif /* SCIM_SCHEMA_H_INCLUDED */
