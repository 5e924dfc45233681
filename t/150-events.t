# Events: each kind, in order, with what changed; nothing for a request that
# changes nothing; numbers without a gap, however many write at once.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use Cwd 'abs_path';
use SCIM;
use Test::Nginx::Socket 'no_plan';

no warnings 'once';

$ENV{TEST_NGINX_EXAMPLES} = abs_path(dirname(__FILE__) . '/../docs/examples');


# what ids are called in what follows

our %NAME;

sub SCIM::Steps::name {
    my ($res, $name) = @_;

    my $resource = ref $res eq 'HASH' ? $res : $res->json;
    $NAME{ $resource->{id} } = $name;

    return $resource->{id};
}


# the events since it was asked last: "type name version {changed} member"

our %seen;

sub SCIM::Steps::told {
    my ($tenant) = @_;

    $tenant //= 'acme';

    my @told;
    my $rows = SCIM::sql("select n, concat_ws(' ', type, resource_id, "
        . "'v' || version, '{' || array_to_string(changed, ',') || '}', "
        . "member_kind::text, member_id) from scim.event "
        . "where tenant = '$tenant' and n > " . ($seen{$tenant} // 0)
        . ' order by n');

    for (split /\n/, $rows) {
        my ($n, $text) = split /\|/, $_, 2;
        $seen{$tenant} = $n;
        $text =~ s/([0-9a-f]{8}-[0-9a-f-]{27})/$NAME{$1} \/\/ $1/ge;
        push @told, $text;
    }

    return \@told;
}

sub SCIM::Steps::told_are {
    my ($want, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $told = SCIM::Steps::told();

    Test::More::is_deeply($told, $want, $name)
        or Test::More::diag(join "\n", @$told);
}

# numbers from 1 on, each once, and as many as the tenant's row says

sub SCIM::Steps::gapless {
    my ($tenant) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    SCIM::sql_is("select count(*) = event_no and coalesce(max(n), 0) = "
        . "event_no and coalesce(min(n), 1) = 1 "
        . 'from scim.tenant t left join scim.event e on e.tenant = t.name '
        . "where name = '$tenant' group by event_no", 't',
        "no gap in $tenant");
}

add_block_preprocessor(sub { %seen = (); %NAME = () });

run_tests();

__DATA__

=== TEST 1: users
--- reset
--- scim
my $id = name(create('ann', title => 'a'), 'ann');
told_are([ 'user.created ann v1' ], 'created');

my $body = user('ann', title => 'b', locale => 'de', active => T);
status_is(PUT("/Users/$id", $body), 200);
told_are([ 'user.updated ann v2 {locale,title}' ], 'updated');

status_is(PUT("/Users/$id", $body), 200);
status_is(patch("/Users/$id", { op => 'replace', path => 'title',
                                value => 'b' }), 200);
told_are([], 'the same is no event');

status_is(patch("/Users/$id", { op => 'replace', path => 'active',
                                value => F }), 200);
told_are([ 'user.deactivated ann v3 {active}' ], 'deactivated');
sql_is("select deactivated_by from scim.resource where id = '$id'", 'scim');

sql("update scim.resource set deactivated_by = 'app'");
status_is(PUT("/Users/$id", { %$body, active => F, title => 'c' }), 200);
told_are([ 'user.updated ann v4 {title}' ], 'updated while it is off');
sql_is("select deactivated_by from scim.resource where id = '$id'", 'app',
       'who did it stays');

status_is(PUT("/Users/$id", { %$body, title => 'd', active => T,
    schemas => [ USER, ENTERPRISE ],
    ENTERPRISE, { department => 'x' } }), 200);
told_are([ 'user.updated ann v5 {title,' . ENTERPRISE . ':department}',
           'user.reactivated ann v5 {active}' ], 'both at once, in order');
sql_is("select coalesce(deactivated_by, '-') from scim.resource "
       . "where id = '$id'", '-');

status_is(DELETE("/Users/$id"), 204);
told_are([ 'user.deleted ann' ], 'deleted');
status_is(DELETE("/Users/$id"), 404);
error_is(POST('/Users', { schemas => [ USER ] }), 400, 'invalidValue');
told_are([], 'nothing for a refusal');
gapless('acme');



=== TEST 2: what an event says
--- reset
--- acme eval
SCIM::Conf::token_line('acme-0ther-secret-of-the-identity-provider',
                       name => 'other')
    =~ s/;$/ 'meta={"login":"google"}';/r
--- scim
$SECRET{other} = 'acme-0ther-secret-of-the-identity-provider';
my $id = create('ann', externalId => 'x1')->{id};
my $columns = "concat_ws(' ', type, resource_type, version, app_ref, "
    . "external_id, origin, token_name, coalesce(token_meta::text, '-'), "
    . "doc ->> 'userName')";

sql_is("select $columns from scim.event",
       'user.created User 1 x1 scim idp -');
sql_is('select count(*) from scim.event join scim.audit '
       . 'using (tenant, request_id)', 1, 'the request is that of the audit');
sql_is("select client from scim.audit", '127.0.0.1', 'who has the address');

sql_is('select last_token from scim.resource', 'idp', 'who wrote it last');
sql("update scim.resource set app_ref = '4711'");

status_is(PUT("/Users/$id", user('bob', externalId => 'x2'),
              as => 'other'), 200);
sql_is("select $columns from scim.event where n = 2",
       'user.updated User 2 4711 x2 scim other {"login": "google"}');
sql_is('select last_token from scim.resource', 'other');

my $group = group('g', $id)->{id};
status_is(DELETE("/Users/$id"), 204);
sql_is("select string_agg(concat_ws(' ', n, app_ref, external_id, "
       . "member_app_ref, doc ->> 'userName'), '; ' order by n) "
       . 'from scim.event where n > 2',
       '3; 4 4711; 5 4711; 6 4711 x2 bob', 'references, and the last document');
sql_is('select count(distinct request_id) from scim.event', 4,
       'one request each');



=== TEST 3: groups
--- reset
--- scim
my $ann = name(create('ann'), 'ann');
my $bob = name(create('bob'), 'bob');
my $cid = name(create('cid'), 'cid');
told();

my $g = name(group('G', $ann, $bob), 'G');
my @two = sort { $a->[1] cmp $b->[1] } ([ 'ann', $ann ], [ 'bob', $bob ]);
told_are([ 'group.created G v1',
           map("group.member_added G v1 u $_->[0]", @two) ], 'created');

status_is(patch("/Groups/$g", { op => 'replace', path => 'displayName',
                                value => 'H' }), 200);
told_are([ 'group.updated G v2 {displayName}' ], 'updated');

sql("update scim.resource set last_token = null, app_ref = 'ref-' || name");
status_is(patch("/Groups/$g",
    { op => 'add', path => 'members', value => [ { value => $cid } ] },
    { op => 'remove', path => qq(members[value eq "$ann"]) }), 200);
sql_is("select last_token from scim.resource where id = '$g'", 'idp',
       'who wrote it last');
sql_is("select string_agg(member_app_ref, ' ' order by n) from scim.event "
       . 'where version = 3', 'ref-ann ref-cid', 'by the application\'s keys');
told_are([ 'group.member_removed G v3 u ann',
           'group.member_added G v3 u cid' ], 'who went, who came');

status_is(patch("/Groups/$g",
    { op => 'add', path => 'members', value => [ { value => $cid } ] },
    { op => 'remove', path => qq(members[value eq "$ann"]) }), 200);
told_are([], 'nobody did');

status_is(PUT("/Groups/$g", { schemas => [ GROUP ], displayName => 'I',
    members => [ { value => $ann }, { value => $cid } ] }), 200);
told_are([ 'group.updated G v4 {displayName}',
           'group.member_removed G v4 u bob',
           'group.member_added G v4 u ann' ], 'all at once, in order');

my $outer = name(group('O', $g), 'O');
told_are([ 'group.created O v1', 'group.member_added O v1 g G' ],
         'a group in a group');

status_is(DELETE("/Users/$cid"), 204);
told_are([ 'group.member_removed G v5 u cid', 'user.deleted cid' ],
         'a user goes');
etag_is(GET("/Groups/$g"), 5);

status_is(DELETE("/Groups/$g"), 204);
told_are([ 'group.member_removed O v2 g G', 'group.deleted G' ],
         'a group goes, and says nothing of its members');
sql_is("select doc ->> 'displayName' from scim.event "
       . "where type = 'group.deleted'", 'I');
gapless('acme');



=== TEST 4: other types
--- reset
--- http
scim_schema "$TEST_NGINX_EXAMPLES/device.json";
scim_resource_type "$TEST_NGINX_EXAMPLES/device-type.json";
--- scim
my $urn = 'urn:example:params:scim:schemas:core:2.0:Device';
my $body = { schemas => [ $urn ], serial => 'S1', weight => 1.5 };
my $res = POST('/Devices', $body);
status_is($res, 201);
my $id = name($res, 'drill');

status_is(PUT("/Devices/$id", { %$body, weight => 2 }), 200);
status_is(PUT("/Devices/$id", { %$body, weight => 2 }), 200);
status_is(DELETE("/Devices/$id"), 204);
told_are([ 'device.created drill v1', 'device.updated drill v2 {weight}',
           'device.deleted drill' ]);
sql_is('select users + groups + active_users from scim.tenant '
       . "where name = 'acme'", 0, 'they are not counted');
gapless('acme');



=== TEST 5: a user in many groups goes: by the groups' ids
--- reset
--- scim
my $ann = name(create('ann'), 'ann');
my %g = map { $_ => name(group($_, $ann), $_) } qw(a b c);
told();

status_is(DELETE("/Users/$ann"), 204);
told_are([ map("group.member_removed $_ v2 u ann",
               sort { $g{$a} cmp $g{$b} } keys %g), 'user.deleted ann' ],
         'in order');



=== TEST 6: many come to a group and go: by their ids
--- reset
--- scim
my %u = map { $_ => name(create($_), $_) } qw(a b c d);
my $g = name(group('G'), 'G');
told();

my @names = sort { $u{$a} cmp $u{$b} } keys %u;
status_is(patch("/Groups/$g", { op => 'add', path => 'members',
    value => [ map { { value => $u{$_} } } reverse @names ] }), 200);
told_are([ map("group.member_added G v2 u $_", @names) ], 'in order');

status_is(PUT("/Groups/$g", { schemas => [ GROUP ], displayName => 'G' }),
          200);
told_are([ map("group.member_removed G v3 u $_", @names) ], 'in order');



=== TEST 7: what the application refuses has no number
--- reset
--- scim
sql(<<'SQL');
create or replace function public.refuse() returns trigger
    language plpgsql as $$
begin
    raise exception 'not him' using errcode = 'SC403';
end $$;
create trigger refuse before insert on scim.resource for each row
    when (new.name = 'him') execute function public.refuse();
create trigger refuse_later after update on scim.tenant for each row
    when (new.users = 2) execute function public.refuse();
SQL

create('ann');
error_is(POST('/Users', user('him')), 403, undef, qr/^not him$/);
error_is(POST('/Users', user('second')), 403, undef, qr/^not him$/);
sql('drop trigger refuse on scim.resource; '
    . 'drop trigger refuse_later on scim.tenant; '
    . 'drop function public.refuse()');
create('bob');

is(join(' ', @{ told() }) =~ s/ [0-9a-f-]{36}//gr,
   'user.created v1 user.created v1', 'two, of those who are there');
gapless('acme');



=== TEST 8: many write at once
--- reset
--- scim
my @users = map { create("u$_")->{id} } 0 .. 7;
my @groups = map { group("g$_")->{id} } 0 .. 3;

my @done = parallel(6, sub {
    my ($i) = @_;
    my $client = client(keepalive => 1);
    my %n;

    srand $i;

    for my $round (1 .. 25) {
        my $user = $users[rand @users];
        my $dice = rand;
        my ($tenant, $method, $path, $body) = ('acme');

        if ($dice < 0.3) {
            ($method, $path, $body) = ('PUT', "/Users/$user",
                user('n' . int rand 30, active => rand() < 0.5 ? T : F));
        } elsif ($dice < 0.7) {
            ($method, $path) = ('PATCH', "/Groups/$groups[rand @groups]");
            $body = { schemas => [ PATCHOP ], Operations => [
                { op => rand() < 0.5 ? 'add' : 'remove', path => 'members',
                  value => [ { value => $user } ] } ] };
        } elsif ($dice < 0.8) {
            ($tenant, $method, $path, $body)
                = ('globex', 'POST', '/Users', user("x$i-$round"));
        } elsif ($dice < 0.9) {
            ($method, $path, $body) = ('POST', '/Users', user("y$i-$round"));
        } else {
            ($method, $path) = ('DELETE', "/Users/$user");
        }

        my $res = $client->request($method, $path, as => $tenant,
                                   $body ? (body => $body) : ());
        $n{ $res->{status} }++;
    }

    return \%n;
});

my %n;
for my $one (@done) {
    $n{$_} += $one->{$_} for keys %$one;
}

is(join(' ', grep { !/^(200|201|204|404|409)$/ } keys %n), '',
   'nothing strange');
gapless('acme');
gapless('globex');

# one after the other, a row's versions and members come out as they are

sql_is(<<'SQL', '', 'versions grow along the numbers');
select resource_id, n from (
    select resource_id, n, version, lag(version) over (
        partition by tenant, resource_id order by n) as before
    from scim.event where version is not null) x
where version < before or version > before + 1
SQL

sql_is(<<'SQL', '', 'who is in a group has come and not gone');
with e as (
    select distinct on (tenant, resource_id, member_id) tenant, resource_id,
           member_id, type
    from scim.event where member_id is not null
    order by tenant, resource_id, member_id, n desc)
select * from scim.member m
     full join (select * from e where type = 'group.member_added') a
     on a.tenant = m.tenant and a.resource_id = m.group_id
        and a.member_id = m.member_id
where a.tenant is null or m.tenant is null
SQL

sql_is(<<'SQL', '', 'so it is with users');
with e as (
    select distinct on (tenant, resource_id) tenant, resource_id, type
    from scim.event where resource_type = 'User'
    order by tenant, resource_id, n desc)
select * from (select * from scim.resource where type = 'User') r
     full join (select * from e where type <> 'user.deleted') a
     on a.tenant = r.tenant and a.resource_id = r.id
where a.tenant is null or r.tenant is null
SQL
sql_is('select count(*) from scim.event e where not exists (select from '
       . 'scim.audit a where a.tenant = e.tenant '
       . 'and a.request_id = e.request_id)', 0, 'each is of a request');



=== TEST 9: a request id that is there already, in any month
--- reset
--- scim
sql(<<'SQL');
create sequence public.doubled;
create function public.doubled() returns trigger
    language plpgsql security definer as $$
begin
    if nextval('public.doubled') = 1 then
        raise exception 'doubled' using errcode = 'unique_violation',
              constraint = tg_table_name || '_pkey';
    end if;
    return new;
end $$;
create trigger doubled before insert on scim.audit for each row
    execute function public.doubled();
SQL

create('ann');
sql_is("select count(*) from scim.audit where tenant = 'acme'", 1);
gapless('acme');
sql('drop trigger doubled on scim.audit; drop function public.doubled(); '
    . 'drop sequence public.doubled');



=== TEST 9: a key of the application's own that is called like ours
--- reset
--- scim
sql(<<'SQL');
create sequence public.tries;
create function public.log_it() returns trigger
    language plpgsql security definer as $$
begin
    perform nextval('public.tries');
    raise exception 'doubled' using errcode = 'unique_violation',
          constraint = 'audit_log_pkey';
end $$;
create trigger log_it before insert on scim.resource for each row
    execute function public.log_it();
SQL

error_is(POST('/Users', user('ann')), 500, undef, qr/^internal error$/);
sql_is('select last_value from public.tries', 2, 'it is tried once more');
sql('drop trigger log_it on scim.resource; drop function public.log_it(); '
    . 'drop sequence public.tries');
sql_is("select event_no from scim.tenant where name = 'acme'", 0);
--- error_log
[crit]
SQLSTATE 23505, constraint "audit_log_pkey"
