# The database is away: a token that only it knows is neither good nor bad, 503,
# and never 401 or 403; one that is known works on for its time.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Conf '%SECRET';
use SCIM::Nginx;
use SCIM::Postgres;
use SCIM::Tokens;
use SCIM;
use Test::More;

my $USER = SCIM::USER();
my $pg = SCIM::Postgres->new;

my $nginx = SCIM::Nginx->new(
    conninfo => $pg->conninfo,
    tenants => { acme => "token_source both;\ntoken_cache 1h;" },
    http => 'scim_tenant brief { token_source database; token_cache 1s; } '
            . 'scim_tenant * { token_source database; }',
)->start;

my $client = $nginx->client;


sub issue_for {
    my ($name, $tenant) = @_;
    return issue($name, $tenant, sql => sub { $pg->sql($_[0]) });
}

sub unavailable {
    my ($method, $path, $as, %opt) = @_;

    my $res = $client->request($method, $path, as => $as, %opt);

    SCIM::error_is($res, 503, undef, undef, "$method $path as $as");
    like($res->header('Retry-After') // '', qr/^[1-9]\d*$/,
         'Retry-After in whole seconds');
}


$pg->sql("select scim.create_tenant('brief')");
issue_for(known => 'acme');
issue_for(new => 'acme');
issue_for(brief => 'brief');
$SECRET{garbage} = 'scim_acme_garbage';

is($client->request('GET', '/Users', as => $_)->{status}, 200, "$_: good")
    for 'known', 'brief';

my $body = { schemas => [ $USER ], userName => 'down@example.com' };

for my $signal ('INT', 'QUIT') {
    my $random = $signal . 'x' x (43 - length $signal);
    $SECRET{forged} = signed("scim_acme_$random");
    $SECRET{nobody} = signed("scim_nobody_$random");

    $pg->stop($signal);

    SCIM::Nginx::wait_for('503', sub {
        $client->request('GET', '/Users')->{status} == 503;
    });

    is($client->request('GET', '/Schemas', as => 'known')->{status}, 200,
       'what is known works on');
    unavailable('GET', '/Users', 'known');
    unavailable('POST', '/Users', 'known', body => $body);
    is($client->request('GET', '/Users?filter=x', as => 'known')->{status},
       400, 'what is wrong is still wrong');

    # too old, never asked for, forged, of nobody: nobody can tell

    SCIM::Nginx::wait_for('too old', sub {
        $client->request('GET', '/Schemas', as => 'brief')->{status} == 503;
    });

    for my $as ('brief', 'new', 'forged', 'nobody') {
        unavailable('GET', '/Users', $as);
        unavailable('GET', '/Schemas', $as);
        unavailable('POST', '/Users', $as, body => $body);
    }

    SCIM::error_is($client->request('GET', '/Users', as => 'garbage'), 401,
                   undef, undef, 'what cannot be a token is 401');

    is($client->request('GET', '/Schemas')->{status}, 200,
       'a token of the configuration needs no database');

    $pg->start;

    SCIM::Nginx::wait_for('healing', sub {
        $client->request('GET', '/Users', as => 'brief')->{status} == 200;
    }, 20);

    is($client->request('GET', '/Users', as => 'known')->{status}, 200,
       'good again');
    is($client->request('GET', '/Users', as => $_)->{status}, 401, "$_: 401")
        for 'forged', 'nobody';
}

# a database that does not know the question, and one that takes its time

my $arguments = 'text, text, bytea';

$pg->sql('create schema away; grant usage on schema away to public');
$pg->sql("alter function scim.find_token($arguments) set schema away");
unavailable('GET', '/Users', 'new');

$pg->sql('create function scim.find_token(tenant text, kind text, '
         . 'digest bytea, out enabled boolean, out name text, '
         . 'out scope text, out me text, out meta jsonb, '
         . 'out expires_at timestamptz, out fresh boolean) '
         . 'language sql as $$ select a.* from '
         . '(select pg_sleep(0.3)) s, away.find_token(tenant, kind, digest) a $$');

for (1 .. 20) {    # clients that leave
    my $socket = $client->connect;
    SCIM::Client::write_all($socket,
        $client->format('POST', '/Users', as => 'new', body => $body), 10);
    close $socket;
}

is($client->request('GET', '/Users', as => 'new')->{status}, 200,
   'what could not be asked was not taken for an answer');

$nginx->finish(qr/connect|SQLSTATE|server closed|terminat/);
done_testing;
