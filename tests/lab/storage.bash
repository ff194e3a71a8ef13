# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The contract of the storage drivers on file systems of a real kernel.

contract() { # FILE-SYSTEM DIRECTORY
    mkdir -p "$2/contract"
    QMC_TEST_DIR=$2/contract "$build/tests/storage/contract" >/tmp/contract 2>&1
    local status=$?
    grep -q '^ok' /tmp/contract || status=1
    result $status "storage contract on $1: $(grep -c '^ok' /tmp/contract) promises" \
        /tmp/contract
    rm -rf "$2/contract"
}

contract btrfs "$pool"
file_system xfs /tmp/xfs
contract xfs /tmp/xfs
