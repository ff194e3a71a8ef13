/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several lines of text being typed. A line that is too long for its place is
 * shown from where the cursor is still inside. */
#pragma once

#include "tui/draw.h"

struct lines;
/* UTF-8 that text_sanitise_lines() gave; at most max bytes can be typed. */
struct lines *lines_new(const char *text, gsize max);
void lines_free(struct lines *lines);
const char *lines_text(const struct lines *lines);
/* TRUE if the key is one of theirs: what field_key() takes, Enter, Tab, Up, Down,
 * PgUp, PgDn. Ctrl-U empties the line. */
gboolean lines_key(struct lines *lines, int key);
void lines_draw(struct lines *lines, struct rect area);
