package SCIM::Proxy;

# A proxy before PostgreSQL that loses connections at a chosen moment.  What a
# client sends is searched for a word:
#
#   cut-before-NAME   both connections are closed, the server never sees it
#   cut-after-NAME    the server does it, whole, and both connections are
#                     closed before the client hears of it
#   cut-mute-NAME     the server does it, the client's connection stays open
#                     and silent
#
# each the first time that it is seen; with "second", "twice" or "always" in the
# NAME, the second time, twice or always.

use strict;
use warnings;

use File::Path 'remove_tree';
use File::Temp 'tempdir';
use IO::Select;
use IO::Socket::UNIX;
use POSIX ();
use Socket 'SOCK_STREAM';


sub new {
    my ($class, $pg) = @_;

    my $dir = tempdir('scim-proxy-XXXXXX', DIR => '/tmp', CLEANUP => 0);
    my $self = bless { dir => $dir, pg => $pg, owner => $$ }, $class;

    chmod 0755, $dir;

    my $listen = IO::Socket::UNIX->new(Type => SOCK_STREAM, Listen => 64,
                                       Local => "$dir/.s.PGSQL.5432")
        or die "proxy: $!";
    chmod 0777, "$dir/.s.PGSQL.5432";

    $self->{pid} = fork // die "fork: $!";
    return $self if $self->{pid};

    $SIG{PIPE} = 'IGNORE';
    eval { serve($listen, "$pg->{dir}/.s.PGSQL.$pg->{port}") };
    POSIX::_exit(0);
}


sub conninfo {
    my ($self) = @_;
    return "host=$self->{dir} port=5432 dbname=scim user=scim_module";
}


sub serve {
    my ($listen, $upstream) = @_;

    my $select = IO::Select->new($listen);
    my (%pair, %cut, %seen);

    my $end = sub {
        for my $socket (grep { defined } @_) {
            $select->remove($socket);
            delete $pair{$socket};
            delete $cut{$socket};
            close $socket;
        }
    };

    while (1) {
        for my $socket ($select->can_read) {

            if ($socket == $listen) {
                my $client = $listen->accept or next;
                my $server = IO::Socket::UNIX->new(Type => SOCK_STREAM,
                                                   Peer => $upstream);
                close $client, next unless $server;

                $pair{$client} = { peer => $server, client => 1 };
                $pair{$server} = { peer => $client };
                $select->add($client, $server);
                next;
            }

            my $half = $pair{$socket} or next;
            my $peer = $half->{peer};
            my $n = sysread $socket, my $data, 262144;

            $end->($socket, $peer), next unless $n;

            if ($half->{client}
                && $data =~ /(cut-(before|after|mute)-[a-z0-9-]+)/)
            {
                my ($word, $how) = ($1, $2);
                my $limit = $word =~ /always/ ? 1e9
                            : $word =~ /twice/ ? 2 : 1;

                $limit = 2 if $word =~ /second/;

                if ($seen{$word}++ < $limit
                    && ($word !~ /second/ || $seen{$word} == 2))
                {
                    $end->($socket, $peer), next if $how eq 'before';
                    $cut{$peer} = $how;
                }
            }

            # the answer of a server whose client is to hear nothing: up to
            # ReadyForQuery, which ends it

            if ($cut{$socket}) {
                $end->($socket, $peer)
                    if $cut{$socket} eq 'after' && $data =~ /Z\0\0\0\x05.\z/s;
                next;
            }

            while (length $data) {
                my $sent = syswrite $peer, $data;
                last unless $sent;
                substr $data, 0, $sent, '';
            }
        }
    }
}


sub DESTROY {
    my ($self) = @_;

    return if $self->{owner} != $$;

    local ($?, $!);
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
    remove_tree($self->{dir});
}


1;
