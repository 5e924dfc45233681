
/*
 * Comparison of numbers and dates without loss: numbers digit by digit,
 * because a double cannot hold every integer of 64 bits, dates by their
 * instant.  Called by scim_match.c.
 */


#include "scim_match_value.h"


#define scim_digit(c)  ((c) >= '0' && (c) <= '9')


/* 0.DDD... * 10^exponent, without zeroes at either end of the digits */
typedef struct {
    int                   negative;
    long                  exponent;
    const unsigned char  *data;      /* digits, a point may be among them */
    const unsigned char  *end;
} scim_number_t;

typedef struct {
    int64_t               seconds;
    const unsigned char  *data;      /* digits of the fraction */
    const unsigned char  *end;
} scim_instant_t;


static int scim_number_read(const scim_str_t *s, scim_number_t *n);
static int scim_number_exponent(const unsigned char *p,
    const unsigned char *end, long *exponent);
static int scim_digits_cmp(const unsigned char *a, const unsigned char *a_end,
    const unsigned char *b, const unsigned char *b_end);
static int scim_instant_read(const scim_str_t *s, scim_instant_t *t);
static int scim_instant_zone(const unsigned char *p, const unsigned char *end,
    int64_t *seconds);
static int scim_instant_digits(const unsigned char *p,
    const unsigned char *end, int n, int64_t *value);


int
scim_match_numbers(const scim_str_t *a, const scim_str_t *b, int *cmp)
{
    int            sign, zero;
    scim_number_t  x, y;

    if (scim_number_read(a, &x) != SCIM_OK
        || scim_number_read(b, &y) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    sign = x.negative ? -1 : 1;
    zero = (x.data == x.end) + (y.data == y.end);

    if (zero == 2) {
        *cmp = 0;

    } else if (x.data == x.end) {
        *cmp = y.negative ? 1 : -1;

    } else if (y.data == y.end || x.negative != y.negative) {
        *cmp = sign;

    } else if (x.exponent != y.exponent) {
        *cmp = x.exponent < y.exponent ? -sign : sign;

    } else {
        *cmp = sign * scim_digits_cmp(x.data, x.end, y.data, y.end);
    }

    return SCIM_OK;
}


static int
scim_number_read(const scim_str_t *s, scim_number_t *n)
{
    long                  exponent;
    const unsigned char  *p, *end, *last, *point;

    p = s->data;
    end = p + s->len;

    n->negative = (p < end && *p == '-');

    if (n->negative) {
        p++;
    }

    point = NULL;
    last = p;
    n->data = NULL;

    for ( /* void */ ; p < end && (scim_digit(*p) || *p == '.'); p++) {

        if (*p == '.') {

            if (point) {
                return SCIM_ERROR;
            }

            point = p;
            continue;
        }

        if (*p != '0') {
            n->data = n->data ? n->data : p;
            last = p + 1;
        }
    }

    if (p == s->data + n->negative
        || scim_number_exponent(p, end, &exponent) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (n->data == NULL) {
        n->data = p;
        n->end = p;
        n->exponent = 0;
        return SCIM_OK;
    }

    if (point == NULL) {
        point = p;
    }

    /* the point is no digit, where it stands in front of the first */

    n->end = last;
    n->exponent = exponent + (long) (point - n->data)
                  + (n->data > point ? 1 : 0);

    return SCIM_OK;
}


static int
scim_number_exponent(const unsigned char *p, const unsigned char *end,
    long *exponent)
{
    int      negative;
    int64_t  value;

    *exponent = 0;

    if (p == end) {
        return SCIM_OK;
    }

    if (*p != 'e' && *p != 'E') {
        return SCIM_ERROR;
    }

    p++;
    negative = (p < end && *p == '-');

    if (p < end && (*p == '-' || *p == '+')) {
        p++;
    }

    while (end - p > 1 && *p == '0') {
        p++;
    }

    if (p == end || end - p > 4
        || !scim_instant_digits(p, end, (int) (end - p), &value))
    {
        return SCIM_ERROR;
    }

    *exponent = negative ? -(long) value : (long) value;

    return SCIM_OK;
}


/* digits behind a point; what is shorter goes on with zeroes */

static int
scim_digits_cmp(const unsigned char *a, const unsigned char *a_end,
    const unsigned char *b, const unsigned char *b_end)
{
    unsigned char  c, d;

    while (a < a_end || b < b_end) {

        if (a < a_end && *a == '.') {
            a++;
            continue;
        }

        if (b < b_end && *b == '.') {
            b++;
            continue;
        }

        c = a < a_end ? *a++ : '0';
        d = b < b_end ? *b++ : '0';

        if (c != d) {
            return c < d ? -1 : 1;
        }
    }

    return 0;
}


int
scim_match_dates(const scim_str_t *a, const scim_str_t *b, int *cmp)
{
    scim_instant_t  x, y;

    if (scim_instant_read(a, &x) != SCIM_OK
        || scim_instant_read(b, &y) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (x.seconds != y.seconds) {
        *cmp = x.seconds < y.seconds ? -1 : 1;

    } else {
        *cmp = scim_digits_cmp(x.data, x.end, y.data, y.end);
    }

    return SCIM_OK;
}


static int
scim_instant_read(const scim_str_t *s, scim_instant_t *t)
{
    int64_t               year, month, day, hour, minute, second, days, zone;
    const unsigned char  *p, *end;

    if (s->len < sizeof("2008-01-23T04:56:22") - 1) {
        return SCIM_ERROR;
    }

    p = s->data;
    end = p + s->len;

    if (!scim_instant_digits(p, end, 4, &year) || p[4] != '-'
        || !scim_instant_digits(p + 5, end, 2, &month) || p[7] != '-'
        || !scim_instant_digits(p + 8, end, 2, &day) || p[10] != 'T'
        || !scim_instant_digits(p + 11, end, 2, &hour) || p[13] != ':'
        || !scim_instant_digits(p + 14, end, 2, &minute) || p[16] != ':'
        || !scim_instant_digits(p + 17, end, 2, &second))
    {
        return SCIM_ERROR;
    }

    p += 19;
    t->data = p;
    t->end = p;

    if (p < end && *p == '.') {
        t->data = ++p;

        while (p < end && scim_digit(*p)) {
            p++;
        }

        t->end = p;
    }

    if (scim_instant_zone(p, end, &zone) != SCIM_OK) {
        return SCIM_ERROR;
    }

    /* years that begin in March: the day that comes and goes is their last */

    if (month < 3) {
        month += 12;
        year--;
    }

    days = year * 365 + year / 4 - year / 100 + year / 400
           + (month * 153 - 457) / 5 + day;

    t->seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - zone;

    return SCIM_OK;
}


static int
scim_instant_zone(const unsigned char *p, const unsigned char *end,
    int64_t *seconds)
{
    int64_t  hours, minutes;

    *seconds = 0;

    if (p == end || (*p == 'Z' && p + 1 == end)) {
        return SCIM_OK;
    }

    if (end - p != sizeof("+01:00") - 1 || (*p != '+' && *p != '-')
        || !scim_instant_digits(p + 1, end, 2, &hours) || p[3] != ':'
        || !scim_instant_digits(p + 4, end, 2, &minutes))
    {
        return SCIM_ERROR;
    }

    *seconds = (hours * 60 + minutes) * 60;

    if (*p == '-') {
        *seconds = -*seconds;
    }

    return SCIM_OK;
}


static int
scim_instant_digits(const unsigned char *p, const unsigned char *end, int n,
    int64_t *value)
{
    if (end - p < n) {
        return 0;
    }

    for (*value = 0; n; n--, p++) {
        if (!scim_digit(*p)) {
            return 0;
        }

        *value = *value * 10 + (*p - '0');
    }

    return 1;
}
