
/*
 * JSON text from a tree.  Everybody who answers a request or hands a document
 * to PostgreSQL writes it here.  The recursion is as deep as the tree, and the
 * parser has bounded that.
 */


#include "scim_json.h"


static const unsigned char *scim_json_plain(const unsigned char *p,
    const unsigned char *end);
static void scim_json_escape(scim_buf_t *b, unsigned char c);


void
scim_json_write(scim_buf_t *b, const scim_json_t *json)
{
    const scim_json_t  *v;

    switch (json->type) {

    case SCIM_JSON_NULL:
        scim_buf_lit(b, "null");
        return;

    case SCIM_JSON_BOOLEAN:
        if (json->boolean) {
            scim_buf_lit(b, "true");

        } else {
            scim_buf_lit(b, "false");
        }

        return;

    case SCIM_JSON_NUMBER:
        scim_buf_str(b, &json->str);
        return;

    case SCIM_JSON_STRING:
        scim_json_write_string(b, &json->str);
        return;

    case SCIM_JSON_ARRAY:
        scim_buf_char(b, '[');

        for (v = json->first; v; v = v->next) {
            scim_json_write(b, v);

            if (v->next) {
                scim_buf_char(b, ',');
            }
        }

        scim_buf_char(b, ']');
        return;

    case SCIM_JSON_OBJECT:
        scim_buf_char(b, '{');

        for (v = json->first; v; v = v->next) {
            scim_json_write_string(b, &v->name);
            scim_buf_char(b, ':');
            scim_json_write(b, v);

            if (v->next) {
                scim_buf_char(b, ',');
            }
        }

        scim_buf_char(b, '}');
        return;
    }
}


void
scim_json_write_string(scim_buf_t *b, const scim_str_t *s)
{
    const unsigned char  *p, *run, *end;

    scim_buf_char(b, '"');

    if (s->len) {
        run = s->data;
        end = run + s->len;

        for ( ;; ) {
            p = scim_json_plain(run, end);
            scim_buf_add(b, run, (size_t) (p - run));

            if (p == end) {
                break;
            }

            scim_json_escape(b, *p);
            run = p + 1;
        }
    }

    scim_buf_char(b, '"');
}


/* the first byte at or after "p" that has to be escaped, or "end" */

static const unsigned char *
scim_json_plain(const unsigned char *p, const unsigned char *end)
{
    uint64_t  w, hit;

    /*
     * Eight bytes at a time.  The top bit of a byte of "hit" is set when that
     * byte is below 0x20, '"' or '\\'; a borrow can set it wrongly in a byte
     * above a true one, never without one.
     */

    while (end - p >= 8) {
        memcpy(&w, p, 8);

        hit = (w - 0x2020202020202020ULL)
              | ((w ^ 0x2222222222222222ULL) - 0x0101010101010101ULL)
              | ((w ^ 0x5c5c5c5c5c5c5c5cULL) - 0x0101010101010101ULL);

        if (hit & ~w & 0x8080808080808080ULL) {
            break;
        }

        p += 8;
    }

    while (p < end && *p >= 0x20 && *p != '"' && *p != '\\') {
        p++;
    }

    return p;
}


static void
scim_json_escape(scim_buf_t *b, unsigned char c)
{
    unsigned char  text[6];

    static const unsigned char  hex[] = "0123456789abcdef";

    text[0] = '\\';

    switch (c) {

    case '"':
    case '\\':
        text[1] = c;
        break;

    case '\b':
        text[1] = 'b';
        break;

    case '\f':
        text[1] = 'f';
        break;

    case '\n':
        text[1] = 'n';
        break;

    case '\r':
        text[1] = 'r';
        break;

    case '\t':
        text[1] = 't';
        break;

    default:
        text[1] = 'u';
        text[2] = '0';
        text[3] = '0';
        text[4] = hex[c >> 4];
        text[5] = hex[c & 0x0f];
        scim_buf_add(b, text, 6);
        return;
    }

    scim_buf_add(b, text, 2);
}
