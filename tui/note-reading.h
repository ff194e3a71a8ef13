/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The note of the qube that is looked at: no part of the model, hence read in a
 * query; what is shown is the last reading. Main thread. */
#pragma once

#include "core/query.h"
#include "tui/app.h"

/* The answer is a struct note; done frees it. NULL: it can have none. */
struct query *note_ask(struct engine *engine, const struct qube *qube, query_fn done,
                       gpointer data);

struct note_reading;
struct note_reading *note_reading_new(struct app *app);
void note_reading_free(struct note_reading *reading);
/* Reads it, and again if that was asked for meanwhile. */
void note_reading_look(struct note_reading *reading, const struct qube *qube);
/* Hostile; "" without a note. NULL: not read yet, it failed, or it can have none. */
const char *note_reading_text(const struct note_reading *reading);
/* Why it cannot be read; NULL: it was, or is being read. */
const char *note_reading_error(const struct note_reading *reading);
/* TRUE if it was read, or tried, for that qube; one can have a note then. */
gboolean note_reading_is_of(const struct note_reading *reading, const char *uuid);
