
/*
 * From a filter's tree to what answers it.  Called by http/ for lists
 * (ngx_scim_store.h).  A comparison of a unique attribute for equality becomes
 * a point read; SQL for whole trees has its place here.
 */


#include "ngx_scim_store_private.h"
#include "scim_fold.h"


static const scim_attr_t *ngx_scim_store_filter_plain(
    const scim_filter_t *filter);
static ngx_int_t ngx_scim_store_filter_declined(ngx_scim_store_request_t *sr,
    scim_error_t *err);


ngx_int_t
ngx_scim_store_filter(ngx_scim_store_request_t *sr,
    const scim_filter_t *filter, ngx_scim_store_key_e *by, scim_str_t *key,
    scim_error_t *err)
{
    const scim_attr_t  *attr;

    if (filter->op != SCIM_FILTER_EQ
        || filter->value == NULL
        || filter->value->type != SCIM_JSON_STRING)
    {
        return ngx_scim_store_filter_declined(sr, err);
    }

    attr = ngx_scim_store_filter_plain(filter);
    if (attr == NULL) {
        return ngx_scim_store_filter_declined(sr, err);
    }

    if (attr == sr->type->name_attr) {
        *by = NGX_SCIM_STORE_BY_NAME;

        if (scim_fold(&sr->arena, &filter->value->str, key) != SCIM_OK) {
            (void) scim_error_nomem(err);
            return NGX_DECLINED;
        }

        return NGX_OK;
    }

    if (filter->path.schema == scim_schema_common()) {
        *key = filter->value->str;

        if (scim_str_is(&attr->name, "id")) {
            *by = NGX_SCIM_STORE_BY_ID;
            return NGX_OK;
        }

        if (scim_str_is(&attr->name, "externalId")) {
            *by = NGX_SCIM_STORE_BY_EXTERNAL_ID;
            return NGX_OK;
        }
    }

    return ngx_scim_store_filter_declined(sr, err);
}


/* the attribute of a path without brackets and without a sub-attribute */

static const scim_attr_t *
ngx_scim_store_filter_plain(const scim_filter_t *filter)
{
    if (filter->path.sub != NULL || filter->path.filter != NULL) {
        return NULL;
    }

    return filter->path.attr;
}


static ngx_int_t
ngx_scim_store_filter_declined(ngx_scim_store_request_t *sr,
    scim_error_t *err)
{
    (void) scim_error(err, 400, SCIM_INVALID_FILTER,
                      "filter not supported: only \"%S eq\", "
                      "\"externalId eq\" and \"id eq\" can be searched",
                      &sr->type->name_attr->name);

    return NGX_DECLINED;
}
