/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the console remembers of how it was left: `key = value` lines in a file
 * that only its owner may write. Never an error: without the file everything
 * is as at first, and what cannot be saved is not. */
#pragma once

#include <glib.h>

struct state;

/* "$XDG_STATE_HOME/qmc/state", else below ~/.local/state; NULL: no home. */
char *state_path(void);
/* Reads the file now. path NULL: nothing is kept. */
struct state *state_new(const char *path);
void state_free(struct state *state);
/* NULL: never set. Good until the next state_set(). */
const char *state_get(const struct state *state, const char *key);
/* NULL or "" forgets it. A value is one line. */
void state_set(struct state *state, const char *key, const char *value);
/* Writes what was set into the file as it is now; other lines stay as they
 * are. May block. FALSE: not saved. */
gboolean state_save(const struct state *state);
