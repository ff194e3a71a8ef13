/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who in the store refers to a qube by its name (spec/qubes-xml.md 8.4, as 4.3
 * has it): global properties as they are in effect, what other qubes have set
 * themselves, devices they are given, volumes that begin from its volumes or lie
 * in its directory. Preloaded disposables go with the qube (removal.h), so that it
 * counts only what else they have of it than being based on it. Main thread. */
#pragma once

#include "core/model.h"

/* "template of 'work', 'vault'; default_template of the system"; NULL: nobody.
 * base: it goes too with its preloaded disposables, so that they do not count; NULL.
 * Sanitised. Caller frees. */
char *references_text(const struct model *model, const struct qube *qube,
                      const struct qube *base);

/* The same of those who could not follow a new name: entries that are damaged, and
 * volumes of others in its directory. */
char *references_fixed(const struct model *model, const struct qube *qube);
/* The id that a volume of the qube has under another name; NULL: it stays as it is.
 * Caller frees. */
char *reference_new_vid(const struct qube *qube, const struct volume *volume,
                        const char *name);
/* All follow a new name: properties, devices, tags and features that have it
 * within, ids of volumes made of it. The name is free and good, and
 * references_fixed() was NULL. Handles of volumes are as before: the store has to
 * be read again when it was saved. */
void references_rename(struct model *model, struct qube *qube, const char *name);
/* Lists that the system keeps lose it. Before model_remove(). */
void references_forget(struct model *model, const struct qube *qube);
