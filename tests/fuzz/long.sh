#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each fuzzer for QMC_FUZZ_SECONDS, from the corpus and from what earlier runs in
# this build directory have found. What breaks a promise stays as
# tests/fuzz/found-TARGET-...; make check-long runs this.
set -u

seconds=${QMC_FUZZ_SECONDS-600}
here=$top_builddir/tests/fuzz
corpus=$top_srcdir/tests/fuzz/corpus
count=0

# GLib keeps each name it was ever told, and to a leak checker its tables of very
# many names are lost. The corpora are replayed with that check in make check.
export ASAN_OPTIONS="${ASAN_OPTIONS+$ASAN_OPTIONS:}detect_leaks=0"
# where a file is written without a disk
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm

fuzz() { # TARGET
    mkdir -p "$here/grown-$1"
    "$here/fuzz-$1" -max_total_time="$seconds" -timeout=10 -max_len=20000 \
        -artifact_prefix="$here/found-$1-" "$here/grown-$1" "$corpus/$1" \
        >"$here/fuzz-$1.log" 2>&1
}

for dir in "$corpus"/*; do
    target=${dir##*/}
    count=$((count + 1))
    if [ ! -x "$here/fuzz-$target" ]; then
        echo "ok $count - $target # SKIP not configured with CC=clang --enable-fuzz"
    elif fuzz "$target"; then
        echo "ok $count - $target, $seconds s: $(tail -n 1 "$here/fuzz-$target.log")"
    else
        echo "not ok $count - $target"
        tail -n 40 "$here/fuzz-$target.log" | sed 's/^/# /'
    fi
done
echo "1..$count"
