# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# One qube from start to stop, twice: what the guest says, what libvirt and xl
# see, and what of its disks is there the second time.

agree() { # VIRSH XL-PATTERN LS TEXT
    local letters
    letters=$(xl_state work)
    is "$1" "$(virsh_state work)" "$4: virsh says $1"
    [[ $letters =~ $2 ]]
    result $? "$4: xl list agrees ($letters)"
    is "$3" "$(ls_state work)" "$4: qmc ls says $3"
}

qmc 0 'ls reads the store' ls
says 'work' 'ls shows the qube'
is none "$(virsh_state work)" 'listing defines nothing'

mark_console
qmc 0 'start work' start work
console_says 'LAB-GUEST UP PV' 'its banner is on the console'
console_says 'xvda bytes=33554432 label=template-root boots=0' \
    'root is a copy of the template'
console_says 'xvdb bytes=16777216 label=work-private boots=0' \
    'private is its own'
agree running '^[r-][b-]----$' Running 'after start'
qmc 0 'starting it again does nothing' start work
says 'already' 'and says so'
is '' "$(losetup -l -n -O BACK-FILE -j "$pool/vm-templates/debian/root.img")" \
    "the template's image is not attached"

qmc 0 'pause work' pause work
agree paused p Paused 'after pause'
qmc 0 'unpause work' unpause work
agree running '^[r-][b-]----$' Running 'after unpause'

mark_console
qmc 0 'private grows while it runs' vol resize work:private 48M
console_says 'xvdb bytes=50331648' 'the guest sees the new size'
qmc 0 'vol ls' vol ls work --json
says '50331648' 'vol ls shows the new size'
qmc 2 'smaller than now is refused' vol resize work:private 20M
qmc 2 'a size that is none is refused' vol resize work:private '10 GB of'

mark_console
qmc 0 'stop --wait' stop work --wait
console_says 'LAB-GUEST poweroff' 'the guest powered off by itself'
agree_halted() {
    active work && return 1
    [ "$(ls_state work)" = Halted ]
}
agree_halted
result $? 'it is halted for xl and for qmc'
is '' "$(losetup -l -n -O NAME,BACK-FILE | grep "$pool")" \
    'no loop device is left'
is '' "$(find "$pool/appvms/work" | grep -E 'dirty|root|volatile')" \
    'no working copy is left'

mark_console
qmc 0 'start it again' start work
console_says 'xvdb bytes=50331648 label=work-private boots=1' \
    'private survived, with its new size'
console_says 'xvda bytes=33554432 label=template-root boots=0' \
    'what was written to root is gone'

screen=/tmp/screen
mkfifo /tmp/keys
script -qefc "stty rows 24 cols 80; exec '$build/qmc' --root '$root'" \
    "$screen" </tmp/keys >/dev/null &
console_pid=$!
exec 3>/tmp/keys # nobody types
seen=0
shows() { # LETTER: coloured, as the state of a row is, since $seen
    [ -e "$screen" ] && tail -c +$((seen + 1)) "$screen" |
        grep -q "m[[:cntrl:]]*$1"
}
await shows R
result $? 'the console shows that it runs' "$screen"
seen=$(stat -c %s "$screen")
paused_at=$SECONDS
virsh -q -c xen:///system suspend work >/dev/null
patience=15 await shows P
result $? "a pause by another client shows without a key ($((SECONDS - paused_at)) s)" \
    "$screen"
virsh -q -c xen:///system resume work >/dev/null
printf q >&3
wait "$console_pid"
result $? 'q leaves the console'
exec 3>&-

qmc 0 'kill work' kill work
await inactive work
result $? 'it is gone after kill'
qmc 4 'killing it again is refused' kill work
is '' "$(held_locks)" 'no lock is held'
