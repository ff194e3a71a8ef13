/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What operations have in common that put another store in the place of the
 * present one. It need not be readable, so the engine's own save is no way. */
#pragma once

#include "core/op-private.h"
#include "core/store-history.h"

/* What becomes of it, and the way back. */
struct put {
    char *root;
    char *gone;    /* the qubes that would go and the damage, as the question said
                    * them; NULL: it said nothing */
    gboolean foreign; /* of another system */
    GBytes *bytes; /* what was put; NULL: nothing yet */
    char *kept;    /* the path of what was the store; NULL: there was none */
};
void put_init(struct put *put, struct op *op);
void put_clear(struct put *put);

/* Worker, in weigh: what becomes of qubes and images if `other` takes the place of the
 * present store; foreign as in store_stake_new(). */
void put_weigh(const char *root, GHashTable *args, const struct store_reading *other,
               gboolean foreign);
/* Main, by what was weighed: L3 if some of that is grave, else `otherwise`; L3 too if
 * nothing was. */
enum confirm put_strength(GHashTable *args, enum confirm otherwise);
/* Main: that clause, with `tail` behind it; the caller's. */
char *put_stake(GHashTable *args, const char *tail);
/* Main, in prepare of a dry run: all of it. */
void put_plan(struct op *op);
/* There is a store, readable or not. */
gboolean put_over(GHashTable *args);

/* [W] STATE if a guest runs that the other store would not know: another UUID for its
 * name, or another name for its UUID. Its images would be taken for idle ones. Where the
 * hypervisor does not answer nobody can tell, and nothing is refused. */
gboolean put_check_guests(struct op *op, const struct put *put,
                          const struct store_reading *other, GError **error);
/* Worker, in run: replaces it and pushes the undo; put stays until clear. BUSY: other
 * qubes would go than those the question named. */
gboolean put_run(struct op *op, struct put *put, const struct store_reading *other,
                 GError **error);
