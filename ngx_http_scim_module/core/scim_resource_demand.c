
/*
 * What a tenant requires of its resources beyond their schemas: looked up in
 * the document as it is to be kept, so that it does not matter in which way it
 * came.  Called by scim_resource.c.
 */


#include "scim_resource_demand.h"


static int scim_demand_met(const scim_demand_t *demand,
    const scim_json_t *doc);
static int scim_demand_in_list(const scim_demand_t *demand,
    const scim_json_t *list);
static int scim_demand_kind(const scim_demand_t *demand,
    const scim_json_t *element);
static int scim_demand_says(const scim_json_t *value);
static int scim_demand_error(scim_value_t *v, const scim_demand_t *demand);


static const scim_str_t  scim_value_name = scim_string("value");
static const scim_str_t  scim_type_name = scim_string("type");


int
scim_demands_met(scim_value_t *v, const scim_resource_type_t *rtype,
    const scim_json_t *doc, const scim_json_t *current)
{
    size_t                i;
    const scim_demand_t  *demand;

    for (i = 0; i < rtype->ndemands; i++) {
        demand = &rtype->demands[i];

        if (!scim_demand_met(demand, doc)
            && (current == NULL || scim_demand_met(demand, current)))
        {
            return scim_demand_error(v, demand);
        }
    }

    return SCIM_OK;
}


static int
scim_demand_met(const scim_demand_t *demand, const scim_json_t *doc)
{
    const scim_json_t  *value;

    if (demand->extension) {
        doc = scim_json_get(doc, &demand->extension->id);
    }

    value = doc ? scim_json_get(doc, &demand->attr->name) : NULL;

    if (value == NULL) {
        return 0;
    }

    if (value->type == SCIM_JSON_ARRAY) {
        return scim_demand_in_list(demand, value);
    }

    if (demand->sub) {
        value = scim_json_get(value, &demand->sub->name);
    }

    return scim_demand_says(value);
}


static int
scim_demand_in_list(const scim_demand_t *demand, const scim_json_t *list)
{
    const scim_attr_t  *sub;
    const scim_json_t  *e;

    sub = demand->sub;

    if (sub == NULL && demand->kind.data) {
        sub = scim_attr_sub(demand->attr, &scim_value_name);
    }

    for (e = list->first; e; e = e->next) {

        if (scim_demand_kind(demand, e)
            && scim_demand_says(sub ? scim_json_get(e, &sub->name) : e))
        {
            return 1;
        }
    }

    return 0;
}


static int
scim_demand_kind(const scim_demand_t *demand, const scim_json_t *element)
{
    const scim_json_t  *type;

    if (demand->kind.data == NULL) {
        return 1;
    }

    type = scim_json_get(element, &scim_type_name);

    return type && type->type == SCIM_JSON_STRING
           && scim_str_caseeq(&type->str, &demand->kind);
}


/* a blank string says nothing */

static int
scim_demand_says(const scim_json_t *value)
{
    size_t  i;

    if (value == NULL) {
        return 0;
    }

    if (value->type == SCIM_JSON_OBJECT || value->type == SCIM_JSON_ARRAY) {
        return value->n != 0;
    }

    if (value->type != SCIM_JSON_STRING) {
        return value->type != SCIM_JSON_NULL;
    }

    for (i = 0; i < value->str.len; i++) {
        if (value->str.data[i] > ' ') {
            return 1;
        }
    }

    return 0;
}


static int
scim_demand_error(scim_value_t *v, const scim_demand_t *demand)
{
    const scim_str_t  *urn, *sub;

    static const scim_str_t  none = scim_null_str;

    urn = demand->extension ? &demand->extension->id : &none;
    sub = demand->sub ? &demand->sub->name : &none;

    if (demand->kind.data == NULL) {
        return scim_error(v->err, 400, SCIM_INVALID_VALUE,
                          "attribute \"%[%S%s%S%s%S%]\" is required",
                          urn, urn->len ? ":" : "", &demand->attr->name,
                          sub->len ? "." : "", sub);
    }

    return scim_error(v->err, 400, SCIM_INVALID_VALUE,
                      "attribute \"%[%S%s%S%s%S%]\" needs a value of type "
                      "\"%S\"", urn, urn->len ? ":" : "",
                      &demand->attr->name, sub->len ? "." : "", sub,
                      &demand->kind);
}
