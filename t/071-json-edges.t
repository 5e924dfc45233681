# JSON at its edges: depth, size, duplicates, numbers, UTF-8, NUL.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: depth (3.14)
--- scim
# {"x": [[ ... ]]}: the object is the first level

my $nested = sub {
    my ($n) = @_;
    return '{"schemas":["' . USER . '"],"userName":"deep' . $n . '","x":'
           . '[' x ($n - 1) . ']' x ($n - 1) . '}';
};

status_is(POST('/Users', $nested->($_)), 201, "$_ levels") for 2, 31, 32;
error_is(POST('/Users', $nested->($_)), 400, 'invalidSyntax', undef,
         "$_ levels") for 33, 34, 1000;
error_is(POST('/Users', '[' x 1_000_000), 400, 'invalidSyntax', undef,
         'a million open brackets');
error_is(POST('/Users', '{"a":' x 200_000), 400, 'invalidSyntax', undef,
         '200,000 open objects');



=== TEST 2: keys of one object (3.15)
--- scim
my $wide = sub {
    my ($n) = @_;
    return '{"schemas":["' . USER . '"],"userName":"wide' . $n . '",'
           . join(',', map { "\"k$_\":1" } 3 .. $n) . '}';
};

status_is(POST('/Users', $wide->(512)), 201, '512');
error_is(POST('/Users', $wide->(513)), 400, 'invalidSyntax', undef, '513');



=== TEST 3: values of one list (3.15)
--- scim
my $list = sub {
    my ($n) = @_;
    return '{"schemas":["' . USER . '"],"userName":"list' . $n . '","x":['
           . join(',', (1) x $n) . ']}';
};

status_is(POST('/Users', $list->(10_000)), 201, '10,000');
error_is(POST('/Users', $list->(10_001)), 400, 'invalidValue', undef,
         '10,001');



=== TEST 4: values in all
--- location
scim_max_json_nodes 20;
--- scim
# the object, schemas, the URN, userName, x: five; and its elements

my $list = sub {
    my ($n) = @_;
    return '{"schemas":["' . USER . '"],"userName":"nodes' . $n . '","x":['
           . join(',', (1) x ($n - 5)) . ']}';
};

status_is(POST('/Users', $list->(20)), 201, '20');
error_is(POST('/Users', $list->(21)), 400, 'invalidSyntax', undef, '21');



=== TEST 5: the other limits, set
--- location
scim_max_json_depth 4;
scim_max_json_keys 4;
scim_max_values 3;
scim_max_string 64;
--- scim
my $post = sub {
    my ($name, $more) = @_;
    return POST('/Users', '{"schemas":["' . USER . '"],"userName":"'
                          . $name . '",' . $more . '}');
};

status_is($post->('d4', '"x":[[[]]]'), 201, 'depth 4');
error_is($post->('d5', '"x":[[[[]]]]'), 400, 'invalidSyntax', undef,
         'depth 5');
status_is($post->('k4', '"a":1,"b":1'), 201, '4 keys');
error_is($post->('k5', '"a":1,"b":1,"c":1'), 400, 'invalidSyntax', undef,
         '5 keys');
status_is($post->('v3', '"x":[1,1,1]'), 201, '3 values');
error_is($post->('v4', '"x":[1,1,1,1]'), 400, 'invalidValue', undef,
         '4 values');
status_is($post->('s64', '"title":"' . 'x' x 64 . '"'), 201, '64 bytes');
error_is($post->('s65', '"title":"' . 'x' x 65 . '"'), 400, 'invalidValue',
         undef, '65 bytes');



=== TEST 6: duplicate keys, in any case (3.16)
--- scim
my $head = '{"schemas":["' . USER . '"],"userName":"dup",';

for my $body ('"active":true,"Active":false', '"active":true,"active":true',
              '"USERNAME":"x"', '"name":{"givenName":"a","GIVENNAME":"b"}',
              '"emails":[{"value":"a","Value":"b"}]', '"x":1,"x":2',
              '"\u0078":1,"x":2', '"Schemas":[]')
{
    error_is(POST('/Users', "$head$body}"), 400, 'invalidSyntax', undef,
             $body);
}

is(rows('acme', "name_key = 'dup'"), 0, 'nothing written');



=== TEST 7: numbers (3.17)
--- scim
my $head = '{"schemas":["' . USER . '"],"userName":';

for my $bad ('0x1', '01', 'NaN', 'Infinity', '-Infinity', '1.', '.5', '+1',
             '1e', '1e+', '--1', '1_000', '-')
{
    error_is(POST('/Users', "$head\"n\",\"x\":$bad}"), 400, 'invalidSyntax',
             undef, $bad);
}

# well-formed: passed over with the attribute that nobody knows

my $i = 0;
for my $fine ('1e999', '-0', '9223372036854775808', '-1E-400',
              '123456789012345678901234567890')
{
    status_is(POST('/Users', "$head\"n" . $i++ . "\",\"x\":$fine}"), 201,
              $fine);
}

error_is(POST('/Users', "$head$_}"), 400, 'invalidValue', qr/userName/, $_)
    for '1e999', '-0', '1';



=== TEST 8: numbers that are kept
whatever PostgreSQL cannot hold is refused before it is asked
--- acme
unknown_attributes keep;
--- scim
my $head = '{"schemas":["' . USER . '"],"userName":"kept';
my $i = 0;

for my $number ('1e999', '-0', '9223372036854775808', '1.50', '1e-999',
                '1e200000', '1e-200000', '1e99999999999', '1' x 200,
                '0.' . '1' x 200)
{
    my $res = POST('/Users', $head . $i++
                   . "\",\"urn:x:1.0:User\":{\"n\":$number}}");

    ok($res->{status} == 201 || $res->{status} == 400,
       substr "$res->{status} for $number", 0, 60) or diag($res->describe);
    error_is($res, 400, 'invalidValue') if $res->{status} == 400;
}



=== TEST 9: U+0000 in each position of a string (3.18)
--- scim
my @bodies = (
    '"userName":"a\u0000b"', '"userName":"\u0000"', '"userName":"a\u0000"',
    '"userName":"n1","externalId":"a\u0000b"',
    '"userName":"n2","name":{"givenName":"a\u0000b"}',
    '"userName":"n3","emails":[{"value":"a\u0000b"}]',
    '"userName":"n4","emails":[{"value":"a","type":"\u0000"}]',
    '"userName":"n5","active":"tr\u0000ue"',
    '"userName":"n6","x":"a\u0000b"',
    '"userName":"n7","a\u0000b":1',
    '"userName":"n8","' . ENTERPRISE . '":{"department":"\u0000"}',
    '"userName":"n9","password":"a\u0000b"',
);

for my $body (@bodies) {
    error_is(POST('/Users', '{"schemas":["' . USER . "\"],$body}"), 400,
             'invalidValue', undef, $body);
}

error_is(POST('/Users', '{"schemas":["' . USER . "\"],\"userName\":\"a\0b\"}"),
         400, 'invalidValue', undef, 'the byte itself');
is(rows('acme', "external_id = 'a'"), 0, 'none of them is written');



=== TEST 10: what is no UTF-8 (3.19)
--- scim
my %bytes = (
    'a lone continuation'          => "\x80",
    'a cut sequence'               => "\xc3",
    'a cut sequence of three'      => "\xe2\x82",
    'overlong slash'               => "\xc0\xaf",
    'overlong NUL'                 => "\xc0\x80",
    'overlong, three bytes'        => "\xe0\x80\xaf",
    'overlong, four bytes'         => "\xf0\x80\x80\xaf",
    'a surrogate'                  => "\xed\xa0\x80",
    'a pair of surrogates'         => "\xed\xa0\xbd\xed\xb8\x80",
    'above U+10FFFF'               => "\xf4\x90\x80\x80",
    'five bytes'                   => "\xf8\x88\x80\x80\x80",
    'FE'                           => "\xfe",
    'FF'                           => "\xff",
    'Latin 1'                      => "M\xfcller",
);

for my $name (sort keys %bytes) {
    my $head = '{"schemas":["' . USER . '"],';

    error_is(POST('/Users', "$head\"userName\":\"a$bytes{$name}b\"}"), 400,
             'invalidSyntax', undef, $name);
    error_is(POST('/Users', "$head\"userName\":\"x\",\"$bytes{$name}\":1}"),
             400, 'invalidSyntax', undef, "$name, in a key");
}

is(rows('acme', "name like 'a%b'"), 0, 'nothing written');



=== TEST 11: lone surrogates, escaped
--- scim
for my $text ('\ud83d', '\ude00', '\ud83d\u0041', '\ud83dx', '\ude00\ud83d',
              '\ud83d\ud83d\ude00', '\uDBFF', '\udfff', '\ud83d\n')
{
    error_is(POST('/Users', '{"schemas":["' . USER . '"],"userName":"'
                            . $text . '"}'), 400, 'invalidSyntax', undef,
             $text);
}

my $res = POST('/Users', '{"schemas":["' . USER . '"],"userName":"'
                         . '\ud83d\ude00 \u00e9"}');
status_is($res, 201);
json_is($res, 'userName', "\x{1f600} \x{e9}", 'a whole pair');



=== TEST 12: what is no JSON
--- scim
my $user = encode(user('json'));

for my $case (
    [ 'nothing'              => '' ],
    [ 'blanks'               => " \n\t" ],
    [ 'a BOM'                => "\xef\xbb\xbf$user" ],
    [ 'text behind it'       => "$user x" ],
    [ 'two values'           => "$user$user" ],
    [ 'a comma at the end'   => '{"userName":"x",}' ],
    [ 'a comment'            => "/* x */ $user" ],
    [ 'single quotes'        => "{'userName':'x'}" ],
    [ 'no quotes'            => '{userName:"x"}' ],
    [ 'cut'                  => substr $user, 0, -1 ],
    [ 'cut in a string'      => '{"userName":"x' ],
    [ 'cut in an escape'     => '{"userName":"\\' ],
    [ 'a wrong escape'       => '{"userName":"\x41"}' ],
    [ 'a short escape'       => '{"userName":"\u12"}' ],
    [ 'a newline in a string' => "{\"userName\":\"a\nb\"}" ],
    [ 'a tab in a string'    => "{\"userName\":\"a\tb\"}" ],
    [ 'closed twice'         => "$user}" ],
    [ 'a list'               => "[$user]" ],
    [ 'a string'             => '"userName"' ],
    [ 'a number'             => '1' ],
    [ 'null'                 => 'null' ],
    [ 'true'                 => 'true' ],
    [ 'an empty list'        => '[]' ],
    [ 'a form'               => 'userName=x' ],
    [ 'XML'                  => '<User/>' ],
) {
    my ($name, $body) = @$case;
    error_is(POST('/Users', $body), 400, 'invalidSyntax', undef, $name);
}

error_is(POST('/Users', undef), 400, 'invalidSyntax', undef, 'no body');
is(rows('acme', "name_key = 'json'"), 0, 'nothing written');
status_is(POST('/Users', " \r\n\t$user\n "), 201, 'blanks around it');



=== TEST 13: strings too long, everywhere (3.21)
--- scim
my $head = '{"schemas":["' . USER . '"],"userName":"long';
my $i = 0;

for my $case ([ '"x":"%s"', 8192 ], [ '"x":["%s"]', 8192 ],
              [ '"profileUrl":"%s"', 8192 ],
              [ '"emails":[{"value":"%s"}]', 1024 ])
{
    my ($form, $max) = @$case;

    status_is(POST('/Users', $head . $i++ . '",'
                             . sprintf($form, 'x' x $max) . '}'), 201,
              "$form of $max");

    next if $form =~ /emails/;

    error_is(POST('/Users', $head . $i++ . '",'
                            . sprintf($form, 'x' x ($max + 1)) . '}'), 400,
             'invalidValue', undef, "$form of one more");
}

# a mail address that no index could hold

my $res = POST('/Users', $head . $i++ . '","emails":[{"value":"'
                         . 'x' x 8192 . '"}]}');
ok($res->{status} == 201 || $res->{status} == 400, 'never a 5xx')
    or diag($res->describe);

# escapes count as what they stand for

status_is(POST('/Users', $head . $i++ . '","title":"' . '\u0041' x 8192
                         . '"}'), 201, '8192 escapes');



=== TEST 14: the whole resource
--- scim
my $big = sub {
    my ($name, $n) = @_;
    return user($name, addresses => [
        map { { type => "t$_", formatted => 'x' x 8000 } } 1 .. $n ]);
};

status_is(POST('/Users', $big->('below', 31)), 201, '250 KB');
error_is(POST('/Users', $big->('above', 33)), 400, 'invalidValue', undef,
         '265 KB');



=== TEST 15: scim_max_resource, to the byte
--- location
scim_max_resource 1k;
--- scim
# what is kept is the document without id and meta; find the size by asking

my $size = sub {
    my ($n) = @_;
    return POST('/Users', user("size$n", title => 'x' x $n))->{status};
};

my ($low, $high) = (500, 1100);
is($size->($low), 201, "title of $low");
is($size->($high), 400, "title of $high");

while ($high - $low > 1) {
    my $n = int(($low + $high) / 2);
    $size->($n) == 201 ? ($low = $n) : ($high = $n);
}

my $id = sql("select id from scim.resource where name = 'size$low'");
my $kept = GET("/Users/$id")->json;
delete @$kept{qw(id meta)};

is(length encode($kept), 1024, 'the largest one has 1024 bytes');



=== TEST 16: keys are text like any other
--- scim
my $user = create({ schemas => [ USER ], userName => 'keys',
                    '' => 1, ' ' => 1, '$ref' => 1, "\x{e9}" => 1,
                    '__proto__' => 1, 'userName ' => 1 });
is_deeply([ sort keys %$user ], [ qw(active id meta schemas userName) ],
          'none is known');



=== TEST 17: errors do not echo what was sent
--- scim
for my $body ('{"userName":"canary-4711', '{"canary-4711":1,"canary-4711":2}',
              encode(user('x', active => 'canary-4711')),
              encode(user('x', title => 'canary-4711' x 1000)))
{
    unlike(POST('/Users', $body)->{body}, qr/canary/, substr $body, 0, 40);
}

unlike(error_log(), qr/canary/, 'nor does error.log');
