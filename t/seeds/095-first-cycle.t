# The first cycle of an identity provider that finds its people in the product:
# each is looked for and patched.  The second cycle finds nothing to do.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM;
use SCIM::Seeds;
use Test::Nginx::Socket 'no_plan';

# SCIM_PEOPLE=n: another number of people

my $body = SCIM::encode({ schemas => [ SCIM::PATCHOP ], Operations => [
    { op => 'Add', path => 'externalId', value => 'entra-#' },
    { op => 'Replace', path => 'displayName', value => 'Person #' },
    { op => 'Add', path => 'emails[type eq "work"].value',
      value => 'person#@four.example' },
    { op => 'Replace', path => 'active', value => 'True' } ] });

sub SCIM::Steps::cycle {
    my ($people) = @_;
    my $processes = 6;

    my @wrong = map { @{ $_ // [ 'a process has died' ] } }
        SCIM::Parallel::parallel($processes, sub {
            my ($p) = @_;
            my $client = SCIM::client(as => 'tasks', keepalive => 1,
                                      prefix => '/scim/entra');
            my @wrong;

            for (my $i = $p; $i <= $people; $i += $processes) {
                my $res = $client->request('GET', SCIM::Seeds::eq_filter(
                    'Users', 'userName', "Person$i\@four.example"));

                # without a parser, which would take most of the time

                my @ids = $res->{body} =~ /"id" *: *"([^"]+)"/g;

                if (@ids != 1 || $res->{body} !~ /"totalResults" *: *1\b/) {
                    push @wrong, "$i: " . $res->describe;
                    next;
                }

                $res = $client->request('PATCH', "/Users/$ids[0]",
                                        body => $body =~ s/#/$i/gr);
                push @wrong, "$i: " . $res->describe
                    if $res->{status} != 200
                       || $res->{body} !~ /"externalId" *: *"entra-$i"/;
            }

            return \@wrong;
        });

    Test::More::is(scalar @wrong, 0, "$people people, found and patched")
        or Test::More::diag($wrong[0]);
}

SCIM::Seeds::seeds_reset();
run_tests();

SCIM::Seeds::seeds_end();

__DATA__

=== TEST 1: two cycles
--- timeout: 600
--- scim
my $people = people(10000);
my $tenant = $TENANT{tasks};

import_many('tasks', $people, 'account',
    "jsonb_build_object('userName', 'person' || i || '\@four.example', "
    . "'name', jsonb_build_object('givenName', 'Per', 'familyName', 'Son'), "
    . "'emails', jsonb_build_array(jsonb_build_object('value', 'person' || i "
    . "|| '\@four.example', 'type', 'work')))");

# somebody whom the identity provider does not know

my $left = app("select scim.import_user('$tenant', 'external', "
               . "'{\"userName\": \"external\@four.example\"}', false)");
my $ids = "select md5(string_agg(app_ref || id, ',' order by app_ref)) "
          . "from scim.resource where tenant = '$tenant'";
my $before = sql($ids);
my $events = "select type, count(*), count(distinct resource_id), "
             . "count(distinct app_ref) from scim.event "
             . "where tenant = '$tenant' group by type order by type";
my $writes = "select op, status, count(*) from scim.audit where tenant = "
             . "'$tenant' and origin = 'scim' group by op, status";

cycle($people);

sql_is($events, "user.adopted|$people|$people|$people\n"
                . "user.updated|$people|$people|$people",
       'each is adopted once, and nobody is created');
sql_is("select count(*) from scim.event a join scim.event u using (tenant, "
       . "resource_id) where a.type = 'user.adopted' and u.type = "
       . "'user.updated' and (u.n <> a.n + 1 or "
       . "u.changed <> '{displayName,externalId}')", 0, 'then updated');
sql_is($ids, $before, 'the accounts are those that there were');
sql_is("select managed, version, count(*) from scim.resource where tenant = "
       . "'$tenant' group by 1, 2 order by 1",
       "f|1|1\nt|2|$people", 'one version more, but for who was left out');
sql_is($writes, "patch|200|$people", 'one audit row each');
sql_is("select event_no from scim.tenant where name = '$tenant'",
       2 * $people, 'the numbers are gapless');

my $sum = tenants_sum('true');
my $ledger = "select event_no, users, active_users from scim.tenant "
             . "where name = '$tenant'";
my $counts = sql($ledger);

cycle($people);

is(tenants_sum('true'), $sum, 'the second cycle: no event, no version');
sql_is($writes, "patch|200|$people", 'no audit row');
sql_is($ledger, $counts, 'the ledger as it was');
