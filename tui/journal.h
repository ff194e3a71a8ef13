/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened, in the words of the event line: the last so many sentences.
 * Main thread. */
#pragma once

#include <glib.h>

#define JOURNAL_MAX 1000

struct journal_entry {
    guint number;      /* counts from 1 and is never used again */
    gint64 at;         /* seconds since the epoch */
    gboolean warning;
    char uuid[37];     /* "": of no qube */
    char *subject;     /* its name then; "" if there is none */
    char *text;        /* the whole sentence */
    const char *brief; /* the end of it that does not repeat the subject */
};

struct journal;
struct journal *journal_new(void);
void journal_free(struct journal *journal);
/* uuid and subject may be NULL. Forgets the oldest beyond JOURNAL_MAX. */
void journal_add(struct journal *journal, const char *uuid, const char *subject,
                 gboolean warning, const char *text);
/* Number of the newest; 0: there is none. */
guint journal_last(const struct journal *journal);
guint journal_length(const struct journal *journal);
/* 0 is the oldest. */
const struct journal_entry *journal_at(const struct journal *journal, guint i);
/* NULL: forgotten. */
const struct journal_entry *journal_find(const struct journal *journal,
                                         guint number);
