package SCIM;

# Set-up shared by the Test::Nginx suites.  A block needs no "--- config": it
# gets a database, the tenants acme and globex (SCIM::Conf has their secrets)
# and location /scim/v2/.  Sections of our own:
#
#   --- scim       Perl that talks to the module; the functions below are
#                  there, and those of Test::More; runs as one subtest
#   --- location   directives to be added to location /scim/v2/
#   --- server     ... to the server
#   --- http       ... to http{}
#   --- database   parameters for scim_database
#   --- acme, --- globex   directives to be added to the tenant's block
#   --- reset      empties the database first
#
# The rest is Test::Nginx's own: "--- request", "--- error_log", ...  Every
# block must leave error.log without an alert, crit or emerg; one that
# provokes such lines says so in "--- error_log" or sets "--- no_error_log".
#
# The environment comes from the runner: PGHOST, PGPORT, PGDATABASE, PGUSER
# (a superuser), TEST_NGINX_BINARY, TEST_NGINX_PORT, TEST_NGINX_LOAD_MODULES,
# SCIM_TEST_DIR.

use strict;
use warnings;

use Digest::MD5 'md5_hex';
use Exporter 'import';
use JSON::PP ();
use Test::More ();
use Time::HiRes ();

BEGIN {
    if ($ENV{SCIM_TEST_DIR} && !$ENV{TEST_NGINX_SERVROOT}) {
        $ENV{TEST_NGINX_SERVROOT} = "$ENV{SCIM_TEST_DIR}/servroot";
    }
}

use Test::Nginx::Util ();
use Test::Nginx::Socket ();

$ENV{TEST_NGINX_SCIM_H2_PORT} //= Test::Nginx::Util::server_port() + 1;

use SCIM::Client;
use SCIM::Conf qw(%SECRET token_line tenants conninfo database);
use SCIM::Nginx;
use SCIM::Parallel 'parallel';
use SCIM::Replay 'replay';

our @EXPORT = qw(scim_reset);

our ($CURRENT, $CLIENT);

use constant {
    USER       => 'urn:ietf:params:scim:schemas:core:2.0:User',
    ENTERPRISE =>
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
    GROUP      => 'urn:ietf:params:scim:schemas:core:2.0:Group',
    PATCHOP    => 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
    BULK       => 'urn:ietf:params:scim:api:messages:2.0:BulkRequest',
    SEARCH     => 'urn:ietf:params:scim:api:messages:2.0:SearchRequest',
    LIST       => 'urn:ietf:params:scim:api:messages:2.0:ListResponse',
    ERROR      => 'urn:ietf:params:scim:api:messages:2.0:Error',
    T          => JSON::PP::true,
    F          => JSON::PP::false,
    UNKNOWN    => '00000000-0000-4000-8000-000000000000',
};

our @STEPS = qw(USER ENTERPRISE GROUP PATCHOP BULK SEARCH LIST ERROR T F UNKNOWN GET POST PUT DELETE
                HEAD PATCH call raw talk client json encode user create patch group
                status_is error_is etag_is json_is header_is sql sql_is rows
                wait_for parallel replay port servroot error_log access_log
                conninfo token_line nginx_t uri_escape %SECRET scim_reset);


Test::Nginx::Util::add_block_preprocessor(\&prepare);

# a block with "--- scim" runs it in place of Test::Nginx's one request

my $helper = $Test::Nginx::Util::RunTestHelper;
$Test::Nginx::Util::RunTestHelper = sub {
    my ($block, $dry_run, $i) = @_;

    return $helper->(@_) unless defined $block->scim;
    return if $dry_run;

    run_steps($block);
    &Test::Nginx::Socket::check_error_log($block, undef, 0, $i, 0);
};

for my $handle (Test::More->builder->output,
                Test::More->builder->failure_output)
{
    binmode $handle, ':utf8';
}

Test::Nginx::Util::no_long_string();
Test::Nginx::Util::no_shuffle();

# the runner's folder is private to its user, and nobody else's worker could
# enter it

Test::Nginx::Util::no_root_location();


# nginx must also end without a complaint after the last block

Test::Nginx::Util::add_cleanup_handler(sub {
    my ($pid) = slurp(servroot() . '/logs/nginx.pid') =~ /(\d+)/ or return;
    my $before = length error_log();

    kill 'QUIT', $pid;
    wait_for('nginx to end', sub { SCIM::Nginx::gone($pid) });

    Test::More::unlike(substr(error_log(), $before),
                       qr/.*(\[alert\]|open socket|AddressSanitizer).*/,
                       'nginx ended well');
}) unless $ENV{TEST_NGINX_USE_VALGRIND};


sub prepare {
    my ($block) = @_;

    if (!defined $block->request && !defined $block->raw_request
        && !defined $block->pipelined_requests && !defined $block->scim)
    {
        $block->set_value('request', "GET /scim/v2/Users?count=0");
    }

    unless (defined $block->http_config) {
        $block->set_value('http_config', http_config($block));
    }

    unless (defined $block->config) {
        $block->set_value('config', server_config($block));
    }

    # Test::Nginx restarts nginx when "config" is another one, and looks at
    # nothing else

    $block->set_value('config',
        $block->config . "\n# " . md5_hex($block->http_config
                                          . ($block->main_config // '')));

    my $expected = join "\n", map { ref $_ eq 'ARRAY' ? @$_ : "$_" }
                   grep { defined } $block->error_log;

    unless (defined $block->no_error_log) {
        $block->set_value('no_error_log', join "\n",
            grep { index($expected, $_) < 0 }
            '[alert]', '[emerg]', '[crit]', 'AddressSanitizer');
    }

    unless (defined $block->no_shutdown_error_log) {
        $block->set_value('no_shutdown_error_log',
                          "[alert]\nopen socket\nAddressSanitizer");
    }

    # what nginx says at its start is in error.log, too

    $block->set_value('suppress_stderr', 1) unless $ENV{SCIM_VERBOSE};

    scim_reset() if defined $block->reset;
}


sub http_config {
    my ($block) = @_;

    my $args = $block->database // '';
    my $http = $block->http // '';

    $args =~ s/\s+$//;

    return database($args) . "\n"
           . tenants(acme   => $block->acme // '',
                     globex => $block->globex // '')
           . "\nscim_errors on;\n$http\n";
}


sub server_config {
    my ($block) = @_;

    my $location = $block->location // '';

    for ('client_max_body_size', 'client_body_buffer_size') {
        $location .= "    $_ 1m;\n" unless $location =~ /\b$_\b/;
    }

    my $server = $block->server // '';

    return "$server\nlocation /scim/v2/ {\n    scim_pass main;\n"
           . "$location}\n";
}


sub run_steps {
    my ($block) = @_;

    local $CURRENT = $block;
    local $CLIENT = SCIM::Client->new(port => port());

    my $code = $block->scim;
    $code = "package SCIM::Steps; use strict; use warnings; no warnings "
            . "'void';\n#line 1 \"" . $block->name . "\"\n$code\n; 1";

    Test::More::subtest($block->name => sub {
        my $ok = eval $code;
        my $error = $@;

        Test::More::fail("ran to its end: $error") unless $ok;
        Test::More::done_testing();
    });
}


# --- requests

sub client { return SCIM::Client->new(port => port(), @_) }

sub call { return $CLIENT->request(@_) }

sub GET    { return call('GET', @_) }
sub HEAD   { return call('HEAD', @_) }
sub DELETE { return call('DELETE', @_) }

sub with_body {
    my ($method, $path, $body, @opt) = @_;
    return call($method, $path, defined $body ? (body => $body) : (), @opt);
}

sub POST  { return with_body('POST', @_) }
sub PUT   { return with_body('PUT', @_) }
sub PATCH { return with_body('PATCH', @_) }


# bytes as they are; %opt as of SCIM::Client::send_raw

sub raw {
    my ($bytes, %opt) = @_;

    $bytes =~ s/\n(?<!\r\n)/\r\n/g unless $opt{exact};
    return $CLIENT->send_raw($bytes, %opt);
}


# sends bytes and reads until the server closes

sub talk {
    my ($bytes) = @_;

    my $socket = $CLIENT->connect or return '';
    my $all = '';

    SCIM::Client::write_all($socket, $bytes, 10);

    my $select = IO::Select->new($socket);
    while ($select->can_read(10)) {
        my $n = sysread $socket, $all, 65536, length $all;
        last if defined $n ? !$n : !$!{EAGAIN};
    }

    return $all;
}


# a user's body; only userName is a must

sub user {
    my ($name, %more) = @_;
    return { schemas => [ USER ], userName => $name, %more };
}


# posts it, wants 201, returns the decoded answer

sub create {
    my ($name, %more) = @_;

    my %opt = %{ delete $more{-opt} // {} };
    my $res = POST('/Users', ref $name ? $name : user($name, %more), %opt);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    status_is($res, 201, 'create ' . (ref $name ? 'it' : $name))
        or die "cannot go on without it\n";

    return $res->json;
}


# PATCH with these operations, each a hash

sub patch {
    my ($path, @ops) = @_;
    return PATCH($path, { schemas => [ PATCHOP ], Operations => \@ops });
}


# posts a group with the members of these ids, wants 201

sub group {
    my ($name, @ids) = @_;

    my $res = POST('/Groups', { schemas     => [ GROUP ],
                                displayName => $name,
                                members     => [ map +{ value => $_ },
                                                 @ids ] });

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    status_is($res, 201, "create $name")
        or die "cannot go on without it\n";

    return $res->json;
}


sub encode { return JSON::PP->new->utf8->canonical->encode($_[0]) }

sub json { return JSON::PP->new->utf8->allow_nonref->decode($_[0]) }

sub uri_escape {
    my ($s) = @_;
    $s =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
    return $s;
}


# --- assertions

# Test::More warns of names that are numbers

sub named {
    my ($name, $default) = @_;

    return $default unless defined $name && length $name;
    return $name =~ /^\d+$/ ? "of $name" : $name;
}


sub status_is {
    my ($res, $status, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $ok = Test::More::is($res->{status}, $status,
                            named($name, "status $status"));
    Test::More::diag($res->describe) unless $ok;

    return $ok;
}


# an answer as RFC 7644 section 3.12 has it

sub error_is {
    my ($res, $status, $type, $detail, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $name = named($name, "error $status" . ($type ? " $type" : ''));

    my @wrong;
    my $json = $res->json;

    if ($res->{status} != $status) {
        push @wrong, "status $res->{status}";
    }

    if (($res->header('Content-Type') // '') ne 'application/scim+json') {
        push @wrong, 'content type '
                     . ($res->header('Content-Type') // 'missing');
    }

    if (ref $json ne 'HASH') {
        push @wrong, 'no JSON object';

    } else {
        push @wrong, 'schemas'
            unless ref $json->{schemas} eq 'ARRAY'
                   && "@{ $json->{schemas} }" eq ERROR;

        push @wrong, 'status in the body'
            unless defined $json->{status} && $json->{status} eq $status
                   && $res->{body} =~ /"status"\s*:\s*"/;

        push @wrong, 'scimType ' . ($json->{scimType} // 'missing')
            if ($json->{scimType} // '') ne ($type // '');

        push @wrong, 'no detail'
            unless defined $json->{detail} && length $json->{detail};

        push @wrong, "detail \"" . ($json->{detail} // '') . '"'
            if defined $detail && ($json->{detail} // '') !~ $detail;

        my @more = grep { !/^(schemas|status|scimType|detail)$/ } keys %$json;
        push @wrong, "unexpected @more" if @more;
    }

    my $ok = Test::More::ok(!@wrong, $name);
    Test::More::diag(join('; ', @wrong) . "\n" . $res->describe) if @wrong;

    return $ok;
}


sub etag_is {
    my ($res, $version) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::is($res->header('ETag'), qq(W/"$version"),
                          "ETag of version $version");
}


sub header_is {
    my ($res, $name, $want) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::is($res->header($name), $want, "header $name");
}


# a place in the decoded body, "emails.0.value", and what must be there
# (undef: nothing)

sub json_is {
    my ($res, $path, $want, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $at = ref $res eq 'SCIM::Response' ? $res->json : $res;

    for my $key (split /\./, $path) {
        $at = ref $at eq 'ARRAY' ? $at->[$key]
              : ref $at eq 'HASH' ? $at->{$key} : undef;
    }

    return Test::More::is_deeply($at, $want, named($name, $path));
}


# polls until the code returns something true; the time only bounds a failure

sub wait_for {
    my ($what, $code, $timeout) = @_;

    my $end = Time::HiRes::time() + ($timeout // 10);

    while (Time::HiRes::time() < $end) {
        my $value = $code->();
        return $value if $value;
        Time::HiRes::sleep(0.02);
    }

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::fail("waited in vain: $what");
    return;
}


# --- database

# psql's unaligned output; dies on an error

sub sql {
    my ($text) = @_;

    my $pid = open my $out, '-|', 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1',
                                  '-c', $text
        or die "psql: $!";

    my $result = do { local $/; <$out> } // '';
    close $out or die "SQL failed: $text\n";

    $result =~ s/\n\z//;
    return $result;
}


sub sql_is {
    my ($text, $want, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::is(sql($text), $want, $name // $text);
}


# live users of a tenant, as rows of the table

sub rows {
    my ($tenant, $where) = @_;

    $where = $where ? "and $where" : '';
    return sql("select count(*) from scim.resource where tenant = '$tenant' "
               . "and type = 'User' and deleted_at is null $where");
}


# both tenants as they are after scim.create_tenant()

sub scim_reset {
    sql("set client_min_messages = warning; truncate scim.tenant, "
        . "scim.audit, scim.event cascade; "
        . "select scim.create_tenant(t) from unnest("
        . "array['acme', 'globex']) t");
}


# --- nginx

sub port { return Test::Nginx::Util::server_port() }

sub servroot { return Test::Nginx::Util::server_root() }

sub has_curl_http2 {
    my $version = `curl -V 2>/dev/null` // '';
    return $version =~ /HTTP2/ ? 1 : 0;
}

sub slurp {
    my ($file) = @_;

    open my $in, '<:raw', $file or return '';
    local $/;
    return scalar <$in>;
}

sub error_log { return slurp(servroot() . '/logs/error.log') }

sub access_log {
    return slurp(servroot() . '/logs/' . ($_[0] // 'access.log'));
}


# nginx -t on http{} text (the server part may be given too): exit status and
# what it printed

sub nginx_t {
    my ($http, $server) = @_;

    my $dir = servroot();
    my $file = "$dir/conf/tested.conf";
    my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my $modules = join ' ', map { "load_module $_;" }
                  split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';

    $server //= "location /scim/v2/ { scim_pass main; }";
    $server .= " client_max_body_size 1m; client_body_buffer_size 1m;";

    my $port = SCIM::Nginx::free_port();

    open my $out, '>', $file or die "$file: $!";
    print $out <<"EOC";
$modules
pid $dir/logs/tested.pid;
error_log stderr notice;
events { }
http {
    access_log off;
    client_body_temp_path $dir/client_body_temp;
    proxy_temp_path $dir/proxy_temp;
    fastcgi_temp_path $dir/fastcgi_temp;
    uwsgi_temp_path $dir/uwsgi_temp;
    scgi_temp_path $dir/scgi_temp;
$http
server {
listen 127.0.0.1:$port;
$server
}
}
EOC
    close $out or die "$file: $!";

    my $output = `"$nginx" -t -p "$dir/" -c "$file" -e stderr 2>&1`;

    return ($? >> 8 || $? & 127, $output);
}


# into the package in which "--- scim" runs; from another one, or "strict" would
# not take a hash for imported

{
    no strict 'refs';

    for my $name (@SCIM::STEPS) {
        if ($name =~ /^%(.+)/) {
            *{"SCIM::Steps::$1"} = \%{"SCIM::$1"};

        } else {
            *{"SCIM::Steps::$name"} = \&{"SCIM::$name"};
        }
    }

    for my $name (qw(ok is isnt like unlike is_deeply cmp_ok pass fail diag
                     note subtest))
    {
        *{"SCIM::Steps::$name"} = \&{"Test::More::$name"};
    }

    *{"SCIM::Steps::$_"} = \&{"Time::HiRes::$_"} for qw(time sleep);
}


1;
