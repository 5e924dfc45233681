
/*
 * Which attribute an error is about: as its schema spells it, whatever the
 * client has sent, and none where the name is the client's own.
 */


#include "resource.h"
#include "scim_patch.h"


#define ENT  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define CORE "urn:ietf:params:scim:schemas:core:2.0:User"


typedef struct {
    const char  *body;         /* of a PUT, or operations of a PATCH */
    const char  *attr;
} attr_case_t;


static const attr_case_t  attr_puts[] = {
    { "{}", "userName" },
    { "{'USERNAME':' '}", "userName" },
    { "{'userName':1}", "userName" },
    { "{'userName':'u','" CORE ":USERNAME':'u'}", "userName" },
    { "{'schemas':1,'userName':'u'}", "schemas" },
    { "{'schemas':['urn:x'],'userName':'u'}", "schemas" },
    { "{'userName':'u','externalID':1}", "externalId" },
    { "{'userName':'u','name':{'GIVENNAME':1}}", "name.givenName" },
    { "{'userName':'u','emails':[{'value':1}]}", "emails.value" },
    { "{'userName':'u','emails':'x','Emails':1}", "emails" },
    { "{'userName':'u','emails':[1,1,1,1,1]}", "emails" },
    { "{'userName':'u','" ENT "':1}", ENT },
    { "{'userName':'u','" ENT "':{'Department':1}}", ENT ":department" },
    { "{'userName':'u','" ENT ":manager':{'Value':1}}", ENT ":manager.value" },
    { "{'userName':'u','" ENT "':{'division':'a','Division':'b'}}",
      ENT ":division" },
    { "{'userName':'u','secret':1}", "" },
    { "{'userName':'u','name':{'secret':1}}", "" },
    { "{'userName':'u','" ENT "':{'secret':1}}", "" },
    { "{'userName':'u','urn:x:secret':{'a':1}}", "" },
    { "1", "" }
};

static const attr_case_t  attr_patches[] = {
    { "{'op':'replace','path':'USERNAME','value':1}", "userName" },
    { "{'op':'remove','path':'userName'}", "userName" },
    { "{'op':'add','value':{'NAME.givenName':1}}", "name.givenName" },
    { "{'op':'add','path':'Groups','value':[]}", "groups" },
    { "{'op':'add','path':'EMAILS[type eq 1].value','value':'x'}", "emails" },
    { "{'op':'add','path':'EMAILS[secret eq 1].value','value':'x'}",
      "emails" },
    { "{'op':'add','path':'USERname[type eq 1]','value':'x'}", "userName" },
    { "{'op':'add','path':'emails','value':[1,1,1,1,1]}", "emails" },
    { "{'op':'add','path':'" ENT ":DEPARTMENT','value':1}",
      ENT ":department" },
    { "{'op':'add','path':'" ENT "','value':1}", ENT },
    { "{'op':'remove','path':'" CORE "'}", CORE },
    { "{'op':'add','path':'secret','value':1}", "" },
    { "{'op':'add','path':'emails[type eq `w`].secret','value':1}", "" },
    { "{'op':'add','path':'" ENT ":secret','value':1}", "" },
    { "{'op':'add','path':'urn:x:secret','value':1}", "" },
    { "{'op':'add','path':'name','value':{'secret':1}}", "" },
    { "{'op':'secret','path':'name','value':1}", "" }
};


static char *
text(char *buf, const char *head, const char *body, const char *tail)
{
    char  *p;

    (void) sprintf(buf, "%s%s%s", head, body, tail);

    for (p = buf; *p; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }

    return buf;
}


static void
put(const scim_policy_t *policy, const attr_case_t *c)
{
    char      buf[1024];
    accept_t  a;

    memset(&a, 0, sizeof(accept_t));
    a.rtype = user();
    a.policy = policy;
    a.body = text(buf, "", c->body, "");

    ok(accept_in(tap_arena(), &a) == SCIM_ERROR && strcmp(err.attr, c->attr)
       == 0, "%s is about \"%s\"", c->body, c->attr);

    tap_free();
}


static void
patch(const scim_policy_t *policy, const attr_case_t *c)
{
    int           rc;
    char          buf[1024], *p;
    scim_json_t   *body, *current;
    scim_arena_t  *arena;
    scim_patch_t   program;

    static const scim_patch_limits_t  limits = { 20, 10, 512 };

    (void) text(buf, "{'Operations':[", c->body, "]}");

    while ((p = strchr(buf, '`')) != NULL) {
        memmove(p + 2, p + 1, strlen(p));
        memcpy(p, "\\\"", 2);
    }

    arena = tap_arena();
    body = parse(arena, buf);
    current = parse(arena, "{\"userName\":\"u\",\"active\":true}");

    rc = scim_patch_parse(arena, user(), policy, &limits, body, &program,
                          &err);

    if (rc == SCIM_OK) {
        rc = scim_patch_apply(arena, user(), policy, &program, current, &res,
                              &err);
    }

    ok(rc == SCIM_ERROR && strcmp(err.attr, c->attr) == 0,
       "%s is about \"%s\"", c->body, c->attr);

    tap_free();
}


int
main(void)
{
    size_t         i;
    scim_policy_t  policy;

    policy = tolerant;
    policy.unknown = SCIM_UNKNOWN_REJECT;
    policy.values = 4;

    for (i = 0; i < sizeof(attr_puts) / sizeof(attr_puts[0]); i++) {
        put(&policy, &attr_puts[i]);
    }

    for (i = 0; i < sizeof(attr_patches) / sizeof(attr_patches[0]); i++) {
        patch(&policy, &attr_patches[i]);
    }

    return done_testing();
}
