# Entra ID without its compatibility flag: one operation per attribute,
# "Add", "Replace", "Remove", strings for booleans, members by value lists.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::Ops;
use Test::Nginx::Socket 'no_plan';

# how it sends everything

sub SCIM::Steps::entra {
    my ($steps, %more) = @_;

    return SCIM::replay(SCIM::client(%more), steps => $steps,
        type    => 'application/scim+json; charset=utf-8',
        headers => [ 'User-Agent' =>
                     'Microsoft Azure AD SCIM provisioning 1.0' ]);
}

# among the schemas of every group

BEGIN {
    *SCIM::Steps::ADSCIM = sub () {
        'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/'
        . 'Group'
    };
}

scim_reset();
run_tests();

__DATA__

=== TEST 1: test connection, a user's life
--- reset
--- scim
my $kept = entra([
    { name => 'test connection',
      send => 'GET /Users?filter=userName+eq+%225bb6d22d-6a0c-4c7b-9a0b-'
              . '0b7a1c1ff3a4%22',
      json => { schemas => [ LIST ], totalResults => 0 },
      check => sub { is_deeply($_[0]->json->{Resources} // [], [],
                               'an empty list') } },
    { name => 'is he there', send => 'GET /Users?filter=externalId+eq+'
                                     . '%22ext-1%22',
      json => { totalResults => 0 } },

    { name => 'create', send => 'POST /Users',
      body => { schemas => [ USER, ENTERPRISE ], externalId => 'ext-1',
                userName => 'Test_User@testuser.com', active => T,
                displayName => 'Test User',
                emails => [ { primary => T, type => 'work',
                              value => 'test@testuser.com' } ],
                meta => { resourceType => 'User' },
                name => { formatted => 'givenName familyName',
                          familyName => 'familyName',
                          givenName => 'givenName' },
                roles => [], title => undef, preferredLanguage => undef,
                department => 'D', manager => 'm-1',
                ENTERPRISE, { employeeNumber => '7', division => undef } },
      status => 201,
      json => { externalId => 'ext-1', userName => 'Test_User@testuser.com',
                roles => undef, title => undef, 'meta.resourceType' => 'User',
                'meta.version' => 'W/"1"' },
      keep => { id => 'id' },
      check => sub { unlike($_[0]->{body}, qr/null/, 'no nulls') } },

    { name => 'again', send => 'POST /Users',
      body => { schemas => [ USER ], externalId => 'ext-2', active => T,
                userName => 'test_user@TESTUSER.com' },
      status => 409, json => { scimType => 'uniqueness' } },

    map({ my ($name, $filter) = @$_;
          +{ name => $name, send => "GET /Users?filter=$filter",
            json => { totalResults => 1, 'Resources.0.id' => '{id}' } } }
        [ 'by name', 'userName+eq+%22Test_User@testuser.com%22' ],
        [ 'in another case', 'userName+eq+%22TEST_USER@testuser.com%22' ],
        [ 'with %20', 'userName%20eq%20%22Test_User%40testuser.com%22' ],
        [ 'by externalId', 'externalId+eq+%22ext-1%22' ],
        [ 'by mail', 'emails%5Btype+eq+%22work%22%5D.value+eq+%22test@'
                     . 'testuser.com%22' ],
        [ 'by two', 'userName+eq+%22Test_User@testuser.com%22+and+'
                    . 'externalId+eq+%22ext-1%22' ]),
    { name => 'externalId is case-exact',
      send => 'GET /Users?filter=externalId+eq+%22EXT-1%22',
      json => { totalResults => 0 } },

    { name => 'update', send => 'PATCH /Users/{id}',
      body => ops(
          [ 'Replace', 'emails[type eq "work"].value', 'new@testuser.com' ],
          [ 'Replace', 'name.familyName', 'Updated' ],
          [ 'Add', 'phoneNumbers[type eq "mobile"].value', '+1 425' ],
          [ 'Add', 'addresses[type eq "work"].streetAddress', 'Street 1' ],
          [ 'Add', 'addresses[type eq "work"].Formatted', "A\nB" ],
          [ 'Add', 'addresses[type eq "other"].Formatted', 'C' ],
          [ 'Add', USER . ':title', 'Dr' ],
          [ 'Replace', ENTERPRISE . ':department', 'Sales' ],
          [ 'Add', ENTERPRISE . ':manager', '2819c223' ],
          [ 'Replace', 'active', 'True' ]),
      json => { 'emails.#' => 1, 'emails.0.value' => 'new@testuser.com',
                'emails.0.primary' => T, 'name.familyName' => 'Updated',
                'name.givenName' => 'givenName',
                phoneNumbers => [ { type => 'mobile', value => '+1 425' } ],
                addresses => [ { type => 'work', streetAddress => 'Street 1',
                                 formatted => "A\nB" },
                               { type => 'other', formatted => 'C' } ],
                title => 'Dr', active => T, 'meta.version' => 'W/"2"',
                '<' . ENTERPRISE . '>.department' => 'Sales',
                '<' . ENTERPRISE . '>.employeeNumber' => '7',
                '<' . ENTERPRISE . '>.manager.value' => '2819c223' } },

    { name => 'the same again', send => 'PATCH /Users/{id}',
      body => ops(
          [ 'Replace', 'emails[type eq "work"].value', 'new@testuser.com' ],
          [ 'Add', 'addresses[type eq "other"].Formatted', 'C' ],
          [ 'Replace', 'active', 'True' ]),
      json => { 'meta.version' => 'W/"2"' } },

    { name => 'disable', send => 'PATCH /Users/{id}',
      body => ops([ 'Replace', 'active', 'False' ]), json => { active => F } },
    { name => 'still there', send => 'GET /Users/{id}',
      json => { active => F } },
    { name => 'still found', send => 'GET /Users?filter=userName+eq+'
                                     . '%22Test_User@testuser.com%22',
      json => { totalResults => 1, 'Resources.0.active' => F } },
    { name => 'restore', send => 'PATCH /Users/{id}',
      body => ops([ 'Replace', 'active', 'True' ]),
      json => { active => T, id => '{id}', title => 'Dr' } },

    { name => 'userName', send => 'PATCH /Users/{id}',
      body => ops([ 'Replace', 'userName', 'Other@testuser.com' ]),
      json => { userName => 'Other@testuser.com' } },

    { name => 'delete', send => 'DELETE /Users/{id}', status => 204 },
    { name => 'gone', send => 'GET /Users/{id}', status => 404 },
    { name => 'again', send => 'DELETE /Users/{id}', status => 404 },
]);

sql_is("select string_agg(op || ' ' || version_to, ', ' order by version_to) "
       . "from scim.audit where resource_id = '$kept->{id}' and op <> 'delete' "
       . "and status < 300",
       'create 1, patch 2, patch 3, patch 4, patch 5', 'audited');



=== TEST 2: attributes added one by one to a user that has a userName alone
every filter matches nothing at first; one element for each of them, and the
operations that follow find it
--- reset
--- scim
my @types = ('emails' => [ 'work', 'home', 'other' ],
             'phoneNumbers' => [ 'work', 'mobile', 'fax' ]);
my (@ops, %want);

while (my ($name, $types) = splice @types, 0, 2) {
    for my $type (@$types) {
        push @ops, [ 'Add', "$name\[type eq \"$type\"].value", "$name $type" ];
        push @{ $want{$name} }, { type => $type, value => "$name $type" };
    }
}

for my $type (qw(work other)) {
    for my $sub (qw(streetAddress locality postalCode country)) {
        push @ops, [ 'Add', "addresses[type eq \"$type\"].$sub",
                     "$type $sub" ];
    }

    push @{ $want{addresses} }, { type => $type, map { $_ => "$type $_" }
                                  qw(streetAddress locality postalCode
                                     country) };
}

for my $sub (qw(value display type)) {
    push @ops, [ 'Add', "roles[primary eq \"True\"].$sub", "role $sub" ];
}

$want{roles} = [ { primary => T, map { $_ => "role $_" }
                                     qw(value display type) } ];

my $kept = entra([
    { name => 'create', send => 'POST /Users',
      body => { schemas => [ USER ], userName => 'bare' }, status => 201,
      keep => { id => 'id' } },
    { name => 'all at once', send => 'PATCH /Users/{id}', body => ops(@ops),
      json => \%want },
    { name => 'and again', send => 'PATCH /Users/{id}', body => ops(@ops),
      json => { %want, 'meta.version' => 'W/"2"' } },
]);

# one by one, each in a request of its own

$kept = entra([
    { name => 'create another', send => 'POST /Users',
      body => { schemas => [ USER ], userName => 'bare2' }, status => 201,
      keep => { id => 'id' } },
    map({ +{ name => $_->[1], send => 'PATCH /Users/{id}', body => ops($_) } }
        @ops),
    { name => 'the end', send => 'GET /Users/{id}', json => \%want },
]);



=== TEST 3: the manager in every form
a string, an object, old style, nobody, and one who is not there
--- reset
--- scim
my $m = '<' . ENTERPRISE . '>.manager';
my $urn = ENTERPRISE . ':manager';
my $set = sub {
    my ($name, $value, $want, $path) = @_;
    return { name => $name, send => 'PATCH /Users/{id}',
             body => ops([ 'Replace', $path // $urn, $value ]),
             json => { "$m.value" => $want } };
};

entra([
    { name => 'boss', send => 'POST /Users', status => 201,
      body => { schemas => [ USER ], userName => 'boss' },
      keep => { boss => 'id' } },
    { name => 'create', send => 'POST /Users', status => 201,
      body => { schemas => [ USER, ENTERPRISE ], userName => 'managed',
                ENTERPRISE, { manager => '{boss}' } },
      json => { "$m.value" => '{boss}' }, keep => { id => 'id' } },

    # is he the manager? without reading the rest

    map({ my ($name, $filter, $n) = @$_;
          +{ name => $name, json => { totalResults => $n },
            send => "GET /Users?attributes=id&filter=$filter" } }
        [ 'probe', 'id+eq+%22{id}%22+and+manager+eq+%22{boss}%22', 1 ],
        [ 'the other way', 'manager+eq+%22{boss}%22+and+id+eq+%22{id}%22',
          1 ],
        [ 'with the URN', "id+eq+%22{id}%22+and+$urn+eq+%22{boss}%22", 1 ],
        [ 'with the URN, the other way',
          "$urn+eq+%22{boss}%22+and+id+eq+%22{id}%22", 1 ],
        [ 'not the manager', "id+eq+%22{id}%22+and+$urn+eq+%22{id}%22", 0 ],
        [ 'not the user', "id+eq+%22{boss}%22+and+$urn+eq+%22{boss}%22",
          0 ]),

    $set->('one who is not there', UNKNOWN, UNKNOWN),
    $set->('object', { value => '{boss}' }, '{boss}'),
    $set->('any text', 'somebody', 'somebody'),
    $set->('old style', [ { '$ref' => 'http://example.com/{boss}',
                            value => '{boss}' } ], '{boss}', 'manager'),
    $set->('the value alone', 'x-1', 'x-1', "$urn.value"),
    $set->('empty string', '', undef),
    $set->('again one', '{boss}', '{boss}'),
    $set->('empty object', { value => '' }, undef),
    $set->('again one', '{boss}', '{boss}'),
    $set->('null', undef, undef),
    { name => 'Add', send => 'PATCH /Users/{id}',
      body => ops([ 'Add', $urn, '{boss}' ]),
      json => { "$m.value" => '{boss}' } },
    { name => 'Remove', send => 'PATCH /Users/{id}',
      body => ops([ 'Remove', $urn ]), json => { $m => undef } },
    { name => 'Remove with a value', send => 'PATCH /Users/{id}',
      body => ops([ 'Add', $urn, '{boss}' ],
                  [ 'Remove', $urn, '{boss}' ]), json => { $m => undef } },
]);



=== TEST 4: a group's life
--- reset
--- scim
my $kept = entra([
    { name => 'test connection',
      send => 'GET /Groups?excludedAttributes=members&filter=displayName+eq'
              . '+%224f1c9bbf%22', json => { totalResults => 0 } },
    map({ +{ name => $_, send => 'POST /Users', status => 201,
            body => { schemas => [ USER ], userName => $_ },
            keep => { $_ => 'id' } } } qw(u1 u2 u3)),

    { name => 'create', send => 'POST /Groups',
      body => { schemas => [ GROUP, ADSCIM ], externalId => 'g-ext',
                displayName => 'Sales EMEA', members => [],
                meta => { resourceType => 'Group' } },
      status => 201,
      json => { schemas => [ GROUP ], displayName => 'Sales EMEA',
                members => undef, externalId => 'g-ext' },
      keep => { g => 'id' } },
    { name => 'again', send => 'POST /Groups',
      body => { schemas => [ GROUP ], displayName => 'SALES emea' },
      status => 409, json => { scimType => 'uniqueness' } },
    { name => 'found, in another case',
      send => 'GET /Groups?excludedAttributes=members&filter=displayName+eq'
              . '+%22sales%20emea%22',
      json => { totalResults => 1, 'Resources.0.id' => '{g}' } },

    { name => 'members', send => 'PATCH /Groups/{g}',
      body => ops([ 'Add', 'members', [ { '$ref' => undef,
                                          value => '{u1}' } ] ],
                  [ 'Add', 'members', [ { '$ref' => undef, value => '{u2}' },
                                        { '$ref' => undef,
                                          value => '{u3}' } ] ]),
      json => { 'members.#' => 3 } },
    { name => 'without members',
      send => 'GET /Groups/{g}?excludedAttributes=members',
      json => { members => undef, displayName => 'Sales EMEA' } },

    map({ my ($name, $filter, $n) = @$_;
          +{ name => $name, json => { totalResults => $n,
                $n ? ('Resources.0.id' => '{g}', 'Resources.0.members' =>
                      undef) : () },
            send => "GET /Groups?attributes=id&filter=$filter" } }
        [ 'is member', 'id+eq+%22{g}%22+and+members+eq+%22{u1}%22', 1 ],
        [ 'the other way', 'members+eq+%22{u1}%22+and+id+eq+%22{g}%22', 1 ],
        [ 'of nobody', 'id+eq+%22{g}%22+and+members+eq+%22' . UNKNOWN
                       . '%22', 0 ]),

    { name => 'remove by value', send => 'PATCH /Groups/{g}',
      body => ops([ 'Remove', 'members', [ { '$ref' => undef,
                                             value => '{u2}' } ] ]),
      json => { 'members.#' => 2 },
      check => sub {
          my ($res, $kept) = @_;
          is(join(' ', sort map { $_->{value} } @{ $res->json->{members} }),
             join(' ', sort @$kept{qw(u1 u3)}), 'the others stay');
      } },
    { name => 'one who is no member', send => 'PATCH /Groups/{g}',
      body => ops([ 'Remove', 'members', [ { value => '{u2}' } ] ]),
      json => { 'members.#' => 2 } },
    { name => 'one who is nobody', send => 'PATCH /Groups/{g}',
      body => ops([ 'Remove', 'members', [ { value => UNKNOWN } ] ]),
      json => { 'members.#' => 2 } },
    { name => 'one member twice', send => 'PATCH /Groups/{g}',
      body => ops([ 'Add', 'members', [ { value => '{u1}' } ] ]),
      json => { 'members.#' => 2 } },
    { name => 'rename', send => 'PATCH /Groups/{g}',
      body => ops([ 'Replace', 'displayName', 'Sales' ]),
      json => { displayName => 'Sales', 'members.#' => 2 } },
    { name => 'the user knows', send => 'GET /Users/{u1}',
      json => { 'groups.0.value' => '{g}', 'groups.0.display' => 'Sales' } },
    { name => 'remove the rest', send => 'PATCH /Groups/{g}',
      body => ops([ 'Remove', 'members', [ { value => '{u1}' },
                                           { value => '{u3}' } ] ]),
      json => { members => undef } },
    { name => 'delete', send => 'DELETE /Groups/{g}', status => 204 },
    { name => 'gone', send => 'DELETE /Groups/{g}', status => 404 },
    { name => 'users stay', send => 'GET /Users/{u1}',
      json => { groups => undef } },
]);

ok($kept->{g}, 'to its end');



=== TEST 5: roles
--- reset
--- scim
my $json = '{"id":"18d1","value":"Admin","displayName":"Administrator"}';
my $json2 = '{"id":"28d1","value":"User","displayName":"A user"}';

entra([
    { name => 'create', send => 'POST /Users', status => 201,
      body => { schemas => [ USER ], userName => 'roles', roles => [
          { primary => 'True', type => 'WindowsAzureActiveDirectoryRole',
            value => 'Admin' } ] },
      json => { 'roles.0.primary' => T, 'roles.0.value' => 'Admin' },
      keep => { id => 'id' } },

    # SingleAppRoleAssignment

    { name => 'single', send => 'PATCH /Users/{id}',
      body => ops([ 'Replace', 'roles[primary eq "True"].value', 'User' ]),
      json => { 'roles.#' => 1, 'roles.0.value' => 'User',
                'roles.0.primary' => T } },
    { name => 'the type too', send => 'PATCH /Users/{id}',
      body => ops([ 'Replace', 'roles[primary eq "True"].type', 'x' ]),
      json => { 'roles.#' => 1, 'roles.0.type' => 'x' } },
    { name => 'none', send => 'PATCH /Users/{id}',
      body => ops([ 'Remove', 'roles' ]), json => { roles => undef } },

    # AppRoleAssignmentsComplex: JSON in strings, one element for each

    { name => 'as text', send => 'PATCH /Users/{id}',
      body => ops([ 'Add', 'roles', [ { value => $json },
                                      { value => $json2 } ] ]),
      json => { roles => [ { value => 'Admin', display => 'Administrator' },
                           { value => 'User', display => 'A user' } ] } },
    { name => 'the same again', send => 'PATCH /Users/{id}',
      body => ops([ 'Add', 'roles', [ { value => $json } ] ]),
      json => { 'roles.#' => 2, 'meta.version' => 'W/"5"' } },

    # AssertiveAppRoleAssignmentsComplex

    { name => 'the whole list', send => 'PATCH /Users/{id}',
      body => ops([ 'Replace', 'roles', [
          { value => 'User', type => 'WindowsAzureActiveDirectoryRole',
            primary => F } ] ]),
      json => { roles => [ { value => 'User', primary => F,
                             type => 'WindowsAzureActiveDirectoryRole' } ] } },
]);



=== TEST 6: emptying: "", null, {"value": ""}
--- reset
--- scim
my %full = (title => 'T', nickName => 'N', displayName => 'D',
            name => { givenName => 'G', familyName => 'F' },
            emails => [ { type => 'work', value => 'a@x.de' },
                        { type => 'home', value => 'b@x.de' } ]);

for my $empty ('', undef) {
    my $name = defined $empty ? 'as text' : 'as nothing';

    entra([
        { name => "create: $name", send => 'POST /Users', status => 201,
          body => { schemas => [ USER ], userName => "e-$name", %full },
          keep => { id => 'id' } },
        { name => "empty: $name", send => 'PATCH /Users/{id}',
          body => ops([ 'Replace', 'title', $empty ],
                      [ 'Replace', 'nickName', $empty ],
                      [ 'Replace', 'name.givenName', $empty ],
                      [ 'Replace', 'emails[type eq "home"].value',
                        $empty ]),
          json => { title => undef, nickName => undef,
                    name => { familyName => 'F' }, displayName => 'D' },
          check => sub {
              unlike($_[0]->{body}, qr/null|b\@x|"value":""/,
                     'nothing is left over');
          } },
        { name => "userName stays: $name", send => 'PATCH /Users/{id}',
          body => ops([ 'Replace', 'userName', $empty ]), status => 400,
          json => { scimType => 'invalidValue' } },
    ]);
}



=== TEST 7: hundreds of members in one PATCH
--- reset
--- scim
my $client = client(keepalive => 1);
my @ids = map { $client->request('POST', '/Users', body => user("m$_"))
                    ->json->{id} } 1 .. 200;

entra([
    { name => 'create', send => 'POST /Groups', status => 201,
      body => { schemas => [ GROUP, ADSCIM ], displayName => 'large' },
      keep => { g => 'id' } },
    { name => 'add', send => 'PATCH /Groups/{g}',
      body => ops(map { [ 'Add', 'members', [ { '$ref' => undef,
                                                value => $_ } ] ] } @ids),
      json => { 'members.#' => 200 } },
    { name => 'remove half', send => 'PATCH /Groups/{g}',
      body => ops([ 'Remove', 'members', [ map { { value => $_ } }
                                           @ids[0 .. 99] ] ]),
      json => { 'members.#' => 100 } },
    { name => 'without members',
      send => 'PATCH /Groups/{g}?excludedAttributes=members',
      body => ops([ 'Add', 'members', [ { value => $ids[0] } ] ]),
      json => { members => undef, displayName => 'large' } },
    { name => 'look', send => 'GET /Groups/{g}',
      json => { 'members.#' => 101 } },
]);



=== TEST 8: the same in lower case, without quirks, in both profiles
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my ($as) = @_;

    entra([
        { name => 'connection', json => { totalResults => 0 },
          send => 'GET /Users?filter=userName+eq+%22nobody%22' },
        { name => 'create', send => 'POST /Users', status => 201,
          body => { schemas => [ USER ], userName => 'clean', active => T,
                    roles => [], meta => { resourceType => 'User' } },
          keep => { id => 'id' } },
        { name => 'again', send => 'POST /Users', status => 409,
          body => { schemas => [ USER ], userName => 'CLEAN' } },
        { name => 'update', send => 'PATCH /Users/{id}',
          body => ops([ 'replace', 'displayName', 'D' ],
                      [ 'replace', 'active', F ],
                      [ 'add', 'emails', [ { type => 'work',
                                             value => 'a@x.de' } ] ],
                      [ 'replace', 'emails[type eq "work"].value',
                        'b@x.de' ],
                      [ 'add', ENTERPRISE . ':manager',
                        { value => UNKNOWN } ]),
          json => { active => F, displayName => 'D',
                    'emails.0.value' => 'b@x.de' } },
        { name => 'group', send => 'POST /Groups', status => 201,
          body => { schemas => [ GROUP ], displayName => 'clean' },
          keep => { g => 'id' } },
        { name => 'member', send => 'PATCH /Groups/{g}',
          body => ops([ 'add', 'members', [ { value => '{id}' } ] ]),
          json => { 'members.#' => 1 } },
        { name => 'probe', json => { totalResults => 1 },
          send => 'GET /Groups?attributes=id&filter=members+eq+%22{id}%22'
                  . '+and+id+eq+%22{g}%22' },
        { name => 'no member', send => 'PATCH /Groups/{g}',
          body => ops([ 'remove', 'members[value eq "{id}"]' ]),
          json => { members => undef } },
        { name => 'delete', send => 'DELETE /Groups/{g}', status => 204 },
        { name => 'delete', send => 'DELETE /Users/{id}', status => 204 },
    ], as => $as);
});



=== TEST 9: what the strict profile refuses of it
--- reset
--- globex
profile strict;
--- scim
my $id = create('strict', -opt => { as => 'globex' },
                emails => [ { type => 'home', value => 'h@x.de' } ])->{id};

for ([ [ 'Replace', 'title', 'T' ], 'invalidSyntax' ],
     [ [ 'replace', 'active', 'False' ], 'invalidValue' ],
     [ [ 'add', 'emails[type eq "work"].value', 'a@x.de' ], 'noTarget' ],
     [ [ 'replace', ENTERPRISE . ':manager', 'm-1' ], 'invalidValue' ])
{
    my ($op, $type) = @$_;
    error_is(PATCH("/Users/$id", ops($op), as => 'globex'), 400, $type, qr/./,
             "$op->[0] $op->[1]");
}
