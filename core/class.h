/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VM classes as rows (spec/qubes-xml.md 2.2, 2.9). */
#pragma once

#include <glib.h>

enum class_id {
    CLASS_ADMIN = 1 << 0,
    CLASS_TEMPLATE = 1 << 1,
    CLASS_APP = 1 << 2,
    CLASS_STANDALONE = 1 << 3,
    CLASS_DISP = 1 << 4,
    CLASS_REMOTE = 1 << 5,
};
#define CLASS_QUBESVM \
    (CLASS_TEMPLATE | CLASS_APP | CLASS_STANDALONE | CLASS_DISP)
#define CLASS_ALL (CLASS_ADMIN | CLASS_QUBESVM | CLASS_REMOTE)

/* A volume every qube of the class has. */
struct class_volume {
    const char *name;
    gboolean rw, snap_on_start, save_on_stop;
    guint64 size;
};

struct class_row {
    enum class_id id;
    const char *name;       /* "AppVM" */
    const char *brief;      /* "App": for columns */
    const char *dir_prefix; /* "appvms"; NULL: no directory */
    gboolean has_template;
    const struct class_volume *volumes; /* ends with a NULL name */
    const char *help;
};

const struct class_row *class_find(const char *name); /* NULL: unknown */
const struct class_row *class_rows(gsize *n);
/* NULL: not a volume that every qube of the class has. */
const struct class_volume *class_volume_find(const struct class_row *row,
                                             const char *name);
