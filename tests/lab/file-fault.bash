# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The driver `file` with each system call of each operation failing in turn, on the real
# device-mapper. In check-lab-full: it takes long here.

CK_FORK=no top_builddir=$build QMC_TEST_DIR=/tmp "$build/tests/storage/check-file-fault" \
    >"$out" 2>&1
! grep -q '^not ok' "$out" && grep -q '^1\.\.[1-9]' "$out"
result $? "storage check-file-fault: $(grep -c '^ok' "$out") tests" "$out"
