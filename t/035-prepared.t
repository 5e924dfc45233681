# Prepared statements that the server has forgotten, as behind a pooler: they
# are prepared anew, and the client notices nothing.

use strict;
use warnings;

use File::Basename;
use lib dirname(__FILE__) . '/lib';

use SCIM;
use Test::Nginx::Socket 'no_plan';

scim_reset();

SCIM::sql(<<'END');
set client_min_messages = warning;
create function public.scim_forget() returns trigger language plpgsql as $$
begin
    if new.name like 'forget-%' then
        execute 'deallocate all';
    end if;
    return null;
end $$;
create trigger forget after insert on scim.resource
    for each row execute function public.scim_forget();
END

run_tests();

SCIM::sql('set client_min_messages = warning; '
          . 'drop function public.scim_forget() cascade');

__DATA__

=== TEST 1: forgotten by the one connection
--- database: work=1
--- scim
create('known');

for my $i (1 .. 3) {
    my $user = create("forget-$i");
    my $res = PUT("/Users/$user->{id}", user("remember-$i"));

    status_is($res, 200, 'the next write');
    etag_is($res, 2);
    create("after-$i");
}

is(rows('acme'), 7, 'each is there once');
