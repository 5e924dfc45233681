
/*
 * Segments on a connection: sent, their results taken in order, their jobs
 * judged when the Sync has come back.  Called by ngx_scim_pg_conn.c (results)
 * and ngx_scim_pg_pool.c (sending).
 *
 * A segment is one implicit transaction.  Its Sync commits it, so an error
 * can come after the last statement's result, and nothing is true before the
 * Sync's own result.
 */


#include "ngx_scim_pg_private.h"


static ngx_int_t ngx_scim_pg_query_send(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_entry_t *entry, ngx_uint_t i);
static void ngx_scim_pg_result(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment, PGresult *result);
static void ngx_scim_pg_result_ok(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment, PGresult *result);
static void ngx_scim_pg_result_error(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment, PGresult *result);
static void ngx_scim_pg_result_skip(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment, u_char state);
static ngx_uint_t ngx_scim_pg_result_next(ngx_scim_pg_segment_t *segment);
static void ngx_scim_pg_segment_end(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment);
static void ngx_scim_pg_segment_failed(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment);
static void ngx_scim_pg_field(char *dst, size_t size, const PGresult *result,
    int field);


ngx_scim_pg_segment_t *
ngx_scim_pg_segment(ngx_scim_pg_conn_t *conn, ngx_scim_pg_segment_e kind)
{
    ngx_scim_pg_segment_t  *segment;

    segment = &conn->segments[(conn->first + conn->n) % conn->size];

    segment->kind = kind;
    segment->conn = conn;
    segment->n = 0;
    segment->entry = 0;
    segment->query = 0;
    segment->parsed = 0;
    segment->failed = 0;
    segment->stale = 0;
    segment->sqlstate[0] = '\0';

    segment->entries[0].job = NULL;
    segment->entries[0].owner = NULL;
    segment->entries[0].n = 0;
    segment->entries[0].parse = 0;

    return segment;
}


ngx_int_t
ngx_scim_pg_segment_send(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment)
{
    ngx_uint_t                i, k;
    ngx_scim_pg_job_t        *job;
    ngx_scim_pg_entry_t      *entry;
    ngx_scim_pg_statement_t  *st;

    for (i = 0; i < segment->n; i++) {
        entry = &segment->entries[i];

        for (k = 0; k < entry->n; k++) {
            if (ngx_scim_pg_query_send(conn, entry, k) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    if (ngx_scim_pg_segment_sync(conn) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < segment->n; i++) {
        entry = &segment->entries[i];
        job = entry->job;

        job->state = NGX_SCIM_PG_JOB_SENT;
        job->segment = segment;
        job->sent = 1;

        for (k = 0; entry->parse >> k; k++) {
            if (entry->parse & (1 << k)) {
                st = entry->statements[k];
                conn->statements[st->index] = NGX_SCIM_PG_PARSING;
            }
        }
    }

    conn->dirty = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_scim_pg_query_send(ngx_scim_pg_conn_t *conn, ngx_scim_pg_entry_t *entry,
    ngx_uint_t i)
{
    int                       n;
    ngx_scim_pg_pool_t       *pool;
    ngx_scim_pg_query_t      *query;
    ngx_scim_pg_statement_t  *st;

    pool = conn->lane->pool;
    query = &entry->job->queries[i];
    n = (int) query->n;

    st = pool->conf->prepare ? ngx_scim_pg_statement(pool, query) : NULL;

    entry->statements[i] = st;

    /* what another segment's Parse may fail to prepare goes by its text */

    if (st == NULL || conn->statements[st->index] == NGX_SCIM_PG_PARSING) {
        return PQsendQueryParams(conn->pg, query->sql, n, query->types,
                                 query->values, query->lengths,
                                 query->formats, query->format)
               == 1 ? NGX_OK : NGX_ERROR;
    }

    if (conn->statements[st->index] == NGX_SCIM_PG_UNKNOWN) {

        if (PQsendPrepare(conn->pg, st->name, st->sql, n, st->types) != 1) {
            return NGX_ERROR;
        }

        conn->statements[st->index] = NGX_SCIM_PG_FRESH;
        entry->parse |= 1 << i;
    }

    return PQsendQueryPrepared(conn->pg, st->name, n, query->values,
                               query->lengths, query->formats, query->format)
           == 1 ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_scim_pg_segment_sync(ngx_scim_pg_conn_t *conn)
{
    int  rc;

#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    rc = PQsendPipelineSync(conn->pg);
#else
    rc = PQpipelineSync(conn->pg);
#endif

    if (rc != 1) {
        return NGX_ERROR;
    }

    conn->n++;

    return NGX_OK;
}


/* without its Sync, nothing of a segment can be committed */

void
ngx_scim_pg_segment_unsent(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment)
{
    ngx_uint_t            i;
    ngx_scim_pg_job_t    *job;
    ngx_scim_pg_entry_t  *entry;

    for (i = 0; i < segment->n; i++) {
        entry = &segment->entries[i];
        job = entry->job;

        if (entry->owner) {
            ngx_scim_pg_owner_release(conn->lane, entry->owner);
        }

        if (job->retried) {
            ngx_scim_pg_job_finish(job, NGX_SCIM_PG_UNAVAILABLE);
            continue;
        }

        job->retried = 1;
        ngx_scim_pg_queue_again(conn->lane, job);
    }
}


void
ngx_scim_pg_results(ngx_scim_pg_conn_t *conn)
{
    PGresult    *result;
    ngx_uint_t   nulls;

    nulls = 0;

    /* also with nothing on the wire: PQisBusy() reads what came unasked */

    while (!PQisBusy(conn->pg) && conn->n) {
        result = PQgetResult(conn->pg);

        if (result == NULL) {

            /* the end of a statement's results; two are out of step */

            if (++nulls == 2) {
                return;
            }

            continue;
        }

        nulls = 0;

        ngx_scim_pg_result(conn, &conn->segments[conn->first], result);

        if (conn->pg == NULL || conn->broken) {
            return;
        }
    }
}


static void
ngx_scim_pg_result(ngx_scim_pg_conn_t *conn, ngx_scim_pg_segment_t *segment,
    PGresult *result)
{
    switch (PQresultStatus(result)) {

    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
        ngx_scim_pg_result_ok(conn, segment, result);
        return;

    case PGRES_PIPELINE_SYNC:
        PQclear(result);
        ngx_scim_pg_segment_end(conn, segment);
        return;

    case PGRES_PIPELINE_ABORTED:
        ngx_scim_pg_result_skip(conn, segment, NGX_SCIM_PG_UNKNOWN);
        break;

    case PGRES_FATAL_ERROR:
        ngx_scim_pg_result_error(conn, segment, result);
        break;

    default:

        /* COPY, which is not ours */

        conn->broken = 1;
        break;
    }

    PQclear(result);
}


static void
ngx_scim_pg_result_ok(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment, PGresult *result)
{
    ngx_uint_t                i;
    ngx_scim_pg_entry_t      *entry;
    ngx_scim_pg_statement_t  *st;

    if (segment->entry == segment->n) {
        conn->broken = 1;
        PQclear(result);
        return;
    }

    entry = &segment->entries[segment->entry];
    i = segment->query;

    if (ngx_scim_pg_result_next(segment)) {
        st = entry->statements[i];
        conn->statements[st->index] = NGX_SCIM_PG_PREPARED;
        PQclear(result);
        return;
    }

    if (segment->kind == NGX_SCIM_PG_SEGMENT_JOBS) {

        if (entry->job) {
            entry->job->queries[i].result = result;

        } else {
            PQclear(result);
        }

        return;
    }

    if (segment->kind == NGX_SCIM_PG_SEGMENT_SETUP
        && ngx_scim_pg_conn_setting(conn, i, result) != NGX_OK)
    {
        segment->failed = 1;
    }

    PQclear(result);
}


/* steps to the next result; returns 1 if the one that came is of a Parse */

static ngx_uint_t
ngx_scim_pg_result_next(ngx_scim_pg_segment_t *segment)
{
    ngx_scim_pg_entry_t  *entry;

    entry = &segment->entries[segment->entry];

    if (!segment->parsed && (entry->parse & (1 << segment->query))) {
        segment->parsed = 1;
        return 1;
    }

    segment->parsed = 0;
    segment->query++;

    if (segment->query == entry->n) {
        segment->query = 0;
        segment->entry++;
    }

    return 0;
}


/* a statement failed or was not executed; "state": what that means for it if
 * it was to be prepared */

static void
ngx_scim_pg_result_skip(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment, u_char state)
{
    ngx_uint_t                i;
    ngx_scim_pg_entry_t      *entry;
    ngx_scim_pg_statement_t  *st;

    if (segment->entry == segment->n) {
        return;
    }

    entry = &segment->entries[segment->entry];
    i = segment->query;

    if (ngx_scim_pg_result_next(segment)) {
        st = entry->statements[i];
        conn->statements[st->index] = state;
    }
}


static void
ngx_scim_pg_result_error(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment, PGresult *result)
{
    char               *sqlstate, *severity, *function;
    u_char              state;
    ngx_scim_pg_job_t  *job;

    sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

    if (sqlstate == NULL || severity == NULL
        || ngx_strcmp(severity, "ERROR") != 0)
    {
        ngx_scim_pg_conn_fatal(conn, result);
        return;
    }

    segment->failed = 1;
    ngx_cpystrn((u_char *) segment->sqlstate, (u_char *) sqlstate,
                sizeof(segment->sqlstate));

    /* another client of a pooler has prepared it: the same name is the same
     * text */

    if (ngx_strcmp(sqlstate, "42P05") == 0) {
        segment->stale = 1;
        state = NGX_SCIM_PG_PREPARED;

    } else {
        state = NGX_SCIM_PG_UNKNOWN;
    }

    ngx_scim_pg_result_skip(conn, segment, state);

    if (ngx_strcmp(sqlstate, "26000") == 0) {
        segment->stale = 1;
        conn->draining = 1;

    } else if (ngx_strcmp(sqlstate, "0A000") == 0) {

        /* "cached plan must not change result type" has no code of its own,
         * and would come again for ever on any older connection */

        function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);

        if (function == NULL
            || ngx_strcmp(function, "RevalidateCachedQuery") == 0)
        {
            segment->stale = 1;
            ngx_scim_pg_renew(conn->lane->pool);
        }

    } else if (ngx_strcmp(sqlstate, "25006") == 0
               || ngx_strncmp(sqlstate, "08", 2) == 0)
    {
        conn->draining = 1;
    }

    job = segment->entries[0].job;

    if (segment->n > 1 || job == NULL) {
        return;
    }

    ngx_memcpy(job->sqlstate, segment->sqlstate, sizeof(job->sqlstate));

    if (ngx_strncmp(sqlstate, "23", 2) == 0) {
        ngx_scim_pg_field(job->constraint, sizeof(job->constraint), result,
                          PG_DIAG_CONSTRAINT_NAME);

    } else if (ngx_strncmp(sqlstate, "SC", 2) == 0) {
        ngx_scim_pg_field(job->message, sizeof(job->message), result,
                          PG_DIAG_MESSAGE_PRIMARY);
        ngx_scim_pg_field(job->hint, sizeof(job->hint), result,
                          PG_DIAG_MESSAGE_HINT);
    }
}


static void
ngx_scim_pg_segment_end(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment)
{
    ngx_uint_t            i;
    ngx_scim_pg_entry_t  *entry;

    conn->first = (conn->first + 1) % conn->size;
    conn->n--;

    if (segment->kind != NGX_SCIM_PG_SEGMENT_JOBS) {
        ngx_scim_pg_conn_set(conn, segment);
        return;
    }

    conn->used = ngx_current_msec;

    if (conn->silent) {
        conn->silent = 0;
        ngx_del_timer(&conn->timer);
    }

    for (i = 0; i < segment->n; i++) {
        entry = &segment->entries[i];

        if (entry->owner) {
            ngx_scim_pg_owner_release(conn->lane, entry->owner);
        }
    }

    if (segment->failed) {
        ngx_scim_pg_segment_failed(conn, segment);

    } else {

        for (i = 0; i < segment->n; i++) {
            if (segment->entries[i].job) {
                ngx_scim_pg_job_finish(segment->entries[i].job,
                                       NGX_SCIM_PG_OK);
            }
        }
    }

    ngx_scim_pg_post(conn->lane->pool);
}


/* all was rolled back: jobs that shared the segment go again, each alone */

static void
ngx_scim_pg_segment_failed(ngx_scim_pg_conn_t *conn,
    ngx_scim_pg_segment_t *segment)
{
    ngx_uint_t          i;
    ngx_scim_pg_job_t  *job;

    for (i = 0; i < segment->n; i++) {
        job = segment->entries[i].job;

        if (job == NULL) {
            continue;
        }

        if (segment->n == 1) {

            if (!segment->stale || job->retried) {
                ngx_scim_pg_job_finish(job, NGX_SCIM_PG_FAILED);
                continue;
            }

            job->retried = 1;
        }

        ngx_scim_pg_queue_again(conn->lane, job);
    }
}


void
ngx_scim_pg_abandon(ngx_scim_pg_conn_t *conn)
{
    ngx_uint_t              i;
    ngx_scim_pg_job_t      *job;
    ngx_scim_pg_pool_t     *pool;
    ngx_scim_pg_entry_t    *entry;
    ngx_scim_pg_segment_t  *segment;

    pool = conn->lane->pool;

    for ( /* void */ ; conn->n; conn->n--) {
        segment = &conn->segments[conn->first];
        conn->first = (conn->first + 1) % conn->size;

        if (segment->kind != NGX_SCIM_PG_SEGMENT_JOBS) {
            continue;
        }

        for (i = 0; i < segment->n; i++) {
            entry = &segment->entries[i];
            job = entry->job;

            if (entry->owner) {
                ngx_scim_pg_owner_release(conn->lane, entry->owner);
            }

            if (job == NULL) {
                continue;
            }

            if (job->readonly && !job->retried && !pool->closing) {
                job->retried = 1;
                ngx_scim_pg_queue_again(conn->lane, job);
                continue;
            }

            job->sqlstate[0] = '\0';
            job->pid = conn->pid;
            ngx_memcpy(job->backend, conn->backend, sizeof(job->backend));

            ngx_scim_pg_job_finish(job, NGX_SCIM_PG_LOST);
        }
    }
}


/* cut, if need be, before a character and not within it */

static void
ngx_scim_pg_field(char *dst, size_t size, const PGresult *result, int field)
{
    char    *value;
    size_t   len;

    value = PQresultErrorField(result, field);

    if (value == NULL) {
        return;
    }

    len = ngx_strlen(value);

    if (len >= size) {
        len = size - 1;

        while (len && ((u_char) value[len] & 0xc0) == 0x80) {
            len--;
        }
    }

    ngx_memcpy(dst, value, len);
    dst[len] = '\0';
}
