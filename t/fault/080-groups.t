# Many writers at the same groups, from several workers: members come and go
# by PATCH and PUT, groups are put into groups, users are deleted and made
# meanwhile.  Afterwards the counts are right, no version was given twice, and
# no groups hold each other.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Nginx;
use SCIM::Parallel 'parallel';
use SCIM::Postgres;
use SCIM;
use Test::More;

use constant { WRITERS => 8, ROUNDS => 60, GROUPS => 5, USERS => 40 };

my $seed = $ENV{SCIM_SEED} // time;
my $pg = SCIM::Postgres->new;
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo, workers => 3)->start;
my $client = $nginx->client;

note("SCIM_SEED=$seed");

sub user {
    my ($name) = @_;
    return { schemas => [ SCIM::USER() ], userName => $name };
}

sub group {
    my ($name, @ids) = @_;
    return { schemas => [ SCIM::GROUP() ], displayName => $name,
             members => [ map +{ value => $_ }, @ids ] };
}

sub patch {
    return { schemas => [ SCIM::PATCHOP() ], Operations => [ @_ ] };
}

sub some {
    my ($n, @of) = @_;
    return map { $of[rand @of] } 1 .. $n;
}

my @users = map { $client->request('POST', '/Users', body => user("u$_"))
                  ->json->{id} } 1 .. USERS;
my @groups = map { $client->request('POST', '/Groups', body => group("g$_"))
                   ->json->{id} } 1 .. GROUPS;

is(scalar(grep { defined } @users, @groups), USERS + GROUPS, 'set up');


# who is told that others were faster tries again, as a client does

sub request {
    my ($client, @args) = @_;
    my $res;

    for (1 .. 10) {
        $res = $client->request(@args);
        last unless $res->{status} == 503 && $res->header('Retry-After');
    }

    return $res;
}


# what one writer does in a round

sub write_once {
    my ($client, $name) = @_;

    my $n = int rand 4;
    my $g = int rand @groups;
    my $at = "/Groups/$groups[$g]";
    my $dice = rand;

    my $members = sub { [ map +{ value => $_ }, some(@_) ] };

    if ($dice < 0.35) {
        return [ request($client, 'PATCH', $at, body => patch(
            { op => 'add', path => 'members',
              value => $members->(1 + $n, @users) },
            { op => 'remove', path => 'members',
              value => $members->(1 + $n, @users) })), $at ];
    }

    if ($dice < 0.5) {
        return [ request($client, 'PUT', $at, body =>
                     group('g' . ($g + 1), some(3 * $n, @users))), $at ];
    }

    if ($dice < 0.6) {
        return [ request($client, 'PATCH', $at, body => patch(
            { op => 'replace', path => 'externalId', value => $name },
            { op => 'add', path => 'members',
              value => $members->(1, @users) })), $at ];
    }

    if ($dice < 0.7) {
        return [ request($client, 'PATCH', $at, body => patch(
            { op => $n ? 'add' : 'remove', path => 'members',
              value => $members->(1, @groups) })), $at ];
    }

    if ($dice < 0.8) {
        return [ request($client, 'POST', '/Groups', body =>
                     group($name, some($n, @users), some(1, @groups))) ];
    }

    if ($dice < 0.9) {
        my $res = request($client, 'POST', '/Users', body => user($name));

        push @users, $res->json->{id} if $res->{status} == 201;
        return [ $res ];
    }

    return [ request($client, 'DELETE', '/Users/' . $users[rand @users]) ];
}

sub writer {
    my ($i) = @_;

    my $client = $nginx->client(keepalive => 1, timeout => 40);
    my (%n, %version, @wrong);

    srand $seed + $i;

    for my $round (1 .. ROUNDS) {
        my ($res, $at) = @{ write_once($client, "w$i-$round") };

        $n{$res->{status}}++;
        push @wrong, $res->describe if $res->{status} >= 500;

        next unless $at && $res->{status} == 200;

        my ($version) = ($res->header('ETag') // '') =~ /(\d+)/;

        if ($version < ($version{$at} // 0)) {
            push @wrong, "version $version after $version{$at}";
        }

        $version{$at} = $version;
    }

    return { n => \%n, wrong => \@wrong };
}

my %n;
my @wrong;

for my $result (parallel(WRITERS, \&writer)) {
    push @wrong, @{ $result->{wrong} };
    $n{$_} += $result->{n}{$_} for keys %{ $result->{n} };
}

note(join ', ', map { "$n{$_} of $_" } sort keys %n);

is(scalar @wrong, 0, 'nothing failed, no version went back')
    or diag(join "\n", @wrong);
is(join(' ', grep { !/^(200|201|204|400|404)$/ } keys %n), '',
   'done, or refused for a reason');
cmp_ok($n{200} // 0, '>', WRITERS * ROUNDS / 4, 'most of it was done');

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
is($pg->sql("select count(*) from (select resource_id, version_to "
            . "from scim.audit where version_to is not null "
            . "group by 1, 2 having count(*) > 1) x"), 0,
   'no version was given twice');
is($pg->sql("select count(*) from scim.audit a join scim.resource r "
            . "on r.id = a.resource_id where a.version_to > r.version"), 0,
   'none is beyond the last one');
is($pg->sql("with recursive x(top, id, depth) as ("
            . "select group_id, member_id, 1 from scim.member "
            . "where kind = 'g' union select top, member_id, depth + 1 "
            . "from x join scim.member m on m.group_id = x.id "
            . "and kind = 'g' and depth < 20) "
            . "select count(*) filter (where top = id), max(depth) < 16 "
            . "from x"), '0|t', 'no circle, and none too deep');
is($pg->sql("select count(*) from pg_locks where locktype = 'advisory'"), 0,
   'no lock is left');

$nginx->finish;
done_testing;
