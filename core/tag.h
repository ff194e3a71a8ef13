/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tags of qubes (spec/qubes-xml.md 3.4, 4.4). */
#pragma once

#include <glib.h>

/* Not empty, of letters, digits, _ and -. */
gboolean tag_valid(const char *tag);
/* The same; INVALID names it. */
gboolean tag_check(const char *tag, GError **error);
