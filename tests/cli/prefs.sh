#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Properties, features, services and tags: what is printed, what is written, and
# that nothing else of the store changes.
. "$top_srcdir/tests/cli/tap.sh"

fixtures=$top_srcdir/tests/core/fixtures

line_differs() { # and no other
    test "$(diff "$fixture" "$store" | grep -c '^[<>]')" -eq 1
    ok "one line differs"
}

unchanged() {
    cmp -s "$fixture" "$store"
    ok "the store is byte for byte as it was"
}

# One thing changed and changed back, in files of both releases.
for release in 4.2 4.3; do
    fixture=$fixtures/upstream-$release.xml
    make_root "$release" "$fixture"
    store=$work/$release/var/lib/qubes/qubes.xml
    at() { # STATUS ARGUMENT...
        wanted=$1
        shift
        run "$wanted" --root "$work/$release" --offline "$@"
    }

    at 0 prefs work memory 900
    out_has '^work: memory is 900$'
    line_differs
    at 0 prefs work memory
    test "$(cat "$work/out")" = 900
    ok "the value alone"
    at 0 -v prefs work memory 901
    err_has 'memory was 900, is 901 now'
    line_differs
    at 0 prefs work memory 901
    out_has 'already'
    at 0 prefs --unset work memory
    unchanged
    at 0 prefs work --unset memory
    out_has 'default.* already$'
    unchanged

    at 2 prefs work netvm none
    err_has "^hint: '' (empty) is no network, --unset lets it follow its default$"
    at 2 prefs work default_user None
    err_has "^qmc: 'None' is no value for 'default_user': Qubes reads that word as a text"
    at 2 global default_kernel None
    unchanged

    # What a service does to a property, and takes from it, is said.
    at 0 prefs work maxmem 3000
    at 0 service work meminfo-writer off
    out_has '^work: maxmem is 0, which is what .*: it was set to 3000 before$'
    at 0 service work meminfo-writer on
    out_has '^work: maxmem follows its default, which is what [^:]*$'
    at 0 prefs work maxmem 3000
    at 0 feature work service.meminfo-writer 1
    out_has '^work: maxmem follows its default, .*: it was set to 3000 before$'
    unchanged

    at 0 global stats_interval 5
    out_has '^system: stats_interval is 5$'
    line_differs
    at 0 global stats_interval --unset
    unchanged

    # An empty value is one too: off.
    at 0 feature sys-net testing ''
    line_differs
    at 0 feature sys-net testing
    test "$(cat "$work/out")" = ''
    ok "an empty feature is there"
    at 0 feature sys-net --unset testing
    unchanged
    at 3 feature sys-net testing
    err_has "has no feature 'testing'"

    at 0 service sys-net testing on
    at 0 service sys-net testing
    out_has '^on$'
    at 0 service sys-net testing off
    at 0 service sys-net testing
    out_has '^off$'
    at 0 service --unset sys-net testing
    at 3 service sys-net testing
    unchanged

    at 0 tag sys-net add testing
    line_differs
    at 0 tag sys-net add testing
    out_has 'already$'
    at 0 tag sys-net ls
    out_has '^testing$'
    at 0 tag sys-net del testing
    at 0 tag sys-net del testing
    unchanged
    at 0 tag sys-net
    out_lacks testing

    at 0 label add teal 0x008080
    out_has '^system: label teal is 0x008080$'
    line_differs
    at 0 label add teal 0x008080
    out_has 'already$'
    at 4 label add teal 0x008081
    at 0 prefs work label teal
    at 4 label rm teal
    err_has "'work' has it"
    at 0 label ls --json
    json_valid
    json_is '[l["qubes"] for l in data if l["name"] == "teal"] == [1]'
    at 0 prefs work label blue
    at 0 label rm teal
    at 3 label rm teal
    err_has "no label 'teal'"
    at 4 label rm red
    err_has 'always there'
    unchanged

    # What 4.2 does not know must not get into a store of 4.2.
    if [ "$release" = 4.2 ]; then
        at 4 prefs work devices_denied u03\*\*\*\*
        err_has 'Qubes 4.2 or before'
        at 4 prefs work bootmode default
        at 2 create a.b --class AppVM --label red --dry-run
        err_has "'a.b' has a '.', which Qubes 4.2 does not know"
        at 4 create far --class RemoteVM --label red --dry-run
        err_has "'RemoteVM' is a class that Qubes 4.2 does not know"
    else
        at 0 create a.b --class AppVM --label red --dry-run
        at 0 create far --class RemoteVM --label red --dry-run
        at 0 prefs work bootmode default
        at 0 prefs --unset work bootmode
    fi
    unchanged

    # Nothing of that was refused because of what it would have to ask.
    at 0 prefs work vcpus 3 --dry-run
    out_has 'vcpus was .*, is 3 now'
    unchanged
    at 5 --readonly prefs work vcpus 3
    err_has "^hint: leave out --readonly$"
    unchanged
done

# What is printed.
at 0 prefs work
out_has '^memory	no	'
out_has '^qid	yes	'
at 0 prefs work --json
json_valid
json_is '[p["explicit"] for p in data if p["name"] == "name"] == [True]'
json_is 'all(set(p) == {"name", "explicit", "value", "bad", "effective"} for p in data)'
at 0 prefs work memory --json
json_is 'len(data) == 1 and data[0]["explicit"] is False and data[0]["bad"] is False'
at 0 global
out_has '^default_netvm	yes	sys-firewall$'
at 0 global default_netvm
out_has '^sys-firewall$'
at 0 global no_cpus
out_has '^$'
at 4 global no_cpus 4
err_has 'always computed'
at 0 prefs work stubdom_xid
out_has '^-1$'
at 4 prefs work start_time 1
at 0 global --json
json_is '[p["value"] for p in data if p["name"] == "stats_interval"] == ["3"]'
at 0 feature work
out_has '^qrexec	1	fedora-41-xfce$'
at 0 feature work --json
json_is '[f["from"] for f in data if f["name"] == "menu-items"] == ["work"]'
at 0 service work
out_has '^cups	no$'
at 0 service work --json
json_is 'data == [{"name": "cups", "on": False}]'
at 0 tag work --json
json_is '"guivm-dom0" in data'
at 0 prefs work memory 900 --json
json_is 'data[0]["operation"] == "set" and data[0]["done"] is True'
at 0 prefs work memory 900 -q
out_empty
at 0 prefs work memory --unset

# Refusals, each with its status.
at 2 prefs
at 2 prefs --unset work
err_has '^hint: usage: qmc prefs QUBE .*--unset'
at 2 prefs --unset work memory 5
at 2 global --unset
at 2 feature --unset work
at 2 prefs work memory much
err_has "'much' is no value for 'memory'"
at 2 prefs work netvm work
at 3 prefs work colour
at 3 prefs work memroy 5
err_has "^hint: did you mean 'memory'?$"
at 3 prefs wrok memory
err_has "did you mean 'work'"
at 3 global colour 1
at 4 prefs work xid 3
err_has 'always computed'
at 4 prefs work name other
at 4 prefs --unset work template
at 2 feature work 'a b' 1
at 4 feature work preload-dispvm 1
at 2 service work cups maybe
err_has "neither 'on' nor 'off'"
at 2 tag work add
err_has "'add' needs a tag"
at 2 tag work ls x
at 2 tag work take x
err_has 'ls, add, del'
at 2 tag work add 'a b'
unchanged

# Plain words, and what to do next.
at 3 prefs work colour
err_has '^hint: see what it has: qmc prefs work$'
at 3 global colour
err_has '^hint: see what there is: qmc global$'
at 4 prefs work name other
err_has '^hint: qmc rename work NEW$'
at 2 prefs work memory ''
err_has '^hint: --unset lets it follow its default again$'
at 2 prefs work memory 99999999999999999999
err_has 'it must lie between 1 and'
at 2 prefs work label pink
err_has '^hint: see the labels with: qmc label ls$'
at 2 prefs work kernelopts "$(printf 'a\nb')"
err_has 'it has a tab, the end of a line'
at 2 prefs work kernelopts "$(printf 'a\tb')"
at 2 global default_template work
err_has "'work' is no value for 'default_template': it is not a TemplateVM"
at 2 global default_netvm work
err_has '^hint: choose another one, or: qmc prefs work provides_network True$'
at 0 tag work del no-such -n
out_has '^work	remove a tag	tag no-such is not there$'
at 0 label add pearl 0xeeeeee -n
out_has '^system	add a label	label pearl added'
unchanged

# With a hypervisor: a running qube follows later, and keeps its template.
demo=$work/demo
run 0 --demo --root "$demo" prefs personal memory 700
out_has '^personal: memory is 700, from its next start on$'
run 0 --demo --root "$demo" prefs vault memory 700
out_has '^vault: memory is 700$'
run 4 --demo --root "$demo" rename personal other
err_has '^hint: shut it down first: qmc stop personal$'
run 4 --demo --root "$demo" prefs personal template debian-13
err_has 'not halted'
err_has "^hint: shut it down first: qmc stop personal$"
run 0 --demo --root "$demo" prefs vault template fedora-42
run 0 --demo --root "$demo" start vault
run 3 --demo --root "$demo" prefs vault kernel 9.9
run 0 --demo --root "$demo" prefs vault kernelopts -- -quiet
run 0 --demo --root "$demo" prefs vault kernelopts
out_has '^-quiet$'

# Without one everything but that can be changed.
rm -rf "$work/nowhere"
for words in 'prefs work memory 700' 'tag work add x' 'global stats_interval 9' \
    'service work cups on'; do
    # shellcheck disable=SC2086
    run 0 --root "$work/4.3" --connect test:///missing.xml $words
done

# What cannot be used is no value: it is said, and so is what counts.
make_root wrong "$here/small.xml"
store=$work/wrong/var/lib/qubes/qubes.xml
at() { # STATUS ARGUMENT...
    wanted=$1
    shift
    run "$wanted" --root "$work/wrong" --offline "$@"
}
at 0 prefs work memory
usual=$(cat "$work/out")
at 0 prefs work memory 900
at 0 global stats_interval 9
sed -i 's/\(name="memory">\)900</\1a\&#9;bc</; s/\(name="stats_interval">\)9</\1often</' "$store"
at 0 prefs work memory
out_has '^a.*bc$'
test "$(tr -d '\n[:print:]' <"$work/out" | wc -c)" -eq 0
ok "nothing that moves the cursor"
err_has "^qmc: warning: 'memory' of work is wrong in the store: what counts is $usual "
at 0 prefs work
out_has '^memory	yes	a.*bc$'
err_has "^qmc: warning: 'memory' of work is wrong"
at 0 prefs work memory --json
json_is "[(p['explicit'], p['value'], p['bad'], p['effective']) for p in data] \
    == [(True, 'a\\tbc', True, '$usual')]"
err_empty
at 0 global stats_interval
out_has '^often$'
err_has "^qmc: warning: 'stats_interval' of the system is wrong in the store: what counts is 3 "
at 0 prefs work memory 900
at 0 prefs work memory
out_has '^900$'
err_empty

# An unknown element keeps its place by its neighbour, and is kept without it.
make_root odd "$here/small.xml"
store=$work/odd/var/lib/qubes/qubes.xml
sed -i 's|^ *<property name="default_netvm">.*|&\n    <oddity name="x"/>|' "$store"
for name in $(sed -n 's/^    <property name="\([a-z_]*\)".*/\1/p' "$store"); do
    run 0 --root "$work/odd" --offline global --unset "$name"
done
grep -q '<oddity name="x"/>' "$store"
ok "what is not known is not lost"

finish
