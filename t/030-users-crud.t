# POST, GET, PUT, DELETE of a user, and what is written by them.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: POST
--- scim
my $res = POST('/Users', user('bjensen@example.com',
    externalId => '701984',
    name => { formatted => 'Ms. Barbara J Jensen III',
              familyName => 'Jensen', givenName => 'Barbara' },
    emails => [ { value => 'bjensen@example.com', type => 'work',
                  primary => T } ]));

status_is($res, 201);

my $user = $res->json;
my $id = $user->{id};

is_deeply($user->{schemas}, [ USER ], 'schemas');
json_is($res, 'userName', 'bjensen@example.com');
json_is($res, 'externalId', '701984');
json_is($res, 'name.familyName', 'Jensen');
json_is($res, 'emails', [ { value => 'bjensen@example.com', type => 'work',
                            primary => T } ]);
json_is($res, 'active', T, 'active unless said otherwise');
json_is($res, 'meta.resourceType', 'User');
json_is($res, 'meta.version', 'W/"1"');
like($user->{meta}{created},
     qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'meta.created');
is($user->{meta}{lastModified}, $user->{meta}{created}, 'meta.lastModified');
like($user->{meta}{location}, qr{^http://[^/]+/scim/v2/Users/\Q$id\E$},
     'meta.location');
header_is($res, 'Location', $user->{meta}{location});
header_is($res, 'Content-Type', 'application/scim+json');
header_is($res, 'Cache-Control', 'no-store');
is($res->header('Content-Length'), length $res->{body}, 'Content-Length');
etag_is($res, 1);

sql_is("select tenant, type, name, external_id, active, version "
       . "from scim.resource where id = '$id'",
       'acme|User|bjensen@example.com|701984|t|1', 'the row');
sql_is("select doc ? 'id' or doc ? 'meta' from scim.resource "
       . "where id = '$id'", 'f', 'id and meta are no part of the document');
sql_is("select op, resource_type, status, token_name, version_to "
       . "from scim.audit where resource_id = '$id'",
       'create|User|201|idp|1', 'the audit row');
sql_is("select users, active_users from scim.tenant where name = 'acme'",
       '1|1', 'the counts');
sql_is("select attr, key from scim.resource_key where id = '$id'",
       'emails.value|bjensen@example.com', 'the look-up key');



=== TEST 2: GET
--- scim
my $user = create('get@example.com');
my $res = GET("/Users/$user->{id}");

status_is($res, 200);
is_deeply($res->json, $user, 'what POST answered');
etag_is($res, 1);

error_is(GET("/Users/\U$user->{id}"), 404, undef, undef,
         'an id is compared exactly');



=== TEST 3: PUT
--- scim
my $user = create('put@example.com', displayName => 'Put',
                  emails => [ { value => 'old@example.com' } ]);
my $path = "/Users/$user->{id}";

my $res = PUT($path, user('put2@example.com', title => 'Dr.',
                          emails => [ { value => 'new@example.com' } ]));

status_is($res, 200);
etag_is($res, 2);
json_is($res, 'id', $user->{id});
json_is($res, 'userName', 'put2@example.com');
json_is($res, 'title', 'Dr.');
json_is($res, 'displayName', undef, 'what PUT does not name is gone');
json_is($res, 'meta.version', 'W/"2"');
json_is($res, 'meta.created', $user->{meta}{created});
isnt($res->json->{meta}{lastModified}, $user->{meta}{lastModified},
     'lastModified moved');
is_deeply(GET($path)->json, $res->json, 'GET says the same');

sql_is("select version, name, doc->>'title', doc ? 'displayName' "
       . "from scim.resource where id = '$user->{id}'",
       '2|put2@example.com|Dr.|f', 'the row');
sql_is("select key from scim.resource_key where id = '$user->{id}'",
       'new@example.com', 'the look-up key');
sql_is("select op, version_from, version_to from scim.audit "
       . "where resource_id = '$user->{id}' order by version_to",
       "create||1\nreplace|1|2", 'the audit rows');



=== TEST 4: DELETE
--- scim
my $user = create('delete@example.com', externalId => 'd-1');
my $path = "/Users/$user->{id}";
my $before = sql("select users from scim.tenant where name = 'acme'");

my $res = DELETE($path);
status_is($res, 204);
is($res->{body}, '', 'no body');
header_is($res, 'Content-Type', undef);

error_is(GET($path), 404);
error_is(PUT($path, user('delete@example.com')), 404);
error_is(DELETE($path), 404, undef, undef, 'once more');

sql_is("select users from scim.tenant where name = 'acme'", $before - 1,
       'the count');
is(rows('acme', "id = '$user->{id}'"), 0, 'no live row');
sql_is("select op, status from scim.audit where resource_id = "
       . "'$user->{id}' and status < 300 order by at desc limit 1",
       'delete|204', 'audited');

# its names are free at once

my $again = create('delete@example.com', externalId => 'd-1');
isnt($again->{id}, $user->{id}, 'with a new id');



=== TEST 5: no such user
--- scim
for my $id (UNKNOWN, 'x', '1', '0', '../Users', 'null', '%00', "a'b",
            '11111111-1111-1111-1111', UNKNOWN . '0', '%7Bid%7D',
            'x' x 1000)
{
    my $path = '/Users/' . $id;
    my $short = substr $id, 0, 40;

    next if $id eq '../Users' || $id eq '%00';

    error_is(GET($path), 404, undef, undef, "GET $short");
    error_is(PUT($path, user('x@example.com')), 404, undef, undef,
             "PUT $short");
    error_is(DELETE($path), 404, undef, undef, "DELETE $short");
}

is(rows('acme', "name = 'x\@example.com'"), 0, 'nothing written');



=== TEST 6: HEAD
--- scim
my $user = create('head@example.com');
my $path = "/Users/$user->{id}";
my ($get, $head) = (GET($path), HEAD($path));

status_is($head, 200);
is($head->{body}, '', 'no body');
is($head->header($_), $get->header($_), $_)
    for qw(ETag Content-Type Content-Length Cache-Control);

status_is(HEAD('/Users'), 200, 'the list');
status_is(HEAD('/Users/' . UNKNOWN), 404, 'no such user');



=== TEST 7: deactivated and active again
--- scim
my $user = create('active@example.com');
my $path = "/Users/$user->{id}";
my $count = "select active_users from scim.tenant where name = 'acme'";
my $before = sql($count);

json_is(PUT($path, user('active@example.com', active => F)), 'active', F);
sql_is("select active from scim.resource where id = '$user->{id}'", 'f',
       'the row');
sql_is($count, $before - 1, 'the count');
sql_is("select active from scim.v_user where id = '$user->{id}'", 'f',
       'the view');

json_is(PUT($path, user('active@example.com', active => T)), 'active', T);
sql_is($count, $before, 'the count');
etag_is(GET($path), 3);



=== TEST 8: created inactive
--- scim
my $user = create('staged@example.com', active => F);

json_is($user, 'active', F);
json_is(GET("/Users/$user->{id}"), 'active', F);
json_is(GET('/Users?filter=userName%20eq%20%22staged@example.com%22'),
        'Resources.0.active', F, 'in a list, too');



=== TEST 9: the id is ours
--- scim
my $user = create('ownid@example.com', id => UNKNOWN,
                  meta => { created => '2001-01-01T00:00:00Z',
                            version => 'W/"99"', resourceType => 'Group' });

isnt($user->{id}, UNKNOWN, 'id');
json_is($user, 'meta.version', 'W/"1"');
json_is($user, 'meta.resourceType', 'User');
unlike($user->{meta}{created}, qr/^2001/, 'created');
error_is(GET('/Users/' . UNKNOWN), 404);



=== TEST 10: userName is a must
--- scim
for my $body ({ schemas => [ USER ] }, user(undef), user(''),
              { schemas => [ USER ], userName => [] })
{
    my $res = POST('/Users', $body);
    error_is($res, 400, 'invalidValue', qr/userName/, encode($body));
}

error_is(PUT('/Users/' . create('must@example.com')->{id},
             { schemas => [ USER ] }), 400, 'invalidValue', qr/userName/);



=== TEST 11: schemas
--- scim
error_is(POST('/Users', { userName => 'schemas1',
                          schemas => [ 'urn:example:none' ] }),
         400, 'invalidSyntax', undef, 'an unknown one');
error_is(POST('/Users', { userName => 'schemas2', schemas => 7 }), 400,
         'invalidSyntax', undef, 'no list');
error_is(POST('/Users', [ user('schemas4') ]), 400, 'invalidSyntax', undef,
         'a list of users');

my $res = POST('/Users', { userName => 'schemas5',
    schemas => [ "urn:IETF:params:scim:schemas:core:2.0:user" ] });
status_is($res, 201, 'in another case');
json_is($res, 'schemas', [ USER ]);



=== TEST 12: Location is made of the server's name, never of Host
--- scim
my $res = raw(<<"EOT" . encode(user('host@example.com')));
POST /scim/v2/Users HTTP/1.1
Host: evil.example
Authorization: Bearer $SECRET{acme}
Content-Type: application/scim+json
Content-Length: @{[ length encode(user('host@example.com')) ]}
Connection: close

EOT

status_is($res, 201);
unlike($res->{raw_headers} . $res->{body}, qr/evil/, 'not from Host');
like($res->header('Location'), qr{^http://localhost(:\d+)?/scim/v2/Users/},
     'from server_name');



=== TEST 13: scim_base_url
--- location
scim_base_url https://scim.example.com/tenants/v2/;
--- scim
my $res = POST('/Users', user('base@example.com'));
my $id = $res->json->{id};

header_is($res, 'Location', "https://scim.example.com/tenants/v2/Users/$id");
json_is($res, 'meta.location',
        "https://scim.example.com/tenants/v2/Users/$id");
json_is(GET('/ServiceProviderConfig'), 'meta.location',
        'https://scim.example.com/tenants/v2/ServiceProviderConfig');



=== TEST 14: another prefix
--- server
location /scim/ { scim_pass main; }
--- scim
my $client = client(prefix => '/scim');
my $res = $client->request('POST', '/Users', body => user('pre@example.com'));

status_is($res, 201);
like($res->header('Location'), qr{^http://[^/]+/scim/Users/[0-9a-f-]+$},
     'Location');
status_is($client->request('GET', '/Users/' . $res->json->{id}), 200);



=== TEST 15: values come back as they were sent
--- scim
my %value = (
    displayName => " leading, trailing \x{00e9}\x{4e2d}\x{1f600} ",
    title       => "quote \" backslash \\ slash / tab \t line \n",
    nickName    => "del \x7f, ls \x{2028}, bom \x{feff}",
    locale      => 'xx-not-a-locale',
    timezone    => 'Nowhere/Land',
    profileUrl  => 'not a url',
    phoneNumbers => [ { value => '+49 (0)89 / 123-45', type => 'Quirky' } ],
);
my $user = create('values@example.com', %value);

for (sort keys %value) {
    is_deeply($user->{$_}, $value{$_}, "POST: $_");
}

my $got = GET("/Users/$user->{id}")->json;
for (sort keys %value) {
    is_deeply($got->{$_}, $value{$_}, "GET: $_");
}



=== TEST 16: a password goes in and never comes out
--- scim
my $canary = 'c4nary-pa55word';
my $user = create('pass@example.com', password => $canary);
my $path = "/Users/$user->{id}";

ok(!exists $user->{password}, 'POST');
PUT($path, user('pass@example.com', password => $canary, title => 'x'));

for ($path, "$path?attributes=password", "$path?attributes=userName,password",
     '/Users', '/Users?attributes=password')
{
    unlike(GET($_)->{body}, qr/$canary/, "GET $_");
}

sql_is("select count(*) from scim.resource r where r::text like '%$canary%'",
       0, 'in no row');
sql_is("select count(*) from scim.audit r where r::text like '%$canary%'", 0,
       'nor audited');
unlike(error_log() . access_log(), qr/$canary/, 'nor logged');



=== TEST 17: one connection kept for many requests
--- scim
my $client = client(keepalive => 1);
my ($failed, $fresh) = (0, 0);

for my $i (1 .. 50) {
    my $res = $client->request('POST', '/Users', body => user("k$i"));
    $failed++ if $res->{status} != 201;
    $fresh++ if !$res->{reused};

    $res = $client->request('DELETE', '/Users/' . $res->json->{id});
    $failed++ if $res->{status} != 204;
}

is($failed, 0, 'no request failed');
is($fresh, 1, 'one connection');



=== TEST 18: pipelined
--- scim
my $get = "GET /scim/v2/Users?count=1 HTTP/1.1\r\nHost: localhost\r\n"
          . "Authorization: Bearer $SECRET{acme}\r\n";
my $all = talk("$get\r\n" x 9 . "${get}Connection: close\r\n\r\n");

is(() = $all =~ m{HTTP/1\.1 200 OK\r\n}g, 10, 'ten answers');
