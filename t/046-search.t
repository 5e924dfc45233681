# POST .search, and queries at the root over all types.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: .search of a type
--- scim
my $anna = create('anna@example.com', displayName => 'Anna');
create('bert@example.com', displayName => 'Bert');

my $res = POST('/Users/.search', {
    schemas => [ SEARCH ], filter => 'displayName sw "an"',
    attributes => [ 'userName' ], startIndex => 1, count => 10 });

status_is($res, 200);
header_is($res, 'Content-Type', 'application/scim+json');
json_is($res, 'totalResults', 1);
json_is($res, 'startIndex', 1);
json_is($res, 'itemsPerPage', 1);
is_deeply($res->json->{Resources},
          [ { schemas => [ USER ], id => $anna->{id},
              userName => 'anna@example.com' } ], 'Anna');

$res = POST('/Users/.search', { schemas => [ SEARCH ], sortBy => 'userName',
                                sortOrder => 'descending', count => 1 });
json_is($res, 'totalResults', 2);
json_is($res, 'Resources.0.userName', 'bert@example.com');

$res = POST('/Users/.search', { schemas => [ SEARCH ], count => 0 });
json_is($res, 'totalResults', 2);

error_is(POST('/Users/.search', { schemas => [ SEARCH ],
                                  filter => 'nothing eq 1' }),
         400, 'invalidFilter');
error_is(POST('/Users/.search', [ 1 ]), 400, 'invalidSyntax');
error_is(GET('/Users/.search'), 405);
error_is(POST('/Nothing/.search', {}), 404);



=== TEST 2: at the root
--- scim
my $user = create('root@example.com', displayName => 'Root');
my $group = group('Root', $user->{id});

my $res = POST('/.search', { schemas => [ SEARCH ],
                             filter => 'displayName eq "ROOT"' });

status_is($res, 200);
json_is($res, 'totalResults', 2);
is_deeply([ sort map $_->{meta}{resourceType},
            @{ $res->json->{Resources} } ], [ 'Group', 'User' ], 'both');
my ($g) = grep { $_->{meta}{resourceType} eq 'Group' }
          @{ $res->json->{Resources} };
is($g->{members}[0]{value}, $user->{id}, 'with its member');
like($g->{meta}{location}, qr{/Groups/\Q$group->{id}\E\z}, 'location');

$res = GET('/?filter=' . uri_escape('userName eq "root@example.com"'));
status_is($res, 200);
json_is($res, 'totalResults', 1);
json_is($res, 'Resources.0.id', $user->{id});

$res = GET('/?filter=' . uri_escape('meta.resourceType eq "Group" and '
                                    . 'displayName eq "root"'));
json_is($res, 'totalResults', 1);
json_is($res, 'Resources.0.id', $group->{id});

error_is(GET('/?filter=' . uri_escape('nobody eq "x"')), 400,
         'invalidFilter');
error_is(POST('/', {}), 405);



=== TEST 3: at the root by cursor
--- reset
--- scim
create("c$_\@example.com") for 1 .. 7;
group("G$_") for 1 .. 4;

my (%seen, $cursor);
my $pages = 0;
my $path = '/?count=3&sortBy=displayName&cursor=';

do {
    my $res = GET($path . uri_escape($cursor // ''));

    status_is($res, 200);
    json_is($res, 'totalResults', 11);
    json_is($res, 'startIndex', undef);
    $seen{$_->{id}}++ for @{ $res->json->{Resources} };
    $cursor = $res->json->{nextCursor};
} while defined $cursor && ++$pages < 20;

is(scalar keys %seen, 11, 'all');
is(scalar(grep { $_ != 1 } values %seen), 0, 'each once');



=== TEST 4: what a token may not read is not there
--- acme
token bearer sha256=5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8 expires=never scope=groups:r;
--- reset
--- scim
my $user = create('scoped@example.com', displayName => 'Scoped');
group('Scoped');

my @as = (as => '', headers => [ Authorization => 'Bearer password' ]);
my $res = GET('/?filter=' . uri_escape('displayName eq "scoped"'), @as);

json_is($res, 'totalResults', 1);
json_is($res, 'Resources.0.meta.resourceType', 'Group');
error_is(GET('/Users', @as), 403);
error_is(POST('/Users/.search', { schemas => [ SEARCH ] }, @as), 403);
status_is(GET('/Groups', @as), 200);

# a page further on in what others may read

my $cursor = GET('/?count=1&cursor=')->json->{nextCursor};

error_is(GET('/?count=1&cursor=' . uri_escape($cursor), @as), 400,
         'invalidCursor');
error_is(GET('/Users?count=1&cursor=' . uri_escape($cursor)), 400,
         'invalidCursor');
status_is(GET('/?count=1&cursor=' . uri_escape($cursor)), 200);
