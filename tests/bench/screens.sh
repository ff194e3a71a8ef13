# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The console beside other full-screen programs: the same driver, terminal and
# size, lists of some 200 rows in each. Sourced by bench.sh, which has $work.

# One row per run of qmc: size, name, qubes, seconds idle, keys, the script of
# the hypervisor.
runs() {
    cat <<'ROWS'
80x24  quiet  200  6 moves+views -
80x24  ten    200 10 -           domains=10 figures=moving
80x24  twenty 200 10 -           domains=20 figures=moving
80x24  hung   200  2 keys        hang=all
80x24  slow   200  2 keys        domains=10 figures=moving delay=5000
80x24  large  1000 2 switches    -
120x40 quiet  200  6 moves+views -
120x40 ten    200 10 -           domains=10 figures=moving
120x40 hung   200  2 -           hang=all
ROWS
}

# One row per peer: name, its keys for a line down, a page down and the first
# line, what prepares its list, the program with its arguments.
peers() {
    cat <<ROWS
htop Down PgDn Home processes env HTOPRC=/dev/null htop
mc   Down PgDn Home files     mc -u $work/files
tig  Down PgDn Home commits   env -C $work/commits tig
ROWS
}

# One row per line printed: size, run, figure, unit, limit, what. The limits are
# those of 80x24; a larger terminal gets no others.
figures() {
    cat <<'ROWS'
80x24  quiet  frame.bytes    B   5000  first frame
80x24  hung   frame.us       ms  50    first frame, hypervisor hangs
80x24  quiet  down.bytes     B   350   cursor key
80x24  quiet  down.most      B   350   cursor key, the worst
80x24  quiet  down.us        ms  5     cursor key to answer
80x24  quiet  down.slowest   ms  50    cursor key to answer, the slowest
80x24  hung   down.slowest   ms  50    the same, hypervisor hangs
80x24  slow   down.slowest   ms  50    the same, 5 s for each call of it
80x24  quiet  scroll.bytes   B   350   cursor key that scrolls
80x24  quiet  scroll.most    B   350   cursor key that scrolls, the worst
80x24  quiet  page.most      B   5000  page, the worst
80x24  quiet  page.done      ms  30    page, complete
80x24  large  switch.slowest ms  50    other view, 1000 qubes, the slowest
80x24  quiet  idle           B/s 0     idle, nothing changes
80x24  ten    idle           B/s 400   idle, 10 qubes run
80x24  twenty cpu            %   1     processor, 20 qubes run
80x24  quiet  memory         KiB 12288 private memory
80x24  large  memory         KiB 16384 private memory, 1000 qubes
120x40 quiet  frame.bytes    B   5000  first frame
120x40 hung   frame.us       ms  50    first frame, hypervisor hangs
120x40 quiet  down.bytes     B   350   cursor key
120x40 quiet  down.most      B   350   cursor key, the worst
120x40 quiet  down.us        ms  5     cursor key to answer
120x40 quiet  scroll.bytes   B   350   cursor key that scrolls
120x40 quiet  scroll.most    B   350   cursor key that scrolls, the worst
120x40 quiet  page.most      B   5000  page, the worst
120x40 quiet  page.done      ms  30    page, complete
120x40 quiet  idle           B/s 0     idle, nothing changes
120x40 ten    idle           B/s 400   idle, 10 qubes run
ROWS
}

# One row per view of qmc, pressed in this order: name, key, what. Each pays for
# what the one before it has begun.
views() {
    cat <<'ROWS'
pools   2     pools
volumes 3     volumes of all qubes
jobs    7     jobs
events  8     event log
findings 9    findings
copies  c     copies of the store
leave   q     back to the findings
qubes   1     qubes
detail  Enter detail of a qube, its overview
props   ]     detail, its properties
disks   ]     detail, its volumes
net     ]     detail, its network and firewall
features ]    detail, its features
log     ]     detail, its log
first   ]     detail, its overview
back    q     back to the qubes
ROWS
}

# moves DOWN PAGE HOME: keys for measure. Those that scroll are pressed where
# the cursor has reached the last line.
moves() {
    echo "down=$1*10 =$1*40 scroll=$1*30 =$3 page=$2*4"
}

run_keys() { # KEYS
    case $1 in
    moves+views)
        moves Down PgDn Home
        for _ in 1 2 3 4 5; do
            views | awk '{ print $1 "=" $2 }'
        done
        ;;
    switches) views | awk '{ print "switch=" $2 }' ;;
    keys) echo 'down=Down*40' ;;
    esac | tr '\n' ' '
}

measure_runs() {
    runs | while read -r size name qubes seconds keys script; do
        [ "$script" != - ] || script=
        mkdir -p "$work/$size"
        QMC_FAKE=$script tests/bench/measure screen "$size" "$seconds" \
            "$(run_keys "$keys")" tests/qmc-fake --root "$work/$qubes" \
            >"$work/$size/$name" </dev/null
    done
}

# --- peers ---

# What qmc lists is what they list, too.
names() {
    ./qmc --root "$work/200" --connect test:///default ls | cut -f1
}

# Processes that do nothing; bench.sh ends them.
prepare_processes() {
    for _ in $(names); do
        sleep 3600 >/dev/null 2>&1 &
        echo $! >>"$work/pids"
    done
}

prepare_files() {
    mkdir -p "$work/files"
    for file in $(names); do
        echo "$file" >"$work/files/$file"
    done
}

prepare_commits() {
    git init -q "$work/commits"
    names | awk '{
        printf "commit refs/heads/list\n"
        printf "committer %s <mail@example.org> %d +0000\n", $1, 1.7e9 + 3600 * NR
        printf "data %d\nAdd %s\n", length($1) + 4, $1 }' |
        git -C "$work/commits" fast-import --quiet
    git -C "$work/commits" symbolic-ref HEAD refs/heads/list
}

# A peer that is not here, or does not run, has no figures.
measure_peers() {
    peers | while read -r name down page home list program; do
        command -v "$name" >/dev/null || continue
        [ "$list" != commits ] || command -v git >/dev/null || continue
        "prepare_$list"
        for size in 80x24 120x40; do
            # shellcheck disable=SC2086 # words
            tests/bench/measure screen "$size" 8 "$(moves "$down" "$page" "$home")" \
                $program >"$work/$size/$name" </dev/null || rm "$work/$size/$name"
        done
    done
}

# --- the tables ---

# shown SIZE NAME FIGURE UNIT: - for what only qmc does
shown() {
    if [ ! -f "$work/$1/$2" ]; then
        echo absent
        return
    fi
    value=$(figure "$1/$2" "$3")
    if [ -n "$value" ] && [ "$4" = ms ]; then
        value=$(ms "$value")
    fi
    echo "${value:--}"
}

print_figures() {
    printf '\n%-6s %-38s %-3s %8s %9s %-6s %9s %9s %9s\n' \
        size console '' limit qmc '' htop mc tig
    figures | while read -r size run figure unit limit what; do
        value=$(shown "$size" "$run" "$figure" "$unit")
        printf '%-6s %-38s %-3s %8s %9s %-6s' "$size" "$what" "$unit" "$limit" \
            "$value" "$(verdict "$value" "$limit")"
        peers | while read -r peer _; do
            printf ' %9s' "$(shown "$size" "$peer" "$figure" "$unit")"
        done
        echo
    done
}

# Complete: until its last byte.
print_views() {
    printf '\n%-6s %-38s %8s %9s %-6s %8s %9s %-6s\n' \
        size view limit bytes '' limit complete ''
    for size in 80x24 120x40; do
        views | while read -r name _ what; do
            bytes=$(figure "$size/quiet" "$name.most")
            took=$(ms "$(figure "$size/quiet" "$name.done")")
            printf '%-6s %-38s %6s B %9s %-6s %5s ms %9s %-6s\n' "$size" "$what" \
                5000 "$bytes" "$(verdict "$bytes" 5000)" \
                30 "$took" "$(verdict "$took" 30)"
        done
    done
}

console() {
    measure_runs
    measure_peers
    print_figures
    print_views
}
