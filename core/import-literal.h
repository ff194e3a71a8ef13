/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The literals of Python that stores of Qubes 2 and 3 have in attributes
 * (spec/qubes-xml.md 7.5): lists and dictionaries of quoted strings and
 * True or False, nothing else. Pure; the text is hostile. */
#pragma once

#include <glib.h>

/* More items, or a longer string, are INVALID. */
#define LITERAL_ITEMS_MAX 256
#define LITERAL_STRING_MAX 256

/* "none", "", "[]", "['x', \"y\"]", or as old files have it "x, y" without
 * brackets: char *. INVALID says at which character. */
GPtrArray *literal_list(const char *untrusted_text, GError **error);

struct literal_flag {
    char *name;
    gboolean on;
};
/* "none", "", "{}", "{'x': True, \"y\": False}": struct literal_flag. The last of
 * one name counts, and it is there once. */
GArray *literal_flags(const char *untrusted_text, GError **error);
