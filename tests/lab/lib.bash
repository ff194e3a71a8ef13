# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# What the parts of the suite share: TAP, waiting, the root with its store, and
# the picture of everything that a failed start must leave as it was.
root=/tmp/dom0
pool=$root/pool
work_uuid=3f0e6a52-7a0b-4f4e-9a55-0d7c2f1b9e11
log=/var/log/xen/guest-work.log
out=/tmp/out
number=0
failed=0
patience=60 # seconds until a condition counts as never met

note() {
    read -r uptime _ </proc/uptime
    echo "# [$uptime] $*"
}

result() { # STATUS TEXT [FILE-THAT-EXPLAINS]
    number=$((number + 1))
    if [ "$1" = 0 ]; then
        echo "ok $number - $2"
        return 0
    fi
    failed=$((failed + 1))
    echo "not ok $number - $2"
    [ $# -lt 3 ] || tail -c 4000 "$3" | cat -v | sed 's/^/#   /'
    return 1
}

is() { # EXPECTED ACTUAL TEXT
    printf 'expected %s\ngot      %s\n' "$1" "$2" >/tmp/is
    [ "$1" = "$2" ]
    result $? "$3" /tmp/is
}

finish() {
    echo "1..$number"
    note "$failed of $number failed"
    [ "$failed" = 0 ]
    exit
}

# Without Xen only what needs none.
offline=()
[ "$(cat /sys/hypervisor/type 2>/dev/null)" = xen ] || offline=(--offline)

program() { # ARGUMENT...
    "$build/qmc" --root "$root" "${offline[@]}" "$@"
}

qmc() { # STATUS TEXT ARGUMENT...
    local expected=$1 text=$2 began=$EPOCHREALTIME status
    shift 2
    program "$@" >"$out" 2>&1
    status=$?
    echo "qmc $* ended with $status" >>"$out"
    [ "$status" = "$expected" ]
    result $? "$text ($(((${EPOCHREALTIME/./} - ${began/./}) / 1000)) ms)" "$out"
}

says() { # PATTERN TEXT: the last command of qmc() said so
    grep -qiE -- "$1" "$out"
    result $? "$2" "$out"
}

await() { # COMMAND...
    local end=$((SECONDS + patience))
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}

# The console of work, or of who is watched, from the last mark on.
mark_console() {
    console_from=$(stat -c %s "$log" 2>/dev/null || echo 0)
}

watch_console() { # QUBE: from here on
    log=/var/log/xen/guest-$1.log
    mark_console
}

console() {
    [ ! -e "$log" ] || tail -c +$((console_from + 1)) "$log"
}

console_has() { # PATTERN
    console | grep -qE -- "$1"
}

console_says() { # PATTERN TEXT
    await console_has "$1"
    local status=$?
    console >/tmp/console
    result $status "$2" /tmp/console
}

virsh_state() { # QUBE
    virsh -q -c xen:///system domstate "$1" 2>/dev/null | grep . || echo none
}

xl_state() { # QUBE: the letters of xl list, none without it
    xl list "$1" 2>/dev/null | awk 'NR == 2 { print $5; n = 1 } END { if (!n) print "none" }'
}

active() { # QUBE
    xl domid "$1" >/dev/null 2>&1
}

inactive() { # QUBE
    ! active "$1"
}

ls_state() { # QUBE: as qmc says
    program ls --json 2>/dev/null | tr '{' '\n' |
        sed -n "s/.*\"name\": *\"$1\".*\"state\": *\"\\([^\"]*\\)\".*/\\1/p"
}

# Puts a property of work into the store, as an editor would.
set_property() { # NAME VALUE
    sed -i "/id=\"domain-7\"/,/<\/properties>/{/name=\"$1\"/d}
/id=\"domain-7\"/,/<\/properties>/{/name=\"uuid\"/a\\        <property name=\"$1\">$2</property>
}" "$root/var/lib/qubes/qubes.xml"
}

# Locks that are held on files below the run directory, by inode.
held_locks() {
    local file
    for file in "$root"/run/qmc/*; do
        [ -e "$file" ] || continue
        grep -q ":$(stat -c %i "$file") " /proc/locks && echo "held $file"
    done
    return 0
}

# All that a failed operation must leave as it was.
picture() {
    virsh -q -c xen:///system list --all | awk '{ print $2, $3, $4 }'
    xl list | awk 'NR > 1 { print $1 }'
    losetup -a | sort
    held_locks
    (cd "$pool" && find . -type f -exec sha256sum {} + | sort -k2)
    sha256sum "$root/var/lib/qubes/qubes.xml"
}

take_picture() {
    picture >/tmp/before
}

settled() {
    picture >/tmp/after
    cmp -s /tmp/before /tmp/after
}

unchanged() { # TEXT: a moment's patience, devices go away by themselves
    patience=10 await settled
    local status=$?
    diff -u /tmp/before /tmp/after >/tmp/difference
    result $status "$1: no domain, loop device, lock or changed image" /tmp/difference
}

make_image() { # FILE SIZE LABEL
    truncate -s "$2" "$1"
    printf '%s' "$3" | dd of="$1" conv=notrunc status=none
}

file_system() { # TYPE DIRECTORY
    truncate -s 600M "/tmp/$1.img"
    "mkfs.$1" -q "/tmp/$1.img" >/dev/null 2>&1
    mkdir -p "$2"
    mount -o loop "/tmp/$1.img" "$2"
}

# A template and an app qube on it, whose root is a reflink snapshot, as nobody has
# started them yet.
fresh_qubes() {
    rm -f "$pool"/vm-templates/debian/* "$pool"/appvms/work/*
    make_image "$pool/vm-templates/debian/root.img" 32M template-root
    make_image "$pool/vm-templates/debian/private.img" 16M template-private
    make_image "$pool/appvms/work/private.img" 16M work-private
    write_store >"$root/var/lib/qubes/qubes.xml"
}

make_root() {
    local kernel=$root/var/lib/qubes/vm-kernels/lab
    mkdir -p "$kernel" "$root/run"
    ln -s /lab/guest/vmlinux "$kernel/vmlinuz"
    ln -s /lab/guest/initrd "$kernel/initramfs"
    file_system btrfs "$pool" || {
        echo "Bail out! no btrfs on a loop device"
        exit 1
    }
    mkdir -p "$pool/vm-templates/debian" "$pool/appvms/work"
    fresh_qubes
}

volume_lines() { # DIRECTORY ROOT-SOURCE
    local keep='revisions_to_keep="1"'
    if [ -n "$2" ]; then
        echo "<volume name=\"root\" pool=\"lab\" vid=\"$1/root\" $keep rw=\"True\" save_on_stop=\"False\" snap_on_start=\"True\" size=\"33554432\" source=\"$2/root\"/>"
    else
        echo "<volume name=\"root\" pool=\"lab\" vid=\"$1/root\" $keep rw=\"True\" save_on_stop=\"True\" snap_on_start=\"False\" size=\"33554432\"/>"
    fi
    echo "<volume name=\"private\" pool=\"lab\" vid=\"$1/private\" $keep rw=\"True\" save_on_stop=\"True\" snap_on_start=\"False\" size=\"16777216\"/>"
    echo "<volume name=\"volatile\" pool=\"lab\" vid=\"$1/volatile\" $keep rw=\"True\" save_on_stop=\"False\" snap_on_start=\"False\" size=\"8388608\"/>"
    echo '<volume name="kernel" pool="linux-kernel" vid="lab" revisions_to_keep="0" rw="False" save_on_stop="False" snap_on_start="False"/>'
}

property() { # NAME VALUE
    echo "        <property name=\"$1\">$2</property>"
}

qube() { # CLASS QID NAME UUID DIRECTORY [TEMPLATE ROOT-SOURCE]
    echo "    <domain id=\"domain-$2\" class=\"$1\">"
    echo "      <properties>"
    property label blue
    property name "$3"
    property qid "$2"
    property uuid "$4"
    property kernel lab
    property kernelopts 'quiet panic=-1 mitigations=off nokaslr'
    property maxmem 0
    property memory 160
    property netvm ''
    [ $# -lt 7 ] || property template "$6"
    property vcpus 1
    property virt_mode pv
    echo "      </properties>"
    echo "      <features/>"
    echo "      <tags/>"
    echo "      <volume-config>"
    volume_lines "$5" "${7-}" | sed 's/^/        /'
    echo "      </volume-config>"
    echo "    </domain>"
}

write_store() {
    cat <<'XML'
<qubes>
  <labels>
    <label id="label-4" color="0x3465a4">blue</label>
    <label id="label-8" color="0x000000">black</label>
  </labels>
  <pools>
    <pool name="lab" dir_path="/pool" driver="file-reflink" revisions_to_keep="1" ephemeral_volatile="False"/>
    <pool name="linux-kernel" dir_path="/var/lib/qubes/vm-kernels" driver="linux-kernel"/>
  </pools>
  <properties>
    <property name="default_pool">lab</property>
    <property name="default_pool_kernel">linux-kernel</property>
    <property name="default_kernel">lab</property>
  </properties>
  <domains>
    <domain id="domain-0" class="AdminVM">
      <properties>
        <property name="label">black</property>
      </properties>
      <features/>
      <tags/>
    </domain>
XML
    qube TemplateVM 3 debian 0c7f2c5b-6f0a-4d39-8f0d-52f0a7f2f0aa \
        vm-templates/debian
    qube AppVM 7 work "$work_uuid" appvms/work debian vm-templates/debian
    printf '  </domains>\n</qubes>\n'
}
