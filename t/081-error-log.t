# What the error log says of a request: nothing of the path that could be
# somebody's name.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: names in paths
--- http
limit_req_zone $scim_tenant zone=slow:1m rate=1r/m;
--- location
limit_req zone=slow;
--- error_log
limiting requests
--- log_level: info
--- scim
my $c = 'canary4711';

GET('/Users');

for my $path ("/Users/$c\@example.com", "/Users/$c", "/$c/x", "/Users/x/$c",
              "/Users/$c?filter=$c", "/Users%2F$c", "/$c%0a$c")
{
    is(GET($path)->{status}, 503, $path);
}

GET('/Users/' . UNKNOWN);
GET('/Schemas/' . USER);

my $log = error_log();

unlike($log, qr/.*$c.*/, 'nobody is named');
like($log, qr{request: "GET /scim/v2/Users/-"}, 'an id that is none');
like($log, qr{request: "GET /scim/v2/-"}, 'an endpoint that is none');
like($log, qr{request: "GET /scim/v2/Users/\Q@{[ UNKNOWN ]}\E"}, 'an id');
like($log, qr{request: "GET /scim/v2/Schemas/\Q@{[ USER ]}\E"}, 'a schema');
