#!/bin/sh

# make warn, part of make lint: all C sources through gcc and clang with more
# warnings than nginx asks for, each of them an error.

set -eu

lib=$(dirname "$0")
. "$lib/common.sh"

sh "$lib/build.sh" configure

# what nginx's configure found out, relative to the tree that it ran in

includes=$(awk '/^ALL_INCS *=/ { on = 1; sub(/^[^=]*=/, "") }
                on { more = sub(/\\$/, ""); print; if (!more) exit }' \
           "$objs/Makefile")
warnings="-W -Wall -Wextra -Wpointer-arith -Wno-unused-parameter -Werror"
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
rc=0

# gcc knows of unset variables only when it optimizes

for compiler in "gcc -O2 -S -o /dev/null" "clang -fsyntax-only"; do
    say "warnings of ${compiler%% *}"

    program "${compiler%% *}" > /dev/null \
    || die "${compiler%% *} is missing: run \"make deps\""

    cd "$objs/nginx"
    ls ../../ngx_http_scim_module/*/*.c \
        | xargs -n 1 -P "$jobs" $compiler -std=gnu99 $warnings $includes \
    || rc=1

    cd "$root/t/unit"
    ls *.c ../fuzz/*.c 2>/dev/null \
        | xargs -n 1 -P "$jobs" $compiler -std=gnu99 $warnings \
            -I../../ngx_http_scim_module/core -I. \
    || rc=1
done

exit "$rc"
