package SCIM::Differ;

# Sends what SCIM::Generate makes to the module and to SCIM::Model, and tells
# where they differ, each difference as small as dropping parts of it makes
# it.  Used in the "--- scim" blocks of t/14*.t; the find_... functions run in
# several processes, process $k of $of, and return texts of differences.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use Test::More ();

use SCIM::Client;
use SCIM::Generate qw(begin pick chance resource filter written smaller
                      garbage paths qualified);
use SCIM::Model qw(@TYPES WIDGET PLANT schema_json type_json);
use SCIM::Model::Filter qw(parse matches sort_path sort_key order);

our @EXPORT_OK = qw(widgets seed amount load listed report find_filters
                    find_orders find_garbage client_of shrunk ascii);

use constant ENOUGH => 3;      # differences told of each process

my $JSON = JSON::PP->new->canonical->allow_nonref;


# --- the run

my $seed;

sub seed {
    unless (defined $seed) {
        $seed = $ENV{SCIM_SEED} || 1 + int rand 1_000_000;
        Test::More::diag("SCIM_SEED=$seed");
    }

    return $seed;
}

sub amount {
    my ($n) = @_;

    return $ENV{SCIM_MODEL_N} if $ENV{SCIM_MODEL_N};
    return $ENV{TEST_NGINX_USE_VALGRIND} ? $n / 10 : $n;
}


# directives for the type of the tests' own; its files are written

sub widgets {
    my $dir = $ENV{SCIM_TEST_DIR} // '/tmp';
    my ($type) = grep { $_->{name} eq 'Widget' } @TYPES;

    my %file = (
        'model-widget.json' => schema_json(WIDGET),
        'model-plant.json'  => schema_json(PLANT),
        'model-type.json'   => type_json($type),
    );

    for my $name (keys %file) {
        open my $out, '>:raw', "$dir/$name" or die "$dir/$name: $!";
        print $out $file{$name};
        close $out or die "$dir/$name: $!";
    }

    return "scim_schema $dir/model-widget.json;\n"
           . "scim_schema $dir/model-plant.json;\n"
           . "scim_resource_type $dir/model-type.json;\n"
           . "large_client_header_buffers 4 64k;\n";
}


sub client_of { return SCIM::client(keepalive => 1, @_) }


sub report {
    my ($name, @found) = @_;

    my $died = grep { !defined } @found;
    my @differ = map { @$_ } grep { defined } @found;

    Test::More::ok(!$died, 'all ran to their end');
    Test::More::ok(!@differ, $name)
        or Test::More::diag(join "\n\n", 'SCIM_SEED=' . seed(), @differ);
}


# the smallest variant that still differs, and how

sub shrunk {
    my ($thing, $smaller, $differs) = @_;

    my $how = $differs->($thing);
    my $tries = 400;

    TRY: while ($tries > 0) {
        for my $less ($smaller->($thing)) {
            last if --$tries < 0;
            my $still = $differs->($less) or next;

            ($thing, $how) = ($less, $still);
            next TRY;
        }

        last;
    }

    return $how;
}


# --- resources

sub load {
    my %n = (User => 70, Group => 20, Widget => 60);
    my %ids;
    my $client = client_of();

    for my $type (@TYPES) {
        for my $i (1 .. $n{ $type->{name} }) {
            begin(seed(), 1_000_000 + $i);

            my $body = resource($type, $i);

            # groups have users and groups before them as members

            $body->{members} = [ map { { value => $_ } }
                                 grep { chance(pick(2, 10, 30)) }
                                 map { @{ $ids{$_} // [] } }
                                 'User', 'Group' ]
                if $type->{name} eq 'Group';

            my $res = $client->request('POST', $type->{endpoint},
                                       body => $body);

            unless ($res->{status} == 201) {
                Test::More::fail("create $type->{name} $i");
                Test::More::diag($JSON->encode($body) . "\n"
                                 . $res->describe);
                next;
            }

            push @{ $ids{ $type->{name} } }, $res->json->{id};

            # only PATCH can take it away

            next unless $type->{name} eq 'User' && chance(10);

            $client->request('PATCH', '/Users/' . $res->json->{id}, body => {
                schemas => [ 'urn:ietf:params:scim:api:messages:2.0:PatchOp' ],
                Operations => [ { op => 'remove', path => 'active' } ] });
        }
    }

    return listed();
}


# all of them, as the module tells them

sub listed {
    my $client = client_of();

    seed();

    return { map {
        my $res = $client->request('GET', "$_->{endpoint}?count=200");
        die "cannot list $_->{name}: " . $res->describe . "\n"
            unless $res->{status} == 200;

        $_->{name} => $res->json->{Resources};
    } @TYPES };
}


# --- searches

sub SEARCH { return 'urn:ietf:params:scim:api:messages:2.0:SearchRequest' }

# by GET or by POST to .search

sub search {
    my ($client, $endpoint, $post, %args) = @_;

    $args{attributes} = 'id';

    if ($post) {
        my %body = (schemas => [ SEARCH() ], %args, attributes => [ 'id' ]);
        return $client->request('POST', "$endpoint/.search",
                                body => \%body);
    }

    my $query = join '&', map { "$_=" . escaped($args{$_}) }
                sort keys %args;

    return $client->request('GET', ($endpoint || '/') . "?$query");
}


sub escaped {
    my ($text) = @_;

    utf8::encode($text);
    $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;

    return $text;
}


# what the answer says: ids, or the error

sub told {
    my ($res) = @_;

    my $json = $res->json;

    return "no answer: $res->{error}" unless $res->{status};
    return "$res->{status} " . (ref $json eq 'HASH'
                                ? $json->{scimType} // '-' : 'no JSON')
        if $res->{status} != 200;

    my @ids = map { $_->{id} } @{ $json->{Resources} // [] };

    return "totalResults $json->{totalResults} of " . @ids
        if $json->{totalResults} != @ids;

    return join ' ', 'ids', sort @ids;
}


# the same of the model; without a type, all are searched

sub meant {
    my ($type, $text, $docs) = @_;

    my @found = eval { found($type, $text, $docs) };
    die $@ if $@ && !ref $@;

    return $@ ? "$@->{status} $@->{scimType}"
              : join ' ', 'ids', sort map { $_->{id} } @found;
}


sub found {
    my ($type, $text, $docs) = @_;

    return map {
        my $filter = defined $text
                     ? parse($_, $text, $type ? () : @TYPES) : undef;

        grep { !$filter || matches($filter, $_) } @{ $docs->{ $_->{name} } };
    } $type ? $type : @TYPES;
}


# undef, or how they differ: resources that only one of them has found

sub filter_differs {
    my ($client, $type, $post, $text, $docs) = @_;

    my $want = meant($type, $text, $docs);
    my $got = told(search($client, $type ? $type->{endpoint} : '', $post,
                          filter => $text, count => 1000));

    return if $want eq $got;

    my $where = ($post ? 'POST .search ' : 'GET ')
                . ($type ? $type->{name} : 'all');

    return "$where: $text\n  model $want\n  module $got"
        unless $want =~ /^ids/ && $got =~ /^ids/;

    my %want = map { $_ => 1 } split ' ', $want;
    my %got = map { $_ => 1 } split ' ', $got;
    my ($id) = grep { !($want{$_} && $got{$_}) } sort keys %{{ %want, %got }};
    my ($doc) = grep { $_->{id} eq $id } map { @$_ } values %$docs;

    return "$where: $text\n  model finds " . (keys(%want) - 1) . ', module '
           . (keys(%got) - 1) . '; only the '
           . ($want{$id} ? 'model' : 'module') . ' '
           . ascii($doc);
}


sub ascii { return JSON::PP->new->canonical->ascii->encode($_[0]) }


sub find_filters {
    my ($k, $of, $n, $docs) = @_;

    my $client = client_of();
    my @found;

    for (my $i = $k; $i <= $n && @found < ENOUGH; $i += $of) {
        begin(seed(), $i);

        my $type = pick(@TYPES);
        my $tree = filter($type, $docs->{ $type->{name} });
        my $where = chance(10) ? undef : $type;
        my $post = chance(25);

        my $differs = sub {
            filter_differs($client, $where, $post, written($_[0]), $docs);
        };

        next unless $differs->($tree);
        push @found, "filter $i: " . shrunk($tree, \&smaller, $differs);
    }

    return \@found;
}


# broken filters; the model decides only about those that it takes

sub find_garbage {
    my ($k, $of, $n, $docs) = @_;

    my $client = client_of();
    my @found;

    for (my $i = $k; $i <= $n && @found < ENOUGH; $i += $of) {
        begin(seed(), 2_000_000 + $i);

        my $type = pick(@TYPES);
        my $text = garbage(written(filter($type,
                                          $docs->{ $type->{name} })));
        next if $text =~ /^\s*$/;

        my $post = chance(25);
        my $got = told(search($client, $type->{endpoint}, $post,
                              filter => $text, count => 1000));

        next if $got =~ /^(ids|400 invalidFilter)/;

        # a body with a NUL is refused as a whole

        next if $got =~ /^400 invalid/ && $text =~ /\x00/;

        push @found, "text $i: " . ascii([ $text ]) . "\n  module $got";
    }

    return \@found;
}


# --- orders

sub find_orders {
    my ($k, $of, $n, $docs) = @_;

    my $client = client_of();
    my @found;

    for (my $i = $k; $i <= $n && @found < ENOUGH; $i += $of) {
        begin(seed(), 3_000_000 + $i);

        my $type = pick(@TYPES);
        my $all = $docs->{ $type->{name} };
        my $root = chance(15);
        my $path = pick(grep { !$root || $_->{attr}{schema} eq '' }
                        paths($type));
        my $filter = chance(50) ? written(filter($type, $all, 1)) : undef;
        my $order = pick('', 'ascending', 'descending', 'Descending');

        my %args = (sortBy => qualified($type, $path),
                    count => pick(1, 3, 7, 20, 200));

        $args{count} = 7 if $args{count} == 1 && ($root || @$all > 30);
        $args{filter} = $filter if defined $filter;
        $args{sortOrder} = $order if $order;

        for my $cursor (0, 1) {
            my $wrong = order_differs($client, $type, $root, $docs, $cursor,
                                      chance(25), %args) or next;
            push @found, "order $i, by " . ($cursor ? 'cursor' : 'index')
                         . ': ' . ($root ? 'all' : $type->{name}) . ' '
                         . ascii(\%args)
                         . "\n  $wrong";
        }
    }

    return \@found;
}


sub order_differs {
    my ($client, $type, $root, $docs, $cursor, $post, %args) = @_;

    my $path = eval { sort_path($type, $args{sortBy}) };
    my $refused = $path ? undef : "$@->{status} $@->{scimType}";

    my @pages = pages($client, $root ? '' : $type->{endpoint}, $cursor,
                      $post, %args);
    my $last = $pages[-1];

    if ($refused || !ref $last) {
        my $got = ref $last ? 'a list' : $last;
        return if $refused && $refused eq $got;
        return 'model ' . ($refused // 'sorts') . ", module $got";
    }

    my %want = map { $_->{id} => $_ }
               found($root ? undef : $type, $args{filter}, $docs);
    my @ids = map { @$_ } @pages;
    my %seen;

    for my $id (@ids) {
        return "twice: $id" if $seen{$id}++;
        return "not asked for: $id" unless $want{$id};
    }

    return @ids . ' resources, not ' . keys %want if @ids != keys %want;

    # what a type does not know has no value

    my %path = map { $_->{name} => scalar eval { sort_path($_,
                                                           $args{sortBy}) } }
               @TYPES;

    my $sign = lc($args{sortOrder} // '') eq 'descending' ? -1 : 1;
    my @keys = map {
        my $own = $path{ $want{$_}{meta}{resourceType} };
        $own ? sort_key($own, $want{$_}) // undef : undef;
    } @ids;
    my $attr = $path->{sub} // $path->{attr};

    for my $j (1 .. $#keys) {
        my ($a, $b) = @keys[$j - 1, $j];
        my $way = !defined $a ? (defined $b ? 1 : 0)
                  : !defined $b ? -1 : order($attr, $a, $b);
        next if $way * $sign <= 0;

        return "at $j: " . ascii([ $a, $b ]) . ' of '
               . ascii([ @want{ @ids[$j - 1, $j] } ]);
    }

    return;
}


# ids of all pages; an error in place of a page ends them

sub pages {
    my ($client, $endpoint, $cursor, $post, %args) = @_;

    my @pages;

    $args{ $cursor ? 'cursor' : 'startIndex' } = $cursor ? '' : 1;

    while (1) {
        my $res = search($client, $endpoint, $post, %args);
        my $json = $res->json;

        unless ($res->{status} == 200) {
            my $got = told($res);
            return (@pages, @pages ? "page " . @pages . ": $got" : $got);
        }

        my @ids = map { $_->{id} } @{ $json->{Resources} // [] };
        push @pages, \@ids;

        return (@pages, 'too many pages') if @pages > 300;

        if ($cursor) {
            return @pages unless defined $json->{nextCursor};
            return (@pages, 'an empty page with a next one') unless @ids;
            $args{cursor} = $json->{nextCursor};

        } else {
            $args{startIndex} += @ids;
            return @pages if !@ids || $args{startIndex}
                                      > $json->{totalResults};
        }
    }
}


1;
