# Versions: ETag, If-Match, If-None-Match.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: If-Match on PUT
--- scim
my $user = create('match@example.com');
my $path = "/Users/$user->{id}";
my $version = 1;

my $put = sub {
    my ($header, $status) = @_;

    my $res = PUT($path, user('match@example.com',
                              title => "after $version $header"),
                  headers => [ 'If-Match' => $header ]);

    if ($status == 200) {
        status_is($res, 200, $header);

        # the answer's own ETag is another one than the request's; the
        # request was granted all the same

        etag_is($res, ++$version);

    } else {
        error_is($res, 412, undef, undef, $header);
        etag_is(GET($path), $version);
    }
};

$put->('W/"1"', 200);
$put->('"2"', 200);
$put->('*', 200);
$put->('W/"9", W/"4"', 200);
$put->('"a","b" ,W/"5"', 200);
$put->('W/"1"', 412);
$put->('W/"7"', 412);
$put->('"x"', 412);
$put->('W/"6', 412);
$put->('6', 412);
$put->('W/"66"', 412);
$put->('w/"6"', 412);
$put->('W/"6"', 200);



=== TEST 2: If-Match on DELETE
--- scim
my $user = create('del@example.com');
my $path = "/Users/$user->{id}";

error_is(DELETE($path, headers => [ 'If-Match' => 'W/"2"' ]), 412);
status_is(GET($path), 200, 'still there');
status_is(DELETE($path, headers => [ 'If-Match' => 'W/"1"' ]), 204);
error_is(DELETE($path, headers => [ 'If-Match' => '*' ]), 404);



=== TEST 3: If-None-Match on GET
--- scim
my $user = create('none@example.com');
my $path = "/Users/$user->{id}";

for my $tag ('W/"1"', '"1"', '*', 'W/"7", W/"1"') {
    my $res = GET($path, headers => [ 'If-None-Match' => $tag ]);
    status_is($res, 304, $tag);
    is($res->{body}, '', 'no body');
    etag_is($res, 1);
    status_is(HEAD($path, headers => [ 'If-None-Match' => $tag ]), 304,
              "HEAD $tag");
}

for my $tag ('W/"2"', '"x"', 'W/"11"') {
    status_is(GET($path, headers => [ 'If-None-Match' => $tag ]), 200, $tag);
}

PUT($path, user('none@example.com', title => 'x'));
status_is(GET($path, headers => [ 'If-None-Match' => 'W/"1"' ]), 200,
          'after a change');
status_is(GET($path, headers => [ 'If-None-Match' => 'W/"2"' ]), 304);



=== TEST 4: If-Match on GET
--- scim
my $user = create('getmatch@example.com');
my $path = "/Users/$user->{id}";

status_is(GET($path, headers => [ 'If-Match' => 'W/"1"' ]), 200);
error_is(GET($path, headers => [ 'If-Match' => 'W/"2"' ]), 412);



=== TEST 5: POST knows no preconditions that nginx could find in its answer
--- scim
my $res = POST('/Users', user('post@example.com'),
               headers => [ 'If-None-Match' => '*' ]);
status_is($res, 201);
is(rows('acme', "name = 'post\@example.com'"), 1, 'written');

$res = POST('/Users', user('post2@example.com'),
            headers => [ 'If-None-Match' => 'W/"1"' ]);
status_is($res, 201, 'the answer has this very ETag');

$res = POST('/Users', user('post3@example.com'),
            headers => [ 'If-Unmodified-Since' =>
                         'Thu, 01 Jan 1970 00:00:00 GMT' ]);
status_is($res, 201);



=== TEST 6: a no-op PUT with If-Match
--- scim
my $user = create('noop@example.com');
my $res = PUT("/Users/$user->{id}", user('noop@example.com'),
              headers => [ 'If-Match' => 'W/"1"' ]);

status_is($res, 200);
etag_is($res, 1);

error_is(PUT("/Users/$user->{id}", user('noop@example.com'),
             headers => [ 'If-Match' => 'W/"2"' ]), 412, undef, undef,
         'a stale one is refused nevertheless');



=== TEST 7: of an unknown id
--- scim
for my $header ('If-Match', 'If-None-Match') {
    for my $tag ('*', 'W/"1"') {
        my $res = GET('/Users/' . UNKNOWN, headers => [ $header => $tag ]);
        error_is($res, 404, undef, undef, "$header: $tag");
    }
}



=== TEST 8: lists have no ETag
--- scim
my $res = GET('/Users', headers => [ 'If-None-Match' => '*' ]);
status_is($res, 200);
header_is($res, 'ETag', undef);



=== TEST 9: concurrent PUTs with one If-Match: one wins
--- scim
my $user = create('once@example.com');
my %status;

$status{$_}++ for parallel(12, sub {
    my ($i) = @_;
    return PUT("/Users/$user->{id}",
               user('once@example.com', title => "t$i"),
               headers => [ 'If-Match' => 'W/"1"' ])->{status};
});

is_deeply(\%status, { 200 => 1, 412 => 11 }, 'one 200, eleven 412');
etag_is(GET("/Users/$user->{id}"), 2);



=== TEST 10: DELETE with If-Match: * while others change it
--- scim
for my $n (1 .. 8) {
    my $user = create("busy$n\@example.com");
    my %status;

    # fewer changes than times that it is tried

    $status{$_}++ for parallel(4, sub {
        my ($i) = @_;

        if ($i != 3) {
            patch("/Users/$user->{id}", { op => 'replace', path => 'title',
                                          value => "t$i" });
            return 0;
        }

        return DELETE("/Users/$user->{id}",
                      headers => [ 'If-Match' => '*' ])->{status};
    });

    is_deeply(\%status, { 0 => 3, 204 => 1 }, 'it is gone');
}
