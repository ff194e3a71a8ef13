/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a question has to say and only a disk tells: read on a worker before it is
 * asked, because neither strength nor consequence of a row may block. Main. */
#pragma once

#include "core/op.h"
#include "core/query.h"

/* What a row's weigh() found stands among the arguments under a name that begins
 * with a dot: no option is called so, and no command shows it. */
#define WEIGHED(name) "." name

/* done gets the arguments with what was found, a GHashTable to be unreffed; in a
 * turn of the loop to come, also if the row weighs nothing. args may be NULL.
 * Errors of the row; TIMEOUT. query_forget() while it is not done. */
struct query *weigh_submit(struct engine *engine, const struct op_row *row,
                           GHashTable *args, query_fn done, gpointer data);
