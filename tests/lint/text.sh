#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What every file has to say and must not: licence, "config.h" first, no tabs
# or overlong lines in C, no path of the machine it was written on.
. "$top_srcdir/tests/lint/lint.sh"

licence() { # EXPRESSION FOLDER...
    wanted=$1
    shift
    sources "$@" | while read -r file; do
        head -n 1 "$file" | grep -q "SPDX-License-Identifier: $wanted " ||
            echo "$file: first line does not say $wanted"
    done
}

config_first() {
    # shellcheck disable=SC2086
    sources $tree tests | grep '\.c$' | while read -r file; do
        # a consumer of the installed library has none
        case $file in tests/lint/consumer.c) continue ;; esac
        [ "$(grep -m 1 '^#include' "$file")" = '#include "config.h"' ] ||
            echo "$file: first include is not \"config.h\""
    done
}

long_lines() {
    # shellcheck disable=SC2086
    sources $tree tests | xargs awk '
        length($0) > 100 { print FILENAME ":" FNR ": " length($0) " columns" }
        /\t/ { print FILENAME ":" FNR ": a tab" }
        /[ \t]$/ { print FILENAME ":" FNR ": blanks at the end" }'
}

# Not the tree as it lies there: it may be the build directory, too.
text_files() {
    listed | grep -vE '^(configure|aclocal\.m4|Makefile\.in|config\.h\.in|m4/.*|build-aux/.*)$' |
        while read -r path; do find "$path" -type f; done
}

# People's homes anywhere; and where this very tree and its build lie.
machine_paths() {
    text_files | xargs grep -nIE \
        '(^|[^[:alnum:]_$}/.)"'\''-]|[^[:alnum:]_}]["'\''])/(home|root|Users)/[[:alnum:]]' |
        grep -v '^tests/lint/text\.sh:'
    for dir in "$top_srcdir" "$top_builddir"; do
        case $dir in
        /*/*/*) text_files | xargs grep -nIF "$dir/" ;;
        esac
    done
}

result 'library code is LGPL' "$(licence LGPL-2.1-or-later util hv storage core)"
result 'programs and tests are GPL' "$(licence GPL-2.0-or-later cli tui tests)"
result '"config.h" comes first' "$(config_first)"
result 'no tabs, no trailing blanks, at most 100 columns' "$(long_lines)"
result 'no path of a machine' "$(machine_paths)"
finish
