/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small file in the directory of a qube, beside its volumes (spec/qubes-xml.md
 * 6.8): firewall.xml, notes.txt. One that another program changed meanwhile is
 * left alone. */
#pragma once

#include <glib.h>
#include <sys/stat.h>

#include "core/model.h"
#include "util/auto.h"
#include "util/file.h"

struct qube_file {
    char *path;
    gboolean there;          /* FALSE: there is no such file */
    struct file_stamp stamp; /* as it was read or written last */
    GBytes *bytes;           /* as read; NULL: it was not there */
};
void qube_file_clear(struct qube_file *file);

/* Below root; NULL: the qube has no directory, or none that can be named. Caller
 * frees. */
char *qube_file_path(const char *root, const struct qube *qube, const char *name);

/* [W] Into an empty one. Absent is no error. INVALID: over max_bytes; IO, DENIED. */
gboolean qube_file_read(struct qube_file *file, const char *path, gsize max_bytes,
                        GError **error);
/* [W] In the place of what was read; makes the directory. BUSY: that changed.
 * STATE: it is a link. */
gboolean qube_file_replace(struct qube_file *file, mode_t mode, const char *data,
                           gsize len, GError **error);
/* [W] BUSY and STATE as above. */
gboolean qube_file_remove(struct qube_file *file, GError **error);
/* [W] After one of these: what was read again, or no file. BUSY as above. */
gboolean qube_file_restore(struct qube_file *file, mode_t mode, GError **error);
