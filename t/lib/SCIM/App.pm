package SCIM::App;

# The sample application of docs/examples/app in a fault test: its schema in a
# SCIM::Postgres, its workers as processes that can be killed, and psql as its
# role.

use strict;
use warnings;

use Cwd 'abs_path';
use File::Basename 'dirname';
use POSIX ();
use Test::More ();

use SCIM::Nginx;

my $sample = abs_path(dirname(__FILE__) . '/../../../docs/examples/app');


sub new {
    my ($class, $pg) = @_;

    my $self = bless { pg => $pg, owner => $$, pids => {},
                       python => python() }, $class;

    $pg->psql('scim', '-f', "$sample/schema.sql");

    return $self;
}


# Debian's modules are those of its own Python, which may not be the first

sub python {
    for ('python3', '/usr/bin/python3') {
        return $_ if system("$_ -c 'import psycopg2' >/dev/null 2>&1") == 0;
    }

    die "no Python with psycopg2: run \"make deps\"\n";
}


sub spawn {
    my ($self, $user, @cmd) = @_;

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        $self->environment($user);
        open STDIN, '<', '/dev/null';
        { exec @cmd }
        POSIX::_exit(127);
    }

    $self->{pids}{$pid} = 1;
    return $pid;
}


sub environment {
    my ($self, $user) = @_;

    @ENV{qw(PGHOST PGPORT PGUSER PGDATABASE PGOPTIONS)} =
        ($self->{pg}{dir}, $self->{pg}{port}, $user, 'scim',
         '-c client_min_messages=warning');
}


# what it sends is in mails(), what it complains of in complaints()

sub worker {
    my ($self, $consumer) = @_;

    my $dir = $self->{pg}{dir};

    return $self->spawn('app_user', 'sh', '-c',
                        'exec "$0" "$1" "$2" >> "$3/mails" 2>> "$3/worker"',
                        $self->{python}, "$sample/worker.py", $consumer,
                        $dir);
}


sub mails { return $_[0]->lines('mails') }

sub complaints { return $_[0]->lines('worker') }

sub lines {
    my ($self, $file) = @_;

    open my $in, '<', "$self->{pg}{dir}/$file" or return;
    return map { chomp; $_ } <$in>;
}


# nothing is left for these consumers to read

sub caught_up {
    my ($self, @consumers) = @_;

    my $left = join ' + ', map { "(select count(*) from scim.pending('$_'))" }
               @consumers;
    my $ok = eval { SCIM::Nginx::wait_for('the consumers', sub {
        $self->{pg}->sql("select $left") == 0
    }, 120) };

    Test::More::ok($ok, "caught up: @consumers")
        or Test::More::diag(join "\n", ($self->complaints)[-5 .. -1]);
}


# a psql that says the statement again and again, as the superuser

sub watch {
    my ($self, $sql, $pause) = @_;

    my $file = "$self->{pg}{dir}/watch" . ++$self->{watches};

    open my $out, '>', $file or die "$file: $!";
    print $out "$sql \\watch $pause\n";
    close $out or die "$file: $!";

    return $self->spawn('postgres', $self->{pg}->bin('psql'), '-XAtq', '-o',
                        '/dev/null', '-f', $file);
}


# as the application, whatever errors there are

sub psql {
    my ($self, $text) = @_;

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        $self->environment('app_user');
        open STDERR, '>', '/dev/null';
        open my $in, '|-', $self->{pg}->bin('psql'), '-XAtq', '-o',
             '/dev/null'
            or POSIX::_exit(1);
        print $in $text;
        close $in;
        POSIX::_exit(0);
    }

    waitpid $pid, 0;
}


sub kill {
    my ($self, $pid, $signal) = @_;

    CORE::kill($signal // 'KILL', $pid);
    waitpid $pid, 0;
    delete $self->{pids}{$pid};
}


sub DESTROY {
    my ($self) = @_;

    return if $self->{owner} != $$;

    local ($?, $!, $@);
    $self->kill($_) for keys %{ $self->{pids} };
}


1;
