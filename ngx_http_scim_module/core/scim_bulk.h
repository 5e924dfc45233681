
/*
 * Bulk (RFC 7644 section 3.7): from a body to operations with their order, and
 * the answer's text.  Called by http/ngx_http_scim_op_bulk.c, which runs them.
 *
 * Ids are assigned before the first operation runs, so that a bulkId can be
 * replaced wherever it stands, before or after the operation that makes the
 * resource; what has to wait is only what would not find a member.
 */


#ifndef SCIM_BULK_H_INCLUDED
#define SCIM_BULK_H_INCLUDED


#include "scim_json.h"
#include "scim_schema.h"


typedef enum {
    SCIM_BULK_POST = 0,
    SCIM_BULK_PUT,
    SCIM_BULK_PATCH,
    SCIM_BULK_DELETE
} scim_bulk_e;


typedef enum {
    SCIM_BULK_WAITING = 0,
    SCIM_BULK_RUNNING,
    SCIM_BULK_DONE,
    SCIM_BULK_FAILED
} scim_bulk_state_e;


typedef struct {
    scim_bulk_e                  method;
    const scim_resource_type_t  *rtype;      /* NULL: "error" says why */
    scim_str_t                   path;       /* as sent */
    scim_str_t                   id;         /* POST: assigned by the caller
                                                before scim_bulk_resolve() */
    scim_str_t                   bulk_id;    /* len 0: none */
    scim_str_t                   version;    /* If-Match; data NULL: none */
    scim_json_t                 *data;
    scim_error_t                 error;      /* status 0: none; found by the
                                                parser or by resolve */

    size_t                      *after;      /* operations that must have */
    size_t                       nafter;     /* ended before this one runs; */
    size_t                       nneeds;     /* of them, in front: those
                                                without whose success it
                                                cannot run */

    /* the caller's */
    scim_bulk_state_e            state;
    int                          status;
    int64_t                      etag;       /* version after it; 0: none */
} scim_bulk_op_t;


typedef struct {
    scim_bulk_op_t  *ops;
    size_t           n;
    int64_t          fail_on_errors;         /* 0: all are run */
    size_t           first;                  /* all before it have ended, */
    size_t           failed;                 /* so many of them failed */
    size_t           reach;                  /* from here on all wait */
} scim_bulk_t;


/*
 * Parses a BulkRequest for the types of "registry".  Errors of the request as
 * a whole: 400 invalidSyntax (not such a message, an operation without method
 * or path, a POST without bulkId, a bulkId given twice, failOnErrors not a
 * positive number), 413 (more than "operations").  What is wrong with one
 * operation (unknown endpoint, no data, an id with POST) is in its "error".
 * Methods are taken in any case; a path may lack its first slash or be a URL.
 */
int scim_bulk_parse(scim_arena_t *arena, const scim_registry_t *registry,
    size_t operations, const scim_json_t *body, scim_bulk_t *bulk,
    scim_error_t *err);

/*
 * Puts ids in place of "bulkId:..." in paths and in all strings of data that
 * consist of it alone or end with "/bulkId:..." ($ref), and in paths of PATCH
 * (members[value eq "bulkId:..."]), and finds what each operation waits for:
 * operations on the same resource in their order; those that make what it
 * refers to; those of the same type that may give up a name which it may take,
 * or the other way round.  A bulkId that no POST has is 409 in the operation's
 * error; so are those that wait for each other in a circle over members (a
 * circle over anything else is no hindrance: ids are known).
 */
int scim_bulk_resolve(scim_arena_t *arena, scim_bulk_t *bulk,
    scim_error_t *err);

/*
 * The next operation that may run now, set to RUNNING; NULL: none, for the
 * time being or for good.  One that needs a failed one fails with 409 (it is
 * FAILED at once and not returned), and so does one with an error of its own.
 * With fail_on_errors no more are under way than may fail: after so many
 * failures none is returned any more, and none has run that should not have.
 * The caller sets "state" to DONE or FAILED, with "status", "etag" or "error".
 */
scim_bulk_op_t *scim_bulk_next(scim_bulk_t *bulk);

/* 1 when nothing runs and nothing will */
int scim_bulk_ended(const scim_bulk_t *bulk);

/*
 * The BulkResponse: for each operation that was run method, bulkId, version,
 * location, status (a string) and, for failures, response.  "base" as in
 * scim_project.h.
 */
void scim_bulk_write(scim_buf_t *b, const scim_bulk_t *bulk,
    const scim_str_t *base);


#endif /* SCIM_BULK_H_INCLUDED */
