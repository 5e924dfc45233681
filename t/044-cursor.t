# Cursors (RFC 9865) over lists and searches: all of it, once, in order; what
# comes and goes meanwhile; totals.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: pages of each size
--- scim
my @ids = map { create("u$_", title => $_ % 2 ? 'odd' : 'even')->{id} } 1 .. 7;

for my $count (1 .. 8) {
    for my $filter ('', '&filter=' . uri_escape('title pr'),
                    '&filter=' . uri_escape('userName sw "u"'))
    {
        my ($cursor, @seen, @pages) = ('');

        while (defined $cursor && @pages < 20) {
            my $res = GET("/Users?count=$count$filter&cursor="
                          . uri_escape($cursor));
            my $list = $res->json;

            json_is($res, 'totalResults', 7);
            is($list->{startIndex}, undef, 'no startIndex');
            push @pages, $list->{itemsPerPage};
            push @seen, map $_->{id}, @{ $list->{Resources} };
            $cursor = $list->{nextCursor};
        }

        is_deeply(\@seen, \@ids, "count $count, in order");
        is(scalar @pages, int((6 + $count) / $count), 'as many as needed');
    }
}



=== TEST 2: nothing, one, none wanted
--- scim
my $none = GET('/Users?cursor=&filter=' . uri_escape('title eq "x"'));
json_is($none, 'totalResults', 0);
ok(!exists $none->json->{nextCursor}, 'no next page');

my $one = GET('/Users?cursor=&filter=' . uri_escape('userName eq "U3"'));
json_is($one, 'totalResults', 1);
json_is($one, 'Resources.0.userName', 'u3');
ok(!exists $one->json->{nextCursor}, 'no next page');

for my $filter ('', '&filter=' . uri_escape('title pr')) {
    my $res = GET("/Users?cursor=&count=0$filter");
    json_is($res, 'totalResults', 7);
    json_is($res, 'itemsPerPage', 0);
    ok(!exists $res->json->{nextCursor}, 'no next page');
}



=== TEST 3: what comes and goes
--- scim
for my $sort ('', '&sortBy=userName', '&sortBy=title', '&sortBy=id') {
    my $first = GET("/Users?count=3&cursor=$sort")->json;
    my @seen = map $_->{userName}, @{ $first->{Resources} };

    # the last row of the page goes, one comes at the end

    my $gone = pop @{ $first->{Resources} };
    status_is(DELETE("/Users/$gone->{id}"), 204, 'one goes');
    my $new = create("z" . ($gone->{userName}), title => 'z');

    my $next = GET("/Users?cursor=" . uri_escape($first->{nextCursor})
                   . "&count=20$sort")->json;
    push @seen, map $_->{userName}, @{ $next->{Resources} };

    my %count;
    $count{$_}++ for @seen;
    is_deeply([ grep { $count{$_} > 1 } sort keys %count ], [], 'none twice');
    is(scalar @seen, 8, 'none left out');
    is($next->{totalResults}, $first->{totalResults}, 'the total stays');
}
