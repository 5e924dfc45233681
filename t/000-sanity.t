# The module loads, serves, and ends without a complaint.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: a user from creation to deletion
--- scim
my $res = POST('/Users', user('anna@example.com', externalId => 'a-1'));

status_is($res, 201);
header_is($res, 'Content-Type', 'application/scim+json');
etag_is($res, 1);
json_is($res, 'userName', 'anna@example.com');

my $id = $res->json->{id};
like($id, qr/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'id is a UUID');

$res = GET("/Users/$id");
status_is($res, 200);
json_is($res, 'externalId', 'a-1');

$res = PUT("/Users/$id", user('anna@example.com', displayName => 'Anna'));
status_is($res, 200);
etag_is($res, 2);

$res = DELETE("/Users/$id");
status_is($res, 204);
is($res->{body}, '', 'no body');

error_is(GET("/Users/$id"), 404);



=== TEST 2: an empty list
--- reset
--- request
GET /scim/v2/Users
--- more_headers
Authorization: Bearer acme-5ecret-of-the-identity-provider
--- error_code: 200
--- response_headers
Content-Type: application/scim+json
Cache-Control: no-store
--- response_body_like chop
"totalResults"\s*:\s*0



=== TEST 3: no token
--- request
GET /scim/v2/Users
--- error_code: 401
--- response_headers
Content-Type: application/scim+json
--- raw_response_headers_like chop
(?m)^WWW-Authenticate: Bearer



=== TEST 4: other locations are not touched
--- server
location = /plain { return 200 "plain\n"; }
--- request
GET /plain
--- response_body
plain
--- response_headers
Content-Type: text/plain
!Cache-Control



=== TEST 5: what the module exports
--- scim
my $module = $ENV{TEST_NGINX_LOAD_MODULES};
my $want = 'ngx_http_scim_module ngx_module_names ngx_module_order '
           . 'ngx_modules';
my @names = map { / [A-Z] (\w+)/ } `nm -D --defined-only "$module"`;

is(join(' ', sort @names), $want, 'nothing that others could run into');
