# Rows of the application: imported ones that SCIM takes over with its first
# write, protected ones, published groups.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

no warnings 'once';


sub SCIM::Steps::import_user {
    my ($ref, $attrs, $protected) = @_;

    my $json = SCIM::encode({ userName => $ref, %{ $attrs // {} } });

    return SCIM::sql("select scim.import_user('acme', '$ref', '$json', "
                     . ($protected ? 'true' : 'false') . ')');
}

# events since number $n: "n type version {changed}"

sub SCIM::Steps::told_are {
    my ($n, $want, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    SCIM::sql_is("select string_agg(concat_ws(' ', n, type, version, "
        . "'{' || array_to_string(changed, ',') || '}'), '; ' order by n) "
        . "from scim.event where tenant = 'acme' and n > $n", $want, $name);
}

run_tests();

__DATA__

=== TEST 1: the first write
--- reset
--- scim
my $id = import_user('ann', { title => 'a' });
told_are(0, '', 'an import is no event');
my $res = GET("/Users/$id");
status_is($res, 200);
etag_is($res, 1);

# one that changes nothing

my $body = { %{ $res->json } };
delete @{$body}{qw(id meta)};
$res = PUT("/Users/$id", $body);
status_is($res, 200);
etag_is($res, 2);
told_are(0, '1 user.adopted 2');
sql_is("select concat_ws(' ', managed, app_ref, last_token, origin) "
       . 'from scim.resource', 't ann idp app');
sql_is("select concat_ws(' ', op, status, version_from, version_to) "
       . 'from scim.audit order by request_id desc limit 1',
       'replace 200 1 2');
sql_is('select app_ref from scim.event', 'ann');
$res = PUT("/Users/$id", $body);
etag_is($res, 2);
told_are(1, '', 'the second one is nothing');

# with changes

$id = import_user('bob', { title => 'a' });
status_is(patch("/Users/$id",
    { op => 'replace', path => 'title', value => 'b' },
    { op => 'replace', path => 'active', value => F }), 200);
told_are(1, '2 user.adopted 2; 3 user.updated 2 {title}; '
            . '4 user.deactivated 2 {active}');

$id = import_user('cid', { active => F });
status_is(patch("/Users/$id", { op => 'replace', path => 'active',
                                value => F }), 200);
told_are(4, '5 user.adopted 2', 'by a PATCH that changes nothing');
sql_is("select concat_ws(' ', users, active_users) from scim.tenant "
       . "where name = 'acme'", '3 1');



=== TEST 2: a POST, by userName
--- reset
--- acme
adopt userName;
--- scim
my $id = import_user('Ann', { title => 'a', externalId => 'x1' });
my $res = POST('/Users', user('ANN', externalId => 'x2', locale => 'de'));
status_is($res, 201);
json_is($res, 'id', $id, 'the row that was there');
json_is($res, 'title', undef, 'with the new document');
etag_is($res, 2);
like($res->header('Location'), qr{/Users/\Q$id\E$}, 'Location');
told_are(0, '1 user.adopted 2; '
            . '2 user.updated 2 {externalId,locale,title,userName}');
sql_is("select concat_ws(' ', op, status, version_from, version_to) "
       . 'from scim.audit order by request_id desc limit 1',
       'create 201 1 2');
sql_is('select count(distinct request_id) from scim.event', 1);
sql_is("select concat_ws(' ', users, active_users) from scim.tenant "
       . "where name = 'acme'", '1 1');

error_is(POST('/Users', user('ann')), 409, 'uniqueness', undef,
         'it is SCIM\'s now');

$id = import_user('bob');
isnt(create('other', externalId => 'bob')->{id}, $id, 'by nothing else');
error_is(POST('/Users', user('bob', externalId => 'x2')), 409, 'uniqueness',
         qr/externalId/, 'a key that is another\'s');
sql_is("select managed from scim.resource where id = '$id'", 'f',
       'leaves it alone');

import_user('eve', {}, 1);
error_is(POST('/Users', user('eve')), 409, 'uniqueness', undef,
         'nor a protected one');
status_is(POST('/Groups', { schemas => [ GROUP ], displayName => 'bob' }),
          201, 'a group is not concerned');



=== TEST 3: a POST, by externalId
--- reset
--- acme
adopt externalId;
--- scim
my $id = import_user('ann', { externalId => 'x1', active => F });
json_is(create('anna', externalId => 'x1'), 'id', $id);
told_are(0, '1 user.adopted 2; 2 user.updated 2 {userName}; '
            . '3 user.reactivated 2 {active}');

import_user('bob', { externalId => 'x2' });
error_is(POST('/Users', user('bob')), 409, 'uniqueness', undef,
         'not by its name');
my $new = create('new')->{id};
json_is(GET("/Users/$new"), 'userName', 'new', 'a new one without');



=== TEST 4: a POST, by an address
--- reset
--- acme
adopt emails;
--- scim
my $id = import_user('ann', { emails => [ { value => 'ann@x' },
                                          { value => 'a@x' } ] });
my @mail = (emails => [ { value => 'A@x' }, { value => 'ann@x' } ]);
json_is(create('anna', @mail), 'id', $id, 'whatever case it has');
isnt(create('annb', @mail)->{id}, $id, 'it is SCIM\'s now');

my @two = map { import_user($_, { emails => [ { value => "$_\@x" },
                                             { value => 'two@x' } ] }) }
              qw(bob cid);
my $new = create('new', emails => [ { value => 'two@x' } ])->{id};
ok(!grep($_ eq $new, @two), 'two that fit: neither');
json_is(create('robert', emails => [ { value => 'bob@x' } ]), 'id', $two[0],
        'one that fits');
json_is(create('charles', emails => [ { value => 'two@x' } ]), 'id', $two[1],
        'the only one that is left');

import_user('eve', { emails => [ { value => 'eve@x' } ] }, 1);
isnt(create('eva', emails => [ { value => 'eve@x' } ])->{id},
     sql("select id from scim.resource where name = 'eve'"), 'protected');



=== TEST 5: without the directive
--- reset
--- scim
import_user('ann', { externalId => 'x1' });
error_is(POST('/Users', user('ann')), 409, 'uniqueness');
error_is(POST('/Users', user('anna', externalId => 'x1')), 409, 'uniqueness');



=== TEST 6: many adopt the same at once
--- reset
--- acme
adopt userName;
--- scim
my $id = import_user('ann');
my @got = parallel(6, sub {
    my $res = client()->request('POST', '/Users', body => user('ann'));
    return [ $res->{status}, $res->json->{id} ];
});

is_deeply([ sort map { $_->[0] } @got ], [ 201, (409) x 5 ], 'one of them');
is((grep { $_->[0] == 201 } @got)[0][1], $id, 'that row');
told_are(0, '1 user.adopted 2');



=== TEST 7: protected rows
--- reset
--- scim
my $why = qr/^the resource is protected by the application$/;
my $id = import_user('ann', { title => 'a' }, 1);
my $mine = create('bob')->{id};
sql("update scim.resource set protected = true where id = '$mine'");

for my $one ($id, $mine) {
    my $body = GET("/Users/$one")->json;
    delete @{$body}{qw(id meta)};
    error_is(PUT("/Users/$one", { %$body, title => 'b' }), 403, undef, $why);
    error_is(PUT("/Users/$one", $body), 403, undef, $why);
    error_is(patch("/Users/$one", { op => 'replace', path => 'active',
                                    value => F }), 403, undef, $why);
    error_is(patch("/Users/$one", { op => 'remove', path => 'locale' }), 403,
             undef, $why);
    error_is(DELETE("/Users/$one"), 403, undef, $why);
    etag_is(GET("/Users/$one"), 1);
}

told_are(1, '', 'nothing has happened');

my $g = group('G', $id)->{id};
status_is(patch("/Groups/$g", { op => 'remove', path => 'members' }), 200,
          'who is in a group is the group\'s affair');
sql("update scim.resource set protected = true where id = '$g'");
error_is(patch("/Groups/$g", { op => 'add', path => 'members',
                               value => [ { value => $id } ] }), 403, undef,
         $why);
error_is(DELETE("/Groups/$g"), 403, undef, $why);



=== TEST 8: published groups
--- reset
--- scim
my $why = qr/^the group is kept by the application$/;
my $ann = create('ann')->{id};
my $g = group('G')->{id};
my @add = ({ op => 'add', path => 'members', value => [ { value => $ann } ] });
my @name = ({ op => 'replace', path => 'displayName', value => 'H' });
my $body = { schemas => [ GROUP ], displayName => 'G' };

sql("update scim.resource set self_writable = false where id = '$g'");

error_is(PUT("/Groups/$g", $body), 403, undef, $why);
error_is(PUT("/Groups/$g", { %$body, displayName => 'H' }), 403, undef, $why);
error_is(patch("/Groups/$g", @name), 403, undef, $why);
error_is(patch("/Groups/$g", @name, @add), 403, undef, $why);
error_is(DELETE("/Groups/$g"), 403, undef, $why);
told_are(2, '', 'nothing has happened');

status_is(patch("/Groups/$g", @add), 200, 'its members are SCIM\'s');
status_is(patch("/Groups/$g", { %{ $name[0] }, value => 'G' }, @add), 200,
          'the same is no change');
told_are(2, '3 group.member_added 2');

$why = qr/^the members of the group are kept by the application$/;
sql("update scim.resource set members_writable = false where id = '$g'");
error_is(patch("/Groups/$g", { op => 'remove', path => 'members' }), 403,
         undef, $why);
error_is(patch("/Groups/$g", @add), 403, undef, $why);

sql("update scim.resource set self_writable = true where id = '$g'");
error_is(patch("/Groups/$g", @name, @add), 403, undef, $why);
error_is(PUT("/Groups/$g", $body), 403, undef, $why);
status_is(patch("/Groups/$g", @name), 200, 'the name alone');
told_are(3, '4 group.updated 3 {displayName}');
json_is(GET("/Groups/$g"), 'members.0.value', $ann);



=== TEST 9: groups of the application
--- reset
--- scim
my $ann = create('ann')->{id};
my $g = group('G')->{id};
sql("update scim.resource set managed = false where id = '$g'");

status_is(patch("/Groups/$g", { op => 'remove', path => 'members',
                                value => [ { value => $ann } ] }), 200);
sql_is("select managed || ' ' || version from scim.resource "
       . "where id = '$g'", 'false 1', 'who changes nothing owns nothing');
told_are(2, '', 'and nobody is told');
status_is(patch("/Groups/$g", { op => 'add', path => 'members',
                                value => [ { value => $ann } ] }), 200);
sql_is("select managed || ' ' || version from scim.resource "
       . "where id = '$g'", 'true 2', 'SCIM\'s from the first change on');
