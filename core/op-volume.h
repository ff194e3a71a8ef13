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
/* In apply: the store says the size that it has now. */
void op_volume_put_size(struct op *op, guint64 size);
