# Seed 004: an intranet.  People and groups, attributes of the customer's own, a
# mapping that changes, Entra ID's ways.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM;
use SCIM::Seeds;
use Test::Nginx::Socket 'no_plan';

# a user as this tenant must have one

sub SCIM::Steps::person {
    my ($name, %more) = @_;

    return { schemas => [ SCIM::USER ], userName => $name,
             externalId => "ext-$name",
             name => { givenName => 'Jo', familyName => 'Just' }, %more };
}

SCIM::Seeds::seeds_reset();
run_tests();

SCIM::Seeds::seeds_end();

__DATA__

=== TEST 1: the connection
--- scim
speak('intranet');

my $tenant = $TENANT{intranet};
my $random = '5ca1ab1e-0000-4000-8000-00000000000a';

subtest '004.4 switched on again: a new token, the old one is void' => sub {
    $SECRET{old} = $SECRET{intranet};
    status_is(GET('/Users?count=0', as => 'old'), 200);
    issue('intranet', 'second', revoke_others => 'true');
    status_is(GET('/Users?count=0'), 200, 'the new one');
    ok(wait_for('401', sub {
        GET('/Users?count=0', as => 'old')->{status} == 401;
    }), 'the old one is refused');
    status_is(GET('/Users?count=0', as => 'operator'), 200,
              "the operator's is not concerned");
    is(app("select string_agg(name || ' ' || (revoked_at is null), ', ' "
           . "order by name) from scim.v_token where tenant = '$tenant'"),
       'portal false, second true');
};

subtest '004.6 Test Connection' => sub {
    my $res = GET(eq_filter('Users', 'userName', $random));
    status_is($res, 200);
    json_is($res, 'totalResults', 0, 'nobody');
    $res = GET(eq_filter('Users', 'userName', $random), as => '',
               headers => [ Authorization => 'Bearer wrong' ]);
    error_is($res, 401);
};

subtest '004.5 an address for Entra, and one for all others' => sub {
    my $res = GET('/Users?aadOptscim062020&filter=userName+eq+%22'
                  . "$random%22");
    status_is($res, 200, 'a flag on the URL');

    my $id = create(person('url@five.example'))->{id};
    my $op = { op => 'Replace', path => 'active', value => 'False' };
    status_is(patch("/Users/$id?aadOptscim062020", $op), 200);
    json_is(GET("/Users/$id"), 'active', F);

    speak('intranet', prefix => '/scim/v2');
    is(patch("/Users/$id", $op)->{status}, 400, 'the other is strict');
    status_is(patch("/Users/$id", { op => 'replace', path => 'active',
                                    value => T }), 200);
    like(GET("/Users/$id")->json->{meta}{location}, qr{/scim/v2/Users/},
         'each gives its own addresses');
    speak('intranet');
    like(GET("/Users/$id")->json->{meta}{location}, qr{/scim/entra/Users/});
};

subtest '004.3 matched, or made, and never made because of a fault' => sub {
    my $id = app("select scim.import_user('$tenant', 'acc-1', "
        . "'{\"userName\": \"old\@five.example\", \"emails\": "
        . "[{\"value\": \"Old\@five.example\"}]}', false)");
    my $find = eq_filter('Users', 'emails.value', 'old@five.example');
    is_deeply([ in_list(GET($find)) ], [ $id ], 'who is there is found');

    my $n = mark('intranet');
    status_is(PUT("/Users/$id", person('old@five.example',
        emails => [ { value => 'old@five.example' } ])), 200);
    is(since('intranet', $n), 'user.adopted user.updated', 'and linked');

    my $id2 = app("select scim.import_user('$tenant', 'acc-2', "
        . "'{\"userName\": \"login2\", \"emails\": "
        . "[{\"value\": \"two\@five.example\"}]}', false)");
    my $res = POST('/Users', person('two', emails => [
        { value => 'TWO@five.example', type => 'work' } ]));
    status_is($res, 201);
    json_is($res, 'id', $id2, 'by the address, without a search before');

    my $down = client(as => 'operator', prefix => '/scim/gone');
    for my $path ($find, '/Users', "/Users/$id") {
        error_is($down->request('GET', $path), 503, undef, undef,
                 'no database: no empty list');
    }
};

subtest '004.1 on demand, at any time' => sub {
    my $id = create(person('demand@five.example'))->{id};
    status_is(PUT("/Users/$id", person('demand@five.example', title => 'x')),
              200, 'nothing is kept for later');
    sql_is("select title from scim.v_user where id = '$id'", 'x');
    status_is(DELETE("/Users/$id"), 204);
};



=== TEST 2: people
--- scim
speak('intranet');

my $tenant = $TENANT{intranet};

subtest '004.7 four attributes at least' => sub {
    for my $miss (qw(userName externalId name.givenName name.familyName)) {
        my $body = person('miss@five.example');
        my ($attr, $sub) = split /\./, $miss;
        delete(($sub ? $body->{$attr} : $body)->{$sub // $attr});

        error_is(POST('/Users', $body), 400, 'invalidValue', qr/\Q$miss\E/,
                 $miss);
    }

    is(rows($tenant, "name like 'miss%'"), 0, 'nobody made');

    my $id = create(person('four@five.example'))->{id};
    error_is(patch("/Users/$id", { op => 'remove', path => 'externalId' }),
             400, 'invalidValue', qr/externalId/, 'nor can one be taken away');

    my ($user) = grep { $_->{id} eq USER }
                 @{ GET('/Schemas')->json->{Resources} };
    my %required = map { $_->{name} => $_->{required} }
                   @{ $user->{attributes} };
    is($required{userName}, T, 'published');
    is($required{name}, T, 'in the schema');
};

subtest '004.8 any user name' => sub {
    status_is(POST('/Users', person('x1')), 201, 'no mail address');
};

subtest '004.9 two keys' => sub {
    my $id = create(person('keys@five.example'))->{id};
    my $other = create(person('other@five.example'))->{id};
    my $taken = 'ext-keys@five.example';

    error_is(POST('/Users', person('KEYS@five.example', externalId => 'k')),
             409, 'uniqueness', qr/userName/);
    error_is(POST('/Users', person('k', externalId => $taken)), 409,
             'uniqueness', qr/externalId/);
    error_is(PUT("/Users/$other", person('other@five.example',
                                         externalId => $taken)),
             409, 'uniqueness', qr/externalId/, 'PUT');
    error_is(patch("/Users/$other", { op => 'replace', path => 'externalId',
                                      value => $taken }),
             409, 'uniqueness', qr/externalId/, 'PATCH');
    error_is(patch("/Users/$other", { op => 'replace', path => 'userName',
                                      value => 'Keys@five.example' }),
             409, 'uniqueness', qr/userName/);

    DELETE("/Users/$id");
    status_is(POST('/Users', person('keys@five.example')), 201,
              'free when nobody has them');
};

subtest '004.10 five columns' => sub {
    my $id = create(person('mapped@five.example', name => {
        givenName => 'Ma', familyName => 'Ped', honorificPrefix => 'Dr.',
        honorificSuffix => 'MBA' }))->{id};
    sql_is("select user_name, given_name, family_name, honorific_prefix, "
           . "honorific_suffix from scim.v_user where id = '$id'",
           'mapped@five.example|Ma|Ped|Dr.|MBA');
};

my $own = 'urn:ietf:params:scim:schemas:extension:house:1.0:User';

subtest '004.14 attributes of the own' => sub {
    my $user = create(person('own@five.example',
                             $own => { CostCentre => '12' }));
    is($user->{$own}{CostCentre}, '12', 'kept');
    ok((grep { $_ eq $own } @{ $user->{schemas} }), 'in schemas');
    is(GET("/Users/$user->{id}")->json->{$own}{CostCentre}, '12', 'returned');

    my $res = POST('/Groups', { schemas => [ GROUP ], displayName => 'Own',
                                $own => { CostCentre => '12' } });
    ok($res->{status} == 400 || !exists $res->json->{$own},
       'not on groups');
};

subtest '004.15 the name as it was seen first, in any case' => sub {
    my ($id) = in_list(GET(eq_filter('Users', 'userName',
                                     'own@five.example')));
    my $res = patch("/Users/$id", { op => 'Replace', value => '13',
                                    path => uc($own) . ':costcentre' });
    status_is($res, 200);
    is_deeply($res->json->{$own}, { CostCentre => '13' }, 'the same one');
    ok(!exists $res->json->{uc $own}, 'no second one');
};

subtest '004.11 any attribute can be mapped' => sub {
    my $id = create(person('attr@five.example', ENTERPRISE,
        { department => 'D' }, $own => { CostCentre => '9' }, emails => [
            { value => 'home@five.example', type => 'home' },
            { value => 'work@five.example', type => 'work' } ]))->{id};
    my $attr = sub {
        return app("select scim.attr(doc, '$_[0]') from scim.v_user "
                   . "where id = '$id'");
    };
    is($attr->('emails[type eq "work"].value'), '"work@five.example"');
    is($attr->(ENTERPRISE . ':department'), '"D"');
    is($attr->("$own:CostCentre"), '"9"');
    is($attr->('name.familyName'), '"Just"');
    is($attr->('title'), '', 'nothing there');
};

subtest '004.13 other attributes, at any time' => sub {
    my $new = 'urn:ietf:params:scim:schemas:extension:house:2.0:User';
    my $user = create(person('later@five.example', $new => { Floor => 3 }));
    is($user->{$new}{Floor}, 3, 'without a reload');
    is(app("select scim.attr(doc, '$new:Floor') from scim.v_user "
           . "where id = '$user->{id}'"), '3');

    my ($rc, $text) = nginx_t('scim_database main "' . conninfo() . '"; '
        . 'scim_tenant x { ' . token_line('s') . ' scim_schema "'
        . root() . '/t/seeds/planner.json"; }');
    is($rc, 0, 'a schema that is to be checked comes with a reload')
        or diag($text);
};



=== TEST 3: groups, leaving
--- scim
speak('intranet');

my $tenant = $TENANT{intranet};
my %id = map { $_ => create(person("m$_\@five.example"))->{id} } 1 .. 4;
my $v = sub { [ map +{ value => $id{$_} }, @_ ] };

subtest '004.2 groups and members in all three dialects' => sub {
    my $n = mark('intranet');
    my $group = group('Editors', $id{1})->{id};
    my $path = "/Groups/$group";
    my $now = sub {
        my ($want, $name) = @_;
        is(sql("select string_agg(member_id::text, ' ' order by member_id) "
               . "from scim.v_group_member where group_id = '$group'"),
           CORE::join(' ', sort map { $id{$_} } @$want), $name);
    };

    # Entra ID

    patch($path, { op => 'Add', path => 'members', value => $v->(2, 3) });
    $now->([ 1, 2, 3 ], 'added');
    patch($path, { op => 'Remove', path => 'members', value => $v->(2) });
    $now->([ 1, 3 ], 'removed by value');

    # Okta

    patch($path, { op => 'remove', path => "members[value eq \"$id{1}\"]" });
    $now->([ 3 ], 'removed by filter');
    patch($path, { op => 'replace', value => { id => $group,
                                               displayName => 'Writers' } });
    patch($path, { op => 'replace', path => 'members', value => $v->(1, 4) });
    $now->([ 1, 4 ], 'replaced');

    # the RFC

    PUT($path, { schemas => [ GROUP ], displayName => 'Writers',
                 members => $v->(2, 4) });
    $now->([ 2, 4 ], 'PUT');
    patch($path, { op => 'remove', path => 'members' });
    $now->([], 'all removed');
    status_is(DELETE($path), 204);

    is(since('intranet', $n),
       CORE::join(' ', map { "group.$_" } 'created', 'member_added',
           ('member_added') x 2, 'member_removed', 'member_removed',
           'updated', 'member_removed', ('member_added') x 2,
           'member_removed', 'member_added', ('member_removed') x 2,
           'deleted'), 'an event for each');
};

subtest '004.16 the recycle bin, then the end' => sub {
    my $n = mark('intranet');
    my $path = "/Users/$id{4}";
    status_is(patch($path, { op => 'Replace', path => 'active',
                             value => 'False' }), 200);
    sql_is("select active, deactivated_by from scim.v_user "
           . "where id = '$id{4}'", 'f|scim', 'deactivated');
    status_is(GET($path), 200, 'and there, for as long as it takes');
    status_is(DELETE($path), 204);
    error_is(GET($path), 404);
    is(since('intranet', $n), 'user.deactivated user.deleted');
};

subtest '004.17 what clears, and what does not' => sub {
    my $full = sub {
        return person('m1@five.example', title => 'T', nickName => 'N',
                      locale => 'de', phoneNumbers => [ { value => '1' } ]);
    };
    my $path = "/Users/$id{1}";
    my $has = sub {
        my $json = GET($path)->json;
        return CORE::join ' ', grep { exists $json->{$_} }
                               qw(title nickName locale phoneNumbers);
    };

    PUT($path, $full->());
    patch($path, { op => 'replace', path => 'title', value => 'U' });
    is($has->(), 'title nickName locale phoneNumbers', 'nothing by itself');
    patch($path, { op => 'remove', path => 'title' });
    is($has->(), 'nickName locale phoneNumbers', 'remove');
    PUT($path, { %{ $full->() }, title => undef, nickName => undef,
                 phoneNumbers => [] });
    is($has->(), 'locale', 'null and []');

    my $n = mark('intranet');
    error_is(patch($path, { op => 'replace', path => 'name.familyName',
                            value => undef }), 400, 'invalidValue',
             qr/familyName/, 'not what must be there');
    is(since('intranet', $n), '');
};



=== TEST 4: a new mapping, a new start
--- timeout: 300
--- scim
speak('intranet');

my $tenant = $TENANT{intranet};
my $people = people(10000);

# people whom SCIM has written long ago

import_many('intranet', $people, 'many',
    "jsonb_build_object('userName', 'many' || i, 'externalId', 'many-' || i, "
    . "'name', jsonb_build_object('givenName', 'M', 'familyName', 'any'))");
sql("update scim.resource set managed = true where tenant = '$tenant' "
    . "and app_ref like 'many-%'");

# and one whom it has not

app("select scim.import_user('$tenant', 'left', "
    . "'{\"userName\": \"left\"}', false)");

subtest "004.12 the profiles of $people people are made anew" => sub {
    my $n = mark('intranet');
    app("select scim.events('map', '$tenant', 1); "
        . "select scim.ack('map', '$tenant', $n)");
    app("select scim.replay('map', '$tenant', 'User')");

    my $all = "count(*) filter (where type = 'user.resync'), "
              . "string_agg(type, ' ') filter (where type <> 'user.resync'), "
              . 'max(n)';
    my $read = "begin; create temp table r on commit drop as "
               . "select * from scim.events('map', '$tenant', 1000); "
               . "select scim.ack('map', '$tenant', max(n)) from r; "
               . "insert into app.seen select type, resource_id from r; "
               . "select $all from r; commit";
    sql("create table app.seen (type text, id uuid)");

    my ($id) = in_list(GET(eq_filter('Users', 'userName',
                                     'm2@five.example')));
    my $managed = "select count(*) from scim.v_user where tenant = '$tenant' "
                  . 'and managed';
    my $want = sql($managed);
    my ($rounds, $live) = (0, 0);

    while ($rounds++ < 1000) {
        my ($resync, $types) = (split /\n/, sql($read))[-1] =~ /^(\d+)\|(.*?)\|/
            or last;

        if ($live++ == 2) {
            is($types, 'user.updated', 'a live change comes first');
        }

        PUT("/Users/$id", person('m2@five.example', title => 'live'))
            if $live == 2;

        last if !$resync && $live > 3;
    }

    sql_is("select count(*), count(distinct id) from app.seen "
           . "where type = 'user.resync'", "$want|$want",
           'everybody, and nobody twice');
    sql_is("select count(*) from scim.event where type like '%resync'", 0,
           'nothing of it is stored');
};

subtest '004.17 a restart of the cycle changes nothing' => sub {
    my $before = tenants_sum('true');
    my $audit = sql('select count(*) from scim.audit where status < 300');
    my $users = people(5000);
    my $ids = [ split /\n/, sql("select id from scim.resource where tenant = "
        . "'$tenant' and app_ref like 'many-%' order by id limit $users") ];

    my $body = encode({ schemas => [ PATCHOP ], Operations => [
        { op => 'Replace', path => 'name.familyName', value => 'any' },
        { op => 'Replace', path => 'active', value => 'True' } ] });

    my @wrong = map { @{ $_ // [ 'a process has died' ] } } parallel(8, sub {
        my ($p) = @_;
        my $client = client(as => 'intranet', keepalive => 1,
                            prefix => '/scim/entra');
        my @wrong;

        for (my $i = $p - 1; $i < $users; $i += 8) {
            my $res = $client->request('PATCH', "/Users/$ids->[$i]",
                                       body => $body);
            push @wrong, $res->describe if $res->{status} != 200;
        }

        return \@wrong;
    });

    is(scalar @wrong, 0, "$users requests") or diag("@wrong[0 .. 2]");
    is(tenants_sum('true'), $before, 'no event, no version');
    sql_is('select count(*) from scim.audit where status < 300', $audit,
           'no audit row');
};
