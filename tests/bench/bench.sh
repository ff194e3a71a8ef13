#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints one line per figure: what, value, the peers of the same run, limit, met
# or missed. Run in the build directory by make bench.
set -eu

tools=$(dirname "$0")
work=$(mktemp -d) || exit 99
# where a file is written without a disk
memory=$work
[ ! -w /dev/shm ] || memory=$(mktemp -d /dev/shm/qmc-bench-XXXXXX)
# programs keep their settings of this run alone
export HOME="$work/home" LC_ALL=C.UTF-8
mkdir "$HOME"

leave() {
    # shellcheck disable=SC2046 # one word each
    [ ! -f "$work/pids" ] || kill $(cat "$work/pids") || :
    rm -rf "$work" "$memory"
}
trap leave EXIT
trap 'exit 1' HUP INT TERM

# get NAME <LINES: the value of NAME=VALUE
get() {
    sed -n "s/^$1=//p"
}

figure() { # FILE NAME
    if [ -f "$work/$1" ]; then get "$2" <"$work/$1"; else echo 0; fi
}

# verdict VALUE TARGET
verdict() {
    awk -v value="$1" -v target="$2" \
        'BEGIN { print target == "-" ? "" : value + 0 <= target + 0 ? "met" : "missed" }'
}

# line WHAT VALUE UNIT PEER PEERVALUE RATIO-TARGET TARGET: - where there is none
line() {
    ratio=$(awk -v a="$2" -v b="$5" 'BEGIN { if (b + 0 > 0) printf "%.2f", a / b; else print "-" }')
    if [ "$6" != - ]; then
        target="$6 x" said=$(verdict "$ratio" "$6")
    elif [ "$7" != - ]; then
        target="$7 $3" said=$(verdict "$2" "$7")
    else
        target=- said=
    fi
    printf '%-44s %9s %-4s %-26s %9s %7s  %-10s %s\n' \
        "$1" "$2" "$3" "$4" "$5" "$ratio" "$target" "$said"
}

ms() { # MICROSECONDS
    awk -v us="$1" 'BEGIN { printf "%.2f", us / 1000 }'
}

# times NAME QUBES DIRECTORY: figures of a store there to $work/NAME
times() {
    rm -rf "$3/store"
    cp -r "$work/$2" "$3/store"
    tests/bench/store time "$3/store" >"$work/$1"
}

stores() {
    for n in 10 100 1000 200; do
        mkdir -p "$work/$n"
        tests/bench/store make "$work/$n" $n
    done
    for n in 10 100 1000; do
        times memory $n "$memory"
        times disk $n "$work"
        [ $n = 1000 ] && load=1.5 save=3.5 || load=- save=-
        peer=$(ms "$(figure memory read)")
        line "load $n qubes" "$(ms "$(figure memory load)")" ms \
            xmlReadMemory "$peer" "$load" -
        line "set and save, $n qubes, no disk" "$(ms "$(figure memory save)")" ms \
            xmlReadMemory "$peer" "$save" -
        line "set and save, $n qubes, on disk" "$(ms "$(figure disk save)")" ms \
            'write, fsync, rename' "$(ms "$(figure disk sync)")" - -
    done
}

listing() {
    ls_us=$(tests/bench/measure time 21 ./qmc --root "$work/200" \
        --connect test:///default ls | get us)
    if command -v virsh >/dev/null; then
        peer='virsh list'
        peer_us=$(tests/bench/measure time 21 virsh -q -c test:///default list --all | get us)
    else
        peer='(no virsh)' peer_us=0
    fi
    line 'ls of 200 qubes' "$(ms "$ls_us")" ms "$peer" "$(ms "$peer_us")" - 30
}

volumes() {
    mkdir "$work/volumes"
    sh "$tools/storage.sh" "$work/volumes" >"$work/volumes.txt"
    if [ "$(figure volumes.txt bare)" != '' ]; then
        bare=$(ms "$(figure volumes.txt bare)")
        for row in 'clone:clone a volume' 'start:start the clone' \
            'again:start it after a stop' 'snapshot:start a snapshot'; do
            line "${row#*:}" "$(ms "$(figure volumes.txt "${row%%:*}")")" ms \
                'FICLONE, fsync, rename' "$bare" 1.5 -
        done
    fi
    peer=$(ms "$(figure volumes.txt cp)")
    line 'export 4 GiB with 256 MiB of data' "$(ms "$(figure volumes.txt export)")" ms \
        'cp --sparse=always, sync' "$peer" 1.11 -
    line 'import it' "$(ms "$(figure volumes.txt import)")" ms \
        'cp --sparse=always, sync' "$peer" 1.11 -
    line 'export to another disk' "$(ms "$(figure volumes.txt export_away)")" ms \
        'cp --sparse=always, sync' "$(ms "$(figure volumes.txt cp_away)")" 1.11 -
    line 'import from another disk' "$(ms "$(figure volumes.txt import_back)")" ms \
        'cp --sparse=always, sync' "$(ms "$(figure volumes.txt cp_back)")" 1.11 -
    peer=$(ms "$(figure volumes.txt cat)")
    line 'export through a pipe' "$(ms "$(figure volumes.txt export_pipe)")" ms \
        'cat' "$peer" 1.11 -
    line 'import through a pipe' "$(ms "$(figure volumes.txt import_pipe)")" ms \
        'cat' "$peer" 1.11 -
}

# shellcheck source=tests/bench/screens.sh
. "$tools/screens.sh"

printf '%-44s %9s %-4s %-26s %9s %7s  %-10s\n' figure value '' peer value ratio target
stores
listing
volumes
console
