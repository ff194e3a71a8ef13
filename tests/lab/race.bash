# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Two processes at one qube, and processes that die in the middle.

start_behind() { # in the background; its status goes to /tmp/behind.status
    rm -f /tmp/behind.status
    (
        program start work >/tmp/behind 2>&1
        echo $? >/tmp/behind.status
    ) &
    behind=$!
}

start_twice() {
    start_behind
    program start work >"$out" 2>&1
    local status=$?
    wait "$behind"
    cat /tmp/behind >>"$out"
    # shellcheck disable=SC2046 # two words
    set -- $(printf '%s\n' "$status" "$(cat /tmp/behind.status)" | sort -n)
    is '0 4' "$*" 'of two starts at once one succeeds, the other says busy'
    is 1 "$(xl list | grep -c '^work ')" 'there is one domain'
}

take_picture
start_twice
qmc 0 'kill after two starts' kill work
await inactive work
qmc 0 'ls after it' ls

# Each cycle keeps one revision; from here on pictures are comparable.
start_behind
await active work
qmc 0 'kill while it starts' kill work
wait "$behind"
await inactive work
result $? 'no domain after a kill in the start' /tmp/behind
[ "$(cat /tmp/behind.status)" != 0 ] || note 'the start was faster than the kill'
is '' "$(held_locks)" 'no lock after a kill in the start'

mark_console
qmc 0 'it starts after that' start work
console_says 'label=work-private' 'and comes up'
qmc 0 'and is killed' kill work
await inactive work

# kill -9 of qmc itself: the lock goes with it, the next one cleans up.
program start work >/tmp/behind 2>&1 &
behind=$!
await active work
kill -9 "$behind"
wait "$behind" 2>/dev/null
is '' "$(held_locks)" 'no lock outlives its process'
qmc 0 'kill what a dead qmc left' kill work
await inactive work
result $? 'nothing of it runs'
mark_console
qmc 0 'it starts after a dead qmc' start work
console_says 'label=work-private' 'with its private volume'
qmc 0 'stop --wait after a dead qmc' stop work --wait

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
