#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Making qubes and unmaking them, in the demo.
. "$top_srcdir/tests/cli/tap.sh"

demo=$work/demo
images=$demo/var/lib/qubes

life() { # STATUS ARGUMENT...
    wanted=$1
    shift
    run "$wanted" --demo --root "$demo" "$@"
}

# Create.
life 0 create research --class AppVM --label green --property memory=600 \
    --property netvm=
test "$(cat "$work/out")" = "research: created"
ok "one line says so"
life 0 prefs research memory
out_has '^600$'
life 0 prefs research netvm
out_has '^$'
test -f "$images/appvms/research/private.img"
ok "it has its private volume"
life 0 create --label=red --class=AppVM r2 --json
json_valid
json_is 'data[0]["qube"] == "r2" and data[0]["operation"] == "create"'
life 0 -n create r3 --class AppVM --label red
out_has '^r3	create	r3 added to the store, qid '
life 3 show r3
life 4 create work --class AppVM --label red
err_has "'work' is the name of another qube"
life 2 create r3 --label red
err_has "needs '--class'"
life 2 create r3 --class AppVM
err_has "needs '--label'"
life 2 create --class AppVM --label red
life 2 create a/b --class AppVM --label red
err_has "'a/b' cannot be the name"
life 2 create r3 --class AppVM --label red --property memory=x
err_has "whole number"
life 5 --readonly create r3 --class AppVM --label red
err_has "cannot create 'r3'"
mkdir "$images/appvms/r3"
life 4 create r3 --class AppVM --label red
err_has "is there already"
rmdir "$images/appvms/r3"
life 0 create r3 --class AppVM --label red
life 0 start r3
out_has '^r3: started$'
life 0 --offline create r4 --class TemplateVM --label black

finish
