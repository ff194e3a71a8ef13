#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Includes point one way, private headers stay in their folder, and every
# library has one user (design: ARCHITECTURE.md).
. "$top_srcdir/tests/lint/lint.sh"

# "FILE HEADER" for each #include "HEADER"
includes() {
    # shellcheck disable=SC2086
    sources $tree | xargs awk '
        /^[ \t]*#[ \t]*include[ \t]*"/ { split($0, part, "\""); print FILENAME, part[2] }'
}

# Rows: folder, folders its files may include.
layers() {
    includes | awk '
        BEGIN {
            may["util"] = " util "
            may["hv"] = " hv util "
            may["storage"] = " storage util "
            may["core"] = " core storage hv util "
            may["cli"] = " cli core util "
            may["tui"] = " tui core util help "
        }
        $2 == "config.h" { next }
        $1 == "cli/main.c" && $2 == "tui/tui.h" { next }
        {
            split($1, file, "/"); split($2, header, "/")
            if (!index(may[file[1]], " " header[1] " "))
                print $1 " includes " $2
        }'
}

private() {
    includes | awk '
        $2 ~ /-private\.h$/ {
            split($1, file, "/"); split($2, header, "/")
            if (file[1] != header[1])
                print $1 " includes " $2
        }'
}

# users PATTERN ALLOWED: files that include a header like PATTERN and do not
# match ALLOWED
users() {
    # shellcheck disable=SC2086
    sources $tree | xargs grep -lE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<($1)" |
        grep -vE "^($2)$"
}

# Rows: library, its headers, its users.
while read -r library headers allowed; do
    result "$library has one user" "$(users "$headers" "$allowed")"
done <<'ROWS'
ncurses       (ncursesw?/)?(n?curses|term|form|menu|panel)\.h  tui/.*
libvirt       libvirt/                                         hv/.*
libdevmapper  libdevmapper\.h                                  storage/dm\.c
libxml2       libxml/                                          util/xml\.c
OpenSSL       openssl/                                         util/crypt\.c
libarchive    archive(_entry)?\.h                              core/backup-.*
libyaml       yaml\.h                                          core/backup-profile\.c
json-glib     json-glib/                                       cli/out[a-z-]*\.[ch]
Check         check\.h                                         none
ROWS

result 'includes point one way' "$(layers)"
result 'private headers stay in their folder' "$(private)"
finish
