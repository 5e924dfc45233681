
/*
 * What the database has said of tokens and tenants, kept by each worker for
 * some seconds.  Called by ngx_http_scim_identity.c, which asks the database
 * for what is not here or too old.
 *
 * Good and bad answers have room of their own, so that guesses do not drive
 * out what is used.  A token is kept by its digest alone.
 */


#include "ngx_http_scim_module.h"


#define NGX_HTTP_SCIM_KNOWN_GOOD  10000      /* answers of a worker */
#define NGX_HTTP_SCIM_KNOWN_BAD   1000
#define NGX_HTTP_SCIM_KNOWN_TEXT  4096       /* bytes of one; more: not kept */

/* database, kind, digest, tenant */
#define NGX_HTTP_SCIM_KNOWN_KEY                                               \
    (sizeof(void *) + 1 + NGX_HTTP_SCIM_DIGEST + NGX_HTTP_SCIM_NAME)


typedef struct {
    ngx_str_node_t               node;
    ngx_queue_t                  queue;
    ngx_msec_t                   time;       /* when it was asked for */
    ngx_scim_store_token_t       token;
    unsigned                     bad:1;
    u_char                       text[1];    /* key, and what token points to */
} ngx_http_scim_answer_t;


struct ngx_http_scim_known_s {
    ngx_rbtree_t                 tree;
    ngx_rbtree_node_t            sentinel;
    ngx_queue_t                  queues[2];  /* good, bad; the newest first */
    ngx_uint_t                   n[2];
};


static ngx_http_scim_known_t *ngx_http_scim_known(
    ngx_http_scim_main_conf_t *smcf);
static void ngx_http_scim_known_cleanup(void *data);
static uint32_t ngx_http_scim_known_key(u_char *buf, ngx_str_t *key,
    const ngx_http_scim_question_t *q);
static void ngx_http_scim_known_drop(ngx_http_scim_known_t *known,
    ngx_http_scim_answer_t *answer);
static u_char *ngx_http_scim_known_copy(u_char *p, ngx_str_t *text);


const ngx_scim_store_token_t *
ngx_http_scim_token_recall(ngx_http_scim_main_conf_t *smcf,
    const ngx_http_scim_question_t *q)
{
    u_char                   buf[NGX_HTTP_SCIM_KNOWN_KEY];
    uint32_t                 hash;
    ngx_str_t                key;
    ngx_msec_int_t           age;
    ngx_http_scim_known_t   *known;
    ngx_http_scim_answer_t  *answer;

    known = smcf->known;

    if (known == NULL) {
        return NULL;
    }

    hash = ngx_http_scim_known_key(buf, &key, q);

    answer = (ngx_http_scim_answer_t *)
                 ngx_str_rbtree_lookup(&known->tree, &key, hash);

    if (answer == NULL) {
        return NULL;
    }

    age = (ngx_msec_int_t) (ngx_current_msec - answer->time);

    if (age >= (ngx_msec_int_t) (q->tenant->token_cache * 1000)) {
        return NULL;
    }

    ngx_queue_remove(&answer->queue);
    ngx_queue_insert_head(&known->queues[answer->bad], &answer->queue);

    return &answer->token;
}


void
ngx_http_scim_token_learn(ngx_http_scim_main_conf_t *smcf,
    const ngx_http_scim_question_t *q, const ngx_scim_store_token_t *token,
    ngx_msec_t elapsed)
{
    u_char                   buf[NGX_HTTP_SCIM_KNOWN_KEY], *p;
    size_t                   len;
    uint32_t                 hash;
    ngx_str_t                key;
    ngx_uint_t               bad;
    ngx_http_scim_known_t   *known;
    ngx_http_scim_answer_t  *answer;

    known = smcf->known ? smcf->known : ngx_http_scim_known(smcf);
    if (known == NULL) {
        return;
    }

    hash = ngx_http_scim_known_key(buf, &key, q);

    answer = (ngx_http_scim_answer_t *)
                 ngx_str_rbtree_lookup(&known->tree, &key, hash);

    if (answer) {
        ngx_http_scim_known_drop(known, answer);
    }

    len = token->name.len + token->scope.len + token->me.len + token->meta.len;
    bad = q->state ? !token->known : !token->found;

    if (len > NGX_HTTP_SCIM_KNOWN_TEXT || q->tenant->token_cache == 0) {
        return;
    }

    if (known->n[bad] == (bad ? NGX_HTTP_SCIM_KNOWN_BAD
                              : NGX_HTTP_SCIM_KNOWN_GOOD))
    {
        ngx_http_scim_known_drop(known,
            ngx_queue_data(ngx_queue_last(&known->queues[bad]),
                           ngx_http_scim_answer_t, queue));
    }

    answer = ngx_alloc(sizeof(ngx_http_scim_answer_t) + key.len + len,
                       ngx_cycle->log);
    if (answer == NULL) {
        return;
    }

    answer->time = ngx_current_msec - elapsed;
    answer->token = *token;
    answer->bad = bad;

    answer->node.str.len = key.len;
    answer->node.str.data = answer->text;

    p = ngx_cpymem(answer->text, key.data, key.len);
    p = ngx_http_scim_known_copy(p, &answer->token.name);
    p = ngx_http_scim_known_copy(p, &answer->token.scope);
    p = ngx_http_scim_known_copy(p, &answer->token.me);
    (void) ngx_http_scim_known_copy(p, &answer->token.meta);

    answer->node.node.key = hash;
    ngx_rbtree_insert(&known->tree, &answer->node.node);

    ngx_queue_insert_head(&known->queues[bad], &answer->queue);
    known->n[bad]++;
}


static ngx_http_scim_known_t *
ngx_http_scim_known(ngx_http_scim_main_conf_t *smcf)
{
    ngx_pool_cleanup_t     *cln;
    ngx_http_scim_known_t  *known;

    cln = ngx_pool_cleanup_add(ngx_cycle->pool, sizeof(ngx_http_scim_known_t));
    if (cln == NULL) {
        return NULL;
    }

    known = cln->data;

    ngx_rbtree_init(&known->tree, &known->sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&known->queues[0]);
    ngx_queue_init(&known->queues[1]);
    known->n[0] = 0;
    known->n[1] = 0;

    cln->handler = ngx_http_scim_known_cleanup;

    smcf->known = known;

    return known;
}


static void
ngx_http_scim_known_cleanup(void *data)
{
    ngx_http_scim_known_t *known = data;

    ngx_uint_t  i;

    for (i = 0; i < 2; i++) {
        while (!ngx_queue_empty(&known->queues[i])) {
            ngx_http_scim_known_drop(known,
                ngx_queue_data(ngx_queue_head(&known->queues[i]),
                               ngx_http_scim_answer_t, queue));
        }
    }
}


static uint32_t
ngx_http_scim_known_key(u_char *buf, ngx_str_t *key,
    const ngx_http_scim_question_t *q)
{
    u_char  *p;

    p = ngx_cpymem(buf, &q->database, sizeof(void *));

    if (q->state) {
        *p++ = 't';

    } else {
        *p++ = q->basic ? 'b' : 'B';
        p = ngx_cpymem(p, q->digest, NGX_HTTP_SCIM_DIGEST);
    }

    p = ngx_cpymem(p, q->name.data, q->name.len);

    key->len = p - buf;
    key->data = buf;

    return ngx_crc32_long(key->data, key->len);
}


static void
ngx_http_scim_known_drop(ngx_http_scim_known_t *known,
    ngx_http_scim_answer_t *answer)
{
    ngx_rbtree_delete(&known->tree, &answer->node.node);
    ngx_queue_remove(&answer->queue);
    known->n[answer->bad]--;

    ngx_free(answer);
}


static u_char *
ngx_http_scim_known_copy(u_char *p, ngx_str_t *text)
{
    if (text->data == NULL) {
        return p;
    }

    ngx_memcpy(p, text->data, text->len);
    text->data = p;

    return p + text->len;
}
