# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# What stands on device-mapper: the driver `file`, and encrypted volumes.

dm_test() { # PROGRAM
    CK_FORK=no "$build/tests/storage/$1" >"$out" 2>&1
    ! grep -q '^not ok' "$out" && grep -q '^1\.\.[1-9]' "$out"
    result $? "storage $1: $(grep -c '^ok' "$out") tests" "$out"
}

dm_test check-dm
dm_test check-ephemeral

crypt_devices() {
    dmsetup ls --target crypt 2>/dev/null | sed -n 's/^\(vm-volatile-[^[:space:]]*\).*/\1/p'
}

no_crypt_devices() {
    [ -z "$(crypt_devices)" ]
}

qmc 0 'volatile of work is to be encrypted' vol set work:volatile ephemeral True
mark_console
qmc 0 'start work with it' start work
console_says 'LAB-GUEST UP PV' 'its banner is on the console'
name=$(crypt_devices)
is vm-volatile-work-crypt@volatile "${name%@*}" 'there is a device with a key for it'
virsh -q -c xen:///system domblklist work >"$out" 2>&1
says "xvdc +/dev/mapper/$name" 'the guest has it as xvdc'
qmc 0 'stop work' stop work --wait
no_crypt_devices
result $? 'nothing of it is left'
is '' "$(losetup -l -n -O NAME,BACK-FILE | grep "$pool")" 'nor a loop device'
qmc 0 'as the pool says again' vol set work:volatile ephemeral default
