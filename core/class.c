/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/class.h"

const struct class_row *class_find(const char *name)
{
    gsize n;
    const struct class_row *rows = class_rows(&n);

    for (gsize i = 0; i < n; i++)
        if (g_str_equal(rows[i].name, name))
            return &rows[i];
    return NULL;
}

const struct class_volume *class_volume_find(const struct class_row *row,
                                             const char *name)
{
    for (const struct class_volume *volume = row->volumes; volume->name; volume++)
        if (g_str_equal(volume->name, name))
            return volume;
    return NULL;
}
