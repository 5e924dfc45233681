# nginx -t: what is wrong is found, with file and line, and no secret of the
# configuration is shown.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::Conf qw(token_line);
use Digest::SHA 'sha256_hex';
use Test::More 'no_plan';
use Time::HiRes 'time';

my $servroot = SCIM::servroot();
mkdir $_ for $servroot, "$servroot/conf", "$servroot/logs";

my $DB = 'scim_database main "host=/nowhere dbname=x user=scim_module '
         . 'password=pa55word";';
my $TOKEN = token_line('s3cret');
my $DIGEST = sha256_hex('s3cret');
my $OTHER = sha256_hex('0ther');


# what the message has to say; every message has file and line

sub refused {
    my ($name, $http, $pattern, %opt) = @_;

    my ($status, $out) = SCIM::nginx_t($http, $opt{server});

    subtest $name => sub {
        isnt($status, 0, 'refused');
        like($out, qr/\[emerg\] .*$pattern.* in \S+tested\.conf:\d+$/m,
             'says why and where')
            or diag($out);
        unlike($out, qr/pa55word|s3cret|$DIGEST|$OTHER/,
               'shows no secret, nor its digest');
        unlike($out, $opt{not}, 'does not show more') if $opt{not};
    };
}


sub accepted {
    my ($name, $http, %opt) = @_;

    my ($status, $out) = SCIM::nginx_t($http, $opt{server});

    is($status, 0, $name) or diag($out);
    like($out, $opt{like}, "$name: says so") if $opt{like};
    unlike($out, $opt{unlike}, "$name: says nothing") if $opt{unlike};
}


# --- right

accepted('the least', "$DB scim_tenant acme { $TOKEN }",
         unlike => qr/\[(warn|error|emerg)\]/);

accepted('everything said', qq{
    scim_database main "postgresql://scim_module\@/x?host=/nowhere"
        read=1 depth=1 work=1 queue=1 timeout=500ms connect_timeout=1s
        notify=50ms prepare=off;
    scim_database other "dbname=y" notify=off;
    scim_tenant acme {
        token bearer sha256=$DIGEST name=idp expires=2099-01-31
              scope=users:rw,groups:r;
        token basic user=4711 sha256=$OTHER expires=2099-12-31
              'meta={"login":["saml"]}';
        token_source both;
        token_cache 0;
        database other;
        profile strict;
        unknown_attributes keep;
        seats 0;
        delete tombstone;
        restore on;
        adopt emails;
    }
    scim_tenant * {
        token_source database;
        token_cache 1h;
        delete hard;
        restore off;
        adopt off;
    }
    scim_max_results 100;
    scim_max_filter_depth 5;
    scim_max_filter_length 1k;
    scim_max_json_depth 8;
    scim_max_json_keys 64;
    scim_max_json_nodes 1000;
    scim_max_values 100;
    scim_max_string 1k;
    scim_max_resource 64k;
    scim_errors on;
}, server => 'location /scim/ { scim_pass main; '
             . 'scim_base_url https://example.com/scim; }');

accepted('no expiry, said so: a warning',
         "$DB scim_tenant acme { " . token_line('s3cret', expires => 'never')
         . ' }', like => qr/\[warn\].*tested\.conf:\d+/);

accepted('same user name in two tenants, other secrets',
         "$DB scim_tenant a { token basic user=u sha256=$DIGEST "
         . 'expires=2099-01-01; } '
         . "scim_tenant b { token basic user=u sha256=$OTHER "
         . 'expires=2099-01-01; }');


# --- scim_database

for my $bad ('dbname', 'port=5432 dbname=x pa55word', '=', 'nonsense=1',
             'postgresql://u:pa55word@[::1/x',
             'dbname=x password=pa55word%ZZ sslrootcert')
{
    refused("conninfo \"$bad\"", qq{scim_database main "$bad";},
            qr/connection string/, not => qr/\Q$bad\E/);
}

refused('conninfo from a URI with a bad escape',
        'scim_database main "postgresql://u:pa55word%ZZ@/x";',
        qr/connection string/, not => qr/%ZZ/);

refused('two databases of one name',
        'scim_database main "dbname=x"; scim_database main "dbname=y";',
        qr/duplicate.*"main"/);

refused("scim_database main \"dbname=x\" $_",
        "scim_database main \"dbname=x\" $_;",
        qr/"scim_database" directive|parameter/)
    for 'read=0', 'read=x', 'read=-1', 'work=0', 'depth=0', 'queue=many',
        'timeout=0', 'timeout=soon', 'timeout=61m', 'connect_timeout=',
        'prepare=maybe', 'notify=0', 'notify=on', 'notify=61m', 'speed=11',
        'read';

refused('too few arguments', 'scim_database main;',
        qr/invalid number of arguments.*"scim_database"/);


# --- scim_tenant

refused('duplicate tenant',
        "$DB scim_tenant acme { $TOKEN } scim_tenant acme { "
        . token_line('0ther') . ' }', qr/duplicate.*"acme"/);

refused('the same token in two tenants',
        "$DB scim_tenant acme { $TOKEN } scim_tenant globex { $TOKEN }",
        qr/token/);

refused('the same token twice in one tenant',
        "$DB scim_tenant acme { $TOKEN $TOKEN }", qr/token/);

refused('the same secret as bearer and as basic',
        "$DB scim_tenant acme { $TOKEN } scim_tenant globex { "
        . token_line('s3cret', user => 'u') . ' }', qr/token/);

refused("tenant's name $_", "$DB scim_tenant $_ { $TOKEN }", qr/tenant/)
    for '"a,b"', '"a b"', '""', 'x' x 65, '"a\'b"';

refused('no name', "$DB scim_tenant { $TOKEN }", qr/arguments|name/);

refused('unknown directive', "$DB scim_tenant acme { colour red; $TOKEN }",
        qr/unknown directive/);

refused('not closed', "$DB scim_tenant acme { $TOKEN",
        qr/unexpected|expecting/);

refused('unknown database', "$DB scim_tenant acme { $TOKEN database mian; }",
        qr/"mian"/);

refused("profile $_", "$DB scim_tenant acme { $TOKEN profile $_; }",
        qr/profile/) for 'lenient', 'strict tolerant';

for my $line ('token_source file', 'token_source both both', 'token_cache 2h',
    'token_cache soon', 'token_cache 1s; token_cache 1s', 'seats -1',
    'seats many', 'seats', 'delete soft', 'restore maybe', 'adopt on',
    'adopt username', 'adopt emails; adopt off')
{
    my ($name) = $line =~ /^(\S+)/;
    refused($line, "$DB scim_tenant acme { $TOKEN $line; }", qr/"$name"/);
}

refused('tokens that nobody looks at',
        "$DB scim_tenant acme { $TOKEN token_source database; }",
        qr/"acme".*"token_source database"/);

refused("\"*\" $_", "$DB scim_tenant * { $_ }",
        qr/"scim_tenant \*".*"token_source database"/)
    for '', $TOKEN, 'token_source both;';

refused('"*" twice', "$DB scim_tenant * { token_source database; } "
        . 'scim_tenant * { token_source database; }', qr/duplicate.*"\*"/);

accepted('no token, but those of the database',
         "$DB scim_tenant acme { token_source database; }",
         unlike => qr/\[(warn|error|emerg)\]/);

accepted('no token at all: a warning', "$DB scim_tenant acme { }",
         like => qr/\[warn\].*"acme" has no token/);

refused('unknown_attributes', "$DB scim_tenant acme { $TOKEN "
        . 'unknown_attributes refuse; }', qr/unknown_attributes|"refuse"/);


# --- tokens

my %wrong = (
    'expired'               => "bearer sha256=$DIGEST expires=2020-01-01",
    'without expires'       => "bearer sha256=$DIGEST",
    'expires is no date'    => "bearer sha256=$DIGEST expires=tomorrow",
    'no such day'           => "bearer sha256=$DIGEST expires=2099-02-30",
    'no such month'         => "bearer sha256=$DIGEST expires=2099-13-01",
    'short digest'          => 'bearer sha256=abcd expires=2099-01-01',
    'digest with a letter'  => 'bearer sha256=' . ('z' x 64)
                               . ' expires=2099-01-01',
    'long digest'           => "bearer sha256=${DIGEST}00 expires=2099-01-01",
    'empty digest'          => 'bearer sha256= expires=2099-01-01',
    'no digest'             => 'bearer expires=2099-01-01',
    'meta is no JSON'       => "bearer sha256=$DIGEST expires=2099-01-01 "
                               . 'meta=x',
    'meta is no object'     => "bearer sha256=$DIGEST expires=2099-01-01 "
                               . 'meta=[]',
    'meta is empty'         => "bearer sha256=$DIGEST expires=2099-01-01 "
                               . 'meta=',
    'meta with U+0000'      => "bearer sha256=$DIGEST expires=2099-01-01 "
                               . q{'meta={"a":"\u0000"}'},
    'meta with a number that PostgreSQL cannot hold' =>
        "bearer sha256=$DIGEST expires=2099-01-01 "
        . q{'meta={"a":[1e200000]}'},
    'plain text'            => 'bearer s3cret expires=2099-01-01',
    'plain text, named'     => 'bearer secret=s3cret expires=2099-01-01',
    'basic without user'    => "basic sha256=$DIGEST expires=2099-01-01",
    'basic, user empty'     => "basic user= sha256=$DIGEST "
                               . 'expires=2099-01-01',
    'bearer with user'      => "bearer user=u sha256=$DIGEST "
                               . 'expires=2099-01-01',
    'user with a colon'     => "basic user=a:b sha256=$DIGEST "
                               . 'expires=2099-01-01',
    'unknown kind'          => "digest sha256=$DIGEST expires=2099-01-01",
    'unknown scope'         => "bearer sha256=$DIGEST expires=2099-01-01 "
                               . 'scope=users:x',
    'unknown scope, word'   => "bearer sha256=$DIGEST expires=2099-01-01 "
                               . 'scope=roles:r',
    'empty scope'           => "bearer sha256=$DIGEST expires=2099-01-01 "
                               . 'scope=',
    'nothing'               => '',
);

refused("token: $_", "$DB scim_tenant acme {\n token $wrong{$_};\n}",
        qr/token|sha256|expires|scope|user/) for sort keys %wrong;

{
    my ($status, $out) = SCIM::nginx_t(
        "$DB\nscim_tenant acme {\n\n\ntoken bearer sha256=$DIGEST;\n}\n");
    my ($line) = $out =~ /tested\.conf:(\d+)$/m;
    open my $in, '<', "$servroot/conf/tested.conf" or die;
    my @lines = <$in>;
    like($lines[($line // 0) - 1], qr/^token/, 'the line is the right one');
}


# --- scim_pass, scim_base_url, limits

refused('scim_pass to an unknown database', "$DB scim_tenant acme { $TOKEN }",
        qr/"mian"/, server => 'location / { scim_pass mian; }');

refused('scim_pass twice', "$DB scim_tenant acme { $TOKEN }",
        qr/"scim_pass".*duplicate|duplicate.*scim_pass/,
        server => 'location / { scim_pass main; scim_pass main; }');

refused('scim_pass in a server', "$DB", qr/"scim_pass".*not allowed here/,
        server => 'scim_pass main;');

refused("scim_base_url $_", "$DB scim_tenant acme { $TOKEN }",
        qr/scim_base_url/,
        server => "location / { scim_pass main; scim_base_url $_; }")
    for 'example.com', 'ftp://example.com/', '"https://"',
        '"https://a b/"', '""', 'https://example.com/?x=1',
        'https://example.com/#x';

refused("$_ in a location", "$DB scim_tenant acme { $TOKEN }",
        qr/${\ (split ' ', $_)[0]}|invalid value/,
        server => "location / { scim_pass main; $_; }")
    for 'scim_max_results 0', 'scim_max_results lots',
        'scim_max_filter_depth 0', 'scim_max_filter_length x',
        'scim_max_json_depth 0', 'scim_max_json_keys 0',
        'scim_max_json_nodes 0', 'scim_max_values 0', 'scim_max_string 0',
        'scim_max_resource -1', 'scim_errors maybe';


# --- many tenants

{
    my $conf = "$DB\n";

    for my $i (1 .. 100_000) {
        $conf .= sprintf "scim_tenant t%d { token bearer sha256=%s "
                         . "expires=2099-01-01; }\n", $i,
                         substr(sprintf('%08x', $i) x 8, 0, 64);
    }

    my $start = time;
    accepted('100,000 tenants', $conf);
    my $took = time - $start;

    # 2 s of an idle machine; more would be a matter of growth

    cmp_ok($took, '<', 8, sprintf 'loaded in %.1f s', $took);
}
