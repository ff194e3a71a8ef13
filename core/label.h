/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels beyond the eight that are always there (spec/qubes-xml.md 3.3). Main
 * thread. */
#pragma once

#include "core/model.h"

/* Those with a number up to this are always there. */
#define LABELS_FIXED 8

/* Letters, digits, '-', '_' and '.', not digits alone, and not of the form
 * label-..., which means a number: INVALID. */
gboolean label_name_check(const char *name, GError **error);
/* "0xRRGGBB": INVALID. */
gboolean label_color_check(const char *color, unsigned *value, GError **error);

/* With the number after the highest. Name and colour were checked, and the name
 * means no label yet. */
const struct label *model_label_add(struct model *model, const char *name,
                                    const char *color);
/* Frees the one of that number. */
void model_label_drop(struct model *model, int index);

/* How many qubes have the label; the first of them in *user (NULL ok). */
guint model_label_users(const struct model *model, const struct label *label,
                        const struct qube **user);
