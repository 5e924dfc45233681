# JumpCloud: keys sorted, so that schemas come late; PUT with empty lists;
# PATCH in lower case with members removed by value lists.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::Ops;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: activation: a test user and a test group, made and deleted
--- reset
--- scim
my $user = sub {
    my ($active, $emails) = @_;
    return qq({"active":$active,"addresses":[],)
        . qq("displayName":"JumpCloud Test","emails":$emails,)
        . qq("externalId":"jc-1","name":{"familyName":"Test",)
        . qq("formatted":"JumpCloud Test","givenName":"JumpCloud"},)
        . qq("phoneNumbers":[{"primary":true,"type":"work",)
        . qq("value":"tel:+1-555-0100"}],)
        . qq("schemas":["@{[ ENTERPRISE ]}","@{[ USER ]}"],)
        . qq("userName":"test\@jumpcloud.com",)
        . qq("@{[ ENTERPRISE ]}":{"department":"","employeeNumber":"1"}});
};

my $kept = replay(client(), type => 'application/scim+json; charset=utf-8',
                  steps => [
    { name => 'an empty store', json => { totalResults => 0 },
      send => 'GET /Users?count=1&startIndex=1' },
    { name => 'is he there', json => { totalResults => 0 },
      send => 'GET /Users?filter=userName%20eq%20%22test@jumpcloud.com%22' },
    { name => 'create', send => 'POST /Users', status => 201,
      body => $user->('true', '[{"primary":true,"type":"work",'
                              . '"value":"test@jumpcloud.com"}]'),
      json => { 'phoneNumbers.0.value' => 'tel:+1-555-0100',
                'emails.0.value' => 'test@jumpcloud.com',
                externalId => 'jc-1',
                '<' . ENTERPRISE . '>' => { employeeNumber => '1' } },
      keep => { id => 'id' } },
    { name => 'no mail', send => 'PUT /Users/{id}',
      body => $user->('true', '[]'), json => { emails => undef } },
    { name => 'no mail, null', send => 'PUT /Users/{id}',
      body => $user->('true', 'null'),
      json => { emails => undef, 'meta.version' => 'W/"2"' } },
    { name => 'suspend', send => 'PUT /Users/{id}',
      body => $user->('false', 'null'), json => { active => F } },

    { name => 'no group', json => { totalResults => 0 },
      send => 'GET /Groups?filter=displayName%20eq%20%22JumpCloud%20Test%22' },
    { name => 'group', send => 'POST /Groups', status => 201,
      body => '{"displayName":"JumpCloud Test","members":[],'
              . '"schemas":["' . GROUP . '"]}',
      keep => { g => 'id' } },
    { name => 'add', send => 'PATCH /Groups/{g}',
      body => { Operations => [ { op => 'add', path => 'members',
                                  value => [ { value => '{id}' } ] } ],
                schemas => [ PATCHOP ] },
      json => { 'members.0.value' => '{id}' } },
    { name => 'remove', send => 'PATCH /Groups/{g}',
      body => ops([ 'remove', 'members', [ { value => '{id}' } ] ]),
      json => { members => undef } },
    { name => 'put', send => 'PUT /Groups/{g}',
      body => { displayName => 'JumpCloud Test 2', id => '{g}',
                members => [ { value => '{id}' } ], schemas => [ GROUP ] },
      json => { displayName => 'JumpCloud Test 2', 'members.#' => 1 } },
    { name => 'delete the group', send => 'DELETE /Groups/{g}',
      status => 204 },
    { name => 'delete the user', send => 'DELETE /Users/{id}',
      status => 204 },
]);

ok($kept->{g}, 'to its end');



=== TEST 2: removing one of many by value leaves the others
--- reset
--- scim
my @ids = map { create($_)->{id} } qw(a b c d);
my $group = group('jc', @ids);

modified("/Groups/$group->{id}",
         [ 'remove', 'members', [ { value => $ids[1] } ] ]);
members_are("/Groups/$group->{id}", [ @ids[0, 2, 3] ]);
modified("/Groups/$group->{id}",
         [ 'remove', 'members', [ { value => $ids[0] },
                                  { value => $ids[3] } ] ]);
members_are("/Groups/$group->{id}", [ $ids[2] ]);



=== TEST 3: without quirks, in both profiles
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my ($as) = @_;
    my $body = '{"active":true,"emails":[],"name":{"familyName":"F"},'
               . '"schemas":["' . USER . '"],"userName":"late"}';

    replay(client(as => $as), type => 'application/scim+json', steps => [
        { name => 'create', send => 'POST /Users', status => 201,
          body => $body, keep => { id => 'id' },
          json => { emails => undef, 'name.familyName' => 'F' } },
        { name => 'the same', send => 'PUT /Users/{id}', body => $body,
          json => { 'meta.version' => 'W/"1"' } },
        { name => 'delete', send => 'DELETE /Users/{id}', status => 204 },
    ]);
});
