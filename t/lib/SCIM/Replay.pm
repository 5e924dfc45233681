package SCIM::Replay;

# Plays a recorded session: a list of steps, each a request as the identity
# provider sends it and what it needs to see in the answer.
#
#   { name    => 'create',
#     send    => 'POST /Users',
#     headers => [ Accept => 'application/scim+json' ],
#     type    => 'application/json; charset=utf-8',
#     body    => { userName => 'anna', ... },     # text: sent as it is
#     status  => 201,                             # or a list of them
#     json    => { userName => 'anna', 'emails.0.value' => qr/@/ },
#     keep    => { id => 'id' },
#     check   => sub { my ($res, $kept) = @_; ... } }
#
# "json" and "keep" name places in the decoded answer.  What was kept stands in
# for {name} in later steps, in the request line and in all strings of the
# body; a body that is a code reference is called with what was kept.

use strict;
use warnings;

use Exporter 'import';
use Test::More ();

our @EXPORT_OK = qw(replay);


sub replay {
    my ($client, %session) = @_;

    my %kept;

    for my $step (@{ $session{steps} }) {
        my $name = $step->{name};
        my ($method, $path) = split ' ', fill($step->{send}, \%kept), 2;
        my @more;

        if (defined $step->{body}) {
            my $body = ref $step->{body} eq 'CODE'
                       ? $step->{body}->(\%kept)
                       : fill($step->{body}, \%kept);

            push @more, body => $body,
                        type => $step->{type} // $session{type};
        }

        my $res = $client->request($method, $path, as => $session{as}, @more,
            headers => [ @{ $session{headers} // [] },
                         @{ $step->{headers} // [] } ]);

        check($step, $res, \%kept);

        while (my ($key, $place) = each %{ $step->{keep} // {} }) {
            $kept{$key} = $place eq '' ? $res->json : at($res->json, $place);
        }

        # the rest makes no sense without

        last if grep { !defined $kept{$_} } keys %{ $step->{keep} // {} };
    }

    return \%kept;
}


sub check {
    my ($step, $res, $kept) = @_;

    my $name = $step->{name};
    my $status = $step->{status} // 200;
    my @allowed = ref $status ? @$status : $status;

    Test::More::ok(scalar(grep { $_ == $res->{status} } @allowed),
                   "$name: @allowed")
        or Test::More::diag($res->describe);

    if ($res->{status} != 204 && length $res->{body}) {
        Test::More::is($res->header('Content-Type'), 'application/scim+json',
                       "$name: content type");
    }

    for my $place (sort keys %{ $step->{json} // {} }) {
        my $want = fill($step->{json}{$place}, $kept);
        my $got = at($res->json, $place);

        if (ref $want eq 'Regexp') {
            Test::More::like($got, $want, "$name: $place");

        } else {
            Test::More::is_deeply($got, $want, "$name: $place");
        }
    }

    $step->{check}->($res, $kept) if $step->{check};
}


# a place in a decoded document: names and indexes with dots between; "#" is
# the length of a list.  A name with dots in it (a URN) stands in <>

sub at {
    my ($at, $place) = @_;

    for my $key ($place =~ /<([^>]*)>|([^.<>]+)/g) {
        next unless defined $key;

        $at = $key eq '#' ? (ref $at eq 'ARRAY' ? scalar @$at : undef)
              : ref $at eq 'ARRAY' ? $at->[$key]
              : ref $at eq 'HASH' ? $at->{$key} : undef;
    }

    return $at;
}


sub fill {
    my ($value, $kept) = @_;

    return [ map { fill($_, $kept) } @$value ] if ref $value eq 'ARRAY';

    return { map { $_ => fill($value->{$_}, $kept) } keys %$value }
        if ref $value eq 'HASH';

    return $value if ref $value || !defined $value;

    $value =~ s/\{(\w+)\}/exists $kept->{$1} ? $kept->{$1} : "{$1}"/ge;
    return $value;
}


1;
