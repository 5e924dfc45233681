
/*
 * The parser, for http/ bodies and stored documents.  yajl calls back for each
 * token; the limits are checked there, before memory of the arena is taken.
 * What yajl lets pass (bytes that are no UTF-8, duplicate names) is refused.
 */


#include <setjmp.h>
#include <stdlib.h>

#include <yajl/yajl_parse.h>

#include "scim_json.h"
#include "scim_utf8.h"


/* trusted text has no limits but this: trees are walked by recursion */
#define SCIM_JSON_DEPTH          1024

/* bytes of a number: no type of RFC 7643 needs as many */
#define SCIM_JSON_NUMBER_LENGTH  64


typedef struct scim_json_block_s  scim_json_block_t;
typedef struct scim_json_frame_s  scim_json_frame_t;

/* head of a block of yajl's memory */
struct scim_json_block_s {
    scim_json_block_t  *prev;
    scim_json_block_t  *next;
};

/* an open array or object; kept for the next one of the same depth */
struct scim_json_frame_s {
    scim_json_t        *node;
    uint32_t           *hashes;    /* of the names of an object's members */
    size_t              size;
    scim_json_frame_t  *up;
    scim_json_frame_t  *down;
};

struct scim_json_parser_s {
    scim_arena_t        *arena;
    scim_json_limits_t   limits;
    scim_json_t         *root;
    scim_json_frame_t   *bottom;
    scim_json_frame_t   *top;
    scim_str_t           name;     /* of the member whose value comes next */
    size_t               depth;
    size_t               nodes;
    size_t               offset;   /* bytes fed before this piece */
    scim_utf8_t          utf8;
    scim_error_t         err;
    yajl_handle          yajl;
    yajl_alloc_funcs     funcs;
    scim_json_block_t    blocks;   /* ring */
    jmp_buf              nomem;
    unsigned             mark;     /* bytes of a byte order mark seen */
    unsigned             trusted:1;
    unsigned             text:1;   /* more than white space seen */
    unsigned             failed:1;
};


static int scim_json_piece(scim_json_parser_t *p, const unsigned char *data,
    size_t len);
static int scim_json_end(scim_json_parser_t *p);
static int scim_json_mark(scim_json_parser_t *p, const unsigned char *data,
    size_t len);
static int scim_json_yajl(scim_json_parser_t *p, const unsigned char *data,
    size_t len);
static int scim_json_bad_text(scim_json_parser_t *p, size_t offset,
    const char *why);
static int scim_json_bad_syntax(scim_json_parser_t *p, size_t offset);

static int scim_json_on_null(void *ctx);
static int scim_json_on_boolean(void *ctx, int value);
static int scim_json_on_number(void *ctx, const char *data, size_t len);
static int scim_json_on_string(void *ctx, const unsigned char *data,
    size_t len);
static int scim_json_on_open_object(void *ctx);
static int scim_json_on_name(void *ctx, const unsigned char *data, size_t len);
static int scim_json_on_open_array(void *ctx);
static int scim_json_on_close(void *ctx);

static scim_json_t *scim_json_add(scim_json_parser_t *p, scim_json_e type);
static int scim_json_open(scim_json_parser_t *p, scim_json_e type);
static int scim_json_copy(scim_json_parser_t *p, scim_str_t *dst,
    const void *data, size_t len);
static int scim_json_unique(scim_json_parser_t *p, const scim_str_t *name);
static uint32_t scim_json_hash(scim_json_parser_t *p, const scim_str_t *name);

static void *scim_json_malloc(void *ctx, size_t size);
static void *scim_json_realloc(void *ctx, void *ptr, size_t size);
static void scim_json_free(void *ctx, void *ptr);
static void scim_json_link(scim_json_parser_t *p, scim_json_block_t *b);


static const yajl_callbacks  scim_json_callbacks = {
    scim_json_on_null,
    scim_json_on_boolean,
    NULL,
    NULL,
    scim_json_on_number,
    scim_json_on_string,
    scim_json_on_open_object,
    scim_json_on_name,
    scim_json_on_close,
    scim_json_on_open_array,
    scim_json_on_close
};


static const scim_json_limits_t  scim_json_trusted = {
    SCIM_JSON_DEPTH, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX
};


scim_json_parser_t *
scim_json_parser(scim_arena_t *arena, const scim_json_limits_t *limits)
{
    scim_json_parser_t  *p;

    p = scim_calloc(arena, sizeof(scim_json_parser_t));
    if (p == NULL) {
        return NULL;
    }

    p->arena = arena;
    p->limits = limits ? *limits : scim_json_trusted;
    p->trusted = (limits == NULL);

    p->blocks.prev = &p->blocks;
    p->blocks.next = &p->blocks;

    p->funcs.malloc = scim_json_malloc;
    p->funcs.realloc = scim_json_realloc;
    p->funcs.free = scim_json_free;
    p->funcs.ctx = p;

    if (setjmp(p->nomem)) {
        scim_json_parser_free(p);
        return NULL;
    }

    p->yajl = yajl_alloc(&scim_json_callbacks, &p->funcs, p);

    /* scim_utf8_json() is stricter, and sees what yajl has lost by then */
    (void) yajl_config(p->yajl, yajl_dont_validate_strings, 1);

    return p;
}


int
scim_json_feed(scim_json_parser_t *p, const unsigned char *data, size_t len,
    scim_error_t *err)
{
    if (p->failed || scim_json_piece(p, data, len) != SCIM_OK) {
        p->failed = 1;
        *err = p->err;
        return SCIM_ERROR;
    }

    return SCIM_OK;
}


int
scim_json_finish(scim_json_parser_t *p, scim_json_t **json, scim_error_t *err)
{
    if (p->failed || scim_json_end(p) != SCIM_OK) {
        p->failed = 1;
        *err = p->err;
        return SCIM_ERROR;
    }

    *json = p->root;

    return SCIM_OK;
}


void
scim_json_parser_free(scim_json_parser_t *p)
{
    scim_json_block_t  *b, *next;

    /* no yajl_free(): when memory was short, yajl is in no state to go on */

    for (b = p->blocks.next; b != &p->blocks; b = next) {
        next = b->next;
        free(b);
    }

    p->blocks.prev = &p->blocks;
    p->blocks.next = &p->blocks;
    p->yajl = NULL;
}


int
scim_json_parse(scim_arena_t *arena, const scim_json_limits_t *limits,
    const scim_str_t *text, scim_json_t **json, scim_error_t *err)
{
    int                  rc;
    scim_json_parser_t  *p;

    p = scim_json_parser(arena, limits);
    if (p == NULL) {
        return scim_error_nomem(err);
    }

    rc = scim_json_feed(p, text->data, text->len, err);

    if (rc == SCIM_OK) {
        rc = scim_json_finish(p, json, err);
    }

    scim_json_parser_free(p);

    return rc;
}


static int
scim_json_piece(scim_json_parser_t *p, const unsigned char *data, size_t len)
{
    size_t       i, n;
    const char  *why;

    if (scim_json_mark(p, data, len) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (p->mark) {
        return SCIM_OK;
    }

    for (i = 0; i < len && !p->text; i++) {
        p->text = !(data[i] == ' ' || data[i] == '\t' || data[i] == '\n'
                    || data[i] == '\r');
    }

    /* what yajl refuses before the bad byte is the first error */

    n = len;
    why = NULL;

    if (!p->trusted) {
        (void) scim_utf8_json(&p->utf8, data, len, &n, &why);
    }

    if (n && scim_json_yajl(p, data, n) != SCIM_OK) {
        return SCIM_ERROR;
    }

    p->offset += n;

    return why ? scim_json_bad_text(p, p->offset, why) : SCIM_OK;
}


static int
scim_json_end(scim_json_parser_t *p)
{
    const char  *why;

    if (p->mark) {
        return scim_json_bad_syntax(p, 0);
    }

    if (!p->text) {
        return scim_error(&p->err, 400, SCIM_INVALID_SYNTAX,
                          "the body is empty");
    }

    if (scim_utf8_json_end(&p->utf8, &why) != SCIM_OK) {
        return scim_json_bad_text(p, p->offset, why);
    }

    return scim_json_yajl(p, NULL, 0);
}


/*
 * A body that begins with a byte order mark, or with a part of one, is kept
 * from yajl: it is no JSON in any case, and the mark deserves its own words.
 */

static int
scim_json_mark(scim_json_parser_t *p, const unsigned char *data, size_t len)
{
    size_t  i;

    static const unsigned char  mark[] = { 0xef, 0xbb, 0xbf };

    for (i = 0; i < len && p->offset == p->mark; i++) {

        if (data[i] != mark[p->mark]) {
            break;
        }

        p->offset++;

        if (++p->mark == sizeof(mark)) {
            return scim_error(&p->err, 400, SCIM_INVALID_SYNTAX,
                              "the body begins with a byte order mark");
        }
    }

    if (p->mark && i < len) {
        return scim_json_bad_syntax(p, 0);
    }

    return SCIM_OK;
}


/* runs yajl over the next bytes, or to the end of the text (data NULL) */

static int
scim_json_yajl(scim_json_parser_t *p, const unsigned char *data, size_t len)
{
    yajl_status  rc;

    /* yajl does not check its allocations: scim_json_malloc() jumps here */

    if (setjmp(p->nomem)) {
        return scim_error_nomem(&p->err);
    }

    if (data) {
        rc = yajl_parse(p->yajl, data, len);

    } else {
        rc = yajl_complete_parse(p->yajl);
    }

    if (rc == yajl_status_ok) {
        return SCIM_OK;
    }

    if (rc == yajl_status_client_canceled) {
        return SCIM_ERROR;
    }

    return scim_json_bad_syntax(p, data ? p->offset
                                          + yajl_get_bytes_consumed(p->yajl)
                                        : p->offset);
}


static int
scim_json_bad_text(scim_json_parser_t *p, size_t offset, const char *why)
{
    scim_type_e  type;

    /* U+0000 is good JSON, but no string of ours may hold it */

    type = strcmp(why, "U+0000") == 0 ? SCIM_INVALID_VALUE
                                      : SCIM_INVALID_SYNTAX;

    return scim_error(&p->err, 400, type, "%s in the body at byte %z", why,
                      offset);
}


/* "near": yajl's offset lies somewhere in or behind the bad token */

static int
scim_json_bad_syntax(scim_json_parser_t *p, size_t offset)
{
    return scim_error(&p->err, 400, SCIM_INVALID_SYNTAX,
                      "the body is not valid JSON near byte %z", offset);
}


/* yajl's callbacks: 0 stops it, and p->err says why */

static int
scim_json_on_null(void *ctx)
{
    return scim_json_add(ctx, SCIM_JSON_NULL) != NULL;
}


static int
scim_json_on_boolean(void *ctx, int value)
{
    scim_json_t  *v;

    v = scim_json_add(ctx, SCIM_JSON_BOOLEAN);
    if (v == NULL) {
        return 0;
    }

    v->boolean = (value != 0);

    return 1;
}


static int
scim_json_on_number(void *ctx, const char *data, size_t len)
{
    scim_json_parser_t  *p = ctx;

    scim_json_t  *v;

    if (len > SCIM_JSON_NUMBER_LENGTH && !p->trusted) {
        (void) scim_error(&p->err, 400, SCIM_INVALID_VALUE,
                          "a number is longer than %d bytes",
                          SCIM_JSON_NUMBER_LENGTH);
        return 0;
    }

    v = scim_json_add(p, SCIM_JSON_NUMBER);

    return v && scim_json_copy(p, &v->str, data, len);
}


static int
scim_json_on_string(void *ctx, const unsigned char *data, size_t len)
{
    scim_json_parser_t  *p = ctx;

    scim_json_t  *v;

    v = scim_json_add(p, SCIM_JSON_STRING);

    return v && scim_json_copy(p, &v->str, data, len);
}


static int
scim_json_on_open_object(void *ctx)
{
    return scim_json_open(ctx, SCIM_JSON_OBJECT);
}


static int
scim_json_on_open_array(void *ctx)
{
    return scim_json_open(ctx, SCIM_JSON_ARRAY);
}


static int
scim_json_on_name(void *ctx, const unsigned char *data, size_t len)
{
    scim_json_parser_t  *p = ctx;

    if (p->top->node->n >= p->limits.keys) {
        (void) scim_error(&p->err, 400, SCIM_INVALID_SYNTAX,
                          "an object has more than %z members",
                          p->limits.keys);
        return 0;
    }

    if (!scim_json_copy(p, &p->name, data, len)) {
        return 0;
    }

    /* text of ours has passed here before */

    return p->trusted || scim_json_unique(p, &p->name);
}


static int
scim_json_on_close(void *ctx)
{
    scim_json_parser_t  *p = ctx;

    p->top = p->top->up;
    p->depth--;

    return 1;
}


static scim_json_t *
scim_json_add(scim_json_parser_t *p, scim_json_e type)
{
    scim_json_t  *v, *parent;

    if (p->nodes >= p->limits.nodes) {
        (void) scim_error(&p->err, 400, SCIM_INVALID_SYNTAX,
                          "the body has more than %z values",
                          p->limits.nodes);
        return NULL;
    }

    parent = p->top ? p->top->node : NULL;

    if (parent && parent->type == SCIM_JSON_ARRAY
        && parent->n >= p->limits.values)
    {
        (void) scim_error(&p->err, 400, SCIM_INVALID_VALUE,
                          "an array has more than %z values",
                          p->limits.values);
        return NULL;
    }

    v = scim_json_new(p->arena, type);
    if (v == NULL) {
        (void) scim_error_nomem(&p->err);
        return NULL;
    }

    p->nodes++;

    if (parent == NULL) {
        p->root = v;
        return v;
    }

    scim_json_append(parent,
                     parent->type == SCIM_JSON_OBJECT ? &p->name : NULL, v);

    return v;
}


static int
scim_json_open(scim_json_parser_t *p, scim_json_e type)
{
    scim_json_t        *v;
    scim_json_frame_t  *f;

    if (p->depth >= p->limits.depth) {
        (void) scim_error(&p->err, 400, SCIM_INVALID_SYNTAX,
                          "the body is nested deeper than %z levels",
                          p->limits.depth);
        return 0;
    }

    v = scim_json_add(p, type);
    if (v == NULL) {
        return 0;
    }

    f = p->top ? p->top->down : p->bottom;

    if (f == NULL) {
        f = scim_calloc(p->arena, sizeof(scim_json_frame_t));
        if (f == NULL) {
            (void) scim_error_nomem(&p->err);
            return 0;
        }

        f->up = p->top;

        if (p->top) {
            p->top->down = f;

        } else {
            p->bottom = f;
        }
    }

    f->node = v;
    p->top = f;
    p->depth++;

    return 1;
}


static int
scim_json_copy(scim_json_parser_t *p, scim_str_t *dst, const void *data,
    size_t len)
{
    scim_str_t  s;

    if (len > p->limits.string) {
        (void) scim_error(&p->err, 400, SCIM_INVALID_VALUE,
                          "a string is longer than %z bytes",
                          p->limits.string);
        return 0;
    }

    s.len = len;
    s.data = (unsigned char *) data;

    if (scim_str_dup(p->arena, dst, &s) != SCIM_OK) {
        (void) scim_error_nomem(&p->err);
        return 0;
    }

    return 1;
}


/* 1 when the object has no member of this name yet, and notes it */

static int
scim_json_unique(scim_json_parser_t *p, const scim_str_t *name)
{
    size_t              i, n, size;
    uint32_t            hash, *hashes;
    scim_json_frame_t  *f;

    f = p->top;
    n = f->node->n;
    hash = scim_json_hash(p, name);

    for (i = 0; i < n; i++) {

        if (f->hashes[i] != hash) {
            continue;
        }

        if (scim_json_get(f->node, name)) {
            (void) scim_error(&p->err, 400, SCIM_INVALID_SYNTAX,
                              "a name stands twice in an object");
            return 0;
        }

        break;
    }

    if (n == f->size) {
        size = f->size ? f->size * 2 : 16;

        hashes = scim_alloc(p->arena, size * sizeof(uint32_t));
        if (hashes == NULL) {
            (void) scim_error_nomem(&p->err);
            return 0;
        }

        if (n) {
            memcpy(hashes, f->hashes, n * sizeof(uint32_t));
        }

        f->hashes = hashes;
        f->size = size;
    }

    f->hashes[n] = hash;

    return 1;
}


/* FNV-1a, case ignored, from a start that a client cannot know */

static uint32_t
scim_json_hash(scim_json_parser_t *p, const scim_str_t *name)
{
    size_t         i;
    uint32_t       hash;
    unsigned char  c;

    hash = 2166136261U ^ (uint32_t) ((uintptr_t) p >> 4);

    for (i = 0; i < name->len; i++) {
        c = name->data[i];
        c = (unsigned char) (c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        hash = (hash ^ c) * 16777619U;
    }

    return hash;
}


/* yajl's memory: kept in a ring, so that none is lost when yajl is left */

static void *
scim_json_malloc(void *ctx, size_t size)
{
    scim_json_parser_t  *p = ctx;

    scim_json_block_t  *b;

    b = NULL;

    if (size <= SIZE_MAX - sizeof(scim_json_block_t)) {
        b = malloc(sizeof(scim_json_block_t) + size);
    }

    if (b == NULL) {
        longjmp(p->nomem, 1);
    }

    scim_json_link(p, b);

    return b + 1;
}


static void *
scim_json_realloc(void *ctx, void *ptr, size_t size)
{
    scim_json_parser_t  *p = ctx;

    scim_json_block_t  *b, *old;

    if (ptr == NULL) {
        return scim_json_malloc(ctx, size);
    }

    old = (scim_json_block_t *) ptr - 1;

    old->prev->next = old->next;
    old->next->prev = old->prev;

    b = NULL;

    if (size <= SIZE_MAX - sizeof(scim_json_block_t)) {
        b = realloc(old, sizeof(scim_json_block_t) + size);
    }

    if (b == NULL) {
        scim_json_link(p, old);
        longjmp(p->nomem, 1);
    }

    scim_json_link(p, b);

    return b + 1;
}


static void
scim_json_free(void *ctx, void *ptr)
{
    scim_json_block_t  *b;

    if (ptr == NULL) {
        return;
    }

    b = (scim_json_block_t *) ptr - 1;

    b->prev->next = b->next;
    b->next->prev = b->prev;

    free(b);
}


static void
scim_json_link(scim_json_parser_t *p, scim_json_block_t *b)
{
    b->prev = &p->blocks;
    b->next = p->blocks.next;
    b->next->prev = b;
    p->blocks.next = b;
}
