#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A qube that is made and the making killed, or its disk full or broken at any
# call: what fails leaves nothing, what was killed leaves the store whole with all
# the data it names, and what is in the way then is said.
. "$top_srcdir/tests/cli/tap.sh"
. "$top_srcdir/tests/cli/calls.sh"

command='create new --class AppVM --label red'

# The files there are, but for the history and what could not be removed.
tree() {
    (cd "$root" && find . -path ./var/lib/qubes/backup -prune -o -path ./run -prune \
        -o -type f ! -name '*~*' -print | sort)
}

# As it is to be compared: each run makes UUIDs of its own.
plain_store() {
    sed '/"uuid"/d' "$store"
}

version() {
    if plain_store | cmp -s - "$work/old.xml"; then
        echo old
    elif plain_store | cmp -s - "$work/new.xml"; then
        echo new
    else
        echo broken
    fi
}

# A failure leaves no file, and then it can be done or is done. What a killed one
# has left may be anything: it is not written over, but named.
goes_on() {
    tree >"$work/tree"
    test -z "$(comm -13 "$work/tree" "$work/tree.$now")" || return
    [ $status -eq 137 ] || cmp -s "$work/tree" "$work/tree.$now" || return
    again=0
    # shellcheck disable=SC2086
    "$qmc" --root "$root" --offline $command >"$work/out" 2>"$work/err" || again=$?
    if [ $status -eq 137 ] && [ $again -eq 4 ] && [ "$now" = old ]; then
        test "$(version)" = old && grep -q "^qmc: .*' is there already" "$work/err" &&
            grep -q '^hint: ' "$work/err"
        return
    fi
    tree >"$work/tree"
    test "$(version)" = new && test -z "$(comm -13 "$work/tree" "$work/tree.new")" &&
        case $now in old) test $again -eq 0 ;; new) test $again -eq 4 ;; *) false ;; esac
}

make_root empty "$here/small.xml"
scene empty
plain_store >"$work/old.xml"
tree >"$work/tree.old"
calls_seen ' renameat2 .*/qubes-'
plain_store >"$work/new.xml"
tree >"$work/tree.new"

every_kill empty changes
every_error empty "$breadth" 5 'Input/output error'
every_error empty changes 28 'No space left on device'

finish
