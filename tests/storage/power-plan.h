/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps with a few volumes, the same for the same seed, and a model of what they leave. */
#pragma once

#include <glib.h>

enum slot { BASE, PRIVATE, OTHER, SNAPSHOT, VOLATILE, SLOTS };

enum deed {
    CREATE, IMPORT, START, WRITE, STOP, GROW, SHRINK, CLONE, REVERT, REMOVE, DEEDS,
};

struct step {
    enum deed deed;
    enum slot slot, other; /* `other` is what CLONE takes from */
    int size;              /* of IMPORT, in MiB */
};

struct state {
    int text; /* the number of the step that wrote it, from 1; 0: zeros; -1: there is none */
    int size; /* in MiB */
};

struct disk {
    gboolean there, used;
    gboolean written;   /* since its start */
    struct state now;   /* what it has when the power comes back and it is stopped */
    struct state clean; /* what it had when it was started */
    struct state back;  /* its newest revision */
};

struct model {
    struct disk disks[SLOTS];
};

const char *deed_name(enum deed deed);
gboolean slot_saves(enum slot slot);

void model_init(struct model *model);
/* `number` is that of the step. */
void model_apply(struct model *model, const struct step *step, int number);

/* struct step; free with g_array_unref. */
GArray *plan_new(guint32 seed, guint count);
