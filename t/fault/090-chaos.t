# Everything at once: many writers at the same users and groups of two tenants,
# alone and in Bulk requests, some of which leave before they are answered,
# while backends are ended, the database restarts and nginx reloads.
#
# Afterwards each answer is compared with the audit rows, and these with what
# is there: nothing that was acknowledged is missing, nothing that was refused
# was written, and no count is wrong.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use JSON::PP ();
use SCIM::Nginx;
use SCIM::Parallel qw(background);
use SCIM::Postgres;
use SCIM;
use Test::More;
use Time::HiRes qw(sleep time);

use constant { WRITERS => 6, GROUPS => 6, USERS => 30, FEW => 10 };

my $seed = $ENV{SCIM_SEED} // time;
my $seconds = $ENV{SCIM_CHAOS} // 15;

my $pg = SCIM::Postgres->new(conf => "log_lock_waits = on\n");

# each request has a name of its own, which leads to its request id even when
# nobody waited for the answer

my $nginx = SCIM::Nginx->new(
    conninfo => $pg->conninfo,
    workers  => 3,
    database => 'timeout=8s',
    http     => 'log_format chaos "$http_x_name $scim_request_id $status";',
    location => 'access_log logs chaos;',
)->start;

my @tenants = ('acme', 'globex');
my $client = $nginx->client;

note("SCIM_SEED=$seed SCIM_CHAOS=$seconds");

sub user {
    my ($name, %more) = @_;
    return { schemas => [ SCIM::USER() ], userName => $name, %more };
}

sub group {
    my ($name, @ids) = @_;
    return { schemas => [ SCIM::GROUP() ], displayName => $name,
             members => values_of(@ids) };
}

sub values_of { return [ map +{ value => $_ }, @_ ] }

sub patch {
    return { schemas => [ SCIM::PATCHOP() ], Operations => [ @_ ] };
}

sub some {
    my ($n, @of) = @_;
    return map { $of[rand @of] } 1 .. $n;
}

my (%users, %groups);

for my $tenant (@tenants) {
    $users{$tenant} = [ map {
        $client->request('POST', '/Users', as => $tenant,
                         body => user("u$_"))->json->{id} } 1 .. USERS ];
    $groups{$tenant} = [ map {
        $client->request('POST', '/Groups', as => $tenant,
                         body => group("g$_"))->json->{id} } 1 .. GROUPS ];
}


# one random change: method, path, body, what it does to members (by group;
# undef: the one that is made)

sub change {
    my ($tenant, $name) = @_;

    my @users = @{ $users{$tenant} };
    my $group = $groups{$tenant}[rand GROUPS];
    my $user = $users[rand @users];
    my $dice = rand;

    # most members are of a few, who are not deleted: so they come and go

    my @few = @users[0 .. FEW - 1];
    my @some = some(1 + rand 3, rand() < 0.8 ? @few : @users);
    my @others = some(1 + rand 3, rand() < 0.8 ? @few : @users);
    my $goes = $users[FEW + rand(@users - FEW)];

    return ('PATCH', "/Groups/$group", patch(
                { op => 'add', path => 'members', value => values_of(@some) },
                { op => 'remove', path => 'members',
                  value => values_of(@others) }),
            [ [ remove => @others ], [ add => grep {
                my $id = $_; !grep { $_ eq $id } @others } @some ] ])
        if $dice < 0.3;

    return ('PUT', "/Groups/$group", group("g-$name", @some),
            [ [ replace => @some ] ])
        if $dice < 0.32;

    if ($dice < 0.4) {
        my $nested = $groups{$tenant}[rand GROUPS];
        return ('PATCH', "/Groups/$group",
                patch({ op => 'add', path => 'members',
                        value => values_of($nested, @some) }),
                [ [ add => $nested, @some ] ])
            if rand() < 0.5;
        return ('PATCH', "/Groups/$group",
                patch({ op => 'remove', path => 'members',
                        value => values_of($nested) }),
                [ [ remove => $nested ] ]);
    }

    return ('POST', '/Groups', group("made-$name", @some, $group),
            [ [ replace => @some, $group ] ])
        if $dice < 0.46;

    return ('POST', '/Users', user("made-$name", title => $name,
                                   emails => [ { value => "$name\@x" } ]))
        if $dice < 0.56;

    return ('PUT', "/Users/$user",
            user("u-$user", title => $name, active => JSON::PP::true))
        if $dice < 0.68;

    return ('PATCH', "/Users/$user", patch(
                { op => 'replace', path => 'title', value => $name },
                { op => 'replace', path => 'active',
                  value => rand() < 0.5 ? JSON::PP::true : JSON::PP::false }))
        if $dice < 0.85;

    return ('DELETE', "/Users/$goes")
        if $dice < 0.9;

    return ('POST', '/Bulk', {
        schemas => [ 'urn:ietf:params:scim:api:messages:2.0:BulkRequest' ],
        Operations => [
            (map +{ method => 'POST', path => '/Users', bulkId => "b$_",
                    data => user("bulk-$name-$_", title => $name) }, 1 .. 4),
            { method => 'POST', path => '/Groups', bulkId => 'g',
              data => group("bulk-$name", 'bulkId:b1', 'bulkId:b2', $user) },
            { method => 'PATCH', path => "/Users/$user", data => patch(
                { op => 'replace', path => 'title', value => $name }) },
            { method => 'DELETE', path => "/Users/$goes" },
        ],
    });
}


# what one client does until the time is up; every request is told with what
# came of it

sub writer {
    my ($i, $end) = @_;

    srand $seed + $i;

    my @told;
    my $client = $nginx->client(timeout => 30);

    for (my $round = 1; time < $end; $round++) {
        my $tenant = $tenants[rand @tenants];
        my $name = "w$i-$round";
        my ($method, $path, $body, $members) = change($tenant, $name);

        my @args = ($method, $path, as => $tenant,
                    headers => [ 'X-Name' => $name ],
                    $body ? (body => $body) : ());

        my %told = (name => $name, tenant => $tenant, method => $method,
                    path => $path, members => $members);

        if (rand() < 0.08) {
            my $socket = $client->connect or next;

            print $socket $client->format(@args);
            sleep rand 0.03;
            close $socket;

        } else {
            my $res = $client->request(@args);
            my $json = $res->json;

            $told{status} = $res->{status};
            ($told{version}) = ($res->header('ETag') // '') =~ /(\d+)/;
            $told{text} = $res->describe if $res->{status} >= 500;

            if ($path eq '/Bulk' && $res->{status} == 200) {
                $told{bulk} = [ map +{
                    method => $_->{method}, status => $_->{status},
                    id => ($_->{location} // '') =~ m{([^/]+)\z} ? "$1" : undef,
                    version => ($_->{version} // '') =~ /(\d+)/ ? "$1" : undef,
                }, @{ $json->{Operations} } ];

            } else {
                $told{id} = $json->{id} if $res->{status} < 300 && $json;
            }

            if ($res->{status} == 201) {
                push @{ $users{$tenant} }, $told{id} if $path eq '/Users';
            }
        }

        push @told, \%told;
    }

    return \@told;
}


# what goes wrong meanwhile; back with how often

sub breaker {
    my ($end) = @_;

    my %n;
    my $round = 0;

    srand $seed;

    while (time < $end) {
        sleep 0.3 + rand 0.5;
        $round++;

        if ($round % 12 == 0) {
            $pg->restart($round % 24 ? 'INT' : 'QUIT');
            $n{restarts}++;

        } elsif ($round % 7 == 0) {
            $nginx->reload;
            $n{reloads}++;

        } elsif ($round % 5 == 0) {
            eval { $pg->sql("begin; select from scim.tenant where name = "
                            . "'acme' for update; select pg_sleep(1.5); "
                            . "commit") };
            $n{locks}++;

        } else {
            eval { $pg->sql("select pg_terminate_backend(pid) from "
                            . "pg_stat_activity where usename = 'scim_module' "
                            . "order by random() limit 2") };
            $n{ends}++;
        }
    }

    return \%n;
}

my $end = time + $seconds;
my @running = map { background(\&writer, $_, $end) } 1 .. WRITERS;

# not in a process of its own: the server is a child of this one

my $n = breaker($end);
my @told = map { @{ $_->() } } @running;

note(join ', ', map { "$n->{$_} $_" } sort keys %$n);

SCIM::Nginx::wait_for('an answer', sub {
    $client->request('GET', '/Users?count=0')->{status} == 200;
});

my %request;
my $log = SCIM::Nginx::slurp("$nginx->{dir}/logs");

while ($log =~ /^(\S+) (\S+) (\d+)$/gm) {
    $request{$1} = $2;
}

my (%audit, %by_request, %by_version);

for (split /\n/, $pg->sql("select tenant, request_id, op, resource_id, "
                          . "version_from, version_to, resource_type "
                          . "from scim.audit where status < 300")) {
    my %row;
    @row{qw(tenant request op id from to type)} = split /\|/, $_, -1;

    $by_request{"$row{tenant} $row{request}"} = \%row;
    $by_version{"$row{tenant} $row{id} $row{to}"} = \%row;
    push @{ $audit{"$row{tenant} $row{id}"} }, \%row;
}

my %status;
my @wrong;

for my $told (@told) {
    my $status = $told->{status} // 'left';
    $status{$status}++;

    my $id = $request{$told->{name}};
    my $row = defined $id ? $by_request{"$told->{tenant} $id"} : undef;

    $row->{told} = $told if $row;

    my $wrong = sub { push @wrong, join ' ', "@_:", $told->{name},
                      $told->{method}, $told->{path}, $status,
                      $told->{version} // '-', $id // '-',
                      $row ? map { $_ // '-' } @$row{qw(op from to)} : 'no row' };

    if ($told->{bulk}) {
        for my $op (@{ $told->{bulk} }) {
            my $at = "$told->{tenant} " . ($op->{id} // '');
            $wrong->('an item without its row')
                if $op->{status} eq '201' && !$by_version{"$at 1"}
                   || $op->{status} eq '200'
                      && !$by_version{"$at $op->{version}"}
                   || $op->{status} eq '204'
                      && !grep { $_->{op} eq 'delete' } @{ $audit{$at} };
        }

    } elsif ($status eq '201') {
        $wrong->('created without a row')
            if !$row || $row->{op} ne 'create' || $row->{id} ne $told->{id};

    } elsif ($status eq '204') {
        $wrong->('deleted without a row') if !$row || $row->{op} ne 'delete';

    } elsif ($status eq '200') {
        $wrong->('another version') if $row && $row->{to} > $told->{version};
        $wrong->('changed without a row')
            if !$row && $told->{path} =~ m{^/Users}
               && $told->{method} ne 'DELETE'
               && !$by_version{"$told->{tenant} $told->{id} $told->{version}"};

    } elsif ($status =~ /^4/) {
        $wrong->('refused, and written') if $row;

    } elsif ($status ne '503' && $status ne 'left' && $status ne '0') {
        $wrong->($told->{text} // 'strange');
    }
}

note(join ', ', map { "$status{$_} of $_" } sort keys %status);
is(scalar @wrong, 0, 'each answer is true')
    or diag(join "\n", @wrong[0 .. ($#wrong > 19 ? 19 : $#wrong)]);
cmp_ok($status{200} // 0, '>', 20, 'there were answers');

# users: the document is that of the request that made its version

@wrong = ();

for (split /\n/, $pg->sql("select tenant, id, version, doc ->> 'title', "
                          . "deleted_at from scim.resource "
                          . "where type = 'User'")) {
    my ($tenant, $id, $version, $title) = split /\|/, $_, -1;
    my $row = $by_version{"$tenant $id $version"};

    push @wrong, "$tenant $id $version: no row" unless $row;
    push @wrong, "$tenant $id $version: $title"
        if $row && $row->{told} && $row->{told}{name} ne $title;
    push @wrong, "$tenant $id: steps"
        unless $version == @{ $audit{"$tenant $id"} };
}

is(scalar @wrong, 0, 'each user is what the last one of its changes says')
    or diag(join "\n", @wrong);

# groups: all changes, in the order of their versions

my %there = map { $_ => 1 } split /\n/,
    $pg->sql("select tenant || ' ' || id from scim.resource");
my %members;

$members{$_->[0]}{$_->[1]} = 1 for map { [ split /\|/ ] } split /\n/,
    $pg->sql("select tenant || ' ' || group_id, member_id from scim.member");

@wrong = ();

for my $key (grep { $audit{$_}[0]{type} eq 'Group' } keys %audit) {
    my ($tenant) = split / /, $key;
    my (%want, $blind);

    for my $row (sort { $a->{to} <=> $b->{to} } @{ $audit{$key} }) {
        next if $row->{op} eq 'create' && !$row->{told};
        $blind = 1, last unless $row->{told};

        for my $step (@{ $row->{told}{members} // [] }) {
            my ($how, @ids) = @$step;

            %want = () if $how eq 'replace';
            delete @want{@ids} if $how eq 'remove';
            @want{@ids} = (1) x @ids if $how ne 'remove';
        }
    }

    # of the ones made in the beginning and in Bulk, the audit knows no request

    next if $blind || !$audit{$key}[0]{told} && $key !~ /@{[ join '|',
                      map { @$_ } values %groups ]}/;

    my $want = join ' ', grep { $there{"$tenant $_"} } sort keys %want;
    my $have = join ' ', sort keys %{ $members{$key} // {} };

    push @wrong, "$key:\nhave $have\nwant $want" if $have ne $want;
}

is(scalar @wrong, 0, 'each group has the members that its changes say')
    or diag(join "\n", @wrong);

is($pg->sql("select count(*) from scim.resource r where members <> "
            . "(select count(*) from scim.member m "
            . "where m.tenant = r.tenant and m.group_id = r.id)"), 0,
   'members are counted right');
is($pg->sql("select count(*) from scim.tenant t where "
            . "(users, active_users, groups) <> (select "
            . "count(*) filter (where type = 'User'), "
            . "count(*) filter (where type = 'User' and active), "
            . "count(*) filter (where type = 'Group') "
            . "from scim.resource r where r.tenant = t.name)"), 0,
   'so are users and groups');
is($pg->sql("select count(*) from (select tenant, resource_id, version_to "
            . "from scim.audit where version_to is not null "
            . "group by 1, 2, 3 having count(*) > 1) x"), 0,
   'no version was given twice');
is($pg->sql("select count(*) from scim.tenant t where event_no <> "
            . "(select count(*) from scim.event e where e.tenant = t.name) "
            . "or event_no <> (select max(n) from scim.event e "
            . "where e.tenant = t.name)"), 0,
   'events are numbered without a gap');
is($pg->sql("select count(*) from (select tenant, request_id "
            . "from scim.audit where status < 300) a full join "
            . "(select distinct tenant, request_id from scim.event) e "
            . "using (tenant, request_id) "
            . "where a.tenant is null or e.tenant is null"), 0,
   'each write has events, and each event its write');
is($pg->sql("with e as (select distinct on (tenant, resource_id, member_id) "
            . "* from scim.event where member_id is not null "
            . "order by tenant, resource_id, member_id, n desc) "
            . "select count(*) from scim.member m full join "
            . "(select e.* from e join scim.resource r "
            . "on r.tenant = e.tenant and r.id = e.resource_id "
            . "where e.type = 'group.member_added') e "
            . "on e.tenant = m.tenant and e.resource_id = m.group_id "
            . "and e.member_id = m.member_id "
            . "where m.tenant is null or e.tenant is null"), 0,
   'who is in a group has come and not gone');
is($pg->sql("with recursive x(top, id, depth) as ("
            . "select group_id, member_id, 1 from scim.member "
            . "where kind = 'g' union select top, member_id, depth + 1 "
            . "from x join scim.member m on m.group_id = x.id "
            . "and kind = 'g' and depth < 20) "
            . "select count(*) from x where top = id or depth >= 16"), 0,
   'no circle, and none too deep');
is($pg->sql("select count(*) from scim.resource r full join "
            . "scim.resource_key k on k.tenant = r.tenant and k.id = r.id "
            . "and k.attr = 'emails.value' "
            . "where r.type = 'User' and lower(doc #>> '{emails,0,value}') "
            . "is distinct from k.key"), 0, 'keys are those of the documents');
is($pg->sql("select count(*) from scim.member m where not exists (select "
            . "from scim.resource r where r.tenant = m.tenant and "
            . "r.id = m.member_id and m.kind = lower(left(type, 1))::\"char\")"),
   0, 'members are there, and what they are said to be');
is($pg->sql("select count(*) from pg_locks where locktype = 'advisory'"), 0,
   'no lock is left');

cmp_ok($pg->backends, '<=', 3 * 8, 'no connection is left over');

# who is deleted while he comes into one of his groups' neighbours may be in
# one, which PostgreSQL ends

my $deadlocks = () = $pg->log =~ /deadlock detected/g;
cmp_ok($deadlocks, '<', 3, "$deadlocks deadlocks");

my @refused = grep { $_ != 200 } map {
    $client->request('GET', '/Groups?count=1', as => $tenants[$_ % 2])
    ->{status} } 1 .. 20;
is("@refused", '', 'served as ever');

$nginx->finish(qr/lost|closed|timed out|cannot connect|SQLSTATE 57P/);

my %lines;
for (split /\n/, $nginx->error_log) {
    s/^\S+ \S+ (\[\w+\]) \d+#\d+: (?:\*\d+ )?/$1 /;
    s/\d+/N/g;
    $lines{substr $_, 0, 100}++;
}
note("$lines{$_} $_") for sort keys %lines;

done_testing;
