# Every error is a SCIM error, nginx's own included.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: 400: what is no HTTP
--- scim
my $token = "Authorization: Bearer $SECRET{acme}";

for my $case (
    [ 'no such protocol' => "GET /scim/v2/Users HTTX/1.1\n\n" ],
    [ 'no Host'          => "GET /scim/v2/Users HTTP/1.1\n\n" ],
    [ 'a bad Host'       => "GET /scim/v2/Users HTTP/1.1\nHost: a/b\n\n" ],
    [ 'two Hosts'        => "GET / HTTP/1.1\nHost: a\nHost: b\n\n" ],
    [ 'both framings'    => "POST /scim/v2/Users HTTP/1.1\nHost: a\n"
                            . "Content-Length: 3\n"
                            . "Transfer-Encoding: chunked\n\n" ],
    [ 'bad length'       => "POST /scim/v2/Users HTTP/1.1\nHost: a\n"
                            . "Content-Length: x\n\n" ],
    [ 'a bad escape'     => "GET /scim/v2/Users/%zz HTTP/1.1\n"
                            . "Host: a\n$token\n\n" ],
    [ 'NUL in the path'  => "GET /scim/v2/Users/a%00b HTTP/1.1\n"
                            . "Host: a\n$token\n\n" ],
    [ 'a header too long' => "GET /scim/v2/Users HTTP/1.1\nHost: a\nX: "
                            . 'x' x 40_000 . "\n\n" ],
    [ 'a bad chunk'      => "POST /scim/v2/Users HTTP/1.1\nHost: a\n$token\n"
                            . "Transfer-Encoding: chunked\n\nzz\n\n" ],
) {
    my ($name, $bytes) = @$case;
    error_is(raw($bytes), 400, 'invalidSyntax', undef, $name);
}



=== TEST 2: 404: no such endpoint
--- scim
for my $path ('/users', '/User', '/Groups/x', '/me', '/Me/x', '/Bulk/x',
              '/bulk', '/.search/x', '/Users/.search/x', '/Users/x/y',
              '/Users//x', '/ServiceProviderConfig/x', '/Schemas/x/y',
              '/Users.json', '/v2/Users')
{
    error_is(GET($path), 404, undef, undef, "GET $path");
}

error_is(POST('/Devices', { displayName => 'x' }), 404, undef, undef,
         'POST /Devices');
error_is(GET('/nowhere', absolute => 1), 404, undef, undef,
         'outside of the location');



=== TEST 3: 405, with what is allowed
--- scim
my %allow = (
    '/Users'                 => 'GET, HEAD, POST',
    '/Users/' . UNKNOWN      => 'GET, HEAD, PUT, PATCH, DELETE',
    '/ServiceProviderConfig' => 'GET, HEAD',
    '/'                      => 'GET, HEAD',
    '/.search'               => 'POST',
    '/Bulk'                  => 'POST',
);

for my $path (sort keys %allow) {
    for my $method (qw(GET POST PUT PATCH DELETE OPTIONS FOO PROPFIND MOVE)) {
        next if " $allow{$path}," =~ / $method,/;

        my $res = call($method, $path);
        error_is($res, 405, undef, undef, "$method $path");
        header_is($res, 'Allow', $allow{$path});
    }
}

error_is(PATCH('/Users', { Operations => [] }), 405, undef, undef,
         'PATCH with a body');
my $res = raw("TRACE /scim/v2/Users HTTP/1.1\nHost: a\n\n");
is($res->{status}, 405, 'TRACE');
header_is($res, 'Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE');
is(ref $res->json, 'HASH', 'a SCIM error');



=== TEST 4: 408: a body that does not come
nginx closes the connection; nothing is written
--- server
client_body_timeout 300ms;
--- scim
my $all = talk("POST /scim/v2/Users HTTP/1.1\r\nHost: a\r\n"
               . "Authorization: Bearer $SECRET{acme}\r\n"
               . "Content-Type: application/scim+json\r\n"
               . "Content-Length: 100\r\n\r\n{\"userName\":\"late");

like($all, qr/^(HTTP\/1\.1 408 .*"408".*)?$/s, 'closed, or a SCIM error');
is(rows('acme', "name like 'late%'"), 0, 'nothing written');



=== TEST 5: 413, told by Content-Length
--- location
client_max_body_size 1k;
--- scim
my $body = encode(user('big', title => 'x' x 2000));

error_is(POST('/Users', $body), 413, undef, undef, 'Content-Length');
error_is(POST('/Users', $body, chunked => [ 500 ]), 413, undef, undef,
         'chunked');
error_is(PUT('/Users/' . UNKNOWN, $body, chunked => [ 4000 ]), 413, undef,
         undef, 'in one chunk');
status_is(POST('/Users', user('small')), 201, 'a small one');
is(rows('acme', "name = 'big'"), 0, 'nothing written');



=== TEST 6: 414
--- scim
error_is(GET('/Users?filter=' . 'x' x 20_000), 414);



=== TEST 7: 415
--- scim
error_is(POST('/Users', user('x'), type => 'text/plain'), 415);



=== TEST 8: 429
--- http
limit_req_zone $scim_tenant zone=tenants:1m rate=1r/m;
limit_req_status 429;
--- location
limit_req zone=tenants burst=2 nodelay;
--- error_log
limiting requests
--- scim
my @status = map { GET('/Users?count=0') } 1 .. 4;

is(join(' ', map { $_->{status} } @status), '200 200 200 429', 'acme');
error_is($status[3], 429);
status_is(GET('/Users?count=0', as => 'globex'), 200, 'globex has its own');



=== TEST 9: what other modules answer
--- server
location /scim/denied/ { scim_pass main; deny all; }
location /scim/busy/ { scim_pass main; return 503; }
location /scim/broken/ { scim_pass main; return 500; }
location /scim/gateway/ { proxy_pass http://127.0.0.1:1; }
location /scim/plain/ { scim_errors off; return 404; }
location /scim/text/ { return 200 "fine\n"; }
--- error_log
access forbidden by rule
--- scim
my $get = sub { GET("/scim/$_[0]/Users", absolute => 1) };

error_is($get->('denied'), 403);
error_is($get->('busy'), 503);
error_is($get->('broken'), 500);
error_is($get->('gateway'), 502);

is($get->('text')->{body}, "fine\n", 'answers that are no error');

my $res = $get->('plain');
is($res->{status}, 404, 'scim_errors off');
like($res->header('Content-Type'), qr{^text/html}, 'is nginx as it was');



=== TEST 10: a challenge of nginx's own survives
--- server
location /scim/auth/ {
    auth_basic closed;
    auth_basic_user_file /dev/null;
    scim_pass main;
}
--- scim
my $res = GET('/scim/auth/Users', absolute => 1, as => '');

error_is($res, 401);
like($res->header('WWW-Authenticate'), qr/^Basic realm="closed"/);



=== TEST 11: HEAD, keep-alive, gzip
--- http
gzip on;
gzip_types *;
gzip_min_length 1;
--- scim
my $res = HEAD('/Users/' . UNKNOWN);
status_is($res, 404);
is($res->{body}, '', 'HEAD has no body');

my $client = client(keepalive => 1);
for (1 .. 3) {
    $res = $client->request('GET', '/Nowhere');
    error_is($res, 404);
}
ok($res->{reused}, 'the connection is kept');

$res = GET('/nowhere', absolute => 1, headers => [
    'Accept-Encoding' => 'gzip' ]);
is($res->{status}, 404);
ok(($res->header('Content-Encoding') // '') eq 'gzip'
   || ref $res->json eq 'HASH', 'gzip');



=== TEST 12: error bodies tell nothing of the inside
--- scim
for my $res (GET('/Users/x'), GET('/nowhere', absolute => 1),
             POST('/Users', '{'), GET('/Users', as => ''),
             GET('/Users?filter=x'))
{
    unlike($res->{body}, qr/nginx|select|scim\.|libpq|postgres|\.c\b/i,
           "of $res->{status}");
    unlike($res->{body}, qr/<html/i, 'no page');
}



=== TEST 13: error_page still works
--- server
error_page 404 /missing;
location = /missing { internal; return 404; }
--- scim
error_is(GET('/nothing-here', absolute => 1), 404);
