package SCIM::Ops;

# More words for "--- scim": PATCH messages, Bulk, searches, and what is to
# be seen in both profiles.  Used by the suites that follow the RFCs and by the
# replays; these give tenant globex "profile strict;".

use strict;
use warnings;

use Test::More ();

use SCIM;

use constant BULK_RES => 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';

our @WORDS = qw(BULK_RES both ops modify modified bulk find found members_are
                same);


# runs the code as each tenant: acme is tolerant, globex strict

sub both {
    my ($code) = @_;

    for my $as (qw(acme globex)) {
        Test::More::subtest($as eq 'acme' ? 'tolerant' : 'strict', sub {
            local $SCIM::CLIENT->{as} = $as;
            $code->($as);
        });
    }
}


# a PATCH message of the operations given: hashes, or [op, path, value]

sub ops {
    return { schemas => [ SCIM::PATCHOP ],
             Operations => [ map { ref $_ eq 'ARRAY' ? op(@$_) : $_ } @_ ] };
}


sub op {
    my ($op, @more) = @_;
    my %op = (op => $op);

    $op{path} = $more[0] if defined $more[0];
    $op{value} = $more[1] if @more > 1;

    return \%op;
}


sub modify {
    my ($path, @ops) = @_;
    return SCIM::PATCH($path, ops(@ops));
}


# the same, must be 200 with the resource; returns it decoded

sub modified {
    my ($path, @ops) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $res = modify($path, @ops);
    SCIM::status_is($res, 200, "PATCH $path") or return {};

    return $res->json // {};
}


sub bulk {
    my ($operations, %more) = @_;
    return SCIM::POST('/Bulk', { schemas => [ SCIM::BULK ], %more,
                                 Operations => $operations });
}


# a GET with parameters, which it escapes

sub find {
    my ($path, %args) = @_;

    return SCIM::GET("$path?" . join '&',
                     map { "$_=" . SCIM::uri_escape($args{$_}) }
                     sort keys %args);
}


# names of what a filter finds, in their order

sub found {
    my ($path, $filter, %args) = @_;

    my $res = find($path, filter => $filter, %args);

    if ($res->{status} != 200) {
        Test::More::diag("$filter: " . $res->describe);
        return "status $res->{status}";
    }

    return join ' ', sort map { $_->{userName} // $_->{displayName} }
                          @{ $res->json->{Resources} // [] };
}


# the members of a group, read anew

sub members_are {
    my ($path, $want, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $res = SCIM::GET($path);
    my @members = $res->json ? @{ $res->json->{members} // [] } : ();
    my $ok = Test::More::is(join(' ', sort map { $_->{value} } @members),
                            join(' ', sort @$want), $name // 'members');

    Test::More::diag($res->describe) unless $ok;
    return $ok;
}


# a resource without what the server decides

sub same {
    my ($resource, $want, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my %got = %{ $resource // {} };
    delete @got{qw(id meta)};

    return Test::More::is_deeply(\%got, $want, $name // 'the resource');
}


{
    no strict 'refs';
    *{"SCIM::Steps::$_"} = \&{"SCIM::Ops::$_"} for @WORDS;
}


1;
