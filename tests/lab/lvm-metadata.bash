# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# A thin pool whose metadata are full. What fills them lies on a device that keeps nothing
# (dm-zero): gigabytes of it are needed. In check-lab-full.
# shellcheck source=thin.bash
. "$here/thin.bash"

# The pool begins on the first half, which keeps what it is given.
metadata_pool() {
    local loop
    modprobe -a dm_zero dm_thin_pool
    truncate -s 200M /tmp/meta.img
    loop=$(losetup -f --show /tmp/meta.img)
    dmsetup create meta --table "0 409600 linear $loop 0
409600 16777216 zero"
    thin_settings meta /dev/mapper/meta
    thin_make_on meta /dev/mapper/meta 8100M 2M
}

meta_in_store() {
    local line='<pool name="meta" driver="lvm_thin" volume_group="meta"'
    line+=' thin_pool="pool" revisions_to_keep="1"/>'
    sed -i "s|</pools>|$line\n  </pools>|" "$root/var/lib/qubes/qubes.xml"
}

meta_content() { # WORD
    { printf '%s' "$1"; yes 0123456789abcdef 2>/dev/null; } | head -c 4194304
}

meta_holds() { # FILE TEXT
    program vol export metaq:private /tmp/exported >"$out" 2>&1
    head -c 4194304 /tmp/exported | cmp - "$1" >>"$out" 2>&1
    result $? "$2" "$out"
    rm -f /tmp/exported
}

meta_figures() {
    thin_lvm meta lvs --noheadings -o data_percent,metadata_percent,lv_attr,lv_check_needed \
        meta/pool
}

# A write for each piece of 64 KiB, and a place in the metadata for each of them.
fill_metadata() {
    thin_lvm meta lvcreate -q --thin --name filler --virtualsize 8G meta/pool >/dev/null 2>&1
    dd if=/dev/zero of=/dev/mapper/meta-filler bs=4M oflag=direct >"$out" 2>&1
    result $((!$?)) 'it takes no more' "$out"
    note "full of metadata:$(meta_figures)"
}

metadata_pool
export LVM_SYSTEM_DIR=/tmp/lvm-meta
meta_in_store
meta_content first >/tmp/first
meta_content second >/tmp/second
qmc 0 'a qube in the thin pool' create metaq --class StandaloneVM --label blue --pool meta
qmc 0 'its private volume is smaller' vol resize metaq:private 4M --shrink --confirm metaq
qmc 0 'import' vol import metaq:private /tmp/first --yes
qmc 0 'and another one' vol import metaq:private /tmp/second --yes
meta_holds /tmp/second 'it has what was imported'

fill_metadata
qmc 1 'no import into a pool whose metadata are full' vol import metaq:private /tmp/first --yes
says "metadata of the thin pool 'meta/pool'.* full" 'the error names the pool and what is full'
says 'lvextend --poolmetadatasize \+1G meta/pool' 'and how to make room'
qmc 1 'no revert either' vol revert metaq:private --yes
says "metadata of the thin pool 'meta/pool'" 'for the same reason'
qmc 0 'the pool says so, too' pool info meta
says 'metadata are .*full' 'in its own words'
meta_holds /tmp/second 'nothing is lost and it can be read'

thin_lvm meta lvextend -q --poolmetadatasize +6M meta/pool >"$out" 2>&1
result $? 'there is room again' "$out"
note "extended:$(meta_figures)"
# It cannot be compared: what is new lies where nothing is kept.
qmc 0 'import goes' vol import metaq:private /tmp/first --yes
qmc 0 'what was before it is a revision' vol revert metaq:private --yes
meta_holds /tmp/second 'with all that it had'
qmc 0 'remove' rm metaq --confirm metaq
thin_lvm meta lvremove -q --force meta/filler >/dev/null 2>&1
thin_is_clean meta 'after the removal'
unset LVM_SYSTEM_DIR
