/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a store says, as a table of text: for tests that compare what was written
 * with what was meant.
 *
 * Keys are "KIND\tQUBE\tNAME": p property, f feature, t tag (value ""), g global
 * property (no QUBE), and x for any other line of the file, whose value says how
 * often it is there. Name, qid and uuid of qubes are left out. */
#pragma once

#include "core/model.h"

GHashTable *plain_new(void);
void plain_put(GHashTable *plain, char kind, const char *qube, const char *name,
               const char *value);
const char *plain_get(GHashTable *plain, char kind, const char *qube,
                      const char *name); /* NULL: not there */
void plain_drop(GHashTable *plain, char kind, const char *qube, const char *name);

/* Of the file, line by line, as every release writes it: this shares nothing
 * with the loader. A value with a line feed is not understood. */
GHashTable *plain_of_text(const char *text);
/* Of the model; without x. */
GHashTable *plain_of_model(const struct model *model);
/* What differs, or NULL. others: x counts too. The caller's. */
char *plain_difference(GHashTable *one, GHashTable *two, gboolean others);
