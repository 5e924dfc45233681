# Okta's catalogue apps: PUT for the profile, PATCH for the state, group push
# by PATCH and, as wizard apps have it, by PUT.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::Ops;
use Test::Nginx::Socket 'no_plan';

sub SCIM::Steps::okta {
    my ($steps, %more) = @_;

    return SCIM::replay(SCIM::client(%more), steps => $steps,
        type    => 'application/scim+json; charset=utf-8',
        headers => [ 'Accept'          => 'application/scim+json',
                     'Accept-Charset'  => 'utf-8',
                     'Accept-Encoding' => 'gzip,deflate',
                     'User-Agent'      => 'Okta SCIM Client 1.0.0' ]);
}

scim_reset();
run_tests();

__DATA__

=== TEST 1: a user, in both profiles
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my ($as) = @_;

    okta([
        { name => 'connector test', send => 'GET /Users?startIndex=1&count=2',
          json => { totalResults => 0, itemsPerPage => 0, startIndex => 1 } },
        { name => 'groups, too', send => 'GET /Groups?startIndex=1&count=100',
          json => { totalResults => 0 } },
        { name => 'is she there', json => { totalResults => 0 },
          send => 'GET /Users?filter=userName%20eq%20%22test.user%40okta.'
                  . 'local%22&startIndex=1&count=100' },
        { name => 'create', send => 'POST /Users', status => 201,
          body => { schemas => [ USER ], userName => 'test.user@okta.local',
                    name => { givenName => 'Test', familyName => 'User' },
                    emails => [ { primary => T, type => 'work',
                                  value => 'test.user@okta.local' } ],
                    displayName => 'Test User', locale => 'en-US',
                    externalId => '00ujl29u0le5T6Aj10h7', groups => [],
                    password => '1mz050nq', active => T },
          json => { active => T, password => undef }, keep => { id => 'id' } },
        { name => 'profile', send => 'PUT /Users/{id}',
          body => { schemas => [ USER ], id => '{id}', active => T,
                    userName => 'test.user@okta.local',
                    name => { givenName => 'Another', middleName => '',
                              familyName => 'User' },
                    emails => [ { primary => T, type => 'work',
                                  value => 'test.user@okta.local' } ],
                    groups => [], meta => { resourceType => 'User' } },
          json => { 'name.givenName' => 'Another', id => '{id}' } },

        map({ my ($name, $value, $json) = @$_;
              +{ name => $name, send => 'PATCH /Users/{id}',
                 body => ops([ 'replace', undef, $value ]),
                 json => { id => '{id}', %$json } } }
            [ 'deactivate', { active => F }, { active => F } ],
            [ 'reactivate', { active => T }, { active => T } ],
            [ 'password', { password => 'n3w' }, { password => undef } ]),

        { name => 'the id is the same', send => 'GET /Users/{id}',
          json => { active => T, 'name.givenName' => 'Another' } },
    ], as => $as);
});



=== TEST 2: group push by PATCH
--- reset
--- scim
okta([
    map({ +{ name => $_, send => 'POST /Users', status => 201,
             body => { schemas => [ USER ], userName => $_ },
             keep => { $_ => 'id' } } } qw(u1 u2 u3)),

    { name => 'is it there', json => { totalResults => 0 },
      send => 'GET /Groups?filter=displayName%20eq%20%22Test%20SCIMv2%22'
              . '&startIndex=1&count=100' },
    { name => 'create', send => 'POST /Groups', status => 201,
      body => { schemas => [ GROUP ], displayName => 'Test SCIMv2',
                members => [] },
      json => { members => undef }, keep => { g => 'id' } },
    { name => 'get', send => 'GET /Groups/{g}',
      json => { displayName => 'Test SCIMv2' } },

    { name => 'add', send => 'PATCH /Groups/{g}',
      body => ops([ 'add', 'members', [ { value => '{u1}',
                                          display => 'u1' } ] ],
                  [ 'add', 'members', [ { value => '{u2}',
                                          display => undef } ] ]),
      json => { 'members.#' => 2 } },
    { name => 'remove and add', send => 'PATCH /Groups/{g}',
      body => ops([ 'remove', 'members[value eq "{u1}"]' ],
                  [ 'add', 'members', [ { value => '{u3}',
                                          display => 'u3' } ] ]),
      json => { 'members.#' => 2 } },
    { name => 'the list anew', send => 'PATCH /Groups/{g}',
      body => ops([ 'replace', 'members', [ { value => '{u1}',
                                              display => 'u1' } ] ]),
      json => { 'members.#' => 1, 'members.0.value' => '{u1}' } },
    { name => 'rename', send => 'PATCH /Groups/{g}',
      body => ops([ 'replace', undef, { id => '{g}',
                                        displayName => 'Renamed' } ]),
      json => { id => '{g}', displayName => 'Renamed', 'members.#' => 1 } },
    { name => 'rename, the same again', send => 'PATCH /Groups/{g}',
      body => ops([ 'replace', undef, { id => '{g}',
                                        displayName => 'Renamed' } ]),
      json => { 'meta.version' => 'W/"5"' } },
    { name => 'empty it', send => 'PATCH /Groups/{g}',
      body => ops([ 'replace', undef, { members => [] } ]),
      json => { members => undef, displayName => 'Renamed' } },
    { name => 'unlink', send => 'DELETE /Groups/{g}', status => 204 },
    { name => 'users stay', send => 'GET /Users/{u1}',
      json => { groups => undef } },
]);



=== TEST 3: group push by PUT, as wizard apps have it, in both profiles
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my ($as) = @_;

    okta([
        map({ +{ name => $_, send => 'POST /Users', status => 201,
                 body => { schemas => [ USER ], userName => $_ },
                 keep => { $_ => 'id' } } } qw(u1 u2)),
        { name => 'create', send => 'POST /Groups', status => 201,
          body => { schemas => [ GROUP ], displayName => 'AIW',
                    members => [] },
          keep => { g => 'id' } },
        { name => 'get', send => 'GET /Groups/{g}', keep => { group => '' } },
        { name => 'members', send => 'PUT /Groups/{g}',
          body => sub {
              my ($kept) = @_;
              return { %{ $kept->{group} }, members => [
                  { value => $kept->{u1}, display => 'u1' },
                  { value => $kept->{u2}, display => 'u2' } ] };
          },
          json => { 'members.#' => 2, id => '{g}' } },
        { name => 'get', send => 'GET /Groups/{g}', keep => { group => '' } },
        { name => 'unchanged', send => 'PUT /Groups/{g}',
          body => sub { return $_[0]{group} },
          check => sub {
              my ($res, $kept) = @_;
              is_deeply($res->json->{meta}, $kept->{group}{meta},
                        'no new version');
          } },
        { name => 'one less, renamed', send => 'PUT /Groups/{g}',
          body => sub {
              my ($kept) = @_;
              return { %{ $kept->{group} }, displayName => 'AIW 2',
                       members => [ { value => $kept->{u2} } ] };
          },
          json => { 'members.#' => 1, 'members.0.value' => '{u2}',
                    displayName => 'AIW 2' } },

        # what a user's answer says of groups goes back with the next PUT

        { name => 'the user', send => 'GET /Users/{u2}',
          json => { 'groups.0.value' => '{g}' }, keep => { user => '' } },
        { name => 'put back', send => 'PUT /Users/{u2}',
          body => sub { return $_[0]{user} },
          json => { 'groups.0.value' => '{g}', 'meta.version' => 'W/"1"' } },
        { name => 'unlink', send => 'DELETE /Groups/{g}', status => 204 },
    ], as => $as);
});



=== TEST 4: import of groups, pages of 100
--- reset
--- scim
my $client = client(keepalive => 1);
for my $i (1 .. 230) {
    my $res = $client->request('POST', '/Groups', body => {
        schemas => [ GROUP ], displayName => "imported $i" });
    is($res->{status}, 201) if $res->{status} != 201;
}

my %seen;

for my $start (1, 101, 201) {
    my $res = GET("/Groups?startIndex=$start&count=100");
    my @groups = @{ $res->json->{Resources} };

    json_is($res, 'totalResults', 230);
    json_is($res, 'itemsPerPage', scalar @groups, 'what came');
    $seen{$_->{id}}++ for @groups;
}

is(scalar keys %seen, 230, 'all');
is(scalar(grep { $_ > 1 } values %seen), 0, 'none twice');
