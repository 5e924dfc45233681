# The examples of RFC 7644 section 3.7: Bulk.  Names of tests begin with the
# section.

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

=== TEST 1: 3.7 Bulk Operations: the form of request and response
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $user = user('bulk');
    my $res = bulk([ { method => 'POST', path => '/Users', bulkId => 'a',
                       data => $user } ]);

    status_is($res, 200);
    header_is($res, 'Content-Type', 'application/scim+json');
    is_deeply([ sort keys %{ $res->json } ], [ qw(Operations schemas) ],
              'nothing else');
    json_is($res, 'schemas', [ BULK_RES ]);

    my $op = $res->json->{Operations}[0];
    is($op->{method}, 'POST', 'method');
    is($op->{bulkId}, 'a', 'bulkId');
    is($op->{status}, '201', 'status');
    like($res->{body}, qr/"status"\s*:\s*"201"/, 'is a string');
    is($op->{version}, GET('/Users?filter=userName%20eq%20%22bulk%22')
           ->json->{Resources}[0]{meta}{version}, 'version');
    like($op->{location}, qr{^http://.*/Users/[^/]+$}, 'location');

    error_is(POST('/Bulk', { schemas => [ BULK ] }), 400, 'invalidSyntax',
             qr/./, 'no Operations');
    error_is(bulk([ { path => '/Users', bulkId => 'b', data => $user } ]),
             400, 'invalidSyntax', qr/./, 'no method');
    error_is(bulk([ { method => 'POST', path => '/Users', data => $user } ]),
             400, 'invalidSyntax', qr/./, 'POST without bulkId');
    error_is(bulk([ map { { method => 'POST', path => '/Users', bulkId => 'x',
                            data => user($_) } } 'x1', 'x2' ]),
             400, 'invalidSyntax', qr/./, 'a bulkId twice');
    is(found('/Users', 'userName sw "x"'), '', 'nothing was done');
    status_is(GET('/Bulk'), 405, 'not with GET');
});



=== TEST 2: 3.7 as many changes as possible
--- reset
--- globex
profile strict;
--- scim
both(sub {
    create('taken');
    my $res = bulk([
        { method => 'POST', path => '/Users', bulkId => '1',
          data => user('Taken') },
        { method => 'POST', path => '/Users', bulkId => '2',
          data => user('free') },
        { method => 'DELETE', path => '/Users/' . UNKNOWN },
        { method => 'POST', path => '/NoSuchType', bulkId => '3',
          data => {} },
        { method => 'POST', path => '/Users', bulkId => '4',
          data => { schemas => [ USER ] } },
        { method => 'POST', path => '/Users', bulkId => '5' },
        { method => 'POST', path => '/Users', bulkId => '6',
          data => user('free too') } ]);

    status_is($res, 200);

    my @ops = @{ $res->json->{Operations} };
    is(join(' ', map { $_->{status} } @ops), '409 201 404 404 400 400 201',
       'each by itself');
    is_deeply($ops[0]{response}{schemas}, [ ERROR ], 'an Error');
    is($ops[0]{response}{scimType}, 'uniqueness', 'its scimType');
    is($ops[0]{response}{status}, '409', 'its status');
    ok(!exists $ops[0]{location}, 'a POST that failed has no location');
    like($ops[2]{location}, qr{/Users/@{[ UNKNOWN ]}$}, 'a DELETE has one');
    is(found('/Users', 'userName sw "free"'), 'free free too', 'the others');
});



=== TEST 3: 3.7.1 Circular Reference Processing
groups that contain each other are refused, so this is 409
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $res = bulk([
        { method => 'POST', path => '/Groups', bulkId => 'qwerty',
          data => { schemas => [ GROUP ], displayName => 'Group A',
                    members => [ { type => 'Group',
                                   value => 'bulkId:ytrewq' } ] } },
        { method => 'POST', path => '/Groups', bulkId => 'ytrewq',
          data => { schemas => [ GROUP ], displayName => 'Group B',
                    members => [ { type => 'Group',
                                   value => 'bulkId:qwerty' } ] } } ]);

    status_is($res, 200);

    my @ops = @{ $res->json->{Operations} };
    is(scalar @ops, 2, 'both are answered');
    ok((grep { $_->{status} eq '409' } @ops), 'the circle is told');
    ok(!(grep { $_->{status} !~ /^(201|409)$/ } @ops), 'nothing else is');

    # a circle over anything but members is none

    $res = bulk([ map {
        my ($id, $manager) = @$_;
        { method => 'POST', path => '/Users', bulkId => $id,
          data => { schemas => [ USER, ENTERPRISE ], userName => $id,
                    ENTERPRISE, { manager => {
                        value => "bulkId:$manager" } } } }
    } [ 'Alice', 'Bob' ], [ 'Bob', 'Alice' ] ]);

    is(join(' ', map { $_->{status} } @{ $res->json->{Operations} }),
       '201 201', 'each the other\'s manager');

    my %user = map { $_->{userName} => $_ }
               @{ GET('/Users')->json->{Resources} };
    is($user{Alice}{+ENTERPRISE}{manager}{value}, $user{Bob}{id}, 'Alice');
    is($user{Bob}{+ENTERPRISE}{manager}{value}, $user{Alice}{id}, 'Bob');
});



=== TEST 4: 3.7.2 "bulkId" Temporary Identifiers: Alice, Tour Guides
in the order of the example, then the group first
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $n = 0;

    for my $forward (0, 1) {
        $n++;
        my @ops = (
            { method => 'POST', path => '/Users', bulkId => 'qwerty',
              data => user("Alice$n") },
            { method => 'POST', path => '/Groups', bulkId => 'ytrewq',
              data => { schemas => [ GROUP ], displayName => "Tour Guides $n",
                        members => [ { type => 'User',
                                       value => 'bulkId:qwerty' } ] } });

        my $res = bulk([ $forward ? reverse @ops : @ops ]);
        my %op = map { $_->{bulkId} => $_ } @{ $res->json->{Operations} };

        is($op{qwerty}{status}, '201', 'the user');
        is($op{ytrewq}{status}, '201', 'the group');

        my ($user) = $op{qwerty}{location} =~ m{/Users/([^/]+)$};
        my ($path) = $op{ytrewq}{location} =~ m{(/Groups/[^/]+)$};
        my $group = GET($path);

        is_deeply($group->json->{members},
                  [ { value => $user, type => 'User',
                      '$ref' => $op{qwerty}{location} } ],
                  'Alice is a member');
        is($op{ytrewq}{version}, $group->json->{meta}{version}, 'version');
    }
});



=== TEST 5: 3.7.2 in an extension, in PATCH, in a path
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $old = group('old');
    my $res = bulk([
        { method => 'POST', path => '/Users', bulkId => 'qwerty',
          data => user('Alice') },
        { method => 'POST', path => '/Users', bulkId => 'ytrewq',
          data => { schemas => [ USER, ENTERPRISE ], userName => 'Bob',
                    ENTERPRISE, { employeeNumber => '11250',
                                  manager => { value => 'bulkId:qwerty' } } }
        },
        { method => 'PATCH', path => "/Groups/$old->{id}",
          data => ops([ 'add', 'members',
                        [ { value => 'bulkId:qwerty' } ] ]) },
        { method => 'PATCH', path => '/Users/bulkId:ytrewq',
          data => ops([ 'replace', 'title', 'T' ]) } ]);

    is(join(' ', map { $_->{status} } @{ $res->json->{Operations} }),
       '201 201 200 200', 'all done');

    my %user = map { $_->{userName} => $_ }
               @{ GET('/Users')->json->{Resources} };
    is($user{Bob}{+ENTERPRISE}{manager}{value}, $user{Alice}{id},
       'the manager');
    is($user{Bob}{title}, 'T', 'in a path');
    members_are("/Groups/$old->{id}", [ $user{Alice}{id} ], 'in PATCH');

    $res = bulk([ { method => 'POST', path => '/Groups', bulkId => 'g',
                    data => { schemas => [ GROUP ], displayName => 'G',
                              members => [ { value => 'bulkId:nobody' } ] } }
                ]);
    is($res->json->{Operations}[0]{status}, '409', 'nobody\'s bulkId');
});



=== TEST 6: 3.7.3 add, update, remove
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my ($bob, $dave, $eve) = map { create($_, nickName => 'N') }
                             qw(bob-old dave-old eve);
    my $res = bulk([
        { method => 'POST', path => '/Users', bulkId => 'qwerty',
          data => user('Alice') },
        { method => 'PUT', path => "/Users/$bob->{id}",
          version => $bob->{meta}{version},
          data => user('Bob', id => $bob->{id}) },
        { method => 'PATCH', path => "/Users/$dave->{id}",
          version => $dave->{meta}{version},
          data => ops([ 'remove', 'nickName' ],
                      [ 'add', 'userName', 'Dave' ]) },
        { method => 'DELETE', path => "/Users/$eve->{id}",
          version => $eve->{meta}{version} } ], failOnErrors => 1);

    status_is($res, 200);

    my @ops = @{ $res->json->{Operations} };
    is(join(' ', map { "$_->{method} $_->{status}" } @ops),
       'POST 201 PUT 200 PATCH 200 DELETE 204', 'all done, in their order');
    is($ops[0]{bulkId}, 'qwerty', 'bulkId');
    is($ops[1]{location}, $bob->{meta}{location}, 'PUT: location');
    is($ops[2]{location}, $dave->{meta}{location}, 'PATCH: location');
    is($ops[3]{location}, $eve->{meta}{location}, 'DELETE: location');
    is($ops[$_]{version}, GET('/Users/' . ($bob->{id}, $dave->{id})[$_ - 1])
           ->json->{meta}{version}, "version $_") for 1, 2;
    is(found('/Users', 'id pr'), 'Alice Bob Dave', 'what there is now');
    ok(!exists GET("/Users/$dave->{id}")->json->{nickName}, 'no nickName');
});



=== TEST 7: 3.7.3 an error with failOnErrors 1
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $bob = create('bob');
    my $alice = { method => 'POST', path => '/Users', bulkId => 'qwerty',
                  data => { schemas => [ USER ], userName => { a => 1 } } };
    my $put = { method => 'PUT', path => "/Users/$bob->{id}",
                data => user('bob', title => 'T') };
    my $res = bulk([ $alice, $put ], failOnErrors => 1);

    status_is($res, 200);

    my @ops = @{ $res->json->{Operations} };
    is($ops[0]{status}, '400', 'the error');
    is($ops[0]{bulkId}, 'qwerty', 'of the POST');
    is_deeply($ops[0]{response}{schemas}, [ ERROR ], 'its Error');
    is($ops[0]{response}{status}, '400', 'its status');
    like($ops[0]{response}{detail}, qr/./, 'its detail');
    ok(!exists $ops[0]{location}, 'no location');

    error_is(bulk([ $put ], failOnErrors => $_), 400, 'invalidSyntax', qr/./,
             "failOnErrors $_") for -1, 'x';

    # three errors in a row, of which two are one too many

    $res = bulk([ map { { method => 'DELETE', path => "/Users/$bob->{id}x$_" }
                  } 1 .. 40 ], failOnErrors => 2);
    cmp_ok(scalar @{ $res->json->{Operations} }, '<', 40, 'it stops');
    cmp_ok(scalar @{ $res->json->{Operations} }, '>=', 2, 'not before');
});



=== TEST 8: 3.7.3 all operations failed
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my ($bob, $dave) = map { create($_) } qw(bob dave);
    my $res = bulk([
        { method => 'POST', path => '/Users', bulkId => 'qwerty',
          data => { schemas => [ USER ] } },
        { method => 'PUT', path => "/Users/$bob->{id}",
          version => 'W/"77"', data => user('bob', title => 'T') },
        { method => 'PATCH', path => "/Users/$dave->{id}",
          version => 'W/"77"', data => ops([ 'add', 'title', 'T' ]) },
        { method => 'DELETE', path => '/Users/' . UNKNOWN } ]);

    status_is($res, 200);

    my @ops = @{ $res->json->{Operations} };
    is(join(' ', map { "$_->{method} $_->{status}" } @ops),
       'POST 400 PUT 412 PATCH 412 DELETE 404', 'each with its reason');
    is($ops[1]{location}, $bob->{meta}{location}, 'PUT: location');
    is($ops[2]{location}, $dave->{meta}{location}, 'PATCH: location');

    for my $op (@ops) {
        is_deeply($op->{response}{schemas}, [ ERROR ], 'an Error');
        is($op->{response}{status}, $op->{status}, 'its status');
        like($op->{response}{detail}, qr/./, 'its detail');
    }
});



=== TEST 9: 3.7.4 Maximum Operations
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $bulk = GET('/ServiceProviderConfig')->json->{bulk};
    my $max = $bulk->{maxOperations};
    my @ops = map { { method => 'DELETE', path => '/Users/' . UNKNOWN } }
              1 .. $max;
    my $res = bulk(\@ops);

    status_is($res, 200, 'as many as there may be');
    is(scalar @{ $res->json->{Operations} }, $max, 'all of them');

    error_is(bulk([ { method => 'POST', path => '/Users', bulkId => 'a',
                      data => user('first') }, @ops ]), 413, undef, qr/$max/,
             'one more');
    is(found('/Users', 'id pr'), '', 'nothing was done');

    $res = call('POST', '/Bulk', body => ' ' x ($bulk->{maxPayloadSize} + 1));
    error_is($res, 413, undef, qr/./, 'too large a body');
});
