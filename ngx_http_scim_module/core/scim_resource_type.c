
/*
 * Checks of booleans, numbers, dates, base64 and strings (RFC 7643 sections
 * 2.3.1 to 2.3.7).  Called for each simple value of a body.  Lists of
 * canonical values and the syntax of URIs are not enforced: clients send free
 * text in such attributes and expect it back.
 */


#include "scim_resource_type.h"


#define SCIM_DECIMAL_LEN       64
#define SCIM_DECIMAL_EXPONENT  300

#define scim_digit(c)  ((c) >= '0' && (c) <= '9')


static int scim_type_boolean(const scim_json_t *in, int strict,
    int *boolean);
static int scim_type_integer(const scim_str_t *s);
static int scim_type_decimal(const scim_str_t *s);
static int scim_type_datetime(const scim_str_t *s);
static int scim_type_zone(const unsigned char *p, const unsigned char *end);
static int scim_type_digits(const unsigned char *p, const unsigned char *end,
    size_t n);
static int scim_type_base64(const scim_str_t *s);


const char *
scim_type_check(const scim_attr_t *attr, const scim_json_t *in, int strict,
    int *boolean)
{
    int  text, number;

    text = in->type == SCIM_JSON_STRING;
    number = in->type == SCIM_JSON_NUMBER;

    switch (attr->type) {

    case SCIM_ATTR_BOOLEAN:
        return scim_type_boolean(in, strict, boolean) ? NULL
               : "must be true or false";

    case SCIM_ATTR_INTEGER:
        return number && scim_type_integer(&in->str) ? NULL
               : "must be a whole number of at most 64 bits";

    case SCIM_ATTR_DECIMAL:
        return number && scim_type_decimal(&in->str) ? NULL
               : "must be a number of at most 64 characters";

    case SCIM_ATTR_DATETIME:
        return text && scim_type_datetime(&in->str) ? NULL
               : "must be a date and time like 2008-01-23T04:56:22Z";

    case SCIM_ATTR_BINARY:
        return text && scim_type_base64(&in->str) ? NULL
               : "must be a base64 string";

    case SCIM_ATTR_STRING:
    case SCIM_ATTR_REFERENCE:
        return text ? NULL : "must be a string";

    case SCIM_ATTR_COMPLEX:
        break;
    }

    return "must be an object";
}


static int
scim_type_boolean(const scim_json_t *in, int strict, int *boolean)
{
    if (in->type == SCIM_JSON_BOOLEAN) {
        *boolean = in->boolean;
        return 1;
    }

    if (in->type != SCIM_JSON_STRING || strict) {
        return 0;
    }

    if (scim_str_is(&in->str, "true")) {
        *boolean = 1;
        return 1;
    }

    if (scim_str_is(&in->str, "false")) {
        *boolean = 0;
        return 1;
    }

    return 0;
}


static int
scim_type_integer(const scim_str_t *s)
{
    size_t    i;
    uint64_t  n, max;

    i = s->len && s->data[0] == '-';
    max = (uint64_t) INT64_MAX + (i ? 1 : 0);
    n = 0;

    if (i == s->len) {
        return 0;
    }

    for ( /* void */ ; i < s->len; i++) {
        if (!scim_digit(s->data[i])) {
            return 0;
        }

        if (n > (max - (s->data[i] - '0')) / 10) {
            return 0;
        }

        n = n * 10 + (s->data[i] - '0');
    }

    return 1;
}


/* the JSON parser has checked the grammar; PostgreSQL has a limit */

static int
scim_type_decimal(const scim_str_t *s)
{
    size_t  i, exponent;

    if (s->len > SCIM_DECIMAL_LEN) {
        return 0;
    }

    for (i = 0; i < s->len; i++) {
        if (s->data[i] == 'e' || s->data[i] == 'E') {
            break;
        }
    }

    exponent = 0;

    for ( /* void */ ; i < s->len; i++) {
        if (!scim_digit(s->data[i])) {
            continue;
        }

        exponent = exponent * 10 + (s->data[i] - '0');

        if (exponent > SCIM_DECIMAL_EXPONENT) {
            return 0;
        }
    }

    return 1;
}


/* xsd:dateTime with a year of four digits; the zone may be missing */

static int
scim_type_datetime(const scim_str_t *s)
{
    int                   month, day, hour, last;
    unsigned              year;
    const unsigned char  *p, *end;

    static const int  days[] = { 31, 28, 31, 30, 31, 30,
                                 31, 31, 30, 31, 30, 31 };

    if (s->len < sizeof("2008-01-23T04:56:22") - 1) {
        return 0;
    }

    p = s->data;
    end = p + s->len;

    year = (unsigned) scim_type_digits(p, end, 4);
    month = scim_type_digits(p + 5, end, 2);
    day = scim_type_digits(p + 8, end, 2);
    hour = scim_type_digits(p + 11, end, 2);

    if (scim_type_digits(p, end, 4) < 0 || p[4] != '-' || month < 1
        || month > 12 || p[7] != '-' || day < 1 || p[10] != 'T'
        || hour < 0 || hour > 23 || p[13] != ':'
        || scim_type_digits(p + 14, end, 2) < 0 || p[14] > '5'
        || p[16] != ':' || scim_type_digits(p + 17, end, 2) < 0
        || scim_type_digits(p + 17, end, 2) > 60)
    {
        return 0;
    }

    last = days[month - 1];

    if (month == 2 && year % 4 == 0 && (year % 100 || year % 400 == 0)) {
        last = 29;
    }

    return day <= last && scim_type_zone(p + 19, end);
}


/* [.digits][Z|+hh:mm|-hh:mm] */

static int
scim_type_zone(const unsigned char *p, const unsigned char *end)
{
    if (p < end && *p == '.') {
        p++;

        if (p == end || !scim_digit(*p)) {
            return 0;
        }

        while (p < end && scim_digit(*p)) {
            p++;
        }
    }

    if (p == end) {
        return 1;
    }

    if (*p == 'Z') {
        return p + 1 == end;
    }

    return (*p == '+' || *p == '-')
           && end - p == sizeof("+00:00") - 1
           && scim_type_digits(p + 1, end, 2) >= 0
           && scim_type_digits(p + 1, end, 2) <= 14
           && p[3] == ':'
           && scim_type_digits(p + 4, end, 2) >= 0
           && p[4] <= '5';
}


/* value of "n" digits, or -1 */

static int
scim_type_digits(const unsigned char *p, const unsigned char *end, size_t n)
{
    int  value;

    if (n > (size_t) (end - p)) {
        return -1;
    }

    for (value = 0; n; n--, p++) {
        if (!scim_digit(*p)) {
            return -1;
        }

        value = value * 10 + (*p - '0');
    }

    return value;
}


/* both alphabets, padding at the end or none, line breaks as in PEM files */

static int
scim_type_base64(const scim_str_t *s)
{
    size_t         i, padding;
    unsigned char  c;

    padding = 0;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (c == '\r' || c == '\n') {
            continue;
        }

        if (c == '=') {
            padding++;
            continue;
        }

        if (padding
            || !(scim_digit(c) || (c >= 'A' && c <= 'Z')
                 || (c >= 'a' && c <= 'z') || c == '+' || c == '/'
                 || c == '-' || c == '_'))
        {
            return 0;
        }
    }

    return padding <= 2;
}
