
/*
 * The order of a Bulk request: what waits for what, how many run at a time,
 * what fails with what, and random requests in random order, which must end
 * and break no rule.
 */


#include "tap.h"
#include "types.h"
#include "scim_bulk.h"


#define HEAD  "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:"        \
              "BulkRequest\"],\"Operations\":["

#define MAX  2000


typedef struct {
    const char  *name;
    const char  *ops;          /* one a word: see text_of() */
    const char  *want;         /* what each waits for; "!" is needed, "x" an
                                  error */
} order_case_t;


/*
 * u:A:x,y    POST a user with bulkId A who refers to x and y
 * g:A:x,y    POST a group with the members x and y
 * G:A:x,y    POST a group that refers to x and y elsewhere
 * p:i:x,y    PATCH group i, or bulkId i in capitals: add members
 * a:i:x      PATCH user i, refers to x
 * n:i        PATCH user i: userName
 * t:i:x      PUT user i, refers to x
 * d:i        DELETE user i
 */

static const order_case_t  orders[] = {

    { "independent", "u:A u:B p:7:5 a:1 g:C", "- - - - -" },
    { "users and groups do not wait", "d:1 g:A:5", "- -" },

    { "a member made before", "u:A g:B:A", "- 0!" },
    { "a member made later", "g:B:A u:A", "1! -" },
    { "many members, each once", "u:A u:B g:C:A,B,A,B,A", "- - 0!1!" },
    { "members by PATCH", "p:1:A u:A", "1! -" },
    { "a manager", "u:A u:B:A", "- 0!" },
    { "a manager made later", "u:B:A u:A", "1! -" },
    { "groups in groups", "g:A:B g:B:C g:C:D u:D", "1! 2! 3! -" },

    { "circle over members", "g:A:B g:B:A", "x x" },
    { "own member", "g:A:A", "x" },
    { "long circle", "g:A:B g:B:C g:C:D g:D:A u:E", "x x x x -" },
    { "who needs a circle", "g:A:B g:B:A g:C:A p:1:B g:D p:D:C",
      "x x x x - x" },
    { "circle over managers", "u:A:B u:B:A", "- 0!" },
    { "own manager", "u:A:A", "-" },
    { "circle over other references of groups", "G:A:B G:B:A", "- 0!" },
    { "half of the circle are members", "g:A:B G:B:A", "1! -" },
    { "the other half", "G:A:B g:B:A", "- 0!" },
    { "members and references to the same", "u:A g:B:A G:C:B,A",
      "- 0! 1!0!" },
    { "a circle and a way into it", "u:A:B u:B:C u:C:B", "- - 1!" },

    { "a circle, and who waits for it and for another",
      "u:D u:A:D,B u:B:A", "- 0! 1!" },

    { "unknown bulkId", "g:A:Z u:B g:C:A", "x - 0!" },
    { "a circle that an error breaks", "g:A:B g:B:A,Z", "1! x" },

    { "one resource", "a:1 a:1 a:2 a:1", "- 0 - 1" },
    { "one resource, ends with DELETE", "a:1 a:1 d:1 a:1", "- 0 1 2" },
    { "its POST comes first", "a:A u:A a:A", "1! - 1!0" },
    { "DELETE of what will be made", "d:A u:A", "1! -" },
    { "PATCH of a new group by another", "p:A:B g:A u:B", "2!1! - -" },
    { "ids in any case", "a:f a:F:", "- 0" },
    { "an error in the row", "a:1 a:1:Z a:1", "- x 0" },

    { "names: DELETE, then POST", "d:1 u:A", "- 0" },
    { "names: POST, then DELETE", "u:A d:1", "- 0" },
    { "names: runs", "u:A u:B u:C d:1 d:2 u:D u:E", "- - 10 2 23 4 4" },
    { "names: PUT stands alone", "u:A t:1 t:2 u:B", "- 0 1 2" },
    { "names: PATCH of it too", "n:1 n:2 u:A a:3", "- 0 1 -" },
    { "names: types apart", "d:1 g:A u:B", "- - 0" },
    { "names give way to members", "g:A:C p:1:C d:9 g:C", "3! 3! - -" },
    { "names and a manager", "u:A:C d:1 u:C", "- 0 1" }
};


static unsigned  seed = 20240229;


static unsigned
random_below(unsigned n)
{
    seed = seed * 1103515245 + 12345;

    return (seed >> 16) % n;
}


static void
refs(scim_buf_t *b, const char *p, const char *end)
{
    int  first;

    for (first = 1; p < end; first = 0) {
        if (!first) {
            scim_buf_char(b, ',');
        }

        scim_buf_lit(b, "{\"value\":\"");

        if (*p >= 'A' && *p <= 'Z') {
            scim_buf_lit(b, "bulkId:");
        }

        while (p < end && *p != ',') {
            scim_buf_char(b, (unsigned char) *p++);
        }

        scim_buf_lit(b, "\"}");
        p += (p < end);
    }
}


static void
operation(scim_buf_t *b, const char *word, size_t len)
{
    char         kind, name[32];
    size_t       n;
    const char  *p, *end;

    kind = *word;
    p = word + 2;
    end = word + len;

    for (n = 0; p + n < end && p[n] != ':'; n++) { /* void */ }

    memcpy(name, p, n);
    name[n] = '\0';
    p += n + (p + n < end);

    scim_buf_lit(b, "{\"method\":\"");

    if (kind == 'u' || kind == 'g' || kind == 'G') {
        scim_buf_lit(b, "POST\",\"path\":\"");
        scim_buf_add(b, kind == 'u' ? "/Users" : "/Groups",
                     kind == 'u' ? 6 : 7);
        scim_buf_lit(b, "\",\"bulkId\":\"");
        scim_buf_add(b, name, n);

    } else {
        if (kind == 't') {
            scim_buf_lit(b, "PUT");

        } else if (kind == 'd') {
            scim_buf_lit(b, "DELETE");

        } else {
            scim_buf_lit(b, "PATCH");
        }

        scim_buf_lit(b, "\",\"path\":\"");
        scim_buf_add(b, kind == 'p' ? "/Groups/" : "/Users/",
                     kind == 'p' ? 8 : 7);

        /* all capitals but F are bulkIds */

        if (*name >= 'A' && *name <= 'Z' && *name != 'F') {
            scim_buf_lit(b, "bulkId:");
        }

        scim_buf_add(b, name, n);
    }

    scim_buf_lit(b, "\",\"data\":{");

    if (kind == 'n') {
        scim_buf_lit(b, "\"op\":\"replace\",\"path\":\"userName\","
                        "\"value\":\"x\"");

    } else {
        if (kind == 'g') {
            scim_buf_lit(b, "\"Members\":[");

        } else {
            scim_buf_lit(b, "\"other\":[");
        }

        refs(b, p, end);
        scim_buf_char(b, ']');
    }

    scim_buf_lit(b, "}}");
}


static int
plan_of(scim_arena_t *arena, const char *ops, scim_bulk_t *bulk)
{
    size_t        i, len;
    scim_buf_t    b;
    scim_str_t    text;
    scim_json_t  *body;
    scim_error_t  err;

    scim_buf_init(&b, arena, 1024);
    scim_buf_lit(&b, HEAD);

    for (i = 0; *ops; i++) {
        if (i) {
            scim_buf_char(&b, ',');
        }

        len = strcspn(ops, " ");
        operation(&b, ops, len);
        ops += len + (ops[len] == ' ');
    }

    scim_buf_lit(&b, "]}");

    text.data = b.data;
    text.len = b.len;

    if (scim_json_parse(arena, NULL, &text, &body, &err) != SCIM_OK
        || scim_bulk_parse(arena, scim_registry_builtin(), MAX, body, bulk,
                           &err)
           != SCIM_OK)
    {
        diag("%s", err.detail);
        return SCIM_ERROR;
    }

    for (i = 0; i < bulk->n; i++) {
        if (bulk->ops[i].method == SCIM_BULK_POST) {
            bulk->ops[i].id.data = scim_alloc_bytes(arena, 16);
            bulk->ops[i].id.len = sprintf((char *) bulk->ops[i].id.data,
                                          "id-%d", (int) i);
        }
    }

    return scim_bulk_resolve(arena, bulk, &err);
}


static void
test_orders(void)
{
    char                   got[256], *p;
    size_t                 i, j, k;
    scim_str_t             s;
    scim_bulk_t            bulk;
    const order_case_t    *t;
    const scim_bulk_op_t  *op;

    for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        t = &orders[i];

        if (plan_of(tap_arena(), t->ops, &bulk) != SCIM_OK) {
            ok(0, "%s", t->name);
            continue;
        }

        p = got;

        for (j = 0; j < bulk.n; j++) {
            op = &bulk.ops[j];

            if (j) {
                *p++ = ' ';
            }

            if (op->error.status) {
                p += sprintf(p, op->error.status == 409 && op->nafter == 0
                                ? "x" : "?");
                continue;
            }

            for (k = 0; k < op->nafter; k++) {
                p += sprintf(p, "%d%s", (int) op->after[k],
                             k < op->nneeds ? "!" : "");
            }

            if (op->nafter == 0) {
                *p++ = '-';
            }
        }

        s.data = (unsigned char *) got;
        s.len = p - got;

        is_str(&s, t->want, "%s: %s", t->name, t->ops);
    }
}


/* runs it, with up to "width" at a time that end in random order; those whose
 * index is in "fail" fail */

static void
run(scim_bulk_t *bulk, size_t width, const char *fail)
{
    size_t           n, i;
    scim_bulk_op_t  *op, *running[64];

    n = 0;

    for ( ;; ) {

        while (n < width && (op = scim_bulk_next(bulk)) != NULL) {
            running[n++] = op;
        }

        if (n == 0) {
            break;
        }

        i = random_below((unsigned) n);
        op = running[i];
        running[i] = running[--n];

        op->state = SCIM_BULK_DONE;
        op->status = 200;

        if (strchr(fail, '0' + (int) (op - bulk->ops))) {
            op->state = SCIM_BULK_FAILED;
            (void) scim_error(&op->error, 400, SCIM_INVALID_VALUE, "no");
        }
    }
}


static void
test_failures(void)
{
    char         got[64], *p;
    size_t       i, j;
    scim_str_t   s;
    scim_bulk_t  bulk;

    static const struct {
        const char  *ops;
        int64_t      fail_on_errors;
        const char  *fail;       /* indexes that fail when they run */
        const char  *want;       /* status of each, "-" not run */
    } cases[] = {
        { "u:A u:B u:C", 0, "", "200 200 200" },
        { "u:A u:B u:C", 0, "1", "200 400 200" },
        { "u:A g:B:A p:B:5 p:B:6", 0, "0", "400 409 409 409" },
        { "u:A g:B:A p:B:5 p:B:6", 0, "1", "200 400 409 409" },
        { "u:A g:B:A p:B:5 p:B:6", 0, "2", "200 200 400 200" },
        { "g:D:C g:C:B g:B:A g:A", 0, "3", "409 409 409 400" },
        { "a:1 a:1 a:1", 0, "0", "400 200 200" },
        { "d:1 u:A", 0, "0", "400 200" },
        { "u:A u:B:A", 0, "0", "400 409" },
        { "g:A:B g:B:A u:C", 0, "", "409 409 200" },
        { "g:A:Z p:A:5 u:C", 0, "", "409 409 200" },

        { "u:A u:B u:C", 1, "", "200 200 200" },
        { "u:A u:B u:C", 1, "0", "400 - -" },
        { "u:A u:B u:C", 1, "1", "200 400 -" },
        { "u:A u:B u:C", 1, "2", "200 200 400" },
        { "u:A u:B u:C u:D", 2, "01", "400 400 - -" },
        { "u:A u:B u:C u:D", 2, "03", "400 200 200 400" },
        { "u:A u:B u:C u:D", 3, "013", "400 400 200 400" },
        { "u:A g:B:Z u:C", 1, "", "200 409 -" },
        { "g:B:Z u:C", 1, "", "409 -" },
        { "g:B:A u:A u:C", 1, "1", "- 400 -" },
        { "u:A g:B:A u:C", 2, "0", "400 409 -" },
        { "u:A u:B", INT64_MAX, "01", "400 400" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        if (plan_of(tap_arena(), cases[i].ops, &bulk) != SCIM_OK) {
            ok(0, "%s", cases[i].ops);
            continue;
        }

        bulk.fail_on_errors = cases[i].fail_on_errors;
        run(&bulk, 16, cases[i].fail);

        for (p = got, j = 0; j < bulk.n; j++) {
            if (bulk.ops[j].state == SCIM_BULK_WAITING) {
                p += sprintf(p, "%s-", j ? " " : "");

            } else {
                p += sprintf(p, "%s%d", j ? " " : "",
                             bulk.ops[j].error.status
                             ? bulk.ops[j].error.status
                             : bulk.ops[j].status);
            }
        }

        s.data = (unsigned char *) got;
        s.len = p - got;

        is_str(&s, cases[i].want, "%s, %d errors allowed, fail: %s",
               cases[i].ops, (int) cases[i].fail_on_errors, cases[i].fail);
        ok(scim_bulk_ended(&bulk), "and it has ended");
    }
}


/* what must hold of every order */

static int
follows(const scim_bulk_t *bulk, const scim_bulk_op_t *op)
{
    size_t                 i;
    const scim_bulk_op_t  *other;

    for (i = 0; i < bulk->n; i++) {
        other = &bulk->ops[i];

        if (other == op || other->error.status || op->id.len == 0
            || !scim_str_eq(&other->id, &op->id))
        {
            continue;
        }

        /* one resource: its POST, then the others in their order */

        if (other->state == SCIM_BULK_WAITING
            && (other->method == SCIM_BULK_POST
                || (other < op && op->method != SCIM_BULK_POST)))
        {
            return 0;
        }

        if (other->state == SCIM_BULK_RUNNING) {
            return 0;
        }
    }

    return 1;
}


static void
random_ops(char *text, size_t n)
{
    char    kind;
    size_t  i, j, refs;

    for (i = 0; i < n; i++) {
        kind = "uugggGpatdn"[random_below(11)];

        if (kind == 'u' || kind == 'g' || kind == 'G') {
            text += sprintf(text, "%c:A%d", kind, (int) i);

        } else if (random_below(2)) {
            text += sprintf(text, "%c:A%d", kind, random_below((unsigned) n));

        } else {
            text += sprintf(text, "%c:%d", kind, random_below(3));
        }

        refs = random_below(4);

        for (j = 0; j < refs; j++) {
            text += sprintf(text, "%cA%d", j ? ',' : ':',
                            random_below((unsigned) n));
        }

        *text++ = ' ';
    }

    *--text = '\0';
}


static void
test_random(void)
{
    int              wrong, stuck, round;
    char            *text;
    size_t           n, j, k, done;
    scim_bulk_t      bulk;
    scim_bulk_op_t  *op, *running[16];

    wrong = 0;
    stuck = 0;
    done = 0;
    text = malloc(4096);

    for (round = 0; round < 1000; round++) {
        random_ops(text, 1 + random_below(12));

        if (plan_of(tap_arena(), text, &bulk) != SCIM_OK) {
            wrong++;
            continue;
        }

        n = 0;

        for ( ;; ) {

            while (n < 4 && (op = scim_bulk_next(&bulk)) != NULL) {
                if (op->state != SCIM_BULK_RUNNING || op->error.status
                    || op->nafter)
                {
                    wrong++;
                }

                op->state = SCIM_BULK_WAITING;
                wrong += !follows(&bulk, op);
                op->state = SCIM_BULK_RUNNING;

                running[n++] = op;
            }

            if (n == 0) {
                break;
            }

            j = random_below((unsigned) n);
            op = running[j];
            running[j] = running[--n];
            op->state = random_below(8) ? SCIM_BULK_DONE : SCIM_BULK_FAILED;
            done++;

            if (op->state == SCIM_BULK_FAILED) {
                (void) scim_error(&op->error, 400, SCIM_INVALID_VALUE, "no");
            }
        }

        for (k = 0; k < bulk.n; k++) {
            if (bulk.ops[k].state == SCIM_BULK_WAITING) {
                stuck++;
                diag("stuck: %s", text);
                break;
            }
        }

        stuck += !scim_bulk_ended(&bulk);
        tap_free();
    }

    free(text);

    is(wrong, 0, "1000 random requests break no rule");
    is(stuck, 0, "and end");
    ok(done > 1000, "and most of it runs");
}


/* edges grow with the request, not with its square */

static void
test_many(void)
{
    size_t           i, j, n, edges;
    scim_buf_t       b;
    scim_bulk_t      bulk;
    scim_arena_t    *arena;
    scim_bulk_op_t  *op;

    arena = tap_arena();
    scim_buf_init(&b, arena, 1024);

    /* 500 users, 500 groups of 20 of them, 500 deletes */

    for (i = 0; i < 1500; i++) {

        if (i < 500) {
            scim_buf_lit(&b, "u:A");
            scim_buf_int(&b, (int64_t) i);

        } else if (i < 1000) {
            scim_buf_lit(&b, "g:A");
            scim_buf_int(&b, (int64_t) i);

            for (j = 0; j < 20; j++) {
                scim_buf_char(&b, j ? ',' : ':');
                scim_buf_char(&b, 'A');
                scim_buf_int(&b, (int64_t) ((i * 7 + j * 13) % 500));
            }

        } else {
            scim_buf_lit(&b, "d:");
            scim_buf_int(&b, (int64_t) i);
        }

        scim_buf_char(&b, i < 1499 ? ' ' : '\0');
    }

    if (plan_of(arena, (char *) b.data, &bulk) != SCIM_OK) {
        ok(0, "1500 operations");
        return;
    }

    edges = 0;

    for (i = 0; i < bulk.n; i++) {
        edges += bulk.ops[i].nafter;
    }

    is((long long) edges, 500 * 20 + 499 + 500, "1500 operations, edges");

    n = 0;

    while ((op = scim_bulk_next(&bulk)) != NULL) {
        op->state = SCIM_BULK_DONE;
        n++;
    }

    is((long long) n, 1500, "1500 operations run");
}


int
main(void)
{
    test_orders();
    test_failures();
    tap_free();
    test_random();
    test_many();

    return done_testing();
}
