# Searches at their edges: empty strings that are stored, prefixes whose last
# character has no next one, numbers out of range, names that are missing, keys
# of several attributes, types whose attributes share no more than a name.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use JSON::PP ();
use SCIM;
use Test::Nginx::Socket 'no_plan';

# a type whose name is unique and not required, and that has numbers

my $urn = 'urn:example:params:scim:schemas:core:2.0:Gadget';
my $dir = $ENV{SCIM_TEST_DIR} // '/tmp';

my %file = (
    'edges-schema.json' => {
        id => $urn, name => 'Gadget', attributes => [
            { name => 'name', type => 'string', uniqueness => 'server' },
            { name => 'tag', type => 'string', uniqueness => 'server' },
            { name => 'code', type => 'string', uniqueness => 'server' },
            { name => 'title', type => 'integer' },
            { name => 'weight', type => 'decimal' },
        ] },
    'edges-type.json' => {
        name => 'Gadget', endpoint => '/Gadgets', schema => $urn },
);

for my $name (keys %file) {
    open my $out, '>', "$dir/$name" or die "$dir/$name: $!";
    print $out JSON::PP::encode_json($file{$name});
    close $out;
}

our $TYPE = "scim_schema $dir/edges-schema.json;\n"
            . "scim_resource_type $dir/edges-type.json;\n";


# names of what a search finds, in order; with a cursor all of its pages

sub found {
    my ($path, $args, $cursor) = @_;
    my (@names, $pages);

    do {
        my $url = "$path?$args";
        $url .= '&cursor=' . SCIM::uri_escape($cursor) if defined $cursor;

        my $res = SCIM::GET($url);
        return $res->{status} if $res->{status} != 200;

        push @names, map $_->{userName} // $_->{name} // $_->{displayName}
                         // $_->{code} // '-', @{ $res->json->{Resources} };
        $cursor = defined $cursor ? $res->json->{nextCursor} : undef;
    } while (defined $cursor && ++$pages < 20);

    return join ' ', @names;
}

sub filtered {
    my ($path, $filter, @more) = @_;
    return found($path, join('&', 'filter=' . SCIM::uri_escape($filter),
                             @more));
}

sub gadget {
    my (%more) = @_;
    my $res = SCIM::POST('/Gadgets', { schemas => [ $urn ], %more });

    SCIM::status_is($res, 201, 'a gadget');
    return $res->json->{id};
}

{
    no strict 'refs';
    *{"SCIM::Steps::$_"} = \&{"main::$_"} for qw(found filtered gadget);
}

scim_reset();
run_tests();

__DATA__

=== TEST 1: an empty string that is stored is no value
--- scim
my $empty = create('empty', title => 'x')->{id};
create('none');
create('some', title => 'a');
sql("update scim.resource set doc = jsonb_set(doc, '{title}', '\"\"') "
    . "where id = '$empty'");

for my $case (
    [ 'title pr'         => 'some' ],
    [ 'not (title pr)'   => 'empty none' ],
    [ 'title eq null'    => 'empty none' ],
    [ 'title eq ""'      => '' ],
    [ 'title ne ""'      => 'empty none some' ],
    [ 'title co ""'      => 'some' ],
    [ 'title sw ""'      => 'some' ],
    [ 'title ew ""'      => 'some' ],
    [ 'title ge ""'      => 'some' ],
    [ 'title gt ""'      => 'some' ],
    [ 'title lt "b"'     => 'some' ],
    [ 'title le "a"'     => 'some' ],
    [ 'title le ""'      => '' ],
    [ 'not (title lt "b")' => 'empty none' ],
) {
    my ($filter, $names) = @$case;
    is(filtered('/Users', $filter), $names, $filter);
}

is(found('/Users', 'sortBy=title'), 'some empty none', 'sorted');
is(found('/Users', 'sortBy=title&sortOrder=descending'), 'none empty some',
   'the other way');



=== TEST 2: prefixes
--- reset
--- scim
# the last character has no next one, or none that is of as many bytes

my @names = ("a\x{7f}b", "a\x{e9}b", "a\x{ff}b", "a\x{7ff}b", "a\x{d7ff}b",
             "a\x{e000}b", "a\x{ffff}b", "a\x{10ffff}b", "a\x{10ffff}", 'ab',
             'b');

# some of these would change when folded, or may not be sent: written by SQL

for my $name (@names) {
    my $text = join ' || ', map 'chr(' . ord($_) . ')', split //, $name;

    sql("insert into scim.resource (tenant, id, type, name, name_key, doc) "
        . "select 'acme', gen_random_uuid(), 'User', n, n, "
        . "jsonb_build_object('schemas', jsonb_build_array('" . USER
        . "'), 'userName', n) from (select $text) v(n)");
}

for my $i (0 .. $#names) {
    my $prefix = substr $names[$i], 0, 2;
    my $want = grep { substr($_, 0, 2) eq $prefix } @names;
    my $json = join '', map { sprintf ord > 0xffff ? '\u%04x\u%04x' : '\u%04x',
                              ord > 0xffff ? (0xdbff, 0xdfff) : ord }
                        split //, $prefix;
    my $res = GET('/Users?filter=' . uri_escape("userName sw \"$json\""));

    status_is($res, 200, $json);
    json_is($res, 'totalResults', $want, 'as many');
}

json_is(GET('/Users?filter=' . uri_escape('userName sw "\udbff\udfff"')),
        'totalResults', 0, 'nothing behind it');
json_is(GET('/Users?filter=' . uri_escape('userName sw "a"')),
        'totalResults', 10, 'all of them');



=== TEST 3: numbers, names that are missing, keys of several attributes
--- http eval: $::TYPE
--- reset
--- scim
gadget(name => 'B', tag => 't1', code => 'c1', title => 10, weight => 1e3);
gadget(name => 'a', tag => 't2', code => 'c2', title => 9);
gadget(code => 'c3', weight => 0.25);
gadget(code => 'c4', tag => 'c1');
gadget(name => 'c', code => 'c5');
gadget(code => 'c6');

for my $case (
    [ 'weight eq 1000.0'                => 'B' ],
    [ 'weight gt 2.5e-1'                => 'B' ],
    [ 'weight ge 2.5E-01'               => 'B c3' ],
    [ 'weight lt 1e+99'                 => 'B c3' ],
    [ 'weight gt -1e-99'                => 'B c3' ],
    [ 'weight lt 1e100'                 => 400 ],
    [ 'weight gt -1e-99999'             => 400 ],
    [ 'weight eq 1e99999999999999999999' => 400 ],
    [ 'name eq "A"'                     => 'a' ],
    [ 'name pr'                         => 'B a c' ],
    [ 'tag eq "T1" or code eq "c2"'     => 'B a' ],
    [ 'tag eq "c1" or code eq "c2"'     => 'a c4' ],
    [ 'tag eq "c3" or code eq "c1" or name eq "c"' => 'B c' ],
    [ 'name eq "c" and code eq "c1"'    => '' ],
    [ 'code eq "c1" or title eq 9'      => 'B a' ],
) {
    my ($filter, $names) = @$case;
    is(join(' ', sort split / /, filtered('/Gadgets', $filter)), $names,
       $filter);
}

for my $case ([ 'sortBy=name' => 'a B c c3 c4 c6' ],
              [ 'sortBy=name&sortOrder=descending' => 'c6 c4 c3 c B a' ],
              [ 'sortBy=title' => 'a B c3 c4 c c6' ],
              [ 'sortBy=weight' => 'c3 B a c4 c c6' ])
{
    my ($args, $names) = @$case;

    is(found('/Gadgets', $args), $names, $args);
    is(found('/Gadgets', "$args&count=1", ''), $names, 'one by one');
    is(found('/Gadgets', "$args&count=2", ''), $names, 'two by two');
}



=== TEST 4: an attribute that is a number here and a text there
--- http eval: $::TYPE
--- scim
create('u1', title => 'x');
create('u2', title => '5');
group('g');

my $want = 'B u2 a u1 c3 c4 c c6 g';

is(found('/', 'sortBy=title'), $want, 'as texts');
is(found('/', 'sortBy=title&count=2', ''), $want, 'by cursor');
is(found('/', 'sortBy=title&sortOrder=descending&count=2', ''),
   join(' ', reverse split / /, $want), 'the other way');
is(filtered('/', 'title eq 9 or userName eq "u2"'), 400,
   'a number is not compared with texts');
is(filtered('/', 'code eq "c1" or userName eq "u2"'), 'B u2', 'each its own');
is(filtered('/', 'weight ne 1 and displayName eq "g"'), 'g',
   'what a type does not have differs');
is(filtered('/', 'weight ne null and displayName eq "g"'), '',
   'and is not there');
is(filtered('/', 'weight eq null and displayName eq "g"'), 'g', 'is null');
is(filtered('/', 'not (weight pr) and displayName eq "g"'), 'g', 'not pr');



=== TEST 5: pages that end where all do
--- reset
--- scim
sql("insert into scim.resource (tenant, id, type, name, name_key, doc, "
    . "created) select 'acme', gen_random_uuid(), 'User', n, n, "
    . "jsonb_build_object('schemas', jsonb_build_array('" . USER . "'), "
    . "'userName', n, 'title', n), now() + i * interval '1 s' "
    . "from (select i, 'u' || 1000 + i as n from generate_series(1, 301) i) "
    . "v");
sql("update scim.tenant set users = 301, active_users = 301 "
    . "where name = 'acme'");

for my $args ('', '&sortBy=userName', '&sortBy=id', '&sortBy=title',
              '&filter=title+pr', '&filter=title+pr&sortBy=userName')
{
    my ($cursor, @sizes, @names) = ('');

    while (defined $cursor && @sizes < 9) {
        my $res = GET("/Users?count=100$args&cursor=" . uri_escape($cursor));
        push @sizes, scalar @{ $res->json->{Resources} };
        push @names, map $_->{userName}, @{ $res->json->{Resources} };
        json_is($res, 'totalResults', 301);
        $cursor = $res->json->{nextCursor};
    }

    is("@sizes", '100 100 100 1', "pages$args");
    is("@names", join(' ', map "u$_", 1001 .. 1301), 'in order')
        unless $args =~ /=id/;

    for my $start (301, 302, '1000001', '9223372036854775807') {
        my $res = GET("/Users?startIndex=$start$args");

        status_is($res, 200, "from $start on");
        json_is($res, 'totalResults', 301);
        is(scalar @{ $res->json->{Resources} // [] }, $start == 301 ? 1 : 0,
           'what is left');
    }
}



=== TEST 6: members that are shown, members that differ
--- reset
--- scim
my $a = create('a', displayName => 'Ann')->{id};
my $b = create('b')->{id};

group('shown', $a);
group('silent', $b);
group('both', $a, $b);
group('none');

for my $case (
    [ 'members.display pr'             => 'both shown' ],
    [ 'not (members.display pr)'       => 'none silent' ],
    [ 'members.display eq null'        => 'none silent' ],
    [ 'members[display pr]'            => 'both shown' ],
    [ "members ne \"$a\""              => 'both none silent' ],
    [ 'members.value ne "x"'           => 'both none shown silent' ],
    [ "not (members eq \"$a\")"        => 'none silent' ],
    [ 'members[value eq "' . uc($a) . '"]' => 'both shown' ],
    [ "members[value eq \"$a\" and display pr]" => 'both shown' ],
    [ "members[display pr and value eq \"$b\"]" => '' ],
    [ "id ne \"$a\" and members pr"    => 'both shown silent' ],
) {
    my ($filter, $names) = @$case;
    is(join(' ', sort split / /, filtered('/Groups', $filter)), $names,
       $filter);
}
