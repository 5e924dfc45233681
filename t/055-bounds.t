# What decides at its bounds: cursors of queries that differ in little, groups
# that are as large as a limit, tokens that may do just what is asked.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use Cwd 'abs_path';
use SCIM;
use Test::Nginx::Socket 'no_plan';

$ENV{TEST_NGINX_EXAMPLES} = abs_path(dirname(__FILE__) . '/../docs/examples');

# a tenant whose name is as long as that of acme

$SCIM::Conf::SECRET{bcme} = 'bcme-5ecret-of-the-identity-provider';
our $BCME = "scim_tenant bcme {\n"
    . SCIM::Conf::token_line($SCIM::Conf::SECRET{bcme}, name => 'idp')
    . "\n}\n";

# a second type of a schema

our $DEVICE = join '', map { "$_.json\";\n" }
    "scim_schema \"$ENV{TEST_NGINX_EXAMPLES}/device",
    "scim_resource_type \"$ENV{TEST_NGINX_EXAMPLES}/device-type";

my $file = ($ENV{SCIM_TEST_DIR} // '/tmp') . '/gauge-type.json';
our $GAUGE = "scim_resource_type $file;";

open my $out, '>', $file or die "$file: $!";
print $out '{"name": "Gauge", "endpoint": "/Gauges", "schema": '
    . '"urn:example:params:scim:schemas:core:2.0:Device"}';
close $out;

scim_reset();
SCIM::sql("select scim.create_tenant('bcme')");
run_tests();

__DATA__

=== TEST 1: a cursor is good for its own query alone
--- http eval: $::BCME
--- scim
for my $who ('acme', 'bcme') {
    create("u$_", title => 'a', nickName => 'b', -opt => { as => $who })
        for 1 .. 3;
}

my $first = 'filter=' . uri_escape('title eq "a"')
            . '&sortBy=userName&count=1';
my $cursor = GET("/Users?$first&cursor=")->json->{nextCursor};
ok($cursor, 'there is a next page');

my $next = '&cursor=' . uri_escape($cursor);
my $res = GET("/Users?$first$next");
status_is($res, 200, 'it is the cursor of this query');
json_is($res, 'totalResults', 3);
is($res->json->{Resources}[0]{userName}, 'u2', 'and goes on');

for my $case (
    [ 'another value'     => $first =~ s/%22a%22/%22b%22/r ],
    [ 'another operator'  => $first =~ s/eq/co/r ],
    [ 'another attribute' => $first =~ s/title/Title/r ],
    [ 'another order'     => $first =~ s/userName/nickName/r ],
    [ 'the other way'     => "$first&sortOrder=descending" ],
    [ 'no order'          => $first =~ s/&sortBy=userName//r ],
    [ 'no filter'         => $first =~ s/filter=[^&]*&//r ],
) {
    my ($name, $args) = @$case;

    isnt($args, $first, 'it is another one');
    error_is(GET("/Users?$args$next"), 400, 'invalidCursor', undef, $name);
}

error_is(GET("/Users?$first$next", as => 'bcme'), 400, 'invalidCursor', undef,
         'another tenant');
error_is(GET("/?$first$next"), 400, 'invalidCursor', undef, 'at the root');
error_is(GET("/Groups?sortBy=id&count=1$next"), 400, 'invalidCursor', undef,
         'another type');

# what is no part of the query may change

for my $args ("$first&attributes=userName", $first =~ s/count=1/count=2/r) {
    status_is(GET("/Users?$args$next"), 200, $args);
}



=== TEST 2: groups as large as scim_patch_members, and larger
--- location
scim_patch_members 2;
--- scim
my @ids = map { create("p$_")->{id} } 1 .. 4;
my $id = group('growing', $ids[0])->{id};
my $add = sub {
    return { op => 'add', path => 'members', value => [ { value => $_[0] } ] };
};

my $res = patch("/Groups/$id", $add->($ids[1]));
status_is($res, 200, 'as large');
is(scalar @{ $res->json->{members} }, 2, 'with its members');

$res = patch("/Groups/$id", $add->($ids[2]));
status_is($res, 204, 'larger');
etag_is($res, 3);

$res = PATCH("/Groups/$id?excludedAttributes=members",
             { schemas => [ PATCHOP ], Operations => [ $add->($ids[3]) ] });
status_is($res, 200, 'members are not asked for');
ok(!exists $res->json->{members}, 'nor told');

$res = POST('/Bulk', { schemas => [ BULK ], Operations => [
    { method => 'PATCH', path => "/Groups/$id",
      data => { schemas => [ PATCHOP ], Operations => [
          { op => 'remove', path => "members[value eq \"$ids[0]\"]" } ] } },
] });
status_is($res, 200);
is($res->json->{Operations}[0]{status}, '200', 'Bulk has no bodies to save');
is(scalar @{ GET("/Groups/$id")->json->{members} }, 3, 'it was done');



=== TEST 3: a search reads
--- scim
my %search = (schemas => [ SEARCH ], filter => 'userName eq "p1"');

json_is(POST('/Users/.search', \%search, as => 'acme_ro'), 'totalResults', 1,
        'by who may only read');
json_is(POST('/.search', \%search, as => 'acme_ro'), 'totalResults', 1,
        'at the root');
status_is(POST('/Groups/.search', { schemas => [ SEARCH ] },
               as => 'acme_ro'), 403, 'of another type');
json_is(POST('/Groups/.search', { schemas => [ SEARCH ] },
             as => 'acme_groups'), 'totalResults', 1, 'his own');
status_is(POST('/Users', user('x'), as => 'acme_ro'), 403, 'no more');



=== TEST 4: a cursor that somebody has changed
--- scim
require MIME::Base64;

my $list = '/Users?sortBy=userName&count=1&cursor=';
my $cursor = GET($list)->json->{nextCursor};
my $bytes = MIME::Base64::decode_base64url($cursor);

cmp_ok(length $bytes, '>', 80, 'signature, head and place');

for my $i (0, 31, 32, 33, 41, 49, 50, 60, length($bytes) - 1) {
    my $changed = $bytes;
    substr($changed, $i, 1) ^= "\x01";

    error_is(GET($list . MIME::Base64::encode_base64url($changed)), 400,
             'invalidCursor', undef, "byte $i");
}

for my $text (substr($cursor, 0, 20), substr($cursor, 0, -4), "${cursor}AAAA",
              MIME::Base64::encode_base64url(substr $bytes, 0, 32),
              MIME::Base64::encode_base64url("\0" x length $bytes))
{
    error_is(GET($list . $text), 400, 'invalidCursor', undef, $text);
}

status_is(GET($list . $cursor), 200, 'as it was');



=== TEST 5: a cursor that has expired, a total that was told
--- location
scim_cursor_timeout 1s;
--- scim
my $list = '/Users?sortBy=userName&count=1&cursor=';
my $first = GET($list);
my $cursor = $first->json->{nextCursor};
my $total = $first->json->{totalResults};

create('q1');
my $next = GET($list . $cursor);

if ($next->{status} == 200) {
    json_is($next, 'totalResults', $total, 'the total is that of the first');
}

my $res;
wait_for('its end', sub {
    ($res = GET($list . $cursor))->{status} == 400;
});
error_is($res, 400, 'expiredCursor');



=== TEST 6: a Bulk request as large as may be
--- location
scim_max_payload 1k;
--- scim
my $bulk = sub {
    my $body = encode({ schemas => [ BULK ], Operations => [
        { method => 'DELETE', path => '/Users/' . UNKNOWN } ] });
    return POST('/Bulk', $body . ' ' x ($_[0] - length $body));
};

status_is($bulk->(1024), 200, 'as large');
status_is($bulk->(1025), 413, 'a byte more');



=== TEST 7: a token for types that are not there
--- acme
token bearer sha256=5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8 expires=never scope=others:rw;
--- scim
my @as = (as => '', headers => [ Authorization => 'Bearer password' ]);

error_is(GET('/', @as), 403, undef, undef, 'nothing at the root');
error_is(POST('/.search', { schemas => [ SEARCH ] }, @as), 403);
error_is(GET('/Users', @as), 403);
status_is(GET('/ResourceTypes', @as), 200, 'discovery is for all');



=== TEST 8: a tenant with a type alone, whose schema all have
--- http eval: $::DEVICE
--- acme eval: $::GAUGE
--- scim
my %device = (schemas => [ 'urn:example:params:scim:schemas:core:2.0:Device' ],
              serial => '1');

for my $who ('acme', 'globex') {
    status_is(POST('/Devices', \%device, as => $who), 201, 'of all');
    status_is(POST('/Gauges', \%device, as => $who),
              $who eq 'acme' ? 201 : 404, 'of one');
}



=== TEST 9: an extension that is required
--- acme
scim_schema "$TEST_NGINX_EXAMPLES/plan-user.json" required;
--- scim
my $plan = 'urn:example:params:scim:schemas:extension:plan:2.0:User';
my ($type) = grep { $_->{id} eq 'User' }
             @{ GET('/ResourceTypes')->json->{Resources} };
my ($ext) = grep { $_->{schema} eq $plan } @{ $type->{schemaExtensions} };

ok($ext->{required}, 'says discovery');
error_is(POST('/Users', user('r1')), 400, 'invalidValue');

my $user = create('r1', schemas => [ USER, $plan ], $plan, { badge => 'R' });
error_is(PUT("/Users/$user->{id}", user('r1')), 400, 'invalidValue');
error_is(patch("/Users/$user->{id}", { op => 'remove', path => $plan }), 400,
         'mutability');
status_is(POST('/Users', user('r1'), as => 'globex'), 201,
          'not of another tenant');
