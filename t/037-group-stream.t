# Groups of any size: one piece while a page holds all members, else chunk by
# chunk as the client takes them.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use SCIM::H2;
use Test::Nginx::Socket 'no_plan';

no warnings 'once';



# groups g<size> with the first so many users; what SQL says of their members

our @SIZES = (0, 1, 999, 1000, 1001, 2500, 60_000);
our (%ID, %MD5);

# groups "name" => size, created in this order, behind all that are there

sub fill_groups {
    my @groups;

    while (my ($name, $size) = splice @_, 0, 2) {
        push @groups, "('$name', $size, " . @groups . ')';
    }

    my $groups = join ', ', @groups;
    my $n = @groups;
    my $urn = SCIM::GROUP;

    my $rows = SCIM::sql(<<"EOC");
create temporary table g as
    select gen_random_uuid() as id, name, size, n
    from (values $groups) v(name, size, n);

insert into scim.resource (tenant, id, type, name, name_key, members, created,
                           doc)
    select 'acme', id, 'Group', name, name, size,
           clock_timestamp() + n * interval '1 us',
           jsonb_build_object('schemas', jsonb_build_array('$urn'),
                              'displayName', name)
    from g;

insert into scim.member (tenant, group_id, member_id, kind)
    select 'acme', g.id, u.id, 'u'
    from g cross join generate_series(1, size) i
         join scim.resource u on u.external_id = i::text
    where u.tenant = 'acme' and u.type = 'User';

update scim.tenant set groups = groups + $n where name = 'acme';

select g.name, g.id,
       md5(coalesce(string_agg(member_id::text, ',' order by member_id), ''))
from g left join scim.member m on m.tenant = 'acme' and m.group_id = g.id
group by g.name, g.id
EOC

    for (split /\n/, $rows) {
        my ($name, $id, $md5) = split /\|/;
        ($ID{$name}, $MD5{$name}) = ($id, $md5);
    }
}

sub fill_users {
    my ($n) = @_;

    SCIM::sql("insert into scim.resource (tenant, id, type, name, name_key, "
        . "external_id, doc) select 'acme', gen_random_uuid(), 'User', "
        . "'u' || i, 'u' || i, i::text, jsonb_build_object('schemas', "
        . "jsonb_build_array('" . SCIM::USER . "'), 'userName', 'u' || i, "
        . "'active', true) from generate_series(1, $n) i");
    SCIM::sql("update scim.tenant set users = $n, active_users = $n "
              . "where name = 'acme'");
    SCIM::sql("analyze scim.resource");
}


# ids of the members in a text, without decoding megabytes

sub members_md5 {
    return Digest::MD5::md5_hex(join ',',
        $_[0] =~ /[{,]"value":"([0-9a-f-]{36})"/g);
}

sub members_n {
    my $n = () = $_[0] =~ /[{,]"value":"[0-9a-f-]{36}"/g;
    return $n;
}


# asks, and takes no more than some bytes of the answer

sub ask {
    my ($client, $path, %opt) = @_;

    my $socket = IO::Socket::INET->new(Proto => 'tcp') or die "socket: $!";

    setsockopt $socket, Socket::SOL_SOCKET(), Socket::SO_RCVBUF(), 8192;
    connect $socket, Socket::sockaddr_in($client->{port},
                                         Socket::inet_aton('127.0.0.1'))
        or die "connect: $!";

    syswrite $socket, $client->format('GET', $path, %opt);
    return $socket;
}

sub take {
    my ($socket, $n) = @_;
    my $all = '';
    my $select = IO::Select->new($socket);

    while (length $all < $n && $select->can_read(30)) {
        my $want = $n - length $all;
        my $got = sysread $socket, $all, $want > 65536 ? 65536 : $want,
                          length $all;
        last unless $got;
    }

    return $all;
}

# the rest, up to the end; what was taken before comes first

sub take_all { return $_[1] . take($_[0], 1e9) }

# the body of a chunked answer, and whether it was complete

sub unchunk {
    my ($all) = @_;
    my ($head, $rest) = split /\r\n\r\n/, $all, 2;
    my ($body, $at) = ('', 0);

    while ($at < length $rest
           && substr($rest, $at, 20) =~ /^([0-9a-f]+)\r\n/)
    {
        my $n = hex $1;
        $at += length($1) + 2;
        return ($body, 0) if $at + $n > length $rest;
        return ($body, 1) if $n == 0 && substr($rest, $at) eq "\r\n";
        $body .= substr $rest, $at, $n;
        $at += $n + 2;
    }

    return ($body, 0);
}

{
    no strict 'refs';
    *{"SCIM::Steps::$_"} = \&{"main::$_"}
        for qw(fill_groups fill_users members_md5 members_n ask take
               take_all unchunk);
    *{"SCIM::Steps::$_"} = \%{"main::$_"} for qw(ID MD5);
    *{"SCIM::Steps::SIZES"} = \@SIZES;
}

scim_reset();
fill_users(100_000);
fill_groups(map { ("g$_" => $_) } @SIZES);
run_tests();

__DATA__

=== TEST 1: groups of all sizes
--- scim
for my $size (@SIZES) {
    my $res = GET("/Groups/$ID{qq(g$size)}");

    status_is($res, 200, "$size members");
    header_is($res, 'Content-Type', 'application/scim+json');
    etag_is($res, 1);

    if ($size <= 1000) {
        is($res->header('Content-Length'), length $res->{body}, 'one piece');

    } else {
        is($res->header('Content-Length'), undef, 'no length');
        header_is($res, 'Transfer-Encoding', 'chunked');
    }

    is(members_n($res->{body}), $size, 'all of them');
    is(members_md5($res->{body}), $MD5{"g$size"}, 'in order, none twice');

    $res->{body} =~ s/(?<="members":\[).*(?=\])// if $size > 2500;

    json_is($res, 'displayName', "g$size");
    json_is($res, 'schemas', [ GROUP ]);
    json_is($res, 'id', $ID{"g$size"});
    like($res->json->{meta}{location}, qr{/Groups/$ID{"g$size"}$}, 'meta');
    ok(!exists $res->json->{members}, 'no members') if $size == 0;
}



=== TEST 2: a member
--- scim
my $member = GET("/Groups/$ID{g1}")->json->{members}[0];
my $user = GET('/Users?filter=' . uri_escape('userName eq "u1"'))
           ->json->{Resources}[0];

is_deeply($member, { value => $user->{id}, '$ref' => $user->{meta}{location},
                     type => 'User' }, 'all that is told');



=== TEST 3: lists of mixed sizes
--- scim
my @six = map { GET("/Groups/$ID{qq(g$_)}")->json } @SIZES[0 .. 5];
my $res = GET('/Groups?count=6');

status_is($res, 200);
json_is($res, 'totalResults', 7);
json_is($res, 'startIndex', 1);
json_is($res, 'itemsPerPage', 6);
is_deeply($res->json->{Resources}, \@six, 'each as by itself');

# where what is asked for in one go begins and ends does not matter

for my $case ([ 1, 2 ], [ 1, 3 ], [ 2, 1 ], [ 2, 3 ], [ 3, 2 ], [ 4, 3 ],
              [ 5, 2 ])
{
    my ($start, $n) = @$case;
    my $res = GET("/Groups?startIndex=$start&count=$n");

    is_deeply($res->json->{Resources}, [ @six[$start - 1 .. $start + $n - 2] ],
              "$n from $start on");

    my $sum = 0;
    $sum += $_ for @SIZES[$start - 1 .. $start + $n - 2];

    is(defined $res->header('Content-Length') ? 1 : 0, $sum <= 1000 ? 1 : 0,
       "a length only when a page holds all $sum");
}

$res = GET('/Groups');
is(members_n($res->{body}), 65_501, 'all members of all');
like($res->{body}, qr/\]\}$/, 'to the end');



=== TEST 4: more groups than are asked for at once
--- scim
fill_groups(map { ("s$_" => $_ % 4) } 1 .. 150);

my $res = GET('/Groups?startIndex=8&count=150');
json_is($res, 'itemsPerPage', 150);

my $list = $res->json->{Resources};
is(scalar @$list, 150, 'all of them');

for my $i (1 .. 150) {
    my $group = $list->[$i - 1];
    my @got = map { $_->{value} } @{ $group->{members} // [] };

    if ($group->{displayName} ne "s$i" || @got != $i % 4
        || Digest::MD5::md5_hex(join ',', @got) ne $MD5{"s$i"})
    {
        fail("group s$i");
    }
}

# behind a large one, and with one at the end that has no members

for my $case ([ 7, 151 ], [ 6, 152 ], [ 8, 148 ], [ 157, 1 ], [ 11, 1 ]) {
    my ($start, $n) = @$case;
    my $res = GET("/Groups?startIndex=$start&count=$n"
                  . '&attributes=displayName,members.value');
    my @got = @{ $res->json->{Resources} // [] };

    is(scalar @got, $n, "$n from $start on");

    for (@got) {
        my $ids = join ',', map { $_->{value} } @{ $_->{members} // [] };
        fail($_->{displayName})
            if Digest::MD5::md5_hex($ids) ne $MD5{$_->{displayName}};
    }
}

# groups without members alone: nothing is read

sql("delete from scim.member where group_id in (select id from scim.resource "
    . "where name like 's%')");
sql("update scim.resource set members = 0 where name like 's%'");
$res = GET('/Groups?startIndex=8&count=150');
is($res->header('Content-Length'), length $res->{body}, 'in one piece');
is(scalar @{ $res->json->{Resources} }, 150, 'all of them');

sql("delete from scim.resource where type = 'Group' and name like 's%'");
sql("update scim.tenant set groups = 7 where name = 'acme'");



=== TEST 5: the count is wrong, the members are right
--- scim
# more than was counted, fewer, none: as when somebody changes it meanwhile

for my $count (1, 2499, 2501, 59_999) {
    sql("update scim.resource set members = $count where id = '$ID{g2500}'");

    my $res = GET("/Groups/$ID{g2500}");
    is(scalar @{ $res->json->{members} }, 2500, "counted as $count");
    is(members_md5($res->{body}), $MD5{g2500}, 'all');

    $res = GET('/Groups?startIndex=5&count=2');
    is_deeply([ map { scalar @{ $_->{members} } }
                @{ $res->json->{Resources} } ], [ 1001, 2500 ], 'in a list');
}

sql("update scim.resource set members = 2500 where id = '$ID{g2500}'");
sql("update scim.resource set members = 7 where id = '$ID{g0}'");

my $res = GET("/Groups/$ID{g0}");
status_is($res, 200);
ok(!@{ $res->json->{members} // [] }, 'nobody is there');
is_deeply([ map { scalar @{ $_->{members} // [] } }
            @{ GET('/Groups?count=3')->json->{Resources} } ], [ 0, 1, 999 ],
          'in a list');
sql("update scim.resource set members = 0 where id = '$ID{g0}'");



=== TEST 6: HEAD
--- scim
my $client = client(keepalive => 1);

for my $size (1, 1000, 1001, 60_000) {
    my $res = $client->request('HEAD', "/Groups/$ID{qq(g$size)}");

    status_is($res, 200, "$size members");
    etag_is($res, 1);
    is($res->header('Transfer-Encoding'), undef, 'no chunks');

    my $length = GET("/Groups/$ID{qq(g$size)}")->header('Content-Length');
    is($res->header('Content-Length'), $length, 'the same length');
}

status_is($client->request('HEAD', '/Groups'), 200, 'a list');
status_is($client->request('GET', '/Groups?count=0'), 200, 'and on');
ok($client->{reused}, 'on the same connection');



=== TEST 7: projections
--- scim
my $path = "/Groups/$ID{g60000}";

# who does not want members does not have them read: no row of the table may
# be looked at

sql("create function public.look() returns boolean language plpgsql volatile "
    . "as 'begin raise exception ''looked''; end'");
sql('create policy look on scim.member as restrictive for select '
    . 'to scim_module using (public.look())');

for my $args ('excludedAttributes=members', 'attributes=displayName',
              'excludedAttributes=MEMBERS,externalId',
              'attributes=id')
{
    my $res = GET("$path?$args");

    status_is($res, 200, $args);
    is($res->header('Content-Length'), length $res->{body}, 'one piece');
    ok(!exists $res->json->{members}, 'no members');
}

status_is(GET('/Groups?excludedAttributes=members'), 200, 'a list');
cmp_ok(GET($path)->{status}, '>=', 500, 'who looks is caught');

sql('drop policy look on scim.member; drop function public.look()');

my $res = GET("/Groups/$ID{g1001}?attributes=members.value");
is_deeply([ sort keys %{ $res->json } ], [ qw(id members schemas) ],
          'members.value alone');
is(scalar(grep { "@{[ keys %$_ ]}" ne 'value' } @{ $res->json->{members} }),
   0, 'nothing beside it');
is(members_md5($res->{body}), $MD5{g1001}, 'all of them');

$res = GET("$path?attributes=members.value");
is(members_md5($res->{body}), $MD5{g60000}, '60,000 values');

$res = GET('/Groups?count=5&attributes=members.display');
is_deeply([ map { scalar @{ $_->{members} // [] } }
            @{ $res->json->{Resources} } ], [ @SIZES[0 .. 4] ], 'in a list');
--- error_log
[crit]



=== TEST 8: HTTP/1.0 and connections that live on
--- scim
my $all = talk("GET /scim/v2/Groups/$ID{g2500} HTTP/1.0\r\n"
               . "Authorization: Bearer $SECRET{acme}\r\n\r\n");
my ($head, $body) = split /\r\n\r\n/, $all, 2;

unlike($head, qr/Transfer-Encoding|Content-Length/i, 'up to the end');
is(members_md5($body), $MD5{g2500}, 'all members');
is(scalar @{ json($body)->{members} }, 2500, 'well-formed');

my $client = client(keepalive => 1);

for my $i (1 .. 3) {
    my $res = $client->request('GET', "/Groups/$ID{g2500}");
    is(members_md5($res->{body}), $MD5{g2500}, "answer $i");
    is($client->{reused}, $i > 1, 'connection');
}

# two requests at once

my $request = client(keepalive => 1)->format('GET', "/Groups/$ID{g2500}");
$all = talk($request . client->format('GET', "/Groups/$ID{g1001}"));
is(members_n($all), 3501, 'pipelined');
is(scalar(() = $all =~ /^HTTP\/1.1 200/mg), 2, 'two answers');



=== TEST 9: HTTP/2
--- server
listen 127.0.0.1:$TEST_NGINX_SCIM_H2_PORT http2;
--- skip_eval: 1: !SCIM::has_curl_http2()
--- scim
my $url = "http://127.0.0.1:$ENV{TEST_NGINX_SCIM_H2_PORT}/scim/v2";
my $curl = sub {
    my $pid = open my $out, '-|', 'curl', '-s', '-m', '60',
        '--http2-prior-knowledge', '-H',
        "Authorization: Bearer $SECRET{acme}", @_ or die "curl: $!";
    my $all = do { local $/; <$out> };
    close $out;
    return $all // '';
};

for my $size (1, 1000, 1001, 2500, 60_000) {
    my $body = $curl->("$url/Groups/$ID{qq(g$size)}");
    is(members_md5($body), $MD5{"g$size"}, "$size members");
    like($body, qr/\}$/, 'to the end');
}

like($curl->('-I', "$url/Groups/$ID{g2500}"), qr/^HTTP\/2 200/, 'HEAD');

my $body = $curl->('--limit-rate', '500k', "$url/Groups/$ID{g2500}");
is(members_md5($body), $MD5{g2500}, 'slowly');

# those that leave: nobody reads, then the process is gone

for (1 .. 5) {
    my $pid = open my $out, '-|', 'curl', '-s', '-N',
        '--http2-prior-knowledge', '-H',
        "Authorization: Bearer $SECRET{acme}",
        "$url/Groups/$ID{g60000}" or die "curl: $!";
    sysread $out, my $some, 1000;
    kill 'KILL', $pid;
    close $out;
}

is(members_md5($curl->("$url/Groups/$ID{g2500}")), $MD5{g2500}, 'and on');



=== TEST 10: HTTP/2, stream by stream
--- server
listen 127.0.0.1:$TEST_NGINX_SCIM_H2_PORT http2;
--- scim
my $port = $ENV{TEST_NGINX_SCIM_H2_PORT};

# side by side on one connection

my $h2 = SCIM::H2->new(port => $port);
my @ids = map { $h2->get("/Groups/$ID{qq(g$_)}") } 2500, 1001, 60_000, 1;

for (2500, 1001, 60_000, 1) {
    is(members_md5($h2->wait(shift @ids)->{body}), $MD5{"g$_"}, "$_ members");
}

# one that takes no more does not keep the others waiting

my $slow = $h2->get("/Groups/$ID{g60000}");
$h2->shut($slow);
my $s = $h2->wait($slow, sub { length $_[0]{body} >= 65535 });
is(length $s->{body}, 65535, 'the window is full');

is(members_n($h2->wait($h2->get("/Groups/$ID{g2500}"))->{body}), 2500,
   'another stream');
is(length $s->{body}, 65535, 'nothing more of the first');

$h2->open($slow);
is(members_md5($h2->wait($slow)->{body}), $MD5{g60000}, 'it goes on');

# given up, at once and in the middle

$h2->reset($h2->get("/Groups/$ID{g60000}"));
$slow = $h2->get("/Groups/$ID{g60000}");
$h2->shut($slow);
$h2->wait($slow, sub { length $_[0]{body} >= 65535 });
$h2->reset($slow);
is(members_n($h2->wait($h2->get("/Groups/$ID{g2500}"))->{body}), 2500,
   'a reset stream does no harm');
$h2->close;

# frames wait for the socket when their stream ends

for my $way ('reset', 'close') {
    $h2 = SCIM::H2->new(port => $port, window => 0x7fffffff);
    @ids = map { $h2->get("/Groups/$ID{g60000}") } 1 .. 3;
    $h2->wait($ids[0], sub { length $_[0]{body} > 60_000 });

    if ($way eq 'reset') {
        $h2->reset($_) for @ids[0, 1];
        is(members_md5($h2->wait($ids[2])->{body}), $MD5{g60000},
           'the third is whole');
    }

    $h2->close;
}



=== TEST 11: a slow client holds nothing up
--- database
read=1 work=1
--- scim
my $busy = "select count(*) from pg_stat_activity "
           . "where usename = 'scim_module' and state <> 'idle'";

my @slow = map { ask(client(timeout => 60), "/Groups/$ID{g60000}") } 1 .. 10;
my @taken = map { take($_, 5000) } @slow;

wait_for('the database at rest', sub { sql($busy) == 0 });

# the only connection for lists and members is free

for my $i (1 .. 5) {
    is(members_n(GET("/Groups/$ID{g2500}")->{body}), 2500, 'another read');
    status_is(GET('/Users?count=2'), 200, 'a list');
}

wait_for('the database at rest', sub { sql($busy) == 0 });

for my $i (0, 9) {
    my ($body, $complete) = unchunk(take_all($slow[$i], $taken[$i]));
    ok($complete, 'all of it, in the end');
    is(members_md5($body), $MD5{g60000}, 'as it should be');
}



=== TEST 12: memory
--- scim
my $status = sub {
    my ($pid) = SCIM::slurp(servroot() . '/logs/nginx.pid') =~ /(\d+)/;
    my $field = shift;
    my ($kb) = SCIM::slurp("/proc/$pid/status") =~ /^$field:\s+(\d+)/m;
    return $kb;
};

# much at a time, and many times

fill_groups(g100000 => 100_000);

for my $size ((100_000) x 4, (2500) x 100) {
    my $n = members_n(GET("/Groups/$ID{qq(g$size)}")->{body});
    fail("$n members of $size") if $n != $size;
}

is(members_md5(GET("/Groups/$ID{g100000}")->{body}), $MD5{g100000},
   'all 100,000');

my ($now, $peak) = map { $status->($_) } qw(VmRSS VmHWM);
note("$now kB, $peak kB at most");

if ($ENV{TEST_NGINX_USE_VALGRIND} || $ENV{ASAN_OPTIONS}) {
    pass('measured without tools alone');

} else {
    cmp_ok($now, '<', 32 * 1024, 'the worker has less than 32 MB');
    cmp_ok($peak, '<', 32 * 1024, 'and never had more');
}



=== TEST 13: clients that leave
--- scim
for my $n (1, 300, 5_000, 500_000) {
    for (1 .. 5) {
        my $socket = ask(client(), "/Groups/$ID{g60000}");
        take($socket, $n);
        close $socket;
    }
}

my $free = "select count(*) from pg_stat_activity "
           . "where usename = 'scim_module' and state <> 'idle'";

wait_for('the database at rest', sub { sql($free) == 0 });
is(members_n(GET("/Groups/$ID{g2500}")->{body}), 2500, 'and on');



=== TEST 14: members that cannot be read
--- scim
sql('revoke select on scim.member from scim_module');

my $res = GET("/Groups/$ID{g2500}");
sql('grant select on scim.member to scim_module');

cmp_ok($res->{status}, '>=', 500, 'an error');
error_is($res, $res->{status}, '');
is(members_n(GET("/Groups/$ID{g2500}")->{body}), 2500, 'and on');
--- error_log
[crit]
SQLSTATE 42501



=== TEST 15: they cannot be read any more
--- server
listen 127.0.0.1:$TEST_NGINX_SCIM_H2_PORT http2;
--- scim
my $slow = ask(client(), "/Groups/$ID{g60000}");
my $taken = take($slow, 5000);

sql('revoke select on scim.member from scim_module');
my ($body, $complete) = unchunk(take_all($slow, $taken));
sql('grant select on scim.member to scim_module');

like($taken, qr/^HTTP\/1.1 200/, 'it began well');
ok(!$complete, 'the client can tell that it was cut');
cmp_ok(members_n($body), '<', 60_000, 'not all');
is(members_n(GET("/Groups/$ID{g2500}")->{body}), 2500, 'and on');

my $h2 = SCIM::H2->new(port => $ENV{TEST_NGINX_SCIM_H2_PORT});
my $id = $h2->get("/Groups/$ID{g60000}");
$h2->shut($id);
$h2->wait($id, sub { length $_[0]{body} >= 65535 });

sql('revoke select on scim.member from scim_module');
$h2->open($id);
my $s = $h2->wait($id);
sql('grant select on scim.member to scim_module');

ok($s->{reset}, 'HTTP/2: the stream is reset');
ok(!$s->{ended}, 'and does not seem to be whole');
--- error_log
[crit]
scim: the answer is cut off



=== TEST 16: connections lost in the middle
--- scim
my $slow = ask(client(), "/Groups/$ID{g60000}");
my $taken = take($slow, 5000);

sql("select count(pg_terminate_backend(pid)) from pg_stat_activity "
    . "where usename = 'scim_module'");

my ($body, $complete) = unchunk(take_all($slow, $taken));

ok($complete, 'nothing of it is seen');
is(members_md5($body), $MD5{g60000}, 'all members');



=== TEST 17: a group deleted in the middle
--- scim
fill_groups(gone => 60_000);

my $slow = ask(client(), "/Groups/$ID{gone}");
my $taken = take($slow, 5000);

status_is(DELETE("/Groups/$ID{gone}"), 204);

my ($body, $complete) = unchunk(take_all($slow, $taken));

ok($complete, 'the answer ends well');
cmp_ok(members_n($body), '<', 60_000, 'with those that were found');
like($body, qr/\}\]\}$/, 'and its brackets');



=== TEST 18: nobody reads for send_timeout
--- location
send_timeout 1s;
--- scim
my $slow = ask(client(), "/Groups/$ID{g60000}");
my $taken = take($slow, 500);

wait_for('nginx to give up', sub { error_log() =~ /client timed out/ });

my ($body, $complete) = unchunk(take_all($slow, $taken));
ok(!$complete, 'cut');



=== TEST 19: a limit of the rate
--- location
limit_rate 2m;
--- scim
my $res = GET("/Groups/$ID{g2500}");

is(members_md5($res->{body}), $MD5{g2500}, 'all members');
is(scalar @{ $res->json->{members} }, 2500, 'well-formed');



=== TEST 20: compressed
--- location
gzip on;
gzip_types application/scim+json;
--- scim
require IO::Uncompress::Gunzip;

for my $size (1000, 1001, 2500, 60_000) {
    my $res = GET("/Groups/$ID{qq(g$size)}",
                  headers => [ 'Accept-Encoding' => 'gzip' ]);

    header_is($res, 'Content-Encoding', 'gzip');
    IO::Uncompress::Gunzip::gunzip(\$res->{body}, \my $body);
    is(members_md5($body // ''), $MD5{"g$size"}, "$size members");
}



=== TEST 21: in parts of a page
--- server
location = /page {
    ssi on;
    default_type text/html;
    alias $TEST_NGINX_SERVER_ROOT/html/page.html;
}
--- scim
mkdir servroot() . '/html';
open my $out, '>', servroot() . '/html/page.html' or die $!;
print $out qq(<1><!--# include virtual="/scim/v2/Groups/$ID{g2500}" -->)
           . qq(<2><!--# include virtual="/scim/v2/Groups/$ID{g1001}" -->)
           . qq(<3><!--# include virtual="/scim/v2/Groups/$ID{g1}" --><4>);
close $out;

my $res = GET('/page', absolute => 1);
status_is($res, 200);

my @parts = $res->{body} =~ /<1>(.*)<2>(.*)<3>(.*)<4>/s;
is(members_md5($parts[0] // ''), $MD5{g2500}, 'the first');
is(members_md5($parts[1] // ''), $MD5{g1001}, 'the second');
is(members_md5($parts[2] // ''), $MD5{g1}, 'the third');



=== TEST 22: what a change answers
--- scim
my @users = map { { value => $_ } } split /\n/,
    sql("select member_id from scim.member where group_id = '$ID{g1001}' "
        . "order by member_id");

for my $n (2, 1000, 1001) {
    my $res = POST('/Groups', { schemas => [ GROUP ],
        displayName => "new $n", members => [ @users[0 .. $n - 1] ] });

    status_is($res, 201, "$n members");
    etag_is($res, 1);
    is($res->header('Location'), $res->json->{meta}{location}, 'Location');
    is(scalar @{ $res->json->{members} }, $n, 'all of them');
    status_is(DELETE('/Groups/' . $res->json->{id}), 204);
}
