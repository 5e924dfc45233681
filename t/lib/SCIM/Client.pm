package SCIM::Client;

# A small HTTP/1.1 client for tests: it sends exactly what it is told to, keeps
# the connection only when asked, and never dies on a broken answer (status 0
# then, with the reason in "error").

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 'encode_base64';
use Socket qw(MSG_NOSIGNAL);
use Time::HiRes 'time';

use SCIM::Conf '%SECRET';

my $json = JSON::PP->new->utf8->canonical->allow_nonref;


sub new {
    my ($class, %self) = @_;

    $self{host} //= '127.0.0.1';
    $self{port} //= $ENV{TEST_NGINX_CLIENT_PORT} || $ENV{TEST_NGINX_PORT};
    $self{prefix} //= '/scim/v2';
    $self{timeout} //= 30;

    return bless \%self, $class;
}


sub authorization {
    my ($who) = @_;

    return undef unless defined $who && length $who;
    return 'Basic ' . encode_base64("acme-4711:$SECRET{acme_basic}", '')
        if $who eq 'acme_basic';
    die "no secret for \"$who\"" unless $SECRET{$who};
    return $SECRET{$who} if $SECRET{$who} =~ /^Basic /;
    return "Bearer $SECRET{$who}";
}


# %opt: as (whose token; '' for none), headers (list of pairs), body (text, or
# a structure to be sent as JSON), type (Content-Type; '' for none), chunked
# (list of sizes), absolute (path without the prefix)

sub request {
    my ($self, $method, $path, %opt) = @_;

    return $self->send_raw($self->format($method, $path, %opt),
                           head => $method eq 'HEAD', %opt);
}


sub format {
    my ($self, $method, $path, %opt) = @_;

    my $url = $opt{absolute} ? $path : $self->{prefix} . $path;
    my @head = ("$method $url HTTP/1.1", "Host: localhost");

    my $authorization = authorization($opt{as} // $self->{as} // 'acme');
    push @head, "Authorization: $authorization" if defined $authorization;

    my $body = $opt{body};
    $body = $json->encode($body) if ref $body;

    if (defined $body) {
        my $type = $opt{type} // 'application/scim+json';
        push @head, "Content-Type: $type" if length $type;

        if ($opt{chunked}) {
            push @head, 'Transfer-Encoding: chunked';
            $body = chunked($body, @{ $opt{chunked} });

        } else {
            push @head, 'Content-Length: ' . length $body;
        }
    }

    my @headers = @{ $opt{headers} // [] };
    while (my ($name, $value) = splice @headers, 0, 2) {
        push @head, "$name: $value";
    }

    push @head, 'Connection: ' . ($self->{keepalive} ? 'keep-alive' : 'close');

    return join("\r\n", @head, '', '') . ($body // '');
}


sub chunked {
    my ($body, @sizes) = @_;

    my $out = '';
    my $i = 0;

    while (length $body) {
        my $piece = substr $body, 0, $sizes[$i++ % @sizes], '';
        $out .= sprintf "%x\r\n%s\r\n", length $piece, $piece;
    }

    return "${out}0\r\n\r\n";
}


sub connect {
    my ($self) = @_;

    return IO::Socket::INET->new(PeerAddr => $self->{host},
                                 PeerPort => $self->{port},
                                 Timeout  => $self->{timeout});
}


sub disconnect {
    my ($self) = @_;

    close $self->{socket} if $self->{socket};
    undef $self->{socket};
}


# sends bytes, reads one answer

sub send_raw {
    my ($self, $bytes, %opt) = @_;

    my $start = time;

    $self->{reused} = defined $self->{socket};
    my $socket = $self->{socket} // $self->connect;
    return failed("connect: $!") unless $socket;

    undef $self->{socket};

    # a server that answers and closes before it has read everything still
    # gets its answer heard

    my $error = write_all($socket, $bytes, $self->{timeout});
    my $res = read_response($socket, $opt{timeout} // $self->{timeout},
                            $opt{head});

    $res->{error} //= $error if !$res->{status};
    $res->{reused} = $self->{reused};
    $res->{time} = time - $start;

    if ($self->{keepalive} && $res->{status}
        && lc($res->{headers}{connection} // '') ne 'close')
    {
        $self->{socket} = $socket;

    } else {
        close $socket;
    }

    return $res;
}


sub write_all {
    my ($socket, $bytes, $timeout) = @_;

    my $select = IO::Select->new($socket);
    my $deadline = time + $timeout;

    $socket->blocking(0);

    while (length $bytes) {
        my $n = send $socket, $bytes, MSG_NOSIGNAL;

        if (defined $n) {
            substr $bytes, 0, $n, '';
            next;
        }

        return "send: $!" unless $!{EAGAIN};

        # an early answer: stop writing

        return undef if $select->can_read(0);

        my $left = $deadline - time;
        return 'send: timed out' if $left <= 0;
        $select->can_write($left > 0.2 ? 0.2 : $left);
    }

    return undef;
}


sub failed {
    return SCIM::Response->new(status => 0, error => $_[0], headers => {},
                               raw_headers => '', body => '');
}


sub read_response {
    my ($socket, $timeout, $is_head) = @_;

    my $deadline = time + $timeout;
    my $select = IO::Select->new($socket);
    my $buf = '';
    my $eof = 0;

    my $more = sub {
        return 0 if $eof;

        while (1) {
            my $left = $deadline - time;
            return 0 if $left <= 0 || !$select->can_read($left);

            my $n = sysread $socket, $buf, 65536, length $buf;

            return 1 if $n;
            next if !defined $n && $!{EAGAIN};

            $eof = 1;
            return 0;
        }
    };

    my %h;
    my ($status, $head);

    while (1) {
        while ($buf !~ /\r\n\r\n/) {
            next if $more->();
            return failed($eof ? 'closed before the header'
                               : 'timed out before the header');
        }

        $head = substr $buf, 0, index($buf, "\r\n\r\n") + 2, '';
        substr $buf, 0, 2, '';

        ($status) = $head =~ m{^HTTP/1\.[01] (\d{3})};
        return failed('no status line') unless $status;

        last if $status >= 200;
    }

    my @lines = split /\r\n/, $head;
    shift @lines;

    for (@lines) {
        my ($name, $value) = /^([^:]+):[ \t]*(.*?)[ \t]*$/ or next;
        $name = lc $name;
        $h{$name} = exists $h{$name} ? "$h{$name}, $value" : $value;
    }

    my $body = '';
    my $complete = 1;

    if ($is_head || $status == 204 || $status == 304) {
        # no body

    } elsif (($h{'transfer-encoding'} // '') eq 'chunked') {
        while (1) {
            while ($buf !~ /\r\n/) { $more->() or last }
            $buf =~ s/^([0-9a-fA-F]+)[^\r]*\r\n// or $complete = 0, last;

            my $n = hex $1;
            while (length($buf) < $n + 2) { $more->() or last }

            $complete = 0, last if length($buf) < $n + 2;
            $body .= substr $buf, 0, $n, '';
            substr $buf, 0, 2, '';
            last if $n == 0;
        }

    } elsif (defined $h{'content-length'}) {
        while (length($buf) < $h{'content-length'}) { $more->() or last }
        $complete = 0 if length($buf) < $h{'content-length'};
        $body = substr $buf, 0, $h{'content-length'}, '';

    } else {
        1 while $more->();
        $body = $buf;
        $buf = '';
    }

    return failed('closed within the body') unless $complete;

    return SCIM::Response->new(status => $status, headers => \%h,
                               raw_headers => $head, body => $body,
                               rest => $buf);
}


package SCIM::Response;

sub new {
    my ($class, %self) = @_;
    return bless \%self, $class;
}


sub header {
    my ($self, $name) = @_;
    return $self->{headers}{lc $name};
}


# the decoded body, undef when it is no JSON

sub json {
    my ($self) = @_;

    $self->{json} = eval { $json->decode($self->{body}) }
        unless exists $self->{json};

    return $self->{json};
}


# one line for a failing test's output

sub describe {
    my ($self) = @_;

    return "no answer: $self->{error}" unless $self->{status};

    my $body = $self->{body};
    $body = substr($body, 0, 400) . '...' if length $body > 400;

    return "$self->{status} $body";
}


1;
