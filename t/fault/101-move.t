# A tenant moves to another database, with docs/examples/move-tenant.sh: people,
# groups, events, tokens and audit are the same there, and the neighbour stays.

use strict;
use warnings;

use Cwd 'abs_path';
use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Conf '%SECRET';
use SCIM::Nginx;
use SCIM::Postgres;
use SCIM;
use Test::More;

my $USER = SCIM::USER();
my $GROUP = SCIM::GROUP();
my $script = abs_path(dirname(__FILE__)
                      . '/../../docs/examples/move-tenant.sh');

my $old = SCIM::Postgres->new;
my $new = SCIM::Postgres->new;

$new->sql("delete from scim.tenant where name = 'acme'");

my $nginx = SCIM::Nginx->new(
    conninfo => $old->conninfo,
    http => 'scim_database eu "' . $new->conninfo . '";',
    tenants => { acme => 'token_source both; token_cache 0;' },
)->start;
my $client = $nginx->client;


# what the script says, and whether it is content

sub move {
    my ($command, $tenant) = @_;

    my @db = map { "host=$_->{dir} port=$_->{port} dbname=scim user=postgres" }
             $old, $new;

    local $ENV{PATH} = dirname($old->bin('psql')) . ":$ENV{PATH}";
    open my $out, '-|', 'sh', '-c', 'exec sh "$@" 2>&1', 'sh', $script,
                        $command, @db, $tenant // 'acme' or die "sh: $!";
    my $text = do { local $/; <$out> };
    close $out;

    return ($? == 0, $text);
}


sub create {
    my ($as, $path, $body) = @_;

    my $res = $client->request('POST', $path, as => $as, body => $body);
    return $res->{status} == 201 ? $res->json->{id} : $res->{status};
}


# what is there of a tenant, by table, but for the switch and for refusals

sub sums {
    my ($pg, $tenant) = @_;

    my %where = (audit => 'and status < 300');
    my %columns = map { /(\w+)\|(.*)/ } split /\n/, $old->sql(
        "select relname, string_agg('x.' || quote_ident(attname), ', ' "
        . "order by attname) "
        . "from pg_class c join pg_attribute on attrelid = c.oid "
        . "where relnamespace = 'scim'::regnamespace and relkind in ('r', 'p') "
        . "and not relispartition and relname <> 'schema_version' "
        . "and attnum > 0 and not attisdropped "
        . "and (relname, attname) <> ('tenant', 'enabled') group by 1");

    return { map {
        my $key = $_ eq 'tenant' ? 'name' : 'tenant';
        $_ => $pg->sql("select count(*), md5(string_agg(t, ';' order by t)) "
                       . "from (select ($columns{$_})::text as t "
                       . "from scim.$_ x where $key = '$tenant' "
                       . ($where{$_} // '') . ') y')
    } keys %columns };
}


my %user = map {
    my $as = $_;
    $as => [ map { create($as, '/Users', { schemas => [ $USER ],
                       userName => "u$_",
                       emails => [ { value => "u$_\@x.de" } ] }) } 1 .. 20 ]
} 'acme', 'globex';

my $group = create('acme', '/Groups', { schemas => [ $GROUP ],
    displayName => "Ex \\ \t it", members => [ map { { value => $_ } }
                                               @{ $user{acme} }[0 .. 9] ] });
create('acme', '/Groups', { schemas => [ $GROUP ], displayName => 'Outer',
                            members => [ { value => $group } ] });
$client->request('DELETE', "/Users/$user{acme}[0]");

my $token = $old->sql("select scim.issue_token('acme', 'own', '1 day', null, "
                      . "'{}')");
$SECRET{own} = $token;

$old->sql(<<"END");
select count(*) from scim.events('app', 'acme', 1000);
select scim.ack('app', 'acme', 9);
select scim.once('acme', '$user{acme}[1]', 'invite');
select scim.count_failures('{acme,globex}', '{x,x}', '{3,4}');
select scim.import_user('acme', 'ref-1', '{"userName": "imported"}', true);
insert into scim.audit (tenant, request_id, token_name, op, resource_type,
                        status)
select 'acme', id::uuid, 't', 'create', 'User', 201
from unnest(array['019a0000-0000-7000-8000-000000000001',
                  'f0000000-0000-4000-8000-000000000001']) id;
END

is($client->request('GET', "/Users/$user{acme}[1]", as => 'own')->{status},
   200, 'a token of the database');

my $before = sums($old, 'acme');
my $neighbour = sums($old, 'globex');

is(join(' ', grep { $before->{$_} =~ /^0/ } sort keys %$before), '',
   'there is something of everything');

# first in vain: one row is in the way

$new->sql("insert into scim.event (tenant, n, type, resource_type, "
          . "resource_id) values ('acme', 3, 'x', 'User', gen_random_uuid())");

my ($good, $text) = move('copy');
ok(!$good, 'no copy where something is in the way');
is($new->sql("select count(*) from scim.resource"), 0, 'nothing is there then');
is(create('acme', '/Users', { schemas => [ $USER ], userName => 'late' }), 403,
   'writes are refused meanwhile');
is($client->request('GET', "/Users/$user{acme}[1]")->{status}, 403,
   'the tenant is shut');
is(create('globex', '/Users', { schemas => [ $USER ], userName => '' }), 400,
   'the neighbour is not');

$new->sql('delete from scim.event');

for my $command ('enable', 'delete') {
    ($good, $text) = move($command);
    ok(!$good, "no \"$command\" before the copy") or diag($text);
}

# then in earnest

my $shut = sums($old, 'acme');
($good, $text) = move('copy');
ok($good, 'copied') or diag($text);
like($text, qr/^resource\t22$/m, 'how many rows, it says');
is_deeply(sums($new, 'acme'), $shut, 'everything is the same');
is($new->sql("select count(*) from scim.audit_default where tenant = 'acme'"),
   1, 'the audit is in its months, but for what has none');
($good, $text) = move('delete');
ok(!$good, 'no "delete" before the other is enabled');

$nginx->write_conf(tenants => {
    acme => 'token_source both; token_cache 0; database eu;' });
$nginx->reload;

# who was there before the reload may take a connection until he has gone

SCIM::Nginx::wait_for('the old worker to go', sub {
    (() = $nginx->workers) == 1;
});

($good, $text) = move('enable');
ok($good, 'enabled') or diag($text);

SCIM::Nginx::wait_for('the new database', sub {
    $client->request('GET', "/Users/$user{acme}[1]")->{status} == 200;
});

is($client->request('GET', "/Groups/$group")->json->{displayName},
   "Ex \\ \t it", 'the group is there');
is($client->request('GET', "/Users/$user{acme}[1]", as => 'own')->{status},
   200, 'the token of the database, too');

my $last = $new->sql("select event_no from scim.tenant where name = 'acme'");
like(create('acme', '/Users', { schemas => [ $USER ], userName => 'u50' }),
     qr/-/, 'writes go on');
is($new->sql("select max(n) - $last from scim.event where tenant = 'acme'"), 1,
   'with the next number');
is($new->sql("select min(n) from scim.events('app', 'acme', 5)"), 10,
   'the consumer goes on where it was');

($good, $text) = move('delete');
ok($good, 'deleted') or diag($text);

is(join(' ', map { "$_ " . sums($old, 'acme')->{$_} } keys %$before),
   join(' ', map { "$_ 0|" } keys %$before), 'nothing is left');
is_deeply(sums($old, 'globex'), $neighbour, 'of the neighbour, everything');
ok(!(move('copy', "x'; drop schema scim"))[0], 'names are checked');

$nginx->finish;
done_testing;
