
/*
 * From a PatchOp message to a program (RFC 7644 section 3.5.2).  Called by the
 * write operations of http/; scim_patch_apply.c runs what is made here.
 *
 * A program has one target for each of its operations.  A value without a
 * path, and the value of a schema as a whole, become one operation for each of
 * their members, all with the index of the operation that they came with:
 * names, names with URNs, "name.givenName" and "emails[type eq \"work\"]
 * .value" are good there.
 *
 * What both profiles do, where the RFC is silent or says two things:
 *
 *   - The value of a complex attribute, of an extension and of an element that
 *     a filter selects is merged: what it does not name stays.  null within it
 *     takes a sub-attribute away.
 *   - null and [] as the value take the attribute away, but "add" of them to a
 *     list adds nothing; a required one must not lose its value: 400
 *     invalidValue, and 400 mutability for "remove".
 *   - A user whose "active" is taken away is not active.
 *   - What "add" merges keeps the spelling of value and type.
 *   - "add" to a list merges an element into the one with the same value and
 *     type; one without a value is compared as a whole, but for "primary".
 *   - A sub-attribute of a list without a filter is that of all elements, and
 *     of a new one when there are none and it is not "remove".
 *   - "replace" through a filter that matches nothing is 400 noTarget, also as
 *     a name in a value without a path.
 *   - "remove" of a member who is none is no error.
 *   - A "$ref" that an operation does not name goes when "value" changes.
 *   - readOnly attributes, "schemas" and "id" within a value are passed over;
 *     an explicit path to a readOnly attribute is 400 mutability.
 *   - "schemas" follows the data: it may be set, which has no effect, and it
 *     may not be removed.
 *   - Members can be selected by "value eq", joined by "or", each with or
 *     without "type eq" beside it; what selects them otherwise is 400
 *     invalidFilter.  A filter on members is good for "remove"; nothing about
 *     a member can be replaced (400 mutability).
 *   - Of a list under a URN that nobody knows and that is kept, "add" appends;
 *     objects are merged.
 *
 * What the tolerant profile takes and the strict one refuses:
 *
 *   - "Add", "REPLACE", ...; strict: 400 invalidSyntax.
 *   - A message without "schemas"; the operation itself, or an array of them,
 *     as the body; "Operations" as one object; strict: 400 invalidSyntax.
 *   - A path that is "" as none; strict: 400 invalidPath.
 *   - "remove" without a path whose value names what to remove; strict: 400
 *     noTarget.
 *   - "remove" with a list as value, which removes these elements and no
 *     others (none, if the list is empty), {"members":[..]} included; null and
 *     "" are no value; strict: 400 invalidValue for every value but null.
 *   - "add" through a filter that matches nothing, which makes an element with
 *     the values that the filter compares by "eq"; strict: 400 noTarget.  An
 *     "add" through a filter on members adds whom it names; strict: 400
 *     mutability.
 *   - "remove" through a filter that matches nothing, which changes nothing;
 *     strict: 400 noTarget, but not for members (RFC 7644 section 3.5.2.2).
 *   - Booleans as strings, "" as no value, one element as an object instead of
 *     an array (strict: for "add" alone), an array of one element for an
 *     attribute with one value, {"emails":[..]} as the value of path "emails",
 *     "x" for {"value":"x"} (managers, members), {"value":""} as no value,
 *     "managerId" for the value of a manager; strict: 400 invalidValue.
 *   - An object or array as a string that holds its JSON, and elements of
 *     "roles" whose value holds the JSON of objects with a "value"; strict:
 *     400 invalidValue, and an ordinary string in "roles".
 *   - Extension attributes without their URN and under its older forms, and a
 *     dot between URN and name; strict: unknown.
 *   - Paths under a URN that nobody knows are passed over, when unknown
 *     attributes are ignored; strict: 400 invalidPath.
 *   - Two primaries set at once, of which the first stays; strict: 400
 *     invalidValue.
 */


#include "scim_patch_private.h"


/* a schema's object within another schema's object, and no further */
#define SCIM_PATCH_LEVELS  3


static int scim_patch_message(scim_patch_parser_t *p,
    const scim_json_t *body, const scim_json_t **list);
static int scim_patch_schemas(scim_patch_parser_t *p,
    const scim_json_t *schemas);
static int scim_patch_single(scim_patch_parser_t *p, const scim_json_t *op,
    const scim_json_t **list);
static int scim_patch_operation(scim_patch_parser_t *p,
    const scim_json_t *node);
static int scim_patch_word(scim_patch_parser_t *p, const scim_json_t *op);
static int scim_patch_pathless(scim_patch_parser_t *p,
    const scim_json_t *value);
static int scim_patch_object(scim_patch_parser_t *p,
    const scim_schema_t *schema, const scim_json_t *object, unsigned level);
static int scim_patch_key(scim_patch_parser_t *p, const scim_schema_t *schema,
    const scim_str_t *name, scim_path_t *path);
static int scim_patch_target(scim_patch_parser_t *p, const scim_path_t *path,
    const scim_json_t *value, unsigned level);
static int scim_patch_schema(scim_patch_parser_t *p, const scim_path_t *path,
    const scim_json_t *value, unsigned level);
static int scim_patch_emit(scim_patch_parser_t *p, scim_patch_e op,
    const scim_path_t *path, const scim_json_t *value);
static int scim_patch_syntax(scim_patch_parser_t *p, const char *what);


static const scim_str_t  scim_patch_urn =
    scim_string("urn:ietf:params:scim:api:messages:2.0:PatchOp");

static const scim_str_t  scim_schemas_name = scim_string("schemas");
static const scim_str_t  scim_operations_name = scim_string("Operations");
static const scim_str_t  scim_op_name = scim_string("op");
static const scim_str_t  scim_path_name = scim_string("path");
static const scim_str_t  scim_value_name = scim_string("value");


int
scim_patch_parse(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_policy_t *policy, const scim_patch_limits_t *limits,
    const scim_json_t *body, scim_patch_t *patch, scim_error_t *err)
{
    const scim_json_t    *list, *node;
    scim_patch_parser_t   p;

    memset(patch, 0, sizeof(scim_patch_t));
    memset(&p, 0, sizeof(scim_patch_parser_t));

    p.value.arena = arena;
    p.value.policy = policy;
    p.value.err = err;
    p.rtype = rtype;
    p.limits = limits;
    p.patch = patch;

    if (scim_patch_message(&p, body, &list) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (list->n == 0) {
        return scim_patch_syntax(&p, "attribute \"Operations\" has no value");
    }

    if (list->n > limits->operations) {
        return scim_error(err, 413, SCIM_TYPE_NONE,
                          "there are more than %z operations",
                          limits->operations);
    }

    for (node = list->first; node; node = node->next) {

        p.value.schema = NULL;
        p.value.parent = NULL;

        if (scim_patch_operation(&p, node) != SCIM_OK) {
            return scim_patch_fail(err, p.index);
        }

        p.index++;
    }

    return SCIM_OK;
}


int
scim_patch_fail(scim_error_t *err, size_t index)
{
    scim_error_t  inner;

    if (err->status < 500) {
        inner = *err;
        (void) scim_error(err, inner.status, inner.type, "operation %z: %s",
                          index + 1, inner.detail);

        memcpy(err->attr, inner.attr, SCIM_ERROR_ATTR);
    }

    return SCIM_ERROR;
}


/* the array of operations */

static int
scim_patch_message(scim_patch_parser_t *p, const scim_json_t *body,
    const scim_json_t **list)
{
    int                 strict;
    const scim_json_t  *operations;

    strict = p->value.policy->strict;

    if (body->type == SCIM_JSON_ARRAY && !strict) {
        *list = body;
        return SCIM_OK;
    }

    if (body->type != SCIM_JSON_OBJECT) {
        return scim_patch_syntax(p, "the body must be a JSON object");
    }

    if (scim_patch_schemas(p, scim_json_get(body, &scim_schemas_name))
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    operations = scim_json_get(body, &scim_operations_name);

    if (operations == NULL && !strict && scim_json_get(body, &scim_op_name)) {
        return scim_patch_single(p, body, list);
    }

    if (operations == NULL) {
        return scim_patch_syntax(p, "attribute \"Operations\" is required");
    }

    if (operations->type == SCIM_JSON_OBJECT && !strict) {
        return scim_patch_single(p, operations, list);
    }

    if (operations->type != SCIM_JSON_ARRAY) {
        return scim_patch_syntax(p, "attribute \"Operations\" must be an "
                                    "array");
    }

    *list = operations;

    return SCIM_OK;
}


static int
scim_patch_schemas(scim_patch_parser_t *p, const scim_json_t *schemas)
{
    const scim_json_t  *urn;

    if (scim_patch_empty(schemas)) {
        return p->value.policy->strict
               ? scim_patch_syntax(p, "attribute \"schemas\" is required")
               : SCIM_OK;
    }

    if (schemas->type == SCIM_JSON_STRING && !p->value.policy->strict) {

        if (scim_str_caseeq(&schemas->str, &scim_patch_urn)) {
            return SCIM_OK;
        }

    } else if (schemas->type != SCIM_JSON_ARRAY) {
        return scim_patch_syntax(p, "attribute \"schemas\" must be an array");
    }

    for (urn = schemas->first; urn; urn = urn->next) {
        if (urn->type == SCIM_JSON_STRING
            && scim_str_caseeq(&urn->str, &scim_patch_urn))
        {
            return SCIM_OK;
        }
    }

    return scim_error(p->value.err, 400, SCIM_INVALID_SYNTAX,
                      "attribute \"schemas\" must hold \"%S\"",
                      &scim_patch_urn);
}


/* an array around an operation that came without */

static int
scim_patch_single(scim_patch_parser_t *p, const scim_json_t *op,
    const scim_json_t **list)
{
    scim_json_t  *array, *copy;

    array = scim_json_new(p->value.arena, SCIM_JSON_ARRAY);
    copy = scim_value_copy(p->value.arena, op);

    if (array == NULL || copy == NULL) {
        return scim_error_nomem(p->value.err);
    }

    scim_json_append(array, NULL, copy);
    *list = array;

    return SCIM_OK;
}


static int
scim_patch_operation(scim_patch_parser_t *p, const scim_json_t *node)
{
    int                 rc;
    scim_path_t         path;
    const scim_json_t  *text, *value;

    if (node->type != SCIM_JSON_OBJECT) {
        return scim_patch_syntax(p, "it must be an object");
    }

    if (scim_patch_word(p, scim_json_get(node, &scim_op_name)) != SCIM_OK) {
        return SCIM_ERROR;
    }

    text = scim_json_get(node, &scim_path_name);
    value = scim_json_get(node, &scim_value_name);

    if (p->op != SCIM_PATCH_REMOVE && value == NULL) {
        return scim_error(p->value.err, 400, SCIM_INVALID_VALUE,
                          "attribute \"value\" is required");
    }

    if (text == NULL || text->type == SCIM_JSON_NULL
        || (text->type == SCIM_JSON_STRING && text->str.len == 0
            && !p->value.policy->strict))
    {
        return scim_patch_pathless(p, value);
    }

    if (text->type != SCIM_JSON_STRING) {
        return scim_error(p->value.err, 400, SCIM_INVALID_PATH,
                          "attribute \"path\" must be a string");
    }

    if (p->op == SCIM_PATCH_REMOVE && p->value.policy->strict && value
        && value->type != SCIM_JSON_NULL)
    {
        return scim_error(p->value.err, 400, SCIM_INVALID_VALUE,
                          "\"remove\" takes no value");
    }

    rc = scim_patch_path(p, &text->str, 0, &path);

    if (rc != SCIM_OK) {
        return rc == SCIM_DECLINED ? SCIM_OK : SCIM_ERROR;
    }

    return scim_patch_target(p, &path, value, 0);
}


static int
scim_patch_word(scim_patch_parser_t *p, const scim_json_t *op)
{
    int     found;
    size_t  i;

    /* in the order of scim_patch_e */

    static const scim_str_t  words[] = {
        scim_string("add"),
        scim_string("replace"),
        scim_string("remove")
    };

    if (op == NULL || op->type != SCIM_JSON_STRING) {
        return scim_patch_syntax(p, "attribute \"op\" must be a string");
    }

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {

        found = p->value.policy->strict ? scim_str_eq(&op->str, &words[i])
                                        : scim_str_caseeq(&op->str, &words[i]);

        if (found) {
            p->op = (scim_patch_e) i;
            return SCIM_OK;
        }
    }

    return scim_patch_syntax(p, "attribute \"op\" must be \"add\", "
                                "\"replace\" or \"remove\"");
}


static int
scim_patch_pathless(scim_patch_parser_t *p, const scim_json_t *value)
{
    int  remove;

    remove = (p->op == SCIM_PATCH_REMOVE);

    if (value && !p->value.policy->strict) {

        if (scim_patch_decode(&p->value, &value) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (value->type == SCIM_JSON_ARRAY && value->n == 1) {
            value = value->first;
        }
    }

    if (remove && (p->value.policy->strict || value == NULL
                   || value->type != SCIM_JSON_OBJECT))
    {
        return scim_error(p->value.err, 400, SCIM_NO_TARGET,
                          "\"remove\" needs a path");
    }

    if (value->type != SCIM_JSON_OBJECT) {
        return scim_error(p->value.err, 400, SCIM_INVALID_VALUE,
                          "without a path, attribute \"value\" must be an "
                          "object");
    }

    return scim_patch_object(p, NULL, value, 0);
}


/* an operation for each member; "schema": what their names belong to */

static int
scim_patch_object(scim_patch_parser_t *p, const scim_schema_t *schema,
    const scim_json_t *object, unsigned level)
{
    int                 rc;
    scim_path_t         path;
    const scim_json_t  *m;

    if (level == SCIM_PATCH_LEVELS) {
        return scim_error(p->value.err, 400, SCIM_INVALID_VALUE,
                          "schemas stand within schemas");
    }

    for (m = object->first; m; m = m->next) {

        /* some libraries repeat "schemas" in there */

        if (scim_str_caseeq(&m->name, &scim_schemas_name)) {
            continue;
        }

        rc = scim_patch_key(p, schema, &m->name, &path);

        if (rc == SCIM_OK) {
            rc = scim_patch_target(p, &path, m, level + 1);
        }

        if (rc == SCIM_ERROR) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_patch_key(scim_patch_parser_t *p, const scim_schema_t *schema,
    const scim_str_t *name, scim_path_t *path)
{
    scim_buf_t  b;
    scim_str_t  text;

    if (schema == NULL) {
        return scim_patch_path(p, name, 1, path);
    }

    scim_buf_init(&b, p->value.arena, schema->id.len + 1 + name->len);
    scim_buf_str(&b, &schema->id);
    scim_buf_char(&b, ':');
    scim_buf_str(&b, name);

    if (b.failed) {
        return scim_error_nomem(p->value.err);
    }

    text.data = b.data;
    text.len = b.len;

    return scim_patch_path(p, &text, 1, path);
}


static int
scim_patch_target(scim_patch_parser_t *p, const scim_path_t *path,
    const scim_json_t *value, unsigned level)
{
    if (path->schema && path->attr == NULL) {
        return scim_patch_schema(p, path, value, level);
    }

    if (path->schema != scim_schema_common()
        || !scim_str_eq(&path->attr->name, &scim_schemas_name))
    {
        return scim_patch_emit(p, p->op, path, value);
    }

    if (p->op == SCIM_PATCH_REMOVE) {
        return scim_value_error(&p->value, path->attr, SCIM_MUTABILITY,
                                "is required");
    }

    if (scim_patch_empty(value)) {
        return scim_value_error(&p->value, path->attr, SCIM_INVALID_VALUE,
                                "is required");
    }

    if (value->type != SCIM_JSON_ARRAY && value->type != SCIM_JSON_STRING) {
        return scim_value_error(&p->value, path->attr, SCIM_INVALID_VALUE,
                                "must be an array");
    }

    return SCIM_OK;
}


/* the path is a URN alone, or the key of an object of its attributes */

static int
scim_patch_schema(scim_patch_parser_t *p, const scim_path_t *path,
    const scim_json_t *value, unsigned level)
{
    if (value && !p->value.policy->strict) {

        if (scim_patch_decode(&p->value, &value) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (value->type == SCIM_JSON_ARRAY && value->n == 1) {
            value = value->first;
        }
    }

    if (value && value->type == SCIM_JSON_OBJECT
        && (p->op != SCIM_PATCH_REMOVE || value->n))
    {
        return scim_patch_object(p, path->schema, value, level);
    }

    if (p->op != SCIM_PATCH_REMOVE
        && (!scim_patch_empty(value)
            || (p->value.policy->strict
                && value->type == SCIM_JSON_STRING)))
    {
        return scim_error(p->value.err, 400, SCIM_INVALID_VALUE,
                          "attribute \"%[%S%]\" must be an object",
                          &path->schema->id);
    }

    if (path->schema == p->rtype->schema) {
        return scim_error(p->value.err, 400, SCIM_MUTABILITY,
                          "\"%[%S%]\" cannot be removed", &path->schema->id);
    }

    return scim_patch_emit(p, SCIM_PATCH_REMOVE, path, NULL);
}


static int
scim_patch_emit(scim_patch_parser_t *p, scim_patch_e op,
    const scim_path_t *path, const scim_json_t *value)
{
    size_t            size;
    scim_patch_t     *patch;
    scim_patch_op_t  *ops;

    patch = p->patch;

    if (patch->n == p->size) {
        size = p->size ? p->size * 2 : 8;

        ops = scim_alloc(p->value.arena, size * sizeof(scim_patch_op_t));
        if (ops == NULL) {
            return scim_error_nomem(p->value.err);
        }

        if (patch->n) {
            memcpy(ops, patch->ops, patch->n * sizeof(scim_patch_op_t));
        }

        patch->ops = ops;
        p->size = size;
    }

    ops = &patch->ops[patch->n++];

    ops->op = op;
    ops->path = *path;
    ops->value = value;
    ops->index = p->index;

    return SCIM_OK;
}


static int
scim_patch_syntax(scim_patch_parser_t *p, const char *what)
{
    return scim_error(p->value.err, 400, SCIM_INVALID_SYNTAX, "%s", what);
}
