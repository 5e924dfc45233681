# PostgreSQL is away, does not fit, or has no room: 503 with Retry-After, at
# once, and never anything that a client could take for a fact.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Nginx;
use SCIM::Postgres;
use SCIM;
use Test::More;
use Time::HiRes 'time';

my $USER = SCIM::USER();
my $pg = SCIM::Postgres->new;
my $known;

$pg->stop;

my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo);

is($nginx->command('-t'), 0, 'nginx -t needs no database');

$nginx->start;

my $client = $nginx->client;


sub unavailable {
    my ($when, $limit) = @_;

    subtest $when => sub {
        my $id = $known // '00000000-0000-4000-8000-000000000000';
        my $user = { schemas => [ $USER ], userName => 'down@example.com' };

        for my $request ([ GET => "/Users/$id" ], [ GET => '/Users' ],
            [ GET => '/Users?filter=userName%20eq%20%22x%22' ],
            [ POST => '/Users', body => $user ],
            [ PUT => "/Users/$id", body => $user ],
            [ DELETE => "/Users/$id" ])
        {
            my $res = $client->request(@$request);

            SCIM::error_is($res, 503, undef, undef,
                           "$request->[0] $request->[1]");
            like($res->header('Retry-After') // '', qr/^[1-9]\d*$/,
                 'Retry-After in whole seconds');
            cmp_ok($res->{time}, '<', $limit // 1.5, 'at once');
        }

        is($client->request('GET', '/Users', as => '')->{status}, 401,
           'no token is still 401');
        is($client->request('GET', '/Schemas')->{status}, 200,
           'discovery needs no database');
        is($client->request('GET', '/Users?filter=x')->{status}, 400,
           'what is wrong is still wrong');
    };
}


sub heals {
    my ($when) = @_;

    my $start = time;
    my $res;

    eval {
        SCIM::Nginx::wait_for('healing', sub {
            $res = $client->request('GET', '/Users?count=1');
            return $res->{status} == 200;
        }, 20);
    };

    is($res->{status}, 200, sprintf "$when: heals by itself, %.1f s",
       time - $start) or diag($res->describe);
}


unavailable('never there');

$pg->start;
heals('started');

my $res = $client->request('POST', '/Users', body => {
    schemas => [ $USER ], userName => 'up@example.com' });
is($res->{status}, 201, 'a user');
$known = $res->json->{id};

$pg->stop('INT');
unavailable('stopped, fast');
$pg->start;
heals('after a fast stop');
is($client->request('GET', "/Users/$known")->{status}, 200,
   'what was acknowledged is there');

$pg->stop('QUIT');
unavailable('stopped, immediately');
$pg->start;
heals('after an immediate stop');

# a database that the module does not fit

my @contract = split /\|/, $pg->sql('select contract, module_min, module_max '
                                    . 'from scim.schema_version');

sub contract {
    $pg->sql(sprintf 'update scim.schema_version set contract = %d, '
                     . 'module_min = %d, module_max = %d', @_);
}

contract(99, 99, 99);
$pg->sql("select pg_terminate_backend(pid) from pg_stat_activity "
         . "where usename = 'scim_module'");
SCIM::Nginx::wait_for('503', sub {
    $client->request('GET', '/Users')->{status} == 503;
});
unavailable('another contract');
contract(@contract);
heals('the contract fits again');

# fewer connections than the module wants

$pg->sql('alter role scim_module connection limit 2');
$pg->sql("select pg_terminate_backend(pid) from pg_stat_activity "
         . "where usename = 'scim_module'");
heals('a connection limit of two');

my %status;
$status{$_}++ for map { $_->{status} } SCIM::parallel(12, sub {
    my ($i) = @_;
    my $res = $nginx->client->request($i % 2 ? ('GET', "/Users/$known")
        : ('POST', '/Users', body => { schemas => [ $USER ],
                                       userName => "limit$i" }));
    return { status => $res->{status} };
});

is_deeply([ grep { !/^(200|201|503)$/ } keys %status ], [],
          'served, or 503: ' . join ' ', %status);
cmp_ok(($status{200} // 0) + ($status{201} // 0), '>', 0, 'some are served');

$pg->sql('alter role scim_module connection limit -1');
heals('no limit');

# rights that are missing are nobody's fault but the operator's

$pg->sql('revoke select on scim.resource from scim_module');
$res = $client->request('GET', "/Users/$known");
ok($res->{status} == 503 || $res->{status} == 500, 'no right: a 5xx')
    or diag($res->describe);
unlike($res->{body}, qr/permission|resource|42501/i, 'that tells nothing');
$pg->sql('grant select on scim.resource to scim_module');
heals('the right is back');

unlike($nginx->error_log, qr/down\@example\.com|host=|dbname=/,
       'no personal data, no conninfo in error.log');

$nginx->finish(qr/42501|permission denied|connect|contract|SQLSTATE/);
done_testing;
