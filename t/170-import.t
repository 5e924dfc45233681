
# Rows that SQL makes are those that the module would have made: import_user()
# and publish_group() against POST.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();
run_tests();

__DATA__

=== TEST 1: import_user() keeps what POST keeps
--- scim
my @users = (
    { userName => 'plain' },
    { userName => 'Bob@Ex.com', externalId => 'E', active => F,
      displayName => 'B', nickName => '', title => undef, ims => [] },
    { userName => "Stra\x{df}e", name => { givenName => '', familyName => 'F' },
      emails => [ { value => 'A@x', type => 'work' },
                  { value => 'a@X', type => 'WORK', primary => T },
                  { type => 'home', primary => T },
                  { value => 'z@x', primary => T },
                  { value => 'y@x', primary => T } ] },
    { userName => 'lists',
      emails => [ { value => 'q@x', primary => F },
                  { value => 'q@x', primary => T },
                  { display => 'only' }, { display => 'only' },
                  { value => '', display => 'e' },
                  { value => '', type => 'work' } ],
      photos => [ { value => 'http://A' }, { value => 'http://a' } ],
      x509Certificates => [ { value => 'QQ==' }, { value => 'qq==' },
                            { value => "QQ\nQQ" } ],
      addresses => [ { country => 'DE' }, { country => 'DE' },
                     { type => 'work', primary => T } ],
      roles => [ { value => 'r', type => 't' }, { value => 'R', type => 'T' },
                 { value => 'r' } ] },
    { userName => 'enterprise',
      ENTERPRISE() => { department => 'D',
                        manager => { value => 'm', '$ref' => '../x' } } },
    { userName => 'nothing',
      ENTERPRISE() => { department => '', manager => { value => '' } } },
    { userName => 'more', profileUrl => 'no url', locale => 'de',
      timezone => 'Europe/Berlin', preferredLanguage => 'de',
      userType => 'u', entitlements => [ { value => 'x' } ],
      phoneNumbers => [ { value => '1', type => 'fax' } ] },
    { userName => "\x{c9}\x{3a3}\x{3c2} \x{130}\x{131}",
      emails => [ { value => "\x{c9}\x{3a3}\x{3c2} \x{130}\x{131} K" } ] },
    { userName => "e\x{301}x", emails => [ { value => "e\x{301}" },
                                           { value => "\x{e9}" } ] },
);

sql("select scim.create_tenant('beta')");

for my $i (0 .. $#users) {
    my $user = $users[$i];
    my $res = POST('/Users', { schemas => [ USER ], %$user });

    status_is($res, 201);

    my $id = $res->json->{id};
    my $json = JSON::PP->new->ascii->encode($user) =~ s/'/''/gr;
    my $of = "from scim.resource where id = '$id'";
    my $imported = "from scim.resource where id = '"
                   . sql("select scim.import_user('beta', 'r$i', '$json')")
                   . "'";
    my $columns = "row(type, name, name_key, external_id, active, version, "
                  . "members, kind, members_writable, self_writable)";
    my $keys = "select string_agg(concat_ws(' ', type, attr, key, uniq), ',' "
               . "order by attr, key) from scim.resource_key where id";

    sql_is("select doc $imported", sql("select doc $of"),
           "$i: the document");
    sql_is("select $columns $imported", sql("select $columns $of"),
           "$i: the columns");
    sql_is("$keys = (select id $imported)", sql("$keys = '$id'"),
           "$i: the keys");
}


=== TEST 2: publish_group() as well
--- scim
my $res = POST('/Groups', { schemas => [ GROUP ],
                            displayName => "Gr\x{f6}\x{df}e" });
status_is($res, 201);

my $id = $res->json->{id};
my $made = sql("select scim.publish_group('beta', 'g', "
               . "U&'Gr\\00F6\\00DFe')");
my $columns = "row(type, name, name_key, external_id, active, version, "
              . "members, doc)";

sql_is("select $columns from scim.resource where id = '$made'",
       sql("select $columns from scim.resource where id = '$id'"), 'the row');


=== TEST 3: what was imported is found
--- scim
my $json = '{"userName": "Eve@x", "emails": [{"value": "Eve@x", '
           . '"type": "work"}]}';
my $id = sql("select scim.import_user('acme', 'a1', '$json')");

for my $filter ('userName eq "eve@x"', 'emails.value eq "EVE@x"',
                'emails[type eq "work"].value eq "eve@x"',
                'emails[type eq "work" and value eq "eve@x"]')
{
    my $res = GET('/Users?filter=' . uri_escape($filter));

    status_is($res, 200);
    json_is($res, 'totalResults', 1, $filter);
    is($res->json->{Resources}[0]{id}, $id);
}

status_is(PUT("/Users/$id", user('eve@x')), 200);
sql_is("select string_agg(type, ' ' order by n) from scim.event "
       . "where resource_id = '$id'", 'user.adopted user.updated', 'adopted');
sql_is("select managed, app_ref, version from scim.resource where id = '$id'",
       't|a1|2', 'and still the account\'s');
