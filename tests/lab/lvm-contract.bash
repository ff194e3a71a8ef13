# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Every promise of the contract of the drivers on volumes of a real LVM. A command of LVM
# takes half a second here and a promise some twenty of them: in check-lab-full, and two
# volume groups at once.
# shellcheck source=thin.bash
. "$here/thin.bash"

contract_groups=(qubes_a qubes_b)
contract_cases() { # lines of PROGRAM CASE
    echo check-lvm-thin names
    sed -n 's/^START_TEST(\(row_[a-z_]*\)).*/contract-lvm \1/p' "$here/../storage/contract.c"
    echo contract-lvm drivers
}

contract_case() { # NAME PROGRAM CASE
    CK_FORK=no CK_RUN_CASE=$3 QMC_TEST_LVM=$1/pool LVM_SYSTEM_DIR=/tmp/lvm-$1 \
        top_builddir=$build "$build/tests/storage/$2" >"/tmp/$2-$3.new" 2>&1 </dev/null
    mv "/tmp/$2-$3.new" "/tmp/$2-$3.out"
}

contract_each() { # NAME: the cases of that turn, in order
    local program case turn=0
    while read -r program case; do
        [ "${contract_groups[turn % ${#contract_groups[@]}]}" != "$1" ] ||
            contract_case "$1" "$program" "$case"
        turn=$((turn + 1))
    done < <(contract_cases)
}

contract_results() {
    local program case file
    while read -r program case; do
        file=/tmp/$program-$case.out
        patience=1200 await test -e "$file"
        ! grep -q '^ *not ok' "$file" && grep -q '^ *ok' "$file"
        result $? "$program $case on LVM: $(grep -c '^ *ok' "$file") tests" "$file"
        note "$case"
    done < <(contract_cases)
}

for name in "${contract_groups[@]}"; do
    thin_make "$name"
    contract_each "$name" &
done
contract_results
wait
for name in "${contract_groups[@]}"; do
    thin_is_clean "$name" "in the end"
done
