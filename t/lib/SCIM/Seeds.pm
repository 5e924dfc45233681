package SCIM::Seeds;

# The five products of docs/contract.md, "The five products, row by row", as
# tenants of one nginx, and more words for "--- scim".  Used by t/seeds/*.t;
# every block of theirs has the configuration below unless it says otherwise.
#
#   agenda     000, appointments   Basic from nginx.conf, /scim/
#   sandbox    000                 the same customer, to try things out
#   hours      001, time sheets    tokens from the database, /scim/v2/
#   plan       002, portfolios     an extension, nothing unknown, two regions
#   tasks      003, teamwork       imported people, published roles, seats
#   intranet   004, intranet       required attributes, attributes of its own
#
# /scim/v2/ is strict unless the tenant says otherwise, /scim/entra/ tolerant,
# and so is /scim/.

use strict;
use warnings;

use Cwd 'abs_path';
use File::Basename 'dirname';
use File::Glob 'bsd_glob';
use Digest::SHA 'sha256_hex';
use MIME::Base64 'encode_base64';
use POSIX ();

use SCIM;
use SCIM::Conf qw(%SECRET token_line conninfo);

our @WORDS = qw(PLAN %TENANT speak seeds_reset issue mark since app sql_fails
                us_port as_basic in_list eq_filter tenants_sum psql_start
                people root us_sql
                import_many);

use constant PLAN =>
    'urn:ietf:params:scim:schemas:extension:planner:2.0:User';

our %TENANT = (
    agenda   => 'agenda-4711',
    sandbox  => 'agenda-test',
    hours    => 'hours-77',
    plan     => 'plan-9',
    tasks    => 'tasks-12',
    intranet => 'intranet-3',
);

my %prefix = (agenda => '/scim', sandbox => '/scim', tasks => '/scim/entra',
              intranet => '/scim/entra');

my $root = abs_path(dirname(__FILE__) . '/../../..');

sub root { return $root }

# secrets that nginx.conf knows by their digests

@SECRET{qw(plan plan_ro operator)} =
    map { "seed-5ecret-of-$_" } qw(plan plan-reader operator);

my %basic = (agenda => 'seed-5ecret:of-4711', sandbox => 'seed-5ecret-of-4712');
my %company = (agenda => '4711', sandbox => '4712');

$SECRET{$_} = as_basic($company{$_}, $basic{$_}) for keys %basic;


# the header's value

sub as_basic {
    my ($user, $secret) = @_;
    return 'Basic ' . encode_base64(defined $secret ? "$user:$secret" : $user,
                                    '');
}


Test::Nginx::Util::add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http', http()) unless defined $block->http;
    $block->set_value('server', server()) unless defined $block->server;
    $block->set_value('location', "scim_profile strict;\n")
        unless defined $block->location;
});


# the log_format that the documentation recommends

sub log_format {
    my $text = join '', map { SCIM::slurp("$root/docs/$_.md") }
                        qw(operations variables);

    my ($format) = $text =~ /^\s*(log_format\s+scim\s.*?;)/ms
        or die "the documentation has no log_format\n";

    return $format;
}


sub tokens {
    my (%t) = @_;
    return map { token_line($SECRET{$_}, %{ $t{$_} }) } sort keys %t;
}


sub http {
    my $rw = 'users:rw,groups:rw';
    my %text = (
        agenda => [
            token_line($basic{agenda}, user => $company{agenda},
                       name => 'legacy'),
            'put_missing keep;', 'delete tombstone;', 'token_cache 1s;' ],
        sandbox => [
            token_line($basic{sandbox}, user => $company{sandbox},
                       name => 'legacy'),
            'put_missing keep;', 'delete tombstone;' ],
        hours => [
            'token_source database;', 'token_cache 1s;', 'profile tolerant;' ],
        plan => [
            tokens(plan => { name => 'idp', scope => $rw },
                   plan_ro => { name => 'reader', scope => 'users:r' }),
            "scim_schema \"$root/t/seeds/planner.json\";",
            'unknown_attributes reject;', 'require emails[work];',
            'delete hard;' ],
        tasks => [
            'token_source database;', 'token_cache 1s;', 'adopt userName;',
            'delete tombstone;', 'restore on;' ],
        intranet => [
            tokens(operator => { name => 'operator' }),
            'token_source both;', 'token_cache 1s;', 'adopt emails;',
            'require userName externalId name.givenName name.familyName;',
            'unique externalId;', 'unknown_attributes keep;',
            'delete hard;' ],
    );

    my $text = 'scim_database us "' . conninfo(dbname => 'scim_us') . "\";\n"
               . 'scim_database gone "host=/nowhere dbname=x user=x";' . "\n"
               . log_format() . "\naccess_log logs/scim.log scim;\n";

    for my $name (sort keys %text) {
        $text .= "scim_tenant $TENANT{$name} {\n"
                 . join('', map { "    $_\n" } @{ $text{$name} }) . "}\n";
    }

    my $limits = 'client_max_body_size 1m; client_body_buffer_size 1m;';
    my $us = us_port();

    return $text . <<"EOC";
server {
    listen 127.0.0.1:$us;
    server_name localhost;
    location /scim/v2/ { scim_pass us; $limits }
}
EOC
}


sub server {
    return join "\n", map {
        my ($path, $more) = @$_;
        "location $path { $more client_max_body_size 1m; "
        . "client_body_buffer_size 1m; }"
    } [ '/scim/entra/', 'scim_pass main; scim_profile tolerant;' ],
      [ '/scim/', 'scim_pass main;' ],
      [ '/scim/gone/', 'scim_pass gone;' ];
}


sub us_port { return Test::Nginx::Util::server_port() + 2 }


# the other region's database, with the same schema

sub us_psql {
    my ($db, @args) = @_;

    local @ENV{qw(PGDATABASE PGOPTIONS)} =
        ($db, '-c client_min_messages=warning');

    open my $out, '-|', 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', @args
        or die "psql: $!";
    my $result = do { local $/; <$out> } // '';
    close $out or die "psql @args failed\n";

    return $result =~ s/\n\z//r;
}


sub us_database {
    us_drop();
    us_psql('postgres', '-c', 'create database scim_us');
    us_psql('scim_us', '-f', $_) for sort(bsd_glob("$root/sql/*.sql"));
}


sub us_drop {
    us_psql('postgres', '-c', 'drop database if exists scim_us (force)');
}


sub us_sql { return us_psql('scim_us', '-c', $_[0]) }


# from now on requests are this tenant's

sub speak {
    my ($name, %more) = @_;

    $SCIM::CLIENT = SCIM::client(as => $name,
                                 prefix => $prefix{$name} // '/scim/v2',
                                 %more);
}


# empty tenants, and a token of the database for each that needs one

sub seeds_reset {
    SCIM::scim_reset();
    seeds_end();
    SCIM::sql("create schema app; "
              . join ' ', map { "select scim.create_tenant('$_');" }
                          values %TENANT);

    issue($_, 'portal') for qw(hours tasks intranet);
}


# takes the application's tables, functions and triggers away

sub seeds_end {
    SCIM::sql('set client_min_messages = warning; '
              . 'select scim.app_users(null); '
              . 'drop schema if exists app cascade');
}


# a token from the database, which is this tenant's secret from now on; %opt:
# arguments of issue_token()

sub issue {
    my ($who, $name, %opt) = @_;

    my $key = delete $opt{key} // $who;
    my $ttl = delete $opt{ttl} // '1 year';
    my $meta = delete $opt{meta} // '{}';
    my $scope = delete $opt{scope};
    my $more = join '', map { ", $_ => $opt{$_}" } sort keys %opt;

    $scope = defined $scope ? "'$scope'" : 'null';

    my $token = app("select scim.issue_token('$TENANT{$who}', '$name', "
                    . "'$ttl', $scope, '$meta'$more)");

    return $SECRET{$key} = $token;
}


# as the application

sub app { return SCIM::sql("set role scim_app; $_[0]") }


# the number of a tenant's last event, and the types of those behind it

sub mark {
    my ($who) = @_;
    return SCIM::sql("select event_no from scim.tenant "
                     . "where name = '$TENANT{$who}'");
}

sub since {
    my ($who, $n, $where) = @_;
    $where = $where ? "and $where" : '';

    return SCIM::sql("select string_agg(type, ' ' order by n) "
                     . "from scim.event where tenant = '$TENANT{$who}' "
                     . "and n > $n $where");
}


# SQLSTATE of what must fail, '' when it does not

sub sql_fails {
    my ($text) = @_;

    my $pid = open my $out, '-|';
    defined $pid or die "fork: $!";

    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        { exec 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-v',
               'VERBOSITY=sqlstate', '-c', $text }
        POSIX::_exit(127);
    }

    my $result = do { local $/; <$out> } // '';
    close $out;

    return $result =~ /^(?:ERROR|FATAL): +(\w{5})/m ? $1 : '';
}


# psql in a process of its own, its output thrown away; it ends with the server
# or when it is told to

sub psql_start {
    my ($text) = @_;

    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    open STDOUT, '>', '/dev/null';
    open STDERR, '>', '/dev/null';
    { exec 'psql', '-XAtq', '-c', $text }
    POSIX::_exit(127);
}


# ids that a list has

sub in_list {
    my ($res) = @_;
    return map { $_->{id} } @{ ($res->json // {})->{Resources} // [] };
}


sub eq_filter {
    my ($type, $attr, $value) = @_;
    return "/$type?filter=" . SCIM::uri_escape("$attr eq \"$value\"");
}


# the whole state of tenants, but for the ledger of reads and tokens

sub tenants_sum {
    my ($where) = @_;

    return SCIM::sql(join(' union all ', map {
        "select '$_', md5(coalesce(string_agg(x::text, ',' "
        . "order by x::text), '')) from scim.$_ x where $where"
    } qw(resource resource_key member event)) . ' order by 1');
}


# imports people, numbered by "i"; a hundred in a transaction, so that nobody
# else waits for the tenant's row for long

sub import_many {
    my ($who, $n, $ref, $attrs) = @_;

    SCIM::sql("do \$\$ begin for i in 1 .. $n loop "
              . "perform scim.import_user('$TENANT{$who}', '$ref-' || i, "
              . "$attrs, false); if i % 100 = 0 then commit; end if; "
              . "end loop; end \$\$");
}


# how many; SCIM_PEOPLE in the environment is another number

sub people {
    my ($n) = @_;
    return $ENV{SCIM_PEOPLE} // $n;
}


{
    no strict 'refs';

    for my $name (@WORDS) {
        if ($name =~ /^%(.+)/) {
            *{"SCIM::Steps::$1"} = \%{"SCIM::Seeds::$1"};

        } else {
            *{"SCIM::Steps::$name"} = \&{"SCIM::Seeds::$name"};
        }
    }
}


1;
