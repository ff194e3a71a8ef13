/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What operations have in common that change the text of the store alone:
 * nothing runs but, where the qube has to be halted, its lock. */
#pragma once

#include "core/op-private.h"

struct hold;
struct prop_link;

/* Main, at the end of prepare. same: the store says so already, so nothing is
 * written. hold: it must be halted; taken, NULL: its state does not matter.
 * link: what changes outside the store; taken, NULL: nothing. `step` and `result`
 * are taken: "memory was 400, is 800 now"; "memory is 800". */
struct edit {
    gboolean same;
    struct hold *hold;
    struct prop_link *link;
    char *step, *result;
};
/* BUSY if the qube has another name than when its link was changed. */
gboolean edit_prepare(struct op *op, const struct edit *edit, GError **error);
gboolean edit_run(struct op *op, GError **error);
void edit_clear(struct op *op);
/* Main, in apply. */
gboolean edit_is_same(const struct op *op);

/* For fits(), with arguments that may not be known yet: NULL. */
const char *edit_arg(GHashTable *args, const char *name);

#define EDIT_DEADLINE_MS 60000
#define EDIT_STATES (~0u)
