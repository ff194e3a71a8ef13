#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every header compiles alone.
. "$top_srcdir/tests/lint/lint.sh"

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

# By #include and not as the main file, where #pragma once is a warning.
# shellcheck disable=SC2086
complaints() { # HEADER
    printf '#include "%s"\n' "$1" >"$work/alone.c"
    $CC -std=gnu17 -D_GNU_SOURCE -fsyntax-only -Werror -Wall -Wextra \
        -Wno-unused-parameter -Wno-unused-function \
        -I"$top_srcdir" -I"$top_srcdir/util" -I"$top_builddir" $LIB_CFLAGS \
        "$work/alone.c" 2>&1 | head -n 5
}

for folder in $tree; do
    result "each header of $folder compiles alone" "$(
        find "$folder" -name '*.h' | sort | while read -r header; do
            complaints "$header"
        done)"
done
finish
