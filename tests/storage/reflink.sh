#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The storage tests once more where blocks are shared: on btrfs and xfs images
# in a private mount namespace, which takes them along when it ends.

programs='contract check-volume check-fault check-sparse check-crash
    check-pool check-spare check-volume-set check-loop check-properties'

if [ "${1-}" = inside ]; then
    # The kernel may lack it, or the right may be missing.
    mount -t "$5" -o loop "$2" "$3" 2>/dev/null || exit 3
    n=$4
    for program in $programs; do
        QMC_TEST_DIR=$3 "$top_builddir/tests/storage/$program" >"$2.out" 2>&1 &&
            word=ok || word='not ok'
        n=$((n + 1))
        echo "$word $n - $5 $program: $(grep -c '^ok' "$2.out") passed"
        grep '^not ok' "$2.out" | sed 's/^/# /'
    done
    exit 0
fi

skip() {
    echo "1..0 # SKIP $1"
    exit 0
}

[ "$(id -u)" = 0 ] || skip 'mounting needs root'
[ -e /dev/loop-control ] || skip 'no loop devices'
command -v unshare >/dev/null || skip 'no unshare'
PATH=$PATH:/usr/sbin:/sbin

dir=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/mnt"
each=$(echo $programs | wc -w)
total=0

try() {
    type=$1
    shift
    command -v "mkfs.$type" >/dev/null ||
        { echo "# no mkfs.$type"; return; }
    rm -f "$dir/img"
    truncate -s 400M "$dir/img"
    "mkfs.$type" "$@" "$dir/img" >/dev/null 2>&1 ||
        { echo "# mkfs.$type fails"; return; }
    status=0
    unshare -m sh "$0" inside "$dir/img" "$dir/mnt" "$total" "$type" || status=$?
    case $status in
        0) total=$((total + each)) ;;
        1 | 3) echo "# $type cannot be mounted" ;;
        *) exit 99 ;;
    esac
}

try btrfs -q
try xfs -q
[ "$total" -gt 0 ] || skip 'neither btrfs nor xfs can be made and mounted'
echo "1..$total"
