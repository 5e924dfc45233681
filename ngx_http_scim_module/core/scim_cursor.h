
/*
 * What a cursor holds (RFC 9865): the place where the last page ended, and
 * what binds it to its query.  Bytes, not text: http/ngx_http_scim_cursor.c
 * signs them and makes them text.
 */


#ifndef SCIM_CURSOR_H_INCLUDED
#define SCIM_CURSOR_H_INCLUDED


#include "scim_str.h"


#define SCIM_CURSOR_DIGEST  32


typedef struct {
    int64_t         expires;                        /* seconds since 1970 */
    int64_t         total;                          /* as first counted */
    unsigned char   query[SCIM_CURSOR_DIGEST];      /* tenant, endpoint,
                                                       filter, sort */
    scim_str_t      key;                            /* of the last row's sort
                                                       attribute; data NULL:
                                                       it has none */
    scim_str_t      id;                             /* of the last row, or
                                                       created and id */
} scim_cursor_t;


/* appends the bytes */
void scim_cursor_write(scim_buf_t *b, const scim_cursor_t *cursor);

/* strings refer to "bytes"; SCIM_ERROR when they are not a cursor's */
int scim_cursor_read(const scim_str_t *bytes, scim_cursor_t *cursor);


#endif /* SCIM_CURSOR_H_INCLUDED */
