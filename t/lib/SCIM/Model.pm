package SCIM::Model;

# Reference model, what it knows of schemas: the types User and Group as RFC
# 7643 has them, and a type of the tests' own that has what these lack.
# SCIM::Model::Filter and SCIM::Model::Patch say what filters and PATCH mean.
# Slow and obvious is the aim: it is what the module is compared with.
#
# Documents are what JSON::PP decodes.  An error is thrown as an object with
# the answer's status and scimType.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use Unicode::Normalize qw(NFC NFD);

use feature 'fc';

our @EXPORT_OK = qw(USER GROUP ENTERPRISE WIDGET PLANT attrs_of attr_named
                    sub_named resolve member fold instant same refuse
                    schema_json type_json is_number key_of empty @TYPES
                    extensions_of text_of);

use constant {
    USER       => 'urn:ietf:params:scim:schemas:core:2.0:User',
    GROUP      => 'urn:ietf:params:scim:schemas:core:2.0:Group',
    ENTERPRISE =>
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
    WIDGET     => 'urn:example:params:scim:schemas:2.0:Widget',
    PLANT      => 'urn:example:params:scim:schemas:extension:plant.io:2.0:'
                  . 'Widget',
};

our @TYPES = (
    { name => 'User', endpoint => '/Users', urn => USER,
      extensions => [ ENTERPRISE ] },
    { name => 'Group', endpoint => '/Groups', urn => GROUP,
      extensions => [] },
    { name => 'Widget', endpoint => '/Widgets', urn => WIDGET,
      extensions => [ PLANT ] },
);

# name, type ("*": multi-valued), characteristics that are not the default;
# sub-attributes begin with a dot

my $value = <<'END';
.value              string
.display            string
.type               string
.primary            boolean
END

my $link = <<'END';
.value              reference
.display            string
.type               string
.primary            boolean
END

my $binary = <<'END';
.value              binary
.display            string
.type               string
.primary            boolean
END

my %TABLE = (
    '' => <<'END',
schemas             reference*  required caseInexact
id                  string      readOnly caseExact required
externalId          string      caseExact
meta                complex     readOnly
.resourceType       string      readOnly caseExact
.created            dateTime    readOnly
.lastModified       dateTime    readOnly
.location           reference   readOnly
.version            string      readOnly caseExact
END

    USER() => <<"END",
userName            string      required
name                complex
.formatted          string
.familyName         string
.givenName          string
.middleName         string
.honorificPrefix    string
.honorificSuffix    string
displayName         string
nickName            string
profileUrl          reference
title               string
userType            string
preferredLanguage   string
locale              string
timezone            string
active              boolean
password            string      writeOnly
emails              complex*
${value}phoneNumbers  complex*
${value}ims         complex*
${value}photos      complex*
${link}addresses    complex*
.formatted          string
.streetAddress      string
.locality           string
.region             string
.postalCode         string
.country            string
.type               string
.primary            boolean
groups              complex*    readOnly
.value              string      readOnly
.\$ref              reference   readOnly
.display            string      readOnly
.type               string      readOnly
entitlements        complex*
${value}roles       complex*
${value}x509Certificates  complex*
${binary}
END

    ENTERPRISE() => <<'END',
employeeNumber      string
costCenter          string
organization        string
division            string
department          string
manager             complex
.value              string
.$ref               reference
.displayName        string      readOnly
END

    GROUP() => <<'END',
displayName         string      required
members             complex*
.value              string      immutable
.$ref               reference   immutable
.type               string      immutable
.display            string      readOnly
END

    WIDGET() => <<'END',
label               string      required
code                string      caseExact
count               integer
weight              decimal
made                dateTime
online              boolean
link                reference
blob                binary
serial              string      immutable
stamp               string      readOnly
pin                 string      writeOnly
tags                string*
codes               string*     caseExact
scores              integer*
ratios              decimal*
days                dateTime*
maker               complex
.value              string
.name               string      caseExact
.rank               integer
.since              dateTime
.trusted            boolean
parts               complex*
.value              string      caseExact
.display            string
.type               string
.primary            boolean
.size               integer
.weight             decimal
.since              dateTime
.fitted             boolean
places              complex*
.row                integer
.shelf              string
.checked            dateTime
END

    PLANT() => <<'END',
site                string
area                decimal
slot                complex
.row                integer
.column             string
notes               string*
lines               complex*
.value              string
.type               string
.speed              decimal
.primary            boolean
END
);

my $JSON = JSON::PP->new->canonical->allow_nonref;

my %ATTRS = map { $_ => read_table($TABLE{$_}, $_) } keys %TABLE;


sub read_table {
    my ($table, $schema) = @_;

    my @attrs;

    for my $line (split /\n/, $table) {
        my ($dot, $name, $type, $many, @flags) =
            $line =~ /^(\.?)(\S+)\s+([a-zA-Z]+)(\*?)\s*(.*)$/ or next;
        my %is = map { $_ => 1 } split ' ', $flags[0];

        my ($mutability) = grep { $is{$_} }
                           qw(readOnly immutable writeOnly);
        my $attr = {
            name       => $name,
            type       => $type,
            multi      => $many ? 1 : 0,
            schema     => $schema,
            required   => $is{required} ? 1 : 0,
            mutability => $mutability // 'readWrite',
            exact      => $is{caseExact} || ($type =~ /^(reference|binary)$/
                                             && !$is{caseInexact}) ? 1 : 0,
            subs       => [],
        };

        push @{ $dot ? $attrs[-1]{subs} : \@attrs }, $attr;
    }

    return \@attrs;
}


# attributes of a schema; '' has those that all resources share

sub attrs_of { return @{ $ATTRS{$_[0]} } }


# names compare without case

sub named {
    my ($name, @attrs) = @_;

    my ($attr) = grep { lc $_->{name} eq lc $name } @attrs;
    return $attr;
}

sub attr_named { my ($urn, $name) = @_; return named($name, attrs_of($urn)) }

sub sub_named {
    my ($attr, $name) = @_;
    return named($name, @{ $attr->{subs} });
}

sub extensions_of { return @{ $_[0]{extensions} } }


# "urn:...:User:name.givenName" and the like; nothing when the type does not
# know it.  A path to a whole schema has no attr.

sub resolve {
    my ($type, $text) = @_;

    my ($urn) = sort { length $b <=> length $a }
                grep { lc(substr "$text:", 0, 1 + length) eq lc "$_:" }
                $type->{urn}, extensions_of($type);

    if (defined $urn) {
        return { urn => $urn } if length $text == length $urn;
        $text = substr $text, 1 + length $urn;
    }

    my ($name, $sub) = $text =~ /^([a-z\$][\w-]*)(?:\.([a-z\$][\w-]*))?$/ai
        or return;

    my @schemas = !defined $urn ? ('', $type->{urn}, extensions_of($type))
                  : $urn eq $type->{urn} ? ('', $urn) : $urn;

    my ($attr) = grep { defined } map { attr_named($_, $name) } @schemas
        or return;

    my $path = { attr => $attr };
    ($path->{extension}) = grep { $_ eq $attr->{schema} }
                           extensions_of($type);

    if (defined $sub) {
        $path->{sub} = sub_named($attr, $sub) or return;
    }

    return $path;
}


# a member of an object whose name is known in canonical case

sub member {
    my ($doc, $name) = @_;

    return unless ref $doc eq 'HASH';
    my ($key) = grep { lc $_ eq lc $name } sort keys %$doc;

    return defined $key ? $doc->{$key} : undef;
}


# --- values

sub fold { return NFC(fc NFD($_[0])) }


# microseconds since 1970, from xsd:dateTime; without a zone it is UTC

sub instant {
    my ($text) = @_;

    my ($y, $mon, $d, $h, $min, $s, $fraction, $zone) =
        $text =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?
                  (Z|[+-]\d\d:\d\d)?$/x
        or return;

    # days since 1970 by the calendar of Gregory

    my $years = $y - ($mon <= 2 ? 1 : 0);
    my $months = ($mon + 9) % 12;
    my $days = 365 * $years + int($years / 4) - int($years / 100)
               + int($years / 400) + int((153 * $months + 2) / 5) + $d - 1
               - 719468;

    my $seconds = (($days * 24 + $h) * 60 + $min) * 60 + $s;

    if (defined $zone && $zone =~ /^([+-])(\d\d):(\d\d)$/) {
        $seconds -= ($1 eq '-' ? -1 : 1) * ($2 * 3600 + $3 * 60);
    }

    return $seconds * 1_000_000
           + substr(($fraction // '') . '000000', 0, 6);
}


# whether JSON::PP would write it as a number

sub is_number {
    my ($value) = @_;

    return !ref $value && defined $value
           && $JSON->encode($value) =~ /^[-\d]/;
}


# what a value of an attribute compares by

sub key_of {
    my ($attr, $value) = @_;

    return $value ? 1 : 0 if $attr->{type} eq 'boolean';
    return 0 + $value if $attr->{type} =~ /^(integer|decimal)$/;
    return instant($value) if $attr->{type} eq 'dateTime';
    return $attr->{exact} ? $value : fold($value);
}


# the same text for the same value, members in any order

sub text_of { return $JSON->encode($_[0]) }

sub same { return text_of($_[0]) eq text_of($_[1]) }


sub empty {
    my ($value) = @_;

    return 1 unless defined $value;
    return !@$value if ref $value eq 'ARRAY';
    return !%$value if ref $value eq 'HASH';
    return !ref $value && $value eq '';
}


sub refuse {
    my ($status, $type, $why) = @_;
    die { status => $status, scimType => $type, why => $why // '' };
}


# --- RFC 7643 section 7, for the module's configuration

sub attribute_json {
    my ($attr) = @_;

    return {
        name        => $attr->{name},
        type        => $attr->{type},
        description => "Attribute $attr->{name}",
        multiValued => json_boolean($attr->{multi}),
        required    => json_boolean($attr->{required}),
        caseExact   => json_boolean($attr->{exact}),
        mutability  => $attr->{mutability},
        returned    => $attr->{mutability} eq 'writeOnly' ? 'never'
                       : 'default',
        uniqueness  => 'none',
        @{ $attr->{subs} }
            ? (subAttributes => [ map { attribute_json($_) }
                                  @{ $attr->{subs} } ])
            : (),
    };
}

sub json_boolean { return $_[0] ? JSON::PP::true : JSON::PP::false }


sub schema_json {
    my ($urn) = @_;

    return JSON::PP->new->utf8->canonical->pretty->encode({
        schemas     => [ 'urn:ietf:params:scim:schemas:core:2.0:Schema' ],
        id          => $urn,
        name        => $urn eq PLANT ? 'WidgetPlant' : 'Widget',
        description => 'Of the tests',
        attributes  => [ map { attribute_json($_) } attrs_of($urn) ],
    });
}


sub type_json {
    my ($type) = @_;

    return JSON::PP->new->utf8->canonical->pretty->encode({
        schemas  => [ 'urn:ietf:params:scim:schemas:core:2.0:ResourceType' ],
        id       => $type->{name},
        name     => $type->{name},
        endpoint => $type->{endpoint},
        schema   => $type->{urn},
        description => 'Of the tests',
        schemaExtensions => [ map { { schema => $_,
                                      required => JSON::PP::false } }
                              extensions_of($type) ],
    });
}


1;
