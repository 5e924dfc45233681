# Seats under pressure: five of them, twelve who want one at the same moment,
# some new and some coming back; in every round five get one.  SCIM_ROUNDS=n.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Conf 'conninfo';
use SCIM::Nginx;
use SCIM;
use Test::More;

# acme's number stands in the database, globex's in the configuration

my $nginx = SCIM::Nginx->new(conninfo => conninfo(), workers => 3,
                             tenants => { globex => 'seats 5;' })->start;
my $rounds = $ENV{SCIM_ROUNDS} // 100;
my %wrong;

for my $round (1 .. $rounds) {
    my $who = $round % 2 ? 'acme' : 'globex';
    my $client = $nginx->client(as => $who, keepalive => 1);

    SCIM::scim_reset();
    SCIM::sql("select scim.set_seats('acme', 5)") if $who eq 'acme';

    # six who are away

    my @away = map {
        my $res = $client->request('POST', '/Users', body => {
            schemas => [ SCIM::USER ], userName => "away$_",
            active => SCIM::F });
        $res->{status} == 201 ? $res->json->{id} : die $res->describe;
    } 1 .. 6;

    my @requests = (
        (map { $client->format('POST', '/Users', body => {
                   schemas => [ SCIM::USER ], userName => "new$_" })
        } 1 .. 6),
        (map { $client->format('PATCH', "/Users/$_", body => {
                   schemas => [ SCIM::PATCHOP ], Operations => [
                       { op => 'replace', path => 'active',
                         value => SCIM::T } ] })
        } @away),
    );

    # on connections that are open already, all at once

    my @sockets = map { $client->connect // die "connect: $!" } @requests;
    my @order = sort { ($a * 7 + $round * 5) % 12 <=> ($b * 7 + $round * 5)
                       % 12 } 0 .. 11;
    syswrite $sockets[$_], $requests[$_] for @order;

    my %n;
    $n{$_->{status}}++
        for map { SCIM::Client::read_response($_, 30) } @sockets;

    my $got = CORE::join ', ', map { "$_: $n{$_}" } sort keys %n;
    my $granted = ($n{200} // 0) + ($n{201} // 0);

    $wrong{"answers $got"}++ if $granted != 5 || ($n{403} // 0) != 7;

    my $now = SCIM::sql("select (select count(*) from scim.resource where "
        . "tenant = '$who' and active), active_users, (select count(*) from "
        . "scim.event where tenant = '$who' and (type = 'user.reactivated' "
        . "or version = 1 and type = 'user.created' and n > 6)), "
        . "(select count(*) from scim.resource where tenant = '$who') - users "
        . "from scim.tenant where name = '$who'");

    $wrong{"rows $now"}++ if $now ne '5|5|5|0';
}

is_deeply(\%wrong, {}, "five of twelve in $rounds rounds");

SCIM::scim_reset();
$nginx->finish;
done_testing();
