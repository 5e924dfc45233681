
/*
 * Error log lines of SCIM requests.  nginx ends each with the request line,
 * and a filter in it names people; here it ends with the method, and the path
 * as far as it can name nobody.
 */


#include "ngx_http_scim_module.h"


static ngx_int_t ngx_http_scim_log_phase(ngx_http_request_t *r);
static u_char *ngx_http_scim_log_request(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);


/* nginx's own, which has no name outside of its file */
static ngx_http_log_handler_pt  ngx_http_scim_log_next;


ngx_int_t
ngx_http_scim_log_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_scim_main_conf_t  *smcf;
    ngx_http_core_main_conf_t  *cmcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_scim_module);

    if (smcf->databases.nelts == 0) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_scim_log_phase;

    return NGX_OK;
}


/* before the location is known: choosing it may already log an error */

static ngx_int_t
ngx_http_scim_log_phase(ngx_http_request_t *r)
{
    if (r->log_handler != ngx_http_scim_log_request) {
        ngx_http_scim_log_next = r->log_handler;
        r->log_handler = ngx_http_scim_log_request;
    }

    return NGX_DECLINED;
}


static u_char *
ngx_http_scim_log_request(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len)
{
    u_char                    *last;
    ngx_http_scim_ctx_t       *ctx;
    ngx_http_core_srv_conf_t  *cscf;
    ngx_http_scim_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_scim_module);

    if (slcf->database == NULL) {

        ctx = ngx_http_scim_find_ctx(r);

        if (ctx == NULL) {
            return ngx_http_scim_log_next(r, sr, buf, len);
        }

        slcf = ctx->conf;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    last = buf + len;

    buf = ngx_slprintf(buf, last, ", server: %V, request: \"%V ",
                       &cscf->server_name, &r->method_name);
    buf = ngx_http_scim_uri_path(r, slcf, buf, last);

    return ngx_slprintf(buf, last, "\"");
}
