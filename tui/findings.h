/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with the store as a whole, as events: each is told once, for as
 * long as it is there. Main thread. */
#pragma once

#include "tui/app.h"

struct findings;
struct findings *findings_new(void);
void findings_free(struct findings *findings);
/* After the store was read. */
void findings_tell(struct findings *findings, struct app *app);
