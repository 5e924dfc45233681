# The schema moves on under load.  A database of contract 1 has data and an old
# module that writes; the new module is there before sql/ is applied, and
# answers 503 until it is.  Then the files are applied again, while everything
# goes on.

use strict;
use warnings;

use File::Basename;
use File::Glob 'bsd_glob';
use lib dirname(__FILE__) . '/../lib';

use SCIM::Nginx;
use SCIM::Parallel qw(background);
use SCIM::Postgres;
use SCIM;
use Test::More;
use Time::HiRes qw(sleep time);

my $USER = SCIM::USER();
my $folder = dirname(__FILE__);
my $pg = SCIM::Postgres->new;

$pg->psql('postgres', '-c', 'create database old');

my ($nginx, $client);

sub sql { return $pg->psql('old', '-c', $_[0]) }


# all files of a folder, each again when it has waited too long for a lock

sub apply {
    my ($from) = @_;

    for my $file (sort(bsd_glob("$folder/$from/*.sql"))) {
        my $done = 0;

        for (1 .. 5) {
            last if $done = eval { $pg->psql('old', '-f', $file); 1 };
        }

        die "$file: $@" unless $done;
    }
}


sub touch { open my $out, '>', $_[0] or die "$_[0]: $!" }


# what psql says to a role, errors too

sub psql {
    my ($user, @args) = @_;

    local @ENV{qw(PGHOST PGPORT PGUSER PGDATABASE)} =
        ($pg->{dir}, $pg->{port}, $user, 'old');

    my @command = map { "'$_'" } $pg->bin('psql'), '-XAtq', @args;
    return qx{@command 2>&1};
}


# what a module of contract 1 sends to make a user, in one session, until it is
# told to stop; the outcomes, in order

sub old_module {
    my ($p, $stop) = @_;

    my $script = "$nginx->{dir}/old-$p.psql";
    open my $out, '>', $script or die "$script: $!";

    print $out <<'EOS';
\set VERBOSITY sqlstate
prepare old_create(uuid, text, uuid) as
with t as materialized (
    select from scim.tenant where name = 'acme' and enabled
), r as (
    insert into scim.resource (tenant, id, type, name, name_key, active, doc)
    select 'acme', $1, 'User', $2, $2, true, jsonb_build_object('userName', $2)
    from t on conflict do nothing returning 1
), a as (
    insert into scim.audit (tenant, request_id, token_name, op, resource_type,
                            resource_id, status, version_to)
    select 'acme', $3, 'idp', 'create', 'User', $1, 201, 1 from r returning 1
), c as (
    update scim.tenant set users = users + 1, active_users = active_users + 1
    where name = 'acme' and exists (select from r) returning 1
)
select 'done' from r, a, c;
EOS

    for my $i (1 .. 4000) {
        my $request = sprintf '%012x7%03x8%03x%012x', time * 1000, $p,
                              rand 4096, $i;
        print $out <<"EOS";
begin;
select set_config('scim.tenants', 'acme', true) \\g /dev/null
execute old_create(gen_random_uuid(), 'old-$p-$i', '$request');
commit;
\\set stop `test -e '$stop' && echo 1 || echo 0`
\\if :stop
\\q
\\endif
EOS
    }

    close $out;

    my @lines = psql('scim_module', '-f', $script);
    chomp @lines;
    s/^psql:.*: +ERROR: +// for @lines;

    return \@lines;
}


# POST, GET, PUT, PATCH, until told to stop: how often which status, and names
# that are to be there

sub load {
    my ($p, $stop) = @_;

    my $client = $nginx->client(timeout => 60);
    my (%n, @made);

    for (my $i = 1; !-e $stop; $i++) {
        my $body = { schemas => [ $USER ], userName => "new-$p-$i" };
        my $res = $client->request('POST', '/Users', body => $body);

        $n{"POST $res->{status}"}++;

        if ($res->{status} != 201) {
            sleep 0.02;
            next;
        }

        push @made, "new-$p-$i";
        my $path = '/Users/' . $res->json->{id};

        $body->{title} = 'a';
        $res = $client->request('PUT', $path, body => $body);
        $n{"PUT $res->{status}"}++;

        $res = $client->request('PATCH', $path, body => {
            schemas => [ 'urn:ietf:params:scim:api:messages:2.0:PatchOp' ],
            Operations => [ { op => 'add', path => 'title', value => 'b' } ],
        });
        $n{"PATCH $res->{status}"}++;

        $res = $client->request('GET', $path);
        $n{"GET $res->{status}"}++;
    }

    return { n => \%n, made => \@made };
}


# all acknowledged names are there, and nothing but those and the others

sub check_made {
    my ($what, @loads) = @_;

    my %there = map { $_ => 1 } split /\n/,
        sql("select name from scim.resource where name like 'new-%'");
    my @lost = grep { !delete $there{$_} } map { @{ $_->{made} } } @loads;

    is("@lost", '', "$what: no acknowledged write is lost");
    return keys %there;
}


sub statuses {
    my %n;

    for my $load (@_) {
        $n{$_} += $load->{n}{$_} for keys %{ $load->{n} };
    }

    return %n;
}


# --- from contract 1, with a module of it that writes

apply('../sql/fixtures/contract-1');
sql(<<'END');
select scim.create_tenant('acme');
insert into scim.resource (tenant, id, type, name, name_key, doc)
select 'acme', ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid,
       'User', 'first-' || i, 'first-' || i,
       jsonb_build_object('schemas', jsonb_build_array(
           'urn:ietf:params:scim:schemas:core:2.0:User'),
           'userName', 'first-' || i)
from generate_series(1, 100) i;
update scim.tenant set users = 100, active_users = 100;
insert into scim.audit (tenant, request_id, token_name, op, resource_type,
                        resource_id, status)
select 'acme', case when i <= 5 then gen_random_uuid()
                    else ('0190' || lpad(to_hex(i), 8, '0')
                          || '70008000000000000000')::uuid end,
       't', 'create', 'User', gen_random_uuid(), 201
from generate_series(1, 30000) i;
END

$nginx = SCIM::Nginx->new(
    conninfo => $pg->conninfo =~ s/dbname=scim/dbname=old/r,
    workers => 1)->start;
$client = $nginx->client;

my $path = '/Users/00000000-0000-7000-8000-000000000001';

is($client->request('GET', $path)->{status}, 503, 'not applied: no read');
is($client->request('POST', '/Users', body => { schemas => [ $USER ],
       userName => 'early' })->{status}, 503, 'nor write');
like($nginx->error_log, qr/schema "scim" is older than this module/,
     'and the log says why');

my $stop = "$nginx->{dir}/stop-1";
my $stop_old = "$nginx->{dir}/stop-old";
my @old = map { background(\&old_module, $_, $stop_old) } 1, 2;
my @new = map { background(\&load, $_, $stop) } 1, 2;

SCIM::Nginx::wait_for('the old module to write', sub {
    sql("select count(*) from scim.resource where name like 'old-1-%'") > 20;
});

is(sql("select count(*) from scim.resource where name like 'new-%'"), 0,
   'the new one writes nothing yet');

apply('../../sql');

SCIM::Nginx::wait_for('the new module to write', sub {
    sql("select count(*) from scim.resource where name like 'new-%'") > 20;
}, 30);

touch($stop_old);
@old = map { $_->() } @old;
touch($stop);
@new = map { $_->() } @new;

my %n = statuses(@new);

is(join(' ', sort grep { !/^POST (201|503)$|^(GET|PUT|PATCH) 200$/ } keys %n),
   '', 'the new module: 503, then all is done');
ok($n{'POST 503'} && $n{'POST 201'}, 'both of them');
is(join(' ', check_made('after the upgrade', @new)), '',
   'and none is there that was not');

for my $lines (@old) {
    my $text = join ' ', @$lines;

    $text =~ s/\b(\S+)( \1)*\b/$1/g;
    is($text, 'done 42501',
       'the old module writes, and then is refused: nothing else');
}

my $done = grep { $_ eq 'done' } map { @$_ } @old;

is(sql("select count(*) from scim.resource where name like 'old-%'"), $done,
   'what it was told that it wrote is there, and no more');
is(sql("select count(*) from scim.audit a join scim.resource r "
       . "on r.id = a.resource_id and r.name like 'old-%'"), $done,
   'with its audit rows');
is(sql("select count(*) from scim.audit a "
       . "where not exists (select from scim.resource r "
       . "where r.id = a.resource_id)"), 30000, 'and those of before');
is(sql("select users from scim.tenant where name = 'acme'"),
   sql("select count(*) from scim.resource where tenant = 'acme'"),
   'the count of users');
is($client->request('GET', $path)->json->{userName}, 'first-1',
   'a user of before');

is(join('', psql('scim_module', '-c',
       q{begin; set local scim.tenants = acme; }
       . q{select doc ->> $$userName$$ from scim.resource }
       . q{where tenant = $$acme$$ and name_key = $$first-2$$; commit})),
   "first-2\n", 'the old module reads');


# --- applied again, on a database that is in use

$stop = "$nginx->{dir}/stop-2";
@new = map { background(\&load, $_, $stop) } 11 .. 14;

my $things = q{select md5(string_agg(x, ',' order by x)) from (
    select relname || coalesce(relacl::text, '') || relkind::text as x
    from pg_class where relnamespace = 'scim'::regnamespace
    union all select oid::regprocedure::text || prosrc from pg_proc
    where pronamespace = 'scim'::regnamespace
    union all select polname || polrelid::regclass from pg_policy) x};
my $before = sql($things);

for my $round (1 .. 3) {
    my $there = sql("select count(*) from scim.audit");

    SCIM::Nginx::wait_for('writes', sub {
        sql("select count(*) from scim.audit") > $there + 20;
    }, 60);

    apply('../../sql');
}

touch($stop);
@new = map { $_->() } @new;
%n = statuses(@new);

is(join(' ', sort keys %n), 'GET 200 PATCH 200 POST 201 PUT 200',
   'applied again: no request fails');
check_made('applied again', @new);
is(sql($things), $before, 'and nothing is different');


# --- a schema that has left this module behind

sql('update scim.schema_version set contract = 4, module_min = 4, '
    . 'module_max = 4');
sql("select pg_terminate_backend(pid) from pg_stat_activity "
    . "where usename = 'scim_module'");

SCIM::Nginx::wait_for('503', sub {
    $client->request('GET', $path)->{status} == 503;
});

is($client->request('POST', '/Users', body => { schemas => [ $USER ],
       userName => 'late' })->{status}, 503, 'a newer schema: nothing is done');

# the log says so once a minute; another worker does not know yet

$nginx->reload;

SCIM::Nginx::wait_for('the log to say why', sub {
    $client->request('GET', $path);
    $nginx->error_log =~ /schema "scim" is too new for this module/;
});

like(join('', psql('postgres', '-f', "$folder/../../sql/001_roles.sql")),
     qr/the database has contract 4/, 'sql/ of this contract refuses it');

sql('update scim.schema_version set contract = 3, module_min = 3, '
    . 'module_max = 3');

SCIM::Nginx::wait_for('200', sub {
    $client->request('GET', $path)->{status} == 200;
});
pass('it heals by itself');

$nginx->finish(qr/scim database "main"/);
done_testing;
