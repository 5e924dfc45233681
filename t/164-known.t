# What a worker remembers of tokens and tenants: for how long, how much, and of
# which database.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::Tokens;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: one that is known ends with its time
--- acme
token_source both;
token_cache 1h;
--- scim
use SCIM::Tokens;

issue(short => 'acme', ttl => '3 seconds');
status_is(GET('/Users', as => 'short'), 200);
wait_for('its end', sub {
    GET('/Users', as => 'short')->{status} == 401;
});
error_is(POST('/Users', user('late'), as => 'short'), 401);



=== TEST 2: nothing is remembered
--- acme
token_source both;
token_cache 0;
--- http
log_format scim '$scim_db_segments';
--- location
access_log logs/scim.log scim;
--- reset
--- scim
use SCIM::Tokens;

issue(now => 'acme');
status_is(GET('/Schemas', as => 'now'), 200);
sql("select scim.revoke_token('acme', 'now')");
error_is(GET('/Schemas', as => 'now'), 401, undef, undef, 'at once');

my $text = signed('scim_acme_' . 'n' x 43);
my @bad = (as => '', headers => [ Authorization => "Bearer $text" ]);

error_is(GET('/Schemas', @bad), 401) for 1, 2;

GET('/Users');
sql("select scim.enable_tenant('acme', false)");
error_is(GET('/Users'), 403, undef, qr/disabled/, 'so are tenants');

wait_for('the log', sub {
    my $l = access_log('scim.log'); $l =~ tr/\n// >= 6 && $l;
});
is(access_log('scim.log'), "1\n1\n1\n1\n2\n1\n", 'asked each time');



=== TEST 3: guesses drive out guesses alone
--- acme
token_source both;
token_cache 1h;
--- http
log_format scim '$scim_db_segments $status';
keepalive_requests 10000;
--- location
access_log logs/scim.log scim;
--- reset
--- scim
use SCIM::Tokens;

my $n = 0;
my $client = client(keepalive => 1);
my $ask = sub {
    my ($as) = @_;
    my $res = $client->request('GET', '/Schemas/none', as => $as);
    $n++;
    return $res->{status};
};
my $line = sub {
    return wait_for('log line', sub {
        my @l = split /\n/, access_log('scim.log'); $l[$n - 1];
    });
};

issue(good => 'acme');
is($ask->('good'), 404);
is($line->(), '1 404', 'asked for');

for (0 .. 1000) {
    $SCIM::Conf::SECRET{"guess$_"} = signed(sprintf 'scim_acme_%043d', $_);
}

is(scalar(grep { $ask->("guess$_") != 401 } 0 .. 999), 0, '1000 guesses');
is($ask->('guess0'), 401);
is($line->(), '- 401', 'the first one is still known');
is($ask->('guess1000'), 401);
is($line->(), '1 401', 'another one');
is($ask->('good'), 404);
is($line->(), '- 404', 'the good one is still known');
is($ask->('guess0'), 401);
is($line->(), '- 401', 'so is what was shown again');
is($ask->('guess2'), 401);
is($line->(), '- 401', 'and the thousandth');
is($ask->('guess1'), 401);
is($line->(), '1 401', 'but not the one before it');



=== TEST 4: what is too long is not kept
--- acme
token_source both;
token_cache 1h;
--- http
log_format scim '$scim_db_segments $status';
--- location
access_log logs/scim.log scim;
--- reset
--- scim
use SCIM::Tokens;

issue(long => 'acme', meta => '{"a": "' . 'x' x 4096 . '"}');
issue(fits => 'acme', meta => '{"a": "' . 'x' x 4000 . '"}');

status_is(GET('/Schemas', as => $_), 200) for qw(long long fits fits);

wait_for('the log', sub {
    my $l = access_log('scim.log'); $l =~ tr/\n// >= 4 && $l;
});
is(access_log('scim.log'), "1 200\n1 200\n1 200\n- 200\n");



=== TEST 5: an answer is as old as its question
--- acme
token_source both;
token_cache 1s;
--- http
log_format scim '$scim_db_segments $status';
--- location
access_log logs/scim.log scim;
--- reset
--- scim
use SCIM::Tokens;

issue(slow => 'acme');
my $function = 'find_token(text, text, bytea)';
sql('create schema away');
sql("alter function scim.$function set schema away");

eval {
    sql('create function scim.find_token(tenant text, kind text, '
        . 'digest bytea, out enabled boolean, out name text, out scope text, '
        . 'out me text, out meta jsonb, out expires_at timestamptz, '
        . 'out fresh boolean) language sql security definer '
        . 'as $$ select a.* from (select pg_sleep(1.1)) s, '
        . 'away.find_token(tenant, kind, digest) a $$');

    status_is(GET('/Schemas', as => 'slow'), 200) for 1, 2;
};
my $error = $@;
sql("drop function if exists scim.$function");
sql("alter function away.$function set schema scim");
sql('drop schema away');
is($error, '', 'no accident');

wait_for('the log', sub {
    my $l = access_log('scim.log'); $l =~ tr/\n// >= 2 && $l;
});
is(access_log('scim.log'), "1 200\n1 200\n", 'asked twice');



=== TEST 6: another database
--- acme
token_source both;
token_cache 1h;
--- http
scim_database away "host=127.0.0.1 port=1 dbname=none user=none";
limit_req_zone "$scim_tenant $scim_operation" zone=first:1m rate=1r/m;
--- server
location /away/ {
    scim_pass away;
}
location /first/ {
    scim_pass main;
    limit_req zone=first;
    error_page 503 =200 /away/ServiceProviderConfig;
}
--- reset
--- scim
use SCIM::Tokens;

issue(here => 'acme');
status_is(GET('/ServiceProviderConfig', as => 'here'), 200, 'good here');

my $away = client(prefix => '/away', as => 'here');
error_is($away->request('GET', '/ServiceProviderConfig'), 503, undef, undef,
         'there nobody could tell');
status_is($away->request('GET', '/ServiceProviderConfig', as => 'acme'), 200,
          'one of the configuration is good everywhere');

# nor is it believed there when it was known before error_page

my $first = client(prefix => '/first', as => 'here');
status_is($first->request('GET', '/ServiceProviderConfig'), 200);

my $res = $first->request('GET', '/ServiceProviderConfig');
is($res->json->{status}, 503, 'not after error_page either')
    or diag($res->describe);



=== TEST 7: /Me of a tenant that is disabled
--- acme
token_cache 0;
token bearer expires=never me=anna
    sha256=5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8;
--- reset
--- scim
my @as = (as => '', headers => [ Authorization => 'Bearer password' ]);

create('anna');
status_is(GET('/Me', @as), 200);
sql("select scim.enable_tenant('acme', false)");
error_is(GET('/Me', @as), 403, undef, qr/the tenant is disabled/);
error_is(DELETE('/Me', @as), 403, undef, qr/the tenant is disabled/);
sql("select scim.enable_tenant('acme', true)");
status_is(GET('/Me', @as), 200);



=== TEST 8: failures name no tenant that is not there
--- http
scim_tenant * { token_source database; }
--- reset
--- scim
use SCIM::Tokens;

sql('truncate scim.auth_failure');
sql("select scim.create_tenant('hooli')");

for my $tenant ('nobody', 'hooli') {
    my $text = signed("scim_${tenant}_" . 'x' x 43);

    error_is(GET('/Users', as => '',
                 headers => [ Authorization => "Bearer $text" ]), 401)
        for 1, 2;
}

wait_for('the counts', sub {
    sql('select sum(n) from scim.auth_failure') eq '4';
});
sql_is("select string_agg(tenant || ':' || n, ' ' order by tenant) from "
       . '(select tenant, sum(n) as n from scim.auth_failure group by 1) f',
       ':2 hooli:2');



=== TEST 9: what could not be told is in error.log
--- reset
--- error_log
[crit]
SQLSTATE 42883, constraint "", in the background
--- scim
my $types = 'text[], text[], bigint[]';

sql("alter function scim.count_failures($types) rename to away");
error_is(GET('/Users', as => ''), 401) for 1, 2;
wait_for('the line', sub { error_log() =~ /SQLSTATE 42883/ });
sql("alter function scim.away($types) rename to count_failures");
