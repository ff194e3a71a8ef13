/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What LVM has, as one reading of it said (spec/storage.md 2.4, L-7). A table is shared
 * by the process and never changes; whoever asks for a newer one gets another. */
#pragma once

#include "storage/lvm-cmd.h"
#include "util/auto.h"

struct lvm_entry {
    const char *vg, *lv;
    const char *pool;   /* its thin pool; "" */
    const char *origin; /* what it is a snapshot of; "" also if that is gone */
    const char *tags;   /* with commas between them */
    const char *attr;   /* ten letters, see lvs(8) */
    guint64 size, used; /* bytes; of one that is not active 0 are used */
    guint64 extent;     /* its size is a multiple of that */
    guint64 free;       /* of its volume group */
    guint data;         /* hundredths of a percent */
    gboolean has_metadata; /* what follows is known */
    guint64 metadata_size, metadata_used;
    guint metadata;     /* hundredths of a percent */
    gboolean needs_check;
    char *line;         /* that holds the texts */
    char *key;
};

struct lvm_table;
struct lvm_table *lvm_table_ref(struct lvm_table *table);
void lvm_table_unref(struct lvm_table *table);
AUTO_DEFINE(lvm_table, struct lvm_table, lvm_table_unref)

/* How old what one relies on may be when one asks. */
enum lvm_age {
    LVM_FRESH = 200,    /* ms: who looks at what nobody has a lock of: a whole pool */
    LVM_RECENT = 2000,  /* who looks at a volume; with lvm_table_outdate() when he took its
                         * lock also who changes it: it is not from before that then */
    LVM_SHOWN = 30000,  /* who shows it */
};

/* None that there is now is believed any more: others may have changed what it says. No age
 * would do in its place: a qube may have started since. */
void lvm_table_outdate(void);
/* [W] That of the process, or a new one if it is older or something was changed since.
 * Of many who ask at once one reads, for all. A failure is believed for some seconds. */
struct lvm_table *lvm_table_get(enum lvm_age age, GError **error);
/* Reads the output of LVM_LIST. IO, naming the line, if it is none. */
struct lvm_table *lvm_table_parse(const char *untrusted_text, GError **error);

/* NULL: there is none. Lives as long as the table. */
const struct lvm_entry *lvm_table_find(const struct lvm_table *table, const char *vg,
                                       const char *lv);
/* Those of the volume group whose name begins so, in the order of their names: how many,
 * and the first of them, at which they follow each other. */
guint lvm_table_range(const struct lvm_table *table, const char *vg, const char *prefix,
                      const struct lvm_entry *const **first);
guint lvm_table_length(const struct lvm_table *table);

/* [W] lvm_run(), after which no older table is believed, whatever came of it. */
gboolean lvm_change(const struct lvm_request *request, GError **error);
