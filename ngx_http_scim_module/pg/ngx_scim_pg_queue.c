
/*
 * What waits in a lane: a list of jobs for each owner, and rotations in which
 * the owners take their turns.  Called by ngx_scim_pg_job.c and
 * ngx_scim_pg_pool.c.
 */


#include "ngx_scim_pg_private.h"


static ngx_scim_pg_owner_t *ngx_scim_pg_owner(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_job_t *job);
static void ngx_scim_pg_owner_settle(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_owner_t *owner);
static ngx_uint_t ngx_scim_pg_owner_full(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_owner_t *owner);
static void ngx_scim_pg_owner_free(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_owner_t *owner);
static ngx_scim_pg_owner_t *ngx_scim_pg_queue_mate(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_owner_t *owner, ngx_scim_pg_job_t *job);
static ngx_scim_pg_job_t *ngx_scim_pg_queue_next(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_owner_t *owner);
static void ngx_scim_pg_queue_group(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_segment_t *segment);
static ngx_uint_t ngx_scim_pg_queue_solo(ngx_scim_pg_owner_t *owner);
static ngx_uint_t ngx_scim_pg_queue_before(const ngx_scim_pg_entry_t *a,
    const ngx_scim_pg_entry_t *b);
static void ngx_scim_pg_queue_add(ngx_scim_pg_segment_t *segment,
    ngx_scim_pg_job_t *job, ngx_scim_pg_owner_t *owner);


#define ngx_scim_pg_owned(lane, job)                                          \
    ((job)->group && (lane) == &(lane)->pool->lanes[NGX_SCIM_PG_WORK])


ngx_int_t
ngx_scim_pg_queue_push(ngx_scim_pg_lane_t *lane, ngx_scim_pg_job_t *job)
{
    ngx_scim_pg_owner_t  *owner;

    owner = ngx_scim_pg_owner(lane, job);
    if (owner == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&owner->jobs, &job->queue);

    job->state = NGX_SCIM_PG_JOB_QUEUED;
    job->segment = owner;
    lane->pool->waiting++;

    ngx_scim_pg_owner_settle(lane, owner);

    return NGX_OK;
}


/*
 * A job that has been on a wire goes again, alone, and before all others; a
 * grouped one before those of its owner only.  That owner's rows may be
 * locked by somebody else: as long as it has jobs here, no other owner's share
 * a segment with them.
 */

void
ngx_scim_pg_queue_again(ngx_scim_pg_lane_t *lane, ngx_scim_pg_job_t *job)
{
    ngx_queue_t          *q;
    ngx_scim_pg_job_t    *other;
    ngx_scim_pg_owner_t  *owner;

    ngx_scim_pg_job_clear(job);

    job->state = NGX_SCIM_PG_JOB_QUEUED;
    job->segment = NULL;
    job->sent = 0;
    job->sqlstate[0] = '\0';
    job->constraint[0] = '\0';
    job->message[0] = '\0';
    job->hint[0] = '\0';
    lane->pool->waiting++;

    job->alone = 1;

    owner = ngx_scim_pg_owned(lane, job) ? ngx_scim_pg_owner(lane, job) : NULL;

    if (owner) {
        for (q = ngx_queue_head(&owner->jobs);
             q != ngx_queue_sentinel(&owner->jobs);
             q = ngx_queue_next(q))
        {
            other = ngx_queue_data(q, ngx_scim_pg_job_t, queue);

            if (!other->alone) {
                break;
            }
        }

        ngx_queue_insert_tail(q, &job->queue);

        owner->apart = 1;
        job->segment = owner;

        ngx_scim_pg_owner_settle(lane, owner);

    } else {
        ngx_queue_insert_tail(&lane->front, &job->queue);
    }

    ngx_scim_pg_post(lane->pool);
}


void
ngx_scim_pg_queue_remove(ngx_scim_pg_lane_t *lane, ngx_scim_pg_job_t *job)
{
    ngx_scim_pg_owner_t  *owner;

    owner = job->segment;

    ngx_queue_remove(&job->queue);

    job->segment = NULL;
    lane->pool->waiting--;

    if (owner) {
        ngx_scim_pg_owner_settle(lane, owner);
    }
}


ngx_uint_t
ngx_scim_pg_queue_empty(ngx_scim_pg_lane_t *lane)
{
    return ngx_queue_empty(&lane->front)
           && ngx_queue_empty(&lane->rotation[0])
           && ngx_queue_empty(&lane->rotation[1]);
}


ngx_uint_t
ngx_scim_pg_queue_take(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_segment_t *segment)
{
    ngx_queue_t          *q;
    ngx_scim_pg_job_t    *job;
    ngx_scim_pg_owner_t  *owner;

    if (!ngx_queue_empty(&lane->front)) {
        q = ngx_queue_head(&lane->front);
        job = ngx_queue_data(q, ngx_scim_pg_job_t, queue);

        ngx_scim_pg_queue_remove(lane, job);
        ngx_scim_pg_queue_add(segment, job, NULL);

        return 1;
    }

    lane->turn = !lane->turn;

    if (ngx_queue_empty(&lane->rotation[lane->turn])) {
        lane->turn = !lane->turn;
    }

    if (ngx_queue_empty(&lane->rotation[lane->turn])) {
        return 0;
    }

    if (lane->turn == 0) {
        owner = ngx_queue_data(ngx_queue_head(&lane->rotation[0]),
                               ngx_scim_pg_owner_t, queue);
        job = ngx_scim_pg_queue_next(lane, owner);

        ngx_scim_pg_queue_add(segment, job, owner);
        ngx_scim_pg_owner_settle(lane, owner);

    } else {
        ngx_scim_pg_queue_group(lane, segment);
    }

    return segment->n;
}


/* the entries are sorted by owner, so that the segments of all workers lock the
 * rows of tenants in the same order */

static void
ngx_scim_pg_queue_group(ngx_scim_pg_lane_t *lane,
    ngx_scim_pg_segment_t *segment)
{
    ngx_int_t             i, k;
    ngx_scim_pg_job_t    *job;
    ngx_scim_pg_owner_t  *owner;
    ngx_scim_pg_entry_t   entry;

    owner = ngx_queue_data(ngx_queue_head(&lane->rotation[1]),
                           ngx_scim_pg_owner_t, queue);

    while (owner && segment->n < NGX_SCIM_PG_GROUP) {
        job = ngx_scim_pg_queue_next(lane, owner);

        ngx_scim_pg_queue_add(segment, job, owner);

        owner = ngx_scim_pg_queue_mate(lane, owner, job);
    }

    for (i = 0; i < (ngx_int_t) segment->n; i++) {
        entry = segment->entries[i];

        for (k = i - 1; k >= 0; k--) {
            if (!ngx_scim_pg_queue_before(&entry, &segment->entries[k])) {
                break;
            }

            segment->entries[k + 1] = segment->entries[k];
        }

        segment->entries[k + 1] = entry;

        ngx_scim_pg_owner_settle(lane, entry.owner);
    }
}


static ngx_uint_t
ngx_scim_pg_queue_before(const ngx_scim_pg_entry_t *a,
    const ngx_scim_pg_entry_t *b)
{
    if (a->owner->key != b->owner->key) {
        return a->owner->key < b->owner->key;
    }

    /* two owners of one key */

    return ngx_memn2cmp(a->job->owner.data, b->job->owner.data,
                        a->job->owner.len, b->job->owner.len)
           < 0;
}


static void
ngx_scim_pg_queue_add(ngx_scim_pg_segment_t *segment, ngx_scim_pg_job_t *job,
    ngx_scim_pg_owner_t *owner)
{
    ngx_scim_pg_entry_t  *entry;

    entry = &segment->entries[segment->n++];

    entry->job = job;
    entry->n = job->n;
    entry->parse = 0;
    entry->owner = owner;

    if (owner) {
        owner->busy++;
    }
}


/* whose job may join a segment after this one; NULL: nobody's */

static ngx_scim_pg_owner_t *
ngx_scim_pg_queue_mate(ngx_scim_pg_lane_t *lane, ngx_scim_pg_owner_t *owner,
    ngx_scim_pg_job_t *job)
{
    ngx_queue_t  *q;

    if (job->alone || job->solo) {
        return NULL;
    }

    if (owner->apart) {
        return owner->active && !ngx_scim_pg_queue_solo(owner) ? owner : NULL;
    }

    for (q = ngx_queue_head(&lane->rotation[1]);
         q != ngx_queue_sentinel(&lane->rotation[1]);
         q = ngx_queue_next(q))
    {
        owner = ngx_queue_data(q, ngx_scim_pg_owner_t, queue);

        if (!owner->apart && !ngx_scim_pg_queue_solo(owner)) {
            return owner;
        }
    }

    return NULL;
}


/* its next job goes by itself */

static ngx_uint_t
ngx_scim_pg_queue_solo(ngx_scim_pg_owner_t *owner)
{
    ngx_queue_t        *q;
    ngx_scim_pg_job_t  *job;

    q = ngx_queue_head(&owner->jobs);
    job = ngx_queue_data(q, ngx_scim_pg_job_t, queue);

    return job->solo;
}


/* the next job of an owner in the rotation, to whose end the owner goes;
 * job->segment is still that owner, which the caller settles */

static ngx_scim_pg_job_t *
ngx_scim_pg_queue_next(ngx_scim_pg_lane_t *lane, ngx_scim_pg_owner_t *owner)
{
    ngx_queue_t        *q;
    ngx_scim_pg_job_t  *job;

    ngx_queue_remove(&owner->queue);

    q = ngx_queue_head(&owner->jobs);
    job = ngx_queue_data(q, ngx_scim_pg_job_t, queue);

    ngx_queue_remove(q);
    lane->pool->waiting--;

    if (ngx_queue_empty(&owner->jobs)) {
        owner->active = 0;

    } else {
        ngx_queue_insert_tail(&lane->rotation[owner->group], &owner->queue);
    }

    return job;
}


ngx_scim_pg_job_t *
ngx_scim_pg_queue_any(ngx_scim_pg_lane_t *lane)
{
    ngx_uint_t            i;
    ngx_queue_t          *q;
    ngx_scim_pg_job_t    *job;
    ngx_scim_pg_owner_t  *owner;

    job = NULL;

    if (!ngx_queue_empty(&lane->front)) {
        q = ngx_queue_head(&lane->front);
        job = ngx_queue_data(q, ngx_scim_pg_job_t, queue);
    }

    /* an owner that is busy is in no rotation, but its jobs are here too */

    for (i = 0; job == NULL && i < NGX_SCIM_PG_BUCKETS; i++) {

        for (owner = lane->owners[i]; owner; owner = owner->next) {
            if (!ngx_queue_empty(&owner->jobs)) {
                q = ngx_queue_head(&owner->jobs);
                job = ngx_queue_data(q, ngx_scim_pg_job_t, queue);
                break;
            }
        }
    }

    if (job) {
        ngx_scim_pg_queue_remove(lane, job);
    }

    return job;
}


static ngx_scim_pg_owner_t *
ngx_scim_pg_owner(ngx_scim_pg_lane_t *lane, ngx_scim_pg_job_t *job)
{
    uint32_t              key;
    ngx_uint_t            group;
    ngx_scim_pg_pool_t   *pool;
    ngx_scim_pg_owner_t  *owner, **bucket;

    pool = lane->pool;
    group = ngx_scim_pg_owned(lane, job) ? 1 : 0;
    key = ngx_murmur_hash2(job->owner.data, job->owner.len);
    bucket = &lane->owners[key % NGX_SCIM_PG_BUCKETS];

    for (owner = *bucket; owner; owner = owner->next) {
        if (owner->key == key && owner->group == group) {
            return owner;
        }
    }

    owner = pool->free_owners;

    if (owner) {
        pool->free_owners = owner->next;

    } else {
        owner = ngx_palloc(pool->pool, sizeof(ngx_scim_pg_owner_t));
        if (owner == NULL) {
            return NULL;
        }
    }

    owner->key = key;
    owner->busy = 0;
    owner->group = group;
    owner->active = 0;
    owner->apart = 0;
    owner->next = *bucket;
    *bucket = owner;

    ngx_queue_init(&owner->jobs);

    return owner;
}


/* a job that "owner" was held for is not on the wire any more */

void
ngx_scim_pg_owner_release(ngx_scim_pg_lane_t *lane, ngx_scim_pg_owner_t *owner)
{
    owner->busy--;
    ngx_scim_pg_owner_settle(lane, owner);
}


/* in a rotation if it has jobs and may send them, freed if it is of no use */

static void
ngx_scim_pg_owner_settle(ngx_scim_pg_lane_t *lane, ngx_scim_pg_owner_t *owner)
{
    ngx_uint_t  active;

    active = !ngx_queue_empty(&owner->jobs)
             && !ngx_scim_pg_owner_full(lane, owner);

    if (active && !owner->active) {
        ngx_queue_insert_tail(&lane->rotation[owner->group], &owner->queue);

    } else if (!active && owner->active) {
        ngx_queue_remove(&owner->queue);
    }

    owner->active = active;

    if (owner->busy == 0 && ngx_queue_empty(&owner->jobs)) {
        ngx_scim_pg_owner_free(lane, owner);
    }
}


/*
 * In the work lane one connection is left to its own grouped jobs, and one to
 * other owners, if there are so many.
 */

static ngx_uint_t
ngx_scim_pg_owner_full(ngx_scim_pg_lane_t *lane, ngx_scim_pg_owner_t *owner)
{
    if (owner->group) {
        return owner->busy != 0;
    }

    if (lane == &lane->pool->lanes[NGX_SCIM_PG_READ]) {
        return 0;
    }

    return owner->busy >= (lane->n > 2 ? lane->n - 2 : 1);
}


static void
ngx_scim_pg_owner_free(ngx_scim_pg_lane_t *lane, ngx_scim_pg_owner_t *owner)
{
    ngx_scim_pg_owner_t  **p;

    p = &lane->owners[owner->key % NGX_SCIM_PG_BUCKETS];

    while (*p != owner) {
        p = &(*p)->next;
    }

    *p = owner->next;

    owner->next = lane->pool->free_owners;
    lane->pool->free_owners = owner;
}
