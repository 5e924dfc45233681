
/*
 * BulkRequest to operations, operations to BulkResponse, and which of them is
 * next.  Called by http/ngx_http_scim_op_bulk.c; in what order they may run is
 * found out by scim_bulk_plan.c.
 *
 * What RFC 7644 leaves open is decided so:
 *
 *   - An unknown endpoint is 404, as it would be by itself; PUT, PATCH and
 *     DELETE without an id, POST with one and a lack of data are 400
 *     invalidSyntax, all of them of the operation alone.
 *   - A bulkId of an operation that is not POST is given back and otherwise
 *     not looked at; a version of a POST is not looked at.
 *   - "status" in the answer is a string, as in section 3.7.3.
 */


#include "scim_bulk_plan.h"
#include "scim_etag.h"


#define SCIM_BULK_REQUEST   "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
#define SCIM_BULK_RESPONSE  "urn:ietf:params:scim:api:messages:2.0:BulkResponse"


static int scim_bulk_schemas(const scim_json_t *body);
static int scim_bulk_fail_on_errors(const scim_json_t *body,
    scim_bulk_t *bulk, scim_error_t *err);
static int scim_bulk_operation(const scim_json_t *json, size_t index,
    scim_bulk_op_t *op, scim_error_t *err);
static int scim_bulk_method(const scim_json_t *json, scim_bulk_e *method);
static const scim_json_t *scim_bulk_get(const scim_json_t *json,
    const char *name);
static int scim_bulk_unique(scim_arena_t *arena, const scim_bulk_t *bulk,
    scim_error_t *err);
static void scim_bulk_target(const scim_registry_t *registry,
    scim_bulk_op_t *op);
static int scim_bulk_url(scim_str_t *s);
static int scim_bulk_split(scim_str_t *s, scim_str_t *last);
static int scim_bulk_split_bulk_id(scim_str_t *s, scim_str_t *id);
static void scim_bulk_count(scim_bulk_t *bulk, int64_t *failed,
    int64_t *running);
static int scim_bulk_waits(scim_bulk_t *bulk, scim_bulk_op_t *op);
static int scim_bulk_ended_op(const scim_bulk_op_t *op);
static void scim_bulk_write_op(scim_buf_t *b, const scim_bulk_op_t *op,
    const scim_str_t *base);
static void scim_bulk_write_location(scim_buf_t *b, const scim_bulk_op_t *op,
    const scim_str_t *base);


/* in the order of scim_bulk_e */

static const char *const  scim_bulk_methods[] = {
    "POST",
    "PUT",
    "PATCH",
    "DELETE"
};


int
scim_bulk_parse(scim_arena_t *arena, const scim_registry_t *registry,
    size_t operations, const scim_json_t *body, scim_bulk_t *bulk,
    scim_error_t *err)
{
    size_t              i;
    const scim_json_t  *list, *json;

    memset(bulk, 0, sizeof(scim_bulk_t));

    if (body == NULL || body->type != SCIM_JSON_OBJECT
        || !scim_bulk_schemas(body))
    {
        return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                          "the body is not a BulkRequest");
    }

    list = scim_bulk_get(body, "Operations");

    if (list == NULL || list->type != SCIM_JSON_ARRAY || list->n == 0) {
        return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                          "Operations is not a list of operations");
    }

    if (list->n > operations) {
        return scim_error(err, 413, SCIM_TYPE_NONE,
                          "the bulk request holds more operations than "
                          "maxOperations (%z)", operations);
    }

    if (scim_bulk_fail_on_errors(body, bulk, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    bulk->ops = scim_calloc(arena, list->n * sizeof(scim_bulk_op_t));
    if (bulk->ops == NULL) {
        return scim_error_nomem(err);
    }

    bulk->n = list->n;

    for (json = list->first, i = 0; json; json = json->next, i++) {
        if (scim_bulk_operation(json, i, &bulk->ops[i], err) != SCIM_OK) {
            return SCIM_ERROR;
        }

        scim_bulk_target(registry, &bulk->ops[i]);
    }

    return scim_bulk_unique(arena, bulk, err);
}


static int
scim_bulk_schemas(const scim_json_t *body)
{
    const scim_json_t  *schemas, *urn;

    schemas = scim_bulk_get(body, "schemas");

    if (schemas == NULL || schemas->type != SCIM_JSON_ARRAY) {
        return 0;
    }

    for (urn = schemas->first; urn; urn = urn->next) {
        if (urn->type == SCIM_JSON_STRING
            && scim_str_is(&urn->str, SCIM_BULK_REQUEST))
        {
            return 1;
        }
    }

    return 0;
}


static int
scim_bulk_fail_on_errors(const scim_json_t *body, scim_bulk_t *bulk,
    scim_error_t *err)
{
    int                 digit;
    size_t              i;
    int64_t             n;
    const scim_str_t   *s;
    const scim_json_t  *json;

    json = scim_bulk_get(body, "failOnErrors");

    if (json == NULL) {
        return SCIM_OK;
    }

    s = &json->str;
    n = 0;

    for (i = 0; json->type == SCIM_JSON_NUMBER && i < s->len; i++) {
        if (s->data[i] < '0' || s->data[i] > '9') {
            n = 0;
            break;
        }

        digit = s->data[i] - '0';
        n = n > (INT64_MAX - digit) / 10 ? INT64_MAX : n * 10 + digit;
    }

    if (n == 0) {
        return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                          "failOnErrors is not a positive integer");
    }

    bulk->fail_on_errors = n;

    return SCIM_OK;
}


static int
scim_bulk_operation(const scim_json_t *json, size_t index, scim_bulk_op_t *op,
    scim_error_t *err)
{
    const scim_json_t  *path, *bulk_id, *version;

    if (json->type != SCIM_JSON_OBJECT
        || scim_bulk_method(scim_bulk_get(json, "method"), &op->method)
           != SCIM_OK)
    {
        return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                          "Operations[%z] has no method POST, PUT, PATCH or "
                          "DELETE", index);
    }

    path = scim_bulk_get(json, "path");

    if (path == NULL || path->type != SCIM_JSON_STRING) {
        return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                          "Operations[%z] has no path", index);
    }

    op->path = path->str;

    bulk_id = scim_bulk_get(json, "bulkId");

    if (bulk_id) {
        if (bulk_id->type != SCIM_JSON_STRING) {
            return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                              "the bulkId of Operations[%z] is not a string",
                              index);
        }

        op->bulk_id = bulk_id->str;
    }

    if (op->method == SCIM_BULK_POST && op->bulk_id.len == 0) {
        return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                          "Operations[%z] is a POST without a bulkId", index);
    }

    version = scim_bulk_get(json, "version");

    if (version && op->method != SCIM_BULK_POST) {
        if (version->type != SCIM_JSON_STRING) {
            return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                              "the version of Operations[%z] is not a string",
                              index);
        }

        if (version->str.len) {
            op->version = version->str;
        }
    }

    if (op->method != SCIM_BULK_DELETE) {

        /* ids are put into the body's own tree */

        op->data = (scim_json_t *) scim_bulk_get(json, "data");

        if (op->data == NULL) {
            (void) scim_error(&op->error, 400, SCIM_INVALID_SYNTAX,
                              "the operation has no data");
        }
    }

    return SCIM_OK;
}


static int
scim_bulk_method(const scim_json_t *json, scim_bulk_e *method)
{
    size_t  i;

    if (json == NULL || json->type != SCIM_JSON_STRING) {
        return SCIM_ERROR;
    }

    for (i = SCIM_BULK_POST; i <= SCIM_BULK_DELETE; i++) {
        if (scim_str_is(&json->str, scim_bulk_methods[i])) {
            *method = (scim_bulk_e) i;
            return SCIM_OK;
        }
    }

    return SCIM_ERROR;
}


/* null is as good as absent */

static const scim_json_t *
scim_bulk_get(const scim_json_t *json, const char *name)
{
    scim_str_t          s;
    const scim_json_t  *value;

    s.data = (unsigned char *) name;
    s.len = strlen(name);

    value = scim_json_get(json, &s);

    return value && value->type != SCIM_JSON_NULL ? value : NULL;
}


static int
scim_bulk_unique(scim_arena_t *arena, const scim_bulk_t *bulk,
    scim_error_t *err)
{
    size_t            i, n;
    scim_bulk_key_t  *keys;

    if (scim_bulk_keys(arena, bulk, &keys, &n, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    for (i = 1; i < n; i++) {
        if (scim_str_eq(&keys[i - 1].name, &keys[i].name)) {
            return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                              "Operations[%z] has the bulkId of another "
                              "operation", keys[i].index);
        }
    }

    return SCIM_OK;
}


/* what the path names; of a URL its last segments count */

static void
scim_bulk_target(const scim_registry_t *registry, scim_bulk_op_t *op)
{
    int         url, split;
    scim_str_t  rest, id, endpoint;

    rest = op->path;
    url = scim_bulk_url(&rest);

    while (rest.len && rest.data[rest.len - 1] == '/') {
        rest.len--;
    }

    if (rest.len && rest.data[0] == '/') {
        rest.data++;
        rest.len--;
    }

    split = scim_bulk_split_bulk_id(&rest, &id)
            || (op->method != SCIM_BULK_POST && scim_bulk_split(&rest, &id));

    endpoint = rest;

    if (url) {
        (void) scim_bulk_split(&rest, &endpoint);
    }

    op->rtype = scim_registry_endpoint(registry, &endpoint);

    if (op->rtype == NULL && !split && scim_bulk_split(&rest, &id)) {
        op->rtype = scim_registry_endpoint(registry, &rest);
        split = 1;
    }

    if (op->rtype == NULL) {
        (void) scim_error(&op->error, 404, SCIM_TYPE_NONE,
                          "the path of the operation leads nowhere");
        return;
    }

    if (op->method == SCIM_BULK_POST) {
        if (split) {
            (void) scim_error(&op->error, 400, SCIM_INVALID_SYNTAX,
                              "the path of a POST names a resource");
        }

        return;
    }

    if (!split) {
        (void) scim_error(&op->error, 400, SCIM_INVALID_SYNTAX,
                          "the path of the operation names no resource");
        return;
    }

    op->id = id;
}


/* cuts scheme and host off */

static int
scim_bulk_url(scim_str_t *s)
{
    size_t          i;
    unsigned char  *slash;

    for (i = 0; i + 3 <= s->len && s->data[i] != '/'; i++) {

        if (memcmp(s->data + i, "://", 3) == 0) {
            s->data += i + 3;
            s->len -= i + 3;

            slash = s->len ? memchr(s->data, '/', s->len) : NULL;

            s->len = slash ? s->len - (size_t) (slash - s->data) : 0;
            s->data = slash;

            return 1;
        }
    }

    return 0;
}


/* cuts the last segment off and its slash; 0 when it is the only one */

static int
scim_bulk_split(scim_str_t *s, scim_str_t *last)
{
    size_t  i;

    for (i = s->len; i; i--) {

        if (s->data[i - 1] == '/') {
            last->data = s->data + i;
            last->len = s->len - i;
            s->len = i - 1;
            return 1;
        }
    }

    return 0;
}


/* the same for "bulkId:..." at the end, which may have slashes in it */

static int
scim_bulk_split_bulk_id(scim_str_t *s, scim_str_t *id)
{
    size_t  i;

    for (i = 0; i + sizeof("/bulkId:") - 1 <= s->len; i++) {

        if (memcmp(s->data + i, "/bulkId:", sizeof("/bulkId:") - 1) == 0) {
            id->data = s->data + i + 1;
            id->len = s->len - i - 1;
            s->len = i;
            return 1;
        }
    }

    return 0;
}


scim_bulk_op_t *
scim_bulk_next(scim_bulk_t *bulk)
{
    int              again;
    size_t           i;
    int64_t          failed, running, waiting;
    scim_bulk_op_t  *op;

    scim_bulk_count(bulk, &failed, &running);

    /* one that fails here may be what one before it waits for */

    do {
        again = 0;
        waiting = 0;

        for (i = bulk->first; i < bulk->n; i++) {
            op = &bulk->ops[i];

            if (op->state != SCIM_BULK_WAITING) {
                continue;
            }

            /* all before it that have not ended may fail as well */

            if (bulk->fail_on_errors
                && (failed >= bulk->fail_on_errors
                    || (running && failed + running + waiting
                                   >= bulk->fail_on_errors)))
            {
                return NULL;
            }

            if (scim_bulk_waits(bulk, op)) {
                waiting++;
                continue;
            }

            if (bulk->reach <= i) {
                bulk->reach = i + 1;
            }

            if (op->error.status == 0) {
                op->state = SCIM_BULK_RUNNING;
                return op;
            }

            op->state = SCIM_BULK_FAILED;
            op->status = op->error.status;
            failed++;
            again = 1;
        }
    } while (again);

    return NULL;
}


/* steps over what has ended at the front */

static void
scim_bulk_count(scim_bulk_t *bulk, int64_t *failed, int64_t *running)
{
    size_t  i;

    while (bulk->first < bulk->n
           && scim_bulk_ended_op(&bulk->ops[bulk->first]))
    {
        bulk->failed += (bulk->ops[bulk->first].state == SCIM_BULK_FAILED);
        bulk->first++;
    }

    *failed = (int64_t) bulk->failed;
    *running = 0;

    for (i = bulk->first; i < bulk->reach; i++) {
        *failed += (bulk->ops[i].state == SCIM_BULK_FAILED);
        *running += (bulk->ops[i].state == SCIM_BULK_RUNNING);
    }
}


/* lets go of what has ended, so that each is looked at once only */

static int
scim_bulk_waits(scim_bulk_t *bulk, scim_bulk_op_t *op)
{
    scim_bulk_op_t  *other;

    while (op->nafter) {
        other = &bulk->ops[op->after[op->nafter - 1]];

        if (!scim_bulk_ended_op(other)) {
            return 1;
        }

        if (op->nafter <= op->nneeds && other->state == SCIM_BULK_FAILED
            && op->error.status == 0)
        {
            (void) scim_error(&op->error, 409, SCIM_TYPE_NONE,
                              "the operation refers to a resource whose "
                              "creation has failed");
        }

        op->nafter--;
    }

    return 0;
}


static int
scim_bulk_ended_op(const scim_bulk_op_t *op)
{
    return op->state == SCIM_BULK_DONE || op->state == SCIM_BULK_FAILED;
}


int
scim_bulk_ended(const scim_bulk_t *bulk)
{
    size_t                 i, waiting;
    int64_t                failed;
    const scim_bulk_op_t  *op;

    failed = (int64_t) bulk->failed;
    waiting = 0;

    for (i = bulk->first; i < bulk->n; i++) {
        op = &bulk->ops[i];

        if (op->state == SCIM_BULK_RUNNING) {
            return 0;
        }

        failed += (op->state == SCIM_BULK_FAILED);
        waiting += (op->state == SCIM_BULK_WAITING);
    }

    return waiting == 0
           || (bulk->fail_on_errors && failed >= bulk->fail_on_errors);
}


void
scim_bulk_write(scim_buf_t *b, const scim_bulk_t *bulk,
    const scim_str_t *base)
{
    int     first;
    size_t  i;

    scim_buf_lit(b, "{\"schemas\":[\"" SCIM_BULK_RESPONSE "\"],"
                    "\"Operations\":[");

    first = 1;

    for (i = 0; i < bulk->n; i++) {

        if (scim_bulk_ended_op(&bulk->ops[i])) {
            if (!first) {
                scim_buf_char(b, ',');
            }

            scim_bulk_write_op(b, &bulk->ops[i], base);
            first = 0;
        }
    }

    scim_buf_lit(b, "]}");
}


static void
scim_bulk_write_op(scim_buf_t *b, const scim_bulk_op_t *op,
    const scim_str_t *base)
{
    int            failed;
    scim_str_t     version;
    unsigned char  etag[SCIM_ETAG_LEN];

    failed = (op->state == SCIM_BULK_FAILED && op->error.status);

    scim_bulk_write_location(b, op, base);

    scim_buf_lit(b, "\"method\":\"");
    scim_buf_add(b, scim_bulk_methods[op->method],
                 strlen(scim_bulk_methods[op->method]));
    scim_buf_char(b, '"');

    if (op->bulk_id.len) {
        scim_buf_lit(b, ",\"bulkId\":");
        scim_json_write_string(b, &op->bulk_id);
    }

    if (!failed && op->etag) {
        version.data = etag;
        version.len = scim_etag_write(etag, op->etag);

        scim_buf_lit(b, ",\"version\":");
        scim_json_write_string(b, &version);
    }

    scim_buf_lit(b, ",\"status\":\"");
    scim_buf_int(b, failed ? op->error.status : op->status);
    scim_buf_char(b, '"');

    if (failed) {
        scim_buf_lit(b, ",\"response\":");
        scim_error_write(b, &op->error);
    }

    scim_buf_char(b, '}');
}


/* opens the operation; a POST that failed has no location */

static void
scim_bulk_write_location(scim_buf_t *b, const scim_bulk_op_t *op,
    const scim_str_t *base)
{
    scim_buf_t  url;
    scim_str_t  text;

    scim_buf_char(b, '{');

    if (op->rtype == NULL || op->id.len == 0
        || (op->method == SCIM_BULK_POST && op->state == SCIM_BULK_FAILED)
        || (op->id.len >= sizeof("bulkId:") - 1
            && memcmp(op->id.data, "bulkId:", sizeof("bulkId:") - 1) == 0))
    {
        return;
    }

    scim_buf_init(&url, b->arena, base->len + op->rtype->endpoint.len
                                  + op->id.len + 1);
    scim_buf_str(&url, base);
    scim_buf_str(&url, &op->rtype->endpoint);
    scim_buf_char(&url, '/');
    scim_buf_str(&url, &op->id);

    if (url.failed) {
        b->failed = 1;
        return;
    }

    text.data = url.data;
    text.len = url.len;

    scim_buf_lit(b, "\"location\":");
    scim_json_write_string(b, &text);
    scim_buf_char(b, ',');
}
