# attributes and excludedAttributes.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: attributes
--- scim
my $user = create('proj@example.com', externalId => 'p-1', title => 'T',
    displayName => 'D', name => { givenName => 'G', familyName => 'F' },
    emails => [ { value => 'a@x', type => 'work', primary => T } ],
    ENTERPRISE() => { department => 'D', manager => { value => 'm' } });
my $path = "/Users/$user->{id}";

# what is asked for, and the keys that must come (id and schemas always do)

for my $case (
    [ 'userName'               => 'userName' ],
    [ 'USERNAME'               => 'userName' ],
    [ 'userName,title'         => 'title userName' ],
    [ 'userName,%20title'      => 'title userName' ],
    [ 'userName%2Ctitle'       => 'title userName' ],
    [ 'id'                     => '' ],
    [ 'unknown'                => '' ],
    [ 'unknown,title'          => 'title' ],
    [ 'name'                   => 'name' ],
    [ 'emails'                 => 'emails' ],
    [ 'meta'                   => 'meta' ],
    [ 'meta.version'           => 'meta' ],
    [ 'active'                 => 'active' ],
    [ 'groups'                 => '' ],
    [ 'password'               => '' ],
    [ USER . ':userName'       => 'userName' ],
    [ ENTERPRISE()             => ENTERPRISE ],
    [ ENTERPRISE . ':department' => ENTERPRISE ],
    [ lc ENTERPRISE . ':DEPARTMENT' => ENTERPRISE ],
) {
    my ($args, $keys) = @$case;
    my $res = GET("$path?attributes=$args");

    status_is($res, 200, $args);
    is(join(' ', sort grep { !/^(id|schemas)$/ } keys %{ $res->json }),
       $keys, 'what came');
    json_is($res, 'id', $user->{id});
    ok(ref $res->json->{schemas} eq 'ARRAY', 'schemas');
    etag_is($res, 1);
}

is_deeply(GET("$path?attributes=name.givenName")->json->{name},
          { givenName => 'G' }, 'a sub-attribute');
is_deeply(GET("$path?attributes=emails.value")->json->{emails},
          [ { value => 'a@x' } ], 'a sub-attribute of a list');
is_deeply(GET("$path?attributes=name.givenName,name.familyName")->json
            ->{name}, { givenName => 'G', familyName => 'F' }, 'two of them');
is_deeply(GET("$path?attributes=" . ENTERPRISE . ':department')->json
            ->{+ENTERPRISE}, { department => 'D' }, 'of an extension');
is_deeply(GET("$path?attributes=" . ENTERPRISE . ':manager.value')->json
            ->{+ENTERPRISE}, { manager => { value => 'm' } },
          'deep in an extension');



=== TEST 2: excludedAttributes
--- scim
my $user = GET('/Users')->json->{Resources}[0];
my $path = "/Users/$user->{id}";

for my $case (
    [ 'title'                  => 'title' ],
    [ 'TITLE,displayName'      => 'title displayName' ],
    [ 'id'                     => '' ],
    [ 'schemas'                => '' ],
    [ 'unknown'                => '' ],
    [ 'members'                => '' ],
    [ 'userName'               => 'userName' ],
    [ 'emails,name,meta'       => 'emails name meta' ],
    [ ENTERPRISE()             => ENTERPRISE ],
) {
    my ($args, $gone) = @$case;
    my $res = GET("$path?excludedAttributes=$args");
    my %want = %$user;

    delete @want{split ' ', $gone};

    status_is($res, 200, $args);
    is_deeply([ sort keys %{ $res->json } ], [ sort keys %want ],
              'what is left');
}

is_deeply(GET("$path?excludedAttributes=name.givenName")->json->{name},
          { familyName => 'F' }, 'a sub-attribute');
is_deeply(GET("$path?excludedAttributes=emails.type")->json->{emails},
          [ { value => 'a@x', primary => T } ], 'of a list');



=== TEST 3: both at once
--- scim
error_is(GET('/Users?attributes=title&excludedAttributes=name'), 400,
         'invalidValue');
error_is(GET('/Users/' . UNKNOWN . '?attributes=a&excludedAttributes=b'), 400,
         'invalidValue');



=== TEST 4: lists
--- scim
my $res = GET('/Users?attributes=title');
is_deeply([ sort keys %{ $res->json->{Resources}[0] } ],
          [ qw(id schemas title) ], 'attributes');

$res = GET('/Users?excludedAttributes=title,meta');
ok(!exists $res->json->{Resources}[0]{$_}, "$_ is out") for qw(title meta);
ok(exists $res->json->{Resources}[0]{userName}, 'userName is in');

$res = GET('/Users?attributes=title&filter='
           . uri_escape('userName eq "proj@example.com"'));
json_is($res, 'totalResults', 1);
is_deeply([ sort keys %{ $res->json->{Resources}[0] } ],
          [ qw(id schemas title) ], 'with a filter');



=== TEST 5: answers of POST and PUT
--- scim
my $res = POST('/Users?attributes=userName',
               user('proj2@example.com', title => 'T'));

status_is($res, 201);
is_deeply([ sort keys %{ $res->json } ], [ qw(id schemas userName) ], 'POST');
like($res->header('Location'), qr/\Q$res->{json}{id}\E$/, 'Location');

$res = PUT('/Users/' . $res->json->{id} . '?excludedAttributes=title',
           user('proj2@example.com', title => 'U'));
status_is($res, 200);
ok(!exists $res->json->{title}, 'PUT');
json_is(GET('/Users/' . $res->json->{id}), 'title', 'U', 'it is stored');



=== TEST 6: an empty parameter is none
--- scim
my $user = GET('/Users')->json->{Resources}[0];

is_deeply(GET("/Users/$user->{id}?excludedAttributes=")->json, $user,
          'excludedAttributes');
