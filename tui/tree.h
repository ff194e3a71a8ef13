/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows put under their parents. What stands in a loop, or under something that
 * is not there, is put under nothing. */
#pragma once

#include <glib.h>

/* What stands before a row, one character per level: the parent's line goes on
 * ('|'), does not (' '), leads to this row and on ('+'), or only to it ('`'). */
#define TREE_LEVELS_MAX 32

/* Id of the parent, NULL: none. The text has to live for the call only. */
typedef const char *(*tree_parent_fn)(const char *id, gpointer data);

/* Orders the ids (char *, not owned), siblings in the order they are in now.
 * The lines before each id that is under another: id -> text, ids borrowed. */
GHashTable *tree_arrange(GPtrArray *ids, tree_parent_fn parent, gpointer data);
