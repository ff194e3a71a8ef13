/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of text being typed. */
#pragma once

#include "tui/draw.h"

struct field;
struct field *field_new(const char *text);
void field_free(struct field *field);
const char *field_text(const struct field *field);
void field_set(struct field *field, const char *text);
/* Shows a text that the first character typed replaces. */
void field_suggest(struct field *field, const char *text);
/* TRUE if the key is one of a field's: characters, Backspace, Del, arrows,
 * Home, End, Ctrl-U. */
gboolean field_key(struct field *field, int key);
/* Puts the cursor into it if it has the focus. */
void field_draw(const struct field *field, int y, int x, int width,
                gboolean focus);
