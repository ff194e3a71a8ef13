#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make installcheck: the consumer is compiled through pkg-config against the
# files as they were installed. DESTDIR, libdir and pkgconfigdir are given.
set -eu
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
export PKG_CONFIG_PATH="$DESTDIR$pkgconfigdir${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"

# The paths in qmc.pc know nothing of DESTDIR.
flags=$(pkg-config --cflags --libs qmc | sed "s| -I$prefix| -I$DESTDIR$prefix|g;
    s|^-I$prefix|-I$DESTDIR$prefix|; s| -L$prefix| -L$DESTDIR$prefix|g")
# shellcheck disable=SC2086
$CC -std=gnu17 -Wall -Wextra -Werror -o "$work/consumer" \
    "$top_srcdir/tests/lint/consumer.c" $flags
LD_LIBRARY_PATH=$DESTDIR$libdir "$work/consumer"
