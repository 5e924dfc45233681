
/*
 * ServiceProviderConfig, ResourceTypes and Schemas (RFC 7644 section 4),
 * rendered once, when the configuration is read.  meta.location needs a base
 * URL that may be known only with the request, so a document is kept in
 * pieces, with the base URL between each two.
 */


#ifndef SCIM_DISCOVERY_H_INCLUDED
#define SCIM_DISCOVERY_H_INCLUDED


#include "scim_query.h"


typedef struct {
    scim_str_t     *pieces;          /* n pieces, n - 1 base URLs between */
    size_t          n;
    size_t          len;             /* bytes of all pieces */
} scim_document_t;

/* a document of a list, found by its id (Schemas) or name (ResourceTypes) */
typedef struct {
    scim_str_t       id;
    scim_document_t  doc;
} scim_named_document_t;

/* what ServiceProviderConfig tells: what is true today */
typedef struct {
    size_t          max_results;
    size_t          max_operations;  /* bulk */
    size_t          max_payload;     /* bulk, bytes */
    size_t          cursor_timeout;  /* seconds */
    unsigned        bearer:1;        /* authenticationSchemes offered */
    unsigned        basic:1;
} scim_features_t;

typedef struct {
    scim_document_t         types;           /* ListResponse */
    scim_named_document_t  *type;
    size_t                  ntypes;
    scim_document_t         schemas;         /* ListResponse */
    scim_named_document_t  *schema;
    size_t                  nschemas;
} scim_discovery_t;


/* ResourceTypes and Schemas of a registry; SCIM_ERROR when memory is short */
int scim_discovery_render(scim_arena_t *arena,
    const scim_registry_t *registry, scim_discovery_t *discovery);

/* ServiceProviderConfig, with "pagination" as RFC 9865 section 4 has it */
int scim_discovery_provider(scim_arena_t *arena,
    const scim_features_t *features, scim_document_t *provider);

/* by id, ASCII case ignored for URNs; NULL when there is none */
const scim_document_t *scim_discovery_type(const scim_discovery_t *d,
    const scim_str_t *name);
const scim_document_t *scim_discovery_schema(const scim_discovery_t *d,
    const scim_str_t *id);

/* the text with the base URL in its places */
void scim_document_write(scim_buf_t *b, const scim_document_t *doc,
    const scim_str_t *base);


#endif /* SCIM_DISCOVERY_H_INCLUDED */
