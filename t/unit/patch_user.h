
/*
 * What the tests of PATCH on users share: patch.c, patch_client.c and
 * patch_unknown.c.
 */


#ifndef PATCH_USER_H_INCLUDED
#define PATCH_USER_H_INCLUDED


#include "patch.h"


#define USER  "'userName':'u','active':true"

#define WORK  "{'type':'work','value':'w'}"
#define HOME  "{'type':'home','value':'h'}"

#define op(name, path, value)                                                 \
    "{'op':'" name "','path':'" path "','value':" value "}"
#define add(path, value)      op("add", path, value)
#define replace(path, value)  op("replace", path, value)
#define remove(path)          "{'op':'remove','path':'" path "'}"
#define adds(value)           "{'op':'add','value':" value "}"
#define replaces(value)       "{'op':'replace','value':" value "}"

/* a role as Entra ID writes it into a string */
#define ROLE(id)  "{`id`:`" id "`,`value`:`v" id "`,`displayName`:`d" id "`}"


#endif /* PATCH_USER_H_INCLUDED */
