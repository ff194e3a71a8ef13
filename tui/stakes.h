/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a yes means for several qubes: their names by consequence. Copies what
 * it needs: it tells later what was so when it was made. */
#pragma once

#include "core/op.h"

struct stakes;
/* `left`: which are left out, and why; a clause, or NULL. args may be NULL. */
struct stakes *stakes_new(const struct model *model, const struct op_row *row,
                          GHashTable *args, char *const *uuids, const char *left);
void stakes_free(struct stakes *stakes);
/* Sentences, with at most so many names in each; caller frees. */
char *stakes_text(const struct stakes *stakes, guint names);
guint stakes_most(const struct stakes *stakes); /* names of the longest one */
