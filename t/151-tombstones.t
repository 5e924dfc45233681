# Deleted rows that stay: SCIM does not see them, their names are free, and they
# come back with their externalId where a tenant wants it so.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

no warnings 'once';


# events since number $n: "n type version {changed}"

sub SCIM::Steps::told_are {
    my ($n, $want, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    SCIM::sql_is("select string_agg(concat_ws(' ', n, type, version, "
        . "'{' || array_to_string(changed, ',') || '}'), '; ' order by n) "
        . "from scim.event where tenant = 'acme' and n > $n", $want, $name);
}

# users, active users, groups of the tenant's row, and as they are

sub SCIM::Steps::counts_are {
    my ($want) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    SCIM::sql_is("select concat_ws(' ', users, active_users, groups) "
        . "from scim.tenant where name = 'acme'", $want, "counts: $want");
    SCIM::sql_is("select concat_ws(' ', count(*) filter (where type = 'User'),"
        . " count(*) filter (where type = 'User' and active), "
        . "count(*) filter (where type = 'Group')) from scim.resource "
        . "where tenant = 'acme' and deleted_at is null", $want,
        'as they are');
}

run_tests();

__DATA__

=== TEST 1: a user
--- reset
--- acme
delete tombstone;
--- scim
my $id = create('ann', externalId => 'x1', title => 'a',
                emails => [ { value => 'ann@x' } ])->{id};
my $g = group('G', $id)->{id};
sql("update scim.resource set app_ref = '7', last_token = null "
    . "where id = '$id'");
counts_are('1 1 1');

status_is(DELETE("/Users/$id"), 204);
sql_is("select concat_ws(' ', op, status, version_from, version_to) "
       . "from scim.audit order by request_id desc limit 1",
       'delete 204 1 2', 'audited');
error_is(GET("/Users/$id"), 404);
error_is(DELETE("/Users/$id"), 404);
error_is(PUT("/Users/$id", user('ann')), 404);
error_is(patch("/Users/$id", { op => 'remove', path => 'title' }), 404);
json_is(GET('/Users'), 'totalResults', 0, 'not listed');
json_is(GET('/Users?filter=' . uri_escape('emails.value eq "ann@x"')),
        'totalResults', 0, 'not found');
json_is(GET("/Groups/$g"), 'members', undef, 'in no group');
counts_are('0 0 1');

sql_is("select concat_ws(' ', version, app_ref, external_id, "
       . "deleted_at is not null, doc ->> 'title', last_token) "
       . "from scim.resource where id = '$id'", '2 7 x1 t a idp',
       'the row is there');
sql_is('select count(*) from scim.resource_key', 0, 'without keys');
told_are(3, '4 group.member_removed 2; 5 user.deleted 2');
sql_is("select concat_ws(' ', app_ref, external_id, doc ->> 'title') "
       . 'from scim.event where n = 5', '7 x1 a');

status_is(patch("/Groups/$g", { op => 'add', path => 'members',
                                value => [ { value => $id } ] }), 200);
sql_is('select count(*) from scim.member', 0, 'nobody to be a member');

# its name and its externalId are free; once more, for several of one name

for my $round (1, 2) {
    my $other = create('ann', externalId => 'x1')->{id};
    isnt($other, $id, 'another one');
    status_is(DELETE("/Users/$other"), 204);
}
counts_are('0 0 1');



=== TEST 2: groups and other types
--- reset
--- acme
delete tombstone;
--- scim
my $ann = create('ann')->{id};
my $g = group('G', $ann)->{id};
my $o = group('O', $g)->{id};

status_is(DELETE("/Groups/$g"), 204);
error_is(GET("/Groups/$g"), 404);
sql_is("select members from scim.resource where id = '$g'", 0, 'empty');
sql_is('select count(*) from scim.member', 0, 'and in no other');
json_is(GET("/Users/$ann"), 'groups', undef, 'nobody is in it');
told_are(5, '6 group.member_removed 2; 7 group.deleted 2');
counts_are('1 1 1');
group('G', $ann);



=== TEST 3: with a condition
--- reset
--- acme
delete tombstone;
--- scim
my $id = create('ann')->{id};
error_is(DELETE("/Users/$id", headers => [ 'If-Match' => 'W/"7"' ]), 412);
status_is(DELETE("/Users/$id", headers => [ 'If-Match' => 'W/"1"' ]), 204);
counts_are('0 0 0');

# one that SCIM has not written yet

$id = create('bob')->{id};
sql("update scim.resource set managed = false where id = '$id'");
status_is(DELETE("/Users/$id"), 204);
sql_is("select managed from scim.resource where id = '$id'", 't',
       'it is SCIM\'s from now on');



=== TEST 4: who is restored
--- reset
--- acme
delete tombstone;
restore on;
--- scim
my $id = create('ann', externalId => 'x1', title => 'a')->{id};
my $g = group('G', $id)->{id};
sql("update scim.resource set app_ref = '7' where id = '$id'");
status_is(DELETE("/Users/$id"), 204);

my $res = POST('/Users', user('ann.new', externalId => 'x1', locale => 'de',
                              emails => [ { value => 'ann@x' } ]));
status_is($res, 201);
json_is($res, 'id', $id, 'the same id');
json_is($res, 'title', undef, 'a new document');
etag_is($res, 3);
like($res->header('Location'), qr{/Users/\Q$id\E$}, 'Location');
told_are(5, '6 user.reactivated 3 {active}');
sql_is("select concat_ws(' ', op, status, version_from, version_to) "
       . "from scim.audit order by request_id desc limit 1",
       'create 201 2 3', 'audited as a create');
sql_is("select concat_ws(' ', name, app_ref, deleted_at is null) "
       . "from scim.resource where id = '$id'", 'ann.new 7 t');
json_is(GET('/Users?filter=' . uri_escape('emails.value eq "ann@x"')),
        'totalResults', 1, 'found');
json_is(GET("/Users/$id"), 'groups', undef, 'the groups are not restored');
counts_are('1 1 1');

error_is(POST('/Users', user('other', externalId => 'x1')), 409, 'uniqueness');

# inactive ones

status_is(DELETE("/Users/$id"), 204);
status_is(POST('/Users', user('ann', externalId => 'x1', active => F)), 201);
told_are(7, '8 user.updated 5 {emails,locale,userName}');
counts_are('1 0 1');
sql_is("select deactivated_by from scim.resource where id = '$id'", 'scim');

# the latest of several

status_is(DELETE("/Users/$id"), 204);
sql("update scim.resource set external_id = 'x9' where id = '$id'");
my $late = create('late', externalId => 'x1')->{id};
status_is(DELETE("/Users/$late"), 204);
sql("update scim.resource set external_id = 'x1' where id = '$id'");
json_is(POST('/Users', user('ann', externalId => 'x1')), 'id', $late,
        'the latest');
status_is(DELETE("/Users/$late"), 204);

# not without an externalId, nor with another one

isnt(create('ann')->{id}, $late, 'a new one');
isnt(create('bob', externalId => 'x2')->{id}, $late, 'a new one');
error_is(POST('/Users', user('ANN', externalId => 'x1')), 409, 'uniqueness',
         qr/userName/, 'the name is taken meanwhile');
sql_is("select count(*) from scim.resource where id = '$late' "
       . 'and deleted_at is null', 0, 'so it is not restored');
sql('update scim.resource set protected = true where deleted_at is not null');
isnt(create('eve', externalId => 'x1')->{id}, $late,
     'what the application protects is not touched');



=== TEST 5: an app_ref that is another's meanwhile
--- reset
--- acme
delete tombstone;
restore on;
--- scim
my $id = create('ann', externalId => 'x1')->{id};
sql("update scim.resource set app_ref = '7'");
status_is(DELETE("/Users/$id"), 204);
my $other = create('other')->{id};
sql("update scim.resource set app_ref = '7' where id = '$other'");
json_is(create('ann', externalId => 'x1'), 'id', $id);
sql_is("select concat_ws(' ', name, app_ref) from scim.resource "
       . 'order by name', "ann\nother 7", 'stays with that one');



=== TEST 6: groups are restored
--- reset
--- acme
delete tombstone;
restore on;
--- scim
my $ann = create('ann')->{id};
my $bob = create('bob')->{id};
my $body = { schemas => [ GROUP ], displayName => 'G', externalId => 'g',
             members => [ { value => $ann } ] };
my $res = POST('/Groups', $body);
status_is($res, 201);
my $id = $res->json->{id};
status_is(DELETE("/Groups/$id"), 204);

$res = POST('/Groups', { %$body, displayName => 'H',
                         members => [ { value => $bob } ] });
status_is($res, 201);
json_is($res, 'id', $id);
is_deeply([ map { $_->{value} } @{ GET("/Groups/$id")->json->{members} } ],
          [ $bob ], 'its members are the new ones');
told_are(5, '6 group.updated 3 {displayName}; 7 group.member_added 3');
counts_are('2 2 1');

status_is(DELETE("/Groups/$id"), 204);
delete $body->{members};
json_is(POST('/Groups', $body), 'id', $id, 'without members');
sql_is("select members from scim.resource where id = '$id'", 0);
counts_are('2 2 1');

status_is(DELETE("/Groups/$id"), 204);
sql("update scim.resource set self_writable = false where id = '$id'");
isnt(POST('/Groups', $body)->json->{id}, $id,
     'one that is the application\'s is not touched');
counts_are('2 2 1');



=== TEST 7: many restore the same at once
--- reset
--- acme
delete tombstone;
restore on;
--- scim
my $id = create('ann', externalId => 'x1')->{id};
status_is(DELETE("/Users/$id"), 204);

my @got = parallel(6, sub {
    my $res = client()->request('POST', '/Users',
        body => user('ann', externalId => 'x1'));
    return [ $res->{status}, $res->json->{id} ];
});

is_deeply([ sort map { $_->[0] } @got ], [ 201, (409) x 5 ], 'one of them');
is((grep { $_->[0] == 201 } @got)[0][1], $id, 'with the id that it had');
counts_are('1 1 0');
told_are(2, '3 user.reactivated 3 {active}');
