# A tenant that is disabled: 403 for all that touches its resources, whatever
# its tokens come from, until it is enabled again.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::Tokens;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: disabled, and enabled again
--- acme
token_source both;
token_cache 1s;
--- scim
use SCIM::Tokens;

issue(portal => 'acme');

my $user = create('disabled@example.com');
my $path = "/Users/$user->{id}";
my $version = sql("select version from scim.resource "
                  . "where id = '$user->{id}'");

my @requests = (
    [ GET => $path ],
    [ GET => '/Users' ],
    [ GET => '/' ],
    [ HEAD => $path ],
    [ POST => '/Users/.search', body => { schemas => [ SEARCH ] } ],
    [ POST => '/Users', body => user('new@example.com') ],
    [ PUT => $path, body => user('disabled@example.com') ],
    [ PUT => '/Users/' . UNKNOWN, body => user('x') ],
    [ PATCH => $path, body => { schemas => [ PATCHOP ], Operations => [
          { op => 'replace', path => 'active', value => F } ] } ],
    [ DELETE => $path ],
    [ POST => '/Bulk', body => { schemas => [ BULK ], Operations => [
          { method => 'DELETE', path => $path } ] } ],
);

sql("select scim.enable_tenant('acme', false)");

for my $as ('acme', 'portal') {
    wait_for("disabled for $as", sub {
        GET($path, as => $as)->{status} == 403;
    });

    for my $request (@requests) {
        my ($method, $at, @more) = @$request;
        my $res = call($method, $at, @more, as => $as);

        $method eq 'HEAD' ? status_is($res, 403, "HEAD as $as")
            : error_is($res, 403, undef, qr/the tenant is disabled/,
                       "$method $at as $as");
    }

    status_is(GET('/Schemas', as => $as), 200, "discovery as $as");
    error_is(GET('/Nothing', as => $as), 404);
    error_is(GET('/Users?filter=x', as => $as), 400, 'invalidFilter');
}

status_is(GET('/Users', as => 'globex'), 200, 'others are not concerned');
sql_is("select version from scim.resource where id = '$user->{id}'",
       $version, 'nothing has changed');

sql("select scim.enable_tenant('acme', true)");

for my $as ('acme', 'portal') {
    wait_for("enabled for $as", sub {
        GET($path, as => $as)->{status} == 200;
    });
}

status_is(PUT($path, user('disabled@example.com', title => 'x')), 200);



=== TEST 2: what is known of a tenant is not asked for again
--- acme
token_cache 1h;
--- http
log_format scim '$scim_db_segments';
--- location
access_log logs/scim.log scim;
--- reset
--- scim
my $path = '/Users/' . UNKNOWN;

GET($path);
GET($path);

my $log = wait_for('log lines', sub {
    my $l = access_log('scim.log'); $l =~ tr/\n// >= 2 && $l;
});
is($log, "2\n1\n", 'asked once');

# a write looks for itself

sql("select scim.enable_tenant('acme', false)");
error_is(GET($path), 404);
error_is(POST('/Users', user('x')), 403, undef, qr/the tenant is disabled/);



=== TEST 3: a tenant that is not there yet is not disabled
--- http
scim_tenant initech { token bearer expires=2099-12-31
    sha256=03ac674216f3e15c761ee1a5e255f067953623c8b388b4459e13f978d7c846f4; }
--- reset
--- scim
use SCIM::Tokens;

$SCIM::Conf::SECRET{initech} = '1234';

status_is(GET('/Users', as => 'initech'), 200);
