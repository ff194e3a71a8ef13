#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Pools: looked at, made, set up, taken out, in the demo.
. "$top_srcdir/tests/cli/tap.sh"

demo=$work/demo
base=$demo/var/lib/qubes
store=$base/qubes.xml

pool() { # STATUS ARGUMENT...
    wanted=$1
    shift
    run "$wanted" --demo --root "$demo" pool "$@"
}

store_has() { # PATTERN
    grep -q "$1" "$store"
    ok "the store has $1"
}

store_lacks() { # PATTERN
    ! grep -q "$1" "$store"
    ok "the store lacks $1"
}

there() { # PATH
    test -d "$demo$1"
    ok "$1 is there"
}

gone() { # PATH
    test ! -e "$demo$1"
    ok "$1 is not there"
}

# Looked at.
pool 0 info linux-kernel
out_has '^driver	linux-kernel$'
out_has '^size	-$'
out_has '^included_in	varlibqubes$'
out_has '^parameters	dir_path	/var/lib/qubes/vm-kernels$'
out_has '^defaults	default_pool_kernel$'
out_has '^health	ok$'
out_has '^volumes	work	kernel	'
pool 0 info varlibqubes --json
json_valid
json_is 'data[0]["defaults"] == ["default_pool"]'
json_is 'data[0]["size"] >= data[0]["usage"] > 0'
json_is 'data[0]["metadata_size"] is None and data[0]["included_in"] is None'
json_is '{"qube": "work", "name": "private"}.items() <= [v for v in
    data[0]["volumes"] if v["qube"] == "work"][1].items()'
pool 3 info varlibqube
err_has "there is no pool 'varlibqube'"
err_has "did you mean 'varlibqubes'?"

# Made.
cp "$store" "$work/before"
pool 2 add 'b g' file-reflink dir_path=/var/big
err_has "a pool cannot be called 'b g'"
pool 2 add -- -big file-reflink dir_path=/var/big
err_has "a pool cannot be called '-big'"
pool 4 add varlibqubes file-reflink dir_path=/var/big
err_has "there is a pool 'varlibqubes' already"
pool 3 add big reflink dir_path=/var/big
err_has "there is no storage driver 'reflink'"
err_has 'file-reflink, .*linux-kernel'
pool 2 add big file-reflink dirpath=/var/big
err_has "driver 'file-reflink' has no parameter 'dirpath'"
err_has "dir_path, revisions_to_keep"
pool 2 add big file-reflink revisions_to_keep=1
err_has "parameter 'dir_path' is missing"
pool 2 add big file-reflink dir_path=/a dir_path=/b
err_has "'dir_path' is given twice"
pool 2 add big file-reflink /var/big
err_has "'/var/big' is no parameter with its value"
pool 2 add big file-reflink dir_path=var/big
err_has 'not an absolute path'
pool 2 add big file-reflink dir_path=/var/big revisions_to_keep=-2
err_has 'revisions_to_keep'
pool 2 add big file-reflink dir_path=/var/big more
err_has "'more' is no parameter with its value"
pool 2 add big file-reflink
err_has "parameter 'dir_path' is missing"
ln -s qubes "$demo/var/lib/same"
pool 4 add big file-reflink dir_path=/var/lib/same setup_check=False
err_has "where pool 'varlibqubes' has its qubes"
pool 4 add big file-reflink dir_path=/var/lib/qubes/appvms/work setup_check=False
gone /var/lib/qubes/appvms/work/appvms
there /var/lib/qubes/appvms
pool 4 add big file-reflink dir_path=/var/lib/./qubes/
err_has "in the place of pool 'varlibqubes'"
pool 0 -n add big file-reflink dir_path=/var/big
out_has 'set up pool big of driver file-reflink: dir_path /var/big'
gone /var/big
if ! cp --reflink=always "$store" "$work/clone" 2>/dev/null; then
    mkdir -p "$demo/srv"
    pool 1 add big file-reflink dir_path=/srv/one/two/big
    err_has 'does not support reflinks'
    gone /srv/one
    there /srv
fi
: >"$demo/file"
pool 1 add big file-reflink dir_path=/file/big setup_check=False
cmp -s "$store" "$work/before"
ok "nothing of that changed the store"

pool 0 add big file-reflink dir_path=/var/one/big setup_check=False revisions_to_keep=2
out_has 'pool big is there'
store_has '<pool name="big" dir_path="/var/one/big" driver="file-reflink" revisions_to_keep="2"'
store_lacks setup_check
there /var/one/big/appvms
pool 4 add other file-reflink dir_path=/var/one/big setup_check=False
pool 0 add kernels linux-kernel dir_path=/var/one/big/kernels
pool 0 info kernels
out_has '^included_in	big$'

# It can be used.
run 0 --demo --root "$demo" create far --class AppVM --label red --pool big
test -f "$demo/var/one/big/appvms/far/private.img"
ok "a volume is in it"
pool 0 info big
out_has '^volumes	far	private	'
pool 4 rm big --confirm big
err_has "pool 'big' is in use: volume 'far:private'"
err_has "'qmc pool info big' lists them"

# Set up.
pool 0 set big revisions_to_keep 4
out_has 'revisions_to_keep of pool big is 4'
store_has '<pool name="big".*revisions_to_keep="4"'
pool 0 set big ephemeral_volatile on
store_has '<pool name="big".*ephemeral_volatile="True"'
pool 0 -n set big ephemeral_volatile False
out_has 'was True, becomes False'
pool 0 set big ephemeral_volatile False
store_lacks 'ephemeral_volatile="True"'
pool 2 set big revisions_to_keep many
pool 2 set big colour red
err_has "a pool has no setting 'colour'"
pool 2 set big dir_path /x
err_has "a pool has no setting 'dir_path'"
pool 1 set linux-kernel revisions_to_keep 2
err_has "pools of driver 'linux-kernel' have no 'revisions_to_keep'"
pool 3 set bigg revisions_to_keep 2

# What no qube needs.
head -c 65536 /dev/urandom >"$work/image"
work_has() { # COUNT: so many files that begin with private.img
    test "$(find "$base/appvms/work" -name 'private.img*' | wc -l)" -eq "$1"
    ok "$1 images of work:private"
}
for n in 1 2 3; do
    run 0 --demo --root "$demo" vol set work:private revisions_to_keep 5
    run 0 --demo --root "$demo" vol import work:private "$work/image" --confirm work
done
run 0 --demo --root "$demo" vol set work:private revisions_to_keep 1
oldest=$(cd "$base/appvms/work" && ls private.img.1@*)
work_has 4
pool 0 reclaim varlibqubes
out_has "delete appvms/work/$oldest (revision, "
out_has 'in all 2 earlier states, at most .* come back'
err_has 'nothing was deleted: add --yes'
pool 0 reclaim varlibqubes -n --yes
work_has 4
run 0 --demo --root "$demo" vol pin work:private "${oldest#private.img.}"
pool 0 reclaim varlibqubes --yes
out_has '1 earlier state, at most .* came back to pool varlibqubes'
work_has 4
test -e "$base/appvms/work/$oldest.pin"
ok "the pinned one is there"
cmp "$work/image" "$base/appvms/work/private.img"
ok "and the present"
pool 0 reclaim varlibqubes --yes
out_has 'nothing to reclaim in pool varlibqubes'
pool 0 reclaim varlibqubes
out_has 'nothing to reclaim in pool varlibqubes'
test ! -s "$work/err"
ok "and nobody is asked for --yes"
pool 3 reclaim none --yes
err_has "there is no pool 'none'"

# Of nobody.
mkdir -p "$base/appvms/ghost"
cp "$work/image" "$base/appvms/ghost/root.img"
cp "$work/image" "$base/appvms/work/mine.img"
: >"$base/appvms/work/private.img~original"
pool 0 orphans
out_has '^varlibqubes	directory	appvms/ghost	[1-9]'
out_has '^varlibqubes	image	appvms/work/mine.img	65536$'
test "$(wc -l <"$work/out")" -eq 2
ok "and nothing else"
pool 0 orphans big
out_empty
pool 0 orphans varlibqubes --json
json_valid
json_is '[(o["kind"], o["usage"] >= 65536) for o in data] ==
    [("directory", True), ("image", True)]'
pool 1 orphans linux-kernel
err_has 'does not tell what is in it'
rm -r "$base/appvms/ghost" "$base/appvms/work/mine.img"

# More room.
pool 1 extend varlibqubes 1G
err_has "pool 'varlibqubes' cannot be extended: it has the room of the file system"
err_has '^hint: '
pool 2 extend varlibqubes
pool 3 extend none 1G

# Taken out.
pool 4 rm varlibqubes --confirm varlibqubes
err_has "'varlibqubes' is in use"
run 0 --demo --root "$demo" rm far --confirm far
run 0 --demo --root "$demo" global default_pool_private big
pool 4 rm big --confirm big
err_has "'default_pool_private' is set to it"
err_has 'qmc global --unset default_pool_private'
run 0 --demo --root "$demo" global --unset default_pool_private
: >"$demo/var/one/big/appvms/mine"
pool 9 rm big
pool 9 rm big --yes
err_has 'nothing in it is deleted'
pool 0 -n rm big
pool 0 rm big --confirm big
out_has 'there is no pool big any more; nothing was deleted'
store_lacks 'name="big"'
test -f "$demo/var/one/big/appvms/mine"
ok "what was in it is there"
pool 3 rm big --confirm big
pool 0 rm kernels --confirm kernels
sed '/name="private" .*appvms.work.private/d' "$store" >"$work/after"
sed '/name="private" .*appvms.work.private/d' "$work/before" | cmp -s - "$work/after"
ok "the store is as it was before"

finish
