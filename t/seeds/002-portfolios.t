# Seed 002: portfolios.  An extension of the product's own, nothing that it does
# not know, two regions, a refusal by the application.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM;
use SCIM::Seeds;
use Test::Nginx::Socket 'no_plan';

# a user as this tenant must have one, with what the extension holds

sub SCIM::Steps::planner {
    my ($mail, $plan, %more) = @_;

    return { schemas => [ SCIM::USER, $plan ? SCIM::Seeds::PLAN : () ],
             userName => $mail,
             emails => [ { value => $mail, type => 'work' } ],
             $plan ? (SCIM::Seeds::PLAN, $plan) : (), %more };
}

SCIM::Seeds::us_database();
SCIM::Seeds::seeds_reset();
run_tests();

SCIM::Seeds::seeds_end();
SCIM::Seeds::us_drop();

__DATA__

=== TEST 1: what is mapped, and nothing else
--- scim
speak('plan', prefix => '/scim/entra');

subtest '002.6 name and active are optional' => sub {
    my $user = create(planner('bare@three.example'));
    json_is($user, 'active', T);
    ok(!exists $user->{name}, 'no name');
    error_is(POST('/Users', user('nomail@three.example')), 400,
             'invalidValue', qr/emails/, 'a work address is not');
    is(rows($TENANT{plan}, "name like 'nomail%'"), 0, 'not made');
};

subtest '002.4 the user name is what people are matched by' => sub {
    my $res = GET(eq_filter('Users', 'userName', 'BARE@three.EXAMPLE'));
    json_is($res, 'totalResults', 1);
    json_is($res, 'Resources.0.userName', 'bare@three.example');
};

subtest '002.5 the work address, by a value filter' => sub {
    my $id = app("select scim.import_user('$TENANT{plan}', 'old-1', "
                 . "'{\"userName\": \"old\@three.example\"}', false)");
    my $work = 'emails[type eq "work"].value';

    error_is(patch("/Users/$id", { op => 'replace', value => 'x',
                                   path => "emails[type='work'].value" }),
             400, 'invalidFilter', undef, 'single quotes are none');
    error_is(GET('/Users?filter=' . uri_escape("emails[type eq 'work']")),
             400, 'invalidFilter');

    speak('plan');
    error_is(patch("/Users/$id", { op => 'add', path => $work,
                                   value => 'old@three.example' }),
             400, 'noTarget', undef, 'to the letter there is no such address');
    speak('plan', prefix => '/scim/entra');

    my $res = patch("/Users/$id", { op => 'Add', path => $work,
                                    value => 'old@three.example' });
    status_is($res, 200, 'Entra means one to be made');
    is_deeply($res->json->{emails}, [ { type => 'work',
                                        value => 'old@three.example' } ]);
    json_is(GET('/Users?filter='
                . uri_escape("$work eq \"old\@three.example\"")),
            'totalResults', 1, 'and found');
};

subtest '002.7 the extension' => sub {
    my $user = create(planner('ext@three.example', {
        passwordNeverExpires => F, linkedResource => { id => 'r-1' } }));
    my $path = "/Users/$user->{id}";
    my $res = patch($path, { op => 'replace', value => 'r-2',
                             path => PLAN . ':linkedResource.id' });
    json_is($res->json->{PLAN()}, 'linkedResource.id', 'r-2');

    # another spelling is no other attribute

    $res = patch($path, { op => 'replace', value => 'r-3',
                          path => uc(PLAN) . ':LINKEDRESOURCE.ID' });
    is_deeply($res->json->{PLAN()}, { passwordNeverExpires => F,
                                      linkedResource => { id => 'r-3' } });
    $res = PUT($path, planner('ext@three.example', undef,
        schemas => [ USER, uc PLAN ],
        uc(PLAN), { LinkedResource => { ID => 'r-4' } }));
    is_deeply($res->json->{PLAN()}, { linkedResource => { id => 'r-4' } });
    is_deeply([ grep { /planner/i } @{ $res->json->{schemas} } ], [ PLAN ]);
    is(app("select scim.attr(doc, '" . PLAN . ":linkedResource.id') "
           . "from scim.v_user where id = '$user->{id}'"), '"r-4"',
       'in SQL');
    status_is(GET('/Schemas/' . PLAN), 200, 'it is published');
};

subtest '002.8 a dot where a colon should be' => sub {
    my $user = create(planner('dot@three.example'));
    my %op = (op => 'replace', value => T);
    my $path = "/Users/$user->{id}";

    for my $sep (':', '.') {
        my $res = patch($path, { %op, path => PLAN . $sep
                                              . 'sendInvitationMail' });
        status_is($res, 200, "tolerant, $sep");
        is($res->json->{PLAN()}{sendInvitationMail}, T);
    }

    speak('plan');
    status_is(patch($path, { %op, path => PLAN . ':sendInvitationMail' }),
              200, 'strict, colon');
    error_is(patch($path, { %op, path => PLAN . '.sendInvitationMail' }),
             400, 'invalidPath', undef, 'strict, dot');
    speak('plan', prefix => '/scim/entra');
};

subtest '002.9 true is true, and no word for it' => sub {
    error_is(POST('/Users', planner('word@three.example',
                                    { sendInvitationMail => 'wahr' })),
             400, 'invalidValue', qr/sendInvitationMail/);
    is(rows($TENANT{plan}, "name like 'word%'"), 0, 'not made');

    my $user = create(planner('text@three.example',
                              { sendInvitationMail => 'True' }));
    is($user->{PLAN()}{sendInvitationMail}, T, 'as Entra writes it');
    speak('plan');
    error_is(POST('/Users', planner('strict@three.example',
                                    { sendInvitationMail => 'True' })),
             400, 'invalidValue', undef, 'not in the strict profile');
    speak('plan', prefix => '/scim/entra');
};

subtest '002.10 what is not mapped is an error' => sub {
    for my $more ([ 'shoeSize', shoeSize => 42 ],
                  [ 'colour', PLAN, { colour => 'red' } ],
                  [ 'urn:example:unknown', 'urn:example:unknown:User',
                    { a => 1 } ])
    {
        my ($name, @attr) = @$more;
        error_is(POST('/Users', planner('other@three.example', undef, @attr)),
                 400, 'invalidSyntax', qr/\Q$name\E/);
    }

    is(rows($TENANT{plan}, "name like 'other%'"), 0, 'no row');
    my $id = create(planner('other@three.example'))->{id};
    error_is(patch("/Users/$id", { op => 'add', path => 'shoeSize',
                                   value => 42 }), 400, 'invalidPath');

    # attributes of the core that the product has no use for

    sql(q{
        create function app.mapped() returns trigger
            language plpgsql
        as $$
        declare
            other text := (
                select min(k) from jsonb_object_keys(new.doc) k
                where k <> all (array['schemas', 'userName', 'externalId',
                                      'active', 'name', 'emails'])
                      and k not like 'urn:%');
        begin
            if other is not null then
                raise exception 'attribute "%" is not mapped', other
                      using errcode = 'SC400', hint = 'invalidSyntax';
            end if;
            return new;
        end
        $$;
        create trigger mapped before insert or update of doc on scim.resource
            for each row when (new.type = 'User')
            execute function app.mapped();
    });

    error_is(POST('/Users', planner('nick@three.example', undef,
                                    nickName => 'N')),
             400, 'invalidSyntax', qr/"nickName" is not mapped/);
    is(rows($TENANT{plan}, "name like 'nick%'"), 0, 'no row');
    error_is(patch("/Users/$id", { op => 'add', path => 'nickName',
                                   value => 'N' }), 400, 'invalidSyntax');
    sql('drop trigger mapped on scim.resource');
};

subtest '002.14 a known user: only what is mapped is changed' => sub {
    my $user = create(planner('known@three.example', {
        passwordNeverExpires => T }, name => { givenName => 'K',
                                               familyName => 'N' }));
    my $doc = "select doc from scim.v_user where id = '$user->{id}'";
    my $before = json(sql($doc));
    my $n = mark('plan');

    status_is(patch("/Users/$user->{id}", {
        op => 'replace', path => 'name.familyName', value => 'M' }), 200);
    $before->{name}{familyName} = 'M';
    is_deeply(json(sql($doc)), $before, 'nothing but this');
    is(since('plan', $n, "changed = '{name}'"), 'user.updated');
};

subtest '002.12 somebody new may log in' => sub {
    my $n = mark('plan');
    my $id = create(planner('new@three.example', undef,
                            externalId => 'sso-1'))->{id};
    is(since('plan', $n), 'user.created');
    is(app("select user_name, active from scim.find_login('$TENANT{plan}', "
           . "'sso-1')"), 'new@three.example|t');
};

subtest '002.13 invited on request, and a password that nobody keeps'
    => sub
{
    my $secret = 'pass-5ecret-of-somebody';
    my $res = POST('/Users', planner('invite@three.example',
        { sendInvitationMail => T }, password => $secret));
    status_is($res, 201);
    my $id = $res->json->{id};

    unlike($res->{body} . GET("/Users/$id")->{body}, qr/password"|5ecret-of-s/,
           'not returned');
    is(sql("select string_agg(relname, ' ') from pg_class where "
           . "relnamespace = 'scim'::regnamespace and relkind in ('r', 'p') "
           . "and query_to_xml(format('select x::text from scim.%I x where "
           . "x::text like ''%%pass-5ecret%%''', relname), false, true, '')"
           . "::text like '%pass-5ecret%'"), '', 'in no table');
    unlike(error_log() . access_log('scim.log'), qr/pass-5ecret/, 'no log');

    is(app("select string_agg(u.user_name, ' ') "
           . "from scim.events('invite', '$TENANT{plan}', 1000) e "
           . "join scim.v_user u on u.tenant = e.tenant "
           . "and u.id = e.resource_id where e.type = 'user.created' "
           . "and scim.attr(u.doc, '" . PLAN . ":sendInvitationMail') "
           . "= 'true' and u.user_name like 'invite%'"),
       'invite@three.example', 'the worker sees the wish');
};



=== TEST 2: rights, groups, leaving
--- scim
speak('plan');

my $mira = create(planner('mira@three.example'));
my $path = "/Users/$mira->{id}";

subtest '002.3 a token has two rights and no more' => sub {
    status_is(GET($path, as => 'plan_ro'), 200, 'who may read reads');
    error_is(PUT($path, planner('x@three.example'), as => 'plan_ro'), 403);
    error_is(DELETE($path, as => 'plan_ro'), 403);
    error_is(GET('/Groups', as => 'plan_ro'), 403);
    status_is(GET('/Groups'), 200, 'users and groups');
    sql_is("select op, status from scim.audit where token_name = 'reader' "
           . "order by at, op limit 1", 'replace|403', 'in the audit');

    issue('plan', 'api-user', key => 'plan_db', scope => 'users:rw,groups:rw');
    error_is(GET($path, as => 'plan_db'), 401, undef, undef,
             'this tenant takes those of the configuration alone');
};

subtest '002.15 an unknown group is made' => sub {
    my $n = mark('plan');
    my $res = POST('/Groups', { schemas => [ GROUP ],
                                displayName => 'Planners' });
    status_is($res, 201);
    is(since('plan', $n), 'group.created');
    json_is(GET(eq_filter('Groups', 'displayName', 'Planners')),
            'Resources.0.id', $res->json->{id});
};

subtest '002.16 a new group has no rights' => sub {
    sql_is("select display_name, app_ref is null, kind is null "
           . "from scim.v_group where tenant = '$TENANT{plan}'",
           'Planners|t|t', 'no rights without a reference of the application');
    my ($group) = in_list(GET('/Groups'));
    patch("/Groups/$group", { op => 'add', path => 'members',
                              value => [ { value => $mira->{id} } ] });
    is(app("select g.display_name, ug.app_ref is null "
           . "from scim.v_user_group ug join scim.v_group g "
           . "on g.tenant = ug.tenant and g.id = ug.group_id "
           . "where ug.user_id = '$mira->{id}'"), 'Planners|t');
};

subtest '002.17 removed there, deleted here' => sub {
    my $n = mark('plan');
    status_is(patch($path, { op => 'replace', path => 'active', value => F }),
              200);
    status_is(DELETE($path), 204);
    error_is(DELETE($path), 404);
    is(since('plan', $n), 'user.deactivated group.member_removed user.deleted',
       'first deactivated, then gone');
    sql_is("select count(*) from scim.v_user_all where id = '$mira->{id}'",
           0, 'for good');

    my $id = create(planner('mira@three.example'))->{id};
    isnt($id, $mira->{id}, 'the name is free');
    status_is(DELETE("/Users/$id"), 204, 'deleted without more ado');
};

subtest '002.1 people who are planned are no users: a reference only' => sub {
    sql(q{
        create table app.planned (id text primary key);
        insert into app.planned values ('r-1');
        create function app.known() returns trigger
            language plpgsql security definer
        as $$
        declare
            ref text := new.doc #>> array[
                'urn:ietf:params:scim:schemas:extension:planner:2.0:User',
                'linkedResource', 'id'];
        begin
            if ref is not null
               and not exists (select from app.planned where id = ref)
            then
                raise exception 'linkedResource.id is not known'
                      using errcode = 'SC400', hint = 'invalidValue';
            end if;
            return new;
        end
        $$;
        create trigger known before insert or update of doc on scim.resource
            for each row execute function app.known();
    });

    my $before = tenants_sum('true');
    error_is(POST('/Users', planner('ref@three.example',
                                    { linkedResource => { id => 'r-9' } })),
             400, 'invalidValue', qr/^linkedResource\.id is not known$/);
    is(tenants_sum('true'), $before, 'nothing written');

    my $id = create(planner('ref@three.example',
                            { linkedResource => { id => 'r-1' } }))->{id};
    error_is(patch("/Users/$id", { op => 'replace', value => 'r-9',
                                   path => PLAN . ':linkedResource.id' }),
             400, 'invalidValue', qr/not known/, 'nor later');
    sql_is("select status, scim_type from scim.audit where resource_id = "
           . "'$id' and status >= 400", '400|invalidValue', 'in the audit');
    sql('drop trigger known on scim.resource');
};

subtest '002.18 any other client that keeps to the RFC' => sub {
    json_is(GET('/ServiceProviderConfig'), 'patch.supported', T);
    my $res = POST('/Users', planner('rfc@three.example'));
    status_is($res, 201);
    my $location = $res->header('Location');
    like($location, qr{/scim/v2/Users/}, 'the strict address');
    status_is(PUT('/Users/' . $res->json->{id}, $res->{body}), 200);
    error_is(POST('/Users', { userName => 'x',
                              emails => [ { value => 'x', type => 'work' } ]
                            }), 400, 'invalidSyntax', undef, 'strict it is');
};



=== TEST 3: regions
--- scim
my $us = client(as => 'plan', port => us_port());
my $eu = client(as => 'plan');

subtest '002.2 two regions, two databases' => sub {
    my $before = tenants_sum('true');
    my $res = $us->request('POST', '/Users',
                           body => planner('region@three.example'));
    status_is($res, 201);
    my $id = $res->json->{id};

    is(tenants_sum('true'), $before, 'nothing of it in the other database');
    error_is($eu->request('GET', "/Users/$id"), 404);
    status_is($us->request('GET', "/Users/$id"), 200);
    status_is($eu->request('POST', '/Users',
                           body => planner('region@three.example')), 201,
              'the same name in both');
    is($us->request('GET', '/Users')->json->{totalResults}, 1, 'one here');
    is(us_sql("select string_agg(tenant || ' ' || type, ', ') "
              . 'from scim.event'), "$TENANT{plan} user.created",
       'its events are there');
};

subtest '002.11 a database to try things out in' => sub {
    my $sum = tenants_sum('true');
    my ($id) = in_list($us->request('GET', '/Users'));
    is($us->request('DELETE', "/Users/$id")->{status}, 204);
    $us->request('POST', '/Users', body => planner("try$_\@three.example"))
        for 1 .. 3;
    is($us->request('GET', '/Users')->json->{totalResults}, 3);
    is(tenants_sum('true'), $sum, 'the real one has not seen it');
};
