# Lists: paging, totals, order, clamps.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: nobody
--- scim
my $res = GET('/Users', as => 'globex');

status_is($res, 200);
header_is($res, 'Content-Type', 'application/scim+json');
json_is($res, 'schemas', [ LIST ]);
json_is($res, 'totalResults', 0);
json_is($res, 'itemsPerPage', 0);
json_is($res, 'startIndex', 1);
is(scalar @{ $res->json->{Resources} // [] }, 0, 'no resources');
like($res->{body}, qr/"totalResults"\s*:\s*0\b/, 'a number, not a string');



=== TEST 2: pages of two over five
--- scim
my @ids = map { create("page$_")->{id} } 1 .. 5;
my @seen;

for my $start (1, 3, 5) {
    my $res = GET("/Users?startIndex=$start&count=2");
    my $n = $start == 5 ? 1 : 2;

    status_is($res, 200);
    json_is($res, 'totalResults', 5);
    json_is($res, 'startIndex', $start);
    json_is($res, 'itemsPerPage', $n);
    push @seen, map { $_->{id} } @{ $res->json->{Resources} };
}

is_deeply(\@seen, \@ids, 'in the order of creation, no gap, no double');
is_deeply([ map { $_->{id} } @{ GET('/Users')->json->{Resources} } ], \@ids,
          'all at once');

# any page, whichever end of the list is nearer

for my $start (1 .. 5) {
    for my $count (1 .. 4) {
        my $list = GET("/Users?startIndex=$start&count=$count")->json;
        my @want = splice @{ [ @ids ] }, $start - 1, $count;

        is_deeply([ map { $_->{id} } @{ $list->{Resources} } ], \@want,
                  "$count from $start on");
    }
}

# a change does not move a user in the list

PUT("/Users/$ids[0]", user('page1', title => 'x'));
is_deeply([ map { $_->{id} } @{ GET('/Users')->json->{Resources} } ], \@ids,
          'after a change');



=== TEST 3: each element is the whole resource
--- scim
my $list = GET('/Users?count=3')->json->{Resources};

for (@$list) {
    is_deeply($_, GET("/Users/$_->{id}")->json, $_->{userName});
}



=== TEST 4: clamps and odd numbers
--- scim
my $total = GET('/Users')->json->{totalResults};

for my $case (
    [ 'count=0'                      => 1, 0 ],
    [ 'count=-1'                     => 1, 0 ],
    [ 'count=-99999999999999999999'  => 1, 0 ],
    [ 'startIndex=0&count=2'         => 1, 2 ],
    [ 'startIndex=-5&count=2'        => 1, 2 ],
    [ 'count=99999'                  => 1, $total ],
    [ 'count=99999999999999999999'   => 1, $total ],
    [ 'startIndex=&count='           => 1, $total ],
    [ 'STARTINDEX=2&Count=1'         => 2, 1 ],
    [ 'startIndex=2&count=1&'        => 2, 1 ],
    [ 'startIndex=2&&count=1&x=y&z'  => 2, 1 ],
) {
    my ($args, $start, $n) = @$case;
    my $res = GET("/Users?$args");

    status_is($res, 200, $args);
    json_is($res, 'totalResults', $total, "$args: total");
    json_is($res, 'startIndex', $start, "$args: startIndex");
    json_is($res, 'itemsPerPage', $n, "$args: itemsPerPage");
    is(scalar @{ $res->json->{Resources} // [] }, $n, "$args: resources");
}



=== TEST 5: past the end
--- scim
my $total = GET('/Users')->json->{totalResults};

for my $start ($total + 1, 1000, 2147483648, '9223372036854775807',
               '9223372036854775808', '99999999999999999999999')
{
    my $res = GET("/Users?startIndex=$start&count=10");

    status_is($res, 200, "startIndex $start");
    json_is($res, 'totalResults', $total);
    json_is($res, 'itemsPerPage', 0);
    is(scalar @{ $res->json->{Resources} // [] }, 0, 'no resources');
}



=== TEST 6: no number
--- scim
error_is(GET("/Users?$_"), 400, 'invalidValue', undef, $_)
    for 'count=ten', 'startIndex=1.5', 'startIndex=1e3', 'count=0x10',
        'count=1%00', 'count=--1', 'startIndex=one';



=== TEST 7: scim_max_results
--- location
scim_max_results 3;
--- scim
my $res = GET('/Users');

json_is($res, 'itemsPerPage', 3);
json_is($res, 'totalResults', 5);
json_is(GET('/Users?count=3'), 'itemsPerPage', 3, 'at the limit');
json_is(GET('/Users?count=4'), 'itemsPerPage', 3, 'one above');
json_is(GET('/Users?count=2'), 'itemsPerPage', 2, 'one below');
json_is(GET('/ServiceProviderConfig'), 'filter.maxResults', 3,
        'told in ServiceProviderConfig');



=== TEST 8: 200 is the default
--- reset
--- scim
sql("insert into scim.resource (tenant, id, type, name, name_key, doc) "
    . "select 'acme', gen_random_uuid(), 'User', 'u' || i, 'u' || i, "
    . "jsonb_build_object('schemas', jsonb_build_array('" . USER . "'), "
    . "'userName', 'u' || i, 'active', true) "
    . "from generate_series(1, 450) i");
sql("update scim.tenant set users = 450, active_users = 450 "
    . "where name = 'acme'");

my (%seen, $double, $res);
my $start = 1;

do {
    $res = GET("/Users?startIndex=$start");
    json_is($res, 'totalResults', 450);
    $double += grep { $seen{$_->{id}}++ } @{ $res->json->{Resources} };
    $start += $res->json->{itemsPerPage};
} while $res->json->{itemsPerPage};

is(scalar keys %seen, 450, 'all of them');
ok(!$double, 'none twice');
json_is(GET('/Users?count=201'), 'itemsPerPage', 200);

# the order holds although all were created at one time

is_deeply([ map { $_->{id} } @{ GET('/Users?startIndex=201&count=50')->json
                                  ->{Resources} } ],
          [ map { $_->{id} } @{ GET('/Users?startIndex=201&count=200')->json
                                  ->{Resources} } [ 0 .. 49 ] ],
          'the same page, the same users');
is_deeply([ map { $_->{id} } @{ GET('/Users?startIndex=401&count=50')->json
                                  ->{Resources} } ],
          [ split /\n/, sql("select id from scim.resource where tenant = "
                            . "'acme' order by created, id offset 400") ],
          'from the far end');



=== TEST 9: what is deleted is not listed
--- scim
my $first = GET('/Users?count=1')->json->{Resources}[0];
status_is(DELETE("/Users/$first->{id}"), 204);

my $res = GET('/Users?count=1');
json_is($res, 'totalResults', 449);
isnt($res->json->{Resources}[0]{id}, $first->{id}, 'another is first');
