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
create table public.scim_prepared (name text, n integer, filters integer);
grant insert on public.scim_prepared to scim_module;
create function public.scim_forget() returns trigger language plpgsql as $$
begin
    if new.name like 'forget-%' then
        execute 'deallocate all';
    end if;
    if new.name like 'count-%' then
        insert into public.scim_prepared
        select new.name, count(*), count(*) filter (where statement ~ 'doc @')
        from pg_prepared_statements;
    end if;
    return null;
end $$;
create trigger forget after insert on scim.resource
    for each row execute function public.scim_forget();
END

run_tests();

SCIM::sql('set client_min_messages = warning; '
          . 'drop function public.scim_forget() cascade; '
          . 'drop table public.scim_prepared');

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



=== TEST 2: shapes of filters that came once, twice, too many
--- database: work=1
--- scim
my @names = qw(title nickName locale timezone userType displayName profileUrl
               active name);

my $shape = sub {
    my ($bits) = @_;
    my $filter = join ' and ', map { "$names[$_] pr" }
                 grep { $bits & 1 << $_ } 0 .. $#names;
    return GET('/Users?count=1&filter=' . uri_escape($filter))->{status};
};

my $prepared = sub {
    my ($name) = @_;
    create("count-$name");
    return sql("select filters from public.scim_prepared "
               . "where name = 'count-$name'") =~ s/\s//gr;
};

is(scalar(grep { $shape->($_) == 200 } 1 .. 50), 50, 'fifty shapes');
is($prepared->('once'), 0, 'none is prepared');

is(scalar(grep { $shape->($_) == 200 } 1 .. 10), 10, 'ten of them again');
is($prepared->('again'), 10, 'these are');

is(scalar(grep { $shape->($_) == 200 } map { ($_, $_) } 1 .. 511), 1022,
   'all there are, twice');
is($prepared->('many'), 384, 'there is a limit');

status_is(DELETE('/Users/' . create('last')->{id}), 204, 'a first delete');
sql_is("select count(*) from public.scim_prepared where n > filters", 3,
       'the others have room');
