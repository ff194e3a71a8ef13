# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The driver `file`: sparse files and dm-snapshot, with the real device-mapper.

CK_FORK=no "$build/tests/storage/check-dm" >"$out" 2>&1
! grep -q '^not ok' "$out" && grep -q '^1\.\.[1-9]' "$out"
result $? "storage check-dm: $(grep -c '^ok' "$out") tests" "$out"
