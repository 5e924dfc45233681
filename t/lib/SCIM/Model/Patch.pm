package SCIM::Model::Patch;

# Reference model of PATCH (RFC 7644 section 3.5.2), tolerant profile:
#
#   my $new = patched($type, $doc, [ { op => 'add', ... }, ... ]);
#
# Documents are as they are stored: no id, meta and groups; stored() makes one
# of what GET answers.  An error is thrown (SCIM::Model::refuse).

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();

use SCIM::Model qw(attrs_of attr_named sub_named extensions_of resolve member
                   refuse empty is_number instant key_of fold same text_of);
use SCIM::Model::Filter qw(parse_value matches_element assignments);

our @EXPORT_OK = qw(patched stored created changed_members);

my $JSON = JSON::PP->new->allow_nonref;


sub copy { return $JSON->decode($JSON->encode($_[0])) }


sub stored {
    my ($type, $doc) = @_;

    my %stored = %{ copy($doc) };
    delete @stored{qw(id meta groups)};
    $stored{schemas} = [ sort @{ $stored{schemas} // [] } ];

    return \%stored;
}


sub patched {
    my ($type, $doc, $operations) = @_;

    my $new = copy($doc);
    my @operations = map { understood($type, $_) } @$operations;

    apply($type, $new, $_) for @operations;

    return settled($type, $new, $doc);
}


# what a POST makes

sub created {
    my ($type, $body) = @_;

    my $doc = copy($body);

    for my $urn ('', $type->{urn}, extensions_of($type)) {
        my ($extension) = grep { $_ eq $urn } extensions_of($type);
        my $in = $extension ? $doc->{$urn} // next : $doc;

        for my $attr (attrs_of($urn)) {
            $in->{ $attr->{name} } = accepted($attr, $in->{ $attr->{name} })
                if exists $in->{ $attr->{name} };
        }
    }

    $doc->{active} //= JSON::PP::true if attr_named($type->{urn}, 'active');

    return settled($type, $doc, {});
}


# --- from what was sent to operation, path, value

sub understood {
    my ($type, $sent) = @_;

    my $op = lc(member($sent, 'op') // '');
    refuse(400, 'invalidSyntax', 'op') unless $op =~ /^(add|replace|remove)$/;

    my ($has_value) = grep { lc $_ eq 'value' } keys %$sent;
    refuse(400, 'invalidSyntax', 'no value')
        unless $has_value || $op eq 'remove';

    my $text = member($sent, 'path') // '';
    my %operation = (op => $op, value => member($sent, 'value'),
                     has_value => $has_value);

    if ($text eq '') {
        refuse(400, 'noTarget', 'remove without path')
            if $op eq 'remove' && !$has_value;
        refuse(400, 'invalidSyntax', 'value')
            unless ref $operation{value} eq 'HASH';
        return \%operation;
    }

    my $path = path_of($type, $text) or refuse(400, 'invalidPath', $text);
    my $target = $path->{sub} // $path->{attr};

    refuse(400, 'mutability', $text)
        if $target && $target->{mutability} eq 'readOnly'
           || $path->{attr} && $path->{attr}{mutability} eq 'readOnly';

    $operation{path} = $path;

    return \%operation;
}


sub path_of {
    my ($type, $text) = @_;

    return resolve($type, $text) unless $text =~ /\[/;

    my ($name, $filter, $sub) =
        $text =~ /^ ([^\[]+) \[ ( (?: [^"\]] | "(?:[^"\\]|\\.)*" )* ) \]
                  (?: \. ([\w\$-]+) )? $/xsa
        or return;
    my $path = resolve($type, $name) or return;

    return if !$path->{attr} || $path->{sub} || !$path->{attr}{multi};

    $path->{filter} = parse_value($path->{attr}, $filter);

    if (defined $sub) {
        $path->{sub} = sub_named($path->{attr}, $sub) or return;
    }

    return $path;
}


# --- operations

sub apply {
    my ($type, $doc, $operation) = @_;

    my ($op, $path, $value) = @$operation{qw(op path value)};

    return apply_object($type, $doc, $op, $value) unless $path;

    unless ($path->{attr}) {
        return apply_schema($type, $doc, $op, $path->{urn}, $value);
    }

    # the object that holds the attribute

    my $in = $path->{extension} ? $doc->{ $path->{extension} } //= {} : $doc;

    return apply_to_elements($in, $operation) if $path->{filter};
    return apply_to_sub($in, $operation) if $path->{sub};
    return remove($in, $path->{attr}, $operation) if $op eq 'remove';

    assign($in, $path->{attr}, $op, $value);
}


# without a path: each member of the value is a path of its own; what is
# readOnly or unknown is passed over

sub apply_object {
    my ($type, $doc, $op, $object) = @_;

    for my $key (sort keys %$object) {
        my $path = path_of($type, $key) or next;

        if (!$path->{attr}) {
            apply_schema($type, $doc, $op, $path->{urn}, $object->{$key});
            next;
        }

        next if $path->{attr}{name} eq 'schemas';
        next if $path->{attr}{mutability} eq 'readOnly';
        next if $path->{sub} && $path->{sub}{mutability} eq 'readOnly';

        apply($type, $doc, { op => $op, path => $path, has_value => 1,
                             value => $object->{$key} });
    }
}


# a schema as a whole

sub apply_schema {
    my ($type, $doc, $op, $urn, $value) = @_;

    if ($op eq 'remove' || empty($value)) {
        delete $doc->{$urn} if $op ne 'add';
        return;
    }

    refuse(400, 'invalidValue', $urn) unless ref $value eq 'HASH';

    for my $key (sort keys %$value) {
        my $attr = attr_named($urn, $key) or next;
        next if $attr->{mutability} eq 'readOnly';
        assign($doc->{$urn} //= {}, $attr, $op, $value->{$key});
    }
}


sub assign {
    my ($in, $attr, $op, $value) = @_;

    my $name = $attr->{name};

    return assign_list($in, $attr, $op, $value) if $attr->{multi};
    return merge($in->{$name} //= {}, $attr, $value)
        if $attr->{type} eq 'complex' && !empty($value);

    put($in, $attr, $value);
}


# a single value, or nothing

sub put {
    my ($in, $attr, $value) = @_;

    my $accepted = accepted($attr, $value);

    if (defined $accepted) {
        $in->{ $attr->{name} } = $accepted;

    } else {
        delete $in->{ $attr->{name} };
    }
}


# the sub-attributes that are named; the others stay

sub merge {
    my ($object, $attr, $value) = @_;

    $value = { value => $value }
        if !ref $value && !is_number($value) && sub_named($attr, 'value');
    refuse(400, 'invalidValue', $attr->{name}) unless ref $value eq 'HASH';

    for my $key (sort keys %$value) {
        my $sub = sub_named($attr, $key) or next;
        next if $sub->{mutability} eq 'readOnly';
        put($object, $sub, $value->{$key});
    }
}


sub assign_list {
    my ($in, $attr, $op, $value) = @_;

    my @new = elements($attr, $value);
    my $list = $in->{ $attr->{name} } //= [];

    @$list = () if $op eq 'replace';

    for my $element (@new) {
        append($list, $attr, $element);
    }
}


sub elements {
    my ($attr, $value) = @_;

    return grep { defined }
           map { accepted({ %$attr, multi => 0 }, $_) }
           ref $value eq 'ARRAY' ? @$value : $value;
}


# unless it is there

sub append {
    my ($list, $attr, $element) = @_;

    my ($there) = grep { alike($attr, $_, $element) } @$list;

    if ($there) {
        return unless ref $element eq 'HASH' && $element->{primary};
        $there->{primary} = JSON::PP::true;
        $element = $there;

    } else {
        push @$list, $element;
    }

    only_primary($list, $element);
}


sub only_primary {
    my ($list, @chosen) = @_;

    my ($primary) = grep { ref $_ eq 'HASH' && $_->{primary} } @chosen
        or return;

    for my $other (@$list) {
        $other->{primary} = JSON::PP::false
            if $other != $primary && $other->{primary};
    }
}


# the same value and type, or the same in all

sub alike {
    my ($attr, $a, $b) = @_;

    return key_of($attr, $a) eq key_of($attr, $b) unless ref $a eq 'HASH';
    return 1 if same($a, $b);
    return unless sub_named($attr, 'value') && defined $a->{value}
                  && defined $b->{value};

    for my $name ('value', 'type') {
        my $sub = sub_named($attr, $name) or next;
        my ($x, $y) = map { defined $_->{$name}
                            ? 'k' . key_of($sub, $_->{$name}) : '' } $a, $b;
        return unless $x eq $y;
    }

    return 1;
}


sub remove {
    my ($in, $attr, $operation) = @_;

    my $list = $in->{ $attr->{name} };

    # the values that are named, not all

    if ($attr->{multi} && $operation->{has_value}
        && !empty($operation->{value}) && ref $list)
    {
        my @gone = elements($attr, $operation->{value});
        @$list = grep { my $there = $_;
                        !grep { alike($attr, $there, $_) } @gone } @$list;
        return;
    }

    delete $in->{ $attr->{name} };
}


# name.givenName; emails.value is that of all elements

sub apply_to_sub {
    my ($in, $operation) = @_;

    my ($op, $path, $value) = @$operation{qw(op path value)};
    my ($attr, $sub) = @$path{qw(attr sub)};
    my $there = $in->{ $attr->{name} };

    my @objects = ref $there eq 'ARRAY' ? @$there : $there // ();

    if (!@objects && $op ne 'remove') {
        my $new = {};
        $in->{ $attr->{name} } = $attr->{multi} ? [ $new ] : $new;
        @objects = $new;
    }

    put($_, $sub, $op eq 'remove' ? undef : $value) for @objects;
    only_primary($there, @objects) if ref $there eq 'ARRAY';
}


# emails[type eq "work"] and emails[type eq "work"].value

sub apply_to_elements {
    my ($in, $operation) = @_;

    my ($op, $path, $value) = @$operation{qw(op path value)};
    my ($attr, $sub, $filter) = @$path{qw(attr sub filter)};
    my $list = $in->{ $attr->{name} } //= [];

    my @hits = grep { matches_element($filter, $_) } @$list;

    if (!@hits) {
        return if $op eq 'remove';
        refuse(400, 'noTarget', 'nothing matches') if $op eq 'replace';

        my $new = fitting($attr, $filter);
        push @$list, $new;
        @hits = $new;
    }

    if ($op eq 'remove' && !$sub) {
        @$list = grep { my $e = $_; !grep { $_ == $e } @hits } @$list;
        return;
    }

    for my $element (@hits) {
        if ($sub) {
            put($element, $sub, $op eq 'remove' ? undef : $value);

        } else {
            merge($element, $attr, $value);
        }
    }

    only_primary($list, @hits);
}


sub fitting {
    my ($attr, $filter) = @_;

    return { map { $_->[0]{name} => $_->[1] } assignments($filter) };
}


# --- members of groups: ids in, ids out

sub changed_members {
    my ($ids, $operations) = @_;

    my %in = map { $_ => 1 } @$ids;

    for my $sent (@$operations) {
        my $op = lc $sent->{op};
        my $path = $sent->{path} // '';
        my $value = $sent->{value};

        if ($path eq '') {
            $value = member($value, 'members') // next;
        }

        my @named = map { ref $_ ? $_->{value} : $_ }
                    ref $value eq 'ARRAY' ? @$value : $value // ();

        if ($path =~ /\[(.*)\]$/) {
            my $filter = parse_value(
                attr_named(SCIM::Model::GROUP, 'members'), $1);
            delete $in{$_} for grep { matches_element($filter,
                                                      { value => $_ }) }
                               keys %in;

        } elsif ($op eq 'remove') {
            delete @in{ @named ? @named : keys %in };

        } else {
            %in = () if $op eq 'replace';
            $in{$_} = 1 for @named;
        }
    }

    return keys %in;
}


# --- values in canonical form; undef: no value

sub accepted {
    my ($attr, $value) = @_;

    return if !defined $value || ref $value && empty($value);

    my $type = $attr->{type};
    my $bad = sub { refuse(400, 'invalidValue', $attr->{name}) };

    if ($attr->{multi}) {
        my @elements = elements($attr, $value);
        return @elements ? \@elements : undef;
    }

    return if !ref $value && $value eq '' && $type ne 'boolean';

    if ($type eq 'complex') {
        my %object;
        merge(\%object, $attr, $value);
        return %object ? \%object : undef;
    }

    if ($type eq 'boolean') {
        return $value ? JSON::PP::true : JSON::PP::false
            if ref $value eq 'JSON::PP::Boolean';
        return lc $value eq 'true' ? JSON::PP::true : JSON::PP::false
            if !ref $value && !is_number($value)
               && $value =~ /^(true|false)$/i;
        $bad->();
    }

    $bad->() if ref $value;

    if ($type =~ /^(integer|decimal)$/) {
        $bad->() unless is_number($value);
        $bad->() if $type eq 'integer' && $value != int $value;
        return $value;
    }

    $bad->() if is_number($value);
    $bad->() if $type eq 'dateTime' && !defined instant($value);
    $bad->() if $type eq 'binary' && $value !~ m{^[A-Za-z0-9+/_\r\n-]*=*$};

    return $value;
}


# --- the resource as a whole

# $was: what it was before, for what may not change

sub settled {
    my ($type, $doc, $was) = @_;

    my %settled;

    for my $urn ('', $type->{urn}, extensions_of($type)) {
        my ($extension) = grep { $_ eq $urn } extensions_of($type);
        my $from = $extension ? $doc->{$urn} // {} : $doc;
        my $before = $extension ? $was->{$urn} // {} : $was;
        my %to;

        for my $attr (attrs_of($urn)) {
            my $name = $attr->{name};
            next if $attr->{mutability} eq 'readOnly' || $name eq 'schemas';

            my $value = whole($attr, $from->{$name});

            if ($attr->{mutability} eq 'immutable'
                && defined $before->{$name})
            {
                refuse(400, 'mutability', $name)
                    unless defined $value && same($value, $before->{$name});
            }

            $value = $before->{$name}
                if $name eq 'active' && $urn ne '' && !defined $value;

            refuse(400, 'invalidValue', "$name is required")
                if $attr->{required}
                   && (!defined $value || $value !~ /[^\x00-\x20]/);

            $to{$name} = $value
                if defined $value && $attr->{mutability} ne 'writeOnly';
        }

        if ($extension) {
            $settled{$urn} = \%to if %to;

        } else {
            %settled = (%settled, %to);
        }
    }

    $settled{schemas} = [ sort $type->{urn},
                          grep { $settled{$_} } extensions_of($type) ];

    return \%settled;
}


sub whole {
    my ($attr, $value) = @_;

    return if empty($value);

    if ($attr->{type} eq 'complex' && !$attr->{multi}) {
        my %rest = map { $_ => $value->{$_} }
                   grep { !empty($value->{$_}) } keys %$value;
        return %rest ? \%rest : undef;
    }

    return $value unless $attr->{multi};

    # elements with a kind and no more are none; of equal pairs the first
    # stays

    my @list;

    for my $element (@$value) {
        next if ref $element eq 'HASH'
                && !grep { !/^(type|primary|display)$/ } keys %$element;
        next if ref $element eq 'HASH'
                && grep { paired($attr, $_, $element) } @list;
        push @list, $element;
    }

    return @list ? \@list : undef;
}


sub paired {
    my ($attr, $a, $b) = @_;

    return defined $a->{value} && defined $b->{value}
           && alike($attr, $a, $b);
}


1;
