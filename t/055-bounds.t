# What decides at its bounds: cursors of queries that differ in little, groups
# that are as large as a limit, tokens that may do just what is asked.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

# a tenant whose name is as long as that of acme

$SCIM::Conf::SECRET{bcme} = 'bcme-5ecret-of-the-identity-provider';
our $BCME = "scim_tenant bcme {\n"
    . SCIM::Conf::token_line($SCIM::Conf::SECRET{bcme}, name => 'idp')
    . "\n}\n";

scim_reset();
SCIM::sql("select scim.create_tenant('bcme')");
run_tests();

__DATA__

=== TEST 1: a cursor is good for its own query alone
--- http eval: $::BCME
--- scim
for my $who ('acme', 'bcme') {
    create("u$_", title => 'a', nickName => 'b', -opt => { as => $who })
        for 1 .. 3;
}

my $first = 'filter=' . uri_escape('title eq "a"')
            . '&sortBy=userName&count=1';
my $cursor = GET("/Users?$first&cursor=")->json->{nextCursor};
ok($cursor, 'there is a next page');

my $next = '&cursor=' . uri_escape($cursor);
my $res = GET("/Users?$first$next");
status_is($res, 200, 'it is the cursor of this query');
json_is($res, 'totalResults', 3);
is($res->json->{Resources}[0]{userName}, 'u2', 'and goes on');

for my $case (
    [ 'another value'     => $first =~ s/%22a%22/%22b%22/r ],
    [ 'another operator'  => $first =~ s/eq/co/r ],
    [ 'another attribute' => $first =~ s/title/Title/r ],
    [ 'another order'     => $first =~ s/userName/nickName/r ],
    [ 'the other way'     => "$first&sortOrder=descending" ],
    [ 'no order'          => $first =~ s/&sortBy=userName//r ],
    [ 'no filter'         => $first =~ s/filter=[^&]*&//r ],
) {
    my ($name, $args) = @$case;

    isnt($args, $first, 'it is another one');
    error_is(GET("/Users?$args$next"), 400, 'invalidCursor', undef, $name);
}

error_is(GET("/Users?$first$next", as => 'bcme'), 400, 'invalidCursor', undef,
         'another tenant');
error_is(GET("/?$first$next"), 400, 'invalidCursor', undef, 'at the root');
error_is(GET("/Groups?sortBy=id&count=1$next"), 400, 'invalidCursor', undef,
         'another type');

# what is no part of the query may change

for my $args ("$first&attributes=userName", $first =~ s/count=1/count=2/r) {
    status_is(GET("/Users?$args$next"), 200, $args);
}



=== TEST 2: groups as large as scim_patch_members, and larger
--- location
scim_patch_members 2;
--- scim
my @ids = map { create("p$_")->{id} } 1 .. 4;
my $id = group('growing', $ids[0])->{id};
my $add = sub {
    return { op => 'add', path => 'members', value => [ { value => $_[0] } ] };
};

my $res = patch("/Groups/$id", $add->($ids[1]));
status_is($res, 200, 'as large');
is(scalar @{ $res->json->{members} }, 2, 'with its members');

$res = patch("/Groups/$id", $add->($ids[2]));
status_is($res, 204, 'larger');
etag_is($res, 3);

$res = PATCH("/Groups/$id?excludedAttributes=members",
             { schemas => [ PATCHOP ], Operations => [ $add->($ids[3]) ] });
status_is($res, 200, 'members are not asked for');
ok(!exists $res->json->{members}, 'nor told');

$res = POST('/Bulk', { schemas => [ BULK ], Operations => [
    { method => 'PATCH', path => "/Groups/$id",
      data => { schemas => [ PATCHOP ], Operations => [
          { op => 'remove', path => "members[value eq \"$ids[0]\"]" } ] } },
] });
status_is($res, 200);
is($res->json->{Operations}[0]{status}, '200', 'Bulk has no bodies to save');
is(scalar @{ GET("/Groups/$id")->json->{members} }, 3, 'it was done');



=== TEST 3: a search reads
--- scim
my %search = (schemas => [ SEARCH ], filter => 'userName eq "p1"');

json_is(POST('/Users/.search', \%search, as => 'acme_ro'), 'totalResults', 1,
        'by who may only read');
json_is(POST('/.search', \%search, as => 'acme_ro'), 'totalResults', 1,
        'at the root');
status_is(POST('/Groups/.search', { schemas => [ SEARCH ] },
               as => 'acme_ro'), 403, 'of another type');
json_is(POST('/Groups/.search', { schemas => [ SEARCH ] },
             as => 'acme_groups'), 'totalResults', 1, 'his own');
status_is(POST('/Users', user('x'), as => 'acme_ro'), 403, 'no more');
