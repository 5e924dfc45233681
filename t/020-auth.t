# Who may do what: the Authorization header, schemes, scopes, rotation.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: bearer tokens
--- scim
status_is(GET('/Users'), 200, 'the right one');
status_is(GET('/Users', as => 'acme_next'), 200, 'its successor, too');

for my $case (
    [ 'none'                   => [] ],
    [ 'wrong'                  => [ 'Bearer wrong' ] ],
    [ 'one letter more'        => [ "Bearer $SECRET{acme}x" ] ],
    [ 'one letter less'        => [ 'Bearer ' . substr $SECRET{acme}, 0, -1 ] ],
    [ 'other case'             => [ 'Bearer ' . uc $SECRET{acme} ] ],
    [ 'empty'                  => [ 'Bearer' ] ],
    [ 'no scheme'              => [ $SECRET{acme} ] ],
    [ 'another scheme'         => [ "Digest $SECRET{acme}" ] ],
    [ 'a scheme that begins so' => [ "Bearers $SECRET{acme}" ] ],
    [ 'no space'               => [ "Bearer$SECRET{acme}" ] ],
    [ 'words behind it'        => [ "Bearer $SECRET{acme} more" ] ],
    [ 'its digest'             => [ 'Bearer ' . Digest::SHA::sha256_hex(
                                        $SECRET{acme}) ] ],
    [ 'the secret of a basic token' => [ "Bearer $SECRET{acme_basic}" ] ],
    [ '8,000 bytes'            => [ 'Bearer ' . 'x' x 8000 ] ],
) {
    my ($name, $values) = @$case;
    my $res = GET('/Users', as => '',
                  headers => [ map { (Authorization => $_) } @$values ]);

    error_is($res, 401, undef, undef, $name);
    like($res->header('WWW-Authenticate') // '', qr/\bBearer\b/,
         "$name: WWW-Authenticate");
    unlike($res->{body}, qr/acme|globex/, "$name: no tenant named");
}



=== TEST 2: the scheme's name in any case
--- scim
for my $scheme (qw(bearer BEARER bEaReR)) {
    status_is(GET('/Users', as => '',
                  headers => [ Authorization => "$scheme $SECRET{acme}" ]),
              200, $scheme);
}

status_is(GET('/Users', as => '',
              headers => [ Authorization => "Bearer   $SECRET{acme}" ]),
          200, 'more than one space');



=== TEST 3: basic
--- scim
use MIME::Base64 'encode_base64';

my $try = sub {
    my ($name, $value, $status) = @_;

    my $res = GET('/Users', as => '', headers => [ Authorization => $value ]);

    return status_is($res, 200, $name) if $status == 200;

    error_is($res, $status, undef, undef, $name);
    like($res->header('WWW-Authenticate') // '', qr/\bBasic realm="/,
         "$name: WWW-Authenticate");
};
my $b = sub { encode_base64($_[0], '') };
my $secret = $SECRET{acme_basic};

$try->('right (a colon in the secret)', 'Basic ' . $b->("acme-4711:$secret"),
       200);
$try->('basic in lower case', 'basic ' . $b->("acme-4711:$secret"), 200);
$try->('wrong secret', 'Basic ' . $b->('acme-4711:wrong'), 401);
$try->('wrong user', 'Basic ' . $b->("globex-1:$secret"), 401);
$try->('user in other case', 'Basic ' . $b->("ACME-4711:$secret"), 401);
$try->('user of the start', 'Basic ' . $b->("acme:$secret"), 401);
$try->('no user', 'Basic ' . $b->(":$secret"), 401);
$try->('empty password', 'Basic ' . $b->('acme-4711:'), 401);
$try->('no colon', 'Basic ' . $b->("acme-4711$secret"), 401);
$try->('bad base64', 'Basic !!!!', 401);
$try->('not a whole base64', 'Basic ' . substr($b->("acme-4711:$secret"),
                                                0, -3), 401);
$try->('empty', 'Basic', 401);
$try->('NUL in the user', 'Basic ' . $b->("acme-4711\0:$secret"), 401);
$try->('NUL in the secret', 'Basic ' . $b->("acme-4711:$secret\0"), 401);
$try->('a bearer secret', 'Basic ' . $b->("acme-4711:$SECRET{acme}"), 401);
$try->('a bearer secret and no user', 'Basic ' . $b->(":$SECRET{acme}"), 401);



=== TEST 4: two Authorization headers
nginx itself refuses them
--- scim
my $res = GET('/Users', as => '', headers => [
    Authorization => "Bearer $SECRET{acme}",
    Authorization => "Bearer $SECRET{globex}",
]);

ok($res->{status} == 400 || $res->{status} == 401, 'neither is taken')
    or diag($res->describe);
is(ref $res->json, 'HASH', 'a SCIM error');



=== TEST 5: tokens elsewhere are not looked at
--- scim
for my $path ("/Users?access_token=$SECRET{acme}",
              "/Users?Authorization=Bearer%20$SECRET{acme}")
{
    error_is(GET($path, as => ''), 401);
}

error_is(POST('/Users', "access_token=$SECRET{acme}", as => '',
              type => 'application/x-www-form-urlencoded'), 401);



=== TEST 6: scope users:r
--- scim
my $user = create('scope@example.com');
my $path = "/Users/$user->{id}";
my @ro = (as => 'acme_ro');

status_is(GET('/Users', @ro), 200, 'list');
status_is(GET($path, @ro), 200, 'get');
status_is(HEAD($path, @ro), 200, 'head');
status_is(GET('/Schemas', @ro), 200, 'discovery');
error_is(POST('/Users', user('no@example.com'), @ro), 403);
error_is(PUT($path, user('no@example.com'), @ro), 403);
error_is(DELETE($path, @ro), 403);
error_is(PUT('/Users/' . UNKNOWN, user('no@example.com'), @ro), 403,
         undef, undef, 'whether it exists or not');
etag_is(GET($path), 1);
is(rows('acme', "name like 'no\@%'"), 0, 'nothing written');



=== TEST 7: a scope without users
--- scim
my $user = create('scope2@example.com');

error_is(GET('/Users', as => 'acme_groups'), 403);
error_is(GET("/Users/$user->{id}", as => 'acme_groups'), 403);
error_is(POST('/Users', user('no2@example.com'), as => 'acme_groups'), 403);
status_is(GET('/ServiceProviderConfig', as => 'acme_groups'), 200);



=== TEST 8: the token is asked for before all else
--- scim
for my $request ([ GET => '/Users/' . UNKNOWN ], [ GET => '/Nowhere' ],
                 [ PATCH => '/Users' ], [ GET => '/Users?filter=x' ],
                 [ GET => '/Schemas' ], [ GET => '/ServiceProviderConfig' ])
{
    error_is(call(@$request, as => ''), 401, undef, undef, "@$request");
}

error_is(POST('/Users', '{', as => ''), 401);
error_is(POST('/Users', user('x@example.com'), as => '',
              type => 'text/plain'), 401);



=== TEST 9: a keep-alive connection is looked at with each request
--- scim
my $client = client(keepalive => 1);

status_is($client->request('GET', '/Users'), 200);
my $res = $client->request('GET', '/Users', as => '');
ok($res->{reused}, 'same connection');
error_is($res, 401);
$res = $client->request('GET', '/Users', as => 'globex');
ok($res->{reused}, 'same connection');
status_is($res, 200);



=== TEST 10: the token of another tenant sees another tenant
--- scim
my $user = create('mine@example.com');

error_is(GET("/Users/$user->{id}", as => 'globex'), 404);
status_is(GET("/Users/$user->{id}"), 200);



=== TEST 11: no bearer token configured, no Bearer offered
--- http_config eval
SCIM::database() . 'scim_errors on; scim_tenant acme { '
. SCIM::token_line('s', user => 'acme-4711') . ' }'
--- scim
my $res = GET('/Users', as => '');
error_is($res, 401);
like($res->header('WWW-Authenticate'), qr/^Basic realm="/, 'Basic');
unlike($res->header('WWW-Authenticate'), qr/Bearer/, 'alone');
