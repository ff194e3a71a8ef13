#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every file of the repository is in the tarball.
. "$top_srcdir/tests/lint/lint.sh"

known=$(git ls-files 2>/dev/null) # nothing in a tarball: it is what was listed

# Files in no list and below no listed folder; of the top folder's dot files
# none has to travel.
missing() {
    {
        listed | sed 's/^/listed /'
        printf '%s\n' "$known" | grep -v '^\.\|/\.gitignore$' | sed 's/^/known /'
    } | awk '
        { path = substr($0, length($1) + 2) }
        $1 == "listed" { listed[path] = 1; next }
        {
            file = path
            while (!(path in listed) && sub(/\/[^\/]*$/, "", path))
                ;
            if (!(path in listed))
                print file " is in no list of a Makemodule.am"
        }'
}

if [ -z "$known" ]; then
    skip 'every file is listed for dist' 'no git repository'
else
    result 'every file is listed for dist' "$(missing)"
fi
finish
