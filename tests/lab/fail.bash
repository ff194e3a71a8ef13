# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Starts that fail by real causes. After each, nothing may be left.

# One whole life first, so that every picture has the same revisions.
qmc 0 'a start that works' start work
qmc 0 'and its end' kill work
await inactive work
qmc 0 'with the stop work done' stop work

kernels=$root/var/lib/qubes/vm-kernels
take_picture
mv "$kernels/lab/vmlinuz" "$kernels/aside"
qmc 3 'start without a kernel' start work
says 'vmlinuz|kernel' 'names the kernel'
mv "$kernels/aside" "$kernels/lab/vmlinuz"
unchanged 'kernel missing'

mv "$pool/appvms/work/private.img" /tmp/aside.img
take_picture
qmc 3 'start without an image' start work
says 'private' 'names the image'
unchanged 'image missing'
mv /tmp/aside.img "$pool/appvms/work/private.img"

take_picture
mount -o remount,ro "$pool"
qmc 5 'start on a read-only pool' start work
says 'read-only' 'says why'
mount -o remount,rw "$pool"
unchanged 'read-only pool'

set_property memory 100000
take_picture
qmc 1 'start with more memory than there is' start work
says 'memory' 'says why'
unchanged 'too much memory'
set_property memory 160

restart_libvirtd() {
    libvirtd -d
    await virsh -q -c xen:///system list
} >/dev/null 2>&1

take_picture
kill -9 "$(pidof libvirtd)"
qmc 6 'start without libvirtd' start work
says 'libvirt|hypervisor' 'says what does not answer'
restart_libvirtd
unchanged 'no libvirtd'

take_picture
start_behind_kill() { # libvirtd dies as soon as the domain is seen
    program start work >"$out" 2>&1 &
    local behind=$!
    await active work
    kill -9 "$(pidof libvirtd)"
    wait "$behind"
}
start_behind_kill
status=$?
[ "$status" = 6 ]
result $? "libvirtd killed in a start: status 6 (got $status)" "$out"
restart_libvirtd
unchanged 'libvirtd killed in a start'

mark_console
qmc 0 'it starts after all that' start work
console_says 'label=work-private' 'and comes up'
qmc 0 'and stops' stop work --wait
