#!/bin/sh

# make fuzz: the targets of t/fuzz, or those named as arguments, for
# FUZZ_SECONDS each.  How they are built and run stands in t/fuzz/Makefile.

set -eu

lib=$(dirname "$0")
. "$lib/common.sh"

names=

for source in "$@"; do
    names="$names $(basename "$source" .c)"
done

cd "$root"

# an empty NAMES= would be taken for none

if [ -n "$names" ]; then
    make -s -j2 -C t/fuzz fuzz SECONDS="${FUZZ_SECONDS:-60}" NAMES="$names"
else
    make -s -j2 -C t/fuzz fuzz SECONDS="${FUZZ_SECONDS:-60}"
fi
