# Groups: create, read, replace, change, delete; their members, in rows and
# counted; groups in groups; the groups that a user is in.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

no warnings 'once';


# ids of a group's members, in order

sub SCIM::Steps::members_of {
    my ($res) = @_;

    return [ map { $_->{value} } @{ $res->json->{members} // [] } ];
}

sub SCIM::Steps::members_are {
    my ($id, $want, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    Test::More::is_deeply(
        SCIM::Steps::members_of(SCIM::GET("/Groups/$id")),
        [ sort @$want ], $name // 'members');
}

# the groups of a user: "name type", ordered by name

sub SCIM::Steps::groups_are {
    my ($id, $want, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    Test::More::is(
        join(', ', sort map { "$_->{display} $_->{type}" }
                        @{ SCIM::GET("/Users/$id")->json->{groups} // [] }),
        $want, $name // 'groups');
}

# what is counted is what there is

sub SCIM::Steps::counts_ok {
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    SCIM::sql_is("select count(*) from scim.resource r where members <> "
        . "(select count(*) from scim.member m where m.tenant = r.tenant "
        . "and m.group_id = r.id)", 0, 'members are counted right');
    SCIM::sql_is("select string_agg(t.name, ',') from scim.tenant t where "
        . "(users, active_users, groups) <> (select count(*) filter "
        . "(where type = 'User'), count(*) filter (where type = 'User' "
        . "and active), count(*) filter (where type = 'Group') "
        . "from scim.resource r where r.tenant = t.name)", '',
        'so are users and groups');
}

sub SCIM::Steps::audited {
    my ($want, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    SCIM::sql_is("select concat_ws(' ', op, resource_type, version_from, "
        . "version_to, unknown_members) from scim.audit "
        . "order by at desc limit 1", $want, $name // "audited: $want");
}

sub SCIM::Steps::body_of {
    my ($name, @ids) = @_;

    return { schemas => [ SCIM::GROUP() ], displayName => $name,
             members => [ map +{ value => $_ }, @ids ] };
}

run_tests();

__DATA__

=== TEST 1: create, read, delete
--- reset
--- scim
my $ann = create('ann', displayName => 'Ann A.')->{id};
my $bob = create('bob')->{id};

my $res = POST('/Groups', {
    schemas => [ GROUP ], displayName => 'Staff', externalId => 'x1',
    members => [ { value => $ann, display => 'who', type => 'User',
                   '$ref' => 'https://elsewhere/Users/1' },
                 { value => $bob }, { value => $ann } ] });
status_is($res, 201);
etag_is($res, 1);
my $id = $res->json->{id};
header_is($res, 'Location', $res->json->{meta}{location});
json_is($res, 'meta.resourceType', 'Group');
json_is($res, 'displayName', 'Staff');
json_is($res, 'externalId', 'x1');
is_deeply([ sort map { $_->{value} } @{ $res->json->{members} } ],
          [ sort $ann, $bob ], 'each member once');
audited('create Group 1 0');

$res = GET("/Groups/$id");
status_is($res, 200);
my ($first) = grep { $_->{value} eq $ann } @{ $res->json->{members} };
is($first->{type}, 'User', 'type');
is($first->{display}, 'Ann A.', 'display is what the user is called');
like($first->{'$ref'}, qr{/scim/v2/Users/\Q$ann\E$}, '$ref is the user');

$res = GET("/Groups/$id?excludedAttributes=members");
json_is($res, 'members', undef, 'not if not wanted');
json_is($res, 'displayName', 'Staff');

$res = GET("/Groups/$id?attributes=displayName");
json_is($res, 'members', undef, 'nor asked for');

groups_are($ann, 'Staff direct');
$res = GET("/Users/$ann?attributes=userName");
json_is($res, 'groups', undef, 'groups not asked for');

counts_ok();

status_is(DELETE("/Groups/$id"), 204);
status_is(GET("/Groups/$id"), 404);
status_is(DELETE("/Groups/$id"), 404);
groups_are($ann, '', 'in no group any more');
sql_is('select count(*) from scim.member', 0, 'no membership is left');
counts_ok();



=== TEST 2: without members, and who has none
--- reset
--- scim
my $res = POST('/Groups', { schemas => [ GROUP ], displayName => 'Empty' });
status_is($res, 201);
json_is($res, 'members', undef, 'no members');
my $id = $res->json->{id};
json_is(GET("/Groups/$id"), 'members', undef, 'none at all');
json_is(POST('/Groups', body_of('None')), 'members', undef,
        'nor of an empty list');
counts_ok();



=== TEST 3: PUT makes the difference
--- reset
--- scim
my @id = map { create("u$_")->{id} } 1 .. 6;
my $g = group('G', @id[0 .. 3]);

my $res = PUT("/Groups/$g->{id}", body_of('G', @id[2 .. 5]));
status_is($res, 200);
etag_is($res, 2);
is_deeply([ sort map { $_->{value} } @{ $res->json->{members} } ],
          [ sort @id[2 .. 5] ], 'the members it has now');
members_are($g->{id}, [ @id[2 .. 5] ]);
audited('replace Group 1 2 0');

$res = PUT("/Groups/$g->{id}", body_of('G', reverse @id[2 .. 5]));
status_is($res, 200);
etag_is($res, 2);
json_is($res, 'meta.lastModified', GET("/Groups/$g->{id}")
                                   ->json->{meta}{lastModified});
audited('replace Group 1 2 0', 'nothing changed: no audit row');

$res = PUT("/Groups/$g->{id}", body_of('H', @id[2 .. 5]));
etag_is($res, 3);
members_are($g->{id}, [ @id[2 .. 5] ], 'renamed: all stay');
groups_are($id[2], 'H direct', 'its members know');

$res = PUT("/Groups/$g->{id}", { schemas => [ GROUP ],
                                 displayName => 'H' });
status_is($res, 200);
members_are($g->{id}, [], 'without members: none is left');
counts_ok();

$res = PUT("/Groups/$g->{id}", body_of('I', $id[0]),
           headers => [ 'If-Match' => 'W/"1"' ]);
status_is($res, 412);
members_are($g->{id}, [], 'another version: nothing changes');



=== TEST 4: PATCH of members
--- reset
--- scim
my @id = map { create("u$_")->{id} } 1 .. 5;
my $g = group('G', $id[0]);
my $at = "/Groups/$g->{id}";

my $res = patch($at, { op => 'add', path => 'members',
                       value => [ { value => $id[1] },
                                  { value => $id[2] } ] });
status_is($res, 200);
etag_is($res, 2);
members_are($g->{id}, [ @id[0 .. 2] ], 'two more');
audited('patch Group 1 2 0');

$res = patch($at, { op => 'add', path => 'members',
                    value => [ { value => $id[1] } ] });
etag_is($res, 2);
audited('patch Group 1 2 0', 'who is in: no change');

$res = patch($at, { op => 'remove', path => qq(members[value eq "$id[0]"]) });
etag_is($res, 3);
members_are($g->{id}, [ @id[1, 2] ], 'one less');

$res = patch($at, { op => 'remove', path => qq(members[value eq "$id[0]"]) });
status_is($res, 200);
etag_is($res, 3);

$res = patch($at, { op => 'replace', path => 'members',
                    value => [ { value => $id[2] }, { value => $id[3] } ] });
etag_is($res, 4);
members_are($g->{id}, [ @id[2, 3] ], 'others');

$res = patch($at, { op => 'replace', path => 'displayName', value => 'N' },
                  { op => 'add', path => 'members',
                    value => [ { value => $id[4] } ] },
                  { op => 'remove', path => 'members',
                    value => [ { value => $id[2] } ] });
status_is($res, 200);
etag_is($res, 5);
json_is($res, 'displayName', 'N');
members_are($g->{id}, [ @id[3, 4] ], 'renamed, one in, one out');

$res = patch($at, { op => 'remove', path => 'members' });
etag_is($res, 6);
members_are($g->{id}, [], 'nobody');
counts_ok();

status_is(patch('/Groups/' . UNKNOWN, { op => 'add', path => 'members',
    value => [ { value => $id[1] } ] }), 404, 'no such group');
status_is(patch("/Groups/$id[0]", { op => 'add', path => 'members',
    value => [ { value => $id[1] } ] }), 404, 'a user is none');
status_is(PATCH($at, { schemas => [ PATCHOP ], Operations => [
    { op => 'add', path => 'members', value => [ { value => $id[1] } ] } ] },
    headers => [ 'If-Match' => 'W/"5"' ]), 412, 'another version');



=== TEST 5: members that are nobody
--- reset
--- scim
my $ann = create('ann')->{id};
my $eve = json(call('POST', '/Users', as => 'globex',
                    body => user('eve'))->{body})->{id};
my $g = group('G', $ann, UNKNOWN, 'no-id', $eve);

members_are($g->{id}, [ $ann ], 'are left out');
audited('create Group 1 3');

my $res = patch("/Groups/$g->{id}", { op => 'add', path => 'members',
    value => [ { value => $eve }, { value => 'x' } ] });
status_is($res, 200);
etag_is($res, 1);
members_are($g->{id}, [ $ann ]);
audited('create Group 1 3', 'nobody was added: no change');

$res = PUT("/Groups/$g->{id}", body_of('H', $ann, $eve, 'x'));
status_is($res, 200);
audited('replace Group 1 2 2');
members_are($g->{id}, [ $ann ]);
counts_ok();



=== TEST 6: members that are nobody, refused
--- reset
--- acme
unknown_members reject;
--- scim
my $ann = create('ann')->{id};

error_is(POST('/Groups', body_of('G', $ann, UNKNOWN)), 400, 'invalidValue');
error_is(POST('/Groups', body_of('G', $ann, 'x')), 400, 'invalidValue');
sql_is("select count(*) from scim.resource where type = 'Group'", 0,
       'nothing is left');

my $g = group('G', $ann);

error_is(patch("/Groups/$g->{id}", { op => 'add', path => 'members',
    value => [ { value => UNKNOWN } ] }), 400, 'invalidValue');
error_is(PUT("/Groups/$g->{id}", body_of('H', UNKNOWN)), 400,
         'invalidValue');
json_is(GET("/Groups/$g->{id}"), 'displayName', 'G', 'as it was');
members_are($g->{id}, [ $ann ]);
status_is(patch("/Groups/$g->{id}", { op => 'remove', path => 'members',
    value => [ { value => UNKNOWN } ] }), 200, 'who is not in, is not');



=== TEST 7: groups in groups
--- reset
--- scim
my $ann = create('ann')->{id};
my $a = group('A', $ann)->{id};
my $b = group('B', $a)->{id};
my $c = group('C', $b, $ann)->{id};

my $res = GET("/Groups/$b");
json_is($res, 'members.0.type', 'Group');
json_is($res, 'members.0.display', 'A');
like($res->json->{members}[0]{'$ref'}, qr{/Groups/\Q$a\E$}, '$ref');
groups_are($ann, 'A direct, B indirect, C direct');

for my $into ($a, $b) {
    error_is(patch("/Groups/$into", { op => 'add', path => 'members',
        value => [ { value => $c } ] }), 400, 'invalidValue', undef,
        'no circle by PATCH');
    error_is(PUT("/Groups/$into", body_of('X', $c)), 400, 'invalidValue',
             undef, 'nor by PUT');
}

error_is(patch("/Groups/$a", { op => 'add', path => 'members',
    value => [ { value => $a } ] }), 400, 'invalidValue', undef,
    'nor of one');
members_are($a, [ $ann ], 'as it was');

status_is(patch("/Groups/$c", { op => 'remove', path => 'members',
    value => [ { value => $b } ] }), 200);
groups_are($ann, 'A direct, B indirect, C direct');
status_is(patch("/Groups/$a", { op => 'add', path => 'members',
    value => [ { value => $c } ] }), 200, 'the other way round now');
groups_are($ann, 'A direct, B indirect, C direct');

status_is(DELETE("/Groups/$a"), 204);
members_are($b, [], 'a group that is deleted is in none');
groups_are($ann, 'C direct');
counts_ok();



=== TEST 8: sixteen levels and no more
--- reset
--- scim
my $ann = create('ann')->{id};
my @id = group('g1', $ann)->{id};

push @id, group("g$_", $id[-1])->{id} for 2 .. 16;

error_is(POST('/Groups', body_of('g17', $id[15])), 400, 'invalidValue');
is(scalar @{ GET("/Users/$ann")->json->{groups} }, 16, 'it is in all');

my $top = group('top')->{id};
error_is(patch("/Groups/$top", { op => 'add', path => 'members',
    value => [ { value => $id[15] } ] }), 400, 'invalidValue');
error_is(patch("/Groups/$id[0]", { op => 'add', path => 'members',
    value => [ { value => $top } ] }), 400, 'invalidValue');
status_is(patch("/Groups/$top", { op => 'add', path => 'members',
    value => [ { value => $id[14] } ] }), 200);
counts_ok();



=== TEST 9: a user who is deleted
--- reset
--- scim
my ($ann, $bob) = map { create($_)->{id} } 'ann', 'bob';
my @g = map { group("G$_", $ann, $bob) } 1 .. 3;

status_is(DELETE("/Users/$ann"), 204);

for my $g (@g) {
    my $res = GET("/Groups/$g->{id}");
    etag_is($res, 2);
    is_deeply(members_of($res), [ $bob ], 'is in no group');
}

sql_is("select count(*), count(*) filter (where op = 'delete') "
       . "from scim.audit where at = (select max(at) from scim.audit)",
       '1|1', 'one audit row, of the user');
status_is(DELETE("/Users/$bob"), 204, 'the last one');
members_are($g[0]{id}, []);
counts_ok();



=== TEST 10: a name is one group's
--- reset
--- scim
my $a = group('Staff')->{id};
my $b = group('Others')->{id};

error_is(POST('/Groups', body_of('sTAFF')), 409, 'uniqueness',
         qr/displayName/);
error_is(PUT("/Groups/$b", body_of('STAFF')), 409, 'uniqueness',
         qr/displayName/);
error_is(patch("/Groups/$b", { op => 'replace', path => 'displayName',
                               value => 'Staff' }), 409, 'uniqueness',
         qr/displayName/);
status_is(PUT("/Groups/$a", body_of('STAFF')), 200, 'its own, otherwise');
status_is(call('POST', '/Groups', as => 'globex',
               body => body_of('Staff')), 201, 'another tenant');
status_is(POST('/Users', user('Staff')), 201, 'a user');



=== TEST 11: reading a group without members touches no membership
--- reset
--- error_log
[crit]
--- scim
my $ann = create('ann')->{id};
my $g = group('G', $ann)->{id};

# whoever comes upon a membership fails

sql("create policy trap on scim.member as restrictive for select "
    . "to scim_module using (tenant::int > 0)");

my @res = (GET("/Groups/$g?excludedAttributes=members"),
           GET("/Groups/$g?attributes=displayName"),
           GET('/Groups?filter=displayName%20eq%20%22G%22'
               . '&excludedAttributes=members'),
           GET("/Users/$ann?excludedAttributes=groups"),
           GET('/Groups?excludedAttributes=members'));
my $with = GET("/Groups/$g");

sql('drop policy trap on scim.member');

status_is($with, 500, 'as a read with members does');
status_is($_, 200) for @res;



=== TEST 12: ten thousand members
--- reset
--- location
client_max_body_size 4m;
client_body_buffer_size 4m;
--- scim
sql("insert into scim.resource (tenant, id, type, name, name_key, doc) "
    . "select 'acme', gen_random_uuid(), 'User', 'u' || i, 'u' || i, "
    . "jsonb_build_object('schemas', jsonb_build_array('" . USER . "'), "
    . "'userName', 'u' || i, 'active', true) "
    . "from generate_series(1, 10100) i");
sql("update scim.tenant set users = 10100, active_users = 10100 "
    . "where name = 'acme'");

my @id = split /\n/, sql("select id from scim.resource "
                         . "where type = 'User' order by name");
my $g = group('G')->{id};
my $res = PUT("/Groups/$g?excludedAttributes=members",
              body_of('G', @id[0 .. 9999]));
status_is($res, 200);
etag_is($res, 2);
sql_is("select members from scim.resource where id = '$g'", 10000);
counts_ok();

$res = PUT("/Groups/$g?excludedAttributes=members",
           body_of('G', @id[100 .. 10099]));
status_is($res, 200);
etag_is($res, 3);
sql_is("select members from scim.resource where id = '$g'", 10000);
sql_is("select count(*) from scim.member where member_id in ("
       . join(',', map { "'$_'" } @id[0 .. 99]) . ')', 0, 'those are out');
counts_ok();

$res = PUT("/Groups/$g?excludedAttributes=members",
           body_of('G', reverse @id[100 .. 10099]));
etag_is($res, 3);
members_are($g, [ @id[100 .. 10099] ], 'all of them come back');

$res = patch("/Groups/$g", { op => 'add', path => 'members',
                             value => [ { value => $id[0] } ] });
status_is($res, 204);
sql_is("select members from scim.resource where id = '$g'", 10001);
status_is(DELETE("/Groups/$g"), 204);
counts_ok();
