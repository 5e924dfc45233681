# Canaries: a string of its own in every value that a client, an application or
# a fault can bring along.  None may be found afterwards in a log, in a file of
# nginx, in a process title or command line, or in what PostgreSQL shows of the
# module's statements.  The settings are those of docs/operations.md.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use Digest::SHA 'sha256_hex';
use File::Find;
use MIME::Base64 'encode_base64';
use SCIM::Conf 'token_line';
use SCIM::Nginx;
use SCIM::Parallel 'background';
use SCIM::Postgres;
use SCIM;
use SCIM::Seeds;
use Test::More;
use Time::HiRes ();

# canary => what it stands in

my %bird;
my $flock = sprintf 'cnry%08xq', rand 2 ** 32;

sub bird {
    my ($what) = @_;
    my $bird = $flock . keys(%bird) . 'z';
    $bird{$bird} = $what;
    return $bird;
}

sub secret {
    my ($what) = @_;
    my $secret = bird($what);
    $bird{sha256_hex($secret)} = "digest of $what";
    return $secret;
}

my ($token, $password, $next) = map { secret($_) } 'a token',
    "Basic's password", 'an expired token';
my $user = '4711';

$bird{encode_base64("$user:$password", '')} = 'Basic';

my $pg = SCIM::Postgres->new(conf => join "\n", 'log_error_verbosity = terse',
    'log_parameter_max_length_on_error = 0', 'log_line_prefix = \'%a %u \'',
    '');

$pg->sql('alter role scim_module set log_min_messages = fatal');

my $nginx = SCIM::Nginx->new(
    conninfo  => $pg->conninfo, database => 'timeout=5s', workers => 2,
    log_level => 'notice',
    tenants   => {
        acme => token_line($token, name => 'canary') . "\n"
                . token_line($password, name => 'basic', user => $user) . "\n"
                . "token_source both;\ntoken_cache 1s;\n"
                . 'unknown_attributes keep;',
        globex => "unknown_attributes reject;\nprofile strict;\n"
                  . 'adopt emails;' },
    http      => SCIM::Seeds::log_format(),
    server    => 'access_log scim.log scim;',
    location  => 'access_log scim.log scim; client_max_body_size 64k; '
                 . 'client_body_buffer_size 64k;')->start;

# when the folder of bodies that do not fit into memory was last written to

sub spooled { return (Time::HiRes::stat("$nginx->{dir}/tmp/body"))[9] }

my $spooled = spooled();

$SCIM::Conf::SECRET{canary} = $token;
$SCIM::Conf::SECRET{basic} = SCIM::Seeds::as_basic($user, $password);

# as SQL, without a canary in a command line

sub quiet {
    my ($text) = @_;

    local @ENV{qw(PGHOST PGPORT PGUSER PGDATABASE)} =
        ($pg->{dir}, $pg->{port}, 'postgres', 'scim');
    my $file = "$ENV{SCIM_TEST_DIR}/canary.sql";

    open my $sql, '>', $file or die "$file: $!";
    print $sql $text;
    close $sql;

    my $result = `@{[ $pg->bin('psql') ]} -XAtq -f '$file' 2>&1`;
    unlink $file;

    return $result =~ s/\n\z//r;
}


# where they may be seen while the work goes on

my %seen;

sub look {
    my ($where, $text) = @_;

    while ($text =~ /(.{0,60}($flock\d+z).{0,20})/gi) {
        $seen{"$bird{lc $2}, in $where"} = $1;
    }

    for my $bird (grep { !/^$flock/ } keys %bird) {
        $seen{"$bird{$bird}, in $where"} = $bird if index($text, $bird) >= 0;
    }
}

sub look_around {
    look('pg_stat_activity', $pg->sql(
        "select string_agg(query, chr(10)) from pg_stat_activity "
        . "where usename = 'scim_module'"));

    for my $pid ($nginx->pid, $nginx->workers, $pg->{pid},
                 $pg->{pid} ? $pg->backends_by_proc : ())
    {
        next unless $pid;
        look("/proc/$_", SCIM::Nginx::slurp("/proc/$pid/$_"))
            for qw(cmdline comm environ);
    }

    look('ps', `ps -eo comm,args 2>/dev/null`);
}

my %statuses;

sub ask {
    my ($as, $method, $path, $body, %opt) = @_;

    my $res = $nginx->client(as => $as)->request($method, $path,
        (defined $body ? (body => $body) : ()), %opt);

    $statuses{$res->{status}}++;
    look('an answer', $res->{body}) if $res->{status} >= 400;
    look_around() if $pg->{pid};

    return $res;
}

sub created {
    my $res = ask(@_);
    is($res->{status}, 201, "made: $_[2]") or diag($res->describe);
    return $res->json->{id};
}

my $own = 'urn:ietf:params:scim:schemas:extension:canary:1.0:User';

sub person {
    my ($n, %more) = @_;
    my $b = sub { bird("$_[0] $n") };

    return {
        schemas => [ SCIM::USER, SCIM::ENTERPRISE ], active => SCIM::T,
        password => secret("password $n"),
        (map { $_ => $b->($_) } qw(userName externalId displayName nickName
            title userType preferredLanguage locale timezone)),
        profileUrl => 'https://' . $b->('profileUrl') . '.example',
        name => { map { $_ => $b->($_) } qw(formatted familyName givenName
            middleName honorificPrefix honorificSuffix) },
        (map { my $list = $_;
               $_ => [ { map { $_ => $b->("$list.$_") }
                         qw(value display type) } ] }
             qw(emails phoneNumbers ims photos entitlements roles)),
        addresses => [ { map { $_ => $b->($_) } qw(formatted streetAddress
            locality region postalCode country type) } ],
        x509Certificates => [ { value => $b->('certificate') } ],
        SCIM::ENTERPRISE, {
            (map { $_ => $b->($_) } qw(employeeNumber costCenter organization
                division department)),
            manager => { value => $b->('manager') } },
        %more };
}

sub ops { return { schemas => [ SCIM::PATCHOP ], Operations => [ @_ ] } }

sub esc { return SCIM::uri_escape($_[0]) }


# --- what goes well

my $first = person('one', $own => { bird('own name') => bird('own value') },
                   schemas => [ SCIM::USER, SCIM::ENTERPRISE, $own ]);
my $id = created('canary', 'POST', '/Users', $first);
my $other = created('acme', 'POST', '/Users', person('two'));

is(ask('canary', 'PUT', "/Users/$id", person('three'))->{status}, 200, 'PUT');
is(ask('basic', 'PATCH', "/Users/$id", ops(
    { op => 'replace', path => 'title', value => bird('PATCH') },
    { op => 'add', path => 'emails[type eq "' . bird('path') . '"].value',
      value => bird('PATCH, list') },
    { op => 'add', value => { nickName => bird('PATCH, no path') } }))
   ->{status}, 200, 'PATCH');

my $group = created('canary', 'POST', '/Groups', {
    schemas => [ SCIM::GROUP ], displayName => bird('group'),
    externalId => bird('group externalId'), members => [
        { value => $id, display => bird('member display') },
        { value => bird('member value') } ] });

ask('canary', 'PATCH', "/Groups/$group", ops(
    { op => 'replace', path => 'displayName', value => bird('group again') },
    { op => 'add', path => 'members', value => [ { value => $other } ] },
    { op => 'remove', path => 'members[value eq "' . bird('member path')
                              . '"]' }));

for my $filter ('userName eq "%s"', 'emails.value eq "%s"', 'title co "%s"',
                'externalId eq "%s" or not (name.familyName sw "%s")',
                'emails[type eq "%s" and value ew "%s"]', "$own:x eq \"%s\"",
                'meta.created gt "%s"', 'userName eq %s', '%s eq "1"', '(%s')
{
    my $text = $filter =~ s/%s/bird("filter $filter")/ger;
    ask('canary', 'GET', '/Users?filter=' . esc($text));
    ask('canary', 'POST', '/.search', { schemas => [ SCIM::SEARCH ],
                                        filter => $text });
}

ask('canary', 'GET', '/Users?' . join '&', map { "$_=" . bird($_) }
    qw(sortOrder startIndex count cursor unknown));

# names of attributes may be logged; what is no such name may not

ask('canary', 'GET', "/Users?$_=" . esc(bird($_) . '@example.com'))
    for qw(sortBy attributes excludedAttributes);
ask('canary', 'GET', '/Users?' . bird('name of a parameter') . '=1');
ask('canary', 'GET', '/Users/' . bird('id'));
ask('canary', 'GET', '/' . bird('endpoint'));
ask('canary', 'GET', '/' . bird('endpoint') . '/Users/' . bird('below'));
ask('canary', 'GET', "/Users/$id", undef, headers => [
    'If-None-Match' => 'W/"' . bird('If-None-Match') . '"',
    'X-Any' => bird('header'), Referer => 'http://' . bird('Referer'),
    'User-Agent' => bird('User-Agent'), Cookie => bird('Cookie') ]);
ask('canary', 'PUT', "/Users/$id", person('five'), headers => [
    'If-Match' => bird('If-Match') ]);
ask('canary', 'POST', '/Bulk', { schemas => [ SCIM::BULK ], Operations => [
    { method => 'POST', path => '/Users', bulkId => bird('bulkId'),
      data => person('bulk') },
    { method => 'PATCH', path => "/Users/$other",
      data => ops({ op => 'replace', path => 'title',
                    value => bird('Bulk PATCH') }) },
    { method => 'PUT', path => '/Users/' . bird('Bulk path'),
      data => person('bulk PUT') },
    { method => 'POST', path => '/Groups', bulkId => 'g', data => {
        schemas => [ SCIM::GROUP ], displayName => bird('Bulk group'),
        members => [ { value => 'bulkId:' . bird('reference') } ] } } ] });


created('canary', 'POST', '/Users', person('large', $own => {
    map { bird('own name') => bird('own value') } 1 .. 400 }),
    chunked => [ 1000 ]);


# --- what does not

ask('canary', 'POST', '/Users', person('twice', userName =>
                                       $first->{userName})) for 1, 2;
ask('canary', 'PUT', "/Users/$other", person('taken',
    externalId => ask('canary', 'GET', "/Users/$id")->json->{externalId}));
ask('canary', 'POST', '/Users', '{"userName":"' . bird('cut off'));
ask('canary', 'POST', '/Users', bird('no JSON'));
ask('canary', 'POST', '/Users', '{"userName":"' . bird('a key twice')
                                . '","userName":"' . bird('again') . '"}');
ask('canary', 'POST', '/Users', "{\"userName\":\"" . bird('not UTF-8')
                                . "\xff\"}");
ask('canary', 'POST', '/Users', person('type', active => bird('boolean')));
ask('canary', 'POST', '/Users', person('object', name => bird('no object')));
ask('canary', 'POST', '/Users', person('long', title => bird('long') x 2000));
ask('canary', 'POST', '/Users', person('body', title => bird('huge')
                                                       x 10000));
ask('canary', 'POST', '/Users', person('chunked', title => bird('chunked')
    x 10000), chunked => [ 5000 ]);
ask('canary', 'PATCH', "/Users/$id", ops(
    { op => bird('op'), path => 'title', value => 'x' }));
ask('canary', 'PATCH', "/Users/$id", ops(
    { op => 'replace', path => bird('unknown path'), value => 'x' }));
ask('canary', 'PATCH', "/Users/$id", ops(
    { op => 'replace', path => 'emails[' . bird('bad filter'),
      value => 'x' }));
ask('globex', 'POST', '/Users', user_of('reject', bird('unknown name'),
                                        bird('unknown value')));
ask('globex', 'PATCH', "/Users/$id", ops(
    { op => 'replace', path => 'active', value => bird('strict') }));
ask('canary', 'POST', '/Users', person('media'), type => bird('type'));

sub user_of {
    my ($n, @more) = @_;
    return { schemas => [ SCIM::USER ], userName => bird("userName $n"),
             @more };
}

for my $credential ('Bearer ' . secret('a wrong token'),
                    'Bearer scim_acme_' . secret('one like ours'),
                    'Bearer scim_' . secret('a tenant in it') . '_x',
                    SCIM::Seeds::as_basic('4711', secret('wrong password')),
                    SCIM::Seeds::as_basic(secret('wrong user'), 'x'),
                    SCIM::Seeds::as_basic('acme', secret('database password')),
                    'Basic ' . secret('no base64'),
                    secret('no scheme'), 'Digest ' . secret('scheme'))
{
    $bird{$1} = 'a header' if $credential =~ / (\S{16,})$/;
    is(ask('', 'GET', '/Users', undef,
           headers => [ Authorization => $credential ])->{status}, 401,
       'refused');
}

ask('', 'GET', "/Users?access_token=$token");

# what is no request, and what is no address

for my $bytes ('GET /scim/v2/Users/' . bird('request line') . "\r\n\r\n",
               bird('no request') . "\r\n\r\n",
               "GET /scim/v2/Users?filter=" . bird('bad header')
               . " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $token\r\n"
               . "Content-Length: x\r\n\r\n",
               'POST /scim/v2/Users?' . bird('long line') x 1000
               . " HTTP/1.1\r\nHost: x\r\n\r\n",
               "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: "
               . "Bearer $token\r\nContent-Length: 100\r\n\r\n"
               . '{"userName":"' . bird('client goes'))
{
    my $socket = $nginx->client->connect;
    SCIM::Client::write_all($socket, $bytes, 5);
    close $socket;
}

ask('canary', 'DELETE', "/Groups/$group");


# --- the application's part

my $issued = quiet("select scim.issue_token('acme', 'portal', '1 day', null, "
                   . "'{\"login\": \"" . bird('meta') . "\"}')");
like($issued, qr/^scim_acme_/, 'a token of the database');
$bird{$issued} = 'a token of the database';
$bird{sha256_hex($issued)} = 'its digest';
$SCIM::Conf::SECRET{issued} = $issued;
is(ask('issued', 'GET', '/Users?count=1')->{status}, 200, 'it is used');
created('issued', 'POST', '/Users', person('issued'));
quiet("select scim.revoke_token('acme', 'portal')");
SCIM::Nginx::wait_for('401', sub {
    ask('issued', 'GET', '/Users?count=1')->{status} == 401 });

my $mail = bird('imported address');
quiet("select scim.import_user('globex', 'ref-1', '{\"userName\": \""
      . bird('imported') . "\", \"emails\": [{\"value\": \"$mail\"}]}', "
      . "false)");
created('globex', 'POST', '/Users', { schemas => [ SCIM::USER ],
    userName => bird('adopting'), emails => [ { value => $mail } ] });

# triggers: one that refuses, one that fails, one that trips over a value

for my $body (
    "raise exception 'no: %', new.name using errcode = 'SC409', "
    . "hint = 'uniqueness', detail = new.doc::text",
    "raise exception 'no: %', new.doc",
    "perform new.name::integer",
    "raise exception 'no: %', new.name using errcode = 'SC999'",
    "raise warning 'look: %', new.doc; raise notice 'and: %', new.name")
{
    $pg->sql("create or replace function public.trip() returns trigger "
             . "language plpgsql as \$\$ begin $body; return new; end \$\$");
    $pg->sql("create trigger trip before insert or update on scim.resource "
             . "for each row execute function public.trip()");
    ask('canary', 'POST', '/Users', person("trigger $body"));
    ask('canary', 'PUT', "/Users/$id", person("trigger $body, PUT"));
    $pg->sql('drop trigger trip on scim.resource');
}

$pg->sql("alter table scim.resource add constraint app_check "
         . "check (name !~ 'c') not valid");
ask('canary', 'POST', '/Users', person('constraint'));
$pg->sql('alter table scim.resource drop constraint app_check');


# --- faults

# a backend that dies while a write waits in it, and a lock that lasts

for my $fault ("select pg_terminate_backend(pid) from pg_stat_activity "
               . "where usename = 'scim_module'",
               "select pg_cancel_backend(pid) from pg_stat_activity "
               . "where usename = 'scim_module'")
{
    my $holder = background(sub {
        $pg->sql("begin; select from scim.tenant where name = 'acme' "
                 . "for update; select pg_sleep(1.5)");
        return 1;
    });
    SCIM::Nginx::wait_for('the lock', sub {
        $pg->sql("select count(*) from pg_stat_activity "
                 . "where wait_event = 'PgSleep'") > 0 });

    my $body = person("fault");
    my $writer = background(sub {
        return $nginx->client(as => 'canary')
               ->request('POST', '/Users', body => $body)->{status};
    });
    SCIM::Nginx::wait_for('who waits for it', sub {
        $pg->sql("select count(*) from pg_stat_activity where "
                 . "wait_event_type = 'Lock'") > 0 });
    look_around();
    $pg->sql($fault);
    $holder->();
    $statuses{$writer->() // 'none'}++;
}

$pg->sql('alter role scim_module set statement_timeout = 1');
$pg->sql("select pg_terminate_backend(pid) from pg_stat_activity "
         . "where usename = 'scim_module'");
ask('canary', 'POST', '/Users', person("timeout $_")) for 1 .. 5;
$pg->sql('alter role scim_module reset statement_timeout');

$pg->sql('alter table scim.resource rename column doc to doc2');
$pg->sql("select pg_terminate_backend(pid) from pg_stat_activity "
         . "where usename = 'scim_module'");
ask('canary', 'POST', '/Users', person('schema'));
ask('canary', 'GET', '/Users?filter=' . esc('title eq "' . bird('schema')
                                             . '"'));
$pg->sql('alter table scim.resource rename column doc2 to doc');

$pg->stop('QUIT');
ask('canary', 'POST', '/Users', person('no database'));
ask('canary', 'GET', '/Users?filter=' . esc('userName eq "'
                                             . bird('no database') . '"'));
ask('', 'GET', '/Users', undef, headers => [
    Authorization => 'Bearer scim_acme_' . secret('no database') ]);
$pg->start;
SCIM::Nginx::wait_for('the database', sub {
    ask('canary', 'GET', '/Users?count=0')->{status} == 200 });
ask('canary', 'DELETE', "/Users/$id");


# --- the search

my @files;
find({ wanted => sub { push @files, $_ if -f }, no_chdir => 1 },
     $nginx->{dir});

$nginx->quit('QUIT');

for my $file (@files, "$pg->{dir}/log") {
    my $text = SCIM::Nginx::slurp($file);

    # the configuration has digests, as it must

    next if $file =~ /nginx\.conf$/ && $text !~ /$flock/;
    look($file =~ s/.*\///r, $text);
}

note(join ', ', map { "$_: $statuses{$_}" } sort keys %statuses);
cmp_ok(scalar keys %bird, '>', 800, 'canaries in all kinds of places');
ok(!grep({ /core/ && -s } @files), 'no core');
is(spooled(), $spooled, 'no body has been in a file');
ok((grep { /scim\.log$/ && -s } @files), 'there is an access log');
ok(-s "$pg->{dir}/log", 'and one of PostgreSQL');

# a client is told which name is unknown, and what the application says

delete @seen{ grep {
    /^(unknown (name|path)|filter %s eq|.* 'SC409').*, in an answer$/s
} keys %seen };

is(join("\n", map { "$_: $seen{$_}" } sort keys %seen), '',
   'none of them is found');

# the search finds what is there

%seen = ();
look('itself', "x\U$token\E");
is(scalar keys %seen, 1, 'it would have been');

$nginx->start;
$nginx->finish(qr/SQLSTATE|scim database|\[crit\]/);
done_testing();
