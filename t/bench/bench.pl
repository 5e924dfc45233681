#!/usr/bin/perl

# Speed and memory, as ratios taken in one sitting: the module against nginx's
# own "return 200" and against pgbench with the very statements that the module
# sends (they are read from the server's log).  Called by "make bench"; prints
# a table for docs/benchmarks.md.
#
#   BENCH_SECONDS  length of a run (5)        BENCH_ROUNDS  rounds (3)
#   BENCH_USERS    users in the store (110000, and no fewer)
#   BENCH_CLIENTS  connections of wrk (32)   BENCH_ONLY    rows, e.g. "get post"
#   BENCH_SOAK     seconds of mixed load for the memory row (0: none)

use strict;
use warnings;

use Cwd 'abs_path';
use File::Temp 'tempdir';
use FindBin;
use POSIX ();
use lib "$FindBin::Bin/../lib";
use Time::HiRes qw(sleep time);

use SCIM::Conf qw(%SECRET);
use SCIM::Nginx;
use SCIM::Postgres;

$ENV{TEST_NGINX_LOAD_MODULES} ||=
    abs_path("$FindBin::Bin/../../objs/ngx_http_scim_module.so");

my $seconds = $ENV{BENCH_SECONDS} || 5;
my $rounds = $ENV{BENCH_ROUNDS} || 3;
my $users = $ENV{BENCH_USERS} || 0;
my $clients = $ENV{BENCH_CLIENTS} || 32;
my $soak = $ENV{BENCH_SOAK} || 0;

my $work = 6;              # connections of the work lane
my $template = 'template@example.com';
my $seen = 0;              # of the server's log

my $dir = tempdir(CLEANUP => 1);
chmod 0755, $dir;

my $pg = SCIM::Postgres->new(conf => <<'EOC');
fsync = on
shared_buffers = 1GB
max_wal_size = 4GB
checkpoint_timeout = 30min
EOC

my $nginx = SCIM::Nginx->new(
    conninfo => $pg->conninfo,
    database => "read=2 work=$work",
    http => 'keepalive_requests 100000000;',
    server => 'location = /ref { return 200 "' . 'x' x 1024 . '"; }',
);

$nginx->start;

my $http = $nginx->client;


# what is measured: name, how, and against which pgbench row

my @rows = (
    [ ref => 'nginx `return 200`, 1 KB' ],
    [ get => 'GET /Users/{id}', 'get' ],
    [ filter => 'filter userName eq', 'filter' ],
    [ post => 'POST /Users', 'post' ],
    [ put => 'PUT /Users/{id}', 'put' ],
    [ list => 'list of 100', 'list' ],
    [ patch => 'PATCH /Users/{id}, one attribute' ],
    [ member10 => 'PATCH one member, group of 10' ],
    [ member1000 => 'PATCH one member, group of 1,000' ],
    [ member100000 => 'PATCH one member, group of 100,000' ],
    [ probe => 'filter id eq and members eq, group of 100,000' ],
    [ index => 'page of 100 by index, in the middle' ],
    [ cursor => 'page of 100 by cursor, first' ],
    [ deep => 'page of 100 by cursor, at the end' ],
    [ bulk => 'Bulk, 100 creates' ],
);

my %groups = (
    member10 => [ '00000000-0000-7000-9000-000000000010', 10 ],
    member1000 => [ '00000000-0000-7000-9000-000000001000', 1000 ],
    member100000 => [ '00000000-0000-7000-9000-000000100000', 100_000 ],
);

$groups{probe} = $groups{member100000};

# a group of 100,000 needs as many members, and some who are none

$users = 110_000 if $users < 110_000;

my %pgbench = (
    get => { title => 'GET by id', clients => 8 },
    filter => { title => 'filter userName eq', clients => 8 },
    post => { title => 'POST', clients => $work },
    put => { title => 'PUT (read, write)', clients => $work },
    list => { title => 'list of 100', clients => $work },
    plain => { title => 'select by primary key', clients => 8,
               user => 'postgres' },
);

my @order = qw(get filter post put list);

if (my %only = map { $_ => 1 } split ' ', $ENV{BENCH_ONLY} || '') {
    @rows = grep { $only{$_->[0]} || $_->[0] eq 'ref' } @rows;
}


fill();
groups();
scripts();

my %cursor = (cursor => '', deep => cursor(int($users * 0.95)));

my (%http, %sql);

for my $round (1 .. $rounds) {
    for my $row (@rows) {
        my ($name, undef, $against) = @$row;

        push @{ $http{$name} }, wrk($name, $seconds);

        next unless $against;
        push @{ $sql{$against} }, pgbench($against);
        push @{ $sql{plain} }, pgbench('plain') if $against eq 'get';
    }
}

table();
memory();

$nginx->quit;


sub body {
    my ($name, $title) = @_;

    open my $in, '<', "$FindBin::Bin/user.json" or die "user.json: $!";
    local $/;
    my $text = <$in>;

    $text =~ s/\@NAME\@/$name/g;
    $text =~ s/\@TITLE\@/$title/g;

    return $text;
}


# The store: one user comes in by HTTP, the others are copies of what the
# module made of it, under ids that pgbench can compute

sub fill {
    my $r = $http->request('POST', '/Users', as => 'acme',
                           body => body($template, 'Engineer'));
    $r->{status} == 201 or die "POST: " . $r->describe;

    $pg->sql(<<"EOS");
insert into scim.resource
    (tenant, id, type, name, name_key, external_id, active, doc, last_write)
select tenant,
       ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, type,
       replace(name, 'template', 'user' || n),
       replace(name_key, 'template', 'user' || n),
       replace(external_id, 'template', 'user' || n), active,
       replace(doc::text, 'template', 'user' || n)::jsonb, now()
from scim.resource, generate_series(1, $users) n
where name = '$template'
EOS
    $pg->sql(<<"EOS");
insert into scim.resource_key (tenant, type, attr, key, id)
select r.tenant, r.type, k.attr, r.name_key, r.id
from scim.resource r, scim.resource_key k where r.id <> k.id
EOS
    $pg->sql("update scim.tenant set users = users + $users, "
             . "active_users = active_users + $users where name = 'acme'");
    $pg->psql('scim', '-c', 'vacuum analyze');
    $pg->psql('scim', '-c', 'checkpoint');

    open my $out, '>', "$dir/ids" or die "ids: $!";
    printf $out "00000000-0000-7000-8000-%012d user%d\@example.com\n", $_, $_
        for 1 .. $users;
    close $out;
}


# groups, and the first users as their members

sub groups {
    for my $group (map { $groups{$_} } grep { $_ ne 'probe' } keys %groups) {
        my ($id, $n) = @$group;

        $pg->sql(<<"EOS");
insert into scim.resource (tenant, id, type, name, name_key, members, doc)
values ('acme', '$id', 'Group', 'group $n', 'group $n', $n,
        '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
          "displayName": "group $n"}');
insert into scim.member (tenant, group_id, member_id, kind)
select 'acme', '$id',
       ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'u'
from generate_series(1, $n) n
EOS
    }

    $pg->sql("update scim.tenant set groups = groups + 3 "
             . "where name = 'acme'");
    $pg->psql('scim', '-c', 'vacuum analyze');
}


# the cursor of the place behind so many users

sub cursor {
    my ($skip) = @_;
    my $cursor = '';

    for (my $n = 0; $n < $skip; $n += 200) {
        my $r = $http->request('GET', "/Users?count=200&attributes=id"
                                      . "&cursor=$cursor", as => 'acme');
        $r->{status} == 200 or die "cursor: " . $r->describe;
        $cursor = $r->json->{nextCursor};
    }

    return $cursor;
}


# One request of each kind with the server's log on gives the statements and
# their parameters; the parameters that vary become expressions of pgbench's

sub scripts {
    $pg->sql("alter role scim_module set log_min_duration_statement = 0");

    # a new worker opens connections, which take the setting

    renew();

    my $id = sprintf '00000000-0000-7000-8000-%012d', 7;
    my $name = 'user7@example.com';

    my %request = (
        get => [ 'GET', "/Users/$id" ],
        filter => [ 'GET', "/Users?filter=userName%20eq%20%22$name%22" ],
        list => [ 'GET', '/Users?startIndex=1&count=100' ],
        put => [ 'PUT', "/Users/$id", body($name, 'captured') ],
        post => [ 'POST', '/Users', body('captured@example.com', 'x') ],
    );

    for my $kind (@order) {
        $seen = length $pg->log;

        my ($method, $path, $body) = @{ $request{$kind} };
        my $r = $http->request($method, $path, as => 'acme', body => $body);
        $r->{status} =~ /^20[01]$/ or die "$kind: " . $r->describe;

        write_script($kind, captured());
    }

    write_plain();

    $pg->sql("alter role scim_module reset log_min_duration_statement");
    $pg->sql("delete from scim.resource where name like 'captured%'");

    renew();
}


sub renew {
    $http->disconnect;
    $nginx->reload;
    $nginx->wait_for(sub { (() = $nginx->workers) == 1 });
}


# segments in the order in which they were sent: [ statement, parameters ]

sub captured {
    my ($end, @found) = (time + 10);

    while (time < $end) {
        my $log = substr $pg->log, $seen;

        @found = ();

        while ($log =~ /execute\ [^:\n]+:\ (.*)\n
                        (?:.*DETAIL:\ +parameters:\ (.*)\n)?/gx)
        {
            my ($sql, $detail) = ($1, $2 // '');
            next if $sql =~ /pg_stat_activity|schema_version|_timeout|interval/;

            # what a worker does now and then, for itself

            if ($sql =~ /find_token|pg_notify/) {
                pop @found if @found && $found[-1][0] =~ /set_config/;
                next;
            }

            my @params;
            while ($detail =~ /\$(\d+) = (NULL|'(?:[^']|'')*')/g) {
                $params[$1 - 1] = $2;
            }
            push @found, [ $sql, \@params ];
        }

        last if @found >= 2
                && $found[-1][0] !~ /set_config|for no key update$/;
        sleep 0.05;
    }

    @found or die "nothing in the server's log";

    return @found;
}


sub write_script {
    my ($kind, @found) = @_;

    my $text = $kind eq 'post' ? "\\set n random(1, 9000000000000000)\n"
                               : "\\set n random(1, $users)\n";
    $text .= "\\set t random(1, 9000000000000000)\n";

    my $open = 0;

    for (@found) {
        my ($sql, $params) = @$_;

        # each segment begins with the tenant's admission

        if ($sql =~ /set_config/) {
            $text .= "\\endpipeline\n" if $open;
            $text .= "\\startpipeline\n";
            $open = 1;
        }

        $sql =~ s/\$(\d+)/expression($kind, $1, $params->[$1 - 1])/ge;

        # pgbench takes a colon for a variable's even within a string

        $sql =~ s/'((?:[^']|'')*)'/literal($1)/ge;

        $text .= "$sql;\n";
    }

    $text .= "\\endpipeline\n";

    # a PUT writes on the condition of the version that it has read

    open my $out, '>', "$dir/$kind.sql" or die "$kind.sql: $!";
    print $out $text;
    close $out;
}


# the least that a read by id can be: no admission of a tenant, no row level
# security, no arrays

sub write_plain {
    open my $out, '>', "$dir/plain.sql" or die "plain.sql: $!";
    print $out <<"EOS";
\\set n random(1, $users)
select id, version, created, modified, doc from scim.resource
 where tenant = 'acme'
   and id = ('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid;
EOS
    close $out;
}


sub literal {
    my ($text) = @_;

    return "'$text'" unless $text =~ s/:/\\x3a/g;

    $text =~ s/\\(?!x3a)/\\\\/g;

    return "E'$text'";
}


# what stands in the statement for its parameter number $i

sub expression {
    my ($kind, $i, $value) = @_;

    my $row = $kind eq 'post' ? q{lpad(:n::text, 32, '0')::uuid}
        : q{('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid};

    return $value if $value eq 'NULL';
    return "$value\::boolean" if $value =~ /^'[tf]'$/;
    return "$value\::boolean[]" if $value =~ /^'\{[tf](,[tf])*\}'$/;
    return "array[$row]" if $value =~ /^'\{[0-9a-f-]{36}\}'$/;

    if ($value =~ /^'[0-9a-f-]{36}'$/) {
        return $row if $i == 2;
        return "(lpad(:t::text, 16, '0') || lpad(:n::text, 16, '0'))::uuid";
    }

    # a PUT writes on the condition of the version that it has read

    if ($kind eq 'put' && $i == 16) {
        return "(select version from scim.resource "
               . "where tenant = 'acme' and id = $row)";
    }

    # names, and documents that hold them

    $value =~ s/captured\@/new~n~\@/g;
    $value =~ s/user7\@/user~n~\@/g;
    $value =~ s/captured/title ~t~/g;

    my $type = $value =~ /^'\{[^:]*\}'$/ ? 'text[]' : 'text';

    $value = "replace($value, '~n~', :n::text)" if $value =~ /~n~/;
    $value = "replace($value, '~t~', :t::text)" if $value =~ /~t~/;

    return $value =~ /^replace/ || $type ne 'text' ? "$value\::$type" : $value;
}


sub wrk {
    my ($name, $time) = @_;

    local %ENV = (%ENV,
        BENCH_OPERATION => $name,
        BENCH_PATH => '/scim/v2',
        BENCH_TOKEN => $SECRET{acme},
        BENCH_IDS => "$dir/ids",
        BENCH_BODY => "$FindBin::Bin/user.json",
        BENCH_TAG => int(time * 1000),
        BENCH_GROUP => $groups{$name} ? $groups{$name}[0] : '',
        BENCH_CURSOR => $cursor{$name} // '',
    );

    my @cmd = ('wrk', '-t1', "-c$clients", "-d${time}s", '--latency',
               '-s', "$FindBin::Bin/requests.lua",
               "http://127.0.0.1:$nginx->{port}");
    my @before = cpu();
    my $text = `@cmd`;
    my @after = cpu();

    my %r;
    ($r{rate}) = $text =~ m{Requests/sec:\s+([\d.]+)} or die "wrk: $text";
    my ($n) = $text =~ /(\d+) requests in/;
    $r{nginx} = ($after[0] - $before[0]) / $n;
    $r{postgres} = ($after[1] - $before[1]) / $n;
    $r{p50} = msec($text =~ /50%\s+([\d.]+)(us|ms|s)/);
    $r{p99} = msec($text =~ /99%\s+([\d.]+)(us|ms|s)/);

    $text =~ /Non-2xx or 3xx responses: (\d+)/
        and warn "$name: $1 answers were not 2xx\n";

    return \%r;
}


# processor time so far, in microseconds: the worker's, and PostgreSQL's

sub cpu {
    my ($worker) = $nginx->workers;
    my @cpu = (0, 0);

    for my $dir (glob '/proc/[0-9]*') {
        my ($pid, $parent, $times) = SCIM::Nginx::slurp("$dir/stat")
            =~ /^(\d+) \(.*\) \S (\d+)(?: \S+){9}((?: \d+){4})/ or next;
        my ($user, $sys, @ended) = split ' ', $times;

        $cpu[0] += $user + $sys if $pid == $worker;
        $cpu[1] += $user + $sys if $parent == $pg->{pid};
        $cpu[1] += $ended[0] + $ended[1] if $pid == $pg->{pid};
    }

    return map { $_ * 1e6 / POSIX::sysconf(POSIX::_SC_CLK_TCK()) } @cpu;
}


sub msec {
    my ($n, $unit) = @_;
    return $n * { us => 0.001, ms => 1, s => 1000 }->{$unit};
}


sub pgbench {
    my ($kind) = @_;

    my $c = $pgbench{$kind}{clients};
    my $bin = $pg->bin('pgbench');
    my $user = $pgbench{$kind}{user} // 'scim_module';
    my @cmd = ($bin, '-n', '-M', 'prepared', '-U', $user,
               '-h', $pg->{dir}, '-c', $c, '-j', 1, '-T', $seconds,
               '-f', "$dir/$kind.sql", 'scim');
    my $text = `@cmd 2>&1`;

    $text =~ /tps = ([\d.]+)/ or die "pgbench: $text";

    return { rate => $1 };
}


sub median {
    my ($runs, $what) = @_;
    my @sorted = sort { $a <=> $b } map { $_->{$what} } @$runs;
    return $sorted[$#sorted / 2];
}


sub rss {
    my ($pid) = $nginx->workers;
    my ($kb) = SCIM::Nginx::slurp("/proc/$pid/status") =~ /VmRSS:\s+(\d+)/;
    return $kb;
}


sub table {
    my $ref = median($http{ref}, 'rate');

    printf "%d users, %d clients, one worker, medians of %d rounds of %d s\n\n",
           $users, $clients, $rounds, $seconds;
    print "| what | requests/s | p50 ms | p99 ms | CPU µs nginx + PostgreSQL "
          . "| of `return 200` | pgbench/s (clients) | of pgbench |\n";
    print "|---|---|---|---|---|---|---|---|\n";

    for my $row (@rows) {
        my ($name, $title, $against) = @$row;
        my $rate = median($http{$name}, 'rate');

        printf "| %s | %.0f | %.2f | %.2f | %.1f + %.1f | %.2f |", $title,
               $rate, median($http{$name}, 'p50'),
               median($http{$name}, 'p99'), median($http{$name}, 'nginx'),
               median($http{$name}, 'postgres'), $rate / $ref;

        if ($against) {
            my $tps = median($sql{$against}, 'rate');
            printf " %.0f (%d) | %.2f |\n", $tps,
                   $pgbench{$against}{clients}, $rate / $tps;

        } else {
            print " | |\n";
        }
    }

    if ($http{member10} && $http{member100000}) {
        printf "\nOne member: the group of 100,000 costs %.2f of what the "
               . "group of 10 does\n",
               median($http{member10}, 'rate')
               / median($http{member100000}, 'rate');
    }

    if ($sql{plain}) {
        my $plain = median($sql{plain}, 'rate');

        printf "\nA plain select by primary key as the tables' owner (8): "
               . "%.0f/s; GET: %.2f of it\n",
               $plain, median($http{get}, 'rate') / $plain;
    }
}


# a minute to warm up, then how much the worker grows

sub memory {
    return unless $soak;

    wrk('mixed', 60);
    my $before = rss();

    wrk('mixed', $soak);
    my $after = rss();

    printf "\nWorker memory under mixed load: %d kB, after %d s %d kB "
           . "(drift %d kB)\n", $before, $soak, $after, $after - $before;
}
