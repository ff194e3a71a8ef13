/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What surrounds a view: title, meters, views, state line, event line, keys.
 * With fewer than 24 lines the meters of the pools go first, then the event
 * line, then the views; below 60x15 the view and one line are left, under 20x5
 * only the words "too small". */
#pragma once

#include "tui/screen.h"

/* Draws it for the view; what is left for it (h 0: too small for any). */
struct rect frame_draw(struct app *app, struct screen *view);
/* The keys of the top screen; after the screens are drawn. */
void frame_draw_footer(struct app *app, struct screen *view);
void frame_draw_clock(struct app *app, struct screen *view);
/* The terminal is too small to show anything. */
gboolean frame_blind(void);
/* The lines for a question: over those of state and event; one line if the
 * terminal is small. */
struct rect frame_prompt(void);
