package SCIM::Generate;

# Random resources and filters for the comparison with SCIM::Model; PATCH
# programs are in SCIM::Generate::Patch.  Everything comes from the seed of
# begin(), so that SCIM_SEED repeats a run.
#
# A filter is a tree: {text} of a comparison, {not}, {join, left, right},
# {path, inside, behind}.  written() makes text of it, smaller() trees that
# have less in them.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use MIME::Base64 'encode_base64';

use SCIM::Model qw(attrs_of extensions_of sub_named resolve);
use SCIM::Model::Filter qw(values_at);

our @EXPORT_OK = qw(begin pick chance number word value_of object_of
                    resource filter written smaller garbage spelled
                    qualified paths literal nothing);


sub begin {
    my ($seed, $n) = @_;
    srand(($seed * 1_000_003 + $n * 7_919) % 2_147_483_647);
}


sub number { return int rand $_[0] }

sub pick { return $_[ int rand @_ ] }

sub chance { return rand 100 < $_[0] }


# --- values

my @WORDS = ('a', 'A', 'ab', 'abc', 'B', 'b', 'anna', 'Anna', 'ANNA', 'annA b',
             'anna@example.com', 'Bob@Example.COM', "\xe4", "\xc4pfel",
             "\xe4pfel", "stra\xdfe", "STRASSE", "Stra\x{1e9e}e", "ma\xdf",
             "\xe9t\xe9", "e\x{301}t\xe9", "\xc9T\xc9",
             "\x{3a3}\x{3af}\x{3c3}\x{3c5}\x{3c6}\x{3bf}\x{3c2}",
             "\x{3c3}\x{3af}\x{3c3}\x{3c5}\x{3c6}\x{3bf}\x{3c3}",
             "\x{3a3}", "\x{3c2}", "\x{65e5}\x{672c}", "\x{1f600}", '50%',
             '5_%', 'a_b', 'a\\b', 'say "hi"', "O'Malley", 'x y', ' x', '10',
             '9', 'true', 'null', 'work', 'home', "tab\there", "two\nlines",
             '()[]', 'a]b', 'a.b', '/', '-', '*', "\x{ff5e}", 'Zz', 'zZ');

my @TYPES = ('work', 'home', 'other', 'Work', 'mobile');

my @DATES = ('2024-02-29T13:00:00Z', '2024-02-29T14:00:00+01:00',
             '2024-02-29T13:00:00.5Z', '2024-02-29T13:00:00.500000Z',
             '2011-05-13T04:42:34Z', '1969-12-31T23:59:59Z',
             '2030-01-01T00:00:00', '2029-12-31T23:00:00-01:00',
             '2000-02-29T00:00:00.123456Z', '2024-03-01T00:00:00-05:30');

my @INTEGERS = (0, 1, -1, 2, 7, 10, 42, -42, 1000, 4294967296);

my @DECIMALS = (0, 1, -1, 0.5, -0.5, 2.25, 10, 100.125, -42.75, 1000);

my @URLS = ('https://example.com/a', 'https://example.com/A',
            'https://example.com/b?c=%20', 'ftp://example.com/', 'urn:x:y',
            'not a URL');


sub word { return pick(@WORDS) }


# a value that the attribute may have; of a multi-valued one an element

sub value_of {
    my ($attr) = @_;

    my $type = $attr->{type};

    return object_of($attr) if $type eq 'complex';
    return chance(50) ? JSON::PP::true : JSON::PP::false
        if $type eq 'boolean';
    return 0 + pick(@INTEGERS) if $type eq 'integer';
    return 0 + pick(@DECIMALS) if $type eq 'decimal';
    return pick(@DATES) if $type eq 'dateTime';
    return pick(@URLS) if $type eq 'reference';
    return encode_base64(pick(@WORDS[0 .. 9]), '') if $type eq 'binary';
    return pick(@TYPES) if $attr->{name} eq 'type' && chance(90);
    return word();
}


sub writable { return grep { $_->{mutability} ne 'readOnly' } @_ }


sub object_of {
    my ($attr) = @_;

    my @subs = $attr->{mutability} eq 'readOnly' ? @{ $attr->{subs} }
               : writable(@{ $attr->{subs} });
    my %object;

    for my $sub (@subs) {
        next if $sub->{name} eq 'primary' ? !chance(20)
                : $sub->{name} eq 'value' ? !chance(85) : !chance(50);
        $object{ $sub->{name} } = value_of($sub);
    }

    # an element needs more than a kind

    my @some = grep { $_->{name} !~ /^(type|primary)$/ } @subs;
    $object{ $some[0]{name} } //= value_of($some[0])
        unless grep { exists $object{ $_->{name} } } @some;

    return \%object;
}


# no two primaries, no equal pairs

sub list_of {
    my ($attr) = @_;

    my @list = map { value_of($attr) } 1 .. 1 + number(3);
    my (%seen, $primary);

    return \@list unless $attr->{type} eq 'complex';

    for my $element (@list) {
        next unless exists $element->{primary};
        delete $element->{primary} if $element->{primary} && $primary++;
    }

    return [ grep { !$seen{ lc(($_->{value} // $_) . '/'
                               . ($_->{type} // '')) }++ } @list ];
}


sub attributes {
    my ($percent, @attrs) = @_;

    return map { $_->{name} => $_->{multi} ? list_of($_) : value_of($_) }
           grep { $_->{required} || chance($percent) } writable(@attrs);
}


# a body for POST; "name" goes into what must be unique

sub resource {
    my ($type, $name) = @_;

    my @core = grep { $_->{name} !~ /^(password|members|active)$/ }
               attrs_of($type->{urn});
    my $full = pick(10, 35, 60);

    my %body = (schemas => [ $type->{urn} ], attributes($full, @core));

    for my $urn (extensions_of($type)) {
        next unless chance(50);

        $body{$urn} = { attributes($full, attrs_of($urn)) };

        if (%{ $body{$urn} }) {
            push @{ $body{schemas} }, $urn;

        } else {
            delete $body{$urn};
        }
    }

    my $word = word();

    $body{userName} = "$word $name" if $type->{name} eq 'User';
    $body{displayName} = "$word $name" if $type->{name} eq 'Group';
    $body{externalId} = (chance(50) ? 'X' : 'x') . "-$name" if chance(50);
    $body{active} = JSON::PP::false
        if $type->{name} eq 'User' && chance(30);

    return \%body;
}


# --- names as clients write them

sub spelled {
    my ($text) = @_;

    return $text if chance(70);
    return lc $text if chance(40);
    return uc $text if chance(40);

    $text =~ s/([a-z])/chance(50) ? uc $1 : lc $1/gei;
    return $text;
}


# for the strict profile: no bare names of extensions' attributes, no "" that
# means null

our $STRICT = 0;

sub nothing { return $STRICT ? undef : pick(undef, '') }


# name of a path with its URN, or bare

sub qualified {
    my ($type, $path) = @_;

    my $name = $path->{attr}{name};
    $name .= ".$path->{sub}{name}" if $path->{sub};

    my $schema = $path->{attr}{schema};

    if ($path->{extension}) {
        my $bare = resolve($type, $name);
        $name = "$schema:$name"
            unless $bare && $bare->{attr} == $path->{attr}
                   && chance($STRICT ? 0 : 20);

    } elsif (chance(10)) {
        $name = "$type->{urn}:$name";
    }

    return spelled($name);
}


# all that a filter of the type can name: attributes and sub-attributes

sub paths {
    my ($type) = @_;

    my @paths;

    for my $urn ('', $type->{urn}, extensions_of($type)) {
        for my $attr (attrs_of($urn)) {
            my $path = { attr => $attr };
            $path->{extension} = $urn
                if grep { $_ eq $urn } extensions_of($type);

            push @paths, $path,
                 map { { %$path, sub => $_ } } @{ $attr->{subs} };
        }
    }

    return grep { ($_->{sub} // $_->{attr})->{mutability} ne 'writeOnly' }
           @paths;
}


sub quoted {
    my ($string) = @_;

    my $text = JSON::PP->new->allow_nonref->encode("$string");

    if (chance(15)) {
        $text =~ s{([a-z\x80-\x{ffff}])}
                  {chance(50) ? sprintf '\\u%04x', ord $1 : $1}gei
            unless $text =~ /\\/;
    }

    return $text;
}


# --- filters

my %OPERATORS = (
    boolean   => [qw(eq ne)],
    binary    => [qw(eq ne)],
    integer   => [qw(eq ne gt ge lt le)],
    decimal   => [qw(eq ne gt ge lt le)],
    dateTime  => [qw(eq ne gt ge lt le)],
    string    => [qw(eq eq eq ne co sw ew gt ge lt le)],
    reference => [qw(eq ne co sw ew gt ge lt le)],
);


# what clients ask for, and has an index

my %HOT = map { $_ => 1 } qw(id userName externalId displayName emails.value
                             members members.value manager manager.value
                             groups.value meta.lastModified active);

# $docs are there to take values from, many of them from one resource: few
# would match otherwise

sub filter {
    my ($type, $docs, $size) = @_;

    my @paths = paths($type);
    my @hot = grep { $HOT{ $_->{attr}{name}
                           . ($_->{sub} ? ".$_->{sub}{name}" : '') } } @paths;
    my $doc = pick(@$docs);
    my $values = sub { values_at($_[0], chance(60) ? $doc : pick(@$docs)) };

    $size //= pick(1, 1, 1, 2, 2, 3, 4, 6);

    return tree($size, sub {
        my $path = chance(20) ? pick(@hot) : pick(@paths);

        return brackets($type, $path, $values)
            if @{ $path->{attr}{subs} } && !$path->{sub} && chance(70);

        return compare(qualified($type, $path), $path, $values);
    });
}


sub tree {
    my ($size, $leaf) = @_;

    my $tree;

    if ($size <= 1) {
        $tree = $leaf->();

    } else {
        my $left = 1 + number($size - 1);

        $tree = { join  => chance(50) ? 'and' : 'or',
                  left  => tree($left, $leaf),
                  right => tree($size - $left, $leaf),
                  text  => [ ' ', spelled('and'), spelled('or') ] };
    }

    $tree = { not => $tree, text => spelled('not') . pick('', ' ') }
        if chance(12);

    return $tree;
}


sub brackets {
    my ($type, $path, $values) = @_;

    my @subs = map { { attr => $path->{attr}, sub => $_ } }
               @{ $path->{attr}{subs} };
    my $value = sub { $values->({ %{ $_[0] },
                                  extension => $path->{extension} }) };
    my $leaf = sub {
        my $sub = pick(@subs);
        return compare(spelled($sub->{sub}{name}), $sub, $value);
    };

    my %tree = (path   => qualified($type, $path),
                inside => tree(pick(1, 1, 2, 2, 3), $leaf));

    $tree{behind} = $leaf->() if chance(15);

    return \%tree;
}


sub compare {
    my ($name, $path, $values) = @_;

    my $sub = $path->{sub};
    my $attr = $sub // $path->{attr};

    if ($attr->{type} eq 'complex') {
        my $stands = sub_named($attr, 'value');
        return { text => "$name " . spelled('pr') } if !$stands || chance(30);
        $path = { %$path, sub => $stands };
        $attr = $stands;
    }

    return { text => "$name " . spelled('pr') } if chance(10);
    return { text => "$name " . spelled(pick('eq', 'ne')) . ' '
                     . spelled('null') } if chance(4);

    my $op = pick(@{ $OPERATORS{ $attr->{type} } });
    my @values = chance(70) ? $values->($path) : ();
    my $value = @values ? pick(@values) : value_of($attr);

    my $text = literal($attr, $op, $value);
    my $space = $text =~ /^"/ && chance(4) ? '' : chance(4) ? '  ' : ' ';

    return { text => "$name " . spelled($op) . $space . $text };
}


sub literal {
    my ($attr, $op, $value) = @_;

    return chance(10) ? pick('"True"', '"false"', '"true"', '"False"')
           : spelled($value ? 'true' : 'false') if $attr->{type} eq 'boolean';

    if ($attr->{type} =~ /^(integer|decimal)$/) {
        my $n = JSON::PP->new->allow_nonref->encode(0 + $value);
        return chance(20) && $attr->{type} eq 'decimal' && $n !~ /\./
               ? "$n.0" : $n;
    }

    return quoted($value) if $attr->{type} =~ /^(dateTime|binary)$/;

    if ($op =~ /^(co|sw|ew)$/ && chance(70)) {
        my $n = length $value;
        my $length = 1 + number($n);
        my $from = $op eq 'sw' ? 0 : $op eq 'ew' ? $n - $length
                   : number($n - $length + 1);
        $value = substr $value, $from, $length;
    }

    $value = pick(lc $value, uc $value, ucfirst lc $value) if chance(25);

    return quoted($value);
}


sub written {
    my ($tree) = @_;

    if (exists $tree->{join}) {
        my $is_and = $tree->{join} eq 'and';
        my ($space, $and, $or) = @{ $tree->{text} };

        return join $space,
               map({ $is_and && ($_->{join} // '') eq 'or'
                     ? '(' . written($_) . ')' : written($_) } $tree->{left}),
               $is_and ? $and : $or,
               map({ $is_and && ($_->{join} // '') eq 'or'
                     ? '(' . written($_) . ')' : written($_) }
                   $tree->{right});
    }

    return "$tree->{text}(" . written($tree->{not}) . ')'
        if exists $tree->{not};

    return "$tree->{path}\[" . written($tree->{inside}) . ']'
           . ($tree->{behind} ? '.' . written($tree->{behind}) : '')
        if exists $tree->{path};

    return $tree->{text};
}


# every tree that has one thing less

sub smaller {
    my ($tree) = @_;

    my @smaller;

    for my $key (grep { exists $tree->{$_} } qw(left right not)) {
        push @smaller, $tree->{$key};
    }

    if ($tree->{behind}) {
        my %less = %$tree;
        delete $less{behind};
        push @smaller, \%less;
    }

    for my $key (grep { exists $tree->{$_} } qw(left right not inside)) {
        push @smaller, map { { %$tree, $key => $_ } }
                       smaller($tree->{$key});
    }

    return @smaller;
}


# --- what is no filter, mostly

my @PIECES = ('(', ')', '[', ']', '"', '\\', ' ', '.', ':', ',', 'eq', 'and',
              'or', 'not', 'pr', 'null', 'true', '1', '-', '1e999', '"x"',
              '\'x\'', '$', '%', "\x00", "\x{7f}", "\x{fffd}", 'userName',
              'urn:', '"\\u0000"', '"\\ud800"', '((((((((', ' eq eq ', '1.',
              '01', '9' x 80, '1e99', "\t", "\n", '=', '>=', ';', '--', '*');

sub garbage {
    my ($text) = @_;

    for (1 .. pick(1, 1, 1, 2, 3, 8)) {
        my $n = length $text;
        my $at = number($n + 1);
        my $length = pick(0, 1, 1, 2, 5, number($n + 1));

        $length = $n - $at if $at + $length > $n;
        substr $text, $at, $length, chance(60) ? pick(@PIECES) : '';
    }

    return $text;
}


1;
