
/*
 * Versions as entity tags.  Called by the operations of http/ for the ETag
 * header, meta.version, If-Match and If-None-Match.
 */


#include <stdio.h>

#include "scim_etag.h"


static size_t scim_etag_skip(const scim_str_t *s, size_t i);
static int scim_etag_next(const scim_str_t *s, size_t *pos, scim_str_t *tag);


size_t
scim_etag_write(unsigned char *buf, int64_t version)
{
    return (size_t) snprintf((char *) buf, SCIM_ETAG_LEN, "W/\"%lld\"",
                             (long long) version);
}


int
scim_etag_match(const scim_str_t *header, int64_t version)
{
    int            match;
    size_t         i;
    scim_str_t     tag, own;
    unsigned char  buf[SCIM_ETAG_LEN];

    own.len = scim_etag_write(buf, version) - sizeof("W/\"\"") + 1;
    own.data = buf + sizeof("W/\"") - 1;

    i = scim_etag_skip(header, 0);

    if (i < header->len && header->data[i] == '*') {
        return scim_etag_skip(header, i + 1) == header->len;
    }

    match = 0;

    /* to the end even after a match: what is malformed matches nothing */

    while (i < header->len) {

        if (header->data[i] == ',') {
            i = scim_etag_skip(header, i + 1);
            continue;
        }

        if (scim_etag_next(header, &i, &tag) != SCIM_OK) {
            return 0;
        }

        if (scim_str_eq(&tag, &own)) {
            match = 1;
        }

        i = scim_etag_skip(header, i);

        if (i < header->len && header->data[i] != ',') {
            return 0;
        }
    }

    return match;
}


static size_t
scim_etag_skip(const scim_str_t *s, size_t i)
{
    while (i < s->len && (s->data[i] == ' ' || s->data[i] == '\t')) {
        i++;
    }

    return i;
}


/* one entity tag; "tag" is what stands between its quotes */

static int
scim_etag_next(const scim_str_t *s, size_t *pos, scim_str_t *tag)
{
    size_t         i;
    unsigned char  c;

    i = *pos;

    if (s->len - i >= 2 && s->data[i] == 'W' && s->data[i + 1] == '/') {
        i += 2;
    }

    if (i == s->len || s->data[i] != '"') {
        return SCIM_ERROR;
    }

    tag->data = &s->data[++i];

    for ( /* void */ ; i < s->len; i++) {
        c = s->data[i];

        if (c == '"') {
            tag->len = &s->data[i] - tag->data;
            *pos = i + 1;
            return SCIM_OK;
        }

        if (c <= ' ' || c == 0x7f) {
            break;
        }
    }

    return SCIM_ERROR;
}
