
/*
 * The strict check of raw bytes.  yajl accepts overlong forms, surrogates and
 * code points beyond U+10FFFF and makes "?" of a lone \ud83d; PostgreSQL
 * refuses them all, and U+0000 ends its text parameters early.
 */


#include "scim_utf8.h"


#define SCIM_UTF8_OUTSIDE    0
#define SCIM_UTF8_STRING     1
#define SCIM_UTF8_BACKSLASH  2
#define SCIM_UTF8_HEX        3


static const char  scim_utf8_invalid[] = "invalid UTF-8";
static const char  scim_utf8_unpaired[] = "unpaired surrogate";
static const char  scim_utf8_zero[] = "U+0000";
static const char  scim_utf8_control[] = "control character";
static const char  scim_utf8_open[] = "unterminated string";


static int scim_utf8_lead(scim_utf8_t *u, unsigned char c);
static const char *scim_utf8_ascii(scim_utf8_t *u, unsigned char c);
static const char *scim_utf8_hex(scim_utf8_t *u, unsigned char c);


int
scim_utf8_json(scim_utf8_t *u, const unsigned char *p, size_t len,
    size_t *pos, const char **why)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < len; i++) {
        c = p[i];

        if (u->need) {
            if (c < u->lower || c > u->upper) {
                *why = scim_utf8_invalid;
                goto failed;
            }

            u->need--;
            u->lower = 0x80;
            u->upper = 0xbf;
            continue;
        }

        if (c < 0x80) {

            if (c >= 0x20 && c != '"' && c != '\\'
                && u->state <= SCIM_UTF8_STRING && u->high == 0)
            {
                continue;
            }

            *why = scim_utf8_ascii(u, c);
            if (*why) {
                goto failed;
            }

            continue;
        }

        if (u->high) {
            *why = scim_utf8_unpaired;
            goto failed;
        }

        if (scim_utf8_lead(u, c) != SCIM_OK) {
            *why = scim_utf8_invalid;
            goto failed;
        }
    }

    return SCIM_OK;

failed:

    *pos = i;

    return SCIM_ERROR;
}


int
scim_utf8_json_end(scim_utf8_t *u, const char **why)
{
    if (u->need) {
        *why = scim_utf8_invalid;
        return SCIM_ERROR;
    }

    if (u->high) {
        *why = scim_utf8_unpaired;
        return SCIM_ERROR;
    }

    /* yajl overlooks one that begins behind the value: {}" */

    if (u->state != SCIM_UTF8_OUTSIDE) {
        *why = scim_utf8_open;
        return SCIM_ERROR;
    }

    return SCIM_OK;
}


int
scim_utf8_valid(const scim_str_t *s)
{
    size_t         i;
    scim_utf8_t    u;
    unsigned char  c;

    memset(&u, 0, sizeof(scim_utf8_t));

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (u.need) {
            if (c < u.lower || c > u.upper) {
                return 0;
            }

            u.need--;
            u.lower = 0x80;
            u.upper = 0xbf;

        } else if (c == 0
                   || (c >= 0x80 && scim_utf8_lead(&u, c) != SCIM_OK))
        {
            return 0;
        }
    }

    return u.need == 0;
}


/*
 * Unicode 15, table 3-7.  The first continuation byte has bounds of its own:
 * they leave out overlong forms (E0, F0), surrogates (ED) and what lies beyond
 * U+10FFFF (F4).
 */

static int
scim_utf8_lead(scim_utf8_t *u, unsigned char c)
{
    u->lower = 0x80;
    u->upper = 0xbf;

    if (c < 0xc2 || c > 0xf4) {
        return SCIM_ERROR;
    }

    if (c < 0xe0) {
        u->need = 1;
        return SCIM_OK;
    }

    if (c < 0xf0) {
        u->need = 2;

        if (c == 0xe0) {
            u->lower = 0xa0;

        } else if (c == 0xed) {
            u->upper = 0x9f;
        }

        return SCIM_OK;
    }

    u->need = 3;

    if (c == 0xf0) {
        u->lower = 0x90;

    } else if (c == 0xf4) {
        u->upper = 0x8f;
    }

    return SCIM_OK;
}


/* the next ASCII character of a JSON text; what is wrong with it, or NULL */

static const char *
scim_utf8_ascii(scim_utf8_t *u, unsigned char c)
{
    if (c == 0) {
        return scim_utf8_zero;
    }

    switch (u->state) {

    case SCIM_UTF8_OUTSIDE:
        if (c == '"') {
            u->state = SCIM_UTF8_STRING;
            return NULL;
        }

        /* form feed and vertical tab are white space to yajl */

        return c < 0x20 && c != '\t' && c != '\n' && c != '\r'
               ? scim_utf8_control : NULL;

    case SCIM_UTF8_STRING:
        if (c == '\\') {
            u->state = SCIM_UTF8_BACKSLASH;
            return NULL;
        }

        if (u->high) {
            return scim_utf8_unpaired;
        }

        if (c == '"') {
            u->state = SCIM_UTF8_OUTSIDE;
        }

        return NULL;

    case SCIM_UTF8_BACKSLASH:
        if (c == 'u') {
            u->state = SCIM_UTF8_HEX;
            u->code = 0;
            u->digits = 0;
            return NULL;
        }

        u->state = SCIM_UTF8_STRING;

        return u->high ? scim_utf8_unpaired : NULL;

    default: /* SCIM_UTF8_HEX */
        return scim_utf8_hex(u, c);
    }
}


static const char *
scim_utf8_hex(scim_utf8_t *u, unsigned char c)
{
    unsigned  digit;

    if (c >= '0' && c <= '9') {
        digit = c - '0';

    } else if (c >= 'a' && c <= 'f') {
        digit = c - 'a' + 10;

    } else if (c >= 'A' && c <= 'F') {
        digit = c - 'A' + 10;

    } else {
        /* no JSON, and yajl says so: what follows does not matter */
        u->state = SCIM_UTF8_STRING;
        return u->high ? scim_utf8_unpaired : NULL;
    }

    u->code = u->code << 4 | digit;

    if (++u->digits < 4) {
        return NULL;
    }

    u->state = SCIM_UTF8_STRING;

    if (u->code == 0) {
        return scim_utf8_zero;
    }

    if (u->high) {
        u->high = 0;
        return u->code >= 0xdc00 && u->code <= 0xdfff ? NULL
                                                      : scim_utf8_unpaired;
    }

    if (u->code >= 0xd800 && u->code <= 0xdbff) {
        u->high = u->code;
        return NULL;
    }

    return u->code >= 0xdc00 && u->code <= 0xdfff ? scim_utf8_unpaired : NULL;
}
