
/*
 * Comparison and copies of counted strings, and the buffer that writers of
 * JSON and of SQL text fill.  Case is that of ASCII, whatever the locale.
 */


#include "scim_str.h"


#define scim_lower(c)                                                         \
    (unsigned char) ((c) >= 'A' && (c) <= 'Z' ? (c) | 0x20 : (c))


static unsigned char *scim_buf_room(scim_buf_t *b, size_t len);


int
scim_str_eq(const scim_str_t *a, const scim_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}


int
scim_str_caseeq(const scim_str_t *a, const scim_str_t *b)
{
    size_t  i;

    if (a->len != b->len) {
        return 0;
    }

    for (i = 0; i < a->len; i++) {
        if (a->data[i] != b->data[i]
            && scim_lower(a->data[i]) != scim_lower(b->data[i]))
        {
            return 0;
        }
    }

    return 1;
}


int
scim_str_is(const scim_str_t *s, const char *text)
{
    scim_str_t  t;

    t.len = strlen(text);
    t.data = (unsigned char *) text;

    return scim_str_caseeq(s, &t);
}


int
scim_str_dup(scim_arena_t *arena, scim_str_t *dst, const scim_str_t *s)
{
    size_t          len;
    unsigned char  *p;

    /* "dst" may be "s" */

    len = s->len;

    p = len < SIZE_MAX ? scim_alloc_bytes(arena, len + 1) : NULL;

    if (p == NULL) {
        dst->len = 0;
        dst->data = NULL;
        return SCIM_ERROR;
    }

    if (len) {
        memcpy(p, s->data, len);
    }

    p[len] = '\0';

    dst->len = len;
    dst->data = p;

    return SCIM_OK;
}


void
scim_buf_init(scim_buf_t *b, scim_arena_t *arena, size_t size)
{
    b->arena = arena;
    b->data = NULL;
    b->len = 0;
    b->size = 0;
    b->failed = 0;

    if (size == 0) {
        return;
    }

    b->data = scim_alloc_bytes(arena, size);

    if (b->data == NULL) {
        b->failed = 1;
        return;
    }

    b->size = size;
}


void
scim_buf_add(scim_buf_t *b, const void *data, size_t len)
{
    unsigned char  *p;

    if (len == 0) {
        return;
    }

    p = scim_buf_room(b, len);

    if (p) {
        memcpy(p, data, len);
    }
}


void
scim_buf_str(scim_buf_t *b, const scim_str_t *s)
{
    scim_buf_add(b, s->data, s->len);
}


void
scim_buf_char(scim_buf_t *b, unsigned char c)
{
    unsigned char  *p;

    p = scim_buf_room(b, 1);

    if (p) {
        *p = c;
    }
}


void
scim_buf_int(scim_buf_t *b, int64_t n)
{
    uint64_t        u;
    unsigned char  *p, text[20];

    u = n < 0 ? (uint64_t) 0 - (uint64_t) n : (uint64_t) n;
    p = text + sizeof(text);

    do {
        *--p = (unsigned char) ('0' + u % 10);
        u /= 10;
    } while (u);

    if (n < 0) {
        *--p = '-';
    }

    scim_buf_add(b, p, (size_t) (text + sizeof(text) - p));
}


/* makes "len" bytes part of the buffer and returns their address */

static unsigned char *
scim_buf_room(scim_buf_t *b, size_t len)
{
    size_t          size;
    unsigned char  *p;

    if (b->failed) {
        return NULL;
    }

    if (len > b->size - b->len) {

        size = b->size < 64 ? 64 : b->size;

        while (len > size - b->len) {
            if (size > SIZE_MAX / 2) {
                b->failed = 1;
                return NULL;
            }

            size *= 2;
        }

        p = scim_alloc_bytes(b->arena, size);
        if (p == NULL) {
            b->failed = 1;
            return NULL;
        }

        if (b->len) {
            memcpy(p, b->data, b->len);
        }

        b->data = p;
        b->size = size;
    }

    p = b->data + b->len;
    b->len += len;

    return p;
}
