package SCIM::Model::Filter;

# Reference model of filters and sorting (RFC 7644 sections 3.4.2.2 and
# 3.4.2.3).
#
#   my $filter = parse($type, 'emails[type eq "work"]');
#   matches($filter, $doc)
#
# A filter is an array: and/or with two filters, not with one, value with a
# path and a filter for its elements, compare with operator, path and literal.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();

use SCIM::Model qw(resolve sub_named refuse key_of empty instant);

our @EXPORT_OK = qw(parse parse_value matches matches_element values_at
                    sort_key sort_path order assignments);


# --- from text to a tree

# types whose attributes may be named too, though this one has none of them,
# follow the text

sub parse {
    my ($type, $text, @others) = @_;

    return whole({ type => $type, others => \@others }, $text);
}


# what stands in the brackets behind an attribute

sub parse_value {
    my ($attr, $text) = @_;

    return whole({ parent => $attr }, $text);
}


sub whole {
    my ($p, $text) = @_;

    $p->{text} = $text;
    pos($p->{text}) = 0;

    my $tree = any($p);
    bad('more than a filter') unless $p->{text} =~ /\G\s*\z/gca;

    return $tree;
}


sub bad { refuse(400, 'invalidFilter', $_[0]) }


sub word {
    my ($p, $word) = @_;
    return $p->{text} =~ /\G\s*\Q$word\E(?=[\s()\[\]"]|\z)/gcai;
}

sub sign {
    my ($p, $sign) = @_;
    return $p->{text} =~ /\G\s*\Q$sign\E/gca;
}


sub any {
    my ($p) = @_;

    my $left = all($p);
    $left = [ 'or', $left, all($p) ] while word($p, 'or');

    return $left;
}


sub all {
    my ($p) = @_;

    my $left = term($p);
    $left = [ 'and', $left, term($p) ] while word($p, 'and');

    return $left;
}


sub term {
    my ($p) = @_;

    if (sign($p, '(')) {
        my $inside = any($p);
        sign($p, ')') or bad('no )');
        return $inside;
    }

    if (word($p, 'not')) {
        sign($p, '(') or bad('not without (');
        my $inside = any($p);
        sign($p, ')') or bad('no )');
        return [ 'not', $inside ];
    }

    $p->{text} =~ /\G\s*([^\s()\[\]"]+)/gca or bad('no attribute');
    my $name = $1;

    return brackets($p, $name) if $p->{text} =~ /\G\s*\[/gca;
    return comparison($p, find($p, $name));
}


sub find {
    my ($p, $name) = @_;

    my $path;

    if ($p->{parent}) {
        my $sub = @{ $p->{parent}{subs} } ? sub_named($p->{parent}, $name)
                  : lc $name eq 'value' ? { %{ $p->{parent} }, multi => 0 }
                  : undef;
        bad("no sub-attribute $name") unless $sub;
        return { attr => $p->{parent}, sub => $sub };
    }

    $path = resolve($p->{type}, $name);

    if (!$path && grep { resolve($_, $name) } @{ $p->{others} }) {
        return { absent => 1 };
    }

    bad("no attribute $name") unless $path && $path->{attr};
    bad("$name is never told")
        if ($path->{sub} // $path->{attr})->{mutability} eq 'writeOnly';

    return $path;
}


sub brackets {
    my ($p, $name) = @_;

    bad('brackets in brackets') if $p->{parent};

    my $path = find($p, $name);
    my $inner = { %$p, parent => $path->{attr} };

    if ($path->{absent}) {
        my ($other) = grep { $_ } map { resolve($_, $name) }
                      @{ $p->{others} };
        $inner->{parent} = $other->{attr};
        $path = { %$path, attr => $other->{attr}, sub => $other->{sub} };
    }

    bad("$name has no sub-attributes")
        if $path->{sub} || !@{ $path->{attr}{subs} };

    pos($inner->{text}) = pos $p->{text};
    my $inside = any($inner);
    sign($inner, ']') or bad('no ]');

    if ($inner->{text} =~ /\G\.([^\s()\[\]"]+)/gca) {
        $inside = [ 'and', $inside, comparison($inner, find($inner, $1)) ];
    }

    pos($p->{text}) = pos $inner->{text};

    return [ 'value', $path, $inside ];
}


sub comparison {
    my ($p, $path) = @_;

    $p->{text} =~ /\G\s*([a-z]+)(?=[\s()\[\]"]|\z)/gcai
        or bad('no operator');
    my $op = lc $1;

    return [ 'pr', $path ] if $op eq 'pr';
    bad("no operator $op") unless $op =~ /^(eq|ne|co|sw|ew|gt|ge|lt|le)$/;

    my $literal = literal($p);
    return [ 'compare', $op, $path, $literal ] if $path->{absent};

    # a complex attribute stands for its value

    if ($path->{attr}{type} eq 'complex' && !$path->{sub}) {
        my $sub = sub_named($path->{attr}, 'value')
            or bad('complex, and has no value');
        $path = { %$path, sub => $sub };
    }

    return [ 'compare', $op, $path,
             checked($op, $path->{sub} // $path->{attr}, $literal) ];
}


sub literal {
    my ($p) = @_;

    if ($p->{text} =~ /\G\s*("(?:[^"\\]|\\.)*")/gcas) {
        my $string = $1;
        my $value = eval { JSON::PP->new->allow_nonref->decode($string) };
        bad('no JSON string') unless defined $value && !ref $value;
        return { type => 'string', value => $value };
    }

    $p->{text} =~ /\G\s*([^\s()\[\]"]+)/gca or bad('no value');
    my $word = $1;

    return { type => 'boolean', value => lc $word eq 'true' ? 1 : 0 }
        if $word =~ /^(true|false)$/i;
    return { type => 'null' } if lc $word eq 'null';
    return { type => 'number', value => 0 + $word, text => $word }
        if $word =~ /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/a;

    bad('neither string nor number, true, false or null');
}


# operators and literals that a type allows

sub checked {
    my ($op, $attr, $literal) = @_;

    my $type = $attr->{type};

    bad("$op of $type")
        if $type =~ /^(boolean|binary)$/ && $op !~ /^(eq|ne)$/
           || $type =~ /^(integer|decimal|dateTime)$/ && $op =~ /^(co|sw|ew)$/;

    if ($literal->{type} eq 'null') {
        bad("null with $op") unless $op =~ /^(eq|ne)$/;
        return $literal;
    }

    my $value = $literal->{value};

    if ($type eq 'boolean') {
        $literal = { type => 'boolean', value => lc $value eq 'true' ? 1 : 0 }
            if $literal->{type} eq 'string' && $value =~ /^(true|false)$/i;
        bad('no boolean') unless $literal->{type} eq 'boolean';

    } elsif ($type =~ /^(integer|decimal)$/) {
        bad('no number') unless $literal->{type} eq 'number';
        bad('no integer')
            if $type eq 'integer' && $literal->{text} =~ /[.e]/i;

    } else {
        bad('no string') unless $literal->{type} eq 'string';
        bad('no date') if $type eq 'dateTime' && !defined instant($value);
    }

    return $literal;
}


# --- what it means

sub matches {
    my ($filter, $doc) = @_;

    return walk($filter, sub { values_at($_[0], $doc) },
                sub { elements_at($_[0], $doc) });
}


# one element of a multi-valued attribute against what stands in brackets

sub matches_element {
    my ($filter, $element) = @_;

    return walk($filter, sub {
        my ($path) = @_;

        my $value = ref $element eq 'HASH'
                    ? $element->{ $path->{sub}{name} } : $element;

        return empty($value) ? () : $value;
    });
}


sub walk {
    my ($filter, $values, $elements) = @_;

    my ($kind, @more) = @$filter;

    return walk($more[0], $values, $elements)
           && walk($more[1], $values, $elements) if $kind eq 'and';
    return walk($more[0], $values, $elements)
           || walk($more[1], $values, $elements) if $kind eq 'or';
    return !walk($more[0], $values, $elements) if $kind eq 'not';

    if ($kind eq 'value') {
        my ($path, $inside) = @more;
        return scalar grep { matches_element($inside, $_) }
                      $elements->($path);
    }

    return scalar(my @any = $values->($more[0])) if $kind eq 'pr';

    my ($op, $path, $literal) = @more;
    my @values = $values->($path);

    if ($literal->{type} eq 'null') {
        return $op eq 'eq' ? !@values : scalar @values;
    }

    # what is absent differs from everything

    return 1 if $op eq 'ne' && !@values;

    my $attr = $path->{sub} // $path->{attr};

    return scalar grep { compare($op, $attr, $_, $literal->{value}) } @values;
}


sub compare {
    my ($op, $attr, $value, $literal) = @_;

    my $a = key_of($attr, $value);
    my $b = key_of($attr, $literal);

    return index($a, $b) >= 0 if $op eq 'co';
    return index($a, $b) == 0 if $op eq 'sw';
    return length $a >= length $b
           && substr($a, length($a) - length $b) eq $b if $op eq 'ew';

    my $order = order($attr, $a, $b);

    return $order == 0 if $op eq 'eq';
    return $order != 0 if $op eq 'ne';
    return $order > 0 if $op eq 'gt';
    return $order >= 0 if $op eq 'ge';
    return $order < 0 if $op eq 'lt';
    return $order <= 0;
}


# of two keys

sub order {
    my ($attr, $a, $b) = @_;

    return $attr->{type} =~ /^(boolean|integer|decimal|dateTime)$/
           ? $a <=> $b : $a cmp $b;
}


# elements of an attribute, in brackets and without; the value of a singular
# one is its only element

sub elements_at {
    my ($path, $doc) = @_;

    return if $path->{absent};

    my $container = $path->{extension} ? $doc->{ $path->{extension} } : $doc;
    my $value = ($container // {})->{ $path->{attr}{name} };

    return grep { !empty($_) } ref $value eq 'ARRAY' ? @$value : $value;
}


sub values_at {
    my ($path, $doc) = @_;

    my @elements = elements_at($path, $doc);
    return @elements unless $path->{sub};

    return grep { !empty($_) }
           map { ref $_ eq 'HASH' ? $_->{ $path->{sub}{name} } : undef }
           @elements;
}


# --- sorting

sub sort_path {
    my ($type, $text) = @_;

    my $path = resolve($type, $text);
    refuse(400, 'invalidPath') unless $path && $path->{attr};

    if ($path->{attr}{type} eq 'complex' && !$path->{sub}) {
        my $sub = sub_named($path->{attr}, 'value')
            or refuse(400, 'invalidPath');
        $path = { %$path, sub => $sub };
    }

    return $path;
}


# undef: no data; of a multi-valued attribute the primary element counts, or
# else the first

sub sort_key {
    my ($path, $doc) = @_;

    my @elements = elements_at($path, $doc);
    my ($element) = grep { ref $_ eq 'HASH' && $_->{primary} } @elements;
    $element //= $elements[0];

    $element = $element->{ $path->{sub}{name} }
        if $path->{sub} && ref $element eq 'HASH';
    return if empty($element);

    return key_of($path->{sub} // $path->{attr}, $element);
}


# --- for PATCH: what an element must hold so that it matches

# sub-attributes and values of the comparisons for equality that "and" joins

sub assignments {
    my ($filter) = @_;

    my ($kind, @more) = @$filter;

    return map { assignments($_) } @more if $kind eq 'and';
    return unless $kind eq 'compare' && $more[0] eq 'eq'
                  && $more[2]{type} ne 'null';

    my $literal = $more[2];

    return [ $more[1]{sub},
             $literal->{type} eq 'boolean'
             ? ($literal->{value} ? JSON::PP::true : JSON::PP::false)
             : $more[1]{sub}{type} eq 'dateTime'
               && $literal->{value} !~ /(Z|[+-]\d\d:\d\d)$/
             ? "$literal->{value}Z"
             : $literal->{value} ];
}


1;
