
/*
 * The date in "expires=" of a token.  Called by ngx_http_scim_conf_tenant.c.
 */


#include "ngx_http_scim_module.h"


static ngx_int_t ngx_http_scim_time_match(ngx_str_t *value, const char *form);
static time_t ngx_http_scim_time_days(ngx_int_t year, ngx_int_t month,
    ngx_int_t day);
static time_t ngx_http_scim_time_clock(ngx_str_t *value);


time_t
ngx_http_scim_conf_time(ngx_str_t *value)
{
    time_t     days, seconds;
    ngx_str_t  clock;

    if (value->len < 10) {
        return NGX_ERROR;
    }

    clock.data = value->data + 10;
    clock.len = 10;

    if (ngx_http_scim_time_match(value, "dddd-dd-dd") != NGX_OK) {
        return NGX_ERROR;
    }

    days = ngx_http_scim_time_days(ngx_atoi(value->data, 4),
                                   ngx_atoi(value->data + 5, 2),
                                   ngx_atoi(value->data + 8, 2));
    if (days == NGX_ERROR) {
        return NGX_ERROR;
    }

    /* a day is good to its end */

    if (value->len == 10) {
        return (days + 1) * 86400;
    }

    clock.len = value->len - 10;

    seconds = ngx_http_scim_time_clock(&clock);

    return (seconds == NGX_ERROR) ? NGX_ERROR : days * 86400 + seconds;
}


/* "d" in the form stands for a digit, all else for itself */

static ngx_int_t
ngx_http_scim_time_match(ngx_str_t *value, const char *form)
{
    size_t  i;

    for (i = 0; form[i]; i++) {

        if (i == value->len) {
            return NGX_ERROR;
        }

        if (form[i] == 'd') {
            if (value->data[i] < '0' || value->data[i] > '9') {
                return NGX_ERROR;
            }

        } else if (value->data[i] != (u_char) form[i]) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* since 1970-01-01, in the Gregorian calendar */

static time_t
ngx_http_scim_time_days(ngx_int_t year, ngx_int_t month, ngx_int_t day)
{
    time_t      days;
    ngx_int_t   last, leap;

    static ngx_int_t  before[] = {
        0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365
    };

    if (year < 1970 || month < 1 || month > 12) {
        return NGX_ERROR;
    }

    leap = (year % 4 == 0 && year % 100) || year % 400 == 0;
    last = before[month] - before[month - 1] + (leap && month == 2);

    if (day < 1 || day > last) {
        return NGX_ERROR;
    }

    days = 365 * (year - 1970) + before[month - 1] + (leap && month > 2);

    /* leap days of the years before this one */

    year--;
    days += year / 4 - year / 100 + year / 400 - 477;

    return days + day - 1;
}


/* "T23:59:59", a fraction if need be, and "Z" or "+01:00": seconds */

static time_t
ngx_http_scim_time_clock(ngx_str_t *value)
{
    time_t     seconds, offset;
    ngx_int_t  hour, minute, second;
    ngx_str_t  rest;

    if (ngx_http_scim_time_match(value, "Tdd:dd:dd") != NGX_OK) {
        return NGX_ERROR;
    }

    hour = ngx_atoi(value->data + 1, 2);
    minute = ngx_atoi(value->data + 4, 2);
    second = ngx_atoi(value->data + 7, 2);

    if (hour > 23 || minute > 59 || second > 60) {
        return NGX_ERROR;
    }

    seconds = hour * 3600 + minute * 60 + second;

    rest.data = value->data + 9;
    rest.len = value->len - 9;

    if (ngx_http_scim_time_match(&rest, ".d") == NGX_OK) {
        do {
            rest.data++;
            rest.len--;
        } while (ngx_http_scim_time_match(&rest, "d") == NGX_OK);
    }

    if (rest.len == 1 && *rest.data == 'Z') {
        return seconds;
    }

    if (rest.len != 6
        || (ngx_http_scim_time_match(&rest, "+dd:dd") != NGX_OK
            && ngx_http_scim_time_match(&rest, "-dd:dd") != NGX_OK))
    {
        return NGX_ERROR;
    }

    hour = ngx_atoi(rest.data + 1, 2);
    minute = ngx_atoi(rest.data + 4, 2);

    if (hour > 23 || minute > 59) {
        return NGX_ERROR;
    }

    offset = hour * 3600 + minute * 60;

    return (*rest.data == '+') ? seconds - offset : seconds + offset;
}
