# A large group on its way to a slow client while PostgreSQL is killed, hangs
# or comes back, and while nginx is reloaded.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use IO::Socket::INET;
use SCIM::Nginx;
use SCIM::Postgres;
use SCIM;
use Socket qw(SOL_SOCKET SO_RCVBUF inet_aton sockaddr_in);
use Test::More;

use constant N => 30_000;

my $port = SCIM::Nginx::free_port();
my $pg = SCIM::Postgres->new;
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo,
    database => 'read=1 work=1 timeout=2s connect_timeout=1s',
    server => "listen 127.0.0.1:$port sndbuf=32k;")->start;
my $client = $nginx->client(timeout => 20);

my $group = $pg->sql(<<'EOC');
with g as (
    insert into scim.resource (tenant, id, type, name, members, doc)
    values ('acme', gen_random_uuid(), 'Group', 'all', 30000,
            '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
              "displayName": "all"}')
    returning tenant, id
), u as (
    insert into scim.resource (tenant, id, type, name, doc)
    select 'acme', gen_random_uuid(), 'User', 'u' || i,
           '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}'
    from generate_series(1, 30000) i
    returning id
), m as (
    insert into scim.member (tenant, group_id, member_id, kind)
    select g.tenant, g.id, u.id, 'u' from g, u
)
select id from g;
EOC


# a client that has taken the first bytes, and no more; back when nginx has
# filled all that lies between them

sub slow {
    my $socket = IO::Socket::INET->new(Proto => 'tcp') or die "socket: $!";

    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, 8192;
    connect $socket, sockaddr_in($port, inet_aton('127.0.0.1'))
        or die "connect: $!";
    syswrite $socket, $client->format('GET', "/Groups/$group");
    sysread $socket, my $head, 500;

    like($head, qr/^HTTP\/1.1 200/, 'the answer has begun');

    SCIM::Nginx::wait_for('the database at rest', sub {
        $pg->sql("select now() - max(query_start) > '0.5s' from "
                 . "pg_stat_activity where usename = 'scim_module'") eq 't'
    });
    return $socket;
}

sub rest {
    my ($socket) = @_;
    my $all = '';

    1 while sysread $socket, $all, 65536, length $all;
    return $all;
}

sub whole { return $_[0] =~ /\]\}\r\n0\r\n\r\n\z/ }

sub heals {
    my ($when) = @_;

    my $res;
    eval {
        SCIM::Nginx::wait_for('healing', sub {
            $res = $client->request('GET', "/Groups/$group");
            return $res->{status} == 200;
        }, 20);
    };

    is(scalar(() = ($res->{body} // '') =~ /"type":"User"/g), N,
       "$when: all members");
}

heals('before anything happens');


# --- killed, while nothing is asked of it

my $log = length $nginx->error_log;
my $socket = slow();

$pg->stop('QUIT');
ok(!whole(rest($socket)), 'PostgreSQL killed: the answer is cut');
like(substr($nginx->error_log, $log),
     qr/\[error\].*scim: the answer is cut off, members could not be read/,
     'and the log tells');

my $res = $client->request('GET', "/Groups/$group");
is($res->{status}, 503, 'a new one is refused');

$pg->start;
heals('PostgreSQL is back');


# --- gone and back: nothing of it is seen

$socket = slow();
$pg->restart('QUIT');
heals('PostgreSQL was restarted');
ok(whole(rest($socket)), 'the answer that was on its way is whole');


# --- it hangs: by the deadline

$socket = slow();
$log = length $nginx->error_log;

my @frozen = $pg->backends;
kill 'STOP', @frozen;
ok(!whole(rest($socket)), 'PostgreSQL hangs: the answer is cut');
like(substr($nginx->error_log, $log), qr/scim: the answer is cut off/,
     'and the log tells');
kill 'CONT', @frozen;
heals('PostgreSQL goes on');


# --- reload: the old worker takes its time

my ($old) = $nginx->workers;
$socket = slow();
$nginx->reload;
heals('by the new worker');
ok(!SCIM::Nginx::gone($old), 'the old worker is still there');
ok(whole(rest($socket)), 'and sends it all');
SCIM::Nginx::wait_for('its end', sub { SCIM::Nginx::gone($old) });

$nginx->finish(qr/scim database "main"/);
done_testing();
