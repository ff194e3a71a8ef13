#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The content of volumes: in, out and back, in the demo.
. "$top_srcdir/tests/cli/tap.sh"

demo=$work/demo
private=$demo/var/lib/qubes/appvms/work/private.img

vol() { # STATUS ARGUMENT...
    wanted=$1
    shift
    run "$wanted" --demo --root "$demo" vol "$@"
}

piped() { # STATUS FILE ARGUMENT...
    wanted=$1
    from=$2
    shift 2
    status=0
    cat "$from" | "$qmc" --demo --root "$demo" vol "$@" >"$work/out" 2>"$work/err" ||
        status=$?
    test "$status" -eq "$wanted"
    ok "qmc vol $*, from a pipe: $status, expected $wanted"
}

head -c 1048576 /dev/urandom >"$work/image"
head -c 1048575 "$work/image" >"$work/short"
(cat "$work/image" && echo) >"$work/long"
truncate -s 2M "$work/image2"
printf 'second' | dd of="$work/image2" conv=notrunc status=none

# In.
cp "$work/image" "$work/large"
truncate -s 300M "$work/large"
vol 0 import work:private "$work/large" --yes
vol 9 import work:private "$work/image" --yes
err_has 'its size goes from 300.0 MiB to 1.0 MiB'
vol 0 -n import work:private "$work/image"
out_has 'its size goes from 300.0 MiB to 1.0 MiB'
vol 2 import work:private /dev/zero --yes
err_has "'/dev/zero' goes on behind"
vol 2 import work:private /dev/null --yes
err_has "'/dev/null' ends after 0"
: >"$work/empty"
vol 2 import work:private "$work/empty" --confirm work
err_has "'$work/empty' is empty"
vol 0 import work:private "$work/image" --confirm work
vol 9 import work:private "$work/image"
err_has 'its present content becomes a revision'
vol 0 import work:private "$work/image" --yes
out_has "^work: private has the content of '$work/image' now\$"
cmp "$work/image" "$private"
ok "it has"
vol 0 ls work
out_has '^work	private	varlibqubes	1048576	'
vol 0 import work:private "$work/image2" --yes
cmp "$work/image2" "$private"
ok "also of another size"
grep -q 'name="private"[^>]*size="2097152"' "$demo/var/lib/qubes/qubes.xml"
ok "which the store has"
vol 3 import work:private "$work/none" --yes
err_has "cannot open '$work/none'"
vol 2 import work:private "$work/image" --size 1 --yes
err_has "has 1048576 bytes, not 1"
vol 3 import work:nothing "$work/image" --yes
err_has "has no volume 'nothing'"
vol 4 import work:volatile "$work/image" --confirm work
vol 4 import work:volatile "$work/image"
err_has "begins anew at each start"
vol 2 import work "$work/image" --yes
err_has "does not name a volume"
cmp "$work/image2" "$private"
ok "nothing of that changed anything"
piped 2 "$work/long" import work:private --confirm work --size 1M
err_has "'standard input' goes on behind 1048576 bytes"
piped 2 "$work/short" import work:private --confirm work --size 1M
err_has "'standard input' ends after 1048575 of 1048576 bytes"
cmp "$work/image2" "$private"
ok "nor what does not have the size"
piped 9 "$work/image" import work:private - --yes --size 1M
piped 0 "$work/image" import work:private - --confirm work --size 1M
cmp "$work/image" "$private"
ok "what has is there"

# Back.
vol 9 revert work:private
err_has 'becomes a revision'
vol 0 revert work:private --yes
cmp "$work/image2" "$private"
ok "as it was before"
grep -q 'name="private"[^>]*size="2097152"' "$demo/var/lib/qubes/qubes.xml"
ok "with its size"
vol 0 revert work:private --yes
cmp "$work/image" "$private"
ok "and back again"
vol 3 revert work:private 77@2026-01-02T03:04:05Z --yes
err_has "no revision '77@2026-01-02T03:04:05Z'"
err_has '^hint: it has '
vol 4 revert work:root --yes
err_has "begins anew at each start"
vol 3 -n revert work:private bogus
vol 3 -n pin work:private bogus
vol 0 -n revert work:private
out_has 'keep what work:private has now as a revision'

# What there is.
vol 0 info work:private
out_has '^revisions	1$'
out_has '^in_use	no$'
out_has '^kept	[0-9]*@2[0-9T:-]*Z	2[0-9T:-]*	[0-9]*	no$'
vol 0 info work:private --json
json_valid
json_is 'len(data[0]["kept"]) == 1 and data[0]["size"] == 1048576'
vol 3 info work:nothing
vol 3 info nothing:private
vol 2 info work

vol 0 info work:private
revision=$(sed -n 's/^kept	\([^	]*\).*/\1/p' "$work/out")
vol 0 pin work:private "$revision"
out_has "^work: revision $revision of private pinned\$"
vol 0 info work:private
out_has "^kept	$revision.*	yes\$"
vol 0 import work:private "$work/image2" --yes
vol 0 info work:private
test "$(grep -c '@.*Z' "$work/out")" -eq 2
ok "it stays beside the one that is kept"
vol 0 pin work:private "$revision" --undo
vol 0 info work:private
out_lacks '^kept.*	yes$'
vol 0 revert work:private --yes
vol 3 pin work:private 9
vol 2 pin work:private

# Out.
vol 0 export work:private "$work/copy"
cmp "$work/image" "$work/copy"
ok "the file has what the volume has"
vol 4 export work:private "$work/copy"
err_has 'is there already'
vol 3 export work:private "$work/no/copy"
vol 0 export work:private
cmp "$work/image" "$work/out"
ok "so has the standard output, and nothing else"

# How it is kept.
vol 0 set work:private revisions_to_keep 3
out_has '^work: revisions_to_keep of private is 3$'
vol 0 info work:private
out_has '^revisions_to_keep	3$'
vol 0 set work:private revisions_to_keep -1
vol 0 info work:private
out_has '^revisions_to_keep	-1$'
vol 9 import work:private "$work/image2" --yes
err_has 'its present content is lost at the next stop'
vol 0 set work:private revisions_to_keep 1
vol 2 set work:private revisions_to_keep many
err_has "'revisions_to_keep' cannot be 'many'"
vol 2 set work:private keep 3
err_has "a volume has no setting 'keep'"
vol 2 set work:private ephemeral True
err_has 'neither saved nor a snapshot'
vol 0 set work:volatile ephemeral True
vol 0 info work:volatile
out_has '^ephemeral	yes$'
vol 0 set work:volatile ephemeral default
vol 2 set work:kernel rw True
vol 0 set work:private rw False
vol 4 resize work:private 4M
err_has 'read-only'
vol 0 set work:private rw True
grep -q '<volume[^>]*name="private"[^>]*rw="True"' "$demo/var/lib/qubes/qubes.xml"
ok "the store has it back"

# The store cannot be written: all is as it was.
unsaved() { # ARGUMENT...: with a directory where the save wants to make a file
    before=$(md5sum <"$private")
    mv "$demo/var/lib/qubes/backup/qmc" "$work/kept"
    : >"$demo/var/lib/qubes/backup/qmc"
    status=0
    "$qmc" --demo --root "$demo" vol "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    rm "$demo/var/lib/qubes/backup/qmc"
    mv "$work/kept" "$demo/var/lib/qubes/backup/qmc"
    test "$status" -ne 0 && test "$before" = "$(md5sum <"$private")"
    ok "vol $*: nothing changed by what cannot be saved"
}
for keep in -1 0 1 3; do
    vol 0 set work:private revisions_to_keep $keep
    unsaved import work:private "$work/image2" --confirm work
done
vol 0 import work:private "$work/image2" --confirm work
vol 0 set work:private revisions_to_keep 0
unsaved revert work:private --yes
vol 0 set work:private revisions_to_keep 1

# The qube runs, or may: what it had before is read, and nothing is replaced.
vol 0 import work:private "$work/image2" --yes
vol 0 import work:private "$work/image" --confirm work
dirty=${private%.img}-dirty.img
cp "$private" "$dirty"
printf 'running' | dd of="$dirty" conv=notrunc status=none
offline() { # STATUS ARGUMENT...
    wanted=$1
    shift
    run "$wanted" --offline --root "$demo" vol "$@"
}
offline 0 export work:private -
cmp "$work/image" "$work/out"
ok "the state before the start"
offline 4 import work:private "$work/image2" --yes
offline 4 revert work:private --yes
offline 4 set work:private revisions_to_keep -1
err_has "cannot set up a volume of 'work' offline: it may be running"
offline 4 set work:private rw False
rm "$dirty"
offline 0 revert work:private --yes
cmp "$work/image2" "$private"
ok "with nothing in use it may be"

# To clear leaves zeros, as many as there were, and what there was as a revision.
vol 9 clear work:private
err_has 'its present content becomes a revision'
vol 0 -n clear work:private
cmp "$work/image2" "$private"
ok "nothing was cleared yet"
vol 0 clear work:private --yes
test "$(tr -d '\000' <"$private" | wc -c)" -eq 0
ok "there is nothing in it"
test "$(stat -c %s "$private")" -eq "$(stat -c %s "$work/image2")"
ok "as large as it was"
vol 0 revert work:private --yes
cmp "$work/image2" "$private"
ok "and back"
vol 4 clear work:root --yes
vol 0 set work:private revisions_to_keep 0
vol 9 clear work:private --yes
err_has 'lost at the next stop'
vol 0 clear work:private --confirm work

# Nothing is changed by an export.
run 0 --demo --root "$demo" --readonly vol export work:private -
cmp "$private" "$work/out"
ok "it is what it was"
run 5 --demo --root "$demo" --readonly vol set work:private revisions_to_keep 2

# A named pipe is opened once: its writer comes when it likes.
mkfifo "$work/pipe"
cat "$work/image" >"$work/pipe" &
writer=$!
vol 0 import work:private "$work/pipe" --size 1M --confirm work
wait $writer
ok "the writer got rid of all"
cmp "$work/image" "$private"
ok "and it is there"

# What is changed in place is held still for who reads it, against other programs too.
run 0 --demo --root "$demo" pool add files file dir_path=/srv/files
run 0 --demo --root "$demo" create fq --class AppVM --label red --pool files
head -c 1048576 /dev/urandom >"$work/noise"
vol 0 import fq:private "$work/noise" --confirm fq
"$qmc" --root "$demo" --offline vol export fq:private - >"$work/pipe" 2>"$work/err" &
reader=$!
exec 3<"$work/pipe"
head -c 1 <&3 >"$work/first"
offline 4 resize fq:private 512K --shrink --confirm fq
err_has 'export'
offline 4 import fq:private "$work/image" --confirm fq
cat "$work/first" - <&3 >"$work/read"
exec 3<&-
wait $reader
ok "the export ends well"
cmp "$work/noise" "$work/read"
ok "and has read one state"

finish
