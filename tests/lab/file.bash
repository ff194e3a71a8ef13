# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# What stands on the real device-mapper: programs, then the driver `file` with a template
# and a qube on it side by side, and an encrypted volume.

for program in check-dm check-ephemeral check-file-driver check-file-layout check-file-spare contract-file; do
    CK_FORK=no top_builddir=$build QMC_TEST_DIR=/tmp "$build/tests/storage/$program" >"$out" 2>&1
    ! grep -q '^not ok' "$out" && grep -q '^1\.\.[1-9]' "$out"
    result $? "storage $program: $(grep -c '^ok' "$out") tests" "$out"
done

store=$root/var/lib/qubes/qubes.xml
fresh_qubes
cp "$store" /tmp/reflink.xml
sed -i 's/driver="file-reflink"/driver="file"/' "$store"

ours() { # devices and loop devices that the pool's images are behind
    dmsetup ls 2>/dev/null | grep -E '^(snapshot|origin)-'
    losetup -l -n -O BACK-FILE | grep "^$pool/"
}

no_devices() {
    [ -z "$(ours)" ]
}

nothing_left() { # TEXT
    patience=10 await no_devices
    is '' "$(ours)" "$1: no device of the pool is left"
}

mapped() { # PATTERN TEXT
    dmsetup table >/tmp/table
    grep -qE -- "$1" /tmp/table
    result $? "$2" /tmp/table
}

watch_console work
qmc 0 'start work on a file pool' start work
console_says 'xvda bytes=33554432 label=template-root boots=0' "root is its template's"
console_says 'xvdb bytes=16777216 label=work-private boots=0' 'private is its own'
mapped '^origin-[0-9a-f]+:[0-9]+: 0 32768 snapshot-origin ' 'private is an origin'
mapped '^snapshot-[0-9a-f:]+-[0-9a-f:]+-[0-9a-f:]+: 0 65536 snapshot .* P 256' \
    'root is a snapshot on what the template was'
is 1 "$(losetup -j "$pool/vm-templates/debian/root.img" | wc -l)" \
    "the template's image has one loop device"
qmc 0 'vol ls' vol ls work --json
says '33554432' 'vol ls knows the size of root'

watch_console debian
qmc 0 'its template starts beside it' start debian
console_says 'xvda bytes=33554432 label=template-root boots=0' 'the template writes its own root'
is 1 "$(losetup -j "$pool/vm-templates/debian/root.img" | wc -l)" 'there is still one loop device'
qmc 4 'it gives no copy of what it writes' vol export debian:root /tmp/copy.img
says 'in use' 'and says why'
qmc 0 'and stops' stop debian --wait
await inactive debian
content() { # FILE: its label, and how often a guest has counted on it
    dd if="$1" bs=4096 count=2 status=none | tr -s '\0' ' '
}
template=$pool/vm-templates/debian/root.img
is 'template-root 1' "$(content "$template" | xargs)" 'what the template wrote is in its image'
past=$(dmsetup ls | awk -v "base=$(stat -c %D:%i "$template")" \
    'index($1, "snapshot-" base "-") && split($1, part, "-") == 3 { print $1 }')
is template-root "$(content "/dev/mapper/$past" | xargs)" 'what work began from is as it was'

qmc 4 'no revert while work stands on it' vol revert debian:root --yes
says 'shut down' 'and says what to do'

watch_console work
qmc 0 'private grows while it runs' vol resize work:private 48M
console_says 'xvdb bytes=50331648' 'the guest sees the new size'
qmc 0 'stop work --wait' stop work --wait
nothing_left 'after the stop'
is '' "$(find "$pool/appvms/work" -name 'root*' -o -name 'volatile*')" \
    'nothing is left of root and volatile'

mark_console
qmc 0 'work starts from what its template has now' start work
console_says 'xvda bytes=33554432 label=template-root boots=1' 'it sees the new root'
console_says 'xvdb bytes=50331648 label=work-private boots=1' 'private has survived'
qmc 0 'kill work' kill work
await inactive work
qmc 0 'the stop work of a killed qube' stop work
nothing_left 'after a kill'

qmc 0 'the template goes back' vol revert debian:root --yes
is template-root "$(content "$template" | xargs)" 'its image is what it was'
nothing_left 'after the revert'
qmc 0 'and forth' vol revert debian:root --yes
is 'template-root 1' "$(content "$template" | xargs)" 'its image is what it had become'

# A revision that a run has made, and beside it one of an import before.
cp "$pool/appvms/work/private.img" "$pool/appvms/work/private.img.old"
touch "$pool/vm-templates/debian/gone-cow.img"
mkdir "$pool/appvms/ghost"
qmc 0 'what nobody needs' pool reclaim lab --yes
says '1 earlier state' 'is the older of two'
is "$pool/appvms/work/private-cow.img.old" "$(find "$pool/appvms/work" -name '*.old')" \
    'and it is gone'
qmc 0 'what nobody has' pool orphans lab
says 'image[[:space:]]+vm-templates/debian/gone-cow.img' 'is a cow of no volume'
says 'directory[[:space:]]+appvms/ghost' 'and a directory of no qube'
is 2 "$(grep -c '^lab' "$out")" 'and nothing else'
rm -r "$pool/vm-templates/debian/gone-cow.img" "$pool/appvms/ghost"

mv "$pool/appvms/work/private.img" /tmp/aside.img
qmc 3 'start without an image' start work
says 'private' 'names the image'
mv /tmp/aside.img "$pool/appvms/work/private.img"
nothing_left 'after a start that fails'

qmc 0 'rename work' rename work x
qmc 0 'clone it to a name that begins alike' clone x x-root
qmc 0 'start one' start x
await active x
qmc 0 'start the other' start x-root
await active x-root
is 1 "$(losetup -j "$pool/vm-templates/debian/root.img" | wc -l)" \
    'both stand on one loop device'
qmc 0 'kill one' kill x
await inactive x
qmc 0 'and clean up' stop x
dmsetup status >/tmp/status
! grep -E 'Invalid|Overflow' /tmp/status
result $? 'the other is as it was' /tmp/status
qmc 0 'kill the other' kill x-root
await inactive x-root
qmc 0 'remove it' rm x-root --confirm x-root
nothing_left 'after all'
qmc 0 'rename it back' rename x work

# Layout r3: dom0 gives the template's past, read-only; what the guest writes over it is its
# own affair. (One that boots by itself needs HVM: check-file-layout has that.)
echo r3 >"$pool/.layout"
watch_console work
qmc 0 'start work in layout r3' start work
console_says 'xvda bytes=33554432 label=template-root boots=1' "root is its template's"
virsh -q -c xen:///system dumpxml work | tr -d '\n' | sed 's/<disk/\n<disk/g' | grep xvda >"$out"
says '<readonly/>' 'and read-only'
mapped '^snapshot-[0-9a-f:]+-[0-9a-f:]+-[0-9a-f:]+: 0 65536 linear ' 'held for work'
is '' "$(dmsetup ls | grep ^origin-)" 'private is a plain file'
watch_console debian
qmc 0 'its template starts beside it' start debian
console_says 'xvda bytes=33554432 label=template-root boots=1' 'and writes its own root'
qmc 0 'and is shut down while work runs' stop debian --wait
is 'template-root 2' "$(content "$template" | xargs)" 'what it wrote is in its image'
top=$(dmsetup ls --target linear | awk '/^snapshot-/ { print $1 }')
is 'template-root 1' "$(content "/dev/mapper/$top" | xargs)" 'what work sees is as it was'
dmsetup status >/tmp/status
! grep -E 'Invalid|Overflow' /tmp/status
result $? 'no store is full' /tmp/status
qmc 0 'stop work in layout r3' stop work --wait
nothing_left 'after layout r3'
qmc 0 'the template goes back in layout r3' vol revert debian:root --yes
is 'template-root 1' "$(content "$template" | xargs)" 'by the cow it keeps'
rm "$pool/.layout"

cp /tmp/reflink.xml "$store"

# An encrypted volume, whatever the driver is.
crypt_devices() {
    dmsetup ls --target crypt 2>/dev/null | sed -n 's/^\(vm-volatile-[^[:space:]]*\).*/\1/p'
}

no_crypt_devices() {
    [ -z "$(crypt_devices)" ]
}

qmc 0 'volatile of work is to be encrypted' vol set work:volatile ephemeral True
watch_console work
qmc 0 'start work with it' start work
console_says 'LAB-GUEST UP PV' 'its banner is on the console'
name=$(crypt_devices)
is vm-volatile-work-crypt@volatile "${name%@*}" 'there is a device with a key for it'
virsh -q -c xen:///system domblklist work >"$out" 2>&1
says "xvdc +/dev/mapper/$name" 'the guest has it as xvdc'
qmc 0 'stop work' stop work --wait
no_crypt_devices
result $? 'nothing of it is left'
nothing_left 'after an encrypted volume'
qmc 0 'as the pool says again' vol set work:volatile ephemeral default
