# Writes that were refused are in the audit: who, what, why.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: one row each
--- http
log_format scim '$scim_request_id $status';
--- location
access_log logs/scim.log scim;
--- scim
my $n = 0;
my $line = sub {
    my $l = wait_for('log line', sub {
        my @l = split /\n/, access_log('scim.log'); $l[$n];
    });
    $n++;
    return split / /, $l;
};

my $user = create('audit@example.com', externalId => 'a-1');
my $path = "/Users/$user->{id}";
$line->();

for my $case (
    [ 'taken', POST => '/Users', { body => user('audit@example.com') },
      'idp|create|User||409|uniqueness|userName' ],
    [ 'wrong type', PUT => $path,
      { body => user('audit@example.com', active => 'perhaps') },
      "idp|replace|User|$user->{id}|400|invalidValue|active" ],
    [ 'not there', PUT => '/Users/' . UNKNOWN, { body => user('x') },
      'idp|replace|User|' . UNKNOWN . '|404||' ],
    [ 'no id at all', DELETE => '/Users/nobody', {},
      'idp|delete|User||404||' ],
    [ 'another version', DELETE => $path,
      { headers => [ 'If-Match' => 'W/"99"' ] },
      "idp|delete|User|$user->{id}|412||" ],
    [ 'no right', DELETE => $path, { as => 'acme_ro' },
      "reader|delete|User|$user->{id}|403||" ],
    [ 'no PATCH', PATCH => $path, { body => {} },
      "idp|patch|User|$user->{id}|400|invalidSyntax|" ],
    [ 'no JSON', POST => '/Users', { body => '{' },
      'idp|create|User||400|invalidSyntax|' ],
    [ 'another type of body', POST => '/Users',
      { body => '<x/>', type => 'text/xml' }, 'idp|create|User||415||' ],
) {
    my ($name, $method, $at, $opt, $want) = @$case;
    my $res = call($method, $at, %$opt);
    my ($id, $status) = $line->();

    is($status, (split /\|/, $want)[4], $name) or diag($res->describe);
    like($id, qr/^[0-9a-f-]{36}$/, "$name: \$scim_request_id");

    my $row = "from scim.audit where tenant = 'acme' and request_id = '$id'";

    wait_for('its row', sub { sql("select count(*) $row") });
    sql_is("select token_name, op, resource_type, resource_id, status, "
           . "scim_type, attribute $row", $want, "$name: its row");
    sql_is("select origin, client, ms >= 0, version_from, version_to $row",
           'scim|127.0.0.1|t||', "$name: and the rest");
}

# nothing of what nobody has asked for, or of reads

GET('/Users/' . UNKNOWN);
GET('/Users?filter=x');
POST('/Users', user('x'), as => '');
POST('/Users', user('audit@example.com'), as => 'globex');
wait_for('the row of the last one', sub {
    sql("select count(*) from scim.audit where tenant = 'globex'");
});
sql_is("select count(*) from scim.audit where tenant = 'acme'", 10,
       'no row of reads and of nobody');
sql_is("select count(*) from scim.event", 2, 'no event of a refusal');



=== TEST 2: operations of Bulk, one row each
--- reset
--- scim
my $res = POST('/Bulk', { schemas => [ BULK ], Operations => [
    { method => 'POST', path => '/Users', bulkId => 'a',
      data => user('bulk@example.com') },
    { method => 'POST', path => '/Users', bulkId => 'b',
      data => user('b', active => 'perhaps') },
    { method => 'DELETE', path => '/Users/' . UNKNOWN },
    { method => 'PUT', path => '/Users/' . UNKNOWN,
      data => user('c', emails => 'x') },
    { method => 'DELETE', path => '/Nothing/x' },
] });
status_is($res, 200);

wait_for('the rows', sub {
    sql("select count(*) from scim.audit where tenant = 'acme'") >= 4;
});
sql_is("select string_agg(op || ' ' || status, ', ' order by op, status) "
       . "from scim.audit where tenant = 'acme' and resource_type = 'User'",
       'create 201, create 400, delete 404, replace 404');
sql_is("select count(resource_id) from scim.audit where status = 400", 0,
       'what was not made has no id');

$res = POST('/Bulk', '{"schemas":[]}');
error_is($res, 400, 'invalidSyntax');
wait_for('its row', sub {
    sql("select count(*) from scim.audit where op = 'bulk'");
});



=== TEST 3: no value of a client is in the row, and no name
--- reset
--- acme
unknown_attributes reject;
--- scim
my $canary = 'canary-4711';

POST('/Users', user("$canary\@example.com", active => $canary,
                    $canary => $canary));
PATCH("/Users/$canary", { schemas => [ PATCHOP ], Operations => [
    { op => 'replace', path => $canary, value => $canary } ] });


my $user = user('a');
$user->{name} = { $canary => $canary };
error_is(POST('/Users', user('b', $canary => $canary)), 400, 'invalidSyntax');
error_is(POST('/Users', $user), 400, 'invalidSyntax');

wait_for('the rows', sub { sql('select count(*) from scim.audit') == 4 });
sql_is("select count(*) from scim.audit a where a::text ~ '$canary'", 0);



=== TEST 4: faults of ours are no refusals
--- reset
--- error_log
[crit]
SQLSTATE 22012
--- scim
sql('create function scim.fault() returns trigger language plpgsql '
    . 'as $$ begin perform 1 / 0; return new; end $$');
sql('create trigger fault before insert on scim.resource '
    . 'for each row execute function scim.fault()');

my @seen = map POST('/Users', user('a'))->{status}, 1, 2;

sql('drop trigger fault on scim.resource');
sql('drop function scim.fault()');

is("@seen", '500 500');
error_is(POST('/Users', {}), 400, 'invalidValue');
wait_for('the row of the last one', sub {
    sql('select count(*) from scim.audit');
});
sql_is('select string_agg(status::text, $$ $$) from scim.audit', 400);
