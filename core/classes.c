/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/class.h"

#define GIB (G_GUINT64_CONSTANT(1) << 30)

static const struct class_volume own_volumes[] = {
    { "root", .rw = TRUE, .save_on_stop = TRUE, .size = 10 * GIB },
    { "private", .rw = TRUE, .save_on_stop = TRUE, .size = 2 * GIB },
    { "volatile", .rw = TRUE, .size = 10 * GIB },
    { "kernel" },
    { NULL },
};

static const struct class_volume app_volumes[] = {
    { "root", .rw = TRUE, .snap_on_start = TRUE },
    { "private", .rw = TRUE, .save_on_stop = TRUE, .size = 2 * GIB },
    { "volatile", .rw = TRUE, .size = 10 * GIB },
    { "kernel" },
    { NULL },
};

static const struct class_volume disp_volumes[] = {
    { "root", .rw = TRUE, .snap_on_start = TRUE },
    { "private", .rw = TRUE, .snap_on_start = TRUE },
    { "volatile", .rw = TRUE, .size = 12 * GIB },
    { "kernel" },
    { NULL },
};

static const struct class_volume no_volumes[] = { { NULL } };

static const struct class_row rows[] = {
    { CLASS_ADMIN, "AdminVM", "Admin", NULL, FALSE, no_volumes,
      "dom0, the qube that manages all others" },
    { CLASS_TEMPLATE, "TemplateVM", "Template", "vm-templates", FALSE,
      own_volumes, "lends its root volume to the qubes based on it" },
    { CLASS_APP, "AppVM", "App", "appvms", TRUE, app_volumes,
      "root from a template at each start, private data of its own" },
    { CLASS_STANDALONE, "StandaloneVM", "Standal", "appvms", FALSE,
      own_volumes, "keeps all its volumes, follows no template" },
    { CLASS_DISP, "DispVM", "Disp", "appvms", TRUE, disp_volumes,
      "forgets everything when it stops" },
    { CLASS_REMOTE, "RemoteVM", "Remote", NULL, FALSE, no_volumes,
      "a qube of another machine, reached through a relay" },
};

const struct class_row *class_rows(gsize *n)
{
    *n = G_N_ELEMENTS(rows);
    return rows;
}
