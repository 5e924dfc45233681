
/*
 * Pieces of a statement's text: quoted names, parameters, literals.  Called by
 * the files that put searches together (ngx_scim_store_sql.h).
 *
 * What a client sent is a parameter, always; in the text stand names from the
 * registry, and these are quoted all the same.
 */


#include "ngx_scim_store_sql.h"


void
ngx_scim_store_quote(ngx_scim_store_sql_t *s, const scim_str_t *text)
{
    size_t  i;

    scim_buf_char(&s->b, '\'');

    for (i = 0; i < text->len; i++) {
        if (text->data[i] == '\'') {
            scim_buf_char(&s->b, '\'');
        }

        scim_buf_char(&s->b, text->data[i]);
    }

    scim_buf_char(&s->b, '\'');
}


void
ngx_scim_store_quote_member(ngx_scim_store_sql_t *s, const scim_str_t *name)
{
    size_t         i;
    unsigned char  c;

    ngx_scim_store_put(s, ".\"");

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (c == '"' || c == '\\') {
            scim_buf_char(&s->b, '\\');

        } else if (c == '\'') {
            scim_buf_char(&s->b, '\'');
        }

        scim_buf_char(&s->b, c);
    }

    scim_buf_char(&s->b, '"');
}


void
ngx_scim_store_value(ngx_scim_store_sql_t *s,
    const ngx_scim_store_value_t *value)
{
    if (s->n == NGX_SCIM_STORE_VALUES) {
        s->b.failed = 1;
        return;
    }

    s->values[s->n++] = *value;

    scim_buf_char(&s->b, '$');
    scim_buf_int(&s->b, (int64_t) s->n);
}


void
ngx_scim_store_value_int8(ngx_scim_store_sql_t *s, int64_t number)
{
    ngx_scim_store_value_t  value;

    memset(&value, 0, sizeof(ngx_scim_store_value_t));
    value.type = NGX_SCIM_STORE_VALUE_INT8;
    value.number = number;

    ngx_scim_store_value(s, &value);
    ngx_scim_store_put(s, "::bigint");
}


void
ngx_scim_store_value_text(ngx_scim_store_sql_t *s, const scim_str_t *text)
{
    ngx_scim_store_value_t  value;

    memset(&value, 0, sizeof(ngx_scim_store_value_t));
    value.type = NGX_SCIM_STORE_VALUE_TEXT;
    value.text = *text;

    ngx_scim_store_value(s, &value);
    ngx_scim_store_put(s, "::text");
}


void
ngx_scim_store_value_texts(ngx_scim_store_sql_t *s, scim_str_t *list,
    size_t n)
{
    ngx_scim_store_value_t  value;

    memset(&value, 0, sizeof(ngx_scim_store_value_t));
    value.type = NGX_SCIM_STORE_VALUE_TEXTS;
    value.list = list;
    value.n = n;

    ngx_scim_store_value(s, &value);
    ngx_scim_store_put(s, "::text[]");
}


/* there is room: ngx_scim_store_condition() counts the comparisons */

void
ngx_scim_store_literal(ngx_scim_store_sql_t *s, const scim_str_t *text)
{
    if (s->nliterals == NGX_SCIM_STORE_COMPARES) {
        s->b.failed = 1;
        return;
    }

    s->literals[s->nliterals++] = *text;

    ngx_scim_store_put(s, "($3::text[])[");
    scim_buf_int(&s->b, (int64_t) s->nliterals);
    ngx_scim_store_put(s, "]");
}


void
ngx_scim_store_base(ngx_scim_store_sql_t *s)
{
    if (s->base == 0) {
        s->base = s->n + 1;
        ngx_scim_store_value_text(s, &s->location);
        return;
    }

    scim_buf_char(&s->b, '$');
    scim_buf_int(&s->b, (int64_t) s->base);
    ngx_scim_store_put(s, "::text");
}


int
ngx_scim_store_canonical(scim_arena_t *arena, const scim_str_t *text,
    int folded, scim_str_t *id)
{
    size_t         i;
    unsigned char  c, *p;

    if (text->len != sizeof("00000000-0000-0000-0000-000000000000") - 1) {
        return SCIM_DECLINED;
    }

    p = scim_alloc_bytes(arena, text->len);
    if (p == NULL) {
        return SCIM_ERROR;
    }

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (folded && c >= 'A' && c <= 'F') {
            c |= 0x20;
        }

        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-') {
                return SCIM_DECLINED;
            }

        } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return SCIM_DECLINED;
        }

        p[i] = c;
    }

    id->len = text->len;
    id->data = p;

    return SCIM_OK;
}


/* one of the attributes that all resources have */

int
ngx_scim_store_common(const scim_path_t *path, const char *name)
{
    return path->schema == scim_schema_common()
           && scim_str_is(&path->attr->name, name);
}
