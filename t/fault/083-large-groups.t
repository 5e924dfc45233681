# Writes that wait share a transaction, but not with one that changes many
# members: nobody else waits for that.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Nginx;
use SCIM::Parallel qw(background);
use SCIM::Postgres;
use SCIM;
use Test::More;

my $pg = SCIM::Postgres->new;
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo,
                             database => 'timeout=40s work=1')->start;
my $client = $nginx->client;

sub user {
    my ($name) = @_;
    return { schemas => [ SCIM::USER() ], userName => $name };
}

sub add {
    return { schemas => [ SCIM::PATCHOP() ], Operations => [
        { op => 'add', path => 'members', value => [ @_ ] } ] };
}

sub status {
    my ($res) = @_;
    return $res->{status} < 300 ? 'done' : $res->describe;
}

my @ids = map { $client->request('POST', '/Users', body => user("u$_"))
                ->json->{id} } 1 .. 101;
my %group = map { $_ => $client->request('POST', '/Groups', body => {
                      schemas => [ SCIM::GROUP() ], displayName => $_ })
                  ->json->{id} } qw(large small replaced);
my @members = map +{ value => $_ }, @ids;

is($client->request('POST', '/Users', as => 'globex', body => user('first'))
   ->{status}, 201, 'set up');

# the only connection waits for a lock while the others come in

my $holder = background(sub {
    $pg->sql("do 'begin perform from scim.tenant where name = ''globex'' "
             . "for update; while not exists (select from pg_class "
             . "where relname = ''go'') loop perform pg_sleep(0.02); "
             . "end loop; end'");
    return 1;
});

SCIM::Nginx::wait_for('the lock', sub {
    $pg->sql("select count(*) from pg_stat_activity "
             . "where wait_event = 'PgSleep'") > 0;
});

my @running = background(sub {
    return status($client->request('POST', '/Users', as => 'globex',
                                   body => user('waits')));
});

SCIM::Nginx::wait_for('who waits for it', sub {
    $pg->sql("select count(*) from pg_stat_activity "
             . "where wait_event_type = 'Lock'") > 0;
});

my $n = 0;

for my $change ([ 'PATCH', 'large', add(@members) ],
                [ 'PATCH', 'small', add(@members[0 .. 2]) ],
                [ 'PUT', 'replaced', { schemas => [ SCIM::GROUP() ],
                    displayName => 'replaced', members => [ $members[0] ] } ],
                [ 'POST' ], [ 'POST' ], [ 'POST' ]) {
    my ($method, $name, $body) = @$change;
    my $i = ++$n;

    push @running, background(sub {
        return status($nginx->client->request($method,
            $name ? "/Groups/$group{$name}" : '/Users',
            body => $body // user("more$i")));
    });
}

# they are there when nginx has a connection for each

my $port = sprintf ':%04X', $nginx->{port};

SCIM::Nginx::wait_for('all of them', sub {
    my $connections = () = SCIM::Nginx::slurp('/proc/net/tcp')
                           =~ /^ *\d+: \w+$port \w+:\w+ 01 /gm;
    return $connections >= @running;
});

$pg->sql('create table public.go ()');
$holder->();

is($_->(), 'done', 'a write') for @running;

my %with = map { split /\|/ } split /\n/, $pg->sql(
    "select coalesce(r.name, a.op), count(*) over (partition by a.xmin::text) "
    . "from scim.audit a left join scim.resource r on r.id = a.resource_id "
    . "where a.at > (select min(at) from scim.audit where op = 'patch') "
    . "- interval '1 minute' and (a.op <> 'create' or r.name like 'more%')");

is($with{large}, 1, 'many members: alone');
is($with{replaced}, 1, 'all members: alone');
cmp_ok(scalar(grep { $_ > 1 } values %with), '>', 0,
       'of the rest some share one');

$nginx->finish;
done_testing;
