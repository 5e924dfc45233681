#!/usr/bin/perl

# What events, the audit and the tenant's row cost a write: pgbench inserts a
# user as the module's role, first alone, then with one thing more at a time,
# into one tenant and into 50; and the module does the whole of it over HTTP.
# Called by "make bench"; prints a table for docs/benchmarks.md.
#
#   BENCH_SECONDS  length of a run (5)        BENCH_ROUNDS   rounds (3)
#   BENCH_CLIENTS  connections of wrk (32)    BENCH_TENANTS  tenants (50)

use strict;
use warnings;

use Cwd 'abs_path';
use Digest::SHA 'sha256_hex';
use File::Temp 'tempdir';
use FindBin;
use lib "$FindBin::Bin/../lib";
use Time::HiRes 'time';

use SCIM::Nginx;
use SCIM::Postgres;

$ENV{TEST_NGINX_LOAD_MODULES} ||=
    abs_path("$FindBin::Bin/../../objs/ngx_http_scim_module.so");

my $seconds = $ENV{BENCH_SECONDS} || 5;
my $rounds = $ENV{BENCH_ROUNDS} || 3;
my $clients = $ENV{BENCH_CLIENTS} || 32;
my $tenants = $ENV{BENCH_TENANTS} || 50;

my $work = 6;              # connections: pgbench's, and the work lane's

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
    http => join "\n", 'keepalive_requests 100000000;', map {
        "scim_tenant t$_ { token bearer sha256=" . sha256_hex("secret $_")
        . ' name=bench expires=2099-12-31; }' } 1 .. $tenants,
);

# what is added from row to row

my @rows = (
    [ user => 'the user, its keys' ],
    [ audit => 'and the audit row' ],
    [ event => 'and the event, its number from a sequence' ],
    [ ledger => 'and the tenant\'s row: numbers, counts, seats' ],
    [ http => 'POST /Users: the same by the module' ],
);

my %rate;

$nginx->start;

prepare();

for my $round (1 .. $rounds) {
    for my $row (@rows) {
        for my $n (1, $tenants) {
            my $name = $row->[0];
            push @{ $rate{$name}{$n} },
                 $name eq 'http' ? wrk($n) : pgbench($name, $n);
        }
    }
}

table();

$nginx->quit;


sub prepare {
    $pg->sql("select scim.create_tenant('t' || n) "
             . "from generate_series(1, $tenants) n");
    $pg->sql('create sequence bench; '
             . 'grant usage on sequence bench to scim_module');

    for my $row (@rows) {
        next if $row->[0] eq 'http';

        open my $out, '>', "$dir/$row->[0].sql" or die "$row->[0].sql: $!";
        print $out script($row->[0]);
        close $out;
    }
}


sub script {
    my ($name) = @_;

    my $text = <<'EOS';
\set t random(1, :tenants)
\set a random(1, 9000000000000000)
\set b random(1, 9000000000000000)
\startpipeline
select pg_catalog.set_config('scim.tenants', 't' || :t::text, true),
       pg_catalog.set_config('scim.contract', '3', true);
EOS

    $text .= <<'EOS' if $name eq 'ledger';
select enabled, max_active from scim.tenant
 where name = 't' || :t::text for no key update;
EOS

    $text .= <<'EOS';
with r as (
    insert into scim.resource (tenant, id, type, name, name_key, external_id,
                               doc, last_write)
    values ('t' || :t::text,
            (lpad(:a::text, 16, '0') || lpad(:b::text, 16, '0'))::uuid, 'User',
            'u' || :a::text || :b::text, 'u' || :a::text || :b::text,
            'u' || :a::text || :b::text, :doc::text::jsonb, now())
    on conflict do nothing
    returning tenant, id, version
), k as (
    insert into scim.resource_key (tenant, type, attr, key, id)
    select r.tenant, 'User', 'emails.value', 'u' || :a::text || :b::text, r.id
    from r
    returning 1
EOS

    $text .= <<'EOS' unless $name eq 'user';
), a as (
    insert into scim.audit (tenant, request_id, token_name, op, resource_type,
                            resource_id, status, version_to)
    select r.tenant, gen_random_uuid(), 'bench', 'create', 'User', r.id, 201,
           r.version
    from r
    returning 1
EOS

    my %number = (event => "-nextval('bench')", ledger => 'u.event_no');
    my %from = (event => 'r', ledger => 'r, u');

    $text .= <<'EOS' if $name eq 'ledger';
), u as (
    update scim.tenant
    set event_no = event_no + 1, users = users + 1,
        active_users = active_users + 1
    where name = 't' || :t::text and exists (select from r)
    returning event_no
EOS

    $text .= <<"EOS" if $number{$name};
), e as (
    insert into scim.event (tenant, n, type, resource_type, resource_id,
                            version, external_id, token_name)
    select r.tenant, $number{$name}, 'user.created', 'User', r.id, r.version,
           'u' || :a::text || :b::text, 'bench'
    from $from{$name}
    returning 1
EOS

    return $text . ")\nselect count(*) from r;\n\\endpipeline\n";
}


sub document {
    open my $in, '<', "$FindBin::Bin/user.json" or die "user.json: $!";
    local $/;
    my $text = <$in>;

    $text =~ s/\@(NAME|TITLE)\@/somebody\@example.com/g;
    $text =~ s/\s+$//;

    return $text;
}


sub pgbench {
    my ($name, $n) = @_;

    my @cmd = ($pg->bin('pgbench'), '-n', '-M', 'prepared', '-U',
               'scim_module', '-h', $pg->{dir}, '-c', $work, '-j', 1,
               '-T', $seconds, '-D', "tenants=$n", '-D', 'doc=' . document(),
               '-f', "$dir/$name.sql", 'scim');

    open my $out, '-|', @cmd or die "pgbench: $!";
    my $text = join '', <$out>;
    close $out;

    $text =~ /tps = ([\d.]+)/ or die "pgbench: $text";

    return $1;
}


sub wrk {
    my ($n) = @_;

    open my $ids, '>', "$dir/ids" or die "ids: $!";
    print $ids "00000000-0000-7000-8000-000000000000 nobody\n";
    close $ids;

    local %ENV = (%ENV,
        BENCH_OPERATION => 'post',
        BENCH_PATH => '/scim/v2',
        BENCH_TOKEN => join("\n", map { "secret $_" } 1 .. $n),
        BENCH_IDS => "$dir/ids",
        BENCH_BODY => "$FindBin::Bin/user.json",
        BENCH_TAG => int(time * 1000),
    );

    open my $out, '-|', 'wrk', '-t1', "-c$clients", "-d${seconds}s", '-s',
         "$FindBin::Bin/requests.lua", "http://127.0.0.1:$nginx->{port}"
        or die "wrk: $!";
    my $text = join '', <$out>;
    close $out;

    $text =~ /Non-2xx or 3xx responses: (\d+)/
        and warn "$1 answers were not 2xx\n";

    $text =~ m{Requests/sec:\s+([\d.]+)} or die "wrk: $text";

    return $1;
}


sub median {
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[$#sorted / 2];
}


sub table {
    printf "\nOne write a commit, %d connections; POST with %d clients and "
           . "one worker; medians of %d rounds of %d s\n\n",
           $work, $clients, $rounds, $seconds;
    printf "| what is written | one tenant: writes/s | of the user alone "
           . "| %d tenants: writes/s | of the user alone |\n", $tenants;
    print "|---|---|---|---|---|\n";

    for my $row (@rows) {
        print "| $row->[1] |";

        for my $n (1, $tenants) {
            my $rate = median(@{ $rate{$row->[0]}{$n} });

            printf " %.0f | %.2f |", $rate,
                   $rate / median(@{ $rate{user}{$n} });
        }

        print "\n";
    }
}
