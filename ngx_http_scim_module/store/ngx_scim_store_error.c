
/*
 * What went wrong, as SCIM says it.  One table maps the SQLSTATEs; no status
 * stands anywhere else in store/.  The server's own texts, which hold values,
 * are never passed on; what an application's trigger raises as SCnnn is.
 */


#include "ngx_scim_store_private.h"
#include "scim_utf8.h"


#define NGX_SCIM_STORE_RETRY_AFTER  5     /* seconds */
#define NGX_SCIM_STORE_RETRY_SOON   1
#define NGX_SCIM_STORE_LOG_EVERY    10


typedef struct {
    const char       *state;        /* an SQLSTATE or the head of many */
    int               status;
    scim_type_e       type;
    int               retry_after;
    unsigned          retries:4;    /* of the whole transaction, by ourselves */
    unsigned          crit:1;       /* somebody has to mend something */
    const char       *detail;
} ngx_scim_store_state_t;


static const ngx_scim_store_state_t *ngx_scim_store_state(
    const char *sqlstate);
static ngx_scim_store_status_e ngx_scim_store_error_unique(
    ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job);
static ngx_int_t ngx_scim_store_error_raised(scim_error_t *err,
    ngx_scim_pg_job_t *job);
static void ngx_scim_store_error_set(scim_error_t *err, int status,
    int retry_after, const char *detail);
static void ngx_scim_store_error_log(ngx_scim_store_op_t *op,
    ngx_scim_pg_job_t *job);


/* the first that fits; the last fits all */

static const ngx_scim_store_state_t  ngx_scim_store_states[] = {

    { "23503", 400, SCIM_INVALID_VALUE, 0, 0, 0,
      "a resource that is referred to does not exist" },

    { "40001", 503, SCIM_TYPE_NONE, NGX_SCIM_STORE_RETRY_SOON, 3, 0,
      "the resource is being changed by others, try again" },
    { "40P01", 503, SCIM_TYPE_NONE, NGX_SCIM_STORE_RETRY_SOON, 3, 0,
      "the resource is being changed by others, try again" },
    { "55P03", 503, SCIM_TYPE_NONE, NGX_SCIM_STORE_RETRY_SOON, 3, 0,
      "the resource is being changed by others, try again" },

    { "57014", 503, SCIM_TYPE_NONE, NGX_SCIM_STORE_RETRY_AFTER, 0, 0,
      "the database took too long" },
    { "25006", 503, SCIM_TYPE_NONE, NGX_SCIM_STORE_RETRY_AFTER, 1, 0,
      "the database takes no writes at present" },
    { "57P", 503, SCIM_TYPE_NONE, NGX_SCIM_STORE_RETRY_AFTER, 0, 0,
      "the database is not available" },
    { "08", 503, SCIM_TYPE_NONE, NGX_SCIM_STORE_RETRY_AFTER, 0, 0,
      "the database is not available" },
    { "53", 503, SCIM_TYPE_NONE, NGX_SCIM_STORE_RETRY_AFTER, 0, 1,
      "the database is short of resources" },
    { "42", 503, SCIM_TYPE_NONE, NGX_SCIM_STORE_RETRY_AFTER, 0, 1,
      "the database is not set up for this service" },

    { "", 500, SCIM_TYPE_NONE, 0, 0, 1, "internal error" }
};


/* what an application may raise (docs: contract) */

static const int  ngx_scim_store_raised[] = {
    400, 403, 404, 409, 412, 413, 429
};


ngx_scim_store_status_e
ngx_scim_store_error(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    scim_error_t                  *err;
    const ngx_scim_store_state_t  *s;

    err = &op->sr.error;

    switch (job->status) {

    case NGX_SCIM_PG_FAILED:
        break;

    case NGX_SCIM_PG_OVERLOADED:
        ngx_scim_store_error_set(err, 503, NGX_SCIM_STORE_RETRY_AFTER,
                                 "too many requests wait for the database");
        return NGX_SCIM_STORE_ERROR;

    case NGX_SCIM_PG_TIMEOUT:
        ngx_scim_store_error_set(err, 503, NGX_SCIM_STORE_RETRY_AFTER,
                                 "the database did not answer in time");
        return NGX_SCIM_STORE_ERROR;

    default:                            /* NGX_SCIM_PG_UNAVAILABLE, _LOST */
        ngx_scim_store_error_unavailable(err);
        return NGX_SCIM_STORE_ERROR;
    }

    if (ngx_strcmp(job->sqlstate, "23505") == 0) {
        return ngx_scim_store_error_unique(op, job);
    }

    if (ngx_scim_store_error_raised(err, job) == NGX_OK) {
        return NGX_SCIM_STORE_ERROR;
    }

    s = ngx_scim_store_state(job->sqlstate);

    if (s->crit) {
        ngx_scim_store_error_log(op, job);
    }

    ngx_scim_store_error_set(err, s->status, s->retry_after, s->detail);
    err->type = s->type;

    return NGX_SCIM_STORE_ERROR;
}


ngx_uint_t
ngx_scim_store_error_retries(ngx_scim_pg_job_t *job)
{
    if (job->status != NGX_SCIM_PG_FAILED) {
        return 0;
    }

    return ngx_scim_store_state(job->sqlstate)->retries;
}


static const ngx_scim_store_state_t *
ngx_scim_store_state(const char *sqlstate)
{
    const ngx_scim_store_state_t  *s;

    for (s = ngx_scim_store_states;
         ngx_strncmp(sqlstate, s->state, ngx_strlen(s->state)) != 0;
         s++)
    {
        /* void */
    }

    return s;
}


/* somebody else was faster by less than a snapshot */

static ngx_scim_store_status_e
ngx_scim_store_error_unique(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    static const scim_str_t  external = scim_string("externalId");

    if (ngx_strcmp(job->constraint, "resource_name") == 0) {
        ngx_scim_store_error_taken(&op->sr.error,
                                   &op->sr.type->name_attr->name);
        return NGX_SCIM_STORE_CONFLICT;
    }

    if (ngx_strcmp(job->constraint, "resource_external") == 0) {
        ngx_scim_store_error_taken(&op->sr.error, &external);
        return NGX_SCIM_STORE_CONFLICT;
    }

    ngx_scim_store_error_log(op, job);
    ngx_scim_store_error_set(&op->sr.error, 500, 0, "internal error");

    return NGX_SCIM_STORE_ERROR;
}


/* SQLSTATE SCnnn: status nnn, the message is the detail, the hint the
 * scimType; the application decides what its client may read */

static ngx_int_t
ngx_scim_store_error_raised(scim_error_t *err, ngx_scim_pg_job_t *job)
{
    int           status;
    scim_str_t    message;
    ngx_uint_t    i;
    scim_type_e   type;
    const char   *word;

    if (job->sqlstate[0] != 'S' || job->sqlstate[1] != 'C') {
        return NGX_DECLINED;
    }

    status = (int) ngx_atoi((u_char *) job->sqlstate + 2, 3);

    for (i = 0; /* void */; i++) {

        if (i == sizeof(ngx_scim_store_raised) / sizeof(int)) {
            return NGX_DECLINED;
        }

        if (ngx_scim_store_raised[i] == status) {
            break;
        }
    }

    ngx_scim_store_error_set(err, status,
                             status == 429 ? NGX_SCIM_STORE_RETRY_AFTER : 0,
                             "refused by the application");

    message.data = (u_char *) job->message;
    message.len = ngx_strlen(job->message);

    if (message.len && message.len < SCIM_ERROR_DETAIL
        && scim_utf8_valid(&message))
    {
        ngx_memcpy(err->detail, message.data, message.len + 1);
        err->len = message.len;
    }

    for (type = SCIM_INVALID_FILTER; type <= SCIM_INVALID_COUNT; type++) {
        word = scim_error_type_name(type);

        if (word != NULL && ngx_strcmp(word, job->hint) == 0) {
            err->type = type;
            break;
        }
    }

    return NGX_OK;
}


void
ngx_scim_store_error_background(ngx_scim_store_db_t *db,
    ngx_scim_pg_job_t *job)
{
    if (job->status != NGX_SCIM_PG_FAILED
        || !ngx_scim_store_state(job->sqlstate)->crit
        || ngx_time() - db->logged < NGX_SCIM_STORE_LOG_EVERY)
    {
        return;
    }

    db->logged = ngx_time();

    ngx_log_error(NGX_LOG_CRIT, job->log, 0,
                  "scim database \"%V\": SQLSTATE %s, constraint \"%s\", "
                  "in the background",
                  &db->conf.name, job->sqlstate, job->constraint);
}


void
ngx_scim_store_error_busy(scim_error_t *err)
{
    ngx_scim_store_error_set(err, 503, NGX_SCIM_STORE_RETRY_SOON,
                        "the resource is being changed by others, try again");
}


void
ngx_scim_store_error_unavailable(scim_error_t *err)
{
    ngx_scim_store_error_set(err, 503, NGX_SCIM_STORE_RETRY_AFTER,
                             "the database is not available");
}


void
ngx_scim_store_error_disabled(scim_error_t *err)
{
    ngx_scim_store_error_set(err, 403, 0, "the tenant is disabled");
}


void
ngx_scim_store_error_protected(scim_error_t *err)
{
    ngx_scim_store_error_set(err, 403, 0,
                             "the resource is protected by the application");
}


void
ngx_scim_store_error_group(scim_error_t *err)
{
    ngx_scim_store_error_set(err, 403, 0,
                             "the group is kept by the application");
}


void
ngx_scim_store_error_members(scim_error_t *err)
{
    ngx_scim_store_error_set(err, 403, 0,
                        "the members of the group are kept by the application");
}


void
ngx_scim_store_error_seats(scim_error_t *err, int64_t seats)
{
    (void) scim_error(err, 403, SCIM_TYPE_NONE,
                      "active: all %d seats are taken", (int) seats);
}


void
ngx_scim_store_error_taken(scim_error_t *err, const scim_str_t *attr)
{
    (void) scim_error(err, 409, SCIM_UNIQUENESS,
                      "%[%S%] is taken by another resource", attr);
}


void
ngx_scim_store_error_unknown(scim_error_t *err)
{
    (void) scim_error(err, 400, SCIM_INVALID_VALUE,
                      "%[members%]: a value is the id of no user or group");
}


void
ngx_scim_store_error_circle(scim_error_t *err)
{
    (void) scim_error(err, 400, SCIM_INVALID_VALUE,
                      "%[members%]: a group cannot be in itself, be it "
                      "through other groups");
}


void
ngx_scim_store_error_nesting(scim_error_t *err, ngx_uint_t limit)
{
    (void) scim_error(err, 400, SCIM_INVALID_VALUE,
                      "%[members%]: groups can be nested %d levels deep",
                      (int) limit);
}


static void
ngx_scim_store_error_set(scim_error_t *err, int status, int retry_after,
    const char *detail)
{
    (void) scim_error(err, status, SCIM_TYPE_NONE, "%s", detail);
    err->retry_after = retry_after;
}


static void
ngx_scim_store_error_log(ngx_scim_store_op_t *op, ngx_scim_pg_job_t *job)
{
    ngx_scim_store_db_t  *db;

    db = op->db;

    if (ngx_time() - db->logged < NGX_SCIM_STORE_LOG_EVERY) {
        return;
    }

    db->logged = ngx_time();

    ngx_log_error(NGX_LOG_CRIT, op->sr.log, 0,
                  "scim database \"%V\": SQLSTATE %s, constraint \"%s\", "
                  "request %*s",
                  &db->conf.name, job->sqlstate, job->constraint,
                  (size_t) 36, op->sr.request_id);
}
