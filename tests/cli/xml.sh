#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The store as a file: check, log, diff, restore; also where it does not read.
. "$top_srcdir/tests/cli/tap.sh"

store=$work/sys/var/lib/qubes/qubes.xml
boot=$work/sys/var/lib/qubes/backup
history=$boot/qmc
old=qubes-2026-01-02-03:04:05.xml
new=qubes-2026-03-04-05:06:07.xml
tab=$(printf '\t')

# The URI leads nowhere: no verb here may need it.
xml() { # STATUS ARGUMENT...
    status_wanted=$1
    shift
    run "$status_wanted" --root "$work/sys" --connect test:///nowhere xml "$@"
}

untouched() { # CKSUM
    test "$(cksum <"$store")" = "$1"
    ok "the store is as it was"
}

make_root sys "$here/small.xml"
make_images sys

# check
xml 10 check
out_empty
err_empty
xml 10 check --json
json_valid
json_is 'data == []'
sed 's/name="template">debian-13</name="template">nowhere</' "$here/small.xml" \
    >"$work/bad.xml"
xml 13 check "$work/bad.xml" --json
json_is '[d["qube"] for d in data] == ["sys-net", "work"] and data[0]["severity"] == "stop"'
json_is 'sorted(data[0]) == ["hint", "message", "qube", "severity"]'
xml 13 check "$work/bad.xml"
out_has "^work${tab}stop${tab}"
head -c 900 "$here/small.xml" >"$work/cut.xml"
xml 13 check "$work/cut.xml"
out_has "^-${tab}stop${tab}.*line [0-9]"
xml 3 check "$work/none.xml"
err_has "no copy and no file '$work/none.xml'"
err_has "^hint: 'qmc xml log'"
xml 2 check a b

# log
xml 0 log
out_empty
xml 3 diff
err_has 'no copy'
mkdir -p "$boot"
cp "$here/small.xml" "$boot/$old"
cp "$work/cut.xml" "$boot/$new"
echo 'not of the store' >"$boot/notes.txt"
xml 0 log
test "$(cut -f1,2 "$work/out" | tr '\t\n' '  ')" = \
    "$old clean $new unreadable "
ok "the newest is not the first"
xml 0 log --json
json_valid
json_is 'data[0]["qubes"] == 3 and data[0]["findings"] == 0 and data[0]["more"] == []'
json_is 'data[0]["source"] == "boot" and data[0]["trouble"] is None'
json_is 'data[1]["qubes"] is None and "line" in data[1]["trouble"]'
sed '/id="domain-3"/,/<\/domain>/d' "$here/small.xml" >"$store"
xml 0 log --json
json_is 'data[0]["more"] == ["work"] and data[0]["missing"] == []'

# diff
xml 0 diff "$old" --json
json_valid
json_is 'any(c["qube"] == "work" and c["change"] == "removed" and c["kind"] == "qube"
             for c in data)'
xml 0 diff "$store" "$old"
out_has "^work${tab}added${tab}qube${tab}work${tab}-${tab}AppVM"
sed 's/name="template">debian-13</name="template">sys-net</' "$here/small.xml" \
    >"$work/other.xml"
xml 0 diff "$here/small.xml" "$work/other.xml"
out_has "^work${tab}changed${tab}property${tab}template${tab}debian-13${tab}sys-net\$"
xml 0 diff "$old" "$here/small.xml"
out_empty
xml 1 diff "$new"
err_has 'line [0-9]'
xml 3 diff nothing.xml

# restore: consent, what is lost, what is kept
sum=$(cksum <"$store")
xml 2 restore
xml 3 restore nothing.xml --confirm nothing.xml
xml 9 restore "$old"
err_has "'restore' of '$old' was not confirmed: the store gets 'work';"
err_has "^hint: add --yes"
xml 9 restore "$old" --confirm work
xml 0 restore "$old" --dry-run
out_has "^system${tab}restore${tab}put '$old' in the place of the store"
out_has "${tab}the store gets 'work'\$"
out_lacks 'loses'
xml 1 restore "$new" --confirm "$new"
err_has 'line [0-9]'
xml 5 restore "$old" --confirm "$old" --readonly
untouched "$sum"
test ! -e "$history"
ok "nothing was kept"
xml 0 restore "$old" --yes
out_has "^system: the store is as in '$old'; the former one is 'qubes-.*Z-001.xml'"
cmp -s "$store" "$here/small.xml"
ok "the store is the copy"
test "$(cksum <"$history/$(ls "$history")")" = "$sum"
ok "the former store was kept"
cp "$store" "$work/same.xml"
xml 0 restore "$work/same.xml" --yes
out_has "^system: the store is as in 'same.xml' already: nothing was changed$"
test "$(ls "$history" | wc -l)" -eq 1
ok "no copy is made of what stays"
xml 0 diff
out_has "^work${tab}added${tab}qube"
err_has "Z-001.xml' to the store"

# A clock that is ahead, or was, makes no copy newer.
ahead=qubes-20990101T000000Z-001.xml
mv "$history"/qubes-*Z-001.xml "$history/$ahead"
run 0 --root "$work/sys" --offline prefs work memory 911
xml 0 diff
err_has "Z-002.xml' to the store"
out_has 911
xml 0 log --json
json_is '[c["id"][-7:-4] for c in data if c["source"] == "qmc"] == ["002", "001"]'
xml 0 restore "$(basename "$history"/qubes-*Z-002.xml)" --yes
rm "$history"/qubes-*Z-00[23].xml
first=$(ls "$history")
xml 9 restore "$first" --yes
err_has "not confirmed: the store loses 'work';"
err_has "^hint: .*--confirm $first"
xml 0 restore "$first" --dry-run --json
json_valid
json_is '[d["step"] for d in data][1] == "the store loses \x27work\x27"'
xml 0 log --json
json_is '[c["missing"] for c in data if c["id"] == "'"$first"'"] == [["work"]]'

# A store that does not read, and one that is not there.
cp "$work/cut.xml" "$store"
run 1 --root "$work/sys" --offline ls
err_has "^hint: 'qmc xml log'"
xml 13 check
out_has "${tab}stop${tab}.*line [0-9]"
xml 0 log --json
json_is '[c["more"] for c in data if c["id"].startswith("qubes-2026-01")] == [
    ["debian-13", "sys-net", "work"]]'
xml 1 diff "$old"
xml 9 restore "$boot/$old"
err_has 'the present store cannot be read'
xml 0 restore "$boot/$old" --yes --json
json_valid
json_is 'data[0]["done"] is True and "the former one is \x27qubes-" in data[0]["result"]'
cmp -s "$store" "$here/small.xml" && test "$(ls "$history" | wc -l)" -eq 2
ok "the broken store was replaced and kept"
rm "$store"
xml 13 check
xml 0 restore "$old" --confirm "$old" -q
out_empty
cmp -s "$store" "$here/small.xml" && test "$(ls "$history" | wc -l)" -eq 2
ok "a store that was gone is back"

# Somebody else has it.
sum=$(cksum <"$store")
if command -v python3 >/dev/null 2>&1; then
    mkdir -p "$work/sys/run"
    mkfifo "$work/ready"
    python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(8)
print("ready", flush=True)
while True:
    c, _ = s.accept()
    c.recv(4096)
    c.sendall(b"0\0")
    c.close()' "$work/sys/run/qubesd.sock" >"$work/ready" &
    server=$!
    read -r answer <"$work/ready"
    test "$answer" = ready
    ok "something listens as qubesd does"
    xml 5 restore "$old" --confirm "$old"
    err_has 'qubesd'
    xml 10 check
    kill "$server"
    wait "$server" 2>/dev/null
    rm "$work/sys/run/qubesd.sock"
else
    skip "a qubesd refuses" "no python3"
fi
untouched "$sum"

# What else a restore does to qubes and images.
uuid=$(sed -n '/id="domain-3"/,/<\/domain>/s/.*name="uuid">\([^<]*\)<.*/\1/p' "$here/small.xml")
sed "s/name=\"name\">work</name=\"name\">wurk</; s,appvms/work/,appvms/wurk/,g" \
    "$here/small.xml" >"$work/was.xml"
xml 9 restore "$work/was.xml" --yes
err_has "images would be missing: of 'wurk' (.*/appvms/wurk/private)"
err_has "no qube would have '.*/appvms/work', now of 'work'"
err_has "; 'work' becomes 'wurk' again;"
sed "s/name=\"name\">work</name=\"name\">wurk</" "$here/small.xml" >"$work/named.xml"
xml 9 restore "$work/named.xml"
err_has "not confirmed: 'work' becomes 'wurk' again; the present store"
err_has '^hint: add --yes'
sed "s/$uuid/371ecd7b-27cd-4130-8722-000000000000/" "$here/small.xml" >"$work/other.xml"
xml 9 restore "$work/other.xml" --yes
err_has "another qube takes the name of 'work'; .*'work' takes over '.*/appvms/work';"
xml 0 restore "$work/other.xml" --dry-run
out_has "${tab}another qube takes the name of 'work'"
sed 's/<qubes>/<qubes xmlns="urn:x">/' "$here/small.xml" >"$work/ns.xml"
xml 13 check "$work/ns.xml"
xml 9 restore "$work/ns.xml" --yes
err_has 'it is damaged: .*namespace'
untouched "$sum"
cp "$work/was.xml" "$boot/qubes-2026-02-02-03:04:05.xml"
xml 0 log --json
json_is '[c["id"] for c in data if c["state"] == "clean" and c["source"] == "boot"] == [
    "qubes-2026-01-02-03:04:05.xml", "qubes-2026-02-02-03:04:05.xml"]'
json_is '[(s["kind"], s["name"], s["of"]) for c in data for s in c["stake"]
          if c["id"].startswith("qubes-2026-02") and s["kind"] == "renamed"] == [
    ("renamed", "work", "wurk")]'
json_is '[c["absent"] for c in data if c["id"].startswith("qubes-2026-02")] == [["wurk"]]'

# Names are hostile too.
cp "$work/cut.xml" "$boot/$(printf 'qubes\033[31m.xml')"
xml 0 log
out_lacks "$(printf '\033')"

finish
