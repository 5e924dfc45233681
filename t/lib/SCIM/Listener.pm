package SCIM::Listener;

# Hears what is told on the channel "scim": a psql that listens, on the
# database of the environment, or of %pg (host, port, dbname).

use strict;
use warnings;

use File::Temp ();
use IO::Handle;


sub new {
    my ($class, %pg) = @_;

    my $self = bless { file => File::Temp->new, lines => 0 }, $class;

    local $ENV{PGHOST} = $pg{host} // $ENV{PGHOST};
    local $ENV{PGPORT} = $pg{port} // $ENV{PGPORT};
    local $ENV{PGDATABASE} = $pg{dbname} // $ENV{PGDATABASE};

    $self->{pid} = open $self->{in}, '|-', "exec psql -XAtq > '"
                                           . $self->{file}->filename . "'"
        or die "psql: $!";
    $self->{in}->autoflush(1);

    print { $self->{in} } "listen scim;\n";
    $self->heard;

    return $self;
}


# the payloads so far; psql shows them behind its next statement

sub heard {
    my ($self) = @_;

    my $mark = 'mark ' . ++$self->{lines};
    my $text;

    print { $self->{in} } "select '$mark';\n";

    SCIM::wait_for('psql', sub {
        open my $in, '<', $self->{file}->filename or die "psql's output: $!";
        local $/;
        $text = <$in> // '';
        return $text =~ /^\Q$mark\E$/m;
    });

    return $text =~ /^Asynchronous notification "scim" with payload "(.*?)"/mg;
}


sub DESTROY {
    my ($self) = @_;

    local ($?, $!);
    close $self->{in};
}


1;
