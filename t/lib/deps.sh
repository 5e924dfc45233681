#!/bin/sh

# Installs what is missing, and only that, for the purposes given: build, run,
# test, lint, fuzz, bench, valgrind, conformance.  Debian and Ubuntu: by
# apt-get from the machine's own sources, with sudo when not root.  Elsewhere:
# says what is needed.

set -eu

lib=$(dirname "$0")
. "$lib/common.sh"


have_header() {
    printf '#include <stddef.h>\n#include <%s>\n' "$1" \
        | cc ${2+-I"$2"} -E -x c - > /dev/null 2>&1
}

have_postgres() {
    [ -n "$(postgres_bin)" ]
}

have_test_nginx() {
    perl -MTest::Nginx::Socket -e 1 > /dev/null 2>&1
}

# Debian's is seen by its own Python alone, which may not be the first

have_psycopg2() {
    python3 -c 'import psycopg2' > /dev/null 2>&1 \
    || /usr/bin/python3 -c 'import psycopg2' > /dev/null 2>&1
}


# the packages of a purpose that are missing; a package is missing when what
# it brings is, so that programs installed by other means will do

missing() {
    case $1 in
    build)
        program make > /dev/null       || echo make
        program perl > /dev/null       || echo perl
        if ! program cc > /dev/null || ! have_header stdio.h; then
            echo gcc libc6-dev
        fi
        program pkg-config > /dev/null || echo pkg-config
        program dpkg-buildflags > /dev/null || echo dpkg-dev
        program nginx > /dev/null      || echo nginx
        [ -f /usr/share/nginx/src/conf_flags ] || [ -n "${NGINX_SRC-}" ] \
                                       || echo nginx-dev
        have_header yajl/yajl_parse.h  || echo libyajl-dev
        have_header openssl/evp.h      || echo libssl-dev
        have_header utf8proc.h         || echo libutf8proc-dev
        have_header libpq-fe.h \
            || have_header postgresql/libpq-fe.h \
            || have_header libpq-fe.h "$(pg_config --includedir 2>/dev/null)" \
                                       || echo libpq-dev
        ;;
    run)
        have_postgres                  || echo postgresql
        program psql > /dev/null       || echo postgresql-client
        program curl > /dev/null       || echo curl
        program setpriv > /dev/null    || echo util-linux
        ;;
    test)
        program prove > /dev/null      || echo perl
        program curl > /dev/null       || echo curl
        have_test_nginx                || echo libtest-nginx-perl
        have_psycopg2                  || echo python3-psycopg2
        ;;
    lint)
        program perl > /dev/null       || echo perl
        program clang > /dev/null      || echo clang
        ;;
    fuzz)
        program clang > /dev/null      || echo clang
        ;;
    bench)
        program wrk > /dev/null        || echo wrk
        ;;
    valgrind)
        program valgrind > /dev/null   || echo valgrind
        ;;
    conformance)
        python3 -c 'import venv, ensurepip' > /dev/null 2>&1 \
                                       || echo python3 python3-venv
        ;;
    *)
        die "no such purpose: $1"
        ;;
    esac
}


elsewhere() {
    cat >&2 << END
error: this needs what the following Debian packages hold:

    $*

There is no apt-get here; please install their like.  libtest-nginx-perl is
Test::Nginx on CPAN: cpan Test::Nginx (or cpanm Test::Nginx).  To build
against an nginx source tree, set NGINX_SRC to it; NGINX names the binary.
END
    exit 1
}


# ---- from here on: as root ------------------------------------------------

policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/scim-no-main-cluster.conf
scratch=
ours=

tidy() {
    for file in $ours; do
        rm -f "$file"
    done

    rmdir "${cluster%/*}" 2>/dev/null || :
    [ -z "$scratch" ] || rm -rf "$scratch"
}


# no service may start because of us, and no system cluster be created: the
# private ones are all that is wanted.  Both settings are taken back at the
# end; what was there before stays.

quietly() {
    if ! [ -e "$policy" ]; then
        ours="$ours $policy"
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod 755 "$policy"
    fi
}

no_main_cluster() {
    if ! [ -e "$cluster" ]; then
        mkdir -p "${cluster%/*}"
        ours="$ours $cluster"
        printf "create_main_cluster = false\n" > "$cluster"
    fi
}


apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 \
        -o DPkg::Lock::Timeout=300 "$@" > "$scratch/log" 2>&1 \
    || {
        cat "$scratch/log" >&2
        return 1
    }
}


refreshed=

refresh() {
    [ -z "$refreshed" ] || return 0
    refreshed=1
    say "apt-get update"
    apt update || die "apt-get update failed"
}


# is there a version to install?

candidate() {
    apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'
}


# apt_install PACKAGE...: the lists may be missing or old

apt_install() {
    say "installing $*"

    for package in "$@"; do
        candidate "$package" || refresh
    done

    if ! apt install -y --no-install-recommends "$@"; then
        [ -z "$refreshed" ] || die "apt-get install $* failed"
        refresh
        apt install -y --no-install-recommends "$@" \
        || die "apt-get install $* failed"
    fi
}


# Debian 12 has no libtest-nginx-perl.  The package of Debian sid is plain Perl
# and runs here; it is taken from the mirror that this machine uses, with
# lists of their own, so that the system's stay as they are.  A mirror that is
# updated seldom will do: its lists, signed as ever, may be a year old.

install_test_nginx() {
    candidate libtest-nginx-perl || refresh

    if candidate libtest-nginx-perl; then
        apt_install libtest-nginx-perl
        return
    fi

    [ "$(. /etc/os-release && echo "${ID-}")" = debian ] \
    || die "there is no libtest-nginx-perl here; please install Test::Nginx" \
           "from CPAN: cpan Test::Nginx"

    say "installing libtest-nginx-perl from Debian sid"

    mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial" \
        "$scratch/none"
    sid_source > "$scratch/sid.list"

    [ -s "$scratch/sid.list" ] \
    || die "no Debian mirror in this machine's apt sources;" \
           "please install Test::Nginx from CPAN: cpan Test::Nginx"

    sid="-o Dir::Etc::sourcelist=$scratch/sid.list
         -o Dir::Etc::sourceparts=$scratch/none
         -o Dir::Etc::preferences=/dev/null
         -o Dir::Etc::preferencesparts=$scratch/none
         -o Acquire::Min-ValidTime=31536000
         -o Dir::State::lists=$scratch/lists
         -o Dir::Cache=$scratch/cache"

    apt $sid update || die "apt-get update of Debian sid failed"
    (cd "$scratch" && apt $sid download libtest-nginx-perl) \
    || die "libtest-nginx-perl could not be fetched from Debian sid"

    apt install -y --no-install-recommends "$scratch"/libtest-nginx-perl_*.deb \
    || {
        refresh
        apt install -y --no-install-recommends \
            "$scratch"/libtest-nginx-perl_*.deb \
        || die "libtest-nginx-perl of Debian sid could not be installed"
    }
}


# the sources' first entry for this release, as a line for sid

sid_source() {
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")

    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null \
    | awk -v codename="$codename" '
        $1 == "deb" {
            options = ""
            i = 2
            if ($2 ~ /^\[/) {
                do { options = options $i " " } while ($(i++) !~ /\]$/)
            }
            if ($(i + 1) == codename || $(i + 1) ~ /^(old)?stable$/) {
                print "deb " options $i " sid main"
                exit
            }
        }' > "$scratch/found"

    if ! [ -s "$scratch/found" ]; then
        for file in /etc/apt/sources.list.d/*.sources; do
            if [ -f "$file" ]; then
                grep -v '^#' "$file"
                echo
            fi
        done \
        | awk -v codename="$codename" -v RS= -F '\n' '
            {
                uri = suites = key = ""
                enabled = "yes"
                for (i = 1; i <= NF; i++) {
                    field = tolower($i)
                    value = $i
                    sub(/:.*/, "", field)
                    sub(/^[^:]*:[ \t]*/, "", value)
                    if (field == "uris") { split(value, u, " "); uri = u[1] }
                    if (field == "suites") suites = " " value " "
                    if (field == "signed-by" && value ~ /^\//) key = value
                    if (field == "enabled") enabled = value
                }
                if (enabled == "no" || uri == "") next
                if (index(suites, " " codename " ") \
                    || suites ~ / (old)?stable /)
                {
                    print "deb " (key == "" ? "" : "[signed-by=" key "] ") \
                          uri " sid main"
                    exit
                }
            }' > "$scratch/found"
    fi

    cat "$scratch/found"
}


as_root() {
    trap tidy EXIT
    trap 'exit 1' INT TERM HUP
    scratch=$(mktemp -d)
    chmod 755 "$scratch"
    quietly

    packages=
    test_nginx=
    for package in "$@"; do
        case $package in
        libtest-nginx-perl) test_nginx=1 ;;
        *)                  packages="$packages $package" ;;
        esac
    done

    case " $packages " in
    *" postgresql "*)
        if ! [ -d /etc/postgresql-common ]; then
            apt_install postgresql-common
        fi
        no_main_cluster
        ;;
    esac

    [ -z "$packages" ] || apt_install $packages
    [ -z "$test_nginx" ] || install_test_nginx
}


if [ "${1-}" = --as-root ]; then
    shift
    as_root "$@"
    exit
fi

packages=$(for purpose in "$@"; do missing "$purpose"; done \
           | tr ' ' '\n' | sort -u | tr '\n' ' ')

[ -n "$packages" ] || exit 0

program apt-get > /dev/null || elsewhere $packages

if [ "$(id -u)" = 0 ]; then
    sh "$lib/deps.sh" --as-root $packages

elif program sudo > /dev/null; then
    say "sudo, to install $packages"
    sudo sh "$lib/deps.sh" --as-root $packages

else
    die "these packages are missing, and there is no sudo: $packages"
fi
