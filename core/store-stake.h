/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of the qubes, and of their images, if one store takes the place of
 * another: what a restore or an import has to say before it is done. A qube is the
 * same if its UUID is; by its name alone only where one of both has none. */
#pragma once

#include "core/store-history.h"

/* In the order in which a question says them. */
enum stake_kind {
    STAKE_DAMAGED, /* the check stops at it; name: its qube or NULL, of: why */
    STAKE_LOST,    /* goes */
    STAKE_OTHER,   /* another qube of this name comes in its place */
    STAKE_ABSENT,  /* lacks images on disk that are in use now by no name; of: the first */
    STAKE_ADOPTED, /* a qube that comes has what is there; of: its directory */
    STAKE_LEFT,    /* its images are no qube's any more; of: their directory */
    STAKE_RENAMED, /* of: its name then */
    STAKE_GOT,     /* comes */
};
#define STAKE_KINDS (STAKE_GOT + 1)

struct stake_item {
    char *name; /* as in the store it is in, the present one if in both. Hostile */
    char *of;   /* paths are below root; NULL: nothing to say */
};

struct store_stake {
    GPtrArray *items[STAKE_KINDS]; /* struct stake_item */
};

/* [W] other in the place of present (NULL: there is none that reads). foreign: it is
 * of another system, so what is on this one's disk was never its qubes', and what it
 * lacks there is not looked for. */
struct store_stake *store_stake_new(const char *root, const struct store_reading *present,
                                    const struct store_reading *other, gboolean foreign);
void store_stake_free(struct store_stake *stake);
AUTO_DEFINE(store_stake, struct store_stake, store_stake_free)

/* "lost" */
const char *stake_kind_word(enum stake_kind kind);
/* Whether it takes the name of the thing typed. */
gboolean stake_kind_grave(enum stake_kind kind);
/* An item for a reader, on one line: "'work' becomes 'wurk'". Caller frees. */
char *stake_item_text(enum stake_kind kind, const struct stake_item *item);
/* What is said of items, their texts being joined: "the store loses 'a', 'b'". Caller
 * frees. */
char *stake_kind_clause(enum stake_kind kind, const char *texts);
