# All attributes of the core User and EnterpriseUser: types, quirks, limits.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: everything of RFC 7643 section 8.3
--- scim
my %all = (
    externalId => '701984',
    name => { formatted => 'Ms. Barbara J Jensen, III', familyName => 'Jensen',
              givenName => 'Barbara', middleName => 'Jane',
              honorificPrefix => 'Ms.', honorificSuffix => 'III' },
    displayName => 'Babs Jensen',
    nickName => 'Babs',
    profileUrl => 'https://login.example.com/bjensen',
    title => 'Tour Guide',
    userType => 'Employee',
    preferredLanguage => 'en-US',
    locale => 'en-US',
    timezone => 'America/Los_Angeles',
    active => T,
    emails => [ { value => 'bjensen@example.com', type => 'work',
                  primary => T },
                { value => 'babs@jensen.org', type => 'home',
                  display => 'Babs' } ],
    phoneNumbers => [ { value => '555-555-5555', type => 'work' },
                      { value => '555-555-4444', type => 'mobile' } ],
    ims => [ { value => 'someaimhandle', type => 'aim' } ],
    photos => [ { value => 'https://photos.example.com/p/F', type => 'photo' },
                { value => 'https://photos.example.com/p/T',
                  type => 'thumbnail' } ],
    addresses => [ { type => 'work', streetAddress => '100 Universal Plaza',
                     locality => 'Hollywood', region => 'CA',
                     postalCode => '91608', country => 'USA',
                     formatted => "100 Universal\nHollywood", primary => T },
                   { type => 'home', country => 'USA' } ],
    entitlements => [ { value => 'e1', type => 't', display => 'E' } ],
    roles => [ { value => 'admin', type => 'any text' } ],
    x509Certificates => [ { value => 'MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcN' } ],
    ENTERPRISE() => {
        employeeNumber => '701984', costCenter => '4130',
        organization => 'Universal Studios', division => 'Theme Park',
        department => 'Tour Operations',
        manager => { value => '26118915-6090-4610-87e4-49d8ca9f808d',
                     displayName => 'John Smith' },
    },
);
my $user = create({ schemas => [ USER, ENTERPRISE ], userName => 'full',
                    %all });

$all{+ENTERPRISE}{manager}{displayName} = 'John Smith';

for my $name (sort keys %all) {
    my ($got, $want) = ($user->{$name}, $all{$name});

    if ($name eq ENTERPRISE) {
        is($got->{$_}, $want->{$_}, $_)
            for qw(employeeNumber costCenter organization division department);
        is($got->{manager}{value}, $want->{manager}{value}, 'manager');
        next;
    }

    is_deeply($got, $want, $name);
}

is_deeply([ sort @{ $user->{schemas} } ], [ sort(USER(), ENTERPRISE()) ],
          'schemas');
is_deeply(GET("/Users/$user->{id}")->json, $user, 'GET');

sql_is("select given_name, family_name, email, department, cost_center, "
       . "employee_number from scim.v_user where id = '$user->{id}'",
       'Barbara|Jensen|bjensen@example.com|Tour Operations|4130|701984',
       'the view');



=== TEST 2: names in any case
--- scim
my $user = create({ SCHEMAS => [ USER ], USERNAME => 'upper',
                    Name => { GivenName => 'G' }, ACTIVE => F,
                    EMAILS => [ { VALUE => 'u@example.com', Type => 'work' } ],
                    uc(ENTERPRISE) => { DEPARTMENT => 'D' } });

json_is($user, 'userName', 'upper');
json_is($user, 'name', { givenName => 'G' });
json_is($user, 'active', F);
json_is($user, 'emails', [ { value => 'u@example.com', type => 'work' } ]);
is($user->{+ENTERPRISE}{department}, 'D', 'the extension');
ok((grep { $_ eq ENTERPRISE } @{ $user->{schemas} }), 'and its URN');



=== TEST 3: the extension's URN comes and goes with its content
--- scim
my $user = create('ext1', ENTERPRISE() => { department => 'D' });
is_deeply([ sort @{ $user->{schemas} } ], [ sort(USER(), ENTERPRISE()) ],
          'there, although not named');

my $path = "/Users/$user->{id}";

for my $body (user('ext1'), user('ext1', ENTERPRISE() => {}),
              user('ext1', ENTERPRISE() => undef),
              user('ext1', ENTERPRISE() => { department => undef }),
              { %{ user('ext1') }, schemas => [ USER, ENTERPRISE ] })
{
    my $res = PUT($path, $body);
    status_is($res, 200);
    ok(!exists $res->json->{+ENTERPRISE}, 'no extension');
    PUT($path, user('ext1', ENTERPRISE() => { department => 'D' }));
}



=== TEST 4: schemas inside the extension are not kept
--- scim
my $user = create('ext2', ENTERPRISE() => { schemas => [ ENTERPRISE ],
                                            department => 'D' });
is_deeply($user->{+ENTERPRISE}, { department => 'D' }, 'as expected');



=== TEST 5: wrong types
--- scim
my @wrong = (
    [ userName     => 7 ],          [ userName     => [ 'a' ] ],
    [ userName     => {} ],         [ userName     => T ],
    [ externalId   => 1 ],          [ externalId   => [ 1 ] ],
    [ externalId   => { a => 1 } ], [ externalId   => T ],
    [ active       => 'wahr' ],     [ active       => 1 ],
    [ active       => [] ] ,        [ active       => 'yes' ],
    [ name         => 'Anna' ],     [ name         => [ 'x' ] ],
    [ displayName  => {} ],         [ displayName  => 1 ],
    [ emails       => 1 ],          [ emails       => [ 1 ] ],
    [ emails       => [ [] ] ],
    [ emails       => [ { value => 1 } ] ],
    [ emails       => [ { value => 'a', primary => 'x' } ] ],
    [ addresses    => [ 'x' ] ],
    [ ENTERPRISE() => 'x' ],        [ ENTERPRISE() => [] ],
    [ ENTERPRISE() => { department => 1 } ],
    [ ENTERPRISE() => { manager => 7 } ],
);

for (@wrong) {
    my ($name, $value) = @$_;

    # an empty list means absent, wherever it stands

    next if ref $value eq 'ARRAY' && !@$value;

    my $res = POST('/Users', user('wrong', $name => $value));
    error_is($res, 400, 'invalidValue', undef,
             "$name: " . JSON::PP->new->allow_nonref->encode($value));
}

is(rows('acme', "name_key = 'wrong'"), 0, 'nothing written');



=== TEST 6: externalId is text, never a number
--- scim
my %id;

for my $text ('1', '0001', '1.0', '../1', "1'", '{"a":1}', ' 1') {
    my $user = create("ext-$text", externalId => $text);
    is($user->{externalId}, $text, "\"$text\"");
    $id{$user->{id}} = 1;
}

is(scalar keys %id, 7, 'seven users');



=== TEST 7: text in place of a boolean
--- scim
my $i = 0;

for (qw(True true TRUE)) {
    json_is(create("bool-" . $i++, active => $_), 'active', T, $_);
}

for (qw(False false FALSE)) {
    json_is(create("bool-" . $i++, active => $_), 'active', F, $_);
}

json_is(create('bool-primary', roles => [ { value => 'x',
        primary => 'True' } ]), 'roles.0.primary', T);



=== TEST 8: ... but not in the strict profile
--- acme
profile strict;
--- scim
for (qw(True false)) {
    error_is(POST('/Users', user("strict-$_", active => $_)), 400,
             'invalidValue', qr/active/);
}

error_is(POST('/Users', user('two', emails => [
    { value => 'a', primary => T }, { value => 'b', primary => T } ])),
    400, 'invalidValue', qr/emails/);
status_is(POST('/Users', user('strict')), 201);



=== TEST 9: manager as text, as an object, as nothing
--- scim
for my $case ([ 'boss-1', { value => 'boss-1' } ],
              [ { value => 'boss-2' }, { value => 'boss-2' } ],
              [ '', undef ], [ { value => '' }, undef ], [ undef, undef ],
              [ { value => undef }, undef ])
{
    my ($in, $out) = @$case;
    my $user = create('boss-' . encode([ $in ]),
                      ENTERPRISE() => { department => 'D',
                                        manager => $in });
    is_deeply($user->{+ENTERPRISE}{manager}, $out, encode([ $in ]));
}



=== TEST 10: one primary at most
--- scim
my $user = create('primary', emails => [
    { value => 'a@x', primary => T }, { value => 'b@x', primary => T } ]);
my @primary = grep { $_->{primary} } @{ $user->{emails} };

is(scalar @{ $user->{emails} }, 2, 'both are kept');
is(scalar @primary, 1, 'one primary');
is($primary[0]{value}, 'a@x', 'the first');



=== TEST 11: no two equal (type, value) pairs
--- scim
my $user = create('pairs', emails => [
    { value => 'a@x', type => 'work', display => 'first' },
    { value => 'a@x', type => 'work', display => 'second' },
    { value => 'a@x', type => 'home' },
    { value => 'b@x', type => 'work' },
    { value => 'a@x' } ]);

is_deeply([ map { [ $_->{value}, $_->{type} ] } @{ $user->{emails} } ],
          [ [ 'a@x', 'work' ], [ 'a@x', 'home' ], [ 'b@x', 'work' ],
            [ 'a@x', undef ] ], 'one of each');
json_is($user, 'emails.0.display', 'first');



=== TEST 12: elements without a value are dropped
--- scim
my $user = create('empty', phoneNumbers => [ { value => '', type => 'work',
                                               primary => T } ],
                  emails => [ { value => 'a@x' }, { value => '' } ]);

ok(!exists $user->{phoneNumbers}, 'no phone number is left');
is_deeply($user->{emails}, [ { value => 'a@x' } ], 'one mail is left');



=== TEST 13: an object in place of a list
--- scim
my $user = create('single', emails => { value => 'a@x', type => 'work' });

is_deeply($user->{emails}, [ { value => 'a@x', type => 'work' } ],
          'a list of one');



=== TEST 14: canonical values are not enforced
--- scim
my $user = create('canon', emails => [ { value => 'a@x', type => 'Space' } ],
                  roles => [ { value => 'x', type => 'y' } ]);
json_is($user, 'emails.0.type', 'Space');



=== TEST 15: unknown attributes are ignored by default
--- scim
my $user = create('unknown', favouriteColour => 'red',
    name => { nick => 'x', givenName => 'G' },
    emails => [ { value => 'a@x', verified => T } ],
    'urn:ietf:params:scim:schemas:extension:acme:1.0:User' => { a => 1 });

ok(!exists $user->{favouriteColour}, 'at the top');
is_deeply($user->{name}, { givenName => 'G' }, 'in a complex attribute');
is_deeply($user->{emails}, [ { value => 'a@x' } ], 'in an element');
ok(!(grep { /acme/ } keys %$user, @{ $user->{schemas} }), 'an extension');
sql_is("select doc ? 'favouriteColour' from scim.resource "
       . "where id = '$user->{id}'", 'f', 'nor are they stored');



=== TEST 16: ... refused where the tenant says so
--- acme
unknown_attributes reject;
--- scim
for my $more ([ favouriteColour => 'red' ], [ name => { nick => 'x' } ],
              [ emails => [ { value => 'a@x', verified => T } ] ],
              [ 'urn:x:1.0:User' => { a => 1 } ],
              [ ENTERPRISE() => { colour => 'x' } ])
{
    error_is(POST('/Users', user('reject', @$more)), 400, 'invalidSyntax',
             undef, encode({ @$more }));
}

is(rows('acme', "name_key = 'reject'"), 0, 'nothing written');
status_is(POST('/Users', user('reject')), 201);
status_is(POST('/Users', user('reject', colour => 1), as => 'globex'), 201,
          'the other tenant has its own policy');



=== TEST 17: ... or kept
--- acme
unknown_attributes keep;
--- scim
my $urn = 'urn:ietf:params:scim:schemas:extension:acme:1.0:User';
my $user = create('kept', $urn => { CostCentre => '4711', n => 1.50,
                                    list => [ 1, { a => undef } ] });

is($user->{$urn}{CostCentre}, '4711', 'returned with its own spelling');
ok((grep { $_ eq $urn } @{ $user->{schemas} }), 'its URN is in schemas');
is(GET("/Users/$user->{id}")->json->{$urn}{CostCentre}, '4711', 'GET');
sql_is("select doc->'$urn'->>'CostCentre' from scim.resource "
       . "where id = '$user->{id}'", '4711', 'stored');
etag_is(PUT("/Users/$user->{id}", GET("/Users/$user->{id}")->{body}), 1);



=== TEST 18: values at their limit
--- scim
for my $case ([ displayName => 1024 ], [ title => 8192 ],
              [ nickName => 8192 ])
{
    my ($name, $max) = @$case;

    my $user = create("limit-$name", $name => 'x' x $max);
    is(length $user->{$name}, $max, "$name of $max bytes");

    error_is(POST('/Users', user("over-$name", $name => 'x' x ($max + 1))),
             400, 'invalidValue', undef, "$name of one more");
}

for my $name (qw(userName externalId)) {
    my $ok = user('limit-x', externalId => 'e', $name => 'x' x 1024);
    my $no = user('over-x', externalId => 'f', $name => 'y' x 1025);

    status_is(POST('/Users', $ok), 201, "$name of 1024 bytes");
    error_is(POST('/Users', $no), 400, 'invalidValue', qr/$name/,
             "$name of 1025 bytes");
}

# bytes, not letters

status_is(POST('/Users', user("\x{e9}" x 512)), 201, '1024 bytes of UTF-8');
error_is(POST('/Users', user("\x{e8}" x 513)), 400, 'invalidValue',
         qr/userName/, '1026 bytes of UTF-8');



=== TEST 19: userName need not be a mail address
--- scim
json_is(create($_), 'userName', $_)
    for 'x1', 'a b', '%', '_', "o'neill", 'a"b', 'a\\b', '*', '0',
        "\x{4e2d}\x{6587}", "\x{1f600}";
