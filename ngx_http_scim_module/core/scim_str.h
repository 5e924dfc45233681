
/*
 * Counted strings and a growing byte buffer.  Used by everything in core/;
 * scim_str_t has the layout of ngx_str_t, so that the layers above hand
 * strings over without a copy.
 */


#ifndef SCIM_STR_H_INCLUDED
#define SCIM_STR_H_INCLUDED


#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "scim_arena.h"


/* what every core function that can fail returns; scim_error_t says why */
#define SCIM_OK        0
#define SCIM_ERROR    -1
#define SCIM_DECLINED -2


typedef struct {
    size_t          len;
    unsigned char  *data;
} scim_str_t;


#define scim_string(s)  { sizeof(s) - 1, (unsigned char *) s }
#define scim_null_str   { 0, NULL }
#define scim_str_set(str, text)                                               \
    (str)->len = sizeof(text) - 1; (str)->data = (unsigned char *) text


/*
 * A buffer that grows in an arena.  After a failed allocation "failed" is set
 * and every later call is a no-op, so that writers check once, at the end.
 */
typedef struct {
    scim_arena_t   *arena;
    unsigned char  *data;
    size_t          len;
    size_t          size;
    unsigned        failed:1;
} scim_buf_t;


/* 1 when both hold the same bytes */
int scim_str_eq(const scim_str_t *a, const scim_str_t *b);

/* 1 when both are equal but for ASCII case: names, URNs, operators (RFC 7643
 * section 2.1, RFC 7644 section 3.4.2.2) */
int scim_str_caseeq(const scim_str_t *a, const scim_str_t *b);

/* 1 when "s" equals the C string "text" but for ASCII case */
int scim_str_is(const scim_str_t *s, const char *text);

/* copies "s" into the arena, with a NUL behind it that "len" does not count;
 * dst->data is NULL when memory is short (SCIM_ERROR) */
int scim_str_dup(scim_arena_t *arena, scim_str_t *dst, const scim_str_t *s);

void scim_buf_init(scim_buf_t *b, scim_arena_t *arena, size_t size);
void scim_buf_add(scim_buf_t *b, const void *data, size_t len);
void scim_buf_str(scim_buf_t *b, const scim_str_t *s);
void scim_buf_char(scim_buf_t *b, unsigned char c);
void scim_buf_int(scim_buf_t *b, int64_t n);

/* a C string literal */
#define scim_buf_lit(b, text)  scim_buf_add(b, text, sizeof(text) - 1)


#endif /* SCIM_STR_H_INCLUDED */
