/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Qubes that leave the store together, with what they have on disk: one that is
 * removed, and the disposables that are kept ready of it (spec/qubes-xml.md 8.4,
 * 5a). For operations: the store is saved without them before anything is deleted. */
#pragma once

#include "core/op-private.h"

struct removals;

/* Main: none yet. `of`: whose preloaded disposables have to be among them when the
 * store changes. Errors begin with "cannot VERB". */
struct removals *removals_new(struct op *op, const struct qube *of, const char *verb);
void removals_free(struct removals *removals);
/* Main: copies what a worker needs, and plans its end. What nobody can tell to be its
 * own stays (kept.h). */
void removals_add(struct removals *removals, struct op *op, const struct qube *qube);
/* The same for each preloaded disposable of `of`. BUSY if one came while the operation
 * ran: `former` is what it has locked. */
gboolean removals_add_preloaded(struct removals *removals, struct op *op,
                                const struct removals *former, GError **error);
/* [W] STATE unless all are halted, and nobody else has data in their directories
 * (tenant.h). */
gboolean removals_look(const struct removals *removals, struct op *op, GError **error);
/* [W] The same, and all are locked and have no definition any more: their next start
 * would make it anew, so that nothing is to be taken back. */
gboolean removals_take(struct removals *removals, struct op *op, GError **error);
/* Main, in apply: those who are there still leave the model. BUSY as above. */
gboolean removals_apply(const struct removals *removals, struct op *op, GError **error);
/* [W] Once the store is saved: as much as can be is deleted; PARTIAL with the first
 * thing that stays. */
gboolean removals_finish(const struct removals *removals, struct op *op, GError **error);

/* STATE, naming it, if a preloaded disposable of the qube is known to run, or in use
 * elsewhere. */
gboolean removal_preloaded_fit(const struct model *model, const struct qube *qube,
                               const char *verb, GError **error);
/* "its preloaded disposables 'disp1', 'disp2' are removed with it"; NULL: it has none.
 * Caller frees. */
char *removal_preloaded_text(const struct model *model, const struct qube *qube);
