/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What operations have in common that put another store in the place of the
 * present one. It need not be readable, so the engine's own save is no way. */
#pragma once

#include "core/op-private.h"
#include "core/store-history.h"

/* What becomes of it, and the way back. */
struct put {
    char *root;
    char *gone;    /* names of the qubes that would go, as the question said them,
                    * a line each; NULL: it said none */
    GBytes *bytes; /* what was put; NULL: nothing yet */
    char *kept;    /* the path of what was the store; NULL: there was none */
};
void put_init(struct put *put, struct op *op);
void put_clear(struct put *put);

/* Worker, in weigh: what `other` lacks and has more than the present store. */
void put_weigh(const char *root, GHashTable *args, const struct store_reading *other);
/* Main, by what was weighed: L3 if qubes would go, else `otherwise`; L3 too if
 * nothing was. */
enum confirm put_strength(GHashTable *args, enum confirm otherwise);
/* Main: that clause, with `tail` behind it; the caller's. */
char *put_stake(GHashTable *args, const char *tail);
/* Main, in prepare of a dry run: all of their names. */
void put_plan(struct op *op);
/* There is a store, readable or not. */
gboolean put_over(GHashTable *args);

/* Worker, in run: replaces it and pushes the undo; put stays until clear. BUSY: other
 * qubes would go than those the question named. */
gboolean put_run(struct op *op, struct put *put, const struct store_reading *other,
                 GError **error);

/* "'a', 'b' and 3 more" of lines. */
char *put_names(const char *lines, guint most);
