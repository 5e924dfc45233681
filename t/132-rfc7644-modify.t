# The examples of RFC 7644 sections 3.5, 3.6, 3.12 and 3.14: PUT, PATCH,
# DELETE, errors, versions.  Names of tests begin with the section.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::Ops;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: 3.5.1 Replacing with PUT
--- globex
profile strict;
--- scim
both(sub {
    my $user = create('bjensen', externalId => 'bjensen',
        name => { formatted => 'Ms. Barbara J Jensen III',
                  familyName => 'Jensen', givenName => 'Barbara' },
        roles => [ { value => 'r' } ], title => 'gone afterwards');
    my $put = {
        schemas => [ USER ], id => $user->{id}, userName => 'bjensen',
        externalId => 'bjensen',
        name => { formatted => 'Ms. Barbara J Jensen III',
                  familyName => 'Jensen', givenName => 'Barbara',
                  middleName => 'Jane' },
        roles => [], emails => [ { value => 'bjensen@example.com' },
                                 { value => 'babs@jensen.org' } ] };
    my $res = PUT("/Users/$user->{id}", $put,
                  headers => [ 'If-Match' => $user->{meta}{version} ]);

    status_is($res, 200);
    header_is($res, 'Content-Type', 'application/scim+json');
    header_is($res, 'ETag', $res->json->{meta}{version});
    isnt($res->json->{meta}{version}, $user->{meta}{version}, 'a new version');
    is($res->json->{meta}{created}, $user->{meta}{created}, 'created stays');
    json_is($res, 'name.middleName', 'Jane');
    json_is($res, 'emails', $put->{emails});
    ok(!exists $res->json->{$_}, "no $_") for qw(roles title);
    is_deeply(GET("/Users/$user->{id}")->json, $res->json, 'as a GET sees it');

    error_is(PUT("/Users/$user->{id}", $put,
                 headers => [ 'If-Match' => $user->{meta}{version} ]),
             412, undef, qr/./, 'the version of before');
    error_is(PUT('/Users/' . UNKNOWN, $put), 404, undef, qr/./,
             'PUT does not create');
    error_is(PUT("/Users/$user->{id}", { schemas => [ USER ] }), 400,
             'invalidValue', qr/userName/, 'what is required');
});



=== TEST 2: 3.5.2 Figure 6, 3.5.2.1: add a member to a group
--- globex
profile strict;
--- scim
both(sub {
    my $user = create('babs', displayName => 'Babs Jensen');
    my $group = group('add a member');
    my $path = "/Groups/$group->{id}";
    my $add = ops([ 'add', 'members', [ {
        display => 'Babs Jensen', '$ref' => $user->{meta}{location},
        value => $user->{id} } ] ]);
    my $res = PATCH($path, $add,
                    headers => [ 'If-Match' => $group->{meta}{version} ]);

    status_is($res, 200);
    header_is($res, 'ETag', $res->json->{meta}{version});
    isnt($res->json->{meta}{version}, $group->{meta}{version},
         'a new version');
    json_is($res, 'members.0.value', $user->{id});
    json_is($res, 'members.0.display', 'Babs Jensen');
    json_is($res, 'members.0.type', 'User');
    json_is($res, 'members.0.$ref', $user->{meta}{location});
    is_deeply(GET($path)->json, $res->json, 'as a GET sees it');
    json_is(GET("/Users/$user->{id}"), 'groups.0.value', $group->{id},
            'and the user knows');

    # "If the user was already a member of this group, no changes should be
    # made to the resource"

    my $again = PATCH($path, $add);
    status_is($again, 200);
    is_deeply($again->json->{meta}, $res->json->{meta}, 'no change');

    error_is(PATCH($path, $add, headers => [ 'If-Match' => 'W/"77"' ]),
             412, undef, qr/./, 'of another version');
});



=== TEST 3: 3.5.2 Figure 8: Example Path Values
--- globex
profile strict;
--- scim
both(sub {
    my $member = create('path-member')->{id};
    my $group = '/Groups/' . group('paths', $member)->{id};
    my $user = '/Users/' . create('paths',
        name => { familyName => 'F' },
        addresses => [ { type => 'work', locality => 'L' },
                       { type => 'home', locality => 'M' } ])->{id};

    is(modified($user, [ 'replace', 'name.familyName', 'G' ])
           ->{name}{familyName}, 'G', 'name.familyName');
    is_deeply(modified($user, [ 'remove', 'addresses[type eq "work"]' ])
                  ->{addresses}, [ { type => 'home', locality => 'M' } ],
              'addresses[type eq "work"]');
    error_is(modify($group, [ 'replace',
                             "members[value eq \"$member\"].displayName",
                             'x' ]),
             400, 'invalidPath', qr/./, 'members have no displayName');
    ok(!exists modified($group, [ 'remove', "members[value eq \"$member\"]" ])
           ->{members}, 'members[value eq "..."]');
    is(scalar @{ modified($group, [ 'add', 'members',
                                   [ { value => $member } ] ])->{members} },
       1, 'members');
});



=== TEST 4: 3.5.2 mutability, schemas, order, primary, atomicity
--- globex
profile strict;
--- scim
both(sub {
    my $user = create('rules', emails => [
        { value => 'a@x.de', type => 'work', primary => T },
        { value => 'b@x.de', type => 'home' } ]);
    my $path = "/Users/$user->{id}";

    error_is(modify($path, [ 'replace', 'id', UNKNOWN ]), 400, 'mutability');
    error_is(modify($path, [ 'replace', 'meta.version', 'x' ]), 400,
             'mutability');
    error_is(modify($path, [ 'add', 'groups', [ { value => UNKNOWN } ] ]), 400,
             'mutability');

    my $got = modified($path, [ 'add', ENTERPRISE . ':employeeNumber', '1' ]);
    is_deeply([ sort @{ $got->{schemas} } ], [ sort(USER(), ENTERPRISE()) ],
              'schemas follows');
    is_deeply($got->{+ENTERPRISE}, { employeeNumber => '1' }, 'the extension');

    $got = modified($path, [ 'add', 'title', 'one' ],
                          [ 'replace', 'title', 'two' ],
                          [ 'remove', ENTERPRISE . ':employeeNumber' ]);
    is($got->{title}, 'two', 'one after the other');
    is_deeply($got->{schemas}, [ USER ], 'schemas follows');

    $got = modified($path, [ 'add', 'emails',
                            [ { value => 'c@x.de', primary => T } ] ]);
    is(join(' ', map { $_->{value} } grep { $_->{primary} }
                     @{ $got->{emails} }), 'c@x.de', 'one primary');

    my $before = GET($path)->json;
    error_is(modify($path, [ 'replace', 'title', 'three' ],
                          [ 'replace', 'userName', 'four' ],
                          [ 'replace', 'emails[type eq "none"].value', 'x' ]),
             400, 'noTarget');
    is_deeply(GET($path)->json, $before, 'all or nothing');

    error_is(PATCH($path, { schemas => [ PATCHOP ], Operations => [] }),
             400, 'invalidSyntax', qr/./, 'no operation');
    error_is(PATCH($path, { schemas => [ PATCHOP ] }), 400, 'invalidSyntax',
             qr/./, 'no Operations');
    error_is(modify($path, [ 'move', 'title', 'x' ]), 400, 'invalidSyntax',
             qr/./, 'another op');
    error_is(modify('/Users/' . UNKNOWN, [ 'add', 'title', 'x' ]), 404, undef,
             qr/./, 'nobody');
    error_is(modify($path, [ 'add', 'no such path', 'x' ]), 400, 'invalidPath',
             qr/./, 'no path');

    create('taken');
    error_is(modify($path, [ 'replace', 'userName', 'TAKEN' ]), 409,
             'uniqueness');
});



=== TEST 5: 3.5.2.1 Add Operation: without a path
--- globex
profile strict;
--- scim
both(sub {
    my $user = create('add-it', emails => [ { value => 'bj@example.com',
                                              type => 'work' } ]);
    my $path = "/Users/$user->{id}";
    my @op = [ 'add', undef, { emails => [ { value => 'babs@jensen.org',
                                             type => 'home' } ],
                               nickname => 'Babs' } ];
    my $got = modified($path, @op);

    is_deeply($got->{emails},
              [ { value => 'bj@example.com', type => 'work' },
                { value => 'babs@jensen.org', type => 'home' } ],
              'a further value');
    is($got->{nickName}, 'Babs', 'nickname is nickName');
    is_deeply(modified($path, @op)->{meta}, $got->{meta},
              'the same again changes nothing');
    is(modified($path, [ 'add', undef, { nickName => 'Barb' } ])->{nickName},
       'Barb', 'an existing value is replaced');
});



=== TEST 6: 3.5.2.1 Add Operation: every kind of target
--- globex
profile strict;
--- scim
both(sub {
    my $path = '/Users/' . create('targets', title => 'T',
        name => { givenName => 'G' })->{id};

    is(modified($path, [ 'add', 'nickName', 'N' ])->{nickName}, 'N',
       'no value before');
    is(modified($path, [ 'add', 'title', 'U' ])->{title}, 'U',
       'a single value is replaced');
    is_deeply(modified($path, [ 'add', 'name', { familyName => 'F' } ])
                  ->{name}, { givenName => 'G', familyName => 'F' },
              'a complex attribute');
    is_deeply(modified($path, [ 'add', 'emails', [ { value => 'a@x.de' } ] ])
                  ->{emails}, [ { value => 'a@x.de' } ], 'a list');

    my $got = modified($path, [ 'add', 'emails', { value => 'b@x.de' } ]);
    is_deeply($got->{emails}, [ { value => 'a@x.de' },
                                { value => 'b@x.de' } ], 'one value of it');
    is_deeply(modified($path, [ 'add', 'emails', [ { value => 'a@x.de' } ] ])
                  ->{meta}, $got->{meta}, 'it is there already');
    error_is(PATCH($path, { schemas => [ PATCHOP ], Operations => [
                 { op => 'add', path => 'title' } ] }), 400, 'invalidValue',
             qr/value/, 'without a value');
});



=== TEST 7: 3.5.2.2 Remove Operation: members
--- globex
profile strict;
--- scim
both(sub {
    my ($babs, $james, $third) = map { create($_)->{id} }
                                 qw(rm-babs rm-james rm-third);
    my $group = group('Tour Guides', $babs, $james);
    my $path = "/Groups/$group->{id}";

    error_is(modify($path, [ 'remove' ]), 400, 'noTarget', qr/./, 'no path');

    my $got = modified($path, [ 'remove', "members[value eq \"$babs\"]" ]);
    is(scalar @{ $got->{members} }, 1, 'a single member');
    members_are($path, [ $james ]);

    # "If the user was not a member of this group, no changes should be made
    # to the resource, and a success response should be returned"

    is_deeply(modified($path, [ 'remove', "members[value eq \"$babs\"]" ])
                  ->{meta}, $got->{meta}, 'who is no member');

    $got = modified($path, [ 'remove', "members[value eq\"$james\"]" ],
                          [ 'add', 'members', [ { value => $third,
                              display => 'James Smith' } ] ]);
    is($got->{members}[0]{value}, $third, 'one goes, one comes');
    members_are($path, [ $third ]);

    $got = modified($path, [ 'remove', 'members' ],
                          [ 'add', 'members', [ { value => $babs },
                                                { value => $james } ] ]);
    is(scalar @{ $got->{members} }, 2, 'all go, others come');
    members_are($path, [ $babs, $james ]);

    $got = modified($path, [ 'remove', 'members' ]);
    ok(!exists $got->{members}, 'all members');
    members_are($path, []);
});



=== TEST 8: 3.5.2.2 Remove Operation: values and attributes
--- globex
profile strict;
--- scim
both(sub {
    my $user = create('rm', title => 'T', name => { givenName => 'G',
                                                    familyName => 'F' },
        emails => [ { value => 'a@example.com', type => 'work' },
                    { value => 'b@example.com', type => 'home' },
                    { value => 'c@example.org', type => 'work' } ],
        phoneNumbers => [ { value => '1', type => 'work' } ],
        photos => [ { value => 'https://x.de/p' } ]);
    my $path = "/Users/$user->{id}";

    is_deeply(modified($path, [ 'remove', 'emails[type eq "work" and '
                                         . 'value ew "example.com"]' ])
                  ->{emails},
              [ { value => 'b@example.com', type => 'home' },
                { value => 'c@example.org', type => 'work' } ],
              'a value of several');
    ok(!exists modified($path, [ 'remove', 'title' ])->{title},
       'a single value');
    is_deeply(modified($path, [ 'remove', 'name.givenName' ])->{name},
              { familyName => 'F' }, 'a sub-attribute');
    ok(!exists modified($path, [ 'remove', 'emails' ])->{emails},
       'all values');
    ok(!exists modified($path, [ 'remove', 'phoneNumbers[type eq "work"]' ])
           ->{phoneNumbers}, 'the last value takes the attribute with it');

    error_is(modify($path, [ 'remove', $_ ]), 400, 'mutability', qr/./, $_)
        for qw(userName id meta groups);
});



=== TEST 9: 3.5.2.3 Replace Operation: members
--- globex
profile strict;
--- scim
both(sub {
    my ($babs, $james, $third) = map { create($_)->{id} }
                                 qw(rp-babs rp-james rp-third);
    my $path = '/Groups/' . group('replaced', $third)->{id};
    my @op = [ 'replace', 'members', [
        { display => 'Babs Jensen', value => $babs,
          '$ref' => "https://example.com/v2/Users/$babs" },
        { display => 'James Smith', value => $james } ] ];
    my $got = modified($path, @op);

    members_are($path, [ $babs, $james ]);
    is_deeply(modified($path, @op)->{meta}, $got->{meta},
              'the same again changes nothing');
    modified($path, [ 'replace', 'members', [] ]);
    members_are($path, [], 'by nobody');
});



=== TEST 10: 3.5.2.3 Replace Operation: addresses
--- globex
profile strict;
--- scim
both(sub {
    my $path = '/Users/' . create('addr', addresses => [
        { type => 'work', streetAddress => 'S', locality => 'L' },
        { type => 'home', locality => 'H', primary => T } ])->{id};
    my $work = { type => 'work', streetAddress => '911 Universal City Plaza',
                 locality => 'Hollywood', region => 'CA',
                 postalCode => '91608', country => 'US',
                 formatted => "911 Universal City Plaza\n"
                              . "Hollywood, CA 91608 US",
                 primary => T };
    my $got = modified($path, [ 'replace', 'addresses[type eq "work"]',
                               $work ]);

    is_deeply($got->{addresses}[0], $work, 'the entire work address');
    is($got->{addresses}[1]{locality}, 'H', 'the other stays');
    ok(!$got->{addresses}[1]{primary}, 'but is no longer primary');

    $got = modified($path, [ 'replace',
                            'addresses[type eq "work"].streetAddress',
                            '1010 Broadway Ave' ]);
    is_deeply($got->{addresses}[0],
              { %$work, streetAddress => '1010 Broadway Ave' },
              'a specific sub-attribute');

    error_is(modify($path, [ 'replace',
                            'addresses[type eq "other"].streetAddress',
                            'x' ]), 400, 'noTarget', qr/./, 'no match');
    error_is(modify($path, [ 'replace', 'addresses[type eq "other"]',
                            { locality => 'x' } ]), 400, 'noTarget', qr/./,
             'no match for a whole value');
});



=== TEST 11: 3.5.2.3 Replace Operation: without a path, and the rest
--- globex
profile strict;
--- scim
both(sub {
    my $path = '/Users/' . create('rep', title => 'stays',
        name => { givenName => 'G', familyName => 'F' },
        emails => [ { value => 'old@example.com' } ])->{id};
    my $emails = [ { value => 'bjensen@example.com', type => 'work',
                     primary => T },
                   { value => 'babs@jensen.org', type => 'home' } ];
    my $got = modified($path, [ 'replace', undef, { emails => $emails,
                                                   nickname => 'Babs' } ]);

    is_deeply($got->{emails}, $emails, 'all values');
    is($got->{nickName}, 'Babs', 'and another attribute');
    is($got->{title}, 'stays', 'other attributes are unaffected');

    is(modified($path, [ 'replace', 'title', 'T' ])->{title}, 'T',
       'a single value');
    is_deeply(modified($path, [ 'replace', 'name', { givenName => 'H' } ])
                  ->{name}, { givenName => 'H', familyName => 'F' },
              'sub-attributes that are not named stay');
    is(modified($path, [ 'replace', 'displayName', 'D' ])->{displayName}, 'D',
       'what does not exist is added');
    is(modified($path, [ 'replace', 'userName', 'rep2' ])->{userName}, 'rep2',
       'a new userName');
    is_deeply([ map { $_->{type} }
                @{ modified($path, [ 'replace', 'emails[value co "@"].type',
                                    'other' ])->{emails} } ],
              [ 'other', 'other' ], 'all that match');
});



=== TEST 12: 3.6 Deleting Resources
--- globex
profile strict;
--- scim
both(sub {
    my $user = create('del');
    my $path = "/Users/$user->{id}";
    my $group = group('del', $user->{id});

    error_is(DELETE($path, headers => [ 'If-Match' => 'W/"9"' ]), 412, undef,
             qr/./, 'another version');

    my $res = DELETE($path, headers => [ 'If-Match' =>
                                         $user->{meta}{version} ]);
    status_is($res, 204);
    is($res->{body}, '', 'no content');

    $res = GET($path);
    error_is($res, 404, undef, qr/\Q$user->{id}\E|./, 'gone');
    error_is(DELETE($path), 404, undef, qr/./, 'DELETE');
    error_is(PUT($path, user('del')), 404, undef, qr/./, 'PUT');
    error_is(modify($path, [ 'add', 'title', 'T' ]), 404, undef, qr/./,
             'PATCH');
    is(found('/Users', 'userName eq "del"'), '', 'not found');
    members_are("/Groups/$group->{id}", [], 'nor among members');
    status_is(POST('/Users', user('del')), 201, 'the name is free');

    status_is(DELETE("/Groups/$group->{id}"), 204, 'a group');
    status_is(GET("/Groups/$group->{id}"), 404, 'gone');
});



=== TEST 13: 3.12 HTTP Status and Error Response Handling
--- globex
profile strict;
--- scim
both(sub {
    my $id = create('err')->{id};

    error_is(GET('/Users/2819c223-7f76-453a-919d-413861904646'), 404, undef,
             qr/./, 'a non-existent GET');
    error_is(modify("/Users/$id", [ 'replace', 'id', 'x' ]), 400, 'mutability',
             qr/id/, 'id is readOnly');
    error_is(PUT("/Users/$id", '{'), 400, 'invalidSyntax', qr/./, 'no JSON');
    error_is(POST('/Users', user('x', name => 'text')), 400, 'invalidValue',
             qr/name/, 'a value of another type');
    error_is(GET('/NoSuchEndpoint'), 404, undef, qr/./, 'no such endpoint');
    error_is(PATCH('/Users', {}), 405, undef, qr/./, 'no such method');
    error_is(GET('/Users', as => ''), 401, undef, qr/./, 'nobody');
});



=== TEST 14: 3.14 Versioning Resources
--- globex
profile strict;
--- scim
both(sub {
    my $res = POST('/Users', user('ver', name => { familyName => 'Jensen' }));
    my $path = '/Users/' . $res->json->{id};
    my $tag = $res->header('ETag');

    like($tag, qr{^W/"[^"]+"$}, 'a weak ETag');
    json_is($res, 'meta.version', $tag);

    $res = GET($path, headers => [ 'If-None-Match' => $tag ]);
    status_is($res, 304, 'not modified');
    is($res->{body}, '', 'no body');
    header_is($res, 'ETag', $tag);
    status_is(GET($path, headers => [ 'If-None-Match' => 'W/"x"' ]), 200,
              'another version');

    $res = PATCH($path, ops([ 'add', 'title', 'T' ]),
                 headers => [ 'If-Match' => $tag ]);
    status_is($res, 200);
    isnt($res->header('ETag'), $tag, 'a new one');

    error_is(PATCH($path, ops([ 'add', 'title', 'U' ]),
                   headers => [ 'If-Match' => $tag ]), 412, undef, qr/./,
             'the version of before');
    status_is(PATCH($path, ops([ 'add', 'title', 'U' ]), headers =>
                    [ 'If-Match' => "W/\"x\", " . $res->header('ETag') ]),
              200, 'a list of versions');
    status_is(PATCH($path, ops([ 'add', 'title', 'V' ]),
                    headers => [ 'If-Match' => '*' ]), 200, 'any version');
    status_is(DELETE($path, headers => [ 'If-Match' => $tag ]), 412,
              'DELETE too');
});
