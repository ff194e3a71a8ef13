# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by the tests of the command line: runs the built program and prints
# TAP. Everything is made in $work, which goes at the end.

qmc=${QMC:-$top_builddir/qmc}
here=$top_srcdir/tests/cli
# Without one, everything below would be made in /.
work=$(mktemp -d "${TMPDIR:-/tmp}/qmc-cli.XXXXXX") || exit 99
count=0

unset QMC_ROOT QMC_DEBUG
TMPDIR=$work
export TMPDIR

clean() {
    chmod -R u+rwX "$work"
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM HUP

# No $(...) in the TEXT: its status would be the one that counts.
ok() { # TEXT: the status of the command before
    if [ $? -eq 0 ]; then
        count=$((count + 1))
        echo "ok $count - $1"
        return
    fi
    count=$((count + 1))
    echo "not ok $count - $1"
    sed 's/^/#  out: /' "$work/out"
    sed 's/^/#  err: /' "$work/err"
}

skip() { # TEXT REASON
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

finish() {
    echo "1..$count"
}

run() { # STATUS ARGUMENT...
    expected=$1
    shift
    status=0
    "$qmc" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    said=$(printf 'qmc %s: %s, expected %s' "$*" "$status" "$expected" |
        tr -c '[:print:]' '?')
    test "$status" -eq "$expected"
    ok "$said"
}

out_has() { # PATTERN
    grep -qe "$1" "$work/out"
    ok "stdout has '$1'"
}

out_lacks() { # PATTERN
    ! grep -qe "$1" "$work/out"
    ok "stdout lacks '$1'"
}

err_has() { # PATTERN
    grep -qe "$1" "$work/err"
    ok "stderr has '$1'"
}

out_empty() {
    test ! -s "$work/out"
    ok "nothing on stdout"
}

err_empty() {
    test ! -s "$work/err"
    ok "nothing on stderr"
}

out_is() { # FILE
    if [ -n "${QMC_UPDATE_GOLDENS-}" ]; then
        cp "$work/out" "$1"
    fi
    diff "$1" "$work/out" >"$work/diff" 2>&1
    ok "stdout is ${1##*/}"
    sed 's/^/#  /' "$work/diff"
}

# One document of schema 1; python3 looks closely where there is one.
json_valid() {
    if command -v python3 >/dev/null 2>&1; then
        python3 -c 'import json, sys
data = json.load(open(sys.argv[1], encoding="utf-8"))
assert data["schema"] == 1 and isinstance(data["data"], list)' "$work/out" 2>/dev/null
    else
        head -c 20 "$work/out" | grep -q '^{"schema":1,"data":\['
    fi
    ok "stdout is one JSON document"
}

json_is() { # EXPRESSION of python over `data`, a list
    said=$(echo "$1" | tr '\n' ' ')
    if ! command -v python3 >/dev/null 2>&1; then
        skip "JSON: $said" "no python3"
        return
    fi
    python3 -c 'import json, sys
data = json.load(open(sys.argv[1], encoding="utf-8"))["data"]
sys.exit(not eval("(" + sys.argv[2] + ")"))' "$work/out" "$1" 2>/dev/null
    ok "JSON: $said"
}

# A system below $work/NAME with the given store.
make_root() { # NAME FIXTURE
    mkdir -p "$work/$1/var/lib/qubes"
    cp "$2" "$work/$1/var/lib/qubes/qubes.xml"
    chmod 600 "$work/$1/var/lib/qubes/qubes.xml"
}

# An image for each volume that the store of that system saves.
make_images() { # NAME
    sed -n 's/.*<volume .*vid="\([^"]*\)".*save_on_stop="True".*/\1/p' \
        "$work/$1/var/lib/qubes/qubes.xml" | while read -r vid; do
        mkdir -p "$work/$1/var/lib/qubes/${vid%/*}"
        : >"$work/$1/var/lib/qubes/$vid.img"
    done
    mkdir -p "$work/$1/var/lib/qubes/vm-kernels"
}
