#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Verbs, options, help: nothing here needs a store.
. "$top_srcdir/tests/cli/tap.sh"

run 0 help
out_is "$here/help.golden"
err_empty
run 0 --help
out_is "$here/help.golden"
run 0 help stop
out_is "$here/help-stop.golden"
run 0 stop --help
out_is "$here/help-stop.golden"
run 0 --help stop work
out_is "$here/help-stop.golden"
run 0 help vol resize
out_has '^usage: qmc vol resize QUBE:VOL SIZE'
run 0 vol --help
out_has 'vol ls'
out_has 'vol resize'
run 2 help stpo
err_has "did you mean 'stop'"
run 0 version
out_has '^qmc [0-9]'
run 0 --version
out_has '^qmc [0-9]'
run 0 version --json
json_valid
json_is 'data[0]["name"] == "qmc"'

# Unknown words: each names the word and what to do.
run 2 strat
err_has "^qmc: there is no verb 'strat'$"
err_has "^hint: did you mean 'start'?$"
out_empty
run 2 xyzzy
err_has "^hint: 'qmc help' lists the verbs$"
run 2 xml
err_has "'xml check', 'xml sweep'"
run 2 vol lss
err_has "did you mean 'vol ls'"
run 2 ls --jsno
err_has "^hint: did you mean '--json'?$"
run 2 --xyzzy ls
err_has "^qmc: there is no option '--xyzzy'$"
run 2 ls --wait
err_has "there is no option '--wait' for ls"
run 2 stop work --wiat
err_has "did you mean '--wait'"
run 2 -Z ls
err_has "'-Z'"
run 2 -qZ ls
run 2 --wait stop work
err_has "there is no option '--wait'"

# Values.
run 2 ls --root
err_has "option '--root' needs a value"
err_has '^hint: --root DIR'
run 2 --root= ls
err_has "option '--root' needs a value"
run 2 --json=yes ls
err_has "option '--json' takes no value"

# Counts.
run 2 start
err_has "'start' needs QUBE"
err_has '^hint: usage: qmc start QUBE'
run 2 show
run 2 show a b
err_has "no use for the argument 'b'"
run 2 ls work
err_has "no use for the argument 'work'"
run 2 vol resize work:private
err_has '^hint: usage: qmc vol resize QUBE:VOL SIZE'
run 2 help vol resize more

# Hostile words stay harmless.
run 2 "$(printf 'a\033[31mb\nc')"
err_has "there is no verb 'a?\[31mb c'"

# The console's help names each verb; it shows a volume in its view, and itself.
sed -n 's/^CMD(\(.*\))/\1/p' "$top_srcdir/cli/cmds.list" | tr _ ' ' |
    grep -vx 'vol info\|version\|label .*' >"$work/known"
echo label >>"$work/known"
while read -r first second; do
    grep -q "\b$first\b.*\b$second\b" "$top_srcdir/help/command.help" ||
        echo "$first $second"
done <"$work/known" >"$work/missing"
cp "$work/missing" "$work/err"
test ! -s "$work/missing"
ok "the help of the command line has every verb"

# Output that cannot be written is an error.
if [ -w /dev/full ]; then
    status=0
    "$qmc" help >/dev/full 2>"$work/err" || status=$?
    test "$status" -eq 1 && grep -q 'cannot write the output' "$work/err"
    ok "a full disk behind stdout is an error"
else
    skip "a full disk behind stdout is an error" "no /dev/full"
fi

finish
