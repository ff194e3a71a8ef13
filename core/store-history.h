/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Earlier stores: the bounded history of our own saves, and the copies that
 * upstream makes at each boot and never looks at (spec/qubes-xml.md 6.5, 6.8).
 *
 * Ours are in LAYOUT_HISTORY, below upstream's directory: the same file system
 * as the store, so that a former store is kept as a hard link, with its mode and
 * group, and takes no room on a full disk. They are named and numbered as
 * history.h says: qubes-YYYYMMDDTHHMMSSZ-NNN.xml.
 *
 * A save that cannot keep the former store is refused. The change it would have
 * made is still in the user's hands and the reason is named; a store that was
 * overwritten without a copy is in nobody's. A link fails only where the next
 * save of the store would fail as well.
 *
 * Everything here may block [W] and uses a model of its own, never that of
 * main. What is read is hostile: sanitise before display. */
#pragma once

#include "core/history.h"
#include "core/store.h"

/* One store file, read. */
struct store_reading {
    struct store *store;
    struct model *model;
};
/* Errors as store_load(). root is what dir_path and the like are below. */
struct store_reading *store_reading_new(const char *root, const char *path,
                                        GError **error);
/* The same of a store that is in memory; does not block. */
struct store_reading *store_reading_new_bytes(const char *root, GBytes *bytes,
                                              GError **error);
void store_reading_free(struct store_reading *reading);
AUTO_DEFINE(store_reading, struct store_reading, store_reading_free)
/* The bytes that were read; the caller's reference. */
GBytes *store_reading_bytes(const struct store_reading *reading);
/* Findings of all qubes and of none, of at least this severity. */
guint store_reading_findings(const struct store_reading *reading,
                             enum severity severity);

/* Puts the bytes of a store in the place of the present one, if that is still the
 * file `present` (NULL: there is none), and that among the copies: *kept is its path
 * there, the caller's, NULL if there was none. Errors as store_save_run(). */
gboolean store_put(const char *root, GBytes *bytes, const struct file_stamp *present,
                   char **kept, GError **error);
/* Undoes that: what was kept is the store again, and where there was none the bytes
 * are removed. BUSY: they are not what is there. */
gboolean store_put_back(const char *root, GBytes *bytes, const char *kept,
                        GError **error);

/* The path the next former store goes to; makes the directory. */
char *store_history_place(const char *root, GError **error);

/* Thinned as all histories are: at most 86. */
extern const struct history_limits store_history_limits; /* 20, 24, 30, 12; 128 MiB */

/* Removes ours that are beyond the limits; never `kept` (a path: the one just made;
 * NULL: none was), and never the last that reads. kept_reads: it is known to, so
 * none has to be parsed for that. Failing is no harm. */
void store_history_prune(const char *root, const struct history_limits *limits,
                         const char *kept, gboolean kept_reads);

/* From the best down. */
enum copy_state {
    COPY_CLEAN,      /* reads, nothing to warn of */
    COPY_FINDINGS,   /* reads, with findings */
    COPY_EMPTY,      /* reads, and has no qube but dom0 */
    COPY_UNREADABLE,
};
const char *copy_state_word(enum copy_state state);

struct store_stake;
struct store_copy {
    char *id;        /* name of the file */
    char *path;
    gboolean ours;   /* else upstream's */
    gint64 time;     /* seconds, as the name says, else of the last change */
    gint64 since;    /* the same, or that of an older one of ours if that is later */
    guint64 size;
    enum copy_state state;
    guint qubes;     /* without dom0 */
    guint findings, stops;
    struct store_stake *stake; /* of putting it back; NULL: it does not read */
    char *trouble;   /* why it does not read; NULL: it does */
};

/* All copies, the best first: by state, then the fewest grave findings, then the
 * fewest qubes whose images would be missing, then the newest. Never by time alone:
 * the newest may be the broken one. At most COPIES_MAX of each directory are read,
 * the newest; *left_out (NULL ok) counts the others. A directory that is not there
 * has none; one that cannot be read is an error. */
#define COPIES_MAX 500
GPtrArray *store_copies_list(const char *root, guint *left_out, GError **error);

/* Below 0: a is older than b, both of one list. Those of ours by their numbers; the
 * machine's, which have none, by the time between them. */
int store_copy_compare_age(const struct store_copy *a, const struct store_copy *b);

/* What a user typed: a path (with a slash), an id, or a file of the working
 * directory. NOTFOUND. */
char *store_copy_path(const char *root, const char *word, GError **error);
