#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A daemon that falls silent in the middle of a start: the start ends by itself,
# and at once if told to.
. "$top_srcdir/tests/cli/tap.sh"

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

. "$top_srcdir/tests/util/libvirtd.sh"

command -v python3 >/dev/null || skip_all "python3 is not installed"
private=$work/libvirt
server= helpers=
trap 'kill $server $helpers 2>/dev/null; clean' EXIT
private_libvirtd "$private" || skip_all "$missing"

# begin NAME: a start of the vault that has come to the silence; $pid is it
begin() {
    python3 "$here/silent.py" "$work/$1.sock" "$private/libvirt-sock" \
        "$work/$1.mark" 2>"$work/$1.proxy" &
    helpers="$helpers $!"
    until_test -S "$work/$1.sock" || return 1
    "$qmc" --demo --root "$work/$1" ls >/dev/null
    "$qmc" --root "$work/$1" start vault \
        --connect "test+unix:///default?socket=$work/$1.sock" \
        >"$work/$1.out" 2>"$work/$1.err" </dev/null &
    pid=$!
    until_test -e "$work/$1.mark"
}

# ends NAME STATUS MS: $pid does so, and not later; $took is how long it took
ends() {
    began=$(date +%s%N)
    status=0
    wait "$pid" || status=$?
    took=$((($(date +%s%N) - began) / 1000000))
    cp "$work/$1.out" "$work/out"
    cp "$work/$1.err" "$work/err"
    test "$status" -eq "$2" && test "$took" -le "$3"
    ok "status $2 within $3 ms ($status after $took)"
}

# The longest one waits beside the others.
begin alone
ok "a start comes to the silence"
alone=$pid

begin once
kill -TERM "$pid"
ends once 143 60000
once=$took
err_has "start: 'vault' was left in the middle"

# Sooner than after a single one.
begin twice
kill -TERM "$pid"
until_test -s "$work/twice.err"
kill -TERM "$pid"
ends twice 143 "$once"

pid=$alone
ends alone 7 160000
err_has "^qmc: 'start' of 'vault' got no answer within .* at: domain of vault"
err_has "^hint: see whether the hypervisor answers"
finish
