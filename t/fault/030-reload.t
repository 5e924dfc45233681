# Reload under load drops nothing; a graceful quit waits for what is under way.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Nginx;
use SCIM::Parallel qw(background);
use SCIM::Postgres;
use SCIM;
use Test::More;
use Time::HiRes qw(sleep time);

my $USER = SCIM::USER();
my $pg = SCIM::Postgres->new;
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo, workers => 2)->start;
my $stop = "$nginx->{dir}/stop";

# users whose name begins with "slow" take their time

$pg->sql('create function scim.test_slow() returns trigger language plpgsql '
         . 'as $$ begin perform pg_sleep(1.5); return new; end $$; '
         . 'create trigger test_slow before insert on scim.resource '
         . "for each row when (new.name like 'slow%') "
         . 'execute function scim.test_slow()');


sub load {
    my ($p, $keepalive) = @_;

    my $client = $nginx->client(keepalive => $keepalive, timeout => 20);
    my ($id, $n, $closed, @failed) = (undef, 0, 0);
    my $end = time + 60;

    for (my $i = 1; !-e $stop && time < $end; $i++) {
        my $user = { schemas => [ $USER ], userName => "p$p-$i" };
        my @request = $i % 3 && $id ? ('GET', "/Users/$id")
                                    : ('POST', '/Users', body => $user);
        my $res = $client->request(@request);

        # a kept connection may be closed while the next request is on its
        # way; nginx cannot know

        if (!$res->{status} && $res->{reused}) {
            $closed++;
            $client->disconnect;
            next;
        }

        push @failed, "@request[0, 1] " . $res->describe
            if $res->{status} != ($request[0] eq 'GET' ? 200 : 201);

        $id = $res->json->{id} if $res->{status} == 201;
        $n++;
    }

    return { n => $n, closed => $closed, failed => [ splice @failed, 0, 5 ],
             nfailed => scalar @failed };
}

my @load = map { background(\&load, $_, $_ > 4) } 1 .. 6;

for (1 .. 12) {
    $nginx->signal('HUP');
    sleep 0.3;
}

open my $out, '>', $stop or die;
close $out;

my @result = map { $_->() } @load;
my ($n, $closed) = (0, 0);

for (@result) {
    $n += $_->{n};
    $closed += $_->{closed};
}

my @failed = map { @{ $_->{failed} } } @result;
is(scalar @failed, 0, "none of $n requests failed over 12 reloads "
                      . "($closed kept connections were closed)")
    or diag(join "\n", @failed);
cmp_ok($n, '>', 100, 'enough of them to tell');

SCIM::Nginx::wait_for('old workers to end',
                      sub { scalar(() = $nginx->workers) == 2 }, 30);
pass('the old workers have ended');

# two workers, two and six connections each

SCIM::Nginx::wait_for('backends to end',
                      sub { scalar(() = $pg->backends) <= 16 }, 30);
pass('and their connections, too');


# a slow request, known to be in PostgreSQL

sub slow {
    my ($name) = @_;

    my $client = $nginx->client(timeout => 20);
    my $socket = $client->connect;
    syswrite $socket, $client->format('POST', '/Users', body => {
        schemas => [ $USER ], userName => $name });

    SCIM::Nginx::wait_for('the slow request', sub {
        $pg->sql("select count(*) from pg_stat_activity where usename = "
                 . "'scim_module' and wait_event = 'PgSleep'") > 0;
    });

    return $socket;
}

my $socket = slow('slow-reload');
$nginx->reload;
my $res = $nginx->client->request('GET', '/Users?count=1');
is($res->{status}, 200, 'the new worker serves');
$res = SCIM::Client::read_response($socket, 20);
is($res->{status}, 201, 'reload: what was under way is answered')
    or diag($res->describe);
is($pg->sql("select count(*) from scim.resource where name = 'slow-reload'"),
   1, 'and written');

$socket = slow('slow-quit');
$nginx->signal('QUIT');
$res = SCIM::Client::read_response($socket, 20);
is($res->{status}, 201, 'quit: what was under way is answered')
    or diag($res->describe);
is($pg->sql("select count(*) from scim.resource where name = 'slow-quit'"),
   1, 'and written');

SCIM::Nginx::wait_for('the end', sub { !-e "$nginx->{dir}/nginx.pid" }, 20);
$nginx->finish;

SCIM::Nginx::wait_for('backends to end',
                      sub { scalar(() = $pg->backends) == 0 });
pass('no connection is left');

done_testing;
