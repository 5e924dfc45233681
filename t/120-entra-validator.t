# Microsoft's SCIM Validator: its 25 required tests and 7 of its preview, in
# the order of a run; then what the validation workflow for the gallery adds.
# The number in a name is the test's.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::Ops;
use Test::Nginx::Socket 'no_plan';

sub SCIM::Steps::validator {
    return SCIM::replay(SCIM::client(), steps => [ @_ ],
        type => 'application/scim+json; charset=utf-8');
}

# a user with everything that the validator fills in at random

sub SCIM::Steps::full {
    my ($name) = @_;
    my $i = 0;
    my $text = sub { return 'RANDOM' . ++$i };

    return {
        schemas => [ SCIM::USER, SCIM::ENTERPRISE ], userName => $name,
        active => SCIM::T, displayName => $text->(), title => $text->(),
        preferredLanguage => $text->(), locale => $text->(),
        timezone => $text->(), userType => $text->(), nickName => $text->(),
        profileUrl => $text->(), externalId => "ext-$name",
        name => { map { $_ => $text->() }
                  qw(givenName familyName formatted middleName
                     honorificPrefix honorificSuffix) },
        emails => [ { type => 'work', value => "$name\@x.de",
                      primary => SCIM::T } ],
        phoneNumbers => [ map { { type => $_, value => $text->() } }
                          qw(work mobile fax) ],
        addresses => [ { type => 'work', primary => SCIM::T,
                         map { $_ => $text->() }
                         qw(formatted streetAddress locality region
                            postalCode country) } ],
        roles => [ { primary => 'True', display => $text->(),
                     value => $text->(), type => $text->() } ],
        SCIM::ENTERPRISE, { map { $_ => $text->() }
                            qw(employeeNumber department costCenter
                               organization division) },
    };
}

scim_reset();
run_tests();

__DATA__

=== TEST 1: users
--- reset
--- scim
my $e = ENTERPRISE;
my $full = full('full');

validator(
    { name => '1 create', send => 'POST /Users', body => $full,
      status => 201, keep => { id => 'id' },
      check => sub {
          my ($res) = @_;
          my %want = %$full;

          $want{roles} = [ { %{ $full->{roles}[0] }, primary => T } ];
          same($res->json, \%want, '1 all of it');
          header_is($res, 'Location', $res->json->{meta}{location});
      } },
    { name => '2 duplicate', send => 'POST /Users', body => $full,
      status => 409, json => { scimType => 'uniqueness', status => '409',
                               schemas => [ ERROR ] } },
    { name => '3 filter existing',
      send => 'GET /Users?filter=userName+eq+%22full%22',
      json => { totalResults => 1, 'Resources.0.id' => '{id}' } },
    { name => '4 filter non-existing', json => { totalResults => 0 },
      send => 'GET /Users?filter=userName+eq+%22nobody%22' },
    { name => '5 filter in another case', json => { totalResults => 1 },
      send => 'GET /Users?filter=userName+eq+%22FULL%22' },

    { name => '6 replace attributes', send => 'PATCH /Users/{id}',
      body => ops(map({ [ 'replace', @$_ ] }
          [ 'emails[type eq "work"].value', 'new@x.de' ],
          [ 'emails[type eq "work"].primary', T ],
          map({ [ "addresses[type eq \"work\"].$_", "new $_" ] }
              qw(formatted streetAddress locality region postalCode
                 country)),
          map({ [ "phoneNumbers[type eq \"$_\"].value", "new $_" ] }
              qw(work mobile fax)),
          map({ [ "roles[primary eq \"True\"].$_", "new $_" ] }
              qw(display value type)),
          [ undef, { active => F, displayName => 'new', title => 'new',
                     preferredLanguage => 'new', userType => 'new',
                     'name.givenName' => 'new', 'name.familyName' => 'new',
                     'name.formatted' => 'new', nickName => 'new',
                     locale => 'new', timezone => 'new',
                     profileUrl => 'new', externalId => 'new',
                     "$e:employeeNumber" => 'new',
                     "$e:department" => 'new', "$e:costCenter" => 'new',
                     "$e:organization" => 'new', "$e:division" => 'new'
                   } ])),
      json => { 'emails.#' => 1, 'emails.0.value' => 'new@x.de',
                'emails.0.primary' => T, 'addresses.#' => 1,
                'addresses.0.region' => 'new region',
                'phoneNumbers.#' => 3, 'phoneNumbers.2.value' => 'new fax',
                'roles.#' => 1, 'roles.0.value' => 'new value',
                'roles.0.type' => 'new type', active => F, title => 'new',
                'name.formatted' => 'new', profileUrl => 'new',
                externalId => 'new', "<$e>.division" => 'new' } },
    { name => '7 update userName', send => 'PATCH /Users/{id}',
      body => ops([ 'replace', undef, { userName => 'renamed' } ]),
      json => { userName => 'renamed', id => '{id}' } },
    { name => '8 disable', send => 'PATCH /Users/{id}',
      body => ops([ 'replace', undef, { active => F } ]),
      json => { active => F } },

    { name => '9 a bare user', send => 'POST /Users', status => 201,
      body => { schemas => [ USER ], userName => 'bare' },
      keep => { bare => 'id' } },
    { name => '9 add attributes', send => 'PATCH /Users/{bare}',
      body => ops(map({ [ 'add', @$_ ] }
          [ 'emails[type eq "work"].value', 'a@x.de' ],
          [ 'emails[type eq "work"].primary', T ],
          map({ [ "addresses[type eq \"work\"].$_", "a $_" ] }
              qw(formatted streetAddress locality region postalCode
                 country)),
          map({ [ "phoneNumbers[type eq \"$_\"].value", "a $_" ] }
              qw(work mobile fax)),
          map({ [ "roles[primary eq \"True\"].$_", "a $_" ] }
              qw(display value type)),
          [ undef, { active => T, displayName => 'a',
                     'name.givenName' => 'a', "$e:department" => 'a' } ])),
      json => { emails => [ { type => 'work', value => 'a@x.de',
                              primary => T } ],
                addresses => [ { type => 'work', map { $_ => "a $_" }
                                 qw(formatted streetAddress locality region
                                    postalCode country) } ],
                phoneNumbers => [ map { { type => $_, value => "a $_" } }
                                  qw(work mobile fax) ],
                roles => [ { primary => T, display => 'a display',
                             value => 'a value', type => 'a type' } ],
                name => { givenName => 'a' },
                "<$e>" => { department => 'a' } } },

    { name => '10 add a manager', send => 'PATCH /Users/{bare}',
      body => ops([ 'add', "$e:manager", { value => '{id}' } ]),
      json => { "<$e>.manager.value" => '{id}' } },
    { name => '11 another one, unknown', send => 'PATCH /Users/{bare}',
      body => ops([ 'replace', "$e:manager", { value => UNKNOWN } ]),
      json => { "<$e>.manager.value" => UNKNOWN } },
    { name => '12 none', send => 'PATCH /Users/{bare}',
      body => ops([ 'replace', "$e:manager", { value => '' } ]),
      json => { "<$e>.manager" => undef, "<$e>.department" => 'a' },
      check => sub { unlike($_[0]->{body}, qr/"value":""/,
                            '12 nothing is left over') } },
    { name => '25 delete a user', send => 'DELETE /Users/{bare}',
      status => 204 },
    { name => '25 and look', send => 'GET /Users/{bare}', status => 404 },
);



=== TEST 2: groups
--- reset
--- scim
my $group = { schemas => [ GROUP ], displayName => 'Group', externalId => 'g',
              members => [] };

validator(
    { name => 'a user', send => 'POST /Users', status => 201,
      body => { schemas => [ USER ], userName => 'member' },
      keep => { u => 'id' } },
    { name => '13 create', send => 'POST /Groups', body => $group,
      status => 201, keep => { id => 'id' },
      json => { displayName => 'Group', externalId => 'g' } },
    { name => '14 duplicate', send => 'POST /Groups', status => 409,
      body => { %$group, externalId => 'g2' },
      json => { scimType => 'uniqueness' } },
    { name => '15 get', send => 'GET /Groups/{id}?excludedAttributes=members',
      json => { displayName => 'Group', members => undef } },
    { name => '16 filter existing', json => { totalResults => 1,
                                              'Resources.0.id' => '{id}' },
      send => 'GET /Groups?excludedAttributes=members&filter=displayName+eq'
              . '+%22Group%22' },
    { name => '17 filter non-existing', json => { totalResults => 0 },
      send => 'GET /Groups?excludedAttributes=members&filter=displayName+eq'
              . '+%22None%22' },
    { name => '18, 19 in another case', json => { totalResults => 1 },
      send => 'GET /Groups?excludedAttributes=members&filter=displayName+eq'
              . '+%22gROUP%22' },
    { name => '20 replace attributes', send => 'PATCH /Groups/{id}',
      body => ops([ 'replace', undef, { displayName => 'Group 2',
                                        externalId => 'g3' } ]),
      json => { displayName => 'Group 2', externalId => 'g3' } },
    { name => '21 update displayName', send => 'PATCH /Groups/{id}',
      body => ops([ 'replace', 'displayName', 'Group 3' ]),
      json => { displayName => 'Group 3', externalId => 'g3' } },
    { name => '22 add a member by replace', send => 'PATCH /Groups/{id}',
      body => ops([ 'replace', 'members', [ { value => '{u}' } ] ]),
      json => { 'members.#' => 1, 'members.0.value' => '{u}' } },
    { name => '23 remove a member', send => 'PATCH /Groups/{id}',
      body => ops([ 'remove', 'members[value eq "{u}"]' ]),
      json => { members => undef } },
    { name => '24 delete', send => 'DELETE /Groups/{id}', status => 204 },
    { name => '24 and look', send => 'GET /Groups/{id}', status => 404 },
);



=== TEST 3: preview
--- reset
--- scim
validator(
    { name => 'a user', send => 'POST /Users', status => 201,
      body => full('preview'), keep => { u => 'id' } },
    { name => 'P1 different attributes', send => 'PATCH /Users/{u}',
      body => ops([ 'remove', 'emails[type eq "work"].value' ],
                  [ 'add', 'emails[type eq "work"].value', 'p1@x.de' ],
                  [ 'replace', 'displayName', 'p1' ],
                  [ 'add', 'addresses[type eq "work"].locality', 'p1' ]),
      json => { 'emails.#' => 1, 'emails.0.value' => 'p1@x.de',
                displayName => 'p1', 'addresses.0.locality' => 'p1' } },
    { name => 'P2 the same attribute', send => 'PATCH /Users/{u}',
      body => ops([ 'remove', 'displayName' ],
                  [ 'add', 'displayName', 'p2' ],
                  [ 'replace', 'displayName', 'p2 again' ]),
      json => { displayName => 'p2 again' } },
    { name => 'a group', send => 'POST /Groups', status => 201,
      body => { schemas => [ GROUP ], displayName => 'preview' },
      keep => { g => 'id' } },
    { name => 'P3 different attributes', send => 'PATCH /Groups/{g}',
      body => ops([ 'add', 'members', [ { value => '{u}' } ] ],
                  [ 'replace', 'displayName', 'p3' ],
                  [ 'add', 'externalId', 'p3' ]),
      json => { displayName => 'p3', externalId => 'p3', 'members.#' => 1 } },
    { name => 'P4 the same attribute', send => 'PATCH /Groups/{g}',
      body => ops([ 'remove', 'members[value eq "{u}"]' ],
                  [ 'add', 'members', [ { value => '{u}' } ] ],
                  [ 'replace', 'members', [ { value => '{u}' } ] ]),
      json => { 'members.#' => 1, 'members.0.value' => '{u}' } },
    { name => 'P5 nobody', send => 'DELETE /Users/' . UNKNOWN,
      status => 404 },
    { name => 'P6 no group', send => 'DELETE /Groups/' . UNKNOWN,
      status => 404 },
    { name => 'P7 a user', send => 'DELETE /Users/{u}', status => 204 },
    { name => 'P7 twice', send => 'DELETE /Users/{u}', status => 404 },
    { name => 'P7 a group', send => 'DELETE /Groups/{g}', status => 204 },
    { name => 'P7 twice', send => 'DELETE /Groups/{g}', status => 404 },
);



=== TEST 4: the workflow for the gallery: schemas
--- scim
my $res = GET('/Schemas');
my %schema = map { $_->{id} => $_ } @{ $res->json->{Resources} };

ok($schema{+GROUP}, 'the group\'s schema');
unlike($res->{body}, qr/null/, 'no nulls');

for my $name (qw(emails phoneNumbers addresses)) {
    my ($attribute) = grep { $_->{name} eq $name }
                           @{ $schema{+USER}{attributes} };
    my ($type) = grep { $_->{name} eq 'type' }
                      @{ $attribute->{subAttributes} };

    ok(@{ $type->{canonicalValues} // [] }, "$name.type: canonicalValues");
}



=== TEST 5: the workflow: pages of 5
--- reset
--- scim
create("page$_") for 1 .. 12;
group("page$_") for 1 .. 12;

for my $type (qw(Users Groups)) {
    my %seen;

    for my $page (0 .. 2) {
        my $start = $page * 5 + 1;
        my $res = GET("/$type?startIndex=$start&count=5");

        json_is($res, 'startIndex', $start, "$type, page $page");
        json_is($res, 'totalResults', 12);
        $seen{$_->{id}}++ for @{ $res->json->{Resources} };
    }

    is(scalar keys %seen, 12, 'all of them');
}



=== TEST 6: the workflow: null update, update manager, restore
--- reset
--- scim
my $e = ENTERPRISE;

validator(
    { name => 'create', send => 'POST /Users', status => 201,
      body => full('null'), keep => { u => 'id' } },
    { name => 'phase 1: empty strings', send => 'PATCH /Users/{u}',
      body => ops([ 'replace', undef, { displayName => '', title => '',
                                        'name.givenName' => '',
                                        "$e:department" => '' } ]),
      json => { displayName => undef, title => undef,
                'name.givenName' => undef, "<$e>.department" => undef } },
    { name => 'phase 2: nulls', send => 'PATCH /Users/{u}',
      body => ops([ 'replace', undef, { nickName => undef, locale => undef,
                                        'name.familyName' => undef,
                                        "$e:division" => undef } ]),
      json => { nickName => undef, locale => undef,
                'name.familyName' => undef, "<$e>.division" => undef } },
    { name => 'manager: string in', send => 'PATCH /Users/{u}',
      body => ops([ 'add', "$e:manager", 'boss-1' ]),
      json => { "<$e>.manager" => { value => 'boss-1' } } },
    { name => 'manager: cleared', send => 'PATCH /Users/{u}',
      body => ops([ 'replace', "$e:manager", '' ]),
      json => { "<$e>.manager" => undef } },
    { name => 'soft delete', send => 'PATCH /Users/{u}',
      body => ops([ 'replace', 'active', 'False' ]), json => { active => F } },
    { name => 'restore', send => 'PATCH /Users/{u}',
      body => ops([ 'replace', 'active', 'True' ]),
      json => { active => T, id => '{u}' } },
);
