#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Two loops of saves, and somebody who takes no lock and writes the same store: by
# renames, and into it. Nothing that anybody wrote is lost. QMC_SECONDS=N: how long of
# each kind.
. "$top_srcdir/tests/cli/tap.sh"

seconds=${QMC_SECONDS-3}
root=$work/root
store=$root/var/lib/qubes/qubes.xml
history=$root/var/lib/qubes/backup/qmc

memory() { # QUBE FILE
    sed -n '/"name">'"$1"'</,/<.domain>/s|.*"memory">\([0-9]*\).*|\1|p' "$2"
}

# Until $work/stop: what was said to be done is in $work/done.QUBE.
saves() { # QUBE
    n=400
    while [ ! -e "$work/stop" ] && [ $n -lt 999 ]; do
        n=$((n + 1)) status=0
        "$qmc" --root "$root" --offline prefs "$1" memory $n >/dev/null 2>"$work/err.$1" \
            </dev/null || status=$?
        case $status in
        0) echo $n >"$work/done.$1" ;;
        4) ;; # too many were quicker
        *) sed "s/^/$1: $status: /" "$work/err.$1" >>"$work/wrong" ;;
        esac
    done
}

# All that they read, with a number of theirs; who wrote meanwhile is written over by
# them, not by us.
by_rename() {
    sed '/"name">sys-net</,/<.domain>/s|\("memory">\)[0-9]*|\1'"$1"'|' "$store" >"$store.theirs"
    mv "$store.theirs" "$store"
}

# Their three digits alone: what others write stays.
in_place() {
    at=$(grep -b -A20 '"name">sys-net<' "$store" | sed -n 's|^\([0-9]*\)-\( *<property name="memory">\).*|\1 \2|p')
    test -n "$at" || return 1
    indent=${at#* }
    printf %s "$1" | dd of="$store" bs=3 oflag=seek_bytes \
        seek=$((${at%% *} + ${#indent})) conv=notrunc status=none
}

# Of one who had the file open when it was replaced, and wrote later.
is_kept() { # NUMBER
    for kept in "$history"/*; do
        test "$(memory sys-net "$kept" 2>/dev/null)" != "$1" || return 0
    done
    return 1
}

# In the store, though not in the moment in which it is exchanged and back.
is_there() { # NUMBER
    tries=0
    while [ $tries -lt 100 ]; do
        test "$(memory sys-net "$store")" != "$1" || return 0
        if [ "$kind" = in_place ] && is_kept "$1"; then
            sleep 0.1 # it may be on its way back
            is_kept "$1" || continue
            late=$((late + 1))
            return 0
        fi
        tries=$((tries + 1))
        sleep 0.02
    done
    return 1
}

foreign() {
    n=300 late=0
    end=$(($(date +%s) + seconds))
    while [ "$(date +%s)" -lt $end ] && [ $n -lt 999 ]; do
        n=$((n + 1))
        "$kind" $n && is_there $n || echo "$n of $kind is lost" >>"$work/wrong"
    done
}

for kind in by_rename in_place; do
    rm -rf "$root" "$work/stop"
    make_root root "$here/small.xml"
    sed -i '/"memory">/d; s|^\( *\)\(<property name="uuid">.*\)|\1\2\n\1<property name="memory">300</property>|' "$store"
    : >"$work/wrong"
    saves work &
    one=$!
    saves debian-13 &
    two=$!
    foreign
    : >"$work/stop"
    wait $one $two
    cp "$work/wrong" "$work/out"
    test ! -s "$work/wrong"
    ok "$kind: nothing of theirs was lost: $((n - 300)) changes, $late among the copies"
    echo "$(cat "$work/done.work") $(cat "$work/done.debian-13")" >"$work/out"
    test "$kind" = by_rename ||
        test "$(memory work "$store") $(memory debian-13 "$store")" = "$(cat "$work/out")"
    ok "$kind: nor of ours: $(cat "$work/out")"
    run 10 --root "$root" --offline xml check "$store"
    test -z "$(find "$root" -name '*~*' -o -name 'store.holder*')"
    ok "$kind: nothing was left behind"
done

finish
