/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/tag.h"

#include "util/error.h"
#include "util/text.h"

gboolean tag_valid(const char *tag)
{
    for (const char *c = tag; *c; c++)
        if (!g_ascii_isalnum(*c) && *c != '_' && *c != '-')
            return FALSE;
    return *tag != '\0';
}

gboolean tag_check(const char *tag, GError **error)
{
    g_autofree char *shown = NULL;

    if (tag_valid(tag))
        return TRUE;
    shown = text_sanitise_value(tag, -1);
    error_set(error, QMC_ERROR_INVALID, NULL,
              "'%s' is no tag: letters, digits, _ and - are allowed", shown);
    return FALSE;
}
