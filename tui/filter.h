/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line in which the filter of a list is typed. For screens whose data
 * begins with a struct filter; the functions fit into classes and key rows. */
#pragma once

#include "tui/screen.h"

struct field;

struct filter {
    struct list *list;
    struct field *field; /* while it is being typed, else NULL */
};

/* Frees both. */
void filter_clear(struct filter *filter);
gboolean filter_typed(struct screen *screen, int key);
void filter_draw(const struct screen *screen);
struct list *filter_list(const struct screen *screen);
void filter_key_type(struct screen *screen);
void filter_key_unset(struct screen *screen);
gboolean filter_is_set(const struct screen *screen);
/* "3 of 40", or "40". */
char *filter_count(const struct screen *screen);
/* "  filter: x  sort: size" for state lines. */
char *filter_status(const struct screen *screen);
