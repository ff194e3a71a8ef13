/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the views and forms say of a property (ux.md 4.3). Results are the
 * caller's, and not sanitised where they hold a value. */
#pragma once

#include "core/model.h"

/* The kind of value in one word: "number", "qube", "ro" if nobody sets it. */
const char *prop_text_type(const struct prop_row *row);
/* "True or False", "a number from 1 to 65535"; NULL: any text. */
char *prop_text_takes(const struct prop_row *row);
/* NULL and "" have words of their own. */
char *prop_text_value(const struct prop_row *row, const char *value);
/* When a change would count, for so many qubes: "from its next start on"; of the
 * system (n 0) it counts at once. */
const char *prop_text_when(const struct prop_row *row, const struct model *model,
                           char *const *uuids, guint n);
/* The same of one, for a column; "": there is nothing to wait for. */
const char *prop_text_note(const struct prop_row *row, const struct qube *qube);
/* FALSE: not while it runs. */
gboolean prop_can_now(const struct prop_row *row, const struct qube *qube);
/* Nobody sets it: it is computed, or was given once. */
gboolean prop_is_fixed(const struct prop_row *row, const struct qube *qube);
/* What it may be, as far as that is a few things: GPtrArray of char *, "" for
 * none; empty: any text. What can be no value is left out. */
GPtrArray *prop_choices(const struct model *model, const struct qube *qube,
                        const struct prop_row *row);
/* Where the row stands among others (ux.md 4.3): what is changed most often
 * first, what is computed last. */
guint prop_place(const struct prop_row *row);
/* Where the kernels are that the property may name; NULL: it names none, or they
 * are in no pool that can be used. Of the model. */
const char *prop_kernels_dir(const struct model *model, const struct prop_row *row);
/* [W] Those in a directory, also if no qube has them: GPtrArray of char *. */
gpointer prop_kernels(gconstpointer dir, GError **error);
