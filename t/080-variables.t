# Variables for access_log; what is personal stays out of the logs.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: each operation's line
--- http
log_format scim '$scim_tenant $scim_token_name $scim_operation '
                '$scim_resource_type $scim_resource_id $scim_version '
                '$scim_error $scim_results $status';
--- location
access_log logs/scim.log scim;
--- scim
my $last = sub {
    my $n = shift;
    my @lines = split /\n/, wait_for('log line', sub {
        my $log = access_log('scim.log');
        return ($log =~ tr/\n//) >= $n ? $log : undef;
    });
    return $lines[-1];
};

my $n = 0;
my $line_is = sub {
    my ($want, $name) = @_;
    is($last->(++$n), $want, $name);
};

my $id = POST('/Users', user('log@example.com'))->json->{id};
$line_is->("acme idp create User $id 1 - - 201", 'create');

GET("/Users/$id");
$line_is->("acme idp get User $id 1 - - 200", 'get');

PUT("/Users/$id", user('log@example.com', title => 'x'));
$line_is->("acme idp replace User $id 2 - - 200", 'replace');

GET('/Users');
$line_is->('acme idp list User - - - 1 200', 'list');

GET('/Users?filter=userName%20eq%20%22x%22');
$line_is->('acme idp list User - - - 0 200', 'list of nobody');

GET('/Users?filter=x');
$line_is->('acme idp list User - - 400 invalidFilter - 400', 'an error');

POST('/Users', user('LOG@example.com'));
$line_is->('acme idp create User - - 409 uniqueness - 409', 'a conflict');

DELETE("/Users/$id", as => 'acme_basic');
like($last->(++$n), qr/^acme legacy delete User $id \S+ - - 204$/, 'delete');

GET('/Users', as => '');
like($last->(++$n), qr/^- - list User - - \S+ - 401$/, 'no token');

GET('/Schemas', as => 'globex');
like($last->(++$n), qr/^globex idp schemas \S+ - - - \S+ 200$/, 'discovery');

GET('/nowhere');
like($last->(++$n), qr/^acme idp - - - - \S+ - 404$/, 'no endpoint');



=== TEST 2: times, segments, request id
--- http
log_format scim '$scim_db_time $scim_db_segments $scim_request_id';
--- location
access_log logs/scim.log scim;
--- scim
my $res = POST('/Users', user('req@example.com'));
my $log = wait_for('log line', sub { access_log('scim.log') });

like($log, qr/^\d+\.\d{3} [1-9]\d* [0-9a-f-]{36}$/, 'the line');

my ($request_id) = $log =~ /([0-9a-f-]{36})/;
sql_is("select count(*) from scim.audit where request_id = '$request_id'",
       1, 'the audit row has the same request id');

GET('/Schemas');
$log = wait_for('log line', sub {
    my @l = split /\n/, access_log('scim.log'); $l[1];
});
like($log, qr/^(-|0\.000) (-|0) \S+$/, 'no database for discovery');



=== TEST 3: $scim_uri has no values of filters
--- http
log_format scim '$scim_uri';
--- location
access_log logs/scim.log scim;
--- scim
GET('/Users?filter=userName%20eq%20%22canary@example.com%22&count=1');
GET('/Users?startIndex=1&count=2');
PUT('/Users/' . UNKNOWN, user('canary@example.com'));

my $log = wait_for('log lines', sub {
    my $l = access_log('scim.log'); $l =~ tr/\n// >= 3 && $l;
});

unlike($log, qr/canary/, 'no value');
like($log, qr{^/scim/v2/Users}m, 'the path');
like($log, qr{^/scim/v2/Users/\Q@{[ UNKNOWN ]}\E$}m, 'and the id');



=== TEST 4: a log_format of variables that are ours holds nothing personal
whatever goes wrong, neither secrets nor names are in a log
--- http
log_format scim '$remote_addr $time_iso8601 $request_method $scim_uri '
                '$status $scim_tenant $scim_token_name $scim_operation '
                '$scim_resource_type $scim_resource_id $scim_version '
                '$scim_error $scim_results $scim_db_time $scim_db_segments '
                '$scim_request_id';
access_log logs/scim.log scim;
--- location
access_log logs/scim.log scim;
--- log_level: info
--- scim
my $c = 'canary4711';

POST('/Users', user("$c\@example.com", externalId => $c, password => $c,
                    name => { familyName => $c }));
POST('/Users', user("$c\@example.com"));
POST('/Users', user($c, externalId => $c));
POST('/Users', "{\"userName\":\"$c");
POST('/Users', user("$c\0"));
POST('/Users', user($c, active => $c));
GET("/Users?filter=userName%20eq%20%22$c%22");
GET("/Users?filter=$c");
GET("/Users?filter=userName%20eq%20%22" . $c x 600 . '%22');
GET('/Users', as => '', headers => [ Authorization => "Bearer $c" ]);
GET('/Users', as => '', headers => [ Authorization => "Basic $c" ]);
GET("/Users?count=$c");
raw("POST /scim/v2/Users?filter=$c HTTP/1.1\nHost: a\n"
    . "Authorization: Bearer $SECRET{acme}\nContent-Length: 99999999999\n\n");

my $log = wait_for('log lines', sub {
    my $l = access_log('scim.log'); $l =~ tr/\n// >= 13 && $l;
});

unlike($log, qr/$c/, 'access log');
unlike($log, qr/5ecret/, 'no token in it');
unlike(error_log(), qr/.*$c.*/, 'error log');
unlike(error_log(), qr/.*5ecret.*/, 'no token in it');
ok(!(glob servroot() . '/client_body_temp/*'), 'no body was put in a file');



=== TEST 5: $scim_tenant before the content phase, and outside of scim_pass
--- http
map $scim_tenant $known { default yes; '' no; '-' no; }
log_format scim '$scim_tenant|$scim_operation|$scim_resource_id|$status';
--- server
location = /outside { access_log logs/scim.log scim; return 204; }
--- location
if ($known = no) { return 403; }
--- scim
status_is(GET('/Users'), 200, 'known to the rewrite phase');
is(GET('/Users', as => '')->{status}, 403, 'or not');
status_is(GET('/outside', absolute => 1), 204);
like(wait_for('log line', sub { access_log('scim.log') }),
     qr/^(acme|-)?\|-?\|-?\|204$/, 'empty where there is nothing to tell');



=== TEST 6: after an internal redirect
--- http
log_format scim '$scim_tenant $scim_operation $status';
--- server
location = /elsewhere { access_log logs/scim.log scim; return 404; }
--- location
error_page 404 /elsewhere;
access_log logs/scim.log scim;
--- scim
is(GET('/Users/' . UNKNOWN)->{status}, 404);
like(wait_for('log line', sub { access_log('scim.log') }),
     qr/^acme get 404$/m, 'nothing crashed, and it is still told');
