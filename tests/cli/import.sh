#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A store of Qubes 3 becomes a store of Qubes 4, and never takes the place of one
# without a word.
. "$top_srcdir/tests/cli/tap.sh"

fixture=$top_srcdir/tests/core/fixtures/r3.xml
store=$work/sys/var/lib/qubes/qubes.xml
tab=$(printf '\t')

# The URI leads nowhere: nothing here may need it.
xml() { # STATUS ARGUMENT...
    wanted=$1
    shift
    run "$wanted" --root "$work/sys" --connect test:///nowhere xml "$@"
}

mkdir -p "$work/old/appvms/work"
cp "$fixture" "$work/old/qubes.xml"
echo '<QubesFirewallRules policy="deny" dns="allow"/>' >"$work/old/appvms/work/firewall.xml"

xml 0 import "$work/old/qubes.xml" --dry-run
err_has '10 qubes would be imported'
out_has "^lone${tab}changed${tab}label${tab}teal${tab}red${tab}"
out_lacks "${tab}taken${tab}"
test ! -e "$work/sys"
ok "a dry run writes nothing"
xml 5 import "$work/old/qubes.xml" --readonly
xml 0 import "$work/old/qubes.xml" --json
json_valid
json_is 'sorted(data[0]) == ["deed", "from", "qube", "to", "what", "why"]'
json_is '{d["deed"] for d in data} == {"changed", "dropped", "doubtful"}'
grep -q 'specialtarget' "$work/sys/var/lib/qubes/appvms/work/firewall.xml"
ok "the rules came along"
make_images sys
xml 10 check
run 0 --root "$work/sys" --offline prefs sys-firewall netvm
out_has '^sys-net$'

# There is one now.
before=$(cksum <"$store")
xml 9 import "$work/old/qubes.xml"
err_has "^hint: look at it with --dry-run, then --confirm qubes.xml"
test "$(cksum <"$store")" = "$before"
ok "the store is as it was"
err_has "'import' of 'qubes.xml' was not confirmed: another qube takes the name of 'disp-no"
err_has "'disp-no-netvm' takes over '/var/lib/qubes/appvms/disp-no-netvm'"
xml 9 import "$work/old/qubes.xml" --yes
xml 0 import "$work/old/qubes.xml" --confirm qubes.xml --verbose
err_has "the former one is 'qubes-"
out_has "${tab}taken${tab}"
out_has "^work${tab}doubtful${tab}firewall.*they stay"
xml 0 log
test "$(wc -l <"$work/out")" -eq 1
ok "the former one is a copy"

xml 2 import
xml 3 import "$work/none.xml"
xml 2 import "$store"
err_has "root element is 'qubes'"
mkdir -p "$work/sys3/var/lib/qubes/appvms/work"
run 9 --root "$work/sys3" --connect test:///nowhere xml import "$work/old/qubes.xml" --yes
err_has "gets another owner: 'work' takes over '/var/lib/qubes/appvms/work';"
run 0 --root "$work/sys3" --connect test:///nowhere xml import "$work/old/qubes.xml" \
    --confirm qubes.xml
run 1 --root "$work/sys2" ls
mkdir -p "$work/sys2/var/lib/qubes"
cp "$fixture" "$work/sys2/var/lib/qubes/qubes.xml"
run 1 --root "$work/sys2" --offline ls
err_has 'qmc xml import FILE'

finish
