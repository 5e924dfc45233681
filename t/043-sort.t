# Sorting (RFC 7644 section 3.4.2.3): types, case, missing and several values,
# one stable order.

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

=== TEST 1: by each type, both ways, by index and by cursor
--- acme
scim_schema "$TEST_NGINX_EXAMPLES/plan-user.json";
--- scim
my $plan = 'urn:example:params:scim:schemas:extension:plan:2.0:User';

create('b', title => 'x', active => F, emails => [ { value => 'm@x' } ],
       $plan, { linkedResource => { id => 10 }, badge => 'a',
                hiredOn => '2030-05-01T01:00:00+02:00' });
create('C', title => 'Y', emails => [ { value => 'z@x' },
                                      { value => 'A@x', primary => T } ],
       $plan, { linkedResource => { id => 9 }, badge => 'B',
                hiredOn => '2030-05-01T00:00:00Z' });
create('a', title => 'X', active => F,
       emails => [ { value => 'q@x' }, { value => 'b@x' } ],
       $plan, { linkedResource => { id => -1 } });
create('d');

for my $case (
    [ 'userName'               => 'a b C d', 'd C b a' ],
    [ USER . ':USERNAME'       => 'a b C d', 'd C b a' ],
    [ 'title'                  => 'b a C d', 'd C a b' ],
    [ 'active'                 => 'b a C d', 'd C a b' ],
    [ 'emails'                 => 'C b a d', 'd a b C' ],
    [ 'emails.value'           => 'C b a d', 'd a b C' ],
    [ 'emails.primary'         => 'C b a d', 'd a b C' ],
    [ 'badge'                  => 'C b a d', 'd a b C' ],
    [ 'linkedResource.id'      => 'a C b d', 'd b C a' ],
    [ "$plan:hiredOn"          => 'b C a d', 'd a C b' ],
    [ 'id'                     => 'b C a d', 'd a C b' ],
    [ 'meta.created'           => 'b C a d', 'd a C b' ],
    [ 'meta.lastModified'      => 'b C a d', 'd a C b' ],
    [ 'meta.version'           => 'b C a d', 'd a C b' ],
    [ 'meta.resourceType'      => 'b C a d', 'd a C b' ],
    [ 'externalId'             => 'b C a d', 'd a C b' ],
    [ 'groups.display'         => 'b C a d', 'd a C b' ],
    [ ''                       => 'b C a d', 'b C a d' ],
) {
    my ($sort, @want) = @$case;

    for my $order ('ascending', 'descending') {
        my $want = shift @want;
        my $args = 'sortBy=' . uri_escape($sort) . "&sortOrder=$order";
        my $res = GET("/Users?$args");

        status_is($res, 200, "$sort $order");
        is(join(' ', map $_->{userName}, @{ $res->json->{Resources} }), $want,
           'at once');

        my @names = map $_->{userName},
                    map @{ GET("/Users?$args&startIndex=$_&count=1")
                           ->json->{Resources} }, 1 .. 4;
        is("@names", $want, 'by index');

        my ($cursor, $pages) = ('', 0);
        @names = ();

        while (defined $cursor && $pages++ < 9) {
            $res = GET("/Users?$args&count=1&cursor=" . uri_escape($cursor));
            push @names, map $_->{userName}, @{ $res->json->{Resources} };
            json_is($res, 'totalResults', 4);
            $cursor = $res->json->{nextCursor};
        }

        is("@names", $want, 'by cursor');
    }
}

for my $sort ('nothing', 'name', 'emails.nothing', 'password', '.', 'a b') {
    error_is(GET('/Users?sortBy=' . uri_escape($sort)), 400, 'invalidPath',
             undef, "'$sort'");
}



=== TEST 2: with a filter
--- scim
my $filter = uri_escape('userName ne "b"');

for my $case ([ 'userName' => 'a C d' ], [ 'title' => 'a C d' ],
              [ 'meta.created' => 'C a d' ], [ 'id' => 'C a d' ])
{
    my ($sort, $want) = @$case;
    my $res = GET("/Users?sortBy=$sort&filter=$filter");

    is(join(' ', map $_->{userName}, @{ $res->json->{Resources} }), $want,
       $sort);
    json_is($res, 'totalResults', 3);
    json_is(GET("/Users?sortBy=$sort&filter=$filter&count=0"), 'totalResults',
            3);

    $res = GET("/Users?sortBy=$sort&filter=$filter&startIndex=4");
    json_is($res, 'totalResults', 3, 'past the end');
    json_is($res, 'itemsPerPage', 0);
}



=== TEST 3: groups, and all types
--- scim
my $c = GET('/Users?filter=userName+eq+%22c%22')->json->{Resources}[0]{id};

group('B group', $c);
group('a group');

for my $case ([ '/Groups', displayName => 'a group B group' ],
              [ '/Groups', 'members.value' => 'B group a group' ],
              [ '/', userName => 'a b C d B group a group' ],
              [ '/', displayName => 'a group B group b C a d' ])
{
    my ($path, $sort, $want) = @$case;
    my $res = GET("$path?sortBy=$sort");

    status_is($res, 200, "$path $sort");
    is(join(' ', map $_->{userName} // $_->{displayName},
            @{ $res->json->{Resources} }), $want);
}
