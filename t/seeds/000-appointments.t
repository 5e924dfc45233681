# Seed 000: appointments.  Basic credentials, a prefix without a version, PUT
# for everything; the data of who has left stay.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM;
use SCIM::Seeds;
use Test::Nginx::Socket 'no_plan';

SCIM::Seeds::seeds_reset();
run_tests();

SCIM::Seeds::seeds_end();

__DATA__

=== TEST 1: a user's life
--- scim
speak('agenda');

my %full = (name => { givenName => 'Mia', familyName => 'Muster' },
            displayName => 'Mia Muster', locale => 'de-DE',
            externalId => 'nameid-1', active => T);
my $mia = create('mia@one.example', %full);
my $path = "/Users/$mia->{id}";
my $mine = "tenant = '$TENANT{agenda}' and id = '$mia->{id}'";

subtest '000.1 a create is an account and one event' => sub {
    sql_is("select count(*) from scim.v_user where $mine", 1, 'one row');
    is(since('agenda', 0), 'user.created', 'one event');
    sql_is("select e.request_id = a.request_id and e.version = 1 "
           . "and e.token_name = 'legacy' and e.origin = 'scim' "
           . "from scim.event e join scim.audit a using (tenant, request_id) "
           . "where e.tenant = '$TENANT{agenda}'", 't',
           'of the request that the audit tells of');
};

subtest '000.2 an update replaces the details' => sub {
    my $res = PUT($path, user('mia@one.example', %full,
        name => { givenName => 'Mia', familyName => 'Meier' }));
    status_is($res, 200);
    json_is($res, 'name.familyName', 'Meier');
    sql_is("select family_name, version from scim.v_user where $mine",
           'Meier|2', 'in the view');
    sql_is("select type, changed from scim.event where n = 2 "
           . "and tenant = '$TENANT{agenda}'", 'user.updated|{name}',
           'the event names what has changed');
};

subtest '000.14 the seven mapped attributes are columns' => sub {
    status_is(PUT($path, user('mia@one.example', %full)), 200);
    sql_is("select user_name, given_name, family_name, display_name, locale, "
           . "external_id, active from scim.v_user where $mine",
           'mia@one.example|Mia|Muster|Mia Muster|de-DE|nameid-1|t');
};

app("select scim.link('$TENANT{agenda}', '$mia->{id}', 'account-1')");

subtest '000.5 who leaves cannot log in from that moment' => sub {
    my $login = "select active from scim.v_login where tenant = "
                . "'$TENANT{agenda}' and external_id = 'nameid-1'";
    sql_is($login, 't', 'before');
    status_is(PUT($path, user('mia@one.example', active => F)), 200);
    sql_is($login, 'f', 'as soon as the answer is here');
};

subtest '000.3 a deactivation is told once' => sub {
    my $n = mark('agenda');
    etag_is(PUT($path, user('mia@one.example', active => F)), 4);
    is(since('agenda', $n), '', 'not again');
    sql_is("select count(*) from scim.event where resource_id = "
           . "'$mia->{id}' and type = 'user.deactivated' "
           . "and changed = '{active}'", 1, 'one event in all');
};

subtest '000.21 a deactivation by a short PUT keeps the data' => sub {
    sql_is("select deactivated_by, family_name, locale, external_id, app_ref "
           . "from scim.v_user where $mine",
           'scim|Muster|de-DE|nameid-1|account-1', 'who did it, and the data');
};

subtest '000.22 active again: the same account' => sub {
    my $n = mark('agenda');
    my $res = PUT($path, user('mia@one.example', active => T));
    status_is($res, 200);
    json_is($res, 'id', $mia->{id});
    json_is($res, 'name.familyName', 'Muster');
    is(since('agenda', $n), 'user.reactivated', 'one event');
    sql_is("select active, app_ref, deactivated_by is null "
           . "from scim.v_user where $mine", 't|account-1|t');
};

subtest '000.20 a consumer has the event when the client has its answer'
    => sub
{
    my $n = mark('agenda');
    PUT($path, user('mia@one.example', locale => 'fr-FR'));
    is(app("select type || ' ' || n from scim.events('quick', "
           . "'$TENANT{agenda}', 1000) where n > $n"),
       'user.updated ' . ($n + 1), 'nothing to wait for');
};

subtest '000.4 a deletion' => sub {
    my $n = mark('agenda');
    status_is(DELETE($path), 204);
    error_is(GET($path), 404);
    is_deeply([ in_list(GET('/Users')) ], [], 'not in the list');
    sql_is("select count(*) from scim.v_user where $mine", 0, 'nor the view');
    is(since('agenda', $n), 'user.deleted', 'one event');
    sql_is("select doc #>> '{name,familyName}', app_ref from scim.event "
           . "where tenant = '$TENANT{agenda}' and n > $n",
           'Muster|account-1', 'with who it was');
    sql_is("select app_ref, deleted_at is not null from scim.v_user_all "
           . "where $mine", 'account-1|t',
           'kept for the application, as this tenant wants it');
};



=== TEST 2: identity providers
--- scim
speak('agenda');

my $find = sub {
    return GET(eq_filter('Users', 'userName', $_[0]));
};

subtest '000.6 each identity provider in its own way' => sub {

    # a probe, then a create, then a deactivation

    my $create = sub {
        my ($name, %more) = @_;
        json_is($find->($name), 'totalResults', 0, "$name: unknown");
        return create($name, %more)->{id};
    };
    my $off = sub {
        my ($name, $res) = @_;
        status_is($res, 200, "$name: deactivated") or return;
        json_is($find->($name), 'Resources.0.active', F, "$name: is");
    };

    my $id = $create->('okta@idp.example', groups => [], password => 'x1Y2z3',
        emails => [ { primary => T, value => 'okta@idp.example',
                      type => 'work' } ]);
    $off->('okta@idp.example', patch("/Users/$id", {
        op => 'replace', value => { active => F } }));

    $id = $create->('entra@idp.example', roles => [], ENTERPRISE, {});
    $off->('entra@idp.example', patch("/Users/$id", {
        op => 'Replace', path => 'active', value => 'False' }));

    $id = $create->('onelogin@idp.example', phoneNumbers => [
        { value => '', primary => T, type => 'work' } ]);
    $off->('onelogin@idp.example', PUT("/Users/$id",
        user('onelogin@idp.example', active => F)));

    $id = $create->('jumpcloud@idp.example', ENTERPRISE,
                    { department => '' }, active => T);
    $off->('jumpcloud@idp.example', PUT("/Users/$id",
        user('jumpcloud@idp.example', active => F, meta => {
            resourceType => 'User' })));

    $id = $create->('google@idp.example', emails => [
        { value => 'google@idp.example', type => 'work' } ]);
    $off->('google@idp.example', patch("/Users/$id", {
        op => 'replace', path => 'active', value => F }));
};

subtest '000.8 a prefix without a version' => sub {
    my $res = POST('/Users', user('prefix@one.example'));
    my $id = $res->json->{id};
    like($res->header('Location'), qr{^http://[^/]+/scim/Users/$id$},
         'Location');
    json_is($res, 'meta.location', $res->header('Location'));
    status_is(DELETE("/Users/$id"), 204);
};

subtest '000.9 pages' => sub {
    sql("delete from scim.resource where tenant = '$TENANT{sandbox}'");
    speak('sandbox');
    my @ids = map { create("page$_\@one.example")->{id} } 1 .. 5;
    my @seen = map { my $res = GET("/Users?startIndex=$_&count=2");
                     json_is($res, 'totalResults', 5);
                     in_list($res) } 1, 3, 5;
    is_deeply(\@seen, \@ids, 'no gap, nobody twice');
    json_is(GET("/Users/$ids[2]"), 'userName', 'page3@one.example');
    speak('agenda');
};

subtest '000.10 groups are real' => sub {
    my $who = create('member@one.example')->{id};
    my $id = group('Crew')->{id};
    my $res = patch("/Groups/$id", { op => 'add', path => 'members',
                                     value => [ { value => $who } ] });
    status_is($res, 200);
    json_is($res, 'members.0.value', $who);
    is_deeply([ in_list(GET(eq_filter('Groups', 'displayName', 'crew'))) ],
              [ $id ], 'found');
    status_is(DELETE("/Groups/$id"), 204);
};

subtest '000.11 PATCH of a user works, of the collection not' => sub {
    my $res = PATCH('/Users', {});
    error_is($res, 405);
    header_is($res, 'Allow', 'GET, HEAD, POST');

    my $user = create('patch@one.example');
    $res = patch("/Users/$user->{id}", { op => 'replace', path => 'locale',
                                         value => 'en-GB' });
    status_is($res, 200);
    json_is($res, 'locale', 'en-GB');
};

subtest '000.15 a sandbox beside it' => sub {
    my $id = create('pilot@one.example')->{id};
    status_is(GET("/Users/$id"), 200);
    error_is(GET("/Users/$id", as => 'sandbox'), 404);
    json_is(GET(eq_filter('Users', 'userName', 'pilot@one.example'),
                as => 'sandbox'), 'totalResults', 0);
    status_is(POST('/Users', user('pilot@one.example'), as => 'sandbox'), 201,
              'the same name there');
};



=== TEST 3: credentials
--- scim
speak('agenda');

subtest '000.12 company and secret' => sub {
    my $try = sub {
        my ($name, $status, $header) = @_;
        my $res = GET('/Users?count=0', as => '',
                      headers => [ Authorization => $header ]);
        return status_is($res, 200, $name) if $status == 200;
        error_is($res, $status, undef, undef, $name);
        like($res->header('WWW-Authenticate'), qr/^(Basic|Bearer)/,
             'told how');
    };
    my $secret = 'seed-5ecret:of-4711';
    my $right = as_basic('4711', $secret);

    $try->('right', 200, $right);
    $try->('lower case', 200, $right =~ s/Basic/basic/r);
    $try->('wrong secret', 401, as_basic('4711', "$secret."));
    $try->('wrong company', 401, as_basic('4799', $secret));
    $try->('another company', 401, as_basic('4712', $secret));
    $try->('no colon', 401, as_basic('4711'));
    $try->('no base64', 401, 'Basic *' . substr $right, 7);
    $try->('empty password', 401, as_basic('4711', ''));
    $try->('as a bearer', 401, "Bearer $secret");
};

subtest '000.13 the operator makes a credential with one command' => sub {
    my $out = `sh '@{[ root() ]}/t/lib/token.sh' agenda-4711 support`;
    my ($secret) = $out =~ /^ +(scim_\w+)$/m;
    my ($digest) = $out =~ /token bearer sha256=([0-9a-f]{64}) name=support/;
    like($out, qr/expires=\d{4}-\d\d-\d\d;/, 'the line of the configuration');

    require Digest::SHA;
    is(Digest::SHA::sha256_hex($secret), $digest, 'has its digest');
    my ($rc) = nginx_t("scim_database main \"" . conninfo() . "\"; "
                       . "scim_tenant x { "
                       . ($out =~ /(token bearer [^;]+;)/)[0] . ' }');
    is($rc, 0, 'and is good');
    is(`grep -rlF '$secret' '@{[ servroot() ]}' '@{[ root() ]}/t' || :`, '',
       'the secret is in no file');
};

subtest '000.7 not every plan has SCIM' => sub {
    error_is(GET('/Users', as => '', headers => [
        Authorization => as_basic('4713', 'x') ]), 401, undef, undef,
        'a company without credentials');

    my $who = create('gate@one.example')->{id};
    app("select scim.enable_tenant('$TENANT{agenda}', false)");
    error_is(PUT("/Users/$who", user('gate@one.example', active => F)), 403,
             undef, undef, 'switched off: no write');
    ok(wait_for('reads to be refused',
                sub { GET("/Users/$who")->{status} == 403 }), 'nor a read');
    status_is(GET('/Users', as => 'sandbox'), 200, 'others go on');
    app("select scim.enable_tenant('$TENANT{agenda}', true)");
    ok(wait_for('service', sub { GET("/Users/$who")->{status} == 200 }),
       'and on again');
};



=== TEST 4: the application's part
--- scim
speak('agenda');

sql(q{
    create table app.mail (tenant text, id uuid, what text);
    create function app.work(t text, pause boolean) returns bigint
        language plpgsql
    as $$
    declare e record; n bigint;
    begin
        for e in select * from scim.events('mail', t, 1000) loop
            if e.type = 'user.created'
               and scim.once(t, e.resource_id, 'welcome')
            then
                insert into app.mail values (t, e.resource_id, 'welcome');
            end if;
            n := e.n;
        end loop;
        if n is not null then
            perform scim.ack('mail', t, n);
        end if;
        if pause then
            perform pg_sleep(600);
        end if;
        return n;
    end
    $$;
});

subtest '000.16 one welcome, whatever happens to the worker' => sub {
    my $work = "select app.work('$TENANT{agenda}', %s)";
    sql(sprintf $work, 'false');
    my $id = create('welcome@one.example')->{id};
    my $mails = "select count(*) from app.mail where id = '$id'";

    my $pid = psql_start(sprintf $work, 'true');
    my $sleeps = "from pg_stat_activity where wait_event = 'PgSleep' "
                 . "and query like '%app.work%' and pid <> pg_backend_pid()";
    ok(wait_for('the worker', sub { sql("select count(*) $sleeps") > 0 }),
       'a worker has read, and not committed');
    sql("select pg_terminate_backend(pid) $sleeps");
    waitpid $pid, 0;

    sql_is($mails, 0, 'it is killed');
    sql(sprintf $work, 'false') for 1, 2;
    sql_is($mails, 1, 'the next one sends it, and sends it once');

    app("select scim.replay('mail', '$TENANT{agenda}', 'User')");
    sql(sprintf $work, 'false');
    sql_is($mails, 1, 'nor is it sent by a replay');

    app("select scim.drop_consumer('mail', '$TENANT{agenda}')");
    sql(sprintf $work, 'false');
    sql_is($mails, 1, 'nor by one that begins anew');
};

sql(q{
    create table app.availability (
        tenant text, id uuid,
        plan text not null check (plan <> 'broken')
    );
    create table app.settings (plan text);
    insert into app.settings values ('Mo-Fr');
    create function app.defaults() returns trigger
        language plpgsql security definer
    as $$
    begin
        if new.type = 'User' then
            insert into app.availability
            select new.tenant, new.id, plan from app.settings;
        end if;
        return null;
    end
    $$;
    create trigger defaults after insert on scim.resource
        for each row execute function app.defaults();
});

subtest '000.17 default objects come with the user or the user does not'
    => sub
{
    my $id = create('defaults@one.example')->{id};
    sql_is("select plan from app.availability where id = '$id'", 'Mo-Fr');

    my $before = tenants_sum('true');
    my $audit = "select count(*) from scim.audit where status < 300";
    my $writes = sql($audit);
    sql("update app.settings set plan = 'broken'");
    error_is(POST('/Users', user('undone@one.example')), 500);
    is(tenants_sum('true'), $before, 'no row, no event');
    sql_is($audit, $writes, 'and no audit of a success');
    sql_is("select count(*) from app.availability", 1, 'nothing half');

    sql("update app.settings set plan = 'Mo-Th'");
    create('undone@one.example');
};

sql('drop trigger defaults on scim.resource');

subtest '000.23 what is not provisioned is not touched' => sub {
    sql("create table app.calendar as select g as id, 'private ' || g as what "
        . "from generate_series(1, 50) g");
    my $sum = "select md5(string_agg(c::text, ',' order by id)) "
              . "from app.calendar c";
    my $before = sql($sum);
    my $id = create('calendar@one.example')->{id};
    PUT("/Users/$id", user('calendar@one.example', active => F));
    status_is(DELETE("/Users/$id"), 204);
    sql_is($sum, $before, "the application's tables are as they were");
};
--- error_log
[crit]



=== TEST 5: one company, one identity
--- scim
speak('agenda');

subtest '000.18 a user belongs to one company' => sub {
    my $user = create('linked@one.example')->{id};
    my $group = sql("insert into scim.resource (tenant, id, type, name, doc) "
        . "values ('$TENANT{sandbox}', gen_random_uuid(), 'Group', 'g', '{}') "
        . "returning id");

    is(sql_fails("insert into scim.member (tenant, group_id, member_id, kind) "
                 . "values ('$TENANT{sandbox}', '$group', '$user', 'u')"),
       '23503', 'no edge between two companies');
    is(sql_fails("set role scim_module; set scim.tenants = "
                 . "'$TENANT{sandbox}'; insert into scim.resource (tenant, "
                 . "id, type, name, doc) values ('$TENANT{agenda}', "
                 . "gen_random_uuid(), 'User', 'x', '{}')"),
       '42501', "no row in another's name");
    is(sql("set role scim_module; set scim.tenants = '$TENANT{sandbox}'; "
           . "select count(*) from scim.resource where id = '$user'"), 0,
       'and none can be seen');
    sql("delete from scim.resource where id = '$group'");
};

subtest "000.19 the login's name finds one account" => sub {
    my $id = create('saml@one.example', externalId => 'NameId-9')->{id};
    error_is(POST('/Users', user('saml2@one.example',
                                 externalId => 'NameId-9')),
             409, 'uniqueness', qr/externalId/);
    create('saml3@one.example', externalId => 'nameid-9');
    create('saml4@one.example', externalId => '1');

    my $login = sub {
        return app("select count(*) || ' ' || coalesce(min(user_name), '-') "
                   . "from scim.find_login('$TENANT{agenda}', '$_[0]') "
                   . "where user_name is not null");
    };
    is($login->('NameId-9'), '1 saml@one.example', 'letter case counts');
    is($login->('nameid-9'), '1 saml3@one.example', 'the other');
    is($login->('1'), '1 saml4@one.example', 'a text like any other');
    is($login->('unknown'), '0 -', 'nobody');
};



=== TEST 6: when something does not work
--- scim
speak('agenda');

subtest '000.24 answers tell what is missing, and never a secret' => sub {
    my $res = POST('/Users', { schemas => [ USER ] });
    error_is($res, 400, 'invalidValue', qr/userName/);

    status_is(HEAD('/ServiceProviderConfig'), 200, 'is it reachable');
    status_is(GET('/ServiceProviderConfig'), 200);

    my $wrong = as_basic('4711', 'wr0ng-5ecret');
    $res = GET('/Users', as => '', headers => [ Authorization => $wrong ]);
    error_is($res, 401);
    unlike($res->{raw_headers} . $res->{body},
           qr/wr0ng|5ecret|\Q@{[ substr $wrong, 6 ]}\E/, 'no secret');
};

subtest '000.25 did the request arrive' => sub {
    my $id = create('audit@one.example')->{id};
    error_is(PUT("/Users/$id", user('audit@one.example', active => 'nein')),
             400, 'invalidValue', qr/active/);
    sql_is("select op, status, scim_type, attribute, token_name "
           . "from scim.audit where resource_id = '$id' order by at desc, "
           . "status desc limit 1", 'replace|400|invalidValue|active|legacy',
           'a refused write is in the audit');
    sql_is("select op, status, version_to from scim.audit "
           . "where resource_id = '$id' and status < 300", 'create|201|1',
           'and the accepted one');

    GET('/Users', as => '', headers => [ Authorization => 'Basic x' ]);
    my $log = wait_for('the log', sub {
        my $log = access_log('scim.log');
        $log =~ / 401 / ? $log : undef;
    });
    like($log, qr/ \Q$TENANT{agenda}\E legacy PUT replace User \Q$id\E 400 /,
         'the log has both');
};

subtest '000.26 orphans and drift' => sub {
    sql(q{
        create table app.account (tenant text, ref text, active boolean);
        create view app.scim_app_user as
            select tenant, ref as app_ref, active from app.account;
        select scim.app_users('app.scim_app_user');
    });

    my $on = create('on@one.example')->{id};
    my $off = create('off@one.example')->{id};
    app("select scim.link('$TENANT{agenda}', '$on', 'a-on'); "
        . "select scim.link('$TENANT{agenda}', '$off', 'a-off')");
    PUT("/Users/$off", user('off@one.example', active => F));
    sql("insert into app.account values ('$TENANT{agenda}', 'a-on', true), "
        . "('$TENANT{agenda}', 'a-off', true), "
        . "('$TENANT{agenda}', 'a-orphan', true)");

    my $refs = sub {
        return app("select string_agg(app_ref, ' ' order by app_ref) "
                   . "from scim.$_[0] where tenant = '$TENANT{agenda}' "
                   . "and app_ref like 'a-%'");
    };
    is($refs->('v_orphan'), 'a-orphan', 'an account that SCIM does not know');
    is($refs->('v_drift'), 'a-off', 'one that should be off, and is not');
};

subtest '000.27 what is set can be written down, without secrets' => sub {
    app("select scim.issue_token('$TENANT{agenda}', 'listed', '1 day', null, "
        . "'{}')");
    my $dump = app("select row_to_json(t) from scim.v_token t "
                   . "where tenant = '$TENANT{agenda}'");
    like($dump, qr/"name":"listed"/, 'a token');
    unlike($dump, qr/digest|[0-9a-f]{64}|\\\\x/, 'no digest');
    sql_is("select count(*) from information_schema.columns "
           . "where table_schema = 'scim' and table_name like 'v\\_%' "
           . "and column_name ~ 'digest|secret'", 0, 'in no view');
};
