# Several databases: by location, by tenant; one that is down is no other's
# trouble.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Nginx;
use SCIM::Postgres;
use SCIM;
use Test::More;

my $USER = SCIM::USER();

my $main = SCIM::Postgres->new;
my $eu = SCIM::Postgres->new;

my $nginx = SCIM::Nginx->new(
    conninfo => $main->conninfo,
    http => 'scim_database eu "' . $eu->conninfo . '";',
    server => 'location /eu/ { scim_pass eu; }',
    tenants => { globex => 'database eu;' },
)->start;

my $client = $nginx->client;

sub create {
    my ($as, $path, $name) = @_;

    return $client->request('POST', $path, as => $as, absolute => 1,
                            body => { schemas => [ $USER ],
                                      userName => $name });
}

sub names {
    return $_[0]->sql("select coalesce(string_agg(tenant || '/' || name, ' ' "
                      . "order by name), '') from scim.resource");
}


for my $case (
    [ 'acme', '/scim/v2/Users', 'a' ],      # the location's
    [ 'acme', '/eu/Users', 'b' ],
    [ 'globex', '/scim/v2/Users', 'c' ],    # the tenant's own
    [ 'globex', '/eu/Users', 'd' ],
) {
    my $res = create(@$case);
    is($res->{status}, 201, "@$case") or diag($res->describe);
}

is(names($main), 'acme/a', 'what the one has');
is(names($eu), 'acme/b globex/c globex/d', 'and the other');

my $res = $client->request('GET', '/Users', as => 'acme');
is($res->json->{totalResults}, 1, 'a list is of one database');

$eu->stop('QUIT');

is(create('globex', '/scim/v2/Users', 'e')->{status}, 503, 'one is down');
is(create('acme', '/scim/v2/Users', 'f')->{status}, 201, 'the other serves');

$eu->start;

SCIM::Nginx::wait_for('the first is back', sub {
    return create('globex', '/scim/v2/Users', 'g')->{status} == 201;
});

is(names($main), 'acme/a acme/f', 'in the end');
is(names($eu), 'acme/b globex/c globex/d globex/g', 'in both');

$nginx->quit;
$nginx->finish(qr/scim database "eu"/);

done_testing();
