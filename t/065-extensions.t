# Extensions and resource types from files: those of docs/extensions.md.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use Cwd 'abs_path';
use SCIM;
use Test::Nginx::Socket 'no_plan';

$ENV{TEST_NGINX_EXAMPLES} = abs_path(dirname(__FILE__) . '/../docs/examples');

scim_reset();
run_tests();

__DATA__

=== TEST 1: an extension of one tenant
--- acme
scim_schema "$TEST_NGINX_EXAMPLES/plan-user.json";
--- scim
my $plan = 'urn:example:params:scim:schemas:extension:plan:2.0:User';
my $anna = create('anna@example.com', $plan, {
    badge => 'B-17', skills => [ 'welding', 'Sawing' ],
    hiredOn => '2030-05-01T00:00:00Z', linkedResource => { id => 17 } });
my $path = "/Users/$anna->{id}";

is_deeply([ sort @{ $anna->{schemas} } ], [ sort $plan, USER ], 'schemas');
is($anna->{$plan}{linkedResource}{id}, 17, 'a number');

error_is(POST('/Users', user('b@example.com', $plan, { badge => 'B-17' })),
         409, 'uniqueness', qr/badge/);
status_is(POST('/Users', user('b@example.com', $plan, { badge => 'b-17' })),
          201);
error_is(POST('/Users', user('c@example.com', $plan,
                             { linkedResource => { id => 'x' } })),
         400, 'invalidValue', qr/linkedResource\.id/);

my $res = patch($path, { op => 'replace', value => 18,
                         path => "$plan:linkedResource.id" });
status_is($res, 200);
is($res->json->{$plan}{linkedResource}{id}, 18, 'changed');

$res = patch($path, { op => 'add', value => { "$plan:sendInvitationMail" =>
                                              'True' } });
is($res->json->{$plan}{sendInvitationMail}, T, 'a boolean');

error_is(patch($path, { op => 'replace', path => "$plan:badge",
                        value => 'b-17' }), 409, 'uniqueness', qr/badge/);

# a dot behind the URN

$res = patch($path, { op => 'replace', path => "$plan.sendInvitationMail",
                      value => F },
                    { op => 'replace', path => "$plan.linkedResource.id",
                      value => 19 });
is($res->json->{$plan}{sendInvitationMail}, F, 'a path with a dot');
is($res->json->{$plan}{linkedResource}{id}, 19, 'and with two');

$res = patch($path, { op => 'add', value => { "$plan.sendInvitationMail" => T,
                                              "$plan.linkedResource.id" =>
                                              18 } });
is($res->json->{$plan}{sendInvitationMail}, T, 'a key with a dot');
is($res->json->{$plan}{linkedResource}{id}, 18, 'and with two');

for my $filter ("$plan:badge eq \"B-17\"", 'badge eq "B-17"',
                'linkedResource.id eq 18', 'linkedResource.id gt 17',
                'skills eq "WELDING"', 'skills sw "saw"',
                'hiredOn lt "2030-05-01T02:00:00.001+02:00"',
                "$plan:sendInvitationMail eq true",
                "$plan.sendInvitationMail eq true",
                "$plan.linkedResource.id eq 18",
                lc("$plan") . ':BADGE pr and skills co "eld"')
{
    my $found = GET('/Users?filter=' . uri_escape($filter));

    status_is($found, 200, $filter);
    is(join(' ', map $_->{id}, grep { $_->{id} eq $anna->{id} }
                               @{ $found->json->{Resources} }),
       $anna->{id}, 'Anna');
}

$res = GET("$path?attributes=" . uri_escape("$plan:badge"));
is_deeply($res->json->{$plan}, { badge => 'B-17' }, 'projected');

$res = GET("$path?attributes=" . uri_escape("$plan.badge"));
is_deeply($res->json->{$plan}, { badge => 'B-17' }, 'projected by a dot');

$res = GET('/Users?sortBy=badge');
is_deeply([ map $_->{$plan}{badge}, @{ $res->json->{Resources} } ],
          [ 'B-17', 'b-17' ], 'sorted');



=== TEST 2: its discovery, for this tenant alone
--- acme
scim_schema "$TEST_NGINX_EXAMPLES/plan-user.json";
--- scim
my $plan = 'urn:example:params:scim:schemas:extension:plan:2.0:User';
my $res = GET("/Schemas/$plan");

status_is($res, 200);
my ($badge) = grep { $_->{name} eq 'badge' } @{ $res->json->{attributes} };
is($badge->{uniqueness}, 'server', 'uniqueness');
is($badge->{caseExact}, T, 'caseExact');

my ($ext) = grep { $_->{schema} eq $plan }
            @{ GET('/ResourceTypes/User')->json->{schemaExtensions} };
ok($ext && !$ext->{required}, 'an extension of User');

error_is(GET("/Schemas/$plan", as => 'globex'), 404);



=== TEST 3: a resource type
--- http
scim_schema "$TEST_NGINX_EXAMPLES/device.json";
scim_resource_type "$TEST_NGINX_EXAMPLES/device-type.json";
--- scim
my $urn = 'urn:example:params:scim:schemas:core:2.0:Device';
my $res = POST('/Devices', { schemas => [ $urn ], serial => 'S1',
                             displayName => 'Drill', weight => 1.5,
                             pin => '1234', externalId => 'ext' });

status_is($res, 201);
my $device = $res->json;
my $path = "/Devices/$device->{id}";
like($res->header('Location'), qr{/Devices/\Q$device->{id}\E\z}, 'Location');
is($device->{meta}{resourceType}, 'Device', 'resourceType');
is($device->{pin}, undef, 'never returned');
is($device->{active}, undef, 'nothing of users');
is_deeply(GET($path)->json, $device, 'as it is read');

error_is(POST('/Devices', { schemas => [ $urn ], serial => 'S1' }), 409,
         'uniqueness', qr/serial/);
error_is(POST('/Devices', { schemas => [ $urn ] }), 400, 'invalidValue',
         qr/serial/);
error_is(PUT($path, { schemas => [ $urn ], serial => 'S2' }), 400,
         'mutability', qr/serial/);
status_is(PUT($path, { schemas => [ $urn ], serial => 'S1', weight => 2 }),
          200);

$res = patch($path, { op => 'add', path => 'owner.value', value => 'x' });
status_is($res, 200);
etag_is($res, 3);
error_is(patch($path, { op => 'replace', path => 'serial', value => 'S2' }),
         400, 'mutability');

for my $filter ('serial eq "S1"', 'weight eq 2', 'weight ge 1.99',
                'owner.value eq "x"', 'meta.resourceType eq "Device"')
{
    json_is(GET('/Devices?filter=' . uri_escape($filter)), 'totalResults', 1,
            $filter);
}

json_is(GET('/Devices?filter=' . uri_escape('serial eq "s1"')),
        'totalResults', 0);
json_is(GET('/Devices'), 'totalResults', 1);
json_is(GET('/?filter=' . uri_escape('serial eq "S1"')), 'totalResults', 1);
status_is(GET('/ResourceTypes/Device'), 200);
status_is(GET("/Schemas/$urn"), 200);
status_is(DELETE($path), 204);
error_is(GET($path), 404);
json_is(GET('/Devices'), 'totalResults', 0);



=== TEST 4: unregistered extensions are kept
--- acme
unknown_attributes keep;
--- scim
my $urn = 'urn:vendor:anything:1.5:User';
my $user = create('keep@example.com', $urn, { a => [ 1, { b => 'c' } ] });

is_deeply($user->{$urn}, { a => [ 1, { b => 'c' } ] }, 'as it came');
is_deeply(GET("/Users/$user->{id}")->json, $user, 'kept');

my $res = PUT("/Users/$user->{id}", $user);
etag_is($res, 1);

$res = patch("/Users/$user->{id}", { op => 'replace', path => 'title',
                                     value => 'T' });
is_deeply($res->json->{$urn}, $user->{$urn}, 'still there');

error_is(GET('/Users?filter=' . uri_escape("$urn:a eq \"x\"")), 400,
         'invalidFilter');



=== TEST 5: nginx -t finds what is wrong
--- scim
my $dir = servroot() . '/conf';
my $base = conninfo();

my $try = sub {
    my ($text, $line, $want) = @_;

    open my $out, '>', "$dir/try.json" or die $!;
    print $out $text;
    close $out;

    my ($status, $output) = nginx_t(<<"EOC");
scim_database main "$base";
$line
EOC
    isnt($status, 0, "refused: $want");
    like($output, $want, 'told where');
};

my $schema = "scim_schema $dir/try.json;";

$try->('{ "id": "urn:x:y", ', $schema, qr/try\.json.*\d/s);
$try->('{ "id": "urn:x:y", "name": "Y", "attributes": [ { "name": "a" },
          { "name": "b", "type": "text" } ] }', "$schema",
       qr/attributes\[1\]\.type/);
$try->('{ "id": "urn:x:y", "name": "Y", "attributes": [ { "name": "a",
          "type": "complex", "subAttributes": [ { "name": "b c" } ] } ] }',
       $schema, qr/attributes\[0\]\.subAttributes\[0\]\.name/);
$try->('{}', "scim_schema $dir/missing.json;", qr/missing\.json.*failed/);
$try->('{ "id": "urn:x:y:User", "attributes": [ { "name": "a" } ] }',
       "$schema $schema", qr/id: .*another schema/);
