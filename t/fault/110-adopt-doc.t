# docs/adopt.md as a reader would run it: its blocks one after the other, in
# one shell, with nginx as its block of configuration has it.  A "text" block
# is what the block before it prints.

use strict;
use warnings;

use Cwd 'abs_path';
use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Nginx;
use SCIM::Postgres;
use SCIM;
use Test::More;

my $root = abs_path(dirname(__FILE__) . '/../..');
my $doc = SCIM::Nginx::slurp("$root/docs/adopt.md");

my @blocks;

while ($doc =~ /^```(\w+)\n(.*?)^```$/gms) {
    my ($kind, $text) = ($1, $2);

    if ($kind eq 'text') {
        $blocks[-1]{prints} = $text;

    } else {
        my $line = 1 + (substr($doc, 0, $-[0]) =~ tr/\n//);
        push @blocks, { kind => $kind, text => $text, line => $line };
    }
}

# blocks for reading, and those that are run

my %kinds = map { $_ => 1 } qw(console nginx sh sql);
is(join(' ', grep { !$kinds{$_} } map { $_->{kind} } @blocks), '',
   'every block is of a kind that is known here');

my ($conf) = map { $_->{text} } grep { $_->{kind} eq 'nginx' } @blocks;
my @steps = grep { $_->{kind} =~ /^(sh|sql)$/ } @blocks;

my $pg = SCIM::Postgres->new;
my $nginx = SCIM::Nginx->new(conninfo => $pg->conninfo, http => $conf)->start;
my $script = "$nginx->{dir}/week.sh";

# a mark in front of each block's output tells whose it is

open my $out, '>', $script or die "$script: $!";
print $out "set -eu\ntrap 'kill \$(jobs -p) 2>/dev/null' EXIT\n";

for my $i (0 .. $#steps) {
    my ($kind, $text) = @{ $steps[$i] }{qw(kind text)};

    print $out "echo '=== $i'\n";
    print $out $kind eq 'sh' ? $text
        : "psql -Xq -P footer=off -P pager=off -v ON_ERROR_STOP=1 << 'END'\n"
          . "${text}END\n";
}

print $out "echo '=== done'\n";
close $out or die "$script: $!";

my $output;

{
    local @ENV{qw(PGHOST PGPORT PGUSER PGDATABASE SCIM_BASE_URL TMPDIR)} =
        ($pg->{dir}, $pg->{port}, 'postgres', 'scim',
         "http://127.0.0.1:$nginx->{port}/scim/v2", $nginx->{dir});
    $output = `cd "$root" && exec 2>&1 sh "$script"`;
}

my ($before, %printed) = split /^=== (\w+)\n/m, $output, -1;


# a reader's psql says how many rows there were, the test's does not

sub plain {
    return join "\n", grep { /\S/ && !/^\(\d+ rows?\)$/ }
                      map { s/\s+$//r } split /\n/, $_[0] // '';
}

for my $i (0 .. $#steps) {
    my $step = $steps[$i];
    my $name = "line $step->{line}";

    ok(defined $printed{$i}, "$name is run")
        or diag($output), last;
    is(plain($printed{$i}), plain($step->{prints}), "$name prints as it says")
        if defined $step->{prints};
    unlike($printed{$i}, qr/\b(error|not found)\b/i, "$name has no error");
}

ok(defined $printed{done}, 'the week ends well') or diag($output);

$nginx->finish;
done_testing;
