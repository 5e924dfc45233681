# Okta's wizard apps: filter, create, GET, and PUT of the whole answer.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: the session
--- reset
--- scim
my @steps = (
    { name => 'connector test', send => 'GET /Users?startIndex=1&count=2',
      json => { schemas => [ LIST ], totalResults => 0, startIndex => 1,
                itemsPerPage => 0 } },

    { name => 'is she there',
      send => 'GET /Users?filter=userName%20eq%20%22isaac.brock%40example'
              . '.com%22&startIndex=1&count=100',
      json => { schemas => [ LIST ], totalResults => 0 } },

    { name => 'create', send => 'POST /Users',
      body => {
          schemas => [ USER ], userName => 'isaac.brock@example.com',
          name => { givenName => 'Isaac', familyName => 'Brock' },
          emails => [ { primary => T, value => 'isaac.brock@example.com',
                        type => 'work' } ],
          displayName => 'Isaac Brock', locale => 'en-US',
          externalId => '00ujl29u0le5T6Aj10h7', groups => [],
          password => '1mz050nq', active => T },
      status => 201,
      json => { userName => 'isaac.brock@example.com', active => T,
                displayName => 'Isaac Brock', locale => 'en-US',
                externalId => '00ujl29u0le5T6Aj10h7', password => undef,
                'name.givenName' => 'Isaac',
                'meta.resourceType' => 'User' },
      keep => { id => 'id' },
      check => sub { like($_[0]->header('Location'), qr{/Users/[0-9a-f-]+$},
                          'create: Location') } },

    { name => 'create again', send => 'POST /Users',
      body => { schemas => [ USER ], userName => 'ISAAC.BROCK@example.com',
                active => T },
      status => 409, json => { scimType => 'uniqueness', status => '409' } },

    { name => 'found, in another case',
      send => 'GET /Users?filter=userName%20eq%20%22Isaac.Brock%40example'
              . '.com%22&startIndex=1&count=100',
      json => { totalResults => 1, 'Resources.0.id' => '{id}' } },

    { name => 'get', send => 'GET /Users/{id}',
      json => { id => '{id}', active => T }, keep => { user => '' } },

    # a wizard app merges what it has changed into what it got and sends all

    { name => 'unchanged', send => 'PUT /Users/{id}',
      body => sub { return $_[0]{user} },
      json => { 'meta.version' => 'W/"1"' } },

    { name => 'profile', send => 'PUT /Users/{id}',
      body => sub {
          my %user = %{ $_[0]{user} };
          $user{title} = 'Singer';
          $user{name} = { %{ $user{name} }, middleName => 'K' };
          $user{groups} = [];
          $user{password} = '1mz050nq';
          return \%user;
      },
      json => { title => 'Singer', 'name.middleName' => 'K', active => T,
                'name.givenName' => 'Isaac', 'meta.version' => 'W/"2"',
                externalId => '00ujl29u0le5T6Aj10h7', id => '{id}' } },

    { name => 'get before deactivation', send => 'GET /Users/{id}',
      keep => { user => '' } },

    { name => 'deactivate', send => 'PUT /Users/{id}',
      body => sub { return { %{ $_[0]{user} }, active => F } },
      json => { active => F, title => 'Singer', id => '{id}' } },

    { name => 'still there', send => 'GET /Users/{id}',
      json => { active => F }, keep => { user => '' } },

    { name => 'still found',
      send => 'GET /Users?filter=userName%20eq%20%22isaac.brock%40example'
              . '.com%22&startIndex=1&count=100',
      json => { totalResults => 1, 'Resources.0.active' => F } },

    { name => 'reactivate', send => 'PUT /Users/{id}',
      body => sub { return { %{ $_[0]{user} }, active => T } },
      json => { active => T, id => '{id}', title => 'Singer' } },

    { name => 'unknown id', send => 'GET /Users/010101001010101011001010101011',
      status => 404, json => { status => '404', schemas => [ ERROR ],
                               detail => qr/./ } },
);

my $kept = replay(client(), steps => \@steps,
    type => 'application/scim+json; charset=utf-8',
    headers => [ 'Accept'          => 'application/scim+json',
                 'Accept-Charset'  => 'utf-8',
                 'Accept-Encoding' => 'gzip,deflate',
                 'User-Agent'      => 'Okta SCIM Client 1.0.0' ]);

sql_is("select user_name, external_id, active, title, version "
       . "from scim.v_user where tenant = 'acme' and id = '$kept->{id}'",
       'isaac.brock@example.com|00ujl29u0le5T6Aj10h7|t|Singer|4',
       'what the application sees');
sql_is("select string_agg(op || ' ' || version_to, ', ' order by version_to) "
       . "from scim.audit where resource_id = '$kept->{id}' and status < 300",
       'create 1, replace 2, replace 3, replace 4', 'audited');



=== TEST 2: its SPEC test
--- scim
replay(client(), steps => [
    { name => 'first user', send => 'GET /Users?count=1&startIndex=1',
      json => { itemsPerPage => 1, startIndex => 1, totalResults => 1,
                'Resources.0.userName' => qr/./, 'Resources.0.active' => T,
                'Resources.0.name.familyName' => qr/./,
                'Resources.0.emails.0.value' => qr/./ },
      keep => { id => 'Resources.0.id' } },
    { name => 'by id', send => 'GET /Users/{id}', json => { id => '{id}' } },
    { name => 'nobody', send => 'GET /Users?filter=userName%20eq%20%22abcde'
                                . '%40atko.com%22',
      json => { totalResults => 0, schemas => [ LIST ] } },
    { name => 'create', send => 'POST /Users', type => 'application/json',
      body => { schemas => [ USER ], userName => 'Runscope300@atko.com',
                name => { givenName => 'Runscope', familyName => 'E' },
                emails => [ { primary => T, type => 'work',
                              value => 'Runscope300@atko.com' } ],
                displayName => 'Runscope E', active => T },
      status => 201, json => { active => T, schemas => [ USER ],
                               'name.familyName' => 'E' },
      keep => { new => 'id' } },
    { name => 'read back', send => 'GET /Users/{new}',
      json => { userName => 'Runscope300@atko.com' } },
    { name => 'again', send => 'POST /Users', type => 'application/json',
      body => { schemas => [ USER ], userName => 'Runscope300@atko.com' },
      status => 409 },
    { name => 'in capitals', send => 'GET /Users?filter=userName%20eq%20%22'
                                     . 'RUNSCOPE300%40ATKO.COM%22',
      json => { totalResults => 1 } },
    { name => 'groups', send => 'GET /Groups', status => 200 },
]);

my $res = GET('/Users', as => '', headers => [ Authorization =>
                                               'non-token' ]);
error_is($res, 401, undef, qr/./, 'a wrong token');



=== TEST 3: import, pages of 100
--- reset
--- scim
my $client = client(keepalive => 1);
for my $i (1 .. 230) {
    my $res = $client->request('POST', '/Users', body => user("imp$i"));
    is($res->{status}, 201) if $res->{status} != 201;
}

my (%seen, $total);

for (my $start = 1; !defined $total || $start <= $total; $start += 100) {
    my $res = GET("/Users?startIndex=$start&count=100");

    $total //= $res->json->{totalResults};
    like($res->{body}, qr/"totalResults"\s*:\s*230\b/, 'a number');
    json_is($res, 'startIndex', $start);
    is($res->json->{itemsPerPage}, scalar @{ $res->json->{Resources} },
       'itemsPerPage is what came');
    $seen{$_->{id}}++ for @{ $res->json->{Resources} };

    # somebody is changed meanwhile: the order must hold

    my $first = GET('/Users?count=1')->json->{Resources}[0];
    PUT("/Users/$first->{id}", user($first->{userName}, title => $start));
}

is(scalar keys %seen, 230, 'all');
is(scalar(grep { $_ > 1 } values %seen), 0, 'none twice');
