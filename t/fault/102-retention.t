# Retention while everything goes on: events are trimmed all the time, and no
# consumer misses one; months of the audit come and go, and no request fails.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Nginx;
use SCIM::Parallel qw(background);
use SCIM::Postgres;
use SCIM;
use Test::More;
use Time::HiRes qw(sleep);

my $USER = SCIM::USER();
my $pg = SCIM::Postgres->new;
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo)->start;
my $stop = "$nginx->{dir}/stop";

sub touch { open my $out, '>', $_[0] or die "$_[0]: $!" }


# users that come and change; how often which status

sub load {
    my ($tenant, $p) = @_;

    my $client = $nginx->client(timeout => 60);
    my %n;

    for (my $i = 1; !-e $stop; $i++) {
        my $body = { schemas => [ $USER ], userName => "$tenant-$p-$i" };
        my $res = $client->request('POST', '/Users', as => $tenant,
                                   body => $body);
        $n{"POST $res->{status}"}++;
        next if $res->{status} != 201;

        $body->{title} = 'x';
        $res = $client->request('PUT', '/Users/' . $res->json->{id},
                                as => $tenant, body => $body);
        $n{"PUT $res->{status}"}++;
        sleep 0.02;
    }

    return \%n;
}


# reads until told to stop and nothing is left, in transactions of its own for
# reading and for acknowledging; what it got that was not the next number

sub consume {
    my ($name, $max) = @_;

    my $last = 0;
    my @wrong;

    while (1) {
        my $ended = -e $stop;
        my @n = split /\n/, $pg->sql("select n from scim.events('$name', "
                                     . "'acme', $max)");

        last if $ended && !@n;

        # begins where the others have come to

        $last = $n[0] - 1 if @n && !$last;

        push @wrong, grep { $_ != ++$last } @n;
        $pg->sql("select scim.ack('$name', 'acme', $last)") if @n;
        sleep 0.1;
    }

    return { wrong => \@wrong, last => $last };
}


sub trim {
    my $n = 0;

    while (!-e $stop) {
        $n += $pg->sql("select scim.trim_events('acme', '0 seconds')");
        sleep 0.1;
    }

    return $n;
}


# --- who is new is seen by whoever trims

$nginx->client->request('POST', '/Users', body => { schemas => [ $USER ],
    userName => "first-$_" }) for 1 .. 3;

my ($read, $go) = map { "$nginx->{dir}/$_" } 'read', 'go';

my $reader = background(sub {
    return $pg->psql('scim', '-c', 'begin',
                     '-c', "select count(*) from scim.events('new', 'acme')",
                     '-c', "\\! touch '$read'; while ! test -e '$go'; "
                           . "do sleep 0.05; done",
                     '-c', 'commit');
});

SCIM::Nginx::wait_for('a new consumer to read', sub { -e $read });

my $trimmer = background(sub {
    return $pg->sql("select scim.trim_events('acme', '0 seconds')");
});

SCIM::Nginx::wait_for('trim_events() to wait for it', sub {
    $pg->sql("select count(*) from pg_stat_activity "
             . "where wait_event = 'advisory'") > 0;
});

touch($go);

is($reader->(), 3, 'a consumer that is new has read');
is($trimmer->(), 0, 'and whoever trims has seen it');
is($pg->sql("select count(*) from scim.events('new', 'acme')"), 3,
   'it reads once more');
$pg->sql("select scim.drop_consumer('new', 'acme')");


# --- all at once

$pg->sql("select count(*) from scim.events('a', 'acme', 1)");

my @load = map { background(\&load, @$_) }
           [ 'acme', 1 ], [ 'acme', 2 ], [ 'globex', 1 ];
my @consumers = map { background(\&consume, @$_) } [ 'a', 40 ], [ 'b', 200 ];
my $trim = background(\&trim);

sub more {
    my ($n) = @_;

    my $there = $pg->sql("select event_no from scim.tenant "
                         . "where name = 'acme'");

    SCIM::Nginx::wait_for('writes', sub {
        $pg->sql("select event_no from scim.tenant where name = 'acme'")
            > $there + $n;
    }, 60);
}

more(30);

# nobody has called maintain() for a year: all rows go to the default partition

my $months = $pg->sql("select string_agg('drop table scim.' || part, '; ') "
                      . "from scim.audit_parts()");
my $late = background(\&consume, 'late', 100);

for my $drop (split /; /, $months) {
    $pg->sql($drop);
}

more(30);

is($pg->sql('select scim.maintain()'), 13, 'maintain() makes the months');
is($pg->sql('select count(*) from scim.audit_default'), 0,
   'and moves their rows');

# an old month goes

$pg->sql("insert into scim.audit (tenant, request_id, token_name, op, "
         . "resource_type, status) values ('acme', "
         . "scim.audit_from(now() - interval '100 days'), 't', 'x', 'User', "
         . "200)");
is($pg->sql('select scim.maintain()'), 1, 'a month of the past');

more(30);

is($pg->sql("select scim.drop_audit('60 days')"), 1, 'is dropped');

more(30);
touch($stop);

my %n;

for my $load (map { $_->() } @load) {
    $n{$_} += $load->{$_} for keys %$load;
}

is(join(' ', sort keys %n), 'POST 201 PUT 200', 'no request fails');

my $last = $pg->sql("select event_no from scim.tenant where name = 'acme'");

for my $consumer (map { $_->() } @consumers, $late) {
    is("@{ $consumer->{wrong} }", '', 'a consumer gets event by event');
    is($consumer->{last}, $last, 'up to the last');
}

ok($trim->(), 'while events are trimmed');

# events that are left, and who wrote them: each in its audit row

is($pg->sql("select count(*) from scim.event e left join scim.audit a "
            . "using (tenant, request_id) where a.tenant is null "
            . "and e.tenant = 'globex' and e.n > (select max(n) - 20 "
            . "from scim.event where tenant = 'globex')"), 0,
   'the last events have their audit rows');
is($pg->sql("select count(*) from scim.audit_default"), 0,
   'which are in their months');

$nginx->finish;
done_testing;
