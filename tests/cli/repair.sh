#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each mistake a store may have is found, and each command that is shown for it,
# typed as it is shown, mends it and keeps the broken store among the copies.
. "$top_srcdir/tests/cli/tap.sh"

bad=$work/bad.xml
store=$work/m/var/lib/qubes/qubes.xml
tab=$(printf '\t')

breaks() { # SED: the store with a mistake in it
    sed "$1" "$here/small.xml" >"$bad"
    ! cmp -s "$bad" "$here/small.xml"
    ok "broken by $(echo "$1" | tr '\n' ' ')"
}

check() { # as it is printed to programs: qube, severity, message, repair
    "$qmc" --root "$work/m" --offline xml check >"$work/out" 2>"$work/err" </dev/null
}

fresh() {
    rm -rf "$work/m"
    make_root m "$bad"
    make_images m
}

typed() { # COMMAND: in the broken system
    (
        qmc() {
            "$qmc" --root "$work/m" --offline "$@"
        }
        eval "$1"
    ) >"$work/out" 2>"$work/err" </dev/null
    ok "$1"
}

# The commands of a finding, a line each.
commands() { # PATTERN VALUE
    grep -e "$1" "$work/out" | head -n 1 | cut -f4 | sed 's/, or: /\n/g' |
        grep '^qmc ' | sed "s/ (.*//; s/VALUE/$2/; s/NEW/$2/"
}

kept() {
    for copy in "$work"/m/var/lib/qubes/backup/qmc/*.xml; do
        if cmp -s "$copy" "$bad"; then
            return 0
        fi
    done
    return 1
}

mends() { # PATTERN VALUE [STATUS]: of the finding; what VALUE and NEW are to be
    fresh
    check
    grep -qe "$1" "$work/out"
    ok "found: $1"
    commands "$1" "${2-}" >"$work/commands"
    test -s "$work/commands"
    ok "there is a command for it"
    while read -r command <&3; do
        fresh
        typed "$command"
        kept
        ok "the broken store is kept"
        check
        status=$?
        ! grep -qe "$1" "$work/out" && test "$status" -le "${3-11}"
        ok "mended: $1"
    done 3<"$work/commands"
}

work_only() { # SED: of that qube
    echo "/id=\"domain-3\"/,/<\\/domain>/{$1}"
}

# What stands behind a comment looks as if it counted.
breaks "$(work_only 's/"memory">400/"memory"><!-- x -->400/')"
mends "text after a comment is not read: property 'memory' of 'work' is ''" 500
breaks 's/"default_netvm">sys-net/"default_netvm">sys-<!-- x -->net/'
mends "text after a comment is not read: property 'default_netvm' of 'the system' is 'sys-'" \
    sys-net
breaks "$(work_only 's/"memory">400/"memory">400<!-- x -->/')"
fresh
check
out_lacks 'after a comment'

# Names.
breaks 's/>work</>so und so</'
mends "'so und so' cannot be the name" office
"$qmc" --root "$work/m" --offline prefs office memory >"$work/out"
out_has '^400$'
breaks 's/>work</>-x</'
mends "'-x' cannot be the name" office
breaks 's/>work</>..\/..\/etc</'
mends "cannot be the name" office
breaks 's/>work</>default</'
mends 'too long or reserved' office
breaks 's/>work</></'
mends 'has no name' office
breaks '/name="name">work</d'
mends 'has no name' office

# A name twice: the first is the one that is meant.
breaks 's/>work</>sys-net</'
mends "'sys-net' is used twice" office 13
fresh
mkdir -p "$work/m/var/lib/qubes/appvms/sys-net"
echo '<firewall version="2"><rules><rule><properties><property name="action">drop</property></properties></rule></rules></firewall>' \
    >"$work/m/var/lib/qubes/appvms/sys-net/firewall.xml"
: >"$work/m/var/lib/qubes/appvms/sys-net/private.img"
typed "qmc rename 'sys-net#3' office"
cmp -s "$work/m/var/lib/qubes/appvms/sys-net/firewall.xml" \
    "$work/m/var/lib/qubes/appvms/office/firewall.xml"
ok "it has the rules that were its own"
test -e "$work/m/var/lib/qubes/appvms/sys-net/private.img"
ok "nothing is taken from the other"
fresh
mkdir -p "$work/m/var/lib/qubes/appvms/sys-net"
typed "qmc rm 'sys-net#3' --confirm 'sys-net#3'"
out_has 'what it has on disk stays'
test -d "$work/m/var/lib/qubes/appvms/sys-net"
ok "nothing is taken from the other"
check
test $? -eq 12
ok "the store is clean, and what it had on disk has no qube"
out_lacks '^[^-]'

# An entry twice: the second can but go, and the images are those of the first.
breaks "$(work_only 'H;/<\/domain>/G')"
for what in 'is used twice' 'has the uuid of' 'has the qid of'; do
    mends "^work#3	.*$what"
done
for volume in private; do
    test -e "$work/m/var/lib/qubes/appvms/work/$volume.img"
    ok "the $volume image of the first stays"
done
cmp -s "$store" "$here/small.xml"
ok "the store is as if it had never been twice"

# Three of them: what is listed for one is right also when another was mended.
breaks "$(work_only 'H;/<\/domain>/{G;G}')"
sed -i "$(awk '/>3</ { n++; if (n > 1) printf "%ds/>3</>%d</\n", NR, n + 5 }
    /00003</ { if (n > 1) printf "%ds/00003</0000%d</\n", NR, n + 5 }' "$bad")" "$bad"
fresh
check
commands 'listed as .work#7' >"$work/commands"
commands 'listed as .work#8' >>"$work/commands"
grep -c 'qmc rm' "$work/commands" >"$work/out"
out_has '^2$'
grep 'qmc rm' "$work/commands" >"$work/both"
while read -r command <&3; do
    typed "$command"
done 3<"$work/both"
cmp -s "$store" "$here/small.xml"
ok "the first alone is left"
fresh
typed "qmc rm 11111111-2222-4333-8444-000000000008 --confirm 'work#8'"
"$qmc" --root "$work/m" --offline ls >"$work/out"
out_has '^work#7	'
out_lacks '^work#8	'

breaks 's/<domain id="domain-3" class="AppVM">/<domain id="domain-3" class="AdminVM">/'
mends "'dom0' is used twice" '' 12
breaks 's/>work</>dom0</'
mends "'dom0' is used twice" office
breaks '/id="domain-0"/,/<\/domain>/d'
mends "no 'dom0'"

# Numbers and UUIDs.
for qid in '>-3<' '>many<' '><' '>2<' '>0<' '>99999999999999999999<'; do
    breaks "s/>3</$qid/"
    mends "'work' has .*qid"
done
breaks '/name="qid">3</d'
mends "no valid qid"
for uuid in '>none<' '><' '>11111111-2222-4333-8444-000000000002<'; do
    breaks "$(work_only "s/name=\"uuid\">[^<]*</name=\"uuid\"$uuid/")"
    mends "'work' has .*uuid"
done
breaks "$(work_only '/name="uuid"/d')"
mends "'work' has no valid uuid"

# Classes.
breaks 's/<domain id="domain-3" class="AppVM">/<domain id="domain-3" class="MagicVM">/'
mends "unknown class 'MagicVM'" '' 12
breaks 's/<domain id="domain-3" class="AppVM">/<domain id="domain-3">/'
mends "unknown class ''" '' 12

# Properties.
more() { # LINE: in the properties of work
    echo "s/^\\( *\\)<property name=\"memory\">400.*/&\\n\\1$1/"
}
breaks "$(more '<property name="future">1<\/property>')"
mends "the property 'future'"
breaks "$(more "<property name=\"a b'c\">1<\\/property>")"
mends "which is not one of class"
breaks "$(more '<property name="xid">7<\/property>')"
mends "xid"
breaks "$(more '<property name="memory">500<\/property>')"
mends "property 'memory' twice"
breaks "$(more '<property name="memory">lots<\/property>')"
mends "property 'memory' twice" 500
mends "'lots' is no value" 500
breaks "$(more '<property name="future">1<\/property><property name="future">2<\/property>')"
mends "property 'future' twice"
breaks "$(more '<property name="qid">4<\/property>')"
mends "property 'qid' twice"
breaks "$(more '<property name="uuid">11111111-2222-4333-8444-000000000009<\/property>')"
mends "property 'uuid' twice"
breaks "$(more '<property name="name">play<\/property>')"
mends "property 'name' twice" office
breaks "$(more '<property name="kernelopts">None<\/property>')"
mends "is the word None" quiet
breaks "$(more '<property name="hvm">True<\/property>')"
mends "counts as 'virt_mode'"
breaks "$(more '<property name="netvm">work<\/property>')"
mends "'work' is no value for 'netvm'" sys-net
breaks "$(work_only '/name="label"/d')"
mends "'work' has no label" red
breaks "$(work_only 's/>blue</>pink</')"
mends "'pink' is no value" red
breaks "$(work_only '/name="template"/d')"
mends "'work' has no template" debian-13
breaks "$(work_only 's/name="template">debian-13/name="template">nowhere/')"
mends "'nowhere' is no value" debian-13

# What Qubes 4.4 would take for none.
for property in default_dispvm management_dispvm; do
    breaks "$(more "<property name=\"$property\">sys-net<\/property>")"
    mends "'$property' of 'work' is 'sys-net', which no disposable" "''"
    out_lacks "$property"
    breaks "$(more "<property name=\"$property\">debian-13<\/property>")"
    mends "'$property' of 'work' is 'debian-13', which no disposable" "''"
done

# Of the system.
all() { # LINE
    echo "s/^\\( *\\)<property name=\"default_pool\">.*/&\\n\\1$1/"
}
breaks "$(all '<property name="future">1<\/property>')"
mends "property 'future' is not known"
breaks "$(all '<property name="stats_interval">often<\/property>')"
mends "'often' is no value" 5
breaks "$(all '<property name="default_netvm">sys-net<\/property>')"
mends "property 'default_netvm' is given twice"
breaks 's/name="default_netvm">sys-net/name="default_netvm">nowhere/'
mends "'nowhere' is no value for 'default_netvm'" sys-net
breaks 's/name="default_kernel">[^<]*/name="default_kernel">None/'
mends "'default_kernel' is the word None" "''"
for property in default_dispvm management_dispvm; do
    breaks "$(all "<property name=\"$property\">sys-net<\/property>")"
    mends "'$property' is 'sys-net', which no disposable" "''"
done
breaks 's/name="default_pool">varlibqubes/name="default_pool">nowhere/'
mends "'nowhere' is no value for 'default_pool'" varlibqubes

# Features and tags.
breaks 's/<feature name="gui">.*/&<feature name="gui">2<\/feature>/'
mends "feature 'gui' twice"
for value in 'Gr\xc3\xbc\xc3\x9fe' 'a\tb'; do
    breaks "s/<feature name=\"gui\">.*/&<feature name=\"menu-items\">$value<\/feature>/"
    fresh
    check
    test $? -eq 11
    ok "a text that tools of Qubes write is a remark"
    out_has "the feature 'menu-items' of '.*' has a text that cannot be typed here.nothing is wrong"
done
for feature in 'net.fake-ip">odd' 'vm-config.1">1' 'service.a b">1' 'a b">1' \
    'preload-dispvm-max">many' 'custom-persist.x">odd'; do
    breaks "s/<feature name=\"gui\">.*/&<feature name=\"$feature<\/feature>/"
    mends 'which could not be set'
done
breaks 's/created-by-dom0/not a tag/'
mends "the tag 'not a tag'"
breaks 's/created-by-dom0/-x y/'
mends "the tag '-x y'"

# Nets that come round to where they began.
breaks '/id="domain-2"/,/<\/domain>/{/name="netvm"/d}'
mends "the netvms of 'sys-net' lead back"

# What no command mends names the thing, says how to go back, and hides no other.
by_hand() { # SED PATTERN ELEMENT
    breaks "$1"
    fresh
    run 0 --root "$work/m" --offline ls
    test "$(wc -l <"$work/out")" -ge 4
    ok "all are listed"
    check
    test $? -gt 10
    ok "something is wrong"
    grep -e "$2" "$work/out" | head -n 1 | cut -f4 >"$work/hint"
    grep -qF -e "$3" "$work/hint" && grep -q 'qubes[.]xml with an editor' "$work/hint"
    ok "by hand: $2"
}
by_hand 's/<qubes>/<qubes xmlns="http:\/\/example.org">/' 'is in a namespace' "'xmlns'"
by_hand 's/<label id="label-4".*/<label id="label-1" color="0x00ff00">red<\/label>/' \
    "label-1 is there twice: the last one counts" 'first <label id="label-1">'
by_hand 's/<label id="label-4".*/<label id="label-4" color="0x00ff00">red<\/label>/' \
    "label-4 is called 'red' like label-1" '<label id="label-4">'
by_hand 's/0x3465a4/blue/' "the label 'blue' has no colour: 'blue' is none" \
    '<label id="label-5"> in <labels>'
by_hand 's/color="0x3465a4"//' "the label 'blue' has no colour: '' is none" \
    '<label id="label-5"> in <labels>'
run 0 --root "$work/m" label ls
out_has '^blue.5.-.1$'
by_hand 's/<pool name="linux-kernel".*/&\n&/' \
    "pool 'linux-kernel' is there twice: the last one counts" \
    'first <pool name="linux-kernel"> out of <pools>'
by_hand '/<pool name="varlib/d' "'work:private' .*no such pool as 'varlibqubes'" \
    '<pool name="varlibqubes">'
by_hand 's/driver="file-reflink"/driver="btrfs"/' "pool 'varlibqubes': .*'btrfs'" \
    '<pool name="varlibqubes">'
by_hand 's/^ *<volume name="private" .*appvms\/work.*/&\n&/' "volume 'private' twice" \
    "first <volume name=\"private\"> of 'work'"
by_hand 's/appvms\/work\/private/appvms\/sys-net\/private/' 'has the same image' \
    '<volume name="private"> of'
by_hand "$(work_only 's/rw="True"/rw="yes"/')" 'neither True nor False' \
    "<volume name=\"root\"> of 'work'"
by_hand "$(work_only 's/size="1048576"/size="1e9"/')" 'is no number' \
    "<volume name=\"private\"> of 'work'"
by_hand "$(work_only 's/source="[^"]*"/source="gone"/')" 'is a snapshot of' \
    "<volume name=\"root\"> of 'work'"
by_hand 's/appvms\/work\/private/..\/..\/etc\/passwd/' 'is no volume id' \
    "<volume name=\"private\"> of 'work'"
device() { # ATTRIBUTES
    echo "s/<tags\/>/&<devices class=\"pci\"><device $1\/><\/devices>/"
}
by_hand "$(device 'backend-domain="gone" id="00_14.0"')" "no qube 'gone'" \
    '<device backend-domain="gone" id="00_14.0"> of'
by_hand "$(device 'backend-domain="dom0" id="00_14.0" mode="manual"')" "mode is 'manual'" \
    'qubesd does not load the store with it: mend <device backend-domain="dom0" id="00_14.0"> of'
by_hand "$(device 'backend-domain="dom0" mode="odd"')" "mode is 'odd'" \
    '<device backend-domain="dom0"> of'
by_hand "$(device 'id="" mode="required"')" 'at no port of PCI' 'mend <device id=""> of'
by_hand "$(device 'backend-domain="dom0" id="xx"')" 'at no port of PCI' \
    '<device backend-domain="dom0" id="xx"> of'
by_hand "$(device 'backend-domain="dom0" id="00_14.0"\/><device backend-domain="dom0" id="00_14.0"')" \
    'is assigned twice' 'second <device backend-domain="dom0" id="00_14.0"> of'

# Two that say they are the same one: the qid tells them apart.
breaks 's/id="domain-3"/id="domain-2"/'
fresh
check
test $? -eq 11
ok "an id that is not the qid is a remark"
typed "qmc prefs work memory 500"
check
test $? -eq 10
ok "it is right after a change"

# Going round in circles.
breaks '/id="domain-1"/,/<\/domain>/{s/class="TemplateVM"/class="AppVM"/
s/name="netvm"><\/property>/&<property name="template">work<\/property>/}
s/name="template">debian-13/name="template">debian-13/'
fresh
check
out_has "^debian-13.stop.'work' is no value for 'template'"
run 0 --root "$work/m" --offline ls
breaks "/id=\"domain-2\"/,/<\/domain>/s/name=\"netvm\"></name=\"netvm\">work</
$(more '<property name="provides_network">True<\/property>')
$(work_only 's/<property name="vcpus"/<property name="netvm">sys-net<\/property>&/')"
mends 'chain of netvms would come back' "''"

# Of many at once each is mended by each of its commands, and none makes a grave one.
count() { # QUBE, SEVERITY and MESSAGE, or a part of them
    cut -f1-3 "$work/out" | grep -cF -e "$1"
}
complete() { # COMMAND: with what it leaves open
    printf '%s\n' "$1" |
        sed 's/ template VALUE/ template debian-13/; s/ label VALUE/ label red/
             s/sys-net netvm VALUE/sys-net netvm ""/; s/netvm VALUE/netvm sys-net/
             s/default_pool VALUE/default_pool varlibqubes/
             s/ VALUE/ 2/; s/ NEW/ office/'
}
each_mends() {
    fresh
    check
    cp "$work/out" "$work/found"
    grave=$(count "${tab}stop${tab}")
    while IFS= read -r finding <&4; do
        what=$(printf '%s\n' "$finding" | cut -f1-3)
        printf '%s\n' "$finding" | cut -f4 | sed 's/, or: /\n/g; s/ (.*//' | grep '^qmc ' |
            grep -v '^qmc xml log' >"$work/commands"
        before=$(grep -cF -e "$what" "$work/found")
        while read -r command <&3; do
            fresh
            typed "$(complete "$command")"
            check
            test "$(count "$what")" -lt "$before" &&
                test "$(count "${tab}stop${tab}")" -le "$grave"
            ok "mended: $what"
        done 3<"$work/commands"
    done 4<"$work/found"
}
cp "$here/hostile.xml" "$bad"
each_mends
breaks 's/name="default_netvm">sys-net/name="default_netvm">nowhere/
s/name="default_pool">varlibqubes/name="default_pool">nowhere/
s/>blue</>pink</; s/created-by-dom0/not a tag/; s/name="template">debian-13/name="template">gone/
s/<feature name="gui">.*/&<feature name="gui">2<\/feature><feature name="net.fake-ip">x<\/feature>/
s/name="memory">400/name="memory">lots/; s/name="uuid">[^<]*3</name="uuid">none</
s/^\( *\)<property name="vcpus".*/&\n\1<property name="netvm">work<\/property>/'
each_mends
test "$(count "")" -gt 5
ok "there were many"

# Without labels they are made first.
breaks '/<label /d'
fresh
check
out_has "the store has no labels.qmc label add red 0xcc0000"
for command in 'qmc label add red 0xcc0000' 'qmc prefs dom0 label red' \
    'qmc prefs debian-13 label red' 'qmc prefs sys-net label red' 'qmc prefs work label red'; do
    typed "$command"
done
check
test $? -eq 10
ok "all have a label again"

# What is on disk is looked at too.
cp "$here/small.xml" "$bad"
fresh
check
test $? -eq 10
ok "nothing is wrong"
out_empty
base=$work/m/var/lib/qubes

rm "$base/appvms/work/private.img"
check
test $? -eq 13
ok "a missing image is grave"
out_has "^work.stop.the images of 'work' are missing, of private: .*private.img.*qmc rm work"
typed "qmc rm work --confirm work"
check
test $? -eq 10
ok "it is gone"

fresh
mv "$base/vm-kernels" "$base/away"
check
out_has "^-.warn.pool 'linux-kernel' is not there: no directory '$base/vm-kernels'"

# Left over.
fresh
mkdir "$base/appvms/ghost" "$base/appvms/.hidden" "$base/appvms/not a name"
echo data >"$base/appvms/ghost/private.img"
: >"$base/appvms/file"
check
test $? -eq 12
ok "what is left over is a warning"
out_has "^-.warn.'$base/appvms/ghost' was left by .*not in qubes.xml: 1 image"
test "$(wc -l <"$work/out")" -eq 1
ok "nothing else is taken for it"
commands ghost >"$work/commands"
at() { # STATUS ARGUMENT...
    wanted=$1
    shift
    run "$wanted" --root "$work/m" --offline "$@"
}
at 9 xml sweep "$base/appvms/ghost"
err_has 'what is in it is lost: 1 image'
at 9 xml sweep "$base/appvms/ghost" --yes
at 9 xml sweep "$base/appvms/ghost" --confirm work
at 0 xml sweep "$base/appvms/ghost" --dry-run
at 3 xml sweep "$base/appvms/work" --confirm work
err_has 'no directory that was left over'
at 3 xml sweep "$base/appvms/../appvms/ghost" --confirm ghost
at 3 xml sweep "$base" --confirm qubes
test -e "$base/appvms/ghost/private.img" -a -e "$base/appvms/work/private.img"
ok "nothing is deleted without being confirmed"
typed "$(cat "$work/commands")"
test ! -e "$base/appvms/ghost"
ok "it is deleted"
check
test $? -eq 10
ok "nothing is wrong any more"

# While something may be somebody's nothing is deleted.
breaks "$(work_only '/name="name"/d')"
fresh
mkdir "$base/appvms/ghost"
check
out_has "^-.warn.'$base/appvms/ghost' may belong to a qube of the store, .*unnamed.*mend"
out_lacks 'xml sweep'
at 4 xml sweep "$base/appvms/ghost" --confirm ghost
err_has 'may belong to a qube of the store'
at 3 xml sweep "$base/appvms/work" --confirm work
at 4 rename unnamed ghost
err_has "appvms/ghost' is there already"
at 0 rename unnamed work
test -e "$base/appvms/work/private.img"
ok "an entry without a name takes the directory that its images are in"
check
out_has "^-.warn.'$base/appvms/ghost' was left by "
at 0 xml sweep "$base/appvms/ghost/" --confirm ghost
check
test $? -eq 10
ok "with the name back it can be deleted, and nothing is wrong"

# A qube that has the images of another directory keeps them.
breaks "$(work_only 's/appvms\/work/appvms\/old/')"
fresh
check
test $? -eq 10
ok "a directory that volumes are in is not left over"

# Rules.
cp "$here/small.xml" "$bad"
rules() { # the file
    fresh
    mkdir -p "$base/appvms/work"
    cat >"$base/appvms/work/firewall.xml"
}
rules <<'XML'
<firewall version="2"><rules>
XML
check
test $? -eq 12
ok "broken rules are a warning"
out_has "^work.warn.the firewall rules of 'work' cannot be read, so nothing passes: .*qmc fw work reset"
commands 'firewall rules' >"$work/commands"
typed "$(cat "$work/commands")"
check
test $? -eq 10
ok "they are mended"

rule() { # ACTION
    echo "<rule><properties><property name=\"action\">$1</property></properties></rule>"
}
rules <<XML
<firewall version="2"><rules>
$(rule accept)
$(rule perhaps)
<odd/>
$(rule drop)
</rules></firewall>
XML
check
out_has "^work.warn.rule 1 of the firewall of 'work' cannot be read"
out_has "^work.warn.rule 2 of the firewall of 'work' cannot be read"
typed "$(commands 'rule 1 ' | head -n 1)"
check
out_lacks 'rule 2 '
typed "$(commands 'rule 1 ' | head -n 1)"
check
test $? -eq 10
ok "they are mended one by one"
at 0 fw work ls --json
json_is '[r["action"] for r in data] == ["accept", "drop"]'

# The same for programs.
rules <<'XML'
<firewall/>
XML
mkdir "$base/vm-templates/ghost"
rm "$base/vm-templates/debian-13/root.img"
at 13 xml check --json
json_valid
json_is '[d["qube"] for d in data] == ["debian-13", "work", None]'
json_is 'all(sorted(d) == ["hint", "message", "qube", "severity"] for d in data)'
json_is 'data[2]["message"].endswith("not in qubes.xml: nothing")'

finish
