
/* Attribute paths: names and URNs to the nodes of the registry. */


#include "tap.h"
#include "types.h"
#include "scim_path.h"


#define URN_GROUP  "urn:ietf:params:scim:schemas:core:2.0:Group"


typedef struct {
    const char  *text;
    int          rc;
    const char  *where;        /* schema id, "|", attr, ".", sub */
} path_case_t;


static const path_case_t  user_cases[] = {
    { "userName", SCIM_OK, URN_USER "|userName" },
    { "USERNAME", SCIM_OK, URN_USER "|userName" },
    { "name.givenName", SCIM_OK, URN_USER "|name.givenName" },
    { "NAME.GIVENNAME", SCIM_OK, URN_USER "|name.givenName" },
    { "emails", SCIM_OK, URN_USER "|emails" },
    { "emails.value", SCIM_OK, URN_USER "|emails.value" },
    { "groups.$ref", SCIM_OK, URN_USER "|groups.$ref" },
    { "id", SCIM_OK, "|id" },
    { "externalid", SCIM_OK, "|externalId" },
    { "schemas", SCIM_OK, "|schemas" },
    { "meta", SCIM_OK, "|meta" },
    { "meta.created", SCIM_OK, "|meta.created" },
    { URN_USER ":userName", SCIM_OK, URN_USER "|userName" },
    { URN_USER ":name.givenName", SCIM_OK, URN_USER "|name.givenName" },
    { "URN:IETF:params:scim:SCHEMAS:core:2.0:user:USERname", SCIM_OK,
      URN_USER "|userName" },
    { URN_USER ":id", SCIM_OK, "|id" },
    { URN_USER ":meta.created", SCIM_OK, "|meta.created" },
    { URN_USER, SCIM_OK, URN_USER "|" },
    { URN_ENT, SCIM_OK, URN_ENT "|" },
    { URN_ENT ":department", SCIM_OK, URN_ENT "|department" },
    { URN_ENT ":manager.value", SCIM_OK, URN_ENT "|manager.value" },
    { "urn:ietf:params:scim:schemas:EXTENSION:enterprise:2.0:user:Manager.$REF",
      SCIM_OK, URN_ENT "|manager.$ref" },
    { URN_USER ".userName", SCIM_OK, URN_USER "|userName" },
    { URN_USER ".name.givenName", SCIM_OK, URN_USER "|name.givenName" },
    { URN_USER ".id", SCIM_OK, "|id" },
    { URN_ENT ".manager.value", SCIM_OK, URN_ENT "|manager.value" },
    { "manager", SCIM_OK, URN_ENT "|manager" },
    { "department", SCIM_OK, URN_ENT "|department" },

    { "nosuch", SCIM_DECLINED, NULL },
    { "name.nosuch", SCIM_DECLINED, NULL },
    { "userName.value", SCIM_DECLINED, NULL },
    { "userNam", SCIM_DECLINED, NULL },
    { "userNames", SCIM_DECLINED, NULL },
    { URN_ENT ":userName", SCIM_DECLINED, NULL },
    { URN_ENT ":id", SCIM_DECLINED, NULL },
    { URN_USER ":department", SCIM_DECLINED, NULL },
    { URN_USER ":a:b", SCIM_DECLINED, NULL },
    { URN_USER "x:userName", SCIM_DECLINED, NULL },
    { URN_USER ".nosuch", SCIM_DECLINED, NULL },
    { URN_USER ".department", SCIM_DECLINED, NULL },
    { URN_USER ".", SCIM_DECLINED, NULL },
    { URN_USER ".1", SCIM_DECLINED, NULL },
    { URN_USER ".x:userName", SCIM_DECLINED, NULL },
    { URN_USER "-userName", SCIM_DECLINED, NULL },
    { "urn:other:User:userName", SCIM_DECLINED, NULL },
    { "http://example.com/schema:attr", SCIM_DECLINED, NULL },
    { "a:b", SCIM_DECLINED, NULL },

    { "", SCIM_ERROR, NULL },
    { ".", SCIM_ERROR, NULL },
    { ".name", SCIM_ERROR, NULL },
    { "name.", SCIM_ERROR, NULL },
    { "name..givenName", SCIM_ERROR, NULL },
    { "name.givenName.x", SCIM_ERROR, NULL },
    { " userName", SCIM_ERROR, NULL },
    { "userName ", SCIM_ERROR, NULL },
    { "1name", SCIM_ERROR, NULL },
    { "-name", SCIM_ERROR, NULL },
    { "user@name", SCIM_ERROR, NULL },
    { "user\x01name", SCIM_ERROR, NULL },
    { "us\xc3\xa9r", SCIM_ERROR, NULL },
    { "emails[type", SCIM_ERROR, NULL },
    { "emails[type eq \"work\"]", SCIM_ERROR, NULL },
    { "emails[type eq \"a:b\"]", SCIM_ERROR, NULL },
    { URN_USER ":", SCIM_ERROR, NULL },
    { URN_USER ":.", SCIM_ERROR, NULL },
    { URN_USER ":a b", SCIM_ERROR, NULL },
    { "urn:", SCIM_ERROR, NULL },
    { "urn:a:b c", SCIM_ERROR, NULL },
    { ":", SCIM_ERROR, NULL }
};


static const path_case_t  group_cases[] = {
    { "members", SCIM_OK, URN_GROUP "|members" },
    { "Members.VALUE", SCIM_OK, URN_GROUP "|members.value" },
    { URN_GROUP ":members.$ref", SCIM_OK, URN_GROUP "|members.$ref" },
    { URN_GROUP, SCIM_OK, URN_GROUP "|" },
    { "displayName", SCIM_OK, URN_GROUP "|displayName" },
    { "meta.version", SCIM_OK, "|meta.version" },
    { "userName", SCIM_DECLINED, NULL },
    { URN_USER ":displayName", SCIM_DECLINED, NULL },
    { "members[value eq \"1\"]", SCIM_ERROR, NULL }
};


static const path_case_t  thing_cases[] = {
    { "label", SCIM_OK, URN_THING "|label" },
    { "shared", SCIM_OK, URN_THING "|shared" },
    { URN_SHORT ":shared", SCIM_OK, URN_SHORT "|shared" },
    { "twice", SCIM_OK, URN_SHORT "|twice" },
    { "id", SCIM_OK, "|id" },
    { URN_SHORT ":id", SCIM_OK, URN_SHORT "|id" },
    { URN_SHORT ":linkedResource.id", SCIM_OK,
      URN_SHORT "|linkedResource.id" },
    { URN_LONG, SCIM_OK, URN_LONG "|" },
    { URN_LONG ":twice", SCIM_OK, URN_LONG "|twice" },
    { URN_SHORT ".shared", SCIM_OK, URN_SHORT "|shared" },
    { URN_SHORT ".linkedResource.id", SCIM_OK,
      URN_SHORT "|linkedResource.id" },
    { URN_LONG ".twice", SCIM_OK, URN_LONG "|twice" },
    { URN_LONG ":shared", SCIM_DECLINED, NULL },
    { URN_SHORT ":more", SCIM_DECLINED, NULL }
};


static void
run(const scim_resource_type_t *rtype, const path_case_t *t)
{
    int           rc;
    char          got[256];
    scim_str_t    text, s;
    scim_path_t   path;
    scim_error_t  err;

    text = tap_str(t->text);
    memset(&err, 0x5a, sizeof(scim_error_t));

    rc = scim_path_resolve(rtype, &text, &path, SCIM_INVALID_PATH, &err);

    is(rc, t->rc, "[%s] result", t->text);

    if (rc == SCIM_ERROR) {
        ok(err.status == 400 && err.type == SCIM_INVALID_PATH && err.len,
           "[%s] error", t->text);
        return;
    }

    is(err.status, 0x5a5a5a5a, "[%s] error untouched", t->text);

    if (rc != SCIM_OK) {
        return;
    }

    s.data = (unsigned char *) got;
    s.len = sprintf(got, "%.*s|%.*s%s%.*s",
                    (int) path.schema->id.len,
                    path.schema->id.len ? (char *) path.schema->id.data : "",
                    path.attr ? (int) path.attr->name.len : 0,
                    path.attr ? (char *) path.attr->name.data : "",
                    path.sub ? "." : "",
                    path.sub ? (int) path.sub->name.len : 0,
                    path.sub ? (char *) path.sub->name.data : "");

    is_str(&s, t->where, "[%s] place", t->text);
    ok(scim_path_target(&path) == (path.sub ? path.sub : path.attr),
       "[%s] target", t->text);
    ok(path.text.data == text.data && path.text.len == text.len
       && path.filter == NULL, "[%s] text", t->text);
}


int
main(void)
{
    size_t        i;
    scim_str_t    text;
    scim_path_t   path;
    scim_error_t  err;

    for (i = 0; i < sizeof(user_cases) / sizeof(user_cases[0]); i++) {
        run(user_type(), &user_cases[i]);
    }

    for (i = 0; i < sizeof(group_cases) / sizeof(group_cases[0]); i++) {
        run(&scim_registry_builtin()->types[1], &group_cases[i]);
    }

    for (i = 0; i < sizeof(thing_cases) / sizeof(thing_cases[0]); i++) {
        run(&thing_type, &thing_cases[i]);
    }

    text = tap_bytes("id\0", 3);
    is(scim_path_resolve(user_type(), &text, &path, SCIM_INVALID_PATH, &err),
       SCIM_ERROR, "NUL in a name");

    text = tap_bytes("a:\0", 3);
    is(scim_path_resolve(user_type(), &text, &path, SCIM_INVALID_PATH, &err),
       SCIM_ERROR, "NUL in a URN");

    return done_testing();
}
