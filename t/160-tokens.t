# Tokens that the application issues: found in the database, known for some
# seconds, and gone when they are revoked.

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

=== TEST 1: issued, used, revoked
--- acme
token_source both;
token_cache 1s;
--- scim
use SCIM::Tokens;

issue(portal => 'acme');

my $client = client(as => 'portal', keepalive => 1);
status_is($client->request('GET', '/Users'), 200, 'at once');

my $res = $client->request('POST', '/Users', body => user('by-portal'));
status_is($res, 201, 'and writes');
sql_is("select token_name from scim.audit where resource_id = '"
       . $res->json->{id} . "'", 'portal', 'under its name');

status_is(GET('/Users'), 200, 'those of the configuration are good, too');

sql_is("select scim.revoke_token('acme', 'portal')", 't', 'revoked');
wait_for('401 on the connection that is open', sub {
    $client->request('GET', '/Users')->{status} == 401;
});
error_is(GET('/Users', as => 'portal'), 401);
error_is(POST('/Users', user('too-late'), as => 'portal'), 401);
error_is(GET('/Schemas', as => 'portal'), 401);



=== TEST 2: what is known is not asked for again
--- acme
token_source both;
token_cache 1h;
--- http
log_format scim '$scim_tenant $scim_token_name $scim_db_segments $status';
--- location
access_log logs/scim.log scim;
set $early $scim_tenant;
add_header X-Early "<$early>" always;
--- reset
--- scim
use SCIM::Tokens;

issue(portal => 'acme');

my $last = sub {
    my ($n) = @_;
    return wait_for("line $n", sub {
        my @l = split /\n/, access_log('scim.log'); $l[$n - 1];
    });
};

my $res = GET('/Schemas', as => 'portal');
status_is($res, 200);
header_is($res, 'X-Early', '<>');
is($last->(1), 'acme portal 1 200', 'asked for');

sql("select scim.revoke_token('acme', 'portal')");

$res = GET('/Schemas', as => 'portal');
status_is($res, 200);
header_is($res, 'X-Early', '<acme>');
is($last->(2), 'acme portal - 200', 'known');

# the kind, and the text, belong to it

error_is(GET('/Users', as => basic('acme', 'portal')), 401);
is($last->(3), '- - 1 401', 'another kind is another token');
error_is(GET('/Users', as => basic('acme', 'portal')), 401);
is($last->(4), '- - - 401', 'what is none is known, too');



=== TEST 3: what is no token
--- acme
token_source both;
--- http
scim_tenant closed { token_source database; }
log_format scim '$scim_tenant $scim_db_segments';
--- location
access_log logs/scim.log scim;
set $early $scim_tenant;
add_header X-Early "<$early>" always;
--- reset
--- log_level: info
--- scim
use SCIM::Tokens;

my $n = 0;
my $text = issue(good => 'acme');
my ($random) = $text =~ /_([^_]{43})[^_]{6}$/;

my %other = (
    'nothing but the head'      => [ 'scim_' ],
    'no tenant'                 => [ signed("scim__$random") ],
    'no underscore'             => [ signed("scim_acme$random") ],
    'wrong check digits'        => [ $text =~ s/.{6}$/000000/r ],
    'check digits in capitals'  => [ $text =~ s/(.{6})$/uc($1) . 'F'/er ],
    'one letter less'           => [ substr $text, 0, -1 ],
    'one letter more'           => [ "${text}0" ],
    'an odd letter'             => [ signed('scim_acme_' . '-' x 43) ],
    'a tenant of 65 letters'    => [ signed('scim_' . 'a' x 65
                                            . "_$random") ],
    'a tenant that is no name'  => [ signed("scim_a*c_$random") ],
    'a tenant that nobody knows' => [ signed("scim_nobody_$random") ],
    'a tenant of the configuration' => [ signed("scim_globex_$random") ],
    'another random part'       => [ signed('scim_acme_' . 'a' x 43), 1 ],
    'another tenant'            => [ signed("scim_closed_$random"), 1 ],
);

for my $name (sort keys %other) {
    my ($secret, $asked) = @{ $other{$name} };

    for (1, 2) {
        my $res = GET('/Users', as => '',
                      headers => [ Authorization => "Bearer $secret" ]);

        error_is($res, 401, undef, undef, $name);
        like($res->header('WWW-Authenticate') // '', qr/invalid_token/,
             "$name: WWW-Authenticate");
        header_is($res, 'X-Early', '<>');

        my $line = wait_for('log line', sub {
            my @l = split /\n/, access_log('scim.log'); $l[$n];
        });
        $n++;

        is($line, $asked && $_ == 1 ? '- 1' : '- -',
           "$name: " . ($asked ? 'asked once' : 'nobody is asked'));
    }
}

status_is(GET('/Users', as => 'good'), 200, 'the token itself');
unlike(error_log(), qr/\Q$random\E/, 'error.log has no token');



=== TEST 4: basic
--- acme
token_source both;
--- http
scim_tenant initech { token_source database; }
--- reset
--- scim
use SCIM::Tokens;

sql("select scim.create_tenant('initech')");

my $text = issue(legacy => 'initech', kind => 'basic');

status_is(GET('/Users', as => basic('initech', 'legacy')), 200);
error_is(GET('/Users', as => 'legacy'), 401, undef, undef, 'as bearer');
error_is(GET('/Users', as => basic('acme', 'legacy')), 401, undef, undef,
         'as another tenant');
error_is(GET('/Users', as => basic('', 'legacy')), 401, undef, undef,
         'as nobody');

my $res = GET('/Users', as => '');
my @offers = $res->header('WWW-Authenticate');
like("@offers", qr/Bearer .*Basic /, 'both schemes are offered');



=== TEST 5: expiry, scope, me, meta
--- acme
token_source both;
token_cache 1s;
token bearer sha256=03ac674216f3e15c761ee1a5e255f067953623c8b388b4459e13f978d7c846f4
      expires=2099-12-31 name=pin 'meta={"login":"saml"}';
--- reset
--- scim
use SCIM::Tokens;

issue(full => 'acme', meta => '{"login": "google"}');
issue(reader => 'acme', scope => 'users:r', me => 'me@example.com');
issue(odd => 'acme');
sql("update scim.token set scope = 'everything' where name = 'odd'");
issue(short => 'acme');
status_is(GET('/Users', as => 'short'), 200, 'before it expires');

my $res = POST('/Users', user('me@example.com'), as => 'full');
status_is($res, 201);
sql_is("select token_name, token_meta from scim.event order by n desc "
       . "limit 1", 'full|{"login": "google"}', 'meta reaches the event');

$SCIM::Conf::SECRET{pin} = '1234';
status_is(POST('/Users', user('pin@example.com'), as => 'pin'), 201);
sql_is("select token_meta->>'login' from scim.event order by n desc limit 1",
       'saml', "that of the configuration's, too");

error_is(POST('/Users', user('x'), as => 'reader'), 403);
status_is(GET('/Users', as => 'reader'), 200);
error_is(GET('/Groups', as => 'reader'), 403);
$res = GET('/Me', as => 'reader');
status_is($res, 200);
json_is($res, 'userName', 'me@example.com');
error_is(GET('/Me', as => 'full'), 501);

error_is(GET('/Users', as => 'odd'), 403, undef, undef,
         'what is no scope gives no rights');
status_is(GET('/Schemas', as => 'odd'), 200);

sql("update scim.token set expires_at = now() where name = 'short'");
wait_for('expired', sub { GET('/Users', as => 'short')->{status} == 401 });

issue(later => 'acme');
sql("update scim.token set not_before = now() + '1 hour' "
    . "where name = 'later'");
error_is(GET('/Users', as => 'later'), 401, undef, undef, 'not yet good');



=== TEST 6: several at a time, one after the other
--- acme
token_source both;
token_cache 1s;
--- reset
--- scim
use SCIM::Tokens;

issue(one => 'acme');
issue(two => 'acme');
status_is(GET('/Users', as => $_), 200, $_) for 'one', 'two';

issue(three => 'acme', revoke_others => 'true');
status_is(GET('/Users', as => 'three'), 200, 'three');

for my $old ('one', 'two') {
    wait_for("$old ends", sub {
        GET('/Users', as => $old)->{status} == 401;
    });
}

status_is(GET('/Users', as => 'three'), 200, 'three stays');



=== TEST 7: the use of a token is noted, once an hour
--- acme
token_source both;
token_cache 0;
--- reset
--- scim
use SCIM::Tokens;

issue(used => 'acme');
my $used = "select last_used from scim.token where name = 'used'";
sql_is($used, '', 'not used yet');

status_is(GET('/Users', as => 'used'), 200);
my $first = wait_for('noted', sub { sql($used) });

sql("update scim.token set last_used = last_used - interval '30 minutes'");
$first = sql($used);
status_is(GET('/Users', as => 'used'), 200) for 1 .. 3;
sql_is($used, $first, 'not again');

sql("update scim.token set last_used = last_used - interval '30 minutes'");
$first = sql($used);
status_is(GET('/Users', as => 'used'), 200);
wait_for('noted again', sub { sql($used) ne $first });



=== TEST 8: the database alone
--- http
scim_tenant initech { token_source database; profile strict; }
--- reset
--- scim
use SCIM::Tokens;

error_is(GET('/Users', as => ''), 401);

sql("select scim.create_tenant('initech')");
issue(portal => 'initech');
status_is(GET('/Users', as => 'portal'), 200);
status_is(GET('/Schemas', as => 'portal'), 200);
status_is(POST('/Users', user('a'), as => 'portal'), 201);
is(rows('initech'), 1, 'a row of its own');
is(rows('acme'), 0, 'and nobody else\'s');

# tenants without a block have no token but those of "*"

issue(acme_db => 'acme');
error_is(GET('/Users', as => 'acme_db'), 401, undef, undef,
         'token_source config');



=== TEST 9: tenants that only the database knows
--- http
scim_tenant * { token_source database; unknown_attributes reject; }
log_format scim '$scim_tenant $scim_db_segments $status';
--- location
access_log logs/scim.log scim;
--- reset
--- scim
use SCIM::Tokens;

my $n = 0;
my $line = sub {
    return wait_for('log line', sub {
        my @l = split /\n/, access_log('scim.log'); $l[$n];
    });
};

for my $tenant ('hooli', 'pied_piper', 'a.b-c') {
    sql("select scim.create_tenant('$tenant')");
    issue($tenant => $tenant);

    my $res = POST('/Users', user('gavin'), as => $tenant);
    status_is($res, 201, $tenant);
    like($line->(), qr/^\Q$tenant\E \d+ 201$/, 'under its name');
    $n++;

    $res = GET('/Users/' . $res->json->{id}, as => $tenant);
    status_is($res, 200);
    $n++;

    $res = POST('/Users', user('b', colour => 'red'), as => $tenant);
    error_is($res, 400, 'invalidSyntax', qr/colour/,
             'the policy is that of "*"');
    $n++;
}

is(rows('hooli'), 1, 'one row each');
is(rows('pied_piper'), 1, 'one row each');

my $text = signed('scim_nobody_' . 'a' x 43);

for my $asked (1, '-') {
    error_is(GET('/Users', as => '',
                 headers => [ Authorization => "Bearer $text" ]),
             401, undef, undef, 'unknown tenant');
    is($line->(), "- $asked 401", 'asked once');
    $n++;
}

# a block is nobody's but its tenant's

issue(acme_db => 'acme');
error_is(GET('/Users', as => 'acme_db'), 401);



=== TEST 10: failures are counted
--- acme
token_source both;
--- reset
--- scim
use SCIM::Tokens;

sql('truncate scim.auth_failure');

GET('/Users', as => '') for 1 .. 3;
GET('/Users', as => '', headers => [ Authorization => 'Bearer nonsense' ])
    for 1 .. 2;
GET('/Users', as => '', headers => [ Authorization => 'Digest x' ]);
GET('/Users', as => '',
    headers => [ Authorization => 'Bearer '
                                  . signed('scim_acme_' . 'b' x 43) ])
    for 1 .. 4;
GET('/Users');

my $counts = "select string_agg(tenant || ':' || reason || ':' || n, ' ' "
             . 'order by tenant, reason) from (select tenant, reason, '
             . 'sum(n) as n from scim.auth_failure group by 1, 2) f';

wait_for('all counts', sub {
    sql('select sum(n) from scim.auth_failure') eq '10';
});
sql_is($counts, ':missing:3 :scheme:1 :unknown:2 acme:unknown:4');



=== TEST 11: bodies that come while the database is asked
--- acme
token_source both;
token_cache 0;
--- reset
--- scim
use SCIM::Tokens;

issue(portal => 'acme');
$SCIM::Conf::SECRET{nobody} = signed('scim_acme_' . 'c' x 43);

my $title = 'x' x 6_000;

for my $n (1 .. 5) {
    my $res = POST('/Users', user("chunks$n", title => $title),
                   as => 'portal', chunked => [ 1, 700, 3000 ]);
    status_is($res, 201, 'in chunks');
    is(length $res->json->{title}, 6_000, 'all of it');
}

my $client = client(as => 'portal', keepalive => 1);

for my $n (1 .. 5) {
    status_is($client->request('POST', '/Users', body => user("kept$n")),
              201, 'on one connection');
    error_is($client->request('POST', '/Users', body => user("kept$n"),
                              as => 'nobody'), 401);
    error_is($client->request('POST', '/Users', body => '{'), 400,
             'invalidSyntax');
}



=== TEST 12: the same over HTTP/2
--- server
listen 127.0.0.1:$TEST_NGINX_SCIM_H2_PORT http2;
--- acme
token_source both;
token_cache 0;
--- skip_eval: 1: !SCIM::has_curl_http2()
--- reset
--- scim
use SCIM::Tokens;

my $text = issue(portal => 'acme');
my $title = 'x' x 6_000;

for my $n (1 .. 5) {
    my $pid = open my $out, '-|', 'curl', '-s', '-m', '20',
        '--http2-prior-knowledge', '-H', "Authorization: Bearer $text",
        '-H', 'Content-Type: application/scim+json', '--data-binary',
        encode(user("h2-$n", title => $title)),
        "http://127.0.0.1:$ENV{TEST_NGINX_SCIM_H2_PORT}/scim/v2/Users"
        or die "curl: $!";
    my $body = do { local $/; <$out> };
    close $out;
    is(length(json($body)->{title} // ''), 6_000, 'all of it') or diag($body);
}
