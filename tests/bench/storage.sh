#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The figures of storage, NAME=MICROSECONDS lines: on a btrfs image if one can be mounted,
# in a private mount namespace; else in DIRECTORY, without those that share blocks.
#
#   storage.sh DIRECTORY
set -eu
PATH=$PATH:/usr/sbin:/sbin
rounds=3

timed() { # NAME COMMAND: by the shell
    echo "$1=$(tests/bench/measure time "$rounds" sh -c "$2" | sed -n 's/^us=//p')"
}

run() { # DIRECTORY ANOTHER-DISK
    storage="tests/bench/storage $1"
    image=$($storage make)
    ! grep -q " $1 btrfs" /proc/mounts || $storage clone
    timed cp "rm -f $1/out; cp --sparse=always $image $1/out && sync $1/out"
    timed export "rm -f $1/out; $storage export $1/out"
    timed import "$storage import $image"
    timed cp_away "rm -f $2/out; cp --sparse=always $image $2/out && sync $2/out"
    timed export_away "rm -f $2/out; $storage export $2/out"
    timed cp_back "rm -f $1/out; cp --sparse=always $2/out $1/out && sync $1/out"
    timed import_back "$storage import $2/out"
    rm -f "$2/out"
    timed cat "cat $image | cat >/dev/null"
    timed export_pipe "$storage export - | cat >/dev/null"
    timed import_pipe "cat $image | $storage import -"
}

if [ "${2-}" = inside ]; then
    mount -t btrfs -o loop "$1/img" "$1/mnt" 2>/dev/null || exit 3
    run "$1/mnt" "$1"
    exit 0
fi

mkdir "$1/mnt"
truncate -s 12G "$1/img"
if [ "$(id -u)" = 0 ] && mkfs.btrfs -q "$1/img" >/dev/null 2>&1; then
    status=0
    unshare -m sh "$0" "$1" inside || status=$?
    [ $status = 3 ] || exit $status
fi
rm -f "$1/img"
run "$1/mnt" "$1"
