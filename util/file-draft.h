/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file that has its name only when it is whole and on the disk
 * (spec/storage.md 3.4). All calls may block. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "util/auto.h"

struct file_draft;

/* An empty file PATH~XXXXXXXX (a 0 and seven hex digits) of that mode, open for
 * reading and writing. */
struct file_draft *file_draft_new(const char *path, mode_t mode, GError **error);
int file_draft_fd(const struct file_draft *draft);
/* Syncs it, gives it its name, and syncs the directory. `replace`: over what has the
 * name now; else that is EXISTS. On failure it has not the name; if only the last
 * sync failed it may. */
gboolean file_draft_finish(struct file_draft *draft, gboolean replace, GError **error);
/* Over what has the name now, and syncs nothing: for what a power loss makes worthless. */
gboolean file_draft_place(struct file_draft *draft, GError **error);
/* What was not finished is removed. */
void file_draft_free(struct file_draft *draft);
AUTO_DEFINE(file_draft, struct file_draft, file_draft_free)
