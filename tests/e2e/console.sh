#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The console on a real terminal, from the first frame to every way out.
. "$top_srcdir/tests/e2e/lib.sh"

terminal 80 24
keys 'stty -g > '"$dir"'/before' Enter
run_qmc ''
check 'the list appears' shows 'blu work'
check 'running qubes are shown as such' shows ' R yel personal'

keys / v a u l t Enter s
check 'vault starts' shows 'vault started'
check 'its letter says so' shows ' R .* vault'

keys v
check 'its volumes are listed' shows '^ private'
check 'their figures arrive' hides '^ private.*?'
keys r 5 G
check 'the size is read as it is typed' shows '= 5.0 GiB'
check 'the command is shown' shows 'qmc vol resize vault:private 5G'
keys Enter Enter
check 'the volume is resized' shows '^ private.* 5.0G'

keys '?'
check 'help is about this screen' shows 'Help: detail of a qube'
keys Escape
check 'Esc leaves the help' hides 'Help:'
keys q '\'
check 'back in the list' shows 'blu work'

mux resize-window -x 20 -y 5
check 'twenty columns, five lines' shows '^ S LBL NAME$'
mux resize-window -x 19 -y 4
check 'too small says so' shows 'too small'
mux resize-window -x 1 -y 1
mux resize-window -x 80 -y 24
check 'it survives one cell' shows 'sort: state'

keys C-z
check 'Ctrl-Z gives the shell back' shows 'Stopped'
keys fg Enter
check 'fg brings the console back' shows 'sort: state'

restored()
{
    keys 'stty -g > '"$dir"'/after' Enter
    until_true test -s "$dir/after"
    cmp -s "$dir/before" "$dir/after" && rm "$dir/after"
}

gone()
{
    ! kill -0 "$pid" 2>/dev/null
}

# Half a second is promised; a busy machine may take a multiple.
ends_by()
{
    pid=$(console_pid)
    began=$(date +%s%N)
    kill "-$1" "$pid"
    until_true gone || return 1
    took=$((($(date +%s%N) - began) / 1000000))
    echo "# ended after $took ms"
    [ "$took" -lt 20000 ]
}

# A sanitizer's report is longer than the screen.
was_said()
{
    mux capture-pane -p -S - | grep -qF "$1"
}

for signal in TERM HUP QUIT SEGV; do
    check "SIG$signal ends it at once" ends_by $signal
    check "SIG$signal leaves the terminal as it was" restored
    if [ $signal = SEGV ]; then
        check "a crash is called one" until_true was_said 'qmc: crashed'
    else
        check "SIG$signal is called no crash" off_screen 'qmc: crashed'
    fi
    run_qmc ''
    check "the console comes up after SIG$signal" shows 'blu work'
done

# At work: what cannot be undone in that time is said.
fake=$top_builddir/tests/qmc-fake
"$qmc" --demo --root "$dir/root" ls >/dev/null
at_work() # WORDS-OF-THE-SCRIPT KEYS... : a console of slow calls
{
    keys q
    shows '^ready>$'
    keys clear Enter
    keys "QMC_FAKE='$1' $fake --root $dir/root --connect test:///default" Enter
    shows 'libvirt:ok' && keys / v a u l t Enter s
}
at_work 'hang=create'
check 'a start hangs' shows 'domain of vault, paused'
check 'SIGTERM ends it at once' ends_by TERM
check 'it says what it left' shows "start: 'vault' was left in the middle"
check 'and left the terminal as it was' restored
keys clear Enter
run_qmc ''
check 'the console is back' shows 'blu work'

keys q
check 'q leaves' shows '^ready>$'
check 'q leaves the terminal as it was' restored

for type in linux vt220 xterm-256color; do
    keys clear Enter
    run_qmc "TERM=$type"
    check "it runs on $type" shows 'blu work'
    keys q
    check "and leaves $type" shows '^ready>$'
done

no_colour()
{
    ! mux capture-pane -e -p | grep -q "$(printf '\033')\\[[0-9;]*3[0-7]m"
}
keys clear Enter
run_qmc 'NO_COLOR=1'
check 'it runs without colours' shows 'blu work'
check 'NO_COLOR is obeyed' no_colour
keys q
check 'and leaves' shows '^ready>$'
keys clear Enter
run_qmc 'TERM=dumb'
check 'a dumb terminal gets the list as text' shows 'AppVM *blue'
check 'and no full screen' hides 'F1 Help'
check 'but a prompt' shows '^qmc>'
keys quit Enter
check 'that can be left' shows '^ready>$'

# A terminal that goes sends its signals more than once.
no_demo()
{
    ! ls -d "$dir"/qmc-demo-* >/dev/null 2>&1
}
terminal 80 24
rm -rf "$dir"/qmc-demo-* # of the crash above
run_qmc ''
check 'the console is up' shows 'blu work'
pid=$(console_pid)
mux kill-server
check 'a hang-up ends it' until_true gone
check 'and its demo is removed' until_true no_demo

echo "1..$n"
