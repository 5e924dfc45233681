# Seats: how many users may be active, of the configuration and of the
# application; nobody is turned out.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

run_tests();

__DATA__

=== TEST 1: of the configuration
--- reset
--- acme
seats 2;
--- scim
my $ann = create('ann')->{id};
my $bob = create('bob')->{id};

my $res = POST('/Users', user('cid'));
error_is($res, 403, undef, qr/^active: all 2 seats are taken$/);
is(rows('acme'), 2, 'nothing is written');
sql_is("select event_no from scim.tenant where name = 'acme'", 2,
       'nor told');

my $cid = create('cid', active => F)->{id};
error_is(patch("/Users/$cid", { op => 'replace', path => 'active',
                                value => T }), 403, undef, qr/all 2 seats/);
error_is(PUT("/Users/$cid", user('cid', active => T)), 403, undef,
         qr/all 2 seats/);
status_is(PUT("/Users/$cid", user('cid2', active => F)), 200, 'who is not');
status_is(PUT("/Users/$bob", user('bob2')), 200, 'who is already');
error_is(POST('/Users', user('bob2')), 409, 'uniqueness', undef,
         'a name that is taken is told before');

status_is(patch("/Users/$ann", { op => 'replace', path => 'active',
                                 value => F }), 200);
status_is(PUT("/Users/$cid", user('cid', active => T)), 200,
          'a seat is free');
error_is(POST('/Users', user('dan')), 403);
status_is(DELETE("/Users/$bob"), 204);
create('dan');
sql_is("select active_users || ' ' || users from scim.tenant "
       . "where name = 'acme'", '2 3');
status_is(POST('/Users', user('eve'), as => 'globex'), 201,
          'the other tenant has its own');
status_is(POST('/Groups', { schemas => [ GROUP ], displayName => 'G' }), 201,
          'groups need none');



=== TEST 2: of the application, and the less of both
--- reset
--- acme
seats 3;
--- scim
sql("update scim.tenant set max_active = 1 where name = 'acme'");
create('ann');
error_is(POST('/Users', user('bob')), 403, undef, qr/all 1 seats/);
sql("update scim.tenant set max_active = 5 where name = 'acme'");
create($_) for qw(bob cid);
error_is(POST('/Users', user('dan')), 403, undef, qr/all 3 seats/);
sql("update scim.tenant set max_active = 0 where name = 'acme'");
error_is(POST('/Users', user('dan')), 403, undef, qr/all 0 seats/);
my $ann = GET('/Users?filter=' . uri_escape('userName eq "ann"'))
          ->json->{Resources}[0]{id};
status_is(PUT("/Users/$ann", user('ann', title => 'x')), 200,
          'nobody is turned out');
status_is(PUT("/Users/$ann", user('ann', active => F)), 200);
error_is(PUT("/Users/$ann", user('ann', active => T)), 403, undef,
         qr/all 0 seats/);



=== TEST 3: of the application alone
--- reset
--- scim
sql("update scim.tenant set max_active = 1 where name = 'acme'");
create('ann');
error_is(POST('/Users', user('bob')), 403, undef, qr/all 1 seats/);
sql("update scim.tenant set max_active = null where name = 'acme'");
create('bob');



=== TEST 4: those who come back, or are taken over
--- reset
--- acme
seats 1;
delete tombstone;
restore on;
adopt userName;
--- scim
my $id = create('ann', externalId => 'x1')->{id};
status_is(DELETE("/Users/$id"), 204);
my $bob = create('bob')->{id};

error_is(POST('/Users', user('ann', externalId => 'x1')), 403, undef,
         qr/all 1 seats/);
sql_is("select deleted_at is not null from scim.resource where id = '$id'",
       't', 'it is not restored');
my $res = POST('/Users', user('ann', externalId => 'x1', active => F));
status_is($res, 201);
json_is($res, 'id', $id, 'but inactive');

# imported ones: the active one has a seat, though there is none

my ($on, $off) = split /\n/, sql("select scim.import_user('acme', u, "
    . "jsonb_build_object('userName', u, 'active', u = 'on')) "
    . "from unnest('{on,off}'::text[]) u");
sql_is("select active_users from scim.tenant where name = 'acme'", 2);
$res = POST('/Users', user('on'));
status_is($res, 201);
json_is($res, 'id', $on);
error_is(POST('/Users', user('off')), 403, undef, qr/all 1 seats/);
sql_is("select managed from scim.resource where id = '$off'", 'f',
       'it is not taken over');
$res = POST('/Users', user('off', active => F));
status_is($res, 201);
json_is($res, 'id', $off);



=== TEST 5: many at once
--- reset
--- acme
seats 5;
--- scim
my @got = parallel(12, sub {
    return client()->request('POST', '/Users', body => user("u$_[0]"))
           ->{status};
});

is_deeply([ sort @got ], [ (201) x 5, (403) x 7 ], 'exactly five');
sql_is("select active_users || ' ' || users from scim.tenant "
       . "where name = 'acme'", '5 5');
is(rows('acme', 'active'), 5);
