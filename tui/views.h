/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The views behind the digits, each with a stack of screens of its own: what is
 * open in one stays as it is while another is looked at. Main thread. */
#pragma once

#include "tui/screen.h"

struct views;

/* Shows the first view; the others are opened when they are shown first. */
struct views *views_new(struct app *app);
void views_free(struct views *views);

/* What is shown, bottom first; never empty. */
GPtrArray *views_stack(const struct views *views);
/* The stack the screen is on; NULL: on none (any more). */
GPtrArray *views_stack_of(const struct views *views, const struct screen *screen);
const struct screen_class *views_current(const struct views *views);
gboolean views_is_first(const struct views *views);
/* FALSE: it was shown already. */
gboolean views_show(struct views *views, const struct screen_class *class);

typedef void (*views_fn)(const struct screen_class *class, gboolean current,
                         gpointer data);
/* In the order of their digits. */
void views_each(const struct views *views, views_fn fn, gpointer data);
