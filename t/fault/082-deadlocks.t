# Writers in three workers at the same rows, in any order: they wait for each
# other, but never in a circle; their events are numbered without a gap, and no
# seat is taken twice.  The database has another isolation level than the module
# is written for, which goes on with its own.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use JSON::PP ();
use SCIM::Nginx;
use SCIM::Parallel 'parallel';
use SCIM::Postgres;
use SCIM;
use Test::More;
use Time::HiRes 'time';

use constant { WRITERS => 15, SECONDS => 5 };

my $pg = SCIM::Postgres->new(
    conf => "default_transaction_isolation = serializable\n");
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo, workers => 3)->start;
my $client = $nginx->client(keepalive => 1);
my $made = "$nginx->{dir}/made";

sub user {
    my ($name, %more) = @_;
    return { schemas => [ SCIM::USER() ], userName => $name, %more };
}

my @users = map { $client->request('POST', '/Users', body => user("u$_"))
                  ->json->{id} } 1 .. 16;
my @groups = map { $client->request('POST', '/Groups', body => {
                       schemas => [ SCIM::GROUP() ], displayName => "g$_" })
                   ->json->{id} } 1 .. 8;


# one of the users that were made last, by whomever

sub recent {
    open my $in, '<', $made or return undef;
    my $n = (-s $in) / 37;
    my $back = 1 + int rand($n < 40 ? $n : 40);
    seek $in, -37 * $back, 2;
    return <$in> =~ s/\n//r;
}

my %load = (

    'users are changed, and go off and on' => sub {
        return ('PUT', "/Users/$users[rand @users]", user(
                    'n' . int rand 1e9,
                    active => rand() < 0.5 ? JSON::PP::true
                                           : JSON::PP::false));
    },

    'the same are made' => sub {
        return ('POST', '/Users',
                user('d' . int(time * 20) . int rand 6));
    },

    'users are made, put into a group, and deleted' => sub {
        my ($name) = @_;
        my $dice = rand;
        my $id = recent();

        return ('POST', '/Users', user($name))
            if !defined $id || $dice < 0.35;
        return ('DELETE', "/Users/$id")
            if $dice < 0.6;
        return ('POST', '/Groups', {
            schemas => [ SCIM::GROUP() ], displayName => $name,
            members => [ { value => $id } ] })
            if $dice < 0.65;
        return ('PATCH', '/Groups/' . $groups[hex(substr $id, -2) % @groups], {
            schemas => [ SCIM::PATCHOP() ],
            Operations => [ { op => 'add', path => 'members',
                              value => [ { value => $id } ] } ] });
    },
);

sub writer {
    my ($i, $change, $end) = @_;

    my %n;
    my $client = $nginx->client(keepalive => 1, timeout => 40);

    srand $i;

    for (my $round = 1; time < $end; $round++) {
        my ($method, $path, $body) = $change->("w$i-$round");
        my $res = $client->request($method, $path, $body ? (body => $body)
                                                         : ());
        $n{$res->{status}}++;

        if ($method eq 'POST' && $path eq '/Users' && $res->{status} == 201) {
            open my $out, '>>', $made or die "made: $!";
            syswrite $out, $res->json->{id} . "\n";
        }
    }

    return \%n;
}

for my $name (sort keys %load) {
    my $end = time + SECONDS;
    my $before = () = $pg->log =~ /deadlock detected/g;
    my %n;

    unlink $made;

    for my $told (parallel(WRITERS, sub { writer($_[0], $load{$name},
                                                 $end) })) {
        $n{$_} += $told->{$_} for keys %$told;
    }

    note(join ', ', map { "$n{$_} of $_" } sort keys %n);

    my $after = () = $pg->log =~ /deadlock detected/g;
    is($after - $before, 0, "$name: no deadlock");
    is(join(' ', grep { !/^(200|201|204|404|409|503)$/ } keys %n), '',
       'and nothing strange');
    cmp_ok(($n{200} // 0) + ($n{201} // 0), '>', WRITERS * 2, 'but work');
}

is($pg->sql("select count(*) from scim.resource r where members <> "
            . "(select count(*) from scim.member m "
            . "where m.tenant = r.tenant and m.group_id = r.id)"), 0,
   'members are counted right');
is($pg->sql("select count(*) from scim.tenant t where "
            . "(users, active_users, groups) <> (select "
            . "count(*) filter (where type = 'User'), "
            . "count(*) filter (where type = 'User' and active), "
            . "count(*) filter (where type = 'Group') "
            . "from scim.resource r where r.tenant = t.name)"), 0,
   'so are users and groups');

is($pg->sql("select count(*) from scim.tenant t where event_no <> "
            . "(select count(*) from scim.event e where e.tenant = t.name)"),
   0, 'events have no gap');


# ten seats are left, for which all of them come at once

$pg->sql("update scim.tenant set max_active = active_users + 10 "
         . "where name = 'acme'");

my %n;
for my $told (parallel(WRITERS, sub {
    my ($i) = @_;
    my %n;
    my $client = $nginx->client(keepalive => 1, timeout => 40);

    for my $round (1 .. 4) {
        $n{ $client->request('POST', '/Users', body => user("s$i-$round"))
            ->{status} }++;
    }
    return \%n;
})) {
    $n{$_} += $told->{$_} for keys %$told;
}

is($n{201}, 10, 'exactly ten get them');
is($n{403}, WRITERS * 4 - 10, 'and the others none');
is($pg->sql("select max_active - active_users from scim.tenant "
            . "where name = 'acme'"), 0, 'nor more');
ok($pg->log !~ /could not serialize access/, 'and nobody is sent away');

$nginx->finish;
done_testing;
