#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The note of a qube, from the command line and from stdin.
. "$top_srcdir/tests/cli/tap.sh"

make_root sys "$here/small.xml"
file=$work/sys/var/lib/qubes/appvms/work/notes.txt

# Nothing is asked of a hypervisor.
note() { # STATUS ARGUMENT...
    wanted=$1
    shift
    run "$wanted" --root "$work/sys" --connect test:///nowhere note "$@"
}

note 0 work
out_empty
note 0 work 'one
two'
out_has '^work: note of 7 bytes written$'
note 0 work
test "$(cat "$work/out")" = 'one
two'
ok "it is printed as it was written"
note 0 work --json
json_valid
json_is 'data == [{"name": "work", "note": "one\ntwo"}]'
printf 'a\033[2Jb\tc\n' >"$file"
note 0 work
test "$(cat "$work/out")" = "$(printf 'a?[2Jb\tc')"
ok "what it says to a terminal is not said"
note 0 work x --dry-run
out_has 'write the note'
note 5 work x --readonly
note 4 dom0
err_has 'has no note'
note 3 nobody
test "$(cat "$file")" = "$(printf 'a\033[2Jb\tc')"
ok "nothing of that changed it"

status=0
printf 'from a pipe\n' | "$qmc" --root "$work/sys" --offline note work - \
    >"$work/out" 2>"$work/err" || status=$?
test "$status" -eq 0 && test "$(cat "$file")" = 'from a pipe'
ok "'-' reads it from stdin"
run 2 --root "$work/sys" --offline note work -
err_has '^qmc: stdin is empty'
err_has "^hint: 'qmc note QUBE ''' removes"
test "$(cat "$file")" = 'from a pipe'
ok "nothing on stdin is no note, and removes none"
head -c 300000 /dev/zero | tr '\0' x >"$work/long"
status=0
"$qmc" --root "$work/sys" --offline note work - \
    >"$work/out" 2>"$work/err" <"$work/long" || status=$?
test "$status" -eq 2
ok "one that is too long is refused"
err_has 'too long: at most 256000 bytes'
status=0
printf 'a\0b' | "$qmc" --root "$work/sys" --offline note work - \
    >"$work/out" 2>"$work/err" || status=$?
test "$status" -eq 2
ok "NUL bytes are refused"
note 0 work ''
out_has 'removed'
test ! -e "$file"
ok "the file is gone"
ln -s /nowhere/note "$file"
note 4 work hello
err_has "notes.txt' is a symbolic link to '/nowhere/note'"
test -L "$file"
ok "a link is not replaced"

finish
