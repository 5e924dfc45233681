#!/bin/sh

# make lint: layers, style, documentation (lint.pl), syntax of the scripts,
# warnings of two compilers (warn.sh).

set -eu

lib=$(dirname "$0")
. "$lib/common.sh"

cd "$root"
rc=0

say "layers, style, documentation"
perl t/lib/lint.pl || rc=1

for file in config .ci/run t/lib/*.sh t/*/*.sh; do
    [ ! -f "$file" ] || sh -n "$file" || rc=1
done

sh t/lib/warn.sh || rc=1

[ "$rc" != 0 ] || say "lint: all is well"
exit "$rc"
