#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A save that is killed, or that finds a full, broken or read-only disk, at any of
# its calls: the store is the old or the new one, whole, it is said what happened,
# and nothing is in the way of the next save.
. "$top_srcdir/tests/cli/tap.sh"
. "$top_srcdir/tests/cli/calls.sh"

command='prefs work memory 900'
history=$root/var/lib/qubes/backup/qmc
limit=22 # of the history: the newest, and the first of each of two hours

version() {
    if cmp -s "$store" "$work/old.xml"; then
        echo old
    elif cmp -s "$store" "$work/new.xml"; then
        echo new
    else
        echo broken
    fi
}

# Nothing half written, and no copy of a store that was not replaced: a link to it.
# What a kill leaves goes with the next save.
left_nothing() {
    test -z "$(find "$root" -name '*~*' -o -name 'store.holder*')" &&
        { test ! -d "$history" || test -z "$(find "$history" -samefile "$store")"; }
}

# What stays because it could not be removed, cannot be helped.
removing() {
    case $(call "$n") in unlink*) true ;; *) false ;; esac
}

# What was never the store is no copy of it.
copies_were() {
    test "$now" = new || for kept in "$history"/*; do
        test ! -e "$kept" || ! cmp -s "$kept" "$work/new.xml" || return 1
    done
}

# The next save works, and what was left behind does not add up.
goes_on() {
    test $status -eq 137 || removing || left_nothing || return 1
    "$qmc" --root "$root" --offline prefs work vcpus 3 >"$work/out" 2>"$work/err" &&
        test -z "$(find "$root" -name '*~*' -o -name 'store.holder*')" &&
        test "$(ls "$history" | wc -l)" -le $limit && copies_were
}

make_root first "$here/small.xml"
scene first
cp "$store" "$work/old.xml"
calls_seen ' renameat2 .*/qubes-'
cp "$store" "$work/new.xml"
for version in old new; do
    run 10 --root "$root" --offline xml check "$work/$version.xml"
done

# A history that is full: one copy has to go, not the first of its hour.
cp -al "$work/first" "$work/full"
mkdir -p "$work/full/var/lib/qubes/backup/qmc"
n=0
while [ $n -lt 21 ]; do
    cp "$work/old.xml" \
        "$work/full/var/lib/qubes/backup/qmc/qubes-20260101T000000Z-$(printf %03d $n).xml"
    n=$((n + 1))
done

# A copy that takes the place of the store.
copy=qubes-2026-01-01-00:00:00.xml
make_root restored "$work/new.xml"
mkdir -p "$work/restored/var/lib/qubes/backup"
cp "$work/old.xml" "$work/restored/var/lib/qubes/backup/$copy"

# The disk may break in any call, but a full one is met by changes alone; and what
# a kill leaves differs after changes alone.
every_kill first "$breadth"
every_kill full changes
every_error first all 5 'Input/output error'
every_error first changes 28 'No space left on device'
every_error first changes 30 'Read-only file system'
every_error full changes 28 'No space left on device'

command="xml restore $copy --confirm $copy"
mv "$work/new.xml" "$work/copied.xml"
mv "$work/old.xml" "$work/new.xml"
mv "$work/copied.xml" "$work/old.xml"
every_kill restored changes
every_error restored changes 5 'Input/output error'
every_error restored changes 28 'No space left on device'

finish
