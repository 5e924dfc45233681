# ServiceProviderConfig, ResourceTypes, Schemas: what they say is true.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: ServiceProviderConfig
--- scim
my $res = GET('/ServiceProviderConfig');
my $spc = $res->json;

status_is($res, 200);
header_is($res, 'Content-Type', 'application/scim+json');
is_deeply($spc->{schemas},
    [ 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig' ],
    'schemas');
json_is($spc, 'patch.supported', T);
json_is($spc, 'bulk', { supported => T, maxOperations => 1000,
                        maxPayloadSize => 1024 * 1024 });
json_is($spc, 'pagination', { cursor => T, index => T,
                              defaultPaginationMethod => 'index',
                              defaultPageSize => 200, maxPageSize => 200,
                              cursorTimeout => 3600 });
json_is($spc, 'filter.supported', T);
json_is($spc, 'filter.maxResults', 200);
json_is($spc, 'changePassword.supported', F);
json_is($spc, 'sort.supported', T);
json_is($spc, 'etag.supported', T);
json_is($spc, 'meta.resourceType', 'ServiceProviderConfig');
like($spc->{meta}{location}, qr{^http://[^/]+/scim/v2/ServiceProviderConfig$},
     'meta.location');

is_deeply([ sort map { $_->{type} } @{ $spc->{authenticationSchemes} } ],
          [ qw(httpbasic oauthbearertoken) ], 'authenticationSchemes');
for (@{ $spc->{authenticationSchemes} }) {
    ok(length $_->{name} && length $_->{description}, 'name, description');
}

unlike($res->{body}, qr/null/, 'no nulls');



=== TEST 2: only the schemes that are configured
--- http_config eval
SCIM::database() . 'scim_tenant acme { '
. SCIM::token_line($SCIM::SECRET{acme}) . ' }'
--- scim
is_deeply([ map { $_->{type} } @{ GET('/ServiceProviderConfig')->json
                                    ->{authenticationSchemes} } ],
          [ 'oauthbearertoken' ], 'bearer alone');



=== TEST 3: ResourceTypes
--- scim
my $res = GET('/ResourceTypes');

status_is($res, 200);
json_is($res, 'schemas', [ LIST ]);
json_is($res, 'totalResults', 2);
json_is($res, 'itemsPerPage', 2);
json_is($res, 'startIndex', 1);

my $type = $res->json->{Resources}[0];

is_deeply($type->{schemas},
          [ 'urn:ietf:params:scim:schemas:core:2.0:ResourceType' ], 'schemas');
json_is($type, 'id', 'User');
json_is($type, 'name', 'User');
json_is($type, 'endpoint', '/Users');
json_is($type, 'schema', USER);
is_deeply($type->{schemaExtensions},
          [ { schema => ENTERPRISE, required => F } ], 'schemaExtensions');
json_is($type, 'meta.resourceType', 'ResourceType');
like($type->{meta}{location}, qr{/scim/v2/ResourceTypes/User$},
     'meta.location');

$res = GET('/ResourceTypes/User');
status_is($res, 200);
is_deeply($res->json, $type, 'alone it is the same');

json_is(GET('/ResourceTypes/Group'), 'endpoint', '/Groups');
error_is(GET('/ResourceTypes/x'), 404);



=== TEST 4: Schemas
--- scim
my $res = GET('/Schemas');

status_is($res, 200);
json_is($res, 'schemas', [ LIST ]);

my %schema = map { $_->{id} => $_ } @{ $res->json->{Resources} };
is($res->json->{totalResults}, scalar keys %schema, 'totalResults');

ok($schema{+USER}, 'User');
ok($schema{+ENTERPRISE}, 'EnterpriseUser');
ok($schema{+GROUP}, 'Group');

for my $id (sort keys %schema) {
    my $one = GET("/Schemas/$id");

    status_is($one, 200, $id);
    is_deeply($one->json, $schema{$id}, 'alone it is the same');
    json_is($one, 'meta.resourceType', 'Schema');
    is($one->json->{meta}{location} =~ /\Q\/Schemas\/$id\E$/, 1,
       'meta.location');
}

status_is(GET('/Schemas/' . uc USER), 200, 'the URN in capitals');
status_is(GET('/Schemas/' . uri_escape(USER)), 200, 'escaped');
error_is(GET('/Schemas/urn:x'), 404);



=== TEST 5: the attributes of User
--- scim
my $schema = GET('/Schemas/' . USER)->json;
my %attr = map { $_->{name} => $_ } @{ $schema->{attributes} };

for my $name (qw(userName name displayName nickName profileUrl title userType
                 preferredLanguage locale timezone active password emails
                 phoneNumbers ims photos addresses groups entitlements roles
                 x509Certificates))
{
    my $attr = $attr{$name};

    ok($attr, $name) or next;

    for my $key (qw(name type multiValued description required mutability
                    returned))
    {
        ok(defined $attr->{$key}, "$name.$key");
    }

    if ($attr->{type} eq 'complex') {
        ok(@{ $attr->{subAttributes} } > 0, "$name has sub-attributes");
    }
}

my %want = (
    userName => { required => T, uniqueness => 'server', caseExact => F,
                  mutability => 'readWrite', returned => 'default' },
    password => { mutability => 'writeOnly', returned => 'never' },
    groups   => { mutability => 'readOnly', multiValued => T },
    active   => { type => 'boolean', multiValued => F },
    emails   => { type => 'complex', multiValued => T },
    x509Certificates => { multiValued => T },
);

for my $name (sort keys %want) {
    for my $key (sort keys %{ $want{$name} }) {
        is_deeply($attr{$name}{$key}, $want{$name}{$key}, "$name.$key");
    }
}

my ($type) = grep { $_->{name} eq 'type' } @{ $attr{emails}{subAttributes} };
is_deeply([ sort @{ $type->{canonicalValues} } ], [ qw(home other work) ],
          'emails.type has canonicalValues');
unlike(GET('/Schemas')->{body}, qr/null/, 'no nulls');



=== TEST 6: HEAD
--- scim
for my $path ('/ServiceProviderConfig', '/ResourceTypes', '/Schemas',
              '/ResourceTypes/User', '/Schemas/' . USER)
{
    my ($get, $head) = (GET($path), HEAD($path));

    status_is($head, 200, $path);
    is($head->{body}, '', 'no body');
    is($head->header('Content-Length'), length $get->{body},
       'Content-Length');
}



=== TEST 7: query parameters
--- scim
status_is(GET('/ServiceProviderConfig?filter=invalid&sortBy=id&startIndex=999'),
          200, 'ignored by ServiceProviderConfig');

for my $path ('/Schemas', '/ResourceTypes') {
    error_is(GET("$path?filter=id%20eq%20%22x%22"), 403, undef, undef,
             "$path?filter");
    error_is(GET("$path?filter=)))"), 403, undef, undef,
             "$path with no filter at all");
    status_is(GET("$path?count=1&startIndex=2&sortBy=id&attributes=id"), 200,
              "$path: the rest is ignored");
}



=== TEST 8: other methods
--- scim
for my $path ('/ServiceProviderConfig', '/ResourceTypes', '/Schemas',
              '/Schemas/' . USER, '/ResourceTypes/User')
{
    for my $method (qw(POST PUT PATCH DELETE)) {
        my $res = call($method, $path, body => '{}');

        error_is($res, 405, undef, undef, "$method $path");
        header_is($res, 'Allow', 'GET, HEAD');
    }
}



=== TEST 9: no database is needed
--- http_config eval
'scim_database main "host=/nowhere dbname=x"; scim_errors on; '
. SCIM::tenants()
--- scim
for my $path ('/ServiceProviderConfig', '/ResourceTypes', '/Schemas') {
    status_is(GET($path), 200, $path);
}



=== TEST 10: all is announced that is kept, and nothing else
every attribute that can be written is stored
--- scim
my $schema = GET('/Schemas/' . USER)->json;
my %body;

for my $attr (@{ $schema->{attributes} }) {
    next if $attr->{mutability} ne 'readWrite'
            || $attr->{type} eq 'complex' || $attr->{name} eq 'userName';
    $body{$attr->{name}} = $attr->{type} eq 'boolean' ? F
                           : "value of $attr->{name}";
}

my $user = create('announced', %body);
is_deeply($user->{$_}, $body{$_}, $_) for sort keys %body;
