# Rows of one tenant are locked by somebody else for a long time: its own
# writes wait and are refused, the other tenants are served as ever, and its
# tokens can be revoked.

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
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo,
                             database => 'timeout=4s work=3')->start;
my $client = $nginx->client;
my $stop = "$nginx->{dir}/stop";


sub load {
    my ($tenant, $p) = @_;

    my $client = $nginx->client(keepalive => 1, timeout => 20);
    my ($max, %n) = (0);
    my $end = time + 60;

    for (my $i = 1; !-e $stop && time < $end; $i++) {
        my $res = $client->request('POST', '/Users', as => $tenant,
            body => { schemas => [ $USER ], userName => "$tenant-$p-$i" });

        $n{$res->{status}}++;
        $max = $res->{time} if $res->{time} > $max;
        sleep 0.01;
    }

    return { max => $max, n => \%n };
}

for my $tenant ('acme', 'globex') {
    is($client->request('POST', '/Users', as => $tenant,
           body => { schemas => [ $USER ], userName => 'first' })->{status},
       201, "$tenant: a first user");
}

$pg->sql("select scim.issue_token('acme', 'leaked', '1 day')");

my $holder = background(sub {
    $pg->sql("begin; select from scim.tenant where name = 'acme' for update; "
             . "select pg_sleep(9); commit");
    return 1;
});

SCIM::Nginx::wait_for('the lock', sub {
    $pg->sql("select count(*) from pg_stat_activity "
             . "where wait_event = 'PgSleep'") > 0;
});

my @locked = map { background(\&load, 'acme', $_) } 1 .. 12;
my @free = map { background(\&load, 'globex', $_) } 1 .. 2;

# what has leaked must not wait for whoever is busy with the tenant

is(eval { $pg->sql("set statement_timeout = '3s'; "
                   . "select scim.revoke_token('acme', 'leaked')") }, 't',
   'a token of the locked one is revoked at once');

$holder->();

open my $out, '>', $stop or die;
close $out;

my ($max, %n) = (0);

for my $load (map { $_->() } @free) {
    $max = $load->{max} if $load->{max} > $max;
    $n{$_} += $load->{n}{$_} for keys %{ $load->{n} };
}

is(join(' ', keys %n), 201, 'the other tenant: every write is done');
cmp_ok($max, '<', 1, sprintf('none of %d waits (%.2f s at most)',
                             $n{201} // 0, $max));

my %acme;

for my $load (map { $_->() } @locked) {
    $acme{$_} += $load->{n}{$_} for keys %{ $load->{n} };
}

is(join(' ', grep { $_ != 201 && $_ != 503 } keys %acme), '',
   'the locked one: done, or 503');
is($client->request('POST', '/Users',
       body => { schemas => [ $USER ], userName => 'last' })->{status},
   201, 'and served when the lock is gone');

# a write that waits for one of the application's is the later one

my ($id) = $pg->sql("select id from scim.resource where name = 'last'");
$pg->sql("select scim.import_user('acme', 'theirs', "
         . "'{\"userName\": \"theirs\"}')");

$holder = background(sub {
    $pg->sql("begin; select from scim.tenant where name = 'acme' for update; "
             . "do 'begin while not exists (select from pg_locks "
             . "where not granted) loop perform pg_sleep(0.01); end loop; "
             . "end'; "
             . "select scim.app_set_active('acme', 'theirs', false); commit");
    return 1;
});

SCIM::Nginx::wait_for('the lock', sub {
    $pg->sql("select count(*) from pg_stat_activity "
             . "where wait_event = 'PgSleep'") > 0;
});

is($client->request('PATCH', "/Users/$id", body => {
       schemas => [ SCIM::PATCHOP() ], Operations => [
           { op => 'replace', path => 'title', value => 'it waits' } ] })
   ->{status}, 200, 'a write that has to wait');
$holder->();
is($pg->sql("select max(n) filter (where resource_id = '$id') = max(n) "
            . "from scim.event where tenant = 'acme'"), 't',
   'has the later event');
is($pg->sql("select a.modified < b.modified from scim.resource a, "
            . "scim.resource b where a.app_ref = 'theirs' and b.id = '$id'"),
   't', 'and is modified later');

$nginx->finish;
done_testing;
