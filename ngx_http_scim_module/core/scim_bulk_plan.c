
/*
 * What waits for what in a Bulk request.  Called by scim_bulk.c and
 * http/ngx_http_scim_op_bulk.c.
 *
 * The operations are nodes, an edge goes from one that waits to one that it
 * waits for.  There are few of them: what many wait for goes over one
 * operation, and no step looks at all pairs.
 *
 *   - References.  Who refers to what a POST makes needs it.  Over members a
 *     circle cannot be resolved, since a member has to be there: 409.  Over
 *     anything else it can, and the edge that closes it is dropped.
 *   - Resources.  Operations on one resource keep their order; its POST comes
 *     first, wherever it stands.
 *   - Names.  Names are unique in a type, so that a DELETE before a POST may
 *     make room for it, and what comes out must not depend on who is faster.
 *     A type's operations are cut into runs of POST and runs of DELETE, and a
 *     PUT, or a PATCH that mentions the name, stands alone, as it may both
 *     take a name and give one up.  Of a run all may go at the same time but
 *     the last, which waits for the others; the next run waits for that one.
 */


#include "scim_bulk_plan.h"


/* operations of a type, by what they do to names */
typedef enum {
    SCIM_BULK_TAKES = 0,
    SCIM_BULK_GIVES,
    SCIM_BULK_BOTH
} scim_bulk_run_e;


/* runs of one type; indexes from 1, 0 is none */
typedef struct {
    const scim_resource_type_t  *rtype;
    scim_bulk_run_e              run;
    size_t                       last;       /* of the current run */
    size_t                       gate;       /* last of the run before */
} scim_bulk_type_t;


/* edges by their from or by their to: those of node i are edges[list[j]], j
 * from start[i] up to start[i + 1] */
typedef struct {
    size_t                      *start;
    size_t                      *list;
} scim_bulk_index_t;


/* nodes on their way out of the graph */
typedef struct {
    size_t                      *hard;       /* edges that are left, */
    size_t                      *soft;       /* and may be dropped */
    size_t                      *ready;      /* queues */
    size_t                      *stalled;
    size_t                       nready;
    size_t                       nstalled;
    unsigned char               *queued;     /* in ready, or was */
    unsigned char               *done;
} scim_bulk_sweep_t;


static int scim_bulk_resources(scim_bulk_plan_t *plan, scim_bulk_key_t **keys,
    size_t *n);
static int scim_bulk_creators(scim_bulk_plan_t *plan,
    const scim_bulk_key_t *keys, size_t n);
static int scim_bulk_order(scim_bulk_plan_t *plan,
    const scim_bulk_key_t *keys, size_t n);
static int scim_bulk_circles(scim_bulk_plan_t *plan);
static int scim_bulk_runs(scim_bulk_plan_t *plan);
static int scim_bulk_run(scim_bulk_plan_t *plan, size_t index,
    scim_bulk_run_e *run);
static int scim_bulk_join(scim_bulk_plan_t *plan, scim_bulk_type_t *type,
    size_t *before, size_t index, scim_bulk_run_e run);
static int scim_bulk_untie(scim_bulk_plan_t *plan);
static int scim_bulk_sweep(scim_bulk_plan_t *plan, scim_bulk_sweep_t *s);
static void scim_bulk_drop(scim_bulk_plan_t *plan, scim_bulk_sweep_t *s,
    const scim_bulk_index_t *from, size_t node);
static void scim_bulk_leave(scim_bulk_plan_t *plan, scim_bulk_sweep_t *s,
    const scim_bulk_index_t *to, size_t node);
static int scim_bulk_emit(scim_bulk_plan_t *plan);
static int scim_bulk_index(scim_bulk_plan_t *plan, int to,
    scim_bulk_index_t *index);
static int scim_bulk_failed(const scim_bulk_plan_t *plan, size_t node);
static int scim_bulk_soft(scim_bulk_why_e why);
static void *scim_bulk_alloc(scim_bulk_plan_t *plan, size_t n, size_t size);


int
scim_bulk_resolve(scim_arena_t *arena, scim_bulk_t *bulk, scim_error_t *err)
{
    size_t             i, n;
    scim_bulk_key_t   *resources;
    scim_bulk_plan_t   plan;

    memset(&plan, 0, sizeof(scim_bulk_plan_t));

    plan.arena = arena;
    plan.bulk = bulk;
    plan.err = err;

    plan.marks = scim_bulk_alloc(&plan, 2 * bulk->n, sizeof(size_t));
    plan.renames = scim_bulk_alloc(&plan, bulk->n, 1);

    if (plan.marks == NULL || plan.renames == NULL
        || scim_bulk_keys(arena, bulk, &plan.keys, &plan.nkeys, err)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    for (i = 0; i < bulk->n; i++) {
        if (scim_bulk_refs(&plan, i) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    /* what fails now runs in no order: the rest is put in order without it */

    if (scim_bulk_resources(&plan, &resources, &n) != SCIM_OK
        || scim_bulk_creators(&plan, resources, n) != SCIM_OK
        || scim_bulk_circles(&plan) != SCIM_OK
        || scim_bulk_order(&plan, resources, n) != SCIM_OK
        || scim_bulk_runs(&plan) != SCIM_OK
        || scim_bulk_untie(&plan) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_bulk_emit(&plan);
}


int
scim_bulk_edge(scim_bulk_plan_t *plan, size_t from, size_t to,
    scim_bulk_why_e why)
{
    size_t             size;
    scim_bulk_edge_t  *edges;

    if (plan->nedges == plan->size) {
        size = plan->size ? plan->size * 2 : 64;

        edges = scim_alloc(plan->arena, size * sizeof(scim_bulk_edge_t));
        if (edges == NULL) {
            return scim_error_nomem(plan->err);
        }

        if (plan->nedges) {
            memcpy(edges, plan->edges,
                   plan->nedges * sizeof(scim_bulk_edge_t));
        }

        plan->edges = edges;
        plan->size = size;
    }

    plan->edges[plan->nedges].from = from;
    plan->edges[plan->nedges].to = to;
    plan->edges[plan->nedges].why = why;
    plan->nedges++;

    return SCIM_OK;
}


/* operations by their resource's id: UUIDs in any case */

static int
scim_bulk_resources(scim_bulk_plan_t *plan, scim_bulk_key_t **keys, size_t *n)
{
    size_t                 i, j;
    unsigned char          c;
    scim_bulk_key_t       *key;
    const scim_bulk_op_t  *op;

    *n = 0;
    *keys = scim_bulk_alloc(plan, plan->bulk->n, sizeof(scim_bulk_key_t));

    if (*keys == NULL) {
        return SCIM_ERROR;
    }

    for (i = 0; i < plan->bulk->n; i++) {
        op = &plan->bulk->ops[i];

        if (op->rtype == NULL || op->id.len == 0) {
            continue;
        }

        key = &(*keys)[(*n)++];
        key->index = i;

        if (scim_str_dup(plan->arena, &key->name, &op->id) != SCIM_OK) {
            return scim_error_nomem(plan->err);
        }

        for (j = 0; j < key->name.len; j++) {
            c = key->name.data[j];

            if (c >= 'A' && c <= 'Z') {
                key->name.data[j] = c | 0x20;
            }
        }
    }

    return scim_bulk_sort(plan->arena, *keys, *n, plan->err);
}


static int
scim_bulk_creators(scim_bulk_plan_t *plan, const scim_bulk_key_t *keys,
    size_t n)
{
    size_t                 i, j, end, creator;
    const scim_bulk_op_t  *ops;

    ops = plan->bulk->ops;

    for (i = 0; i < n; i = end) {
        creator = n;

        for (end = i; end < n; end++) {
            if (!scim_str_eq(&keys[end].name, &keys[i].name)) {
                break;
            }

            if (ops[keys[end].index].method == SCIM_BULK_POST) {
                creator = end;
            }
        }

        for (j = i; j < end && creator < n; j++) {
            if (j != creator
                && scim_bulk_edge(plan, keys[j].index, keys[creator].index,
                                  SCIM_BULK_MEMBER)
                   != SCIM_OK)
            {
                return SCIM_ERROR;
            }
        }
    }

    return SCIM_OK;
}


static int
scim_bulk_order(scim_bulk_plan_t *plan, const scim_bulk_key_t *keys, size_t n)
{
    size_t  i, last;

    last = n;

    for (i = 0; i < n; i++) {

        if (plan->bulk->ops[keys[i].index].method == SCIM_BULK_POST
            || scim_bulk_failed(plan, keys[i].index))
        {
            continue;
        }

        if (last < n && scim_str_eq(&keys[last].name, &keys[i].name)
            && scim_bulk_edge(plan, keys[i].index, keys[last].index,
                              SCIM_BULK_RESOURCE)
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        last = i;
    }

    return SCIM_OK;
}


/* 409 for a circle over members and for all that needs one in it */

static int
scim_bulk_circles(scim_bulk_plan_t *plan)
{
    size_t              i, j, n, node, head, tail;
    size_t             *left, *queue;
    scim_bulk_edge_t   *edge;
    scim_bulk_index_t   to;

    n = plan->bulk->n;
    head = 0;
    tail = 0;

    left = scim_bulk_alloc(plan, n, sizeof(size_t));
    queue = scim_bulk_alloc(plan, n, sizeof(size_t));

    if (left == NULL || queue == NULL
        || scim_bulk_index(plan, 1, &to) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    for (i = 0; i < plan->nedges; i++) {
        edge = &plan->edges[i];

        left[edge->from] += (edge->why == SCIM_BULK_MEMBER
                             && !scim_bulk_failed(plan, edge->from));
    }

    for (i = 0; i < n; i++) {
        if (left[i] == 0) {
            queue[tail++] = i;
        }
    }

    while (head < tail) {
        node = queue[head++];

        for (j = to.start[node]; j < to.start[node + 1]; j++) {
            edge = &plan->edges[to.list[j]];

            if (edge->why == SCIM_BULK_MEMBER
                && !scim_bulk_failed(plan, edge->from)
                && --left[edge->from] == 0)
            {
                queue[tail++] = edge->from;
            }
        }
    }

    for (i = 0; i < n; i++) {
        if (left[i]) {
            (void) scim_error(&plan->bulk->ops[i].error, 409, SCIM_TYPE_NONE,
                              "the operation refers to resources that are "
                              "members of each other in a circle");
        }
    }

    return SCIM_OK;
}


static int
scim_bulk_runs(scim_bulk_plan_t *plan)
{
    size_t             i, j, n;
    size_t            *before;
    scim_bulk_op_t    *op;
    scim_bulk_run_e    run;
    scim_bulk_type_t  *types;

    n = 0;
    types = scim_bulk_alloc(plan, plan->bulk->n, sizeof(scim_bulk_type_t));
    before = scim_bulk_alloc(plan, plan->bulk->n, sizeof(size_t));

    if (types == NULL || before == NULL) {
        return SCIM_ERROR;
    }

    for (i = 0; i < plan->bulk->n; i++) {
        op = &plan->bulk->ops[i];

        if (scim_bulk_failed(plan, i) || !scim_bulk_run(plan, i, &run)) {
            continue;
        }

        for (j = 0; j < n && types[j].rtype != op->rtype; j++) { /* void */ }

        if (j == n) {
            types[n++].rtype = op->rtype;
        }

        if (scim_bulk_join(plan, &types[j], before, i, run) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_bulk_run(scim_bulk_plan_t *plan, size_t index, scim_bulk_run_e *run)
{
    switch (plan->bulk->ops[index].method) {

    case SCIM_BULK_POST:
        *run = SCIM_BULK_TAKES;
        return 1;

    case SCIM_BULK_DELETE:
        *run = SCIM_BULK_GIVES;
        return 1;

    case SCIM_BULK_PUT:
        *run = SCIM_BULK_BOTH;
        return 1;

    default: /* SCIM_BULK_PATCH */
        *run = SCIM_BULK_BOTH;
        return plan->renames[index];
    }
}


static int
scim_bulk_join(scim_bulk_plan_t *plan, scim_bulk_type_t *type, size_t *before,
    size_t index, scim_bulk_run_e run)
{
    size_t  i;

    if (type->last && (type->run != run || run == SCIM_BULK_BOTH)) {

        for (i = before[type->last - 1]; i; i = before[i - 1]) {
            if (scim_bulk_edge(plan, type->last - 1, i - 1, SCIM_BULK_NAME)
                != SCIM_OK)
            {
                return SCIM_ERROR;
            }
        }

        type->gate = type->last;
        type->last = 0;
    }

    before[index] = type->last;

    type->last = index + 1;
    type->run = run;

    if (type->gate == 0) {
        return SCIM_OK;
    }

    return scim_bulk_edge(plan, index, type->gate - 1, SCIM_BULK_NAME);
}


/* drops edges until there is no circle */

static int
scim_bulk_untie(scim_bulk_plan_t *plan)
{
    size_t             node, nready, nstalled;
    scim_bulk_sweep_t  s;
    scim_bulk_index_t  from, to;

    memset(&s, 0, sizeof(scim_bulk_sweep_t));

    if (scim_bulk_index(plan, 0, &from) != SCIM_OK
        || scim_bulk_index(plan, 1, &to) != SCIM_OK
        || scim_bulk_sweep(plan, &s) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    nready = 0;
    nstalled = 0;

    for ( ;; ) {

        if (nready < s.nready) {
            node = s.ready[nready++];

        } else if (nstalled < s.nstalled) {
            node = s.stalled[nstalled++];

            if (s.queued[node]) {
                continue;
            }

            s.queued[node] = 1;
            scim_bulk_drop(plan, &s, &from, node);

        } else {
            return SCIM_OK;
        }

        s.done[node] = 1;
        scim_bulk_leave(plan, &s, &to, node);
    }
}


static int
scim_bulk_sweep(scim_bulk_plan_t *plan, scim_bulk_sweep_t *s)
{
    size_t                   i, n;
    const scim_bulk_edge_t  *edge;

    n = plan->bulk->n;

    s->hard = scim_bulk_alloc(plan, n, sizeof(size_t));
    s->soft = scim_bulk_alloc(plan, n, sizeof(size_t));
    s->ready = scim_bulk_alloc(plan, n, sizeof(size_t));
    s->stalled = scim_bulk_alloc(plan, n, sizeof(size_t));
    s->queued = scim_bulk_alloc(plan, n, 1);
    s->done = scim_bulk_alloc(plan, n, 1);

    if (s->hard == NULL || s->soft == NULL || s->ready == NULL
        || s->stalled == NULL || s->queued == NULL || s->done == NULL)
    {
        return SCIM_ERROR;
    }

    for (i = 0; i < plan->nedges; i++) {
        edge = &plan->edges[i];

        if (scim_bulk_failed(plan, edge->from)) {
            continue;
        }

        if (scim_bulk_soft(edge->why)) {
            s->soft[edge->from]++;

        } else {
            s->hard[edge->from]++;
        }
    }

    for (i = 0; i < n; i++) {

        if (s->hard[i]) {
            continue;
        }

        if (s->soft[i]) {
            s->stalled[s->nstalled++] = i;

        } else {
            s->queued[i] = 1;
            s->ready[s->nready++] = i;
        }
    }

    return SCIM_OK;
}


static void
scim_bulk_drop(scim_bulk_plan_t *plan, scim_bulk_sweep_t *s,
    const scim_bulk_index_t *from, size_t node)
{
    size_t             i;
    scim_bulk_edge_t  *edge;

    for (i = from->start[node]; i < from->start[node + 1]; i++) {
        edge = &plan->edges[from->list[i]];

        if (scim_bulk_soft(edge->why) && !s->done[edge->to]) {
            edge->why = SCIM_BULK_DROPPED;
        }
    }
}


static void
scim_bulk_leave(scim_bulk_plan_t *plan, scim_bulk_sweep_t *s,
    const scim_bulk_index_t *to, size_t node)
{
    int                soft;
    size_t             i, from;
    scim_bulk_edge_t  *edge;

    for (i = to->start[node]; i < to->start[node + 1]; i++) {
        edge = &plan->edges[to->list[i]];
        from = edge->from;

        if (s->queued[from] || scim_bulk_failed(plan, from)) {
            continue;
        }

        soft = scim_bulk_soft(edge->why);

        if (soft) {
            s->soft[from]--;

        } else {
            s->hard[from]--;
        }

        if (s->hard[from]) {
            continue;
        }

        if (s->soft[from] == 0) {
            s->queued[from] = 1;
            s->ready[s->nready++] = from;

        } else if (!soft) {
            s->stalled[s->nstalled++] = from;
        }
    }
}


/* edges to what each operation waits for, what it needs in front */

static int
scim_bulk_emit(scim_bulk_plan_t *plan)
{
    int                      need, needs;
    size_t                   i;
    size_t                  *all;
    scim_bulk_op_t          *op;
    const scim_bulk_edge_t  *edge;

    all = scim_bulk_alloc(plan, plan->nedges, sizeof(size_t));
    if (all == NULL) {
        return SCIM_ERROR;
    }

    for (i = 0; i < plan->nedges; i++) {
        edge = &plan->edges[i];

        if (edge->why != SCIM_BULK_DROPPED
            && !scim_bulk_failed(plan, edge->from))
        {
            plan->bulk->ops[edge->from].nafter++;
        }
    }

    for (i = 0; i < plan->bulk->n; i++) {
        op = &plan->bulk->ops[i];

        op->after = all;
        all += op->nafter;
        op->nafter = 0;
    }

    for (needs = 1; needs >= 0; needs--) {

        for (i = 0; i < plan->nedges; i++) {
            edge = &plan->edges[i];
            op = &plan->bulk->ops[edge->from];

            need = (edge->why == SCIM_BULK_MEMBER
                    || edge->why == SCIM_BULK_REFERENCE);

            if (edge->why != SCIM_BULK_DROPPED && need == needs
                && !scim_bulk_failed(plan, edge->from))
            {
                op->after[op->nafter++] = edge->to;
                op->nneeds += needs;
            }
        }
    }

    return SCIM_OK;
}


static int
scim_bulk_index(scim_bulk_plan_t *plan, int to, scim_bulk_index_t *index)
{
    size_t                   i, n, node;
    const scim_bulk_edge_t  *edge;

    n = plan->bulk->n;

    index->start = scim_bulk_alloc(plan, n + 2, sizeof(size_t));
    index->list = scim_bulk_alloc(plan, plan->nedges, sizeof(size_t));

    if (index->start == NULL || index->list == NULL) {
        return SCIM_ERROR;
    }

    /* counted two further on: filling the list moves each one back */

    for (i = 0; i < plan->nedges; i++) {
        edge = &plan->edges[i];
        index->start[(to ? edge->to : edge->from) + 2]++;
    }

    for (i = 2; i < n + 2; i++) {
        index->start[i] += index->start[i - 1];
    }

    for (i = 0; i < plan->nedges; i++) {
        edge = &plan->edges[i];
        node = to ? edge->to : edge->from;
        index->list[index->start[node + 1]++] = i;
    }

    return SCIM_OK;
}


static int
scim_bulk_failed(const scim_bulk_plan_t *plan, size_t node)
{
    return plan->bulk->ops[node].error.status != 0;
}


static int
scim_bulk_soft(scim_bulk_why_e why)
{
    return why == SCIM_BULK_REFERENCE || why == SCIM_BULK_NAME;
}


static void *
scim_bulk_alloc(scim_bulk_plan_t *plan, size_t n, size_t size)
{
    void  *p;

    p = scim_calloc(plan->arena, n * size);

    if (p == NULL) {
        (void) scim_error_nomem(plan->err);
    }

    return p;
}
