# Okta's SPEC test, request by request, and manual cases of its plan for
# catalogue apps, in both profiles.  Needs one user beforehand.

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

=== TEST 1: the requests
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my ($as) = @_;

    create('first@example.com', active => T,
           name => { givenName => 'First', familyName => 'User' },
           emails => [ { value => 'first@example.com', type => 'work',
                         primary => T } ]);

    my $new = { schemas => [ USER ], userName => 'Runscope300@atko.com',
                name => { givenName => 'Runscope300', familyName => 'Atko' },
                emails => [ { primary => T, type => 'work',
                              value => 'Runscope300@atko.com' } ],
                displayName => 'Runscope300 Atko', active => T };

    replay(client(as => $as), type => 'application/json',
           headers => [ Accept => 'application/scim+json' ], steps => [
        { name => 'users', send => 'GET /Users?count=1&startIndex=1',
          json => { schemas => [ LIST ], itemsPerPage => 1, startIndex => 1,
                    totalResults => 1, 'Resources.0.id' => qr/./,
                    'Resources.0.name.familyName' => qr/./,
                    'Resources.0.name.givenName' => qr/./,
                    'Resources.0.userName' => qr/./,
                    'Resources.0.active' => T,
                    'Resources.0.emails.0.value' => qr/./ },
          keep => { id => 'Resources.0.id' },
          check => sub { like($_[0]->{body}, qr/"$_"\s*:\s*\d/,
                              "users: $_ is a number")
                         for qw(itemsPerPage startIndex totalResults) } },
        { name => 'by id', send => 'GET /Users/{id}',
          json => { id => '{id}', 'name.familyName' => qr/./,
                    userName => qr/./, active => T,
                    'emails.0.value' => qr/./ } },
        { name => 'nobody', send => 'GET /Users?filter=userName%20eq%20%22'
                                    . 'Runscope299Xb@atko.com%22',
          json => { schemas => [ LIST ], totalResults => 0 } },
        { name => 'nobody, with pages',
          send => 'GET /Users?filter=userName%20eq%20%22Runscope299Xb@atko'
                  . '.com%22&startIndex=1&count=100',
          json => { schemas => [ LIST ], totalResults => 0 } },
        { name => 'unknown id', send => 'GET /Users/'
                                        . '010101001010101011001010101011',
          status => 404, json => { schemas => [ ERROR ], status => '404',
                                   detail => qr/./ } },
        { name => 'create', send => 'POST /Users', body => $new,
          status => 201, keep => { new => 'id' },
          json => { schemas => [ USER ], active => T,
                    'name.familyName' => 'Atko',
                    'name.givenName' => 'Runscope300' } },
        { name => 'read back', send => 'GET /Users/{new}',
          json => { userName => 'Runscope300@atko.com',
                    'name.familyName' => 'Atko',
                    'name.givenName' => 'Runscope300' } },
        { name => 'again', send => 'POST /Users', body => $new,
          status => 409 },
        { name => 'in capitals', json => { totalResults => 1 },
          send => 'GET /Users?filter=userName%20eq%20%22RUNSCOPE300@ATKO'
                  . '.COM%22' },
        { name => 'groups', send => 'GET /Groups',
          json => { schemas => [ LIST ] } },
    ]);

    error_is(GET('/Users', as => '', headers => [ Authorization =>
                                                  'non-token' ]),
             401, undef, qr/./, 'a wrong token');
});



=== TEST 2: C9293: reactivation keeps the id
--- reset
--- globex
profile strict;
--- scim
both(sub {
    my $user = create('again@example.com', active => T, title => 'T');
    my $path = "/Users/$user->{id}";

    is(modified($path, [ 'replace', undef, { active => F } ])->{active}, F,
       'deactivated');
    is(found('/Users', 'userName eq "again@example.com"'),
       'again@example.com', 'still found');

    my $got = modified($path, [ 'replace', undef, { active => T } ]);
    is($got->{id}, $user->{id}, 'the same id');
    is($got->{title}, 'T', 'the rest is there');
    is($got->{active}, T, 'active');
});
