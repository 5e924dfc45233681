# The connection is lost between a write and its answer.  The module finds out
# what became of it: each write takes place once, and is answered for what it
# is.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Conf qw(%SECRET token_line);
use SCIM::Nginx;
use SCIM::Parallel 'parallel';
use SCIM::Postgres;
use SCIM::Proxy;
use SCIM;
use Test::More;

my $USER = SCIM::USER();
my $pg = SCIM::Postgres->new;
my $proxy = SCIM::Proxy->new($pg);
my $nginx = SCIM::Nginx->new(conninfo => $proxy->conninfo,
                             database => 'timeout=5s',
                             tenants => { acme => join "\n",
    'delete tombstone;', 'restore on;', 'adopt userName;',
    map { token_line($SECRET{$_} = "acme-5ecret-of-$_", name => $_) }
        'cut-before-delete', 'cut-after-delete' })->start;
my $client = $nginx->client(timeout => 30);

sub user { return { schemas => [ $USER ], userName => @_ } }

sub row_is {
    my ($name, $want, $why) = @_;

    is($pg->sql("select count(*), max(version) from scim.resource "
                . "where name = '$name' and deleted_at is null"), $want,
       $why);
}

sub audit_is {
    my ($id, $want) = @_;

    is($pg->sql("select string_agg(op || coalesce(' ' || version_to, ''), "
                . "', ' order by at) from scim.audit "
                . "where resource_id = '$id' and status < 300"), $want,
       "audited: $want");
}

SCIM::Nginx::wait_for('the first answer', sub {
    $client->request('GET', '/Users')->{status} == 200;
});

for my $when ('before', 'after') {

    subtest "lost $when the server has done it" => sub {
        my $name = "cut-$when-post";
        my $res = $client->request('POST', '/Users', body => user($name));

        is($res->{status}, 201, 'POST') or diag($res->describe);
        my $id = $res->json->{id};
        is($res->json->{userName}, $name, 'with the resource');
        is($res->header('ETag'), 'W/"1"', 'and its version');
        like($res->header('Location') // '', qr/\Q$id\E$/, 'and Location');
        row_is($name, '1|1', 'one row');
        audit_is($id, 'create 1');
        is($client->request('GET', "/Users/$id")->{status}, 200, 'it is it');

        $name = "cut-$when-put";
        $res = $client->request('PUT', "/Users/$id",
                                body => user($name, title => 'x'));
        is($res->{status}, 200, 'PUT') or diag($res->describe);
        is($res->header('ETag'), 'W/"2"', 'the next version');
        is($res->json->{title}, 'x', 'with the resource');
        row_is($name, '1|2', 'one step');
        audit_is($id, 'create 1, replace 2');

        # a condition that was true when the write began

        $name = "cut-$when-match";
        $res = $client->request('PUT', "/Users/$id", body => user($name),
                                headers => [ 'If-Match' => 'W/"2"' ]);
        is($res->{status}, 200, 'PUT with If-Match') or diag($res->describe);
        is($res->header('ETag'), 'W/"3"', 'the next version');
        row_is($name, '1|3', 'one step');
    };
}

subtest 'a read is asked again' => sub {
    for my $when ('before', 'after') {
        my $res = $client->request('GET', '/Users?filter=userName%20eq%20'
                                          . "%22cut-$when-read%22");
        is($res->{status}, 200, $when) or diag($res->describe);
    }
};

subtest 'a conflict is still a conflict' => sub {
    $client->request('POST', '/Users', body => user('taken'));

    my $res = $client->request('POST', '/Users', body =>
        user('taken', displayName => 'cut-before-conflict'));
    is($res->{status}, 409, 'before') or diag($res->describe);

    $res = $client->request('POST', '/Users', body =>
        user('taken', displayName => 'cut-after-conflict'));
    is($res->{status}, 409, 'after') or diag($res->describe);
    row_is('taken', '1|1', 'one row');
};

subtest 'many at once, some of them lost' => sub {
    my @res = parallel(24, sub {
        my ($i) = @_;
        my $cut = $i % 6 == 0 ? 'cut-after' : $i % 6 == 3 ? 'cut-before'
                                                         : 'kept';
        my $name = "$cut-many-$i";
        my $res = $nginx->client(timeout => 30)->request('POST', '/Users',
            as => $i % 2 ? 'acme' : 'globex', body => user($name));
        return [ $name, $res->{status}, $res->describe ];
    });

    # those that shared a lost segment run again, each by itself: none is lost
    # twice because of another

    my %status = map { $_->[0] => $_->[1] } @res;
    my %rows = map { split /\|/ } split /\n/, $pg->sql(
        "select name, count(*) from scim.resource "
        . "where name like '%-many-%' group by name");
    my @done = grep { $status{$_} == 201 } keys %status;
    my @wrong = grep { $_->[1] != 201 && $_->[1] != 503 } @res;

    is(scalar @wrong, 0, 'done, or 503')
        or diag(join "\n", map { "@$_" } @wrong);
    is(join(' ', grep { /^kept/ && $status{$_} != 201 } sort keys %status),
       '', 'those that were not lost themselves are done');
    is(scalar(grep { !$rows{$_} } @done), 0, 'what is done is there');
    is(scalar(grep { $_ > 1 } values %rows), 0, 'and nothing twice');
};

subtest 'lost again and again' => sub {
    my $res = $client->request('POST', '/Users',
                               body => user('cut-after-twice'));
    ok($res->{status} == 201 || $res->{status} == 503, 'twice: 201 or 503')
        or diag($res->describe);
    row_is('cut-after-twice', '1|1', 'one row all the same');

    $res = $client->request('POST', '/Users',
                            body => user('cut-before-always'));
    SCIM::error_is($res, 503, undef, undef, 'for ever: 503');
    like($res->header('Retry-After') // '', qr/^[1-9]\d*$/, 'Retry-After');
    cmp_ok($res->{time}, '<', 15, 'in time');
    row_is('cut-before-always', '0|', 'and nothing written');
};

subtest 'done, but never answered' => sub {
    my $res = $client->request('POST', '/Users',
                               body => user('cut-mute-post'));
    ok($res->{status} == 201 || $res->{status} == 503, 'found, or 503')
        or diag($res->describe);
    cmp_ok($res->{time}, '<', 15, sprintf 'in time (%.1f s)', $res->{time});
    row_is('cut-mute-post', '1|1', 'one row');
};

# a write that was lost leaves the others alone

my $res;
SCIM::Nginx::wait_for('a write', sub {
    $res = $client->request('POST', '/Users', body => user('last'));
    return $res->{status} != 503;
});
ok($res->{status} == 201 || $res->{status} == 409, 'served as ever')
    or diag($res->describe);
row_is('last', '1|1', 'and written');

is($pg->sql('select count(*) from scim.resource'),
   $pg->sql("select count(*) from scim.audit where op = 'create' "
            . "and status = 201"), 'one audit row for each creation');
is($pg->sql("select count(*) from scim.tenant t where users <> (select "
            . "count(*) from scim.resource r where r.tenant = t.name)"), 0,
   'the counts are right');

for my $when ('before', 'after') {

    subtest "rows that stay, lost $when" => sub {
        my $n = "select event_no from scim.tenant where name = 'acme'";

        # the word is the token's name, which every write holds

        my $id = $client->request('POST', '/Users', body => user(
            "stays-$when", externalId => "x-$when"))->json->{id};
        my $told = $pg->sql($n);
        my $res = $client->request('DELETE', "/Users/$id",
                                   as => "cut-$when-delete");
        is($res->{status}, 204, 'DELETE') or diag($res->describe);
        audit_is($id, 'create 1, delete 2');
        is($pg->sql($n), ++$told, 'one event');

        # the statement that looks for the row, and the one that takes it

        for my $which ('first', 'second') {
            my $name = "cut-$when-$which-back";
            $res = $client->request('POST', '/Users', body => user(
                $name, externalId => "x-$when"));
            is($res->{status}, 201, "restored, $which") or diag($res->describe);
            is($res->json->{id}, $id, 'that one');
            is($pg->sql($n), ++$told, 'one event');

            $res = $client->request('DELETE', "/Users/$id");
            is($res->{status}, 204, 'DELETE') or diag($res->describe);
            $told++;

            $name = "cut-$when-$which-adopt";
            my $row = $pg->sql("select scim.import_user('acme', '$name', "
                . "jsonb_build_object('userName', '$name'))");
            $res = $client->request('POST', '/Users', body => user($name));
            is($res->{status}, 201, "adopted, $which") or diag($res->describe);
            is($res->json->{id}, $row, 'that one');
            is($pg->sql($n), ++$told, 'one event');
        }
    };
}

$nginx->finish(qr/lost|closed|timed out|SQLSTATE|connection/);
done_testing;
