#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A daemon that falls silent in the middle of a start: the start ends by itself,
# and at once if told to.
. "$top_srcdir/tests/cli/tap.sh"

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

until_there() { # TEST FILE: true within a minute
    tries=1200
    until test "$1" "$2"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
}

daemon=$(PATH=$PATH:/usr/sbin:/sbin command -v libvirtd) ||
    skip_all "libvirtd is not installed"
command -v python3 >/dev/null || skip_all "python3 is not installed"
private=$work/libvirt
mkdir "$private"
cat >"$private/libvirtd.conf" <<CONF
unix_sock_dir = "$private"
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_rw_perms = "0777"
CONF
drop=
if [ "$(id -u)" -eq 0 ]; then
    command -v setpriv >/dev/null || skip_all "setpriv is not installed"
    drop='setpriv --reuid=65534 --regid=65534 --clear-groups'
    chmod 755 "$work"
    chown 65534:65534 "$private"
fi
$drop env HOME="$private" XDG_RUNTIME_DIR="$private" XDG_CONFIG_HOME="$private" \
    XDG_CACHE_HOME="$private" "$daemon" -f "$private/libvirtd.conf" \
    -p "$private/pid" >/dev/null 2>&1 &
helpers=$!
trap 'kill $helpers 2>/dev/null; clean' EXIT
until_there -S "$private/libvirt-sock" ||
    skip_all "a private libvirtd does not start here"

# begin NAME: a start of the vault that has come to the silence; $pid is it
begin() {
    python3 "$here/silent.py" "$work/$1.sock" "$private/libvirt-sock" \
        "$work/$1.mark" 2>"$work/$1.proxy" &
    helpers="$helpers $!"
    until_there -S "$work/$1.sock" || return 1
    "$qmc" --demo --root "$work/$1" ls >/dev/null
    "$qmc" --root "$work/$1" start vault \
        --connect "test+unix:///default?socket=$work/$1.sock" \
        >"$work/$1.out" 2>"$work/$1.err" </dev/null &
    pid=$!
    until_there -e "$work/$1.mark"
}

# ends NAME STATUS MS: $pid does so, and not later; $took is how long it took
ends() {
    began=$(date +%s%N)
    status=0
    wait "$pid" || status=$?
    took=$((($(date +%s%N) - began) / 1000000))
    cp "$work/$1.out" "$work/out"
    cp "$work/$1.err" "$work/err"
    test "$status" -eq "$2" && test "$took" -le "$3"
    ok "status $2 within $3 ms ($status after $took)"
}

# The longest one waits beside the others.
begin alone
ok "a start comes to the silence"
alone=$pid

begin once
kill -TERM "$pid"
ends once 143 60000
once=$took
err_has "start: 'vault' was left in the middle"

# Sooner than after a single one.
begin twice
kill -TERM "$pid"
until_there -s "$work/twice.err"
kill -TERM "$pid"
ends twice 143 "$once"

pid=$alone
ends alone 7 160000
err_has "^qmc: 'start' of 'vault' got no answer within .* at: domain of vault"
err_has "^hint: see whether the hypervisor answers"
finish
