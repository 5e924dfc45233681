
/*
 * UUIDs of resources and requests (RFC 9562, version 7).  Called by the other
 * files of store/.
 */


#include "ngx_scim_store_private.h"

#include <openssl/rand.h>


/* of random bytes that are fetched at once: each call of OpenSSL costs more
 * than the bytes do */
#define NGX_SCIM_STORE_RANDOM  2048


static ngx_int_t ngx_scim_store_random(u_char *p, size_t len);


static const u_char  ngx_scim_store_uuid_dashes[] = { 8, 13, 18, 23 };


ngx_int_t
ngx_scim_store_uuid(u_char *uuid)
{
    uint64_t      msec;
    ngx_time_t   *tp;
    ngx_uint_t    i;

    if (ngx_scim_store_random(uuid + 6, 10) != NGX_OK) {
        return NGX_ERROR;
    }

    tp = ngx_timeofday();
    msec = (uint64_t) tp->sec * 1000 + tp->msec;

    for (i = 6; i-- > 0; /* void */) {
        uuid[i] = (u_char) (msec & 0xff);
        msec >>= 8;
    }

    uuid[6] = (u_char) ((uuid[6] & 0x0f) | 0x70);
    uuid[8] = (u_char) ((uuid[8] & 0x3f) | 0x80);

    return NGX_OK;
}


/* a process that forked off has none of its parent's bytes */

static ngx_int_t
ngx_scim_store_random(u_char *p, size_t len)
{
    static u_char     bytes[NGX_SCIM_STORE_RANDOM];
    static size_t     left;
    static ngx_pid_t  pid;

    if (left < len || pid != ngx_pid) {

        if (RAND_bytes(bytes, NGX_SCIM_STORE_RANDOM) != 1) {
            return NGX_ERROR;
        }

        left = NGX_SCIM_STORE_RANDOM;
        pid = ngx_pid;
    }

    left -= len;
    ngx_memcpy(p, bytes + left, len);

    return NGX_OK;
}


ngx_int_t
ngx_scim_store_uuid_parse(u_char *uuid, const scim_str_t *text)
{
    u_char      c, nibble;
    size_t      i;
    ngx_uint_t  n, dash;

    if (text->len != 36) {
        return NGX_DECLINED;
    }

    n = 0;
    dash = 0;

    for (i = 0; i < 36; i++) {
        c = text->data[i];

        if (dash < 4 && i == ngx_scim_store_uuid_dashes[dash]) {
            if (c != '-') {
                return NGX_DECLINED;
            }

            dash++;
            continue;
        }

        if (c >= '0' && c <= '9') {
            nibble = (u_char) (c - '0');

        } else if (c >= 'a' && c <= 'f') {
            nibble = (u_char) (c - 'a' + 10);

        } else {
            return NGX_DECLINED;
        }

        if (n & 1) {
            uuid[n / 2] |= nibble;

        } else {
            uuid[n / 2] = (u_char) (nibble << 4);
        }

        n++;
    }

    return NGX_OK;
}


void
ngx_scim_store_uuid_text(u_char *text, const u_char *uuid)
{
    text = ngx_hex_dump(text, (u_char *) uuid, 4);
    *text++ = '-';
    text = ngx_hex_dump(text, (u_char *) uuid + 4, 2);
    *text++ = '-';
    text = ngx_hex_dump(text, (u_char *) uuid + 6, 2);
    *text++ = '-';
    text = ngx_hex_dump(text, (u_char *) uuid + 8, 2);
    *text++ = '-';
    ngx_hex_dump(text, (u_char *) uuid + 10, 6);
}


ngx_int_t
ngx_scim_store_new_id(u_char *text)
{
    u_char  uuid[16];

    if (ngx_scim_store_uuid(uuid) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_scim_store_uuid_text(text, uuid);

    return NGX_OK;
}
