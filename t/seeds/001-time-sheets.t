# Seed 001: time sheets.  Tokens that the customer makes himself, OneLogin's
# bodies, one invitation for each person.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM;
use SCIM::Seeds;
use Test::Nginx::Socket 'no_plan';

# what the identity provider's template makes of a person

sub SCIM::Steps::filled {
    my ($mail, $first, $last, $phone) = @_;

    return { schemas => [ SCIM::USER ], userName => $mail,
             name => { formatted => "$first $last", givenName => $first,
                       familyName => $last },
             emails => [ { value => $mail, primary => SCIM::T,
                           type => 'work' } ],
             phoneNumbers => [ { value => $phone, primary => SCIM::T,
                                 type => 'work' } ] };
}

SCIM::Seeds::seeds_reset();
run_tests();

SCIM::Seeds::seeds_end();

__DATA__

=== TEST 1: the customer's token
--- scim
my $secret = 'select count(*) from scim.token';

subtest '001.4 the customer makes a token' => sub {
    my $token = issue('hours', 'first', meta => '{"login": "google"}');
    like($token, qr/^scim_hours-77_[A-Za-z0-9]{43}[0-9a-f]{6}$/,
         'with a prefix that scanners know');
    speak('hours');
    status_is(GET('/Users?count=0'), 200, 'it works');

    my $tables = sql("select string_agg(format('select %L from scim.%I x "
        . "where x::text like %L', relname, relname, '%' || '$token' || '%'), "
        . "' union all ') from pg_class where relnamespace = "
        . "'scim'::regnamespace and relkind in ('r', 'p', 'v')");
    is(sql($tables), '', 'no table and no view has it');
    sql_is("select count(*) from scim.token where digest = "
           . "sha256('$token'::bytea)", 1, 'only its digest is kept');
};

subtest '001.6 it is shown once' => sub {
    is(sql_fails("set role scim_app; select digest from scim.token"), '42501',
       'the application cannot read the table');
    is(sql_fails("set role scim_module; select digest from scim.token"),
       '42501', 'nor can the module');
    sql_is("select count(*) from information_schema.columns where "
           . "table_schema = 'scim' and table_name = 'v_token' "
           . "and column_name like '%digest%'", 0, 'no view has the digest');
    sql_is("select count(*) from pg_proc where pronamespace = "
           . "'scim'::regnamespace and (prorettype = 'bytea'::regtype or "
           . "prorettype = 'scim.token'::regtype or 'bytea'::regtype = "
           . "any (proallargtypes[pronargs + 1:]))", 0,
           'no function gives it back');
};

subtest '001.7 a lost token is revoked, and another one is made' => sub {
    my $old = $SECRET{hours};
    my $client = client(keepalive => 1, as => 'old');
    $SECRET{old} = $old;
    is($client->request('GET', '/Users?count=0')->{status}, 200, 'in use');

    issue('hours', 'second', meta => '{"login": "google"}');
    status_is(GET('/Users?count=0'), 200, 'the new one');
    is($client->request('GET', '/Users?count=0')->{status}, 200,
       'the old one beside it');

    app("select scim.revoke_token('$TENANT{hours}', 'first')");
    ok(wait_for('401', sub {
        $client->request('GET', '/Users?count=0')->{status} == 401;
    }), 'refused soon, on a connection that is open, too');
    status_is(GET('/Users?count=0'), 200, 'the new one is as good as before');
};

subtest '001.15 the test of the connection leaves nothing behind' => sub {
    my $before = tenants_sum('true');
    my $audit = sql('select count(*) from scim.audit');
    status_is(GET('/Users?count=1'), 200);
    status_is(GET('/ServiceProviderConfig'), 200);
    is(tenants_sum('true'), $before, 'no event');
    sql_is('select count(*) from scim.audit', $audit, 'no audit row');
};



=== TEST 2: people
--- scim
speak('hours');

my $n = mark('hours');
my $ina = create(filled('Ina@two.example', 'Ina', 'Ort', '+49 30 1'));
my $path = "/Users/$ina->{id}";

subtest '001.9 the body of OneLogin' => sub {
    is_deeply($ina->{schemas}, [ USER ], 'core alone');
    sql_is("select user_name, formatted_name, given_name, family_name, email, "
           . "phone from scim.v_user where id = '$ina->{id}'",
           'Ina@two.example|Ina Ort|Ina|Ort|Ina@two.example|+49 30 1');
    sql_is("select value, type, is_primary from scim.v_email "
           . "where user_id = '$ina->{id}'", 'Ina@two.example|work|t',
           'v_email');
    sql_is("select value, type, is_primary from scim.v_phone "
           . "where user_id = '$ina->{id}'", '+49 30 1|work|t', 'v_phone');
};

subtest '001.5 the event knows how the customer logs in' => sub {
    sql_is("select token_name, token_meta->>'login' from scim.event "
           . "where tenant = '$TENANT{hours}' and n > $n", 'second|google');
};

subtest '001.10 nobody has an empty phone number' => sub {
    my $res = POST('/Users', filled('kim@two.example', 'Kim', 'Ohne', ''));
    status_is($res, 201);
    ok(!exists $res->json->{phoneNumbers}, 'not in the answer');
    ok(!exists GET("/Users/" . $res->json->{id})->json->{phoneNumbers},
       'nor later');
};

subtest '001.11 the mail address is the name, in any case' => sub {
    error_is(POST('/Users', filled('ina@TWO.example', 'I', 'O', '')),
             409, 'uniqueness', qr/userName/);
};

subtest '001.2 one invitation: repeated requests give no event' => sub {
    my $n = mark('hours');
    my $audit = sql('select count(*) from scim.audit');
    etag_is(PUT($path, filled('Ina@two.example', 'Ina', 'Ort', '+49 30 1')),
            1) for 1 .. 5;
    is(since('hours', $n), '', 'five times the same');
    sql_is('select count(*) from scim.audit', $audit, 'no audit row');
    error_is(POST('/Users', filled('Ina@two.example', 'Ina', 'Ort', '')), 409,
             'uniqueness');
    sql_is("select count(*) from scim.event where type = 'user.created' "
           . "and resource_id = '$ina->{id}'", 1, 'created once');
    is(app("select scim.once('$TENANT{hours}', '$ina->{id}', 'invite')"),
       't', 'invited');
    is(app("select scim.once('$TENANT{hours}', '$ina->{id}', 'invite')"),
       'f', 'but once');
};

subtest '001.14 people appear in the list of the product' => sub {
    is(app("select string_agg(user_name, ' ' order by created) "
           . "from scim.v_user where tenant = '$TENANT{hours}'"),
       'Ina@two.example kim@two.example', 'the view');
    is(app("select string_agg(type, ' ') from scim.events('list', "
           . "'$TENANT{hours}', 10)"), 'user.created user.created',
       'the events');
};

subtest '001.12 approved hours later' => sub {
    json_is(GET(eq_filter('Users', 'userName', 'late@two.example')),
            'totalResults', 0, 'asked for');
    for my $i (1 .. 20) {
        create("between$i\@two.example");
    }
    my $res = POST('/Users', filled('late@two.example', 'La', 'Te', ''));
    status_is($res, 201, 'made at last');
    error_is(POST('/Users', filled('late@two.example', 'La', 'Te', '')), 409,
             'uniqueness', qr/userName/, 'approved twice');
};

subtest '001.1 from hire to leave' => sub {
    my $n = mark('hours');
    my $id = create(filled('life@two.example', 'L', 'E', ''))->{id};
    my $put = sub {
        my ($last, @more) = @_;
        status_is(PUT("/Users/$id", {
            %{ filled('life@two.example', 'L', $last, '') }, @more }), 200);
    };
    $put->('New');
    $put->('New', active => F);
    $put->('Newer', active => T);
    status_is(DELETE("/Users/$id"), 204);
    is(since('hours', $n), 'user.created user.updated user.deactivated '
                           . 'user.updated user.reactivated user.deleted');
    sql_is("select string_agg(distinct e.tenant || e.resource_id, ' ') "
           . "from scim.event e where tenant = '$TENANT{hours}' and n > $n",
           "$TENANT{hours}$id", 'all of one person');
};

subtest '001.8 one base URL, whatever the client calls the host' => sub {
    my $port = port();
    my $want = "http://localhost:$port/scim/v2/Users/$ina->{id}";
    json_is(GET($path), 'meta.location', $want);
    my $res = raw("GET /scim/v2$path HTTP/1.1\nHost: elsewhere.example\n"
                  . "Authorization: Bearer $SECRET{hours}\n"
                  . "Connection: close\n\n");
    json_is($res, 'meta.location', $want);
};

subtest '001.3 without the plan there is no service' => sub {
    my $n = mark('hours');
    app("select scim.enable_tenant('$TENANT{hours}', false)");
    error_is(POST('/Users', filled('no@two.example', 'N', 'O', '')), 403);
    ok(wait_for('reads to be refused', sub { GET($path)->{status} == 403 }),
       'within the time of the cache');
    is(since('hours', $n), '', 'nothing written');
    app("select scim.enable_tenant('$TENANT{hours}', true)");
    ok(wait_for('service', sub { GET($path)->{status} == 200 }), 'again');

    my ($events, $last) = split /\|/,
        app("select count(*), max(n) from scim.events('licences', "
            . "'$TENANT{hours}', 100000)");
    is($events, $last, 'the stream lets it count, without a gap');
    sql_is("select count(*) from scim.v_user where tenant = '$TENANT{hours}' "
           . "and active", sql("select active_users from scim.tenant "
                               . "where name = '$TENANT{hours}'"),
           'as does the count of the tenant');
};



=== TEST 3: 001.13 a role is given to thousands at once
--- timeout: 300
--- scim
speak('hours');

my $people = people(5000);
my $n = mark('hours');
my $workers = 8;
my $body = encode(filled('role#@two.example', 'R#', 'Ole', ''));
my $made = sub { $body =~ s/#/$_[0]/gr };

my @wrong = map { @{ $_ // [ 'a process has died' ] } }
    parallel($workers, sub {
        my ($p) = @_;
        my $client = client(as => 'hours', keepalive => 1);
        my @wrong;

        for (my $i = $p; $i <= $people; $i += $workers) {
            my $res = $client->request('POST', '/Users', body => $made->($i));
            push @wrong, $res->describe if $res->{status} != 201;
        }

        return \@wrong;
    });

subtest "001.13 $people people at once" => sub {
    is(scalar @wrong, 0, 'all are made') or diag("@wrong[0 .. 2]");
    is(rows($TENANT{hours}, "name like 'role%'"), $people, 'each once');
    sql_is("select count(*), count(distinct resource_id), min(n), max(n) "
           . "from scim.event where tenant = '$TENANT{hours}' "
           . "and type = 'user.created' and n > $n",
           CORE::join('|', $people, $people, $n + 1, $n + $people),
           'one event each, without a gap');
    error_is(POST('/Users', $made->(1)), 409, 'uniqueness');
};
