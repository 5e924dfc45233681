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
