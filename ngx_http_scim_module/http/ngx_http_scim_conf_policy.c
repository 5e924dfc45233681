
/*
 * "require" and "unique" of a tenant's block: attributes that must be there,
 * or whose uniqueness is another than in their schemas.  Remembered while the
 * configuration is read, and made into a registry of the tenant's own by
 * ngx_http_scim_conf_schema.c once all schemas are known.
 */


#include "ngx_http_scim_module.h"
#include "scim_registry_rules.h"


/* one attribute of "require" or "unique" */
typedef struct {
    ngx_str_t                    text;
    ngx_str_t                    conf;       /* where it was named */
    ngx_uint_t                   line;
    scim_rule_e                  rule;
} ngx_http_scim_rule_t;


char *
ngx_http_scim_conf_rules(ngx_conf_t *cf, ngx_http_scim_tenant_t *tenant,
    ngx_uint_t unique)
{
    ngx_str_t             *value;
    ngx_uint_t             i;
    ngx_http_scim_rule_t  *rule;

    if (tenant->rules == NULL) {
        tenant->rules = ngx_array_create(cf->pool, 4,
                                         sizeof(ngx_http_scim_rule_t));
        if (tenant->rules == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        rule = ngx_array_push(tenant->rules);
        if (rule == NULL) {
            return NGX_CONF_ERROR;
        }

        rule->text = value[i];
        rule->conf = cf->conf_file->file.name;
        rule->line = cf->conf_file->line;
        rule->rule = unique ? SCIM_RULE_UNIQUE : SCIM_RULE_REQUIRE;

        if (unique && value[i].len > 4
            && ngx_strcmp(value[i].data + value[i].len - 4, "=off") == 0)
        {
            rule->rule = SCIM_RULE_SHARED;
            rule->text.len -= 4;
        }
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_scim_conf_ruled(ngx_conf_t *cf, ngx_http_scim_tenant_t *tenant)
{
    size_t                 fault;
    ngx_uint_t             i;
    scim_rule_t           *rules;
    scim_arena_t           arena;
    scim_error_t           err;
    ngx_http_scim_rule_t  *rule;

    rule = tenant->rules->elts;

    rules = ngx_palloc(cf->pool, tenant->rules->nelts * sizeof(scim_rule_t));
    if (rules == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < tenant->rules->nelts; i++) {
        rules[i].text.len = rule[i].text.len;
        rules[i].text.data = rule[i].text.data;
        rules[i].rule = rule[i].rule;
    }

    ngx_http_scim_arena(&arena, cf->pool);

    if (scim_registry_rules(&arena, tenant->registry, rules,
                            tenant->rules->nelts, &tenant->registry, &fault,
                            &err)
        == SCIM_OK)
    {
        return NGX_OK;
    }

    rule += fault;

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "invalid attribute \"%V\" in \"%s\" of tenant \"%V\": %*s "
                  "in %V:%ui", &rule->text,
                  rule->rule == SCIM_RULE_REQUIRE ? "require" : "unique",
                  &tenant->name, err.len, err.detail, &rule->conf,
                  rule->line);

    return NGX_ERROR;
}
