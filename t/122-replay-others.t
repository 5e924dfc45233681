# authentik, Keycloak's plug-in, Salesforce, ssosync and its like.

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

=== TEST 1: authentik
--- reset
--- scim
my $members = sub {
    my ($op, @names) = @_;
    return ops(map { [ $op, 'members', [ { value => "{$_}" } ] ] } @names);
};

replay(client(), type => 'application/scim+json', steps => [
    { name => 'config', send => 'GET /ServiceProviderConfig',
      json => { 'bulk.maxOperations' => qr/^[1-9]\d*$/,
                'patch.supported' => T, 'filter.supported' => T } },
    map({ my $user = { schemas => [ USER ], userName => $_, active => T,
                       externalId => "uid-$_", displayName => "D $_",
                       name => { formatted => $_, givenName => $_,
                                 familyName => '' },
                       photos => undef, locale => undef,
                       emails => [ { value => "$_\@x.de", type => 'other',
                                     primary => T } ] };
          (+{ name => "create $_", send => 'POST /Users', body => $user,
              status => 201, keep => { $_ => 'id' } },
           +{ name => "put $_", send => "PUT /Users/{$_}",
              body => { %$user, id => "{$_}" },
              json => { 'meta.version' => 'W/"1"' } }) } qw(u1 u2 u3)),
    { name => 'page', send => 'GET /Users?startIndex=1',
      json => { totalResults => 3, itemsPerPage => 3 } },
    { name => 'page past the end', send => 'GET /Users?startIndex=4',
      json => { totalResults => 3, itemsPerPage => 0 } },

    { name => 'group', send => 'POST /Groups', status => 201,
      body => { schemas => [ GROUP ], displayName => 'ak',
                externalId => 'ak-1' },
      json => { members => undef }, keep => { g => 'id' } },
    { name => 'one operation for each member', send => 'PATCH /Groups/{g}',
      body => $members->('add', qw(u1 u2 u3)), json => { 'members.#' => 3 } },
    { name => 'the group whole', send => 'PATCH /Groups/{g}',
      body => ops({ op => 'replace', path => undef,
                    value => { id => '{g}', schemas => [ GROUP ],
                               externalId => 'ak-1',
                               displayName => 'renamed' } }),
      json => { id => '{g}', displayName => 'renamed', 'members.#' => 3 } },
    { name => 'removed by value', send => 'PATCH /Groups/{g}',
      body => $members->('remove', 'u1', 'u3'),
      json => { 'members.#' => 1, 'members.0.value' => '{u2}' } },
    { name => 'delete', send => 'DELETE /Groups/{g}', status => 204 },
    { name => 'and again', send => 'DELETE /Groups/{g}', status => 404 },
]);



=== TEST 2: Keycloak's plug-in: JSON in a string, Bulk with lower-case methods
--- reset
--- scim
my ($u1, $u2) = map { create($_)->{id} } qw(u1 u2);
my $got = modified("/Users/$u1", [ 'replace', undef, encode({
    active => F, displayName => 'D', name => { givenName => 'G' } }) ]);

is($got->{displayName}, 'D', 'a value without a path');
is($got->{name}{givenName}, 'G', 'its objects');
is($got->{active}, F, 'its booleans');

is_deeply(modified("/Users/$u1", [ 'add', 'emails', encode([
              { value => 'a@x.de' } ]) ])->{emails},
          [ { value => 'a@x.de' } ], 'a list');

my $group = group('kc');
modified("/Groups/$group->{id}", [ 'add', 'members',
                                   encode([ { value => $u1 } ]) ]);
members_are("/Groups/$group->{id}", [ $u1 ], 'members');

my $res = bulk([
    { method => 'patch', path => "/Users/$u2",
      data => ops([ 'replace', undef, encode({ title => 'T' }) ]) },
    { method => 'post', path => '/Users', bulkId => 'a',
      data => user('u3') },
    { method => 'delete', path => "/Users/$u1" } ]);

status_is($res, 200);
is(join(' ', map { $_->{status} } @{ $res->json->{Operations} }),
   '200 201 204', 'methods in lower case');
json_is(GET("/Users/$u2"), 'title', 'T', 'was done');



=== TEST 3: Salesforce: members within an object
--- reset
--- scim
my @ids = map { create($_)->{id} } qw(a b c);
my $path = '/Groups/' . group('sf', @ids)->{id};

modified($path, [ 'remove', 'members',
                  { members => [ { value => $ids[0] } ] } ]);
members_are($path, [ @ids[1, 2] ], 'remove with a path');

modified($path, [ 'remove', undef,
                  { members => [ { value => $ids[1] } ] } ]);
members_are($path, [ $ids[2] ], 'remove without one');

modified($path, [ 'add', undef,
                  { members => [ { value => $ids[0] } ] } ]);
members_are($path, [ @ids[0, 2] ], 'add without one');



=== TEST 4: ssosync: who is in which group, in both profiles
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my ($u1, $u2) = map { create($_)->{id} } qw(u1 u2);
    my $g1 = group('g1', $u1)->{id};
    my $g2 = group('g2', $u1, $u2)->{id};

    is(found('/Groups', "members.value eq \"$u1\""), 'g1 g2', 'both groups');
    is(found('/Groups', "members eq \"$u2\""), 'g2', 'one of them');

    for my $case ([ $g1, $u1, 'g1' ], [ $g1, $u2, '' ], [ $g2, $u2, 'g2' ]) {
        my ($group, $user, $want) = @$case;

        is(found('/Groups', $_), $want, $_)
            for "id eq \"$group\" and members eq \"$user\"",
                "members eq \"$user\" and id eq \"$group\"",
                "id eq \"$group\" and members.value eq \"$user\"",
                "members[value eq \"$user\"] and id eq \"$group\"";
    }
});



=== TEST 5: what clients of many kinds leave in URLs and bodies
--- reset
--- scim
my $id = create('odd')->{id};

status_is(GET('/Users?'), 200, '? alone');
status_is(GET('/Users?&&count=1&'), 200, '& too many');
json_is(GET('/Users?filter=userName+eq+%22odd%22&count=1&startIndex=1&'),
        'totalResults', 1, 'plus signs');
json_is(find('/Users', filter => 'userName eq"odd"'), 'totalResults', 1,
        'a space missing');
is(modified("/Users/$id?", [ 'replace', '', { title => 'T' } ])->{title},
   'T', 'an empty path');
is(PATCH("/Users/$id", { Operations => [ { op => 'replace', path => 'title',
                                           value => 'U' } ] })->json->{title},
   'U', 'no schemas');
is(PATCH("/Users/$id", { schemas => [ PATCHOP ], operations => {
             op => 'REPLACE', path => 'TITLE', value => 'V' } })
       ->json->{title}, 'V', 'one operation, names in another case');
