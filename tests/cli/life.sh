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
err_has "needs '--class CLASS'"
life 2 create r3 --class AppVM
err_has "needs '--label LABEL'"
life 2 create --class AppVM --label red
life 2 create a/b --class AppVM --label red
err_has "'a/b' cannot be the name"
life 2 create r3 --class AppVM --label red --property 'kernelopts=quiet
debug'
err_has "^qmc: 'kernelopts' is not set: its value has a line break\$"
err_has '^hint: give it a value of one line'
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

# Started with the machine: a link outside the store.
units=$demo/etc/systemd/system/multi-user.target.wants
life 0 prefs work autostart True
test "$(readlink "$units/qubes-vm@work.service")" = \
    /usr/lib/systemd/system/qubes-vm@.service
ok "the machine starts it"
life 0 prefs --unset work autostart
test ! -L "$units/qubes-vm@work.service"
ok "the machine starts it no more"
life 0 create boots --class AppVM --label red --property autostart=True
test -L "$units/qubes-vm@boots.service"
ok "the machine starts a new one"

# Clone.
life 0 clone vault vault-2
out_has '^vault: cloned to vault-2$'
life 0 prefs vault-2 netvm
out_has '^$'
test -f "$images/appvms/vault-2/private.img"
ok "it has a private volume of its own"
life 4 clone vault work
err_has "'work' is the name of another qube"
life 3 clone valut x
err_has "did you mean 'vault'"
life 2 clone vault
life 0 -n clone debian-13 debian-14
out_has '^debian-13	clone	volume root copied from vm-templates/debian-13/root'
life 3 show debian-14

# Rename.
life 0 rename vault-2 safe
out_has '^vault-2: renamed to safe$'
life 3 show vault-2
test -f "$images/appvms/safe/private.img" -a ! -e "$images/appvms/vault-2"
ok "its directory has the new name"
life 0 rename debian-13 debian
life 0 prefs work template
out_has '^debian$'
life 10 xml check
out_empty
life 0 start work
life 0 rename --offline debian debian-13
life 4 rename personal x
err_has "it is running"
life 4 rename safe work
err_has "'work' is the name of another qube"
life 2 rename safe
life 0 rename -n safe safer
out_has '^safe	rename	volume appvms/safe/private moved to appvms/safer/private$'

# Remove.
life 9 rm research
err_has "'remove' of 'research' was not confirmed: private with all"
err_has "add --confirm research"
life 9 rm research --yes
life 9 rm research --confirm r2
life 4 rm debian-13 --confirm debian-13
err_has "it is in use: default_template of the system; template of "
err_has "'vault'"
life 4 rm personal --confirm personal
err_has "it is running"
life 4 rm dom0 --confirm dom0
life 0 -n rm research --confirm research
out_has '^research	remove	research taken out of the store$'
life 0 show research
life 0 rm research --confirm research
out_has '^research: removed$'
test ! -e "$images/appvms/research"
ok "its data are gone"
life 3 show research
life 9 rm r2 r3 work --confirm=r2 --confirm=r3
out_empty
err_has "'remove' of 'work' was not confirmed"
err_has "'remove' of 'r2' was not begun"
life 0 show r2
life 0 show work
life 9 rm r2 work --confirm=r2 --json
json_is 'all(row["error"] for row in data)'
life 8 rm r2 r3 nobody --confirm=r2 --confirm=r3
out_has '^r2: removed$'
out_has '^r3: removed$'
life 3 show r2
life 0 create t9 --class TemplateVM --label black
life 0 create a9 --class AppVM --label red --template t9
life 8 rm t9 a9 --confirm a9 --confirm t9
err_has "template of 'a9'"
life 0 create a9 --class AppVM --label red --template t9
life 0 rm a9 t9 --confirm a9 --confirm t9
out_has '^t9: removed$'
life 0 rm --offline r4 --confirm r4 --json
json_valid
json_is 'data[0]["result"] == "removed"'

# What a crash left of any qube is put right by a verb that changes something.
after() { # STATUS ARGUMENT...: not the demo, which puts itself right
    wanted=$1
    shift
    run "$wanted" --root "$demo" --connect test:///default "$@"
}
crashed() { # NAME
    after 0 create "$1" --class AppVM --label red
    printf crashed >"$images/appvms/$1/private-dirty.img"
    : >"$images/appvms/$1/volatile-dirty.img"
}
left() { # NAME: as it was
    test "$(cat "$images/appvms/$1/private-dirty.img")" = crashed
}
crashed c1
after 0 ls
after 0 show c1
after 0 vol ls
after 0 -n tag vault add x
after 9 rm vault
after 5 --readonly tag vault add x
after 0 --offline tag vault add offline
left c1
ok "who reads, only tries, or may not leaves it"
after 0 tag vault add y
test "$(cat "$images/appvms/c1/private.img")" = crashed &&
    ! test -e "$images/appvms/c1/private-dirty.img" &&
    ! test -e "$images/appvms/c1/volatile-dirty.img"
ok "who changes something has it committed and dropped"
test "$(find "$images/appvms/c1" -name 'private.img.1@*' | wc -l)" = 1
ok "with a revision"
crashed c2
mkdir "$images/appvms/c2/root-dirty.img"
after 0 tag vault add z
err_has "^qmc: warning: c2: cleaning up what was cut off: .*root-dirty.img"

finish
