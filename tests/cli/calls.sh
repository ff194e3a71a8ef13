# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154
# Sourced after tap.sh by tests that stop a command in the middle: kills it, or
# lets its disk fail, at each of its calls in turn. Whoever sources it sets
#   command   what is run: words
# and has the functions
#   version   prints which state the system below $root is in: old, new or else
#   goes_on   what has to work afterwards; its status counts

inject=$top_builddir/tests/cli/inject
root=$work/root
store=$root/var/lib/qubes/qubes.xml
# of what can fail: changes; make check-long: all
breadth=${QMC_CALLS-changes}

# A system as SCENE left it. Links will do: no file is ever written in place.
scene() {
    rm -rf "$root"
    cp -al "$work/$1" "$root"
}

# change MODE WHAT N: the command, with its N-th call as inject is told
change() {
    status=0
    # shellcheck disable=SC2086
    "$inject" "$root" "$work/calls" "$@" "$qmc" --root "$root" --offline \
        $command >"$work/out" 2>"$work/err" </dev/null || status=$?
}

# What call it was, without what is by chance.
call() {
    sed -n "$1{s|^[0-9]* ||; s|$root|ROOT|; s|~.*|~|; s|-[0-9TZ-]*[.]xml|.xml|; p}" \
        "$work/calls"
}

# Ends the test where the kernel does not let us look.
calls_seen() { # PATTERN: a call that there must be
    change all none 0
    if [ $status -eq 77 ]; then
        skip "a command stopped at each of its calls" "$(cat "$work/err")"
        finish
        exit 0
    fi
    test $status -eq 0 && grep -q "$1" "$work/calls"
    ok "the calls of $command are seen"
}

killed() { # SCENE MODE N
    scene "$1"
    change "$2" kill "$3"
    now=$(version)
    case $last-$now in
        old-old | old-new | new-new) test $status -eq 137 && goes_on ;;
        *) false ;;
    esac
    ok "$1: killed before $(call "$3"): $now"
    last=$now
}

# It is refused with file, reason and next step, or done but for what these tell, or it
# was not needed; before it began, if it cannot be told that no qubesd runs.
said() {
    if [ $status -eq 0 ]; then
        test "$now" = new
    elif [ $status -eq 8 ]; then
        test "$now" = new && grep -q "^qmc: .*$root" "$work/err" &&
            grep -q "^qmc: .*: $reason\$" "$work/err" && grep -q '^hint: ' "$work/err"
    elif [ $status -eq 5 ] && grep -q ': the socket of qubesd exists' "$work/err"; then
        test "$now" = old && grep -q ' openat .*/run$' "$work/calls"
    else
        test "$now" = old && test $status -ne 125 && grep -q "^qmc: .*$root" "$work/err" &&
            grep -q "^qmc: .*: $reason\$" "$work/err" && grep -q '^hint: ' "$work/err"
    fi
}

failing() { # SCENE MODE N ERRNO REASON
    scene "$1"
    change "$2" "$4" "$3"
    now=$(version) reason=$5
    said && goes_on
    ok "$1: $5 at $(call "$3"): $now"
    seen=$seen$now
}

calls_of() { # SCENE MODE
    scene "$1"
    change "$2" none 0
    calls=$(wc -l <"$work/calls")
    n=0
}

every_kill() { # SCENE MODE
    calls_of "$1" "$2"
    last=old
    while [ $n -lt "$calls" ]; do
        n=$((n + 1))
        killed "$1" "$2" $n
    done
    test "$last" = new
    ok "$1: killed late enough it is the new one"
}

every_error() { # SCENE MODE ERRNO REASON
    calls_of "$1" "$2"
    seen=
    while [ $n -lt "$calls" ]; do
        n=$((n + 1))
        failing "$1" "$2" $n "$3" "$4"
    done
    case $seen in *old*) ;; *) false ;; esac
    ok "$1: $4: it was refused at least once"
}
