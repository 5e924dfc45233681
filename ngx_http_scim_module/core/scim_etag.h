
/*
 * Versions as entity tags: W/"7" (RFC 7644 section 3.14, RFC 9110 section
 * 13.1).  Called by the operations of http/.
 */


#ifndef SCIM_ETAG_H_INCLUDED
#define SCIM_ETAG_H_INCLUDED


#include "scim_str.h"


#define SCIM_ETAG_LEN  32      /* enough for any version, no NUL */


/* writes W/"version" and returns its length */
size_t scim_etag_write(unsigned char *buf, int64_t version);

/*
 * 1 when the header's value (a list, or "*") names the version by weak
 * comparison; a malformed list matches nothing.
 */
int scim_etag_match(const scim_str_t *header, int64_t version);


#endif /* SCIM_ETAG_H_INCLUDED */
