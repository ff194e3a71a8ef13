/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a qube that is not in the store yet comes to be: directory and volumes
 * first, each step undone if a later one fails, its entry last
 * (spec/qubes-xml.md 8.1, 8.3). For the operations that make one. */
#pragma once

#include "core/op-private.h"

struct hold;

struct birth {
    struct qube *qube;   /* NULL: in the model by now */
    char *home;          /* NULL: its class has no directory */
    int home_fd;         /* of home_make(), until the store names it; -1 */
    GPtrArray *volumes;  /* struct volume, to be created */
    GPtrArray *sources;  /* as many: struct volume to copy, or NULL */
    char *like;          /* directory whose firewall rules it gets; NULL: none */
    gboolean notes;      /* and whose notes */
    const char *left_out; /* static: what the result adds; NULL: nothing */
    GPtrArray *links;    /* struct prop_link, to be made */
    struct hold *hold;   /* of the qube that is copied; NULL: none */
    char *images;        /* what is to be made, as text */
    char *made;          /* the same of what was made; NULL: nothing yet */
};

/* Main, in prepare: takes the draft; NULL with the reason if it can have no
 * volumes. from: whose content is copied, NULL: nobody's; `fresh`: the volume
 * that is not copied even so, NULL: none. */
struct birth *birth_new(struct op *op, struct qube *draft, const struct qube *from,
                        const char *fresh, GError **error);
void birth_free(struct birth *birth);
/* Main: the steps, for a dry run. */
void birth_plan(struct op *op, const struct birth *birth);

/* [W] Pushes the undo of a directory, of a volume that is made. */
void birth_push_home(struct op *op, const char *home);
void birth_push_volume(struct op *op, struct volume *volume);
void birth_volume_drop(gpointer volume); /* a reference less; NULL is fine */

/* [W] Whether what it will have is there already. */
gboolean birth_look(struct op *op, GError **error);
/* [W] */
gboolean birth_make(struct op *op, GError **error);
/* Main: the qube is in the model; op->data is the birth in all of these. */
gboolean birth_enter(struct op *op, GError **error);
void birth_clear(struct op *op);
