# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that runs under a name for which the store has another UUID. Nobody may take
# it for halted: its images are in use.

store=$root/var/lib/qubes/qubes.xml
stranger=3f0e6a52-7a0b-4f4e-9a55-0d7c2f1b9eff

images() {
    (cd "$pool" && find . -type f | sort)
    sha256sum "$store"
}

same_images() { # TEXT
    images >/tmp/after
    cmp -s /tmp/before /tmp/after
    result $? "$1: all images stay, and the store" /tmp/after
}

refused() { # TEXT ARGUMENT...
    local text=$1
    shift
    qmc 4 "$text is refused" "$@"
    says "$work_uuid" 'names the UUID that runs'
    says "$stranger" 'and that of the store'
    says 'virsh shutdown' 'and the next step'
    same_images "$text"
    active work
    result $? "$text: the guest runs on"
}

mark_console
qmc 0 'start' start work
console_says 'label=work-private' 'and it comes up'
cp "$store" /tmp/store.good
sed -i "s/$work_uuid/$stranger/" "$store"
images >/tmp/before

refused 'a start' start work
refused 'a stop' stop work
refused 'a stop in a dry run' stop work --dry-run
refused 'rm' rm work --confirm work
refused 'rename' rename work wurk
refused 'clone' clone work copy
refused 'resize' vol resize work:private 96M

# The other way round: the store is right, and a copy would not be.
cp "$store" /tmp/store.other.xml
cat /tmp/store.good >"$store"
images >/tmp/before
refused 'restore of a copy' xml restore /tmp/store.other.xml --confirm store.other.xml
qmc 0 'with its own UUID it stops' stop work --wait
await inactive work
result $? 'and is down'
qmc 0 'and then the copy goes' xml restore /tmp/store.other.xml --confirm store.other.xml
cat /tmp/store.good >"$store"
