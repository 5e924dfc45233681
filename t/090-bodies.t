# Bodies and answers in pieces: buffers, files, chunks, megabytes.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: in memory, in a file, in both
--- location
client_body_buffer_size 1k;
--- scim
my $i = 0;

for my $size (0, 500, 900, 1000, 1024, 1100, 5_000, 8_100) {
    for my $how ([], [ chunked => [ 1 ] ], [ chunked => [ 7, 1000 ] ],
                 [ chunked => [ 100_000 ] ])
    {
        next if $size > 2000 && "@$how" =~ /ARRAY/ && $how->[1][0] == 1;

        my $name = 'body' . $i++;
        my $user = create($name, title => 'x' x $size, -opt => { @$how });

        is(length($user->{title} // ''), $size,
           "$size bytes, " . (@$how ? "chunks of @{ $how->[1] }" : 'whole'));
    }
}



=== TEST 2: client_body_in_file_only, client_body_in_single_buffer
--- server
location /file/ { scim_pass main; client_body_in_file_only clean; }
location /single/ { scim_pass main; client_body_in_single_buffer on; }
--- scim
for my $prefix ('/file', '/single') {
    my $client = client(prefix => $prefix);

    for my $size (1, 8_000) {
        my $res = $client->request('POST', '/Users',
            body => user("$prefix$size", title => 'x' x $size));
        status_is($res, 201, "$prefix $size");
        is(length $res->json->{title}, $size, 'all of it');
    }
}



=== TEST 3: letters cut by every boundary
--- location
client_body_buffer_size 16;
--- scim
my $text = "\x{e9}\x{20ac}\x{1f600}" x 40;
my $body = '{"schemas":["' . USER . '"],"userName":"%s","title":"'
           . do { my $t = encode([ $text ]); substr $t, 2, -2 }
           . '\ud83d\ude00\u00e9"}';

for my $n (1, 2, 3, 5, 7) {
    my $res = POST('/Users', sprintf($body, "cut$n"), chunked => [ $n ]);
    status_is($res, 201, "chunks of $n");
    json_is($res, 'title', "$text\x{1f600}\x{e9}", 'whole again');
}



=== TEST 4: a body that comes in drops
--- scim
my $body = encode(user('drops@example.com'));
my $bytes = client()->format('POST', '/Users', body => $body);
my $socket = client()->connect;
my $cut = index($bytes, "\r\n\r\n") + 4;

for my $piece (substr($bytes, 0, $cut), split /(.{9})/s,
               substr $bytes, $cut)
{
    next unless length $piece;
    syswrite $socket, $piece;
    sleep 0.01;
}

status_is(SCIM::Client::read_response($socket, 10), 201);



=== TEST 5: Expect: 100-continue
--- scim
my $res = POST('/Users', user('expect@example.com'),
               headers => [ Expect => '100-continue' ]);
status_is($res, 201);



=== TEST 6: a client that leaves while it sends
--- scim
for my $left (1, 50, 100) {
    my $bytes = client()->format('POST', '/Users', body => user("gone$left"));
    my $socket = client()->connect;

    syswrite $socket, substr $bytes, 0, -$left;
    close $socket;
}

# a later request on the same event loop: the closes have been seen

status_is(GET('/Users'), 200);
is(rows('acme', "name like 'gone%'"), 0, 'nothing written');



=== TEST 7: a client that leaves once it has sent
the write is done, or not; it is whole
--- scim
for my $i (1 .. 20) {
    my $socket = client()->connect;
    syswrite $socket, client()->format('POST', '/Users',
        body => user("left$i", externalId => "left$i"));
    close $socket;
}

for my $i (1 .. 20) {
    my $socket = client()->connect;
    syswrite $socket, client()->format('GET', '/Users');
    close $socket;
}

status_is(GET('/Users?count=1'), 200, 'still served');

my $n = -1;
wait_for('rest', sub {
    my $now = rows('acme', "name like 'left%'");
    my $same = $now == $n;
    $n = $now;
    sleep 0.2 unless $same;
    return $same;
});

sql_is("select count(*) from scim.audit a join scim.resource r "
       . "on r.tenant = a.tenant and r.id = a.resource_id "
       . "where r.name like 'left%'", $n, 'each that exists is audited');
sql_is("select users from scim.tenant where name = 'acme'", rows('acme'),
       'and counted');



=== TEST 8: large answers
200 users of 25 KB: 5 MB, through small buffers
--- reset
--- server
output_buffers 1 4k;
postpone_output 1;
--- scim
sql("insert into scim.resource (tenant, id, type, name, name_key, doc) "
    . "select 'acme', gen_random_uuid(), 'User', 'u' || i, 'u' || i, "
    . "jsonb_build_object('schemas', jsonb_build_array('" . USER . "'), "
    . "'userName', 'u' || i, 'active', true, 'title', "
    . "repeat(chr(65 + i % 26), 25000)) from generate_series(1, 200) i");
sql("update scim.tenant set users = 200, active_users = 200 "
    . "where name = 'acme'");

for my $n (1, 2, 10, 50, 200) {
    my $res = GET("/Users?count=$n");

    status_is($res, 200, "$n users");
    is(length $res->{body}, $res->header('Content-Length'),
       length($res->{body}) . ' bytes');

    my $wrong = grep {
        my ($i) = $_->{userName} =~ /^u(\d+)$/;
        $_->{title} ne chr(65 + $i % 26) x 25_000
    } @{ $res->json->{Resources} };

    is(scalar @{ $res->json->{Resources} }, $n, 'all are there');
    is($wrong, 0, 'each is whole');
}

my $res = GET('/Users?count=200&attributes=userName');
is(scalar @{ $res->json->{Resources} }, 200, 'cut to one attribute');
cmp_ok(length $res->{body}, '<', 100_000, 'and small');



=== TEST 9: a reader that is slow
others are served meanwhile
--- scim
my $slow = client()->connect;
setsockopt $slow, Socket::SOL_SOCKET(), Socket::SO_RCVBUF(), 65536;
syswrite $slow, client()->format('GET', '/Users?count=200');

for (1 .. 20) {
    status_is(GET('/Users?count=1'), 200) or last;
}

my $res = SCIM::Client::read_response($slow, 30);
status_is($res, 200, 'and the slow one gets all of it');
is(length $res->{body}, $res->header('Content-Length'), 'to the end');



=== TEST 10: results of every size around a buffer
--- reset
--- scim
my $failed = 0;

for my $size (1, 100, 3_900 .. 3_910, 7_990 .. 8_000, 8_150 .. 8_192) {
    my $res = POST('/Users', user("size$size", title => 'x' x $size));
    my $got = GET('/Users/' . ($res->json->{id} // 'x'));

    $failed++ if length($got->json->{title} // '') != $size;
}

is($failed, 0, 'all came back whole');

for my $kb (10, 15, 16, 17, 31, 32, 33, 63, 64, 65, 128, 200, 240) {
    my $user = user("kb$kb", addresses => [
        map { { type => "t$_", formatted => 'x' x 1000 } } 1 .. $kb ]);
    my $res = POST('/Users', $user);

    status_is($res, 201, "$kb KB");
    is_deeply(GET('/Users/' . $res->json->{id})->json->{addresses},
              $user->{addresses}, 'as it was');
}
