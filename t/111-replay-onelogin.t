# OneLogin: its template, its old names, its slips in URLs.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: the template of a customer's help page
phone is optional there, but always sent
--- reset
--- scim
my $template = sub {
    my (%p) = @_;
    return qq({

  "schemas": [

    "urn:ietf:params:scim:schemas:core:2.0:User"

  ],

  "userName": "$p{mail}",

  "name": {

    "formatted": "$p{first} $p{last}",

    "givenName": "$p{first}",

    "familyName": "$p{last}"

  },

  "emails": [

    {

      "value": "$p{mail}",

      "primary": true,

      "type": "work"

    }

  ],

  "phoneNumbers": [

    {

      "value": "$p{phone}",

      "primary": true,

      "type": "work"

    }

  ]

}
);
};

my $kept = replay(client(), type => 'application/json',
                  headers => [ Accept => 'application/json' ], steps => [
    { name => 'probe',
      send => 'GET /Users?filter=userName%20eq%20%22onelogin-test%22&',
      json => { totalResults => 0 } },
    { name => 'probe with count',
      send => 'GET /Users?count=100&startIndex=1&',
      json => { totalResults => 0 } },

    { name => 'create', send => 'POST /Users',
      body => $template->(mail => 'max@example.com', first => 'Max',
                          last => 'Muster', phone => ''),
      status => 201,
      json => { userName => 'max@example.com', phoneNumbers => undef,
                'name.formatted' => 'Max Muster', active => T,
                'emails.0.value' => 'max@example.com',
                'emails.0.primary' => T },
      keep => { id => 'id' } },

    { name => 'found',
      send => 'GET /Users?filter=userName+eq+%22max%40example.com%22&',
      json => { totalResults => 1, 'Resources.0.id' => '{id}' } },

    { name => 'the same again', send => 'PUT /Users/{id}?',
      body => $template->(mail => 'max@example.com', first => 'Max',
                          last => 'Muster', phone => ''),
      json => { 'meta.version' => 'W/"1"', active => T } },

    { name => 'a phone number', send => 'PUT /Users/{id}?',
      body => $template->(mail => 'max@example.com', first => 'Max',
                          last => 'Muster', phone => '+49 89 1'),
      json => { 'meta.version' => 'W/"2"',
                'phoneNumbers.0.value' => '+49 89 1',
                'phoneNumbers.0.primary' => T } },

    { name => 'another mail address', send => 'PUT /Users/{id}?',
      body => $template->(mail => 'm.muster@example.com', first => 'Max',
                          last => 'Muster', phone => '+49 89 1'),
      json => { userName => 'm.muster@example.com', id => '{id}' } },

    { name => 'deactivate', send => 'PUT /Users/{id}?',
      body => { schemas => [ USER ], userName => 'm.muster@example.com',
                active => F },
      json => { active => F } },

    { name => 'delete', send => 'DELETE /Users/{id}', status => 204 },
    { name => 'gone', send => 'GET /Users/{id}', status => 404 },
]);

ok($kept->{id}, 'to its end');



=== TEST 2: old schema names
--- scim
my $i = 0;

for my $schemas ([ 'urn:scim:schemas:core:2.0' ],
                 [ 'urn:scim:schemas:core:1.0' ],
                 [ 'urn:scim:schemas:core:2.0',
                   'urn:scim:schemas:extension:enterprise:2.0' ],
                 [ 'urn:scim:schemas:core:1.0',
                   'urn:scim:schemas:extension:enterprise:1.0' ])
{
    my $user = create({ schemas => $schemas, userName => 'old' . $i++ });

    is_deeply($user->{schemas}, [ USER ], "@$schemas");
}



=== TEST 3: the enterprise extension under its old name
--- scim
for my $urn ('urn:scim:schemas:extension:enterprise:2.0',
             'urn:scim:schemas:extension:enterprise:1.0')
{
    my $user = create({ schemas => [ 'urn:scim:schemas:core:2.0', $urn ],
                        userName => "ent-$urn",
                        $urn => { department => 'D', employeeNumber => '7',
                                  manager => { managerId => 'm-1',
                                               displayName => 'M' } } });

    is($user->{+ENTERPRISE}{department}, 'D', "$urn: department");
    is($user->{+ENTERPRISE}{manager}{value}, 'm-1',
       'managerId is the manager');
    ok((grep { $_ eq ENTERPRISE } @{ $user->{schemas} }), 'under its name');
    ok(!exists $user->{$urn}, 'and not under the old one');
}



=== TEST 4: a template with everything that was ever seen
--- scim
my $res = POST('/Users', '{"schemas":["urn:scim:schemas:core:2.0"],'
    . '"id":null,"userName":"all@example.com","active":"true",'
    . '"displayName":"","title":"",'
    . '"name":{"givenName":"A","familyName":"","formatted":""},'
    . '"emails":{"value":"all@example.com","type":"work",'
    . '"primary":"true"},"phoneNumbers":[],'
    . '"groups":[],"meta":null,'
    . '"urn:scim:schemas:extension:enterprise:2.0":{"department":"",'
    . '"manager":{"managerId":""}}}', type => 'application/json');

status_is($res, 201);
like($res->json->{id}, qr/^[0-9a-f-]{36}$/, 'an id of ours');
json_is($res, 'active', T);
json_is($res, 'name.givenName', 'A');
json_is($res, 'emails', [ { value => 'all@example.com', type => 'work',
                            primary => T } ]);
ok(!defined $res->json->{+ENTERPRISE}
   || !exists $res->json->{+ENTERPRISE}{manager}, 'no manager');

my $path = '/Users/' . $res->json->{id};
etag_is(PUT($path, GET($path)->{body}), 1);



=== TEST 5: the first assignment: a burst of creates
--- reset
--- scim
my @n = parallel(6, sub {
    my ($p) = @_;
    my $client = client(keepalive => 1);
    my $n = 0;

    for my $i (1 .. 50) {
        my $res = $client->request('POST', '/Users', body => {
            schemas => [ USER ], userName => "burst-$p-$i\@example.com" });
        $n++ if $res->{status} == 201;
    }

    return $n;
});

is(join(' ', @n), '50 50 50 50 50 50', 'all 201');
is(rows('acme'), 300, 'once each');
sql_is("select users from scim.tenant where name = 'acme'", 300, 'counted');
