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

our @EXPORT_OK = qw(patched stored told created changed_members);


sub copy {
    my ($value) = @_;

    return [ map { copy($_) } @$value ] if ref $value eq 'ARRAY';
    return { map { $_ => copy($value->{$_}) } keys %$value }
        if ref $value eq 'HASH';
    return $value;
}


sub stored {
    my ($type, $doc) = @_;

    my %stored = %{ copy($doc) };
    delete @stored{qw(id meta groups)};
    $stored{schemas} = [ sort @{ $stored{schemas} // [] } ];

    return \%stored;
}


# what is told of it: all but what is writeOnly

sub told {
    my ($type, $stored) = @_;

    my %told = %$stored;
    delete @told{ map { $_->{name} } grep { $_->{mutability} eq 'writeOnly' }
                  attrs_of($type->{urn}) };

    return \%told;
}


sub patched {
    my ($type, $doc, $operations) = @_;

    my $new = copy($doc);
    my @operations = map { understood($type, $_) } @{ copy($operations) };

    apply($type, $new, $_) for @operations;

    return settled($type, $new);
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

    return settled($type, $doc);
}


# --- from what was sent to operations with one target each

sub understood {
    my ($type, $sent) = @_;

    my $op = lc(member($sent, 'op') // '');
    refuse(400, 'invalidSyntax', 'op') unless $op =~ /^(add|replace|remove)$/;

    my $has_value = grep { lc $_ eq 'value' } keys %$sent;
    refuse(400, 'invalidValue', 'no value')
        unless $has_value || $op eq 'remove';

    my $value = member($sent, 'value');
    my $text = member($sent, 'path') // '';

    if ($text eq '') {
        $value = only(decoded($value));

        refuse(400, $op eq 'remove' ? 'noTarget' : 'invalidValue', 'value')
            unless ref $value eq 'HASH';
        return of_object($type, undef, $op, $value);
    }

    my $path = path_of($type, $text);

    # a schema that nobody knows is passed over

    return if !$path && foreign($type, $text);
    refuse(400, 'invalidPath', $text) unless $path;

    refuse(400, 'mutability', $text)
        if $path->{attr} && read_only($path);

    return targets($type, $path, $op, $value);
}


sub foreign {
    my ($type, $text) = @_;

    $text =~ s/\[.*//s;

    return $text =~ /:/
           && !grep { lc(substr "$text:", 0, 1 + length) eq lc "$_:" }
              $type->{urn}, extensions_of($type);
}


sub read_only {
    my ($path) = @_;

    return grep { $_ && $_->{mutability} eq 'readOnly' } @$path{qw(attr sub)};
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


# members of a value, each a path of its own; what is readOnly or unknown is
# passed over

sub of_object {
    my ($type, $urn, $op, $object) = @_;

    my @operations;

    for my $key (sort keys %$object) {
        next if lc $key eq 'schemas';

        my $path = path_of($type, defined $urn ? "$urn:$key" : $key) or next;
        next if $path->{attr} && read_only($path);

        push @operations, targets($type, $path, $op, $object->{$key});
    }

    return @operations;
}


sub targets {
    my ($type, $path, $op, $value) = @_;

    my $attr = $path->{attr};

    if ($attr && $attr->{name} eq 'schemas') {
        refuse(400, 'mutability', 'schemas') if $op eq 'remove';
        refuse(400, 'invalidValue', 'schemas')
            if none($value) || ref $value !~ /^(ARRAY)?$/
               || is_number($value);
        return;
    }

    return { op => $op, path => $path, value => $value } if $attr;

    # a schema as a whole

    $value = only(decoded($value));

    return of_object($type, $path->{urn}, $op, $value)
        if ref $value eq 'HASH' && ($op ne 'remove' || %$value);

    refuse(400, 'invalidValue', $path->{urn})
        unless $op eq 'remove' || none($value);
    refuse(400, 'mutability', $path->{urn}) if $path->{urn} eq $type->{urn};

    return { op => 'remove', path => $path };
}


# what stands for no value; an empty object does not

sub none {
    my ($value) = @_;

    return !defined $value || ref $value eq 'ARRAY' && !@$value
           || !ref $value && $value eq '';
}


# an array of one element where one value is wanted

sub only {
    my ($value) = @_;
    return ref $value eq 'ARRAY' && @$value == 1 ? $value->[0] : $value;
}


# JSON in a string

sub decoded {
    my ($value) = @_;

    return $value unless defined $value && !ref $value
                         && $value =~ /^\s*[\[{]/;
    return eval { JSON::PP->new->decode($value) } // $value;
}


# {"emails": [..]} for the path "emails"

sub unwrapped {
    my ($path, $value) = @_;

    my $attr = $path->{attr};

    return $value if ref $value ne 'HASH' || keys %$value != 1
                     || $path->{sub} || $attr->{type} ne 'complex';

    my ($key) = keys %$value;

    return $value if sub_named($attr, $key) || lc $key ne lc $attr->{name};
    return decoded($value->{$key});
}


# --- operations

sub apply {
    my ($type, $doc, $operation) = @_;

    my ($op, $path, $value) = @$operation{qw(op path value)};

    unless ($path->{attr}) {
        delete $doc->{ $path->{urn} };
        return;
    }

    my ($attr, $sub) = @$path{qw(attr sub)};
    my $target = $sub // $attr;
    my $list = $target->{multi} && (!$path->{filter} || $sub);

    $value = decoded($value) if $list || $target->{type} eq 'complex';
    $value = unwrapped($path, $value);
    $value = only($value) unless $list;

    # the object that holds the attribute

    my $in = $path->{extension} ? $doc->{ $path->{extension} } //= {} : $doc;

    return to_elements($in, $op, $path, $value)
        if $attr->{multi} && ($path->{filter} || $sub);
    return to_list($in, $op, $attr, $value) if $attr->{multi};

    if ($sub) {
        put_sub($in->{ $attr->{name} } //= {}, $attr, $sub, $op, $value);

    } elsif ($op eq 'remove') {
        drop($in, $attr);

    } elsif ($attr->{type} eq 'complex') {
        $value = object_for($attr, $value);

        if ($value) {
            merge($in->{ $attr->{name} } //= {}, $attr, $value);

        } else {
            put($in, $attr, undef);
        }

    } else {
        put($in, $attr, $value);
    }
}


# a single value, or nothing

sub put {
    my ($in, $attr, $value) = @_;

    my $name = $attr->{name};
    my $accepted = accepted($attr, $value);

    refuse(400, 'mutability', "$name is immutable")
        if $attr->{mutability} eq 'immutable' && defined $in->{$name}
           && !(defined $accepted && same($accepted, $in->{$name}));
    refuse(400, 'invalidValue', "$name is required")
        if $attr->{required} && blank($accepted);

    $in->{$name} = $accepted;
    delete $in->{$name} unless defined $accepted;
}

sub blank { return !defined $_[0] || $_[0] !~ /[^\x00-\x20]/ }


sub drop {
    my ($in, $attr) = @_;

    refuse(400, 'mutability', $attr->{name})
        if $attr->{required}
           || $attr->{mutability} eq 'immutable'
              && defined $in->{ $attr->{name} };

    delete $in->{ $attr->{name} };
}


# what refers to an old value goes with it

sub put_sub {
    my ($object, $attr, $sub, $op, $value) = @_;

    my $was = $object->{value};

    if ($op eq 'remove') {
        drop($object, $sub);

    } else {
        put($object, $sub, $value);
    }

    forget($object, $was) unless $sub->{name} eq '$ref';
}

sub forget {
    my ($object, $was) = @_;

    delete $object->{'$ref'}
        if defined $was
           && !(defined $object->{value} && same($object->{value}, $was));
}


# sub-attributes of a value, undef: it says that there is none

sub object_for {
    my ($attr, $value) = @_;

    return if none($value);

    $value = { value => $value }
        if !ref $value && !is_number($value) && sub_named($attr, 'value');
    refuse(400, 'invalidValue', $attr->{name}) unless ref $value eq 'HASH';

    return if grep({ lc $_ eq 'value' } keys %$value)
              && !grep { !none($_) } values %$value;

    return $value;
}


# the sub-attributes that are named; the others stay

sub merge {
    my ($object, $attr, $value) = @_;

    my $was = $object->{value};

    for my $key (sort keys %$value) {
        my $sub = sub_named($attr, $key) or next;
        put($object, $sub, $value->{$key})
            unless $sub->{mutability} eq 'readOnly';
    }

    forget($object, $was) unless defined member($value, '$ref');
}


# a list as a whole

sub to_list {
    my ($in, $op, $attr, $value) = @_;

    my $name = $attr->{name};
    my $list = $in->{$name} //= [];

    if ($op eq 'remove') {
        # an empty list names none

        return drop($in, $attr) if none($value) && ref $value ne 'ARRAY';

        my @gone = ref $value eq 'ARRAY' ? @$value : $value;
        @$list = grep { my $there = $_;
                        !grep { names($attr, $_, $there) } @gone } @$list;
        return;
    }

    # nothing to add

    return if $op eq 'add' && none($value);

    my @new = none($value) ? () : elements($attr, $value);

    return $in->{$name} = \@new if $op eq 'replace';

    append($list, $attr, $_) for @new;

    # the first of those that are primary now

    my ($primary) = grep { ref $_ eq 'HASH' && $_->{primary} } @new
        or return;

    only_primary($list, grep { alike($attr, $_, $primary) } @$list);
}


sub elements {
    my ($attr, $value) = @_;

    return @{ distinct($attr, grep { defined }
                              map { accepted({ %$attr, multi => 0 }, $_) }
                              ref $value eq 'ARRAY' ? @$value : $value) };
}


# merged into the one with the same value and type

sub append {
    my ($list, $attr, $element) = @_;

    my ($there) = grep { alike($attr, $_, $element) } @$list;

    if (!defined $there) {
        push @$list, copy($element);

    } elsif (ref $there eq 'HASH') {
        my %rest = %$element;
        delete @rest{qw(value type)};
        merge($there, $attr, \%rest);
    }
}


sub only_primary {
    my ($list, $primary) = @_;

    for my $other (@$list) {
        $other->{primary} = JSON::PP::false
            if $other != $primary && $other->{primary};
    }
}


# the same value and type; without a value, the same in all but "primary"

sub alike {
    my ($attr, $a, $b) = @_;

    return text_key($attr, $a) eq text_key($attr, $b)
        unless ref $a eq 'HASH';

    if (sub_named($attr, 'value') && (defined $a->{value}
                                      || defined $b->{value}))
    {
        return paired($attr, $a, $b);
    }

    my ($x, $y) = map { my %rest = %$_; delete $rest{primary}; \%rest }
                  $a, $b;

    return same($x, $y);
}


sub paired {
    my ($attr, $a, $b) = @_;

    return unless defined $a->{value} && defined $b->{value};

    for my $name ('value', 'type') {
        my $sub = sub_named($attr, $name) or next;
        my ($x, $y) = map { defined $_->{$name}
                            ? 'k' . text_key($sub, $_->{$name}) : '' } $a, $b;
        return unless $x eq $y;
    }

    return 1;
}


# two dates of one instant are two values

sub text_key {
    my ($attr, $value) = @_;

    return $attr->{type} eq 'dateTime' ? fold($value) : key_of($attr, $value);
}


# whether a value of "remove" means the element; one without a type means
# all with its value

sub names {
    my ($attr, $given, $there) = @_;

    if ($attr->{type} ne 'complex') {
        return !ref $given && defined $given
               && text_of($given) =~ /^"/ == text_of($there) =~ /^"/
               && text_key($attr, $given) eq text_key($attr, $there);
    }

    $given = { value => $given } unless ref $given;
    return unless ref $given eq 'HASH';

    my %given = map { $_->{name} => member($given, $_->{name}) }
                @{ $attr->{subs} };
    delete @given{ grep { none($given{$_}) } keys %given };

    if (defined $given{value}) {
        return if ref $given{value};
        $given{type} = $there->{type} // '' unless defined $given{type};
        return paired($attr, { %given }, { type => '', %$there });
    }

    return !defined $there->{value} && alike($attr, \%given, $there);
}


# emails[type eq "work"], emails[type eq "work"].value; emails.value is that
# of all elements

sub to_elements {
    my ($in, $op, $path, $value) = @_;

    my ($attr, $sub, $filter) = @$path{qw(attr sub filter)};
    my $list = $in->{ $attr->{name} } //= [];

    my @hits = grep { !$filter || matches_element($filter, $list->[$_]) }
               0 .. $#$list;

    if (!@hits) {
        return if $op eq 'remove';
        return to_new_element($list, $path, $value)
            if $op eq 'add' || !$filter;
        refuse(400, 'noTarget', 'nothing matches');
    }

    my %gone;

    for my $i (@hits) {
        if ($sub) {
            put_sub($list->[$i], $attr, $sub, $op, $value);

        } elsif ($op eq 'remove') {
            $gone{$i} = 1;

        } elsif ($attr->{type} eq 'complex') {
            my $object = object_for($attr, $value);

            if ($object) {
                merge($list->[$i], $attr, $object);

            } else {
                $gone{$i} = 1;
            }

        } else {
            $list->[$i] = accepted({ %$attr, multi => 0 }, $value);
            $gone{$i} = 1 unless defined $list->[$i];
        }
    }

    my ($primary) = grep { ref $_ eq 'HASH' && $_->{primary} }
                    map { $list->[$_] } @hits;
    only_primary($list, $primary) if $primary;

    @$list = map { $list->[$_] } grep { !$gone{$_} } 0 .. $#$list;
}


# what the filter asks for, and the value; all in all it must match

sub to_new_element {
    my ($list, $path, $value) = @_;

    my ($attr, $sub, $filter) = @$path{qw(attr sub filter)};

    if ($attr->{type} ne 'complex') {
        my @new = elements($attr, $value);

        return unless @new;
        refuse(400, 'noTarget', 'would not match')
            unless matches_element($filter, $new[0]);

        append($list, $attr, $_) for @new;
        return;
    }

    $value = object_for($attr, $value) unless $sub;
    return if none($value);

    my %element;

    if ($filter) {
        for my $pair (assignments($filter)) {
            my ($of, $literal) = @$pair;
            put_sub(\%element, $attr, $of, 'add', $literal)
                unless $of->{mutability} eq 'readOnly';
        }
    }

    my $fits = !$filter || matches_element($filter, \%element);

    if ($sub) {
        put_sub(\%element, $attr, $sub, 'add', $value);

    } else {
        merge(\%element, $attr, $value);
    }

    refuse(400, 'noTarget', 'would not match')
        unless $fits || matches_element($filter, \%element);

    append($list, $attr, \%element);

    return unless $element{primary};
    only_primary($list, grep { alike($attr, $_, \%element) } @$list);
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

    return if !defined $value || ref $value eq 'ARRAY' && !@$value;

    my $type = $attr->{type};
    my $bad = sub { refuse(400, 'invalidValue', $attr->{name}) };

    if ($attr->{multi}) {
        my @elements = elements($attr, $value);
        return @elements ? \@elements : undef;
    }

    return if !ref $value && $value eq '' && $type ne 'boolean';

    if ($type eq 'complex') {
        $value = { value => $value }
            if !ref $value && !is_number($value) && sub_named($attr, 'value');
        $bad->() unless ref $value eq 'HASH';

        my %object;

        for my $key (sort keys %$value) {
            my $sub = sub_named($attr, $key) or next;
            my $inner = accepted($sub, $value->{$key});

            $object{ $sub->{name} } = $inner
                if defined $inner && $sub->{mutability} ne 'readOnly';
        }

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

sub settled {
    my ($type, $doc) = @_;

    my %settled;

    for my $urn ('', $type->{urn}, extensions_of($type)) {
        my ($extension) = grep { $_ eq $urn } extensions_of($type);
        my $from = $extension ? $doc->{$urn} // {} : $doc;
        my %to;

        for my $attr (attrs_of($urn)) {
            my $name = $attr->{name};
            next if $attr->{mutability} eq 'readOnly' || $name eq 'schemas';

            my $value = whole($attr, $from->{$name});

            refuse(400, 'invalidValue', "$name is required")
                if $attr->{required} && blank($value);

            # no password is kept

            $to{$name} = $value if defined $value && $name ne 'password';
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

    my $list = distinct($attr, @$value);

    return @$list ? $list : undef;
}


# elements that say no more than what kind they are are none; of equal pairs
# the first stays, and is primary when the other was; so does one primary

sub distinct {
    my ($attr, @elements) = @_;

    my (@list, $heir);

    for my $element (@elements) {
        if (ref $element ne 'HASH') {
            push @list, $element;
            next;
        }

        next unless %$element;

        next if grep({ $_->{name} =~ /^(value|primary)$/ } @{ $attr->{subs} })
                && !grep { !/^(type|primary)$/ } keys %$element;

        my ($first) = grep { paired($attr, $_, $element) } @list;

        push @list, $element unless $first;
        $heir //= $first if $first && $element->{primary};
    }

    my ($primary) = grep { ref $_ eq 'HASH' && $_->{primary} } @list;

    $heir->{primary} = JSON::PP::true if $heir && !$primary;
    only_primary(\@list, $primary) if $primary;

    return \@list;
}


1;
