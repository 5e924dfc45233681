package SCIM::Differ::Patch;

# PATCH programs sent to the module and to SCIM::Model::Patch; see
# SCIM::Differ.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();

use SCIM::Differ qw(seed client_of shrunk ascii);
use SCIM::Generate qw(begin chance resource);
use SCIM::Generate::Patch qw(program members_program smaller_program
                             smaller_doc);
use SCIM::Model qw(@TYPES);
use SCIM::Model::Patch qw(patched stored told created changed_members);

our @EXPORT_OK = qw(find_patches find_memberships pool);

use constant {
    ENOUGH   => 3,             # differences told of each process
    PROGRAMS => 6,             # for each resource
    MESSAGE  => 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
};

my $copies = 0;
my %hidden;                    # what is kept and not told, by id


# %opt: as (whose token), strict (the tenant's profile: what it takes must
# mean the same, and it may refuse more)

sub find_patches {
    my ($k, $of, $n, %opt) = @_;

    my $client = client_of(as => $opt{as});
    my @found;

    local $SCIM::Generate::STRICT = $opt{strict};
    $client->{strict} = $opt{strict};

    for (my $i = $k; $i <= $n / PROGRAMS && @found < ENOUGH; $i += $of) {
        begin(seed(), 4_000_000 + $i);

        my $type = (grep { $_->{name} ne 'Group' } @TYPES)[chance(50)];
        my $body = resource($type, "p$i");
        my $res = $client->request('POST', $type->{endpoint},
                                   body => $body);
        my $doc = $res->json;

        unless ($res->{status} == 201) {
            push @found, "resource $i: " . $res->describe . "\n  of "
                         . ascii($body);
            next;
        }

        my $want = created($type, $body);
        my $got = stored($type, $doc);

        hide($type, $doc->{id}, $want);
        $want = told($type, $want);

        if (ascii($want) ne ascii($got)) {
            push @found, "resource $i: POST " . ascii($body) . "\n"
                         . unlike_at($want, $got);
            next;
        }

        for my $j (1 .. PROGRAMS) {
            begin(seed(), 5_000_000 + $i * 10 + $j);

            my $program = program($type, $doc);
            my $new = $doc;
            my $wrong = patch_differs($client, $type, \$new, $program);

            if ($wrong) {
                push @found, "resource $i, program $j: "
                             . smallest($client, $type, $doc, $program,
                                        $wrong);
                last;
            }

            $doc = $new;
        }
    }

    return \@found;
}


# undef, or how they differ; $$doc is what GET has told, and will be

sub patch_differs {
    my ($client, $type, $doc, $program) = @_;

    my $before = $$doc;
    my $path = "$type->{endpoint}/$before->{id}";
    my $was = { %{ stored($type, $before) },
                %{ $hidden{ $before->{id} } // {} } };
    my $want = eval { patched($type, $was, $program) };
    my $error = $@;

    die $error if !$want && !ref $error;

    my $res = $client->request('PATCH', $path, body => {
        schemas => [ MESSAGE ], Operations => $program });
    my $after = $client->request('GET', $path)->json;
    my $got = $res->{status} . ' ' . (ref $res->json eq 'HASH'
                                      ? $res->json->{scimType} // ''
                                      : 'no JSON');
    $$doc = $after;

    if ($res->{status} != 200) {
        return 'module ' . $res->describe if $got !~ /^4\d\d [a-zA-Z]/;
        return "an error, and the resource is another one:\n"
               . unlike_at($before, $after)
            if ascii($before) ne ascii($after);

        # who has this name already is not for the model to know

        return if $want && $got eq '409 uniqueness' && renamed($was, $want);

        return if $client->{strict};
        return 'model 200, module ' . $res->describe if $want;
    }

    if (!$want) {
        return if $got eq "$error->{status} $error->{scimType}";
        return "model $error->{status} $error->{scimType} ($error->{why}), "
               . 'module ' . $res->describe;
    }

    my $told = told($type, $want);
    my $new = stored($type, $after);

    return unlike_at($told, $new) if ascii($told) ne ascii($new);
    return "answer and GET:\n" . unlike_at($after, $res->json)
        if ascii($after) ne ascii($res->json);

    my $wrong = version_differs($before, $after,
                                ascii($was) eq ascii($want));

    hide($type, $before->{id}, $want) unless $wrong;

    return $wrong;
}


sub hide {
    my ($type, $id, $doc) = @_;

    my $told = told($type, $doc);
    $hidden{$id} = { map { $_ => $doc->{$_} }
                     grep { !exists $told->{$_} } keys %$doc };
}


sub renamed {
    my ($was, $want) = @_;

    return grep { ($was->{$_} // '') ne ($want->{$_} // '') }
           qw(userName externalId);
}


sub version_differs {
    my ($before, $after, $same) = @_;

    if ($same) {
        return if ascii($before->{meta}) eq ascii($after->{meta});
        return 'nothing has changed, but meta: '
               . ascii([ $before->{meta}, $after->{meta} ]);
    }

    my ($old, $new) = map { $_->{meta}{version} =~ /(\d+)/ ? $1 : 0 }
                      $before, $after;

    return "version $old became $new" if $new != $old + 1;
    return 'lastModified went back'
        if $after->{meta}{lastModified} lt $before->{meta}{lastModified};
    return;
}


# top-level attributes in which two documents differ

sub unlike_at {
    my ($want, $got) = @_;

    my @lines;

    for my $key (sort keys %{{ %$want, %$got }}) {
        my ($a, $b) = map { exists $_->{$key} ? ascii([ $_->{$key} ])
                                              : 'none' } $want, $got;
        push @lines, "  $key: model $a\n" . ' ' x (length($key) + 3)
                     . "module $b" if $a ne $b;
    }

    return join "\n", @lines;
}


# the same on resources of its own, made as $doc was

sub smallest {
    my ($client, $type, $doc, $program, $wrong) = @_;

    my $whole = { %{ stored($type, $doc) }, %{ $hidden{ $doc->{id} } // {} } };
    my $how = shrunk([ $whole, $program ], sub {
        my ($doc, $program) = @{ $_[0] };
        return map({ [ $doc, $_ ] } smaller_program($program)),
               map({ [ $_, $program ] } smaller_doc($doc));
    }, sub {
        my ($doc, $program) = @{ $_[0] };
        my %body = %$doc;

        $body{externalId} = "copy $$ " . ++$copies if $body{externalId};
        $body{userName} = "copy $$ " . ++$copies if $body{userName};

        my $res = $client->request('POST', $type->{endpoint},
                                   body => \%body);
        return unless $res->{status} == 201;

        my $new = $res->json;
        hide($type, $new->{id}, created($type, \%body));

        my $differs = patch_differs($client, $type, \$new, $program);

        $client->request('DELETE', "$type->{endpoint}/" . $res->json->{id});

        return $differs && "$type->{name} " . ascii($doc) . "\n  program "
                           . ascii($program) . "\n  $differs";
    });

    return $how // "$type->{name} " . ascii($doc) . "\n  program "
                   . ascii($program) . "\n  $wrong\n  (not so on a copy)";
}


# --- members of groups

# users, groups without members, and some that are nobody

sub pool {
    my ($n) = @_;

    my $client = client_of();
    my %pool;

    for my $i (1 .. $n) {
        my $name = $i % 6 ? 'User' : 'Group';
        my ($type) = grep { $_->{name} eq $name } @TYPES;
        my $label = $name eq 'User' ? 'userName' : 'displayName';
        my $res = $client->request('POST', $type->{endpoint}, body => {
            schemas => [ $type->{urn} ], $label => "member $i" });

        die 'no member: ' . $res->describe unless $res->{status} == 201;
        $pool{ $res->json->{id} } = $name;
    }

    $pool{ sprintf '00000000-0000-4000-8000-%012d', $_ } = '' for 1 .. 3;

    return \%pool;
}


sub find_memberships {
    my ($k, $of, $n, $pool) = @_;

    my $client = client_of();
    my ($type) = grep { $_->{name} eq 'Group' } @TYPES;
    my @ids = sort { $pool->{$a} cmp $pool->{$b} || $a cmp $b } keys %$pool;
    my @found;

    for (my $i = $k; $i <= $n / PROGRAMS && @found < ENOUGH; $i += $of) {
        begin(seed(), 6_000_000 + $i);

        my $group = group($client, $type, "m$i",
                          grep { chance(20) } @ids);

        for my $j (1 .. PROGRAMS) {
            begin(seed(), 7_000_000 + $i * 10 + $j);

            my $program = members_program($group, @ids);
            my $new = $group;
            my $wrong = members_differ($client, $type, $pool, \$new,
                                       $program);

            if ($wrong) {
                my @members = map { $_->{value} }
                              @{ $group->{members} // [] };
                my $how = shrunk($program, \&smaller_program, sub {
                    my $copy = group($client, $type, "c$$ " . ++$copies,
                                     @members);
                    my $differs = members_differ($client, $type, $pool,
                                                 \$copy, $_[0]);
                    return $differs && ascii($_[0]) . "\n  $differs";
                });

                push @found, "group $i, program $j, members @members\n  "
                             . ($how // ascii($program) . "\n  $wrong");
                last;
            }

            $group = $new;
        }
    }

    return \@found;
}


sub group {
    my ($client, $type, $name, @members) = @_;

    my $res = $client->request('POST', $type->{endpoint}, body => {
        schemas => [ $type->{urn} ], displayName => $name,
        members => [ map { { value => $_ } } @members ] });

    die 'no group: ' . $res->describe unless $res->{status} == 201;
    return $res->json;
}


sub members_differ {
    my ($client, $type, $pool, $group, $program) = @_;

    my $before = $$group;
    my $path = "$type->{endpoint}/$before->{id}";
    my @before = map { $_->{value} } @{ $before->{members} // [] };

    my %want = map { $_ => 1 } grep { $pool->{$_} }
               changed_members(\@before, $program);

    my $res = $client->request('PATCH', $path, body => {
        schemas => [ MESSAGE ], Operations => $program });

    return 'module ' . $res->describe unless $res->{status} == 200;

    my $after = $client->request('GET', $path)->json;
    my @members = @{ $after->{members} // [] };
    $$group = $after;

    my $want = join ' ', sort keys %want;
    my $got = join ' ', sort map { $_->{value} } @members;

    return "model $want\n  module $got" if $want ne $got;

    for my $member (@members) {
        my $of = $pool->{ $member->{value} };
        return 'member ' . ascii($member)
            if ($member->{type} // '') ne $of
               || ($member->{'$ref'} // '') !~ m{/${of}s/\Q$member->{value}\E$};
    }

    return version_differs($before, $after,
                           join(' ', sort @before) eq $got
                           && ($before->{externalId} // '')
                              eq ($after->{externalId} // ''));
}


1;
