#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A save that is killed, or that finds a full, broken or read-only disk, at any of
# its calls: the store is the old or the new one, whole, it is said what happened,
# and nothing is in the way of the next save.
. "$top_srcdir/tests/cli/tap.sh"

inject=$top_builddir/tests/cli/inject
root=$work/root
store=$root/var/lib/qubes/qubes.xml
history=$root/var/lib/qubes/backup/qmc
limit=50 # of the history

# A system as SCENE left it. Links will do: no file is ever written in place.
scene() {
    rm -rf "$root"
    cp -al "$work/$1" "$root"
}

# change MODE WHAT N: the save, with its N-th call as inject is told
change() {
    status=0
    "$inject" "$root" "$work/calls" "$@" "$qmc" --root "$root" --offline \
        prefs work memory 900 >"$work/out" 2>"$work/err" </dev/null || status=$?
}

# Which of the two the store is.
version() {
    if cmp -s "$store" "$work/old.xml"; then
        echo old
    elif cmp -s "$store" "$work/new.xml"; then
        echo new
    else
        echo broken
    fi
}

# What call it was, without what is by chance.
call() {
    sed -n "$1{s|^[0-9]* ||; s|$root|ROOT|; s|~.*|~|; s|-[0-9TZ-]*[.]xml|.xml|; p}" \
        "$work/calls"
}

# The next save works, and what was left behind does not add up.
goes_on() {
    "$qmc" --root "$root" --offline prefs work vcpus 3 >"$work/out" 2>"$work/err" &&
        test -z "$(find "$root" -name '*~*' -o -name 'store.holder*')" &&
        test "$(ls "$history" | wc -l)" -le $limit
}

killed() { # SCENE MODE N
    scene "$1"
    change "$2" kill "$3"
    now=$(version)
    case $last-$now in
        old-old | old-new | new-new) test $status -eq 137 && goes_on ;;
        *) false ;;
    esac
    ok "$1: killed before $(call "$3"): $now"
    last=$now
}

# It is refused with file, reason and next step, or it was not needed; before it
# began, if it cannot be told that no qubesd runs.
said() {
    if [ $status -eq 0 ]; then
        test "$now" = new
    elif [ $status -eq 5 ] && grep -q ': the socket of qubesd' "$work/err"; then
        test "$now" = old && grep -q ' openat .*/run$' "$work/calls"
    else
        test "$now" = old && test $status -ne 125 && grep -q "^qmc: .*$root" "$work/err" &&
            grep -q "^qmc: .*: $reason\$" "$work/err" && grep -q '^hint: ' "$work/err"
    fi
}

failing() { # SCENE MODE N ERRNO REASON
    scene "$1"
    change "$2" "$4" "$3"
    now=$(version) reason=$5
    said && goes_on
    ok "$1: $5 at $(call "$3"): $now"
    seen=$seen$now
}

calls_of() { # SCENE MODE
    scene "$1"
    change "$2" none 0
    calls=$(wc -l <"$work/calls")
    n=0
}

every_kill() { # SCENE MODE
    calls_of "$1" "$2"
    last=old
    while [ $n -lt "$calls" ]; do
        n=$((n + 1))
        killed "$1" "$2" $n
    done
    test "$last" = new
    ok "$1: killed late enough it is the new one"
}

every_error() { # SCENE MODE ERRNO REASON
    calls_of "$1" "$2"
    seen=
    while [ $n -lt "$calls" ]; do
        n=$((n + 1))
        failing "$1" "$2" $n "$3" "$4"
    done
    case $seen in *old*) ;; *) false ;; esac
    ok "$1: $4: it was refused at least once"
}

make_root first "$here/small.xml"
scene first
cp "$store" "$work/old.xml"
change all none 0
if [ $status -eq 77 ]; then
    skip "a save stopped at each of its calls" "$(cat "$work/err")"
    finish
    exit 0
fi
test $status -eq 0 && grep -q ' rename .*qubes.xml~' "$work/calls"
ok "the calls of a save are seen"
cp "$store" "$work/new.xml"
for version in old new; do
    run 10 --root "$root" --offline xml check "$work/$version.xml"
done

# A history that is full: one copy has to go.
scene first
cp -al "$work/first" "$work/full"
mkdir -p "$work/full/var/lib/qubes/backup/qmc"
n=0
while [ $n -lt $limit ]; do
    cp "$work/old.xml" \
        "$work/full/var/lib/qubes/backup/qmc/qubes-20260101T000000Z-$(printf %03d $n).xml"
    n=$((n + 1))
done

# The disk may break in any call, but a full one is met by changes alone.
every_kill first all
every_kill full changes
every_error first all 5 'Input/output error'
every_error full changes 5 'Input/output error'
for scene in first full; do
    every_error $scene changes 28 'No space left on device'
    every_error $scene changes 30 'Read-only file system'
done

finish
