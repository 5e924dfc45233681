
/*
 * Fuzz target of PATCH: a message is applied to a document.  The first byte
 * says for which type and with which policy.  What must hold: the stored
 * document stays as it was, a program gives the same when it runs again, its
 * result is a resource that needs no correction, and no list in it has two
 * primaries.
 */


#include "fuzz.h"
#include "scim_patch.h"


#define FUZZ_STRICT  0x01
#define FUZZ_REJECT  0x02
#define FUZZ_KEEP    0x04
#define FUZZ_GROUP   0x08


static void fuzz_patch(scim_arena_t *arena,
    const scim_resource_type_t *rtype, const scim_policy_t *policy,
    const scim_json_t *current, const scim_json_t *body);
static void fuzz_apply(scim_arena_t *arena,
    const scim_resource_type_t *rtype, const scim_policy_t *policy,
    const scim_json_t *current, const scim_patch_t *patch);
static void fuzz_primaries(const scim_json_t *doc);
static void fuzz_members(const scim_members_t *a, const scim_members_t *b);
static void fuzz_ids(const scim_str_t *a, const scim_str_t *b, size_t n);


static const scim_json_limits_t   fuzz_json = { 16, 64, 256, 1024, 1024 };
static const scim_patch_limits_t  fuzz_limits = { 32, 10, 512 };

static const scim_str_t  fuzz_user = scim_string(
    "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\","
    "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"],"
    "\"userName\":\"u\",\"name\":{\"givenName\":\"g\"},\"active\":true,"
    "\"emails\":[{\"value\":\"w\",\"type\":\"work\",\"primary\":true},"
    "{\"value\":\"h\",\"type\":\"home\"}],"
    "\"addresses\":[{\"locality\":\"l\",\"type\":\"work\"}],"
    "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\":"
    "{\"department\":\"d\",\"manager\":{\"value\":\"m\",\"$ref\":\"r\"}}}");

static const scim_str_t  fuzz_group = scim_string(
    "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],"
    "\"displayName\":\"g\"}");


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scim_str_t                   text;
    scim_json_t                 *body, *current;
    scim_error_t                 err;
    scim_arena_t                 arena;
    fuzz_block_t                *blocks;
    scim_policy_t                policy;
    const scim_resource_type_t  *rtype;

    static const scim_str_t  users = scim_string("Users");
    static const scim_str_t  groups = scim_string("Groups");

    if (size == 0) {
        return 0;
    }

    blocks = NULL;
    scim_arena_init(&arena, fuzz_alloc, &blocks);

    memset(&policy, 0, sizeof(scim_policy_t));
    policy.strict = (data[0] & FUZZ_STRICT) != 0;
    policy.unknown = data[0] & FUZZ_REJECT ? SCIM_UNKNOWN_REJECT
                     : data[0] & FUZZ_KEEP ? SCIM_UNKNOWN_KEEP
                     : SCIM_UNKNOWN_IGNORE;
    policy.values = 8;
    policy.members = 8;
    policy.size = 65536;

    rtype = scim_registry_endpoint(scim_registry_builtin(),
                                   data[0] & FUZZ_GROUP ? &groups : &users);

    text.data = (unsigned char *) data + 1;
    text.len = size - 1;

    if (scim_json_parse(&arena, NULL, data[0] & FUZZ_GROUP ? &fuzz_group
                                                           : &fuzz_user,
                        &current, &err)
        != SCIM_OK)
    {
        abort();
    }

    if (scim_json_parse(&arena, &fuzz_json, &text, &body, &err) == SCIM_OK) {
        fuzz_patch(&arena, rtype, &policy, current, body);
    }

    fuzz_free(blocks);

    return 0;
}


static void
fuzz_patch(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_policy_t *policy, const scim_json_t *current,
    const scim_json_t *body)
{
    int             rc;
    scim_patch_t    patch;
    scim_error_t    err;
    scim_members_t  members;

    rc = scim_patch_parse(arena, rtype, policy, &fuzz_limits, body, &patch,
                          &err);
    fuzz_check(rc, &err);

    if (rc != SCIM_OK) {
        return;
    }

    rc = scim_patch_members(arena, rtype, policy, &patch, &members, &err);

    if (rc == SCIM_ERROR) {
        fuzz_check(rc, &err);
    }

    fuzz_apply(arena, rtype, policy, current, &patch);
}


static void
fuzz_apply(scim_arena_t *arena, const scim_resource_type_t *rtype,
    const scim_policy_t *policy, const scim_json_t *current,
    const scim_patch_t *patch)
{
    int              rc;
    scim_buf_t       before, after;
    scim_error_t     err;
    scim_policy_t    keep;
    scim_resource_t  first, second;

    scim_buf_init(&before, arena, 1024);
    scim_json_write(&before, current);

    rc = scim_patch_apply(arena, rtype, policy, patch, current, &first, &err);
    fuzz_check(rc, &err);

    scim_buf_init(&after, arena, 1024);
    scim_json_write(&after, current);

    if (before.len != after.len
        || memcmp(before.data, after.data, after.len) != 0)
    {
        abort();
    }

    if (scim_patch_apply(arena, rtype, policy, patch, current, &second, &err)
        != rc)
    {
        abort();
    }

    if (rc != SCIM_OK) {
        return;
    }

    if (!scim_str_eq(&first.text, &second.text)) {
        abort();
    }

    fuzz_members(&first.members, &second.members);
    fuzz_primaries(first.doc);

    keep = *policy;
    keep.unknown = SCIM_UNKNOWN_KEEP;

    if (scim_resource_accept(arena, rtype, &keep, first.doc, current, &second,
                             &err)
            != SCIM_OK
        || !scim_str_eq(&first.text, &second.text))
    {
        abort();
    }
}


static void
fuzz_primaries(const scim_json_t *doc)
{
    size_t              n;
    const scim_json_t  *m, *e, *primary;

    static const scim_str_t  name = scim_string("primary");

    for (m = doc->first; m; m = m->next) {

        if (m->type != SCIM_JSON_ARRAY || m->first->type != SCIM_JSON_OBJECT) {
            continue;
        }

        n = 0;

        for (e = m->first; e; e = e->next) {
            primary = scim_json_get(e, &name);

            if (primary && primary->boolean && ++n > 1) {
                abort();
            }
        }
    }
}


static void
fuzz_members(const scim_members_t *a, const scim_members_t *b)
{
    if (a->nadd != b->nadd || a->nremove != b->nremove
        || a->replace != b->replace || (a->replace && a->nremove))
    {
        abort();
    }

    fuzz_ids(a->add, b->add, a->nadd);
    fuzz_ids(a->remove, b->remove, a->nremove);
}


static void
fuzz_ids(const scim_str_t *a, const scim_str_t *b, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (a[i].len == 0 || !scim_str_eq(&a[i], &b[i])) {
            abort();
        }
    }
}
