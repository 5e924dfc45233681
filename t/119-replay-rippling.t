# Rippling: ServiceProviderConfig as a test, values by emails[primary eq
# true], groups by PATCH; a POST may come a second time after a time-out.

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

=== TEST 1: the session, in both profiles
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my ($as) = @_;
    my $user = { schemas => [ USER ], userName => 'r@example.com',
                 active => T, name => { givenName => 'R', familyName => 'F' },
                 emails => [ { value => 'r@example.com', type => 'work',
                               primary => T },
                             { value => 'r@home.example', type => 'home' } ] };

    replay(client(as => $as), type => 'application/scim+json', steps => [
        { name => 'test', send => 'GET /ServiceProviderConfig',
          json => { 'filter.supported' => T, 'patch.supported' => T } },
        { name => 'create', send => 'POST /Users', body => $user,
          status => 201, keep => { id => 'id' } },
        { name => 'the answer was lost', send => 'POST /Users',
          body => $user, status => 409, json => { scimType => 'uniqueness' } },
        { name => 'there is one', json => { totalResults => 1,
                                            'Resources.0.id' => '{id}' },
          send => 'GET /Users?filter=userName%20eq%20%22r@example.com%22' },
        { name => 'by the primary mail', json => { totalResults => 1 },
          send => 'GET /Users?filter=emails%5Bprimary%20eq%20true%5D.value'
                  . '%20eq%20%22r@example.com%22' },
        { name => 'not by the other', json => { totalResults => 0 },
          send => 'GET /Users?filter=emails%5Bprimary%20eq%20true%5D.value'
                  . '%20eq%20%22r@home.example%22' },
        { name => 'a new mail', send => 'PATCH /Users/{id}',
          body => ops([ 'replace', 'emails[primary eq true].value',
                        'new@example.com' ]),
          json => { 'emails.0.value' => 'new@example.com',
                    'emails.0.primary' => T,
                    'emails.1.value' => 'r@home.example' } },
        { name => 'group', send => 'POST /Groups', status => 201,
          body => { schemas => [ GROUP ], displayName => 'Rippling' },
          keep => { g => 'id' } },
        { name => 'the group again', send => 'POST /Groups', status => 409,
          body => { schemas => [ GROUP ], displayName => 'Rippling' } },
        { name => 'add', send => 'PATCH /Groups/{g}',
          body => ops([ 'add', 'members', [ { value => '{id}' } ] ]),
          json => { 'members.#' => 1 } },
        { name => 'remove', send => 'PATCH /Groups/{g}',
          body => ops([ 'remove', 'members[value eq "{id}"]' ]),
          json => { members => undef } },
        { name => 'leaves', send => 'PATCH /Users/{id}',
          body => ops([ 'replace', 'active', F ]), json => { active => F } },
    ]);
});



=== TEST 2: two of the same POST at once
--- reset
--- scim
my @status = parallel(6, sub {
    return POST('/Users', user('once'))->{status};
});

is(join(' ', sort @status), '201 409 409 409 409 409', 'one of them');
is(rows('acme'), 1, 'one user');
