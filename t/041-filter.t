# Filters: userName eq and externalId eq; all else is a clear 400.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: userName eq
--- scim
my $anna = create('Anna@example.com', displayName => 'A');
create("other$_\@example.com") for 1 .. 3;

for my $filter ('userName eq "Anna@example.com"',
                'userName eq "anna@EXAMPLE.com"',
                'USERNAME EQ "anna@example.com"',
                'username Eq "anna@example.com"',
                '  userName   eq   "anna@example.com"  ',
                '(userName eq "anna@example.com")',
                '((userName eq "anna@example.com"))',
                'userName eq "\u0061nna@example.com"',
                USER . ':userName eq "anna@example.com"',
                lc(USER) . ':USERNAME eq "anna@example.com"')
{
    my $res = GET('/Users?filter=' . uri_escape($filter));

    status_is($res, 200, $filter);
    json_is($res, 'totalResults', 1);
    json_is($res, 'itemsPerPage', 1);
    json_is($res, 'startIndex', 1);
    is_deeply($res->json->{Resources}, [ $anna ], 'Anna');
}



=== TEST 2: nobody
--- scim
for my $filter ('userName eq "nobody"', 'userName eq ""',
                'externalId eq "nobody"', 'userName eq "%"',
                'userName eq "Anna%"', 'userName eq "____@example.com"',
                'userName eq "\\u00e9"', "userName eq \"' or '1'='1\"",
                'userName eq "a\\u0027; drop table scim.resource; --"')
{
    my $res = GET('/Users?filter=' . uri_escape($filter));

    status_is($res, 200, $filter);
    json_is($res, 'totalResults', 0);
    json_is($res, 'itemsPerPage', 0);
    is(scalar @{ $res->json->{Resources} // [] }, 0, 'none');
}

is(rows('acme'), 4, 'all are still there');



=== TEST 3: externalId eq, exact
--- scim
my $user = create('ext', externalId => 'Ab "c" \\ d');

for my $case ([ 'externalId eq "Ab \"c\" \\\\ d"'   => 1 ],
              [ 'EXTERNALID eq "Ab \"c\" \\\\ d"'   => 1 ],
              [ 'externalId eq "ab \"c\" \\\\ d"'   => 0 ],
              [ 'externalId eq "Ab"'                => 0 ])
{
    my ($filter, $n) = @$case;
    json_is(GET('/Users?filter=' . uri_escape($filter)), 'totalResults', $n,
            $filter);
}



=== TEST 4: how it is written in the URL
--- scim
create('plus+sign@example.com');
create('per%cent');
create('amp&ersand=');

for my $case (
    [ 'userName+eq+%22anna%40example.com%22'           => 1, 'plus' ],
    [ 'userName%20eq%20%22anna@example.com%22'         => 1, '%20' ],
    [ '%75serName%20eq%20%22anna@example.com%22'       => 1, 'letters' ],
    [ 'userName%20eq%20%22plus%2Bsign@example.com%22'  => 1, '%2B' ],
    [ 'userName%20eq%20%22plus+sign@example.com%22'    => 0,
                                                     'a plus is a space' ],
    [ 'userName%20eq%20%22per%25cent%22'               => 1, '%25' ],
    [ 'userName%20eq%20%22amp%26ersand=%22'            => 1, '%26' ],
    [ 'userName%20eq%20%22anna@example.com%22&'        => 1, '& at the end' ],
    [ 'userName%20eq%20%22anna@example.com%22&startIndex=1&count=100' => 1,
                                                             'Okta' ],
) {
    my ($args, $n, $name) = @$case;
    my $res = GET("/Users?filter=$args");
    status_is($res, 200, $name);
    json_is($res, 'totalResults', $n, $name);
}

json_is(GET('/Users?aadOptscim062020&filter=userName%20eq%20%22anna'
            . '@example.com%22'), 'totalResults', 1, 'a flag before it');



=== TEST 5: paging applies
--- scim
my $filter = uri_escape('userName eq "anna@example.com"');

for my $case ([ 'count=0', 0 ], [ 'startIndex=2', 0 ], [ 'count=1', 1 ],
              [ 'startIndex=0', 1 ])
{
    my ($args, $n) = @$case;
    my $res = GET("/Users?filter=$filter&$args");

    json_is($res, 'totalResults', 1, "$args: total");
    json_is($res, 'itemsPerPage', $n, "$args: itemsPerPage");
    is(scalar @{ $res->json->{Resources} // [] }, $n, "$args: resources");
}



=== TEST 6: malformed, unknown, wrongly typed
--- scim
for my $filter (
    'userName', 'userName eq', 'eq "x"', 'userName eq "x', 'userName eq x"',
    "userName eq 'x'", 'userName eq x', 'userName xx "x"',
    'userName eq "x" and', 'and userName eq "x"', '(userName eq "x"',
    'userName eq "x")', ')))', 'userName eq eq "x"', 'userName = "x"',
    'userName eq "x" userName eq "y"', '"userName" eq "x"', '[', ']', '.',
    'userName. eq "x"', '.userName eq "x"', 'user Name eq "x"',
    'nickname.x eq "y"', 'unknown eq "x"', 'emails.unknown eq "x"',
    'urn:x:userName eq "x"', 'userName eq 1', 'userName eq true',
    'active eq "maybe"', 'active gt true', 'userName eq "\\u00"',
    'userName eq "\\x"', 'userName eq "\\ud800"', "userName eq \"a\tb\"",
    'not userName eq "x"', 'emails[type eq "work"', 'emails[] eq "x"',
    'userName pr "x"', 'pr', '0', '*', 'userName eq "x"; drop table x',
    'password eq "x"',
) {
    my $res = GET('/Users?filter=' . uri_escape($filter));
    error_is($res, 400, 'invalidFilter', undef, $filter);
}

# an empty filter is no filter, or an error; never a list of nothing

my $res = GET('/Users?filter=');
ok($res->{status} == 400 || $res->json->{totalResults} > 0, 'empty')
    or diag($res->describe);



=== TEST 7: right, but not offered yet
--- scim
for my $filter (
    'userName ne "x"', 'userName co "x"', 'userName sw "x"',
    'userName ew "x"', 'userName gt "x"', 'userName pr',
    'displayName eq "x"', 'emails.value eq "x"', 'emails eq "x"',
    'emails[type eq "work"].value eq "x"', 'active eq true',
    'userName eq "x" and externalId eq "y"',
    'userName eq "x" or userName eq "y"', 'not (userName eq "x")',
    'meta.lastModified gt "2020-01-01T00:00:00Z"', 'name.familyName eq "x"',
    ENTERPRISE . ':department eq "x"',
) {
    my $res = GET('/Users?filter=' . uri_escape($filter));
    error_is($res, 400, 'invalidFilter', undef, $filter);
}



=== TEST 8: id eq
--- scim
my $id = GET('/Users?count=1')->json->{Resources}[0]{id};

json_is(GET('/Users?filter=' . uri_escape("id eq \"$id\"")), 'totalResults',
        1);
json_is(GET('/Users?filter=' . uri_escape('id eq "' . UNKNOWN . '"')),
        'totalResults', 0);
json_is(GET('/Users?filter=' . uri_escape('id eq "x"')), 'totalResults', 0);



=== TEST 9: NUL and broken UTF-8
--- scim
for my $raw ('userName%20eq%20%22a%00b%22', 'userName%20eq%20%22a%5Cu0000%22',
             'userName%20eq%20%22%ff%22', 'userName%20eq%20%22%c0%af%22',
             'userName%20eq%20%22%ed%a0%80%22', '%00', 'userName%00',
             'userName%20eq%20%22a%22%00')
{
    my $res = GET("/Users?filter=$raw");
    is($res->{status}, 400, $raw) or diag($res->describe);
    is(ref $res->json, 'HASH', 'a SCIM error');
}



=== TEST 10: limits: depth
--- location
scim_max_filter_depth 5;
--- scim
my $deep = sub { '(' x $_[0] . 'userName eq "x"' . ')' x $_[0] };

status_is(GET('/Users?filter=' . uri_escape($deep->(5))), 200, 'at it');
error_is(GET('/Users?filter=' . uri_escape($deep->(6))), 400,
         'invalidFilter', undef, 'one more');



=== TEST 11: limits: the defaults, and far beyond
--- http
large_client_header_buffers 4 128k;
--- scim
my $deep = sub { '(' x $_[0] . 'userName eq "x"' . ')' x $_[0] };

status_is(GET('/Users?filter=' . uri_escape($deep->(40))), 200, '40 deep');
error_is(GET('/Users?filter=' . uri_escape($deep->(41))), 400,
         'invalidFilter', undef, '41 deep');
error_is(GET('/Users?filter=' . '(' x 100_000), 400, 'invalidFilter', undef,
         '100,000 parentheses');
error_is(GET('/Users?filter=' . 'not%20(' x 10_000), 400, 'invalidFilter',
         undef, '10,000 not');

my $long = sub { 'userName eq "' . 'x' x ($_[0] - 14) . '"' };

status_is(GET('/Users?filter=' . uri_escape($long->(8192))), 200,
          '8192 bytes');
error_is(GET('/Users?filter=' . uri_escape($long->(8193))), 400,
         'invalidFilter', undef, '8193 bytes');



=== TEST 12: limits: length
--- location
scim_max_filter_length 64;
--- scim
my $long = sub { 'userName eq "' . 'x' x ($_[0] - 14) . '"' };

status_is(GET('/Users?filter=' . uri_escape($long->(64))), 200, 'at it');
error_is(GET('/Users?filter=' . uri_escape($long->(65))), 400,
         'invalidFilter', undef, 'one more');



=== TEST 13: what was asked for is not echoed
--- scim
for ('userName eq "canary-4711', 'canary4711 eq "x"',
     'userName co "canary-4711"')
{
    unlike(GET('/Users?filter=' . uri_escape($_))->{body}, qr/canary-?4711"/,
           $_);
}



=== TEST 14: no scan of the table for either
--- scim
sql('analyze scim.resource');

for my $where ("name_key = 'anna\@example.com'", "external_id = 'x'") {
    my $plan = sql("set enable_seqscan = off; explain select id from "
                   . "scim.resource where tenant = 'acme' and type = 'User' "
                   . "and $where and deleted_at is null");
    like($plan, qr/Index.* using resource_(name|external)/, $where);
}
