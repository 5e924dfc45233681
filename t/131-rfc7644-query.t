# The examples of RFC 7644 sections 3.3 and 3.4: creating, retrieving,
# querying.  Names of tests begin with the section.

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

=== TEST 1: 3.3 Creating Resources
--- globex
profile strict;
--- scim
both(sub {
    my $sent = { schemas => [ USER ], userName => 'bjensen',
                 externalId => 'bjensen',
                 name => { formatted => 'Ms. Barbara J Jensen III',
                           familyName => 'Jensen', givenName => 'Barbara' } };
    my $res = POST('/Users', $sent,
                   headers => [ Accept => 'application/scim+json' ]);

    status_is($res, 201);
    header_is($res, 'Content-Type', 'application/scim+json');

    my $user = $res->json;
    my $location = $user->{meta}{location};

    header_is($res, 'Location', $location);
    like($location, qr{^http://.*/Users/\Q$user->{id}\E$}, 'meta.location');
    header_is($res, 'ETag', $user->{meta}{version});
    is($user->{meta}{resourceType}, 'User', 'meta.resourceType');
    like($user->{meta}{created}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/,
         'meta.created');
    is($user->{meta}{lastModified}, $user->{meta}{created},
       'meta.lastModified');
    is_deeply({ map { $_ => $user->{$_} } keys %$sent }, $sent,
              'all that was sent');

    error_is(POST('/Users', $sent), 409, 'uniqueness', qr/./, 'again');
});



=== TEST 2: 3.3 mutability, null and [] in a create
--- globex
profile strict;
--- scim
both(sub {
    my $user = create('mut', id => 'mine', meta => { version => 'W/"9"' },
                      groups => [ { value => UNKNOWN } ],
                      nickName => undef, emails => []);

    isnt($user->{id}, 'mine', 'readOnly id is ignored');
    is($user->{meta}{version}, 'W/"1"', 'readOnly meta is ignored');
    ok(!exists $user->{$_}, "no $_") for qw(groups nickName emails);
});



=== TEST 3: 3.3.1 Resource Types
--- globex
profile strict;
--- scim
both(sub {
    is(create('rt')->{meta}{resourceType}, 'User', 'of /Users');
    is(group('rt')->{meta}{resourceType}, 'Group', 'of /Groups');
});



=== TEST 4: 3.4.1 Retrieving a Known Resource
--- globex
profile strict;
--- scim
both(sub {
    my $user = create('known', externalId => 'known',
        name => { familyName => 'Jensen', givenName => 'Barbara' },
        phoneNumbers => [ { value => '555-555-8377', type => 'work' } ],
        emails => [ { value => 'bjensen@example.com', type => 'work' } ]);
    my $res = GET("/Users/$user->{id}");

    status_is($res, 200);
    header_is($res, 'Content-Type', 'application/scim+json');
    header_is($res, 'ETag', $user->{meta}{version});
    is_deeply($res->json, $user, 'as created');

    error_is(GET('/Users/' . UNKNOWN), 404, undef, qr/./, 'not there');
});



=== TEST 5: 3.4.2 Query Resources
--- reset
--- globex
profile strict;
--- scim
both(sub {
    error_is(GET('/Users?filter=regex'), 400, 'invalidFilter');
    my $res = GET('/Users');

    json_is($res, 'totalResults', 0, 'nothing yet');
    json_is($res, 'schemas', [ LIST ]);

    create($_, title => 'T') for qw(bjensen jsmith);
    $res = GET('/Users?attributes=userName&noSuchParameter=1');

    status_is($res, 200);
    json_is($res, 'schemas', [ LIST ]);
    json_is($res, 'totalResults', 2);
    is_deeply([ map { [ sort keys %$_ ] } @{ $res->json->{Resources} } ],
              [ ([ qw(id schemas userName) ]) x 2 ], 'id, schemas, userName');
    is(join(' ', map { $_->{userName} } @{ $res->json->{Resources} }),
       'bjensen jsmith', 'both');
});



=== TEST 6: 3.4.2.1 Query Endpoints
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $user = create('one');
    my $group = group('two', $user->{id});
    my $res = GET("/Users/$user->{id}?attributes=userName");

    json_is($res, 'userName', 'one', 'a resource');
    is(found('/Users', 'id pr'), 'one', 'a type');
    is(found('/Groups', 'id pr'), 'two', 'another type');
    is(found('/', 'id pr'), 'one two', 'the root');
    is(found('/', 'meta.resourceType eq "User"'), 'one', 'Users of the root');
    is(found('/', 'meta.resourceType eq "Group"'), 'two', 'Groups of the root');
    is(found('/', '(meta.resourceType eq "User") or '
                 . '(meta.resourceType eq "Group")'), 'one two', 'both');
    is(found('/', 'userName pr'), 'one', 'what a Group has not');
    is(found('/', 'userName eq "two"'), '', 'no value, no match');
    is(found('/', 'userName eq "one" or displayName eq "two"'), 'one two',
       'each type by its own attribute');

    $res = find('/', filter => 'meta.resourceType eq User');
    ok($res->{status} == 200 || $res->{status} == 400,
       'the RFC\'s own words, without quotes');

    is(join(' ', map { $_->{meta}{resourceType} }
                 sort { $a->{meta}{resourceType} cmp $b->{meta}{resourceType} }
                 @{ GET('/')->json->{Resources} }),
       'Group User', 'a query without a filter');
});



=== TEST 7: 3.4.2.2 Filtering: names and operators in any case
--- reset
--- globex
profile strict;
--- scim
both(sub {
    create($_) for qw(john Jane);

    is(found('/Users', $_), 'john', $_)
        for 'userName Eq "john"', 'Username eq "john"',
            'USERNAME EQ "John"', 'NOT (username sw "ja")',
            'userName eq "john" AND active Eq true';
});



=== TEST 8: 3.4.2.2 Figure 2: Example Filters
--- reset
--- globex
profile strict;
--- scim
both(sub {
    create('bjensen', title => 'Guide', userType => 'Employee',
           name => { familyName => "O'Malley", givenName => 'B' },
           emails => [ { value => 'bj@example.com', type => 'work' } ]);
    create('Jsmith', userType => 'Intern',
           emails => [ { value => 'js@example.org', type => 'home' },
                       { value => 'js@work.net', type => 'work' } ],
           ims => [ { value => 'jim@foo.com', type => 'xmpp' } ]);
    create('jdoe', userType => 'Employee',
           emails => [ { value => 'jd@example.com', type => 'home' },
                       { value => 'jd@other.net', type => 'work' } ],
           schemas => [ USER, ENTERPRISE ],
           ENTERPRISE, { employeeNumber => '7' });

    my @filters = (
        'userName eq "bjensen"' => 'bjensen',
        'name.familyName co "O\'Malley"' => 'bjensen',
        'userName sw "J"' => 'Jsmith jdoe',
        USER . ':userName sw "J"' => 'Jsmith jdoe',
        'title pr' => 'bjensen',
        'meta.lastModified gt "2011-05-13T04:42:34Z"' => 'Jsmith bjensen jdoe',
        'meta.lastModified ge "2011-05-13T04:42:34Z"' => 'Jsmith bjensen jdoe',
        'meta.lastModified lt "2011-05-13T04:42:34Z"' => '',
        'meta.lastModified le "2011-05-13T04:42:34Z"' => '',
        'title pr and userType eq "Employee"' => 'bjensen',
        'title pr or userType eq "Intern"' => 'Jsmith bjensen',
        'schemas eq "' . ENTERPRISE . '"' => 'jdoe',
        'userType eq "Employee" and (emails co "example.com" or '
            . 'emails.value co "example.org")' => 'bjensen jdoe',
        'userType ne "Employee" and not (emails co "example.com" or '
            . 'emails.value co "example.org")' => '',
        'userType eq "Employee" and (emails.type eq "work")'
            => 'bjensen jdoe',
        'userType eq "Employee" and emails[type eq "work" and '
            . 'value co "@example.com"]' => 'bjensen',
        'emails[type eq "work" and value co "@example.com"] or '
            . 'ims[type eq "xmpp" and value co "@foo.com"]'
            => 'Jsmith bjensen',
    );

    while (my ($filter, $want) = splice @filters, 0, 2) {
        is(found('/Users', $filter), $want, $filter);
    }
});



=== TEST 9: 3.4.2.2 Tables 3 to 5: every operator, precedence, grouping
--- reset
--- globex
profile strict;
--- scim
both(sub {
    create('anna', displayName => 'Anna Bell', active => T, title => 'x');
    create('berta', displayName => 'Berta', active => F);
    create('carl', displayName => 'carl bell', active => F, title => 'y',
           nickName => '');

    my @filters = (
        'displayName eq "ANNA bell"' => 'anna',
        'displayName ne "berta"' => 'anna carl',
        'displayName co "a be"' => 'anna',
        'displayName sw "be"' => 'berta',
        'displayName ew "BELL"' => 'anna carl',
        'displayName gt "anna bell"' => 'berta carl',
        'displayName ge "anna bell"' => 'anna berta carl',
        'displayName lt "berta"' => 'anna',
        'displayName le "berta"' => 'anna berta',
        'title pr' => 'anna carl',
        'not (title pr)' => 'berta',
        'active eq true' => 'anna',
        'active ne true' => 'berta carl',
        'title eq null' => 'berta',
        'title ne null' => 'anna carl',
        'userName eq "anna" or userName eq "berta" and active eq true'
            => 'anna',
        '(userName eq "anna" or userName eq "berta") and active eq false'
            => 'berta',
        'not (userName eq "anna") and active eq false' => 'berta carl',
        'not (userName eq "anna" or userName eq "berta")' => 'carl',
        '((((userName eq "anna"))))' => 'anna',
    );

    while (my ($filter, $want) = splice @filters, 0, 2) {
        is(found('/Users', $filter), $want, $filter);
    }

    error_is(find('/Users', filter => $_), 400, 'invalidFilter', qr/./, $_)
        for 'userName regex "a"', 'userName eq', 'userName', 'eq "a"',
            'userName eq "a" and', '(userName eq "a"', 'userName eq "a")',
            'userName eq "a', 'active gt true', 'noSuchAttribute pr',
            'emails[noSuchPart eq "a"]', 'not userName pr',
            'x509Certificates.value gt "a"';
});



=== TEST 10: 3.4.2.3 Sorting
--- reset
--- globex
profile strict;
--- scim
both(sub {
    create('u1', name => { familyName => 'beta' },
           emails => [ { value => 'z@x.de' },
                       { value => 'a@x.de', primary => T } ]);
    create('u2', name => { familyName => 'Alpha' },
           emails => [ { value => 'M@x.de' } ]);
    create('u3');
    create('u4', name => { familyName => 'Gamma' },
           emails => [ { value => 'b@x.de' }, { value => 'a@a.de' } ]);

    my $order = sub {
        my $res = find('/Users', @_);
        return "status $res->{status}" if $res->{status} != 200;
        return join ' ', map { $_->{userName} } @{ $res->json->{Resources} };
    };

    is($order->(sortBy => 'userName'), 'u1 u2 u3 u4', 'ascending by default');
    is($order->(sortBy => 'userName', sortOrder => 'ascending'),
       'u1 u2 u3 u4', 'ascending');
    is($order->(sortBy => 'userName', sortOrder => 'descending'),
       'u4 u3 u2 u1', 'descending');
    is($order->(sortBy => 'name.familyName'), 'u2 u1 u4 u3',
       'letter case does not count, missing ones last');
    is($order->(sortBy => 'name.familyName', sortOrder => 'descending'),
       'u3 u4 u1 u2', 'missing ones first');
    is($order->(sortBy => 'emails.value'), 'u1 u4 u2 u3',
       'the primary one, else the first');
    is($order->(sortBy => 'emails'), 'u1 u4 u2 u3', 'value is meant');
    is($order->(sortBy => 'meta.created'), 'u1 u2 u3 u4', 'a date');
    is($order->(sortBy => USER . ':USERNAME', sortOrder => 'Descending'),
       'u4 u3 u2 u1', 'names in any case, with the URN');
    is($order->(sortBy => 'userName', sortOrder => 'descending', count => 2,
                startIndex => 2), 'u3 u2', 'pages of it');

    status_is(find('/Users', sortBy => 'noSuchAttribute'), 400);
});



=== TEST 11: 3.4.2.4 Pagination, Figure 3
--- reset
--- globex
profile strict;
--- scim
both(sub {
    create(sprintf 'page%02d', $_) for 1 .. 25;

    my $page = sub {
        my $res = GET("/Users?$_[0]");
        my $json = $res->json;
        return join ' ', $json->{totalResults}, $json->{startIndex},
                         $json->{itemsPerPage},
                         scalar @{ $json->{Resources} // [] };
    };

    is($page->('startIndex=1&count=10'), '25 1 10 10', 'the first page');
    is($page->('startIndex=11&count=10'), '25 11 10 10', 'the second');
    is($page->('startIndex=21&count=10'), '25 21 5 5', 'the last');
    is($page->('startIndex=31&count=10'), '25 31 0 0', 'past the end');
    is($page->('startIndex=0&count=10'), '25 1 10 10', 'less than 1 is 1');
    is($page->('startIndex=-7&count=10'), '25 1 10 10', 'so is -7');
    is($page->('count=-1'), '25 1 0 0', 'less than 0 is 0');
    is($page->('count=0'), '25 1 0 0', '0 is the total alone');
    is($page->(''), '25 1 25 25', 'without parameters');
});



=== TEST 12: 3.4.2.5 Attributes
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $id = create('attrs', title => 'T', nickName => 'N',
                    name => { givenName => 'G', familyName => 'F' },
                    emails => [ { value => 'a@x.de', type => 'work' } ])->{id};
    my $keys = sub {
        return join ' ', sort keys %{ GET("/Users/$id?$_[0]")->json };
    };

    is($keys->('attributes=title,NickName'), 'id nickName schemas title',
       'those and no others');
    is($keys->('attributes=' . USER . ':title'), 'id schemas title',
       'by its URN');
    json_is(GET("/Users/$id?attributes=name.givenName"), 'name',
            { givenName => 'G' }, 'a sub-attribute');
    json_is(GET("/Users/$id?attributes=emails.value"), 'emails',
            [ { value => 'a@x.de' } ], 'of several values');
    is($keys->('excludedAttributes=title,nickName,name,emails,meta'),
       'active id schemas userName', 'all but those');
    is($keys->('excludedAttributes=id,schemas,title,nickName,name,emails'),
       'active id meta schemas userName', '"always" cannot be excluded');
    json_is(GET("/Users/$id?excludedAttributes=name.givenName"), 'name',
            { familyName => 'F' }, 'a sub-attribute excluded');
    status_is(GET("/Users/$id?attributes=title&excludedAttributes=name"), 400,
              'not both');
});



=== TEST 13: 3.4.3 Querying Resources Using HTTP POST, Figures 4 and 5
--- reset
--- globex
profile strict;
--- scim
both(sub {
    create('jsmith', displayName => 'Smith, James', title => 'T');
    create('bjensen', displayName => 'Babs Jensen');
    group('Smith Family');

    my $search = { schemas => [ SEARCH ],
                   attributes => [ 'displayName', 'userName' ],
                   filter => 'displayName sw "smith"',
                   startIndex => 1, count => 10 };
    my $res = POST('/.search', $search);

    status_is($res, 200);
    header_is($res, 'Content-Type', 'application/scim+json');
    json_is($res, 'schemas', [ LIST ]);
    json_is($res, 'totalResults', 2);
    json_is($res, 'itemsPerPage', 2);
    json_is($res, 'startIndex', 1);
    is_deeply([ sort map { join ' ', sort keys %$_ }
                         @{ $res->json->{Resources} } ],
              [ 'displayName id schemas', 'displayName id schemas userName' ],
              'a User and a Group');

    $res = POST('/Users/.search', $search);
    json_is($res, 'totalResults', 1, 'of Users');
    json_is($res, 'Resources.0.userName', 'jsmith');

    $res = POST('/Groups/.search', { schemas => [ SEARCH ],
                                     filter => 'displayName sw "smith"',
                                     excludedAttributes => [ 'members' ] });
    json_is($res, 'totalResults', 1, 'of Groups');
    json_is($res, 'Resources.0.displayName', 'Smith Family');

    $res = POST('/Users/.search', { schemas => [ SEARCH ], sortBy => 'userName',
                                    sortOrder => 'descending' });
    is(join(' ', map { $_->{userName} } @{ $res->json->{Resources} }),
       'jsmith bjensen', 'sorted');

    $res = POST('/Users/.search', { schemas => [ SEARCH ], count => 0 });
    json_is($res, 'totalResults', 2, 'no filter, no resources');
    json_is($res, 'itemsPerPage', 0);

    error_is(POST('/.search', { schemas => [ SEARCH ], filter => 'foo' }),
             400, 'invalidFilter');
    status_is(GET('/Users/.search'), 405, 'not with GET');
});



=== TEST 14: 3.9 Additional Operation Response Parameters
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $id = create('bjensen', title => 'T')->{id};
    my $only = sub {
        my ($res, $name) = @_;
        is(join(' ', sort keys %{ $res->json // {} }), 'id schemas userName',
           $name);
    };
    my $res = GET("/Users/$id?attributes=userName");

    status_is($res, 200);
    etag_is($res, 1);
    $only->($res, 'GET');
    $only->(POST('/Users?attributes=userName', user('new', title => 'T')),
            'POST');
    $only->(PUT("/Users/$id?attributes=userName", user('new2', title => 'U')),
            'PUT');
    $res = PATCH("/Users/$id?attributes=userName",
                 ops([ 'replace', 'title', 'V' ]));
    status_is($res, 200, 'PATCH with attributes is 200');
    $only->($res, 'PATCH');

    $res = PATCH("/Users/$id?excludedAttributes=title,meta,active",
                 ops([ 'replace', 'title', 'W' ]));
    $only->($res, 'PATCH, excluded');
});



=== TEST 15: 3.10 Attribute Notation
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $id = create('note', name => { givenName => 'G' },
                    schemas => [ USER, ENTERPRISE ],
                    ENTERPRISE, { department => 'D' })->{id};
    my $given = USER . ':name.givenName';

    is(found('/Users', "$given eq \"g\""), 'note', $given);
    is(found('/Users', uc($given) . ' eq "g"'), 'note', 'in capitals');
    is(found('/Users', ENTERPRISE . ':department eq "d"'), 'note',
       'of an extension');
    json_is(GET("/Users/$id?attributes=" . lc $given), 'name',
            { givenName => 'G' }, 'in a projection');
    is_deeply(GET("/Users/$id?attributes=" . ENTERPRISE . ':department')
                  ->json->{+ENTERPRISE}, { department => 'D' },
              'an extension in a projection');
    is(modified("/Users/$id", [ 'replace', uc $given, 'H' ])
           ->{name}{givenName}, 'H', 'in a path');
});



=== TEST 16: 3.11 "/Me" Authenticated Subject Alias
--- globex
profile strict;
--- scim
both(sub {
    error_is(GET('/Me'), 501, undef, qr/./, 'GET');
    error_is(PUT('/Me', user('me')), 501, undef, qr/./, 'PUT');
    error_is(PATCH('/Me', ops([ 'replace', 'title', 'T' ])), 501, undef, qr/./,
             'PATCH');
    error_is(DELETE('/Me'), 501, undef, qr/./, 'DELETE');
});



=== TEST 17: 4 Service Provider Configuration Endpoints
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $provider = GET('/ServiceProviderConfig')->json;

    ok($provider->{$_}{supported}, $_) for qw(patch bulk filter sort etag);
    ok($provider->{bulk}{$_} > 0, "bulk.$_")
        for qw(maxOperations maxPayloadSize);
    ok($provider->{filter}{maxResults} > 0, 'filter.maxResults');

    for my $what (qw(Schemas ResourceTypes)) {
        my $list = GET("/$what")->json;

        is_deeply($list->{schemas}, [ LIST ], "$what is a list");
        status_is(GET("/$what/$_->{id}"), 200, "$what/$_->{id}")
            for @{ $list->{Resources} };
        error_is(GET("/$what?filter=id%20pr"), 403, undef, qr/./,
                 "no filter for $what");
        status_is(POST("/$what", {}), 405, "$what: no POST");
    }

    is(join(' ', sort map { $_->{name} }
                      @{ GET('/ResourceTypes')->json->{Resources} }),
       'Group User', 'resource types');
    status_is(GET('/ServiceProviderConfig?filter=x&sortBy=id&count=1'), 200,
              'parameters are ignored');
});
