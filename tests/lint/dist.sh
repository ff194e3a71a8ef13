#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every file of the repository is in the tarball.
. "$top_srcdir/tests/lint/lint.sh"

list=$top_builddir/tests/lint/dist.list
known=$(git ls-files 2>/dev/null) # nothing in a tarball: it is what was listed

# Files in no list and below no listed folder; of the top folder's dot files
# none has to travel.
missing() {
    printf '%s\n' "$known" | grep -v '^\.\|/\.gitignore$' | awk -v list="$list" '
        BEGIN {
            while ((getline path < list) > 0) {
                sub(/^.*\.\.\//, "", path)
                listed[path] = 1
            }
        }
        {
            path = $0
            while (!(path in listed) && sub(/\/[^\/]*$/, "", path))
                ;
            if (!(path in listed))
                print $0 " is in no list of a Makemodule.am"
        }'
}

if [ -z "$known" ]; then
    skip 'every file is listed for dist' 'no git repository'
else
    result 'every file is listed for dist' "$(missing)"
fi
finish
