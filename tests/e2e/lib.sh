# SPDX-License-Identifier: GPL-2.0-or-later
# A real terminal for the console: tmux on a socket of its own. Sourced.

qmc=$top_builddir/qmc
dir=$(mktemp -d "${TMPDIR:-/tmp}/qmc-e2e.XXXXXX") || exit 99
n=0

skip_all()
{
    echo "1..0 # SKIP $1"
    rm -rf "$dir"
    exit 0
}

command -v tmux >/dev/null || skip_all "tmux is not installed"
[ -x "$qmc" ] || skip_all "there is no $qmc"

mux()
{
    tmux -u -S "$dir/tmux" -f /dev/null "$@"
}

finish()
{
    mux kill-server 2>/dev/null
    rm -rf "$dir"
}
trap finish EXIT
trap 'exit 99' HUP INT TERM

# terminal WIDTH HEIGHT: an interactive shell with job control
terminal()
{
    mux kill-server 2>/dev/null
    # The server that was killed may still be there to refuse the first try.
    until_true mux new-session -d -x "$1" -y "$2" \
        "env PS1='ready> ' TMPDIR='$dir' XDG_STATE_HOME=/dev/null ENV= \
            LC_ALL=C.UTF-8 sh -i" || exit 99
    mux set-option -g status off
    shows 'ready>' || exit 99
}

keys()
{
    for key; do
        mux send-keys "$key"
    done
}

screen()
{
    mux capture-pane -p
}

# until COMMAND…: true within a minute
until_true()
{
    tries=1200
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
}

on_screen()
{
    screen | grep -q -e "$1"
}

off_screen()
{
    ! screen | grep -q -e "$1"
}

shows()
{
    until_true on_screen "$1"
}

hides()
{
    until_true off_screen "$1"
}

# check NAME COMMAND…: one line of TAP
check()
{
    name=$1
    shift
    n=$((n + 1))
    if "$@"; then
        echo "ok $n - $name"
    else
        echo "not ok $n - $name"
        screen | sed 's/^/# /'
    fi
}

run_qmc()
{
    keys "$1 $qmc --demo" Enter
}

console_pid()
{
    mux display-message -p '#{pane_pid}' | xargs pgrep -P
}
