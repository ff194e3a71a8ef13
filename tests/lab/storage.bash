# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The programs that test storage, on file systems of a real kernel.

storage_tests() { # FILE-SYSTEM DIRECTORY
    local program
    for program in contract check-volume; do
        mkdir -p "$2/test"
        # A process per test would take a minute more here.
        CK_FORK=no top_builddir=$build QMC_TEST_DIR=$2/test \
            "$build/tests/storage/$program" >"$out" 2>&1
        ! grep -q '^not ok' "$out" && grep -q '^1\.\.[1-9]' "$out"
        result $? "storage $program on $1: $(grep -c '^ok' "$out") tests" "$out"
        rm -rf "$2/test"
    done
}

storage_tests btrfs "$pool"
file_system xfs /tmp/xfs
storage_tests xfs /tmp/xfs
