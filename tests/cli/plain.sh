#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The line mode: commands from a file, and typed on a terminal that cannot move
# its cursor.
QMC=${top_builddir}/tests/qmc-fake
. "$top_srcdir/tests/cli/tap.sh"

make_root small "$here/small.xml"
root=$work/small
QMC_FAKE="running=11111111-2222-4333-8444-000000000003"
export QMC_FAKE

replay() { # STATUS FILE ARGUMENT...
    expected=$1
    file=$2
    shift 2
    status=0
    "$qmc" --root "$root" "$@" <"$file" >"$work/all" 2>"$work/err" || status=$?
    # What others do comes whenever it comes.
    grep -v '^[0-2][0-9]:[0-5][0-9] ' "$work/all" >"$work/out"
    test $status -eq "$expected"
    ok "qmc $* <${file##*/}: $status, expected $expected"
}

cat >"$work/commands" <<'COMMANDS'
# a remark
pause work
qmc unpause 'work'
ls
stop wrok
fly
vol resize work:private 1G --shrink
--root /elsewhere ls
show
stop 'work
quit
ls
COMMANDS
replay 2 "$work/commands" --plain
out_is "$here/plain.golden"
err_has '^work: [0-9.]* s work paused$'
err_has "^qmc: there is no qube 'wrok'"
err_has "^hint: did you mean 'work'?"
err_has "^qmc: there is no verb 'fly'"
err_has "^qmc: .*'work' was not confirmed"
err_has "^qmc: '--root' is for the start"
err_has "^qmc: a quote is open"

replay 0 /dev/null --plain
out_has '^work	Running	'
printf 'pause work' >"$work/short"
replay 0 "$work/short" --plain
out_has '^work: paused$'
printf 'pause debian-13\nls\n' >"$work/failing"
replay 4 "$work/failing" --plain

# On a terminal: a prompt, questions, and the end of the input.
typed() { # TEXT
    printf '%b' "$1" >"$work/keys"
    status=0
    TERM=dumb "$top_builddir/tests/cli/pty" 80 "$qmc" --root "$root" \
        <"$work/keys" >"$work/out" 2>"$work/err" || status=$?
}
typed 'vol resize debian-13:private 512K --shrink\nwrok\nquit\n'
test $status -eq 0
ok "quit ends with 0: $status"
out_has '^qmc: no full screen: '
out_has 'qmc> '
out_has "Shrink 'debian-13:private'?.* to 512.0 KiB;.*Type the name of the qube: "
out_has 'was not confirmed'
! grep -q "$(printf '\033')" "$work/out"
ok "no escape sequence"
typed 'pause work\n\004'
test $status -eq 0
ok "the end of the input ends with 0: $status"
out_has '^work: paused'

# Closed streams: nothing waits or spins, and no file gets what was meant for them.
make_root closed "$here/small.xml"
for words in --plain ls 'prefs work memory 901'; do
    status=0
    # shellcheck disable=SC2086
    timeout 20 "$qmc" --root "$work/closed" --offline $words <&- >&- 2>&- || status=$?
    test $status -eq 1
    ok "$words with closed streams ends: $status"
done
run 0 --root "$work/closed" --offline prefs work memory
out_has 901
run 10 --root "$work/closed" --offline xml check "$work/closed/var/lib/qubes/qubes.xml"
status=0
timeout 20 "$qmc" --root "$work/closed" --offline ls >&- 2>"$work/err" || status=$?
test $status -eq 1 && grep -q 'cannot write the output' "$work/err"
ok "that there is no output is said"

finish
