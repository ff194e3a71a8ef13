# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced: a libvirtd with the test driver for one test.

# until_test WORD…: true within a minute
until_test()
{
    tries=1200
    until test "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
}

# private_libvirtd DIRECTORY: makes the directory, $server is the pid of the
# daemon and DIRECTORY/libvirt-sock where it listens. If there can be none,
# $missing says why. It is not root, even if we are: as root it would want the
# whole machine.
private_libvirtd()
{
    daemon=$(PATH=$PATH:/usr/sbin:/sbin command -v libvirtd) || {
        missing='libvirtd is not installed'
        return 1
    }
    mkdir "$1"
    cat >"$1/libvirtd.conf" <<CONF
unix_sock_dir = "$1"
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_rw_perms = "0777"
CONF
    drop=
    if [ "$(id -u)" -eq 0 ]; then
        command -v setpriv >/dev/null || {
            missing='setpriv is not installed'
            return 1
        }
        drop='setpriv --reuid=65534 --regid=65534 --clear-groups'
        chmod 755 "${1%/*}"
        chown 65534:65534 "$1"
    fi
    $drop env HOME="$1" XDG_RUNTIME_DIR="$1" XDG_CONFIG_HOME="$1" \
        XDG_CACHE_HOME="$1" "$daemon" -f "$1/libvirtd.conf" -p "$1/pid" \
        >/dev/null 2>&1 &
    server=$!
    missing='a private libvirtd does not start here'
    until_test -S "$1/libvirt-sock"
}
