package SCIM::Conf;

# What the configurations of all suites share: the tenants with their secrets,
# the connection string, and the http{} part made of them.  Used by SCIM.pm
# (Test::Nginx) and SCIM::Nginx (fault tests).

use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Exporter 'import';

our @EXPORT_OK = qw(%SECRET token_line tenants conninfo database);


# who presents what; the configuration has only the digests

our %SECRET = (
    acme        => 'acme-5ecret-of-the-identity-provider',
    acme_next   => 'acme-5ecret-after-the-rotation',
    acme_ro     => 'acme-5ecret-that-may-only-read-users',
    acme_groups => 'acme-5ecret-for-groups-alone',
    acme_basic  => 'acme-5ecret:with-a-colon',
    globex      => 'globex-5ecret-of-the-identity-provider',
);


# a token directive for a secret

sub token_line {
    my ($secret, %opt) = @_;

    my $kind = $opt{user} ? "basic user=$opt{user}" : 'bearer';
    my $expires = $opt{expires} // '2099-12-31';
    my $digest = sha256_hex($secret);

    my $line = "token $kind sha256=$digest expires=$expires";
    $line .= " name=$opt{name}" if $opt{name};
    $line .= " scope=$opt{scope}" if $opt{scope};

    return "$line;";
}


# acme and globex; %more: text to add to a tenant's block

sub tenants {
    my (%more) = @_;

    my %tokens = (
        acme => [
            token_line($SECRET{acme}, name => 'idp'),
            token_line($SECRET{acme_next}, name => 'idp2'),
            token_line($SECRET{acme_ro}, name => 'reader',
                       scope => 'users:r'),
            token_line($SECRET{acme_groups}, name => 'groups',
                       scope => 'groups:rw'),
            token_line($SECRET{acme_basic}, name => 'legacy',
                       user => 'acme-4711'),
        ],
        globex => [ token_line($SECRET{globex}, name => 'idp') ],
    );

    return join "\n", map {
        join "\n    ", "scim_tenant $_ {", @{ $tokens{$_} },
                       split(/\n/, $more{$_} // ''), "\n}"
    } sort keys %tokens;
}


# the module's connection to the database that the environment names

sub conninfo {
    my (%pg) = @_;

    my $host = $pg{host} // $ENV{PGHOST} // '/var/run/postgresql';
    my $port = $pg{port} // $ENV{PGPORT} // 5432;
    my $name = $pg{dbname} // $ENV{PGDATABASE} // 'scim';

    return "host=$host port=$port dbname=$name user=scim_module";
}


sub database {
    my ($args, %pg) = @_;

    return 'scim_database main "' . conninfo(%pg) . '"'
           . ($args ? " $args" : '') . ';';
}


1;
