
/*
 * Cursors as bytes.  Called by http/ngx_http_scim_cursor.c.
 *
 *     1   version of this layout
 *     1   1: there is a key, 0: there is none
 *     8   expires       big-endian, as are all numbers
 *     8   total
 *    32   query
 *     4   length of the key, and the key
 *     4   length of the id, and the id, to the end
 *
 * Each cursor has one form; what does not have it is none.
 */


#include "scim_cursor.h"


#define SCIM_CURSOR_VERSION  1
#define SCIM_CURSOR_HEAD     (2 + 8 + 8 + SCIM_CURSOR_DIGEST)


static void scim_cursor_write_number(scim_buf_t *b, uint64_t n, size_t bytes);
static void scim_cursor_write_string(scim_buf_t *b, const scim_str_t *s);
static uint64_t scim_cursor_number(const unsigned char *p, size_t bytes);
static int scim_cursor_string(scim_str_t *rest, scim_str_t *s);


void
scim_cursor_write(scim_buf_t *b, const scim_cursor_t *cursor)
{
    scim_buf_char(b, SCIM_CURSOR_VERSION);
    scim_buf_char(b, cursor->key.data != NULL);
    scim_cursor_write_number(b, (uint64_t) cursor->expires, 8);
    scim_cursor_write_number(b, (uint64_t) cursor->total, 8);
    scim_buf_add(b, cursor->query, SCIM_CURSOR_DIGEST);
    scim_cursor_write_string(b, &cursor->key);
    scim_cursor_write_string(b, &cursor->id);
}


int
scim_cursor_read(const scim_str_t *bytes, scim_cursor_t *cursor)
{
    scim_str_t            rest;
    const unsigned char  *p;

    p = bytes->data;

    if (bytes->len < SCIM_CURSOR_HEAD
        || p[0] != SCIM_CURSOR_VERSION || p[1] > 1)
    {
        return SCIM_ERROR;
    }

    cursor->expires = (int64_t) scim_cursor_number(p + 2, 8);
    cursor->total = (int64_t) scim_cursor_number(p + 10, 8);
    memcpy(cursor->query, p + 18, SCIM_CURSOR_DIGEST);

    rest.data = bytes->data + SCIM_CURSOR_HEAD;
    rest.len = bytes->len - SCIM_CURSOR_HEAD;

    if (cursor->expires < 0 || cursor->total < 0
        || scim_cursor_string(&rest, &cursor->key) != SCIM_OK
        || scim_cursor_string(&rest, &cursor->id) != SCIM_OK
        || rest.len || cursor->id.len == 0)
    {
        return SCIM_ERROR;
    }

    if (p[1] == 0) {
        if (cursor->key.len) {
            return SCIM_ERROR;
        }

        cursor->key.data = NULL;
    }

    return SCIM_OK;
}


static void
scim_cursor_write_number(scim_buf_t *b, uint64_t n, size_t bytes)
{
    while (bytes--) {
        scim_buf_char(b, (unsigned char) (n >> (bytes * 8)));
    }
}


static void
scim_cursor_write_string(scim_buf_t *b, const scim_str_t *s)
{
    if (s->len > UINT32_MAX) {
        b->failed = 1;
        return;
    }

    scim_cursor_write_number(b, s->len, 4);
    scim_buf_str(b, s);
}


static uint64_t
scim_cursor_number(const unsigned char *p, size_t bytes)
{
    uint64_t  n;

    for (n = 0; bytes; bytes--) {
        n = n << 8 | *p++;
    }

    return n;
}


static int
scim_cursor_string(scim_str_t *rest, scim_str_t *s)
{
    uint64_t  len;

    if (rest->len < 4) {
        return SCIM_ERROR;
    }

    len = scim_cursor_number(rest->data, 4);

    if (len > rest->len - 4) {
        return SCIM_ERROR;
    }

    s->data = rest->data + 4;
    s->len = (size_t) len;

    rest->data = s->data + s->len;
    rest->len -= 4 + s->len;

    return SCIM_OK;
}
