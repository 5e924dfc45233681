# What counts as the same: userName folded, externalId exact, per tenant.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: userName in any case
--- scim
create('Anna@Example.com');

for (qw(Anna@Example.com anna@example.com ANNA@EXAMPLE.COM)) {
    error_is(POST('/Users', user($_)), 409, 'uniqueness', qr/userName/, $_);
}

is(rows('acme'), 1, 'one row');



=== TEST 2: case folding is Unicode's
--- scim
for my $case (
    [ "stra\x{df}e1",         "STRASSE1",             'sharp s and ss' ],
    [ "stra\x{1e9e}e2",       "strasse2",             'capital sharp s' ],
    [ "\x{212a}elvin",        "kelvin",               'Kelvin sign and k' ],
    [ "\x{c5}ngstrom",        "\x{212b}ngstrom",      'Angstrom sign' ],
    [ "jos\x{e9}",            "jose\x{301}",          'NFC and NFD' ],
    [ "JOS\x{c9}2",           "jose\x{301}2",         'NFD, other case' ],
    [ "\x{3a3}igma",          "\x{3c2}igma",          'sigma, final sigma' ],
    [ "\x{fb01}n",            "fin",                  'ligature fi' ],
    [ "\x{130}stanbul",       "i\x{307}stanbul",      'I with dot, folded' ],
    [ "\x{10400}deseret",     "\x{10428}deseret",     'beyond the BMP' ],
    [ "\x{390}x",             "\x{3b9}\x{308}\x{301}x", 'three marks' ],
) {
    my ($a, $b, $name) = @$case;

    create($a);
    error_is(POST('/Users', user($b)), 409, 'uniqueness', qr/userName/,
             $name);

    my $found = GET('/Users?filter=' . uri_escape(
        'userName eq ' . do { my $s = encode([ $b ]);
                              substr $s, 1, -1 }));
    json_is($found, 'totalResults', 1, "$name: eq finds it");
    json_is($found, 'Resources.0.userName', $a, "$name: as it was sent");
}



=== TEST 3: look-alikes are others
--- scim
create($_) for "istanbul2", "\x{131}stanbul2", "\x{130}stanbul2";
create($_) for "admin", "\x{430}dmin";
create($_) for "space", " space", "space ";
create($_) for "wide", "\x{ff57}ide";

json_is(GET('/Users?filter=' . uri_escape('userName eq "istanbul2"')),
        'totalResults', 1, 'dotted I is not i');



=== TEST 4: externalId is exact
--- scim
create('e1', externalId => 'Abc');
create('e2', externalId => 'abc');
create('e3', externalId => "jos\x{e9}");
create('e4', externalId => "jose\x{301}");

error_is(POST('/Users', user('e5', externalId => 'abc')), 409, 'uniqueness',
         qr/externalId/);
is(rows('acme', "name = 'e5'"), 0, 'nothing written');



=== TEST 5: no externalId is no value
--- scim
create('none1');
create('none2');
create('none3', externalId => undef);
create('none4', externalId => undef);

is(rows('acme', "name like 'none_' and external_id is null"), 4, 'four rows');



=== TEST 6: another tenant has its own names
--- scim
create('both@example.com', externalId => 'both');

my $user = create('both@example.com', externalId => 'both',
                  -opt => { as => 'globex' });
ok($user->{id}, 'created');
is(rows('globex', "name = 'both\@example.com'"), 1, 'its row');



=== TEST 7: the same created at once: one wins
--- scim
my %answer;

$answer{$_}++ for parallel(16, sub {
    my $res = POST('/Users', user('Contended@example.com'));
    return $res->{status} . ' ' . ($res->json->{scimType} // '');
});

is_deeply(\%answer, { '201 ' => 1, '409 uniqueness' => 15 },
          'one 201, fifteen 409');
is(rows('acme', "name = 'Contended\@example.com'"), 1, 'one row');



=== TEST 8: a conflict names the attribute, never a value
--- scim
create('secretive@example.com', externalId => 'hidden-77');

for (user('secretive@example.com'), user('x', externalId => 'hidden-77')) {
    unlike(POST('/Users', $_)->{body}, qr/secretive|hidden-77/,
           'no value');
}

unlike(error_log(), qr/secretive|hidden-77/, 'nor in error.log');
