# /Me: 501 unless the token stands for a user.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: a token that stands for nobody
--- scim
for my $method (qw(GET PUT PATCH DELETE)) {
    my $res = call($method, '/Me', $method =~ /^P/ ? (body => {}) : ());
    error_is($res, 501);
}

error_is(POST('/Me', {}), 405);



=== TEST 2: one that stands for a user
--- acme
token bearer sha256=5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8 expires=never me=Anna@example.com;
--- scim
my @as = (as => '', headers => [ Authorization => 'Bearer password' ]);

error_is(GET('/Me', @as), 404);

my $user = create('anna@example.com');
my $res = GET('/Me', @as);

status_is($res, 200);
is_deeply($res->json, $user, 'it is she');
etag_is($res, 1);

$res = PATCH('/Me', { schemas => [ PATCHOP ], Operations => [
    { op => 'add', path => 'title', value => 'T' } ] }, @as);
status_is($res, 200);
json_is($res, 'title', 'T');

$res = PUT('/Me', user('anna@example.com', title => 'U'), @as);
status_is($res, 200);
json_is(GET("/Users/$user->{id}"), 'title', 'U');

status_is(DELETE('/Me', @as), 204);
error_is(GET("/Users/$user->{id}"), 404);
error_is(GET('/Me', @as), 404);
