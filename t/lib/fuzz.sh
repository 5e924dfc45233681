#!/bin/sh

# make fuzz: each t/fuzz/*.c (a LLVMFuzzerTestOneInput) with the core under
# libFuzzer, ASan and UBSan, for FUZZ_SECONDS.  What it finds interesting is
# kept in objs/fuzz/NAME.corpus; t/fuzz/NAME/ may hold seeds.

set -eu

lib=$(dirname "$0")
. "$lib/common.sh"

out=$objs/fuzz
core=$root/ngx_http_scim_module/core
seconds=${FUZZ_SECONDS:-60}

cd "$root"
[ $# -gt 0 ] || set -- $(grep -l '^LLVMFuzzerTestOneInput(' t/fuzz/*.c)

for source in "$@"; do
    name=$(basename "$source" .c)
    mkdir -p "$out/$name.corpus"

    say "fuzzing $name for $seconds s"

    clang -std=gnu99 -g -O1 -fsanitize=fuzzer,address,undefined \
        -fno-sanitize-recover=undefined -I"$core" -It/unit \
        -o "$out/$name" "$source" "$core"/*.c -lyajl -lutf8proc

    seeds=
    [ ! -d "t/fuzz/$name" ] || seeds=t/fuzz/$name

    "$out/$name" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=512 \
        -artifact_prefix="$out/$name-" -verbosity=0 -print_final_stats=1 \
        "$out/$name.corpus" $seeds
done
