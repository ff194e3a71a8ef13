#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Firewall rules of a qube: no hypervisor is needed, and nothing but the file of
# that qube is touched.
. "$top_srcdir/tests/cli/tap.sh"

make_root sys "$here/small.xml"
store=$work/sys/var/lib/qubes/qubes.xml
file=$work/sys/var/lib/qubes/appvms/work/firewall.xml
before=$(cksum "$store")

fw() { # STATUS ARGUMENT...
    wanted=$1
    shift
    run "$wanted" --root "$work/sys" --offline fw "$@"
}

# An absent file accepts everything, and looking does not make one.
fw 0 work ls --json
json_valid
json_is '[r["rule"] for r in data] == ["action=accept"]'
test ! -e "$file"
ok "there is no file yet"
fw 0 work
out_has '^0	accept	'
fw 2 work --before 0
err_has "'fw ls' takes no '--before'"
fw 0 -n work add drop
out_has 'add the rule action=drop'
test ! -e "$file"
ok "a dry run makes none"

# Adding.
fw 0 work add drop
out_has '^work: rule 1 added; it has no effect: rule 0 before it matches everything$'
fw 0 work add --before 0 accept proto=tcp dst4=192.0.2.1 dstports=443 comment=my web
out_has '^work: rule 0 added$'
fw 0 work ls
out_has '^0	accept	192.0.2.1/32	tcp	443	-	-	-	my web	no$'
out_has '^2	drop	'
fw 0 --before=1 work add 'drop proto=icmp icmptype=8'
fw 0 work ls --json
json_is 'data[1]["icmptype"] == "8" and data[1]["number"] == 1'
json_is 'data[0]["rule"].endswith("dstports=443-443 comment=my web")'
test "$(stat -c %a "$file")" = 664
ok "the group may write the file"

# In the place of another, which may be another place too.
fw 0 work add --replace 1 drop proto=icmp icmptype=0
out_has '^work: rule 1 changed$'
fw 0 work add --replace 'drop proto=icmp icmptype=0' --before 0 drop proto=icmp icmptype=3
out_has '^work: rule 0 changed$'
fw 0 work ls --json
json_is '[r["icmptype"] for r in data] == ["3", None, None, None]'
fw 0 work add --replace 0 --before 4 drop
out_has '^work: rule 3 changed; it has no effect: rule 1 before it matches everything$'
fw 0 -n work add --replace 3 drop comment=last
out_has 'put the rule action=drop comment=last in the place of 3'
ok "a rule takes the place of another"

# What qubesd would have written.
fw 0 -y work reset
out_has '^work: rules reset: everything is accepted; the former file is kept'
fw 0 work add --before 0 accept dst6=2001:db8::/32
cat >"$work/expected" <<'XML'
<firewall version="2">
  <rules>
    <rule>
      <properties>
        <property name="action">accept</property>
        <property name="dsthost">2001:db8::/32</property>
      </properties>
    </rule>
    <rule>
      <properties>
        <property name="action">accept</property>
      </properties>
    </rule>
  </rules>
</firewall>
XML
cmp -s "$file" "$work/expected"
ok "the file is in upstream's form"

# Deleting, by number and by what it says.
fw 0 work del 1
out_has '^work: rule 1 deleted$'
fw 3 work del accept dst6=2001:db8::/33
err_has "has no rule 'action=accept dst6=2001:db8::/33'"
fw 0 work del dsthost=2001:db8::/32 accept
out_has 'without rules everything is dropped'
fw 0 work ls
out_empty
err_has 'everything is dropped'
grep -q '<rules/>' "$file"
ok "no rules is not no file"
fw 3 work del 0
err_has "has no rule 0"

# Refusals leave the file alone.
fw 0 -y work reset
was=$(cksum "$file")
fw 9 work reset
err_has 'connect anywhere'
fw 2 work add
err_has "needs a rule"
fw 2 work add allow
err_has "'allow'"
fw 2 work add accept dstports=80
err_has "tcp and udp"
err_has '^hint: add proto=tcp or proto=udp$'
fw 2 work add accept "$(printf 'comment=\033[31m')"
fw 2 work add accept --before x
fw 3 work add accept --before 7
fw 3 work add --replace 9 accept
err_has 'no rule 9'
fw 3 work add --replace 'drop proto=tcp' accept
err_has "no rule 'action=drop proto=tcp'"
fw 2 work add --replace allow accept
fw 2 work del 0 --before 0
fw 2 work del 0 --replace 0
fw 2 work del 99999999999
fw 2 work ls 0
fw 2 work flush
fw 3 wokr ls
err_has "did you mean 'work'"
fw 3 wokr add drop
fw 4 dom0 ls
fw 4 dom0 add drop
run 5 --root "$work/sys" --offline --readonly fw work add drop
test "$was" = "$(cksum "$file")"
ok "the file is as it was"

# A rule that cannot be read keeps its place and its text.
cat >"$file" <<'XML'
<firewall version="2">
  <rules>
    <rule><properties><property name="later">1</property></properties></rule>
    <rule><properties><property name="action">drop</property></properties></rule>
  </rules>
</firewall>
XML
fw 0 work ls --json
json_is 'data[0]["action"] is None and "later" in data[0]["flaw"]'
json_is 'data[1]["action"] == "drop"'
err_has 'rule 0 cannot be read'
fw 0 work add drop dsthost=example.org
out_has '^work: rule 2 added; it has no effect: rule 0 before it cannot be read$'
grep -q '<rule><properties><property name="later">1</property></properties></rule>' \
    "$file"
ok "its text is kept"
fw 0 work del 0
fw 0 work ls
err_empty

# Those that have expired are listed, but the save drops them: what is said are
# the numbers there are afterwards.
cat >"$file" <<'XML'
<firewall version="2">
  <rules>
    <rule><properties><property name="action">accept</property>
      <property name="expire">1000000000</property></properties></rule>
    <rule><properties><property name="action">accept</property>
      <property name="dsthost">1.1.1.1</property></properties></rule>
    <rule><properties><property name="action">drop</property></properties></rule>
  </rules>
</firewall>
XML
was=$(cksum "$file")
fw 2 work add accept expire=1
err_has "expired already: its 'expire' is '1'"
err_has '^hint: it is seconds since 1970'
fw 2 -n work add --replace 1 accept expire=1
test "$was" = "$(cksum "$file")"
ok "no rule is added that counts no more"
fw 0 work add --before 2 accept dsthost=4.4.4.4
out_has '^work: rule 1 added$'
fw 0 work ls --json
json_is '[r["dsthost"] for r in data] == ["1.1.1.1/32", "4.4.4.4/32", None]'

# What a link leads to is not written to, and the link not replaced.
cp "$file" "$work/rules"
rm "$file"
ln -s "$work/rules" "$file"
rules=$(cksum "$work/rules")
fw 4 work add drop
err_has "firewall.xml' is a symbolic link to '$work/rules'"
err_has '^hint: put the file itself there: cp --remove-destination'
fw 4 -n work del 0
test -L "$file" && test "$rules" = "$(cksum "$work/rules")"
ok "a link stays, and what it leads to"
ln -sfn /nowhere/rules "$file"
fw 4 work add drop
err_has "firewall.xml' is a symbolic link to '/nowhere/rules'"
err_has '^hint: it leads nowhere: .*rm '
rm "$file"

# Rules of R3 are read, and written in the new form.
cat >"$file" <<'XML'
<QubesFirewallRules policy="allow" dns="deny" icmp="allow">
  <rule address="10.0.0.0" netmask="8" expire="1000000000"/>
  <rule address="10.0.0.1" netmask="0"/>
</QubesFirewallRules>
XML
fw 0 work ls --json
json_is '[r["expired"] for r in data] == [True, False, False, False]'
json_is 'data[1]["dsthost"] == "10.0.0.1/0" and data[1]["action"] == "drop"'
json_is 'data[2]["proto"] == "icmp" and data[3]["action"] == "accept"'
err_has "'dns' counts after the rules"
fw 0 work ls
out_has '^0	drop	10.0.0.0/8	-	-	-	-	1000000000	-	yes$'
out_has '^1	drop	10.0.0.1/0	-	-	-	-	-	-	no$'
TZ=UTC "$top_builddir/tests/cli/pty" 120 "$qmc" --root "$work/sys" --offline fw work ls \
    </dev/null >"$work/out"
out_has ' expired 2001-09-09 01:46 '
fw 0 -n work add drop
out_has 'the file of Qubes 3 becomes one of Qubes 4'
out_has "'dns' counts after the rules"
grep -q QubesFirewallRules "$file"
ok "the plan says that it becomes another, and it does not yet"
fw 0 work add drop
out_has '^work: rule 3 added; it has no effect: rule 2 before it matches everything; the file of Qubes 3 becomes one of Qubes 4$'
err_has "'dns' counts after the rules"
head -n 1 "$file" | grep -qx '<firewall version="2">' && ! grep -q expire "$file"
ok "the new form, without what has expired"

# What is not understood is replaced by a reset alone, and it is said what that means:
# nothing passes now, and everything would then. It is kept.
kept=$work/sys/var/lib/qubes/backup/qmc
rm -rf "$kept"
for text in '<firewall version="3"/>' junk ''; do
    printf %s "$text" >"$file"
    fw 1 work ls
    err_has "^qmc: '$file' is broken: .*: no rule can be read, so nothing passes$"
    err_has "^hint: mend it by hand, or 'qmc fw QUBE reset --drop' drops everything; 'qmc fw QUBE reset' OPENS it"
    fw 1 work add drop
    fw 1 work del 0
    fw 0 -n -y work reset
    test "$(cat "$file")" = "$text" && test ! -e "$kept"
    ok "it is not replaced"
    fw 9 work reset --drop
    err_has 'connect nowhere'
    fw 0 -y work reset --drop
    out_has "^work: rules reset: everything is dropped; the broken file is kept as '$kept/firewall-work-"
    test "$(cat "$kept"/firewall-work-*)" = "$text" && rm -r "$kept"
    ok "it is kept"
    fw 0 work ls --json
    err_empty
    json_is '[r["rule"] for r in data] == ["action=drop"]'
done
fw 2 work ls --drop

# So is what is changed: named by a reset, and there after the others.
cp "$file" "$work/before"
fw 0 work add accept
out_has '^work: rule 1 added; it has no effect: rule 0 before it matches everything$'
cmp -s "$work/before" "$kept"/firewall-work-*-001.xml
ok "the rules of before are kept"
fw 0 -y work reset
out_has "^work: rules reset: everything is accepted; the former file is kept as '$kept/firewall-work-.*-002.xml'$"
run 0 --root "$work/sys" --offline xml log
out_lacks 'firewall'

# A typed line of the same words.
rm "$file"
printf 'fw work add drop dsthost=10.0.0.1\nquit\n' |
    "$qmc" --root "$work/sys" --offline --plain >"$work/out" 2>"$work/err"
ok "the line mode takes it"
grep -q '10.0.0.1/32' "$file"
ok "and does it"

test "$before" = "$(cksum "$store")"
ok "the store is as it was"

finish
