
/* Entity tags: what is written, and what If-Match lists match. */


#include "tap.h"
#include "scim_etag.h"


typedef struct {
    const char  *header;
    int64_t      version;
    int          match;
} etag_case_t;


static const etag_case_t  cases[] = {
    { "W/\"7\"", 7, 1 },
    { "\"7\"", 7, 1 },
    { "W/\"7\"", 8, 0 },
    { "W/\"70\"", 7, 0 },
    { "W/\"7\"", 70, 0 },
    { "W/\"07\"", 7, 0 },
    { "*", 7, 1 },
    { " * ", 7, 1 },
    { "*, W/\"7\"", 7, 0 },
    { "W/\"7\", *", 7, 0 },
    { "W/\"6\", W/\"7\"", 7, 1 },
    { "W/\"6\",W/\"7\"", 7, 1 },
    { "W/\"6\"\t,\t\"7\"", 7, 1 },
    { ", ,W/\"7\",,", 7, 1 },
    { "W/\"6\", W/\"8\"", 7, 0 },
    { "\"a,b\", \"7\"", 7, 1 },
    { "\"6,7\"", 7, 0 },
    { "W/\"7\" W/\"8\"", 7, 0 },
    { "W/\"7\", W/\"8", 7, 0 },
    { "W/\"7\", x", 7, 0 },
    { "W/\"7\"x", 7, 0 },
    { "w/\"7\"", 7, 0 },
    { "W/7", 7, 0 },
    { "7", 7, 0 },
    { "W", 7, 0 },
    { "W/", 7, 0 },
    { "W/\"", 7, 0 },
    { "\"", 7, 0 },
    { "\"7", 7, 0 },
    { "\"\"", 0, 0 },
    { "\"7 \"", 7, 0 },
    { "", 7, 0 },
    { " ", 7, 0 },
    { ",", 7, 0 },
    { "W/\"9223372036854775807\"", INT64_MAX, 1 },
    { "W/\"-9223372036854775808\"", INT64_MIN, 1 }
};


static void
write_one(int64_t version, const char *want)
{
    scim_str_t     s;
    unsigned char  buf[SCIM_ETAG_LEN];

    s.data = buf;
    s.len = scim_etag_write(buf, version);

    is_str(&s, want, "tag of a version: %s", want);
}


int
main(void)
{
    size_t      i;
    scim_str_t  header;

    write_one(0, "W/\"0\"");
    write_one(7, "W/\"7\"");
    write_one(INT64_MAX, "W/\"9223372036854775807\"");
    write_one(INT64_MIN, "W/\"-9223372036854775808\"");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        header = tap_str(cases[i].header);

        is(scim_etag_match(&header, cases[i].version), cases[i].match,
           "[%s]", cases[i].header);
    }

    header = tap_bytes("W/\"7\0\"", 6);
    is(scim_etag_match(&header, 7), 0, "NUL within a tag");

    return done_testing();
}
