
/*
 * Filling and writing of errors.  The format knows few conversions, so that a
 * detail stays short, valid UTF-8 and free of what a client sent.
 */


#include <stdarg.h>
#include <stdio.h>

#include "scim_json.h"


#define SCIM_ERROR_NAME  128


/* an error while its detail is written */
typedef struct {
    scim_error_t  *err;
    size_t         len;              /* of err->attr */
    unsigned       attr:1;           /* between %[ and %] */
    unsigned       failed:1;         /* no attribute's name, or too long */
} scim_error_draft_t;


static void scim_error_format(scim_error_draft_t *draft, const char *fmt,
    va_list args);
static void scim_error_add(scim_error_draft_t *draft, const char *text,
    size_t len);
static void scim_error_add_name(scim_error_draft_t *draft,
    const scim_str_t *s);
static void scim_error_add_attr(scim_error_draft_t *draft, const char *text,
    size_t len);


static const char *const  scim_error_types[] = {
    NULL,
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "sensitive",
    "invalidCursor",
    "expiredCursor",
    "invalidCount"
};


int
scim_error(scim_error_t *err, int status, scim_type_e type,
    const char *fmt, ...)
{
    va_list             args;
    scim_error_draft_t  draft;

    memset(&draft, 0, sizeof(scim_error_draft_t));
    draft.err = err;

    err->status = status;
    err->type = type;
    err->retry_after = 0;
    err->len = 0;

    va_start(args, fmt);
    scim_error_format(&draft, fmt, args);
    va_end(args);

    err->attr[draft.failed ? 0 : draft.len] = '\0';

    /* what was cut may have been cut inside a character */

    if (err->len == SCIM_ERROR_DETAIL - 1) {
        while (err->len && (unsigned char) err->detail[err->len - 1] >= 0x80) {
            err->len--;
        }
    }

    err->detail[err->len] = '\0';

    return SCIM_ERROR;
}


int
scim_error_nomem(scim_error_t *err)
{
    (void) scim_error(err, 503, SCIM_TYPE_NONE,
                      "the server is short of memory, try again");
    err->retry_after = 1;

    return SCIM_ERROR;
}


const char *
scim_error_type_name(scim_type_e type)
{
    size_t  n;

    n = sizeof(scim_error_types) / sizeof(scim_error_types[0]);

    return (size_t) type < n ? scim_error_types[type] : NULL;
}


void
scim_error_write(scim_buf_t *b, const scim_error_t *err)
{
    scim_str_t   detail;
    const char  *name;

    scim_buf_lit(b, "{\"schemas\":"
                    "[\"urn:ietf:params:scim:api:messages:2.0:Error\"],"
                    "\"status\":\"");
    scim_buf_int(b, err->status);
    scim_buf_char(b, '"');

    name = scim_error_type_name(err->type);

    if (name) {
        scim_buf_lit(b, ",\"scimType\":\"");
        scim_buf_add(b, name, strlen(name));
        scim_buf_char(b, '"');
    }

    if (err->len) {
        detail.len = err->len;
        detail.data = (unsigned char *) err->detail;

        scim_buf_lit(b, ",\"detail\":");
        scim_json_write_string(b, &detail);
    }

    scim_buf_char(b, '}');
}


static void
scim_error_format(scim_error_draft_t *draft, const char *fmt, va_list args)
{
    char         number[24];
    const char  *s;

    while (*fmt) {
        s = strchr(fmt, '%');

        if (s == NULL || s[1] == '\0') {
            scim_error_add(draft, fmt, strlen(fmt));
            return;
        }

        scim_error_add(draft, fmt, (size_t) (s - fmt));
        fmt = s + 2;

        switch (s[1]) {

        case 's':
            s = va_arg(args, const char *);
            scim_error_add(draft, s, strlen(s));
            break;

        case 'S':
            scim_error_add_name(draft, va_arg(args, const scim_str_t *));
            break;

        case '[':
            draft->attr = 1;
            break;

        case ']':
            draft->attr = 0;
            break;

        case 'd':
            (void) snprintf(number, sizeof(number), "%d", va_arg(args, int));
            scim_error_add(draft, number, strlen(number));
            break;

        case 'z':
            (void) snprintf(number, sizeof(number), "%zu",
                            va_arg(args, size_t));
            scim_error_add(draft, number, strlen(number));
            break;

        default:
            scim_error_add(draft, s, 2);
        }
    }
}


static void
scim_error_add(scim_error_draft_t *draft, const char *text, size_t len)
{
    size_t         room;
    scim_error_t  *err;

    if (draft->attr) {
        scim_error_add_attr(draft, text, len);
    }

    err = draft->err;
    room = SCIM_ERROR_DETAIL - 1 - err->len;

    if (len > room) {
        len = room;
    }

    memcpy(err->detail + err->len, text, len);
    err->len += len;
}


static void
scim_error_add_name(scim_error_draft_t *draft, const scim_str_t *s)
{
    size_t         i;
    unsigned       attr;
    unsigned char  c;

    attr = draft->attr;

    if (attr) {
        scim_error_add_attr(draft, (const char *) s->data, s->len);
        draft->attr = 0;
    }

    for (i = 0; i < s->len && i < SCIM_ERROR_NAME; i++) {
        c = s->data[i];

        if (c < 0x20 || c > 0x7e) {
            c = '?';
        }

        scim_error_add(draft, (char *) &c, 1);
    }

    draft->attr = attr;
}


/* the whole name or none: half of it would be that of another attribute */

static void
scim_error_add_attr(scim_error_draft_t *draft, const char *text, size_t len)
{
    size_t  i;

    if (len > SCIM_ERROR_ATTR - 1 - draft->len) {
        draft->failed = 1;
        return;
    }

    for (i = 0; i < len; i++) {

        if (text[i] <= ' ' || text[i] > '~') {
            draft->failed = 1;
            return;
        }

        draft->err->attr[draft->len++] = text[i];
    }
}
