# Two tenants: neither sees, changes nor delays the other.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: a foreign id is an unknown id, on every endpoint
--- scim
my $mine = create('mine@acme.example', externalId => 'acme-1');
my $theirs = create('theirs@globex.example', externalId => 'globex-1',
                    -opt => { as => 'globex' });
my $before = sql("select md5(string_agg(r::text, '' order by tenant, id)) "
                 . "from scim.resource r");

# everything but the date

my $all = sub {
    my ($res) = @_;
    my $head = $res->{raw_headers};
    $head =~ s/^Date:.*\r\n//mi;
    return "$head\n$res->{body}";
};

my $body = user('changed@acme.example');

for my $request (
    [ 'GET' ],
    [ 'HEAD' ],
    [ 'PUT', body => $body ],
    [ 'DELETE' ],
    [ 'PATCH', body => { Operations => [] } ],
    [ 'POST', body => $body ],
    [ 'GET', headers => [ 'If-None-Match' => 'W/"1"' ] ],
    [ 'GET', headers => [ 'If-None-Match' => '*' ] ],
    [ 'GET', headers => [ 'If-Match' => 'W/"1"' ] ],
    [ 'GET', headers => [ 'If-Match' => 'W/"2"' ] ],
    [ 'PUT', body => $body, headers => [ 'If-Match' => 'W/"1"' ] ],
    [ 'PUT', body => $body, headers => [ 'If-Match' => 'W/"9"' ] ],
    [ 'PUT', body => user('theirs@globex.example') ],
    [ 'PUT', body => user('x', externalId => 'globex-1') ],
    [ 'PUT', body => '{' ],
    [ 'PUT', body => {} ],
    [ 'DELETE', headers => [ 'If-Match' => 'W/"1"' ] ],
    [ 'DELETE', headers => [ 'If-Match' => '*' ] ],
) {
    my ($method, %opt) = @$request;
    my $name = "$method @{ $opt{headers} // [] } "
               . (ref $opt{body} ? encode($opt{body}) : $opt{body} // '');

    for my $suffix ('', '?attributes=userName', '?excludedAttributes=name') {
        my $foreign = call($method, "/Users/$theirs->{id}$suffix", %opt);
        my $unknown = call($method, '/Users/' . UNKNOWN . $suffix, %opt);

        is($all->($foreign), $all->($unknown), $name . $suffix);
        isnt(int($foreign->{status} / 100), 2, 'and no success');
    }
}

sql_is("select md5(string_agg(r::text, '' order by tenant, id)) "
       . "from scim.resource r", $before, 'nothing was changed');
sql_is("select count(*) from scim.audit where status < 300", 2,
       'nor audited as a success');



=== TEST 2: lists and filters
--- scim
my ($mine) = @{ GET('/Users')->json->{Resources} };
my ($theirs) = @{ GET('/Users', as => 'globex')->json->{Resources} };

isnt($mine->{id}, $theirs->{id}, 'each sees its own');

for my $as ('acme', 'globex') {
    my $res = GET('/Users', as => $as);
    json_is($res, 'totalResults', 1, "$as: one user");
    like($res->{body}, qr/\@$as\.example/, 'its own');
}

for my $filter ('userName eq "theirs@globex.example"',
                'externalId eq "globex-1"', "id eq \"$theirs->{id}\"")
{
    my $res = GET('/Users?filter=' . uri_escape($filter));
    my $none = GET('/Users?filter=' . uri_escape('userName eq "no"'));
    is($res->{body}, $none->{body}, $filter);
}

for my $path ('/Users', '/Users?startIndex=2', '/Users?count=0',
              '/Users?filter=' . uri_escape('userName eq "x"'))
{
    unlike(GET($path)->{body}, qr/globex/, $path);
}



=== TEST 3: the same names on both sides, changed on one
--- scim
my %id = map {
    $_ => create('same@example.com', externalId => 'same',
                 -opt => { as => $_ })->{id};
} qw(acme globex);

status_is(PUT("/Users/$id{acme}", user('same@example.com', active => F)), 200);
json_is(GET("/Users/$id{globex}", as => 'globex'), 'active', T,
        'the other is still active');
json_is(GET("/Users/$id{globex}", as => 'globex'), 'externalId', 'same');

status_is(DELETE("/Users/$id{acme}"), 204);
status_is(GET("/Users/$id{globex}", as => 'globex'), 200,
          'and there when this one is deleted');



=== TEST 4: the same id in both tenants
--- scim
my $id = '11111111-2222-4333-8444-555555555555';

for my $tenant (qw(acme globex)) {
    sql("insert into scim.resource (tenant, id, type, name, name_key, doc) "
        . "values ('$tenant', '$id', 'User', '$tenant-twin', "
        . "'$tenant-twin', jsonb_build_object('schemas', "
        . "jsonb_build_array('" . USER . "'), 'userName', '$tenant-twin', "
        . "'active', true)); update scim.tenant set users = users + 1 "
        . "where name = '$tenant'");
}

# at the same moment, so that both reads may travel in one statement

for my $round (1 .. 10) {
    my @sockets = map {
        my $as = $_ % 2 ? 'acme' : 'globex';
        my $socket = client()->connect;
        syswrite $socket, client()->format('GET', "/Users/$id", as => $as);
        [ $as, $socket ];
    } 1 .. 20;

    my $wrong = grep {
        my ($as, $socket) = @$_;
        my $res = SCIM::Client::read_response($socket, 10);
        $res->{status} != 200 || $res->json->{userName} ne "$as-twin";
    } @sockets;

    is($wrong, 0, 'each has its own') or last;
}

status_is(DELETE("/Users/$id"), 204);
status_is(GET("/Users/$id", as => 'globex'), 200);



=== TEST 5: hundreds of requests at once
every value carries its tenant's name; none may turn up in the other's answer
--- reset
--- scim
my @result = parallel(12, sub {
    my ($p) = @_;
    my ($me, $you) = $p % 2 ? qw(acme globex) : qw(globex acme);
    my $client = client(keepalive => 1, as => $me);
    my (@mine, %n, @wrong);

    my $look = sub {
        my ($what, $res, @allowed) = @_;
        $n{$res->{status}}++;
        push @wrong, "$what: " . $res->describe
            if !grep { $_ == $res->{status} } @allowed;
        push @wrong, "$what: other tenant in: " . $res->describe
            if "$res->{raw_headers}$res->{body}" =~ /$you/;
        return $res;
    };

    for my $i (1 .. 20) {
        my $tag = "$me-p$p-$i";
        my $res = $look->('POST', $client->request('POST', '/Users',
            body => user("shared$i-$p", externalId => $tag,
                         displayName => $tag)), 201);
        push @mine, $res->json->{id};

        $res = $look->('GET', $client->request('GET', "/Users/$mine[-1]"),
                       200);
        push @wrong, 'GET: not mine' if $res->json->{displayName} ne $tag;

        $look->('PUT', $client->request('PUT', "/Users/$mine[-1]",
            body => user("shared$i-$p", externalId => $tag,
                         displayName => "$tag-2")), 200);

        $res = $look->('filter', $client->request('GET',
            '/Users?filter=' . uri_escape("externalId eq \"$tag\"")), 200);
        push @wrong, 'filter' if $res->json->{totalResults} != 1;

        $res = $look->('foreign filter', $client->request('GET',
            '/Users?filter=' . uri_escape("externalId eq "
            . "\"\u$you\"")), 200);
        push @wrong, 'foreign filter' if $res->json->{totalResults} != 0;

        $look->('list', $client->request('GET', '/Users?count=5'), 200);
        $look->('unknown', $client->request('GET', '/Users/' . UNKNOWN), 404);

        if ($i % 4 == 0) {
            $look->('DELETE', $client->request('DELETE',
                    '/Users/' . pop @mine), 204);
        }
    }

    return { tenant => $me, ids => \@mine, n => \%n, wrong => \@wrong };
});

is(scalar(grep { !$_ } @result), 0, 'all ended');

my @wrong = map { @{ $_->{wrong} } } @result;
is(scalar @wrong, 0, 'no answer was wrong')
    or diag(join "\n", @wrong[0 .. ($#wrong > 5 ? 5 : $#wrong)]);

# foreign ids, from all processes at once

my %ids;
push @{ $ids{$_->{tenant}} }, @{ $_->{ids} } for @result;

my @foreign = parallel(8, sub {
    my ($p) = @_;
    my ($me, $you) = $p % 2 ? qw(acme globex) : qw(globex acme);
    my $client = client(keepalive => 1, as => $me);
    my @wrong;

    for my $id (@{ $ids{$you} }) {
        my $res = $client->request('GET', "/Users/$id");
        push @wrong, $res->describe if $res->{status} != 404;
        next if $p > 2;
        $res = $client->request('PUT', "/Users/$id", body => user("x-$me"));
        push @wrong, $res->describe if $res->{status} != 404;
        $res = $client->request('DELETE', "/Users/$id");
        push @wrong, $res->describe if $res->{status} != 404;
    }

    return \@wrong;
});

is(scalar(map { @$_ } @foreign), 0, 'foreign ids: all 404');

for my $tenant (qw(acme globex)) {
    my $other = $tenant eq 'acme' ? 'globex' : 'acme';

    is(rows($tenant), 6 * 15, "$tenant: its rows");
    is(rows($tenant, "doc::text like '%$other%'"), 0, 'nothing foreign');
    sql_is("select users from scim.tenant where name = '$tenant'", 6 * 15,
           'the count');
    sql_is("select count(*), count(distinct request_id) from scim.audit "
           . "where tenant = '$tenant' and status < 300",
           6 * (20 + 20 + 5) . '|' . 6 * (20 + 20 + 5), 'the audit rows');
    sql_is("select count(*) from scim.resource r where tenant = '$tenant' "
           . "and version <> 2 and deleted_at is null", 0,
           'each at version 2');
}



=== TEST 6: time does not tell a foreign id from an unknown one
--- scim
my $theirs = sql("select id from scim.resource where tenant = 'globex' "
                 . "limit 1");
my $client = client(keepalive => 1);
my %time;

for (1 .. 300) {
    for my $id ($theirs, UNKNOWN) {
        push @{ $time{$id} }, $client->request('GET', "/Users/$id")->{time};
    }
}

my ($a, $b) = map { (sort { $a <=> $b } @{ $time{$_} })[150] } $theirs,
                                                                UNKNOWN;
note(sprintf 'foreign %.0f us, unknown %.0f us', $a * 1e6, $b * 1e6);
cmp_ok($a / $b, '<', 1.5, 'not slower');
cmp_ok($b / $a, '<', 1.5, 'nor faster');



=== TEST 7: a tenant that is not enabled, and one without a row
--- acme
--- scim
sql("update scim.tenant set enabled = false where name = 'globex'");

my $res = POST('/Users', user('off@globex.example'), as => 'globex');
error_is($res, 403);
is(rows('globex', "name like 'off%'"), 0, 'nothing written');
status_is(POST('/Users', user('on@acme.example')), 201,
          'the other is not concerned');

sql("update scim.tenant set enabled = true where name = 'globex'");
status_is(POST('/Users', user('off@globex.example'), as => 'globex'), 201,
          'enabled again');

sql("delete from scim.resource where tenant = 'globex'; "
    . "delete from scim.event where tenant = 'globex'; "
    . "delete from scim.tenant where name = 'globex'");
status_is(POST('/Users', user('first@globex.example'), as => 'globex'), 201,
          'the first write makes the row');
sql_is("select users from scim.tenant where name = 'globex'", 1, 'counted');



=== TEST 8: a database of its own
--- http eval
'scim_database other "' . SCIM::conninfo() . ' application_name=other";'
--- globex
database other;
--- scim
my $user = create('own@globex.example', -opt => { as => 'globex' });

status_is(GET("/Users/$user->{id}", as => 'globex'), 200);
error_is(GET("/Users/$user->{id}"), 404);
cmp_ok(sql("select count(*) from pg_stat_activity "
           . "where application_name = 'other'"), '>', 0, 'it is used');
