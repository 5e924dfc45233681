package SCIM::Nginx;

# An nginx of a fault test's own, with the signals that Test::Nginx does not
# send: reload under load, graceful quit, death of a worker.  finish() makes
# the checks that every test ends with.

use strict;
use warnings;

use Cwd 'abs_path';
use File::Path 'remove_tree';
use File::Temp 'tempdir';
use IO::Socket::INET;
use Test::More ();
use Time::HiRes qw(sleep time);

use SCIM::Client;
use SCIM::Conf qw(tenants);


# %self: conninfo, database (parameters of scim_database), workers,
# connections (of a worker), master (1 or 0), log_level, main, http, server,
# location, tenants (see SCIM::Conf)

sub new {
    my ($class, %self) = @_;

    my $self = bless \%self, $class;

    $self->{dir} = tempdir('scim-nginx-XXXXXX', DIR => '/tmp', CLEANUP => 0);
    $self->{port} //= free_port();
    $self->{workers} //= 1;
    $self->{master} //= 1;
    $self->{connections} //= 1024;
    $self->{database} //= '';
    $self->{log_level} //= 'info';
    $self->{owner} = $$;

    mkdir "$self->{dir}/tmp";
    $self->write_conf;

    return $self;
}


sub free_port {
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
        or die "listen: $!";
    return $socket->sockport;
}


sub write_conf {
    my ($self, %more) = @_;

    %$self = (%$self, %more);

    my $modules = join ' ', map { "load_module $_;" }
                  split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
    my $user = $> == 0 ? 'user root root;' : '';
    my $master = $self->{master} ? 'on' : 'off';
    my $tenants = tenants(%{ $self->{tenants} || {} });
    my ($main, $http, $server, $location) = map { $self->{$_} // '' }
                                            qw(main http server location);
    my $tmp = "$self->{dir}/tmp";

    open my $out, '>', "$self->{dir}/nginx.conf" or die "nginx.conf: $!";
    print $out <<"EOC";
$modules
$user
daemon on;
master_process $master;
worker_processes $self->{workers};
pid $self->{dir}/nginx.pid;
error_log $self->{dir}/error.log $self->{log_level};
$main
events {
    worker_connections $self->{connections};
}
http {
    access_log off;
    client_body_temp_path $tmp/body;
    proxy_temp_path $tmp/proxy;
    fastcgi_temp_path $tmp/fastcgi;
    uwsgi_temp_path $tmp/uwsgi;
    scgi_temp_path $tmp/scgi;
    scim_database main "$self->{conninfo}" $self->{database};
    $tenants
    scim_errors on;
    $http
    server {
        listen 127.0.0.1:$self->{port};
        server_name localhost;
        $server
        location /scim/v2/ {
            scim_pass main;
            $location
        }
        location = /alive {
            return 204;
        }
    }
}
EOC
    close $out or die "nginx.conf: $!";
}


sub command {
    my ($self, @args) = @_;

    my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my $dir = $self->{dir};

    return system("'$nginx' -p '$dir/' -e '$dir/error.log' "
                  . "-c '$dir/nginx.conf' @args >> '$dir/stderr' 2>&1");
}


sub start {
    my ($self) = @_;

    $self->command == 0
        or die "nginx does not start:\n" . slurp("$self->{dir}/stderr");

    wait_for('nginx', sub { $self->client->request('GET', '/alive',
        absolute => 1, as => '', timeout => 1)->{status} == 204 });

    return $self;
}


sub client { return SCIM::Client->new(port => $_[0]{port}, @_[1 .. $#_]) }

sub slurp {
    open my $in, '<:raw', $_[0] or return '';
    local $/;
    return scalar(<$in>) // '';     # a process may end meanwhile
}

sub error_log { return slurp("$_[0]{dir}/error.log") }

sub pid {
    my ($self) = @_;
    my ($pid) = slurp("$self->{dir}/nginx.pid") =~ /(\d+)/;
    return $pid;
}


# process ids of the workers, those that shut down included

sub workers {
    my ($self) = @_;

    my $master = $self->pid or return ();
    my @pids;

    for my $file (glob '/proc/[0-9]*/stat') {
        my $stat = slurp($file);
        push @pids, $1 if $stat =~ /^(\d+) \(.*\) \S (\d+)/s
                          && $2 == $master;
    }

    return @pids;
}


sub signal {
    my ($self, $name) = @_;
    kill $name, $self->pid;
}


# back when the new workers are there (the old ones may still be ending); in
# single process mode, when the error log tells

sub reload {
    my ($self) = @_;

    my %old = map { $_ => 1 } $self->workers;
    my $log = length $self->error_log;

    $self->signal('HUP');

    wait_for('reload', sub {
        $self->{master}
        ? grep { !$old{$_} } $self->workers
        : substr($self->error_log, $log) =~ /reconfiguring|SIGHUP/
    });
}


sub wait_for {
    my ($what, $code, $timeout) = @_;

    my $end = time + ($timeout // 15);

    while (time < $end) {
        my $value = $code->();
        return $value if $value;
        sleep 0.02;
    }

    die "waited in vain: $what\n";
}


sub gone {
    my ($pid) = @_;

    # a zombie that nobody has waited for is gone, too

    return slurp("/proc/$pid/stat") !~ /^\d+ \(.*\) [^ZX]/s;
}


sub quit {
    my ($self, $signal) = @_;

    my $pid = $self->pid or return;
    my @all = ($pid, $self->workers);

    kill $signal // 'QUIT', $pid;
    wait_for('nginx to end', sub { !grep { !gone($_) } @all }, 30);
}


# the end of every test: nginx has ended well, and has nothing to complain of
# but what is expected (regular expressions)

sub finish {
    my ($self, @expected) = @_;

    eval { $self->quit };
    Test::More::is($@, '', 'nginx ends when asked to');

    my @lines = grep {
        my $line = $_;
        $line =~ /\[(alert|emerg|crit)\]|open socket|AddressSanitizer/
            && !grep { $line =~ $_ } @expected
    } split /\n/, $self->error_log;

    Test::More::is(scalar @lines, 0, 'nothing serious in error.log');
    Test::More::diag(join "\n", @lines[0 .. ($#lines > 9 ? 9 : $#lines)])
        if @lines;
}


sub DESTROY {
    my ($self) = @_;

    return if !$self->{owner} || $self->{owner} != $$;

    local ($?, $!, $@);

    my $pid = $self->pid;

    if ($pid && !gone($pid)) {
        my @all = ($pid, $self->workers);
        kill 'CONT', @all;
        kill 'KILL', @all;
    }

    if ($ENV{SCIM_KEEP}) {
        Test::More::diag("kept: $self->{dir}");
        return;
    }

    remove_tree($self->{dir}) if $self->{dir};
}


1;
