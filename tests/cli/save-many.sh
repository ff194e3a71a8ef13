#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Many programs change the store at the same time, each another qube: nothing is
# lost. QMC_ROUNDS=N: how often (make check-long: 20).
. "$top_srcdir/tests/cli/tap.sh"

rounds=${QMC_ROUNDS-5}
programs=50
store=$work/root/var/lib/qubes/qubes.xml
history=$work/root/var/lib/qubes/backup/qmc

# Copies of 'work', with a name and numbers of their own.
mkdir -p "$work/root/var/lib/qubes"
awk -v copies=$programs '
    /id="domain-3"/ { inside = 1 }
    { print }
    inside { block = block $0 "\n" }
    inside && /<\/domain>/ {
        inside = 0
        for (i = 0; i < copies; i++) {
            copy = block
            gsub(/domain-3/, "domain-" 100 + i, copy)
            gsub(/"qid">3</, "\"qid\">" 100 + i "<", copy)
            gsub(/000000000003/, "000000000" 100 + i, copy)
            gsub(/appvms\/work/, "appvms/many-" i, copy)
            gsub(/>work</, ">many-" i "<", copy)
            printf "%s", copy
        }
    }' "$here/small.xml" >"$store"
make_images root
run 10 --root "$work/root" --offline xml check

value() { # ROUND NUMBER
    echo $((1000 + $1 * 100 + $2))
}

# What each has: NAME VALUE, in the order of their numbers.
have() {
    awk -F '[<>]' '
        /name="name">/ { name = $3 }
        /name="memory">/ && name ~ /^many-/ { print name, $3 }' "$store"
}

round=1
while [ $round -le "$rounds" ]; do
    i=0 pids=
    : >"$work/want"
    while [ $i -lt $programs ]; do
        "$qmc" --root "$work/root" --offline prefs many-$i memory "$(value $round $i)" \
            >/dev/null 2>"$work/err.$i" </dev/null &
        pids="$pids $!"
        echo "many-$i $(value $round $i)" >>"$work/want"
        i=$((i + 1))
    done
    failed=0
    for pid in $pids; do
        wait "$pid" || failed=$((failed + 1))
    done
    cat "$work"/err.* >"$work/err"
    test $failed -eq 0
    ok "round $round: each of $programs said it was done"
    have >"$work/out"
    cmp -s "$work/want" "$work/out"
    ok "round $round: nothing was lost"
    run 10 --root "$work/root" --offline xml check
    test -z "$(find "$work/root" -name '*~*' -o -name 'store.holder*')"
    ok "round $round: nothing was left behind"
    round=$((round + 1))
done

# The newest 20, and the first of the hour, or of both if one began meanwhile.
test "$(ls "$history" | wc -l)" -ge 20 && test "$(ls "$history" | wc -l)" -le 22
ok "the history is bounded"
run 0 --root "$work/root" --offline xml log
test "$(cut -f2 "$work/out" | sort -u)" = clean
ok "each of its stores is whole"

finish
