#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# No verb reads what is not its own or loses memory, by valgrind.
. "$top_srcdir/tests/cli/tap.sh"

if ! command -v valgrind >/dev/null 2>&1; then
    echo '1..0 # SKIP no valgrind'
    exit 0
fi
if ldd "$qmc" | grep -q libasan; then
    echo '1..0 # SKIP the program brings its own sanitizer'
    exit 0
fi

make_root small "$here/small.xml"
make_root hostile "$here/hostile.xml"

clean_run() { # STATUS ARGUMENT...
    expected=$1
    shift
    status=0
    valgrind -q --leak-check=full --errors-for-leak-kinds=definite \
        --show-leak-kinds=definite --error-exitcode=99 "$qmc" "$@" \
        >"$work/out" 2>"$work/err" </dev/null || status=$?
    said=$(printf '%s' "$*" | tr '\n\t' '??')
    test "$status" -eq "$expected" && ! grep -q '^==' "$work/err"
    ok "qmc $said: $status, expected $expected"
}

clean_run 0 help
clean_run 2 strat --jsno
clean_run 0 --root "$work/hostile" --connect test:///default ls --json
clean_run 0 --root "$work/hostile" --connect test:///default show 日本語
clean_run 0 --root "$work/small" --offline vol ls
clean_run 0 --root "$work/small" --offline pool ls
clean_run 1 --root "$work/none" --offline ls
clean_run 8 --demo start vault personal valut
clean_run 0 --demo -v vol resize vault:private 1G

finish
