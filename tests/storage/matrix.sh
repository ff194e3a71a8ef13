#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The tests that the specification of storage wants are there, by the names that the file
# `matrix` gives them.
matrix=$top_srcdir/tests/storage/matrix
wanted='V1 V2 V3 V4 V5 V6 V7 V8 R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R11 R12 K1 K2 P1 P2
    D1 D2 D3 D4 D5 D6 D7 D8 L1 L2 L3 L4 L5 L6 L7 L8 L9 L10 L11 L11b L12 E1 E2 E3
    I1 I2 I3 S1 S2 S3 X1 X2 X3 X4 X5 F1 F2 C1'
count=0

result() { # TEXT COMPLAINTS
    count=$((count + 1))
    [ -z "$2" ] && echo "ok $count - $1" && return
    echo "not ok $count - $1"
    echo "$2" | sed 's/^/# /'
}

rows() { # of tests
    grep '^T-' "$matrix"
}

unnamed() {
    for id in $wanted; do
        grep -q "^T-$id " "$matrix" || echo "T-$id has no row"
    done
}

missing() {
    rows | while read -r id file test rest; do
        [ "$file" = - ] && continue
        [ -z "$rest" ] || echo "$id: one test a line"
        grep -q "START_TEST($test)" "$top_srcdir/tests/$file" ||
            echo "$id: $file has no test $test"
        [ "$(grep -c "\<$test\>" "$top_srcdir/tests/$file")" -ge 2 ] ||
            echo "$id: $test of $file is not run"
    done
}

unanswered() {
    grep '^S[0-9]:' "$matrix" | while read -r seed ids; do
        for id in $ids; do
            grep -q "^$id " "$matrix" || echo "$seed: $id has no row"
        done
    done
}

result 'every test that is wanted has a row' "$(unnamed)"
result 'every row names a test that is run' "$(missing)"
result 'every statement of the seeds has one' "$(unanswered)"
echo "1..$count"
