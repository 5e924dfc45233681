# Requests that nginx sends round: error_page and rewrites back into a location
# with scim_pass, when a variable has looked at the first path already.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: error_page to another endpoint of the same location
--- http
limit_req_zone "$scim_tenant $scim_operation" zone=slow:1m rate=1r/m;
--- server
location /slow/ {
    scim_pass main;
    limit_req zone=slow;
    error_page 503 /slow/ServiceProviderConfig;
}
--- scim
my $ada = create('ada');
my $client = client(prefix => '/slow');

# an operation that was not admitted is not run, in whose place ever

for my $method ('POST', 'PUT', 'DELETE') {
    my $id = $method eq 'DELETE' ? UNKNOWN : $ada->{id};
    my $path = $method eq 'POST' ? '/Users' : "/Users/$id";
    my @body = $method eq 'DELETE' ? () : (body => user("first$method"));

    isnt($client->request($method, $path, @body)->{status}, 503,
         "$method, the first one");

    $path = $method eq 'POST' ? '/Users' : "/Users/$ada->{id}";
    @body = $method eq 'DELETE' ? () : (body => user("second$method"));

    my $res = $client->request($method, $path, @body);

    is($res->{status}, 503, "$method, one too many");
    ok($res->json && $res->json->{patch}, 'what error_page names');
}

is(rows('acme', "doc->>'userName' like 'second%'"), 0, 'nothing written');
status_is(GET("/Users/$ada->{id}"), 200, 'nothing deleted');



=== TEST 2: error_page from one endpoint to another location
--- http
limit_req_zone "$scim_tenant $scim_operation" zone=other:1m rate=1r/m;
--- server
location /other/ {
    scim_pass main;
    limit_req zone=other;
    error_page 503 /scim/v2/ServiceProviderConfig;
}
--- scim
my $client = client(prefix => '/other');

$client->request('POST', '/Users', body => user('other1'));
my $res = $client->request('POST', '/Users', body => user('other2'));

is($res->{status}, 503);
ok($res->json && $res->json->{patch}, 'the endpoint of that location');
is(rows('acme', "doc->>'userName' = 'other2'"), 0, 'nothing written');



=== TEST 3: rewrite ... break within the location
--- server
location /old/ {
    scim_pass main;
    set $before $scim_operation;
    rewrite ^/old/v1/(.*)$ /old/$1 break;
}
--- scim
my $client = client(prefix => '/old');

status_is($client->request('GET', '/v1/Users?count=0'), 200);
status_is($client->request('GET', '/v1/Groupies'), 404);
