# The five products in one nginx: every endpoint, with every id and every name
# of every other tenant, answers as if there were nothing of the kind.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM;
use SCIM::Seeds;
use Test::Nginx::Socket 'no_plan';

# a user that every one of the five takes; all have the same names

sub SCIM::Steps::anybody {
    my ($name, %more) = @_;

    return { schemas => [ SCIM::USER ], userName => $name,
             externalId => "ext-$name",
             name => { givenName => 'Same', familyName => 'Name' },
             emails => [ { value => "$name\@example.com", type => 'work' } ],
             %more };
}

our @FIVE = qw(agenda hours plan tasks intranet);
our %SEEN;

SCIM::Seeds::seeds_reset();
run_tests();

SCIM::Seeds::seeds_end();

__DATA__

=== TEST 1: five times the same people, at three addresses
--- scim
my %token;

for my $who (@main::FIVE) {
    speak($who);
    my $user = create(anybody('same'))->{id};
    my $boss = create(anybody('boss'))->{id};
    my $group = group('Same', $user)->{id};
    my $role = app("select scim.publish_group('$TENANT{$who}', 'role-1', "
                   . "'Role', 'role', true)");
    my $old = app("select scim.import_user('$TENANT{$who}', 'acc-1', "
                  . "'{\"userName\": \"old\"}', false)");
    my $gone = create(anybody('gone'))->{id};
    status_is(DELETE("/Users/$gone"), 204);

    $main::SEEN{$who} = { Users => [ $user, $boss, $old, $gone ],
                          Groups => [ $group, $role ] };
}

for my $who (@main::FIVE) {
    for my $prefix ('/scim', '/scim/v2', '/scim/entra') {
        speak($who, prefix => $prefix);

        is_deeply([ sort(in_list(GET('/Users'))) ],
                  [ sort @{ $main::SEEN{$who}{Users} }[0 .. 2] ],
                  "$who sees its own at $prefix");
        is_deeply([ sort(in_list(GET('/Groups'))) ],
                  [ sort @{ $main::SEEN{$who}{Groups} } ]);
    }
}



=== TEST 2: every endpoint with every id of the others
--- timeout: 300
--- scim
my $sum = tenants_sum('true');
my $tenants = sql('select string_agg(t::text, chr(10) order by name) '
                  . 'from scim.tenant t');

# all of the answer but the date, and the id that was asked for

my $all = sub {
    my ($res, $id) = @_;
    my $text = "$res->{status} $res->{raw_headers}\n$res->{body}";
    $text =~ s/^Date:.*\r\n//mi;
    $text =~ s/\Q$id\E/ID/g;
    return $text;
};

my $ops = sub { { schemas => [ PATCHOP ], Operations => [ @_ ] } };
my $id;     # the one that is asked for
my @endpoints;

for my $type (qw(Users Groups)) {
    my $path = sub { "/$type/$id" };
    my $body = $type eq 'Users'
               ? sub { anybody('taken-over') }
               : sub { { schemas => [ GROUP ], displayName => 'Taken' } };
    my $name = $type eq 'Users' ? 'userName' : 'displayName';

    push @endpoints,
        [ "GET $type", sub { GET($path->()) } ],
        [ "HEAD $type", sub { HEAD($path->()) } ],
        [ "GET $type, ETag", sub { GET($path->(), headers => [
            'If-None-Match' => 'W/"1"' ]) } ],
        [ "PUT $type", sub { PUT($path->(), $body->()) } ],
        [ "PUT $type, ETag", sub { PUT($path->(), $body->(), headers => [
            'If-Match' => 'W/"1"' ]) } ],
        [ "PATCH $type", sub { PATCH($path->(), $ops->(
            { op => 'replace', path => $name, value => 'taken' })) } ],
        [ "DELETE $type", sub { DELETE($path->()) } ],
        [ "DELETE $type, ETag", sub { DELETE($path->(), headers => [
            'If-Match' => '*' ]) } ],
        [ "filter $type id", sub { GET(eq_filter($type, 'id', $id)) } ],
        [ "search $type", sub { POST("/$type/.search", {
            schemas => [ SEARCH ], filter => "id eq \"$id\"" }) } ],
        [ "bulk $type", sub { POST('/Bulk', {
            schemas => [ BULK ], Operations => [
                { method => 'PUT', path => $path->(), data => $body->() },
                { method => 'PATCH', path => $path->(), data => $ops->(
                    { op => 'replace', path => $name, value => 'taken' }) },
                { method => 'DELETE', path => $path->() } ] }) } ];
}

push @endpoints,
    [ 'filter members', sub { GET(eq_filter('Groups', 'members.value',
                                            $id)) } ],
    [ 'filter groups', sub { GET(eq_filter('Users', 'groups.value', $id)) } ],
    [ 'root', sub { GET('/?filter=' . uri_escape("id eq \"$id\"")) } ],
    [ 'root search', sub { POST('/.search', {
        schemas => [ SEARCH ], filter => "id eq \"$id\"" }) } ],
    [ 'as an endpoint', sub { GET("/$id") } ],
    [ 'schemas', sub { GET("/Schemas/$id") } ],
    [ 'types', sub { GET("/ResourceTypes/$id") } ],
    [ 'me', sub { GET("/Me/$id") } ];

for my $who (@main::FIVE) {
    for my $prefix ('/scim', '/scim/v2', '/scim/entra') {
        speak($who, prefix => $prefix, keepalive => 1);

        my %unknown = map {
            $id = UNKNOWN;
            $_->[0] => $all->($_->[1]->(), $id);
        } @endpoints;

        my @wrong;

        for my $other (grep { $_ ne $who } @main::FIVE) {
            for my $foreign (map { @$_ } values %{ $main::SEEN{$other} }) {
                $id = $foreign;

                for my $endpoint (@endpoints) {
                    my $got = $all->($endpoint->[1]->(), $id);
                    push @wrong, "$endpoint->[0], $other: $got\nnot\n"
                                 . $unknown{$endpoint->[0]}
                        if $got ne $unknown{$endpoint->[0]};
                }
            }
        }

        is(scalar @wrong, 0, "$who at $prefix: ids of others are unknown ids")
            or diag($wrong[0]);
    }
}

is(tenants_sum('true'), $sum, 'nothing has changed');
is(sql('select string_agg(t::text, chr(10) order by name) '
       . 'from scim.tenant t'), $tenants, 'no count, no number');
sql_is("select count(*) from scim.audit where status < 300 and op not in "
       . "('create', 'delete') and origin = 'scim'", 0,
       'no audit row of a success');



=== TEST 3: ids of others inside of a body
--- scim
my %count;

for my $who (@main::FIVE) {
    speak($who);
    my ($user) = @{ $main::SEEN{$who}{Users} };
    my ($group) = @{ $main::SEEN{$who}{Groups} };

    for my $other (grep { $_ ne $who } @main::FIVE) {
        my @foreign = map { @$_ } values %{ $main::SEEN{$other} };
        my $members = [ map +{ value => $_ }, @foreign ];
        my $res = patch("/Groups/$group", { op => 'add', path => 'members',
                                            value => $members });
        cmp_ok($res->{status}, '<', 500, "$who: members of $other");
        is_deeply([ map { $_->{value} }
                    @{ GET("/Groups/$group")->json->{members} } ], [ $user ],
                  'none of them is one');

        $res = POST('/Groups', { schemas => [ GROUP ], members => $members,
                                 displayName => "of $other" });
        ok(!@{ ($res->json // {})->{members} // [] }, 'nor of a new group');

        # somebody else's words are not enough, whatever is said with them

        for my $pair ([ $who, $other ], [ $other, $who ]) {
            my ($token, $tenant) = @$pair;
            json_is(GET(eq_filter('Users', 'userName', 'boss'),
                        as => $token), 'Resources.0.id',
                    $main::SEEN{$token}{Users}[1]);
        }
    }
}

sql_is('select count(*) from scim.member m join scim.resource g '
       . 'on g.id = m.group_id join scim.resource u on u.id = m.member_id '
       . 'where g.tenant <> u.tenant', 0, 'no edge between two');



=== TEST 4: what one is denied the others have
--- scim
for my $who (@main::FIVE) {
    app("select scim.enable_tenant('$TENANT{$who}', false)");
    speak($who);
    error_is(POST('/Users', anybody('later')), 403, undef, undef,
             "$who is off");

    for my $other (grep { $_ ne $who } @main::FIVE) {
        speak($other);
        status_is(GET("/Users/$main::SEEN{$other}{Users}[0]"), 200,
                  "$other is on");
    }

    app("select scim.enable_tenant('$TENANT{$who}', true)");
    speak($who);
    ok(wait_for('service', sub {
        POST('/Users', anybody('later'))->{status} == 201 }), 'on again');
}

for my $who (@main::FIVE) {
    sql_is("select count(*) = max(n) and count(*) = (select event_no from "
           . "scim.tenant where name = '$TENANT{$who}') from scim.event "
           . "where tenant = '$TENANT{$who}'", 't',
           "$who: numbers of its own, without a gap");
}
