package SCIM::Generate::Patch;

# Random PATCH programs.  A program is a list of operations as they are sent;
# smaller_program() gives all that have an operation, a member or an element
# less.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();

use SCIM::Generate qw(pick chance number word value_of object_of spelled
                      qualified literal nothing);
use SCIM::Model qw(attrs_of extensions_of sub_named empty);

our @EXPORT_OK = qw(program members_program smaller_program smaller_doc);


# a few attributes per program, so that its operations meet

sub program {
    my ($type, $doc) = @_;

    my @all = patchable($type);
    my @some = map { pick(@all) } 1 .. pick(1, 1, 2, 3);

    return [ map { operation($type, $doc, @some) } 1 .. pick(1, 1, 2, 3, 5) ];
}


sub patchable {
    my ($type) = @_;

    my @paths;

    for my $urn ('', $type->{urn}, extensions_of($type)) {
        my ($extension) = grep { $_ eq $urn } extensions_of($type);

        for my $attr (attrs_of($urn)) {
            next if $attr->{name} =~ /^(schemas|members)$/;

            my @path = ({ attr => $attr,
                          $extension ? (extension => $extension) : () });

            # what is unique, or the server's, seldom

            next if $attr->{name} =~ /^(userName|externalId|id|meta)$/
                    && !chance(30);

            push @path, @path if @{ $attr->{subs} };
            push @path, @path if $attr->{multi} && @{ $attr->{subs} };
            push @paths, @path;
        }
    }

    return @paths;
}


my %SPELLED = (add => [ 'add', 'add', 'add', 'Add', 'ADD' ],
               replace => [ 'replace', 'replace', 'Replace' ],
               remove => [ 'remove', 'remove', 'Remove' ]);

sub operation {
    my ($type, $doc, @paths) = @_;

    my $op = pick(qw(add add replace replace remove));
    my %op = (op => pick(@{ $SPELLED{$op} }));

    if (chance(12) && $op ne 'remove') {
        $op{value} = pathless($type, $doc, @paths);
        $op{path} = '' if chance(5);
        return \%op;
    }

    if (chance(4) && extensions_of($type)) {
        my $urn = pick(extensions_of($type));

        $op{path} = spelled($urn);
        $op{value} = whole($type, $urn, @paths) unless $op eq 'remove';
        return \%op;
    }

    if (chance(2)) {
        $op{path} = pick('urn:x:nobody:2.0:User:a', 'unknown', 'name.unknown',
                         "$type->{urn}:unknown", 'emails[', 'active[a eq 1]',
                         'schemas', $type->{urn}, 'meta.version', 'a b');
        $op{value} = pick('x', [], undef) unless $op eq 'remove';
        return \%op;
    }

    my $path = pick(@paths);
    my $attr = $path->{attr};
    my $name = qualified($type, $path);

    if (@{ $attr->{subs} } && chance(65)) {
        my $sub = pick(@{ $attr->{subs} });

        if ($attr->{multi} && chance(85)) {
            $name .= '[' . selector($path, $doc) . ']';

            if (chance(35)) {
                $op{path} = $name;
                $op{value} = given($attr, 0) unless $op eq 'remove';
                return \%op;
            }
        }

        $op{path} = $name . '.' . spelled($sub->{name});
        $op{value} = given($sub, 0) unless $op eq 'remove';
        return \%op;
    }

    if ($attr->{multi} && !@{ $attr->{subs} } && chance(25)) {
        my @values = values_of($path, $doc);
        my $value = @values && chance(70) ? pick(@values) : value_of($attr);

        $op{path} = "$name\[value eq " . literal($attr, 'eq', $value) . ']';
        $op{value} = given($attr, 0) unless $op eq 'remove';
        return \%op;
    }

    $op{path} = $name;
    $op{value} = wrapped($attr, given($attr, $attr->{multi},
                                      values_of($path, $doc)))
        if $op ne 'remove' || $attr->{multi} && chance(20);

    return \%op;
}


sub values_of {
    my ($path, $doc) = @_;

    my $container = $path->{extension} ? $doc->{ $path->{extension} } : $doc;
    my $value = ($container // {})->{ $path->{attr}{name} };

    return ref $value eq 'ARRAY' ? @$value : ();
}


# what stands in the brackets, mostly of an element that is there

sub selector {
    my ($path, $doc) = @_;

    my @elements = values_of($path, $doc);
    my $element = @elements && chance(75) ? pick(@elements)
                  : object_of($path->{attr});
    my @subs = grep { chance(70) || $_->{name} eq 'type' }
               @{ $path->{attr}{subs} };

    @subs = grep { !empty($element->{ $_->{name} }) } @subs if chance(90);
    @subs = $path->{attr}{subs}[0] unless @subs;

    my ($type) = grep { $_->{name} eq 'type' } @subs;
    @subs = $type if $type && chance(50);

    my @terms = map {
        my $op = chance(85) ? 'eq' : $_->{type} eq 'boolean' ? 'ne'
                 : pick('ne', 'pr', 'gt');
        $op = 'eq' if $_->{type} eq 'binary' && $op eq 'gt';

        spelled($_->{name}) . ($op eq 'pr' ? ' pr' : ' ' . spelled($op) . ' '
            . literal($_, $op, $element->{ $_->{name} } // value_of($_)));
    } pick(@subs), chance(25) ? pick(@subs) : ();

    return join chance(85) ? ' and ' : ' or ', @terms;
}


# a value, now and then an odd one

sub given {
    my ($attr, $many, @there) = @_;

    if (chance(8)) {
        return pick(nothing(), nothing(), $many ? ([], []) : ());
    }

    if (chance(2)) {
        return pick('text', 1.5, JSON::PP::true, {}, [ 'a' ], { x => 1 });
    }

    if (!$many) {
        my $value = odd($attr, value_of($attr));
        return $value;
    }

    my @values = map { @there && chance(40) ? copy(pick(@there))
                       : odd($attr, value_of($attr)) }
                 1 .. pick(1, 1, 2, 3);

    return chance(15) && @values == 1 ? $values[0] : \@values;
}


# JSON in a string, the attribute's name around it

sub wrapped {
    my ($attr, $value) = @_;

    return $value unless ref $value && $attr->{type} eq 'complex';

    $value = { spelled($attr->{name}) => $value }
        if chance(2) && !$SCIM::Generate::STRICT;
    $value = JSON::PP->new->canonical->encode($value) if chance(2);

    return $value;
}


sub copy { return JSON::PP->new->allow_nonref->decode(
               JSON::PP->new->allow_nonref->encode($_[0])) }


sub odd {
    my ($attr, $value) = @_;

    return $value ? pick('True', 'true') : pick('False', 'false')
        if $attr->{type} eq 'boolean' && chance(20);
    return $value unless ref $value eq 'HASH';

    # readOnly, unknown, absent, spelled otherwise; more primaries

    for my $sub (@{ $attr->{subs} }) {
        $value->{ $sub->{name} } = value_of($sub)
            if $sub->{mutability} eq 'readOnly' && chance(20);
        $value->{ $sub->{name} } = nothing()
            if chance(3) && $sub->{type} ne 'boolean';
        $value->{primary} = JSON::PP::true
            if $sub->{name} eq 'primary' && chance(15);
    }

    $value->{unknown} = 'x' if chance(3);
    $value = { map { spelled($_) => $value->{$_} } keys %$value }
        if chance(10);

    return sub_named($attr, 'value') && $attr->{multi} && chance(4)
           ? word() : $value;
}


sub whole {
    my ($type, $urn, @paths) = @_;

    my %value;

    for my $attr (attrs_of($urn)) {
        next unless chance(40);
        $value{ $attr->{name} } = given($attr, $attr->{multi});
    }

    $value{schemas} = [ $urn ] if chance(20);

    return \%value;
}


# keys with dots and URNs, extensions as objects, what is ignored

sub pathless {
    my ($type, $doc, @paths) = @_;

    my %value;

    for my $path (@paths, pick(patchable($type))) {
        my $attr = $path->{attr};

        if ($path->{extension} && chance(40)) {
            my $in = $value{ $path->{extension} } //= {};
            $in->{ $attr->{name} } = given($attr, $attr->{multi})
                if ref $in eq 'HASH';
            next;
        }

        if (@{ $attr->{subs} } && chance($attr->{multi} ? 30 : 50)) {
            my $sub = pick(@{ $attr->{subs} });
            my $key = qualified($type, $path);

            $key .= '[' . selector($path, $doc) . ']' if $attr->{multi};
            $value{"$key.$sub->{name}"} = given($sub, 0);
            next;
        }

        $value{ qualified($type, $path) } =
            given($attr, $attr->{multi}, values_of($path, $doc));
    }

    $value{id} = 'x' if chance(10);
    $value{schemas} = [ $type->{urn} ] if chance(10);
    $value{unknown} = 'x' if chance(5);

    # no name twice

    my %seen;
    delete @value{ grep { $seen{ lc $_ }++ } sort keys %value };

    return \%value;
}


# --- members of groups

# $ids: who might be one; some are nobody

sub members_program {
    my ($doc, @ids) = @_;

    return [ map { members_operation($doc, @ids) } 1 .. pick(1, 1, 2, 4) ];
}


sub members_operation {
    my ($doc, @ids) = @_;

    my @there = map { $_->{value} } @{ $doc->{members} // [] };
    my $id = sub { @there && chance(40) ? pick(@there) : pick(@ids) };
    my $list = sub {
        return [ map { my $value = $id->();
                       chance(10) ? { value => $value, type => 'User' }
                       : chance(10) ? { value => $value, display => 'x' }
                       : chance(5) ? { value => $value, '$ref' => undef }
                       : { value => $value } } 1 .. pick(1, 1, 2, 3, 8) ];
    };

    my $op = pick(qw(add add add remove remove replace));
    my %op = (op => pick(@{ $SPELLED{$op} }));

    if ($op eq 'remove') {
        $op{path} = chance(60)
                    ? spelled('members') . '[' . spelled('value') . ' eq "'
                      . $id->() . '"' . (chance(15) ? ' or value eq "'
                      . $id->() . '"' : '') . ']'
                    : 'members';
        $op{value} = $list->() if $op{path} eq 'members' && chance(85);
        return \%op;
    }

    if (chance(20)) {
        $op{value} = { members => chance(10) ? [] : $list->() };
        $op{value}{externalId} = 'e' . number(1_000_000_000) if chance(10);
        return \%op;
    }

    $op{path} = chance(15) ? 'urn:ietf:params:scim:schemas:core:2.0:Group:'
                             . 'members' : spelled('members');
    $op{value} = $list->();
    $op{value} = $op{value}[0] if chance(10);

    return \%op;
}


# --- less

sub smaller_program {
    my ($program) = @_;

    my @smaller;

    for my $i (0 .. $#$program) {
        my @rest = @$program;
        splice @rest, $i, 1;
        push @smaller, \@rest if @rest;
    }

    for my $i (0 .. $#$program) {
        my $op = $program->[$i];
        next unless ref $op->{value};

        for my $less (less($op->{value})) {
            my @changed = @$program;
            $changed[$i] = { %$op, value => $less };
            push @smaller, \@changed;
        }
    }

    return @smaller;
}


# a value with a member or an element less, also further down

sub less {
    my ($value) = @_;

    my @less;

    if (ref $value eq 'HASH') {
        for my $key (sort keys %$value) {
            my %rest = %$value;
            delete $rest{$key};
            push @less, \%rest if %rest;
            push @less, map { { %$value, $key => $_ } } less($value->{$key});
        }

    } elsif (ref $value eq 'ARRAY') {
        for my $i (0 .. $#$value) {
            my @rest = @$value;
            splice @rest, $i, 1;
            push @less, [ @rest ] if @rest;

            for my $smaller (less($value->[$i])) {
                my @changed = @$value;
                $changed[$i] = $smaller;
                push @less, \@changed;
            }
        }
    }

    return @less;
}


# a resource with an attribute less, or with less in one

sub smaller_doc {
    my ($doc) = @_;

    my @optional = grep { !/^(schemas|userName|label)$/ } sort keys %$doc;
    my @smaller;

    for my $key (@optional) {
        my %rest = %$doc;
        delete $rest{$key};
        push @smaller, \%rest;
        push @smaller, map { { %$doc, $key => $_ } } less($doc->{$key});
    }

    return @smaller;
}


1;
