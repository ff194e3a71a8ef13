# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Power that is lost while volumes are worked on (tests/storage/power.c). The device below
# has dm-log-writes; then, for each flush and for each step that was reported as done, a
# device is made of what was durable at that moment, and what is on it is recovered and
# looked at. In check-lab-full.
#
# QMC_SEED repeats a run; QMC_STEPS are its steps, QMC_CUTS how many moments are tried of
# each, QMC_DRIVERS ("lvm_thin", "file on ext4") which; without it all but lvm_thin.
# shellcheck source=thin.bash
. "$here/thin.bash"
power=$build/tests/storage/power
seed=${QMC_SEED:-$RANDOM} steps=${QMC_STEPS:-40}
place=/tmp/power
modprobe -a dm_log_writes dm_snapshot

# --- what is on a device ---

fs_make() { # TYPE DEVICE
    "mkfs.$1" -q "$2" && fs_up "$2"
}

fs_up() { # DEVICE
    mkdir -p "$place" && mount "$1" "$place"
}

fs_down() {
    umount "$place"
}

lvm_make() { # - DEVICE
    thin_settings power "$2"
    thin_make_on power "$2" 64M 4M >/dev/null
}

lvm_up() { # DEVICE
    thin_settings power "$1"
    thin_lvm power vgchange -q --activate y power
}

lvm_down() {
    thin_lvm power vgchange -q --activate n power
}

# --- the device ---

file_device() { # FILE SIZE
    truncate -s 0 "$1"
    truncate -s "$2" "$1"
    losetup -f --show "$1"
}

power_program() { # VERB ARGUMENT...
    LVM_SYSTEM_DIR=/tmp/lvm-power "$power" "$@"
}

# Leaves the log in /tmp/power.log.
record() { # KIND TYPE DRIVER PLACE
    local disk log
    disk=$(file_device /tmp/power.img 300M) log=$(file_device /tmp/power.log 2G)
    dmsetup create power --table "0 614400 log-writes $disk $log"
    {
        "$1_make" "$2" /dev/mapper/power
        power_program run "$seed" "$steps" "$3" "$4"
    } >"$out" 2>&1
    result $? "$3 on $2, $steps steps of seed $seed" "$out"
    {
        "$1_down" && dmsetup remove power && losetup -d "$disk" "$log"
    } >>"$out" 2>&1
    result $? 'its device goes away' "$out"
    rm /tmp/power.img
}

# --- the moments ---

look() { # KIND DRIVER PLACE MARK
    dmsetup create try --table "0 614400 snapshot $base $rest N 8" &&
        "$1_up" /dev/mapper/try &&
        power_program check "$seed" "$4" "$2" "$3" &&
        "$1_down" && dmsetup remove try
}

# What a failed look leaves.
clean_up() { # KIND
    local name
    for name in $(dmsetup ls 2>/dev/null | sed -nE 's/^((origin|snapshot)-[^[:space:]]*).*/\1/p' |
        sort -r); do
        dmsetup remove "$name"
    done
    losetup -l -n -O NAME,BACK-FILE | sed -n "s|^\([^ ]*\) *$place/.*|\1|p" | xargs -rn1 losetup -d
    "$1_down"
    dmsetup remove try
}

cut_everywhere() { # KIND DRIVER PLACE CUTS-FILE
    local from=0 to mark bad=0
    while read -r to mark; do
        power_program replay /tmp/power.log "$from" "$to" /tmp/base.img || return
        from=$to
        look "$1" "$2" "$3" "$mark" >/tmp/look 2>&1 </dev/null && continue
        echo "cut after entry $to, mark $mark:"
        cat /tmp/look
        clean_up "$1" 2>&1
        bad=$((bad + 1))
        [ "$bad" -lt 10 ] || break
    done <"$4"
    [ "$bad" = 0 ]
}

# A command of LVM does not wait until the disk has what it wrote: its marks say nothing.
lose_power() { # KIND TYPE DRIVER PLACE CUTS always|flushed
    local base rest status
    [[ "$3 on $2" == *${QMC_DRIVERS-}* ]] || return 0
    record "$1" "$2" "$3" "$4" || return
    power_program cuts /tmp/power.log "${QMC_CUTS:-$5}" "$6" >/tmp/cuts
    base=$(file_device /tmp/base.img 300M) rest=$(file_device /tmp/rest.img 300M)
    note "$(wc -l </tmp/cuts) moments of $3 on $2"
    cut_everywhere "$1" "$3" "$4" /tmp/cuts >"$out" 2>&1
    status=$?
    [ -s /tmp/cuts ] || status=1
    result $status "$3 on $2, power lost at $(wc -l </tmp/cuts) moments, seed $seed" "$out"
    note "$3 on $2"
    losetup -d "$base" "$rest"
    rm /tmp/base.img /tmp/rest.img /tmp/power.log
}

lose_power fs btrfs file-reflink "$place" 200 always
lose_power fs ext4 file-reflink "$place" 200 always
lose_power fs ext4 file "$place" 150 always
# Only where it is asked for: at some moments what LVM has written and what the thin pool
# has do not fit, and LVM cannot activate a volume. Whether that is ever one that is needed
# is not known yet.
[ -z "${QMC_DRIVERS-}" ] || lose_power lvm lvm lvm_thin power/pool 60 flushed
