# A server that does not answer, and one that is slow: 503 by the deadline,
# nobody else waits, and it heals.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Nginx;
use SCIM::Parallel qw(background parallel);
use SCIM::Postgres;
use SCIM;
use Test::More;
use Time::HiRes qw(sleep time);

my $USER = SCIM::USER();
my $pg = SCIM::Postgres->new;
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo,
    database => 'read=1 work=1 timeout=2s connect_timeout=1s')->start;
my $client = $nginx->client(timeout => 20);

sub user { return { schemas => [ $USER ], userName => $_[0] } }

sub heals {
    my ($when, @request) = @_;

    @request = ('GET', '/Users?count=1') unless @request;

    my $res;
    eval {
        SCIM::Nginx::wait_for('healing', sub {
            $res = $client->request(@request);
            return $res->{status} == 200 || $res->{status} == 201;
        }, 20);
    };

    is(int($res->{status} / 100), 2, "$when: heals") or diag($res->describe);
}

my $res;
SCIM::Nginx::wait_for('the first answer', sub {
    $res = $client->request('POST', '/Users', body => user('first'));
    return $res->{status} == 201;
});
my $id = $res->json->{id};
is($client->request('GET', "/Users/$id")->{status}, 200, 'both lanes are up');
heals('all is well', 'GET', '/Users');


# --- all backends frozen

my @frozen = $pg->backends;
kill 'STOP', @frozen;

my @res = parallel(3, sub {
    my ($i) = @_;
    my @request = @{ ([ 'GET', "/Users/$id" ], [ 'GET', '/Users' ],
                      [ 'POST', '/Users', body => user('frozen') ])[$i - 1] };
    my $res = $nginx->client(timeout => 20)->request(@request);
    return { %$res, name => "@request[0, 1]", json => undef };
});

for (@res) {
    is($_->{status}, 503, "$_->{name}: 503");
    like($_->{headers}{'retry-after'} // '', qr/^[1-9]\d*$/, 'Retry-After');
    cmp_ok($_->{time}, '<', 7, sprintf 'by the deadline (%.1f s)',
           $_->{time});
    cmp_ok($_->{time}, '>', 1, 'not before it was tried');
}

# the frozen ones are still frozen: new connections are made

heals('a frozen backend, read', 'GET', "/Users/$id");
heals('a frozen backend, list', 'GET', '/Users?count=1');
heals('a frozen backend, write', 'POST', '/Users', body => user('thawed'));

kill 'CONT', @frozen;
SCIM::Nginx::wait_for('the old backends to end', sub {
    my %now = map { $_ => 1 } $pg->backends;
    return !grep { $now{$_} } @frozen;
}, 20);
pass('the old backends have ended');


# --- one write frozen: the tenant's next one does not wait out its own
# deadline, because the silent connection is given up soon

my $patient = SCIM::Nginx->new(conninfo => $pg->conninfo,
    database => 'work=2 timeout=4s')->start;

SCIM::Nginx::wait_for('the other nginx', sub {
    return $patient->client->request('POST', '/Users',
                                     body => user('patient'))->{status} == 201;
});

@frozen = $pg->backends;
kill 'STOP', @frozen;

my $other = $patient->client(timeout => 20);
$res = $other->request('POST', '/Users', body => user('frozen-2'));
is($res->{status}, 503, 'a frozen write');
$res = $other->request('POST', '/Users', body => user('next'));
is($res->{status}, 201, 'the next one is done') or diag($res->describe);

kill 'CONT', @frozen;
$patient->finish;


# --- the postmaster frozen: what is connected goes on, nothing new connects

$pg->sql('select 1');
heals('before');
kill 'STOP', $pg->{pid};
is($client->request('GET', "/Users/$id")->{status}, 200,
   'postmaster frozen: served on what is connected');
kill 'KILL', $pg->backends_by_proc;
$res = $client->request('GET', "/Users/$id");
SCIM::error_is($res, 503, undef, undef, 'no connection can be made');
cmp_ok($res->{time}, '<', 5, 'bounded in time');
kill 'CONT', $pg->{pid};
heals('the postmaster goes on');


# --- a slow write delays no read

$pg->sql('create function scim.test_slow() returns trigger language plpgsql '
         . 'as $$ begin perform pg_sleep(1.2); return new; end $$; '
         . 'create trigger test_slow before insert on scim.resource '
         . "for each row when (new.name like 'slow%') "
         . 'execute function scim.test_slow()');

my $slow = background(sub {
    return $nginx->client(timeout => 20)->request('POST', '/Users',
        body => user('slow'))->{status};
});

SCIM::Nginx::wait_for('the slow write', sub {
    $pg->sql("select count(*) from pg_stat_activity where usename = "
             . "'scim_module' and wait_event = 'PgSleep'") > 0;
});

my $start = time;
my $failed = grep { $client->request('GET', "/Users/$id")->{status} != 200 }
             1 .. 10;
my $took = time - $start;

is($failed, 0, 'reads beside a slow write');
cmp_ok($took, '<', 1, sprintf 'are not delayed (%.2f s)', $took);
is($slow->(), 201, 'the slow write is done');


# --- slower than the deadline

$pg->sql('create or replace function scim.test_slow() returns trigger '
         . 'language plpgsql as $$ begin perform pg_sleep(30); return new; '
         . 'end $$');

$res = $client->request('POST', '/Users', body => user('slow-for-ever'));
SCIM::error_is($res, 503, undef, undef, 'a write beyond the deadline');
cmp_ok($res->{time}, '<', 7, sprintf 'in time (%.1f s)', $res->{time});
heals('after it', 'POST', '/Users', body => user('after'));

SCIM::Nginx::wait_for('the statement to end', sub {
    $pg->sql("select count(*) from pg_stat_activity where usename = "
             . "'scim_module' and wait_event = 'PgSleep'") == 0;
}, 15);
is($pg->sql("select count(*) from scim.resource where name = "
            . "'slow-for-ever'"), 0, 'the server gave it up, too');


# --- a lock that somebody holds

my $holder = background(sub {
    open STDERR, '>', '/dev/null';
    eval {
        $pg->sql("begin; select 1 from scim.resource where id = '$id' "
                 . "for update; select pg_sleep(30)");
    };
});
SCIM::Nginx::wait_for('the lock', sub {
    $pg->sql("select count(*) from pg_stat_activity where usename = "
             . "'postgres' and wait_event = 'PgSleep'") > 0;
});

$res = $client->request('PUT', "/Users/$id",
                        body => { %{ user('first') }, title => 'x' });
SCIM::error_is($res, 503, undef, undef, 'a row that is locked');
cmp_ok($res->{time}, '<', 7, sprintf 'in time (%.1f s)', $res->{time});
is($client->request('GET', "/Users/$id")->{status}, 200,
   'it can be read meanwhile');

$pg->sql("select pg_cancel_backend(pid) from pg_stat_activity where "
         . "usename = 'postgres' and wait_event = 'PgSleep'");
heals('the lock is gone', 'PUT', "/Users/$id",
      body => { %{ user('first') }, title => 'y' });

$nginx->finish(qr/timed out|timeout|connect|57P0|SQLSTATE|closed|deadline/);
done_testing;
