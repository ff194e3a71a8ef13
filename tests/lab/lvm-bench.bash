# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# What a start and a stop of a volume in a thin pool take, beside the bare commands of LVM
# that they need: no command more, and no more than 1.2 times as long. In check-lab-full.
# shellcheck source=thin.bash
. "$here/thin.bash"

# The commands in order, as a program of that name before the real one sees them.
bench_spy() {
    mkdir -p /tmp/spy
    cat >/tmp/spy/lvm <<SPY
#!/bin/sh
echo "\$1" >>/tmp/spy/log
exec $(command -v lvm) "\$@"
SPY
    chmod +x /tmp/spy/lvm
}

bench_run() { # ROUNDS
    LVM_SYSTEM_DIR=/tmp/lvm-speed "$build/tests/bench/lvm" speed/pool "$1"
}

bench_ratio() { # NAME PEER
    awk -F= -v name="$1" -v peer="$2" '{ us[$1] = $2 }
        END { printf "%.2f", us[peer] ? us[name] / us[peer] : 99 }' "$out"
}

bench_line() { # NAME PEER
    local ratio
    ratio=$(bench_ratio "$1" "$2")
    awk -v ratio="$ratio" 'BEGIN { exit ratio > 1.2 }'
    result $? "a $1 takes $ratio times as long as its bare commands" "$out"
}

thin_make speed
bench_spy
start='lvs lvcreate' stop='lvs lvrename lvrename lvrename lvremove'
PATH=/tmp/spy:$PATH bench_run 1 >"$out" 2>&1
result $? 'a start and a stop, and the same by hand' "$out"
# to make the two, then each bare and by the driver, then to remove both
is "lvs lvcreate lvcreate lvs lvcreate $start lvs lvrename lvrename $start $start $stop $stop \
lvremove lvremove lvs lvrename lvremove lvrename lvremove" \
    "$(xargs </tmp/spy/log)" 'they take the same commands'
bench_run 9 >"$out" 2>&1
result $? 'nine of each' "$out"
note "$(xargs <"$out")"
bench_line start bare_start
bench_line stop bare_stop
thin_is_clean speed 'in the end'
