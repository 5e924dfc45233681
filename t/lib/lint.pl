#!/usr/bin/perl

# Part of make lint: layers, style, names in the documentation.  Prints
# file:line: what is wrong; exit status 1 when there is anything.

use strict;
use warnings;

use File::Find;

my $SRC = 'ngx_http_scim_module';

my %LIBC = map { $_ => 1 } qw(limits.h setjmp.h stdarg.h stddef.h stdint.h
                              stdio.h stdlib.h string.h);

# folder => folders that it may include from
my %LAYERS = (
    core  => [qw(core)],
    pg    => [qw(pg)],
    store => [qw(core pg store)],
    http  => [qw(core store http)],
);

my $FUNCTION = 100;
my $FILE = 900;
my $COLUMNS = 80;

my $wrong = 0;
my %home;          # header => folder
my %directives;    # name => [file, line]
my %variables;


sub complain {
    my ($file, $line, $text) = @_;
    print "$file:$line: $text\n";
    $wrong++;
}


sub slurp {
    my ($file) = @_;
    open my $in, '<:raw', $file or die "$file: $!\n";
    local $/;
    return scalar(<$in>) // '';
}


# comments and strings blanked out, lines kept

sub code_only {
    my ($text) = @_;

    $text =~ s{(/\*.*?\*/)|("(?:\\.|[^"\\\n])*")|('(?:\\.|[^'\\\n])*')}
              {
                  my $all = $&;
                  my $keep = defined $1 ? ' ' : 'x';
                  my $quote = defined $1 ? ' ' : substr($all, 0, 1);
                  $all =~ s/[^\n]/$keep/g;
                  substr($all, 0, 1) = $quote;
                  substr($all, -1) = $quote;
                  $all;
              }gesx;

    return $text;
}


sub line_of {
    my ($text, $offset) = @_;
    return 1 + (substr($text, 0, $offset) =~ tr/\n//);
}


# --- all text files

sub check_text {
    my ($file, $text) = @_;

    my $n = 0;
    my $c = $file =~ /\.[ch]$/;

    for my $line (split /\n/, $text, -1) {
        $n++;

        complain($file, $n, 'trailing space') if $line =~ /[ \t\r]$/;

        complain($file, $n, 'tab')
            if $line =~ /\t/ && $file !~ m{(^|/)Makefile$}
               && $file !~ /\.(md|txt|json)$/;

        complain($file, $n, "more than $COLUMNS columns")
            if length $line > $COLUMNS && ($c || $file =~ /\.(sh|pl|map)$/);

        complain($file, $n, 'left to be done') if $line =~ /\b(TOD[O]|FIXM[E])/;

        complain($file, $n, 'path of one machine')
            if $line =~ m{(?<![\w.])/w[o]rk/|/tmp/b[r]ief};

        complain($file, $n, 'name of a package host')
            if $line =~ /\b(?:(?:deb|security|snapshot)\.debian\.org
                            |archive\.ubuntu\.com|registry\.npmjs\.org
                            |pypi\.org|docker\.io|proxy\.golang\.org
                            |(?:www\.|meta)cpan\.org)\b/x;
    }

    complain($file, $n, 'no newline at the end')
        if length $text && $text !~ /\n\z/;
    complain($file, $n - 1, 'blank line at the end') if $text =~ /\n\n\z/;
}


# --- C

sub check_c {
    my ($file, $text) = @_;

    my $code = code_only($text);
    my @lines = split /\n/, $text, -1;
    my @code = split /\n/, $code, -1;

    complain($file, 1, 'begins with an empty line and a comment that says '
                       . 'what the file is for')
        unless $text =~ m{\A\n/\*};

    complain($file, scalar @lines, "more than $FILE lines")
        if @lines > $FILE + 1;

    for my $i (0 .. $#code) {
        local $_ = $code[$i];

        complain($file, $i + 1, '// comment') if m{//};
        complain($file, $i + 1, "\"$1(\" wants a space")
            if /\b(if|for|while|switch|return)\(/;
        complain($file, $i + 1, '"} else" and the like go on one line')
            if /^\s*else\b/ && $i && $code[$i - 1] =~ /^\s*\}\s*$/;
    }

    check_braces($file, $code);
    check_functions($file, \@lines, \@code);
}


# what follows if (...), for (...), while (...) and else

sub check_braces {
    my ($file, $code) = @_;

    # not in macros
    $code =~ s{^(\#(?:.*\\\n)*.*)$}{ (my $m = $1) =~ s/[^\n]/ /g; $m }gem;

    while ($code =~ /\b(if|for|while|switch|else)\b/g) {
        my ($word, $at) = ($1, pos $code);
        my $rest = substr $code, $at;

        if ($word eq 'else') {
            complain($file, line_of($code, $at), 'else without braces')
                unless $rest =~ /\A\s*(?:\{|if\b)/;
            next;
        }

        next unless $rest =~ /\A\s*(\((?:[^()]++|(?1))*\))\s*(.)/s;

        complain($file, line_of($code, $at), "$word without braces")
            unless $2 eq '{' || ($word eq 'while' && $2 eq ';');
    }
}


sub check_functions {
    my ($file, $lines, $code) = @_;

    for my $i (0 .. $#$code) {
        my $end = $i;

        complain($file, $i + 1, 'return type and "{" of a function go on '
                                . 'lines of their own')
            if $code->[$i] =~ /^\w[\w\s*]*\(.*\)\s*\{/;

        # a body begins at the left margin

        next unless $code->[$i] =~ /^\{/;

        # up to the first line of the declarator

        my $name = $i - 1;
        $name-- while $name > 0 && $code->[$name] =~ /^\s+\S/;

        next unless $code->[$name] =~ /^\w.*\(/;

        if ($code->[$name] !~ /^\w+\(/) {
            complain($file, $name + 1,
                     'the return type goes on a line of its own');
            next;
        }

        $end++ while $end < $#$code && $code->[$end] !~ /^\}/;

        my $length = $end - $name + 2;

        complain($file, $name + 1, "function of $length lines")
            if $length > $FUNCTION;

        # above: return type, perhaps a comment, two blank lines

        my $top = $name - 1;
        $top-- while $top > 0 && $lines->[$top - 1] =~ /\S/;

        next if $top == 0;

        my ($blank, $above) = blank_above($lines, $top);

        if ($blank == 1 && $above >= 0 && $lines->[$above] =~ m{\*/$}) {
            $top = $above;
            $top-- while $top > 0 && $lines->[$top] !~ m{/\*};
            ($blank, $above) = blank_above($lines, $top);
        }

        complain($file, $top + 1, "$blank blank lines above a function, "
                                  . 'not two')
            if $blank != 2 && $lines->[$top] !~ /^#/
               && ($above < 0 || $lines->[$above] !~ /^#/);
    }
}


# how many empty lines are above, and the line above them

sub blank_above {
    my ($lines, $top) = @_;

    my $above = $top - 1;
    $above-- while $above >= 0 && $lines->[$above] eq '';

    return ($top - 1 - $above, $above);
}


# --- layers

sub check_layers {
    my ($file, $text) = @_;

    my ($layer, $name) = $file =~ m{^\Q$SRC\E/(\w+)/([^/]+)$} or return;
    my $may = $LAYERS{$layer};

    return complain($file, 1, "no such layer: $layer") unless $may;

    # it sets what system headers look at (_GNU_SOURCE); the statements of
    # searches do without, so that tests can print them

    my ($first) = $text =~ /^\s*#\s*include\s*["<]([^">]+)/m;

    complain($file, 1, "nginx's headers, or ours that include them, go first")
        if $layer ne 'core' && defined $first && $first !~ /^ngx_/
           && $name ne 'ngx_scim_store_sql.h';

    my $code = code_only($text);
    my $n = 0;

    for (split /\n/, $text) {
        $n++;

        if (/^\s*#\s*include\s*"([^"]+)"/) {
            my $from = $home{$1};

            complain($file, $n, "$layer/ may not include $1"
                                . ($from ? " of $from/" : ''))
                unless $from && grep { $_ eq $from } @$may;

        } elsif (/^\s*#\s*include\s*<([^>]+)>/) {
            my $why = system_header($layer, $name, $1);
            complain($file, $n, $why) if $why;
        }
    }

    $n = 0;

    for (split /\n/, $code) {
        $n++;

        complain($file, $n, "core/ knows nothing of nginx: $1")
            if $layer eq 'core' && /\b(ngx_\w+|NGX_\w+)/;
        complain($file, $n, "$layer/ knows nothing of libpq: $1")
            if $layer =~ /^(core|http)$/
               && /\b(PQ[a-z]\w+|PG(?:conn|result))\b/;
        complain($file, $n, "$layer/ knows nothing of HTTP: $1")
            if $layer =~ /^(pg|store)$/ && /\b(ngx_http_(?!scim_module\b)\w+)/;
        complain($file, $n, "pg/ knows nothing of SCIM: $1")
            if $layer eq 'pg' && /\b(scim_\w+)/;
    }

    check_sql($file, $text) unless $layer eq 'store';
}


sub system_header {
    my ($layer, $name, $header) = @_;

    if ($header =~ m{^yajl/}) {
        return $layer eq 'core' && $name =~ /^scim_json\w*\.c$/
               ? undef : 'yajl is for core/scim_json*.c alone';
    }

    if ($header eq 'utf8proc.h') {
        return $name eq 'scim_fold.c'
               ? undef : 'utf8proc is for core/scim_fold.c alone';
    }

    if ($layer eq 'core') {
        return $LIBC{$header}
               ? undef : "core/ may not include <$header>";
    }

    if ($header =~ /libpq/) {
        return $layer eq 'http' ? 'http/ may not include libpq' : undef;
    }

    if ($header =~ /^ngx_http/) {
        return $layer eq 'http'
               ? undef : "$layer/ may not include <$header>";
    }

    return;
}


# statements in strings; neighbours are one string.  pg/ sets up its
# connections: settings and catalogs of the server, no table of anybody's

sub check_sql {
    my ($file, $text) = @_;

    $text =~ s{(/\*.*?\*/)}{ (my $c = $1) =~ s/[^\n]/ /g; $c }ges;

    while ($text =~ /((?:"(?:\\.|[^"\\\n])*"\s*)+)/g) {
        my ($string, $at) = ($1, $-[0]);

        $string =~ s/"\s*"//g;

        next if $file =~ m{^$SRC/pg/} && $string =~ /^"\s*select\s/i
                && $string !~ /\b(?:from|join)\s+(?!pg_)/i;

        complain($file, line_of($text, $at), 'SQL outside store/')
            if $string =~ /^"\s*(?:select\s|insert\s+into\s|delete\s+from\s
                                |update\s+\S+\s+set\s|with\s+\w+\s+as\s
                                |begin\b|commit\b|set\s+(?:local\s)?\w+\s*[=t])
                          /xi;
    }
}


# --- documentation

# what follows the name tells what it is: flags of a directive, the least number
# of arguments of one of a tenant's block, the functions of a variable

sub collect_names {
    my ($file, $text) = @_;

    while ($text =~ /ngx_string\("(scim_\w+)"\)\s*,\s*([^,;{}]*)/g) {
        my ($name, $next, $at) = ($1, $2, $-[0]);
        my $list = $next =~ /NGX_\w*CONF|^\d+$/ ? \%directives : \%variables;

        $list->{$name} = [$file, line_of($text, $at)];
    }
}


sub check_docs {
    my %docs = map { $_ => -f "docs/$_.md" ? slurp("docs/$_.md") : '' }
               qw(directives variables);

    for my $name (sort keys %directives) {
        complain(@{ $directives{$name} },
                 "directive $name is not in docs/directives.md")
            unless $docs{directives} =~ /\b\Q$name\E\b/;
    }

    for my $name (sort keys %variables) {
        complain(@{ $variables{$name} },
                 "variable \$$name is not in docs/variables.md")
            unless $docs{variables} =~ /\$\Q$name\E\b/;
    }

    # and the other way round: what is told must be there

    my $n = 0;

    for (split /\n/, $docs{directives}) {
        $n++;
        next unless /^#+.*?\b(scim_\w+)/;
        complain('docs/directives.md', $n, "there is no directive $1")
            if !$directives{$1};
    }

    $n = 0;

    for (split /\n/, $docs{variables}) {
        $n++;
        while (/\$(scim_\w+)/g) {
            complain('docs/variables.md', $n, "there is no variable \$$1")
                if !$variables{$1};
        }
    }
}


# --- all of it

my @files;

find({
    no_chdir => 1,
    wanted => sub {
        (my $name = $File::Find::name) =~ s{^\./}{};

        # a corpus holds inputs, whatever their bytes

        if (-d && $name =~ m{^(\.git|\.run|\.test|objs|t/servroot.*
                               |t/fuzz/corpus)$}x)
        {
            $File::Find::prune = 1;
            return;
        }

        push @files, $name if -f && -T;
    },
}, '.');

@files = sort grep { $_ ne 'LICENSE' } @files;

my %seen;

for my $file (grep { m{^$SRC/} } @files) {
    my ($folder, $name) = $file =~ m{([^/]+)/([^/]+)$};

    $home{$name} = $folder if $name =~ /\.h$/;

    complain($file, 1, "there is also $seen{$name}: names are unique")
        if $seen{$name};
    $seen{$name} = $file;
}

for my $file (@files) {
    my $text = slurp($file);

    check_text($file, $text);
    check_c($file, $text) if $file =~ /\.[ch]$/;
    check_layers($file, $text) if $file =~ m{^$SRC/\w+/.*\.[ch]$};
    collect_names($file, $text) if $file =~ m{^$SRC/http/.*\.c$};
}

check_docs();

print "$wrong thing", $wrong == 1 ? '' : 's', " to be put right\n" if $wrong;
exit($wrong ? 1 : 0);
