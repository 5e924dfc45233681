# Entra ID with its compatibility flag (aadOptscim062020): lower case,
# booleans, one replace without a path whose keys are dotted names and URNs,
# members removed by a filter.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::Ops;
use Test::Nginx::Socket 'no_plan';

sub SCIM::Steps::entra {
    my ($steps, %more) = @_;

    return SCIM::replay(SCIM::client(%more), steps => $steps,
        type    => 'application/scim+json; charset=utf-8',
        headers => [ 'User-Agent' =>
                     'Microsoft Azure AD SCIM provisioning 1.0' ]);
}

scim_reset();
run_tests();

__DATA__

=== TEST 1: a user, in both profiles
dotted keys and URNs of a value without a path are no quirk but notation
--- reset
--- globex
profile strict;
--- scim
my $e = '<' . ENTERPRISE . '>';

both(sub {
    my ($as) = @_;

    entra([
        { name => 'test connection', json => { totalResults => 0 },
          send => 'GET /Users?filter=userName+eq+%22c37a9b3a%22' },
        { name => 'create', send => 'POST /Users',
          body => { schemas => [ USER, ENTERPRISE ], active => T,
                    externalId => 'ext', userName => 'flag@example.com',
                    displayName => 'Flag', meta => { resourceType => 'User' },
                    emails => [ { type => 'work', primary => T,
                                  value => 'flag@example.com' } ],
                    name => { givenName => 'G', familyName => 'F' },
                    ENTERPRISE, { department => 'D' } },
          status => 201, keep => { id => 'id' } },
        { name => 'update', send => 'PATCH /Users/{id}',
          body => ops([ 'replace', 'emails[type eq "work"].value',
                        'new@example.com' ],
                      [ 'replace', undef, {
                          displayName => 'New', 'name.givenName' => 'H',
                          'name.familyName' => 'I', active => F,
                          ENTERPRISE . ':department', 'Sales',
                          ENTERPRISE . ':employeeNumber', '7',
                          USER . ':title', 'Dr' } ]),
          json => { displayName => 'New', active => F, title => 'Dr',
                    name => { givenName => 'H', familyName => 'I' },
                    emails => [ { type => 'work', primary => T,
                                  value => 'new@example.com' } ],
                    $e => { department => 'Sales', employeeNumber => '7' },
                    'meta.version' => 'W/"2"' } },
        { name => 'the same again', send => 'PATCH /Users/{id}',
          body => ops([ 'replace', undef, {
                          displayName => 'New', 'name.givenName' => 'H',
                          ENTERPRISE . ':department', 'Sales' } ]),
          json => { 'meta.version' => 'W/"2"' } },
        { name => 'the extension whole', send => 'PATCH /Users/{id}',
          body => ops([ 'replace', undef,
                        { ENTERPRISE, { department => 'HR' } } ]),
          json => { $e => { department => 'HR', employeeNumber => '7' } } },
        { name => 'manager', send => 'PATCH /Users/{id}',
          body => ops([ 'add', ENTERPRISE . ':manager',
                        { value => UNKNOWN } ]),
          json => { "$e.manager.value" => UNKNOWN } },
        { name => 'no manager', send => 'PATCH /Users/{id}',
          body => ops([ 'remove', ENTERPRISE . ':manager' ]),
          json => { "$e.manager" => undef } },
        { name => 'soft delete', send => 'PATCH /Users/{id}',
          body => ops([ 'replace', undef, { active => F } ]),
          json => { active => F } },
        { name => 'restore', send => 'PATCH /Users/{id}',
          body => ops([ 'replace', 'active', T ]), json => { active => T } },
        { name => 'delete', send => 'DELETE /Users/{id}', status => 204 },
    ], as => $as);
});



=== TEST 2: what is not there is added
--- reset
--- scim
entra([
    { name => 'create', send => 'POST /Users', status => 201,
      body => { schemas => [ USER ], userName => 'bare' },
      keep => { id => 'id' } },
    { name => 'add', send => 'PATCH /Users/{id}',
      body => ops([ 'add', 'emails[type eq "work"].value', 'a@x.de' ],
                  [ 'add', 'phoneNumbers[type eq "mobile"].value', '1' ],
                  [ 'add', 'addresses[type eq "work"].formatted', 'A' ],
                  [ 'add', 'addresses[type eq "work"].locality', 'L' ],
                  [ 'add', 'roles[primary eq true].value', 'admin' ],
                  [ 'add', undef, { 'name.givenName' => 'G',
                                    preferredLanguage => 'de',
                                    ENTERPRISE . ':division', 'V' } ]),
      json => { emails => [ { type => 'work', value => 'a@x.de' } ],
                phoneNumbers => [ { type => 'mobile', value => '1' } ],
                addresses => [ { type => 'work', formatted => 'A',
                                 locality => 'L' } ],
                roles => [ { primary => T, value => 'admin' } ],
                name => { givenName => 'G' }, preferredLanguage => 'de',
                '<' . ENTERPRISE . '>.division' => 'V',
                schemas => [ USER, ENTERPRISE ] } },
    { name => 'filters as keys', send => 'PATCH /Users/{id}',
      body => ops([ 'replace', undef, {
                      'emails[type eq "work"].value' => 'b@x.de' } ]),
      json => { emails => [ { type => 'work', value => 'b@x.de' } ] } },
]);



=== TEST 3: a group, in both profiles
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my ($as) = @_;

    entra([
        map({ +{ name => $_, send => 'POST /Users', status => 201,
                 body => { schemas => [ USER ], userName => $_ },
                 keep => { $_ => 'id' } } } qw(u1 u2)),
        { name => 'create', send => 'POST /Groups', status => 201,
          body => { schemas => [ GROUP ], displayName => 'Flagged',
                    externalId => 'g' },
          keep => { g => 'id' } },
        { name => 'add', send => 'PATCH /Groups/{g}',
          body => ops([ 'add', 'members', [ { value => '{u1}' },
                                            { value => '{u2}' } ] ]),
          json => { 'members.#' => 2 } },
        { name => 'remove', send => 'PATCH /Groups/{g}',
          body => ops([ 'remove', 'members[value eq "{u1}"]' ]),
          json => { 'members.#' => 1, 'members.0.value' => '{u2}' } },
        { name => 'rename', send => 'PATCH /Groups/{g}',
          body => ops([ 'replace', undef, { displayName => 'Renamed',
                                            externalId => 'h' } ]),
          json => { displayName => 'Renamed', externalId => 'h',
                    'members.#' => 1 } },
        { name => 'is member', json => { totalResults => 1 },
          send => 'GET /Groups?attributes=id&filter=id+eq+%22{g}%22+and+'
                  . 'members+eq+%22{u2}%22' },
        { name => 'is no member', json => { totalResults => 0 },
          send => 'GET /Groups?attributes=id&filter=members+eq+%22{u1}%22'
                  . '+and+id+eq+%22{g}%22' },
        { name => 'delete', send => 'DELETE /Groups/{g}', status => 204 },
    ], as => $as);
});



=== TEST 4: the flag itself, left in the tenant's URL
--- reset
--- scim
entra([
    map({ my $flag = $_;
          (+{ name => "query: $flag", json => { totalResults => 0 },
              send => "GET /Users?$flag&filter=userName+eq+%22x%22" },
           +{ name => "query last: $flag", json => { totalResults => 0 },
              send => "GET /Users?filter=userName+eq+%22x%22&$flag" },
           +{ name => "no value: $flag", send => "GET /Users?$flag",
              json => { totalResults => 0 } }) }
        'aadOptscim062020', 'aadOptscim062020=', 'AzureAdScimPatch062020',
        'aadOptscim062020=&AzureAdScimPatch062020='),
    { name => 'create', send => 'POST /Users?aadOptscim062020', status => 201,
      body => { schemas => [ USER ], userName => 'flag' },
      keep => { id => 'id' } },
    { name => 'patch', send => 'PATCH /Users/{id}?aadOptscim062020=',
      body => ops([ 'replace', undef, { title => 'T' } ]),
      json => { title => 'T' } },
    { name => 'delete', send => 'DELETE /Users/{id}?aadOptscim062020',
      status => 204 },
]);
