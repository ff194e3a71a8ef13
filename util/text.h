/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text for eyes: display sanitiser, column width, sizes. Pure functions. */
#pragma once

#include <glib.h>

/* A copy that is safe on any terminal: valid UTF-8, printable. Bytes that are
 * no UTF-8, C0 and C1 controls, and unassigned code points become '?'; bidi
 * controls, zero-width and other format characters are dropped; TAB and LF
 * become a space. len < 0: NUL-terminated. NULL gives "". Never fails. */
char *text_sanitise(const char *untrusted, gssize len);

/* The same for a value that stands on a line: TAB and LF are seen, as \t and \n. */
char *text_sanitise_value(const char *untrusted, gssize len);

/* The same for text of several lines: TAB and LF stay. */
char *text_sanitise_lines(const char *untrusted, gssize len);

/* What is shown for one character: itself, ' ', '?', or 0 for nothing. */
gunichar text_shown(gunichar c);

/* Terminal columns of a sanitised string. Does not depend on the locale. */
int text_width(const char *text);

enum text_align { TEXT_LEFT, TEXT_RIGHT };

/* Exactly `columns` columns: padded with blanks, or cut with a final '~' (a
 * one-column mark that exists in every character set). A wide character that
 * would be split is replaced by a blank. */
char *text_fit(const char *text, int columns, enum text_align align);

/* "0", "512", "1.0K", "20.0G": binary units, one decimal, rounded to nearest. */
char *text_size(guint64 bytes);
/* "20.0 GiB" for sentences. */
char *text_size_long(guint64 bytes);

/* Parses what a user types: "40G" = "40GiB" = "40960M" = "42949672960";
 * "40GB" is decimal; a fraction ("1.5G") is allowed; blanks around, and one
 * between number and unit, are allowed; units in either case. 0, negative,
 * over 2^63-1, and rubbish are INVALID with a sentence that says what is
 * accepted. *bytes is untouched on failure. */
gboolean text_size_parse(const char *text, guint64 *bytes, GError **error);

/* A strict decimal integer within [min, max], the whole string. `what` names
 * it in the message. */
gboolean text_int_parse(const char *text, gint64 min, gint64 max,
                        const char *what, gint64 *out, GError **error);

/* Quotes for pasting into a shell: unchanged if harmless, else '...'. */
char *text_shell_quote(const char *text);
