
/*
 * Resources whose members are kept as rows: read page by page and sent as the
 * client takes them.  Called by all that answers with stored resources.
 *
 * Each page has a store request and memory of its own, and neither outlives
 * it: the size of a group costs time, not memory, and nothing is asked of the
 * database before the client has taken what it was sent.
 */


#include "ngx_http_scim_module.h"


#define NGX_HTTP_SCIM_STREAM_PAGE    1000      /* members */
#define NGX_HTTP_SCIM_STREAM_GROUPS  64        /* of one page */

/* text around a document and around a member, URL and names apart */
#define NGX_HTTP_SCIM_STREAM_ROW     320
#define NGX_HTTP_SCIM_STREAM_MEMBER  192

#define NGX_HTTP_SCIM_STREAM_UUID    36


struct ngx_http_scim_stream_s {
    ngx_http_request_t        *request;
    ngx_http_scim_ctx_t       *ctx;

    /* what is answered */
    ngx_uint_t                 status;
    ngx_http_scim_page_t       page;           /* list */
    ngx_str_t                  location;       /* 201 */
    scim_str_t                 base;
    scim_stored_t             *rows;
    ngx_uint_t                 nrows;

    /* how far it is: the first row that is not complete */
    ngx_uint_t                 row;
    const scim_view_t         *view;
    int64_t                    members;        /* written of it */
    scim_str_t                 after;          /* the last one */
    u_char                     last[NGX_HTTP_SCIM_STREAM_UUID];

    /* the page that was asked for: rows, and their ids */
    ngx_uint_t                 asked[NGX_HTTP_SCIM_STREAM_GROUPS];
    scim_str_t                 ids[NGX_HTTP_SCIM_STREAM_GROUPS];
    ngx_uint_t                 n;

    /* the chunk that is made of it; filters look at the buffer of one until
     * they have got the next */
    ngx_pool_t                *pool;
    scim_arena_t               arena;
    scim_buf_t                 text;
    ngx_buf_t                  bufs[2];
    ngx_uint_t                 turn;

    unsigned                   list:1;
    unsigned                   header:1;       /* sent */
    unsigned                   open:1;         /* the row has begun */
    unsigned                   reading:1;      /* a page is on its way */
};


static ngx_uint_t ngx_http_scim_stream_shown(ngx_http_scim_ctx_t *ctx,
    scim_stored_t *row);
static ngx_int_t ngx_http_scim_stream_copy(ngx_http_scim_stream_t *s,
    ngx_scim_store_request_t *sr);
static u_char *ngx_http_scim_stream_string(u_char *p, scim_str_t *s);
static ngx_int_t ngx_http_scim_stream_read(ngx_http_scim_stream_t *s);
static void ngx_http_scim_stream_page(ngx_scim_store_request_t *sr);
static int ngx_http_scim_stream_chunk(ngx_http_scim_stream_t *s,
    ngx_scim_store_request_t *sr, scim_error_t *err);
static int ngx_http_scim_stream_text(ngx_http_scim_stream_t *s,
    ngx_scim_store_request_t *sr, scim_error_t *err);
static int ngx_http_scim_stream_advance(ngx_http_scim_stream_t *s,
    ngx_uint_t to, scim_error_t *err);
static ngx_int_t ngx_http_scim_stream_send(ngx_http_scim_stream_t *s);
static ngx_int_t ngx_http_scim_stream_output(ngx_http_scim_stream_t *s);
static void ngx_http_scim_stream_writer(ngx_http_request_t *r);
static ngx_int_t ngx_http_scim_stream_sent(ngx_http_scim_stream_t *s,
    ngx_int_t rc);
static ngx_int_t ngx_http_scim_stream_fail(ngx_http_scim_stream_t *s,
    scim_error_t *err);
static void *ngx_http_scim_stream_alloc(void *data, size_t size);
static void ngx_http_scim_stream_free(ngx_http_scim_stream_t *s);
static void ngx_http_scim_stream_cleanup(void *data);


ngx_uint_t
ngx_http_scim_stream_needed(ngx_http_scim_ctx_t *ctx)
{
    ngx_uint_t                 i;
    ngx_scim_store_request_t  *sr;

    sr = ctx->sr;

    for (i = 0; i < sr->nrows; i++) {
        if (ngx_http_scim_stream_shown(ctx, &sr->rows[i])) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_scim_stream_shown(ngx_http_scim_ctx_t *ctx, scim_stored_t *row)
{
    return row->members > 0
           && scim_project_members(ngx_http_scim_view(ctx, row->rtype));
}


ngx_int_t
ngx_http_scim_stream(ngx_http_request_t *r, ngx_http_scim_ctx_t *ctx,
    ngx_uint_t status, ngx_http_scim_page_t *list)
{
    ngx_str_t               *base;
    ngx_pool_cleanup_t      *cln;
    ngx_http_scim_stream_t  *s;

    base = ngx_http_scim_base(r, ctx);
    if (base == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /*
     * of the pool, not of the request: what HTTP/2 still has to send lives
     * longer than the request
     */

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_scim_stream_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    s = cln->data;
    ngx_memzero(s, sizeof(ngx_http_scim_stream_t));

    cln->handler = ngx_http_scim_stream_cleanup;

    s->request = r;
    s->ctx = ctx;
    s->status = status;
    s->base.len = base->len;
    s->base.data = base->data;

    if (list) {
        s->list = 1;
        s->page = *list;

    } else if (status == NGX_HTTP_CREATED) {
        ngx_http_scim_location(r, ctx, ctx->sr->rows, &s->location);

        if (s->location.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ngx_http_scim_stream_copy(s, ctx->sr) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->stream = s;

    return ngx_http_scim_stream_read(s);
}


/* the rows outlive the store request that has read them */

static ngx_int_t
ngx_http_scim_stream_copy(ngx_http_scim_stream_t *s,
    ngx_scim_store_request_t *sr)
{
    size_t          size;
    u_char         *p;
    ngx_uint_t      i;
    scim_stored_t  *row;

    size = sr->nrows * sizeof(scim_stored_t);

    for (i = 0; i < sr->nrows; i++) {
        row = &sr->rows[i];
        size += row->id.len + row->doc.len + row->groups.len
                + row->created.len + row->modified.len;
    }

    s->rows = ngx_palloc(s->request->pool, size);
    if (s->rows == NULL) {
        return NGX_ERROR;
    }

    s->nrows = sr->nrows;

    p = (u_char *) &s->rows[s->nrows];

    for (i = 0; i < s->nrows; i++) {
        row = &s->rows[i];
        *row = sr->rows[i];

        p = ngx_http_scim_stream_string(p, &row->id);
        p = ngx_http_scim_stream_string(p, &row->doc);
        p = ngx_http_scim_stream_string(p, &row->groups);
        p = ngx_http_scim_stream_string(p, &row->created);
        p = ngx_http_scim_stream_string(p, &row->modified);
    }

    return NGX_OK;
}


/* moves the string to "p", returns its end */

static u_char *
ngx_http_scim_stream_string(u_char *p, scim_str_t *s)
{
    u_char  *end;

    end = s->len ? ngx_cpymem(p, s->data, s->len) : p;
    s->data = p;

    return end;
}


/* asks for the next page: of so many groups that it is full with them */

static ngx_int_t
ngx_http_scim_stream_read(ngx_http_scim_stream_t *s)
{
    int64_t               count;
    ngx_uint_t            i;
    scim_error_t          err;
    ngx_http_scim_ctx_t  *ctx;

    ctx = s->ctx;

    if (ngx_http_scim_store(ctx) != NGX_OK) {
        scim_error_nomem(&err);
        return ngx_http_scim_stream_fail(s, &err);
    }

    s->n = 0;
    count = -s->members;

    for (i = s->row; i < s->nrows; i++) {

        if (s->n == NGX_HTTP_SCIM_STREAM_GROUPS
            || (s->n && count >= NGX_HTTP_SCIM_STREAM_PAGE))
        {
            break;
        }

        if (ngx_http_scim_stream_shown(ctx, &s->rows[i])) {
            s->asked[s->n] = i;
            s->ids[s->n] = s->rows[i].id;
            s->n++;

            count += s->rows[i].members;
        }
    }

    ctx->sr->handler = ngx_http_scim_stream_page;

    if (ngx_scim_store_members(ctx->sr, s->ids, s->n, &s->after,
                               NGX_HTTP_SCIM_STREAM_PAGE)
        != NGX_OK)
    {
        scim_error_nomem(&err);
        return ngx_http_scim_stream_fail(s, &err);
    }

    s->reading = 1;
    s->request->connection->log->action = "waiting for PostgreSQL";

    return NGX_DONE;
}


static void
ngx_http_scim_stream_page(ngx_scim_store_request_t *sr)
{
    ngx_int_t                rc;
    scim_error_t             err;
    ngx_connection_t        *c;
    ngx_http_scim_ctx_t     *ctx;
    ngx_http_scim_stream_t  *s;

    ctx = ngx_http_scim_resume(sr);
    s = ctx->stream;
    c = s->request->connection;

    s->reading = 0;

    if (sr->status != NGX_SCIM_STORE_OK) {
        rc = s->header ? ngx_http_scim_stream_fail(s, &sr->error)
                       : ngx_http_scim_send_failure(s->request, ctx);

    } else if (ngx_http_scim_stream_chunk(s, sr, &err) != SCIM_OK) {
        rc = ngx_http_scim_stream_fail(s, &err);

    } else {

        /* nothing of it is held while the client takes its time */

        ctx->sr = NULL;
        ngx_scim_store_done(sr);

        rc = ngx_http_scim_stream_send(s);
    }

    if (rc != NGX_DONE) {
        ngx_http_scim_finish(ctx, rc);
        return;
    }

    ngx_http_run_posted_requests(c);
}


/* the page as text, in memory of its own */

static int
ngx_http_scim_stream_chunk(ngx_http_scim_stream_t *s,
    ngx_scim_store_request_t *sr, scim_error_t *err)
{
    size_t       size;
    ngx_uint_t   i;

    s->pool = ngx_create_pool(4096, s->request->connection->log);
    if (s->pool == NULL) {
        return scim_error_nomem(err);
    }

    scim_arena_init(&s->arena, ngx_http_scim_stream_alloc, s->pool);

    size = NGX_HTTP_SCIM_STREAM_ROW
           + sr->nmembers * (s->base.len + NGX_HTTP_SCIM_STREAM_MEMBER);

    for (i = 0; i < sr->nmembers; i++) {
        size += sr->members[i].member.display.len;
    }

    for (i = s->row; i <= s->asked[s->n - 1]; i++) {
        size += s->rows[i].doc.len + s->rows[i].groups.len + s->base.len
                + NGX_HTTP_SCIM_STREAM_ROW;
    }

    scim_buf_init(&s->text, &s->arena, size);

    if (s->list && !s->header) {
        scim_project_list_head(&s->text, s->page.total, s->page.start_index,
                               s->nrows, &s->page.next);
    }

    if (ngx_http_scim_stream_text(s, sr, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (s->list && s->row == s->nrows) {
        scim_project_list_tail(&s->text);
    }

    return s->text.failed ? scim_error_nomem(err) : SCIM_OK;
}


static int
ngx_http_scim_stream_text(ngx_http_scim_stream_t *s,
    ngx_scim_store_request_t *sr, scim_error_t *err)
{
    ngx_uint_t                i;
    ngx_scim_store_member_t  *m;

    for (i = 0; i < sr->nmembers; i++) {
        m = &sr->members[i];

        if (ngx_http_scim_stream_advance(s, s->asked[m->group], err)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        scim_project_member(&s->text, s->view, &m->member, &s->base,
                            s->members == 0);
        s->members++;
    }

    if (sr->more && sr->nmembers) {
        m = &sr->members[sr->nmembers - 1];

        s->after.len = ngx_min(m->member.id.len, sizeof(s->last));
        s->after.data = s->last;
        ngx_memcpy(s->last, m->member.id.data, s->after.len);

        return SCIM_OK;
    }

    /* all that was asked for is there; rows without members follow */

    i = s->asked[s->n - 1] + 1;

    while (i < s->nrows && !ngx_http_scim_stream_shown(s->ctx, &s->rows[i])) {
        i++;
    }

    return ngx_http_scim_stream_advance(s, i, err);
}


/* completes the rows before "to", and begins that one if there is one */

static int
ngx_http_scim_stream_advance(ngx_http_scim_stream_t *s, ngx_uint_t to,
    scim_error_t *err)
{
    scim_stored_t  *row;

    while (s->row < s->nrows) {
        row = &s->rows[s->row];

        if (!s->open) {

            if (s->row) {
                scim_buf_char(&s->text, ',');
            }

            s->view = ngx_http_scim_view(s->ctx, row->rtype);

            if (scim_project_begin(&s->arena, &s->text, s->view, row,
                                   &s->base, err)
                != SCIM_OK)
            {
                return SCIM_ERROR;
            }

            s->open = 1;
        }

        if (s->row == to) {
            break;
        }

        scim_project_end(&s->text, s->members != 0);

        s->row++;
        s->open = 0;
        s->members = 0;
        s->after.len = 0;
        s->after.data = NULL;
    }

    return SCIM_OK;
}


static ngx_int_t
ngx_http_scim_stream_send(ngx_http_scim_stream_t *s)
{
    int64_t               version;
    ngx_int_t             rc;
    ngx_str_t             body, *location;
    ngx_http_request_t   *r;

    if (s->header) {
        return ngx_http_scim_stream_output(s);
    }

    r = s->request;
    version = s->list ? 0 : s->rows->version;
    location = s->location.len ? &s->location : NULL;

    if (s->row == s->nrows) {
        body.len = s->text.len;
        body.data = s->text.data;

        return ngx_http_scim_send(r, s->ctx, s->status, &body, version,
                                  location);
    }

    rc = ngx_http_scim_send_header(r, s->ctx, s->status, -1, version,
                                   location);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    s->header = 1;
    r->write_event_handler = ngx_http_scim_stream_writer;

    return ngx_http_scim_stream_output(s);
}


static ngx_int_t
ngx_http_scim_stream_output(ngx_http_scim_stream_t *s)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_uint_t           last;
    ngx_chain_t          out;
    ngx_http_request_t  *r;

    r = s->request;
    last = (s->row == s->nrows);

    b = &s->bufs[s->turn];
    s->turn = !s->turn;

    ngx_memzero(b, sizeof(ngx_buf_t));

    b->tag = (ngx_buf_tag_t) &ngx_http_scim_module;
    b->pos = s->text.data;
    b->last = s->text.data + s->text.len;
    b->memory = 1;
    b->flush = !last;
    b->last_buf = (last && r == r->main);
    b->last_in_chain = last;

    out.buf = b;
    out.next = NULL;

    rc = ngx_http_output_filter(r, &out);

    /* with the last one nginx goes on by itself */

    return last ? rc : ngx_http_scim_stream_sent(s, rc);
}


/* the client may take more, or has not for send_timeout */

static void
ngx_http_scim_stream_writer(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_event_t             *wev;
    ngx_connection_t        *c;
    ngx_http_scim_ctx_t     *ctx;
    ngx_http_scim_stream_t  *s;

    c = r->connection;
    wev = c->write;

    ctx = ngx_http_scim_find_ctx(r);
    s = ctx->stream;

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "client timed out");
        c->timedout = 1;

        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (s->reading || wev->delayed) {

        if (ngx_handle_write_event(wev, 0) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_ERROR);
        }

        return;
    }

    rc = ngx_http_output_filter(r, NULL);
    rc = ngx_http_scim_stream_sent(s, rc);

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}


/* a chunk was handed over: the next page when the client has it */

static ngx_int_t
ngx_http_scim_stream_sent(ngx_http_scim_stream_t *s, ngx_int_t rc)
{
    ngx_event_t               *wev;
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = s->request;
    c = r->connection;
    wev = c->write;

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (r->buffered || r->postponed || c->buffered) {
        clcf = ngx_http_get_module_loc_conf(r->main, ngx_http_core_module);

        if (!wev->delayed) {
            ngx_add_timer(wev, clcf->send_timeout);
        }

        return ngx_handle_write_event(wev, clcf->send_lowat) == NGX_OK
               ? NGX_DONE : NGX_ERROR;
    }

    if (wev->timer_set && !wev->delayed) {
        ngx_del_timer(wev);
    }

    ngx_http_scim_stream_free(s);

    return ngx_http_scim_stream_read(s);
}


/* once the header is out, a cut is all that can be told to the client */

static ngx_int_t
ngx_http_scim_stream_fail(ngx_http_scim_stream_t *s, scim_error_t *err)
{
    ngx_http_request_t  *r;

    r = s->request;

    if (!s->header) {
        return ngx_http_scim_send_error(r, s->ctx, err);
    }

    s->ctx->error = ngx_palloc(r->pool, sizeof(scim_error_t));

    if (s->ctx->error) {
        *s->ctx->error = *err;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "scim: the answer is cut off, members could not be read: "
                  "%*s", err->len, err->detail);

    return NGX_ERROR;
}


static void *
ngx_http_scim_stream_alloc(void *data, size_t size)
{
    return ngx_palloc(data, size);
}


static void
ngx_http_scim_stream_free(ngx_http_scim_stream_t *s)
{
    if (s->pool) {
        ngx_destroy_pool(s->pool);
        s->pool = NULL;
    }
}


static void
ngx_http_scim_stream_cleanup(void *data)
{
    ngx_http_scim_stream_free(data);
}
