package SCIM::H2;

# A small HTTP/2 client for tests (RFC 9113), for what curl cannot do: streams
# side by side, windows that stay shut, streams that are reset.  GET only;
# the header of an answer is kept as it came, not decoded.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes 'time';

use SCIM::Client;

use constant {
    DATA          => 0,
    HEADERS       => 1,
    RST_STREAM    => 3,
    SETTINGS      => 4,
    PING          => 6,
    GOAWAY        => 7,
    WINDOW_UPDATE => 8,

    END_STREAM    => 1,
    ACK           => 1,
    END_HEADERS   => 4,
    CANCEL        => 8,
};


# %self: port, window (of a stream; what has come is allowed anew only for
# streams that are read), prefix, as

sub new {
    my ($class, %self) = @_;

    my $self = bless { prefix => '/scim/v2', as => 'acme', window => 65535,
                       next => 1, buf => '', streams => {}, %self }, $class;

    $self->{socket} = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                            PeerPort => $self->{port})
        or die "connect: $!";

    # the connection's window never matters

    $self->send_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        . frame(SETTINGS, 0, 0, pack('nN', 4, $self->{window}))
        . frame(WINDOW_UPDATE, 0, 0, pack('N', 0x7fffffff - 65535)));

    return $self;
}


sub frame {
    my ($type, $flags, $stream, $payload) = @_;

    return substr(pack('N', length $payload), 1)
           . pack('CCN', $type, $flags, $stream) . $payload;
}


sub send_bytes {
    my ($self, $bytes) = @_;

    local $SIG{PIPE} = 'IGNORE';
    my $error = SCIM::Client::write_all($self->{socket}, $bytes, 10);
    $self->{socket}->blocking(1);
    die "$error\n" if $error;
}


# sends a request, returns the stream's number

sub get {
    my ($self, $path) = @_;

    my $id = $self->{next};
    $self->{next} += 2;
    $self->{streams}{$id} = { body => '', allow => 1, left => 0 };

    # literal header fields, not indexed, without Huffman's code

    my @fields = (':method' => 'GET', ':scheme' => 'http',
                  ':authority' => 'localhost',
                  ':path' => $self->{prefix} . $path,
                  authorization => SCIM::Client::authorization($self->{as}));
    my $block = '';

    while (my ($name, $value) = splice @fields, 0, 2) {
        die 'too long' if length $value > 126;
        $block .= pack 'CC/aC/a', 0, $name, $value;
    }

    $self->send_bytes(frame(HEADERS, END_STREAM | END_HEADERS, $id, $block));
    return $id;
}


# nothing is allowed to come for the stream but its first window

sub shut { $_[0]{streams}{$_[1]}{allow} = 0 }

sub open {
    my ($self, $id) = @_;

    my $s = $self->{streams}{$id};
    my $left = $s->{left};

    $s->{allow} = 1;
    $s->{left} = 0;
    $self->allow($id, $left) if $left;
}


sub allow {
    my ($self, $id, $n) = @_;
    $self->send_bytes(frame(WINDOW_UPDATE, 0, $id, pack 'N', $n));
}


sub reset {
    my ($self, $id) = @_;
    $self->send_bytes(frame(RST_STREAM, 0, $id, pack 'N', CANCEL));
}


sub close { CORE::close($_[0]{socket}) }


# reads until the stream is what the code wants, has ended, or time is up;
# returns it: body, ended, reset

sub wait {
    my ($self, $id, $until) = @_;

    my $s = $self->{streams}{$id};
    my $end = time + 60;

    until ($s->{ended} || $s->{reset} || ($until && $until->($s))) {
        $self->read_frame($end) or last;
    }

    return $s;
}


sub fill {
    my ($self, $n, $end) = @_;

    my $select = IO::Select->new($self->{socket});

    while (length $self->{buf} < $n) {
        my $left = $end - time;
        return 0 if $left <= 0 || !$select->can_read($left);
        sysread $self->{socket}, $self->{buf}, 65536, length $self->{buf}
            or return 0;
    }

    return 1;
}


sub read_frame {
    my ($self, $end) = @_;

    $self->fill(9, $end) or return 0;
    my ($high, $low, $type, $flags, $id) = unpack 'nCCCN', $self->{buf};
    my $n = $high << 8 | $low;

    $self->fill(9 + $n, $end) or return 0;
    my $payload = substr $self->{buf}, 9, $n;
    substr $self->{buf}, 0, 9 + $n, '';

    my $s = $self->{streams}{$id} // {};

    if ($type == DATA) {
        $s->{body} .= $payload;
        $s->{ended} = 1 if $flags & END_STREAM;

        if ($n && !$s->{ended}) {
            $s->{allow} ? $self->allow($id, $n) : ($s->{left} += $n);
        }

    } elsif ($type == HEADERS) {
        $s->{head} = $payload;
        $s->{ended} = 1 if $flags & END_STREAM;

    } elsif ($type == RST_STREAM) {
        $s->{reset} = 1;

    } elsif ($type == SETTINGS && !($flags & ACK)) {
        $self->send_bytes(frame(SETTINGS, ACK, 0, ''));

    } elsif ($type == PING && !($flags & ACK)) {
        $self->send_bytes(frame(PING, ACK, 0, $payload));

    } elsif ($type == GOAWAY) {
        $_->{reset} = 1 for values %{ $self->{streams} };
    }

    return 1;
}


1;
