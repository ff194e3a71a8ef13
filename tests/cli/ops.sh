#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Verbs that change something, in the demo: results, consent, several qubes.
# The demo's hypervisor lives in the program: each run begins with sys-net,
# sys-firewall, sys-usb and personal running.
. "$top_srcdir/tests/cli/tap.sh"

demo=$work/demo

run 0 --demo --root "$demo" ls
out_has '^personal	Running	'
out_has '^vault	Halted	'

# One qube.
run 0 --demo --root "$demo" start vault
test "$(cat "$work/out")" = "vault: started"
ok "one line says so"
run 0 --demo start vault --root "$demo" --quiet
out_empty
run 0 --demo --root "$demo" start vault --json
json_valid
json_is 'data[0]["qube"] == "vault" and data[0]["operation"] == "start"'
json_is 'data[0]["done"] is True and data[0]["error"] is None'
run 0 --demo --root "$demo" -v start vault
err_has '^vault: [0-9.]* s '
run 0 --demo --root "$demo" pause personal
out_has '^personal: paused$'
run 0 --demo --root "$demo" kill personal
out_has '^personal: killed$'
run 0 --demo --root "$demo" stop personal --wait --timeout 20
out_has '^personal: stopped$'

# Refusals.
run 3 --demo --root "$demo" start valut
err_has "did you mean 'vault'"
run 0 --demo --root "$demo" stop vault
out_has '^vault: already halted$'
run 4 --demo --root "$demo" pause vault
err_has "^qmc: cannot pause 'vault': "
run 4 --demo --root "$demo" unpause personal
run 4 --demo --root "$demo" start dom0
err_has "^qmc: cannot start 'dom0': "
run 2 --demo --root "$demo" stop personal --wait --timeout soon
err_has "soon"
run 2 --demo --root "$demo" stop personal --wait --timeout -1
run 5 --demo --root "$demo" --readonly start vault
err_has "^qmc: cannot start 'vault': "
run 5 --demo --root "$demo" --readonly vol resize vault:private 1G
run 0 --demo --root "$demo" --readonly ls
for verb in start stop kill pause unpause; do
    run 1 --demo --root "$demo" --offline $verb personal
    err_has 'offline'
done
run 2 --demo --connect test:///default ls
err_has "'--connect'"

# Several: all are tried.
run 0 --demo --root "$demo" start vault work vault
test "$(sort "$work/out")" = "$(printf 'vault: started\nwork: started')"
ok "a qube named twice is started once"
run 8 --demo --root "$demo" start vault valut personal
out_has '^vault: started$'
out_has '^personal: already running$'
err_has "^qmc: there is no qube 'valut'$"
err_has "^qmc: start: 1 of 3 qubes failed$"
run 3 --demo --root "$demo" start valut wrok
err_has "all of 2 qubes failed"
run 8 --demo --root "$demo" start vault valut --json
json_valid
json_is '[d["done"] for d in data] == [True, False]'
json_is 'data[1]["error"] == "notfound" and data[1]["hint"]'

# A plan changes nothing.
run 0 --demo --root "$demo" start vault --dry-run
out_has '^vault	start	'
run 0 --demo --root "$demo" vol resize vault:private 1G --dry-run --json
json_valid
json_is 'data and data[0]["operation"] == "resize"'
run 0 --demo --root "$demo" stop vault --dry-run
out_has '^vault	stop	nothing: vault is halted$'
run 5 --demo --root "$demo" --readonly start vault --dry-run
out_empty
mv "$demo/var/lib/qubes/vm-kernels" "$demo/away"
run 3 --demo --root "$demo" start vault --dry-run
err_has 'kernel file'
run 3 --demo --root "$demo" start vault --dry-run --json
json_is 'data[0]["error"] == "notfound" and data[0]["step"] is None'
mv "$demo/away" "$demo/var/lib/qubes/vm-kernels"

# Resize, and what is no size.
private() {
    "$qmc" --demo --root "$demo" vol ls vault | awk '$2 == "private" { print $4 }'
}
run 0 --demo --root "$demo" vol resize vault:private 384M
out_has '^vault: private has 384.0 MiB now$'
test "$(private)" -eq 402653184
ok "the volume has its new size"
grep -q 'size="402653184"' "$demo/var/lib/qubes/qubes.xml"
ok "and so says the store"
store=$(cksum <"$demo/var/lib/qubes/qubes.xml")
for size in 0 -1 -5G 9223372036854775808 18446744073709551616 '10 GB of' '' \
    abc 1e9 0x10 383M; do
    run 2 --demo --root "$demo" vol resize vault:private "$size"
    err_has '^qmc: '
    err_has "$(printf '%s' "$size" | cut -c1-3)"
    out_empty
done
test "$store" = "$(cksum <"$demo/var/lib/qubes/qubes.xml")" &&
    test "$(private)" -eq 402653184
ok "none of them changed anything"
run 2 --demo --root "$demo" vol resize vault 1G
err_has 'QUBE:VOLUME'
run 2 --demo --root "$demo" vol resize :private 1G
run 2 --demo --root "$demo" vol resize vault: 1G
run 3 --demo --root "$demo" vol resize vault:nothing 1G
err_has 'nothing'
run 3 --demo --root "$demo" vol resize valut:private 1G

# Cutting the end off is for those who say so twice.
run 2 --demo --root "$demo" vol resize vault:private 320M
err_has '320.0 MiB'
err_has '^hint: '
for consent in '' --yes '--confirm vautl'; do
    # shellcheck disable=SC2086
    run 9 --demo --root "$demo" vol resize vault:private 320M --shrink $consent
    err_has '^hint: .*--confirm vault'
done
test "$(private)" -eq 402653184
ok "the volume has its old size"
run 0 --demo --root "$demo" vol resize vault:private 320M --shrink --confirm vault
test "$(private)" -eq 335544320
ok "the volume is smaller"

# A net qube in use.
run 9 --demo --root "$demo" stop sys-firewall
err_has 'personal'
err_has '^hint: add --yes$'
run 9 --demo --root "$demo" stop sys-firewall --force
run 9 --demo --root "$demo" kill sys-firewall
err_has 'net qube of personal.* is lost'
run 0 --demo --root "$demo" stop sys-firewall --yes
out_has '^sys-firewall: asked to shut down$'

# A new qube goes where volumes can be made.
run 2 --demo --root "$demo" create big --class AppVM --label red --pool linux-kernel
err_has "'linux-kernel' holds kernels, and is no pool to make volumes in"
err_has '^hint: choose one of these: varlibqubes$'

# What stays behind a link is named, and the qube is gone.
homes=$demo/var/lib/qubes/appvms
run 0 --demo --root "$demo" create big --class AppVM --label red
mv "$homes/big" "$work/big"
ln -s "$work/big" "$homes/big"
run 0 --demo --root "$demo" rename big huge
out_has '^huge: renamed to huge$\|^big: renamed to huge$'
test -f "$work/big/private.img" && test -h "$homes/huge" && test ! -h "$homes/big"
ok "the link is renamed, the image stays where it is"
: >"$work/big/photo"
run 0 --demo --root "$demo" rm huge --dry-run
out_has "what Qubes keeps in $work/big is deleted, the rest stays"
run 8 --demo --root "$demo" rm huge --confirm huge
out_has '^huge: removed$'
err_has "is removed, but not all it had: .*'photo' in it"
err_has "^hint: .*rm -r $work/big"
test ! -e "$work/big/private.img" && test -f "$work/big/photo" && test ! -h "$homes/huge"
ok "what was not of the qube stays"
mkdir "$work/other" "$work/other/big"
run 0 --demo --root "$demo" create big --class AppVM --label red
: >"$work/other/photo"
mv "$homes/big" "$homes/big.was"
ln -s "$work/other" "$homes/big"
run 8 --demo --root "$demo" rm big --confirm big --json
out_has '"done":true,"result":"removed","error":"partial"'
rm -r "$homes/big.was"

# A demo without --root goes away by itself.
run 0 --demo ls
run 0 --demo
out_has '^vault	Halted	'
test -z "$(find "$work" -maxdepth 1 -name '*qmc*' ! -name 'qmc-cli*')"
ok "no demo is left behind"

finish
