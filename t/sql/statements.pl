#!/usr/bin/perl

# Prints the statements of the module's store as PREPAREs, so that tests and
# benchmarks run the very SQL that the module sends.  The C preprocessor puts
# them together; nginx's headers are not needed.

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Temp qw(tempfile);

my $store = dirname(__FILE__) . '/../../ngx_http_scim_module/store';
my $cc = $ENV{CC} || 'cc';

my ($out, $name) = tempfile('scimXXXXXX', SUFFIX => '.c', TMPDIR => 1,
                            UNLINK => 1);

for my $file (map { "$store/ngx_scim_store_$_" } qw(
                  sql.h private.h write.h param.c read.c members.c write.c
                  create.c replace.c change.c delete.c fence.c search.c)) {
    open my $in, '<', $file or die "$file: $!\n";

    while (<$in>) {
        print $out $_ unless /^\s*#\s*(include|if|ifndef|endif)\b/;
    }
}

close $out or die "$name: $!\n";

my $text = qx{$cc -E -P '$name'};
die "$cc -E failed\n" if $?;

my $literal = qr/"(?:[^"\\]|\\.)*"/;

while ($text =~ /static \s+ const \s+ char \s+ (?:\* \s* const \s+)?
                 ngx_scim_store_(\w+)_sql (?:\[[^]]*\])+ \s* = \s*
                 (\{?) \s* ((?: $literal \s* ,? \s* )+)/gsx) {
    my ($key, $array, $list) = ($1, $2, $3);
    # one statement for each run of literals between commas

    my @sql = ('');

    while ($list =~ /\G \s* (?: ($literal) | (,) )/gcx) {
        if (defined $2) {
            push @sql, '';
            next;
        }

        my $piece = substr $1, 1, -1;
        $piece =~ s/\\(.)/$1/g;
        $sql[-1] .= $piece;
    }

    for my $n (0 .. $#sql) {
        next if $sql[$n] eq '';
        print "prepare scim_$key", $array ? $n : '', " as $sql[$n];\n";
    }
}
