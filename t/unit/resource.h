
/*
 * A body accepted, and what came of it: for the tests of
 * scim_resource_accept(), resource.c and resource_custom.c.
 */


#ifndef RESOURCE_H_INCLUDED
#define RESOURCE_H_INCLUDED


#include "tap.h"

#include "scim_resource.h"


typedef struct {
    const scim_policy_t         *policy;
    const scim_resource_type_t  *rtype;
    const char                  *body;
    const char                  *current;
} accept_t;


static scim_policy_t    tolerant = { SCIM_UNKNOWN_IGNORE, 0, 100, 100,
                                         65536, 0, 0 };
static scim_resource_t  res;
static scim_error_t     err;


static const scim_resource_type_t *
user(void)
{
    scim_str_t  name = scim_string("Users");

    return scim_registry_endpoint(scim_registry_builtin(), &name);
}


static scim_json_t *
parse(scim_arena_t *arena, const char *text)
{
    scim_str_t    s;
    scim_json_t  *json;

    s.len = strlen(text);
    s.data = (unsigned char *) text;

    if (scim_json_parse(arena, NULL, &s, &json, &err) != SCIM_OK) {
        return NULL;
    }

    return json;
}


static int
accept_in(scim_arena_t *arena, void *data)
{
    accept_t     *a = data;
    scim_json_t  *body, *current;

    body = parse(arena, a->body);
    current = a->current ? parse(arena, a->current) : NULL;

    if (body == NULL || (a->current && current == NULL)) {
        return SCIM_ERROR;
    }

    if (scim_resource_accept(arena, a->rtype, a->policy, body, current, &res,
                             &err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return SCIM_OK;
}


/* for tap_nomem(): short of memory is 503 and nothing else */

static TAP_UNUSED int
accept_short(scim_arena_t *arena, void *data)
{
    if (accept_in(arena, data) == SCIM_OK || err.status != 503) {
        return SCIM_OK;
    }

    return SCIM_ERROR;
}


static TAP_UNUSED int
detail_is(const char *want, const char *name)
{
    scim_str_t  s;

    s.len = err.len;
    s.data = (unsigned char *) err.detail;

    return is(err.status, 400, "%s: status", name)
           && is_str(&s, want, "%s: detail", name);
}


#endif /* RESOURCE_H_INCLUDED */
