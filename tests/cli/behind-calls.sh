#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody else, who takes no lock, writes the store before any call of a save, and
# before some in a row: their change is in the store afterwards, and ours too, or it
# is said that it is not. Of the calls those from the last look at the store on;
# QMC_CALLS=all (make check-long): all.
. "$top_srcdir/tests/cli/tap.sh"
. "$top_srcdir/tests/cli/calls.sh"

command='prefs work memory 900'
history=$root/var/lib/qubes/backup/qmc

# What others are: by a rename, by writing the file anew, and by writing into it with
# the former size and the former times, so that it is not seen by these.
cat >"$work/others" <<EOF
set -e
n=\$((\$(cat '$work/others.n') + 1))
echo \$n >'$work/others.n'
sed '/"name">sys-net</,/<.domain>/s|\("memory">\)[0-9]*|\1'\$n'|' '$store' >'$work/theirs'
case \$1 in
mv) cp '$work/theirs' '$store.theirs'; mv '$store.theirs' '$store' ;;
cat) cat '$work/theirs' >'$store' ;;
sly) touch -r '$store' '$work/times'; dd of='$store' conv=notrunc status=none <'$work/theirs'
    touch -r '$work/times' '$store' ;;
esac
EOF

# No copy is of a store that never was.
copies_were() {
    for kept in "$history"/*; do
        test ! -e "$kept" || ! cmp -s "$kept" "$work/new.xml" || return 1
    done
    test -z "$(find "$root" -name '*~*' -o -name 'store.holder*')"
}

memory() { # QUBE
    sed -n '/"name">'"$1"'</,/<.domain>/s|.*"memory">\([0-9]*\).*|\1|p' "$store"
}

# Links will not do here.
fresh() {
    rm -rf "$root"
    cp -a "$work/first" "$root"
    echo 310 >"$work/others.n"
}

behind() { # HOW N[+MORE]
    fresh
    change all "!sh $work/others $1" "$2"
    theirs=$(memory sys-net) ours=$(memory work)
    test "$theirs" = "$(cat "$work/others.n")" && copies_were &&
        case $status in
        0) test "$ours" = 900 ;;
        *) test "$ours" != 900 && grep -q 'changed by another program' "$work/err" ;;
        esac
    ok "$1 before $2 $(call "${2%+*}"): theirs $theirs, ours $ours, $status"
    case $status in 0) went=$((went + 1)) ;; esac
}

make_root first "$here/small.xml"
scene first
calls_seen ' renameat2 '
cp "$store" "$work/new.xml"
calls=$(wc -l <"$work/calls")
first=1 rows='+0 +1 +3'
test "$breadth" = all || first=$(awk '/ link /{ print $1 - 12 }' "$work/calls") rows='+0 +3'
for how in mv cat sly; do
    for more in $rows; do
        n=$first went=0
        while [ $n -le "$calls" ]; do
            behind $how $n$more
            n=$((n + 1))
        done
        test $went -gt $(((n - first) * 2 / 3))
        ok "$how$more: most saves found their way: $went"
    done
done

finish
