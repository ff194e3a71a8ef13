#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Sizes by folder, and the ones that are too large: functions over 100 lines,
# files over 800, more than five parameters (GError ** and ... are not counted).
. "$top_srcdir/tests/lint/lint.sh"

files_too_long() {
    # shellcheck disable=SC2086
    sources $tree tests | xargs wc -l |
        awk '$2 != "total" && $1 > 800 { print $2 ": " $1 " lines" }'
}

# "FILE NAME FIRST LAST SIGNATURE" for each function
functions() {
    # shellcheck disable=SC2086
    sources $tree tests | grep '\.c$' |
        ctags -L - -o - --languages=C --kinds-C=f --fields=+neS --sort=no -x \
            --_xformat='%F %N %n %e %S'
}

report() { # on stdin: functions
    awk '{ split($1, part, "/"); print part[1], $4 - $3 + 1 }' | sort -k1,1 -k2,2n |
        awk '
            function flush() {
                if (!n)
                    return
                printf "# %-8s %5d functions, median %3d, 95%% %3d, longest %3d lines\n",
                    folder, n, size[int((n + 1) / 2)], size[int(n * 0.95 + 0.999)], size[n]
            }
            $1 != folder { flush(); folder = $1; n = 0 }
            { size[++n] = $2 }
            END { flush() }'
}

# Callbacks get the parameters their library hands them.
too_many_parameters() {
    awk -v given=' util/xml.c:xml_on_start ' '
        {
            count = $0
            sub(/^[^(]*\(/, "", count)
            sub(/\)[^)]*$/, "", count)
            while (gsub(/\([^()]*\)/, "", count))
                ;
            sub(/, *GError \*\* *[a-z]+$/, "", count)
            sub(/, *\.\.\.$/, "", count)
            commas = gsub(/,/, "", count)
            if (commas > 4 && !index(given, " " $1 ":" $2 " "))
                print $1 ": " $2 " takes " commas + 1 " parameters"
        }'
}

result 'no file over 800 lines' "$(files_too_long)"
if ctags --version 2>/dev/null | grep -q 'Universal Ctags'; then
    list=$(functions)
    printf '%s\n' "$list" | report
    result 'no function over 100 lines' "$(printf '%s\n' "$list" |
        awk '$4 - $3 + 1 > 100 { print $1 ": " $2 " has " $4 - $3 + 1 " lines" }')"
    result 'no function with over 5 parameters' \
        "$(printf '%s\n' "$list" | too_many_parameters)"
else
    skip 'sizes of functions' 'no Universal Ctags'
fi
finish
