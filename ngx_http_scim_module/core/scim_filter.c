
/*
 * Parser of filters, by recursive descent over the tokens of
 * scim_filter_lex.c.  Called by scim_query_param.c for lists and by
 * scim_patch.c for value paths.
 *
 * Shape of the tree:
 *
 *   - Chains lean to the right: a and b and c is AND(a, AND(b, c)).  Who
 *     walks the tree recurses into "left" and loops over "right"; then the
 *     recursion is bounded by the depth that the parser counted.
 *   - emails[type eq "work"] is VALUE on emails, its left the filter in
 *     brackets, where path.attr is emails and path.sub is type.
 *   - emails[type eq "work"].value eq "x" is VALUE as well, its left AND of
 *     the filter in brackets and the comparison: one element satisfies both.
 *   - A complex attribute in a comparison stands for its "value": path.sub is
 *     filled in.  In "pr" it stands for itself.
 *   - A literal has the type of its attribute or is null, which only eq and
 *     ne take; the strings "true" and "false", in any case, are booleans for
 *     a boolean attribute, as Entra ID sends them; a date without a zone gets
 *     a "Z".
 *   - What only other types know is checked as theirs and then ABSENT, a
 *     value path as a whole ("was" is VALUE).  "ne null" asks whether there
 *     is a value: its "was" is PR, so that each NE is true.
 *   - A simple attribute of many values has no sub-attributes; in brackets,
 *     which PATCH alone knows for it, its elements are called "value", where
 *     path.attr is the attribute and path.sub is NULL.
 */


#include "scim_filter_check.h"
#include "scim_filter_lex.h"
#include "scim_utf8.h"


typedef struct {
    scim_arena_t                *arena;
    const scim_resource_type_t  *rtype;
    const scim_resource_type_t  *others;
    size_t                       nothers;
    scim_lexer_t                 lex;
    size_t                       depth;     /* levels that are left */
    size_t                       limit;
    const scim_path_t           *parent;    /* within brackets */
    scim_error_t                *err;
} scim_filter_parser_t;


static int scim_filter_run(scim_filter_parser_t *p, const scim_str_t *text,
    size_t depth, size_t length, scim_filter_t **filter);
static int scim_filter_chain(scim_filter_parser_t *p, scim_filter_e op,
    scim_filter_t **filter);
static int scim_filter_term(scim_filter_parser_t *p, scim_filter_t **filter);
static int scim_filter_group(scim_filter_parser_t *p, scim_filter_t **filter);
static int scim_filter_not(scim_filter_parser_t *p, scim_filter_t **filter);
static int scim_filter_value_path(scim_filter_parser_t *p,
    const scim_token_t *name, scim_filter_t **filter);
static int scim_filter_value_sub(scim_filter_parser_t *p, size_t end,
    scim_filter_t *node);
static int scim_filter_compare(scim_filter_parser_t *p,
    const scim_token_t *name, scim_filter_t **filter);
static int scim_filter_resolve(scim_filter_parser_t *p,
    const scim_token_t *name, scim_path_t *path, int *foreign);
static int scim_filter_resolve_sub(scim_filter_parser_t *p,
    const scim_token_t *name, scim_path_t *path);
static int scim_filter_resolve_attr(scim_filter_parser_t *p,
    const scim_token_t *name, scim_path_t *path, int *foreign);
static int scim_filter_stand_for_value(scim_filter_parser_t *p,
    scim_path_t *path);
static void scim_filter_absent(scim_filter_t *node);
static scim_filter_t *scim_filter_new(scim_filter_parser_t *p,
    scim_filter_e op);
static int scim_filter_is(scim_filter_parser_t *p, const char *word);
static int scim_filter_enter(scim_filter_parser_t *p);
static int scim_filter_needs(scim_filter_parser_t *p, const char *what);


int
scim_filter_parse(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_resource_type_t *others, size_t nothers, const scim_str_t *text,
    size_t depth, size_t length, scim_filter_t **filter, scim_error_t *err)
{
    scim_filter_parser_t  p;

    p.arena = arena;
    p.rtype = rtype;
    p.others = others;
    p.nothers = nothers;
    p.parent = NULL;
    p.err = err;

    return scim_filter_run(&p, text, depth, length, filter);
}


int
scim_filter_parse_value(scim_arena_t *arena, const scim_schema_t *schema,
    const scim_attr_t *attr, const scim_str_t *text, size_t depth,
    size_t length, scim_filter_t **filter, scim_error_t *err)
{
    scim_path_t           parent;
    scim_filter_parser_t  p;

    memset(&parent, 0, sizeof(scim_path_t));

    parent.text = attr->name;
    parent.schema = schema;
    parent.attr = attr;

    p.arena = arena;
    p.rtype = NULL;
    p.others = NULL;
    p.nothers = 0;
    p.parent = &parent;
    p.err = err;

    return scim_filter_run(&p, text, depth, length, filter);
}


static int
scim_filter_run(scim_filter_parser_t *p, const scim_str_t *text, size_t depth,
    size_t length, scim_filter_t **filter)
{
    scim_filter_t  *root;

    if (text->len == 0) {
        return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                          "the filter is empty");
    }

    if (text->len > length) {
        return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                          "the filter is longer than %z bytes", length);
    }

    if (!scim_utf8_valid(text)) {
        return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                          "the filter is not UTF-8 or holds U+0000");
    }

    p->depth = depth;
    p->limit = depth;

    scim_lexer_init(&p->lex, text);

    if (p->lex.token.type == SCIM_TOKEN_END) {
        return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                          "the filter is empty");
    }

    if (scim_filter_chain(p, SCIM_FILTER_OR, &root) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (p->lex.token.type != SCIM_TOKEN_END) {
        return scim_filter_needs(p, "\"and\", \"or\" or its end");
    }

    *filter = root;

    return SCIM_OK;
}


/* terms joined by "or", each a chain of terms joined by "and" */

static int
scim_filter_chain(scim_filter_parser_t *p, scim_filter_e op,
    scim_filter_t **filter)
{
    int             rc;
    scim_filter_t  *node;

    for ( ;; ) {
        if (op == SCIM_FILTER_OR) {
            rc = scim_filter_chain(p, SCIM_FILTER_AND, filter);

        } else {
            rc = scim_filter_term(p, filter);
        }

        if (rc != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (!scim_filter_is(p, op == SCIM_FILTER_OR ? "or" : "and")) {
            return SCIM_OK;
        }

        scim_lexer_next(&p->lex);

        node = scim_filter_new(p, op);
        if (node == NULL) {
            return SCIM_ERROR;
        }

        node->left = *filter;
        *filter = node;
        filter = &node->right;
    }
}


static int
scim_filter_term(scim_filter_parser_t *p, scim_filter_t **filter)
{
    scim_token_t  name;

    if (p->lex.token.type == SCIM_TOKEN_OPEN) {
        return scim_filter_group(p, filter);
    }

    if (p->lex.token.type != SCIM_TOKEN_WORD) {
        return scim_filter_needs(p, "an attribute name");
    }

    if (scim_filter_is(p, "not")) {
        return scim_filter_not(p, filter);
    }

    name = p->lex.token;

    scim_lexer_next(&p->lex);

    if (p->lex.token.type == SCIM_TOKEN_LEFT) {
        return scim_filter_value_path(p, &name, filter);
    }

    return scim_filter_compare(p, &name, filter);
}


static int
scim_filter_group(scim_filter_parser_t *p, scim_filter_t **filter)
{
    if (scim_filter_enter(p) != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_lexer_next(&p->lex);

    if (scim_filter_chain(p, SCIM_FILTER_OR, filter) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (p->lex.token.type != SCIM_TOKEN_CLOSE) {
        return scim_filter_needs(p, "\"and\", \"or\" or \")\"");
    }

    scim_lexer_next(&p->lex);

    p->depth++;

    return SCIM_OK;
}


static int
scim_filter_not(scim_filter_parser_t *p, scim_filter_t **filter)
{
    if (scim_filter_enter(p) != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_lexer_next(&p->lex);

    if (p->lex.token.type != SCIM_TOKEN_OPEN) {
        return scim_filter_needs(p, "\"(\" after \"not\"");
    }

    *filter = scim_filter_new(p, SCIM_FILTER_NOT);
    if (*filter == NULL) {
        return SCIM_ERROR;
    }

    if (scim_filter_group(p, &(*filter)->left) != SCIM_OK) {
        return SCIM_ERROR;
    }

    p->depth++;

    return SCIM_OK;
}


static int
scim_filter_value_path(scim_filter_parser_t *p, const scim_token_t *name,
    scim_filter_t **filter)
{
    int             foreign;
    size_t          end;
    scim_filter_t  *node;

    if (p->parent) {
        return scim_filter_needs(p, "an operator; brackets within brackets "
                                    "have no meaning");
    }

    node = scim_filter_new(p, SCIM_FILTER_VALUE);
    if (node == NULL) {
        return SCIM_ERROR;
    }

    *filter = node;

    if (scim_filter_resolve(p, name, &node->path, &foreign) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (node->path.sub || node->path.attr->type != SCIM_ATTR_COMPLEX) {
        return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                          "%S has no sub-attributes, so that no brackets can "
                          "follow it", &node->path.text);
    }

    if (scim_filter_enter(p) != SCIM_OK) {
        return SCIM_ERROR;
    }

    p->parent = &node->path;

    scim_lexer_next(&p->lex);

    if (scim_filter_chain(p, SCIM_FILTER_OR, &node->left) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (p->lex.token.type != SCIM_TOKEN_RIGHT) {
        return scim_filter_needs(p, "\"and\", \"or\" or \"]\"");
    }

    end = p->lex.pos;

    scim_lexer_next(&p->lex);

    if (scim_filter_value_sub(p, end, node) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (foreign) {
        scim_filter_absent(node);
    }

    p->parent = NULL;
    p->depth++;

    return SCIM_OK;
}


/* ".value eq ..." right behind the bracket */

static int
scim_filter_value_sub(scim_filter_parser_t *p, size_t end,
    scim_filter_t *node)
{
    scim_token_t    name;
    scim_filter_t  *both;

    name = p->lex.token;

    if (name.type != SCIM_TOKEN_WORD || name.pos != end
        || name.text.data[0] != '.')
    {
        return SCIM_OK;
    }

    name.text.data++;
    name.text.len--;
    name.pos++;

    scim_lexer_next(&p->lex);

    both = scim_filter_new(p, SCIM_FILTER_AND);
    if (both == NULL) {
        return SCIM_ERROR;
    }

    both->left = node->left;
    node->left = both;

    return scim_filter_compare(p, &name, &both->right);
}


static int
scim_filter_compare(scim_filter_parser_t *p, const scim_token_t *name,
    scim_filter_t **filter)
{
    int             foreign;
    scim_filter_e   op;
    scim_filter_t  *node;

    /* the operator comes first: a lone value is not called an attribute */

    if (p->lex.token.type != SCIM_TOKEN_WORD
        || scim_filter_operator(&p->lex.token.text, &op) != SCIM_OK) {
        return scim_filter_needs(p, "one of the operators eq, ne, co, sw, ew, "
                                    "gt, ge, lt, le, pr");
    }

    node = scim_filter_new(p, op);
    if (node == NULL) {
        return SCIM_ERROR;
    }

    *filter = node;

    if (scim_filter_resolve(p, name, &node->path, &foreign) != SCIM_OK) {
        return SCIM_ERROR;
    }

    scim_lexer_next(&p->lex);

    if (op == SCIM_FILTER_PR) {
        if (foreign) {
            scim_filter_absent(node);
        }

        return SCIM_OK;
    }

    if (scim_filter_stand_for_value(p, &node->path) != SCIM_OK
        || scim_lexer_literal(p->arena, &p->lex.token, &node->value, p->err)
           != SCIM_OK
        || scim_filter_check(p->arena, node, p->lex.token.pos, p->err)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (foreign) {
        scim_filter_absent(node);
    }

    scim_lexer_next(&p->lex);

    return SCIM_OK;
}


static int
scim_filter_resolve(scim_filter_parser_t *p, const scim_token_t *name,
    scim_path_t *path, int *foreign)
{
    int  rc;

    *foreign = 0;

    if (p->parent) {
        rc = scim_filter_resolve_sub(p, name, path);

    } else {
        rc = scim_filter_resolve_attr(p, name, path, foreign);
    }

    if (rc != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (path->attr->returned == SCIM_RETURNED_NEVER
        || scim_path_target(path)->returned == SCIM_RETURNED_NEVER)
    {
        return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                          "the attribute %S is never returned and cannot be "
                          "used in a filter", &path->text);
    }

    return SCIM_OK;
}


static int
scim_filter_resolve_sub(scim_filter_parser_t *p, const scim_token_t *name,
    scim_path_t *path)
{
    *path = *p->parent;
    path->text = name->text;

    if (path->attr->type == SCIM_ATTR_COMPLEX) {
        path->sub = scim_attr_sub(path->attr, &name->text);

        if (path->sub) {
            return SCIM_OK;
        }

    } else if (scim_str_is(&name->text, "value")) {
        return SCIM_OK;
    }

    return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                      "%S has no sub-attribute of the name at offset %z of "
                      "the filter", &p->parent->text, name->pos);
}


static int
scim_filter_resolve_attr(scim_filter_parser_t *p, const scim_token_t *name,
    scim_path_t *path, int *foreign)
{
    int     rc;
    size_t  i;

    rc = scim_path_resolve(p->rtype, &name->text, path, SCIM_INVALID_FILTER,
                           p->err);

    for (i = 0; rc == SCIM_DECLINED && i < p->nothers; i++) {
        *foreign = 1;

        rc = scim_path_resolve(&p->others[i], &name->text, path,
                               SCIM_INVALID_FILTER, p->err);
    }

    if (rc == SCIM_ERROR) {
        return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                          "the attribute name at offset %z of the filter is "
                          "malformed", name->pos);
    }

    if (rc == SCIM_DECLINED) {
        return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                          "the attribute %S in the filter is unknown",
                          &name->text);
    }

    if (path->attr == NULL) {
        return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                          "%S in the filter is a schema and not an attribute",
                          &name->text);
    }

    return SCIM_OK;
}


static int
scim_filter_stand_for_value(scim_filter_parser_t *p, scim_path_t *path)
{
    static const scim_str_t  value = scim_string("value");

    if (scim_path_target(path)->type != SCIM_ATTR_COMPLEX) {
        return SCIM_OK;
    }

    path->sub = scim_attr_sub(path->attr, &value);

    if (path->sub == NULL) {
        return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                          "%S is complex, the filter has to name one of its "
                          "sub-attributes", &path->text);
    }

    return SCIM_OK;
}


static void
scim_filter_absent(scim_filter_t *node)
{
    node->was = node->op;
    node->op = SCIM_FILTER_ABSENT;
    node->left = NULL;

    if (node->was == SCIM_FILTER_NE && node->value->type == SCIM_JSON_NULL) {
        node->was = SCIM_FILTER_PR;
    }
}


static scim_filter_t *
scim_filter_new(scim_filter_parser_t *p, scim_filter_e op)
{
    scim_filter_t  *node;

    node = scim_calloc(p->arena, sizeof(scim_filter_t));

    if (node == NULL) {
        (void) scim_error_nomem(p->err);
        return NULL;
    }

    node->op = op;

    return node;
}


static int
scim_filter_is(scim_filter_parser_t *p, const char *word)
{
    return p->lex.token.type == SCIM_TOKEN_WORD
           && scim_str_is(&p->lex.token.text, word);
}


static int
scim_filter_enter(scim_filter_parser_t *p)
{
    if (p->depth == 0) {
        return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                          "the filter is nested deeper than %z levels",
                          p->limit);
    }

    p->depth--;

    return SCIM_OK;
}


static int
scim_filter_needs(scim_filter_parser_t *p, const char *what)
{
    return scim_error(p->err, 400, SCIM_INVALID_FILTER,
                      "the filter needs %s at offset %z", what,
                      p->lex.token.pos);
}
