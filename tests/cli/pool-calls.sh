#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A pool that is made and the making killed, or its disk full or broken at any call: what
# fails leaves no directory, what was killed leaves the store whole, and it can be done
# again.
. "$top_srcdir/tests/cli/tap.sh"
. "$top_srcdir/tests/cli/calls.sh"

command='pool add big file-reflink dir_path=/var/one/big setup_check=False'

version() {
    if cmp -s "$store" "$work/old.xml"; then
        echo old
    elif cmp -s "$store" "$work/new.xml"; then
        echo new
    else
        echo broken
    fi
}

goes_on() {
    if [ $status -ne 137 ] && [ "$now" = old ]; then
        test ! -e "$root/var/one" || return
    fi
    [ "$now" = old ] || test -d "$root/var/one/big/vm-templates" || return
    again=0
    # shellcheck disable=SC2086
    "$qmc" --root "$root" --offline $command >"$work/out" 2>"$work/err" || again=$?
    test "$(version)" = new && test -d "$root/var/one/big/vm-templates" &&
        case $now in old) test $again -eq 0 ;; new) test $again -eq 4 ;; *) false ;; esac
}

make_root empty "$here/small.xml"
scene empty
cp "$store" "$work/old.xml"
calls_seen ' mkdir.*/var/one/big$'
cp "$store" "$work/new.xml"

every_kill empty changes
every_error empty "$breadth" 5 'Input/output error'
every_error empty changes 28 'No space left on device'

finish
