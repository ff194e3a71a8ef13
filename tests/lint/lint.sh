# SPDX-License-Identifier: GPL-2.0-or-later
# What the lints share. Sourced; needs top_srcdir and top_builddir. Works from a
# read-only tarball as well: the tree is searched, git is not asked.

tree='util hv storage core cli tui'
lint_count=0
cd "$top_srcdir" || exit 99

# result NAME COMPLAINTS: passed if there are none.
result() {
    lint_count=$((lint_count + 1))
    if [ -z "$2" ]; then
        echo "ok $lint_count - $1"
    else
        echo "not ok $lint_count - $1"
        printf '%s\n' "$2" | sed 's/^/# /'
    fi
}

skip() { # NAME REASON
    lint_count=$((lint_count + 1))
    echo "ok $lint_count - $1 # SKIP $2"
}

finish() {
    echo "1..$lint_count"
}

# What make dist packs, as make wrote it down, as paths below top_srcdir.
# Folders stand for all they contain.
listed() {
    sed "s|^$top_srcdir/||; s|^.*\.\./||; s|^\./||" "$top_builddir/tests/lint/dist.list" | sort -u
}

# sources FOLDER...: the C files below
sources() {
    find "$@" -name '*.[ch]' | sort
}
