# Media types that are taken, and the one that is sent.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: taken
--- scim
my $i = 0;

for my $type ('application/scim+json', 'application/json',
              'application/scim+json; charset=utf-8',
              'application/scim+json;charset=UTF-8',
              'application/json; charset=utf-8', 'Application/SCIM+JSON',
              'APPLICATION/JSON', 'application/json ; charset=utf-8',
              'application/scim+json; charset="utf-8"', '')
{
    my $res = POST('/Users', user("type" . $i++), type => $type);

    status_is($res, 201, $type || 'none at all');
    header_is($res, 'Content-Type', 'application/scim+json');
}



=== TEST 2: refused
--- scim
for my $type ('text/plain', 'application/xml', 'application/jsonx',
              'application/x-www-form-urlencoded', 'multipart/form-data',
              'application/scim', 'json', 'application/scim+jsonp',
              'text/json', 'application/octet-stream', '*/*')
{
    my $res = POST('/Users', user('refused'), type => $type);
    error_is($res, 415, undef, undef, $type);

    error_is(PUT('/Users/' . UNKNOWN, user('refused'), type => $type), 415,
             undef, undef, "PUT $type");
}

is(rows('acme', "name = 'refused'"), 0, 'nothing written');



=== TEST 3: Content-Encoding
--- scim
for my $coding (qw(gzip deflate br compress x)) {
    error_is(POST('/Users', user('coded'),
                  headers => [ 'Content-Encoding' => $coding ]), 415, undef,
             undef, $coding);
}

status_is(POST('/Users', user('coded'),
               headers => [ 'Content-Encoding' => 'identity' ]), 201,
          'identity');



=== TEST 4: what is sent is what it is, whatever was asked for
--- scim
for my $accept ('application/scim+json', 'application/json', '*/*',
                'text/html', 'application/scim+json; charset=utf-8', '')
{
    my $res = GET('/Users', headers => [ Accept => $accept ]);

    status_is($res, 200, $accept);
    header_is($res, 'Content-Type', 'application/scim+json');
}



=== TEST 5: charset directives do not add to it
--- server
charset utf-8;
--- scim
header_is(GET('/Users'), 'Content-Type', 'application/scim+json');
header_is(GET('/Users/x'), 'Content-Type', 'application/scim+json');
header_is(GET('/ServiceProviderConfig'), 'Content-Type',
          'application/scim+json');



=== TEST 6: a Content-Type on GET and DELETE means nothing
--- scim
my $user = create('get@example.com');
my @type = (headers => [ 'Content-Type' => 'text/plain' ]);

status_is(GET("/Users/$user->{id}", @type), 200);
status_is(call('GET', '/Users', body => 'ignored', type => 'text/plain'),
          200, 'GET with a body');
status_is(DELETE("/Users/$user->{id}", @type), 204);



=== TEST 7: a GET with a body leaves the connection in order
--- scim
my $client = client(keepalive => 1);

for (1 .. 3) {
    status_is($client->request('GET', '/Users', body => 'x' x 1000), 200);
}

my $res = $client->request('GET', '/Users');
ok($res->{reused}, 'one connection');
status_is($res, 200);
