#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Users beside root: those of the group qubes may do what the rights of the store let
# them, with locks that root has made; others are told what is missing. The group is made
# for this test alone, in a mount namespace.
if [ -z "${QMC_GROUP_TEST-}" ] && [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null &&
    unshare -m true 2>/dev/null; then
    QMC_GROUP_TEST=1 exec unshare -m sh "$0"
fi
. "$top_srcdir/tests/cli/tap.sh"

gid=4242
nobody=65534
root=$work/root
base=$root/var/lib/qubes

if [ -z "${QMC_GROUP_TEST-}" ]; then
    skip "users of the group qubes" "needs root, setpriv and a mount namespace"
    finish
    exit 0
fi

{ grep -v '^qubes:' /etc/group; echo "qubes:x:$gid:"; } >"$work/group"
if ! mount --bind "$work/group" /etc/group 2>"$work/err"; then
    skip "users of the group qubes" "$(cat "$work/err")"
    finish
    exit 0
fi

# Others can pass to the system, and run the program, wherever it was built.
chmod 755 "$work"
cp "$qmc" "$work/qmc"
own=$work/qmc

as() { # GROUPS STATUS ARGUMENT...
    groups=$1
    expected=$2
    shift 2
    status=0
    setpriv --reuid $nobody --regid $nobody "$groups" "$own" --root "$root" --offline \
        "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    test $status -eq "$expected"
    ok "$groups: qmc $*: $status, expected $expected"
}

rights() { # MODE:GROUP PATH
    test "$(stat -c '%a:%g' "$2")" = "$1"
    ok "${2#"$work"} is $1"
}

# As an installation of Qubes has it.
make_root root "$here/small.xml"
chmod 755 "$root" "$root/var" "$root/var/lib"
chgrp -R $gid "$base"
chmod 2770 "$base"
chmod 660 "$base/qubes.xml"

run 0 --root "$root" --offline create big --class AppVM --label red
rights "755:0" "$root/run"
rights "2770:$gid" "$root/run/qmc"
rights "2770:$gid" "$base/appvms"
rights "2770:$gid" "$base/backup"
rights "2770:$gid" "$base/backup/qmc"
rights "660:$gid" "$base/qubes.xml"
run 0 --root "$root" --offline prefs big label blue
run 0 --root "$root" --offline note big something

as --groups=$gid 0 ls
as --groups=$gid 0 prefs big label green
as --groups=$gid 0 create own --class AppVM --label red
as --groups=$gid 0 clone own copy
as --groups=$gid 0 rename copy other
as --groups=$gid 0 rm other --confirm other
as --groups=$gid 0 rm own --confirm own
run 0 --root "$root" --offline prefs big label
out_has '^green$'

# What root has made goes only with those who may delete all of it.
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
test "$(stat -c %A "$base/appvms/big")" = drwxr-sr-x
ok "the directory is root's"
for plan in --dry-run ''; do
    # shellcheck disable=SC2086
    as --groups=$gid 5 rm big --confirm big $plan
    err_has "cannot remove 'big': nothing can be deleted in '$base/appvms/big': Permission"
    # shellcheck disable=SC2086
    as --groups=$gid 5 rename big huge $plan
    err_has "cannot rename 'big': nothing can be deleted in '$base/appvms/big': Permission"
done
test -f "$base/appvms/big/private.img" && test ! -e "$base/appvms/huge"
ok "all of it is there"

# Nobody of them.
as --clear-groups 1 ls
err_has "cannot open '$base/qubes.xml': Permission denied"
err_has '^hint: '
as --clear-groups 1 prefs big label red
chmod 755 "$base"
chmod 664 "$base/qubes.xml"
as --clear-groups 0 ls
as --clear-groups 5 prefs big label red
err_has "^qmc: .*$root.*: Permission denied"
err_has '^hint: '
run 0 --root "$root" --offline prefs big label
out_has '^green$'

# A socket that may not be looked at is no qubesd, and none is missing either.
chmod 700 "$root/run"
as --clear-groups 5 prefs big label red
err_has 'this user may not see whether qubesd is running'
err_has "^hint: run qmc as root, or as a user of the group 'qubes'"

finish
