#!/usr/bin/perl

# Runs the SQL tests of this folder.  Each *.sql gets a database of its own, to
# which sql/ has been applied twice, the helpers of tap.psql and the module's
# statements (statements.psql and searches.psql, made by the scripts of nearly
# these names), and prints its own "ok" and "not ok" lines.  PGHOST and the like
# lead a superuser to a server; the database PGDATABASE is only used to create
# the others.

use strict;
use warnings;

use File::Basename qw(dirname basename);
use File::Temp qw(tempdir);

my $folder = dirname(__FILE__);
my $scratch = tempdir(CLEANUP => 1);
my $database = "scim_sql_$$";
my $n = 0;

sub psql {
    my ($db, @args) = @_;

    my $pid = open my $out, '-|';
    die "fork: $!\n" unless defined $pid;

    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1',
             '-v', "statements=$scratch/statements.psql",
             '-v', "searches=$scratch/searches.psql",
             '-v', "folder=$folder", '-d', $db, @args
            or die "psql: $!\n";
    }

    my @lines = <$out>;
    close $out;

    return ($? == 0, @lines);
}

sub result {
    my ($good, $what, @lines) = @_;

    $n++;
    print $good ? '' : 'not ', "ok $n - $what\n";

    if (!$good) {
        print map { "# $_" } @lines;
    }

    return $good;
}

sub drop {
    system('dropdb', '--if-exists', '--force', $database);
}

open my $out, '>', "$scratch/statements.psql" or die "$scratch: $!\n";
print $out qx{$^X '$folder/statements.pl'};
close $out;

result($? == 0 && -s "$scratch/statements.psql", 'statements of the store');

open $out, '>', "$scratch/searches.psql" or die "$scratch: $!\n";
print $out qx{$^X '$folder/searches.pl' '$folder/searches'};
close $out;

result($? == 0 && -s "$scratch/searches.psql", 'statements of searches');

$ENV{PGOPTIONS} = '-c client_min_messages=warning';

my @tests = @ARGV ? @ARGV : sort glob "'$folder'/*.sql";

for my $test (@tests) {
    my $name = basename($test, '.sql');

    drop();
    system('createdb', $database) == 0 or die "createdb failed\n";

    for my $round (1, 2) {
        for my $file (sort glob "'$folder'/../../sql/*.sql") {
            my ($good, @lines) = psql($database, '-f', $file);

            if (!$good || $name =~ /migrations/) {
                result($good, "$name: " . basename($file) . ", round $round",
                       @lines);
            }
        }
    }

    my ($good, @lines) = psql($database, '-f', "$folder/tap.psql");
    result(0, "$name: tap.psql", @lines) if !$good;

    ($good, @lines) = psql($database, '-f', $test);

    for my $line (@lines) {
        if ($line =~ s/^(ok|not ok) - //) {
            $n++;
            print "$1 $n - $name: $line";

        } elsif ($line =~ /\S/) {
            print '# ', $line =~ s/^# //r;
        }
    }

    result($good, "$name: ran to its end");
}

drop();

print "1..$n\n";
