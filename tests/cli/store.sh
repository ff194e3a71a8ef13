#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Stores that cannot be read end with 1 and say why; those with mistakes are
# listed with findings. Neither is ever changed by reading.
. "$top_srcdir/tests/cli/tap.sh"

# What is there to be listed needs no second word.
make_root words "$here/small.xml"
run 0 --root "$work/words" --offline label ls
cp "$work/out" "$work/labels"
run 0 --root "$work/words" --offline label
out_is "$work/labels"
run 2 --root "$work/words" --offline xml
err_has "'xml' needs a second word"

# A store that is a link can be read; it is not written to where that leads.
mkdir -p "$work/linked/var/lib/qubes"
ln -s "$work/words/var/lib/qubes/qubes.xml" "$work/linked/var/lib/qubes/qubes.xml"
run 0 --root "$work/linked" --offline ls
run 4 --root "$work/linked" --offline prefs work memory 900
err_has "linked/var/lib/qubes/qubes.xml' is a symbolic link to '.*words/var/lib/qubes/qubes.xml'"
(eval "$(sed -n 's/^hint: put the file itself there: //p' "$work/err")")
ok "the next step can be taken"
run 0 --root "$work/linked" --offline prefs work memory 900
cmp -s "$work/words/var/lib/qubes/qubes.xml" "$here/small.xml"
ok "the other file is as it was"

unreadable() { # NAME PATTERN: of $work/NAME/var/lib/qubes/qubes.xml
    store=$work/$1/var/lib/qubes/qubes.xml
    before=$(cksum "$store" 2>/dev/null)
    for verb in ls 'show work' 'start work' 'vol ls' 'pool ls'; do
        # shellcheck disable=SC2086
        run 1 --root "$work/$1" --connect test:///default $verb
        err_has "$2"
        out_empty
    done
    err_has '^hint: '
    test "$before" = "$(cksum "$store" 2>/dev/null)"
    ok "$1: the store is as it was"
}

store_of() { # NAME
    mkdir -p "$work/$1/var/lib/qubes"
    echo "$work/$1/var/lib/qubes/qubes.xml"
}

mkdir "$work/missing"
unreadable missing "missing/var/lib/qubes/qubes.xml"

: >"$(store_of empty)"
unreadable empty "qubes.xml.* empty"

head -c 3000 "$here/small.xml" >"$(store_of truncated)"
unreadable truncated 'line [0-9]'

echo 'this is no store' >"$(store_of text)"
unreadable text 'line 1'

echo '<html/>' >"$(store_of html)"
unreadable html 'html'

cat >"$(store_of bomb)" <<'XML'
<!DOCTYPE qubes [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>
<qubes><labels><label id="label-1" color="0xcc0000">&d;</label></labels></qubes>
XML
unreadable bomb 'document type'

truncate -s 65M "$(store_of huge)"
unreadable huge '64'

mkdir -p "$work/dir/var/lib/qubes/qubes.xml"
run 1 --root "$work/dir" --offline ls
err_has 'qubes.xml'

if [ "$(id -u)" -ne 0 ]; then
    make_root closed "$here/small.xml"
    chmod 000 "$work/closed/var/lib/qubes/qubes.xml"
    run 1 --root "$work/closed" --offline ls
    err_has '[Pp]ermission denied'
else
    skip "a store without rights" "root reads everything"
fi

# Mistakes in one qube: the rest is there, and it is said what is wrong.
duplicate() { # NAME SED-SCRIPT
    sed "$2" "$here/small.xml" >"$(store_of "$1")"
    run 0 --root "$work/$1" --offline ls --json
    json_valid
    json_is 'sum(len(q["findings"]) for q in data) > 0'
    out_has '"sys-net"'
    out_has '"debian-13"'
}

duplicate twice-name 's/name="name">work</name="name">sys-net</'
duplicate twice-qid 's/name="qid">3</name="qid">2</'
duplicate twice-uuid 's/000000000003</000000000002</'
duplicate no-template 's/name="template">debian-13</name="template">nowhere</'
duplicate no-class 's/id="domain-3" class="AppVM"/id="domain-3" class="OddVM"/'
json_is '[q["class"] for q in data if q["name"] == "work"] == ["OddVM"]'

# What is wrong stands in the way of that qube alone.
run 4 --root "$work/no-class" --connect test:///default start work
err_has "'work'"
test "$(cksum <"$work/no-class/var/lib/qubes/qubes.xml")" = \
    "$(sed 's/id="domain-3" class="AppVM"/id="domain-3" class="OddVM"/' \
        "$here/small.xml" | cksum)"
ok "the store is as it was"

# Of a value given twice the last one counts, shown or not.
make_root twice "$here/small.xml"
sed -i '0,/<property name="name">work/s|<property name="name">work|<property name="netvm">gone</property><property name="netvm"></property>&|' \
    "$work/twice/var/lib/qubes/qubes.xml"
run 0 --root "$work/twice" --offline ls --json
json_is '[q["netvm"] for q in data if q["name"] == "work"] == [None]'

# Two volumes with one image: neither is used, nor is it cleaned up after one
# qube while the other may have it.
make_root shared "$here/small.xml"
sed -i 's|vid="appvms/work/private"|vid="appvms/sys-net/private"|' \
    "$work/shared/var/lib/qubes/qubes.xml"
image=$work/shared/var/lib/qubes/appvms/sys-net/private
mkdir -p "$(dirname "$image")"
truncate -s 1M "$image.img" "$image-dirty.img"
for qube in work sys-net; do
    run 4 --root "$work/shared" --connect test:///default start $qube
    err_has "^qmc: volume 'private' of '$qube' .* has the same image"
    run 4 --root "$work/shared" --connect test:///default \
        vol resize $qube:private 2M
    err_has 'same image'
done
run 0 --root "$work/shared" --connect test:///default vol resize work:volatile 2M
test -e "$image-dirty.img" && test -e "$image.img"
ok "the image that may be in use is left alone"

finish
