#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A qube that is renamed or cloned and the program killed, or its disk broken, at
# any call: whatever the store says then, the data it names are there.
. "$top_srcdir/tests/cli/tap.sh"
. "$top_srcdir/tests/cli/calls.sh"

images=$root/var/lib/qubes/appvms

data_of() { # QUBE
    test "$(cat "$images/$1/private.img")" = precious &&
        test "$(cat "$images/$1/notes.txt")" = mine
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

# What the store names is whole; who was not killed has left nothing else.
goes_on() {
    for qube in $(eval "echo \$whole_$now"); do
        data_of "$qube" || return
    done
    test $status -eq 137 && return
    for qube in $(eval "echo \$gone_$now"); do
        test ! -e "$images/$qube" || test -s "$work/err" || return
    done
}

# As a user does whose disk is full.
to_disk() { # ROOT
    mkdir "$1/disk"
    mv "$1/var/lib/qubes/appvms/work" "$1/disk/work"
    ln -s ../../../../disk/work "$1/var/lib/qubes/appvms/work"
}

trial() { # PATTERN: a call that there must be
    make_root "$scene" "$here/small.xml"
    mkdir -p "$work/$scene/var/lib/qubes/appvms/work"
    printf precious >"$work/$scene/var/lib/qubes/appvms/work/private.img"
    printf mine >"$work/$scene/var/lib/qubes/appvms/work/notes.txt"
    [ "$scene" != linked ] || to_disk "$work/$scene"
    scene "$scene"
    cp "$store" "$work/old.xml"
    calls_seen "$1"
    sed '/"uuid"/d' "$store" >"$work/new.xml"
    every_kill "$scene" changes
    every_error "$scene" changes 5 'Input/output error'
}

scene=renamed command='rename work play'
whole_old=work gone_old=play whole_new=play gone_new=work
trial ' link'

scene=linked
trial ' symlink'
test -f "$work/linked/disk/work/private.img"
ok "linked: the image is where it was"

scene=cloned command='clone work play'
whole_old=work gone_old=play whole_new='work play' gone_new=
trial ' renameat2 .*/qubes-'

finish
