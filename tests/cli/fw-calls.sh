#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Firewall rules that are written and the writing killed, or the disk full, broken
# or read-only at any call: the rules are the old or the new ones.
. "$top_srcdir/tests/cli/tap.sh"
. "$top_srcdir/tests/cli/calls.sh"

command='fw work add drop proto=udp'
rules=$root/var/lib/qubes/appvms/work/firewall.xml

version() {
    if cmp -s "$rules" "$work/old.xml"; then
        echo old
    elif cmp -s "$rules" "$work/new.xml"; then
        echo new
    else
        echo broken
    fi
}

# The next change works, and what was left behind does not add up.
goes_on() {
    "$qmc" --root "$root" --offline fw work del 0 >"$work/out" 2>"$work/err" &&
        test -z "$(find "$root" -name '*~*')"
}

make_root first "$here/small.xml"
mkdir -p "$work/first/var/lib/qubes/appvms/work"
run 0 --root "$work/first" --offline fw work add accept proto=tcp
rm -rf "$work/first/run"
scene first
cp "$rules" "$work/old.xml"
calls_seen ' renameat2 .*firewall.xml~'
cp "$rules" "$work/new.xml"

every_kill first changes
every_error first "$breadth" 5 'Input/output error'
every_error first changes 28 'No space left on device'
every_error first changes 30 'Read-only file system'

# A reset of what is broken keeps that, and takes the copy back if it fails.
command='fw work reset --yes'

kept() { # how many copies
    find "$root" -name 'firewall-work-*.xml' | wc -l
}

version() {
    if cmp -s "$rules" "$work/old.xml" && { test $status -eq 137 || test "$(kept)" -eq 0; }; then
        echo old
    elif cmp -s "$rules" "$work/new.xml" && test "$(kept)" -eq 1; then
        echo new
    else
        echo broken
    fi
}

goes_on() {
    "$qmc" --root "$root" --offline fw work reset --yes >"$work/out" 2>"$work/err" &&
        test -z "$(find "$root" -name '*~*')"
}

printf junk >"$work/first/var/lib/qubes/appvms/work/firewall.xml"
scene first
cp "$rules" "$work/old.xml"
change changes none 0
cp "$rules" "$work/new.xml"
every_kill first changes
every_error first changes 5 'Input/output error'
every_error first changes 28 'No space left on device'

finish
