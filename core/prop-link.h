/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a property is outside the store: a symbolic link that is there while it is
 * True (spec/qubes-xml.md 2.6). For the operations that change or make one. */
#pragma once

#include "core/op-private.h"

struct prop_link {
    char *path;
    const char *target; /* static: what it names */
    gboolean on;        /* whether it shall be there */
};

/* Main: for a qube of that name with that effective value. NULL: the property is
 * in the store alone. */
struct prop_link *prop_link_new(const char *root, const struct prop_row *row,
                                const char *name, const char *value);
void prop_link_free(struct prop_link *link);
/* Main: the step, for a dry run. */
void prop_link_plan(struct op *op, const struct prop_link *link);
/* [W] Makes or removes it, and pushes the undo. A system without the directory it
 * belongs in is a warning. */
gboolean prop_link_step(struct op *op, const struct prop_link *link, GError **error);
