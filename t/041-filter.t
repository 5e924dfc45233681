# Filters: each operator on each type, value paths, URNs, groups, what is absent.
# What an index finds is in t/sql/56-search-plans.sql, random filters against a
# model in t/140-model-filter.t.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use Cwd 'abs_path';
use SCIM;
use Test::Nginx::Socket 'no_plan';

$ENV{TEST_NGINX_EXAMPLES} = abs_path(dirname(__FILE__) . '/../docs/examples');

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



=== TEST 7: operators, strings of any case
--- reset
--- scim
create('Ab', title => "Stra\x{df}e", displayName => '50% _x', nickName => "O'Hara");
create('abc', title => 'STRASSE', displayName => '500 yx', nickName => 'b"\\c');
create('b', title => "e\x{301}t\x{e9}", userType => 'x');
create('C');

for my $case (
    [ 'userName eq "AB"'            => 'Ab' ],
    [ 'userName ne "AB"'            => 'C abc b' ],
    [ 'userName co "B"'             => 'Ab abc b' ],
    [ 'userName sw "aB"'            => 'Ab abc' ],
    [ 'userName ew "BC"'            => 'abc' ],
    [ 'userName gt "AB"'            => 'C abc b' ],
    [ 'userName ge "AB"'            => 'Ab C abc b' ],
    [ 'userName lt "B"'             => 'Ab abc' ],
    [ 'userName le "B"'             => 'Ab abc b' ],
    [ 'userName pr'                 => 'Ab C abc b' ],
    [ 'userName sw ""'              => 'Ab C abc b' ],
    [ 'title eq "strasse"'          => 'Ab abc' ],
    [ 'title sw "STRASS"'           => 'Ab abc' ],
    [ 'title ew "sse"'              => 'Ab abc' ],
    [ 'title eq "\u00c9T\u00c9"'  => 'b' ],
    [ 'title co "\u00e9T"'         => 'b' ],
    [ 'title ne "strasse"'          => 'C b' ],
    [ 'title gt "f"'                => 'Ab abc b' ],
    [ 'title lt "f"'                => '' ],
    [ 'title lt "\u00f4"'          => 'Ab abc b' ],
    [ 'title pr'                    => 'Ab abc b' ],
    [ 'not (title pr)'              => 'C' ],
    [ 'title eq null'               => 'C' ],
    [ 'title ne null'               => 'Ab abc b' ],
    [ 'displayName co "%"'          => 'Ab' ],
    [ 'displayName co "_"'          => 'Ab' ],
    [ 'displayName sw "50%"'        => 'Ab' ],
    [ 'displayName ew "_X"'         => 'Ab' ],
    [ 'nickName eq "o\'hara"'       => 'Ab' ],
    [ 'nickName co "\""'            => 'abc' ],
    [ 'nickName ew "\\\\C"'         => 'abc' ],
    [ 'nickName eq ""'              => '' ],
    [ 'nickName ne ""'              => 'Ab C abc b' ],
) {
    my ($filter, $names) = @$case;
    my $res = GET('/Users?filter=' . uri_escape($filter));

    status_is($res, 200, $filter);
    is(join(' ', sort map $_->{userName}, @{ $res->json->{Resources} // [] }),
       $names, 'who');
    json_is($res, 'totalResults', scalar split(' ', $names));
}



=== TEST 8: logic, booleans, what is absent
--- scim
PUT('/Users/' . GET('/Users?filter=userName+eq+%22c%22')
                ->json->{Resources}[0]{id}, user('C', active => F));

for my $case (
    [ 'active eq true'                                   => 'Ab abc b' ],
    [ 'active eq "False"'                                => 'C' ],
    [ 'active ne true'                                   => 'C' ],
    [ 'not (active eq true)'                             => 'C' ],
    [ 'title pr and userType pr'                         => 'b' ],
    [ 'title pr or userName eq "c"'                      => 'Ab C abc b' ],
    [ 'userName eq "c" or title pr and userType pr'      => 'C b' ],
    [ '(userName eq "c" or title pr) and userType pr'    => 'b' ],
    [ 'not (userType eq "x")'                            => 'Ab C abc' ],
    [ 'not (not (userType eq "x"))'                      => 'b' ],
    [ 'not (userType eq "x" and title pr)'               => 'Ab C abc' ],
    [ 'not (userType eq "x" or title eq "strasse")'      => 'C' ],
    [ 'userType eq "x" or not (userType eq "x")'         => 'Ab C abc b' ],
    [ 'not (userType gt "a") and not (userType le "a")'  => 'Ab C abc' ],
    [ 'name pr or emails pr or meta.version eq "x"'      => '' ],
    [ 'schemas eq "' . lc(USER) . '"'                    => 'Ab C abc b' ],
    [ 'schemas eq "' . ENTERPRISE . '"'                  => '' ],
    [ 'meta.resourceType eq "User"'                      => 'Ab C abc b' ],
    [ 'meta.resourceType eq "Group"'                     => '' ],
    [ 'meta.version eq "W/\"1\"" and userName ne "b"'    => 'Ab abc' ],
    [ 'meta[version eq "W/\"2\""]'                       => 'C' ],
    [ 'meta.location ew "x"'                             => '' ],
    [ 'id eq "x" or userName eq "b"'                     => 'b' ],
    [ 'id pr and meta pr and meta.location pr'           => 'Ab C abc b' ],
) {
    my ($filter, $names) = @$case;
    my $res = GET('/Users?filter=' . uri_escape($filter));

    status_is($res, 200, $filter);
    is(join(' ', sort map $_->{userName}, @{ $res->json->{Resources} // [] }),
       $names, 'who');
}

my $user = GET('/Users?filter=userName+eq+%22b%22')->json->{Resources}[0];

for my $case ([ created => 'eq', 1 ], [ created => 'lt', 0 ],
              [ created => 'ge', 1 ], [ lastModified => 'le', 1 ])
{
    my ($name, $op, $n) = @$case;
    json_is(GET('/Users?filter=' . uri_escape(
                "meta.$name $op \"$user->{meta}{$name}\" and userName eq "
                . '"b"')), 'totalResults', $n, "meta.$name $op");
}

for my $op (qw(eq sw ew co ge le)) {
    json_is(GET('/Users?filter=' . uri_escape("id $op \"$user->{id}\" and "
                . "meta.location eq \"$user->{meta}{location}\"")),
            'totalResults', 1, "id $op");
}



=== TEST 9: several values, value paths
--- reset
--- scim
create('A', emails => [ { value => 'a@work', type => 'work',
                          primary => T },
                        { value => 'a@home', type => 'home' } ],
            phoneNumbers => [ { value => '1' } ]);
create('B', emails => [ { value => 'B@home', type => 'work' } ]);
create('C', name => { familyName => 'Xu', givenName => 'Yi' });

for my $case (
    [ 'emails.value eq "A@HOME"'                            => 'A' ],
    [ 'emails eq "A@HOME"'                                  => 'A' ],
    [ 'emails co "@home"'                                   => 'A B' ],
    [ 'emails.type eq "work" and emails.value co "home"'    => 'A B' ],
    [ 'emails[type eq "work" and value co "home"]'          => 'B' ],
    [ 'emails[type eq "work"].value eq "a@work"'            => 'A' ],
    [ 'emails[type eq "home"].value eq "a@work"'            => '' ],
    [ 'emails[type eq "work" and not (value co "home")]'    => 'A' ],
    [ 'emails[not (primary eq true)]'                       => 'A B' ],
    [ 'emails[primary eq true]'                             => 'A' ],
    [ 'emails[primary eq "True"].value pr'                  => 'A' ],
    [ 'emails[display pr]'                                  => '' ],
    [ 'emails.type ne "work"'                               => 'A C' ],
    [ 'not (emails.type eq "work")'                         => 'C' ],
    [ 'emails.value ne "b@home"'                            => 'A C' ],
    [ 'emails pr'                                           => 'A B' ],
    [ 'emails.primary pr'                                   => 'A' ],
    [ 'emails eq null'                                      => 'C' ],
    [ 'phoneNumbers.type ne "x"'                            => 'A B C' ],
    [ 'phoneNumbers[type ne "x"]'                           => 'A' ],
    [ 'name[familyName eq "xu" and givenName eq "yi"]'      => 'C' ],
    [ 'name[familyName eq "xu" and givenName eq "x"]'       => '' ],
    [ 'name pr'                                             => 'C' ],
    [ 'emails[value eq "a@work"] or emails.value eq "b@home"' => 'A B' ],
    [ 'emails[value eq "a@work" or value eq "b@home"] and active eq true'
                                                            => 'A B' ],
) {
    my ($filter, $names) = @$case;
    my $res = GET('/Users?filter=' . uri_escape($filter));

    status_is($res, 200, $filter);
    is(join(' ', sort map $_->{userName}, @{ $res->json->{Resources} // [] }),
       $names, 'who');
}



=== TEST 10: extensions, numbers, dates
--- reset
--- acme
scim_schema "$TEST_NGINX_EXAMPLES/plan-user.json";
--- scim
my $plan = 'urn:example:params:scim:schemas:extension:plan:2.0:User';
my $id = create('A', ENTERPRISE, { department => 'Dev' },
                $plan, { linkedResource => { id => 2 }, skills => [ 'x' ],
                         hiredOn => '2030-05-01T00:00:00Z' })->{id};
create('B', ENTERPRISE, { manager => { value => $id } },
       $plan, { linkedResource => { id => 10 }, badge => 'Q',
                hiredOn => '2030-05-01T00:00:00.0004+01:00' });
create('C');

for my $case (
    [ 'department eq "DEV"'                        => 'A' ],
    [ ENTERPRISE . ':department eq "dev"'          => 'A' ],
    [ uc(ENTERPRISE) . ':DEPARTMENT sw "d"'        => 'A' ],
    [ ENTERPRISE . ':department ne "dev"'          => 'B C' ],
    [ "manager eq \"$id\""                         => 'B' ],
    [ "manager.value eq \"$id\""                   => 'B' ],
    [ ENTERPRISE . ":manager[value eq \"$id\"]"    => 'B' ],
    [ ENTERPRISE . ':manager pr'                   => 'B' ],
    [ 'linkedResource.id eq 2'                     => 'A' ],
    [ 'linkedResource.id eq 2.0e0'                 => 400 ],
    [ 'linkedResource.id gt 2'                     => 'B' ],
    [ 'linkedResource.id ge 2'                     => 'A B' ],
    [ 'linkedResource.id lt 10'                    => 'A' ],
    [ 'linkedResource.id ne 2'                     => 'B C' ],
    [ "$plan:linkedResource.id le -1"              => '' ],
    [ 'linkedResource.id co 1'                     => 400 ],
    [ 'linkedResource.id eq "2"'                   => 400 ],
    [ 'linkedResource.id lt ' . '9' x 30           => 'A B' ],
    [ 'hiredOn eq "2030-05-01T02:00:00+02:00"'     => 'A' ],
    [ 'hiredOn lt "2030-05-01T00:00:00Z"'          => 'B' ],
    [ 'hiredOn gt "2030-04-30T23:00:00Z"'          => 'A B' ],
    [ 'hiredOn eq "2030-04-30T23:00:00.0004Z"'     => 'B' ],
    [ 'hiredOn eq "2030-05-01"'                    => 400 ],
    [ 'skills eq "X" and badge eq null'            => 'A' ],
    [ 'badge eq "Q" or department eq "dev"'        => 'A B' ],
) {
    my ($filter, $names) = @$case;
    my $res = GET('/Users?filter=' . uri_escape($filter));

    if ($names eq '400') {
        error_is($res, 400, 'invalidFilter', undef, $filter);
        next;
    }

    status_is($res, 200, $filter);
    is(join(' ', sort map $_->{userName}, @{ $res->json->{Resources} // [] }),
       $names, 'who');
}



=== TEST 11: members and groups
--- reset
--- scim
my ($b, $c) = map { create($_)->{id} } qw(b c);
my $a = create('a', displayName => 'Ann')->{id};
my $inner = group('Inner', $a)->{id};
my $outer = group('Outer', $b, $inner)->{id};
my $none = group('None')->{id};
my $base = GET("/Users/$a")->json->{meta}{location} =~ s{/Users/.*}{}r;

for my $case (
    [ Groups => "members.value eq \"$a\""                   => 'Inner' ],
    [ Groups => "members eq \"$inner\""                     => 'Outer' ],
    [ Groups => "members eq \"" . uc($a) . '"'              => 'Inner' ],
    [ Groups => 'members eq "x"'                            => '' ],
    [ Groups => "members ne \"$a\""                         => 'None Outer' ],
    [ Groups => "not (members eq \"$a\")"                   => 'None Outer' ],
    [ Groups => 'members pr'                                => 'Inner Outer' ],
    [ Groups => 'members eq null'                           => 'None' ],
    [ Groups => 'members.type eq "Group"'                   => 'Outer' ],
    [ Groups => 'members.display eq "ANN"'                  => 'Inner' ],
    [ Groups => 'members.display sw "I"'                    => 'Outer' ],
    [ Groups => "members[type eq \"User\" and value eq \"$b\"]" => 'Outer' ],
    [ Groups => "members[type eq \"Group\" and value eq \"$b\"]" => '' ],
    [ Groups => "members.\$ref eq \"$base/Users/$a\""       => 'Inner' ],
    [ Groups => "id eq \"$outer\" and members eq \"$b\""    => 'Outer' ],
    [ Groups => "members eq \"$b\" and id eq \"$outer\""    => 'Outer' ],
    [ Groups => "id eq \"$outer\" and members eq \"$a\""    => '' ],
    [ Groups => 'displayName eq "OUTER" or members pr'      => 'Inner Outer' ],
    [ Users  => "groups.value eq \"$inner\""                => 'a' ],
    [ Users  => "groups eq \"$outer\""                      => 'a b' ],
    [ Users  => "groups[value eq \"$outer\" and type eq \"direct\"]" => 'b' ],
    [ Users  => 'groups.type eq "indirect"'                 => 'a' ],
    [ Users  => 'groups.display eq "outer"'                 => 'a b' ],
    [ Users  => 'groups pr'                                 => 'a b' ],
    [ Users  => 'not (groups pr)'                           => 'c' ],
    [ Users  => "groups.value ne \"$outer\""                => 'a c' ],
    [ Users  => "groups.value eq \"$outer\" and userName ne \"a\"" => 'b' ],
    [ Users  => "groups.\$ref ew \"/Groups/$inner\""        => 'a' ],
) {
    my ($endpoint, $filter, $names) = @$case;
    my $res = GET("/$endpoint?filter=" . uri_escape($filter));

    status_is($res, 200, $filter);
    is(join(' ', sort map $_->{userName} // $_->{displayName},
            @{ $res->json->{Resources} // [] }), $names, 'who');
}



=== TEST 12: several types
--- scim
for my $case (
    [ 'displayName eq "inner" or userName eq "a"'   => 'Inner a' ],
    [ 'userName pr'                                 => 'a b c' ],
    [ 'not (userName pr)'                           => 'Inner None Outer' ],
    [ 'userName ne "a"'                             => 'Inner None Outer b c' ],
    [ 'userName eq null'                            => 'Inner None Outer' ],
    [ 'members pr or userName sw "b"'               => 'Inner Outer b' ],
    [ 'meta.resourceType eq "User"'                 => 'a b c' ],
    [ '(meta.resourceType eq "User") or (meta.resourceType eq "Group")'
                                                    => 'Inner None Outer a b c' ],
    [ 'emails[type eq "work"]'                      => '' ],
) {
    my ($filter, $names) = @$case;
    my $res = POST('/.search', { filter => $filter });

    status_is($res, 200, $filter);
    is(join(' ', sort map $_->{userName} // $_->{displayName},
            @{ $res->json->{Resources} // [] }), $names, 'who');
    json_is($res, 'totalResults', scalar split(' ', $names));
}



=== TEST 13: no more comparisons than a statement can have
--- http
large_client_header_buffers 4 128k;
--- location
scim_max_filter_length 16384;
--- scim
my $many = sub { join ' or ', map "title eq \"$_\"", 1 .. $_[0] };
my $keys = sub { join ' or ', map "userName eq \"u$_\"", 2 .. $_[0],
                              'x" or userName eq "a' };

status_is(GET('/Users?filter=' . uri_escape($many->(256))), 200, '256');
error_is(GET('/Users?filter=' . uri_escape($many->(257))), 400,
         'invalidFilter', qr/256/, '257');
json_is(GET('/Users?filter=' . uri_escape($keys->(255))), 'totalResults', 1,
        'keys of an index');



=== TEST 14: id eq
--- scim
my $id = create('Anna@example.com')->{id};

json_is(GET('/Users?filter=' . uri_escape("id eq \"$id\"")), 'totalResults',
        1);
json_is(GET('/Users?filter=' . uri_escape('id eq "' . UNKNOWN . '"')),
        'totalResults', 0);
json_is(GET('/Users?filter=' . uri_escape('id eq "x"')), 'totalResults', 0);



=== TEST 15: NUL and broken UTF-8
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



=== TEST 16: limits: depth
--- location
scim_max_filter_depth 5;
--- scim
my $deep = sub { '(' x $_[0] . 'userName eq "x"' . ')' x $_[0] };

status_is(GET('/Users?filter=' . uri_escape($deep->(5))), 200, 'at it');
error_is(GET('/Users?filter=' . uri_escape($deep->(6))), 400,
         'invalidFilter', undef, 'one more');



=== TEST 17: limits: the defaults, and far beyond
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



=== TEST 18: limits: length
--- location
scim_max_filter_length 64;
--- scim
my $long = sub { 'userName eq "' . 'x' x ($_[0] - 14) . '"' };

status_is(GET('/Users?filter=' . uri_escape($long->(64))), 200, 'at it');
error_is(GET('/Users?filter=' . uri_escape($long->(65))), 400,
         'invalidFilter', undef, 'one more');



=== TEST 19: what was asked for is not echoed
--- scim
for ('userName eq "canary-4711', 'canary4711 eq "x"',
     'userName co "canary-4711"')
{
    unlike(GET('/Users?filter=' . uri_escape($_))->{body}, qr/canary-?4711"/,
           $_);
}
