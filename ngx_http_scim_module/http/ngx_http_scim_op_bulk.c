
/*
 * Bulk (RFC 7644 section 3.7): many operations in one request.  scim_bulk.c
 * says what may run when; here each runs through the same steps as a request
 * of its own, some at the same time, and what it would have answered is kept
 * for the BulkResponse.
 *
 * Each operation is a transaction, as RFC 7644 has it: those that were done
 * stay done when a later one fails.
 */


#include "ngx_http_scim_module.h"


/* operations of one request on their way at the same time */
#define NGX_HTTP_SCIM_BULK_RUNNING  16


struct ngx_http_scim_bulk_s {
    scim_bulk_t                  plan;
    ngx_http_scim_ctx_t         *ctx;        /* the request's */
    ngx_http_scim_ctx_t         *items;      /* one for each operation */
    ngx_uint_t                   running;
    unsigned                     looping:1;  /* in ngx_http_scim_bulk_run() */
};


static int ngx_http_scim_bulk_plan(ngx_http_request_t *r,
    ngx_http_scim_ctx_t *ctx, ngx_http_scim_bulk_t *bulk, scim_error_t *err);
static int ngx_http_scim_bulk_ids(ngx_http_request_t *r,
    ngx_http_scim_bulk_t *bulk, scim_error_t *err);
static ngx_int_t ngx_http_scim_bulk_run(ngx_http_scim_bulk_t *bulk);
static void ngx_http_scim_bulk_start(ngx_http_scim_bulk_t *bulk,
    scim_bulk_op_t *op);
static int ngx_http_scim_bulk_item(ngx_http_scim_bulk_t *bulk,
    ngx_http_scim_ctx_t *ctx, scim_bulk_op_t *op, scim_error_t *err);
static void ngx_http_scim_bulk_ended(ngx_http_scim_ctx_t *ctx);
static ngx_int_t ngx_http_scim_bulk_answer(ngx_http_scim_bulk_t *bulk);
static void ngx_http_scim_bulk_cleanup(void *data);


/* in the order of scim_bulk_e */
static const ngx_http_scim_operation_e  ngx_http_scim_bulk_operations[] = {
    NGX_HTTP_SCIM_CREATE,
    NGX_HTTP_SCIM_REPLACE,
    NGX_HTTP_SCIM_PATCH,
    NGX_HTTP_SCIM_DELETE
};


ngx_int_t
ngx_http_scim_bulk(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx)
{
    scim_error_t           err;
    ngx_http_cleanup_t    *cln;
    ngx_http_scim_bulk_t  *bulk;

    bulk = ngx_pcalloc(r->pool, sizeof(ngx_http_scim_bulk_t));
    cln = ngx_http_cleanup_add(r, 0);

    if (bulk == NULL || cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    bulk->ctx = ctx;

    if (ngx_http_scim_bulk_plan(r, ctx, bulk, &err) != SCIM_OK) {
        return ngx_http_scim_send_error(r, ctx, &err);
    }

    cln->handler = ngx_http_scim_bulk_cleanup;
    cln->data = bulk;

    return ngx_http_scim_bulk_run(bulk);
}


static int
ngx_http_scim_bulk_plan(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    ngx_http_scim_bulk_t *bulk, scim_error_t *err)
{
    scim_arena_t  *arena;

    /* a body in chunks has a length only now */

    if (r->headers_in.content_length_n > (off_t) ctx->conf->max_payload) {
        return scim_error(err, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                          SCIM_TYPE_NONE,
                          "the request is larger than maxPayloadSize, "
                          "%z bytes", ctx->conf->max_payload);
    }

    arena = &ctx->sr->arena;

    if (scim_bulk_parse(arena, ctx->registry, ctx->conf->max_operations,
                        ctx->body, &bulk->plan, err)
            != SCIM_OK
        || ngx_http_scim_bulk_ids(r, bulk, err) != SCIM_OK
        || scim_bulk_resolve(arena, &bulk->plan, err) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    bulk->items = ngx_pcalloc(r->pool,
                              bulk->plan.n * sizeof(ngx_http_scim_ctx_t) + 1);

    return bulk->items ? SCIM_OK : scim_error_nomem(err);
}


/* ids of what will be created */

static int
ngx_http_scim_bulk_ids(ngx_http_request_t *r, ngx_http_scim_bulk_t *bulk,
    scim_error_t *err)
{
    size_t           i;
    scim_bulk_op_t  *op;

    for (i = 0; i < bulk->plan.n; i++) {
        op = &bulk->plan.ops[i];

        if (op->method != SCIM_BULK_POST) {
            continue;
        }

        op->id.len = 36;
        op->id.data = ngx_pnalloc(r->pool, 36);

        if (op->id.data == NULL || ngx_scim_store_new_id(op->id.data) != NGX_OK)
        {
            return scim_error_nomem(err);
        }
    }

    return SCIM_OK;
}


/* NGX_DONE while something runs, else what sending the answer returned */

static ngx_int_t
ngx_http_scim_bulk_run(ngx_http_scim_bulk_t *bulk)
{
    scim_bulk_op_t  *op;

    bulk->looping = 1;

    while (bulk->running < NGX_HTTP_SCIM_BULK_RUNNING) {

        op = scim_bulk_next(&bulk->plan);

        if (op == NULL) {
            break;
        }

        ngx_http_scim_bulk_start(bulk, op);
    }

    bulk->looping = 0;

    return scim_bulk_ended(&bulk->plan) ? ngx_http_scim_bulk_answer(bulk)
                                        : NGX_DONE;
}


static void
ngx_http_scim_bulk_start(ngx_http_scim_bulk_t *bulk, scim_bulk_op_t *op)
{
    ngx_int_t             rc;
    scim_error_t          err;
    ngx_http_scim_ctx_t  *ctx;

    bulk->running++;

    ctx = &bulk->items[op - bulk->plan.ops];

    if (ngx_http_scim_bulk_item(bulk, ctx, op, &err) != SCIM_OK) {
        rc = ngx_http_scim_bulk_result(ctx, err.status, 0, &err);

    } else {
        rc = ngx_http_scim_operate(ctx->request, ctx);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_bulk_finish(ctx, rc);
    }
}


static int
ngx_http_scim_bulk_item(ngx_http_scim_bulk_t *bulk, ngx_http_scim_ctx_t *ctx,
    scim_bulk_op_t *op, scim_error_t *err)
{
    ngx_http_scim_ctx_t  *parent;

    parent = bulk->ctx;

    ctx->request = parent->request;
    ctx->conf = parent->conf;
    ctx->token = parent->token;
    ctx->registry = parent->registry;
    ctx->bulk = bulk;
    ctx->item = op;
    ctx->operation = ngx_http_scim_bulk_operations[op->method];
    ctx->type = op->rtype;
    ctx->id.len = op->id.len;
    ctx->id.data = op->id.data;
    ctx->body = op->data;

    ngx_http_scim_arena(&ctx->arena, ctx->request->pool);

    if (op->error.status) {
        *err = op->error;
        return SCIM_ERROR;
    }

    if (!ngx_http_scim_may(ctx->token, ctx->type, 1)) {
        return scim_error(err, NGX_HTTP_FORBIDDEN, SCIM_TYPE_NONE,
                          "the token's scope does not allow this operation");
    }

    return ngx_http_scim_store(ctx) == NGX_OK ? SCIM_OK
                                              : scim_error_nomem(err);
}


ngx_int_t
ngx_http_scim_bulk_result(ngx_http_scim_ctx_t *ctx, ngx_uint_t status,
    int64_t version, scim_error_t *err)
{
    scim_bulk_op_t  *op;

    op = ctx->item;

    op->status = (int) status;
    op->etag = version;
    op->state = SCIM_BULK_DONE;

    if (err) {
        op->error = *err;
        op->state = SCIM_BULK_FAILED;

        ngx_http_scim_refused(ctx, err);
    }

    return NGX_OK;
}


void
ngx_http_scim_bulk_finish(ngx_http_scim_ctx_t *ctx, ngx_int_t rc)
{
    scim_error_t           err;
    ngx_http_scim_bulk_t  *bulk;

    bulk = ctx->bulk;

    if (ctx->item->state == SCIM_BULK_RUNNING) {

        /* memory is short: nobody has written an answer */

        (void) scim_error_nomem(&err);
        (void) ngx_http_scim_bulk_result(ctx, err.status, 0, &err);
    }

    ngx_http_scim_bulk_ended(ctx);

    if (bulk->looping) {
        return;
    }

    rc = ngx_http_scim_bulk_run(bulk);

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(bulk->ctx, rc);
    }
}


static void
ngx_http_scim_bulk_ended(ngx_http_scim_ctx_t *ctx)
{
    ngx_http_scim_ctx_t  *parent;

    parent = ctx->bulk->ctx;

    parent->db_time += ctx->db_time;
    parent->segments += ctx->segments;

    ctx->bulk->running--;

    if (ctx->sr) {
        ngx_scim_store_done(ctx->sr);
        ctx->sr = NULL;
    }
}


static ngx_int_t
ngx_http_scim_bulk_answer(ngx_http_scim_bulk_t *bulk)
{
    ngx_str_t             body, *base;
    scim_buf_t            b;
    scim_str_t            s;
    ngx_http_scim_ctx_t  *ctx;

    ctx = bulk->ctx;

    base = ngx_http_scim_base(ctx->request, ctx);
    if (base == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    s.len = base->len;
    s.data = base->data;

    ctx->results = bulk->plan.n;

    scim_buf_init(&b, &ctx->arena, 256 + bulk->plan.n * (s.len + 256));
    scim_bulk_write(&b, &bulk->plan, &s);

    if (b.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.len = b.len;
    body.data = b.data;

    return ngx_http_scim_send(ctx->request, ctx, NGX_HTTP_OK, &body, 0, NULL);
}


/* the client has gone: what is on its way ends well, the rest is not begun */

static void
ngx_http_scim_bulk_cleanup(void *data)
{
    ngx_http_scim_bulk_t *bulk = data;

    size_t  i;

    for (i = 0; i < bulk->plan.n; i++) {
        if (bulk->items[i].sr) {
            ngx_scim_store_done(bulk->items[i].sr);
            bulk->items[i].sr = NULL;
        }
    }
}
