# PostgreSQL killed under load: every user that was acknowledged is there,
# nothing that was refused is, and nothing is there twice.

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
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo, workers => 2,
                             database => 'timeout=5s')->start;
my $stop = "$nginx->{dir}/stop";


# until the file is there: name => status

sub load {
    my ($p) = @_;

    my $client = $nginx->client(keepalive => 1, timeout => 20);
    my %status;
    my $end = time + 90;

    for (my $i = 1; !-e $stop && time < $end; $i++) {
        my $name = "p$p-$i";
        my $tenant = $p % 2 ? 'acme' : 'globex';
        my $res = $client->request('POST', '/Users', as => $tenant,
            body => { schemas => [ $USER ], userName => $name,
                      externalId => $name, displayName => 'x' x 200 });

        $status{$name} = [ $res->{status}, $res->describe ];
        $status{$name}[1] = undef if $res->{status} == 201;

        sleep 0.02 if $res->{status} == 503;
    }

    return \%status;
}

my @load = map { background(\&load, $_) } 1 .. 6;


# rows grow by some: the load is being served

sub flows {
    my ($what) = @_;

    my $n;
    ok(eval {
        SCIM::Nginx::wait_for($what, sub {
            my $now = eval { $pg->sql('select count(*) from scim.resource') };
            $n //= $now;
            return defined $now && $now > $n + 30;
        }, 25);
    }, $what);
}

flows('before anything happens');

for my $i (1 .. 2) {
    my @pids = $pg->backends;
    kill 'KILL', $pids[rand @pids];
    SCIM::Nginx::wait_for('restart', sub { $pg->ready });
    flows("backend killed, $i");
}

$pg->stop('KILL');
sleep 0.2;
$pg->start;
flows('postmaster killed');

$pg->restart('INT');
flows('fast restart');

$pg->sql("select pg_terminate_backend(pid) from pg_stat_activity "
         . "where usename = 'scim_module'");
flows('all backends terminated');

open my $out, '>', $stop or die;
close $out;

my %status = map { %{ $_->() // {} } } @load;

# when all is over, what was on its way has come to its end

SCIM::Nginx::wait_for('idle', sub {
    $pg->sql("select count(*) from pg_stat_activity "
             . "where usename = 'scim_module' and state <> 'idle'") == 0;
});

my %rows;
$rows{$_}++ for split /\n/, $pg->sql('select name from scim.resource');

my %n;
$n{$_->[0]}++ for values %status;
note(join ', ', map { "$_: $n{$_}" } sort keys %n);

my @lost = grep { $status{$_}[0] == 201 && !$rows{$_} } keys %status;
is(scalar @lost, 0, "none of $n{201} acknowledged users is lost")
    or diag("@lost[0 .. ($#lost > 9 ? 9 : $#lost)]");

my @ghosts = grep { $status{$_}[0] >= 400 && $status{$_}[0] < 500 }
             keys %status;
is(scalar @ghosts, 0, 'no request was refused')
    or diag(join "\n", map { "$_ $status{$_}[1]" }
            @ghosts[0 .. ($#ghosts > 5 ? 5 : $#ghosts)]);
is(scalar(grep { $rows{$_} } @ghosts), 0, 'no refused user is there');
is(scalar(grep { $_ > 1 } values %rows), 0, 'none is there twice');

my @odd = grep { $status{$_}[0] != 201 && $status{$_}[0] != 503 }
          keys %status;
is(scalar @odd, 0, 'all else was 503')
    or diag(join "\n", map { "$_ $status{$_}[1]" }
            @odd[0 .. ($#odd > 5 ? 5 : $#odd)]);
is(scalar(grep { !exists $status{$_} } keys %rows), 0,
   'nothing is there that nobody asked for');

is($pg->sql('select count(*) from scim.resource'),
   $pg->sql("select count(*) from scim.audit where status = 201"),
   'one audit row for each');
is($pg->sql("select count(*) from scim.tenant t where users <> (select "
            . "count(*) from scim.resource r where r.tenant = t.name)"), 0,
   'the counts are right');

my $res = $nginx->client->request('GET', '/Users?count=1');
is($res->{status}, 200, 'served as ever') or diag($res->describe);

$nginx->finish(qr/connect|57P0|SQLSTATE|terminat|closed|server/);
done_testing;
