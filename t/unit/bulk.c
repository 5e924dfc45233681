
/*
 * Bulk requests: what is refused, what paths mean, ids in place of bulkIds, the
 * examples of RFC 7644 section 3.7, the answer's text, memory that ends.  The
 * order of operations is in bulk_order.c.
 */


#include "tap.h"
#include "types.h"
#include "scim_bulk.h"


#define HEAD  "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:"        \
              "BulkRequest\"],"
#define OPS   HEAD "\"Operations\":"

#define URN_GROUP  "urn:ietf:params:scim:schemas:core:2.0:Group"

#define LIMIT  4


typedef struct {
    const char  *text;
    int          status;       /* 0: fine */
    const char  *detail;
} body_case_t;

typedef struct {
    const char  *method;
    const char  *path;
    const char  *type;         /* NULL: none */
    const char  *id;
    int          status;       /* of the operation's error */
} path_case_t;

typedef struct {
    const char  *method;
    const char  *data;
    const char  *want;         /* NULL: 409 */
} data_case_t;


static const body_case_t  bodies[] = {

    { OPS "[{\"method\":\"DELETE\",\"path\":\"/Users/1\"}]}", 0, "" },
    { "{\"SCHEMAS\":[\"x\",\"URN:ietf:params:scim:api:messages:2.0:"
      "bulkrequest\"],\"operations\":[{\"METHOD\":\"delete\",\"Path\":"
      "\"/Users/1\"}]}", 0, "" },

    { "[]", 400, "not a BulkRequest" },
    { "{}", 400, "not a BulkRequest" },
    { "\"x\"", 400, "not a BulkRequest" },
    { "{\"Operations\":[{\"method\":\"DELETE\",\"path\":\"/Users/1\"}]}", 400,
      "not a BulkRequest" },
    { "{\"schemas\":\"urn:ietf:params:scim:api:messages:2.0:BulkRequest\","
      "\"Operations\":[]}", 400, "not a BulkRequest" },
    { "{\"schemas\":[1],\"Operations\":[]}", 400, "not a BulkRequest" },
    { HEAD "\"x\":1}", 400, "Operations is not a list" },
    { OPS "null}", 400, "Operations is not a list" },
    { OPS "{}}", 400, "Operations is not a list" },
    { OPS "[]}", 400, "Operations is not a list" },
    { OPS "[1]}", 400, "Operations[0] has no method" },
    { OPS "[{\"path\":\"/Users/1\"}]}", 400, "Operations[0] has no method" },
    { OPS "[{\"method\":\"GET\",\"path\":\"/Users/1\"}]}", 400,
      "Operations[0] has no method" },
    { OPS "[{\"method\":1,\"path\":\"/Users/1\"}]}", 400,
      "Operations[0] has no method" },
    { OPS "[{\"method\":\"DELETE\",\"path\":\"/Users/1\"},"
      "{\"method\":\"DELETE\"}]}", 400, "Operations[1] has no path" },
    { OPS "[{\"method\":\"DELETE\",\"path\":null}]}", 400, "has no path" },
    { OPS "[{\"method\":\"DELETE\",\"path\":[\"/Users/1\"]}]}", 400,
      "has no path" },
    { OPS "[{\"method\":\"POST\",\"path\":\"/Users\",\"data\":{}}]}", 400,
      "Operations[0] is a POST without a bulkId" },
    { OPS "[{\"method\":\"POST\",\"path\":\"/Users\",\"data\":{},"
      "\"bulkId\":\"\"}]}", 400, "without a bulkId" },
    { OPS "[{\"method\":\"POST\",\"path\":\"/Users\",\"data\":{},"
      "\"bulkId\":null}]}", 400, "without a bulkId" },
    { OPS "[{\"method\":\"POST\",\"path\":\"/Users\",\"data\":{},"
      "\"bulkId\":7}]}", 400, "bulkId of Operations[0] is not a string" },
    { OPS "[{\"method\":\"PUT\",\"path\":\"/Users/1\",\"data\":{},"
      "\"version\":7}]}", 400, "version of Operations[0] is not a string" },
    { OPS "[{\"method\":\"POST\",\"path\":\"/Users\",\"data\":{},"
      "\"version\":7,\"bulkId\":\"a\"}]}", 0, "" },

    { OPS "[{\"method\":\"POST\",\"path\":\"/Users\",\"data\":{},"
      "\"bulkId\":\"a\"},{\"method\":\"POST\",\"path\":\"/Users\","
      "\"data\":{},\"bulkId\":\"A\"}]}", 0, "" },
    { OPS "[{\"method\":\"POST\",\"path\":\"/Users\",\"data\":{},"
      "\"bulkId\":\"a\"},{\"method\":\"POST\",\"path\":\"/Users\","
      "\"data\":{},\"bulkId\":\"b\"},{\"method\":\"POST\","
      "\"path\":\"/Groups\",\"data\":{},\"bulkId\":\"a\"}]}", 400,
      "Operations[2] has the bulkId of another" },
    { OPS "[{\"method\":\"POST\",\"path\":\"/Users\",\"data\":{},"
      "\"bulkId\":\"a\"},{\"method\":\"DELETE\",\"path\":\"/Users/1\","
      "\"bulkId\":\"a\"}]}", 0, "" },

    { OPS "[{\"method\":\"DELETE\",\"path\":\"/Users/1\"},"
      "{\"method\":\"DELETE\",\"path\":\"/Users/1\"},"
      "{\"method\":\"DELETE\",\"path\":\"/Users/1\"},"
      "{\"method\":\"DELETE\",\"path\":\"/Users/1\"}]}", 0, "" },
    { OPS "[{},{},{},{},{}]}", 413, "maxOperations (4)" },

    { HEAD "\"failOnErrors\":1,\"Operations\":[{\"method\":\"DELETE\","
      "\"path\":\"/Users/1\"}]}", 0, "" },
    { HEAD "\"failOnErrors\":99999999999999999999999,\"Operations\":[{"
      "\"method\":\"DELETE\",\"path\":\"/Users/1\"}]}", 0, "" },
    { HEAD "\"failOnErrors\":null,\"Operations\":[{\"method\":\"DELETE\","
      "\"path\":\"/Users/1\"}]}", 0, "" },
    { HEAD "\"failOnErrors\":0,\"Operations\":[{\"method\":\"DELETE\","
      "\"path\":\"/Users/1\"}]}", 400, "failOnErrors" },
    { HEAD "\"failOnErrors\":-1,\"Operations\":[{\"method\":\"DELETE\","
      "\"path\":\"/Users/1\"}]}", 400, "failOnErrors" },
    { HEAD "\"failOnErrors\":1.5,\"Operations\":[{\"method\":\"DELETE\","
      "\"path\":\"/Users/1\"}]}", 400, "failOnErrors" },
    { HEAD "\"failOnErrors\":\"1\",\"Operations\":[{\"method\":\"DELETE\","
      "\"path\":\"/Users/1\"}]}", 400, "failOnErrors" },
    { HEAD "\"failOnErrors\":true,\"Operations\":[{\"method\":\"DELETE\","
      "\"path\":\"/Users/1\"}]}", 400, "failOnErrors" }
};


static const path_case_t  paths[] = {
    { "POST", "/Users", "User", "", 0 },
    { "post", "/Users", "User", "", 0 },
    { "POST", "Users", "User", "", 0 },
    { "POST", "/Users/", "User", "", 0 },
    { "POST", "/Groups", "Group", "", 0 },
    { "POST", "https://example.com/scim/v2/Users", "User", "", 0 },
    { "POST", "https://example.com/Users", "User", "", 0 },
    { "POST", "https://example.com", NULL, "", 404 },
    { "POST", "https://Users", NULL, "", 404 },
    { "POST", "/Users/1", "User", "", 400 },
    { "POST", "https://example.com/v2/Users/1", NULL, "", 404 },
    { "POST", "/Users/bulkId:x", "User", "", 400 },
    { "POST", "/users", NULL, "", 404 },
    { "POST", "/Nothing", NULL, "", 404 },
    { "POST", "/v2/Users", NULL, "", 404 },
    { "POST", "/Bulk", NULL, "", 404 },
    { "POST", "", NULL, "", 404 },
    { "POST", "/", NULL, "", 404 },
    { "POST", "///", NULL, "", 404 },
    { "POST", "//Users", NULL, "", 404 },

    { "PUT", "/Users/1", "User", "1", 0 },
    { "Put", "Users/1", "User", "1", 0 },
    { "PATCH", "/Groups/1/", "Group", "1", 0 },
    { "patch", "/Users/2819c223-7f76-453a-919d-413861904646", "User",
      "2819c223-7f76-453a-919d-413861904646", 0 },
    { "DELETE", "https://example.com/scim/v2/Users/1", "User", "1", 0 },
    { "DELETE", "http://h/Users/1/", "User", "1", 0 },
    { "DELETE", "/Users/bulkId:a/b", "User", "bulkId:a/b", 0 },
    { "DELETE", "https://example.com/v2/Users/bulkId:a", "User", "bulkId:a",
      0 },
    { "DELETE", "/Users", "User", "", 400 },
    { "DELETE", "/Users/", "User", "", 400 },
    { "DELETE", "/Users/1/2", NULL, "", 404 },
    { "DELETE", "/Users//1", NULL, "", 404 },
    { "DELETE", "/Nothing/1", NULL, "", 404 },
    { "DELETE", "/Me", NULL, "", 404 },
    { "DELETE", "1", NULL, "", 404 },
    { "DELETE", "://", NULL, "", 404 },
    { "DELETE", "a://b", NULL, "", 404 }
};


/* beside two POSTs with the bulkIds a (id A) and b/"c (id B) */

static const data_case_t  datas[] = {
    { "PUT", "{\"x\":\"y\"}", "{\"x\":\"y\"}" },
    { "PUT", "{\"x\":\"bulkId:a\"}", "{\"x\":\"A\"}" },
    { "PUT", "{\"x\":{\"y\":[1,\"bulkId:a\",null,\"bulkId:b/\\\"c\"]}}",
      "{\"x\":{\"y\":[1,\"A\",null,\"B\"]}}" },
    { "PUT", "{\"$ref\":\"../Users/bulkId:a\"}", "{\"$ref\":\"../Users/A\"}" },
    { "PUT", "{\"$ref\":\"https://h/Users/bulkId:a\"}",
      "{\"$ref\":\"https://h/Users/A\"}" },
    { "PUT", "{\"$ref\":\"/bulkId:a\"}", "{\"$ref\":\"/A\"}" },
    { "PUT", "{\"x\":\"bulkId:A\"}", NULL },
    { "PUT", "{\"x\":\"bulkId:\"}", NULL },
    { "PUT", "{\"x\":\"bulkId:aa\"}", NULL },
    { "PUT", "{\"x\":\"/Users/bulkId:z\"}", NULL },
    { "PUT", "{\"x\":\" bulkId:a\"}", "{\"x\":\" bulkId:a\"}" },
    { "PUT", "{\"x\":\"see bulkId:a\"}", "{\"x\":\"see bulkId:a\"}" },
    { "PUT", "{\"bulkId:a\":\"x\"}", "{\"bulkId:a\":\"x\"}" },
    { "PUT", "{\"x\":\"bulkId\"}", "{\"x\":\"bulkId\"}" },
    { "PUT", "{\"path\":\"m[value eq \\\"bulkId:a\\\"]\"}",
      "{\"path\":\"m[value eq \\\"bulkId:a\\\"]\"}" },
    { "PUT", "\"bulkId:a\"", "\"A\"" },

    { "PATCH", "{\"Operations\":[{\"op\":\"add\",\"path\":\"members\","
      "\"value\":[{\"value\":\"bulkId:a\"}]}]}",
      "{\"Operations\":[{\"op\":\"add\",\"path\":\"members\","
      "\"value\":[{\"value\":\"A\"}]}]}" },
    { "PATCH", "{\"Operations\":[{\"op\":\"remove\",\"Path\":"
      "\"members[value eq \\\"bulkId:a\\\"]\"}]}",
      "{\"Operations\":[{\"op\":\"remove\",\"Path\":"
      "\"members[value eq \\\"A\\\"]\"}]}" },
    { "PATCH", "{\"path\":\"m[v eq \\\"bulkId:a\\\" or v eq \\\"bulkId:a\\\" "
      "or v eq \\\"a\\\"].x\"}", "{\"path\":\"m[v eq \\\"A\\\" or v eq "
      "\\\"A\\\" or v eq \\\"a\\\"].x\"}" },
    { "PATCH", "{\"path\":\"m[v eq \\\"bulkId:z\\\"]\"}", NULL },
    { "PATCH", "{\"path\":\"m[v eq \\\"bulkId:a\"}",
      "{\"path\":\"m[v eq \\\"A\"}" },
    { "PATCH", "{\"path\":\"\\\"bulkId:\"}", NULL }
};


static const scim_json_limits_t  limits = { 64, 1000, 100000, 1000000, 8192 };


static scim_json_t *
json(scim_arena_t *arena, const char *text)
{
    scim_str_t    s;
    scim_json_t  *json;
    scim_error_t  err;

    s = tap_str(text);

    if (scim_json_parse(arena, &limits, &s, &json, &err) != SCIM_OK) {
        diag("%s: %s", text, err.detail);
        return NULL;
    }

    return json;
}


/* ids of POST: A, B, C, ... */

static void
assign(scim_bulk_t *bulk)
{
    size_t  i, n;

    static unsigned char  ids[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (i = 0, n = 0; i < bulk->n; i++) {
        if (bulk->ops[i].method == SCIM_BULK_POST) {
            bulk->ops[i].id.data = &ids[n++];
            bulk->ops[i].id.len = 1;
        }
    }
}


static int
plan_of(const char *text, size_t operations, scim_bulk_t *bulk)
{
    scim_error_t   err;
    scim_arena_t  *arena;

    arena = tap_arena();

    if (scim_bulk_parse(arena, scim_registry_builtin(), operations,
                        json(arena, text), bulk, &err)
        != SCIM_OK)
    {
        diag("%s", err.detail);
        return SCIM_ERROR;
    }

    assign(bulk);

    return scim_bulk_resolve(arena, bulk, &err);
}


static void
test_bodies(void)
{
    int                 rc;
    size_t              i;
    scim_bulk_t         bulk;
    scim_error_t        err;
    scim_arena_t       *arena;
    const body_case_t  *t;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        t = &bodies[i];
        arena = tap_arena();
        memset(&err, 0, sizeof(scim_error_t));

        rc = scim_bulk_parse(arena, scim_registry_builtin(), LIMIT,
                             json(arena, t->text), &bulk, &err);

        if (!ok((rc == SCIM_OK) == (t->status == 0)
                && err.status == t->status
                && strstr(err.detail, t->detail)
                && err.type == (t->status == 400 ? SCIM_INVALID_SYNTAX
                                                 : SCIM_TYPE_NONE),
                "%d %s", t->status, t->text))
        {
            diag("%d %s", err.status, err.detail);
        }
    }

    is(scim_bulk_parse(tap_arena(), scim_registry_builtin(), LIMIT, NULL,
                       &bulk, &err),
       SCIM_ERROR, "no body at all");
}


static void
test_paths(void)
{
    char                text[512];
    size_t              i;
    scim_bulk_t         bulk;
    scim_error_t        err;
    scim_arena_t       *arena;
    scim_bulk_op_t     *op;
    const path_case_t  *t;

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        t = &paths[i];
        arena = tap_arena();

        sprintf(text, OPS "[{\"method\":\"%s\",\"path\":\"%s\",\"bulkId\":"
                      "\"a\",\"data\":{},\"version\":\"W/\\\"1\\\"\"}]}",
                t->method, t->path);

        if (!is(scim_bulk_parse(arena, scim_registry_builtin(), LIMIT,
                                json(arena, text), &bulk, &err),
                SCIM_OK, "%s %s", t->method, t->path))
        {
            continue;
        }

        op = &bulk.ops[0];

        is(op->error.status, t->status, "%s %s status", t->method, t->path);
        ok((op->rtype == NULL) == (t->type == NULL)
           && (op->rtype == NULL
               || scim_str_is(&op->rtype->name, t->type)),
           "%s %s type", t->method, t->path);
        is_str(&op->id, t->id, "%s %s id", t->method, t->path);
        is_str(&op->path, t->path, "%s %s path", t->method, t->path);
        ok((op->version.data == NULL) == (op->method == SCIM_BULK_POST),
           "%s %s version", t->method, t->path);
        ok((op->data == NULL) == (op->method == SCIM_BULK_DELETE),
           "%s %s data", t->method, t->path);
    }
}


static void
test_datas(void)
{
    char                text[1024];
    size_t              i;
    scim_buf_t          b;
    scim_str_t          got;
    scim_bulk_t         bulk;
    scim_bulk_op_t     *op;
    const data_case_t  *t;

    for (i = 0; i < sizeof(datas) / sizeof(datas[0]); i++) {
        t = &datas[i];

        sprintf(text, OPS "[{\"method\":\"%s\",\"path\":\"/Groups/1\","
                      "\"data\":%s},{\"method\":\"POST\",\"path\":\"/Users\","
                      "\"bulkId\":\"a\",\"data\":{}},{\"method\":\"POST\","
                      "\"path\":\"/Users\",\"bulkId\":\"b/\\\"c\","
                      "\"data\":{}}]}", t->method, t->data);

        if (!is(plan_of(text, LIMIT, &bulk), SCIM_OK, "%s", t->data)) {
            continue;
        }

        op = &bulk.ops[0];

        is(op->error.status, t->want ? 0 : 409, "%s: error", t->data);

        if (t->want) {
            scim_buf_init(&b, tap_arena(), 64);
            scim_json_write(&b, op->data);
            got.data = b.data;
            got.len = b.len;
            is_str(&got, t->want, "%s: ids", t->data);
        }
    }
}


/* bytes that it takes to replace the bulkIds of paths like this one */

static size_t  taken;


static void *
count(void *data, size_t size)
{
    taken += size;

    return tap_alloc(data, size);
}


static void
test_memory(void)
{
    char           text[20000], *p;
    size_t         i;
    scim_bulk_t    bulk;
    scim_error_t   err;
    scim_arena_t   arena;

    p = text + sprintf(text, OPS "[{\"method\":\"POST\",\"path\":\"/Users\","
                             "\"bulkId\":\"a\",\"data\":{}},{\"method\":"
                             "\"PATCH\",\"path\":\"/Groups/1\",\"data\":"
                             "{\"path\":\"");

    for (i = 0; i < 800; i++) {
        p += sprintf(p, "\\\"bulkId:a\\\"");
    }

    strcpy(p, "\"}}]}");

    if (scim_bulk_parse(tap_arena(), scim_registry_builtin(), LIMIT,
                        json(tap_arena(), text), &bulk, &err)
        != SCIM_OK)
    {
        ok(0, "a path with many bulkIds");
        return;
    }

    assign(&bulk);
    taken = 0;
    scim_arena_init(&arena, count, &tap_mem);

    is(scim_bulk_resolve(&arena, &bulk, &err), SCIM_OK,
       "a path with many bulkIds");
    is(bulk.ops[1].data->first->str.len, 800 * 3, "all of them replaced");
    ok(taken < 64 * 1024, "without copies of the path for each");
}


static void
test_lacks(void)
{
    scim_bulk_t  bulk;

    if (plan_of(OPS "[{\"method\":\"POST\",\"path\":\"/Users\","
                    "\"bulkId\":\"a\"},"
                    "{\"method\":\"PATCH\",\"path\":\"/Users/bulkId:a\","
                    "\"data\":{}},"
                    "{\"method\":\"PUT\",\"path\":\"/Users/1\","
                    "\"data\":null},"
                    "{\"method\":\"PATCH\",\"path\":\"/Users/bulkId:zz\","
                    "\"data\":{}}]}", LIMIT, &bulk)
        != SCIM_OK)
    {
        ok(0, "operations that lack something");
        return;
    }

    is(bulk.ops[0].error.status, 400, "POST without data");
    is(bulk.ops[1].error.status, 0, "PATCH of what it makes");
    is_str(&bulk.ops[1].id, "A", "and its id");
    is(bulk.ops[2].error.status, 400, "PUT without data");
    is(bulk.ops[3].error.status, 409, "PATCH of a bulkId nobody has");

    ok(scim_bulk_next(&bulk) == NULL && scim_bulk_ended(&bulk),
       "nothing of it runs");
    is(bulk.ops[1].status, 409, "PATCH of what was not made");
}


/* runs all that can run; POST is 201, DELETE 204, others 200 */

static void
run_all(scim_bulk_t *bulk)
{
    scim_bulk_op_t  *op;

    while ((op = scim_bulk_next(bulk)) != NULL) {
        op->state = SCIM_BULK_DONE;
        op->status = 200;
        op->etag = 1;

        if (op->method == SCIM_BULK_POST) {
            op->status = 201;

        } else if (op->method == SCIM_BULK_DELETE) {
            op->status = 204;
            op->etag = 0;
        }
    }

    ok(scim_bulk_ended(bulk), "all has ended");
}


static void
written(const scim_bulk_t *bulk, const char *want, const char *name)
{
    scim_buf_t  b;
    scim_str_t  got;

    static const scim_str_t  base = scim_string("https://example.com/v2");

    scim_buf_init(&b, tap_arena(), 64);
    scim_bulk_write(&b, bulk, &base);

    got.data = b.data;
    got.len = b.len;

    is_str(&got, want, "%s", name);
}


#define RESPONSE  "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:"    \
                  "BulkResponse\"],\"Operations\":["
#define ERR  "\"response\":{\"schemas\":[\"urn:ietf:params:scim:api:messages" \
             ":2.0:Error\"],\"status\":"


static void
test_circular(void)
{
    scim_bulk_t  bulk;

    /* section 3.7.1 */

    if (plan_of(OPS "[{\"method\":\"POST\",\"path\":\"/Groups\","
                    "\"bulkId\":\"qwerty\",\"data\":{\"schemas\":[\""
                    URN_GROUP "\"],\"displayName\":\"Group A\",\"members\":"
                    "[{\"type\":\"Group\",\"value\":\"bulkId:ytrewq\"}]}},"
                    "{\"method\":\"POST\",\"path\":\"/Groups\","
                    "\"bulkId\":\"ytrewq\",\"data\":{\"schemas\":[\""
                    URN_GROUP "\"],\"displayName\":\"Group B\",\"members\":"
                    "[{\"type\":\"Group\",\"value\":\"bulkId:qwerty\"}]}}]}",
                LIMIT, &bulk)
        != SCIM_OK)
    {
        ok(0, "a circle");
        return;
    }

    run_all(&bulk);

    written(&bulk, RESPONSE "{\"method\":\"POST\",\"bulkId\":\"qwerty\","
            "\"status\":\"409\"," ERR "\"409\",\"detail\":\"the operation "
            "refers to resources that are members of each other in a circle\""
            "}},{\"method\":\"POST\",\"bulkId\":\"ytrewq\","
            "\"status\":\"409\"," ERR "\"409\",\"detail\":\"the operation "
            "refers to resources that are members of each other in a circle\""
            "}}]}", "a circle");
}


static void
test_member(void)
{
    scim_bulk_t  bulk;

    /* section 3.7.2, and the other way round */

    if (plan_of(OPS "[{\"method\":\"POST\",\"path\":\"/Users\","
                    "\"bulkId\":\"qwerty\",\"data\":{\"schemas\":[\"" URN_USER
                    "\"],\"userName\":\"Alice\"}},"
                    "{\"method\":\"POST\",\"path\":\"/Groups\","
                    "\"bulkId\":\"ytrewq\",\"data\":{\"schemas\":[\""
                    URN_GROUP "\"],\"displayName\":\"Tour Guides\","
                    "\"members\":[{\"type\":\"User\",\"value\":"
                    "\"bulkId:qwerty\"}]}}]}",
                LIMIT, &bulk)
        != SCIM_OK)
    {
        ok(0, "a member");
        return;
    }

    ok(bulk.ops[0].nafter == 0 && bulk.ops[1].nafter == 1
       && bulk.ops[1].after[0] == 0 && bulk.ops[1].nneeds == 1,
       "the group waits for its member");

    run_all(&bulk);

    written(&bulk, RESPONSE "{\"location\":\"https://example.com/v2/Users/A\","
            "\"method\":\"POST\",\"bulkId\":\"qwerty\",\"version\":"
            "\"W/\\\"1\\\"\",\"status\":\"201\"},{\"location\":"
            "\"https://example.com/v2/Groups/B\",\"method\":\"POST\","
            "\"bulkId\":\"ytrewq\",\"version\":\"W/\\\"1\\\"\","
            "\"status\":\"201\"}]}", "a member");
}


static void
test_manager(void)
{
    scim_buf_t   b;
    scim_str_t   got;
    scim_bulk_t  bulk;

    /* section 3.7.2, second example */

    if (plan_of(OPS "[{\"method\":\"POST\",\"path\":\"/Users\","
                    "\"bulkId\":\"qwerty\",\"data\":{\"schemas\":[\"" URN_USER
                    "\"],\"userName\":\"Alice\"}},"
                    "{\"method\":\"POST\",\"path\":\"/Users\","
                    "\"bulkId\":\"ytrewq\",\"data\":{\"schemas\":[\"" URN_USER
                    "\",\"" URN_ENT "\"],\"userName\":\"Bob\",\"" URN_ENT
                    "\":{\"employeeNumber\":\"11250\",\"manager\":{\"value\":"
                    "\"bulkId:qwerty\"}}}}]}",
                LIMIT, &bulk)
        != SCIM_OK)
    {
        ok(0, "a manager");
        return;
    }

    scim_buf_init(&b, tap_arena(), 64);
    scim_json_write(&b, bulk.ops[1].data);
    got.data = b.data;
    got.len = b.len;

    is_str(&got, "{\"schemas\":[\"" URN_USER "\",\"" URN_ENT "\"],"
           "\"userName\":\"Bob\",\"" URN_ENT "\":{\"employeeNumber\":"
           "\"11250\",\"manager\":{\"value\":\"A\"}}}", "a manager");
}


/* section 3.7.3; its PATCH is no JSON there and is mended here */

#define SECTION_373                                                           \
    "\"Operations\":[{\"method\":\"POST\",\"path\":\"/Users\","               \
    "\"bulkId\":\"qwerty\",\"data\":{\"schemas\":[\"urn:ietf:params:scim:"    \
    "api:messages:2.0:User\"],\"userName\":\"Alice\"}},"                      \
    "{\"method\":\"PUT\",\"path\":\"/Users/b7c14771-226c-4d05-8860-"          \
    "134711653041\",\"version\":\"W\\/\\\"3694e05e9dff591\\\"\",\"data\":{"   \
    "\"schemas\":[\"" URN_USER "\"],\"id\":\"b7c14771-226c-4d05-8860-"        \
    "134711653041\",\"userName\":\"Bob\"}},"                                  \
    "{\"method\":\"PATCH\",\"path\":\"/Users/5d8d29d3-342c-4b5f-8683-"        \
    "a3cb6763ffcc\",\"version\":\"W/\\\"edac3253e2c0ef2\\\"\",\"data\":["     \
    "{\"op\":\"remove\",\"path\":\"nickName\"},{\"op\":\"add\",\"path\":"     \
    "\"userName\",\"value\":\"Dave\"}]},"                                     \
    "{\"method\":\"DELETE\",\"path\":\"/Users/e9025315-6bea-44e1-899c-"       \
    "1e07454e468b\",\"version\":\"W\\/\\\"0ee8add0a938e1a\\\"\"}]}"


static void
test_responses(void)
{
    scim_bulk_t      bulk;
    scim_bulk_op_t  *op;

    if (plan_of(HEAD "\"failOnErrors\":1," SECTION_373, LIMIT, &bulk)
        != SCIM_OK)
    {
        ok(0, "section 3.7.3");
        return;
    }

    is(bulk.fail_on_errors, 1, "failOnErrors");
    is_str(&bulk.ops[1].version, "W/\"3694e05e9dff591\"", "a version");

    run_all(&bulk);

    written(&bulk, RESPONSE "{\"location\":\"https://example.com/v2/Users/A\","
            "\"method\":\"POST\",\"bulkId\":\"qwerty\",\"version\":"
            "\"W/\\\"1\\\"\",\"status\":\"201\"},{\"location\":"
            "\"https://example.com/v2/Users/b7c14771-226c-4d05-8860-"
            "134711653041\",\"method\":\"PUT\",\"version\":\"W/\\\"1\\\"\","
            "\"status\":\"200\"},{\"location\":\"https://example.com/v2/Users/"
            "5d8d29d3-342c-4b5f-8683-a3cb6763ffcc\",\"method\":\"PATCH\","
            "\"version\":\"W/\\\"1\\\"\",\"status\":\"200\"},{\"location\":"
            "\"https://example.com/v2/Users/e9025315-6bea-44e1-899c-"
            "1e07454e468b\",\"method\":\"DELETE\",\"status\":\"204\"}]}",
            "section 3.7.3");

    /* the first one fails: no other is begun, none is told of */

    (void) plan_of(HEAD "\"failOnErrors\":1," SECTION_373, LIMIT, &bulk);

    op = scim_bulk_next(&bulk);
    ok(op == &bulk.ops[0] && scim_bulk_next(&bulk) == NULL
       && !scim_bulk_ended(&bulk), "one at a time");

    op->state = SCIM_BULK_FAILED;
    (void) scim_error(&op->error, 400, SCIM_INVALID_SYNTAX, "no");

    ok(scim_bulk_next(&bulk) == NULL && scim_bulk_ended(&bulk),
       "none after the one that failed");

    written(&bulk, RESPONSE "{\"method\":\"POST\",\"bulkId\":\"qwerty\","
            "\"status\":\"400\"," ERR "\"400\",\"scimType\":"
            "\"invalidSyntax\",\"detail\":\"no\"}}]}",
            "section 3.7.3, the first fails");

    /* all fail */

    (void) plan_of(HEAD SECTION_373, LIMIT, &bulk);

    while ((op = scim_bulk_next(&bulk)) != NULL) {
        op->state = SCIM_BULK_FAILED;
        op->etag = 5;
        (void) scim_error(&op->error, 412, SCIM_TYPE_NONE, "changed");
    }

    written(&bulk, RESPONSE "{\"method\":\"POST\",\"bulkId\":\"qwerty\","
            "\"status\":\"412\"," ERR "\"412\",\"detail\":\"changed\"}},"
            "{\"location\":\"https://example.com/v2/Users/"
            "b7c14771-226c-4d05-8860-134711653041\",\"method\":\"PUT\","
            "\"status\":\"412\"," ERR "\"412\",\"detail\":\"changed\"}},"
            "{\"location\":\"https://example.com/v2/Users/"
            "5d8d29d3-342c-4b5f-8683-a3cb6763ffcc\",\"method\":\"PATCH\","
            "\"status\":\"412\"," ERR "\"412\",\"detail\":\"changed\"}},"
            "{\"location\":\"https://example.com/v2/Users/"
            "e9025315-6bea-44e1-899c-1e07454e468b\",\"method\":\"DELETE\","
            "\"status\":\"412\"," ERR "\"412\",\"detail\":\"changed\"}}]}",
            "section 3.7.3, all fail");
}


static void
test_odd_answers(void)
{
    scim_bulk_t  bulk;

    (void) plan_of(OPS "[{\"method\":\"DELETE\",\"path\":\"/Users/a\\\"b\","
                       "\"bulkId\":\"q\\\\\"},{\"method\":\"DELETE\","
                       "\"path\":\"/Users/bulkId:z\"},{\"method\":\"DELETE\","
                       "\"path\":\"/No/1\"}]}", LIMIT, &bulk);
    run_all(&bulk);

    written(&bulk, RESPONSE "{\"location\":\"https://example.com/v2/Users/"
            "a\\\"b\",\"method\":\"DELETE\",\"bulkId\":\"q\\\\\","
            "\"status\":\"204\"},{\"method\":\"DELETE\",\"status\":\"409\","
            ERR "\"409\",\"detail\":\"the operation refers to a bulkId that no "
            "POST of the request has\"}},{\"method\":\"DELETE\","
            "\"status\":\"404\"," ERR "\"404\",\"detail\":\"the path of the "
            "operation leads nowhere\"}}]}", "odd names");
}


static int
bulk_nomem(scim_arena_t *arena, void *data)
{
    scim_buf_t       b;
    scim_str_t      *text;
    scim_json_t     *body;
    scim_bulk_t      bulk;
    scim_error_t     err;
    scim_bulk_op_t  *op;

    static const scim_str_t  base = scim_string("https://example.com");

    text = data;

    if (scim_json_parse(arena, NULL, text, &body, &err) != SCIM_OK
        || scim_bulk_parse(arena, scim_registry_builtin(), 10, body, &bulk,
                           &err)
           != SCIM_OK)
    {
        return err.status == 503 ? SCIM_ERROR : SCIM_OK;
    }

    assign(&bulk);

    if (scim_bulk_resolve(arena, &bulk, &err) != SCIM_OK) {
        return err.status == 503 ? SCIM_ERROR : SCIM_OK;
    }

    while ((op = scim_bulk_next(&bulk)) != NULL) {
        op->state = SCIM_BULK_DONE;
    }

    scim_buf_init(&b, arena, 0);
    scim_bulk_write(&b, &bulk, &base);

    return b.failed ? SCIM_ERROR : SCIM_OK;
}


int
main(void)
{
    scim_str_t  s;

    test_bodies();
    test_paths();
    test_datas();
    test_memory();
    test_lacks();
    test_circular();
    test_member();
    test_manager();
    test_responses();
    test_odd_answers();

    s = tap_str(OPS "[{\"method\":\"POST\",\"path\":\"/Groups\",\"bulkId\":"
                "\"a\",\"data\":{\"members\":[{\"value\":\"bulkId:b\",\"$ref\":"
                "\"/Users/bulkId:b\"}]}},{\"method\":\"POST\",\"path\":"
                "\"/Users\",\"bulkId\":\"b\",\"data\":{\"m\":\"bulkId:a\"}},"
                "{\"method\":\"PATCH\",\"path\":\"/Groups/bulkId:a\",\"data\":"
                "{\"path\":\"members[value eq \\\"bulkId:b\\\"]\"}},"
                "{\"method\":\"DELETE\",\"path\":\"/Users/bulkId:b\"},"
                "{\"method\":\"PUT\",\"path\":\"/Users/1\",\"data\":{}}]}");
    tap_nomem(bulk_nomem, &s, "a bulk request with everything");

    return done_testing();
}
