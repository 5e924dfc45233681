# Filters, sorting and paging against the reference model (SCIM::Model):
# generated filters must find exactly what the model finds.
#
#   SCIM_SEED=n     repeats the run of that seed; it is printed
#   SCIM_MODEL_N=n  how many filters, 1500 unless given

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
use SCIM::Model::Filter qw(parse matches);

my %doc = (
    schemas  => [ USER, ENTERPRISE ],
    userName => 'bjensen',
    name     => { familyName => "O'Malley", givenName => 'Barbara' },
    title    => 'Tour Guide',
    userType => 'Employee',
    active   => T,
    emails   => [ { value => 'bjensen@example.com', type => 'work',
                    primary => T },
                  { value => 'babs@jensen.org', type => 'home' } ],
    ims      => [ { value => 'x@foo.com', type => 'xmpp' } ],
    ENTERPRISE() => { department => "K\xf6ln", manager => { value => 'm' } },
    meta     => { resourceType => 'User',
                  lastModified => '2011-05-13T04:42:34Z' },
);

for (split /\n/, <<'END') {
1 userName eq "bjensen"
1 USERNAME Eq "BJENSEN"
0 userName eq "b"
1 name.familyName co "O'Malley"
1 userName sw "B"
1 urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J" or title pr
0 meta.lastModified gt "2011-05-13T04:42:34Z"
1 meta.lastModified ge "2011-05-13T06:42:34+02:00"
0 meta.lastModified lt "2011-05-13T04:42:34Z"
1 meta.lastModified le "2011-05-13T04:42:34.000Z"
1 title pr and userType eq "Employee"
1 title pr or userType eq "Intern"
1 schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
1 userType eq "Employee" and (emails co "example.com" or emails.value co "x")
0 userType ne "Employee" and not (emails co "example.com" or emails pr)
1 userType eq "Employee" and (emails.type eq "work")
1 userType eq "Employee" and emails[type eq "work" and value co "@example.com"]
0 userType eq "Employee" and emails[type eq "home" and value co "@example.com"]
1 emails.type eq "home" and emails.value co "@example.com"
1 emails[type eq "x"] or ims[type eq "xmpp" and value co "@foo.com"]
0 title eq "x" and title pr or title eq "y"
1 title eq "tour guide" or title pr and title eq "y"
1 not (title eq "x") and not(nickName pr)
1 nickName eq null and title ne null and nickName ne "x"
0 nickName eq "x" or nickName gt ""
1 active eq true and active ne "False"
1 urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "K\u00d6LN"
1 manager eq "M" and emails[primary eq true].value ew ".com"
0 emails[primary eq true].value ew ".org"
1 title gt "t" and title lt "u"
END
    my ($want, $filter) = split ' ', $_, 2;
    is(matches(parse($TYPES[0], $filter), \%doc) ? 1 : 0, $want, $filter);
}

for ('title', 'title eq', 'title xx "y"', 'active gt true', 'x eq "y"',
     'title eq 1', 'title eq "x" and', '(title pr', 'title pr)',
     'name eq "x"', 'title[value pr]', 'emails[type eq "x"', 'not title pr',
     'password eq "x"', 'meta.created eq "today"', 'title gt null',
     'x509Certificates.value sw "x"', 'emails[emails[type pr]]')
{
    my $error = eval { parse($TYPES[0], $_); 0 } // $@;
    is(ref $error && $error->{scimType}, 'invalidFilter', $_);
}



=== TEST 2: filters
--- http eval: $::HTTP
--- scim
use SCIM::Differ qw(seed amount load find_filters report);

my $docs = load();
my $n = amount(1500);

cmp_ok(CORE::scalar(map { @$_ } values %$docs), '>=', 150,
       'resources');
report("$n filters", parallel(2, sub { find_filters($_[0], 2, $n, $docs) }));



=== TEST 3: sorting, pages by index and by cursor
--- http eval: $::HTTP
--- scim
use SCIM::Differ qw(amount listed find_orders report);

my $docs = listed();
my $n = int amount(1500) / 10;

report("$n orders", parallel(2, sub { find_orders($_[0], 2, $n, $docs) }));



=== TEST 4: what is no filter
--- http eval: $::HTTP
--- scim
use SCIM::Differ qw(amount listed find_garbage report);

my $docs = listed();
my $n = int amount(1500) / 2;

report("$n texts", parallel(2, sub { find_garbage($_[0], 2, $n, $docs) }));
