/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What operations on one volume of a qube share. Main thread. */
#pragma once

#include "core/op.h"

/* The one that the argument `volume` names. NOTFOUND, or why it cannot be used. */
const struct volume_config *op_volume(const struct model *model,
                                      const struct qube *qube, GHashTable *args,
                                      GError **error);
/* "work:private", the object of its question; the caller's. */
char *op_volume_object(const struct qube *qube, GHashTable *args);
/* What vol-set changes, ended by NULL. Of one of them: the words it can be (ended by
 * NULL; NULL: a number), that in a clause, and what it is, the caller's. NULL: there is
 * no such one. */
const char *const *op_vol_set_names(void);
const char *const *op_vol_set_choices(const char *name);
const char *op_vol_set_values(const char *name);
char *op_vol_set_now(const struct volume_config *config, const char *name);
/* In apply: the store says the size that it has now. */
void op_volume_put_size(struct op *op, guint64 size);
