# Five products' minimal demands; the number in a name is the demand's.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: 000: Basic, a prefix without /v2, PUT
--- server
location /scim/ { scim_pass main; }
--- scim
my $client = client(prefix => '/scim', as => 'acme_basic');
my $res = $client->request('POST', '/Users', body => {
    schemas => [ USER ], userName => 'm.mustermann@firma.example',
    name => { givenName => 'Max', familyName => 'Mustermann' },
    displayName => 'Max Mustermann', locale => 'de-DE',
    externalId => 'nameid-4711', active => T });

status_is($res, 201, '000.1 create');
my $id = $res->json->{id};
like($res->header('Location'), qr{^http://[^/]+/scim/Users/$id$},
     '000.8 Location has the prefix called');
sql_is("select count(*) from scim.v_user where id = '$id'", 1,
       '000.1 one row in v_user');

sql_is("select user_name, given_name, family_name, display_name, locale, "
       . "external_id, active from scim.v_user where id = '$id'",
       'm.mustermann@firma.example|Max|Mustermann|Max Mustermann|de-DE|'
       . 'nameid-4711|t', '000.14 seven columns');

my $put = sub {
    $client->request('PUT', "/Users/$id", body => {
        schemas => [ USER ], userName => 'm.mustermann@firma.example', @_ });
};

$res = $put->(name => { givenName => 'Max', familyName => 'Meier' });
status_is($res, 200, '000.2 update');
json_is($res, 'name.familyName', 'Meier');
json_is($res, 'meta.version', 'W/"2"');
sql_is("select family_name, version from scim.v_user where id = '$id'",
       'Meier|2', '000.2 in the view');

$res = $put->(active => F);
json_is($res, 'active', F, '000.21 PUT with little else');
sql_is("select active from scim.v_user where id = '$id'", 'f',
       '000.5 at once');
$res = $put->(active => F);
json_is($res, 'meta.version', 'W/"3"', '000.3 twice is once');
sql_is("select count(*) from scim.audit where resource_id = '$id' "
       . "and op = 'replace'", 2, '000.3 one change');

$res = $put->(active => T);
json_is($res, 'active', T, '000.22 reactivated');
json_is($res, 'id', $id, '000.22 same id');

status_is($client->request('DELETE', "/Users/$id"), 204, '000.4 delete');
status_is($client->request('GET', "/Users/$id"), 404, '000.4 gone');
sql_is("select count(*) from scim.v_user where id = '$id'", 0,
       '000.4 not in the view');



=== TEST 2: 000: lists, stubs, errors
--- reset
--- scim
my @ids = map { create("p$_")->{id} } 1 .. 5;
my @seen = map { map { $_->{id} }
                 @{ GET("/Users?startIndex=$_&count=2")->json->{Resources} } }
           1, 3, 5;
is_deeply(\@seen, \@ids, '000.9 three pages of two over five');

my $res = PATCH('/Users', {});
error_is($res, 405, undef, undef, '000.11 PATCH on the collection');
header_is($res, 'Allow', 'GET, HEAD, POST');

error_is(POST('/Users', { schemas => [ USER ] }), 400, 'invalidValue',
         qr/userName/, '000.24 the attribute is named');
status_is(HEAD('/ServiceProviderConfig'), 200, '000.24 reachable');

create('x1', externalId => 'name-id');
error_is(POST('/Users', user('x2', externalId => 'name-id')), 409,
         'uniqueness', qr/externalId/, '000.19 externalId is unique');
status_is(POST('/Users', user('x3', externalId => '1')), 201,
          '000.19 "1" is a name like any other');



=== TEST 3: 001: the connection's test, identical requests, letter case
--- reset
--- scim
my $audit = 'select count(*) from scim.audit where status < 300';
my $before = sql($audit);

status_is(GET('/Users?count=1'), 200, '001.15 probe');
status_is(GET('/ServiceProviderConfig'), 200, '001.15 probe');
sql_is($audit, $before, '001.15 nothing is written by it');

my $user = create('A@x.de');
error_is(POST('/Users', user('a@x.de')), 409, 'uniqueness', qr/userName/,
         '001.11 letter case does not count');

etag_is(PUT("/Users/$user->{id}", user('A@x.de')), 1) for 1 .. 5;
sql_is($audit, $before + 1, '001.2 five times the same: no change');



=== TEST 4: 001.8: one base URL
--- location
scim_base_url https://api.example.com/scim/v2;
--- scim
my $user = create('base@x.de');
is($user->{meta}{location},
   "https://api.example.com/scim/v2/Users/$user->{id}", '001.8');



=== TEST 5: 002: scopes, quotes, only what is mapped
--- acme
unknown_attributes reject;
--- scim
my $user = create('meister@example.com');
ok($user, '002.6 nothing but userName');

error_is(PUT("/Users/$user->{id}", user('x'), as => 'acme_ro'), 403, undef,
         undef, '002.3 scope users:r');
status_is(GET("/Users/$user->{id}", as => 'acme_ro'), 200, '002.3 reads');

json_is(GET('/Users?filter=' . uri_escape('userName eq '
                                          . '"MEISTER@example.com"')),
        'totalResults', 1, '002.4 letter case');
error_is(GET('/Users?filter=' . uri_escape("userName eq 'x'")), 400,
         'invalidFilter', undef, '002.5 single quotes');

error_is(POST('/Users', user('bad@example.com', colour => 'x')), 400,
         'invalidSyntax', qr/colour/, '002.10 it is named');
is(rows('acme', "name = 'bad\@example.com'"), 0, '002.10 no row');

error_is(POST('/Users', user('bad@example.com', active => 'wahr')), 400,
         'invalidValue', qr/active/, '002.9 "wahr" is not true');
json_is(create('true@example.com', active => 'True'), 'active', T,
        '002.9 "True" is');



=== TEST 6: 002.7: an extension of the customer's, kept
--- acme
unknown_attributes keep;
--- scim
my $urn = 'urn:ietf:params:scim:schemas:extension:meisterplan:2.0:User';
my $user = create({ schemas => [ USER, $urn ], userName => 'plan',
                    $urn => { passwordNeverExpires => F,
                              sendInvitationMail => T,
                              linkedResource => { id => 'r-1' } } });

is_deeply($user->{$urn}, { passwordNeverExpires => F,
                           sendInvitationMail => T,
                           linkedResource => { id => 'r-1' } },
          'as it was sent');
etag_is(PUT("/Users/$user->{id}", GET("/Users/$user->{id}")->{body}), 1);



=== TEST 7: 003: the minimum, and more on wish
--- reset
--- scim
my $user = create('awork@example.com',
                  name => { givenName => 'A', familyName => 'W' },
                  emails => [ { value => 'awork@example.com' } ]);
my $path = "/Users/$user->{id}";

ok($user, '003.2 minimum');
json_is(PUT($path, user('awork@example.com', timezone => 'Europe/Berlin',
                        preferredLanguage => 'de')),
        'timezone', 'Europe/Berlin', '003.1 time zone');

my $sum = "select md5(string_agg(r::text, '' order by id)) "
          . "from scim.resource r where tenant = 'acme' "
          . "and name <> 'awork\@example.com'";
sql("insert into scim.resource (tenant, id, type, name, name_key, doc, "
    . "managed, origin, app_ref) select 'acme', gen_random_uuid(), 'User', "
    . "'imp' || i, 'imp' || i, jsonb_build_object('schemas', "
    . "jsonb_build_array('" . USER . "'), 'userName', 'imp' || i, 'active', "
    . "true), false, 'app', i::text from generate_series(1, 9) i");
sql("update scim.tenant set users = users + 9 where name = 'acme'");
my $before = sql($sum);

json_is(GET('/Users'), 'totalResults', 10,
        '003.11 those the product had are listed');
json_is(GET('/Users?filter=' . uri_escape('userName eq "imp3"')),
        'totalResults', 1, '003.11 and found');
PUT($path, user('awork@example.com', title => 'x'));
sql_is($sum, $before, '003.3 and not touched');



=== TEST 8: 004: any userName, the test of the connection
--- reset
--- scim
status_is(POST('/Users', user('x1')), 201, '004.8 no mail address');

my $res = GET('/Users?aadOptscim062020&filter=userName+eq+%22'
              . '5ca1ab1e-0000-4000-8000-000000000000%22');
status_is($res, 200, '004.5, 004.6 a random value, a flag');
json_is($res, 'totalResults', 0, '004.6 nobody');
error_is(GET('/Users', as => '', headers => [ Authorization =>
                                              'Bearer wrong' ]), 401, undef,
         undef, '004.6 a wrong token');

my $user = create('just@example.com', externalId => 'j-1',
    name => { givenName => 'J', familyName => 'S',
              honorificPrefix => 'Dr.', honorificSuffix => 'MdB' });
json_is($user, 'name.honorificPrefix', 'Dr.', '004.10');
json_is($user, 'name.honorificSuffix', 'MdB', '004.10');

my $path = "/Users/$user->{id}";
my $res2 = PUT($path, user('just@example.com', externalId => undef,
                           name => undef));
ok(!exists $res2->json->{$_}, "004.17 null clears $_") for qw(externalId
                                                              name);



=== TEST 9: 004.14: attributes of the customer's own
--- acme
unknown_attributes keep;
--- scim
my $urn = 'urn:ietf:params:scim:schemas:extension:acme:1.0:User';
my $user = create('own@example.com', $urn => { CostCentre => '12' });

is($user->{$urn}{CostCentre}, '12', '004.14 kept');
ok((grep { $_ eq $urn } @{ $user->{schemas} }), '004.14 in schemas');

my $res = PUT("/Users/$user->{id}", user('own@example.com',
              uc($urn) => { costcentre => '13' }));
status_is($res, 200, '004.15 other case');



=== TEST 10: the five side by side
--- http eval
CORE::join "\n", map { my $n = $_; "scim_tenant seed$n { "
    . SCIM::token_line("seed-secret-$n") . ' }' } 0 .. 4
--- scim
my %id;
for my $n (0 .. 4) {
    my @as = (as => '', headers => [
        Authorization => "Bearer seed-secret-$n" ]);
    my $res = POST('/Users', user('same@example.com',
                                  displayName => "of $n"), @as);
    status_is($res, 201, "seed $n");
    $id{$n} = $res->json->{id};
}

for my $n (0 .. 4) {
    my @as = (as => '', headers => [
        Authorization => "Bearer seed-secret-$n" ]);

    for my $m (0 .. 4) {
        is(GET("/Users/$id{$m}", @as)->{status}, $n == $m ? 200 : 404,
           "$n reads $m");
    }

    json_is(GET('/Users', @as), 'totalResults', 1);
    json_is(GET('/Users', @as), 'Resources.0.displayName', "of $n");
}
