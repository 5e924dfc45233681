# What a tenant's block says of attributes: require, unique, put_missing, and
# extensions that nobody registered.

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

=== TEST 1: require: POST and PUT
--- reset
--- acme
require userName externalId name.familyName;
require name.givenName emails[work] department;
require Group:externalId;
--- scim
my %all = (externalId => 'x1', name => { familyName => 'F', givenName => 'G' },
           emails => [ { type => 'Work', value => 'a@example.com' } ],
           &ENTERPRISE => { department => 'D' });

my $anna = create('anna@example.com', %all);
my $path = "/Users/$anna->{id}";

my @without = (
    [ qr/"externalId" is required/, externalId => undef ],
    [ qr/"externalId" is required/, externalId => ' ' ],
    [ qr/"name\.familyName" is required/, name => undef ],
    [ qr/"name\.familyName" is required/, name => { givenName => 'G' } ],
    [ qr/"name\.givenName" is required/, name => { familyName => 'F' } ],
    [ qr/"name\.givenName" is required/,
      name => { familyName => 'F', givenName => " \t" } ],
    [ qr/"emails" needs a value of type "work"/, emails => [] ],
    [ qr/"emails" needs a value of type "work"/,
      emails => [ { type => 'home', value => 'a@example.com' },
                  { value => 'b@example.com' } ] ],
    [ qr/"emails" needs a value of type "work"/,
      emails => [ { type => 'work', display => 'b@example.com' } ] ],
    [ qr/"\Q${\ENTERPRISE}\E:department" is required/, &ENTERPRISE => undef ],
    [ qr/"\Q${\ENTERPRISE}\E:department" is required/,
      &ENTERPRISE => { division => 'D' } ]);

for my $case (@without) {
    my ($detail, @change) = @$case;

    error_is(POST('/Users', user('b@example.com', %all, externalId => 'x2',
                                 @change)),
             400, 'invalidValue', $detail);
    error_is(PUT($path, user('anna@example.com', %all, @change)), 400,
             'invalidValue', $detail);
}

is(rows('acme'), 1, 'nothing was written');
is(GET($path)->json->{meta}{version}, $anna->{meta}{version}, 'nor changed');

error_is(POST('/Groups', { schemas => [ GROUP ], displayName => 'G' }), 400,
         'invalidValue', qr/externalId/);
status_is(POST('/Groups', { schemas => [ GROUP ], displayName => 'G',
                            externalId => 'g' }), 201);

# the audit names what was missing

wait_for('the rows', sub {
    sql("select count(*) from scim.audit where status = 400") == 2 * @without
                                                                + 1;
});
sql_is("select string_agg(distinct attribute, ' ' order by attribute) "
       . "from scim.audit where status = 400 and resource_type = 'User'",
       'emails externalId name.familyName name.givenName '
       . ENTERPRISE . ':department', 'attributes in the audit');

# who has no such rule

create('anna@example.com', -opt => { as => 'globex' });



=== TEST 2: require: PATCH takes nothing away, and leaves alone what is not there
--- reset
--- acme
require externalId name.givenName emails[work] Group:externalId;
--- scim
my $anna = create('anna@example.com', externalId => 'x',
                  name => { givenName => 'G', familyName => 'F' },
                  emails => [ { type => 'work', value => 'a@example.com' },
                              { type => 'home', value => 'h@example.com' } ]);
my $path = "/Users/$anna->{id}";

for my $case (
    [ { op => 'remove', path => 'name.givenName' }, qr/name\.givenName/ ],
    [ { op => 'remove', path => 'name' }, qr/name\.givenName/ ],
    [ { op => 'replace', path => 'name.givenName', value => '' },
      qr/name\.givenName/ ],
    [ { op => 'replace', path => 'name.givenName', value => ' ' },
      qr/name\.givenName/ ],
    [ { op => 'remove', path => 'emails[type eq "work"]' }, qr/emails/ ],
    [ { op => 'replace', path => 'emails[type eq "work"].type',
        value => 'other' }, qr/emails/ ],
    [ { op => 'remove', path => 'externalId' }, qr/externalId/ ])
{
    error_is(patch($path, $case->[0]), 400, 'invalidValue', $case->[1]);
}

status_is(patch($path, { op => 'remove', path => 'emails[type eq "home"]' },
                { op => 'remove', path => 'name.familyName' },
                { op => 'replace', path => 'name.givenName', value => 'H' }),
          200);

# moved within one request

status_is(patch($path, { op => 'remove', path => 'emails' },
                { op => 'add', path => 'emails', value =>
                  [ { type => 'work', value => 'b@example.com' } ] }), 200);

# one that was there before the rule

my $id = '00000000-0000-4000-8000-000000000165';
sql("insert into scim.resource (tenant, id, type, name, name_key, doc)
     values ('acme', '$id', 'User', 'old', 'old',
             '{\"schemas\": [\"${\USER}\"], \"userName\": \"old\",
               \"active\": true, \"emails\":
               [{\"type\": \"home\", \"value\": \"o\@example.com\"}]}')");
$id = "/Users/$id";

status_is(patch($id, { op => 'replace', path => 'title', value => 'T' }), 200);
status_is(patch($id, { op => 'replace', path => 'name.givenName',
                       value => 'G' }), 200);
error_is(patch($id, { op => 'remove', path => 'name.givenName' }), 400,
         'invalidValue', qr/name\.givenName/);
error_is(PUT($id, user('old', name => { givenName => 'G' })), 400,
         'invalidValue', qr/externalId/);



=== TEST 3: require and unique in /Schemas, for this tenant alone
--- reset
--- acme
require externalId name.givenName emails[work] department;
unique nickName emails.value employeeNumber Group:displayName=off;
--- scim
my $attr = sub {
    my ($urn, $path, %opt) = @_;
    my $list = GET("/Schemas/$urn", %opt)->json->{attributes};
    my $found;

    for my $name (split /\./, $path) {
        ($found) = grep { $_->{name} eq $name } @$list;
        $list = $found->{subAttributes};
    }

    return $found;
};

for my $case ([ USER, 'name' ], [ USER, 'name.givenName' ], [ USER, 'emails' ],
              [ ENTERPRISE, 'department' ])
{
    my ($urn, $path) = @$case;

    is($attr->(@$case)->{required}, T, "$path is required");
    is($attr->(@$case, as => 'globex')->{required}, F, 'but not elsewhere');
}

for my $case ([ USER, 'name.familyName' ], [ USER, 'emails.value' ],
              [ ENTERPRISE, 'division' ])
{
    is($attr->(@$case)->{required}, F, "$case->[1] is not required");
}

for my $case ([ USER, 'nickName', 'server', 'none' ],
              [ USER, 'emails.value', 'server', 'none' ],
              [ ENTERPRISE, 'employeeNumber', 'server', 'none' ],
              [ USER, 'userName', 'server', 'server' ],
              [ USER, 'title', 'none', 'none' ],
              [ GROUP, 'displayName', 'none', 'server' ])
{
    my ($urn, $path, $acme, $globex) = @$case;

    is($attr->($urn, $path)->{uniqueness}, $acme, "$path: $acme");
    is($attr->($urn, $path, as => 'globex')->{uniqueness}, $globex,
       "$path: $globex elsewhere");
}

my ($user) = grep { $_->{id} eq USER } @{ GET('/Schemas')->json->{Resources} };
my ($name) = grep { $_->{name} eq 'nickName' } @{ $user->{attributes} };
is($name->{uniqueness}, 'server', 'and in the list');



=== TEST 4: unique: POST, PUT, PATCH
--- reset
--- acme
unique nickName emails.value;
unique employeeNumber userName externalId;
--- scim
my $work = sub { [ { type => 'work', value => $_[0] } ] };

create('a', nickName => 'Nick', emails => $work->('a@example.com'),
       &ENTERPRISE => { employeeNumber => '1' });
my $b = create('b', nickName => 'Other', emails => $work->('b@example.com'));
my $path = "/Users/$b->{id}";

my $number = ENTERPRISE . ':employeeNumber';

for my $case ([ qr/nickName is taken/, nickName => 'nICK' ],
              [ qr/emails\.value is taken/, emails => $work->('A@Example.COM') ],
              [ qr/\Q$number\E is taken/, &ENTERPRISE =>
                { employeeNumber => '1' } ])
{
    my ($detail, @attr) = @$case;

    error_is(POST('/Users', user('c', @attr)), 409, 'uniqueness', $detail);
    error_is(PUT($path, user('b', @attr)), 409, 'uniqueness', $detail);
}

error_is(patch($path, { op => 'replace', path => 'nickName',
                        value => 'NICK' }), 409, 'uniqueness', qr/nickName/);
error_is(patch($path, { op => 'add', path => 'emails',
                        value => $work->('a@example.com') }),
         409, 'uniqueness', qr/emails\.value/);
error_is(patch($path, { op => 'add', path => $number, value => '1' }), 409,
         'uniqueness', qr/employeeNumber/);

is(rows('acme'), 2, 'two rows');
is(GET($path)->json->{nickName}, 'Other', 'as it was');

status_is(PUT($path, user('b', nickName => 'Other',
                          emails => $work->('B@example.com'))), 200);

# free again

status_is(DELETE("/Users/$b->{id}"), 204);
status_is(POST('/Users', user('c', nickName => 'other',
                              emails => $work->('b@example.com'))), 201);

# another tenant has no such rule

create($_, nickName => 'Nick', -opt => { as => 'globex' }) for 'a', 'b';



=== TEST 5: unique: the same at once
--- reset
--- acme
unique nickName;
--- scim
my %answer;

$answer{$_}++ for parallel(16, sub {
    my $res = POST('/Users', user("user$_[0]", nickName => 'Contended'));
    return $res->{status} . ' ' . ($res->json->{scimType} // '');
});

is_deeply(\%answer, { '201 ' => 1, '409 uniqueness' => 15 },
          'one 201, fifteen 409');
is(rows('acme', "doc ->> 'nickName' = 'Contended'"), 1, 'one row');

# by PATCH and PUT of users that are there

my @ids = map create("other$_")->{id}, 1 .. 8;

%answer = ();
$answer{$_}++ for parallel(8, sub {
    my $path = "/Users/$ids[$_[0] - 1]";
    my $res = $_[0] % 2
              ? patch($path, { op => 'add', path => 'nickName',
                               value => 'Wanted' })
              : PUT($path, user("other$_[0]", nickName => 'WANTED'));
    return $res->{status} . ' ' . ($res->json->{scimType} // '');
});

is_deeply(\%answer, { '200 ' => 1, '409 uniqueness' => 7 },
          'one 200, seven 409');
is(rows('acme', "lower(doc ->> 'nickName') = 'wanted'"), 1, 'one row');



=== TEST 6: groups of one name
--- reset
--- acme
unique Group:displayName=off Group:externalId;
--- scim
my @ids = map $_->{id}, group('Team'), group('Team'), group('TEAM');

sql_is("select count(*) from scim.resource where tenant = 'acme' "
       . "and type = 'Group' and name_key is null", 3,
       'three without a key');

my $res = GET('/Groups?filter=' . uri_escape('displayName eq "team"'));
is_deeply([ sort map $_->{id}, @{ $res->json->{Resources} } ], [ sort @ids ],
          'all are found by their name');

status_is(patch("/Groups/$ids[0]", { op => 'replace', path => 'displayName',
                                     value => 'Crew' }), 200);
status_is(PUT("/Groups/$ids[1]", { schemas => [ GROUP ],
                                   displayName => 'Crew' }), 200);
error_is(POST('/Groups', { schemas => [ GROUP ] }), 400, 'invalidValue',
         qr/displayName/);

create('a');
error_is(POST('/Users', user('A')), 409, 'uniqueness', qr/userName/);

my @opt = (as => 'globex');
status_is(POST('/Groups', { schemas => [ GROUP ], displayName => 'Team' },
               @opt), 201);
error_is(POST('/Groups', { schemas => [ GROUP ], displayName => 'team' },
              @opt), 409, 'uniqueness', qr/displayName/);



=== TEST 7: rules for a schema and a type of the tenant's own
--- reset
--- acme
scim_schema "$TEST_NGINX_EXAMPLES/plan-user.json";
scim_schema "$TEST_NGINX_EXAMPLES/device.json";
scim_resource_type "$TEST_NGINX_EXAMPLES/device-type.json";
require urn:example:params:scim:schemas:extension:plan:2.0:User:badge;
require Device:displayName;
unique badge=off Device:displayName;
--- scim
my $plan = 'urn:example:params:scim:schemas:extension:plan:2.0:User';
my $device = 'urn:example:params:scim:schemas:core:2.0:Device';

error_is(POST('/Users', user('a')), 400, 'invalidValue', qr/\Q$plan\E:badge/);
create($_, $plan, { badge => 'B-17' }) for 'a', 'b';

error_is(POST('/Devices', { schemas => [ $device ], serial => 'S1' }), 400,
         'invalidValue', qr/"displayName" is required/);
status_is(POST('/Devices', { schemas => [ $device ], serial => 'S1',
                             displayName => 'Drill' }), 201);
error_is(POST('/Devices', { schemas => [ $device ], serial => 'S2',
                            displayName => 'Drill' }), 409, 'uniqueness',
         qr/displayName/);



=== TEST 8: put_missing keep
--- reset
--- acme
put_missing keep;
require name.givenName;
--- scim
my $anna = create('anna', externalId => 'x', title => 'T', active => F,
                  name => { givenName => 'G', familyName => 'F' },
                  emails => [ { value => 'a@example.com', type => 'work' } ],
                  &ENTERPRISE => { department => 'D', division => 'V' });
my $path = "/Users/$anna->{id}";
my $doc = sub { my $json = GET($path)->json; delete $json->{meta}; $json };
my $was = $doc->();

status_is(PUT($path, { schemas => [ USER ] }), 200);
is_deeply($doc->(), $was, 'what is not named stays');
is(GET($path)->json->{meta}{version}, $anna->{meta}{version},
   'and no version is made');

status_is(PUT($path, user('anna', name => { givenName => 'H' }, title => 'U',
                          &ENTERPRISE => { division => 'W' })), 200);
$was->{name} = { givenName => 'H' };
$was->{title} = 'U';
$was->{+ENTERPRISE} = { department => 'D', division => 'W' };
is_deeply($doc->(), $was, 'named ones are replaced, complex ones as wholes');

error_is(PUT($path, user('anna', name => undef)), 400, 'invalidValue',
         qr/name\.givenName/);

status_is(PUT($path, user('anna', title => undef, emails => [],
                          externalId => undef, active => T,
                          &ENTERPRISE => { department => undef })), 200);
delete @$was{qw(title emails externalId)};
$was->{active} = T;
$was->{+ENTERPRISE} = { division => 'W' };
is_deeply($doc->(), $was, 'null and [] clear');

status_is(PUT($path, user('anna', &ENTERPRISE => undef)), 200);
delete $was->{+ENTERPRISE};
$was->{schemas} = [ USER ];
is_deeply($doc->(), $was, 'an extension as a whole as well');

# groups

my $group = group('Team', $anna->{id});
$path = "/Groups/$group->{id}";

status_is(PUT($path, { schemas => [ GROUP ], displayName => 'Crew' }), 200);
is(GET($path)->json->{displayName}, 'Crew', 'renamed');
is(GET($path)->json->{members}[0]{value}, $anna->{id}, 'members stay');

status_is(PUT($path, { schemas => [ GROUP ], members => [] }), 200);
is(GET($path)->json->{displayName}, 'Crew', 'the name stays');
is(GET($path)->json->{members}, undef, 'members are cleared');



=== TEST 9: put_missing clear, which is the default
--- reset
--- globex
put_missing clear;
--- scim
for my $tenant ('acme', 'globex') {
    my @opt = (as => $tenant);
    my $anna = create('anna', title => 'T', -opt => { @opt });
    my $path = "/Users/$anna->{id}";

    status_is(PUT($path, user('anna'), @opt), 200);
    is(GET($path, @opt)->json->{title}, undef, 'gone');

    my $group = POST('/Groups', { schemas => [ GROUP ], displayName => 'G',
                                  members => [ { value => $anna->{id} } ] },
                     @opt)->json;
    $path = "/Groups/$group->{id}";

    status_is(PUT($path, { schemas => [ GROUP ], displayName => 'G' }, @opt),
              200);
    is(GET($path, @opt)->json->{members}, undef, 'members are gone');
}



=== TEST 10: extensions of free choice, kept
--- reset
--- acme
unknown_attributes keep;
--- globex
unknown_attributes keep;
put_missing keep;
--- scim
my $urn = 'urn:ietf:params:scim:schemas:extension:acme:1.0:User';

for my $tenant ('acme', 'globex') {
    my @opt = (as => $tenant);
    my $user = POST('/Users', user('anna', schemas => [ USER, $urn ],
                                   $urn => { CostCentre => 'K1',
                                             Team => { Lead => 'x' } }),
                    @opt)->json;
    my $path = "/Users/$user->{id}";
    my $change = sub {
        PATCH($path, { schemas => [ PATCHOP ], Operations => [ @_ ] }, @opt);
    };
    my $ext = sub { GET($path, @opt)->json->{$urn} };

    is_deeply($ext->(), { CostCentre => 'K1', Team => { Lead => 'x' } },
              'kept and returned');
    is_deeply([ sort @{ $user->{schemas} } ], [ sort $urn, USER ],
              'in schemas');

    status_is($change->({ op => 'replace', path => "$urn:CostCentre",
                          value => 'K2' }), 200);
    is($ext->()->{CostCentre}, 'K2', 'by path');

    status_is($change->({ op => 'Replace', path => uc "$urn:costcentre",
                          value => 'K3' },
                        { op => 'add', value => { "$urn:team.lead" => 'y' } }),
              200);
    is_deeply($ext->(), { CostCentre => 'K3', Team => { Lead => 'y' } },
              'in another case, by path and by key, as it was first spelled');

    status_is(PUT($path, user('anna', uc $urn => { COSTCENTRE => 'K4',
                                                   New => 1 }), @opt), 200);
    is_deeply($ext->(), { CostCentre => 'K4', New => 1,
                          $tenant eq 'globex' ? (Team => { Lead => 'y' })
                                              : () },
              'in another case by PUT');

    status_is(PUT($path, user('anna'), @opt), 200);
    is(ref $ext->(), $tenant eq 'globex' ? 'HASH' : '', 'not named in a PUT');

    status_is($change->({ op => 'add', path => "$urn:CostCentre",
                          value => 'K5' }), 200);
    is($ext->()->{CostCentre}, 'K5', 'again');

    status_is($change->({ op => 'remove', path => "$urn:CostCentre" }), 200);
    is(($ext->() // {})->{CostCentre}, undef, 'PATCH removes for good');
    status_is($change->({ op => 'remove', path => $urn }), 200);
    is($ext->(), undef, 'and the whole of it');
    status_is($change->({ op => 'add', path => "$urn:CostCentre",
                          value => 'K5' }), 200);

    status_is(PUT($path, user('anna', $urn => undef), @opt), 200);
    is($ext->(), undef, 'null takes it away');

    error_is(GET('/Users?filter=' . uri_escape("$urn:CostCentre eq \"K5\""),
                 @opt), 400, 'invalidFilter');

    # not of groups

    my $group = POST('/Groups', { schemas => [ GROUP ], displayName => 'G',
                                  $urn => { a => 1 } }, @opt)->json;
    is($group->{$urn}, undef, 'passed over');

    $path = "/Groups/$group->{id}";
    status_is($change->({ op => 'add', path => "$urn:a", value => 1 }), 200);
    is($ext->(), undef, 'by PATCH too');
}



=== TEST 11: nginx -t tells what is wrong
--- scim
my $db = 'scim_database main "host=/nowhere dbname=x user=scim_module";';
my $token = token_line('s3cret');

my $examine = sub {
    my ($lines) = @_;
    my ($status, $out) =
        nginx_t("$db\nscim_tenant acme {\n$token\n$lines\n}\n");

    return ($status, $out);
};

for my $case (
    [ 'require;', qr/invalid number of arguments in "require"/ ],
    [ 'require nope;', qr/invalid attribute "nope" in "require" of tenant "acme": / ],
    [ 'require nope;', qr/resource type "User" has no such attribute/ ],
    [ 'require name.nope;', qr/"name\.nope" .* has no such attribute/ ],
    [ 'require urn:x:y:nope;', qr/has no such attribute/ ],
    [ 'require urn:ietf:params:scim:schemas:core:2.0:User;',
      qr/has no such attribute/ ],
    [ 'require Device:serial;', qr/malformed|no such attribute/ ],
    [ 'require Group:userName;', qr/"Group" has no such attribute/ ],
    [ 'require a..b;', qr/malformed/ ],
    [ 'require emails[work;', qr/brackets are malformed/ ],
    [ 'require emails[];', qr/brackets are malformed/ ],
    [ 'require emails[work]x;', qr/brackets are malformed/ ],
    [ 'require name[work];', qr/no type can stand in brackets/ ],
    [ 'require id;', qr/the server itself sets/ ],
    [ 'require schemas;', qr/the server itself sets/ ],
    [ 'require groups;', qr/readOnly, or not kept/ ],
    [ 'require password;', qr/readOnly, or not kept/ ],
    [ 'require Group:members;', qr/readOnly, or not kept/ ],
    [ 'unique nope;', qr/"nope" in "unique" .* has no such attribute/ ],
    [ 'unique name;', qr/complex attribute cannot be unique/ ],
    [ 'unique emails;', qr/complex attribute cannot be unique/ ],
    [ 'unique active;', qr/only strings, integers and references/ ],
    [ 'unique emails.primary;', qr/only strings, integers and references/ ],
    [ 'unique emails[work].value;', qr/no type can stand in brackets/ ],
    [ 'unique userName=off;', qr/"userName" .* always unique/ ],
    [ 'unique externalId=off;', qr/"externalId" .* always unique/ ],
    [ 'unique Group:externalId=off;', qr/always unique/ ],
    [ 'unique nickName=on;', qr/malformed|no such attribute/ ],
    [ 'put_missing maybe;', qr/"put_missing" .* must be "clear" or "keep"/ ],
    [ 'put_missing keep; put_missing keep;', qr/is duplicate/ ])
{
    my ($lines, $pattern) = @$case;
    my ($status, $out) = $examine->($lines);

    isnt($status, 0, $lines);
    like($out, qr/\[emerg\] .*$pattern.* in \S+:\d+$/m, 'says so');
}

for my $lines ('require emails[work].value addresses[work].country;
                require Group:displayName active externalId;',
               'unique emails.value nickName displayName;
                unique phoneNumbers.value=off title=off userName;')
{
    my ($status, $out) = $examine->($lines);

    is($status, 0, 'accepted') or diag($out);
}
