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

size_of() { # FIELD: of the pool, in bytes
    lvm lvs --noheadings --units b --nosuffix -o "$1" "$vg/$thin" | tr -d ' '
}

is_out_of_space() {
    figures | grep -q 'twi-aotzD'
}

is_written() {
    [ -s /tmp/written ]
}

# Whoever waits for room writes on when there is some.
extended() {
    local metadata
    metadata=$(size_of lv_metadata_size)
    lvm lvchange -q --errorwhenfull n "$vg/$thin" >/dev/null 2>&1
    lvm lvcreate -q --thin --name filler --virtualsize 70M "$vg/$thin" >/dev/null 2>&1
    rm -f /tmp/written
    { dd if=/dev/zero of="$(filler '')" bs=1M count=70 oflag=direct 2>&1; echo "dd $?"; } \
        >/tmp/writing && mv /tmp/writing /tmp/written &
    await is_out_of_space
    note "full, and somebody waits: $(figures)"
    qmc 0 "a full thin pool is extended" pool extend thin 33000K
    says 'has 32\.0 MiB more' "by whole extents"
    is 100663296 "$(size_of lv_size)" "it has 96 MiB"
    await is_written
    grep -q '^dd 0' /tmp/written
    result $? "the write that waited went on" /tmp/written
    lvm lvremove -q --force "$vg/filler" >/dev/null 2>&1
    lvm lvchange -q --errorwhenfull y "$vg/$thin" >/dev/null 2>&1
    qmc 0 "its metadata are extended" pool extend thin --metadata 1M
    is $((metadata + 1048576)) "$(size_of lv_metadata_size)" "they have 1 MiB more"
    qmc 2 "by nothing it is not" pool extend thin 1K
    qmc 1 "nor by more than there is" pool extend thin 1G
    says 'can be extended by [0-9.]+ MiB at most' "the error says how much that is"
}

included() { # POOL EXPECTED TEXT
    program pool info "$1" --json >"$out" 2>&1
    grep -qE "\"included_in\": *$2" "$out"
    result $? "$3" "$out"
}

# A pool on a file system in it; btrfs does not show its device.
carried() {
    local type
    mkdir -p "$root/carried"
    lvm lvcreate -q --thin --name carrier --virtualsize 128M "$vg/$thin" >/dev/null 2>&1
    for type in ext4 btrfs; do
        wipefs -qa "/dev/mapper/$vg-carrier"
        "mkfs.$type" -q "/dev/mapper/$vg-carrier" >/dev/null 2>&1
        mount "/dev/mapper/$vg-carrier" "$root/carried"
        [ "$type" = btrfs ] || qmc 0 "a pool on a file system in the thin pool" \
            pool add carried file-reflink dir_path=/carried setup_check=False
        included carried '"thin"' "it is included in that, on $type"
        umount "$root/carried"
    done
    included lab null "one on another device is not"
    qmc 0 "out of the store with it" pool rm carried --confirm carried
    lvm lvremove -q --force "$vg/carrier" >/dev/null 2>&1
}

has_lv() { # PATTERN
    lvm lvs --noheadings -o lv_name "$vg" | grep -qE -- "$1"
}

reclaimed() {
    qmc 0 "no revision is to be kept" vol set lvmq:private revisions_to_keep 0
    lvm lvcreate -q --thin --name vm-lvmq-private-import --virtualsize 4M "$vg/$thin" \
        >/dev/null 2>&1
    qmc 0 "what may go is listed" pool reclaim thin
    says 'delete .*/vm-lvmq-private-[0-9]+-back \(revision' "a revision"
    says 'delete .*/vm-lvmq-private-import \(import' "an import that was left"
    says 'add --yes' "and nothing has gone"
    qmc 0 "it goes" pool reclaim thin --yes --offline
    says '1 unfinished import, 1 earlier state' "both"
    ! has_lv 'lvmq-private-.*(back|import|trash)'
    result $? "LVM has neither"
    unharmed "after that"
}

lvm_with_qmc() {
    lvm_pool_in_store
    content 4194304 >/tmp/content
    qmc 0 "a qube in the thin pool" create lvmq --class StandaloneVM --label blue --pool thin
    qmc 0 "its private volume is smaller" \
        vol resize lvmq:private 4M --shrink --confirm lvmq
    qmc 0 "import" vol import lvmq:private /tmp/content --yes
    unharmed "import"
    extended
    full_data
    reclaimed
    carried
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
