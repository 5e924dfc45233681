
/*
 * User, Group, EnterpriseUser and the common attributes as tables (RFC 7643
 * sections 3.1, 4.1 to 4.3 and 8.7.1), and the registry of the resource types
 * compiled in.  Data only: scim_schema.c answers questions about it.
 *
 * Where the RFC's sections disagree, its prose holds: references and binary
 * values are caseExact (sections 2.3.6 and 2.3.7), "other" is a type of ims,
 * addresses have a "primary" (section 2.4, figure of section 8.2), a group's
 * displayName is required (section 4.2).  No two groups of a tenant share a
 * displayName: identity providers match groups by it.
 */


#include "scim_schema.h"


#define scim_n(table)  (sizeof(table) / sizeof(table[0]))

#define scim_values(table)  table, scim_n(table)

#define scim_none  NULL, 0

/* a simple attribute that a client may write, optional and singular */
#define scim_simple(name, type, exact, text)                                  \
    { scim_string(name), scim_string(text), type, SCIM_READ_WRITE,            \
      SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, exact,  \
      0, 0, scim_none, scim_none, scim_none }

#define scim_text(name, text)                                                 \
    scim_simple(name, SCIM_ATTR_STRING, 0, text)

#define scim_flag(name, text)                                                 \
    scim_simple(name, SCIM_ATTR_BOOLEAN, 0, text)

/* a reference that a client may write */
#define scim_link(name, types, text)                                          \
    { scim_string(name), scim_string(text), SCIM_ATTR_REFERENCE,              \
      SCIM_READ_WRITE, SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE,               \
      SCIM_SOURCE_DOC, 0, 0, 1, 0, 0, scim_none, scim_values(types),          \
      scim_none }

/* sub-attribute "type" with its canonical values */
#define scim_kind(values, text)                                               \
    { scim_string("type"), scim_string(text), SCIM_ATTR_STRING,               \
      SCIM_READ_WRITE, SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE,               \
      SCIM_SOURCE_DOC, 0, 0, 0, 0, 0, scim_values(values), scim_none,         \
      scim_none }

/* a simple attribute that the server alone sets */
#define scim_server(name, type, exact, text)                                  \
    { scim_string(name), scim_string(text), type, SCIM_READ_ONLY,             \
      SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, exact,  \
      0, 0, scim_none, scim_none, scim_none }

#define scim_complex(name, multi, mutability, source, subs, text)             \
    { scim_string(name), scim_string(text), SCIM_ATTR_COMPLEX, mutability,    \
      SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, source, multi, 0, 0, 0, 0,     \
      scim_none, scim_none, scim_values(subs) }

#define scim_list(name, subs, text)                                           \
    scim_complex(name, 1, SCIM_READ_WRITE, SCIM_SOURCE_DOC, subs, text)


static const scim_str_t  scim_ref_external[] = {
    scim_string("external")
};

static const scim_str_t  scim_ref_uri[] = {
    scim_string("uri")
};

static const scim_str_t  scim_ref_user[] = {
    scim_string("User")
};

static const scim_str_t  scim_ref_member[] = {
    scim_string("User"),
    scim_string("Group")
};

static const scim_str_t  scim_types_place[] = {
    scim_string("work"),
    scim_string("home"),
    scim_string("other")
};

static const scim_str_t  scim_types_phone[] = {
    scim_string("work"),
    scim_string("home"),
    scim_string("mobile"),
    scim_string("fax"),
    scim_string("pager"),
    scim_string("other")
};

static const scim_str_t  scim_types_im[] = {
    scim_string("aim"),
    scim_string("gtalk"),
    scim_string("icq"),
    scim_string("xmpp"),
    scim_string("msn"),
    scim_string("skype"),
    scim_string("qq"),
    scim_string("yahoo"),
    scim_string("other")
};

static const scim_str_t  scim_types_photo[] = {
    scim_string("photo"),
    scim_string("thumbnail")
};

static const scim_str_t  scim_types_group[] = {
    scim_string("direct"),
    scim_string("indirect")
};


static const scim_attr_t  scim_meta_subs[] = {

    scim_server("resourceType", SCIM_ATTR_STRING, 1,
                "Name of the resource's type"),

    scim_server("created", SCIM_ATTR_DATETIME, 0,
                "When the resource was made"),

    scim_server("lastModified", SCIM_ATTR_DATETIME, 0,
                "When the resource was last changed"),

    { scim_string("location"),
      scim_string("URL of the resource"),
      SCIM_ATTR_REFERENCE, SCIM_READ_ONLY, SCIM_RETURNED_DEFAULT,
      SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, 1, 0, 0, scim_none,
      scim_values(scim_ref_uri), scim_none },

    scim_server("version", SCIM_ATTR_STRING, 1,
                "Version of the resource, equal to its entity tag")
};


static const scim_attr_t  scim_common_attrs[] = {

    { scim_string("schemas"),
      scim_string("URNs of the schemas in use"),
      SCIM_ATTR_REFERENCE, SCIM_READ_WRITE, SCIM_RETURNED_ALWAYS,
      SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 1, 1, 0, 0, 0, scim_none,
      scim_values(scim_ref_uri), scim_none },

    { scim_string("id"),
      scim_string("Identifier given by the service provider"),
      SCIM_ATTR_STRING, SCIM_READ_ONLY, SCIM_RETURNED_ALWAYS,
      SCIM_UNIQUE_SERVER, SCIM_SOURCE_DOC, 0, 1, 1, 0, 0, scim_none,
      scim_none, scim_none },

    { scim_string("externalId"),
      scim_string("Identifier given by the provisioning client"),
      SCIM_ATTR_STRING, SCIM_READ_WRITE, SCIM_RETURNED_DEFAULT,
      SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, 1, 0, SCIM_KEY_MAX, scim_none,
      scim_none, scim_none },

    scim_complex("meta", 0, SCIM_READ_ONLY, SCIM_SOURCE_DOC, scim_meta_subs,
                 "What the service provider knows about the resource")
};


static const scim_schema_t  scim_common_schema = {
    scim_null_str,
    scim_string("Common"),
    scim_string("Attributes of all resources"),
    scim_values(scim_common_attrs),
    scim_none
};


static const scim_attr_t  scim_name_subs[] = {

    scim_text("formatted", "The whole name, ready to be shown"),
    scim_text("familyName", "Family name, last name in most Western "
              "languages"),
    scim_text("givenName", "Given name, first name in most Western "
              "languages"),
    scim_text("middleName", "Middle names"),
    scim_text("honorificPrefix", "Title in front of the name"),
    scim_text("honorificSuffix", "Suffix behind the name")
};


static const scim_attr_t  scim_email_subs[] = {

    { scim_string("value"),
      scim_string("E-mail address"),
      SCIM_ATTR_STRING, SCIM_READ_WRITE, SCIM_RETURNED_DEFAULT,
      SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, 0, 1, SCIM_KEY_MAX, scim_none,
      scim_none, scim_none },

    scim_text("display", "Address as it is shown"),
    scim_kind(scim_types_place, "What the address is used for"),
    scim_flag("primary", "Whether this is the preferred address")
};


static const scim_attr_t  scim_phone_subs[] = {

    scim_text("value", "Phone number"),
    scim_text("display", "Number as it is shown"),
    scim_kind(scim_types_phone, "What the number is used for"),
    scim_flag("primary", "Whether this is the preferred number")
};


static const scim_attr_t  scim_im_subs[] = {

    scim_text("value", "Instant messaging address"),
    scim_text("display", "Address as it is shown"),
    scim_kind(scim_types_im, "Messaging service of the address"),
    scim_flag("primary", "Whether this is the preferred address")
};


static const scim_attr_t  scim_photo_subs[] = {

    scim_link("value", scim_ref_external, "URL of the picture"),
    scim_text("display", "Description of the picture"),
    scim_kind(scim_types_photo, "Size of the picture"),
    scim_flag("primary", "Whether this is the preferred picture")
};


static const scim_attr_t  scim_address_subs[] = {

    scim_text("formatted", "The whole address, ready for a label; may hold "
              "newlines"),
    scim_text("streetAddress", "Street, house number, post office box; may "
              "hold newlines"),
    scim_text("locality", "City or place"),
    scim_text("region", "State or region"),
    scim_text("postalCode", "Postal code"),
    scim_text("country", "Country, as its two-letter ISO 3166-1 code"),
    scim_kind(scim_types_place, "What the address is used for"),
    scim_flag("primary", "Whether this is the preferred address")
};


static const scim_attr_t  scim_groups_subs[] = {

    scim_server("value", SCIM_ATTR_STRING, 0, "Identifier of the group"),

    { scim_string("$ref"),
      scim_string("URL of the group"),
      SCIM_ATTR_REFERENCE, SCIM_READ_ONLY, SCIM_RETURNED_DEFAULT,
      SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, 1, 0, 0, scim_none,
      scim_values(scim_ref_member), scim_none },

    scim_server("display", SCIM_ATTR_STRING, 0, "Name of the group"),

    { scim_string("type"),
      scim_string("Whether the user is a member itself or through another "
                  "group"),
      SCIM_ATTR_STRING, SCIM_READ_ONLY, SCIM_RETURNED_DEFAULT,
      SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, 0, 0, 0,
      scim_values(scim_types_group), scim_none, scim_none }
};


static const scim_attr_t  scim_entitlement_subs[] = {

    scim_text("value", "Entitlement"),
    scim_text("display", "Entitlement as it is shown"),
    scim_text("type", "Kind of entitlement"),
    scim_flag("primary", "Whether this is the main entitlement")
};


static const scim_attr_t  scim_role_subs[] = {

    scim_text("value", "Role"),
    scim_text("display", "Role as it is shown"),
    scim_text("type", "Kind of role"),
    scim_flag("primary", "Whether this is the main role")
};


static const scim_attr_t  scim_certificate_subs[] = {

    scim_simple("value", SCIM_ATTR_BINARY, 1,
                "One X.509 certificate, DER in base64"),
    scim_text("display", "Certificate as it is shown"),
    scim_text("type", "What the certificate is used for"),
    scim_flag("primary", "Whether this is the preferred certificate")
};


static const scim_attr_t  scim_user_attrs[] = {

    /* the first one is the type's name_attr */

    { scim_string("userName"),
      scim_string("Name that identifies the user to the service provider, "
                  "often used to log in"),
      SCIM_ATTR_STRING, SCIM_READ_WRITE, SCIM_RETURNED_DEFAULT,
      SCIM_UNIQUE_SERVER, SCIM_SOURCE_DOC, 0, 1, 0, 0, SCIM_KEY_MAX,
      scim_none, scim_none, scim_none },

    scim_complex("name", 0, SCIM_READ_WRITE, SCIM_SOURCE_DOC, scim_name_subs,
                 "Parts of the user's name"),

    { scim_string("displayName"),
      scim_string("Name of the user as it is shown to people"),
      SCIM_ATTR_STRING, SCIM_READ_WRITE, SCIM_RETURNED_DEFAULT,
      SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, 0, 0, SCIM_KEY_MAX, scim_none,
      scim_none, scim_none },

    scim_text("nickName", "How the user is called casually"),
    scim_link("profileUrl", scim_ref_external,
              "URL of the user's online profile"),
    scim_text("title", "Job title"),
    scim_text("userType", "Relation between the user and the organization"),
    scim_text("preferredLanguage",
              "Preferred languages, in the form of Accept-Language"),
    scim_text("locale", "Language tag for numbers, dates and currency"),
    scim_text("timezone", "Time zone by its IANA name"),
    scim_flag("active", "Whether the user may use the service"),

    { scim_string("password"),
      scim_string("Clear text password; never returned"),
      SCIM_ATTR_STRING, SCIM_WRITE_ONLY, SCIM_RETURNED_NEVER,
      SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, 0, 0, 0, scim_none, scim_none,
      scim_none },

    scim_list("emails", scim_email_subs, "E-mail addresses"),
    scim_list("phoneNumbers", scim_phone_subs, "Phone numbers"),
    scim_list("ims", scim_im_subs, "Instant messaging addresses"),
    scim_list("photos", scim_photo_subs, "Pictures of the user"),
    scim_list("addresses", scim_address_subs, "Postal addresses"),

    scim_complex("groups", 1, SCIM_READ_ONLY, SCIM_SOURCE_GROUPS,
                 scim_groups_subs,
                 "Groups of which the user is a member; changed through the "
                 "groups"),

    scim_list("entitlements", scim_entitlement_subs,
              "Things that the user is entitled to"),
    scim_list("roles", scim_role_subs, "Roles of the user"),
    scim_list("x509Certificates", scim_certificate_subs,
              "Certificates of the user")
};


static const scim_str_t  scim_user_aliases[] = {
    scim_string("urn:scim:schemas:core:2.0"),
    scim_string("urn:scim:schemas:core:1.0")
};


static const scim_schema_t  scim_user_schema = {
    scim_string("urn:ietf:params:scim:schemas:core:2.0:User"),
    scim_string("User"),
    scim_string("User account"),
    scim_values(scim_user_attrs),
    scim_values(scim_user_aliases)
};


static const scim_attr_t  scim_manager_subs[] = {

    scim_text("value", "Identifier of the manager"),
    scim_link("$ref", scim_ref_user, "URL of the manager"),
    scim_server("displayName", SCIM_ATTR_STRING, 0,
                "Name of the manager as it is shown")
};


static const scim_attr_t  scim_enterprise_attrs[] = {

    scim_text("employeeNumber", "Number given by the organization"),
    scim_text("costCenter", "Name of the cost center"),
    scim_text("organization", "Name of the organization"),
    scim_text("division", "Name of the division"),
    scim_text("department", "Name of the department"),
    scim_complex("manager", 0, SCIM_READ_WRITE, SCIM_SOURCE_DOC,
                 scim_manager_subs,
                 "The user's manager")
};


static const scim_str_t  scim_enterprise_aliases[] = {
    scim_string("urn:scim:schemas:extension:enterprise:2.0"),
    scim_string("urn:scim:schemas:extension:enterprise:1.0")
};


static const scim_schema_t  scim_enterprise_schema = {
    scim_string("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"),
    scim_string("EnterpriseUser"),
    scim_string("What an enterprise adds to a user"),
    scim_values(scim_enterprise_attrs),
    scim_values(scim_enterprise_aliases)
};


static const scim_extension_t  scim_user_extensions[] = {
    { &scim_enterprise_schema, 0 }
};


static const scim_attr_t  scim_member_subs[] = {

    { scim_string("value"),
      scim_string("Identifier of the member"),
      SCIM_ATTR_STRING, SCIM_IMMUTABLE, SCIM_RETURNED_DEFAULT,
      SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, 0, 0, 0, scim_none, scim_none,
      scim_none },

    { scim_string("$ref"),
      scim_string("URL of the member"),
      SCIM_ATTR_REFERENCE, SCIM_IMMUTABLE, SCIM_RETURNED_DEFAULT,
      SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, 1, 0, 0, scim_none,
      scim_values(scim_ref_member), scim_none },

    { scim_string("type"),
      scim_string("Name of the member's resource type"),
      SCIM_ATTR_STRING, SCIM_IMMUTABLE, SCIM_RETURNED_DEFAULT,
      SCIM_UNIQUE_NONE, SCIM_SOURCE_DOC, 0, 0, 0, 0, 0,
      scim_values(scim_ref_member), scim_none, scim_none },

    scim_server("display", SCIM_ATTR_STRING, 0,
                "Name of the member as it is shown")
};


static const scim_attr_t  scim_group_attrs[] = {

    /* the first one is the type's name_attr */

    { scim_string("displayName"),
      scim_string("Name of the group as it is shown to people"),
      SCIM_ATTR_STRING, SCIM_READ_WRITE, SCIM_RETURNED_DEFAULT,
      SCIM_UNIQUE_SERVER, SCIM_SOURCE_DOC, 0, 1, 0, 0, SCIM_KEY_MAX,
      scim_none, scim_none, scim_none },

    scim_complex("members", 1, SCIM_READ_WRITE, SCIM_SOURCE_MEMBERS,
                 scim_member_subs,
                 "Users and groups that belong to the group")
};


static const scim_str_t  scim_group_aliases[] = {
    scim_string("urn:scim:schemas:core:2.0"),
    scim_string("urn:scim:schemas:core:1.0"),
    scim_string("http://schemas.microsoft.com/2006/11/ResourceManagement/"
                "ADSCIM/2.0/Group")
};


static const scim_schema_t  scim_group_schema = {
    scim_string("urn:ietf:params:scim:schemas:core:2.0:Group"),
    scim_string("Group"),
    scim_string("Group of users and groups"),
    scim_values(scim_group_attrs),
    scim_values(scim_group_aliases)
};


static const scim_resource_type_t  scim_types[] = {

    { scim_string("User"),
      scim_string("/Users"),
      scim_string("User account"),
      &scim_user_schema,
      &scim_user_attrs[0],
      scim_values(scim_user_extensions),
      scim_none },

    { scim_string("Group"),
      scim_string("/Groups"),
      scim_string("Group of users and groups"),
      &scim_group_schema,
      &scim_group_attrs[0],
      scim_none,
      scim_none }
};


static const scim_registry_t  scim_builtin = { scim_values(scim_types) };


const scim_registry_t *
scim_registry_builtin(void)
{
    return &scim_builtin;
}


const scim_schema_t *
scim_schema_common(void)
{
    return &scim_common_schema;
}
