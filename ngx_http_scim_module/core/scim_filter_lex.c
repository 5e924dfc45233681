
/*
 * From the bytes of a filter to tokens, and from tokens to literals.  Called
 * by scim_filter.c, which has checked that the text is UTF-8 without U+0000.
 *
 * A quote ends a word, so the space before a quoted literal may be missing.
 * true, false and null are taken in any case.
 */


#include "scim_filter_lex.h"


/* a number beyond these is refused before it meets SQL's own limits */
#define SCIM_LITERAL_NUMBER    64
#define SCIM_LITERAL_EXPONENT  2


static int scim_lexer_space(unsigned char c);
static void scim_lexer_string(scim_lexer_t *lex);
static void scim_lexer_word(scim_lexer_t *lex);
static int scim_lexer_unquote(scim_arena_t *arena, const scim_token_t *token,
    scim_json_t **value, scim_error_t *err);
static int scim_lexer_is_number(const scim_str_t *s);
static size_t scim_lexer_digits(const scim_str_t *s, size_t i);


void
scim_lexer_init(scim_lexer_t *lex, const scim_str_t *text)
{
    lex->text = *text;
    lex->pos = 0;

    scim_lexer_next(lex);
}


void
scim_lexer_next(scim_lexer_t *lex)
{
    scim_token_t  *token;

    while (lex->pos < lex->text.len
           && scim_lexer_space(lex->text.data[lex->pos]))
    {
        lex->pos++;
    }

    token = &lex->token;

    token->pos = lex->pos;
    token->text.data = lex->text.data + lex->pos;
    token->text.len = 1;
    token->escaped = 0;

    if (lex->pos == lex->text.len) {
        token->type = SCIM_TOKEN_END;
        token->text.len = 0;
        return;
    }

    switch (lex->text.data[lex->pos++]) {

    case '(':
        token->type = SCIM_TOKEN_OPEN;
        break;

    case ')':
        token->type = SCIM_TOKEN_CLOSE;
        break;

    case '[':
        token->type = SCIM_TOKEN_LEFT;
        break;

    case ']':
        token->type = SCIM_TOKEN_RIGHT;
        break;

    case '"':
        scim_lexer_string(lex);
        break;

    default:
        scim_lexer_word(lex);
    }
}


int
scim_lexer_literal(scim_arena_t *arena, const scim_token_t *token,
    scim_json_t **value, scim_error_t *err)
{
    scim_json_e  type;

    if (token->type == SCIM_TOKEN_STRING) {
        return scim_lexer_unquote(arena, token, value, err);
    }

    if (token->type == SCIM_TOKEN_BROKEN) {
        return scim_error(err, 400, SCIM_INVALID_FILTER,
                          "the string at offset %z of the filter has no "
                          "closing quote", token->pos);
    }

    if (token->type != SCIM_TOKEN_WORD) {
        return scim_error(err, 400, SCIM_INVALID_FILTER,
                          "the filter needs a value at offset %z", token->pos);
    }

    if (scim_str_is(&token->text, "true")
        || scim_str_is(&token->text, "false"))
    {
        type = SCIM_JSON_BOOLEAN;

    } else if (scim_str_is(&token->text, "null")) {
        type = SCIM_JSON_NULL;

    } else if (scim_lexer_is_number(&token->text)) {
        type = SCIM_JSON_NUMBER;

    } else if (token->text.data[0] == '\'') {
        return scim_error(err, 400, SCIM_INVALID_FILTER,
                          "the string at offset %z of the filter stands in "
                          "single quotes, double quotes are needed",
                          token->pos);

    } else {
        return scim_error(err, 400, SCIM_INVALID_FILTER,
                          "the value at offset %z of the filter is not a JSON "
                          "string in double quotes, number, true, false or "
                          "null", token->pos);
    }

    *value = scim_json_new(arena, type);

    if (*value == NULL) {
        return scim_error_nomem(err);
    }

    if (type == SCIM_JSON_NUMBER) {
        (*value)->str = token->text;
    }

    (*value)->boolean = (type == SCIM_JSON_BOOLEAN && token->text.len == 4);

    return SCIM_OK;
}


static int
scim_lexer_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


static void
scim_lexer_string(scim_lexer_t *lex)
{
    unsigned char  c;

    lex->token.type = SCIM_TOKEN_BROKEN;

    while (lex->pos < lex->text.len) {
        c = lex->text.data[lex->pos++];

        if (c == '"') {
            lex->token.type = SCIM_TOKEN_STRING;
            break;
        }

        if (c == '\\') {
            lex->token.escaped = 1;

            if (lex->pos < lex->text.len) {
                lex->pos++;
            }
        }
    }

    lex->token.text.len = lex->pos - lex->token.pos;
}


static void
scim_lexer_word(scim_lexer_t *lex)
{
    unsigned char  c;

    lex->token.type = SCIM_TOKEN_WORD;

    while (lex->pos < lex->text.len) {
        c = lex->text.data[lex->pos];

        if (scim_lexer_space(c) || c == '(' || c == ')' || c == '['
            || c == ']' || c == '"')
        {
            break;
        }

        lex->pos++;
    }

    lex->token.text.len = lex->pos - lex->token.pos;
}


static int
scim_lexer_unquote(scim_arena_t *arena, const scim_token_t *token,
    scim_json_t **value, scim_error_t *err)
{
    size_t              i;
    scim_str_t          s;
    scim_json_limits_t  limits;

    if (token->escaped) {
        memset(&limits, 0, sizeof(scim_json_limits_t));

        limits.nodes = 1;
        limits.string = token->text.len;

        if (scim_json_parse(arena, &limits, &token->text, value, err)
            == SCIM_OK)
        {
            return SCIM_OK;
        }

        if (err->status != 400) {
            return SCIM_ERROR;
        }

        goto invalid;
    }

    s.data = token->text.data + 1;
    s.len = token->text.len - 2;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < ' ') {
            goto invalid;
        }
    }

    *value = scim_json_new_string(arena, &s);

    return *value ? SCIM_OK : scim_error_nomem(err);

invalid:

    return scim_error(err, 400, SCIM_INVALID_FILTER,
                      "the string at offset %z of the filter is not a valid "
                      "JSON string", token->pos);
}


static int
scim_lexer_is_number(const scim_str_t *s)
{
    size_t  i, n;

    if (s->len > SCIM_LITERAL_NUMBER) {
        return 0;
    }

    i = (s->data[0] == '-');
    n = scim_lexer_digits(s, i);

    if (n == 0 || (n > 1 && s->data[i] == '0')) {
        return 0;
    }

    i += n;

    if (i < s->len && s->data[i] == '.') {
        n = scim_lexer_digits(s, ++i);

        if (n == 0) {
            return 0;
        }

        i += n;
    }

    if (i < s->len && (s->data[i] | 0x20) == 'e') {
        i++;

        if (i < s->len && (s->data[i] == '+' || s->data[i] == '-')) {
            i++;
        }

        n = scim_lexer_digits(s, i);

        if (n == 0 || n > SCIM_LITERAL_EXPONENT) {
            return 0;
        }

        i += n;
    }

    return i == s->len;
}


static size_t
scim_lexer_digits(const scim_str_t *s, size_t i)
{
    size_t  n;

    for (n = 0; i + n < s->len; n++) {
        if (s->data[i + n] < '0' || s->data[i + n] > '9') {
            break;
        }
    }

    return n;
}
