
/*
 * Folding with utf8proc.  Used for the keys that uniqueness and look-ups of
 * caseExact=false attributes stand on, so that it has to be deterministic:
 * equal strings, however they were composed, give the same bytes.
 */


#include <utf8proc.h>

#include "scim_fold.h"


static int scim_fold_ascii(scim_arena_t *arena, const scim_str_t *s,
    scim_str_t *key);
static int scim_fold_pass(scim_arena_t *arena, const scim_str_t *s,
    int options, scim_str_t *out);


int
scim_fold(scim_arena_t *arena, const scim_str_t *s, scim_str_t *key)
{
    int         rc;
    scim_str_t  nfd;

    rc = scim_fold_ascii(arena, s, key);

    if (rc != SCIM_DECLINED) {
        return rc;
    }

    /*
     * Decomposed and in canonical order first: U+0345 folds to a letter, and
     * a mark behind it would end up on that letter (Unicode 3.13, D145).
     */

    if (scim_fold_pass(arena, s, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &nfd)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_fold_pass(arena, &nfd,
                          UTF8PROC_STABLE | UTF8PROC_COMPOSE
                          | UTF8PROC_CASEFOLD,
                          key);
}


static int
scim_fold_ascii(scim_arena_t *arena, const scim_str_t *s, scim_str_t *key)
{
    size_t         i;
    unsigned char  c, any, *p;

    any = 0;

    for (i = 0; i < s->len; i++) {
        any |= s->data[i];
    }

    if (any & 0x80) {
        return SCIM_DECLINED;
    }

    p = scim_alloc_bytes(arena, s->len);
    if (p == NULL) {
        return SCIM_ERROR;
    }

    for (i = 0; i < s->len; i++) {
        c = s->data[i];
        p[i] = (unsigned char) (c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }

    key->len = s->len;
    key->data = p;

    return SCIM_OK;
}


/* utf8proc_map() in memory of the arena */

static int
scim_fold_pass(scim_arena_t *arena, const scim_str_t *s, int options,
    scim_str_t *out)
{
    utf8proc_int32_t  *codes;
    utf8proc_ssize_t   n, len;

    if (s->len > SIZE_MAX / 2) {
        return SCIM_ERROR;
    }

    len = (utf8proc_ssize_t) s->len;

    n = utf8proc_decompose(s->data, len, NULL, 0, (utf8proc_option_t) options);
    if (n < 0) {
        return SCIM_ERROR;
    }

    /* the text is encoded in the place of its codes, and gets a NUL behind */

    codes = scim_alloc(arena, (size_t) n * sizeof(utf8proc_int32_t) + 1);
    if (codes == NULL) {
        return SCIM_ERROR;
    }

    n = utf8proc_decompose(s->data, len, codes, n,
                           (utf8proc_option_t) options);
    if (n < 0) {
        return SCIM_ERROR;
    }

    n = utf8proc_reencode(codes, n, (utf8proc_option_t) options);
    if (n < 0) {
        return SCIM_ERROR;
    }

    out->len = (size_t) n;
    out->data = (unsigned char *) codes;

    return SCIM_OK;
}
