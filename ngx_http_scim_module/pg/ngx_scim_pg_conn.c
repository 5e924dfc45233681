
/*
 * One connection: registered with nginx's events, connected, set up, flushed,
 * read, closed.  Called by ngx_scim_pg_pool.c, which chooses connections, and
 * by ngx_scim_pg_pipeline.c.
 *
 * The socket is libpq's: it is registered level-triggered, because libpq does
 * not drain it, and its nginx connection is freed, never closed.
 */


#include "ngx_scim_pg_private.h"


#if !(NGX_OPENSSL)
typedef void  SSL;
#endif

/* libpq brings libssl along when it has TLS; nginx need not have it */

extern int SSL_pending(const SSL *ssl) __attribute__((weak));


static void ngx_scim_pg_conn_poll(ngx_event_t *ev);
static ngx_int_t ngx_scim_pg_conn_attach(ngx_scim_pg_conn_t *conn,
    ngx_uint_t write, ngx_event_handler_pt read_handler,
    ngx_event_handler_pt write_handler);
static void ngx_scim_pg_conn_detach(ngx_scim_pg_conn_t *conn);
static void ngx_scim_pg_conn_connected(ngx_scim_pg_conn_t *conn);
static ngx_int_t ngx_scim_pg_conn_setup(ngx_scim_pg_conn_t *conn);
static void ngx_scim_pg_conn_failed(ngx_scim_pg_conn_t *conn,
    const char *reason);
static void ngx_scim_pg_conn_message(ngx_scim_pg_conn_t *conn,
    ngx_str_t *text);
static void ngx_scim_pg_conn_quit(ngx_scim_pg_conn_t *conn);
static void ngx_scim_pg_conn_read(ngx_event_t *rev);
static void ngx_scim_pg_conn_write(ngx_event_t *wev);
static void ngx_scim_pg_conn_timer(ngx_event_t *ev);
static void ngx_scim_pg_conn_notice(void *data, const PGresult *result);


void
ngx_scim_pg_conn_open(ngx_scim_pg_conn_t *conn)
{
    ngx_scim_pg_lane_t  *lane;
    ngx_scim_pg_pool_t  *pool;

    lane = conn->lane;
    pool = lane->pool;

    conn->state = NGX_SCIM_PG_CONNECTING;
    conn->first = 0;
    conn->n = 0;
    conn->pid = 0;
    conn->backend[0] = '\0';
    conn->sqlstate[0] = '\0';
    conn->draining = 0;
    conn->silent = 0;
    conn->broken = 0;
    conn->dirty = 0;
    conn->ssl = NULL;
    ngx_memzero(conn->statements, sizeof(conn->statements));

    lane->opening++;
    lane->tried = ngx_current_msec;

    ngx_memzero(&conn->timer, sizeof(ngx_event_t));
    conn->timer.handler = ngx_scim_pg_conn_timer;
    conn->timer.data = conn;
    conn->timer.log = ngx_cycle->log;
    conn->timer.cancelable = 1;

    conn->pg = PQconnectStart((char *) pool->conf->conninfo.data);

    if (conn->pg == NULL) {
        ngx_scim_pg_conn_failed(conn, "no memory");
        return;
    }

    if (PQstatus(conn->pg) == CONNECTION_BAD) {
        ngx_scim_pg_conn_failed(conn, NULL);
        return;
    }

    ngx_add_timer(&conn->timer, pool->conf->connect_timeout);

    if (ngx_scim_pg_conn_attach(conn, 1, ngx_scim_pg_conn_poll,
                                ngx_scim_pg_conn_poll)
        != NGX_OK)
    {
        ngx_scim_pg_conn_failed(conn, "no worker connection");
    }
}


static void
ngx_scim_pg_conn_poll(ngx_event_t *ev)
{
    ngx_uint_t                 write;
    ngx_connection_t          *c;
    ngx_scim_pg_conn_t        *conn;
    PostgresPollingStatusType  status;

    c = ev->data;
    conn = c->data;

    if (c->close) {
        ngx_scim_pg_conn_quit(conn);
        return;
    }

    /*
     * libpq may go on with another socket, of the same number as a rule, and
     * the closed one has left epoll silently
     */

    ngx_scim_pg_conn_detach(conn);

    status = PQconnectPoll(conn->pg);

    if (status == PGRES_POLLING_OK) {
        ngx_scim_pg_conn_connected(conn);
        return;
    }

    if (status != PGRES_POLLING_READING && status != PGRES_POLLING_WRITING) {
        ngx_scim_pg_conn_failed(conn, NULL);
        return;
    }

    write = (status == PGRES_POLLING_WRITING);

    if (ngx_scim_pg_conn_attach(conn, write, ngx_scim_pg_conn_poll,
                                ngx_scim_pg_conn_poll)
        != NGX_OK)
    {
        ngx_scim_pg_conn_failed(conn, "no worker connection");
    }
}


static ngx_int_t
ngx_scim_pg_conn_attach(ngx_scim_pg_conn_t *conn, ngx_uint_t write,
    ngx_event_handler_pt read_handler, ngx_event_handler_pt write_handler)
{
    int                fd;
    ngx_int_t          rc;
    ngx_log_t         *log;
    ngx_connection_t  *c;

    log = ngx_cycle->log;

    fd = PQsocket(conn->pg);
    if (fd < 0) {
        return NGX_ERROR;
    }

    c = ngx_get_connection(fd, log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = conn;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->idle = 1;

    c->read->handler = read_handler;
    c->read->log = log;
    c->write->handler = write_handler;
    c->write->log = log;

    conn->connection = c;

    if (write) {
        rc = ngx_add_event(c->write, NGX_WRITE_EVENT, NGX_LEVEL_EVENT);

    } else {
        rc = ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT);
    }

    if (rc != NGX_OK) {
        ngx_scim_pg_conn_detach(conn);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_scim_pg_conn_detach(ngx_scim_pg_conn_t *conn)
{
    ngx_uint_t         flags;
    ngx_connection_t  *c;

    c = conn->connection;

    if (c == NULL) {
        return;
    }

    conn->connection = NULL;

    /* libpq closes the socket itself when the server is gone */

    flags = (PQsocket(conn->pg) == c->fd) ? 0 : NGX_CLOSE_EVENT;

    if (ngx_del_conn) {

        if (c->read->active || c->write->active) {
            ngx_del_conn(c, flags);
        }

    } else {

        if (c->read->active) {
            ngx_del_event(c->read, NGX_READ_EVENT, flags);
        }

        if (c->write->active) {
            ngx_del_event(c->write, NGX_WRITE_EVENT, flags);
        }
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    c->read->closed = 1;
    c->write->closed = 1;

    ngx_free_connection(c);

    c->fd = (ngx_socket_t) -1;
}


static void
ngx_scim_pg_conn_connected(ngx_scim_pg_conn_t *conn)
{
    PGconn  *pg;

    pg = conn->pg;

    PQsetNoticeReceiver(pg, ngx_scim_pg_conn_notice, conn);
    (void) PQsetErrorVerbosity(pg, PQERRORS_SQLSTATE);

    conn->state = NGX_SCIM_PG_SETTING;
    conn->ssl = SSL_pending ? PQsslStruct(pg, "OpenSSL") : NULL;

    if (PQsetnonblocking(pg, 1) != 0 || PQenterPipelineMode(pg) != 1) {
        ngx_scim_pg_conn_failed(conn, NULL);
        return;
    }

    if (ngx_scim_pg_conn_attach(conn, 0, ngx_scim_pg_conn_read,
                                ngx_scim_pg_conn_write)
        != NGX_OK)
    {
        ngx_scim_pg_conn_failed(conn, "no worker connection");
        return;
    }

    if (ngx_scim_pg_conn_setup(conn) != NGX_OK) {
        ngx_scim_pg_conn_failed(conn, NULL);
        return;
    }

    ngx_scim_pg_conn_flush(conn);
}


/*
 * Two segments.  A server on a system that cannot tell when a client has gone
 * refuses the option of the first one, an older one does not know it.
 *
 * A lock is waited for only so long that several attempts fit into a job's
 * time: until then the job holds up all that share its segment.  What stands
 * behind a lock is read by the next statement, in a snapshot of its own: at
 * another level of isolation, which the database may have, it would fail.
 */

static ngx_int_t
ngx_scim_pg_conn_setup(ngx_scim_pg_conn_t *conn)
{
    u_char                  timeout[NGX_INT_T_LEN + 1];
    u_char                  lock[NGX_INT_T_LEN + 1];
    const char             *values[2];
    ngx_scim_pg_conf_t     *conf;
    ngx_scim_pg_segment_t  *segment;

    conf = conn->lane->pool->conf;

    ngx_sprintf(timeout, "%M%Z", conf->timeout);
    ngx_sprintf(lock, "%M%Z", ngx_max(conf->timeout / 8, 1));

    values[0] = (const char *) timeout;
    values[1] = (const char *) lock;

    segment = ngx_scim_pg_segment(conn, NGX_SCIM_PG_SEGMENT_OPTION);
    segment->n = 1;
    segment->entries[0].n = 1;

    if (PQsendQueryParams(conn->pg,
                  "select set_config('client_connection_check_interval', '1s', "
                                    "false) "
                  "where current_setting('client_connection_check_interval', "
                                        "true) is not null",
                  0, NULL, NULL, NULL, NULL, 0)
        != 1
        || ngx_scim_pg_segment_sync(conn) != NGX_OK)
    {
        return NGX_ERROR;
    }

    segment = ngx_scim_pg_segment(conn, NGX_SCIM_PG_SEGMENT_SETUP);
    segment->n = 1;
    segment->entries[0].n = conf->setup ? 3 : 2;

    if (PQsendQueryParams(conn->pg,
                  "select set_config('statement_timeout', $1, false), "
                         "set_config('lock_timeout', $2, false), "
                         "set_config('idle_in_transaction_session_timeout', "
                                    "$1, false), "
                         "set_config('default_transaction_isolation', "
                                    "'read committed', false), "
                         "set_config('TimeZone', 'UTC', false), "
                         "set_config('DateStyle', 'ISO', false)",
                  2, NULL, values, NULL, NULL, 0)
        != 1
        || PQsendQueryParams(conn->pg,
                  "select pid, backend_start::text from pg_stat_activity "
                  "where pid = pg_backend_pid()",
                  0, NULL, NULL, NULL, NULL, 0)
           != 1)
    {
        return NGX_ERROR;
    }

    if (conf->setup
        && PQsendQueryParams(conn->pg, conf->setup, 0, NULL, NULL, NULL, NULL,
                             0)
           != 1)
    {
        return NGX_ERROR;
    }

    return ngx_scim_pg_segment_sync(conn);
}


ngx_int_t
ngx_scim_pg_conn_setting(ngx_scim_pg_conn_t *conn, ngx_uint_t query,
    PGresult *result)
{
    ngx_str_t            why;
    ngx_scim_pg_pool_t  *pool;

    pool = conn->lane->pool;

    if (query == 1) {

        if (PQntuples(result) == 1 && PQnfields(result) == 2) {
            conn->pid = ngx_atoi((u_char *) PQgetvalue(result, 0, 0),
                                 PQgetlength(result, 0, 0));
            ngx_cpystrn((u_char *) conn->backend,
                        (u_char *) PQgetvalue(result, 0, 1),
                        sizeof(conn->backend));
        }

        return NGX_OK;
    }

    if (query != 2 || pool->conf->check == NULL) {
        return NGX_OK;
    }

    ngx_str_set(&why, "setup failed");

    if (pool->conf->check(result, &why) == NGX_OK) {
        return NGX_OK;
    }

    if (pool->setup_logged == 0 || ngx_time() - pool->setup_logged >= 60) {
        pool->setup_logged = ngx_time();

        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "scim database \"%V\" is of no use: %V",
                      &pool->conf->name, &why);
    }

    return NGX_ERROR;
}


void
ngx_scim_pg_conn_set(ngx_scim_pg_conn_t *conn, ngx_scim_pg_segment_t *segment)
{
    ngx_scim_pg_pool_t  *pool;

    if (segment->kind == NGX_SCIM_PG_SEGMENT_OPTION) {
        return;
    }

    pool = conn->lane->pool;

    if (segment->failed) {

        if (segment->sqlstate[0]
            && (pool->setup_logged == 0
                || ngx_time() - pool->setup_logged >= 60))
        {
            pool->setup_logged = ngx_time();

            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "scim database \"%V\" is of no use: "
                          "setup failed, SQLSTATE %s",
                          &pool->conf->name, segment->sqlstate);
        }

        ngx_scim_pg_conn_close(conn);
        ngx_scim_pg_lane_failed(conn->lane);
        return;
    }

    ngx_del_timer(&conn->timer);

    conn->state = NGX_SCIM_PG_READY;
    conn->opened = ngx_current_msec;
    conn->used = ngx_current_msec;

    ngx_scim_pg_lane_opened(conn->lane);
}


/* "reason" NULL: what libpq says; its first line names the address and the
 * role, never the password */

static void
ngx_scim_pg_conn_failed(ngx_scim_pg_conn_t *conn, const char *reason)
{
    ngx_str_t            text;
    ngx_scim_pg_pool_t  *pool;

    pool = conn->lane->pool;

    if (reason) {
        text.data = (u_char *) reason;
        text.len = ngx_strlen(reason);

    } else {
        ngx_scim_pg_conn_message(conn, &text);
    }

    if (pool->connect_logged != ngx_time()) {
        pool->connect_logged = ngx_time();

        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "scim database \"%V\": cannot connect: %V",
                      &pool->conf->name, &text);
    }

    ngx_scim_pg_conn_close(conn);
    ngx_scim_pg_lane_failed(conn->lane);
}


static void
ngx_scim_pg_conn_message(ngx_scim_pg_conn_t *conn, ngx_str_t *text)
{
    text->data = (u_char *) PQerrorMessage(conn->pg);
    text->len = 0;

    while (text->data[text->len] >= ' ') {
        text->len++;
    }
}


void
ngx_scim_pg_conn_lost(ngx_scim_pg_conn_t *conn, const char *reason)
{
    ngx_str_t            text;
    ngx_scim_pg_pool_t  *pool;

    if (conn->state != NGX_SCIM_PG_READY) {
        ngx_scim_pg_conn_failed(conn, reason);
        return;
    }

    pool = conn->lane->pool;

    ngx_scim_pg_conn_message(conn, &text);
    ngx_log_debug1(NGX_LOG_DEBUG_EVENT, ngx_cycle->log, 0, "scim pg: \"%V\"",
                   &text);

    if (conn->n) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "scim database \"%V\": %s with %ui segments on the "
                      "wire, SQLSTATE \"%s\"",
                      &pool->conf->name, reason ? reason : "connection lost",
                      conn->n, conn->sqlstate);

        /* who knows whom the server has also left, or will at once */

        ngx_scim_pg_renew(pool);

    } else {
        ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                      "scim database \"%V\": %s, SQLSTATE \"%s\"",
                      &pool->conf->name,
                      reason ? reason : "idle connection was closed",
                      conn->sqlstate);
    }

    ngx_scim_pg_abandon(conn);
    ngx_scim_pg_conn_close(conn);
    ngx_scim_pg_post(pool);
}


void
ngx_scim_pg_conn_close(ngx_scim_pg_conn_t *conn)
{
    if (conn->state == NGX_SCIM_PG_CONNECTING
        || conn->state == NGX_SCIM_PG_SETTING)
    {
        conn->lane->opening--;
    }

    ngx_scim_pg_conn_detach(conn);

    if (conn->timer.timer_set) {
        ngx_del_timer(&conn->timer);
    }

    if (conn->pg) {
        PQfinish(conn->pg);
        conn->pg = NULL;
    }

    conn->n = 0;
    conn->dirty = 0;
    conn->state = NGX_SCIM_PG_CLOSED;
}


/*
 * A worker that quits: nginx calls the read handlers of idle connections with
 * c->close set, and again with c->error when its patience ends.  What is in
 * use now closes when nothing is left to do.
 */

static void
ngx_scim_pg_conn_quit(ngx_scim_pg_conn_t *conn)
{
    ngx_connection_t  *c;

    c = conn->connection;

    c->close = 0;

    if (c->error) {
        ngx_scim_pg_conn_lost(conn, "shutdown timeout");
        return;
    }

    if (conn->lane->pool->waiting
        || (conn->n && conn->state == NGX_SCIM_PG_READY))
    {
        return;
    }

    ngx_scim_pg_conn_close(conn);
}


static void
ngx_scim_pg_conn_read(ngx_event_t *rev)
{
    int                  ok;
    ngx_connection_t    *c;
    ngx_scim_pg_conn_t  *conn;

    c = rev->data;
    conn = c->data;

    if (c->close) {
        ngx_scim_pg_conn_quit(conn);
        return;
    }

    ok = PQconsumeInput(conn->pg);

    /* older versions of libpq leave bytes in OpenSSL, where no event tells */

    while (ok && conn->ssl && SSL_pending(conn->ssl) > 0) {
        ok = PQconsumeInput(conn->pg);
    }

    ngx_scim_pg_results(conn);

    if (conn->state < NGX_SCIM_PG_SETTING) {
        return;
    }

    if (!ok || conn->broken || PQstatus(conn->pg) == CONNECTION_BAD) {
        ngx_scim_pg_conn_lost(conn, NULL);
        return;
    }

    if (c->write->active) {
        ngx_scim_pg_conn_flush(conn);
    }
}


static void
ngx_scim_pg_conn_write(ngx_event_t *wev)
{
    ngx_connection_t  *c;

    c = wev->data;

    ngx_scim_pg_conn_flush(c->data);
}


void
ngx_scim_pg_conn_flush(ngx_scim_pg_conn_t *conn)
{
    int           rc;
    ngx_event_t  *wev;

    conn->dirty = 0;

    wev = conn->connection->write;

    rc = PQflush(conn->pg);

    if (PQsocket(conn->pg) != conn->connection->fd) {
        rc = -1;
    }

    if (rc == 0) {

        if (wev->active
            && ngx_del_event(wev, NGX_WRITE_EVENT, 0) != NGX_OK)
        {
            rc = -1;
        }

    } else if (rc == 1) {

        if (!wev->active
            && ngx_add_event(wev, NGX_WRITE_EVENT, NGX_LEVEL_EVENT) != NGX_OK)
        {
            rc = -1;
        }
    }

    if (rc < 0) {
        ngx_scim_pg_conn_lost(conn, NULL);
    }
}


static void
ngx_scim_pg_conn_timer(ngx_event_t *ev)
{
    ngx_scim_pg_conn_t  *conn;

    conn = ev->data;

    if (conn->state == NGX_SCIM_PG_READY) {
        ngx_scim_pg_conn_lost(conn, "server is silent");
        return;
    }

    ngx_scim_pg_conn_failed(conn, "timed out");
}


/* notices would go to stderr; a backend that is told to end while it is idle
 * says so by a notice */

static void
ngx_scim_pg_conn_notice(void *data, const PGresult *result)
{
    char                *severity;
    ngx_scim_pg_conn_t  *conn;

    conn = data;

    severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

    if (severity && (ngx_strcmp(severity, "FATAL") == 0
                     || ngx_strcmp(severity, "PANIC") == 0))
    {
        ngx_scim_pg_conn_fatal(conn, result);
    }
}


/* the server ends the connection, or libpq does, then without a SQLSTATE */

void
ngx_scim_pg_conn_fatal(ngx_scim_pg_conn_t *conn, const PGresult *result)
{
    char  *sqlstate;

    conn->broken = 1;

    sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (sqlstate) {
        ngx_cpystrn((u_char *) conn->sqlstate, (u_char *) sqlstate,
                    sizeof(conn->sqlstate));
    }
}
