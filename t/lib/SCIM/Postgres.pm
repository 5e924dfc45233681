package SCIM::Postgres;

# A PostgreSQL of a fault test's own: made in a temporary folder, with sql/
# applied, started, stopped, killed and frozen at will.  Runs as "postgres" (or
# "nobody") when the test is run by root.

use strict;
use warnings;

use Cwd 'abs_path';
use File::Basename 'dirname';
use File::Glob 'bsd_glob';
use File::Path 'remove_tree';
use File::Temp 'tempdir';
use POSIX ();
use Time::HiRes qw(sleep time);

my $root = abs_path(dirname(__FILE__) . '/../../..');


sub new {
    my ($class, %self) = @_;

    my $self = bless \%self, $class;

    # a short path: a socket's name has 107 bytes at most

    $self->{dir} = tempdir('scim-pg-XXXXXX', DIR => '/tmp', CLEANUP => 0);
    $self->{data} = "$self->{dir}/data";
    $self->{port} //= 5432;
    $self->{owner} = $$;

    if ($> == 0) {
        my @user = getpwnam 'postgres';
        @user = getpwnam 'nobody' unless @user;
        @user or die "no user to run PostgreSQL as\n";
        $self->{user} = [ @user[2, 3] ];
        chown @user[2, 3], $self->{dir} or die "chown: $!";
    }

    chmod 0755, $self->{dir};

    $self->run($self->bin('initdb'), '-D', $self->{data}, '-A', 'trust',
               '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync');

    open my $conf, '>>', "$self->{data}/postgresql.conf"
        or die "postgresql.conf: $!";
    print $conf <<"EOC";
listen_addresses = ''
port = $self->{port}
unix_socket_directories = '$self->{dir}'
fsync = off
shared_buffers = 32MB
max_connections = 60
restart_after_crash = on
log_min_messages = warning
EOC
    print $conf $self->{conf} // '';
    close $conf or die "postgresql.conf: $!";

    $self->start;
    $self->psql('postgres', '-c', 'create database scim');
    $self->psql('scim', '-f', $_) for sort(bsd_glob("$root/sql/*.sql"));
    $self->sql("select scim.create_tenant(t) from "
               . "unnest(array['acme', 'globex']) t");

    return $self;
}


sub bin {
    my ($self, $name) = @_;

    my @dirs = split /:/, $ENV{PATH};
    unshift @dirs, map { $_->[0] } sort { $b->[1] <=> $a->[1] }
                   map { m{/(\d+)/bin$} ? [ $_, $1 ] : () }
                   glob '/usr/lib/postgresql/*/bin';
    unshift @dirs, $ENV{PGBIN} if $ENV{PGBIN};

    for (@dirs) {
        return "$_/$name" if -x "$_/$name";
    }

    die "no $name found\n";
}


# what scim_database wants

sub conninfo {
    my ($self) = @_;
    return "host=$self->{dir} port=$self->{port} dbname=scim "
           . "user=scim_module";
}


# in a child, as the server's user

sub spawn {
    my ($self, @cmd) = @_;

    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    POSIX::setsid();

    if ($self->{user}) {
        my ($uid, $gid) = @{ $self->{user} };
        $) = "$gid $gid";
        POSIX::setgid($gid);
        POSIX::setuid($uid);
    }

    chdir $self->{dir};
    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', "$self->{dir}/log";
    open STDERR, '>&', \*STDOUT;

    { exec @cmd }
    POSIX::_exit(127);
}


sub run {
    my ($self, @cmd) = @_;

    my $pid = $self->spawn(@cmd);
    waitpid $pid, 0;
    die "$cmd[0] failed:\n" . $self->log if $?;
}


sub log {
    my ($self) = @_;

    open my $in, '<', "$self->{dir}/log" or return '';
    local $/;
    return scalar <$in>;
}


# the server as a child of ours, so that its number is known; back when it
# takes connections.  After a kill it may have to wait for the old backends
# to end: tried again

sub start {
    my ($self) = @_;

    my $end = time + 30;

    while (time < $end) {
        $self->{pid} //= $self->spawn($self->bin('postgres'), '-D',
                                      $self->{data});

        return if $self->ready;

        if (waitpid($self->{pid}, POSIX::WNOHANG()) == $self->{pid}) {
            undef $self->{pid};
        }

        sleep 0.05;
    }

    die "PostgreSQL does not start:\n" . $self->log;
}


sub ready {
    my ($self) = @_;

    return 0 unless -e "$self->{dir}/.s.PGSQL.$self->{port}";

    return system($self->bin('pg_isready') . " -q -h $self->{dir} "
                  . "-p $self->{port} >/dev/null 2>&1") == 0;
}


# INT: fast, QUIT: immediate, KILL: the postmaster alone

sub stop {
    my ($self, $signal) = @_;

    return unless $self->{pid};

    kill $signal // 'INT', $self->{pid};
    waitpid $self->{pid}, 0;
    undef $self->{pid};
}


sub restart {
    my ($self, $signal) = @_;

    $self->stop($signal);
    $self->start;
}


# process ids of the module's backends

sub backends {
    my ($self) = @_;
    return split /\n/, $self->sql("select pid from pg_stat_activity "
                                  . "where usename = 'scim_module'");
}


# all backends of clients, without asking a server that may be frozen

sub backends_by_proc {
    my ($self) = @_;

    my @pids;

    for my $file (glob '/proc/[0-9]*/stat') {
        my ($pid) = $file =~ /(\d+)/;
        open my $in, '<', $file or next;
        my $stat = <$in> // '';
        next unless $stat =~ /^\d+ \(.*\) \S (\d+)/ && $1 == $self->{pid};
        open $in, '<', "/proc/$pid/cmdline" or next;
        push @pids, $pid if (<$in> // '') =~ /scim_module/;
    }

    return @pids;
}


sub psql {
    my ($self, $db, @args) = @_;

    local @ENV{qw(PGHOST PGPORT PGUSER PGDATABASE PGOPTIONS)} =
        ($self->{dir}, $self->{port}, 'postgres', $db,
         '-c client_min_messages=warning');

    open my $out, '-|', $self->bin('psql'), '-XAtq', '-v', 'ON_ERROR_STOP=1',
                        @args
        or die "psql: $!";
    my $result = do { local $/; <$out> } // '';
    close $out or die "psql @args failed\n";

    $result =~ s/\n\z//;
    return $result;
}


sub sql { return $_[0]->psql('scim', '-c', $_[1]) }


sub DESTROY {
    my ($self) = @_;

    return if !$self->{owner} || $self->{owner} != $$;

    local ($?, $!, $@);
    $self->stop('QUIT');
    remove_tree($self->{dir}) if $self->{dir};
}


1;
