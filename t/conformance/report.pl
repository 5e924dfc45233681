#!/usr/bin/perl

# The end of make conformance: reads what the suites found (one file for each
# suite and tenant, written by run.sh), prints the figures, and compares the
# findings with those that are expected.  Exit status 1: there are others, or
# an expected one did not turn up, or a suite has no result.
#
#   report.pl EXPECTED RESULTS-FOLDER

use strict;
use warnings;

use JSON::PP ();

my ($expected_file, $results) = @ARGV;

binmode STDOUT, ':utf8';

# suite => code that makes figures and findings ([id, text]) of its JSON
my %READ = (
    'scim2-tester'     => \&read_tester,
    'scim-sanity'      => \&read_sanity,
    'scim2-test-suite' => \&read_go,
);

my $wrong = 0;
my $skipped = 0;


sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or return '';
    local $/;
    return scalar(<$in>) // '';
}


# everything that is worse than a deviation from a recommendation

sub read_tester {
    my ($json) = @_;

    my (%n, @found);

    for my $r (@$json) {
        $n{$r->{status}}++;

        push @found, [ join(' ', grep { defined } $r->{status}, $r->{type},
                                                  $r->{title}),
                       join ' ', grep { defined } $r->{reason}, $r->{data} ]
            if $r->{status} =~ /^(ERROR|CRITICAL)$/;
    }

    my $bad = ($n{ERROR} // 0) + ($n{CRITICAL} // 0);

    return (sprintf('%d checks, %d errors', scalar @$json, $bad)
            . join('', map { ", $n{$_} " . lc } grep { $n{$_} }
                   qw(DEVIATION SKIPPED)), @found);
}


sub read_sanity {
    my ($json) = @_;

    my @all = @{ $json->{results} };
    my @found = map { [ "$_->{phase}: $_->{name}", $_->{message} // '' ] }
                grep { $_->{status} =~ /^(fail|error)$/i } @all;
    my $skipped = grep { $_->{status} =~ /^skip/i } @all;
    my $warned = grep { $_->{status} =~ /^warn/i } @all;

    return (sprintf('%d results, %d failures, %d warnings, %d skipped',
                    scalar @all, scalar @found, $warned, $skipped), @found);
}


# a warning is a requirement whose feature is not advertised

sub read_go {
    my ($json) = @_;

    my @failed = @{ $json->{failures} // [] };
    my @warned = @{ $json->{warnings} // [] };
    my $passed = @{ $json->{passed} // [] };
    my $tested = $json->{coverage}{tested};
    my $skipped = $tested - $passed - @failed - @warned;
    my @found = map { [ "$_->{level} $_->{id}",
                        "$_->{summary}: " . ($_->{message} // '') ] }
                @failed, @warned;

    return ("$passed of $json->{coverage}{testable} requirements, "
            . @failed . ' failures, ' . @warned . ' warnings, '
            . "$skipped skipped", @found);
}


# lines "suite tenant pattern"; the reason stands in comments

sub expected {
    my @list;

    for my $line (split /\n/, slurp($expected_file)) {
        next if $line =~ /^\s*(#|$)/;

        my ($suite, $tenant, $pattern) = split ' ', $line, 3;
        push @list, { suite => $suite, tenant => $tenant, line => $line,
                      pattern => qr/$pattern/ };
    }

    return @list;
}


my @expected = expected();

for my $suite (sort keys %READ) {
    my $why = slurp("$results/$suite.skipped");

    if (length $why) {
        chomp $why;
        printf "%-17s skipped: %s\n", $suite, $why;
        $skipped++;
        $_->{seen}++ for grep { $_->{suite} eq $suite } @expected;
        next;
    }

    for my $tenant (qw(tolerant strict)) {
        my $file = "$results/$suite.$tenant";
        my $json = eval { JSON::PP->new->decode(slurp("$file.json")) };
        my ($figures, @found) = eval { $READ{$suite}->($json) };

        if (!defined $figures) {
            print "$suite, $tenant: no result\n", slurp("$file.log");
            $wrong++;
            next;
        }

        printf "%-17s %-9s %s\n", $suite, $tenant, $figures;

        for my $found (@found) {
            my ($id, $text) = @$found;
            my ($known) = grep { $_->{suite} eq $suite
                                 && $_->{tenant} =~ /^(\*|$tenant)$/
                                 && "$id: $text" =~ $_->{pattern} } @expected;

            if ($known) {
                $known->{seen}++;
                next;
            }

            print "    $id: ", substr($text, 0, 600), "\n";
            $wrong++;
        }
    }
}

for my $entry (grep { !$_->{seen} } @expected) {
    print "not found, take it out of expected.txt: $entry->{line}\n";
    $wrong++;
}

if ($wrong) {
    print "conformance: $wrong findings\n";
    exit 1;
}

print 'conformance: nothing that is not expected',
      $skipped ? "; suites skipped: $skipped\n" : "\n";
