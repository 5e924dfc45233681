#!/usr/bin/perl

# Prints the statements of searches, as search.c explains, for the lists of
# searches named on the command line.  {x} in one stands for the id that SQL
# makes by md5('x')::uuid.

use strict;
use warnings;

use Digest::MD5 'md5_hex';
use File::Basename qw(dirname);
use File::Temp qw(tempdir);

my $here = dirname(__FILE__);
my $module = "$here/../../ngx_http_scim_module";
my $folder = tempdir(CLEANUP => 1);
my $cc = $ENV{CC} || 'cc';

my @sources = (glob("'$module'/core/*.c"),
               map { "$module/store/ngx_scim_store_$_.c" }
               qw(sql filter filter_path filter_index statement));

system($cc, '-std=gnu99', '-O0', "-I$module/core", "-I$module/store", '-o',
       "$folder/search", "$here/search.c", @sources, '-lyajl', '-lutf8proc')
    == 0 or die "$cc failed\n";

open my $out, '|-', "$folder/search" or die "$folder/search: $!\n";

for my $file (@ARGV) {
    open my $in, '<', $file or die "$file: $!\n";

    while (<$in>) {
        s/\{([^{}]+)\}/uuid($1)/ge;
        print $out $_;
    }
}

close $out or die "searches cannot be put together\n";

sub uuid {
    my $hex = md5_hex($_[0]);
    $hex =~ s/^(.{8})(.{4})(.{4})(.{4})/$1-$2-$3-$4-/;
    return $hex;
}
