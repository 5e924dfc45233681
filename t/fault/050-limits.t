# Not enough connections, a full queue, a dead worker, one process alone.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Nginx;
use SCIM::Parallel qw(parallel);
use SCIM::Postgres;
use SCIM;
use Test::More;
use Time::HiRes qw(sleep time);

my $USER = SCIM::USER();
my $pg = SCIM::Postgres->new;

$pg->sql('create function scim.test_slow() returns trigger language plpgsql '
         . 'as $$ begin perform pg_sleep(1); return new; end $$; '
         . 'create trigger test_slow before insert on scim.resource '
         . "for each row when (new.name like 'slow%') "
         . 'execute function scim.test_slow()');

sub user { return { schemas => [ $USER ], userName => $_[0] } }

sub served {
    my ($nginx, $name) = @_;

    my $res;
    eval {
        SCIM::Nginx::wait_for($name, sub {
            $res = $nginx->client->request('GET', '/Users?count=1');
            return $res->{status} == 200;
        }, 20);
    };

    is($res->{status}, 200, $name) or diag($res->describe);
}


subtest 'worker_connections exhausted' => sub {
    my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo,
        database => 'read=1 work=1', connections => 10)->start;

    served($nginx, 'before');

    # one is kept in use; all others are taken away

    my $client = $nginx->client(keepalive => 1, timeout => 10);
    $client->request('GET', '/alive', absolute => 1);

    my @idle = grep { defined } map { $nginx->client->connect } 1 .. 12;
    $pg->sql("select pg_terminate_backend(pid) from pg_stat_activity "
             . "where usename = 'scim_module'");

    for (1 .. 5) {
        my $res = $client->request('GET', '/Users?count=1');
        ok($res->{status} == 200 || $res->{status} == 503
           || !$res->{status}, 'answered, 503, or closed for want of room')
            or diag($res->describe);
    }

    close $_ for @idle;
    served($nginx, 'when there is room again');

    is(scalar(() = $nginx->workers), 1, 'the worker lives');
    unlike($nginx->error_log, qr/exited on signal/, 'it is the same');

    $nginx->finish(qr/worker_connections are not enough|connect/);
};


subtest 'the queue is full' => sub {
    my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo,
        database => 'read=1 depth=1 work=1 queue=2')->start;

    served($nginx, 'before');

    my @res = parallel(16, sub {
        my ($i) = @_;
        my $res = $nginx->client->request('POST', '/Users',
                                          body => user("slow-queue-$i"));
        return { status => $res->{status}, time => $res->{time},
                 retry => $res->header('Retry-After') };
    });

    my @done = grep { $_->{status} == 201 } @res;
    my @full = grep { $_->{status} == 503 } @res;

    is(@done + @full, 16, 'done, or 503')
        or diag(join ' ', map { $_->{status} } @res);
    cmp_ok(scalar @done, '>', 0, 'some are done');
    cmp_ok(scalar @full, '>', 0, 'some are told to come back');
    is(scalar(grep { ($_->{retry} // '') !~ /^[1-9]\d*$/ } @full), 0,
       'when, in whole seconds');
    is($pg->sql("select count(*) from scim.resource where name like "
                . "'slow-queue-%'"), scalar @done,
       'none of those that were turned away is written');

    served($nginx, 'after');
    $nginx->finish;
};


subtest 'a worker is killed' => sub {
    my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo)->start;

    served($nginx, 'before');

    for (1 .. 3) {
        my ($pid) = $nginx->workers;
        kill 'KILL', $pid;
        SCIM::Nginx::wait_for('another worker', sub {
            my ($now) = $nginx->workers;
            return $now && $now != $pid;
        });
        served($nginx, 'by the next one');
    }

    SCIM::Nginx::wait_for('the old backends to end',
                          sub { scalar(() = $pg->backends) <= 8 }, 20);
    pass('its connections have ended');

    $nginx->finish(qr/exited on signal 9/);
};


subtest 'single process mode' => sub {
    my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo, master => 0)
        ->start;

    served($nginx, 'before');

    my $res = $nginx->client->request('POST', '/Users',
                                      body => user('single'));
    is($res->{status}, 201, 'a write');

    # nginx's own: after a reload, this mode has no connections to give, and
    # every client is closed at once.  It must not crash, nor keep ours

    for (1 .. 2) {
        $nginx->reload;
        $nginx->client->request('GET', '/Users?count=1') for 1 .. 3;
    }

    ok(!SCIM::Nginx::gone($nginx->pid), 'it lives after two reloads');
    SCIM::Nginx::wait_for('old connections to end',
                          sub { scalar(() = $pg->backends) <= 8 }, 20);
    pass('no connection of an old configuration is left');

    $nginx->finish(qr/worker_connections are not enough/);
};


subtest 'no worker, no database, nothing under way: it ends' => sub {
    my $nginx = SCIM::Nginx->new(conninfo => 'host=/nowhere dbname=x')
        ->start;

    my $start = time;
    $nginx->quit;
    cmp_ok(time - $start, '<', 5, 'at once');
    $nginx->finish(qr/connect/);
};

done_testing;
