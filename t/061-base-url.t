# What Location and meta.location start with, when no scim_base_url says so.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use IO::Socket::IP;
use SCIM;
use Test::Nginx::Socket 'no_plan';

our $HAS_IPV6 = IO::Socket::IP->new(LocalHost => '::1', Listen => 1);

scim_reset();
run_tests();

__DATA__

=== TEST 1: a server without a name, by IPv6
--- http eval
$main::HAS_IPV6 ? 'server { listen [::1]:' . SCIM::port() . '; '
                  . 'location /scim/v2/ { scim_pass main; } }' : ''
--- scim
return pass('no IPv6 here') unless $main::HAS_IPV6;

my $port = port();
my $socket = IO::Socket::IP->new(PeerHost => '::1', PeerPort => $port)
    or return fail("connect: $@");

print $socket client()->format('POST', '/Users', body => user('six'));
my $res = join '', <$socket>;

like($res, qr/^HTTP.1.1 201 /, 'status 201');
like($res, qr{^Location: http://\[::1\]:$port/scim/v2/Users/[0-9a-f-]{36}\r$}m,
     'Location is a URL');



=== TEST 2: a location without a slash at its end, and its root
--- server
location /bare {
    client_max_body_size 1m;
    client_body_buffer_size 1m;
    scim_pass main;
}
--- reset
--- scim
create('root@example.com');

for my $path ('/bare', '/bare/', '/bare?count=1', '/bare/?count=1',
              '/scim/v2/')
{
    my $res = GET($path, absolute => 1);

    status_is($res, 200, $path);
    json_is($res, 'totalResults', 1);
    like($res->json->{Resources}[0]{meta}{location},
         qr{^http://[^/]+(/bare|/scim/v2)/Users/[0-9a-f-]{36}$}, 'location');
}

status_is(HEAD('/bare', absolute => 1), 200);
error_is(POST('/bare', {}, absolute => 1), 405);
json_is(GET('/bare/Users', absolute => 1), 'totalResults', 1);
json_is(POST('/bare/.search', { schemas => [ SEARCH ] }, absolute => 1),
        'totalResults', 1);

for my $path ('/barely', '/bareUsers', '/bare/x') {
    error_is(GET($path, absolute => 1), 404, undef, undef, $path);
}
