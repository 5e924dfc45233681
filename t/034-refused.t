# Writes that the application's triggers refuse: SQLSTATE SCnnn.  One that is
# refused when its transaction is committed has had its row before, and must
# not be taken for done; what shared the transaction is.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();

SCIM::sql(<<'END');
set client_min_messages = warning;
create function public.scim_refuse() returns trigger language plpgsql as $$
begin
    if new.name like tg_argv[0] || '-%' then
        raise exception using errcode = 'SC403', message = 'out of seats',
                              hint = 'tooMany';
    end if;
    return null;
end $$;
create trigger refuse_now after insert or update on scim.resource
    for each row execute function public.scim_refuse('now');
create constraint trigger refuse_late after insert or update on scim.resource
    deferrable initially deferred
    for each row execute function public.scim_refuse('late');
END

run_tests();

SCIM::sql('set client_min_messages = warning; '
          . 'drop function public.scim_refuse() cascade');

__DATA__

=== TEST 1: refused by the statement, and by the commit
--- scim
for my $when ('now', 'late') {
    my $res = POST('/Users', user("$when-post"));
    error_is($res, 403, 'tooMany', qr/^out of seats$/, "$when: POST");
    is(rows('acme', "name = '$when-post'"), 0, 'nothing is written');

    my $user = create("$when");
    $res = PUT("/Users/$user->{id}", user("$when-put"));
    error_is($res, 403, 'tooMany', qr/^out of seats$/, "$when: PUT");
    etag_is(GET("/Users/$user->{id}"), 1);
    json_is(GET("/Users/$user->{id}"), 'userName', $when);
}

sql_is("select users from scim.tenant where name = 'acme'", 2, 'counted');



=== TEST 2: the others of a transaction
--- scim
for my $when ('now', 'late') {
    my @res = parallel(40, sub {
        my ($i) = @_;
        my $name = ($i % 5 ? 'fine' : $when) . "-$when-$i";
        return [ $name, POST('/Users', user($name),
                             as => $i % 2 ? 'acme' : 'globex')->{status} ];
    });

    my %status = map { @$_ } @res;
    my %row = map { $_ => 1 } split /\n/, sql(
        "select name from scim.resource where name like '%-$when-%'");

    is_deeply([ grep { $status{$_} != (/^fine/ ? 201 : 403) }
                sort keys %status ], [], "$when: each has its own answer");
    is_deeply([ sort keys %row ], [ sort grep { /^fine/ } keys %status ],
              "$when: what was answered 201 is there, and nothing else");
}
