
/*
 * The one way in which core/ and store/ say that something failed: status,
 * scimType and a detail that a client may read.  Everybody fills one;
 * http/ngx_http_scim_respond.c alone sends it.
 */


#ifndef SCIM_ERROR_H_INCLUDED
#define SCIM_ERROR_H_INCLUDED


#include "scim_str.h"


#define SCIM_ERROR_DETAIL  256
#define SCIM_ERROR_ATTR    256


/* RFC 7644 section 3.12, table 9; the last three are RFC 9865's */
typedef enum {
    SCIM_TYPE_NONE = 0,
    SCIM_INVALID_FILTER,
    SCIM_TOO_MANY,
    SCIM_UNIQUENESS,
    SCIM_MUTABILITY,
    SCIM_INVALID_SYNTAX,
    SCIM_INVALID_PATH,
    SCIM_NO_TARGET,
    SCIM_INVALID_VALUE,
    SCIM_INVALID_VERS,
    SCIM_SENSITIVE,
    SCIM_INVALID_CURSOR,
    SCIM_EXPIRED_CURSOR,
    SCIM_INVALID_COUNT
} scim_type_e;


typedef struct {
    int          status;                       /* HTTP status */
    scim_type_e  type;
    int          retry_after;                  /* whole seconds, 0: no header */
    size_t       len;
    char         detail[SCIM_ERROR_DETAIL];    /* valid UTF-8, no values */
    char         attr[SCIM_ERROR_ATTR];        /* the attribute that it is
                                                  about, as its schema spells
                                                  it: "name.givenName"; "":
                                                  none */
} scim_error_t;


/*
 * Fills *err and returns SCIM_ERROR, so that callers can return the call.
 * "fmt" knows %s (C string), %S (const scim_str_t *, cut to 128 bytes, bytes
 * that are not printable ASCII shown as '?'), %d (int) and %z (size_t).  Never
 * pass a value that a client sent; names of attributes are allowed.  What
 * stands between %[ and %] is err->attr too, if it is printable ASCII and
 * short enough: put them around names of the registry, never around a name
 * that a client made up.
 */
int scim_error(scim_error_t *err, int status, scim_type_e type,
    const char *fmt, ...);

/* out of memory: 503, to be repeated */
int scim_error_nomem(scim_error_t *err);

/* the word of RFC 7644 table 9, or NULL for SCIM_TYPE_NONE */
const char *scim_error_type_name(scim_type_e type);

/*
 * The body of RFC 7644 section 3.12 for *err: schemas, status (a string),
 * scimType where there is one, detail.  Written into "b".
 */
void scim_error_write(scim_buf_t *b, const scim_error_t *err);


#endif /* SCIM_ERROR_H_INCLUDED */
