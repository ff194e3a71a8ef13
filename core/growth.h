/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast a figure grows, from samples of this process (ux.md 4.9). Nothing is said that
 * was not watched long enough. Main thread. */
#pragma once

#include <glib.h>

/* Empty; g_array_unref() it. */
GArray *growth_new(void);
/* Each reading; few of them are kept, none for longer than a day. One that falls by a
 * good part begins anew: somebody tidied up. */
void growth_add(GArray *growth, gint64 at_us, guint64 bytes);
/* For how long it is watched, in seconds. */
gint64 growth_watched(const GArray *growth);
/* Bytes per day; may be negative. FALSE: not watched long enough. */
gboolean growth_rate(const GArray *growth, double *per_day);
/* Seconds until `size` is reached. FALSE: it does not grow, or not steadily, or that is
 * further away than what was watched can tell. */
gboolean growth_full_in(const GArray *growth, guint64 size, gint64 *seconds);

/* "+1.2G/h", "+0.4G/day", "0"; NULL: not known. The caller's. */
char *growth_rate_text(const GArray *growth);
/* "~5d", "~7h"; the same in words: "about 5 days". The caller's. */
char *growth_time_text(gint64 seconds);
char *growth_time_words(gint64 seconds);
