#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints one line per figure: what, value, the peer of the same run, ratio,
# target, met or missed. Run in the build directory by make bench.
set -eu

work=$(mktemp -d)
# where a file is written without a disk
memory=$work
[ ! -w /dev/shm ] || memory=$(mktemp -d /dev/shm/qmc-bench-XXXXXX)
trap 'rm -rf "$work" "$memory"' EXIT

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
            xmlReadMemory "$peer" $load -
        line "set and save, $n qubes, no disk" "$(ms "$(figure memory save)")" ms \
            xmlReadMemory "$peer" $save -
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

# screen NAME QUBES SECONDS FAKE: figures of the console to $work/NAME
screen() {
    QMC_FAKE=$4 tests/bench/measure screen "$3" tests/qmc-fake \
        --root "$work/$2" >"$work/$1"
}

console() {
    peer='(no htop)'
    if command -v htop >/dev/null; then
        peer=htop
        HTOPRC=/dev/null tests/bench/measure screen 6 htop >"$work/htop"
    fi
    screen hung 200 2 hang=all
    screen quiet 200 6 ''
    screen ten 200 10 'domains=10 figures=moving'
    screen twenty 200 10 'domains=20 figures=moving'
    screen slow 200 2 'domains=10 figures=moving delay=5000'
    screen large 1000 2 ''
    line 'first frame, 200 qubes, hypervisor hangs' "$(ms "$(figure hung frame)")" ms \
        "$peer" "$(ms "$(figure htop frame)")" - 50
    line 'cursor key, 200 qubes' "$(figure quiet key)" B "$peer" "$(figure htop key)" - 350
    line 'idle, nothing changes' "$(figure quiet idle)" B/s "$peer" "$(figure htop idle)" - 0
    line 'idle, 10 qubes run' "$(figure ten idle)" B/s "$peer" "$(figure htop idle)" - 400
    line 'processor, 200 qubes, 20 run' "$(figure twenty cpu)" % "$peer" "$(figure htop cpu)" - 1
    for kind in quiet hung slow; do
        line "key to answer, $kind hypervisor" "$(ms "$(figure $kind latency)")" ms \
            "$peer" "$(ms "$(figure htop latency)")" - 50
        line '  the slowest of 40 keys' "$(ms "$(figure $kind worst)")" ms \
            "$peer" "$(ms "$(figure htop worst)")" - 50
    done
    line 'private memory, 200 qubes' "$(figure quiet memory)" KiB "$peer" \
        "$(figure htop memory)" - 12288
    line 'private memory, 1000 qubes' "$(figure large memory)" KiB "$peer" \
        "$(figure htop memory)" - 16384
}

printf '%-44s %9s %-4s %-26s %9s %7s  %-10s\n' figure value '' peer value ratio target
stores
listing
console
