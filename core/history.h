/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of what is replaced (the store, the firewall rules of a qube), in one
 * directory: STEM-YYYYMMDDTHHMMSSZ-NNN.xml, after the moment they were replaced (UTC)
 * and numbered in the order of their making, over all of one stem: a clock may be
 * wrong or set, so it is the number that says which is newer. One without a number is
 * older than all that have one. All of this may block [W]. */
#pragma once

#include <glib.h>

/* Whether that is the name of a copy. */
gboolean history_has(const char *stem, const char *name);
/* Below 0: a is older than b, two names of one stem. */
int history_compare(const char *a, const char *b);
/* The names that fit, the older first; a directory that is not there has none. NULL:
 * it cannot be read. */
GPtrArray *history_names(const char *dir, gboolean (*fits)(const char *name),
                         GError **error);
/* The path the next one goes to; makes the directory. Caller frees. */
char *history_place(const char *dir, const char *stem, GError **error);

/* They are thinned by age, so that no number of changes in a row pushes out what
 * stood before: the newest stay; beyond them the first of each hour, of each day,
 * and of each month (UTC), for so many of these as have any. The first of a period
 * is the file as it was when that began, so the one that stood longest, and the
 * first of a day is the first of its hour: nothing that is wanted later goes
 * before. Only names are looked at, no clock: where nothing is changed for years
 * nothing goes, and what a clock that was ahead has named is as old as its number.
 * With that the number is bounded; the oldest go until the size is, too. */
struct history_limits {
    guint recent, hours, days, months;
    guint64 bytes;
};
/* What the last one of must not go; `is` NULL: there is no such. */
struct history_good {
    gboolean (*is)(const char *path, gconstpointer data);
    gconstpointer data;
};
/* Removes those beyond the limits; never `kept` (a path: the one just made; NULL: none
 * was), and never the last that is good (NULL: each is). Failing is no harm. */
void history_prune(const char *dir, const char *stem, const struct history_limits *limits,
                   const char *kept, const struct history_good *good);
