/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/layout.h"

#include <string.h>

char *layout_path(const char *root, const char *absolute)
{
    gsize len = strlen(root);

    while (len > 0 && root[len - 1] == '/')
        len--;
    return g_strdup_printf("%.*s%s", (int)len, root, absolute);
}
