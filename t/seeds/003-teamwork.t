# Seed 003: teamwork.  People whom the product had before, roles and teams as
# groups, seats, an administrator who deactivates by hand.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM;
use SCIM::Seeds;
use Test::Nginx::Socket 'no_plan';

# an import as the product makes it: the account's address is the key

sub SCIM::Steps::import {
    my ($ref, $attrs, $protected) = @_;

    my $json = SCIM::encode($attrs);
    $json =~ s/'/''/g;

    return SCIM::Seeds::app("select scim.import_user("
        . "'$SCIM::Seeds::TENANT{tasks}', '$ref', '$json', "
        . ($protected ? 'true' : 'false') . ')');
}

SCIM::Seeds::seeds_reset();
run_tests();

SCIM::Seeds::seeds_end();

__DATA__

=== TEST 1: people whom the product had before
--- scim
speak('tasks');

my $tenant = $TENANT{tasks};
my $n = mark('tasks');
my %id = map { $_ => SCIM::Steps::import("acc-$_", {
    userName => "p$_\@four.example",
    name => { givenName => "P$_", familyName => 'Old' },
    emails => [ { value => "p$_\@four.example", type => 'work' } ] })
} 1 .. 10;

$id{admin} = SCIM::Steps::import('acc-admin', {
    userName => 'admin@four.example' }, 1);

subtest '003.11 those who are there are found by their address' => sub {
    is(since('tasks', $n), '', 'no event of an import');

    my @all = map { in_list(GET("/Users?startIndex=$_&count=4")) } 1, 5, 9;
    is_deeply([ sort @all ], [ sort values %id ], 'in the pages of the list');

    for my $i (1 .. 10) {
        for my $attr ('userName', 'emails.value',
                      'emails[type eq "work"].value')
        {
            my $found = GET(eq_filter('Users', $attr,
                                      "P$i\@four.example"));
            is_deeply([ in_list($found) ], [ $id{$i} ], "$attr $i");
        }
    }
};

subtest '003.12 the address of the account, and no other' => sub {
    SCIM::Steps::import('acc-two', {
        userName => 'account@four.example', title => 'work@four.example',
        emails => [ { value => 'account@four.example' } ] });

    for my $attr ('userName', 'emails.value') {
        json_is(GET(eq_filter('Users', $attr, 'work@four.example')),
                'totalResults', 0, $attr);
        json_is(GET(eq_filter('Users', $attr, 'account@four.example')),
                'totalResults', 1, $attr);
    }
};

# what the others are, whoever is adopted meanwhile

my $others = sub {
    return sql("select md5(string_agg(r::text, ',' order by id)) "
               . "from scim.resource r where tenant = '$tenant' "
               . "and app_ref not in ('acc-1', 'acc-2')");
};
my $before = $others->();

subtest '003.13 who matches is adopted, once' => sub {
    my $n = mark('tasks');
    my $put = sub {
        return PUT("/Users/$id{1}", user('p1@four.example',
            externalId => 'idp-1',
            name => { givenName => 'P1', familyName => 'New' },
            emails => [ { value => 'p1@four.example', type => 'work' } ],
            @_));
    };
    my $res = $put->();
    status_is($res, 200);
    is(since('tasks', $n), 'user.adopted user.updated', 'not created');
    sql_is("select distinct app_ref, resource_id from scim.event "
           . "where tenant = '$tenant' and n > $n", "acc-1|$id{1}");
    $put->();
    is(since('tasks', $n), 'user.adopted user.updated', 'once');
    sql_is("select managed, app_ref, family_name from scim.v_user "
           . "where id = '$id{1}'", 't|acc-1|New', 'the account is the same');
    is($others->(), $before, 'all others are as they were');

    # a POST that meets one, as this tenant wants it

    $n = mark('tasks');
    $res = POST('/Users', user('P2@four.example', externalId => 'idp-2'));
    status_is($res, 201);
    json_is($res, 'id', $id{2}, 'becomes it');
    is(since('tasks', $n), 'user.adopted user.updated');
    error_is(POST('/Users', user('p2@four.example')), 409, 'uniqueness',
             undef, 'but once');

    $n = mark('tasks');
    my $new = create('fresh@four.example');
    is(since('tasks', $n), 'user.created', 'who is unknown is made');
};

subtest '003.3 people outside of SCIM live beside the others' => sub {
    for my $round (1, 2) {
        for my $i (1, 2) {
            GET(eq_filter('Users', 'userName', "p$i\@four.example"));
            patch("/Users/$id{$i}", { op => 'replace', path => 'title',
                                      value => "round $round" });
        }
    }

    is($others->(), $before, 'a whole sync has not touched them');

    error_is(PUT("/Users/$id{admin}", user('admin@four.example',
                                           active => F)), 403, undef,
             qr/protected/, 'one of them is not for SCIM at all');
    error_is(patch("/Users/$id{admin}", { op => 'replace', path => 'userName',
                                          value => 'mine@evil.example' }),
             403);
    error_is(DELETE("/Users/$id{admin}"), 403);
    error_is(POST('/Users', user('admin@four.example')), 409, 'uniqueness');
    status_is(GET("/Users/$id{admin}"), 200, 'but can be read');
};

subtest '003.18 who is synchronised' => sub {
    sql_is("select user_name, managed, token_name, "
           . "last_write_at is not null from scim.v_user "
           . "where tenant = '$tenant' and user_name in ("
           . "'P2\@four.example', 'p3\@four.example') order by user_name",
           "P2\@four.example|t|portal|t\np3\@four.example|f||f");
};

subtest '003.2 the minimum, and more on wish' => sub {
    my $user = create({ schemas => [ USER ], userName => 'min@four.example',
        name => { givenName => 'Mi', familyName => 'Ni' },
        emails => [ { value => 'min@four.example' } ] });
    my $res = patch("/Users/$user->{id}",
        { op => 'add', path => 'preferredLanguage', value => 'de' },
        { op => 'add', path => 'timezone', value => 'Europe/Berlin' },
        { op => 'add', path => 'roles', value => [ { value => 'guest' } ] });
    status_is($res, 200);
    json_is($res, 'roles.0.value', 'guest');
};

subtest '003.1 name, time zone, role' => sub {
    my $n = mark('tasks');
    my ($id) = in_list(GET(eq_filter('Users', 'userName',
                                     'min@four.example')));
    my $res = patch("/Users/$id",
        { op => 'replace', path => 'timezone', value => 'Europe/Vienna' },
        { op => 'replace', path => 'name.familyName', value => 'No' },
        { op => 'replace', path => 'roles', value => [
            { value => 'admin' } ] });
    json_is($res, 'timezone', 'Europe/Vienna');
    is(since('tasks', $n, "changed = '{name,roles,timezone}'"),
       'user.updated', 'one event names all three');
    sql_is("select timezone, family_name from scim.v_user where id = '$id'",
           'Europe/Vienna|No');
};

subtest '003.14 an import invites nobody' => sub {
    sql(q{
        create table app.mail (id uuid, type text);
        create function app.invite(t text) returns bigint
            language sql
        as $$
            insert into app.mail
            select resource_id, type from scim.events('mail', t, 10000)
            where type = 'user.reactivated' and origin = 'app';
            select scim.ack('mail', t, (select event_no from scim.tenant
                                        where name = t));
            select count(*) from app.mail;
        $$;
    });
    is(sql("select app.invite('$tenant')"), 0,
       'created and adopted people get no mail from this product');
};



=== TEST 2: one way
--- scim
speak('tasks');

my $tenant = $TENANT{tasks};

subtest '003.4 the identity provider wins' => sub {
    sql(q{
        create table app.people (id uuid primary key, name text,
                                 locked boolean);
        create function app.copy() returns trigger
            language plpgsql security definer
        as $$
        begin
            insert into app.people
            values (new.id, new.doc ->> 'displayName', new.managed)
            on conflict (id) do update
            set name = excluded.name, locked = excluded.locked;
            return null;
        end
        $$;
        create trigger copy after insert or update on scim.resource
            for each row when (new.type = 'User')
            execute function app.copy();
    });

    my $id = create('way@four.example', displayName => 'A')->{id};
    my $copy = "select name, locked from app.people where id = '$id'";
    sql_is($copy, 'A|t', 'the copy, whose fields the product may lock');
    sql("update app.people set name = 'by hand' where id = '$id'");
    json_is(GET("/Users/$id"), 'displayName', 'A', 'is not sent back');
    status_is(PUT("/Users/$id", user('way@four.example',
                                     displayName => 'B')), 200);
    sql_is($copy, 'B|t', 'and is overwritten');
    sql('drop trigger copy on scim.resource');

    # what nginx is connected to: its clients, over TCP, and a socket of
    # PostgreSQL

    my ($pid) = SCIM::slurp(servroot() . '/logs/nginx.pid') =~ /(\d+)/;
    my %inode = map { (readlink($_) // '') =~ /^socket:\[(\d+)\]/
                      ? ($1 => 1) : () } glob "/proc/$pid/fd/*";
    ok(scalar keys %inode, 'its sockets');

    my $listens = CORE::join '|', map { sprintf '%04X', $_ }
                                  port(), port() + 1, us_port();
    my @out = grep {
        my @field = split;
        @field > 9 && $inode{$field[9]} && $field[1] !~ /:(?:$listens)$/;
    } split /\n/, SCIM::slurp('/proc/net/tcp') . SCIM::slurp('/proc/net/tcp6');

    is("@out", '', 'nginx has called nobody') if conninfo() =~ m{host=/};
};

subtest '003.6 no deletion in this product: a tombstone' => sub {
    my $id = create('grave@four.example', externalId => 'grave-1',
                    title => 'was here')->{id};
    app("select scim.link('$tenant', '$id', 'acc-grave')");
    my $n = mark('tasks');
    status_is(DELETE("/Users/$id"), 204);
    error_is(GET("/Users/$id"), 404);
    is(since('tasks', $n, "app_ref = 'acc-grave'"), 'user.deleted');
    sql_is("select deleted_at is not null, app_ref, doc->>'title' "
           . "from scim.v_user_all where id = '$id'",
           't|acc-grave|was here', 'the account stays');
    sql_is("select count(*) from scim.v_user where id = '$id'", 0,
           'out of sight');

    status_is(POST('/Users', user('grave@four.example')), 201,
              'the name is free at once');
    $n = mark('tasks');
    my $res = POST('/Users', user('back@four.example',
                                  externalId => 'grave-1'));
    status_is($res, 201);
    json_is($res, 'id', $id, 'who comes back gets the old account');
    is(since('tasks', $n), 'user.reactivated');
    sql_is("select app_ref, user_name from scim.v_user where id = '$id'",
           'acc-grave|back@four.example');
};

subtest '003.17 reactivated by an administrator: a mail' => sub {
    my $id = create('off@four.example')->{id};
    app("select scim.link('$tenant', '$id', 'acc-off')");
    my $by = "select deactivated_by from scim.v_user where id = '$id'";
    my $n = mark('tasks');

    PUT("/Users/$id", user('off@four.example', active => F));
    sql_is($by, 'scim');
    PUT("/Users/$id", user('off@four.example', active => T));
    app("select scim.app_set_active('$tenant', 'acc-off', false)");
    sql_is($by, 'app', 'the other cause');
    json_is(GET("/Users/$id"), 'active', F, 'seen by SCIM');
    app("select scim.app_set_active('$tenant', 'acc-off', true)");

    sql_is("select string_agg(type || ' ' || origin, ', ' order by n) "
           . "from scim.event where tenant = '$tenant' and n > $n",
           'user.deactivated scim, user.reactivated scim, '
           . 'user.deactivated app, user.reactivated app', 'told apart');
    is(sql("select app.invite('$tenant')"), 1, 'one mail');
    sql_is("select id from app.mail", $id);
};



=== TEST 3: roles and teams
--- scim
speak('tasks');

my $tenant = $TENANT{tasks};
my $role = app("select scim.publish_group('$tenant', 'role-admin', 'Admins', "
               . "'role', true)");
my $owner = app("select scim.publish_group('$tenant', 'role-owner', "
                . "'Owners', 'role', false)");
my $ann = create('ann@four.example')->{id};
my $bob = create('bob@four.example')->{id};

app("select scim.link('$tenant', '$ann', 'acc-ann'); "
    . "select scim.link('$tenant', '$bob', 'acc-bob')");

my $add = sub {
    my ($group, @ids) = @_;
    return patch("/Groups/$group", { op => 'add', path => 'members',
        value => [ map +{ value => $_ }, @ids ] });
};

subtest '003.7 roles are groups' => sub {
    my $res = GET('/Groups');
    is_deeply([ map { $_->{displayName} } @{ $res->json->{Resources} } ],
              [ 'Admins', 'Owners' ], 'listed');
    json_is(GET(eq_filter('Groups', 'displayName', 'admins')),
            'Resources.0.id', $role, 'found');
    error_is(PUT("/Groups/$role", { schemas => [ GROUP ],
                                    displayName => 'Mine' }), 403);
    error_is(DELETE("/Groups/$role"), 403);
    error_is(patch("/Groups/$role", { op => 'replace', value => 'Mine',
                                      path => 'displayName' }), 403);
    status_is($add->($role, $ann), 200, 'members can be given');
    error_is($add->($owner, $ann), 403, undef, undef,
             'not where the product says no');
    sql_is("select display_name, kind, app_ref, members from scim.v_group "
           . "where tenant = '$tenant' order by 1",
           "Admins|role|role-admin|1\nOwners|role|role-owner|0");
};

subtest '003.8 a role is given and taken' => sub {
    my $n = mark('tasks');
    status_is($add->($role, $ann, $bob), 200);
    status_is(patch("/Groups/$role", { op => 'remove', path =>
              "members[value eq \"$ann\"]" }), 200);

    sql_is("select type, app_ref, member_app_ref, member_id from scim.event "
           . "where tenant = '$tenant' and n > $n order by n",
           "group.member_added|role-admin|acc-bob|$bob\n"
           . "group.member_removed|role-admin|acc-ann|$ann",
           'with the references of both');
    is(app("select member_id from scim.v_group_member "
           . "where group_id = '$role'"), $bob);
    is(app("select app_ref from scim.v_user_group where tenant = '$tenant' "
           . "and user_id = '$bob'"), 'role-admin', 'what he may do');
};

subtest '003.9 teams' => sub {
    my $team = app("select scim.publish_group('$tenant', 'team-7', 'Team 7', "
                   . "'team', true)");
    my $n = mark('tasks');
    status_is($add->($team, $bob), 200);
    app("select scim.app_set_members('$tenant', 'team-7', "
        . "array['acc-ann'])");

    sql_is("select type, member_app_ref, origin from scim.event "
           . "where tenant = '$tenant' and n > $n order by n",
           "group.member_added|acc-bob|scim\n"
           . "group.member_removed|acc-bob|app\n"
           . "group.member_added|acc-ann|app", 'written from both sides');
    json_is(GET("/Groups/$team"), 'members.0.value', $ann);
    is(app("select string_agg(display_name, ' ') from scim.v_group "
           . "where tenant = '$tenant' and kind = 'team'"), 'Team 7');

    $n = mark('tasks');
    app("select scim.retire_group('$tenant', 'team-7')");
    error_is(GET("/Groups/$team"), 404);
    is(since('tasks', $n), 'group.deleted', 'gone when the product says so');
};

subtest '003.5 the identity provider chooses, one by one or by group' => sub {
    my $group = group('Chosen', $ann, $bob)->{id};
    json_is(GET("/Users/$ann"), 'groups.0.value', $group, 'in a group');
    status_is(DELETE("/Groups/$group"), 204);
    ok(!exists GET("/Users/$ann")->json->{groups}, 'and without');
};



=== TEST 4: seats
--- scim
my $tenant = $TENANT{tasks};

seeds_reset();
speak('tasks');

subtest '003.10 the plan decides' => sub {
    app("select scim.enable_tenant('$tenant', false)");
    error_is(POST('/Users', user('early@four.example')), 403);
    app("select scim.enable_tenant('$tenant', true)");
    ok(wait_for('service', sub { GET('/Users')->{status} == 200 }),
       'bought');
    status_is(POST('/Users', user('early@four.example', active => F)), 201);
};

subtest '003.15 enough seats, or nobody is made active' => sub {
    app("select scim.set_seats('$tenant', 5)");

    my %n;
    $n{$_}++ for parallel(12, sub {
        return POST('/Users', user("seat$_[0]\@four.example"))->{status};
    });
    is_deeply(\%n, { 201 => 5, 403 => 7 }, 'five of twelve');
    is(rows($tenant, 'active'), 5, 'five are active');

    my $n = mark('tasks');
    error_is(POST('/Users', user('late@four.example')), 403, undef,
             qr/^active: all 5 seats are taken$/);
    is(since('tasks', $n), '', 'nothing written');

    my ($id) = in_list(GET(eq_filter('Users', 'userName',
                                     'early@four.example')));
    error_is(patch("/Users/$id", { op => 'replace', path => 'active',
                                   value => T }), 403);
    status_is(patch("/Users/$id", { op => 'replace', path => 'title',
                                    value => 'x' }), 200,
              'anything else goes on');
    status_is(POST('/Users', user('off@four.example', active => F)), 201,
              'and people without a seat');

    app("select scim.set_seats('$tenant', 3)");
    is(rows($tenant, 'active'), 5, 'nobody is thrown out');
    app("select scim.set_seats('$tenant', null)");
    status_is(patch("/Users/$id", { op => 'replace', path => 'active',
                                    value => T }), 200);
};

subtest '003.16 seats are booked one by one' => sub {
    my $k = mark('tasks');
    my $seen = app("select string_agg(n::text, ' ' order by n) "
                   . "from scim.events('seats', '$tenant', 1000)");
    is($seen, CORE::join(' ', 1 .. $k), 'every number, in order');

    is(app("select count(distinct e.resource_id) "
           . "from scim.events('seats', '$tenant', 1000) e "
           . "join scim.v_user u on u.tenant = e.tenant "
           . "and u.id = e.resource_id and u.active "
           . "where e.type in ('user.created', 'user.reactivated')"),
       rows($tenant, 'active'), 'one booking for each seat');
    app("select scim.ack('seats', '$tenant', $k)");
    is(app("select count(*) from scim.events('seats', '$tenant', 1000)"), 0,
       'each is told once');
};
