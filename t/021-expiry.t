# A token that expires while nginx runs and a connection is kept.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use POSIX 'strftime';
use SCIM;
use SCIM::Conf qw(token_line conninfo);
use SCIM::Nginx;
use Test::More 'no_plan';
use Time::HiRes ();

scim_reset();

my $at = time + 3;
my $nginx = SCIM::Nginx->new(
    conninfo => conninfo(),
    http => 'scim_tenant short { ' . token_line('soon-gone',
        expires => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $at)) . ' }',
)->start;

my $client = $nginx->client(keepalive => 1);
my @token = (as => '', headers => [ Authorization => 'Bearer soon-gone' ]);

SKIP: {
    skip 'the machine is too slow', 1 if time >= $at - 1;
    is($client->request('GET', '/Schemas', @token)->{status}, 200, 'valid');
}

my $res;
SCIM::Nginx::wait_for('expiry', sub {
    $res = $client->request('GET', '/Schemas', @token);
    return $res->{status} != 200;
});

SCIM::error_is($res, 401);

# the kernel's coarse clock, which time() reads, may be a tick behind

cmp_ok(Time::HiRes::time(), '>=', $at, 'not before its time');
is($client->request('GET', '/Schemas')->{status}, 200,
   'the other tokens are still good');

$nginx->finish;
