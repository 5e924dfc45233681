# The connection is lost between a change of a group and its answer: the
# change takes place once, and is answered for what it is.  The words that the
# proxy looks for are names of tokens, which each statement carries.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/../lib';

use SCIM::Conf qw(%SECRET token_line);
use SCIM::Nginx;
use SCIM::Postgres;
use SCIM::Proxy;
use SCIM;
use Test::More;

my @WHAT = qw(post patch put delete);
my @cut = map { my $when = $_; map { "cut-$when-$_" } @WHAT }
          'before', 'after';

$SECRET{$_} = "acme-5ecret-$_" for @cut;

my $pg = SCIM::Postgres->new;
my $proxy = SCIM::Proxy->new($pg);
my $nginx = SCIM::Nginx->new(conninfo => $proxy->conninfo,
    database => 'timeout=5s',
    tenants => { acme => join "\n", map { token_line($SECRET{$_},
                                                     name => $_) } @cut },
)->start;
my $client = $nginx->client(timeout => 30);

sub user { return { schemas => [ SCIM::USER() ], userName => @_ } }

sub group {
    my ($name, @ids) = @_;
    return { schemas => [ SCIM::GROUP() ], displayName => $name,
             members => [ map +{ value => $_ }, @ids ] };
}

sub group_is {
    my ($id, $want, $why) = @_;

    is($pg->sql("select version, members, (select count(*) "
                . "from scim.member m where m.group_id = r.id), "
                . "(select string_agg(op, ' ' order by at) from scim.audit a "
                . "where a.resource_id = r.id) "
                . "from scim.resource r where id = '$id'"), $want, $why);
}

SCIM::Nginx::wait_for('the first answer', sub {
    $client->request('GET', '/Users')->{status} == 200;
});

for my $when ('before', 'after') {

    subtest "lost $when the server has done it" => sub {
        my @id = map { $client->request('POST', '/Users',
                                        body => user("$when-$_"))
                       ->json->{id} } 1 .. 3;
        my $as = "cut-$when";

        my $res = $client->request('POST', '/Groups', as => "$as-post",
                                   body => group("g-$when", @id[0, 1]));
        is($res->{status}, 201, 'POST') or diag($res->describe);
        my $id = $res->json->{id};
        is(scalar @{ $res->json->{members} }, 2, 'with its members');
        group_is($id, '1|2|2|create', 'made once');

        $res = $client->request('PATCH', "/Groups/$id", as => "$as-patch",
            body => { schemas => [ SCIM::PATCHOP() ], Operations => [
                { op => 'add', path => 'members',
                  value => [ { value => $id[2] } ] } ] });
        is($res->{status}, 200, 'PATCH') or diag($res->describe);
        is($res->header('ETag'), 'W/"2"', 'the next version');
        group_is($id, '2|3|3|create patch', 'one more, once');

        $res = $client->request('PUT', "/Groups/$id", as => "$as-put",
                                body => group("h-$when", $id[2]));
        is($res->{status}, 200, 'PUT') or diag($res->describe);
        is($res->header('ETag'), 'W/"3"', 'the next version');
        group_is($id, '3|1|1|create patch replace', 'replaced once');

        $res = $client->request('DELETE', "/Users/$id[2]",
                                as => "$as-delete");
        is($res->{status}, 204, 'DELETE of a member')
            or diag($res->describe);
        group_is($id, '4|0|0|create patch replace', 'taken out once');
    };
}

$nginx->finish(qr/lost|closed|timed out|SQLSTATE|connection/);
done_testing;
