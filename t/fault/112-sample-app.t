# The sample application of docs/examples/app, whose two workers are killed and
# lose their connections at random while the people of two customers come, are
# adopted, go, come back, change roles and are deleted, log in and out, and the
# mapping changes.
#
# In the end everybody who was new has been invited once and nobody else, and
# accounts, rights and sessions are what SCIM says.

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

use constant { WRITERS => 4, PEOPLE => 60, ROLES => 3 };

my $seed = $ENV{SCIM_SEED} // int time;
my $rounds = $ENV{SCIM_ROUNDS} // 200;      # of each writer

note("SCIM_SEED=$seed SCIM_ROUNDS=$rounds");
srand $seed;

my $pg = SCIM::Postgres->new;
my $app = SCIM::App->new($pg);
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo, workers => 2,
                             database => 'timeout=30s')->start;
my @tenants = ('acme', 'globex');
my $stop = "$nginx->{dir}/stop";

my $no = JSON::PP::false;
my $yes = JSON::PP::true;


# --- the product, before SCIM comes: people p1 ... of whom SCIM will take over
# the first half, roles, and who has them

$pg->sql(<<"END");
set role app_user;

insert into app.company (tenant, invite, on_delete)
values ('acme', 'always', 'lock'), ('globex', 'title', 'remove');

insert into app.users (tenant, mail, profile)
select tenant, 'p' || i || '\@example.com',
       jsonb_build_object('given_name', 'P' || i, 'job', 'before')
from app.company cross join generate_series(1, @{[ PEOPLE ]}) i;

insert into app.roles (tenant, role, name)
select tenant, 'r' || i, 'Role ' || i
from app.company cross join generate_series(1, @{[ ROLES ]}) i;

insert into app.rights (tenant, user_id, role)
select tenant, id, 'r' || 1 + id % @{[ ROLES ]} from app.users;

select scim.app_set_members(tenant, role, array_agg(user_id::text))
from app.rights group by tenant, role;

insert into app.mapping
values ('acme', 'work', 'emails[primary eq true].value');
END

my $untouched = "select string_agg(u::text || coalesce(r.v::text, ''), "
    . "' ' order by u.id) from app.users u left join lateral (select "
    . "(version, doc, managed)::text v from scim.v_user v "
    . "where v.tenant = u.tenant and v.id = u.scim_id) r on true "
    . "where u.mail like 'p%\@example.com' and "
    . "substr(split_part(u.mail, '\@', 1), 2)::int > " . PEOPLE / 2;
my $before = $pg->sql($untouched);

my %roles;
push @{ $roles{$_->[0]} }, $_->[1] for map { [ split /\|/ ] } split /\n/,
    $pg->sql("select tenant, id from scim.v_group");


# --- the identity provider: each writer has people of its own

sub patch {
    return { schemas => [ SCIM::PATCHOP() ], Operations => [ @_ ] };
}

sub set { return { op => 'replace', path => $_[0], value => $_[1] } }

sub provision {
    my ($i) = @_;

    srand $seed + $i;

    my $tenant = $tenants[$i % 2];
    my $client = $nginx->client(keepalive => 1, timeout => 60);
    my @mine;
    my @wrong;

    my $call = sub {
        my ($want, $method, $path, $body) = @_;
        my $res;

        # a busy machine may have it asked again

        for (1 .. 10) {
            $res = $client->request($method, $path, as => $tenant,
                                    $body ? (body => $body) : ());
            last if $res->{status} != 503;
            sleep 0.2;
        }

        push @wrong, "$method $path: " . $res->describe
            unless $res->{status} =~ $want;
        return $res;
    };

    # first whom it finds, as identity providers do

    for my $p (grep { $_ % 2 == $i / 2 % 2 } 1 .. PEOPLE / 2) {
        my $found = $call->(qr/200/, 'GET', '/Users?filter=emails.value%20eq'
                                     . "%20%22P$p%40Example.com%22");
        my $id = $found->json->{Resources}[0]{id};

        push(@wrong, "p$p is not found"), next unless $id;
        push @mine, $id;
        $call->(qr/200/, 'PATCH', "/Users/$id", patch(
            set('externalId', "e$p"), set('name.familyName', "Adopted$p")));
    }

    for my $round (1 .. $rounds) {
        my $dice = rand;
        my $name = "w$i-$round";
        my $user = $mine[rand @mine];
        my $role = $roles{$tenant}[rand ROLES];

        if (@mine < 5 || $dice < 0.25) {
            my $res = $call->(qr/201/, 'POST', '/Users', {
                schemas => [ SCIM::USER() ], userName => $name,
                externalId => "x-$name",
                active => rand() < 0.8 ? $yes : $no,
                title => rand() < 0.5 ? 'true' : 'false',
                emails => [ { value => "$name\@example.com" } ] });
            push @mine, $res->json->{id} if $res->{status} == 201;

        } elsif ($dice < 0.5) {
            $call->(qr/200/, 'PATCH', "/Users/$user",
                    patch(set('active', rand() < 0.5 ? $yes : $no)));

        } elsif ($dice < 0.65) {
            $call->(qr/200/, 'PATCH', "/Users/$user", patch(
                set('name.familyName', "F$name"), set('displayName', $name),
                set('nickName', "N$name")));

        } elsif ($dice < 0.9) {
            $call->(qr/20[04]/, 'PATCH', "/Groups/$role", patch(
                { op => rand() < 0.6 ? 'add' : 'remove', path => 'members',
                  value => [ map +{ value => $mine[rand @mine] }, 1 .. 3 ] }));

        } else {
            $call->(qr/204/, 'DELETE',
                    '/Users/' . splice(@mine, rand @mine, 1));
        }
    }

    open my $out, '>', "$stop.$i" or die "$stop.$i: $!";
    return \@wrong;
}


# --- the product's own doings: log-ins all the time, an admin who shuts people
# out and lets them in, another mapping now and then

sub product {
    srand $seed + 100;

    for (my $round = 1; !-e $stop; $round++) {
        my $path = ('displayName', 'nickName', 'name.formatted')[rand 3];

        $app->psql(<<'END' x 5);
select app.login(tenant, external_id) from (
    select * from scim.v_login where external_id is not null
    order by random() limit 20) l;
select scim.app_set_active(tenant, app_ref, not active) from (
    select * from scim.v_user where managed and app_ref is not null
    order by random() limit 1) u;
END
        $app->psql(<<"END") if $round % 10 == 5;
insert into app.mapping
values ('acme', 'shown', '$path'), ('globex', 'shown', '$path')
on conflict (tenant, field) do update set path = excluded.path
END
    }

    return 1;
}


my @workers = map { $app->worker('app') } 1 .. 2;
my @running = map { background(\&provision, $_) } 1 .. WRITERS;
my $product = background(\&product);
my $kills = 0;
my $end = time + 240;

while (time < $end
       && ($kills < 20 || grep { !-e "$stop.$_" } 1 .. WRITERS))
{
    sleep 0.05 + rand 0.3;

    if (rand() < 0.2) {
        $pg->sql("select pg_terminate_backend(pid) from pg_stat_activity "
                 . "where usename = 'app_user' "
                 . "and application_name <> 'psql'");

    } else {
        my $i = int rand @workers;
        $app->kill($workers[$i]);
        $workers[$i] = $app->worker('app');
    }

    $kills++;
}

open my $out, '>', $stop or die "$stop: $!";
close $out;

my @wrong = map { @{ $_->() // [ 'a writer died' ] } } @running;
is(scalar @wrong, 0, 'all was answered as it should be')
    or diag(join "\n", @wrong[0 .. ($#wrong > 9 ? 9 : $#wrong)]);
ok($product->(), 'the product had its say');

$app->caught_up('app');

ok(eval { SCIM::Nginx::wait_for('the outbox', sub {
    $pg->sql('select count(*) from app.outbox where sent_at is null') == 0
}, 60) }, 'all mail is sent');

$app->kill($_) for @workers;

note("$kills kills; " . $pg->sql("select string_agg(type || ' ' || count, "
     . "', ') from (select type, count(*) from app.history group by 1 "
     . "order by 1) x"));


# --- what there is now

sub none {
    my ($what, $query) = @_;
    is($pg->sql("select * from ($query) x limit 10"), '', $what);
}

none('each event was handled once, and none was refused', <<'END');
select tenant, n, count(h.n), max(h.error)
from (select * from app.history where type not like '%.resync') h
     full join scim.event e using (tenant, n)
group by tenant, n
having count(h.n) <> 1 or count(e.type) <> 1 or max(h.error) is not null
END

cmp_ok($pg->sql("select count(*) from app.history where type = 'user.resync'"),
       '>=', 10, 'people were replayed');

# "new": not one of those from before; "wanted": whom the customer wants to be
# invited

none('who is new was invited once, nobody else ever', <<'END');
with new as (
    select tenant, resource_id as id from scim.event
    where type = 'user.created'
), invited as (
    select tenant, split_part(key, '/', 1)::uuid as id, count(*) as times
    from app.outbox where kind = 'invite' group by 1, 2
)
select tenant, id, v.user_name, v.active, times
from new full join invited using (tenant, id)
     left join scim.v_user v using (tenant, id)
where new is null or times > 1
      or v.active and coalesce(times, 0)
             <> (tenant = 'acme' or v.title = 'true')::integer
      or not v.active and tenant = 'globex' and v.title = 'false'
         and times > 0
END

none('whom the admin let in again was told so, each time', <<'END');
select tenant, id, version, o.key, e.version
from (select tenant, split_part(key, '/', 1)::uuid as id,
             split_part(key, '/', 3)::bigint as version, key
      from app.outbox where kind = 'back') o
     full join (select e.tenant, resource_id as id, version
                from scim.event e
                where type = 'user.reactivated' and origin = 'app') e
     using (tenant, id, version)
where o.key is null or e.version is null
END

my %sent = map { $_ => 1 }
           map { JSON::PP::decode_json($_)->{id} } $app->mails;
my @keys = split /\n/, $pg->sql("select '<' || tenant || '/' || key || "
                                . "'\@app.example>' from app.outbox");
is(join(' ', sort keys %sent), join(' ', sort @keys),
   'what was sent is what the outbox has');

none('accounts are those of SCIM, and are linked', <<'END');
select * from (
    select tenant, scim_id as id, id::text as app_ref,
           coalesce(scim_state, '') as state, mail
    from app.users where managed and scim_state <> 'deleted') a
    full join (
    select tenant, id, app_ref,
           case when active then 'active' else 'inactive' end as state,
           coalesce(email, user_name) as mail
    from scim.v_user where managed) v
    using (tenant, id, app_ref, state, mail)
where a is null or v is null
END

none('who is deleted has a locked account, or none', <<'END');
select e.tenant, e.resource_id, u.scim_state
from scim.event e left join app.users u
     on u.tenant = e.tenant and u.scim_id = e.resource_id
where e.type = 'user.deleted'
      and (e.tenant = 'acme' and u.scim_state <> 'deleted'
           or e.tenant = 'globex' and u.id is not null)
END

none('who is new has one calendar', <<'END');
select u.tenant, u.mail, count(c.user_id)
from app.users u left join app.calendars c on c.user_id = u.id
group by u.id
having count(c.user_id) <> (u.mail not like 'p%')::integer
END

none('rights are those of the groups', <<'END');
select * from (
    select r.tenant, u.scim_id as id, r.role
    from app.rights r join app.users u on u.id = r.user_id) r
    full join (
    select m.tenant, m.member_id as id, g.app_ref as role
    from scim.v_group_member m
         join scim.v_group g on g.tenant = m.tenant and g.id = m.group_id) m
    using (tenant, id, role)
where r is null or m is null
END

none('nobody is in who is out', <<'END');
select u.tenant, u.mail, u.scim_state
from app.sessions s join app.users u on u.id = s.user_id
     left join scim.v_user v on v.tenant = u.tenant and v.id = u.scim_id
where u.scim_state <> 'active' or v.active is not true
END

none('profiles are as the mapping wants them', <<'END');
select u.tenant, u.mail, m.field, u.profile ->> m.field, m.path
from app.users u
     join app.mapping m using (tenant)
     join scim.v_user v on v.tenant = u.tenant and v.id = u.scim_id
where u.managed
      and u.profile ->> m.field is distinct from
          scim.attr(v.doc, m.path) #>> '{}'
END

is($pg->sql($untouched), $before, 'whom SCIM does not manage is untouched');
none('nothing drifts', 'select * from scim.v_drift');

# connections were lost; who was to be linked was deleted in that moment

is(join(', ', grep { !/ (57P01|P0002|\w+Error|AdminShutdown)$/ }
              $app->complaints), '', 'no worker complained of anything else');


# what the product's own rules refuse does not stop what comes behind

$pg->sql("alter table app.users add check (mail not like 'refused%')");

my @ids = map { $nginx->client->request('POST', '/Users', body => {
                    schemas => [ SCIM::USER() ], userName => $_ })
                ->json->{id} } 'refused', 'behind';
my $worker = $app->worker('app');

$app->caught_up('app');
$app->kill($worker);

is($pg->sql("select scim_id from app.history where error is not null"),
   $ids[0], 'what could not be done is written down');
is($pg->sql("select mail from app.users where scim_id in ('$ids[0]', "
            . "'$ids[1]')"), 'behind', 'and what came behind it is done');

$nginx->finish;
done_testing;
