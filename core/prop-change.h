/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing a property: what forbids it, and what else of the store follows
 * (spec/qubes-xml.md 2.1, 2.5-2.7). The live domain is not touched. Main
 * thread. A qube of NULL means the global properties; a value of NULL means
 * that the property follows its default again. */
#pragma once

#include "core/model.h"

/* NOTFOUND with the nearest name. */
const struct prop_row *change_row(const struct qube *qube, const char *name,
                                  GError **error);
/* INVALID: no such value; STATE: it is computed, given once, has no default, is
 * in use, or the qube is not halted, or new in 4.3 where 4.2 wrote the store; CONN: that is
 * not known. */
gboolean change_check(const struct model *model, const struct qube *qube,
                      const struct prop_row *row, const char *value,
                      GError **error);
/* TRUE if that is what the store says already. */
gboolean change_is_none(const struct model *model, const struct qube *qube,
                        const struct prop_row *row, const char *value);
/* The same without touching the qube: for one that is not in the model. */
void change_put(struct model *model, struct qube *qube, const struct prop_row *row,
                const char *value);
/* What change_check() allowed. Qubes that change are touched. */
void change_make(struct model *model, struct qube *qube,
                 const struct prop_row *row, const char *value);
/* STATE, with the command that mends it: what is changed of the qube would not get
 * into the store. */
gboolean change_is_kept(const struct qube *qube, GError **error);
/* The text of a property that stands in the store though no row knows it; NULL:
 * there is none of that name, or it is known. */
const char *change_unknown(const struct model *model, const struct qube *qube,
                           const char *name);
/* There is one. The qube is touched. */
void change_drop_unknown(struct model *model, struct qube *qube, const char *name);
/* Effective now, and after the change; NULL: none. Caller frees. */
char *change_before(const struct model *model, const struct qube *qube,
                    const struct prop_row *row);
/* The text that stands in the store though it cannot be used, so that the default
 * counts, or no qube; NULL: nothing. The model's. */
const char *change_bad(const struct model *model, const struct qube *qube,
                       const struct prop_row *row);
/* What the store says: change_bad(), else change_before(). Caller frees. */
char *change_said(const struct model *model, const struct qube *qube,
                  const struct prop_row *row);
char *change_after(const struct model *model, const struct qube *qube,
                   const struct prop_row *row, const char *value);
gboolean change_is_explicit(const struct model *model, const struct qube *qube,
                            const struct prop_row *row);
