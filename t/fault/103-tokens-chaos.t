# Tokens come and go, tenants are disabled and enabled, the database restarts
# and nginx reloads, while clients ask without a pause: on connections that
# stay, over HTTP/2, and leaving before they are answered.
#
# Each answer must have its reason: 2xx within token_cache of a token's last
# good moment, 401 only once it was revoked or over, 403 only while its tenant
# was disabled.  A database that is away makes neither.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Client;
use SCIM::Conf '%SECRET';
use SCIM::H2;
use SCIM::Nginx;
use SCIM::Parallel 'background';
use SCIM::Postgres;
use SCIM;
use Test::More;
use Time::HiRes qw(sleep time);

use constant {
    TENANTS => 4,
    CLIENTS => 6,
    CACHE   => 1,
    SLACK   => 0.3,      # a timer's worth, and the time between two clocks
};

my $seed = $ENV{SCIM_SEED} // time;
my $seconds = $ENV{SCIM_CHAOS} // 10;

my $pg = SCIM::Postgres->new;
my $h2 = SCIM::Nginx::free_port();

my $nginx = SCIM::Nginx->new(
    conninfo => $pg->conninfo,
    workers  => 2,
    database => 'timeout=4s',
    http     => 'scim_tenant * { token_source database; token_cache '
                . CACHE . 's; }',
    server   => "listen 127.0.0.1:$h2 http2;",
)->start;

note("SCIM_SEED=$seed SCIM_CHAOS=$seconds");
srand $seed;

my $tokens = "$nginx->{dir}/tokens";    # what clients read: "name text"
my (%live, %token, %state, $issued);

$pg->sql("select scim.create_tenant('t_$_')") for 1 .. TENANTS;


# tries until the database is there; the moments before and after

sub sure {
    my ($sql) = @_;

    my $from = time;

    while (1) {
        my $value = eval { $pg->sql($sql) };
        return ($value, $from, time) unless $@;
        sleep 0.1;
    }
}

sub publish {
    open my $out, '>', "$tokens.new" or die "tokens: $!";
    print $out map { "$_ $live{$_}\n" } sort keys %live;
    close $out;
    rename "$tokens.new", $tokens;
}

sub issue {
    my ($tenant, $ttl) = @_;

    my $name = "k$tenant-" . ++$issued;
    my ($text, $from, $to) = sure("select scim.issue_token('t_$tenant', "
                                  . "'$name', '$ttl seconds')");

    $live{$name} = $text;

    # nginx's clock has whole seconds

    $token{$name} = $ttl < 100
                    ? { over => $from + $ttl - 1, ends => $to + $ttl } : {};
    publish();
}

sub revoke {
    my ($tenant) = @_;

    my @of = grep { /^k$tenant-/ } keys %live or return;
    my $name = $of[rand @of];

    my (undef, $from, $to) = sure("select scim.revoke_token('t_$tenant', "
                                  . "'$name')");
    my $t = $token{$name};
    $t->{over} = $from if !$t->{over} || $t->{over} > $from;
    $t->{ends} = $to if !$t->{ends} || $t->{ends} > $to;

    # it is asked with for a while

    push @{ $state{gone} }, [ $to + 3, $name ];
}

sub enable {
    my ($tenant, $enabled) = @_;

    my (undef, $from, $to) = sure("select scim.enable_tenant('t_$tenant', "
                                  . ($enabled ? 'true' : 'false') . ')');
    push @{ $state{$tenant} }, [ $enabled, $from, $to ];
}


# what a client saw: token, kind, sent, answered, status

sub client {
    my ($n) = @_;

    my $end = time + $seconds;
    my ($keep, $http2, @seen) =
        SCIM::Client->new(port => $nginx->{port}, keepalive => 1,
                          timeout => 10);
    my $body = { schemas => [ SCIM::USER() ] };
    my $made = 0;

    srand $seed + $n;

    while (time < $end) {
        my @known = split /\n/, SCIM::Nginx::slurp($tokens);
        my ($name, $text) = split / /, $known[rand @known] // next;
        $SECRET{$name} = $text;

        my $from = time;
        my $dice = rand;

        if ($dice < 0.1) {
            my $socket = $keep->connect or next;
            SCIM::Client::write_all($socket, $keep->format('POST', '/Users',
                as => $name, body => { %$body, userName => "gone$n-"
                                                           . ++$made }), 10);
            close $socket;
            next;
        }

        if ($dice < 0.3) {
            my $status = eval {
                my $client = SCIM::H2->new(port => $h2, as => $name);
                my $id = $client->get('/Users?count=1');
                $client->wait($id);
                my $body = $client->{streams}{$id}{body};
                $client->close;
                $body =~ /"status":"(\d+)"/ ? $1
                    : $body =~ /totalResults/ ? 200 : 0;
            } // 0;
            push @seen, [ $name, 'h2', $from, time, $status ];
            next;
        }

        my $res = $dice < 0.5
            ? $keep->request('POST', '/Users', as => $name,
                             body => { %$body,
                                       userName => "u$n-" . ++$made })
            : $keep->request('GET', $dice < 0.8 ? '/Users?count=1'
                                                : '/Users', as => $name);

        push @seen, [ $name, $dice < 0.5 ? 'POST' : 'GET', $from, time,
                      $res->{status} ];
    }

    return \@seen;
}


issue($_, 1000) for 1 .. TENANTS;

my @running = map { background(\&client, $_) } 1 .. CLIENTS;
my $end = time + $seconds - 1;

while (time < $end) {
    my $tenant = 1 + int rand TENANTS;
    my $dice = rand;

    $dice < 0.3 ? issue($tenant, rand() < 0.3 ? 2 : 1000)
        : $dice < 0.6 ? revoke($tenant)
        : $dice < 0.8 ? enable($tenant, rand() < 0.6)
        : $dice < 0.9 ? $nginx->reload
        : $dice < 0.95 ? $pg->restart(rand() < 0.5 ? 'INT' : 'QUIT')
        : eval { $pg->sql('select count(pg_terminate_backend(pid)) from '
                          . "pg_stat_activity where usename = 'scim_module'") };

    @{ $state{gone} } = grep {
        my ($when, $name) = @$_;
        my $stays = time < $when;
        delete $live{$name} unless $stays;
        $stays;
    } @{ $state{gone} };

    publish();
    sleep 0.1;
}

my @seen = map { @{ $_->() // [] } } @running;


# the tenant was disabled at some moment from $from to $to

sub disabled {
    my ($tenant, $from, $to, $all) = @_;

    my ($is, $since) = (0, 0);

    for my $s (@{ $state{$tenant} // [] }, [ 1, 9e99, 9e99 ]) {
        my ($enabled, $begin, $done) = @$s;

        # from the earliest moment to the latest, or what is sure of it

        my @was = $all ? ($since, $begin) : ($since, $done);
        return 1 if $is && $was[0] <= $from && $was[1] >= $to && $all;
        return 1 if $is && $was[0] <= $to && $was[1] >= $from && !$all;

        next if $is == !$enabled;
        ($is, $since) = (!$enabled, $all ? $done : $begin);
    }

    return 0;
}

my (%count, @odd);

for my $s (@seen) {
    my ($name, $kind, $from, $to, $status) = @$s;
    my ($tenant) = $name =~ /^k(\d+)/;
    my $t = $token{$name};

    $count{"$kind $status"}++;

    # connections end when nginx or the client reloads them

    next if $status == 0 || $status == 503;

    my $ok = $status == 401 ? $t->{over} && $to + SLACK >= $t->{over}
           : $status == 403 ? disabled($tenant, $from - CACHE - SLACK,
                                       $to + SLACK, 0)
           : $status != 200 && $status != 201 && $status != 409 ? 0
           : $t->{ends} && $from - CACHE - SLACK > $t->{ends} ? 0
           : !disabled($tenant, $from - CACHE - SLACK, $to + SLACK, 1);

    push @odd, join ' ', $name, $kind, $status,
        map { defined $_ ? sprintf '%.3f', $_ - $end : '-' }
        $from, $to, @$t{'over', 'ends'} unless $ok;
}

note("$_: $count{$_}") for sort keys %count;

is(scalar @odd, 0, 'each answer has its reason') or diag(join "\n",
    @odd[0 .. ($#odd > 19 ? 19 : $#odd)]);

for my $what ('GET 200', 'POST 201', 'GET 401', 'GET 403', 'h2 200') {
    cmp_ok($count{$what} // 0, '>', 0, "$what occurred");
}

# afterwards all is well

$pg->start;
enable($_, 1) for 1 .. TENANTS;
issue(1, 1000);
my ($last) = grep { /-$issued$/ } keys %live;
$SECRET{$last} = $live{$last};

SCIM::Nginx::wait_for('healing', sub {
    $nginx->client->request('GET', '/Users', as => $last)->{status} == 200;
}, 20);

# nobody has been given to another tenant

is($pg->sql("select count(*) from scim.audit where status = 201 "
            . "and token_name is not null and op = 'create' "
            . "and 't_' || substring(token_name from '^k([0-9]+)-') "
            . "<> tenant"), 0, 'each row is of the tenant of its token');

$nginx->finish(qr/connect|SQLSTATE|server closed|terminat|starting up|shutting/);
done_testing;
