/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories of qubes that no qube of the store has: what is left where a create,
 * clone, rename or rm was cut off, or where an earlier store was restored
 * (spec/qubes-xml.md 6.8). Only those whose name a qube could have are ours, and none
 * that somebody is making now (home_make()). Where the name stands anywhere in the
 * store, in a comment too, it may be somebody's: what does not read as a qube may have
 * been one before a slip of the hand. */
#pragma once

#include "core/model.h"

struct leftover {
    char *path;   /* on this machine */
    char *name;   /* its last part */
    char *target; /* it is a link to that, and nothing behind it was looked at; NULL: none */
    guint images; /* files of it that end in .img, or are another one's revision */
    guint files;  /* all */
    guint64 used; /* bytes */
    char *doubt;  /* why it may be somebody's all the same; NULL: it is not */
    char *copy;   /* leftovers_recall(): kept copy of the store that has its qube */
    char *uuid;   /* that qube; NULL like copy: none has */
};

/* [W] Of the directories that the store and its pools have their qubes in, by path.
 * What cannot be looked at is left out. model: of the store that is there. */
GPtrArray *leftovers_find(const char *root, const struct model *model);
/* [W] Looks for whose they were in the kept copies, the newest first. */
void leftovers_recall(const char *root, GPtrArray *leftovers);
/* Whether the images of that qube may be in it; after leftovers_recall(). */
gboolean leftover_may_hold(const struct leftover *leftover, const struct qube *qube);
/* [W] The qube of the store that misses images which may be in it; NULL: none does.
 * After leftovers_recall(). */
const struct qube *leftover_claimant(const struct leftover *leftover,
                                     const struct model *model);
/* "2 images, 1.2 GiB", "nothing". Caller frees. */
char *leftover_words(const struct leftover *leftover);
/* [W] Whether it still is one by what the store says now, and may go; *words (NULL
 * ok) says what is in it, the caller's. path: as the findings have it, from the
 * working directory, or below root. NOTFOUND: it is none. STATE: it may be somebody's,
 * or hold the images that a qube misses.
 * BUSY: a loop device is on a file of it. Errors of the store. */
gboolean leftover_check(const char *root, const char *path, char **words,
                        GError **error);
/* [W] Deletes it with all that is in it, after that check. IO, DENIED. */
gboolean leftover_remove(const char *root, const char *path, GError **error);
