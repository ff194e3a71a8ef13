/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is on the disk and is the present of no volume: what may go of one, and what is in
 * a pool without being of any (spec/storage.md 7.6). Found only; nothing here deletes. */
#pragma once

#include <glib.h>

struct pool;

enum remain_kind {
    REMAIN_TEMPORARY, /* work that was cut off */
    REMAIN_IMPORT,    /* content that did not become a state */
    REMAIN_SCRATCH,   /* of a run that is over, and a stop would throw it away */
    REMAIN_PRECACHE,  /* prepared for a start, of a state that is not the present */
    REMAIN_REVISION,  /* an earlier state */
    REMAIN_IMAGE,     /* of no volume */
    REMAIN_DIRECTORY, /* with all that is in it, of no volume and no qube */
    REMAIN_KINDS,
};

struct remain {
    enum remain_kind kind;
    char *name;     /* in the pool, as its driver says: "appvms/x/root.img", an LV */
    guint64 used;   /* bytes; what it shares with others counts, and does not come back */
};

/* struct remain; the caller's. */
GPtrArray *remains_new(void);
/* name is copied. */
void remains_add(GPtrArray *remains, enum remain_kind kind, const char *name, guint64 used);
guint64 remains_used(const GPtrArray *remains);
void remains_sort(GPtrArray *remains); /* by name */
/* "revision", as in tables and JSON. */
const char *remain_kind_word(enum remain_kind kind);
/* "2 earlier states, 1 unfinished import"; "nothing". Caller frees. */
char *remains_words(const GPtrArray *remains);

/* Who has something in a pool, for pool_orphans(). */
struct pool_claims {
    GHashTable *vids;  /* of all volumes that the store has there */
    GHashTable *homes; /* "appvms/work": directories of qubes, whatever is in them */
};
