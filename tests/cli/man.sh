#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual names every verb, option and exit status the program knows.
. "$top_srcdir/tests/cli/tap.sh"

page=$top_srcdir/man/qmc.1
"$qmc" help >"$work/out" 2>"$work/err" </dev/null

# The lines of one section of the help.
section() { # HEADING
    sed -n "/^$1/,/^\$/{/^  /p}" "$work/out"
}

section Verbs | sed 's/^  //; s/   .*//; s/ [A-Z[].*//' >"$work/verbs"
section Options | grep -o -e '--[a-z-]*' | sort -u >"$work/options"
section Exit | awk '{ print $1 }' >"$work/statuses"
test "$(wc -l <"$work/verbs")" -ge 12 -a "$(wc -l <"$work/options")" -ge 13 \
    -a "$(wc -l <"$work/statuses")" -ge 11
ok "the help lists verbs, options and exit statuses"

while read -r verb; do
    grep -q "^\.It Cm $verb\( \|\$\)" "$page"
    ok "the manual has the verb '$verb'"
    # shellcheck disable=SC2086
    "$qmc" help $verb | sed -n '/^Options/,/^$/p' |
        grep -o -e '^  [-a-z, ]*--[a-z-]*' | grep -o -e '--[a-z-]*' \
        >>"$work/options"
done <"$work/verbs"

while read -r option; do
    grep -q -e "Fl -${option#--}\( \|\$\)" "$page"
    ok "the manual has the option '$option'"
done <"$work/options"

sed -n '/^\.Sh EXIT STATUS/,/^\.El/p' "$page" >"$work/exit"
while read -r status; do
    grep -q "^\.It $status\$" "$work/exit"
    ok "the manual has the exit status $status"
done <"$work/statuses"

# Styles are matters of taste: names of our own, pages not installed here.
if command -v mandoc >/dev/null 2>&1; then
    mandoc -T lint -W warning "$page" >"$work/out" 2>"$work/err"
    ok "mandoc has nothing to say"
else
    skip "mandoc has nothing to say" "no mandoc"
fi

finish
