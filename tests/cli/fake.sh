#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The program with a hypervisor that does what the script in QMC_FAKE says:
# silence, lies, failures, consent and signals.
QMC=${top_builddir}/tests/qmc-fake
. "$top_srcdir/tests/cli/tap.sh"

root=$work/small
make_root small "$here/small.xml"
# sys-net as a disposable made from work: killing it loses its data.
make_root disp "$here/small.xml"
sed -i -e 's/id="domain-2" class="AppVM"/id="domain-2" class="DispVM"/' \
    -e '/id="domain-2"/,/\/domain>/s/name="template">debian-13/name="template">work/' \
    -e '/name="name">work/a<property name="template_for_dispvms">True</property>' \
    "$work/disp/var/lib/qubes/qubes.xml"
uuid=11111111-2222-4333-8444-00000000000

script() { # WORD...
    QMC_FAKE="$*"
    export QMC_FAKE
}

# A hypervisor that never answers; looked at in the end, because it takes the
# whole time a reading may take.
script hang=all
(
    status=0
    "$qmc" --root "$root" ls >"$work/hung.out" 2>"$work/hung.err" || status=$?
    echo $status >"$work/hung.status"
) &
hung=$!

script "running=${uuid}2,${uuid}3"
run 0 --root "$root" ls
out_has '^work	\(Running\|Transient\)	'
out_has '^debian-13	Halted	'
script domains=3 lie=1
run 0 --root "$root" ls --json
json_valid
json_is 'len(data) == 4'
script down=1
run 6 --root "$root" ls
out_has '^work	NA	'
err_has '^qmc: '
run 6 --root "$root" show work
out_has '^name	work$'
run 6 --root "$root" stop work
out_empty
run 6 --root "$work/disp" kill sys-net
err_has '^qmc: '
run 6 --root "$root" start work debian-13 --dry-run
run 3 --root "$root" start wrok
run 0 --root "$root" ls --offline
out_has '^work	Halted	'
run 0 --root "$root" vol ls work
run 0 --root "$root" pool ls

# Results and failures by the hypervisor.
script "running=${uuid}2,${uuid}3"
run 0 --root "$root" pause work sys-net
out_has '^work: paused$'
out_has '^sys-net: paused$'
run 8 --root "$root" pause work debian-13 sys-net
out_has '^work: paused$'
err_has "^qmc: cannot pause 'debian-13': "
err_has '1 of 3 qubes failed'
run 0 --root "$root" --quiet pause work
out_empty
err_empty
script "running=${uuid}2,${uuid}3" fail=suspend error=io
run 1 --root "$root" pause work
err_has '^qmc: '
run 1 --root "$root" pause work sys-net
err_has 'all of 2 qubes failed'
run 1 --root "$root" pause work --json
json_is 'data[0]["done"] is False and data[0]["error"] == "io"
    and data[0]["message"]'
script "running=${uuid}3" fail=suspend error=denied
run 5 --root "$root" pause work

# A store that is damaged must not keep a guest alive.
make_root damaged "$here/small.xml"
sed -i 's/name="qid">2</name="qid">-2</; s/id="domain-3" class="AppVM"/id="domain-3" class="OddVM"/' \
    "$work/damaged/var/lib/qubes/qubes.xml"
damaged=$(cksum <"$work/damaged/var/lib/qubes/qubes.xml")
script "running=${uuid}2,${uuid}3"
run 4 --root "$work/damaged" pause work
err_has "^qmc: cannot pause 'work': .*damaged"
err_has '^hint: .*qmc show work$'
for qube in work sys-net; do
    run 0 --root "$work/damaged" kill $qube --yes
    out_has "^$qube: killed$"
    err_has 'volumes stay as they are'
done
run 0 --root "$work/damaged" stop work sys-net --yes --wait --timeout 20
test "$damaged" = "$(cksum <"$work/damaged/var/lib/qubes/qubes.xml")"
ok "the damaged store is as it was"

# Shutting down.
script "running=${uuid}3"
run 0 --root "$root" stop work --wait --timeout 20
out_has '^work: stopped$'
script "running=${uuid}3" shutdown=ignore
run 7 --root "$root" stop work --wait --timeout 1
err_has "'work'"
run 0 --root "$root" stop work
out_has '^work: asked to shut down$'

# Consent.
script "running=${uuid}2"
run 0 --root "$root" kill sys-net
run 9 --root "$work/disp" kill sys-net
err_has "^qmc: .*'sys-net'.* not confirmed"
err_has '^hint: .*--yes'
run 0 --root "$work/disp" kill sys-net --yes
run 0 --root "$work/disp" kill sys-net --confirm sys-net
run 9 --root "$work/disp" kill sys-net --confirm work
run 0 --root "$work/disp" kill sys-net --dry-run
answered() { # STATUS KEYS
    status=0
    printf '%b' "$2" >"$work/answer"
    "$top_builddir/tests/cli/pty" 80 "$qmc" --root "$work/disp" kill sys-net \
        <"$work/answer" >"$work/out" || status=$?
    grep -q "^Kill 'sys-net'?.*\[y/N\]" "$work/out" && test "$status" -eq "$1"
    ok "a question on the terminal is answered: $status, expected $1"
}
answered 0 'y\n'
answered 0 'Yes\n'
answered 9 'n\n'
answered 9 '\n'
answered 9 'maybe\n'
answered 130 '\003'

# Two questions, one after the other.
printf 'n\ny\n' >"$work/answer"
status=0
script "running=${uuid}2,${uuid}3"
"$top_builddir/tests/cli/pty" 80 "$qmc" --root "$work/disp" kill sys-net work \
    <"$work/answer" >"$work/out" || status=$?
test $status -eq 8 && grep -q '^work: killed' "$work/out"
ok "no to one qube is no answer for the others: $status"

# Signals: what runs is undone, the status says which signal it was.
interrupted() { # STATUS SIGNAL...
    expected=$1
    shift
    script "running=${uuid}3" shutdown=ignore
    : >"$work/err"
    "$qmc" --root "$root" -v stop work --wait --timeout 60 \
        >"$work/out" 2>"$work/err" </dev/null &
    pid=$!
    until grep -q '^work: ' "$work/err" || ! kill -0 $pid 2>/dev/null; do
        sleep 0.02
    done
    for signal; do
        kill "-$signal" $pid 2>/dev/null
    done
    status=0
    wait $pid || status=$?
    test $status -eq "$expected"
    ok "stop --wait with $*: $status, expected $expected"
}
interrupted 130 INT
err_has '^qmc: interrupted'
interrupted 130 INT INT INT
interrupted 143 TERM
interrupted 129 HUP

# A demo that is interrupted goes as well.
script delay=1000
: >"$work/err"
"$qmc" --demo -v start vault >"$work/out" 2>"$work/err" </dev/null &
pid=$!
until grep -q '^vault: ' "$work/err" || ! kill -0 $pid 2>/dev/null; do
    sleep 0.02
done
kill -TERM $pid
status=0
wait $pid || status=$?
test $status -eq 143 && test -z "$(find "$work" -name 'qmc-demo*')"
ok "an interrupted demo is removed: $status"

wait $hung
cp "$work/hung.out" "$work/out"
cp "$work/hung.err" "$work/err"
test "$(cat "$work/hung.status")" -eq 7
ok "a hypervisor that does not answer ends with 7"
out_has '^work	NA	'
err_has '^qmc: '

finish
