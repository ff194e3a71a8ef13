/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/layout.h"

#include <string.h>

#include "util/file.h"

char *layout_path(const char *root, const char *absolute)
{
    gsize len = strlen(root);

    while (len > 0 && root[len - 1] == '/')
        len--;
    return g_strdup_printf("%.*s%s", (int)len, root, absolute);
}

/* Where the part of it begins that is shared; NULL: nowhere. */
static const char *shared_part(const char *dir)
{
    static const char *const tops[] = { LAYOUT_BASE, LAYOUT_RUN };
    const char *at = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(tops) && !at; i++) {
        /* the last: the root may have such a name itself */
        at = g_strrstr(dir, tops[i]);
        if (at)
            at += strlen(tops[i]);
    }
    return at;
}

gboolean layout_mkdirs(const char *dir, GError **error)
{
    const char *end = shared_part(dir);
    g_autofree char *top = g_strndup(dir, end ? (gsize)(end - dir) : 0);
    g_autofree char *above = g_path_get_dirname(top);

    if (!end)
        return file_mkdirs(dir, LAYOUT_MODE, error);
    if (!file_mkdirs(above, 0755, error))
        return FALSE;
    while (TRUE) {
        g_autofree char *part = g_strndup(dir, (gsize)(end - dir));

        if (!file_mkdir(part, LAYOUT_MODE, LAYOUT_GROUP, error))
            return FALSE;
        if (!*end)
            return TRUE;
        end += 1 + strcspn(end + 1, "/");
    }
}
