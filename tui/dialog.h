/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dialogs have in common: a box in the body, its title, buttons. */
#pragma once

#include "tui/form.h"
#include "tui/screen.h"

/* A box of at most h x w centred in the area, or where there is room elsewhere
 * so that it leaves the line y of the screen alone (0: none in particular). The
 * title stands in its upper and the hints of `screen` in its lower border. The
 * inside, which may be smaller than asked for on a small terminal. */
struct rect dialog_box(struct screen *screen, struct rect area,
                       struct rect size, const char *title);

/* The next line of the inside, which gets shorter by it: its label, so wide; the rest
 * is for the caller. Off the screen if there is none left. */
struct rect dialog_line(struct rect *inside, int width, const char *label);

/* Moves `top`, the first of n rows shown where there is room for some, so that the
 * focus is among them. */
void dialog_scroll(guint *top, guint focus, guint room, guint n);
/* At the right end of the first and the last of the rows shown: how many more
 * there are. */
void dialog_more(struct rect rows, guint above, guint below);

struct dialog_form {
    const char *title;
    const struct form *form;
    const char *command; /* what it would do; NULL: it is not said */
    int width;
    int line;            /* to be left alone, as of dialog_box() */
};
/* A box with a form, and below that where there is room the command, or what is
 * wrong: whole, if that is the row with the focus. */
void dialog_form(struct screen *screen, struct rect area,
                 const struct dialog_form *dialog);
/* Of a screen about these qubes (ends with NULL): TRUE if one of them is gone; then
 * that was said, and the screen goes. */
gboolean dialog_withdraw(struct screen *screen, const char *title, char *const *uuids);

struct dialog_button {
    const char *label;
    gboolean disabled;
};
/* "[ Cancel ]      [ Grow ]" centred on the line; the cursor goes on the
 * focused one (-1: none). */
void dialog_buttons(struct rect line, const struct dialog_button *buttons,
                    guint n, int focus);
