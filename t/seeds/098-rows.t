# Every row of docs/contract.md, "The five products, row by row", has the test
# that the table says it has.

use strict;
use warnings;

use Cwd 'abs_path';
use File::Basename;
use Test::More;

my $root = abs_path(dirname(__FILE__) . '/../..');

sub slurp {
    open my $in, '<', $_[0] or return '';
    local $/;
    return scalar <$in>;
}

my ($section) = slurp("$root/docs/contract.md")
                =~ /^## The five products, row by row\n(.*?)(?=^## |\z)/ms;
my (%row, @wrong);

for (split /\n/, $section // '') {
    my ($id, $what, $files) =
        /^\| (\d{3}\.\d+) \| ([^|]+) \| ([^|]+) \|/ or next;

    push @wrong, "$id stands there twice" if $row{$id}++;

    for my $file (split /, /, $files =~ s/ +$//r) {
        push @wrong, "$id: no $file" unless -f "$root/t/seeds/$file";
    }

    my ($own) = split /, /, $files =~ s/ +$//r;
    push @wrong, "$id: $own has no test of it"
        unless slurp("$root/t/seeds/$own") =~ /^subtest ['"]\Q$id\E /m;
}

my %rows = ('000' => 27, '001' => 15, '002' => 18, '003' => 18, '004' => 17);
my @want = map { my $seed = $_; map { "$seed.$_" } 1 .. $rows{$seed} }
           sort keys %rows;

is(join(' ', grep { !$row{$_} } @want), '', 'all rows are there');
is(scalar keys %row, 95, 'and no other');
is(join("\n", @wrong), '', 'each has its test');

done_testing();
