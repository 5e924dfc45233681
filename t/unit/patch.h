
/*
 * Programs of PATCH run over documents, for patch*.c: tables of the document,
 * the operations, and what comes of them in either profile.
 *
 * Texts are JSON with ' for " and ` for \" to be readable.  "current" and
 * what is wanted are the members of a document without schemas; those of a
 * user begin with userName "u" and active true unless they begin with "!".
 * An error is "#scimType" and, behind a space, what its detail must hold;
 * "#413" has no scimType.
 */


#ifndef PATCH_H_INCLUDED
#define PATCH_H_INCLUDED


#include "tap.h"

#include "scim_patch.h"


#define ENT  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define CORE "urn:ietf:params:scim:schemas:core:2.0:User"

#define PATCH_TEXT  16384


typedef struct {
    const char  *name;
    const char  *current;
    const char  *ops;
    const char  *want;         /* of the tolerant profile */
    const char  *strict;       /* NULL: the same */
} patch_case_t;

typedef struct {
    const scim_resource_type_t  *rtype;
    const scim_policy_t         *policy;
    const char                  *base;       /* members of every document */
    const patch_case_t          *c;
} patch_run_t;


static const scim_patch_limits_t  patch_limits = { 20, 10, 512 };

static scim_policy_t    tolerant = { SCIM_UNKNOWN_IGNORE, 0, 10, 20,
                                     65536, 0, 0 };
static scim_policy_t    strict = { SCIM_UNKNOWN_IGNORE, 1, 10, 20,
                                     65536, 0, 0 };
static scim_resource_t  res;
static scim_error_t     err;


static TAP_UNUSED const scim_resource_type_t *
patch_type(const char *endpoint)
{
    scim_str_t  name;

    name.len = strlen(endpoint);
    name.data = (unsigned char *) endpoint;

    return scim_registry_endpoint(scim_registry_builtin(), &name);
}


static char *
patch_json(char *p, const char *text)
{
    for ( /* void */ ; *text; text++) {

        if (*text == '`') {
            *p++ = '\\';
        }

        *p++ = *text == '\'' || *text == '`' ? '"' : *text;
    }

    *p = '\0';

    return p;
}


/* the document, with the URNs of extensions that it mentions in schemas */

static scim_json_t *
patch_document(scim_arena_t *arena, const patch_run_t *run, const char *text)
{
    char          buf[PATCH_TEXT], *p;
    size_t        i;
    scim_str_t    s;
    scim_json_t  *json, *schemas, *m, *urn;

    const scim_str_t  name = scim_string("schemas");

    p = patch_json(buf, "{");

    if (*text == '!') {
        text++;

    } else {
        p = patch_json(p, run->base);
        p = patch_json(p, *run->base && *text ? "," : "");
    }

    p = patch_json(p, text);
    p = patch_json(p, "}");

    s.data = (unsigned char *) buf;
    s.len = (size_t) (p - buf);

    if (scim_json_parse(arena, NULL, &s, &json, &err) != SCIM_OK) {
        if (err.status == 400) {
            diag("not JSON: %s", buf);
        }

        return NULL;
    }

    schemas = scim_json_new(arena, SCIM_JSON_ARRAY);
    urn = scim_json_new_string(arena, &run->rtype->schema->id);

    if (schemas == NULL || urn == NULL) {
        (void) scim_error_nomem(&err);
        return NULL;
    }

    scim_json_append(schemas, NULL, urn);

    for (i = 0; i < run->rtype->nextensions; i++) {
        s = run->rtype->extensions[i].schema->id;

        if (scim_json_get(json, &s)) {
            urn = scim_json_new_string(arena, &s);
            if (urn == NULL) {
                (void) scim_error_nomem(&err);
                return NULL;
            }

            scim_json_append(schemas, NULL, urn);
        }
    }

    /* kept ones come last */

    for (m = json->first; m; m = m->next) {
        if (memchr(m->name.data, ':', m->name.len)
            && scim_resource_type_schema(run->rtype, &m->name) == NULL)
        {
            urn = scim_json_new_string(arena, &m->name);
            if (urn == NULL) {
                (void) scim_error_nomem(&err);
                return NULL;
            }

            scim_json_append(schemas, NULL, urn);
        }
    }

    scim_json_append(json, &name, schemas);

    return json;
}


static int
patch_program(scim_arena_t *arena, const patch_run_t *run,
    scim_patch_t *patch)
{
    char          buf[PATCH_TEXT], *p;
    scim_str_t    s;
    scim_json_t  *body;

    if (run->c->ops[0] == '!') {
        p = patch_json(buf, run->c->ops + 1);

    } else {
        p = patch_json(buf, "{'schemas':["
                            "'urn:ietf:params:scim:api:messages:2.0:PatchOp'"
                            "],'Operations':[");
        p = patch_json(p, run->c->ops);
        p = patch_json(p, "]}");
    }

    s.data = (unsigned char *) buf;
    s.len = (size_t) (p - buf);

    if (scim_json_parse(arena, NULL, &s, &body, &err) != SCIM_OK) {
        if (err.status == 400) {
            diag("not JSON: %s", buf);
        }

        return SCIM_ERROR;
    }

    return scim_patch_parse(arena, run->rtype, run->policy, &patch_limits,
                            body, patch, &err);
}


/* for tap_nomem(): an error that is not for want of memory is fine */

static int
patch_run(scim_arena_t *arena, void *data)
{
    patch_run_t  *run = data;

    scim_json_t   *current;
    scim_patch_t   patch;

    current = patch_document(arena, run, run->c->current);
    if (current == NULL) {
        return SCIM_ERROR;
    }

    if (patch_program(arena, run, &patch) != SCIM_OK) {
        return SCIM_ERROR;
    }

    /* a program that ran in vain is run again */

    if (scim_patch_apply(arena, run->rtype, run->policy, &patch, current,
                         &res, &err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_patch_apply(arena, run->rtype, run->policy, &patch, current,
                            &res, &err);
}


static TAP_UNUSED int
patch_short(scim_arena_t *arena, void *data)
{
    if (patch_run(arena, data) == SCIM_OK || err.status != 503) {
        return SCIM_OK;
    }

    return SCIM_ERROR;
}


static TAP_UNUSED void
patch_refused(int rc, const char *want, const char *name, const char *profile)
{
    int          pass;
    char         type[64];
    size_t       len;
    const char  *detail, *given;

    want++;
    detail = strchr(want, ' ');
    len = detail ? (size_t) (detail - want) : strlen(want);

    memcpy(type, want, len);
    type[len] = '\0';

    given = scim_error_type_name(err.type);

    if (given == NULL) {
        given = err.status == 413 ? "413" : "";
    }

    pass = rc == SCIM_ERROR && strcmp(type, given) == 0
           && (err.status == 400 || err.status == 413)
           && (detail == NULL || strstr(err.detail, detail + 1));

    ok(pass, "%s (%s)", name, profile);

    if (!pass && rc == SCIM_OK) {
        diag("it was taken: %.*s", (int) res.text.len, res.text.data);

    } else if (!pass) {
        diag("%d %s: %s", err.status, given, err.detail);
    }
}


static TAP_UNUSED void
patch_case(patch_run_t *run, const char *profile, const char *want)
{
    int            rc, pass;
    scim_str_t     text;
    scim_buf_t     b;
    scim_json_t   *json;
    scim_arena_t  *arena;

    arena = tap_arena();
    memset(&err, 0, sizeof(scim_error_t));
    memset(&res, 0, sizeof(scim_resource_t));

    rc = patch_run(arena, run);

    if (*want == '#') {
        patch_refused(rc, want, run->c->name, profile);
        tap_free();
        return;
    }

    if (rc != SCIM_OK) {
        ok(0, "%s (%s)", run->c->name, profile);
        diag("%d %s: %s", err.status,
             scim_error_type_name(err.type) ? scim_error_type_name(err.type)
                                            : "", err.detail);
        tap_free();
        return;
    }

    json = patch_document(arena, run, want);
    pass = json && scim_json_equal(res.doc, json);

    ok(pass, "%s (%s)", run->c->name, profile);

    if (!pass && json) {
        scim_buf_init(&b, arena, 1024);
        scim_json_write(&b, json);
        text.len = b.len;
        text.data = b.data;
        diag("got  %.*s", (int) res.text.len, res.text.data);
        diag("want %.*s", (int) text.len, text.data);
    }

    tap_free();
}


static TAP_UNUSED void
patch_cases(const scim_resource_type_t *rtype, const char *base,
    const patch_case_t *cases, size_t n)
{
    size_t       i;
    patch_run_t  run;

    run.rtype = rtype;
    run.base = base;

    for (i = 0; i < n; i++) {
        run.c = &cases[i];

        run.policy = &tolerant;
        patch_case(&run, "tolerant", cases[i].want);

        run.policy = &strict;
        patch_case(&run, "strict", cases[i].strict ? cases[i].strict
                                                   : cases[i].want);
    }
}


#define patch_table(rtype, base, cases)                                       \
    patch_cases(rtype, base, cases, sizeof(cases) / sizeof(cases[0]))


#endif /* PATCH_H_INCLUDED */
