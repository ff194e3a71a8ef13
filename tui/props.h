/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of properties and what can be done with them (ux.md 4.3): of one qube
 * in its detail, of several, of the system, or of all that hold a text. */
#pragma once

#include "tui/screen.h"

struct props;

enum props_scope {
    PROPS_QUBES,  /* of each of the qubes: one row for a property of all */
    PROPS_SYSTEM,
    PROPS_FOUND,  /* of all qubes and the system, a row for each */
};

struct props *props_new(struct screen *screen, enum props_scope scope);
void props_free(struct props *props);
/* Whose; ends with NULL. Those that are gone are left out. */
void props_set_qubes(struct props *props, char **uuids);
/* Which are found: those with the text in name or value, in any case; "": all that
 * are set. */
void props_set_text(struct props *props, const char *text);
/* Something of the store or of states changed. */
void props_event(struct props *props, const struct event *event);
/* The rows as they are now. */
void props_fill(struct props *props);
struct list *props_list(const struct props *props);
void props_draw(struct props *props, struct rect area);
char *props_status(const struct props *props); /* caller frees */
/* uuid of the qube of the selected row; NULL: there is none. */
const char *props_subject(const struct props *props);

/* For the screens that have one; NULL if it shows none now. */
struct props *props_of(const struct screen *screen);
extern const struct key_row props_keys[];
