# PUT: what it changes, what it keeps, and when it does nothing.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: a no-op keeps the version
--- scim
my %data = (displayName => 'No Op', externalId => 'noop-1',
            emails => [ { value => 'noop@example.com', type => 'work' } ],
            ENTERPRISE() => { department => 'R&D' });
my $user = create('noop@example.com', %data);
my $path = "/Users/$user->{id}";
my $rows = "select count(*) from scim.audit where resource_id = "
           . "'$user->{id}'";

for my $name ('as created', 'again', 'keys in another order') {
    my $res = PUT($path, user('noop@example.com', %data));

    status_is($res, 200, $name);
    etag_is($res, 1);
    is_deeply($res->json, $user, "$name: the same resource");
}

sql_is($rows, 1, 'no audit row');
sql_is("select version from scim.resource where id = '$user->{id}'", 1,
       'no version');

etag_is(PUT($path, user('noop@example.com', %data, title => 'x')), 2);
sql_is($rows, 2, 'a change is audited');



=== TEST 2: the whole answer sent back is a no-op
--- scim
my $user = create('back@example.com', active => F, externalId => 'back',
    name => { givenName => 'B', familyName => 'Ack' }, nickName => 'b',
    emails => [ { value => 'a@example.com', primary => T },
                { value => 'b@example.com', type => 'home' } ],
    phoneNumbers => [ { value => '1' } ],
    roles => [ { value => 'r' } ],
    addresses => [ { locality => 'X', type => 'work' } ],
    ENTERPRISE() => { employeeNumber => '7', manager => { value => 'm' } });
my $path = "/Users/$user->{id}";

my $res = PUT($path, GET($path)->{body});
status_is($res, 200);
etag_is($res, 1);
is_deeply($res->json, $user, 'the same');

my $body = GET($path)->json;
$body->{title} = 'merged';
$body->{groups} = [];

$res = PUT($path, $body);
status_is($res, 200);
etag_is($res, 2);
json_is($res, 'title', 'merged');
json_is($res, 'active', F);



=== TEST 3: active stays when it is not said
--- scim
my $user = create('keep@example.com', active => F);
my $path = "/Users/$user->{id}";

json_is(PUT($path, user('keep@example.com', title => 'x')), 'active', F,
        'inactive stays inactive');
json_is(PUT($path, user('keep@example.com', title => 'y', active => undef)),
        'active', F, 'null says nothing');
json_is(PUT($path, user('keep@example.com', title => 'y', active => T)),
        'active', T);
json_is(PUT($path, user('keep@example.com', title => 'z')), 'active', T,
        'active stays active');



=== TEST 4: what the client may not write is passed over
--- scim
my $user = create('ro@example.com');
my $path = "/Users/$user->{id}";

my $res = PUT($path, user('ro@example.com', id => UNKNOWN,
    groups => [ { value => UNKNOWN, display => 'Admins' } ],
    meta => { resourceType => 'Group', created => '1999-01-01T00:00:00Z',
              lastModified => '1999-01-01T00:00:00Z', version => 'W/"77"',
              location => 'http://evil.example/' },
    app_ref => '1', protected => T, managed => F, version => 9));

status_is($res, 200);
etag_is($res, 1);
is_deeply($res->json, $user, 'nothing changed');
sql_is("select app_ref is null, protected, managed, doc ? 'groups' "
       . "from scim.resource where id = '$user->{id}'", 't|f|t|f', 'the row');



=== TEST 5: null and empty lists clear
--- scim
my $user = create('clear@example.com', displayName => 'C', externalId => 'c1',
                  emails => [ { value => 'c@example.com' } ],
                  phoneNumbers => [ { value => '1' } ]);
my $path = "/Users/$user->{id}";

my $res = PUT($path, user('clear@example.com', displayName => undef,
                          externalId => undef, emails => [],
                          phoneNumbers => undef));

status_is($res, 200);
json_is($res, $_, undef) for qw(displayName externalId emails phoneNumbers);
ok(!exists $res->json->{$_}, "$_ is not there at all")
    for qw(displayName externalId emails phoneNumbers);
sql_is("select count(*) from scim.resource_key where id = '$user->{id}'", 0,
       'no look-up key is left');



=== TEST 6: the order of keys, and numbers' spelling, is no change
--- scim
my $user = create('order@example.com', displayName => 'O', title => 'T');
my $path = "/Users/$user->{id}";

etag_is(PUT($path, '{"title":"T","userName":"order@example.com",'
            . '"displayName":"O","schemas":["' . USER . '"]}'), 1);
etag_is(PUT($path, '{"title":"\u0054","userName":"order@example.com",'
            . '"displayName":"O","schemas":["' . USER . '"]}'), 1);



=== TEST 7: userName's case may change
--- scim
my $user = create('Case@example.com');
my $res = PUT("/Users/$user->{id}", user('cASE@example.com'));

status_is($res, 200);
json_is($res, 'userName', 'cASE@example.com');
etag_is($res, 2);



=== TEST 8: a name in use
--- scim
my $a = create('first@example.com', externalId => 'e-1');
my $b = create('second@example.com', externalId => 'e-2');
my $path = "/Users/$b->{id}";

error_is(PUT($path, user('FIRST@example.com')), 409, 'uniqueness',
         qr/userName/);
error_is(PUT($path, user('second@example.com', externalId => 'e-1')), 409,
         'uniqueness', qr/externalId/);
etag_is(GET($path), 1);
is_deeply(GET($path)->json, $b, 'unchanged');
sql_is("select count(*) from scim.audit where resource_id = '$b->{id}' "
       . "and status < 300", 1, 'nothing but its creation is written');



=== TEST 9: PUT does not create
--- scim
error_is(PUT('/Users/' . UNKNOWN, user('new@example.com')), 404);
is(rows('acme', "name = 'new\@example.com'"), 0, 'nothing written');



=== TEST 10: query parameters and a question mark at the end
--- scim
my $user = create('query@example.com');

status_is(PUT("/Users/$user->{id}?", user('query@example.com')), 200, '?');
status_is(PUT("/Users/$user->{id}?a=b&", user('query@example.com')), 200,
          'unknown parameters');

my $res = PUT("/Users/$user->{id}?attributes=title",
              user('query@example.com', title => 'Q', displayName => 'D'));
status_is($res, 200);
is_deeply([ sort keys %{ $res->json } ], [ qw(id schemas title) ],
          'attributes= applies');



=== TEST 11: concurrent PUTs, none lost
twenty at once: each that is 200 is a version; one that never wins is told to
come back
--- scim
my $user = create('race@example.com');
my $path = "/Users/$user->{id}";
my %exit;

$exit{$_}++ for parallel(20, sub {
    my ($i) = @_;
    return PUT($path, user('race@example.com', title => "t$i"))->{status};
});

my $done = delete $exit{200};
my $lost = delete $exit{503} // 0;

is_deeply(\%exit, {}, 'each was done, or lost the race and says so');
is($done + $lost, 20, 'all were answered');
etag_is(GET($path), 1 + $done);
sql_is("select count(*) from scim.audit where resource_id = '$user->{id}' "
       . "and op = 'replace' and status = 200", $done, 'audited');



=== TEST 12: the version is that of the row, not of a snapshot
--- scim
my $user = create('wait@example.com');
my $path = "/Users/$user->{id}";

my (undef, $status) = parallel(2, sub {
    if ($_[0] == 1) {
        sql("begin; update scim.resource set version = version + 1, "
            . "doc = doc || '{\"title\": \"theirs\"}' "
            . "where id = '$user->{id}'; select pg_sleep(1.5); commit");
        return;
    }

    wait_for('the lock', sub {
        sql("select count(*) from pg_stat_activity "
            . "where wait_event = 'PgSleep'") > 0;
    });

    return PUT($path, user('wait@example.com', title => 'ours'),
               headers => [ 'If-Match' => 'W/"1"' ])->{status};
});

is($status, 412, 'changed while it waited');
json_is(GET($path), 'title', 'theirs');
etag_is(GET($path), 2);



=== TEST 13: other users are not touched
--- scim
create("row$_\@example.com") for 1 .. 3;
my $sum = "select md5(string_agg(r::text, '' order by id)) "
          . "from scim.resource r where tenant = 'acme' "
          . "and name <> 'only\@example.com'";
my $before = sql($sum);

my $user = create('only@example.com');
PUT("/Users/$user->{id}", user('only@example.com', title => 'x'));

sql_is($sum, $before, 'checksum of the rest');
