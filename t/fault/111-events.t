# Events under load: 16 writers, 13 by HTTP and 3 by the application's
# functions, transactions that are refused or fail at random, at their end
# even, and consumers that are killed: two workers of one name, and one of
# another name with a table of its own.
#
# Afterwards the numbers have no gap, what the events tell is what there is,
# and every consumer has recorded each of them once, in order.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use JSON::PP ();
use SCIM::App;
use SCIM::Nginx;
use SCIM::Parallel qw(background);
use SCIM::Postgres;
use SCIM;
use Test::More;
use Time::HiRes qw(sleep time);

use constant { HTTP => 13, SQL => 3, IMPORTED => 40, GROUPS => 5 };

my $seed = $ENV{SCIM_SEED} // int time;
my $wanted = $ENV{SCIM_EVENTS} // 10_000;

note("SCIM_SEED=$seed SCIM_EVENTS=$wanted");
srand $seed;

my $pg = SCIM::Postgres->new(conf => "max_connections = 100\n");
my $app = SCIM::App->new($pg);
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo, workers => 2,
                             database => 'timeout=30s')->start;
my $stop = "$nginx->{dir}/stop";
my @tenants = ('acme', 'globex');

# marked rows are refused now and then, or their transaction comes to grief,
# some of them when it commits

$pg->sql(<<'END');
create schema test;

create function test.refuse() returns trigger language plpgsql as $$
begin
    if new.doc ->> 'title' = tg_argv[0] and random() < 0.6 then
        if random() < 0.5 then
            raise exception 'not today' using errcode = 'SC409', hint = '';
        end if;
        raise exception 'by accident';
    end if;
    return new;
end
$$;

create trigger refuse before insert or update on scim.resource
    for each row execute function test.refuse('now');

create constraint trigger refuse_late after insert or update on scim.resource
    deferrable initially deferred
    for each row execute function test.refuse('late');

create table test.copy (line bigint generated always as identity,
                        e scim.event not null);

create function test.copy(tenant text) returns bigint language plpgsql as $$
declare
    count bigint;
    last bigint;
begin
    with i as (
        insert into test.copy (e)
        select e from scim.events('copy', tenant, 1 + (random() * 99)::int) e
        returning (e).n
    )
    select count(*), max(i.n) into count, last from i;

    if last is not null then
        perform scim.ack('copy', tenant, last);
    end if;

    return count;
end
$$;
END

for my $tenant (@tenants) {
    $pg->sql("insert into app.company (tenant) values ('$tenant');
              select scim.import_user('$tenant', 'a' || i,
                  jsonb_build_object('userName', 'a' || i), false)
              from generate_series(1, @{[ IMPORTED ]}) i;
              select scim.publish_group('$tenant', 'r' || i, 'Role ' || i,
                                        'role', true)
              from generate_series(1, @{[ GROUPS ]}) i");
}

my %imported = ids('User');
my %roles = ids('Group');

# the first write of SCIM to a group gives an event only if it changes it

for my $tenant (@tenants) {
    $nginx->client->request('PATCH', "/Groups/$_", as => $tenant,
        body => patch({ op => 'add', path => 'members', value => [
                        { value => $imported{$tenant}[0] } ] }))
        for @{ $roles{$tenant} };
}


# live ones, by tenant

sub ids {
    my ($type) = @_;

    my %ids;
    push @{ $ids{$_->[0]} }, $_->[1] for map { [ split /\|/ ] } split /\n/,
        $pg->sql("select tenant, id from scim.resource where type = '$type' "
                 . "and deleted_at is null order by 1, 2");
    return %ids;
}

sub some {
    my ($n, @of) = @_;
    return map { $of[rand @of] } 1 .. $n;
}

sub patch {
    return { schemas => [ SCIM::PATCHOP() ], Operations => [ @_ ] };
}

sub title { return rand() < 0.1 ? ('now', 'late')[rand 2] : "t$_[0]" }


# one change: method, path, body

sub change {
    my ($tenant, $mine, $name) = @_;

    my $dice = rand;
    my ($user) = rand() < 0.15 || !@$mine ? some(1, @{ $imported{$tenant} })
                                          : some(1, @$mine);
    my ($role) = some(1, @{ $roles{$tenant} });

    return ('POST', '/Users', { schemas => [ SCIM::USER() ],
                                userName => $name, title => title($name) })
        if @$mine < 5 || $dice < 0.15;

    return ('PATCH', "/Groups/$role", patch({
                op => rand() < 0.6 ? 'add' : 'remove', path => 'members',
                value => [ map +{ value => $_ },
                           some(8, @$mine, @{ $imported{$tenant} }) ] }))
        if $dice < 0.4;

    return ('PUT', "/Users/$user", { schemas => [ SCIM::USER() ],
                                     userName => "u$user",
                                     active => JSON::PP::true,
                                     title => title($name) })
        if $dice < 0.5;

    return ('PATCH', "/Users/$user", patch(
                { op => 'replace', path => 'title', value => title($name) },
                { op => 'replace', path => 'active',
                  value => rand() < 0.5 ? JSON::PP::true
                                        : JSON::PP::false }))
        if $dice < 0.9;

    return ('DELETE', '/Users/' . splice(@$mine, rand @$mine, 1))
        if $dice < 0.95;

    return ('POST', '/Groups', { schemas => [ SCIM::GROUP() ],
                                 displayName => $name,
                                 members => [ map +{ value => $_ },
                                              some(3, @$mine, $role) ] });
}

sub over { return -e $stop }


# back with how often each status was answered

sub by_http {
    my ($i) = @_;

    srand $seed + $i;

    my %n;
    my @mine;
    my $tenant = $tenants[$i % 2];
    my $client = $nginx->client(keepalive => 1, timeout => 60);

    for (my $round = 1; !over(); $round++) {
        my ($method, $path, $body) = change($tenant, \@mine, "w$i-$round");
        my $res = $client->request($method, $path, as => $tenant,
                                   $body ? (body => $body) : ());

        push @mine, $res->json->{id}
            if $res->{status} == 201 && $path eq '/Users';
        $n{$res->{status}}++;
    }

    return \%n;
}


# transactions of one or more calls, some rolled back; what cannot be is an
# error of psql's

sub by_sql {
    my ($i) = @_;

    srand $seed + 100 + $i;

    while (!over()) {
        my $text = "set statement_timeout = '60s';\n";

        for (1 .. 20) {
            my $tenant = $tenants[rand @tenants];
            my @calls = map { call($tenant, $i) } 1 .. 1 + rand 3;

            $text .= join ";\n", 'begin', (map { "select $_" } @calls),
                          (rand() < 0.3 ? 'rollback' : 'commit'), '';
        }

        $app->psql($text);
    }

    return 1;
}

sub call {
    my ($tenant, $i) = @_;

    my $ref = 'a' . int 1 + rand IMPORTED;
    my $role = 'r' . int 1 + rand GROUPS;
    my $own = "own-$i-" . int rand 10;
    my $dice = rand;

    return "scim.app_set_active('$tenant', '$ref', "
           . (rand() < 0.5 ? 'true' : 'false') . ')'
        if $dice < 0.5;

    return "scim.app_set_members('$tenant', '$role', array["
           . join(', ', map { "'a" . int(1 + rand IMPORTED) . "'" } 1 .. 15)
           . '])'
        if $dice < 0.65;

    return "scim.publish_group('$tenant', '$own', '$own', 'team', true)"
        if $dice < 0.8;

    return "scim.retire_group('$tenant', '$own')";
}


# --- consumers, who are killed and come again

my @start = (
    sub { $app->worker('app') },
    sub { $app->worker('app') },
    sub { $app->watch('select test.copy(name) from scim.tenant '
                      . 'order by random()', 0.02) },
);

my @consumers = map { $_->() } @start;
my @writers = ((map { background(\&by_http, $_) } 1 .. HTTP),
               (map { background(\&by_sql, $_) } 1 .. SQL));

my $kills = 0;
my $started = time;
my $end = time + 300;

# they are killed while they have much to read, too

while (time < $end) {
    my $written = $pg->sql('select sum(event_no) from scim.tenant');

    if ($written >= $wanted) {
        open my $out, '>', $stop or die "$stop: $!";
        last if $kills >= 20;
    }

    sleep 0.05 + rand 0.4;

    my $i = int rand @start;
    $app->kill($consumers[$i]);
    $consumers[$i] = $start[$i]->();
    $kills++;
}

note(sprintf '%.1f s', time - $started);
my %n;

for my $told (grep { ref } map { $_->() } @writers) {
    $n{$_} += $told->{$_} for keys %$told;
}

$app->caught_up('app', 'copy');
$app->kill($_) for @consumers;
note(sprintf '%.1f s', time - $started);

note("$kills kills; " . join ', ', map { "$_: $n{$_}" } sort keys %n);
note($pg->sql("select string_agg(type || ' ' || count, ', ') from (select "
              . "type, count(*) from scim.event group by 1 order by 1) x"));


# --- what there is now

sub none {
    my ($what, $query) = @_;

    my $rows = $pg->sql("select * from ($query) x limit 10");
    is($rows, '', $what);
}

cmp_ok($pg->sql('select count(*) from scim.event'), '>=', $wanted,
       "$wanted events");
is($pg->sql("select string_agg(distinct type, ' ' order by type) "
            . "from scim.event"),
   join(' ', map({ "group.$_" } qw(created deleted member_added
                                   member_removed)),
        map({ "user.$_" } qw(adopted created deactivated deleted reactivated
                             updated))),
   'of all types');
ok($n{409} && $n{500}, 'writes were refused, and failed');
is(join(' ', grep { !/^(20[014]|404|409|500|503)$/ } sort keys %n), '',
   'no other answer');

none('numbers have no gap', <<'END');
select name, event_no, count(e.n), max(e.n)
from scim.tenant t left join scim.event e on e.tenant = t.name
group by name having event_no <> count(e.n) or event_no <> max(e.n)
                     or min(e.n) <> 1
END

none('an event of a request has its audit row', <<'END');
select e.tenant, e.n, e.type from scim.event e
where (e.origin = 'scim') <> (e.request_id is not null)
      or e.origin = 'scim'
      and not exists (select from scim.audit a where a.tenant = e.tenant
                      and a.request_id = e.request_id and a.status < 300
                      and a.origin = 'scim')
END

none('a change has its events', <<'END');
select a.tenant, a.op, a.resource_type, a.resource_id from scim.audit a
where a.status < 300 and a.origin = 'scim'
      and not exists (select from scim.event e where e.tenant = a.tenant
                      and e.request_id = a.request_id)
END

none('versions of a resource grow with the numbers, one for each request',
     <<'END');
select * from (
    select tenant, n, resource_id, version, request_id,
           lag(version) over w as before, lag(request_id) over w as request
    from scim.event where version is not null
    window w as (partition by tenant, resource_id order by n)) x
where version < before or (version = before) <> (request_id = request)
END

none('no step of a version is without its event', <<'END');
select e.*, r.version from (
    select tenant, resource_id, count(distinct version) as steps,
           min(version) as first, max(version) as last
    from scim.event where version is not null group by 1, 2) e
    left join scim.resource r on r.tenant = e.tenant and r.id = e.resource_id
where steps <> last - first + 1 or last <> coalesce(r.version, last)
END

none('created first, and once', <<'END');
select tenant, resource_id, count(*) from scim.event e
where type like '%.created'
      and (exists (select from scim.event f where f.tenant = e.tenant
                   and f.resource_id = e.resource_id and f.n < e.n))
group by 1, 2
END

none('adopted first, and once', <<'END');
select tenant, resource_id from (
    select tenant, resource_id, type, origin,
           row_number() over (partition by tenant, resource_id, origin
                              order by n) as nth
    from scim.event) x
where type = 'user.adopted' and nth <> 1
END

none('deleted last, and once; nothing else goes', <<'END');
select e.tenant, e.resource_id
from (select tenant, resource_id,
             count(*) filter (where type like '%.deleted') as deleted,
             max(n) filter (where type like '%.deleted') = max(n) as at_end
      from scim.event group by 1, 2) e
     left join scim.resource r on r.tenant = e.tenant and r.id = e.resource_id
                                  and r.deleted_at is null
where deleted > 1 or (deleted = 1) <> (r.id is null) or not at_end
END

none('all that is there was told of', <<'END');
select r.tenant, r.id from scim.resource r
where r.managed and not exists (
    select from scim.event e where e.tenant = r.tenant
    and e.resource_id = r.id and e.type in ('user.created', 'user.adopted',
                                            'group.created'))
END

none('users are active as the events say', <<'END');
select r.tenant, r.id, r.active, e.type
from scim.resource r
     left join lateral (
         select type from scim.event e
         where e.tenant = r.tenant and e.resource_id = r.id
               and e.type in ('user.deactivated', 'user.reactivated')
         order by n desc limit 1) e on true
where r.type = 'User'
      and r.active <> (coalesce(e.type, '') <> 'user.deactivated')
END

none('they come and go in turns', <<'END');
select * from (
    select tenant, n, resource_id, type,
           lag(type, 1, 'user.reactivated') over (
               partition by tenant, resource_id order by n) as before
    from scim.event
    where type in ('user.deactivated', 'user.reactivated')) x
where type = before
END

none('so do members', <<'END');
select * from (
    select tenant, n, resource_id, member_id, type,
           lag(type, 1, 'group.member_removed') over (
               partition by tenant, resource_id, member_id order by n)
               as before
    from scim.event where type like 'group.member%') x
where type = before
END

none('groups have the members that the events say', <<'END');
select e.*, m.group_id, m.member_id from (
    select distinct on (tenant, resource_id, member_id)
           tenant, resource_id, member_id, type
    from scim.event e
    where type like 'group.member%'
          and not exists (select from scim.event d where d.tenant = e.tenant
                          and d.resource_id = e.resource_id
                          and d.type = 'group.deleted')
    order by tenant, resource_id, member_id, n desc) e
    full join scim.member m on m.tenant = e.tenant
         and m.group_id = e.resource_id and m.member_id = e.member_id
where (coalesce(type, '') = 'group.member_added') <> (m.group_id is not null)
END

for my $table ('app.history where type not like \'%.resync\'',
               '(select line, (e).* from test.copy) c')
{
    my ($name) = $table =~ /(app\.history|test\.copy)/;
    my $id = $name eq 'app.history' ? 'scim_id' : 'resource_id';

    none("$name has each event once", <<"END");
select * from (select tenant, n, type, $id from $table) c
     full join (select tenant, n, type, resource_id from scim.event) e
     on c.tenant = e.tenant and c.n = e.n and c.type = e.type
        and c.$id = e.resource_id
where c.n is null or e.n is null
union all
select tenant, n, null, null, null, count(*), null, null from $table
group by tenant, n having count(*) > 1
END

    none('in their order', <<"END");
select * from (select tenant, n, lag(n) over (partition by tenant
                                              order by line) as before
               from $table) x
where n <> before + 1
END
}

none('and whole', "select e from test.copy except select e from scim.event e");
none('the worker could follow', "select * from app.history "
                                . "where error is not null");

$nginx->finish(qr/SQLSTATE P0001|by accident/);
done_testing;
