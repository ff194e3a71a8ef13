#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A qube that is made and the making killed, or its disk full or broken at any
# call: what fails leaves nothing, and what was killed leaves the store whole
# and says what is in the way.
. "$top_srcdir/tests/cli/tap.sh"
. "$top_srcdir/tests/cli/calls.sh"

command='create new --class AppVM --label red'

# The files there are, but for the history and what could not be removed.
tree() {
    (cd "$root" && find . -path ./var/lib/qubes/backup -prune -o -path ./run -prune \
        -o -type f ! -name '*~*' -print | sort)
}

version() {
    if cmp -s "$store" "$work/old.xml"; then
        echo old
    elif sed '/"uuid"/d' "$store" | cmp -s - "$work/new.xml"; then
        echo new
    else
        echo broken
    fi
}

# A failure leaves no file, and the qube can be made or is there. What a killed
# one has left may be anything: it is not written over, but named.
goes_on() {
    if [ $status -ne 137 ]; then
        tree | cmp -s - "$work/tree.$now" || return
    fi
    # shellcheck disable=SC2086
    "$qmc" --root "$root" --offline $command >"$work/out" 2>"$work/err"
    again=$?
    if [ $status -eq 137 ] && [ $again -eq 4 ] && [ "$now" = old ]; then
        test "$(version)" = old && grep -q "^qmc: .*/appvms/new' is there already" "$work/err" &&
            grep -q '^hint: ' "$work/err"
        return
    fi
    test "$(version)" = new && tree | cmp -s - "$work/tree.new" &&
        case $now in old) test $again -eq 0 ;; new) test $again -eq 4 ;; *) false ;; esac
}

make_root first "$here/small.xml"
scene first
cp "$store" "$work/old.xml"
tree >"$work/tree.old"
calls_seen ' rename .*qubes.xml~'
sed '/"uuid"/d' "$store" >"$work/new.xml"
tree >"$work/tree.new"

every_kill first changes
every_error first "$breadth" 5 'Input/output error'
every_error first changes 28 'No space left on device'

finish
