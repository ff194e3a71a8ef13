#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Offline no verb asks the hypervisor: none calls into libvirt at all, opens
# anything of Xen, or connects to libvirt, QubesDB or xenstored, and each does and
# says the same with a URI that leads nowhere. A new verb needs a line in `verbs`.
. "$top_srcdir/tests/cli/tap.sh"

verbs() {
    cat <<'VERBS'
ls
ls --json
show work
show work --json
start work
start work --dry-run
stop work
kill work
pause work
unpause work
prefs work
prefs work memory
prefs work memory 700
prefs work netvm
prefs work netvm sys-net
prefs work template debian-13
prefs work memory much
prefs --unset work memory
prefs sys-net provides_network True
global
global default_shutdown_timeout 5
global --unset default_shutdown_timeout
feature work
feature work gui
feature work a 1
feature --unset work a
service work cups on
service work
tag work add x
tag work ls
tag work del x
note work text
note work
label ls
label add cyan 0x00ffff
label rm cyan
create new --class AppVM --label red
create new --class AppVM --label red
prefs new label blue
clone new copy
rename copy other
rm other --confirm other
rm new --yes
rm new --confirm new
rm debian-13 --confirm debian-13
vol ls
vol ls work
vol resize work:private 4M
vol info work:private
vol export work:private -
vol clear work:private --yes
vol import work:private /nowhere --yes
vol revert work:private --yes
vol pin work:private 1
vol set work:private revisions_to_keep 2
pool ls
pool ls --json
pool info varlibqubes
pool info varlibqubes --json
pool add far file-reflink dir_path=/far setup_check=False
pool set far revisions_to_keep 3
pool reclaim varlibqubes
pool reclaim varlibqubes --yes
pool extend varlibqubes 1G
pool orphans
pool rm far --confirm far
fw work add accept proto=tcp
fw work ls
fw work del 0
fw work reset --yes
xml check
xml sweep /nowhere --confirm nowhere
xml diff
xml log
xml import r3.xml --dry-run
xml import r3.xml --confirm r3.xml
xml restore qubes-2026-01-01-00:00:00.xml --confirm qubes-2026-01-01-00:00:00.xml
version
help start
VERBS
}

# Something of the hypervisor, in a line of strace.
hypervisor='libvirt-sock\|libvirt/\|virtxend\|qubesdb[.-]\|xenstore\|/dev/xen\|/proc/xen'
hypervisor="$hypervisor"'\|/sys/hypervisor\|AF_INET'
touched() {
    grep -v 'qmc-cli\|ENOENT.*[.]so' "$work/trace" | grep "$hypervisor"
}

system() { # NAME
    make_root "$1" "$here/small.xml"
    mkdir -p "$work/$1/var/lib/qubes/appvms/work" "$work/$1/var/lib/qubes/backup"
    truncate -s 1M "$work/$1/var/lib/qubes/appvms/work/private.img"
    cp "$here/small.xml" \
        "$work/$1/var/lib/qubes/backup/qubes-2026-01-01-00:00:00.xml"
}

# What stands in for every function of libvirt ends the program.
traps() {
    {
        printf '#include <stdlib.h>\n#include <unistd.h>\n'
        nm -D --undefined-only "$qmc" | sed -n 's/^ *U \(vir[A-Za-z]*\).*/\1/p' |
            grep -v 'PtrDefault$' | sort -u |
            sed 's|.*|void &(void); void &(void) { if (write(2, "called &\\n", 7 + sizeof "&")) abort(); }|'
    } >"$work/traps.c"
    # shellcheck disable=SC2086
    ${CC:-cc} -shared -fPIC -o "$work/traps.so" "$work/traps.c" >"$work/err" 2>&1 &&
        grep -q virConnectOpen "$work/traps.c"
}

watched() { # COMMAND...: with traps, and its calls in $work/trace
    strace -f -qq -o "$work/trace" -e trace=connect,openat,open \
        -E LD_PRELOAD="$work/traps.so" \
        -E ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 \
        "$@" >"$work/out" 2>"$work/err" </dev/null
}

# Without what differs between two runs: the root, times, the room on the disk.
plain() { # ROOT
    cat "$work/out" "$work/err" | sed "s|$work/$1|ROOT|g
        s|[0-9]\{8\}T[0-9]\{6\}Z-[0-9]*|TIME|g
        s|20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9:]*Z|TIME|g
        s|[0-9]\{8,\}|ROOM|g"
}

# ROOT: what is in them, but for the history, whose names are times, and for the times in the
# names of revisions.
files() {
    (cd "$work/$1/var/lib/qubes" && find . -path ./backup/qmc -prune -o -type f -print |
        sort | xargs cksum | sed 's|@[0-9T:-]*Z|@TIME|')
}

if ! command -v strace >/dev/null || ! command -v nm >/dev/null; then
    skip "no verb asks the hypervisor" "no strace or no nm"
    finish
    exit 0
fi
if ! strace -qq -o "$work/trace" true 2>"$work/err"; then
    skip "no verb asks the hypervisor" "no ptrace: $(head -n 1 "$work/err")"
    finish
    exit 0
fi

# That what is watched for would be seen.
traps
ok "traps for the functions of libvirt"
system guarded
system free
status=0
watched "$qmc" --root "$work/guarded" --connect test:///default ls || status=$?
test $status -ne 0 && grep -q '^called vir' "$work/err"
ok "a call of libvirt is seen"
strace -f -qq -o "$work/trace" -e trace=connect,openat,open \
    "$qmc" --root "$work/guarded" --connect xen:///system ls >"$work/out" 2>"$work/err"
touched >"$work/out"
ok "a connection to libvirt is seen"

verbs >"$work/verbs"
cp "$top_srcdir/tests/core/fixtures/r3.xml" "$work"
cd "$work" || exit 1
sed -n 's/^CMD(\(.*\))/\1/p' "$top_srcdir/cli/cmds.list" | tr _ ' ' >"$work/known"
while read -r verb; do
    grep -q "^$verb\( \|\$\)" "$work/verbs" ||
        echo "$verb" >>"$work/missing"
done <"$work/known"
: >"$work/out"
test ! -e "$work/missing" || cat "$work/missing" >"$work/err"
test ! -e "$work/missing"
ok "every verb is here"

while read -r line; do
    # shellcheck disable=SC2086
    set -- $line
    free=0 status=0
    "$qmc" --root "$work/free" --offline "$@" >"$work/out" 2>"$work/err" \
        </dev/null || free=$?
    plain free >"$work/said"
    watched "$qmc" --root "$work/guarded" --offline --connect xen+unix:///nowhere "$@" ||
        status=$?
    plain guarded >"$work/said.guarded"
    test $status -eq $free && cmp -s "$work/said" "$work/said.guarded" && ! touched
    ok "$line: $status, and nobody was asked"
done <"$work/verbs"
files free >"$work/out"
files guarded | cmp -s - "$work/out"
ok "both systems have the same files"

# The store needs no --offline for it.
for line in 'xml check' 'xml log' 'xml diff'; do
    # shellcheck disable=SC2086
    watched "$qmc" --root "$work/guarded" --connect xen+unix:///nowhere $line
    test $? -ne 134 && ! touched
    ok "$line: nobody was asked, not offline either"
done

finish
