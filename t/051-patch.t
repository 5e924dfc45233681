# PATCH over HTTP: what the engine's own tests cannot see, that is, versions,
# conditions, atomicity, what is sent back.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: a change
--- scim
my $user = create('anna@example.com', name => { givenName => 'Anna' });
my $path = "/Users/$user->{id}";

my $res = patch($path, { op => 'replace', path => 'name.familyName',
                         value => 'Blum' });

status_is($res, 200);
header_is($res, 'Content-Type', 'application/scim+json');
etag_is($res, 2);
json_is($res, 'name', { givenName => 'Anna', familyName => 'Blum' });
json_is($res, 'meta.version', 'W/"2"');
is($res->header('Location'), undef, 'no Location');
is_deeply(GET($path)->json, $res->json, 'as it is read');
sql_is("select string_agg(op || version_to, ' ' order by request_id)
        from scim.audit where tenant = 'acme'", 'create1 patch2');



=== TEST 2: nothing changes
--- scim
my $user = create('noop@example.com', title => 'T',
                  emails => [ { value => 'a@example.com', type => 'work' } ]);
my $path = "/Users/$user->{id}";

for my $op ({ op => 'replace', path => 'title', value => 'T' },
            { op => 'add', value => { title => 'T' } },
            { op => 'remove', path => 'nickName' },
            { op => 'Replace', value => { id => 'x', active => 'True' } },
            { op => 'add', path => 'emails',
              value => [ { value => 'a@example.com', type => 'work' } ] })
{
    my $res = patch($path, $op);

    status_is($res, 200);
    etag_is($res, 1);
    is($res->json->{meta}{lastModified}, $user->{meta}{lastModified},
       'lastModified');
}

sql_is("select count(*) from scim.audit where resource_id = '$user->{id}'",
       1, 'one row in the audit');



=== TEST 3: all or nothing
--- scim
my $user = create('atomic@example.com');
my $path = "/Users/$user->{id}";

error_is(patch($path, { op => 'add', path => 'title', value => 'T' },
                      { op => 'replace', path => 'userName', value => '' }),
         400, 'invalidValue');
error_is(patch($path, { op => 'add', path => 'title', value => 'T' },
                      { op => 'replace', value => 'x',
                        path => 'emails[type eq "work"].value' }),
         400, 'noTarget');
error_is(patch($path, { op => 'add', path => 'title', value => 'T' },
                      { op => 'replace', path => 'id', value => 'x' }),
         400, 'mutability');

is_deeply(GET($path)->json, $user, 'as it was');



=== TEST 4: conditions
--- scim
my $user = create('cond@example.com');
my $path = "/Users/$user->{id}";
my $body = { schemas => [ PATCHOP ],
             Operations => [ { op => 'add', path => 'title', value => 'T' } ] };

error_is(PATCH($path, $body, headers => [ 'If-Match' => 'W/"2"' ]), 412);
etag_is(GET($path), 1);
status_is(PATCH($path, $body, headers => [ 'If-Match' => 'W/"9", W/"1"' ]),
          200);
etag_is(GET($path), 2);
error_is(PATCH($path, $body, headers => [ 'If-None-Match' => '*' ]), 412);



=== TEST 5: nobody
--- scim
error_is(patch('/Users/' . UNKNOWN,
               { op => 'add', path => 'title', value => 'T' }), 404);
error_is(patch('/Users/none', { op => 'add', path => 'title', value => 'T' }),
         404);
error_is(patch('/Groups/' . UNKNOWN, { op => 'add', path => 'members',
                                       value => [ { value => UNKNOWN } ] }),
         404);

my $user = create('theirs@example.com');

error_is(patch("/Groups/$user->{id}",
               { op => 'replace', path => 'displayName', value => 'x' }),
         404, undef, undef, 'a user is no group');



=== TEST 6: uniqueness
--- scim
create('first@example.com', externalId => 'e-1');

my $second = create('second@example.com');

error_is(patch("/Users/$second->{id}", { op => 'replace', path => 'userName',
                                         value => 'FIRST@example.com' }),
         409, 'uniqueness', qr/userName/);
error_is(patch("/Users/$second->{id}", { op => 'add', path => 'externalId',
                                         value => 'e-1' }),
         409, 'uniqueness', qr/externalId/);
is_deeply(GET("/Users/$second->{id}")->json, $second, 'as it was');



=== TEST 7: projection
--- scim
my $user = create('proj@example.com');
my $res = call('PATCH', "/Users/$user->{id}?attributes=title",
               body => { schemas => [ PATCHOP ],
                         Operations => [ { op => 'add', path => 'title',
                                           value => 'T' } ] });

status_is($res, 200);
is(join(' ', sort keys %{ $res->json }), 'id schemas title', 'title alone');



=== TEST 8: a group's members, without its document
--- scim
my @ids = map { create("m$_\@example.com")->{id} } 1 .. 3;
my $group = group('Staff', $ids[0]);
my $path = "/Groups/$group->{id}";

my $res = patch($path, { op => 'add', path => 'members',
                         value => [ { value => $ids[1] },
                                    { value => $ids[2] } ] });

status_is($res, 200);
etag_is($res, 2);
is_deeply([ sort map $_->{value}, @{ $res->json->{members} } ],
          [ sort @ids ], 'three');

$res = patch($path, { op => 'add', path => 'members',
                      value => [ { value => $ids[1] } ] });
etag_is($res, 2);

$res = patch($path, { op => 'remove',
                      path => "members[value eq \"$ids[0]\"]" });
etag_is($res, 3);

$res = patch($path, { op => 'Remove', path => 'members',
                      value => [ { value => $ids[1] } ] });
etag_is($res, 4);
is_deeply([ map $_->{value}, @{ $res->json->{members} } ], [ $ids[2] ],
          'one stays');

$res = patch($path, { op => 'replace', path => 'displayName',
                      value => 'Crew' },
                    { op => 'remove', path => 'members' });
status_is($res, 200);
etag_is($res, 5);
json_is($res, 'displayName', 'Crew');
json_is($res, 'members', undef);



=== TEST 9: larger than scim_patch_members
--- location
scim_patch_members 2;
--- scim
my @ids = map { create("l$_\@example.com")->{id} } 1 .. 3;
my $group = group('Large', @ids[0, 1]);
my $path = "/Groups/$group->{id}";
my %add = (schemas => [ PATCHOP ],
           Operations => [ { op => 'add', path => 'members',
                             value => [ { value => $ids[2] } ] } ]);

my $res = PATCH($path, \%add);

status_is($res, 204);
etag_is($res, 2);
is($res->{body}, '', 'no body');

$res = PATCH("$path?excludedAttributes=members", \%add);
status_is($res, 200);
json_is($res, 'members', undef);
etag_is($res, 2);



=== TEST 10: many at once change one user, and nothing is lost
--- scim
my $user = create('race@example.com');
my $path = "/Users/$user->{id}";

my @status = parallel(12, sub {
    my ($n) = @_;
    return patch($path, { op => 'add', path => 'emails',
                          value => [ { value => "r$n\@example.com" } ] })
           ->{status};
});
my @done = grep { $_ == 200 } @status;
my @busy = grep { $_ == 503 } @status;

is(@done + @busy, 12, 'done, or told to try again');
is(scalar @{ GET($path)->json->{emails} }, scalar @done,
   'as many addresses as were acknowledged');
etag_is(GET($path), 1 + @done);



=== TEST 11: too many operations
--- location
scim_max_operations 3;
--- scim
my $user = create('ops@example.com');
my $op = { op => 'add', path => 'title', value => 'T' };

status_is(patch("/Users/$user->{id}", ($op) x 3), 200);

my $res = patch("/Users/$user->{id}", ($op) x 4);
is($res->{status}, 413, 'one more');
json_is($res, 'status', '413');
