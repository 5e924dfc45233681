# PATCH against the reference model (SCIM::Model::Patch): after a generated
# program the resource must be what the model says, with the version it says;
# an error must be the model's and leave the resource as it was.
#
#   SCIM_SEED=n     repeats the run of that seed; it is printed
#   SCIM_MODEL_N=n  how many programs, 1500 unless given

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::Differ 'widgets';
use Test::Nginx::Socket 'no_plan';

our $HTTP = widgets();

scim_reset();
run_tests();

__DATA__

=== TEST 1: the model knows the RFC's examples
--- http eval: $::HTTP
--- scim
use SCIM::Model '@TYPES';
use SCIM::Model::Patch 'patched';

my $work = { type => 'work', streetAddress => 'a', primary => F };
my %user = (schemas => [ USER ], userName => 'babs', active => T,
            name => { familyName => 'Jensen', givenName => 'Barbara' },
            emails => [ { value => 'b@example.com', type => 'work',
                          primary => T } ],
            addresses => [ $work, { type => 'home', locality => 'b',
                                    primary => T } ]);

for my $case (
    [ 'section 3.5.2.1: add without a path',
      { op => 'add', value => {
          emails => [ { value => 'babs@jensen.org', type => 'home' } ],
          nickname => 'Babs' } },
      { nickName => 'Babs',
        emails => [ $user{emails}[0], { value => 'babs@jensen.org',
                                        type => 'home' } ] } ],
    [ 'what is there is not added again',
      { op => 'add', path => 'emails', value => [
          { value => 'B@example.com', type => 'work' } ] }, {} ],
    [ 'section 3.5.2.2: remove what a filter selects',
      { op => 'remove', path => 'emails[type eq "work" and value ew '
                                . '"example.com"]' },
      { emails => undef } ],
    [ 'section 3.5.2.3: replace an address',
      { op => 'replace', path => 'addresses[type eq "work"]', value => {
          type => 'work', streetAddress => '911 Universal City Plaza',
          country => 'US', primary => T } },
      { addresses => [ { type => 'work', primary => T, country => 'US',
                         streetAddress => '911 Universal City Plaza' },
                       { %{ $user{addresses}[1] }, primary => F } ] } ],
    [ '... and a part of one',
      { op => 'replace', path => 'addresses[type eq "work"].streetAddress',
        value => '1010 Broadway Ave' },
      { addresses => [ { %$work, streetAddress => '1010 Broadway Ave' },
                       $user{addresses}[1] ] } ],
    [ 'a complex attribute keeps what is not named',
      { op => 'replace', path => 'name', value => { givenName => 'Babs' } },
      { name => { familyName => 'Jensen', givenName => 'Babs' } } ],
    [ 'an extension\'s attribute', { op => 'add',
        path => ENTERPRISE . ':employeeNumber', value => '4711' },
      { ENTERPRISE() => { employeeNumber => '4711' },
        schemas => [ USER, ENTERPRISE ] } ],
    [ 'add where nothing matches makes an element',
      { op => 'add', path => 'emails[type eq "home"].value', value => 'x' },
      { emails => [ @{ $user{emails} }, { type => 'home',
                                          value => 'x' } ] } ],
    [ 'replace where nothing matches', { op => 'replace',
        path => 'emails[type eq "home"].value', value => 'x' }, 'noTarget' ],
    [ 'remove without a path', { op => 'remove' }, 'noTarget' ],
    [ 'readOnly', { op => 'replace', path => 'id', value => 'x' },
      'mutability' ],
    [ 'unknown', { op => 'add', path => 'x', value => 'x' },
      'invalidPath' ],
) {
    my ($name, $operation, $change) = @$case;
    my $got = eval { patched($TYPES[0], \%user, [ $operation ]) }
              // $@->{scimType};
    my $want = $change;

    if (ref $change) {
        $want = { %user, %$change };
        delete @$want{ grep { !defined $want->{$_} } keys %$want };
    }

    is_deeply($got, $want, $name);
}



=== TEST 2: users and widgets
--- http eval: $::HTTP
--- scim
use SCIM::Differ qw(seed amount report);
use SCIM::Differ::Patch 'find_patches';

seed();
my $n = amount(1500);
report("$n programs", parallel(2, sub { find_patches($_[0], 2, $n) }));



=== TEST 3: members of groups
--- http eval: $::HTTP
--- scim
use SCIM::Differ qw(seed amount report);
use SCIM::Differ::Patch qw(find_memberships pool);

seed();
my $pool = pool(30);
my $n = int amount(1500) / 3;
report("$n programs", parallel(2, sub {
    find_memberships($_[0], 2, $n, $pool) }));



=== TEST 4: what the strict profile takes means the same
--- http eval: $::HTTP
--- globex
profile strict;
--- scim
use SCIM::Differ qw(seed amount report);
use SCIM::Differ::Patch 'find_patches';

seed();
my $n = int amount(1500) / 3;
report("$n programs", parallel(2, sub {
    find_patches($_[0], 2, $n, as => 'globex', strict => 1) }));
