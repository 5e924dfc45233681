
/*
 * From the body of a POST to .search (RFC 7644 section 3.4.3) to a query.
 * Called by the read operations of http/; what the parameters mean is in
 * scim_query_param.c.
 *
 * As in a query string an empty value counts as absent, but for "cursor" and
 * "filter"; so do null and, for lists of attributes, [].
 */


#include "scim_query_param.h"


static int scim_search_schemas(const scim_json_t *body, scim_error_t *err);
static int scim_search_names(scim_arena_t *arena, scim_query_e param,
    const scim_json_t *json, scim_str_t *value, scim_error_t *err);
static int scim_search_text(scim_query_e param, const scim_json_t *json,
    scim_str_t *value, scim_error_t *err);


int
scim_query_search(scim_arena_t *arena, const scim_resource_type_t *types,
    size_t n, const scim_json_t *body, const scim_query_limits_t *limits,
    scim_query_t *query, scim_error_t *err)
{
    int                   rc;
    scim_query_e          param;
    const scim_json_t    *json;
    scim_query_params_t   params;

    if (body == NULL || body->type != SCIM_JSON_OBJECT) {
        return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                          "the body of a search is not an object");
    }

    if (scim_search_schemas(body, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    memset(&params, 0, sizeof(scim_query_params_t));

    for (json = body->first; json; json = json->next) {
        param = scim_query_param(&json->name);

        switch (param) {

        case SCIM_QUERY_UNKNOWN:
            continue;

        case SCIM_QUERY_ATTRIBUTES:
        case SCIM_QUERY_EXCLUDED:
            rc = scim_search_names(arena, param, json, &params.values[param],
                                   err);
            break;

        default:
            rc = scim_search_text(param, json, &params.values[param], err);
        }

        if (rc != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    if (n == 0) {
        scim_query_init(query, limits);
        query->has_filter = (params.values[SCIM_QUERY_FILTER].data != NULL);
        return SCIM_OK;
    }

    return scim_query_make(arena, types, n, &params, limits, query, err);
}


static int
scim_search_schemas(const scim_json_t *body, scim_error_t *err)
{
    const scim_json_t  *schemas, *urn;

    static const scim_str_t  name = scim_string("schemas");

    schemas = scim_json_get(body, &name);

    if (schemas == NULL || schemas->type == SCIM_JSON_NULL) {
        return SCIM_OK;
    }

    if (schemas->type == SCIM_JSON_ARRAY) {

        for (urn = schemas->first; urn; urn = urn->next) {
            if (urn->type == SCIM_JSON_STRING
                && scim_str_is(&urn->str, "urn:ietf:params:scim:api:messages:"
                                          "2.0:SearchRequest"))
            {
                return SCIM_OK;
            }
        }
    }

    return scim_error(err, 400, SCIM_INVALID_SYNTAX,
                      "schemas does not name a SearchRequest");
}


/* names joined by commas, as they stand in a query string */

static int
scim_search_names(scim_arena_t *arena, scim_query_e param,
    const scim_json_t *json, scim_str_t *value, scim_error_t *err)
{
    scim_buf_t          b;
    const scim_json_t  *name;

    if (json->type != SCIM_JSON_ARRAY) {
        return scim_search_text(param, json, value, err);
    }

    if (json->first == NULL) {
        return SCIM_OK;
    }

    scim_buf_init(&b, arena, 64);

    for (name = json->first; name; name = name->next) {
        if (name->type != SCIM_JSON_STRING) {
            return scim_error(err, 400, SCIM_INVALID_VALUE,
                              "an element of %s is not a string",
                              scim_query_param_name(param));
        }

        scim_buf_str(&b, &name->str);
        scim_buf_char(&b, ',');
    }

    if (b.failed) {
        return scim_error_nomem(err);
    }

    value->data = b.data;
    value->len = b.len - 1;

    return SCIM_OK;
}


static int
scim_search_text(scim_query_e param, const scim_json_t *json,
    scim_str_t *value, scim_error_t *err)
{
    int  number;

    if (json->type == SCIM_JSON_NULL) {
        return SCIM_OK;
    }

    number = (json->type == SCIM_JSON_NUMBER
              && (param == SCIM_QUERY_START_INDEX
                  || param == SCIM_QUERY_COUNT));

    if (json->type != SCIM_JSON_STRING && !number) {
        return scim_error(err, 400, SCIM_INVALID_VALUE,
                          "%s is of the wrong type",
                          scim_query_param_name(param));
    }

    if (json->str.len == 0) {
        if (param == SCIM_QUERY_FILTER || param == SCIM_QUERY_CURSOR) {
            scim_str_set(value, "");
        }

        return SCIM_OK;
    }

    *value = json->str;

    return SCIM_OK;
}
