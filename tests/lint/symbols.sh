#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# libqmc.so exports what core/qmc.sym lists, no more and no less.
. "$top_srcdir/tests/lint/lint.sh"

library=$top_builddir/.libs/libqmc.so
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

sort core/qmc.sym >"$work/listed"
nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $3); print $3 }' |
    sort >"$work/exported"
result 'exported symbols are the listed ones' \
    "$(diff "$work/listed" "$work/exported" 2>&1 | sed -n 's/^</not exported:/p; s/^>/not listed:/p')"

grep -hoE '\bqmc_[a-z_]+ *\(' core/qmc.h util/qmc-error.h | tr -d ' (' | sort -u \
    >"$work/declared"
result 'public headers declare the listed ones' \
    "$(diff "$work/listed" "$work/declared" | sed -n 's/^</not declared:/p; s/^>/not listed:/p')"
finish
