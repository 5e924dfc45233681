# One tenant's slow searches never take all connections: one is left to others,
# whatever they ask for.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Nginx;
use SCIM::Parallel qw(background);
use SCIM::Postgres;
use SCIM;
use Test::More;

use constant SLOW => 8;

my $pg = SCIM::Postgres->new;
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo,
                             database => 'timeout=60s work=4')->start;
my $client = $nginx->client;

sub user {
    my ($name, %more) = @_;
    return { schemas => [ SCIM::USER() ], userName => $name, %more };
}

sub slow {
    return $pg->sql("select count(*) from pg_stat_activity "
                    . "where wait_event_type = 'Lock'");
}

# a search waits where it compares

$pg->sql("create or replace function scim.fold(text) returns text "
         . "language plpgsql as 'begin "
         . "if \$1 = ''slow'' then set local lock_timeout = 0; "
         . "perform pg_advisory_xact_lock_shared(1); end if; "
         . "return \$1; end'");

is($client->request('POST', '/Users', as => $_,
                    body => user('first', title => 'slow'))->{status}, 201,
   "$_: a user") for 'acme', 'globex';

my $holder = background(sub {
    $pg->sql("do 'begin perform pg_advisory_lock(1); while not exists "
             . "(select from pg_class where relname = ''go'') "
             . "loop perform pg_sleep(0.02); end loop; end'");
    return 1;
});

SCIM::Nginx::wait_for('the lock', sub {
    $pg->sql("select count(*) from pg_locks where locktype = 'advisory'") > 0;
});

my @slow = map { background(sub {
    my $res = $nginx->client(timeout => 90)->request('GET',
        '/Users?filter=title%20co%20%22x%22');
    return [ $res->{status}, $res->describe ];
}) } 1 .. SLOW;

SCIM::Nginx::wait_for('slow searches', sub { slow() >= 2 });

for (1 .. 5) {
    my $name = "other-$_";
    my $res = $nginx->client(timeout => 10)->request('POST', '/Users',
        as => 'globex', body => user($name));
    is($res->{status}, 201, "the other tenant: write $_")
        or diag($res->describe);

    $res = $nginx->client(timeout => 10)->request('GET', '/Users?count=10',
                                                  as => 'globex');
    is($res->{status}, 200, "list $_") or diag($res->describe);
}

my $res = $nginx->client(timeout => 10)->request('POST', '/Users',
                                                 body => user('own'));
is($res->{status}, 201, 'its own write') or diag($res->describe);

is(slow(), 2, 'some go on meanwhile, and leave connections to others');

$pg->sql('create table public.go ()');
$holder->();

is(join(' ', map { $_->[0] } grep { $_->[0] != 200 }
             map { $_->() } @slow), '', 'the slow ones end');

$nginx->finish;
done_testing;
