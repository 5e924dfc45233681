# HTTP/2: the same answers (curl speaks it).

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: create, read, list, errors
--- server
listen 127.0.0.1:$TEST_NGINX_SCIM_H2_PORT http2;
--- skip_eval: 1: !SCIM::has_curl_http2()
--- scim
my $url = "http://127.0.0.1:$ENV{TEST_NGINX_SCIM_H2_PORT}/scim/v2";
my $curl = sub {
    my @args = @_;
    my $pid = open my $out, '-|', 'curl', '-s', '-m', '20',
        '--http2-prior-knowledge', '-i', '-H',
        "Authorization: Bearer $SECRET{acme}", @args or die "curl: $!";
    my $all = do { local $/; <$out> };
    close $out;
    my ($head, $body) = split /\r\n\r\n/, $all, 2;
    my ($status) = $head =~ m{^HTTP/2 (\d+)};
    return ($status, $head, eval { json($body) } // {}, $body);
};

my ($status, $head, $json) = $curl->('--data-binary',
    encode(user('h2@example.com')), '-H',
    'Content-Type: application/scim+json', "$url/Users");

is($status, 201, 'POST');
like($head, qr/^location: /mi, 'Location');
like($head, qr/^etag: W\/"1"/mi, 'ETag');

my $id = $json->{id};

($status, $head, $json) = $curl->("$url/Users/$id");
is($status, 200, 'GET');
is($json->{userName}, 'h2@example.com', 'the user');

($status, $head, $json) = $curl->('-X', 'PUT', '--data-binary',
    encode(user('h2@example.com', title => 'x' x 8_000)), '-H',
    'Content-Type: application/json', "$url/Users/$id");
is($status, 200, 'PUT');
is(length $json->{title}, 8_000, 'all of it');

($status, $head, $json) = $curl->("$url/Users");
is($status, 200, 'list');
is($json->{totalResults}, 1, 'one');

($status, $head, $json) = $curl->("$url/Nowhere");
is($status, 404, 'no such endpoint');
is($json->{status}, '404', 'as SCIM');

($status, $head, $json) = $curl->('-X', 'OPTIONS', "$url/Users/$id");
is($status, 405, 'no such method');
is($json->{status}, '405', 'as SCIM');

($status, $head, $json) = $curl->('-X', 'DELETE', "$url/Users/$id");
is($status, 204, 'DELETE');
