# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Two processes at one qube, and processes that die in the middle.

start_behind() { # $behind is qmc itself
    "$build/qmc" --root "$root" start work >/tmp/behind 2>&1 &
    behind=$!
}

start_twice() { # 4: busy; 0 for both: the second came after the first
    local first second
    start_behind
    program start work >"$out" 2>&1
    second=$?
    wait "$behind"
    first=$?
    cat /tmp/behind >>"$out"
    [[ "$first $second" =~ ^(0 0|0 4|4 0)$ ]]
    result $? "two starts at once: one starts it ($first $second)" "$out"
    is 1 "$(cat "$out" /tmp/behind | sort -u | grep -c ': started')" 'once'
    is 1 "$(xl list | grep -c '^work ')" 'there is one domain'
}

start_twice
qmc 0 'kill after two starts' kill work
await inactive work
qmc 0 'ls after it' ls

# Refused until there is something to kill; then the start has to fail, unless
# it was over by then.
killed() {
    program kill work >"$out" 2>&1
}
start_behind
await killed
result $? 'kill while it starts' "$out"
wait "$behind"
note "the start ended with $?: $(tail -n 1 /tmp/behind)"
await inactive work
result $? 'no domain after a kill in the start' /tmp/behind
is '' "$(held_locks)" 'no lock after a kill in the start'
is '' "$(losetup -l -n -O NAME,BACK-FILE | grep "$pool")" \
    'no loop device after a kill in the start'

mark_console
qmc 0 'it starts after that' start work
console_says 'label=work-private' 'and comes up'
qmc 0 'and is killed' kill work
await inactive work

# kill -9 of qmc itself: the lock goes with it, the next one cleans up.
start_behind
await active work
kill -9 "$behind"
wait "$behind" 2>/dev/null
is '' "$(held_locks)" 'no lock outlives its process'
await killed
result $? 'kill what a dead qmc left' "$out"
await inactive work
result $? 'nothing of it runs'
mark_console
qmc 0 'it starts after a dead qmc' start work
console_says 'label=work-private' 'with its private volume'
qmc 0 'stop --wait after a dead qmc' stop work --wait

# A domain that ends while nobody looks. Who reads leaves what it had, who changes
# anything of any qube saves it.
mark_console
qmc 0 'start before it is destroyed' start work
console_says 'LAB-GUEST UP' 'it is up'
xl destroy work
await inactive work
qmc 0 'ls after it was destroyed' ls
test -e "$pool/appvms/work/private-dirty.img"
result $? 'who reads leaves its images'
qmc 0 'a verb that changes another qube' tag debian add recovered
is '' "$(find "$pool" -name '*-dirty.img')" 'who changes something saves and drops them'
is '' "$(held_locks)" 'and holds no lock'

# A guest that does not obey.
set_property kernelopts 'quiet panic=-1 mitigations=off nokaslr lab.deaf'
mark_console
qmc 0 'start a deaf guest' start work
console_says 'LAB-GUEST UP' 'it is up'
qmc 7 'stop --wait runs out of time' stop work --wait --timeout 5
console_says 'deaf to' 'the guest heard it'
is running "$(virsh_state work)" 'and runs on'
qmc 0 'kill the deaf guest' kill work
set_property kernelopts 'quiet panic=-1 mitigations=off nokaslr'
