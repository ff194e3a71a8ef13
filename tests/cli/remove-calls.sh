#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A qube that is removed with the disposable kept ready of it, and the removing killed,
# or its disk full or broken at any call: the store never names data that are gone.
. "$top_srcdir/tests/cli/tap.sh"
. "$top_srcdir/tests/cli/calls.sh"

command='rm new --confirm new'
home=var/lib/qubes/appvms/new
kept=var/lib/qubes/appvms/kept

version() {
    if cmp -s "$store" "$work/old.xml"; then
        echo old
    elif cmp -s "$store" "$work/new.xml"; then
        echo new
    else
        echo broken
    fi
}

# The qube is there with its data, or gone; what was not deleted can be found.
goes_on() {
    case $now in
        old) cmp -s "$root/$home/private.img" "$work/first/$home/private.img" &&
            test -d "$root/$kept" && run_quietly 0 rm new --confirm new &&
            test ! -e "$root/$home/private.img" && test ! -e "$root/$kept" ;;
        new) run_quietly 3 show new && run_quietly 3 show kept ;;
    esac
}

run_quietly() { # STATUS ARGUMENT...
    expected=$1
    shift
    again=0
    "$qmc" --root "$root" --offline "$@" >"$work/again" 2>&1 </dev/null || again=$?
    test $again -eq "$expected"
}

make_root first "$here/small.xml"
cp "$work/first/var/lib/qubes/qubes.xml" "$work/small.xml"
run 0 --root "$work/first" --offline create new --class AppVM --label red \
    --property template_for_dispvms=True
run 0 --root "$work/first" --offline create kept --class DispVM --template new --label red
run 0 --root "$work/first" --offline feature new vm-config.kept 1
sed -i 's/"vm-config.kept">1</"preload-dispvm">kept</' \
    "$work/first/var/lib/qubes/qubes.xml"
run 0 --root "$work/first" --offline prefs kept is_preload
out_has '^True$'
rm -rf "$work/first/var/lib/qubes/backup" "$work/first/run"
scene first
cp "$store" "$work/old.xml"
calls_seen ' renameat2 .*/qubes-'
cp "$store" "$work/new.xml"
cmp -s "$store" "$work/small.xml"
ok "made and removed: the store is as it was"
test ! -e "$root/$home" && test ! -e "$root/$kept"
ok "nothing of it is left"

every_kill first changes
every_error first "$breadth" 5 'Input/output error'
[ "$breadth" = changes ] ||
    every_error first changes 28 'No space left on device'

finish
