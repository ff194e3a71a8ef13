# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Volumes in a thin pool of a real LVM. Each command takes a second here; half an hour more
# with the contract (lvm-contract.bash).
vg=qubes_dom0 thin=vm-pool

# Of all devices only ours, and no copies of the metadata: that saves half of the time.
lvm_settings() {
    mkdir -p /tmp/lvm
    cat >/tmp/lvm/lvm.conf <<'CONF'
devices {
    filter = [ "a|^/dev/loop|", "r|.*|" ]
    use_devicesfile = 0
    scan_lvs = 0
}
backup {
    backup = 0
    archive = 0
}
activation {
    monitoring = 0
}
CONF
    export LVM_SYSTEM_DIR=/tmp/lvm
}

make_vg() {
    local device
    modprobe dm_thin_pool
    truncate -s 400M /tmp/lvm.img
    device=$(losetup -f --show /tmp/lvm.img)
    lvm vgcreate -q -s 512k "$vg" "$device" >"$out" 2>&1 &&
        lvm lvcreate -y --type thin-pool -L 64M --poolmetadatasize 2M --chunksize 64k \
            -n "$thin" "$vg" >>"$out" 2>&1 &&
        lvm lvchange -q --errorwhenfull y "$vg/$thin" >>"$out" 2>&1
    result $? "a volume group with a thin pool" "$out"
}

# Of ours: the pool is of the machine.
lvm_left() {
    lvm lvs --noheadings -o lv_name "$vg" | grep 'vm-' | grep -v " $thin *\$"
    dmsetup table | grep -E "^$vg-vm--[^:]*:" | grep -vE "^$vg-vm--pool(_tdata|_tmeta|-tpool)?:"
}

lvm_is_clean() { # TEXT
    lvm_left >/tmp/left
    [ ! -s /tmp/left ]
    result $? "$1: lvs and dmsetup know nothing of ours" /tmp/left
}

lvm_program() { # PROGRAM CASE
    CK_FORK=no CK_RUN_CASE=$2 QMC_TEST_LVM=$vg/$thin top_builddir=$build \
        "$build/tests/storage/$1" >"$out" 2>&1
    ! grep -q '^ *not ok' "$out" && grep -q '^ *ok' "$out"
    result $? "$1 $2 on LVM: $(grep -c '^ *ok' "$out") tests" "$out"
}

contract_on_lvm() {
    local row
    lvm_program check-lvm-thin names
    while read -r row; do
        lvm_program contract-lvm "$row" </dev/null
    done < <(grep -o '^START_TEST(row_[a-z_]*' "$here/../storage/contract.c" | cut -d'(' -f2)
}

# A pool of it in the store of the lab, for qmc itself.
lvm_pool_in_store() {
    local line="<pool name=\"thin\" driver=\"lvm_thin\" volume_group=\"$vg\""
    line+=" thin_pool=\"$thin\" revisions_to_keep=\"1\"/>"
    sed -i "s|</pools>|$line\n  </pools>|" "$root/var/lib/qubes/qubes.xml"
}

content() { # SIZE
    { printf 'what nobody may lose'; yes 0123456789abcdef 2>/dev/null; } | head -c "$1"
}

unharmed() { # TEXT
    program vol export lvmq:private /tmp/exported >"$out" 2>&1 &&
        head -c 4194304 /tmp/exported | cmp - /tmp/content >>"$out" 2>&1
    result $? "$1: nothing is lost" "$out"
    rm -f /tmp/exported
}

filler() { # ENDING
    echo "/dev/mapper/$vg-filler$1"
}

figures() {
    lvm lvs --noheadings -o data_percent,metadata_percent,lv_attr "$vg/$thin"
}

full_data() {
    lvm lvcreate -q --thin --name filler --virtualsize 100M "$vg/$thin" >/dev/null 2>&1
    dd if=/dev/urandom of="$(filler '')" bs=1M oflag=direct >/dev/null 2>&1
    note "full of data: $(figures)"
    qmc 1 "no import into a full thin pool" vol import lvmq:private /tmp/content --yes
    says 'thin pool .*full|out of data space' "the error says that it is full"
    says 'lvextend' "and how to make room"
    unharmed "a thin pool full of data"
    lvm lvremove -q --force "$vg/filler" >/dev/null 2>&1
    qmc 0 "with room again it goes" vol import lvmq:private /tmp/content --yes
    unharmed "after it"
}

lvm_with_qmc() {
    lvm_pool_in_store
    content 4194304 >/tmp/content
    qmc 0 "a qube in the thin pool" create lvmq --class StandaloneVM --label blue --pool thin
    qmc 0 "its private volume is smaller" \
        vol resize lvmq:private 4M --shrink --confirm lvmq
    qmc 0 "import" vol import lvmq:private /tmp/content --yes
    unharmed "import"
    full_data
    qmc 0 "rename" rename lvmq lvmr
    qmc 0 "remove" rm lvmr --confirm lvmr
    lvm_is_clean "after the removal"
}

lvm_settings
make_vg
lvm_with_qmc
if [ -n "${lvm_whole-}" ]; then
    contract_on_lvm
    lvm_is_clean "in the end"
fi
