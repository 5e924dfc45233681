# Who listens hears which tenants have changed: once an interval, whatever the
# number of writes.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: one notification for many writes
--- database: notify=1s
--- scim
use SCIM::Listener;

my $listener = SCIM::Listener->new;

my @answers = parallel(40, sub {
    my ($i) = @_;
    my $res = client->request('POST', '/Users', body => user("n$i"),
                              as => $i % 4 ? 'acme' : 'globex');
    return { status => $res->{status} };
});
is(scalar(grep { $_->{status} == 201 } @answers), 40, '40 users');

wait_for('both tenants', sub {
    my %heard = map { $_ => 1 } $listener->heard;
    return $heard{acme} && $heard{globex};
});

my @heard = $listener->heard;
is_deeply([ grep { !/^(acme|globex)$/ } @heard ], [], 'names of tenants');
cmp_ok(scalar @heard, '<', 20, 'few for many: ' . @heard);

# of a change that comes later, again

my $before = @heard;
status_is(DELETE('/Users/' . GET('/Users?count=1')->json->{Resources}[0]{id}),
          204);
wait_for('the next one', sub { @heard = $listener->heard;
                               @heard > $before });
is($heard[-1], 'acme');



=== TEST 2: what changes nothing is not told
--- database: notify=1ms
--- reset
--- scim
use SCIM::Listener;

my $listener = SCIM::Listener->new;
my $user = create('same@example.com');
wait_for('the new one', sub { my @heard = $listener->heard; scalar @heard });

status_is(PUT("/Users/$user->{id}", user('same@example.com')), 200);
error_is(POST('/Users', user('same@example.com')), 409, 'uniqueness');
status_is(GET('/Users'), 200);

status_is(POST('/Users', user('other@example.com'), as => 'globex'), 201);
wait_for('the other tenant', sub {
    my @heard = $listener->heard; @heard > 1;
});
is_deeply([ $listener->heard ], [ 'acme', 'globex' ], 'nothing before it');



=== TEST 3: off
--- database: notify=off
--- reset
--- scim
use SCIM::Listener;

my $listener = SCIM::Listener->new;

create("off$_") for 1 .. 20;
sql("select pg_notify('scim', 'end')");
wait_for('the end', sub { my @heard = $listener->heard; scalar @heard });
is_deeply([ $listener->heard ], [ 'end' ], 'nothing before it');
