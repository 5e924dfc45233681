
/*
 * The conninfo string: checked, completed, and host names in it resolved,
 * while the configuration is read.  libpq would resolve them when it
 * connects, and block the worker.  Called by store/.
 */


#include "ngx_scim_pg_private.h"

#include <netdb.h>


#define NGX_SCIM_PG_HOSTS      64
#define NGX_SCIM_PG_HOST_TEXT  256


typedef struct {
    PQconninfoOption  *host;
    PQconninfoOption  *hostaddr;
    PQconninfoOption  *port;
    u_char            *hosts;           /* lists, comma separated */
    u_char            *addrs;
    u_char            *ports;
    size_t             hosts_len;
    size_t             addrs_len;
    size_t             ports_len;
    ngx_uint_t         n;
} ngx_scim_pg_hosts_t;


static char *ngx_scim_pg_conf_build(ngx_pool_t *pool,
    ngx_scim_pg_conf_t *conf, PQconninfoOption *options);
static ngx_uint_t ngx_scim_pg_conf_is(PQconninfoOption *option,
    const char *keyword);
static char *ngx_scim_pg_conf_resolve(ngx_pool_t *pool,
    ngx_scim_pg_hosts_t *hosts);
static char *ngx_scim_pg_conf_resolve_host(ngx_scim_pg_hosts_t *hosts,
    ngx_str_t *host, ngx_str_t *port);
static char *ngx_scim_pg_conf_add_host(ngx_scim_pg_hosts_t *hosts,
    ngx_str_t *host, const char *addr, ngx_str_t *port);
static ngx_uint_t ngx_scim_pg_conf_item(char **list, ngx_str_t *item);
static u_char *ngx_scim_pg_conf_put(u_char *p, const char *keyword,
    const char *value);


char *
ngx_scim_pg_conf_check(ngx_pool_t *pool, ngx_scim_pg_conf_t *conf)
{
    char              *rc, *text;
    PQconninfoOption  *options;

    text = ngx_pnalloc(pool, conf->conninfo.len + 1);
    if (text == NULL) {
        return "no memory";
    }

    ngx_cpystrn((u_char *) text, conf->conninfo.data, conf->conninfo.len + 1);

    if (ngx_strlen(text) != conf->conninfo.len) {
        return "there is a zero byte in it";
    }

    /* the error message would hold parts of the string */

    options = PQconninfoParse(text, NULL);
    if (options == NULL) {
        return "it is no valid PostgreSQL connection string";
    }

    rc = ngx_scim_pg_conf_build(pool, conf, options);

    PQconninfoFree(options);

    return rc;
}


/* the string anew: what was given but for what the client needs otherwise */

static char *
ngx_scim_pg_conf_build(ngx_pool_t *pool, ngx_scim_pg_conf_t *conf,
    PQconninfoOption *options)
{
    char                 *rc;
    u_char               *p;
    size_t                len;
    PQconninfoOption     *o;
    ngx_scim_pg_hosts_t   hosts;

    ngx_memzero(&hosts, sizeof(ngx_scim_pg_hosts_t));

    len = sizeof("fallback_application_name='ngx_http_scim' "
                 "client_encoding='UTF8' gssencmode='disable' "
                 "host='' hostaddr='' port='' ");

    for (o = options; o->keyword; o++) {

        if (o->val == NULL) {
            continue;
        }

        len += ngx_strlen(o->keyword) + 2 * ngx_strlen(o->val) + 4;

        if (ngx_scim_pg_conf_is(o, "host")) {
            hosts.host = o;

        } else if (ngx_scim_pg_conf_is(o, "hostaddr")) {
            hosts.hostaddr = o;

        } else if (ngx_scim_pg_conf_is(o, "port")) {
            hosts.port = o;
        }
    }

    rc = ngx_scim_pg_conf_resolve(pool, &hosts);
    if (rc != NGX_CONF_OK) {
        return rc;
    }

    len += 2 * (hosts.hosts_len + hosts.addrs_len + hosts.ports_len);

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return "no memory";
    }

    conf->conninfo.data = p;

    for (o = options; o->keyword; o++) {

        if (o->val == NULL
            || ngx_scim_pg_conf_is(o, "client_encoding")
            || ngx_scim_pg_conf_is(o, "gssencmode")
            || ngx_scim_pg_conf_is(o, "fallback_application_name")
            || (hosts.n && (o == hosts.host || o == hosts.port)))
        {
            continue;
        }

        p = ngx_scim_pg_conf_put(p, o->keyword, o->val);
    }

    if (hosts.n) {
        p = ngx_scim_pg_conf_put(p, "host", (char *) hosts.hosts);
        p = ngx_scim_pg_conf_put(p, "hostaddr", (char *) hosts.addrs);
        p = ngx_scim_pg_conf_put(p, "port", (char *) hosts.ports);
    }

    p = ngx_scim_pg_conf_put(p, "client_encoding", "UTF8");
    p = ngx_scim_pg_conf_put(p, "gssencmode", "disable");
    p = ngx_scim_pg_conf_put(p, "fallback_application_name", "ngx_http_scim");

    *--p = '\0';

    conf->conninfo.len = p - conf->conninfo.data;

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_scim_pg_conf_is(PQconninfoOption *option, const char *keyword)
{
    return ngx_strcmp(option->keyword, keyword) == 0;
}


/*
 * Each name becomes as many items of the lists as it has addresses; the name
 * stays in "host", where certificates and passwords are looked up by it.
 */

static char *
ngx_scim_pg_conf_resolve(ngx_pool_t *pool, ngx_scim_pg_hosts_t *hosts)
{
    char       *rc, *list, *ports;
    size_t      size;
    ngx_str_t   host, port;
    ngx_uint_t  each;

    if (hosts->host == NULL || hosts->hostaddr) {
        return NGX_CONF_OK;
    }

    size = NGX_SCIM_PG_HOSTS * NGX_SCIM_PG_HOST_TEXT;

    hosts->hosts = ngx_pnalloc(pool, size);
    hosts->addrs = ngx_pnalloc(pool, size);
    hosts->ports = ngx_pnalloc(pool, size);

    if (hosts->hosts == NULL || hosts->addrs == NULL || hosts->ports == NULL) {
        return "no memory";
    }

    list = hosts->host->val;
    ports = hosts->port ? hosts->port->val : NULL;

    /* a single port is for all hosts */

    each = ports && ngx_strchr(ports, ',') != NULL;

    ngx_str_null(&port);

    while (ngx_scim_pg_conf_item(&list, &host)) {

        if (!ngx_scim_pg_conf_item(&ports, &port) && each) {
            return "hosts and ports are not of the same number";
        }

        rc = ngx_scim_pg_conf_resolve_host(hosts, &host, &port);
        if (rc != NGX_CONF_OK) {
            return rc;
        }
    }

    if (ports) {
        return "hosts and ports are not of the same number";
    }

    return NGX_CONF_OK;
}


static char *
ngx_scim_pg_conf_resolve_host(ngx_scim_pg_hosts_t *hosts, ngx_str_t *host,
    ngx_str_t *port)
{
    int               n;
    char             *rc, name[NGX_SCIM_PG_HOST_TEXT];
    struct addrinfo   hints, *res, *ai;

    /* a folder or an abstract name: a Unix socket; empty: the default one */

    if (host->len == 0 || host->data[0] == '/' || host->data[0] == '@') {
        return ngx_scim_pg_conf_add_host(hosts, host, "", port);
    }

    if (host->len >= sizeof(name)) {
        return "a host name is too long";
    }

    ngx_cpystrn((u_char *) name, host->data, host->len + 1);

    ngx_memzero(&hints, sizeof(struct addrinfo));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;

    if (getaddrinfo(name, NULL, &hints, &res) != 0) {
        return "a host name in it cannot be resolved";
    }

    rc = NGX_CONF_OK;

    for (ai = res; ai && rc == NGX_CONF_OK; ai = ai->ai_next) {

        n = getnameinfo(ai->ai_addr, ai->ai_addrlen, name, sizeof(name), NULL,
                        0, NI_NUMERICHOST);

        if (n == 0) {
            rc = ngx_scim_pg_conf_add_host(hosts, host, name, port);
        }
    }

    freeaddrinfo(res);

    return rc;
}


static char *
ngx_scim_pg_conf_add_host(ngx_scim_pg_hosts_t *hosts, ngx_str_t *host,
    const char *addr, ngx_str_t *port)
{
    u_char  *p;

    if (hosts->n == NGX_SCIM_PG_HOSTS
        || host->len >= NGX_SCIM_PG_HOST_TEXT - 1
        || port->len >= NGX_SCIM_PG_HOST_TEXT - 1)
    {
        return "there are too many hosts";
    }

    p = hosts->hosts + hosts->hosts_len;
    p = ngx_sprintf(p, "%s%V%Z", hosts->n ? "," : "", host);
    hosts->hosts_len = p - hosts->hosts - 1;

    p = hosts->addrs + hosts->addrs_len;
    p = ngx_sprintf(p, "%s%s%Z", hosts->n ? "," : "", addr);
    hosts->addrs_len = p - hosts->addrs - 1;

    p = hosts->ports + hosts->ports_len;
    p = ngx_sprintf(p, "%s%V%Z", hosts->n ? "," : "", port);
    hosts->ports_len = p - hosts->ports - 1;

    hosts->n++;

    return NGX_CONF_OK;
}


/* the next item of a list; returns 0, and leaves "item", at its end */

static ngx_uint_t
ngx_scim_pg_conf_item(char **list, ngx_str_t *item)
{
    char  *p;

    p = *list;

    if (p == NULL) {
        return 0;
    }

    item->data = (u_char *) p;

    while (*p && *p != ',') {
        p++;
    }

    item->len = p - (char *) item->data;

    *list = *p ? p + 1 : NULL;

    return 1;
}


static u_char *
ngx_scim_pg_conf_put(u_char *p, const char *keyword, const char *value)
{
    p = ngx_cpymem(p, keyword, ngx_strlen(keyword));
    *p++ = '=';
    *p++ = '\'';

    for ( /* void */ ; *value; value++) {

        if (*value == '\'' || *value == '\\') {
            *p++ = '\\';
        }

        *p++ = *value;
    }

    *p++ = '\'';
    *p++ = ' ';

    return p;
}
