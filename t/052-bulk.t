# Bulk: references in any direction, order, failures, limits.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: create, change, delete
--- scim
my $user = create('old@example.com');
my $res = POST('/Bulk', { schemas => [ BULK ], Operations => [
    { method => 'POST', path => '/Users', bulkId => 'q',
      data => user('new@example.com') },
    { method => 'PATCH', path => "/Users/$user->{id}",
      data => { schemas => [ PATCHOP ], Operations => [
          { op => 'add', path => 'title', value => 'T' } ] } },
    { method => 'DELETE', path => "/Users/" . UNKNOWN } ] });

status_is($res, 200);
header_is($res, 'Content-Type', 'application/scim+json');
json_is($res, 'schemas',
        [ 'urn:ietf:params:scim:api:messages:2.0:BulkResponse' ]);

my @ops = @{ $res->json->{Operations} };

is(scalar @ops, 3, 'an answer each');
is($ops[0]{status}, '201', 'created');
is($ops[0]{bulkId}, 'q', 'bulkId');
is($ops[0]{version}, 'W/"1"', 'version');
like($ops[0]{location}, qr{/scim/v2/Users/[0-9a-f-]{36}\z}, 'location');
is($ops[1]{status}, '200', 'changed');
is($ops[1]{version}, 'W/"2"', 'version');
is($ops[2]{status}, '404', 'nobody');
is($ops[2]{response}{status}, '404', 'an error');
like($res->{body}, qr/"status":"201"/, 'a string');

my ($id) = $ops[0]{location} =~ m{([^/]+)\z};
json_is(GET("/Users/$id"), 'userName', 'new@example.com');



=== TEST 2: references forward, backward, in a manager
--- scim
my $res = POST('/Bulk', { schemas => [ BULK ], Operations => [
    { method => 'POST', path => '/Groups', bulkId => 'g',
      data => { schemas => [ GROUP ], displayName => 'Bulk',
                members => [ { value => 'bulkId:a' },
                             { value => 'bulkId:b' } ] } },
    { method => 'POST', path => '/Users', bulkId => 'a',
      data => user('a@example.com', ENTERPRISE,
                   { manager => { value => 'bulkId:b' } }) },
    { method => 'POST', path => '/Users', bulkId => 'b',
      data => user('b@example.com', ENTERPRISE,
                   { manager => { value => 'bulkId:a' } }) },
    { method => 'PATCH', path => '/Groups/bulkId:g',
      data => { schemas => [ PATCHOP ], Operations => [
          { op => 'remove', path => 'members[value eq "bulkId:a"]' } ] } }
    ] });

status_is($res, 200);

my %id;
my @ops = @{ $res->json->{Operations} };

is(join(' ', map $_->{status}, @ops), '201 201 201 200', 'all done');

for my $op (@ops) {
    ($id{$op->{bulkId}}) = $op->{location} =~ m{([^/]+)\z} if $op->{bulkId};
}

is(GET("/Users/$id{a}")->json->{+ENTERPRISE}{manager}{value}, $id{b},
   'manager of a');
is(GET("/Users/$id{b}")->json->{+ENTERPRISE}{manager}{value}, $id{a},
   'manager of b');
is_deeply([ map $_->{value}, @{ GET("/Groups/$id{g}")->json->{members} } ],
          [ $id{b} ], 'members');



=== TEST 3: groups that hold each other
--- scim
my $res = POST('/Bulk', { schemas => [ BULK ], Operations => [
    { method => 'POST', path => '/Groups', bulkId => 'x',
      data => { schemas => [ GROUP ], displayName => 'Circle x',
                members => [ { value => 'bulkId:y' } ] } },
    { method => 'POST', path => '/Groups', bulkId => 'y',
      data => { schemas => [ GROUP ], displayName => 'Circle y',
                members => [ { value => 'bulkId:x' } ] } } ] });

status_is($res, 200);

for my $op (@{ $res->json->{Operations} }) {
    is($op->{status}, '409', 'cannot be');
}

json_is(GET('/Groups?filter=' . uri_escape('displayName sw "Circle"')),
        'totalResults', 0);



=== TEST 4: a bulkId that nobody has, or whose operation failed
--- scim
create('taken@example.com');

my $res = POST('/Bulk', { schemas => [ BULK ], Operations => [
    { method => 'POST', path => '/Groups', bulkId => 'g1',
      data => { schemas => [ GROUP ], displayName => 'G1',
                members => [ { value => 'bulkId:nobody' } ] } },
    { method => 'POST', path => '/Users', bulkId => 'u',
      data => user('taken@example.com') },
    { method => 'POST', path => '/Groups', bulkId => 'g2',
      data => { schemas => [ GROUP ], displayName => 'G2',
                members => [ { value => 'bulkId:u' } ] } } ] });

status_is($res, 200);
is(join(' ', sort map $_->{status}, @{ $res->json->{Operations} }),
   '409 409 409', 'all three');
my ($u) = grep { $_->{bulkId} eq 'u' } @{ $res->json->{Operations} };
is($u->{response}{scimType}, 'uniqueness', 'uniqueness');



=== TEST 5: failOnErrors
--- scim
create('fail@example.com');

my @ops = map { +{ method => 'POST', path => '/Users', bulkId => "f$_",
                   data => user('fail@example.com') } } 1 .. 40;
my $res = POST('/Bulk', { schemas => [ BULK ], failOnErrors => 2,
                          Operations => \@ops });

status_is($res, 200);

my $n = @{ $res->json->{Operations} };
cmp_ok($n, '>=', 2, 'at least two were run');
cmp_ok($n, '<', 40, 'not all');



=== TEST 6: versions
--- scim
my $user = create('version@example.com');
my $path = "/Users/$user->{id}";
my $res = POST('/Bulk', { schemas => [ BULK ], Operations => [
    { method => 'PUT', path => $path, version => 'W/"1"',
      data => user('version@example.com', title => 'T') },
    { method => 'DELETE', path => $path, version => 'W/"1"' } ] });

is(join(' ', map $_->{status}, @{ $res->json->{Operations} }), '200 412',
   'in their order');
etag_is(GET($path), 2);



=== TEST 7: the same resource, in order
--- scim
my $user = create('order@example.com');
my $path = "/Users/$user->{id}";
my @ops = map { +{ method => 'PATCH', path => $path,
                   data => { schemas => [ PATCHOP ], Operations => [
                       { op => 'replace', path => 'title',
                         value => "t$_" } ] } } } 1 .. 30;
my $res = POST('/Bulk', { schemas => [ BULK ], Operations => \@ops });

is(scalar(grep { $_->{status} eq '200' } @{ $res->json->{Operations} }), 30,
   'all done');
json_is(GET($path), 'title', 't30');
etag_is(GET($path), 31);



=== TEST 8: hundreds, each once
--- scim
my @ops = map { +{ method => 'POST', path => '/Users', bulkId => "n$_",
                   data => user("n$_\@example.com") } } 1 .. 300;
my $res = POST('/Bulk', { schemas => [ BULK ], Operations => \@ops });

is(scalar(grep { $_->{status} eq '201' } @{ $res->json->{Operations} }), 300,
   'all made');
is(rows('acme', "name ~ '^n[0-9]+.example'"), 300, 'each once');



=== TEST 9: limits, before anything is done
--- location
scim_max_operations 3;
scim_max_payload 4k;
--- reset
--- scim
my @ops = map { +{ method => 'POST', path => '/Users', bulkId => "l$_",
                   data => user("l$_\@example.com") } } 1 .. 4;

my $res = POST('/Bulk', { schemas => [ BULK ], Operations => \@ops });
is($res->{status}, 413, 'an operation too many');
is(rows('acme'), 0, 'nothing done');

status_is(POST('/Bulk', { schemas => [ BULK ],
                          Operations => [ @ops[0 .. 2] ] }), 200);

$ops[0]{data}{title} = 'x' x 5000;
$res = POST('/Bulk', { schemas => [ BULK ], Operations => [ $ops[0] ] });
is($res->{status}, 413, 'too large');
like($res->json->{detail}, qr/maxPayloadSize/, 'says why');

$res = POST('/Bulk', { schemas => [ BULK ], Operations => [ $ops[0] ] },
            chunked => [ 1000 ]);
is($res->{status}, 413, 'too large, in chunks');
like($res->json->{detail}, qr/maxPayloadSize/, 'says why');
is(rows('acme'), 3, 'nothing done');

json_is(GET('/ServiceProviderConfig'), 'bulk',
        { supported => T, maxOperations => 3, maxPayloadSize => 4096 });



=== TEST 10: not a bulk request
--- scim
error_is(POST('/Bulk', {}), 400, 'invalidSyntax');
error_is(POST('/Bulk', { schemas => [ BULK ] }), 400, 'invalidSyntax');
error_is(POST('/Bulk', { schemas => [ BULK ], Operations => [
    { method => 'POST', path => '/Users', data => user('x') } ] }),
    400, 'invalidSyntax', qr/bulkId/);
error_is(POST('/Bulk', { schemas => [ BULK ], Operations => [
    { method => 'POST', path => '/Users', bulkId => 'a', data => user('x') },
    { method => 'POST', path => '/Users', bulkId => 'a', data => user('y') }
    ] }), 400, 'invalidSyntax');
error_is(GET('/Bulk'), 405);
is(rows('acme', "name in ('x', 'y')"), 0, 'nothing done');



=== TEST 11: what is wrong with one operation is its own
--- scim
my $res = POST('/Bulk', { schemas => [ BULK ], Operations => [
    { method => 'POST', path => '/Nothing', bulkId => 'a', data => {} },
    { method => 'POST', path => '/Users', bulkId => 'b', data => {} },
    { method => 'POST', path => '/Users', bulkId => 'c',
      data => user('own@example.com') } ] });

status_is($res, 200);
is(join(' ', map $_->{status}, sort { $a->{bulkId} cmp $b->{bulkId} }
                                    @{ $res->json->{Operations} }),
   '404 400 201', 'each for itself');



=== TEST 12: scope
--- acme
token bearer sha256=5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8 expires=never scope=users:rw,groups:r;
--- scim
my $res = POST('/Bulk', { schemas => [ BULK ], Operations => [
    { method => 'POST', path => '/Users', bulkId => 'u',
      data => user('scope@example.com') },
    { method => 'POST', path => '/Groups', bulkId => 'g',
      data => { schemas => [ GROUP ], displayName => 'Scope' } } ] },
    as => '', headers => [ Authorization => 'Bearer password' ]);

is(join(' ', map $_->{status}, sort { $b->{bulkId} cmp $a->{bulkId} }
                                    @{ $res->json->{Operations} }),
   '201 403', 'users alone');



=== TEST 13: too large a request over HTTP/2, without a length
--- server
listen 127.0.0.1:$TEST_NGINX_SCIM_H2_PORT http2;
--- location
scim_max_payload 4k;
--- skip_eval: 1: !SCIM::has_curl_http2()
--- reset
--- scim
my $body = encode({ schemas => [ BULK ], Operations => [
    { method => 'POST', path => '/Users', bulkId => 'h2',
      data => user('h2@example.com', title => 'x' x 5000) } ] });

my $pid = open my $curl, '-|';
if ($pid == 0) {
    open STDIN, '-|', 'printf', '%s', $body or die "printf: $!";
    exec 'curl', '-s', '-m', '20', '--http2-prior-knowledge', '-T', '-',
         '-X', 'POST', '-H', "Authorization: Bearer $SECRET{acme}",
         '-H', 'Content-Type: application/scim+json', '-w', "\n%{http_code}",
         "http://127.0.0.1:$ENV{TEST_NGINX_SCIM_H2_PORT}/scim/v2/Bulk";
}
my $all = do { local $/; <$curl> };

like($all, qr/^413$/m, 'refused');
like($all, qr/maxPayloadSize/, 'says why');
is(rows('acme'), 0, 'nothing done');
