# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The last part: when no qube runs any more, nothing of ours is left in LVM, in
# device-mapper and on loop devices, whatever the parts before this one have done.

left_volumes() { # that only a running qube has, or work that was cut off
    lvm lvs --noheadings -o vg_name,lv_name 2>/dev/null | awk '$2 ~ /^vm-.*-(snap|import|volatile|trash-.*)$/'
}

left_devices() {
    dmsetup table 2>/dev/null | grep -E '^(origin|snapshot)-|^vm-|--(snap|import|volatile)'
}

left_loops() {
    losetup -l -n -O BACK-FILE | grep "^$root/"
}

left_of_all() {
    left_volumes
    left_devices
    left_loops
}

all_stopped() {
    ! xl list 2>/dev/null | awk 'NR > 2' | grep -q .
}

nothing_is_left() {
    [ -z "$(left_of_all)" ]
}

store=$root/var/lib/qubes/qubes.xml
fresh_qubes
sed -i 's/driver="file-reflink"/driver="file"/' "$store"
qmc 0 'a qube starts' start work
await active work
left_loops >/tmp/left
[ -s /tmp/left ] && [ -n "$(left_devices)" ]
result $? 'while it runs there are loop devices and devices of ours' /tmp/left
qmc 0 'and stops' stop work --wait
await all_stopped
result $? 'no domain is left'
patience=10 await nothing_is_left
is '' "$(left_volumes)" 'lvs knows nothing of ours'
is '' "$(left_devices)" 'dmsetup table has nothing of ours'
is '' "$(left_loops)" 'losetup has nothing of ours'
fresh_qubes
