/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands below a view on a large terminal (ux.md 3.3): details of what is
 * selected from 110 columns on, the last events from 30 lines on. */
#pragma once

#include "tui/screen.h"

struct panes;
struct panes *panes_new(void);
void panes_free(struct panes *panes);
/* Shows or hides the events; FALSE: there is no room for them. */
gboolean panes_toggle_events(struct panes *panes);

/* When the details of what was just selected are drawn; 0: they have been. */
gint64 panes_due(const struct panes *panes);

/* Draws them if the class wants them and there is room; what is left for the
 * view itself. */
struct rect panes_draw(struct panes *panes, struct screen *view, struct rect body);

/* The text of a detail pane while it is made: a line more. Lines beyond the
 * room there is are left out, so the most wanted come first. */
struct pane;
int pane_room(const struct pane *pane); /* lines that are left */
void pane_line(struct pane *pane, enum style style, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
