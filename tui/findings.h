/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong: of the store as a whole it is told as events, each once, for as long
 * as it is there; and how much it is altogether. Main thread. */
#pragma once

#include "tui/app.h"

struct findings;
struct findings *findings_new(void);
void findings_free(struct findings *findings);
/* After the store was read. */
void findings_tell(struct findings *findings, struct app *app);

/* What the last look at the disk found: GPtrArray of struct diagnosis, taken. */
void findings_set_found(struct findings *findings, GPtrArray *found);
const GPtrArray *findings_found(const struct findings *findings); /* NULL: no look yet */
/* Two that say the same of one qube (uuid NULL: of none) have one id. Caller frees. */
char *findings_id(const char *uuid, const char *message);
/* FALSE: there may be more, the disk was not looked at. */
gboolean findings_are_all(const struct findings *findings, const struct app *app);
/* Of the text of the store, and of the disk as far as that was looked at; of a store
 * that cannot be read that alone: as many as are listed. */
guint findings_count(const struct findings *findings, const struct app *app);
