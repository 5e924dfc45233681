package SCIM::Tokens;

# Tokens of the database, for tests: issued under a name by which requests may
# then ask ("as").

use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Exporter 'import';
use MIME::Base64 'encode_base64';

use SCIM::Conf '%SECRET';

our @EXPORT = qw(issue basic signed);


# %opt: kind, scope, me, meta, ttl, revoke_others; sql: code that runs a
# statement.  Returns the text

sub issue {
    my ($name, $tenant, %opt) = @_;

    my $text = sub { defined $_[0] ? "'$_[0]'" : 'null' };
    my $sql = $opt{sql} // \&SCIM::sql;

    return $SECRET{$name} = $sql->(sprintf
        'select scim.issue_token(%s, %s, %s, scope => %s, meta => %s, '
        . 'kind => %s, revoke_others => %s, me => %s)',
        $text->($tenant), $text->($name), $text->($opt{ttl} // '1 day'),
        $text->($opt{scope}), $text->($opt{meta} // '{}'),
        $text->($opt{kind} // 'bearer'), $opt{revoke_others} // 'false',
        $text->($opt{me}));
}


# the name of the same secret as the password of a user

sub basic {
    my ($user, $name) = @_;

    $SECRET{"$user:$name"} = 'Basic '
                             . encode_base64("$user:$SECRET{$name}", '');

    return "$user:$name";
}


# a text with the check digits that belong to it

sub signed { return $_[0] . substr sha256_hex($_[0]), 0, 6 }


1;
